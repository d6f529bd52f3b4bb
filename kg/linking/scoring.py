"""Scores of comparisons in bits, after Fellegi and Sunter, "A Theory for Record Linkage", 1969.

The score of an agreement is log2(m / u): m, how often two mentions of one entity agree in this way, and u, how often
two of different entities do. The m of the tables below are those before any pair of a dataset was seen; `classifier`
estimates them for each dataset. The u are counted (`TermFrequencies`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log2, prod
from typing import NamedTuple

from rapidfuzz.distance import OSA

from kg.linking.features import MentionFeatures, TermFrequencies, have_other_directors
from kg.linking.model import FeatureScore
from kg.linking.name_relations import (
    NameRelation,
    TitleRelation,
    are_equal,
    are_misspelt,
    have_equal_mains,
    have_other_subtitles,
    is_subtitle_of_part,
    name_distance,
    relate_names,
    relate_titles,
)
from kg.linking.names import Title, parse_titles, title_words

LEVELS: Mapping[str, Mapping[str, float]] = {
    "title": {
        "title": 0.87,
        "title written differently": 0.03,
        "main title": 0.03,
        "title with more words": 0.03,
        "title misspelt": 0.02,
        "different subtitle": 0.004,
        "different title": 0.016,
    },
    "name": {
        "name": 0.90,
        "name with initials": 0.06,
        "name misspelt": 0.03,
        "different first name": 0.004,
        "different name": 0.006,
    },
    "director": {"same director": 0.94, "similar director": 0.02, "different director": 0.04},
    "few people": {"one of few people in common": 0.60, "none of few people in common": 0.40},
    "many people": {"people in common": 0.90, "no people in common": 0.10},
    "films": {"films in common": 0.70, "no films in common": 0.30},
    "country": {"country": 0.90, "different countries": 0.10},
    "running time": {"running time": 0.85, "different running time": 0.15},
}
"""Comparison -> level -> m, how often two mentions of one entity agree, or disagree, in this way, before any pair of a
dataset was seen.
"""

M_YEARS = {
    "release": {0: 0.80, 1: 0.08, -1: 0.08, 2: 0.012, -2: 0.012, 3: 0.004, -3: 0.004},
    "award": {0: 0.72, 1: 0.17, -1: 0.05, 2: 0.03, -2: 0.004, 3: 0.008, -3: 0.002, 4: 0.004, 5: 0.002, 6: 0.001},
}
"""The same for years, by how many years one side's date is after the other's: sources differ on the year of release,
and an award may be given, in another country, years later.
"""
M_OTHER_YEARS = 0.0002
"""The same for any other number of years."""
M: Mapping[str, float] = {level: m for levels in LEVELS.values() for level, m in levels.items()} | {
    f"{kind} year {difference:+}": m for kind, years in M_YEARS.items() for difference, m in years.items()
}
"""Level -> m, for all comparisons."""
GROUP_OF_LEVEL = {level: group for group, levels in LEVELS.items() for level in levels} | {
    f"{kind} year {difference:+}": kind for kind, years in M_YEARS.items() for difference in years
}
"""Level -> the comparison whose levels it belongs to; their m add up to one."""
WRITTEN_ALIKE = 0.85
"""How often equal titles of two films are written in one way: with or without the same article, number or abbreviation.
"""
IDENTIFIER_BITS = 40.0
"""The score of an identifier that both have. Sources sometimes copy a wrong one, so it is not quite certain."""
SAME_YEAR, PRIOR_DATED = 0.02, 20
"""How often two films are of one year before any was counted, and the films that this counts for."""
SHARED_INITIAL = 0.08
"""How often two people have the same initial."""
SIMILAR_NAME_BITS = 7.0
"""The rarity of two directors of whom one may be a misspelling of the other."""
MANY_PEOPLE = 4
"""People of a film from which on a source is expected to name some that another source names."""


class Comparison(NamedTuple):
    """One comparison: its name, its level or the empty text, the bits whatever m its level has, and both values."""

    name: str
    level: str
    rarity: float
    left: str = ""
    right: str = ""


def score_features(
    left: MentionFeatures,
    right: MentionFeatures,
    frequencies: TermFrequencies,
    m: Mapping[str, float] = M,
) -> Iterator[FeatureScore]:
    """The score of each comparison; a feature that one side does not have is not compared."""
    for compared in compare_features(left, right, frequencies):
        bits = compared.rarity + (log2(m[compared.level]) if compared.level else 0.0)
        yield FeatureScore(compared.name, bits, compared.left, compared.right)


def compare_features(
    left: MentionFeatures, right: MentionFeatures, frequencies: TermFrequencies
) -> Iterator[Comparison]:
    """The comparisons of two mentions; a feature that one side does not have is not compared."""
    if shared := left.mention.identifiers & right.mention.identifiers:
        scheme, value = min(shared)
        yield Comparison(scheme, "", IDENTIFIER_BITS, value, value)
    yield from _compare_titles(left, right, frequencies)
    yield from _compare_names(left, right, frequencies)
    yield from _compare_years(left, right, frequencies)
    yield from _compare_people(left, right, frequencies)
    yield from _compare_countries(left, right)
    yield from _compare_minutes(left, right)
    yield from _compare_classes(left, right)


def _compare_titles(
    left: MentionFeatures, right: MentionFeatures, frequencies: TermFrequencies
) -> Iterator[Comparison]:
    if not left.titles or not right.titles:
        return
    level, rarity = "different title", 0.0
    best, compared = log2(M[level]), (left.titles[0], right.titles[0])
    for ours in left.titles:
        for theirs in right.titles:
            if (found := _rate_title(ours, theirs, frequencies)) is not None and log2(M[found[0]]) + found[1] > best:
                (level, rarity), best = found, log2(M[found[0]]) + found[1]
                compared = ours, theirs
    yield Comparison(level, level, rarity, _name_with(left, compared[0]), _name_with(right, compared[1]))


def _name_with(features: MentionFeatures, title: Title) -> str:
    """The name of a film that contains this title."""
    name = features.mention.name
    if title is features.titles[0]:
        return name
    return next((other for other in features.mention.names if title in parse_titles(other)), name)


def _rate_title(left: Title, right: Title, frequencies: TermFrequencies) -> tuple[str, float] | None:
    if are_equal(left, right):
        is_alike = left.written == right.written
        u = frequencies.frequency(frequencies.names, left.full) * (WRITTEN_ALIKE if is_alike else 1 - WRITTEN_ALIKE)
        return "title" if is_alike else "title written differently", -log2(u)
    is_misspelt = are_misspelt(left, right) or relate_titles(left, right) is TitleRelation.MISSPELT
    if have_equal_mains(left, right) and not (is_misspelt and left.subtitle and right.subtitle):
        main = left.main if left.main == right.main else min(left.full, right.full, key=len)
        u = max(frequencies.frequency(frequencies.mains, main), frequencies.frequency(frequencies.names, main))
        return "different subtitle" if have_other_subtitles(left, right) else "main title", -log2(u)
    if have_other_subtitles(left, right):
        return None
    if is_misspelt:
        return "title misspelt", -log2(_similar_titles(left, right, frequencies))
    return _rate_contained_title(left, right, frequencies)


def _similar_titles(left: Title, right: Title, frequencies: TermFrequencies) -> float:
    """The share of other titles that resemble each other as these two do, as counted among 21,878 films."""
    length = min(len(left.full), len(right.full))
    if OSA.distance(left.full, right.full, score_cutoff=1) <= 1:
        others = 0.03 + 6 * 2 ** (-length / 2)
    else:
        others = 0.06 if are_misspelt(left, right) else 0.35
    return max(others / 21_878, frequencies.frequency_of_unseen(frequencies.names, min(left.full, right.full, key=len)))


def _rate_contained_title(left: Title, right: Title, frequencies: TermFrequencies) -> tuple[str, float] | None:
    """The rating of two titles when all words of the shorter one are in the longer one."""
    short, long = sorted((set(left.words), set(right.words)), key=len)
    if not short <= long or (left.numbers != right.numbers and not is_subtitle_of_part(left, right)):
        return None
    # Words depend on each other: the rarest counts in full, the others half.
    rarities = (-log2(min(frequencies.frequency(frequencies.words, word), 1)) for word in short)
    rarest, *others = sorted(rarities, reverse=True) or [0.0]
    return "title with more words", min(rarest + sum(others) / 2, log2(2 * frequencies.size))


def _compare_names(left: MentionFeatures, right: MentionFeatures, frequencies: TermFrequencies) -> Iterator[Comparison]:
    if not left.persons or not right.persons:
        return
    ratings = (_rate_name(ours, theirs, frequencies) for ours in left.persons for theirs in right.persons)
    level, rarity = max(ratings, key=lambda rating: log2(M[rating[0]]) + rating[1])
    yield Comparison(level, level, rarity, left.mention.name, right.mention.name)


def _rate_name(left: tuple[str, ...], right: tuple[str, ...], frequencies: TermFrequencies) -> tuple[str, float]:
    relation = relate_names(left, right)
    rarity = 0.0
    if relation == NameRelation.EQUAL:
        rarity = -log2(frequencies.frequency(frequencies.names, " ".join(left)))
    elif relation == NameRelation.INITIALS:
        shared = sorted(frequencies.frequency(frequencies.words, word) for word in {*left} & {*right})[:2]
        chance = prod(shared) * (SHARED_INITIAL if len(shared) < 2 else 1.0)
        rarity = -log2(max(chance, frequencies.frequency(frequencies.names, "")))
    elif relation == NameRelation.MISSPELT:
        others = 0.02 if name_distance(left, right) <= 1 else 0.12
        rarity = -log2(max(others / 12_000, frequencies.frequency(frequencies.names, "")))
    return relation.value, rarity


def _compare_years(
    left_features: MentionFeatures, right_features: MentionFeatures, frequencies: TermFrequencies
) -> Iterator[Comparison]:
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
    # In a list of few films, those of one year may be one film, and are not counted alone.
    own = 1 if frequencies.is_one_side else 0
    same = max(frequencies.years[year] - own, 1) + PRIOR_DATED * SAME_YEAR
    u = min(same / (dated + PRIOR_DATED) * (len(left.years) * len(right.years)), 1.0)
    apart = abs(difference)
    name = ("same year", "a year apart")[apart] if apart < 2 else f"{apart} years apart"
    years = (str(year + difference), str(year)) if later is left else (str(year), str(year + difference))
    if m == M_OTHER_YEARS:
        yield Comparison(name, "", log2(m / u) - min(apart, 40) / 8, *years)
    else:
        yield Comparison(name, f"{later.date_kind} year {difference:+}", -log2(u), *years)


def _compare_people(
    left: MentionFeatures, right: MentionFeatures, frequencies: TermFrequencies
) -> Iterator[Comparison]:
    if not left.people or not right.people:
        return
    rarest: dict[int, str] = {}
    for key in sorted(left.people.keys() & right.people.keys(), key=lambda key: (frequencies.people[key], key)):
        rarest.setdefault(left.people[key], key)
    common, none = _people_levels(left, right)
    if rarest:
        # People often work together: the first counts in full, each further one half as much as the one before.
        bits, people = 0.0, len(set(left.people.values()))
        for index, key in enumerate(list(rarest.values())[:6]):
            frequency = frequencies.frequency(frequencies.people, key)
            bits -= log2(min(frequency * people**0.5, 1)) / (1 << index)
        names = ", ".join(left.person_name(number) for number in list(rarest)[:6])
        yield Comparison("films in common" if left.persons else "people in common", common, bits, names, names)
    else:
        role = "director" if "director" in none else ""
        name = none if left.persons or "director" in none else "no people in common"
        rarity = SIMILAR_NAME_BITS if none == "similar director" else 0.0
        yield Comparison(name, none, rarity, _people_in_words(left, role), _people_in_words(right, role))


def _people_levels(left: MentionFeatures, right: MentionFeatures) -> tuple[str, str]:
    """The levels of people in common and of none: by what they are credited for, and how many are named."""
    if left.persons:
        return "films in common", "no films in common"
    if left.roles.get("director") and right.roles.get("director"):
        return "same director", "different director" if have_other_directors(left, right) else "similar director"
    if min(len(set(side.people.values())) for side in (left, right)) < MANY_PEOPLE:
        return "one of few people in common", "none of few people in common"
    return "people in common", "no people in common"


def _people_in_words(features: MentionFeatures, role: str) -> str:
    numbers = features.roles.get(role) or frozenset(features.people.values())
    return ", ".join(features.person_name(number) for number in sorted(numbers)[:4])


def _compare_countries(left_features: MentionFeatures, right_features: MentionFeatures) -> Iterator[Comparison]:
    left, right = left_features.mention.countries, right_features.mention.countries
    if left and right:
        is_shared = any(_is_same_country(ours, theirs) for ours in left for theirs in right)
        name, rarity = ("country", 1.15) if is_shared else ("different countries", 0.5)
        yield Comparison(name, name, rarity, ", ".join(sorted(left)), ", ".join(sorted(right)))


def _is_same_country(left: str, right: str) -> bool:
    """True when one name of a country is the other or a part of it: `United States of America`."""
    ours, theirs = set(title_words(left)), set(title_words(right))
    return ours <= theirs or theirs <= ours


def _compare_minutes(left_features: MentionFeatures, right_features: MentionFeatures) -> Iterator[Comparison]:
    left, right = left_features.mention.minutes, right_features.mention.minutes
    if left is not None and right is not None:
        is_same = abs(left - right) <= max(3, left // 20)
        name = "running time" if is_same else "different running time"
        yield Comparison(name, name, -log2(0.12 if is_same else 0.88), f"{left} min", f"{right} min")


def _compare_classes(left_features: MentionFeatures, right_features: MentionFeatures) -> Iterator[Comparison]:
    left, right = left_features.mention.class_name, right_features.mention.class_name
    if left and right and left != right and "ShortFilm" in (left, right) and not {left, right} & {"", "Work", "Film"}:
        yield Comparison("different class", "", -4.0, left, right)
