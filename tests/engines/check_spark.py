"""What Spark computes is what DuckDB computes; run by `make test-spark`, since Spark takes seconds to start."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, NamedNode, Triple

import kg
from kg.decisions.links import Links
from kg.decisions.touched_facts import apply_links_in, resolve_conflicts_in
from kg.engines import hashed_tables
from kg.engines.java_regex import to_java
from kg.engines.spark import SparkEngine
from kg.engines.spark_session import open_session
from kg.engines.spark_tables import on_spark
from kg.errors import InputError
from kg.facts.fact_table import ProjectFacts
from kg.facts.model import Fact
from kg.facts.readers.table_reader import TableReader
from kg.facts.sources import read_sources
from kg.graph.rdf_files import read_all_triples
from kg.graph.snapshot_file import ALL, BY_PREDICATE
from kg.graph.triple_tables import TripleTables
from kg.project import Project
from kg.queries.answer import Answer
from kg.reasoning.infer import infer, infer_files, infer_tables
from kg.reports import Finding
from kg.schema import Schema
from kg.shapes import check, read_shapes, to_shapes
from kg.terms import Spo, entity_iri
from tests.exports.test_parquet import facts_of
from tests.importers.import_project import ImportProject
from tests.importers.test_file_tasks import imported, write_lake
from tests.laws import test_bulk
from tests.laws.random_graphs import random_graph
from tests.laws.shape_strategies import EX, graphs_with_shapes
from tests.projects import ROOT, SmallProject

MASTER = "local[2]"
GRAPHS, FEW = 100, 10


QUICK_SETTINGS = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.leafNodeDefaultParallelism": "1",
    "spark.sql.parquet.compression.codec": "uncompressed",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.ui.explainMode": "simple",
}
"""For hundreds of statements about few rows: Spark interprets a statement, and plans it once."""


@pytest.fixture(scope="module", autouse=True)
def session() -> Any:
    """The session of all tests."""
    session = open_session(MASTER)
    for name, value in QUICK_SETTINGS.items():
        session.conf.set(name, value)
    return session


def inferred(triples: Iterable[Spo], master: str, folder: Path, **options: object) -> tuple[list[Spo], list[str]]:
    """What follows, and the findings; on DuckDB, or with a master on Spark."""
    tables = TripleTables()
    tables.add_texts(triples)
    if master:
        with on_spark(tables, master, scratch=folder) as remote:
            found = infer(remote, [], **options)  # type: ignore[arg-type]
            remote.bring_back("inferred")
    else:
        found = infer(tables, [], **options)  # type: ignore[arg-type]
    return sorted(tables.triple_texts(table="inferred")), sorted(map(str, found.report))


@pytest.mark.parametrize(
    "options",
    [
        {"schema": True, "tautologies": True, "same_as": "all"},
        {"schema": True, "same_as": "one"},
        {"same_as": "auto"},
    ],
    ids=["everything", "one name", "as `kg infer`"],
)
def test_random_ontologies_have_the_same_closure_and_findings(options: dict[str, object], tmp_path: Path) -> None:
    triples = [triple for number in range(GRAPHS) for triple in random_graph(number)]
    assert inferred(triples, MASTER, tmp_path, **options) == inferred(triples, "", tmp_path, **options)


def content_of(tables: TripleTables) -> list[Spo]:
    return sorted([*tables.triple_texts(), *tables.triple_texts(table="inferred")])


def test_tables_have_the_same_closure_on_spark_alone(tmp_path: Path) -> None:
    data, tables, closed = tmp_path / "data.nt", TripleTables(), TripleTables()
    write_random_graphs(data)
    loaded = kg.load(data)
    loaded.export(tmp_path / "tables", format="parquet", by_predicate=True)
    loaded.snapshot.load(tables)
    expected = infer(tables, [], schema=True, same_as="auto")
    found = infer_tables(tmp_path / "tables", output=tmp_path / "closed", engine=f"spark={MASTER}")
    kg.load(tmp_path / "closed").snapshot.load(closed)
    assert (found.count, sorted(map(str, found.report))) == (expected.count, sorted(map(str, expected.report)))
    assert content_of(closed) == content_of(tables)


def test_spark_writes_nothing_beside_the_messages_of_a_command(tmp_path: Path) -> None:
    prefixes = "@prefix f: <http://e/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . "
    (tmp_path / "data.ttl").write_text(f"{prefixes} f:a a f:B .")
    (tmp_path / "ontology.ttl").write_text(f"{prefixes} f:B rdfs:subClassOf f:C .")
    files = ["data.ttl", "--ontology", "ontology.ttl", "-o", "closed.nt"]
    call = [sys.executable, "-m", "kg", "infer", *files, "--engine", "spark=local[1]"]
    run = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=True)
    lines = [line for line in run.stderr.splitlines() if "jdk.incubator.vector" not in line]  # of Java itself
    assert lines == ["1 triple was inferred; written to closed.nt"]


def test_two_terms_of_one_number_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data.nt"
    write_random_graphs(data)
    kg.load(data).export(tmp_path / "tables", format="parquet")
    monkeypatch.setattr(hashed_tables, "_ID", "CAST(length(text) AS BIGINT)")
    with pytest.raises(InputError, match="have the same hash"):
        infer_tables(tmp_path / "tables", output=tmp_path / "closed", engine=f"spark={MASTER}")


def write_random_graphs(file: Path) -> None:
    triples = [triple for number in range(FEW) for triple in random_graph(number)]
    file.write_text("".join(f"{s} {p} {o} .\n" for s, p, o in triples), encoding="utf-8")


def test_our_ontology_has_the_same_closure(tmp_path: Path) -> None:
    ontology = Project(ROOT).ontology
    outputs = {}
    for engine in ("sql", f"spark={MASTER}"):
        path = tmp_path / f"{engine[:3]}.nt"
        infer_files(ontology, output=path, engine=engine, tautologies=True)
        outputs[engine] = path.read_bytes()
    first, second = outputs.values()
    assert first == second
    assert len(list(read_all_triples([path]))) > 1_000


def drawn(strategy: st.SearchStrategy[Any]) -> list[Any]:
    """Random examples, always the same."""
    examples: list[Any] = []

    @settings(max_examples=GRAPHS, phases=[Phase.generate], derandomize=True, database=None, deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(strategy)
    def draw(example: Any) -> None:
        examples.append(example)

    draw()
    assert len(examples) >= GRAPHS
    return examples


# --- validation


def findings(
    tables: TripleTables, shapes: Any, ontology: Iterable[Triple], folder: Path
) -> tuple[list[str], list[str]]:
    """What is found on DuckDB, and on Spark."""
    axioms = list(ontology)
    local = check(tables, shapes, ontology=axioms)
    with on_spark(tables, MASTER, scratch=folder) as remote:
        return sorted(map(repr, local.findings)), sorted(map(repr, check(remote, shapes, ontology=axioms).findings))


def test_our_graph_has_the_same_findings(tmp_path: Path) -> None:
    project = Project(ROOT)
    assert kg.build(ROOT)
    tables = TripleTables()
    kg.open(ROOT).snapshot.load(tables)
    shapes = read_shapes(sorted((ROOT / "ontology").glob("shapes*.ttl")))
    ours, theirs = findings(tables, shapes, read_all_triples(project.ontology), tmp_path)
    assert len(ours) > 40
    assert ours == theirs


def own(term: Any, number: int) -> Any:
    """The term as the example of this number has it: examples share literals alone."""
    if isinstance(term, BlankNode):
        return BlankNode(f"{term.value}x{number}")
    is_own = isinstance(term, NamedNode) and term.value.startswith(EX)
    return NamedNode(f"{EX}{number}/{term.value.removeprefix(EX)}") if is_own else term


def test_random_shapes_have_the_same_findings(tmp_path: Path) -> None:
    data: list[Triple] = []
    described: list[Triple] = []
    for number, example in enumerate(drawn(graphs_with_shapes()), start=1):
        for triples, into in zip(example, (data, described), strict=True):
            into += (Triple(*(own(part, number) for part in (t.subject, t.predicate, t.object))) for t in triples)
    tables = TripleTables()
    tables.add(data)
    ours, theirs = findings(tables, to_shapes(described), (), tmp_path)
    assert len(ours) > GRAPHS
    assert ours == theirs


# --- facts

NAMES = re.compile(
    r"(?P<name>https://w3id\.org/filmgraph/film/(?:anora(?:-2024)?|wd-q1|palme-dor|the-palme)"
    r"|http://www\.wikidata\.org/entity/Q1)(?P<rest>\..*)?"
)
"""The entities that the random facts are about."""


def renamed(term: Any, number: int) -> Any:
    """The entity as the example of this number has it; any other term unchanged."""
    match = NAMES.fullmatch(term.value) if isinstance(term, NamedNode) else None
    return term if match is None else NamedNode(f"{match['name']}{number:04}{match['rest'] or ''}")


def own_facts(examples: Iterable[Iterable[Fact]]) -> list[Fact]:
    """The facts of all examples, which have no entity in common."""
    return [
        replace(fact, subject=renamed(fact.subject, number), value=renamed(fact.value, number))
        for number, facts in enumerate(examples)
        for fact in facts
    ]


@contextmanager
def facts_here_and_there(folder: Path) -> Iterator[tuple[ProjectFacts, ProjectFacts]]:
    """Tables of facts of DuckDB and of Spark, which are empty."""
    with on_spark(TripleTables(), MASTER, scratch=folder) as remote:
        yield ProjectFacts(TripleTables()), ProjectFacts(remote)


@pytest.fixture
def films(tmp_path: Path) -> Schema:
    """The small project's words, where no film is a person."""
    apart = frozenset({frozenset({entity_iri("Work"), entity_iri("Agent")})})
    return replace(SmallProject(tmp_path / "films").schema, disjoint=apart)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_random_tables_have_the_same_facts_and_findings(films: Schema, tmp_path: Path, form: str) -> None:
    rows = [row for rows in drawn(test_bulk.rows) for row in rows]
    path = tmp_path / "films.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    if form == "parquet":
        path = path.with_suffix(".parquet")
        duckdb.read_csv(str(tmp_path / "films.csv"), all_varchar=True).write_parquet(str(path), row_group_size=2048)
    sources = read_sources(tmp_path / "films/data/sources.yaml", file="data/sources.yaml").sources
    read: list[tuple[list[Fact], list[Finding]]] = []
    with facts_here_and_there(tmp_path) as tables:
        for facts in tables:
            reader = TableReader(films, sources, facts)
            reader.read(path, file=f"data/{path.name}")
            read.append((list(facts), reader.findings))
    ours, theirs = read
    assert len(ours[0]) > GRAPHS
    assert len(ours[1]) > GRAPHS
    assert ours == theirs


def test_random_conflicts_are_decided_alike(films: Schema, tmp_path: Path) -> None:
    facts = own_facts(drawn(st.lists(test_bulk.facts, min_size=8, max_size=25)))
    decided = []
    with facts_here_and_there(tmp_path) as tables:
        for table in tables:
            table.add(facts)
            found = resolve_conflicts_in(
                table, single_valued=test_bulk.SINGLE_VALUED, schema=films, policy=test_bulk.POLICY
            )
            decided.append((tuple(found.facts), found.contested, found.decisions))
    ours, theirs = decided
    assert len(ours[1]) > GRAPHS
    assert len(ours[2]) > GRAPHS // 5
    assert ours == theirs


def test_random_links_change_the_same_facts(tmp_path: Path) -> None:
    examples = drawn(
        st.tuples(st.lists(test_bulk.linked_facts, max_size=25), st.lists(test_bulk.judgements, max_size=3))
    )
    links = Links(
        replace(judged, subject=renamed(judged.subject, number), object=renamed(judged.object, number))
        for number, (_, judgements) in enumerate(examples)
        for judged in judgements
    )
    linked = []
    with facts_here_and_there(tmp_path) as tables:
        for table in tables:
            table.add(own_facts(facts for facts, _ in examples))
            canonical = apply_links_in(table, links, test_bulk.WITH_PARTS)
            linked.append((dict(canonical), list(table)))
    ours, theirs = linked
    assert len(ours[0]) > GRAPHS // 4
    assert ours == theirs


# --- builds, and lost workers


SNAPSHOT = ("term", "triple", "named", "fact", "fact_origin", "fact_detail", "fact_read")


def tables_of(folder: Path, engine: str) -> dict[str, list[Any]]:
    """The tables of a build, with everything built anew."""
    assert kg.build(folder, engine=engine, force=True)
    sql = kg.open(folder).snapshot.sql
    return {name: sql.execute(f"FROM {name} ORDER BY ALL").fetchall() for name in SNAPSHOT}


def test_a_build_has_the_same_tables(project: SmallProject) -> None:
    project.write("data/films.csv", FILMS)
    project.write("data/red-rocket.yaml", NAMED)
    assert tables_of(project.folder, f"spark={MASTER}") == tables_of(project.folder, "sql")


def test_our_build_has_the_same_tables(tmp_path: Path) -> None:
    for name in ("ontology", "data", "queries", "texts"):
        shutil.copytree(ROOT / name, tmp_path / name)
    ours, theirs = (tables_of(tmp_path, engine) for engine in ("sql", f"spark={MASTER}"))
    assert [name for name in SNAPSHOT if ours[name] != theirs[name]] == []
    assert len(ours["fact"]) > 3_000


OPENED_WITHOUT_SPARK = """
import sys
sys.modules["pyspark"] = sys.modules["sqlglot"] = None
from kg.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run_without_spark(*words: str) -> str:
    """What a command prints where neither pyspark nor sqlglot is installed."""
    call = [sys.executable, "-c", OPENED_WITHOUT_SPARK, *words]
    return subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def quads_of(graph: kg.FilmGraph) -> list[str]:
    return sorted(map(str, graph.snapshot.quads(ALL)))


@pytest.mark.long
def test_what_spark_built_is_opened_asked_and_exported_without_spark(tmp_path: Path) -> None:
    folders = {"sql": tmp_path / "here", f"spark={MASTER}": tmp_path / "there"}
    outputs = []
    for engine, folder in folders.items():
        for name in ("ontology", "data", "queries", "texts"):
            shutil.copytree(ROOT / name, folder / name)
        assert kg.build(folder, engine=engine)
        of_project = ("--project", str(folder))
        answer = run_without_spark("ask", "cast-of-film", "film=Anora", "--why", *of_project)
        lines = run_without_spark("export", "--format", "nquads", "--only", "all", *of_project)
        run_without_spark("export", "--format", "parquet", "--by-predicate", "-o", str(folder / "tables"), *of_project)
        read = run_without_spark(
            "sparql", "--data", str(folder / "tables"), "SELECT * { ?s a ?class } ORDER BY ?s ?class"
        )
        outputs.append((answer, lines, read))
    assert outputs[0] == outputs[1]
    assert all(map(str.strip, outputs[0]))


@pytest.mark.long
def test_what_duckdb_built_is_inferred_and_asked_on_spark_and_opened_again(tmp_path: Path) -> None:
    for name in ("ontology", "data", "queries", "texts"):
        shutil.copytree(ROOT / name, tmp_path / "films" / name)
    assert kg.build(tmp_path / "films")
    graph = kg.open(tmp_path / "films")
    graph.export(tmp_path / "tables", format="parquet", by_predicate=True)
    # Of its own ontology, which is a graph of the snapshot, the same follows.
    infer_tables(tmp_path / "tables", output=tmp_path / "closed", engine=f"spark={MASTER}", schema=False)
    read, here = kg.load(tmp_path / "closed"), kg.load(tmp_path / "tables")
    assert all(any((tmp_path / "closed" / f"{name}.parquet").glob("p=*/*.parquet")) for name in BY_PREDICATE)
    assert quads_of(read) == quads_of(here) == quads_of(graph)
    assert facts_of(read) == facts_of(here) == facts_of(graph)
    query = "SELECT ?class (COUNT(*) AS ?n) { ?s a ?class } GROUP BY ?class"
    answers = [content(each.sparql(query, engine=f"spark={MASTER}")) for each in (read, here)]
    assert answers == [content(graph.sparql(query))] * 2


def test_a_build_has_the_same_findings(project: SmallProject) -> None:
    project.write("data/films.csv", FILMS + "anora,year,many,encyclopedia,r1\n")
    reports = [kg.build(project.folder, engine=engine) for engine in (f"spark={MASTER}", "sql")]
    ours, theirs = (sorted(map(repr, report.findings)) for report in reports)
    assert ours
    assert ours == theirs


NAMED = """\
source: fan-site
red-rocket: {type: Film, label: Red Rocket, sequelOf: Anora, director: Sean Baker, year: 2021}
"""
FILMS = """\
subject,property,value,source,record
anora,type,Film,encyclopedia,r1
anora,label,Anora,encyclopedia,r1
anora,score,8.50,encyclopedia,r1
"""


def test_a_worker_that_is_lost_changes_nothing(tmp_path: Path) -> None:
    data, expected, found = (tmp_path / name for name in ("data.nt", "expected.nt", "found.nt"))
    write_random_graphs(data)
    infer_files([data], output=expected)
    call = [sys.executable, "-m", "tests.engines.lost_worker", str(data), str(found)]
    # A session of its own: a process has one master.
    run = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "killed" in run.stdout
    assert found.read_bytes() == expected.read_bytes()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_spark_imports_what_one_process_imports(tmp_path: Path, form: str) -> None:
    project, call = ImportProject(tmp_path / "project"), write_lake(tmp_path, form)
    shutil.copytree(ROOT / "ontology", project.folder / "ontology")
    for name in ("data", "queries"):
        (project.folder / name).mkdir()
    assert imported(project, *call, "--engine", f"spark={MASTER}") == imported(project, *call)


# --- expressions

PATTERNS = [
    "^tt[0-9]{7,8}$", "at", "^B.*n$", r"[^\]]", "(?i)k", "(?i)straSSe", "(?i)[a-z]", "(?s)a.b", "a.b", "a$", "[&&a]",
    "[^^a]", "[[]", r"\x{E9}", r"[\x00-\x20]", r"\p{Lu}", r"^[\p{L}\p{N}_]+$", "(?:a|b)+$", r"\.$",
]  # fmt: skip
TEXTS = [
    "tt0096895", "Batman", "a\nb", "a\u2028b", "a\r", "a\n", "", "K", "\u212a", "STRA\u017fsE", "\u0130", "\u0131",
    "Z\u00fcrich", "\u00e9", "&", "^", "[", "]", "\\d", "x.", "\U0001f3ac",
]  # fmt: skip


def test_java_matches_what_re2_matches() -> None:
    rows = [(text, pattern) for text in TEXTS for pattern in PATTERNS]
    expected = [duckdb.execute("SELECT regexp_matches(?, ?)", row).fetchall()[0][0] for row in rows]
    frame = open_session(MASTER).createDataFrame(
        [(text, to_java(pattern)) for text, pattern in rows], "t string, p string"
    )
    found = [row[0] for row in frame.selectExpr("t RLIKE p").collect()]
    assert [row for row, a, b in zip(rows, expected, found, strict=True) if a != b] == []


# --- names in a session

_CHAIN = "WITH RECURSIVE r(a) AS (SELECT 1 AS a UNION SELECT a + 1 AS a FROM r WHERE a < 5) SELECT count(*) FROM r"


def test_engines_of_one_session_do_not_read_each_other(session: Any, tmp_path: Path) -> None:
    engines = [SparkEngine(session, tmp_path / name) for name in ("first", "second")]
    for number, engine in enumerate(engines):
        engine.execute(f"CREATE TABLE t AS SELECT {number} AS a")
        engine.execute("CREATE TABLE r AS SELECT 9 AS a")
    assert [engine.query("SELECT t.a, r.a FROM t, r") for engine in engines] == [[(0, 9)], [(1, 9)]]
    for engine in engines:
        engine.close()


def test_the_relations_of_a_query_are_dropped_with_their_files(session: Any, tmp_path: Path) -> None:
    engine = SparkEngine(session, tmp_path)
    engine.execute("CREATE TABLE r AS SELECT 9 AS a")
    for _ in range(2):
        assert engine.query(_CHAIN) == [(5,)]
        assert engine.query("WITH r AS MATERIALIZED (SELECT 2 AS a) SELECT a FROM r") == [(2,)]
    assert engine.query("SELECT a FROM r") == [(9,)]
    assert len(list(tmp_path.iterdir())) == 1
    engine.close()
    assert session.catalog.listTables() == []


# --- queries

ROUTED = {
    "time-between",  # it computes with durations, which the compiler does not know
    "nominees-with-most-nominations", "winners-with-most-wins", "recognition-by-source", "relatives-of", "tallies-of",
    "share-of-gross", "gross-to-budget", "scenes-of-film", "timeline-of-film",  # they compute too much with values
}  # fmt: skip
"""The stored queries that Oxigraph answers."""


def content(answer: Answer) -> Counter[str]:
    """Rows or triples in any order, or the truth."""
    return Counter(
        map(str, answer.triples or (tuple(row) for row in answer.solutions) if answer.truth is None else [answer.truth])
    )


def test_stored_queries_have_the_same_answers() -> None:
    assert kg.build(ROOT)
    graph = kg.open(ROOT)
    different, routed = [], set()
    for query in graph.queries.valid():
        ours = graph.sparql(query.text, engine=f"spark={MASTER}")
        if ours.engine != "spark":
            routed.add(query.name)
        elif content(ours) != content(graph.sparql(query.text, engine="columnar")):
            different.append(query.name)
    assert different == []
    assert routed == ROUTED
