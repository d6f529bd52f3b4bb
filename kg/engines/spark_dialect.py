"""Statements in DuckDB's dialect as Spark reads them: what would give another result raises `NotTranslatedError`.

sqlglot translates what the two have in common. Here is what it does not: numbers without sign, lists of rows, regular
expressions, parts of strings, NaN.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import cast

from sqlglot import exp

from kg.engines.engine import NotTranslatedError
from kg.engines.java_regex import to_java

_TYPES = {
    exp.DataType.Type.UINT: "bigint",
    exp.DataType.Type.UBIGINT: "bigint",
    exp.DataType.Type.UTINYINT: "smallint",
    exp.DataType.Type.INT128: "decimal(38, 0)",
}
"""Spark has no numbers without sign."""
_FUNCTIONS = {"error": "raise_error", "strlen": "octet_length"}
_NOT_THE_SAME = {"url_encode"}


def to_spark(tree: exp.Expr) -> str:
    """A query in Spark's dialect."""
    tree = tree.copy()
    for node in reversed(list(tree.walk())):  # the parts of a node before the node
        adapt = _ADAPT.get(type(node))
        if adapt is not None and (adapted := adapt(node)) is not node:
            if node is tree:
                tree = adapted
            else:
                node.replace(adapted)
    return tree.sql(dialect="spark")


def _type(node: exp.Expr) -> exp.Expr:
    return exp.DataType.build(_TYPES[node.this]) if node.this in _TYPES else node


def _function(node: exp.Expr) -> exp.Expr:
    name = str(node.this).lower()
    if name in _NOT_THE_SAME:
        raise NotTranslatedError(f"the function {name}")
    return _call(_FUNCTIONS[name], *node.expressions) if name in _FUNCTIONS else node


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


# --- lists


def _rows(node: exp.Expr) -> exp.Expr:
    """A SELECT of nothing but lists: a row for each of their places."""
    lists = [_list(each) for each in node.expressions]
    if not lists or node.args.get("from_") is not None or any(each is None for each in lists):
        return node
    columns = cast(list[tuple[str, str, list[object]]], lists)
    if not columns[0][2]:
        casts = [exp.cast(exp.null(), type).as_(name) for name, type, _ in columns]
        return exp.select(*casts).where(exp.false())
    names = [f"c{number}" for number in range(len(columns))]
    rows = [tuple(exp.convert(cell) for cell in row) for row in zip(*(c[2] for c in columns), strict=True)]
    casts = [exp.cast(exp.column(c), type).as_(name) for c, (name, type, _) in zip(names, columns, strict=True)]
    return exp.select(*casts).from_(exp.values(rows, alias="v", columns=names))


def _list(node: exp.Expr) -> tuple[str, str, list[object]] | None:
    """Name, type and cells of a projection that is a list of constants."""
    unnest = node.this if isinstance(node, exp.Alias) else node
    if not isinstance(unnest, exp.Explode) or not isinstance(cast_ := unnest.this, exp.Cast):
        return None
    if isinstance(cast_.this, exp.Array):
        cells = [None if isinstance(cell, exp.Null) else cell.to_py() for cell in cast_.this.expressions]
    else:
        cells = json.loads(
            str(cast_.this.this).replace("True", "true").replace("False", "false").replace("NULL", "null")
        )
    return node.alias or "unnest", cast_.to.expressions[0].sql("spark"), cells


# --- strings


def _pattern(node: exp.Expr) -> exp.Expr:
    if not isinstance(node, exp.Literal):
        raise NotTranslatedError("a regular expression that is computed")
    return exp.Literal.string(to_java(str(node.this)))


def _matches(node: exp.Expr) -> exp.Expr:
    return exp.RegexpLike(this=node.this, expression=_pattern(node.expression))


def _matches_fully(node: exp.Expr) -> exp.Expr:
    whole = exp.Literal.string(rf"\A(?:{_pattern(node.expression).this})\z")
    return exp.RegexpLike(this=node.this, expression=whole)


def _extract(node: exp.Expr) -> exp.Expr:
    flags, group = node.args.get("parameters"), node.args.get("group")
    pattern = exp.Literal.string((f"(?{flags.this})" if flags is not None else "") + str(node.expression.this))
    return _call("regexp_extract", node.this, _pattern(pattern), group or exp.Literal.number(0))


def _replace(node: exp.Expr) -> exp.Expr:
    """Spark replaces every match: so does DuckDB with `g`, and there is one match at the end."""
    pattern, modifiers = str(node.expression.this), node.args.get("modifiers")
    if modifiers is None and not pattern.endswith("$"):
        raise NotTranslatedError("a replacement of the first match")
    template = str(node.args["replacement"].this).replace("$", r"\$")
    groups = re.sub(r"\\(\d)", r"$\1", template)
    return _call("regexp_replace", node.this, _pattern(node.expression), exp.Literal.string(groups))


def _part(node: exp.Expr) -> exp.Expr:
    """`text[2:-2]`, `text[2:]`, `text[1]` and `list[1:length]`; sqlglot counts a single place from 0."""
    (place,) = node.expressions
    text = node.this
    if not isinstance(place, exp.Slice):
        return _substring(text, int(place.to_py()) + 1, exp.Literal.number(1))
    if isinstance(place.expression, exp.Column):
        return _call("slice", text, place.this, place.expression)  # the first elements of a list
    first = int(place.this.to_py())
    if place.expression is None:
        return _call("substring", text, exp.Literal.number(first))
    last = int(place.expression.to_py())
    if last >= 0:
        return _substring(text, first, exp.Literal.number(last - first + 1))
    return _substring(text, first, exp.Length(this=text.copy()) - (first - last - 2))


def _substring(text: exp.Expr, start: int, length: exp.Expr) -> exp.Expr:
    return _call("substring", text, exp.Literal.number(start), length)


# --- numbers


def _is_nan(node: exp.Expr) -> exp.Expr:
    """Spark's `isnan` of NULL is false."""
    return exp.paren(exp.EQ(this=node.this, expression=exp.cast(exp.Literal.string("NaN"), "double")))


def _is_infinite(node: exp.Expr) -> exp.Expr:
    infinity = exp.cast(exp.Literal.string("Infinity"), "double")
    return exp.paren(exp.EQ(this=exp.Abs(this=node.this), expression=infinity))


def _window(node: exp.Expr) -> exp.Expr:
    """A number for each row, in no order: Spark would bring all rows to one task to count them."""
    if isinstance(node.this, exp.RowNumber) and not node.args.get("order") and not node.args.get("partition_by"):
        return _call("monotonically_increasing_id")
    return node


def _cte(node: exp.Expr) -> exp.Expr:
    node.set("materialized", None)
    return node


_ADAPT: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.DataType: _type,
    exp.Anonymous: _function,
    exp.Select: _rows,
    exp.RegexpLike: _matches,
    exp.RegexpFullMatch: _matches_fully,
    exp.RegexpExtract: _extract,
    exp.RegexpReplace: _replace,
    exp.Bracket: _part,
    exp.IsNan: _is_nan,
    exp.IsInf: _is_infinite,
    exp.Window: _window,
    exp.CTE: _cte,
}
