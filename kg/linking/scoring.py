"""Scores of comparisons in bits, after Fellegi and Sunter, and the classification of pairs by their scores.

The score of an agreement is log2(m / u): m, how often two mentions of one entity agree in this way, and u, how often
two of different entities do. The m are in the tables below, the same for every dataset; the u are counted
(`TermFrequencies`). Vetoes and limits of confidence are in `limits`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2

from kg.linking.features import MentionFeatures, TermFrequencies, candidate_pairs, count_terms, to_features
from kg.linking.limits import find_limit, find_veto
from kg.linking.model import Candidate, Classification, FeatureScore, Mention
from kg.linking.name_relations import (
    NameRelation,
    are_equal,
    are_misspelt,
    have_equal_mains,
    relate_names,
    title_similarity,
)
from kg.linking.names import Title, title_words

M = {
    "title": 0.90,
    "main title": 0.04,
    "title with more words": 0.03,
    "title misspelt": 0.02,
    "different title": 0.02,
    "people in common": 0.80,
    "no people in common": 0.80,
    "different person for the same credit": 0.03,
    "name": 0.90,
    "name with initials": 0.08,
    "different first name": 0.003,
    "country": 0.90,
    "different countries": 0.10,
    "running time": 0.85,
    "different running time": 0.05,
}
"""How often two mentions of one entity agree, or disagree, in each way."""

M_YEARS = {
    "release": {0: 0.80, 1: 0.08, -1: 0.08, 2: 0.012, -2: 0.012, 3: 0.004, -3: 0.004},
    "award": {0: 0.72, 1: 0.17, -1: 0.05, 2: 0.03, -2: 0.004, 3: 0.008, -3: 0.002, 4: 0.004, 5: 0.002, 6: 0.001},
}
"""The same for years, by how many years one side's date is after the other's: sources differ on the year of release,
and an award may be given, in another country, years later.
"""
M_OTHER_YEARS = 0.0002
"""The same for any other number of years."""
IDENTIFIER_BITS = 40.0
"""The score of an identifier that both have. Sources sometimes copy a wrong one, so it is not quite certain."""
MIN_BITS_BELOW_PRIOR = 12.0
"""Bits by which a score may be less than the prior; below that a pair is different in any case."""
MAX_SIMILAR_NAMES = 3.0
"""Other entities on the other side that a misspelling could mean."""


def score_features(
    left: MentionFeatures, right: MentionFeatures, frequencies: TermFrequencies
) -> Iterator[FeatureScore]:
    """The score of each comparison; a feature that one side does not have is not compared."""
    if shared := left.mention.identifiers & right.mention.identifiers:
        scheme, value = min(shared)
        yield FeatureScore(scheme, IDENTIFIER_BITS, value, value)
    yield from _compare_titles(left, right, frequencies)
    yield from _compare_names(left, right, frequencies)
    yield from _compare_years(left, right, frequencies)
    yield from _compare_people(left, right, frequencies)
    yield from _compare_countries(left, right)
    yield from _compare_minutes(left, right)
    yield from _compare_classes(left, right)


def _compare_titles(
    left: MentionFeatures, right: MentionFeatures, frequencies: TermFrequencies
) -> Iterator[FeatureScore]:
    if not left.titles or not right.titles:
        return
    best = FeatureScore("different title", log2(M["different title"]))
    for ours in left.titles:
        for theirs in right.titles:
            score = _score_title(ours, theirs, frequencies)
            if score is not None and score.bits > best.bits:
                best = score
    yield FeatureScore(best.name, best.bits, left.mention.name, right.mention.name)


def _score_title(left: Title, right: Title, frequencies: TermFrequencies) -> FeatureScore | None:
    if are_equal(left, right):
        return FeatureScore("title", log2(M["title"] / frequencies.homonym_frequency(left.full)))
    if have_equal_mains(left, right):
        main = left.main if left.main == right.main else min(left.full, right.full, key=len)
        u = max(frequencies.frequency(frequencies.mains, main), frequencies.frequency(frequencies.names, main))
        return FeatureScore("main title", log2(M["main title"] / u))
    if are_misspelt(left, right):
        # The number of other titles that are as similar falls with each letter of the title.
        similarity, length = title_similarity(left, right), min(len(left.full), len(right.full))
        similar = MAX_SIMILAR_NAMES * (1 + 20 * (1 - similarity)) * 2 ** (-length / 6)
        m = M["title misspelt"]
        return FeatureScore("title misspelt", log2(m * frequencies.size / max(similar, frequencies.homonym_rate)))
    return _score_contained_title(left, right, frequencies)


def _score_contained_title(left: Title, right: Title, frequencies: TermFrequencies) -> FeatureScore | None:
    """The score of two titles when all words of the shorter one are in the longer one."""
    short, long = sorted((set(left.words), set(right.words)), key=len)
    if not short <= long or left.numbers != right.numbers:
        return None
    # Words depend on each other: the rarest counts in full, the others half.
    rarities = (-log2(min(max(frequencies.words[word], 1) / frequencies.size, 1)) for word in short)
    rarest, *others = sorted(rarities, reverse=True) or [0.0]
    bits = min(rarest + sum(others) / 2, log2(2 * frequencies.size))
    return FeatureScore("title with more words", log2(M["title with more words"]) + bits)


def _compare_names(
    left: MentionFeatures, right: MentionFeatures, frequencies: TermFrequencies
) -> Iterator[FeatureScore]:
    if not left.persons or not right.persons:
        return
    scores = (_score_name(ours, theirs, frequencies) for ours in left.persons for theirs in right.persons)
    best = max(scores, key=lambda score: score.bits)
    yield FeatureScore(best.name, best.bits, left.mention.name, right.mention.name)


def _score_name(left: tuple[str, ...], right: tuple[str, ...], frequencies: TermFrequencies) -> FeatureScore:
    relation = relate_names(left, right)
    if relation == NameRelation.EQUAL:
        bits = log2(M["name"] / frequencies.homonym_frequency(" ".join(left)))
    elif relation == NameRelation.INITIALS:
        u = max(frequencies.frequency(frequencies.words, name[-1]) for name in (left, right))
        bits = log2(M["name with initials"] / u)
    elif relation == NameRelation.MISSPELT:
        bits = log2(M["name with initials"] * frequencies.size / (MAX_SIMILAR_NAMES * 4))
    else:
        bits = log2(M["different first name"])
    return FeatureScore(relation.value, bits)


def _compare_years(
    left_features: MentionFeatures, right_features: MentionFeatures, frequencies: TermFrequencies
) -> Iterator[FeatureScore]:
    left, right = left_features.mention, right_features.mention
    if not left.years or not right.years:
        return
    # The difference is counted from the side whose kind of date comes later.
    later, earlier = (right, left) if right.date_kind == "award" else (left, right)
    m, difference, year = max(
        (M_YEARS[later.date_kind].get(ours - theirs, M_OTHER_YEARS), ours - theirs, theirs)
        for ours in later.years
        for theirs in earlier.years
    )
    dated = sum(frequencies.years.values()) or 1
    u = min(max(frequencies.years[year], 1) / dated * (len(left.years) * len(right.years)), 1.0)
    apart = abs(difference)
    name = ("same year", "a year apart")[apart] if apart < 2 else f"{apart} years apart"
    years = (str(year + difference), str(year)) if later is left else (str(year), str(year + difference))
    yield FeatureScore(name, log2(m / u) - (min(apart, 40) / 8 if m == M_OTHER_YEARS else 0), *years)


def _compare_people(
    left: MentionFeatures, right: MentionFeatures, frequencies: TermFrequencies
) -> Iterator[FeatureScore]:
    if not left.people or not right.people:
        return
    rarest: dict[int, str] = {}
    for key in sorted(left.people.keys() & right.people.keys(), key=lambda key: (frequencies.people[key], key)):
        rarest.setdefault(left.people[key], key)
    if rarest:
        # People often work together: the first counts in full, each further one half as much as the one before.
        bits = log2(M["people in common"])
        for index, key in enumerate(list(rarest.values())[:6]):
            frequency = frequencies.frequency(frequencies.people, key)
            bits -= log2(min(frequency * len(left.people) ** 0.5, 1)) / (1 << index)
        names = ", ".join(left.person_name(number) for number in list(rarest)[:6])
        yield FeatureScore("films in common" if left.persons else "people in common", bits, names, names)
        return
    role = next((role for role in left.roles if role in right.roles), "")
    name = "different person for the same credit" if role and not left.persons else "no people in common"
    yield FeatureScore(name, log2(M[name]), _people_in_words(left, role), _people_in_words(right, role))


def _people_in_words(features: MentionFeatures, role: str) -> str:
    numbers = features.roles.get(role) or frozenset(features.people.values())
    return ", ".join(features.person_name(number) for number in sorted(numbers)[:4])


def _compare_countries(left_features: MentionFeatures, right_features: MentionFeatures) -> Iterator[FeatureScore]:
    left, right = left_features.mention.countries, right_features.mention.countries
    if left and right:
        is_shared = any(_is_same_country(ours, theirs) for ours in left for theirs in right)
        name = "country" if is_shared else "different countries"
        bits = 1.0 if is_shared else log2(M[name] / 0.7)
        yield FeatureScore(name, bits, ", ".join(sorted(left)), ", ".join(sorted(right)))


def _is_same_country(left: str, right: str) -> bool:
    """True when one name of a country is the other or a part of it: `United States of America`."""
    ours, theirs = set(title_words(left)), set(title_words(right))
    return ours <= theirs or theirs <= ours


def _compare_minutes(left_features: MentionFeatures, right_features: MentionFeatures) -> Iterator[FeatureScore]:
    left, right = left_features.mention.minutes, right_features.mention.minutes
    if left is not None and right is not None:
        is_same = abs(left - right) <= max(3, left // 20)
        name = "running time" if is_same else "different running time"
        yield FeatureScore(name, log2(M[name] / (0.12 if is_same else 0.88)), f"{left} min", f"{right} min")


def _compare_classes(left_features: MentionFeatures, right_features: MentionFeatures) -> Iterator[FeatureScore]:
    left, right = left_features.mention.class_name, right_features.mention.class_name
    if left and right and left != right and "ShortFilm" in (left, right) and not {left, right} & {"", "Work", "Film"}:
        yield FeatureScore("different class", -4.0, left, right)


# --- classification
#
# A mention is one entity of the other side or none, so two candidates with equal scores are both unsure. The prior, how
# many mentions have a counterpart at all, is estimated from the pairs (the expectation step of Fellegi and Sunter).

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
    ours, theirs = ([to_features(mention, linked=linked) for mention in side] for side in (left, right))
    frequencies = count_terms(ours, theirs)
    pairs = candidate_pairs(ours, theirs, frequencies)
    if is_one_side:
        pairs = ((left_number, right_number) for left_number, right_number in pairs if left_number < right_number)
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
    if veto := find_veto(left, right):
        return Candidate(left.mention, right.mention, (), 0.0, veto)
    candidate = Candidate(left.mention, right.mention, tuple(score_features(left, right, frequencies)), 0.0)
    # Most pairs are far from being the same; a limit would change nothing.
    is_likely = candidate.bits > log2(frequencies.size) - MIN_BITS_BELOW_PRIOR
    return replace(candidate, limit=find_limit(left, right)) if is_likely else candidate


def _estimate_confidences(pairs: Sequence[Candidate], *, smaller: int, larger: int) -> list[float]:
    """The probability of each pair: its odds among those of all rivals of both mentions; `smaller` and `larger` are the
    sizes of the sides.

    Before the comparison, a mention is equally likely to be any one of the other side.
    """
    possible = [index for index, pair in enumerate(pairs) if not pair.veto]
    odds = [2.0 ** max(min(pairs[index].bits, 80.0), -80.0) for index in possible]
    limits = [1.0 if (limit := pairs[index].limit) is None else limit.confidence for index in possible]
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
            min(value * prior / (unmatched + max(left_sums[left], right_sums[right])), limit)
            for value, (left, right), limit in zip(odds, sides, limits, strict=True)
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
