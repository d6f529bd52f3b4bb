"""Exports in Wikidata's data model: statements with ranks, qualifiers and references; and imported again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import Store
from rdflib.compare import isomorphic

from kg.exports import wikidata_model
from kg.exports.wikidata_values import ItemIds
from kg.filmgraph import FilmGraph
from kg.graph import record_store
from kg.terms import ALIAS, to_short
from tests.exports.films import ANORA, Films, loaded, rows
from tests.importers.import_project import ImportProject
from tests.importers.test_wikidata import day, entity, item, snak, text, write

PART_NAME = re.compile(r"(\.(?:castCredit|release|character))\.\S+")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    return Films.at(tmp_path_factory.mktemp("films") / "project", anora=ANORA)


@pytest.fixture(scope="module")
def exported(films: Films) -> str:
    return films.export("wikidata")


@pytest.fixture(scope="module")
def anora(exported: str) -> Store:
    return loaded(exported)


TRUTHY = [
    ("P31", "Q24869"),
    ("P57", "Q1350329"),
    ("P161", "Q27734246"),
    ("P345", "tt28607951"),
    ("P577", "2024-10-18T00:00:00Z"),
    ("P2047", "139"),
    ("P166", "Q103618"),
]


@pytest.mark.parametrize(("property", "value"), TRUTHY)
def test_the_values_of_a_film_are_values_of_its_item(anora: Store, property: str, value: str) -> None:
    assert (value,) in rows(anora, f"SELECT ?value {{ wd:Q115564437 wdt:{property} ?value }}")


def test_the_class_of_an_item_is_that_of_its_kind(anora: Store) -> None:
    assert rows(anora, "SELECT ?class { wd:Q30 wdt:P31 ?class }") == [("Q6256",)]


QUALIFIED = [
    ("p:P161 ?s . ?s ps:P161 wd:Q27734246 ; pq:P4633 ?value", "Ani"),
    ("p:P577 ?s . ?s ps:P577 ?date ; pq:P291 ?value", "Q30"),
    ("p:P577 ?s . ?s ps:P577 ?date ; pq:P437 ?value", "Q5160218"),
    ("p:P166 ?s . ?s ps:P166 wd:Q103618 ; pq:P1346 ?value", "Q27734246"),
    ("p:P2142 ?s . ?s psv:P2142/wikibase:quantityUnit ?value", "Q4917"),
]


@pytest.mark.parametrize(("pattern", "value"), QUALIFIED)
def test_the_values_of_a_part_are_qualifiers_of_a_statement(anora: Store, pattern: str, value: str) -> None:
    assert rows(anora, f"SELECT ?value {{ wd:Q115564437 {pattern} }}") == [(value,)]


def test_dates_keep_their_precision(anora: Store) -> None:
    query = (
        "SELECT ?time ?precision { wd:Q179808 p:P1346 ?s . ?s <http://www.wikidata.org/prop/qualifier/value/P585> ?v ."
        " ?v wikibase:timeValue ?time ; wikibase:timePrecision ?precision }"
    )
    assert rows(anora, query) == [("2024-05-01T00:00:00Z", "10")]


def test_the_winner_of_an_award_is_stated_at_the_award_too(anora: Store) -> None:
    query = "SELECT ?who ?film { wd:Q103618 p:P1346 ?s . ?s ps:P1346 ?who ; pq:P1686 ?film }"
    assert rows(anora, query) == [("Q27734246", "Q115564437")]


def test_a_person_without_a_wikidata_id_is_an_unknown_value_with_a_name(anora: Store) -> None:
    query = "SELECT ?value ?name { wd:Q115564437 p:P344 ?s . ?s ps:P344 ?value ; pq:P1932 ?name }"
    ((value, name),) = rows(anora, query)
    assert name == "Drew Daniels"
    assert len(value) == 32


def test_a_statement_has_a_reference_to_its_source(anora: Store) -> None:
    query = (
        "SELECT ?url ?title ?read { wd:Q115564437 p:P57/prov:wasDerivedFrom ?r ."
        " ?r pr:P854 ?url ; pr:P1476 ?title ; pr:P813 ?read }"
    )
    assert rows(anora, query) == [("anora", "Trade paper", "2026-01-31T00:00:00Z")]


def test_names_keep_their_language(anora: Store) -> None:
    query = "SELECT (LANG(?label) AS ?l) ?label { wd:Q115564437 rdfs:label ?label }"
    assert rows(anora, query) == [("en", "Anora")]


def test_the_value_that_a_decision_chose_has_preferred_rank(tmp_path: Path) -> None:
    films = Films.at(tmp_path / "project", anora=ANORA)
    films.write("data/rumour.yaml", "source: rumour\nsean-baker: {birthDate: 1971-02-27, record: 1}\n")
    films.write("data/policy.yaml", "sources: [trade-paper, rumour]\n")
    query = "SELECT ?date ?rank { wd:Q1350329 p:P569 ?s . ?s ps:P569 ?date ; wikibase:rank ?rank }"
    store = loaded(films.export("wikidata"))
    assert rows(store, query) == [
        ("1971-02-26T00:00:00Z", "PreferredRank"),
        ("1971-02-27T00:00:00Z", "NormalRank"),
    ]
    assert rows(store, "SELECT ?date { wd:Q1350329 wdt:P569 ?date }") == [("1971-02-26T00:00:00Z",)]


def test_a_value_that_its_source_got_wrong_is_deprecated_and_not_truthy(tmp_path: Path) -> None:
    films = Films.at(tmp_path / "project", anora=ANORA)
    films.write(
        "data/rumour.yaml",
        "source: rumour\nanora: {director: {value: mikey-madison, rank: deprecated, because: a slip, record: 1}}\n",
    )
    store = loaded(films.export("wikidata"))
    query = "SELECT ?who { wd:Q115564437 p:P57 ?s . ?s ps:P57 ?who ; wikibase:rank wikibase:DeprecatedRank }"
    assert rows(store, query) == [("Q27734246",)]
    assert rows(store, "SELECT ?who { wd:Q115564437 wdt:P57 ?who }") == [("Q1350329",)]


def test_the_id_of_a_statement_does_not_depend_on_its_source(films: Films, tmp_path: Path) -> None:
    """Another source changes references, and no ids."""
    other = Films.at(tmp_path / "project", anora=ANORA.replace("source: trade-paper", "source: rumour"))
    query = "SELECT ?item ?statement { ?item ?p ?statement . ?statement a wikibase:Statement }"
    assert rows(loaded(films.export("wikidata")), query) == rows(loaded(other.export("wikidata")), query)


def test_rdflib_reads_the_same_graph(exported: str) -> None:
    read = rdflib.Graph().parse(data=exported, format="turtle")
    store = loaded(exported)
    ours = rdflib.Graph()
    ours.parse(data="\n".join(f"{quad.triple} ." for quad in store), format="nt")
    assert len(read) == len(store)
    assert isomorphic(read, ours)


def test_an_item_is_written_before_the_next_is_read(films: Films, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = films.open().export_pieces("wikidata")
    first = [next(pieces), next(pieces)]
    assert "wd:Q30 a wikibase:Item" in first[1]

    def sorted_items(_: ItemIds) -> list[object]:
        raise AssertionError("the items were listed a second time")

    monkeypatch.setattr(ItemIds, "sorted_items", sorted_items)
    assert "wds:Q30-" in next(pieces)


@pytest.mark.parametrize("format", ["wikidata", "wikidata-json", "wikidata-reified"])
def test_what_is_remembered_of_earlier_entities_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    values = [
        (f"wd-q{number}", property, value, source)
        for number in range(1, 30)
        for property, value, source in (
            ("type", "Film", "wikidata"),
            ("wikidataId", f"Q{number}", "wikidata"),
            ("label", f"Film {number}", "wikidata"),
            ("year", str(1990 + number % 3), "wikidata"),
            ("year", str(1990 + number % 3), "trade-paper"),
            ("director", f"wd-q{100 + number % 4}", "trade-paper"),
        )
    ]
    for number in range(100, 104):
        values += [(f"wd-q{number}", "wikidataId", f"Q{number}", "wikidata")]
        values += [(f"wd-q{number}", "label", f"Person {number}", "wikidata")]
    rows = "".join(f"{','.join(row)},{row[0]}\n" for row in values)
    films = Films.at(tmp_path / "films", anora=ANORA)
    table = films.folder / "data/imports/many/facts.csv"
    table.parent.mkdir(parents=True)
    table.write_text(f"subject,property,value,source,record\n{rows}", encoding="utf-8")
    whole = films.export(format)
    assert "Film 29" in whole
    for name, limit in (("_MAX_REMEMBERED", 3), ("_BATCH", 5)):
        monkeypatch.setattr(record_store, name, limit)
    monkeypatch.setattr(wikidata_model, "BATCH", 4)
    assert films.export(format) == whole


ROUND_TRIPS = [("wikidata-json", "wikidata"), ("wikidata", "rdf")]


@pytest.mark.parametrize(("format", "kind"), ROUND_TRIPS)
def test_imported_facts_are_the_same_after_export_and_import(tmp_path: Path, format: str, kind: str) -> None:
    """Import entities, export them, and import the export: the same facts, except for the names of parts.

    One fact is added: Wikidata's property for the characters of a film states the class of the character.
    """
    played = {"mainsnak": snak("P161", item("Q2")), "qualifiers": {"P453": [snak("P453", item("Q3"))]}}
    wrong = {"mainsnak": snak("P57", item("Q4")), "rank": "deprecated"}
    opened = {
        "mainsnak": snak("P577", day("+2024-10-00T00:00:00Z", 10)),
        "qualifiers": {"P291": [snak("P291", item("Q30"))]},
        "references": [{"snaks": {"P248": [snak("P248", item("Q9"))], "P854": [snak("P854", text("https://a.b/c"))]}}],
    }
    entities = [
        entity("Q1", P161=[played], P57=[wrong, item("Q5")], P577=[opened], P345=text("tt0000001")),
        entity("Q5", "Sean Baker", P31=item("Q5"), P569=day("+1752-09-01T00:00:00Z", 11, "Q1985786")),
    ]
    first, second = (Films.at(tmp_path / name) for name in ("first", "second"))
    assert first.run("import", "wikidata", write(tmp_path / "dump.json", *entities)) == 0
    assert second.run("import", kind, exported_file(first, format), "--source", "wikidata") == 0
    added = {
        ("film:wd-q3", "rdf:type", "film:FictionalAgent", "normal", "", ""),
    }
    assert imported_facts(first) | added == imported_facts(second)


@pytest.mark.parametrize(("format", "kind"), ROUND_TRIPS)
def test_a_project_that_imports_an_export_has_the_same_facts_about_items(
    films: Films, tmp_path: Path, format: str, kind: str
) -> None:
    fresh = Films.at(tmp_path / "fresh")
    assert fresh.run("import", kind, exported_file(films, format), "--source", "wikidata") == 0
    assert facts_about_items(fresh.open()) == facts_about_items(films.open())


def facts_about_items(graph: FilmGraph) -> set[tuple[str, ...]]:
    """The facts about entities with an id in Wikidata, direct or through a part, by these ids; without aliases."""
    known = """SELECT ?item ?path ?value ?other {
      { ?entity film:wikidataId ?item ; ?property ?value BIND(STR(?property) AS ?path) } UNION
      { ?entity film:wikidataId ?item ; ?property ?part . ?part ?within ?value
        FILTER NOT EXISTS { ?part rdfs:label ?named } BIND(CONCAT(STR(?property), " ", STR(?within)) AS ?path) }
      OPTIONAL { ?value film:wikidataId ?other }
      FILTER(?property NOT IN (skos:altLabel, rdf:type) && (isLiteral(?value) || BOUND(?other)))
    }"""
    return {tuple(str(row[name] or "") for name in ("item", "path", "other" if row["other"] else "value")) for row in
            graph.sparql(known)}  # fmt: skip


def exported_file(films: Films, format: str) -> str:
    """The export, in a file beside the project."""
    path = films.folder.parent / ("back.json" if format == "wikidata-json" else "back.ttl")
    path.write_text(films.export(format), encoding="utf-8")
    return str(path)


def imported_facts(films: Films) -> set[tuple[str, ...]]:
    """Facts with ranks and references; parts without their own names, and without aliases."""
    return {
        (
            *(PART_NAME.sub(r"\1", to_short(term)) for term in (fact.subject, fact.property, fact.value)),
            fact.rank.value,
            fact.written,
            " ".join(fact.evidence.record.split()[1:]),
        )
        for fact in ImportProject(films.folder).facts()
        if fact.property != ALIAS
    }
