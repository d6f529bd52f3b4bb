"""Two sketches walk in; clues, each with its bits for or against, walk out.

The bits of an agreement are log2(m / u): m, how often two mentions of one thing agree so, and u, how often two of
different things do. The m stand in one table below and are the same for every dataset; the u are counted (`Census`).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import log2

from rapidfuzz.distance import OSA, Indel, JaroWinkler

from kg.linking.features import MentionFeatures, TermFrequencies
from kg.linking.model import FeatureScore, Mention
from kg.linking.names import Title, title_words

M_PROBABILITIES = {
    "title": 0.90,
    "main title": 0.04,
    "title with words more": 0.03,
    "title misspelled": 0.02,
    "another title": 0.02,
    "people in common": 0.80,
    "nobody in common": 0.80,
    "another person for the same credit": 0.03,
    "name": 0.90,
    "name with initials": 0.08,
    "another first name": 0.003,
    "country": 0.90,
    "other countries": 0.10,
    "running time": 0.85,
    "another running time": 0.05,
}
"""How often two mentions of one thing agree, or disagree, in each way."""

YEAR_M_PROBABILITIES = {
    "release": {0: 0.80, 1: 0.08, -1: 0.08, 2: 0.012, -2: 0.012, 3: 0.004, -3: 0.004},
    "award": {0: 0.72, 1: 0.17, -1: 0.05, 2: 0.03, -2: 0.004, 3: 0.008, -3: 0.002, 4: 0.004, 5: 0.002, 6: 0.001},
}
"""The same for years, by how many years a side's date lies after the other's: sources differ on when a film came out,
and an award may be given, in another country, years after.
"""
IDENTIFIER_BITS = 40.0
"""Bits of an identifier that both have; sources copy one wrongly now and then, so it is not quite certain."""
M_OTHER_YEARS = 0.0002
"""For any other number of years."""
MAX_SIMILAR_NAMES = 3.0
"""Other things on the other side that a misspelling could be mistaken for."""


def score_features(one: MentionFeatures, other: MentionFeatures, census: TermFrequencies) -> Iterator[FeatureScore]:
    """What each comparison says; a clue that one side does not give says nothing."""
    if shared := one.mention.identifiers & other.mention.identifiers:
        scheme, value = min(shared)
        yield FeatureScore(scheme, IDENTIFIER_BITS, value, value)
    yield from _titles(one, other, census)
    yield from _names(one, other, census)
    yield from _years(one, other, census)
    yield from _people(one, other, census)
    yield from _countries(one, other)
    yield from _minutes(one, other)
    yield from _classes(one, other)


def _titles(one: MentionFeatures, other: MentionFeatures, census: TermFrequencies) -> Iterator[FeatureScore]:
    if not one.titles or not other.titles:
        return
    best = FeatureScore("another title", log2(M_PROBABILITIES["another title"]))
    for left in one.titles:
        for right in other.titles:
            found = _title(left, right, census)
            if found is not None and found.bits > best.bits:
                best = found
    shown = (one.mention.name, other.mention.name)
    yield FeatureScore(best.name, best.bits, *shown)


def _title(left: Title, right: Title, census: TermFrequencies) -> FeatureScore | None:
    if left.full == right.full:
        return FeatureScore("title", log2(M_PROBABILITIES["title"] / census.homonym_frequency(left.full)))
    if left.main in (right.main, right.full) or left.full == right.main:
        short = left.main if left.main == right.main else min(left.full, right.full, key=len)
        share = max(census.frequency(census.mains, short), census.frequency(census.names, short))
        return FeatureScore("main title", log2(M_PROBABILITIES["main title"] / share))
    likeness = Indel.normalized_similarity(left.full, right.full)
    # Two letters that changed places are one slip, and many in the measure of a short title: Ghandi.
    slip = len(left.full) >= 5 and OSA.distance(left.full, right.full, score_cutoff=1) == 1
    if (likeness >= 0.85 or slip) and _numbers(left) == _numbers(right):
        # How many other titles are so much alike falls with every letter that they have.
        alike = MAX_SIMILAR_NAMES * (1 + 20 * (1 - likeness)) * 2 ** (-min(len(left.full), len(right.full)) / 6)
        return FeatureScore(
            "title misspelled",
            log2(M_PROBABILITIES["title misspelled"] * census.size / max(alike, census.homonym_rate)),
        )
    return _words_more(left, right, census)


def _words_more(left: Title, right: Title, census: TermFrequencies) -> FeatureScore | None:
    """All words of the shorter title stand in the longer one."""
    short, long = sorted((set(left.words), set(right.words)), key=len)
    if not short <= long or _numbers(left) != _numbers(right):
        return None
    # Words are not independent of each other: the rarest counts whole, the others half.
    rarity = sorted((-log2(min(max(census.words[word], 1) / census.size, 1)) for word in short), reverse=True)
    bits = rarity[0] + sum(rarity[1:]) / 2 if rarity else 0.0
    return FeatureScore(
        "title with words more", log2(M_PROBABILITIES["title with words more"]) + min(bits, log2(2 * census.size))
    )


def _numbers(title: Title) -> list[str]:
    """The numbers in a title, in order; those of two parts of a series differ."""
    return sorted(word for word in title.words if word[0].isdigit())


def _names(one: MentionFeatures, other: MentionFeatures, census: TermFrequencies) -> Iterator[FeatureScore]:
    if not one.persons or not other.persons:
        return
    found = max(
        (_name(left, right, census) for left in one.persons for right in other.persons), key=lambda clue: clue.bits
    )
    yield FeatureScore(found.name, found.bits, one.mention.name, other.mention.name)


def _name(left: tuple[str, ...], right: tuple[str, ...], census: TermFrequencies) -> FeatureScore:
    if left == right or sorted(left) == sorted(right):
        return FeatureScore("name", log2(M_PROBABILITIES["name"] / census.homonym_frequency(" ".join(left))))
    family = max(census.frequency(census.words, left[-1]), census.frequency(census.words, right[-1]))
    if left[-1] == right[-1] and _first_names_fit(left[:-1], right[:-1]):
        return FeatureScore("name with initials", log2(M_PROBABILITIES["name with initials"] / family))
    likeness = JaroWinkler.similarity(" ".join(left), " ".join(right))
    if likeness >= 0.94:
        return FeatureScore(
            "name misspelled", log2(M_PROBABILITIES["name with initials"] * census.size / (MAX_SIMILAR_NAMES * 4))
        )
    return FeatureScore(
        "another first name" if left[-1] == right[-1] else "another name", log2(M_PROBABILITIES["another first name"])
    )


def _first_names_fit(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    if not left or not right:
        return False
    one, other = left[0], right[0]
    return one.startswith(other) or other.startswith(one)


def _years(one: MentionFeatures, other: MentionFeatures, census: TermFrequencies) -> Iterator[FeatureScore]:
    left, right = one.mention, other.mention
    if not left.years or not right.years:
        return
    # A difference counts from the side whose date comes later by its nature.
    later, sooner = (right, left) if right.date_kind == "award" else (left, right)
    m, after, year = max(
        (YEAR_M_PROBABILITIES[later.date_kind].get(a - b, M_OTHER_YEARS), a - b, b)
        for a in later.years
        for b in sooner.years
    )
    told = sum(census.years.values()) or 1
    spread = len(left.years) * len(right.years)
    share = min(max(census.years[year], 1) / told * spread, 1.0)
    apart = abs(after)
    name = ("same year", "a year apart")[apart] if apart < 2 else f"{apart} years apart"
    shown = (str(year + after), str(year)) if later is left else (str(year), str(year + after))
    yield FeatureScore(name, log2(m / share) - (min(apart, 40) / 8 if m == M_OTHER_YEARS else 0), *shown)


def _people(one: MentionFeatures, other: MentionFeatures, census: TermFrequencies) -> Iterator[FeatureScore]:
    if not one.people or not other.people:
        return
    rarest: dict[int, str] = {}
    for key in sorted(one.people.keys() & other.people.keys(), key=lambda key: (census.people[key], key)):
        rarest.setdefault(one.people[key], key)
    if rarest:
        # The first counts whole; friends work together, so each further one says half of what the one before said.
        bits = log2(M_PROBABILITIES["people in common"])
        for place, key in enumerate(list(rarest.values())[:6]):
            bits -= log2(min(census.frequency(census.people, key) * len(one.people) ** 0.5, 1)) / (1 << place)
        shown = ", ".join(one.person_name(number) for number in list(rarest)[:6])
        yield FeatureScore("films in common" if one.persons else "people in common", bits, shown, shown)
        return
    rival = next((role for role in one.roles if role in other.roles), "")
    name = "another person for the same credit" if rival and not one.persons else "nobody in common"
    yield FeatureScore(name, log2(M_PROBABILITIES[name]), _told(one, rival), _told(other, rival))


def _told(one: MentionFeatures, role: str) -> str:
    numbers = one.roles.get(role) or frozenset(one.people.values())
    return ", ".join(one.person_name(number) for number in sorted(numbers)[:4])


def _countries(one: MentionFeatures, other: MentionFeatures) -> Iterator[FeatureScore]:
    left, right = one.mention.countries, other.mention.countries
    if left and right:
        shared = any(_fits(a, b) for a in left for b in right)
        name = "country" if shared else "other countries"
        bits = 1.0 if shared else log2(M_PROBABILITIES[name] / 0.7)
        yield FeatureScore(name, bits, ", ".join(sorted(left)), ", ".join(sorted(right)))


def _fits(one: str, other: str) -> bool:
    """True when one name of a country is the other, or a part of it: `United States of America`."""
    left, right = set(title_words(one)), set(title_words(other))
    return left <= right or right <= left


def _minutes(one: MentionFeatures, other: MentionFeatures) -> Iterator[FeatureScore]:
    left, right = one.mention.minutes, other.mention.minutes
    if left is not None and right is not None:
        apart = abs(left - right)
        name = "running time" if apart <= max(3, left // 20) else "another running time"
        bits = (
            log2(M_PROBABILITIES["running time"] / 0.12)
            if name == "running time"
            else log2(M_PROBABILITIES[name] / 0.88)
        )
        yield FeatureScore(name, bits, f"{left} min", f"{right} min")


def _classes(one: MentionFeatures, other: MentionFeatures) -> Iterator[FeatureScore]:
    left, right = one.mention.class_name, other.mention.class_name
    if left and right and left != right and "ShortFilm" in (left, right) and not {left, right} & {"", "Work", "Film"}:
        yield FeatureScore("another kind", -4.0, left, right)


MAX_YEARS_APART = 12
"""Years between two films that no way of dating can bridge."""
UNIQUE_SCHEMES = ("imdbId", "wikidataId", "eidrId", "tmdbMovieId", "tmdbPersonId", "viafId")
"""Schemes that give a thing one identifier, so that two of them are two things."""
_FILMS = frozenset({"Film", "FeatureFilm", "ShortFilm"})
_SERIAL = frozenset({"Series", "Episode"})


def find_veto(left: Mention, right: Mention) -> str:
    """Why two mentions cannot be one thing; empty when nothing forbids it."""
    if left.kind != right.kind:
        return f"a {left.kind} is no {right.kind}"
    kinds = {left.class_name, right.class_name}
    if kinds & _SERIAL and kinds & _FILMS:
        return f"a {(left if left.class_name in _FILMS else right).class_name} is no {min(kinds & _SERIAL)}"
    if left.identifiers and right.identifiers:
        for scheme in UNIQUE_SCHEMES:
            one, other = ({value for name, value in side.identifiers if name == scheme} for side in (left, right))
            if one and other and not one & other:
                return f"{scheme} differs: {min(one)} and {min(other)}"
        if left.identifiers & right.identifiers:
            # Who agrees in an identifier may disagree in the year.
            return ""
    if left.years and right.years and left.kind == "film":
        apart = min(abs(one - other) for one in left.years for other in right.years)
        if apart > MAX_YEARS_APART:
            return f"{apart} years lie between them"
    return ""
