"""Keys that a YAML mapping has several times, joined to one key with a list of their values.

Two properties that become one leave such keys. Comments, spaces and the order of the values stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kg.files.yaml_files import YamlNode, read_documents

_Entries = Sequence[tuple[YamlNode, YamlNode]]


def join_repeated_keys(text: str, names: Collection[str]) -> str:
    """The text with each of these names at most once in a mapping; raises `YamlError` when it is not YAML."""
    while True:
        replacements = list(_Joiner(text, names).outermost())
        if not replacements:
            return text
        for start, end, new in sorted(replacements, reverse=True):
            text = text[:start] + new + text[end:]


@dataclass
class _Joiner:
    """Finds the keys to join in one text, as replacements of a part of the text: start, end, new text."""

    text: str
    names: Collection[str]

    def __post_init__(self) -> None:
        self.lines = self.text.splitlines(keepends=True)
        self.offsets = [0]
        for line in self.lines:
            self.offsets.append(self.offsets[-1] + len(line))

    def outermost(self) -> Iterator[tuple[int, int, str]]:
        """Yield the replacements in the mappings that are not within another one that changes."""
        waiting = list(read_documents(self.text, file=""))
        while waiting:
            node = waiting.pop()
            groups: dict[str, list[tuple[YamlNode, YamlNode]]] = defaultdict(list)
            for entry in node.entries or ():
                if entry[0].text in self.names:
                    groups[entry[0].text or ""].append(entry)
            if repeated := [group for group in groups.values() if len(group) > 1]:
                join = self._join_flow if self._is_flow(node) else self._join_block
                yield from join(node.entries or (), repeated[0])
            else:
                waiting += [value for _, value in node.entries or ()] + list(node.elements or ())

    def _is_flow(self, node: YamlNode) -> bool:
        return self._at(node)[:1] in ("{", "[")

    def _at(self, node: YamlNode) -> str:
        """The line from a node on."""
        return self.lines[node.place.line - 1][node.place.column - 1 :] if self.lines else ""

    def _offset(self, line: int, column: int) -> int:
        return self.offsets[line - 1] + column - 1

    def _start(self, node: YamlNode) -> int:
        return self._offset(node.place.line, node.place.column)

    # --- {recognition: {...}, recognition: [...]}

    def _join_flow(self, entries: _Entries, group: _Entries) -> Iterator[tuple[int, int, str]]:
        items = ", ".join(item for _, value in group if (item := self._flow_items(value)))
        first = group[0][1]
        yield self._start(first), self._offset(*first.end), f"[{items}]"
        for (_, before), entry in pairwise(entries):
            if any(entry is other for other in group[1:]):
                yield self._offset(*before.end), self._offset(*entry[1].end), ""

    def _flow_items(self, value: YamlNode) -> str:
        text = self.text[self._start(value) : self._offset(*value.end)].strip()
        return text if value.elements is None else text[1:-1].strip().rstrip(",")

    # --- a key on a line of its own, with a block below it or a value beside it

    def _join_block(self, entries: _Entries, group: _Entries) -> Iterator[tuple[int, int, str]]:
        (first_key, first_value), *others = group
        items = "".join(item for key, value in group for item in self._block_items(key, value, first_key))
        line = first_key.place.line
        start = self._start(first_key) + len(self._key_text(first_key))
        is_beside = first_value.place.line == line
        comment = "\n" if is_beside else self.text[start : self.offsets[line]]
        yield start, self.offsets[self._last_line(first_value)], comment + items
        for key, value in others:
            yield self.offsets[key.place.line - 1], self.offsets[self._last_line(value)], ""

    def _key_text(self, key: YamlNode) -> str:
        text = self._at(key)
        return text[: text.index(":") + 1]

    def _block_items(self, key: YamlNode, value: YamlNode, first_key: YamlNode) -> Iterator[str]:
        """Yield the lines of a value as elements of the list under the first key."""
        column = first_key.place.column + 2
        if value.place.line == key.place.line or self._is_flow(value) or value.text is not None:
            yield from self._inline_items(value, column)
            return
        below = self.lines[key.place.line : self._last_line(value)]
        first = value.place.line - key.place.line - 1
        shift = column + (0 if value.elements is not None else 2) - _column(below[first])
        for number, line in enumerate(below):
            moved = _shifted(line, shift)
            if number == first and value.elements is None:
                moved = f"{' ' * (column - 1)}- {line.lstrip(' ')}"
            yield _ended(moved)

    def _inline_items(self, value: YamlNode, column: int) -> Iterator[str]:
        indent = " " * (column - 1)
        if value.elements is not None:
            for element in value.elements:
                yield f"{indent}- {self.text[self._start(element) : self._offset(*element.end)]}\n"
            return
        if not value.is_null:
            first, *rest = self.lines[value.place.line - 1 : self._last_line(value)]
            yield _ended(f"{indent}- {first[value.place.column - 1 :]}")
            yield from (_ended(_shifted(line, 4)) for line in rest)

    def _last_line(self, node: YamlNode) -> int:
        """The number of the last line of a node, without the blank lines and comments after it."""
        children = [value for _, value in node.entries or ()] + list(node.elements or ())
        if children and not self._is_flow(node):
            return max(map(self._last_line, children))
        line, column = node.end
        last = line if column > 1 or line == node.place.line else line - 1
        while last > node.place.line and not self.lines[last - 1].strip():
            last -= 1
        return last


def _column(line: str) -> int:
    return len(line) - len(line.lstrip(" ")) + 1


def _shifted(line: str, columns: int) -> str:
    if not line.strip():
        return line
    return " " * columns + line if columns >= 0 else line[min(-columns, _column(line) - 1) :]


def _ended(line: str) -> str:
    return line if line.endswith("\n") else line + "\n"
