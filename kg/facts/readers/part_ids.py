"""The ids of parts: entities without a name of their own, such as a release, which are named after their values."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from kg.facts.form_templates import OCCASIONS
from kg.facts.short_forms import CONTEXT_KEYS
from kg.files.yaml_files import YamlNode
from kg.text.folding import to_slug

PART_KEYS = (*CONTEXT_KEYS, "id")
"""Keys that a part may have besides properties."""
_UNNAMING_KEYS = frozenset((*PART_KEYS, "type", "kind", "outcome", "count"))
"""Keys whose values say what sort of part it is, not which one: the id of a part does not begin with them."""


def part_id(entries: Iterable[tuple[str, YamlNode]], *, unnaming: Collection[str] = _UNNAMING_KEYS) -> str:
    """The id of a part with these entries: its own, or else one made of its first value that names something.

    A nomination for an award and the win of it are one recognition; but six nominations at a ceremony are not five wins
    there. So the outcome is in the id of a recognition that has a number, or is named after its ceremony.
    """
    values = dict(entries)
    if "id" in values:
        return to_slug(values["id"].text or "") or "node"
    naming = [key for key in values if key not in unnaming]
    others = [key for key in values if key not in PART_KEYS and key != "type"]
    first = next(iter(naming or others), "")
    words = [_first_text(values.get(first))]
    if naming and "outcome" in values and ("count" in values or first in OCCASIONS):
        words += [_first_text(values["outcome"]), "number" if "count" in values else ""]
    return to_slug(" ".join(words)) or "node"


def unused_name(name: str, used: Collection[str]) -> str:
    """The name, with a number where it is used already."""
    unused, number = name, 1
    while unused in used:
        number += 1
        unused = f"{name}-{number}"
    return unused


def _first_text(value: YamlNode | None) -> str:
    """The first text under a value."""
    while value is not None and value.text is None:
        if value.elements:
            value = value.elements[0]
        elif value.entries:
            value = next((inner for key, inner in value.entries if key.text == "value"), value.entries[0][1])
        else:
            value = None
    return (value.text or "") if value is not None else ""
