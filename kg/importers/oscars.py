"""The Oscars table (https://github.com/DLu/oscar_data): nominations, wins, and the credits that follow from them.

A row is one recognition: a nomination, which may have been won; honours that are given without nominations are wins
only. A row of several films is one part that all of them have. What a category states about the nominees' role in the
film is in `mappings/oscars.yaml`.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode

from kg import vocabulary as film
from kg.errors import InputError
from kg.files.yaml_files import read_yaml_mapping
from kg.importers.dataset_names import dataset_entity_name, name_component, text_entity_name
from kg.importers.input_files import numbered_lines, open_decompressed
from kg.importers.reject_reasons import mark_value
from kg.importers.session import ImportSession, part_name
from kg.mappings import MAPPINGS
from kg.terms import ALIAS, LABEL, NOTE, TYPE

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
MAX_ROW_BYTES = 1 << 20
_NUMBER = re.compile("[1-9][0-9]{0,3}")
_CATEGORY = "[A-Z]+(?: [A-Z]+)*"
_YEAR = re.compile("([0-9]{4})(?:/([0-9]{2}))?")

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OscarCategories:
    """What the categories of the table mean, as `mappings/oscars.yaml` states it."""

    roles: Mapping[str, str]
    films: Mapping[str, str]
    given: frozenset[str]
    characters: frozenset[str]
    songs: frozenset[str]
    countries: frozenset[str]
    unofficial: str

    def role(self, category: str) -> str:
        """The property by which a film credits the nominees of a category, or the empty text."""
        return next((role for start, role in self.roles.items() if category.startswith(start)), "")

    def film_class(self, category: str) -> str:
        """The class of the films of a category."""
        return next((name for start, name in self.films.items() if category.startswith(start)), "Film")


def import_oscars(paths: Sequence[str | Path], session: ImportSession) -> None:
    """Import the table; raises `InputError` when a required column is missing."""
    reader = _OscarsReader(session, _read_categories(MAPPINGS / "oscars.yaml"))
    session.add_fact(PROGRAMME, TYPE, film.AwardProgramme, record="all", paraphrase=True)
    session.add_fact(PROGRAMME, LABEL, "Academy Awards", record="all", paraphrase=True)
    for path in map(Path, paths):
        for line, row in _read_rows(path, session):
            session.summary.records += 1
            reason = find_fault(row)
            if reason:
                session.reject(path.name, line, reason, " ".join(row.values()))
            else:
                reader.read(row)
    reader.add_labels()


def find_fault(row: Row) -> str:
    """Why a row cannot be imported, with its value marked; the empty text when it can."""
    if _NUMBER.fullmatch(row["Ceremony"]) is None:
        return f"the ceremony is {mark_value(repr(row['Ceremony']))}, not a number"
    if _YEAR.fullmatch(row["Year"]) is None:
        return f"the year is {mark_value(repr(row['Year']))}"
    if not row["CanonicalCategory"]:
        return "the row names no category"
    if row["Winner"] not in ("", "True", "False"):
        return f"the winner is {mark_value(repr(row['Winner']))}, not True"
    if row["FilmId"] and row["Film"].count("|") != row["FilmId"].count("|"):
        return "the row does not have as many films as identifiers of films"
    return ""


@dataclass
class _OscarsReader:
    """Adds the facts of rows; facts about one entity are added once, with the first row that states them."""

    session: ImportSession
    categories: OscarCategories
    part_ids: Counter[str] = field(default_factory=Counter)
    """Name of owner and part -> how many parts have it."""
    added: set[tuple[str, NamedNode, NamedNode | str]] = field(default_factory=set)
    labels: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Name of an entity -> its labels, as often as rows have them."""
    records: dict[tuple[str, str], str] = field(default_factory=dict)
    """Entity and label -> the first record that has it."""

    def read(self, row: Row) -> None:
        category = row["CanonicalCategory"]
        is_win = row["Winner"] == "True"
        if self.categories.unofficial in row["Note"] and not is_win:
            self.session.summary.skipped["rows that are not official nominations"] += 1
            return
        film_text, nominee_text = row["FilmId"] or row["Film"], row["NomineeIds"] or row["Nominees"]
        record = "/".join((row["Ceremony"], category, film_text, nominee_text))
        films = list(self.films(row, record))
        nominees = list(self.nominees(row, record))
        owners = films or nominees[:1]
        if not owners:
            self.session.summary.skipped["rows that name neither a film nor a person"] += 1
            return
        award, edition = self.award(row), self.edition(row)
        part = part_name(owners[0], film.recognition, self.part_id(owners[0], row, nominees))
        for owner in owners:
            self.session.add_fact(owner, film.recognition, part, record=record)
        self.add_recognition(part, row, record, award=award, edition=edition)
        for work in films:
            self.session.add_fact(part, film.forWork, work, record=record)
        for nominee in nominees:
            self.session.add_fact(part, film.recipient, nominee, record=record)
        self.add_credits(row, record, films, nominees)

    def part_id(self, owner: str, row: Row, nominees: Sequence[str]) -> str:
        """The id of a recognition, with a number where its owner has another with the same id."""
        names = (name.removeprefix(f"{PREFIX}-") for name in nominees[:1])
        id = "-".join((row["Ceremony"], name_component(row["CanonicalCategory"]), *names))
        self.part_ids[owner + id] += 1
        count = self.part_ids[owner + id]
        return id if count == 1 else f"{id}-{count}"

    def add_recognition(self, part: str, row: Row, record: str, *, award: str, edition: str) -> None:
        """Add the outcome, the award and when it was."""
        add, is_win = self.session.add_fact, row["Winner"] == "True"
        if row["Class"] not in self.categories.given or not is_win:
            add(part, film.outcome, "nominated", record=record)
        if is_win:
            add(part, film.outcome, "won", record=record)
        add(part, film.award, award, record=record)
        add(part, film.edition, edition, record=record)
        year = _YEAR.fullmatch(row["Year"])
        if year is not None:
            last = year[1] if year[2] is None else _year_after(year[1], year[2])
            add(part, film.year, last, record=record, written="" if year[2] is None else row["Year"])
        for name in ("Note", "Citation"):
            add(part, NOTE, _one_line(row[name]), record=record)
        if row["CanonicalCategory"] in self.categories.countries:
            add(part, NOTE, _one_line(row["Name"]), record=record)

    def films(self, row: Row, record: str) -> Iterator[str]:
        ids = row["FilmId"].split("|")
        class_name = self.categories.film_class(row["CanonicalCategory"])
        for number, title in enumerate(row["Film"].split("|")):
            if not title:
                continue
            id = ids[number] if number < len(ids) and ids[number].startswith("tt") else ""
            work = dataset_entity_name(PREFIX, id) if id else dataset_entity_name(f"{PREFIX}-film", title, row["Year"])
            self.add_entity(work, class_name, title, id, record)
            yield work

    def nominees(self, row: Row, record: str) -> Iterator[str]:
        names = row["Nominees"] or ("" if row["CanonicalCategory"] in self.categories.countries else row["Name"])
        ids = row["NomineeIds"].split("|") if row["NomineeIds"] else []
        for number, name in enumerate(names.split("|") if row["Nominees"] else filter(None, [names])):
            own_ids = [id for id in (ids[number].split(",") if number < len(ids) else ()) if id[:2] in ("nm", "co")]
            for id in own_ids:
                nominee = dataset_entity_name(PREFIX, id)
                self.add_entity(nominee, film.Person if id.startswith("nm") else film.Organisation, name, id, record)
                yield nominee
            if not own_ids:
                nominee = text_entity_name(f"{PREFIX}-name", name)
                self.add_entity(nominee, film.Agent, name, "", record)
                yield nominee

    def add_credits(self, row: Row, record: str, films: Sequence[str], nominees: Sequence[str]) -> None:
        """Add what the nominees did for the films, and the songs."""
        role = self.categories.role(row["CanonicalCategory"])
        details = row["Detail"].split("|") if row["Detail"] else []
        for number, work in enumerate(films):
            detail = details[number] if number < len(details) else ""
            if row["CanonicalCategory"] in self.categories.songs and detail:
                self.add_song(work, detail, record)
            for nominee in nominees if role else ():
                if role == "castMember" and detail and row["Class"] in self.categories.characters:
                    self.add_cast_credit(work, nominee, detail, record)
                else:
                    self.session.add_fact(work, role, nominee, record=record)

    def add_cast_credit(self, work: str, nominee: str, character_name: str, record: str) -> None:
        credit = part_name(work, film.castCredit, nominee.removeprefix(f"{PREFIX}-"))
        character = part_name(work, film.character, name_component(character_name))
        add = self.session.add_fact
        add(work, film.castCredit, credit, record=record)
        add(credit, film.agent, nominee, record=record)
        add(credit, film.character, character, record=record)
        add(character, TYPE, film.Character, record=record)
        add(character, LABEL, _one_line(character_name), record=record)
        add(character, film.characterIn, work, record=record)

    def add_song(self, work: str, title: str, record: str) -> None:
        song, use = (
            part_name(work, property, name_component(title)) for property in (film.involves, film.productionNote)
        )
        self.session.add_fact(work, film.productionNote, use, record=record)
        self.session.add_fact(use, film.kind, "music", record=record)
        self.session.add_fact(use, film.involves, song, record=record)
        self.session.add_fact(song, TYPE, film.Song, record=record)
        self.session.add_fact(song, LABEL, _one_line(title), record=record)

    def award(self, row: Row) -> str:
        category = row["CanonicalCategory"]
        award = dataset_entity_name(f"{PREFIX}-award", category, usual=_CATEGORY)
        self.add_once(award, TYPE, film.Award, category)
        self.add_once(award, LABEL, category, category)
        if row["Category"] != category:
            self.add_once(award, ALIAS, row["Category"], category)
        self.add_once(award, film.awardOf, PROGRAMME, category)
        return award

    def edition(self, row: Row) -> str:
        number = row["Ceremony"]
        edition = dataset_entity_name(f"{PREFIX}-ceremony", number)
        label = f"{number}{_ordinal_suffix(int(number))} Academy Awards"
        self.add_once(edition, TYPE, film.AwardCeremony, number)
        self.add_once(edition, LABEL, label, number, paraphrase=True)
        self.add_once(edition, film.number, number, number)
        self.add_once(edition, film.editionOf, PROGRAMME, number)
        return edition

    def add_entity(self, name: str, class_term: NamedNode | str, label: str, id: str, record: str) -> None:
        self.add_once(name, TYPE, class_term, record)
        self.add_once(name, film.imdbId, id, record)
        self.labels[name][_one_line(label)] += 1
        self.records.setdefault((name, _one_line(label)), record)

    def add_labels(self) -> None:
        """Add the most common label of each entity, and the others as aliases."""
        for name, counts in self.labels.items():
            first, *others = sorted(counts, key=lambda label: (-counts[label], label))
            self.session.add_fact(name, LABEL, first, record=self.records[name, first])
            for label in others:
                self.session.add_fact(name, ALIAS, label, record=self.records[name, label])

    def add_once(
        self, entity: str, property: NamedNode, value: NamedNode | str, record: str, *, paraphrase: bool = False
    ) -> None:
        if (entity, property, value) not in self.added:
            self.added.add((entity, property, value))
            self.session.add_fact(entity, property, value, record=record, paraphrase=paraphrase)


def _read_rows(path: Path, session: ImportSession) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows, each with its line; cells that are missing at the end of a row are empty."""
    header: list[str] = []
    with open_decompressed(path, session.progress) as file:
        for number, line in numbered_lines(file, max_bytes=MAX_ROW_BYTES):
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
                session.reject(path.name, number, f"not UTF-8: byte {mark_value(f'0x{line[error.start]:02x}')}")
                continue
            cells = next(csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE), [])
            if not header:
                header = _check_header(path, cells)
            elif len(cells) > len(header):
                session.summary.records += 1
                session.reject(path.name, number, f"{mark_value(len(cells))} cells for {len(header)} columns", text)
            elif any(cells):
                padded = cells + [""] * (len(header) - len(cells))
                yield number, dict(zip(header, padded, strict=True))
    if not header:
        raise InputError(f"{path} is empty.")


def _check_header(path: Path, cells: list[str]) -> list[str]:
    missing = [name for name in COLUMNS if name not in cells]
    if missing:
        raise InputError(
            f"{path} is not the Oscars table: it lacks the column {', '.join(missing)}. It has {', '.join(cells)}."
        )
    return cells


def _read_categories(path: Path) -> OscarCategories:
    document: Mapping[str, Any] = read_yaml_mapping(path)
    sets = {name: frozenset(document[name]) for name in ("given", "characters", "songs", "countries")}
    return OscarCategories(document["roles"], document["films"], unofficial=document["unofficial"], **sets)


def _year_after(year: str, digits: str) -> str:
    """The first year from `year` on with these last two digits.

    >>> _year_after("1927", "28"), _year_after("1999", "00")
    ('1928', '2000')
    """
    return str(int(year) + (int(digits) - int(year)) % 100)


def _ordinal_suffix(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _one_line(text: str) -> str:
    return " ".join(text.split())
