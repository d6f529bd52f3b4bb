"""Commands that find which things of different sources are one, and let a person judge."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

from kg.cli.command import Commands, is_plain, say, write
from kg.errors import InputError

if TYPE_CHECKING:
    from kg.linking.link_project import LinkingResult
    from kg.linking.model import Candidate, Mention
    from kg.linking.scoring import Thresholds
    from kg.project import Project

_KEYS = {"s": True, "d": False}


def add_commands(commands: Commands) -> None:
    """link."""
    link = commands.add(
        "link",
        "Find which things of different sources are one; write the judgements to data/links.sssom.tsv.",
        _link,
        epilog="kg link review shows the pairs that are left to a person; kg link why A B explains one.",
    )
    link.add_argument("task", nargs="?", choices=("review", "why"), help="judge what is unsure, or explain a pair")
    link.add_argument("things", nargs="*", metavar="THING", help="for why: the two things")
    link.add_argument(
        "--kind", action="append", default=[], metavar="KIND", help="only films, persons, ...: film, person"
    )
    link.add_argument("--between", nargs=2, metavar="SOURCE", help="only these two sources; own: what people wrote")
    link.add_argument("--same", type=float, metavar="P", help="the same from this confidence on; default: 0.95")
    link.add_argument("--different", type=float, metavar="P", help="different below this confidence; default: 0.02")
    link.add_argument("--precision", type=float, metavar="P", help="the same as long as this share of them is right")
    link.add_argument("--dry-run", action="store_true", help="tell what would be written, and write nothing")
    link.add_argument("--author", default=os.environ.get("KG_AUTHOR", ""), help="for review: who judges, as orcid:...")
    link.add_argument("--most", type=int, metavar="N", help="show at most N pairs")
    link.add_argument("-f", "--format", choices=("text", "json"), default="text", help="default: text")


def _link(call: argparse.Namespace) -> int:
    from kg.project import find_project

    project = find_project(call.project)
    if call.task == "why":
        return _why(call, project)
    if call.things:
        raise InputError(f"What is {call.things[0]!r}? Things are given to `kg link why`.")
    return _review(call, project) if call.task == "review" else _run(call, project)


def _run(call: argparse.Namespace, project: Project) -> int:
    from kg.linking.link_project import link_project
    from kg.linking.link_store import append_judgements, write_unsure

    matched = link_project(
        project,
        kinds=call.kind,
        between=tuple(call.between) if call.between else None,
        thresholds=_thresholds(call),
        day=today(),
        progress=None if is_plain() else say,
    )
    if not call.dry_run:
        append_judgements(project, matched.judgements)
        write_unsure(project, matched.unsure)
    write(_json(matched, call.most) if call.format == "json" else _text(matched, call, project))
    return 0


def _why(call: argparse.Namespace, project: Project) -> int:
    from kg.linking.link_project import compare_entities
    from kg.linking.link_store import candidate_to_dict

    if len(call.things) != 2:
        raise InputError("Which two things? Write: kg link why film:anora film:wd-q123185887")
    candidate = compare_entities(project, *call.things)
    write(
        json.dumps(candidate_to_dict(candidate), indent=1, ensure_ascii=False) + "\n"
        if call.format == "json"
        else _pair(candidate)
    )
    return 0


def _review(call: argparse.Namespace, project: Project) -> int:
    """Show pair after pair; each judgement is written as soon as it is made."""
    from kg.decisions.links import LINKS_FILE, read_links
    from kg.linking.link_project import to_judgement
    from kg.linking.link_store import append_judgements, read_unsure
    from kg.terms import to_iri

    links = read_links(project.data / LINKS_FILE, file=f"data/{LINKS_FILE}").links
    judged = {one.names for one in links.judgements}
    waiting = [
        one for one in read_unsure(project) if frozenset((to_iri(one.left.id), to_iri(one.right.id))) not in judged
    ]
    if call.format == "json":
        from kg.linking.link_store import candidate_to_dict

        write(json.dumps([candidate_to_dict(one) for one in waiting[: call.most]], indent=1, ensure_ascii=False) + "\n")
        return 0
    if waiting and not call.author:
        raise InputError("Who judges? Name yourself: kg link review --author orcid:0000-0000-0000-0000 (or KG_AUTHOR).")
    made = 0
    for number, candidate in enumerate(waiting[: call.most], start=1):
        write(f"\n{number} of {len(waiting)}\n{_pair(candidate)}")
        answer = _answer()
        if answer == "q":
            break
        if answer in _KEYS:
            comment = _line("why (may be empty): ")
            judgement = to_judgement(
                candidate, same=_KEYS[answer], day=today(), author=call.author, comment=comment or candidate.reason
            )
            append_judgements(project, [judgement])
            made += 1
    say(f"{made} judged, {len(waiting) - made} left")
    return 0


def _answer() -> str:
    while True:
        answer = _line("[s]ame, [d]ifferent, [l]ater, [q]uit: ").strip().lower()[:1]
        if answer in ("s", "d", "l", "q"):
            return answer


def _line(prompt: str) -> str:
    """A line of stdin; `q` at its end, so that review can be fed from a file."""
    sys.stdout.write(prompt)
    sys.stdout.flush()
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else "q"


def today() -> str:
    """The day of a judgement; `SOURCE_DATE_EPOCH` sets it, for runs that must give the same bytes."""
    from datetime import UTC, datetime

    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    when = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    return when.date().isoformat()


def _thresholds(call: argparse.Namespace) -> Thresholds:
    from kg.linking.scoring import DIFFERENT_BELOW, SAME_FROM, Thresholds

    for name in ("same", "different", "precision"):
        if (value := getattr(call, name)) is not None and not 0 < value <= 1:
            raise InputError(f"--{name} lies between 0 and 1, not {value}.")
    same = SAME_FROM if call.same is None else call.same
    different = DIFFERENT_BELOW if call.different is None else call.different
    if different >= same:
        raise InputError(f"--different {different} is not below --same {same}.")
    return Thresholds(same, different, call.precision)


def _pair(candidate: Candidate) -> str:
    """Two mentions side by side, and what speaks for and against their being one."""
    left, right = _lines(candidate.left), _lines(candidate.right)
    width = min(max(map(len, left)), 58)
    rows = [
        f"  {one:<{width}}  |  {other}"
        for one, other in zip(
            [line[:width] for line in left] + [""] * (len(right) - len(left)),
            right + [""] * (len(left) - len(right)),
            strict=True,
        )
    ]
    clues = [f"  {clue}" for clue in sorted(candidate.features, key=lambda one: -abs(one.bits))]
    told = candidate.veto or f"confidence {candidate.confidence:.3f}, {candidate.bits:+.1f} bits"
    return "\n".join([*rows, f"  {told}", *clues, ""])


def _lines(mention: Mention) -> list[str]:
    people = [f"{one.name}{f' ({one.role})' if one.role else ''}" for one in mention.credits]
    lines = [mention.id, mention.name, *(f"also {name}" for name in mention.names[1:4])]
    lines.append(" ".join(filter(None, [mention.class_name or mention.kind, ", ".join(map(str, mention.years))])))
    lines += people[:5] + ([f"and {len(people) - 5} more"] if len(people) > 5 else [])
    return lines + [f"{scheme} {value}" for scheme, value in sorted(mention.identifiers)]


def _text(matched: LinkingResult, call: argparse.Namespace, project: Project) -> str:
    from kg.decisions.links import LINKS_FILE
    from kg.linking.model import Classification

    lines = []
    for one, other, kind in dict.fromkeys(key[:3] for key in matched.counts):
        same, unsure = (
            matched.counts.get((one, other, kind, verdict), 0)
            for verdict in (Classification.SAME, Classification.UNSURE)
        )
        if same or unsure:
            lines.append(f"{one} and {other}, {kind}: {same:,} the same, {unsure:,} unsure")
    kept = f"{len(matched.judgements):,} judgements"
    if call.dry_run:
        lines.append(f"{kept} would be written; nothing was.")
    else:
        lines.append(f"{kept} added to data/{LINKS_FILE}")
        if matched.unsure:
            lines.append(f"{len(matched.unsure):,} pairs are left to a person: kg link review")
    return "\n".join(lines) + "\n"


def _json(matched: LinkingResult, most: int | None) -> str:
    from kg.decisions.links import SSSOM_COLUMNS, to_sssom_row
    from kg.linking.link_store import candidate_to_dict

    document = {
        "counts": [
            {"sources": [one, other], "kind": kind, "verdict": verdict.value, "pairs": count}
            for (one, other, kind, verdict), count in sorted(matched.counts.items())
        ],
        "judgements": [dict(zip(SSSOM_COLUMNS, to_sssom_row(one), strict=True)) for one in matched.judgements[:most]],
        "unsure": [candidate_to_dict(one) for one in matched.unsure[:most]],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
