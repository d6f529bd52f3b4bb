"""Vetoes, and limits of confidence: signs that two mentions are different entities, whatever else they share.

Films of one series, and films of the same people, share a title, people and a near year without being one film. Those
features depend on each other, so their scores must not be added up where a sign shows such films. A veto makes a pair
different; a limit is the highest confidence that a pair with this sign can have. The limits of the tables are shares of
true pairs among all pairs with the sign, counted in catalogues with many sequels and remakes. `classifier` estimates
them for the data that are linked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kg.linking.features import (
    SEVERAL,
    MentionFeatures,
    TermFrequencies,
    director_keys,
    directors,
    have_other_directors,
)
from kg.linking.model import Limit, Mention, Sign, Veto, VetoReason
from kg.linking.name_relations import (
    NameRelation,
    TitleRelation,
    are_equal,
    are_one_series,
    have_equal_mains,
    relate_all_titles,
    relate_names,
)
from kg.linking.names import Title

MAX_YEARS_APART = 12
"""Years between two films that no difference in dating can explain."""
AMBIGUOUS_SCHEMES = frozenset({"identifier", "internetArchiveId", "iri", "wikipediaArticle"})
"""Schemes that may give one entity several identifiers. In any other, two identifiers are two entities."""
_YEAR = re.compile(r"(?:18|19|20)\d\d")
_FILMS = frozenset({"Film", "FeatureFilm", "ShortFilm"})
_WHOLES = frozenset({"Series", "Miniseries", "Season"})
"""What has episodes. A catalogue may have a miniseries as a film."""

DIFFERENT_DIRECTORS = 0.5
OTHER_CAST = 0.5
"""The same title, but two casts of `MIN_CAST` people or more with nobody in common."""
MIN_CAST = 4
ONE_PART_NUMBER = 0.4
"""Only one title has the number of a part."""
ONE_OF_SEVERAL = 0.2
"""One title is the main title of the other, as if they were a series and an episode."""
ONE_EPISODE = 0.3
"""Only one is an episode, and the titles differ: the other may be the series."""
MAX_YEARS_OF_DATING = 3
"""Years by which sources date one release differently."""
MAX_YEARS_OF_AWARD = 6
"""Years by which an award may follow a film."""
FAR_YEARS = 0.5
"""The same title, but years that sources do not give one film: a remake."""
OTHER_NAME = 0.3
"""A person of another name with the same films."""
OTHER_KIND_NAME = {
    TitleRelation.MISSPELT: 0.85,
    TitleRelation.LONGER: 0.85,
    TitleRelation.PARTLY_EQUAL: 0.3,
    TitleRelation.OTHER_LANGUAGE: 0.85,
    TitleRelation.DIFFERENT: 0.2,
}
"""Companies, awards and others by the relation of their names: few letters apart may be two of them."""

_SIGN_OF_NAMES = {
    TitleRelation.MISSPELT: Sign.MISSPELT_NAME,
    TitleRelation.LONGER: Sign.LONGER_NAME,
    TitleRelation.PARTLY_EQUAL: Sign.PARTLY_EQUAL_NAME,
    TitleRelation.DIFFERENT: Sign.DIFFERENT_NAME,
    TitleRelation.OTHER_LANGUAGE: Sign.OTHER_LANGUAGE_NAME,
}
_SIGN_OF_TITLES = {
    TitleRelation.MISSPELT: Sign.MISSPELT_TITLE,
    TitleRelation.LONGER: Sign.LONGER_TITLE,
    TitleRelation.PARTLY_EQUAL: Sign.PARTLY_EQUAL_TITLE,
    TitleRelation.DIFFERENT: Sign.DIFFERENT_TITLE,
    TitleRelation.OTHER_LANGUAGE: Sign.OTHER_LANGUAGE_TITLE,
}

SAME_YEAR = {
    TitleRelation.DIFFERENT: (0.15, 0.15, 0.3, 0.5, 0.6, 1.0),
    TitleRelation.PARTLY_EQUAL: (0.3, 0.4),
    TitleRelation.OTHER_LANGUAGE: (0.3, 0.85, 1.0),
}
"""By the number of people in common, from none; the last is for all larger numbers."""
OTHER_YEAR = {
    TitleRelation.DIFFERENT: (0.02, 0.02, 0.03, 0.15, 0.2, 0.3),
    TitleRelation.PARTLY_EQUAL: (0.15,),
    TitleRelation.OTHER_LANGUAGE: (0.05, 0.1, 0.3, 0.5, 0.6),
}
NO_YEAR = {
    TitleRelation.DIFFERENT: (0.02, 0.02, 0.03, 0.1, 0.2, 0.5),
    TitleRelation.PARTLY_EQUAL: (0.3,),
    TitleRelation.OTHER_LANGUAGE: (0.05, 0.2, 0.5, 0.8, 0.9, 1.0),
    TitleRelation.LONGER: (0.6,),
}
BY_YEARS_APART = {TitleRelation.LONGER: (1.0, 0.6, 0.3, 0.1), TitleRelation.MISSPELT: (1.0, 1.0, 0.5, 0.3)}
"""By years apart; the last is for all larger numbers. Titles of sequels are longer: `Aliens`, `Batman Returns`."""


def find_veto(left: MentionFeatures, right: MentionFeatures) -> Veto | None:
    """Why two mentions cannot be one entity; None when nothing forbids it."""
    ours, theirs = left.mention, right.mention
    if ours.kind != theirs.kind:
        return Veto(VetoReason.KINDS, ours.kind, theirs.kind)
    if _are_other_kinds(ours.class_name, theirs.class_name):
        return Veto(VetoReason.KINDS, ours.class_name, theirs.class_name)
    if veto := _different_identifiers(ours, theirs):
        return veto
    if ours.identifiers & theirs.identifiers:
        # Sources that agree in an identifier may still disagree in the title and the year.
        return None
    return _years_far_apart(ours, theirs) or _different_episodes(left, right) or _different_numbers(left, right)


def _are_other_kinds(left: str, right: str) -> bool:
    """True for the classes of a film, a series, a season and an episode, of which none is another."""
    classes = {left, right}
    if "Episode" in classes:
        return bool(classes & (_WHOLES | _FILMS))
    if "Season" in classes:
        return bool(classes & (_FILMS | {"Series"}))
    return "Series" in classes and bool(classes & _FILMS)


def _different_identifiers(left: Mention, right: Mention) -> Veto | None:
    schemes = {scheme for scheme, _ in left.identifiers} & {scheme for scheme, _ in right.identifiers}
    for scheme in sorted(schemes - AMBIGUOUS_SCHEMES):
        ours, theirs = ({value for name, value in side.identifiers if name == scheme} for side in (left, right))
        if not ours & theirs:
            return Veto(VetoReason.IDENTIFIERS, min(ours), min(theirs), scheme=scheme)
    return None


def _years_far_apart(left: Mention, right: Mention) -> Veto | None:
    if left.kind != "film" or (apart := years_apart(left, right)) is None or apart <= MAX_YEARS_APART:
        return None
    return Veto(VetoReason.YEARS, years=apart)


def years_apart(left: Mention, right: Mention) -> int | None:
    """The years between the nearest dates of two mentions; None when one has none. An award may follow in a year."""
    later, earlier = (right, left) if right.date_kind == "award" else (left, right)
    usual = 1 if later.date_kind == "award" and earlier.date_kind != "award" else 0
    differences = [ours - theirs for ours in later.years for theirs in earlier.years]
    return min((0 if 0 < years <= usual else abs(years) for years in differences), default=None)


def _different_episodes(left: MentionFeatures, right: MentionFeatures) -> Veto | None:
    ours, theirs = left.episode, right.episode
    if ours is None or theirs is None or (ours[1] == theirs[1] and (ours[0] == theirs[0] or 0 in (ours[0], theirs[0]))):
        return None
    return Veto(VetoReason.EPISODES, _episode_in_words(ours), _episode_in_words(theirs))


def _episode_in_words(episode: tuple[int, int]) -> str:
    season, number = episode
    return f"S{season:02}E{number:02}" if season else f"episode {number}"


# --- numbers of parts


def _part_numbers(features: MentionFeatures) -> set[tuple[str, ...]]:
    """The numbers of parts in the titles of a mention."""
    return {title.parts for title in features.titles if title.parts}


def _different_numbers(left: MentionFeatures, right: MentionFeatures) -> Veto | None:
    """Why the numbers in their titles make two mentions different: `Kill Bill: Vol. 1` and `Kill Bill: Vol. 2`."""
    ours, theirs = _part_numbers(left), _part_numbers(right)
    pairs = [(a, b) for a in left.titles for b in right.titles]
    differ = ours and theirs and not any(set(a) <= set(b) or set(b) <= set(a) for a in ours for b in theirs)
    if differ and any(are_one_series(a, b) for a, b in pairs):
        return Veto(VetoReason.PART_NUMBERS, " ".join(min(ours)), " ".join(min(theirs)))
    if any(are_equal(a, b) for a, b in pairs):
        return None
    for a, b in pairs:
        if a.without_numbers == b.without_numbers != () and a.numbers and b.numbers and a.numbers != b.numbers:
            return Veto(VetoReason.NUMBERS, " ".join(a.words), " ".join(b.words))
    return None


# --- limits


def find_limit(left: MentionFeatures, right: MentionFeatures, frequencies: TermFrequencies) -> Limit | None:
    """The strictest limit of the confidence that two mentions are one entity; None when there is none."""
    if left.mention.identifiers & right.mention.identifiers:
        return None
    if left.mention.kind == "person":
        limits = _limits_of_people(left, right)
    elif left.mention.kind == "film":
        limits = _limits_of_films(left, right, frequencies)
    else:
        limits = _limits_of_others(left, right)
    strictest = min(limits, key=lambda limit: limit.confidence, default=None)
    return strictest if strictest is not None and strictest.confidence < 1 else None


def _limits_of_people(left: MentionFeatures, right: MentionFeatures) -> Iterator[Limit]:
    relations = {relate_names(a, b) for a in left.persons for b in right.persons}
    if relations and relations <= {NameRelation.DIFFERENT, NameRelation.OTHER_FIRST_NAME}:
        yield Limit(Sign.DIFFERENT_NAME, OTHER_NAME, left.mention.name, right.mention.name)


def _limits_of_others(left: MentionFeatures, right: MentionFeatures) -> Iterator[Limit]:
    if left.titles and right.titles:
        relation = relate_all_titles(left.titles, right.titles)
        if relation != TitleRelation.EQUAL:
            yield Limit(_SIGN_OF_NAMES[relation], OTHER_KIND_NAME[relation], left.mention.name, right.mention.name)


def _limits_of_films(left: MentionFeatures, right: MentionFeatures, frequencies: TermFrequencies) -> Iterator[Limit]:
    if have_other_directors(left, right):
        ours, theirs = (", ".join(directors(side)) for side in (left, right))
        yield Limit(Sign.DIFFERENT_DIRECTORS, DIFFERENT_DIRECTORS, ours, theirs)
    if _have_other_casts(left, right):
        yield Limit(Sign.DIFFERENT_CASTS, OTHER_CAST, left.mention.name, right.mention.name)
    if not left.titles or not right.titles:
        return
    names = left.mention.name, right.mention.name
    relation = relate_all_titles(left.titles, right.titles)
    apart = years_apart(left.mention, right.mention)
    if relation == TitleRelation.EQUAL:
        allowed = MAX_YEARS_OF_DATING if is_dated_by_release(left, right) else MAX_YEARS_OF_AWARD
        if apart is not None and (apart > allowed or _award_precedes(left.mention, right.mention)):
            yield Limit(Sign.SAME_TITLE, FAR_YEARS, *names, years=apart)
    else:
        yield Limit(
            _SIGN_OF_TITLES[relation], _limit_of_relation(relation, apart, _count_common_people(left, right)), *names
        )
    if relation is TitleRelation.LONGER and _is_one_of_several(left, right, frequencies):
        yield Limit(Sign.ONE_OF_SEVERAL, ONE_OF_SEVERAL, *names)
    if relation != TitleRelation.EQUAL and (left.mention.class_name == "Episode") != (
        right.mention.class_name == "Episode"
    ):
        yield Limit(Sign.EPISODE, ONE_EPISODE, *names)
    if (relation != TitleRelation.EQUAL or apart != 0) and _has_one_part_number(left, right):
        yield Limit(Sign.PART_NUMBER, ONE_PART_NUMBER, *names)


def _is_one_of_several(left: MentionFeatures, right: MentionFeatures, frequencies: TermFrequencies) -> bool:
    """True when one title is the main title of the other, and of a third one of the same time; or when their director
    made several works in that year. So it is with a series and its episodes, which share director and year.
    """
    mains = {
        ours.main
        for ours in left.titles
        for theirs in right.titles
        if bool(ours.subtitle) != bool(theirs.subtitle) and have_equal_mains(ours, theirs)
    }
    if not mains:
        return False
    years = {*left.mention.years[:1], *right.mention.years[:1]}
    shared = {*director_keys(left)} & {*director_keys(right)}
    return any(frequencies.parts_near(main, years) > 1 for main in mains) or any(
        frequencies.works[key, year] >= SEVERAL for key in shared for year in years
    )


def is_dated_by_release(left: MentionFeatures, right: MentionFeatures) -> bool:
    """True when neither date is that of an award, which may be years later."""
    return "award" not in (left.mention.date_kind, right.mention.date_kind)


def _award_precedes(left: Mention, right: Mention) -> bool:
    """True when all awards of one were given two years or more before the other was released."""
    if left.date_kind == right.date_kind:
        return False
    award, film = (left, right) if left.date_kind == "award" else (right, left)
    return max(award.years) < min(film.years) - 1


def _limit_of_relation(relation: TitleRelation, apart: int | None, people: int) -> float:
    if apart is not None and relation in BY_YEARS_APART:
        return _at(BY_YEARS_APART[relation], apart)
    if apart is None and relation is TitleRelation.MISSPELT:
        return 1.0
    table = NO_YEAR if apart is None else OTHER_YEAR if apart else SAME_YEAR
    return _at(table[relation], people)


def _at(limits: Sequence[float], number: int) -> float:
    return limits[min(number, len(limits) - 1)]


def _has_one_part_number(left: MentionFeatures, right: MentionFeatures) -> bool:
    """True when only one side has the number of a part, and it is not the first, in a title of the same series."""
    ours, theirs = ({numbers for numbers in _part_numbers(side) if _is_part(numbers)} for side in (left, right))
    if bool(ours) == bool(theirs) or ("1",) in ours | theirs:
        return False
    numbered, other = (left, right) if ours else (right, left)
    return any(_lacks_part_number(a, b) for a in other.titles for b in numbered.titles if _is_part(b.parts))


def _is_part(numbers: tuple[str, ...]) -> bool:
    """True for numbers of a part; a year in a title is none: `Gold Diggers of 1935`."""
    return any(not _YEAR.fullmatch(number) for number in numbers)


def _lacks_part_number(title: Title, numbered: Title) -> bool:
    """True when a title is that of a series of which another is a part, without the subtitle of that part."""
    subtitle = set(numbered.base[len(numbered.series) :])
    has_subtitle = bool(subtitle) and subtitle <= set(title.base)
    return not has_subtitle and are_one_series(title, numbered)


def _have_other_casts(left: MentionFeatures, right: MentionFeatures) -> bool:
    casts = (left.roles.get("castMember", ()), right.roles.get("castMember", ()))
    return min(map(len, casts)) >= MIN_CAST and not left.people.keys() & right.people.keys()


def _count_common_people(left: MentionFeatures, right: MentionFeatures) -> int:
    shared = left.people.keys() & right.people.keys()
    return min(len({side.people[key] for key in shared}) for side in (left, right))
