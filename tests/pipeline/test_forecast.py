"""The forecast of a build: facts counted without reading files, needs that grow with them, the time left."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.pipeline.forecast import LARGE, Contents, Forecast, TimeLeft, count_contents, count_facts, forecast
from tests.projects import SmallProject

PHASES = ("reading", "deciding", "inferring", "checking", "storing")


@pytest.mark.parametrize(
    ("name", "text", "facts"),
    [
        ("even.csv", "anora,year,2024,wiki,r\n" * 100_000, 100_000),
        ("uneven.tsv", "".join(f"film-{number}\tlabel\t{'x' * (number % 97)}\n" for number in range(100_000)), 100_000),
        ("growing.nt", "".join(f"<a:{number}> <a:p> <a:{10**10 + number}> .\n" for number in range(50_000)), 50_000),
        ("few.csv", "subject,property\n", 1),
        ("no line end.csv", "x", 0),
        ("empty.csv", "", 0),
        ("broken.parquet", "none", 0),
    ],
)
def test_facts_are_counted_without_reading_all_of_a_file(tmp_path: Path, name: str, text: str, facts: int) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert count_facts(path) == pytest.approx(facts, rel=0.02)


def test_the_rows_of_parquet_are_known_exactly(tmp_path: Path) -> None:
    with duckdb.connect(":memory:") as sql:
        sql.execute(f"COPY (SELECT * FROM range(12345)) TO '{tmp_path}/facts.parquet'")
    assert count_facts(tmp_path / "facts.parquet") == 12_345


@pytest.mark.parametrize("form", ["csv", "tsv", "parquet"])
def test_the_texts_of_a_large_table_are_counted(tmp_path: Path, form: str) -> None:
    columns = "'film-' || i // 3 AS subject, 'year' AS property, i % 100 AS value, 'r' || i // 2 AS record"
    path, format = tmp_path / f"facts.{form}", {"tsv": "FORMAT csv, DELIMITER '\t'"}.get(form, f"FORMAT {form}")
    with duckdb.connect(":memory:") as sql:
        sql.execute(f"COPY (SELECT {columns} FROM range({LARGE}) AS rows (i)) TO '{path}' ({format})")
    counted = count_contents(path)
    assert counted.facts == LARGE
    assert counted.records == pytest.approx(LARGE / 2, rel=0.1)
    assert counted.texts == pytest.approx(LARGE / 3 + 100 + LARGE / 2, rel=0.1)


def test_a_table_that_cannot_be_counted_is_taken_for_one_of_films(tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_bytes(b"\xff\xfe\n" * 2 * LARGE)
    counted = count_contents(path)
    assert counted.facts == pytest.approx(2 * LARGE, rel=0.01)
    assert counted.texts > counted.records > 0


MEASURED = [
    (Contents(185_000, 118_000, 30_000), False, 228e6, 18e6),
    (Contents(185_000, 118_000, 30_000), True, 605e6, 140e6),
    (Contents(555_000, 357_000, 90_000), False, 373e6, 47e6),
    (Contents(555_000, 357_000, 90_000), True, 1436e6, 423e6),
    (Contents(1_850_000, 1_190_000, 300_000), False, 879e6, 153e6),
    (Contents(1_850_000, 1_190_000, 300_000), True, 2568e6, 1391e6),
    (Contents(1_406_000, 1_345_000, 250_000), False, 872e6, 146e6),
    (Contents(1_406_000, 1_345_000, 250_000), True, 2551e6, 1408e6),
    (Contents(3_825_000, 3_576_000, 1_000_000), False, 2170e6, 400e6),
    (Contents(3_825_000, 3_576_000, 1_000_000), True, 2800e6, 3161e6),
]
"""The most memory and disk of builds of 10,000, 30,000 and 100,000 films and of 250,000 and 1,000,000 credits."""


@pytest.mark.parametrize(("contents", "has_store", "memory", "disk"), MEASURED)
def test_the_needs_of_builds_that_were_measured_are_right_within_a_quarter(
    contents: Contents, has_store: bool, memory: float, disk: float
) -> None:
    assert contents.memory(has_store=has_store) == pytest.approx(memory, rel=0.25)
    assert contents.disk(has_store=has_store) == pytest.approx(disk, rel=0.25)


def test_each_part_of_the_contents_needs_memory_and_disk() -> None:
    films, credits = Contents(2_000_000, 1_300_000, 300_000), Contents(2_000_000, 2_600_000, 1_000_000)
    assert credits.memory(has_store=False) > 1.5 * films.memory(has_store=False)
    assert credits.disk(has_store=False) > 1.5 * films.disk(has_store=False)
    more = Contents(3_000_000, 1_300_000, 300_000)
    assert more.memory(has_store=False) > films.memory(has_store=False)
    assert more.disk(has_store=True) > films.disk(has_store=True) > films.disk(has_store=False)
    # A limit bounds the tables, not the store that is filled afterwards.
    assert films.memory(has_store=False, limit=100_000_000) < films.memory(has_store=False)
    assert films.memory(has_store=True, limit=100_000_000) == films.memory(has_store=True)
    assert films.memory(has_store=False, limit=10**12) == films.memory(has_store=False)


def test_needs_are_those_measured_and_grow_with_the_facts(project: SmallProject) -> None:
    project.write("filmgraph.toml", '[store]\nlookup = "never"\n')
    needs = []
    for facts in (10, 20_000, 184_778):
        project.write("data/films.csv", "anora,year,2024,wiki,record\n" * facts)
        needs.append(forecast(project.project))
    assert [each.facts for each in needs] == [pytest.approx(facts, rel=0.01, abs=5) for facts in (10, 20_000, 184_778)]
    assert needs[-1].memory == pytest.approx(237e6, rel=0.01)
    assert sorted(needs, key=lambda each: (each.memory, each.disk)) == needs
    assert forecast(project.project, memory="10MB").memory < needs[-1].memory


def test_a_disk_that_is_too_small_is_said_before() -> None:
    text = "About 1,800,000 facts: the build needs about 2.4 GB of memory and 1.3 GB of disk."
    assert str(Forecast(1_850_000, 2_400_000_000, 1_340_000_000, free=10**12)) == text
    full = Forecast(1_850_000, 2_400_000_000, 1_340_000_000, free=10**9)
    assert str(full) == f"{text} The disk has only 1.0 GB left."


@settings(max_examples=20)
@given(st.lists(st.floats(0.1, 100), min_size=5, max_size=5), st.lists(st.floats(0.01, 1000), min_size=5, max_size=5))
def test_the_share_never_falls_and_is_exact_at_the_end_of_each_phase(expected: list[float], taken: list[float]) -> None:
    left, now, before = TimeLeft(dict(zip(PHASES, expected, strict=True))), 0.0, 0.0
    for number, (phase, seconds) in enumerate(zip(PHASES, taken, strict=True)):
        left.begin(phase, now)
        assert left.share(now) == pytest.approx(sum(expected[:number]) / sum(expected))
        for part in (0.3, 0.7, 1.0):
            share = left.share(now + part * seconds)
            assert before - 1e-9 <= share <= 1.0
            assert left.seconds(now + part * seconds) >= 0.0
            before = share
        now += seconds
