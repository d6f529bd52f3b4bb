"""Short forms of values: each has one meaning or is rejected, and they are written out and back without a change."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import InputError
from kg.facts.form_templates import to_template
from kg.facts.model import Source
from kg.facts.passage_lock import CitationFinder
from kg.facts.readers.yaml_reader import YamlReader
from kg.facts.texts import Texts
from kg.facts.written_values import to_amount, to_iso_date, to_minutes, to_number
from kg.fixes.fact_format import format_project, format_text
from kg.graph.store import published_build
from kg.pipeline.build import build, check
from kg.project import find_project
from kg.reports import Severity
from kg.schema import read_ontology, to_schema
from tests.projects import ROOT, SmallProject, statement

SCHEMA = to_schema(read_ontology(find_project(ROOT).ontology))


@pytest.fixture
def films(project: SmallProject) -> SmallProject:
    """A small project with the complete ontology."""
    (project.folder / "ontology/film.ttl").unlink()
    for path in (ROOT / "ontology").glob("*.ttl"):
        project.write(f"ontology/{path.name}", path.read_bytes())
    return project


def facts_of(folder: Path, text: str) -> tuple[list[str], list[str]]:
    """The statements of a text, with the names that they have, and the findings."""
    path = folder / "films.yaml"
    path.write_text(text)
    sources = {"notes": Source("notes")}
    reader = YamlReader(SCHEMA, sources, CitationFinder(Texts((), sources), sources))
    statements = sorted(map(statement, reader.read(path, file="films.yaml")))
    names = sorted(f"{named.subject} {named.property.name} {named.name}" for named in reader.named_values)
    return statements + names, [f"{finding.check} {finding.message}" for finding in reader.findings]


def block(lines: str) -> str:
    return f"source: notes\nferry:\n  type: Film\n  label: The Last Ferry\n{lines}"


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("  budget: €1.2 million", "  budget: {amount: 1200000, currency: EUR}"),
        ("  budget: about $3.1 million", "  budget: {amount: 3100000, approximate: true, currency: USD}"),
        ("  budget: ~€2 million", "  budget: {amount: 2000000, approximate: true, currency: EUR}"),
        ("  gross: nearly 3 million euros", "  boxOffice: {amount: 3000000, approximate: true, currency: EUR}"),
        (
            "  gross: {Mexico: around MXN 41 million}",
            "  boxOffice: {territory: Mexico, amount: 41000000, approximate: true, currency: MXN}",
        ),
        ("  budget: $36.5M", "  budget: {amount: 36500000, currency: USD}"),
        ("  budget: EUR 1,200,000", "  budget: {amount: 1200000, currency: EUR}"),
        ("  budget: 1.5 million euros", "  budget: {amount: 1500000, currency: EUR}"),
        ("  budget: {amount: 1.2 million, currency: EUR}", "  budget: {amount: 1200000, currency: EUR}"),
        ("  release: {date: 2019, country: Portugal}", "  release: {date: 2019, territory: Portugal}"),
        ("  country: Portugal", "  countryOfOrigin: Portugal"),
        ("  nominations: 6", "  recognition: {count: 6, outcome: nominated}"),
        (
            "  nominations: {Academy Awards: 6}\n  wins: {Academy Awards: 5}",
            "  recognition:\n    - {eventSeries: Academy Awards, count: 6, outcome: nominated}\n"
            "    - {eventSeries: Academy Awards, count: 5, outcome: won}",
        ),
        ("  premiere: 3 March 2021", "  screening: {date: 2021-03-03, kind: premiere}"),
        (
            "  premiere: {Locarno Film Festival: 2021}",
            "  screening: {eventSeries: Locarno Film Festival, date: 2021, kind: premiere}",
        ),
        (
            "  country: {value: [Norway, US], paraphrase: true}",
            "  countryOfOrigin: [{value: Norway, paraphrase: true}, {value: United States, paraphrase: true}]",
        ),
        ("  language: French", "  originalLanguage: French"),
        (
            "  premiere: Toronto, 8 September 2023",
            "  screening: {eventSeries: Toronto, date: 2023-09-08, kind: premiere}",
        ),
        ("  premiere: Locarno Film Festival", "  screening: {eventSeries: Locarno Film Festival, kind: premiere}"),
        (
            "  awards: Golden Bear 21 February 2019",
            "  recognition: {award: Golden Bear, date: 2019-02-21, outcome: won}",
        ),
        (
            "  awards: {Berlin: Golden Bear February 2019}",
            "  recognition: {award: Golden Bear, date: 2019-02, eventSeries: Berlin, outcome: won}",
        ),
        (
            "  awards: Golden Bear at Berlin 2019-02-21",
            "  recognition: {award: Golden Bear, eventSeries: Berlin, date: 2019-02-21, outcome: won}",
        ),
        (
            '  cast: "007 as Dulce"',
            '  castCredit: {agent: "007", character: Dulce}',
        ),
        ("  rating: {The Daily: 3.5/4 stars}", "  rating: {givenBy: The Daily, score: 3.5, scale: 4}"),
        ("  budget: 40,000 dollars", "  budget: {amount: 40000, currency: USD}"),
        ("  wins: Golden Lion", "  recognition: {award: Golden Lion, outcome: won}"),
        ("  gross: {Portugal: €300k}", "  boxOffice: {territory: Portugal, amount: 300000, currency: EUR}"),
        ("  runtime: 94 min", "  runningTime: 94"),
        ("  runtime: 1h 34m", "  runningTime: 94"),
        ("  release: 14 March 2019", "  release: {date: 2019-03-14}"),
        ("  release: {Portugal: 14 March 2019}", "  release: {territory: Portugal, date: 2019-03-14}"),
        (
            "  release: {Portugal: March 2019, France: {date: 2020, distributor: Neon}}",
            "  release: [{territory: Portugal, date: 2019-03}, {territory: France, date: 2020, distributor: Neon}]",
        ),
        (
            "  release:\n    Portugal: 2019\n    France: 2020",
            "  release: [{territory: Portugal, date: 2019}, {territory: France, date: 2020}]",
        ),
        (
            "  release: {Portugal: 14 March 2019, distributor: Neon}",
            "  release: {territory: Portugal, date: 2019-03-14, distributor: Neon}",
        ),
        ("  cast: {Beatriz Lopes: Dulce}", "  castCredit: {agent: Beatriz Lopes, character: Dulce}"),
        (
            "  cast: [Ana Luz as Dulce, Rui Melo]",
            "  castCredit: [{agent: Ana Luz, character: Dulce}, {agent: Rui Melo}]",
        ),
        ("  awards: [Golden Leopard 2019]", "  recognition: [{award: Golden Leopard, year: 2019, outcome: won}]"),
        (
            "  awards: [Golden Leopard 2019]\n  nominations: Bear",
            "  recognition: [{award: Golden Leopard, year: 2019, outcome: won}, {award: Bear, outcome: nominated}]",
        ),
        ("  rating: {Rotten Tomatoes: 93/100}", "  rating: {givenBy: Rotten Tomatoes, score: 93, scale: 100}"),
        ("  rating: {Rotten Tomatoes: 93%}", "  rating: {givenBy: Rotten Tomatoes, score: 93, scale: 100}"),
        (
            "  ratings: {A: 93 %, B: 8/10}",
            "  rating: [{givenBy: A, score: 93, scale: 100}, {givenBy: B, score: 8, scale: 10}]",
        ),
        (
            "  awards: {value: Golden Bear, recipient: Jane Roe}",
            "  recognition: {recipient: Jane Roe, award: Golden Bear, outcome: won}",
        ),
        (
            "  budget: {value: €1.2 million, approximate: true}",
            "  budget: {approximate: true, amount: 1200000, currency: EUR}",
        ),
        (
            "  scores: {Metacritic: 77, IMDb: 8.1}",
            "  rating:\n    - {givenBy: Metacritic, score: 77, scale: {value: 100, paraphrase: true}}\n"
            "    - {givenBy: IMDb, score: 8.1, scale: {value: 10, paraphrase: true}}",
        ),
        ("  premiere: Cannes 2019", "  screening: {eventSeries: Cannes, date: 2019, kind: premiere}"),
        ("  premiere: Cannes 21 May 2024", "  screening: {eventSeries: Cannes, date: 2024-05-21, kind: premiere}"),
        ("  premiere: May 2024", "  screening: {date: 2024-05, kind: premiere}"),
        (
            "  awards: [Golden Bear at Berlin 2019, Golden Bear at Berlin]",
            "  recognition:\n    - {award: Golden Bear, eventSeries: Berlin, year: 2019, outcome: won}\n"
            "    - {award: Golden Bear, eventSeries: Berlin, outcome: won}",
        ),
        (
            "  nominations: [Golden Bear at Berlin (2019), Golden Bear (2019)]",
            "  recognition:\n    - {award: Golden Bear, eventSeries: Berlin, year: 2019, outcome: nominated}\n"
            "    - {award: Golden Bear, year: 2019, outcome: nominated}",
        ),
        (
            "  awards: {Berlin: [Golden Bear 2019, Silver Bear], Locarno: 2}",
            "  recognition:\n    - {award: Golden Bear, year: 2019, eventSeries: Berlin, outcome: won}\n"
            "    - {award: Silver Bear, eventSeries: Berlin, outcome: won}\n"
            "    - {eventSeries: Locarno, count: 2, outcome: won}",
        ),
        (
            "  review: {outlet: The Guardian, critic: Peter Bradshaw, score: 4/5}\n  scores: {Metacritic: 77}",
            "  rating:\n    - {givenBy: The Guardian, agent: Peter Bradshaw, score: 4, scale: 5}\n"
            "    - {givenBy: Metacritic, score: 77, scale: {value: 100, paraphrase: true}}",
        ),
        (
            "  reviews:\n    - outlet: Variety\n      score: {value: 80%, written: four fifths}  # as it states",
            "  rating: {givenBy: Variety, score: {value: 80, written: four fifths},"
            " scale: {value: 100, written: four fifths}}",
        ),
        ("  country: [US, United States, UK]", "  countryOfOrigin: [United States, United States, United Kingdom]"),
        (
            "  release: {France: 14 March 2019, Spain: May 2019, distributor: Neon}",
            "  release:\n    - {territory: France, date: 2019-03-14, distributor: Neon}\n"
            "    - {territory: Spain, date: 2019-05, distributor: Neon}",
        ),
        (
            "  review: {Letterboxd: 4 stars}",
            "  rating: {givenBy: Letterboxd, score: 4, scale: {value: 5, paraphrase: true}}",
        ),
        ("  gross: {US: $5}", "  boxOffice: {territory: United States, amount: 5, currency: USD}"),
        ("  date: March 14, 2019", "  date: 2019-03-14"),
        ("  stars: [A B, C D]", "  castMember: [A B, C D]"),
        ("  prizes: Golden Bear 2019", "  recognition: {award: Golden Bear, year: 2019, outcome: won}"),
        (
            "  rating: {Rotten Tomatoes: 93%, reviews: 58}",
            "  rating: {givenBy: Rotten Tomatoes, score: 93, scale: 100, reviewCount: 58}",
        ),
        (
            "  premiere: {Locarno: 3 August 2019, place: Piazza Grande}",
            "  screening: {eventSeries: Locarno, date: 2019-08-03, location: Piazza Grande, kind: premiere}",
        ),
        ("  budget: 12 million Danish kroner", "  budget: {amount: 12000000, currency: DKK}"),
        ("  country: Portugal\n  actors: [A B, C D]", "  countryOfOrigin: Portugal\n  castMember: [A B, C D]"),
    ],
)
def test_a_short_form_states_what_its_long_form_states(tmp_path: Path, short: str, long: str) -> None:
    expected = facts_of(tmp_path, block(long + "\n"))
    assert expected[1] == []
    assert facts_of(tmp_path, block(short + "\n")) == expected
    assert facts_of(tmp_path, format_text(block(short + "\n"), SCHEMA, short=False)) == expected
    assert facts_of(tmp_path, format_text(block(long + "\n"), SCHEMA, short=True)) == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("budget: 1.2 million", "'1.2 million' is not a budget, which is a figure"),
        ("budget: 36.5M", "'36.5M' is not a budget, which is a figure"),
        ("budget: 12 million old kroner", "'old kroner' is not known here as a currency"),
        ("budget: about 2 million florins", "'florins' is not known here as a currency"),
        ("budget: 14 million kroner", "'kroner' is not known here as a currency"),
        ("budget: €1.234", "'€1.234' is not a budget"),
        ("budget: ¥100 million", "'¥100 million' is not a budget"),
        ("budget: 1000000", "'1000000' is not a budget"),
        ("runtime: 94 m", "'94 m' is not a whole number"),
        ("release: 3/4/2019", "'3/4/2019' is not a release"),
        ("release: {Portugal: 3/4/2019}", "'3/4/2019' is not a date"),
        ("cast: A as B as C", "'A as B as C' is not a cast credit"),
        ("rating: {A: 77}", "'77' is not a rating"),
        ("rating: {A: 93 USD}", "'93 USD' is not a rating"),
        ("date: 30 February 2019", "'30 February 2019' is not a date"),
        ("awards: Golden Bear (21 February 2019)", "'Golden Bear (21 February 2019)' is not a recognition"),
        ("nominations: 3 Oscars", "'3 Oscars' is not a recognition"),
        ("premiere: 3/4/2019", "'3/4/2019' is not a screening"),
        ("premiere: 14 Marhc 2019", "'14 Marhc 2019' is not a screening"),
        ("rating: {The Daily: 4 stars}", "'4 stars' is not a rating"),
    ],
)
def test_what_has_no_certain_meaning_is_rejected_with_an_example(tmp_path: Path, line: str, message: str) -> None:
    (finding,) = facts_of(tmp_path, block(f"  {line}\n"))[1]
    assert finding.startswith("facts/value ")
    assert message in finding


def test_the_example_of_the_documents_is_complete(films: SmallProject) -> None:
    """What a short form names gets the class and kind that the shapes of the form require."""
    (example,) = re.findall(r"### Short forms\n.*?```yaml\n(.*?)```", (ROOT / "docs/facts.md").read_text(), re.DOTALL)
    films.write("data/films.yaml", f"source: encyclopedia\n{example}")
    report = build(films.folder)
    assert {finding.check for finding in report} == {"facts/new-entity"}
    assert published_build(films.project) is not None


def test_the_example_of_a_review_is_complete(films: SmallProject) -> None:
    text = (ROOT / "docs/facts.md").read_text()
    (example,) = re.findall(r"praise or blame\.\n\n```yaml\n(.*?)```", text, re.DOTALL)
    films.write("data/films.yaml", f"source: encyclopedia\n{example}")
    assert {finding.check for finding in check(films.folder)} == {"facts/new-entity"}


def test_messages_say_what_to_write(films: SmallProject) -> None:
    films.write(
        "data/films.yaml", "source: encyclopedia\nferry: {type: Film, label: F, budget: 1.2 million, runtime: 94 m}\n"
    )
    assert [finding.remedy for finding in films.read().findings] == [
        "For example: budget: €1.2 million.",
        "For example: runningTime: 94 min.",
    ]


@pytest.mark.parametrize("written", ["9 million kroner", "about 9 million old kroner"])
def test_a_word_of_several_currencies_is_answered_with_their_codes(films: SmallProject, written: str) -> None:
    films.write("data/films.yaml", f"source: encyclopedia\nferry: {{type: Film, label: F, budget: {written}}}\n")
    (finding,) = films.read().findings
    assert finding.remedy == "Write the code of the currency, as in DKK 9 million or NOK 9 million."


@pytest.mark.parametrize("score", ["four stars out of five", "C+"])
def test_a_score_that_is_refused_is_one_finding(films: SmallProject, score: str) -> None:
    film = f"The Last Ferry:\n  type: FeatureFilm\n  rating: {{outlet: The Daily, score: {score}}}\n"
    films.write("data/films.yaml", f"source: encyclopedia\n{film}")
    wrong = [finding for finding in check(films.folder) if finding.severity is Severity.VIOLATION]
    assert [(finding.check, finding.remedy) for finding in wrong] == [("facts/value", "For example: score: 4/5.")]


def test_the_passage_has_the_sign_of_a_currency(films: SmallProject) -> None:
    films.write("data/sources.yaml", "notes: {title: Notes, file: notes.txt}\n")
    films.write("texts/notes.txt", "The Last Ferry cost €1.2 million, or 1.2 million euros; it made $5.\n")
    lines = "  budget: {value: €1.2 million, at: 1.2 million euros}\n  gross: {value: $5, at: made $5}\n"
    films.write("data/films.yaml", f"source: notes\nThe Last Ferry:\n  type: FeatureFilm\n{lines}")
    assert [str(finding) for finding in check(films.folder)] == []
    films.write(
        "data/films.yaml",
        f"source: notes\nThe Last Ferry:\n  type: FeatureFilm\n{lines.replace('value: $', 'value: £')}",
    )
    assert [finding.check for finding in check(films.folder)] == ["facts/not-in-passage"]


@pytest.mark.parametrize(
    ("line", "remedies"),
    [
        ("country: {value: Norway, at: Norwegian comedy}", []),
        ("country: {value: United States, at: American money}", []),
        ("country: {value: Sweden, at: Norwegian comedy}", ["Cite the words of the text that have it."]),
        (
            "country: {value: Denmark, at: Norwegian comedy}",
            ["Add the words of the passage as an alias, or give them as `written`."],
        ),
        ("screening: {id: a, location: {value: Norway, at: Norwegian comedy}}", ["Add the words of the passage as an"]),
        ("year: {value: 1974, at: Norwegian comedy}", ["Give the words of the passage as `written`, or add `para"]),
    ],
)
def test_a_passage_states_a_country_by_its_adjective(films: SmallProject, line: str, remedies: list[str]) -> None:
    films.write("data/sources.yaml", "notes: {title: Notes, file: notes.txt}\n")
    films.write("texts/notes.txt", "A Norwegian comedy, made with American money and shown in Sweden.\n")
    films.write("data/films.yaml", f"source: notes\nThe Last Ferry:\n  type: FeatureFilm\n  {line}\n")
    found = [finding.remedy for finding in check(films.folder) if finding.check == "facts/not-in-passage"]
    assert len(found) == len(remedies)
    assert all(remedy.startswith(expected) for remedy, expected in zip(found, remedies, strict=True))


def test_a_passage_is_searched_for_words_only_once_and_not_for_true(films: SmallProject) -> None:
    films.write("data/sources.yaml", "notes: {title: Notes, file: notes.txt}\n")
    films.write("texts/notes.txt", "A drama that cost about €2 million and pleased 88% of the Tomatoes' critics.\n")
    block = (
        "  budget: {value: about €2 million, at: about €2 million}\n"
        "  rating: {Tomatoes: {value: 88%, at: 88% of the Tomatoes}}\n"
        "  genre: {value: drama, at: A drama}\n"
    )
    films.write("data/films.yaml", f"source: notes\nThe Last Ferry:\n  type: FeatureFilm\n{block}")
    assert [finding for finding in check(films.folder) if finding.severity is Severity.VIOLATION] == []


def test_a_name_needs_no_braces(films: SmallProject) -> None:
    films.write("data/films.yaml", "source: encyclopedia\nlater: {label: L, director: {Ann Lee}}\n")
    advice = [finding.remedy for finding in films.read().findings if "'Ann Lee' is no property" in finding.message]
    assert advice == ["Write a value without braces, and several as a list: [a, b]."]


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("release: {Portugal: 3, 2019}", "2019"),
        ("castCredit: {agent: Jane Roe, character: Ann, the nurse}", "the nurse"),
        ("synopsis: {value: A ferry sinks, at: It sinks, and nobody cares}", "and nobody cares"),
    ],
)
def test_what_follows_a_comma_in_braces_needs_quotation_marks(films: SmallProject, line: str, rest: str) -> None:
    films.write("data/films.yaml", f"source: encyclopedia\nferry:\n  label: F\n  {line}\n")
    advice = [finding.remedy for finding in films.read().findings if repr(rest) in finding.message]
    assert advice == ['Within braces, put a text with commas in quotation marks: "€300,000".']


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("review: {Metacritc: 77, IMDb: 7.1}", ["unknown property 'Metacritc'"]),
        ("release: {Date: 14 March 2019, France: 3 May 2020}", ["unknown property 'Date'"]),
        ("release: {France: 14 Marhc 2019, distributor: Neon}", ["date: '14 Marhc 2019' is not a date"]),
        ("release: {Distributer: Neon, France: 14 March 2019}", ["unknown property 'Distributer'"]),
        ("release: {Lisbon: 14 March 2019, distributr: Neon}", ["unknown property 'distributr'"]),
        ("cast: {agent: Jane Roe, The Nurse: Ann}", ["unknown property 'The Nurse'"]),
        ("awards: {Locarno: Golden Leopard, recipent: Rui Melo}", ["unknown property 'recipent'"]),
        ("awards: {Locarno: Golden Leopard, Recipent: Rui Melo}", ["unknown property 'Recipent'"]),
        ("rating: {Rotten Tomatoes: 93%, reviewss: 58}", ["unknown property 'reviewss'"]),
        ("rating: {Rotten Tomatoes: 93%, reviews: 58, average: 7.8/10}", ["unknown property 'average'"]),
        ("budget: {value: €1.2 milion, date: 2O19}", ["'€1.2 milion' is not a budget", "date: '2O19' is not a date"]),
        ("gross: {France: 12 doubloons, date: 2O19}", ["'doubloons' is not known", "date: '2O19' is not a date"]),
        ("gross: {Spain: 14, 2019, France: $2 milion}", ["'2019' is no property", "'$2 milion' is not a box"]),
        ("budget: {value: €9, lnag: en, at: 3, 000 euros}", ["unknown property 'lnag'", "'000 euros' is no property"]),
    ],
)
def test_a_mistake_in_a_mapping_hides_no_other_and_is_one_finding(
    films: SmallProject, line: str, found: list[str]
) -> None:
    films.write("data/films.yaml", f"source: encyclopedia\nferry:\n  type: FeatureFilm\n  label: F\n  {line}\n")
    messages = sorted(f.message for f in check(films.folder) if f.severity is Severity.VIOLATION)
    assert len(messages) == len(found)
    assert all(message.startswith(text) for message, text in zip(messages, sorted(found), strict=True))


def test_a_score_without_its_scale_is_told_how_to_write_it(films: SmallProject) -> None:
    films.write("data/films.yaml", block("  review: {outlet: The Daily, score: 4 stars}\n"))
    (finding,) = (finding for finding in films.read().findings if finding.check == "facts/value")
    assert finding.remedy == "Write how many stars there are: 4/5 stars."


def test_a_year_alone_in_a_form_is_of_the_property_whose_unit_is_a_year() -> None:
    forms = {name: to_template(f"{{{name}}}", SCHEMA) for name in ("year", "date")}
    read = {
        name: re.fullmatch(form.pattern, "May 2019") is not None for name, form in forms.items() if form is not None
    }
    assert read == {"year": False, "date": True}
    assert {term.name for term in SCHEMA.properties.values() if term.unit == "year"} == {"year"}


@pytest.mark.parametrize(
    ("line", "quoted"),
    [
        ("gross: {Portugal: €300,000, Spain: €1,300,000}", 'gross: {Portugal: "€300,000", Spain: "€1,300,000"}'),
        ("budget: {value: €300,000, rank: doubted}", 'budget: {value: "€300,000", rank: doubted}'),
        ("release: {Portugal: March 14, 2019, Spain: 2020}", 'release: {Portugal: "March 14, 2019", Spain: 2020}'),
    ],
)
def test_a_number_or_date_with_a_comma_needs_no_quotation_marks(tmp_path: Path, line: str, quoted: str) -> None:
    expected = facts_of(tmp_path, block(f"  {quoted}\n"))
    assert expected[1] == []
    assert facts_of(tmp_path, block(f"  {line}\n")) == expected
    assert facts_of(tmp_path, format_text(block(f"  {line}\n"), SCHEMA, short=False)) == expected
    assert facts_of(tmp_path, format_text(block(f"  {line}\n"), SCHEMA, short=True)) == expected


# --- laws

NUMBERS = st.one_of(
    st.from_regex(r"[0-9]{1,4}([.,][0-9]{1,4}){0,2}( ?(million|bn|M|m|K|thousand|hundred|x))?", fullmatch=True),
    st.text("0123456789.,MmkKbn ' ", max_size=9),
)


@given(NUMBERS)
def test_a_number_has_its_value_or_is_rejected(text: str) -> None:
    """`36.5M` is 36.5 million or nothing; a point before three digits alone is nothing."""
    for read in (to_number, to_amount):
        if (number := read(text)) is None:
            continue
        match = re.fullmatch(r"([0-9, ]+(?:\.[0-9]+)?) ?([A-Za-z]*)", text)
        assert match is not None
        factor = {"": 1, "thousand": 1000, "million": 10**6, "billion": 10**9, "bn": 10**9, "B": 10**9}
        factor |= {"k": 1000, "K": 1000, "m": 10**6, "M": 10**6} if read is to_amount else {}
        assert Decimal(number) == Decimal(re.sub("[, ]", "", match[1])) * factor[match[2]]
        assert not re.search(r"(?<![0-9])[0-9]{1,3},[0-9]{1,2}(?![0-9])", text)
        assert read is to_number or not re.fullmatch(r"[0-9]{1,3}\.[0-9]{3}", text)


@given(st.dates(), st.sampled_from(["%d %B %Y", "%B %d, %Y", "%b %d %Y", "%d %b. %Y"]))
def test_every_day_is_read_as_it_is_written(day: object, form: str) -> None:
    import datetime

    assert isinstance(day, datetime.date)
    text = day.strftime(form.replace("%Y", f"{day.year:04d}"))
    assert to_iso_date(text) == day.isoformat()


@given(st.integers(0, 99), st.integers(0, 59))
def test_hours_and_minutes_are_minutes(hours: int, minutes: int) -> None:
    assert to_minutes(f"{hours} h {minutes} min") == str(60 * hours + minutes)
    assert to_minutes(f"{minutes} min") == str(minutes)


NAMES = st.sampled_from(["Ana Luz", "Rui Melo", "Beatriz Lopes", "Maria", "The Captain", "Golden Leopard", "Portugal"])
AMOUNTS = st.sampled_from(["€1.2 million", "$36.5M", "1,500 euros", "USD 12", "£3bn"])
DATES = st.sampled_from(["14 March 2019", "2019", "May 2020", "2020-05-04", "1970s"])
VALUES = {
    "budget": AMOUNTS,
    "gross": AMOUNTS,
    "runtime": st.sampled_from(["94 min", "94", "2h", "1 h 5 min"]),
    "release": DATES | st.dictionaries(NAMES, DATES, min_size=1, max_size=2).map(lambda d: _flow(d)),
    "cast": st.lists(NAMES | st.just("Ana Luz as Maria") | st.just('"1917 as Maria"'), min_size=1, max_size=3).map(
        lambda names: f"[{', '.join(names)}]"
    )
    | st.dictionaries(NAMES, NAMES, min_size=1, max_size=2).map(lambda d: _flow(d)),
    "castCredit": st.just("{agent: Rui Melo, character: Maria, role: leading}")
    | st.just('{agent: "1917", character: Maria}'),
    "awards": st.lists(
        st.sampled_from(["Golden Leopard 2019", "Palme d'Or (2001)", "Bear", "Bear 3 May 2001"]), min_size=1, max_size=2
    ).map(lambda awards: f'["{chr(34) + ", " + chr(34):s}"]'.replace(f"{chr(34)}, {chr(34)}", '", "'.join(awards), 1)),
    "nominations": st.just("Golden Leopard 2020"),
    "rating": st.sampled_from(
        ["{Rotten Tomatoes: 93%}", "{givenBy: The Daily, scale: 5, score: 4}", "{score: 3, scale: 4, givenBy: X}"]
    ),
    "review": st.just("{outlet: The Daily, critic: Ann Roe, score: 4/5}"),
    "recognition": st.sampled_from(
        [
            "{outcome: nominated, award: Bear, date: 3 May 2001}",
            "[{outcome: won, award: Bear, recipient: Rui Melo}, {award: Lion, year: 2001, outcome: won}]",
            "[{outcome: won, award: Bear}, {award: Lion, outcome: nominated}]",
            "\n    - outcome: won\n      award: Bear\n      eventSeries: Berlin\n    - {outcome: won, count: 2}",
        ]
    ),
    "screening": st.just("{kind: premiere, eventSeries: Locarno, date: 2019-08-02}")
    | st.just("{kind: festival screening, eventSeries: Locarno}"),
    "countryOfOrigin": NAMES,
    "wins": st.just("{Berlin: 3}"),
    "boxOffice": st.just("{territory: France, amount: 1200000, currency: EUR}") | AMOUNTS,
    "premiere": NAMES,
    "country": NAMES | st.just("{value: [Norway, Iceland], paraphrase: true}"),
    "director": NAMES | st.just('"1917"'),
    "date": DATES,
}


def _flow(mapping: dict[str, str]) -> str:
    return f"{{{', '.join(f'{key}: {value}' for key, value in mapping.items())}}}"


@settings(max_examples=40)
@given(data=st.data())
def test_short_forms_written_out_and_back_state_the_same(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    keys = data.draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True, min_size=1, max_size=5))
    text = block("".join(f"  {key}: {data.draw(VALUES[key])}\n" for key in keys))
    folder = tmp_path_factory.getbasetemp() / "law"
    folder.mkdir(exist_ok=True)
    expected = facts_of(folder, text)
    for short in (False, True, False):
        text = format_text(text, SCHEMA, short=short)
        assert facts_of(folder, text) == expected
    assert format_text(text, SCHEMA, short=False) == text
    assert format_text(format_text(text, SCHEMA, short=True), SCHEMA, short=False) == text


LONG_FORMS = [
    "recognition: {outcome: won, award: Bear, recipient: Rui Melo}",
    "recognition: {id: bear, outcome: won, at: 3-9, award: Bear}",
    "recognition:\n    - id: bear\n      outcome: won\n      at: 3-9\n      award: Bear",
    "recognition:\n    - outcome: nominated\n      award: Bear  # the golden one\n      recipient: Rui Melo",
    'date: {value: 2024-11, at: 3-9, written: "November of last year"}',
    'budget: {at: 3-9, because: "as the producer says", amount: 1200000, currency: EUR}',
]


@pytest.mark.parametrize("line", LONG_FORMS)
def test_a_long_form_is_the_same_after_it_was_shortened(line: str) -> None:
    text = block(f"  {line}\n")
    short = format_text(text, SCHEMA, short=True)
    assert short != text
    assert format_text(short, SCHEMA, short=False) == text


def test_the_own_facts_are_the_same_in_both_forms(tmp_path: Path) -> None:
    files = format_project(ROOT, short=True).files
    assert files
    for file in files:
        assert format_text(file.after, SCHEMA, short=False) == format_text(file.before, SCHEMA, short=False)
        assert facts_of(tmp_path, format_text(file.after, SCHEMA, short=False))[0] == facts_of(tmp_path, file.before)[0]
        assert facts_of(tmp_path, file.after)[0] == facts_of(tmp_path, file.before)[0]


@pytest.mark.parametrize(
    ("line", "is_stated"),
    [
        ("gross: {Norway: NOK 9.2 million, at: took 9.2 million kroner in Norway}", True),
        ("gross: {Norway: SEK 9.2 million, at: took 9.2 million kroner in Norway}", False),
        ("release: {Portugal: January 2023, at: Portuguese cinemas in January 2023}", True),
    ],
)
def test_a_word_that_several_values_have_states_each_of_them(films: SmallProject, line: str, is_stated: bool) -> None:
    films.write("data/sources.yaml", "notes: {title: Notes, file: notes.txt}\n")
    films.write(
        "texts/notes.txt", "It took 9.2 million kroner in Norway. It was in Portuguese cinemas in January 2023.\n"
    )
    films.write("data/films.yaml", f"source: notes\nThe Last Ferry:\n  type: FeatureFilm\n  {line}\n")
    found = [finding.check for finding in check(films.folder) if finding.severity is Severity.VIOLATION]
    assert found == ([] if is_stated else ["facts/not-in-passage"])


@pytest.mark.parametrize(
    ("long", "short"),
    [
        (
            "{givenBy: The Daily, agent: Ann Roe, score: 4, scale: 5}",
            "{outlet: The Daily, critic: Ann Roe, score: 4/5}",
        ),
        (
            "\n    givenBy: The Daily\n    agent: Ann Roe\n    score: 4\n    scale: 5",
            "\n    outlet: The Daily\n    critic: Ann Roe\n    score: 4/5",
        ),
        (
            "{givenBy: The Daily, agent: A B, score: {value: 4, at: 1-2}, scale: 5}",
            "{outlet: The Daily, critic: A B, score: {value: 4, at: 1-2}, scale: 5}",
        ),
    ],
)
def test_a_rating_by_a_critic_is_shortened_to_a_review(long: str, short: str) -> None:
    assert format_text(block(f"  rating: {long}\n"), SCHEMA, short=True) == block(f"  review: {short}\n")


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("{givenBy: IMDb, score: 93, scale: 100, date: 2019}", "{givenBy: IMDb, score: 93%, date: 2019}"),
        ("{scale: 5, score: 4}", "{scale: 5, score: 4}"),
        ("{Rotten Tomatoes: 93%, IMDb: 8.1}", "{Rotten Tomatoes: 93%, IMDb: 8.1}"),
        (
            "[{givenBy: A, agent: B C, score: 4, scale: 5}, {givenBy: IMDb, score: 8, scale: 10}]",
            "[{outlet: A, critic: B C, score: 4/5}, {givenBy: IMDb, score: 8/10}]",
        ),
    ],
)
def test_a_rating_without_a_critic_stays_a_rating(long: str, short: str) -> None:
    assert format_text(block(f"  rating: {long}\n"), SCHEMA, short=True) == block(f"  rating: {short}\n")


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("castCredit: {agent: Ana Luz, character: Maria}", "cast: Ana Luz as Maria"),
        ("castCredit: {agent: Ana Luz, role: leading}", "cast: {agent: Ana Luz, role: leading}"),
        ("castCredit: some-credit", "castCredit: some-credit"),
        ("recognition: {outcome: won, award: Bear, year: 2019}", "awards: Bear 2019"),
        ("recognition:\n    - outcome: won\n      award: Bear\n      recipient: A B",) * 1
        + ("awards:\n    - award: Bear\n      recipient: A B",),
        (
            "recognition: [{outcome: nominated, award: A}, {award: B, outcome: nominated}]",
            "nominations: [A, B]",
        ),
        ("recognition: [{outcome: won, award: A}, {award: B, outcome: nominated}]",) * 2,
        ("recognition: {outcome: won, award: A}\n  awards: B",) * 2,
        ("screening: {kind: premiere, eventSeries: Locarno, date: 2019}", "premiere: Locarno 2019"),
        ("boxOffice: {amount: 1200000, currency: EUR}", "gross: €1.2 million"),
        ("countryOfOrigin: [Portugal, France]\n  runningTime: 94", "country: [Portugal, France]\n  runtime: 94 min"),
    ],
)
def test_a_long_key_is_shortened_where_the_facts_stay_the_same(long: str, short: str) -> None:
    assert format_text(block(f"  {long}\n"), SCHEMA, short=True) == block(f"  {short}\n")


def test_true_is_written_out_without_quotation_marks() -> None:
    long = format_text(block("  budget: about €2 million\n"), SCHEMA, short=False)
    assert long == block("  budget: {amount: 2000000, approximate: true, currency: EUR}\n")


def test_only_the_files_that_are_named_are_formatted(films: SmallProject) -> None:
    for name in ("a", "b"):
        films.write(f"data/{name}.yaml", block("  budget: {amount: 2000000, currency: EUR}\n"))
    path = films.folder / "data" / "a.yaml"
    assert [file.path for file in format_project(films.folder, short=True, only=[path]).files] == [path]
    assert len(format_project(films.folder, short=True).files) == 2
    for other, reason in {"c.yaml": "There is no file", "sources.yaml": "has no facts"}.items():
        with pytest.raises(InputError, match=reason):
            format_project(films.folder, short=True, only=[films.folder / "data" / other])


def test_only_who_gives_a_rating_is_shortened_to_an_outlet() -> None:
    award = block("  recognition: {givenBy: academy, outcome: won, award: oscar}\n")
    assert "outlet" not in format_text(award, SCHEMA, short=True)
    rating = block("  rating: {givenBy: Variety, agent: Ann Roe, score: 4, scale: 5}\n")
    assert "outlet: Variety" in format_text(rating, SCHEMA, short=True)


@pytest.mark.parametrize(
    ("named", "detail"),
    [
        ("rating: {Rotten Tomatoes: 93%", "reviews: 58"),
        ("release: {Portugal: 14 March 2019", "distributor: Neon"),
        ("premiere: {Locarno: 3 August 2019", "place: Piazza Grande"),
        ("gross: {Portugal: €300000", "asOf: 2019"),
        ("awards: {Locarno: Golden Leopard", "recipient: Rui Melo"),
        ("cast: {Beatriz Lopes: Dulce", "role: leading"),
    ],
)
def test_a_detail_changes_no_name_of_a_part(tmp_path: Path, named: str, detail: str) -> None:
    before = facts_of(tmp_path, block(f"  {named}}}\n"))
    first, _, rest = named.partition("{")
    for line in (f"  {named}, {detail}}}\n", f"  {first}{{{detail}, {rest}}}\n"):
        with_detail = facts_of(tmp_path, block(line))
        assert with_detail[1] == []
        assert set(with_detail[0]) > set(before[0])


EMPTY = [
    ("prizes: {Locarno Film Festival: }", "award"),
    ("nominations: {Locarno Film Festival: []}", "award"),
    ("wins: {Locarno Film Festival: {}}", "award"),
    ("release: {France: }", "date"),
    ("gross: {France: }", "amount"),
    ("rating: {Rotten Tomatoes: }", "score"),
    ("rating: {Rotten Tomatoes: 93%, reviews: }", "reviewCount"),
    ("release: {date: }", "date"),
    ("release: {at: }", "release"),
    ("cast: {}", "castCredit"),
    ("release: []", "release"),
    ("director:", "director"),
    ("director: [Inês Carvalho, ]", ""),
    ("cast: {Beatriz Lopes: }", ""),
    ("premiere: {Locarno Film Festival: }", ""),
]


@pytest.mark.parametrize(("line", "property"), EMPTY)
def test_an_empty_value_is_reported_where_a_name_is_not_all(films: SmallProject, line: str, property: str) -> None:
    films.write("data/films.yaml", block(f"  {line}\n"))
    empty = [finding.message for finding in films.read().findings if "no value" in finding.message]
    assert empty == ([f"{property} has no value"] if property else [])


@pytest.mark.parametrize("nothing", ["", " {}"])
def test_an_empty_block_is_reported(films: SmallProject, nothing: str) -> None:
    films.write("data/films.yaml", f"source: encyclopedia\nThe Last Ferry:{nothing}\n")
    (finding,) = films.read().findings
    assert finding.message == "the block of The Last Ferry is empty"
    assert finding.remedy == "Write its properties in lines below it."


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("Country", "Did you mean country?"),
        ("Year", "Did you mean year?"),
        ("Director", "Did you mean director?"),
        ("tagline", "`kg schema --all tagline` searches the properties; what none of them says is left out."),
    ],
)
def test_a_key_that_is_not_known_says_what_to_do(films: SmallProject, key: str, advice: str) -> None:
    films.write("data/films.yaml", block(f"  {key}: Portugal\n"))
    finding = next(finding for finding in films.read().findings if finding.place and finding.place.line == 5)
    assert (finding.check, finding.advice) == ("facts/unknown-property", advice)
