"""The import of tables: DuckDB reads the cells into a table on disk, and each column becomes facts by one SELECT.

So millions of rows need little memory. Rows that cannot be read are rejected, and so are values that do not fit their
property.
"""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from operator import itemgetter
from pathlib import Path

from kg.engines.spark_session import master_of, run_tasks
from kg.errors import InputError
from kg.facts.model import Source
from kg.importers.input_files import list_files
from kg.importers.reject_reasons import OTHERS
from kg.importers.session import ImportSession, term_name
from kg.importers.tables.file_parts import FilePart, split_file
from kg.importers.tables.file_tasks import import_as_tasks
from kg.importers.tables.table_files import (
    SUFFIXES,
    CellSource,
    RecordLines,
    detect_format,
    find_lines,
    first_line,
    nested_columns,
    open_cells,
    read_header,
    with_line_feeds,
    without_unclosed_quotes,
)
from kg.importers.tables.table_mapping import (
    ColumnMapping,
    PartMapping,
    RowFilter,
    TableMapping,
    read_table_mapping,
    with_list_columns,
)
from kg.importers.tables.table_sql import LINE, RECORD, SELECTED, SUBJECT, TableSql
from kg.mappings.linked_datasets import read_datasets
from kg.schema import Schema
from kg.shapes.value_limits import ValueLimits
from kg.sql import quote, quote_name
from kg.text.folding import closest
from kg.text.number_words import counted

STREAM_FROM_ROWS = 50_000
"""The facts of a table with more rows, where none occurs twice, are written as they come."""
MAX_REJECTS = 100_000
"""Rejects that are written to the file; the others are counted."""
MAX_UNMAPPED_TEXTS = 100
"""Texts of a column of choices that are reported when the mapping does not have them."""


def find_source(
    paths: Sequence[str | Path],
    schema: Schema,
    *,
    mapping: str | Path | None = None,
    encoding: str | None = None,
    engine: str | None = None,
) -> Source:
    """The source that the mapping of tables states."""
    return read_table_mapping(_mapping_file(list_files(paths, SUFFIXES), mapping), schema).source


def import_tables(
    paths: Sequence[str | Path],
    session: ImportSession,
    *,
    mapping: str | Path | None = None,
    encoding: str | None = None,
    engine: str | None = None,
) -> None:
    """Import tables with the same columns; `mapping` is the mapping file, or else `FILE.mapping.yaml`.

    `encoding` overrides that of the mapping. With the `engine` `spark` or `spark=MASTER`, each file, or each part of
    a large one, is a task of Spark.
    Raises `InputError` for another engine, and when a file is not such a table, or lacks a column of the mapping.
    """
    master = master_of(engine or "")
    if engine not in (None, "duckdb") and master is None:
        raise InputError(f"There is no engine {engine!r}; choose duckdb, spark or spark=MASTER.")
    files = list_files(paths, SUFFIXES)
    columns = read_table_mapping(_mapping_file(files, mapping), session.schema)
    columns = replace(columns, encoding=encoding or columns.encoding)
    if master is not None:
        parts = [part for file in files for part in split_file(file, columns)]
        import_as_tasks(parts, session, partial(_import_task, columns), run=partial(run_tasks, master))
    else:
        for number, file in enumerate(files):
            import_file(file, columns, session, number=number, alone=len(files) == 1)
    session.check_prefixes(columns.prefix, columns.column_prefixes)


def _import_task(mapping: TableMapping, part: FilePart, session: ImportSession, number: int) -> None:
    copy = part.copy(mapping, session.spool.folder)
    import_file(copy, mapping, session, number=number, part=part)


def _mapping_file(files: Sequence[Path], mapping: str | Path | None) -> Path:
    if mapping is not None:
        return Path(mapping)
    usual = files[0].with_name(files[0].name + ".mapping.yaml")
    if not usual.exists():
        detect_format(files[0], None)  # what is no table needs no mapping
        call = f"kg import table {shlex.quote(str(files[0]))} --guess -o {shlex.quote(str(usual))}"
        raise InputError(f"There is no mapping {usual}. Write one that states what the columns mean: {call}")
    return usual


@dataclass(frozen=True, slots=True)
class ImportedRows:
    """The rows that a table imported, as SELECTs: of their entities, and of these with the records of the rows."""

    entities: str
    entities_and_records: str


def import_file(
    path: Path,
    mapping: TableMapping,
    session: ImportSession,
    *,
    number: int = 0,
    name: str = "",
    alone: bool = False,
    only: str = "",
    part: FilePart | None = None,
) -> ImportedRows:
    """Import one table, the `number`th of the session.

    `name` is the file's name in messages; `alone` means that no other file has this mapping; `only` is a SELECT of the
    entities whose rows are wanted. Where the table is a copy of a `part` of a file, messages have the places of that.
    """
    import duckdb

    part = part if part is not None else FilePart(path, path.stat().st_size)
    table = _TableImport(path, mapping, session, part, name=name or part.path.name, rows=f"rows{number}")
    try:
        table.read(alone=alone, only=only)
    except duckdb.Error as error:
        raise InputError(f"{part.path} cannot be read: {first_line(error)}. Nothing was written.") from error
    return ImportedRows(table.select_entities(), table.select_entities(RECORD))


@dataclass
class _TableImport:
    """The import of one table; its rows have a view of their own, since streamed rows are read at the end."""

    path: Path
    mapping: TableMapping
    session: ImportSession
    part: FilePart
    name: str
    rows: str

    def read(self, *, alone: bool, only: str) -> None:
        import duckdb

        header = self.check_header()
        self.mapping = with_list_columns(self.mapping, nested_columns(self.path, self.mapping))
        cells = open_cells(self.path, self.mapping, header, self.session)
        try:
            statements = self.create_table(cells)
        except duckdb.Error:
            cells = with_line_feeds(cells, self.mapping, header, self.session)
            statements = self.create_table(cells)
        if self.has_unclosed_quotes():
            cells = without_unclosed_quotes(cells, self.mapping, header, self.session)
            statements = self.create_table(cells)
        self.create_rows(header, only)
        rejected = self.take_rejected_records()
        streamed = self.can_stream(alone=alone)
        for table, select in statements.part_tables(self.rows):
            self.session.sql.execute(f"CREATE TABLE {table} AS {select}")
        for facts in statements.facts(self.rows):
            self.session.add_facts_from(
                facts.select, may_fail=facts.may_fail, has_language=facts.has_language, streamed=streamed
            )
        for select in statements.stubs(self.rows):
            self.session.add_stubs_from(select)
        if streamed and self.labels():
            self.session.spool.add_described(self.select_entities())
        self.report_skipped_rows(statements)
        self.reject_faults(rejected, cells, statements)

    def limits_for(self, property: str, part: PartMapping | None) -> tuple[ValueLimits, ...]:
        """What is required of the values of a property of the rows' entities, or of their parts."""
        classes = [self.mapping.class_name, *self.mapping.classes.values()] if part is None else [self.class_of(part)]
        return self.session.limits_for(property, filter(None, classes))

    def class_of(self, part: PartMapping) -> str:
        """The name of the class of a part; empty where the property has parts of several."""
        schema = self.session.schema
        return schema.usual_type(schema.properties[schema.names[part.property]])

    def required_of(self, part: PartMapping) -> tuple[str, ...]:
        """The properties that a part must have, and for which the mapping has a column."""
        stated = {column.property for column in part.columns if column.property in self.session.schema.names}
        required = self.session.required_of(filter(None, [self.class_of(part)]), stated)
        return tuple(name for name in required if name in stated)

    def select_entities(self, *more: str) -> str:
        """A SELECT of the entities of the rows that are used, with more columns."""
        condition = f"{SELECTED} AND {SUBJECT} IS NOT NULL"
        return f"SELECT {', '.join((SUBJECT, *more))} FROM {self.rows} WHERE {condition}"

    def check_header(self) -> list[str]:
        header = read_header(self.path, self.mapping)
        missing = []
        for name in self.mapping.required_columns:
            if name not in header:
                suggestions = closest(name, header, limit=1)
                missing.append(f"{name} (did you mean {suggestions[0]}?)" if suggestions else name)
        if missing:
            raise InputError(f"{self.part.path} lacks the column {', '.join(missing)}. It has {', '.join(header)}.")
        return header

    def address_patterns(self) -> dict[str, list[str]]:
        """Property of identifiers -> patterns of the addresses that contain them."""
        patterns: dict[str, list[str]] = defaultdict(list)
        for dataset in read_datasets(self.session.ontology):
            patterns[term_name(dataset.property)].append(dataset.address_pattern())
        return patterns

    def create_table(self, cells: CellSource) -> TableSql:
        """Read the cells into a table, with the names of the entities; returns the statements for its rows."""
        statements = TableSql(
            self.mapping,
            cells.relation,
            self.session.schema.narrowed,
            self.limits_for,
            self.address_patterns(),
            self.required_of,
        )
        for name in ("reject_errors", "reject_scans"):
            self.session.sql.execute(f"DROP TABLE IF EXISTS {name}")
        self.session.sql.execute(f"CREATE OR REPLACE TABLE all_{self.rows} AS {statements.keyed()}")
        return statements

    def has_unclosed_quotes(self) -> bool:
        """True when a record that DuckDB could not read has several lines."""
        several_lines = r"regexp_matches(csv_line, '[\r\n]\s*\S') OR error_message LIKE '%unterminated quote%'"
        return self.has_rejects() and bool(
            self.session.spool.count(f"FROM reject_errors WHERE {several_lines} LIMIT 1")
        )

    def has_rejects(self) -> bool:
        return bool(self.session.spool.count("FROM duckdb_tables() WHERE table_name = 'reject_errors'"))

    def create_rows(self, header: Sequence[str], only: str) -> None:
        """Create the view of the rows in the order of the file."""
        table = f"all_{self.rows}"
        count = self.session.spool.count(f"FROM {table}")
        self.session.summary.records += count
        used = {*self.mapping.required_columns, *self.mapping.ignore}
        self.session.summary.unmapped.update({f"column {name}": count for name in header if name not in used})
        select = f"SELECT rowid + 1 AS {LINE}, * FROM {table}"
        if not only:
            self.session.sql.execute(f"CREATE VIEW {self.rows} AS {select}")
            return
        # Sorted, since a join that goes to disk does not keep the order.
        wanted = f"{select} WHERE {SUBJECT} IN ({only}) ORDER BY rowid"
        self.session.sql.execute(f"CREATE TABLE {self.rows} AS {wanted}")
        self.session.sql.execute(f"DROP TABLE {table}")
        if others := count - self.session.spool.count(f"FROM {self.rows}"):
            self.session.summary.skipped[f"rows of {self.name} about entities that the other tables do not name"] += (
                others
            )

    def can_stream(self, *, alone: bool) -> bool:
        """True when no fact of the table can occur twice, and it is so large that sorting takes too long."""
        labels = self.labels()
        if self.session.spool.count(f"FROM {self.rows}") < STREAM_FROM_ROWS or len(labels) > 1:
            return False
        if not _states_nothing_twice(self.mapping) or (labels and labels[0].split) or not (labels or alone):
            return False
        key = (SUBJECT,) if labels else (SUBJECT, RECORD)
        if self.session.spool.has_repeated(self.select_entities(RECORD), *key):
            return False
        return not labels or not self.session.spool.has_label_for_any(self.select_entities())

    def labels(self) -> list[ColumnMapping]:
        return [column for column in self.mapping.columns if column.property == "label"]

    def report_skipped_rows(self, statements: TableSql) -> None:
        """Count the rows that the mapping does not select, and the texts that none of its choices has."""
        skipped = self.session.spool.count(f"FROM {self.rows} WHERE NOT {SELECTED}")
        if skipped:
            self.session.summary.skipped["rows that the mapping does not select"] += skipped
        for name, texts in self.mapping.filter_values.items():
            self.report_unmapped_texts(name, self.rows, quote_name(name), texts)
        for words, condition in statements.unused_rows():
            if count := self.session.spool.count(f"FROM {self.rows} WHERE {condition}"):
                self.session.summary.skipped[f"rows of {self.name} {words}"] += count
        for column in self.mapping.columns:
            if column.property == "type":
                values = f"({statements.values(self.rows, column)})"
                self.report_unmapped_texts(column.name, values, "v", tuple(column.values.values()))

    def report_unmapped_texts(self, name: str, rows: str, text: str, known: tuple[str, ...]) -> None:
        # The known texts are parameters, not part of the statement.
        others = f"{SELECTED} AND {text} NOT IN (SELECT unnest(?))"
        counts = f"SELECT {text}, count(*) FROM {rows} WHERE {others} GROUP BY 1"
        query = f"{counts} ORDER BY 2 DESC, 1 LIMIT {MAX_UNMAPPED_TEXTS}"
        for other, count in self.session.sql.execute(query, [[*known, *self.mapping.missing]]).fetchall():
            self.session.summary.unmapped[f"{name} {other}"] += count

    def reject_faults(self, rejected: Sequence[_RejectedRecord], cells: CellSource, statements: TableSql) -> None:
        """Reject what could not be read, rows without a key and values that do not fit, with the lines of the file."""
        keyless, faults = self.rows_without_key(statements), self.session.take_faults(MAX_REJECTS)
        lines = self.find_lines([row for row, _ in (*keyless, *faults)], [record.number for record in rejected], cells)
        self.session.summary.records += len(cells.long_lines) + len(cells.unclosed_quotes)
        for line in cells.long_lines:
            self.reject(line, "the line is too long")
        for unclosed in cells.unclosed_quotes:
            line = _original_line(unclosed.line, cells.long_lines)
            self.reject(line, "a quotation mark is not closed", unclosed.text)
        for record in rejected:
            self.reject(lines.rejected[record.number], record.fault, record.text)
        of_rows = [(row, fault, self.session.reject) for row, fault in keyless]
        of_values = [(row, fault, self.session.reject_value) for row, fault in faults]
        for row, fault, reject in sorted([*of_rows, *of_values], key=itemgetter(0, 1)):
            reject(self.name, lines.rows[row] + self.part.lines_before, fault)

    def reject(self, line: int, reason: str, text: str = "") -> None:
        self.session.reject(self.name, line + self.part.lines_before, reason, text)

    def rows_without_key(self, statements: TableSql) -> list[tuple[int, str]]:
        keyless = f"FROM {self.rows} WHERE {SELECTED} AND {SUBJECT} IS NULL"
        more = quote(", or the line is not JSON" if detect_format(self.path, self.mapping) == "jsonl" else "")
        ordered = f"SELECT {LINE}, {statements.key_fault()} || {more} AS fault {keyless} ORDER BY 1"
        self.session.summary.rejected += self.session.count_reasons(f"{ordered} OFFSET {MAX_REJECTS}")
        return self.session.sql.execute(f"{ordered} LIMIT {MAX_REJECTS}").fetchall()

    def find_lines(self, rows: Sequence[int], rejected: Sequence[int], cells: CellSource) -> RecordLines:
        """The lines of the file on which rows and rejected records begin."""
        long_lines = cells.long_lines
        is_text = detect_format(self.path, self.mapping) in ("csv", "tsv", "xlsx")
        found = RecordLines({}, {})
        if is_text and not long_lines and (rows or rejected):
            path, mapping = self.path, self.mapping
            if cells.unclosed_quotes and cells.path is not None:
                path, mapping = cells.path, replace(mapping, encoding=cells.encoding, delimiter=cells.delimiter)
            found = find_lines(path, mapping, set(rows), set(rejected))
        # Otherwise each record is one line, but for lines that are too long, which were left out before.
        removed = sorted({*long_lines, *(_original_line(record, long_lines) for record in rejected)})
        first = 2 if is_text and not self.mapping.header else 1
        return RecordLines(
            {row: _original_line(row + first - 1, removed) for row in rows} | found.rows,
            {record: _original_line(record, long_lines) for record in rejected} | found.rejected,
        )

    def take_rejected_records(self) -> list[_RejectedRecord]:
        """What DuckDB could not read, each record once.

        Raises `InputError` for a quotation mark that is never closed, since the rows after it would be lost.
        """
        summary, sql = self.session.summary, self.session.sql
        if not self.has_rejects():
            return []
        rows = sql.execute(
            "SELECT line, min(error_message), min(csv_line) FROM reject_errors GROUP BY line ORDER BY line"
            f" LIMIT {MAX_REJECTS}"
        ).fetchall()
        for line, message, text in rows:
            if "unterminated quote" in message and "\n" in (text or "").strip():
                raise InputError(
                    f"{self.part.path}:{line + self.part.lines_before}: a quotation mark is not closed, so the rows"
                    " after it would be lost. Correct it, or write `quote: none` in the mapping."
                )
        count = self.session.spool.count("SELECT DISTINCT line FROM reject_errors")
        summary.records += count
        summary.rejected += count - len(rows)
        summary.reject_reasons.add(OTHERS, count - len(rows))
        sql.execute("DROP TABLE reject_errors")
        sql.execute("DROP TABLE IF EXISTS reject_scans")
        return [_RejectedRecord(int(line), _in_our_words(message), str(text or "")) for line, message, text in rows]


@dataclass(frozen=True, slots=True)
class _RejectedRecord:
    """A record that DuckDB could not read: its number with the header and blank lines, the fault, and the text."""

    number: int
    fault: str
    text: str


_COLUMNS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")


def _in_our_words(message: str) -> str:
    """What DuckDB reports of a record."""
    if (match := _COLUMNS.match(message)) is not None:
        return f"{counted(int(match[2]), 'cell')} in a table of {counted(int(match[1]), 'column')}"
    return "not UTF-8" if message.startswith("Invalid unicode") else message.splitlines()[0]


def _original_line(line: int, removed: Sequence[int]) -> int:
    """The number of a line in the original file, of a copy from which these lines were removed."""
    for number in removed:
        line += number <= line
    return line


def _states_nothing_twice(mapping: TableMapping) -> bool:
    """True when no two columns, and no two parts, can state the same of a row."""
    if any(part.each for part in mapping.parts):
        return False
    owners = [mapping.columns, *(part.columns for part in mapping.parts)]
    stated = [(number, column.property, column.where) for number, owner in enumerate(owners) for column in owner]
    stated += [(-1, part.property, part.where) for part in mapping.parts]
    return all(
        first[:2] != second[:2] or _are_exclusive(first[2], second[2]) for first, second in combinations(stated, 2)
    )


def _are_exclusive(first: RowFilter, second: RowFilter) -> bool:
    """True when no row matches both filters."""
    return any(name in second and not set(texts) & set(second[name]) for name, texts in first.items())
