"""Sketches of two sides walk in; the pairs that are worth comparing walk out, without comparing all with all.

Each sketch gives keys - its name, a rare word, a person with a year - and pairs that share a key meet in DuckDB. A key
that too many share tells nothing and is passed over; of the pairs of one mention, those that share the rarest keys are
kept.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from kg.linking.features import Census, Sketch

LARGEST_BLOCK = 2_000
"""Pairs that one key may give."""
MOST_CANDIDATES = 10
"""Pairs of one mention that are compared."""
COMMON = 0.004
"""A word that a larger share of a side bears makes no key alone."""

_PAIRS = f"""
WITH met AS (
    SELECT one.mention AS left_one, other.mention AS right_one, 12 - ln(block.pairs) AS rarity
    FROM keys AS one JOIN keys AS other ON one.key = other.key
    JOIN (
        SELECT key, count(*) FILTER (side = 0) * count(*) FILTER (side = 1) AS pairs FROM keys GROUP BY key
    ) AS block ON block.key = one.key
    WHERE one.side = 0 AND other.side = 1 AND block.pairs BETWEEN 1 AND {LARGEST_BLOCK}
), weighed AS (
    SELECT left_one, right_one, sum(rarity) AS shared FROM met GROUP BY ALL
)
SELECT left_one, right_one FROM weighed
QUALIFY least(
    row_number() OVER (PARTITION BY left_one ORDER BY shared DESC, right_one),
    row_number() OVER (PARTITION BY right_one ORDER BY shared DESC, left_one)
) <= {MOST_CANDIDATES}
ORDER BY left_one, right_one
"""


def to_pairs(left: Sequence[Sketch], right: Sequence[Sketch], census: Census) -> Iterator[tuple[int, int]]:
    """Yield the places, in left and right, of the pairs that are worth comparing, in order."""
    import duckdb

    if not left or not right:
        return
    with tempfile.TemporaryDirectory(prefix="kg-linking-") as folder:
        path = Path(folder) / "keys.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            for side, sketches in enumerate((left, right)):
                for place, one in enumerate(sketches):
                    rows.writerows((side, place, key) for key in set(_keys(one, census)))
        with duckdb.connect(":memory:", config={"threads": 2}) as sql:
            sql.execute(
                "CREATE TABLE keys AS SELECT * FROM read_csv(?, auto_detect = false, header = false, delim = ',',"
                " quote = '\"', columns = {'side': 'UTINYINT', 'mention': 'INTEGER', 'key': 'VARCHAR'})",
                [str(path)],
            )
            found = sql.execute(_PAIRS)
            while batch := found.fetchmany(10_000):
                yield from batch


def _keys(one: Sketch, census: Census) -> Iterator[str]:
    for scheme, value in one.mention.identifiers:
        yield f"i {scheme} {value}"
    yield from _title_keys(one, census)
    yield from _person_keys(one)
    for key in one.people:
        for year in one.mention.years:
            yield from (f"p {key} {near}" for near in (year - 1, year, year + 1))


def _title_keys(one: Sketch, census: Census) -> Iterator[str]:
    common = max(COMMON * census.size, 8)
    years = one.mention.years or (0,)
    for title in one.titles:
        yield f"t {title.whole}"
        yield f"t {title.main}"
        rare = [word for word in title.words if census.words[word] <= common and len(word) > 1]
        yield from (f"w {word}" for word in rare)
        yield from (f"b {word} {after}" for word, after in zip(title.words, title.words[1:], strict=False))
        for year in years:
            # A misspelled title keeps its beginning or its end.
            yield f"s {title.whole[:4]} {year}"
            yield f"e {title.whole[-4:]} {year}"


def _person_keys(one: Sketch) -> Iterator[str]:
    for words in one.persons:
        yield f"t {' '.join(sorted(words))}"
        yield f"n {words[-1]} {words[0][:1]}"
        yield f"n {words[0]} {words[-1][:3]}"


def all_pairs(left: Iterable[object], right: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Yield every pair, for sides of a few dozen."""
    return ((one, other) for one, _ in enumerate(left) for other in range(len(right)))
