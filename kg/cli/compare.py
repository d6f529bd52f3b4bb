"""Commands that compare two states of the graph: `kg diff`, `kg what-if`."""

from __future__ import annotations

import argparse
from pathlib import Path

from kg.cli.command import Commands, add_format_of_output, add_texts, print_message, write
from kg.cli.progress import step_progress
from kg.errors import InputError

_FORMATS = ("text", "markdown", "json", "atom")
_GATES = (
    "any", "facts-lost", "facts-changed", "conclusions-lost", "answers-changed", "new-conflicts", "new-findings"
)  # fmt: skip


def add_commands(commands: Commands) -> None:
    """diff, what-if."""
    diff = commands.add(
        "diff", "Compare two states of the graph: facts, conflicts, conclusions, findings and answers.", _diff
    )
    states = "a folder, a git revision, `published` (the graph in use) or `files` (the project's files now)"
    diff.add_argument("old", metavar="OLD", nargs="?", default="published", help=f"{states}; default: published")
    diff.add_argument("new", metavar="NEW", nargs="?", default="files", help="default: files")
    _add_report(diff)
    what_if = commands.add(
        "what-if", "Report what a change would do to the graph, without publishing anything.", _what_if
    )
    what_if.add_argument("--with", dest="added", metavar="FILE", action="append", default=[], help="with these facts")
    what_if.add_argument("--policy", metavar="FILE", help="with this policy instead of data/policy.yaml")
    what_if.add_argument(
        "--without", metavar="SOURCE", action="append", default=[], help="without what this source states"
    )
    _add_report(what_if)


def _add_report(parser: argparse.ArgumentParser) -> None:
    add_format_of_output(parser, _FORMATS, default="text")
    parser.add_argument(
        "--fail-on", action="append", choices=_GATES, default=[], metavar="CHANGE",
        help=f"status 1 if there is such a change: {', '.join(_GATES)}",
    )  # fmt: skip
    add_texts(parser, purpose="to verify passages")


def _diff(call: argparse.Namespace) -> int:
    from kg.comparison import compare, open_state
    from kg.project import find_project

    project = find_project(call.project)
    with (
        step_progress() as progress,
        open_state(call.old, project, texts=call.texts, progress=progress) as old,
        open_state(call.new, project, texts=call.texts, progress=progress) as new,
    ):
        difference = compare(old, new, progress=progress)
    return _report(call, difference)


def _what_if(call: argparse.Namespace) -> int:
    from kg.comparison import Hypothesis, compare, open_state
    from kg.project import find_project

    if not (call.added or call.policy or call.without):
        raise InputError("Say what to change: --with FILE, --without SOURCE or --policy FILE.")
    project = find_project(call.project)
    change = Hypothesis(tuple(map(Path, call.added)), Path(call.policy) if call.policy else None, _sources(call))
    with (
        step_progress() as progress,
        open_state("files", project, texts=call.texts, progress=progress) as old,
        open_state("files", project, texts=call.texts, change=change, progress=progress) as new,
    ):
        difference = compare(old, new, progress=progress)
    return _report(call, difference)


def _sources(call: argparse.Namespace) -> tuple[str, ...]:
    """The ids of the sources to leave out; raises `UnknownNameError` for one that the project does not have."""
    from kg.facts.sources import read_sources, unknown_source
    from kg.project import find_project

    known = list(read_sources(find_project(call.project).data / "sources.yaml", file="data/sources.yaml").sources)
    chosen = tuple(name.removeprefix("source:") for name in call.without)
    for name in chosen:
        if name not in known:
            raise unknown_source(name, known)
    return chosen


def _report(call: argparse.Namespace, difference: object) -> int:
    from kg.comparison import Difference, write_difference

    assert isinstance(difference, Difference)
    write(write_difference(difference, call.format), call.output)
    gates = [gate for gate in call.fail_on if difference.has(gate)]
    if gates:
        unknown = f", or may be, since there is no graph of {' and '.join(difference.uncompared)}"
        unknown *= bool(difference.uncompared)
        print_message(f"There are changes of a kind that must not be{unknown}: {', '.join(gates)}.")
    return 1 if gates else 0
