"""Command `kg link`: find entities of different sources that are the same, review unsure pairs, explain a pair."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.cli.command import Commands, add_limit, find_own_project, print_message, write, write_json
from kg.cli.link_files import add_options, check_no_file_options, link_files
from kg.cli.link_review import add_review_options, pair_text, review, split
from kg.cli.progress import is_plain
from kg.errors import InputError
from kg.reports import did_you_mean
from kg.text.folding import closest
from kg.text.number_words import counted

if TYPE_CHECKING:
    from kg.linking.classifier import Thresholds
    from kg.linking.link_project import LinkingResult
    from kg.project import Project


@dataclass(frozen=True, slots=True)
class _Task:
    """A task of `kg link` that a word names: what it does, the entities it takes and its options."""

    description: str
    entities: tuple[str, ...]
    options: tuple[str, ...]


_TASKS = {
    "review": _Task(
        "Judge the pairs that kg link left to a person, in batches of one kind and cause; without an option, in the"
        " terminal.",
        (),
        ("list", "author", "cause", "accept_above", "limit", "undo", "log", "web", "port", "format", "project"),
    ),
    "why": _Task("Explain feature by feature how likely two entities are the same.", ("A", "B"), ("format", "project")),
    "split": _Task(
        "Judge two linked entities different, and what links them wrong.", ("A", "B"), ("author", "project")
    ),
}
FILES, PROJECT = "LEFT RIGHT", ""
"""The task of linking two files, or one within itself, and that of linking a project, which has no word."""


def add_commands(commands: Commands) -> None:
    """link."""
    link = commands.add(
        "link",
        "Find entities of different sources that are the same; write judgements to data/links.sssom.tsv.",
        _link,
        epilog="kg link LEFT RIGHT links two files, without a project; kg link review shows the pairs that need review;"
        " kg link why A B explains one. Each has --help.",
        add_help=False,
    )
    link.add_argument("-h", "--help", action=_Help, nargs=0, help="show this help message and exit")
    link.add_argument("words", nargs="*", metavar="WORD", help="two files; review; why or split with two entities")
    link.add_argument(
        "--kind", action="append", default=[], metavar="KIND", help="only entities of this kind: film, person, ..."
    )
    link.add_argument(
        "--between", nargs=2, metavar="SOURCE", help="only these two sources; own: facts that people wrote"
    )
    link.add_argument("--same", type=float, metavar="P", help="the confidence of the same from here on")
    link.add_argument("--different", type=float, metavar="P", help="the confidence of different below; default: 0.02")
    link.add_argument(
        "--precision", type=float, metavar="P", help="the expected share of links that are right; default: 0.998"
    )
    link.add_argument("--dry-run", action="store_true", help="report what would be written, and write nothing")
    link.add_argument(
        "--report", metavar="FILE", help="write a report as HTML: chart of reliability, weights, examples"
    )
    add_review_options(link)
    add_options(link)
    add_limit(link, "show at most N pairs", former="--most")
    link.add_argument("-f", "--format", choices=("text", "json"), default="text", help="default: text")


def link_task(call: argparse.Namespace) -> str:
    """What `kg link` is to do: `FILES`, `PROJECT`, or a task; raises `InputError` for a word that is none."""
    first = call.words[0] if call.words else PROJECT
    if call.dedupe or (len(call.words) == 2 and first not in _TASKS):
        return FILES
    if first not in (PROJECT, *_TASKS):
        advice = did_you_mean(closest(first, list(_TASKS))[:1])
        message = f"{first!r} is neither a task of kg link ({', '.join(_TASKS)}) nor one of two files. {advice}"
        raise InputError(message.rstrip())
    return first


class _Help(argparse.Action):
    """`--help`: that of the task which is named before it, else of all of `kg link`."""

    def __call__(self, parser: argparse.ArgumentParser, call: argparse.Namespace, *_: object) -> None:
        word = next(iter(call.words or ()), "")
        if (task := _TASKS.get(word)) is not None:
            options = {action.dest: action for action in parser._actions}
            parser = argparse.ArgumentParser(prog=f"kg link {word}", description=task.description)
            for entity in task.entities:
                parser.add_argument(entity, help="an entity, such as film:anora")
            for name in task.options:
                parser._add_action(options[name])
        parser.print_help()
        parser.exit()


def _link(call: argparse.Namespace) -> int:
    from kg.project import find_project

    task, entities = link_task(call), call.words[1:]
    _check_kinds(call.kind)
    if task == FILES:
        return link_files(call, _thresholds(call), today())
    check_no_file_options(call)
    if entities and task == "review":
        raise InputError(f"Unexpected argument {entities[0]!r}: only `kg link why` and `split` take entities.")
    if task == "why":
        return _why(call, find_project(call.project), entities)
    project = find_own_project(call)
    if task == "split":
        return split(call, project, entities, today())
    return review(call, project, today()) if task == "review" else _run(call, project)


def _check_kinds(kinds: list[str]) -> None:
    """Raise `InputError` for a kind of which nothing is linked."""
    if not kinds:
        return
    from kg.linking.mentions import KIND_OF_CLASS

    known = tuple(dict.fromkeys(KIND_OF_CLASS.values()))
    for kind in kinds:
        if kind not in known:
            advice = did_you_mean(closest(kind, known, limit=1))
            raise InputError(f"--kind {kind}: this is not a kind. Kinds are {', '.join(known)}. {advice}".rstrip())


# --- kg link


def _run(call: argparse.Namespace, project: Project) -> int:
    from kg.linking.link_project import link_project
    from kg.linking.link_store import append_judgements, write_unsure

    result = link_project(
        project,
        kinds=call.kind,
        between=tuple(call.between) if call.between else None,
        thresholds=_thresholds(call),
        day=today(),
        progress=None if is_plain() else print_message,
    )
    if not call.dry_run:
        append_judgements(project, result.judgements)
        write_unsure(project, result.unsure)
    if call.report:
        _write_report(call.report, project, result)
    if call.format == "json":
        write_json(_result_document(result, call.limit))
    else:
        write(_result_text(result, is_dry_run=call.dry_run))
    return 0


def _write_report(path: str, project: Project, result: LinkingResult) -> None:
    """Write the report of a run; what people judged before is known to be right or wrong."""
    from kg.decisions.links import read_project_links
    from kg.files.atomic import write_file
    from kg.linking.report import link_report
    from kg.terms import to_curie

    judgements = read_project_links(project.data).links.judgements
    known = {
        (to_curie(judgement.object.value), to_curie(judgement.subject.value)): judgement.same
        for judgement in judgements
        if judgement.author and judgement.same is not None
    }
    title = f"Links of {project.folder.name}"
    write_file(path, (link_report(title, result.pairs, known),))


def today() -> str:
    """The day of a judgement; `SOURCE_DATE_EPOCH` sets it, for reproducible runs."""
    from datetime import UTC, datetime

    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    return moment.date().isoformat()


def _thresholds(call: argparse.Namespace) -> Thresholds:
    from kg.linking.classifier import DIFFERENT_BELOW, SAME_FROM, Thresholds

    for name in ("same", "different", "precision"):
        if (value := getattr(call, name)) is not None and not 0 < value <= 1:
            raise InputError(f"--{name} must be greater than 0 and at most 1, not {value}.")
    different = DIFFERENT_BELOW if call.different is None else call.different
    if different >= (SAME_FROM if call.same is None else call.same):
        raise InputError(f"--different {different} must be below --same {call.same or SAME_FROM}.")
    if call.same is None and call.precision is None:
        return Thresholds(different=different)
    return Thresholds(call.same, different, call.precision)


def _result_text(result: LinkingResult, *, is_dry_run: bool) -> str:
    from kg.decisions.links import LINKS_FILE
    from kg.linking.model import Classification

    lines = []
    for left, right, kind in dict.fromkeys(key[:3] for key in result.counts):
        same = result.counts.get((left, right, kind, Classification.SAME), 0)
        unsure = result.counts.get((left, right, kind, Classification.UNSURE), 0)
        if same or unsure:
            expected = _expectation(result, left, right, kind)
            lines.append(f"{left} and {right}, {kind}: {same:,} the same, {unsure:,} unsure{expected}")
    judgements = counted(len(result.judgements), "judgement")
    if is_dry_run:
        lines.append(f"{judgements} would be written; nothing was.")
    else:
        lines.append(f"{judgements} added to data/{LINKS_FILE}")
        if result.unsure:
            needs = counted(len(result.unsure), "pair needs", "pairs need")
            lines.append(f"{needs} review: kg link review")
    return "\n".join(lines) + "\n"


def _expectation(result: LinkingResult, left: str, right: str, kind: str) -> str:
    """The expected precision and recall of a line of the result."""
    expected = result.expected.get((left, right, kind))
    if expected is None or not expected.pairs:
        return ""
    return f"; expected precision {expected.precision:.3f}, recall {expected.recall:.3f}"


def _result_document(result: LinkingResult, limit: int | None) -> dict[str, object]:
    from kg.decisions.links import SSSOM_COLUMNS, to_sssom_row
    from kg.linking.link_store import candidate_to_dict

    rows = (to_sssom_row(judgement) for judgement in result.judgements[:limit])
    return {
        "counts": [
            {"sources": [left, right], "kind": kind, "verdict": classification.value, "pairs": count}
            for (left, right, kind, classification), count in sorted(result.counts.items())
        ],
        "judgements": [dict(zip(SSSOM_COLUMNS, row, strict=True)) for row in rows],
        "unsure": [candidate_to_dict(candidate) for candidate in result.unsure[:limit]],
    }


# --- kg link why


def _why(call: argparse.Namespace, project: Project, entities: list[str]) -> int:
    from kg.linking.link_project import compare_entities
    from kg.linking.link_store import candidate_to_dict

    if len(entities) != 2:
        raise InputError("Name two entities: kg link why film:anora film:wd-q123185887")
    candidate = compare_entities(project, *entities)
    if call.format == "json":
        write_json(candidate_to_dict(candidate))
    else:
        write(pair_text(candidate))
    return 0
