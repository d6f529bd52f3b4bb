"""Facts and judgements walk in; the same facts, told of one name where several mean one thing, walk out.

It happens before sources are decided between: so equal facts of two sources become one triple with two pieces of
evidence, and different ones a conflict with both sides. What is kept of the other names: a thing keeps the label of the
source that is trusted most and has the others as aliases, and the build tells which names were one.

Nodes that have no name in the world, such as one film's nomination for one award, are the same when they hang on the
same thing by the same property and agree in what `same` in `data/policy.yaml` says of that property.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from pyoxigraph import Literal, NamedNode

from kg.decisions.links import Links, item_of
from kg.decisions.policy import Policy
from kg.facts.model import Fact
from kg.terms import ALIAS, FILM, LABEL, Term

_LAST = 1 << 30


@dataclass(frozen=True)
class LinkedFacts:
    """Facts under the names that stay, and for each name that went the one that stands for it."""

    facts: tuple[Fact, ...]
    canonical: Mapping[NamedNode, NamedNode] = field(default_factory=dict)


def apply_links(facts: tuple[Fact, ...], links: Links, policy: Policy) -> LinkedFacts:
    """Tell facts of the names that stay; without links nothing changes."""
    if not links:
        return LinkedFacts(facts)
    stays = canonical_names(facts, links, policy)
    merged = tuple(_labels(_renamed(facts, stays), stays, policy))
    nodes = same_nodes(merged, frozenset(stays.values()), policy)
    return LinkedFacts(_renamed(merged, nodes) if nodes else merged, stays | nodes)


def canonical_names(facts: Collection[Fact], links: Links, policy: Policy) -> dict[NamedNode, NamedNode]:
    """Name that goes -> name that stays.

    Of each cluster the name that people wrote blocks for stays, else that of the most trusted source, else the first.
    """
    of = links.cluster_of
    ranks: dict[NamedNode, tuple[bool, int]] = {}
    for fact in facts:
        if isinstance(fact.subject, NamedNode) and fact.subject in of:
            rank = (bool(fact.evidence.record), policy.trust(fact.evidence.source, fact.property))
            ranks[fact.subject] = min(ranks.get(fact.subject, rank), rank)
    stays: dict[NamedNode, NamedNode] = {}
    items: dict[NamedNode, NamedNode] = {}
    for cluster in links.clusters:
        names = [name for name in cluster if name.value.startswith(FILM)]
        if names:
            best = min(names, key=lambda name: (ranks.get(name, (True, _LAST)), name.value))
            stays.update({name: best for name in cluster if name != best})
            items.update({item: best for name in names if (item := item_of(name)) is not None})
    for fact in facts:
        if isinstance(fact.subject, NamedNode) and fact.subject in items:
            stays[fact.subject] = items[fact.subject]
    return stays


def _renamed(facts: Iterable[Fact], names: Mapping[NamedNode, NamedNode]) -> tuple[Fact, ...]:
    stays: dict[Term, NamedNode] = {went: name for went, name in names.items()}  # noqa: C416 - a wider key
    return tuple(
        replace(fact, subject=stays.get(fact.subject, fact.subject), value=stays.get(fact.value, fact.value))
        if fact.subject in stays or fact.value in stays
        else fact
        for fact in facts
    )


def _labels(facts: tuple[Fact, ...], stays: Mapping[NamedNode, NamedNode], policy: Policy) -> Iterable[Fact]:
    """Labels that differ do not contradict each other: the most trusted stays, the others are aliases."""
    kept = set(stays.values())
    best: dict[tuple[Term, str], tuple[bool, int, str, str]] = {}
    for fact in facts:
        if fact.property == LABEL and fact.subject in kept and isinstance(fact.value, Literal):
            key, rank = (fact.subject, fact.value.language or ""), _label_rank(fact, policy)
            best[key] = min(best.get(key, rank), rank)
    for fact in facts:
        if fact.property == LABEL and isinstance(fact.value, Literal):
            first = best.get((fact.subject, fact.value.language or ""))
            if first is not None and fact.value.value != first[3]:
                yield replace(fact, property=ALIAS)
                continue
        yield fact


def _label_rank(fact: Fact, policy: Policy) -> tuple[bool, int, str, str]:
    assert isinstance(fact.value, Literal)
    trust = policy.trust(fact.evidence.source, LABEL)
    return (bool(fact.evidence.record), trust, fact.evidence.source, fact.value.value)


def same_nodes(facts: Iterable[Fact], owners: AbstractSet[NamedNode], policy: Policy) -> dict[NamedNode, NamedNode]:
    """Node that goes -> node that stays, among the nodes of these owners.

    A source that has two nodes of equal keys tells them apart in some other way, so its nodes stay two. A node of which
    a source says nothing that another source does not say of its own node is told by that one: "nominated for best
    actress", where two actresses were, or a win without the ceremony.
    """
    facts = tuple(facts)
    hung: dict[tuple[Term, NamedNode], dict[NamedNode, Fact]] = defaultdict(dict)
    for fact in facts:
        if fact.property in policy.part_keys and fact.subject in owners and isinstance(fact.value, NamedNode):
            hung[fact.subject, fact.property].setdefault(fact.value, fact)
    several = {place: nodes for place, nodes in hung.items() if len(nodes) > 1}
    said = _said_of({node for nodes in several.values() for node in nodes}, facts)
    stays: dict[NamedNode, NamedNode] = {}
    for (_, property), nodes in several.items():
        ranks = {node: (*_rank(fact, policy), node.value) for node, fact in nodes.items()}
        sources = {node: fact.evidence.source for node, fact in nodes.items()}
        fuller = dict(_told_by(sorted(nodes, key=ranks.__getitem__), policy.part_keys[property], sources, said))
        stays.update(_best_names(fuller, ranks))
    return stays


def _said_of(nodes: AbstractSet[NamedNode], facts: Iterable[Fact]) -> dict[Term, set[tuple[NamedNode, Term]]]:
    said: dict[Term, set[tuple[NamedNode, Term]]] = {node: set() for node in nodes}
    for fact in facts:
        if fact.subject in said:
            said[fact.subject].add((fact.property, fact.value))
    return said


def _told_by(
    nodes: Sequence[NamedNode],
    wanted: Sequence[NamedNode],
    sources: Mapping[NamedNode, str],
    said: Mapping[Term, AbstractSet[tuple[NamedNode, Term]]],
) -> Iterator[tuple[NamedNode, NamedNode]]:
    """Node and another that tells of the same, of the nodes of one thing; never two ways around."""
    groups: dict[tuple[object, ...], list[NamedNode]] = defaultdict(list)
    for node in nodes:
        keys = [frozenset(value for key, value in said[node] if key == one) for one in wanted]
        if all(keys):
            groups[tuple(keys)].append(node)
    met: set[NamedNode] = set()
    for group in groups.values():
        if len({sources[node] for node in group}) == len(group) > 1:
            met.update(group)
            yield from ((node, group[0]) for node in group[1:])
    for node in nodes:
        told = (one for one in nodes if sources[one] != sources[node] and said[node] < said[one])
        if node not in met and said[node] and (one := next(told, None)) is not None:
            yield node, one


def _best_names(
    fuller: Mapping[NamedNode, NamedNode], ranks: Mapping[NamedNode, tuple[bool, int, str]]
) -> Iterator[tuple[NamedNode, NamedNode]]:
    """Of nodes that tell of the same the name that ranks first stays."""
    clusters: dict[NamedNode, set[NamedNode]] = defaultdict(set)
    for node in fuller:
        last = node
        while last in fuller:  # it ends: each says more than the one before, or is the first of its group
            last = fuller[last]
        clusters[last] |= {last, node}
    for cluster in clusters.values():
        best = min(cluster, key=ranks.__getitem__)
        yield from ((node, best) for node in cluster if node != best)


def _rank(fact: Fact, policy: Policy) -> tuple[bool, int]:
    return bool(fact.evidence.record), policy.trust(fact.evidence.source, fact.property)
