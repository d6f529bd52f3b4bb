"""A built project walks in; the graph in your hand walks out: ask, look up, explain, export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode, Triple

from kg.atomic_files import write_file
from kg.errors import InputError, UnknownNameError
from kg.graph.provenance import Provenance
from kg.graph.record_store import RecordStore
from kg.graph.store import find_quads, iterate_quads, open_build, open_published_build
from kg.lookup.entity_names import EntityNames
from kg.passages.texts import Texts, open_texts
from kg.project import Project, find_project
from kg.queries.answer import Answer
from kg.queries.binding import parameter_terms
from kg.queries.execute import run_query
from kg.queries.stored_query import StoredQueries
from kg.terms import KNOWLEDGE, ONTOLOGY, SOURCE, to_curie
from kg.text import closest

if TYPE_CHECKING:
    import rdflib

    from kg.explain.why import Explainer, Explanation
    from kg.facts.model import Fact
    from kg.linking.model import Candidate, Mention
    from kg.lookup.conflicts import Conflict
    from kg.lookup.entity_description import EntityDescription
    from kg.lookup.name_search import NameIndex, NameMatch
    from kg.lookup.schema_card import SchemaCard
    from kg.schema import Schema


class FilmGraph:
    """A published graph, open for reading; other builds may be published while it is open.

    The build is the one that is published, or the one named. `queries` are the stored queries by name, `store` is the
    Oxigraph store itself, `names` what things are called, and `provenance` who says what. Reading is safe from several
    threads.
    """

    def __init__(self, project: Project, *, build: Path | None = None) -> None:
        self.project = project
        self.build, self.store, self._hold = open_published_build(project) if build is None else open_build(build)
        self.names = EntityNames(self.store)
        self.provenance = Provenance(self.store, RecordStore(self.build))
        self._class_curies: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"FilmGraph({str(self.project.folder)!r}, build={self.build.name!r})"

    def __len__(self) -> int:
        """How many triples stand in it, in all graphs."""
        return len(self.store)

    @cached_property
    def ontology(self) -> Schema:
        """The classes and properties of the ontology, with their hierarchy."""
        from kg.schema import to_schema

        return to_schema(quad.triple for quad in find_quads(self.store, None, None, None, ONTOLOGY))

    @cached_property
    def queries(self) -> StoredQueries:
        """The stored queries, by name."""
        return StoredQueries(self.project.queries)

    def ask(self, name: str, /, **values: object) -> Answer:
        """The answer to a stored query with these values for its parameters.

        A thing may be given by label, alias, CURIE or IRI. Raises `UnknownNameError` for a query or thing that does not
        exist, with the nearest, and `ParameterError` for a value that does not fit.
        """
        query = self.queries.find(name)
        text = query.bind(parameter_terms(query, values, self.names))
        return run_query(self.store, text, names=self.names, name=query.name, file=query.file, guarded=True)

    def sparql(
        self, text: str, *, limit: int | None = None, timeout: float | None = None, services: bool = False
    ) -> Answer:
        """The answer to a SPARQL query; the graph's prefixes need not be declared.

        At most `most` rows come back, and the answer's `complete` says whether that was all. Raises `QueryError` with
        line and column when it does not parse, and `LimitError` when it takes longer than `timeout` seconds: it then
        runs in a process of its own, which is ended. SERVICE is refused, unless `services` is true: then it may ask
        the endpoints that the project's `filmgraph.toml` lists.
        """
        if timeout is not None:
            from kg.queries.execute_with_timeout import run_query_within

            return run_query_within(
                self.project, text, seconds=timeout, names=self.names, limit=limit, services=services
            )
        if services and "SERVICE" in text.upper():
            from kg.federation.client import EndpointClient
            from kg.federation.config import read_services
            from kg.federation.federate import federate

            remote = EndpointClient(read_services(self.project.configuration), self.project.build_folder / "services")
            runs = federate(self.store, text, remote)
            return run_query(self.store, runs, names=self.names, limit=limit, guarded=True)
        return run_query(self.store, text, names=self.names, limit=limit)

    def entity(self, name: str, *, class_name: str = "") -> NamedNode:
        """The thing that is called this; raises `UnknownNameError` or `AmbiguousNameError`."""
        return self.names.entity(name, class_name=class_name)

    def search(self, text: str, *, class_name: str = "", limit: int = 10) -> tuple[NameMatch, ...]:
        """The things called something like `text`, best first: accents, case, script and a wrong letter do not matter.

        `kind` keeps them to a class; raises `UnknownNameError` for one that the ontology does not have. The first
        search of a build makes an index of its names.
        """
        return self._name_index.search(
            text, class_name=self._class_curie(class_name) if class_name else "", limit=limit
        )

    def _class_curie(self, name: str) -> str:
        """The CURIE of a class that is called this."""
        if name not in self._class_curies:
            from kg.lookup.classes import find_class

            self._class_curies[name] = to_curie(find_class(self.store, self.names, name).value)
        return self._class_curies[name]

    def best_known(self, class_name: str, *, limit: int = 10) -> tuple[NameMatch, ...]:
        """The things of a class that others point at the most."""
        return self._name_index.best_known(class_name, limit=limit)

    @cached_property
    def _name_index(self) -> NameIndex:
        from kg.lookup.name_search import open_name_index

        return open_name_index(self.build, self.store)

    def candidates(self, mention: Mention, *, limit: int = 5) -> tuple[Candidate, ...]:
        """The things that a mention may mean, the likeliest first, each with its clues and a confidence.

        The first call gathers the names and clues of all things.
        """
        from kg.linking.classification import classify_pairs

        candidates = classify_pairs([mention], self._mentions.get(mention.kind, ()))
        return tuple(candidate for candidate in candidates if not candidate.veto)[:limit]

    @cached_property
    def _mentions(self) -> dict[str, list[Mention]]:
        from kg.linking.mentions import find_mentions

        kinds: dict[str, list[Mention]] = {}
        for side in find_mentions(self.facts(), self.ontology).values():
            for one in side:
                kinds.setdefault(one.kind, []).append(one)
        return kinds

    def __getitem__(self, name: str) -> EntityDescription:
        """Everything about a thing: `graph["film:anora"]`; labels and aliases do as well."""
        from kg.lookup.entity_description import describe_entity

        return describe_entity(self.store, self.names, self.provenance, self.entity(name))

    def __contains__(self, name: object) -> bool:
        """True when something is called this."""
        from kg.errors import AmbiguousNameError

        try:
            self.entity(str(name))
        except UnknownNameError:
            return False
        except AmbiguousNameError:
            return True
        return True

    def facts(self) -> Iterator[Fact]:
        """Every fact that is knowledge, each with its evidence, in the order of the files."""
        return self.provenance.facts()

    def schema(self) -> SchemaCard:
        """The classes and properties with their uses."""
        from kg.lookup.schema_card import read_schema_card

        return read_schema_card(self.store, self.names)

    def source_id(self, name: str) -> str:
        """The id of a source, given as its id, CURIE, label or alias; raises `UnknownNameError` for any other name."""
        id = name.removeprefix("source:")
        if id in self.provenance.sources:
            return id
        try:
            found = self.entity(name).value.removeprefix(SOURCE)
        except UnknownNameError:
            found = ""
        if found not in self.provenance.sources:
            raise UnknownNameError(name, kind="source", suggestions=closest(id, list(self.provenance.sources)))
        return found

    def conflicts_with(self, source: str) -> tuple[Conflict, ...]:
        """What a source of Wikidata tells otherwise than ours do, where both stand; none for any other source."""
        from kg.exports.wikidata.model import is_wikidata

        if not is_wikidata(self.provenance.sources[source]):
            return ()
        from kg.exports.formats import ExportRequest
        from kg.exports.wikidata.comparison import disagreements
        from kg.exports.wikidata.model import Wikidata

        call = ExportRequest(self.build, self.project.data, self.store, self.provenance, self.names)
        return tuple(disagreements(Wikidata(call.store, call.provenance, call.names, call.ontology()), source))

    def texts(self, folder: Path | str | None = None) -> Texts:
        """The sources' texts in a folder, or in the one that `KG_TEXTS` names; none where neither is given."""
        return open_texts(folder, self.provenance.sources)

    @cached_property
    def explainer(self) -> Explainer:
        """Explains why triples hold."""
        from kg.explain.why import Explainer

        return Explainer(self.store, self.names, self.provenance)

    def why(self, subject: str, property: str, value: str) -> Explanation:
        """Why a triple holds, as a tree down to facts with their passages; untrue when it does not hold.

        Subject and value are named as in `ask`; a value may also be a literal's text, or its exact N-Triples form.
        """
        return self.explainer.explain(self.triple(subject, property, value))

    def why_text(self, subject: str, property: str, value: str, *, format: str = "text") -> str:
        """Why a triple holds, in words, or as `json`, `proof`, `turtle` (PROV-O), `mermaid` or `svg`."""
        from kg.explain.why_formats import write_why

        return write_why((self.why(subject, property, value),), self.names, self.texts(), format=format)

    def why_answer(self, answer: Answer, *, format: str = "table") -> str:
        """An answer with what each row rests on, down to the sources' passages; as `json` for programs."""
        from kg.explain.answer_evidence import explain_answer

        return explain_answer(self.explainer, answer, texts=self.texts(), format=format)

    def triple(self, subject: str, property: str, value: str) -> Triple:
        """The triple that three names mean; of a literal's text, the one that the graph has."""
        from kg.lookup.entity_names import to_triple

        return to_triple(self.store, self.names, subject, property, value)

    def triples(self) -> Iterator[Triple]:
        """Knowledge: what is asserted and what follows from it."""
        return (quad.triple for quad in iterate_quads(self.store, KNOWLEDGE))

    def to_rdflib(self) -> rdflib.Graph:
        """Knowledge as an rdflib graph, with exact literals."""
        from kg.exports.rdf import read_quads
        from kg.queries.rdflib_graph import to_rdflib

        return to_rdflib(quad.triple for quad in read_quads(self.build, "knowledge"))

    def export_text(self, format: str = "turtle", *, only: str = "knowledge", film: str | None = None) -> str:
        """The graph in a format, as text; `film` keeps framed JSON-LD and schema.org to one film.

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
        """The same text piece by piece; formats that go back to others never stand in memory whole.

        `report` is called with what a format leaves out, and why.
        """
        from kg.exports.formats import ExportRequest, export_pieces

        films = (self.entity(film, class_name="Film"),) if film is not None else None
        call = ExportRequest(
            self.build, self.project.data, self.store, self.provenance, self.names, only, films, report
        )
        return export_pieces(call, format)

    def export(
        self,
        path: Path | str,
        *,
        format: str = "turtle",
        only: str = "knowledge",
        film: str | None = None,
        report: Callable[[str], None] | None = None,
    ) -> None:
        """Write the graph to a file, for `csv` a folder with a table for each class; nothing is left half-written."""
        path = Path(path)
        try:
            if format == "csv":
                from kg.exports.formats import to_class_tables
                from kg.exports.rdf import check_part, read_quads

                path.mkdir(parents=True, exist_ok=True)
                for name, text in to_class_tables(read_quads(self.build, check_part(only))).items():
                    write_file(path / f"{name}.csv", (text,), durable=False)
            else:
                write_file(path, self.export_pieces(format, only=only, film=film, report=report), durable=False)
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror}") from error


def open_graph(project: Project | Path | str | None = None) -> FilmGraph:
    """The published graph of a project; raises `ProjectError` when there is none yet."""
    return FilmGraph(project if isinstance(project, Project) else find_project(project))
