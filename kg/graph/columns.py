"""The graph as columns in DuckDB: what analytic queries are compiled to SQL over.

    term(id, text, class, lexical, language, datatype, rank, number, floating, moment, zoned, truth)
    triple(s, p, o)         the default graph: asserted and inferred triples, each once
    named(g, s, p, o)       the named graphs

`text` is the exact N-Triples form; the columns after it are what SPARQL's operators compare. They are tables of a
build's snapshot, which may have the triples in other orders as well (`kg.graph.lookup_tables`).
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import duckdb
from pyoxigraph import Literal, NamedNode, Quad, Triple

from kg.graph.lookup_tables import ORDERS, TermLookup, TripleOrders, write_lookup_tables
from kg.graph.snapshot_file import SnapshotFile, add_graph, begin_named_graphs
from kg.graph.triple_tables import TripleTables
from kg.terms import RDF, XSD, Term, is_triple_term, to_term
from kg.xsd import INTEGER_BOUNDS, PATTERNS, value_of


class TermClass(IntEnum):
    """What SPARQL's operators distinguish: kinds of terms, and of literals by their values."""

    IRI = 0
    BLANK = 1
    STRING = 2
    LANGUAGE_STRING = 3
    BOOLEAN = 4
    NUMBER = 5
    DATE_TIME = 6
    DATE = 7
    TIME = 8
    YEAR = 9
    YEAR_MONTH = 10
    MONTH = 11
    MONTH_DAY = 12
    DAY = 13
    DURATION = 14
    OTHER = 15
    """A literal of a datatype that SPARQL's operators do not know."""
    ILL_TYPED = 16
    """A literal whose lexical form is none of its datatype."""
    BEYOND = 17
    """A literal with a value that the columns cannot hold exactly."""
    DIRECTIONAL = 18
    """A literal with a base direction, of RDF 1.2; the columns have its text and language, not the direction."""
    TRIPLE = 19
    """A triple term of RDF 1.2, of which the columns have nothing."""


_MOMENTS = {
    "dateTime": TermClass.DATE_TIME,
    "dateTimeStamp": TermClass.DATE_TIME,
    "date": TermClass.DATE,
    "time": TermClass.TIME,
    "gYear": TermClass.YEAR,
    "gYearMonth": TermClass.YEAR_MONTH,
    "gMonth": TermClass.MONTH,
    "gMonthDay": TermClass.MONTH_DAY,
    "gDay": TermClass.DAY,
}
_DURATIONS = ("duration", "dayTimeDuration", "yearMonthDuration")
_NUMBER = "DECIMAL(38, 18)"
_LARGEST = 10**19
COLUMNS = (
    "id UINTEGER, text VARCHAR, class UTINYINT, lexical VARCHAR, language VARCHAR, datatype VARCHAR, rank UTINYINT,"
    f" number {_NUMBER}, floating DOUBLE, moment {_NUMBER}, zoned BOOLEAN, truth BOOLEAN"
)
"""The columns of `term`. Rank: 1 integer, 2 decimal, 3 float, 4 double."""


class Columns:
    """The columns of a build, open for reading; `sql` is the DuckDB connection.

    `plans` has the queries that were compiled for them, by text: parsing one takes longer than running it.
    """

    def __init__(self, sql: duckdb.DuckDBPyConnection) -> None:
        self.sql = sql
        self.plans: dict[tuple[str, str | None, bool], Any] = {}
        self._terms = TermLookup(sql)

    @cached_property
    def orders(self) -> TripleOrders:
        """The orders in which the triples are there."""
        return TripleOrders.of(self.sql)

    @cached_property
    def has_new_terms(self) -> bool:
        """True when there are terms of RDF 1.2, which operators must not compare by their columns."""
        newest = self.sql.cursor().execute(f"SELECT 1 FROM term WHERE class >= {TermClass.DIRECTIONAL:d} LIMIT 1")
        return newest.fetchone() is not None

    @cached_property
    def has_blank_values(self) -> bool:
        """True when the description of a term may lead to blank nodes, whose triples are part of it."""
        blank = f"SELECT id FROM term WHERE class = {TermClass.BLANK:d}"
        value = self.sql.cursor().execute(f"SELECT 1 FROM {self.orders.by_object} WHERE o IN ({blank}) LIMIT 1")
        return value.fetchone() is not None

    @cached_property
    def has_floating(self) -> bool:
        """True when there are literals of xsd:float or xsd:double, whose arithmetic takes longer to compute."""
        return self.sql.cursor().execute("SELECT 1 FROM term WHERE rank > 2 LIMIT 1").fetchone() is not None

    @property
    def computes_floating(self) -> bool:
        """True where SQL computes with floats and doubles as SPARQL does."""
        return True

    @classmethod
    def of_quads(cls, quads: Iterable[Quad], *, for_lookup: bool = False) -> Columns:
        """The columns of a dataset in memory."""
        tables = TripleTables()
        groups: dict[object, list[Triple]] = defaultdict(list)
        for quad in quads:
            groups[quad.graph_name].append(quad.triple)
        begin_named_graphs(tables)
        for graph, triples in groups.items():
            if isinstance(graph, NamedNode) or str(graph).startswith("_:"):
                add_graph(tables, cast(Term, graph), triples)
            else:
                tables.add(triples)
        tables.sql.execute("ATTACH ':memory:' AS snapshot")
        write_columns(tables.sql, for_lookup=for_lookup)
        for name in ("term", "triple", "named", *(ORDERS if for_lookup else ())):
            # Views, since cursors do not know what another one uses.
            tables.sql.execute(f"DROP TABLE IF EXISTS {name}")
            tables.sql.execute(f"CREATE VIEW {name} AS SELECT * FROM snapshot.{name}")
        return cls(tables.sql)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """What runs one query."""
        return self.sql.cursor()

    def close(self) -> None:
        """Close the connection."""
        self.sql.close()

    def find_ids(self, texts: Iterable[str]) -> dict[str, int]:
        """The id of each of these exact terms that the graph has."""
        return self._terms.find_ids(texts)

    def decode(self, ids: Iterable[int]) -> dict[int, str]:
        """The exact form of each of these terms."""
        return self._terms.decode(ids)


def open_columns(build: Path) -> Columns:
    """The columns of a build, which its snapshot has; raises `ProjectError` when it cannot be opened."""
    return Columns(SnapshotFile(build).sql)


# --- what operators compare


def write_columns(sql: duckdb.DuckDBPyConnection, *, for_lookup: bool = False) -> None:
    """Write the triples into the attached database `snapshot`, sorted, and the terms that they have, taken apart.

    DuckDB reads only the blocks of a property where triples are sorted by it. `for_lookup` adds the tables and indexes
    that lookups need.
    """
    sql.execute(
        "CREATE TABLE snapshot.triple AS SELECT * FROM (SELECT s, p, o, false AS is_inferred FROM triple"
        " UNION ALL SELECT s, p, o, true FROM inferred) ORDER BY p, s, o"
    )
    sql.execute("CREATE TABLE snapshot.named AS SELECT DISTINCT g, s, p, o FROM named ORDER BY g, p, s, o")
    used = " UNION ".join(f"SELECT {place} FROM snapshot.{table}" for table, place in TERM_COLUMNS)
    with typed_terms(sql, used) as terms:
        sql.execute(f"CREATE TABLE snapshot.term AS SELECT * FROM {terms} ORDER BY text")
    if for_lookup:
        write_lookup_tables(sql)


_FEW = 1_000
"""So many terms are taken apart in Python sooner than SQL for it is planned."""
TERM_COLUMNS = tuple((table, place) for table, places in (("triple", "spo"), ("named", "gspo")) for place in places)
"""The tables and columns that have the ids of terms."""


@contextlib.contextmanager
def typed_terms(sql: duckdb.DuckDBPyConnection, ids: str) -> Iterator[str]:
    """The name of a table with the rows of the snapshot's `term` for the terms that a SELECT has the ids of."""
    made = sql.execute(f"CREATE OR REPLACE TEMP TABLE used_term AS SELECT * FROM term WHERE id IN ({ids})")
    ((count,),) = made.fetchall()
    if count <= _FEW:
        sql.execute(f"CREATE OR REPLACE TEMP TABLE typed_term({COLUMNS})")
        _insert_facets(sql, "typed_term", sql.execute("SELECT id, text FROM used_term").fetchall())
    else:
        sql.execute(f"CREATE OR REPLACE TEMP TABLE typed_term AS SELECT {_FACETS} FROM ({_PARTS})")
        _complete(sql)
    yield "typed_term"
    sql.execute("DROP TABLE used_term; DROP TABLE typed_term")


_INTEGERS = ", ".join(f"'{XSD}{name}'" for name in INTEGER_BOUNDS)
_RAW = "CASE WHEN class IS NULL AND contains(raw, '\\') THEN NULL ELSE raw END"
_PARTS = f"""
    SELECT id, text, class, {_RAW} AS lexical, language,
        CASE WHEN class IN ({TermClass.IRI:d}, {TermClass.BLANK:d}, {TermClass.TRIPLE:d}) THEN NULL
             WHEN class = {TermClass.LANGUAGE_STRING:d} THEN '{RDF}langString'
             WHEN class = {TermClass.DIRECTIONAL:d} THEN '{RDF}dirLangString'
             WHEN class = {TermClass.STRING:d} THEN '{XSD}string' ELSE datatype END AS datatype
    FROM (
        SELECT id, text,
            CASE WHEN starts_with(text, '<<') THEN {TermClass.TRIPLE:d}
                 WHEN starts_with(text, '<') THEN {TermClass.IRI:d}
                 WHEN starts_with(text, '_:') THEN {TermClass.BLANK:d}
                 WHEN ends_with(text, '"') THEN {TermClass.STRING:d}
                 WHEN ends_with(text, '--ltr') OR ends_with(text, '--rtl') THEN {TermClass.DIRECTIONAL:d}
                 WHEN NOT ends_with(text, '>') THEN {TermClass.LANGUAGE_STRING:d} END AS class,
            CASE WHEN starts_with(text, '<<') THEN NULL WHEN starts_with(text, '<') THEN text[2:-2]
                 WHEN starts_with(text, '_:') THEN NULL
                 WHEN ends_with(text, '"') THEN text[2:-2]
                 ELSE regexp_extract(text, '(?s)^"(.*)"(?:@[A-Za-z0-9-]+|\\^\\^<[^>"]*>)$', 1) END AS raw,
            CASE WHEN NOT ends_with(text, '"') AND NOT ends_with(text, '>') AND starts_with(text, '"')
                 THEN regexp_extract(text, '@([A-Za-z0-9-]+?)(?:--(?:ltr|rtl))?$', 1) END AS language,
            CASE WHEN ends_with(text, '>') AND starts_with(text, '"')
                 THEN regexp_extract(text, '\\^\\^<([^>"]*)>$', 1) END AS datatype
        FROM used_term
    )
"""
_IS_INTEGER = f"datatype IN ({_INTEGERS})"
_IS_DECIMAL = f"datatype = '{XSD}decimal'"
_IS_FLOATING = f"datatype IN ('{XSD}float', '{XSD}double')"
_IS_BOOLEAN = f"datatype = '{XSD}boolean'"
_DECIMAL = f"TRY_CAST(lexical AS {_NUMBER})"
_FLOAT = "TRY_CAST(replace(lexical, 'INF', 'inf') AS DOUBLE)"
_FACETS = f"""
    id, text,
    CASE WHEN class IS NOT NULL THEN class
         WHEN {_IS_INTEGER} OR {_IS_DECIMAL} OR {_IS_FLOATING} THEN {TermClass.NUMBER:d}
         WHEN {_IS_BOOLEAN} THEN {TermClass.BOOLEAN:d}
         WHEN starts_with(datatype, '{XSD}') THEN {TermClass.ILL_TYPED:d}
         ELSE {TermClass.OTHER:d} END::UTINYINT AS class,
    lexical, language, datatype,
    CASE WHEN {_IS_INTEGER} THEN 1 WHEN {_IS_DECIMAL} THEN 2
         WHEN datatype = '{XSD}float' THEN 3 WHEN datatype = '{XSD}double' THEN 4 END::UTINYINT AS rank,
    CASE WHEN ({_IS_INTEGER} AND regexp_full_match(lexical, '[+-]?[0-9]{{1,19}}'))
           OR ({_IS_DECIMAL} AND regexp_full_match(lexical, '[+-]?[0-9]{{1,19}}(\\.[0-9]{{1,18}})?'))
         THEN {_DECIMAL} END AS number,
    CASE WHEN ({_IS_INTEGER} OR {_IS_DECIMAL} OR {_IS_FLOATING})
              AND regexp_full_match(lexical, '{PATTERNS["double"]}')
         THEN CASE WHEN datatype = '{XSD}float' THEN {_FLOAT}::FLOAT::DOUBLE ELSE {_FLOAT} END END AS floating,
    NULL::{_NUMBER} AS moment, NULL::BOOLEAN AS zoned,
    CASE WHEN {_IS_BOOLEAN} AND lexical IN ('true', '1') THEN true
         WHEN {_IS_BOOLEAN} AND lexical IN ('false', '0') THEN false END AS truth
"""


def _complete(sql: duckdb.DuckDBPyConnection) -> None:
    """Take apart in Python what SQL did not: few literals have escapes, dates, or a form that has to be checked."""
    left = f"""
        SELECT id, text FROM typed_term WHERE (contains(text, '\\') AND class <> {TermClass.TRIPLE:d})
        OR (class = {TermClass.NUMBER:d} AND (datatype NOT IN ('{XSD}integer', '{XSD}decimal', '{XSD}double')
            OR (rank <= 2 AND number IS NULL) OR floating IS NULL))
        OR (class = {TermClass.BOOLEAN:d} AND truth IS NULL) OR class = {TermClass.ILL_TYPED:d}
    """
    terms = sql.execute(left).fetchall()
    if not terms:
        return
    sql.execute(f"CREATE TEMP TABLE checked({COLUMNS})")
    _insert_facets(sql, "checked", terms)
    sql.execute("DELETE FROM typed_term WHERE id IN (SELECT id FROM checked)")
    sql.execute("INSERT INTO typed_term SELECT * FROM checked")
    sql.execute("DROP TABLE checked")


def _insert_facets(sql: duckdb.DuckDBPyConnection, table: str, terms: Sequence[tuple[int, str]]) -> None:
    columns = ", ".join(f"unnest(?::{type}[])" for _, type in _column_types())
    for start in range(0, len(terms), 10_000):
        rows = [(id, *facets_of(text)[1:]) for id, text in terms[start : start + 10_000]]
        sql.execute(f"INSERT INTO {table} SELECT {columns}", [list(column) for column in zip(*rows, strict=True)])


def _column_types() -> list[tuple[str, str]]:
    pairs = COLUMNS.replace(_NUMBER, "DECIMAL").split(", ")
    return [(name, _NUMBER if type == "DECIMAL" else type) for name, type in (pair.split(" ") for pair in pairs)]


def facets_of(text: str) -> tuple[object, ...]:
    """The columns of `term` for an exact term, with None for its id."""
    if is_triple_term(text):
        return (None, text, int(TermClass.TRIPLE), *[None] * 9)
    term = to_term(text)
    if not isinstance(term, Literal):
        is_iri = isinstance(term, NamedNode)
        kind = TermClass.IRI if is_iri else TermClass.BLANK
        return (None, text, int(kind), term.value if is_iri else None, *[None] * 8)
    kind, rank, number, floating, moment, zoned, truth = _value_facets(text, term)
    head = (None, text, int(kind), term.value, term.language, term.datatype.value)
    return (*head, rank, number, floating, moment, zoned, truth)


_Facets = tuple[TermClass, int | None, str | None, float | None, str | None, bool | None, bool | None]


def _only(kind: TermClass) -> _Facets:
    return kind, None, None, None, None, None, None


def _value_facets(text: str, term: Literal) -> _Facets:
    """Class, rank, number, floating, moment, zoned and truth of a literal."""
    if term.direction is not None:
        return _only(TermClass.DIRECTIONAL)
    if term.language is not None:
        return _only(TermClass.LANGUAGE_STRING)
    name = term.datatype.value.removeprefix(XSD) if term.datatype.value.startswith(XSD) else ""
    if name == "string":
        return _only(TermClass.STRING)
    if name not in PATTERNS and name not in INTEGER_BOUNDS:
        return _only(TermClass.OTHER)
    if (value := value_of(text)) is None or term.value != term.value.strip(" \t\r\n"):
        return _only(TermClass.ILL_TYPED)
    if name in INTEGER_BOUNDS or name == "decimal":
        number = value.value
        scaled = number * 10**18  # type: ignore[operator]
        if abs(number) >= _LARGEST or scaled.denominator != 1:  # type: ignore[arg-type]
            return _only(TermClass.BEYOND)
        exact = f"{term.value.lstrip('+')}" if "." not in term.value or term.value[-1:].isdigit() else term.value + "0"
        rank = 1 if name in INTEGER_BOUNDS else 2
        return (TermClass.NUMBER, rank, exact, float(exact), None, None, None)
    if name in ("float", "double"):
        return (TermClass.NUMBER, 3 if name == "float" else 4, None, float(str(value.value)), None, None, None)
    if name == "boolean":
        return (TermClass.BOOLEAN, None, None, None, None, None, bool(value.value))
    if name in _MOMENTS:
        seconds, zone = cast(tuple[object, str | None], value.value)
        return (_MOMENTS[name], None, None, None, str(seconds), zone is not None, None)
    if name in _DURATIONS:
        months, seconds = cast(tuple[object, object], value.value)
        if months != 0:
            return _only(TermClass.BEYOND)
        return (TermClass.DURATION, None, None, None, str(seconds), False, None)
    return _only(TermClass.OTHER)
