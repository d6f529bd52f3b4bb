"""Replace linked IRIs by one canonical IRI, and merge equal parts.

It happens before conflicts are resolved: so equal facts of two sources become one triple with two pieces of evidence,
and different ones a conflict. The label of the most trusted source stays the label, the others become aliases.

Parts, such as a film's nomination for one award, have no names that links could connect. Parts of one owner are the
same when they are values of the same property and agree in the keys that `same` in `data/policy.yaml` lists for it.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import partial

from pyoxigraph import Literal, NamedNode

from kg import vocabulary as film
from kg.decisions.links import Links, wikidata_item
from kg.decisions.policy import Policy
from kg.facts.model import Fact
from kg.terms import ALIAS, FILM, LABEL, Term

_CONTESTS = frozenset(map(Literal, ("won", "nominated", "lost")))
"""The outcomes that one recognition may have together."""
_Statements = AbstractSet[tuple[NamedNode, Term]]
"""Property and value of each fact about an entity."""


@dataclass(frozen=True)
class LinkedFacts:
    """Facts under canonical names, and `canonical`: name that was replaced -> canonical name."""

    facts: tuple[Fact, ...]
    canonical: Mapping[NamedNode, NamedNode] = field(default_factory=dict)


def apply_links(facts: tuple[Fact, ...], links: Links, policy: Policy) -> LinkedFacts:
    """The facts under canonical names; without links nothing changes."""
    if not links:
        return LinkedFacts(facts)
    canonical = canonical_names(facts, links, policy)
    linked = tuple(_one_label(_rename(facts, canonical), frozenset(canonical.values()), policy))
    parts = same_parts(linked, frozenset(canonical.values()), policy)
    return LinkedFacts(_rename(linked, parts) if parts else linked, canonical | parts)


def canonical_names(facts: Collection[Fact], links: Links, policy: Policy) -> dict[NamedNode, NamedNode]:
    """Name to replace -> canonical name.

    In each cluster the canonical name is the one that people wrote blocks for, else that of the most trusted source,
    else the first.
    """
    clusters = links.cluster_of
    ranks: dict[NamedNode, tuple[bool, int]] = {}
    for fact in facts:
        if isinstance(fact.subject, NamedNode) and fact.subject in clusters:
            rank = _rank(fact, policy)
            ranks[fact.subject] = min(ranks.get(fact.subject, rank), rank)
    last = (True, sys.maxsize)
    canonical: dict[NamedNode, NamedNode] = {}
    items: dict[NamedNode, NamedNode] = {}
    for cluster in links.clusters:
        names = [name for name in cluster if name.value.startswith(FILM)]
        if names:
            best = min(names, key=lambda name: (ranks.get(name, last), name.value))
            canonical.update({name: best for name in cluster if name != best})
            items.update({item: best for name in names if (item := wikidata_item(name)) is not None})
    for fact in facts:
        if isinstance(fact.subject, NamedNode) and fact.subject in items:
            canonical[fact.subject] = items[fact.subject]
    return canonical


def _rename(facts: Iterable[Fact], names: Mapping[NamedNode, NamedNode]) -> tuple[Fact, ...]:
    new: dict[Term, NamedNode] = {old: name for old, name in names.items()}  # noqa: C416 - a wider key
    return tuple(
        replace(fact, subject=new.get(fact.subject, fact.subject), value=new.get(fact.value, fact.value))
        if fact.subject in new or fact.value in new
        else fact
        for fact in facts
    )


def _one_label(facts: tuple[Fact, ...], names: AbstractSet[NamedNode], policy: Policy) -> Iterator[Fact]:
    """The facts, with one label in each language for each of these names: that of the most trusted source.

    A label that an import made, such as a number, gives way to any other. Different labels do not contradict each
    other, so the others become aliases.
    """
    best: dict[tuple[Term, str], tuple[bool, bool, int, str, str]] = {}
    for fact in facts:
        if fact.property == LABEL and fact.subject in names and isinstance(fact.value, Literal):
            is_made = fact.paraphrase and bool(fact.evidence.record)
            rank = (is_made, *_rank(fact, policy), *_source_and_text(fact))
            key = fact.subject, fact.value.language or ""
            best[key] = min(best.get(key, rank), rank)
    for fact in facts:
        if fact.property == LABEL and isinstance(fact.value, Literal):
            first = best.get((fact.subject, fact.value.language or ""))
            if first is not None and fact.value.value != first[-1]:
                yield replace(fact, property=ALIAS)
                continue
        yield fact


def _source_and_text(fact: Fact) -> tuple[str, str]:
    assert isinstance(fact.value, Literal)
    return fact.evidence.source, fact.value.value


def _rank(fact: Fact, policy: Policy) -> tuple[bool, int]:
    """Sorts facts that people wrote before those of records, and then the more trusted source first."""
    return bool(fact.evidence.record), policy.trust(fact.evidence.source, fact.property)


def same_parts(facts: Collection[Fact], owners: AbstractSet[NamedNode], policy: Policy) -> dict[NamedNode, NamedNode]:
    """Part to replace -> the part that it is the same as, among the parts of these owners.

    When one source has two parts with equal keys, it distinguishes them by something else, so both are kept; only where
    one is the nomination and the other the win are they the same. A part about which its source states nothing that
    another source does not state about its own part is the same as that one: "nominated for best actress" where two
    actresses were nominated, or a win without the ceremony.
    """
    links: dict[tuple[Term, NamedNode], dict[NamedNode, Fact]] = defaultdict(dict)
    for fact in facts:
        if fact.property in policy.part_keys and fact.subject in owners and isinstance(fact.value, NamedNode):
            links[fact.subject, fact.property].setdefault(fact.value, fact)
    several = {group: parts for group, parts in links.items() if len(parts) > 1}
    statements = _statements_about({part for parts in several.values() for part in parts}, facts)
    same: dict[NamedNode, NamedNode] = {}
    for (_, property), parts in several.items():
        ranks = {part: (*_rank(fact, policy), part.value) for part, fact in parts.items()}
        sources = {part: fact.evidence.source for part, fact in parts.items()}
        matches = _matches(sorted(parts, key=ranks.__getitem__), policy.part_keys[property], sources, statements)
        same.update(_best_names(dict(matches), ranks))
    return same


def _statements_about(parts: AbstractSet[NamedNode], facts: Iterable[Fact]) -> Mapping[Term, _Statements]:
    statements: dict[Term, set[tuple[NamedNode, Term]]] = {part: set() for part in parts}
    for fact in facts:
        if fact.subject in statements:
            statements[fact.subject].add((fact.property, fact.value))
    return statements


def _matches(
    parts: Sequence[NamedNode],
    keys: Sequence[NamedNode],
    sources: Mapping[NamedNode, str],
    statements: Mapping[Term, _Statements],
) -> Iterator[tuple[NamedNode, NamedNode]]:
    """Yield each part of one owner that is the same as another, with that one; there is no ring among these pairs."""
    groups: dict[tuple[object, ...], list[NamedNode]] = defaultdict(list)
    for part in parts:
        values = [_values(statements[part], key) for key in keys]
        if all(values):
            groups[*values, *_kind(statements[part])].append(part)
    matched: set[NamedNode] = set()
    for group in groups.values():
        first_of: dict[NamedNode, NamedNode] = {}
        for part in group:
            same = (other for other in first_of.values() if sources[other] == sources[part])
            is_same = partial(_is_one_contest, statements[part])
            first_of[part] = next((other for other in same if is_same(statements[other])), part)
        contests = list(dict.fromkeys(first_of.values()))
        if len({sources[part] for part in contests}) == len(contests) > 1:
            first_of = dict.fromkeys(group, group[0])
        pairs = [(part, first) for part, first in first_of.items() if part != first]
        matched.update(part for pair in pairs for part in pair)
        yield from pairs
    for part in parts:
        fuller = (
            other
            for other in parts
            if sources[other] != sources[part]
            and statements[part] < statements[other]
            and _kind(statements[part]) == _kind(statements[other])
        )
        if part not in matched and statements[part] and (other := next(fuller, None)) is not None:
            yield part, other


def _values(statements: _Statements, property: NamedNode) -> frozenset[Term]:
    return frozenset(value for own, value in statements if own == property)


def _kind(statements: _Statements) -> tuple[frozenset[Term], frozenset[Term]]:
    """What keeps parts with equal keys apart: a number is not one of what it counts, and a record is not a win."""
    return _values(statements, film.count), _values(statements, film.outcome) - _CONTESTS


def _is_one_contest(left: _Statements, right: _Statements) -> bool:
    """True for the nomination and the win of one award, where neither states what the other does not."""
    outcomes = [_values(statements, film.outcome) for statements in (left, right)]
    others = [{pair for pair in statements if pair[0] != film.outcome} for statements in (left, right)]
    is_part = others[0] <= others[1] or others[1] <= others[0]
    return all(outcomes) and outcomes[0].isdisjoint(outcomes[1]) and is_part


def _best_names(
    matches: Mapping[NamedNode, NamedNode], ranks: Mapping[NamedNode, tuple[bool, int, str]]
) -> Iterator[tuple[NamedNode, NamedNode]]:
    """Yield each part but the best ranked one of each cluster of matches, with that best one."""
    clusters: dict[NamedNode, set[NamedNode]] = defaultdict(set)
    for part in matches:
        last = part
        while last in matches:  # it ends: each states more than the one before, or is the first of its group
            last = matches[last]
        clusters[last] |= {last, part}
    for cluster in clusters.values():
        best = min(cluster, key=ranks.__getitem__)
        yield from ((part, best) for part in cluster if part != best)
