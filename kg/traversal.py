"""Walks over small graphs: what can be reached from a node, strong components, and the members of an RDF list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Node = TypeVar("Node")


def reachable(starts: Iterable[Node], next_of: Callable[[Node], Iterable[Node]]) -> tuple[Node, ...]:
    """The start nodes and everything that can be reached from them, nearest first; cycles are walked once.

    >>> reachable(["a"], {"a": ["b", "c"], "b": ["a"], "c": []}.__getitem__)
    ('a', 'b', 'c')
    """
    found = dict.fromkeys(starts)
    waiting = list(found)
    for node in waiting:
        for after in next_of(node):
            if after not in found:
                found[after] = None
                waiting.append(after)
    return tuple(found)


def strong_components(starts: Iterable[Node], next_of: Callable[[Node], Iterable[Node]]) -> Iterator[tuple[Node, ...]]:
    """The strong components of what can be reached from the start nodes, each after all others that it leads to.

    Tarjan's algorithm, without recursion.

    >>> list(strong_components("a", {"a": "b", "b": "ac", "c": ""}.__getitem__))
    [('c',), ('a', 'b')]
    """
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: dict[Node, None] = {}
    path: list[tuple[Node, Iterator[Node]]] = []

    def enter(node: Node) -> None:
        index[node] = low[node] = len(index)
        stack[node] = None
        path.append((node, iter(next_of(node))))

    for start in starts:
        if start not in index:
            enter(start)
        while path:
            node, after = path[-1]
            for other in after:
                if other not in index:
                    enter(other)
                    break
                if other in stack:
                    low[node] = min(low[node], index[other])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == index[node]:
                    members = [stack.popitem()[0]]
                    while members[-1] != node:
                        members.append(stack.popitem()[0])
                    yield tuple(reversed(members))


def list_members(
    head: Node, first_and_rest: Callable[[Node], tuple[Node, Node] | None], *, nil: Node
) -> tuple[Node, ...] | None:
    """The members of an RDF list (https://www.w3.org/TR/rdf-schema/#ch_collectionvocab).

    `first_and_rest` gives the one rdf:first and the one rdf:rest of a list node, or None where there are not exactly
    one of each. The result is None for a list that is not well-formed: open, branching or circular.
    """
    members: list[Node] = []
    seen = set()
    while head != nil:
        cell = None if head in seen else first_and_rest(head)
        if cell is None:
            return None
        seen.add(head)
        members.append(cell[0])
        head = cell[1]
    return tuple(members)
