"""Linking films and people: names in their many forms, clues, vetoes, verdicts."""

from __future__ import annotations

import pytest

from kg.linking.classification import Thresholds, classify_pairs
from kg.linking.model import Classification, Credit, Mention
from kg.linking.names import parse_titles, person_words

TITLES = (
    """
Anora|Stranger by the Lake|Parasite|Titane|Triangle of Sadness|The Square|Shoplifters|Red Rocket|Tangerine|Starlet
The Florida Project|Prince of Broadway|Take Out|Four Letter Words|Conclave|The Brutalist|Emilia Pérez|Wicked|Nickel Boys
The Substance|I'm Still Here|A Complete Unknown|Dune: Part Two|Flow|No Other Land|The Piano|Paris, Texas|Apocalypse Now
Taxi Driver|The Conversation|The Go-Between|If....|Blow-Up|La dolce vita|The Cranes Are Flying|Marty|The Third Man
Brief Encounter|The Lost Weekend|Rome, Open City|Barton Fink|Wild at Heart|Pulp Fiction|Underground|Secrets & Lies
Rosetta|Dancer in the Dark|The Pianist|Elephant|The Wind That Shakes the Barley|The Class|The White Ribbon|Amour
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


def film(id: str, *names: str, year: int | None = None, **clues: object) -> Mention:
    return Mention(id, names, years=(year,) if year else (), **clues)  # type: ignore[arg-type]


def catalogue(prefix: str) -> list[Mention]:
    """Fifty films, a year each, so that names have something to be rare among."""
    return [film(f"{prefix}-{number}", title, year=1950 + number) for number, title in enumerate(TITLES)]


def verdict(left: Mention, right: Mention, **options: object) -> Classification | None:
    """What is judged of two mentions among fifty others."""
    judged = classify_pairs([left, *catalogue("ours")], [right, *catalogue("theirs")], **options)  # type: ignore[arg-type]
    found = [one for one in judged if (one.candidate.left.id, one.candidate.right.id) == (left.id, right.id)]
    return found[0].verdict if found else None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Godfather", "Godfather, The (1972)"),
        ("Amélie", "AMELIE"),
        ("Stalker", "Сталкер"),
        ("Rocky II", "Rocky 2"),
        ("L'Avventura", "Avventura, L'"),
        ("Seven Samurai", "7 Samurai"),
        ("Sunset Blvd.", "Sunset Boulevard"),
        ("Dr. Strangelove", "Doctor Strangelove"),
        ("Secrets & Lies", "Secrets and Lies"),
        ("G. I. Joe", "G.I. Joe"),
        ("$1,000 a Minute", "1000 Dollars a Minute"),
        ("The City of Lost Children", "City of Lost Children, The (Cité des enfants perdus, La) (1995)"),
    ],
)
def test_a_title_is_the_same_however_a_catalogue_writes_it(one: str, other: str) -> None:
    assert {title.full for title in parse_titles(one)} & {title.full for title in parse_titles(other)}


@pytest.mark.parametrize(
    ("one", "other"), [("Rocky II", "Rocky III"), ("Alien", "Aliens"), ("It", "Id"), ("Part One", "Part Two")]
)
def test_titles_that_differ_stay_different(one: str, other: str) -> None:
    assert not {title.full for title in parse_titles(one)} & {title.full for title in parse_titles(other)}


@pytest.mark.parametrize("text", ["", "()", "[] (1999)", "...", "👍", "\u202e", "a" * 100_000, "The"])
def test_no_title_is_too_strange(text: str) -> None:
    assert all(title.full for title in parse_titles(text))


def test_a_name_may_be_turned_around() -> None:
    assert person_words("Downey, Robert, Jr.") == person_words("Robert Downey Jr.") == ("robert", "downey")


def test_title_and_year_and_director_make_a_film_the_same() -> None:
    ours = film("a", "Heat", year=1995, credits=(Credit("Michael Mann", "director"),))
    theirs = film("b", "Heat", year=1995, credits=(Credit("Mann, Michael", "director"),))
    assert verdict(ours, theirs) is Classification.SAME


def test_a_remake_is_another_film() -> None:
    assert verdict(film("a", "Scarface", year=1932), film("b", "Scarface", year=1983)) is Classification.DIFFERENT


def test_two_films_of_one_name_and_year_are_left_to_a_person() -> None:
    ours = film("a", "Carmen", year=1983)
    judged = classify_pairs(
        [ours, *catalogue("ours")], [film("b", "Carmen", year=1983), film("c", "Carmen", year=1983)]
    )
    assert {one.verdict for one in judged if one.candidate.left.id == "a"} == {Classification.UNSURE}


def test_the_director_tells_two_films_of_one_name_and_year_apart() -> None:
    ours = film("a", "Carmen", year=1983, credits=(Credit("Carlos Saura", "director"),))
    theirs = [
        film("b", "Carmen", year=1983, credits=(Credit("Carlos Saura", "director"),)),
        film("c", "Carmen", year=1983, credits=(Credit("Peter Brook", "director"),)),
    ]
    judged = classify_pairs([ours, *catalogue("ours")], [*theirs, *catalogue("theirs")])
    same = [
        one.candidate.right.id for one in judged if one.verdict is Classification.SAME and one.candidate.left.id == "a"
    ]
    assert same == ["b"]


def test_a_film_that_got_another_title_is_found_by_its_people() -> None:
    people = tuple(Credit(name) for name in ("Billy Wilder", "Kirk Douglas", "Jan Sterling"))
    ours = film("a", "The Big Carnival", year=1951, credits=people)
    theirs = film("b", "Ace in the Hole", year=1951, credits=people)
    assert verdict(ours, theirs) is Classification.SAME


def test_an_award_may_come_years_after_a_film() -> None:
    ours, theirs = film("a", "Umberto D.", year=1955, dated="award"), film("b", "Umberto D.", year=1952)
    assert verdict(ours, theirs) is not Classification.DIFFERENT
    assert verdict(film("a", "Umberto D.", year=1949, dated="award"), theirs) is not Classification.SAME


def test_the_same_identifier_is_the_same_film_under_any_title() -> None:
    id = frozenset({("imdbId", "tt0043338")})
    assert verdict(film("a", "The Big Carnival", identifiers=id), film("b", "Ace in the Hole", identifiers=id)) is (
        Classification.SAME
    )


def test_different_identifiers_are_different_films_under_one_title() -> None:
    ours = film("a", "Heat", year=1995, identifiers=frozenset({("imdbId", "tt0113277")}))
    theirs = film("b", "Heat", year=1995, identifiers=frozenset({("imdbId", "tt9999999")}))
    judged = classify_pairs([ours], [theirs])
    assert [(one.verdict, one.candidate.veto) for one in judged] == [
        (Classification.DIFFERENT, "imdbId differs: tt0113277 and tt9999999")
    ]


def test_a_film_is_no_series() -> None:
    assert verdict(film("a", "Fargo", year=1996, class_="Film"), film("b", "Fargo", year=1996, class_="Series")) is (
        Classification.DIFFERENT
    )


def test_a_person_is_known_by_the_films() -> None:
    def person(id: str, name: str, *films: str) -> Mention:
        return Mention(id, (name,), "person", credits=tuple(Credit(title) for title in films))

    ours = [person("a", "Steve McQueen", "Bullitt", "The Sand Pebbles"), person("b", "Sean Baker", "Anora")]
    theirs = [person("x", "McQueen, Steve", "Hunger", "Shame"), person("y", "Steve McQueen", "Bullitt")]
    others = [person(f"o-{title}", f"{title} Maker", title) for title in TITLES]
    judged = classify_pairs([*ours, *others], [*theirs, *others])
    same = [
        (one.candidate.left.id, one.candidate.right.id)
        for one in judged
        if one.verdict is Classification.SAME and not one.candidate.left.id.startswith("o-")
    ]
    assert same == [("a", "y")]


def test_every_clue_says_what_it_compared() -> None:
    ours = film("a", "Heat", year=1995, credits=(Credit("Michael Mann", "director"),))
    theirs = film("b", "Heat", year=1996, credits=(Credit("Michael Mann", "director"),))
    judged = classify_pairs([ours, *catalogue("ours")], [theirs, *catalogue("theirs")])
    [candidate] = [one.candidate for one in judged if one.candidate.left.id == "a" and one.candidate.right.id == "b"]
    assert {clue.name: (clue.left, clue.right) for clue in candidate.features} == {
        "title": ("Heat", "Heat"),
        "a year apart": ("1995", "1996"),
        "people in common": ("Michael Mann", "Michael Mann"),
    }
    assert candidate.bits == pytest.approx(sum(clue.bits for clue in candidate.features))


def test_a_wanted_precision_moves_the_threshold() -> None:
    judged = classify_pairs(catalogue("ours"), catalogue("theirs"), thresholds=Thresholds(precision=0.9))
    some = sum(one.verdict is Classification.SAME for one in judged)
    strict = classify_pairs(catalogue("ours"), catalogue("theirs"), thresholds=Thresholds(precision=0.9999))
    assert some == len(TITLES)
    assert sum(one.verdict is Classification.SAME for one in strict) < some


def test_the_order_of_mentions_does_not_matter() -> None:
    def said(left: list[Mention], right: list[Mention]) -> set[tuple[str, str, Classification, float]]:
        return {
            (one.candidate.left.id, one.candidate.right.id, one.verdict, round(one.candidate.confidence, 9))
            for one in classify_pairs(left, right)
        }

    ours, theirs = catalogue("ours"), catalogue("theirs")
    assert said(ours, theirs) == said(ours[::-1], theirs[::-1])


def test_nothing_is_linked_to_nothing() -> None:
    assert classify_pairs([], []) == classify_pairs(catalogue("ours"), []) == ()
    assert classify_pairs([film("a")], [film("b")]) == ()
