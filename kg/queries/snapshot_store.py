"""A build's snapshot with the methods of an Oxigraph store, for a build that has none.

Patterns are looked up in the tables. Queries are answered by Oxigraph in memory while the graph is small, and compiled
to SQL otherwise: what is not compiled is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    Store,
    Triple,
    parse_query_results,
)

from kg.errors import QueryError
from kg.graph.snapshot_file import ALL, SnapshotFile
from kg.graph.store import open_build
from kg.queries.result_writers import JSON, write_all_rows, write_boolean
from kg.terms import KNOWLEDGE, Term

if TYPE_CHECKING:
    from kg.graph.columns import Columns

IN_MEMORY = 250_000
"""A graph of fewer quads is read into memory when it is first asked: that takes a second."""
_REMEDY = (
    'Set lookup = "always" in the table [store] of filmgraph.toml, and run `kg build --force`, or `kg load` again for a'
    " graph that was loaded."
)


class SnapshotStore:
    """The quads of a snapshot; `is_small` says whether queries are answered in memory."""

    def __init__(self, snapshot: SnapshotFile) -> None:
        self.snapshot = snapshot

    def __len__(self) -> int:
        """The number of quads."""
        return sum(self._sizes.values())

    def __contains__(self, quad: Quad) -> bool:
        """True when the quad is in its graph."""
        found = self.quads_for_pattern(quad.subject, quad.predicate, quad.object, quad.graph_name)
        return next(found, None) is not None

    @property
    def is_small(self) -> bool:
        """True for a graph that is read into memory for a query."""
        return len(self) < IN_MEMORY

    @cached_property
    def _sizes(self) -> Mapping[str, int]:
        return self.snapshot.sizes()

    @cached_property
    def _in_memory(self) -> Store:
        store = Store()
        store.bulk_extend(self.snapshot.quads(ALL))
        return store

    @cached_property
    def _columns(self) -> Columns:
        from kg.graph.columns import Columns

        return Columns(self.snapshot.sql)

    # --- the methods of a store

    def quads_for_pattern(
        self,
        subject: NamedNode | BlankNode | Triple | None,
        predicate: NamedNode | None,
        object: Term | Triple | None,
        graph_name: NamedNode | BlankNode | DefaultGraph | None = None,
    ) -> Iterator[Quad]:
        """The quads that match a pattern; None matches any term, and as a graph any graph."""
        if self.is_small and "_in_memory" in self.__dict__:
            yield from self._in_memory.quads_for_pattern(subject, predicate, object, graph_name)
        elif not isinstance(subject, Triple) and not isinstance(object, Triple):
            yield from self.snapshot.match(subject, predicate, object, graph_name)

    def contains_named_graph(self, graph: NamedNode | BlankNode) -> bool:
        """True when the graph has triples."""
        return (graph.value if isinstance(graph, NamedNode) else str(graph)) in self._sizes

    def named_graphs(self) -> Iterator[NamedNode | BlankNode]:
        """The named graphs that have triples."""
        return iter(self.snapshot.named_graphs())

    def query(
        self,
        query: str,
        *,
        prefixes: Mapping[str, str] | None = None,
        base_iri: str | None = None,
        default_graph: Any = None,
        **options: Any,
    ) -> QuerySolutions | QueryBoolean | Iterable[Triple]:
        """The answer; raises `SyntaxError` where a query does not parse, and `QueryError` where it is not compiled."""
        if self.is_small:
            given = {"prefixes": dict(prefixes or {}), "base_iri": base_iri, "default_graph": default_graph, **options}
            return self._in_memory.query(query, **given)
        Store().query(query, prefixes=dict(prefixes or {}), base_iri=base_iri)
        if default_graph not in (None, [KNOWLEDGE]) or any(options.values()):
            raise QueryError(f"Without a lookup store, a query has one default graph. {_REMEDY}")
        declared = "".join(f"PREFIX {prefix}: <{namespace}> " for prefix, namespace in (prefixes or {}).items())
        return self._compiled(declared + query, base_iri)

    def _compiled(self, text: str, base_iri: str | None) -> QuerySolutions | QueryBoolean | Iterable[Triple]:
        from kg.queries.sparql_to_sql.algebra import NotCompiled
        from kg.queries.sparql_to_sql.run import compile_query, run_compiled

        try:
            result = run_compiled(self._columns, compile_query(self._columns, text, base=base_iri))
        except NotCompiled as missing:
            raise not_compiled(missing.reason) from missing
        if isinstance(result, bool):
            body = write_boolean(result, JSON).body
        elif hasattr(result, "triples"):
            return tuple(result.triples)
        else:
            body = write_all_rows(result.columns, result.rows, JSON, is_complete=True)
        parsed = parse_query_results(body, format=QueryResultsFormat.JSON)
        assert isinstance(parsed, QuerySolutions | QueryBoolean)
        return parsed


def open_store(build: Path) -> Store:
    """The store of a build, or what is used in its place where it has none."""
    _, store, _ = open_build(build)
    return store if store is not None else cast(Store, SnapshotStore(SnapshotFile(build)))


def not_compiled(reason: str) -> QueryError:
    """Why a query is refused that only a lookup store answers, and what to do."""
    return QueryError(f"The build has no lookup store, and SQL does not answer this query: {reason}. {_REMEDY}")
