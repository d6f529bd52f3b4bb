"""Command `kg link`: find entities of different sources that are the same, review unsure pairs, explain a pair."""

from __future__ import annotations

import argparse
import os
import sys
from itertools import zip_longest
from typing import TYPE_CHECKING

from kg.cli.command import Commands, add_limit, is_plain, print_message, write, write_json
from kg.cli.link_files import add_options, link_files
from kg.errors import InputError

if TYPE_CHECKING:
    from kg.linking.classifier import Thresholds
    from kg.linking.link_project import LinkingResult
    from kg.linking.model import Candidate, Mention
    from kg.project import Project

_TASKS = ("review", "why")
_JUDGEMENTS = {"s": True, "d": False}
"""Key of a review -> whether the two entities are the same."""
_MAX_WIDTH, _MAX_NAMES, _MAX_PEOPLE = 58, 3, 5


def add_commands(commands: Commands) -> None:
    """link."""
    link = commands.add(
        "link",
        "Find entities of different sources that are the same; write judgements to data/links.sssom.tsv.",
        _link,
        epilog="kg link LEFT RIGHT links two files, without a project; kg link review shows the pairs that need review;"
        " kg link why A B explains one.",
    )
    link.add_argument("words", nargs="*", metavar="WORD", help="two files; or review; or why with two entities")
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
    link.add_argument("--author", default=os.environ.get("KG_AUTHOR", ""), help="for review: your id, as orcid:...")
    add_options(link)
    add_limit(link, "show at most N pairs", former="--most")
    link.add_argument("-f", "--format", choices=("text", "json"), default="text", help="default: text")


def _link(call: argparse.Namespace) -> int:
    from kg.project import find_project

    task, *entities = call.words or [""]
    if call.dedupe or (len(call.words) == 2 and task not in _TASKS):
        return link_files(call, _thresholds(call), today())
    if task and task not in _TASKS:
        raise InputError(f"{task!r} is neither a task of kg link ({', '.join(_TASKS)}) nor one of two files.")
    if entities and task != "why":
        raise InputError(f"Unexpected argument {entities[0]!r}: only `kg link why` takes entities.")
    project = find_project(call.project)
    if task == "why":
        return _why(call, project, entities)
    return _review(call, project) if task == "review" else _run(call, project)


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
    if call.format == "json":
        write_json(_result_document(result, call.limit))
    else:
        write(_result_text(result, is_dry_run=call.dry_run))
    return 0


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
    judgements = f"{len(result.judgements):,} judgements"
    if is_dry_run:
        lines.append(f"{judgements} would be written; nothing was.")
    else:
        lines.append(f"{judgements} added to data/{LINKS_FILE}")
        if result.unsure:
            lines.append(f"{len(result.unsure):,} pairs need review: kg link review")
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


# --- kg link why, kg link review


def _why(call: argparse.Namespace, project: Project, entities: list[str]) -> int:
    from kg.linking.link_project import compare_entities
    from kg.linking.link_store import candidate_to_dict

    if len(entities) != 2:
        raise InputError("Name two entities: kg link why film:anora film:wd-q123185887")
    candidate = compare_entities(project, *entities)
    if call.format == "json":
        write_json(candidate_to_dict(candidate))
    else:
        write(_pair_text(candidate))
    return 0


def _review(call: argparse.Namespace, project: Project) -> int:
    """Show pair after pair; each judgement is written as soon as it is made."""
    from kg.linking.link_project import to_judgement
    from kg.linking.link_store import append_judgements, candidate_to_dict

    waiting = _unjudged(project)
    if call.format == "json":
        write_json([candidate_to_dict(candidate) for candidate in waiting[: call.limit]])
        return 0
    if waiting and not call.author:
        raise InputError("Name yourself: kg link review --author orcid:0000-0000-0000-0000 (or set KG_AUTHOR).")
    judged = 0
    for number, candidate in enumerate(waiting[: call.limit], start=1):
        write(f"\n{number} of {len(waiting)}\n{_pair_text(candidate)}")
        key = _read_key()
        if key == "q":
            break
        if key in _JUDGEMENTS:
            comment = _read_line("why (may be empty): ") or candidate.reason
            judgement = to_judgement(candidate, same=_JUDGEMENTS[key], day=today(), author=call.author, comment=comment)
            append_judgements(project, [judgement])
            judged += 1
    print_message(f"{judged} judged, {len(waiting) - judged} left")
    return 0


def _unjudged(project: Project) -> list[Candidate]:
    """The unsure pairs that nobody has judged."""
    from kg.decisions.links import read_project_links
    from kg.linking.link_store import read_unsure
    from kg.terms import to_iri

    links = read_project_links(project.data).links
    judged = {judgement.names for judgement in links.judgements}
    unsure = read_unsure(project)
    return [pair for pair in unsure if frozenset((to_iri(pair.left.id), to_iri(pair.right.id))) not in judged]


def _read_key() -> str:
    while True:
        key = _read_line("[s]ame, [d]ifferent, [l]ater, [q]uit: ").strip().lower()[:1]
        if key in ("s", "d", "l", "q"):
            return key


def _read_line(prompt: str) -> str:
    """A line of stdin; `q` at its end, so that a file can answer."""
    sys.stdout.write(prompt)
    sys.stdout.flush()
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else "q"


def _pair_text(candidate: Candidate) -> str:
    """Two mentions side by side, with the scores of their features."""
    left, right = _mention_lines(candidate.left), _mention_lines(candidate.right)
    width = min(max(map(len, left)), _MAX_WIDTH)
    columns = zip_longest((line[:width] for line in left), right, fillvalue="")
    rows = [f"  {line:<{width}}  |  {other}" for line, other in columns]
    features = sorted(candidate.features, key=lambda feature: -abs(feature.bits))
    summary = candidate.veto or f"confidence {candidate.confidence:.3f}, {candidate.bits:+.1f} bits"
    limit = [f"  {candidate.limit}"] if candidate.limit is not None else []
    return "\n".join([*rows, f"  {summary}", *limit, *(f"  {feature}" for feature in features), ""])


def _mention_lines(mention: Mention) -> list[str]:
    people = [f"{credit.name}{f' ({credit.role})' if credit.role else ''}" for credit in mention.credits]
    lines = [mention.id, mention.name, *(f"also {name}" for name in mention.names[1 : _MAX_NAMES + 1])]
    lines.append(" ".join(filter(None, (mention.class_name or mention.kind, ", ".join(map(str, mention.years))))))
    lines += people[:_MAX_PEOPLE]
    lines += [f"and {len(people) - _MAX_PEOPLE} more"] if len(people) > _MAX_PEOPLE else []
    return lines + [f"{scheme} {value}" for scheme, value in sorted(mention.identifiers)]
