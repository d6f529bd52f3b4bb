"""Terms, triples, axioms and citations in words, with the labels that people know."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from kg.decisions.conflicts import is_part_link
from kg.facts.model import Fact, Rank
from kg.facts.texts import Texts, passage_uri
from kg.graph.store import find_quad
from kg.lookup.entity_names import EntityNames
from kg.lookup.entity_types import types_of
from kg.parts import owner_of, path_of
from kg.schema import KIND, Schema
from kg.terms import ALIAS, LABEL, NOTE, ONTOLOGY, RDF, TYPE, XSD, Term, to_short
from kg.text.ellipsis import shortened
from kg.text.number_words import article_of, to_cardinal
from kg.traversal import list_members
from kg.xsd import NUMERIC

_FIRST, _REST, _NIL = (NamedNode(RDF + name) for name in ("first", "rest", "nil"))
_MAX_QUOTE = 160
_VERBS = {TYPE: "is a", LABEL: "is called", ALIAS: "is also called", NOTE: "remark"}
"""Names for the properties of other vocabularies."""
_AXIOMS = {
    "subPropertyOf": "every '{s}' is {a} '{o}'",
    "subClassOf": "every {s} is {a} {o}",
    "inverseOf": "'{s}' is the inverse of '{o}'",
    "propertyChainAxiom": "'{o}' makes '{s}'",
    "domain": "what has a '{s}' is {a} {o}",
    "range": "a '{s}' is {a} {o}",
    "equivalentClass": "{s} and {o} are the same class",
    "equivalentProperty": "'{s}' and '{o}' are the same property",
    "type": "'{s}' is an {o}",
}
"""Local name of an axiom's predicate -> its sentence."""


@dataclass(frozen=True, slots=True)
class ForeignProperty:
    """A property that is used on other classes than those of its subject; the classes by their labels."""

    property: str
    owners: tuple[str, ...]
    subject: str
    classes: tuple[str, ...]

    def __str__(self) -> str:
        owners, classes = (" or ".join(map(_with_article, each)) for each in (self.owners, self.classes))
        return f"{self.property} is a property of {owners}, and {self.subject} is {classes}."


def to_foreign_property(
    property: NamedNode, types: Collection[NamedNode], schema: Schema, *, subject: str = ""
) -> ForeignProperty | None:
    """Of which classes a property is, where the types of a subject are none of them, nor above or below one.

    None also where nothing is known of the property or the types.
    """
    term, known = schema.properties.get(property), [type for type in types if type in schema.types]
    if term is None or not known or schema.is_used_on(term, known):
        return None
    owners, classes = (
        tuple(sorted(schema.types[iri].label or schema.types[iri].name for iri in each))
        for each in (term.usual_domain, schema.narrowest(known))
    )
    return ForeignProperty(term.label or term.name, owners, subject, classes)


def foreign_property(entity: NamedNode, property: NamedNode, store: Store, names: EntityNames) -> str:
    """The sentence that a property is of other classes than those of an entity; empty where it is not.

    `spouse is a property of a person, and Anora is a feature film.`
    """
    types = types_of(store, names.ontology, entity)
    foreign = to_foreign_property(property, types, names.ontology, subject=names.label(entity))
    return str(foreign) if foreign is not None else ""


def _with_article(noun: str) -> str:
    return f"{article_of(noun)} {noun}"


def term_in_words(term: object, names: EntityNames) -> str:
    """An entity by its label, a part by its owner's label and the path to it, a literal in quotation marks."""
    match term:
        case NamedNode():
            return entity_in_words(term, names)
        case Literal():
            return f"“{to_short(term)}”"
        case Triple():
            return to_short(term, names.prefixes)
        case _:
            return str(term)


def entity_in_words(iri: NamedNode, names: EntityNames) -> str:
    """`Anora`, `Anora › recognition › palme-dor` for a part without a label, or a CURIE."""
    if label := names.label(iri):
        return label
    owner = owner_of(iri.value)
    if owner and (label := names.label(NamedNode(owner))):
        property, *rest = path_of(iri.value)
        return " › ".join((label, property, ".".join(rest))) if rest else f"{label} › {property}"
    return to_short(iri, names.prefixes).removeprefix("film:")


def property_in_words(property: NamedNode, names: EntityNames) -> str:
    """`director`, `is a`."""
    return _VERBS.get(property) or term_in_words(property, names)


def triple_in_words(triple: Triple, names: EntityNames) -> str:
    """`Anora  director  Sean Baker`."""
    verb = property_in_words(triple.predicate, names)
    return f"{term_in_words(triple.subject, names)}  {verb}  {term_in_words(triple.object, names)}"


def axiom_in_words(axiom: Triple, names: EntityNames) -> str:
    """An axiom of the ontology as a sentence: `every 'director' is a 'crew member'`."""
    subject = term_in_words(axiom.subject, names)
    value = term_in_words(axiom.object, names)
    if isinstance(axiom.object, BlankNode) and (members := _list_members(names.store, axiom.object)):
        separator = " then " if axiom.predicate.value.endswith("propertyChainAxiom") else ", "
        value = separator.join(term_in_words(member, names) for member in members)
    if (sentence := _AXIOMS.get(axiom.predicate.value.rpartition("#")[2])) is not None:
        return sentence.format(s=subject, o=value, a=article_of(value))
    return f"{subject} {term_in_words(axiom.predicate, names)} {value}"


def _list_members(store: Store, head: BlankNode) -> tuple[Term | Triple, ...] | None:
    """The members of an RDF list in the ontology; None when it is not well-formed."""

    def first_and_rest(node: Term | Triple) -> tuple[Term | Triple, Term | Triple] | None:
        subject = node if isinstance(node, NamedNode | BlankNode) else None
        first = find_quad(store, subject, _FIRST, None, ONTOLOGY) if subject is not None else None
        rest = find_quad(store, subject, _REST, None, ONTOLOGY) if subject is not None else None
        return (first.object, rest.object) if first is not None and rest is not None else None

    return list_members(head, first_and_rest, nil=_NIL)


def cite_fact(fact: Fact, texts: Texts) -> str:
    """The source of a fact and the place in it, with the passage where the source's text is available."""
    evidence = fact.evidence
    source = texts.sources.get(evidence.source)
    place = passage_uri(source, evidence) if source is not None else ""
    as_of = (f" (as of {fact.as_of})" if fact.as_of else "") + _remark(fact)
    if not evidence.has_span:
        record = f", record {evidence.record}" if evidence.record else ""
        return f"source: {evidence.source}{record}{as_of}" + (f" [{place}]" if place and not record else "")
    passage = texts.passage(evidence)
    if passage is None:
        return f"source: {evidence.source}{as_of} [{place}] (source text not available)"
    paraphrase = ", in other words" if is_reworded(fact) else ""
    return f"source: {evidence.source}{paraphrase}{as_of}: {quote_words(passage)} [{place}]"


def is_reworded(fact: Fact) -> bool:
    """True for a value that the passage states in other words; a class, or the link to a part, is no wording at all."""
    return fact.paraphrase and fact.property not in (TYPE, KIND) and not is_part_link(fact)


def quote_words(passage: str) -> str:
    """A passage in quotation marks, on one line, and cut where it is long."""
    words = " ".join(passage.split())
    return f"“{shortened(words, _MAX_QUOTE)}”"


def _remark(fact: Fact) -> str:
    """Why the editors doubt a fact, or what they note about it; the reason of a deprecated one is shown as its own."""
    if fact.rank is Rank.DOUBTED:
        return f" (doubted: {fact.because})"
    return f" (note: {fact.because})" if fact.because and fact.rank is Rank.NORMAL else ""


_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_DATE = re.compile(r"(?P<year>-?\d{4})-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12]\d|3[01]))?(?:T[\d:.]+.*|Z)?")
_DURATION = re.compile(r"PT(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?")
_WITH_ARTICLE = ("United ", "Netherlands", "Philippines", "Czech Republic", "Soviet Union")
"""The beginnings of countries' names that have an article in a sentence."""
_CURRENCY_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
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


def with_article(country: str) -> str:
    """The name of a country as in a sentence.

    >>> with_article("United States"), with_article("France")
    ('the United States', 'France')
    """
    return f"the {country}" if country.startswith(_WITH_ARTICLE) else country


def count_in_words(number: int, singular: str, plural: str) -> str:
    """A number with its noun: `one win`, `five wins`, `12 wins`."""
    return f"{to_cardinal(number)} {singular if number == 1 else plural}"


def money_in_words(amount: str, currency: str) -> str:
    """An amount with the sign of its currency, or its code.

    >>> money_in_words("36500000", "USD"), money_in_words("40000", "CHF")
    ('$36,500,000', 'CHF 40,000')
    """
    return f"{_CURRENCY_SIGNS.get(currency, f'{currency} ' if currency else '')}{number_in_words(amount)}"


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
