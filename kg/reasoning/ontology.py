"""Triples of an ontology walk in; the ontology closed under the schema rules walks out, with a derivation for each
conclusion.

Closing is done in memory, one triple at a time: an ontology is small beside its facts, and each conclusion can keep the
step that first gave it (https://www.w3.org/TR/owl2-profiles/#The_Semantics_of_Schema_Vocabulary).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kg.reasoning.rules import (
    BY_NAME,
    DIFFERENT,
    FIRST,
    NIL,
    NOTHING,
    REST,
    RULES,
    SAME,
    SCHEMA,
    TYPE,
    Derivation,
    Each,
    Member,
    Pair,
    Pattern,
    Rule,
    is_variable,
    name,
)
from kg.reports import Finding, Severity
from kg.terms import Spo

Binding = dict[str, str]

_ALL_PATTERNS = [
    part
    for rule in RULES
    for pattern in (*rule.body, *rule.head)
    for part in (pattern.patterns if isinstance(pattern, Each) else (pattern,))
    if isinstance(part, tuple)
]
SCHEMA_PREDICATES = frozenset(p for _, p, _ in _ALL_PATTERNS if not is_variable(p)) - {TYPE, SAME, DIFFERENT}
"""The properties that the rules read as statements about the ontology."""
SCHEMA_CLASSES = frozenset(o for _, p, o in _ALL_PATTERNS if p == TYPE and not is_variable(o)) - {NOTHING}
"""The classes whose members are statements about the ontology."""
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
SHORT_CUTS = frozenset(rule.name for rule in RULES if rule.table == SCHEMA) - {
    "scm-cls",
    "scm-svf1",
    "scm-svf2",
    "scm-avf1",
    "scm-avf2",
}
"""Schema rules whose conclusions add nothing about facts: two steps over facts give what one step with them gives."""

NARROWER = tuple(
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
"""Datatypes whose every value is a value of another one (https://www.w3.org/TR/xmlschema11-2/#built-in-datatypes)."""

_CARDINALITIES = frozenset({name("owl:maxCardinality"), name("owl:maxQualifiedCardinality")})
_CIRCLES = frozenset({"scm-sco", "scm-spo"})
_SCHEMA_RULES = tuple(rule for rule in RULES if rule.table == SCHEMA)


def is_schema(triple: Spo) -> bool:
    """True when the rules read this triple, or pattern, as one about the ontology."""
    return triple[1] in SCHEMA_PREDICATES or (triple[1] == TYPE and triple[2] in SCHEMA_CLASSES)


@dataclass(frozen=True, slots=True)
class Match:
    """One way in which patterns hold: what the variables stand for."""

    binding: Binding

    def fill(self, pattern: Spo) -> Spo:
        """The pattern with the variables replaced that are bound."""
        s, p, o = pattern
        return (self.binding.get(s, s), self.binding.get(p, p), self.binding.get(o, o))


class Ontology:
    """What is told about classes and properties, and what follows from it by the schema rules.

    `derivations` has the first step found for each triple that follows; `faults` says which axioms could not be read.
    With `trivial`, a class that a circle of axioms puts below itself is stated to be so, and also which datatypes of
    XSD hold the values of which others.
    """

    def __init__(self, triples: Iterable[Spo], *, trivial: bool = False) -> None:
        self.told: dict[Spo, None] = {}
        self.derivations: dict[Spo, Derivation] = {}
        self.faults: list[Finding] = []
        self._any: dict[str, list[Spo]] = defaultdict(list)
        self._by_subject: dict[tuple[str, str], list[Spo]] = defaultdict(list)
        self._by_object: dict[tuple[str, str], list[Spo]] = defaultdict(list)
        self._first: dict[str, list[str]] = defaultdict(list)
        self._rest: dict[str, list[str]] = defaultdict(list)
        self._lists: dict[str, tuple[str, ...]] = {}
        self._trivial = trivial
        self._close(triples)

    def __iter__(self) -> Iterator[Spo]:
        """Every triple, told or derived, told ones first."""
        yield from self.told
        yield from self.derivations

    def __contains__(self, triple: Spo) -> bool:
        return triple in self.told or triple in self.derivations

    def is_short_cut(self, triple: Spo) -> bool:
        """True when leaving this triple out changes nothing about facts."""
        return triple in self.derivations and self.derivations[triple].rule.name in SHORT_CUTS

    def members(self, head: str) -> tuple[str, ...]:
        """The members of a list; nothing, and a fault, when it is cyclic, forked or has no end."""
        if head not in self._lists:
            self._lists[head] = self._read_list(head)
        return self._lists[head]

    def matches(self, patterns: Sequence[Pattern], binding: Binding | None = None) -> Iterator[Match]:
        """Every way in which the patterns hold; the pattern with the fewest candidates is answered first."""
        binding = binding if binding is not None else {}
        if not patterns:
            yield Match(binding)
            return
        best = min(range(len(patterns)), key=lambda i: self._cost(patterns[i], binding))
        rest = [pattern for i, pattern in enumerate(patterns) if i != best]
        for extended in self._answers(patterns[best], binding):
            yield from self.matches(rest, extended)

    def _cost(self, pattern: Pattern, binding: Binding) -> int:
        if isinstance(pattern, tuple):
            return len(self._candidates(pattern, binding))
        return 0 if pattern.head in binding else 1 << 30

    def _candidates(self, pattern: Spo, binding: Binding) -> Sequence[Spo]:
        s, p, o = (binding.get(part, part) for part in pattern)
        if not is_variable(s):
            return self._by_subject.get((p, s), ())
        if not is_variable(o):
            return self._by_object.get((p, o), ())
        return self._any.get(p, ())

    def _answers(self, pattern: Pattern, binding: Binding) -> Iterator[Binding]:
        match pattern:
            case Member(element, head):
                found: Iterable[tuple[tuple[str, str], ...]] = (((element, m),) for m in self.members(binding[head]))
            case Pair(first, second, head):
                members = self.members(binding[head])
                found = (((first, a), (second, b)) for i, a in enumerate(members) for b in members[i + 1 :])
            case (s, p, o):
                # A copy: closing adds to these lists while they are read.
                found = (((s, t[0]), (p, t[1]), (o, t[2])) for t in list(self._candidates(pattern, binding)))
            case _:
                raise TypeError(f"{pattern} is about facts")
        for pairs in found:
            extended = _unify(pairs, binding)
            if extended is not None:
                yield extended

    def _close(self, triples: Iterable[Spo]) -> None:
        """Read what is told, then apply each schema rule to each triple once, oldest first."""
        waiting: deque[Spo] = deque()
        for triple in triples:
            if triple[1] == FIRST:
                self._first[triple[0]].append(triple[2])
            elif triple[1] == REST:
                self._rest[triple[0]].append(triple[2])
            elif is_schema(triple) and triple not in self.told:
                self.told[triple] = None
                self._index(triple)
                waiting.append(triple)
        for axiom in ("cls-thing", "cls-nothing1"):
            rule = BY_NAME[axiom]
            self._conclude(Derivation(rule, (), rule.head[0]), waiting)
        for narrow, wide in NARROWER if self._trivial else ():
            self._conclude(Derivation(BY_NAME["dt-type2"], (), (narrow, name("rdfs:subClassOf"), wide)), waiting)
        for triple in list(self.told):
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
        """What the schema rules give from this triple together with the others."""
        for rule, position in _READERS[triple[1]] + _READERS.get((triple[1], triple[2]), []):
            pattern = rule.body[position]
            assert isinstance(pattern, tuple)
            binding = _unify(zip(pattern, triple, strict=True), {})
            if binding is None:
                continue
            others = rule.body[:position] + rule.body[position + 1 :]
            for match in self.matches(others, binding):
                premises = tuple(match.fill(part) for part in rule.body if isinstance(part, tuple))
                for head in rule.head:
                    yield Derivation(rule, premises, match.fill(head))

    def _conclude(self, derivation: Derivation, waiting: deque[Spo]) -> None:
        conclusion = derivation.conclusion
        assert conclusion is not None
        if not self._trivial and derivation.rule.name in _CIRCLES and conclusion[0] == conclusion[2]:
            return
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
        members: list[str] = []
        seen: set[str] = set()
        node = head
        while node != NIL:
            first, rest = self._first.get(node, ()), self._rest.get(node, ())
            if node in seen or len(first) != 1 or len(rest) != 1:
                self._fault(head, node, cyclic=node in seen, missing=not first or not rest)
                return ()
            seen.add(node)
            members.append(first[0])
            node = rest[0]
        return tuple(members)

    def _fault(self, head: str, node: str, *, cyclic: bool, missing: bool) -> None:
        wrong = (
            "comes back to itself"
            if cyclic
            else "has no first or no rest"
            if missing
            else "has two firsts or two rests"
        )
        owners = sorted(t for p in LIST_PREDICATES for t in self._by_object.get((p, head), ()))
        focus, path = (owners[0][0], owners[0][1]) if owners else (head, REST)
        self.faults.append(
            Finding(
                "owl/list",
                f"The list {head} of {focus} {wrong} at {node}; the axiom is left out.",
                Severity.WARNING,
                focus=focus,
                path=path,
                value=head,
                remedy="Write the list out in full, ending with rdf:nil.",
            )
        )


def _unify(pairs: Iterable[tuple[str, str]], binding: Binding) -> Binding | None:
    """The binding, extended so that each pattern's part is the term beside it; None when that cannot be."""
    extended = dict(binding)
    for part, term in pairs:
        if is_variable(part):
            if extended.setdefault(part, term) != term:
                return None
        elif part != term:
            return None
    return extended


def _plain_cardinality(text: str) -> str:
    """A cardinality as the rules write it, whichever integer type it came with."""
    quoted = text.split('"')
    if len(quoted) == 3 and quoted[1].strip().lstrip("+").isdigit():
        return f'"{int(quoted[1])}"^^{name("xsd:nonNegativeInteger")}'
    return text


def _readers() -> dict[str | tuple[str, str], list[tuple[Rule, int]]]:
    """Predicate, or rdf:type and class, -> the schema rules that read such a triple, and where in their body."""
    readers: dict[str | tuple[str, str], list[tuple[Rule, int]]] = defaultdict(list)
    for rule in _SCHEMA_RULES:
        for position, pattern in enumerate(rule.body):
            if isinstance(pattern, tuple):
                key = (TYPE, pattern[2]) if pattern[1] == TYPE else pattern[1]
                readers[key].append((rule, position))
    return readers


_READERS = _readers()
