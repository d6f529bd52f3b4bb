"""Files walk in: shapes files become `Shapes`, and anybody's RDF is held against them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import cast

from pyoxigraph import BlankNode, NamedNode, Triple

from kg.errors import FaultsError, InputError
from kg.graph.rdf_files import load_file, read_triples
from kg.graph.triple_tables import TripleTables
from kg.reports import Finding, Place, Report
from kg.shapes import messages
from kg.shapes.model import Shapes
from kg.shapes.parse import to_shapes
from kg.shapes.source_positions import located
from kg.shapes.validate import check
from kg.terms import Term

Files = Path | str | Iterable[Path | str]


def read_shapes(paths: Files) -> Shapes:
    """The shapes of one or more RDF files; raises `FaultsError` with every fault of all of them."""
    files = to_paths(paths)
    return to_shapes(_read_all(files), files=tuple(map(str, files)))


def validate_files(
    data: Files,
    shapes: Shapes | Files,
    *,
    ontology: Files = (),
    infer: Callable[[TripleTables, Sequence[Triple]], object] | None = None,
    focus: Iterable[str] | None = None,
    shape: Iterable[str] | None = None,
    languages: Sequence[str] = messages.LANGUAGES,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """What breaks the shapes in these RDF files, each finding with the line where its thing is described.

    `infer`, where it is given, adds what follows from the ontology before anything is checked. Raises `FaultsError`
    with every fault of shapes and files, before anything is checked.
    """
    held = shapes if isinstance(shapes, Shapes) else read_shapes(shapes)
    schema = _read_all(to_paths(ontology))
    workshop = TripleTables()
    files = to_paths(data)
    if not files:
        raise InputError("There is nothing to validate: no file of data was named.")
    faults: list[Finding] = []
    for file in files:
        try:
            load_file(workshop, file)
        except FaultsError as error:
            faults += error.faults
    if faults:
        raise FaultsError(faults)
    if infer is not None:
        infer(workshop, schema)
    report = check(workshop, held, ontology=schema, focus=focus, shape=shape, languages=languages, progress=progress)
    return Report(located(report.findings, files), report.counts)


def to_paths(paths: Files) -> list[Path]:
    """One path or several, as a list."""
    return [Path(paths)] if isinstance(paths, Path | str) else [Path(path) for path in paths]


def _read_all(files: Sequence[Path]) -> list[Triple]:
    triples: list[Triple] = []
    faults: list[Finding] = []
    for number, file in enumerate(files, 1):
        try:
            said = read_triples(file)
            triples += said if len(files) == 1 else _apart(said, number)
        except FaultsError as error:
            faults += error.faults
        except OSError as error:
            faults.append(Finding("rdf/unreadable", f"{error.strerror or error}.", places=(Place(str(file)),)))
    if faults:
        raise FaultsError(faults)
    return triples


def _apart(triples: Iterable[Triple], number: int) -> Iterator[Triple]:
    """The triples with the blank nodes of this file kept apart from those of others."""

    def own(term: Term) -> Term:
        return BlankNode(f"f{number}-{term.value}") if isinstance(term, BlankNode) else term

    for t in triples:
        yield Triple(cast(NamedNode, own(cast(Term, t.subject))), t.predicate, own(cast(Term, t.object)))
