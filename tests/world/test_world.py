"""Three datasets about films and prizes come in beside our own facts, are linked, and answer as one graph."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kg.filmgraph import FilmGraph
from kg.lookup.entity_names import Entity
from kg.lookup.source_conflicts import find_conflicts, measure_agreement
from kg.terms import to_curie

Row = tuple[object, ...]

ANSWERS: list[tuple[str, Mapping[str, object], list[Row]]] = [
    # The answer, or its first rows; `...` is a cell that may say anything.
    (
        "nominees-with-most-nominations",
        {"programme": "Academy Awards", "kind": "film:Person", "minimum": 7, "won": False},
        [("Glenn Close", 8)],
    ),
    (
        "nominees-with-most-nominations",
        {"programme": "Academy Awards", "kind": "film:Film", "minimum": 6, "won": False},
        [("A Complete Unknown", 8)],
    ),
    (
        "winners-of-both",
        {"first": "Palme d'Or", "second": "film:oscar-best-picture", "kind": "film:Film"},
        [
            ("Anora", "Sean Baker", "77th Cannes Film Festival", "97th Academy Awards"),
            ("Marty", "Delbert Mann", "Cannes Film Festival 1955", "28th Academy Awards"),
            ("Parasite", "Bong Joon Ho", "Cannes Film Festival 2019", "92nd Academy Awards"),
        ],
    ),
    (
        "recognition-by-source",
        {"film": "film:anora", "programme": "Academy Awards"},
        [
            ("encyclopedia article on Anora", 6, None),
            ("IMDb Awards", 6, 5),
            ("Academy Award nominations with IMDb identifiers", 6, 5),
            ("report on the Oscars for Anora", 6, 5),
        ],
    ),
    (
        "awards-by-source",
        {"film": "All about Eve", "programme": "Academy Awards"},
        [("Academy Award for Best Actress", "23rd Academy Awards", False, "IMDb Awards")],
    ),
    ("sources-about", {"entity": "film:anora"}, [("encyclopedia article on Anora", ...)]),
    ("films-with-most-sources", {"minimum": 3}, [("Anora", 7)]),
    (
        "winners-with-most-wins",
        {"programme": "Academy Awards", "kind": "film:Person"},
        [("Sean Baker", 4), ("Bong Joon Ho", 3)],
    ),
    (
        "nominees-with-most-nominations",
        {"programme": "Academy Awards", "kind": "film:Film"},
        [("All about Eve", 14), ("Emilia Pérez", 13), ("Wicked", 10), ("The Brutalist", 10)],
    ),
    (
        "winners-of-award",
        {"award": "film:oscar-best-picture"},
        [
            ("All about Eve", ..., ..., "23rd Academy Awards", ...),
            ("Marty", ..., ..., "28th Academy Awards", ...),
            ("Parasite", "Bong Joon Ho", ..., "92nd Academy Awards", ...),
        ],
    ),
    ("winners-by-property", {"award": "film:palme-dor", "property": "genre"}, [("drama film", 2)]),
    (
        "winners-by-property",
        {"award": "film:palme-dor", "property": "countryOfOrigin"},
        [("United States", 2), ("South Korea", 1)],
    ),
    ("winners-by-property", {"award": "film:palme-dor", "property": "productionCompany|distributor"}, [("Neon", 5)]),
    (
        "nominees-of-award",
        {"award": "film:oscar-best-actress", "edition": "film:oscars-97"},
        [("Mikey Madison", "Anora", ..., True), ("Cynthia Erivo", "Wicked", ..., False)],
    ),
    (
        "identifiers-of",
        {"entity": "film:anora"},
        [("film:imdb-tt28607951", "skos:exactMatch"), ("film:oscars-tt28607951", "skos:exactMatch")],
    ),
    ("entities-with-identifier", {"identifier": "tt0048356"}, [("Marty", "IMDb ID")]),
    (
        "entities-in-documents",
        {"class": "film:Film", "source": "source:encyclopedia", "maximum": 1},
        [("Asteroid City", ..., 1)],
    ),
    ("decisions-on-conflicts", {"kind": "undecided"}, []),
    ("decisions-on-conflicts", {"source": "source:oscars-report"}, []),
    (
        "decisions-on-conflicts",
        {"source": "source:wikidata-results"},
        [
            (
                "The Battle of Midway",
                "rdf:type",
                "short film",
                ...,
                "feature film",
                "Academy Award nominations with IMDb identifiers",
                ...,
                ...,
            )
        ],
    ),
]


@pytest.mark.parametrize(("name", "values", "rows"), ANSWERS, ids=[name for name, _, _ in ANSWERS])
def test_the_linked_world_answers(world: FilmGraph, name: str, values: Mapping[str, object], rows: list[Row]) -> None:
    answer = world.ask(name, **values)
    shown = [tuple(_shown(world, cell) for cell in row) for row in answer]
    assert len(shown) >= len(rows)
    assert [
        tuple(cell if known is not ... else ... for cell, known in zip(row, wanted, strict=True))
        for row, wanted in zip(shown, rows, strict=False)
    ] == rows
    assert rows or not shown


def test_a_conflict_between_two_datasets_names_both_and_the_reason(world: FilmGraph) -> None:
    [conflict] = [each for each in find_conflicts(world.provenance) if "wikidata-results" in each.sources]
    assert conflict.reason == "for its class, oscars is trusted more than wikidata-results"
    assert {"oscars", "wikidata-results"} <= conflict.sources


def test_agreement_with_a_source_is_counted_by_property(world: FilmGraph) -> None:
    agreements = measure_agreement(world.provenance, "wikidata-results")
    counts = {to_curie(agreement.property.value): agreement for agreement in agreements}
    assert counts["rdf:type"].contested == 1
    assert counts["film:imdbId"].agreed == counts["film:imdbId"].facts > 0


def test_a_fact_of_three_sources_has_three_pieces_of_evidence(world: FilmGraph) -> None:
    why = world.why("film:oscars-tt0048356", "film:imdbId", "tt0048356")
    assert {fact.evidence.source for fact in why.facts} == {"oscars", "imdb-awards", "wikidata-results"}
    assert all(fact.evidence.record for fact in why.facts)


def _shown(world: FilmGraph, cell: object) -> object:
    """An entity by its label, or by its name where it has none."""
    if not isinstance(cell, Entity):
        return cell
    return world.names.label(cell.iri) or to_curie(cell.iri.value)
