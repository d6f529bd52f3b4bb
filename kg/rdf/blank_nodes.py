"""Labels for blank nodes that depend on nothing but the graph, in bounded time and memory.

RDFC-1.0 (https://www.w3.org/TR/rdf-canon/) labels them `c14n0`, `c14n1`, ... It tries every order of nodes that look
alike, which takes minutes for nine nodes that are all connected. Where many look alike, colour refinement takes them
apart instead: nodes get the same colour at first, and different ones as soon as their triples or the colours of their
neighbours differ. Of nodes that still look alike, each in turn is tried as the first; when all give the same graph,
they are alike indeed, and any order will do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import factorial

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Quad, Triple

MAX_QUADS = 2_000_000
"""The quads of a graph with blank nodes, which is held in memory."""
_MAX_COST = 20_000
"""The orders of nodes that RDFC-1.0 may have to try, times the nodes that look alike."""
_MAX_STEPS = 1_000_000
"""The signatures of nodes that are compared before the graph is refused: some seconds."""
_PREFIX = "like"
"""What the labels of colour refinement begin with."""


class AlikeNodesError(ValueError):
    """A graph whose blank nodes cannot be distinguished within the limits."""


def with_canonical_labels(quads: Iterable[Quad]) -> list[Quad]:
    """The quads with canonical labels for their blank nodes, sorted; raises `AlikeNodesError`."""
    given = list(quads)
    if not any(_blank_nodes(quad) for quad in given):
        return sorted(set(given), key=str)
    if len(given) > MAX_QUADS:
        message = f"a graph with blank nodes may have at most {MAX_QUADS:,} triples; give its nodes IRIs"
        raise AlikeNodesError(message)
    graph = _Graph.of(sorted(set(given), key=str))
    if _cost_of_rdfc(graph) <= _MAX_COST:
        dataset = Dataset(given)
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
        return sorted(dataset, key=str)
    labels = {name: BlankNode(f"{_PREFIX}{number}") for number, name in enumerate(_order(graph))}
    return sorted((_relabelled(quad, labels) for quad in graph.quads), key=str)


def with_labels(triple: Triple, label: Callable[[BlankNode], BlankNode]) -> Triple:
    """The triple with other labels for its blank nodes, those of its triple terms as well."""
    s, o = triple.subject, triple.object
    if not isinstance(s, BlankNode) and not isinstance(o, BlankNode | Triple):
        return triple
    subject = label(s) if isinstance(s, BlankNode) else s
    value = label(o) if isinstance(o, BlankNode) else with_labels(o, label) if isinstance(o, Triple) else o
    return Triple(subject, triple.predicate, value)


def _blank_nodes(quad: Quad) -> list[str]:
    return [term.value for term in (quad.subject, quad.object, quad.graph_name) if isinstance(term, BlankNode)]


def _relabelled(quad: Quad, labels: Mapping[str, BlankNode]) -> Quad:
    s, o, g = (
        labels[term.value] if isinstance(term, BlankNode) else term
        for term in (quad.subject, quad.object, quad.graph_name)
    )
    return Quad(s, quad.predicate, o, g)  # type: ignore[arg-type]


_Signature = tuple[tuple[int, ...], ...]
"""What a node looks like: the kinds of its edges, each with the colours at its other ends."""


@dataclass(frozen=True, slots=True)
class _Edge:
    """A quad as one of its blank nodes sees it: what is the same for every label, and the other blank nodes."""

    kind: int
    others: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Graph:
    """Quads with their blank nodes as numbers."""

    quads: Sequence[Quad]
    names: Sequence[str]
    edges: Sequence[Sequence[_Edge]]
    neighbours: Sequence[frozenset[int]]

    @classmethod
    def of(cls, quads: Sequence[Quad]) -> _Graph:
        names = sorted({name for quad in quads for name in _blank_nodes(quad)})
        numbers = {name: number for number, name in enumerate(names)}
        views: list[list[tuple[tuple[str, ...], tuple[int, ...]]]] = [[] for _ in names]
        for quad in quads:
            terms = (quad.subject, quad.predicate, quad.object, quad.graph_name)
            nodes = [numbers[term.value] if isinstance(term, BlankNode) else None for term in terms]
            for node in {node for node in nodes if node is not None}:
                shape = tuple(
                    str(term) if other is None else "self" if other == node else "other"
                    for term, other in zip(terms, nodes, strict=True)
                )
                views[node].append((shape, tuple(other for other in nodes if other is not None and other != node)))
        kinds = {shape: kind for kind, shape in enumerate(sorted({shape for view in views for shape, _ in view}))}
        edges = [[_Edge(kinds[shape], others) for shape, others in view] for view in views]
        neighbours = [frozenset(other for edge in view for other in edge.others) for view in edges]
        return cls(quads, names, edges, neighbours)


def _cost_of_rdfc(graph: _Graph) -> int:
    """An upper bound of what RDFC-1.0 takes: it tries each order of related nodes that look alike by themselves."""
    alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for node, edges in enumerate(graph.edges):
        alike[tuple(sorted(edge.kind for edge in edges))].append(node)
    colours = {node: colour for colour, nodes in enumerate(alike.values()) if len(nodes) > 1 for node in nodes}
    cost = 0
    for component in _components(colours, graph.neighbours):
        orders = len(component) ** 2
        for node in component:
            related = Counter(
                (edge.kind, colours[other]) for edge in graph.edges[node] for other in edge.others if other in colours
            )
            for count in related.values():
                orders *= factorial(min(count, 10))
            if orders > _MAX_COST:
                return orders
        cost += orders
    return cost


def _components(nodes: Collection[int], neighbours: Sequence[frozenset[int]]) -> Iterator[list[int]]:
    """The nodes in groups that are connected with each other, and with no node of another group."""
    remaining = dict.fromkeys(nodes)
    while remaining:
        first = next(iter(remaining))
        del remaining[first]
        component = [first]
        for node in component:  # grows while it is read
            for other in neighbours[node]:
                if other in remaining:
                    del remaining[other]
                    component.append(other)
        yield component


def _order(graph: _Graph) -> list[str]:
    """The names of all blank nodes in an order that does not depend on the names: each component by itself."""
    refinement = _Refinement(graph)
    ordered = []
    for component in _components(range(len(graph.names)), graph.neighbours):
        colours = refinement.ordered(component)
        ordered.append((refinement.certificate(colours), [node for cell in colours.cells for node in cell]))
    return [graph.names[node] for _, nodes in sorted(ordered) for node in nodes]


@dataclass
class _Colours:
    """A partition of nodes, as an ordered list of cells."""

    of: dict[int, int]
    cells: list[set[int]]

    def copy(self) -> _Colours:
        return _Colours(dict(self.of), [set(cell) for cell in self.cells])


class _Refinement:
    """Orders the nodes of a connected part of a graph."""

    def __init__(self, graph: _Graph) -> None:
        self.graph, self.steps = graph, 0

    def count(self, steps: int) -> None:
        self.steps += steps
        if self.steps > _MAX_STEPS:
            raise AlikeNodesError("its blank nodes are too many and too much alike to be distinguished; give them IRIs")

    def ordered(self, nodes: list[int]) -> _Colours:
        """The nodes, each in a cell of its own."""
        colours = _Colours(dict.fromkeys(nodes, 0), [set(nodes)])
        self.refine(colours, nodes)
        while (tied := self.first_tied(colours)) is not None:
            colours = self.separate(colours, tied)
        return colours

    @staticmethod
    def first_tied(colours: _Colours) -> int | None:
        tied = [number for number, cell in enumerate(colours.cells) if len(cell) > 1]
        return min(tied, key=lambda number: (len(colours.cells[number]), number), default=None)

    def separate(self, colours: _Colours, tied: int) -> _Colours:
        """The colours with one node of a cell before the others.

        Where every choice gives the same graph, the nodes are images of each other under an automorphism.
        """
        choices = [self.with_first(colours, tied, node) for node in sorted(colours.cells[tied])]
        graphs = {self.certificate(self.completed(choice)) for choice in choices}
        if len(graphs) > 1:
            raise AlikeNodesError("its blank nodes are too much alike to be distinguished; give them IRIs")
        return choices[0]

    def with_first(self, colours: _Colours, tied: int, node: int) -> _Colours:
        self.count(len(colours.of))
        chosen = colours.copy()
        self.individualise(chosen, tied, node)
        return chosen

    def individualise(self, colours: _Colours, tied: int, node: int) -> None:
        """Give a node a colour of its own."""
        colours.cells[tied].remove(node)
        colours.of[node] = len(colours.cells)
        colours.cells.append({node})
        self.refine(colours, self.graph.neighbours[node])

    def completed(self, colours: _Colours) -> _Colours:
        completed = colours.copy()
        while (tied := self.first_tied(completed)) is not None:
            self.individualise(completed, tied, min(completed.cells[tied]))
        return completed

    def certificate(self, colours: _Colours) -> tuple[_Signature, ...]:
        """The graph with colours in place of names."""
        return tuple(self.signature(colours, node) for cell in colours.cells for node in cell)

    def signature(self, colours: _Colours, node: int) -> _Signature:
        self.count(1 + len(self.graph.edges[node]))
        of = colours.of
        return tuple(sorted((edge.kind, *(of[other] for other in edge.others)) for edge in self.graph.edges[node]))

    def refine(self, colours: _Colours, changed: Iterable[int]) -> None:
        """Split cells until all nodes of a cell have the same signature; only neighbours of what changed are looked at.

        The largest part of a split cell keeps its colour, the others get new ones in the order of their signatures.
        """
        pending = set(changed)
        while pending:
            by_cell: dict[int, set[int]] = defaultdict(set)
            for node in pending:
                by_cell[colours.of[node]].add(node)
            splits = {
                number: self.split(colours, number, nodes)
                for number, nodes in by_cell.items()
                if len(colours.cells[number]) > 1
            }
            pending = set()
            for number in sorted(splits):
                for part in splits[number]:
                    for node in part:
                        colours.of[node] = len(colours.cells)
                        pending |= self.graph.neighbours[node]
                    colours.cells[number] -= part
                    colours.cells.append(part)

    def split(self, colours: _Colours, number: int, nodes: set[int]) -> list[set[int]]:
        """The parts of a cell that get new colours; nodes without a changed neighbour have the signature they had."""
        cell = colours.cells[number]
        parts: dict[_Signature, set[int]] = defaultdict(set)
        for node in nodes:
            parts[self.signature(colours, node)].add(node)
        unchanged = next((node for node in cell if node not in nodes), None)
        if unchanged is not None:
            same = self.signature(colours, unchanged)
            moved = set().union(*(part for signature, part in parts.items() if signature != same))
            if 2 * len(moved) <= len(cell):
                return [parts[signature] for signature in sorted(parts) if signature != same]
            parts[same] = cell - moved
        ordered = [parts[signature] for signature in sorted(parts)]
        largest = max(range(len(ordered)), key=lambda index: (len(ordered[index]), -index))
        return ordered[:largest] + ordered[largest + 1 :]
