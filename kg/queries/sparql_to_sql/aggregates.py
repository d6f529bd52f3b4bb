"""Groups and aggregates (https://www.w3.org/TR/sparql11-query/#aggregateAlgebra)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import rdflib

from kg.graph.columns import TermClass
from kg.queries.sparql_to_sql.algebra import NotCompiled
from kg.queries.sparql_to_sql.arithmetic import (
    DECIMAL,
    INTEGER,
    divided,
    exact_part,
    number,
    rounded_to,
)
from kg.queries.sparql_to_sql.relations import (
    NOTHING,
    NUMBER,
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
from kg.queries.sparql_to_sql.value_expressions import Expressions
from kg.sql import quote


def counts_duplicates(aggregates: Sequence[Any]) -> bool:
    """False when the results are the same whether a solution comes once or several times, with some variables alone."""
    once = ("Aggregate_Min", "Aggregate_Max", "Aggregate_Sample")
    return any(node.vars == "*" or not (node.distinct or node.name in once) for node in aggregates)


def aggregate(
    statement: SqlStatement, e: Expressions, keys: Sequence[Any] | None, aggregates: Sequence[Any]
) -> Relation:
    """The relation of groups: a row for each, with the results of the aggregates; one row without keys."""
    names = {str(key) for key in keys or () if isinstance(key, rdflib.Variable)}
    others = [node for node in aggregates if not (node.name == "Aggregate_Sample" and str(node.vars) in names)]
    grouping = _Grouping(statement, e, counted=_counted_variable(e, others))
    for key in keys or ():
        grouping.add_key(key)
    for node in aggregates:
        grouping.add(node)
    return grouping.relation(has_keys=bool(keys))


def _counted_variable(e: Expressions, aggregates: Sequence[Any]) -> str:
    """The variable whose distinct terms are counted, where all aggregates are counts and no other is distinct."""
    distinct = {node.vars for node in aggregates if node.distinct}
    if len(distinct) != 1 or any(node.name != "Aggregate_Count" for node in aggregates):
        return ""
    (variable,) = distinct
    column = e.relation.columns.get(str(variable)) if isinstance(variable, rdflib.Variable) else None
    return str(variable) if column is not None and column.kind is Kind.ID else ""


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The columns of the numbers of which there is a sum; those of floats and doubles only where there may be some."""

    exact: str
    is_integer: str
    floating: str = ""
    promotion: str = ""

    @property
    def are_complete(self) -> str:
        """That each of the values is a number."""
        floating = f" + count({self.floating})" if self.floating else ""
        return f"count(*) = count({self.exact}){floating}"

    @property
    def are_integers(self) -> str:
        """That each of them is an integer."""
        return f"coalesce(bool_and({self.is_integer}), true)"


class _Grouping:
    """The SELECT before the GROUP BY, and the one with it.

    The distinct terms of a variable are counted in words of 64 bits, one for each id, which takes a third of the time
    of a set of ids: rows are first grouped by the words that their ids are in, of which there are fewer.
    """

    def __init__(self, statement: SqlStatement, e: Expressions, *, counted: str) -> None:
        self.statement, self.e, self._counted = statement, e, counted
        self._in_words: list[str] = []
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
        if self._counted:
            word = f"{self.argument(self.e.variable(self._counted).sql)} >> 6"
            sql = f"SELECT {select_list([*keys, *self._in_words])} FROM {rows.name} GROUP BY {', '.join([*keys, word])}"
            rows = self.statement.add("distinct terms by words of ids", sql, {})
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
            return self._number("count(*)")
        names = [name for column in self.e.relation.columns.values() for name in column.names]
        cells = ", ".join(f"coalesce(CAST({name} AS VARCHAR), chr(0))" for name in names)
        return Value(Kind.NUMBER, f"CAST(count(DISTINCT ({cells},)) AS {NUMBER})")

    def count(self, value: Value, is_distinct: bool, node: Any) -> Value:
        """COUNT: how often the expression has a value."""
        if value is NOTHING:
            return Value(Kind.NUMBER, f"CAST(0 AS {NUMBER})")
        argument = self.argument(value.sql if value.kind is Kind.ID else value.text)
        if is_distinct and self._counted:
            bit = f"1::UBIGINT << ({argument} & 63)::UBIGINT"
            return self._number(f"bit_or({bit})", of_word="bit_count({})")
        return self._number(f"count({'DISTINCT ' if is_distinct else ''}{argument})")

    def _number(self, count: str, *, of_word: str = "{}") -> Value:
        """A count as a number; of rows that are grouped by words, the sum of those of the words."""
        if self._counted:
            name = self.statement.new_name("n")
            self._in_words.append(f"{count} AS {name}")
            count = f"coalesce(sum({of_word.format(name)}), 0)"
        return Value(Kind.NUMBER, f"CAST({count} AS {NUMBER})")

    def sum(self, value: Value, is_distinct: bool, node: Any) -> Value:
        """SUM: an error when one of the values is no number."""
        numbers = self._numbers(is_distinct, node)
        exact = f"coalesce(sum({numbers.exact}), 0)"
        if not numbers.floating:
            total = f"CASE WHEN {numbers.are_complete} THEN {exact} END"
            return Value(Kind.NUMBER, f"CAST({total} AS {NUMBER})", numbers.are_integers)
        promotion = f"coalesce(max({numbers.promotion}), {INTEGER})"
        return self._either(numbers, promotion, exact, self._floating_sum(numbers, promotion))

    def average(self, value: Value, is_distinct: bool, node: Any) -> Value:
        """AVG: a decimal of exact numbers, except of nothing, which is the integer 0."""
        numbers = self._numbers(is_distinct, node)
        millions = f"CAST(sum({numbers.exact}) * 1000000 AS HUGEINT)"
        is_short = f"bool_and({numbers.exact} * 1000000 = CAST({numbers.exact} * 1000000 AS HUGEINT))"
        quotient = divided(millions, "(count(*) * 1000000)::HUGEINT")
        inexact = unsupported("count(*)", "an average of decimals with many digits", NUMBER)
        exact = f"CASE WHEN count(*) = 0 THEN 0 WHEN {is_short} THEN {quotient} ELSE {inexact} END"
        if not numbers.floating:
            total = f"CASE WHEN {numbers.are_complete} THEN {exact} END"
            return Value(Kind.NUMBER, f"CAST({total} AS {NUMBER})", "(count(*) = 0)")
        promotion = f"coalesce(max({numbers.promotion}) | {DECIMAL}, {INTEGER})"
        average = f"({self._floating_sum(numbers, promotion)} / count(*))"
        return self._either(numbers, promotion, exact, rounded_to(promotion, average))

    def _numbers(self, is_distinct: bool, node: Any) -> _Numbers:
        if is_distinct:
            raise NotCompiled("a sum of distinct values")
        value = number(self.e, node.vars)
        part = exact_part(value)
        if value.kind is Kind.NUMBER:
            return _Numbers(self.argument(part.sql), self.argument(part.is_integer))
        return _Numbers(
            self.argument(part.sql),
            self.argument(part.is_integer),
            self.argument(value.sql),
            self.argument(value.promotion),
        )

    def _floating_sum(self, numbers: _Numbers, promotion: str) -> str:
        """The sum as a float or double: in ascending order, so that it is the same whenever the query runs.

        Exact numbers are added exactly. The others are added with Kahan's compensation, unless that is not finite.
        """
        ordered = f"({numbers.floating} ORDER BY {numbers.floating})"
        total = f"CASE WHEN isfinite(fsum{ordered}) THEN fsum{ordered} ELSE sum{ordered} END"
        both = f"(coalesce(CAST(sum({numbers.exact}) AS DOUBLE), 0) + coalesce({total}, 0))"
        return rounded_to(promotion, both)

    def _either(self, numbers: _Numbers, promotion: str, exact: str, floating: str) -> Value:
        """The result that is exact, or the one that is floating; an error when one of the values is no number."""
        return Value(
            Kind.FLOATING,
            f"CASE WHEN {numbers.are_complete} AND {promotion} > {DECIMAL} THEN {floating} END",
            exact=f"CAST(CASE WHEN {numbers.are_complete} AND {promotion} <= {DECIMAL} THEN {exact} END AS {NUMBER})",
            promotion=promotion,
        )

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
        if value.kind is Kind.FLOATING:
            value = Value(Kind.TEXT, value.text)
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
        exact = f"coalesce({f.number}, {f.moment}, CAST(CAST({f.truth} AS INTEGER) AS {NUMBER}))"
        by_text, by_value = (f"arg_{function}({id}, {self.argument(key)})" for key in (text, exact))
        by_floating = unsupported("count(*)", "the least of floating-point numbers", type)
        if self.e.dictionary.has_floating or value.kind is Kind.TEXT:
            by_floating = f"arg_{function}({id}, {self.argument(f.floating)})"
        return Value(
            value.kind,
            f"CASE WHEN count(*) > count({id}) THEN NULL"
            f" WHEN min({kind}) <> max({kind}) OR max({kind}) >= {TermClass.OTHER:d} THEN {mixed}"
            f" WHEN max({kind}) = {TermClass.BLANK:d} THEN min({id})"  # blank nodes have no order
            f" WHEN max({kind}) < {TermClass.BOOLEAN:d} THEN {by_text}"
            f" WHEN max({rank}) > 2 THEN {by_floating} ELSE {by_value} END",
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
