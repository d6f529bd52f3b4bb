"""Vetoes and limits of confidence: sequels, remakes, other directors and casts, other identifiers."""

from __future__ import annotations

import pytest

from kg.linking.causes import cause_of
from kg.linking.classifier import classify_pairs
from kg.linking.features import count_terms, to_features
from kg.linking.limits import MAX_YEARS_APART, find_limit, find_veto
from kg.linking.model import Candidate, Classification, Credit, FeatureScore, Limit, Mention, Sign, Veto, VetoReason
from kg.linking.name_relations import relate_all_titles
from kg.linking.names import parse_titles


def film(*names: str, **fields: object) -> Mention:
    return Mention("film:x", names, **fields)  # type: ignore[arg-type]


def imdb(*ids: str, **fields: object) -> Mention:
    return film("A", identifiers=frozenset(("imdbId", id) for id in ids), **fields)


def limit_of(left: Mention, right: Mention, *others: Mention) -> Limit | None:
    """The limit of two mentions, of which one is in a list with others."""
    ours, theirs = to_features(left), to_features(right)
    return find_limit(ours, theirs, count_terms([ours], [theirs, *map(to_features, others)]))


VETOES = [
    (film("A"), Mention("film:y", ("A",), "person"), "different kinds: film and person"),
    (film("A", class_name="Film"), film("A", class_name="Episode"), "different kinds: Film and Episode"),
    (film("A", class_name="Season"), film("A", class_name="Series"), "different kinds: Season and Series"),
    (film("A", class_name="Miniseries"), film("A", class_name="Episode"), "different kinds: Miniseries and Episode"),
    (film("A", class_name="Miniseries"), film("A", class_name="Film"), ""),
    (film("A", class_name="Miniseries"), film("A", class_name="Series"), ""),
    (film("The Wire S01E02"), film("The Wire S01E03"), "episodes differ: S01E02 and S01E03"),
    (film("The Wire S01E02"), film("The Wire S02E01"), "episodes differ: S01E02 and S02E01"),
    (film("The Wire 1x02"), film("The Wire: Season 1, Episode 3"), "episodes differ: S01E02 and S01E03"),
    (film("Episode #1.15"), film("Episode #11.5"), "episodes differ: S01E15 and S11E05"),
    (film("The Wire S01E02"), film("The Wire - Season 1 Episode 2"), ""),
    (film("Pilot", episode=(0, 2)), film("Pilot", episode=(3, 2)), ""),
    (film("Pilot", episode=(0, 2)), film("Pilot", episode=(0, 3)), "episodes differ: episode 2 and episode 3"),
    (film("Pilot", episode=(1, 2)), film("Pilot S01E03"), "episodes differ: S01E02 and S01E03"),
    (film("10x10"), film("10x10"), ""),
    (imdb("tt1"), imdb("tt2"), "imdbId differs: tt1 and tt2"),
    (imdb("tt1"), imdb("tt1", "tt2"), ""),
    (film("A", years=(1932,)), film("A", years=(1983,)), "51 years apart"),
    (film("A", years=(1932, 1983)), film("A", years=(1983,)), ""),
    (film("A", years=(1990,)), film("A", years=(1990 + MAX_YEARS_APART,)), ""),
    (imdb("tt1", years=(1932,)), imdb("tt1", years=(1983,)), ""),
    (film("Rocky II"), film("Rocky 3"), "part numbers differ: 2 and 3"),
    (film("Kill Bill: Vol. 1"), film("Kill Bill: Volume 2"), "part numbers differ: 1 and 2"),
    (film("Star Wars: Episode IV – A New Hope"), film("Star Wars V"), "part numbers differ: 4 and 5"),
    (film("Faust, zweiter Teil"), film("Faust, dritter Teil"), "part numbers differ: 2 and 3"),
    (film("Hot Shots! Part Deux"), film("Hot Shots! Part 2"), ""),
    (film("Halloween III", "Halloween 3"), film("Halloween 3: Season of the Witch"), ""),
    (film("21 Jump Street"), film("22 Jump Street"), "numbers differ: 21 jump street and 22 jump street"),
    (
        film("97th Academy Awards"),
        film("98th Academy Awards"),
        "numbers differ: 97th academy awards and 98th academy awards",
    ),
    (film("10,000 BC"), film("10 000 BC"), ""),
    (film("8½"), film("8 1/2"), ""),
]


@pytest.mark.parametrize(("left", "right", "veto"), VETOES)
def test_a_veto_states_why_two_mentions_cannot_be_one(left: Mention, right: Mention, veto: str) -> None:
    assert bool(find_veto(to_features(right), to_features(left))) == bool(veto)
    assert str(find_veto(to_features(left), to_features(right)) or "") == veto


@pytest.mark.parametrize("scheme", ["imdbId", "viafId", "letterboxdId", "eidrId", "catalogueId"])
def test_two_identifiers_of_any_scheme_are_two_entities(scheme: str) -> None:
    left, right = (to_features(film("A", identifiers=frozenset({(scheme, value)}))) for value in "12")
    assert find_veto(left, right) == Veto(VetoReason.IDENTIFIERS, "1", "2", scheme=scheme)


RELATIONS = [
    ("Anora", "Anora", "equal"),
    ("Se7en", "Seven", "equal"),
    ("One Hundred and One Dalmatians", "101 Dalmatians", "equal"),
    ("Lord of the Rings, The: The Two Towers", "The Lord of the Rings: The Two Towers", "equal"),
    ("(500) Days of Summer", "500 Days of Summer", "equal"),
    ("[REC] (2007)", "REC", "equal"),
    ("Ghandi", "Gandhi", "misspelt"),
    ("Three Colours: Blue", "Trois couleurs : Bleu", "other language"),
    ("8 1/2", "Otto e mezzo", "other language"),
    ("8 1/2", "Sette e mezzo", "different"),
    ("Dune", "Dune: Part Two", "longer"),
    ("Batman", "Batman Returns", "longer"),
    # Alike in most letters, but complete words follow.
    ("Suspended Animation", "Suspended Animation Impact", "longer"),
    ("Suspended Animatoin", "Suspended Animation Impact", "longer"),
    ("Halloween: H20", "Halloween H20: 20 Years Later", "longer"),
    ("Forsaking All Melancholia: Jalla! Jalla!", "Forsaking All Melancholia: Family Way", "partly equal"),
    ("Human Touch Pharaohs: Hands of the Ripper", "HumanTouch Pharaohs: The Brave Man", "partly equal"),
    ("Rocky: The Final Round", "Rocky: The Finale Round", "misspelt"),
    ("The Captain of Köpenick", "The Captain from Köpenick", "misspelt"),
    ("Mrs. Doubtfire", "Ms. Doubtfire", "misspelt"),
    # Alike in most letters, but one word is in the place of another.
    ("Ernest Goes to Jail", "Ernest Goes to Africa", "partly equal"),
    ("Abbott and Costello Meet the Mummy", "Abbott and Costello Meet the Killer", "partly equal"),
    ("Episode5", "Episode2", "different"),
    ("I Declare War", "With Love", "different"),
    ("The Matrix Reloaded", "The Matrix Revolutions", "partly equal"),
    ("The Hobbit: An Unexpected Journey", "The Hobbit: The Desolation of Smaug", "partly equal"),
    ("La grande illusion", "The Great Illusionist", "other language"),
    ("卧虎藏龙", "Crouching Tiger, Hidden Dragon", "other language"),
    ("Anora", "Tangerine", "different"),
]


@pytest.mark.parametrize(("left", "right", "relation"), RELATIONS)
def test_titles_are_related(left: str, right: str, relation: str) -> None:
    pair = parse_titles(left), parse_titles(right)
    assert relate_all_titles(*pair) == relate_all_titles(*pair[::-1]) == relation


def directed(name: str, year: int, *directors: str) -> Mention:
    return film(name, years=(year,), credits=tuple(Credit(director, "director") for director in directors))


def with_cast(name: str, *cast: str) -> Mention:
    return film(name, credits=tuple(Credit(actor, "castMember") for actor in cast))


ID = frozenset({("imdbId", "tt1")})
LIMITS = [
    # Two films of one series, or of the same people, however near their years are.
    (directed("Dune", 2021), directed("Dune: Part Two", 2021), "part number of one only"),
    (directed("Saw", 2004), directed("Saw X", 2005), "part number of one only"),
    (directed("Batman", 1989), directed("Batman Returns", 1992), "longer title"),
    (directed("The Matrix Reloaded", 2003), directed("The Matrix Revolutions", 2003), "partly equal title"),
    (directed("Anora", 2024, "Ana Lima"), directed("Red Rocket", 2024, "Ana Lima"), "different title"),
    # Remakes.
    (directed("Hercules", 2014, "Ana Lima"), directed("Hercules", 2014, "Bo Ek"), "different directors"),
    (directed("Heat", 1990), directed("Heat", 1995), "same title"),
    (
        with_cast("Heat", "Bo Ek", "Cy Dahl", "Di Eng", "Pia Rud"),
        with_cast("Heat", "Eva Fex", "Gro Hav", "Ida Jul", "Ulf Tor"),
        "different casts",
    ),
    # The same film.
    (directed("Dune", 2021), directed("Dune: Part One", 2021), ""),
    (directed("Sunrise", 1927), directed("Sunrise: A Song of Two Humans", 1927), ""),
    (directed("The Last Jedi", 2017), directed("Star Wars: Episode VIII – The Last Jedi", 2017), ""),
    (directed("Gold Diggers of 1935", 1935), film("Gold Diggers of 1935"), ""),
    (directed("Infernal Affairs", 2002, "Andrew Lau"), directed("Infernal Affairs", 2002, "Lau, A.", "Alan Mak"), ""),
    (film("Heat", years=(1990,), identifiers=ID), film("Heat II", years=(1995,), identifiers=ID), ""),
]


@pytest.mark.parametrize(("left", "right", "name"), LIMITS)
def test_a_sign_of_two_films_limits_the_confidence(left: Mention, right: Mention, name: str) -> None:
    limit = limit_of(left, right)
    assert (limit.sign if limit is not None else "") == name


def by_ann(name: str, year: int = 2002) -> Mention:
    return directed(name, year, "Ann Roe")


SERIES = [
    ([], ""),
    ([directed("The Wire: The Detail", 2002, "Bo Doe")], "one of several with this main title"),
    ([directed("The Wire: The Detail", 2012, "Bo Doe")], ""),
    ([by_ann("Refugees"), by_ann("Soft Eyes")], "one of several with this main title"),
    ([by_ann("Refugees"), by_ann("Soft Eyes", 2006)], ""),
    ([directed("Refugees", 2002, "Bo Doe"), directed("Soft Eyes", 2002, "Bo Doe")], ""),
]


@pytest.mark.parametrize(("others", "name"), SERIES)
def test_a_series_is_not_one_of_its_episodes(others: list[Mention], name: str) -> None:
    limit = limit_of(by_ann("The Wire"), by_ann("The Wire: The Target"), *others)
    assert (limit.sign if limit is not None else "") == name


@pytest.mark.parametrize(("year", "words"), [(1995, "same title, 5 years apart"), (1996, "same title, 6 years apart")])
def test_films_of_one_title_and_other_years_are_one_cause_whatever_their_years(year: int, words: str) -> None:
    left, right = directed("Heat", 1990), directed("Heat", year)
    limit = limit_of(left, right)
    assert str(limit) == f"at most 0.50, {words}: Heat / Heat"
    assert cause_of(Candidate(left, right, (), 0.4, limit=limit)) == "same title, years apart"


CAUSES = [
    (
        Veto(VetoReason.IDENTIFIERS, "tt1: a", "2", scheme="imdbId"),
        None,
        "imdbId differs",
        "imdbId differs: tt1: a and 2",
    ),
    (Veto(VetoReason.YEARS, years=51), None, "years apart", "51 years apart"),
    (Veto(VetoReason.KINDS, "film", "person"), None, "different kinds", "different kinds: film and person"),
    (None, Limit(Sign.DIFFERENT_CASTS, 0.5, "A", "B"), "different casts", "at most 0.50, different casts: A / B"),
    (None, None, "no year on one side", ""),
]


@pytest.mark.parametrize(("veto", "limit", "cause", "reason"), CAUSES)
def test_the_cause_of_a_pair_is_the_kind_of_its_veto_or_limit(
    veto: Veto | None, limit: Limit | None, cause: str, reason: str
) -> None:
    features = (FeatureScore("title", 4.0, "A", "A"),)
    pair = Candidate(film("A", years=(1990,)), film("A"), features, 0.4, veto, limit=limit)
    assert cause_of(pair) == cause
    assert pair.reason.startswith(reason)
    assert ("title +4.0" in pair.reason) == (veto is None)


@pytest.mark.parametrize(("left", "right", "name"), LIMITS)
def test_a_pair_with_such_a_sign_is_never_the_same(left: Mention, right: Mention, name: str) -> None:
    people = tuple(Credit(f"Zoe Moe{number}") for number in range(4))
    sides = [
        Mention(
            f"film:{id}", side.names, credits=(*side.credits, *people), years=side.years, identifiers=side.identifiers
        )
        for id, side in (("a", left), ("b", right))
    ]
    if name not in ("", "different casts"):
        [pair] = classify_pairs(sides[:1], sides[1:])
        assert pair.classification is not Classification.SAME
        assert pair.confidence <= 0.95


def test_people_of_one_family_with_the_same_films_are_two_people() -> None:
    films = tuple(Credit(f"Film {number}x") for number in range(8))
    left, right = (Mention(f"film:{name}", (name,), "person", credits=films) for name in ("Joel Coen", "Ethan Coen"))
    assert str(limit_of(left, right)) == "at most 0.30, different name: Joel Coen / Ethan Coen"


@pytest.mark.parametrize(
    ("left", "right"), [("Universal Pictures", "Universal Pictures International"), ("A24", "A25")]
)
def test_companies_of_other_names_are_never_the_same(left: str, right: str) -> None:
    films = tuple(Credit(f"Film {number}x") for number in range(8))
    sides = [Mention(f"film:{name}", (name,), "organisation", credits=films) for name in (left, right)]
    assert all(pair.classification is not Classification.SAME for pair in classify_pairs(sides[:1], sides[1:]))
