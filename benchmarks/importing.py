"""How fast datasets come in, beside the barest reading of the same file, and in how much memory.

    python benchmarks/importing.py [--films FOLDER] [--entities 4000] [--rows 1000000] [--growth 1000000,10000000]

Wikidata entities are the fixtures, repeated under new numbers; the bare loop is `gzip` and `orjson.loads`. A row of a
table is a film as IMDb's title.basics has it: nine columns, five facts (class, identifier, label, year, running
time). Of title.principals it is a credit: six columns, up to five facts. Each figure is a whole `kg import`, from the
start of the program to the table in its place. Where other programs run beside it, the seconds of the clock say little;
so the rows per second of processor time are given as well.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
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
TITLES = (
    "tconst",
    "titleType",
    "primaryTitle",
    "originalTitle",
    "isAdult",
    "startYear",
    "endYear",
    "runtimeMinutes",
    "genres",
)
PRINCIPALS = ("tconst", "ordering", "nconst", "category", "job", "characters")
WORDS = ["Night", "Day", "Love", "War", "House", "of", "The", "Red", "Blue", "King", "Last"]


@dataclass(frozen=True, slots=True)
class Measured:
    """What one `kg import` took: seconds of the clock, of the processor, and megabytes at most."""

    seconds: float
    processor: float
    memory: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=Path, default=FILMS)
    parser.add_argument("--entities", type=int, default=4000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--growth", default="", help="rows of CSV whose memory is measured, with commas")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        for name in ("ontology", "queries", "data"):
            (project / name).mkdir(parents=True)
        for path in (ROOT / "ontology").glob("*.ttl"):
            (project / "ontology" / path.name).write_bytes(path.read_bytes())
        wikidata(Path(folder) / "dump.json.gz", project, options.films, count=options.entities)
        tables(Path(folder), project, count=options.rows)
        principals(Path(folder) / "title.principals.tsv", project, count=options.rows)
        for count in filter(None, options.growth.split(",")):
            tables(Path(folder), project, count=int(count), forms=("csv",))


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
    began, processor = time.perf_counter(), time.process_time()
    with gzip.open(path) as packed:
        read = sum(isinstance(orjson.loads(line.strip().rstrip(b",")), dict) for line in packed if len(line) > 2)
    bare, bare_processor = time.perf_counter() - began, time.process_time() - processor
    took = imported(project, "wikidata", str(path))
    print(f"Wikidata    {read:>10,} entities  bare {read / bare:>7,.0f}/s  kg {read / took.seconds:>7,.0f}/s", end="  ")
    print(
        f"{bare / took.seconds:.2f} of the bare loop, {bare_processor / took.processor:.2f} by processor time", end="  "
    )
    print(f"{took.memory:.0f} MB", flush=True)


def tables(
    folder: Path, project: Path, *, count: int, forms: tuple[str, ...] = ("csv", "tsv", "jsonl", "parquet")
) -> None:
    """The same films in each form of a table."""
    mapping = folder / "mapping.yaml"
    plain = folder / "title.basics.tsv"
    with plain.open("w", encoding="utf-8", newline="") as file:
        file.write("\t".join(TITLES) + "\n")
        file.writelines("\t".join(film) + "\n" for film in films(count))
    for form in forms:
        path = plain if form == "tsv" else in_form(plain, form, count)
        mapping.write_text(MAPPING if form == "tsv" else MAPPING.replace("quote: none\n", ""), encoding="utf-8")
        took = imported(project, "table", str(path), "--mapping", str(mapping))
        show(form, count, took)
        if path != plain:
            path.unlink()
    plain.unlink()


def films(count: int) -> Iterator[tuple[str, ...]]:
    chance = random.Random(1)
    for number in range(count):
        title = " ".join(chance.choices(WORDS, k=3))
        kind, year = "movie" if number % 2 else "short", str(1920 + number % 100)
        yield f"tt{number:07d}", kind, title, title, "0", year, "\\N", "90", "Drama,Comedy"


def in_form(plain: Path, form: str, count: int) -> Path:
    """The table of a TSV file as CSV, JSON lines or Parquet."""
    path = plain.with_suffix(f".{form}")
    if form == "csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            write = csv.writer(file, lineterminator="\n")
            write.writerow(TITLES)
            write.writerows(films(count))
    elif form == "jsonl":
        with path.open("wb") as packed:
            packed.writelines(orjson.dumps(dict(zip(TITLES, one, strict=True))) + b"\n" for one in films(count))
    else:
        import duckdb

        relation = duckdb.read_csv(str(plain), sep="\t", header=True, all_varchar=True, quotechar="", escapechar="")
        relation.write_parquet(str(path))
    return path


def principals(path: Path, project: Path, *, count: int) -> None:
    """Who did what in which film, eight to a film, by the mapping of `kg import imdb`."""
    parts = ("actor", "actress", "director", "writer", "producer", "composer", "editor", "cinematographer")
    with path.open("w", encoding="utf-8") as file:
        file.write("\t".join(PRINCIPALS) + "\n")
        for number in range(count):
            film, place = divmod(number, len(parts))
            role = f'["Role {number % 977}"]' if place < 2 else "\\N"
            row = (f"tt{film:07d}", str(place + 1), f"nm{number * 7 % 400_000:07d}", parts[place], "\\N", role)
            file.write("\t".join(row) + "\n")
    show("principals", count, imported(project, "imdb", str(path)))
    path.unlink()


def show(form: str, count: int, took: Measured) -> None:
    print(f"{form:<11} {count:>10,} rows  {count / took.seconds:>9,.0f} rows/s", end="  ")
    print(f"{count / took.processor:>9,.0f} per second of processor  {took.memory:.0f} MB", flush=True)


def imported(project: Path, *words: str) -> Measured:
    """What one `kg import` takes, from start to end."""
    call = [sys.executable, "-m", "kg", "import", *words, "--project", str(project)]
    watch = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
    watch += "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
    watch += "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)"
    began = time.perf_counter()
    # Only a program of its own knows how much memory its one child took.
    finished = subprocess.run(
        [sys.executable, "-c", watch, *call], check=True, capture_output=True, text=True, cwd=ROOT
    )
    seconds = time.perf_counter() - began
    processor, memory = map(float, finished.stdout.split())
    return Measured(seconds, processor, memory)


if __name__ == "__main__":
    main()
