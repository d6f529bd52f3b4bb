"""All entities of a class as a list: narrowed by facets, counted, sorted and read in pages, in SQL over the columns.

What a facet needs of an entity is a relation `(s, value)`. A list is narrowed by joining these relations, and each
facet is counted once per page, over the narrowed list. So a page costs a few reads of a property's triples, however
long the list is, and nothing but the rows of the page becomes Python objects.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING, ClassVar

from pyoxigraph import Literal, NamedNode

from kg.lookup.entity_names import label_sql
from kg.lookup.source_conflicts import contested_entities
from kg.parts import owner_sql
from kg.terms import CONTESTED, TYPE, UNDECIDED, Term, to_iri, to_short, to_term

if TYPE_CHECKING:
    from kg.graph.columns import Columns

MAX_VALUES = 60
"""How many values of a facet are counted: those that most entities have."""
_LAST_CHARACTER = "_"
"""Sorts after what may follow the text of a literal: `@`, and `^` of a datatype."""


class ListOrder(StrEnum):
    """How a list is sorted; entities without a year come last."""

    NEWEST = "newest"
    OLDEST = "oldest"
    NAME = "name"


_FOLDED = "lower(strip_accents(coalesce(name, lexical)))"
_ORDER_BY = {
    ListOrder.NEWEST: "first_year DESC NULLS LAST, folded, s",
    ListOrder.OLDEST: "first_year NULLS LAST, folded, s",
    ListOrder.NAME: "folded, s",
}


# --- facets


@dataclass(frozen=True, slots=True)
class PropertyFacet:
    """The values of a property."""

    property: NamedNode
    has_terms: ClassVar[bool] = True

    def terms(self) -> tuple[Term, ...]:
        """The terms whose ids its SQL needs."""
        return (self.property,)

    def properties(self) -> tuple[NamedNode, ...]:
        """The properties whose values it reads."""
        return (self.property,)

    def pairs(self, ids: Mapping[Term, int]) -> str:
        """The entities with their values, as a SELECT of `s` and `value`."""
        return f"SELECT s, o AS value FROM triple WHERE p = {ids[self.property]}"


@dataclass(frozen=True, slots=True)
class PartFacet:
    """A property of the parts of an entity: of those that `link` leads to, and those that refer to it by `refers_by`.

    With a `condition`, only parts that have this value count.
    """

    link: NamedNode
    refers_by: NamedNode
    property: NamedNode
    condition: tuple[NamedNode, Literal] | None = None
    has_terms: ClassVar[bool] = True

    def terms(self) -> tuple[Term, ...]:
        """The terms whose ids its SQL needs."""
        return (self.link, self.refers_by, self.property, *(self.condition or ()))

    def properties(self) -> tuple[NamedNode, ...]:
        """The properties whose values it reads."""
        return (self.link, self.refers_by, self.property, *(self.condition[:1] if self.condition else ()))

    def pairs(self, ids: Mapping[Term, int]) -> str:
        """The entities with their values, as a SELECT of `s` and `value`."""
        part = f"SELECT s AS part, o AS value FROM triple WHERE p = {ids[self.property]}"
        if self.condition is not None:
            property, value = self.condition
            part += f" AND s IN (SELECT s FROM triple WHERE p = {ids[property]} AND o = {ids[value]})"
        linked = f"SELECT s, o AS part FROM triple WHERE p = {ids[self.link]}"
        linked += f" UNION SELECT o, s FROM triple WHERE p = {ids[self.refers_by]}"
        return f"SELECT s, value FROM ({part}) JOIN ({linked}) USING (part)"


@dataclass(frozen=True, slots=True)
class YearFacet:
    """The year of an entity, or its decade as the decade's first year."""

    by_decade: bool = False
    has_terms: ClassVar[bool] = False

    def terms(self) -> tuple[Term, ...]:
        """The terms whose ids its SQL needs."""
        return ()

    def properties(self) -> tuple[NamedNode, ...]:
        """The properties whose values it reads."""
        return ()

    def pairs(self, _: Mapping[Term, int]) -> str:
        """The entities with their values, as a SELECT of `s` and `value`."""
        value = "left(year, 3) || '0'" if self.by_decade else "year"
        return f"SELECT s, {value} AS value FROM listed WHERE year IS NOT NULL"


@dataclass(frozen=True, slots=True)
class SourceFacet:
    """The ids of the sources that state facts about an entity."""

    has_terms: ClassVar[bool] = False

    def terms(self) -> tuple[Term, ...]:
        """The terms whose ids its SQL needs."""
        return ()

    def properties(self) -> tuple[NamedNode, ...]:
        """The properties whose values it reads."""
        return ()

    def pairs(self, _: Mapping[Term, int]) -> str:
        """The entities with their values, as a SELECT of `s` and `value`."""
        return "SELECT DISTINCT s, source AS value FROM fact JOIN fact_origin ON fact_origin.id = origin"


@dataclass(frozen=True, slots=True)
class ContestedFacet:
    """Whether sources disagree on an entity or a part of it: `undecided` where anything is, else `decided`."""

    has_terms: ClassVar[bool] = False

    def terms(self) -> tuple[Term, ...]:
        """The terms whose ids its SQL needs."""
        return (CONTESTED, UNDECIDED)

    def properties(self) -> tuple[NamedNode, ...]:
        """The properties whose values it reads."""
        return ()

    def pairs(self, ids: Mapping[Term, int]) -> str:
        """The entities with their values, as a SELECT of `s` and `value`."""
        value = "CASE WHEN is_undecided THEN 'undecided' ELSE 'decided' END"
        return f"SELECT s, {value} AS value FROM ({contested_entities(ids[CONTESTED], ids[UNDECIDED])})"


ListFacet = PropertyFacet | PartFacet | YearFacet | SourceFacet | ContestedFacet


# --- what is read


@dataclass(frozen=True, slots=True)
class ListedEntity:
    """An entity of a list: its name, its year and the values of some properties, sorted by name."""

    entity: NamedNode
    name: str
    year: str
    values: Mapping[NamedNode, tuple[Term, ...]]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a facet, and how many entities of the narrowed list have it; `term` where the value is one."""

    key: str
    term: Term | None
    count: int


@dataclass(frozen=True, slots=True)
class EntityListPage:
    """Some entities of a narrowed list, how many it has in all, and the values of each facet, the most frequent first.

    `total` is the number of entities of the class.
    """

    total: int
    count: int
    entities: tuple[ListedEntity, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]


class EntityList:
    """The entities of a class in the columns of a graph, by name or, with a property of time, by year as well.

    The columns must have the tables of a snapshot. Several threads may read at once.
    """

    def __init__(
        self,
        columns: Columns,
        class_iri: NamedNode,
        facets: Mapping[str, ListFacet],
        *,
        label_properties: Sequence[NamedNode],
        date: NamedNode | None = None,
    ) -> None:
        self._facets, self._label_properties = facets, label_properties
        self._lock = Lock()
        self._sql = columns.cursor()
        terms: dict[Term, None] = dict.fromkeys((TYPE, class_iri, *label_properties, *([date] if date else [])))
        terms |= dict.fromkeys(term for facet in facets.values() for term in facet.terms())
        self.columns, self._ids = columns, dict.fromkeys(terms, 0)
        self._learn(terms)
        self._sql.execute(f"CREATE TEMP TABLE listed AS {self._members(class_iri, date)}")
        (self.total,) = self._sql.execute("SELECT count(*) FROM listed").fetchall()[0]

    def read(
        self,
        chosen: Mapping[str, str],
        *,
        order: ListOrder,
        start: int = 0,
        limit: int,
        properties: Collection[NamedNode] = (),
        counted: Iterable[str] = (),
    ) -> EntityListPage:
        """The entities from `start` on that have the chosen value of each facet, with the values of some properties.

        `counted` are the facets whose values are counted.
        """
        with self._lock:
            count = self._show(chosen, order, start, limit)
            return EntityListPage(
                self.total,
                count,
                tuple(self._shown(properties)),
                {name: tuple(self._count(name, chosen)) for name in counted},
            )

    def rows(
        self, chosen: Mapping[str, str], *, order: ListOrder, limit: int, properties: Sequence[NamedNode]
    ) -> list[tuple[str, ...]]:
        """The narrowed list as texts: IRI, name and year of each entity, and the names of its values by property."""
        with self._lock:
            self._show(chosen, order, 0, limit)
            value = self._values(properties)
            texts = f"string_agg(coalesce(name, lexical), '; ' ORDER BY {_FOLDED}, text)"
            columns, joins = "", ""
            for number, property in enumerate(properties):
                of_property = f"SELECT s, {texts} AS texts FROM shown_value WHERE p = {self._ids[property]} GROUP BY s"
                columns += f", coalesce(v{number}.texts, '')"
                joins += f" LEFT JOIN ({of_property}) AS v{number} USING (s)"
            self._sql.execute(f"CREATE OR REPLACE TEMP TABLE shown_value AS {value}")
            return self._sql.execute(
                f"SELECT lexical, coalesce(name, ''), coalesce(year, ''){columns} FROM shown{joins} ORDER BY place"
            ).fetchall()

    # --- SQL

    def _learn(self, terms: Iterable[Term]) -> None:
        """Keep the ids of terms; 0, which is no term's, for those that the graph does not have."""
        new = [term for term in terms if not self._ids.get(term)]
        found = self.columns.find_ids(map(str, new))
        self._ids |= {term: found.get(str(term), 0) for term in new}

    def _members(self, class_iri: NamedNode, date: NamedNode | None) -> str:
        member = _members_sql(self._ids[TYPE], self._ids[class_iri])
        dated = (
            "SELECT s, max(left(lexical, 4)) AS year FROM triple JOIN term ON id = o"
            f" WHERE p = {self._ids[date] if date else 0} GROUP BY s"
        )
        return (
            f"SELECT s, lexical, name, year, {_FOLDED} AS folded,"
            " TRY_CAST(replace(year, 'X', '0') AS INTEGER) AS first_year FROM ("
            f"{member}) AS m LEFT JOIN ({self._names('true')}) AS n USING (s) LEFT JOIN ({dated}) AS d USING (s)"
        )

    def _names(self, condition: str) -> str:
        return label_sql([self._ids[property] for property in self._label_properties], condition)

    def _narrow(self, chosen: Mapping[str, str], table: str) -> str:
        """The table with the entities that have the chosen values: `table`, or all of them if nothing is chosen."""
        if not chosen:
            return "listed"
        conditions = []
        values: list[str] = []
        for name, key in chosen.items():
            facet = self._facets[name]
            matches, given = _matching_terms(key) if facet.has_terms else ("?", [key])
            conditions.append(f"s IN (SELECT s FROM ({facet.pairs(self._ids)}) WHERE value IN ({matches}))")
            values += given
        self._sql.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM listed WHERE {' AND '.join(conditions)}", values
        )
        return table

    def _show(self, chosen: Mapping[str, str], order: ListOrder, start: int, limit: int) -> int:
        """Fill the table `shown`; the number of entities in the narrowed list."""
        narrowed, by = self._narrow(chosen, "narrowed"), _ORDER_BY[order]
        # Only the rows that are shown are numbered: a window over the whole list would sort all of it.
        first = f"SELECT * FROM {narrowed} ORDER BY {by} LIMIT {limit:d} OFFSET {start:d}"
        self._sql.execute(
            f"CREATE OR REPLACE TEMP TABLE shown AS SELECT row_number() OVER (ORDER BY {by}) AS place, * FROM ({first})"
        )
        (count,) = self._sql.execute(f"SELECT count(*) FROM {narrowed}").fetchall()[0]
        assert isinstance(count, int)
        return count

    def _count(self, name: str, chosen: Mapping[str, str]) -> Iterator[FacetValue]:
        """Yield the values of a facet with the entities that the list has when it is chosen, besides the other facets.

        An entity counts once for each value.
        """
        facet, within = self._facets[name], "narrowed" if chosen else "listed"
        if name in chosen:
            others = {other: key for other, key in chosen.items() if other != name}
            within = self._narrow(others, "narrowed_by_others")
        pairs = f"SELECT s, value FROM ({facet.pairs(self._ids)}) SEMI JOIN {within} USING (s)"
        if not facet.has_terms:
            counts = f"SELECT value, NULL, count(DISTINCT s) FROM ({pairs}) GROUP BY value"
        else:
            counts = (
                "SELECT any_value(lexical), any_value(text), count(DISTINCT s) FROM"
                f" ({pairs}) JOIN term ON id = value WHERE lexical IS NOT NULL GROUP BY class = 0, lexical"
            )
        for key, text, count in self._sql.execute(f"{counts} ORDER BY 3 DESC, 1 LIMIT {MAX_VALUES}").fetchall():
            yield FacetValue(key, None if text is None else to_term(text), count)

    def _shown(self, properties: Collection[NamedNode]) -> Iterator[ListedEntity]:
        rows = self._sql.execute("SELECT s, lexical, name, year FROM shown ORDER BY place").fetchall()
        values: dict[int, dict[NamedNode, list[Term]]] = {row[0]: {} for row in rows}
        if rows and properties:
            found = self._sql.execute(f"SELECT s, p, text FROM ({self._values(properties)}) ORDER BY {_FOLDED}, text")
            by_id = {self._ids[property]: property for property in properties}
            for s, p, text in found.fetchall():
                values[s].setdefault(by_id[p], []).append(to_term(text))
        for s, iri, name, year in rows:
            listed = {property: tuple(terms) for property, terms in values[s].items()}
            yield ListedEntity(NamedNode(iri), name or "", year or "", listed)

    def _values(self, properties: Collection[NamedNode]) -> str:
        """The values of the entities shown, as a SELECT of their terms and names."""
        self._learn(properties)
        listed = ", ".join(str(self._ids[property]) for property in properties)
        value = f"SELECT DISTINCT s, p, o FROM triple WHERE p IN ({listed}) AND s IN (SELECT s FROM shown)"
        named = self._names("s IN (SELECT o FROM value)")
        return (
            f"WITH value AS ({value}) SELECT v.s, v.p, text, lexical, name FROM value AS v JOIN term ON id = v.o"
            f" LEFT JOIN ({named}) AS n ON n.s = v.o WHERE lexical IS NOT NULL"
        )


def count_listed(columns: Columns, class_iri: NamedNode) -> int:
    """How many entities the list of a class has: those with an IRI that are no part of another."""
    ids = columns.find_ids((str(TYPE), str(class_iri)))
    members = _members_sql(ids.get(str(TYPE), 0), ids.get(str(class_iri), 0))
    (count,) = columns.cursor().execute(f"SELECT count(*) FROM ({members})").fetchall()[0]
    assert isinstance(count, int)
    return count


def _members_sql(type: int, class_id: int) -> str:
    return (
        f"SELECT s, lexical FROM triple JOIN term ON id = s WHERE p = {type} AND o = {class_id}"
        f" AND class = 0 AND {owner_sql('lexical')} IS NULL"
    )


def _matching_terms(key: str) -> tuple[str, list[str]]:
    """The terms that the value of a facet in a URL means, as a SELECT of ids with its values.

    They are the entity with this CURIE, and the literals with this text, whatever their language or datatype.
    """
    literal = str(Literal(key))
    given = [literal, literal + _LAST_CHARACTER]
    condition = "text >= ? AND text < ?"
    if (entity := entity_of_key(key)) is not None:
        given.append(str(entity))
        condition = f"({condition}) OR text = ?"
    return f"SELECT id FROM term WHERE {condition}", given


def entity_of_key(key: str) -> NamedNode | None:
    """The entity with this CURIE; None for any other text, as the value of a facet in a URL may be.

    >>> entity_of_key("film:anora")
    <NamedNode value=https://w3id.org/filmgraph/film/anora>
    >>> entity_of_key("drama")
    """
    try:
        iri = to_iri(key)
    except ValueError:
        return None
    return iri if to_short(iri) == key else None
