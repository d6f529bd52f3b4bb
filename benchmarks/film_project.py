"""Write a project of so many made-up films: `film_project.py 100000 FOLDER`, then `kg build --project FOLDER`.

The ontology and the stored queries are the project's own; each fact names its record, as those of imports do. People
are drawn with a skew (few work much, many work once), as in real credits; the same number gives the same bytes. 100,000
films have 200,000 people and 1.8 million facts.
"""

from __future__ import annotations

import csv
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SYLLABLES = (*(consonant + vowel for consonant in "bklmnrstv" for vowel in "aeio"), "an", "el", "in", "or")
SOURCES = """\
register: {title: A register of films that never were, licence: CC0-1.0}
"""

Row = tuple[str, str, str, str, str]


def write_project(folder: Path, films: int) -> None:
    """The files of a project, ready to be built."""
    for name in ("ontology", "queries"):
        shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "data" / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    with (folder / "data" / "films.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("subject", "property", "value", "source", "record"))
        table.writerows(facts(films))


def facts(films: int) -> Iterator[Row]:
    """Who made and played in which film."""
    luck = random.Random(7)
    people = max(50, films * 2)
    for number in range(people):
        yield from _said(f"p{number}", type="Person", label=_name(luck, 2))
    for number in range(films):
        film = f"f{number}"
        identifier = f"tt{number:08d}"
        year = str(1920 + luck.randrange(105))
        yield from _said(film, type="FeatureFilm", label=_name(luck, 3), year=year, imdbId=identifier)
        parts = ["director", *["writer"] * luck.randint(1, 2), *["castMember"] * luck.randint(4, 12)]
        credits = dict.fromkeys((part, f"p{int(people * luck.random() ** 2.5)}") for part in parts)
        yield from ((film, part, person, "register", film) for part, person in credits)


def _said(subject: str, **values: str) -> Iterator[Row]:
    return ((subject, property, value, "register", subject) for property, value in values.items())


def _name(luck: random.Random, words: int) -> str:
    return " ".join("".join(luck.choices(SYLLABLES, k=luck.randint(2, 3))).title() for _ in range(words))


if __name__ == "__main__":
    write_project(Path(sys.argv[2]), int(sys.argv[1]))
