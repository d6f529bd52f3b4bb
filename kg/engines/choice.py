"""The tables of a graph where the engine that is asked for computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kg.engines.spark_session import master_of
from kg.graph.triple_tables import TripleTables


@contextmanager
def tables_on(
    engine: str, tables: TripleTables, *, results: tuple[str, ...] = (), scratch: Path | None = None
) -> Iterator[TripleTables]:
    """The tables on Spark for the engine `spark` or `spark=MASTER`, else the same tables.

    At the end, the tables with the names `results` are copied back from Spark. Its files are in a folder under
    `scratch`, which every executor must reach.
    """
    if (master := master_of(engine)) is None:
        yield tables
        return
    from kg.engines.spark_tables import on_spark

    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
    with on_spark(tables, master, scratch=scratch) as remote:
        yield remote
        remote.bring_back(*results)
