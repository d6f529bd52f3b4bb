"""Linking films and people: forms of names, features, vetoes, classification."""

from __future__ import annotations

import pytest

from kg.linking.classifier import Thresholds, classify_pairs
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


def film(id: str, *names: str, year: int | None = None, **fields: object) -> Mention:
    return Mention(id, names, years=(year,) if year else (), **fields)  # type: ignore[arg-type]


def catalogue(prefix: str) -> list[Mention]:
    """Fifty films, one a year: the background against which a name is rare."""
    return [film(f"{prefix}-{number}", title, year=1950 + number) for number, title in enumerate(TITLES)]


def classify(left: Mention, right: Mention, **options: object) -> Classification | None:
    """The classification of two mentions among fifty others; None when they are not compared."""
    pairs = classify_pairs([left, *catalogue("ours")], [right, *catalogue("theirs")], **options)  # type: ignore[arg-type]
    return next((pair.classification for pair in pairs if (pair.left.id, pair.right.id) == (left.id, right.id)), None)


@pytest.mark.parametrize(
    ("left", "right"),
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
        ("¡Three Amigos!", "%C2%A1Three Amigos!"),
        ("Così", "Cos%C3%AC"),
        ("100% Wolf", "100%25 Wolf"),
    ],
)
def test_a_title_is_the_same_however_a_catalogue_writes_it(left: str, right: str) -> None:
    assert {title.full for title in parse_titles(left)} & {title.full for title in parse_titles(right)}


@pytest.mark.parametrize(
    ("left", "right"), [("Rocky II", "Rocky III"), ("Alien", "Aliens"), ("It", "Id"), ("Part One", "Part Two")]
)
def test_different_titles_stay_different(left: str, right: str) -> None:
    assert not {title.full for title in parse_titles(left)} & {title.full for title in parse_titles(right)}


@pytest.mark.parametrize(
    ("title", "full"),
    [
        ("Friday the 13th Part 3: 3D", ["fridaythe13thpart33d", "fridaythe13thpart3"]),
        ("Step Up 3D", ["stepup3d", "stepup"]),
        ("Avatar (3D)", ["avatar"]),
        ("Suspiria [4K]", ["suspiria"]),
        ("Blade Runner (The Final Cut)", ["bladerunner"]),
        ("Le Havre (TV)", ["havre"]),
        ("La strada (The Road)", ["strada", "road"]),
        ("3D", ["3d"]),
    ],
)
def test_a_format_or_an_edition_of_a_film_is_no_title(title: str, full: list[str]) -> None:
    assert [parsed.full for parsed in parse_titles(title)] == full


def test_of_films_of_one_title_those_written_alike_are_the_same() -> None:
    """Nothing but the writing shows which is which."""
    ours = [film("l-1", "Doctor Dolittle"), film("l-2", "Dr. Dolittle"), *catalogue("ours")]
    theirs = [film("r-1", "Dr. Dolittle"), film("r-2", "Doctor Dolittle"), *catalogue("theirs")]
    pairs = {(pair.left.id, pair.right.id): pair.confidence for pair in classify_pairs(ours, theirs)}
    assert pairs["l-1", "r-2"] > 0.8 > 0.2 > pairs["l-1", "r-1"]


@pytest.mark.parametrize("text", ["", "()", "[] (1999)", "...", "👍", "\u202e", "a" * 100_000, "The"])
def test_any_text_can_be_parsed_as_a_title(text: str) -> None:
    assert all(title.full for title in parse_titles(text))


def test_a_last_name_may_come_first() -> None:
    assert person_words("Downey, Robert, Jr.") == person_words("Robert Downey Jr.") == ("robert", "downey")


def test_films_with_the_same_title_year_and_director_are_the_same() -> None:
    ours = film("a", "Heat", year=1995, credits=(Credit("Michael Mann", "director"),))
    theirs = film("b", "Heat", year=1995, credits=(Credit("Mann, Michael", "director"),))
    assert classify(ours, theirs) is Classification.SAME


def test_a_remake_is_a_different_film() -> None:
    assert classify(film("a", "Scarface", year=1932), film("b", "Scarface", year=1983)) is Classification.DIFFERENT


def test_two_films_with_the_same_title_and_year_are_left_to_a_person() -> None:
    ours = film("a", "Carmen", year=1983)
    pairs = classify_pairs([ours, *catalogue("ours")], [film("b", "Carmen", year=1983), film("c", "Carmen", year=1983)])
    assert {pair.classification for pair in pairs if pair.left.id == "a"} == {Classification.UNSURE}


def test_a_film_of_the_same_series_is_a_rival_of_little_weight() -> None:
    ours = film("a", "The Prince: Foxfire", year=1958, credits=(Credit("The Prince"),))
    theirs = [
        film("b", "The Prince: Foxfire", year=1958, credits=(Credit("Ana Lima"),)),
        film("c", "The Prince: Flodder", year=1958, credits=(Credit("The Prince"),)),
    ]
    pairs = classify_pairs([ours, *catalogue("ours")], [*theirs, *catalogue("theirs")])
    assert max(pair.confidence for pair in pairs if pair.right.id == "b") > 0.999


def test_the_director_distinguishes_two_films_with_the_same_title_and_year() -> None:
    ours = film("a", "Carmen", year=1983, credits=(Credit("Carlos Saura", "director"),))
    theirs = [
        film("b", "Carmen", year=1983, credits=(Credit("Carlos Saura", "director"),)),
        film("c", "Carmen", year=1983, credits=(Credit("Peter Brook", "director"),)),
    ]
    pairs = classify_pairs([ours, *catalogue("ours")], [*theirs, *catalogue("theirs")])
    same = [pair.right.id for pair in pairs if pair.classification is Classification.SAME and pair.left.id == "a"]
    assert same == ["b"]


def test_a_film_with_a_different_title_is_found_by_its_people() -> None:
    people = tuple(map(Credit, ("Billy Wilder", "Kirk Douglas", "Jan Sterling", "Porter Hall", "Hugo Friedhofer")))
    ours = film("a", "The Big Carnival", year=1951, credits=people)
    theirs = film("b", "Ace in the Hole", year=1951, credits=people)
    assert classify(ours, theirs) is Classification.SAME


def test_an_award_may_be_given_years_after_a_film() -> None:
    ours, theirs = film("a", "Umberto D.", year=1955, date_kind="award"), film("b", "Umberto D.", year=1952)
    assert classify(ours, theirs) is not Classification.DIFFERENT
    assert classify(film("a", "Umberto D.", year=1949, date_kind="award"), theirs) is not Classification.SAME


def test_the_same_identifier_means_the_same_film_whatever_the_title() -> None:
    id = frozenset({("imdbId", "tt0043338")})
    assert classify(film("a", "The Big Carnival", identifiers=id), film("b", "Ace in the Hole", identifiers=id)) is (
        Classification.SAME
    )


def test_different_identifiers_mean_different_films_with_one_title() -> None:
    ours = film("a", "Heat", year=1995, identifiers=frozenset({("imdbId", "tt0113277")}))
    theirs = film("b", "Heat", year=1995, identifiers=frozenset({("imdbId", "tt9999999")}))
    pairs = classify_pairs([ours], [theirs])
    assert [(pair.classification, str(pair.veto)) for pair in pairs] == [
        (Classification.DIFFERENT, "imdbId differs: tt0113277 and tt9999999")
    ]


def test_a_film_is_not_a_series() -> None:
    assert classify(
        film("a", "Fargo", year=1996, class_name="Film"), film("b", "Fargo", year=1996, class_name="Series")
    ) is (Classification.DIFFERENT)


def test_a_person_is_identified_by_the_films() -> None:
    def person(id: str, name: str, *films: str) -> Mention:
        return Mention(id, (name,), "person", credits=tuple(Credit(title) for title in films))

    ours = [person("a", "Steve McQueen", "Bullitt", "The Sand Pebbles"), person("b", "Sean Baker", "Anora")]
    theirs = [person("x", "McQueen, Steve", "Hunger", "Shame"), person("y", "Steve McQueen", "Bullitt")]
    others = [person(f"o-{title}", f"{title} Maker", title) for title in TITLES]
    pairs = classify_pairs([*ours, *others], [*theirs, *others])
    same = [
        (pair.left.id, pair.right.id)
        for pair in pairs
        if pair.classification is Classification.SAME and not pair.left.id.startswith("o-")
    ]
    assert same == [("a", "y")]


def test_every_feature_score_shows_what_was_compared() -> None:
    ours = film("a", "Heat", year=1995, credits=(Credit("Michael Mann", "director"),))
    theirs = film("b", "Heat", year=1996, credits=(Credit("Michael Mann", "director"),))
    pairs = classify_pairs([ours, *catalogue("ours")], [theirs, *catalogue("theirs")])
    [candidate] = [pair for pair in pairs if pair.left.id == "a" and pair.right.id == "b"]
    assert {feature.name: (feature.left, feature.right) for feature in candidate.features} == {
        "title": ("Heat", "Heat"),
        "a year apart": ("1995", "1996"),
        "people in common": ("Michael Mann", "Michael Mann"),
    }
    assert candidate.bits == pytest.approx(sum(feature.bits for feature in candidate.features))


def _with_people(id: str, title: str, number: int) -> Mention:
    people = tuple(Credit(f"Zoe{number:03} Moe{number:03}{letter}") for letter in "abc")
    return film(id, title, year=1930 + number % 70, credits=people)


_WORDS = [f"{a}{b}{c}" for a in ("bra", "dol", "fen") for b in ("kust", "mill", "nopp") for c in ("wax", "yog", "zil")]
_OTHER_WORDS = [
    f"{a}{b}" for a in ("quivo", "hujje", "tsacch", "geigei", "cleep") for b in ("hubb", "ruff", "papa", "ejje")
]


def _confidence_of_other_titles(left: list[Mention], right: list[Mention]) -> float:
    """The highest confidence of the pairs of which the titles differ, and neither film has another counterpart."""
    matched = [
        [_with_people(f"{side}-{number}", f"{word} {number}", number) for number, word in enumerate(_WORDS)]
        for side in "lr"
    ]
    pairs = classify_pairs([*matched[0], *left], [*matched[1], *right])
    return max(pair.confidence for pair in pairs if pair.left.id.startswith("lo-"))


def test_the_limit_of_a_sign_is_estimated_from_the_films_that_have_another_counterpart() -> None:
    """Films of the same year and people under other titles: translations; or, where films that have a counterpart
    have such a second film as well, two films of the same people.
    """
    numbered = list(enumerate(_OTHER_WORDS))[:8]
    left = [_with_people(f"lo-{number}", word, 100 + number) for number, word in numbered]
    right = [_with_people(f"ro-{number}", word[::-1], 100 + number) for number, word in numbered]
    second = [
        _with_people(f"r-{number}-{end}", word[::-1] + end, number)
        for number, word in enumerate(_OTHER_WORDS)
        for end in ("", " mapp")
    ]
    translations = _confidence_of_other_titles(left, right)
    second_films = _confidence_of_other_titles(left, [*right, *second])
    assert second_films < 0.5 < translations


def test_a_pair_without_rivals_has_the_confidence_that_rivals_leave() -> None:
    """Of the films under other titles, some have three candidates, of which one at most is right."""
    numbered = list(enumerate(_OTHER_WORDS))
    left = [_with_people(f"lo-{number}", word, 100 + number) for number, word in numbered[:17]]
    right = [_with_people(f"ro-{number}", word[::-1], 100 + number) for number, word in numbered[:17]]
    several = [_with_people(f"ls-{number}", word, 100 + number) for number, word in numbered[17:]]
    rivals = [
        _with_people(f"rs-{number}-{end}", word[::-1] + "x" * end, 100 + number)
        for number, word in numbered[17:]
        for end in range(3)
    ]
    second = [
        _with_people(f"r-{number}-{end}", word[::-1] + end, number)
        for number, word in numbered[:8]
        for end in ("", " mapp")
    ]
    assert 0.75 < _confidence_of_other_titles([*left, *several], [*right, *rivals, *second]) < 0.87


def test_films_of_other_titles_that_chance_explains_are_not_the_same() -> None:
    """Eight films without a counterpart have a film of the same people. So have some films with a counterpart: by
    chance, then, and so few more of the eight are no sign that any is right.
    """
    numbered = list(enumerate(_OTHER_WORDS))
    left = [_with_people(f"lo-{number}", word, 100 + number) for number, word in numbered[:8]]
    right = [_with_people(f"ro-{number}", word[::-1], 100 + number) for number, word in numbered[:8]]

    def confidence(others: int) -> float:
        second = [
            _with_people(f"r-{number}-{end}", word[::-1] + end, number)
            for number, word in numbered[:others]
            for end in ("", " mapp", " oolk")
        ]
        return _confidence_of_other_titles(left, [*right, *second])

    assert confidence(9) < 0.15 < 0.6 < confidence(4)


def test_a_required_precision_moves_the_threshold() -> None:
    unsure = [film("l-a", "Carmen", year=1983), *(film(f"r-{letter}", "Carmen", year=1983) for letter in "bc")]

    def count(**thresholds: object) -> int:
        pairs = classify_pairs(
            [unsure[0], film("l-b", "Heat", year=1995, credits=(Credit("Ana Lima"),)), *catalogue("ours")],
            [*unsure[1:], film("r-d", "Heat", year=1998, credits=(Credit("Bo Ek"),)), *catalogue("theirs")],
            thresholds=Thresholds(**thresholds),  # type: ignore[arg-type]
        )
        return sum(pair.classification is Classification.SAME for pair in pairs)

    assert count(same=None, precision=0.9) >= len(TITLES)
    assert count(same=None, precision=0.9999999) < count(same=None, precision=0.9)
    assert count(same=0.9999999, precision=None) < count(same=0.9, precision=None)


def test_the_order_of_mentions_does_not_matter() -> None:
    def classified(left: list[Mention], right: list[Mention]) -> set[tuple[str, str, Classification, float]]:
        return {
            (pair.left.id, pair.right.id, pair.classification, round(pair.confidence, 9))
            for pair in classify_pairs(left, right)
        }

    ours, theirs = catalogue("ours"), catalogue("theirs")
    assert classified(ours, theirs) == classified(ours[::-1], theirs[::-1])


def test_the_order_of_one_list_does_not_matter() -> None:
    """A mention is one entity, whether it is left in a pair or right."""
    films = [_with_people(f"{side}-{number}", word, number) for side in "ab" for number, word in enumerate(_WORDS)]
    films += [_with_people(f"c-{number}", word[::-1], number) for number, word in enumerate(_OTHER_WORDS)]

    def confidences(mentions: list[Mention]) -> dict[frozenset[str], tuple[float, Classification]]:
        return {
            frozenset((pair.left.id, pair.right.id)): (round(pair.confidence, 6), pair.classification)
            for pair in classify_pairs(mentions, mentions, is_one_side=True)
        }

    expected = confidences(films)
    assert expected[frozenset(("a-1", "b-1"))][1] is Classification.SAME
    assert confidences(films[::-1]) == expected
    assert confidences([*films[::2], *films[1::2]]) == expected


def test_without_mentions_there_are_no_candidates() -> None:
    assert classify_pairs([], []) == classify_pairs(catalogue("ours"), []) == ()
    assert classify_pairs([film("a")], [film("b")]) == ()
