"""Tables for a terminal: no line is wider than it, and no word is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kg.text.table import format_table

CELL = st.text(st.sampled_from("abc d映é-"), max_size=30).map(lambda text: " ".join(text.split()))


@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.lists(CELL, min_size=n, max_size=n), min_size=1, max_size=5)))
def test_a_table_fits_the_terminal_and_keeps_every_character(rows: list[list[str]]) -> None:
    names = [f"column{number}" for number in range(len(rows[0]))]
    lines = format_table(names, rows, width=60).splitlines()
    assert all(len(line) + sum(char == "映" for char in line) <= 60 for line in lines)
    kept = sorted("".join(lines[2:]).replace(" ", ""))
    assert kept == sorted("".join(cell for row in rows for cell in row).replace(" ", ""))


def test_a_cell_is_broken_between_words() -> None:
    table = format_table(["film", "award"], [["Anora", "Academy Award for Best Picture"]], width=24)
    assert table == (
        "film   award\n"
        "-----  -----------------\n"
        "Anora  Academy Award for\n"
        "       Best Picture\n"
    )  # fmt: skip
