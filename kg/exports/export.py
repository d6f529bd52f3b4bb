"""The export formats, each with the function that writes it in pieces; and CSV, a table for each class."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from kg.decisions.links import link_files
from kg.errors import InputError
from kg.exports import rdf
from kg.graph.provenance import Provenance
from kg.graph.snapshot_file import SnapshotFile, part_of
from kg.graph.store import iterate_quads
from kg.lookup.entity_names import EntityNames
from kg.terms import KNOWLEDGE, LABEL, ONTOLOGY, TYPE, Term, to_curie, to_short

if TYPE_CHECKING:
    from kg.exports.wikidata_model import WikidataItems


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is exported: a published build with its store, the folder of the facts, and the part or films to write."""

    build: Path
    data: Path
    store: Store
    provenance: Provenance
    names: EntityNames
    only: str = "knowledge"
    films: tuple[NamedNode, ...] | None = None
    report: Callable[[str], None] | None = None
    """Is called with what a format leaves out, and why."""

    def ontology(self) -> Iterator[Triple]:
        """The ontology with which the build was made."""
        return SnapshotFile(self.build).triples(part_of(ONTOLOGY))

    def wikidata_items(self) -> WikidataItems:
        """Every entity as an item of Wikidata."""
        from kg.exports.wikidata_model import WikidataItems

        return WikidataItems(self.store, self.provenance, self.names, self.ontology())

    def quads(self) -> list[Quad]:
        """The exact quads of the part."""
        return rdf.read_quads(self.build, self.only)


def export_pieces(request: ExportRequest, format: str) -> Iterator[str]:
    """The text in pieces; raises `InputError` for an unknown format or part, or one that the format cannot hold."""
    if format == "csv":
        raise InputError("CSV is a file for each class: name a folder with -o.")
    if format == "parquet":
        raise InputError("Parquet is a file for each table: name a folder with -o.")
    if format not in _WRITERS:
        raise InputError(f"There is no format {format!r}; choose {', '.join(FORMATS)}.")
    rdf.check_part(request.only)
    return _WRITERS[format](request)


def check_whole(only: str) -> None:
    """Raise `InputError` for a part of the graph, where a format has all of it."""
    if only not in ("knowledge", "all"):
        raise InputError(f"parquet has all tables of the build; --only {only} does not go with it.")


# Writers import their modules when they are called, so that an export loads only its own format.


def _rdf_writer(format: str) -> Callable[[ExportRequest], Iterator[str]]:
    return lambda request: rdf.stream_rdf(
        request.build, format=format, only=request.only, prefixes=request.names.prefixes
    )


def _write_ntriples(request: ExportRequest) -> Iterator[str]:
    return rdf.stream_ntriples(request.build, only=request.only)


def _write_jsonld(request: ExportRequest) -> Iterator[str]:
    from kg.exports.jsonld import check_has_no_triple_terms, stream_jsonld

    snapshot, part = SnapshotFile(request.build), rdf.PARTS[request.only]
    check_has_no_triple_terms(snapshot.triple_terms(part))
    return stream_jsonld(snapshot.quads(part), request.names.ontology)


def _write_framed(request: ExportRequest) -> Iterator[str]:
    from kg.exports.jsonld import to_framed

    yield to_framed(request.quads(), request.names.ontology, films=request.films)


def _write_schema_org(request: ExportRequest) -> Iterator[str]:
    from kg.exports.schema_org import find_films, to_schema_org

    films = request.films if request.films is not None else find_films(request.store)
    yield to_schema_org(request.store, request.names, films)


def _write_wikidata(request: ExportRequest) -> Iterator[str]:
    from kg.exports.wikidata_formats import to_rdf

    return to_rdf(request.wikidata_items())


def _write_reified(request: ExportRequest) -> Iterator[str]:
    from kg.exports.wikidata_formats import to_reified

    return to_reified(request.wikidata_items())


def _write_wikidata_json(request: ExportRequest) -> Iterator[str]:
    from kg.exports.wikidata_formats import to_json

    return to_json(request.wikidata_items())


def _write_quickstatements(request: ExportRequest) -> Iterator[str]:
    from kg.exports.quickstatements import to_commands

    return to_commands(request.wikidata_items(), report=request.report)


def _write_same_as(request: ExportRequest) -> Iterator[str]:
    from kg.exports.link_formats import SAME_AS

    return _write_matches(request, SAME_AS)


def _write_exact_matches(request: ExportRequest) -> Iterator[str]:
    from kg.exports.link_formats import EXACT_MATCH

    return _write_matches(request, EXACT_MATCH)


def _write_matches(request: ExportRequest, predicate: NamedNode) -> Iterator[str]:
    from kg.exports.link_formats import exact_matches, find_links, read_sssom, to_ntriples
    from kg.mappings.linked_datasets import read_datasets

    yield from to_ntriples(find_links(request.store, read_datasets(request.ontology())), predicate)
    matches = sorted({match for path in link_files(request.data) for match in exact_matches(read_sssom(path))})
    yield from (f"{left} {predicate} {right} .\n" for left, right in matches)


def _write_sssom(request: ExportRequest) -> Iterator[str]:
    from kg.exports.link_formats import find_links, read_sssom, to_sssom
    from kg.mappings.linked_datasets import read_datasets

    datasets = read_datasets(request.ontology())
    judgements = read_sssom(*link_files(request.data))
    return to_sssom(find_links(request.store, datasets), datasets, request.provenance, request.names, judgements)


def _write_void(request: ExportRequest) -> Iterator[str]:
    from kg.exports.link_formats import find_links, to_void
    from kg.mappings.linked_datasets import read_datasets

    triples = sum(1 for _ in iterate_quads(request.store, KNOWLEDGE))
    return to_void(find_links(request.store, read_datasets(request.ontology())), triples)


_WRITERS: Mapping[str, Callable[[ExportRequest], Iterator[str]]] = {
    "ntriples": _write_ntriples,
    **{name: _rdf_writer(name) for name in ("turtle", "trig", "nquads", "rdfxml")},
    "jsonld": _write_jsonld,
    "jsonld-framed": _write_framed,
    "schema.org": _write_schema_org,
    "wikidata": _write_wikidata,
    "wikidata-reified": _write_reified,
    "wikidata-json": _write_wikidata_json,
    "quickstatements": _write_quickstatements,
    "sssom": _write_sssom,
    "void-linkset": _write_void,
    "sameas": _write_same_as,
    "exactmatch": _write_exact_matches,
}
FORMATS = (*_WRITERS, "csv", "parquet")
"""Every export format."""


# --- CSV

_ValuesOf = Mapping[Term, Mapping[NamedNode, list[str]]]


def to_class_tables(quads: Iterable[Quad]) -> dict[str, str]:
    """Class name -> CSV text; several values of one property are in one cell, separated by ` | `."""
    values_of: dict[Term, dict[NamedNode, list[str]]] = defaultdict(lambda: defaultdict(list))
    classes: dict[NamedNode, list[Term]] = defaultdict(list)
    for quad in quads:
        subject, value = quad.subject, quad.object
        if not isinstance(subject, NamedNode) or not isinstance(value, NamedNode | Literal):
            continue
        if quad.predicate == TYPE and isinstance(value, NamedNode):
            classes[value].append(subject)
        values_of[subject][quad.predicate].append(to_short(value))
    named = {to_curie(iri.value).rpartition(":")[2].strip("<>"): entities for iri, entities in classes.items()}
    return {name: _table(sorted(set(entities), key=str), values_of) for name, entities in sorted(named.items())}


def _table(entities: list[Term], values_of: _ValuesOf) -> str:
    used = {property for entity in entities for property in values_of[entity]} - {TYPE, LABEL}
    columns = sorted(used, key=lambda property: property.value)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("id", "label", *(to_curie(column.value).removeprefix("film:") for column in columns)))
    for entity in entities:
        values = values_of[entity]
        cells = (" | ".join(map(_escape_formula, values.get(column, ()))) for column in (LABEL, *columns))
        writer.writerow((to_short(entity), *cells))
    return out.getvalue()


def _escape_formula(text: str) -> str:
    """A text that a spreadsheet would read as a formula, with a quote before it; any other text unchanged."""
    is_formula = text.startswith(("=", "+", "@", "\t", "\r")) or (text[:1] == "-" and not text[1:2].isdigit())
    return f"'{text}" if is_formula else text
