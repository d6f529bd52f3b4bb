"""`kg export --format parquet`: the tables of a build, for pandas, Polars, DuckDB and Spark."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from kg.cli import main
from kg.errors import InputError
from kg.graph.snapshot_file import TABLES
from tests.projects import SmallProject

SCORES = """\
subject,property,value,source,record
anora,type,Film,encyclopedia,r1
anora,label,Anora,encyclopedia,r1
anora,score,8.50,encyclopedia,r1
"""
JOINED = """
SELECT s.text, f.record, g.source FROM '{0}/fact.parquet' AS f JOIN '{0}/fact_origin.parquet' AS g ON g.id = f.origin
JOIN '{0}/term.parquet' AS s ON s.id = f.s JOIN '{0}/term.parquet' AS o ON o.id = f.o WHERE o.number = 8.5
"""


def test_tables_are_files_that_join(project: SmallProject, tmp_path: Path) -> None:
    project.write("data/scores.csv", SCORES)
    graph, folder = project.open(), tmp_path / "tables"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    assert main(["export", "--format", "parquet", "-o", str(folder), "--project", str(project.folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == sorted(["notes.txt", *(f"{t}.parquet" for t in TABLES)])
    rows = duckdb.connect().execute(JOINED.format(folder)).fetchall()
    assert rows == [("<https://w3id.org/filmgraph/film/anora>", "r1", "encyclopedia")]
    with pytest.raises(InputError, match="only links"):
        graph.export(folder, format="parquet", only="links")
    with pytest.raises(InputError, match="name a folder"):
        graph.export_text("parquet")
