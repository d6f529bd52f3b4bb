"""What Wikidata lacks: told with all references; what it has, or what contradicts it, never."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import NamedNode

from kg.exports.wikidata.comparison import compare_statements
from kg.exports.wikidata.model import FactWithStatus, Snak, Statement
from kg.exports.wikidata.quickstatements import to_cell
from kg.exports.wikidata.values import Value, to_time
from kg.facts.model import Evidence, Fact, Rank
from kg.mappings.to_wikidata import Datatype
from kg.terms import entity_iri
from tests.exports.films import ANORA, Films
from tests.importers.test_wikidata import amount, day, entity, item, snak, text, write

Have = Callable[[str], Films]


@pytest.fixture
def have(tmp_path: Path) -> Have:
    """A project in which Wikidata says what is given of *Anora*, of its director or of a prize."""

    def at(facts: str) -> Films:
        films = Films.at(tmp_path / "project", anora=ANORA)
        films.write("data/wikidata.yaml", f"source: wikidata\n{facts}\n")
        films.write("data/policy.yaml", "sources: [trade-paper, wikidata, rumour]\n")
        return films

    return at


def beginnings(films: Films) -> set[tuple[str, ...]]:
    return {tuple(line.split("\t")[:3]) for line in films.export("quickstatements").splitlines()}


def test_what_wikidata_lacks_is_told_with_where_it_was_read(have: Have) -> None:
    text = have("anora: {countryOfOrigin: united-states, record: Q115564437}").export("quickstatements")
    assert (
        'Q115564437\tP57\tQ1350329\tS1476\ten:"Trade paper"\tS577\t+2024-11-00T00:00:00Z/10'
        '\tS813\t+2026-01-31T00:00:00Z/11\tS854\t"https://trade.example/anora"\n' in text
    )


def test_what_wikidata_has_is_not_told_again(have: Have) -> None:
    told = beginnings(have("anora: {director: sean-baker, runningTime: 139, record: Q115564437}"))
    assert ("Q115564437", "P57", "Q1350329") not in told
    assert ("Q115564437", "P2047", "139U7727") not in told
    assert ("Q115564437", "P345", '"tt28607951"') in told


CONTRADICTIONS = [
    ("sean-baker: {birthDate: 1971-02-27, record: Q1350329}", "Q1350329", "P569"),
    ("anora: {runningTime: 138, record: Q115564437}", "Q115564437", "P2047"),
    ("anora: {imdbId: tt28607952, record: Q115564437}", "Q115564437", "P345"),
    ("anora: {release: [{date: 2024-10-25, territory: united-states}], record: Q115564437}", "Q115564437", "P577"),
]
OURS = {
    "P569": "Sean Baker  birth date  “1971-02-26”",
    "P2047": "Anora  running time  “139”",
    "P345": "Anora  IMDb ID  “tt28607951”",
    "P577": "Anora › release › 2024-10-18  date  “2024-10-18”",
}


@pytest.mark.parametrize(("theirs", "item", "property"), CONTRADICTIONS, ids=[one[2] for one in CONTRADICTIONS])
def test_what_contradicts_wikidata_is_not_told_but_listed(
    have: Have, capsys: pytest.CaptureFixture[str], theirs: str, item: str, property: str
) -> None:
    films = have(theirs)
    assert (item, property) not in {one[:2] for one in beginnings(films)}
    capsys.readouterr()
    assert films.run("conflicts", "--source", "wikidata") == 0
    told = capsys.readouterr().out
    assert f"source: wikidata, record {item}" in told
    assert f"  instead: {OURS[property]}" in told
    assert told.count("record Q") == 1


def test_a_day_where_wikidata_has_the_year_is_told(have: Have) -> None:
    told = beginnings(have("sean-baker: {birthDate: 1971, record: Q1350329}"))
    assert ("Q1350329", "P569", "+1971-02-26T00:00:00Z/11") in told


def test_a_year_where_wikidata_has_the_day_is_not_told(have: Have) -> None:
    films = have("anora: {release: [{date: 2024-10-18, territory: united-states, medium: theatrical}], record: 1}")
    films.write("data/anora.yaml", ANORA.replace("2024-10-18", "2024"))
    assert ("Q115564437", "P577") not in {one[:2] for one in beginnings(films)}


def test_a_character_is_added_to_a_part_that_wikidata_has_without_it(have: Have) -> None:
    text = have("anora: {castMember: mikey-madison, record: Q115564437}").export("quickstatements")
    assert 'Q115564437\tP161\tQ27734246\tP4633\t"Ani"\t' in text


def test_the_same_prize_on_another_occasion_is_not_mixed_up_with_the_one_there(have: Have) -> None:
    films = have("anora: {win: [{award: palme-dor, date: 2011}], record: Q115564437}")
    assert ("Q115564437", "P166", "Q179808") not in beginnings(films)


def test_each_source_is_a_reference(have: Have) -> None:
    films = have("anora: {countryOfOrigin: united-states, record: Q115564437}")
    films.write("data/sources.yaml", (films.folder / "data/sources.yaml").read_text(encoding="utf-8") +
                "oscars: {title: Oscars, address: https://oscars.example/}\n")  # fmt: skip
    films.write("data/oscars.yaml", "source: oscars\nanora: {director: sean-baker, record: 7}\n")
    (line,) = [one for one in films.export("quickstatements").splitlines() if "\tP57\t" in one]
    assert line.count("S854") == 2
    assert '\tS1476\tund:"Oscars"\tS854\t"https://oscars.example/"\t!S1476\ten:"Trade paper"\t' in line


def test_what_cannot_be_looked_up_is_not_told(have: Have) -> None:
    films = have("anora: {countryOfOrigin: united-states, record: Q115564437}")
    films.write("data/rumour.yaml", "source: rumour\nanora: {writer: sean-baker, record: 1}\n")
    assert ("Q115564437", "P58") not in {one[:2] for one in beginnings(films)}


def test_a_title_with_its_day_can_be_looked_up_and_a_title_alone_not(have: Have) -> None:
    films = have("anora: {countryOfOrigin: united-states, record: Q115564437}")
    sources = (films.folder / "data/sources.yaml").read_text(encoding="utf-8")
    films.write("data/sources.yaml", sources + "print: {title: Five Oscars, date: 2025-03-03}\n")
    films.write("data/print.yaml", "source: print\nanora: {writer: sean-baker, record: 1}\n")
    told = 'P58\tQ1350329\tS1476\tund:"Five Oscars"\tS577\t+2025-03-03T00:00:00Z/11\n'
    assert told in films.export("quickstatements")


NOT_SAID = [
    ("boxOffice: [{amount: 550503, currency: USD, period: opening weekend}]", "P2142", "the takings of a weekend"),
    ("boxOffice: [{amount: 41000000, currency: USD, approximate: true}]", "P2142", "a rough figure"),
    ("release: [{date: 2025-04-29, medium: a disc of glass}]", "P577", "a kind of release it has no word for"),
    ("previousFilm: anora", "P155", "a film of the same director"),
]


@pytest.mark.parametrize(("ours", "property", "_"), NOT_SAID, ids=[one[2] for one in NOT_SAID])
def test_what_would_mean_something_else_there_is_not_told(have: Have, ours: str, property: str, _: str) -> None:
    films = have("tangerine: {type: FeatureFilm, label: Tangerine, wikidataId: Q18712443, record: Q18712443}")
    films.write("data/tangerine.yaml", f"source: trade-paper\ntangerine: {{{ours}, runningTime: 88, record: 1}}\n")
    told = {one[1] for one in beginnings(films)}
    assert "P2047" in told
    assert property not in told


def test_of_what_wikidata_has_of_an_item_nobody_told_nothing_is_lacking(have: Have) -> None:
    """That Anora is a film by Sean Baker is told at *Anora*; that is not all that Wikidata has of him."""
    told = beginnings(have("anora: {director: sean-baker, record: Q115564437}"))
    assert not any(one[0] == "Q1350329" for one in told)


def test_what_the_query_service_was_asked_for_is_known(have: Have) -> None:
    films = have("united-states: {record: Q30}")
    sources = (films.folder / "data/sources.yaml").read_text(encoding="utf-8")
    films.write("data/sources.yaml", sources + "answers: {title: Answers, address: https://query.wikidata.org/}\n"
                "gazette: {title: Gazette, address: https://gazette.example/}\n")  # fmt: skip
    films.write("data/policy.yaml", "sources: [trade-paper, wikidata, answers, rumour]\n")
    films.write("data/answers.csv", "subject,property,value,source,record\nanora,genre,drama,answers,Q115564437\n"
                "drama,type,Genre,answers,Q130232\ndrama,label,drama,answers,Q130232\n"
                "drama,wikidataId,Q130232,answers,Q130232\n")  # fmt: skip
    films.write("data/comedy.yaml", "source: gazette\nanora: {genre: comedy, record: 1}\n"
                "comedy: {type: Genre, label: comedy, wikidataId: Q157443, record: 1}\n")  # fmt: skip
    told = {one[1:] for one in beginnings(films) if one[0] == "Q115564437"}
    assert told == {("P136", "Q157443"), ("P31", "Q24869")}


def test_a_thing_without_a_number_cannot_be_told(have: Have) -> None:
    films = have("anora: {countryOfOrigin: united-states, record: Q115564437}")
    assert ("Q115564437", "P344") not in {one[:2] for one in beginnings(films)}


def test_what_was_given_back_is_not_given_again(have: Have) -> None:
    """An editor sends the file; Wikidata then has it, and its items are brought in anew."""
    films = have("anora: {countryOfOrigin: united-states, record: Q115564437}\n"
                 "sean-baker: {type: Person, record: Q1350329}")  # fmt: skip
    given = films.export("quickstatements")
    assert {line.partition("\t")[0] for line in given.splitlines()} == {"Q115564437", "Q1350329"}
    assert films.run("import", "wikidata", write(films.folder / "dump.json", *accepted(given))) == 0
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
        entity(number, labels[number], **({"P31": classes[number]} | told)) for number, told in sorted(claims.items())
    ]


def read_cell(cell: str) -> dict[str, object]:
    """What QuickStatements take a cell for: the other way round than it was written."""
    if found := re.fullmatch(r"(\+[\d-]+T00:00:00Z)/(\d+)", cell):
        return day(found[1], int(found[2]))
    if found := re.fullmatch(r"(-?[\d.]+)(?:U(\d+))?", cell):
        return amount(f"+{found[1]}", f"Q{found[2]}" if found[2] else "1")
    return item(cell) if re.fullmatch(r"Q\d+", cell) else text(cell[1:-1])


CELLS = [
    (Value(Datatype.STRING, 'He said "no"\tand\nleft'), '"He said "no" and left"'),
    (Value(Datatype.TEXT, "Анора", "ru"), 'ru:"Анора"'),
    (Value(Datatype.QUANTITY, "+6000000", "Q4917"), "6000000U4917"),
    (Value(Datatype.QUANTITY, "+250", "1"), "250"),
    (to_time("197X"), "+1970-00-00T00:00:00Z/8"),
    (to_time("1917-10-25", "Q1985786"), "+1917-11-07T00:00:00Z/11"),
    (Value(Datatype.URL, "https://a.b/?c=d"), '"https://a.b/?c=d"'),
]


@pytest.mark.parametrize(("value", "cell"), CELLS)
def test_a_value_is_one_cell(value: Value, cell: str) -> None:
    assert to_cell(value) == cell


values = st.one_of(
    st.builds(Value, st.just(Datatype.ITEM), st.sampled_from(["Q1", "Q2"])),
    st.builds(lambda day: to_time(day) or Value(Datatype.STRING, day), st.sampled_from(["2024", "2024-10", "2025"])),
    st.builds(Value, st.just(Datatype.QUANTITY), st.sampled_from(["+1", "+2"]), st.just("1")),
)
snaks = st.builds(Snak, st.sampled_from(["P1", "P2"]), values)


def statement(snak: Snak, qualifiers: set[Snak], source: str) -> Statement:
    fact = Fact(NamedNode("urn:a"), entity_iri("p"), NamedNode("urn:b"), Evidence(source))
    return Statement("Q9", snak, tuple(sorted(qualifiers)), Rank.NORMAL, (FactWithStatus(fact),))


some = st.builds(statement, snaks, st.sets(snaks, max_size=2), st.sampled_from(["wikidata", "trade-paper"]))


def is_theirs(fact: Fact) -> bool:
    return fact.evidence.source == "wikidata"


@given(st.lists(some, max_size=8))
def test_nothing_is_told_twice_and_once_it_is_told_wikidata_has_it(statements: list[Statement]) -> None:
    found = compare_statements(statements, is_theirs=is_theirs)
    theirs = [one for one in statements if is_theirs(one.facts[0])]
    for one in found.missing:
        assert not any(one.snak == other.snak and set(one.qualifiers) <= set(other.qualifiers) for other in theirs)
    snaks_told = [one.snak for one in found.missing]
    assert len(snaks_told) == len(set(snaks_told))
    accepted = [statement(one.snak, set(one.qualifiers), "wikidata") for one in found.missing]
    again = compare_statements([*statements, *accepted], is_theirs=is_theirs)
    assert {(one.snak, one.qualifiers) for one in again.missing}.isdisjoint(
        (one.snak, one.qualifiers) for one in accepted
    )


@given(st.lists(some, max_size=8))
def test_every_statement_of_ours_has_one_place(statements: list[Statement]) -> None:
    found = compare_statements(statements, is_theirs=is_theirs)
    ours = [one for one in statements if not is_theirs(one.facts[0])]
    placed = [*found.present, *found.inexpressible, *(one.ours for one in found.contradicting)]
    for one in ours:
        is_told = any(
            one.snak == other.snak and set(one.qualifiers) <= set(other.qualifiers) for other in found.missing
        )
        assert (one in placed) or is_told
