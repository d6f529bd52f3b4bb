"""Linking of two lists of mentions, or of one list with itself, without a project.

Films are linked by the names of their people, then people by the films that are linked, then films by the people that
are linked, until nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kg.linking.classifier import ExpectedQuality, Thresholds, classify_pairs, expected_quality
from kg.linking.model import Candidate, Classification, Mention

MAX_ROUNDS = 6
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
