"""IMDb: its published tables, and the award lists of IMDb-Awards.

https://developer.imdb.com/non-commercial-datasets/: each table is read by the mapping of its name under
`mappings/imdb/`. They are read together: where the titles are among them, the other tables are read for these titles
only, and the names for the people whom the titles lead to.

https://github.com/Kometa-Team/IMDb-Awards: a file is one event, year -> award -> category -> the titles that were
nominated and that won. The titles are numbers only, and may be films or anything else, so they are imported as works
that their numbers call; linking finds out which they are. The year is that of the ceremony.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import NamedNode

from kg import vocabulary as film
from kg.errors import InputError
from kg.files.yaml_files import YamlError, YamlNode, read_documents
from kg.importers.dataset_names import dataset_entity_name
from kg.importers.input_files import list_files, open_decompressed
from kg.importers.reject_reasons import mark_value
from kg.importers.session import ImportSession, part_name
from kg.importers.tables.table_import import import_file
from kg.importers.tables.table_mapping import read_table_mapping
from kg.mappings import MAPPINGS
from kg.terms import LABEL, TYPE

PREFIX = "imdb"
TABLE_SUFFIXES = (".tsv", ".tsv.gz")
AWARD_FILE_SUFFIXES = (".yml", ".yaml")
MAX_AWARD_FILE_BYTES = 32 << 20
_TITLES, _NAMES = "title.basics", "name.basics"
_EVENT = re.compile(r"ev\d{7}")
_AWARD, _CATEGORY = "[a-z][a-z0-9]*", "[a-z][a-z0-9]*(?: [a-z0-9]+)*"
"""Awards and categories whose names need no digest: `oscar` and `best picture` are not `oscar best` and `picture`."""
_TITLE = re.compile(r"tt\d{7,9}")
_YEAR = re.compile(r"\d{4}(?:-\d{1,2})?")
_OUTCOME_OF_LIST = {"nominee": "nominated", "winner": "won"}


def import_imdb(paths: Sequence[str | Path], session: ImportSession) -> None:
    """Import tables; a table of another name is counted and left out.

    Raises `InputError` when none of them is a known table.
    """
    mappings = {path.stem: path for path in sorted((MAPPINGS / "imdb").glob("*.yaml"))}
    tables: dict[str, Path] = {}
    for file in list_files(paths, TABLE_SUFFIXES):
        name = file.name.removesuffix(".gz").removesuffix(".tsv")
        if name not in mappings:
            session.summary.skipped[f"tables that have no mapping: {file.name}"] += 1
        elif name in tables:
            raise InputError(f"{file} and {tables[name]} are the same table; name one of them.")
        else:
            tables[name] = file
    if not tables:
        known = ", ".join(f"{name}.tsv" for name in mappings)
        raise InputError(f"None of these files is a known table of IMDb. The known ones are {known}.")
    titles = ""
    for number, name in enumerate(sorted(tables, key=lambda name: (name != _TITLES, name == _NAMES, name))):
        mapping = read_table_mapping(mappings[name], session.schema)
        if titles:
            mapping = replace(mapping, stub=None)
        only = titles if name != _NAMES else "SELECT entity FROM stub" if len(tables) > 1 else ""
        rows = import_file(tables[name], mapping, session, number=number, alone=True, only=only)
        if name == _TITLES:
            titles = rows.entities


def import_imdb_awards(paths: Sequence[str | Path], session: ImportSession) -> None:
    """Import event files; one that is not an award list is rejected."""
    for path in list_files(paths, AWARD_FILE_SUFFIXES):
        event = path.name.partition(".")[0]
        if _EVENT.fullmatch(event) is None:
            session.summary.skipped["files that are not named for an event, like ev0000003.yml"] += 1
            continue
        try:
            title, years = _read_award_file(path, session)
        except _AwardFileError as error:
            session.reject(path.name, error.line, error.reason)
        else:
            _AwardEvent(session, path.name, event, title or event).add_years(years)


@dataclass
class _AwardFileError(Exception):
    """A file that is not an award list."""

    reason: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class _AwardEvent:
    """The facts of one event file."""

    session: ImportSession
    file: str
    event: str
    title: str

    @property
    def programme(self) -> str:
        return dataset_entity_name(PREFIX, self.event)

    def add_years(self, years: YamlNode) -> None:
        self.add_entity(self.programme, film.AwardProgramme, self.title, self.event, {film.imdbId: self.event})
        for year, awards in self.entries(years, ""):
            if _YEAR.fullmatch(year) is None:
                self.reject(awards, f"{mark_value(repr(year[:40]))} is not a year")
                continue
            for award, categories in self.entries(awards, year):
                for category, titles in self.entries(categories, f"{year}/{award}"):
                    self.add_category(year, award, category, titles)

    def entries(self, node: YamlNode, path: str) -> Iterator[tuple[str, YamlNode]]:
        """The entries of a mapping; another kind of node is rejected, and so is a key that is not a text."""
        if node.entries is None and not node.is_null:
            self.reject(node, f"{mark_value(path or 'the file')}: expected a mapping, not {node.kind}")
        for key, value in node.entries or ():
            if key.text is None:
                self.reject(key, f"{mark_value(path)}: expected a name, not {key.kind}")
            else:
                yield key.text, value

    def add_category(self, year: str, award: str, category: str, lists: YamlNode) -> None:
        record = f"{self.event}/{year}/{award}/{category}"
        names = (award,) if award == category else (award, category)
        prize = self.programme
        for name, usual in zip(names, (_AWARD, _CATEGORY), strict=False):
            prize = dataset_entity_name(prize, name, usual=usual)
        edition = dataset_entity_name(self.programme, year)
        held = {film.editionOf: self.programme} | ({film.year: year} if len(year) == 4 else {})
        label = f"{self.title} {year}"
        self.add_entity(edition, film.Edition, label, f"{self.event}/{year}", held, paraphrase=True)
        self.add_entity(prize, film.Award, ": ".join(names), self.event, {film.awardOf: self.programme})
        for list_name, titles in self.entries(lists, record):
            if list_name not in _OUTCOME_OF_LIST:
                self.session.summary.unmapped[f"list {list_name[:40]}"] += 1
            elif titles.elements is None:
                if not titles.is_null:
                    self.reject(titles, f"{mark_value(record)}: expected a list of titles, not {titles.kind}")
            else:
                id, values = (
                    f"{self.event}-{year}{prize.removeprefix(self.programme)}",
                    {film.award: prize, film.edition: edition},
                )
                self.add_titles(titles.elements, id, values | {film.outcome: _OUTCOME_OF_LIST[list_name]}, record)

    def add_titles(self, titles: Sequence[YamlNode], id: str, values: Mapping[NamedNode, str], record: str) -> None:
        """Add the recognitions of titles, as parts with this id and these values."""
        add = self.session.add_fact
        for node in titles:
            self.session.summary.records += 1
            title = node.text or ""
            if _TITLE.fullmatch(title) is None:
                self.reject(node, f"{mark_value(f'{record}: {title[:40]!r}')} is not a title's number")
                continue
            work = dataset_entity_name(PREFIX, title)
            part = part_name(work, film.recognition, id)
            add(work, TYPE, film.Work, record=title)
            add(work, film.imdbId, title, record=title)
            add(work, LABEL, title, record=title, paraphrase=True)
            add(work, film.recognition, part, record=record)
            for name, value in (*values.items(), (film.forWork, work)):
                add(part, name, value, record=record)

    def add_entity(
        self,
        name: str,
        class_iri: NamedNode,
        label: str,
        record: str,
        values: Mapping[NamedNode, str],
        *,
        paraphrase: bool = False,
    ) -> None:
        self.session.add_fact(name, TYPE, class_iri, record=record)
        self.session.add_fact(name, LABEL, label, record=record, paraphrase=paraphrase)
        for property, value in values.items():
            self.session.add_fact(name, property, value, record=record)

    def reject(self, node: YamlNode, reason: str) -> None:
        self.session.reject(self.file, node.place.line or 0, reason)


def _read_award_file(path: Path, session: ImportSession) -> tuple[str, YamlNode]:
    """The event's name, which is in the first comment, and its years."""
    with open_decompressed(path, session.progress) as file:
        content = file.read(MAX_AWARD_FILE_BYTES + 1)
    if len(content) > MAX_AWARD_FILE_BYTES:
        raise _AwardFileError(f"larger than {MAX_AWARD_FILE_BYTES >> 20} MB")
    try:
        text = content.decode("utf-8-sig")
        roots = list(read_documents(text, file=str(path)))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise _AwardFileError(f"not UTF-8: byte 0x{byte:02x}", line) from error
    except YamlError as error:
        raise _AwardFileError(error.message, error.place.line or 1) from error
    if len(roots) != 1 or roots[0].entries is None:
        raise _AwardFileError("not an award list: year -> award -> category -> nominee, winner")
    first = text.split("\n", 1)[0]
    return first.removeprefix("#").strip() if first.startswith("#") else "", roots[0]
