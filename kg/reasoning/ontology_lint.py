"""A linter for ontologies: axioms outside OWL 2 RL, rules that never fire, and axioms that spread errors of facts.

The profile is https://www.w3.org/TR/owl2-profiles/#OWL_2_RL: an axiom outside it is legal OWL, but no rule concludes
anything from it. The dangers are those of facts from sources that contain errors and disagree: an ontology may be
right, and one wrong date still make two entities equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from pyoxigraph import Triple

from kg.reasoning.datalog import Relation, ground, is_equality
from kg.reasoning.ontology import SUB_CLASS, Ontology
from kg.reasoning.rules import OWL_THING, SCHEMA, TYPE, GroundRule, is_variable, name, rule_in_words, short_name
from kg.reports import Finding, Report, Severity
from kg.terms import XSD, Spo
from kg.traversal import reachable

UNREAD_PROPERTIES = {
    name("owl:hasSelf"): "no rule concludes that an entity is related to itself",
    name("owl:minCardinality"): "a minimum number does not say which values there are",
    name("owl:minQualifiedCardinality"): "a minimum number does not say which values there are",
    name("owl:cardinality"): "write owl:maxCardinality 1 if an upper limit is meant",
    name("owl:qualifiedCardinality"): "write owl:maxQualifiedCardinality 1 if an upper limit is meant",
    name("owl:disjointUnionOf"): "write owl:unionOf and owl:AllDisjointClasses instead",
    name("owl:datatypeComplementOf"): "no rule reads it",
    name("owl:withRestrictions"): "no rule reads it; a shape can check it",
    name("owl:onDataRange"): "no rule reads it; a shape can check it",
}
"""Properties that no rule reads, and what to know or do about it."""
UNREAD_CLASSES = {
    name("owl:ReflexiveProperty"): "no rule concludes that every entity is related to itself",
}
"""Classes that no rule reads, likewise."""
IMPORTS, ONTOLOGY, VERSION = name("owl:imports"), name("owl:Ontology"), name("owl:versionIRI")
"""The terms that show which ontologies are missing."""
_MAX_UNUSED = 30  # the terms that are named of those without data
_MAX_NAMED = 3  # the subjects that a warning names when several have the same axiom
_SAME_CLASS, _SUB_PROPERTY = name("owl:equivalentClass"), name("rdfs:subPropertyOf")
_CHAIN, _INVERSE = name("owl:propertyChainAxiom"), name("owl:inverseOf")
_DOMAIN, _RANGE = name("rdfs:domain"), name("rdfs:range")
_MAX, _MAX_QUALIFIED = name("owl:maxCardinality"), name("owl:maxQualifiedCardinality")
_NOT_AS_SUPERCLASS = {
    name("owl:someValuesFrom"): "someValuesFrom",
    name("owl:unionOf"): "unionOf",
    name("owl:oneOf"): "oneOf",
}
_NOT_AS_SUBCLASS = {
    name("owl:allValuesFrom"): "allValuesFrom",
    name("owl:complementOf"): "complementOf",
    _MAX: "maxCardinality",
    _MAX_QUALIFIED: "maxQualifiedCardinality",
}
_FUNCTIONAL, _INVERSE_FUNCTIONAL = name("owl:FunctionalProperty"), name("owl:InverseFunctionalProperty")
_TRANSITIVE, _SYMMETRIC = name("owl:TransitiveProperty"), name("owl:SymmetricProperty")
_ANNOTATION = name("owl:AnnotationProperty")
_ON_EVERYTHING = {TYPE, *map(name, ("rdfs:label", "rdfs:comment", "rdfs:seeAlso", "skos:prefLabel", "skos:altLabel"))}


def lint(triples: Iterable[Spo], *, relations: Iterable[Relation] | None = None) -> Report:
    """The warnings about an ontology; with the `relations` that have facts, also which rules never fire."""
    axioms = list(triples)
    ontology = Ontology(axioms)
    linter = _Linter(axioms, ontology)
    findings = [*ontology.faults, *linter.outside_profile(), *linter.dangers()]
    if relations is not None:
        findings += never_fires(tuple(ground(ontology)), relations)
    return Report(tuple(findings), {"axioms": len(ontology.asserted)})


def relations_of(triples: Iterable[Triple]) -> set[Relation]:
    """The relations of the facts: their properties, and the classes that have members."""
    pairs = ((str(triple.predicate), str(triple.object)) for triple in triples)
    return {(p, o if p == TYPE else "") for p, o in pairs}


def outside_profile(triples: Iterable[Spo], ontology: Ontology) -> Iterator[Finding]:
    """A warning for each axiom among the triples that is outside OWL 2 RL."""
    return _Linter(list(triples), ontology).outside_profile()


def never_fires(rules: Iterable[GroundRule], relations: Iterable[Relation]) -> Iterator[Finding]:
    """The rules that can never fire, by what they miss: a relation that has neither asserted nor inferred facts."""
    present = set(relations)
    waiting = [rule for rule in rules if not rule.is_redundant and rule.rule.table != SCHEMA]
    fired = True
    while fired:
        ready = [rule for rule in waiting if all(_is_present(p, present) for p in rule.body)]
        waiting = [rule for rule in waiting if rule not in ready]
        new = {_relation(p) for rule in ready for p in rule.head} - present
        present |= new
        fired = bool(new)
    waiting = [rule for rule in waiting if rule.axioms]
    unused: dict[str, str] = {}
    for rule in waiting:
        if len(rule.body) == 1:
            unused.setdefault(_named(rule.body[0]), rule.axioms[0][0])
    if unused:
        message = f"No data uses {_some_of(unused)}, so axioms about their members and values never apply."
        yield Finding("owl/never-fires", message, Severity.INFO, focus=unused[min(unused)])
    others = [rule for rule in waiting if len(rule.body) > 1]
    disjoint = [rule for rule in others if rule.rule.name in _DISJOINT_CLASSES]
    if len(disjoint) > 1:
        missing = {_named(p) for rule in disjoint for p in rule.body if not _is_present(p, present)}
        names = ", ".join(sorted({rule.rule.name for rule in disjoint}))
        message = f"{len(disjoint)} pairs of disjoint classes never contradict each other ({names}): no data uses "
        message += f"{_some_of(missing)}."
        yield Finding("owl/never-fires", message, Severity.INFO, focus=disjoint[0].axioms[0][0])
        others = [rule for rule in others if rule not in disjoint]
    for rule in others:
        missing = {_named(p) for p in rule.body if not _is_present(p, present)}
        message = (
            f"{rule_in_words(rule)} ({rule.rule.name}) never applies: no data uses {' and '.join(sorted(missing))}."
        )
        yield Finding("owl/never-fires", message, Severity.INFO, focus=rule.axioms[0][0])


_DISJOINT_CLASSES = ("cax-dw", "cax-adc")
"""The rules by which classes contradict each other."""


def _some_of(names: Collection[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _MAX_UNUSED:,} more" if len(names) > _MAX_UNUSED else ""
    return f"{', '.join(sorted(names)[:_MAX_UNUSED])}{more}"


def _named(pattern: Spo) -> str:
    """The class or property of a pattern, in short."""
    property, class_ = _relation(pattern)
    return short_name(class_ or property)


class _Linter:
    """An ontology indexed by subject and by predicate."""

    def __init__(self, axioms: list[Spo], ontology: Ontology) -> None:
        self.axioms, self.ontology = axioms, ontology
        self.types: Mapping[str, set[str]] = _grouped((s, o) for s, p, o in axioms if p == TYPE)
        self.by_predicate: dict[str, list[Spo]] = defaultdict(list)
        for axiom in axioms:
            self.by_predicate[axiom[1]].append(axiom)

    # --- the profile

    def outside_profile(self) -> Iterator[Finding]:
        """A warning for each kind of axiom that no rule reads, with the subjects that have such axioms."""
        axioms: dict[str, list[Spo]] = defaultdict(list)
        for axiom in self.axioms:
            if reason := _reason_unread(axiom):
                axioms[reason].append(axiom)
        for construct, side, axiom in self._misplaced_expressions():
            axioms[_reason_misplaced(construct, side, axiom[1])].append(axiom)
        for reason, group in axioms.items():
            subjects = list(dict.fromkeys(short_name(s) for s, _, _ in group))
            named = ", ".join(subjects[:_MAX_NAMED])
            more = f" and {len(subjects) - _MAX_NAMED:,} more" if len(subjects) > _MAX_NAMED else ""
            yield _warning("owl/profile", f"{named}{more}: {reason}.", *group[0])
        yield from self._missing_imports()

    def _missing_imports(self) -> Iterator[Finding]:
        """The imported ontologies that are not among the files."""
        known = {s for s, types in self.types.items() if ONTOLOGY in types}
        known |= {o for _, _, o in self.by_predicate[VERSION]}
        for s, p, o in self.by_predicate[IMPORTS]:
            if o not in known:
                message = f"{short_name(s)} imports {short_name(o)}, which is not among the files and is not fetched."
                yield _warning("owl/profile", message, s, p, o, remedy="Give its file as well.")

    def _misplaced_expressions(self) -> Iterator[tuple[str, str, Spo]]:
        """Class expressions on the side of an axiom where no rule reads them: construct, side and axiom."""
        superclasses = [
            (s, p, o) for p in (SUB_CLASS, _SAME_CLASS, _DOMAIN, _RANGE) for s, _, o in self.by_predicate[p]
        ]
        subclasses = [(o, p, s) for p in (SUB_CLASS, _SAME_CLASS) for s, _, o in self.by_predicate[p]]
        subclasses += [(s, _SAME_CLASS, o) for s, _, o in self.by_predicate[_SAME_CLASS]]
        for side, allowed, constructs in (
            ("superclass", superclasses, _NOT_AS_SUPERCLASS),
            ("subclass", subclasses, _NOT_AS_SUBCLASS),
        ):
            for construct, word in constructs.items():
                nodes = {s for s, _, _ in self.by_predicate[construct] if s.startswith("_:")}
                yield from ((word, side, (s, p, node)) for s, p, node in allowed if node in nodes)

    # --- dangers

    def dangers(self) -> Iterator[Finding]:
        """Axioms that can spread one wrong fact over the graph."""
        yield from self._equalities()
        yield from self._domains_and_ranges()
        yield from self._growth()
        yield from self._recursive_chains()
        yield from self._empty_classes()

    def _equalities(self) -> Iterator[Finding]:
        for rule in ground(self.ontology):
            if not rule.is_redundant and is_equality(rule):
                yield _warning(
                    "owl/identity",
                    f"{rule_in_words(rule)} ({rule.rule.name}): where sources contain errors or disagree, this makes"
                    " different entities equal.",
                    *rule.axioms[0],
                    remedy="Use sh:maxCount in a shape instead, and decide between the sources.",
                )

    def _domains_and_ranges(self) -> Iterator[Finding]:
        for p, word in ((_DOMAIN, "domain"), (_RANGE, "range")):
            for s, classes in sorted(_grouped((s, o) for s, _, o in self.by_predicate[p]).items()):
                classes = {name for name in classes if not name.startswith(f"<{XSD}")}
                if not classes:
                    continue
                property, first = short_name(s), min(classes)
                if _ANNOTATION in self.types.get(s, ()) or s in _ON_EVERYTHING:
                    message = f"The {word} of {property} gives a class to everything that is annotated with it."
                    yield _warning("owl/typing", message, s, p, first)
                unrelated = [
                    c for c in classes if not any((c, SUB_CLASS, d) in self.ontology for d in classes if d != c)
                ]
                if len(unrelated) == len(classes) > 1:
                    message = (
                        f"{property} has several classes as {word}: whatever has it is in all of"
                        f" {', '.join(sorted(map(short_name, classes)))}, not in one of them."
                    )
                    remedy = "Use a superclass of them, or a union."
                    yield _warning("owl/typing", message, s, p, first, remedy=remedy)
                if OWL_THING in classes:
                    message = f"The {word} of {property} is owl:Thing, which adds no information."
                    yield _warning("owl/typing", message, s, p, OWL_THING)

    def _growth(self) -> Iterator[Finding]:
        for s, types in sorted(self.types.items()):
            property = short_name(s)
            if {_TRANSITIVE, _SYMMETRIC} <= types:
                message = f"{property} is transitive and symmetric: n connected entities give n times n facts."
                yield _warning("owl/growth", message, s, TYPE, _TRANSITIVE)
            is_composed = _TRANSITIVE in types or any(axiom[0] == s for axiom in self.by_predicate[_CHAIN])
            if types & {_FUNCTIONAL, _INVERSE_FUNCTIONAL} and is_composed:
                message = (
                    f"{property} is functional, and transitive or a chain: everything that it leads to becomes equal."
                )
                yield _warning("owl/growth", message, s, TYPE, _FUNCTIONAL)

    def _recursive_chains(self) -> Iterator[Finding]:
        """Chains that contain themselves other than at one end: OWL 2 DL calls these not regular.

        https://www.w3.org/TR/owl2-syntax/#Property_Hierarchy_and_Simple_Object_Property_Expressions
        """
        depends_on: dict[str, set[str]] = defaultdict(set)
        for s, p, o in self.ontology:
            if p == _SUB_PROPERTY and s != o:
                depends_on[o].add(s)
            elif p == _INVERSE:
                depends_on[o].add(s)
                depends_on[s].add(o)
        for s, _, head in self.by_predicate[_CHAIN]:
            members = self.ontology.members(head)
            inner = members[1:] if members[:1] == (s,) else members[:-1] if members[-1:] == (s,) else members
            if set(members) == {s}:
                inner = ()
            for member in inner:
                below = reachable(depends_on[member], lambda property: depends_on.get(property, ()))
                if member == s or s in below or self._is_chain_through(member, s):
                    property = short_name(s)
                    message = (
                        f"The chain of {property} goes through {short_name(member)}, which depends on {property} again:"
                        " inference continues until nothing new is found, and may relate everything to everything."
                    )
                    yield _warning("owl/chain", message, s, _CHAIN, head)
                    break

    def _is_chain_through(self, member: str, target: str) -> bool:
        """True when a chain for `member` goes through `target`."""
        return any(
            s == member and target in self.ontology.members(head)
            for s, _, head in self.by_predicate[_CHAIN]
            if s != target
        )

    def _empty_classes(self) -> Iterator[Finding]:
        disjoint = name("owl:disjointWith")
        for s, p, o in self.by_predicate[disjoint]:
            for low, high in ((s, o), (o, s)):
                if low == high or (low, SUB_CLASS, high) in self.ontology:
                    message = (
                        f"{short_name(low)} is a subclass of {short_name(high)} and disjoint with it:"
                        " it cannot have members."
                    )
                    yield _warning("owl/impossible", message, s, p, o)
                    break


def _reason_unread(axiom: Spo) -> str:
    """Why no rule reads an axiom; empty where one may."""
    _, p, o = axiom
    if p in UNREAD_PROPERTIES:
        return f"{short_name(p)} is outside OWL 2 RL: {UNREAD_PROPERTIES[p]}"
    if p == TYPE and o in UNREAD_CLASSES:
        return f"{short_name(o)} is outside OWL 2 RL: {UNREAD_CLASSES[o]}"
    if p in (_MAX, _MAX_QUALIFIED) and (number := o.split('"')[1]) not in ("0", "1"):
        return f"{short_name(p)} {number} is outside OWL 2 RL, which has only 0 and 1"
    return ""


def _reason_misplaced(construct: str, side: str, property: str) -> str:
    """What is not concluded from a class expression on the wrong side of an axiom with this property."""
    if property in (_DOMAIN, _RANGE):
        return (
            f"the class expression {construct} as {short_name(property)} is outside OWL 2 RL: entities are in the"
            " expression, and nothing more follows"
        )
    detail = "only the other direction is read" if property == _SAME_CLASS else "no rule reads it"
    return f"the class expression {construct} as {side} is outside OWL 2 RL: {detail}"


def _warning(check: str, message: str, focus: str, path: str, value: str, remedy: str = "") -> Finding:
    return Finding(check, message, Severity.WARNING, focus=focus, path=path, value=value, remedy=remedy)


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = defaultdict(set)
    for key, value in pairs:
        groups[key].add(value)
    return groups


def _relation(pattern: Spo) -> Relation:
    _, p, o = pattern
    return (TYPE, "" if is_variable(o) else o) if p == TYPE else (p, "")


def _is_present(pattern: Spo, present: set[Relation]) -> bool:
    p, c = _relation(pattern)
    return any(relation[0] == TYPE for relation in present) if (p, c) == (TYPE, "") else (p, c) in present
