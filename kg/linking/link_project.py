"""A project walks in; what linking finds among its facts walks out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kg.decisions.links import LINKS_FILE, Links, read_links
from kg.decisions.policy import read_policy
from kg.errors import FaultsError, UnknownNameError
from kg.facts.readers import read_facts
from kg.linking.classification import Thresholds, link
from kg.linking.mentions import to_mentions
from kg.linking.model import Candidate, Mention
from kg.linking.rounds import Matched, match
from kg.project import Project
from kg.reports import Finding
from kg.schema import read_ontology, to_schema
from kg.terms import LABEL, to_curie, to_iri
from kg.text import closest


@dataclass(frozen=True)
class Linkable:
    """What a project's facts mention, by who tells of it, what was judged already, and whom it trusts."""

    mentions: dict[str, list[Mention]]
    links: Links
    trust: Callable[[str], int]

    def named(self, name: str) -> Mention:
        """The mention of this id; raises `UnknownNameError`."""
        try:
            id = to_curie(to_iri(name).value)
        except ValueError:
            id = name
        every = {one.id: one for side in self.mentions.values() for one in side}
        if id not in every:
            raise UnknownNameError(name, kind="thing that can be linked", suggestions=closest(id, list(every)[:50_000]))
        return every[id]


def read_linkable(project: Project) -> Linkable:
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
    return Linkable(to_mentions(read.facts, schema), links, lambda source: policy.trust(source, LABEL))


def link_project(
    project: Project,
    *,
    kinds: Iterable[str] = (),
    between: tuple[str, str] | None = None,
    thresholds: Thresholds | None = None,
    day: str = "",
    progress: Callable[[str], None] | None = None,
) -> Matched:
    """What else is the same in a project; nothing is written."""
    linkable = read_linkable(project)
    for source in between or ():
        if source not in linkable.mentions:
            known = sorted(linkable.mentions)
            raise UnknownNameError(
                source,
                kind="source of things",
                suggestions=closest(source, known),
                remedy=f"There are {', '.join(known)}.",
            )
    return match(
        linkable.mentions,
        linkable.links,
        trust=linkable.trust,
        kinds=kinds,
        between=between,
        thresholds=thresholds,
        day=day,
        progress=progress,
    )


def compare(project: Project, one: str, other: str) -> Candidate:
    """Two things of a project compared among all of their sources; raises `UnknownNameError`."""
    linkable = read_linkable(project)
    left, right = linkable.named(one), linkable.named(other)
    sides = [next(side for side in linkable.mentions.values() if mention in side) for mention in (left, right)]
    kind = left.kind
    judged = link(*([mention for mention in side if mention.kind == kind] for side in sides))
    found = (one.candidate for one in judged if one.candidate.left.id == left.id and one.candidate.right.id == right.id)
    return next(found, Candidate(left, right, (), 0.0, "they share no name, word or person worth comparing"))
