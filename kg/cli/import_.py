"""Commands that bring other people's data in: fact tables under `data/imports/`, never the store."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.cli.command import Commands, add_format, bytes_progress_of, write
from kg.errors import InputError

if TYPE_CHECKING:
    from pyoxigraph import Triple

    from kg.facts.model import Source
    from kg.importers.session import ImportSession
    from kg.project import Project
    from kg.schema import Schema

_TOLD = ("title", "publisher", "date", "language", "address", "licence")
_DAY = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")


def add_commands(commands: Commands) -> None:
    """import, with a command for each kind of dataset."""
    sentence = "Bring a dataset in: fact tables under data/imports/."
    kinds = _Kinds(commands.add("import", sentence, _import, project=False))
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
    table.add_argument("--mapping", metavar="FILE", help="what the columns mean; default: FILE.mapping.yaml")
    table.add_argument("--guess", action="store_true", help="print a mapping file to edit, and read no facts")
    table.add_argument("-o", "--output", metavar="FILE", help="where --guess writes; default: to stdout")
    results = kinds.add("wikidata-results", "What a SPARQL endpoint over Wikidata answered: CSV, TSV, JSON.", _results)
    results.add_argument("paths", metavar="PATH", nargs="+", help="a result, or a folder of results")
    results.add_argument("--mapping", metavar="FILE", help="what the variables mean; default: the usual ones")
    awards = kinds.add("imdb-awards", "The lists of IMDb-Awards: ev0000003.yml and others.", _imdb_awards)
    awards.add_argument("paths", metavar="PATH", nargs="+", help="a file named for its event, or a folder of them")
    rdf = kinds.add("rdf", "RDF in other vocabularies: schema.org, DBpedia, FIAFcore, Wikidata.", _rdf)
    rdf.add_argument("paths", metavar="PATH", nargs="+", help="an RDF file, or a folder of them")
    rdf.add_argument("--mapping", metavar="FILE", help="what further terms mean, above the crosswalk")
    imdb = kinds.add("imdb", "IMDb's published tables, read together: titles, people, parts, ratings.", _imdb)
    imdb.add_argument("paths", metavar="PATH", nargs="+", help="a table by its own name, or a folder of them")
    for one in (imdb, rdf, wikidata, results, oscars, awards, table):
        _add_options(one)


class _Kinds(Commands):
    """The kinds of datasets, as commands of `kg import`."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parsers = parser.add_subparsers(
            dest="kind", metavar="KIND", title="kinds of datasets", help="what is brought in"
        )


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", metavar="ID", help="the id of the source in sources.yaml")
    for name in _TOLD:
        parser.add_argument(f"--{name}", metavar="TEXT", help=f"the source's {name}, for sources.yaml")
    parser.add_argument("--retrieved", metavar="DAY", default="", help="the day on which the dataset was fetched")
    parser.add_argument("--parquet", action="store_true", default=None, help="write Parquet; many rows are, anyway")
    parser.add_argument("--dry-run", action="store_true", help="count, and write nothing")
    add_format(parser, ("text", "json"), default="text")


def _import(call: argparse.Namespace) -> int:
    raise InputError("Name the kind of dataset: kg import wikidata PATH. `kg import --help` lists them.")


def _wikidata(call: argparse.Namespace) -> int:
    from kg.facts.model import Source
    from kg.importers.wikidata.entities import import_wikidata
    from kg.mappings.wikidata import read_wikidata_mapping

    known = _known(call)
    usual = Source(
        "wikidata",
        title="Wikidata",
        publisher="Wikimedia Foundation",
        address="https://www.wikidata.org/",
        licence="CC0-1.0",
    )
    mapping = read_wikidata_mapping(known.ontology, known.schema)
    with _gate(call, known, usual, call.paths) as session:
        session.identifier_property = "wikidataId"
        import_wikidata(call.paths, session, mapping, languages=call.languages.split(","))
        return _finish(call, session)


def _oscars(call: argparse.Namespace) -> int:
    from pathlib import Path

    from kg.facts.model import Source
    from kg.importers.oscars import import_oscars

    known = _known(call)
    usual = Source(
        "oscars",
        title="Academy Award nominations with IMDb identifiers",
        publisher="David V. Lu!!",
        address="https://github.com/DLu/oscar_data",
        licence="BSD-2-Clause",
    )
    with _gate(call, known, usual, [call.path]) as session:
        import_oscars(Path(call.path), session)
        return _finish(call, session)


def _results(call: argparse.Namespace) -> int:
    from pathlib import Path

    from kg.facts.model import Source
    from kg.importers.wikidata.results import import_results

    known = _known(call)
    usual = Source(
        "wikidata-results",
        title="Answers of the Wikidata Query Service",
        publisher="Wikimedia Foundation",
        address="https://query.wikidata.org/",
        licence="CC0-1.0",
    )
    with _gate(call, known, usual, call.paths) as session:
        import_results(call.paths, session, known.schema, mapping=Path(call.mapping) if call.mapping else None)
        return _finish(call, session)


def _imdb_awards(call: argparse.Namespace) -> int:
    from kg.facts.model import Source
    from kg.importers.imdb import import_imdb_awards

    known = _known(call)
    usual = Source(
        "imdb-awards",
        title="IMDb Awards",
        publisher="Kometa",
        address="https://github.com/Kometa-Team/IMDb-Awards",
        licence="MIT",
    )
    with _gate(call, known, usual, call.paths) as session:
        import_imdb_awards(call.paths, session)
        return _finish(call, session)


def _rdf(call: argparse.Namespace) -> int:
    from pathlib import Path

    from kg.facts.model import Source
    from kg.importers.rdf import import_rdf, read_rdf_mapping
    from kg.mappings.wikidata import read_wikidata_mapping
    from kg.text import to_slug

    known = _known(call)
    name = to_slug(Path(call.paths[0]).name.partition(".")[0]) or "rdf"
    own = Path(call.mapping) if call.mapping else None
    wikidata = read_wikidata_mapping(known.ontology, known.schema)
    mapping = read_rdf_mapping(known.ontology, known.schema, wikidata, own=own)
    with _gate(call, known, Source(name, title=Path(call.paths[0]).name), call.paths) as session:
        session.identifier_property = "wikidataId"
        import_rdf(call.paths, session, mapping, known.schema, wikidata, prefix=session.source.id)
        return _finish(call, session)


def _imdb(call: argparse.Namespace) -> int:
    from kg.facts.model import Source
    from kg.importers.imdb import import_imdb

    known = _known(call)
    usual = Source(
        "imdb",
        title="IMDb non-commercial datasets",
        publisher="IMDb",
        address="https://developer.imdb.com/non-commercial-datasets/",
        licence="non-commercial use, see the address",
    )
    with _gate(call, known, usual, call.paths) as session:
        import_imdb(call.paths, session, known.schema)
        return _finish(call, session)


def _table(call: argparse.Namespace) -> int:
    from pathlib import Path

    from kg.importers.input_files import list_files
    from kg.importers.tables.files import SUFFIXES
    from kg.importers.tables.guess import guess_mapping
    from kg.importers.tables.mapping import read_table_mapping
    from kg.importers.tables.run import import_table

    known = _known(call)
    paths = list_files(call.paths, SUFFIXES)
    if call.guess:
        write(guess_mapping(paths[0], known.schema), call.output)
        return 0
    beside = paths[0].with_name(paths[0].name + ".mapping.yaml")
    if call.mapping is None and not beside.exists():
        raise InputError(
            f"What do the columns mean? Write a mapping: kg import table {call.paths[0]} --guess -o {beside.name}"
        )
    mapping = read_table_mapping(Path(call.mapping) if call.mapping is not None else beside, known.schema)
    with _gate(call, known, mapping.source, [str(path) for path in paths]) as session:
        import_table(paths, mapping, session)
        return _finish(call, session)


@dataclass(frozen=True)
class _Known:
    project: Project
    ontology: list[Triple]
    schema: Schema


def _known(call: argparse.Namespace) -> _Known:
    from kg.project import find_project
    from kg.schema import read_ontology, to_schema

    project = find_project(call.project)
    ontology = read_ontology(project.ontology)
    return _Known(project, ontology, to_schema(ontology))


@contextmanager
def _gate(call: argparse.Namespace, known: _Known, usual: Source, paths: list[str]) -> Iterator[ImportSession]:
    from dataclasses import replace

    from kg.importers.class_conflicts import to_kinds
    from kg.importers.input_files import all_files
    from kg.importers.session import ImportSession

    said = {name: getattr(call, name) for name in _TOLD if getattr(call, name) is not None}
    source = replace(usual, **said, **({"id": call.source} if call.source else {}))
    if call.retrieved and _DAY.fullmatch(call.retrieved) is None:
        raise InputError(f"{call.retrieved!r} is not a day: write 2026-11-21.")
    with (
        bytes_progress_of(all_files(paths)) as progress,
        ImportSession(
            known.project.data, source, retrieved=call.retrieved, dry_run=call.dry_run, parquet=call.parquet
        ) as session,
    ):
        session.kinds = to_kinds(known.ontology, known.schema)
        if progress is not None:
            session.progress = progress
        yield session


def _finish(call: argparse.Namespace, session: ImportSession) -> int:
    import json

    summary = session.finish()
    write(json.dumps(summary.to_json(), indent=1) + "\n" if call.format == "json" else summary.to_text())
    return 0
