"""Laws of linking: signs of two entities outweigh every agreement, and hold along chains of links."""

from __future__ import annotations

import random
from itertools import combinations

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from kg.decisions.links import Links
from kg.linking.classifier import classify_pairs
from kg.linking.features import to_features
from kg.linking.limits import find_veto
from kg.linking.link_project import link_sources
from kg.linking.model import Classification, Credit, Mention
from kg.terms import to_curie
from tests.laws.sizes import cases

law = settings(deadline=None, max_examples=cases(90))

WORDS = ("Iron", "Carnival", "Velvet", "River", "Lonely", "Orchard", "Savage", "Mirror", "Winter", "Harbour")
ROMAN = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
IN_WORDS = ("", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
FORMS = ("{base} {number}", "{base}: Part {number}", "{base} - Vol. {number}", "{base}, Chapter {number}: {subtitle}")

SUBTITLES = ("The Return", "Judgment Day", "A New Hope")

bases = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True).map(" ".join)
directors = st.lists(st.sampled_from(["Ana Lima", "Bo Ek", "Cy Dahl"]), min_size=1, max_size=2, unique=True)
casts = st.lists(st.sampled_from([f"Zoe Moe{letter}" for letter in "abcdefgh"]), max_size=8, unique=True)
fillers = [
    Mention(f"film:filler-{number}", (f"{one} {other}",), years=(1950 + number,))
    for number, (one, other) in enumerate(combinations(WORDS, 2))
]


@st.composite
def numbered_titles(draw: st.DrawFn, base: str, number: int) -> str:
    """A title with the number of a part, in one of the ways in which catalogues write it."""
    written = draw(st.sampled_from([str(number), ROMAN[number], IN_WORDS[number]]))
    return draw(st.sampled_from(FORMS)).format(base=base, number=written, subtitle=draw(st.sampled_from(SUBTITLES)))


def film(id: str, title: str, year: int, directors: list[str], cast: list[str], **fields: object) -> Mention:
    credits = [*(Credit(name, "director") for name in directors), *(Credit(name, "castMember") for name in cast)]
    return Mention(f"film:{id}", (title,), years=(year,), credits=tuple(credits), **fields)  # type: ignore[arg-type]


def is_same(left: Mention, right: Mention, *, in_catalogue: bool) -> bool:
    """Whether two mentions are judged the same, alone or among other films."""
    others = fillers if in_catalogue else []
    pairs = classify_pairs([left, *others], [right, *others])
    return any((pair.left, pair.right, pair.classification) == (left, right, Classification.SAME) for pair in pairs)


@law
@given(st.data(), bases, directors, casts, st.integers(0, 2), st.booleans())
def test_two_parts_of_a_series_are_never_the_same(
    data: st.DataObject, base: str, directed: list[str], cast: list[str], apart: int, in_catalogue: bool
) -> None:
    one, other = data.draw(st.lists(st.integers(1, 12), min_size=2, max_size=2, unique=True))
    left = film("a", data.draw(numbered_titles(base, one)), 2003, directed, cast)
    right = film("b", data.draw(numbered_titles(base, other)), 2003 + apart, directed, cast)
    assert not is_same(left, right, in_catalogue=in_catalogue)
    unnumbered = film("b", base, 2003 + apart, directed, cast)
    assert one == 1 or not is_same(left, unnumbered, in_catalogue=in_catalogue)


@law
@given(bases, casts, directors, st.integers(0, 3), st.booleans())
def test_films_of_other_directors_are_never_the_same(
    title: str, cast: list[str], directed: list[str], apart: int, in_catalogue: bool
) -> None:
    left, right = film("a", title, 2003, directed, cast), film("b", title, 2003 + apart, ["Gro Hav"], cast)
    assert not is_same(left, right, in_catalogue=in_catalogue)
    assert not is_same(right, left, in_catalogue=in_catalogue)


@law
@given(bases, casts, directors, st.sampled_from(["imdbId", "eidrId", "letterboxdId", "viafId", "shelfId"]))
def test_entities_with_other_identifiers_of_one_scheme_are_never_the_same(
    title: str, cast: list[str], directed: list[str], scheme: str
) -> None:
    left, right = (film(id, title, 2003, directed, cast, identifiers=frozenset({(scheme, id)})) for id in ("a", "b"))
    assert not is_same(left, right, in_catalogue=False)


@st.composite
def sources(draw: st.DrawFn) -> dict[str, list[Mention]]:
    """Three small catalogues of films that resemble each other, some with identifiers."""
    return {
        source: [
            film(
                f"{source}-{number}",
                draw(st.sampled_from(["Iron River", "Iron River II", "Velvet", "Iron River: Part Three"])),
                draw(st.integers(2000, 2002)),
                draw(directors),
                draw(casts),
                identifiers=frozenset(
                    {("imdbId", draw(st.sampled_from(["tt1", "tt2"])))} if draw(st.booleans()) else ()
                ),
            )
            for number in range(draw(st.integers(0, 4)))
        ]
        for source in ("x", "y", "z")
    }


@law
@given(sources())
def test_no_two_names_of_a_cluster_rule_each_other_out(mentions: dict[str, list[Mention]]) -> None:
    by_id = {mention.id: (source, to_features(mention)) for source, side in mentions.items() for mention in side}
    assume(len(by_id) > 2)
    judged = link_sources(mentions, Links(), trust=lambda source: 0).judgements
    for cluster in Links(judged).clusters:
        for one, other in combinations(sorted(to_curie(name.value) for name in cluster), 2):
            (source, left), (other_source, right) = by_id[one], by_id[other]
            assert source != other_source
            assert not find_veto(left, right)


FIRST_NAMES = (
    *("Ana", "Bo", "Cy", "Dag", "Eva", "Finn", "Gro", "Hal"),
    *("Ida", "Jon", "Kim", "Lea", "Max", "Nia", "Odd", "Pia"),
)
LAST_NAMES = ("Lima", "Ek", "Dahl", "Hav", "Moe", "Roy", "Berg", "Holm", "Lund", "Vik", "Sand", "Strand", "Nes", "Aas")
TITLE_WORDS = (*WORDS, "Golden", "Night", "Summer", "Ghost", "Paper", "Stone")


def random_catalogues(seed: int, *, films: int = 30) -> dict[str, list[Mention]]:
    """Four catalogues of films and their people, with slips, omissions and names written in several ways."""
    luck = random.Random(seed)
    people = [f"{luck.choice(FIRST_NAMES)} {luck.choice(LAST_NAMES)}" for _ in range(films // 2)]
    world = [
        (
            " ".join(luck.sample(TITLE_WORDS, luck.choice((1, 2, 2, 3)))),
            luck.randint(1950, 2000),
            luck.sample(range(len(people)), k=luck.randint(1, 5)),
        )
        for _ in range(films)
    ]
    return {source: _random_catalogue(source, world, people, luck) for source in ("own", "x", "y", "z")}


def _random_catalogue(
    source: str, world: list[tuple[str, int, list[int]]], people: list[str], luck: random.Random
) -> list[Mention]:
    has_people, share, style = luck.random() < 0.8, luck.uniform(0.3, 0.9), luck.random()

    def written(person: int) -> str:
        first, last = people[person].split()
        return f"{first[0]}. {last}" if style < 0.2 else f"{last}, {first}" if style < 0.4 else people[person]

    mentions: list[Mention] = []
    filmographies: dict[int, list[Credit]] = {}
    for number, (title, year, credited) in enumerate(world):
        if luck.random() > share:
            continue
        name = title if luck.random() < 0.85 else title[:-1]
        made = year + luck.choice((0, 0, 0, 0, 1, -1))
        named = [person for person in credited if luck.random() < 0.8]
        identifiers = frozenset({("imdbId", f"tt{number}")}) if luck.random() < 0.2 else frozenset()
        roles = ["director", *["castMember"] * len(named)]
        credits = tuple(
            Credit(written(who), role, f"film:{source}-p{who}") for who, role in zip(named, roles, strict=False)
        )
        years = (made,) if luck.random() < 0.9 else ()
        film = Mention(f"film:{source}-f{number}", (name,), years=years, credits=credits, identifiers=identifiers)
        mentions.append(film)
        for who, role in zip(named, roles, strict=False):
            filmographies.setdefault(who, []).append(Credit(name, role, film.id))
    if has_people:
        mentions += (
            Mention(f"film:{source}-p{who}", (written(who),) if style <= 0.8 else (), "person", credits=tuple(films))
            for who, films in filmographies.items()
        )
    return mentions


@settings(deadline=None, max_examples=cases(4))
@given(st.integers(0, 1 << 30))
@example(20)
def test_a_second_run_after_the_first_adds_nothing(seed: int) -> None:
    mentions = random_catalogues(seed)
    first = link_sources(mentions, Links(), trust=lambda source: 0).judgements
    assert not link_sources(mentions, Links(first), trust=lambda source: 0).judgements
