"""Spark as an engine: statements in DuckDB's dialect, translated by sqlglot; tables are folders of Parquet files.

Spark has no temporary tables that can be changed. Here a table is a list of folders: INSERT writes another folder,
DELETE writes what remains to a new one. So every statement ends with files on disk, which cuts the lineage of a loop as
a checkpoint does, and a task that is lost is run again from them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from shutil import rmtree
from typing import Any
from uuid import uuid4

import duckdb
import sqlglot
from sqlglot import exp

from kg.engines.engine import NotTranslatedError
from kg.engines.spark_dialect import to_spark
from kg.errors import LimitError
from kg.sql import quote

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
class StreamedRows:
    """The rows of a statement, of which one partition at a time is in memory."""

    rows: Iterator[tuple[Any, ...]]

    def fetchmany(self, size: int) -> list[tuple[Any, ...]]:
        """The next rows, at most so many."""
        return list(islice(self.rows, size))

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows that have not been read."""
        return list(self.rows)

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None."""
        return next(self.rows, None)


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

    query: exp.Expr
    reads: frozenset[str]


def errors_of_spark() -> tuple[type[Exception], ...]:
    """What a session raises; known only where Spark is installed."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return PySparkException, Py4JError


@contextmanager
def _refusals() -> Iterator[None]:
    """What Spark cannot run, and what it would answer otherwise, as a `LimitError`."""
    try:
        yield
    except NotTranslatedError as error:
        raise LimitError(f"Spark would answer otherwise: {error}. Leave out --engine.", limit="spark") from error
    except errors_of_spark() as error:
        first = str(error).splitlines()[0][:300]
        raise LimitError(f"Spark could not run a statement: {first}", limit="spark") from error


class SparkEngine:
    """Runs statements on a session of Spark; `folder` is for the files of tables, and every executor must reach it.

    In the session, the names of its tables begin with a prefix, since several engines share a session.
    """

    def __init__(self, session: Any, folder: Path) -> None:
        self.session, self.folder = session, folder
        self.statements = 0
        self._numbers = count(1)
        self._prefix = f"kg_{uuid4().hex[:12]}_"
        self._columns: dict[str, dict[str, str]] = {}
        self._files: dict[str, list[Path]] = {}
        self._views: dict[str, _View] = {}
        self._opened: dict[str, Any] = {}
        """The tables that are files of somebody else, as DataFrames."""
        self._current: set[str] = set()
        """The tables and views that the session has as they are now."""

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> CollectedRows | WrittenRows:
        """Run a statement, or several; raises `LimitError` when Spark cannot."""
        result: CollectedRows | WrittenRows = WrittenRows()
        with _refusals(), self._lists_as_tables(statement, parameters) as bound:
            for tree in _parse(bound.statement):
                self.statements += 1
                result = self._run(_with_parameters(tree, bound.parameters) if bound.parameters else tree)
        return result

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a SELECT; raises Spark's own errors, and `NotTranslatedError`."""
        self.statements += 1
        (tree,) = _parse(statement)
        return self._collect(tree)

    def stream(self, statement: str, parameters: Sequence[Any] | None = None) -> StreamedRows:
        """The rows of a SELECT, which are not all in memory; reading them raises `LimitError` when Spark cannot."""
        self.statements += 1
        return StreamedRows(self._stream(statement, parameters))

    def open_parquet(self, table: str, path: Path, columns: Sequence[str]) -> None:
        """Make a table of a Parquet file as it is, in which all cells are texts: `row` and `line` count its rows."""
        cells = (f"coalesce(CAST({_quote(name)} AS STRING), '') AS {_quote(name)}" for name in columns)
        places = ("_metadata.row_index AS row", "_metadata.row_index + 1 AS line")
        self._opened[table] = self.session.read.parquet(str(path)).selectExpr(*places, *cells)
        self._has_changed(table)

    def read_parquet(self, table: str, path: Path) -> None:
        """Append the rows of a Parquet file, or of a folder of them, to a table, which is made if it is not there."""
        if table not in self._files:
            self._columns[table] = _columns_of(self.session.read.parquet(str(path)))
            self._files[table] = []
        self._files[table].append(path)
        self._has_changed(table)

    def columns(self, table: str) -> tuple[str, ...]:
        """The names of the columns of a table."""
        return tuple(self._columns[table])

    def write_parquet(self, table: str, path: Path) -> None:
        """Write a table to a folder of Parquet files."""
        self._read(table, self._files[table]).write.parquet(str(path))

    def write_rows(self, query: str, path: Path, *, partition_by: str = "") -> None:
        """Write the rows of a query to a folder of Parquet files, or to one for each value of a column."""
        (tree,) = _parse(query)
        with self._rows(tree) as rows:
            (rows.write.partitionBy(partition_by) if partition_by else rows.write).parquet(str(path))

    def interrupt(self) -> None:
        """Cancel the statement that runs."""
        self.session.interruptAll()

    def close(self) -> None:
        """Forget the tables; the session stays open for whoever has opened it."""
        for name in (*self._views, *self._files, *self._opened):
            self._drop(name)

    # --- statements

    def _run(self, tree: exp.Expr) -> CollectedRows | WrittenRows:
        match tree:
            case exp.Create():
                return self._create(tree)
            case exp.Insert():
                with self._rows(_unordered(_query_of(tree))) as rows:
                    return self._append(_table_name(tree), rows)
            case exp.Delete():
                return self._delete(tree)
            case exp.Drop():
                self._discard(_table_name(tree))
                return WrittenRows()
        return CollectedRows(self._collect(tree))

    def _collect(self, tree: exp.Expr) -> list[tuple[Any, ...]]:
        with self._rows(tree) as rows:
            return [tuple(row) for row in rows.collect()]

    def _stream(self, statement: str, parameters: Sequence[Any] | None) -> Iterator[tuple[Any, ...]]:
        with _refusals(), self._lists_as_tables(statement, parameters) as bound:
            (tree,) = _parse(bound.statement)
            with self._rows(_with_parameters(tree, bound.parameters) if bound.parameters else tree) as rows:
                yield from map(tuple, rows.toLocalIterator())

    def _create(self, tree: exp.Create) -> WrittenRows:
        name, query = _table_name(tree), tree.args.get("expression")
        if tree.kind == "VIEW":
            assert query is not None
            self._views[name] = _View(query, frozenset(table.name for table in query.find_all(exp.Table)))
            self._has_changed(name)
            return WrittenRows()
        if query is not None:
            with self._rows(_unordered(query)) as rows:
                return self._create_table(name, rows)
        self._drop(name)
        fields = tree.find_all(exp.ColumnDef)
        self._columns[name] = {column.name: to_spark(column.args["kind"]).lower() for column in fields}
        self._files[name] = []
        self._has_changed(name)
        return WrittenRows()

    def _create_table(self, name: str, rows: Any) -> WrittenRows:
        """A table with these rows, in the place of any former one of this name."""
        columns = _columns_of(rows)
        path = self._write(name, _cast(rows, columns))
        self._views.pop(name, None)
        self._columns[name], self._files[name] = columns, [path]
        self._has_changed(name)
        return WrittenRows(lambda: int(self._read(name, [path]).count()))

    def _append(self, name: str, rows: Any) -> WrittenRows:
        columns = self._columns[name]
        path = self._write(name, _cast(rows.toDF(*columns), columns))
        self._files[name].append(path)
        self._has_changed(name)
        return WrittenRows(lambda: int(self._read(name, [path]).count()))

    def _delete(self, tree: exp.Delete) -> WrittenRows:
        name, where = _table_name(tree), tree.args.get("where")
        files = []
        if where is not None:
            with self._rows(_remaining(name, list(self._columns[name]), where.this)) as rows:
                files = [self._write(name, rows)]
        self._files[name] = files
        self._has_changed(name)
        return WrittenRows()

    def _drop(self, name: str) -> None:
        self._has_changed(name)
        self._views.pop(name, None)
        self._files.pop(name, None)
        self._opened.pop(name, None)
        self._columns.pop(name, None)
        self.session.catalog.dropTempView(self._prefix + name)

    # --- queries

    @contextmanager
    def _rows(self, tree: exp.Expr) -> Iterator[Any]:
        """The rows of a query, as a DataFrame.

        Its recursive and materialised relations are tables, of names that no other query has, until the end of the
        context.
        """
        tree = tree.copy()
        clause, tables, plain = tree.args.get("with_"), list[str](), list[exp.Expr]()
        tree.set("with_", None)
        relations = [] if clause is None else list(clause.expressions)
        try:
            for place, relation in enumerate(relations):
                is_recursive = any(table.name == relation.alias for table in relation.this.find_all(exp.Table))
                if not is_recursive and not relation.args.get("materialized") and not _is_long(relation):
                    plain.append(relation)
                    continue
                tables.append(f"{relation.alias}_{next(self._numbers)}")
                if is_recursive:
                    self._close(tables[-1], relation, plain)
                else:
                    self._create_table(tables[-1], self._frame(relation.this, plain))
                for reader in (*relations[place + 1 :], tree):
                    _read_instead(reader, relation.alias, tables[-1])
            yield self._frame(tree, plain)
        finally:
            for table in tables:
                self._discard(table)

    def _frame(self, tree: exp.Expr, relations: Sequence[exp.Expr] = ()) -> Any:
        """The rows of a query after the relations that it may read, as a DataFrame."""
        parts = [part.copy() for part in (*relations, tree)]
        own = {relation.alias for part in parts for relation in part.find_all(exp.CTE)}
        for part in parts:
            for table in part.find_all(exp.Table):
                if (name := table.name) not in own and any(
                    name in of for of in (self._files, self._views, self._opened)
                ):
                    self._register(name)
                    _read_table(table, self._prefix + name)
        *defined, query = map(to_spark, parts)
        return self.session.sql(f"WITH {', '.join(defined)} {query}" if defined else query)

    def _close(self, name: str, relation: exp.Expr, plain: Sequence[exp.Expr]) -> None:
        """A recursive relation as a table: rounds over what the last one added, until nothing is new."""
        union = relation.this
        assert isinstance(union, exp.Union)
        rows = self._frame(union.this, plain)
        names = relation.alias_column_names or rows.columns
        self._create_table(name, rows.toDF(*names).distinct())
        step, columns, added = union.expression, self._columns[name], f"{name}_added"
        _read_instead(step, relation.alias, added)
        files = self._files[name]
        while not self._read(name, files).isEmpty():
            self._columns[added], self._files[added] = columns, files
            self._has_changed(added)
            new = self._frame(step, plain).toDF(*names).subtract(self._read(name, self._files[name]))
            files = [self._write(name, _cast(new, columns))]
            self._files[name] = [*self._files[name], *files]
        self._drop(added)
        self._has_changed(name)

    def _discard(self, table: str) -> None:
        """Drop a table of one query, and delete its files."""
        files = self._files.get(table, [])
        self._drop(table)
        for path in files:
            if path.is_relative_to(self.folder):
                rmtree(path, ignore_errors=True)

    # --- lists

    @contextmanager
    def _lists_as_tables(self, statement: str, parameters: Sequence[Any] | None) -> Iterator[_Bound]:
        """A statement that reads its lists, which may be long, from tables; these are dropped at the end."""
        tables, rest, given = list[str](), list[Any](), iter(parameters or ())

        def bind(match: re.Match[str]) -> str:
            if match[0] == "?":
                rest.append(next(given))
            if match["lists"] is None:
                return match[0]
            lists = list(_LIST.finditer(match["lists"]))
            tables.append(f"given_{next(self._numbers)}")
            self._write_lists(tables[-1], [(each["type"], next(given)) for each in lists])
            names = (f"c{n} AS {each['name']}" if each["name"] else f"c{n}" for n, each in enumerate(lists))
            return f"SELECT {', '.join(names)} FROM {tables[-1]}"  # noqa: S608  # names of our own

        try:
            bound = _LISTS.sub(bind, statement) if parameters else statement
            yield _Bound(bound, rest)
        finally:
            for table in tables:
                self._discard(table)

    def _write_lists(self, table: str, lists: Sequence[tuple[str | None, Any]]) -> None:
        """A table with a row for each place of these lists, of which each may be a text in the form of JSON."""
        with duckdb.connect(":memory:") as local:
            # The numbers of hashed terms have 64 bits, whatever a statement calls them.
            wide = (type and _TYPES_OF_LISTS.get(type, type) for type, _ in lists)
            cells = ", ".join(f"unnest(?{f'::{type}[]' if type else ''}) AS c{n}" for n, type in enumerate(wide))
            local.execute(f"CREATE TABLE given AS SELECT {cells}", [values for _, values in lists])
            types = local.execute("SELECT column_name, column_type FROM (DESCRIBE given)").fetchall()
            columns = {name: _TYPES_OF_LISTS.get(type, "string") for name, type in types}
            path = self.folder / table
            path.mkdir()
            casts = ", ".join(f"{name}::{type} AS {name}" for name, type in columns.items())
            local.execute(f"COPY (SELECT {casts} FROM given) TO {quote(path / 'part.parquet')}")  # noqa: S608
        self._columns[table], self._files[table] = columns, [path]

    # --- files

    def _write(self, name: str, rows: Any) -> Path:
        path = self.folder / f"{name}-{next(self._numbers)}"
        rows.write.parquet(str(path))
        return path

    def _read(self, name: str, files: Sequence[Path]) -> Any:
        """The rows of some files of a table, as a DataFrame."""
        columns = self._columns[name]
        if files:
            schema = ", ".join(f"{_quote(column)} {type}" for column, type in columns.items())
            return self.session.read.schema(schema).parquet(*map(str, files)).select(*columns)
        # Spark knows that this has no rows, and plans no join with it.
        cells = ", ".join(f"CAST(NULL AS {type}) AS {_quote(column)}" for column, type in columns.items())
        return self.session.sql(f"SELECT {cells} WHERE false")

    def _register(self, name: str) -> None:
        """Have statements read a table or view as it is now."""
        if name not in self._current:
            view, rows = self._views.get(name), self._opened.get(name)
            if rows is None:
                rows = self._frame(view.query) if view is not None else self._read(name, self._files[name])
            rows.createOrReplaceTempView(self._prefix + name)
            self._current.add(name)

    def _has_changed(self, name: str) -> None:
        """Have a table be registered anew, and the views that read it: Spark binds these to the files that it had."""
        self._current.discard(name)
        for view, definition in self._views.items():
            if view in self._current and name in definition.reads:
                self._has_changed(view)


def _columns_of(rows: Any) -> dict[str, str]:
    """The columns of a DataFrame with their types, all whole numbers as BIGINT.

    Files of a table with several types of them cannot be read together, and the number of a partition may have any.
    """
    types = {field.name: field.dataType.simpleString() for field in rows.schema.fields}
    return {name: "bigint" if type == "int" else type for name, type in types.items()}


def _cast(rows: Any, columns: Mapping[str, str]) -> Any:
    """The rows with the types of these columns."""
    casts = (f"CAST({_quote(name)} AS {type}) AS {_quote(name)}" for name, type in columns.items())
    return rows.selectExpr(*casts)


def _quote(name: str) -> str:
    return f"`{name.replace('`', '``')}`"


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


def _unordered(query: exp.Expr) -> exp.Expr:
    """The query of rows that are written: tables have no order, and to sort all rows is dear."""
    if isinstance(query, exp.Select) and query.args.get("limit") is None:
        query.set("order", None)
    return query


def _read_table(node: exp.Table, table: str) -> None:
    """Have a reference read another table, under the name that it has in the statement."""
    if not node.alias:
        node.set("alias", exp.TableAlias(this=exp.to_identifier(node.name)))
    node.set("this", exp.to_identifier(table))


def _read_instead(tree: exp.Expr, name: str, table: str) -> None:
    """Have a query read a table in place of a relation."""
    for node in tree.find_all(exp.Table):
        if node.name == name:
            _read_table(node, table)


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


@dataclass(frozen=True, slots=True)
class _Bound:
    """A statement, and those of its parameters that are not lists."""

    statement: str
    parameters: Sequence[Any]


_LIST = re.compile(r"unnest\(\?(?:::(?P<type>\w+)\[\])?\)(?: AS (?P<name>\w+))?")
_LISTS = re.compile(
    r"'(?:[^']|'')*'|\?|SELECT (?P<lists>"
    r"unnest\(\?(?:::\w+\[\])?\)(?: AS \w+)?(?:, unnest\(\?(?:::\w+\[\])?\)(?: AS \w+)?)*)"
)
"""A text, a parameter, or a SELECT of nothing but lists."""
_TYPES_OF_LISTS = {
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "TINYINT", "SMALLINT", "INTEGER", "BIGINT"), "bigint"),
    "BOOLEAN": "boolean",
    "DOUBLE": "double",
}


def _with_parameters(tree: exp.Expr, parameters: Sequence[Any]) -> exp.Expr:
    """The statement with its parameters as literals."""
    values = iter(parameters)
    return tree.transform(lambda node: exp.convert(next(values)) if isinstance(node, exp.Placeholder) else node)


def _remaining(name: str, columns: Sequence[str], condition: exp.Expr) -> exp.Expr:
    """A query for the rows that a DELETE leaves."""
    rows = exp.select(*columns)
    if isinstance(condition, exp.In) and isinstance(condition.this, exp.Tuple):
        # NOT IN of several columns is a nested loop in Spark; the numbers of terms are never NULL.
        (other,) = (table.name for table in condition.args["query"].find_all(exp.Table))
        on = exp.and_(*(exp.column(column, "a").eq(exp.column(column, "b")) for column in columns))
        rows = exp.select(*(exp.column(column, "a") for column in columns))
        return rows.from_(f"{name} AS a").join(exp.to_table(other, alias="b"), on=on, join_type="left anti")
    return rows.from_(name).where(exp.not_(exp.paren(condition.copy())))
