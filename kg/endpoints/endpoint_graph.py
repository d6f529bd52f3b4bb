"""The graph of a SPARQL endpoint for Python programs: what `FilmGraph` offers, answered by a store of somebody else.

The stored queries are the project's. Its build, where it is the one that the store holds, has names and evidence per
record, which cost a request each otherwise.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NoReturn, cast

from pyoxigraph import NamedNode, Quad, Store, Triple

from kg.endpoints.endpoint_store import EndpointStore
from kg.endpoints.remote_names import RemoteNames
from kg.errors import InputError, LimitError, RemoteError
from kg.exports.store_files import ASSERTED_GRAPH
from kg.facts.model import Evidence, Fact
from kg.federation.config import ServiceConfig, Services, read_services, store_config
from kg.federation.endpoint_client import EndpointClient
from kg.files.atomic import write_file
from kg.filmgraph import FilmGraph, NameIndexOfBuild
from kg.graph.provenance import Provenance
from kg.graph.record_store import RecordStore
from kg.graph.snapshot_file import SnapshotFile
from kg.graph.store import digest_of_build, find_quads
from kg.loaded_graph import open_local_graph
from kg.lookup.name_search import NameMatch
from kg.project import Project, find_project
from kg.queries.answer import Answer
from kg.queries.execute import run_query
from kg.queries.routing import ColumnarGraph
from kg.queries.stored_query import StoredQuery
from kg.terms import CONTESTED, EVIDENCE, KNOWLEDGE, PROVENANCE, SOURCE, TYPE, UNDECIDED
from kg.workers.job_limits import check_limits

if TYPE_CHECKING:
    from kg.graph.columns import Columns


_MAX_VALUES = 200_000
"""How many values of a property are read for a list."""


class EndpointGraph(FilmGraph):
    """The graph that a SPARQL endpoint answers for; `notices` say what is wrong with the build that it holds."""

    def __init__(self, project: Project, config: ServiceConfig) -> None:
        self.project, self.config = project, config
        services = read_services(project.configuration)
        services = Services({config.address: config}, services.contact, services.file)
        self.remote = EndpointStore(EndpointClient(services, project.build_folder / "services"), config)
        self.layout = self.remote.layout
        self.store = cast(Store, self.remote)
        self.build = self._same_build or project.build_folder / "endpoint"
        self.names = RemoteNames(self.remote)
        self.snapshot = SnapshotFile(self.build)
        self._index = NameIndexOfBuild(self.build, self.store, self.snapshot)
        records = RecordStore(self.snapshot) if self._same_build is not None else None
        self.provenance = _RemoteProvenance(self.store, records)
        self.deviations = read_deviations(project, config.address, self.layout.version)
        """The stored queries that the store answers otherwise than the build, and how; `kg check-store` found them."""

    def __repr__(self) -> str:
        return f"EndpointGraph({self.config.address!r}, build={self.layout.version!r})"

    @property
    def notices(self) -> tuple[str, ...]:
        """What readers of answers must know: another build than the project's, or one that does not say which."""
        return self.layout.notices(self.project, self.config.address)

    @property
    def _same_build(self) -> Path | None:
        """The project's build, if the store holds the same."""
        if not self.project.has_build or not self.layout.version:
            return None
        build = self.project.current_build
        return build if digest_of_build(build.name) == digest_of_build(self.layout.version) else None

    def opener(self) -> Callable[[], FilmGraph]:
        """What opens the same graph in another process."""
        return partial(type(self), self.project, self.config)

    @property
    def columnar(self) -> ColumnarGraph:
        """No columns: the store answers."""
        return ColumnarGraph(0, self._no_columns)

    def _no_columns(self) -> NoReturn:
        raise OSError("the graph is behind an endpoint")

    max_listed: ClassVar[int | None] = 20_000

    def list_columns(self, class_iri: NamedNode, properties: Collection[NamedNode]) -> Columns:
        """The columns of the build that the store holds; without it, of what the store gives within limits."""
        if self._same_build is not None:
            return self._columns
        from kg.graph.columns import Columns
        from kg.graph.snapshot_writer import NO_FACTS

        read = [find_quads(self.store, None, TYPE, class_iri, KNOWLEDGE, limit=self.max_listed)]
        for property in properties:
            read.append(find_quads(self.store, None, property, None, KNOWLEDGE, limit=_MAX_VALUES))
        for graph in (CONTESTED, UNDECIDED):
            read.append(find_quads(self.store, None, None, None, graph, limit=_MAX_VALUES))
        columns = Columns.of_quads(chain.from_iterable(read))
        columns.sql.execute(NO_FACTS)
        columns.sql.execute("CREATE VIEW fact AS FROM snapshot.fact")
        columns.sql.execute("CREATE VIEW fact_origin AS FROM snapshot.fact_origin")
        return columns

    def triple_counts(self) -> Counter[str]:
        """Graph -> number of triples; the empty text is knowledge."""
        counts = Counter({graph.value: self.remote.count(graph) for graph in self.remote.named_graphs()})
        counts[""] = self.remote.count(KNOWLEDGE)
        return counts

    # --- queries

    def store_for(self, rows: int) -> Store:
        """The store, for an answer of which only so many rows are needed."""
        return cast(Store, self.remote.bounded(rows))

    def ask_bound(
        self, query: StoredQuery, text: str, *, limit: int | None = None, max_bytes: int | None = None
    ) -> Answer:
        """The answer to a stored query of which `text` has its values bound.

        Raises `RemoteError` for a query that the store is known to answer wrongly.
        """
        if query.name in self.deviations:
            raise RemoteError(
                f"{self.config.address} does not answer {query.name} as SPARQL defines (`kg check-store`):"
                f" {self.deviations[query.name]}"
            )
        if self.may_be_contested(text):
            return super().ask_bound(query, text, limit=limit, max_bytes=max_bytes)
        return self._run(text, limit, max_bytes, name=query.name, file=query.file)

    def may_be_contested(self, text: str) -> bool:
        """False as well where the store cannot read knowledge together with what is undecided."""
        return bool(self.layout.knowledge) and super().may_be_contested(text)

    def sparql(
        self,
        text: str,
        *,
        limit: int | None = None,
        timeout: float | None = None,
        memory: int | None = None,
        max_bytes: int | None = None,
        services: bool = False,
        engine: str = "auto",
    ) -> Answer:
        """The answer of the endpoint to a SPARQL query; the graph's prefixes need no declaration.

        With a `timeout` in seconds, `LimitError` is raised when a request takes longer.
        """
        check_limits(timeout=timeout, limit=limit, max_bytes=max_bytes)
        if engine not in ("auto", "remote"):
            raise InputError(f"The engine {engine} needs a build: {self.config.address} answers here.")
        if memory is not None:
            raise InputError(f"How much memory a query may need is decided by {self.config.address}.")
        if services and "SERVICE" in text.upper():
            return super().sparql(text, limit=limit, max_bytes=max_bytes, services=True)
        if timeout is not None:
            graph = type(self)(self.project, replace(self.config, timeout=timeout))
            return graph.sparql(text, limit=limit, max_bytes=max_bytes)
        return self._run(text, limit, max_bytes)

    def _run(
        self, text: str, limit: int | None, max_bytes: int | None = None, *, name: str = "", file: str = ""
    ) -> Answer:
        store = self.store if limit is None else self.store_for(limit + 1)
        answer = run_query(store, text, names=self.names, name=name, file=file, limit=limit, max_bytes=max_bytes)
        return self._explained(answer)

    def _explained(self, answer: Answer) -> Answer:
        if answer.kind == "rows":
            self._remote_names.learn_labels(term for row in answer.solutions for term in row)
        return replace(super()._explained(answer), engine="remote")

    @property
    def _remote_names(self) -> RemoteNames:
        assert isinstance(self.names, RemoteNames)
        return self.names

    def explain_empty(
        self, answer: Answer, *, contested_remedy: str = "query GRAPH graph:contested"
    ) -> tuple[str, ...]:
        """Why an answer has no rows, in sentences; when the store cannot say within its limits, that."""
        try:
            return super().explain_empty(answer, contested_remedy=contested_remedy)
        except (LimitError, RemoteError) as error:
            return (f"No rows; why could not be found out: {error}",)

    def explain_query(self, text: str, *, engine: str = "auto") -> str:
        """That the endpoint answers, with rows and time."""
        import time

        start = time.perf_counter()
        answer = self.sparql(text, engine=engine)
        seconds = time.perf_counter() - start
        return f"engine: remote ({self.config.address})\nrows: {len(answer):,}\ntime: {seconds:.3f} seconds\n"

    # --- entities

    def search(self, text: str, *, class_name: str = "", limit: int = 10) -> tuple[NameMatch, ...]:
        """The entities with a name like `text`, best first."""
        if self._same_build is not None:
            return super().search(text, class_name=class_name, limit=limit)
        types = self.names.class_iri(class_name) if class_name else None
        return self._remote_names.search(text, types=types, limit=limit)

    def best_known(self, class_name: str, *, limit: int = 10) -> tuple[NameMatch, ...]:
        """The entities of a class that most other entities refer to."""
        if self._same_build is not None:
            return super().best_known(class_name, limit=limit)
        return self._remote_names.best_known(self.names.class_iri(class_name), limit=limit)


class _RemoteProvenance(Provenance):
    """Who states a triple of a store; where facts have evidence per record, the records about its subject."""

    def facts(self, triple: Triple | None = None) -> Iterator[Fact]:
        """The facts that state a triple and are knowledge; without a triple, all such facts, by place."""
        has_any = False
        for fact in super().facts(triple):
            has_any = True
            yield fact
        if triple is not None and not has_any and self._is_in_asserted(triple):
            yield from self._recorded(triple)

    def _is_in_asserted(self, triple: Triple) -> bool:
        remote = cast(EndpointStore, self.store)
        quad = Quad(triple.subject, triple.predicate, triple.object, ASSERTED_GRAPH)
        return remote.layout.has_asserted and quad in remote

    def _recorded(self, triple: Triple) -> Iterator[Fact]:
        assert isinstance(triple.subject, NamedNode)
        for quad in self.store.quads_for_pattern(None, _ABOUT, triple.subject, PROVENANCE):
            for named in self.store.quads_for_pattern(quad.subject, _SOURCE, None, PROVENANCE):
                source = cast(NamedNode, named.object).value.removeprefix(SOURCE)
                record = cast(NamedNode, quad.subject).value.removeprefix(f"{SOURCE}{source}/")
                yield Fact(triple.subject, triple.predicate, triple.object, Evidence(source, record=record))  # type: ignore[arg-type]


_ABOUT, _SOURCE = NamedNode(EVIDENCE + "about"), NamedNode(EVIDENCE + "source")


_CHECKED = "store-check.json"
"""The file beside the builds with what `kg check-store` found last."""


def read_deviations(project: Project, address: str, version: str) -> Mapping[str, str]:
    """The stored queries that a check of this store with this build found to be answered wrongly, and how."""
    try:
        document = json.loads((project.build_folder / _CHECKED).read_text(encoding="utf-8"))
        queries = document["queries"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    is_same = (document.get("address"), document.get("version")) == (address, version)
    return {str(name): str(problem) for name, problem in queries.items()} if is_same else {}


def write_deviations(graph: EndpointGraph, queries: Mapping[str, str]) -> None:
    """Keep what a check found, so that these queries are refused until the store is checked again."""
    document = {"address": graph.config.address, "version": graph.layout.version, "queries": dict(queries)}
    graph.project.build_folder.mkdir(parents=True, exist_ok=True)
    write_file(graph.project.build_folder / _CHECKED, (json.dumps(document, indent=1),), durable=False)


def connect(address: str, project: Project | Path | str | None = None, **limits: float) -> EndpointGraph:
    """The graph of a SPARQL endpoint: `kg.connect("https://example.org/sparql")`.

    The stored queries are those of the project. `limits` are those of `[store]` in `filmgraph.toml`: `timeout`,
    `largest`, `retries`, `patience`. Raises `RemoteError` when the store does not answer or has no such graph.
    """
    found = project if isinstance(project, Project) else find_project(project)
    return EndpointGraph(found, store_config(address, **limits))


def open_graph(project: Project | Path | str | None = None) -> FilmGraph:
    """The graph of a project: its published build, or the store that its `filmgraph.toml` names.

    A URL is the address of a SPARQL endpoint, as for `connect`. Raises `ProjectError` when there is no graph yet.
    """
    if isinstance(project, str) and project.startswith(("http://", "https://")):
        return connect(project)
    found = project if isinstance(project, Project) else find_project(project)
    store = configured_store(found)
    return EndpointGraph(found, store) if store is not None else open_local_graph(found)


def configured_store(project: Project) -> ServiceConfig | None:
    """The store that answers in place of the project's build, if its `filmgraph.toml` names one."""
    return read_services(project.configuration).store if project.configuration.is_file() else None
