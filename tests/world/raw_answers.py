"""What the tables of `tests/datasets` answer to a historian's questions, without the program under test."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import yaml

DATASETS = Path(__file__).parents[1] / "datasets"
Rows = set[tuple[object, ...]]


def _table(path: str, *, delimiter: str = ",") -> list[dict[str, str]]:
    with (DATASETS / path).open(encoding="utf-8", newline="") as file:
        quoting: Literal[0, 3] = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
        return list(csv.DictReader(file, delimiter=delimiter, quoting=quoting))


def _items(table: str, column: str) -> Iterator[tuple[str, str]]:
    """IMDb id of a film, and the item of a value, by a table of Wikidata."""
    for row in _table(f"wikidata_films_2024/Film.{table}.csv"):
        if row[column]:
            yield row["imdb"], row[column].rpartition("/")[2]


def _nominations(category: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """IMDb id of a film, and a row of the Oscars."""
    for row in _table("oscars/oscars.csv", delimiter="\t"):
        if row["CanonicalCategory"].startswith(category):
            yield from ((film, row) for film in row["FilmId"].split("|") if film)


def _cannes() -> Iterator[tuple[str, str, str]]:
    """Year, award and IMDb id of each film that won at Cannes."""
    for year, awards in yaml.safe_load((DATASETS / "imdb_awards/ev0000147.yml").read_text(encoding="utf-8")).items():
        for award, categories in awards.items():
            yield from ((year, award, film) for category in categories.values() for film in category["winner"])


def films_with(table: str, column: str, item: str) -> Rows:
    """The films with an item as their value."""
    return {(film,) for film, value in _items(table, column) if value == item}


def values_of(table: str, column: str, film: str) -> Rows:
    """The items that are values of a film."""
    return {(value,) for of, value in _items(table, column) if of == film}


def items_of_films() -> Rows:
    """IMDb id and item of each film."""
    return {(row["imdb"], row["item"].rpartition("/")[2]) for row in _table("wikidata_films_2024/Film.Basics.csv")}


def films_at(ceremony: str) -> Rows:
    """The films with a nomination at a ceremony of the Oscars."""
    return {(film,) for film, row in _nominations() if row["Ceremony"] == ceremony}


def nominations_of(film: str, *, won: bool = False) -> Rows:
    """The number of nominations of a film, or of its wins."""
    return {(sum(of == film and (not won or row["Winner"] == "True") for of, row in _nominations()),)}


def directors() -> Rows:
    """IMDb ids of films and of their directors, as far as these were nominated."""
    return {(film, id) for film, row in _nominations("DIRECTING") for id in row["NomineeIds"].split("|")}


def films_of_actor(name: str) -> Rows:
    """The films for which an actor was nominated."""
    return {(film,) for film, row in _nominations("ACT") if name in row["Nominees"].split("|")}


def nominated_actors(minimum: int) -> Rows:
    """IMDb ids of actors with so many nominations, and the number."""
    counts = Counter(id for _, row in _nominations("ACT") for id in row["NomineeIds"].split("|"))
    return {(id, count) for id, count in counts.items() if count >= minimum}


def palmes() -> Rows:
    """The films that won the Palme d'Or."""
    return {(film,) for _, award, film in _cannes() if award == "palme d'or"}


def winners_in_both() -> Rows:
    """The films that won at Cannes and an Oscar."""
    oscars = {film for film, row in _nominations() if row["Winner"] == "True"}
    return {(film,) for _, _, film in _cannes() if film in oscars}
