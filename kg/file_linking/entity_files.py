"""The entities of one file: a table whose columns are known by a mapping file or guessed, or RDF.

A row is an entity; rows with equal keys are one. A mapping `FILE.mapping.yaml` beside the file is used where there is
one, as `kg import table` uses it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson

from kg import vocabulary as film
from kg.errors import InputError
from kg.files.scratch import temporary_directory
from kg.importers.tables.table_files import SUFFIXES, nested_columns, read_header, read_rows
from kg.importers.tables.table_guess import WorkColumns, guess_filmography, guess_mapping, guess_work_columns
from kg.importers.tables.table_mapping import (
    ColumnMapping,
    RowFilter,
    TableMapping,
    read_table_mapping,
    with_list_columns,
)
from kg.importers.tables.unread_rows import UnreadRow, UnreadRows
from kg.linking.mentions import KIND_OF_CLASS, find_mentions, read_description
from kg.linking.model import Credit, Mention
from kg.linking.names import find_year
from kg.mappings.linked_datasets import LinkedDataset, find_identifier, read_datasets
from kg.project import Project, find_project
from kg.schema import Schema, read_ontology, to_schema
from kg.terms import to_iri
from kg.text.folding import closest
from kg.text.wikipedia_titles import interwiki_link, title_of_article

_NAMES = ("label", "alias", "title")
_FILMS = "films"
"""The meaning of a column of films in a table of people, which no property of the ontology has."""
_DATES = frozenset(("year", "date", "start", "birthDate", "earliest", "latest"))
_MAX_DESCRIPTION = 400
"""Characters of a description that are read."""
_UNDECODED = "\N{REPLACEMENT CHARACTER}"
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_NUMBER = re.compile(r"\d+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,8})?")
"""The key of a text in an object of texts by language: `{"en": "Stalker", "ru": "Сталкер"}`."""
_HOURS = re.compile(r"(?:PT)?(\d+)\s*(?:h|hrs?|hours?|:)\s*(\d+)?", re.IGNORECASE)
_AS = re.compile(r"\s+(?:as|als|\.\.\.|…)\s+")
_CREDIT_ROLES = {"castCredit": "castMember", "credit": ""}


@dataclass(frozen=True)
class EntityFile:
    """The entities of a file as mentions, and for each the row that the file has of it.

    `ids` maps a mention to the identifier of its row: the cells of the key, or the IRI.
    """

    path: Path
    columns: tuple[str, ...]
    mentions: tuple[Mention, ...]
    rows: Mapping[str, Mapping[str, str]]
    ids: Mapping[str, str]
    meanings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Column -> the properties that it was read as; columns that are not compared are missing."""
    key: tuple[str, ...] = ()
    """The columns that identify a row of a table."""
    unread: UnreadRows = field(default_factory=UnreadRows)
    undecoded_rows: int = 0
    """How many rows have characters that are not in the encoding of the table."""
    first_undecoded: int = 0
    """The number of the first of them, from 1."""

    @property
    def prefix(self) -> str:
        """What the identifiers of the file begin with as CURIEs."""
        return re.sub(r"[^a-z0-9]+", "-", self.path.name.partition(".")[0].lower()).strip("-") or "file"

    def values(self, column: str) -> Iterator[tuple[str, str]]:
        """The mentions, each with its cell in a column."""
        return ((id, row[column]) for id, row in self.rows.items() if row.get(column))


def read_entity_file(
    path: Path,
    *,
    side: str,
    kind: str = "",
    key: str = "",
    encoding: str = "",
    may_repeat: bool = False,
    project: Project | None = None,
) -> EntityFile:
    """The entities of a file; `side` begins the ids of its mentions.

    `kind` is what its rows are, if it should not be guessed, and `key` the column that identifies a row. In a file that
    `may_repeat` an entity, rows of equal titles and years are several entities, if nothing else identifies them.
    Raises `InputError` when the file cannot be read, or no column of it can be compared.
    """
    if not path.exists():
        raise InputError(f"There is no file {path}.")
    if not path.is_file():
        raise InputError(f"{path} is no file. It is read more than once, so a pipe must be saved in a file first.")
    project = project if project is not None else find_project()
    ontology = read_ontology(project.ontology)
    schema = to_schema(ontology)
    if path.name.endswith(SUFFIXES) or path.suffix in (".json", ".txt"):
        return _TableReader(path, side, schema, read_datasets(ontology), kind, key, encoding, may_repeat).read()
    return _read_rdf(path, side, kind, project, schema)


# --- tables


@dataclass(frozen=True)
class _TableReader:
    path: Path
    side: str
    schema: Schema
    datasets: Sequence[LinkedDataset]
    kind: str
    key: str
    encoding: str
    may_repeat: bool

    def read(self) -> EntityFile:
        mapping, works = self.mapping()
        rows: dict[str, dict[str, str]] = {}
        described: dict[str, _Description] = {}
        keys: dict[str, str] = {}
        column_names: dict[str, None] = {}
        unread = UnreadRows()
        undecoded = first_undecoded = 0
        for number, row in enumerate(read_rows(self.path, mapping), start=1):
            if isinstance(row, UnreadRow):
                unread.add(row)
                continue
            column_names.update(dict.fromkeys(row))
            if not _is_selected(row, mapping):
                continue
            if any(_UNDECODED in cell for cell in row.values()):
                undecoded += 1
                first_undecoded = first_undecoded or number
            cells = [row.get(name, "").strip() for name in mapping.key]
            text = " ".join(cells) if cells and all(cells) else str(number)
            id = f"{self.side}:{text}"
            keys[id] = text
            rows.setdefault(id, row)
            description = described.setdefault(id, _Description())
            self.add_row(description, row, mapping)
            description.class_name = description.class_name or _class_of(row, mapping) or works.class_of(row)
            description.episode = description.episode or works.episode_of(row)
        if not rows:
            if unread.counts:
                raise InputError(f"{self.path} has no row that can be read. {next(unread.to_lines(str(self.path)))}.")
            filtered = ", ".join(filter(None, (*mapping.where, mapping.class_column)))
            raise InputError(
                f"{self.path} has no rows{f' that its mapping selects by {filtered}' if column_names else ''}."
            )
        kind = self.kind or self.kind_of(mapping)
        # Each description is let go at once, since there may be a million.
        mentions = tuple(described.pop(id).to_mention(id, kind) for id in keys)
        if not any(mention.names or mention.identifiers for mention in mentions):
            remedy = f"State what they are in {self.path.name}.mapping.yaml: kg import table {self.path} --guess"
            raise InputError(f"No column of {self.path} was recognised as a name or an identifier. {remedy}")
        meanings: dict[str, list[str]] = defaultdict(list)
        for column in mapping.all_columns:
            if column.name:
                meanings[column.name].append(column.property)
        for name, meaning in zip(("kind", "season", "episode"), (works.kind, works.season, works.episode), strict=True):
            if meaning and name not in meanings[meaning]:
                meanings[meaning].append(name)
        return EntityFile(
            self.path,
            tuple(column_names),
            mentions,
            rows,
            keys,
            meanings,
            mapping.key,
            unread,
            undecoded,
            first_undecoded,
        )

    def mapping(self) -> tuple[TableMapping, WorkColumns]:
        """The mapping beside the file, or a guess, with the columns of kinds of works and of episodes."""
        works = WorkColumns()
        path = self.path.with_name(self.path.name + ".mapping.yaml")
        if path.exists():
            mapping = read_table_mapping(path, self.schema)
        else:
            with temporary_directory("link") as folder:
                guess = folder / "guess.yaml"
                guess.write_text(guess_mapping(self.path, self.schema, encoding=self.encoding or "utf-8"), "utf-8")
                mapping = read_table_mapping(guess, self.schema)
            names = {
                column.name for column in mapping.columns if column.property in _NAMES or column.property in _DATES
            }
            if self.may_repeat and names.issuperset(mapping.key):
                mapping = replace(mapping, key=())
            if not mapping.header:
                works = guess_work_columns(self.path, encoding=self.encoding or "utf-8")
                if self.kind == "person":
                    mapping = _with_filmography(mapping, *guess_filmography(self.path, encoding=mapping.encoding))
        if self.encoding:
            mapping = replace(mapping, encoding=self.encoding)
        if self.key:
            self.check_key(read_header(self.path, mapping))
            mapping = replace(mapping, key=(self.key,))
        return with_list_columns(mapping, nested_columns(self.path, mapping)), works

    def check_key(self, header: Sequence[str]) -> None:
        if self.key not in header:
            suggestions = closest(self.key, header, limit=1)
            remedy = f" Did you mean {suggestions[0]}?" if suggestions else ""
            raise InputError(f"{self.path.name} has no column {self.key}. It has {', '.join(header)}.{remedy}")

    def kind_of(self, mapping: TableMapping) -> str:
        """What the rows of a table are linked as."""
        name = mapping.class_name or next(iter(mapping.classes.values()), "Film")
        iri = self.schema.type_names.get(name)
        ancestors = self.schema.ancestors(iri) if iri is not None else frozenset()
        return next((kind for known, kind in KIND_OF_CLASS.items() if known in ancestors), "film")

    def add_row(self, description: _Description, row: Mapping[str, str], mapping: TableMapping) -> None:
        for column in mapping.columns:
            for text in _values(row, column, mapping):
                self.add_value(description, column, text, row)
        for part in mapping.parts:
            if not _matches(row, part.where, mapping):
                continue
            for column in part.columns:
                if column.property == "agent":
                    people = (_AS.split(text)[0] for text in _values(row, column, mapping))
                    description.credits += [Credit(name, _CREDIT_ROLES.get(part.property, "")) for name in people]
                elif column.property in _DATES and part.property == "release":
                    description.add_years(_values(row, column, mapping))

    def add_value(self, description: _Description, column: ColumnMapping, text: str, row: Mapping[str, str]) -> None:
        name, label = column.property, row.get(column.label, "") or text
        if name == _FILMS:
            description.credits.append(Credit(text))
        elif name in _NAMES:
            description.names.append(text)
        elif name in _DATES:
            is_title = "year-in-brackets" in column.clean
            description.add_years([str(find_year(text) or "")] if is_title else [text])
        elif name == "wikipediaArticle":
            description.add_article(text)
        elif name == "description":
            description.texts.append(text[:_MAX_DESCRIPTION])
        elif name == "runningTime":
            description.minutes = _minutes(text)
        elif name == "countryOfOrigin":
            description.countries.add(label)
        elif (iri := self.schema.names.get(name)) is not None:
            ancestors = self.schema.ancestors(iri)
            if film.identifier in ancestors:
                if (identifier := self.identifier(name, text)) is not None:
                    description.identifiers.add(identifier)
            elif film.contributor in ancestors:
                description.credits.append(Credit(label, "" if name == "contributor" else name))

    def identifier(self, property: str, text: str) -> tuple[str, str] | None:
        """The scheme and value of an identifier, which may be written as an address.

        None for a bare `identifier`, which does not state whose it is: two catalogues have a film number 7 each.
        """
        found = find_identifier(text, self.datasets) if "/" in text else None
        if found is not None:
            return found[0].value.rpartition("/")[2], found[1]
        if property == "imdbId" and text.isdecimal():
            return property, f"tt{text.zfill(7)}"
        return None if property == "identifier" else (property, text)


def _with_filmography(mapping: TableMapping, name: str, split: str) -> TableMapping:
    """The mapping of a table of people with the column of their films; a person's credits are films."""
    others = tuple(column for column in mapping.columns if column.name != name)
    if not name or not any(column.property == "label" for column in others):
        return mapping
    films = ColumnMapping(name, _FILMS, "text", "", "", split=split)
    return replace(mapping, columns=(*others, films))


@dataclass(slots=True)
class _Description:
    """What the rows of one entity state."""

    names: list[str] = field(default_factory=list)
    years: set[int] = field(default_factory=set)
    credits: list[Credit] = field(default_factory=list)
    identifiers: set[tuple[str, str]] = field(default_factory=set)
    countries: set[str] = field(default_factory=set)
    minutes: int | None = None
    class_name: str = ""
    episode: tuple[int, int] | None = None
    texts: list[str] = field(default_factory=list)
    """Descriptions, such as `1976 film by Krsto Papić`."""
    titles: list[str] = field(default_factory=list)
    """Those of Wikipedia's articles, and the years in them."""
    title_years: set[int] = field(default_factory=set)

    def add_years(self, texts: Iterable[str]) -> None:
        self.years.update(int(year) for text in texts for year in _YEAR.findall(text)[:1])

    def add_article(self, address: str) -> None:
        """Add a Wikipedia article: as an identifier, the title in its address, and the year in the title."""
        if link := interwiki_link(address):
            self.identifiers.add(("wikipediaArticle", link))
        if (article := title_of_article(address)) is not None:
            self.titles.append(article.name)
            self.title_years.update([article.year] if article.year is not None else [])

    def to_mention(self, id: str, kind: str) -> Mention:
        names = tuple(dict.fromkeys((*self.names, *self.titles)))
        years = self.years or {year for name in names if (year := find_year(name)) is not None}
        described = tuple(map(read_description, self.texts)) if kind == "film" else ()
        years = years or next((set(found) for found, _ in described if found), set())
        credits = [*self.credits, *(Credit(name, "director") for _, people in described for name in people)]
        if kind in ("film", "person"):
            years = years or self.title_years
        return Mention(
            id,
            names,
            kind,
            self.class_name if kind == "film" else "",
            years=tuple(sorted(years)),
            credits=tuple(dict.fromkeys(credits)),
            identifiers=frozenset(self.identifiers),
            countries=frozenset(self.countries),
            minutes=self.minutes,
            episode=self.episode,
        )


def _cell(row: Mapping[str, str], name: str, mapping: TableMapping) -> str:
    """The text of a cell; empty where it means nothing."""
    text = row.get(name, "").strip()
    return "" if text == r"\N" or text in mapping.missing else text


def _matches(row: Mapping[str, str], where: RowFilter, mapping: TableMapping) -> bool:
    """True for a row that has one of the texts in each of the columns."""
    return all(_cell(row, name, mapping) in texts for name, texts in where.items())


def _is_selected(row: Mapping[str, str], mapping: TableMapping) -> bool:
    """True for a row that the mapping uses, as an import does."""
    if mapping.class_column and not mapping.class_name and _class_of(row, mapping) == "":
        return False
    return _matches(row, mapping.where, mapping)


def _class_of(row: Mapping[str, str], mapping: TableMapping) -> str:
    """The class that the mapping states of a row by one of its columns."""
    return mapping.classes.get(_cell(row, mapping.class_column, mapping), "") if mapping.class_column else ""


def _values(row: Mapping[str, str], column: ColumnMapping, mapping: TableMapping) -> list[str]:
    """The values of a cell, split as the mapping states; none where the column does not apply to the row."""
    cell = _cell(row, column.name, mapping)
    if not _matches(row, column.where, mapping) or (
        column.other_than and cell == _cell(row, column.other_than, mapping)
    ):
        return []
    cell = column.values.get(cell, cell)
    if not cell:
        return [column.constant] if column.constant else []
    if column.split == "json" or cell.startswith(("[", '{"')):
        try:
            elements = orjson.loads(cell)
        except orjson.JSONDecodeError:
            return [cell]
        if isinstance(elements, dict) and all(map(_LANGUAGE.fullmatch, elements)):
            elements = list(elements.values())
        elements = elements if isinstance(elements, list) else [elements]
        return [text for element in elements if (text := _element_text(element))]
    parts = cell.split(column.split) if column.split else [cell]
    return [part.strip() for part in parts if part.strip()]


def _element_text(element: object) -> str:
    if isinstance(element, dict):
        element = next((element[name] for name in ("name", "label", "title") if element.get(name)), "")
    return "" if element is None else str(element).strip()


def _minutes(text: str) -> int | None:
    """The minutes of a running time: `139`, `139 min`, `2h 19m`."""
    if (hours := _HOURS.match(text)) is not None:
        return int(hours[1]) * 60 + int(hours[2] or 0)
    number = _NUMBER.match(text)
    return int(number[0]) if number is not None and 0 < int(number[0]) < 2000 else None


# --- RDF


def _read_rdf(path: Path, side: str, kind: str, project: Project, schema: Schema) -> EntityFile:
    """The entities of an RDF file, imported into a folder that is deleted at once."""
    from kg.facts.fact_table import ProjectFacts
    from kg.facts.model import Source
    from kg.facts.readers import read_facts
    from kg.graph.triple_tables import TripleTables
    from kg.importers.rdf import SUFFIXES as RDF_SUFFIXES
    from kg.importers.rdf import import_rdf
    from kg.importers.session import open_session

    if not path.name.endswith(RDF_SUFFIXES):
        known = ", ".join((*SUFFIXES, *RDF_SUFFIXES))
        raise InputError(f"{path}: this is not the suffix of a table or an RDF file. Known are {known}.")
    with temporary_directory("link") as data:
        with open_session(data, Source("file"), tuple(read_ontology(project.ontology)), schema) as session:
            import_rdf([path], session)
            session.finish()
        facts = tuple(read_facts(data, schema, ProjectFacts(TripleTables())).facts)
    records = {fact.subject: fact.evidence.record for fact in reversed(facts)}
    mentions = [mention for group in find_mentions(facts, schema).by_catalogue.values() for mention in group]
    kinds: dict[str, int] = defaultdict(int)
    for mention in mentions:
        kinds[mention.kind] += 1
    wanted = kind or ("film" if kinds.get("film") else max(kinds, key=kinds.__getitem__, default=""))
    chosen = [mention for mention in mentions if mention.kind == wanted]
    if not chosen:
        raise InputError(f"{path} describes no {wanted or 'entity that can be linked'}.")
    ids = {f"{side}:{records[to_iri(mention.id)]}": mention for mention in chosen}
    rows = {id: _row_of(mention, id.partition(":")[2]) for id, mention in ids.items()}
    renamed = tuple(replace(mention, id=id) for id, mention in ids.items())
    return EntityFile(path, _RDF_COLUMNS, renamed, rows, {id: id.partition(":")[2] for id in ids})


_RDF_COLUMNS = ("iri", "name", "other names", "years", "people", "identifiers")


def _row_of(mention: Mention, iri: str) -> dict[str, str]:
    cells = (
        iri,
        mention.name,
        "; ".join(mention.names[1:]),
        ", ".join(map(str, mention.years)),
        "; ".join(dict.fromkeys(credit.name for credit in mention.credits)),
        "; ".join(f"{scheme} {value}" for scheme, value in sorted(mention.identifiers)),
    )
    return dict(zip(_RDF_COLUMNS, cells, strict=True))
