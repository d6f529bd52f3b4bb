"""`kg diff` and `kg what-if` report what came, went and changed, and publish nothing."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kg.cli import main
from kg.comparison import Hypothesis, compare, open_state, write_difference
from kg.comparison.difference import Change, Difference
from kg.errors import InputError
from tests.projects import ANORA, SHAPES, SmallProject

MORE = """\
source: fan-site

anora:
  minutes: 139
"""

ATOM = "{http://www.w3.org/2005/Atom}"


def published(project: SmallProject) -> None:
    assert project.build().ok


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run([*command, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_state_does_not_differ_from_itself(anora: SmallProject) -> None:
    published(anora)
    with open_state("published", anora.project) as old, open_state("files", anora.project) as new:
        difference = compare(old, new)
        assert "built" not in vars(new), "what cannot differ is not built"
    assert difference.is_empty, write_difference(difference)
    anora.write("queries/films.rq", "#+ summary: All films\nSELECT ?film { ?film a film:Film }")
    with open_state("published", anora.project) as old, open_state("files", anora.project) as new:
        assert old.digest == new.digest, "both are asked with the queries of the project"
        steps: list[str] = []
        anora.write("data/more.yaml", MORE)
        with open_state("files", anora.project, progress=steps.append) as changed:
            assert [change.after for change in compare(new, changed, progress=steps.append).facts] == ["“139”"]
    assert (steps[0], steps[-1]) == ("reading", "comparing")


def test_a_new_a_changed_and_a_lost_fact_are_told_apart(anora: SmallProject) -> None:
    published(anora)
    anora.write("data/more.yaml", "source: fan-site\n\nanora: {minutes: 139, title: Anora}\n")
    published(anora)
    anora.write("data/more.yaml", "source: fan-site\n\nanora: {minutes: 140, genre: comedy}\n")
    with open_state("published", anora.project) as old, open_state("files", anora.project) as new:
        difference = compare(old, new)
    found = {(bool(change.before), bool(change.after)): change for change in difference.facts}
    assert found[True, False].subject == "Anora, title"
    assert found[False, True].subject == "Anora, genre"
    assert ("139" in found[True, True].before, "140" in found[True, True].after) == (True, True)
    assert difference.has("facts-lost")
    assert "~ Anora, minutes" in write_difference(difference)


def test_another_policy_changes_what_is_contested(anora: SmallProject, tmp_path: Path) -> None:
    anora.write("data/more.yaml", MORE + "\n---\nsource: trade-paper\n\nanora:\n  year: 2025\n")
    policy = tmp_path / "policy.yaml"
    policy.write_text("sources: [trade-paper, encyclopedia]\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in anora.folder.rglob("*") if path.is_file()}
    with (
        open_state("files", anora.project) as old,
        open_state("files", anora.project, change=Hypothesis(policy=policy)) as new,
    ):
        difference = compare(old, new)
    assert {path: path.read_bytes() for path in anora.folder.rglob("*") if path.is_file()} == before
    assert difference.contested


@pytest.mark.parametrize("name", ["policy.yaml", "links.sssom.tsv", ".facts.yaml", "notes.txt"])
def test_a_file_that_is_not_read_as_facts_is_refused(anora: SmallProject, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("source: fan-site\nanora: {score: 7}\n", encoding="utf-8")
    hypothesis = Hypothesis(added=(tmp_path / name,))
    with pytest.raises(InputError, match="no file of facts"), open_state("files", anora.project, change=hypothesis):
        pass


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="a pipe has no name here")
def test_a_policy_may_come_through_a_pipe(anora: SmallProject) -> None:
    anora.write("data/more.yaml", MORE + "\n---\nsource: trade-paper\n\nanora:\n  year: 2025\n")
    reading, writing = os.pipe()
    os.write(writing, b"sources: [trade-paper, encyclopedia]\n")
    os.close(writing)
    with (
        open_state("files", anora.project) as old,
        open_state("files", anora.project, change=Hypothesis(policy=Path(f"/dev/fd/{reading}"))) as new,
    ):
        assert compare(old, new).contested
    os.close(reading)


def test_without_a_source_its_facts_and_conclusions_fall(
    anora: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    anora.write("data/more.yaml", MORE)
    call = ["what-if", "--project", str(anora.folder), "--format", "json", "--without"]
    assert main([*call, "source:encyclopedia"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {change["source"] for change in found["facts"]} == {"encyclopedia"}
    assert not any(change["after"] for change in found["facts"])
    assert [change["subject"] for change in found["conclusions"]] != []
    assert main([*call, "encyclopaedia"]) == 2
    assert "encyclopedia" in capsys.readouterr().err


def test_a_git_revision_is_compared_with_the_files(anora: SmallProject, capsys: pytest.CaptureFixture[str]) -> None:
    git(anora.folder, "init", "--quiet")
    git(anora.folder, "add", "--all")
    git(anora.folder, "commit", "--quiet", "-m", "First")
    anora.write("data/more.yaml", MORE)
    call = ["diff", "HEAD", "files", "--project", str(anora.folder), "--format", "json", "--fail-on", "facts-lost"]
    assert main(call) == 0
    found = json.loads(capsys.readouterr().out)
    assert ["139" in change["after"] for change in found["facts"]] == [True]
    assert main(["diff", "files", "HEAD", *call[3:]]) == 1


@pytest.fixture
def repository(anora: SmallProject) -> SmallProject:
    """A project with one film in a folder of a repository that it does not fill."""
    git(anora.folder.parent, "init", "--quiet")
    git(anora.folder.parent, "add", ".")
    git(anora.folder.parent, "commit", "--quiet", "-m", "One film")
    return anora


def difference_of(project: SmallProject, old: str = "HEAD", new: str = "files") -> Difference:
    with open_state(old, project.project) as before, open_state(new, project.project) as after:
        return compare(before, after)


def test_a_revision_has_all_files_as_git_writes_them(repository: SmallProject) -> None:
    root = repository.folder.parent
    repository.write("data/more.csv", "subject,property,value,source\nfilm:anora,minutes,139,fan-site\n")
    repository.write("data/more.yaml", 'source: fan-site\nanora: {title: "$Format:%h$", score: 7}\n')
    repository.write("shared/scores.yaml", "source: trade-paper\nanora: {score: 8}\n")
    (repository.folder / "data/été 2.yaml").symlink_to("../shared/scores.yaml")
    (root / ".gitattributes").write_text("*.csv export-ignore\n*.yaml export-subst\n", encoding="utf-8")
    other = root / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    (other / "genres.yaml").write_text("source: fan-site\nsean-baker: {alias: SB}\n", encoding="utf-8")
    git(other, "add", ".")
    git(other, "commit", "--quiet", "-m", "A film maker")
    git(
        root,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "--quiet",
        str(other),
        f"{repository.folder.name}/data/genres",
    )
    git(root, "add", repository.folder.name, ".gitattributes")
    git(root, "commit", "--quiet", "-m", "More")
    assert difference_of(repository).is_empty
    assert {change.after for change in difference_of(repository, "HEAD~1").facts} == {
        "“139”", "“$Format:%h$”", "“7”", "“8”", "“SB”"
    }  # fmt: skip


def test_a_revision_may_name_the_folder_of_the_project(
    repository: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository.folder.parent
    git(root, "mv", repository.folder.name, "moved")
    git(root, "commit", "--quiet", "-m", "Move")
    moved = SmallProject(root / "moved")
    with pytest.raises(InputError, match=r"HEAD~1 has no folder moved.*HEAD~1:FOLDER"):
        difference_of(moved, "HEAD~1")
    monkeypatch.setenv("GIT_DIR", ".git")  # as git sets them for a hook
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    assert difference_of(moved, f"HEAD~1:{repository.folder.name}").is_empty


def test_a_shallow_clone_is_named_where_a_revision_is_missing(repository: SmallProject, tmp_path: Path) -> None:
    root = repository.folder.parent
    repository.write("data/films.yaml", ANORA.replace("2024", "2023"))
    git(root, "commit", "--quiet", "-a", "-m", "Another year")
    git(root, "clone", "--quiet", "--depth", "1", root.as_uri(), str(tmp_path / "clone"))
    clone = SmallProject(tmp_path / "clone" / repository.folder.name)
    with pytest.raises(InputError, match="git fetch --unshallow"):
        difference_of(clone, "HEAD~1")


def test_links_are_followed_as_in_the_project(anora: SmallProject, tmp_path: Path) -> None:
    anora.write("shared/scores.yaml", "source: trade-paper\nanora: {score: 8}\n")
    (tmp_path / "outside.yaml").write_text("source: fan-site\nanora: {score: 9}\n", encoding="utf-8")
    (anora.folder / "data/scores.yaml").symlink_to("../shared/scores.yaml")
    (anora.folder / "data/outside.yaml").symlink_to(tmp_path / "outside.yaml")
    published(anora)
    anora.write("data/films.yaml", ANORA.replace("2024", "2023"))
    difference = difference_of(anora, "published")
    assert [change.after for change in difference.facts] == ["“2023”"]
    assert difference.findings == (), "they were there when the graph was published"


def test_a_state_that_cannot_be_read_passes_no_gate(
    repository: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["diff", "HEAD", "files", "--project", str(repository.folder)]
    repository.write("data/films.yaml", "source: encyclopedia\nanora: {type: Film\n")
    assert main([*call, "--fail-on", "facts-lost"]) == 1
    shown = capsys.readouterr()
    assert "no graph of files, since it cannot be read well enough" in shown.out
    assert "or may be, since there is no graph of files: facts-lost" in shown.err
    repository.write("data/films.yaml", ANORA)
    repository.write("ontology/film.ttl", "@prefix film")
    assert main([*call, "--fail-on", "new-findings", "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["findings"][0]["subject"], document["uncompared"]) == ("ontology/film.ttl", ["files"])


def test_facts_of_sources_that_are_not_listed_are_compared(anora: SmallProject) -> None:
    published(anora)
    anora.write("data/more.yaml", "source: another-paper\nanora: {minutes: 139}\n")
    difference = difference_of(anora, "published")
    assert [(change.after, change.source) for change in difference.facts] == [("“139”", "another-paper")]
    assert "unknown source" in difference.findings[0].after
    anora.write("data/more.yaml", "source: Another paper\nanora: {minutes: 139}\n")
    assert difference_of(anora, "published").uncompared == ("files",)


def test_a_finding_is_the_same_in_a_file_of_another_name_and_another_where_there_is_one_more(
    anora: SmallProject,
) -> None:
    shape = """\
film:GenreShape a sh:NodeShape ; sh:targetClass film:Film ; sh:severity sh:Warning ;
    sh:property [ sh:path film:genre ; sh:minCount 1 ; sh:severity sh:Warning ; sh:message "A film has a genre." ] .
"""
    anora.write("ontology/shapes.ttl", SHAPES + shape)
    published(anora)
    (anora.folder / "data/films.yaml").rename(anora.folder / "data/films of 2024.yaml")
    assert difference_of(anora, "published").is_empty
    anora.write("data/films of 2024.yaml", ANORA + "\ntitane: {type: Film, label: Titane}\n")
    (change,) = difference_of(anora, "published").findings
    assert (change.subject, change.after) == ("data/films of 2024.yaml", "A film has a genre. [shacl/minCount]")


@pytest.mark.parametrize("name", ["no-such-state", "--upload-pack=x", "-x", "HEAD:data", ""])
def test_an_unknown_state_is_named(anora: SmallProject, name: str) -> None:
    with (
        pytest.raises(InputError, match="neither a project folder nor a git revision"),
        open_state(name, anora.project),
    ):
        pass


def test_markdown_names_states_that_would_not_be_published() -> None:
    text = write_difference(Difference("main", "a_b", unpublished=("a_b",)), "markdown")
    assert "`kg build` would not publish a\\_b: see the findings." in text


def test_markdown_cannot_be_broken_out_of() -> None:
    hostile = Change("a | b", "<img src=x>", "[x](javascript:1)", "`s`")
    text = write_difference(Difference("old", "new", facts=(hostile,)), "markdown")
    row = text.splitlines()[-1]
    assert "<img" not in row.replace("\\<", "")
    assert row.replace("\\|", "").count("|") == 5


def test_a_feed_has_an_entry_for_each_subject_that_differs() -> None:
    changes = (
        Change("Anora, year", "2023", "2024", "paper"),
        Change("Anora, year", "", "2025\x00"),
        Change("a <b>", "", "c & d"),
    )
    text = write_difference(Difference("old", "new", facts=changes), "atom")
    entries = list(ElementTree.fromstring(text).iter(f"{ATOM}entry"))
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["Facts: Anora, year", "Facts: a <b>"]
    assert "~ Anora, year: 2023 -> 2024 (paper)" in (entries[0].findtext(f"{ATOM}content") or "")
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    again = write_difference(Difference("old", "new", facts=changes), "atom")
    assert len(set(ids)) == 2
    assert all(f"<id>{id}</id>" in again for id in ids)
