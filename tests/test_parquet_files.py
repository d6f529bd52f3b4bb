"""Parquet files joined into one have the rows of all, for several readers."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars
import pytest

from kg.files.parquet_files import join_parquet_files

COLUMNS = "SELECT 'a' || i AS subject, ['label', 'type'][i % 2 + 1] AS property, i AS number, i % 3 = 0 AS even"
FORMAT = "FORMAT parquet, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 100, ROW_GROUP_SIZE 2048"


def write(path: Path, select: str) -> Path:
    duckdb.execute(f"COPY ({select}) TO '{path}' ({FORMAT})")
    return path


def test_the_rows_of_all_files_follow_one_another(tmp_path: Path) -> None:
    ranges = [(0, 10_000), (5, 5), (10_000, 90_000), (90_000, 90_001)]
    files = [
        write(tmp_path / f"{start}-{end}.parquet", f"{COLUMNS} FROM range({start}, {end}) AS rows (i)")
        for start, end in ranges
    ]
    joined = tmp_path / "joined.parquet"
    assert join_parquet_files(files, joined) == 90_001
    expected = duckdb.execute(f"{COLUMNS} FROM range(90001) AS rows (i)").fetchall()
    assert duckdb.execute(f"FROM '{joined}'").fetchall() == expected
    assert polars.read_parquet(joined).rows() == expected
    # Statistics and Bloom filters are those of the right row group.
    assert duckdb.execute(f"SELECT count(*) FROM '{joined}' WHERE property = 'label'").fetchone() == (45_001,)
    assert duckdb.execute(f"SELECT subject FROM '{joined}' WHERE number = 77777").fetchone() == ("a77777",)
    found = duckdb.execute(f"SELECT bloom_filter_excludes FROM parquet_bloom_probe('{joined}', 'property', 'label')")
    assert not any(excluded for (excluded,) in found.fetchall())


def test_a_single_file_is_copied(tmp_path: Path) -> None:
    file = write(tmp_path / "one.parquet", f"{COLUMNS} FROM range(5000) AS rows (i)")
    assert join_parquet_files([file], tmp_path / "joined.parquet") == 5000
    assert (tmp_path / "joined.parquet").read_bytes() == file.read_bytes()


def test_files_with_other_columns_and_other_files_are_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "one.parquet", f"{COLUMNS} FROM range(5) AS rows (i)")
    other = write(tmp_path / "other.parquet", "SELECT 1 AS subject")
    with pytest.raises(ValueError, match="same columns"):
        join_parquet_files([file, other], tmp_path / "joined.parquet")
    (tmp_path / "text").write_bytes(b"no Parquet at all")
    with pytest.raises(ValueError, match="no Parquet file"):
        join_parquet_files([file, tmp_path / "text"], tmp_path / "joined.parquet")
