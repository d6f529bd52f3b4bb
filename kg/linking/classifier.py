"""Classification of pairs: probabilities estimated by expectation maximisation, one-to-one, cut at a precision.

The candidates of two sides are compared once. Then the share of mentions with a counterpart, and how often two mentions
of one entity agree in each way (the m of Fellegi and Sunter), are estimated together with the probability of each pair
(Winkler, "Using the EM Algorithm for Weight Computation in the Fellegi-Sunter Model", 1988). The tables of `scoring`
are the prior, with the weight of `PRIOR_PAIRS`, so that a few pairs change little. A mention is one entity of the other
side or none, so the probabilities of its pairs add up to one at most; and a pair is false where one of its mentions has
another counterpart, which shows how many false pairs have a sign of two entities (`limits`).
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2, prod, sqrt

from kg.linking.features import MentionFeatures, TermFrequencies, candidate_pairs, count_terms, to_features
from kg.linking.limits import find_limit, find_veto
from kg.linking.model import Candidate, Classification, Limit, Mention, Sign, Veto
from kg.linking.scoring import GROUP_OF_LEVEL, M, compare_features, score_features

SAME_FROM, DIFFERENT_BELOW = 0.9, 0.02
"""The confidence from which a pair is the same in any case, and below which it is different."""
PRECISION = 0.998
"""The share of correct pairs that is expected of those classified as the same."""
MIN_SAME = 0.5
"""A pair that is more likely wrong than right is never the same, however certain the others are."""
ROUNDS = 8
"""Rounds of the estimation."""
PRIOR_PAIRS, PRIOR_WEIGHT = 40.0, 0.02
"""Pairs that the tables of `scoring` count for in each comparison, and how many more for each pair that was seen."""
PRIOR_WEIGHTS = {"title": 0.25, "name": 0.25}
"""The same for comparisons of names: pairs whose names differ are hard to see, so their number is a lower bound."""
PRIOR_MATCHED, PRIOR_MENTIONS = 0.5, 4.0
"""The share of the smaller side with a counterpart before any pair was seen, and the mentions that it counts for."""
PRIOR_DUPLICATES = 0.05
"""The share of one list with a duplicate in it, before any pair was seen."""
MATCHED_SHARES = (0.05, 0.995)
"""Bounds of that share."""
MIN_UNMATCHED = 0.01
"""Lower bound of the probability that a mention has no counterpart among its candidates."""
MIN_UNMATCHED_OF_LARGER = 0.05
"""Lower bound of the share of the larger side without a counterpart."""
MIN_BITS_BELOW_PRIOR = 12.0
"""Bits by which a score may be less than the prior; below that a pair is different in any case."""
FIRST_ROUND_OF_LIMITS = 2
"""Round of the estimation from which limits are estimated."""
PRIOR_PAIRS_OF_SIGN = 2.0
"""Pairs that the tables of `limits` count for in each sign."""
PRIOR_PAIRS_AT_LIMIT = 6.0
"""Pairs that the share of true pairs with a sign counts for among those that no rival keeps below the limit."""
CAUTION, DEVIATIONS = 1.3, 2.0
"""How many more false pairs are expected of a sign than were counted, since a mention with a counterpart is compared
less; and the standard deviations by which pairs must be more than that.
"""
PRIOR_PAIRS_AT_BOUND = 5.0
"""Pairs that the bound of a limit counts for, where a limit may rise above it."""
UNLIKELY = 0.1
"""A mention has no counterpart where the pairs without a sign have less confidence."""
MAX_LIMIT = 0.98
"""The highest estimate of a limit."""
MIN_LIMIT_OF_SAME = 0.7
"""A pair with a sign whose limit is lower is not the same below `SAME_FROM`."""
MIN_CONFIDENCE = 1e-4
"""Pairs of less confidence are left out, unless they are the best of a mention."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The confidence from which a pair is the same, and below which it is different.

    As many of the most confident pairs are the same as keep the expected share of correct ones at `precision`, and all
    from `same` on. With `precision` None, only `same` counts; with `same` None, only `precision`.
    """

    same: float | None = SAME_FROM
    different: float = DIFFERENT_BELOW
    precision: float | None = PRECISION

    def choose(self, confidences: Iterable[float]) -> float:
        """The confidence from which pairs are the same."""
        found = 1.0 if self.precision is None else threshold_for(self.precision, confidences)
        return min(found, 1.0 if self.same is None else self.same)


@dataclass(frozen=True, slots=True)
class ExpectedQuality:
    """What is expected of the pairs classified as the same: how many, the share of them that is correct, the share of
    all correct pairs that they are, and the lowest confidence among them.
    """

    pairs: int
    precision: float
    recall: float
    threshold: float


def expected_quality(candidates: Iterable[Candidate]) -> ExpectedQuality:
    """The expected precision and recall of candidates, by their confidences."""
    candidates = tuple(candidates)
    same = [pair.confidence for pair in candidates if pair.classification is Classification.SAME]
    correct, possible = sum(same), sum(pair.confidence for pair in candidates)
    return ExpectedQuality(
        len(same),
        correct / len(same) if same else 1.0,
        correct / possible if possible else 1.0,
        min(same, default=1.0),
    )


def classify_pairs(
    left: Sequence[Mention],
    right: Sequence[Mention],
    *,
    thresholds: Thresholds | None = None,
    linked: Mapping[str, str] | None = None,
    is_one_side: bool = False,
) -> tuple[Candidate, ...]:
    """The candidates among the mentions of one kind on two sides, by left id, the most likely first.

    `linked` maps the ids of people that are linked already to a name that both sides share. With `is_one_side`, both
    sides are one list: a mention is no candidate of itself, and each pair comes once.
    """
    thresholds = thresholds or Thresholds()
    ours = [to_features(mention, linked=linked) for mention in left]
    theirs = ours if is_one_side else [to_features(mention, linked=linked) for mention in right]
    frequencies = count_terms(ours, theirs)
    pairs = candidate_pairs(ours, theirs, frequencies)
    if is_one_side:
        pairs = ((left_number, right_number) for left_number, right_number in pairs if left_number < right_number)
    compared = _ComparedPairs(ours, theirs, frequencies, pairs, is_one_side=is_one_side)
    m = compared.estimate()
    same_from = thresholds.choose(compared.eligible())
    candidates = (
        Candidate(
            pair.left.mention,
            pair.right.mention,
            () if pair.veto else tuple(score_features(pair.left, pair.right, frequencies, m)),
            pair.confidence,
            pair.veto,
            _classify(pair, same_from, thresholds),
            pair.limit,
        )
        for pair in compared.kept()
    )
    return tuple(sorted(candidates, key=lambda pair: (pair.left.id, -pair.confidence)))


def threshold_for(precision: float, confidences: Iterable[float]) -> float:
    """The lowest confidence from which on the expected share of correct pairs is at least `precision`.

    >>> threshold_for(0.9, [0.99, 0.95, 0.8, 0.3])
    0.8
    """
    expected, threshold = 0.0, 1.0
    for count, confidence in enumerate(sorted(confidences, reverse=True), start=1):
        expected += confidence
        if expected / count < precision or confidence <= MIN_SAME:
            break
        threshold = confidence
    return threshold


@dataclass(frozen=True, slots=True)
class _Pair:
    """A pair of the features of two mentions, with its confidence."""

    left: MentionFeatures
    right: MentionFeatures
    confidence: float
    veto: Veto | None
    limit: Limit | None


def _classify(pair: _Pair, same_from: float, thresholds: Thresholds) -> Classification:
    if pair.veto or pair.confidence < thresholds.different:
        return Classification.DIFFERENT
    if pair.limit is not None and pair.limit.confidence < MIN_LIMIT_OF_SAME:
        # The others, however certain they are, do not make a pair with such a sign the same.
        same_from = max(same_from, SAME_FROM if thresholds.same is None else thresholds.same)
    return Classification.SAME if pair.confidence >= same_from else Classification.UNSURE


_MAY_RISE = frozenset({
    Sign.MISSPELT_TITLE,
    Sign.LONGER_TITLE,
    Sign.PARTLY_EQUAL_TITLE,
    Sign.DIFFERENT_TITLE,
    Sign.OTHER_LANGUAGE_TITLE,
})  # fmt: skip
"""Signs whose limits may rise above their bound. Of a film and its remake, which have one title, each may be in one
catalogue only, so that the pairs of those with a counterpart do not show how many are false.
"""


def _sign(limit: Limit) -> tuple[Sign, float]:
    """The kind of a limit: the pairs of one kind have one share of true ones."""
    return limit.sign, limit.confidence


def _limit_for(share: float, pairs: Sequence[tuple[float, float]]) -> float:
    """The limit with which this share of some pairs, each with its confidence and limit, is expected to be true.

    Rivals keep some of them below the limit: what these lack, the others have more.
    """
    below = [confidence for confidence, limit in pairs if confidence < 0.95 * min(limit, share)]
    true_at_limit = share * (len(pairs) + PRIOR_PAIRS_AT_LIMIT) - sum(below)
    return max(share, true_at_limit / (len(pairs) - len(below) + PRIOR_PAIRS_AT_LIMIT))


def _bounded(share: float, sign: tuple[Sign, float], ratio: float, pairs: int) -> float:
    """A limit with the bound that the odds of mentions to have a counterpart, `ratio`, set for it.

    Of titles that differ, the pairs that were seen count more than the bound, the more there are.
    """
    scaled = sign[1] / (1 - sign[1]) * ratio
    bound = scaled / (1 + scaled)
    if share <= bound or sign[0] not in _MAY_RISE:
        return min(share, bound)
    return (bound * PRIOR_PAIRS_AT_BOUND + share * pairs) / (PRIOR_PAIRS_AT_BOUND + pairs)


def _has_counterpart(confidence: float) -> bool | None:
    return True if confidence >= SAME_FROM else False if confidence < UNLIKELY else None


class _ComparedPairs:
    """The comparisons of all candidates, in as little memory as there may be millions: the levels of a pair are a
    number that stands for the pattern, and the bits that do not depend on m are one sum.

    `_findings` has the limit of each pair with a sign, as the tables have it; `_limits` those that are estimated.
    """

    def __init__(
        self,
        left: Sequence[MentionFeatures],
        right: Sequence[MentionFeatures],
        frequencies: TermFrequencies,
        pairs: Iterable[tuple[int, int]],
        *,
        is_one_side: bool,
    ) -> None:
        self._left, self._right, self._is_one_side = left, right, is_one_side
        self._lefts, self._rights = array("i"), array("i")
        self._rarities, self._patterns, self._limits = array("d"), array("i"), array("d")
        self._pattern_numbers: dict[tuple[str, ...], int] = {}
        self._vetoed: list[tuple[int, int, Veto]] = []
        self._findings: dict[int, Limit] = {}
        self.confidences: list[float] = []
        min_bits = log2(max(frequencies.size, 1)) - MIN_BITS_BELOW_PRIOR
        for left_number, right_number in pairs:
            self._add(left_number, right_number, frequencies, min_bits)

    def _add(self, left_number: int, right_number: int, frequencies: TermFrequencies, min_bits: float) -> None:
        left, right = self._left[left_number], self._right[right_number]
        if veto := find_veto(left, right):
            self._vetoed.append((left_number, right_number, veto))
            return
        levels, rarity = [], 0.0
        for compared in compare_features(left, right, frequencies):
            rarity += compared.rarity
            if compared.level:
                levels.append(compared.level)
        # Most pairs are far from being the same; a limit would change nothing.
        is_likely = rarity + sum(log2(M[level]) for level in levels) > min_bits
        limit = find_limit(left, right, frequencies) if is_likely else None
        if limit is not None:
            self._findings[len(self._lefts)] = limit
        self._lefts.append(left_number)
        self._rights.append(right_number)
        self._rarities.append(rarity)
        self._patterns.append(self._pattern_numbers.setdefault(tuple(levels), len(self._pattern_numbers)))
        self._limits.append(1.0 if limit is None else limit.confidence)

    def eligible(self) -> Iterator[float]:
        """The confidences of the pairs of which those are chosen that are the same."""
        return (
            confidence
            for confidence, limit in zip(self.confidences, self._limits, strict=True)
            if limit >= MIN_LIMIT_OF_SAME
        )

    def estimate(self) -> Mapping[str, float]:
        """Estimate the confidences, and return the m of each level."""
        m = dict(M)
        smaller, larger = sorted((len(self._left), len(self._right)))
        self.confidences = [0.0] * len(self._lefts)
        matched = before = PRIOR_DUPLICATES if self._is_one_side else PRIOR_MATCHED
        for number in range(ROUNDS):
            weights = [2.0 ** sum(log2(m[level]) for level in levels) for levels in self._pattern_numbers]
            # Two mentions agree by chance only where neither has a counterpart.
            free = 1.0 if self._is_one_side else max(1 - matched * smaller / max(larger, 1), MIN_UNMATCHED_OF_LARGER)
            prior = matched / max(larger * free, 2)
            odds = [
                prior * weights[pattern] * 2.0 ** min(max(rarity, -80.0), 80.0)
                for pattern, rarity in zip(self._patterns, self._rarities, strict=True)
            ]
            self._update_confidences(odds, 1 - matched + MIN_UNMATCHED)
            if number == ROUNDS - 1:
                break
            # In one list, the other counterpart of a mention may be a third duplicate: no sign of a false pair.
            if number >= FIRST_ROUND_OF_LIMITS and not self._is_one_side:
                self._estimate_limits(odds)
            m = self._estimate_m()
            expected = sum(self.confidences) + before * PRIOR_MENTIONS
            low, high = MATCHED_SHARES
            matched = min(max(expected / (max(smaller, 1) + PRIOR_MENTIONS), low), high)
        return m

    def _estimate_limits(self, odds: Sequence[float]) -> None:
        """Set the limit of each sign to the share of true pairs among those that have it and no other counterpart.

        A pair of which a mention has another counterpart is false. Such pairs are counted; as many are expected, in
        proportion, among the mentions without a counterpart; how many more of these there are is the number of true
        ones.
        """
        states = self._counterparts()
        taken = [side.count(True) / max(side.count(True) + side.count(False), 1) for side in states]
        free_share = prod(1 - share for share in taken)
        free: Counter[tuple[Sign, float]] = Counter()
        false: Counter[tuple[Sign, float]] = Counter()
        limited: dict[tuple[Sign, float], list[tuple[float, float]]] = defaultdict(list)
        for index, limit in self._findings.items():
            if odds[index] >= limit.confidence / (1 - limit.confidence):
                ours, theirs = states[0][self._lefts[index]], states[1][self._rights[index]]
                if ours is not None and theirs is not None:
                    (false if ours or theirs else free)[_sign(limit)] += 1
                    if not (ours or theirs):
                        limited[_sign(limit)].append((self.confidences[index], self._limits[index]))
        ratio = max(taken) / max(1 - max(taken), MIN_UNMATCHED)
        false_of_free = CAUTION * free_share / max(1 - free_share, MIN_UNMATCHED)
        shares: dict[tuple[Sign, float], float] = {}
        for sign in free:
            expected = false_of_free * false[sign]
            chance = DEVIATIONS * sqrt(expected * (1 + false_of_free))
            true = free[sign] - expected if free[sign] > expected + chance else 0.0
            share = (true + sign[1] * PRIOR_PAIRS_OF_SIGN) / (free[sign] + PRIOR_PAIRS_OF_SIGN)
            shares[sign] = min(_bounded(_limit_for(share, limited[sign]), sign, ratio, free[sign]), MAX_LIMIT)
        for index, limit in self._findings.items():
            share = shares.get(_sign(limit), limit.confidence)
            is_free = states[0][self._lefts[index]] is False and states[1][self._rights[index]] is False
            self._limits[index] = share if is_free else min(share, limit.confidence)

    def _counterparts(self) -> tuple[list[bool | None], list[bool | None]]:
        """For each mention whether it has a counterpart by pairs without a sign; None where that is unsure."""
        best_left, best_right = self._zeros()
        for index, (left, right, confidence) in enumerate(
            zip(self._lefts, self._rights, self.confidences, strict=True)
        ):
            if index not in self._findings:
                best_left[left] = max(best_left[left], confidence)
                best_right[right] = max(best_right[right], confidence)
        return list(map(_has_counterpart, best_left)), list(map(_has_counterpart, best_right))

    def _update_confidences(self, odds: Sequence[float], unmatched: float) -> None:
        """Each pair among its rivals: those of the same mention, as far as they are not taken by another mention."""
        before = self.confidences
        # As a rival, too, a pair has no more weight than its limit allows.
        odds = [
            value if limit == 1 else min(value, unmatched * limit / (1 - limit))
            for value, limit in zip(odds, self._limits, strict=True)
        ]
        taken = self._sums(before)
        rivals = self._zeros()
        free: list[tuple[float, float]] = []
        for left, right, value, confidence in zip(self._lefts, self._rights, odds, before, strict=True):
            for_left = value * max(0.0, 1 - taken[1][right] + confidence)
            for_right = value * max(0.0, 1 - taken[0][left] + confidence)
            free.append((for_left, for_right))
            rivals[0][left] += for_left
            rivals[1][right] += for_right
        self.confidences = [
            min(value / (unmatched + value + max(rivals[0][left] - of_left, rivals[1][right] - of_right, 0.0)), limit)
            for left, right, value, (of_left, of_right), limit in zip(
                self._lefts, self._rights, odds, free, self._limits, strict=True
            )
        ]
        sums = self._sums(self.confidences)
        self.confidences = [
            confidence / max(1.0, sums[0][left], sums[1][right])
            for left, right, confidence in zip(self._lefts, self._rights, self.confidences, strict=True)
        ]

    def _sums(self, confidences: Sequence[float]) -> tuple[list[float], list[float]]:
        """The sum of the confidences of each mention's pairs, on both sides."""
        sums = self._zeros()
        for left, right, confidence in zip(self._lefts, self._rights, confidences, strict=True):
            sums[0][left] += confidence
            sums[1][right] += confidence
        return sums

    def _zeros(self) -> tuple[list[float], list[float]]:
        """A number for each mention of both sides; of one list once, whether a mention is left or right in a pair."""
        left = [0.0] * len(self._left)
        return left, left if self._is_one_side else [0.0] * len(self._right)

    def _estimate_m(self) -> dict[str, float]:
        patterns = [0.0] * len(self._pattern_numbers)
        for pattern, confidence in zip(self._patterns, self.confidences, strict=True):
            patterns[pattern] += confidence
        levels: Counter[str] = Counter()
        for names, pairs in zip(self._pattern_numbers, patterns, strict=True):
            for level in names:
                levels[level] += pairs  # type: ignore[assignment]
        groups: defaultdict[str, float] = defaultdict(float)
        for level, group in GROUP_OF_LEVEL.items():
            groups[group] += levels[level]
        prior = {group: PRIOR_PAIRS + PRIOR_WEIGHTS.get(group, PRIOR_WEIGHT) * pairs for group, pairs in groups.items()}
        return {
            level: (M[level] * prior[group] + levels[level]) / (prior[group] + groups[group])
            for level, group in GROUP_OF_LEVEL.items()
        }

    def kept(self) -> Iterator[_Pair]:
        """The pairs that are worth showing: vetoed ones, and those of some confidence or that are a mention's best."""
        best = [0.0] * len(self._left)
        for left, right, confidence in zip(self._lefts, self._rights, self.confidences, strict=True):
            best[left] = max(best[left], confidence)
            if self._is_one_side:
                best[right] = max(best[right], confidence)
        for index, (left, right, confidence) in enumerate(
            zip(self._lefts, self._rights, self.confidences, strict=True)
        ):
            if confidence >= min(MIN_CONFIDENCE, best[left]):
                limit = self._findings.get(index)
                if limit is not None:
                    limit = replace(limit, confidence=self._limits[index])
                yield _Pair(self._left[left], self._right[right], confidence, None, limit)
        for left, right, veto in self._vetoed:
            yield _Pair(self._left[left], self._right[right], 0.0, veto, None)
