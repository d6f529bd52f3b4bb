"""Law: property paths give the rows that SPARQL's definitions give, each as often as they say.

The oracle below is written from https://www.w3.org/TR/sparql11-query/#sparqlAlgebra, sections 18.1.7 and 18.4, and
knows nothing of the engine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Store

from kg.queries.rewriting.engine_query import EngineRows, evaluate

Node = NamedNode | Literal
Edge = tuple[NamedNode, NamedNode, Node]
PathTree = tuple[Any, ...]
ENTITIES = [NamedNode(f"urn:{name}") for name in ("a", "b", "c", "p")]
NODES: list[Node] = [*ENTITIES, Literal("x")]
ABSENT: list[Node] = [NamedNode("urn:absent"), Literal("absent")]
PROPERTIES = [NamedNode(f"urn:{name}") for name in "pqr"]
GRAPHS = [NamedNode("urn:g"), NamedNode("urn:h")]

edges = st.tuples(st.sampled_from(ENTITIES), st.sampled_from(PROPERTIES), st.sampled_from(NODES))
graphs = st.lists(edges, max_size=7, unique=True)
properties = st.sampled_from(PROPERTIES).map(lambda iri: ("step", iri))
negated = st.tuples(st.just("not"), st.sets(st.sampled_from(PROPERTIES), max_size=2).map(frozenset)).flatmap(
    lambda one: st.sets(st.sampled_from(PROPERTIES), min_size=0 if one[1] else 1, max_size=2).map(
        lambda backward: (*one, frozenset(backward))
    )
)
paths = st.recursive(
    properties | negated,
    lambda inner: st.one_of(
        st.tuples(st.just("^"), inner),
        st.tuples(st.sampled_from(["*", "+", "?"]), inner),
        st.tuples(st.just("|"), inner, inner),
        st.tuples(st.just("/"), inner, inner),
    ),
    max_leaves=5,
)
ends = st.sampled_from([*NODES, *ABSENT]) | st.sampled_from(["?x", "?y"])


def to_sparql(path: PathTree) -> str:
    match path:
        case ("step", iri):
            return str(iri)
        case ("not", forward, backward):
            return "!(" + "|".join([*sorted(map(str, forward)), *sorted(f"^{iri}" for iri in backward)]) + ")"
        case ("^", inner):
            return f"^({to_sparql(inner)})"
        case ("|" | "/" as sign, left, right):
            return f"({to_sparql(left)}{sign}{to_sparql(right)})"
        case (sign, inner):
            return f"({to_sparql(inner)}){sign}"
    raise AssertionError(path)


def pairs(path: PathTree, graph: list[Edge], nodes: list[Node]) -> Counter[tuple[Node, Node]]:
    """The pairs of nodes that a path connects, with their multiplicities; `nodes` are those of length zero."""
    match path:
        case ("step", iri):
            return Counter((s, o) for s, p, o in graph if p == iri)
        case ("not", forward, backward):
            ahead = ((s, o) for s, p, o in graph if p not in forward)
            back = ((o, s) for s, p, o in graph if p not in backward)
            return Counter(ahead if forward else ()) + Counter(back if backward else ())
        case ("^", inner):
            return Counter({(o, s): n for (s, o), n in pairs(inner, graph, nodes).items()})
        case ("|", left, right):
            return pairs(left, graph, nodes) + pairs(right, graph, nodes)
        case ("/", left, right):
            joined: Counter[tuple[Node, Node]] = Counter()
            second = pairs(right, graph, nodes)
            for (s, middle), n in pairs(left, graph, nodes).items():
                for (start, o), m in second.items():
                    if start == middle:
                        joined[s, o] += n * m
            return joined
    sign, inner = path
    once = set(pairs(inner, graph, nodes))
    reached = set(once)
    while sign != "?" and (more := {(s, o) for s, m in reached for n, o in once if n == m} - reached):
        reached |= more
    return Counter(reached | ({(node, node) for node in nodes} if sign in "*?" else set()))


def rows(path: PathTree, graph: list[Edge], start: Node | str, end: Node | str) -> Iterator[tuple[Node, ...]]:
    """The solutions of one pattern: terms of the pattern count among the nodes, even where the graph lacks them."""
    constants = [term for term in (start, end) if not isinstance(term, str)]
    nodes = list(dict.fromkeys([*(node for s, _, o in graph for node in (s, o)), *constants]))
    for (s, o), count in pairs(path, graph, nodes).items():
        is_match = all(isinstance(term, str) or term == node for term, node in ((start, s), (end, o)))
        if is_match and (start != end or s == o):
            variables = {term: node for term, node in ((start, s), (end, o)) if isinstance(term, str)}
            for _ in range(count):
                yield tuple(variables[name] for name in sorted(variables))


@settings(max_examples=250)
@given(graphs, graphs, paths, ends, ends, st.sampled_from(["default", "named", "each"]))
def test_a_path_gives_each_row_as_often_as_sparql_says(
    default: list[Edge],
    named: list[Edge],
    path: PathTree,
    start: Node | str,
    end: Node | str,
    where: str,
) -> None:
    store = Store()
    store.extend(Quad(*edge) for edge in default)
    store.extend(Quad(*edge, GRAPHS[0]) for edge in named)
    store.extend(Quad(*edge, GRAPHS[1]) for edge in default[:1])
    for graph in GRAPHS:
        store.add_graph(graph)
    pattern = f"{start} {to_sparql(path)} {end}"
    group = {"default": pattern, "named": f"GRAPH {GRAPHS[0]} {{ {pattern} }}", "each": f"GRAPH ?g {{ {pattern} }}"}
    variables = sorted({str(term) for term in (start, end) if isinstance(term, str)})
    expected: Counter[tuple[Node, ...]] = Counter()
    if where == "each":
        for name, content in zip(GRAPHS, (named, default[:1]), strict=True):
            expected.update((name, *row) for row in rows(path, content, start, end))
        variables.insert(0, "?g")
    else:
        expected.update(rows(path, default if where == "default" else named, start, end))
    columns = " ".join(variables) or "(1 AS ?one)"
    result = evaluate(store, f"SELECT {columns} {{ {group[where]} }}")
    assert isinstance(result, EngineRows)
    actual = Counter(tuple(row) if variables else () for row in result.rows)
    assert actual == expected
