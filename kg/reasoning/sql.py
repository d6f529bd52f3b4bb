"""Clauses compiled to SQL: the only module in which rules become SQL.

Clauses of one shape (the same patterns over other properties) become one SELECT over a table of their properties, so
that an ontology of any size takes few statements. The SQL is plain, so that sqlglot can translate it for Spark and
other engines. Its tables:

    known(s, p, o)      all facts so far
    delta(s, p, o)      the facts of the last round of a loop (semi-naive evaluation)
    inferred(s, p, o)   the conclusions
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kg.graph.triple_tables import FIRST_LITERAL_ID
from kg.reasoning.datalog import Clause, Relation
from kg.reasoning.ontology import OVER_THING, REFLEXIVE, SUB_CLASS
from kg.reasoning.rules import OWL_NOTHING, OWL_THING, TYPE, GroundRule, is_variable
from kg.terms import Spo

Ids = Mapping[str, int]
"""Term -> its id in the tables."""
Shape = tuple[Spo, ...]
"""Patterns with numbered variables (?0) and constants ($0)."""

_MAX_SEPARATE = (
    6  # up to so many joins of one shape get a SELECT each: DuckDB plans those better than a join with a table
)
_MAX_LISTED_CLASSES = 200
_PLACES = "spo"
_FIRST_VARIABLE = "?0"


# --- conclusions


def selects(clauses: Iterable[Clause], ids: Ids, *, delta: int | None = None) -> list[str]:
    """A SELECT of s, p, o for each shape of clause; the pattern number `delta` reads the table `delta`."""
    shapes: dict[tuple[Shape, bool], dict[tuple[int, ...], None]] = defaultdict(dict)
    for clause in clauses:
        shape, constants = _shape((*clause.body, clause.head), ids)
        shapes[shape, clause.entities_only][constants] = None
    return [
        _select(shape[:-1], head=shape[-1], rows=part, ids=ids, delta=delta, entities_only=entities_only)
        for (shape, entities_only), rows in shapes.items()
        for part in _parts(list(rows), len(shape) - 1)
    ]


def insert(selected: Sequence[str], *, distinct: bool, known_in: str | None) -> str:
    """An INSERT of what was selected into `inferred`; with `distinct`, only what is new (see `select_new`)."""
    union = " UNION ALL ".join(selected)
    return f"INSERT INTO inferred {select_new(union, known_in) if distinct else union}"


def select_new(union: str, known_in: str | None) -> str:
    """The selected triples, each once, without those that are known.

    `known_in` is a condition for the known triples that can be among them; None when no known triple can.
    """
    distinct = f"SELECT DISTINCT s, p, o FROM ({union}) AS c"
    if known_in is None:
        return distinct
    # NOT EXISTS instead of EXCEPT: the engine may then hash whichever side is smaller.
    return (
        f"{distinct} WHERE NOT EXISTS"
        f" (SELECT 1 FROM known AS k WHERE {known_in} AND k.s = c.s AND k.p = c.p AND k.o = c.o)"
    )


def in_relations(relations: Iterable[Relation], ids: Ids) -> str | None:
    """A condition on `k` for facts of these relations; None without relations."""
    relations = list(relations)
    properties = sorted({ids[p] for p, c in relations if not c})
    classes = sorted({ids[c] for _, c in relations if c})
    conditions = []
    if properties:
        conditions.append(f"k.p IN ({_numbers(properties)})")
    if classes:
        listed = f" AND k.o IN ({_numbers(classes)})" if len(classes) <= _MAX_LISTED_CLASSES else ""
        conditions.append(f"(k.p = {ids[TYPE]}{listed})")
    return f"({' OR '.join(conditions)})" if conditions else None


def _select(
    body: Shape, *, head: Spo, rows: Sequence[tuple[int, ...]], ids: Ids, delta: int | None, entities_only: bool
) -> str:
    constants = rows[0] if len(rows) == 1 else None
    join = _join(body, constants=constants, delta=delta)
    column_of = {text: f"t{i}.{_PLACES[j]}" for i, p in reversed(list(enumerate(body))) for j, text in enumerate(p)}
    columns = []
    for place, text in zip(_PLACES, head, strict=True):
        value = column_of[text] if is_variable(text) else _constant(text, constants, ids)
        columns.append(f"{value if '.' in value else f'CAST({value} AS UINTEGER)'} AS {place}")
    tables = [*join.tables, *([_values(rows)] if constants is None else [])]
    conditions = [*join.conditions, *([f"{column_of[head[0]]} < {FIRST_LITERAL_ID}"] if entities_only else [])]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    source = f" FROM {', '.join(tables)}" if tables else ""
    return f"SELECT {', '.join(columns)}{source}{where}"


# --- equality, contradictions, datatypes, tautologies


def equal_pairs(body: Sequence[Spo], head: Spo, ids: Ids, *, entities_only: bool = False) -> str:
    """A SELECT of pairs that an equality rule makes equal: each term with the least of its group.

    The body of such a rule has the same patterns for both terms and keeps the rest fixed, so the terms with the same
    rest form a group. One pair per term joins the group; all pairs would be its square.
    """
    term, _, other = head
    shape, constants = _shape([pattern for pattern in body if other not in pattern], ids, first=term)
    join = _join(shape, constants=constants)
    column_of = {text: f"t{i}.{_PLACES[j]}" for i, p in enumerate(shape) for j, text in enumerate(p)}
    column = column_of.pop(_FIRST_VARIABLE)
    conditions = [*join.conditions, *([f"{column} < {FIRST_LITERAL_ID}"] if entities_only else [])]
    keys = [column for text, column in column_of.items() if is_variable(text)]
    columns = ", ".join([f"{column} AS n", *(f"{key} AS k{i}" for i, key in enumerate(keys))])
    terms = f"SELECT {columns} FROM {', '.join(join.tables)} WHERE {' AND '.join(conditions)}"
    group = ", ".join(f"k{i}" for i in range(len(keys)))
    least = f"SELECT {group}, min(n) AS least FROM ({terms}) AS a GROUP BY {group} HAVING min(n) <> max(n)"
    on = " AND ".join(f"a.k{i} = b.k{i}" for i in range(len(keys)))
    return (
        f"SELECT DISTINCT a.n AS s, b.least AS o FROM ({terms}) AS a JOIN ({least}) AS b ON {on} WHERE a.n <> b.least"
    )


def contradictions(
    bodies: Sequence[tuple[tuple[Spo, ...], int]], ids: Ids, *, limit: int, delta: int | None = None
) -> list[str]:
    """For each shape among numbered bodies, a SELECT of the number and s, p, o of each pattern where all hold.

    The pattern number `delta` reads the table `delta`.
    """
    shapes: dict[Shape, list[tuple[int, ...]]] = defaultdict(list)
    for body, number in bodies:
        shape, constants = _shape(body, ids)
        shapes[shape].append((*constants, number))
    statements = []
    for shape, rows in shapes.items():
        join = _join(shape, constants=None, delta=delta)
        columns = [f"g.k{len(rows[0]) - 1}"]
        columns += [f"t{i}.{place}" for i in range(len(shape)) for place in _PLACES]
        tables = ", ".join([*join.tables, _values(rows)])
        where = f" WHERE {' AND '.join(join.conditions)}" if join.conditions else ""
        statements.append(f"SELECT {', '.join(columns)} FROM {tables}{where} ORDER BY ALL LIMIT {limit}")
    return statements


def typed_literals(rules: Iterable[tuple[int, GroundRule, str]], ids: Ids, *, delta: int | None = None) -> str:
    """A SELECT of a number and s, p, o and text of the literals that rules give a datatype.

    Each rule has the number, and a pattern: literals whose text is LIKE it are left out. The pattern number `delta`
    reads the table `delta`.
    """
    return (
        " UNION ALL ".join(_typed_literals(number, rule, ids, unlike, delta) for number, rule, unlike in rules)
        + " ORDER BY ALL"
    )


def _typed_literals(number: int, rule: GroundRule, ids: Ids, unlike: str, delta: int | None) -> str:
    shape, constants = _shape(rule.body, ids, first=rule.head[0][0])
    join = _join(shape, constants=constants, delta=delta)
    place = next(i for i, p in enumerate(shape) if p[2] == _FIRST_VARIABLE)
    conditions = [
        *join.conditions,
        f"t{place}.o >= {FIRST_LITERAL_ID}",
        f"term.id = t{place}.o",
        f"NOT term.text LIKE '{unlike}'",
    ]
    columns = f"{number}, t{place}.s, t{place}.p, t{place}.o, term.text"
    return f"SELECT DISTINCT {columns} FROM {', '.join(join.tables)}, term WHERE {' AND '.join(conditions)}"


def tautologies(ids: Ids) -> list[str]:
    """Conditions on s, p, o for triples that hold in every graph."""
    reflexive = _numbers(sorted(ids[p] for p in REFLEXIVE))
    over_thing = _numbers(sorted(ids[p] for p in OVER_THING))
    return [
        f"(s = o AND p IN ({reflexive}))",
        f"(o = {ids[OWL_THING]} AND p IN ({over_thing}))",
        f"(s = {ids[OWL_NOTHING]} AND p = {ids[SUB_CLASS]})",
    ]


# --- shapes and joins


@dataclass(frozen=True, slots=True)
class _Join:
    """The tables and the conditions of a body."""

    tables: tuple[str, ...]
    conditions: tuple[str, ...]


def _join(body: Shape, *, constants: tuple[int, ...] | None, delta: int | None = None) -> _Join:
    """A body as a join."""
    tables: list[str] = []
    conditions: list[str] = []
    first_column: dict[str, str] = {}
    for i, pattern in enumerate(body):
        tables.append(f"{'delta' if i == delta else 'known'} AS t{i}")
        for place, text in zip(_PLACES, pattern, strict=True):
            column = f"t{i}.{place}"
            if is_variable(text):
                if text in first_column:
                    conditions.append(f"{column} = {first_column[text]}")
                first_column.setdefault(text, column)
            else:
                conditions.append(f"{column} = {_constant(text, constants, {})}")
    return _Join(tuple(tables), tuple(conditions))


def _shape(patterns: Sequence[Spo], ids: Ids, *, first: str | None = None) -> tuple[Shape, tuple[int, ...]]:
    """The patterns with variables ?0, ?1 ... and constants $0, $1 ...; and the ids of those constants.

    The variable `first` becomes ?0.
    """
    variables = {} if first is None else {first: _FIRST_VARIABLE}
    constants: list[int] = []
    shape = []
    for pattern in patterns:
        parts = []
        for place, text in enumerate(pattern):
            if is_variable(text):
                parts.append(variables.setdefault(text, f"?{len(variables)}"))
            elif place == 1 and text == TYPE:
                parts.append(f"={ids[TYPE]}")
            else:
                parts.append(f"${len(constants)}")
                constants.append(ids[text])
        shape.append((parts[0], parts[1], parts[2]))
    return tuple(shape), tuple(constants)


def _parts(rows: list[tuple[int, ...]], patterns: int) -> list[list[tuple[int, ...]]]:
    return [[row] for row in rows] if patterns > 1 and len(rows) <= _MAX_SEPARATE else [rows]


def _constant(text: str, constants: tuple[int, ...] | None, ids: Ids) -> str:
    if text.startswith("="):
        return text[1:]
    if text.startswith("$"):
        return str(constants[int(text[1:])]) if constants is not None else f"g.k{text[1:]}"
    return str(ids[text])


def _values(rows: Sequence[tuple[int, ...]]) -> str:
    """The rows as a table g of numbers with the type of ids, so that comparisons need no cast."""
    width = range(len(rows[0]))
    columns = ", ".join(f"CAST(v{i} AS UINTEGER) AS k{i}" for i in width)
    names = ", ".join(f"v{i}" for i in width)
    return f"(SELECT {columns} FROM (VALUES {', '.join(f'({_numbers(row)})' for row in rows)}) AS v({names})) AS g"


def _numbers(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in numbers)
