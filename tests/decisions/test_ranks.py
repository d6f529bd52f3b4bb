"""Ranks below normal: a reason, a value instead, and what a doubt changes."""

from __future__ import annotations

import pytest

from kg.facts.model import Rank
from kg.facts.texts import Texts
from kg.lookup.phrases import cite_fact
from tests.projects import SmallProject

SECTION = "source: encyclopedia\nanora:\n  type: Film\n"


def findings(project: SmallProject, facts: str) -> list[tuple[str, str]]:
    """The check and severity of each finding on ranks."""
    project.write("data/films.yaml", (SECTION + facts).encode())
    report = project.draft().report
    return [
        (finding.check, finding.severity.value)
        for finding in report.findings
        if finding.check in ("facts/no-reason", "facts/no-replacement")
    ]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ("  year:\n    - {value: 2042, rank: deprecated, because: a misprint}\n    - 2024\n", []),
        ("  year: {value: 2042, rank: deprecated, because: a misprint}\n", [("facts/no-replacement", "warning")]),
        ("  year:\n    - {value: 2042, rank: deprecated}\n    - 2024\n", [("facts/no-reason", "warning")]),
        ("  label: Anora\n  alias: {value: Anita, rank: deprecated, because: a misprint}\n", []),
        ("  year: {value: 2024, rank: doubted, because: it is a guess}\n", []),
        ("  year: {value: 2024, rank: doubted}\n", [("facts/no-reason", "warning")]),
    ],
    ids=["replaced", "no-value", "no-reason", "label-instead-of-alias", "doubted", "doubted-without-reason"],
)
def test_a_rank_below_normal_has_a_reason_and_a_deprecated_value_another(
    project: SmallProject, facts: str, expected: list[tuple[str, str]]
) -> None:
    assert findings(project, facts) == expected


def test_a_dataset_may_deprecate_its_own_values(project: SmallProject) -> None:
    rows = "subject,property,value,source,record,rank\nanora,year,2042,encyclopedia,row-1,deprecated\n"
    project.write("data/rows.csv", rows.encode())
    assert findings(project, "  year: 2042\n") == []


def test_a_doubted_fact_is_knowledge_and_its_citation_shows_the_doubt(project: SmallProject) -> None:
    project.write("data/films.yaml", f"{SECTION}  year: {{value: 2024, rank: doubted, because: a guess}}\n".encode())
    resolution = project.draft().resolution
    (year,) = [fact for fact in resolution.facts if fact.rank is Rank.DOUBTED]
    assert resolution.contested == ()
    assert cite_fact(year, Texts((), {})) == "source: encyclopedia (doubted: a guess)"


def test_a_doubted_value_loses_to_one_of_a_less_trusted_source(project: SmallProject) -> None:
    project.write("data/policy.yaml", "sources: [encyclopedia, fan-site]\n")
    doubted = "  year: {value: 2023, rank: doubted, because: a guess}\n"
    other = "---\nsource: fan-site\nanora:\n  type: Film\n  year: 2024\n"
    project.write("data/films.yaml", f"{SECTION}{doubted}{other}".encode())
    (contested,) = project.draft().resolution.contested
    assert contested.fact.rank is Rank.DOUBTED
    assert contested.reason == "encyclopedia's value is doubted: a guess"
