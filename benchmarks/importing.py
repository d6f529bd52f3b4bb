"""How fast datasets come in, beside the barest reading of the same file.

    python benchmarks/importing.py [--films FOLDER] [--entities 4000] [--rows 200000]

Wikidata entities are the fixtures, repeated under new numbers; the bare loop is `gzip` and `orjson.loads`. The table
has the columns of IMDb's title.basics.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson

ROOT = Path(__file__).parents[1]
FILMS = Path(os.environ.get("KG_SHARED", ROOT.parent / "shared")) / "film-data" / "wikidata_entity_fixtures"
MAPPING = """\
source: {id: films}
quote: none
missing: ['\\N']
rows: {class_column: titleType, classes: {movie: FeatureFilm, short: ShortFilm}, key: [tconst]}
columns: {tconst: imdbId, primaryTitle: label, startYear: year, runtimeMinutes: runningTime}
ignore: [originalTitle, isAdult, endYear, genres]
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=Path, default=FILMS)
    parser.add_argument("--entities", type=int, default=4000)
    parser.add_argument("--rows", type=int, default=200_000)
    call = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        for name in ("ontology", "queries", "data"):
            (project / name).mkdir(parents=True)
        for path in (ROOT / "ontology").glob("*.ttl"):
            (project / "ontology" / path.name).write_bytes(path.read_bytes())
        wikidata(Path(folder) / "dump.json.gz", project, call.films, count=call.entities)
        table(Path(folder) / "title.basics.tsv", project, count=call.rows)


def wikidata(path: Path, project: Path, fixtures: Path, *, count: int) -> None:
    entities = []
    for file in sorted((fixtures / "json").glob("Q*.json")):
        document = orjson.loads(file.read_bytes())
        entities += [one for one in document.get("entities", {"": document}).values() if "id" in one]
    with gzip.open(path, "wb", compresslevel=1) as dump:
        dump.write(b"[\n")
        for number in range(count):
            entity = entities[number % len(entities)] | {"id": f"Q{10_000_000 + number}"}
            dump.write(orjson.dumps(entity) + b",\n")
        dump.write(b"]\n")
    began = time.perf_counter()
    with gzip.open(path) as packed:
        read = sum(isinstance(orjson.loads(line.strip().rstrip(b",")), dict) for line in packed if len(line) > 2)
    bare = time.perf_counter() - began
    took, memory = imported(project, "wikidata", str(path))
    print(f"Wikidata  {read:>9,} entities  bare {read / bare:>9,.0f}/s  kg {read / took:>9,.0f}/s", end="  ")
    print(f"{bare / took:.2f} of the bare loop  {memory:.0f} MB")


def table(path: Path, project: Path, *, count: int) -> None:
    chance = random.Random(1)
    words = ["Night", "Day", "Love", "War", "House", "of", "The", "Red", "Blue", "King", "Last"]
    with path.open("w", encoding="utf-8") as file:
        names = "tconst titleType primaryTitle originalTitle isAdult startYear endYear runtimeMinutes genres"
        file.write(names.replace(" ", "\t") + "\n")
        for number in range(count):
            title = " ".join(chance.choices(words, k=3))
            kind = "movie" if number % 2 else "short"
            cells = (f"tt{number:07d}", kind, title, title, "0", str(1920 + number % 100), "\\N", "90", "Drama,Comedy")
            file.write("\t".join(cells) + "\n")
    mapping = path.with_name("mapping.yaml")
    mapping.write_text(MAPPING, encoding="utf-8")
    took, memory = imported(project, "table", str(path), "--mapping", str(mapping))
    print(f"table     {count:>9,} rows      {count / took:>9,.0f} rows/s  {memory:.0f} MB")


def imported(project: Path, *words: str) -> tuple[float, float]:
    """Seconds and megabytes of one `kg import`, from start to end."""
    began = time.perf_counter()
    call = [sys.executable, "-m", "kg", "import", *words, "--project", str(project)]
    subprocess.run(call, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    main()
