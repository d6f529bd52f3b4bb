"""Commands that read and write datasets: `kg import` makes fact tables, `kg export` writes the graph."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.cli.command import Commands, add_format, bytes_progress, open_call_graph, say, write, write_json
from kg.errors import InputError

if TYPE_CHECKING:
    from pyoxigraph import Triple

    from kg.facts.model import Source
    from kg.importers.session import ImportSession
    from kg.project import Project
    from kg.schema import Schema

_SOURCE_KEYS = ("title", "publisher", "date", "language", "address", "licence")
_DAY = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")


def add_commands(commands: Commands) -> None:
    """import, with a command for each kind of dataset; export."""
    _add_import(commands)
    export = commands.add("export", "Write the graph in a format; the output is reproducible, byte for byte.", _export)
    export.add_argument("-f", "--format", choices=_EXPORT_FORMATS, default="turtle", help="default: turtle")
    export.add_argument("-o", "--output", metavar="FILE", help="the file to write; a folder for csv; - is stdout")
    export.add_argument("--only", choices=_PARTS, default="knowledge", help="the part to write; default: knowledge")
    export.add_argument("--film", metavar="FILM", help="one film, for jsonld-framed and schema.org")


def _add_import(commands: Commands) -> None:
    parser = commands.add("import", "Import a dataset: fact tables under data/imports/.", _import, project=False)
    kinds = Commands(parser, name="kind", title="kinds of datasets", help="the kind of dataset")
    wikidata = kinds.add("wikidata", "Wikidata entities: JSON, plain, gzip or bzip2; files or folders.", _wikidata)
    wikidata.add_argument("paths", metavar="PATH", nargs="+", help="a file or folder of entity JSON")
    wikidata.add_argument(
        "--languages",
        default="en,mul,de,fr,es",
        help="of labels, aliases and descriptions; * for all (default: %(default)s)",
    )
    oscars = kinds.add("oscars", "The Oscars table of oscar_data.", _oscars)
    oscars.add_argument("path", metavar="FILE", help="oscars.csv")
    table = kinds.add("table", "Any CSV, TSV, Excel, JSON lines or Parquet, by a small mapping file.", _table)
    table.add_argument("paths", metavar="FILE", nargs="+", help="a table; several must have the same columns")
    table.add_argument("--mapping", metavar="FILE", help="the meaning of the columns; default: FILE.mapping.yaml")
    table.add_argument("--guess", action="store_true", help="print a mapping file to edit, and read no facts")
    table.add_argument("-o", "--output", metavar="FILE", help="the file for --guess; - is stdout")
    results = kinds.add("wikidata-results", "Results of a SPARQL endpoint over Wikidata: CSV, TSV, JSON.", _results)
    results.add_argument("paths", metavar="PATH", nargs="+", help="a result, or a folder of results")
    results.add_argument("--mapping", metavar="FILE", help="the meaning of the variables; default: the common ones")
    awards = kinds.add("imdb-awards", "The lists of IMDb-Awards: ev0000003.yml and others.", _imdb_awards)
    awards.add_argument("paths", metavar="PATH", nargs="+", help="a file named for its event, or a folder of them")
    rdf = kinds.add("rdf", "RDF in other vocabularies: schema.org, DBpedia, FIAFcore, Wikidata.", _rdf)
    rdf.add_argument("paths", metavar="PATH", nargs="+", help="an RDF file, or a folder of them")
    rdf.add_argument("--mapping", metavar="FILE", help="the meaning of terms beyond the crosswalk")
    imdb = kinds.add("imdb", "IMDb's published tables, read together: titles, people, parts, ratings.", _imdb)
    imdb.add_argument("paths", metavar="PATH", nargs="+", help="a table by its own name, or a folder of them")
    for kind in (imdb, rdf, wikidata, results, oscars, awards, table):
        _add_options(kind)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", metavar="ID", help="the id of the source in sources.yaml")
    for name in _SOURCE_KEYS:
        parser.add_argument(f"--{name}", metavar="TEXT", help=f"the source's {name}, for sources.yaml")
    parser.add_argument("--retrieved", metavar="DAY", default="", help="the day on which the dataset was fetched")
    parser.add_argument(
        "--parquet", action="store_true", default=None, help="write Parquet, as is done anyway for many rows"
    )
    parser.add_argument("--dry-run", action="store_true", help="count, and write nothing")
    add_format(parser, ("text", "json"), default="text")


def _import(call: argparse.Namespace) -> int:
    raise InputError("Name the kind of dataset: kg import wikidata PATH. `kg import --help` lists them.")


def _wikidata(call: argparse.Namespace) -> int:
    from kg.facts.model import Source
    from kg.importers.wikidata.entities import import_wikidata
    from kg.mappings.wikidata import read_wikidata_mapping

    target = _target(call)
    default_source = Source(
        "wikidata",
        title="Wikidata",
        publisher="Wikimedia Foundation",
        address="https://www.wikidata.org/",
        licence="CC0-1.0",
    )
    mapping = read_wikidata_mapping(target.ontology, target.schema)
    with _open_session(call, target, default_source, call.paths) as session:
        session.identifier_property = "wikidataId"
        import_wikidata(call.paths, session, mapping, languages=call.languages.split(","))
        return _finish(call, session)


def _oscars(call: argparse.Namespace) -> int:
    from pathlib import Path

    from kg.facts.model import Source
    from kg.importers.oscars import import_oscars

    target = _target(call)
    default_source = Source(
        "oscars",
        title="Academy Award nominations with IMDb identifiers",
        publisher="David V. Lu!!",
        address="https://github.com/DLu/oscar_data",
        licence="BSD-2-Clause",
    )
    with _open_session(call, target, default_source, [call.path]) as session:
        import_oscars(Path(call.path), session)
        return _finish(call, session)


def _results(call: argparse.Namespace) -> int:
    from pathlib import Path

    from kg.facts.model import Source
    from kg.importers.wikidata.results import import_results

    target = _target(call)
    default_source = Source(
        "wikidata-results",
        title="Answers of the Wikidata Query Service",
        publisher="Wikimedia Foundation",
        address="https://query.wikidata.org/",
        licence="CC0-1.0",
    )
    with _open_session(call, target, default_source, call.paths) as session:
        import_results(call.paths, session, target.schema, mapping=Path(call.mapping) if call.mapping else None)
        return _finish(call, session)


def _imdb_awards(call: argparse.Namespace) -> int:
    from kg.facts.model import Source
    from kg.importers.imdb import import_imdb_awards

    target = _target(call)
    default_source = Source(
        "imdb-awards",
        title="IMDb Awards",
        publisher="Kometa",
        address="https://github.com/Kometa-Team/IMDb-Awards",
        licence="MIT",
    )
    with _open_session(call, target, default_source, call.paths) as session:
        import_imdb_awards(call.paths, session)
        return _finish(call, session)


def _rdf(call: argparse.Namespace) -> int:
    from pathlib import Path

    from kg.facts.model import Source
    from kg.importers.rdf import import_rdf, read_rdf_mapping
    from kg.mappings.wikidata import read_wikidata_mapping
    from kg.text import to_slug

    target = _target(call)
    name = to_slug(Path(call.paths[0]).name.partition(".")[0]) or "rdf"
    own = Path(call.mapping) if call.mapping else None
    wikidata = read_wikidata_mapping(target.ontology, target.schema)
    mapping = read_rdf_mapping(target.ontology, target.schema, wikidata, own=own)
    with _open_session(call, target, Source(name, title=Path(call.paths[0]).name), call.paths) as session:
        session.identifier_property = "wikidataId"
        import_rdf(call.paths, session, mapping, target.schema, wikidata, prefix=session.source.id)
        return _finish(call, session)


def _imdb(call: argparse.Namespace) -> int:
    from kg.facts.model import Source
    from kg.importers.imdb import import_imdb

    target = _target(call)
    default_source = Source(
        "imdb",
        title="IMDb non-commercial datasets",
        publisher="IMDb",
        address="https://developer.imdb.com/non-commercial-datasets/",
        licence="non-commercial use, see the address",
    )
    with _open_session(call, target, default_source, call.paths) as session:
        import_imdb(call.paths, session, target.schema)
        return _finish(call, session)


def _table(call: argparse.Namespace) -> int:
    from pathlib import Path

    from kg.importers.input_files import list_files
    from kg.importers.tables.files import SUFFIXES
    from kg.importers.tables.guess import guess_mapping
    from kg.importers.tables.mapping import read_table_mapping
    from kg.importers.tables.run import import_table

    target = _target(call)
    paths = list_files(call.paths, SUFFIXES)
    if call.guess:
        write(guess_mapping(paths[0], target.schema), call.output)
        return 0
    beside = paths[0].with_name(paths[0].name + ".mapping.yaml")
    if call.mapping is None and not beside.exists():
        raise InputError(
            f"There is no mapping of the columns. Write one: kg import table {call.paths[0]} --guess -o {beside.name}"
        )
    mapping = read_table_mapping(Path(call.mapping) if call.mapping is not None else beside, target.schema)
    with _open_session(call, target, mapping.source, [str(path) for path in paths]) as session:
        import_table(paths, mapping, session)
        return _finish(call, session)


@dataclass(frozen=True)
class _Target:
    project: Project
    ontology: list[Triple]
    schema: Schema


def _target(call: argparse.Namespace) -> _Target:
    from kg.project import find_project
    from kg.schema import read_ontology, to_schema

    project = find_project(call.project)
    ontology = read_ontology(project.ontology)
    return _Target(project, ontology, to_schema(ontology))


@contextmanager
def _open_session(
    call: argparse.Namespace, target: _Target, default_source: Source, paths: list[str]
) -> Iterator[ImportSession]:
    from dataclasses import replace

    from kg.importers.class_conflicts import to_kinds
    from kg.importers.input_files import all_files
    from kg.importers.session import ImportSession

    given = {name: getattr(call, name) for name in _SOURCE_KEYS if getattr(call, name) is not None}
    source = replace(default_source, **given, **({"id": call.source} if call.source else {}))
    if call.retrieved and _DAY.fullmatch(call.retrieved) is None:
        raise InputError(f"{call.retrieved!r} is not a date. Write it as 2026-11-21.")
    with (
        bytes_progress(all_files(paths)) as progress,
        ImportSession(
            target.project.data, source, retrieved=call.retrieved, dry_run=call.dry_run, parquet=call.parquet
        ) as session,
    ):
        session.kinds = to_kinds(target.ontology, target.schema)
        if progress is not None:
            session.progress = progress
        yield session


def _finish(call: argparse.Namespace, session: ImportSession) -> int:
    summary = session.finish()
    if call.format == "json":
        write_json(summary.to_json())
    else:
        write(summary.to_text())
    return 0


# --- export

_EXPORT_FORMATS = (
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
_PARTS = ("knowledge", "asserted", "inferred", "provenance", "ontology", "links", "all")


def _export(call: argparse.Namespace) -> int:
    graph = open_call_graph(call)
    if call.output in (None, "-"):
        if call.format == "csv":
            raise InputError("CSV is a table for each class: name a folder with -o.")
        for piece in graph.export_pieces(call.format, only=call.only, film=call.film, report=say):
            write(piece)
    else:
        graph.export(call.output, format=call.format, only=call.only, film=call.film, report=say)
    return 0
