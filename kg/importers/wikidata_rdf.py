"""Wikidata's RDF with full statements, put together as entities in the form of its JSON.

https://www.mediawiki.org/wiki/Wikibase/Indexing/RDF_Dump_Format: an item leads by `p:` to statements, and these by
`ps:`, `pq:` and `prov:wasDerivedFrom` to values, qualifiers and references; dates and quantities are nodes of their
own, which several statements share. The triples are spooled and joined by DuckDB, which goes to disk when there are
many.
"""

from __future__ import annotations

import contextlib
import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode

from kg.facts.julian import gregorian_to_julian
from kg.importers.session import ImportSession
from kg.importers.spool import read_spooled
from kg.importers.wikidata_entities import JULIAN
from kg.terms import ALIAS, LABEL, PREFIXES, RDF, XSD

ENTITY = PREFIXES["wd"]
BASE = ENTITY.removesuffix("entity/")
CLAIM = BASE + "prop/"
DIRECT = CLAIM + "direct/"
_ONTOLOGY = "http://wikiba.se/ontology#"
_SUBJECTS = (ENTITY, BASE + "reference/", BASE + "value/")
_RANK, _REFERENCE = _ONTOLOGY + "rank", "http://www.w3.org/ns/prov#wasDerivedFrom"
_RANKS = {_ONTOLOGY + "PreferredRank": "preferred", _ONTOLOGY + "DeprecatedRank": "deprecated"}
_ROLE = re.compile(re.escape(CLAIM) + r"(statement|qualifier|reference)/(value/)?(P[1-9]\d*)")
_NO_VALUE = re.compile(re.escape(CLAIM) + r"novalue/(P[1-9]\d*)")
_ITEM = re.compile(re.escape(ENTITY) + r"(Q[1-9]\d*)")
_DESCRIPTIONS = ("http://schema.org/description", "https://schema.org/description")
_DAY, _YEAR = 11, 9
_JULIAN, _GREGORIAN = ENTITY + JULIAN, ENTITY + "Q1985727"
_VALUE_PARTS = {
    "time": "timeValue",
    "precision": "timePrecision",
    "calendar": "timeCalendarModel",
    "amount": "quantityAmount",
    "unit": "quantityUnit",
}
"""The parts of a value node -> their properties."""
_COLUMNS = ("subject", "property", "kind", "value", "datatype", "language")


class _StatementTriple(NamedTuple):
    """A triple of an item, of one of its statements or of a reference, with the parts of its value node."""

    item: str
    statement: str
    claim: str
    reference: str
    property: str
    kind: str
    value: str
    datatype: str
    language: str
    time: str | None
    precision: str | None
    calendar: str | None
    amount: str | None
    unit: str | None


class WikidataTriples:
    """The triples with subjects in Wikidata's namespaces: spooled by `take`, and read back joined after `load`."""

    def __init__(self, session: ImportSession) -> None:
        self._session = session
        self._path = session.temporary_file("wikidata.csv")
        self.has_any = False

    def __enter__(self) -> WikidataTriples:
        self._file = self._path.open("w", encoding="utf-8", newline="")
        self._write = csv.writer(self._file, lineterminator="\n").writerow
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def take(self, subject: Any, property: NamedNode, value: Any) -> bool:
        """Spool a triple when it is one of Wikidata's; true when it was."""
        if not isinstance(subject, NamedNode) or not subject.value.startswith(_SUBJECTS):
            return False
        is_literal = isinstance(value, Literal)
        kind = "literal" if is_literal else "blank" if isinstance(value, BlankNode) else "iri"
        datatype = value.datatype.value if is_literal else ""
        language = (value.language or "") if is_literal else ""
        self._write((subject.value, property.value, kind, value.value, datatype, language))
        self.has_any = True
        return True

    def load(self) -> None:
        """Load the spooled triples into tables."""
        self._file.flush()
        sql = self._session.sql
        sql.execute(f"CREATE TABLE triple AS SELECT * FROM {read_spooled(self._path, _COLUMNS)}")
        sql.execute(
            "CREATE TABLE claim AS SELECT DISTINCT subject AS item, property AS claim, value AS statement FROM triple"
            " WHERE kind = 'iri' AND regexp_full_match(property, ?)",
            [re.escape(CLAIM) + "P[1-9][0-9]*"],
        )
        for name, property in _VALUE_PARTS.items():
            sql.execute(
                f"CREATE TABLE node_{name} AS SELECT subject, min(value) AS part FROM triple"
                " WHERE property = ? GROUP BY subject",
                [_ONTOLOGY + property],
            )

    def direct(self) -> Iterator[tuple[NamedNode, NamedNode, Any]]:
        """The triples of items that have no statements here, in their order."""
        query = (
            "SELECT subject, property, kind, value, datatype, language FROM triple"
            " WHERE subject NOT IN (SELECT item FROM claim) AND regexp_full_match(subject, ?) ORDER BY rowid"
        )
        for subject, property, kind, value, datatype, language in self._rows(query, [_ITEM.pattern]):
            term: Any = BlankNode(value) if kind == "blank" else NamedNode(value) if kind == "iri" else None
            if term is None:
                term = Literal(value, language=language) if language else Literal(value, datatype=NamedNode(datatype))
            yield NamedNode(subject), NamedNode(property), term

    def entities(self) -> Iterator[Mapping[str, Any]]:
        """The items that have statements, in the form of Wikidata's JSON."""
        joins = " ".join(f"LEFT JOIN node_{name} ON node_{name}.subject = value" for name in _VALUE_PARTS)
        parts = ", ".join(f"node_{name}.part" for name in _VALUE_PARTS)
        columns = ("property", "kind", "value", "datatype", "language")
        own, cited = ", ".join(columns), ", ".join(f"cited.{name}" for name in columns)
        triples = f"""
            SELECT subject AS item, '' AS statement, '' AS claim, '' AS reference, {own} FROM triple
            WHERE subject IN (SELECT item FROM claim)
            UNION ALL
            SELECT item, statement, claim, '', {own} FROM claim JOIN triple ON subject = statement
            UNION ALL
            SELECT item, statement, claim, reference.value, {cited}
            FROM claim JOIN triple AS reference ON reference.subject = statement AND reference.property = ?
            JOIN triple AS cited ON cited.subject = reference.value"""
        query = (
            f"SELECT item, statement, claim, reference, {own}, {parts} FROM ({triples}) {joins}"
            " ORDER BY item, claim, statement, reference, property, value, language"
        )
        rows = (_StatementTriple(*row) for row in self._rows(query, [_REFERENCE]))
        for item, group in groupby(rows, key=lambda row: row.item):
            if (name := _ITEM.fullmatch(item)) is not None:
                yield _to_entity(name[1], group)

    def _rows(self, query: str, values: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        # A connection of its own, since the session's is used between the rows.
        with self._session.sql.cursor() as sql:
            sql.execute(query, list(values))
            while rows := sql.fetchmany(10_000):
                yield from rows


@dataclass
class _SnakGroup:
    """The snaks of a statement or of a reference, by role and property."""

    simple: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    full: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    """Those with a value node."""
    rank: str = "normal"

    def add(self, row: _StatementTriple) -> None:
        if row.property == _RANK:
            self.rank = _RANKS.get(row.value, "normal")
        elif row.property == RDF + "type" and (no_value := _NO_VALUE.fullmatch(row.value)) is not None:
            role = "statement" if no_value[1] == row.claim.removeprefix(CLAIM) else "qualifier"
            self.simple[role, no_value[1]].append({"snaktype": "novalue"})
        elif (match := _ROLE.fullmatch(row.property)) is not None:
            role, node, name = match.groups()
            if not node:
                self.simple[role, name].append(_to_snak(row))
            elif (value := _full_value(row)) is not None:
                self.full[role, name].append({"snaktype": "value", "datavalue": value})

    def snaks(self, wanted: str) -> dict[str, list[dict[str, Any]]]:
        """The snaks of a role by property: those with value nodes where there are some, and those without a value."""
        found: dict[str, list[dict[str, Any]]] = {}
        for role, name in self.simple:
            if role == wanted:
                full, simple = self.full.get((role, name), []), self.simple[role, name]
                found[name] = full + [snak for snak in simple if not full or snak["snaktype"] != "value"]
        return found


def _to_entity(item: str, rows: Iterator[_StatementTriple]) -> dict[str, Any]:
    labels: dict[str, dict[str, str]] = {}
    descriptions: dict[str, dict[str, str]] = {}
    aliases: dict[str, list[dict[str, str]]] = defaultdict(list)
    claims: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for (claim, statement), group in groupby(rows, key=lambda row: (row.claim, row.statement)):
        if statement:
            property = claim.removeprefix(CLAIM)
            claims[property].append(_to_statement(property, statement, group))
            continue
        for row in group:
            text = {"language": row.language, "value": row.value}
            if row.property == LABEL.value:
                labels.setdefault(row.language, text)
            elif row.property in _DESCRIPTIONS:
                descriptions.setdefault(row.language, text)
            elif row.property == ALIAS.value:
                aliases[row.language].append(text)
    return {"id": item, "labels": labels, "descriptions": descriptions, "aliases": dict(aliases), "claims": claims}


def _to_statement(property: str, iri: str, rows: Iterator[_StatementTriple]) -> dict[str, Any]:
    own, references = _SnakGroup(), []
    for reference, group in groupby(rows, key=lambda row: row.reference):
        snaks = _SnakGroup() if reference else own
        for row in group:
            snaks.add(row)
        if reference:
            references.append({"snaks": snaks.snaks("reference")})
    main = own.snaks("statement").get(property) or [{"snaktype": "somevalue"}]
    name = iri.removeprefix(ENTITY + "statement/")
    return {
        "id": name.replace("-", "$", 1),
        "rank": own.rank,
        "mainsnak": main[0],
        "qualifiers": own.snaks("qualifier"),
        "references": references,
    }


def _to_snak(row: _StatementTriple) -> dict[str, Any]:
    """The snak of a simple value; a blank node, or its address at the query service, is an unknown value."""
    if row.kind == "blank" or row.value.startswith((BASE + ".well-known/genid/", "_:")):
        return {"snaktype": "somevalue"}
    return {"snaktype": "value", "datavalue": _simple_value(row)}


def _simple_value(row: _StatementTriple) -> dict[str, Any]:
    if row.kind == "iri" and row.value.startswith(ENTITY):
        return {"type": "wikibase-entityid", "value": {"id": row.value.removeprefix(ENTITY)}}
    if row.language:
        return {"type": "monolingualtext", "value": {"text": row.value, "language": row.language}}
    if row.datatype == XSD + "dateTime":
        # Without its node the precision of a date is unknown; a date known to the year is written as New Year's Day.
        precision = _YEAR if "-01-01T" in row.value else _DAY
        return _time_value(row.value, precision, _GREGORIAN)
    if row.datatype == XSD + "decimal":
        return {"type": "quantity", "value": {"amount": row.value, "unit": "1"}}
    return {"type": "string", "value": row.value}


def _full_value(row: _StatementTriple) -> dict[str, Any] | None:
    if row.time is not None:
        precision = int(row.precision) if row.precision is not None and row.precision.isdigit() else _DAY
        return _time_value(row.time, precision, row.calendar or _GREGORIAN)
    if row.amount is not None:
        unit = row.unit or "1"
        return {"type": "quantity", "value": {"amount": row.amount, "unit": "1" if unit.endswith("/Q199") else unit}}
    return None


def _time_value(text: str, precision: int, calendar: str) -> dict[str, Any]:
    """A time; RDF has days of the Julian calendar in the Gregorian one, JSON as they were entered."""
    if precision >= _DAY and calendar == _JULIAN:
        # A day that cannot be converted is counted as any other that is in no calendar.
        with contextlib.suppress(ValueError):
            text = gregorian_to_julian(text[:10]) + text[10:]
    time = text if text[:1] in ("+", "-") else f"+{text}"
    return {"type": "time", "value": {"time": time, "precision": precision, "calendarmodel": calendar}}
