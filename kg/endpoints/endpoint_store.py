"""A SPARQL 1.1 endpoint with the methods of an Oxigraph store that this program uses.

Every query is parsed here first, so that only reading queries are sent. An answer is read as a whole before its first
row is given on: what is cut in the middle is an error. A store may also end an answer silently after so many rows;
an answer of many rows is therefore followed by the question whether there are more, and then read in pages.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any

import orjson
from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    parse,
    parse_query_results,
)

from kg.endpoints.query_window import QueryWindow, find_window
from kg.endpoints.store_layout import StoreLayout, find_layout
from kg.endpoints.truth_columns import find_truth_columns, with_truths
from kg.errors import LimitError, QueryError, RemoteError
from kg.federation.config import ServiceConfig
from kg.federation.endpoint_client import TURTLE, EndpointClient, EndpointRequest
from kg.queries.sparql import FORMS
from kg.terms import KNOWLEDGE, NAMED_GRAPHS, ONTOLOGY, Term
from kg.text.sparql_tokens import tokenise

_UNCUT = 100
"""No store cuts an answer of fewer rows."""
_FIRST = 100
"""How many matches of a pattern are asked for at first: most patterns have fewer."""
_MAX_CACHED = 50_000
_MAX_PAGES = 1_000
_COLUMN = re.compile(r"\w+")


@dataclass
class Knowledge:
    """What is known of a store, shared by all views of it: matches of patterns, and how long an answer came uncut."""

    matches: dict[tuple[object, ...], tuple[Quad, ...]] = field(default_factory=dict)
    uncut: int = _UNCUT
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class EndpointStore:
    """A store behind an endpoint, as it was when it was opened; `rows` is how many rows an answer needs to have."""

    client: EndpointClient
    config: ServiceConfig
    rows: int | None = None
    known: Knowledge = field(default_factory=Knowledge, repr=False)

    def bounded(self, rows: int | None) -> EndpointStore:
        """The same store, for answers of which only so many rows are needed."""
        bounded = replace(self, rows=rows)
        for name in ("layout", "ontology"):
            if name in self.__dict__:
                bounded.__dict__[name] = self.__dict__[name]
        return bounded

    @cached_property
    def layout(self) -> StoreLayout:
        """Where the store has each graph, and which build it holds."""
        return find_layout(self._solutions, self._triples, self.config.address)

    @cached_property
    def ontology(self) -> Store:
        """The graph of the ontology, read in one request: only within one answer a blank node keeps its name."""
        store, graphs = Store(), EndpointRequest(_CONSTRUCT, TURTLE, default_graphs=(ONTOLOGY.value,))
        store.bulk_extend(Quad(t.subject, t.predicate, t.object, ONTOLOGY) for t in self._triples(graphs))
        return store

    # --- the methods of a store

    def query(
        self,
        query: str,
        *,
        prefixes: dict[str, str] | None = None,
        base_iri: str | None = None,
        default_graph: Iterable[NamedNode | DefaultGraph] | None = None,
        named_graphs: Iterable[NamedNode] | None = None,
        use_default_graph_as_union: bool = False,
    ) -> QuerySolutions | QueryBoolean | tuple[Triple, ...]:
        """The answer to a query; raises `SyntaxError` where it does not parse."""
        Store().query(query, prefixes=prefixes, base_iri=base_iri)
        request = self._request(query, default_graph, named_graphs, union=use_default_graph_as_union)
        request = replace(request, query=declare(query, prefixes or {}, base_iri))
        form = next((token.text.upper() for token in tokenise(query) if token.is_word(*FORMS)), "")
        if form in ("CONSTRUCT", "DESCRIBE"):
            return self._triples(replace(request, accept=TURTLE))
        window = find_window(request.query)
        return self._rows(request, window) if window is not None else self._solutions(request)

    def quads_for_pattern(
        self,
        subject: NamedNode | BlankNode | Triple | None,
        predicate: NamedNode | None,
        object: Term | Triple | None,
        graph_name: NamedNode | BlankNode | DefaultGraph | None = None,
    ) -> Iterator[Quad]:
        """The quads that match a pattern; the first are asked for alone, since a reader often needs only these."""
        if graph_name == ONTOLOGY:
            yield from self.ontology.quads_for_pattern(subject, predicate, object, ONTOLOGY)
            return
        if any(isinstance(term, BlankNode | Triple) for term in (subject, object, graph_name)):
            return  # a blank node of an answer means nothing in another request
        key = (subject, predicate, object, graph_name)
        quads = self.known.matches.get(key)
        if quads is None:
            quads = tuple(islice(self._matches(*key, limit=_FIRST), _FIRST))
            if len(quads) < _FIRST:
                self._remember(key, quads)
        yield from quads
        if len(quads) >= _FIRST and key not in self.known.matches:
            first = set(quads)
            yield from (quad for quad in self._matches(*key) if quad not in first)

    def contains_named_graph(self, graph: NamedNode) -> bool:
        """True when the store has a triple in this graph."""
        return bool(self._solutions(EndpointRequest(f"ASK {{ GRAPH {graph} {{ ?s ?p ?o }} }}")))

    def named_graphs(self) -> Iterator[NamedNode]:
        """The graphs beside knowledge that have triples."""
        return (graph for graph in NAMED_GRAPHS if self.contains_named_graph(graph))

    def __contains__(self, quad: Quad) -> bool:
        """True when the store has this quad."""
        return (
            next(self.quads_for_pattern(quad.subject, quad.predicate, quad.object, quad.graph_name), None) is not None
        )

    def __len__(self) -> int:
        """The number of triples in all graphs."""
        return self.count(KNOWLEDGE) + sum(map(self.count, NAMED_GRAPHS))

    def count(self, graph: NamedNode | DefaultGraph) -> int:
        """The number of triples in a graph."""
        names = tuple(self._names_of(graph))
        answer = self._solutions(EndpointRequest("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", default_graphs=names))
        row = next(iter(answer), None) if isinstance(answer, QuerySolutions) else None
        return int(row["n"].value) if row is not None else 0

    # --- requests

    def _matches(self, s: Any, p: Any, o: Any, graph: Any, *, limit: int | None = None) -> Iterator[Quad]:
        parts = {"s": s, "p": p, "o": o}
        pattern = " ".join(f"?{name}" if term is None else str(term) for name, term in parts.items())
        free = " ".join(f"?{name}" for name, term in parts.items() if term is None)
        group = f"GRAPH ?g {{ {pattern} }}"
        if graph is None:
            group = f"{{ {pattern} }} UNION {{ {group} }}"
        elif graph == KNOWLEDGE:
            group = pattern
        else:
            group = f"{group} VALUES ?g {{ {graph} }}"
        columns = f"{free} {'' if graph == KNOWLEDGE else '?g'}".strip()
        text = f"SELECT {columns} {{ {group} }}" if columns else f"ASK {{ {group} }}"
        result = self.bounded(limit).query(text)
        if isinstance(result, QueryBoolean):
            yield from (Quad(s, p, o, KNOWLEDGE),) if result else ()
            return
        assert isinstance(result, QuerySolutions)
        names = [variable.value for variable in result.variables]
        rows = list(result)
        del result  # solutions must end in their own thread, and who reads the quads may be stopped in another
        for row in rows:
            bound = dict(zip(names, row, strict=True))
            subject, predicate, value = (bound.get(name) or term for name, term in parts.items())
            yield Quad(subject, predicate, value, bound.get("g") or KNOWLEDGE)

    def _remember(self, key: tuple[object, ...], quads: tuple[Quad, ...]) -> None:
        with self.known.lock:
            if len(self.known.matches) >= _MAX_CACHED:
                self.known.matches.clear()
            self.known.matches[key] = quads

    def _request(
        self,
        text: str,
        default_graph: Iterable[NamedNode | DefaultGraph] | None,
        named_graphs: Iterable[NamedNode] | None,
        *,
        union: bool,
    ) -> EndpointRequest:
        """The dataset of a query: knowledge, unless it or the call names another."""
        words = {token.text.upper() for token in tokenise(text) if token.kind == "word"}
        if "FROM" in words:
            return EndpointRequest(text)
        asked: list[NamedNode | DefaultGraph] = [KNOWLEDGE] if default_graph is None else list(default_graph)
        asked += NAMED_GRAPHS if union else ()
        default = [name for graph in asked for name in self._names_of(graph)]
        if default != list(self.layout.knowledge) and not self.layout.knowledge and KNOWLEDGE in asked:
            raise QueryError(
                f"{self.config.address} has knowledge in its default graph, which no request can join with"
                " another graph. Load what `kg export --format nquads --split` writes."
            )
        named = NAMED_GRAPHS if named_graphs is None else tuple(named_graphs)
        names = tuple(graph.value for graph in named) if default and "GRAPH" in words else ()
        return EndpointRequest(text, default_graphs=tuple(default), named_graphs=names)

    def _names_of(self, graph: NamedNode | DefaultGraph) -> Sequence[str]:
        return self.layout.knowledge if isinstance(graph, DefaultGraph) else (graph.value,)

    def _triples(self, request: EndpointRequest) -> tuple[Triple, ...]:
        def read(body: bytes) -> tuple[Triple, ...]:
            try:
                return tuple(quad.triple for quad in parse(body, format=RdfFormat.TURTLE))
            except SyntaxError as error:
                raise self._unreadable(error) from error

        return self.client.fetch(self.config, request, read, max_bytes=self._max_bytes)[0]

    def _solutions(self, request: EndpointRequest) -> QuerySolutions | QueryBoolean:
        return self._parse(self._fetch(request)[0])

    def _fetch(self, request: EndpointRequest) -> tuple[bytes, int]:
        """The results in JSON, which are complete as such, and the number of their rows."""

        def read(body: bytes) -> tuple[bytes, int]:
            result = self._parse(body)
            try:
                return body, 0 if isinstance(result, QueryBoolean) else sum(1 for _ in result)
            except SyntaxError as error:
                raise self._unreadable(error) from error

        body, count = self.client.fetch(self.config, request, read, max_bytes=self._max_bytes)[0]
        return with_truths(body, find_truth_columns(request.query)), count

    def _parse(self, body: bytes) -> QuerySolutions | QueryBoolean:
        try:
            result = parse_query_results(body, format=QueryResultsFormat.JSON)
            if isinstance(result, QuerySolutions) and [name.value for name in result.variables] == [_ASKED]:
                return parse_query_results(_BOOLEAN[any(True for _ in result)], format=QueryResultsFormat.JSON)
            return result
        except SyntaxError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: SyntaxError) -> RemoteError:
        return RemoteError(f"The answer of {self.config.address} is not complete SPARQL results: {error}.")

    @property
    def _max_bytes(self) -> int:
        return int(self.config.largest * 1_000_000)

    def _rows(self, request: EndpointRequest, window: QueryWindow) -> QuerySolutions | QueryBoolean:
        """All rows of a SELECT, or as many as are needed."""
        body, count = self._fetch(replace(request, query=window.to_text(limit=self.rows)))
        wanted = min((number for number in (self.rows, window.limit) if number is not None), default=None)
        if (wanted is not None and count >= wanted) or count <= self.known.uncut:
            return self._parse(body)
        _, further = self._fetch(replace(request, query=window.to_text(limit=1, offset=count)))
        if not further:
            self.known.uncut = max(self.known.uncut, count)
            return self._parse(body)
        return self._parse(self._pages(request, window, count, wanted))

    def _pages(self, request: EndpointRequest, window: QueryWindow, size: int, wanted: int | None) -> bytes:
        """The rows in pages of the size that the store gives, in an order that all pages have in common."""
        document = orjson.loads(self._fetch(replace(request, query=window.to_text(limit=1)))[0])
        columns = [name for name in document["head"]["vars"] if _COLUMN.fullmatch(name)]
        rows: list[object] = []
        read_bytes = 0
        for _ in range(_MAX_PAGES):
            limit = size if wanted is None else min(size, wanted - len(rows))
            text = window.to_text(limit=limit, offset=len(rows), order=columns)
            body, count = self._fetch(replace(request, query=text))
            rows += orjson.loads(body)["results"]["bindings"]
            read_bytes += len(body)
            if read_bytes > self._max_bytes:
                raise LimitError(f"The answer has more than {self.config.largest:g} MB.", limit="bytes")
            if count < limit or len(rows) == wanted:
                self._check_unchanged()
                return orjson.dumps({"head": {"vars": columns}, "results": {"bindings": rows}})
        raise LimitError(f"The answer has more than {_MAX_PAGES:,} pages of {size:,} rows.", limit="rows")

    def _check_unchanged(self) -> None:
        """Raise `RemoteError` when another build was loaded while pages were read."""
        if find_layout(self._solutions, self._triples, self.config.address).version != self.layout.version:
            raise RemoteError(f"{self.config.address} was loaded anew while its answer was read: ask again.")


_ASKED = "__ASK_RETVAL"
"""The variable in which Virtuoso answers an ASK: with one row, or with none where it is false."""
_BOOLEAN = {truth: orjson.dumps({"head": {}, "boolean": truth}) for truth in (True, False)}
_CONSTRUCT = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"


def declare(text: str, prefixes: Mapping[str, str], base_iri: str | None = None) -> str:
    """A query with declarations, in its first line, of the prefixes that it uses and does not declare itself."""
    used, declared, is_declaration = dict[str, None](), set[str](), False
    for token in tokenise(text):
        if token.kind == "name" and not token.text.startswith("_:"):
            (declared.add if is_declaration else used.setdefault)(token.text.partition(":")[0])
        is_declaration = token.is_word("PREFIX")
    names = [prefix for prefix in used if prefix in prefixes and prefix not in declared]
    lines = [f"BASE <{base_iri}> "] if base_iri else []
    return "".join((*lines, *(f"PREFIX {prefix}: <{prefixes[prefix]}> " for prefix in names), text))
