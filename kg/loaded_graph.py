"""The graph of anybody's RDF files, and inference and validation of such files without a graph.

Nothing in the graph has a source but the files, so what needs facts with sources is refused.
"""

from __future__ import annotations

import json
import os
import shutil
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Store, Triple

from kg.errors import InputError, QueryError
from kg.facts.model import Evidence, Fact
from kg.files.scratch import temporary_directory
from kg.filmgraph import FilmGraph, NameIndexOfBuild
from kg.graph.provenance import Provenance
from kg.graph.snapshot_file import INFERRED, part_of
from kg.graph.store import find_quads, has_triple
from kg.lookup.entity_names import EntityNames
from kg.project import LOADED_PREFIXES, Project, find_project
from kg.queries.sparql import refuse_sparql_12
from kg.rdf import RDF_VERSIONS
from kg.reports import Report
from kg.terms import KNOWLEDGE, LABEL, ONTOLOGY, PREFIXES, SKOS
from kg.text.sparql_tokens import tokenise

if TYPE_CHECKING:
    from kg.explain.why import Explainer
    from kg.federation.config import Services
    from kg.lookup.data_profile import DataProfile

LABEL_PROPERTIES = (
    LABEL,
    NamedNode(SKOS + "prefLabel"),
    NamedNode("https://schema.org/name"),
    NamedNode("http://schema.org/name"),
    NamedNode("http://xmlns.com/foaf/0.1/name"),
    NamedNode("http://purl.org/dc/terms/title"),
    NamedNode("http://purl.org/dc/elements/1.1/title"),
)
"""The properties whose values are labels in anybody's data."""
_Result = TypeVar("_Result")
Files = Path | str | Iterable[Path | str]


class LoadedGraph(FilmGraph):
    """A graph that was loaded from RDF files; `report` has what contradicts itself in it, when it was inferred from."""

    def __init__(self, project: Project, *, build: Path | None = None, report: Report | None = None) -> None:
        super().__init__(project, build=build)
        self.files: tuple[str, ...] = tuple(json.loads(project.loaded.read_text(encoding="utf-8")))
        self.report = report if report is not None else Report()
        self.provenance = _FilesAsSource(self)
        prefixes = {**self.prefixes, **PREFIXES, **self.prefixes}
        self._index = NameIndexOfBuild(self.build, self.store, self.snapshot, LABEL_PROPERTIES)
        self.names = EntityNames(
            self.store,
            prefixes=prefixes,
            label_properties=LABEL_PROPERTIES,
            similar_names=self._index.similar_names,
        )

    def __repr__(self) -> str:
        return f"LoadedGraph({', '.join(self.files)})"

    @cached_property
    def rdf_version(self) -> str:
        """The version of RDF that the files were held to, and so are queries."""
        return str(self._counts.get("rdf", RDF_VERSIONS[-1]))

    @cached_property
    def prefixes(self) -> Mapping[str, str]:
        """The prefixes that the files declare; queries need not."""
        prefixes: dict[str, str] = json.loads((self.build / LOADED_PREFIXES).read_text(encoding="utf-8"))
        return prefixes

    def _services(self) -> Services:
        """The endpoints that a file in the folder of the graph lists; a graph without one has no such file."""
        services = super()._services()
        return services if self.project.configuration.is_file() else replace(services, file="")

    def with_prefixes(self, text: str, ask: Callable[[str], _Result]) -> _Result:
        """The result of a query that may use the prefixes of the files; errors are at their place in the text.

        Raises `QueryError` for what the version of RDF does not have that the files were held to.
        """
        if self.rdf_version == "1.1":
            refuse_sparql_12(text)
        declarations = self._declarations(text)
        try:
            return ask(declarations + text)
        except QueryError as error:
            if not declarations or error.place is None:
                raise
            place = replace(error.place, line=error.place.line - declarations.count("\n"))
            raise QueryError(
                error.message, place=place, expected=error.expected, suggestions=error.suggestions
            ) from error

    def _declarations(self, text: str) -> str:
        """The PREFIX line for the prefixes that a query uses and the files declare."""
        used, declared, is_declaration = dict[str, None](), set[str](), False
        for token in tokenise(text):
            if token.kind == "name" and not token.text.startswith("_:"):
                (declared.add if is_declaration else used.setdefault)(token.text.partition(":")[0])
            is_declaration = token.is_word("PREFIX")
        known = {
            prefix: self.prefixes[prefix]
            for prefix in used
            if prefix in self.prefixes and prefix not in declared and PREFIXES.get(prefix) != self.prefixes[prefix]
        }
        return " ".join(f"PREFIX {prefix}: <{namespace}>" for prefix, namespace in known.items()) + "\n" * bool(known)

    def entity(self, name: str, *, class_name: str = "") -> NamedNode:
        """The entity with this label, alias, CURIE or IRI; the prefixes of the files are known."""
        return super().entity(self._expand(name), class_name=class_name)

    def triple(self, subject: str, property: str, value: str) -> Triple:
        """The triple with these names; a literal's text gives the literal that the graph has."""
        return super().triple(self._expand(subject), self._expand(property), self._expand(value))

    def _expand(self, name: str) -> str:
        """A CURIE with a prefix of the files as its IRI; any other name unchanged."""
        prefix, colon, local = name.partition(":")
        return f"<{self.prefixes[prefix]}{local}>" if colon and prefix in self.prefixes else name

    def validate(self, shapes: Files, *, focus: Iterable[str] | None = None) -> Report:
        """The findings of SHACL shapes in the default graph, inferred triples included."""
        from kg.graph.triple_tables import TripleTables
        from kg.shapes import check, read_shapes
        from kg.shapes.parse import locate_findings

        read = read_shapes(shapes)
        tables = TripleTables()
        self.snapshot.load(tables)
        ontology = self.snapshot.triples(part_of(ONTOLOGY))
        report = check(tables, read, ontology=ontology, focus=focus)
        files = [path for path in map(Path, self.files) if path.is_file()]
        return Report(
            (*(locate_findings(report.findings, files) if files else report.findings), *read.warnings), report.counts
        )

    def schema(self) -> DataProfile:  # type: ignore[override]
        """What is in the data: classes and properties with counts and examples, languages, links to elsewhere."""
        from kg.lookup.data_profile import read_profile

        return read_profile(self.store, self.prefixes)

    @cached_property
    def explainer(self) -> Explainer:
        """Explains why triples hold: an axiom may be in the data as well as in the ontology."""
        from kg.explain.why import Explainer

        return Explainer(self.store, self.names, self.provenance, axioms_in_data=True)

    # --- what needs facts with sources

    def facts(self) -> Iterator[Fact]:
        """Refused: the data has no facts with sources."""
        self._refuse("facts")

    def source_id(self, name: str) -> str:
        """Refused: the data has no sources."""
        self._refuse("sources")

    def candidates(self, *_: Any, **__: Any) -> NoReturn:
        """Refused: candidates are found by facts with sources."""
        self._refuse("candidates")

    def _refuse(self, what: str) -> NoReturn:
        raise InputError(
            f"This graph was loaded from {self._names}: it has no {what}, since only facts of a project have sources."
            " `kg new` starts a project."
        )

    @property
    def _names(self) -> str:
        return ", ".join(self.files[:3]) + (f" and {len(self.files) - 3} more files" if len(self.files) > 3 else "")


class _FilesAsSource(Provenance):
    """Who states a triple of a loaded graph: the files, unless it was inferred."""

    def __init__(self, graph: LoadedGraph) -> None:
        super().__init__(graph.store)
        object.__setattr__(self, "_graph", graph)

    def facts(self, triple: Triple | None = None) -> Iterator[Fact]:
        """The fact that states a triple, if the files have it."""
        if triple is None:
            self._graph._refuse("facts")
        if has_triple(self.store, triple, KNOWLEDGE) and not has_triple(self._inferred, triple, KNOWLEDGE):
            yield _to_fact(triple, self._graph._names)

    def facts_about(self, subject: NamedNode | BlankNode) -> Iterator[Fact]:
        """The fact for each triple of the files about an entity."""
        for quad in find_quads(self.store, subject, None, None, KNOWLEDGE):
            yield from self.facts(quad.triple)

    _graph: LoadedGraph

    @cached_property
    def _inferred(self) -> Store:
        store = Store()
        store.bulk_extend(self._graph.snapshot.quads(INFERRED))
        return store


def _to_fact(triple: Triple, source: str) -> Fact:
    return Fact(triple.subject, triple.predicate, triple.object, Evidence(source))  # type: ignore[arg-type]


def open_local_graph(project: Project | Path | str | None = None, *, build: Path | None = None) -> FilmGraph:
    """The published graph of a project, or another `build` of it: a `LoadedGraph` where it was loaded from RDF files.

    Raises `ProjectError` when there is none yet.
    """
    found = project if isinstance(project, Project) else find_project(project)
    return LoadedGraph(found, build=build) if found.loaded.is_file() else FilmGraph(found, build=build)


def load(
    files: Files,
    *,
    infer: bool = False,
    ontology: Files = (),
    output: Path | str | None = None,
    format: RdfFormat | str | None = None,
    rdf: str = "1.2",
) -> LoadedGraph:
    """The graph of RDF files, folders or patterns: `kg.load("people.ttl", infer=True)`.

    Of a folder with the tables of a build in Parquet, it is that build's graph.

    With `infer`, it also has what follows by OWL 2 RL from the data and the ontology. It is kept in the folder
    `output`, and opened again by `kg.load` of that folder; without one, it is gone when it is no longer used. Raises
    `FaultsError` with file, line and column for files that do not parse, and with `rdf="1.1"` for what RDF 1.1 does not
    have.
    """
    # To open a graph that was loaded before needs none of these.
    from kg.graph.parquet_tables import is_snapshot
    from kg.pipeline.load import load_into, load_tables, make_project
    from kg.rdf.data_files import find_data_files
    from kg.rdf.parser import check_version

    names = _names_of(files)
    if not names:
        raise InputError("There is nothing to load: name at least one file.")
    if len(names) == 1 and (project := Project(Path(names[0]).resolve())).loaded.is_file():
        if infer or output is not None:
            raise InputError(f"{names[0]} was loaded already: infer while loading, with kg load --infer.")
        return LoadedGraph(project)
    temporary = ExitStack()
    folder = temporary.enter_context(temporary_directory("graph")) / "graph" if output is None else Path(output)
    is_new = not folder.exists()
    is_empty = is_new or (folder.is_dir() and not any(folder.iterdir()))
    try:
        project = make_project(folder)
        if len(names) == 1 and is_snapshot(Path(names[0])):
            if infer or _names_of(ontology):
                raise InputError(
                    f"{names[0]} has the tables of a build, which has what was inferred with its ontology."
                )
            report = load_tables(project, Path(names[0]))
        else:
            with temporary_directory("data") as copies:
                data = find_data_files(names, folder=copies, format=_to_format(format))
                axioms = [file.path for file in find_data_files(_names_of(ontology), folder=copies)]
                report = load_into(project, data, ontology=axioms, infer=infer, version=check_version(rdf))
        graph = LoadedGraph(project, report=report)
    except BaseException:
        # What was an empty folder, or none, is that again; a graph that was there stays.
        if is_empty:
            shutil.rmtree(folder, ignore_errors=True)
        if is_empty and not is_new:
            folder.mkdir()
        temporary.close()
        raise
    weakref.finalize(graph, temporary.close)
    return graph


def infer(data: Files, *, ontology: Files = (), engine: str = "sql") -> tuple[Triple, ...]:
    """The triples that follow by OWL 2 RL from RDF files and an ontology, in the order of their text.

    Axioms in the data count as well. Raises `FaultsError` for files that do not parse. For large
    data, and for contradictions, see `kg.reasoning.infer.infer_files`, which writes to a file.
    """
    from kg.graph.rdf_files import load_file, read_all_triples
    from kg.graph.triple_tables import TripleTables
    from kg.reasoning.infer import infer as infer_in

    tables = TripleTables()
    for path in _paths(data):
        load_file(tables, path)
    axioms = list(read_all_triples(_paths(ontology)))
    infer_in(tables, axioms, engine=engine, same_as="auto")
    return tuple(tables.triples(table="inferred"))


def validate(data: Files, *, shapes: Files, ontology: Files = ()) -> Report:
    """The report of validating RDF files against SHACL shapes; raises `FaultsError` for files that do not parse."""
    from kg.shapes import validate_files

    return validate_files(_paths(data), _paths(shapes), ontology=_paths(ontology))


def _to_format(format: RdfFormat | str | None) -> RdfFormat | None:
    from kg.rdf.file_formats import FORMAT_NAMES

    if not isinstance(format, str):
        return format
    if format not in FORMAT_NAMES:
        raise InputError(f"There is no RDF format {format!r}; choose {', '.join(FORMAT_NAMES)}.")
    return FORMAT_NAMES[format]


def _names_of(files: Files) -> list[str]:
    if hasattr(files, "serialize"):
        raise InputError("kg.load reads files: write the graph of rdflib to one first, with graph.serialize(FILE).")
    names: list[object] = [files]
    if isinstance(files, Iterable) and not isinstance(files, os.PathLike | str):
        names = list(files)
    wrong = [name for name in names if not isinstance(name, os.PathLike | str)]
    if wrong:
        message = "A file, folder or pattern is a text or a path, and several are a list"
        raise TypeError(f"{message}; {wrong[0]!r} is neither.")
    return list(map(str, names))


def _paths(files: Files) -> list[Path]:
    return list(map(Path, _names_of(files)))
