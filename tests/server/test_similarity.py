"""The similarity of names, dates and numbers in the matching of tables."""

from __future__ import annotations

import pytest

from kg.server.reconcile.candidate_scoring import date_similarity, name_similarity, number_similarity

LIKE = [
    (date_similarity("2024", "2024-10-18"), 1.0),
    (date_similarity("18 October 2024", "2024-10-18"), 0.9),
    (date_similarity("1970s", "1979"), 0.0),
    (date_similarity("no date", "1979"), 0.0),
    (number_similarity("$6,000,000", "6000000"), 1.0),
    (number_similarity("152 min", "152"), 1.0),
    (number_similarity("0", "0"), 1.0),
    (number_similarity("many", "3"), 0.0),
    (name_similarity("Tarkovsky, Andrei", ["Andrei Tarkovsky"]), 1.0),
    (name_similarity("Taking of Pelham 123, The", ["The Taking of Pelham One Two Three"]) > 0.9, True),
    (name_similarity("Rocky II", ["Rocky 2"]), 1.0),
    (name_similarity("x", []), 0.0),
    (name_similarity("Kill Bill: Vol. 2", ["Kill Bill: Vol. 1"]), 0.8),
    (name_similarity("Toy Story", ["Toy Story 2"]), 0.8),
    (name_similarity("97th Academy Awards", ["98th Academy Awards"]), 0.8),
    (name_similarity("Gold Diggers of 1935", ["Gold Diggers of 1935"]), 1.0),
]


@pytest.mark.parametrize(("similarity", "expected"), LIKE)
def test_values_are_compared_by_their_datatype(similarity: float, expected: float) -> None:
    assert similarity == expected
