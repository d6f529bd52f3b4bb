"""The lists of IMDb-Awards walk in; nominations and wins of titles walk out.

https://github.com/Kometa-Team/IMDb-Awards: a file is one event, year -> award -> category -> the titles that were
nominated and that won. The titles are numbers only, and may be films or anything else, so they come in as works without
a name; linking finds out which they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kg.errors import InputError
from kg.importers.gate import Gate
from kg.importers.naming import to_name, to_node, to_part
from kg.importers.streams import files_of, open_bytes
from kg.mappings.yaml_files import to_mapping

PREFIX = "imdb"
SUFFIXES = (".yml", ".yaml")
LARGEST_FILE = 32 << 20
_EVENT = re.compile(r"ev\d{7}")
_TITLE = re.compile(r"tt\d{7,9}")
_YEAR = re.compile(r"\d{4}(?:-\d{1,2})?")
_KINDS = {"nominee": "nomination", "winner": "win"}


def import_imdb_awards(paths: Sequence[str | Path], gate: Gate) -> None:
    """Read event files into the gate; raises `InputError` for one that is no such file."""
    for path in files_of(paths, SUFFIXES):
        event = path.name.partition(".")[0]
        if _EVENT.fullmatch(event) is None:
            gate.summary.skipped["files that are not named for an event, like ev0000003.yml"] += 1
            continue
        title, years = _read(path)
        gate.progress(path.stat().st_size)
        programme = to_name(PREFIX, event)
        for property, value in (("type", "AwardProgramme"), ("label", title or event), ("imdbId", event)):
            gate.add(programme, property, value, record=event)
        for place, year, award, category, titles in _categories(years):
            if titles is None or _YEAR.fullmatch(str(year)) is None:
                gate.reject(path.name, 0, f"{place}: a mapping of nominee and winner lists is wanted")
            else:
                _category(gate, event, str(year), str(award), str(category), titles)


def _category(gate: Gate, event: str, year: str, award: str, category: str, titles: Mapping[str, Any]) -> None:
    programme, edition = to_name(PREFIX, event), to_name(PREFIX, event, year)
    prize = to_name(PREFIX, event, award) if award == category else to_name(PREFIX, event, award, category)
    record = f"{event}/{year}/{award}/{category}"
    for property, value in (
        ("type", "Edition"),
        ("label", f"{event} {year}"),
        ("editionOf", programme),
        ("year", year),
    ):
        if property != "year" or len(year) == 4:
            gate.add(edition, property, value, record=f"{event}/{year}", paraphrase=property == "label")
    label = category if award == category else f"{award}: {category}"
    for property, value in (("type", "Award"), ("label", label), ("awardOf", programme)):
        gate.add(prize, property, value, record=event)
    for told, kind in _KINDS.items():
        for title in titles.get(told) or ():
            gate.summary.records += 1
            if _TITLE.fullmatch(str(title)) is None:
                gate.reject(event, 0, f"{year}/{award}/{category}: {title!r} is not a title's number")
                continue
            work = to_name(PREFIX, title)
            node = to_node(work, kind, f"{event}-{year}-{to_part(category)}")
            gate.add(work, "type", "Work", record=title)
            gate.add(work, "imdbId", title, record=title)
            gate.add(work, kind, node, record=record)
            gate.add(node, "award", prize, record=record)
            gate.add(node, "edition", edition, record=record)


def _categories(years: Mapping[Any, Any]) -> Iterator[tuple[str, Any, Any, Any, Mapping[str, Any] | None]]:
    for year, awards in years.items():
        for award, categories in awards.items() if isinstance(awards, dict) else [("", None)]:
            for category, titles in categories.items() if isinstance(categories, dict) else [("", None)]:
                yield f"{year}/{award}/{category}", year, award, category, titles if isinstance(titles, dict) else None


def _read(path: Path) -> tuple[str, Mapping[Any, Any]]:
    """The event's name, which stands in the first comment, and its years."""
    with open_bytes(path) as file:
        text = file.read(LARGEST_FILE + 1)
    if len(text) > LARGEST_FILE:
        raise InputError(f"{path} is larger than {LARGEST_FILE >> 20} MB.")
    years = to_mapping(text, file=str(path))
    first = text.split(b"\n", 1)[0].decode("utf-8", "replace")
    return first.removeprefix("#").strip() if first.startswith("#") else "", years
