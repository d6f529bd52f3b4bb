"""How like two values are, when a table of films is matched: names, dates, numbers."""

from __future__ import annotations

import pytest

from kg.server.reconcile.similarity import date_likeness, name_likeness, number_likeness

LIKE = [
    (date_likeness("2024", "2024-10-18"), 1.0),
    (date_likeness("18 October 2024", "2024-10-18"), 0.9),
    (date_likeness("1970s", "1979"), 0.0),
    (date_likeness("no date", "1979"), 0.0),
    (number_likeness("$6,000,000", "6000000"), 1.0),
    (number_likeness("152 min", "152"), 1.0),
    (number_likeness("0", "0"), 1.0),
    (number_likeness("many", "3"), 0.0),
    (name_likeness("Tarkovsky, Andrei", ["Andrei Tarkovsky"]), 1.0),
    (name_likeness("Taking of Pelham 123, The", ["The Taking of Pelham One Two Three"]) > 0.9, True),
    (name_likeness("Rocky II", ["Rocky 2"]), 1.0),
    (name_likeness("x", []), 0.0),
]


@pytest.mark.parametrize(("likeness", "expected"), LIKE)
def test_values_are_compared_as_what_they_are(likeness: float, expected: float) -> None:
    assert likeness == expected
