"""Relations: solutions as rows of SQL, with the columns of their variables; joins of solutions.

An unbound variable is NULL. Most variables have the id of their term; what is computed has a column of its value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from kg.queries.sparql_to_sql.algebra import NotCompiled
from kg.sql import quote
from kg.terms import XSD

NUMBER = "DECIMAL(38, 18)"
"""The type of exact numbers."""
UNSUPPORTED = "not compiled: "
"""How the message begins with which running SQL says that it met a value of which the columns are not exact."""


def unsupported_reason(message: str, *, engine: str = "SQL") -> str:
    """Why a statement stopped, by the message of the engine that ran it."""
    if UNSUPPORTED in message:
        return message.partition(UNSUPPORTED)[2].split("\n")[0]
    return f"{engine}: {message[:200]}"


class Kind(Enum):
    """What a column holds."""

    ID = "the id of a term"
    NUMBER = "an integer or decimal; a second column says whether it is an integer"
    FLOATING = "a number of any datatype; a column has its text"
    TRUTH = "a truth value"
    STRING = "the lexical form of an xsd:string"
    TEXT = "the exact text of a term"


_TYPES = {
    Kind.ID: ("UINTEGER",),
    Kind.NUMBER: (NUMBER, "BOOLEAN"),
    Kind.TRUTH: ("BOOLEAN",),
    Kind.STRING: ("VARCHAR",),
    Kind.TEXT: ("VARCHAR",),
}


@dataclass(frozen=True, slots=True)
class Column:
    """The column of a variable; `is_certain` says that the variable is bound in every solution."""

    name: str
    kind: Kind = Kind.ID
    is_certain: bool = True

    @property
    def nothing(self) -> list[str]:
        """NULL for each column that holds it."""
        return [f"CAST(NULL AS {type})" for type in _TYPES[self.kind]]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns that hold it."""
        return (self.name, f"{self.name}_int") if self.kind is Kind.NUMBER else (self.name,)


@dataclass(frozen=True, slots=True)
class Relation:
    """The name of a relation, and the column of each variable that may be bound in it."""

    name: str
    columns: Mapping[str, Column] = field(default_factory=dict)


class SqlStatement:
    """The named relations of one statement, in the order in which they are defined."""

    def __init__(self) -> None:
        self.relations: list[tuple[str, str, str]] = []
        self._count = 0

    def new_name(self, prefix: str = "c") -> str:
        """A name that nothing has yet; SQL's names are the same in upper and lower case, those of variables are not."""
        self._count += 1
        return f"{prefix}{self._count}"

    def add(
        self, step: str, sql: str, columns: Mapping[str, Column], *, is_materialized: bool = False, name: str = ""
    ) -> Relation:
        """A new relation; `step` is the name of the rewrite that makes it."""
        name = name or self.new_name("r")
        self.relations.append((name, step, f"MATERIALIZED ({sql})" if is_materialized else f"({sql})"))
        return Relation(name, columns)


def select_list(pieces: Iterable[str]) -> str:
    """The list of a SELECT, which may not be empty."""
    return ", ".join(pieces) or "1 AS nothing"


def all_columns(relation: Relation, alias: str) -> list[str]:
    """Every column of a relation."""
    return [f"{alias}.{name}" for column in relation.columns.values() for name in column.names]


# --- one kind for a variable of two relations


def to_text_column(statement: SqlStatement, relation: Relation, variable: str) -> Relation:
    """The relation with the exact text of a variable."""
    column = relation.columns[variable]
    if column.kind is Kind.TEXT:
        return relation
    name = statement.new_name()
    others = [n for v, c in relation.columns.items() if v != variable for n in (f"r.{n}" for n in c.names)]
    join = f" LEFT JOIN dictionary t ON t.id = r.{column.name}" if column.kind is Kind.ID else ""
    sql = f"SELECT {select_list([*others, f'{text_of(column)} AS {name}'])} FROM {relation.name} r{join}"
    columns = {**relation.columns, variable: Column(name, Kind.TEXT, column.is_certain)}
    return statement.add("text of a term", sql, columns)


def text_of(column: Column) -> str:
    """The exact text of a column of the relation `r`; of an id, from the dictionary `t`."""
    name = f"r.{column.name}"
    match column.kind:
        case Kind.ID:
            return "t.text"
        case Kind.NUMBER:
            return number_text(name, f"r.{column.name}_int")
        case Kind.TRUTH:
            return truth_text(name)
        case Kind.STRING:
            return string_text(name)
    return name


def number_text(number: str, is_integer: str) -> str:
    """The exact text of a number, in the canonical form of its datatype."""
    plain = plain_number(number)
    integer, decimal = quote(f'"^^<{XSD}integer>'), quote(f'"^^<{XSD}decimal>')
    return f"('\"' || {plain} || CASE WHEN {is_integer} THEN {integer} ELSE {decimal} END)"


def plain_number(number: str) -> str:
    """The canonical lexical form of a number."""
    return f"regexp_replace(regexp_replace(CAST({number} AS VARCHAR), '0+$', ''), '\\.$', '')"


def floating_text(floating: str, is_single: str) -> str:
    """The exact text of an xsd:float or xsd:double, in the lexical form that Oxigraph gives it."""
    single, double = quote(f'"^^<{XSD}float>'), quote(f'"^^<{XSD}double>')
    return f"('\"' || {plain_floating(floating, is_single)} || CASE WHEN {is_single} THEN {single} ELSE {double} END)"


def plain_floating(floating: str, is_single: str) -> str:
    """The fewest digits that say which number it is, without an exponent: `1`, `0.1`, `-0`, `10000000000000000`."""
    shortest = (
        f"CASE WHEN {is_single} THEN CAST(CAST({floating} AS FLOAT) AS VARCHAR) ELSE CAST({floating} AS VARCHAR) END"
    )
    sign, digits = f"regexp_extract({shortest}, '^-?')", f"regexp_replace({shortest}, '[-.]|e.*', '', 'g')"
    exponent = f"CAST(regexp_extract({shortest}, 'e(.*)$', 1) AS INTEGER)"
    large, small = f"rpad({digits}, {exponent} + 1, '0')", f"'0.' || repeat('0', -{exponent} - 1) || {digits}"
    return (
        f"(CASE WHEN isnan({floating}) THEN 'NaN' WHEN isinf({floating}) AND {floating} > 0 THEN 'INF'"
        f" WHEN isinf({floating}) THEN '-INF'"
        f" WHEN NOT contains({shortest}, 'e') THEN regexp_replace({shortest}, '\\.0$', '')"
        f" WHEN {exponent} > 0 THEN {sign} || {large} ELSE {sign} || {small} END)"
    )


def truth_text(truth: str) -> str:
    """The exact text of a truth value."""
    yes, no = (quote(f'"{word}"^^<{XSD}boolean>') for word in ("true", "false"))
    return f"(CASE WHEN {truth} THEN {yes} WHEN NOT {truth} THEN {no} END)"


_ESCAPES = (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\b", "\\b"), ("\f", "\\f"))


def string_text(lexical: str) -> str:
    """The exact text of an xsd:string."""
    return f"('\"' || {escaped(lexical)} || '\"')"


def escaped(lexical: str) -> str:
    """A lexical form with the escapes of N-Triples."""
    sql = lexical
    for char, escape in _ESCAPES:
        sql = f"replace({sql}, {_literal(char)}, {quote(escape)})"
    control = "[\\x00-\\x07\\x0b\\x0e-\\x1f\\x7f]"
    odd = unsupported(lexical, "control characters")
    return f"(CASE WHEN regexp_matches({lexical}, '{control}') THEN {odd} ELSE {sql} END)"


def _literal(char: str) -> str:
    return quote(char) if char.isprintable() else f"chr({ord(char)})"


def unsupported(value: str, what: str, type: str = "VARCHAR") -> str:
    """SQL that stops the statement where it meets a value that it would not handle exactly."""
    return f"CAST(error({quote(UNSUPPORTED + what)} || coalesce(left(CAST({value} AS VARCHAR), 0), '')) AS {type})"


def same_kinds(statement: SqlStatement, left: Relation, right: Relation) -> tuple[Relation, Relation]:
    """Two relations whose common variables have columns of the same kind."""
    for variable in [v for v in left.columns if v in right.columns]:
        kinds = {left.columns[variable].kind, right.columns[variable].kind}
        if kinds != {Kind.ID} and not (len(kinds) == 1 and kinds <= {Kind.STRING, Kind.TEXT, Kind.TRUTH}):
            left, right = (to_text_column(statement, relation, variable) for relation in (left, right))
    return left, right


# --- compatible solutions


def is_compatible(left: Relation, right: Relation, *, aliases: tuple[str, str] = ("a", "b")) -> str:
    """The condition on which two solutions are compatible (https://www.w3.org/TR/sparql11-query/#defn_algCompatibleMapping)."""
    a, b = aliases
    conditions = []
    for variable in [v for v in left.columns if v in right.columns]:
        x, y = left.columns[variable], right.columns[variable]
        parts = [f"{a}.{x.name} = {b}.{y.name}"]
        parts += [f"{a}.{x.name} IS NULL"] * (not x.is_certain) + [f"{b}.{y.name} IS NULL"] * (not y.is_certain)
        conditions.append(parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})")
    return " AND ".join(conditions)


def join(statement: SqlStatement, left: Relation, right: Relation) -> Relation:
    """Join(left, right)."""
    left, right = same_kinds(statement, left, right)
    pieces, columns = _merged(statement, left, right, is_left=False)
    condition = is_compatible(left, right)
    on = f"JOIN {right.name} b ON {condition}" if condition else f"CROSS JOIN {right.name} b"
    return statement.add("join", f"SELECT {select_list(pieces)} FROM {left.name} a {on}", columns)


def left_join(statement: SqlStatement, left: Relation, right: Relation) -> Relation:
    """LeftJoin(left, right, true)."""
    left, right = same_kinds(statement, left, right)
    pieces, columns = _merged(statement, left, right, is_left=True)
    condition = is_compatible(left, right) or "true"
    sql = f"SELECT {select_list(pieces)} FROM {left.name} a LEFT JOIN {right.name} b ON {condition}"
    return statement.add("left join", sql, columns)


def _merged(
    statement: SqlStatement, left: Relation, right: Relation, *, is_left: bool
) -> tuple[list[str], dict[str, Column]]:
    pieces: list[str] = []
    columns: dict[str, Column] = {}
    for variable, column in left.columns.items():
        other = right.columns.get(variable)
        if other is None or column.is_certain:
            pieces += [f"a.{name}" for name in column.names]
            columns[variable] = column
            continue
        merged = Column(statement.new_name(), column.kind, is_certain=other.is_certain and not is_left)
        pieces.append(f"coalesce(a.{column.name}, b.{other.name}) AS {merged.name}")
        columns[variable] = merged
    for variable, column in right.columns.items():
        if variable not in left.columns:
            pieces += [f"b.{name}" for name in column.names]
            columns[variable] = replace(column, is_certain=column.is_certain and not is_left)
    return pieces, columns


def union(statement: SqlStatement, left: Relation, right: Relation) -> Relation:
    """Union(left, right)."""
    left, right = same_kinds(statement, left, right)
    columns: dict[str, Column] = {}
    for variable in {**left.columns, **right.columns}:
        found = [relation.columns[variable] for relation in (left, right) if variable in relation.columns]
        is_certain = len(found) == 2 and all(column.is_certain for column in found)
        columns[variable] = Column(statement.new_name(), found[0].kind, is_certain)
    selects = []
    for relation in (left, right):
        pieces = []
        for variable, column in columns.items():
            own = relation.columns.get(variable)
            names = own.names if own is not None else column.nothing
            pieces += [f"{name} AS {alias}" for name, alias in zip(names, column.names, strict=True)]
        selects.append(f"SELECT {select_list(pieces)} FROM {relation.name}")
    return statement.add("union", " UNION ALL ".join(selects), columns)


def minus(statement: SqlStatement, left: Relation, right: Relation, *, outside: str | None = None) -> Relation:
    """Minus(left, right): a solution is removed by a compatible one with a variable in common.

    The variable that is `outside`, the graph's, is none of these.
    """
    shared = [variable for variable in left.columns if variable in right.columns and variable != outside]
    if not shared:
        return left
    left, right = same_kinds(statement, left, right)
    pairs = [(left.columns[variable], right.columns[variable]) for variable in shared]
    condition = is_compatible(left, right)
    if not any(x.is_certain and y.is_certain for x, y in pairs):
        bound = (f"(a.{x.name} IS NOT NULL AND b.{y.name} IS NOT NULL)" for x, y in pairs)
        condition += f" AND ({' OR '.join(bound)})"
    sql = f"SELECT * FROM {left.name} a WHERE NOT EXISTS (SELECT 1 FROM {right.name} b WHERE {condition})"
    return statement.add("minus", sql, left.columns)


def require_id(column: Column, what: str) -> None:
    """Raise `NotCompiled` for a column without ids."""
    if column.kind is not Kind.ID:
        raise NotCompiled(what)


# --- values that are computed


@dataclass(frozen=True, slots=True)
class Value:
    """An expression as SQL; of a number also whether it is an integer, of a string also its language.

    Of a number of any datatype, `sql` is the float or double, NULL where it is an exact number.
    """

    kind: Kind
    sql: str
    is_integer: str = "true"
    exact: str = ""
    """Of a number of any datatype: the integer or decimal, NULL where it is a float or double."""
    promotion: str = ""
    """Of a number of any datatype: which one that is, so that `|` of two is that of their sum (`arithmetic`)."""
    language: str = ""
    """Empty for strings that have none."""
    constant: str = ""
    """The exact text, where it is one term."""

    @property
    def is_present(self) -> str:
        """That it is bound and no error."""
        if self.kind is Kind.FLOATING:
            return f"({self.exact} IS NOT NULL OR {self.sql} IS NOT NULL)"
        return f"{self.sql} IS NOT NULL"

    @property
    def text(self) -> str:
        """The exact text, for a value that is no id."""
        match self.kind:
            case Kind.NUMBER:
                return number_text(self.sql, self.is_integer)
            case Kind.FLOATING:
                exact = number_text(self.exact, f"{self.promotion} = 0")
                return f"coalesce({exact}, {floating_text(self.sql, f'{self.promotion} = 3')})"
            case Kind.TRUTH:
                return truth_text(self.sql)
            case Kind.STRING if not self.language:
                return string_text(self.sql)
            case Kind.STRING:
                tag = f"coalesce('@' || {self.language}, '')"
                return f"('\"' || {escaped(self.sql)} || '\"' || {tag})"
        return self.sql


NOTHING = Value(Kind.ID, "CAST(NULL AS UINTEGER)")


def column_of(value: Value, name: str, *, is_certain: bool = False) -> tuple[Column, list[str]]:
    """The column in which a value is kept, and the pieces of the SELECT that give it."""
    if value.kind is Kind.FLOATING or (value.kind is Kind.STRING and value.language):
        value = Value(Kind.TEXT, value.text)
    pieces = [f"{value.sql} AS {name}"]
    if value.kind is Kind.NUMBER:
        pieces.append(f"{value.is_integer} AS {name}_int")
    return Column(name, value.kind, is_certain), pieces
