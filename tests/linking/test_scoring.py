"""Scores of single comparisons, in bits, and vetoes."""

from __future__ import annotations

from math import log2

import pytest

from kg.linking.features import NAME_REPETITION, PRIOR_KEYS, MentionFeatures, TermFrequencies, count_terms, to_features
from kg.linking.model import Credit, FeatureScore, Mention
from kg.linking.scoring import IDENTIFIER_BITS, M_OTHER_YEARS, M_YEARS, WRITTEN_ALIKE, M, score_features

SIZE = 1000


def film(*names: str, **fields: object) -> Mention:
    return Mention("film:x", names, **fields)  # type: ignore[arg-type]


def person(name: str, *films: str) -> Mention:
    return Mention("film:y", (name,), "person", credits=tuple(Credit(title) for title in films))


@pytest.fixture(scope="module")
def frequencies() -> TermFrequencies:
    """A catalogue of a thousand films: five called Hamlet, all of one year, one director for half of them."""
    names = ["Hamlet"] * 5 + [f"Film{number:03}x{number:03}" for number in range(SIZE - 5)]
    credits = [(Credit("Ana Lima"),) if number % 2 else (Credit(f"Bo Ek{number}"),) for number in range(SIZE)]
    mentions = [film(name, years=(1990,), credits=credited) for name, credited in zip(names, credits, strict=True)]
    side: list[MentionFeatures] = [to_features(mention) for mention in mentions]
    return count_terms(side, [])


def scores(left: Mention, right: Mention, frequencies: TermFrequencies) -> dict[str, FeatureScore]:
    found = score_features(to_features(left), to_features(right), frequencies)
    return {score.name: score for score in found}


def bits(left: Mention, right: Mention, frequencies: TermFrequencies) -> dict[str, float]:
    return {name: score.bits for name, score in scores(left, right, frequencies).items()}


def test_an_equal_title_scores_more_the_rarer_it_is(frequencies: TermFrequencies) -> None:
    rare, common = (bits(film(name), film(name), frequencies)["title"] for name in ("Anora", "Hamlet"))
    again = NAME_REPETITION * PRIOR_KEYS / (SIZE - 5 + PRIOR_KEYS)
    assert rare == pytest.approx(log2(M["title"] / (again / SIZE * WRITTEN_ALIKE)))
    assert common == pytest.approx(log2(M["title"] / ((4 + again) / SIZE * WRITTEN_ALIKE)))


def test_short_titles_are_expected_to_occur_again_more_often_than_long_ones() -> None:
    short = [f"{first}{last}" for first in "abcdefghij" for last in "abcdefghij"]
    names = [*short, *short[:60], *(f"A long title of its own {number:03}" for number in range(400))]
    frequencies = count_terms([to_features(film(name)) for name in names], [])
    rare, common = (bits(film(name), film(name), frequencies)["title"] for name in ("Another long title", "zz"))
    assert rare > common + 2


def test_a_misspelt_title_is_as_rare_as_titles_of_its_length() -> None:
    short = [f"{first}{last}" for first in "abcdefghij" for last in "abcdefghij"]
    names = [*short, *short[:60], *(f"A long title of its own {number:03}" for number in range(400))]
    frequencies = count_terms([to_features(film(name)) for name in names], [])
    misspelt = bits(film("Another very long title"), film("Anohter very long title"), frequencies)["title misspelt"]
    again = frequencies.frequency_of_unseen(frequencies.names, "anotherverylongtitle")
    assert misspelt == pytest.approx(log2(M["title misspelt"] / again))
    assert again < frequencies.frequency_of_unseen(frequencies.names, "zz") / 2


TITLES = [
    ("Sunrise", "Sunrise: A Song of Two Humans", "main title"),
    ("The Godfather", "The Godfahter", "title misspelt"),
    ("Babe: The Gallant Pig", "Babe: The Galant Pig", "title misspelt"),
    ("The Circus", "Circus", "title written differently"),
    ("Rocky II", "Rocky III", "different title"),
    ("The Hobbit: An Unexpected Journey", "The Hobbit: The Desolation of Smaug", "different subtitle"),
    ("Nosferatu", "Nosferatu the Vampyre", "title with more words"),
    ("Anora", "Tangerine", "different title"),
]


@pytest.mark.parametrize(("left", "right", "name"), TITLES)
def test_unequal_titles_score_by_how_they_differ(
    frequencies: TermFrequencies, left: str, right: str, name: str
) -> None:
    score = scores(film(left), film(right), frequencies)[name]
    assert (score.bits < 0) == (name == "different title")
    assert score.bits < bits(film(left), film(left), frequencies)["title"]


@pytest.mark.parametrize(("year", "name"), [(1990, "same year"), (1991, "a year apart"), (1993, "3 years apart")])
def test_years_score_by_the_table(frequencies: TermFrequencies, year: int, name: str) -> None:
    score = scores(film("A", years=(year,)), film("A", years=(1990,)), frequencies)[name]
    assert score.bits == pytest.approx(log2(M_YEARS["release"][year - 1990] / 1.0), abs=0.05)
    assert (score.left, score.right) == (str(year), "1990")


def test_years_far_apart_score_less_with_each_year(frequencies: TermFrequencies) -> None:
    score = bits(film("A", years=(2006,)), film("A", years=(1990,)), frequencies)["16 years apart"]
    assert score == pytest.approx(log2(M_OTHER_YEARS) - 2, abs=0.05)


def test_an_award_may_follow_the_film_but_not_precede_it(frequencies: TermFrequencies) -> None:
    released = film("A", years=(1990,))
    later, earlier = (film("A", years=(year,), date_kind="award") for year in (1991, 1989))
    for left, right in ((later, released), (released, later)):
        assert bits(left, right, frequencies)["a year apart"] == pytest.approx(log2(M_YEARS["award"][1]), abs=0.05)
    assert bits(earlier, released, frequencies)["a year apart"] == pytest.approx(log2(M_YEARS["award"][-1]), abs=0.05)


def test_a_person_in_common_scores_more_the_fewer_films_credit_them(frequencies: TermFrequencies) -> None:
    busy, rare = (film("A", credits=(Credit(name),)) for name in ("Ana Lima", "Bo Ek2"))
    level = "one of few people in common"
    assert bits(busy, busy, frequencies)["people in common"] == pytest.approx(log2(M[level] / 0.499), abs=0.01)
    assert bits(rare, rare, frequencies)["people in common"] > bits(busy, busy, frequencies)["people in common"]


def test_a_different_director_is_strong_evidence_against(frequencies: TermFrequencies) -> None:
    left, other, misspelt = (
        film("A", credits=(Credit(name, "director"),)) for name in ("Ana Lima", "Bo Ek", "Anna Lina")
    )
    assert bits(left, other, frequencies)["different director"] == pytest.approx(log2(M["different director"]))
    assert bits(left, misspelt, frequencies)["similar director"] > 0


def test_two_short_lists_of_people_differ_without_much_evidence(frequencies: TermFrequencies) -> None:
    few, others = (film("A", credits=tuple(Credit(f"{name} Ek{n}") for n in range(3))) for name in ("Bo", "Cy"))
    many, more = (film("A", credits=tuple(Credit(f"{name} Ek{n}") for n in range(9))) for name in ("Bo", "Cy"))
    assert -2 < bits(few, others, frequencies)["no people in common"] < 0
    assert bits(many, more, frequencies)["no people in common"] < -3


NAMES = [
    ("Friedrich Wilhelm Murnau", "Murnau, Friedrich Wilhelm", "name"),
    ("F. W. Murnau", "Friedrich Wilhelm Murnau", "name with initials"),
    ("Michelangelo Antonioni", "Michelangelo Antonini", "name misspelt"),
    ("Ethan Coen", "Joel Coen", "different first name"),
    ("Ethan Coen", "Sofia Coppola", "different name"),
]


@pytest.mark.parametrize(("left", "right", "name"), NAMES)
def test_names_of_people_score_by_how_they_differ(
    frequencies: TermFrequencies, left: str, right: str, name: str
) -> None:
    assert (bits(person(left), person(right), frequencies)[name] < 0) == name.startswith("different")


def test_an_identifier_in_common_outweighs_everything_else(frequencies: TermFrequencies) -> None:
    ids = frozenset({("imdbId", "tt0043338")})
    found = bits(film("Ace", years=(1951,), identifiers=ids), film("Big", years=(1999,), identifiers=ids), frequencies)
    assert found["imdbId"] == IDENTIFIER_BITS
    assert sum(found.values()) > 20


def test_what_one_side_does_not_state_is_not_compared(frequencies: TermFrequencies) -> None:
    full = film("A", years=(1990,), credits=(Credit("Ana Lima"),), countries=frozenset({"USA"}), minutes=90)
    assert set(bits(full, film("A"), frequencies)) == {"title"}


@pytest.mark.parametrize(
    ("minutes", "name"), [(139, "running time"), (145, "running time"), (90, "different running time")]
)
def test_running_times_may_differ_by_a_twentieth(frequencies: TermFrequencies, minutes: int, name: str) -> None:
    assert name in bits(film("A", minutes=139), film("A", minutes=minutes), frequencies)


def test_a_country_may_be_named_in_more_words(frequencies: TermFrequencies) -> None:
    names = ("United States", "United States of America", "France")
    left, longer, other = (film("A", countries=frozenset({name})) for name in names)
    assert bits(left, longer, frequencies)["country"] > 0
    assert bits(left, other, frequencies)["different countries"] < 0
