"""Each property and part of an entity is assigned to one section of its page, whatever order they are read in."""

from __future__ import annotations

import pytest
from pyoxigraph import NamedNode

from kg import vocabulary as vocab
from kg.filmgraph import FilmGraph
from kg.server.pages.display import display_of
from kg.server.pages.entity_data import EntityData, read_entity_data
from kg.server.pages.layouts import CARD, SECTIONS, assign, assign_properties
from kg.server.pages.urls import inverse_of
from kg.terms import entity_iri

FILM = (vocab.Work, vocab.Film)
PERSON = (vocab.Agent, vocab.Person)


@pytest.mark.parametrize(
    ("classes", "property", "section"),
    [
        (FILM, vocab.director, "card"),
        (FILM, vocab.castMember, "card"),
        (FILM, vocab.contributor, "credits"),
        (FILM, inverse_of(vocab.characterIn), "story"),
        (FILM, inverse_of(vocab.inPlotOf), "story"),
        (FILM, vocab.recognition, "awards"),
        (FILM, vocab.medium, "release"),
        (FILM, vocab.praisedBy, "statements"),
        (FILM, vocab.format, "making"),
        (FILM, vocab.occupation, None),
        (FILM, inverse_of(vocab.director), None),
        (PERSON, vocab.occupation, "card"),
        (PERSON, inverse_of(vocab.director), "films"),
        (PERSON, inverse_of(vocab.contributor), "films"),
        (PERSON, vocab.castMember, None),
        ((vocab.Work,), vocab.castMember, None),
        ((vocab.EventSeries,), inverse_of(vocab.awardOf), "card"),
        ((vocab.Award,), inverse_of(vocab.awardOf), "awards"),
        ((), vocab.director, None),
    ],
)
def test_a_property_is_shown_in_the_first_section_that_names_it(
    classes: tuple[NamedNode, ...], property: NamedNode, section: str | None
) -> None:
    card = next((properties for name, properties in CARD.items() if name in classes), ())
    assert assign_properties(classes, card).get(property) == section


def test_no_class_of_parts_is_in_two_sections() -> None:
    classes = [name for section in SECTIONS for name in section.parts]
    assert len(classes) == len(set(classes))


@pytest.fixture
def film(graph: FilmGraph) -> EntityData:
    return read_entity_data(display_of(graph), entity_iri("tangerine"))


def test_each_part_is_shown_once(film: EntityData) -> None:
    sections = {part.iri.value.rpartition("/")[2]: section for part in film.parts
                if (section := assign(film).parts.get(part.iri))}  # fmt: skip
    assert sections == {
        "tangerine.boxOffice.usa": "box-office",
        "tangerine.boxOffice.worldwide": "box-office",
        "tangerine.boxOffice.worldwide-later": "box-office",
        "tangerine.castCredit.mya-taylor": "credits",
        "tangerine.screening.first": "release",
        "tangerine.rating.critics": "ratings",
        "tangerine.recognition.audience-prize": "awards",
        "tangerine.recognition.best-film": "awards",
        "tangerine.recognition.gotham": "awards",
        "sean-baker.statement.telephone": "statements",
    }


def test_the_assignment_does_not_depend_on_the_order_of_parts(film: EntityData) -> None:
    reverse = EntityData(
        film.entity, film.label, classes=film.classes, values=film.values, parts=tuple(reversed(film.parts))
    )
    assert assign(reverse).parts == assign(film).parts
