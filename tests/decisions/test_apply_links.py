"""Linked entities are merged: equal facts gain evidence, different ones are a conflict, equal parts are one."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal

from kg.terms import LABEL, to_short
from tests.projects import ONTOLOGY, SmallProject, statement

LINKS = (
    "subject_id\tpredicate_id\tpredicate_modifier\tobject_id\tmapping_justification\n"
    "film:wd-q1\tskos:exactMatch\t\tfilm:anora\tsemapv:ManualMappingCuration\n"
)
OWN = (
    "source: encyclopedia\n"
    "anora:\n  type: Film\n  label: Anora\n  year: 2024\n  director: sean-baker\n"
    "sean-baker: {type: Person}\n"
)
TABLE = "subject,property,value,source,record\n"


def write_project(project: SmallProject, rows: str, *, own: str = OWN, links: str = LINKS) -> None:
    project.write("data/films.yaml", own)
    project.write("data/imports/wikidata/facts.csv", TABLE + rows)
    project.write("data/links.sssom.tsv", links)
    project.write("data/policy.yaml", "sources: [encyclopedia, fan-site]\nsame:\n  recognition: [award]\n")


def statements(project: SmallProject) -> list[str]:
    drafted = project.draft()
    assert drafted.report.ok, drafted.report
    return sorted({statement(fact) for fact in drafted.resolution.facts})


def test_equal_facts_gain_a_second_piece_of_evidence(project: SmallProject) -> None:
    write_project(project, "wd-q1,type,Film,fan-site,Q1\nwd-q1,year,2024,fan-site,Q1\n")
    facts = [fact for fact in project.draft().resolution.facts if fact.property.value.endswith("/year")]
    assert [statement(fact) for fact in facts] == ["film:anora film:year 2024"] * 2
    assert sorted(fact.evidence.source for fact in facts) == ["encyclopedia", "fan-site"]


def test_different_facts_are_a_conflict_with_both_sides(project: SmallProject) -> None:
    write_project(project, "wd-q1,type,Film,fan-site,Q1\nwd-q1,year,2023,fan-site,Q1\n")
    [decision] = project.draft().resolution.decisions
    assert [statement(fact) for fact in decision.preferred] == ["film:anora film:year 2024"]
    assert [statement(fact) for fact in decision.others] == ["film:anora film:year 2023"]
    assert decision.others[0].evidence.record == "Q1"


def test_an_entity_is_renamed_where_it_is_a_value_too(project: SmallProject) -> None:
    write_project(
        project, "wd-q1,type,Film,fan-site,Q1\nwd-q2,type,Film,fan-site,Q2\nwd-q2,sequelOf,wd-q1,fan-site,Q2\n"
    )
    assert "film:wd-q2 film:sequelOf film:anora" in statements(project)
    assert not any("wd-q1" in line for line in statements(project))


def test_another_label_becomes_an_alias(project: SmallProject) -> None:
    write_project(project, "wd-q1,type,Film,fan-site,Q1\nwd-q1,label,Anora (film),fan-site,Q1\n")
    facts = statements(project)
    assert "film:anora rdfs:label Anora" in facts
    assert "film:anora skos:altLabel Anora (film)" in facts


def test_a_label_made_of_a_number_gives_way_to_the_name_of_a_less_trusted_source(project: SmallProject) -> None:
    project.write("data/sources.yaml", "numbers: {title: Numbers}\nnames: {title: Names}\n")
    project.write("data/policy.yaml", "sources: [numbers, names]\n")
    project.write("data/links.sssom.tsv", LINKS)
    header = "subject,property,value,source,record,paraphrase\n"
    project.write(
        "data/imports/numbers/facts.csv",
        f"{header}wd-q1,type,Person,numbers,Q1,\nwd-q1,label,Q1,numbers,Q1,true\n",
    )
    project.write(
        "data/imports/names/facts.csv", f"{header}anora,type,Person,names,7,\nanora,label,Mikey Madison,names,7,\n"
    )
    labels = [fact.value for fact in project.draft().resolution.facts if fact.property == LABEL]
    assert labels == [Literal("Mikey Madison")]


def test_entities_that_are_judged_different_are_not_merged(project: SmallProject) -> None:
    write_project(
        project, "wd-q1,type,Film,fan-site,Q1\nwd-q1,year,2023,fan-site,Q1\n", links=LINKS.replace("\t\t", "\tNot\t")
    )
    assert "film:wd-q1 film:year 2023" in statements(project)


def test_contradicting_judgements_prevent_publishing(project: SmallProject) -> None:
    write_project(
        project, "wd-q1,type,Film,fan-site,Q1\n", links=LINKS + LINKS.splitlines()[1].replace("\t\t", "\tNot\t") + "\n"
    )
    report = project.build()
    assert [finding.check for finding in report] == ["facts/contradicting-links"]
    assert not report.ok


def test_parts_of_linked_entities_with_equal_keys_are_one(project: SmallProject) -> None:
    own = OWN + "best-picture: {type: Award}\n"
    own = own.replace("  year: 2024\n", "  recognition: {id: one, award: best-picture}\n")
    write_project(
        project,
        "wd-q1,type,Film,fan-site,Q1\nwd-q1,recognition,wd-q1.recognition.x,fan-site,Q1\n"
        "wd-q1.recognition.x,award,best-picture,fan-site,Q1\n",
        own=own,
    )
    parts = {line for line in statements(project) if " film:recognition " in line}
    assert parts == {"film:anora film:recognition film:anora.recognition.one"}


def test_two_parts_of_one_source_are_not_merged(project: SmallProject) -> None:
    own = OWN + "best-picture: {type: Award}\n"
    own = own.replace("  year: 2024\n", "  recognition: {id: one, award: best-picture}\n")
    rows = "wd-q1,type,Film,fan-site,Q1\n"
    for name in ("x", "y"):
        rows += f"wd-q1,recognition,wd-q1.recognition.{name},fan-site,Q1\n"
        rows += f"wd-q1.recognition.{name},award,best-picture,fan-site,Q1\n"
    write_project(project, rows, own=own)
    assert len({line for line in statements(project) if " film:recognition " in line}) == 3


def test_a_part_that_states_no_more_than_another_is_merged_into_it(project: SmallProject) -> None:
    nominated = "  recognition:\n  - {award: best-actress, label: Ani}\n  - {award: best-actress, label: Ivan}\n"
    own = OWN.replace("  year: 2024\n", f"  year: 2024\n{nominated}") + "best-actress: {type: Award}\n"
    row = "wd-q1,recognition,wd-q1.recognition.1,fan-site,Q1\nwd-q1.recognition.1,award,best-actress,fan-site,Q1\n"
    write_project(project, f"wd-q1,type,Film,fan-site,Q1\n{row}", own=own)
    assert len([line for line in statements(project) if " film:recognition " in line]) == 2
    write_project(project, f"wd-q1,type,Film,fan-site,Q1\n{row}wd-q1.recognition.1,label,Igor,fan-site,Q1\n", own=own)
    assert len([line for line in statements(project) if " film:recognition " in line]) == 3


def parts_of(project: SmallProject, own: str, rows: str) -> set[str]:
    """The recognitions of Anora, stated by the project in `own` and by a linked source in rows: id, property, value."""
    own_text = (
        OWN.replace("  year: 2024\n", f"  recognition: {own}\n") + "best-picture: {type: Award, label: Best Picture}\n"
    )
    cells = [row.split() for row in rows.splitlines()]
    table = [f"wd-q1,recognition,wd-q1.recognition.{id},fan-site,Q1" for id in dict.fromkeys(row[0] for row in cells)]
    table += [f"wd-q1.recognition.{id},{property},{value},fan-site,Q1" for id, property, value in cells]
    write_project(project, "wd-q1,type,Film,fan-site,Q1\n" + "".join(f"{row}\n" for row in table), own=own_text)
    links = (line.split() for line in statements(project) if " film:recognition " in line)
    return {part.partition(".recognition.")[2] for _, _, part in links}


WIN = "{id: one, award: best-picture, outcome: won}"


@pytest.mark.parametrize(
    ("own", "rows", "parts"),
    [
        (WIN, "a award best-picture\na outcome nominated", {"one"}),
        (WIN, "a award best-picture\na outcome nominated\nb award best-picture\nb outcome won", {"one"}),
        (
            "{id: one, award: best-picture, outcome: [nominated, won]}",
            "a award best-picture\na outcome nominated\nb award best-picture\nb outcome won\nb date 2025",
            {"one"},
        ),
        (WIN, "a award best-picture\na outcome won\nb award best-picture\nb outcome won", {"one", "a", "b"}),
        (WIN, "a award best-picture\na outcome record", {"one", "a"}),
        (WIN, "a award best-picture\na outcome won\na count 3", {"one", "a"}),
        ("{id: one, outcome: won, count: 3, date: 2025}", "a outcome won\na date 2025", {"one", "a"}),
    ],
)
def test_a_nomination_and_its_win_are_one_but_no_number_and_no_record(
    project: SmallProject, own: str, rows: str, parts: set[str]
) -> None:
    assert parts_of(project, own, rows) == parts


def test_a_replaced_name_is_still_understood(project: SmallProject) -> None:
    write_project(project, "wd-q1,type,Film,fan-site,Q1\n")
    assert project.build().ok
    assert to_short(project.open().entity("film:wd-q1")) == "film:anora"


@pytest.mark.parametrize("trusted", ["encyclopedia", "fan-site"])
def test_disjoint_classes_are_decided_like_any_value(project: SmallProject, trusted: str) -> None:
    feature = "film:FeatureFilm a owl:Class ; rdfs:subClassOf film:Film ; owl:disjointWith film:ShortFilm .\n"
    short = "film:ShortFilm a owl:Class ; rdfs:subClassOf film:Film .\n"
    project.write("ontology/film.ttl", (ONTOLOGY + feature + short).encode())
    write_project(project, "wd-q1,type,ShortFilm,fan-site,Q1\n", own=OWN.replace("type: Film", "type: FeatureFilm"))
    other = "fan-site" if trusted == "encyclopedia" else "encyclopedia"
    project.write("data/policy.yaml", f"sources: [{trusted}, {other}]\n")
    assert project.draft().report.ok
    classes = {line for line in statements(project) if line.startswith("film:anora rdf:type")}
    assert classes == {f"film:anora rdf:type film:{'FeatureFilm' if trusted == 'encyclopedia' else 'ShortFilm'}"}
