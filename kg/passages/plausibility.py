"""Passages that contain their values, or say so, and still look wrong: far from their event, a list cut short.

far-passage    a value of an event or a part whose passage is far from the passages of that event or part
relative-date  a date that the source gives in other words ("November of last year"), without these words
list-member    a claim about a passage with a list that leaves out a member

Each may be a false alarm, so none prevents publishing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from pyoxigraph import Literal, NamedNode

from kg import vocabulary as film
from kg.facts.dates import EDTF
from kg.facts.model import Evidence, Fact, finding_about
from kg.facts.texts import Texts
from kg.parts import is_part
from kg.reports import Finding, Severity
from kg.schema import Schema
from kg.terms import TYPE, XSD, Term, to_short
from kg.text.folding import fold_passage

NEAR = 200
"""How many characters may lie between the passage of a value and that of its event: two sentences or so."""

_DATES = {XSD + name for name in ("date", "gYear", "gYearMonth")} | {EDTF.value}
_Key = tuple[Term, str]
"""An entity, and the source that states something about it."""


def check_plausibility(
    facts: Iterable[Fact], *, texts: Texts, schema: Schema, is_contained: Callable[[Fact], bool]
) -> Iterator[Finding]:
    """Yield a finding for each passage that looks wrong; `is_contained` is true when a passage contains its value."""
    spans = [fact for fact in facts if fact.evidence.has_span and texts.passage(fact.evidence) is not None]
    yield from _far_passages(spans, schema, is_contained)
    yield from _relative_dates(spans, texts)
    yield from _list_members(spans, texts)


# --- passages far from their event


def _far_passages(facts: Sequence[Fact], schema: Schema, is_contained: Callable[[Fact], bool]) -> Iterator[Finding]:
    plot_events, events, passages = set(), set(), defaultdict(list)
    for fact in facts:
        source = fact.evidence.source
        if fact.property == TYPE and isinstance(fact.value, NamedNode):
            passages[fact.subject, source].append(fact.evidence)
            if film.PlotEvent in schema.ancestors(fact.value):
                plot_events.add(fact.subject)
            elif film.Event in schema.ancestors(fact.value):
                events.add(fact.subject)
        elif isinstance(fact.value, NamedNode) and is_part(fact.value.value):
            passages[fact.value, source].append(fact.evidence)
    nearest: dict[tuple[Term, Term, Term, str], tuple[int, Fact]] = {}
    for fact in facts:
        known = passages.get((fact.subject, fact.evidence.source))
        is_event = fact.subject in plot_events or fact.subject in events
        if known is None or fact.property == TYPE or not (is_event or _is_part(fact.subject)):
            continue
        key = (fact.subject, fact.property, fact.value, fact.evidence.source)
        distance = min((_distance(fact.evidence, passage) for passage in known), key=abs)
        if key not in nearest or abs(distance) < abs(nearest[key][0]):
            nearest[key] = distance, fact
    for distance, fact in nearest.values():
        # A name or a number identifies itself wherever it is; a pronoun does not. A plot is narrated in order, so there
        # even a name that is far away is that of another event.
        if abs(distance) > NEAR and (fact.subject in plot_events or not is_contained(fact)):
            yield _far_passage(fact, distance)


def _is_part(entity: Term) -> bool:
    return isinstance(entity, NamedNode) and is_part(entity.value)


def _distance(span: Evidence, passage: Evidence) -> int:
    """The number of characters from a span to a passage after it; negative when the passage is before it."""
    if (after := (span.start or 0) - (passage.end or 0)) > 0:
        return -after
    return max((passage.start or 0) - (span.end or 0), 0)


def _far_passage(fact: Fact, distance: int) -> Finding:
    entity = to_short(fact.subject)
    where = f"{abs(distance):,} characters {'before' if distance > 0 else 'after'}"
    return finding_about(
        fact,
        "facts/far-passage",
        f"the passage for {entity} {to_short(fact.property)} {to_short(fact.value)!r} is {where} that of {entity}",
        Severity.WARNING,
        remedy="Cite the words beside it, or add the second passage to its own spans.",
    )


# --- relative dates


def _relative_dates(facts: Iterable[Fact], texts: Texts) -> Iterator[Finding]:
    for fact in facts:
        is_date = isinstance(fact.value, Literal) and fact.value.datatype.value in _DATES
        if is_date and fact.paraphrase and not fact.written:
            yield finding_about(
                fact,
                "facts/relative-date",
                f"the source gives the date {to_short(fact.value)} of {to_short(fact.subject)} in other words: "
                f"{texts.passage(fact.evidence)!r}",
                Severity.INFO,
                remedy="Add these words as `written`, in place of `paraphrase: true`.",
            )


# --- lists in claims

_WORDS = r"[^\s,.;:!?()\[\]“”\"—–…]+(?: [^\s,.;:!?()\[\]“”\"—–…]+){0,4}"
_LIST = re.compile(rf"(?P<first>{_WORDS})(?P<middle>(?:,\s+{_WORDS})+?),?\s+(?:and|or)\s+(?P<last>{_WORDS})")
"""At least three members: `laughter, sorrow, anger, and fear`."""
_STEM = 4
"""How many letters at the beginning of words are compared: `fear` and `fearful` are alike."""
_SHORTEST = 3
_NO_CONTENT = frozenset(
    """about all also always and any are been both but for from had has have her here him his into its myself not one
    our she some that the their them then there they this those two was were what when where which who with would you
    your""".split()  # noqa: SIM905
)


def _list_members(facts: Sequence[Fact], texts: Texts) -> Iterator[Finding]:
    claims = [fact for fact in facts if fact.property == film.claim and fact.paraphrase]
    about: dict[_Key, list[Fact]] = {(claim.subject, claim.evidence.source): [] for claim in claims}
    for fact in facts:
        if (group := about.get((fact.subject, fact.evidence.source))) is not None:
            group.append(fact)
    for claim in claims:
        passage, start = texts.passage(claim.evidence) or "", claim.evidence.start or 0
        stated = about[claim.subject, claim.evidence.source]
        stems = set(chain.from_iterable(_stems(fact.value.value) for fact in stated if isinstance(fact.value, Literal)))
        spans = [fact.evidence for fact in stated if fact.property != film.claim]
        for members in _lists(passage):
            missing = [
                (first, last)
                for first, last in members
                if (words := _stems(passage[first:last]))
                and not words & stems
                and not any(_is_within(span, start + first, start + last) for span in spans)
            ]
            # Where a list begins is uncertain, so its first member alone is not reported.
            if missing and missing != members[:1]:
                yield _list_member(claim, [passage[first:last] for first, last in missing])


def _lists(passage: str) -> Iterator[list[tuple[int, int]]]:
    """Yield the spans of the members of each list in a passage; of the first member, only the last word."""
    for match in _LIST.finditer(passage):
        first = match.start("first") + match["first"].rfind(" ") + 1, match.end("first")
        middle = match.start("middle")
        others = [(middle + part.start(), middle + part.end()) for part in re.finditer(r"[^,]+", match["middle"])]
        yield [first, *others, match.span("last")]


def _stems(text: str) -> set[str]:
    words = re.findall(r"\w+", fold_passage(text))
    return {word[:_STEM] for word in words if len(word) >= _SHORTEST and word not in _NO_CONTENT}


def _is_within(span: Evidence, start: int, end: int) -> bool:
    return span.start is not None and span.end is not None and start <= span.start and span.end <= end


def _list_member(claim: Fact, missing: list[str]) -> Finding:
    members = ", ".join(repr(" ".join(member.split())) for member in missing)
    return finding_about(
        claim,
        "facts/list-member",
        f"the passage for the claim of {to_short(claim.subject)} has a list, but nothing is stated about {members}",
        Severity.INFO,
        remedy="State each member as a value with its own span, or name it in the claim.",
    )
