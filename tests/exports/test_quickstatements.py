"""QuickStatements: statements that Wikidata lacks, with all references, and never what it has or contradicts."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import NamedNode

from kg.cli import main
from kg.errors import InputError
from kg.exports.item_facts import FactWithStatus
from kg.exports.quickstatements import to_cell
from kg.exports.wikidata_comparison import compare_statements
from kg.exports.wikidata_model import Snak, Statement
from kg.exports.wikidata_values import WikidataValue, to_julian_time, to_time
from kg.facts.model import Evidence, Fact, Rank
from kg.mappings.wikidata import Datatype
from kg.terms import entity_iri
from tests.exports.films import ANORA, Films
from tests.importers.test_wikidata import amount, day, entity, item, snak, text, write

ProjectWith = Callable[[str], Films]


@pytest.fixture
def with_wikidata(tmp_path: Path) -> ProjectWith:
    """A project in which Wikidata states these facts about *Anora*, its director or an award."""

    def at(facts: str) -> Films:
        films = Films.at(tmp_path / "project", anora=ANORA)
        films.write("data/wikidata.yaml", f"source: wikidata\n{facts}\n")
        films.write("data/policy.yaml", "sources: [trade-paper, wikidata, rumour]\n")
        return films

    return at


def commands(films: Films) -> set[tuple[str, ...]]:
    return {tuple(line.split("\t")[:3]) for line in films.export("quickstatements").splitlines()}


def test_a_statement_that_wikidata_lacks_is_written_with_its_reference(with_wikidata: ProjectWith) -> None:
    text = with_wikidata("anora: {countryOfOrigin: united-states, record: Q115564437}").export("quickstatements")
    assert (
        'Q115564437\tP57\tQ1350329\tS1476\ten:"Trade paper"\tS577\t+2024-11-00T00:00:00Z/10'
        '\tS813\t+2026-01-31T00:00:00Z/11\tS854\t"https://trade.example/anora"\n' in text
    )


def test_a_statement_that_wikidata_has_is_not_written(with_wikidata: ProjectWith) -> None:
    written = commands(with_wikidata("anora: {director: sean-baker, runningTime: 139, record: Q115564437}"))
    assert ("Q115564437", "P57", "Q1350329") not in written
    assert ("Q115564437", "P2047", "139U7727") not in written
    assert ("Q115564437", "P345", '"tt28607951"') in written


CONTRADICTIONS = [
    ("sean-baker: {birthDate: 1971-02-27, record: Q1350329}", "Q1350329", "P569"),
    ("anora: {runningTime: 138, record: Q115564437}", "Q115564437", "P2047"),
    ("anora: {imdbId: tt28607952, record: Q115564437}", "Q115564437", "P345"),
    ("anora: {release: [{date: 2024-10-25, territory: united-states}], record: Q115564437}", "Q115564437", "P577"),
]
OURS = {
    "P569": "Sean Baker, birth date: 26 February 1971 (",
    "P2047": "Anora, running time: 139 (",
    "P345": "Anora, IMDb ID: tt28607951 (",
    "P577": "18 October 2024 (",
}


@pytest.mark.parametrize(("theirs", "item", "property"), CONTRADICTIONS, ids=[case[2] for case in CONTRADICTIONS])
def test_a_statement_that_contradicts_wikidata_is_listed_as_a_conflict_instead(
    with_wikidata: ProjectWith, capsys: pytest.CaptureFixture[str], theirs: str, item: str, property: str
) -> None:
    films = with_wikidata(theirs)
    assert (item, property) not in {command[:2] for command in commands(films)}
    capsys.readouterr()
    assert films.run("conflicts", "--source", "wikidata") == 0
    written = capsys.readouterr().out
    assert f"(Wikidata, record {item})" in written
    assert OURS[property] in written
    assert written.count("record Q") == 1


def test_a_day_is_written_where_wikidata_has_the_year(with_wikidata: ProjectWith) -> None:
    written = commands(with_wikidata("sean-baker: {birthDate: 1971, record: Q1350329}"))
    assert ("Q1350329", "P569", "+1971-02-26T00:00:00Z/11") in written


def test_a_year_is_not_written_where_wikidata_has_the_day(with_wikidata: ProjectWith) -> None:
    films = with_wikidata(
        "anora: {release: [{date: 2024-10-18, territory: united-states, medium: theatrical}], record: 1}"
    )
    films.write("data/anora.yaml", ANORA.replace("2024-10-18", "2024"))
    assert ("Q115564437", "P577") not in {command[:2] for command in commands(films)}


def test_a_character_is_added_to_a_cast_member_that_wikidata_has_without_it(with_wikidata: ProjectWith) -> None:
    text = with_wikidata("anora: {castMember: mikey-madison, record: Q115564437}").export("quickstatements")
    assert 'Q115564437\tP161\tQ27734246\tP4633\t"Ani"\t' in text


def test_the_same_award_in_another_year_is_not_merged_with_the_statement_in_wikidata(
    with_wikidata: ProjectWith,
) -> None:
    films = with_wikidata("anora: {recognition: [{outcome: won, award: palme-dor, date: 2011}], record: Q115564437}")
    assert ("Q115564437", "P166", "Q179808") not in commands(films)


def test_each_source_is_a_reference(with_wikidata: ProjectWith) -> None:
    films = with_wikidata("anora: {countryOfOrigin: united-states, record: Q115564437}")
    films.write("data/sources.yaml", (films.folder / "data/sources.yaml").read_text(encoding="utf-8") +
                "oscars: {title: Oscars, address: https://oscars.example/}\n")  # fmt: skip
    films.write("data/oscars.yaml", "source: oscars\nanora: {director: sean-baker, record: 7}\n")
    (line,) = [line for line in films.export("quickstatements").splitlines() if "\tP57\t" in line]
    assert line.count("S854") == 2
    assert '\tS1476\tund:"Oscars"\tS854\t"https://oscars.example/"\t!S1476\ten:"Trade paper"\t' in line


def test_a_statement_whose_source_cannot_be_looked_up_is_not_written(with_wikidata: ProjectWith) -> None:
    films = with_wikidata("anora: {countryOfOrigin: united-states, record: Q115564437}")
    films.write("data/rumour.yaml", "source: rumour\nanora: {writer: sean-baker, record: 1}\n")
    assert ("Q115564437", "P58") not in {command[:2] for command in commands(films)}


def test_a_source_with_title_and_date_can_be_looked_up(with_wikidata: ProjectWith) -> None:
    films = with_wikidata("anora: {countryOfOrigin: united-states, record: Q115564437}")
    sources = (films.folder / "data/sources.yaml").read_text(encoding="utf-8")
    films.write("data/sources.yaml", sources + "print: {title: Five Oscars, date: 2025-03-03}\n")
    films.write("data/print.yaml", "source: print\nanora: {writer: sean-baker, record: 1}\n")
    written = 'P58\tQ1350329\tS1476\tund:"Five Oscars"\tS577\t+2025-03-03T00:00:00Z/11\n'
    assert written in films.export("quickstatements")


NARROWER = [
    ("boxOffice: [{amount: 550503, currency: USD, period: opening weekend}]", "P2142", "the gross of a weekend"),
    ("boxOffice: [{amount: 41000000, currency: USD, approximate: true}]", "P2142", "an approximate amount"),
    ("release: [{date: 2025-04-29, medium: a disc of glass}]", "P577", "a medium without an item"),
    ("follows: anora", "P155", "a film of the same director"),
]


@pytest.mark.parametrize(("ours", "property", "_"), NARROWER, ids=[case[2] for case in NARROWER])
def test_a_value_that_states_less_than_the_property_in_wikidata_is_not_written(
    with_wikidata: ProjectWith, ours: str, property: str, _: str
) -> None:
    films = with_wikidata("tangerine: {type: FeatureFilm, label: Tangerine, wikidataId: Q18712443, record: Q18712443}")
    films.write("data/tangerine.yaml", f"source: trade-paper\ntangerine: {{{ours}, runningTime: 88, record: 1}}\n")
    written = {command[1] for command in commands(films)}
    assert "P2047" in written
    assert property not in written


def test_no_statements_are_proposed_for_an_item_that_was_not_imported(with_wikidata: ProjectWith) -> None:
    """The director is stated about *Anora*; Wikidata may have more about Sean Baker than this."""
    written = commands(with_wikidata("anora: {director: sean-baker, record: Q115564437}"))
    assert not any(command[0] == "Q1350329" for command in written)


def test_a_property_that_the_query_service_was_asked_for_is_known(with_wikidata: ProjectWith) -> None:
    films = with_wikidata("united-states: {record: Q30}")
    sources = (films.folder / "data/sources.yaml").read_text(encoding="utf-8")
    films.write("data/sources.yaml", sources + "answers: {title: Answers, address: https://query.wikidata.org/}\n"
                "gazette: {title: Gazette, address: https://gazette.example/}\n")  # fmt: skip
    films.write("data/policy.yaml", "sources: [trade-paper, wikidata, answers, rumour]\n")
    films.write("data/answers.csv", "subject,property,value,source,record\nanora,genre,drama,answers,Q115564437\n"
                "drama,type,Genre,answers,Q130232\ndrama,label,drama,answers,Q130232\n"
                "drama,wikidataId,Q130232,answers,Q130232\n")  # fmt: skip
    films.write("data/comedy.yaml", "source: gazette\nanora: {genre: comedy, record: 1}\n"
                "comedy: {type: Genre, label: comedy, wikidataId: Q157443, record: 1}\n")  # fmt: skip
    written = {command[1:] for command in commands(films) if command[0] == "Q115564437"}
    assert written == {("P136", "Q157443"), ("P31", "Q24869")}


def test_an_entity_without_a_wikidata_id_cannot_be_written(with_wikidata: ProjectWith) -> None:
    films = with_wikidata("anora: {countryOfOrigin: united-states, record: Q115564437}")
    assert ("Q115564437", "P344") not in {command[:2] for command in commands(films)}


def test_statements_that_wikidata_accepted_are_not_written_again(with_wikidata: ProjectWith) -> None:
    """An editor sends the commands to Wikidata, and its items are imported again."""
    films = with_wikidata("anora: {countryOfOrigin: united-states, record: Q115564437}\n"
                 "sean-baker: {type: Person, record: Q1350329}")  # fmt: skip
    sent = films.export("quickstatements")
    assert {line.partition("\t")[0] for line in sent.splitlines()} == {"Q115564437", "Q1350329"}
    assert films.run("import", "wikidata", write(films.folder / "dump.json", *accepted(sent))) == 0
    films.run("link")
    assert films.export("quickstatements") == ""


def accepted(lines: str) -> list[dict[str, object]]:
    """The items of Wikidata after these commands."""
    claims: dict[str, dict[str, list[object]]] = {}
    for line in lines.splitlines():
        number, property, value, *rest = line.split("\t")
        statement: dict[str, object] = {"mainsnak": snak(property, read_cell(value))}
        pairs = list(zip(rest[::2], rest[1::2], strict=True))
        statement["qualifiers"] = {name: [snak(name, read_cell(cell))] for name, cell in pairs if name[0] == "P"}
        claims.setdefault(number, {}).setdefault(property, []).append(statement)
    labels = {"Q115564437": "Anora", "Q1350329": "Sean Baker"}
    classes = {"Q115564437": item("Q24869"), "Q1350329": item("Q5")}
    return [
        entity(number, labels[number], **({"P31": classes[number]} | written))
        for number, written in sorted(claims.items())
    ]


def read_cell(cell: str) -> dict[str, object]:
    """The value that QuickStatements reads in a cell."""
    if found := re.fullmatch(r"(\+[\d-]+T00:00:00Z)/(\d+)", cell):
        return day(found[1], int(found[2]))
    if found := re.fullmatch(r"(-?[\d.]+)(?:U(\d+))?", cell):
        return amount(f"+{found[1]}", f"Q{found[2]}" if found[2] else "1")
    return item(cell) if re.fullmatch(r"Q\d+", cell) else text(cell[1:-1])


CELLS = [
    (WikidataValue(Datatype.STRING, 'He said "no"\tand\nleft'), '"He said "no" and left"'),
    (WikidataValue(Datatype.TEXT, "Анора", "ru"), 'ru:"Анора"'),
    (WikidataValue(Datatype.QUANTITY, "+6000000", "Q4917"), "6000000U4917"),
    (WikidataValue(Datatype.QUANTITY, "+250", "1"), "250"),
    (to_time("197X"), "+1970-00-00T00:00:00Z/8"),
    (to_time("1917-10-25", "Q1985786"), "+1917-11-07T00:00:00Z/11"),
    (to_julian_time("1917-11-07"), "+1917-11-07T00:00:00Z/11"),
    (WikidataValue(Datatype.URL, "https://a.b/?c=d"), '"https://a.b/?c=d"'),
]


@pytest.mark.parametrize(("value", "cell"), CELLS)
def test_a_value_is_one_cell(value: WikidataValue, cell: str) -> None:
    assert to_cell(value) == cell


values = st.one_of(
    st.builds(WikidataValue, st.just(Datatype.ITEM), st.sampled_from(["Q1", "Q2"])),
    st.builds(
        lambda day: to_time(day) or WikidataValue(Datatype.STRING, day), st.sampled_from(["2024", "2024-10", "2025"])
    ),
    st.builds(WikidataValue, st.just(Datatype.QUANTITY), st.sampled_from(["+1", "+2"]), st.just("1")),
)
snaks = st.builds(Snak, st.sampled_from(["P1", "P2"]), values)


def statement(snak: Snak, qualifiers: set[Snak], source: str) -> Statement:
    fact = Fact(NamedNode("urn:a"), entity_iri("p"), NamedNode("urn:b"), Evidence(source))
    return Statement("Q9", snak, tuple(sorted(qualifiers)), Rank.NORMAL, (FactWithStatus(fact),))


statements_of_both = st.builds(
    statement, snaks, st.sets(snaks, max_size=2), st.sampled_from(["wikidata", "trade-paper"])
)


def is_theirs(fact: Fact) -> bool:
    return fact.evidence.source == "wikidata"


def covers(other: Statement, statement: Statement) -> bool:
    """True when the other statement has the same value, and all qualifiers of this one."""
    return statement.snak == other.snak and set(statement.qualifiers) <= set(other.qualifiers)


@given(st.lists(statements_of_both, max_size=8))
def test_a_missing_statement_is_written_once_and_is_present_after_that(statements: list[Statement]) -> None:
    compared = compare_statements(statements, is_theirs=is_theirs)
    theirs = [statement for statement in statements if is_theirs(statement.facts[0])]
    for missing in compared.missing:
        assert not any(covers(other, missing) for other in theirs)
    values = [missing.snak for missing in compared.missing]
    assert len(values) == len(set(values))
    accepted = [statement(missing.snak, set(missing.qualifiers), "wikidata") for missing in compared.missing]
    again = compare_statements([*statements, *accepted], is_theirs=is_theirs)
    assert {(missing.snak, missing.qualifiers) for missing in again.missing}.isdisjoint(
        (statement.snak, statement.qualifiers) for statement in accepted
    )


@given(st.lists(statements_of_both, max_size=8))
def test_every_statement_of_ours_is_in_one_group(statements: list[Statement]) -> None:
    compared = compare_statements(statements, is_theirs=is_theirs)
    ours = [statement for statement in statements if not is_theirs(statement.facts[0])]
    contradicting = [contradiction.ours for contradiction in compared.contradicting]
    for statement in ours:
        is_written = any(covers(missing, statement) for missing in compared.missing)
        assert is_written or statement in [*compared.present, *compared.inexpressible, *contradicting]


@pytest.mark.parametrize(("type", "written"), [("Person", True), ("Organisation", False)])
def test_only_persons_direct_and_produce(with_wikidata: ProjectWith, type: str, written: bool) -> None:
    films = with_wikidata("anora: {countryOfOrigin: united-states, record: Q115564437}")
    facts = films.folder / "data/anora.yaml"
    text = facts.read_text(encoding="utf-8").replace("anora:\n", "anora:\n  producer: somebody\n", 1)
    facts.write_text(text, encoding="utf-8")
    films.write(
        "data/producer.yaml", f"source: trade-paper\nsomebody: {{type: {type}, label: Somebody, wikidataId: Q77}}\n"
    )
    assert (("Q115564437", "P162", "Q77") in commands(films)) == written


def test_a_table_of_values_from_wikidata_has_no_complete_items(with_wikidata: ProjectWith) -> None:
    films = with_wikidata("anora: {note: nothing}")
    films.write("data/wikidata.yaml", "")
    films.write("data/extract.csv", "subject,property,value,source,record\nanora,runningTime,139,extract,Q115564437\n")
    sources = films.folder / "data/sources.yaml"
    text = sources.read_text(encoding="utf-8")
    films.write("data/sources.yaml", f"{text}\nextract:\n  title: A table\n  address: https://www.wikidata.org/\n")
    assert not commands(films)
    messages: list[str] = []
    "".join(films.open().export_pieces("quickstatements", report=messages.append))
    assert messages[-1] == (
        "Import 6 items with `kg import wikidata`, then run kg link and kg build. One:"
        " https://www.wikidata.org/wiki/Special:EntityData/Q115564437.json"
    )


def test_the_batch_that_takes_back_is_beside_the_batch(with_wikidata: ProjectWith, tmp_path: Path) -> None:
    films = with_wikidata("anora: {countryOfOrigin: united-states, record: Q115564437}")
    films.export("quickstatements")  # builds
    batch = tmp_path / "anora.tsv"
    assert main(["export", "--format", "quickstatements", "-o", str(batch), "--project", str(films.folder)]) == 0
    added = [line.split("\t")[:3] for line in batch.read_text(encoding="utf-8").splitlines()]
    removed = [line.split("\t") for line in (tmp_path / "anora.undo.tsv").read_text(encoding="utf-8").splitlines()]
    assert added
    assert removed == [[f"-{item}", *rest] for item, *rest in reversed(added)]


def test_statements_about_one_film_are_written_alone(with_wikidata: ProjectWith) -> None:
    films = with_wikidata("anora: {countryOfOrigin: united-states, record: Q115564437}")
    films.write("data/more.yaml", "source: trade-paper\nrocket: {type: FeatureFilm, label: Rocket, wikidataId: Q7}\n")
    graph = films.open()
    messages: list[str] = []
    text = "".join(graph.export_pieces("quickstatements", film="Anora", report=messages.append))
    assert {line.split("\t")[0] for line in text.splitlines()} == {"Q115564437"}
    assert "".join(graph.export_pieces("quickstatements", film="Rocket")) == ""
    films.write("data/more.yaml", "source: trade-paper\nrocket: {type: FeatureFilm, label: Rocket}\n")
    graph = films.open()
    with pytest.raises(InputError, match="Rocket is not linked to Wikidata"):
        graph.export_text("quickstatements", film="Rocket")
