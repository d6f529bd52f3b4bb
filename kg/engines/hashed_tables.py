"""Triple tables on Spark alone: the number of a term is a hash of its text, so that no process numbers them all.

A number has 60 bits of the MD5 of a term's exact text. Those of entities are below 0, those of literals and triple
terms above 2³², so that `id < FIRST_LITERAL_ID` is true of entities alone, as elsewhere. It is checked that no two
terms have one number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import duckdb
from pyoxigraph import NamedNode, Triple

from kg.engines.spark import SparkEngine
from kg.engines.spark_session import open_session
from kg.engines.spark_tables import SparkConnection, SparkTables
from kg.errors import InputError
from kg.graph.parquet_tables import has_table
from kg.graph.snapshot_file import BY_PREDICATE
from kg.graph.triple_tables import HAS_LITERAL_ID, TripleTables, has_literal_id
from kg.sql import quote
from kg.terms import ONTOLOGY, Spo, to_term

_HEXADECIMAL = 15
_ABOVE = 1 << 32
_HASH = f"CAST(conv(substring(md5(text), 1, {_HEXADECIMAL}), 16, 10) AS BIGINT)"
_ID = f"CASE WHEN {HAS_LITERAL_ID} THEN {_ABOVE} + {_HASH} ELSE -1 - {_HASH} END"
_BATCH = 5_000
_CODED = {"triple": ("s", "p", "o"), "named": ("g", "s", "p", "o"), "fact": ("s", "p", "o")}
"""The columns with numbers of terms."""
_KEPT = ("named", "fact", "fact_origin", "fact_detail")
"""The tables of the source that inference does not change."""


def hashed_id(text: str) -> int:
    """The number of a term by its exact N-Triples form."""
    hash = int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:_HEXADECIMAL], 16)
    return _ABOVE + hash if has_literal_id(text) else -1 - hash


class HashedTables(SparkTables):
    """Tables that are read from the Parquet tables of a snapshot; what was inferred in it is left out.

    Its named graphs and facts are written again with the numbers of these tables.
    """

    merges_in_rounds = True

    def __init__(self, source: Path, engine: SparkEngine) -> None:
        self.engine, self.local = engine, TripleTables()
        self._numbers = count(1)
        self._named: dict[str, int] = {}
        """The terms that the rules and the ontology name, and their texts by number."""
        self._texts_of_named: dict[int, str] = {}
        self._unshared: dict[str, int] = {}
        self._kept = [name for name in _KEPT if has_table(source, name)]
        for name in ("term", "triple", *self._kept):
            engine.read_parquet(f"given_{name}", source / f"{name}.parquet")
        engine.execute(f"CREATE TABLE code AS SELECT id AS old, {_ID} AS id, text FROM given_term")
        engine.execute("CREATE TABLE term AS SELECT id, text FROM code")
        self.check_collisions()
        engine.execute(f"CREATE TABLE triple AS {self._coded('triple')} WHERE NOT t.is_inferred")
        engine.execute("CREATE TABLE inferred(s UINTEGER, p UINTEGER, o UINTEGER)")
        self.sql = cast(duckdb.DuckDBPyConnection, SparkConnection(self))

    def check_collisions(self) -> None:
        """Raise `InputError` when two terms have one number."""
        same = "SELECT min(text), max(text) FROM term GROUP BY id HAVING min(text) <> max(text) LIMIT 1"
        for first, second in self.engine.execute(same).fetchall():
            raise InputError(f"{first} and {second} have the same hash: infer without --engine, or rename one.")

    def _coded(self, name: str) -> str:
        """The rows of a table of the source with the numbers of these tables; of triples, s, p and o alone."""
        codes = {column: f"code_{column}" for column in _CODED.get(name, ())}
        others = () if name == "triple" else self.engine.columns(f"given_{name}")
        columns = (f"{codes[c]}.id AS {c}" if c in codes else f't."{c}"' for c in dict.fromkeys((*codes, *others)))
        joins = "".join(f" JOIN code AS {code} ON {code}.old = t.{column}" for column, code in codes.items())
        return f"SELECT {', '.join(columns)} FROM given_{name} AS t{joins}"

    def ontology(self) -> list[Triple]:
        """The ontology that the source was inferred with, as its named graph of this name has it."""
        if "named" not in self._kept:
            return []
        rows = self.engine.execute(
            "SELECT a.text, b.text, c.text FROM given_named AS t JOIN code AS a ON a.old = t.s JOIN code AS b"
            " ON b.old = t.p JOIN code AS c ON c.old = t.o JOIN code AS d ON d.old = t.g"
            f" WHERE d.text = {quote(str(ONTOLOGY))}"
        )
        return [Triple(*map(to_term, row)) for row in sorted(rows.fetchall())]  # type: ignore[arg-type]

    def keep_inferred(self, properties: Iterable[NamedNode]) -> None:
        """Keep what was inferred in the source with these properties, which the rules of OWL do not conclude."""
        listed = ", ".join(quote(str(property)) for property in properties)
        rows = f"{self._coded('triple')} WHERE t.is_inferred AND code_p.text IN ({listed})"
        self.engine.execute(f"INSERT INTO inferred {rows}")

    def write(self, folder: Path, *, with_axioms: bool = True) -> None:
        """Write the tables of a snapshot; triples, with or without axioms, and facts are partitioned by predicate."""
        self.share_terms()
        self.check_collisions()
        given = ("triple", "axiom") if with_axioms else ("triple",)
        parts = [(name, "false") for name in given] + [("inferred", "true")]
        triples = " UNION ALL ".join(
            f"SELECT s, p, o, {is_inferred} AS is_inferred FROM {name}" for name, is_inferred in parts
        )
        rows = {"triple": triples, **{name: self._coded(name) for name in self._kept}}
        for name, query in rows.items():
            partition = "p" if name in BY_PREDICATE else ""
            self.engine.write_rows(query, folder / f"{name}.parquet", partition_by=partition)
        used = " UNION ".join(
            f"SELECT {column} AS id FROM ({query}) AS t"
            for name, query in rows.items()
            for column in _CODED.get(name, ())
        )
        self.engine.write_rows(f"SELECT id, text FROM term WHERE id IN ({used})", folder / "term.parquet")

    # --- the dictionary

    def share_terms(self) -> None:
        """Have Spark know the terms that were added since it was last asked about terms."""
        if not self._unshared:
            return
        new, self._unshared = self._unshared, {}
        path = self.engine.folder / f"named-{next(self._numbers)}.parquet"
        self.local.sql.execute(
            "CREATE OR REPLACE TEMP TABLE named_terms AS"
            " SELECT unnest(?::BIGINT[]) AS id, unnest(?::VARCHAR[]) AS text",
            [str(list(new.values())), list(new)],
        )
        self.local.sql.execute("COPY named_terms TO ? (FORMAT parquet)", [str(path)])
        self.engine.execute("DROP TABLE IF EXISTS named_term")
        self.engine.read_parquet("named_term", path)
        self.engine.execute("INSERT INTO term SELECT id, text FROM named_term AS n ANTI JOIN term AS t ON t.id = n.id")

    def encode(self, texts: Iterable[str]) -> dict[str, int]:
        """The number of each term; new terms are added to the dictionary."""
        ids = {text: hashed_id(text) for text in texts}
        new = {text: id for text, id in ids.items() if text not in self._named}
        self._named |= new
        self._texts_of_named |= {id: text for text, id in new.items()}
        self._unshared |= new
        return ids

    def find_ids(self, texts: Iterable[str]) -> dict[str, int]:
        """The number of each of these terms that is in the dictionary."""
        ids = {text: hashed_id(text) for text in dict.fromkeys(texts)}
        unsure = [id for text, id in ids.items() if text not in self._named]
        known = {*self._named, *self._texts(unsure).values()}
        return {text: id for text, id in ids.items() if text in known}

    def decode(self, ids: Iterable[int]) -> dict[int, str]:
        """The exact N-Triples form of each term, by number."""
        named = self._texts_of_named
        wanted = set(ids)
        return {id: named[id] for id in wanted & named.keys()} | self._texts(sorted(wanted - named.keys()))

    def _texts(self, ids: Sequence[int]) -> dict[int, str]:
        """The texts of the terms with these numbers, by Spark."""
        rows: list[Any] = []
        for start in range(0, len(ids), _BATCH):
            listed = ", ".join(map(str, ids[start : start + _BATCH]))
            rows += self.engine.execute(f"SELECT id, text FROM term WHERE id IN ({listed})").fetchall()
        return dict(rows)

    def triple_texts(self, *, table: str = "triple") -> Iterator[Spo]:
        """The exact N-Triples forms of the triples of a table, in the order of their text."""
        self.share_terms()
        rows = self.engine.execute(
            f"SELECT a.text, b.text, c.text FROM {table} AS t JOIN term AS a ON a.id = t.s JOIN term AS b ON b.id = t.p"
            " JOIN term AS c ON c.id = t.o"
        )
        yield from sorted(rows.fetchall())


@contextmanager
def hashed_on_spark(source: Path, master: str, *, scratch: Path | None = None) -> Iterator[HashedTables]:
    """The Parquet tables of a snapshot on Spark, whose own files are in a folder under `scratch` until the end."""
    session = open_session(master)  # stays open until the program ends: it is slow to start
    with TemporaryDirectory(prefix="kg-spark-", dir=scratch) as folder:
        engine = SparkEngine(session, Path(folder))
        try:
            yield HashedTables(source, engine)
        finally:
            engine.close()
