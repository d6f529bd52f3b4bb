"""Wikidata's triples walk in, with full statements; entities in the form of its JSON walk out, one by one.

An item leads by `p:` to statements, and these by `ps:`, `pq:` and `prov:wasDerivedFrom` to values, qualifiers and
references; dates and quantities have nodes of their own, which several statements share. The triples are spooled, and
put together by DuckDB, which goes to disk when they are many.
https://www.mediawiki.org/wiki/Wikibase/Indexing/RDF_Dump_Format
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode

from kg.importers.session import ImportSession
from kg.terms import LABEL, PREFIXES, RDF, SKOS, XSD

ENTITY = PREFIXES["wd"]
BASE = ENTITY.removesuffix("entity/")
CLAIM = BASE + "prop/"
DIRECT = CLAIM + "direct/"
_ONTOLOGY = "http://wikiba.se/ontology#"
_SUBJECTS = (ENTITY, BASE + "reference/", BASE + "value/")
_RANK, _REFERENCE = _ONTOLOGY + "rank", "http://www.w3.org/ns/prov#wasDerivedFrom"
_RANKS = {_ONTOLOGY + "PreferredRank": "preferred", _ONTOLOGY + "DeprecatedRank": "deprecated"}
_ROLE = re.compile(re.escape(CLAIM) + r"(statement|qualifier|reference)/(value/)?(P[1-9]\d*)")
_NONE = re.compile(re.escape(CLAIM) + r"novalue/(P[1-9]\d*)")
_ITEM = re.compile(re.escape(ENTITY) + r"(Q[1-9]\d*)")
_DESCRIPTIONS = ("http://schema.org/description", "https://schema.org/description")
_DAY, _YEAR = 11, 9
_JULIAN, _GREGORIAN = ENTITY + "Q1985786", ENTITY + "Q1985727"
_COLUMNS = ("subject", "property", "kind", "value", "datatype", "language")


class _Said(NamedTuple):
    """A triple of an item, of one of its statements, or of a reference, with what its value node tells."""

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


@dataclass
class WikidataTriples:
    """Gathers the triples that Wikidata's own names begin; `load`, and they are put together."""

    session: ImportSession

    def __post_init__(self) -> None:
        self._path = self.session.temporary_file("wikidata.csv")
        self.any = False

    def __enter__(self) -> WikidataTriples:
        self._file = self._path.open("w", encoding="utf-8", newline="")
        self._write = csv.writer(self._file, lineterminator="\n").writerow
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def take(self, subject: Any, property: NamedNode, value: Any) -> bool:
        """Keep a triple, where it is one of Wikidata's; whether it is."""
        if not isinstance(subject, NamedNode) or not subject.value.startswith(_SUBJECTS):
            return False
        literal = isinstance(value, Literal)
        kind = "literal" if literal else "blank" if isinstance(value, BlankNode) else "iri"
        datatype = value.datatype.value if literal else ""
        language = (value.language or "") if literal else ""
        self._write((subject.value, property.value, kind, value.value, datatype, language))
        self.any = True
        return True

    def load(self) -> None:
        """Put what was kept into tables."""
        self._file.flush()
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in _COLUMNS)
        sql = self.session.sql
        sql.execute(
            "CREATE TABLE triple AS SELECT * FROM"
            f" read_csv('{_escaped(self._path)}', columns = {{{columns}}}, header = false, delim = ',', quote = '\"',"
            " escape = '\"', nullstr = '\x01', auto_detect = false, max_line_size = 33554432)"
        )
        sql.execute(
            "CREATE TABLE claim AS SELECT DISTINCT subject AS item, property AS claim, value AS statement FROM triple"
            " WHERE kind = 'iri' AND regexp_full_match(property, ?)",
            [re.escape(CLAIM) + "P[1-9][0-9]*"],
        )
        for name, property in (
            ("time", "timeValue"),
            ("precision", "timePrecision"),
            ("calendar", "timeCalendarModel"),
            ("amount", "quantityAmount"),
            ("unit", "quantityUnit"),
        ):
            sql.execute(
                f"CREATE TABLE node_{name} AS SELECT subject, min(value) AS told FROM triple"
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
        node = " ".join(
            f"LEFT JOIN node_{one} ON node_{one}.subject = value"
            for one in ("time", "precision", "calendar", "amount", "unit")
        )
        values = ", ".join(f"node_{one}.told" for one in ("time", "precision", "calendar", "amount", "unit"))
        told = "property, kind, value, datatype, language"
        said = f"""
            SELECT subject AS item, '' AS statement, '' AS claim, '' AS reference, {told} FROM triple
            WHERE subject IN (SELECT item FROM claim)
            UNION ALL
            SELECT item, statement, claim, '', {told} FROM claim JOIN triple ON subject = statement
            UNION ALL
            SELECT item, statement, claim, reference.value, {", ".join("one." + name for name in told.split(", "))}
            FROM claim JOIN triple AS reference ON reference.subject = statement AND reference.property = ?
            JOIN triple AS one ON one.subject = reference.value"""
        query = (
            f"SELECT item, statement, claim, reference, {told}, {values} FROM ({said}) {node}"
            " ORDER BY item, claim, statement, reference, property, value, language"
        )
        rows = (_Said(*row) for row in self._rows(query, [_REFERENCE]))
        for item, group in groupby(rows, key=lambda row: row.item):
            if (name := _ITEM.fullmatch(item)) is not None:
                yield _entity(name[1], group)

    def _rows(self, query: str, values: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        # A connection of its own, since the session's is used between the rows.
        with self.session.sql.cursor() as sql:
            sql.execute(query, list(values))
            while rows := sql.fetchmany(10_000):
                yield from rows


@dataclass
class _Statement:
    simple: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    full: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    rank: str = "normal"

    def add(self, row: _Said) -> None:
        if row.property == _RANK:
            self.rank = _RANKS.get(row.value, "normal")
        elif row.property == RDF + "type" and (none := _NONE.fullmatch(row.value)) is not None:
            role = "statement" if none[1] == row.claim.removeprefix(CLAIM) else "qualifier"
            self.simple[role, none[1]].append({"snaktype": "novalue"})
        elif (role_of := _ROLE.fullmatch(row.property)) is not None:
            role, node, name = role_of.groups()
            if not node:
                self.simple[role, name].append(_snak(row))
            elif (value := _node_value(row)) is not None:
                self.full[role, name].append({"snaktype": "value", "datavalue": value})

    def snaks(self, role: str) -> dict[str, list[dict[str, Any]]]:
        """The snaks by property: those of value nodes where there are some, and what has no value."""
        found: dict[str, list[dict[str, Any]]] = {}
        for one, name in self.simple:
            if one == role:
                full, simple = self.full.get((role, name), []), self.simple[role, name]
                found[name] = full + [snak for snak in simple if not full or snak["snaktype"] != "value"]
        return found


def _entity(item: str, rows: Iterator[_Said]) -> dict[str, Any]:
    labels: dict[str, dict[str, str]] = {}
    descriptions: dict[str, dict[str, str]] = {}
    aliases: dict[str, list[dict[str, str]]] = defaultdict(list)
    claims: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for (claim, statement), group in groupby(rows, key=lambda row: (row.claim, row.statement)):
        if statement:
            claims[claim.removeprefix(CLAIM)].append(_to_statement(claim.removeprefix(CLAIM), statement, group))
            continue
        for row in group:
            text = {"language": row.language, "value": row.value}
            if row.property == LABEL.value:
                labels.setdefault(row.language, text)
            elif row.property in _DESCRIPTIONS:
                descriptions.setdefault(row.language, text)
            elif row.property == SKOS + "altLabel":
                aliases[row.language].append(text)
    return {"id": item, "labels": labels, "descriptions": descriptions, "aliases": dict(aliases), "claims": claims}


def _to_statement(property: str, iri: str, rows: Iterator[_Said]) -> dict[str, Any]:
    own, references = _Statement(), []
    for reference, group in groupby(rows, key=lambda row: row.reference):
        told = _Statement() if reference else own
        for row in group:
            told.add(row)
        if reference:
            references.append({"snaks": told.snaks("reference")})
    main = own.snaks("statement").get(property) or [{"snaktype": "somevalue"}]
    name = iri.removeprefix(ENTITY + "statement/")
    return {
        "id": name.replace("-", "$", 1),
        "rank": own.rank,
        "mainsnak": main[0],
        "qualifiers": own.snaks("qualifier"),
        "references": references,
    }


def _snak(row: _Said) -> dict[str, Any]:
    """The snak of a simple value; a blank node, or its address at the query service, is a value that is not known."""
    if row.kind == "blank" or row.value.startswith((BASE + ".well-known/genid/", "_:")):
        return {"snaktype": "somevalue"}
    return {"snaktype": "value", "datavalue": _simple_value(row)}


def _simple_value(row: _Said) -> dict[str, Any]:
    if row.kind == "iri" and row.value.startswith(ENTITY):
        return {"type": "wikibase-entityid", "value": {"id": row.value.removeprefix(ENTITY)}}
    if row.language:
        return {"type": "monolingualtext", "value": {"text": row.value, "language": row.language}}
    if row.datatype == XSD + "dateTime":
        # Without its node a date does not tell its precision; what is known to the year only stands on New Year's Day.
        precision = _YEAR if "-01-01T" in row.value else _DAY
        return _time(row.value, precision, _GREGORIAN)
    if row.datatype == XSD + "decimal":
        return {"type": "quantity", "value": {"amount": row.value, "unit": "1"}}
    return {"type": "string", "value": row.value}


def _node_value(row: _Said) -> dict[str, Any] | None:
    if row.time is not None:
        precision = int(row.precision) if row.precision is not None and row.precision.isdigit() else _DAY
        return _time(row.time, precision, row.calendar or _GREGORIAN)
    if row.amount is not None:
        unit = row.unit or "1"
        return {"type": "quantity", "value": {"amount": row.amount, "unit": "1" if unit.endswith("/Q199") else unit}}
    return None


def _time(text: str, precision: int, calendar: str) -> dict[str, Any]:
    """Days of the Julian calendar, which this form has in the Gregorian one, become what they were entered as."""
    if precision >= _DAY and calendar == _JULIAN:
        text = _to_julian(text)
    time = text if text[:1] in ("+", "-") else f"+{text}"
    return {"type": "time", "value": {"time": time, "precision": precision, "calendarmodel": calendar}}


def _to_julian(text: str) -> str:
    """The day of the Julian calendar; the text as it is where it is no day from the year 1 on.

    >>> _to_julian("1498-07-01T00:00:00Z")
    '1498-06-22T00:00:00Z'
    """
    try:
        days = date.fromisoformat(text[:10]).toordinal() + 1721425
    except ValueError:
        return text
    # The Julian Day Number in years of 365.25 days, counted from a March.
    cycle = days + 1402
    years = (cycle - 1) // 1461
    rest = cycle - 1461 * years
    year = (rest - 1) // 365 - rest // 1461
    day_of_year = rest - 365 * year + 30
    month = 80 * day_of_year // 2447
    day = day_of_year - 2447 * month // 80
    carry = month // 11
    return f"{4 * years + year + carry - 4716:04d}-{month + 2 - 12 * carry:02d}-{day:02d}{text[10:]}"


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
