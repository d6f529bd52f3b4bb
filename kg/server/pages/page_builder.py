"""A page that is being made: what is gathered, what of it has been told already, and lists and tables of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from pyoxigraph import NamedNode

from kg.lookup.entity_description import PropertyValue
from kg.server.pages.display import Teller, owner_of
from kg.server.pages.entity_data import Gathered, Part, Values
from kg.server.pages.layout_tables import HEADINGS
from kg.server.pages.tables import table_of
from kg.server.pages.urls import list_of, sparql_of
from kg.server.pages.view_models import (
    Block,
    Line,
    Lines,
    Table,
)
from kg.terms import FILM, entity_iri, to_curie


@dataclass
class Drafting:
    """A page being made: what is gathered, and what of it has been told already."""

    gathered: Gathered
    teller: Teller
    told: set[str] = field(default_factory=set)
    told_parts: set[NamedNode] = field(default_factory=set)

    def line(self, name: str) -> Line | None:
        """The values of a property, where it has some; it counts as told."""
        property = entity_iri(name)
        values = self.gathered.values.get(property)
        if values is None:
            return None
        said = [one for one in values.said if not is_part(one)]
        said = [one for one in said if one.facts] or said if name in _SAID_FIRST else said
        self.told.add(name)
        return (
            self.to_line(property, Values(tuple(said), values.count - len(values.said) + len(said))) if said else None
        )

    def to_line(self, property: NamedNode, values: Values) -> Line:
        """Values under the name of their property."""
        label = HEADINGS.get(property.value.removeprefix(FILM)) or self.teller.label(property)
        shown = tuple(self.teller.therefore(self.gathered.thing, one) for one in values.said)
        return Line(label[:1].upper() + label[1:], shown, values.left_out, self.all_of(property))

    def all_of(self, property: NamedNode) -> str:
        """Where all values of a property are."""
        query = f"SELECT ?value {{ {exact(self.gathered.thing)} {exact(property)} ?value }}"
        return list_of(self.gathered.thing, property) or sparql_of(query)

    def lines(self, names: Iterable[str], *, caption: str = "") -> Iterator[Lines]:
        """A list of the properties that the thing has."""
        found = tuple(line for name in names if name not in self.told and (line := self.line(name)) is not None)
        if found:
            yield Lines(found, caption)

    def parts(self, *kinds: str) -> list[Part]:
        """The parts of these classes that are not told yet; they count as told."""
        found = [
            part
            for part in self.gathered.parts
            if part.node not in self.told_parts and not part.kinds.isdisjoint(kinds)
        ]
        self.told_parts.update(part.node for part in found)
        return found

    def tables(self, *kinds: str) -> Iterator[Block]:
        """A table for each class of parts."""
        for kind in kinds:
            parts = self.parts(kind)
            for narrow in dict.fromkeys(part.kind for part in parts):
                table = table_of(self.gathered, self.teller, [part for part in parts if part.kind == narrow])
                yield table if len(table.columns) > 1 else _as_lines(table)


def _as_lines(table: Table) -> Lines:
    """A table of a single column as a list: there is nothing to compare in it."""
    values = [replace(shown, citations=row.citations) for row in table.rows for cell in row.cells[:1] for shown in cell]
    return Lines((Line(table.caption, tuple(values)),))


_SAID_FIRST = ("genre", "distributor", "inspiredBy", "shootingLocation")
"""Of these the asserted values are enough, where there are some: others stand in the tables that they follow from."""


def is_part(said: PropertyValue) -> bool:
    """True when a value is no thing of its own, but a part of some thing."""
    return isinstance(said.value, NamedNode) and owner_of(said.value)[0] is not None


def exact(thing: NamedNode) -> str:
    """A thing as a query names it."""
    return to_curie(thing.value)
