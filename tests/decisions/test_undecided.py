"""Conflicts that nothing decides: both values are answered, shown and marked; and `kg decide`."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.cli import main
from kg.decisions.conflicts import DecisionKind
from kg.decisions.decide import write_decision
from kg.errors import InputError, UnknownNameError
from kg.facts.files import read_yaml_file
from kg.filmgraph import FilmGraph
from kg.loaded_graph import open_local_graph
from kg.reports import Finding
from kg.server.pages.browse_pages import disagreements_page
from kg.server.pages.entity_page import entity_page
from kg.terms import to_short
from tests.projects import SmallProject

ROOT = Path(__file__).resolve().parents[2]
FERRY = """\
source: encyclopedia
the-last-ferry:
  type: FeatureFilm
  label: The Last Ferry
  director: ines-carvalho
  runningTime: 94
  year: 2019
  budget: {amount: {value: 1200000, written: 1.2 million}, currency: EUR}
ines-carvalho: {type: Person, label: Inês Carvalho}
tangerine: {type: FeatureFilm, label: Tangerine, director: ines-carvalho, runningTime: 88}
---
source: trade-paper
the-last-ferry:
  runningTime: 96
  budget: {amount: 1500000, currency: EUR}
---
source: fan-site
the-last-ferry:
  runningTime: {value: 90, rank: doubted, because: a misprint}
"""
MINUTES = """\
#+ summary: How long is a film?
#+ params:
#+   film: {type: entity, class: Film}
SELECT ?minutes { VALUES ?film { film:anora } ?film film:runningTime ?minutes } ORDER BY ?minutes
"""
LONGEST = """\
#+ summary: How many films have a running time?
SELECT (COUNT(?film) AS ?films) { ?film film:runningTime ?minutes }
"""
YEARS = """\
#+ summary: Of which year is a film?
SELECT ?film ?year { ?film film:year ?year }
"""
AMOUNTS = """\
#+ summary: What did a film cost?
SELECT ?amount ?currency { ?film film:budget ?budget . ?budget film:amount ?amount ; film:currency ?currency }
ORDER BY ?amount
"""


def write_ferry(project: SmallProject) -> SmallProject:
    """Our ontology; a film with two running times and two budgets, and sources that nobody has ranked."""
    for path in (ROOT / "ontology").glob("*.ttl"):
        project.write(f"ontology/{path.name}", path.read_bytes())
    (project.folder / "ontology/film.ttl").unlink()
    project.write("data/films.yaml", FERRY)
    for name, text in (("minutes", MINUTES), ("longest", LONGEST), ("years", YEARS), ("amounts", AMOUNTS)):
        project.write(f"queries/{name}.rq", text)
    return project


@pytest.fixture
def ferry(project: SmallProject) -> SmallProject:
    """The film, in a project that a test may change."""
    return write_ferry(project)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    """The film, in a project that is built once."""
    project = write_ferry(SmallProject(tmp_path_factory.mktemp("ferry")))
    project.open()
    return project


@pytest.fixture(scope="module")
def graph(built: SmallProject) -> FilmGraph:
    """The graph of that project."""
    return open_local_graph(built.project)


def rows(graph: FilmGraph, name: str, **values: str) -> list[tuple[object, ...]]:
    return [tuple(str(cell) for cell in row) for row in graph.ask(name, **values)]


def test_a_stored_query_answers_with_both_values_and_marks_them(graph: FilmGraph) -> None:
    answer = graph.ask("minutes", film="The Last Ferry")
    assert answer.columns == ("minutes", "contested")
    assert [(row.minutes, row.is_contested) for row in answer] == [(94, True), (96, True)]
    assert [row.contested for row in answer] == [True, True]
    assert rows(graph, "amounts") == [("1200000", "EUR", "True"), ("1500000", "EUR", "True")]


def test_the_conflicts_of_a_graph_are_those_of_all_sources_or_of_one(graph: FilmGraph) -> None:
    properties = [{to_short(fact.property) for fact in conflict.facts} for conflict in graph.conflicts()]
    assert {"film:runningTime"} in properties
    ours = graph.conflicts("trade-paper")
    assert 0 < len(ours) <= len(properties)
    assert all("trade-paper" in conflict.sources for conflict in ours)
    with pytest.raises(UnknownNameError):
        graph.conflicts("trade-papers")


def test_a_row_that_holds_without_a_contested_value_is_not_marked(graph: FilmGraph) -> None:
    assert rows(graph, "years") == [("The Last Ferry", "2019")]
    assert rows(graph, "minutes", film="tangerine") == [("88",)]
    # The number that counts a contested value is itself contested.
    assert rows(graph, "longest") == [("3", "True")]


def test_sparql_is_answered_from_knowledge_and_undecided_values_are_a_graph(graph: FilmGraph) -> None:
    assert graph.sparql("SELECT ?m { ?film film:runningTime ?m }").values() == [88]
    named = "SELECT ?m { GRAPH graph:undecided { ?film film:runningTime ?m } } ORDER BY ?m"
    assert graph.sparql(named).values() == [94, 96]


def test_a_value_that_others_outrank_is_not_undecided(graph: FilmGraph) -> None:
    contested = {to_short(lost.fact.value): lost for lost in graph.provenance.contested()}
    assert contested["90"].kind is DecisionKind.CONFLICT
    assert contested["94"].is_undecided
    assert contested["96"].is_undecided


def test_a_contested_row_is_explained_by_what_its_sources_state(graph: FilmGraph) -> None:
    text = graph.why_answer(graph.ask("minutes", film="The Last Ferry"))
    assert "94, contested, because\n    The Last Ferry  running time  “94”\n" in text
    assert "undecided: encyclopedia and trade-paper are equally trusted" in text


def test_a_description_and_a_page_show_both_values_marked(graph: FilmGraph) -> None:
    text = graph["the-last-ferry"].to_text()
    assert "runningTime          94   [encyclopedia; undecided]\n                       96" in text.replace(
        "\n  ", "\n  "
    )
    page = entity_page(graph, graph.entity("the-last-ferry").value)
    assert "€1,200,000" in page
    assert "€1,500,000" in page
    assert 'class="undecided"' in page
    assert page.count('class="rejected"') == 1  # the doubted running time


def test_conflicts_have_a_line_each_with_titles_and_an_advice(
    built: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["conflicts", "--project", str(built.folder)]) == 0
    printed = capsys.readouterr()
    lines = [line for line in printed.out.splitlines() if line]
    assert len(lines) == 2
    assert any(line.startswith("The Last Ferry, budget: €1,200,000 (") and " or €1,500,000 (" in line for line in lines)
    assert "kg decide the-last-ferry" in printed.err


@pytest.mark.parametrize(
    ("property", "choice", "kept"),
    [
        ("runningTime", "trade-paper", "96"),
        ("running time", "94", "94"),
        ("budget", "1.2 million", "1200000"),
    ],
)
def test_a_decision_for_a_source_or_a_value_settles_the_conflict(
    ferry: SmallProject, property: str, choice: str, kept: str
) -> None:
    ferry.open()
    words = ["decide", "The Last Ferry", property, "--for", choice, "--because", 'it says "so": really']
    assert main([*words, "--project", str(ferry.folder)]) == 0
    assert ferry.build()
    graph = open_local_graph(ferry.project)
    name = "amounts" if "budget" in property else "minutes"
    values = {} if name == "amounts" else {"film": "The Last Ferry"}
    answer = graph.ask(name, **values)
    assert [str(row[0]) for row in answer] == [kept]
    assert not answer.is_contested
    reasons = {lost.reason for lost in graph.provenance.contested() if to_short(lost.fact.value) != "90"}
    assert 'decided: it says "so": really' in reasons
    assert "›" not in disagreements_page(graph, {})  # a budget is shown by its amount, not by its internal name


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("director", "--for", "trade-paper"), "There is no conflict about the director"),
        (("budget", "--for", "nobody"), "No source or value of this conflict is 'nobody'."),
        (("bugdet", "--for", "trade-paper"), "Did you mean film:budget?"),
    ],
)
def test_a_decision_about_nothing_is_refused(
    built: SmallProject, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    project = ("--because", "x", "--project", str(built.folder))
    assert main(["decide", "the-last-ferry", *words, *project]) == 2
    assert message in capsys.readouterr().err
    assert not (built.folder / "data/policy.yaml").exists()


def test_a_decision_that_decides_nothing_is_a_warning(ferry: SmallProject) -> None:
    decisions = "decisions:\n  - {entity: the-last-ferry, property: %s, for: nobody, because: x}\n"
    for property in ("year", "runningTime"):
        ferry.write("data/policy.yaml", decisions % property)
        (finding,) = [each for each in ferry.draft().report if each.check == "decisions/unused"]
        assert finding.places[0].line == 2
        assert "decides nothing" in finding.message


def test_writing_a_decision_keeps_the_rest_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(
        "# Why.\nsources: [a, b]  # first\n\ndecisions:\n  - {entity: x, property: y, for: a, because: z}\n"
    )
    write_decision(path, entity="x", property="w", choice="b", because="no: never, #1")
    write_decision(path, entity="x", property="y", choice="true", because="- later\nstill")
    text = path.read_text()
    assert text.startswith("# Why.\nsources: [a, b]  # first\n\ndecisions:\n")
    (root,) = read_yaml_file(path, file="policy.yaml")
    assert not isinstance(root, Finding)
    assert root.entries is not None
    (_, decisions) = root.entries[1]
    found = [{key.text: value.text for key, value in node.entries or ()} for node in decisions.elements or ()]
    assert found == [
        {"entity": "x", "property": "y", "for": "true", "because": "- later\nstill"},
        {"entity": "x", "property": "w", "for": "b", "because": "no: never, #1"},
    ]


def test_decisions_in_another_form_are_left_to_their_author(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    for text in ("decisions: []\n", "decisions:\n  - entity: x\n    property: y\n    for: a\n    because: z\n"):
        path.write_text(text)
        with pytest.raises(InputError, match="by hand"):
            write_decision(path, entity="x", property="y", choice="a", because="z")
        assert path.read_text() == text


def test_a_decision_comes_before_the_later_day(ferry: SmallProject) -> None:
    days = "  runningTime: [{value: 94, as_of: 2019-01}, {value: 96, as_of: 2019-02}]\n"
    ferry.write("data/films.yaml", f"source: encyclopedia\nthe-last-ferry:\n  type: FeatureFilm\n{days}")
    (ferry.folder / "data/policy.yaml").unlink(missing_ok=True)
    decision = "decisions:\n  - {entity: the-last-ferry, property: runningTime, for: '94', because: x}\n"
    for policy, lost in (("sources: [encyclopedia]\n", "94"), (decision, "96")):
        ferry.write("data/policy.yaml", policy)
        assert [to_short(each.fact.value) for each in ferry.draft().resolution.contested] == [lost]


RELEASES = """\
source: encyclopedia
anora:
  type: FeatureFilm
  release:
    - {id: one, territory: usa, medium: theatrical, date: %s}
%s
usa: {type: Place, kind: country, label: United States}
---
source: trade-paper
anora:
  release: {id: two, territory: usa, medium: %s, date: %s}
"""


@pytest.mark.parametrize(
    ("date", "more", "medium", "other", "is_conflict"),
    [
        ("2024-10-18", "", "theatrical", "2024-10-25", True),
        ("2024-10-18", "", "digital", "2024-12-17", False),
        ("2024-10-18", "", "theatrical", "2024-10", False),
        # A source that itself has two dates means two releases.
        ("2024-10-18", "    - {id: three, territory: usa, medium: theatrical, date: 2025-03-01}", "theatrical",
         "2025-03-02", False),
    ],
)  # fmt: skip
def test_one_release_with_different_dates_is_a_conflict(
    ferry: SmallProject, date: str, more: str, medium: str, other: str, is_conflict: bool
) -> None:
    ferry.write("data/films.yaml", RELEASES % (date, more, medium, other))
    assert bool(ferry.draft().resolution.contested) is is_conflict
