"""Graph patterns, groups and solution modifiers as SQL relations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import rdflib
from rdflib.paths import MulPath, Path
from rdflib.plugins.sparql.parserutils import CompValue

from kg.graph.columns import TermClass
from kg.graph.lookup_tables import TripleOrders
from kg.queries.sparql_to_sql.aggregates import aggregate, counts_duplicates
from kg.queries.sparql_to_sql.algebra import NotCompiled, exists_pattern
from kg.queries.sparql_to_sql.facets import exact_text
from kg.queries.sparql_to_sql.path_relations import Ends, Paths, may_be_empty
from kg.queries.sparql_to_sql.relations import (
    NOTHING,
    Column,
    Kind,
    Relation,
    SqlStatement,
    all_columns,
    column_of,
    join,
    left_join,
    minus,
    same_kinds,
    select_list,
    union,
)
from kg.queries.sparql_to_sql.value_expressions import Dictionary, Expressions

MARK = "\x01"
"""What encloses an id of VALUES in the SQL: a plan is used again with other values."""
_ROW = "#row"
"""The variable that numbers the solutions of which an EXISTS is asked."""

Graph = rdflib.URIRef | rdflib.Variable | None
"""The active graph: None is the default graph."""


@dataclass(frozen=True, slots=True)
class Slice:
    """OFFSET and LIMIT."""

    start: int = 0
    length: int | None = None

    def to_sql(self, limit: int | None = None) -> str:
        """The end of a SELECT, for at most `limit` rows."""
        limits = [number for number in (self.length, limit) if number is not None]
        return (f" LIMIT {min(limits)}" if limits else "") + (f" OFFSET {self.start}" if self.start else "")


@dataclass(frozen=True, slots=True)
class Selected:
    """The SQL of a SELECT but for its slice, and the columns of its variables."""

    sql: str
    columns: dict[str, Column]
    slice: Slice


class Patterns:
    """Compiles the patterns of one query into the relations of a statement."""

    def __init__(
        self,
        dictionary: Dictionary,
        dataset: Any = None,
        *,
        orders: TripleOrders = TripleOrders(),  # noqa: B008  # it does not change
        known: Iterable[str] = (),
    ) -> None:
        """`dataset` are the FROM and FROM NAMED clauses, if there are any; `known` variables that have few values."""
        self.dictionary, self.statement = dictionary, SqlStatement()
        self.default, self.named = orders.by_property, "named"
        self.orders, self.known = orders, set(known)
        """The variables that have few values where the search begins with the query's constants."""
        self._has_dataset = bool(dataset)
        if dataset:
            default, named = (
                [self.id_of(clause[kind]) for clause in dataset if kind in clause] for kind in ("default", "named")
            )
            merged = f"SELECT DISTINCT s, p, o FROM named WHERE {_is_in('g', default)}"
            self.default = self.statement.add("FROM", merged, {}).name
            self.orders = TripleOrders(self.default, self.default, self.default)
            self.named = self.statement.add("FROM NAMED", f"SELECT * FROM named WHERE {_is_in('g', named)}", {}).name

    def relation(self, node: Any, graph: Graph = None, seed: Relation | None = None) -> Relation:
        """The relation of a pattern's solutions.

        With a `seed`, the solutions of an outer pattern by their `_ROW`, the pattern is evaluated for each of them.
        """
        compile = _BY_NAME.get(node.name)
        if compile is None or (seed is not None and node.name not in _SEEDED):
            raise NotCompiled(f"{node.name} within EXISTS" if compile is not None else node.name)
        return compile(self, node, graph, seed)

    # --- triple patterns

    def bgp(self, node: Any, graph: Graph, seed: Relation | None) -> Relation:
        """Basic graph patterns, with property paths."""
        if not node.triples:
            return self._seeded(self._unit(graph), seed)
        block = _Block(self, graph)
        for number, (triple, table) in enumerate(self.tables_of(node.triples)):
            block.add(f"q{number}", triple, table)
        return self._seeded(block.relation(), seed)

    def tables_of(self, triples: Sequence[Any]) -> list[tuple[Any, str]]:
        """Each triple pattern with the table in which it is looked up, as if the search began with the constants.

        Either order serves a search that begins elsewhere, which reads all triples of a property.
        """
        pending, tables = dict(enumerate(triples)), dict[int, str]()
        while pending:
            number = max(pending, key=lambda each: self._nearness(pending[each]))
            subject, predicate, value = pending.pop(number)
            tables[number] = self.orders.of_pattern(
                subject=self._is_known(subject), predicate=not _is_variable(predicate), object=self._is_known(value)
            )
            if self._nearness((subject, predicate, value)) > 1:
                self.known |= {_name(term) for term in (subject, value) if _is_variable(term)}
        return [(triple, tables[number]) for number, triple in enumerate(triples)]

    def _nearness(self, triple: Iterable[Any]) -> int:
        """How early a pattern is searched: a class has more members than another constant has triples."""
        subject, predicate, value = triple
        if not _is_variable(subject) or not (_is_variable(value) or predicate == rdflib.RDF.type):
            return 3
        if not _is_variable(value):
            return 2 if self._is_known(subject) else 1
        return 2 if self._is_known(subject) or self._is_known(value) else 0

    def _is_known(self, term: Any) -> bool:
        return not _is_variable(term) or _name(term) in self.known

    def _unit(self, graph: Graph) -> Relation:
        """The empty pattern: one solution, of a named graph if it is there, or one for each named graph."""
        if isinstance(graph, rdflib.Variable):
            column = Column(self.statement.new_name())
            sql = f"SELECT DISTINCT g AS {column.name} FROM {self.named}"
            return self.statement.add("named graphs", sql, {str(graph): column})
        is_there = (
            f" WHERE EXISTS (SELECT 1 FROM {self.named} WHERE g = {self.id_of(graph)})" if graph is not None else ""
        )
        return self.statement.add("unit", f"SELECT 1 AS nothing{is_there}", {})

    def _seeded(self, relation: Relation, seed: Relation | None) -> Relation:
        return relation if seed is None else join(self.statement, seed, relation)

    def triples_of(self, graph: Graph) -> str:
        """The relation of a graph's triples, for paths; of a variable graph, of all named graphs."""
        if graph is None:
            return self.default
        if isinstance(graph, rdflib.Variable):
            # One number for a term in a graph: a path stays in the graph in which it begins.
            return f"(SELECT g::BIGINT << 32 | s AS s, p, g::BIGINT << 32 | o AS o FROM {self.named})"
        return f"(SELECT s, p, o FROM {self.named} WHERE g = {self.id_of(graph)})"

    def id_of(self, node: Any) -> int:
        """The id of a constant."""
        return self.dictionary.id_of(exact_text(node))

    def marked_id_of(self, node: Any) -> str:
        """The id of a constant, in whose place another one may come."""
        return f"{MARK}{self.id_of(node)}{MARK}"

    # --- combinations

    def join(self, node: Any, graph: Graph, seed: Relation | None) -> Relation:
        """Join; of neighbouring triple patterns, by one SELECT whose order the database chooses."""
        return join(self.statement, self.relation(node.p1, graph, seed), self.relation(node.p2, graph, seed))

    def left_join(self, node: Any, graph: Graph, seed: Relation | None) -> Relation:
        """LeftJoin; with a condition, the solutions without a match are added to those that have one."""
        left, right = self.relation(node.p1, graph, seed), self.relation(node.p2, graph, seed)
        if isinstance(node.expr, CompValue) and node.expr.name == "TrueFilter":
            return left_join(self.statement, left, right)
        left, right = same_kinds(self.statement, left, right)
        row = self.statement.new_name()
        numbered = self.statement.add(
            "numbered solutions",
            f"SELECT *, row_number() OVER () AS {row} FROM {left.name}",
            {**left.columns, row: Column(row)},
            is_materialized=True,
        )
        matched = self._filtered(join(self.statement, numbered, right), node.expr, graph)
        others = f"SELECT * FROM {numbered.name} WHERE {row} NOT IN (SELECT {row} FROM {matched.name})"
        unmatched = self.statement.add("solutions without a match", others, numbered.columns)
        both = union(self.statement, matched, unmatched)
        return replace(both, columns={v: c for v, c in both.columns.items() if v != row})

    def union(self, node: Any, graph: Graph, seed: Relation | None) -> Relation:
        """Union."""
        return union(self.statement, self.relation(node.p1, graph, seed), self.relation(node.p2, graph, seed))

    def minus(self, node: Any, graph: Graph, seed: Relation | None) -> Relation:
        """Minus; a variable graph is none of the variables that its pattern binds."""
        left, right = self.relation(node.p1, graph), self.relation(node.p2, graph)
        return minus(self.statement, left, right, outside=str(graph) if isinstance(graph, rdflib.Variable) else None)

    def graph(self, node: Any, graph: Graph, seed: Relation | None) -> Relation:
        """GRAPH: no solution where there is no such graph, and the name of the graph in each solution."""
        return self.relation(_in_graph(node.p), node.term, seed)

    # --- expressions

    def filter(self, node: Any, graph: Graph, seed: Relation | None) -> Relation:
        """Filter."""
        return self._filtered(self.relation(node.p, graph, seed), node.expr, graph)

    def _filtered(self, relation: Relation, expression: Any, graph: Graph) -> Relation:
        for part in _conjuncts(expression):
            e = self.expressions(relation, graph)
            condition = e.truth(part)
            near = [column for name, column in relation.columns.items() if name in self.known]
            if near and e.needs_dictionary:
                # Else DuckDB computes the condition for all terms, before it joins them with the few solutions.
                condition = f"coalesce({condition}, r.{near[0].name} <> r.{near[0].name})"
            sql = f"SELECT {select_list(all_columns(e.relation, 'r'))} FROM {e.source} WHERE {condition}"
            relation = self.statement.add("filter", sql, relation.columns)
        return relation

    def extend(self, node: Any, graph: Graph, seed: Relation | None) -> Relation:
        """Extend, that is BIND and the expressions of SELECT."""
        relation = self.relation(node.p, graph, seed)
        variable = str(node.var)
        known = relation.columns.get(str(node.expr)) if isinstance(node.expr, rdflib.Variable) else None
        if known is not None and known is relation.columns.get(variable):
            return relation  # a variable that is grouped by, as the sample of its group
        if variable in relation.columns:
            raise NotCompiled("a variable that is bound twice")
        if isinstance(node.expr, rdflib.Variable):
            if known is None:
                return relation
            return replace(relation, columns={**relation.columns, variable: known})
        e = self.expressions(relation, graph)
        value = e.value(node.expr)
        if value is NOTHING:
            return relation
        column, pieces = column_of(value, self.statement.new_name(), is_certain=bool(value.constant))
        sql = f"SELECT {select_list([*all_columns(e.relation, 'r'), *pieces])} FROM {e.source}"
        return self.statement.add("extend", sql, {**relation.columns, variable: column})

    def expressions(self, relation: Relation, graph: Graph) -> Expressions:
        """What compiles expressions over a relation."""
        return Expressions(relation, self.dictionary, lambda e, node, negated: self._exists(e, node, negated, graph))

    def _exists(self, e: Expressions, node: Any, is_negated: bool, graph: Graph) -> str:
        """EXISTS: a semi-join where the pattern does not see the outer solution, else the pattern for each solution."""
        pattern = exists_pattern(node)
        word = "NOT EXISTS" if is_negated else "EXISTS"
        if _is_plain(pattern):
            inner = self.relation(pattern, graph)
            shared = [v for v in e.relation.columns if v in inner.columns]
            columns = [(e.relation.columns[v], inner.columns[v]) for v in shared]
            if all(a.is_certain and b.is_certain and a.kind is b.kind is Kind.ID for a, b in columns):
                condition = " AND ".join(f"r.{a.name} = b.{b.name}" for a, b in columns) or "true"
                return f"({word} (SELECT 1 FROM {inner.name} b WHERE {condition}))"
        if _ROW not in e.relation.columns:
            row = self.statement.new_name()
            sql = f"SELECT *, row_number() OVER () AS {row} FROM {e.relation.name}"
            columns_with_row = {**e.relation.columns, _ROW: Column(row)}
            e.relation = self.statement.add("numbered solutions", sql, columns_with_row, is_materialized=True)
        row = e.relation.columns[_ROW].name
        found = self.relation(pattern, graph, seed=e.relation)
        return f"({'NOT ' if is_negated else ''}r.{row} IN (SELECT {found.columns[_ROW].name} FROM {found.name}))"

    # --- data and sub-selects

    def multiset(self, node: Any, graph: Graph, seed: Relation | None) -> Relation:
        """VALUES, or a sub-select."""
        if node.p.name != "values":
            if seed is not None:
                raise NotCompiled("a sub-select within EXISTS")
            return self.select(_with_graph(node.p, graph) if isinstance(graph, rdflib.Variable) else node.p, graph)
        rows = node.p.res
        variables = list(dict.fromkeys(str(variable) for row in rows for variable in row))
        if not rows:
            nothing = self.statement.add("values", "SELECT 1 AS nothing WHERE false", {})
            return self._seeded(nothing, seed)
        columns, lists = {}, []
        for variable in variables:
            cells = [row.get(rdflib.Variable(variable), "UNDEF") for row in rows]
            ids = [
                None if cell == "UNDEF" and not isinstance(cell, rdflib.term.Identifier) else self.marked_id_of(cell)
                for cell in cells
            ]
            if all(id is None for id in ids):
                continue
            columns[variable] = Column(self.statement.new_name(), is_certain=None not in ids)
            numbers = ", ".join("NULL" if id is None else id for id in ids)
            lists.append(f"unnest([{numbers}]::UINTEGER[]) AS {columns[variable].name}")
        sql = f"SELECT {select_list(lists) if lists else f'1 AS nothing FROM range({len(rows)})'}"
        return self._seeded(self.statement.add("values", sql, columns), seed)

    # --- solution modifiers

    def select(self, node: Any, graph: Graph = None, seed: Relation | None = None) -> Relation:
        """A SELECT with its modifiers, as a relation; the order of its rows counts only for its slice."""
        selected = self.select_sql(node, graph, is_ordered=False)
        return self.statement.add("select", selected.sql + selected.slice.to_sql(), selected.columns)

    def select_sql(self, node: Any, graph: Graph = None, *, is_ordered: bool) -> Selected:
        """The SQL of a SELECT but for its slice, and the columns of its variables."""
        slice, is_distinct = Slice(), False
        if node.name == "Slice":
            slice, node = Slice(int(node.start or 0), None if node.length is None else int(node.length)), node.p
        if node.name in ("Distinct", "Reduced"):
            is_distinct, node = node.name == "Distinct", node.p
        if node.name != "Project":
            raise NotCompiled(node.name)
        wanted = list(dict.fromkeys(str(variable) for variable in node.PV if isinstance(variable, rdflib.Variable)))
        node = node.p
        orders: Sequence[Any] = ()
        if node.name == "OrderBy":
            orders, node = node.expr, node.p
        relation = self.relation(node, graph)
        e = self.expressions(relation, graph)
        is_sorted = is_ordered or slice != Slice()
        keys = [key for order in orders for key in self._order_keys(e, order)] if is_sorted else []
        columns = {variable: relation.columns[variable] for variable in wanted if variable in relation.columns}
        pieces = list(dict.fromkeys(f"r.{name}" for column in columns.values() for name in column.names))
        if is_distinct:
            return Selected(_distinct_sql(e.source, pieces, keys), columns, slice)
        ordering = f" ORDER BY {', '.join(f'{key}{direction}' for key, direction in keys)}" if keys else ""
        return Selected(f"SELECT {select_list(pieces)} FROM {e.source}{ordering}", columns, slice)

    def _order_keys(self, e: Expressions, order: Any) -> list[tuple[str, str]]:
        """What is sorted by, each with its direction."""
        direction = " DESC" if order.order == "DESC" else ""
        value = e.value(order.expr)
        if value is NOTHING:
            return []
        if value.kind is Kind.NUMBER:
            # The only kind of column in which all values are numbers: NULL, that is unbound, comes first.
            return [(value.sql, f"{direction} NULLS {'LAST' if direction else 'FIRST'}")]
        return [(key, direction) for key in e.order_keys(value)]

    def description(self, node: Any, described: Sequence[Any]) -> Selected:
        """DESCRIBE: the triples of terms, and those of the blank nodes that they lead to."""
        constants = [self.marked_id_of(term) for term in described if not _is_variable(term)]
        starts = [f"SELECT {id}::UINTEGER AS id" for id in constants]
        if node is not None:
            selected = self.select_sql(node, is_ordered=False)
            relation = self.statement.add("described", selected.sql + selected.slice.to_sql(), selected.columns)
            for column in relation.columns.values():
                if column.kind is not Kind.ID:
                    raise NotCompiled("DESCRIBE of a computed term")
                starts.append(f"SELECT {column.name} AS id FROM {relation.name}")
        subjects = ", ".join(constants)
        has_blank_values = self._has_dataset or self.dictionary.has_blank_values
        if has_blank_values or len(constants) < len(starts) or not starts:
            name = self.statement.new_name("described")
            start = " UNION ALL ".join(starts) or "SELECT 0::UINTEGER AS id WHERE false"
            more = self._blank_nodes_of(name) if has_blank_values else ""
            self.statement.add("subjects", f"SELECT id FROM ({start}){more}", {}, name=name)
            subjects = f"SELECT id FROM {name}"
        sql = f"SELECT DISTINCT t.s, t.p, t.o FROM {self.orders.by_subject} t WHERE t.s IN ({subjects})"
        return Selected(sql, {place: Column(place) for place in "spo"}, Slice())

    def _blank_nodes_of(self, name: str) -> str:
        """The recursive part of a relation of terms: the blank nodes that they lead to."""
        blank = f"SELECT id FROM term WHERE class = {TermClass.BLANK:d}"
        leading = f"SELECT s, o FROM {self.orders.by_object} WHERE o IN ({blank})"
        steps = self.statement.add("steps to blank nodes", leading, {}, is_materialized=True)
        return f" UNION SELECT t.o FROM {name} d JOIN {steps.name} t ON t.s = d.id"

    def aggregate_join(self, node: Any, graph: Graph, seed: Relation | None) -> Relation:
        """AggregateJoin over Group."""
        group = node.p
        if group.p.name == "BGP" and not counts_duplicates(node.A):
            needed = set(map(str, _variables((group.expr, [each.vars for each in node.A]))))
            relation = self._once(group.p, graph, needed)
        else:
            relation = self.relation(group.p, graph)
        return aggregate(self.statement, self.expressions(relation, graph), group.expr, node.A)

    def _once(self, node: Any, graph: Graph, needed: Set[str]) -> Relation:
        """A basic graph pattern of which each solution counts once, by the variables that are needed."""
        if not node.triples:
            return self.relation(node, graph)
        uses = Counter(str(variable) for triple in node.triples for variable in _variables(triple))
        block = _Block(self, graph)
        for number, (triple, table) in enumerate(self.tables_of(node.triples)):
            unused = {name for name in map(str, _variables(triple)) if uses[name] == 1 and name not in needed}
            block.add(f"q{number}", triple, table, unused=unused)
        return block.relation()


class _Block:
    """The SELECT of one basic graph pattern."""

    def __init__(self, patterns: Patterns, graph: Graph) -> None:
        self.patterns, self.graph = patterns, graph
        self._sources: list[str] = []
        self._conditions: list[str] = []
        self._places: dict[str, str] = {}

    def add(self, alias: str, triple: Iterable[Any], table: str, *, unused: Set[str] = frozenset()) -> None:
        """A triple pattern, looked up in a table; each match once, where it has variables that are not used."""
        subject, predicate, value = triple
        if unused and self.graph is None and isinstance(predicate, rdflib.URIRef):
            places = [(place, term) for place, term in (("s", subject), ("o", value)) if str(term) not in unused]
            columns = ", ".join(place for place, _ in places) or "1 AS nothing"
            condition = f"p = {self.patterns.id_of(predicate)}"
            self._sources.append(f"(SELECT DISTINCT {columns} FROM {table} WHERE {condition}) {alias}")
            for place, term in places:
                self._place(term, f"{alias}.{place}")
            return
        is_variable = isinstance(self.graph, rdflib.Variable)
        if isinstance(predicate, Path) and is_variable:
            self._sources.append(f"{self._path_in_any_graph(predicate, (subject, value))} {alias}")
            self._place(self.graph, f"{alias}.g")
        elif isinstance(predicate, Path):
            ends = Ends(*(None if _is_variable(end) else self.patterns.marked_id_of(end) for end in (subject, value)))
            source = self._paths(table).relation(predicate, ends)
            self._sources.append(f"{source} {alias}")
        else:
            self._sources.append(f"{table if self.graph is None else self.patterns.named} {alias}")
            if self.graph is not None:
                self._place(self.graph, f"{alias}.g")
            self._place(predicate, f"{alias}.p")
        self._place(subject, f"{alias}.s")
        self._place(value, f"{alias}.o")

    def _paths(self, table: str) -> Paths:
        """What compiles paths; in the default graph, its first step reads this table."""
        triples = self.patterns.triples_of(self.graph)
        orders = self.patterns.orders
        steps = (orders.by_property, orders.by_object)
        if self.graph is not None:
            steps = (triples, triples)
        return Paths(
            self.patterns.statement, self.patterns.dictionary, triples, steps if table == steps[0] else steps[::-1]
        )

    def _path_in_any_graph(self, path: Path, ends: tuple[Any, Any]) -> str:
        """The relation of a path with the graph in which it is; see `Patterns.triples_of`."""
        if may_be_empty(path) and not all(map(_is_variable, ends)):
            raise NotCompiled("a path of length zero from a term in a variable graph")
        statement = self.patterns.statement
        pairs = self._paths(self.patterns.default).relation(path, Ends())
        low = (1 << 32) - 1
        columns = f"(s >> 32)::UINTEGER AS g, (s & {low})::UINTEGER AS s, (o & {low})::UINTEGER AS o"
        return statement.add("graphs of a path", f"SELECT {columns} FROM {pairs}", {}).name

    def _place(self, term: Any, column: str) -> None:
        if not _is_variable(term):
            self._conditions.append(f"{column} = {self.patterns.marked_id_of(term)}")
        elif (first := self._places.setdefault(_name(term), column)) != column:
            self._conditions.append(f"{column} = {first}")

    def relation(self) -> Relation:
        """The relation of the pattern's solutions."""
        statement = self.patterns.statement
        columns = {name: Column(statement.new_name()) for name in self._places if not name.startswith("_:")}
        pieces = [f"{self._places[name]} AS {column.name}" for name, column in columns.items()]
        where = f" WHERE {' AND '.join(self._conditions)}" if self._conditions else ""
        return statement.add(
            "basic graph pattern", f"SELECT {select_list(pieces)} FROM {', '.join(self._sources)}{where}", columns
        )


def _distinct_sql(source: str, pieces: Sequence[str], keys: Sequence[tuple[str, str]]) -> str:
    """A SELECT DISTINCT: a row comes where the first of its equals would be."""
    names = ", ".join(piece.removeprefix("r.") for piece in pieces)
    if not keys or not names:
        return f"SELECT DISTINCT {select_list(pieces)} FROM {source}"
    named_keys = [f"{key} AS k{i}" for i, (key, _) in enumerate(keys)]
    ordering = ", ".join(f"k{i}{direction}" for i, (_, direction) in enumerate(keys))
    keyed = f"SELECT {select_list([*pieces, *named_keys])} FROM {source}"
    ranked = f"SELECT *, row_number() OVER (ORDER BY {ordering}) AS place FROM ({keyed})"
    return f"SELECT {names} FROM ({ranked}) GROUP BY {names} ORDER BY min(place)"


def _is_variable(term: Any) -> bool:
    return isinstance(term, rdflib.Variable | rdflib.BNode)


def _variables(part: Any) -> Iterator[Any]:
    """The variables and blank nodes in a pattern, an expression, or a list of them."""
    if _is_variable(part):
        yield part
    elif isinstance(part, CompValue):
        yield from (variable for value in part.values() for variable in _variables(value))
    elif isinstance(part, list | tuple):
        yield from (variable for value in part for variable in _variables(value))


def _name(term: Any) -> str:
    return str(term) if isinstance(term, rdflib.Variable) else f"_:{term}"


def _conjuncts(expression: Any) -> list[Any]:
    """The parts of a condition that must all be true."""
    if isinstance(expression, CompValue) and expression.name == "ConditionalAndExpression":
        return [part for each in (expression.expr, *expression.other) for part in _conjuncts(each)]
    return [expression]


def _is_in(column: str, ids: Sequence[int]) -> str:
    return f"{column} IN ({', '.join(map(str, ids))})" if ids else "false"


def _with_graph(node: Any, graph: rdflib.Variable) -> Any:
    """A sub-select that keeps the graph in which its pattern is."""
    if node.name == "Distinct":
        return CompValue(node.name, **{**node, "p": _with_graph(node.p, graph)})
    if node.name != "Project" or (graph in node.p._vars and graph not in node.PV) or _has(node.p, "AggregateJoin"):
        raise NotCompiled("this sub-select in a variable graph")
    return CompValue(node.name, **{**node, "PV": [*node.PV, graph]})


def _has(node: Any, name: str) -> bool:
    """True when a part of a pattern has this name."""
    if not isinstance(node, CompValue):
        return False
    return node.name == name or any(_has(node[key], name) for key in ("p", "p1", "p2") if key in node)


def _is_plain(pattern: Any) -> bool:
    """True for a pattern in which nothing but the join depends on the outer solution."""
    match pattern.name:
        case "BGP":
            return not any(isinstance(p, MulPath) for _, p, _ in pattern.triples)
        case "Join" | "Union":
            return _is_plain(pattern.p1) and _is_plain(pattern.p2)
        case "Graph":
            return _is_plain(pattern.p)
    return False


def _in_graph(pattern: Any) -> Any:
    """The pattern of a GRAPH: what has solutions without triples is joined with the empty pattern, the graph itself."""
    match pattern.name:
        case "Join" | "Union" | "LeftJoin" | "Minus":
            return CompValue(pattern.name, **{**pattern, "p1": _in_graph(pattern.p1), "p2": _in_graph(pattern.p2)})
        case "Filter" | "Extend":
            return CompValue(pattern.name, **{**pattern, "p": _in_graph(pattern.p)})
        case "BGP" if not pattern.triples or not all(map(_may_need_no_graph, pattern.triples)):
            return pattern
        case "Graph":
            return pattern
    return CompValue("Join", p1=CompValue("BGP", triples=[]), p2=pattern)


def _may_need_no_graph(triple: Any) -> bool:
    """True for a path of length zero from a constant."""
    subject, predicate, value = triple
    has_constant = not (_is_variable(subject) and _is_variable(value))
    return has_constant and isinstance(predicate, Path) and may_be_empty(predicate)


_Compile = Callable[[Patterns, Any, Graph, Relation | None], Relation]
_BY_NAME: dict[str, _Compile] = {
    "BGP": Patterns.bgp,
    "Join": Patterns.join,
    "LeftJoin": Patterns.left_join,
    "Union": Patterns.union,
    "Minus": Patterns.minus,
    "Graph": Patterns.graph,
    "Filter": Patterns.filter,
    "Extend": Patterns.extend,
    "ToMultiSet": Patterns.multiset,
    "AggregateJoin": Patterns.aggregate_join,
    "Slice": Patterns.select,
    "Distinct": Patterns.select,
    "Reduced": Patterns.select,
    "Project": Patterns.select,
}
_SEEDED = ("BGP", "Join", "LeftJoin", "Union", "Graph", "Filter", "ToMultiSet")
"""The patterns that are evaluated for each outer solution of an EXISTS."""
