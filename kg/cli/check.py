"""Commands that find what is wrong: `kg check`, `kg fix`, `kg validate`, `kg ontology lint`; and `kg infer`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kg.cli.command import (
    Commands,
    add_engine,
    add_format_of_output,
    add_input_format,
    add_limit,
    add_spark,
    add_texts,
    collecting_rarely,
    existing_files,
    find_own_project,
    format_counts,
    print_message,
    print_newer_files,
    size_with_unit,
    write,
)
from kg.cli.progress import is_plain, step_progress
from kg.errors import InputError, ProjectError
from kg.files.scratch import temporary_directory
from kg.rdf import RDF_VERSIONS
from kg.text.number_words import counted

if TYPE_CHECKING:
    from pyoxigraph import RdfFormat

    from kg.project import Project
    from kg.reasoning.infer import Inference
    from kg.reports import Report

_FORMATS = ("text", "json", "jsonl", "sarif", "junit", "github", "turtle", "ntriples", "jsonld", "rdfxml")

_SHOWN_PARTS = 10
"""Of an imported table, thousands of parts may get another name."""


def add_commands(commands: Commands) -> None:
    """check, fix, fmt, validate, infer, ontology lint."""
    check = commands.add("check", "Report what is wrong with the files and their graph; write nothing.", _check)
    add_engine(check)
    add_texts(check, purpose="to verify passages")
    check.add_argument("--changed", action="store_true", help="check only what has changed since the last build")
    wording = "also what films usually have: a director, a year, a country, a running time"
    check.add_argument("--complete", action="store_true", help=wording)
    _add_report_options(check)
    fix = commands.add("fix", "Suggest fixes that are unambiguous, as a patch; write it only with --apply.", _fix)
    fix.add_argument("--apply", action="store_true", help="change the files")
    fmt = commands.add("fmt", "Write values of fact files in short or in long form, as a patch.", _fmt)
    fmt.add_argument("files", metavar="FILE", nargs="*", type=Path, help="only these files; default: all fact files")
    form = fmt.add_mutually_exclusive_group(required=True)
    form.add_argument("--long", action="store_true", help="write short forms out: {amount: 1200000, currency: EUR}")
    form.add_argument("--short", action="store_true", help="shorten what can be: €1.2 million")
    fmt.add_argument("--apply", action="store_true", help="change the files")
    migrate = commands.add("migrate", "Rewrite a project for an ontology with other terms, as a patch.", _migrate)
    migrate.add_argument("--apply", action="store_true", help="change the files")
    validate = commands.add("validate", "Validate RDF files against SHACL shapes.", _validate, project=False)
    validate.add_argument("data", metavar="DATA", nargs="+", help="RDF files; .gz and .bz2 as well")
    validate.add_argument("-s", "--shapes", metavar="FILE", nargs="+", required=True, help="SHACL shapes")
    validate.add_argument("--ontology", metavar="FILE", nargs="+", default=(), help="for subclasses, and for --infer")
    validate.add_argument("--infer", action="store_true", help="infer by OWL 2 RL before validating")
    add_spark(validate, ("sql",), help="what computes: sql, that is DuckDB")
    add_input_format(validate)
    _add_report_options(validate)
    infer = commands.add("infer", "Write the triples of RDF files and what OWL 2 RL infers.", _infer, project=False)
    infer.add_argument("data", metavar="DATA", nargs="+", help="RDF files; .gz and .bz2 as well")
    infer.add_argument("--ontology", metavar="FILE", nargs="+", default=(), help="the ontology, if not in the data")
    infer.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="the N-Triples file to write; - for stdout"
    )
    add_spark(infer, ("sql", "owlrl"), help="the reasoner: sql, or owlrl to compare with")
    infer.add_argument("--only-inferred", action="store_true", help="write only what is inferred")
    infer.add_argument("--trivial", action="store_true", help="also tautologies, such as x sameAs x")
    infer.add_argument("--no-schema", action="store_true", help="nothing about the classes and properties themselves")
    infer.add_argument(
        "--same-as", choices=("auto", "one", "all"), default="auto", help="for equal entities, write one name or all"
    )
    add_input_format(infer)
    memory = "the memory limit, such as 2GB; the rest goes to disk"
    infer.add_argument("--memory", metavar="SIZE", type=size_with_unit, help=memory)
    ontology = commands.add("ontology", "Check an ontology for axioms without effect, or draw it.", _ontology)
    ontology.add_argument(
        "action", choices=("lint", "diagram"), help="lint: findings with their reasons; diagram: classes as SVG"
    )
    ontology.add_argument("files", metavar="FILE", nargs="*", help="RDF files; default: the project's ontology")
    add_input_format(ontology)
    ontology.add_argument("-o", "--output", metavar="FOLDER", help="for diagrams: one for each file; default: stdout")
    ontology.set_defaults(writes_folder=True)


def _input_format(call: argparse.Namespace) -> RdfFormat | None:
    from kg.rdf.file_formats import FORMAT_NAMES

    return None if call.input_format is None else FORMAT_NAMES[call.input_format]


def _add_report_options(parser: argparse.ArgumentParser) -> None:
    add_format_of_output(parser, _FORMATS, default="text")
    severities = ("violation", "warning", "info")
    parser.add_argument("--fail-on", choices=severities, default="violation", help="exit 1 from this severity on")
    parser.add_argument("--focus", metavar="ENTITY", action="append", help="check only this entity")
    parser.add_argument("--shape", metavar="SHAPE", action="append", help="check only this shape")
    add_limit(parser, "show at most N findings", former="--max")


@collecting_rarely()
def _check(call: argparse.Namespace) -> int:
    from kg.pipeline.build import check
    from kg.project import find_project

    with step_progress() as progress:
        report = check(
            call.project,
            engine=call.engine,
            texts=call.texts,
            focus=_exact_terms(call.focus),
            shape=_exact_terms(call.shape),
            changed=call.changed,
            complete=call.complete,
            progress=progress,
        )
    status = _write_report(call, report, format_counts(report, "facts", "sources"))
    print_newer_files(find_project(call.project))
    if (count := int(report.counts["disagreements"])) and call.format == "text":
        print_message(f"Sources disagree on {counted(count, 'value')}: `kg conflicts` lists them after `kg build`.")
    return status


def _migrate(call: argparse.Namespace) -> int:
    from kg.fixes.migration import migrate

    migration = migrate(find_own_project(call) if call.apply else call.project)
    if call.apply:  # before anything is printed: the reader may close the pipe
        migration.apply()
    write(migration.to_diff())
    for finding in migration.left:
        print_message(str(finding))
    for old, new in migration.renamed_parts[:_SHOWN_PARTS]:
        print_message(f"film:{old} is now film:{new}, because another part would have the same name.")
    if (more := len(migration.renamed_parts) - _SHOWN_PARTS) > 0:
        print_message(f"So are {more:,} more parts.")
    count = counted(len(migration.files), "file")
    if not migration.files:
        other = "other " if migration.left else ""
        print_message(f"No {other}file has a term that was replaced.")
    else:
        print_message(f"{count} changed." if call.apply else f"{count} to change. `kg migrate --apply` changes them.")
    return 1 if migration.left else 0


def _fix(call: argparse.Namespace) -> int:
    from kg.fixes.proposals import apply_fixes, propose_fixes, to_diff

    project = find_own_project(call) if call.apply else call.project
    fixes = propose_fixes(project)
    diff = to_diff(project, fixes)
    changed = apply_fixes(project, fixes) if call.apply else ()
    write(diff)
    for fix in fixes:
        print_message(f"{fix.finding.place}: {fix.finding.message}")
    if call.apply:
        for file in changed:
            print_message(f"Changed: {file}")
    elif fixes:
        count = counted(len(fixes), "problem")
        print_message(f"{count} can be fixed. `kg fix --apply` changes the files.")
    else:
        print_message("There is nothing that can be fixed unambiguously.")
    return 0


def _fmt(call: argparse.Namespace) -> int:
    from kg.files.atomic import write_file
    from kg.fixes.fact_format import format_project
    from kg.project import find_project

    project = find_project(call.project)
    formatting = format_project(project, short=call.short, only=call.files)
    files, faults = formatting.files, formatting.faults
    for file in files if call.apply else ():
        write_file(file.path, (file.after,))
    for file in files:
        write(file.to_diff(project.folder))
    for fault in faults:
        print_message(str(fault))
    if files:
        count = counted(len(files), "file")
        print_message(f"{count} changed." if call.apply else f"{count} to change. Add --apply to change them.")
    elif faults:
        print_message("No other file changes.")
    else:
        print_message("No file changes.")
    return 2 if faults else 0


def _validate(call: argparse.Namespace) -> int:
    from kg.reasoning.infer import infer
    from kg.shapes import validate_files

    report = validate_files(
        existing_files(call.data),
        existing_files(call.shapes),
        ontology=existing_files(call.ontology),
        engine=call.engine,
        infer=infer if call.infer else None,
        focus=_exact_terms(call.focus),
        shape=_exact_terms(call.shape),
        format=_input_format(call),
        version=call.rdf,
    )
    return _write_report(call, report, format_counts(report, "shapes", "focus nodes"))


def _infer(call: argparse.Namespace) -> int:
    if call.output != "-":
        result = _infer_to(call, Path(call.output))
    else:
        with temporary_directory("infer") as folder:
            output = folder / "inferred.nt"
            result = _infer_to(call, output)
            sys.stdout.flush()
            with output.open("rb") as lines:
                shutil.copyfileobj(lines, sys.stdout.buffer)
    for finding in result.report:
        print_message(str(finding))
    written = "" if call.output == "-" else f"; written to {call.output}"
    print_message(f"{counted(result.count, 'triple was', 'triples were')} inferred{written}")
    return 0 if result.report else 1


def _infer_to(call: argparse.Namespace, output: Path) -> Inference:
    from kg.graph.parquet_tables import is_snapshot
    from kg.reasoning.infer import infer_files, infer_tables

    with step_progress() as progress:
        common = {
            "ontology": existing_files(call.ontology),
            "output": output,
            "engine": call.engine,
            "schema": not call.no_schema,
            "tautologies": call.trivial,
            "same_as": call.same_as,
        }
        if len(call.data) == 1 and is_snapshot(Path(call.data[0])):
            _refuse_options_for_files(call)
            return infer_tables(Path(call.data[0]), **common)
        return infer_files(
            existing_files(call.data),
            **common,
            only_inferred=call.only_inferred,
            memory=call.memory,
            format=_input_format(call),
            version=call.rdf,
            progress=None if progress is None else lambda **parts: progress(_step_text(parts)),
        )


def _refuse_options_for_files(call: argparse.Namespace) -> None:
    """Raise `InputError` for options that mean nothing where tables are read and written in place of RDF files."""
    stated = {
        "--only-inferred": call.only_inferred,
        "--memory": call.memory is not None,
        "--input-format": call.input_format is not None,
        "--rdf": call.rdf != RDF_VERSIONS[-1],
    }
    if call.output == "-":
        raise InputError(f"{call.data[0]} has tables: name the folder of the new tables with -o.")
    if refused := [option for option, is_stated in stated.items() if is_stated]:
        raise InputError(f"{call.data[0]} has tables, not RDF files: leave out {', '.join(refused)}.")


def _step_text(parts: dict[str, object]) -> str:
    return " ".join(f"{name} {value:,}" if isinstance(value, int) else str(value) for name, value in parts.items())


def _ontology(call: argparse.Namespace) -> int:
    from kg.graph.rdf_files import read_all_triples
    from kg.project import find_project
    from kg.reasoning.ontology_lint import lint
    from kg.terms import to_spo

    paths, relations = existing_files(call.files), None
    if not paths:
        project = find_project(call.project)
        paths, relations = existing_files(map(str, project.ontology)), _relations(project)
    if call.action == "diagram":
        return _draw(paths, call.output)
    triples = read_all_triples(paths, format=_input_format(call), version=call.rdf)
    report = lint(map(to_spo, triples), relations=relations)
    write("".join(f"{finding}\n" for finding in report))
    print_message(f"{counted(len(report), 'finding')} in {counted(int(report.counts['axioms']), 'axiom')}")
    return 0 if report else 1


def _draw(files: Sequence[Path], output: str | None) -> int:
    """A diagram of each file that declares classes: into a folder, or the only one to stdout."""
    from kg.ontology_docs.diagram import draw
    from kg.ontology_docs.module import read_modules
    from kg.schema import read_ontology, to_schema

    modules, schema = read_modules(files), to_schema(read_ontology(files))
    if not modules:
        raise InputError("No file declares classes or properties of an owl:Ontology.")
    if output is None and len(modules) > 1:
        names = ", ".join(module.name for module in modules)
        raise InputError(f"There are several diagrams ({names}). Name a folder with --output, or one file.")
    for module in modules:
        if output is None:
            write(draw(module, schema))
        else:
            Path(output).mkdir(parents=True, exist_ok=True)
            write(draw(module, schema), str(Path(output) / f"{module.name}.svg"))
    return 0


def _relations(project: Project) -> set[tuple[str, str]] | None:
    """The kinds of facts in the published graph; None when there is no graph yet."""
    from kg.loaded_graph import open_local_graph
    from kg.reasoning.ontology_lint import relations_of

    try:
        return relations_of(open_local_graph(project).triples())
    except ProjectError:
        return None


def _write_report(call: argparse.Namespace, report: Report, counts: str) -> int:
    from kg.reporting import fails, write_report
    from kg.reporting.text import to_text
    from kg.reports import Severity

    severity = Severity(call.fail_on)
    if call.format == "text":
        colour = call.output in (None, "-") and sys.stdout.isatty() and "NO_COLOR" not in os.environ
        write(to_text(report, colour=colour, limit=call.limit), call.output)
    else:
        write(write_report(report, call.format, fail_on=severity), call.output)
    if counts and not is_plain():
        print_message(f"Checked: {counts}")
    return 1 if fails(report, severity) else 0


def _exact_terms(names: list[str] | None) -> list[str] | None:
    """CURIEs and IRIs in N-Triples form."""
    from kg.terms import to_iri

    try:
        return None if names is None else [str(to_iri(name)) for name in names]
    except ValueError as error:
        raise InputError(str(error)) from error
