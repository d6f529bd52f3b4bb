"""Spark as an engine: statements in DuckDB's dialect, translated by sqlglot; tables are folders of Parquet files.

Spark has no temporary tables that can be changed. Here a table is a list of folders: INSERT writes another folder,
DELETE writes what remains to a new one. So every statement ends with files on disk, which cuts the lineage of a loop as
a checkpoint does, and a task that is lost is run again from them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

from kg.engines.engine import NotTranslatedError
from kg.engines.spark_dialect import to_spark
from kg.errors import LimitError

_LONG, _MOST_NODES = 500, 5_000
"""The numbers of nodes of a relation: beyond the first it is written before others read it."""


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


@dataclass(frozen=True, slots=True)
class WrittenRows:
    """The result of a statement that writes: how many rows it wrote, counted only if somebody asks."""

    count: Callable[[], int] = int
    """Counts the rows; 0 where a statement writes none."""

    def fetchall(self) -> list[tuple[int]]:
        """The number of rows, as the only row."""
        return [(self.count(),)]

    def fetchone(self) -> tuple[int]:
        """The number of rows."""
        return self.fetchall()[0]


@dataclass(frozen=True, slots=True)
class _View:
    """A view: its query, and the tables and views that it reads."""

    query: str
    reads: frozenset[str]


def errors_of_spark() -> tuple[type[Exception], ...]:
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
        self._columns: dict[str, dict[str, str]] = {}
        self._files: dict[str, list[Path]] = {}
        self._views: dict[str, _View] = {}

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> CollectedRows | WrittenRows:
        """Run a statement, or several; raises `LimitError` when Spark cannot."""
        result: CollectedRows | WrittenRows = WrittenRows()
        try:
            for tree in _parse(_with_lists(statement, parameters or ())):
                self.statements += 1
                is_list = _LISTS.fullmatch(statement) is not None
                result = self._run(_with_parameters(tree, parameters) if parameters and not is_list else tree)
        except NotTranslatedError as error:
            raise LimitError(f"Spark would answer otherwise: {error}. Leave out --engine.", limit="spark") from error
        except errors_of_spark() as error:
            first = str(error).splitlines()[0][:300]
            raise LimitError(f"Spark could not run a statement: {first}", limit="spark") from error
        return result

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a SELECT; raises Spark's own errors, and `NotTranslatedError`."""
        self.statements += 1
        (tree,) = _parse(statement)
        return [tuple(row) for row in self._rows(tree).collect()]

    def read_parquet(self, table: str, path: Path) -> None:
        """Append the rows of a Parquet file, or of a folder of them, to a table, which is made if it is not there."""
        if table not in self._files:
            types = {f.name: f.dataType.simpleString() for f in self.session.read.parquet(str(path)).schema.fields}
            # The number of a partition is a whole number of any size.
            self._columns[table] = {name: "bigint" if type == "int" else type for name, type in types.items()}
            self._files[table] = []
        self._files[table].append(path)
        self._register(table)

    def write_parquet(self, table: str, path: Path) -> None:
        """Write a table to a folder of Parquet files."""
        self.session.table(table).write.parquet(str(path))

    def write_rows(self, query: str, path: Path, *, partition_by: str = "") -> None:
        """Write the rows of a query to a folder of Parquet files, or to one for each value of a column."""
        (tree,) = _parse(query)
        writer = self._rows(tree).write
        (writer.partitionBy(partition_by) if partition_by else writer).parquet(str(path))

    def interrupt(self) -> None:
        """Cancel the statement that runs."""
        self.session.interruptAll()

    def close(self) -> None:
        """Forget the tables; the session stays open for whoever has opened it."""
        for name in (*self._views, *self._files):
            self.session.catalog.dropTempView(name)

    # --- statements

    def _run(self, tree: exp.Expr) -> CollectedRows | WrittenRows:
        match tree:
            case exp.Create():
                return self._create(tree)
            case exp.Insert():
                return self._append(_table_name(tree), self._rows(_query_of(tree)))
            case exp.Delete():
                return self._delete(tree)
            case exp.Drop():
                self._drop(_table_name(tree))
                return WrittenRows()
        return CollectedRows([tuple(row) for row in self._rows(tree).collect()])

    def _create(self, tree: exp.Create) -> WrittenRows:
        name, query = _table_name(tree), tree.args.get("expression")
        if tree.kind == "VIEW":
            assert query is not None
            self._views[name] = _View(to_spark(query), frozenset(table.name for table in query.find_all(exp.Table)))
            self._refresh_views(name)
            return WrittenRows()
        if query is not None:
            return self._create_table(name, self._rows(query))
        self._drop(name)
        fields = tree.find_all(exp.ColumnDef)
        self._columns[name] = {column.name: to_spark(column.args["kind"]).lower() for column in fields}
        self._files[name] = []
        self._register(name)
        return WrittenRows()

    def _create_table(self, name: str, rows: Any) -> WrittenRows:
        """A table with these rows, in the place of any former one of this name."""
        columns = {field.name: field.dataType.simpleString() for field in rows.schema.fields}
        # Whole numbers are of one type: files of a table with several cannot be read together.
        columns = {column: "bigint" if type == "int" else type for column, type in columns.items()}
        path = self._write(name, _cast(rows, columns))
        self._drop(name)
        self._columns[name], self._files[name] = columns, [path]
        self._register(name)
        return WrittenRows(lambda: int(self._read(name, [path]).count()))

    def _append(self, name: str, rows: Any) -> WrittenRows:
        columns = self._columns[name]
        path = self._write(name, _cast(rows.toDF(*columns), columns))
        self._files[name].append(path)
        self._register(name)
        return WrittenRows(lambda: int(self._read(name, [path]).count()))

    def _delete(self, tree: exp.Delete) -> WrittenRows:
        name, where = _table_name(tree), tree.args.get("where")
        if where is None:
            self._files[name] = []
        else:
            kept = self.session.sql(_remaining(name, list(self._columns[name]), where.this))
            self._files[name] = [self._write(name, kept)]
        self._register(name)
        return WrittenRows()

    def _drop(self, name: str) -> None:
        self._views.pop(name, None)
        self._files.pop(name, None)
        self._columns.pop(name, None)
        self.session.catalog.dropTempView(name)

    # --- queries

    def _rows(self, tree: exp.Expr) -> Any:
        """The rows of a query, as a DataFrame: its recursive and materialised relations are tables first."""
        tree = tree.copy()
        clause = tree.args.get("with_")
        if clause is None:
            return self.session.sql(to_spark(tree))
        plain: list[exp.Expr] = []
        for relation in clause.expressions:
            is_recursive = any(table.name == relation.alias for table in relation.this.find_all(exp.Table))
            if is_recursive:
                self._close(relation, plain)
            elif relation.args.get("materialized") or _is_long(relation):
                self._create_table(relation.alias, self.session.sql(_with_relations(relation.this, plain)))
            else:
                plain.append(relation)
        tree.set("with_", None)
        return self.session.sql(_with_relations(tree, plain))

    def _close(self, relation: exp.Expr, plain: Sequence[exp.Expr]) -> None:
        """A recursive relation as a table: rounds over what the last one added, until nothing is new."""
        name, union = relation.alias, relation.this
        assert isinstance(union, exp.Union)
        rows = self.session.sql(_with_relations(union.this, plain))
        names = relation.alias_column_names or rows.columns
        self._create_table(name, rows.toDF(*names).distinct())
        step = union.expression
        for table in step.find_all(exp.Table):
            if table.name == name:
                table.replace(exp.to_table(f"{name}_delta", alias=table.alias_or_name))
        step_sql = _with_relations(step, plain)
        delta = self._files[name]
        while not self._read(name, delta).isEmpty():
            self._read(name, delta).createOrReplaceTempView(f"{name}_delta")
            new = self.session.sql(step_sql).toDF(*names)
            path = self._write(name, _cast(new.subtract(self.session.table(name)), self._columns[name]))
            delta = [path]
            self._files[name].append(path)
            self._register(name)
        self.session.catalog.dropTempView(f"{name}_delta")

    # --- files

    def _write(self, name: str, rows: Any) -> Path:
        path = self.folder / f"{name}-{next(self._numbers)}"
        rows.write.parquet(str(path))
        return path

    def _read(self, name: str, files: Sequence[Path]) -> Any:
        """The rows of some files of a table, as a DataFrame."""
        schema = ", ".join(f"{column} {type}" for column, type in self._columns[name].items())
        if files:
            return self.session.read.schema(schema).parquet(*map(str, files)).select(*self._columns[name])
        return self.session.createDataFrame([], schema)

    def _register(self, name: str) -> None:
        """Have statements read the table as it is now, and what is defined by it."""
        self._read(name, self._files[name]).createOrReplaceTempView(name)
        self._refresh_views(name)

    def _refresh_views(self, changed: str) -> None:
        """Define views anew that read a table: Spark binds a view to the files that its tables had."""
        stale = {changed}
        for name, view in self._views.items():
            if name == changed or view.reads & stale:
                self.session.sql(view.query).createOrReplaceTempView(name)
                stale.add(name)


def _cast(rows: Any, columns: Mapping[str, str]) -> Any:
    """The rows with the types of these columns."""
    return rows.selectExpr(*(f"CAST({name} AS {type}) AS {name}" for name, type in columns.items()))


def _is_long(relation: exp.Expr) -> bool:
    """True for a relation whose expressions Spark would copy into each relation that reads it, to no end.

    Raises `NotTranslatedError` for one that it could not plan in minutes.
    """
    size = sum(1 for _ in relation.walk())
    if size > _MOST_NODES:
        raise NotTranslatedError("an expression of this size")
    return size > _LONG


def _query_of(tree: exp.Insert) -> exp.Expr:
    """The query of an INSERT, with the relations that are defined before it."""
    query: exp.Expr = tree.expression.copy()
    if (clause := tree.args.get("with_")) is not None:
        query.set("with_", clause.copy())
    return query


def _with_relations(tree: exp.Expr, relations: Sequence[exp.Expr]) -> str:
    """A query in Spark's dialect, after the relations that it may read."""
    defined = ", ".join(to_spark(relation) for relation in relations)
    return f"WITH {defined} {to_spark(tree)}" if defined else to_spark(tree)


def _parse(statements: str) -> list[exp.Expr]:
    """The trees of statements; raises `NotTranslatedError` for one that sqlglot, which is recursive, cannot parse."""
    try:
        return [tree for tree in sqlglot.parse(statements, read="duckdb") if tree is not None]
    except RecursionError:
        raise NotTranslatedError("an expression of this depth") from None


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


def _remaining(name: str, columns: Sequence[str], condition: exp.Expr) -> str:
    """A query for the rows that a DELETE leaves."""
    listed = ", ".join(columns)
    if isinstance(condition, exp.In) and isinstance(condition.this, exp.Tuple):
        # NOT IN of several columns is a nested loop in Spark; the numbers of terms are never NULL.
        (other,) = (table.name for table in condition.args["query"].find_all(exp.Table))
        on = " AND ".join(f"a.{column} = b.{column}" for column in columns)
        return f"SELECT {listed} FROM {name} AS a LEFT ANTI JOIN {other} AS b ON {on}"  # noqa: S608  # our own names
    return f"SELECT {listed} FROM {name} WHERE NOT ({to_spark(condition)})"  # noqa: S608  # our own names
