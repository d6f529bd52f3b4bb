"""Commands that make the graph of files, and look at the files."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from kg.cli.command import Commands, is_plain, say, tell_counts, write


def add_commands(commands: Commands) -> None:
    """build, check, verify, cite."""
    build = commands.add("build", "Build the graph from the project's files and publish it.", _build)
    build.add_argument("--force", action="store_true", help="build even when nothing has changed")
    _add_making_options(build)
    check = commands.add(
        "check", "Tell what is wrong with the files and the graph that they make; write nothing.", _check
    )
    _add_making_options(check)


def _add_making_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--engine", choices=("sql", "owlrl"), default="sql", help="the reasoner; owlrl is the reference"
    )
    parser.add_argument("--texts", metavar="DIR", help="the folder of source texts, to verify passages in")


def _build(call: argparse.Namespace) -> int:
    from kg.build import build

    report = build(call.project, engine=call.engine, texts=call.texts, force=call.force, progress=_progress())
    for finding in report:
        say(str(finding))
    if not report:
        say(f"Not published: {len(report.findings)} findings. The graph that was there keeps answering.")
        return 1
    unchanged = " (nothing has changed)" if "unchanged" in report.counts else ""
    write(f"Built: {tell_counts(report, 'facts', 'sources', 'triples', 'contested', 'seconds')}{unchanged}\n")
    return 0


def _check(call: argparse.Namespace) -> int:
    from kg.build import check

    report = check(call.project, engine=call.engine, texts=call.texts, progress=_progress())
    for finding in report:
        write(f"{finding}\n")
    say(f"{len(report.findings)} findings in {tell_counts(report, 'facts', 'sources')}")
    return 0 if report else 1


def _progress() -> Callable[[str], None] | None:
    return None if is_plain() else lambda step: say(f"  {step} ...")
