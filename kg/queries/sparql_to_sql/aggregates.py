"""Groups and aggregates (https://www.w3.org/TR/sparql11-query/#aggregateAlgebra)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import rdflib

from kg.graph.columns import TermClass
from kg.queries.sparql_to_sql.algebra import NotCompiled
from kg.queries.sparql_to_sql.relations import (
    NOTHING,
    Column,
    Kind,
    Relation,
    SqlStatement,
    Value,
    all_columns,
    column_of,
    select_list,
    unsupported,
)
from kg.queries.sparql_to_sql.value_expressions import Expressions, divided
from kg.sql import quote

_NUMBER = "DECIMAL(38, 18)"


def counts_duplicates(aggregates: Sequence[Any]) -> bool:
    """False when the results are the same whether a solution comes once or several times, with some variables alone."""
    once = ("Aggregate_Min", "Aggregate_Max", "Aggregate_Sample")
    return any(node.vars == "*" or not (node.distinct or node.name in once) for node in aggregates)


def aggregate(
    statement: SqlStatement, e: Expressions, keys: Sequence[Any] | None, aggregates: Sequence[Any]
) -> Relation:
    """The relation of groups: a row for each, with the results of the aggregates; one row without keys."""
    grouping = _Grouping(statement, e)
    for key in keys or ():
        grouping.add_key(key)
    for node in aggregates:
        grouping.add(node)
    return grouping.relation(has_keys=bool(keys))


class _Grouping:
    """The SELECT before the GROUP BY, and the one with it."""

    def __init__(self, statement: SqlStatement, e: Expressions) -> None:
        self.statement, self.e = statement, e
        self._inner: list[str] = []
        self._arguments: dict[str, str] = {}
        self._keys: dict[str, Column] = {}
        self._columns: dict[str, Column] = {}
        self._outer: list[str] = []

    def add_key(self, node: Any) -> None:
        if not isinstance(node, rdflib.Variable):
            column, pieces = column_of(self.e.value(node), self.statement.new_name())
            self._inner += pieces
            self._keys[f"#{column.name}"] = column
        elif (known := self.e.relation.columns.get(str(node))) is not None:
            self._keys[str(node)] = known

    def add(self, node: Any) -> None:
        """An aggregate; its result is the variable `node.res`."""
        name = node.name.removeprefix("Aggregate_")
        if name == "Sample" and isinstance(node.vars, rdflib.Variable) and str(node.vars) in self._keys:
            self._columns[str(node.res)] = self._keys[str(node.vars)]
            return
        if (
            name == "Sample"
            and isinstance(node.vars, rdflib.Variable)
            and str(node.vars) not in self.e.relation.columns
        ):
            return
        if name not in _RESULTS:
            raise NotCompiled(name)
        if node.vars == "*":
            result = self._count_rows(is_distinct=bool(node.distinct))
        else:
            value = self.e.value(node.vars)
            if value is NOTHING and name != "Count":
                raise NotCompiled("an aggregate of nothing")
            result = _RESULTS[name](self, value, bool(node.distinct), node)
        column, pieces = column_of(result, self.statement.new_name(), is_certain=name == "Count")
        self._outer += pieces
        self._columns[str(node.res)] = column

    def relation(self, *, has_keys: bool) -> Relation:
        """The relation of the groups."""
        inner = list(dict.fromkeys([*all_columns(self.e.relation, "r"), *self._inner]))
        rows = self.statement.add("arguments of aggregates", f"SELECT {select_list(inner)} FROM {self.e.source}", {})
        keys = list(dict.fromkeys(name for column in self._keys.values() for name in column.names))
        by = f" GROUP BY {', '.join(keys)}" if keys else " HAVING count(*) > 0" if has_keys else ""
        sql = f"SELECT {select_list([*keys, *self._outer])} FROM {rows.name}{by}"
        named = {name: column for name, column in self._keys.items() if not name.startswith("#")}
        return self.statement.add("group", sql, {**named, **self._columns})

    # --- arguments and results

    def argument(self, sql: str) -> str:
        """The name of a column of the rows that are grouped."""
        if sql not in self._arguments:
            self._arguments[sql] = self.statement.new_name("a")
            self._inner.append(f"{sql} AS {self._arguments[sql]}")
        return self._arguments[sql]

    def _count_rows(self, *, is_distinct: bool) -> Value:
        if not is_distinct:
            return Value(Kind.NUMBER, f"CAST(count(*) AS {_NUMBER})")
        names = [name for column in self.e.relation.columns.values() for name in column.names]
        cells = ", ".join(f"coalesce(CAST({name} AS VARCHAR), chr(0))" for name in names)
        return Value(Kind.NUMBER, f"CAST(count(DISTINCT ({cells},)) AS {_NUMBER})")

    def count(self, value: Value, is_distinct: bool, node: Any) -> Value:
        """COUNT: how often the expression has a value."""
        if value is NOTHING:
            return Value(Kind.NUMBER, f"CAST(0 AS {_NUMBER})")
        argument = self.argument(value.sql if value.kind is Kind.ID else value.text)
        return Value(Kind.NUMBER, f"CAST(count({'DISTINCT ' if is_distinct else ''}{argument}) AS {_NUMBER})")

    def sum(self, value: Value, is_distinct: bool, node: Any) -> Value:
        """SUM: an error when one of the values is no number."""
        number, is_integer = self._numbers(value, is_distinct, node)
        total = f"CASE WHEN count(*) = count({number}) THEN coalesce(sum({number}), 0) END"
        return Value(Kind.NUMBER, f"CAST({total} AS {_NUMBER})", f"coalesce(bool_and({is_integer}), true)")

    def average(self, value: Value, is_distinct: bool, node: Any) -> Value:
        """AVG: a decimal, except of nothing, which is the integer 0."""
        number, _ = self._numbers(value, is_distinct, node)
        millions = f"CAST(sum({number}) * 1000000 AS HUGEINT)"
        exact = f"bool_and({number} * 1000000 = CAST({number} * 1000000 AS HUGEINT))"
        quotient = divided(millions, "(count(*) * 1000000)::HUGEINT")
        inexact = unsupported("count(*)", "an average of decimals with many digits", _NUMBER)
        total = (
            f"CASE WHEN count(*) = 0 THEN 0 WHEN count(*) > count({number}) THEN NULL"
            f" WHEN {exact} THEN {quotient} ELSE {inexact} END"
        )
        return Value(Kind.NUMBER, f"CAST({total} AS {_NUMBER})", "(count(*) = 0)")

    def _numbers(self, value: Value, is_distinct: bool, node: Any) -> tuple[str, str]:
        if is_distinct:
            raise NotCompiled("a sum of distinct values")
        number = self.e.number(node.vars)
        return self.argument(number.sql), self.argument(number.is_integer)

    def least(self, value: Value, is_distinct: bool, node: Any) -> Value:
        """MIN, in the order of ORDER BY; an error when there is an error or unbound value."""
        return self._extreme(value, "min")

    def greatest(self, value: Value, is_distinct: bool, node: Any) -> Value:
        """MAX."""
        return self._extreme(value, "max")

    def _extreme(self, value: Value, function: str) -> Value:
        if value.kind is Kind.NUMBER:
            number, is_integer = self.argument(value.sql), self.argument(value.is_integer)
            complete = f"count(*) = count({number})"
            pick = f"arg_{function}({is_integer}, {number})"
            return Value(Kind.NUMBER, f"CASE WHEN {complete} THEN {function}({number}) END", pick)
        if value.kind not in (Kind.ID, Kind.TEXT, Kind.STRING) or value.language:
            raise NotCompiled("the least of computed terms")
        if value.kind is Kind.STRING:
            text = self.argument(value.sql)
            return Value(Kind.STRING, f"CASE WHEN count(*) = count({text}) THEN {function}({text}) END")
        f = self.e.facets(value)
        id, kind, rank = (self.argument(sql) for sql in (value.sql, f.kind, f"coalesce({f.rank}, 0)"))
        # Values that have no order among each other have no least one that two engines agree on.
        type = "UINTEGER" if value.kind is Kind.ID else "VARCHAR"
        mixed = unsupported("count(*)", "the least of values of several kinds", type)
        is_text = f"{f.kind} < {TermClass.BOOLEAN:d}"
        text = f"CASE WHEN {is_text} THEN {f.lexical} || chr(0) || coalesce({f.language}, '') END"
        exact, floating = (
            f"coalesce({f.number}, {f.moment})",
            f"CASE WHEN isnan({f.floating}) THEN -1e308 ELSE {f.floating} END",
        )
        best = [f"arg_{function}({id}, {self.argument(key)})" for key in (text, exact, floating, f.truth)]
        return Value(
            value.kind,
            f"CASE WHEN count(*) > count({id}) THEN NULL"
            f" WHEN min({kind}) <> max({kind}) OR max({kind}) >= {TermClass.OTHER:d} THEN {mixed}"
            f" WHEN max({kind}) = {TermClass.BOOLEAN:d} THEN {best[3]}"
            f" WHEN max({kind}) = {TermClass.BLANK:d} THEN min({id})"  # blank nodes have no order
            f" WHEN max({kind}) < {TermClass.BOOLEAN:d} THEN {best[0]}"
            f" WHEN max({rank}) > 2 THEN {best[2]} ELSE {best[1]} END",
        )

    def sample(self, value: Value, is_distinct: bool, node: Any) -> Value:
        """SAMPLE: any value, the same whenever the query runs."""
        if value.kind is not Kind.ID:
            raise NotCompiled("a sample of computed terms")
        return Value(Kind.ID, f"min({self.argument(value.sql)})")

    def concatenation(self, value: Value, is_distinct: bool, node: Any) -> Value:
        """GROUP_CONCAT of strings."""
        string = self.e.string(node.vars)
        separator = str(node.separator) if node.separator is not None else " "
        text = self.argument(string.sql)
        odd = unsupported("count(*)", "a concatenation of other values than strings")
        is_plain = f"count(*) = count({text})"
        if string.language:
            language = self.argument(string.language)
            is_plain += f" AND count({language}) = 0"
        joined = f"string_agg({'DISTINCT ' if is_distinct else ''}{text}, {quote(separator)} ORDER BY {text})"
        return Value(Kind.STRING, f"CASE WHEN {is_plain} THEN coalesce({joined}, '') ELSE {odd} END")


_RESULTS = {
    "Count": _Grouping.count,
    "Sum": _Grouping.sum,
    "Avg": _Grouping.average,
    "Min": _Grouping.least,
    "Max": _Grouping.greatest,
    "Sample": _Grouping.sample,
    "GroupConcat": _Grouping.concatenation,
}
