"""A project is rewritten for an ontology that replaced terms, and then means the same."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode

from kg.cli import main
from kg.errors import InputError
from kg.fixes.migration import migrate
from kg.fixes.proposals import apply_fixes, propose_fixes
from kg.pipeline.draft import draft
from kg.terms import FILM
from tests.projects import ONTOLOGY, SmallProject

REPLACED = """
@prefix change: <https://w3id.org/filmgraph/ontology#> . @prefix dcterms: <http://purl.org/dc/terms/> .
@prefix film: <https://w3id.org/filmgraph/film/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
film:kind a owl:DatatypeProperty . film:honour a owl:ObjectProperty . film:outcome a owl:DatatypeProperty .
film:length dcterms:isReplacedBy film:minutes .
film:Movie dcterms:isReplacedBy film:Film .
film:City dcterms:isReplacedBy film:Place ; change:detail "kind: city" . film:Place a owl:Class .
film:triumph dcterms:isReplacedBy film:honour ; change:detail "outcome: won" .
film:filmOf dcterms:isReplacedBy film:director ; change:inversely true .
film:Honour a owl:Class . film:size a owl:DatatypeProperty .
film:defeat dcterms:isReplacedBy film:honour ; change:detail "outcome: lost" .
film:Triumph dcterms:isReplacedBy film:Honour ; change:detail "outcome: won" ; change:without film:size .
film:victory dcterms:isReplacedBy film:honour ; change:detail "outcome: won" ; change:without film:size .
film:wonPrize dcterms:isReplacedBy film:honour ; change:detail "outcome: won" ; change:within film:award .
film:Gross dcterms:isReplacedBy film:Honour ; change:valueOf film:honour .
film:tally dcterms:isReplacedBy film:honour ; change:detail "size" .
film:holder a owl:ObjectProperty .
film:loser dcterms:isReplacedBy film:holder ; change:ofSubject "outcome: lost" .
film:holder dcterms:isReplacedBy film:holder ; change:ofSubject "outcome: won" .
"""
FACTS = """# A comment stays.
source: encyclopedia

anora:
  type: Movie          # so does this one
  label: Anora
  length: {value: 139, at: 3-6}
  triumph:
    - id: palme
      label: Palme d'Or
    - {id: other, label: Another}

paris: {type: City, label: Paris}

rome:
  label: Rome
  type: [City, film:Movie]

anora.triumph.palme:
  label: The Palme
"""


@pytest.fixture
def old(project: SmallProject) -> SmallProject:
    project.write("ontology/film.ttl", ONTOLOGY)
    project.write("ontology/replaced.ttl", REPLACED)
    project.write("data/films.yaml", FACTS)
    return project


def facts_of(project: SmallProject) -> set[tuple[str, ...]]:
    drafted = draft(project.project)
    assert not [finding for finding in drafted.report if finding.check.startswith("facts/")], drafted.report
    return {
        (
            fact.subject.value.removeprefix(FILM),
            fact.property.value.rpartition("/")[2],
            fact.value.value.removeprefix(FILM),
        )
        for fact in drafted.read.facts
        if isinstance(fact.subject, NamedNode) and isinstance(fact.value, NamedNode | Literal)
    }


def test_an_old_term_is_a_finding_that_names_the_new_one(old: SmallProject) -> None:
    findings = [finding for finding in draft(old.project).report if "/replaced-" in finding.check]
    advice = {(finding.value, finding.advice.partition(" `")[0]) for finding in findings}
    for name, replacement in (
        ("length", "minutes"),
        ("triumph", "honour with outcome: won"),
        ("Movie", "Film"),
        ("City", "Place with kind: city"),
    ):
        assert (f'"{name}"', f"Use {replacement}.") in advice
    assert ["kg migrate" in finding.advice for finding in findings] == [False] + [True] * (len(findings) - 1)


def test_yaml_is_rewritten_and_everything_else_in_it_stays(old: SmallProject) -> None:
    migration = migrate(old.project)
    assert migration.left == ()
    migration.apply()
    text = (old.folder / "data/films.yaml").read_text()
    assert "# A comment stays.\n" in text
    assert "type: Film          # so does this one\n" in text
    facts = facts_of(old)
    assert {
        ("anora", "minutes", "139"),
        ("anora", "honour", "anora.honour.palme"),
        ("anora.honour.palme", "outcome", "won"),
        ("anora.honour.other", "outcome", "won"),
        ("anora.honour.palme", "rdf-schema#label", "The Palme"),
        ("paris", "kind", "city"),
        ("rome", "kind", "city"),
    } <= facts
    assert migrate(old.project).files == {}


def test_a_class_that_became_a_kind_is_written_beside_its_class(old: SmallProject) -> None:
    migrate(old.project).apply()
    text = (old.folder / "data/films.yaml").read_text()
    assert "paris: {type: Place, kind: city, label: Paris}\n" in text
    old.write("data/films.yaml", "source: encyclopedia\nparis:\n  type: City  # of light\n  label: Paris\n")
    migrate(old.project).apply()
    text = (old.folder / "data/films.yaml").read_text()
    assert text == "source: encyclopedia\nparis:\n  type: Place\n  kind: city  # of light\n  label: Paris\n"


def test_a_kind_as_the_class_of_a_parameter_stays(old: SmallProject) -> None:
    text = (
        "#+ summary: All\n#+ params:\n#+   class: {type: class}\n#+   place: {type: entity, class: Capital}\n"
        "SELECT * { VALUES ?class { film:Capital } VALUES ?place { film:rome } ?place a ?class }\n"
    )
    old.write("queries/q.rq", text)
    migration = migrate(old.project)
    assert (migration.left, "queries/q.rq" in migration.files) == ((), False)


def test_a_table_is_rewritten_row_by_row(old: SmallProject) -> None:
    old.write(
        "data/more.csv",
        "subject,property,value,source,paraphrase\n"
        'x,type,City,encyclopedia,\nx,label,"A, B",encyclopedia,\ny,type,Film,encyclopedia,\n'
        "y,triumph,y.triumph.a,encyclopedia,\ny.triumph.a,label,Gold,encyclopedia,\n",
    )
    migrate(old.project).apply()
    assert {
        ("x", "kind", "city"),
        ("x", "rdf-schema#label", "A, B"),
        ("y", "honour", "y.honour.a"),
        ("y.honour.a", "outcome", "won"),
    } <= facts_of(old)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("?x film:length ?y", "?x film:minutes ?y"),
        ('?x film:title "film:length" # film:length', '?x film:title "film:length" # film:length'),
        ("?p film:filmOf ?x", "?p ^film:director ?x"),
        ("?x a film:City .", '?x a film:Place ; film:kind "city" .'),
        ("film:anora.triumph.palme ?p ?o", "film:anora.honour.palme ?p ?o"),
        ("?x film:lengthy ?y", "?x film:lengthy ?y"),
        ("?g a film:Gross . ?g film:title ?t", "?g a film:Honour . ?g_owner film:honour ?g . ?g film:title ?t"),
        ("?x film:triumph ?t . ?t film:award ?a", '?x film:honour ?t . ?t film:outcome "won" . ?t film:award ?a'),
        ("?x film:triumph [ film:award ?a ]", '?x film:honour [ film:outcome "won" ; film:award ?a ]'),
        ("?x film:triumph []", '?x film:honour [ film:outcome "won"]'),
        (
            "?x film:triumph ?t ; film:title ?y .",
            '?x film:honour ?t ; film:title ?y . ?t film:outcome "won" .',
        ),
        (
            "FILTER(?y > (1)) ?t film:title ?y ; a film:Triumph ; film:award [ film:title ?z ] . ?x ?p ?o",
            'FILTER(?y > (1)) ?t film:title ?y ; a film:Honour ; film:outcome "won" ; film:award [ film:title ?z ]'
            " FILTER NOT EXISTS { ?t film:size ?t_size } . ?x ?p ?o",
        ),
        (
            "?g a film:Gross ; film:title ?t .",
            "?g a film:Honour ; film:title ?t . ?g_owner film:honour ?g .",
        ),
        ("?t film:loser ?x .", '?t film:holder ?x ; film:outcome "lost" .'),
        ("?t film:holder ?x .", "?t film:holder ?x ."),
        (
            "?x film:length ?y . ?t film:holder ?x ; film:title ?z",
            '?x film:minutes ?y . ?t film:holder ?x ; film:outcome "won" ; film:title ?z',
        ),
        (
            "?x film:triumph ?t ; film:defeat ?d . ?d film:title ?y",
            '?x film:honour ?t ; film:honour ?d . ?t film:outcome "won" . ?d film:outcome "lost" . ?d film:title ?y',
        ),
        (
            "?x film:victory ?t }",
            '?x film:honour ?t . ?t film:outcome "won" FILTER NOT EXISTS { ?t film:size ?t_size } }',
        ),
        (
            "?t a film:Triumph }",
            '?t a film:Honour ; film:outcome "won" FILTER NOT EXISTS { ?t film:size ?t_size } }',
        ),
    ],
)
def test_a_query_is_rewritten_outside_strings_and_comments(old: SmallProject, before: str, after: str) -> None:
    old.write(
        "queries/q.rq", f"#+ summary: All\n#+ params: {{x: {{type: entity, class: Movie}}}}\nSELECT * {{ {before}\n}}\n"
    )
    migrate(old.project).apply()
    text = (old.folder / "queries/q.rq").read_text()
    assert after in text
    assert "class: Film}" in text


def test_what_has_no_plain_replacement_is_reported_with_its_place(old: SmallProject) -> None:
    old.write("data/more.yaml", "source: encyclopedia\nsean: {label: Sean, filmOf: anora}\n")
    left = {str(finding.place): finding.message for finding in migrate(old.project).left}
    assert left == {"data/more.yaml:2:21": "filmOf is now director, in the other direction"}


@pytest.mark.parametrize(
    "pattern",
    [
        "?x ?p film:City",
        "?x film:triumph/film:award ?a",
        "?x (film:triumph|film:honour) ?a",
        "[ film:triumph ?t ; film:title ?y ] ?p ?o",
        "?x film:wonPrize ?a .",
        "[] a film:Triumph .",
        "?x film:tally ?t .",
        "?x ^film:loser/film:award ?a",
        "?t film:loser ?x, ?y",
        "?t film:loser [ film:title ?z ]",
    ],
)
def test_a_query_without_a_plain_rewriting_is_reported_and_stays(old: SmallProject, pattern: str) -> None:
    text = f"#+ summary: All\nSELECT * {{ {pattern} }}\n"
    old.write("queries/q.rq", text)
    migration = migrate(old.project)
    assert [str(finding.place).startswith("queries/q.rq:2:") for finding in migration.left] == [True]
    assert "queries/q.rq" not in migration.files


def test_two_old_parts_never_become_one(old: SmallProject, capsys: pytest.CaptureFixture[str]) -> None:
    old.write(
        "data/films.yaml",
        """\
        source: encyclopedia
        anora:
          triumph: {id: palme, label: Gold}
          defeat:
            id: palme     # the same id
            label: Silver
          honour: {label: Bronze}
        ---
        source: trade-paper
        anora:
          defeat: {label: Gold}
          triumph: {label: Gold}
        """,
    )
    old.write("data/more.csv", "subject,property,value,source\nanora.triumph.palme,title,The Palme,fan-site\n")
    old.write("queries/q.rq", "#+ summary: All\nSELECT * { film:anora.triumph.palme ?p film:anora.defeat.palme }\n")
    migration = migrate(old.project)
    assert dict(migration.renamed_parts) == {
        "anora.triumph.palme": "anora.honour.palme-won",
        "anora.triumph.gold": "anora.honour.gold-won",
    }
    assert main(["migrate", "--apply", "--project", str(old.folder)]) == 0
    assert "film:anora.triumph.palme is now film:anora.honour.palme-won, because" in capsys.readouterr().err
    assert {
        ("anora.honour.palme", "rdf-schema#label", "Silver"),
        ("anora.honour.palme", "outcome", "lost"),
        ("anora.honour.palme-won", "rdf-schema#label", "Gold"),
        ("anora.honour.palme-won", "outcome", "won"),
        ("anora.honour.palme-won", "title", "The Palme"),
        ("anora.honour.gold", "outcome", "lost"),
        ("anora.honour.gold-won", "outcome", "won"),
        ("anora.honour.bronze", "rdf-schema#label", "Bronze"),
    } <= facts_of(old)
    assert "film:anora.honour.palme-won ?p film:anora.honour.palme " in (old.folder / "queries/q.rq").read_text()


def test_a_part_without_an_id_keeps_its_name(old: SmallProject) -> None:
    old.write("data/films.yaml", "source: encyclopedia\nanora:\n  triumph: {label: Palme d'Or, outcome: won}\n")
    assert len(migrate(old.project).left) == 1
    old.write("data/films.yaml", "source: encyclopedia\nanora:\n  triumph:\n    label: Palme d'Or\n")
    migrate(old.project).apply()
    assert facts_of(old) == {
        ("anora", "honour", "anora.honour.palme-d-or"),
        ("anora.honour.palme-d-or", "rdf-schema#label", "Palme d'Or"),
        ("anora.honour.palme-d-or", "outcome", "won"),
    }


def test_a_value_becomes_a_part_where_the_new_property_leads_to_one(old: SmallProject) -> None:
    old.write(
        "data/films.yaml",
        "source: encyclopedia\nanora:\n  wonPrize: {value: palme, at: 1-2}\n  triumph: {label: Gold}\n"
        "palme: {label: Palme, wonPrize: [gold, {value: silver}]}\ngold: {label: Gold}\nsilver: {label: Silver}\n"
        "tangerine: {label: Tangerine}\n",
    )
    old.write("data/more.csv", "subject,property,value,source\ntangerine,wonPrize,gold,encyclopedia\n")
    migration = migrate(old.project)
    assert migration.left == ()
    migration.apply()
    text = (old.folder / "data/films.yaml").read_text()
    assert "- {id: palme, outcome: won, award: {value: palme, at: 1-2}}\n" in text
    assert {
        ("anora.honour.palme", "award", "palme"),
        ("anora.honour.palme", "outcome", "won"),
        ("palme", "honour", "palme.honour.silver"),
        ("palme.honour.silver", "award", "silver"),
        ("tangerine", "honour", "tangerine.honour.gold"),
        ("tangerine.honour.gold", "award", "gold"),
        ("tangerine.honour.gold", "outcome", "won"),
    } <= facts_of(old)


def test_a_part_in_a_block_of_its_own_gets_the_new_property_there(old: SmallProject) -> None:
    old.write(
        "data/films.yaml",
        "source: encyclopedia\nanora:\n  triumph: [anora.triumph.a, anora.triumph.b]\nanora.triumph.a: {label: Gold}\n",
    )
    assert [finding.message for finding in migrate(old.project).left] == [
        "triumph is now honour with outcome: won, which the part has to state"
    ]
    old.write("data/more.csv", "subject,property,value,source\nanora.triumph.b,title,Silver,encyclopedia\n")
    migrate(old.project).apply()
    assert ("anora.honour.a", "outcome", "won") in facts_of(old)


def test_the_policy_has_each_property_once(old: SmallProject) -> None:
    old.write(
        "data/policy.yaml",
        "properties:\n  length: [fan-site]\nsame:\n  triumph: [award, length]\n  defeat: [award, length]\n",
    )
    migration = migrate(old.project)
    assert migration.files["data/policy.yaml"][1] == (
        "properties:\n  minutes: [fan-site]\nsame:\n  honour: [award, minutes]\n"
    )
    old.write("data/policy.yaml", "same:\n  triumph: [award]\n  defeat: [length]\n")
    assert [str(finding.place) for finding in migrate(old.project).left] == ["data/policy.yaml:3:3"]


def test_kg_fix_corrects_old_terms_too(old: SmallProject) -> None:
    old.write(
        "data/films.yaml", FACTS.replace("  triumph:\n", "  honour:\n").replace("anora.triumph.", "anora.honour.")
    )
    apply_fixes(old.project, propose_fixes(old.project))
    assert ("paris", "kind", "city") in facts_of(old)


def test_kg_migrate_shows_a_patch_and_changes_nothing_without_apply(
    old: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate", "--project", str(old.folder)]) == 0
    output = capsys.readouterr()
    assert "+  type: Film          # so does this one" in output.out
    assert (old.folder / "data/films.yaml").read_text() == FACTS
    assert main(["migrate", "--apply", "--project", str(old.folder)]) == 0
    assert (old.folder / "data/films.yaml").read_text() != FACTS


def test_an_ontology_without_replacements_is_an_error(project: SmallProject) -> None:
    project.write("ontology/film.ttl", "@prefix owl: <http://www.w3.org/2002/07/owl#> . <http://e.org/A> a owl:Class .")
    with pytest.raises(InputError, match="replaces no term"):
        migrate(project.project)
