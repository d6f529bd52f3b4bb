"""Classification of pairs: scores become a confidence among rivals, and confidence becomes same, different or unsure.

A mention is one entity of the other side or none, so two candidates with equal scores are both unsure. The prior, how
many mentions have a counterpart at all, is estimated from the pairs (the expectation step of Fellegi and Sunter's
model).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kg.linking.features import MentionFeatures, TermFrequencies, candidate_pairs, count_terms, to_features
from kg.linking.model import Candidate, Classification, Mention
from kg.linking.scoring import find_veto, score_features

SAME_FROM, DIFFERENT_BELOW = 0.95, 0.02
"""The confidence from which a pair is the same, and below which it is different."""
ESTIMATION_ROUNDS = 4
"""Rounds in which the share of mentions with a counterpart is estimated."""
MIN_UNMATCHED_PRIOR = 0.05
"""Lower bound of the probability that a mention has no counterpart."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The confidence from which a pair is the same, and below which it is different.

    With `precision`, `same` is not used: as many of the most confident pairs are the same as keep the expected share of
    correct ones at that value.
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
) -> tuple[Candidate, ...]:
    """The candidates among the mentions of one kind on two sides, by left id, the most likely first.

    `linked` maps the ids of people that are linked already to a name that both sides share.
    """
    thresholds = thresholds or Thresholds()
    ours, theirs = ([to_features(mention, linked=linked) for mention in side] for side in (left, right))
    frequencies = count_terms(ours, theirs)
    pairs = candidate_pairs(ours, theirs, frequencies)
    compared = [_compare(ours[left_number], theirs[right_number], frequencies) for left_number, right_number in pairs]
    sizes = sorted((len(left), len(right)))
    confidences = _estimate_confidences(compared, smaller=sizes[0], larger=sizes[1])
    if thresholds.precision is not None:
        thresholds = replace(thresholds, same=threshold_for(thresholds.precision, confidences))
    candidates = (
        replace(pair, confidence=confidence, classification=_classify(pair, confidence, thresholds))
        for pair, confidence in zip(compared, confidences, strict=True)
    )
    return tuple(sorted(candidates, key=lambda pair: (pair.left.id, -pair.confidence)))


def _compare(left: MentionFeatures, right: MentionFeatures, frequencies: TermFrequencies) -> Candidate:
    if veto := find_veto(left.mention, right.mention):
        return Candidate(left.mention, right.mention, (), 0.0, veto)
    return Candidate(left.mention, right.mention, tuple(score_features(left, right, frequencies)), 0.0)


def _estimate_confidences(pairs: Sequence[Candidate], *, smaller: int, larger: int) -> list[float]:
    """The probability of each pair: its odds among those of all rivals of both mentions; `smaller` and `larger` are the
    sizes of the sides.

    Before the comparison, a mention is equally likely to be any one of the other side.
    """
    possible = [index for index, pair in enumerate(pairs) if not pair.veto]
    odds = [2.0 ** max(min(pairs[index].bits, 80.0), -80.0) for index in possible]
    left_numbers: dict[str, int] = {}
    right_numbers: dict[str, int] = {}
    sides = [
        (
            left_numbers.setdefault(pairs[index].left.id, len(left_numbers)),
            right_numbers.setdefault(pairs[index].right.id, len(right_numbers)),
        )
        for index in possible
    ]
    matched_share, probabilities = 0.9, [0.0] * len(odds)
    for _ in range(ESTIMATION_ROUNDS):
        prior = matched_share / max(larger, 2)
        left_sums, right_sums = [0.0] * len(left_numbers), [0.0] * len(right_numbers)
        for value, (left, right) in zip(odds, sides, strict=True):
            left_sums[left] += value * prior
            right_sums[right] += value * prior
        unmatched = 1 - matched_share + MIN_UNMATCHED_PRIOR
        probabilities = [
            value * prior / (unmatched + max(left_sums[left], right_sums[right]))
            for value, (left, right) in zip(odds, sides, strict=True)
        ]
        matched_share = min(max(sum(probabilities) / max(smaller, 1), 0.01), 0.95)
    confidences = [0.0] * len(pairs)
    for index, probability in zip(possible, probabilities, strict=True):
        confidences[index] = probability
    return confidences


def threshold_for(precision: float, confidences: Iterable[float]) -> float:
    """The lowest confidence from which on the expected share of correct pairs is at least `precision`.

    >>> threshold_for(0.9, [0.99, 0.95, 0.8, 0.3])
    0.8
    """
    expected, threshold = 0.0, 1.0
    for count, confidence in enumerate(sorted(confidences, reverse=True), start=1):
        expected += confidence
        # A pair that is more likely wrong than right is never the same, however certain the others are.
        if expected / count < precision or confidence <= 0.5:
            break
        threshold = confidence
    return threshold


def _classify(pair: Candidate, confidence: float, thresholds: Thresholds) -> Classification:
    if pair.veto or confidence < thresholds.different:
        return Classification.DIFFERENT
    return Classification.SAME if confidence >= thresholds.same else Classification.UNSURE
