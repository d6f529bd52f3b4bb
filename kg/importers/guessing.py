"""A table walks in; a mapping file that a person can edit walks out, with what each column probably means."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.errors import InputError
from kg.facts.lexicon import Lexicon
from kg.facts.values import to_slug
from kg.importers.table_files import header_of, sample_of
from kg.mappings.yaml_files import MAPPINGS, is_bare, read_yaml

SAMPLE = 1000
_SEPARATORS = ("|", ";", "/", ", ", ",")
_IDENTIFIERS = {
    "imdbId": re.compile(r"(?:tt|nm|co)\d{7,9}"),
    "wikidataId": re.compile(r"Q[1-9]\d*"),
}


@dataclass(frozen=True, slots=True)
class Guess:
    """What one column probably means; `property` is empty where nothing fits."""

    column: str
    property: str
    split: str = ""
    clean: tuple[str, ...] = ()
    kind: str = ""


def guess_mapping(path: Path, lexicon: Lexicon) -> str:
    """The text of a mapping file for a table; raises `InputError` when the table cannot be read."""
    header = header_of(path)
    rows = sample_of(path, SAMPLE)
    if not rows:
        raise InputError(f"{path} has no rows to guess from.")
    cells = {name: [row.get(name, "") for row in rows if row.get(name, "")] for name in header}
    known = read_yaml(MAPPINGS / "guess.yaml")
    guesses = [_guess(name, cells[name], lexicon, known) for name in header]
    return _to_text(path, guesses, cells, key=_key(guesses, cells, len(rows)))


def _guess(name: str, cells: Sequence[str], lexicon: Lexicon, known: Mapping[str, Mapping[str, str]]) -> Guess:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower().replace("_", " ").replace("-", " ").strip()
    property = known["columns"].get(words, "") or _by_label(words, lexicon)
    for one, form in _IDENTIFIERS.items():
        if cells and sum(form.fullmatch(cell) is not None for cell in cells) > 0.9 * len(cells):
            property = one
    if not property:
        return Guess(name, "")
    leads = known["classes"].get(property, "")
    split = ""
    if leads:
        split = next((one for one in _SEPARATORS if sum(one in cell for cell in cells) > 0.2 * len(cells)), "")
    return Guess(name, property, split, _clean(property, cells, split), leads)


def _by_label(words: str, lexicon: Lexicon) -> str:
    """The property whose name, or English label, the column bears."""
    for iri, word in lexicon.properties.items():
        if words in (word.label.lower(), word.name.lower()) and iri in lexicon.names.values():
            return word.name
    return ""


def _clean(property: str, cells: Sequence[str], split: str) -> tuple[str, ...]:
    def mostly(form: str) -> bool:
        return sum(re.search(form, cell) is not None for cell in cells) > 0.5 * len(cells)

    if property == "runningTime" and mostly(r"\D"):
        return ("minutes",)
    if property in ("year", "date") and mostly(r"^\d\d[./]\d\d[./]\d{4}$"):
        return ("day-first",)
    if property == "year" and mostly(r"[^\d]"):
        return ("year",)
    if property == "label" and any(re.search(r", (?:The|A|An)$", cell) for cell in cells):
        return ("article-first",)
    if property == "birthDate" or not split:
        return ()
    return ("trim", "last-first") if split != ", " and mostly(r"^[^,;|]+, [^,;|]+") else ()


def _key(guesses: Sequence[Guess], cells: Mapping[str, Sequence[str]], count: int) -> list[str]:
    """The columns that tell the rows apart: an identifier, else the name with the year, else the name."""
    for guess in guesses:
        if guess.property in _IDENTIFIERS and len(set(cells[guess.column])) == count:
            return [guess.column]
    for guess in guesses:
        if guess.column.lower() in ("id", "key", "no", "nr", "number") and len(set(cells[guess.column])) == count:
            return [guess.column]
    named = [guess.column for guess in guesses if guess.property == "label"][:1]
    years = [guess.column for guess in guesses if guess.property in ("year", "birthDate")][:1]
    return [*named, *years] or [guesses[0].column]


def _to_text(path: Path, guesses: Sequence[Guess], cells: Mapping[str, Sequence[str]], *, key: Sequence[str]) -> str:
    person = any(guess.property == "birthDate" for guess in guesses)
    holes = any(cell == r"\N" for column in cells.values() for cell in column)
    name = to_slug(path.name.partition(".")[0]) or "table"
    lines = [
        f"# What the columns of {path.name} mean: a guess. Correct it, then:",
        f"# kg import table {path.name} --mapping THIS",
        "source:",
        f"  id: {_scalar(name)}",
        f"  title: {_scalar(path.name)}",
        "  licence: unknown            # under which terms it may be used",
        f"prefix: {_scalar(name)}              # things are named film:{name}-...",
        *(["quote: none                # quotation marks are letters", r"missing: ['\N']"] if holes else []),
        "rows:",
        f"  class: {'Person' if person else 'Film'}",
        f"  key: [{', '.join(map(_scalar, key))}]",
        "columns:",
    ]
    ignored = []
    for guess in guesses:
        if not guess.property:
            ignored.append(guess.column)
            continue
        said = [f"property: {guess.property}"]
        said += [f"class: {guess.kind}"] if guess.kind else []
        said += [f"split: {_scalar(guess.split)}"] if guess.split else []
        said += [f"clean: [{', '.join(guess.clean)}]"] if guess.clean else []
        example = next((cell for cell in cells[guess.column]), "")
        shown = " ".join(example[:40].split())
        lines.append(f"  {_scalar(guess.column)}: {{{', '.join(said)}}}" + (f"   # {shown}" if shown else ""))
    if ignored:
        lines.append("# No property was found for these; move a line up to `columns:` when you know one.")
        lines.append(f"ignore: [{', '.join(map(_scalar, ignored))}]")
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    return (
        text
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9_\-]*", text) and is_bare(text)
        else json.dumps(text, ensure_ascii=False)
    )
