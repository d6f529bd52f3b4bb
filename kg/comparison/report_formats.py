"""A difference as text for a terminal, as Markdown for a pull request, as JSON, and as an Atom feed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice

from kg.comparison.difference import Change, Difference
from kg.text.atom import AtomEntry, write_feed

_MOST_SHOWN = 50
"""How many changes of a kind text and Markdown show; JSON has all."""
_TITLES: Mapping[str, str] = {
    "facts": "Facts",
    "contested": "Contested",
    "conclusions": "Conclusions",
    "answers": "Answers of stored queries",
    "findings": "Findings",
}


def write_difference(difference: Difference, format: str = "text") -> str:
    """The difference in a format, one of `FORMATS`."""
    return FORMATS[format](difference)


def _lists(difference: Difference) -> Iterator[tuple[str, Sequence[Change]]]:
    for name, title in _TITLES.items():
        if changes := getattr(difference, name):
            yield title, changes


def _counted(changes: Sequence[Change]) -> str:
    came = sum(not change.before for change in changes)
    gone = sum(not change.after for change in changes)
    numbers = ((came, "new"), (gone, "gone"), (len(changes) - came - gone, "changed"))
    return ", ".join(f"{number:,} {word}" for number, word in numbers if number)


def _warnings(difference: Difference, escape: Callable[[str], str] = str) -> Iterator[str]:
    for name in difference.unpublished:
        shown = escape(name)
        if name in difference.uncompared:
            yield f"There is no graph of {shown}, since it cannot be read well enough: only findings are compared."
        else:
            yield f"`kg build` would not publish {shown}: see the findings."


def to_text(difference: Difference) -> str:
    """Plain text: `+` what came, `-` what went, `~` what changed."""
    lines = [f"{difference.old} -> {difference.new}", *_warnings(difference)]
    if difference.is_empty:
        lines.append("No difference.")
    for title, changes in _lists(difference):
        lines += ["", f"{title}: {_counted(changes)}"]
        lines += map(_line, islice(changes, _MOST_SHOWN))
        if len(changes) > _MOST_SHOWN:
            lines.append(f"  and {len(changes) - _MOST_SHOWN:,} more: --format json has all")
    return "\n".join(lines) + "\n"


def _line(change: Change) -> str:
    source = f" ({change.source})" if change.source else ""
    if change.before and change.after:
        return f"~ {change.subject}: {change.before} -> {change.after}{source}"
    return f"{'-' if change.before else '+'} {change.subject}: {change.before or change.after}{source}"


def to_markdown(difference: Difference) -> str:
    """A table for each kind of change, for a comment on a pull request."""
    lines = [f"## Graph: {_cell(difference.old)} → {_cell(difference.new)}", "", *_warnings(difference, _cell)]
    if difference.is_empty:
        lines.append("No difference.")
    for title, changes in _lists(difference):
        lines += ["", f"### {title}: {_counted(changes)}", "", "| | before | after | source |", "|---|---|---|---|"]
        for change in changes[:_MOST_SHOWN]:
            cells = (change.subject, change.before, change.after, change.source)
            lines.append(f"| {' | '.join(map(_cell, cells))} |")
        if len(changes) > _MOST_SHOWN:
            lines += ["", f"and {len(changes) - _MOST_SHOWN:,} more"]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text that cannot end a cell or become markup."""
    plain = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\|`*_[]<>#" else letter for letter in plain)


def to_json(difference: Difference) -> str:
    """All changes, as JSON."""
    return json.dumps(asdict(difference), indent=2, ensure_ascii=False) + "\n"


def to_atom(difference: Difference) -> str:
    """A feed with an entry for each entity, property or query that differs; the same change has the same id."""
    updated = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    entries = []
    for title, changes in _lists(difference):
        groups: dict[str, list[str]] = {}
        for change in changes:
            groups.setdefault(change.subject, []).append(_line(change))
        for subject, lines in groups.items():
            content = "\n".join(lines)
            entries.append(AtomEntry(_entry_id(difference, content), f"{title}: {subject}", updated, content))
    title = f"Changes from {difference.old} to {difference.new}"
    return write_feed(_entry_id(difference, ""), title, entries, updated=updated)


def _entry_id(difference: Difference, content: str) -> str:
    """An IRI for a change between two states."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{difference.old}\n{difference.new}\n{content}").urn


FORMATS: Mapping[str, Callable[[Difference], str]] = {
    "text": to_text, "markdown": to_markdown, "json": to_json, "atom": to_atom
}  # fmt: skip
"""Name of a format -> what writes it."""
