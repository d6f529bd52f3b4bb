"""Items with their statements walk in; entity JSON as Wikidata's dumps have it walks out, an entity on each line.

https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html; `kg import wikidata` reads it back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from kg.exports.wikidata.model import Item, Reference, Snak, Statement, Wikidata
from kg.exports.wikidata.rdf import SPACES
from kg.exports.wikidata.values import ONE, Value
from kg.mappings.to_wikidata import Datatype

_TYPES = {
    Datatype.ITEM: "wikibase-entityid",
    Datatype.TEXT: "monolingualtext",
    Datatype.TIME: "time",
    Datatype.QUANTITY: "quantity",
}


def to_json(wikidata: Wikidata) -> Iterator[str]:
    """A line for each entity."""
    for item in wikidata:
        yield json.dumps(to_entity(item), ensure_ascii=False, separators=(",", ":")) + "\n"


def to_entity(item: Item) -> dict[str, Any]:
    """One entity; a number that it had before is told as a redirect."""
    entity: dict[str, Any] = {
        "type": "item",
        "id": item.number,
        "labels": {name: _text(name, text) for name, text in item.terms.labels.items()},
        "descriptions": {name: _text(name, text) for name, text in item.terms.descriptions.items()},
        "aliases": {name: [_text(name, one) for one in texts] for name, texts in item.terms.aliases.items()},
        "claims": {
            name: [_statement(one, item.references[one.id]) for one in statements]
            for name, statements in groupby(item.statements, key=lambda one: one.snak.property)
        },
    }
    if item.terms.redirects:
        entity["redirects"] = {"from": item.terms.redirects[0], "to": item.number}
    return entity


def _statement(one: Statement, references: Iterable[Reference]) -> dict[str, Any]:
    item, _, local = one.id.partition("-")
    told: dict[str, Any] = {
        "mainsnak": _snak(one.snak),
        "type": "statement",
        "id": f"{item}${local}",
        "rank": one.rank.value,
    }
    if one.qualifiers:
        told["qualifiers"] = _snaks(one.qualifiers)
    if cited := [{"snaks": _snaks(reference)} for reference in references]:
        told["references"] = cited
    return told


def _snaks(snaks: Iterable[Snak]) -> dict[str, list[dict[str, Any]]]:
    return {name: [_snak(one) for one in run] for name, run in groupby(snaks, key=lambda one: one.property)}


def _snak(snak: Snak) -> dict[str, Any]:
    told: dict[str, Any] = {
        "snaktype": "value" if snak.value.is_known else "somevalue",
        "property": snak.property,
        "datatype": snak.value.datatype.value,
    }
    if snak.value.is_known:
        kind = _TYPES.get(snak.value.datatype, "string")
        told["datavalue"] = {"value": _value(snak.value), "type": kind}
    return told


def _value(value: Value) -> Any:
    match value.datatype:
        case Datatype.ITEM:
            return {"entity-type": "item", "numeric-id": int(value.text[1:]), "id": value.text}
        case Datatype.TEXT:
            return {"text": value.text, "language": value.detail}
        case Datatype.TIME:
            calendar = SPACES["wd"] + value.detail
            told = {"time": value.text, "timezone": 0, "before": 0, "after": 0}
            return told | {"precision": value.precision, "calendarmodel": calendar}
        case Datatype.QUANTITY:
            return {"amount": value.text, "unit": ONE if value.detail == ONE else SPACES["wd"] + value.detail}
        case _:
            return value.text


def _text(language: str, text: str) -> dict[str, str]:
    return {"language": language, "value": text}
