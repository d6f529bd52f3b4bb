"""Commands that carry the graph out."""

from __future__ import annotations

import argparse

from kg.cli.command import Commands, graph_of, say, write
from kg.errors import InputError

FORMATS = (
    "turtle",
    "trig",
    "ntriples",
    "nquads",
    "jsonld",
    "jsonld-framed",
    "rdfxml",
    "schema.org",
    "csv",
    "wikidata",
    "wikidata-reified",
    "wikidata-json",
    "quickstatements",
    "sssom",
    "void-linkset",
    "sameas",
    "exactmatch",
)
ONLY = ("knowledge", "asserted", "inferred", "provenance", "ontology", "links", "all")


def add_commands(commands: Commands) -> None:
    """export."""
    export = commands.add("export", "Write the graph out: the same files give the same bytes.", _export)
    export.add_argument("-f", "--format", choices=FORMATS, default="turtle", help="default: turtle")
    export.add_argument("-o", "--output", metavar="FILE", help="write there; a folder for csv; - is stdout")
    export.add_argument("--only", choices=ONLY, default="knowledge", help="which part; default: knowledge")
    export.add_argument("--film", metavar="FILM", help="one film, for jsonld-framed and schema.org")


def _export(call: argparse.Namespace) -> int:
    graph = graph_of(call)
    if call.output in (None, "-"):
        if call.format == "csv":
            raise InputError("CSV is a table for each class: name a folder with -o.")
        for piece in graph.export_pieces(call.format, only=call.only, film=call.film, report=say):
            write(piece)
    else:
        graph.export(call.output, format=call.format, only=call.only, film=call.film, report=say)
    return 0
