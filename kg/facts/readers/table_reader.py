"""Fact tables read into the table of facts by SQL, without an object for each row.

Every name, and every value of a property, is looked at once. SQL gives the exact terms of plain ones; the others go
through the same functions as the values of any file. Rows with a cell that has no meaning are faulty: the first of
them are given to `RowReader.read_row`, which says what is wrong, and the rest are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from pyoxigraph import NamedNode

from kg.facts.dates import to_date_range
from kg.facts.fact_table import RANKS, ProjectFacts
from kg.facts.files import MAX_FINDINGS, FileFindings, further_faults
from kg.facts.model import FACT_COLUMNS, Fact, Rank, Source
from kg.facts.readers.row_reader import RowReader
from kg.facts.readers.table_cells import PARQUET, TSV, Cells, drop_cells, read_cells
from kg.reports import Finding, Place
from kg.schema import KIND, OntologyTerm, Schema, ValueKind
from kg.sql import quote
from kg.terms import FILM, PREFIXES, TYPE, XSD, to_iri, to_text

_LOCAL = r"[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_\-])?"
_CURIE = rf"[A-Za-z][A-Za-z0-9\-]*:{_LOCAL}"
_PLAIN_TEXT = r'[^\x00-\x1f\x7f"\\\x{fffe}\x{ffff}]+'
"""Texts whose N-Triples form is the text itself in quotation marks."""
_LANGUAGE = r"[a-z]{1,8}(?:-[a-z0-9]{1,8})*"
_INTEGER, _AS_INTEGER = r"[+-]?[0-9]+", f'"^^<{XSD}integer>'
_TABLES = (
    "name",
    "property_name",
    "value_term",
    "exact_term",
    "origin_name",
    "day",
    "checked_row",
)
_BATCH = 50_000


@dataclass
class TableReader:
    """Reads fact tables into `table`, against the ontology and the sources; `findings` are those of all tables."""

    SUFFIXES: ClassVar[tuple[str, ...]] = (".csv", TSV, PARQUET)
    schema: Schema
    sources: Mapping[str, Source]
    table: ProjectFacts
    findings: FileFindings = field(default_factory=FileFindings)

    def read(self, path: Path, *, file: str, slot: int | None = None) -> None:
        """Read one table; `file` is its name in findings, and its facts get the numbers of a slot."""
        first = self.table.begin_file(slot)
        reader = RowReader(self.schema, self.sources)
        cells = read_cells(self.table.dictionary, path, file=file, reader=reader)
        if cells is not None:
            rows = _Rows(self.schema, self.sources, self.table, frozenset(cells.header), file)
            rows.check()
            rows.insert(first)
            self._add_faults(rows, cells, reader, first)
        self.findings.extend(reader.findings)
        drop_cells(self.table.dictionary)
        for name in _TABLES:
            self.table.sql.execute(f"DROP TABLE IF EXISTS {name}")

    def _add_faults(self, rows: _Rows, cells: Cells, reader: RowReader, first: int) -> None:
        """Add what is wrong with the first faulty rows to the findings of the reader, and how many more there are."""
        found: list[tuple[int, Finding]] = [(finding.places[0].line, finding) for finding in cells.faults]
        read: dict[int, Fact] = {}
        count = rows.count_faulty()
        for row, line, cells_of in rows.faulty(MAX_FINDINGS):
            facts = list(reader.read_row(cells_of, Place(rows.file, line)))
            read.update((first + row, fact) for fact in facts)
            found += [(line, finding) for finding in reader.findings]
            reader.findings.clear()
        self.table.add_numbered(read.items())
        found.sort(key=lambda each: each[0])
        unread = max(0, count - MAX_FINDINGS)  # rows, each with one fault or more
        further = cells.further_faults + unread + max(0, len(found) - MAX_FINDINGS)
        reader.findings.extend(finding for _, finding in found[:MAX_FINDINGS])
        reader.findings.extend(further_faults(further, Place(rows.file), is_least=unread > 0))


@dataclass
class _Rows:
    """The rows of one table: the view `cell`, and what its cells mean."""

    schema: Schema
    sources: Mapping[str, Source]
    table: ProjectFacts
    header: frozenset[str]
    file: str

    def check(self) -> None:
        """Make the table `checked_row`: ids of terms and origins, NULL where a cell is faulty."""
        self._find_properties()
        self._find_names()
        self._find_values()
        self._add_terms()
        self._find_origins()
        self._find_days()
        self._execute(
            "CREATE TABLE checked_row AS SELECT c.row, c.line, s.id AS s, p.id AS p, coalesce(e.id, v.id) AS o,"
            f" g.origin, {self._cell('record')} AS record, {self._rank()} AS rank,"
            f" {self._has_faulty_detail()} AS is_faulty, {self._is_plain()} AS is_plain FROM cell AS c"
            " LEFT JOIN name AS s ON s.name = c.subject LEFT JOIN property_name AS p ON p.name = c.property"
            f" LEFT JOIN name AS e ON e.name = c.value AND p.kind = 'entity' AND {self._cell('datatype')} = ''"
            " LEFT JOIN value_term AS v ON v.property = c.property AND v.value = c.value"
            f" AND v.datatype = {self._cell('datatype')} AND v.language = {self._cell('language')}"
            f" LEFT JOIN origin_name AS g ON g.source = {self._cell('source')}"
            f" AND g.retrieved = {self._cell('retrieved')}"
        )

    def insert(self, first: int) -> None:
        """Add the rows that are facts to the table of facts."""
        self._execute(
            f"INSERT INTO {self.table.rows} SELECT {first} + row, s, p, o, origin, record, line, rank, is_plain"
            f" FROM checked_row WHERE NOT ({_FAULTY}) ORDER BY row"
        )
        if self.header.isdisjoint(_DETAILS):
            return
        start, end = (f"CAST(nullif(left({self._cell(name)}, 12), '') AS BIGINT)" for name in ("start", "end"))
        texts = ", ".join(f"nullif({self._cell(name)}, '')" for name in ("as_of", "written", "because"))
        # Of a fact that is made an object, the table has a row under the same condition.
        details = f"replace({self._cell('paraphrase')}, 'false', '')"
        details = " || ".join(details if name == "paraphrase" else self._cell(name) for name in _DETAILS)
        self._execute(
            f"INSERT INTO fact_detail SELECT {first} + c.row, {start}, {end}, {texts},"
            f" {self._cell('paraphrase')} = 'true', NULL FROM cell AS c WHERE {details} <> ''"
            f" AND c.row IN (SELECT row FROM checked_row WHERE NOT ({_FAULTY})) ORDER BY c.row"
        )

    def count_faulty(self) -> int:
        """How many rows are not facts."""
        return int(self._execute(f"SELECT count(*) FROM checked_row WHERE {_FAULTY}")[0][0])

    def faulty(self, limit: int) -> Iterable[tuple[int, int, dict[str, str]]]:
        """The first rows that are not facts: number, line and cells."""
        names = [name for name in FACT_COLUMNS if name in self.header]
        columns = ", ".join(f'c."{name}"' for name in names)
        rows = self._execute(
            f"SELECT c.row, c.line, {columns} FROM cell AS c WHERE row IN"
            f" (SELECT row FROM checked_row WHERE {_FAULTY} ORDER BY row LIMIT {limit}) ORDER BY c.row"
        )
        return ((row, line, dict(zip(names, texts, strict=True))) for row, line, *texts in rows)

    # --- what the cells mean

    def _find_properties(self) -> None:
        """Make the table `property_name`: how the values of each property are read."""
        self._execute("CREATE TABLE property_name(name VARCHAR, exact VARCHAR, kind VARCHAR)")
        names = (name for (name,) in self._fetch("SELECT DISTINCT property FROM cell AS c"))
        self._insert("property_name", ((name, *self._property(name)) for name in names), columns=3)

    def _property(self, name: str) -> tuple[str | None, str | None]:
        property = self.schema.property_named(name)
        return (None, None) if property is None else (to_text(property.iri), _kind(property))

    def _find_names(self) -> None:
        """Make the table `name`: the entities that are subjects, or values of properties of entities."""
        prefixes = ", ".join(f"({quote(prefix)}, {quote(namespace)})" for prefix, namespace in PREFIXES.items())
        entities = "SELECT name FROM property_name WHERE kind = 'entity'"
        self._execute(
            f"CREATE TABLE name AS SELECT name, CASE WHEN regexp_full_match(name, {quote(_LOCAL)})"
            f" THEN {quote('<' + FILM)} || name || '>'"
            f" WHEN regexp_full_match(name, {quote(_CURIE)})"
            " THEN '<' || namespace || split_part(name, ':', 2) || '>' END AS exact"
            " FROM (SELECT DISTINCT subject AS name FROM cell UNION"
            f" SELECT DISTINCT value FROM cell WHERE property IN ({entities})) AS n"
            f" LEFT JOIN (VALUES {prefixes}) AS p(prefix, namespace) ON p.prefix = split_part(name, ':', 1)"
        )
        self._complete("name", ("name",), lambda name: to_text(to_iri(name)))

    def _find_values(self) -> None:
        """Make the table `value_term`: the other values, each with its property, datatype and language."""
        datatype, language = self._cell("datatype"), self._cell("language")
        plain = f"{datatype} = '' AND regexp_full_match(value, {quote(_PLAIN_TEXT)})"
        self._execute(
            f"CREATE TABLE value_term AS SELECT DISTINCT property, value, {datatype} AS datatype,"
            f" {language} AS language, CASE WHEN NOT ({plain}) THEN NULL"
            f" WHEN {language} = '' AND kind = 'text' THEN '\"' || value || '\"'"
            f" WHEN {language} = '' AND kind = 'integer' AND regexp_full_match(value, {quote(_INTEGER)})"
            f" THEN '\"' || value || {quote(_AS_INTEGER)}"
            f" WHEN kind IN ('text', 'integer', 'literal') AND regexp_full_match({language}, {quote(_LANGUAGE)})"
            f" THEN '\"' || value || '\"@' || {language} END AS exact"
            " FROM cell AS c JOIN property_name AS p ON p.name = c.property"
            f" WHERE kind IS NOT NULL AND (kind <> 'entity' OR {datatype} <> '')"
        )
        reader = RowReader(self.schema, self.sources)

        def to_exact(property: str, value: str, datatype: str, language: str) -> str | None:
            known = self.schema.property_named(property)
            assert known is not None
            term = reader.value({"value": value, "datatype": datatype, "language": language}, known)
            return to_text(term) if self.schema.allows(known.iri, term) else None

        self._complete("value_term", ("property", "value", "datatype", "language"), to_exact)

    def _complete(self, table: str, keys: tuple[str, ...], to_exact: Callable[..., str | None]) -> None:
        """Fill in the exact terms that SQL has not found; what stands for no term is left empty."""

        def exact_or_none(*key: str) -> str | None:
            try:
                return to_exact(*key)
            except ValueError:
                return None

        columns = ", ".join(keys)
        if not self._execute(f"SELECT 1 FROM {table} WHERE exact IS NULL LIMIT 1"):
            return
        self._execute(f"CREATE TABLE completed AS SELECT {columns}, exact FROM {table} WHERE false")
        rows = self._fetch(f"SELECT {columns} FROM {table} WHERE exact IS NULL")
        self._insert("completed", ((*key, exact_or_none(*key)) for key in rows), columns=len(keys) + 1)
        self._execute(f"DELETE FROM {table} WHERE exact IS NULL")
        self._execute(f"INSERT INTO {table} SELECT * FROM completed WHERE exact IS NOT NULL")
        self._execute("DROP TABLE completed")

    def _add_terms(self) -> None:
        """Add the terms to the dictionary, and their ids to the tables."""
        tables = ("name", "property_name", "value_term")
        union = " UNION ALL ".join(f"SELECT exact FROM {name} WHERE exact IS NOT NULL" for name in tables)
        self._execute(f"CREATE TABLE exact_term AS {union}")
        self.table.dictionary.add_dictionary("exact_term")
        for name in tables:
            self._execute(
                f"CREATE OR REPLACE TABLE {name} AS SELECT n.* EXCLUDE exact, t.id FROM {name} AS n"
                " JOIN term AS t ON t.text = n.exact"
            )

    def _find_origins(self) -> None:
        """Make the table `origin_name`: sources, with the day on which they were read."""
        self._execute("CREATE TABLE origin_name(source VARCHAR, retrieved VARCHAR, origin UINTEGER)")
        pairs = self._fetch(f"SELECT DISTINCT {self._cell('source')}, {self._cell('retrieved')} FROM cell AS c")
        rows = ((source, day, self._origin(source, day)) for source, day in pairs)
        self._insert("origin_name", (row for row in rows if row[2] is not None), columns=3)

    def _origin(self, source: str, retrieved: str) -> int | None:
        id = source.removeprefix("source:")
        if id not in self.sources or (retrieved and not _is_day(retrieved)):
            return None
        return self.table.origin(id, retrieved, self.file)

    def _find_days(self) -> None:
        """Make the table `day`: the days that there are, of those that facts are stated for."""
        self._execute("CREATE TABLE day(day VARCHAR)")
        if "as_of" in self.header:
            days = self._fetch("SELECT DISTINCT as_of FROM cell WHERE as_of <> ''")
            self._insert("day", ((day,) for (day,) in days if _is_day(day)), columns=1)

    # --- conditions on a row of `cell`

    def _cell(self, name: str) -> str:
        return f'c."{name}"' if name in self.header else "''"

    def _rank(self) -> str:
        ranks = " ".join(f"WHEN {quote(rank.value)} THEN {number}" for number, rank in enumerate(RANKS))
        return f"CAST(CASE {self._cell('rank')} WHEN '' THEN {RANKS.index(Rank.NORMAL)} {ranks} END AS UTINYINT)"

    def _has_faulty_detail(self) -> str:
        start, end = self._cell("start"), self._cell("end")
        conditions = []
        if "start" in self.header or "end" in self.header:
            digits = " AND ".join(f"regexp_full_match({cell}, '[0-9]+')" for cell in (start, end))
            numbers = (f"TRY_CAST(left({cell}, 12) AS BIGINT)" for cell in (start, end))
            is_span = f"{digits} AND coalesce({' < '.join(numbers)}, false)"
            conditions.append(f"({start} <> '' OR {end} <> '') AND NOT ({is_span})")
        if "as_of" in self.header:
            as_of = self._cell("as_of")
            conditions.append(f"{as_of} <> '' AND {as_of} NOT IN (SELECT day FROM day)")
        if "paraphrase" in self.header:
            conditions.append("c.paraphrase NOT IN ('', 'true', 'false')")
        return " OR ".join(f"({condition})" for condition in conditions) or "false"

    def _is_plain(self) -> str:
        further = (name for name in ("start", "end", "as_of", "written", "because") if name in self.header)
        conditions = [f"{self._cell('record')} <> ''", f"{self._cell('rank')} IN ('', 'normal')"]
        return " AND ".join([*conditions, *(f"{self._cell(name)} = ''" for name in further)])

    # --- SQL

    def _execute(self, statement: str) -> list[tuple[Any, ...]]:
        return self.table.sql.execute(statement).fetchall()

    def _fetch(self, query: str) -> Iterable[tuple[Any, ...]]:
        rows = self.table.sql.cursor().execute(query)
        while batch := rows.fetchmany(_BATCH):
            yield from batch

    def _insert(self, table: str, rows: Iterable[tuple[Any, ...]], *, columns: int) -> None:
        """Insert rows of texts and numbers, many at once."""
        rows = iter(rows)
        while batch := list(islice(rows, _BATCH)):
            lists = [[row[place] for row in batch] for place in range(columns)]
            self.table.sql.execute(f"INSERT INTO {table} SELECT {', '.join(['unnest(?)'] * columns)}", lists)


_DETAILS = ("start", "end", "as_of", "written", "because", "paraphrase")
_FAULTY = "s IS NULL OR p IS NULL OR o IS NULL OR origin IS NULL OR rank IS NULL OR is_faulty"


def _kind(property: OntologyTerm) -> str:
    """How values of a property are read: by SQL, as an entity, a text or an integer; else one by one."""
    if property.iri in (TYPE, KIND):
        return "checked"
    if property.value_kind is ValueKind.ENTITY:
        return "entity"
    if property.value_kind is ValueKind.DATE:
        return "checked"
    datatype = property.range[0] if property.range else NamedNode(XSD + "string")
    if datatype.value == XSD + "integer":
        return "integer"
    return "text" if datatype.value == XSD + "string" or not datatype.value.startswith(XSD) else "literal"


def _is_day(text: str) -> bool:
    try:
        to_date_range(text)
    except ValueError:
        return False
    return True
