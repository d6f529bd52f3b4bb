"""`kg export --format parquet`: the tables of a build, for pandas, Polars, DuckDB and Spark."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import kg
from kg.cli import main
from kg.engines.hashed_tables import hashed_id
from kg.errors import InputError
from kg.graph.snapshot_file import ALL, BY_PREDICATE, TABLES
from kg.graph.triple_tables import FIRST_LITERAL_ID
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


def as_another_program_numbers(folder: Path, *, only_texts: bool) -> None:
    """Give the terms other numbers, of 64 bits, and leave out their parts, as Spark does."""
    with duckdb.connect() as sql:
        spo = ["s", "p", "o"]
        for name, ids in {"term": ["id"], "triple": spo, "named": ["g", *spo], "fact": spo}.items():
            other = ", ".join(f"({id}::BIGINT * 7919 % 1000003 + (1::BIGINT << 40)) AS {id}" for id in ids)
            sql.execute(f"CREATE TABLE {name} AS SELECT * REPLACE ({other}) FROM '{folder}/{name}.parquet'")
            if only_texts and name == "term":
                sql.execute("CREATE OR REPLACE TABLE term AS SELECT id, text FROM term")
            sql.execute(f"COPY (FROM {name} ORDER BY hash({ids[0]})) TO '{folder}/{name}.parquet'")
    (folder / "graph.parquet").unlink()


FACTS = """
SELECT s.text, p.text, o.text, g.source, g.file, f.record, f.line, f.status, d.written, d."start" FROM fact AS f
JOIN term AS s ON s.id = f.s JOIN term AS p ON p.id = f.p JOIN term AS o ON o.id = f.o
JOIN fact_origin AS g ON g.id = f.origin LEFT JOIN fact_detail AS d ON d.number = f.number ORDER BY ALL
"""


def facts_of(graph: kg.FilmGraph) -> list[tuple[object, ...]]:
    """The facts of a graph with their evidence, whatever the numbers of terms."""
    return graph.snapshot.sql.execute(FACTS).fetchall()


TRIPLE_TERM = '<urn:r> <urn:q> <<( <urn:s> <urn:p> "o" )>> .\n'


@pytest.mark.parametrize("only_texts", [True, False])
def test_a_triple_term_keeps_the_id_of_a_value(tmp_path: Path, only_texts: bool) -> None:
    data, folder = tmp_path / "data.nt", tmp_path / "tables"
    data.write_text(TRIPLE_TERM, encoding="utf-8")
    kg.load(data).export(folder, format="parquet")
    as_another_program_numbers(folder, only_texts=only_texts)
    read = kg.load(folder)
    ids = dict(read.snapshot.sql.execute("SELECT text, id FROM term").fetchall())
    assert all((id >= FIRST_LITERAL_ID) is text.startswith(('"', "<<")) for text, id in ids.items())
    assert any(text.startswith("<<") for text in ids)
    assert (hashed_id('<<( <urn:s> <urn:p> "o" )>>') > 0, hashed_id("<urn:s>") < 0) == (True, True)


def test_tables_without_terms_are_an_empty_graph(tmp_path: Path) -> None:
    data, folder = tmp_path / "data.nt", tmp_path / "tables"
    data.write_text("", encoding="utf-8")
    kg.load(data).export(folder, format="parquet")
    assert len(kg.load(folder)) == 0


def test_tables_are_opened_as_the_graph_that_they_were(project: SmallProject, tmp_path: Path) -> None:
    project.write("data/scores.csv", SCORES)
    graph, parted = project.open(), tmp_path / "parted"
    others = [tmp_path / "parts", tmp_path / "texts"]
    for folder in others:
        graph.export(folder, format="parquet")
        as_another_program_numbers(folder, only_texts=folder.name == "texts")
    graph.export(parted, format="parquet", by_predicate=True)
    graph.export(parted, format="parquet", by_predicate=True)
    for name in BY_PREDICATE:
        assert any((parted / f"{name}.parquet").glob("p=*/*.parquet"))
    expected, facts = sorted(map(str, graph.snapshot.quads(ALL))), facts_of(graph)
    assert facts
    for folder in (parted, *others):
        read = kg.load(folder)
        assert sorted(map(str, read.snapshot.quads(ALL))) == expected
        assert facts_of(read) == facts
    with pytest.raises(InputError, match="has what was inferred"):
        kg.load(parted, infer=True)
    (parted / "term.parquet").unlink()
    with pytest.raises(InputError, match="no RDF files"):
        kg.load(parted)
