"""A table walks in; a mapping file that a person can edit walks out, with what each column probably means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    within: str = ""


@dataclass(frozen=True, slots=True)
class NodeGuess:
    """What several columns together probably tell: a credit, a release, a figure."""

    property: str
    columns: tuple[Guess, ...]
    each: tuple[str, ...] = ()
    currency: str = ""


def guess_mapping(path: Path, lexicon: Lexicon) -> str:
    """The text of a mapping file for a table; raises `InputError` when the table cannot be read."""
    header = header_of(path)
    rows = sample_of(path, SAMPLE)
    if not rows:
        raise InputError(f"{path} has no rows to guess from.")
    cells = {name: [row.get(name, "") for row in rows if row.get(name, "")] for name in header}
    known = read_yaml(MAPPINGS / "guess.yaml")
    nodes = list(_nodes(header, cells, known["nodes"]))
    taken = {guess.column for node in nodes for guess in node.columns}
    guesses = [_guess(name, cells[name], lexicon, known) for name in header if name not in taken]
    return _to_text(path, guesses, nodes, cells, key=_key(guesses, cells, len(rows)))


def _nodes(header: Sequence[str], cells: Mapping[str, Sequence[str]], known: Mapping[str, Any]) -> Iterator[NodeGuess]:
    """The nodes whose wanted columns are all there, under one of the names that people give them."""
    named = {_words(name): name for name in reversed(header)}
    for property, told in known.items():
        found = {
            one: next((named[name] for name in names if name in named), "") for one, names in told["columns"].items()
        }
        cast = found.get("agent", "")
        doubled = _mostly(r" (?:as|als|\.\.\.|…) ", cells.get(cast, ()))
        if doubled:
            found["character"] = cast
        if not all(found[one] for one in told["wanted"]):
            continue
        columns = tuple(_part(one, name, cells[name], told, doubled=doubled) for one, name in found.items() if name)
        each = tuple(dict.fromkeys(one.column for one in columns if one.split))
        money = "" if found.get("currency") or "amount" not in found else _currency(cells[found["amount"]])
        yield NodeGuess(property, columns, each, money)


def _part(property: str, name: str, cells: Sequence[str], told: Mapping[str, Any], *, doubled: bool) -> Guess:
    kind, within = told.get("class", {}).get(property, ""), told.get("within", {}).get(property, "")
    split = _split(cells) if property in ("agent", "character") else ""
    clean = _clean(property, cells, split)
    if doubled and property in ("agent", "character"):
        clean = ("trim", "before-as" if property == "agent" else "after-as")
    return Guess(name, property, split, clean, kind, within)


def _currency(cells: Sequence[str]) -> str:
    signs = {"$": "USD", "€": "EUR", "£": "GBP"}
    return next((code for sign, code in signs.items() if _mostly(re.escape(sign), cells)), "USD")


def _words(name: str) -> str:
    """The words of a column's name."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower().replace("_", " ").replace("-", " ").strip()


def _split(cells: Sequence[str]) -> str:
    return next((one for one in _SEPARATORS if sum(one in cell for cell in cells) > 0.2 * len(cells)), "")


def _mostly(form: str, cells: Sequence[str]) -> bool:
    return sum(re.search(form, cell) is not None for cell in cells) > 0.5 * len(cells)


def _guess(name: str, cells: Sequence[str], lexicon: Lexicon, known: Mapping[str, Mapping[str, str]]) -> Guess:
    words = _words(name)
    property = known["columns"].get(words, "") or _by_label(words, lexicon)
    for one, form in _IDENTIFIERS.items():
        if cells and sum(form.fullmatch(cell) is not None for cell in cells) > 0.9 * len(cells):
            property = one
    if not property:
        return Guess(name, "")
    leads = known["classes"].get(property, "")
    split = _split(cells) if leads else ""
    return Guess(name, property, split, _clean(property, cells, split), leads)


def _by_label(words: str, lexicon: Lexicon) -> str:
    """The property whose name, or English label, the column bears."""
    for iri, word in lexicon.properties.items():
        if words in (word.label.lower(), word.name.lower()) and iri in lexicon.names.values():
            return word.name
    return ""


def _clean(property: str, cells: Sequence[str], split: str) -> tuple[str, ...]:
    def mostly(form: str) -> bool:
        return _mostly(form, cells)

    if property == "amount" and any(re.search(r"[^\d.]", cell) for cell in cells):
        return ("integer",)
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


def _to_text(
    path: Path,
    guesses: Sequence[Guess],
    nodes: Sequence[NodeGuess],
    cells: Mapping[str, Sequence[str]],
    *,
    key: Sequence[str],
) -> str:
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
        lines.append(f"  {_scalar(guess.column)}: {{{_said(guess)}}}{_example(cells[guess.column])}")
    if nodes:
        lines.append("nodes:                       # what has no name of its own: credits, releases, figures")
        lines += [line for node in nodes for line in _node_lines(node, cells)]
    if ignored:
        lines.append("# No property was found for these; move a line up to `columns:` when you know one.")
        lines.append(f"ignore: [{', '.join(map(_scalar, ignored))}]")
    return "\n".join(lines) + "\n"


def _node_lines(node: NodeGuess, cells: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield f"  {node.property}:"
    if node.each:
        yield f"    each: [{', '.join(map(_scalar, node.each))}]"
    yield "    columns:"
    for column in dict.fromkeys(guess.column for guess in node.columns):
        said = [_said(guess) for guess in node.columns if guess.column == column]
        told = f"{{{said[0]}}}" if len(said) == 1 else f"[{', '.join(f'{{{one}}}' for one in said)}]"
        yield f"      {_scalar(column)}: {told}{_example(cells[column])}"
    if node.currency:
        yield f"    says: {{currency: {node.currency}}}   # or another one"


def _said(guess: Guess) -> str:
    said = [f"property: {guess.property}"]
    said += [f"class: {guess.kind}"] if guess.kind else []
    said += [f"within: {guess.within}"] if guess.within else []
    said += [f"split: {_scalar(guess.split)}"] if guess.split else []
    said += [f"clean: [{', '.join(guess.clean)}]"] if guess.clean else []
    return ", ".join(said)


def _example(cells: Sequence[str]) -> str:
    shown = " ".join(next(iter(cells), "")[:40].split())
    return f"   # {shown}" if shown else ""


def _scalar(text: str) -> str:
    return (
        text
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9_\-]*", text) and is_bare(text)
        else json.dumps(text, ensure_ascii=False)
    )
