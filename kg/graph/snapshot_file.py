"""The published graph as one DuckDB file: its exact terms, its triples, and its facts with their evidence.

    term(id, text, ...)                      each exact term once, in the order of texts (kg.graph.columns)
    triple(s, p, o, is_inferred)             knowledge, the default graph
    named(g, s, p, o)                        the other graphs: contested, undecided, ontology, provenance, links
    graph(id, iri, triples)                  the number of triples of each graph; id 0 is the default graph
    fact(number, s, p, o, origin, record, line, rank, status)
    fact_origin(id, source, retrieved, file)
    fact_detail(number, start, end, as_of, written, because, paraphrase, column)
    fact_read(number, s, p, o)               the terms that facts were read with, where others have replaced them

A fact's status says where its evidence is: in the fact alone (`record`), or in the provenance graph as well (`reified`,
`contested`). Exports, evidence and exact terms come from this file: Oxigraph's store, which is filled from it, rewrites
literals (`2.50` becomes `2.5`).
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, RdfFormat, Triple, parse

from kg.errors import ProjectError
from kg.files.scratch import temporary_directory
from kg.graph.lookup_tables import TermLookup, TripleOrders
from kg.terms import (
    CONTESTED,
    KNOWLEDGE,
    LABEL,
    LINKS,
    ONTOLOGY,
    PROVENANCE,
    TYPE,
    UNDECIDED,
    Spo,
    Term,
    to_term,
    to_text,
)

if TYPE_CHECKING:
    import duckdb

    from kg.graph.triple_tables import TripleTables

FILE = "graph.duckdb"
TABLES = ("term", "triple", "named", "graph", "fact", "fact_origin", "fact_detail")
"""The tables that are exported."""
BY_PREDICATE = ("triple", "fact")
"""Those of them that are exported as a folder for each predicate, if asked."""
GRAPHS = (CONTESTED, UNDECIDED, ONTOLOGY, PROVENANCE, LINKS)
"""The named graphs of a project's build."""
_BATCH = 50_000
_MATCHES = 2_000
_MAX_IN_MEMORY = 250_000
"""Quads: more are sorted on disk."""
_LINES, _PIECE = 2_000, 1 << 19
"""What is written as one piece: so many lines, or so many characters."""
_LINE = "a.text || ' ' || b.text || ' ' || c.text"
_QUAD_LINE = f"{_LINE} || coalesce(' ' || d.text, '') || ' .'"
_WITH_TEXTS = (
    "JOIN term AS a ON a.id = s JOIN term AS b ON b.id = p JOIN term AS c ON c.id = o LEFT JOIN term AS d ON d.id = g"
)
_HAS_BLANK_NODES = (
    "starts_with(a.text, '_:') OR starts_with(c.text, '_:') OR (starts_with(c.text, '<<') AND contains(c.text, '_:'))"
)
_SHARE = 3 / 4
"""Of the memory that a worker may take, the part that DuckDB may."""
_EXPORT_MEMORY = "500MB"
_LINES_AT_ONCE = 1 << 30
"""Bytes of N-Quads in a file that a store is filled from."""
_SPO = "s UINTEGER, p UINTEGER, o UINTEGER"
Graph = NamedNode | BlankNode | DefaultGraph


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a graph: its default graph, or only what is asserted or inferred in it, and named graphs."""

    knowledge: bool = False
    inferred: bool | None = None
    named: tuple[Term, ...] | None = ()
    """None: all."""
    about: NamedNode | None = None
    """Of the default graph only an entity and its parts, and the classes and labels of what they name."""


ALL, ALL_KNOWLEDGE = Part(knowledge=True, named=None), Part(knowledge=True)
ASSERTED, INFERRED = Part(knowledge=True, inferred=False), Part(knowledge=True, inferred=True)


def part_of(graph: Graph) -> Part:
    """The part that is one graph."""
    return ALL_KNOWLEDGE if isinstance(graph, DefaultGraph) else Part(named=(graph,))


# --- triples of named graphs, before they are written


def begin_named_graphs(tables: TripleTables) -> None:
    """An empty table for the triples of named graphs."""
    tables.sql.execute(f"CREATE OR REPLACE TABLE named(g UINTEGER, {_SPO})")


def keep_graphs(tables: TripleTables, graphs: Iterable[Term]) -> None:
    """Keep these graphs as an earlier snapshot has them, in place of adding their triples."""
    tables.sql.execute(
        "CREATE OR REPLACE TEMP TABLE kept_graph AS SELECT id AS g FROM former.graph"
        " WHERE iri IN (SELECT unnest(?::VARCHAR[]))",
        [list(map(str, graphs))],
    )
    tables.sql.execute("CREATE OR REPLACE TEMP TABLE changed_node(g UINTEGER, s UINTEGER)")


KEPT = (
    "(g IN (SELECT g FROM kept_graph)"
    " AND NOT (s IN (SELECT s FROM changed_node) AND g IN (SELECT g FROM changed_node)))"
)
"""The condition for quads of named graphs that are kept: of some graphs, except about single nodes of one graph."""


def add_graph(tables: TripleTables, graph: Term, triples: Iterable[Triple | Spo]) -> None:
    """Add triples to a named graph."""
    (id,) = tables.encode([str(graph)]).values()
    rest = iter(triples)
    while batch := list(islice(rest, _BATCH)):
        tables.add_quads(batch, graph=id)


class QuadTexts(NamedTuple):
    """Quads as N-Quads. A store that loads a text gives blank nodes other labels, so that theirs are apart."""

    plain: str
    with_blank_nodes: str = ""


def to_quad_texts(triples: Iterable[Spo], graph: NamedNode) -> QuadTexts:
    """Triples without blank nodes as quads of a graph."""
    return QuadTexts("".join(f"{s} {p} {o} {graph} .\n" for s, p, o in triples))


def read_quads(tables: TripleTables, *, after: int = 0) -> QuadTexts:
    """The quads of tables that are not large: of `triple`, `inferred` and `named`, of this after so many rows."""
    quads = (
        "SELECT NULL::UINTEGER AS g, s, p, o FROM (FROM triple UNION ALL FROM inferred)"
        f" UNION ALL SELECT DISTINCT g, s, p, o FROM named WHERE rowid >= {after}"
    )
    texts = dict(
        tables.sql.execute(
            f"SELECT {_HAS_BLANK_NODES} AS is_apart, string_agg({_QUAD_LINE}, chr(10)) FROM ({quads}) {_WITH_TEXTS}"
            " GROUP BY is_apart"
        ).fetchall()
    )
    return QuadTexts(texts.get(False, ""), texts.get(True, ""))


# --- reading


@dataclass(frozen=True, slots=True)
class Changes:
    """What a store has to do to have the quads of another snapshot: first remove, then add."""

    added: list[Quad]
    removed: list[Quad]


class SnapshotFile:
    """The snapshot of a build, opened for reading when it is first needed; several threads may read at once."""

    def __init__(self, build: Path, *, memory: str | None = None) -> None:
        self.path, self._memory = build / FILE, memory

    @cached_property
    def sql(self) -> duckdb.DuckDBPyConnection:
        """The connection; each use takes a cursor of its own.

        In a worker, DuckDB has one thread, so that a dear query leaves the processor to others, and its share of the
        worker's memory; it writes nothing.
        """
        import duckdb

        from kg.workers.job_limits import memory_limit

        try:
            sql = duckdb.connect(str(self.path), read_only=True)
        except duckdb.Error as error:
            message = f"The graph in {self.path} cannot be opened: {error}. Run `kg build`."
            raise ProjectError(message) from error
        # All connections of a process to one file have their settings in common: another may have made these already.
        if sql.execute("SELECT current_setting('enable_external_access')").fetchall() == [(False,)]:
            return sql
        if (memory := memory_limit()) is not None:
            sql.execute("SET memory_limit = ?", [f"{int(memory * _SHARE) >> 20}MiB"])
            sql.execute("SET threads = 1")
            sql.execute("SET temp_directory = ''")
        # What a query is compiled to reads no file.
        sql.execute("SET enable_external_access = false")
        return sql

    @cached_property
    def _terms(self) -> TermLookup:
        return TermLookup(self.sql)

    @cached_property
    def _orders(self) -> TripleOrders:
        return TripleOrders.of(self.sql)

    def sizes(self) -> Mapping[str, int]:
        """Graph -> its number of triples; the empty text is the default graph."""
        rows = self.sql.cursor().execute("SELECT iri, triples FROM graph").fetchall()
        return {iri[1:-1] if iri.startswith("<") else iri: triples for iri, triples in rows}

    def named_graphs(self) -> list[NamedNode | BlankNode]:
        """The named graphs that have triples."""
        return [cast(NamedNode | BlankNode, _to_graph(iri)) for iri in self.graphs(Part(named=None))]

    def graphs(self, part: Part) -> list[str]:
        """The graphs of a part that have triples; the empty text is the default graph."""
        rows = self.sql.cursor().execute(
            f"SELECT DISTINCT coalesce(text, '') FROM ({self._relation(part)}) LEFT JOIN term ON id = g ORDER BY ALL"
        )
        return [iri for (iri,) in rows.fetchall()]

    def quads(self, part: Part, *, only_blank_nodes: bool = False, is_sorted: bool = True) -> Iterator[Quad]:
        """The exact quads of a part, or only those with blank nodes; sorted by graph and text, or in any order."""
        if is_sorted and not only_blank_nodes:
            pieces = self.nquads(part)
        else:
            condition = _HAS_BLANK_NODES if only_blank_nodes else "true"
            pieces = self._lines(part, f"WHERE {condition}")
        for piece in pieces:
            yield from cast(Iterator[Quad], parse(piece, format=RdfFormat.N_QUADS))

    def nquads(self, part: Part) -> Iterator[str]:
        """The N-Quads of a part in pieces of whole lines, sorted by graph and text.

        Those of a large part are sorted on disk, so its size is no matter.
        """
        if self._fits(part):
            yield from self._lines(part, f"ORDER BY coalesce(d.text, ''), {_LINE}")
            return
        for iri in self.graphs(part):
            graph = _to_graph(iri)
            if isinstance(graph, DefaultGraph):
                yield from self.ntriples(replace(part, named=()))
                continue
            for piece in self.ntriples(Part(named=(graph,))):
                yield piece.replace(" .\n", f" {iri} .\n")

    def _lines(self, part: Part, rest: str) -> Iterator[str]:
        """The N-Quads that a query selects, which ends in `rest`."""
        rows = self.sql.cursor().execute(f"SELECT {_QUAD_LINE} FROM {self._with_texts(part)} {rest}")
        while batch := rows.fetchmany(_LINES):
            yield "".join(f"{line}\n" for (line,) in batch)

    def _fits(self, part: Part) -> bool:
        """True for a part whose quads are sorted in memory."""
        return part.about is not None or self._size(part) <= _MAX_IN_MEMORY

    def _size(self, part: Part) -> int:
        """At least as many quads as a part has."""
        graphs = {str(graph).strip("<>") for graph in part.named} if part.named is not None else None
        return sum(
            triples
            for iri, triples in self.sizes().items()
            if (part.knowledge if not iri else graphs is None or iri in graphs)
        )

    def used_namespaces(self, part: Part, namespaces: Collection[str]) -> set[str]:
        """Those of some namespaces, which end in `/` or `#`, that are before the local name of a term of a part."""
        relation = self._relation(part)
        rows = self.sql.cursor().execute(
            f"WITH quad AS ({relation}), term_text AS (SELECT substr(text, 2) AS text FROM term SEMI JOIN"
            " (SELECT s AS id FROM quad UNION SELECT p FROM quad UNION SELECT o FROM quad UNION SELECT g FROM quad)"
            " USING (id)), cut AS (SELECT unnest([left(text, -strpos(reverse(text), '/')) || '/',"
            " left(text, -strpos(reverse(text), '#')) || '#']) AS namespace FROM term_text"
            " WHERE NOT starts_with(text, '<'))"
            " SELECT DISTINCT namespace FROM cut WHERE namespace IN (SELECT unnest(?::VARCHAR[]))",
            [list(namespaces)],
        )
        return {namespace for (namespace,) in rows.fetchall()}

    def triple_terms(self, part: Part) -> Iterator[Triple]:
        """The triple terms that are values in a part, each once."""
        rows = self.sql.cursor().execute(
            f"SELECT text FROM term WHERE starts_with(text, '<<') AND id IN (SELECT o FROM ({self._relation(part)}))"
        )
        return (cast(Triple, to_term(text)) for (text,) in rows.fetchall())

    def match(
        self, subject: Term | None, predicate: Term | None, value: Term | None, graph: Graph | None
    ) -> Iterator[Quad]:
        """The quads that match a pattern; None matches any term, and as a graph any graph."""
        sql = self.sql.cursor()
        wanted = {place: to_text(term) for place, term in zip("spo", (subject, predicate, value), strict=True) if term}
        if isinstance(graph, NamedNode | BlankNode):
            wanted["g"] = str(graph)
        ids = self._terms.find_ids(wanted.values())
        if any(text not in ids for text in wanted.values()):
            return
        condition = " AND ".join(f"{place} = {ids[text]}" for place, text in wanted.items() if place != "g") or "true"
        parts = []
        if not isinstance(graph, NamedNode | BlankNode):
            table = self._orders.of_pattern(subject="s" in wanted, predicate="p" in wanted, object="o" in wanted)
            parts.append(f"SELECT NULL::UINTEGER AS g, s, p, o FROM {table} WHERE {condition}")
        if not isinstance(graph, DefaultGraph):
            within = f" AND g = {ids[wanted['g']]}" if "g" in wanted else ""
            parts.append(f"SELECT g, s, p, o FROM named WHERE {condition}{within}")
        rows = sql.execute(" UNION ALL ".join(parts))
        known: dict[int, Term] = {}
        while batch := rows.fetchmany(_MATCHES):
            new = {id for row in batch for id in row if id is not None} - known.keys()
            known |= {id: to_term(text) for id, text in self._terms.decode(new).items()}
            for g, s, p, o in batch:
                yield Quad(known[s], known[p], known[o], KNOWLEDGE if g is None else known[g])  # type: ignore[arg-type]

    def triples(self, part: Part) -> Iterator[Triple]:
        """The exact triples of a part, sorted by graph and text."""
        return (quad.triple for quad in self.quads(part))

    def write(self, path: Path, part: Part) -> None:
        """Write a part as N-Triples sorted by text, within bounds of memory."""
        from kg.graph.ntriples import write_ordered

        with temporary_directory("export") as folder, self.limited(folder) as sql:
            place = _add_places(sql)
            sql.execute(
                "CREATE TEMP TABLE by_text AS SELECT a.place AS s, b.place AS p, c.place AS o FROM"
                f" ({self._relation(part)}) AS t JOIN {place} AS a ON a.id = s JOIN {place} AS b ON b.id = p"
                f" JOIN {place} AS c ON c.id = o"
            )
            dictionary = f"(SELECT place AS id, text FROM {place})"
            write_ordered(sql, "SELECT DISTINCT s, p, o FROM by_text", path, dictionary=dictionary)

    def write_quads(self, folder: Path, part: Part) -> Iterator[Path]:
        """The quads of a part without blank nodes as N-Quads files in a folder, in any order.

        Each has about a gigabyte, and is written when it is asked for, within the memory that the snapshot was opened
        with; it is deleted afterwards.
        """
        from kg.graph.ntriples import subject_ranges, write_lines

        quads = self._relation(part)
        with self.limited(folder, memory=self._memory) as sql:
            sql.execute("SET preserve_insertion_order = false")
            for name, place in (("property", "p"), ("graph_name", "g")):
                used = f"SELECT {place} FROM ({quads}) AS t"
                sql.execute(f"CREATE TEMP TABLE {name} AS SELECT id, text FROM term WHERE id IN ({used})")
            lines, piece = folder / "graph.nq", folder / "piece.nq"
            for low, high in subject_ranges(sql, quads):
                in_range = f"BETWEEN {low} AND {high}"
                sql.execute(f"CREATE OR REPLACE TEMP TABLE quad AS SELECT * FROM ({quads}) AS t WHERE s {in_range}")
                # Only the terms that are needed are held for a join.
                write_lines(
                    sql,
                    f"SELECT {_QUAD_LINE} FROM quad"
                    f" JOIN (SELECT id, text FROM term WHERE id {in_range}) AS a ON a.id = s"
                    " JOIN property AS b ON b.id = p"
                    " JOIN (SELECT id, text FROM term WHERE id IN (SELECT o FROM quad)) AS c ON c.id = o"
                    f" LEFT JOIN graph_name AS d ON d.id = g WHERE NOT ({_HAS_BLANK_NODES})",
                    piece,
                )
                with lines.open("ab") as target, piece.open("rb") as source:
                    shutil.copyfileobj(source, target, 1 << 20)
                piece.unlink()
                # What is loaded at once takes less space in a store than in parts.
                if lines.stat().st_size >= _LINES_AT_ONCE:
                    yield lines
                    lines.unlink()
            if lines.exists():
                yield lines
                lines.unlink()

    def write_tables(
        self, folder: Path, *, names: Sequence[str] = TABLES, by_predicate: bool = False, own_numbers: bool = False
    ) -> None:
        """Write tables, each as a Parquet file; with `by_predicate`, triples and facts in a folder for each predicate.

        A program that reads the triples of few predicates reads no other file. Numbers are the same in every build of
        the same files, unless they are the snapshot's `own_numbers`.
        """
        from kg.sql import quote

        with tempfile.TemporaryDirectory(prefix=".kg-", dir=folder) as scratch, self.limited(Path(scratch)) as sql:
            _add_numbers(sql)
            for name in names:
                unfinished, target = Path(scratch) / "unfinished.parquet", folder / f"{name}.parquet"
                partition = ", PARTITION_BY (p)" if by_predicate and name in BY_PREDICATE else ""
                rows = f"FROM {name}" if own_numbers else _EXPORTED[name]
                sql.execute(f"COPY ({rows}) TO {quote(unfinished)} (FORMAT parquet, COMPRESSION zstd{partition})")
                if target.is_dir():
                    shutil.rmtree(target)
                elif unfinished.is_dir():
                    target.unlink(missing_ok=True)
                unfinished.replace(target)

    @contextlib.contextmanager
    def limited(self, folder: Path, *, memory: str | None = _EXPORT_MEMORY) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of its own that writes to a folder what does not fit into memory."""
        import duckdb

        from kg.sql import quote

        with duckdb.connect(":memory:") as sql:
            if memory is not None:
                sql.execute("SET memory_limit = ?", [memory])
            sql.execute(f"SET temp_directory = {quote(folder / 'scratch')}")
            sql.execute(f"ATTACH {quote(self.path)} AS published (READ_ONLY); USE published")
            yield sql

    def ntriples(self, part: Part) -> Iterator[str]:
        """The sorted N-Triples of a part in pieces of whole lines.

        They are sorted on disk, so the size of the graph is no matter.
        """
        if part.about is not None:
            yield from self._lines(part, f"ORDER BY {_LINE}")
            return
        with temporary_directory("export") as folder:
            target = folder / "sorted.nt"
            self.write(target, part)
            with target.open(encoding="utf-8", newline="") as file:
                while lines := file.readlines(_PIECE):
                    yield "".join(lines)

    def load(self, tables: TripleTables) -> None:
        """Fill empty tables with the default graph, what is inferred apart."""
        from kg.sql import quote

        sql = tables.sql
        sql.execute(f"ATTACH {quote(self.path)} AS published (READ_ONLY)")
        try:
            sql.execute("INSERT INTO term SELECT id, text FROM published.term ORDER BY id")
            for name, condition in (("triple", "NOT is_inferred"), ("inferred", "is_inferred")):
                sql.execute(f"INSERT INTO {name} SELECT s, p, o FROM published.triple WHERE {condition}")
        finally:
            sql.execute("DETACH published")
        tables.read_dictionary()

    def _with_texts(self, part: Part) -> str:
        return f"({self._relation(part)}) AS t {_WITH_TEXTS}"

    def _relation(self, part: Part) -> str:
        """The ids of the quads of a part."""
        selected = []
        if part.knowledge:
            condition = {None: "true", True: "is_inferred", False: "NOT is_inferred"}[part.inferred]
            triples = f"SELECT NULL::UINTEGER AS g, s, p, o FROM triple WHERE {condition}"
            selected.append(triples if part.about is None else self._about(part.about, triples))
        if part.named is None:
            selected.append("SELECT g, s, p, o FROM named")
        elif part.named:
            names = [str(graph) for graph in part.named]
            query = "SELECT id FROM graph WHERE iri IN (SELECT unnest(?::VARCHAR[]))"
            ids = ", ".join(str(id) for (id,) in self.sql.cursor().execute(query, [names]).fetchall())
            selected.append(f"SELECT g, s, p, o FROM named WHERE g IN ({ids or 'NULL'})")
        return " UNION ALL ".join(selected) or "SELECT 0 AS g, 0 AS s, 0 AS p, 0 AS o WHERE false"

    def _about(self, entity: NamedNode, triples: str) -> str:
        """The ids of those of some triples that are about an entity."""
        name = f"<{entity.value}"
        query = "SELECT id FROM term WHERE text = ? || '>' OR (text >= ? || '.' AND text < ? || '/')"
        subjects = ", ".join(str(id) for (id,) in self.sql.cursor().execute(query, [name] * 3).fetchall()) or "NULL"
        shown = ", ".join(map(str, self._terms.find_ids(map(to_text, (TYPE, LABEL))).values())) or "NULL"
        about = f"{triples} AND s IN ({subjects})"
        named = f"s IN (SELECT o FROM ({about})) AND s NOT IN ({subjects})"
        return f"{about} UNION ALL {triples} AND p IN ({shown}) AND {named}"


def _add_places(sql: duckdb.DuckDBPyConnection) -> str:
    """A relation with the id and the text of each term, and its place in the order of texts."""
    before = "SELECT text < lag(text) OVER (ORDER BY rowid) AS is_before FROM term"
    if not sql.execute(f"SELECT 1 FROM ({before}) WHERE is_before LIMIT 1").fetchone():
        return "(SELECT id, text, rowid + 1 AS place FROM term)"
    sql.execute("CREATE TEMP TABLE term_place AS SELECT id, text, row_number() OVER (ORDER BY text) AS place FROM term")
    return "term_place"


def _add_numbers(sql: duckdb.DuckDBPyConnection) -> None:
    """Number terms, facts and origins in the order of their content; literals after all other terms, as in builds."""
    from kg.graph.triple_tables import FIRST_LITERAL_ID

    is_literal = f"id >= {FIRST_LITERAL_ID}"
    sql.execute(
        "CREATE TEMP TABLE term_number AS SELECT id, (row_number() OVER (PARTITION BY is_literal ORDER BY text)"
        f" + CASE WHEN is_literal THEN {FIRST_LITERAL_ID - 1} ELSE 0 END)::UINTEGER AS number"
        f" FROM (SELECT id, text, {is_literal} AS is_literal FROM term)"
    )
    sql.execute(
        "CREATE TEMP TABLE fact_number AS SELECT number AS id, row_number() OVER (ORDER BY number) AS number FROM fact"
    )
    sql.execute(
        "CREATE TEMP TABLE origin_number AS SELECT id, (row_number() OVER (ORDER BY file, source, retrieved))::UINTEGER"
        " AS number FROM fact_origin"
    )


_NUMBERS = "a.number AS s, b.number AS p, c.number AS o"
_JOIN_NUMBERS = (
    "JOIN term_number AS a ON a.id = t.s JOIN term_number AS b ON b.id = t.p JOIN term_number AS c ON c.id = t.o"
)
_EXPORTED = {
    "term": "SELECT n.number AS id, t.* EXCLUDE id FROM term AS t JOIN term_number AS n USING (id) ORDER BY text",
    "triple": f"SELECT {_NUMBERS}, is_inferred FROM triple AS t {_JOIN_NUMBERS} ORDER BY 2, 1, 3",
    "named": f"SELECT d.number AS g, {_NUMBERS} FROM named AS t {_JOIN_NUMBERS}"
    " JOIN term_number AS d ON d.id = t.g ORDER BY 1, 3, 2, 4",
    "graph": "SELECT coalesce(n.number, 0)::UINTEGER AS id, iri, triples FROM graph AS t"
    " LEFT JOIN term_number AS n USING (id) ORDER BY 1",
    "fact": f"SELECT n.number AS number, {_NUMBERS}, g.number AS origin, record, line, rank, status FROM fact AS t"
    f" {_JOIN_NUMBERS} JOIN fact_number AS n ON n.id = t.number JOIN origin_number AS g ON g.id = t.origin"
    " ORDER BY 2, 1",
    "fact_origin": "SELECT n.number AS id, t.* EXCLUDE id FROM fact_origin AS t JOIN origin_number AS n USING (id)"
    " ORDER BY 1",
    "fact_detail": "SELECT n.number AS number, t.* EXCLUDE number FROM fact_detail AS t JOIN fact_number AS n"
    " ON n.id = t.number ORDER BY 1",
}
"""Table -> what is exported of it."""


def to_quad(graph: str | None, *triple: str) -> Quad:
    """The quad with these exact terms; the default graph has none."""
    subject, predicate, value = map(to_term, triple)
    return Quad(subject, predicate, value, _to_graph(graph or ""))  # type: ignore[arg-type]


def _to_graph(text: str) -> Graph:
    if not text:
        return KNOWLEDGE
    return BlankNode(text[2:]) if text.startswith("_:") else NamedNode(text[1:-1])
