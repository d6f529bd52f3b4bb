"""Linked pairs of two files as a table with the columns of both, and as SSSOM."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import orjson

from kg.decisions.links import COMPOSITE, SSSOM_COLUMNS
from kg.errors import InputError
from kg.file_linking.entity_files import EntityFile
from kg.files.atomic import write_file
from kg.files.scratch import temporary_directory
from kg.linking.causes import cause_of
from kg.linking.model import Candidate, Classification
from kg.version import __version__

_COLUMNS = ("left_id", "right_id", "classification", "confidence", "cause", "reasons")
TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
_TABLES = "https://w3id.org/filmgraph/tables/"
"""The namespace of rows of tables, whose files have no address."""


def pair_columns(left: EntityFile, right: EntityFile) -> tuple[str, ...]:
    """The columns of the table: what was found, then the columns of both files."""
    return (*_COLUMNS, *(f"left.{name}" for name in left.columns), *(f"right.{name}" for name in right.columns))


def pair_rows(pairs: Iterable[Candidate], left: EntityFile, right: EntityFile) -> Iterator[tuple[str, ...]]:
    """A row for each pair."""
    for pair in pairs:
        ours, theirs = left.rows[pair.left.id], right.rows[pair.right.id]
        is_same = pair.classification is Classification.SAME
        yield (
            left.ids[pair.left.id],
            right.ids[pair.right.id],
            pair.classification.value,
            f"{pair.confidence:.4f}",
            "" if is_same else cause_of(pair),
            pair.reason,
            *(ours.get(name, "") for name in left.columns),
            *(theirs.get(name, "") for name in right.columns),
        )


def write_pairs(path: Path | None, pairs: Sequence[Candidate], left: EntityFile, right: EntityFile) -> Iterator[str]:
    """Write the table in the format of the file's suffix; without a file its text as CSV.

    Raises `InputError` for another suffix.
    """
    columns, rows = pair_columns(left, right), pair_rows(pairs, left, right)
    suffix = path.suffix.lower() if path is not None else ".csv"
    if suffix not in TABLE_SUFFIXES:
        raise InputError(f"{path}: tables of pairs are written as {', '.join(TABLE_SUFFIXES)}.")
    if path is None:
        yield from _lines(columns, rows, ",")
    elif suffix == ".parquet":
        _write_parquet(path, columns, rows)
    elif suffix == ".jsonl":
        write_file(path, (orjson.dumps(dict(zip(columns, row, strict=True))).decode() + "\n" for row in rows))
    else:
        write_file(path, _lines(columns, rows, "\t" if suffix == ".tsv" else ","))


def _lines(columns: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str) -> Iterator[str]:
    for row in (columns, *rows):
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(row)
        yield out.getvalue()


def _write_parquet(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:

    import duckdb

    from kg.sql import quote as quote_text

    with temporary_directory("link") as folder:
        table = folder / "pairs.csv"
        write_file(table, _lines(columns, rows, ","))
        types = ", ".join(f"{quote_text(name)}: 'VARCHAR'" for name in columns)
        with duckdb.connect(":memory:") as sql:
            sql.execute(
                f"COPY (SELECT * REPLACE (CAST(confidence AS DOUBLE) AS confidence) FROM read_csv({quote_text(table)},"
                f" header = true, auto_detect = false, columns = {{{types}}}, delim = ',', quote = '\"', escape = '\"',"
                f" max_line_size = 33554432)) TO {quote_text(path)} (FORMAT parquet)"
            )


def to_pair_sssom(pairs: Iterable[Candidate], left: EntityFile, right: EntityFile, *, day: str) -> Iterator[str]:
    """The pairs that are the same as SSSOM mappings between the rows of both files."""
    prefixes = {file.prefix: f"{_TABLES}{file.prefix}/" for file in (left, right)}
    yield "#curie_map:\n"
    yield from (f"#  {prefix}: {namespace}\n" for prefix, namespace in sorted(prefixes.items()))
    yield "#  semapv: https://w3id.org/semapv/vocab/\n#  skos: http://www.w3.org/2004/02/skos/core#\n"
    yield f"#license: https://w3id.org/sssom/license/unspecified\n#mapping_set_id: {_TABLES}mappings\n"
    rows = (
        (
            f"{left.prefix}:{quote(left.ids[pair.left.id])}",
            pair.left.name,
            "skos:exactMatch",
            "",
            f"{right.prefix}:{quote(right.ids[pair.right.id])}",
            pair.right.name,
            COMPOSITE,
            f"{min(pair.confidence, 0.9999):.4g}",
            "",
            day,
            f"film-knowledge-graph {__version__}",
            " ".join(pair.reason.split()),
        )
        for pair in pairs
        if pair.classification is Classification.SAME
    )
    yield from _lines(SSSOM_COLUMNS, rows, "\t")
