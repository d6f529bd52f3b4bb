"""Steps of reasoning walk in, SQL walks out: the only place where rules become SQL.

Steps of one shape - the same patterns, other properties - become one SELECT over a table of their properties, so that
an ontology of any size takes a handful of statements. The SQL is the plain kind that every engine reads: sqlglot
carries it to Spark and others. The tables that it names:

    known(s, p, o)      all facts so far
    fresh(s, p, o)      the facts of the last round of a loop
    inferred(s, p, o)   where conclusions go
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from kg.reasoning.rules import NOTHING, SAME, THING, TYPE, GroundRule, is_variable
from kg.reasoning.strata import Clause
from kg.reasoning.tautologies import OVER_THING, REFLEXIVE, SUB_CLASS
from kg.terms import Spo

LITERALS = 1 << 31
"""The first number of a literal, as in the workshop."""

Ids = Mapping[str, int]
Shape = tuple[Spo, ...]

_INLINE = 6  # so many joins of one shape are written out; DuckDB plans them better than a join with a table
_PLACES = "spo"


def selects(steps: Iterable[Clause], ids: Ids, *, fresh: int | None = None) -> list[str]:
    """A SELECT of s, p, o for each shape among the steps; the pattern at the place `fresh` reads the last round."""
    shapes: dict[tuple[Shape, bool], dict[tuple[int, ...], None]] = defaultdict(dict)
    for step in steps:
        shape, constants = _shape((*step.body, step.head), ids)
        shapes[shape, step.things_only][constants] = None
    return [
        _select(shape[:-1], head=shape[-1], rows=part, ids=ids, fresh=fresh, things_only=things_only)
        for (shape, things_only), rows in shapes.items()
        for part in _parts(list(rows), len(shape) - 1)
    ]


def insert(selected: Sequence[str], *, distinct: bool, among: str | None) -> str:
    """Put what was selected into `inferred`; `distinct` weeds out repetitions, `among` says where known ones may be."""
    union = " UNION ALL ".join(selected)
    if not distinct:
        return f"INSERT INTO inferred {union}"
    return f"INSERT INTO inferred {weeded(union, among)}"


def weeded(union: str, among: str | None) -> str:
    """What is selected, each once, without what is known; `among` bounds where that could be (None: nowhere)."""
    found = f"SELECT DISTINCT s, p, o FROM ({union}) AS c"
    if among is None:
        return found
    # NOT EXISTS, and not EXCEPT: the engine may then hash whichever side is smaller.
    return (
        f"{found} WHERE NOT EXISTS (SELECT 1 FROM known AS k WHERE {among} AND k.s = c.s AND k.p = c.p AND k.o = c.o)"
    )


def contradictions(bodies: Sequence[tuple[tuple[Spo, ...], int]], ids: Ids, *, limit: int) -> list[str]:
    """For each shape among numbered bodies, a SELECT of the number and s, p, o of each pattern where all hold."""
    shapes: dict[Shape, list[tuple[int, ...]]] = defaultdict(list)
    for body, number in bodies:
        shape, constants = _shape(body, ids)
        shapes[shape].append((*constants, number))
    found = []
    for shape, rows in shapes.items():
        tables, conditions = _joined(shape, slots=None)
        columns = [f"g.k{len(rows[0]) - 1}"]
        columns += [f"t{i}.{place}" for i, p in enumerate(shape) if p[1] != SAME for place in _PLACES]
        tables.append(_values(rows))
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        found.append(f"SELECT {', '.join(columns)} FROM {', '.join(tables)}{where} ORDER BY ALL LIMIT {limit}")
    return found


def equal_pairs(body: Sequence[Spo], head: Spo, ids: Ids, *, things_only: bool = False) -> str:
    """A SELECT of pairs that an equality rule makes one, each name with the least of its group.

    Such a rule says the same of both names and keeps the rest fixed, so the names with the same rest form a group.
    One pair per name joins the group; all pairs would be the square of it. With `things_only` literals are no names.
    """
    one, _, other = head
    side = [pattern for pattern in body if other not in pattern]
    shape, slots = _shape([*side, (one, SAME, one)], ids)
    tables, conditions = _joined(shape[:-1], slots=slots)
    where_is = {text: f"t{i}.{_PLACES[j]}" for i, p in enumerate(shape[:-1]) for j, text in enumerate(p)}
    name = where_is.pop(shape[-1][0])
    if things_only:
        conditions.append(f"{name} < {LITERALS}")
    keys = [column for text, column in where_is.items() if is_variable(text)]
    columns = ", ".join([f"{name} AS n", *(f"{column} AS k{i}" for i, column in enumerate(keys))])
    named = f"SELECT {columns} FROM {', '.join(tables)} WHERE {' AND '.join(conditions)}"
    group = ", ".join(f"k{i}" for i in range(len(keys)))
    least = f"SELECT {group}, min(n) AS least FROM ({named}) AS a GROUP BY {group} HAVING min(n) <> max(n)"
    on = " AND ".join(f"a.k{i} = b.k{i}" for i in range(len(keys)))
    return (
        f"SELECT DISTINCT a.n AS s, b.least AS o FROM ({named}) AS a JOIN ({least}) AS b ON {on} WHERE a.n <> b.least"
    )


def misfits(rule: GroundRule, ids: Ids, *, unlike: str) -> str:
    """A SELECT of s, p, o and literal of each fact that a rule types with a datatype, unless it is like `unlike`."""
    literal = rule.head[0][0]
    shape, slots = _shape([*rule.body, (literal, SAME, literal)], ids)
    tables, conditions = _joined(shape[:-1], slots=slots)
    place = next(i for i, p in enumerate(shape[:-1]) if p[2] == shape[-1][0])
    conditions += [f"t{place}.o >= {LITERALS}", f"term.id = t{place}.o", f"NOT term.text LIKE '{unlike}'"]
    columns = f"t{place}.s, t{place}.p, t{place}.o, term.text"
    return f"SELECT DISTINCT {columns} FROM {', '.join(tables)}, term WHERE {' AND '.join(conditions)} ORDER BY ALL"


def trivialities(ids: Ids) -> list[str]:
    """Conditions on s, p, o for triples that hold whatever the graph says."""
    reflexive = _numbers(sorted(ids[p] for p in REFLEXIVE))
    over = _numbers(sorted(ids[p] for p in OVER_THING))
    return [
        f"(s = o AND p IN ({reflexive}))",
        f"(o = {ids[THING]} AND p IN ({over}))",
        f"(s = {ids[NOTHING]} AND p = {ids[SUB_CLASS]})",
    ]


def kinds_among(kinds: Iterable[tuple[str, str]], ids: Ids) -> str | None:
    """A condition on k for facts of these kinds; None when there are none."""
    properties = sorted({ids[p] for p, c in kinds if not c})
    classes = sorted({ids[c] for _, c in kinds if c})
    conditions = []
    if properties:
        conditions.append(f"k.p IN ({_numbers(properties)})")
    if classes:
        few = f" AND k.o IN ({_numbers(classes)})" if len(classes) <= 200 else ""
        conditions.append(f"(k.p = {ids[TYPE]}{few})")
    return f"({' OR '.join(conditions)})" if conditions else None


def _numbers(numbers: Iterable[int]) -> str:
    return ", ".join(str(number) for number in numbers)


def _parts(rows: list[tuple[int, ...]], patterns: int) -> list[list[tuple[int, ...]]]:
    return [[row] for row in rows] if patterns > 1 and len(rows) <= _INLINE else [rows]


def _shape(patterns: Sequence[Spo], ids: Ids) -> tuple[Shape, tuple[int, ...]]:
    """The patterns with variables ?0, ?1 ... and constants $0, $1 ...; and the numbers of those constants."""
    names: dict[str, str] = {}
    constants: list[int] = []
    shape = []
    for pattern in patterns:
        parts = []
        for place, text in enumerate(pattern):
            if is_variable(text):
                parts.append(names.setdefault(text, f"?{len(names)}"))
            elif place == 1 and text in (TYPE, SAME):
                parts.append(text if text == SAME else f"={ids[TYPE]}")
            else:
                parts.append(f"${len(constants)}")
                constants.append(ids[text])
        shape.append((parts[0], parts[1], parts[2]))
    return tuple(shape), tuple(constants)


def _select(
    body: Shape, *, head: Spo, rows: Sequence[tuple[int, ...]], ids: Ids, fresh: int | None, things_only: bool
) -> str:
    slots = rows[0] if len(rows) == 1 else None
    tables, conditions = _joined(body, slots=slots, fresh=fresh)
    where_is = {text: f"t{i}.{_PLACES[j]}" for i, p in reversed(list(enumerate(body))) for j, text in enumerate(p)}
    columns = []
    for place, text in zip(_PLACES, head, strict=True):
        value = where_is[text] if is_variable(text) else _constant(text, slots, ids)
        columns.append(f"{value if '.' in value else f'CAST({value} AS UINTEGER)'} AS {place}")
    if slots is None:
        tables.append(_values(rows))
    if things_only:
        conditions.append(f"{where_is[head[0]]} < {LITERALS}")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    source = f" FROM {', '.join(tables)}" if tables else ""
    return f"SELECT {', '.join(columns)}{source}{where}"


def _constant(text: str, slots: tuple[int, ...] | None, ids: Ids) -> str:
    if text.startswith("="):
        return text[1:]
    if text.startswith("$"):
        return str(slots[int(text[1:])]) if slots is not None else f"g.k{text[1:]}"
    return str(ids[text])


def _joined(body: Shape, *, slots: tuple[int, ...] | None, fresh: int | None = None) -> tuple[list[str], list[str]]:
    """The tables and the conditions of a body; a pattern with owl:sameAs asks whether two names became one."""
    tables: list[str] = []
    conditions: list[str] = []
    first_seen: dict[str, str] = {}
    for i, pattern in enumerate(body):
        if pattern[1] == SAME:
            continue
        tables.append(f"{'fresh' if i == fresh else 'known'} AS t{i}")
        for place, text in zip(_PLACES, pattern, strict=True):
            column = f"t{i}.{place}"
            if is_variable(text):
                if text in first_seen:
                    conditions.append(f"{column} = {first_seen[text]}")
                first_seen.setdefault(text, column)
            else:
                conditions.append(f"{column} = {_constant(text, slots, {})}")
    for s, p, o in body:
        if p == SAME:
            sides = [first_seen[t] if is_variable(t) else _constant(t, slots, {}) for t in (s, o)]
            conditions.append(f"{sides[0]} = {sides[1]}")
    return tables, conditions


def _values(rows: Sequence[tuple[int, ...]]) -> str:
    """The rows as a table g of numbers that compare with the others without being turned into another type."""
    width = range(len(rows[0]))
    columns = ", ".join(f"CAST(v{i} AS UINTEGER) AS k{i}" for i in width)
    names = ", ".join(f"v{i}" for i in width)
    return f"(SELECT {columns} FROM (VALUES {', '.join(f'({_numbers(row)})' for row in rows)}) AS v({names})) AS g"
