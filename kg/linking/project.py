"""A project walks in; what linking finds among its facts walks out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from pyoxigraph import NamedNode

from kg.decisions.links import COMPOSITE, LINKS_FILE, Judgement, Links, read_links
from kg.decisions.policy import read_policy
from kg.errors import FaultsError, UnknownNameError
from kg.facts.readers import read_facts
from kg.linking.classification import Thresholds, classify_pairs
from kg.linking.mentions import OWN_SOURCE, find_mentions
from kg.linking.model import Candidate, Classification, Judged, Mention
from kg.project import Project
from kg.reports import Finding
from kg.schema import read_ontology, to_schema
from kg.terms import LABEL, to_curie, to_iri
from kg.text import closest
from kg.version import __version__


@dataclass(frozen=True)
class LinkingInput:
    """What a project's facts mention, by who tells of it, what was judged already, and whom it trusts."""

    mentions: dict[str, list[Mention]]
    links: Links
    trust: Callable[[str], int]

    def mention(self, name: str) -> Mention:
        """The mention of this id; raises `UnknownNameError`."""
        try:
            id = to_curie(to_iri(name).value)
        except ValueError:
            id = name
        every = {one.id: one for side in self.mentions.values() for one in side}
        if id not in every:
            raise UnknownNameError(name, kind="thing that can be linked", suggestions=closest(id, list(every)[:50_000]))
        return every[id]


def read_linking_input(project: Project) -> LinkingInput:
    """Read a project's facts and judgements; raises `FaultsError` with all that is wrong with them."""
    schema = to_schema(read_ontology(project.ontology))
    read = read_facts(project.data, schema)
    faults: list[Finding] = list(read.findings)
    policy = read_policy(
        project.data / "policy.yaml", file="data/policy.yaml", schema=schema, sources=read.sources, faults=faults
    )
    links = read_links(project.data / LINKS_FILE, file=f"data/{LINKS_FILE}", faults=faults)
    if faults:
        raise FaultsError(faults)
    return LinkingInput(find_mentions(read.facts, schema), links, lambda source: policy.trust(source, LABEL))


def link_project(
    project: Project,
    *,
    kinds: Iterable[str] = (),
    between: tuple[str, str] | None = None,
    thresholds: Thresholds | None = None,
    day: str = "",
    progress: Callable[[str], None] | None = None,
) -> LinkingResult:
    """What else is the same in a project; nothing is written."""
    linkable = read_linking_input(project)
    for source in between or ():
        if source not in linkable.mentions:
            known = sorted(linkable.mentions)
            raise UnknownNameError(
                source,
                kind="source of things",
                suggestions=closest(source, known),
                remedy=f"There are {', '.join(known)}.",
            )
    return link_sources(
        linkable.mentions,
        linkable.links,
        trust=linkable.trust,
        kinds=kinds,
        between=between,
        thresholds=thresholds,
        day=day,
        progress=progress,
    )


def compare_entities(project: Project, one: str, other: str) -> Candidate:
    """Two things of a project compared among all of their sources; raises `UnknownNameError`."""
    linkable = read_linking_input(project)
    left, right = linkable.mention(one), linkable.mention(other)
    sides = [next(side for side in linkable.mentions.values() if mention in side) for mention in (left, right)]
    kind = left.kind
    judged = classify_pairs(*([mention for mention in side if mention.kind == kind] for side in sides))
    found = (one.candidate for one in judged if one.candidate.left.id == left.id and one.candidate.right.id == right.id)
    return next(found, Candidate(left, right, (), 0.0, "they share no name, word or person worth comparing"))


MAX_ROUNDS = 6
TOOL = f"film-knowledge-graph {__version__}"
_THROUGH = {"film": "person", "person": "film"}
"""Kind -> the kind that it is linked through."""


@dataclass(frozen=True, slots=True)
class LinkingResult:
    """What linking found: new judgements, pairs for a person to judge, and counts by sources and kind."""

    judgements: tuple[Judgement, ...]
    unsure: tuple[Candidate, ...]
    counts: Mapping[tuple[str, str, str, Classification], int] = field(default_factory=dict)


def link_sources(
    mentions: Mapping[str, Sequence[Mention]],
    links: Links,
    *,
    trust: Callable[[str], int],
    kinds: Iterable[str] = (),
    between: tuple[str, str] | None = None,
    thresholds: Thresholds | None = None,
    day: str = "",
    progress: Callable[[str], None] | None = None,
) -> LinkingResult:
    """Link every two sources of a project, or the two of `between`, for all kinds of things or only `kinds`."""
    order = sorted(
        mentions, key=lambda source: (source != OWN_SOURCE, _unnamed(mentions[source]), trust(source), source)
    )
    pairs = [pair for pair in combinations(order, 2) if between is None or set(pair) == set(between)]
    wanted = set(kinds)
    found = _Found(links)
    for one, other in pairs:
        if progress is not None:
            progress(f"{one} and {other}")
        for judged in _between(mentions[one], mentions[other], found, wanted, thresholds):
            found.take(one, other, judged, day)
    return LinkingResult(tuple(found.judgements), tuple(found.unsure), found.counts)


def _unnamed(mentions: Sequence[Mention]) -> bool:
    """True for a source of which most things have no name."""
    return sum(not one.names for one in mentions) * 2 > len(mentions)


class _Found:
    """What is the same so far: judged before, and found in this run."""

    def __init__(self, links: Links) -> None:
        self.judged = {one.names: one for one in links.judgements}
        self.judgements: list[Judgement] = []
        self.unsure: list[Candidate] = []
        self.counts: Counter[tuple[str, str, str, Classification]] = Counter()
        self._stands: dict[NamedNode, NamedNode] = {}
        self._members: dict[NamedNode, set[NamedNode]] = {}
        for one in links.judgements:
            if one.same:
                self._join(one.subject, one.object)
        self._denied = [tuple(one.names) for one in links.judgements if one.same is False]

    def key(self, name: str) -> str:
        """One key for all names of a thing that is linked; empty for one that is not."""
        iri = to_iri(name)
        return self._stands[iri].value if iri in self._stands else ""

    def take(self, one: str, other: str, judged: Judged, day: str) -> None:
        """Keep what is judged, unless a judgement is there already or forbids it."""
        candidate = judged.candidate
        left, right = to_iri(candidate.left.id), to_iri(candidate.right.id)
        kind, verdict = candidate.left.kind, judged.verdict
        if frozenset((left, right)) in self.judged:
            return
        if candidate.veto and candidate.left.identifiers & candidate.right.identifiers:
            # One of them has a wrong identifier, and must not become the other by way of a third that has it as well.
            self._denied.append((left, right))
        if verdict is Classification.SAME and not self._may_join(left, right):
            verdict = Classification.UNSURE
        self.counts[one, other, kind, verdict] += 1
        if verdict is Classification.UNSURE:
            self.unsure.append(candidate)
        elif verdict is Classification.SAME and self._join(left, right):
            self.judgements.append(to_judgement(candidate, same=True, day=day))

    def _join(self, left: NamedNode, right: NamedNode) -> bool:
        """Make two names one; False when they were one before."""
        here, there = self._stands.get(left, left), self._stands.get(right, right)
        if here == there:
            return False
        members = self._members.setdefault(here, {here}) | self._members.pop(there, {there})
        self._members[here] = members
        self._stands.update(dict.fromkeys(members, here))
        return True

    def _may_join(self, left: NamedNode, right: NamedNode) -> bool:
        if not self._denied:
            return True
        here, there = ({*self._members.get(self._stands.get(name, name), ()), name} for name in (left, right))
        return not any({one, other} <= here | there for one, other in self._denied)


def _between(
    left: Sequence[Mention],
    right: Sequence[Mention],
    found: _Found,
    wanted: set[str],
    thresholds: Thresholds | None,
) -> Iterator[Judged]:
    kinds = [kind for kind in dict.fromkeys(one.kind for one in left) if any(two.kind == kind for two in right)]
    sides = {
        kind: ([one for one in left if one.kind == kind], [one for one in right if one.kind == kind]) for kind in kinds
    }
    known = {one.id: key for side in (left, right) for one in side if (key := found.key(one.id))}
    last: dict[str, tuple[Judged, ...]] = {}
    waiting = [kind for kind in kinds if not wanted or kind in wanted or _THROUGH.get(kind) in wanted]
    for _ in range(MAX_ROUNDS):
        if not waiting:
            break
        changed = set()
        for kind in waiting:
            before = _same(last.get(kind, ()))
            last[kind] = classify_pairs(*sides[kind], thresholds=thresholds, linked=known)
            if (now := _same(last[kind])) != before:
                known.update({name: left_name for left_name, name in now} | {one: one for one, _ in now})
                changed.add(_THROUGH.get(kind, ""))
        waiting = [kind for kind in kinds if kind in changed and (not wanted or kind in wanted)]
    for kind in kinds:
        if not wanted or kind in wanted:
            yield from last.get(kind, ())


def _same(judged: Iterable[Judged]) -> set[tuple[str, str]]:
    return {(one.candidate.left.id, one.candidate.right.id) for one in judged if one.verdict is Classification.SAME}


def to_judgement(candidate: Candidate, *, same: bool, day: str, author: str = "", comment: str = "") -> Judgement:
    """A candidate as a judgement; of the linker, or of the person that `author` names."""
    return Judgement(
        to_iri(candidate.right.id),
        to_iri(candidate.left.id),
        same,
        "semapv:ManualMappingCuration" if author else COMPOSITE,
        None if author else min(round(candidate.confidence, 4), 0.9999),
        author,
        day,
        "" if author else TOOL,
        comment or candidate.reason,
        candidate.right.name,
        candidate.left.name,
    )
