"""Linking of two lists of mentions, or of one list with itself, without a project.

Films are linked by the names of their people, then people by the films that are linked, then films by the people that
are linked, until nothing changes.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kg.linking.classifier import ExpectedQuality, Thresholds, classify_pairs, expected_quality
from kg.linking.features import to_features
from kg.linking.model import Candidate, Classification, Mention

MAX_ROUNDS = 6
_WORD = re.compile(r"\w+")
MIN_REPEATED, MIN_REPEATED_WITHOUT_PEOPLE = 0.01, 0.05
"""The share of a list that repeats others of it, from which on it is one of copies, prints or screenings: films of one
title, year and people; and those that have no people, which may be two films.
"""
_LINKED_THROUGH = {"film": "person", "person": "film"}
"""Kind -> the kind by which it is linked."""


@dataclass(frozen=True, slots=True)
class MentionLinks:
    """The candidates of two lists of mentions, kind by kind, and by kind what is expected of the same ones."""

    candidates: tuple[Candidate, ...]
    expected: Mapping[str, ExpectedQuality] = field(default_factory=dict)

    @property
    def same(self) -> tuple[Candidate, ...]:
        """The pairs that are classified as the same, the most confident first."""
        found = (pair for pair in self.candidates if pair.classification is Classification.SAME)
        return tuple(sorted(found, key=lambda pair: (-pair.confidence, pair.left.id, pair.right.id)))


def link_mentions(
    left: Sequence[Mention],
    right: Sequence[Mention],
    *,
    kinds: Iterable[str] = (),
    thresholds: Thresholds | None = None,
    linked: Mapping[str, str] | None = None,
) -> MentionLinks:
    """The candidates among two lists of mentions, of all kinds or only of `kinds`.

    `linked` maps the ids of mentions that are linked already to a key that both sides share.
    """
    wanted = set(kinds)
    sides = {
        kind: ([m for m in left if m.kind == kind], [m for m in right if m.kind == kind])
        for kind in dict.fromkeys(mention.kind for mention in left)
    }
    sides = {kind: pair for kind, pair in sides.items() if pair[1]}
    keys = dict(linked or {})
    latest: dict[str, tuple[Candidate, ...]] = {}
    queue = [kind for kind in sides if not wanted or kind in wanted or _LINKED_THROUGH.get(kind) in wanted]
    for _ in range(MAX_ROUNDS):
        if not queue:
            break
        changed = set()
        for kind in queue:
            before = _same_pairs(latest.get(kind, ()))
            latest[kind] = classify_pairs(*sides[kind], thresholds=thresholds, linked=keys)
            if (after := _same_pairs(latest[kind])) != before:
                keys.update((right_id, left_id) for left_id, right_id in sorted(after))
                keys.update((left_id, left_id) for left_id, _ in after)
                changed.add(_LINKED_THROUGH.get(kind, ""))
        queue = [kind for kind in sides if kind in changed and (not wanted or kind in wanted)]
    chosen = {kind: latest.get(kind, ()) for kind in sides if not wanted or kind in wanted}
    return MentionLinks(
        tuple(candidate for candidates in chosen.values() for candidate in candidates),
        {kind: expected_quality(candidates) for kind, candidates in chosen.items()},
    )


def link_lists(
    left: Sequence[Mention], right: Sequence[Mention], *, thresholds: Thresholds | None = None
) -> MentionLinks:
    """The candidates of two lists of mentions of one kind, of which either may describe an entity several times.

    Mentions that state the same are compared once, and all of them are linked as that one is. Where both sides repeat
    an entity, the pairs are unsure.
    """
    copies = {repeated[0].id: repeated for side in (left, right) for repeated in _repetitions(side)}
    if not copies:
        return link_mentions(left, right, thresholds=thresholds)
    others = {mention.id for repeated in copies.values() for mention in repeated[1:]}
    sides = [[mention for mention in side if mention.id not in others] for side in (left, right)]
    found = link_mentions(sides[0], sides[1], thresholds=thresholds)
    candidates = tuple(copy for pair in found.candidates for copy in _copies_of(pair, copies))
    by_kind: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_kind[candidate.left.kind].append(candidate)
    return MentionLinks(candidates, {kind: expected_quality(pairs) for kind, pairs in by_kind.items()})


def _copies_of(pair: Candidate, copies: Mapping[str, Sequence[Mention]]) -> Iterator[Candidate]:
    lefts, rights = (copies.get(mention.id, (mention,)) for mention in (pair.left, pair.right))
    is_unsure = min(len(lefts), len(rights)) > 1 and pair.classification is Classification.SAME
    if is_unsure:
        pair = replace(pair, classification=Classification.UNSURE, confidence=pair.confidence / 2)
    for left in lefts:
        for right in rights:
            yield pair if left is pair.left and right is pair.right else replace(pair, left=left, right=right)


def _repetitions(side: Sequence[Mention]) -> Iterator[Sequence[Mention]]:
    """The mentions that state the same, where the list has many of them."""
    # Features take time, so they are made only of films whose names have the same words.
    by_words: dict[Hashable, list[Mention]] = defaultdict(list)
    for mention in side:
        if mention.names and (mention.years or mention.credits) and mention.class_name != "Episode":
            by_words[mention.years, tuple(sorted(_WORD.findall(mention.name.casefold())))].append(mention)
    groups: dict[Hashable, list[Mention]] = defaultdict(list)
    for mention in (mention for alike in by_words.values() if len(alike) > 1 for mention in alike):
        features = to_features(mention)
        if features.episode is None:
            names = frozenset(features.titles or features.persons)
            stated = (names, mention.years, frozenset(features.people), mention.identifiers, mention.countries)
            groups[mention.kind, mention.class_name, mention.minutes, *stated].append(mention)
    repeated = [group for group in groups.values() if len(group) > 1]
    counts = Counter[bool]()
    for group in repeated:
        counts[bool(group[0].credits)] += len(group) - 1
    limits = {True: MIN_REPEATED, False: MIN_REPEATED_WITHOUT_PEOPLE}
    yield from (group for group in repeated if counts[has := bool(group[0].credits)] >= limits[has] * len(side))


def find_duplicates(
    mentions: Sequence[Mention], *, kinds: Iterable[str] = (), thresholds: Thresholds | None = None
) -> MentionLinks:
    """The candidates within one list of mentions; each pair once, the mention that comes first on its left."""
    wanted = set(kinds)
    found: dict[str, tuple[Candidate, ...]] = {}
    for kind in dict.fromkeys(mention.kind for mention in mentions):
        if not wanted or kind in wanted:
            side = [mention for mention in mentions if mention.kind == kind]
            found[kind] = classify_pairs(side, side, thresholds=thresholds, is_one_side=True)
    return MentionLinks(
        tuple(candidate for candidates in found.values() for candidate in candidates),
        {kind: expected_quality(candidates) for kind, candidates in found.items()},
    )


def _same_pairs(candidates: Iterable[Candidate]) -> set[tuple[str, str]]:
    return {
        (candidate.left.id, candidate.right.id)
        for candidate in candidates
        if candidate.classification is Classification.SAME
    }
