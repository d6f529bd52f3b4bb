"""What `kg check` reports at once, what it adds with --complete, and what commands say about a graph that is old."""

from __future__ import annotations

import errno
import gc
import os
import re
from pathlib import Path

import pytest

from kg.cli import main
from kg.pipeline.build import check
from kg.reports import Severity
from tests.projects import ROOT, SmallProject

SHAPES = """\
@prefix film: <https://w3id.org/filmgraph/film/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
film:FilmShape a sh:NodeShape ; sh:targetClass film:Film ;
    sh:property [ sh:path rdfs:label ; sh:minCount 1 ; sh:message "A film has a title."@en ] .
"""
COMPLETE = SHAPES.replace("FilmShape", "CompleteShape").replace("rdfs:label ;", "film:year ; sh:severity sh:Info ;")
AT_MOST_ONE_YEAR = ("rdfs:label ; sh:minCount", "film:year ; sh:maxCount")
FILMS = """\
source: encyclopedia
anora:
  type: Film
  directr: sean-baker
sean-baker: {type: Person, label: Sean Baker}
tangerine:
  type: Film
  director: sean-baker
"""


def checks(project: SmallProject, *, complete: bool = False) -> list[str]:
    return sorted(f"{finding.check} {finding.focus}" for finding in check(project.project, complete=complete))


@pytest.fixture
def films(project: SmallProject) -> SmallProject:
    project.write("ontology/shapes.ttl", SHAPES)
    project.write("ontology/shapes-completeness.ttl", COMPLETE)
    project.write("data/films.yaml", FILMS)
    return project


def test_shapes_are_checked_for_entities_that_could_be_read(films: SmallProject) -> None:
    # A property that is like none may be the title that Anora lacks.
    films.write("data/films.yaml", FILMS.replace("directr", "moniker"))
    assert checks(films) == [
        "facts/unknown-property ",
        "shacl/minCount <https://w3id.org/filmgraph/film/tangerine>",
    ]


@pytest.mark.parametrize(("line", "is_label_missing"), [("directr: sean-baker", True), ("labl: Anora", False)])
def test_what_a_film_lacks_is_reported_beside_a_property_that_is_misspelt(
    films: SmallProject, line: str, is_label_missing: bool
) -> None:
    films.write("data/films.yaml", FILMS.replace("directr: sean-baker", line))
    finding = "shacl/minCount <https://w3id.org/filmgraph/film/anora>"
    assert (finding in checks(films)) == is_label_missing


@pytest.mark.parametrize(("shape", "is_reported"), [("rdfs:label", True), ("film:year", False)])
def test_what_a_film_lacks_is_reported_beside_a_value_of_another_property(
    films: SmallProject, shape: str, is_reported: bool
) -> None:
    films.write("ontology/shapes.ttl", SHAPES.replace("rdfs:label", shape))
    films.write("data/films.yaml", FILMS.replace("directr: sean-baker", "year: soon"))
    found = checks(films)
    assert "facts/value " in found
    assert ("shacl/minCount <https://w3id.org/filmgraph/film/anora>" in found) == is_reported


def test_what_a_film_lacks_is_reported_beside_a_value_that_its_passage_lacks(films: SmallProject) -> None:
    films.write("data/sources.yaml", "encyclopedia: {title: Notes, file: notes.txt}\n")
    films.write("texts/notes.txt", "A film by Sean Baker.\n")
    value = "year: {value: 2024, at: A film}"
    films.write("data/films.yaml", FILMS.replace("directr: sean-baker", value))
    assert {line.split()[0] for line in checks(films)} == {"facts/not-in-passage", "shacl/minCount"}
    assert "shacl/minCount <https://w3id.org/filmgraph/film/anora>" in checks(films)


def test_kg_check_says_how_often_sources_disagree(films: SmallProject, capsys: pytest.CaptureFixture[str]) -> None:
    films.write("ontology/shapes.ttl", SHAPES + SHAPES.replace("FilmShape", "YearShape").replace(*AT_MOST_ONE_YEAR))
    titles = FILMS.replace("directr", "director").replace("type: Film", "type: Film\n  label: A title\n  year: 2024")
    films.write("data/films.yaml", titles)
    films.write("data/others.yaml", "source: trade-paper\nanora: {year: 2023}\n")
    assert main(["check", "--project", str(films.folder)]) == 0
    written = capsys.readouterr()
    assert written.out == "No findings.\n"
    assert written.err == "Sources disagree on 1 value: `kg conflicts` lists them after `kg build`.\n"


def test_no_shape_is_checked_when_a_file_could_not_be_read(films: SmallProject) -> None:
    films.write("data/people.yaml", "source: [\n")
    assert {line.split("/")[0] for line in checks(films)} == {"facts"}


def test_what_films_usually_have_is_reported_only_when_asked_for(films: SmallProject) -> None:
    titles = FILMS.replace("directr", "director").replace("type: Film", "type: Film\n  label: A title")
    films.write("data/films.yaml", titles.replace("label: A title", "label: Another", 1))
    assert checks(films) == []
    assert [line.split()[0] for line in checks(films, complete=True)] == ["shacl/minCount"] * 2
    assert films.build()


def test_a_value_on_which_sources_disagree_is_not_missing(films: SmallProject) -> None:
    films.write("ontology/shapes.ttl", SHAPES + SHAPES.replace("FilmShape", "YearShape").replace(*AT_MOST_ONE_YEAR))
    titles = FILMS.replace("directr", "director").replace("type: Film", "type: Film\n  label: A title\n  year: 2024")
    films.write("data/films.yaml", titles)
    films.write("data/others.yaml", "source: trade-paper\nanora: {year: 2023}\n")
    assert checks(films, complete=True) == []


def test_a_file_that_has_changed_since_the_graph_was_built_is_named(
    films: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    path = films.write("data/films.yaml", FILMS.replace("directr", "director").replace("Film\n", "Film\n  label: A\n"))
    films.open()
    show = ["show", "anora", "--project", str(films.folder)]
    assert main(show) == 0
    assert capsys.readouterr().err == ""
    later = path.stat().st_mtime_ns + 10**10
    os.utime(path, ns=(later, later))
    assert main(show) == 0
    assert capsys.readouterr().err == ""  # the content is the same
    content = path.read_text()
    path.write_text(content.replace("label: A\n", "label: B\n"))
    os.utime(path, ns=(later, later))
    assert main(show) == 0
    assert capsys.readouterr().err == "data/films.yaml has changed since this graph was built: run kg build.\n"
    path.write_text(content)
    now = path.stat().st_mtime_ns - 2 * 10**10
    os.utime(path, ns=(now, now))
    assert main(["build", "--project", str(films.folder)]) == 0
    capsys.readouterr()
    assert main(show) == 0
    assert capsys.readouterr().err == ""


def test_a_project_that_can_only_be_read_is_up_to_date(
    films: SmallProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    films.write("data/films.yaml", "source: encyclopedia\nanora: {type: Film, label: Anora}\n")
    assert films.build()

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "utime", refuse)
    assert main(["build", "--project", str(films.folder)]) == 0
    assert "nothing has changed" in capsys.readouterr().out


def test_a_build_prints_its_own_time_with_fractions_of_a_second(
    films: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    films.write("data/films.yaml", "source: encyclopedia\nanora: {type: Film, label: Anora}\n")
    build = ["build", "--project", str(films.folder)]

    assert main(build) == 0
    first = re.search(r"(\d+\.\d\d) seconds$", capsys.readouterr().out)
    assert main(build) == 0
    second = re.search(r"(\d+\.\d\d) seconds \(nothing has changed\)$", capsys.readouterr().out)
    assert first is not None
    assert second is not None
    assert float(second[1]) < float(first[1])


@pytest.mark.parametrize("words", ["fix --apply", "import remove a", "link", "decide a b --for c --because d"])
def test_the_example_is_never_changed(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words.split()) == 2
    assert "There is no project here to change" in capsys.readouterr().err


def test_a_full_disk_is_one_line(
    films: SmallProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    films.write("data/films.yaml", "source: encyclopedia\nanora: {type: Film, label: Anora}\n")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "store")

    monkeypatch.setattr("kg.graph.store.StoreWriter._fill", full)
    assert main(["build", "--project", str(films.folder)]) == 2
    error = capsys.readouterr().err
    assert "cannot be read or written: No space left on device." in error
    assert error.endswith("Free some space, and run it again.\n")
    assert "Traceback" not in error
    assert not list((films.folder / ".kg/builds").iterdir())


def test_a_text_needs_no_digest(films: SmallProject, capsys: pytest.CaptureFixture[str]) -> None:
    films.write("data/sources.yaml", "encyclopedia: {title: A, author: Ana Costa, file: a.txt}\n")
    films.write("texts/a.txt", "Anora is by Sean Baker.\n")
    assert main(["cite", "encyclopedia", "Sean Baker", "--project", str(films.folder)]) == 0
    assert capsys.readouterr().out.startswith("at: Sean Baker    # 12-22: ")


FILM = "source: encyclopedia\nferry:\n  type: Film\n  label: The Last Ferry\n"


@pytest.mark.parametrize(
    ("lines", "findings"),
    [
        ("  runtme: 1:34\n", {"5:3": "unknown property 'runtme'", "5:11": "runningTime: '1:34' is not a whole number"}),
        ("  box office: 4 kroner\n", {"5:3": "unknown property 'box office'", "5:15": "'kroner' is not known"}),
        ("  directr: 1e3\n", {"5:3": "unknown property 'directr'", "5:12": "1e3 is a number, and the id of no entity"}),
        ("  budget: {amount: 1200000}\n", {"5:20": "A figure is in one currency"}),
        (
            "  cast: {Nils Holm: Erik}\n  awards: {best actor: Nils Holm}\n",
            {"6:24": "'Nils Holm' would have the type Person here and Award there"},
        ),
        ("  review: {outlet: The Daily, score: 4/5, quote: a cold film}\n", {"5:43": "unknown property 'quote'"}),
        (
            "  type: Documentary\n  review: {outlet: The Daily, score: 4/5, quote: a cold film}\n",
            {"5:9": "unknown class 'Documentary'", "6:43": "unknown property 'quote'"},
        ),
    ],
)
def test_each_cause_is_found_at_once_and_is_one_finding(
    project: SmallProject, lines: str, findings: dict[str, str]
) -> None:
    (project.folder / "ontology/film.ttl").unlink()
    for path in (ROOT / "ontology").glob("*.ttl"):
        project.write(f"ontology/{path.name}", path.read_bytes())
    film = FILM.replace("  type: Film\n", "  alias: Ferry\n") if "type:" in lines else FILM
    project.write("data/films.yaml", film + lines)
    violations = [finding for finding in check(project.project) if finding.severity is Severity.VIOLATION]
    found = {f"{f.place.line}:{f.place.column}": f.message for f in violations if f.place is not None}
    assert len(violations) == len(found)
    assert found.keys() == findings.keys()
    assert all(found[place].startswith(message) for place, message in findings.items())


def test_a_sentence_of_a_review_is_said_to_belong_to_its_critic(project: SmallProject) -> None:
    (project.folder / "ontology/film.ttl").unlink()
    for path in (ROOT / "ontology").glob("*.ttl"):
        project.write(f"ontology/{path.name}", path.read_bytes())
    project.write("data/films.yaml", FILM + "  review: {outlet: The Daily, score: 4/5, quote: a cold film}\n")
    (finding,) = (finding for finding in check(project.project) if finding.check == "facts/unknown-property")
    assert "belongs to its critic" in finding.remedy
    assert not finding.suggestions


def test_a_build_prints_a_few_of_many_new_names(project: SmallProject, capsys: pytest.CaptureFixture[str]) -> None:
    project.write("data/films.yaml", f"{FILM}  director: [Ann Ash, Boris Birch, Cyd Carter, Dan Dole, Eve Elm]\n")
    assert main(["build", "--project", str(project.folder)]) == 0
    messages = capsys.readouterr().err.splitlines()
    assert sum("is new, so the Person" in message for message in messages) == 3
    assert "2 more names of new entities: kg check lists them." in messages


@pytest.mark.parametrize("command", ["build", "check"])
def test_a_build_looks_rarely_for_cycles_of_objects(
    command: str, films: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    thresholds, usual = [], gc.get_threshold()

    def read_nothing(_: object) -> tuple[()]:
        thresholds.append(gc.get_threshold()[0])
        return ()

    monkeypatch.setattr("kg.pipeline.draft.read_ontology", read_nothing)
    main([command, "--project", str(films.folder)])
    assert thresholds == [1_000_000]
    assert gc.get_threshold() == usual
