"""The graph in Wikidata's model: statements with ranks, qualifiers and references, and the way back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import Store
from rdflib.compare import isomorphic

from kg.exports.wikidata.values import ItemIds
from kg.filmgraph import FilmGraph
from kg.terms import ALIAS, to_short
from tests.exports.films import ANORA, Films, loaded, rows
from tests.importers.import_project import ImportProject
from tests.importers.test_wikidata import day, entity, item, snak, text, write

NODE = re.compile(r"(\.(?:castCredit|release|character))\.\S+")


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
def test_what_is_known_of_a_film_stands_at_its_item(anora: Store, property: str, value: str) -> None:
    assert (value,) in rows(anora, f"SELECT ?value {{ wd:Q115564437 wdt:{property} ?value }}")


QUALIFIED = [
    ("p:P161 ?s . ?s ps:P161 wd:Q27734246 ; pq:P4633 ?value", "Ani"),
    ("p:P577 ?s . ?s ps:P577 ?date ; pq:P291 ?value", "Q30"),
    ("p:P577 ?s . ?s ps:P577 ?date ; pq:P437 ?value", "Q5160218"),
    ("p:P166 ?s . ?s ps:P166 wd:Q103618 ; pq:P1346 ?value", "Q27734246"),
    ("p:P2142 ?s . ?s psv:P2142/wikibase:quantityUnit ?value", "Q4917"),
]


@pytest.mark.parametrize(("pattern", "value"), QUALIFIED)
def test_what_stands_in_a_node_qualifies_the_statement(anora: Store, pattern: str, value: str) -> None:
    assert rows(anora, f"SELECT ?value {{ wd:Q115564437 {pattern} }}") == [(value,)]


def test_dates_keep_their_precision(anora: Store) -> None:
    query = (
        "SELECT ?time ?precision { wd:Q179808 p:P1346 ?s . ?s <http://www.wikidata.org/prop/qualifier/value/P585> ?v ."
        " ?v wikibase:timeValue ?time ; wikibase:timePrecision ?precision }"
    )
    assert rows(anora, query) == [("2024-05-01T00:00:00Z", "10")]


def test_who_won_is_told_at_the_award_too(anora: Store) -> None:
    query = "SELECT ?who ?film { wd:Q103618 p:P1346 ?s . ?s ps:P1346 ?who ; pq:P1686 ?film }"
    assert rows(anora, query) == [("Q27734246", "Q115564437")]


def test_somebody_without_a_number_is_a_value_that_is_not_known(anora: Store) -> None:
    query = "SELECT ?value ?name { wd:Q115564437 p:P344 ?s . ?s ps:P344 ?value ; pq:P1932 ?name }"
    ((value, name),) = rows(anora, query)
    assert name == "Drew Daniels"
    assert len(value) == 32


def test_a_statement_refers_to_where_it_was_read(anora: Store) -> None:
    query = (
        "SELECT ?url ?title ?read { wd:Q115564437 p:P57/prov:wasDerivedFrom ?r ."
        " ?r pr:P854 ?url ; pr:P1476 ?title ; pr:P813 ?read }"
    )
    assert rows(anora, query) == [("anora", "Trade paper", "2026-01-31T00:00:00Z")]


def test_names_keep_their_language(anora: Store) -> None:
    query = "SELECT (LANG(?label) AS ?l) ?label { wd:Q115564437 rdfs:label ?label }"
    assert rows(anora, query) == [("en", "Anora")]


def test_the_value_that_was_decided_for_is_preferred(tmp_path: Path) -> None:
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


def test_what_its_own_source_gets_wrong_is_deprecated_and_not_truthy(tmp_path: Path) -> None:
    films = Films.at(tmp_path / "project", anora=ANORA)
    films.write(
        "data/rumour.yaml",
        "source: rumour\nanora: {director: {value: mikey-madison, rank: deprecated, because: a slip, record: 1}}\n",
    )
    store = loaded(films.export("wikidata"))
    query = "SELECT ?who { wd:Q115564437 p:P57 ?s . ?s ps:P57 ?who ; wikibase:rank wikibase:DeprecatedRank }"
    assert rows(store, query) == [("Q27734246",)]
    assert rows(store, "SELECT ?who { wd:Q115564437 wdt:P57 ?who }") == [("Q1350329",)]


def test_statements_are_named_by_what_they_say(films: Films, tmp_path: Path) -> None:
    """Whoever says it: another source changes references, and no names."""
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


WAYS = [("wikidata-json", "wikidata"), ("wikidata", "rdf")]


@pytest.mark.parametrize(("format", "kind"), WAYS)
def test_what_wikidata_said_comes_back(tmp_path: Path, format: str, kind: str) -> None:
    """Bring entities in, export them, bring the export in: the same facts, but for the names of nodes.

    One comes back that nobody wrote: a character in a film is a character of the film, which has a property there.
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
    assert second.run("import", kind, back_from(first, format), "--source", "wikidata") == 0
    back = {
        ("film:wd-q1", "film:hasCharacter", "film:wd-q3", "normal", "", ""),
        ("film:wd-q3", "rdf:type", "film:FictionalAgent", "normal", "", ""),
    }
    assert said(first) | back == said(second)


@pytest.mark.parametrize(("format", "kind"), WAYS)
def test_a_fresh_project_knows_the_same_of_what_has_a_number(
    films: Films, tmp_path: Path, format: str, kind: str
) -> None:
    fresh = Films.at(tmp_path / "fresh")
    assert fresh.run("import", kind, back_from(films, format), "--source", "wikidata") == 0
    assert numbered(fresh.open()) == numbered(films.open())


def numbered(graph: FilmGraph) -> set[tuple[str, ...]]:
    """What is known of things with a number: things by their numbers, through a node or not; aliases apart."""
    known = """SELECT ?number ?path ?value ?other {
      { ?thing film:wikidataId ?number ; ?property ?value BIND(STR(?property) AS ?path) } UNION
      { ?thing film:wikidataId ?number ; ?property ?node . ?node ?within ?value
        FILTER NOT EXISTS { ?node rdfs:label ?named } BIND(CONCAT(STR(?property), " ", STR(?within)) AS ?path) }
      OPTIONAL { ?value film:wikidataId ?other }
      FILTER(?property NOT IN (skos:altLabel, rdf:type) && (isLiteral(?value) || BOUND(?other)))
    }"""
    return {tuple(str(row[name] or "") for name in ("number", "path", "other" if row["other"] else "value")) for row in
            graph.sparql(known)}  # fmt: skip


def back_from(films: Films, format: str) -> str:
    """The export in a file beside the project."""
    path = films.folder.parent / ("back.json" if format == "wikidata-json" else "back.ttl")
    path.write_text(films.export(format), encoding="utf-8")
    return str(path)


def said(films: Films) -> set[tuple[str, ...]]:
    """Facts with rank and what they refer to; a node without its own name, names of things without their language."""
    return {
        (
            *(NODE.sub(r"\1", to_short(term)) for term in (fact.subject, fact.property, fact.value)),
            fact.rank.value,
            fact.written,
            " ".join(fact.evidence.record.split()[1:]),
        )
        for fact in ImportProject(films.folder).facts()
        if fact.property != ALIAS
    }
