"""Linking of a project: its sources two by two, with what has been judged already left as it is.

The more trusted sources are linked first, and last those with identifiers but without names, since nothing in them can
show that an identifier is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from pyoxigraph import NamedNode

from kg.decisions.links import COMPOSITE, MANUAL, Judgement, Links, linked_names, read_project_links
from kg.decisions.policy import read_policy
from kg.errors import FaultsError, InputError, UnknownNameError
from kg.facts.fact_table import ProjectFacts
from kg.facts.files import IMPORTS, import_tables
from kg.facts.readers import read_facts
from kg.facts.sources import unknown_source
from kg.graph.triple_tables import TripleTables
from kg.linking.classifier import ExpectedQuality, Thresholds, classify_pairs
from kg.linking.features import to_features
from kg.linking.limits import find_veto
from kg.linking.link_mentions import MentionLinks, link_mentions
from kg.linking.link_store import read_unsure, remove_judgements, write_unsure
from kg.linking.mentions import OWN_SOURCE, find_mentions
from kg.linking.model import Candidate, Clash, ClashReason, Classification, Mention, Veto, VetoReason
from kg.project import Project
from kg.reports import Report
from kg.schema import read_ontology, to_schema
from kg.terms import FILM, LABEL, to_curie, to_iri
from kg.text.folding import closest
from kg.version import __version__

_TOOL_NAME = "film-knowledge-graph"
MAX_PASSES = 6
"""How often two sources are compared at most."""
TOOL = f"{_TOOL_NAME} {__version__}"

Trust = Callable[[str], int]
"""The rank of a source in the trust policy; lower is more trusted."""
Counts = Mapping[tuple[str, str, str, Classification], int]
"""Source, other source, kind and classification -> pairs."""
Expected = Mapping[tuple[str, str, str], ExpectedQuality]
"""Source, other source and kind -> what is expected of the pairs that are classified as the same."""


@dataclass(frozen=True)
class LinkingInput:
    """The mentions of a project by catalogue, the judgements that are there already, and the trust in sources.

    `catalogue_of_source` names the catalogue of a source.
    """

    mentions: Mapping[str, list[Mention]]
    links: Links
    trust: Trust
    catalogue_of_source: Mapping[str, str] = field(default_factory=dict)

    def catalogue(self, source: str) -> str:
        """The catalogue of a source or of this name; raises `UnknownNameError`."""
        if source in self.mentions:
            return source
        if (catalogue := self.catalogue_of_source.get(source, "")) in self.mentions:
            return catalogue
        raise unknown_source(source, {*self.mentions, *self.catalogue_of_source})

    def mention(self, name: str) -> Mention:
        """The mention of this name; raises `UnknownNameError`."""
        try:
            id = to_curie(to_iri(name).value)
        except ValueError:
            id = name
        by_id = {mention.id: mention for side in self.mentions.values() for mention in side}
        if id not in by_id:
            suggestions = closest(id, list(by_id)[:50_000])
            raise UnknownNameError(name, kind="entity that can be linked", suggestions=suggestions)
        return by_id[id]


@dataclass(frozen=True, slots=True)
class LinkingResult:
    """New judgements, pairs for a person to review, counts, and what is expected of the judgements."""

    judgements: tuple[Judgement, ...]
    unsure: tuple[Candidate, ...]
    counts: Counts = field(default_factory=dict)
    expected: Expected = field(default_factory=dict)
    pairs: tuple[Candidate, ...] = ()
    """The pairs that are the same or unsure, those that are judged already among them, for the report."""


def read_linking_input(project: Project) -> LinkingInput:
    """Read a project's facts and judgements; raises `FaultsError` when there is a violation in them.

    A name of several entities is none: which of them are the same is what linking finds out.
    """
    schema = to_schema(read_ontology(project.ontology))
    read = read_facts(project.data, schema, ProjectFacts(TripleTables()), linked=linked_names(project.data))
    findings = (finding for finding in read.findings if finding.check != "facts/ambiguous-name")
    trust = read_policy(project.data / "policy.yaml", file="data/policy.yaml", schema=schema, sources=read.sources)
    judged = read_project_links(project.data)
    if not (report := Report((*findings, *trust.findings, *judged.findings))):
        raise FaultsError(report)
    mentions = find_mentions(read.facts, schema)
    return LinkingInput(
        mentions.by_catalogue,
        judged.links,
        lambda source: trust.policy.trust(source, LABEL),
        mentions.catalogue_of_source,
    )


def link_project(
    project: Project,
    *,
    kinds: Iterable[str] = (),
    between: tuple[str, str] | None = None,
    thresholds: Thresholds | None = None,
    day: str = "",
    progress: Callable[[str], None] | None = None,
) -> LinkingResult:
    """The new links of a project; nothing is written. Raises `UnknownNameError` for a source of `between`."""
    linking = read_linking_input(project)
    if between is not None:
        between = linking.catalogue(between[0]), linking.catalogue(between[1])
    return link_sources(
        linking.mentions,
        linking.links,
        trust=linking.trust,
        kinds=kinds,
        between=between,
        thresholds=thresholds,
        day=day,
        progress=progress,
    )


def link_sources(
    mentions: Mapping[str, Sequence[Mention]],
    links: Links,
    *,
    trust: Trust,
    kinds: Iterable[str] = (),
    between: tuple[str, str] | None = None,
    thresholds: Thresholds | None = None,
    day: str = "",
    progress: Callable[[str], None] | None = None,
) -> LinkingResult:
    """Link every two sources, or the two of `between`; entities of all kinds, or only of `kinds`.

    `day` is the date of the judgements. The pairs of all sources are ordered together, the most confident first, and
    each is judged by what was judged before it; those of sources without names are last. Two sources are compared again
    where links with others have linked their people or films, until nothing is added: so another run adds nothing.
    """
    order = sorted(
        mentions, key=lambda source: (source != OWN_SOURCE, _is_nameless(mentions[source]), trust(source), source)
    )
    sides = [pair for pair in combinations(order, 2) if between is None or set(pair) == set(between)]
    nameless = {source for source in order if _is_nameless(mentions[source])}
    kinds = tuple(kinds)
    known: dict[tuple[str, str], _LinkedPair] = {}
    accepted: Sequence[_Found] = ()
    for _ in range(MAX_PASSES):
        tentative, run = _LinkingRun(links, day, mentions), _LinkingRun(links, day, mentions)
        for found in accepted:
            tentative.add(*found, is_accepted=True)
        for left, right in sides:
            keys = tentative.cluster_keys(mentions[left], mentions[right])
            before = known.get((left, right))
            if before is None or before.linked != _linked_pairs(keys, mentions[left], mentions[right]):
                if progress is not None:
                    progress(f"{left} and {right}")
                new = link_mentions(mentions[left], mentions[right], kinds=kinds, thresholds=thresholds, linked=keys)
                before = _LinkedPair(new)
            for candidate in before.links.same:
                tentative.add(left, right, candidate)
            keys = tentative.cluster_keys(mentions[left], mentions[right])
            linked = _linked_pairs(keys, mentions[left], mentions[right])
            known[left, right] = replace(before, linked=linked)
        candidates = [(*pair, candidate) for pair in sides for candidate in known[pair].links.candidates]
        run.deny(candidate for _, _, candidate in candidates)
        for found in accepted:
            run.add(*found, is_accepted=True)
        for found in sorted(candidates, key=lambda found: (not nameless.isdisjoint(found[:2]), -found[2].confidence)):
            run.add(*found)
        if len(run.accepted) == len(accepted):
            break
        accepted = tuple(run.accepted)
    expected = {(*pair, kind): quality for pair in sides for kind, quality in known[pair].links.expected.items()}
    return LinkingResult(tuple(run.judgements), run.take_unsure(), run.counts, expected, tuple(run.pairs))


_Found = tuple[str, str, Candidate]
"""Two sources, and a candidate of them."""


@dataclass(frozen=True, slots=True)
class _LinkedPair:
    """What was found between two sources, and which of their mentions were linked then, also through others."""

    links: MentionLinks
    linked: frozenset[tuple[str, str]] = frozenset()


def _linked_pairs(
    keys: Mapping[str, str], left: Sequence[Mention], right: Sequence[Mention]
) -> frozenset[tuple[str, str]]:
    """The mentions of two sources that share a key."""
    by_key = {keys[mention.id]: mention.id for mention in left if mention.id in keys}
    ids = ((by_key.get(keys[mention.id]), mention.id) for mention in right if mention.id in keys)
    return frozenset((ours, theirs) for ours, theirs in ids if ours is not None)


def linked_names_of_import(project: Project, source: str) -> frozenset[NamedNode]:
    """The entities that the fact tables of an import describe and that `kg link` has judged, or left to a person."""
    import duckdb

    names = {name for judgement in _own_judgements(project) for name in judgement.names}
    names.update(name for pair in _waiting(project) for name in (to_iri(pair.left.id), to_iri(pair.right.id)))
    by_text = {name.value.removeprefix(FILM): name for name in names}
    found: set[str] = set()
    for table in import_tables(project.data / IMPORTS / source):
        query = f"SELECT DISTINCT subject FROM {table} WHERE subject IN (SELECT unnest(?::VARCHAR[]))"  # noqa: S608
        found.update(text for (text,) in duckdb.execute(query, [list(by_text)]).fetchall())
    return frozenset(by_text[text] for text in found)


def forget_entities(project: Project, names: Collection[NamedNode]) -> int:
    """Remove what `kg link` judged of those of these entities that no fact is about any more; how many judgements.

    So nothing stays linked through them. Pairs with them do not wait for a review either; what people judged stays.
    """
    if not names:
        return 0
    schema = to_schema(read_ontology(project.ontology))
    described = {*read_facts(project.data, schema, ProjectFacts(TripleTables())).facts.subjects()}
    gone = {name for name in names if name not in described}
    removed = [judgement for judgement in _own_judgements(project) if judgement.names & gone]
    if removed:
        remove_judgements(project, removed)
    waiting = _waiting(project)
    left = [pair for pair in waiting if gone.isdisjoint((to_iri(pair.left.id), to_iri(pair.right.id)))]
    if len(left) < len(waiting):
        write_unsure(project, left)
    return len(removed)


def _own_judgements(project: Project) -> list[Judgement]:
    """The judgements of this program, and not those of people."""
    judgements = read_project_links(project.data).links.judgements
    return [each for each in judgements if each.tool.startswith(_TOOL_NAME) and not each.author]


def _waiting(project: Project) -> tuple[Candidate, ...]:
    """The pairs that the last run left to a person; none where there was no run of this version."""
    try:
        return read_unsure(project)
    except InputError:
        return ()


def compare_entities(project: Project, left_name: str, right_name: str) -> Candidate:
    """Two entities of a project, compared among all of their sources; raises `UnknownNameError`."""
    linking = read_linking_input(project)
    left, right = linking.mention(left_name), linking.mention(right_name)
    sides = [next(side for side in linking.mentions.values() if mention in side) for mention in (left, right)]
    pairs = classify_pairs(*([mention for mention in side if mention.kind == left.kind] for side in sides))
    found = (pair for pair in pairs if pair.left.id == left.id and pair.right.id == right.id)
    return next(found, Candidate(left, right, (), 0.0, Veto(VetoReason.NOT_COMPARED)))


def to_judgement(
    candidate: Candidate, *, same: bool, day: str, author: str = "", comment: str = "", is_accepted: bool = False
) -> Judgement:
    """A candidate as a judgement: of this program, or of the person named as `author`.

    It has a confidence where a person did not look at the pair: of the program, or accepted with others.
    """
    return Judgement(
        to_iri(candidate.right.id),
        to_iri(candidate.left.id),
        same,
        MANUAL if author else COMPOSITE,
        None if author and not is_accepted else min(round(candidate.confidence, 4), 0.9999),
        author,
        day,
        "" if author else TOOL,
        comment or candidate.reason,
        candidate.right.name,
        candidate.left.name,
    )


def _is_nameless(mentions: Sequence[Mention]) -> bool:
    """True for a source in which most entities have no name."""
    return sum(not mention.names for mention in mentions) * 2 > len(mentions)


class _LinkingRun:
    """The links so far, from earlier judgements and from this run; linked names form clusters.

    No two names of a cluster that this run joins are of one source or rule each other out.
    """

    def __init__(self, links: Links, day: str, mentions: Mapping[str, Sequence[Mention]]) -> None:
        self.judgements: list[Judgement] = []
        self.accepted: list[_Found] = []
        """The candidates of the judgements."""
        self._unsure: list[tuple[str, str, Candidate]] = []
        self.pairs: list[Candidate] = []
        self.counts: Counter[tuple[str, str, str, Classification]] = Counter()
        self._day = day
        self._mentions = {
            to_iri(mention.id): (source, mention) for source, side in mentions.items() for mention in side
        }
        self._judged = {judgement.names for judgement in links.judgements}
        self._cluster_of: dict[NamedNode, NamedNode] = {}
        """Name -> the name that stands for its cluster."""
        self._members: dict[NamedNode, set[NamedNode]] = {}
        for judgement in links.judgements:
            if judgement.same:
                self._join(judgement.subject, judgement.object)
        self._judged_different = {judgement.names for judgement in links.judgements if judgement.same is False}
        self._denied: set[frozenset[NamedNode]] = set()
        self._accepted: set[frozenset[NamedNode]] = set()

    def cluster_keys(self, *sides: Sequence[Mention]) -> dict[str, str]:
        """The id of each mention that is linked already -> a key that all names of the linked entity share."""
        return {
            mention.id: self._cluster_of[iri].value
            for side in sides
            for mention in side
            if (iri := to_iri(mention.id)) in self._cluster_of
        }

    def add(self, left_source: str, right_source: str, candidate: Candidate, *, is_accepted: bool = False) -> None:
        """Keep a candidate, unless its pair is judged already; one that a judgement forbids is unsure.

        A candidate that `is_accepted` was judged in an earlier pass.
        """
        left, right = to_iri(candidate.left.id), to_iri(candidate.right.id)
        classification = candidate.classification
        if not is_accepted and frozenset((left, right)) in self._accepted:
            return
        if classification is not Classification.DIFFERENT:
            self.pairs.append(candidate)
        if frozenset((left, right)) in self._judged:
            return
        if classification is Classification.SAME and not is_accepted and self._clash(left, right) is not None:
            classification = Classification.UNSURE
        self.counts[left_source, right_source, candidate.left.kind, classification] += 1
        if classification is Classification.UNSURE:
            self._unsure.append((left_source, right_source, candidate))
        elif classification is Classification.SAME and self._join(left, right):
            self.judgements.append(to_judgement(candidate, same=True, day=self._day))
            self.accepted.append((left_source, right_source, candidate))
            self._accepted.add(frozenset((left, right)))

    def deny(self, candidates: Iterable[Candidate]) -> None:
        """Never join two mentions of which one has a wrong identifier, not even through a third that has it."""
        for candidate in candidates:
            if candidate.veto and candidate.left.identifiers & candidate.right.identifiers:
                self._denied.add(frozenset((to_iri(candidate.left.id), to_iri(candidate.right.id))))

    def _join(self, left: NamedNode, right: NamedNode) -> bool:
        """Join the clusters of two names; False when they are in one cluster already."""
        ours, theirs = self._cluster_of.get(left, left), self._cluster_of.get(right, right)
        if ours == theirs:
            return False
        members = self._members.setdefault(ours, {ours}) | self._members.pop(theirs, {theirs})
        self._members[ours] = members
        self._cluster_of.update(dict.fromkeys(members, ours))
        return True

    def take_unsure(self) -> tuple[Candidate, ...]:
        """The pairs that a person should review, with their clashes, but for those that other links have joined."""
        unsure = []
        for left_source, right_source, candidate in self._unsure:
            left, right = to_iri(candidate.left.id), to_iri(candidate.right.id)
            if right in self._names_of(left):
                self.counts[left_source, right_source, candidate.left.kind, Classification.UNSURE] -= 1
            else:
                unsure.append(replace(candidate, clash=self._clash(left, right)))
        return tuple(unsure)

    def _names_of(self, name: NamedNode) -> set[NamedNode]:
        """The names in the cluster of a name, itself among them."""
        return {*self._members.get(self._cluster_of.get(name, name), ()), name}

    def _clash(self, left: NamedNode, right: NamedNode) -> Clash | None:
        """Why a name of one cluster cannot be the same entity as one of the other; None where each may be."""
        ours, theirs = self._names_of(left), self._names_of(right)
        if ours == theirs:
            return None
        pairs = ((first, second) for first in sorted(ours, key=str) for second in sorted(theirs, key=str))
        return next((clash for pair in pairs if (clash := self._clash_of_names(*pair)) is not None), None)

    def _clash_of_names(self, first: NamedNode, second: NamedNode) -> Clash | None:
        names = to_curie(first.value), to_curie(second.value)
        if frozenset((first, second)) in self._judged_different:
            return Clash(*names, ClashReason.JUDGED)
        if frozenset((first, second)) in self._denied:
            return Clash(*names, ClashReason.VETO)
        if first not in self._mentions or second not in self._mentions:
            return None
        (source, mention), (other_source, other) = self._mentions[first], self._mentions[second]
        if source == other_source:
            return Clash(*names, ClashReason.CATALOGUE)
        veto = find_veto(to_features(mention), to_features(other))
        return Clash(*names, ClashReason.VETO, veto) if veto is not None else None
