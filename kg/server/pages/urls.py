"""An IRI walks in; the address of its page walks out, or the address outside that may be followed, or nothing."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

from pyoxigraph import Literal, NamedNode, Triple

from kg.terms import BASE, FILM, to_curie

_OURS = re.compile(re.escape(BASE) + r"(?P<way>(?:film|source)/[^\s?#]+)")
_OUTSIDE = re.compile(r"https?://[^\s<>\"'\\^`{|}]+", re.IGNORECASE)


def page_of(thing: NamedNode) -> str:
    """The address of a thing's own page here; empty when it is none of this graph's things.

    >>> page_of(NamedNode("https://w3id.org/filmgraph/film/anora"))
    '/film/anora'
    """
    found = _OURS.fullmatch(thing.value)
    return "/" + quote(found["way"], safe="/:@!$&'()*+,;=-._~%") if found is not None else ""


def outside(text: str) -> str:
    """The text when it is an address on the web that may be followed, http or https; else nothing.

    >>> outside("https://example.org/a"), outside("javascript:alert(1)")
    ('https://example.org/a', '')
    """
    return text if _OUTSIDE.fullmatch(text) is not None else ""


def list_of(thing: NamedNode, property: NamedNode, *, is_named: bool = False) -> str:
    """The address of all that a thing has of a property, or of all that names it by one; empty where there is none."""
    page = page_of(thing)
    if not page or not property.value.startswith(FILM):
        return ""
    return f"{page}?" + urlencode({"named" if is_named else "all": property.value.removeprefix(FILM)})


def why_of(triple: Triple) -> str:
    """The address that explains a triple."""
    subject = str(triple.subject)
    page = page_of(triple.subject) if isinstance(triple.subject, NamedNode) else ""
    asked = {"property": to_curie(triple.predicate.value), "value": _value(triple.object)}
    if not page:
        return "/why?" + urlencode({"subject": subject, **asked})
    return f"{page}/why?" + urlencode(asked)


def query_of(name: str, **values: str) -> str:
    """The address of a stored query with values for its parameters."""
    return f"/queries/{quote(name)}" + (f"?{urlencode(values)}" if values else "")


def sparql_of(text: str, *, view: str = "") -> str:
    """The address of the SPARQL page with a query in it: a link that can be passed on."""
    return "/sparql?" + urlencode({"query": text, **({"view": view} if view else {})})


def search_of(words: str, *, kind: str = "") -> str:
    """The address of a search."""
    return "/search?" + urlencode({"q": words, **({"kind": kind} if kind else {})})


def _value(value: object) -> str:
    return to_curie(value.value) if isinstance(value, NamedNode) else str(value) if isinstance(value, Literal) else ""
