"""Linking of two lists of mentions, and of one list with itself, without a project."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg.linking.link_mentions import find_duplicates, link_mentions
from kg.linking.model import Credit, Mention

KUROSAWA = (Credit("Akira Kurosawa", "director"),)


def film(id: str, title: str, director: str, year: int = 1995) -> Mention:
    return Mention(id, (title,), years=(year,), credits=(Credit(director, "director", f"{id}-director"),))


def director(id: str, name: str, title: str) -> Mention:
    return Mention(f"{id}-director", (name,), "person", credits=(Credit(title, "director", id),))


WORDS = (
    "Orchard", "Mirror", "Lantern", "Harbour", "Falcon", "Winter", "Bridge", "Copper", "Sparrow", "Ribbon", "Canyon",
    "Velvet", "Thunder", "Marble", "Journey", "Compass", "Meadow", "Granite", "Whistle", "Ember", "Saffron",
    "Puzzle", "Anchor", "Cricket", "Juniper", "Zephyr", "Tambourine", "Gallop", "Obelisk", "Quarry",
)  # fmt: skip


def catalogue(prefix: str) -> list[Mention]:
    """Thirty films, each with its director: the background against which a name is rare."""
    titles = [f"{word} {other}" for word, other in zip(WORDS, WORDS[7:] + WORDS[:7], strict=True)]
    names = [f"{word} {other}son" for word, other in zip(WORDS[3:] + WORDS[:3], WORDS[11:] + WORDS[:11], strict=True)]
    films = [film(f"{prefix}{n}", titles[n], names[n], 1960 + n) for n in range(30)]
    people = [director(f"{prefix}{n}", names[n], titles[n]) for n in range(30)]
    return [*films, *people]


def test_two_lists_of_films_and_people_are_linked_together() -> None:
    left = [film("a", "Heat", "Michael Mann"), director("a", "Michael Mann", "Heat"), *catalogue("l")]
    right = [film("b", "Heat", "Mann, Michael"), director("b", "Mann, Michael", "Heat"), *catalogue("r")]
    links = link_mentions(left, right)
    pairs = {(pair.left.id, pair.right.id) for pair in links.same}
    assert {("a", "b"), ("a-director", "b-director"), ("l7", "r7"), ("l7-director", "r7-director")} <= pairs
    assert links.expected["film"].pairs == 31
    assert links.expected["film"].recall == pytest.approx(1, abs=0.02)


def test_only_the_wanted_kinds_are_linked() -> None:
    links = link_mentions(catalogue("l"), catalogue("r"), kinds=["person"])
    assert {pair.left.kind for pair in links.candidates} == {"person"}
    assert set(links.expected) == {"person"}


def test_duplicates_in_one_list_are_pairs_of_two_mentions() -> None:
    ids = frozenset({("imdbId", "tt0113277")})
    one, other = (Mention(id, (name,), identifiers=ids) for id, name in (("a", "Heat"), ("b", "Heat (1995)")))
    assert [(pair.left.id, pair.right.id) for pair in find_duplicates([one, *catalogue("l"), other]).same] == [
        ("a", "b")
    ]


@pytest.mark.parametrize("others", [3, 40])
def test_an_exact_duplicate_is_sure_in_a_short_list(others: int) -> None:
    films = [Mention(f"f{n}", (f"Film {chr(97 + n % 26) * 5}{n}",), years=(1950 + n,)) for n in range(others)]
    one, two = (Mention(id, ("Seven Samurai",), years=(1954,), credits=KUROSAWA) for id in ("a", "b"))
    misspelt = Mention("c", ("Seven Samurei",), years=(1954,), credits=KUROSAWA)
    assert [(pair.left.id, pair.right.id) for pair in find_duplicates([one, *films, two]).same] == [("a", "b")]
    assert [(pair.left.id, pair.right.id) for pair in find_duplicates([one, *films, misspelt]).same] == [("a", "c")]
    assert not find_duplicates([one, *films]).same


def test_a_short_list_says_less_of_how_rare_titles_are() -> None:
    left = [Mention(f"l{n}", (name,)) for n, name in enumerate(("Seven Samurai", "Ikiru", "Heat"))]
    right = [Mention(f"r{n}", (name,)) for n, name in enumerate(("Seven Samurai", "Yojimbo", "Ran"))]
    (pair,) = (pair for pair in link_mentions(left, right).candidates if pair.left.name == pair.right.name)
    assert pair.bits > 6


def test_an_article_of_both_is_named_among_the_reasons_and_another_one_is_no_veto() -> None:
    article = frozenset({("wikipediaArticle", "en:The Card (1952 film)")})
    one = Mention("a", ("La carta", "The Card"), years=(1952,), identifiers=article)
    other = Mention("b", ("Der Aufsteiger", "The Card"), years=(1953,), identifiers=article)
    (pair,) = link_mentions([one], [other]).same
    assert "wikipediaArticle +40.0: en:The Card (1952 film)" in pair.reason
    assert "The Card" in next(str(feature) for feature in pair.features if feature.name == "title")
    renamed = replace(other, identifiers=frozenset({("wikipediaArticle", "en:The Promoter")}))
    (pair,) = link_mentions([one], [renamed]).candidates
    assert pair.veto is None
