"""Property paths as relations of a subject `s` and an object `o`.

https://www.w3.org/TR/sparql11-query/#propertypaths
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import rdflib
from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath

from kg.queries.sparql_to_sql.algebra import NotCompiled
from kg.queries.sparql_to_sql.relations import SqlStatement
from kg.queries.sparql_to_sql.value_expressions import Dictionary


@dataclass(frozen=True, slots=True)
class Ends:
    """The ids of a path's subject and object, where they are constants."""

    subject: str | None = None
    object: str | None = None


class Paths:
    """Compiles paths over one graph; `triples` is the relation of its triples.

    `steps` are the tables in which a property and the inverse of one are looked up, as the search goes.
    """

    def __init__(self, statement: SqlStatement, dictionary: Dictionary, triples: str, steps: tuple[str, str]) -> None:
        self.statement, self.dictionary, self.triples, self.steps = statement, dictionary, triples, steps

    def relation(self, path: Any, ends: Ends) -> str:
        """The name of the relation of a path, with a row for each way in which it connects two terms."""
        return self.statement.add("path", self._sql(path, ends), {}).name

    def _sql(self, path: Any, ends: Ends) -> str:
        match path:
            case rdflib.URIRef():
                return f"SELECT s, o FROM {self.steps[0]} WHERE p = {self._id(path)}"
            case InvPath():
                opposite = Paths(self.statement, self.dictionary, self.triples, self.steps[::-1])
                inverse = opposite._sql(path.arg, Ends(ends.object, ends.subject))
                return f"SELECT o AS s, s AS o FROM ({inverse})"
            case SequencePath():
                return self._sequence(path.args, ends)
            case AlternativePath():
                return " UNION ALL ".join(f"({self._sql(part, ends)})" for part in path.args)
            case NegatedPath():
                return self._negated(path)
            case MulPath():
                return self._repeated(path, ends)
        raise NotCompiled("this property path")

    def _sequence(self, parts: Sequence[Path | rdflib.URIRef], ends: Ends) -> str:
        if ends != Ends() and all(map(may_be_empty, parts)):
            raise NotCompiled("a sequence of paths of length zero from a term, which the graph may not have")
        last = len(parts) - 1
        sources = [
            f"({self._sql(part, Ends(ends.subject if i == 0 else None, ends.object if i == last else None))}) p{i}"
            for i, part in enumerate(parts)
        ]
        conditions = " AND ".join(f"p{i}.o = p{i + 1}.s" for i in range(last))
        return f"SELECT p0.s, p{last}.o FROM {', '.join(sources)} WHERE {conditions}"

    def _negated(self, path: NegatedPath) -> str:
        parts = path.args if not isinstance(path.args[0], AlternativePath) else path.args[0].args
        forward = [part for part in parts if isinstance(part, rdflib.URIRef)]
        inverse = [part.arg for part in parts if isinstance(part, InvPath) and isinstance(part.arg, rdflib.URIRef)]
        if len(forward) + len(inverse) < len(parts):
            raise NotCompiled("this negated property set")
        selects = []
        if forward or not inverse:
            selects.append(f"SELECT s, o FROM {self.triples} WHERE {self._none_of(forward)}")
        if inverse:
            selects.append(f"SELECT o AS s, s AS o FROM {self.triples} WHERE {self._none_of(inverse)}")
        return " UNION ALL ".join(selects)

    def _none_of(self, properties: list[rdflib.URIRef]) -> str:
        return f"p NOT IN ({', '.join(str(self._id(property)) for property in properties)})"

    def _repeated(self, path: MulPath, ends: Ends) -> str:
        """`?`, `*` and `+`: each pair once; from a constant end, only what it reaches."""
        step = self._sql(path.path, Ends())
        zero = self._zero(ends) if path.zero else ""
        if not path.more:
            return f"{zero} UNION {self._narrowed(step, ends)}"
        name = self.statement.new_name("reach")
        steps = self.statement.add(
            "steps of a path", f"SELECT DISTINCT s, o FROM ({step})", {}, is_materialized=True
        ).name
        if ends.subject is None and ends.object is not None:
            more = f"SELECT b.s, r.o FROM {steps} b JOIN {name} r ON b.o = r.s"
        else:
            more = f"SELECT r.s, b.o FROM {name} r JOIN {steps} b ON r.o = b.s"
        first = Ends(ends.subject, None if ends.subject is not None else ends.object)
        # A constant may be outside the graph: `(:p?)+` connects it with itself all the same.
        is_own = not path.zero and first != Ends() and may_be_empty(path.path)
        start = self._narrowed(self._sql(path.path, first) if is_own else f"SELECT s, o FROM {steps}", first)
        self.statement.add("closure", f"{start} UNION {more}", {}, name=name)
        closure = self._narrowed(f"SELECT s, o FROM {name}", ends)
        return f"{zero} UNION {closure}" if zero else closure

    def _narrowed(self, sql: str, ends: Ends) -> str:
        conditions = [f"{place} = {id}" for place, id in (("s", ends.subject), ("o", ends.object)) if id is not None]
        return f"SELECT s, o FROM ({sql}) {'WHERE ' + ' AND '.join(conditions) if conditions else ''}"

    def _zero(self, ends: Ends) -> str:
        """Every term of the graph with itself; a constant also when the graph does not have it."""
        if ends.subject is not None and ends.object is not None:
            is_same = f"{ends.subject} = {ends.object}"
            return f"SELECT {ends.subject}::UINTEGER AS s, {ends.object}::UINTEGER AS o WHERE {is_same}"
        if (end := ends.subject if ends.subject is not None else ends.object) is not None:
            return f"SELECT {end}::UINTEGER AS s, {end}::UINTEGER AS o"
        return f"SELECT s, s AS o FROM {self.triples} UNION SELECT o AS s, o FROM {self.triples}"

    def _id(self, iri: rdflib.URIRef) -> int:
        return self.dictionary.id_of(f"<{iri}>")


def may_be_empty(path: Path | rdflib.URIRef) -> bool:
    """True for a path that connects a term with itself."""
    match path:
        case MulPath():
            return bool(path.zero) or may_be_empty(path.path)
        case InvPath():
            return may_be_empty(path.arg)
        case SequencePath():
            return all(map(may_be_empty, path.args))
        case AlternativePath():
            return any(map(may_be_empty, path.args))
    return False
