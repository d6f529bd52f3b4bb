"""YAML text walks in; a tree whose every piece knows its line and column walks out.

The tree is built from the parser's events, without recursion, so that depth and size are bounded before anything is
made of them. Anchors, aliases and tags are refused: they let a small file stand for a large one, and facts need none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from kg.facts.files import fault
from kg.reports import Finding, Place

DEPTH = 24
"""How deep a file may nest; facts seldom pass five."""


@dataclass(slots=True)
class Marked:
    """One node of the tree: a scalar's text, a mapping's entries or a sequence's parts, and where it stands."""

    place: Place
    text: str | None = None
    quoted: bool = False
    entries: list[tuple[Marked, Marked]] | None = None
    parts: list[Marked] | None = field(default=None)

    @property
    def is_null(self) -> bool:
        """True for nothing, `~` and `null`."""
        return self.text in ("", "~", "null") and not self.quoted

    @property
    def kind(self) -> str:
        """What it is, in a reader's words."""
        return "a mapping" if self.entries is not None else "a list" if self.parts is not None else "a value"


def read_marked(text: str, *, file: str, faults: list[Finding]) -> Iterator[Marked]:
    """Yield the root of each YAML document of a file; what is wrong goes to `faults`, and ends the file."""
    open_nodes: list[Marked] = []
    keys: list[Marked | None] = []
    root: Marked | None = None

    def attach(node: Marked) -> None:
        nonlocal root
        if not open_nodes:
            root = node
        elif (parts := open_nodes[-1].parts) is not None:
            parts.append(node)
        elif (key := keys[-1]) is None:
            keys[-1] = node
        else:
            entries = open_nodes[-1].entries
            if entries is not None:
                entries.append((key, node))
            keys[-1] = None

    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            mark = event.start_mark
            place = Place(file, mark.line + 1, mark.column + 1) if mark is not None else Place(file)
            if isinstance(event, yaml.NodeEvent) and (
                event.anchor is not None or getattr(event, "tag", None) is not None
            ):
                faults.append(
                    fault(
                        "yaml", "anchors, aliases and tags are not allowed here", place, remedy="Write the value out."
                    )
                )
                return
            if isinstance(event, yaml.ScalarEvent):
                attach(Marked(place, text=event.value, quoted=bool(event.style)))
            elif isinstance(event, yaml.CollectionStartEvent):
                if len(open_nodes) >= DEPTH:
                    faults.append(fault("yaml", f"nested deeper than {DEPTH} levels", place))
                    return
                is_mapping = isinstance(event, yaml.MappingStartEvent)
                node = Marked(place, entries=[]) if is_mapping else Marked(place, parts=[])
                attach(node)
                open_nodes.append(node)
                keys.append(None)
            elif isinstance(event, yaml.CollectionEndEvent):
                open_nodes.pop()
                keys.pop()
            elif isinstance(event, yaml.DocumentEndEvent) and root is not None:
                yield root
                root = None
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        place = Place(file, at.line + 1, at.column + 1) if at is not None else Place(file)
        message = " ".join(part for part in (error.context, error.problem) if part)
        tab = "\t" in text.split("\n")[at.line] if at is not None and at.line < text.count("\n") + 1 else False
        faults.append(
            fault("yaml", f"not YAML: {message}", place, remedy="Indent with spaces, not tabs." if tab else "")
        )
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = Place(file, before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
        faults.append(fault("yaml", f"the character {text[error.position]!r} may not stand in a text", place))
    except yaml.YAMLError as error:
        faults.append(fault("yaml", f"not YAML: {error}", Place(file)))
