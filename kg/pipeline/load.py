"""Anybody's RDF as a graph that can be queried: files in, a published build out.

A loaded graph has the files of a build. All of its default graph counts as asserted; nothing has a source but the
files themselves. Named graphs are kept.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, DefaultGraph, Quad, RdfFormat, Triple

from kg.errors import FaultsError, InputError
from kg.graph.parquet_tables import read_snapshot
from kg.graph.rdf_files import load_file, read_all_triples
from kg.graph.snapshot_file import SnapshotFile, add_graph, begin_named_graphs
from kg.graph.snapshot_writer import add_lookup_tables, write_snapshot
from kg.graph.store import fill_store, publish, temporary_folder
from kg.graph.triple_tables import TripleTables
from kg.pipeline.forecast import has_lookup_store
from kg.project import COUNTS, LOADED_PREFIXES, Project
from kg.rdf.blank_nodes import with_labels
from kg.rdf.data_files import COMMON_PREFIXES, DataFile, read_prefixes
from kg.rdf.parser import RdfParser, RdfSyntaxError
from kg.reasoning.infer import infer as infer_in
from kg.reports import Finding, Place, Report
from kg.terms import ONTOLOGY, PREFIXES

_QUAD_FORMATS = (RdfFormat.TRIG, RdfFormat.N_QUADS, RdfFormat.JSON_LD)
_FOLDERS = ("ontology", "data", "queries")


def load_into(
    project: Project,
    files: Sequence[DataFile],
    *,
    ontology: Iterable[Path] = (),
    infer: bool = False,
    version: str = "1.2",
) -> Report:
    """Load RDF files and publish them as the graph of a project; the report has contradictions and counts.

    With `infer`, the graph also has what follows by OWL 2 RL from the data and from the ontology. Raises `FaultsError`
    with the faults of all files, among them what this version of RDF does not have.
    """
    axioms = list(read_all_triples(ontology, version=version))
    tables = TripleTables()
    named = _read(tables, files, version)
    report = Report()
    if infer:
        report += infer_in(tables, axioms, schema=True, same_as="auto").report
    asserted, inferred = tables.count("triple"), tables.count("inferred")
    counts: dict[str, int | float | str] = {
        "files": len(files), "triples": asserted, "inferred": inferred, "quads": len(named)
    }  # fmt: skip
    with temporary_folder(project) as folder:
        begin_named_graphs(tables)
        add_graph(tables, ONTOLOGY, axioms)
        _add_quads(tables, named)
        has_store = has_lookup_store(project, asserted + inferred + tables.count("named"))
        write_snapshot(tables, folder, for_lookup=not has_store)
        if has_store:
            fill_store(folder)
        prefixes = {**_common_prefixes(tables), **_declared_prefixes(files)}
        (folder / LOADED_PREFIXES).write_text(json.dumps(prefixes), encoding="utf-8")
        (folder / COUNTS).write_text(json.dumps({**counts, "rdf": version}), encoding="utf-8")
        project.loaded.write_text(json.dumps([file.name for file in files]), encoding="utf-8")
        publish(project, folder, "loaded")
    return Report(report.findings, {**report.counts, **counts})


def load_tables(project: Project, source: Path) -> Report:
    """Publish a snapshot in Parquet tables as the graph of a project; raises `InputError` for other tables."""
    with temporary_folder(project) as folder:
        read_snapshot(source, folder)
        snapshot = SnapshotFile(folder)
        sizes = dict(snapshot.sizes())
        ((inferred,),) = snapshot.sql.execute("SELECT count(*) FROM triple WHERE is_inferred").fetchall()
        ((records,),) = snapshot.sql.execute("SELECT count(*) FROM fact WHERE status = 'record'").fetchall()
        snapshot.sql.close()
        triples = sizes.pop("", 0)
        counts: dict[str, int | float | str] = {
            "files": 1, "triples": triples - inferred, "inferred": inferred, "quads": sum(sizes.values()),
            "records": records,
        }  # fmt: skip
        if has_lookup_store(project, triples + sum(sizes.values())):
            fill_store(folder)
        else:
            add_lookup_tables(folder)
        (folder / LOADED_PREFIXES).write_text("{}", encoding="utf-8")
        (folder / COUNTS).write_text(json.dumps(counts), encoding="utf-8")
        project.loaded.write_text(json.dumps([str(source)]), encoding="utf-8")
        publish(project, folder, "loaded")
    return Report((), counts)


def make_project(folder: Path) -> Project:
    """A project for a graph that is loaded, in a folder that is empty, does not exist, or has one already.

    Its stored queries, if any, are those that are written into `queries/`.
    """
    project = Project(folder.resolve())
    if folder.exists() and not project.loaded.is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is not empty: name another folder for the graph.")
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    return project


def _read(tables: TripleTables, files: Iterable[DataFile], version: str) -> list[Quad]:
    """Read the default graphs into the tables; the quads of named graphs are returned."""
    named: list[Quad] = []
    faults: list[Finding] = []
    for file in files:
        try:
            if file.format in _QUAD_FORMATS:
                named += _read_quads(tables, file, version)
            else:
                load_file(tables, file.path, format=file.format, version=version)
        except FaultsError as error:
            faults += (_renamed(finding, file) for finding in error.faults)
        except OSError as error:
            faults.append(Finding("rdf/unreadable", f"{error.strerror or error}.", places=(Place(file.name),)))
    if faults:
        raise FaultsError(faults)
    return named


def _read_quads(tables: TripleTables, file: DataFile, version: str) -> list[Quad]:
    labels: dict[str, str] = {}
    number = tables.next_file_number()
    prefix = f"f{number}-" if number > 1 else ""
    named: list[Quad] = []
    quads = iter(_parse(file, version))
    while batch := list(islice(quads, 50_000)):
        own = [_with_own_labels(quad, prefix, labels) for quad in batch]
        tables.add(quad.triple for quad in own if isinstance(quad.graph_name, DefaultGraph))
        named += (quad for quad in own if not isinstance(quad.graph_name, DefaultGraph))
    return named


def _parse(file: DataFile, version: str) -> Iterator[Quad]:
    try:
        yield from RdfParser(file.path, file.format, base_iri=file.path.resolve().as_uri(), version=version)
    except RdfSyntaxError as error:
        place = Place(file.name, error.line, error.column)
        raise FaultsError([Finding(f"rdf/{error.check}", f"{error.message}.", places=(place,))]) from error


def _with_own_labels(quad: Quad, prefix: str, labels: dict[str, str]) -> Quad:
    """The quad with labels for blank nodes that are numbered in the order of the file, and of no other file."""

    def own(node: BlankNode) -> BlankNode:
        return BlankNode(labels.setdefault(node.value, f"{prefix}b{len(labels)}"))

    triple, graph = with_labels(quad.triple, own), quad.graph_name
    graph = own(graph) if isinstance(graph, BlankNode) else graph
    return Quad(triple.subject, triple.predicate, triple.object, graph)


def _add_quads(tables: TripleTables, quads: Iterable[Quad]) -> None:
    """Add the triples of named graphs, each to its graph."""
    triples_of: dict[Any, list[Triple]] = defaultdict(list)
    for quad in quads:
        triples_of[quad.graph_name].append(quad.triple)
    for graph, triples in triples_of.items():
        add_graph(tables, graph, triples)


def _common_prefixes(tables: TripleTables) -> dict[str, str]:
    """The prefixes that are commonly used for namespaces of the data.

    https://schema.org/ is the namespace of `schema:` here unless the data only has the other one.
    """

    def is_used(namespace: str) -> bool:
        start = [f"<{namespace}"]
        return bool(tables.sql.execute("SELECT 1 FROM term WHERE starts_with(text, ?) LIMIT 1", start).fetchall())

    used = {prefix: namespace for prefix, namespace in COMMON_PREFIXES.items() if is_used(namespace)}
    if is_used(PREFIXES["schema"]):
        used.pop("schema", None)
    return used


def _declared_prefixes(files: Iterable[DataFile]) -> dict[str, str]:
    """The prefixes that files declare, without those that two of them declare differently."""
    namespaces = defaultdict[str, set[str]](set)
    for file in files:
        for prefix, namespace in read_prefixes(file).items():
            namespaces[prefix].add(namespace)
    return {prefix: namespace for prefix, (namespace, *others) in namespaces.items() if not others}


def _renamed(finding: Finding, file: DataFile) -> Finding:
    """The finding with the name by which the file is called."""
    return replace(finding, places=tuple(replace(place, file=file.name) for place in finding.places))
