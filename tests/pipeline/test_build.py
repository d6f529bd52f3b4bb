"""Builds: the same files give the same bytes, and after a failure the previous graph still answers."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyoxigraph import Store

from kg.cli import main
from kg.cli.command import STOPPED
from kg.errors import FaultsError, ProjectError
from kg.exports.export import FORMATS
from kg.exports.rdf import PARTS
from kg.filmgraph import FilmGraph
from kg.graph.snapshot_file import ALL, Part, SnapshotFile
from kg.graph.store import READERS, BuildLock, fill_store
from kg.loaded_graph import open_local_graph
from kg.pipeline.build import build, check
from kg.project import HOME_VARIABLE, find_project
from kg.reports import Severity
from tests.projects import ANORA, SOURCES, SmallProject

STORY = """\
source: encyclopedia

anora:
  type: Film
  label: {value: Anora, lang: en}
  title: "Anora | \\"Ani\\", 100 % Ørsted"
  director: [sean-baker]
  release:
    - {date: 2024-10-18, territory: usa}
    - {date: 2024-05-21, territory: france, screens: 1}
  score: 8.50
  year: 2024
sean-baker: {type: Person, label: Sean Baker, alias: [ショーン・ベイカー, "שון בייקר"]}
usa: {type: Place, kind: country, label: United States}
france: {type: Place, kind: country, label: {value: Frankreich, lang: de}}
batman-begins: {type: Film, label: Batman Begins}
the-dark-knight: {type: Film, sequelOf: batman-begins}
the-dark-knight-rises: {type: Film, sequelOf: the-dark-knight}
---
source: fan-site
anora: {year: 2023}
"""
RDF = """\
@prefix film: <https://w3id.org/filmgraph/film/> .
film:anora film:release [ film:date "2024" ], [ film:date "2025" ] .
"""


@pytest.fixture
def story(project: SmallProject) -> SmallProject:
    """A project with a little of everything: nodes, inference, a contradiction, blank nodes, other scripts."""
    project.write("data/story.yaml", STORY)
    project.write("data/policy.yaml", "sources: [encyclopedia, fan-site]\n")
    project.write("data/more.ttl", RDF)
    return project


def run(code: str, *arguments: str, seed: int = 0) -> subprocess.Popen[bytes]:
    """Python in a process of its own, with a hash seed."""
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    return subprocess.Popen([sys.executable, "-c", code, *arguments], env=environment, stdout=subprocess.PIPE)


EXPORT_ALL = """
import hashlib, sys
from kg.exports.export import FORMATS
from kg.exports.rdf import PARTS
from kg.pipeline.build import build
from kg.errors import InputError
from kg.loaded_graph import open_local_graph
assert build(sys.argv[1])
graph = open_local_graph(sys.argv[1])
for format in FORMATS:
    for only in PARTS:
        try:
            text = graph.export_text(format, only=only)
        except InputError as error:
            text = str(error)
        print(format, only, hashlib.sha256(text.encode()).hexdigest())
graph.export(sys.argv[2], format="csv")
"""


def test_the_same_files_give_the_same_bytes_whatever_the_hash_seed(story: SmallProject, tmp_path: Path) -> None:
    runs = []
    for seed in range(1, 4):
        copy = tmp_path / f"copy-{seed}"
        shutil.copytree(story.folder, copy, ignore=shutil.ignore_patterns(".kg"))
        runs.append(run(EXPORT_ALL, str(copy), str(tmp_path / f"tables-{seed}"), seed=seed))
    outputs = {process.communicate()[0] for process in runs}
    assert [process.returncode for process in runs] == [0] * 3
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) == len(FORMATS) * len(PARTS)
    folders = [sorted((tmp_path / f"tables-{seed}").iterdir()) for seed in range(1, 4)]
    assert len({tuple((path.name, path.read_bytes()) for path in folder) for folder in folders}) == 1


def test_a_forced_build_has_the_same_exports(story: SmallProject) -> None:
    first = story.open().export_text("nquads", only="all")
    assert build(story.project, force=True)
    assert open_local_graph(story.project).export_text("nquads", only="all") == first


def test_an_unchanged_project_is_not_built_again(story: SmallProject) -> None:
    assert "unchanged" not in story.build().counts
    before = story.project.current_build
    report = story.build()
    assert report.counts["unchanged"] == 1
    assert story.project.current_build == before
    assert [path.name for path in (story.folder / ".kg/builds").iterdir()] == [before.name]


def test_a_changed_project_is_built_again(story: SmallProject) -> None:
    story.build()
    story.write("data/story.yaml", STORY.replace("2024-10-18", "2024-10-19"))
    assert "unchanged" not in story.build().counts
    assert story.open().sparql("ASK { ?release film:date '2024-10-19'^^xsd:date }").truth


def test_conclusions_from_the_ontology_are_in_the_graph(story: SmallProject) -> None:
    graph = story.open()
    assert graph.sparql("ASK { film:the-dark-knight-rises film:sequelOf film:batman-begins }").truth
    assert graph.sparql("ASK { film:batman-begins film:hasSequel film:the-dark-knight-rises }").truth
    assert graph.sparql("ASK { film:anora film:contributor film:sean-baker }").truth


def test_contested_facts_are_in_a_graph_of_their_own(story: SmallProject) -> None:
    graph = story.open()
    assert [str(row.year) for row in graph.sparql("SELECT ?year { film:anora film:year ?year }")] == ["2024"]
    contested = "SELECT ?year { GRAPH graph:contested { film:anora film:year ?year } }"
    assert [str(row.year) for row in graph.sparql(contested)] == ["2023"]


def test_a_fact_of_a_table_in_other_words_has_its_evidence_per_record(project: SmallProject) -> None:
    rows = ["nm1,type,Person,fan-site,1,", "nm1,label,nm1,fan-site,1,true"]
    project.write("data/people.csv", "\n".join(["subject,property,value,source,record,paraphrase", *rows]) + "\n")
    project.build()
    graph = project.open()
    assert sorted(fact.paraphrase for fact in graph.facts()) == [False, True]
    assert not graph.sparql("ASK { GRAPH ?g { ?fact a rdf:Statement } }").truth


def test_a_check_writes_nothing(story: SmallProject) -> None:
    assert check(story.project)
    assert not (story.folder / ".kg").exists()


def test_a_graph_with_a_violation_is_not_published(story: SmallProject) -> None:
    story.build()
    before = story.project.current_build
    story.write("data/more.yaml", "source: fan-site\ntitane: {type: Film, minutes: 0}\n")
    report = story.build()
    assert not report
    (finding,) = report.findings
    assert str(finding.place) == "data/more.yaml:2:31"
    assert story.project.current_build == before
    assert [path.name for path in (story.folder / ".kg/builds").iterdir()] == [before.name]


def test_a_syntax_error_in_the_ontology_has_its_place(story: SmallProject) -> None:
    story.write("ontology/film.ttl", "film:Film a owl:Class .\n")
    with pytest.raises(FaultsError) as raised:
        story.build()
    (fault,) = raised.value.faults
    assert fault.place is not None
    assert (fault.place.file.endswith("ontology/film.ttl"), fault.place.line) == (True, 1)


def test_a_syntax_error_in_the_shapes_has_its_place(story: SmallProject) -> None:
    story.write("ontology/shapes.ttl", "\n\n<a> <b .\n")
    with pytest.raises(FaultsError) as raised:
        story.build()
    (fault,) = raised.value.faults
    assert fault.place is not None
    assert (fault.place.file.endswith("ontology/shapes.ttl"), fault.place.line) == (True, 3)


def test_the_error_for_a_project_without_a_graph_names_the_command_to_run(story: SmallProject) -> None:
    with pytest.raises(ProjectError, match="kg build"):
        story.project.current_build  # noqa: B018
    with pytest.raises(ProjectError, match="kg build"):
        open_local_graph(story.project)


def test_the_error_for_a_folder_that_is_no_project_names_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(ProjectError, match="ontology/, queries/"):
        find_project(tmp_path)


@pytest.mark.parametrize("left", ["", "gone\n", "../../elsewhere\n", "."])
def test_the_next_build_repairs_a_pointer_to_a_missing_build(story: SmallProject, left: str) -> None:
    story.build()
    (story.folder / ".kg/CURRENT").write_text(left, encoding="utf-8")
    with pytest.raises(ProjectError, match="kg build"):
        open_local_graph(story.project)
    assert story.open().sparql("ASK { film:anora a film:Film }").truth


def test_a_forced_build_replaces_a_build_without_its_store(story: SmallProject) -> None:
    story.build()
    shutil.rmtree(story.project.current_build / "store")
    assert open_local_graph(story.project).sparql("ASK { film:anora a film:Film }").truth
    assert build(story.project, force=True)
    assert (story.project.current_build / "store").is_dir()
    assert open_local_graph(story.project).sparql("ASK { film:anora a film:Film }").truth


def test_an_open_graph_stays_usable_after_later_builds(story: SmallProject) -> None:
    graph = story.open()
    for _ in range(4):
        assert build(story.project, force=True)
    assert len(graph.sparql("SELECT * { ?s ?p ?o }")) > 10
    assert graph["film:anora"].label == "Anora"


def test_only_the_last_two_builds_are_kept(story: SmallProject) -> None:
    for _ in range(5):
        assert build(story.project, force=True)
    assert len(list((story.folder / ".kg/builds").iterdir())) == 2


def test_a_build_without_enough_memory_leaves_the_previous_graph(
    story: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    story.build()
    before = story.project.current_build
    call = ["build", "--force", "--project", str(story.folder), "--memory"]
    assert main([*call, "200KB"]) == 2
    assert "The memory within 200KB is not enough." in capsys.readouterr().err
    assert story.project.current_build == before
    assert [path.name for path in (story.folder / ".kg").iterdir() if path.name.startswith("scratch")] == []
    assert main([*call, "1GB"]) == 0


def test_a_first_build_without_enough_memory_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = SmallProject(tmp_path / "films")
    rows = (f"film-{number},label,A film of the number {number},encyclopedia,{number}" for number in range(120_000))
    project.write("data/films.csv", "\n".join(["subject,property,value,source,record", *rows]) + "\n")
    assert main(["build", "--project", str(project.folder), "--memory", "80MB"]) == 2
    assert "The memory within 80MB is not enough." in capsys.readouterr().err


def test_a_lookup_store_that_is_filled_in_several_pieces_has_all_quads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = SmallProject(tmp_path / "films")
    rows = (f"film-{number},label,A film of the number {number},encyclopedia,{number}" for number in range(12_000))
    project.write("data/films.csv", "\n".join(["subject,property,value,source,record", *rows]) + "\n")
    project.build()
    expected = sorted(map(str, open_local_graph(project.project).snapshot.quads(ALL)))
    monkeypatch.setattr("kg.graph.store.FEW", 1)
    monkeypatch.setattr("kg.graph.ntriples._MAX_ROWS_AT_ONCE", 3_000)
    monkeypatch.setattr("kg.graph.ntriples._MAX_RANGES", 100)
    monkeypatch.setattr("kg.graph.snapshot_file._LINES_AT_ONCE", 500_000)
    sizes, write = [], SnapshotFile.write_quads

    def sized(self: SnapshotFile, folder: Path, part: Part) -> Iterator[Path]:
        for path in write(self, folder, part):
            sizes.append(path.stat().st_size)
            yield path

    monkeypatch.setattr(SnapshotFile, "write_quads", sized)
    (tmp_path / "copy").mkdir()
    shutil.copy(project.project.current_build / "graph.duckdb", tmp_path / "copy")
    fill_store(tmp_path / "copy", memory="300MB")
    assert len(sizes) > 5
    # No piece is much larger than the others, and none stays on disk.
    assert max(sizes) < sum(sizes) / 3
    assert not list((tmp_path / "copy").glob("*.nq"))
    assert sorted(map(str, Store.read_only(str(tmp_path / "copy/store")))) == expected


def test_blank_nodes_have_the_same_labels_in_the_lookup_store(story: SmallProject) -> None:
    story.write(
        "ontology/more.ttl",
        "@prefix film: <https://w3id.org/filmgraph/film/> . @prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        "film:Maker a owl:Class ; owl:equivalentClass [ a owl:Class ; owl:unionOf ( film:Person film:Award ) ] .\n",
    )
    graph = story.open()
    assert isinstance(graph.store, Store)
    quads = {str(quad) for quad in graph.snapshot.quads(ALL)}
    assert len(graph.store) == len(quads)
    assert {str(quad) for quad in graph.store if "_:" in str(quad)} == {quad for quad in quads if "_:" in quad} != set()


def test_needs_are_forecast_for_a_build_of_all_files_alone(
    story: SmallProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.pipeline.forecast.LARGE", 1)
    forecasts = []
    for call in ([], [], ["--full"]):
        assert main(["build", "--project", str(story.folder), *call]) == 0
        forecasts.append("the build needs about" in capsys.readouterr().err)
    assert forecasts == [True, False, True]


def test_a_build_tells_what_each_phase_took(story: SmallProject, capsys: pytest.CaptureFixture[str]) -> None:
    profile = story.folder / "profile.json"
    assert main(["build", "--project", str(story.folder), "--profile", str(profile)]) == 0
    document = json.loads(profile.read_text(encoding="utf-8"))
    assert [phase["name"] for phase in document["phases"]] == [
        "reading",
        "deciding",
        "inferring",
        "checking",
        "storing",
    ]
    assert document["phases"][0]["rows"] == len(story.facts())
    assert sum(phase["seconds"] for phase in document["phases"]) == pytest.approx(document["seconds"], abs=0.01)


BUILD = "import sys\nimport kg\nfor _ in range(int(sys.argv[2])): assert kg.build(sys.argv[1], force=True)"


def test_concurrent_builds_leave_one_complete_graph(story: SmallProject) -> None:
    story.build()
    builders = [run(BUILD, str(story.folder), "4") for _ in range(3)]
    checks = 0
    while any(builder.poll() is None for builder in builders):
        assert_complete(story)
        checks += 1
    for builder in builders:
        builder.communicate()
    assert [builder.returncode for builder in builders] == [0, 0, 0]
    assert checks
    assert_complete(story)


def test_concurrent_builds_of_one_process_leave_one_complete_graph(story: SmallProject) -> None:
    with ThreadPoolExecutor(3) as threads:
        assert all(threads.map(lambda _: build(story.project, force=True).ok, range(6)))
    assert_complete(story)
    assert not list((story.folder / ".kg/builds").glob("unfinished-*"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no file that is open")
def test_a_build_that_is_removed_while_it_is_opened_is_not_read(tmp_path: Path) -> None:
    import fcntl

    (tmp_path / READERS).touch()
    with (tmp_path / READERS).open() as removing, ThreadPoolExecutor(1) as thread:
        fcntl.flock(removing, fcntl.LOCK_EX)
        opening = thread.submit(BuildLock, tmp_path)
        while not opening.running():
            time.sleep(0.01)
        time.sleep(0.05)  # should it be at the lock already, it waits for it
        shutil.rmtree(tmp_path)
        fcntl.flock(removing, fcntl.LOCK_UN)
        with pytest.raises(FileNotFoundError):
            opening.result()


def test_ctrl_c_while_the_call_is_read_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kg.cli.to_parser", interrupted)
    assert main(["build"]) == STOPPED
    assert "Traceback" not in capsys.readouterr().err


def test_ctrl_c_in_a_statement_of_the_build_is_no_fault(
    story: SmallProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise RuntimeError("Query interrupted")  # as DuckDB says it

    monkeypatch.setattr("kg.pipeline.build.draft", interrupted)
    assert main(["build", "--project", str(story.folder)]) == STOPPED
    assert "kg: stopped" in capsys.readouterr().err


def assert_complete(project: SmallProject) -> None:
    graph = open_local_graph(project.project)
    assert graph.sparql("ASK { film:the-dark-knight-rises film:sequelOf film:batman-begins }").truth
    assert len(graph.sparql("SELECT ?s { ?s film:title ?o }")) == 1


KILLED = """
import itertools, pathlib, sys
from kg.pipeline.build import build
print("ready", flush=True)
for number in itertools.count():
    facts = "source: encyclopedia\\n" + f"extra: {{type: Film, label: Extra {number}}}\\n"
    pathlib.Path(sys.argv[1], "data/extra.yaml").write_text(facts)
    build(sys.argv[1], force=number % 3 == 0)
"""
"""Builds everything, and what changed, in turn."""


@pytest.mark.long
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this platform has no SIGKILL")
def test_a_build_killed_at_any_moment_leaves_the_previous_graph_complete(story: SmallProject) -> None:
    chance = random.Random(97)
    story.build()
    kills = 0
    while kills < 30:
        builder = run(KILLED, str(story.folder))
        assert builder.stdout is not None
        assert builder.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0, 0.4))
        assert_complete(story)
        builder.send_signal(signal.SIGKILL)
        builder.wait()
        builder.stdout.close()
        assert_complete(story)
        kills += 1
    gc.collect()  # a build is kept as long as a graph that reads it exists
    assert build(story.project, force=True)
    left = sorted(path.name for path in (story.folder / ".kg").iterdir())
    assert not [name for name in left if name.startswith("CURRENT.")]
    builds = [path.name for path in (story.folder / ".kg/builds").iterdir()]
    assert len(builds) == 2
    assert not [name for name in builds if name.startswith("unfinished")]


def test_several_threads_can_query_one_graph(anora: SmallProject) -> None:
    graph: FilmGraph = anora.open()
    query = "SELECT ?name { film:anora rdfs:label ?name }"
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: graph.sparql(query).values(), range(200)))
    assert answers == [["Anora"]] * 200


def test_a_project_reads_files_of_any_depth(project: SmallProject) -> None:
    project.write("data/a/b/c/films.yml", ANORA)
    assert len(project.facts()) == 6


class CountingConnection:
    """A connection of DuckDB, and the statements that were run on it and on its cursors."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, statements: list[str]) -> None:
        self.connection, self.statements = connection, statements

    def execute(self, statement: str, *parameters: Any) -> duckdb.DuckDBPyConnection:
        self.statements.append(statement)
        return self.connection.execute(statement, *parameters)

    def cursor(self) -> CountingConnection:
        return CountingConnection(self.connection.cursor(), self.statements)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


def test_a_build_after_the_change_of_one_fact_runs_few_statements(
    story: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planning a statement takes longer than running it on a few rows."""
    statements: list[str] = []
    connect = duckdb.connect
    monkeypatch.setattr(
        duckdb, "connect", lambda *args, **options: CountingConnection(connect(*args, **options), statements)
    )
    story.write("data/extra.yaml", "source: fan-site\ntitane: {type: Film, label: Titane}\n")
    build(story.project)
    story.write("data/extra.yaml", "source: fan-site\ntitane: {type: Film, label: Titane, year: 2021}\n")
    statements.clear()
    assert build(story.project).counts["changed"]
    assert len(statements) <= 155


def test_a_build_says_what_it_has_done_anew(story: SmallProject, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["build", "--project", str(story.folder)]
    assert main(call) == 0
    story.write("data/extra.yaml", "source: fan-site\ntitane: {type: Film, label: Titane}\n")
    assert main(call) == 0
    assert "anew" not in capsys.readouterr().err
    story.write("data/sources.yaml", SOURCES + "critic: {title: A critic}\n")
    assert main(call) == 0
    assert "Everything was read and inferred anew" in capsys.readouterr().err
    assert "anew" not in json.loads((story.project.current_build / "counts.json").read_text(encoding="utf-8"))


def test_the_first_build_of_the_package_makes_the_folder_of_its_cache(
    anora: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.project._PACKAGED", anora.folder)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "new" / "cache"))
    assert build(anora.project).ok
    assert (tmp_path / "new" / "cache" / "packaged" / "CURRENT").is_file()


@pytest.mark.parametrize("used_in", ["table", "yaml"])
def test_a_value_whose_definition_is_gone_is_found_from_the_last_build(story: SmallProject, used_in: str) -> None:
    story.write("data/people.yaml", "source: fan-site\nducournau: {type: Person, label: Julia Ducournau}\n")
    if used_in == "table":
        rows = "titane,type,Film,fan-site,1\ntitane,label,Titane,fan-site,1\ntitane,director,ducournau,fan-site,1\n"
        story.write("data/films.csv", f"subject,property,value,source,record\n{rows}")
    else:
        story.write("data/films.yaml", "source: fan-site\ntitane: {type: Film, label: Titane, director: ducournau}\n")
    first = build(story.project)
    assert first.ok, list(first)
    story.write("data/people.yaml", "source: fan-site\nother: {type: Person, label: Another}\n")
    report = build(story.project)
    assert [finding.check for finding in report if finding.severity is Severity.VIOLATION] == ["facts/unknown-entity"]
    assert report.findings == build(story.project, force=True).findings


def test_what_was_published_despite_findings_is_not_built_upon(story: SmallProject) -> None:
    story.write("data/films.yaml", "source: fan-site\ntitane: {type: Film, label: Titane, director: ducournau}\n")
    first = build(story.project, despite_findings=True)
    story.write("data/more.yaml", "source: fan-site\nraw: {type: Film, label: Raw}\n")
    assert not first.ok
    assert build(story.project).findings == first.findings


def test_a_text_that_comes_while_a_graph_is_stored_is_new_to_the_next_build(anora: SmallProject) -> None:
    text = "Anora is a film of 2024."
    digest = hashlib.sha256(text.encode()).hexdigest()
    anora.write("data/sources.yaml", f"{SOURCES}report: {{title: A report, file: report.txt, sha256: {digest}}}\n")

    def add_text(step: str) -> None:
        if step == "storing":
            anora.write("texts/report.txt", text)

    assert build(anora.project, progress=add_text).ok
    anora.write("data/more.yaml", "source: report\nanora: {genre: comedy}\n")
    assert anora.build().counts["anew"] == "reading"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_file_whose_name_is_not_utf8_is_named_and_not_read(anora: SmallProject) -> None:
    (anora.folder / "data" / os.fsdecode(b"t\xe9.yaml")).write_text("source: fan-site\nanora: {score: 7}\n")
    (finding,) = anora.build().findings
    assert (finding.check, str(finding.place)) == ("facts/skipped", "data/t\\udce9.yaml")
    assert "its name is not UTF-8" in finding.message
    assert "unchanged" in anora.build().counts
