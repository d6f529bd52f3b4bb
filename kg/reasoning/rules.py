"""The rules of OWL 2 RL as a table, under the names that the W3C gave them.

Tables 4 to 9 of https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules, one row per
rule; how a rule is run, explained or checked is in other modules. A rule is written as in the specification:

    ?x ?p ?y                          a triple pattern
    ?c in ?l                          ?c is a member of the list ?l
    ?c before ?d in ?l                two of its members, in their order
    each ?c of ?l has (PATTERNS)      the patterns hold for every member; a variable that occurs only here may differ
                                      for each
    chain ?l from ?x to ?y            the members of ?l, properties, lead from ?x to ?y one after the other
    false                             (as a conclusion) the graph is inconsistent

A `GroundRule` is a rule whose patterns about the ontology have been answered by it, so that only patterns about facts
are left. A `Derivation` is one inference step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from kg.terms import PREFIXES, Spo, to_short, to_term

PROFILE = "https://www.w3.org/TR/owl2-profiles/#"


@dataclass(frozen=True, slots=True)
class Member:
    """`element` is a member of the list `head`."""

    element: str
    head: str


@dataclass(frozen=True, slots=True)
class OrderedMembers:
    """`first` comes before `second` in the list `head`."""

    first: str
    second: str
    head: str


@dataclass(frozen=True, slots=True)
class ForEachMember:
    """`patterns` hold for every `element` of the list `head`."""

    element: str
    head: str
    patterns: tuple[Spo, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """The properties in the list `head` lead from `start` to `end`."""

    head: str
    start: str
    end: str


Pattern = Spo | Member | OrderedMembers | ForEachMember | Chain


@dataclass(frozen=True)
class Rule:
    """One row of the specification: `name`, what must hold, what follows, and its table; "" for a rule of our own."""

    name: str
    when: str
    then: str
    table: str

    @property
    def link(self) -> str:
        """The URL of its table in the specification; empty for a rule of our own."""
        return PROFILE + self.table if self.table else ""

    @cached_property
    def body(self) -> tuple[Pattern, ...]:
        """What must hold, in the order of the specification."""
        return tuple(_to_pattern(text) for text in _split_patterns(self.when))

    @cached_property
    def head(self) -> tuple[Spo, ...]:
        """What follows; empty for a rule that finds contradictions."""
        return () if self.then == "false" else tuple(_spo_of_pattern(text) for text in _split_patterns(self.then))

    @property
    def forbids(self) -> bool:
        """True for a rule that concludes a contradiction."""
        return self.then == "false"


@dataclass(frozen=True)
class GroundRule:
    """A rule, and the axioms that answer its patterns about the ontology; `body` and `head` are about facts only.

    A redundant ground rule gives only what others give together: it makes proofs shorter, and inference runs without.
    """

    rule: Rule
    axioms: tuple[Spo, ...]
    body: tuple[Spo, ...]
    head: tuple[Spo, ...]
    is_redundant: bool = field(default=False, compare=False)

    @property
    def forbids(self) -> bool:
        """True when a match of the body is a contradiction."""
        return not self.head


@dataclass(frozen=True, slots=True)
class Derivation:
    """One inference step: `premises` (facts, then axioms) give `conclusion` by `rule`."""

    rule: Rule
    premises: tuple[Spo, ...]
    conclusion: Spo


Binding = dict[str, str]
"""Variable -> the term that it is bound to."""


def unify(pattern: Sequence[str], terms: Sequence[str], binding: Binding) -> Binding | None:
    """The binding, extended so that the pattern becomes the terms; None when that is not possible.

    >>> unify(("?x", "<p>", "?x"), ("<a>", "<p>", "<a>"), {})
    {'?x': '<a>'}
    """
    extended = dict(binding)
    for part, term in zip(pattern, terms, strict=True):
        if part.startswith("?"):  # a call of `is_variable` would take longer than all else
            if extended.setdefault(part, term) != term:
                return None
        elif part != term:
            return None
    return extended


def fill(pattern: Spo, binding: Binding) -> Spo:
    """The pattern with its bound variables replaced."""
    s, p, o = pattern
    return (binding.get(s, s), binding.get(p, p), binding.get(o, o))


def is_variable(text: str) -> bool:
    """True for `?x`."""
    return text.startswith("?")


def variables(patterns: tuple[Spo, ...]) -> Iterator[str]:
    """The variables of the patterns, each as often as it occurs."""
    return (text for pattern in patterns for text in pattern if is_variable(text))


def name(curie: str) -> str:
    """The N-Triples form of a term that is given as a CURIE.

    >>> name("rdf:type")
    '<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>'
    """
    prefix, _, local = curie.partition(":")
    return f"<{PREFIXES[prefix]}{local}>"


def _split_patterns(text: str) -> list[str]:
    """The patterns of one side of a rule, separated by ` . ` outside brackets."""
    return [part.strip() for part in re.split(r"\s\.\s(?![^(]*\))", text) if part.strip()]


def _to_pattern(text: str) -> Pattern:
    words = text.split(maxsplit=5)
    match words:
        case [element, "in", head]:
            return Member(element, head)
        case [first, "before", second, "in", head]:
            return OrderedMembers(first, second, head)
        case ["chain", head, "from", start, "to", end]:
            return Chain(head, start, end)
        case ["each", element, "of", head, "has", patterns]:
            return ForEachMember(
                element, head, tuple(_spo_of_pattern(part) for part in _split_patterns(patterns.strip("()")))
            )
        case _:
            return _spo_of_pattern(text)


def _spo_of_pattern(text: str) -> Spo:
    s, p, o = (_to_text(word) for word in text.split())
    return (s, p, o)


def _to_text(word: str) -> str:
    if is_variable(word):
        return word
    if word.startswith('"'):
        quoted, _, datatype = word.partition("^^")
        return f"{quoted}^^{name(datatype)}"
    return name(word)


TYPE, SAME, DIFFERENT = name("rdf:type"), name("owl:sameAs"), name("owl:differentFrom")
FIRST, REST, NIL = name("rdf:first"), name("rdf:rest"), name("rdf:nil")
OWL_THING, OWL_NOTHING = name("owl:Thing"), name("owl:Nothing")

EQUALITY = "The_Semantics_of_Equality"
PROPERTIES = "The_Semantics_of_Axioms_about_Properties"
CLASSES = "The_Semantics_of_Classes"
AXIOMS = "The_Semantics_of_Class_Axioms"
DATATYPES = "The_Semantics_of_Datatypes"
SCHEMA = "The_Semantics_of_Schema_Vocabulary"

_ZERO, _ONE = '"0"^^xsd:nonNegativeInteger', '"1"^^xsd:nonNegativeInteger'
_NEGATIVE = "?x owl:sourceIndividual ?i . ?x owl:assertionProperty ?p"

# The rules of the datatype table are about values, which no pattern can express: kg/xsd.py answers them. They are
# listed so that they can be named, linked and shown.
RULES: tuple[Rule, ...] = (
    Rule("eq-ref", "?s ?p ?o", "?s owl:sameAs ?s . ?p owl:sameAs ?p . ?o owl:sameAs ?o", EQUALITY),
    Rule("eq-sym", "?x owl:sameAs ?y", "?y owl:sameAs ?x", EQUALITY),
    Rule("eq-trans", "?x owl:sameAs ?y . ?y owl:sameAs ?z", "?x owl:sameAs ?z", EQUALITY),
    Rule("eq-rep-s", "?s owl:sameAs ?s2 . ?s ?p ?o", "?s2 ?p ?o", EQUALITY),
    Rule("eq-rep-p", "?p owl:sameAs ?p2 . ?s ?p ?o", "?s ?p2 ?o", EQUALITY),
    Rule("eq-rep-o", "?o owl:sameAs ?o2 . ?s ?p ?o", "?s ?p ?o2", EQUALITY),
    Rule("eq-diff1", "?x owl:sameAs ?y . ?x owl:differentFrom ?y", "false", EQUALITY),
    Rule(
        "eq-diff2",
        "?x rdf:type owl:AllDifferent . ?x owl:members ?l . ?a before ?b in ?l . ?a owl:sameAs ?b",
        "false",
        EQUALITY,
    ),
    Rule(
        "eq-diff3",
        "?x rdf:type owl:AllDifferent . ?x owl:distinctMembers ?l . ?a before ?b in ?l . ?a owl:sameAs ?b",
        "false",
        EQUALITY,
    ),
    Rule("prp-ap", "", "?p rdf:type owl:AnnotationProperty", PROPERTIES),
    Rule("prp-dom", "?p rdfs:domain ?c . ?x ?p ?y", "?x rdf:type ?c", PROPERTIES),
    Rule("prp-rng", "?p rdfs:range ?c . ?x ?p ?y", "?y rdf:type ?c", PROPERTIES),
    Rule("prp-fp", "?p rdf:type owl:FunctionalProperty . ?x ?p ?y . ?x ?p ?z", "?y owl:sameAs ?z", PROPERTIES),
    Rule("prp-ifp", "?p rdf:type owl:InverseFunctionalProperty . ?x ?p ?z . ?y ?p ?z", "?x owl:sameAs ?y", PROPERTIES),
    Rule("prp-irp", "?p rdf:type owl:IrreflexiveProperty . ?x ?p ?x", "false", PROPERTIES),
    Rule("prp-symp", "?p rdf:type owl:SymmetricProperty . ?x ?p ?y", "?y ?p ?x", PROPERTIES),
    Rule("prp-asyp", "?p rdf:type owl:AsymmetricProperty . ?x ?p ?y . ?y ?p ?x", "false", PROPERTIES),
    Rule("prp-trp", "?p rdf:type owl:TransitiveProperty . ?x ?p ?y . ?y ?p ?z", "?x ?p ?z", PROPERTIES),
    Rule("prp-spo1", "?p rdfs:subPropertyOf ?q . ?x ?p ?y", "?x ?q ?y", PROPERTIES),
    Rule("prp-spo2", "?p owl:propertyChainAxiom ?l . chain ?l from ?x to ?y", "?x ?p ?y", PROPERTIES),
    Rule("prp-eqp1", "?p owl:equivalentProperty ?q . ?x ?p ?y", "?x ?q ?y", PROPERTIES),
    Rule("prp-eqp2", "?p owl:equivalentProperty ?q . ?x ?q ?y", "?x ?p ?y", PROPERTIES),
    Rule("prp-pdw", "?p owl:propertyDisjointWith ?q . ?x ?p ?y . ?x ?q ?y", "false", PROPERTIES),
    Rule(
        "prp-adp",
        "?d rdf:type owl:AllDisjointProperties . ?d owl:members ?l . ?p before ?q in ?l . ?x ?p ?y . ?x ?q ?y",
        "false",
        PROPERTIES,
    ),
    Rule("prp-inv1", "?p owl:inverseOf ?q . ?x ?p ?y", "?y ?q ?x", PROPERTIES),
    Rule("prp-inv2", "?p owl:inverseOf ?q . ?x ?q ?y", "?y ?p ?x", PROPERTIES),
    Rule(
        "prp-key",
        "?c owl:hasKey ?l . ?x rdf:type ?c . ?y rdf:type ?c . each ?p of ?l has (?x ?p ?z . ?y ?p ?z)",
        "?x owl:sameAs ?y",
        PROPERTIES,
    ),
    Rule("prp-npa1", f"{_NEGATIVE} . ?x owl:targetIndividual ?j . ?i ?p ?j", "false", PROPERTIES),
    Rule("prp-npa2", f"{_NEGATIVE} . ?x owl:targetValue ?j . ?i ?p ?j", "false", PROPERTIES),
    Rule("cls-thing", "", "owl:Thing rdf:type owl:Class", CLASSES),
    Rule("cls-nothing1", "", "owl:Nothing rdf:type owl:Class", CLASSES),
    Rule("cls-nothing2", "?x rdf:type owl:Nothing", "false", CLASSES),
    Rule("cls-int1", "?c owl:intersectionOf ?l . each ?d of ?l has (?x rdf:type ?d)", "?x rdf:type ?c", CLASSES),
    Rule("cls-int2", "?c owl:intersectionOf ?l . ?d in ?l . ?x rdf:type ?c", "?x rdf:type ?d", CLASSES),
    Rule("cls-uni", "?c owl:unionOf ?l . ?d in ?l . ?x rdf:type ?d", "?x rdf:type ?c", CLASSES),
    Rule("cls-com", "?c owl:complementOf ?d . ?x rdf:type ?c . ?x rdf:type ?d", "false", CLASSES),
    Rule(
        "cls-svf1",
        "?c owl:someValuesFrom ?d . ?c owl:onProperty ?p . ?x ?p ?y . ?y rdf:type ?d",
        "?x rdf:type ?c",
        CLASSES,
    ),
    Rule("cls-svf2", "?c owl:someValuesFrom owl:Thing . ?c owl:onProperty ?p . ?x ?p ?y", "?x rdf:type ?c", CLASSES),
    Rule(
        "cls-avf",
        "?c owl:allValuesFrom ?d . ?c owl:onProperty ?p . ?x rdf:type ?c . ?x ?p ?y",
        "?y rdf:type ?d",
        CLASSES,
    ),
    Rule("cls-hv1", "?c owl:hasValue ?y . ?c owl:onProperty ?p . ?x rdf:type ?c", "?x ?p ?y", CLASSES),
    Rule("cls-hv2", "?c owl:hasValue ?y . ?c owl:onProperty ?p . ?x ?p ?y", "?x rdf:type ?c", CLASSES),
    Rule(
        "cls-maxc1",
        f"?c owl:maxCardinality {_ZERO} . ?c owl:onProperty ?p . ?x rdf:type ?c . ?x ?p ?y",
        "false",
        CLASSES,
    ),
    Rule(
        "cls-maxc2",
        f"?c owl:maxCardinality {_ONE} . ?c owl:onProperty ?p . ?x rdf:type ?c . ?x ?p ?y . ?x ?p ?z",
        "?y owl:sameAs ?z",
        CLASSES,
    ),
    Rule(
        "cls-maxqc1",
        f"?c owl:maxQualifiedCardinality {_ZERO} . ?c owl:onProperty ?p . ?c owl:onClass ?d"
        " . ?x rdf:type ?c . ?x ?p ?y . ?y rdf:type ?d",
        "false",
        CLASSES,
    ),
    Rule(
        "cls-maxqc2",
        f"?c owl:maxQualifiedCardinality {_ZERO} . ?c owl:onProperty ?p . ?c owl:onClass owl:Thing"
        " . ?x rdf:type ?c . ?x ?p ?y",
        "false",
        CLASSES,
    ),
    Rule(
        "cls-maxqc3",
        f"?c owl:maxQualifiedCardinality {_ONE} . ?c owl:onProperty ?p . ?c owl:onClass ?d"
        " . ?x rdf:type ?c . ?x ?p ?y . ?y rdf:type ?d . ?x ?p ?z . ?z rdf:type ?d",
        "?y owl:sameAs ?z",
        CLASSES,
    ),
    Rule(
        "cls-maxqc4",
        f"?c owl:maxQualifiedCardinality {_ONE} . ?c owl:onProperty ?p . ?c owl:onClass owl:Thing"
        " . ?x rdf:type ?c . ?x ?p ?y . ?x ?p ?z",
        "?y owl:sameAs ?z",
        CLASSES,
    ),
    Rule("cls-oo", "?c owl:oneOf ?l . ?x in ?l", "?x rdf:type ?c", CLASSES),
    Rule("cax-sco", "?c rdfs:subClassOf ?d . ?x rdf:type ?c", "?x rdf:type ?d", AXIOMS),
    Rule("cax-eqc1", "?c owl:equivalentClass ?d . ?x rdf:type ?c", "?x rdf:type ?d", AXIOMS),
    Rule("cax-eqc2", "?c owl:equivalentClass ?d . ?x rdf:type ?d", "?x rdf:type ?c", AXIOMS),
    Rule("cax-dw", "?c owl:disjointWith ?d . ?x rdf:type ?c . ?x rdf:type ?d", "false", AXIOMS),
    Rule(
        "cax-adc",
        "?z rdf:type owl:AllDisjointClasses . ?z owl:members ?l . ?c before ?d in ?l . ?x rdf:type ?c . ?x rdf:type ?d",
        "false",
        AXIOMS,
    ),
    Rule("dt-type1", "", "?d rdf:type rdfs:Datatype", DATATYPES),
    Rule("dt-type2", "", "?v rdf:type ?d", DATATYPES),
    Rule("dt-eq", "", "?v owl:sameAs ?w", DATATYPES),
    Rule("dt-diff", "", "?v owl:differentFrom ?w", DATATYPES),
    Rule("dt-not-type", "?v rdf:type ?d", "false", DATATYPES),
    Rule(
        "scm-cls",
        "?c rdf:type owl:Class",
        "?c rdfs:subClassOf ?c . ?c owl:equivalentClass ?c . ?c rdfs:subClassOf owl:Thing"
        " . owl:Nothing rdfs:subClassOf ?c",
        SCHEMA,
    ),
    Rule("scm-sco", "?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?e", "?c rdfs:subClassOf ?e", SCHEMA),
    Rule("scm-eqc1", "?c owl:equivalentClass ?d", "?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?c", SCHEMA),
    Rule("scm-eqc2", "?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?c", "?c owl:equivalentClass ?d", SCHEMA),
    Rule(
        "scm-op",
        "?p rdf:type owl:ObjectProperty",
        "?p rdfs:subPropertyOf ?p . ?p owl:equivalentProperty ?p",
        SCHEMA,
    ),
    Rule(
        "scm-dp",
        "?p rdf:type owl:DatatypeProperty",
        "?p rdfs:subPropertyOf ?p . ?p owl:equivalentProperty ?p",
        SCHEMA,
    ),
    Rule("scm-spo", "?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?r", "?p rdfs:subPropertyOf ?r", SCHEMA),
    Rule("scm-eqp1", "?p owl:equivalentProperty ?q", "?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?p", SCHEMA),
    Rule("scm-eqp2", "?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?p", "?p owl:equivalentProperty ?q", SCHEMA),
    Rule("scm-dom1", "?p rdfs:domain ?c . ?c rdfs:subClassOf ?d", "?p rdfs:domain ?d", SCHEMA),
    Rule("scm-dom2", "?q rdfs:domain ?c . ?p rdfs:subPropertyOf ?q", "?p rdfs:domain ?c", SCHEMA),
    Rule("scm-rng1", "?p rdfs:range ?c . ?c rdfs:subClassOf ?d", "?p rdfs:range ?d", SCHEMA),
    Rule("scm-rng2", "?q rdfs:range ?c . ?p rdfs:subPropertyOf ?q", "?p rdfs:range ?c", SCHEMA),
    Rule(
        "scm-hv",
        "?c owl:hasValue ?i . ?c owl:onProperty ?p . ?d owl:hasValue ?i . ?d owl:onProperty ?q"
        " . ?p rdfs:subPropertyOf ?q",
        "?c rdfs:subClassOf ?d",
        SCHEMA,
    ),
    Rule(
        "scm-svf1",
        "?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:someValuesFrom ?z . ?d owl:onProperty ?p"
        " . ?y rdfs:subClassOf ?z",
        "?c rdfs:subClassOf ?d",
        SCHEMA,
    ),
    Rule(
        "scm-svf2",
        "?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:someValuesFrom ?y . ?d owl:onProperty ?q"
        " . ?p rdfs:subPropertyOf ?q",
        "?c rdfs:subClassOf ?d",
        SCHEMA,
    ),
    Rule(
        "scm-avf1",
        "?c owl:allValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:allValuesFrom ?z . ?d owl:onProperty ?p"
        " . ?y rdfs:subClassOf ?z",
        "?c rdfs:subClassOf ?d",
        SCHEMA,
    ),
    Rule(
        "scm-avf2",
        "?c owl:allValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:allValuesFrom ?y . ?d owl:onProperty ?q"
        " . ?p rdfs:subPropertyOf ?q",
        "?d rdfs:subClassOf ?c",
        SCHEMA,
    ),
    Rule("scm-int", "?c owl:intersectionOf ?l . ?d in ?l", "?c rdfs:subClassOf ?d", SCHEMA),
    Rule("scm-uni", "?c owl:unionOf ?l . ?d in ?l", "?d rdfs:subClassOf ?c", SCHEMA),
)
"""All 78 rules, in the order of the specification."""

BY_NAME = {rule.name: rule for rule in RULES}

# --- rules in words

NameOf = Callable[[str], str]
"""From the exact form of a term to a name for people."""


def short_name(text: str) -> str:
    """The short name of a term; a variable without its question mark.

    >>> short_name("<https://w3id.org/filmgraph/film/director>")
    'director'
    """
    return text[1:] if is_variable(text) else to_short(to_term(text)).removeprefix("film:")


def pattern_in_words(pattern: Spo, *, name: NameOf = short_name) -> str:
    """A triple or pattern in logic notation: `director(x, y)`, `Film(x)`."""
    s, p, o = pattern
    if p == TYPE and not is_variable(o):
        return f"{name(o)}({name(s)})"
    return f"{name(p)}({name(s)}, {name(o)})"


def rule_in_words(rule: GroundRule, *, name: NameOf = short_name) -> str:
    """A ground rule in words.

    >>> from kg.reasoning.rules import BY_NAME
    >>> director, contributor = (f"<https://w3id.org/filmgraph/film/{p}>" for p in ("director", "contributor"))
    >>> rule = GroundRule(BY_NAME["prp-spo1"], (), (("?x", director, "?y"),), (("?x", contributor, "?y"),))
    >>> rule_in_words(rule)
    'director(x, y) gives contributor(x, y)'
    """
    body = " and ".join(pattern_in_words(pattern, name=name) for pattern in rule.body)
    if rule.forbids:
        return f"{body} contradict{'s itself' if len(rule.body) == 1 else ' each other'}"
    head = " and ".join(pattern_in_words(pattern, name=name) for pattern in rule.head)
    return f"{body} gives {head}" if body else head
