"""Items with their statements walk in; RDF as Wikidata's own dumps have it walks out, a thing at a time.

https://www.mediawiki.org/wiki/Wikibase/Indexing/RDF_Dump_Format. Best-ranked values stand as `wdt:` at the item, each
statement as a node of its own with its value, qualifiers, rank and references. Values that are not known have addresses
as the query service gives them, so that the text has no blank nodes and can be read as a stream.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Triple

from kg.exports.rdf import TurtleWriter
from kg.exports.wikidata.model import Item, Reference, Snak, Statement, Terms, Wikidata
from kg.exports.wikidata.values import JULIAN, NO_LANGUAGE, ONE, Value
from kg.facts.model import Rank
from kg.mappings.to_wikidata import Datatype
from kg.terms import OWL, PREFIXES, PROV, RDF, RDFS, SKOS, TYPE, XSD, Term

_BASE = "http://www.wikidata.org/"
SPACES: Mapping[str, str] = {
    "wikibase": "http://wikiba.se/ontology#",
    "wd": PREFIXES["wd"],
    "wds": _BASE + "entity/statement/",
    "wdv": _BASE + "value/",
    "wdref": _BASE + "reference/",
    "wdt": PREFIXES["wdt"],
    "p": _BASE + "prop/",
    "ps": _BASE + "prop/statement/",
    "psv": _BASE + "prop/statement/value/",
    "pq": _BASE + "prop/qualifier/",
    "pqv": _BASE + "prop/qualifier/value/",
    "pr": _BASE + "prop/reference/",
    "prv": _BASE + "prop/reference/value/",
    "genid": _BASE + ".well-known/genid/",
    "owl": OWL,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "schema": "http://schema.org/",
    "skos": SKOS,
    "xsd": XSD,
}
"""The prefixes of Wikidata's RDF."""

_RANKS = {Rank.PREFERRED: "PreferredRank", Rank.NORMAL: "NormalRank", Rank.DEPRECATED: "DeprecatedRank"}
_DATATYPES = {
    Datatype.ITEM: "WikibaseItem",
    Datatype.STRING: "String",
    Datatype.EXTERNAL_ID: "ExternalId",
    Datatype.TEXT: "Monolingualtext",
    Datatype.TIME: "Time",
    Datatype.QUANTITY: "Quantity",
    Datatype.URL: "Url",
}
_TIME = re.compile(r"\+(\d{4})-(\d\d)-(\d\d)T")
_LANGUAGE = re.compile(r"[a-z]{1,8}(?:-[a-z0-9]{1,8})*")


class RecentNames:
    """Names of references and values that were written lately, so that most are written once."""

    def __init__(self, most: int = 1 << 16) -> None:
        self._most, self._names = most, dict[str, None]()

    def is_fresh(self, name: str) -> bool:
        """True for a name that was not asked for lately."""
        if name in self._names:
            return False
        if len(self._names) >= self._most:
            self._names.pop(next(iter(self._names)))
        self._names[name] = None
        return True


def to_triples(
    item: str,
    called: Terms,
    statements: Iterable[Statement],
    references: Mapping[str, tuple[Reference, ...]],
    *,
    seen: RecentNames,
) -> Iterator[Triple]:
    """One item with all that is said of it; `references` are those of each statement, by its id."""
    statements = tuple(statements)
    yield from _names(item, called)
    best = best_of(statements)
    values: dict[str, Value] = {}
    cited: dict[str, Reference] = {}
    for one in statements:
        if one.id in best:
            yield Triple(iri("wd", item), iri("wdt", one.snak.property), to_term(one.snak.value))
    for one in statements:
        yield Triple(iri("wd", item), iri("p", one.snak.property), iri("wds", one.id))
    for one in statements:
        yield from _statement(one, is_best=one.id in best, values=values)
        for reference in references.get(one.id, ()):
            name = _digest("\x1e".join(snak.key for snak in reference))
            cited[name] = reference
            yield Triple(iri("wds", one.id), NamedNode(PROV + "wasDerivedFrom"), iri("wdref", name))
    for name, reference in ((name, one) for name, one in cited.items() if seen.is_fresh(name)):
        yield Triple(iri("wdref", name), TYPE, iri("wikibase", "Reference"))
        for snak in reference:
            yield from _snak(iri("wdref", name), "pr", snak, values)
    for name, value in ((name, one) for name, one in values.items() if seen.is_fresh(name)):
        yield from _value(iri("wdv", name), value)


def best_of(statements: Iterable[Statement]) -> set[str]:
    """The ids of the best-ranked statements of each property: the preferred ones, or else the normal ones."""
    ranks: dict[str, set[Rank]] = {}
    statements = tuple(statements)
    for one in statements:
        ranks.setdefault(one.snak.property, set()).add(one.rank)
    best = {name: Rank.PREFERRED if Rank.PREFERRED in said else Rank.NORMAL for name, said in ranks.items()}
    return {one.id for one in statements if one.rank is best[one.snak.property]}


def declare(properties: Mapping[str, Datatype], labels: Mapping[str, str]) -> Iterator[Triple]:
    """What the properties are, as the dumps say it at their end."""
    roles = {
        "claim": "p",
        "directClaim": "wdt",
        "statementProperty": "ps",
        "statementValue": "psv",
        "qualifier": "pq",
        "qualifierValue": "pqv",
        "reference": "pr",
        "referenceValue": "prv",
    }
    for name in sorted(properties, key=lambda one: int(one[1:])):
        yield Triple(iri("wd", name), TYPE, iri("wikibase", "Property"))
        yield Triple(iri("wd", name), iri("wikibase", "propertyType"), iri("wikibase", _DATATYPES[properties[name]]))
        if name in labels:
            yield Triple(iri("wd", name), NamedNode(RDFS + "label"), Literal(labels[name], language="en"))
        for role, prefix in roles.items():
            yield Triple(iri("wd", name), iri("wikibase", role), iri(prefix, name))


def iri(prefix: str, name: str) -> NamedNode:
    """A name in one of Wikidata's spaces."""
    return NamedNode(SPACES[prefix] + name)


def to_term(value: Value) -> Term:
    """The simple form of a value: dates by the Gregorian calendar, quantities without their unit."""
    if not value.is_known:
        return iri("genid", value.text)
    match value.datatype:
        case Datatype.ITEM:
            return iri("wd", value.text)
        case Datatype.URL:
            return NamedNode(value.text)
        case Datatype.TIME:
            return Literal(to_gregorian(value), datatype=NamedNode(XSD + "dateTime"))
        case Datatype.QUANTITY:
            return Literal(value.text, datatype=NamedNode(XSD + "decimal"))
        case Datatype.TEXT:
            return _text(value.text, value.detail)
        case _:
            return Literal(value.text)


def to_gregorian(value: Value) -> str:
    """The day by the Gregorian calendar; what is less precise than a day begins with its first, and stays so."""
    parts = _TIME.match(value.text)
    assert parts is not None, value
    year, month, day = int(parts[1]), int(parts[2]) or 1, int(parts[3]) or 1
    if value.detail == JULIAN and value.precision >= 11:
        return f"{julian_to_gregorian(year, month, day).isoformat()}T00:00:00Z"
    return f"{year:04}-{month:02}-{day:02}T00:00:00Z"


def _names(item: str, called: Terms) -> Iterator[Triple]:
    subject = iri("wd", item)
    yield Triple(subject, TYPE, iri("wikibase", "Item"))
    for language, text in called.labels.items():
        for name in (RDFS + "label", SKOS + "prefLabel", SPACES["schema"] + "name"):
            yield Triple(subject, NamedNode(name), _text(text, language))
    for language, text in called.descriptions.items():
        yield Triple(subject, iri("schema", "description"), _text(text, language))
    for language, texts in called.aliases.items():
        for text in texts:
            yield Triple(subject, NamedNode(SKOS + "altLabel"), _text(text, language))
    for old in called.redirects:
        yield Triple(iri("wd", old), NamedNode(OWL + "sameAs"), subject)


def _statement(one: Statement, *, is_best: bool, values: dict[str, Value]) -> Iterator[Triple]:
    node = iri("wds", one.id)
    yield Triple(node, TYPE, iri("wikibase", "Statement"))
    if is_best:
        yield Triple(node, TYPE, iri("wikibase", "BestRank"))
    yield Triple(node, iri("wikibase", "rank"), iri("wikibase", _RANKS[one.rank]))
    yield from _snak(node, "ps", one.snak, values)
    for snak in one.qualifiers:
        yield from _snak(node, "pq", snak, values)


def _snak(node: NamedNode, prefix: str, snak: Snak, values: dict[str, Value]) -> Iterator[Triple]:
    """The simple value; of a date or a quantity the full one, too."""
    yield Triple(node, iri(prefix, snak.property), to_term(snak.value))
    if snak.value.is_known and snak.value.datatype in (Datatype.TIME, Datatype.QUANTITY):
        name = _digest(snak.value.key)
        values[name] = snak.value
        yield Triple(node, iri(prefix + "v", snak.property), iri("wdv", name))


def _value(node: NamedNode, value: Value) -> Iterator[Triple]:
    integer = NamedNode(XSD + "integer")
    if value.datatype is Datatype.TIME:
        yield Triple(node, TYPE, iri("wikibase", "TimeValue"))
        yield Triple(node, iri("wikibase", "timeValue"), to_term(value))
        yield Triple(node, iri("wikibase", "timePrecision"), Literal(str(value.precision), datatype=integer))
        yield Triple(node, iri("wikibase", "timeTimezone"), Literal("0", datatype=integer))
        yield Triple(node, iri("wikibase", "timeCalendarModel"), iri("wd", value.detail))
    else:
        unit = "Q199" if value.detail == ONE else value.detail
        yield Triple(node, TYPE, iri("wikibase", "QuantityValue"))
        yield Triple(node, iri("wikibase", "quantityAmount"), to_term(value))
        yield Triple(node, iri("wikibase", "quantityUnit"), iri("wd", unit))


def _text(text: str, language: str) -> Literal:
    return Literal(text, language=language if _LANGUAGE.fullmatch(language) else NO_LANGUAGE)


def julian_to_gregorian(year: int, month: int, day: int) -> datetime.date:
    """The Gregorian day of a Julian one.

    >>> julian_to_gregorian(1917, 10, 25)
    datetime.date(1917, 11, 7)
    """
    # Years are counted from March, so that the leap day comes last; 1 March of year 0 is day 0.
    years, months = (year, month - 3) if month > 2 else (year - 1, month + 9)
    days = years * 365 + years // 4 + (153 * months + 2) // 5 + day - 1
    return datetime.date(1, 1, 1) + datetime.timedelta(days=days - 308)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def to_rdf(wikidata: Wikidata) -> Iterator[str]:
    """Turtle as Wikidata's dumps have it; the properties that are used are declared at the end."""
    turtle, seen = TurtleWriter(SPACES), RecentNames()
    used: dict[str, Datatype] = {}
    yield turtle.header()
    for item in wikidata:
        used.update((snak.property, snak.value.datatype) for snak in item.snaks)
        told = to_triples(item.number, item.terms, item.statements, item.references, seen=seen)
        yield from turtle.blocks(told)
    yield from turtle.blocks(declare(used, wikidata.labels))


def to_reified(wikidata: Wikidata) -> Iterator[str]:
    """The same statements in standard reification, as KGTK and the WD-AMC queries write it.

    A statement has its parts as `wdt:Psubject`, `wdt:Ppredicate`, `wdt:Pobject`, and its qualifiers as `wdt:`. The
    predicate is named as an entity (`wd:P161`) and as a property (`wdt:P161`), since those queries do both.
    """
    turtle = TurtleWriter(SPACES)
    yield turtle.header()
    for item in wikidata:
        yield from turtle.blocks(_reified(item))


def _reified(item: Item) -> Iterator[Triple]:
    subject = iri("wd", item.number)
    for language, text in item.terms.labels.items():
        yield Triple(subject, NamedNode(RDFS + "label"), Literal(text, language=language))
    best = best_of(item.statements)
    for one in item.statements:
        if one.id in best:
            yield Triple(subject, iri("wdt", one.snak.property), to_term(one.snak.value))
    for one in item.statements:
        if one.rank is not Rank.DEPRECATED:
            node = iri("wds", one.id)
            yield Triple(node, iri("wdt", "Psubject"), subject)
            for space in ("wd", "wdt"):
                yield Triple(node, iri("wdt", "Ppredicate"), iri(space, one.snak.property))
            yield Triple(node, iri("wdt", "Pobject"), to_term(one.snak.value))
            for snak in one.qualifiers:
                yield Triple(node, iri("wdt", snak.property), to_term(snak.value))
