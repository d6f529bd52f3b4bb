"""Queries of WD-AMC (https://github.com/oeg-upm/kg-scenarios-eval), run on the export for Wikidata.

Ten questions about actors, films and characters, in four encodings: the first of the ten sets.
"""

from __future__ import annotations

import pytest
from pyoxigraph import QuerySolutions, Store

from kg.queries.sparql import escape_dots, guard
from tests.exports.films import Films, loaded
from tests.importers.import_project import DATASETS
from tests.importers.test_wikidata import day, entity, item, snak, text, write

QUERIES = DATASETS / "wd_amc"
ENCODINGS = {
    "n-ary-relationships": "n-ary",
    "qualifiers": "qualifiers",
    "rdf-star": "star",
    "standard-reification": "sr",
}


def role(actor: str, character: str) -> dict[str, object]:
    return {"mainsnak": snak("P161", item(actor)), "qualifiers": {"P453": [snak("P453", item(character))]}}


def won(award: str, year: str, film: str) -> dict[str, object]:
    qualifiers = {"P585": [snak("P585", day(f"+{year}-02-09T00:00:00Z"))], "P1686": [snak("P1686", item(film))]}
    return {"mainsnak": snak("P166", item(award)), "qualifiers": qualifiers}


def entities() -> list[dict[str, object]]:
    """Entities that answer the first set: the film, person, award or series that each question names."""
    return [
        entity("Q270385", "Pride & Prejudice", P161=[role("Q42581", "Q91"), item("Q37876")]),
        entity("Q165713", "The Phantom Menace", P161=[role("Q37876", "Q92")]),
        entity("Q37876", "Natalie Portman", P31=item("Q5")),
        entity("Q103916", "Academy Award for Best Actor", P31=item("Q38033430")),
        entity("Q185140", "Joaquin Phoenix", P31=item("Q5"), P166=[won("Q103916", "2020", "Q42759035")]),
        entity("Q29250", "Woody Harrelson", P31=item("Q5")),
        entity("Q201279", "Bill Murray", P31=item("Q5")),
        entity("Q1124384", "Kingpin", P161=[role("Q29250", "Q93"), role("Q201279", "Q94")]),
        entity("Q103618", "Academy Award for Best Actress", P31=item("Q38033430")),
        entity("Q1111542", "Sally Field", P31=item("Q5"), P166=[won("Q103618", "1980", "Q753097")]),
        entity("Q753097", "Norma Rae", P577=day("+1979-03-02T00:00:00Z")),
        entity("Q539082", "Brittany Murphy", P31=item("Q5")),
        entity("Q1", "Clueless", P161=[role("Q539082", "Q95")], P577=day("+1995-07-19T00:00:00Z")),
        entity("Q2", "Something Wicked", P161=[role("Q539082", "Q96")], P577=day("+2014-04-04T00:00:00Z")),
        entity("Q18605540", "Better Call Saul", P161=[role("Q313388", "Q97")]),
        entity("Q20646602", "El Camino", P161=[role("Q313388", "Q97")]),
        entity("Q42759035", "Joker", P345=text("tt7286456")),
    ]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    films = Films.at(tmp_path_factory.mktemp("films") / "project")
    assert films.run("import", "wikidata", write(films.folder / "dump.json", *entities())) == 0
    return films


@pytest.fixture(scope="module")
def stores(films: Films) -> dict[str, Store]:
    graph = films.open()
    return {
        "qualifiers": loaded(graph.export_text("wikidata")),
        "standard-reification": loaded(graph.export_text("wikidata-reified")),
    }


def ask(store: Store, encoding: str, name: str) -> set[tuple[str, ...]]:
    """The rows of one query: the local names of IRIs, the texts of literals."""
    query = (QUERIES / encoding / f"{ENCODINGS[encoding]}_{name}.rq").read_text(encoding="utf-8")
    solutions = store.query(escape_dots(query, guard(query)))
    assert isinstance(solutions, QuerySolutions)
    return {tuple(str(getattr(term, "value", "")).rpartition("/")[2] for term in row) for row in solutions}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_all_queries_parse(encoding: str, stores: dict[str, Store]) -> None:
    names = sorted(QUERIES.glob(f"{encoding}/*.rq"))
    assert len(names) == 10
    for path in names:
        ask(stores["qualifiers"], encoding, path.stem.rpartition("_")[2])


@pytest.mark.parametrize("encoding", ["qualifiers", "standard-reification"])
def test_all_queries_of_an_encoding_run_on_its_export(encoding: str, stores: dict[str, Store]) -> None:
    for path in sorted(QUERIES.glob(f"{encoding}/*.rq")):
        ask(stores[encoding], encoding, path.stem.rpartition("_")[2])


ANSWERS = {
    "q1": {("Q42581",), ("Q37876",)},
    "q2": {("Q92",)},
    "q3": {("Q185140",)},
    "q5": {("1",)},
    "q6": {("Q753097",)},
    "q7": {("Q2",)},
    "q10": {("Q313388", "Q97")},
}
"""The others ask for citizenship, occupation and cause of death, for which this ontology has no properties."""


@pytest.mark.parametrize("encoding", ["qualifiers", "standard-reification"])
@pytest.mark.parametrize("question", ANSWERS)
def test_questions_that_the_ontology_covers_have_their_answers(
    encoding: str, question: str, stores: dict[str, Store]
) -> None:
    assert ask(stores[encoding], encoding, f"{question}-1") == ANSWERS[question]
