"""What is under `data/` and no file of the project: named pipes, and links to nothing or to another place."""

from __future__ import annotations

import os

import pytest

from kg.fixes.fact_format import format_project
from kg.fixes.proposals import propose_fixes
from kg.language_server.diagnostics import find_faults
from kg.pipeline.build import build, check
from tests.projects import SmallProject


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_what_is_no_file_of_the_project_is_skipped_and_reported(
    anora: SmallProject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside, data = tmp_path_factory.mktemp("other") / "outside.yaml", anora.folder / "data"
    outside.write_text("source: encyclopedia\nsecret: {type: Film, label: Secret}\n")
    for name in ("pipe.yaml", "policy.yaml", "links.sssom.tsv", "pipe"):
        os.mkfifo(data / name)
    (data / "gone.yaml").symlink_to(data / "nowhere.yaml")
    (data / "out.yaml").symlink_to(outside)
    (data / "folder").symlink_to(anora.folder / "ontology")
    (data / "within.yaml").symlink_to(anora.folder / "more.yaml")
    anora.write("more.yaml", "source: encyclopedia\ntoros: {type: Film, label: Toros}\n")
    report = check(anora.project)
    assert {str(finding.place): finding.message for finding in report if finding.check == "facts/skipped"} == {
        "data/pipe.yaml": "not read, since it is neither a file nor a folder",
        "data/pipe": "not read, since it is neither a file nor a folder",
        "data/policy.yaml": "not read, since it is neither a file nor a folder",
        "data/links.sssom.tsv": "not read, since it is neither a file nor a folder",
        "data/gone.yaml": "not read, since it is a link to a file that does not exist",
        "data/out.yaml": "not read, since it is a link that leads out of the project",
        "data/folder": "not read, since it is a link to a folder",
    }
    subjects = {fact.subject.value for fact in anora.read().facts}
    assert "https://w3id.org/filmgraph/film/toros" in subjects
    assert "https://w3id.org/filmgraph/film/secret" not in subjects
    format_project(anora.project, short=True)
    propose_fixes(anora.project)
    find_faults(anora.project, {})
    build(anora.project)
    assert not list(anora.project.newer_than(anora.project.current_build))


def test_a_copy_of_a_project_may_have_links_to_its_files(anora: SmallProject) -> None:
    assert not [finding for finding in find_faults(anora.project, {}) if finding.check == "facts/skipped"]
