"""Commands that find what is wrong, in the project or in anybody's RDF, and that infer from anybody's RDF."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kg.cli.command import Commands, is_plain, progress_of, say, tell_counts, write
from kg.errors import InputError

if TYPE_CHECKING:
    from kg.reports import Report

_FORMATS = ("text", "json", "jsonl", "sarif", "junit", "github", "turtle", "ntriples", "jsonld", "rdfxml")


def add_commands(commands: Commands) -> None:
    """check, validate, infer."""
    check = commands.add("check", "Tell what is wrong with the files and their graph; write nothing.", _check)
    check.add_argument("--engine", choices=("sql", "owlrl"), default="sql", help="the reasoner; owlrl: the reference")
    check.add_argument("--texts", metavar="DIR", help="the folder of source texts, to verify passages in")
    check.add_argument("--changed", action="store_true", help="look again only at what is new since the last build")
    _add_report_options(check)
    validate = commands.add("validate", "Hold RDF files against SHACL shapes.", _validate, project=False)
    validate.add_argument("data", metavar="DATA", nargs="+", help="RDF files; .gz as well")
    validate.add_argument("-s", "--shapes", metavar="FILE", nargs="+", required=True, help="SHACL shapes")
    validate.add_argument("--ontology", metavar="FILE", nargs="+", default=(), help="for subclasses, and for --infer")
    validate.add_argument("--infer", action="store_true", help="add what follows by OWL 2 RL before checking")
    _add_report_options(validate)
    infer = commands.add("infer", "Write what RDF files say and what follows by OWL 2 RL.", _infer, project=False)
    infer.add_argument("data", metavar="DATA", nargs="+", help="RDF files; .gz as well")
    infer.add_argument("--ontology", metavar="FILE", nargs="+", default=(), help="the ontology, if not in the data")
    infer.add_argument("-o", "--output", metavar="FILE", required=True, help="the N-Triples file to write")
    infer.add_argument("--engine", choices=("sql", "owlrl"), default="sql", help="the reasoner; owlrl: the reference")
    infer.add_argument("--only-inferred", action="store_true", help="write only what follows")
    infer.add_argument("--trivial", action="store_true", help="also what says nothing, such as x sameAs x")
    infer.add_argument("--no-schema", action="store_true", help="nothing about the classes and properties themselves")
    infer.add_argument("--same-as", choices=("auto", "one", "all"), default="auto", help="the names of equal things")
    infer.add_argument("--memory", metavar="SIZE", help="at most so much at once, like 2GB; the rest goes to disk")


def _add_report_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-f", "--format", choices=_FORMATS, default="text", help="default: text")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there; - is stdout")
    severities = ("violation", "warning", "info")
    parser.add_argument("--fail-on", choices=severities, default="violation", help="exit 1 from this severity on")
    parser.add_argument("--focus", metavar="THING", action="append", help="check only this thing")
    parser.add_argument("--shape", metavar="SHAPE", action="append", help="check only this shape")
    parser.add_argument("--max", metavar="N", type=int, help="show at most N findings")


def _check(call: argparse.Namespace) -> int:
    from kg.pipeline.build import check

    with progress_of() as progress:
        report = check(
            call.project,
            engine=call.engine,
            texts=call.texts,
            focus=_terms(call.focus),
            shape=_terms(call.shape),
            changed=call.changed,
            progress=progress,
        )
    return _tell(call, report, tell_counts(report, "facts", "sources"))


def _validate(call: argparse.Namespace) -> int:
    from kg.reasoning.infer import infer
    from kg.shapes import validate_files

    report = validate_files(
        _paths(call.data),
        _paths(call.shapes),
        ontology=_paths(call.ontology),
        infer=infer if call.infer else None,
        focus=_terms(call.focus),
        shape=_terms(call.shape),
    )
    return _tell(call, report, tell_counts(report, "shapes", "focus nodes"))


def _infer(call: argparse.Namespace) -> int:
    from kg.reasoning.infer import infer_files

    with progress_of() as progress:
        found = infer_files(
            _paths(call.data),
            ontology=_paths(call.ontology),
            output=Path(call.output),
            engine=call.engine,
            only_inferred=call.only_inferred,
            schema=not call.no_schema,
            trivial=call.trivial,
            same_as=call.same_as,
            memory=call.memory,
            progress=None if progress is None else lambda **told: progress(_step(told)),
        )
    for finding in found.report:
        say(str(finding))
    say(f"{found.count:,} triples follow; written to {call.output}")
    return 0 if found.report else 1


def _step(told: dict[str, object]) -> str:
    return " ".join(f"{name} {value:,}" if isinstance(value, int) else str(value) for name, value in told.items())


def _tell(call: argparse.Namespace, report: Report, counted: str) -> int:
    from kg.reporting import fails, write_report
    from kg.reporting.text import to_text
    from kg.reports import Severity

    severity = Severity(call.fail_on)
    if call.format == "text":
        colour = call.output in (None, "-") and sys.stdout.isatty() and "NO_COLOR" not in os.environ
        write(to_text(report, colour=colour, limit=call.max), call.output)
    else:
        write(write_report(report, call.format, fail_on=severity), call.output)
    if counted and not is_plain():
        say(f"Checked: {counted}")
    return 1 if fails(report, severity) else 0


def _paths(names: list[str]) -> list[Path]:
    paths = [Path(name) for name in names]
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise InputError(f"There is no file {', '.join(missing)}.")
    return paths


def _terms(names: list[str] | None) -> list[str] | None:
    """CURIEs and IRIs as exact terms."""
    from kg.terms import to_iri

    try:
        return None if names is None else [str(to_iri(name)) for name in names]
    except ValueError as error:
        raise InputError(str(error)) from error
