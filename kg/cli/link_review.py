"""`kg link review`: unsure pairs in batches, judged by a person in the terminal or in the browser."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from kg.cli.command import port_number, print_message, write, write_json
from kg.errors import InputError
from kg.text.number_words import counted

if TYPE_CHECKING:
    from kg.decisions.links import Judgement
    from kg.linking.model import Candidate, Mention
    from kg.linking.review import Acceptance, Batch, Review
    from kg.project import Project

_JUDGEMENTS = {"s": True, "d": False}
"""Key of a review -> whether the two entities are the same."""
_KEYS = "[s]ame, [d]ifferent, [l]ater, [a]ccept the rest, [n]ext batch, [u]ndo, [q]uit: "
_MAX_WIDTH, _MAX_NAMES, _MAX_PEOPLE = 58, 3, 5
ACCEPT_FROM = 0.9
"""The confidence from which the rest of a batch is accepted, unless another is typed."""


def add_review_options(parser: argparse.ArgumentParser) -> None:
    """The options of a review."""
    group = parser.add_argument_group("kg link review")
    group.add_argument("--author", default=os.environ.get("KG_AUTHOR", ""), help="your id, as orcid:...")
    group.add_argument("--cause", metavar="TEXT", default="", help="only batches with this text in their title")
    group.add_argument("--list", action="store_true", help="list the batches")
    group.add_argument("--accept-above", type=float, metavar="P", help="judge all pairs of at least P as the same")
    group.add_argument("--undo", action="store_true", help="take back your latest judgement, or batch")
    group.add_argument("--log", action="store_true", help="list the judgements: who, when and what")
    group.add_argument("--web", action="store_true", help="review in the browser; several people may at once")
    group.add_argument("--port", type=port_number, default=8780, help="of --web; 0 takes any (default: 8780)")


def review(call: argparse.Namespace, project: Project, day: str) -> int:
    """Run a review."""
    from kg.linking.link_store import candidate_to_dict
    from kg.linking.review import Review

    session = Review(project, day=day)
    if call.web:
        from kg.server.review_server import serve_review

        serve_review(session, port=call.port, report=print_message)
        return 0
    if call.log:
        write("".join(f"{each}\n" for each in _log_lines(session, call.author)))
        return 0
    batches = [batch for batch in session.batches() if call.cause in batch.title]
    if call.format == "json":
        pairs = [pair for batch in batches for pair in batch.pairs][: call.limit]
        write_json([candidate_to_dict(pair) for pair in pairs])
    elif call.list:
        write("".join(f"{batch.title}\n" for batch in batches))
    else:
        _judge(call, session, batches)
    return 0


def split(call: argparse.Namespace, project: Project, entities: Sequence[str], day: str) -> int:
    """Judge two linked entities different, and print the judgements that linked them."""
    from kg.linking.review import split_entities

    if len(entities) != 2:
        raise InputError("Name two linked entities: kg link split film:anora film:wd-q123185887")
    if not call.author:
        raise InputError("Name yourself: kg link split A B --author orcid:0000-0000-0000-0000 (or set KG_AUTHOR).")
    removed = split_entities(project, *entities, author=call.author, day=day)
    write("".join(f"Taken back: {_in_one_line(judgement)}\n" for judgement in removed))
    print_message(f"{entities[0]} and {entities[1]} are different from now on; run kg build.")
    return 0


def _in_one_line(judgement: Judgement) -> str:
    from kg.terms import to_curie

    by = judgement.author or judgement.tool or "nobody named"
    names = f"{to_curie(judgement.object.value)} and {to_curie(judgement.subject.value)}"
    return f"{names} ({', '.join(filter(None, (by, judgement.comment)))})"


def _log_lines(session: Review, author: str) -> list[str]:
    from kg.terms import to_curie

    return [
        f"{judgement.date}  {judgement.author}  {'same' if judgement.same else 'different'}  "
        f"{to_curie(judgement.object.value)} {to_curie(judgement.subject.value)}  {judgement.comment}"
        for judgement in session.by_author(author)
    ]


def _judge(call: argparse.Namespace, session: Review, batches: Sequence[Batch]) -> None:
    if (batches or call.undo) and not call.author:
        raise InputError("Name yourself: kg link review --author orcid:0000-0000-0000-0000 (or set KG_AUTHOR).")
    total = sum(len(batch.pairs) for batch in batches)
    if call.undo:
        _undo(session, call.author)
        return
    if call.accept_above is not None:
        accepted = session.accept(batches, call.accept_above, author=call.author, limit=call.limit)
        judged = _report_accepted(accepted)
    else:
        judged = _Prompts(session, call.author, call.limit).run(batches)
    print_message(f"{judged} judged, {total - judged} left")


def _report_accepted(acceptance: Acceptance) -> int:
    """Say what was left of what was to be accepted; how many pairs were accepted."""
    if acceptance.left:
        left = counted(acceptance.left, "pair")
        print_message(f"{left} left: another pair of theirs is as likely, or they would join what is kept apart.")
    return acceptance.accepted


def _undo(session: Review, author: str) -> int:
    """Take back the latest judgement of a reviewer, or those accepted together, and say so; how many they were."""
    from kg.terms import to_curie

    judgements = session.undo(author)
    if not judgements:
        print_message(f"{author} has judged no pair that could be taken back.")
    elif len(judgements) > 1:
        print_message(f"Taken back: {counted(len(judgements), 'judgement')} ({judgements[0].comment})")
    else:
        names = (judgements[0].object, judgements[0].subject)
        print_message(f"Taken back: {' and '.join(to_curie(name.value) for name in names)}")
    return len(judgements)


class _Prompts:
    """Shows pair after pair; each judgement is written before the next question."""

    def __init__(self, session: Review, author: str, limit: int | None) -> None:
        self.session, self.author, self.limit = session, author, limit
        self.shown = self.judged = 0

    def run(self, batches: Sequence[Batch]) -> int:
        """Ask about the pairs of batches; how many were judged."""
        for batch in batches:
            write(f"\n{batch.title}\n")
            if not self._batch(batch):
                break
        return self.judged

    def _batch(self, batch: Batch) -> bool:
        """Ask about one batch; False when the review ends."""
        pairs, index = batch.pairs, 0
        while index < len(pairs):
            if self.limit is not None and self.shown >= self.limit:
                return False
            if not self.session.is_waiting(pairs[index]):
                index += 1
                continue
            self.shown += 1
            write(f"\n{index + 1} of {len(pairs)}\n{pair_text(pairs[index])}")
            key = _read_key()
            if key == "q":
                return False
            if key == "n":
                return True
            if key == "u":
                # The pair before is asked again.
                self.judged, index = max(self.judged - _undo(self.session, self.author), 0), max(index - 2, -1)
            elif key == "a":
                self._accept(replace(batch, pairs=pairs[index:]))
                return True
            elif key in _JUDGEMENTS:
                self._judge(pairs[index], same=_JUDGEMENTS[key])
            index += 1
        return True

    def _judge(self, pair: Candidate, *, same: bool) -> None:
        comment = _read_line("why (may be empty): ")
        try:
            judged = self.session.judge([pair], same=same, author=self.author, comment=comment)
        except InputError as error:
            print_message(str(error))
            return
        self.judged += judged
        if not judged:
            print_message("Somebody has judged this pair already.")

    def _accept(self, rest: Batch) -> None:
        text = _read_line(f"from which confidence ({ACCEPT_FROM}): ").strip()
        try:
            acceptance = self.session.accept((rest,), float(text or ACCEPT_FROM), author=self.author)
        except ValueError:
            print_message(f"{text!r} is not a number: nothing was accepted.")
        except InputError as error:
            print_message(str(error))
        else:
            self.judged += _report_accepted(acceptance)
            print_message(f"{acceptance.accepted} accepted")


def _read_key() -> str:
    while True:
        key = _read_line(_KEYS).strip().lower()[:1]
        if key in ("s", "d", "l", "a", "n", "u", "q"):
            return key


def _read_line(prompt: str) -> str:
    """A line of stdin; `q` at its end, so that a file can answer."""
    sys.stdout.write(prompt)
    sys.stdout.flush()
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else "q"


def pair_text(candidate: Candidate) -> str:
    """Two mentions side by side, with the scores of their features."""
    left, right = _mention_lines(candidate.left), _mention_lines(candidate.right)
    width = min(max(map(len, left)), _MAX_WIDTH)
    columns = zip_longest((line[:width] for line in left), right, fillvalue="")
    rows = [f"  {line:<{width}}  |  {other}" for line, other in columns]
    features = sorted(candidate.features, key=lambda feature: -abs(feature.bits))
    summary = str(candidate.veto or "") or f"confidence {candidate.confidence:.3f}, {candidate.bits:+.1f} bits"
    against = (f"  {sign}" for sign in (candidate.clash, candidate.limit) if sign is not None)
    return "\n".join([*rows, f"  {summary}", *against, *(f"  {feature}" for feature in features), ""])


def _mention_lines(mention: Mention) -> list[str]:
    people = [f"{credit.name}{f' ({credit.role})' if credit.role else ''}" for credit in mention.credits]
    lines = [mention.id, mention.name, *(f"also {name}" for name in mention.names[1 : _MAX_NAMES + 1])]
    lines.append(" ".join(filter(None, (mention.class_name or mention.kind, ", ".join(map(str, mention.years))))))
    lines += people[:_MAX_PEOPLE]
    lines += [f"and {len(people) - _MAX_PEOPLE} more"] if len(people) > _MAX_PEOPLE else []
    return lines + [f"{scheme} {value}" for scheme, value in sorted(mention.identifiers)]
