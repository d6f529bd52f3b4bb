"""The project's own shapes: each rule about several facts finds what is wrong, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import NamedNode, QuerySolutions, RdfFormat, Store, parse

from kg.graph.triple_tables import TripleTables
from kg.project import find_project
from kg.schema import read_ontology, to_schema
from kg.shapes import Shapes, check, read_shapes

ROOT = Path(__file__).parents[2]
PREFIXES = """
@prefix film: <https://w3id.org/filmgraph/film/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
LISTED_KINDS = """
    PREFIX film: <https://w3id.org/filmgraph/film/> PREFIX sh: <http://www.w3.org/ns/shacl#>
    PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
    SELECT ?class ?word {
      ?shape sh:targetClass ?class ; sh:property [ sh:path film:kind ; sh:in/rdf:rest*/rdf:first ?word ]
    }
"""
ANORA = "film:anora film:boxOffice film:w, film:us, film:other ."
FIGURE = (
    "film:{0} film:territory film:{1} ; film:asOf 2025 ; film:period 'total' ; film:currency 'USD' ; film:amount {2} ."
)
SHOT = (
    "film:anora film:shoot film:s ; film:release film:r . film:r a film:Release ."
    " film:s film:earliest '2023-02-01'^^xsd:date . "
)
RATED = (
    "film:r a film:Rating ; film:scale 100 ; film:givenBy film:a ."
    " film:a a film:Organisation ; film:kind 'review aggregator' . "
)

OSCARS = (
    "film:r a film:Recognition ; film:edition film:oscars-97 . film:oscars-97 a film:Edition . film:afi a film:Agent . "
)


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    return read_shapes(sorted((ROOT / "ontology").glob("shapes*.ttl")))


def test_the_shapes_list_the_kinds_of_every_class() -> None:
    schema = to_schema(read_ontology(find_project(ROOT).ontology))
    store = Store()
    for path in sorted((ROOT / "ontology").glob("shapes*.ttl")):
        store.load(path=path, format=RdfFormat.TURTLE)
    listed: dict[NamedNode, set[str]] = {}
    solutions = store.query(LISTED_KINDS)
    assert isinstance(solutions, QuerySolutions)
    for iri, word in solutions:
        listed.setdefault(iri, set()).add(word.value)
    words = {iri: {term.word for kind, term in schema.kinds.items() if iri in schema.ancestors(kind)} for iri in listed}
    assert listed == words
    assert {schema.class_of(kind) for kind in schema.kinds} == set(listed)


ANY_NAMED = "film:x rdfs:label 'X' ; film:kind '{}' . film:x a film:{} ."
KINDS = [
    ("PlaceShape", "Place", "city", "town", "The kind of a place is country, state, city"),
    ("OrganisationShape", "Organisation", "review aggregator", "website", "The kind of an organisation is company"),
    ("EventSeriesShape", "EventSeries", "awards", "ceremony", "The kind of an event series is festival or awards."),
    ("EditionShape", "Edition", "ceremony", "interview", "The kind of an edition is festival edition or ceremony."),
    ("EventShape", "Event", "interview", "speech", "The kind of an event is interview, occasion"),
    ("EquipmentShape", "Equipment", "film stock", "city", "The kind of equipment is camera, lens, film stock"),
    ("StoryObjectShape", "StoryObject", "legal act", "lens", "The only kind of object in a story is legal act."),
    ("WorkShape", "Work", "web page", "site", "The kind of a work is one of the forms"),
]


@pytest.mark.parametrize(("rule", "class_name", "right", "wrong", "message"), KINDS)
def test_a_kind_is_one_of_its_class(
    shapes: Shapes, rule: str, class_name: str, right: str, wrong: str, message: str
) -> None:
    assert messages(shapes, ANY_NAMED.format(right, class_name), rule) == []
    for word in (wrong, "no such kind"):
        (found,) = messages(shapes, ANY_NAMED.format(word, class_name), rule)
        assert found.startswith(message)


def test_what_a_film_comes_from_is_of_no_kind_but_a_country(shapes: Shapes) -> None:
    data = "film:anora a film:Film ; film:countryOfOrigin film:x . film:x a film:Place {}."
    assert [messages(shapes, data.format(kind), "FilmShape") for kind in ("", "; film:kind 'country' ")] == [[], []]
    assert messages(shapes, data.format("; film:kind 'city' "), "FilmShape") == ["A film comes from a country."]


def test_a_film_is_not_a_book(shapes: Shapes) -> None:
    found = messages(shapes, "film:anora a film:Film ; film:kind 'book' .", "FilmShape")
    assert found == ["A film is not a work of another kind."]


def figures(world: float, us: float, other: float) -> str:
    rows = [("w", "worldwide", world), ("us", "united-states", us), ("other", "elsewhere", other)]
    return ANORA + "".join(FIGURE.format(*each) for each in rows)


def messages(shapes: Shapes, data: str, rule: str) -> list[str]:
    """The messages of the findings of one rule."""
    tables = TripleTables()
    tables.add(quad.triple for quad in parse(PREFIXES + data, format=RdfFormat.TURTLE))
    chosen = [f"<https://w3id.org/filmgraph/film/{rule}>"]
    return [finding.message for finding in check(tables, shapes, shape=chosen)]


RULES = [
    (
        "ArticleShape",
        "film:piece a film:Work ; film:kind 'article' .",
        "film:piece a film:Work ; film:kind 'article' ; film:outlet film:paper . film:b film:kind 'book' .",
        "An article is published in an outlet.",
    ),
    (
        "InterviewShape",
        "film:talk film:kind 'occasion' .",
        "film:talk film:kind 'occasion' ; rdfs:label 'A talk' . film:prize film:kind 'awards' .",
        "An interview or occasion has exactly one name.",
    ),
    (
        "IntervieweeShape",
        "film:talk film:kind 'interview' ; film:outlet film:paper . film:paper a film:Organisation .",
        "film:talk film:kind 'interview' ; film:outlet film:paper ; film:participant film:sean-baker ."
        " film:paper a film:Organisation . film:sean-baker a film:Person . film:speech film:kind 'occasion' .",
        "An interview appears in an outlet, and those who are asked are people.",
    ),
    (
        "WebPageShape",
        "film:site a film:Work ; film:kind 'web page' .",
        "film:site a film:Work ; film:kind 'web page' ; film:textOf film:anora .",
        "A web page belongs to a film.",
    ),
    (
        "FestivalShape",
        "film:anora film:screening film:s . film:s film:eventSeries film:academy-awards . "
        "film:academy-awards a film:EventSeries ; film:kind 'awards' .",
        "film:anora film:screening film:s . film:s film:eventSeries film:cannes . "
        "film:cannes a film:EventSeries ; film:kind 'festival', 'awards' .",
        "film:academy-awards is the festival of a screening, but is not a festival. Give it kind: festival.",
    ),
    (
        "LabelShape",
        'film:anora rdfs:label "Anora", "Anora: A Love Story"@en, "Anora"@en .',
        'film:anora rdfs:label "Anora", "Anora"@en, "\u0410\u043d\u043e\u0440\u0430"@ru .',
        "An entity has one label in each language; other names are aliases.",
    ),
    (
        "LabelShape",
        'film:anora rdfs:label " Anora" .',
        'film:anora rdfs:label "Anora" .',
        "A label is a short text that does not begin or end with a space.",
    ),
    (
        "NamedShape",
        'film:anora rdfs:label "Anora" ; film:director film:sean-baker .',
        'film:anora rdfs:label "Anora" ; a film:FeatureFilm .',
        "No source states what this is, so no query for films or people finds it: write its type.",
    ),
    (
        "ReleaseAfterShootShape",
        SHOT + "film:r film:latest '2022-12-31'^^xsd:date .",
        SHOT + "film:r film:latest '2024-10-18'^^xsd:date .",
        "A film does not come out before it has been shot: film:r is over before the shoot began on 2023-02-01.",
    ),
    (
        "DatedShape",
        "film:s film:earliest '2023-02-01'^^xsd:date ; film:latest '2022-01-01'^^xsd:date .",
        "film:s film:earliest '2023-02-01'^^xsd:date ; film:latest '2023-02-01'^^xsd:date .",
        "What begins on 2023-02-01 cannot be over before.",
    ),
    (
        "BornShape",
        "film:p film:birthDate '1071-02-26'^^xsd:date .",
        "film:p film:birthDate '1971-02-26'^^xsd:date . film:q film:birthDate '1971'^^xsd:gYear .",
        "The birth date 1071-02-26 is too early for somebody who worked on a film.",
    ),
    (
        "BoxOfficeSumShape",
        figures(36.5, 15.3, 11.2),
        figures(36.5, 15.3, 21.0),
        "The figures for one day and period add up to the figure for the world: 26.5 against 36.5.",
    ),
    (
        "BoxOfficeSumShape",
        figures(36.5, 15.3, 31.2),
        figures(36.5, 15.3, 21.2),
        "The figures for one day and period add up to the figure for the world: 46.5 against 36.5.",
    ),
    (
        "MoneyShape",
        "film:b film:amount 6000000 .",
        "film:b film:amount 6000000 ; film:currency 'USD' .",
        "An amount needs a currency.",
    ),
    (
        "WinIsNominatedShape",
        "film:anora film:recognition film:w . film:w film:outcome 'won' ; film:award film:best-picture ."
        " film:other film:recognition film:n . film:n film:outcome 'nominated' ; film:award film:best-picture .",
        "film:anora film:recognition film:w, film:m . film:w film:outcome 'won' ; film:award film:best-picture ."
        " film:m film:outcome 'nominated' ; film:award film:best-picture ."
        " film:other film:recognition film:v, film:x . film:v film:outcome 'won' ; film:award film:palme-dor ."
        " film:x film:outcome 'nominated', 'won' ; film:award film:best-picture .",
        "film:w is a win of an award that nominates, and the winner has no nomination.",
    ),
    (
        "WonOrLostShape",
        "film:w a film:Recognition ; film:outcome 'nominated', 'lost', 'won' .",
        "film:w a film:Recognition ; film:outcome 'nominated', 'lost' ."
        " film:v a film:Recognition ; film:outcome 'nominated', 'won' .",
        "film:w was won and lost.",
    ),
    (
        "RecognitionShape",
        OSCARS + "film:r film:outcome 'victory' .",
        OSCARS + "film:r film:outcome 'nominated', 'won' .",
        "The outcome of a recognition is won, nominated, lost, submitted, listed, record or competed.",
    ),
    (
        "RecognitionShape",
        OSCARS + "film:r film:outcome 'won' ; film:count 0 .",
        OSCARS + "film:r film:outcome 'won' ; film:count 1 .",
        "The number of wins, nominations or losses is 1 or more. For no wins, write outcome: lost.",
    ),
    (
        "RecognitionShape",
        "film:r a film:Recognition ; film:outcome 'won' .",
        "film:r a film:Recognition ; film:outcome 'won' ; film:eventSeries film:academy-awards .",
        "A recognition names its award, edition or event series, who gives it, or its claim.",
    ),
    (
        "ListedShape",
        OSCARS + "film:r film:outcome 'listed' .",
        OSCARS + "film:r film:outcome 'listed' ; film:givenBy film:afi .",
        "A list is made by one person or organisation: givenBy.",
    ),
    (
        "RecordShape",
        OSCARS + "film:r film:outcome 'record' .",
        OSCARS + "film:r film:outcome 'record' ; film:claim 'the first to win five' .",
        "A record has a text that says what it is: claim.",
    ),
    (
        "CountShape",
        OSCARS + "film:r film:outcome 'nominated', 'won' ; film:count 5 .",
        OSCARS + "film:r film:outcome 'won' ; film:count 5 .",
        "A number of recognitions has one outcome: wins, nominations and losses are counted apart.",
    ),
    (
        "CountShape",
        "film:r film:outcome 'won' ; film:count 5 .",
        "film:r film:outcome 'won' ; film:count 5 ; film:eventSeries film:academy-awards .",
        "A number of wins, nominations or losses names its edition, series or award: {Academy Awards: 6}.",
    ),
    (
        "ImdbIdShape",
        "film:anora film:imdbId '28607951' .",
        "film:anora film:imdbId 'tt28607951' .",
        "An IMDb identifier is tt, nm, co, ev or ch and at least seven digits, not \u201c28607951\u201d.",
    ),
    (
        "ImdbIdOnceShape",
        "film:anora film:imdbId 'tt28607951' . film:anora-2 film:imdbId 'tt28607951' .",
        "film:anora film:imdbId 'tt28607951', 'tt0000001' . film:other film:imdbId 'tt0000002' .",
        "The IMDb identifier \u201ctt28607951\u201d identifies one entity; entities that share it are duplicates.",
    ),
    (
        "WikidataIdShape",
        "film:anora film:wikidataId 'q1' .",
        "film:anora film:wikidataId 'Q118890363' .",
        "A Wikidata identifier is Q and a number, not \u201cq1\u201d.",
    ),
    (
        "EidrIdShape",
        "film:anora film:eidrId '10.5240/EFBB' .",
        "film:anora film:eidrId '10.5240/EFBB-6F62-4C9E-2A5D-3E1F-Q' .",
        "An EIDR identifier is 10.5240/ and six groups, not \u201c10.5240/EFBB\u201d.",
    ),
    (
        "PreviousFilmShape",
        "film:anora film:follows film:anora .",
        "film:anora film:follows film:red-rocket .",
        "film:anora does not come before itself.",
    ),
    (
        "RatingShape",
        RATED + "film:r film:score 101.0 .",
        RATED + "film:r film:score 93.0 .",
        "A rating has one score, from 0 up to its scale.",
    ),
]


@pytest.mark.parametrize(("rule", "wrong", "right", "message"), RULES, ids=[f"{r[0]}-{n}" for n, r in enumerate(RULES)])
def test_a_rule_finds_what_is_wrong_and_nothing_else(
    shapes: Shapes, rule: str, wrong: str, right: str, message: str
) -> None:
    assert messages(shapes, right, rule) == []
    assert messages(shapes, wrong, rule) == [message]


def test_every_shape_has_a_message_and_a_link_to_read_more(shapes: Shapes) -> None:
    inner = {
        child
        for shape in shapes.shapes.values()
        for constraint in shape.constraints
        if constraint.component.name != "property"
        for child in constraint.shapes
    }
    inner |= {child for node in inner for constraint in shapes.shapes[node].constraints for child in constraint.shapes}
    for shape in shapes.shapes.values():
        constrains = any(constraint.component.name != "property" for constraint in shape.constraints)
        if constrains and shape.node not in inner:
            assert shape.messages, f"{shape.node} at {shape.place} has no sh:message"
    for shape in shapes.targeted():
        assert shape.see_also, f"{shape.node} at {shape.place} has no rdfs:seeAlso"
        assert shape.names, f"{shape.node} at {shape.place} has no label"
