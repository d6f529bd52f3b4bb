"""Grounding: the rules with their patterns about the ontology answered, so that only patterns about facts are left.

`?p rdfs:subPropertyOf ?q . ?x ?p ?y` gives `?x ?q ?y`; grounded, `director(x, y)` gives `contributor(x, y)`. A rule
over a list is expanded, once for each axiom.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kg.reasoning.ontology import Ontology, is_schema
from kg.reasoning.rules import (
    NOTHING,
    RULES,
    SCHEMA,
    THING,
    TYPE,
    Binding,
    Chain,
    Each,
    GroundRule,
    Member,
    Pair,
    Pattern,
    Rule,
    fill,
    is_variable,
    variables,
)
from kg.terms import Spo

NOT_GROUNDED = frozenset(
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
"""Rules that are not grounded: equality is a union find, the others are axioms or are about values."""

_GROUNDED = tuple(rule for rule in RULES if rule.table != SCHEMA and rule.name not in NOT_GROUNDED)

# Rules that another rule replaces where their class is owl:Thing: `x rdf:type owl:Thing` is then never looked up.
_REPLACED_FOR_THING = {"cls-svf1", "cls-maxqc1", "cls-maxqc3"}


def ground(ontology: Ontology, rules: Iterable[Rule] = _GROUNDED) -> Iterator[GroundRule]:
    """The ground rules: one for each binding under which the ontology answers a rule's patterns about itself."""
    for rule in rules:
        about_schema = [p for p in rule.body if isinstance(p, Member | Pair) or (isinstance(p, tuple) and is_schema(p))]
        about_facts = [p for p in rule.body if p not in about_schema]
        for binding in ontology.matches(about_schema):
            body = _expand(about_facts, binding, ontology)
            if body is None:
                continue
            head = tuple(fill(pattern, binding) for pattern in rule.head)
            if body == head or (rule.head and not _is_safe(body, head)):
                continue
            axioms = tuple(fill(p, binding) for p in about_schema if isinstance(p, tuple))
            yield GroundRule(rule, axioms, body, head, is_redundant=_is_redundant(rule, axioms, body, ontology))


def _is_redundant(rule: Rule, axioms: tuple[Spo, ...], body: tuple[Spo, ...], ontology: Ontology) -> bool:
    if rule.name in _REPLACED_FOR_THING and any(o == THING for _, p, o in body if p == TYPE):
        return True
    if not rule.forbids and any(p == TYPE and o == NOTHING for _, p, o in body):
        return True
    return any(ontology.is_redundant(axiom) for axiom in axioms)


def _is_safe(body: tuple[Spo, ...], head: tuple[Spo, ...]) -> bool:
    """True when every variable of the head is bound by the body; a list without members leaves them unbound."""
    return set(variables(head)) <= set(variables(body))


def _expand(patterns: list[Pattern], binding: Binding, ontology: Ontology) -> tuple[Spo, ...] | None:
    """The patterns as triple patterns, with lists expanded; None for a list that is ill-formed or has no members."""
    body: list[Spo] = []
    outside = {v for p in patterns if isinstance(p, tuple) for v in variables((p,))}
    for pattern in patterns:
        match pattern:
            case Each(element, head, inner):
                members = ontology.members(binding[head])
                if not members:
                    return None
                local = set(variables(inner)) - outside - {element}
                # With no other pattern to bind it, a variable is the same for each member (cls-int1); with one,
                # a variable that only occurs here is each member's own (prp-key).
                own = local if outside else set()
                for number, member in enumerate(members):
                    names = {element: member, **{v: f"{v}{number}" for v in own}}
                    body += [fill(fill(p, names), binding) for p in inner]
            case Chain(head, start, end):
                members = ontology.members(binding[head])
                if not members:
                    return None
                nodes = [start, *(f"?u{i}" for i in range(1, len(members))), end]
                body += [(nodes[i], p, nodes[i + 1]) for i, p in enumerate(members)]
            case tuple():
                body.append(fill(pattern, binding))
            case _:
                raise TypeError(f"{pattern} is about the ontology")
    return tuple(dict.fromkeys(body))


def is_equality(rule: GroundRule) -> bool:
    """True for a rule that concludes that two terms name one entity."""
    return any(is_variable(s) and is_variable(o) and p.endswith("owl#sameAs>") for s, p, o in rule.head)
