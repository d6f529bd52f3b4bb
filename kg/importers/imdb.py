"""IMDb's published tables walk in (https://developer.imdb.com/non-commercial-datasets/); facts walk out.

Each table is read by the mapping of its name under `mappings/imdb/`. They are read together: where the titles are among
them, the other tables tell of these titles only, and the names are those of the people that the titles lead to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kg.errors import InputError
from kg.importers.entity_names import dataset_entity_name, name_component, to_node
from kg.importers.input_files import list_files, open_decompressed
from kg.importers.session import ImportSession
from kg.importers.tables.mapping import read_table_mapping
from kg.importers.tables.run import import_file
from kg.mappings import MAPPINGS
from kg.schema import Schema
from kg.yaml_files import YamlError, YamlNode, read_documents

SUFFIXES = (".tsv", ".tsv.gz")
FOLDER = MAPPINGS / "imdb"
TITLES, NAMES = "title.basics", "name.basics"


def import_imdb(paths: Sequence[str | Path], session: ImportSession, schema: Schema) -> None:
    """Read tables into the session; a table of another name is counted and left out.

    Raises `InputError` when none of them is a table that is known.
    """
    known = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
    tables: dict[str, Path] = {}
    for file in list_files(paths, SUFFIXES):
        name = file.name.removesuffix(".gz").removesuffix(".tsv")
        if name not in known:
            session.summary.skipped[f"tables that have no mapping: {file.name}"] += 1
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
            mapping = replace(mapping, stub=None)
        only = titles if name != NAMES else "SELECT thing FROM mention" if len(tables) > 1 else ""
        read = import_file(tables[name], mapping, session, number=number, alone=True, only=only)
        if name == TITLES:
            titles = read.entities


PREFIX = "imdb"
AWARD_FILE_SUFFIXES = (".yml", ".yaml")
LARGEST_FILE = 32 << 20
_EVENT = re.compile(r"ev\d{7}")
_TITLE = re.compile(r"tt\d{7,9}")
_YEAR = re.compile(r"\d{4}(?:-\d{1,2})?")
_KINDS = {"nominee": "nomination", "winner": "win"}


def import_imdb_awards(paths: Sequence[str | Path], session: ImportSession) -> None:
    """Read event files into the session; raises `InputError` for one that is no such file."""
    for path in list_files(paths, AWARD_FILE_SUFFIXES):
        event = path.name.partition(".")[0]
        if _EVENT.fullmatch(event) is None:
            session.summary.skipped["files that are not named for an event, like ev0000003.yml"] += 1
            continue
        title, years = _read(path, session)
        _Event(session, path.name, event, title or event).read(years)


@dataclass
class _Event:
    session: ImportSession
    file: str
    event: str
    title: str

    def __post_init__(self) -> None:
        self.programme = dataset_entity_name(PREFIX, self.event)

    def read(self, years: YamlNode) -> None:
        self.thing(self.programme, "AwardProgramme", self.title, self.event, imdbId=self.event)
        for year, awards in self.entries(years, ""):
            if _YEAR.fullmatch(year) is None:
                self.reject(awards, f"{year[:40]!r} is not a year")
                continue
            for award, categories in self.entries(awards, year):
                for category, titles in self.entries(categories, f"{year}/{award}"):
                    self.category(year, award, category, titles)

    def entries(self, node: YamlNode, place: str) -> Iterator[tuple[str, YamlNode]]:
        """What stands in a mapping; what is none is rejected, and so is a key that is no text."""
        if node.entries is None and not node.is_null:
            self.reject(node, f"{place or 'the file'}: a mapping is wanted, not {node.kind}")
        for key, value in node.entries or ():
            if key.text is None:
                self.reject(key, f"{place}: a name is wanted, not {key.kind}")
            else:
                yield key.text, value

    def category(self, year: str, award: str, category: str, titles: YamlNode) -> None:
        record = f"{self.event}/{year}/{award}/{category}"
        names = (award,) if award == category else (award, category)
        prize, edition = dataset_entity_name(PREFIX, self.event, *names), dataset_entity_name(PREFIX, self.event, year)
        said = {"editionOf": self.programme} | ({"year": year} if len(year) == 4 else {})
        self.thing(edition, "Edition", f"{self.title} {year}", f"{self.event}/{year}", paraphrase=True, **said)
        self.thing(prize, "Award", ": ".join(names), self.event, awardOf=self.programme)
        for told, listed in self.entries(titles, record):
            if told not in _KINDS:
                self.session.summary.unmapped[f"list {told[:40]}"] += 1
            elif listed.elements is None:
                if not listed.is_null:
                    self.reject(listed, f"{record}: a list of titles is wanted, not {listed.kind}")
            else:
                self.titles(_KINDS[told], listed.elements, f"{year}-{name_component(category)}", prize, edition, record)

    def titles(self, kind: str, titles: Sequence[YamlNode], local: str, prize: str, edition: str, record: str) -> None:
        add = self.session.add_fact
        for one in titles:
            self.session.summary.records += 1
            title = one.text or ""
            if _TITLE.fullmatch(title) is None:
                self.reject(one, f"{record}: {title[:40]!r} is not a title's number")
                continue
            work = dataset_entity_name(PREFIX, title)
            node = to_node(work, kind, f"{self.event}-{local}")
            add(work, "type", "Work", record=title)
            add(work, "imdbId", title, record=title)
            add(work, kind, node, record=record)
            for property, value in (("award", prize), ("edition", edition), ("forWork", work)):
                add(node, property, value, record=record)

    def thing(self, name: str, kind: str, label: str, record: str, *, paraphrase: bool = False, **said: str) -> None:
        self.session.add_fact(name, "type", kind, record=record)
        self.session.add_fact(name, "label", label, record=record, paraphrase=paraphrase)
        for property, value in said.items():
            self.session.add_fact(name, property, value, record=record)

    def reject(self, node: YamlNode, reason: str) -> None:
        self.session.reject(self.file, node.place.line or 0, reason)


def _read(path: Path, session: ImportSession) -> tuple[str, YamlNode]:
    """The event's name, which stands in the first comment, and its years."""
    with open_decompressed(path, session.progress) as file:
        read = file.read(LARGEST_FILE + 1)
    if len(read) > LARGEST_FILE:
        raise InputError(f"{path} is larger than {LARGEST_FILE >> 20} MB.")
    try:
        text = read.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = read.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}: not UTF-8: byte 0x{read[error.start]:02x}. Nothing was written.") from error
    try:
        roots = list(read_documents(text, file=str(path)))
    except YamlError as error:
        raise InputError(f"{error.place}: {error.message}. Nothing was written.") from error
    if len(roots) != 1 or roots[0].entries is None:
        raise InputError(f"{path} holds no list of prizes: year -> award -> category -> nominee, winner.")
    first = text.split("\n", 1)[0]
    return first.removeprefix("#").strip() if first.startswith("#") else "", roots[0]
