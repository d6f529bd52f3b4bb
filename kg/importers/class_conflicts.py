"""Things that a dataset uses as two classes walk in; the uses that cannot be right walk out.

Where somebody has written a country down as a production company, all the other films that come from it say what it is.
Such a use would make the graph contradict itself, so it is kept as a deprecated fact, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode, Triple

from kg.schema import Schema
from kg.terms import FILM, OWL, RDF

if TYPE_CHECKING:
    import duckdb

_DISJOINT, _MEMBERS = NamedNode(OWL + "disjointWith"), NamedNode(OWL + "members")
_FIRST, _REST = NamedNode(RDF + "first"), NamedNode(RDF + "rest")


@dataclass(frozen=True, slots=True)
class Kinds:
    """The classes of an ontology, and which of them have no members in common."""

    above: Mapping[str, frozenset[str]]
    apart: frozenset[frozenset[str]]

    def exclude(self, one: str, other: str) -> bool:
        """Whether nothing can be of both classes."""
        return any(
            frozenset((first, second)) in self.apart
            for first in self.above.get(one, ())
            for second in self.above.get(other, ())
        )


@dataclass(frozen=True, slots=True)
class ClassConflict:
    """A thing that the property `via` leads to as if it were of a class, and the class that it is of."""

    thing: str
    via: str
    kind: str
    instead: str

    @property
    def reason(self) -> str:
        """Why the fact is deprecated."""
        return f"used as {self.kind} here, but it is a {self.instead} elsewhere in the same source"


def to_kinds(ontology: Iterable[Triple], schema: Schema) -> Kinds:
    """The classes, and what owl:disjointWith and owl:AllDisjointClasses say of them."""
    by: dict[NamedNode, dict[object, object]] = defaultdict(dict)
    pairs = set()
    for triple in ontology:
        if triple.predicate == _DISJOINT and isinstance(triple.object, NamedNode):
            pairs.add(frozenset((_name(triple.subject), _name(triple.object))))
        by[triple.predicate][triple.subject] = triple.object
    for node in by[_MEMBERS].values():
        members = []
        while node in by[_FIRST]:
            members.append(_name(by[_FIRST][node]))
            node = by[_REST].get(node)
        pairs |= {frozenset(pair) for pair in combinations(members, 2)}
    above = {word.name: frozenset(map(_name, schema.ancestors(iri))) for iri, word in schema.classes.items()}
    return Kinds(above, frozenset(pairs))


def find_class_conflicts(sql: duckdb.DuckDBPyConnection, kinds: Kinds) -> Iterator[ClassConflict]:
    """The uses that cannot be right, of things that rows and mentions put into classes that exclude each other.

    A thing is what the dataset itself calls it, or else what most facts use it as.
    """
    several = """
        SELECT thing FROM (SELECT thing, class FROM mention WHERE class <> ''
                           UNION SELECT subject, value FROM row WHERE property = 'type')
        GROUP BY thing HAVING count(DISTINCT class) > 1"""
    called = defaultdict(set)
    for thing, kind in sql.execute(
        f"SELECT subject, value FROM row WHERE property = 'type' AND subject IN ({several})"
    ).fetchall():
        called[thing].add(kind)
    uses: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for thing, kind, property, count in sql.execute(f"""
        WITH used AS (SELECT DISTINCT thing, class, via FROM mention WHERE class <> '' AND thing IN ({several}))
        SELECT thing, class, via, count(*) FROM used JOIN row ON row.value = thing AND row.property = via
        GROUP BY ALL ORDER BY ALL""").fetchall():
        uses[thing].append((count, kind, property))
    for thing, told in uses.items():
        counts: dict[str, int] = defaultdict(int)
        for count, kind, _ in told:
            counts[kind] += count
        commonest = sorted(counts, key=lambda kind: (-counts[kind], kind))
        for kind in commonest:
            sure = sorted(called[thing]) or commonest[: commonest.index(kind)]
            instead = next((one for one in sure if kinds.exclude(one, kind)), "")
            if instead:
                yield from (ClassConflict(thing, property, kind, instead) for _, one, property in told if one == kind)


def _name(term: object) -> str:
    return str(getattr(term, "value", "")).removeprefix(FILM)
