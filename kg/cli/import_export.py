"""Commands that read and write datasets: `kg import` makes fact tables, `kg export` writes the graph."""

from __future__ import annotations

import argparse
import gc
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kg.cli.command import (
    Commands,
    add_format,
    add_format_of_output,
    add_spark,
    find_own_project,
    open_call_graph,
    positive_integer,
    print_message,
    write,
    write_json,
)
from kg.cli.progress import bytes_progress
from kg.errors import InputError
from kg.importers import IMPORTERS, Importer
from kg.text.number_words import counted

if TYPE_CHECKING:
    from kg.filmgraph import FilmGraph
    from kg.importers.session import ImportSession
    from kg.schema import Schema

_SOURCE_OPTIONS = ("title", "publisher", "date", "language", "address", "licence")
_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")


def add_commands(commands: Commands) -> None:
    """import, with a command for each row of `IMPORTERS`; export."""
    _add_import(commands)
    _add_export(commands)


# --- import


def _add_import(commands: Commands) -> None:
    parser = commands.add("import", "Import a dataset: fact tables under data/imports/.", _import, project=False)
    kinds = Commands(parser, name="kind", title="kinds of datasets", help="the kind of dataset")
    for importer in IMPORTERS:
        parser = kinds.add(importer.name, importer.summary, _run)
        nargs = None if importer.takes_one_path else "+"
        parser.add_argument("paths", metavar=importer.metavar, nargs=nargs, help=importer.paths)
        for option in importer.options:
            if option.engines:
                add_spark(parser, option.engines, help=option.help)
                continue
            metavar = None if option.choices else option.metavar
            parser.add_argument(
                option.flag, metavar=metavar, choices=option.choices, default=option.default, help=option.help
            )
        if importer.name == "table":
            parser.add_argument("--guess", action="store_true", help="print a mapping file to edit, and import nothing")
            parser.add_argument("-o", "--output", metavar="FILE", help="the file for --guess; - is stdout")
        _add_common_options(parser)
        parser.set_defaults(importer=importer)
    _add_removal(kinds)


def _add_removal(kinds: Commands) -> None:
    parser = kinds.add("remove", "Remove an import: its facts, and its lines in sources.yaml and policy.yaml.", _remove)
    parser.add_argument("source", metavar="SOURCE", help="the id of the source, a folder in data/imports/")


def _remove(call: argparse.Namespace) -> int:
    from kg.importers.source_registry import remove_import
    from kg.linking.link_project import forget_entities, linked_names_of_import

    project = find_own_project(call)
    names = linked_names_of_import(project, call.source)
    for path in remove_import(project.data, call.source):
        write(f"removed from {path.as_posix()}\n" if path.suffix == ".yaml" else f"removed {path.as_posix()}\n")
    if count := forget_entities(project, names):
        write(f"removed {counted(count, 'judgement')} of kg link on its entities; run kg link and kg build again\n")
    return 0


def _add_common_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", metavar="ID", help="the id of the source in sources.yaml")
    for name in _SOURCE_OPTIONS:
        parser.add_argument(f"--{name}", metavar="TEXT", help=f"the source's {name}, for sources.yaml")
    parser.add_argument("--retrieved", metavar="DAY", default="", help="the day on which the dataset was fetched")
    parser.add_argument(
        "--parquet", action="store_true", default=None, help="write Parquet even when there are few rows"
    )
    parser.add_argument("--dry-run", action="store_true", help="count, and write nothing")
    add_format(parser, ("text", "json"), default="text")


def _import(call: argparse.Namespace) -> int:
    raise InputError("Name the kind of dataset: kg import wikidata PATH. `kg import --help` lists them.")


def _run(call: argparse.Namespace) -> int:
    importer: Importer = call.importer
    paths = [call.paths] if importer.takes_one_path else call.paths
    options = {option.name: getattr(call, option.name) for option in importer.options}
    if importer.name == "table" and call.guess:
        return _guess(call, paths)
    with _open_session(call, importer, paths, options) as session:
        importer.run(paths, session, options)
        summary = session.finish()
    if call.format == "json":
        write_json(summary.to_json())
    else:
        write(summary.to_text())
    return 0


def _guess(call: argparse.Namespace, paths: list[str]) -> int:
    from itertools import islice

    from kg.importers.input_files import list_files
    from kg.importers.tables.table_files import SUFFIXES, read_rows
    from kg.importers.tables.table_guess import SAMPLE_ROWS, guess_mapping
    from kg.importers.tables.unread_rows import UnreadRow, UnreadRows

    path = list_files(paths, SUFFIXES)[0]
    if call.output not in (None, "-") and Path(call.output).exists():
        raise InputError(f"{call.output} exists, and may have been edited. Remove it, or name another file.")
    encoding = call.encoding or "utf-8"
    write(guess_mapping(path, _read_schema(call), encoding=encoding), call.output)
    unread = UnreadRows()
    for row in islice(read_rows(path, encoding=encoding), SAMPLE_ROWS):
        if isinstance(row, UnreadRow):
            unread.add(row)
    for line in unread.to_lines(path.name):
        print_message(line)
    if call.output not in (None, "-"):
        is_usual = Path(call.output) == path.with_name(f"{path.name}.mapping.yaml")
        words = ["kg", "import", "table", str(path), *(() if is_usual else ("--mapping", call.output))]
        print_message(f"Correct {call.output}, then: {shlex.join(words)}")
    return 0


def _read_schema(call: argparse.Namespace) -> Schema:
    from kg.project import find_project
    from kg.schema import read_ontology, to_schema

    return to_schema(read_ontology(find_project(call.project).ontology))


def _check_day(text: str) -> None:
    from kg.facts.dates import to_date_range

    try:
        to_date_range(text)
    except ValueError:
        day = ""
    else:
        day = text
    if _DATE.fullmatch(day) is None:
        raise InputError(f"{text!r} is not a date. Write a date such as 2026-11-21.")


@contextmanager
def _open_session(
    call: argparse.Namespace, importer: Importer, paths: list[str], options: Mapping[str, str | None]
) -> Iterator[ImportSession]:
    from dataclasses import replace

    from kg.importers.input_files import all_files
    from kg.importers.session import open_session
    from kg.schema import read_ontology, to_schema
    from kg.shapes import read_shapes

    project = find_own_project(call)
    ontology = tuple(read_ontology(project.ontology))
    schema = to_schema(ontology)
    source = importer.find_source(paths, schema, options)
    stated = {name: value for name in _SOURCE_OPTIONS if (value := getattr(call, name)) is not None}
    source = replace(source, **stated, **({"id": call.source} if call.source else {}))
    if call.retrieved:
        _check_day(call.retrieved)
    with (
        bytes_progress(all_files(paths)) as progress,
        open_session(
            project.data,
            source,
            ontology,
            schema,
            retrieved=call.retrieved,
            dry_run=call.dry_run,
            parquet=call.parquet,
            progress=progress if progress is not None else lambda _: None,
            shapes=read_shapes(project.shapes),
        ) as session,
    ):
        yield session


# --- export


def _export_split(call: argparse.Namespace, graph: FilmGraph) -> int:
    """Write every graph to gzip files for the bulk loader of another store."""
    from kg.exports.store_files import write_store_files

    is_whole = call.only in ("knowledge", "all") and call.film is None
    if call.format != "nquads" or not is_whole or call.output in (None, "-"):
        raise InputError("--split writes every graph as N-Quads: kg export --format nquads --split 4 -o FOLDER")
    written = write_store_files(graph.build, Path(call.output), parts=call.split)
    files = counted(len(written.files), "file")
    print_message(f"Wrote {counted(written.triples, 'triple')} to {files} in {call.output}.")
    return 0


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
    "parquet",
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


def _add_export(commands: Commands) -> None:
    export = commands.add("export", "Write the graph in a format; the output is reproducible, byte for byte.", _export)
    output = "the file to write; a folder for csv and parquet; - is stdout"
    add_format_of_output(export, _EXPORT_FORMATS, default="turtle", output=output)
    export.set_defaults(writes_folder=("csv", "parquet"))
    export.add_argument("--only", choices=_PARTS, default="knowledge", help="the part to write; default: knowledge")
    split = "for the loader of another store: N gzip files in the folder -o, with a name for every graph"
    export.add_argument("--split", metavar="N", type=positive_integer, help=split)
    apart = "for parquet: the triples and facts of each predicate in a folder of their own, as Spark reads them best"
    export.add_argument("--by-predicate", action="store_true", help=apart)
    export.add_argument("--film", metavar="FILM", help="only one film, its parts and what they name")


def _write_undo(commands: Path) -> None:
    """Write the batch that takes a batch of QuickStatements back, beside it: `anora.undo.tsv`."""
    from kg.exports.quickstatements import to_undo
    from kg.files.atomic import write_file

    path = commands.with_suffix(f".undo{commands.suffix}")
    with commands.open(encoding="utf-8", newline="") as file:
        write_file(path, to_undo(file))
    if path.stat().st_size:
        print_message(f"{path} takes these statements back")


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Let Python look for cycles less often: an export makes millions of small objects, and hardly any cycle."""
    before = gc.get_threshold()
    gc.set_threshold(2_000_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _export(call: argparse.Namespace) -> int:
    if call.by_predicate and call.format != "parquet":
        raise InputError("--by-predicate partitions tables: kg export --format parquet --by-predicate -o FOLDER")
    graph = open_call_graph(call)
    with _rare_collections():
        if call.split is not None:
            return _export_split(call, graph)
        if call.output in (None, "-"):
            for piece in graph.export_pieces(call.format, only=call.only, film=call.film, report=print_message):
                write(piece)
        else:
            graph.export(
                call.output,
                format=call.format,
                only=call.only,
                film=call.film,
                report=print_message,
                by_predicate=call.by_predicate,
            )
            if call.format == "quickstatements":
                _write_undo(Path(call.output))
    return 0
