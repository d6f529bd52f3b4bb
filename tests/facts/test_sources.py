"""`data/sources.yaml`: what is read, and what is wrong with it."""

from __future__ import annotations

import pytest

from tests.projects import SmallProject

SOURCE_FINDINGS = [
    ("Encyclopedia: {title: A}\n", "1:1 name"),
    ("a: {title: A}\na: {title: B}\n", "2:1 duplicate"),
    ("a: {titel: A}\n", "1:5 key"),
    ("a: {title: [A]}\n", "1:12 shape"),
    ("a: title\n", "1:4 shape"),
    ("a: {sha256: 5F0C}\n", "1:13 value"),
    ("a: {address: not a url}\n", "1:14 value"),
    ("- a\n", "1:1 shape"),
    ("a: {\n", "2:1 yaml"),
]


@pytest.mark.parametrize(("text", "expected"), SOURCE_FINDINGS)
def test_wrong_sources_are_reported_with_line_and_column(project: SmallProject, text: str, expected: str) -> None:
    project.write("data/sources.yaml", text)
    assert project.finding_places() == [f"data/sources.yaml:{expected}"]


def test_an_unknown_key_of_a_source_has_the_closest_keys_as_suggestions(project: SmallProject) -> None:
    project.write("data/sources.yaml", "a: {titel: A}\n")
    (finding,) = project.read().findings
    assert (finding.value, finding.suggestions) == ('"titel"', ("title",))


def test_a_duplicate_source_names_the_place_of_the_first(project: SmallProject) -> None:
    project.write("data/sources.yaml", "a: {title: A}\na: {title: B}\n")
    (finding,) = project.read().findings
    assert [str(place) for place in finding.places] == ["data/sources.yaml:2:1", "data/sources.yaml:1:1"]
