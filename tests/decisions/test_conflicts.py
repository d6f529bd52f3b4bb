"""Deciding between sources: what becomes knowledge, what stays contested, and why."""

from __future__ import annotations

import pytest

from kg.decisions.conflicts import DecisionKind
from kg.terms import LABEL, to_short
from tests.projects import SmallProject, said

POLICY = "sources: [encyclopedia, trade-paper, fan-site]\nproperties:\n  minutes: [trade-paper, encyclopedia]\n"


def tell(project: SmallProject, **blocks: str) -> None:
    """Write one section for each source, about `film:anora`."""
    sections = [
        f"source: {source.replace('_', '-')}\nanora:\n  type: Film\n{lines}" for source, lines in sorted(blocks.items())
    ]
    project.write("data/films.yaml", "---\n".join(sections).encode())


def known(project: SmallProject, name: str) -> list[str]:
    """The values of a property that are knowledge."""
    facts = project.draft().decided.facts
    return sorted({to_short(fact.value) for fact in facts if fact.property.value.endswith(f"/{name}")})


def contested(project: SmallProject) -> list[tuple[str, str, str]]:
    """Each contested fact, its kind and the reason."""
    return sorted((said(one.fact), one.kind.value, one.reason) for one in project.draft().decided.contested)


@pytest.fixture
def decided(project: SmallProject) -> SmallProject:
    project.write("data/policy.yaml", POLICY)
    return project


def test_sources_that_agree_need_no_decision(decided: SmallProject) -> None:
    tell(decided, encyclopedia="  year: 2024\n", fan_site="  year: 2024\n")
    assert known(decided, "year") == ["2024"]
    assert contested(decided) == []


def test_the_more_trusted_source_is_believed(decided: SmallProject) -> None:
    tell(decided, encyclopedia="  year: 2024\n", fan_site="  year: 2023\n")
    assert known(decided, "year") == ["2024"]
    assert contested(decided) == [
        ("film:anora film:year 2023", "conflict", "for year, encyclopedia is trusted before fan-site")
    ]


def test_a_property_may_have_an_order_of_its_own(decided: SmallProject) -> None:
    tell(decided, encyclopedia="  minutes: 139\n", trade_paper="  minutes: 138\n")
    assert known(decided, "minutes") == ["138"]


def test_among_values_of_one_source_the_preferred_is_taken(decided: SmallProject) -> None:
    tell(decided, encyclopedia="  minutes:\n    - 139\n    - {value: 138, rank: preferred}\n")
    assert known(decided, "minutes") == ["138"]
    assert contested(decided)[0][1:] == ("conflict", "encyclopedia's value is ranked preferred")


def test_policy_comes_before_rank(decided: SmallProject) -> None:
    tell(decided, encyclopedia="  year: 2024\n", fan_site="  year: {value: 2023, rank: preferred}\n")
    assert known(decided, "year") == ["2024"]


def test_of_values_as_of_a_day_the_latest_holds(decided: SmallProject) -> None:
    days = "  minutes:\n    - {value: 139, as_of: 2024-05}\n    - {value: 138, as_of: 2024-10}\n"
    tell(decided, encyclopedia=days)
    assert known(decided, "minutes") == ["138"]
    assert contested(decided)[0][1] == DecisionKind.SUPERSEDED


def test_a_value_with_a_day_is_taken_before_one_without(decided: SmallProject) -> None:
    tell(decided, encyclopedia="  minutes:\n    - 139\n    - {value: 138, as_of: 2024-10}\n")
    assert known(decided, "minutes") == ["138"]


def test_a_tie_abstains(decided: SmallProject) -> None:
    tell(decided, encyclopedia="  minutes: [138, 139]\n")
    assert known(decided, "minutes") == []
    assert [kind for _, kind, _ in contested(decided)] == ["tie", "tie"]


def test_sources_without_a_place_in_the_order_are_trusted_alike(project: SmallProject) -> None:
    tell(project, encyclopedia="  year: 2024\n", fan_site="  year: 2023\n")
    assert known(project, "year") == []
    assert {kind for _, kind, _ in contested(project)} == {"tie"}


def test_a_coarser_date_is_no_contradiction(decided: SmallProject) -> None:
    tell(decided, encyclopedia="  date: 2024\n", fan_site="  date: 2024-10-18\n", trade_paper="  date: 2024-10\n")
    assert known(decided, "date") == ["2024-10-18"]
    assert {kind for _, kind, _ in contested(decided)} == {"coarser"}


def test_a_date_of_another_year_is_a_contradiction(decided: SmallProject) -> None:
    tell(decided, encyclopedia="  date: 2024\n", fan_site="  date: 2023-10-18\n")
    assert known(decided, "date") == ["2024"]
    assert {kind for _, kind, _ in contested(decided)} == {"conflict"}


def test_what_its_own_source_gets_wrong_is_kept_as_deprecated(decided: SmallProject) -> None:
    tell(decided, encyclopedia="  year: {value: 2042, rank: deprecated, because: a misprint}\n")
    assert known(decided, "year") == []
    assert contested(decided) == [("film:anora film:year 2042", "deprecated", "a misprint")]


def test_a_deprecated_value_does_not_stand_against_another(decided: SmallProject) -> None:
    tell(decided, encyclopedia="  year: {value: 2042, rank: deprecated}\n", fan_site="  year: 2024\n")
    assert known(decided, "year") == ["2024"]


def test_what_a_film_may_have_twice_is_no_contradiction(decided: SmallProject) -> None:
    tell(decided, encyclopedia="  genre: comedy\n", fan_site="  genre: drama\n")
    assert known(decided, "genre") == ["comedy", "drama"]


def test_a_property_single_for_films_may_be_manifold_for_others(decided: SmallProject) -> None:
    decided.write(
        "data/films.yaml", "source: encyclopedia\noscars:\n  type: Award\n  title: [Oscars, Academy Awards]\n"
    )
    assert known(decided, "title") == ["Academy Awards", "Oscars"]


APART = """\
@prefix film: <https://w3id.org/filmgraph/film/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
film:Organisation a owl:Class ; rdfs:subClassOf film:Agent ; owl:disjointWith film:Person .
film:distributor a owl:ObjectProperty ; rdfs:range film:Organisation .
"""


def test_a_use_that_the_decided_class_forbids_goes_with_the_other_class(decided: SmallProject) -> None:
    decided.write("ontology/apart.ttl", APART)
    decided.write(
        "data/films.yaml",
        "source: encyclopedia\nstroszek: {type: Film, director: herzog}\nherzog: {type: Person}\n"
        "---\nsource: fan-site\nfata-morgana: {type: Film, distributor: herzog}\nherzog: {type: Organisation}\n",
    )
    assert known(decided, "director") == ["film:herzog"]
    assert contested(decided) == [
        (
            "film:fata-morgana film:distributor film:herzog",
            "conflict",
            "used as film:Organisation, but film:herzog is decided to be film:Person",
        ),
        (
            "film:herzog rdf:type film:Organisation",
            "conflict",
            "for what it is, encyclopedia is trusted before fan-site",
        ),
    ]


NAMED_ONCE = """\
@prefix film: <https://w3id.org/filmgraph/film/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
film:NameShape a sh:NodeShape ; sh:targetClass film:Film ; sh:property [ sh:path rdfs:label ; sh:maxCount 1 ] .
"""


def test_a_name_that_we_made_gives_way_to_one_that_somebody_says(decided: SmallProject) -> None:
    decided.write("ontology/shapes.ttl", NAMED_ONCE)
    decided.write(
        "data/films.csv",
        "subject,property,value,source,paraphrase\nanora,type,Film,encyclopedia,\n"
        "anora,label,Q1,encyclopedia,true\nanora,label,Anora,fan-site,\n",
    )
    facts = decided.draft().decided.facts
    assert [said(fact) for fact in facts if fact.property == LABEL] == ["film:anora rdfs:label Anora"]
    assert contested(decided)[0][1:] == ("conflict", "fan-site's value is in its own words")


FIGURES = POLICY + "figures:\n  boxOffice: [territory]\n"


def figure(amount: str, *, territory: str = "usa", day: str = "2025-02-06") -> str:
    more = f", asOf: {day}" if day else ""
    return f"    - {{amount: {amount}, territory: {territory}{more}}}\n"


def box_office(project: SmallProject, **figures: str) -> None:
    project.write("data/policy.yaml", FIGURES)
    project.write("data/places.yaml", "source: encyclopedia\nusa: {type: Country}\nfrance: {type: Country}\n")
    tell(project, **{source: f"  boxOffice:\n{lines}" for source, lines in figures.items()})


def test_two_figures_of_one_territory_and_day_are_one_figure(project: SmallProject) -> None:
    box_office(project, encyclopedia=figure("36500000"), fan_site=figure("40000000"))
    assert known(project, "amount") == ["36500000"]


def test_a_losing_figure_takes_its_parts_with_it(project: SmallProject) -> None:
    box_office(project, encyclopedia=figure("36500000"), fan_site=figure("40000000"))
    lost = {name.split()[1] for name, _, _ in contested(project)}
    assert lost == {"film:boxOffice", "film:amount", "film:territory", "film:asOf"}


def test_figures_of_other_days_or_territories_stand_beside_each_other(project: SmallProject) -> None:
    box_office(
        project,
        encyclopedia=figure("36500000") + figure("20000000", day="2024-12-31"),
        fan_site=figure("3000000", territory="france"),
    )
    assert len(known(project, "amount")) == 3
    assert contested(project) == []


def test_figures_that_agree_are_not_tied(project: SmallProject) -> None:
    box_office(
        project,
        encyclopedia=figure("36500000") + "    - {id: again, amount: 36500000, territory: usa, asOf: 2025-02-06}\n",
        fan_site=figure("40000000"),
    )
    assert known(project, "amount") == ["36500000"]


def test_a_figure_of_no_day_stands_against_those_of_a_day(project: SmallProject) -> None:
    box_office(project, encyclopedia=figure("36500000"), fan_site=figure("40000000", day=""))
    assert known(project, "amount") == ["36500000"]


POLICY_FAULTS = [
    ("sources: [encyclopaedia]\n", "1:11 unknown-source"),
    ("properties:\n  minuts: [encyclopedia]\n", "2:3 unknown-property"),
    ("figures:\n  boxOffice: [teritory]\n", "2:15 unknown-property"),
    ("order: [encyclopedia]\n", "1:1 key"),
    ("sources: encyclopedia\n", "1:10 shape"),
    ("properties: [minutes]\n", "1:13 shape"),
    ("- encyclopedia\n", "1:1 shape"),
    ("sources: [\n", "2:1 yaml"),
]


@pytest.mark.parametrize(("text", "expected"), POLICY_FAULTS)
def test_faults_of_a_policy(anora: SmallProject, text: str, expected: str) -> None:
    anora.write("data/policy.yaml", text)
    found = [f"{one.place} {one.check.removeprefix('facts/')}" for one in anora.draft().report]
    assert found == [f"data/policy.yaml:{expected}"]


SOURCE_FAULTS = [
    ("Encyclopedia: {title: A}\n", "1:1 name"),
    ("a: {title: A}\na: {title: B}\n", "2:1 duplicate"),
    ("a: {titel: A}\n", "1:5 key"),
    ("a: {title: [A]}\n", "1:12 shape"),
    ("a: title\n", "1:4 shape"),
    ("a: {sha256: 5F0C}\n", "1:13 value"),
    ("- a\n", "1:1 shape"),
    ("a: {\n", "2:1 yaml"),
]


@pytest.mark.parametrize(("text", "expected"), SOURCE_FAULTS)
def test_faults_of_the_sources(project: SmallProject, text: str, expected: str) -> None:
    project.write("data/sources.yaml", text)
    assert project.faults() == [f"data/sources.yaml:{expected}"]
