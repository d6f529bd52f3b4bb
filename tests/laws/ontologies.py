"""Small ontologies and facts about films, drawn at random: every construct of OWL 2 RL, names that meet."""

from __future__ import annotations

from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.terms import OWL, RDF, RDFS, XSD, Term

EX = "https://example.org/"
CLASSES = [NamedNode(EX + name) for name in ("Film", "Sequel", "Person", "Director", "Actor", "Award")]
PROPERTIES = [NamedNode(EX + name) for name in ("directed", "directedBy", "sequelOf", "knows", "won")]
ENTITIES = [NamedNode(EX + name) for name in ("alien", "aliens", "ridley", "james", "oscar")]
VALUES = [Literal("Alien"), Literal("Alien", language="en"), Literal("1979", datatype=NamedNode(XSD + "gYear"))]
CHARACTERISTICS = ("Symmetric", "Transitive", "Functional", "InverseFunctional", "Irreflexive", "Asymmetric")


def rdf(name: str) -> NamedNode:
    return NamedNode(RDF + name)


def rdfs(name: str) -> NamedNode:
    return NamedNode(RDFS + name)


def owl(name: str) -> NamedNode:
    return NamedNode(OWL + name)


A = rdf("type")
classes, properties, entities = st.sampled_from(CLASSES), st.sampled_from(PROPERTIES), st.sampled_from(ENTITIES)


def listed(head: str, members: list[NamedNode]) -> tuple[Term, list[Triple]]:
    """The first node of a list, and the triples of the list."""
    if not members:
        return rdf("nil"), []
    nodes = [BlankNode(f"{head}{i}") for i in range(len(members))]
    rests: list[Term] = [*nodes[1:], rdf("nil")]
    triples: list[Triple] = []
    for node, member, rest in zip(nodes, members, rests, strict=True):
        triples += [Triple(node, rdf("first"), member), Triple(node, rdf("rest"), rest)]
    return nodes[0], triples


@st.composite
def axioms(draw: st.DrawFn, number: int, *, equality: bool = True) -> list[Triple]:
    """One axiom, of any kind."""
    c, d, p, q, x, y = (draw(s) for s in (classes, classes, properties, properties, entities, entities))
    node = BlankNode(f"n{number}")
    some_classes = draw(st.lists(classes, min_size=1, max_size=3))
    some_properties = draw(st.lists(properties, min_size=1, max_size=3))
    some_entities = draw(st.lists(entities, min_size=1, max_size=3))
    restricted = Triple(node, owl("onProperty"), p)
    tied = draw(st.sampled_from([Triple(c, owl("equivalentClass"), node), Triple(c, rdfs("subClassOf"), node)]))
    class_list, class_triples = listed(f"c{number}x", some_classes)
    property_list, property_triples = listed(f"p{number}x", some_properties)
    thing_list, thing_triples = listed(f"t{number}x", some_entities)
    plain = [
        [Triple(c, rdfs("subClassOf"), d)],
        [Triple(c, owl("equivalentClass"), d)],
        [Triple(c, A, owl("Class"))],
        [Triple(p, A, owl("ObjectProperty"))],
        [Triple(p, A, owl("DatatypeProperty"))],
        [Triple(p, rdfs("subPropertyOf"), q)],
        [Triple(p, owl("equivalentProperty"), q)],
        [Triple(p, owl("inverseOf"), q)],
        [Triple(p, rdfs("domain"), c)],
        [Triple(p, rdfs("range"), c)],
        [Triple(p, owl("propertyChainAxiom"), property_list), *property_triples],
        [Triple(c, owl("intersectionOf"), class_list), *class_triples],
        [Triple(c, owl("unionOf"), class_list), *class_triples],
        [Triple(c, owl("oneOf"), thing_list), *thing_triples],
        [restricted, tied, Triple(node, owl("someValuesFrom"), draw(st.sampled_from([d, owl("Thing")])))],
        [restricted, tied, Triple(node, owl("allValuesFrom"), d)],
        [restricted, tied, Triple(node, owl("hasValue"), x)],
        [restricted, tied, Triple(node, owl("hasValue"), draw(st.sampled_from(VALUES)))],
    ]
    characteristic = draw(st.sampled_from(CHARACTERISTICS[: None if equality else 2]))
    plain.append([Triple(p, A, owl(f"{characteristic}Property"))])
    cardinality = Literal(draw(st.sampled_from("01")), datatype=NamedNode(XSD + "nonNegativeInteger"))
    if equality:
        plain += [
            [Triple(x, owl("sameAs"), y)],
            [Triple(x, owl("differentFrom"), y)],
            [Triple(c, owl("sameAs"), d)],
            [Triple(p, owl("sameAs"), q)],
            [restricted, tied, Triple(node, owl("maxCardinality"), cardinality)],
            [
                restricted,
                tied,
                Triple(node, owl("maxQualifiedCardinality"), cardinality),
                Triple(node, owl("onClass"), draw(st.sampled_from([d, owl("Thing")]))),
            ],
            [Triple(c, owl("disjointWith"), d)],
            [Triple(c, owl("complementOf"), d)],
            [Triple(p, owl("propertyDisjointWith"), q)],
            [Triple(c, owl("hasKey"), property_list), *property_triples],
        ]
    return draw(st.sampled_from(plain))


@st.composite
def ontologies(draw: st.DrawFn, *, equality: bool = True) -> list[Triple]:
    """Up to eight axioms."""
    count = draw(st.integers(1, 8))
    return [triple for number in range(count) for triple in draw(axioms(number, equality=equality))]


@st.composite
def facts(draw: st.DrawFn) -> list[Triple]:
    """Up to twelve facts: who is what, who has what, and a value here and there."""
    of_class = st.builds(Triple, entities, st.just(A), classes)
    between = st.builds(Triple, entities, properties, entities)
    with_value = st.builds(Triple, entities, properties, st.sampled_from(VALUES))
    return draw(st.lists(st.one_of(of_class, between, between, with_value), max_size=12))
