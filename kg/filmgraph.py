"""The graph for Python programs: a published build, to query, look up, explain and export.

This is a facade: each method loads the module that does the work when it is first called.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from pyoxigraph import Literal, NamedNode, Store, Triple

from kg.engines.spark_session import master_of
from kg.errors import AmbiguousNameError, InputError, LimitError, UnknownNameError
from kg.facts.sources import unknown_source
from kg.facts.texts import Texts, open_texts
from kg.files.atomic import write_file
from kg.graph.provenance import Provenance
from kg.graph.record_store import RecordStore
from kg.graph.snapshot_file import SnapshotFile
from kg.graph.store import find_quads, iterate_quads, open_build, open_published_build
from kg.lookup.entity_names import EntityNames
from kg.project import COUNTS, Project
from kg.queries.answer import Answer
from kg.queries.execute import names_any, run_query, run_stored_query
from kg.queries.rewriting.engine_query import EngineResult, evaluate_in_memory
from kg.queries.routing import ColumnarGraph, parse_engine, route
from kg.queries.snapshot_store import IN_MEMORY, SnapshotStore, open_store
from kg.queries.sparql import guard, is_long
from kg.queries.stored_query import StoredQueries, StoredQuery, parameter_terms
from kg.terms import KNOWLEDGE, LABEL, SOURCE, UNDECIDED
from kg.workers.client import run_with_timeout
from kg.workers.job_limits import check_limits, deadline_in, remaining_seconds, took_too_long
from kg.workers.worker import WorkerSetup

if TYPE_CHECKING:
    import rdflib

    from kg.explain.why import Explainer, Explanation
    from kg.exports.export import ExportRequest
    from kg.facts.model import Fact
    from kg.federation.config import Services
    from kg.graph.columns import Columns
    from kg.linking.model import Candidate, Mention
    from kg.lookup.entity_description import EntityDescription
    from kg.lookup.name_search import NameIndex, NameMatch
    from kg.lookup.schema_card import SchemaCard
    from kg.lookup.source_conflicts import Conflict
    from kg.schema import Schema

_MAX_COMPLETED = 2000
_Result = TypeVar("_Result")


class NameIndexOfBuild:
    """The index of the names of a build, opened when it is first needed."""

    def __init__(
        self, build: Path, store: Store, snapshot: SnapshotFile, label_properties: Sequence[NamedNode] = (LABEL,)
    ) -> None:
        self._build, self._store, self._snapshot, self._label_properties = build, store, snapshot, label_properties

    @cached_property
    def opened(self) -> NameIndex:
        """The index; it is made when there is none."""
        from kg.lookup.name_search import open_name_index

        return open_name_index(self._build, self._store, self._label_properties)

    def similar_names(self, text: str) -> Sequence[tuple[str, NamedNode]] | None:
        """The names like a text, each with its entity; None for a graph of which all names are soon read."""
        if sum(self._snapshot.sizes().values()) < IN_MEMORY:
            return None
        return self.opened.similar_names(text)


class FilmGraph:
    """A published graph, open for reading; other builds may be published while it is open.

    The build is the published one unless another is named. `queries` are the stored queries by name, `store` is the
    Oxigraph store itself, or what is used in its place where a build has none, `snapshot` has the exact terms and all
    facts, `names` finds entities by name, and `provenance` has the facts with their sources. Several threads may read
    at once.
    """

    def __init__(self, project: Project, *, build: Path | None = None) -> None:
        self.project = project
        self.build, store, self._hold = open_published_build(project) if build is None else open_build(build)
        self.snapshot = SnapshotFile(self.build)
        self.store = store if store is not None else cast(Store, SnapshotStore(self.snapshot))
        self._index = NameIndexOfBuild(self.build, self.store, self.snapshot)
        self.names = EntityNames(self.store, similar_names=self._index.similar_names)
        records = RecordStore(self.snapshot, is_empty=not self._counts.get("records"))
        self.provenance = Provenance(self.store, records)

    def __repr__(self) -> str:
        return f"FilmGraph({str(self.project.folder)!r}, build={self.build.name!r})"

    def __len__(self) -> int:
        """The number of triples in all graphs."""
        return len(self.store)

    @cached_property
    def ontology(self) -> Schema:
        """The classes and properties of the ontology, with their hierarchy."""
        return self.names.ontology

    # --- queries

    def store_for(self, rows: int) -> Store:
        """The store, for an answer of which only so many rows are needed."""
        return self.store

    @cached_property
    def queries(self) -> StoredQueries:
        """The stored queries, by name."""
        return StoredQueries(self.project.queries)

    def ask(self, name: str, value: object = None, /, **values: object) -> Answer:
        """The answer to a stored query with these values for its parameters.

        A value without a name is that of the only parameter that the query requires. An entity may be given by label,
        alias, CURIE or IRI. Raises `UnknownNameError` for an unknown query or entity,
        with the closest names, and `ParameterError` for a value that does not fit.
        """
        given = {} if value is None else {self.queries.find(name).sole_parameter: value}
        return self.ask_with(name, given | values)

    def ask_with(
        self, name: str, values: Mapping[str, object], *, limit: int | None = None, max_bytes: int | None = None
    ) -> Answer:
        """The answer to a stored query, as `ask` gives it, with at most `limit` rows and `max_bytes` bytes."""
        query = self.queries.find(name)
        text = query.bind(parameter_terms(query, values, self.names))
        return self.ask_bound(query, text, limit=limit, max_bytes=max_bytes)

    def ask_bound(
        self, query: StoredQuery, text: str, *, limit: int | None = None, max_bytes: int | None = None
    ) -> Answer:
        """The answer to a stored query of which `text` has its values bound."""
        # Without a lookup store, a large graph is not read together with what is undecided.
        is_contested = self.columnar.has_store and self.may_be_contested(text)
        answer = run_stored_query(
            self.store,
            query,
            text,
            names=self.names,
            limit=limit,
            with_undecided=is_contested,
            columnar=self.columnar,
            max_bytes=max_bytes,
        )
        return self._explained(answer)

    def _explained(self, answer: Answer) -> Answer:
        """The answer, which can say why it is empty."""
        return replace(answer, reasons=partial(self.explain_empty, answer))

    def may_be_contested(self, text: str) -> bool:
        """False when a query names no property of which a value is undecided between sources."""
        return names_any(text, self._undecided_properties)

    @cached_property
    def _undecided_properties(self) -> frozenset[NamedNode]:
        return frozenset(quad.predicate for quad in find_quads(self.store, None, None, None, UNDECIDED))

    def explain_empty(
        self, answer: Answer, *, contested_remedy: str = "query GRAPH graph:contested"
    ) -> tuple[str, ...]:
        """Why an answer has no rows, in sentences; none for an answer that has some."""
        from kg.explain.empty_answers import explain_empty
        from kg.queries.stored_query import value_labels

        if answer.kind != "rows" or answer:
            return ()
        stored = ""
        if answer.name:
            query = self.queries[answer.name]
            stored = query.empty_sentence(value_labels(query, answer.query, self.names))
        empty = explain_empty(self.store, answer.query, self.names.ontology)
        return empty.sentences(contested_remedy=contested_remedy, stored=stored)

    def with_prefixes(self, text: str, ask: Callable[[str], _Result]) -> _Result:
        """The result of a query that may use the graph's prefixes, which the engine knows."""
        return ask(text)

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
        """The answer to a SPARQL query; the graph's prefixes need no declaration.

        It has at most `limit` rows, whose terms have at most `max_bytes` bytes, and its `complete` says whether these
        are all. Raises `QueryError` with line and column when the query does not parse, and `LimitError` when it takes
        longer than `timeout` seconds or more than `memory` bytes: SQL is interrupted; Oxigraph, and the reading of a
        long query, run in a process of their own, which is killed. SERVICE is refused unless `services` is True: then
        the query may call the endpoints that the project's `filmgraph.toml` lists.

        The `engine` is `columnar` (SQL over the columns of the graph, which raises `QueryError` for what is not
        compiled), `oxigraph`, `both` (which raises `EngineMismatchError` when they differ), or `auto`: columnar where a
        query reads much of a large graph. `spark`, or `spark=MASTER`, runs the columnar engine's SQL on Spark; a query
        that is not compiled goes to Oxigraph. The answer's `engine` says which it was.
        """
        check_limits(timeout=timeout, limit=limit, memory=memory, max_bytes=max_bytes)
        calls_services = services and "SERVICE" in text.upper()
        is_isolated = timeout is not None and (calls_services or is_long(text))
        if memory is not None or is_isolated:
            setup = WorkerSetup(self.opener(), memory=memory)
            parts = run_with_timeout(
                setup, _sparql_in_worker, text, limit, max_bytes, services, engine, seconds=timeout
            )
            return self._explained(Answer(names=self.names, **parts))
        query = partial(run_query, self.store, names=self.names, limit=limit, max_bytes=max_bytes)
        oxigraph = None if timeout is None else partial(self._evaluate_in_worker, seconds=timeout, limit=limit)

        def ask(prefixed: str) -> Answer:
            if calls_services:
                return query(self._federated(prefixed), guarded=True)
            columnar = self._columnar_for(engine)
            return query(prefixed, columnar=columnar, engine=parse_engine(engine), oxigraph=oxigraph)

        with deadline_in(timeout):
            return self._explained(self.with_prefixes(text, ask))

    def _federated(self, text: str) -> str:
        """A query with the answers of the endpoints that its SERVICE clauses name."""
        from kg.federation.endpoint_client import EndpointClient
        from kg.federation.federate import federate

        client = EndpointClient(self._services(), self.project.build_folder / "services")
        return federate(self.store, text, client)

    def _services(self) -> Services:
        """The endpoints that queries may use."""
        from kg.federation.config import read_services

        return read_services(self.project.configuration)

    def _evaluate_in_worker(
        self, text: str, *, seconds: float, limit: int | None, file: str, base_iri: str | None
    ) -> EngineResult:
        """What Oxigraph answers, in a process that is killed when the rest of the time is over."""
        stop = None if limit is None else limit + 1
        left = remaining_seconds()
        try:
            setup = WorkerSetup(partial(open_store, self.build))
            evaluated = run_with_timeout(setup, evaluate_in_memory, text, file, base_iri, stop, seconds=left)
        except LimitError as error:
            raise (took_too_long(seconds) if error.limit == "seconds" else error) from None
        return evaluated.result

    def explain_query(self, text: str, *, engine: str = "auto") -> str:
        """The engine of a query and why it is that one, its algebra, rows and time.

        Of the columnar engine also the rewrites to SQL, the SQL, and the estimated and real rows of its operators.
        """
        from kg.queries.explain_plan import explain_route

        columnar, chosen = self._columnar_for(engine), parse_engine(engine)

        def explain(prefixed: str) -> str:
            guard(prefixed)
            return explain_route(route(self.store, prefixed, columnar=columnar, engine=chosen), prefixed, columnar)

        return self.with_prefixes(text, explain)

    def _columnar_for(self, engine: str) -> ColumnarGraph:
        """The graph as columns, where the engine reads them."""
        if (master := master_of(engine)) is None:
            return self.columnar
        return replace(self.columnar, open=partial(self._columns_on_spark, master))

    def _columns_on_spark(self, master: str) -> Columns:
        if master not in self._spark_columns:
            from kg.queries.sparql_to_sql.spark_columns import SparkColumns

            self._spark_columns[master] = SparkColumns(self.snapshot, master)
        return self._spark_columns[master]

    @cached_property
    def _spark_columns(self) -> dict[str, Columns]:
        """The columns as files that Spark reads, by its master."""
        return {}

    @cached_property
    def columnar(self) -> ColumnarGraph:
        """The graph as columns in DuckDB, as its snapshot has them."""
        triples = int(self._counts.get("triples", 0)) + int(self._counts.get("quads", 0))
        store: object = self.store
        has_store = store.is_small if isinstance(store, SnapshotStore) else True
        return ColumnarGraph(triples, lambda: self._columns, has_store=has_store)

    @cached_property
    def _counts(self) -> Mapping[str, Any]:
        """What was counted in the build."""
        counts: Mapping[str, Any] = json.loads((self.build / COUNTS).read_text(encoding="utf-8"))
        return counts

    @cached_property
    def _columns(self) -> Columns:
        from kg.graph.columns import Columns

        return Columns(self.snapshot.sql)

    max_listed: ClassVar[int | None] = None
    """How many entities of a class `list_columns` has at most; None for all."""

    def list_columns(self, class_iri: NamedNode, properties: Collection[NamedNode]) -> Columns:
        """The columns that a list of a class's entities is read from: they have their values of these properties."""
        return self._columns

    def opener(self) -> Callable[[], FilmGraph]:
        """What opens the same graph in another process."""
        return partial(type(self), self.project, build=self.build)

    # --- entities

    def entity(self, name: str, *, class_name: str = "") -> NamedNode:
        """The entity with this label, alias, CURIE or IRI; raises `UnknownNameError` or `AmbiguousNameError`."""
        return self.names.entity(name, class_name=class_name)

    def search(self, text: str, *, class_name: str = "", limit: int = 10) -> tuple[NameMatch, ...]:
        """The entities with a name like `text`, best first: accents, case, script and a wrong letter do not matter.

        `class_name` keeps the entities of a class or kind; raises `UnknownNameError` for one that the ontology does
        not have. The first search of a build makes an index of its names.
        """
        class_iri = self.names.class_iri(class_name).value if class_name else ""
        return self._index.opened.search(text, class_name=class_iri, limit=limit)

    def best_known(self, class_name: str, *, limit: int = 10) -> tuple[NameMatch, ...]:
        """The entities of a class that most other entities refer to."""
        return self._index.opened.best_known(class_name, limit=limit)

    def candidates(self, mention: Mention, *, limit: int = 5) -> tuple[Candidate, ...]:
        """The entities that a mention may refer to, most probable first, each with its features and a confidence.

        The first call reads the names and features of all entities.
        """
        from kg.linking.classifier import classify_pairs

        candidates = classify_pairs([mention], self._mentions.get(mention.kind, ()))
        return tuple(candidate for candidate in candidates if not candidate.veto)[:limit]

    @cached_property
    def _mentions(self) -> dict[str, list[Mention]]:
        from kg.linking.mentions import find_mentions

        mentions: dict[str, list[Mention]] = defaultdict(list)
        for group in find_mentions(self.facts(), self.ontology).by_catalogue.values():
            for mention in group:
                mentions[mention.kind].append(mention)
        return mentions

    def __getitem__(self, name: str) -> EntityDescription:
        """Everything about an entity: `graph["film:anora"]`, or by label or alias."""
        from kg.lookup.entity_description import describe_entity

        return describe_entity(self.store, self.names, self.provenance, self.entity(name))

    def _ipython_key_completions_(self) -> list[str]:
        """The labels that a notebook completes after `graph["`."""
        quads = [
            quad
            for property in self.names.label_properties
            for quad in find_quads(self.store, None, property, None, KNOWLEDGE, limit=_MAX_COMPLETED)
        ]
        return sorted({quad.object.value for quad in quads if isinstance(quad.object, Literal)})[:_MAX_COMPLETED]

    def __contains__(self, name: object) -> bool:
        """True when an entity has this name."""
        try:
            self.entity(str(name))
        except UnknownNameError:
            return False
        except AmbiguousNameError:
            return True
        return True

    def schema(self) -> SchemaCard:
        """The classes and properties, and how often each is used."""
        from kg.lookup.schema_card import read_schema_card

        return read_schema_card(self.store, self.ontology)

    # --- facts and sources

    def facts(self) -> Iterator[Fact]:
        """Every fact that is accepted as true, with its evidence, in the order of the files."""
        return self.provenance.facts()

    def source_id(self, name: str) -> str:
        """The id of a source, given as its id, CURIE, label or alias; raises `UnknownNameError` for any other name."""
        id = name.removeprefix("source:")
        if id in self.provenance.sources:
            return id
        try:
            id_of_name = self.entity(name).value.removeprefix(SOURCE)
        except UnknownNameError:
            id_of_name = ""
        if id_of_name not in self.provenance.sources:
            raise unknown_source(name, self.provenance.sources)
        return id_of_name

    def conflicts(self, source: str | None = None) -> list[Conflict]:
        """What sources disagree on, with what was decided and why: all, or those in which one source has a fact.

        Of a source of Wikidata, also values that differ from those of other sources though both may be true. Raises
        `UnknownNameError` for a source that the graph does not have.
        """
        from kg.exports.wikidata_model import is_wikidata
        from kg.lookup.source_conflicts import find_conflicts

        if source is None:
            return list(find_conflicts(self.provenance))
        source = self.source_id(source)
        conflicts = [conflict for conflict in find_conflicts(self.provenance) if source in conflict.sources]
        if is_wikidata(self.provenance.sources[source]):
            from kg.exports.wikidata_comparison import find_undecided_conflicts

            conflicts += find_undecided_conflicts(self._export_request().wikidata_items(), source)
        return conflicts

    def texts(self, folder: Path | str | None = None) -> Texts:
        """The source texts in a folder, or else in the one that `KG_TEXTS` names, and those of the project."""
        return open_texts(folder, self.project.texts, self.provenance.sources)

    # --- explanations

    @cached_property
    def explainer(self) -> Explainer:
        """Explains why triples hold."""
        from kg.explain.why import Explainer

        return Explainer(self.store, self.names, self.provenance)

    def why(self, subject: str, property: str, value: str) -> Explanation:
        """Why a triple holds, as a tree down to facts with their passages; false when it does not hold.

        Subject and value are named as in `ask`; a value may also be a literal's text, or its exact N-Triples form.
        """
        return replace(self.explainer.explain(self.triple(subject, property, value)), draw=self._draw)

    def _draw(self, explanation: Explanation) -> str:
        from kg.explain.why_formats import to_svg

        return to_svg((explanation,), self.names, self.texts())

    def why_text(self, subject: str, property: str, value: str, *, format: str = "text") -> str:
        """Why a triple holds, as `text`, `json`, `proof`, `turtle` (PROV-O), `mermaid` or `svg`."""
        from kg.explain.why_formats import write_why

        return write_why((self.why(subject, property, value),), self.names, self.texts(), format=format)

    def why_answer(self, answer: Answer, *, format: str = "table") -> str:
        """An answer with the explanation of each row, down to the sources' passages; with `json` for programs."""
        from kg.explain.why_formats import explain_answer

        return explain_answer(self.explainer, answer, texts=self.texts(), format=format)

    def triple(self, subject: str, property: str, value: str) -> Triple:
        """The triple with these names; a literal's text gives the literal that the graph has."""
        from kg.lookup.entity_names import to_triple

        return to_triple(self.store, self.names, subject, property, value)

    # --- exports

    def triples(self) -> Iterator[Triple]:
        """The default graph: what is asserted and what is inferred."""
        return (quad.triple for quad in iterate_quads(self.store, KNOWLEDGE))

    def to_rdflib(self) -> rdflib.Graph:
        """The default graph as an rdflib graph, with exact literals."""
        from kg.exports.rdf import read_quads
        from kg.queries.formats import to_rdflib

        return to_rdflib(quad.triple for quad in read_quads(self.build, "knowledge"))

    def export_text(self, format: str = "turtle", *, only: str = "knowledge", film: str | None = None) -> str:
        """The graph in a format, as text; with `film`, only that film, its parts, and the names of what it refers to.

        Raises `InputError` for an unknown format or part, or a part that the format cannot hold.
        """
        return "".join(self.export_pieces(format, only=only, film=film))

    def export_pieces(
        self,
        format: str = "turtle",
        *,
        only: str = "knowledge",
        film: str | None = None,
        report: Callable[[str], None] | None = None,
    ) -> Iterator[str]:
        """The same text in pieces, so that large exports need not fit in memory.

        `report` is called with what a format leaves out, and why.
        """
        from kg.exports.export import export_pieces

        return export_pieces(self._export_request(only, film, report), format)

    def export(
        self,
        path: Path | str,
        *,
        format: str | None = None,
        only: str = "knowledge",
        film: str | None = None,
        report: Callable[[str], None] | None = None,
        by_predicate: bool = False,
    ) -> None:
        """Write the graph to a file, which is replaced at once, by default in the format of its ending, else Turtle.

        For `csv`, a table for each class is written to a folder, or the only table to a file; for `parquet`, the tables
        of the build to a folder, with `by_predicate` the triples of each predicate apart.
        """
        from kg.exports.export import check_export, check_folder, format_of, to_class_tables

        format = format_of(path, format)
        path = Path(path)
        if by_predicate and format != "parquet":
            raise InputError("Only tables are partitioned by predicate: choose the format parquet.")
        try:
            if format == "csv":
                check_export(format, only=only, of_film=film is not None)
                tables = to_class_tables(self._export_request(only, film).quads())
                if path.suffix.lower() == ".csv" and not path.is_dir() and len(tables) == 1:
                    write_file(path, tables.values(), durable=False)
                    return
                check_folder(path, format, tables=len(tables))
                path.mkdir(parents=True, exist_ok=True)
                for name, text in tables.items():
                    write_file(path / f"{name}.csv", (text,), durable=False)
            elif format == "parquet":
                check_export(format, only=only, of_film=film is not None)
                check_folder(path, format)
                path.mkdir(parents=True, exist_ok=True)
                self.snapshot.write_tables(path, by_predicate=by_predicate)
            else:
                write_file(path, self.export_pieces(format, only=only, film=film, report=report), durable=False)
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror}") from error

    def _export_request(
        self, only: str = "knowledge", film: str | None = None, report: Callable[[str], None] | None = None
    ) -> ExportRequest:
        from kg.exports.export import ExportRequest

        entity = self.entity(film, class_name="Film") if film is not None else None
        data = self.project.data
        return ExportRequest(self.build, data, self.store, self.provenance, self.names, only, entity, report)


def _sparql_in_worker(
    graph: FilmGraph, text: str, limit: int | None, max_bytes: int | None, services: bool, engine: str
) -> dict[str, Any]:
    """The parts of an answer that can be sent to another process, which has names of its own."""
    answer = graph.sparql(text, limit=limit, max_bytes=max_bytes, services=services, engine=engine)
    return {
        "query": answer.query,
        "columns": answer.columns,
        "solutions": [tuple(solution) for solution in answer.solutions],
        "truth": answer.truth,
        "triples": answer.triples,
        "complete": answer.complete,
        "engine": answer.engine,
    }
