"""An ontology walks in; what of it no rule reads, what never fires, and what is dangerous with facts walk out as
findings.

The profile is https://www.w3.org/TR/owl2-profiles/#OWL_2_RL: what stands outside it is legal OWL, but no rule concludes
anything from it. The dangers are those that facts from sources that err and disagree have met with: an ontology may be
right, and one wrong date still make one thing of two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Triple

from kg.reasoning.grounding import ground, is_equality
from kg.reasoning.ontology import Ontology
from kg.reasoning.rules import SCHEMA, THING, TYPE, GroundRule, is_variable, name, rule_in_words, short_name
from kg.reasoning.strata import Relation
from kg.reports import Finding, Report, Severity
from kg.terms import Spo

UNREAD = {
    name("owl:hasSelf"): "nothing is concluded from a thing standing in a property to itself",
    name("owl:minCardinality"): "that there are at least so many gives no thing a name",
    name("owl:minQualifiedCardinality"): "that there are at least so many gives no thing a name",
    name("owl:cardinality"): "write owl:maxCardinality 1 if that is the part that is meant",
    name("owl:qualifiedCardinality"): "write owl:maxQualifiedCardinality 1 if that is the part that is meant",
    name("owl:disjointUnionOf"): "write owl:unionOf and owl:AllDisjointClasses instead",
    name("owl:datatypeComplementOf"): "no rule reads it",
    name("owl:withRestrictions"): "no rule reads it; a shape can check it",
    name("owl:onDataRange"): "no rule reads it; a shape can check it",
    name("owl:imports"): "the ontology that it names is not fetched: name its file as well",
}
"""Properties that no rule reads, and what to know or do about it."""
UNREAD_CLASSES = {
    name("owl:ReflexiveProperty"): "no rule says of every thing that it stands in a property to itself",
}
"""Classes that no rule reads, likewise."""
_SUB, _SAME_CLASS = name("rdfs:subClassOf"), name("owl:equivalentClass")
_SUB_PROPERTY, _CHAIN = name("rdfs:subPropertyOf"), name("owl:propertyChainAxiom")
_DOMAIN, _RANGE, _INVERSE = name("rdfs:domain"), name("rdfs:range"), name("owl:inverseOf")
_MOST, _MOST_QUALIFIED = name("owl:maxCardinality"), name("owl:maxQualifiedCardinality")
_SOME, _ONLY, _VALUE = name("owl:someValuesFrom"), name("owl:allValuesFrom"), name("owl:hasValue")
_UNION, _ONE_OF, _NOT = name("owl:unionOf"), name("owl:oneOf"), name("owl:complementOf")
_ON = name("owl:onProperty")
_NOT_ABOVE = {_SOME: "someValuesFrom", _UNION: "unionOf", _ONE_OF: "oneOf"}
_NOT_BELOW = {
    _ONLY: "allValuesFrom",
    _NOT: "complementOf",
    _MOST: "maxCardinality",
    _MOST_QUALIFIED: "maxQualifiedCardinality",
}
_FUNCTIONAL, _KEY = name("owl:FunctionalProperty"), name("owl:InverseFunctionalProperty")
_TRANSITIVE, _SYMMETRIC = name("owl:TransitiveProperty"), name("owl:SymmetricProperty")
_ANNOTATION = name("owl:AnnotationProperty")
_EVERYBODYS = {TYPE, *map(name, ("rdfs:label", "rdfs:comment", "rdfs:seeAlso", "skos:prefLabel", "skos:altLabel"))}


def lint(triples: Iterable[Spo], *, kinds: Iterable[Relation] | None = None) -> Report:
    """What is wrong with an ontology, as warnings; with the `kinds` of facts there are, also which rules never fire."""
    said = list(triples)
    ontology = Ontology(said)
    look = _Look(said, ontology)
    found = [*ontology.faults, *look.outside(), *look.dangers()]
    if kinds is not None:
        found += never_fires(tuple(ground(ontology)), kinds)
    return Report(tuple(found), {"axioms": len(ontology.told)})


def relations_of(triples: Iterable[Triple]) -> set[Relation]:
    """The kinds of facts among triples: their properties, and the classes of which something is a member."""
    pairs = ((str(triple.predicate), str(triple.object)) for triple in triples)
    return {(p, o if p == TYPE else "") for p, o in pairs}


def outside(triples: Iterable[Spo], ontology: Ontology) -> Iterator[Finding]:
    """A warning for each axiom among the triples that stands outside the profile."""
    return _Look(list(triples), ontology).outside()


def never_fires(rules: Iterable[GroundRule], kinds: Iterable[Relation]) -> Iterator[Finding]:
    """The rules that can never match: of the kinds of facts that they read, some are neither said nor follow."""
    present = set(kinds)
    waiting = [rule for rule in rules if rule.told and rule.rule.table != SCHEMA]
    fired = True
    while fired:
        ready = [rule for rule in waiting if all(_is_present(p, present) for p in rule.body)]
        waiting = [rule for rule in waiting if rule not in ready]
        new = {_kind(p) for rule in ready for p in rule.head} - present
        present |= new
        fired = bool(new)
    for rule in waiting:
        if rule.axioms:
            lacking = ", ".join(
                sorted({short_name(_kind(p)[1] or _kind(p)[0]) for p in rule.body if not _is_present(p, present)})
            )
            yield Finding(
                "owl/never-fires",
                f"{rule_in_words(rule)} ({rule.rule.name}) never fires: there is no {lacking}.",
                Severity.INFO,
                focus=rule.axioms[0][0],
            )


class _Look:
    """An ontology by subject and by predicate, to look at."""

    def __init__(self, said: list[Spo], ontology: Ontology) -> None:
        self.said, self.ontology = said, ontology
        self.types: Mapping[str, set[str]] = _values((s, o) for s, p, o in said if p == TYPE)
        self.by: dict[str, list[Spo]] = defaultdict(list)
        for triple in said:
            self.by[triple[1]].append(triple)

    def outside(self) -> Iterator[Finding]:
        """A warning for each axiom that no rule reads."""
        for s, p, o in self.said:
            if p in UNREAD:
                yield _warn(
                    "owl/profile", f"{short_name(p)} of {short_name(s)} is outside OWL 2 RL: {UNREAD[p]}.", s, p, o
                )
            elif p == TYPE and o in UNREAD_CLASSES:
                message = f"{short_name(s)} is a {short_name(o)}, which is outside OWL 2 RL: {UNREAD_CLASSES[o]}."
                yield _warn("owl/profile", message, s, p, o)
            elif p in (_MOST, _MOST_QUALIFIED) and o.split('"')[1] not in ("0", "1"):
                message = (
                    f"{short_name(p)} {o.split(chr(34))[1]} of {short_name(s)} is outside OWL 2 RL,"
                    " which knows 0 and 1."
                )
                yield _warn("owl/profile", message, s, p, o)
        yield from self._misplaced()

    def _misplaced(self) -> Iterator[Finding]:
        """Class expressions on the side of an axiom where no rule reads them."""
        above = [(s, p, o) for p in (_SUB, _SAME_CLASS, _DOMAIN, _RANGE) for s, _, o in self.by[p]]
        below = [(o, p, s) for p in (_SUB, _SAME_CLASS) for s, _, o in self.by[p]]
        below += [(s, p, o) for p in (_SAME_CLASS,) for s, _, o in self.by[p]]
        for construct, word in _NOT_ABOVE.items():
            nodes = {s for s, _, _ in self.by[construct] if s.startswith("_:")}
            for s, p, o in above:
                if o in nodes:
                    half = "only the other way round is read" if p == _SAME_CLASS else "no rule reads it"
                    yield _warn(
                        "owl/profile",
                        f"{short_name(s)} has {word} above it, which is outside OWL 2 RL: {half}.",
                        s,
                        p,
                        o,
                    )
        for construct, word in _NOT_BELOW.items():
            nodes = {s for s, _, _ in self.by[construct] if s.startswith("_:")}
            for other, p, node in below:
                if node in nodes:
                    half = "only the other way round is read" if p == _SAME_CLASS else "no rule reads it"
                    message = f"{short_name(other)} has {word} below it, which is outside OWL 2 RL: {half}."
                    yield _warn("owl/profile", message, other, p, node)

    def dangers(self) -> Iterator[Finding]:
        """What can spread one wrong fact over the graph."""
        yield from self._identities()
        yield from self._typings()
        yield from self._growths()
        yield from self._impossible()

    def _identities(self) -> Iterator[Finding]:
        for rule in ground(self.ontology):
            if rule.told and is_equality(rule):
                yield _warn(
                    "owl/identity",
                    f"{rule_in_words(rule)} ({rule.rule.name}): where sources err or disagree, this makes one of two"
                    " things that are not.",
                    *rule.axioms[0],
                    remedy="Let sh:maxCount in a shape say that there is one only, and decide between the sources.",
                )

    def _typings(self) -> Iterator[Finding]:
        for p in (_DOMAIN, _RANGE):
            for s, values in sorted(_values((s, o) for s, _, o in self.by[p]).items()):
                word = "domain" if p == _DOMAIN else "range"
                if _ANNOTATION in self.types.get(s, ()) or s in _EVERYBODYS:
                    message = f"The {word} of {short_name(s)} types everything that has a note."
                    yield _warn("owl/typing", message, s, p, min(values))
                apart = [c for c in values if not any((c, _SUB, d) in self.ontology for d in values if d != c)]
                if len(apart) == len(values) > 1:
                    message = (
                        f"{short_name(s)} has several values of {word}: whatever has it is all of"
                        f" {', '.join(sorted(map(short_name, values)))}, not one of them."
                    )
                    yield _warn("owl/typing", message, s, p, min(values), remedy="Name a class above them, or a union.")
                if values & {THING}:
                    yield _warn(
                        "owl/typing", f"The {word} of {short_name(s)} is owl:Thing, which says nothing.", s, p, THING
                    )

    def _growths(self) -> Iterator[Finding]:
        for s, types in sorted(self.types.items()):
            if {_TRANSITIVE, _SYMMETRIC} <= types:
                message = (
                    f"{short_name(s)} is transitive and symmetric: n things that hang together give n times n facts."
                )
                yield _warn("owl/growth", message, s, TYPE, _TRANSITIVE)
            if types & {_FUNCTIONAL, _KEY} and (_TRANSITIVE in types or any(t[0] == s for t in self.by[_CHAIN])):
                message = (
                    f"{short_name(s)} is functional and also made longer by itself: all it leads to becomes one thing."
                )
                yield _warn("owl/growth", message, s, TYPE, _FUNCTIONAL)
        yield from self._endless_chains()

    def _endless_chains(self) -> Iterator[Finding]:
        """Chains that feed themselves other than at one end: what OWL 2 DL calls not regular.

        https://www.w3.org/TR/owl2-syntax/#Property_Hierarchy_and_Simple_Object_Property_Expressions
        """
        needs: dict[str, set[str]] = defaultdict(set)
        for s, p, o in self.ontology:
            if p == _SUB_PROPERTY and s != o:
                needs[o].add(s)
            elif p == _INVERSE:
                needs[o].add(s)
                needs[s].add(o)
        for s, _, head in self.by[_CHAIN]:
            members = self.ontology.members(head)
            inner = members[1:] if members[:1] == (s,) else members[:-1] if members[-1:] == (s,) else members
            if set(members) == {s}:
                inner = ()
            for member in inner:
                if member == s or s in _reached(member, needs) or self._rests_on(member, s):
                    message = (
                        f"The chain of {short_name(s)} goes through {short_name(member)}, which rests on"
                        f" {short_name(s)} again: it goes on until nothing"
                        " new is found, and may lead from everything to everything."
                    )
                    yield _warn("owl/chain", message, s, _CHAIN, head)
                    break

    def _rests_on(self, member: str, target: str) -> bool:
        """True when a chain for `member` goes through `target`."""
        return any(
            s == member and target in self.ontology.members(head) for s, _, head in self.by[_CHAIN] if s != target
        )

    def _impossible(self) -> Iterator[Finding]:
        disjoint = name("owl:disjointWith")
        for s, p, o in self.by[disjoint]:
            for low, high in ((s, o), (o, s)):
                if low == high or (low, _SUB, high) in self.ontology:
                    message = (
                        f"{short_name(low)} is below {short_name(high)} and has no members in common with it:"
                        " it has none."
                    )
                    yield _warn("owl/impossible", message, s, p, o)
                    break


def _warn(check: str, message: str, focus: str, path: str, value: str, remedy: str = "") -> Finding:
    return Finding(check, message, Severity.WARNING, focus=focus, path=path, value=value, remedy=remedy)


def _values(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    values: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        values[one].add(other)
    return values


def _reached(start: str, edges: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for other in edges.get(waiting.pop(), ()):
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return seen


def _kind(pattern: Spo) -> Relation:
    _, p, o = pattern
    return (TYPE, "" if is_variable(o) else o) if p == TYPE else (p, "")


def _is_present(pattern: Spo, present: set[Relation]) -> bool:
    p, c = _kind(pattern)
    return any(kind[0] == TYPE for kind in present) if (p, c) == (TYPE, "") else (p, c) in present
