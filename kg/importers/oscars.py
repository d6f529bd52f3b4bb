"""The Oscars table walks in (https://github.com/DLu/oscar_data); nominations, wins, and who did what walk out.

A row is one nomination, and a win besides where it was won; honours that are given without nominations are wins only. A
row of several films is one node that hangs on each of them. What a category says about the nominees' part in the film
stands in `mappings/oscars.yaml`.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kg.errors import InputError
from kg.importers.entity_names import dataset_entity_name, name_component, to_node
from kg.importers.input_files import numbered_lines, open_decompressed
from kg.importers.session import ImportSession
from kg.mappings import MAPPINGS
from kg.yaml_files import read_yaml_mapping

PREFIX = "oscars"
PROGRAMME = "oscars-academy-awards"
COLUMNS = (
    "Ceremony",
    "Year",
    "Class",
    "CanonicalCategory",
    "Category",
    "Film",
    "FilmId",
    "Name",
    "Nominees",
    "NomineeIds",
    "Winner",
    "Detail",
    "Note",
    "Citation",
)
LONGEST_ROW = 1 << 20
_YEAR = re.compile(r"(\d{4})(?:/(\d{2}))?")


@dataclass(frozen=True, slots=True)
class Categories:
    """What a category says besides."""

    roles: Mapping[str, str]
    films: Mapping[str, str]
    given: frozenset[str]
    characters: frozenset[str]
    songs: frozenset[str]
    countries: frozenset[str]
    unofficial: str

    def role(self, category: str) -> str:
        """What the nominees of a category did for the film, or nothing."""
        return next((role for start, role in self.roles.items() if category.startswith(start)), "")

    def film(self, category: str) -> str:
        """The class of the films of a category."""
        return next((kind for start, kind in self.films.items() if category.startswith(start)), "Film")


def import_oscars(path: Path, session: ImportSession, *, mapping: Path | None = None) -> None:
    """Read the table into the session; raises `InputError` when a column that is needed is not there."""
    reader = _Reader(session, _read_categories(mapping or MAPPINGS / "oscars.yaml"))
    session.add_fact(PROGRAMME, "type", "AwardProgramme", record="all", paraphrase=True)
    session.add_fact(PROGRAMME, "label", "Academy Awards", record="all", paraphrase=True)
    for line, row in _rows(path, session):
        session.summary.records += 1
        reason = reader.fault(row)
        if reason:
            session.reject(path.name, line, reason, " ".join(row.values()))
        else:
            reader.read(row)


@dataclass
class _Reader:
    session: ImportSession
    categories: Categories
    seen: Counter[str] = field(default_factory=Counter)

    def fault(self, row: Mapping[str, str]) -> str:
        """Why a row cannot be told, or nothing."""
        if not row["Ceremony"].isdigit():
            return f"the ceremony is {row['Ceremony']!r}, not a number"
        if _YEAR.fullmatch(row["Year"]) is None:
            return f"the year is {row['Year']!r}"
        if not row["CanonicalCategory"]:
            return "the row names no category"
        if row["Winner"] not in ("", "True", "False"):
            return f"the winner is {row['Winner']!r}, not True"
        if row["FilmId"] and row["Film"].count("|") != row["FilmId"].count("|"):
            return "the row has not as many films as identifiers of films"
        return ""

    def read(self, row: Mapping[str, str]) -> None:
        category = row["CanonicalCategory"]
        won = row["Winner"] == "True"
        if self.categories.unofficial in row["Note"] and not won:
            self.session.summary.skipped["rows that are no official nomination"] += 1
            return
        record = "/".join(
            (row["Ceremony"], category, row["FilmId"] or row["Film"], row["NomineeIds"] or row["Nominees"])
        )
        films = list(self.films(row, record))
        nominees = list(self.nominees(row, record))
        owners = films or nominees[:1]
        if not owners:
            self.session.summary.skipped["rows that name neither a film nor a person"] += 1
            return
        award, edition = self.award(row), self.edition(row)
        local = "-".join(
            (row["Ceremony"], name_component(category), *(one.removeprefix("oscars-") for one in nominees[:1]))
        )
        self.seen[owners[0] + local] += 1
        if (count := self.seen[owners[0] + local]) > 1:
            local += f"-{count}"
        kinds = ["nomination"] if row["Class"] not in self.categories.given or not won else []
        for kind in (*kinds, "win") if won else kinds:
            node = to_node(owners[0], kind, local)
            for owner in owners:
                self.session.add_fact(owner, kind, node, record=record)
            self.node(node, row, record, award=award, edition=edition)
            for film in films:
                self.session.add_fact(node, "forWork", film, record=record)
            for nominee in nominees:
                self.session.add_fact(node, "recipient" if kind == "win" else "nominee", nominee, record=record)
        self.roles(row, record, films, nominees)

    def node(self, node: str, row: Mapping[str, str], record: str, *, award: str, edition: str) -> None:
        add = self.session.add_fact
        add(node, "award", award, record=record)
        add(node, "edition", edition, record=record)
        year = _YEAR.fullmatch(row["Year"])
        if year is not None:
            last = year[1] if year[2] is None else year[1][:2] + year[2]
            add(node, "year", last, record=record, written="" if year[2] is None else row["Year"])
        for name in ("Note", "Citation"):
            add(node, "note", _tidy(row[name]), record=record)
        if row["CanonicalCategory"] in self.categories.countries:
            add(node, "note", _tidy(row["Name"]), record=record)

    def films(self, row: Mapping[str, str], record: str) -> Iterator[str]:
        ids = row["FilmId"].split("|")
        kind = self.categories.film(row["CanonicalCategory"])
        for number, title in enumerate(row["Film"].split("|")):
            if not title:
                continue
            id = ids[number] if number < len(ids) and ids[number].startswith("tt") else ""
            film = dataset_entity_name(PREFIX, id) if id else dataset_entity_name(PREFIX, "film", title, row["Year"])
            self.thing(film, kind, title, id, record)
            yield film

    def nominees(self, row: Mapping[str, str], record: str) -> Iterator[str]:
        names = row["Nominees"] or ("" if row["CanonicalCategory"] in self.categories.countries else row["Name"])
        ids = row["NomineeIds"].split("|") if row["NomineeIds"] else []
        for number, name in enumerate(names.split("|") if row["Nominees"] else filter(None, [names])):
            told = [id for id in (ids[number].split(",") if number < len(ids) else ()) if id[:2] in ("nm", "co")]
            for id in told:
                person = dataset_entity_name(PREFIX, id)
                self.thing(person, "Person" if id.startswith("nm") else "Organisation", name, id, record)
                yield person
            if not told:
                person = dataset_entity_name(PREFIX, "name", name)
                self.thing(person, "Agent", name, "", record)
                yield person

    def roles(self, row: Mapping[str, str], record: str, films: list[str], nominees: list[str]) -> None:
        role = self.categories.role(row["CanonicalCategory"])
        details = row["Detail"].split("|") if row["Detail"] else []
        for number, film in enumerate(films):
            detail = details[number] if number < len(details) else ""
            if row["CanonicalCategory"] in self.categories.songs and detail:
                self.song(film, detail, record)
            for nominee in nominees if role else ():
                if role == "castMember" and detail and row["Class"] in self.categories.characters:
                    self.credit(film, nominee, detail, record)
                else:
                    self.session.add_fact(film, role, nominee, record=record)

    def credit(self, film: str, nominee: str, character: str, record: str) -> None:
        node = to_node(film, "castCredit", nominee.removeprefix("oscars-"))
        played = to_node(film, "character", name_component(character))
        add = self.session.add_fact
        add(film, "castCredit", node, record=record)
        add(node, "agent", nominee, record=record)
        add(node, "character", played, record=record)
        add(played, "type", "Character", record=record)
        add(played, "label", _tidy(character), record=record)
        add(played, "characterIn", film, record=record)

    def song(self, film: str, title: str, record: str) -> None:
        song, node = to_node(film, "song", name_component(title)), to_node(film, "musicUse", name_component(title))
        self.session.add_fact(film, "musicUse", node, record=record)
        self.session.add_fact(node, "song", song, record=record)
        self.session.add_fact(song, "type", "Song", record=record)
        self.session.add_fact(song, "label", _tidy(title), record=record)

    def thing(self, name: str, kind: str, label: str, id: str, record: str) -> None:
        """The class, name and identifier of a thing; the first row that names it is the record of each."""
        for property, value in (("type", kind), ("label", _tidy(label)), ("imdbId", id)):
            if self.once(name, property, value):
                self.session.add_fact(name, property, value, record=record)

    def award(self, row: Mapping[str, str]) -> str:
        category = row["CanonicalCategory"]
        award = dataset_entity_name(PREFIX, "award", category)
        said = (("type", "Award"), ("label", category), ("alias", row["Category"]), ("awardOf", PROGRAMME))
        for property, value in said:
            if value != category or property != "alias":
                self.once_for(award, property, value, category)
        return award

    def edition(self, row: Mapping[str, str]) -> str:
        number = row["Ceremony"]
        edition = dataset_entity_name(PREFIX, "ceremony", number)
        label = f"{number}{_ending(int(number))} Academy Awards"
        said = (("type", "AwardCeremony"), ("label", label), ("number", number), ("editionOf", PROGRAMME))
        for property, value in said:
            self.once_for(edition, property, value, number, paraphrase=property == "label")
        return edition

    def once_for(self, thing: str, property: str, value: str, record: str, *, paraphrase: bool = False) -> None:
        if self.once(thing, property, value):
            self.session.add_fact(thing, property, value, record=record, paraphrase=paraphrase)

    def once(self, *said: str) -> bool:
        key = "\0".join(said)
        self.seen[key] += 1
        return self.seen[key] == 1


def _rows(path: Path, session: ImportSession) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows, each with its line; cells that are missing at the end of a row are empty."""
    header: list[str] = []
    with open_decompressed(path, session.progress) as file:
        for number, line in numbered_lines(file, max_bytes=LONGEST_ROW):
            if line is None:
                session.summary.records += 1
                session.reject(path.name, number, "the line is too long")
                continue
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                if not header:
                    raise InputError(f"{path} is not UTF-8. Save it as UTF-8.") from error
                session.summary.records += 1
                session.reject(path.name, number, f"not UTF-8: byte 0x{line[error.start]:02x}")
                continue
            cells = next(csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE), [])
            if not header:
                header = _header(path, cells)
            elif len(cells) > len(header):
                session.summary.records += 1
                session.reject(path.name, number, f"{len(cells)} cells where {len(header)} columns are", text)
            elif any(cells):
                padded = cells + [""] * (len(header) - len(cells))
                yield number, dict(zip(header, padded, strict=True))
    if not header:
        raise InputError(f"{path} is empty.")


def _header(path: Path, cells: list[str]) -> list[str]:
    missing = [name for name in COLUMNS if name not in cells]
    if missing:
        raise InputError(
            f"{path} is not the Oscars table: it lacks the column {', '.join(missing)}. It has {', '.join(cells)}."
        )
    return cells


def _read_categories(path: Path) -> Categories:
    told: Mapping[str, Any] = read_yaml_mapping(path)
    sets = {name: frozenset(told[name]) for name in ("given", "characters", "songs", "countries")}
    return Categories(told["roles"], told["films"], unofficial=told["unofficial"], **sets)


def _ending(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _tidy(text: str) -> str:
    return " ".join(text.split())
