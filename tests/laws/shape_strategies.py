"""Random shapes and random graphs about a few films, for the laws of validation."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.terms import RDF, RDFS, SH, XSD, Term

EX = "https://example.org/"
Node = NamedNode | BlankNode


def ex(name: str) -> NamedNode:
    return NamedNode(EX + name)


def sh(name: str) -> NamedNode:
    return NamedNode(SH + name)


def typed(text: str, name: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + name))


FILMS = [ex(name) for name in ("batman", "batmanReturns", "theDarkKnight", "nolan", "burton")] + [BlankNode("somebody")]
CLASSES = [ex(name) for name in ("Work", "Film", "FeatureFilm", "Person")]
PROPERTIES = [ex(name) for name in ("director", "sequelOf", "title", "year", "seenBy")]
NUMBERS = [typed("1989", "integer"), typed("01989", "integer"), typed("2.5", "decimal"), typed("-3", "integer")]
NUMBERS += [typed("2.50", "decimal"), typed("1e3", "double"), typed("1989", "int")]
DAYS = [typed("1989-06-23", "date"), typed("1992-06-19", "date"), typed("2008-07-18", "date")]
MOMENTS = [typed("1989-06-23T20:00:00", "dateTime"), typed("1992-06-19T20:00:00", "dateTime")]
MOMENTS += [typed("2008-07-18T20:00:00", "dateTime"), typed("1992-06-19T20:00:00.5", "dateTime")]
TEXTS = [Literal(text) for text in ("Batman", 'The "Dark" Knight', "tt0096895", "a\nb", "Z\u00fcrich", "\\d")]
LANGUAGE_TEXTS = [Literal("Batman", language=tag) for tag in ("en", "de", "en-gb")] + [
    Literal("Le Chevalier noir", language="fr")
]
TRUTHS = [typed("true", "boolean"), typed("false", "boolean")]
BROKEN = [typed("many", "integer"), typed("300", "byte"), typed("soon", "date"), typed("1989-02-30", "date")]
BROKEN += [typed("now", "dateTime"), typed("maybe", "boolean")]
FAMILIES: dict[str, list[Literal]] = {
    "numbers": NUMBERS,
    "days": DAYS,
    "moments": MOMENTS,
    "truths": TRUTHS,
    "broken": BROKEN,
}
"""Literals with an order among themselves. SPARQL has none between two families, nor for broken literals, where pyshacl
makes one up: so a graph and its shapes have literals of one family only."""
PATTERNS = ["^tt[0-9]{7,8}$", "at", "^B.*n$", r"\d{4}", "k|K", r"^[^\s]+$", r"(.)\1", "\\\\"]

LITERAL_PROPERTIES = PROPERTIES[2:4]
"""Only these are compared by order: pyshacl also orders IRIs and texts with a language, which SPARQL cannot compare."""
nodes = st.sampled_from(FILMS)
properties = st.sampled_from(PROPERTIES)
families = st.sampled_from(sorted(FAMILIES))


def terms(family: str) -> st.SearchStrategy[Term]:
    return st.sampled_from([*FILMS, *CLASSES, *TEXTS, *LANGUAGE_TEXTS, *FAMILIES[family]])


def _has_an_order(triple: Triple) -> bool:
    return isinstance(triple.object, Literal) and triple.object.language is None


@st.composite
def graphs(draw: st.DrawFn, family: str) -> list[Triple]:
    """A few films with properties, classes, and classes below classes."""
    triples = draw(st.lists(st.builds(Triple, nodes, properties, terms(family)), max_size=14))
    triples = [t for t in triples if t.predicate not in LITERAL_PROPERTIES or _has_an_order(t)]
    types = draw(
        st.lists(st.builds(Triple, nodes, st.just(NamedNode(RDF + "type")), st.sampled_from(CLASSES)), max_size=6)
    )
    below = st.builds(
        Triple, st.sampled_from(CLASSES), st.just(NamedNode(RDFS + "subClassOf")), st.sampled_from(CLASSES)
    )
    return list(dict.fromkeys([*triples, *types, *draw(st.lists(below, max_size=3))]))


class Writer:
    """Writes shapes as triples while they are drawn."""

    def __init__(self, draw: st.DrawFn, family: str) -> None:
        self.draw = draw
        self.terms = terms(family)
        self.values = constraint_values(family)
        self.targets = targets(family)
        self.triples: list[Triple] = []
        self._count = 0

    def fresh(self, name: str) -> NamedNode:
        self._count += 1
        return ex(f"{name}{self._count}")

    def add(self, node: Node, predicate: NamedNode, value: Term) -> None:
        self.triples.append(Triple(node, predicate, value))

    def listed(self, members: Sequence[Term]) -> Node:
        head: Node = NamedNode(RDF + "nil")
        for member in reversed(members):
            self._count += 1
            cell = BlankNode(f"l{self._count}")
            self.add(cell, NamedNode(RDF + "first"), member)
            self.add(cell, NamedNode(RDF + "rest"), head)
            head = cell
        return head

    def path(self, depth: int = 2) -> Node:
        kind = self.draw(
            st.sampled_from(["step"] * 4 + ["inverse", "sequence", "alternative", "star", "plus", "maybe"])
        )
        if kind == "step" or depth == 0:
            return self.draw(properties)
        self._count += 1
        node = BlankNode(f"p{self._count}")
        if kind == "sequence":
            return self.listed([self.path(depth - 1), self.path(depth - 1)])
        if kind == "alternative":
            self.add(node, sh("alternativePath"), self.listed([self.path(depth - 1), self.path(depth - 1)]))
        else:
            names = {
                "inverse": "inversePath",
                "star": "zeroOrMorePath",
                "plus": "oneOrMorePath",
                "maybe": "zeroOrOnePath",
            }
            self.add(node, sh(names[kind]), self.path(depth - 1))
        return node

    def shape(self, depth: int, *, targeted: bool = False, of_property: bool | None = None) -> NamedNode:
        draw = self.draw
        has_path = draw(st.booleans()) if of_property is None else of_property
        node = self.fresh("PropertyShape" if has_path else "NodeShape")
        self.add(node, NamedNode(RDF + "type"), sh("PropertyShape" if has_path else "NodeShape"))
        path = self.path() if has_path else None
        if path is not None:
            self.add(node, sh("path"), path)
        if targeted:
            for kind in draw(st.lists(st.sampled_from(sorted(self.targets)), min_size=1, max_size=2)):
                self.add(node, sh(kind), draw(self.targets[kind]))
        if draw(st.integers(0, 9)) == 0:
            self.add(node, sh("deactivated"), typed("true", "boolean"))
        if draw(st.integers(0, 3)) == 0:
            self.add(node, sh("severity"), sh(draw(st.sampled_from(["Info", "Warning", "Violation"]))))
        kinds = [kind for kind in self.values if has_path or kind not in ONLY_PROPERTIES] + LISTED + ["closed"]
        if path not in LITERAL_PROPERTIES:
            kinds = [kind for kind in kinds if not kind.startswith("less")]
        if depth > 0:
            kinds += LOGICAL * 2 + (["qualified"] if has_path else [])
        for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3, unique=True)):
            self.constraint(node, kind, depth)
        return node

    def constraint(self, node: NamedNode, kind: str, depth: int) -> None:
        draw = self.draw
        if kind in self.values:
            for value in draw(st.lists(self.values[kind], min_size=1, max_size=2 if kind in MANY else 1, unique=True)):
                self.add(node, sh(kind), value)
        elif kind in ("and", "or", "xone"):
            members = [self.shape(depth - 1) for _ in range(draw(st.integers(1, 3)))]
            self.add(node, sh(kind), self.listed(members))
        elif kind in ("not", "node"):
            # sh:node takes node shapes (https://www.w3.org/TR/shacl/#NodeConstraintComponent).
            self.add(node, sh(kind), self.shape(depth - 1, of_property=False if kind == "node" else None))
        elif kind == "property":
            self.add(node, sh(kind), self.shape(depth - 1, of_property=True))
        elif kind == "qualified":
            self.add(node, sh("qualifiedValueShape"), self.shape(depth - 1))
            self.add(node, sh("qualifiedMinCount"), typed(str(draw(st.integers(0, 2))), "integer"))
            if draw(st.booleans()):
                self.add(node, sh("qualifiedMaxCount"), typed(str(draw(st.integers(0, 2))), "integer"))
        elif kind == "in":
            self.add(node, sh("in"), self.listed(draw(st.lists(self.terms, max_size=3, unique=True))))
        elif kind == "languageIn":
            tags = draw(
                st.lists(st.sampled_from([Literal("en"), Literal("fr"), Literal("EN-GB")]), min_size=1, max_size=2)
            )
            self.add(node, sh("languageIn"), self.listed(tags))
        elif kind == "closed":
            self.add(node, sh("closed"), typed("true", "boolean"))
            self.add(node, sh("ignoredProperties"), self.listed(draw(st.lists(properties, max_size=2, unique=True))))


counts = st.integers(0, 3).map(lambda n: typed(str(n), "integer"))


def targets(family: str) -> dict[str, st.SearchStrategy[Term]]:
    named = [film for film in FILMS if isinstance(film, NamedNode)]
    return {
        "targetNode": st.sampled_from([*named, *TEXTS, *FAMILIES[family]]),
        "targetClass": st.sampled_from(CLASSES),
        "targetSubjectsOf": properties,
        "targetObjectsOf": properties,
    }


DATATYPES = [XSD + name for name in ("string", "integer", "decimal", "date", "dateTime", "boolean", "byte", "double")]


def constraint_values(family: str) -> dict[str, st.SearchStrategy[Term]]:
    """The constraints that take plain terms, with the terms that they take."""
    bounds = st.sampled_from(FAMILIES[family])
    kinds: dict[str, st.SearchStrategy[Term]] = {
        "class": st.sampled_from(CLASSES),
        "datatype": st.sampled_from([NamedNode(iri) for iri in (*DATATYPES, RDF + "langString")]),
        "nodeKind": st.sampled_from(
            [
                sh(kind)
                for kind in ("IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral")
            ]
        ),
        "minCount": counts,
        "maxCount": counts,
        "minExclusive": bounds,
        "minInclusive": bounds,
        "maxExclusive": bounds,
        "maxInclusive": bounds,
        "minLength": st.integers(1, 12).map(lambda n: typed(str(n), "integer")),
        "maxLength": st.integers(0, 12).map(lambda n: typed(str(n), "integer")),
        "pattern": st.sampled_from([Literal(pattern) for pattern in PATTERNS]),
        "uniqueLang": st.just(typed("true", "boolean")),
        "equals": properties,
        "disjoint": properties,
        "lessThan": st.sampled_from(LITERAL_PROPERTIES),
        "lessThanOrEquals": st.sampled_from(LITERAL_PROPERTIES),
        "hasValue": terms(family).filter(lambda term: not isinstance(term, BlankNode)),
    }
    return kinds if family != "broken" else {name: kinds[name] for name in kinds if name not in ORDERED}


ORDERED = frozenset(f"{end}{kind}" for end in ("min", "max") for kind in ("Inclusive", "Exclusive"))
ORDERED |= {"lessThan", "lessThanOrEquals"}
MANY = frozenset({"class", "equals", "disjoint", "hasValue"})
ONLY_PROPERTIES = frozenset({"minCount", "maxCount", "uniqueLang", "lessThan", "lessThanOrEquals"})
LOGICAL = ["and", "or", "xone", "not", "node", "property"]
LISTED = ["in", "languageIn"]


@st.composite
def shapes_graphs(draw: st.DrawFn, family: str) -> list[Triple]:
    """One to three targeted shapes, with the shapes that they refer to."""
    writer = Writer(draw, family)
    for _ in range(draw(st.integers(1, 3))):
        writer.shape(draw(st.integers(0, 2)), targeted=True)
    return list(dict.fromkeys(writer.triples))


@st.composite
def graphs_with_shapes(draw: st.DrawFn) -> tuple[list[Triple], list[Triple]]:
    """A graph, and shapes about the same films."""
    family = draw(families)
    return draw(graphs(family)), draw(shapes_graphs(family))
