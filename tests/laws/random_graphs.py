"""Random OWL graphs of every construct that OWL 2 RL reads, each with a vocabulary and literals of its own.

Graphs of different numbers share no term but those of RDF, RDFS, OWL and XSD, so many of them can be closed in one run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from kg.reasoning.rules import OWL_THING
from kg.terms import OWL, RDF, RDFS, XSD, Spo

_RESTRICTION = ["someValuesFrom", "allValuesFrom", "hasValue", "maxCardinality", "maxQualifiedCardinality"]
_CHARACTERISTICS = ["Symmetric", "Transitive", "Functional", "InverseFunctional", "Irreflexive", "Asymmetric"]


def namespace(number: int) -> str:
    """The beginning of the IRIs of a graph."""
    return f"https://example.org/{number}/"


def random_graph(number: int) -> list[Spo]:
    """The graph of this number: up to six axioms and ten facts, always the same."""
    return _Graph(Random(number), number).draw()


class _Graph:
    def __init__(self, random: Random, number: int) -> None:
        self.random, self.number, self.nodes = random, number, 0
        self.classes, self.properties, self.entities = (
            [f"<{namespace(number)}{kind}{i}>" for i in range(size)] for kind, size in (("C", 4), ("p", 3), ("x", 4))
        )
        whole = 1_000_000 + 10 * number
        self.literals = [
            f'"{whole}"^^<{XSD}integer>',
            f'"0{whole}"^^<{XSD}integer>',
            f'"{whole}.0"^^<{XSD}decimal>',
            f'"{whole}"^^<{XSD}int>',
            f'"{whole + 1}"^^<{XSD}integer>',
            f'"text {number}"',
            f'"text {number}"@en',
            f'"{1000 + number}"^^<{XSD}gYear>',
            f'"PT{number + 1}H"^^<{XSD}duration>',
            f'"PT{(number + 1) * 60}M"^^<{XSD}dayTimeDuration>',
            f'"a{number}"^^<{namespace(number)}unknown>',
            f'"b{number}"^^<{namespace(number)}unknown>',
        ]
        self.datatypes = [f"<{XSD}{name}>" for name in ("integer", "short", "string", "gYear")]
        self.axioms: Sequence[Callable[[], list[Spo]]] = (
            self._between_classes, self._between_classes, self._between_properties, self._between_properties,
            self._characteristic, self._domain_or_range, self._chain, self._over_classes, self._one_of,
            self._restriction, self._restriction, self._restriction, self._same, self._same, self._same_as_literal,
            self._same_as_literal,
            self._different, self._all_disjoint, self._denied,
        )  # fmt: skip

    def draw(self) -> list[Spo]:
        axioms = [triple for _ in range(self.random.randint(1, 6)) for triple in self.random.choice(self.axioms)()]
        return list(dict.fromkeys([*axioms, *(self._fact() for _ in range(self.random.randint(1, 10)))]))

    def _fact(self) -> Spo:
        kind = self.random.random()
        if kind < 0.3:
            return (self._entity(), f"<{RDF}type>", self._class())
        object = self._entity() if kind < 0.75 else self._literal()
        return (self._entity(), self._property(), object)

    def _class(self) -> str:
        return self.random.choice(self.classes)

    def _property(self) -> str:
        return self.random.choice(self.properties)

    def _entity(self) -> str:
        return self.random.choice(self.entities)

    def _literal(self) -> str:
        return self.random.choice(self.literals)

    def _node(self) -> str:
        self.nodes += 1
        return f"_:g{self.number}n{self.nodes}"

    def _list(self, members: Sequence[str]) -> tuple[str, list[Spo]]:
        nodes = [self._node() for _ in members]
        rests = [*nodes[1:], f"<{RDF}nil>"]
        cells = zip(nodes, members, rests, strict=True)
        triples = [t for n, m, r in cells for t in ((n, f"<{RDF}first>", m), (n, f"<{RDF}rest>", r))]
        return nodes[0], triples

    def _some(self, terms: Sequence[str], least: int = 1) -> list[str]:
        return self.random.sample(terms, self.random.randint(least, 3))

    # --- axioms

    def _between_classes(self) -> list[Spo]:
        relation = self.random.choice(
            [f"<{RDFS}subClassOf>", f"<{RDFS}subClassOf>", f"<{OWL}equivalentClass>", f"<{OWL}disjointWith>",
             f"<{OWL}complementOf>"]
        )  # fmt: skip
        one, other = self.random.sample(self.classes, 2)
        declared = [(one, f"<{RDF}type>", f"<{OWL}Class>")] if self.random.random() < 0.3 else []
        return [(one, relation, other), *declared]

    def _between_properties(self) -> list[Spo]:
        relation = self.random.choice(
            [f"<{RDFS}subPropertyOf>", f"<{RDFS}subPropertyOf>", f"<{OWL}equivalentProperty>", f"<{OWL}inverseOf>",
             f"<{OWL}propertyDisjointWith>"]
        )  # fmt: skip
        one, other = self.random.sample(self.properties, 2)
        kind = self.random.choice(["ObjectProperty", "DatatypeProperty"])
        declared = [(one, f"<{RDF}type>", f"<{OWL}{kind}>")] if self.random.random() < 0.3 else []
        return [(one, relation, other), *declared]

    def _characteristic(self) -> list[Spo]:
        return [(self._property(), f"<{RDF}type>", f"<{OWL}{self.random.choice(_CHARACTERISTICS)}Property>")]

    def _domain_or_range(self) -> list[Spo]:
        if self.random.random() < 0.2:
            return [(self._property(), f"<{RDFS}range>", self.random.choice(self.datatypes))]
        return [(self._property(), f"<{RDFS}{self.random.choice(['domain', 'range'])}>", self._class())]

    def _chain(self) -> list[Spo]:
        head, triples = self._list([self._property() for _ in range(self.random.randint(1, 3))])
        return [(self._property(), f"<{OWL}propertyChainAxiom>", head), *triples]

    def _over_classes(self) -> list[Spo]:
        head, triples = self._list(self._some(self.classes))
        return [(self._class(), f"<{OWL}{self.random.choice(['intersectionOf', 'unionOf'])}>", head), *triples]

    def _one_of(self) -> list[Spo]:
        head, triples = self._list(self._some(self.entities if self.random.random() < 0.8 else self.literals))
        return [(self._class(), f"<{OWL}oneOf>", head), *triples]

    def _restriction(self) -> list[Spo]:
        node, construct = self._node(), self.random.choice(_RESTRICTION)
        relation = self.random.choice([f"<{OWL}equivalentClass>", f"<{RDFS}subClassOf>"])
        sides = (self._class(), node) if self.random.random() < 0.7 else (node, self._class())
        some_class = self.random.choice([self._class(), OWL_THING])
        triples = [(sides[0], relation, sides[1]), (node, f"<{OWL}onProperty>", self._property())]
        if construct.startswith("max"):
            number = f'"{self.random.randint(0, 1)}"^^<{XSD}nonNegativeInteger>'
            qualified = [(node, f"<{OWL}onClass>", some_class)] if construct.endswith("dCardinality") else []
            return [*triples, (node, f"<{OWL}{construct}>", number), *qualified]
        value = self.random.choice([self._entity(), self._literal()]) if construct == "hasValue" else some_class
        return [*triples, (node, f"<{OWL}{construct}>", value)]

    def _same(self) -> list[Spo]:
        one, other = self.random.sample(self.random.choice([self.classes, self.properties, self.entities]), 2)
        return [(one, f"<{OWL}sameAs>", other)]

    def _same_as_literal(self) -> list[Spo]:
        return [(self._entity(), f"<{OWL}sameAs>", self._literal())]

    def _different(self) -> list[Spo]:
        if self.random.random() < 0.5:
            return [(self._entity(), f"<{OWL}differentFrom>", self._entity())]
        node = self._node()
        head, triples = self._list(self._some(self.entities, least=2))
        members = self.random.choice(["members", "distinctMembers"])
        return [(node, f"<{RDF}type>", f"<{OWL}AllDifferent>"), (node, f"<{OWL}{members}>", head), *triples]

    def _all_disjoint(self) -> list[Spo]:
        node, kind = self._node(), self.random.choice(["Classes", "Properties"])
        head, triples = self._list(self._some(self.classes if kind == "Classes" else self.properties, least=2))
        return [(node, f"<{RDF}type>", f"<{OWL}AllDisjoint{kind}>"), (node, f"<{OWL}members>", head), *triples]

    def _denied(self) -> list[Spo]:
        node = self._node()
        is_value = self.random.random() < 0.4
        target = ("targetValue", self._literal()) if is_value else ("targetIndividual", self._entity())
        return [
            (node, f"<{OWL}sourceIndividual>", self._entity()),
            (node, f"<{OWL}assertionProperty>", self._property()),
            (node, f"<{OWL}{target[0]}>", target[1]),
        ]
