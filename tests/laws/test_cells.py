"""Laws of cells: no number comes out of a cell that does not read as that number."""

from __future__ import annotations

from decimal import Decimal

import duckdb
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kg.importers.tables.cells.cleanings import CLEANINGS, clean_sql, is_rejected
from tests.laws.sizes import cases

law = settings(deadline=None, max_examples=cases(60))

SQL = duckdb.connect()
STATEMENTS = {
    name: f"SELECT CASE WHEN NOT {is_rejected('v', [name])} THEN v END"
    f" FROM (SELECT {clean_sql('cell', (name,))} AS v FROM (SELECT unnest(?::VARCHAR[]) AS cell))"
    for name in CLEANINGS
}


def cleaned(name: str, cells: list[str]) -> list[str | None]:
    """The cells after a cleaning, None where it rejects them; many at once, since a statement takes long to plan."""
    return [value for (value,) in SQL.execute(STATEMENTS[name], [cells]).fetchall()]


SPACES = " \u00a0\u2009\u202f"
SCALES = {"k": 3, "K": 3, "thousand": 3, "M": 6, "million": 6, "Mio.": 6, "bn": 9, "billion": 9, "Mrd.": 9}
CURRENCIES = ("$", "US$", "€", "£", "USD", "EUR", "kr")
UNITS = ("votes", "Zuschauer", "dollars", "screens")


def read_number(cell: str) -> set[Decimal]:
    """What a cell can be read as, word by word and sign by sign: independent of the regular expressions.

    More than one number means that the cell is ambiguous.
    """
    text, sign = cell, 1
    for currency in sorted(CURRENCIES, key=len, reverse=True):
        for shown in (text, text[1:].lstrip(SPACES) if text[:1] in "+-" else text):
            if shown.startswith(currency):
                sign = -1 if text[:1] == "-" else 1
                text = shown.removeprefix(currency).lstrip(SPACES)
                break
        else:
            continue
        break
    if text[:1] in ("+", "-"):
        sign, text = (-sign if text[0] == "-" else sign), text[1:].lstrip(SPACES)
    digits = text
    for end in range(len(text), 0, -1):
        if text[end - 1].isdigit():
            digits, rest = text[:end], text[end:].strip(SPACES)
            break
    else:
        return set()
    power = 0
    for scale in sorted(SCALES, key=len, reverse=True):
        if rest.startswith(scale) and not rest[len(scale) :][:1].isalpha():
            power, rest = SCALES[scale], rest.removeprefix(scale).strip(SPACES)
            break
    if rest and rest not in (*UNITS, *CURRENCIES):
        return set()
    return {sign * number.scaleb(power) for number in _read_digits(digits)}


def _read_digits(digits: str) -> set[Decimal]:
    found: set[Decimal] = set()
    digits = "".join(" " if letter in SPACES else letter for letter in digits)
    for decimal_sign in ".,":
        whole, has_decimals, decimals = digits.rpartition(decimal_sign)
        if not has_decimals:
            whole, decimals = digits, ""
        for separator in (",", ".", "'", " ", ""):
            if separator == decimal_sign and has_decimals:
                continue
            groups = whole.split(separator) if separator else [whole]
            is_grouped = len(groups) == 1 or (
                len(groups[0]) in (1, 2, 3) and groups[0][:1] != "0" and all(len(group) == 3 for group in groups[1:])
            )
            if is_grouped and all(map(str.isdecimal, groups)) and (not has_decimals or decimals.isdecimal()):
                found.add(Decimal("".join(groups) + (f".{decimals}" if decimals else "")))
    return found


numbers = st.from_regex(
    r"[1-9][0-9]{0,2}([,. '\u00a0][0-9]{3}){0,3}([.,][0-9]{1,4})?|[0-9]{1,7}([.,][0-9]{1,4})?", fullmatch=True
)
cells = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "", "-", "+"]),
        st.sampled_from(["", "", *CURRENCIES]),
        st.sampled_from(["", " "]),
        numbers,
        st.sampled_from(["", " "]),
        st.sampled_from(["", "", *SCALES]),
        st.sampled_from(["", "", *(f" {unit}" for unit in (*UNITS, *CURRENCIES))]),
    ),
)
noise = st.text("0123456789.,' -+()€$kMm%eE~/:\u00a0", max_size=14)
many = st.lists((cells | noise).map(str.strip), min_size=10, max_size=40)


@law
@given(many, st.sampled_from(["integer", "number", "number-comma"]))
@example(["1.234", "€3.000", "0,123"], "integer")
def test_no_number_comes_out_of_a_cell_that_does_not_read_as_it(cells: list[str], name: str) -> None:
    for cell, text in zip(cells, cleaned(name, cells), strict=True):
        if text is None or "e" in cell.replace("thousand", "").replace("screens", "").lower():
            continue
        readings = read_number(cell)
        assert text == f"{Decimal(text):f}", cell
        assert Decimal(text) in readings, cell
        # Of several readings, the table's decimal sign decides; a comma before three digits is the usual separator.
        if len(readings) > 1:
            assert ("." if name == "number-comma" else ",") in cell
        if name == "integer":
            assert Decimal(text) == Decimal(text).to_integral_value(), cell


@law
@given(
    st.lists(st.integers(0, 10**12), min_size=10, max_size=40),
    st.sampled_from([",", " ", "'", "\u202f", ""]),
    st.sampled_from(["", "$", "€", "USD "]),
)
def test_every_usual_writing_of_a_whole_number_is_read(numbers: list[int], separator: str, currency: str) -> None:
    cells = [currency + f"{number:,}".replace(",", separator) for number in numbers]
    assert cleaned("integer", cells) == cleaned("number", cells) == list(map(str, numbers))
    assert cleaned("integer", [f"{number}.0" for number in numbers]) == list(map(str, numbers))


@law
@given(st.lists(st.text(max_size=30), min_size=10), st.sampled_from(["year", "year-in-brackets", "minutes"]))
def test_a_year_or_length_is_made_of_digits_of_the_cell(cells: list[str], name: str) -> None:
    for cell, text in zip(cells, cleaned(name, cells), strict=True):
        assert not text or (text.isascii() and text.isdigit() and (name == "minutes" or text in cell))


pieces = ["(500)", "[REC]", "(The", "Sea)", "Days", "Or", "(2009)", "(1999/II)", "The,", "(and", "Sons)", "La", "L'"]
titles = st.lists(st.sampled_from(pieces), min_size=1, max_size=6).map(" ".join) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20
)


@law
@given(st.lists(titles.map(str.strip).filter(bool), min_size=10, max_size=40))
def test_a_title_never_vanishes_and_never_gains_anything(titles: list[str]) -> None:
    for title, kept in zip(titles, cleaned("no-brackets", titles), strict=True):
        assert kept
        assert title.startswith(kept)
        dropped = title[len(kept) :].strip()
        assert not dropped or (dropped[0] in "([" and dropped[-1] in ")]")
    for title, moved in zip(titles, cleaned("article-first", titles), strict=True):
        assert moved is not None
        assert _letters(moved) == _letters(title)


def _letters(text: str) -> list[str]:
    """The letters of a title, in no order: an article moves, and with it a comma and a space go."""
    return sorted("".join(text.split()).replace(",", "").casefold())
