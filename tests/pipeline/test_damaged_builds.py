"""Damaged builds, and builds of other versions: detected, said, and made again from the files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb
import pytest

from kg.cli import main
from kg.errors import InputError, ProjectError
from kg.facts.readers import read_facts
from kg.graph.build_files import LIST, check_opened, find_damage, write_file_list
from kg.graph.engine_errors import to_input_error
from kg.graph.snapshot_file import FILE
from kg.graph.store import digest_of_build
from kg.loaded_graph import open_local_graph
from kg.pipeline.build import build
from kg.pipeline.draft import draft
from kg.pipeline.inputs import FILE as INPUTS
from tests.projects import SmallProject


def flip(path: Path, position: int) -> None:
    """Change one byte of a file."""
    with path.open("r+b") as file:
        file.seek(position)
        (byte,) = file.read(1)
        file.seek(position)
        file.write(bytes([byte ^ 0xFF]))


def test_a_snapshot_that_cannot_be_used_is_refused_when_it_is_opened_and_built_anew(anora: SmallProject) -> None:
    anora.build()
    os.truncate(anora.project.current_build / FILE, 300_000)
    with pytest.raises(ProjectError, match=r"damaged: graph\.duckdb has 300,000 bytes of .* Run `kg build`"):
        open_local_graph(anora.project)
    (finding,) = anora.build().findings
    assert (finding.check, str(finding.severity)) == ("build/damaged", "info")
    assert "unchanged" in anora.build().counts
    assert open_local_graph(anora.project)["film:anora"].label == "Anora"
    files = anora.project.current_build / LIST
    document = json.loads(files.read_text(encoding="utf-8"))
    files.write_text(json.dumps({**document, "layout": 0}), encoding="utf-8")
    with pytest.raises(ProjectError, match=r"another version of kg\. Run `kg build`"):
        open_local_graph(anora.project)


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["mcp"]])
def test_a_graph_that_cannot_be_opened_is_not_served(
    anora: SmallProject, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    anora.build()
    files = anora.project.current_build / LIST
    files.write_text(json.dumps({**json.loads(files.read_text(encoding="utf-8")), "layout": 0}), encoding="utf-8")
    assert main([*command, "--project", str(anora.folder)]) == 2
    assert "another version of kg. Run `kg build`" in capsys.readouterr().err


def test_a_build_by_a_program_with_other_tables_is_not_taken_for_this_one(
    anora: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr("kg.pipeline.build.FORMAT", 1)
        earlier.setattr("kg.pipeline.inputs.FORMAT", 1)
        anora.build()
    assert "unchanged" not in anora.build().counts
    assert "unchanged" in anora.build().counts


def test_a_changed_byte_is_found_when_it_is_read_and_by_the_next_build(
    anora: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    anora.build()
    snapshot = anora.project.current_build / FILE
    for position in range(12_400, snapshot.stat().st_size, 1 << 18):  # one byte of every block
        flip(snapshot, position)
    assert main(["export", "-f", "nquads", "--project", str(anora.folder)]) == 2
    assert "Run `kg build`" in capsys.readouterr().err
    anora.write("data/more.yaml", "source: encyclopedia\ntitane: {type: Film}\n")  # it is no base of another build
    (finding,) = anora.build().findings
    assert "graph.duckdb is not as it was written" in finding.message


@pytest.mark.parametrize("damage", ["flip", "remove"])
def test_a_damaged_lookup_store_is_filled_again_when_something_has_changed(anora: SmallProject, damage: str) -> None:
    anora.build()
    for path in (anora.project.current_build / "store").glob("*.sst"):
        for position in range(0, path.stat().st_size, 100):
            flip(path, position)
        if damage == "remove":
            path.unlink()
    for number in range(2):  # in one process, as while watching
        anora.write("data/more.yaml", f"source: encyclopedia\ntitane: {{type: Film, label: Titane {number}}}\n")
        report = anora.build()
        assert report.ok
        assert [finding.check for finding in report] == ["build/damaged"] * (number == 0)
        graph = open_local_graph(anora.project)
        assert graph.sparql("SELECT ?name { film:titane rdfs:label ?name }").values() == [f"Titane {number}"]
        assert find_damage(anora.project.current_build) is None


def test_a_damaged_block_that_no_query_has_read_is_in_no_other_build(anora: SmallProject) -> None:
    anora.write("data/many.csv", "subject,property,value,source\n" + "".join(
        f"film:film-{number},rdfs:label,Film {number},fan-site\nfilm:film-{number},rdf:type,film:Film,fan-site\n"
        for number in range(2_000)
    ))  # fmt: skip
    anora.build()
    largest = max((anora.project.current_build / "store").glob("*.sst"), key=lambda path: path.stat().st_size)
    flip(largest, largest.stat().st_size // 2)
    anora.write("data/more.yaml", "source: encyclopedia\ntitane: {type: Film, label: Titane}\n")
    assert [finding.check for finding in anora.build()] == ["build/damaged"]
    store = open_local_graph(anora.project).store
    assert len(list(store)) == len(store)


def test_no_digest_is_taken_from_a_damaged_build(anora: SmallProject) -> None:
    anora.build()
    name = anora.project.current_build.name
    inputs = anora.project.current_build / INPUTS
    document = json.loads(inputs.read_text(encoding="utf-8"))
    for state in document["states"].values():
        state[0], state[4] = "0" * 64, state[4] + 10**18  # as if it had been taken long after the last change
    inputs.write_text(json.dumps(document), encoding="utf-8")
    (finding,) = anora.build().findings
    assert "inputs.json has" in finding.message
    assert digest_of_build(anora.project.current_build.name) == digest_of_build(name)


def write_build(folder: Path) -> Path:
    """A folder with the files of a build."""
    (folder / "store").mkdir(parents=True)
    (folder / FILE).write_bytes(b"snapshot")
    (folder / "store/1.sst").write_bytes(b"quads")
    return folder


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda folder: (folder / FILE).unlink(), "graph.duckdb is missing"),
        (lambda folder: (folder / FILE).write_bytes(b"snap"), "graph.duckdb has 4 bytes of 8"),
        (lambda folder: flip(folder / "store/1.sst", 2), "store/1.sst is not as it was written"),
        (lambda folder: (folder / LIST).write_text("{", encoding="utf-8"), "files.json cannot be read"),
        (lambda folder: (folder / LIST).write_text("[]", encoding="utf-8"), "files.json cannot be read"),
        (lambda folder: (folder / LIST).unlink(), "it was built by another version of kg"),
    ],
)
def test_damage_of_every_file_is_found(tmp_path: Path, damage, found) -> None:  # type: ignore[no-untyped-def]
    folder = write_build(tmp_path / "build")
    write_file_list(folder)
    assert find_damage(folder) is None
    check_opened(folder)
    damage(folder)
    assert find_damage(folder) == found


def test_damage_of_a_file_that_two_builds_share_is_found_in_both(tmp_path: Path) -> None:
    before, after = write_build(tmp_path / "before"), write_build(tmp_path / "after")
    write_file_list(before)
    flip(before / "store/1.sst", 0)
    (after / "store/1.sst").unlink()
    os.link(before / "store/1.sst", after / "store/1.sst")
    write_file_list(after, before=before)
    assert find_damage(after) == "store/1.sst is not as it was written"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (duckdb.IOException("Corrupt database file: computed checksum 1 does not match"), "The graph is damaged"),
        (RuntimeError("Corruption: block checksum mismatch"), "The graph is damaged"),
        (
            duckdb.TransactionException('write file "/x": No space left on device'),
            "/x cannot be read or written: No sp",
        ),
        (OSError(28, "No space left on device"), "A file cannot be read or written: No space"),
        (duckdb.OutOfMemoryException("could not allocate"), "The memory within 2GB is not enough"),
        (duckdb.IOException("another reason"), None),
        (RuntimeError("another reason"), None),
        (ValueError("Corruption"), None),
        (PermissionError(13, "Corruption", "/x"), "/x cannot be read or written: Permission denied."),
    ],
)
def test_errors_of_engines_say_what_they_mean(error: Exception, message: str | None) -> None:
    known = to_input_error(error, memory="2GB")
    assert (known is None) == (message is None)
    assert message is None or str(known).startswith(message)


@pytest.mark.parametrize("file", ["data/films.yaml", "data/new.yaml"])
def test_a_file_that_changes_while_it_is_read_is_not_published(
    anora: SmallProject, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    def read_slowly(*arguments, **options):  # type: ignore[no-untyped-def]
        read = read_facts(*arguments, **options)
        anora.write(file, "source: encyclopedia\ntitane: {type: Film, label: Titane}\n")
        return read

    monkeypatch.setattr("kg.pipeline.draft.read_facts", read_slowly)
    with pytest.raises(InputError, match=rf"{file} was changed while files were read"):
        anora.build()
    assert not anora.project.has_build


def test_a_file_that_changes_after_its_digest_was_taken_is_not_published(
    anora: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draft_late(*arguments, **options):  # type: ignore[no-untyped-def]
        anora.write("data/films.yaml", "source: encyclopedia\ntitane: {type: Film, label: Titane}\n")
        return draft(*arguments, **options)

    monkeypatch.setattr("kg.pipeline.build.draft", draft_late)
    with pytest.raises(InputError, match=r"films\.yaml was changed while files were read"):
        anora.build()
    assert not anora.project.has_build


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(("before", "after"), [(0, 1), (1, 0), (1, 2)])
def test_a_file_that_changes_after_it_was_read_is_for_the_next_build(
    anora: SmallProject, monkeypatch: pytest.MonkeyPatch, before: int, after: int, force: bool
) -> None:
    """The digest of a build is that of the files that it has read, else the next would find nothing changed."""

    def write(films: int) -> None:
        blocks = "".join(f"film{number}: {{type: Film, label: Film {number}}}\n" for number in range(films))
        anora.write("data/more.yaml", f"source: encyclopedia\n{blocks}")
        if not films:
            (anora.folder / "data/more.yaml").unlink()

    def draft_slowly(*arguments, **options):  # type: ignore[no-untyped-def]
        drafted = draft(*arguments, **options)
        write(after)
        return drafted

    write(before)
    titles = "SELECT ?film { ?film a film:Film }"
    with monkeypatch.context() as slow:
        slow.setattr("kg.pipeline.build.draft", draft_slowly)
        assert build(anora.project, force=force).ok
    assert len(open_local_graph(anora.project).sparql(titles)) == 1 + before
    assert "unchanged" not in anora.build().counts
    assert len(open_local_graph(anora.project).sparql(titles)) == 1 + after
    assert "unchanged" in anora.build().counts
