"""Validation: of a graph in tables, and of RDF files."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from pyoxigraph import RdfFormat, Triple

from kg.engines.choice import tables_on
from kg.errors import FaultsError, InputError, UnknownNameError
from kg.graph.rdf_files import load_file, read_triples, with_own_blank_nodes
from kg.graph.triple_tables import TripleTables
from kg.reports import Finding, Place, Report
from kg.shapes.model import Shape, Shapes, Target
from kg.shapes.parse import locate_findings, to_shapes
from kg.shapes.plan import to_plan
from kg.shapes.results import LANGUAGES
from kg.shapes.sql_engine import SqlEngine
from kg.terms import to_curie
from kg.text.folding import closest

Files = Path | str | Iterable[Path | str]


def check(
    graph: TripleTables,
    shapes: Shapes,
    *,
    ontology: Iterable[Triple] = (),
    tables: Sequence[str] = ("triple", "inferred"),
    focus: Iterable[str] | None = None,
    shape: Iterable[str] | None = None,
    languages: Sequence[str] = LANGUAGES,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """The findings of the shapes in the triples of these tables, in no particular order, and what was counted.

    `focus` (exact terms) restricts the targets to these nodes, `shape` the targeted shapes; with both, a shape without
    a target validates these nodes. Subclasses are those of the ontology and of the data. Raises `UnknownNameError` when
    there is no targeted shape of that name.
    """
    start = time.perf_counter()
    focus, shape = (None if names is None else tuple(names) for names in (focus, shape))
    if focus and shape:
        shapes = _with_targets(shapes, shape, focus)
    roots = _roots(shapes, shape)
    not_compiled = shapes.not_compiled()
    ontology, report = tuple(ontology), Report()
    if compiled := [root for root in roots if root.node not in not_compiled]:
        engine = SqlEngine(graph.sql, to_plan(shapes, compiled), ontology, tables, progress)
        try:
            report = engine.report(languages, focus=None if focus is None else engine.tables.focus_ids(focus))
        finally:
            engine.close()
    if others := [root for root in roots if root.node in not_compiled]:
        # Imported when it is needed: rdflib and pyshacl take a third of a second.
        from kg.shapes import pyshacl_engine

        report += pyshacl_engine.check(
            graph, shapes, others, ontology=ontology, tables=tables, focus=focus, languages=languages
        )
    seconds = round(time.perf_counter() - start, 3)
    return Report(report.findings, {**report.counts, "shapes": len(roots), "findings": len(report), "seconds": seconds})


def _with_targets(shapes: Shapes, names: Iterable[str], focus: Iterable[str]) -> Shapes:
    """The shapes, of which those with these names and without a target have the nodes in focus as targets."""
    targets, wanted = tuple(Target("node", node) for node in focus), set(names)
    targeted = {
        node: replace(shape, targets=targets)
        for node, shape in shapes.shapes.items()
        if not shape.has_target and not wanted.isdisjoint((node, to_curie(node[1:-1])))
    }
    return replace(shapes, shapes={**shapes.shapes, **targeted})


def _roots(shapes: Shapes, wanted: Iterable[str] | None) -> list[Shape]:
    """The targeted shapes, or those with these names: exact terms or CURIEs."""
    roots = list(shapes.targeted())
    if wanted is None:
        return roots
    by_name = {root.node: root for root in roots} | {to_curie(r.node[1:-1]): r for r in roots if r.node.startswith("<")}
    chosen = []
    for name in wanted:
        if name not in by_name:
            known = sorted(each for each in by_name if not each.startswith("<"))
            curie = to_curie(name[1:-1]) if name.startswith("<") else name
            raise UnknownNameError(curie, kind="shape with a target", suggestions=closest(curie, known))
        chosen.append(by_name[name])
    return chosen


# --- files


def read_shapes(paths: Files, *, format: RdfFormat | None = None, version: str = "1.2") -> Shapes:
    """The shapes of one or more RDF files; raises `FaultsError` with every fault of all of them.

    Files in which no shape has a target are a fault: whatever the data is, there would be no finding.
    """
    return _shapes_of(tuple((path, _digest(path)) for path in _to_paths(paths)), format, version)


# A process that builds again and again, such as `kg build --watch`, reads the same shapes each time.
@lru_cache(maxsize=8)
def _shapes_of(digests: tuple[tuple[Path, bytes], ...], format: RdfFormat | None, version: str) -> Shapes:
    files = [path for path, _ in digests]
    shapes = to_shapes(_read_all(files, format, version), files=tuple(map(str, files)))
    if files and not any(shape.has_target for shape in shapes.shapes.values()):
        problem = "has no SHACL shape" if not shapes.shapes else "has no shape with a target, so nothing is validated"
        raise FaultsError([Finding("shapes/none", f"{file} {problem}.", places=(Place(str(file)),)) for file in files])
    return shapes


def validate_files(
    data: Files,
    shapes: Shapes | Files,
    *,
    ontology: Files = (),
    engine: str = "sql",
    infer: Callable[[TripleTables, Sequence[Triple]], object] | None = None,
    focus: Iterable[str] | None = None,
    shape: Iterable[str] | None = None,
    languages: Sequence[str] = LANGUAGES,
    format: RdfFormat | None = None,
    version: str = "1.2",
    progress: Callable[[str], None] | None = None,
) -> Report:
    """The findings of the shapes in RDF files, each with the line that describes its focus node.

    `infer`, if given, first adds what follows from the ontology; `format` is that of all files, by default by their
    suffixes, and `version` the version of RDF that they may have. `engine` is `sql`, or `spark` or `spark=MASTER`.
    Raises `FaultsError` with every fault of shapes and files before anything is validated, and `InputError` when `data`
    has no file.
    """
    shapes = shapes if isinstance(shapes, Shapes) else read_shapes(shapes, format=format, version=version)
    schema = _read_all(_to_paths(ontology), format, version)
    files = _to_paths(data)
    if not files:
        raise InputError("There is nothing to validate: name at least one file of data.")
    graph = _read_tables(files, format, version)
    with tables_on(engine, graph) as tables:
        if infer is not None:
            infer(tables, schema)
        report = check(
            tables, shapes, ontology=schema, focus=focus, shape=shape, languages=languages, progress=progress
        )
    return Report((*locate_findings(report.findings, files), *shapes.warnings), report.counts)


def _digest(path: Path) -> bytes:
    """The digest of a file's content; empty for a file that cannot be read; reading it raises the error."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return b""


def _to_paths(paths: Files) -> list[Path]:
    """One path or several, as a list."""
    return [Path(paths)] if isinstance(paths, Path | str) else [Path(path) for path in paths]


def _read_tables(files: Iterable[Path], format: RdfFormat | None, version: str) -> TripleTables:
    graph = TripleTables()
    faults: list[Finding] = []
    for file in files:
        try:
            load_file(graph, file, format=format, version=version)
        except FaultsError as error:
            faults += error.faults
    if faults:
        raise FaultsError(faults)
    return graph


def _read_all(files: Sequence[Path], format: RdfFormat | None, version: str) -> list[Triple]:
    triples: list[Triple] = []
    faults: list[Finding] = []
    for number, file in enumerate(files, 1):
        try:
            read = read_triples(file, format=format, version=version)
            triples += read if len(files) == 1 else with_own_blank_nodes(read, f"f{number}-")
        except FaultsError as error:
            faults += error.faults
        except OSError as error:
            faults.append(Finding("rdf/unreadable", f"{error.strerror or error}.", places=(Place(str(file)),)))
    if faults:
        raise FaultsError(faults)
    return triples
