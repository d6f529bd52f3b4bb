"""A first mapping file, guessed from a table, for a person to correct."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode

from kg.errors import InputError
from kg.files.yaml_files import is_plain_scalar, read_yaml_mapping
from kg.importers.tables.table_files import detect_format, nested_columns, read_header, read_sample
from kg.mappings import MAPPINGS
from kg.schema import Schema, ValueKind
from kg.terms import FILM, TYPE, XSD
from kg.text.folding import fold_name, to_slug
from kg.text.wikipedia_titles import title_of_article

SAMPLE_ROWS = 1000
_SEPARATORS = ("|", ";", "/", ", ", ",")
_KEYS = frozenset(
    """id key no nr n° nº number signatur signature shelfmark cote inventory|number inventory|no inventory|nr
    inventarnummer inventar-nr inventarnr n°|inv no|inv nr|inv inv|no inv|nr inv numéro|d'inventaire n°|d'inventaire
    inventaire catalogue|number catalogue|no catalog|number catalog|no catalogue|id accession|number accession|no
    archive|number archive|no record|id record|number""".replace("|", "_").split()
)
"""The words by which catalogues call the number of a record, as `_key_words` writes them."""
_CODE = re.compile(r"[^\W\d_]{0,8}[ .:/_\-]{0,2}\d[\w.:/\-]*")
_FULL_NAME = r"^[^\W\d_][^\d_@/]*[ ,.][^\d_@/]+$"
_NAME, _LONG_NAME = re.compile(r"(?!https?:|[{\[]).*[^\W\d_].*"), 60
_FILM_KEYS = ("work id", "film id", "movie id", "title id")
_DAY = r"^\d{4}-\d\d(?:-\d\d)?|^\d\d?[./]\d\d?[./]\d{4}$"
_IDENTIFIERS = {
    "imdbId": re.compile(r"(?:tt|nm|co)\d{7,9}"),
    "wikidataId": re.compile(r"Q[1-9]\d*"),
}
_ARTICLE = re.compile(
    r", (?:The|An?|L[eao]s?|L['’]|Une?|Der|Die|Das|Den|Dem|Eine?|El|Il|Gli|I|De|Het|Een|Os?|As?|Ett?|En)$"
)
_AFFIXES = re.compile(r"^(?:film|movie|main|lead|first)\s+|\s+(?:names?|labels?|\(s\)|\d+|of film|of the film)(?=\s|$)")
_IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NO_ADDRESS = frozenset(("NA", "NaN", "nan", "None", "null", "NULL", "-"))
_FILM_CLASS = (NamedNode(FILM + "Film"),)
_CURRENCY_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}

Cells = Mapping[str, Sequence[str]]
"""Column -> the cells of the sample that are not empty."""


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """What one column probably means; `property` is empty where nothing fits."""

    column: str
    property: str
    split: str = ""
    clean: tuple[str, ...] = ()
    class_name: str = ""
    inverse: str = ""
    year_cleaning: str = ""
    """The cleaning of the year that is in the same cell."""
    label: str = ""
    language: str = ""
    other_than: str = ""
    """The column that has the same value where this one says nothing."""
    identifier: str = ""
    empty_texts: tuple[str, ...] = ()
    """Texts that mean nothing, such as an amount of zero."""


@dataclass(frozen=True, slots=True)
class PartGuess:
    """What several columns together probably mean: a credit, a release, a figure."""

    property: str
    columns: tuple[ColumnGuess, ...]
    each: tuple[str, ...] = ()
    currency: str = ""


def guess_mapping(path: Path, schema: Schema, *, encoding: str = "utf-8") -> str:
    """The text of a mapping file for a table; raises `InputError` when the table cannot be read."""
    header = read_header(path, encoding=encoding)
    rows = read_sample(path, SAMPLE_ROWS, encoding=encoding)
    if not rows:
        raise InputError(f"{path} has no rows to guess from.")
    known = read_yaml_mapping(MAPPINGS / "guess.yaml")
    has_header = detect_format(path, None) not in ("csv", "tsv") or not _is_row(header, rows)
    if not has_header:
        # The first line is a film already.
        names = [f"column{number}" for number in range(1, len(header) + 1)]
        rows = [dict(zip(names, values, strict=True)) for values in (header, *([*row.values()] for row in rows))]
        header = names
    cells = {name: [row[name] for row in rows if row.get(name)] for name in header}
    parts = list(_guess_parts(header, cells, known["parts"]))
    pairs = {guess.column: guess for guess in _guess_pairs(header, cells, known["pairs"])}
    used = {guess.column for part in parts for guess in part.columns}
    used |= {guess.label for guess in pairs.values() if guess.label}
    nested = nested_columns(path)
    guesses = _without_repetition(
        pairs.get(name) or _guess_column(name, cells[name], schema, known, is_nested=name in nested)
        for name in header
        if name not in used
    )
    guesses = _with_other_titles(_with_label(_with_people(guesses, cells, known), cells, len(rows)))
    key = _guess_key(guesses, cells, len(rows))
    return _to_text(path, guesses, parts, cells, key=key, header=[] if has_header else header, encoding=encoding)


@dataclass(frozen=True, slots=True)
class WorkColumns:
    """The columns of a table that state what kind of work a row is, and which episode of a series.

    `classes` maps the texts of `kind`, folded, to the names of classes.
    """

    kind: str = ""
    season: str = ""
    episode: str = ""
    classes: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Those that the table has."""
        return tuple(filter(None, (self.kind, self.season, self.episode)))

    def class_of(self, row: Mapping[str, str]) -> str:
        """The class of a row; empty where no word states it."""
        return self.classes.get(_in_words(row.get(self.kind, "").strip()), "")

    def episode_of(self, row: Mapping[str, str]) -> tuple[int, int] | None:
        """The number of a row's season, 0 where it is not stated, and that of the episode."""
        season, episode = (row.get(name, "").strip() for name in (self.season, self.episode))
        if not _WHOLE_NUMBER.fullmatch(episode):
            return None
        return int(float(season)) if _WHOLE_NUMBER.fullmatch(season) else 0, int(float(episode))


def guess_work_columns(path: Path, *, encoding: str = "utf-8") -> WorkColumns:
    """The columns that state kinds of works and numbers of episodes, by their names and most of their values."""
    known = read_yaml_mapping(MAPPINGS / "guess.yaml")["works"]
    header, rows = read_header(path, encoding=encoding), read_sample(path, SAMPLE_ROWS, encoding=encoding)
    classes = {word: name for name, words in known["words"].items() for word in words}

    def find(names: Sequence[str], is_value: Callable[[str], object]) -> str:
        for column in sorted(header, key=lambda column: _in_words(column) != names[0]):
            cells = [text for row in rows if (text := row.get(column, "").strip()) and text != r"\N"]
            if _in_words(column) in names and cells and sum(map(bool, map(is_value, cells))) > 0.9 * len(cells):
                return column
        return ""

    return WorkColumns(
        find(known["columns"], lambda cell: _in_words(cell) in classes),
        find(known["season"], _WHOLE_NUMBER.fullmatch),
        find(known["episode"], _WHOLE_NUMBER.fullmatch),
        classes,
    )


def guess_filmography(path: Path, *, encoding: str = "utf-8") -> tuple[str, str]:
    """The column of a table of people that has their films, and what is between these; empty where there is none."""
    known = read_yaml_mapping(MAPPINGS / "guess.yaml")["filmographies"]
    column = next((name for name in read_header(path, encoding=encoding) if _in_words(name) in known), "")
    cells = [row[column] for row in read_sample(path, SAMPLE_ROWS, encoding=encoding) if row.get(column)]
    return column, next(
        (mark for mark in _SEPARATORS[:3] if sum(mark in cell for cell in cells) > 0.2 * len(cells)), ""
    )


_WHOLE_NUMBER = re.compile(r"\d{1,4}(?:\.0)?")
_VALUE_FORMS = tuple(map(re.compile, (r"\d+", r"https?://.*", r"(?:tt|nm)\d{7,9}", r"Q\d+", r".*\((?:1[89]|20)\d\d\)")))
"""A number, an IRI, an identifier, a title with its year."""


def _is_row(header: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bool:
    """True when the first line is a row: one of its cells has the form of a value, as most cells below it have."""
    for name in header:
        cells = [row[name] for row in rows if row.get(name)]
        for form in _VALUE_FORMS:
            if form.fullmatch(name) and sum(form.fullmatch(cell) is not None for cell in cells) * 2 > len(cells):
                return True
    return False


def _guess_pairs(header: Sequence[str], cells: Cells, known: Mapping[str, Any]) -> Iterator[ColumnGuess]:
    """Columns in pairs, an identifier and a name: `work_id` and `work_label`."""
    for column in header:
        is_item = _mostly_match(r"^(?:https?://www\.wikidata\.org/(?:entity|wiki)/)?Q[1-9]\d*$", cells[column])
        stem = _in_words(column).removesuffix(" id").strip()
        name = next((other for other in header if _in_words(other) in (f"{stem} label", f"{stem} name")), "")
        if not name or not (is_item or _in_words(column).endswith(" id")):
            continue
        identifier = "wikidataId" if is_item else ""
        if stem in known["films"]:
            yield ColumnGuess(name, "label")
            yield ColumnGuess(column, identifier)
        elif stem in known["others"]:
            property, class_name = known["others"][stem]
            yield ColumnGuess(column, property, class_name=class_name, label=name, identifier=identifier)


def _with_people(guesses: list[ColumnGuess], cells: Cells, known: Mapping[str, Any]) -> list[ColumnGuess]:
    """The guesses, with columns of the names of people that have short names: `by`."""
    found = {guess.property for guess in guesses}

    def with_people(guess: ColumnGuess) -> ColumnGuess:
        property, names = known["people"].get(_in_words(guess.column), ""), cells[guess.column]
        if guess.property or not property or property in found or not _mostly_match(_FULL_NAME, names):
            return guess
        class_name = known["classes"].get(property, "")
        split = _guess_split(names, class_name)
        return ColumnGuess(
            guess.column, property, split, _guess_cleaning(property, names, split, class_name), class_name
        )

    return list(map(with_people, guesses))


def _with_label(guesses: list[ColumnGuess], cells: Cells, count: int) -> list[ColumnGuess]:
    """The guesses, with a label: where no column is one, the other titles with the fewest empty cells, or the first
    column of texts that look like names.

    A work must have a label: a table that has original titles alone has them as labels.
    """
    titles = [guess for guess in guesses if guess.property == "alias" and cells[guess.column]]
    titles = titles or [guess for guess in guesses if not guess.property and _are_names(cells[guess.column], count)][:1]
    if not titles or any(guess.property == "label" for guess in guesses):
        return guesses
    fullest = max(titles, key=lambda guess: (len(cells[guess.column]), not guess.language))
    return [replace(guess, property="label", split="") if guess is fullest else guess for guess in guesses]


def _are_names(cells: Sequence[str], count: int) -> bool:
    """True for short texts of letters that nearly all rows have, most of them only one row."""
    are_short = sum(map(len, cells)) < _LONG_NAME * len(cells)
    are_own = len(cells) > 0.9 * count and len(set(cells)) > 0.7 * len(cells)
    is_text = sum(_NAME.fullmatch(cell) is not None and _CODE.fullmatch(cell) is None for cell in cells)
    return are_short and are_own and is_text > 0.9 * len(cells)


def _with_other_titles(guesses: list[ColumnGuess]) -> list[ColumnGuess]:
    """The guesses, with original titles that are read only where they are other than the title."""
    label = next((guess.column for guess in guesses if guess.property == "label" and not guess.clean), "")
    aliases = [guess for guess in guesses if guess.property == "alias" and not (guess.split or guess.language)]
    is_other = {guess.column for guess in aliases if label}
    return [replace(guess, other_than=label) if guess.column in is_other else guess for guess in guesses]


def _without_repetition(guesses: Iterable[ColumnGuess]) -> list[ColumnGuess]:
    """The guesses, with one label and one identifier of each scheme: the first column that could be it."""
    kept: list[ColumnGuess] = []
    for guess in guesses:
        is_single = guess.property == "label" or guess.property in _IDENTIFIERS
        is_second = is_single and not guess.label and any(other.property == guess.property for other in kept)
        kept.append(replace(guess, property="") if is_second else guess)
    return kept


def _guess_parts(header: Sequence[str], cells: Cells, known: Mapping[str, Any]) -> Iterator[PartGuess]:
    """The parts whose required columns are all there, under one of their usual names."""
    by_words = {_in_words(name): name for name in reversed(header)}
    for property, usual in known.items():
        columns = {
            name: next((by_words[words] for words in names if words in by_words), "")
            for name, names in usual["columns"].items()
        }
        cast = columns.get("agent", "")
        has_both = _mostly_match(r" (?:as|als|\.\.\.|…) ", cells.get(cast, ()))
        if has_both:
            columns["character"] = cast
        if all(columns[name] for name in usual["required"]):
            guesses = tuple(
                _guess_part_column(name, column, cells[column], usual, has_both=has_both)
                for name, column in columns.items()
                if column
            )
            each = tuple(dict.fromkeys(guess.column for guess in guesses if guess.split))
            is_bare = "amount" in columns and not columns.get("currency")
            yield PartGuess(property, guesses, each, _guess_currency(cells[columns["amount"]]) if is_bare else "")


def _guess_part_column(
    property: str, name: str, cells: Sequence[str], usual: Mapping[str, Any], *, has_both: bool
) -> ColumnGuess:
    """What a column means in a part; `has_both` when its cells have actor and character: `Mikey Madison as Ani`."""
    class_name, inverse = usual.get("class", {}).get(property, ""), usual.get("within", {}).get(property, "")
    split = _guess_split(cells, class_name) if property in ("agent", "character") else ""
    clean = _guess_cleaning(property, cells, split, class_name)
    if has_both and property in ("agent", "character"):
        clean = ("trim", "before-as" if property == "agent" else "after-as")
    zeros = sorted({cell for cell in cells if re.fullmatch(r"0+(?:[.,]0+)?", cell)}) if property == "amount" else []
    return ColumnGuess(name, property, split, clean, class_name, inverse, empty_texts=tuple(zeros))


def _guess_currency(cells: Sequence[str]) -> str:
    return next((code for sign, code in _CURRENCY_SIGNS.items() if _mostly_match(re.escape(sign), cells)), "USD")


def _in_words(name: str) -> str:
    """A column's name in lower-case words: `releaseDate` is `release date`; of an address its last part."""
    if re.match(r"https?://", name):
        name = re.split(r"[/#]", name.rstrip("/#"))[-1]
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower().replace("_", " ").replace("-", " ").strip()


def _key_words(name: str) -> str:
    """A column's name in words, without the full stops of abbreviations: `N° inv.` is `n°_inv`."""
    return "_".join(_in_words(name).replace(".", " ").split())


def _guess_split(cells: Sequence[str], class_name: str = "") -> str:
    """The mark between the values of a cell, of this class; empty where a cell has one value."""
    if sum(_is_json_list(cell) for cell in cells) > 0.5 * len(cells):
        return "json"
    marks = (mark for mark in _SEPARATORS if sum(mark in cell for cell in cells) > 0.2 * len(cells))
    mark = next(marks, "")
    return "" if mark == ", " and class_name == "Person" and _have_family_name_first(cells) else mark


def _have_family_name_first(cells: Sequence[str]) -> bool:
    """True where cells are names such as `Murnau, Friedrich Wilhelm`, not lists such as `Ann Roe, Rui Melo`."""
    with_comma = [cell for cell in cells if ", " in cell]
    inverted = [cell for cell in with_comma if re.fullmatch(r"(?:[a-z]+ )*[^\s,]+, [^,]+(?:, [JS]r\.?)?", cell)]
    return len(inverted) > 0.8 * len(with_comma)


def _is_json_list(cell: str) -> bool:
    if not cell.startswith("["):
        return False
    try:
        return isinstance(json.loads(cell), list)
    except json.JSONDecodeError:
        return False


def _mostly_match(pattern: str, cells: Sequence[str]) -> bool:
    """True when a regular expression matches in more than half of the cells."""
    return sum(re.search(pattern, cell) is not None for cell in cells) > 0.5 * len(cells)


def _guess_column(
    name: str, cells: Sequence[str], schema: Schema, known: Mapping[str, Mapping[str, str]], *, is_nested: bool
) -> ColumnGuess:
    words = _in_words(name)
    property = _property_called(words, schema, known["columns"])
    if not property and (language := _title_language(words, known)):
        return ColumnGuess(name, "alias", language=language)
    if _mostly_match(r"(?i)^(?:true|false|yes|no)$", cells) and not _takes_booleans(property, schema):
        return ColumnGuess(name, "")
    for identifier, pattern in _IDENTIFIERS.items():
        mark = next((mark for mark in "|;," if any(mark in cell for cell in cells)), "")
        texts = [text.strip() for cell in cells for text in (cell.split(mark) if mark else [cell])]
        if texts and sum(pattern.fullmatch(text) is not None for text in texts) > 0.9 * len(texts):
            return ColumnGuess(name, identifier, mark)
    if "wikipediaArticle" in schema.names and (article := _guess_articles(name, cells)) is not None:
        return article
    if property in ("", "label") and _mostly_match(r"^.+ \((?:1[89]|20)\d\d\)$", cells):
        # A title with its year states both.
        return ColumnGuess(name, "label", clean=("no-brackets", "article-first"), year_cleaning="year-in-brackets")
    class_name = _class_of_values(property, schema, known)
    if _leads_to_entities(property, schema) and _mostly_match(_DAY, cells):
        property, class_name = "date", ""
    if not property or (_leads_to_entities(property, schema) and not class_name):
        return ColumnGuess(name, "")
    split = _guess_split(cells, class_name) if class_name and not is_nested else ""
    return ColumnGuess(name, property, split, _guess_cleaning(property, cells, split, class_name), class_name)


def _guess_articles(name: str, cells: Sequence[str]) -> ColumnGuess | None:
    """The guess for a column of addresses of Wikipedia's articles; None for another one.

    R and Python write words of theirs where there is no address.
    """
    addresses = [cell for cell in cells if cell not in _NO_ADDRESS]
    is_list = bool(addresses) and all(map(_is_json_list, addresses))
    split = "json" if is_list else next((mark for mark in "| " if any(mark in cell for cell in addresses)), "")
    texts = [text for cell in addresses for text in (json.loads(cell) if is_list else cell.split(split or None))]
    if not texts or sum(title_of_article(str(text)) is not None for text in texts) <= 0.9 * len(texts):
        return None
    empty = tuple(sorted(_NO_ADDRESS.intersection(cells)))
    return ColumnGuess(name, "wikipediaArticle", split, empty_texts=empty)


def _class_of_values(property: str, schema: Schema, known: Mapping[str, Mapping[str, str]]) -> str:
    """The class of the values of a property; empty where they have no names, such as figures and releases."""
    usual = schema.usual_type(schema.properties[schema.names[property]]) if property in schema.names else ""
    return known["classes"].get(property, usual if usual in known["classes"].values() else "")


def _leads_to_entities(property: str, schema: Schema) -> bool:
    return property in schema.names and schema.properties[schema.names[property]].value_kind is ValueKind.ENTITY


def _takes_booleans(property: str, schema: Schema) -> bool:
    term = schema.properties.get(schema.names.get(property, TYPE))
    return term is not None and NamedNode(XSD + "boolean") in term.range


def _property_called(words: str, schema: Schema, usual: Mapping[str, str]) -> str:
    """The property that people call so; `film director names` and `actor 1` are a director and an actor.

    What is in brackets is left out where it is not known: `Durée (min)`, `Réalisateur(s)`; so are accents, and `Film`
    at the beginning of a word: `Filmtitel`.
    """
    folded = {fold_name(text): property for text, property in usual.items()}
    for name in (words, " ".join(_IN_BRACKETS.sub(" ", words).split())):
        bare = _AFFIXES.sub("", name).strip()
        for text in (name, bare, bare.removesuffix("s")):
            if text and (property := usual.get(text, "") or _property_labelled(text, schema)):
                return property
        for text in (fold_name(name), fold_name(name).removeprefix("film")):
            if text and text in folded:
                return folded[text]
    return ""


def _property_labelled(words: str, schema: Schema) -> str:
    """The property with this name or label, or of films with this other label, in any language; else empty."""
    by_other_label = ""
    for iri, term in schema.properties.items():
        if not iri.value.startswith(FILM) or iri not in schema.names.values():
            continue
        if words in (term.name.lower(), *map(str.lower, term.labels)):
            return term.name
        is_of_films = bool(term.usual_domain) and schema.is_used_on(term, _FILM_CLASS)
        if not by_other_label and is_of_films and term.has_label(words):
            by_other_label = term.name
    return by_other_label


def _title_language(words: str, known: Mapping[str, Mapping[str, str]]) -> str:
    """The language of a column of titles, `English title` or `titre français`; the empty text for any other column."""
    pair = words.split()
    if len(pair) != 2:
        return ""
    for title, language in (pair, reversed(pair)):
        if known["columns"].get(title) == "label" and language in known["languages"]:
            return known["languages"][language]
    return ""


def _guess_cleaning(property: str, cells: Sequence[str], split: str, class_name: str) -> tuple[str, ...]:
    def mostly_match(pattern: str) -> bool:
        return _mostly_match(pattern, cells)

    if property == "amount" and any(re.search(r"[^\d.]", cell) for cell in cells):
        return ("number-comma" if mostly_match(r",\d\d?\b(?!,)|\.\d{3}\b(?!,\d{3})") else "number",)
    if property == "imdbId" and any(cell.isdecimal() for cell in cells):
        return ("imdb-title",)
    if property == "runningTime" and any(re.search(r"\D", cell) for cell in cells):
        return ("minutes",)
    if property in ("year", "date") and mostly_match(r"^\d{4}-01-01T"):
        return ("year",)
    if property in ("year", "date"):
        patterns = {"day-first": r"^\d\d?[./]\d\d?[./]\d{4}$", "day": r"^\d{4}-\d\d-\d\d[T ]\d"}
        needed = (name for name, pattern in patterns.items() if any(re.search(pattern, cell) for cell in cells))
        if (cleaning := next(needed, "")) and property == "date":
            return (cleaning,)
    if property == "year" and mostly_match(r"[^\d]"):
        return ("year",)
    if property == "label" and any(_ARTICLE.search(cell) for cell in cells):
        return ("article-first",)
    if property == "birthDate" or split in ("", ", "):
        has_other_order = not split and class_name == "Person" and _have_family_name_first(cells)
        return ("last-first",) if has_other_order else ()
    return ("trim", "last-first") if mostly_match(r"^[^,;|]+, [^,;|]+") else ()


def _guess_key(guesses: Sequence[ColumnGuess], cells: Cells, count: int) -> list[str]:
    """The columns that distinguish the rows: the catalogue's number, an identifier, or the name with the year."""

    def is_unique(column: str) -> bool:
        return len(set(cells[column])) == count

    columns = [guess.column for guess in guesses]
    for column in columns:
        if (_key_words(column) in _KEYS or column == "column1") and is_unique(column):
            return [column]
    for guess in guesses:
        if guess.property in _IDENTIFIERS and is_unique(guess.column):
            return [guess.column]
    first = guesses[0]
    if not first.property and is_unique(first.column) and all(map(_CODE.fullmatch, cells[first.column])):
        return [first.column]
    for guess in guesses:
        words = _key_words(guess.column).split("_")
        is_id = words[-1] in ("id", "ids", "code", "no", "nr", "number", "key") or guess.column.endswith("ID")
        if is_id and not guess.property and is_unique(guess.column):
            return [guess.column]
    for column in columns:
        if is_unique(column) and all(cell.startswith(("http://", "https://")) for cell in cells[column]):
            return [column]
    films = [column for column in columns if _in_words(column) in _FILM_KEYS]
    if films and all(cells[column] for column in films):
        return films[:1]
    labels = [guess.column for guess in guesses if guess.property == "label"]
    years = [guess.column for guess in guesses if guess.property in ("year", "birthDate")]
    return [*labels[:1], *years[:1]] or columns[:1]


def _to_text(
    path: Path,
    guesses: Sequence[ColumnGuess],
    parts: Sequence[PartGuess],
    cells: Cells,
    *,
    key: Sequence[str],
    header: Sequence[str],
    encoding: str,
) -> str:
    is_person = any(guess.property == "birthDate" for guess in guesses)
    has_nulls = any(cell == r"\N" for column in cells.values() for cell in column)
    name = to_slug(path.name.partition(".")[0]) or "table"
    lines = [
        f"# What the columns of {path.name} mean: a guess. Correct it, then:",
        f"# kg import table {path.name} --mapping THIS",
        *(f"# But `kg import {kind}` has an importer for this table; prefer it." for kind in _known_datasets(cells)),
        "source:",
        f"  id: {_scalar(name)}",
        f"  title: {_scalar(path.name)}",
        "  licence: unknown            # the terms under which it may be used",
        "  # address: https://...        # where it can be looked up; without it nothing can go back to Wikidata",
        f"prefix: {_scalar(name)}              # entities are named film:{name}-...",
        *([f"encoding: {_scalar(encoding)}"] if encoding != "utf-8" else []),
        *(["quote: none                # quotation marks are text", r"missing: ['\N', N/A]"] if has_nulls else []),
        *([f"header: [{', '.join(header)}]   # the table does not begin with names"] if header else []),
        "rows:",
        f"  class: {'Person' if is_person else 'Film'}",
        f"  key: [{', '.join(map(_scalar, key))}]",
        "columns:",
    ]
    lines += [_column_line(guess, cells) for guess in guesses if guess.property]
    if parts:
        lines.append("parts:                      # credits, releases, figures")
        lines += [line for part in parts for line in _part_lines(part, cells)]
    if ignored := [_scalar(guess.column) for guess in guesses if not guess.property]:
        lines.append("# No property was found for these; move a name up to `columns:` when you know one.")
        lines.append(f"ignore: [{', '.join(ignored)}]")
    return "\n".join(lines) + "\n"


def _known_datasets(columns: Collection[str]) -> Iterator[str]:
    """The importers that know a table with these columns already."""
    for kind, names in read_yaml_mapping(MAPPINGS / "guess.yaml")["datasets"].items():
        if all(name in columns for name in names):
            yield str(kind)


def _column_line(guess: ColumnGuess, cells: Cells) -> str:
    entry = f"{{{_entry(guess)}}}"
    if guess.year_cleaning:
        entry = f"[{entry}, {{property: year, clean: [{guess.year_cleaning}]}}]"
    return f"  {_scalar(guess.column)}: {entry}{_example(cells[guess.column])}"


def _part_lines(part: PartGuess, cells: Cells) -> Iterator[str]:
    yield f"  {part.property}:"
    if part.each:
        yield f"    each: [{', '.join(map(_scalar, part.each))}]"
    yield "    columns:"
    for column in dict.fromkeys(guess.column for guess in part.columns):
        entries = [f"{{{_entry(guess)}}}" for guess in part.columns if guess.column == column]
        entry = entries[0] if len(entries) == 1 else f"[{', '.join(entries)}]"
        yield f"      {_scalar(column)}: {entry}{_example(cells[column])}"
    if part.currency:
        yield f"    says: {{currency: {part.currency}}}   # or another one"


def _entry(guess: ColumnGuess) -> str:
    """The keys of a column's entry, as YAML."""
    empty = ", ".join(f"{json.dumps(text)}: null" for text in guess.empty_texts)
    keys = {
        "property": guess.property,
        "class": guess.class_name,
        "label": _scalar(guess.label) if guess.label else "",
        "language": guess.language,
        "other_than": _scalar(guess.other_than) if guess.other_than else "",
        "identifier": guess.identifier,
        "within": guess.inverse,
        "split": _scalar(guess.split) if guess.split else "",
        "values": f"{{{empty}}}" if empty else "",
        "clean": f"[{', '.join(guess.clean)}]" if guess.clean else "",
    }
    return ", ".join(f"{key}: {value}" for key, value in keys.items() if value)


def _example(cells: Sequence[str]) -> str:
    shown = " ".join(next(iter(cells), "")[:40].split())
    return f"   # {shown}" if shown else ""


def _scalar(text: str) -> str:
    """A text as YAML: bare where YAML reads the bare text back as the same text."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_\-]*", text) and is_plain_scalar(text):
        return text
    return json.dumps(text, ensure_ascii=False)
