"""Facts and judgements walk in; the same facts, told of one name where several mean one thing, walk out.

It happens before sources are decided between: so equal facts of two sources become one triple with two pieces of
evidence, and different ones a conflict with both sides. What is kept of the other names: a thing keeps the label of the
source that is trusted most and has the others as aliases, and the build tells which names were one.

Nodes that have no name in the world, such as one film's nomination for one award, are the same when they hang on the
same thing by the same property and agree in what `same` in `data/policy.yaml` says of that property.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pyoxigraph import Literal, NamedNode

from kg.facts.fact import Fact
from kg.facts.judgements import Links, item_of
from kg.facts.policy import Policy
from kg.terms import ALIAS, FILM, LABEL, Term

_LAST = 1 << 30


@dataclass(frozen=True)
class Merged:
    """Facts under the names that stay, and for each name that went the one that stands for it."""

    facts: tuple[Fact, ...]
    stays: Mapping[NamedNode, NamedNode] = field(default_factory=dict)


def merge(facts: tuple[Fact, ...], links: Links, policy: Policy) -> Merged:
    """Tell facts of the names that stay; without links nothing changes."""
    if not links:
        return Merged(facts)
    stays = names_that_stay(facts, links, policy)
    merged = tuple(_labels(_renamed(facts, stays), stays, policy))
    nodes = same_nodes(merged, frozenset(stays.values()), policy)
    return Merged(_renamed(merged, nodes) if nodes else merged, stays | nodes)


def names_that_stay(facts: Iterable[Fact], links: Links, policy: Policy) -> dict[NamedNode, NamedNode]:
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
    for cluster in links.clusters:
        names = [name for name in cluster if name.value.startswith(FILM)]
        if names:
            best = min(names, key=lambda name: (ranks.get(name, (True, _LAST)), name.value))
            stays.update({name: best for name in cluster if name != best})
            stays.update({item: best for name in names if (item := item_of(name)) is not None})
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


def same_nodes(facts: Iterable[Fact], owners: frozenset[NamedNode], policy: Policy) -> dict[NamedNode, NamedNode]:
    """Node that goes -> node that stays, among the nodes of these owners.

    A source that has two nodes of equal keys tells them apart in some other way, so its nodes are left alone.
    """
    if not policy.same:
        return {}
    facts = tuple(facts)
    hung: list[tuple[NamedNode, NamedNode, Fact]] = [
        (fact.property, fact.value, fact)
        for fact in facts
        if fact.property in policy.same and fact.subject in owners and isinstance(fact.value, NamedNode)
    ]
    nodes = {node for _, node, _ in hung}
    said: dict[tuple[Term, NamedNode], set[Term]] = defaultdict(set)
    for fact in facts:
        if fact.subject in nodes:
            said[fact.subject, fact.property].add(fact.value)
    groups: dict[tuple[object, ...], dict[NamedNode, Fact]] = defaultdict(dict)
    for property, node, fact in hung:
        keys = [frozenset(said[node, key]) for key in policy.same[property]]
        if all(keys):
            groups[fact.subject, property, *keys].setdefault(node, fact)
    stays: dict[NamedNode, NamedNode] = {}
    for group in groups.values():
        speakers = [fact.evidence.source for fact in group.values()]
        if len(group) > 1 and len(set(speakers)) == len(speakers):
            best = min(group, key=lambda node: (_rank(group[node], policy), node.value))
            stays.update({node: best for node in group if node != best})
    return stays


def _rank(fact: Fact, policy: Policy) -> tuple[bool, int]:
    return bool(fact.evidence.record), policy.trust(fact.evidence.source, fact.property)
