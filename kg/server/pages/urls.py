"""URLs of the pages of this site, and links to other sites."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

from pyoxigraph import Literal, NamedNode, Triple

from kg.server.request_params import site_path
from kg.terms import BASE, FILM, to_curie

INVERSE = "urn:inverse:"
"""The namespace of properties that are read from their value to their subject; pages alone have them."""
_ENTITY = re.compile(re.escape(BASE) + r"(?P<path>(?:film|source)/[^\s?#]+)")
_EXTERNAL = re.compile(r"https?://[^\s<>\"'\\^`{|}]+", re.IGNORECASE)


def page_url(entity: NamedNode) -> str:
    """The URL of an entity's page; empty when its IRI is not one of this graph.

    >>> page_url(NamedNode("https://w3id.org/filmgraph/film/anora"))
    '/film/anora'
    """
    match = _ENTITY.fullmatch(entity.value)
    return site_path("/" + quote(match["path"], safe="/:@!$&'()*+,;=-._~%")) if match is not None else ""


def external_url(text: str) -> str:
    """The text when it is an http or https URL that is safe to link to; otherwise empty.

    >>> external_url("https://example.org/a"), external_url("javascript:alert(1)")
    ('https://example.org/a', '')
    """
    return text if _EXTERNAL.fullmatch(text) is not None else ""


def inverse_of(property: NamedNode) -> NamedNode:
    """A property read from its value to its subject, and the property again when it is one."""
    if property.value.startswith(INVERSE):
        return NamedNode(property.value.removeprefix(INVERSE))
    return NamedNode(INVERSE + property.value)


def is_inverse(property: NamedNode) -> bool:
    """True for a property that is read from its value to its subject."""
    return property.value.startswith(INVERSE)


def values_url(entity: NamedNode, property: NamedNode) -> str:
    """The URL of all values of an entity's property: a list page, or a query where there is no list page."""
    if is_inverse(property):
        return referrers_url(entity, inverse_of(property))
    query = f"SELECT ?value {{ {to_curie(entity.value)} {to_curie(property.value)} ?value }}"
    return list_url(entity, property) or sparql_url(query)


def referrers_url(entity: NamedNode, property: NamedNode) -> str:
    """The URL of everything that refers to an entity by a property."""
    query = f"SELECT ?entity {{ ?entity {to_curie(property.value)} {to_curie(entity.value)} }}"
    return list_url(entity, property, referrers=True) or sparql_url(query)


def list_url(entity: NamedNode, property: NamedNode, *, referrers: bool = False) -> str:
    """The URL of the list page of a property of the ontology; empty for other properties and entities."""
    page = page_url(entity)
    if not page or not property.value.startswith(FILM):
        return ""
    return f"{page}?" + urlencode({"named" if referrers else "all": property.value.removeprefix(FILM)})


def why_url(triple: Triple) -> str:
    """The URL of a triple's explanation."""
    page = page_url(triple.subject) if isinstance(triple.subject, NamedNode) else ""
    parameters = {"property": to_curie(triple.predicate.value), "value": _value(triple.object)}
    if not page:
        return site_path("/why?" + urlencode({"subject": str(triple.subject), **parameters}))
    return f"{page}/why?" + urlencode(parameters)


def _value(value: object) -> str:
    return to_curie(value.value) if isinstance(value, NamedNode) else str(value) if isinstance(value, Literal) else ""


def query_url(name: str, **values: str) -> str:
    """The URL of a stored query with values for its parameters."""
    return site_path(f"/queries/{quote(name)}") + (f"?{urlencode(values)}" if values else "")


def sparql_url(text: str, *, view: str = "") -> str:
    """The URL of the SPARQL page with a query in it."""
    return site_path("/sparql?" + urlencode({"query": text, **({"view": view} if view else {})}))


def search_url(words: str, *, class_name: str = "") -> str:
    """The URL of a search, for all entities or those of a class."""
    return site_path("/search?" + urlencode({"q": words, **({"kind": class_name} if class_name else {})}))
