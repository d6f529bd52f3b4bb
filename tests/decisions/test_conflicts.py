"""Conflicts between sources: what becomes knowledge, what is contested, and why."""

from __future__ import annotations

import pytest

from kg.decisions.conflicts import DecisionKind
from kg.terms import LABEL, to_short
from tests.projects import SmallProject, place_and_check, statement

POLICY = "sources: [encyclopedia, trade-paper, fan-site]\nproperties:\n  minutes: [trade-paper, encyclopedia]\n"


def write_facts(project: SmallProject, **blocks: str) -> None:
    """Write one section for each source, about `film:anora`."""
    sections = [
        f"source: {source.replace('_', '-')}\nanora:\n  type: Film\n{lines}" for source, lines in sorted(blocks.items())
    ]
    project.write("data/films.yaml", "---\n".join(sections).encode())


def known(project: SmallProject, name: str) -> list[str]:
    """The values of a property that are knowledge."""
    facts = project.draft().resolution.facts
    return sorted({to_short(fact.value) for fact in facts if fact.property.value.endswith(f"/{name}")})


def contested(project: SmallProject) -> list[tuple[str, str, str]]:
    """Each contested fact, its kind and the reason."""
    return sorted((statement(item.fact), item.kind.value, item.reason) for item in project.draft().resolution.contested)


@pytest.fixture
def with_policy(project: SmallProject) -> SmallProject:
    project.write("data/policy.yaml", POLICY)
    return project


def test_sources_that_agree_need_no_decision(with_policy: SmallProject) -> None:
    write_facts(with_policy, encyclopedia="  year: 2024\n", fan_site="  year: 2024\n")
    assert known(with_policy, "year") == ["2024"]
    assert contested(with_policy) == []


def test_the_value_of_the_more_trusted_source_is_preferred(with_policy: SmallProject) -> None:
    write_facts(with_policy, encyclopedia="  year: 2024\n", fan_site="  year: 2023\n")
    assert known(with_policy, "year") == ["2024"]
    assert contested(with_policy) == [
        ("film:anora film:year 2023", "conflict", "for year, encyclopedia is trusted more than fan-site")
    ]


def test_a_property_may_have_an_order_of_its_own(with_policy: SmallProject) -> None:
    write_facts(with_policy, encyclopedia="  minutes: 139\n", trade_paper="  minutes: 138\n")
    assert known(with_policy, "minutes") == ["138"]


def test_among_values_of_one_source_the_one_ranked_preferred_is_knowledge(with_policy: SmallProject) -> None:
    write_facts(with_policy, encyclopedia="  minutes:\n    - 139\n    - {value: 138, rank: preferred}\n")
    assert known(with_policy, "minutes") == ["138"]
    assert contested(with_policy)[0][1:] == ("conflict", "encyclopedia's value is ranked preferred")


def test_policy_comes_before_rank(with_policy: SmallProject) -> None:
    write_facts(with_policy, encyclopedia="  year: 2024\n", fan_site="  year: {value: 2023, rank: preferred}\n")
    assert known(with_policy, "year") == ["2024"]


def test_of_values_with_as_of_days_the_latest_is_knowledge(with_policy: SmallProject) -> None:
    days = "  minutes:\n    - {value: 139, as_of: 2024-05}\n    - {value: 138, as_of: 2024-10}\n"
    write_facts(with_policy, encyclopedia=days)
    assert known(with_policy, "minutes") == ["138"]
    assert contested(with_policy)[0][1] == DecisionKind.SUPERSEDED


def test_a_value_with_an_as_of_day_is_preferred_to_one_without(with_policy: SmallProject) -> None:
    write_facts(with_policy, encyclopedia="  minutes:\n    - 139\n    - {value: 138, as_of: 2024-10}\n")
    assert known(with_policy, "minutes") == ["138"]


def test_values_of_equal_rank_leave_the_conflict_undecided(with_policy: SmallProject) -> None:
    write_facts(with_policy, encyclopedia="  minutes: [138, 139]\n")
    assert known(with_policy, "minutes") == []
    reason = "encyclopedia states several values"
    assert [item[1:] for item in contested(with_policy)] == [("undecided", reason)] * 2


def test_sources_that_the_policy_does_not_list_are_equally_trusted(project: SmallProject) -> None:
    write_facts(project, encyclopedia="  year: 2024\n", fan_site="  year: 2023\n")
    assert known(project, "year") == []
    reason = "encyclopedia and fan-site are equally trusted"
    assert {item[1:] for item in contested(project)} == {("undecided", reason)}


def test_a_coarser_date_is_not_a_conflict(with_policy: SmallProject) -> None:
    write_facts(
        with_policy, encyclopedia="  date: 2024\n", fan_site="  date: 2024-10-18\n", trade_paper="  date: 2024-10\n"
    )
    assert known(with_policy, "date") == ["2024-10-18"]
    assert {kind for _, kind, _ in contested(with_policy)} == {"coarser"}


def test_a_date_of_another_year_is_a_conflict(with_policy: SmallProject) -> None:
    write_facts(with_policy, encyclopedia="  date: 2024\n", fan_site="  date: 2023-10-18\n")
    assert known(with_policy, "date") == ["2024"]
    assert {kind for _, kind, _ in contested(with_policy)} == {"conflict"}


def test_a_deprecated_fact_is_kept_as_contested(with_policy: SmallProject) -> None:
    write_facts(with_policy, encyclopedia="  year: {value: 2042, rank: deprecated, because: a misprint}\n")
    assert known(with_policy, "year") == []
    assert contested(with_policy) == [("film:anora film:year 2042", "deprecated", "a misprint")]


def test_a_deprecated_value_is_not_in_conflict_with_another(with_policy: SmallProject) -> None:
    write_facts(with_policy, encyclopedia="  year: {value: 2042, rank: deprecated}\n", fan_site="  year: 2024\n")
    assert known(with_policy, "year") == ["2024"]


def test_several_values_of_a_property_that_allows_them_are_not_a_conflict(with_policy: SmallProject) -> None:
    write_facts(with_policy, encyclopedia="  genre: comedy\n", fan_site="  genre: drama\n")
    assert known(with_policy, "genre") == ["comedy", "drama"]


def test_a_property_that_is_single_for_films_may_have_several_values_for_others(with_policy: SmallProject) -> None:
    with_policy.write(
        "data/films.yaml", "source: encyclopedia\noscars:\n  type: Award\n  title: [Oscars, Academy Awards]\n"
    )
    assert known(with_policy, "title") == ["Academy Awards", "Oscars"]


APART = """\
@prefix film: <https://w3id.org/filmgraph/film/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
film:Organisation a owl:Class ; rdfs:subClassOf film:Agent ; owl:disjointWith film:Person .
film:distributor a owl:ObjectProperty ; rdfs:range film:Organisation .
"""


def test_a_fact_that_uses_an_entity_as_the_class_that_lost_is_contested(with_policy: SmallProject) -> None:
    with_policy.write("ontology/apart.ttl", APART)
    with_policy.write(
        "data/films.yaml",
        "source: encyclopedia\nstroszek: {type: Film, director: herzog}\nherzog: {type: Person}\n"
        "---\nsource: fan-site\nfata-morgana: {type: Film, distributor: herzog}\nherzog: {type: Organisation}\n",
    )
    assert known(with_policy, "director") == ["film:herzog"]
    assert contested(with_policy) == [
        (
            "film:fata-morgana film:distributor film:herzog",
            "undecided",
            "used as film:Organisation, but film:herzog was decided to be film:Person",
        ),
        (
            "film:herzog rdf:type film:Organisation",
            "conflict",
            "for its class, encyclopedia is trusted more than fan-site",
        ),
    ]


def test_a_class_that_only_follows_from_a_use_outlaws_no_facts_of_a_source_that_describes_the_entity(
    with_policy: SmallProject,
) -> None:
    with_policy.write("ontology/apart.ttl", APART)
    with_policy.write(
        "data/used.csv",
        "subject,property,value,source,record\n"
        "fata-morgana,type,Film,encyclopedia,1\nfata-morgana,distributor,herzog,encyclopedia,1\n"
        "herzog,type,Organisation,encyclopedia,1\nherzog,label,Werner Herzog,encyclopedia,1\n",
    )
    with_policy.write(
        "data/described.csv",
        "subject,property,value,source,record\n"
        "stroszek,type,Film,fan-site,1\nstroszek,director,herzog,fan-site,1\n"
        "herzog,type,Person,fan-site,2\nherzog,year,1942,fan-site,2\n",
    )
    assert known(with_policy, "director") == ["film:herzog"]
    reasons = {triple: (kind, reason) for triple, kind, reason in contested(with_policy)}
    assert reasons["film:fata-morgana film:distributor film:herzog"][0] == "undecided"
    assert reasons["film:herzog rdf:type film:Organisation"] == (
        "conflict",
        "fan-site describes it, and encyclopedia only refers to it",
    )


NAMED_ONCE = """\
@prefix film: <https://w3id.org/filmgraph/film/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
film:NameShape a sh:NodeShape ; sh:targetClass film:Film ; sh:property [ sh:path rdfs:label ; sh:maxCount 1 ] .
"""


def test_a_label_of_our_making_gives_way_to_one_that_a_source_states(with_policy: SmallProject) -> None:
    with_policy.write("ontology/shapes.ttl", NAMED_ONCE)
    with_policy.write(
        "data/films.csv",
        "subject,property,value,source,paraphrase\nanora,type,Film,encyclopedia,\n"
        "anora,label,Q1,encyclopedia,true\nanora,label,Anora,fan-site,\n",
    )
    facts = with_policy.draft().resolution.facts
    assert [statement(fact) for fact in facts if fact.property == LABEL] == ["film:anora rdfs:label Anora"]
    assert contested(with_policy)[0][1:] == ("conflict", "fan-site's value is in its own words")


FIGURES = POLICY + "figures:\n  boxOffice: [territory]\n"


def figure(amount: str, *, territory: str = "usa", day: str = "2025-02-06") -> str:
    more = f", asOf: {day}" if day else ""
    return f"    - {{amount: {amount}, territory: {territory}{more}}}\n"


def box_office(project: SmallProject, **figures: str) -> None:
    project.write("data/policy.yaml", FIGURES)
    project.write("data/places.yaml", "source: encyclopedia\nusa: {type: Country}\nfrance: {type: Country}\n")
    write_facts(project, **{source: f"  boxOffice:\n{lines}" for source, lines in figures.items()})


def test_two_figures_of_one_territory_and_day_are_one_figure(project: SmallProject) -> None:
    box_office(project, encyclopedia=figure("36500000"), fan_site=figure("40000000"))
    assert known(project, "amount") == ["36500000"]


def test_the_facts_about_a_losing_figure_are_contested_too(project: SmallProject) -> None:
    box_office(project, encyclopedia=figure("36500000"), fan_site=figure("40000000"))
    lost = {name.split()[1] for name, _, _ in contested(project)}
    assert lost == {"film:boxOffice", "film:amount", "film:territory", "film:asOf"}


def test_figures_of_different_days_or_territories_are_not_in_conflict(project: SmallProject) -> None:
    box_office(
        project,
        encyclopedia=figure("36500000") + figure("20000000", day="2024-12-31"),
        fan_site=figure("3000000", territory="france"),
    )
    assert len(known(project, "amount")) == 3
    assert contested(project) == []


def test_equal_figures_are_not_a_tie(project: SmallProject) -> None:
    box_office(
        project,
        encyclopedia=figure("36500000") + "    - {id: again, amount: 36500000, territory: usa, asOf: 2025-02-06}\n",
        fan_site=figure("40000000"),
    )
    assert known(project, "amount") == ["36500000"]


def test_a_figure_without_a_day_is_in_conflict_with_dated_ones(project: SmallProject) -> None:
    box_office(project, encyclopedia=figure("36500000"), fan_site=figure("40000000", day=""))
    assert known(project, "amount") == ["36500000"]


POLICY_FINDINGS = [
    ("sources: [encyclopaedia]\n", "1:11 unknown-source"),
    ("properties:\n  minuts: [encyclopedia]\n", "2:3 unknown-property"),
    ("figures:\n  boxOffice: [teritory]\n", "2:15 unknown-property"),
    ("order: [encyclopedia]\n", "1:1 key"),
    ("sources: encyclopedia\n", "1:10 shape"),
    ("properties: [minutes]\n", "1:13 shape"),
    ("- encyclopedia\n", "1:1 shape"),
    ("sources: [\n", "2:1 yaml"),
]


@pytest.mark.parametrize(("text", "expected"), POLICY_FINDINGS)
def test_a_wrong_policy_is_reported_with_line_and_column(anora: SmallProject, text: str, expected: str) -> None:
    anora.write("data/policy.yaml", text)
    assert [place_and_check(finding) for finding in anora.draft().report] == [f"data/policy.yaml:{expected}"]
