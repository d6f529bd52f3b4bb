"""IMDb's published tables walk in (https://developer.imdb.com/non-commercial-datasets/); facts walk out.

Each table is read by the mapping of its name under `mappings/imdb/`: titles, names and the crew of titles.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kg.errors import InputError
from kg.facts.lexicon import Lexicon
from kg.importers.gate import Gate
from kg.importers.streams import files_of
from kg.importers.table_mapping import read_table_mapping
from kg.importers.tables import import_one
from kg.mappings.yaml_files import MAPPINGS

SUFFIXES = (".tsv", ".tsv.gz")
FOLDER = MAPPINGS / "imdb"


def import_imdb(paths: Sequence[str | Path], gate: Gate, lexicon: Lexicon) -> None:
    """Read tables into the gate; a table of another name is counted and left out.

    Raises `InputError` when none of them is a table that is known.
    """
    known = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
    read = 0
    files = files_of(paths, SUFFIXES)
    for number, file in enumerate(files):
        mapping = known.get(file.name.removesuffix(".gz").removesuffix(".tsv"))
        if mapping is None:
            gate.summary.skipped[f"tables that have no mapping: {file.name}"] += 1
            continue
        read += 1
        import_one(file, read_table_mapping(mapping, lexicon), gate, number=number, alone=len(files) == 1)
    if not read:
        raise InputError(f"None of these is a table of IMDb that is read: {', '.join(f'{one}.tsv' for one in known)}.")
