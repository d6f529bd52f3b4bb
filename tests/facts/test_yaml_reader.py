"""Fact files in YAML: their facts are read, and what is wrong is reported with line and column."""

from __future__ import annotations

import re

import pytest
import yaml
from pyoxigraph import Literal

from kg.errors import InputError
from kg.facts.model import Rank
from kg.files.yaml_files import YamlError, read_documents, to_mapping
from kg.terms import XSD, entity_iri
from tests.projects import SmallProject, statement

TITLES = [
    "Paris, Texas",
    "'Round Midnight",
    'The "Teahouse" of the August Moon',
    "Face/Off",
    "8½",
    "Yes | No",
    "{Cube}",
    "[REC]",
    "#Alive",
    "@zola",
    "!Women Art Revolution",
    "C:\\Windows",
    "Love: A Film",
    "null",
    "1984",
    "日本沈没",
    "وجدة",
    "🎬 The Emoji Movie",
    "Léon\u00a0: The Professional",
    "line one\nline two",
    "tab\there",
    "trailing blank ",
]


def quoted(text: str) -> str:
    """A text as YAML writes it between double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


@pytest.mark.parametrize("title", TITLES)
def test_a_title_is_kept_exactly(project: SmallProject, title: str) -> None:
    project.write("data/films.yaml", f"source: encyclopedia\nthe-film:\n  title: {quoted(title)}\n")
    assert [fact.value for fact in project.facts()] == [Literal(title)]


def test_a_plain_title_may_have_commas(project: SmallProject) -> None:
    project.write("data/films.yaml", "source: encyclopedia\nparis-texas:\n  title: Paris, Texas\n")
    assert [statement(fact) for fact in project.facts()] == ["film:paris-texas film:title Paris, Texas"]


def test_values_become_terms_of_the_range_of_their_property(project: SmallProject) -> None:
    project.write(
        "data/films.yaml",
        """\
        source: encyclopedia
        anora:
          director: sean-baker
          minutes: 139
          score: 8.50
          inColour: true
          year: 2024
          date: 2024-10-18
          website: https://anora.film/
          runningTime: PT139M
        sean-baker: {type: Person}
        """,
    )
    values = {fact.property: fact.value for fact in project.facts() if fact.subject == entity_iri("anora")}
    assert values.pop(entity_iri("director")) == entity_iri("sean-baker")
    kinds = {
        "minutes": ("139", "integer"),
        "score": ("8.50", "decimal"),
        "inColour": ("true", "boolean"),
        "year": ("2024", "gYear"),
        "date": ("2024-10-18", "date"),
        "website": ("https://anora.film/", "anyURI"),
        "runningTime": ("PT139M", "duration"),
    }
    assert {str(value) for value in values.values()} == {f'"{text}"^^<{XSD}{kind}>' for text, kind in kinds.values()}


def test_every_key_of_a_fact_is_read(project: SmallProject) -> None:
    project.write(
        "data/films.yaml",
        """\
        source: encyclopedia
        anora:
          minutes:
            value: 139
            at: 12-20
            source: trade-paper
            record: r7
            retrieved: 2025-01-31
            as_of: 2025-01
            rank: deprecated
            because: a misprint
            written: two hours and nineteen minutes
            paraphrase: true
          title: {value: Anora, lang: en}
        """,
    )
    minutes, title = project.facts()
    evidence = minutes.evidence
    assert (evidence.source, evidence.start, evidence.end) == ("trade-paper", 12, 20)
    assert (evidence.record, evidence.retrieved, minutes.as_of) == ("r7", "2025-01-31", "2025-01")
    assert (minutes.rank, minutes.because, minutes.paraphrase) == (Rank.DEPRECATED, "a misprint", True)
    assert minutes.written == "two hours and nineteen minutes"
    assert (minutes.place.line, minutes.place.column) == (4, 12)
    assert title.value == Literal("Anora", language="en")


def test_keys_of_a_section_block_or_part_hold_for_everything_inside_unless_overridden(project: SmallProject) -> None:
    project.write(
        "data/films.yaml",
        """\
        source: encyclopedia
        anora:
          at: 1-5
          rank: preferred
          title: Anora
          release:
            at: 10-20
            date: 2024-10-18
            territory: {value: usa, at: 30-40}
            screens: {value: 6, source: trade-paper}
        usa: {type: Place, kind: country}
        """,
    )
    evidence = {
        statement(fact): (fact.evidence.source, fact.evidence.start, fact.rank.value) for fact in project.facts()
    }
    part = "film:anora.release.2024-10-18"
    assert evidence == {
        "film:anora film:title Anora": ("encyclopedia", 1, "preferred"),
        f"film:anora film:release {part}": ("encyclopedia", 10, "preferred"),
        f"{part} film:date 2024-10-18": ("encyclopedia", 10, "preferred"),
        f"{part} film:territory film:usa": ("encyclopedia", 30, "preferred"),
        # A span of one source is not a span of another.
        f"{part} film:screens 6": ("trade-paper", None, "preferred"),
        "film:usa rdf:type film:Place": ("encyclopedia", None, "normal"),
        "film:usa film:kind country": ("encyclopedia", None, "normal"),
    }


def test_a_fact_may_have_several_passages(project: SmallProject) -> None:
    project.write("data/films.yaml", "source: encyclopedia\nanora:\n  title: {value: Anora, at: [1-5, 20-24]}\n")
    assert [(fact.evidence.start, fact.evidence.end) for fact in project.facts()] == [(1, 5), (20, 24)]
    assert len({fact.id for fact in project.facts()}) == 2


def test_sections_of_one_file_may_have_different_sources(project: SmallProject) -> None:
    project.write(
        "data/films.yaml",
        "source: encyclopedia\nanora: {minutes: 139}\n---\nsource: trade-paper\nanora: {minutes: 138}\n",
    )
    stated = [(fact.evidence.source, fact.value.value) for fact in project.facts() if isinstance(fact.value, Literal)]
    assert stated == [("encyclopedia", "139"), ("trade-paper", "138")]


RELEASE = "    - {date: 2024-10-18, screens: 6}\n"
EARLIER = "    - {date: 2024-05-21, screens: 1}\n"


def test_the_iri_of_a_release_does_not_change_when_another_is_inserted_before_it(project: SmallProject) -> None:
    head = "source: encyclopedia\nanora:\n  release:\n"
    project.write("data/films.yaml", head + RELEASE)
    before = {statement(fact) for fact in project.facts()}
    project.write("data/films.yaml", head + EARLIER + RELEASE)
    after = {statement(fact) for fact in project.facts()}
    assert before < after


def test_two_releases_with_the_same_first_value_are_two_releases(project: SmallProject) -> None:
    project.write(
        "data/films.yaml",
        "source: encyclopedia\nanora:\n  release:\n" + RELEASE + RELEASE.replace("6", "7") + "    - {date: 2024}\n",
    )
    nodes = {statement(fact).split()[2] for fact in project.facts() if fact.property == entity_iri("release")}
    assert nodes == {
        "film:anora.release.2024-10-18",
        "film:anora.release.2024-10-18-2",
        "film:anora.release.2024",
    }


def test_a_second_nomination_never_gets_the_iri_of_a_third(project: SmallProject) -> None:
    project.write(
        "data/films.yaml",
        """\
        source: encyclopedia
        anora:
          recognition:
            - {title: Best Film}
            - {title: Best Film}
            - {title: Best Film 2}
        """,
    )
    assert len({fact.value for fact in project.facts() if fact.property == entity_iri("recognition")}) == 3


def test_the_iri_of_a_part_ends_in_its_id(project: SmallProject) -> None:
    project.write(
        "data/films.yaml", "source: encyclopedia\nanora:\n  release: {id: opening weekend, date: 2024-10-18}\n"
    )
    assert statement(project.facts()[0]) == "film:anora film:release film:anora.release.opening-weekend"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["Unix", "Windows", "old Mac"])
def test_line_ends_of_every_system_count_as_lines(project: SmallProject, ending: str) -> None:
    text = "source: encyclopedia\nanora:\n  titel: Anora\n"
    project.write("data/films.yaml", text.replace("\n", ending).encode())
    assert project.finding_places() == ["data/films.yaml:3:3 unknown-property"]


def test_a_byte_order_mark_is_not_part_of_the_first_name(project: SmallProject) -> None:
    project.write("data/films.yaml", b"\xef\xbb\xbfsource: encyclopedia\nanora: {title: Anora}\n")
    assert [statement(fact) for fact in project.facts()] == ["film:anora film:title Anora"]


WRONG: list[tuple[str, str, list[str]]] = [
    ("a misspelt property", "anora:\n  directr: anora\n", ["3:3 unknown-property"]),
    ("a misspelt class", "anora:\n  type: Flim\n", ["3:9 unknown-class"]),
    ("a text where a number should be", "anora:\n  minutes: long\n", ["3:12 value"]),
    ("a number with separators", "anora:\n  amount: 36.500.000\n", ["3:11 value"]),
    ("a day that no calendar has", "anora:\n  date: 2023-02-29\n", ["3:9 value"]),
    ("a month that no calendar has", "anora:\n  date: 2023-13\n", ["3:9 value"]),
    ("a date in words", "anora:\n  date: last autumn\n", ["3:9 value"]),
    ("not a boolean", "anora:\n  inColour: yes\n", ["3:13 value"]),
    ("an address with spaces", "anora:\n  website: anora film\n", ["3:12 value"]),
    ("not a duration", "anora:\n  runningTime: PT\n", ["3:16 value"]),
    ("a value that is missing", "anora:\n  title:\n", ["3:9 value"]),
    ("a value that is null", "anora:\n  title: null\n", ["3:10 value"]),
    ("an undefined entity", "anora:\n  director: sean-bakr\n", ["3:13 unknown-entity"]),
    ("an unknown source", "anora:\n  title: {value: A, source: encyclopaedia}\n", ["3:29 unknown-source"]),
    ("an unknown source of a part", "anora:\n  release: {source: x, date: 2024}\n", ["3:21 unknown-source"]),
    ("a span the wrong way round", "anora:\n  title: {value: A, at: 9-3}\n", ["3:25 span"]),
    ("words without a text", "anora:\n  title: {value: A, at: page 3}\n", ["3:25 words"]),
    ("a span of very many digits", f"anora:\n  title: {{value: A, at: 1-{'9' * 5000}}}\n", ["3:25 span"]),
    ("not a rank", "anora:\n  title: {value: A, rank: best}\n", ["3:27 value"]),
    ("an as-of day that is not a date", "anora:\n  title: {value: A, as_of: now}\n", ["3:28 value"]),
    ("an unknown key of a fact", "anora:\n  title: {value: A, colour: red}\n", ["3:21 key"]),
    ("not a language tag", "anora:\n  title: {value: A, lang: in English}\n", ["3:18 value"]),
    ("a duplicate property", "anora:\n  title: A\n  title: B\n", ["4:3 duplicate"]),
    ("a duplicate key of a part", "anora:\n  release: {date: 2024, date: 2025}\n", ["3:25 duplicate"]),
    ("a second block under another name", "anora:\n  title: A\nfilm:anora:\n  minutes: 1\n", ["4:1 duplicate"]),
    ("a duplicate block", "anora:\n  title: A\nanora:\n  minutes: 1\n", ["4:1 duplicate"]),
    ("two parts with one id", "anora:\n  release: [{id: a, date: 2024}, {id: a, date: 2025}]\n", ["3:34 duplicate"]),
    ("a list within a list", "anora:\n  title: [[A]]\n", ["3:11 shape"]),
    ("a mapping where a text should be", "anora:\n  minutes: {long: true}\n", ["3:12 shape"]),
    ("a block that is a text", "anora: a film\n", ["2:8 shape"]),
    ("a passage of a section", "at: 1-3\n", ["2:5 shape"]),
    ("not a name", "…:\n  title: A\n", ["2:1 name"]),
    ("a name with an unknown prefix", "imdb:tt1:\n  title: A\n", ["2:1 name"]),
    ("the name of a property", "director:\n  title: A\n", ["3:10 name"]),
    ("an anchor", "anora: &a\n  title: A\n", ["2:8 yaml"]),
    ("an alias", "anora:\n  title: *a\n", ["3:10 yaml"]),
    ("a tag", "anora:\n  title: !!python/object:os.system ls\n", ["3:10 yaml"]),
    ("a tab", "anora:\n\ttitle: A\n", ["3:1 yaml"]),
    ("a quote that does not end", 'anora:\n  title: "A\n', ["3:10 yaml"]),
    ("a bracket that does not end", "anora: {title: A\n", ["2:8 yaml"]),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_each_fault_is_reported_once_with_line_and_column(
    project: SmallProject, text: str, expected: list[str]
) -> None:
    project.write("data/films.yaml", f"source: encyclopedia\n{text}")
    assert project.finding_places() == [f"data/films.yaml:{place}" for place in expected]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("anora:\n  x: {a: b\n  title: A\ntitane:\n  y: [1, 2\n  title: B\n", ["3:6 yaml", "6:6 yaml"]),
        ('anora:\n\tx: 1\n  title: A\ntitane:\n  y: "1\n  title: B\n', ["3:1 yaml", "6:6 yaml"]),
        ("anora:\n  minutes 12\n  title: A\ntitane:\n  y: @1\n  title: B\n", ["3:3 yaml", "6:6 yaml"]),
        ("anora:\n  x: [a,\n    b\n  title: A\ntitane:\n  y: &a 1\n  title: B\n", ["3:6 yaml", "7:6 yaml"]),
        ("other: {title: C\nanora:\n  title: A\n---\nsource: encyclopedia\ntitane: {title: B}\n", ["2:8 yaml"]),
        ("anora:\n  title: A\nother\n  title: C\ntitane:\n  title: B\n", ["4:1 yaml"]),
    ],
)
def test_what_is_not_yaml_is_left_out_and_the_rest_is_read(project: SmallProject, text: str, faults: list[str]) -> None:
    project.write("data/films.yaml", f"source: encyclopedia\n{text}")
    assert project.finding_places() == [f"data/films.yaml:{fault}" for fault in faults]
    assert {fact.value.value for fact in project.read().facts} == {"A", "B"}


def test_nothing_is_said_of_what_refers_to_a_block_that_could_not_be_read(project: SmallProject) -> None:
    text = "source: encyclopedia\nanora: {director: sean-baker}\nsean-baker: {type: Person\n"
    project.write("data/films.yaml", text)
    assert project.finding_places() == ["data/films.yaml:3:13 yaml"]


def test_all_faults_of_all_files_are_reported_at_once(project: SmallProject) -> None:
    project.write("data/a.yaml", "source: encyclopedia\nanora:\n  titel: A\n  minutes: long\n")
    project.write("data/b.yaml", "source: nobody\ntitane:\n  yeer: 2021\n")
    project.write("data/c.csv", "subject,property,value,source\nanora,yeer,2024,encyclopedia\n")
    assert project.finding_places() == [
        "data/a.yaml:3:3 unknown-property",
        "data/a.yaml:4:12 value",
        "data/b.yaml:1:9 unknown-source",
        "data/b.yaml:3:3 unknown-property",
        "data/c.csv:2 unknown-property",
    ]


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("anora:\n  directr: anora\n", "director"),
        ("anora:\n  type: Flim\n", "Film"),
        ("anora:\n  title: {value: A, source: encyclopaedia}\n", "encyclopedia"),
        ("anora:\n  title: {value: A, sorce: x}\n", "source"),
        ("anora: {director: sean-bakr}\nsean-baker: {type: Person}\n", "film:sean-baker"),
    ],
)
def test_a_misspelt_name_has_the_closest_one_as_suggestion(project: SmallProject, text: str, suggestion: str) -> None:
    project.write("data/films.yaml", f"source: encyclopedia\n{text}")
    (finding,) = project.read().findings
    assert finding.suggestions == (suggestion,)
    assert finding.advice == f"Did you mean {suggestion}?"


def test_a_wrong_value_has_its_property_and_its_text(project: SmallProject) -> None:
    project.write("data/films.yaml", "source: encyclopedia\nanora:\n  minutes: '1.234.567'\n")
    (finding,) = project.read().findings
    assert (finding.path, finding.value) == (str(entity_iri("minutes")), '"1.234.567"')


def test_a_duplicate_key_names_the_place_of_the_first(project: SmallProject) -> None:
    project.write("data/films.yaml", "source: encyclopedia\nanora:\n  title: A\n  title: B\n")
    (finding,) = project.read().findings
    assert [place.line for place in finding.places] == [4, 3]


def test_an_undefined_entity_is_offered_a_block_of_the_right_class(project: SmallProject) -> None:
    project.write("data/films.yaml", "source: encyclopedia\nanora: {director: emir-kusturica}\n")
    (finding,) = project.read().findings
    assert finding.message == "film:emir-kusturica is not defined"
    assert finding.advice == "Add emir-kusturica: {type: Person, label: ...}"


def test_a_fact_without_a_source_is_refused(project: SmallProject) -> None:
    project.write("data/films.yaml", "anora:\n  title: Anora\n")
    (finding,) = project.read().findings
    assert str(finding) == (
        "data/films.yaml:2:10: violation: no source states title = Anora. "
        "Name the source at the top of the section. [facts/no-source]"
    )
    sections = "anora:\n  title: Anora\n  year: 2024\ntangerine: {year: 2015}\n---\nstarlet: {year: 2012}\n"
    project.write("data/films.yaml", sections)
    assert [finding.message for finding in project.read().findings if finding.check == "facts/no-source"] == [
        "no source states title = Anora, and 2 more values of this section",
        "no source states year = 2012",
    ]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "1:1 empty"),
        (b"\n\n# nothing yet\n", "1:1 empty"),
        (b"---\n# nothing yet\n---\n", "1:1 empty"),
        (b"source: encyclopedia\nanora: {title: Am\xe9lie}\n", "2:18 encoding"),
        ("source: encyclopedia\n".encode("utf-16"), "1:1 encoding"),
        ("source: encyclopedia\n".encode("utf-16-le"), "1:2 yaml"),
        (b"source: encyclopedia\nanora: {title: A\x00B}\n", "2:17 yaml"),
        (b"source: encyclopedia\nanora: {title: A\x07B}\n", "2:17 yaml"),
        (b"- anora\n- titane\n", "1:1 shape"),
        (b"anora\n", "1:1 shape"),
    ],
    ids=[
        "empty",
        "only a comment",
        "comments between lines",
        "Latin-1",
        "UTF-16",
        "UTF-16 unmarked",
        "a NUL",
        "a bell",
        "a list",
        "a word",
    ],
)
def test_a_file_without_facts_is_reported(project: SmallProject, content: bytes, place: str) -> None:
    project.write("data/films.yaml", content)
    assert project.finding_places() == [f"data/films.yaml:{place}"]


def test_a_title_with_a_control_character_is_refused(project: SmallProject) -> None:
    project.write("data/films.yaml", 'source: encyclopedia\nanora:\n  title: "A\\x00B\\x1b[31m"\n')
    assert project.finding_places() == ["data/films.yaml:3:10 value"]


@pytest.mark.parametrize("bracket", ["[", "{", "- ", "? "], ids=["lists", "mappings", "dashes", "keys"])
def test_ten_megabytes_of_brackets_are_refused_at_once(project: SmallProject, bracket: str) -> None:
    project.write("data/films.yaml", (bracket * (10_000_000 // len(bracket))).encode())
    (finding,) = project.read().findings
    assert finding.check == "facts/yaml"
    assert "nested deeper" in finding.message


def test_a_megabyte_of_closed_brackets_is_read_to_its_fault(project: SmallProject) -> None:
    project.write("data/films.yaml", ("source: encyclopedia\nanora: [" + "[],\n" * 250_000 + "]").encode())
    assert project.finding_places() == ["data/films.yaml:2:8 shape"]


def test_a_file_with_an_unknown_suffix_is_reported(project: SmallProject) -> None:
    project.write("data/films.docx", b"PK")
    assert project.finding_places() == ["data/films.docx unknown-file"]


def test_files_that_an_editor_leaves_are_ignored(anora: SmallProject) -> None:
    anora.write("data/.films.yaml.swp", b"\x00")
    anora.write("data/~$films.yaml", b"\x00")
    anora.write("data/.ipynb_checkpoints/films.yaml", b"\x00")
    anora.write("data/films.yaml~", b"\x00")
    anora.write("data/#films.yaml#", b"\x00")
    assert anora.finding_places() == []


def test_a_failed_build_leaves_the_previous_graph_in_use(anora: SmallProject) -> None:
    graph = anora.open()
    anora.write("data/films.yaml", "source: encyclopedia\nanora:\n  titel: Anora\n")
    assert not anora.build()
    for old in (graph, type(graph)(anora.project)):
        assert old.sparql("ASK { film:anora film:director film:sean-baker }").truth


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("label: Spider-Man: Homecoming", 'label: "Spider-Man: Homecoming"'),
        ('  label: Say "Hi": Part 2', 'label: "Say \\"Hi\\": Part 2"'),
    ],
)
def test_a_text_with_a_colon_is_shown_in_quotation_marks(line: str, advice: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"Put a text that has a colon in quotation marks: {advice}.")):
        to_mapping(f"film-x:\n  type: Film\n  {line.strip()}\n".encode(), file="mapping.yaml")


@pytest.mark.parametrize("parser", [yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)])
@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: [b, c\nd: 1", "1:4", "the list that begins here has no ] at its end"),
        ("a: {b: c\nd: 1", "1:4", "the mapping that begins here has no } at its end"),
        ("a: {b: 1}\nc: {d: [e, f}", "2:13", "a comma or ] is missing before '}'"),
        ("a: 'b\nc: d", "1:4", "the text that begins here has no ' at its end"),
        ("a: [x]]", "1:7", "unexpected ']'"),
        ("a: 'b' c", "1:8", "unexpected 'c'"),
        ("a: @b", "1:4", "'@' cannot begin a value"),
        ("a:\n\tb: c", "2:1", "a tab in the indentation"),
        ("a:\n  b: c\n d: e", "3:2", "this line does not continue the lines above it"),
        ("a: b\n c: d", "2:3", "a key is not possible here"),
    ],
)
def test_a_syntax_error_is_reported_in_the_same_words_whatever_reads_it(
    monkeypatch: pytest.MonkeyPatch, parser: object, text: str, place: str, message: str
) -> None:
    monkeypatch.setattr("kg.files.yaml_files._SafeLoader", parser)
    with pytest.raises(YamlError) as error:
        list(read_documents(text, file="films.yaml"))
    assert (str(error.value.place), error.value.message) == (f"films.yaml:{place}", f"not YAML: {message}")


def test_keys_below_a_key_that_has_a_value_are_one_finding(anora: SmallProject) -> None:
    anora.write(
        "data/more.yaml",
        "source: fan-site\nThe Orchard: a documentary\n  type: Film\n  year: 2022\n  title: A\nother: {type: Flim}\n",
    )
    found = anora.read().findings
    assert [(str(finding.place), finding.check) for finding in found] == [
        ("data/more.yaml:2:1", "facts/yaml"),
        ("data/more.yaml:6:15", "facts/unknown-class"),
    ]
    assert found[0].message == "not YAML: The Orchard has a value, and further keys below it"
    assert found[0].remedy.startswith('Write "The Orchard: a documentary": if that is a title')
