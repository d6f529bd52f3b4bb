"""What is at a position of a fact file: the key or value being typed, its block and its source.

A file that is being edited is seldom valid YAML, so lines are read here and not the parsed tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_KEY_OF_LINE = re.compile(r"(?P<indent> *)(?:- +)?(?P<key>[\w.\-]+):(?= |$)")
_VALUE = re.compile(r"(?:^|[{,\[]|- )\s*(?P<key>[\w.\-]+):\s+\[?(?P<text>[^{}:]*)$")
_ELEMENT = re.compile(r"^ *- +(?P<text>[^{}:]*)$")
_KEY = re.compile(r"(?:^ +|[{,] *|- +)(?P<text>[\w.\-]*)$")
_WORD = re.compile(r"[\w.\-]+(?::[\w.\-]+)?")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'')
_SOURCE = re.compile(r"(?:^ *(?:- +)?|[{,] *)source: *(?P<id>[\w.\-]+)")
_TYPE = re.compile(r" +type: +\[?(?P<name>[\w\-]+)")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position of a fact file: the text of the value or key before it; `key` is empty where a key is typed."""

    text: str
    key: str = ""
    property: str = ""
    """The property that the value is of; for `value` inside a mapping that of the mapping."""
    type: str = ""
    """The class of the block, where the block names one."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a file with the columns where it begins and ends."""

    text: str
    start: int
    end: int
    is_key: bool = False


def cursor_at(lines: Sequence[str], line: int, column: int) -> Cursor | None:
    """What is typed at a position; None where nothing can be completed, such as in a comment.

    >>> cursor_at(["anora:", "  type: Film", "  dire"], 2, 6)
    Cursor(text='dire', key='', property='', type='Film')
    >>> cursor_at(["anora:", "  director: {value: sean"], 1, 24)
    Cursor(text='sean', key='value', property='director', type='')
    """
    before = lines[line][:column] if line < len(lines) else ""
    if before.lstrip().startswith("#"):
        return None
    type = _type_of_block(lines, line)
    if (value := _VALUE.search(before)) is not None:
        text = value["text"].rsplit(",", 1)[-1].lstrip() if "[" in before else value["text"]
        property = value["key"] if value["key"] != "value" else _outer_key(lines, line, before[: value.start("key")])
        return Cursor(text.strip("\"'"), value["key"], property, type)
    if (element := _ELEMENT.match(before)) is not None:
        property = _outer_key(lines, line, "")
        return Cursor(element["text"].strip("\"'"), property, property, type)
    key = _KEY.search(before)
    return Cursor(key["text"], "", _outer_key(lines, line, before[: key.start("text")]), type) if key else None


def _outer_key(lines: Sequence[str], line: int, before: str) -> str:
    """The key whose mapping or list a position is in; empty at the level of the block."""
    if (opened := re.search(r"([\w.\-]+): *[{\[]+[^{}]*$", before)) is not None:
        return opened[1]
    return next((key for key, indent in _outer_keys(lines, line) if indent), "")


def _outer_keys(lines: Sequence[str], line: int) -> Iterator[tuple[str, int]]:
    """Yield the keys of the lines above that a line is indented below, with their indentation, inner ones first."""
    indent = _indent(lines[line]) if line < len(lines) else 0
    for above in reversed(lines[:line]):
        match = _KEY_OF_LINE.match(above)
        if match is not None and len(match["indent"]) < indent:
            indent = len(match["indent"])
            yield match["key"], indent


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _block(lines: Sequence[str], line: int) -> range:
    """The lines of the block that a line is in: from a key at the margin to the next."""
    start = next((n for n in range(min(line, len(lines) - 1), -1, -1) if _is_at_margin(lines[n])), 0)
    end = next((n for n in range(start + 1, len(lines)) if _is_at_margin(lines[n])), len(lines))
    return range(start, end)


def _is_at_margin(line: str) -> bool:
    return bool(line) and line[0] not in " #-\n\r"


def _type_of_block(lines: Sequence[str], line: int) -> str:
    matches = (_TYPE.match(lines[number]) for number in _block(lines, line))
    return next((match["name"] for match in matches if match is not None), "")


def source_at(lines: Sequence[str], line: int) -> str:
    """The source of the facts in a line: that of the line, or of the nearest mapping around it.

    >>> source_at(["source: paper", "anora:", "  year: {value: 2024, at: 0-4}"], 2)
    'paper'
    """
    if line < len(lines) and (own := _SOURCE.search(lines[line])) is not None:
        return own["id"]
    indent = _indent(lines[line]) if line < len(lines) else 0
    for above in reversed(lines[:line]):
        if above.startswith("---"):
            break
        if _indent(above) <= indent and (match := _SOURCE.match(above)) is not None:
            return match["id"]
        if above.strip():
            indent = min(indent, _indent(above))
    return ""


def word_at(line: str, column: int) -> Word | None:
    """The word at a column of a line; a quoted text is one word.

    >>> word_at("  director: sean-baker", 4)
    Word(text='director', start=2, end=10, is_key=True)
    """
    for pattern in (_QUOTED, _WORD):
        for match in pattern.finditer(line):
            if match.start() <= column <= match.end():
                text = match[0][1:-1] if pattern is _QUOTED else match[0].rstrip(".")
                return Word(text, match.start(), match.end(), is_key=line[match.end() :].startswith(":"))
    return None


def is_cited(line: str, word: Word) -> bool:
    """True when a word is the span or the words that `at` cites."""
    return re.search(r"\b(?:at|words): *\[?[^:{}]*$", line[: word.start]) is not None
