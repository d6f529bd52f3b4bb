"""Rules and an ontology walk in; rules that speak of facts only walk out.

`?p rdfs:subPropertyOf ?q . ?x ?p ?y` gives `?x ?q ?y` once the ontology has answered its first pattern:
`film:director(x, y)` gives `film:contributor(x, y)`. A rule over a list is written out, once for each axiom.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kg.reasoning.ontology import Match, Ontology, is_schema
from kg.reasoning.rules import (
    NOTHING,
    RULES,
    SCHEMA,
    THING,
    TYPE,
    Chain,
    Each,
    GroundRule,
    Member,
    Pair,
    Pattern,
    Rule,
    is_variable,
    variables,
)
from kg.terms import Spo

APART = frozenset(
    [
        "eq-ref",
        "eq-sym",
        "eq-trans",
        "eq-rep-s",
        "eq-rep-p",
        "eq-rep-o",
        "prp-ap",
        "cls-thing",
        "cls-nothing1",
        "dt-type1",
        "dt-type2",
        "dt-eq",
        "dt-diff",
        "dt-not-type",
    ]
)
"""Rules that are not grounded: equality is a union-find, the others are axioms or speak of values."""

_GROUNDED = tuple(rule for rule in RULES if rule.table != SCHEMA and rule.name not in APART)

# `x rdf:type owl:Thing` is never asked for where a rule of its own stands for that case.
_ANY_THING = {"cls-svf1", "cls-maxqc1", "cls-maxqc3"}


def ground(ontology: Ontology, rules: Iterable[Rule] = _GROUNDED) -> Iterator[GroundRule]:
    """The rules, grounded, each body and head once for each way in which the ontology gives it."""
    for rule in rules:
        about_schema = [p for p in rule.body if isinstance(p, Member | Pair) or (isinstance(p, tuple) and is_schema(p))]
        about_facts = [p for p in rule.body if p not in about_schema]
        for match in ontology.matches(about_schema):
            for body in _written_out(about_facts, match, ontology):
                head = tuple(match.fill(pattern) for pattern in rule.head)
                if body == head or (rule.head and not _is_safe(body, head)):
                    continue
                axioms = tuple(match.fill(p) for p in about_schema if isinstance(p, tuple))
                yield GroundRule(rule, axioms, body, head, told=_is_told(rule, axioms, body, ontology))


def _is_told(rule: Rule, axioms: tuple[Spo, ...], body: tuple[Spo, ...], ontology: Ontology) -> bool:
    if rule.name in _ANY_THING and any(o == THING for _, p, o in body if p == TYPE):
        return False
    return not any(ontology.is_short_cut(axiom) for axiom in axioms) and (TYPE, NOTHING) not in {
        (p, o) for _, p, o in body if not rule.forbids
    }


def _is_safe(body: tuple[Spo, ...], head: tuple[Spo, ...]) -> bool:
    """True when every variable of the head is bound by the body: a list without members leaves them open."""
    return set(variables(head)) <= set(variables(body))


def _written_out(patterns: list[Pattern], match: Match, ontology: Ontology) -> Iterator[tuple[Spo, ...]]:
    """The patterns as plain triples: lists written out; nothing when a list cannot be read or has no members."""
    body: list[Spo] = []
    plain = {v for p in patterns if isinstance(p, tuple) for v in variables((p,))}
    for pattern in patterns:
        match pattern:
            case Each(element, head, inner):
                members = ontology.members(match.binding[head])
                if not members:
                    return
                local = set(variables(inner)) - plain - {element}
                # With no other pattern to bind it, a variable is the same for each member (cls-int1); with one,
                # a variable that only stands here is each member's own (prp-key).
                own = local if plain else set()
                for number, member in enumerate(members):
                    rename = {element: member, **{v: f"{v}{number}" for v in own}}
                    body += [match.fill(_rename(p, rename)) for p in inner]
            case Chain(head, start, end):
                members = ontology.members(match.binding[head])
                if not members:
                    return
                steps = [start, *(f"?u{i}" for i in range(1, len(members))), end]
                body += [(steps[i], p, steps[i + 1]) for i, p in enumerate(members)]
            case tuple():
                body.append(match.fill(pattern))
            case _:
                raise TypeError(f"{pattern} is about the ontology")
    yield tuple(dict.fromkeys(body))


def _rename(pattern: Spo, names: dict[str, str]) -> Spo:
    s, p, o = pattern
    return (names.get(s, s), names.get(p, p), names.get(o, o))


def is_equality(rule: GroundRule) -> bool:
    """True for a rule that concludes that two names name one thing."""
    return any(is_variable(s) and is_variable(o) and p.endswith("owl#sameAs>") for s, p, o in rule.head)
