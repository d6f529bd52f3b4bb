"""An ontology closed under the schema rules of OWL 2 RL, with a derivation for each conclusion.

The closure is computed in memory, one triple at a time: an ontology is small compared with its facts, and each
conclusion keeps the step that first gave it
(https://www.w3.org/TR/owl2-profiles/#The_Semantics_of_Schema_Vocabulary).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence

from kg.reasoning.rules import (
    BY_NAME,
    DIFFERENT,
    FIRST,
    NIL,
    OWL_NOTHING,
    OWL_THING,
    REST,
    RULES,
    SAME,
    SCHEMA,
    TYPE,
    Binding,
    Derivation,
    ForEachMember,
    Member,
    OrderedMembers,
    Pattern,
    Rule,
    fill,
    is_variable,
    name,
    unify,
)
from kg.reports import Finding, Severity
from kg.terms import Spo
from kg.traversal import list_members
from kg.xsd import SUPPORTED

_ALL_PATTERNS = [
    part
    for rule in RULES
    for pattern in (*rule.body, *rule.head)
    for part in (pattern.patterns if isinstance(pattern, ForEachMember) else (pattern,))
    if isinstance(part, tuple)
]
SCHEMA_PREDICATES = frozenset(p for _, p, _ in _ALL_PATTERNS if not is_variable(p)) - {TYPE, SAME, DIFFERENT}
"""The properties of triples about the ontology, as the rules read them."""
SCHEMA_CLASSES = frozenset(o for _, p, o in _ALL_PATTERNS if p == TYPE and not is_variable(o)) - {OWL_NOTHING}
"""The classes of triples about the ontology, as the rules read them."""
LIST_PREDICATES = frozenset(
    name(curie)
    for curie in [
        "owl:members",
        "owl:distinctMembers",
        "owl:propertyChainAxiom",
        "owl:hasKey",
        "owl:intersectionOf",
        "owl:unionOf",
        "owl:oneOf",
    ]
)
"""The properties whose value is a list."""
REDUNDANT_RULES = frozenset(rule.name for rule in RULES if rule.table == SCHEMA) - {
    "scm-cls",
    "scm-svf1",
    "scm-svf2",
    "scm-avf1",
    "scm-avf2",
}
"""Schema rules whose conclusions add nothing about facts: two steps over facts give what one step with them gives."""

SUBDATATYPES = tuple(
    (name(f"xsd:{narrow}"), name(f"xsd:{wide}"))
    for narrow, wide in (
        ("integer", "decimal"),
        ("nonNegativeInteger", "integer"),
        ("nonPositiveInteger", "integer"),
        ("negativeInteger", "nonPositiveInteger"),
        ("positiveInteger", "nonNegativeInteger"),
        ("long", "integer"),
        ("int", "long"),
        ("short", "int"),
        ("byte", "short"),
        ("unsignedLong", "nonNegativeInteger"),
        ("unsignedInt", "unsignedLong"),
        ("unsignedShort", "unsignedInt"),
        ("unsignedByte", "unsignedShort"),
        ("normalizedString", "string"),
        ("token", "normalizedString"),
        ("language", "token"),
        ("Name", "token"),
        ("NMTOKEN", "token"),
        ("NCName", "Name"),
        ("dateTimeStamp", "dateTime"),
    )
)
"""Datatypes whose values are all values of another one (https://www.w3.org/TR/xmlschema11-2/#built-in-datatypes)."""

_CARDINALITIES = frozenset({name("owl:maxCardinality"), name("owl:maxQualifiedCardinality")})
_SCHEMA_RULES = tuple(rule for rule in RULES if rule.table == SCHEMA)

# --- tautologies: triples that hold in every graph

SUB_CLASS = name("rdfs:subClassOf")
REFLEXIVE = frozenset(
    {SAME, SUB_CLASS, name("owl:equivalentClass"), name("rdfs:subPropertyOf"), name("owl:equivalentProperty")}
)
"""The properties that relate everything to itself."""
OVER_THING = frozenset({TYPE, SUB_CLASS, name("rdfs:domain"), name("rdfs:range")})
"""The properties that relate everything to owl:Thing."""
TAUTOLOGY_TERMS = REFLEXIVE | OVER_THING | {OWL_THING, OWL_NOTHING}
"""The terms that tautologies are made of."""
_ANNOTATION_PROPERTIES = (
    "rdfs:label rdfs:comment rdfs:seeAlso rdfs:isDefinedBy owl:deprecated owl:versionInfo owl:priorVersion"
    " owl:backwardCompatibleWith owl:incompatibleWith"
)
VOCABULARY_AXIOMS = frozenset(
    {(OWL_THING, TYPE, name("owl:Class")), (OWL_NOTHING, TYPE, name("owl:Class"))}
    | {(datatype, TYPE, name("rdfs:Datatype")) for datatype in SUPPORTED}
    | {(name(curie), TYPE, name("owl:AnnotationProperty")) for curie in _ANNOTATION_PROPERTIES.split()}
)
"""What cls-thing, cls-nothing1, dt-type1 and prp-ap conclude about the vocabulary itself."""


def is_tautology(triple: Spo) -> bool:
    """True for a triple that holds in every graph."""
    s, p, o = triple
    if s == o:
        return p in REFLEXIVE
    return (o == OWL_THING and p in OVER_THING) or (s == OWL_NOTHING and p == SUB_CLASS) or triple in VOCABULARY_AXIOMS


# --- the closed ontology


def is_schema(triple: Spo) -> bool:
    """True for a triple or pattern about the ontology, as the rules read it."""
    return triple[1] in SCHEMA_PREDICATES or (triple[1] == TYPE and triple[2] in SCHEMA_CLASSES)


class Ontology:
    """The `asserted` triples about classes and properties, and those that follow by the schema rules.

    `derivations` has the first step found for each triple that follows; `faults` are the axioms that could not be read.
    With `datatypes`, it is stated which datatypes of XSD are subsets of which others.
    """

    def __init__(self, triples: Iterable[Spo], *, datatypes: bool = False) -> None:
        self.asserted: dict[Spo, None] = {}
        self.derivations: dict[Spo, Derivation] = {}
        self.faults: list[Finding] = []
        self._any: dict[str, list[Spo]] = defaultdict(list)
        self._by_subject: dict[tuple[str, str], list[Spo]] = defaultdict(list)
        self._by_object: dict[tuple[str, str], list[Spo]] = defaultdict(list)
        self._first: dict[str, list[str]] = defaultdict(list)
        self._rest: dict[str, list[str]] = defaultdict(list)
        self._lists: dict[str, tuple[str, ...]] = {}
        self._datatypes = datatypes
        self._close(triples)

    def __iter__(self) -> Iterator[Spo]:
        """Every triple, asserted or derived, asserted ones first."""
        yield from self.asserted
        yield from self.derivations

    def __contains__(self, triple: Spo) -> bool:
        return triple in self.asserted or triple in self.derivations

    def is_redundant(self, triple: Spo) -> bool:
        """True when inference about facts is the same without this triple."""
        return triple in self.derivations and self.derivations[triple].rule.name in REDUNDANT_RULES

    def members(self, head: str) -> tuple[str, ...]:
        """The members of a list; none, and a fault, when it is circular, branching or open."""
        if head not in self._lists:
            self._lists[head] = self._read_list(head)
        return self._lists[head]

    def matches(self, patterns: Sequence[Pattern], binding: Binding | None = None) -> Iterator[Binding]:
        """Every binding for which the patterns hold; the pattern with the fewest candidates is answered first."""
        binding = binding if binding is not None else {}
        if not patterns:
            yield binding
            return
        best = min(range(len(patterns)), key=lambda i: self._cost(patterns[i], binding)) if len(patterns) > 1 else 0
        rest = [pattern for i, pattern in enumerate(patterns) if i != best]
        for extended in self._answers(patterns[best], binding):
            yield from self.matches(rest, extended)

    def _cost(self, pattern: Pattern, binding: Binding) -> int:
        if isinstance(pattern, tuple):
            return len(self._candidates(pattern, binding))
        return 0 if pattern.head in binding else 1 << 30

    def _candidates(self, pattern: Spo, binding: Binding) -> Sequence[Spo]:
        s, p, o = fill(pattern, binding)
        if not s.startswith("?"):
            return self._by_subject.get((p, s), ())
        if not o.startswith("?"):
            return self._by_object.get((p, o), ())
        return self._any.get(p, ())

    def _answers(self, pattern: Pattern, binding: Binding) -> Iterator[Binding]:
        match pattern:
            case Member(element, head):
                bindings: Iterable[tuple[Sequence[str], Sequence[str]]] = (
                    ((element,), (member,)) for member in self.members(binding[head])
                )
            case OrderedMembers(first, second, head):
                members = self.members(binding[head])
                bindings = (((first, second), (a, b)) for i, a in enumerate(members) for b in members[i + 1 :])
            case (_, _, _):
                # A copy: closing adds to these lists while they are read.
                bindings = ((pattern, triple) for triple in list(self._candidates(pattern, binding)))
            case _:
                raise TypeError(f"{pattern} is about facts")
        for variables, terms in bindings:
            extended = unify(variables, terms, binding)
            if extended is not None:
                yield extended

    def _close(self, triples: Iterable[Spo]) -> None:
        """Read the asserted triples, then apply each schema rule to each triple once, oldest first."""
        waiting: deque[Spo] = deque()
        for triple in triples:
            if triple[1] == FIRST:
                self._first[triple[0]].append(triple[2])
            elif triple[1] == REST:
                self._rest[triple[0]].append(triple[2])
            elif is_schema(triple) and triple not in self.asserted:
                self.asserted[triple] = None
                self._index(triple)
                waiting.append(triple)
        for axiom in ("cls-thing", "cls-nothing1"):
            rule = BY_NAME[axiom]
            self._conclude(Derivation(rule, (), rule.head[0]), waiting)
        for narrow, wide in SUBDATATYPES if self._datatypes else ():
            self._conclude(Derivation(BY_NAME["dt-type2"], (), (narrow, SUB_CLASS, wide)), waiting)
        for triple in list(self.asserted):
            if triple[1] in _CARDINALITIES and (plain := _plain_cardinality(triple[2])) != triple[2]:
                same = (triple[0], triple[1], plain)
                self._conclude(Derivation(BY_NAME["dt-eq"], (triple,), same), waiting)
        while waiting:
            for derivation in list(self._steps(waiting.popleft())):
                self._conclude(derivation, waiting)
        for p in LIST_PREDICATES:
            for triple in self._any.get(p, ()):
                self.members(triple[2])

    def _steps(self, triple: Spo) -> Iterator[Derivation]:
        """What the schema rules give from this triple together with the others, and is not known yet."""
        for rule, position in _READERS[triple[1]] + _READERS.get((triple[1], triple[2]), []):
            pattern = rule.body[position]
            assert isinstance(pattern, tuple)
            binding = unify(pattern, triple, {})
            if binding is None:
                continue
            others = rule.body[:position] + rule.body[position + 1 :]
            for match in self.matches(others, binding):
                for head in rule.head:
                    if (conclusion := fill(head, match)) not in self:
                        premises = tuple(fill(part, match) for part in rule.body if isinstance(part, tuple))
                        yield Derivation(rule, premises, conclusion)

    def _conclude(self, derivation: Derivation, waiting: deque[Spo]) -> None:
        conclusion = derivation.conclusion
        if conclusion not in self:
            self.derivations[conclusion] = derivation
            self._index(conclusion)
            waiting.append(conclusion)

    def _index(self, triple: Spo) -> None:
        s, p, o = triple
        self._any[p].append(triple)
        self._by_subject[(p, s)].append(triple)
        self._by_object[(p, o)].append(triple)

    def _read_list(self, head: str) -> tuple[str, ...]:
        members = list_members(head, self._cell, nil=NIL)
        if members is None:
            self.faults.append(self._list_fault(head))
        return members or ()

    def _cell(self, node: str) -> tuple[str, str] | None:
        first, rest = self._first.get(node, ()), self._rest.get(node, ())
        return (first[0], rest[0]) if len(first) == len(rest) == 1 else None

    def _list_fault(self, head: str) -> Finding:
        """What is wrong with a list that is not well-formed, and where."""
        seen: set[str] = set()
        node = head
        while node not in seen and (cell := self._cell(node)) is not None:
            seen.add(node)
            node = cell[1]
        if node in seen:
            problem = "is circular"
        elif node in self._first and node in self._rest:
            problem = "has more than one rdf:first or rdf:rest"
        else:
            problem = "has no rdf:first or no rdf:rest"
        owners = sorted(t for p in LIST_PREDICATES for t in self._by_object.get((p, head), ()))
        focus, path = (owners[0][0], owners[0][1]) if owners else (head, REST)
        return Finding(
            "owl/list",
            f"The list {head} of {focus} {problem} at {node}; the axiom is ignored.",
            Severity.WARNING,
            focus=focus,
            path=path,
            value=head,
            remedy="Write the complete list, ending with rdf:nil.",
        )


def _plain_cardinality(text: str) -> str:
    """A cardinality as the rules write it, whatever its integer datatype."""
    quoted = text.split('"')
    if len(quoted) == 3 and quoted[1].strip().lstrip("+").isdigit():
        return f'"{int(quoted[1])}"^^{name("xsd:nonNegativeInteger")}'
    return text


def _readers() -> dict[str | tuple[str, str], list[tuple[Rule, int]]]:
    """Predicate, or rdf:type and class -> the schema rules that read such a triple, and the position in their body."""
    readers: dict[str | tuple[str, str], list[tuple[Rule, int]]] = defaultdict(list)
    for rule in _SCHEMA_RULES:
        for position, pattern in enumerate(rule.body):
            if isinstance(pattern, tuple):
                key = (TYPE, pattern[2]) if pattern[1] == TYPE else pattern[1]
                readers[key].append((rule, position))
    return readers


_READERS = _readers()
