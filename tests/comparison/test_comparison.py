"""`kg diff` and `kg what-if` report what came, went and changed, and publish nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kg.cli import main
from kg.comparison import Hypothesis, compare, open_state, write_difference
from kg.comparison.difference import Change, Difference
from kg.errors import InputError
from tests.projects import SmallProject

MORE = """\
source: fan-site

anora:
  minutes: 139
"""

ATOM = "{http://www.w3.org/2005/Atom}"


def published(project: SmallProject) -> None:
    assert project.build().ok


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
    def git(*arguments: str) -> None:
        options = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", str(anora.folder), *options, *arguments], check=True, capture_output=True)

    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "First")
    anora.write("data/more.yaml", MORE)
    call = ["diff", "HEAD", "files", "--project", str(anora.folder), "--format", "json", "--fail-on", "facts-lost"]
    assert main(call) == 0
    found = json.loads(capsys.readouterr().out)
    assert ["139" in change["after"] for change in found["facts"]] == [True]
    assert main(["diff", "files", "HEAD", *call[3:]]) == 1


@pytest.mark.parametrize("name", ["no-such-state", "--upload-pack=x", "-x", "HEAD:data", ""])
def test_an_unknown_state_is_named(anora: SmallProject, name: str) -> None:
    with (
        pytest.raises(InputError, match="neither a project folder nor a git revision"),
        open_state(name, anora.project),
    ):
        pass


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
