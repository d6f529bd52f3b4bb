"""The command line as a shell uses it: data on stdout, messages on stderr, exit statuses, pipes that close early."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from kg.cli import main
from tests.projects import ANORA, ROOT, SmallProject

MONEY = "source: encyclopedia\nanora: {type: FeatureFilm, budget: €2 million}\n" + "".join(
    f"film-{number}: {{type: FeatureFilm, budget: €{number} million}}\n" for number in range(1, 400)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = SmallProject(tmp_path_factory.mktemp("films"))
    project.write("data/films.yaml", ANORA)
    project.write("queries/films.rq", "#+ summary: All films\nSELECT ?film { ?film a film:Film }")
    project.write("queries/year-of-film.rq", "#+ summary: All years\nSELECT ?year { ?film film:year ?year }")
    project.open()
    return project.folder


def kg(*words: str, folder: Path | None = None, input: str = "") -> subprocess.CompletedProcess[str]:
    where = ["--project", str(folder)] if folder is not None else []
    environment = os.environ | {"NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", "kg", *words, *where],
        input=input, capture_output=True, encoding="utf-8", env=environment, check=False, timeout=60,
    )  # fmt: skip


def test_stdout_has_the_answer_and_nothing_else(folder: Path) -> None:
    done = kg("ask", "films", "--format", "csv", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["film", "https://w3id.org/filmgraph/film/anora"]


def test_why_without_a_value_explains_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = SmallProject(tmp_path)
    project.write("data/films.yaml", ANORA)
    project.write("data/more.yaml", "source: fan-site\nanora: {year: [2023, 2025]}\n")
    project.open()
    call = ["why", "anora", "year", "--project", str(project.folder)]
    assert main(call) == 0
    explained = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert explained == [f"Anora  year  “{year}”" for year in (2023, 2024, 2025)]
    assert main([*call, "--limit", "1"]) == 0
    printed = capsys.readouterr()
    assert printed.out.count("Anora  year") == 1
    assert "These are 1 of 3 values" in printed.err
    assert main([*call[:2], "runningTime", *call[3:]]) == 2


WRONG = [
    (["ask", "flims"], "Did you mean films?"),
    (["ask", "films", "year=2024"], "no parameter"),
    (["ask", "films", "year"], "name=value"),
    (["sparql", "-e", "SELECT * {"], "query:1:"),
    (["sparql", "-e", "SELECT * { SERVICE <http://127.0.0.1:9/> {} }"], "SERVICE"),
    (["sparql", "no-such-file.rq"], "no-such-file.rq"),
    (["show", "Anorra"], "Did you mean Anora?"),
    (["ask", "films", "-o", "no/such/folder/out.csv"], f"there is no folder {Path('no/such/folder')}. Make it first."),
    (["export", "-o", "out/films.ttl"], "out/films.ttl cannot be written: there is no folder out."),
    (["build", "--profile", "out/profile.json"], "there is no folder out"),
    (["link", "--report", "out/report.html"], "there is no folder out"),
    (["export", "--format", "no-such-format"], "no-such-format"),
    (
        ["link", "rewiew", "--list"],
        "'rewiew' is neither a task of kg link (review, why, split) nor one of two files. Did",
    ),
    (["link", "splt", "film:anora", "film:heat"], "Did you mean split?"),
    (["sparql", "SELECT ?film WHERE ?film a film:Film"], "query:1:"),
    (["ask", "year"], "Did you mean year-of-film?"),
    (["fmt"], "kg fmt: Missing: --long or --short. `kg fmt --help` shows more."),
    (["show", "film:anorra"], "Did you mean Anora?"),
    (["what-if"], "Say what to change: --with FILE, --without SOURCE or --policy FILE."),
    (["no-such-command"], "no-such-command"),
]


@pytest.mark.parametrize(("words", "message"), WRONG, ids=[" ".join(case[0]) for case in WRONG])
def test_a_wrong_call_is_reported_on_stderr_and_exits_with_2(folder: Path, words: list[str], message: str) -> None:
    done = kg(*words, folder=folder)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_project_without_a_graph_exits_with_2(tmp_path: Path) -> None:
    project = SmallProject(tmp_path)
    done = kg("ask", "films", folder=project.folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "kg build" in done.stderr


@pytest.mark.parametrize("command", ["build", "check"])
def test_files_with_faults_exit_with_1_and_all_faults_are_reported(tmp_path: Path, command: str) -> None:
    project = SmallProject(tmp_path)
    project.write("data/films.yaml", "source: encyclopedia\nanora: {titel: A, yeer: 2024}\n")
    done = kg(command, folder=project.folder)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for word in ("titel", "yeer", "data/films.yaml", "2:9"):
        assert word in done.stdout + done.stderr


def test_a_limit_bounds_the_rows_of_stored_and_of_other_queries(folder: Path) -> None:
    (folder / "queries/triples.rq").write_text("#+ summary: All triples\nSELECT ?s ?p ?o { ?s ?p ?o }")
    for query in (["ask", "triples"], ["sparql", "-e", "SELECT * { ?s ?p ?o }"]):
        rows = kg(*query, "--limit", "2", "--format", "csv", folder=folder).stdout.splitlines()
        assert len(rows) == 1 + 2, query


def test_an_empty_answer_exits_with_0_and_its_reason_is_on_stderr(folder: Path) -> None:
    done = kg("sparql", "-e", "SELECT ?x { ?x a film:Flim }", "--format", "csv", folder=folder)
    assert (done.returncode, done.stdout) == (0, "x\n")
    assert "film:Film" in done.stderr


def test_a_query_can_be_read_from_stdin(folder: Path) -> None:
    done = kg("sparql", "-", "--format", "tsv", folder=folder, input="SELECT ?l { film:anora rdfs:label ?l }")
    assert done.stdout == '?l\n"Anora"\n'


@pytest.mark.parametrize(
    ("task", "option", "other"),
    [("review", "--accept-above", "--gold"), ("why", "A B", "--author"), ("split", "--author", "--list")],
)
def test_a_task_of_linking_has_a_help_of_its_own(
    task: str, option: str, other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["link", task, "--help"])
    printed = capsys.readouterr().out
    assert end.value.code == 0
    assert option in printed.partition("positional")[0]
    assert other not in printed
    with pytest.raises(SystemExit):
        main(["link", "--help"])
    assert other in capsys.readouterr().out


def test_help_and_version_are_on_stdout() -> None:
    for words in (["--help"], ["--version"], ["ask", "--help"], []):
        done = kg(*words)
        assert done.returncode == 0
        assert done.stdout
        assert done.stderr == ""


def test_nothing_coloured_or_animated_is_written_to_a_pipe(folder: Path) -> None:
    for words in (["build", "--force"], ["check"], ["ask", "films"], ["schema"]):
        done = kg(*words, folder=folder)
        assert "\x1b" not in done.stdout + done.stderr
        assert "\r" not in done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no such shell")
def test_a_closed_pipe_is_not_an_error(folder: Path) -> None:
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    line = f'{sys.executable} -m kg sparql -e "{query}" --project {folder} | head -n 1; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", [["fix"], ["fmt", "--long"]])
def test_a_closed_pipe_keeps_no_file_from_being_changed(words: list[str], tmp_path: Path) -> None:
    project = SmallProject(tmp_path)
    path = project.write("data/films.yaml", ANORA.replace("director:", "directr:") if words == ["fix"] else MONEY)
    if words != ["fix"]:
        for ontology in (ROOT / "ontology").glob("*.ttl"):
            project.write(f"ontology/{ontology.name}", ontology.read_bytes())
        (project.folder / "ontology/film.ttl").unlink()
    before = path.read_text(encoding="utf-8")
    read, written = os.pipe()
    os.close(read)
    call = [sys.executable, "-m", "kg", *words, "--apply", "--project", str(project.folder)]
    subprocess.run(call, stdout=written, stderr=written, check=False, timeout=60)
    os.close(written)
    assert path.read_text(encoding="utf-8") != before


def test_a_name_that_is_not_valid_unicode_is_refused_without_a_traceback(folder: Path) -> None:
    words: list[bytes | str] = [sys.executable, "-m", "kg", "show", b"\xff\xfe", "--project", str(folder)]
    done = subprocess.run(words, capture_output=True, check=False, timeout=60)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_inferred_triples_go_to_stdout_and_messages_to_stderr(tmp_path: Path) -> None:
    data = tmp_path / "films.ttl"
    data.write_text(
        "@prefix : <https://example.org/> . :p a <http://www.w3.org/2002/07/owl#SymmetricProperty> . :a :p :b ."
    )
    done = kg("infer", str(data), "--only-inferred", "-o", "-")
    assert done.stdout == "<https://example.org/b> <https://example.org/p> <https://example.org/a> .\n"
    assert done.stderr == "1 triple was inferred\n"
    assert [path.name for path in tmp_path.iterdir()] == ["films.ttl"]


def test_files_with_an_unknown_suffix_are_read_in_the_format_that_is_named(tmp_path: Path) -> None:
    file = tmp_path / "film.data"
    file.write_text("@prefix sh: <http://www.w3.org/ns/shacl#> . <a:S> a sh:NodeShape ; sh:targetNode <a:S> .")
    done = kg("validate", str(file), "-s", str(file), "--input-format", "turtle")
    assert (done.returncode, done.stdout) == (0, "No findings.\n")
    assert kg("validate", str(file), "-s", str(file)).returncode == 2
    lint = kg("ontology", "lint", str(file), "--input-format", "turtle", folder=tmp_path)
    assert lint.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_reported_in_one_line_where_sql_writes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_nothing(_: object) -> None:
        duckdb.sql("COPY (SELECT 1) TO '/dev/full' (FORMAT csv)")

    monkeypatch.setattr("kg.cli.check._infer", write_nothing)
    assert main(["infer", "films.ttl", "-o", "closed.nt"]) == 2
    message = (
        "kg infer: /dev/full cannot be read or written: No space left on device. Free some space, and run it again."
    )
    assert capsys.readouterr().err == f"{message}\n"


@pytest.mark.parametrize(
    "file", ["data/films.yaml", "data/new.ttl", "ontology/film.ttl", "queries/x.rq", "filmgraph.toml"]
)
def test_no_output_replaces_a_file_that_a_graph_is_built_from(folder: Path, file: str) -> None:
    path = folder / file
    before = path.read_bytes() if path.is_file() else None
    for command in (["export", "-o", str(path)], ["sparql", "ASK {}", "-o", str(path)]):
        call = kg(*command, folder=folder)
        assert (call.returncode, call.stdout) == (2, "")
        assert "is among the files that a graph is built from" in call.stderr
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_variable_without_a_pattern_is_named_with_the_rows(folder: Path) -> None:
    call = kg("sparql", "SELECT ?film ?tytle { ?film rdfs:label ?title } LIMIT 1", folder=folder)
    assert call.returncode == 0
    assert call.stderr == "No pattern of the query has ?tytle. Did you mean ?title?\n"


def test_loaded_files_list_no_endpoints(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<a:a> <a:b> <a:c> .", encoding="utf-8")
    query = "SELECT ?s { SERVICE <http://films.example/sparql> { ?s ?p ?o } }"
    call = kg("sparql", "--data", str(tmp_path / "a.ttl"), "-e", query)
    assert call.returncode == 2
    assert "is not allowed: loaded files list no endpoint, as a project does." in call.stderr
