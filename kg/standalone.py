"""Inference and validation of any RDF files, without a project."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pyoxigraph import Triple

from kg.graph.rdf_files import load_file, read_all_triples
from kg.graph.triple_tables import TripleTables
from kg.reasoning.infer import infer as infer_in
from kg.reports import Report
from kg.shapes import validate_files

Files = Path | str | Iterable[Path | str]


def infer(data: Files, *, ontology: Files = (), engine: str = "sql") -> tuple[Triple, ...]:
    """The triples that follow by OWL 2 RL from RDF files and an ontology, in the order of their text.

    Axioms in the data count as well. Raises `FaultsError` for files that do not parse. For large
    data, and for contradictions, see `kg.reasoning.infer.infer_files`, which writes to a file.
    """
    tables = TripleTables()
    for path in _paths(data):
        load_file(tables, path)
    axioms = list(read_all_triples(_paths(ontology)))
    infer_in(tables, axioms, engine=engine, same_as="auto")
    return tuple(tables.triples(table="inferred"))


def validate(data: Files, *, shapes: Files, ontology: Files = ()) -> Report:
    """The report of validating RDF files against SHACL shapes; raises `FaultsError` for files that do not parse."""
    return validate_files(_paths(data), _paths(shapes), ontology=_paths(ontology))


def _paths(files: Files) -> list[Path]:
    return [Path(files)] if isinstance(files, Path | str) else [Path(file) for file in files]
