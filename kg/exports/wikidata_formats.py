"""Items of Wikidata written as RDF, as reified RDF and as entity JSON.

RDF has the form of Wikidata's dumps (https://www.mediawiki.org/wiki/Wikibase/Indexing/RDF_Dump_Format): best-ranked
values are `wdt:` at the item, and each statement is a node with its value, qualifiers, rank and references. Unknown
values have the IRIs that the query service gives them, so that the text has no blank nodes and can be read as a stream.
JSON (https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html) is what `kg import wikidata` reads.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from typing import Any

import orjson
from pyoxigraph import Literal, NamedNode

from kg.exports.rdf import LOCAL_NAME, TurtleTriple, TurtleWriter, turtle_block, turtle_blocks, turtle_text
from kg.exports.wikidata_model import ItemTerms, Reference, Snak, Statement, WikidataItem, WikidataItems
from kg.exports.wikidata_values import NO_LANGUAGE, NO_UNIT, WikidataValue, to_gregorian
from kg.facts.model import Rank
from kg.mappings.wikidata import Datatype
from kg.terms import OWL, PREFIXES, PROV, RDF, RDFS, SKOS, XSD

_BASE = "http://www.wikidata.org/"
NAMESPACES: Mapping[str, str] = {
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

_TURTLE = TurtleWriter(NAMESPACES)
_RANKS = {Rank.PREFERRED: "PreferredRank", Rank.NORMAL: "NormalRank", Rank.DEPRECATED: "DeprecatedRank"}
_RDF_DATATYPES = {
    Datatype.ITEM: "WikibaseItem",
    Datatype.STRING: "String",
    Datatype.EXTERNAL_ID: "ExternalId",
    Datatype.TEXT: "Monolingualtext",
    Datatype.TIME: "Time",
    Datatype.QUANTITY: "Quantity",
    Datatype.URL: "Url",
}
_PROPERTY_ROLES = {
    "claim": "p",
    "directClaim": "wdt",
    "statementProperty": "ps",
    "statementValue": "psv",
    "qualifier": "pq",
    "qualifierValue": "pqv",
    "reference": "pr",
    "referenceValue": "prv",
}
_UNIT_ITEM_OF_NO_UNIT = "Q199"
_MAX_REMEMBERED = 1 << 16
"""Values: the same persons, places and days are values of thousands of statements."""
_LANGUAGE = re.compile(r"[a-z]{1,8}(?:-[a-z0-9]{1,8})*")


# --- RDF


def to_rdf(items: WikidataItems) -> Iterator[str]:
    """Turtle as in Wikidata's dumps; the properties that are used are declared at the end."""
    recent = RecentNames()
    used: dict[str, Datatype] = {}
    yield _TURTLE.header()
    for item in items:
        yield from _item_blocks(item, recent, used)
    yield from turtle_blocks(declare_properties(used, items.property_labels))


class RecentNames:
    """Names of references and values that were written recently, so that few are written twice."""

    def __init__(self, limit: int = 1 << 16) -> None:
        self._limit, self._names = limit, dict[str, None]()

    def add(self, name: str) -> bool:
        """Add a name; True when it was not there."""
        if name in self._names:
            return False
        if len(self._names) >= self._limit:
            self._names.pop(next(iter(self._names)))
        self._names[name] = None
        return True


def _item_blocks(item: WikidataItem, recent: RecentNames, used: dict[str, Datatype]) -> Iterator[str]:
    """The blocks of an item, its statements, and those references and values that are not among the recent ones.

    The properties in them, with their datatypes, are added to those `used`.
    """
    subject, terms = iri("wd", item.id), item.terms
    best = best_ranked(item)
    direct, claims = _values_of_item(item, best)
    if terms.redirects:
        yield turtle_block(subject, _values_of_terms(terms))
        yield from (turtle_block(iri("wd", former), {"owl:sameAs": (subject,)}) for former in terms.redirects)
        if claims:
            yield turtle_block(subject, direct | claims)
    else:
        yield turtle_block(subject, _values_of_terms(terms) | direct | claims)
    values: dict[str, WikidataValue] = {}
    references: dict[str, Reference] = {}
    for id, statement in item.with_ids:
        cited = {_reference_name(reference): reference for reference in item.references[id]}
        references |= cited
        yield _statement_block(id, statement, cited, is_best=id in best)
        for snak in (statement.snak, *statement.qualifiers):
            used[snak.property] = snak.value.datatype
            if name := _value_name(snak.value):
                values[name] = snak.value
    for name, reference in references.items():
        if recent.add(name):
            yield turtle_block(f"wdref:{name}", {"a": ("wikibase:Reference",)} | _values_of_snaks("pr", reference))
            for snak in reference:
                used[snak.property] = snak.value.datatype
                if value_name := _value_name(snak.value):
                    values[value_name] = snak.value
    for name, value in values.items():
        if recent.add(name):
            yield turtle_block(f"wdv:{name}", _values_of_value(value))


def best_ranked(item: WikidataItem) -> set[str]:
    """The ids of the best-ranked statements of each property: the preferred ones, or else the normal ones."""
    preferred = {statement.snak.property for statement in item.statements if statement.rank is Rank.PREFERRED}
    return {
        id
        for id, statement in item.with_ids
        if statement.rank is Rank.PREFERRED
        or (statement.rank is Rank.NORMAL and statement.snak.property not in preferred)
    }


def declare_properties(properties: Mapping[str, Datatype], labels: Mapping[str, str]) -> Iterator[TurtleTriple]:
    """The declarations of properties, as at the end of a dump."""
    for name in sorted(properties, key=lambda property: int(property[1:])):
        datatype = _RDF_DATATYPES[properties[name]]
        yield (iri("wd", name), "a", iri("wikibase", "Property"))
        yield (iri("wd", name), iri("wikibase", "propertyType"), iri("wikibase", datatype))
        if name in labels:
            yield (iri("wd", name), "rdfs:label", str(Literal(labels[name], language="en")))
        for role, prefix in _PROPERTY_ROLES.items():
            yield (iri("wd", name), iri("wikibase", role), iri(prefix, name))


def iri(prefix: str, name: str) -> str:
    """An IRI in one of Wikidata's namespaces, as Turtle has it."""
    if LOCAL_NAME.fullmatch(name):
        return f"{prefix}:{name}"  # as a writer would have it, without an object for each of millions
    return _TURTLE.term(NamedNode(NAMESPACES[prefix] + name))


@lru_cache(maxsize=_MAX_REMEMBERED)
def simple_value(value: WikidataValue) -> str:
    """The simple form of a value, as Turtle has it: dates in the Gregorian calendar, quantities without their unit."""
    if not value.is_known:
        return iri("genid", value.text)
    match value.datatype:
        case Datatype.ITEM:
            return iri("wd", value.text)
        case Datatype.URL:
            return _TURTLE.term(NamedNode(value.text))
        case Datatype.TIME:
            return _typed_literal(to_gregorian(value), "dateTime")
        case Datatype.QUANTITY:
            return _typed_literal(value.text, "decimal")
        case Datatype.TEXT:
            return _text_literal(value.text, value.detail)
        case _:
            return str(Literal(value.text))


_Values = dict[str, Iterable[str]]
"""Predicate -> the values of a subject, as Turtle has them."""


def _values_of_terms(terms: ItemTerms) -> _Values:
    values: _Values = {"a": ("wikibase:Item",)}
    if terms.labels:
        labels = [_text_literal(text, language) for language, text in terms.labels.items()]
        values |= dict.fromkeys(("rdfs:label", "skos:prefLabel", "schema:name"), labels)
    if terms.descriptions:
        descriptions = (_text_literal(text, language) for language, text in terms.descriptions.items())
        values["schema:description"] = dict.fromkeys(descriptions)
    if terms.aliases:
        aliases = (_text_literal(text, language) for language, texts in terms.aliases.items() for text in texts)
        values["skos:altLabel"] = dict.fromkeys(aliases)
    return values


def _values_of_item(item: WikidataItem, best: Container[str]) -> tuple[_Values, _Values]:
    """The best-ranked values of an item, and its statements."""
    direct: dict[str, dict[str, None]] = {}
    claims: dict[str, list[str]] = {}
    for id, statement in item.with_ids:
        property = statement.snak.property
        if id in best:
            direct.setdefault(f"wdt:{property}", {})[simple_value(statement.snak.value)] = None
        claims.setdefault(f"p:{property}", []).append(f"wds:{id}")
    return {**direct}, {**claims}


def _statement_block(id: str, statement: Statement, cited: Iterable[str], *, is_best: bool) -> str:
    property, value = statement.snak
    lines = [
        "a wikibase:Statement, wikibase:BestRank" if is_best else "a wikibase:Statement",
        f"wikibase:rank wikibase:{_RANKS[statement.rank]}",
        f"ps:{property} {simple_value(value)}",
    ]
    if name := _value_name(value):
        lines.append(f"psv:{property} wdv:{name}")
    if statement.qualifiers:
        qualifiers = _values_of_snaks("pq", statement.qualifiers)
        lines += (f"{predicate} {', '.join(values)}" for predicate, values in qualifiers.items())
    if references := ", ".join([f"wdref:{name}" for name in cited]):
        lines.append(f"prov:wasDerivedFrom {references}")
    return turtle_text(f"wds:{id}", lines)


def _values_of_snaks(prefix: str, snaks: Iterable[Snak]) -> _Values:
    values: dict[str, dict[str, None]] = {}
    for snak in snaks:
        values.setdefault(f"{prefix}:{snak.property}", {})[simple_value(snak.value)] = None
        if name := _value_name(snak.value):
            values.setdefault(f"{prefix}v:{snak.property}", {})[f"wdv:{name}"] = None
    return {**values}


@lru_cache(maxsize=_MAX_REMEMBERED)
def _value_name(value: WikidataValue) -> str:
    """The name of the full value of a date or a quantity; empty for other values, which have a simple form only."""
    has_full_value = value.is_known and value.datatype in (Datatype.TIME, Datatype.QUANTITY)
    return _digest(value.key) if has_full_value else ""


@lru_cache(maxsize=_MAX_REMEMBERED)
def _reference_name(reference: Reference) -> str:
    return _digest("\x1e".join(snak.key for snak in reference))


def _values_of_value(value: WikidataValue) -> _Values:
    if value.datatype is Datatype.TIME:
        return {
            "a": ("wikibase:TimeValue",),
            "wikibase:timeValue": (simple_value(value),),
            "wikibase:timePrecision": (_typed_literal(str(value.precision), "integer"),),
            "wikibase:timeTimezone": (_typed_literal("0", "integer"),),
            "wikibase:timeCalendarModel": (iri("wd", value.detail),),
        }
    return {
        "a": ("wikibase:QuantityValue",),
        "wikibase:quantityAmount": (simple_value(value),),
        "wikibase:quantityUnit": (iri("wd", _UNIT_ITEM_OF_NO_UNIT if value.detail == NO_UNIT else value.detail),),
    }


def _text_literal(text: str, language: str) -> str:
    return str(Literal(text, language=language if _LANGUAGE.fullmatch(language) else NO_LANGUAGE))


def _typed_literal(text: str, datatype: str) -> str:
    return f"{Literal(text)}^^xsd:{datatype}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


# --- reified RDF


def to_reified(items: WikidataItems) -> Iterator[str]:
    """The same statements in standard reification, as KGTK and the WD-AMC queries write it.

    A statement has its parts as `wdt:Psubject`, `wdt:Ppredicate`, `wdt:Pobject`, and its qualifiers as `wdt:`. The
    predicate is named as an entity (`wd:P161`) and as a property (`wdt:P161`), since those queries do both.
    """
    yield _TURTLE.header()
    for item in items:
        yield from turtle_blocks(_reified_triples(item))


def _reified_triples(item: WikidataItem) -> Iterator[TurtleTriple]:
    subject = iri("wd", item.id)
    for language, text in item.terms.labels.items():
        yield (subject, "rdfs:label", str(Literal(text, language=language)))
    best = best_ranked(item)
    for id, statement in item.with_ids:
        if id in best:
            yield (subject, iri("wdt", statement.snak.property), simple_value(statement.snak.value))
    for id, statement in item.with_ids:
        if statement.rank is not Rank.DEPRECATED:
            node = iri("wds", id)
            yield (node, iri("wdt", "Psubject"), subject)
            for prefix in ("wd", "wdt"):
                yield (node, iri("wdt", "Ppredicate"), iri(prefix, statement.snak.property))
            yield (node, iri("wdt", "Pobject"), simple_value(statement.snak.value))
            for qualifier in statement.qualifiers:
                yield (node, iri("wdt", qualifier.property), simple_value(qualifier.value))


# --- JSON

_JSON_TYPES = {
    Datatype.ITEM: "wikibase-entityid",
    Datatype.TEXT: "monolingualtext",
    Datatype.TIME: "time",
    Datatype.QUANTITY: "quantity",
}


def to_json(items: WikidataItems) -> Iterator[str]:
    """A line for each entity."""
    for item in items:
        yield orjson.dumps(to_entity(item)).decode() + "\n"


def to_entity(item: WikidataItem) -> dict[str, Any]:
    """An item as entity JSON; its first former id is written as a redirect."""
    entity: dict[str, Any] = {
        "type": "item",
        "id": item.id,
        "labels": {language: _json_text(language, text) for language, text in item.terms.labels.items()},
        "descriptions": {language: _json_text(language, text) for language, text in item.terms.descriptions.items()},
        "aliases": {
            language: [_json_text(language, text) for text in texts] for language, texts in item.terms.aliases.items()
        },
        "claims": {
            name: [_json_statement(id, statement, item.references[id]) for id, statement in statements]
            for name, statements in groupby(item.with_ids, key=lambda pair: pair[1].snak.property)
        },
    }
    if item.terms.redirects:
        entity["redirects"] = {"from": item.terms.redirects[0], "to": item.id}
    return entity


def _json_statement(id: str, statement: Statement, references: Iterable[Reference]) -> dict[str, Any]:
    item, _, local = id.partition("-")
    document: dict[str, Any] = {
        "mainsnak": _json_snak(statement.snak),
        "type": "statement",
        "id": f"{item}${local}",
        "rank": statement.rank.value,
    }
    if statement.qualifiers:
        document["qualifiers"] = _json_snaks(statement.qualifiers)
    if written := [_json_reference(reference) for reference in references]:
        document["references"] = written
    return document


@lru_cache(maxsize=_MAX_REMEMBERED)
def _json_reference(reference: Reference) -> dict[str, Any]:
    return {"snaks": _json_snaks(reference)}


def _json_snaks(snaks: Iterable[Snak]) -> dict[str, list[dict[str, Any]]]:
    return {name: [_json_snak(snak) for snak in run] for name, run in groupby(snaks, key=lambda snak: snak.property)}


@lru_cache(maxsize=_MAX_REMEMBERED)
def _json_snak(snak: Snak) -> dict[str, Any]:
    document: dict[str, Any] = {
        "snaktype": "value" if snak.value.is_known else "somevalue",
        "property": snak.property,
        "datatype": snak.value.datatype.value,
    }
    if snak.value.is_known:
        document["datavalue"] = {
            "value": _json_value(snak.value),
            "type": _JSON_TYPES.get(snak.value.datatype, "string"),
        }
    return document


def _json_value(value: WikidataValue) -> Any:
    match value.datatype:
        case Datatype.ITEM:
            return {"entity-type": "item", "numeric-id": int(value.text[1:]), "id": value.text}
        case Datatype.TEXT:
            return {"text": value.text, "language": value.detail}
        case Datatype.TIME:
            return {
                "time": value.text,
                "timezone": 0,
                "before": 0,
                "after": 0,
                "precision": value.precision,
                "calendarmodel": NAMESPACES["wd"] + value.detail,
            }
        case Datatype.QUANTITY:
            unit = NO_UNIT if value.detail == NO_UNIT else NAMESPACES["wd"] + value.detail
            return {"amount": value.text, "unit": unit}
        case _:
            return value.text


def _json_text(language: str, text: str) -> dict[str, str]:
    return {"language": language, "value": text}
