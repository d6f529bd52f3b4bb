"""Engines: tables of DuckDB as Parquet and back, and what is missing for Spark."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import duckdb
import pytest
import sqlglot
from sqlglot import exp

import kg
from kg.cli import main
from kg.decisions.links import Judgement, Links
from kg.decisions.policy import Policy
from kg.decisions.touched_facts import apply_links_in, check_ranks_in, resolve_conflicts_in
from kg.engines.duckdb import DuckDbEngine
from kg.engines.engine import NotTranslatedError
from kg.engines.java_regex import to_java
from kg.engines.spark_dialect import to_spark
from kg.engines.spark_session import check_java, open_session
from kg.errors import InputError
from kg.facts.fact_table import OF_YAML_FILES, ProjectFacts
from kg.facts.readers import read_facts
from kg.facts.usage import check_usage
from kg.graph.triple_tables import TripleTables
from kg.terms import entity_iri, to_iri
from tests.projects import ANORA, SmallProject


def test_a_table_is_written_as_parquet_and_read_back(tmp_path: Path) -> None:
    engine = DuckDbEngine(duckdb.connect(":memory:"))
    engine.execute("CREATE TABLE triple AS SELECT 1::UINTEGER AS s, 3000000000::UINTEGER AS o")
    engine.write_parquet("triple", tmp_path / "triple")
    for _ in range(2):
        engine.read_parquet("again", tmp_path / "triple")
    assert engine.execute("FROM again").fetchall() == [(1, 3_000_000_000)] * 2
    engine.close()


def test_tables_for_spark_have_the_numbers_of_the_snapshot(project: SmallProject, tmp_path: Path) -> None:
    assert kg.build(project.folder)
    snapshot = kg.open(project.folder).snapshot
    snapshot.write_tables(tmp_path, own_numbers=True)
    for table in ("term", "triple", "named"):
        written = duckdb.execute(f"FROM read_parquet('{tmp_path / table}.parquet') ORDER BY ALL").fetchall()
        assert written == snapshot.sql.execute(f"FROM {table} ORDER BY ALL").fetchall()


class RecordingConnection:
    """A connection that remembers the statements that it runs."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, statements: list[str]) -> None:
        self.connection, self.statements = connection, statements

    def cursor(self) -> RecordingConnection:
        return RecordingConnection(self.connection.cursor(), self.statements)

    def execute(self, statement: str, *parameters: Any) -> duckdb.DuckDBPyConnection:
        self.statements.append(statement)
        return self.connection.execute(statement, *parameters)


def test_every_statement_that_reads_and_decides_facts_translates_for_spark(project: SmallProject) -> None:
    project.write("data/films.yaml", f"{ANORA}\nred-rocket: {{type: Film, label: Red Rocket, director: Sean Baker}}\n")
    project.write(
        "data/films.csv",
        """\
        subject,property,value,source,record,as_of
        wd:Q1,type,Film,fan-site,1,
        wd:Q1,year,2023,fan-site,1,2024
        wd:Q1,type,Person,fan-site,1,
        wd:Q1,yeer,2024,fan-site,1,
        wd:Q1.release.1,type,Release,fan-site,1,
        wd:Q1,release,wd:Q1.release.1,fan-site,1,
        """,
    )
    statements: list[str] = []
    facts = ProjectFacts(TripleTables())
    facts.sql = cast(duckdb.DuckDBPyConnection, RecordingConnection(facts.sql, statements))
    apart = replace(project.schema, disjoint=frozenset({frozenset({entity_iri("Work"), entity_iri("Agent")})}))
    assert len(read_facts(project.folder / "data", apart, facts).findings) == 1
    assert list(check_ranks_in(facts)) == []
    assert list(check_usage(facts.where(OF_YAML_FILES), apart)) == []
    links = Links([Judgement(entity_iri("anora"), to_iri("wd:Q1"), True)])
    assert apply_links_in(facts, links, Policy())
    once = {entity_iri("year"): None, entity_iri("release"): None}
    assert len(resolve_conflicts_in(facts, single_valued=once, schema=apart, policy=Policy()).decisions) == 2
    assert len(statements) > 60
    lists = re.compile(r"unnest\(\?(::\w+\[\])?\)")  # tables on Spark
    for statement in statements:
        for tree in filter(None, sqlglot.parse(lists.sub("1", statement), read="duckdb")):
            query = tree.args.get("expression", tree)
            if query is not None and not isinstance(query, exp.Drop):
                assert sqlglot.parse_one(to_spark(query), read="spark") is not None


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(InputError, match=r"film-knowledge-graph\[spark\]"):
        open_session("local[2]")


class BareSession:
    """What pyspark does without the packages of Spark Connect."""

    builder: ClassVar[type[BareSession]]

    @staticmethod
    def getActiveSession() -> None:  # noqa: N802 - Spark's name
        return None

    @classmethod
    def appName(cls, name: str) -> type[BareSession]:  # noqa: N802
        return cls

    @staticmethod
    def remote(address: str) -> None:
        raise ImportError("[PACKAGE_NOT_INSTALLED] grpcio >= 1.76.0 must be installed; however, it was not found.")


BareSession.builder = BareSession


def test_the_packages_of_spark_connect_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "pyspark.sql", SimpleNamespace(SparkSession=BareSession))
    with pytest.raises(InputError, match=r"requires other packages: pip install 'pyspark\[connect\]'"):
        open_session("sc://127.0.0.1:15002")


def test_a_missing_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(InputError, match=r"requires Java, and there is none here\. Install Java 17"):
        check_java()


def test_an_old_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "bin/java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_402\"' >&2\n", encoding="utf-8")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(InputError, match=r"requires Java 17, and .* is Java 8"):
        check_java()


def test_the_command_suggests_the_engine_that_is_meant(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["infer", "films.ttl", "-o", "-", "--engine", "sprak"])
    assert "Did you mean spark?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("pattern", "java"),
    [
        ("^tt[0-9]{7,8}$", r"(?d)^tt[0-9]{7,8}\z"),
        ("(?s)a.b", "(?ds)a.b"),
        ("(?i)Ka[a-c]", "(?d)[kK\u212a][aA][aAbBcC]"),
        ("[[&^]", r"(?d)[\[\&\^]"),
        (r"\x{E9}\p{L}", r"(?d)\x{E9}\p{L}"),
    ],
)
def test_a_regular_expression_has_the_same_matches_in_java(pattern: str, java: str) -> None:
    assert to_java(pattern) == java


@pytest.mark.parametrize(
    "pattern", ["(?m)^a", "(?i)\u0130", r"\bword", r"\s", "[[:alpha:]]", "(?P<n>a)", r"(?i)\x{E9}"]
)
def test_a_regular_expression_that_java_reads_otherwise_is_refused(pattern: str) -> None:
    with pytest.raises(NotTranslatedError):
        to_java(pattern)


def test_an_installation_without_the_extra_says_how_to_get_it(
    anora: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kg.engines.spark_session.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'film-knowledge-graph\[spark\]'"):
        kg.build(anora.project, engine="spark")
