"""The export formats, each with the function that writes it in pieces; and CSV, a table for each class."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from kg.decisions.links import link_files
from kg.errors import InputError
from kg.exports import rdf
from kg.files.format_endings import format_of_file
from kg.graph.provenance import Provenance
from kg.graph.snapshot_file import SnapshotFile, part_of
from kg.graph.store import iterate_quads
from kg.lookup.entity_names import EntityNames
from kg.terms import KNOWLEDGE, LABEL, ONTOLOGY, TYPE, Term, to_curie, to_short
from kg.text.number_words import counted

if TYPE_CHECKING:
    from kg.exports.wikidata_model import WikidataItems


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is exported: a published build with its store, the folder of the facts, and the part or film to write."""

    build: Path
    data: Path
    store: Store
    provenance: Provenance
    names: EntityNames
    only: str = "knowledge"
    film: NamedNode | None = None
    report: Callable[[str], None] | None = None
    """Is called with what a format leaves out, and why."""

    def ontology(self) -> Iterator[Triple]:
        """The ontology with which the build was made."""
        return SnapshotFile(self.build).triples(part_of(ONTOLOGY))

    def wikidata_items(self, *, remedy: str = "") -> WikidataItems:
        """Every entity as an item of Wikidata, or only the film.

        Raises `InputError`, with what else the format needs as `remedy`, where nothing is linked to Wikidata, or the
        film is not.
        """
        from kg.exports.wikidata_model import WikidataItems

        items = WikidataItems(self.store, self.provenance, self.names, self.ontology(), film=self.film)
        if not len(items.builder.items):
            raise InputError(
                f"Nothing in this graph is linked to Wikidata, so there is nothing to export. {_TO_LINK}{remedy}"
            )
        if self.film is not None and not items.builder.items.qid(self.film):
            raise InputError(f"{self.names.label(self.film)} is not linked to Wikidata. {_TO_LINK}{remedy}")
        return items

    def quads(self) -> list[Quad]:
        """The exact quads of the part, or of the film."""
        return rdf.read_quads(self.build, self.only, about=self.film)


_TO_LINK = (
    "Write the id of its item in the block of a film or person, `wikidataId: Q115564437`;"
    " or import items with `kg import wikidata FILE` and find those of the same films with `kg link`."
)
_TO_COMPARE = (
    " In either case import the items, too: what Wikidata lacks is known only of items whose statements were imported."
)


def export_pieces(request: ExportRequest, format: str) -> Iterator[str]:
    """The text in pieces; raises `InputError` for an unknown format or part, or one that the format cannot hold."""
    if format == "csv":
        raise InputError("CSV is a file for each class: name a folder with -o.")
    if format == "parquet":
        raise InputError("Parquet is a file for each table: name a folder with -o.")
    check_export(format, only=request.only, of_film=request.film is not None)
    write = FORMATS[format].write
    assert write is not None
    return write(request)


def check_export(format: str, *, only: str = "knowledge", of_film: bool = False) -> None:
    """Raise `InputError` for an unknown format or part, and for a part, or one film, that a format does not have."""
    if format not in FORMATS:
        raise InputError(f"There is no format {format!r}; choose {', '.join(FORMATS)}.")
    rdf.check_part(only)
    if only not in FORMATS[format].parts:
        others = ", ".join(name for name, other in FORMATS.items() if only in other.parts)
        raise InputError(f"{format} cannot have only {only}; these formats can: {others}.")
    if of_film and not FORMATS[format].has_films:
        others = ", ".join(name for name, other in FORMATS.items() if other.has_films)
        raise InputError(f"{format} is not written for one film; these formats are: {others}.")
    if of_film and only not in _KNOWLEDGE:
        raise InputError(f"One film is a part of {', '.join(_KNOWLEDGE)}, not of {only}.")


def format_of(path: Path | str, format: str | None) -> str:
    """The format of an export to a file: the one that is stated, else that of the name's ending, else Turtle.

    Raises `InputError` for an ending of another format, and for a folder where a format is one file.
    """
    chosen = format_of_file(path, FORMATS, stated=format, default="turtle")
    if chosen in FORMATS and FORMATS[chosen].write is not None and (str(path).endswith("/") or Path(path).is_dir()):
        raise InputError(f"{path} is a folder, and {chosen} is one file. Name a file, or choose csv or parquet.")
    return chosen


def check_folder(path: Path, format: str, *, tables: int | None = None) -> None:
    """Raise `InputError` for the name of a file where several `tables` are written, unless a folder is named so."""
    if path.suffix.lower() != f".{format}" or path.is_dir():
        return
    written = "Parquet has a file for each table"
    advice = ""
    if tables is not None:
        written = f"{counted(tables, 'table')} are written, one for each class"
        advice = f" One table of your choice is the answer to a query: kg sparql QUERY -o {path}."
    raise InputError(f"{path}: {written}. Name a folder, such as {path.with_suffix('')}.{advice}")


# Writers import their modules when they are called, so that an export loads only its own format.


def _rdf_writer(format: str) -> Callable[[ExportRequest], Iterator[str]]:
    return lambda request: rdf.stream_rdf(
        request.build, format=format, only=request.only, about=request.film, prefixes=request.names.prefixes
    )


def _write_ntriples(request: ExportRequest) -> Iterator[str]:
    return rdf.stream_ntriples(request.build, only=request.only, about=request.film)


def _write_jsonld(request: ExportRequest) -> Iterator[str]:
    from kg.exports.jsonld import check_has_no_triple_terms, stream_jsonld

    snapshot, part = SnapshotFile(request.build), replace(rdf.PARTS[request.only], about=request.film)
    check_has_no_triple_terms(snapshot.triple_terms(part))
    return stream_jsonld(snapshot.quads(part), request.names.ontology)


def _write_framed(request: ExportRequest) -> Iterator[str]:
    from kg.exports.jsonld import to_framed

    films = (request.film,) if request.film is not None else None
    yield to_framed(request.quads(), request.names.ontology, films=films)


def _write_schema_org(request: ExportRequest) -> Iterator[str]:
    from kg.exports.schema_org import find_films, to_schema_org

    films = [request.film] if request.film is not None else find_films(request.store)
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

    items = request.wikidata_items(remedy=_TO_COMPARE)
    return to_commands(items, report=request.report)


def _write_same_as(request: ExportRequest) -> Iterator[str]:
    from kg.exports.link_formats import SAME_AS

    return _write_matches(request, SAME_AS)


def _write_exact_matches(request: ExportRequest) -> Iterator[str]:
    from kg.exports.link_formats import EXACT_MATCH

    return _write_matches(request, EXACT_MATCH)


def _write_matches(request: ExportRequest, predicate: NamedNode) -> Iterator[str]:
    from kg.exports.link_formats import exact_matches, find_links, read_sssom, to_ntriples
    from kg.mappings.linked_datasets import read_datasets

    is_empty = True
    for line in to_ntriples(find_links(request.store, read_datasets(request.ontology())), predicate):
        yield line
        is_empty = False
    matches = sorted({match for path in link_files(request.data) for match in exact_matches(read_sssom(path))})
    yield from (f"{left} {predicate} {right} .\n" for left, right in matches)
    if is_empty and not matches and request.report is not None:
        request.report("Nothing in this graph is linked to another dataset, so there is no link to export.")


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


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format: what writes it, and of which parts of a graph, and whether of one film alone."""

    write: Callable[[ExportRequest], Iterator[str]] | None
    """None for what is a folder of files."""
    parts: tuple[str, ...]
    has_films: bool = True


_KNOWLEDGE = ("knowledge", "asserted", "inferred")
_ONE_PART = ("knowledge",)
_ALL_PARTS = tuple(rdf.PARTS)

FORMATS: Mapping[str, ExportFormat] = {
    "ntriples": ExportFormat(_write_ntriples, _ALL_PARTS),
    **{name: ExportFormat(_rdf_writer(name), _ALL_PARTS) for name in ("turtle", "trig", "nquads", "rdfxml")},
    "jsonld": ExportFormat(_write_jsonld, _ALL_PARTS),
    "jsonld-framed": ExportFormat(_write_framed, _KNOWLEDGE),
    "schema.org": ExportFormat(_write_schema_org, _ONE_PART),
    "wikidata": ExportFormat(_write_wikidata, _ONE_PART),
    "wikidata-reified": ExportFormat(_write_reified, _ONE_PART),
    "wikidata-json": ExportFormat(_write_wikidata_json, _ONE_PART),
    "quickstatements": ExportFormat(_write_quickstatements, _ONE_PART),
    "sssom": ExportFormat(_write_sssom, _ONE_PART, has_films=False),
    "void-linkset": ExportFormat(_write_void, _ONE_PART, has_films=False),
    "sameas": ExportFormat(_write_same_as, _ONE_PART, has_films=False),
    "exactmatch": ExportFormat(_write_exact_matches, _ONE_PART, has_films=False),
    "csv": ExportFormat(None, _ALL_PARTS),
    "parquet": ExportFormat(None, ("knowledge", "all"), has_films=False),
}
"""Every export format; without a part, `knowledge` is written. The tables of a build are always all of it."""


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
    tables: dict[str, str] = {}
    for iri in sorted(classes, key=lambda iri: iri.value):
        name = _file_name(iri, tables)
        tables[name] = _table(sorted(set(classes[iri]), key=str), values_of)
    return dict(sorted(tables.items()))


def _file_name(iri: NamedNode, used: Container[str]) -> str:
    """The local name of a class as the name of a file, without what leads to another folder; other than those used."""
    local = re.split(r"[/#:]", iri.value.rstrip("/#:"))[-1]
    name = re.sub(r"[^\w.-]|^\.+", "_", local) or "_"
    others = (f"{name}-{number}" for number in count(2))
    return name if name not in used else next(other for other in others if other not in used)


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
