"""One decision written into `data/policy.yaml`, whose other lines stay as they are."""

from __future__ import annotations

import json
import re
from pathlib import Path

from kg.errors import InputError
from kg.facts.files import read_yaml_file
from kg.files.atomic import write_file
from kg.files.yaml_files import YamlNode
from kg.reports import Finding

_NAME = "data/policy.yaml"
_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no|on|off)$)[a-z][a-z0-9_]*(?:[ \-][a-z0-9_]+)*", re.IGNORECASE)


def write_decision(path: Path, *, entity: str, property: str, choice: str, because: str) -> None:
    """Add a decision to the policy in a file, or replace the one on the same entity and property.

    Raises `InputError` when the file cannot be read, or has its decisions in another form than a list.
    """
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
    decisions = _decisions(path) if lines else None
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    values = {"entity": entity, "property": property, "for": choice, "because": because}
    written = f"  - {{{', '.join(f'{key}: {_scalar(value)}' for key, value in values.items())}}}\n"
    if decisions is None:
        lines += ["\n"] * bool(lines) + ["decisions:\n", written]
    else:
        elements = decisions.elements or []
        same = next((node for node in elements if _about(node) == (entity, property)), None)
        first = (same.place.line if same is not None else elements[-1].end[0] + 1) - 1
        lines[first : first + 1 if same is not None else first] = [written]
    write_file(path, lines)


def _decisions(path: Path) -> YamlNode | None:
    root = next(iter(read_yaml_file(path, file=_NAME)), None)
    if isinstance(root, Finding):
        raise InputError(f"{_NAME} cannot be read: {root}")
    node = next((value for key, value in (root.entries if root else None) or () if key.text == "decisions"), None)
    if node is not None and (not node.elements or any(_lines(element) != 1 for element in node.elements)):
        raise InputError(f"{node.place}: Write this decision by hand: the list does not have a line for each.")
    return node


def _lines(element: YamlNode) -> int:
    """How many lines a flow mapping has; a block mapping ends where the next token begins."""
    return element.end[0] - element.place.line + 1 if element.end[1] > 1 else 2


def _about(node: YamlNode) -> tuple[str | None, str | None]:
    given = {key.text: value.text for key, value in node.entries or ()}
    return given.get("entity"), given.get("property")


def _scalar(text: str) -> str:
    """A YAML scalar of one line: a name as it is, any other text in double quotes, which YAML reads as JSON does."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
