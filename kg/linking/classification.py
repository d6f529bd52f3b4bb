"""Two sides of mentions walk in; candidates with what is judged of each walk out.

The odds of all clues together become a probability among rivals: a mention means one thing of the other side or none,
so two candidates that are equally good are both unsure. People are linked through films that are linked, and films
through people, until nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kg.linking.features import MentionFeatures, TermFrequencies, candidate_pairs, count_terms, to_features
from kg.linking.model import Candidate, Classification, Judged, Mention
from kg.linking.scoring import find_veto, score_features

SAME_FROM, DIFFERENT_BELOW = 0.95, 0.02
"""Confidence from which a pair is the same, and below which it is different."""
ESTIMATION_ROUNDS = 4
"""Of estimating how many mentions have a counterpart."""
MIN_UNMATCHED_PRIOR = 0.05
"""Of a mention's not being there."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which confidence a pair is the same, and below which it is different.

    With `precision`, the pairs of the highest confidence are the same, as many as keep the expected share of right ones
    among them at that; `same` then counts no more.
    """

    same: float = SAME_FROM
    different: float = DIFFERENT_BELOW
    precision: float | None = None


def classify_pairs(
    left: Sequence[Mention],
    right: Sequence[Mention],
    *,
    thresholds: Thresholds | None = None,
    linked: Mapping[str, str] | None = None,
) -> tuple[Judged, ...]:
    """Judge the mentions of one kind on two sides; of each mention the likeliest come first.

    `same` maps the ids of people that are linked already to a name that both sides share.
    """
    bounds = thresholds or Thresholds()
    ones, others = ([to_features(one, linked=linked) for one in side] for side in (left, right))
    census = count_terms(ones, others)
    compared = [_compare(ones[one], others[other], census) for one, other in candidate_pairs(ones, others, census)]
    confidences = _confidences(compared, least=min(len(left), len(right)), most=max(len(left), len(right)))
    weighed = (
        Candidate(one.left, one.right, one.features, sure, one.veto)
        for one, sure in zip(compared, confidences, strict=True)
    )
    if bounds.precision is not None:
        bounds = replace(bounds, same=threshold_for(bounds.precision, confidences))
    judged = (Judged(one, _verdict(one, bounds)) for one in weighed)
    return tuple(sorted(judged, key=lambda one: (one.candidate.left.id, -one.candidate.confidence)))


def _compare(one: MentionFeatures, other: MentionFeatures, census: TermFrequencies) -> Candidate:
    left, right = one.mention, other.mention
    if reason := find_veto(left, right):
        return Candidate(left, right, (), 0.0, reason)
    return Candidate(left, right, tuple(score_features(one, other, census)), 0.0)


def _confidences(compared: Sequence[Candidate], *, least: int, most: int) -> list[float]:
    """How likely each pair is the same: odds weighed among the rivals of both mentions.

    Before anything is compared, a mention is as likely to be any one of the other side; how likely it is to be there at
    all is estimated from the pairs themselves, in a few rounds (the expectation step of Fellegi and Sunter's model).
    """
    standing = [place for place, one in enumerate(compared) if not one.veto]
    said = [2.0 ** max(min(compared[place].bits, 80.0), -80.0) for place in standing]
    ones: dict[str, int] = {}
    others: dict[str, int] = {}
    sides = [
        (
            ones.setdefault(compared[place].left.id, len(ones)),
            others.setdefault(compared[place].right.id, len(others)),
        )
        for place in standing
    ]
    share, sure = 0.9, [0.0] * len(said)
    for _ in range(ESTIMATION_ROUNDS):
        chance = share / max(most, 2)
        of_one, of_other = [0.0] * len(ones), [0.0] * len(others)
        for odds, (one, other) in zip(said, sides, strict=True):
            of_one[one] += odds * chance
            of_other[other] += odds * chance
        doubt = 1 - share + MIN_UNMATCHED_PRIOR
        sure = [
            odds * chance / (doubt + max(of_one[one], of_other[other]))
            for odds, (one, other) in zip(said, sides, strict=True)
        ]
        share = min(max(sum(sure) / max(least, 1), 0.01), 0.95)
    confidences = [0.0] * len(compared)
    for place, one_sure in zip(standing, sure, strict=True):
        confidences[place] = one_sure
    return confidences


def threshold_for(precision: float, confidences: Iterable[float]) -> float:
    """The lowest confidence at which the pairs from there on are right in this share, as they themselves expect.

    >>> threshold_for(0.9, [0.99, 0.95, 0.8, 0.3])
    0.8
    """
    right, threshold = 0.0, 1.0
    for count, sure in enumerate(sorted(confidences, reverse=True), start=1):
        right += sure
        # A pair that is more likely wrong than right is never the same, whatever the others make up for.
        if right / count < precision or sure <= 0.5:
            break
        threshold = sure
    return threshold


def _verdict(candidate: Candidate, bounds: Thresholds) -> Classification:
    if candidate.veto or candidate.confidence < bounds.different:
        return Classification.DIFFERENT
    return Classification.SAME if candidate.confidence >= bounds.same else Classification.UNSURE
