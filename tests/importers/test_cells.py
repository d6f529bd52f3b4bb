"""Cleanings of cells: each reads a complete cell, or rejects it and says why."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from kg.importers.reject_reasons import mark_value
from kg.importers.tables.cells.cleanings import CLEANINGS, can_reject, clean_sql, fault_sql, is_rejected


@pytest.fixture(scope="module")
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def cleaned(sql: duckdb.DuckDBPyConnection, cell: str, *steps: str) -> str | None:
    """A cell after cleanings; None where one rejects it."""
    value = clean_sql("cell", steps)
    query = (
        f"SELECT CASE WHEN NOT {is_rejected('v', steps)} THEN v END FROM (SELECT {value} AS v FROM (SELECT ? AS cell))"
    )
    row = sql.execute(query, [cell]).fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


READ: dict[str, dict[str, str | None]] = {
    "integer": {
        "373554033": "373554033",
        "373554033.0": "373554033",
        "20471000.00": "20471000",
        "1,234,567": "1234567",
        "1 234 567": "1234567",
        "1\u202f234": "1234",
        "1'234": "1234",
        "1.234.567": "1234567",
        "€3.000,00": "3000",
        "1,234 votes": "1234",
        "US$36.5 million": "36500000",
        "36.5M": "36500000",
        "£12m": "12000000",
        "3 Mio. €": "3000000",
        "82,5k": "82500",
        "1e6": "1000000",
        "-5": "-5",
        "\u22125": "-5",
        "+5": "5",
        "$-5": "-5",
        "0.0": "0",
        "-0": "0",
        "007": "7",
        "20,471,000.50": None,
        "12.5": None,
        "1.234": None,
        "€3.000": None,
        "(1,200)": None,
        "12,34,567": None,
        "1,234.": None,
        ".5": None,
        "5-": None,
        "~5": None,
        "12%": None,
        "12 of 20": None,
        "5 hundred": None,
        "36 crore": None,
        "5 MIO 3": None,
        "1200 m": None,
        "1_000": None,
        "１２": None,
        "7 Samurai": None,
        "VII": None,
        "1e999": None,
    },
    "number": {"20,471,000.50": "20471000.5", "82,5": "82.5", "0.125": "0.125", "1.5e3": "1500", "7.125": None},
    "number-comma": {"1.234": "1234", "1.234,5": "1234.5", "36,5 Mio. €": "36500000", "0,125": "0.125", "1,234": None},
    "year": {
        "1999": "1999",
        "c. 1999": "1999",
        "[1999]": "1999",
        "1999-05-01T00:00:00Z": "1999",
        "15 May 1999": "1999",
        "May 15, 1999": "1999",
        "31.12.1999": "1999",
        "2001: A Space Odyssey": None,
        "Blade Runner 2049": None,
        "1999/2000": None,
        "1927/28": None,
        "1999-13": None,
        "1408": None,
        "1,995 copies": None,
    },
    "year-in-brackets": {
        "(500) Days of Summer (2009)": "2009",
        "Heist (2015/III)": "2015",
        "(1922) (2017)": "2017",
        "Toy Story (1995) (TV)": "1995",
        "Blade Runner 2049": None,
        "1984 (Nineteen)": None,
        "X (2015-2017)": None,
        "(1922)": None,
    },
    "minutes": {
        "2h 19m": "139",
        "1 hr 35 min": "95",
        "2 h": "120",
        "1:30:00": "90",
        "PT2H19M": "139",
        "139'": "139",
        "116.0": "116",
        "2hours of 30 films": None,
        "90 min (95)": None,
        "1h75m": None,
        "2:19": None,
        "0": None,
    },
    "day-first": {"18/10/2024": "2024-10-18", "1.5.2024": "2024-05-01", "10/18/2024": None, "31.02.2024": None},
    "month-first": {"10/18/2024": "2024-10-18", "18/10/2024": None, "10/18.2024": None, "10/18/24": None},
    "day": {"2024-10-18T20:30:00": "2024-10-18", "2024-10-18": "2024-10-18", "2024-10-18 evening": None},
    "yes-no": {"Yes": "true", "False": "false", "maybe": None},
    "no-brackets": {
        "(500) Days of Summer (2009)": "(500) Days of Summer",
        "[REC] (2007)": "[REC]",
        "(1922) (2017)": "(1922)",
        "(1922)": "(1922)",
        "Birdman: Or (The Unexpected Virtue of Ignorance) (2014)": "Birdman: Or (The Unexpected Virtue of Ignorance)",
        "City of Lost Children, The (Cité des enfants perdus, La) (1995)": "City of Lost Children, The",
        "Heist (2015/III)": "Heist",
        "Sex, Lies (and Videotape)": "Sex, Lies (and Videotape)",
        "Mother(s)": "Mother(s)",
        "Paris, Texas": "Paris, Texas",
    },
    "in-brackets": {
        "City of Lost Children, The (Cité des enfants perdus, La) (1995)": "Cité des enfants perdus, La",
        "(500) Days of Summer (2009)": "",
        "Yojimbo (1961)": "",
    },
    "article-first": {
        "Avventura, L'": "L'Avventura",
        "Amour, L’": "L’Amour",
        "Goonies, the": "The Goonies",
        "Uomini, Gli": "Gli Uomini",
        "Lord of the Rings, The: The Two Towers": "The Lord of the Rings: The Two Towers",
        "Vitelloni, I": "I Vitelloni",
        "Vitelloni, i": "I Vitelloni",
        "Affaire, L′": "L′Affaire",
        "Me, Myself, I": "Me, Myself, I",
        "Suddenly, Last Summer": "Suddenly, Last Summer",
        "Paris, Texas": "Paris, Texas",
    },
    "last-first": {
        "Baker, Sean": "Sean Baker",
        "Davis, Sammy, Jr.": "Sammy Davis Jr.",
        "Sammy Davis, Jr.": "Sammy Davis, Jr.",
        "Warner Bros., Inc.": "Warner Bros., Inc.",
        "Baker, Sean (director)": "Sean Baker (director)",
        "Madonna": "Madonna",
        "Ortega y Gasset, José": "José Ortega y Gasset",
        "Coen, Joel and Ethan": None,
        "Crosby, Stills, Nash": None,
        "Earth, Wind & Fire": None,
    },
    "before-as": {"Mikey Madison as Ani": "Mikey Madison", "Mikey Madison": "Mikey Madison", "as Ani": None},
    "after-as": {"Mikey Madison as Ani": "Ani", "Mikey Madison": ""},
    "imdb-title": {
        "55630": "tt0055630",
        "12345678": "tt12345678",
        "tt0055630": "tt0055630",
        "nm0000041": None,
        "0": None,
    },
    "imdb-name": {"https://www.imdb.com/name/nm0000041/": "nm0000041", "41": "nm0000041", "tt0055630": None},
    "json": {"[REC]": "[REC]", "{a}": "{a}", '["Ani': None, "[{}]": None, '{"a": 1}': None, '[["a"]]': None},
    "first-part": {"Paris, France": "Paris", "(Paris)": None},
    "last-part": {"http://www.wikidata.org/entity/Q1": "Q1", "/": None},
}
CASES = [(name, cell, expected) for name, cells in READ.items() for cell, expected in cells.items()]


@pytest.mark.parametrize(("name", "cell", "expected"), CASES)
def test_a_cleaning_reads_the_complete_cell_or_rejects_it(
    sql: duckdb.DuckDBPyConnection, name: str, cell: str, expected: str | None
) -> None:
    assert cleaned(sql, cell, name) == expected


@pytest.mark.parametrize("name", [name for name in CLEANINGS if can_reject([name])])
def test_a_rejected_cell_is_shown_with_the_reason(sql: duckdb.DuckDBPyConnection, name: str) -> None:
    cell = '["/?, &,' if name == "json" else "/?, &,"
    rejected = clean_sql("cell", ("trim", name, "lower"))
    fault = fault_sql("v", ("trim", name, "lower"))
    [row] = sql.execute(f"SELECT {fault} FROM (SELECT {rejected} AS v FROM (SELECT ? AS cell))", [cell]).fetchall()
    if name not in ("before-as", "first-part", "last-part"):
        assert row == (f"{mark_value(cell)} {CLEANINGS[name].fault}",)


def test_a_cell_that_one_of_several_cleanings_rejects_stays_rejected(sql: duckdb.DuckDBPyConnection) -> None:
    assert cleaned(sql, "Toy Story (1995)", "year-in-brackets", "integer") == "1995"
    assert cleaned(sql, "Toy Story", "year-in-brackets", "integer") is None
    assert cleaned(sql, "36 crore", "integer", "yes-no") is None
