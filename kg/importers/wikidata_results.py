"""Answers of a SPARQL endpoint over Wikidata, as CSV, TSV or JSON: facts about the items.

What a variable means is in `mappings/wikidata-results.yaml`, or in a mapping of the user's own. A column of items is
read together with its column of labels.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import orjson

from kg.errors import InputError
from kg.facts.model import Source
from kg.importers.input_files import MAX_LINE_BYTES, list_files, numbered_lines, open_decompressed
from kg.importers.reject_reasons import mark_value
from kg.importers.session import ImportSession
from kg.importers.tables.table_files import FIXED, read_header
from kg.importers.tables.table_import import import_file
from kg.importers.tables.table_mapping import ColumnMapping, TableMapping, read_columns
from kg.mappings import MAPPINGS
from kg.mappings.mapping_file import MappingFile
from kg.schema import Schema

PREFIX = "wd"
USUAL_MAPPING = MAPPINGS / "wikidata-results.yaml"
SUFFIXES = (".csv", ".tsv", ".json", ".srj")
MAX_DOCUMENT_BYTES = 128 << 20
_LAST_PART = ("trim", "last-part")
_TERM = re.compile(r'<([^>]*)>|"((?:[^"\\]|\\.)*)"(?:@[\w\-]+|\^\^\S+)?|(\S*)')
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"t": "\t", "n": "\n", "r": "\r"}


@dataclass(frozen=True, slots=True)
class ResultsMapping:
    """What the variables of results mean."""

    path: Path
    items: tuple[str, ...]
    """Variables for the items that rows are about; the first that a result has is used."""
    default_class: str
    columns: Mapping[str, tuple[ColumnMapping, ...]]

    def for_header(self, header: Sequence[str], *, file: Path) -> TableMapping:
        """The mapping of a result with these variables; raises `InputError` when none of them is for items."""
        item = next((name for name in self.items if name in header), None)
        if item is None:
            names = ", ".join(header)
            raise InputError(f"{file} has no column of items. It has {names}; {self.path} names the usual ones.")
        known = {name: columns for name, columns in self.columns.items() if name in header and name != item}
        columns = [column for group in known.values() for column in group]
        labels = {column.label for column in columns}
        number = ColumnMapping(item, "wikidataId", "text", clean=_LAST_PART)
        return TableMapping(
            Source("wikidata"),
            PREFIX,
            (item,),
            (number, *(_with_items(column, header) for column in columns if column.name not in labels)),
            key_clean=_LAST_PART,
            format="csv",
            ignore=tuple(header),
        )


def read_results_mapping(path: Path, schema: Schema) -> ResultsMapping:
    """The mapping in a file; raises `FaultsError` with everything that is wrong in it.

    The usual one is read without the variables whose property the project's ontology does not have.
    """
    file = MappingFile(path, schema)
    is_usual = path == USUAL_MAPPING
    root = file.fields(file.root, ("items", "class", "columns"), "the mapping")
    nodes = dict(file.entries(root.node("columns"), "`columns`"))
    columns: dict[str, tuple[ColumnMapping, ...]] = {}
    for name, node in nodes.items():
        read = partial(read_columns, file, {name: node}, PREFIX)
        if (found := file.sound(read) if is_usual else read()) is not None:
            columns[name] = found
    mapping = ResultsMapping(path, root.texts("items"), root.class_name("class") or "Film", columns)
    file.raise_faults()
    return mapping


def import_results(paths: Sequence[str | Path], session: ImportSession, *, mapping: str | Path | None = None) -> None:
    """Import results; `mapping` is a file of the user's own. Raises `InputError` when one has no column of items."""
    path = Path(mapping) if mapping is not None else USUAL_MAPPING
    variables = read_results_mapping(path, session.schema)
    for number, file in enumerate(list_files(paths, SUFFIXES)):
        table = _to_csv(file, session, number)
        header = read_header(table, encoding=FIXED)
        columns = variables.for_header(header, file=file)
        session.summary.unmapped.update(f"variable {name}" for name in header if name not in columns.required_columns)
        rows = import_file(table, columns, session, number=number, name=file.name)
        session.add_default_class(rows.entities_and_records, variables.default_class)


def _with_items(column: ColumnMapping, header: Sequence[str]) -> ColumnMapping:
    """A column as results have it: items are IRIs, and a column of labels may be missing."""
    column = replace(column, label=column.label if column.label in header else "")
    if column.value_type != "entity":
        return column
    return replace(column, prefix=PREFIX, identifier="wikidataId", clean=_LAST_PART)


def _to_csv(path: Path, session: ImportSession, number: int) -> Path:
    """The same results as CSV: as they are, or converted to a temporary file."""
    name = path.name.lower().removesuffix(".gz")
    fresh = session.temporary_file(f"results{number}.csv")
    if name.endswith((".json", ".srj")):
        _convert_json(path, fresh, session)
        return fresh
    if name.endswith(".tsv"):
        _convert_tsv(path, fresh, session)
        return fresh
    return path


def _convert_json(path: Path, fresh: Path, session: ImportSession) -> None:
    """https://www.w3.org/TR/sparql11-results-json/"""
    with open_decompressed(path) as file:
        text = file.read(MAX_DOCUMENT_BYTES + 1)
    if len(text) > MAX_DOCUMENT_BYTES:
        raise InputError(f"{path} is larger than {MAX_DOCUMENT_BYTES >> 20} MB; ask for CSV instead.")
    try:
        document = orjson.loads(text)
        names, bindings = document["head"]["vars"], document["results"]["bindings"]
        with fresh.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(names)
            for number, row in enumerate(bindings, start=1):
                try:
                    writer.writerow([str(row[name]["value"]) if name in row else "" for name in names])
                except (KeyError, TypeError):
                    session.summary.records += 1
                    session.reject(path.name, 0, f"row {mark_value(number)} is not a solution", str(row))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is not a SPARQL result in JSON: {error!r}") from error


def _convert_tsv(path: Path, fresh: Path, session: ImportSession) -> None:
    """https://www.w3.org/TR/sparql11-results-csv-tsv/: variables with a question mark, terms as in Turtle."""
    with open_decompressed(path) as file, fresh.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        for number, line in numbered_lines(file, max_bytes=MAX_LINE_BYTES):
            if line is None:
                session.reject(path.name, number, "the line is too long")
                continue
            cells = line.decode("utf-8", "replace").rstrip("\r\n").split("\t")
            writer.writerow([cell.removeprefix("?") for cell in cells] if number == 1 else map(_plain_text, cells))


def _plain_text(term: str) -> str:
    """The text of a term as Turtle writes it."""
    match = _TERM.fullmatch(term)
    if match is None:
        return term
    iri, literal, bare = match.groups()
    return iri or bare or "" if literal is None else _ESCAPE.sub(_unescape, literal)


def _unescape(match: re.Match[str]) -> str:
    short, long, char = match.groups()
    return chr(int(short or long, 16)) if short or long else _ESCAPED.get(char, char)
