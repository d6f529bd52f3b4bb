"""IMDb's published tables walk in (https://developer.imdb.com/non-commercial-datasets/); facts walk out.

Each table is read by the mapping of its name under `mappings/imdb/`. They are read together: where the titles are among
them, the other tables tell of these titles only, and the names are those of the people that the titles lead to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kg.errors import InputError
from kg.importers.input_files import files_of
from kg.importers.session import Gate
from kg.importers.tables.mapping import read_table_mapping
from kg.importers.tables.run import import_one
from kg.mappings import MAPPINGS
from kg.schema import Schema

SUFFIXES = (".tsv", ".tsv.gz")
FOLDER = MAPPINGS / "imdb"
TITLES, NAMES = "title.basics", "name.basics"


def import_imdb(paths: Sequence[str | Path], gate: Gate, schema: Schema) -> None:
    """Read tables into the gate; a table of another name is counted and left out.

    Raises `InputError` when none of them is a table that is known.
    """
    known = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
    tables: dict[str, Path] = {}
    for file in files_of(paths, SUFFIXES):
        name = file.name.removesuffix(".gz").removesuffix(".tsv")
        if name not in known:
            gate.summary.skipped[f"tables that have no mapping: {file.name}"] += 1
        elif name in tables:
            raise InputError(f"{file} and {tables[name]} are the same table; name one of them.")
        else:
            tables[name] = file
    if not tables:
        raise InputError(f"None of these is a table of IMDb that is read: {', '.join(f'{one}.tsv' for one in known)}.")
    titles = ""
    for number, name in enumerate(sorted(tables, key=lambda one: (one != TITLES, one == NAMES, one))):
        mapping = read_table_mapping(known[name], schema)
        if titles:
            mapping = replace(mapping, mention=None)
        only = titles if name != NAMES else "SELECT thing FROM mention" if len(tables) > 1 else ""
        read = import_one(tables[name], mapping, gate, number=number, alone=True, only=only)
        if name == TITLES:
            titles = read.things
