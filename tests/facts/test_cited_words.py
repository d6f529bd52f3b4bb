"""Facts that cite words of a text instead of a span."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import InputError
from kg.facts.texts import find_quotations, to_citation
from kg.fixes.proposals import propose_fixes, to_diff
from kg.pipeline.build import build, check
from kg.pipeline.new_source import add_source
from kg.pipeline.project_passages import find_in_source
from kg.project import Project
from tests.projects import SmallProject, place_and_check

TEXT = "Anora was directed by Sean Baker.\nSean Baker wrote “Anora”, too, in 2024 – after 1992-1995.\n"
FILM = """\
    source: notes
    anora:
      at: "Anora was directed by Sean Baker"
      type: Film
      label: Anora
      director: {value: sean-baker, at: Sean Baker}
      year: {value: 2024, at: "2024"}
    sean-baker:
      type: Person
      label: {value: Sean Baker, at: {words: Sean Baker, nth: 2}}
"""


def with_text(project: SmallProject, facts: str, text: str = TEXT) -> SmallProject:
    project.write("texts/notes.txt", text)
    project.write("data/sources.yaml", "notes: {title: Notes, file: notes.txt}\n")
    project.write("data/films.yaml", facts)
    return project


def spans(project: SmallProject) -> dict[str, tuple[int | None, int | None]]:
    return {
        fact.property.value.rpartition("/")[2].rpartition("#")[2] + " " + str(fact.subject)[-8:-1]: (
            fact.evidence.start,
            fact.evidence.end,
        )
        for fact in project.facts()
    }


def test_words_are_found_in_the_passage_around_them_and_else_in_the_text(project: SmallProject) -> None:
    found = spans(with_text(project, FILM))
    assert found["director m/anora"] == (22, 32)
    assert found["year m/anora"] == (TEXT.index("2024"), TEXT.index("2024") + 4)
    assert found["label n-baker"] == (34, 44)


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("Sean Baker", "2 times. Cite more words around them, or say which: at: {words: Sean Baker, nth: 1}."),
        ("{words: Sean Baker, nth: 3}", "only 2 times. Write a number up to 2 as nth."),
        ("sean BAKER", "does not have the words 'sean BAKER'. Did you mean Sean Baker?"),
        ("Seán Bäker", "does not have the words 'Seán Bäker'. Did you mean Sean Baker?"),
        ("Bak", "does not have the words 'Bak'. Copy them from the text."),
        ("{words: Anora, first: 1}", "Write words of the text, or {words: ..., nth: 2}, or start-end."),
        ("{words: Anora, nth: 0}", "Write words of the text, or {words: ..., nth: 2}, or start-end."),
        ("1995-1992", "'1995-1992' is not a span"),
        ("", "is not a span"),
    ],
)
def test_what_cannot_be_found_says_what_to_write(project: SmallProject, at: str, message: str) -> None:
    facts = f"source: notes\nanora: {{type: Film, label: {{value: Anora, at: {at or '~'}}}}}\n"
    (finding,) = with_text(project, facts).read().findings
    assert message in str(finding)


def test_words_of_digits_are_cited_in_a_mapping(project: SmallProject) -> None:
    facts = 'source: notes\nanora: {type: Film, title: {value: Anora, at: {words: "1992-1995"}}}\n'
    assert spans(with_text(project, facts))["title m/anora"] == (TEXT.index("1992"), TEXT.index("1995") + 4)


def test_blanks_quotation_marks_and_dashes_may_differ(project: SmallProject) -> None:
    values = 'title: {value: Anora, at: "Baker.  Sean"}, label: {value: A, at: \'"Anora"\'}'
    facts = f"source: notes\nanora: {{type: Film, {values}}}\n"
    found = spans(with_text(project, facts))
    assert found["title m/anora"] == (27, 38)
    assert found["label m/anora"] == (TEXT.index("“"), TEXT.index("”") + 1)


def test_a_build_keeps_the_spans_for_those_without_the_text(project: SmallProject) -> None:
    with_text(project, FILM)
    before = spans(project)
    assert build(project.folder).ok
    lock = (project.folder / "data/passages.lock").read_text()
    assert "unchanged" in build(project.folder).counts
    (project.folder / "texts/notes.txt").unlink()
    assert spans(project) == before
    assert build(project.folder).ok
    assert (project.folder / "data/passages.lock").read_text() == lock
    (project.folder / "data/passages.lock").unlink()
    (finding,) = project.read().findings
    assert "Put notes.txt into texts/" in str(finding)


def test_a_lock_of_another_text_is_not_used(project: SmallProject) -> None:
    with_text(project, FILM)
    assert build(project.folder).ok
    (project.folder / "texts/notes.txt").unlink()
    digest = hashlib.sha256(b"another").hexdigest()
    project.write("data/sources.yaml", f"notes: {{title: Notes, file: notes.txt, sha256: {digest}}}\n")
    assert [place_and_check(finding) for finding in project.read().findings] == ["data/films.yaml:3:7 words"]


def test_a_text_that_has_changed_is_searched_again(project: SmallProject) -> None:
    with_text(project, FILM)
    assert build(project.folder).ok
    project.write("texts/notes.txt", "\n\n" + TEXT)
    assert "unchanged" not in build(project.folder).counts
    assert spans(project)["director m/anora"] == (24, 34)


def test_a_lock_that_is_damaged_is_written_again(project: SmallProject) -> None:
    with_text(project, FILM)
    assert build(project.folder).ok
    lock = (project.folder / "data/passages.lock").read_text()
    project.write("data/passages.lock", "nonsense\n\tx\ty\tz\t-\t\t\n" + "notes\t\t5-\t\t\tAnora\n")
    assert build(project.folder).ok
    assert (project.folder / "data/passages.lock").read_text() == lock


def test_letter_case_is_fixed(project: SmallProject) -> None:
    facts = "source: notes\nanora:\n  type: Film\n  label: {value: Anora, at: ANORA WAS DIRECTED}\n"
    assert "+  label: {value: Anora, at: Anora was directed}" in to_diff(
        with_text(project, facts).project, propose_fixes(project.project)
    )


@settings(max_examples=60, deadline=None)
@given(st.text("ab é“\n-", min_size=1, max_size=60), st.data())
def test_the_citation_of_a_passage_leads_back_to_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    words = text[start : data.draw(st.integers(start + 1, len(text)))]
    for quotation in find_quotations(text, words):
        citation = to_citation(text, quotation)
        if citation.startswith("{"):
            nth = int(citation.rpartition(" ")[2].rstrip("}"))
            found = list(find_quotations(text, " ".join(quotation.words.split()), complete=True))[nth - 1]
            assert found.start == quotation.start


def test_kg_cite_forgives_case_accents_and_blanks(project: SmallProject) -> None:
    with_text(project, FILM)
    lines = [str(found) for found in find_in_source(project.project, "notes", "seän  baker")]
    assert [line.partition("    #")[0] for line in lines] == [
        "at: {words: Sean Baker, nth: 1}",
        "at: {words: Sean Baker, nth: 2}",
    ]
    assert [str(found).partition("    #")[0] for found in find_in_source(project.project, "notes", "wrote")] == [
        "at: wrote"
    ]


def test_the_text_of_a_source_is_copied_where_that_is_wanted(project: SmallProject) -> None:
    file = project.write("../season.txt", "The season.\n")
    assert add_source(project.folder, file, copy=True).is_found
    assert (project.folder / "texts/season.txt").read_text() == "The season.\n"
    file.write_text("Another season.\n")
    with pytest.raises(InputError, match="exists already, with another text"):
        add_source(project.folder, file, id="other", copy=True)


def test_a_source_is_added_with_the_digest_of_its_text(project: SmallProject) -> None:
    with_text(project, FILM)
    file = project.write("texts/Harbour Article.txt", "Three films: about harbours.\n")
    new = add_source(project.folder, file, details={"title": "Three films: about harbours", "language": "en"})
    assert new.is_found
    assert new.entry == (
        "harbour-article:\n"
        '  title: "Three films: about harbours"\n'
        "  language: en\n"
        "  file: Harbour Article.txt\n"
        f"  sha256: {hashlib.sha256(file.read_bytes()).hexdigest()}\n"
    )
    assert check(project.folder).ok
    with pytest.raises(InputError, match="already has the source 'harbour-article'"):
        add_source(project.folder, file)
    with pytest.raises(InputError, match="'May 9' is not a date"):
        add_source(project.folder, file, id="other", details={"date": "May 9"})
    with pytest.raises(InputError, match="cannot be read"):
        add_source(project.folder, project.folder / "nothing.txt")
    with pytest.raises(InputError, match="is not UTF-8"):
        add_source(project.folder, project.write("latin.txt", b"caf\xe9"))


def test_a_text_elsewhere_is_not_copied(project: SmallProject) -> None:
    file = project.write("elsewhere/article.txt", "Some words.\n")
    assert not add_source(Project(project.folder), file).is_found
    assert not (project.folder / "texts").exists()
