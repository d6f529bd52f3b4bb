"""Answers of a SPARQL endpoint over Wikidata walk in, as CSV, TSV or JSON; facts about the items walk out.

What a variable means stands in `mappings/wikidata-results.yaml`, or in a mapping of the caller's own. A column of items
is read together with its column of labels.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from kg.errors import InputError
from kg.importers.input_files import MAX_LINE_BYTES, list_files, numbered_lines, open_decompressed
from kg.importers.session import ImportSession
from kg.importers.tables.files import read_header
from kg.importers.tables.mapping import TableMapping, to_table_mapping
from kg.importers.tables.run import import_file
from kg.mappings import MAPPINGS
from kg.schema import Schema, ValueKind
from kg.yaml_files import read_yaml_mapping

SUFFIXES = (".csv", ".tsv", ".json", ".srj")
LARGEST_DOCUMENT = 128 << 20
_TERM = re.compile(r'<([^>]*)>|"((?:[^"\\]|\\.)*)"(?:@[\w\-]+|\^\^\S+)?|(\S*)')
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"t": "\t", "n": "\n", "r": "\r"}


def import_results(
    paths: Sequence[str | Path], session: ImportSession, schema: Schema, *, mapping: Path | None = None
) -> None:
    """Read results into the session; raises `InputError` when one has no column of items."""
    path = mapping or MAPPINGS / "wikidata-results.yaml"
    told = read_yaml_mapping(path)
    for number, file in enumerate(list_files(paths, SUFFIXES)):
        table = _to_csv(file, session, number)
        header = read_header(table)
        fitting = _mapping_for(header, told, schema, file=file, mapping=path)
        session.summary.unmapped.update(f"variable {name}" for name in header if name not in fitting.required_columns)
        mapped = replace(fitting, ignore=tuple(header))
        read = import_file(table, mapped, session, number=number, name=file.name)
        session.add_default_class(read.entities_and_records, str(told.get("class", "Film")))


def _mapping_for(
    header: Sequence[str], told: Mapping[str, Any], schema: Schema, *, file: Path, mapping: Path
) -> TableMapping:
    item = next((name for name in told.get("items", ()) if name in header), None)
    if item is None:
        raise InputError(f"{file} has no column of items. It has {', '.join(header)}; {mapping} names the usual ones.")
    columns: dict[str, Any] = {item: {"property": "wikidataId", "clean": ["trim", "last-part"]}}
    entries = {
        name: {"property": entry} if isinstance(entry, str) else dict(entry)
        for name, entry in told.get("columns", {}).items()
        if name in header and name != item
    }
    labels = {entry.get("label") for entry in entries.values()}
    for name, entry in entries.items():
        if name in labels:
            continue
        if entry.get("label") not in header:
            entry.pop("label", None)
        iri = schema.names.get(str(entry.get("property")))
        takes = schema.properties[iri].value_kind if iri is not None else None
        if takes is ValueKind.ENTITY:
            entry |= {"prefix": "wd", "identifier": "wikidataId", "clean": ["trim", "last-part"]}
        columns[name] = entry
    rows = {"key": [item], "clean": ["trim", "last-part"]}
    asked = {"source": {"id": "wikidata"}, "prefix": "wd", "format": "csv", "rows": rows, "columns": columns}
    return to_table_mapping(asked, schema, file=str(mapping))


def _to_csv(path: Path, session: ImportSession, number: int) -> Path:
    """The same results as CSV: as they are, or written anew into the spool."""
    name = path.name.lower().removesuffix(".gz")
    if name.endswith((".json", ".srj")):
        return _json_to_csv(path, session.temporary_file(f"results{number}.csv"))
    if name.endswith(".tsv"):
        return _tsv_to_csv(path, session.temporary_file(f"results{number}.csv"), session)
    return path


def _json_to_csv(path: Path, fresh: Path) -> Path:
    """https://www.w3.org/TR/sparql11-results-json/"""
    with open_decompressed(path) as file:
        text = file.read(LARGEST_DOCUMENT + 1)
    if len(text) > LARGEST_DOCUMENT:
        raise InputError(f"{path} is larger than {LARGEST_DOCUMENT >> 20} MB; ask for CSV instead.")
    try:
        document = orjson.loads(text)
        names, bindings = document["head"]["vars"], document["results"]["bindings"]
        with fresh.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(names)
            writer.writerows([row.get(name, {}).get("value", "") for name in names] for row in bindings)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is not a SPARQL result in JSON: {error!r}") from error
    return fresh


def _tsv_to_csv(path: Path, fresh: Path, session: ImportSession) -> Path:
    """https://www.w3.org/TR/sparql11-results-csv-tsv/: variables with a question mark, terms as in Turtle."""
    with open_decompressed(path) as file, fresh.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        for number, line in numbered_lines(file, max_bytes=MAX_LINE_BYTES):
            if line is None:
                session.reject(path.name, number, "the line is too long")
                continue
            cells = line.decode("utf-8", "replace").rstrip("\r\n").split("\t")
            writer.writerow([cell.removeprefix("?") for cell in cells] if number == 1 else map(_plain, cells))
    return fresh


def _plain(term: str) -> str:
    found = _TERM.fullmatch(term)
    if found is None or found[2] is None:
        return (found[1] or found[3] or "") if found is not None else term
    return _ESCAPE.sub(
        lambda one: chr(int(one[1] or one[2], 16)) if one[1] or one[2] else _ESCAPED.get(one[3], one[3]), found[2]
    )
