"""YAML files read within bounds, every node with its line and column.

The tree is built from the parser's events, without recursion, so that depth and size are bounded before anything is
made of them. Anchors, aliases and tags are refused: they let a small file stand for a large one, and no file here needs
them. A parser has limits of its own, which differ from version to version; where one of them answers first, its error
is translated, so that the message and the place do not depend on the version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import yaml

from kg.errors import InputError
from kg.reports import Place

DEPTH = 24
"""How deep a file may nest; facts and mappings seldom pass five."""
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BOOL = "tag:yaml.org,2002:bool"


class YamlError(ValueError):
    """A file that is not YAML, or not the YAML that is allowed here."""

    def __init__(
        self, message: str, *, place: Place, remedy: str = "", has_colon: bool = False, is_binary: bool = False
    ) -> None:
        self.message, self.place, self.remedy = message, place, remedy
        self.has_colon, self.is_binary = has_colon, is_binary
        super().__init__(message)


@dataclass(slots=True)
class YamlNode:
    """One node: the text of a scalar, the entries of a mapping or the elements of a sequence, and its place.

    `end` is the line and column behind it, from 1; of a block, where the next token begins.
    """

    place: Place
    text: str | None = None
    is_quoted: bool = False
    entries: list[tuple[YamlNode, YamlNode]] | None = None
    elements: list[YamlNode] | None = None
    end: tuple[int, int] = (0, 0)

    @property
    def is_null(self) -> bool:
        """True for an empty value, `~` and `null`."""
        return self.text in ("", "~", "null") and not self.is_quoted

    @property
    def kind(self) -> str:
        """The kind of node, for messages."""
        return "a mapping" if self.entries is not None else "a list" if self.elements is not None else "a value"


def read_documents(text: str, *, file: str) -> Iterator[YamlNode]:
    """Yield the root of each YAML document of a text; raises `YamlError` at the first fault."""
    tree = _Tree(file)
    for event in _events(text, file):
        tree.add(event)
        if isinstance(event, yaml.DocumentEndEvent) and tree.root is not None:
            yield tree.root
            tree.root = None


class _Tree:
    """Builds nodes from the parser's events."""

    def __init__(self, file: str) -> None:
        self.root: YamlNode | None = None
        self._file = file
        self._open: list[YamlNode] = []
        self._keys: list[YamlNode | None] = []

    def add(self, event: yaml.Event) -> None:
        """Process the next event."""
        if isinstance(event, yaml.ScalarEvent):
            quoted, end = bool(event.style), _end(event)
            self._attach(YamlNode(_place(event, self._file), text=event.value, is_quoted=quoted, end=end))
        elif isinstance(event, yaml.CollectionStartEvent):
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            place = _place(event, self._file)
            node = YamlNode(place, entries=[]) if is_mapping else YamlNode(place, elements=[])
            self._attach(node)
            self._open.append(node)
            self._keys.append(None)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop().end = _end(event)
            self._keys.pop()

    def _attach(self, node: YamlNode) -> None:
        if not self._open:
            self.root = node
        elif (elements := self._open[-1].elements) is not None:
            elements.append(node)
        elif (key := self._keys[-1]) is None:
            self._keys[-1] = node
        else:
            entries = self._open[-1].entries
            if entries is not None and not (entries and _joins(entries[-1][1], key, node)):
                entries.append((key, node))
            self._keys[-1] = None


def _joins(before: YamlNode, key: YamlNode, value: YamlNode) -> bool:
    """True when a key without a value is the rest of a number or date before its comma, which it then is added to.

    In braces, `{France: €300,000}` and `{France: March 14, 2019}` are two entries in YAML.
    """
    if not value.is_null or key.is_quoted or before.is_quoted or before.text is None or key.text is None:
        return False
    is_next = before.end[0] == key.place.line
    distance = (key.place.column or 0) - before.end[1]
    is_number = distance == 1 and _THOUSANDS.match(key.text) and before.text[-1:].isdecimal()
    is_year = distance == 2 and _YEAR.match(key.text) and _MONTH_AND_DAY.search(before.text)
    if not is_next or not (is_number or is_year):
        return False
    before.text, before.end = f"{before.text},{' ' if is_year else ''}{key.text}", value.end
    return True


_THOUSANDS = re.compile(r"[0-9]{3}(?![0-9])")
_YEAR = re.compile(r"[0-9]{4}(?![0-9])")
_MONTH_AND_DAY = re.compile(r"[^\W\d_]{3,9}\.? [0-9]{1,2}$")


def _place(event: yaml.Event, file: str) -> Place:
    mark = event.start_mark
    return Place(file, mark.line + 1, mark.column + 1) if mark is not None else Place(file)


def _end(event: yaml.Event) -> tuple[int, int]:
    mark = event.end_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)


def _events(text: str, file: str) -> Iterator[yaml.Event]:
    """The parser's events; raises `YamlError` for a syntax error and for what is not allowed here."""
    try:
        yield from _within_bounds(yaml.parse(text, Loader=_SafeLoader), file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if mark is not None and "nesting depth" in (error.problem or ""):
            _refuse_depth(text[: mark.index], file)
        if mark is None:
            raise YamlError(f"not YAML: {error.problem}", place=Place(file)) from error
        raise _syntax_error(error, mark, text, file) from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = Place(file, before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
        message, is_binary = f"control character {text[error.position]!r} is not allowed", "\0" in text
        raise YamlError(message, place=place, is_binary=is_binary) from error
    except yaml.YAMLError as error:
        raise YamlError(f"not YAML: {error}", place=Place(file)) from error


_UNCLOSED = {"[": "list", "{": "mapping", '"': "text", "'": "text"}
_CLOSING = {"[": "]", "{": "}"}
_PARSER_ERRORS = (
    ("mapping values", "a key is not possible here", "Indent it like the keys beside it."),
    ("unknown escape", "unknown escape sequence", "Write \\\\ for a backslash, or use single quotation marks."),
    ("sequence entries", "a list cannot begin here", "Begin it on a line of its own."),
    ("node content", "a value is missing before {here}", ""),
    ("document start", "a second document begins without ---", ""),
    ("block scalar", "unexpected {here}", "Put a text that begins with | or > in quotation marks."),
    ("cannot start any token", "{here} cannot begin a value", "Put the text in quotation marks."),
    ("block mapping", "unexpected {here}", "Remove it, or put all of the text in quotation marks."),
)
"""What a parser reports, in the words of either of them; what is wrong, and how it is written."""


def _syntax_error(error: yaml.MarkedYAMLError, mark: yaml.Mark, text: str, file: str) -> YamlError:
    """A parser's error in our words: what is open, or unexpected, and where."""
    lines, reported = text.split("\n"), f"{error.context or ''} {error.problem or ''}".partition("but found")[0]
    place = Place(file, mark.line + 1, mark.column + 1)
    line = lines[mark.line] if mark.line < len(lines) else ""
    begin = error.context_mark
    opening = text[begin.index : begin.index + 1] if begin is not None else ""
    if begin is not None and opening in _UNCLOSED and not any(word in reported for word in ("escape", "block")):
        what, closing = _UNCLOSED[opening], _CLOSING.get(opening, opening)
        if begin.line == mark.line and line[mark.column :].strip():
            message = f"a comma or {closing} is missing before {_word_at(line, mark.column)}"
            return YamlError(f"not YAML: {message}", place=place)
        begun = Place(file, begin.line + 1, begin.column + 1)
        return YamlError(f"not YAML: the {what} that begins here has no {closing} at its end", place=begun)
    if "\t" in line[: mark.column + 1]:
        return YamlError("not YAML: a tab in the indentation", place=place, remedy="Indent with spaces, not tabs.")
    has_colon = "mapping values" in reported
    if has_colon and (quoted := _quotation_remedy(line)):
        return YamlError("not YAML: a second colon", place=place, remedy=quoted, has_colon=True)
    if "block" in reported and "scalar" not in reported and not line[: mark.column].strip():
        remedy = "Indent it like the lines that it belongs to."
        return YamlError("not YAML: this line does not continue the lines above it", place=place, remedy=remedy)
    if has_colon and (owner := _line_with_value(lines, mark.line)) is not None:
        match = _TEXT_WITH_COLON.fullmatch(lines[owner])
        assert match is not None
        title = _in_quotes(match["key"] + match["colon"] + match["text"])
        return YamlError(
            f"not YAML: {match['key']} has a value, and further keys below it",
            place=Place(file, owner + 1, _indent(lines[owner]) + 1),
            remedy=f"Write {title}: if that is a title, or indent the keys like {match['key']}.",
        )
    if (key_line := _line_without_colon(lines, mark.line, reported)) is not None:
        place = Place(file, key_line + 1, _indent(lines[key_line]) + 1)
        return YamlError("not YAML: a key without a colon", place=place, remedy="Write `key: value`.")
    for sign, message, remedy in _PARSER_ERRORS:
        if sign in reported:
            stated = message.format(here=_word_at(line, mark.column))
            return YamlError(f"not YAML: {stated}", place=place, remedy=remedy, has_colon=has_colon)
    return YamlError(f"not YAML: {reported.strip()}", place=place)


def _line_with_value(lines: Sequence[str], line: int) -> int | None:
    """The number of the line above, from 0, that a line is indented under, if that has a text as its value.

    One line alone is only indented wrongly; several are meant as a block.
    """
    indent = _indent(lines[line])
    below = next((other for other in lines[line + 1 :] if other.strip()), "")
    if _indent(below) < indent:
        return None
    above = (number for number in range(line - 1, -1, -1) if lines[number].strip() and _indent(lines[number]) < indent)
    owner = next(above, None)
    return owner if owner is not None and _TEXT_WITH_COLON.fullmatch(lines[owner]) else None


def _line_without_colon(lines: Sequence[str], line: int, reported: str) -> int | None:
    """The number of the line that lacks a colon, from 0, where a parser reports it or a line below it."""
    if "could not find expected ':'" not in reported and "mapping values" not in reported:
        return None
    above = next((number for number in range(line - 1, -1, -1) if lines[number].strip()), None)
    for number in (line, above):
        if number is not None and number < len(lines) and _KEY_ALONE.fullmatch(lines[number]):
            return number
    return None


_KEY_ALONE = re.compile(r"\s*\w[^:#\"'\[\]{}]*")


def _word_at(line: str, column: int) -> str:
    """The word or sign at a column, in quotation marks for messages."""
    match = re.match(r"\w+|\S", line[column:])
    return repr(match[0]) if match is not None else "the end of the line"


_TEXT_WITH_COLON = re.compile(
    r"(?P<before>\s*(?:- +)?)(?P<key>\w[^:#\"'\[\]{}]*)(?P<colon>:\s+)"
    r"(?P<text>[^\s\"'\[{&*!|>#%@`].*?)(?P<after>\s*(?:\s#.*)?)"
)


def _quotation_remedy(line: str) -> str:
    """How to write a title with a colon, such as `Spider-Man: Homecoming`; the empty text for any other line."""
    match = _TEXT_WITH_COLON.fullmatch(line)
    if match is None or ":" not in match["text"]:
        return ""
    return f"Put a text that has a colon in quotation marks: {match['key']}: {_in_quotes(match['text'])}."


def quote_line(text: str, line: int) -> str:
    """The text with quotation marks around the title in a line, if it has a title with a colon; else the empty text.

    The title is the value of the line; where deeper lines follow, it is the key of a block.
    """
    lines = text.split("\n")
    match = _TEXT_WITH_COLON.fullmatch(lines[line - 1]) if line <= len(lines) else None
    if match is None or ":" not in match["text"]:
        return ""
    title = match["text"]
    is_key = title.endswith(":") and _indent_after(lines, line) > len(match["before"])
    if is_key:
        quoted = _in_quotes(match["key"] + match["colon"] + title.removesuffix(":")) + ":"
    else:
        quoted = match["key"] + match["colon"] + _in_quotes(title)
    return "\n".join((*lines[: line - 1], match["before"] + quoted + match["after"], *lines[line:]))


def without_entry(text: str, line: int, *, is_block: bool = False) -> str:
    """The text with empty lines in place of the entry that begins in a line, or of the block that the line is in.

    The entry ends before the next line that is not indented further; of an entry that is a block, the key remains. The
    same text is returned for a line that is not in it.
    """
    lines = text.split("\n")
    first = line - 1
    if not first < len(lines):
        return text
    while is_block and first > 0 and (not lines[first].strip() or lines[first][0] in " \t#"):
        first -= 1
    indent, last = _indent(lines[first]), first + 1
    while last < len(lines) and (not lines[last].strip() or _indent(lines[last]) > indent):
        last += 1
    key = None if is_block else _BLOCK_KEY.match(lines[first])
    left = [key[0] if key is not None else "", *[""] * (last - first - 1)]
    return "\n".join((*lines[:first], *left, *lines[last:]))


_BLOCK_KEY = re.compile(r"(?!source:)\w[^:#\"'\[\]{}]*:(?= )")


def _indent(line: str) -> int:
    indented = line.expandtabs()
    return len(indented) - len(indented.lstrip())


def _indent_after(lines: Sequence[str], line: int) -> int:
    """The indentation of the first line with content after a line."""
    following = (other for other in lines[line:] if other.strip() and not other.lstrip().startswith("#"))
    return next((len(other) - len(other.lstrip()) for other in following), 0)


def _in_quotes(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _within_bounds(events: Iterator[yaml.Event], file: str) -> Iterator[yaml.Event]:
    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.NodeEvent) and (event.anchor is not None or getattr(event, "tag", None) is not None):
            message = "anchors, aliases and tags are not allowed"
            raise YamlError(message, place=_place(event, file), remedy="Write the value out.")
        if depth > DEPTH:
            raise YamlError(f"nested deeper than {DEPTH} levels", place=_place(event, file))
        yield event


def _refuse_depth(text: str, file: str) -> None:
    """Raise our own error for a text in which libyaml reached its limit, at the place where ours is reached.

    libyaml looks ahead for the end of a key, so its limit can answer before it has given a single event; the parser in
    Python has none.
    """
    for _ in _within_bounds(yaml.parse(text, Loader=yaml.SafeLoader), file):
        pass


class _Loader(_SafeLoader):  # type: ignore[misc]
    """Reads `no`, `on` and the like as text, as YAML 1.2 does: tables have a column No, and NO is Norway."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [resolver for resolver in resolvers if resolver[0] != _BOOL or first in "tTfF"]
        for first, resolvers in _SafeLoader.yaml_implicit_resolvers.items()
    }


def read_yaml_mapping(path: Path) -> Mapping[Any, Any]:
    """The mapping in a file; raises `InputError` when the file cannot be read or holds something else."""
    try:
        return to_mapping(path.read_bytes(), file=str(path))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


def to_mapping(content: bytes, *, file: str) -> Mapping[Any, Any]:
    """The mapping that a YAML text holds; raises `InputError` when it holds something else."""
    try:
        text = content.decode("utf-8-sig")
        for _ in _events(text, file):
            pass
        value = yaml.load(text, Loader=_Loader)  # noqa: S506  (a safe loader, in C where libyaml is there)
    except YamlError as error:
        raise InputError(" ".join(filter(None, (f"{error.place}: {error.message}.", error.remedy)))) from error
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise InputError(f"{file} is not YAML: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{file} is not a YAML mapping.")
    return value


def is_plain_scalar(text: str) -> bool:
    """True when YAML reads the text, without quotation marks, back as itself."""
    try:
        return bool(yaml.safe_load(text) == text)
    except yaml.YAMLError:
        return False


def quoted(text: str, *, always: bool = False) -> str:
    """A text as a YAML scalar within braces, with quotation marks where they are needed, or always."""
    is_other = _OTHER_TYPE.fullmatch(text) or is_number(text)
    if not always and _SIMPLE.fullmatch(text) and not is_other and is_plain_scalar(text):
        return text
    return _in_quotes(text)


_SIMPLE = re.compile(r"(?:[^\W_]|[€£$])(?:[\w .()/&\u2013\u2014'-]*[\w).])?")
_OTHER_TYPE = re.compile(r"(?i:true|false|yes|no|on|off|null)")
_NUMBER = re.compile(r"[+-]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?(?:e[+-]?[0-9]+)?|0x[0-9a-f_]+|0o[0-7_]+)", re.IGNORECASE)


def is_number(text: str) -> bool:
    """True for a text that some version of YAML reads as a number, unless it has quotation marks.

    >>> is_number("1e3"), is_number("007"), is_number("1_000"), is_number("3-iron")
    (True, True, True, False)
    """
    return _NUMBER.fullmatch(text) is not None
