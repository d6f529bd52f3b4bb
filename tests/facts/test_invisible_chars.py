"""Characters that nobody sees in names of fact files."""

from __future__ import annotations

import pytest

from kg.fixes.proposals import apply_fixes, propose_fixes
from kg.pipeline.build import check
from kg.text.invisible_chars import find_invisible
from tests.projects import SmallProject

FILM = "source: encyclopedia\nferry:\n  type: Film\n  label: {}\n"


@pytest.mark.parametrize(
    ("label", "place", "name"),
    [
        ("The \u200bFerry", "4:14", "U+200B, zero width space"),
        ('"The Fer\u00adry"', "4:18", "U+00AD, soft hyphen"),
        ("\u202eThe Ferry", "4:10", "U+202E, right-to-left override"),
        ("{value: Fer\u200dry}", "4:21", "U+200D, zero width joiner"),
    ],
)
def test_an_invisible_character_is_named_and_removed(anora: SmallProject, label: str, place: str, name: str) -> None:
    anora.write("data/ferry.yaml", FILM.format(label))
    (finding,) = (finding for finding in check(anora.project) if finding.check == "facts/invisible")
    assert str(finding.place) == f"data/ferry.yaml:{place}"
    assert name in finding.message
    apply_fixes(anora.project, propose_fixes(anora.project))
    assert "Ferry" in (anora.folder / "data/ferry.yaml").read_text(encoding="utf-8")
    assert not [finding for finding in check(anora.project) if finding.check == "facts/invisible"]


def test_a_space_that_may_have_been_meant_is_not_removed(anora: SmallProject) -> None:
    anora.write("data/ferry.yaml", FILM.format("The\u200bFerry"))
    (finding,) = (finding for finding in check(anora.project) if finding.check == "facts/invisible-space")
    assert finding.remedy == "Remove it, or write a space."
    assert not [fix for fix in propose_fixes(anora.project) if fix.finding.check == finding.check]


@pytest.mark.parametrize("text", ["می\u200cخواهم", "\U0001f468\u200d\U0001f469", "\u200fוואלס עם באשיר", "Léon"])
def test_scripts_that_need_joiners_and_marks_keep_them(text: str) -> None:
    assert not list(find_invisible(text))


def test_the_words_of_a_source_may_have_any_character(anora: SmallProject) -> None:
    anora.write("data/ferry.yaml", FILM.format('{value: The Ferry, written: "The\u00ad Ferry"}'))
    assert not [finding for finding in check(anora.project) if finding.check.startswith("facts/invisible")]
