"""Entities that a dataset uses as two disjoint classes, and which of the uses are wrong.

Where a dataset states once that a country is a production company, all other films from that country say otherwise. The
wrong use would make the graph inconsistent, so it is kept as a deprecated fact, with the reason.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from kg.schema import Schema

if TYPE_CHECKING:
    import duckdb

_SEVERAL_CLASSES = """
    SELECT entity FROM (SELECT entity, class FROM stub WHERE class <> ''
                        UNION SELECT subject, value FROM row WHERE property = 'type')
    GROUP BY entity HAVING count(DISTINCT class) > 1"""
_STATED = f"SELECT subject, value FROM row WHERE property = 'type' AND subject IN ({_SEVERAL_CLASSES})"
_USES = f"""
    WITH used AS (SELECT DISTINCT entity, class, via FROM stub WHERE class <> '' AND entity IN ({_SEVERAL_CLASSES}))
    SELECT entity, class, via, count(*) FROM used JOIN row ON row.value = entity AND row.property = via
    GROUP BY ALL ORDER BY ALL"""


@dataclass(frozen=True, slots=True)
class ClassConflict:
    """A wrong use: facts with the property `via` use an entity as a class that is disjoint with its own."""

    entity: str
    via: str
    used_as: str
    own_class: str

    @property
    def reason(self) -> str:
        """Why the facts are deprecated."""
        return f"used as {self.used_as} here, but it is a {self.own_class} elsewhere in the same source"


@dataclass(frozen=True, slots=True)
class _Use:
    """Facts that lead to an entity as if it were of a class."""

    class_name: str
    via: str
    count: int


def find_class_conflicts(sql: duckdb.DuckDBPyConnection, schema: Schema) -> Iterator[ClassConflict]:
    """The wrong uses among the rows and stubs of a spool.

    The class of an entity is the one that the dataset states, or else the one of most facts.
    """
    stated = defaultdict(set)
    for entity, class_name in sql.execute(_STATED).fetchall():
        stated[entity].add(class_name)
    uses: dict[str, list[_Use]] = defaultdict(list)
    for entity, class_name, via, count in sql.execute(_USES).fetchall():
        uses[entity].append(_Use(class_name, via, count))
    yield from _find_conflicts(stated, uses, schema)


def _find_conflicts(
    stated: Mapping[str, set[str]], uses: Mapping[str, list[_Use]], schema: Schema
) -> Iterator[ClassConflict]:
    @cache
    def are_disjoint(left: str, right: str) -> bool:
        iris = [schema.class_names[name] for name in (left, right) if name in schema.class_names]
        return len(iris) == 2 and schema.are_disjoint(*iris)

    for entity, uses_of_entity in uses.items():
        counts: Counter[str] = Counter()
        for use in uses_of_entity:
            counts[use.class_name] += use.count
        ranked = sorted(counts, key=lambda name: (-counts[name], name))
        for index, class_name in enumerate(ranked):
            trusted = sorted(stated.get(entity, ())) or ranked[:index]
            own_class = next((name for name in trusted if are_disjoint(name, class_name)), "")
            if own_class:
                for use in uses_of_entity:
                    if use.class_name == class_name:
                        yield ClassConflict(entity, use.via, class_name, own_class)
