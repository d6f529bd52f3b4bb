"""A graph as a store of rdflib, read-only: `rdflib.Graph("FilmGraph")`, or `rdflib.Graph(kg.Store("people.ttl"))`.

Queries go to the graph's own engine as SPARQL text. What rdflib hands over in another form (a prepared query, initial
bindings) is answered by rdflib over the triples. It sees no triple whose object is a triple term of RDF 1.2; SPARQL
text may ask for them.
"""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import rdflib
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.query import Result
from rdflib.store import VALID_STORE, Store

from kg.errors import QueryError
from kg.graph.store import find_quads
from kg.queries.formats import to_rdflib_term
from kg.terms import KNOWLEDGE, PREFIXES

if TYPE_CHECKING:
    from kg.filmgraph import FilmGraph

_Pattern = tuple[Any, Any, Any]


class FilmGraphStore(Store):
    """The store of a graph: a `FilmGraph`, RDF files, or a project's folder; nothing can be added to it.

    `rdflib.Graph("FilmGraph")` is the graph of the project around the working folder; `open(name)` opens another. A
    `rdflib.Dataset` of it has the named graphs as well.
    """

    context_aware = True
    graph_aware = True
    formula_aware = False
    transaction_aware = False

    def __init__(self, configuration: FilmGraph | str | None = None, identifier: Any = None) -> None:
        super().__init__(identifier=identifier)
        self._opened: FilmGraph | None = None
        self._namespaces: dict[str, rdflib.URIRef] = {}
        if configuration is not None:
            self.open(configuration)

    def open(self, configuration: FilmGraph | str, create: bool = False) -> int:  # type: ignore[override]
        """Open a graph by the name of RDF files or of a project's folder."""
        from kg.filmgraph import FilmGraph

        self._opened = configuration if isinstance(configuration, FilmGraph) else _open(str(configuration))
        return VALID_STORE

    def close(self, commit_pending_transaction: bool = False) -> None:
        """Let go of the graph."""
        self._opened = None

    @property
    def graph(self) -> FilmGraph:
        """The graph; that of the project around the working folder if no other was opened."""
        if self._opened is None:
            from kg.loaded_graph import open_local_graph

            self._opened = open_local_graph()
        return self._opened

    # --- reading

    def triples(
        self, triple_pattern: _Pattern, context: rdflib.Graph | None = None
    ) -> Iterator[tuple[_Pattern, Iterator[Any]]]:
        """The triples that match a pattern, in rdflib's terms."""
        subject, predicate, value = map(_from_rdflib, triple_pattern)
        if isinstance(subject, Literal) or isinstance(predicate, Literal | BlankNode):
            return
        for quad in self._quads(subject, predicate, value, context):
            if isinstance(quad.object, Triple):
                continue
            graph = context if context is not None else self._to_graph(quad.graph_name)
            subject, predicate, value = map(to_rdflib_term, (quad.subject, quad.predicate, quad.object))
            yield (subject, predicate, value), iter((graph,))

    def _quads(self, subject: Any, predicate: Any, value: Any, context: rdflib.Graph | None) -> list[Quad]:
        graph = self._graph_of(context) if context is not None else None
        return find_quads(self.graph.store, subject, predicate, value, graph)

    def _to_graph(self, name: NamedNode | BlankNode | DefaultGraph) -> rdflib.Graph:
        is_default = isinstance(name, DefaultGraph)
        identifier: Any = DATASET_DEFAULT_GRAPH_ID if is_default else to_rdflib_term(name)
        return rdflib.Graph(store=self, identifier=identifier)

    def _graph_of(self, context: Any) -> NamedNode | BlankNode | DefaultGraph:
        """The named graph that rdflib means, if the store has it; else the default graph."""
        identifier = getattr(context, "identifier", context)
        if identifier == DATASET_DEFAULT_GRAPH_ID:
            return KNOWLEDGE
        name = _from_rdflib(identifier)
        return name if name is not None and self.graph.store.contains_named_graph(name) else KNOWLEDGE

    def __len__(self, context: rdflib.Graph | None = None) -> int:
        quads = self._quads(None, None, None, context)
        return sum(not isinstance(quad.object, Triple) for quad in quads)

    def contexts(self, triple: _Pattern | None = None) -> Generator[Any, None, None]:
        """The default graph and the named graphs, all or those that have a triple."""
        subject, predicate, value = map(_from_rdflib, triple if triple is not None else (None, None, None))
        for name in (KNOWLEDGE, *self.graph.store.named_graphs()):
            if triple is None or find_quads(self.graph.store, subject, predicate, value, name, limit=1):
                yield self._to_graph(name)

    def query(
        self, query: Any, initNs: Mapping[str, Any], initBindings: Mapping[str, Any], queryGraph: Any, **kwargs: Any
    ) -> Result:
        """The answer to SPARQL text; for anything else rdflib evaluates the query on `triples`."""
        if not isinstance(query, str) or initBindings or self._graph_of(queryGraph) != KNOWLEDGE:
            raise NotImplementedError
        declarations = "".join(f"PREFIX {prefix}: <{namespace}> " for prefix, namespace in initNs.items())
        try:
            answer = self.graph.sparql(declarations + query)
        except QueryError:
            raise NotImplementedError from None  # rdflib says what is wrong with it, or has a function of its own
        return _to_result(answer)

    # --- namespaces

    def bind(self, prefix: str, namespace: rdflib.URIRef, override: bool = True) -> None:
        """Remember a prefix for as long as the store is open."""
        if override or prefix not in self._namespaces:
            self._namespaces[prefix] = namespace

    def namespace(self, prefix: str) -> rdflib.URIRef | None:
        """The namespace of a prefix."""
        return dict(self.namespaces()).get(prefix)

    def prefix(self, namespace: rdflib.URIRef) -> str | None:
        """The prefix of a namespace."""
        return next((prefix for prefix, known in self.namespaces() if known == namespace), None)

    def namespaces(self) -> Iterator[tuple[str, rdflib.URIRef]]:
        """The graph's prefixes, and those that were bound."""
        known: dict[str, str] = {**PREFIXES, **getattr(self.graph, "prefixes", {}), **self._namespaces}
        return ((prefix, rdflib.URIRef(namespace)) for prefix, namespace in known.items())

    # --- writing

    def add(self, *_: Any, **__: Any) -> NoReturn:
        """Refused."""
        raise TypeError("This graph is read-only: change its files and build or load it again.")

    def remove(self, *_: Any, **__: Any) -> NoReturn:
        """Refused."""
        self.add()

    def add_graph(self, graph: rdflib.Graph) -> None:
        """Nothing: rdflib announces the graphs that it reads."""

    def remove_graph(self, graph: rdflib.Graph) -> NoReturn:
        """Refused."""
        self.add()


def _open(name: str) -> FilmGraph:
    from kg.loaded_graph import load, open_local_graph
    from kg.project import is_project

    return open_local_graph(name) if is_project(name) else load(name)


def _to_result(answer: Any) -> Result:
    if answer.kind == "triples":
        result = Result("CONSTRUCT")
        result.graph = answer.to_rdflib()
        return result
    if answer.kind == "truth":
        result = Result("ASK")
        result.askAnswer = answer.truth
        return result
    result = Result("SELECT")
    result.vars = [rdflib.Variable(column) for column in answer.columns]
    rows = [row.terms for row in answer if not any(isinstance(term, Triple) for term in row.terms)]
    if skipped := len(answer) - len(rows):
        message = (
            f"{skipped:,} rows with triple terms, which rdflib does not have, are left out; select their SUBJECT()"
        )
        warnings.warn(f"{message}, PREDICATE() and OBJECT() instead", stacklevel=4)
    result.bindings = [
        {name: to_rdflib_term(term) for name, term in zip(result.vars, row, strict=True) if term is not None}
        for row in rows
    ]
    return result


def _from_rdflib(term: Any) -> Any:
    match term:
        case rdflib.URIRef():
            return NamedNode(str(term))
        case rdflib.BNode():
            return BlankNode(str(term))
        case rdflib.Literal():
            if term.language is not None:
                return Literal(str(term), language=term.language)
            return Literal(str(term), datatype=None if term.datatype is None else NamedNode(str(term.datatype)))
    return None
