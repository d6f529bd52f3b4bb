"""Spark as an engine: statements in DuckDB's dialect, translated by sqlglot; tables are folders of Parquet files.

Spark has no temporary tables that can be changed. Here a table is a list of folders: INSERT writes another folder,
DELETE writes what remains to a new one. So every statement ends with files on disk, which cuts the lineage of a loop as
a checkpoint does, and a task that is lost is run again from them.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

from kg.errors import LimitError

_TYPES = {"UINTEGER": "BIGINT", "UINT": "BIGINT", "BIGINT": "BIGINT", "VARCHAR": "STRING", "TEXT": "STRING"}


@dataclass
class CollectedRows:
    """The rows of a statement, in memory."""

    rows: list[tuple[Any, ...]]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows that have not been read."""
        rows, self.rows = self.rows, []
        return rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None."""
        return self.rows.pop(0) if self.rows else None


def _errors_of_spark() -> tuple[type[Exception], ...]:
    """What a session raises; known only where Spark is installed."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return PySparkException, Py4JError


class SparkEngine:
    """Runs statements on a session of Spark; `folder` is for the files of tables, and every executor must reach it."""

    def __init__(self, session: Any, folder: Path) -> None:
        self.session, self.folder = session, folder
        self.statements = 0
        self._numbers = count(1)
        self._columns: dict[str, str] = {}
        self._files: dict[str, list[Path]] = {}
        self._views: dict[str, str] = {}

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> CollectedRows:
        """Run a statement; raises `LimitError` when Spark cannot."""
        self.statements += 1
        tree = sqlglot.parse_one(_with_lists(statement, parameters or ()), read="duckdb")
        if parameters and _LISTS.fullmatch(statement) is None:
            tree = _with_parameters(tree, parameters)
        try:
            return CollectedRows(self._run(tree))
        except _errors_of_spark() as error:
            first = str(error).splitlines()[0][:300]
            raise LimitError(f"Spark could not run a statement: {first}", limit="spark") from error

    def read_parquet(self, table: str, path: Path) -> None:
        """Append the rows of a Parquet file, or of a folder of them, to a table, which is made if it is not there."""
        if table not in self._files:
            fields = self.session.read.parquet(str(path)).schema.fields
            self._columns[table] = ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in fields)
            self._files[table] = []
        self._files[table].append(path)
        self._register(table)

    def write_parquet(self, table: str, path: Path) -> None:
        """Write a table to a folder of Parquet files."""
        self.session.table(table).write.parquet(str(path))

    def close(self) -> None:
        """Forget the tables; the session stays open for whoever has opened it."""
        for name in (*self._views, *self._files):
            self.session.catalog.dropTempView(name)

    # --- statements

    def _run(self, tree: exp.Expr) -> list[tuple[Any, ...]]:
        match tree:
            case exp.Create():
                self._create(tree)
            case exp.Insert():
                self._append(_table_name(tree), self.session.sql(_to_spark(tree.expression)))
            case exp.Delete():
                self._delete(tree)
            case exp.Drop():
                self._drop(_table_name(tree))
            case _:
                return [tuple(row) for row in self.session.sql(_to_spark(tree)).collect()]
        return []

    def _create(self, tree: exp.Create) -> None:
        name, query = _table_name(tree), tree.args.get("expression")
        if tree.kind == "VIEW":
            assert query is not None
            self._views[name] = _to_spark(query)
            self._refresh_views()
        elif query is not None:
            rows = self.session.sql(_to_spark(query))
            columns = ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in rows.schema.fields)
            path = self._write(name, rows)
            self._drop(name)
            self._columns[name], self._files[name] = columns, [path]
            self._register(name)
        else:
            self._drop(name)
            fields = (f"{column.name} {_TYPES[str(column.args['kind'])]}" for column in tree.find_all(exp.ColumnDef))
            self._columns[name], self._files[name] = ", ".join(fields), []
            self._register(name)

    def _append(self, name: str, rows: Any) -> None:
        names = [column.split()[0] for column in self._columns[name].split(", ")]
        self._files[name].append(self._write(name, rows.toDF(*names)))
        self._register(name)

    def _delete(self, tree: exp.Delete) -> None:
        name, where = _table_name(tree), tree.args.get("where")
        if where is None:
            self._files[name] = []
        else:
            columns = [column.split()[0] for column in self._columns[name].split(", ")]
            kept = self.session.sql(_remaining(name, columns, where.this))
            self._files[name] = [self._write(name, kept)]
        self._register(name)

    def _drop(self, name: str) -> None:
        self._files.pop(name, None)
        self._columns.pop(name, None)
        self.session.catalog.dropTempView(name)

    # --- files

    def _write(self, name: str, rows: Any) -> Path:
        path = self.folder / f"{name}-{next(self._numbers)}"
        rows.write.parquet(str(path))
        return path

    def _register(self, name: str) -> None:
        """Have statements read the table as it is now, and what is defined by it."""
        schema, files = self._columns[name], self._files[name]
        if files:
            rows = self.session.read.schema(schema).parquet(*map(str, files))
        else:
            rows = self.session.createDataFrame([], schema)
        rows.createOrReplaceTempView(name)
        self._refresh_views()

    def _refresh_views(self) -> None:
        """Define the views anew: Spark binds a view to the files that its tables had."""
        for name, query in self._views.items():
            self.session.sql(query).createOrReplaceTempView(name)

    def remove_files(self) -> None:
        """Remove the files of all tables."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _table_name(tree: exp.Expr) -> str:
    """The table that a statement changes: the first that it names."""
    table = tree.find(exp.Table)
    assert table is not None
    return table.name


_LISTS = re.compile(r"INSERT INTO (\w+) SELECT unnest\(\?::UINTEGER\[\]\)(?:, unnest\(\?::UINTEGER\[\]\))*")


def _with_lists(statement: str, parameters: Sequence[Any]) -> str:
    """An INSERT of lists of numbers, each in a text, as rows of VALUES; any other statement unchanged."""
    match = _LISTS.fullmatch(statement)
    if match is None:
        return statement
    columns = [json.loads(parameter) for parameter in parameters]
    names = ", ".join(f"c{number}" for number in range(len(columns)))
    rows = ", ".join(f"({', '.join(map(str, row))})" for row in zip(*columns, strict=True))
    casts = ", ".join(f"CAST(c{number} AS UINTEGER) AS c{number}" for number in range(len(columns)))
    return f"INSERT INTO {match[1]} SELECT {casts} FROM (VALUES {rows}) AS v({names})"  # noqa: S608  # numbers


def _with_parameters(tree: exp.Expr, parameters: Sequence[Any]) -> exp.Expr:
    """The statement with its parameters as literals."""
    values = iter(parameters)
    return tree.transform(lambda node: exp.Literal.string(next(values)) if isinstance(node, exp.Placeholder) else node)


def _to_spark(tree: exp.Expr) -> str:
    """A query in Spark's dialect: numbers of terms need 64 bits, since Spark has no unsigned ones."""

    def adapt(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.DataType) and node.this in (exp.DataType.Type.UINT, exp.DataType.Type.UBIGINT):
            return exp.DataType.build("bigint")
        return node

    return tree.copy().transform(adapt).sql(dialect="spark")


def _remaining(name: str, columns: Sequence[str], condition: exp.Expr) -> str:
    """A query for the rows that a DELETE leaves."""
    listed = ", ".join(columns)
    if isinstance(condition, exp.In) and isinstance(condition.this, exp.Tuple):
        # NOT IN of several columns is a nested loop in Spark; the numbers of terms are never NULL.
        (other,) = (table.name for table in condition.args["query"].find_all(exp.Table))
        on = " AND ".join(f"a.{column} = b.{column}" for column in columns)
        return f"SELECT {listed} FROM {name} AS a LEFT ANTI JOIN {other} AS b ON {on}"  # noqa: S608  # our own names
    return f"SELECT {listed} FROM {name} WHERE NOT ({_to_spark(condition)})"  # noqa: S608  # our own names
