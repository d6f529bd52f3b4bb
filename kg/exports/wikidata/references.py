"""A fact walks in; the reference that Wikidata can have for it walks out: where it is stated, the address, the day.

A source that nobody can look up - without an address, without a number in Wikidata, without title and day - gives none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from kg.exports.wikidata.statements import Snak, Statement
from kg.exports.wikidata.values import UNTOLD_LANGUAGE, Items, Value, tidy, to_time
from kg.facts.model import Fact, Source
from kg.mappings.to_wikidata import Datatype

STATED_IN, ADDRESS, RETRIEVED, TITLE, DATE, IMPORTED_FROM = "P248", "P854", "P813", "P1476", "P577", "P143"
QUERIES = "https://query.wikidata.org/"
_ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
_ITEM = re.compile(r"Q[1-9][0-9]*")

Reference = tuple[Snak, ...]


def is_wikidata(source: Source) -> bool:
    """True for a source that is Wikidata itself, as its importers name it: what it says, Wikidata has."""
    host = (urlsplit(source.address).hostname or "") if source.address.isascii() else ""
    return host == "wikidata.org" or host.endswith(".wikidata.org") or source.id in ("wikidata", "wikidata-results")


def tells_whole(source: Source) -> bool:
    """True for one that tells all that Wikidata has of an item; its query service tells what was asked."""
    return is_wikidata(source) and source.id != "wikidata-results" and not source.address.startswith(QUERIES)


def references_of(statement: Statement, sources: Mapping[str, Source], items: Items) -> tuple[Reference, ...]:
    """The references of a statement, one for each source that says it and can be looked up; each once."""
    found = (reference_of(fact, sources.get(fact.evidence.source), items) for fact in statement.facts)
    return tuple(sorted({reference for reference in found if reference}))


def reference_of(fact: Fact, source: Source | None, items: Items) -> Reference:
    """What a reference to a fact's source says; empty where the source cannot be looked up."""
    if source is None:
        return ()
    snaks = _own_references(fact) if is_wikidata(source) else _source(source, items)
    read = to_time(fact.evidence.retrieved)
    return tuple(sorted({*snaks, Snak(RETRIEVED, read)})) if snaks and read is not None else tuple(sorted(snaks))


def _own_references(fact: Fact) -> set[Snak]:
    """What a statement of Wikidata refers to itself: the importer writes it behind the statement's id."""
    marks = {"stated-in": STATED_IN, "url": ADDRESS, "imported-from": IMPORTED_FROM}
    found = set()
    for word in fact.evidence.record.split()[1:]:
        mark, _, told = word.partition(":")
        property = marks.get(mark, "")
        if property == ADDRESS and _ADDRESS.fullmatch(told):
            found.add(Snak(ADDRESS, Value(Datatype.URL, told)))
        elif property and _ITEM.fullmatch(unquote(told)):
            found.add(Snak(property, Value(Datatype.ITEM, unquote(told))))
    return found


def _source(source: Source, items: Items) -> set[Snak]:
    found = set()
    if item := items.of(source.iri):
        found.add(Snak(STATED_IN, Value(Datatype.ITEM, item)))
    if _ADDRESS.fullmatch(source.address):
        found.add(Snak(ADDRESS, Value(Datatype.URL, source.address)))
    day = to_time(source.date)
    if source.title and (found or day is not None):
        found.add(Snak(TITLE, Value(Datatype.TEXT, tidy(source.title), source.language or UNTOLD_LANGUAGE)))
    if found and day is not None:
        found.add(Snak(DATE, day))
    return found
