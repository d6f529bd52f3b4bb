"""QuickStatements compares only what Wikidata may lack, with the same result as all facts would have."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from pyoxigraph import NamedNode

from kg.exports import quickstatements
from kg.exports.statement_gaps import find_gaps
from kg.exports.wikidata_model import WikidataItems
from kg.graph.snapshot_file import part_of
from kg.loaded_graph import open_local_graph
from kg.pipeline.build import build
from kg.terms import ONTOLOGY, entity_iri
from tests.exports.films import Films

SOURCES = """\
register: {title: A register, address: https://register.example/, date: 2020}
other: {title: Another register, address: https://other.example/, date: 2021}
wikidata: {title: Wikidata, address: https://www.wikidata.org/}
dump: {title: A dump of Wikidata, address: https://www.wikidata.org/wiki/dump}
wikidata-results: {title: Answers of its query service, address: https://query.wikidata.org/}
extract: {title: A table of values from Wikidata, address: https://www.wikidata.org/wiki/extract}
"""
COMBINATIONS = (
    ("register", "wikidata"),
    ("register", "other", "wikidata"),
    ("register", "wikidata", "wikidata-results"),
    ("register", "other", "wikidata", "dump", "extract"),
)
PEOPLE = tuple(f"p{number}" for number in range(8))
ITEMS = {
    name: f"Q{number}" for number, name in enumerate((*(f"f{number}" for number in range(12)), *PEOPLE), start=100)
}
VALUES = {
    "f": {
        "director": PEOPLE,
        "writer": PEOPLE,
        "castMember": PEOPLE,
        "runningTime": ("90", "91"),
        "imdbId": ("tt0000001", "tt0000002"),
        "title": ("A film", "Another film"),
    },
    "p": {
        "birthDate": ("1950", "1950-03-02", "1951-03-02"),
        "spouse": PEOPLE,
        "relatedTo": PEOPLE,
        "parent": PEOPLE[:1],
    },
}
"""Films or people -> property -> values; `relatedTo` and `parent` are one property in Wikidata, and `parent` two."""
PARTS = """\
source: register
f0: {record: 1, castCredit: [{agent: p1, character: clara}]}
clara: {record: 1, type: Character, label: Clara, characterIn: f1}
f2: {record: 1, director: {value: p2, as_of: 2020}}
"""
Row = tuple[str, str, str, str, str]


def record(random: Random, source: str, entity: str) -> str:
    """The record of a fact about an entity; now and then it is about another item."""
    item = ITEMS[entity] if random.random() < 0.95 else "Q999"
    return {"dump": f"{item}$1", "register": entity, "other": entity}.get(source, item)


def random_facts(random: Random) -> Iterator[Row]:
    sources = random.choice(COMBINATIONS)
    for entity, item in ITEMS.items():
        yield entity, "type", "FeatureFilm" if entity[0] == "f" else "Person", "register", entity
        yield entity, "label", entity.upper(), "register", entity
        if random.random() < 0.9:
            yield entity, "wikidataId", item, "wikidata", item
        for property, values in VALUES[entity[0]].items():
            for value in random.sample(values, min(len(values), random.randint(0, 4))):
                for source in sources:
                    if value != entity and random.random() < 0.6:
                        yield entity, property, value, source, record(random, source, entity)


def film_project(folder: Path, rows: list[Row], **files: str) -> Films:
    films = Films.at(folder, **files)
    films.write("data/sources.yaml", SOURCES)
    films.write("data/policy.yaml", "sources: [register, other, wikidata, dump, wikidata-results, extract]\n")
    with (films.folder / "data/facts.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("subject", "property", "value", "source", "record"))
        table.writerows(dict.fromkeys(rows))
    assert build(films.folder)
    return films


@pytest.mark.parametrize("seed", range(5))
def test_what_need_not_be_compared_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    random = Random(seed)
    films = film_project(tmp_path / "films", list(random_facts(random)), **({"parts": PARTS} if seed % 2 else {}))

    def exported() -> tuple[str, list[str]]:
        reported: list[str] = []
        pieces = open_local_graph(films.folder).export_pieces("quickstatements", report=reported.append)
        return "".join(pieces), reported

    compared = exported()
    monkeypatch.setattr(quickstatements, "find_gaps", lambda items: None)
    assert compared == exported()
    assert compared[0]


def test_of_a_cast_only_the_member_whom_wikidata_lacks_is_compared(tmp_path: Path) -> None:
    rows = [("f0", "wikidataId", "Q100", "wikidata", "Q100"), ("f0", "type", "FeatureFilm", "register", "f0")]
    rows += [("f0", "type", "FeatureFilm", "wikidata", "Q100"), ("f0", "label", "F0", "register", "f0")]
    for person in PEOPLE:
        rows += [(person, "type", "Person", "register", person), (person, "label", person, "register", person)]
        rows += [(person, "wikidataId", ITEMS[person], "wikidata", ITEMS[person])]
        rows += [(person, "type", "Person", "wikidata", ITEMS[person])]
        rows += [("f0", "castMember", person, "register", "f0")]
    rows += [("f0", "castMember", person, "wikidata", "Q100") for person in PEOPLE[1:]]
    graph = open_local_graph(film_project(tmp_path / "films", rows).folder)
    items = WikidataItems(graph.store, graph.provenance, graph.names, graph.snapshot.triples(part_of(ONTOLOGY)))
    gaps = find_gaps(items)
    assert gaps is not None
    assert not gaps.whole
    assert list(gaps.facts) == [entity_iri("f0")]
    assert list(items.entities(gaps, only=gaps.facts)) == [("Q100", entity_iri("f0"))]
    compared = items.builder.facts.known_about(entity_iri("f0"))
    assert {(fact.value, fact.evidence.source) for fact in compared if isinstance(fact.value, NamedNode)} == {
        (entity_iri("p0"), "register"),
        (entity_iri("p1"), "wikidata"),
    }
    assert [line.split("\t")[:3] for line in graph.export_text("quickstatements").splitlines()] == [
        ["Q100", "P161", ITEMS["p0"]]
    ]
