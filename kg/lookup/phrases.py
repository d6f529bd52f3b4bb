"""Triples, axioms and citations in words, with the labels that people know."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from kg.facts.model import Fact
from kg.graph.store import find_quad
from kg.lookup.entity_names import EntityNames
from kg.passages.texts import Texts, passage_uri
from kg.terms import ALIAS, LABEL, NOTE, ONTOLOGY, RDF, TYPE, XSD, entity_iri, to_short
from kg.xsd import NUMERIC

_FIRST, _REST = NamedNode(RDF + "first"), NamedNode(RDF + "rest")


def axiom_in_words(axiom: Triple, names: EntityNames) -> str:
    """An axiom of the ontology as people say it: `every director is a contributor`."""
    subject = _named(axiom.subject, names)
    value = _named(axiom.object, names)
    if isinstance(axiom.object, BlankNode) and (members := list(_members(names.store, axiom.object))):
        joint = " then " if axiom.predicate.value.endswith("propertyChainAxiom") else ", "
        value = joint.join(_named(member, names) for member in members)
    if (words := _AXIOMS.get(axiom.predicate.value.rpartition("#")[2])) is not None:
        return words.format(s=subject, o=value)
    return f"{subject} {_named(axiom.predicate, names)} {value}"


_AXIOMS = {
    "subPropertyOf": "every '{s}' is a '{o}'",
    "subClassOf": "every {s} is a {o}",
    "inverseOf": "'{s}' is '{o}' the other way round",
    "propertyChainAxiom": "'{o}' makes '{s}'",
    "domain": "what has a '{s}' is a {o}",
    "range": "a '{s}' is a {o}",
    "equivalentClass": "{s} and {o} are the same class",
    "equivalentProperty": "'{s}' and '{o}' are the same property",
    "type": "'{s}' is a {o}",
}


def _members(store: Store, head: BlankNode) -> Iterator[NamedNode | BlankNode | Literal]:
    """The members of an RDF list in the ontology."""
    node: object = head
    for _ in range(100):
        if not isinstance(node, BlankNode):
            return
        first = find_quad(store, node, _FIRST, None, ONTOLOGY)
        rest = find_quad(store, node, _REST, None, ONTOLOGY)
        if first is None or isinstance(first.object, Triple):
            return
        yield first.object
        node = rest.object if rest is not None else None


def triple_in_words(triple: Triple, names: EntityNames) -> str:
    """`Anora  director  Sean Baker`."""
    return (
        f"{_named(triple.subject, names)}  {property_in_words(triple.predicate, names)}  {_named(triple.object, names)}"
    )


def property_in_words(property: NamedNode, names: EntityNames) -> str:
    """`director`, `is a`."""
    return _VERBS.get(property) or _named(property, names)


_VERBS = {TYPE: "is a", LABEL: "is called", ALIAS: "is also called", NOTE: "remark"}


def cite_fact(fact: Fact, texts: Texts) -> str:
    """Who says a fact and where, in whose words; or that the passage was not at hand."""
    spot = fact.evidence
    source = texts.sources.get(spot.source)
    where = passage_uri(source, spot) if source is not None else ""
    as_of = f" (as of {fact.as_of})" if fact.as_of else ""
    if not spot.has_span:
        record = f", record {spot.record}" if spot.record else ""
        return f"{spot.source}{record} says so{as_of}" + (f" [{where}]" if where and not record else "")
    passage = texts.passage(spot)
    if passage is None:
        return f"{spot.source} says so{as_of} [{where}] (passage not at hand)"
    words = " ".join(passage.split())
    words = words if len(words) <= 160 else words[:159].rstrip() + "…"
    kind = " in other words" if fact.paraphrase else ""
    return f"{spot.source} says so{kind}{as_of}: “{words}” [{where}]"


def _named(term: object, names: EntityNames) -> str:
    """A thing by its label, a node without a name by its owner's and the way to it, a literal in quotes."""
    if not isinstance(term, NamedNode):
        return f"“{to_short(term)}”" if isinstance(term, Literal) else str(term)
    if label := names.label(term):
        return label
    owner, _, way = term.value.rpartition("/")[2].partition(".")
    if way and (label := names.label(entity_iri(owner))):
        return " › ".join((label, *way.split(".", 1)))
    return to_short(term).removeprefix("film:")


_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_DATE = re.compile(r"(?P<year>-?\d{4})-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12]\d|3[01]))?(?:T[\d:.]+.*|Z)?")
_DURATION = re.compile(r"PT(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?")
_LARGE_NUMBER = re.compile(r"[+-]?\d{5,30}(?:\.\d+)?")


def literal_in_words(literal: Literal) -> str:
    """A literal as people write it: dates, durations and large numbers in full.

    >>> literal_in_words(Literal("PT139M", datatype=NamedNode(XSD + "duration")))
    '139 minutes'
    """
    text, datatype = literal.value, literal.datatype.value
    if datatype in _DATES:
        return date_in_words(text)
    if datatype == XSD + "boolean":
        return "yes" if text in ("true", "1") else "no"
    if datatype == XSD + "duration" and (match := _DURATION.fullmatch(text)) is not None:
        return f"{60 * int(match['hours'] or 0) + int(match['minutes'] or 0)} minutes"
    if datatype in NUMERIC:
        return number_in_words(text)
    return date_in_words(text) if _VAGUE_YEAR.fullmatch(text) else text


_DATES = frozenset(XSD + name for name in ("date", "gYearMonth", "dateTime"))
_VAGUE_YEAR = re.compile(r"\d{3}X|\d{2}XX")
"""A decade or a century, as EDTF writes it (https://www.loc.gov/standards/datetime/)."""


def number_in_words(text: str) -> str:
    """A number with commas between its thousands; four digits stay together, since they may be a year.

    >>> number_in_words("36500000"), number_in_words("2024"), number_in_words("8.5")
    ('36,500,000', '2024', '8.5')
    """
    if _LARGE_NUMBER.fullmatch(text) is None:
        return text
    whole, point, fraction = text.partition(".")
    return f"{int(whole):,}{point}{fraction}"


def date_in_words(text: str) -> str:
    """A date of any precision as people write it; any other text is returned unchanged.

    >>> date_in_words("2024-10-18"), date_in_words("2023-10"), date_in_words("197X"), date_in_words("2024")
    ('18 October 2024', 'October 2023', '1970s', '2024')
    """
    if re.fullmatch(r"\d{3}X", text):
        return f"{text[:3]}0s"
    match = _DATE.fullmatch(text)
    if match is None:
        return text
    day = f"{int(match['day'])} " if match["day"] else ""
    return f"{day}{_MONTHS[int(match['month']) - 1]} {match['year']}"


def name_in_words(name: str) -> str:
    """The name of a property, class or part as words.

    >>> name_in_words("rightsDeal"), name_in_words("palme-dor")
    ('rights deal', 'palme dor')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("-", " ").replace("_", " ").lower()
