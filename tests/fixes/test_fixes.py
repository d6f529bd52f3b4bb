"""`kg fix`: what has one plausible correction is fixed, anything else is unchanged, and no finding is added."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.cli import main
from kg.fixes.proposals import apply_fixes, propose_fixes, to_diff
from kg.pipeline.build import check
from kg.reports import Finding
from kg.terms import entity_iri
from tests.projects import ANORA, SmallProject

SHAPES = """\
@prefix film: <https://w3id.org/filmgraph/film/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
film:FilmShape a sh:NodeShape ; sh:targetClass film:Film ;
    sh:property [ sh:path rdfs:label ; sh:minCount 1 ] ;
    sh:property [ sh:path film:currency ; sh:pattern "^[A-Z]{3}$" ] .
"""

FIXED = [
    ("a misspelt property", "  director: sean-baker", "  directr: sean-baker"),
    ("a misspelt class", "  type: Film", "  type: Fil"),
    ("a misspelt source", "source: encyclopedia", "source: encyclopdia"),
    ("a misspelt entity", "  director: sean-baker", "  director: sean-bakr"),
    ("a misspelt entity with its prefix", "  director: film:sean-baker", "  director: film:sean-bakr"),
    ("a date with slashes", "  date: 2024-10-18", "  date: 2024/10/18"),
    ("millions", "  amount: 36500000", "  amount: $36.5 million"),
    ("yes and no", "  inColour: true", "  inColour: yes"),
    ("True", "  inColour: true", "  inColour: True"),
    ("minutes as a duration", "  runningTime: PT139M", "  runningTime: 139 minutes"),
    ("hours and minutes", "  runningTime: PT139M", "  runningTime: 2 h 19 min"),
]
UNCHANGED = [
    ("a day that may be a month", "  date: 10/11/2024"),
    ("a comma that may be a point", "  score: 8,5"),
    ("a number that may be a thousand", "  amount: 1.234 million dollars or so"),
    ("an unknown word", "  inColour: partly"),
    ("a part written as a number", "  budget: 1000000"),
]


def fixed(project: SmallProject, text: str) -> str:
    """The file after `kg fix --apply`."""
    project.write("data/films.yaml", text)
    apply_fixes(project.project, propose_fixes(project.project))
    return (project.folder / "data/films.yaml").read_text(encoding="utf-8")


def with_line(line: str) -> str:
    """ANORA with one more line, or with its like replaced."""
    name = line.strip().partition(":")[0]
    old = next((each for each in ANORA.splitlines() if each.strip().partition(":")[0] == name), None)
    return (
        ANORA.replace(f"{old}\n", f"{line}\n", 1) if old is not None else ANORA.replace("  year", f"{line}\n  year", 1)
    )


@pytest.mark.parametrize(("right", "wrong"), [(r, w) for _, r, w in FIXED], ids=[name for name, _, _ in FIXED])
def test_a_finding_with_one_plausible_correction_is_fixed(project: SmallProject, right: str, wrong: str) -> None:
    assert fixed(project, with_line(right).replace(right, wrong)) == with_line(right)
    assert len(check(project.project)) == 0


@pytest.mark.parametrize("wrong", [wrong for _, wrong in UNCHANGED], ids=[name for name, _ in UNCHANGED])
def test_a_finding_without_a_plausible_correction_is_not_fixed(project: SmallProject, wrong: str) -> None:
    text = ANORA.replace("  year: 2024\n", f"{wrong}\n")
    assert fixed(project, text) == text


def test_a_name_that_is_close_to_two_others_is_not_fixed(project: SmallProject) -> None:
    text = ANORA.replace("director: sean-baker", "director: sean-bake") + "\nsean-bakes:\n  type: Person\n"
    assert fixed(project, text) == text


def test_a_repeated_line_is_removed_once(project: SmallProject) -> None:
    assert fixed(project, ANORA.replace("  year: 2024\n", "  year: 2024\n  year: 2024\n")) == ANORA


def test_a_key_repeated_within_one_line_is_not_removed(project: SmallProject) -> None:
    text = ANORA.replace("  year: 2024\n", "  release: {year: 2024, year: 2024}\n")
    assert fixed(project, text) == text


def test_a_repeated_key_with_another_value_is_not_removed(project: SmallProject) -> None:
    text = ANORA.replace("  year: 2024\n", "  year: 2024\n  year: 2023\n")
    assert fixed(project, text) == text


def test_the_only_alias_becomes_the_missing_label(project: SmallProject) -> None:
    project.write("ontology/shapes.ttl", SHAPES)
    text = ANORA.replace("  label: Anora\n", "  alias: {value: 'Anora: A Love Story', at: 3-21}\n")
    assert '  label: {value: "Anora: A Love Story", at: 3-21}\n' in fixed(project, text)
    assert len(check(project.project)) == 0


def test_the_label_of_a_linked_entity_needs_no_fix(project: SmallProject) -> None:
    project.write("ontology/shapes.ttl", SHAPES)
    nameless = ANORA.replace("  label: Anora\n", "")
    project.write("data/films.yaml", nameless)
    assert [finding.focus for finding in check(project.project)] == [f"<{entity_iri('anora').value}>"]
    project.write(
        "data/links.sssom.tsv", "subject_id\tpredicate_id\tobject_id\nfilm:anora\tskos:exactMatch\twd:Q118890363\n"
    )
    project.write(
        "data/wikidata.yaml",
        "source: fan-site\nwd:Q118890363:\n  type: Film\n  label: {value: Anora, record: Q118890363}\n",
    )
    assert fixed(project, nameless) == nameless
    assert len(check(project.project)) == 0


def test_lower_case_becomes_the_upper_case_that_a_pattern_requires(project: SmallProject) -> None:
    project.write("ontology/shapes.ttl", SHAPES)
    assert "  currency: USD\n" in fixed(project, with_line("  currency: usd"))


def test_several_fixes_of_one_file_are_one_diff(project: SmallProject, tmp_path: Path) -> None:
    wrong = ANORA.replace("director", "directr").replace("type: Person", "type: Persn").replace("2024", "2024/10")
    project.write("data/films.yaml", wrong)
    diff = to_diff(project.project, propose_fixes(project.project))
    assert diff.startswith("--- a/data/films.yaml\n+++ b/data/films.yaml\n")
    patch = tmp_path / "fixes.patch"
    patch.write_text(diff, encoding="utf-8")
    subprocess.run(["git", "apply", "--unsafe-paths", str(patch)], cwd=project.folder, check=True)
    assert (project.folder / "data/films.yaml").read_text(encoding="utf-8") == ANORA.replace("2024", "2024-10")


def test_a_fix_that_adds_a_finding_is_not_proposed(project: SmallProject) -> None:
    # With its name right, the second title is one too many: the shape allows one.
    text = ANORA.replace("  year: 2024\n", "  title: Anora\n  titel: Anora again\n")
    project.write("data/films.yaml", text)
    fixes = propose_fixes(project.project)
    assert [fix.finding.check for fix in fixes] in ([], ["facts/unknown-property"])
    assert fixed(project, text).count("title") <= 2


def test_the_command_writes_only_with_apply(project: SmallProject, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ANORA.replace("director", "directr")
    file = project.write("data/films.yaml", wrong)
    assert main(["fix", "--project", str(project.folder)]) == 0
    assert file.read_text(encoding="utf-8") == wrong
    output = capsys.readouterr()
    assert "-  directr: sean-baker\n+  director: sean-baker\n" in output.out
    assert "kg fix --apply" in output.err
    assert main(["fix", "--apply", "--project", str(project.folder)]) == 0
    assert file.read_text(encoding="utf-8") == ANORA
    assert main(["fix", "--project", str(project.folder)]) == 0


letters = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=1)


@pytest.mark.long
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, len(ANORA) - 1), st.sampled_from(["drop", "double", "insert"]), letters), max_size=3
    )
)
def test_applying_fixes_removes_their_findings_and_adds_none(
    project: SmallProject, typos: list[tuple[int, str, str]]
) -> None:
    text = ANORA
    for at, kind, letter in typos:
        if at < len(text):
            text = text[:at] + {"drop": "", "double": text[at] * 2, "insert": letter + text[at]}[kind] + text[at + 1 :]
    project.write("data/films.yaml", text)
    before = check(project.project)
    fixes = propose_fixes(project.project)
    apply_fixes(project.project, fixes)
    after = check(project.project)
    was_checked = "shapes" in before.counts
    left = Counter(identity(finding) for finding in after if was_checked or finding.check.startswith("facts/"))
    allowed = Counter(map(identity, before)) - Counter(identity(fix.finding) for fix in fixes)
    assert not left - allowed


def identity(finding: Finding) -> str:
    return f"{finding.check}: {finding.message}"


OURS = Path(__file__).resolve().parents[2] / "ontology"
DRAFT = """\
source: encyclopedia
the-last-ferry:
  type: FeatureFilm
  label: The Last Ferry
  director: Inês Carvalho
  runningTime: 1h 45m
---
source: fan-site
other: {type: FeatureFilm, label: Other, runningTime: 94 min, director: ines-carvalho}
"""


def test_a_person_who_is_named_only_by_label_gets_a_block(project: SmallProject) -> None:
    (project.folder / "ontology/film.ttl").unlink()
    for path in OURS.glob("*.ttl"):
        project.write(f"ontology/{path.name}", path.read_bytes())
    project.write("data/films.yaml", DRAFT)
    project.write("data/policy.yaml", "sources: [encyclopedia]\n")
    apply_fixes(project.project, propose_fixes(project.project))
    text = (project.folder / "data/films.yaml").read_text(encoding="utf-8")
    assert "ines-carvalho: {type: Person, label: Inês Carvalho}\n---\n" in text
    assert check(project.project)
