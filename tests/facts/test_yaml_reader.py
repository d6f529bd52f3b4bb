"""Fact files in YAML: what they say is read, what is wrong with them is told with its line and column."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal

from kg.facts.model import Rank
from kg.terms import XSD, entity_iri
from tests.projects import SmallProject, said

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
def test_a_title_is_kept_to_the_letter(project: SmallProject, title: str) -> None:
    project.write("data/films.yaml", f"source: encyclopedia\nthe-film:\n  title: {quoted(title)}\n")
    assert [fact.value for fact in project.facts()] == [Literal(title)]


def test_a_plain_title_may_have_commas(project: SmallProject) -> None:
    project.write("data/films.yaml", "source: encyclopedia\nparis-texas:\n  title: Paris, Texas\n")
    assert [said(fact) for fact in project.facts()] == ["film:paris-texas film:title Paris, Texas"]


def test_values_become_what_the_range_of_their_property_says(project: SmallProject) -> None:
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
    spot = minutes.evidence
    assert (spot.source, spot.start, spot.end) == ("trade-paper", 12, 20)
    assert (spot.record, spot.retrieved, minutes.as_of) == ("r7", "2025-01-31", "2025-01")
    assert (minutes.rank, minutes.because, minutes.paraphrase) == (Rank.DEPRECATED, "a misprint", True)
    assert minutes.written == "two hours and nineteen minutes"
    assert (minutes.place.line, minutes.place.column) == (4, 12)
    assert title.value == Literal("Anora", language="en")


def test_what_a_section_block_and_node_say_holds_inside_until_something_else_is_said(project: SmallProject) -> None:
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
        usa: {type: Country}
        """,
    )
    spots = {said(fact): (fact.evidence.source, fact.evidence.start, fact.rank.value) for fact in project.facts()}
    node = "film:anora.release.2024-10-18"
    assert spots == {
        "film:anora film:title Anora": ("encyclopedia", 1, "preferred"),
        f"film:anora film:release {node}": ("encyclopedia", 10, "preferred"),
        f"{node} film:date 2024-10-18": ("encyclopedia", 10, "preferred"),
        f"{node} film:territory film:usa": ("encyclopedia", 30, "preferred"),
        # A passage of one source is none of another's.
        f"{node} film:screens 6": ("trade-paper", None, "preferred"),
        "film:usa rdf:type film:Country": ("encyclopedia", None, "normal"),
    }


def test_a_fact_may_stand_on_several_passages(project: SmallProject) -> None:
    project.write("data/films.yaml", "source: encyclopedia\nanora:\n  title: {value: Anora, at: [1-5, 20-24]}\n")
    assert [(fact.evidence.start, fact.evidence.end) for fact in project.facts()] == [(1, 5), (20, 24)]
    assert len({fact.id for fact in project.facts()}) == 2


def test_sections_of_one_file_may_speak_for_several_sources(project: SmallProject) -> None:
    project.write(
        "data/films.yaml",
        "source: encyclopedia\nanora: {minutes: 139}\n---\nsource: trade-paper\nanora: {minutes: 138}\n",
    )
    told = [(fact.evidence.source, fact.value.value) for fact in project.facts() if isinstance(fact.value, Literal)]
    assert told == [("encyclopedia", "139"), ("trade-paper", "138")]


RELEASE = "    - {date: 2024-10-18, screens: 6}\n"
EARLIER = "    - {date: 2024-05-21, screens: 1}\n"


def test_the_address_of_a_release_does_not_change_when_another_is_put_before_it(project: SmallProject) -> None:
    head = "source: encyclopedia\nanora:\n  release:\n"
    project.write("data/films.yaml", head + RELEASE)
    before = {said(fact) for fact in project.facts()}
    project.write("data/films.yaml", head + EARLIER + RELEASE)
    after = {said(fact) for fact in project.facts()}
    assert before < after


def test_two_releases_with_the_same_first_value_are_two_releases(project: SmallProject) -> None:
    project.write(
        "data/films.yaml",
        "source: encyclopedia\nanora:\n  release:\n" + RELEASE + RELEASE.replace("6", "7") + "    - {date: 2024}\n",
    )
    nodes = {said(fact).split()[2] for fact in project.facts() if fact.property == entity_iri("release")}
    assert nodes == {
        "film:anora.release.2024-10-18",
        "film:anora.release.2024-10-18-2",
        "film:anora.release.2024",
    }


def test_a_second_nomination_never_gets_the_address_of_a_third(project: SmallProject) -> None:
    project.write(
        "data/films.yaml",
        """\
        source: encyclopedia
        anora:
          nomination:
            - {title: Best Film}
            - {title: Best Film}
            - {title: Best Film 2}
        """,
    )
    assert len({fact.value for fact in project.facts() if fact.property == entity_iri("nomination")}) == 3


def test_an_id_names_a_node(project: SmallProject) -> None:
    project.write(
        "data/films.yaml", "source: encyclopedia\nanora:\n  release: {id: opening weekend, date: 2024-10-18}\n"
    )
    assert said(project.facts()[0]) == "film:anora film:release film:anora.release.opening-weekend"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["Unix", "Windows", "old Mac"])
def test_line_ends_of_every_system_count_as_lines(project: SmallProject, ending: str) -> None:
    text = "source: encyclopedia\nanora:\n  titel: Anora\n"
    project.write("data/films.yaml", text.replace("\n", ending).encode())
    assert project.faults() == ["data/films.yaml:3:3 unknown-property"]


def test_a_byte_order_mark_is_not_part_of_the_first_name(project: SmallProject) -> None:
    project.write("data/films.yaml", b"\xef\xbb\xbfsource: encyclopedia\nanora: {title: Anora}\n")
    assert [said(fact) for fact in project.facts()] == ["film:anora film:title Anora"]


FAULTS: list[tuple[str, str, list[str]]] = [
    ("a misspelled property", "anora:\n  directr: x\n", ["3:3 unknown-property"]),
    ("a misspelled class", "anora:\n  type: Flim\n", ["3:9 unknown-class"]),
    ("a text where a number should be", "anora:\n  minutes: long\n", ["3:12 value"]),
    ("a number with separators", "anora:\n  amount: 36,500,000\n", ["3:11 value"]),
    ("a day that no calendar has", "anora:\n  date: 2023-02-29\n", ["3:9 value"]),
    ("a month that no calendar has", "anora:\n  date: 2023-13\n", ["3:9 value"]),
    ("a date in words", "anora:\n  date: last autumn\n", ["3:9 value"]),
    ("a truth that is none", "anora:\n  inColour: yes\n", ["3:13 value"]),
    ("an address with blanks", "anora:\n  website: anora film\n", ["3:12 value"]),
    ("a duration that is none", "anora:\n  runningTime: PT\n", ["3:16 value"]),
    ("a value that is missing", "anora:\n  title:\n", ["3:9 value"]),
    ("a value that is null", "anora:\n  title: null\n", ["3:10 value"]),
    ("a thing that nothing is said about", "anora:\n  director: sean-bakr\n", ["3:13 unknown-thing"]),
    ("a name with a blank", "anora:\n  director: sean baker\n", ["3:13 value"]),
    ("a source that does not exist", "anora:\n  title: {value: A, source: encyclopaedia}\n", ["3:29 unknown-source"]),
    ("a source of a node that does not exist", "anora:\n  release: {source: x, date: 2024}\n", ["3:21 unknown-source"]),
    ("a span the wrong way round", "anora:\n  title: {value: A, at: 9-3}\n", ["3:25 span"]),
    ("a span that is none", "anora:\n  title: {value: A, at: page 3}\n", ["3:25 span"]),
    ("a span of a length without end", f"anora:\n  title: {{value: A, at: 1-{'9' * 5000}}}\n", ["3:25 span"]),
    ("a rank that is none", "anora:\n  title: {value: A, rank: best}\n", ["3:27 value"]),
    ("a day of value that is none", "anora:\n  title: {value: A, as_of: now}\n", ["3:28 value"]),
    ("a key that is not said of a fact", "anora:\n  title: {value: A, colour: red}\n", ["3:21 key"]),
    ("a language that is none", "anora:\n  title: {value: A, lang: in English}\n", ["3:18 value"]),
    ("a property that stands twice", "anora:\n  title: A\n  title: B\n", ["4:3 duplicate"]),
    ("a key of a node that stands twice", "anora:\n  release: {date: 2024, date: 2025}\n", ["3:25 duplicate"]),
    ("a block that stands twice", "anora:\n  title: A\nfilm:anora:\n  minutes: 1\n", ["4:1 duplicate"]),
    ("a name that stands twice", "anora:\n  title: A\nanora:\n  minutes: 1\n", ["4:1 duplicate"]),
    ("two nodes of one id", "anora:\n  release: [{id: a, date: 2024}, {id: a, date: 2025}]\n", ["3:34 duplicate"]),
    ("a list within a list", "anora:\n  title: [[A]]\n", ["3:11 shape"]),
    ("a mapping where a text should be", "anora:\n  minutes: {long: true}\n", ["3:12 shape"]),
    ("a block that is a text", "anora: a film\n", ["2:8 shape"]),
    ("a name that is none", "an ora:\n  title: A\n", ["2:1 name"]),
    ("a name with an unknown prefix", "imdb:tt1:\n  title: A\n", ["2:1 name"]),
    ("the name of a property", "director:\n  title: A\n", ["3:10 name"]),
    ("an anchor", "anora: &a\n  title: A\n", ["2:8 yaml"]),
    ("an alias", "anora:\n  title: *a\n", ["3:10 yaml"]),
    ("a tag", "anora:\n  title: !!python/object:os.system ls\n", ["3:10 yaml"]),
    ("a tab", "anora:\n\ttitle: A\n", ["3:1 yaml"]),
    ("a quote that does not end", 'anora:\n  title: "A\n', ["4:1 yaml"]),
    ("a bracket that does not end", "anora: {title: A\n", ["3:1 yaml"]),
]


@pytest.mark.parametrize(("text", "expected"), [one[1:] for one in FAULTS], ids=[one[0] for one in FAULTS])
def test_each_fault_is_told_once_with_its_line_and_column(
    project: SmallProject, text: str, expected: list[str]
) -> None:
    project.write("data/films.yaml", f"source: encyclopedia\n{text}")
    assert project.faults() == [f"data/films.yaml:{one}" for one in expected]


def test_all_faults_of_all_files_are_told_at_once(project: SmallProject) -> None:
    project.write("data/a.yaml", "source: encyclopedia\nanora:\n  titel: A\n  minutes: long\n")
    project.write("data/b.yaml", "source: nobody\ntitane:\n  yeer: 2021\n")
    project.write("data/c.csv", "subject,property,value,source\nanora,yeer,2024,encyclopedia\n")
    assert project.faults() == [
        "data/a.yaml:3:3 unknown-property",
        "data/a.yaml:4:12 value",
        "data/b.yaml:1:9 unknown-source",
        "data/b.yaml:3:3 unknown-property",
        "data/c.csv:2 unknown-property",
    ]


@pytest.mark.parametrize(
    ("text", "offer"),
    [
        ("anora:\n  directr: x\n", "director"),
        ("anora:\n  type: Flim\n", "Film"),
        ("anora:\n  title: {value: A, source: encyclopaedia}\n", "encyclopedia"),
        ("anora:\n  title: {value: A, sorce: x}\n", "source"),
        ("anora: {director: sean-bakr}\nsean-baker: {type: Person}\n", "film:sean-baker"),
    ],
)
def test_a_misspelled_name_is_offered_the_nearest(project: SmallProject, text: str, offer: str) -> None:
    project.write("data/films.yaml", f"source: encyclopedia\n{text}")
    (fault,) = project.read().findings
    assert fault.remedy.startswith(f"Did you mean {offer}")


def test_a_fact_that_nobody_says_is_refused(project: SmallProject) -> None:
    project.write("data/films.yaml", "anora:\n  title: Anora\n")
    assert project.faults() == ["data/films.yaml:2:10 no-source"]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "1:1 empty"),
        (b"\n\n# nothing yet\n", "1:1 empty"),
        (b"source: encyclopedia\nanora: {title: Am\xe9lie}\n", "2:18 encoding"),
        ("source: encyclopedia\n".encode("utf-16"), "1:1 encoding"),
        ("source: encyclopedia\n".encode("utf-16-le"), "1:2 yaml"),
        (b"source: encyclopedia\nanora: {title: A\x00B}\n", "2:17 yaml"),
        (b"source: encyclopedia\nanora: {title: A\x07B}\n", "2:17 yaml"),
        (b"- anora\n- titane\n", "1:1 shape"),
        (b"anora\n", "1:1 shape"),
    ],
    ids=["empty", "only a comment", "Latin-1", "UTF-16", "UTF-16 unmarked", "a NUL", "a bell", "a list", "a word"],
)
def test_a_file_that_holds_no_facts_says_why(project: SmallProject, content: bytes, place: str) -> None:
    project.write("data/films.yaml", content)
    assert project.faults() == [f"data/films.yaml:{place}"]


def test_a_title_with_a_control_character_is_refused(project: SmallProject) -> None:
    project.write("data/films.yaml", 'source: encyclopedia\nanora:\n  title: "A\\x00B\\x1b[31m"\n')
    assert project.faults() == ["data/films.yaml:3:10 value"]


@pytest.mark.parametrize("bracket", ["[", "{", "- ", "? "], ids=["lists", "mappings", "dashes", "keys"])
def test_ten_megabytes_of_brackets_are_refused_at_once(project: SmallProject, bracket: str) -> None:
    project.write("data/films.yaml", (bracket * (10_000_000 // len(bracket))).encode())
    (fault,) = project.read().findings
    assert fault.check == "facts/yaml"
    assert "nested deeper" in fault.message


def test_a_megabyte_of_closed_brackets_is_read_to_its_fault(project: SmallProject) -> None:
    project.write("data/films.yaml", ("source: encyclopedia\nanora: [" + "[],\n" * 250_000 + "]").encode())
    assert project.faults() == ["data/films.yaml:2:8 shape"]


def test_a_file_of_another_kind_is_not_passed_over_in_silence(project: SmallProject) -> None:
    project.write("data/films.docx", b"PK")
    assert project.faults() == ["data/films.docx unknown-file"]


def test_files_that_an_editor_leaves_are_passed_over(anora: SmallProject) -> None:
    anora.write("data/.films.yaml.swp", b"\x00")
    anora.write("data/~$films.yaml", b"\x00")
    anora.write("data/.ipynb_checkpoints/films.yaml", b"\x00")
    assert anora.faults() == []


def test_a_fault_in_a_rebuild_leaves_the_old_answers(anora: SmallProject) -> None:
    graph = anora.open()
    anora.write("data/films.yaml", "source: encyclopedia\nanora:\n  titel: Anora\n")
    assert not anora.build()
    for old in (graph, type(graph)(anora.project)):
        assert old.sparql("ASK { film:anora film:director film:sean-baker }").truth
