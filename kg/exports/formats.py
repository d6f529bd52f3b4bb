"""The name of a format walks in; the pieces of the graph's text in it walk out."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from kg.errors import InputError
from kg.exports import rdf
from kg.graph.provenance import Provenance
from kg.graph.store import iterate_quads
from kg.lookup.entity_names import EntityNames
from kg.schema import Schema, to_schema
from kg.terms import KNOWLEDGE, LABEL, TYPE, Term, to_curie, to_short


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is exported: a published build, the facts' folder and the store, which part, and of which films alone."""

    build: Path
    data: Path
    store: Store
    provenance: Provenance
    names: EntityNames
    only: str = "knowledge"
    films: tuple[NamedNode, ...] | None = None
    tell: Callable[[str], None] | None = None
    """Hears what was left out, and why."""

    def ontology(self) -> Iterator[Triple]:
        """The ontology that the build was made with."""
        return (quad.triple for quad in parse(path=self.build / "ontology.nt", format=RdfFormat.N_TRIPLES))

    def schema(self) -> Schema:
        """Its words."""
        return to_schema(self.ontology())


def export_pieces(call: ExportRequest, format: str) -> Iterator[str]:
    """The text piece by piece; raises `InputError` for an unknown format or part, or what the format cannot hold."""
    if format == "csv":
        raise InputError("CSV is a file for each class: name a folder with -o.")
    if format not in _WRITERS:
        raise InputError(f"There is no format {format!r}; choose {', '.join(FORMATS)}.")
    rdf.check_part(call.only)
    return _WRITERS[format](call)


def _rdf(format: str) -> Callable[[ExportRequest], Iterator[str]]:
    return lambda call: iter((rdf.export_rdf(call.build, format=format, only=call.only).decode(),))


def _jsonld(call: ExportRequest) -> Iterator[str]:
    from kg.exports.jsonld import to_jsonld

    yield to_jsonld(rdf.read_quads(call.build, call.only), call.schema())


def _framed(call: ExportRequest) -> Iterator[str]:
    from kg.exports.jsonld import to_framed

    yield to_framed(rdf.read_quads(call.build, call.only), call.schema(), films=call.films)


def _schema_org(call: ExportRequest) -> Iterator[str]:
    from kg.exports.schema_org import find_films, to_schema_org

    yield to_schema_org(call.store, call.names, call.films if call.films is not None else find_films(call.store))


def _wikidata(call: ExportRequest) -> Iterator[str]:
    from kg.exports.wikidata.model import Wikidata
    from kg.exports.wikidata.rdf import to_rdf

    return to_rdf(Wikidata(call.store, call.provenance, call.names, call.ontology()))


def _reified(call: ExportRequest) -> Iterator[str]:
    from kg.exports.wikidata.model import Wikidata
    from kg.exports.wikidata.rdf import to_reified

    return to_reified(Wikidata(call.store, call.provenance, call.names, call.ontology()))


def _json(call: ExportRequest) -> Iterator[str]:
    from kg.exports.wikidata.json import to_json
    from kg.exports.wikidata.model import Wikidata

    return to_json(Wikidata(call.store, call.provenance, call.names, call.ontology()))


def _quickstatements(call: ExportRequest) -> Iterator[str]:
    from kg.exports.wikidata.model import Wikidata
    from kg.exports.wikidata.quickstatements import to_commands

    return to_commands(Wikidata(call.store, call.provenance, call.names, call.ontology()), tell=call.tell)


def _matches(predicate: str) -> Callable[[ExportRequest], Iterator[str]]:
    def write(call: ExportRequest) -> Iterator[str]:
        from kg.exports.links import EXACT, SAME, find_links, read_datasets, to_ntriples
        from kg.exports.sssom import FILE, exact_matches, read_sssom

        said = SAME if predicate == "sameas" else EXACT
        yield from to_ntriples(find_links(call.store, read_datasets(call.ontology())), said)
        judged = sorted(set(exact_matches(read_sssom(call.data / FILE))))
        yield from (f"{one} {said} {other} .\n" for one, other in judged)

    return write


def _sssom(call: ExportRequest) -> Iterator[str]:
    from kg.exports.links import find_links, read_datasets
    from kg.exports.sssom import FILE, read_sssom, to_sssom

    datasets = read_datasets(call.ontology())
    judged = read_sssom(call.data / FILE)
    return to_sssom(find_links(call.store, datasets), datasets, call.provenance, call.names, judged)


def _void(call: ExportRequest) -> Iterator[str]:
    from kg.exports.links import find_links, read_datasets, to_void

    triples = sum(1 for _ in iterate_quads(call.store, KNOWLEDGE))
    return to_void(find_links(call.store, read_datasets(call.ontology())), triples)


_WRITERS: Mapping[str, Callable[[ExportRequest], Iterator[str]]] = {
    **{name: _rdf(name) for name in ("turtle", "trig", "ntriples", "nquads", "rdfxml")},
    "jsonld": _jsonld,
    "jsonld-framed": _framed,
    "schema.org": _schema_org,
    "wikidata": _wikidata,
    "wikidata-reified": _reified,
    "wikidata-json": _json,
    "quickstatements": _quickstatements,
    "sssom": _sssom,
    "void-linkset": _void,
    "sameas": _matches("sameas"),
    "exactmatch": _matches("exactmatch"),
}
FORMATS = (*_WRITERS, "csv")
"""Every export format."""


def to_class_tables(quads: Iterable[Quad]) -> dict[str, str]:
    """Class name -> CSV text; several values of one property stand in one cell, between ` | `."""
    said: dict[Term, dict[NamedNode, list[str]]] = defaultdict(lambda: defaultdict(list))
    classes: dict[NamedNode, list[Term]] = defaultdict(list)
    for quad in quads:
        subject, value = quad.subject, quad.object
        if not isinstance(subject, NamedNode) or not isinstance(value, NamedNode | Literal):
            continue
        if quad.predicate == TYPE and isinstance(value, NamedNode):
            classes[value].append(subject)
        said[subject][quad.predicate].append(to_short(value))
    named = {to_curie(kind.value).rpartition(":")[2].strip("<>"): things for kind, things in classes.items()}
    return {name: _table(sorted(set(things), key=str), said) for name, things in sorted(named.items())}


def _table(things: list[Term], said: Mapping[Term, Mapping[NamedNode, list[str]]]) -> str:
    used = {property for thing in things for property in said[thing]} - {TYPE, LABEL}
    columns = sorted(used, key=lambda one: one.value)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("id", "label", *(to_curie(column.value).removeprefix("film:") for column in columns)))
    for thing in things:
        row = said[thing]
        cells = (" | ".join(_safe(text) for text in row.get(column, ())) for column in (LABEL, *columns))
        writer.writerow((to_short(thing), *cells))
    return out.getvalue()


def _safe(text: str) -> str:
    """A spreadsheet takes a cell that begins so for a formula; a quote before it keeps it a text."""
    return (
        f"'{text}"
        if text.startswith(("=", "+", "@", "\t", "\r")) or (text[:1] == "-" and not text[1:2].isdigit())
        else text
    )
