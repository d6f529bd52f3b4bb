"""The names of a project's parts after a migration: no two parts get one name.

The name of a part has the names of the properties that lead to it, so it changes with them. Where two properties
become one, `film:anora.win.oscar` and `film:anora.nomination.oscar` would become one part: then the second is named
for what its property states, `film:anora.recognition.oscar-won`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.facts.readers.part_ids import unused_name
from kg.schema import Replacement, Schema

PART = re.compile(r"(?:film:)?[\w-]+(?:\.[\w-]+\.[\w-]+)+")
"""The name of a part: the owner, then a property and an id for each step."""


@dataclass(frozen=True)
class PartNames:
    """The new names of parts, by their old ones; names are without a prefix."""

    new: Mapping[str, str]
    changed: tuple[tuple[str, str], ...]
    """Old and new name of each part whose id has changed, because another part would have the same name."""

    def __getitem__(self, name: str) -> str:
        """The new name of a part, with a prefix where the old one has it; any other text as it is."""
        bare = name.removeprefix("film:")
        return name[: len(name) - len(bare)] + self.new.get(bare, bare)

    def id_of(self, name: str) -> str:
        """The id in the new name of a part."""
        return self[name].rpartition(".")[2]


def new_part_names(names: Iterable[str], schema: Schema) -> PartNames:
    """The new name of each of these parts, and of the parts that they are in."""
    old = {part for name in names if PART.fullmatch(name) for part in _with_owners(name.removeprefix("film:"))}
    new: dict[str, str] = {}
    taken: set[str] = set()
    changed = []

    def order(name: str) -> tuple[int, bool, str]:
        # A part whose name does not change keeps it.
        return name.count("."), _replacement(name, schema) is not None, name

    for name in sorted(old, key=order):
        owner, property, id = name.rsplit(".", 2)
        replacement = _replacement(name, schema)
        renamed = f"{new.get(owner, owner)}.{replacement.name if replacement is not None else property}.{id}"
        if renamed in taken:
            values = [value for _, value in replacement.details if value] if replacement is not None else []
            renamed = unused_name("-".join((renamed, *values)), taken)
            changed.append((name, renamed))
        taken.add(renamed)
        new[name] = renamed
    return PartNames(new, tuple(changed))


def _with_owners(name: str) -> Iterable[str]:
    """A part and the parts that it is in."""
    steps = name.split(".")
    return (".".join(steps[:end]) for end in range(3, len(steps) + 1, 2))


def replacement_of(property: str, schema: Schema) -> Replacement | None:
    """What replaces a property of an earlier version; None for one that the ontology has."""
    return schema.replaced.get(property) if property not in schema.names else None


def _replacement(name: str, schema: Schema) -> Replacement | None:
    """What replaces the last property in the name of a part."""
    replacement = replacement_of(name.rsplit(".", 2)[1], schema)
    return replacement if replacement is not None and not replacement.is_inverse else None
