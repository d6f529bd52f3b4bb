"""A store walks in; the card that a stranger needs to write SPARQL walks out: classes, properties and their uses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from kg.graph.store import find_quad, find_quads
from kg.lookup.entity_names import EntityNames
from kg.terms import FILM, KNOWLEDGE, NOTE, ONTOLOGY, PREFIXES, RDFS, TYPE, to_curie, to_short, to_term
from kg.text_table import columns_of

_HEAD = f"""PREFIX film: <{FILM}>   (kg sparql knows all prefixes: {", ".join(PREFIXES)})

The default graph is knowledge: what sources say and what follows from it. Beside it stand
  graph:provenance   who says what:  GRAPH graph:provenance {{ ?fact rdf:subject film:anora ; rdf:predicate ?property ;
                     rdf:object ?value ; ev:source ?source ; ev:passage ?where ; ev:start ?start ; ev:end ?end }}
  graph:contested    what is said, but not taken as knowledge; ev:status and ev:reason of the fact tell why
  graph:ontology     classes and properties
"""
_TAIL = "`kg schema Film` shows what is said of films; `kg schema WORD` the terms with that word.\n"
_SUBCLASS, _SUBPROPERTY = NamedNode(RDFS + "subClassOf"), NamedNode(RDFS + "subPropertyOf")
_DOMAIN, _RANGE = NamedNode(RDFS + "domain"), NamedNode(RDFS + "range")
_DOMAIN_INCLUDES = NamedNode("https://schema.org/domainIncludes")


@dataclass(frozen=True, slots=True)
class SchemaRow:
    """A class or property: how often it is used, what stands above it, on what it is used, what it leads to."""

    curie: str
    uses: int
    above: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()
    range: tuple[str, ...] = ()
    sentence: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A property of the things of one class: how many of them have it, an example, what it says."""

    curie: str
    things: int
    example: str
    sentence: str


@dataclass(frozen=True, slots=True)
class SchemaCard:
    """The classes and properties that the graph uses or its ontology names, each with its number of uses."""

    classes: Sequence[SchemaRow]
    properties: Sequence[SchemaRow]

    def matching(self, word: str) -> SchemaCard:
        """The rows that hold a word, in any case of letters."""
        return SchemaCard(*([row for row in rows if _holds(row, word)] for rows in (self.classes, self.properties)))

    def to_text(self, *, all_terms: bool = False) -> str:
        """Two tables; terms of the ontology without uses are left out unless `all_terms`."""
        classes = [row for row in self.classes if row.uses or all_terms]
        properties = [row for row in self.properties if row.uses or all_terms]
        if not classes and not properties:
            return "No class or property has this word; `kg schema` lists them all, --all also those without uses.\n"
        tables = (
            columns_of(
                ("class", "uses", "under", "what it is"),
                [[row.curie, str(row.uses), ", ".join(row.above), row.sentence] for row in classes],
                [False, True, False, False],
            ),
            columns_of(
                ("property", "uses", "of", "leads to", "what it says"),
                [
                    [row.curie, str(row.uses), ", ".join(row.domain), ", ".join(row.range) or row.example, row.sentence]
                    for row in properties
                ],
                [False, True, False, False, False],
            ),
        )
        return "\n".join((_HEAD, *tables, _TAIL))


def _holds(row: SchemaRow, word: str) -> bool:
    text = f"{row.curie} {row.sentence} {' '.join((*row.domain, *row.range))}"
    return re.search(rf"(?:\b|(?<=[a-z])(?=[A-Z])){re.escape(word)}", text, re.IGNORECASE) is not None


def read_schema_card(store: Store, names: EntityNames) -> SchemaCard:
    """The card of a store, most used first."""
    classes = _uses(store, "SELECT ?term (COUNT(*) AS ?uses) { ?thing a ?term } GROUP BY ?term")
    properties = _uses(store, "SELECT ?term (COUNT(*) AS ?uses) { ?thing ?term ?value } GROUP BY ?term")
    declared = "SELECT DISTINCT ?term (0 AS ?uses) { GRAPH <%s> { ?term a ?kind . FILTER(?kind IN (%s)) } }"
    kinds = "owl:ObjectProperty, owl:DatatypeProperty, owl:AnnotationProperty"
    classes = {**_uses(store, declared % (ONTOLOGY.value, "owl:Class")), **classes}
    properties = {**_uses(store, declared % (ONTOLOGY.value, kinds)), **properties}
    return SchemaCard(_rows(store, classes, _SUBCLASS), _rows(store, properties, _SUBPROPERTY))


def read_class_properties(store: Store, names: EntityNames, kind: NamedNode) -> list[ClassRow]:
    """What is said of the things of one class: each property, on how many of them, and an example; most used first."""
    query = """SELECT ?property (COUNT(DISTINCT ?thing) AS ?uses) (MIN(?thing) AS ?first) WHERE {
        VALUES ?kind { %s } ?thing a ?kind ; ?property ?value } GROUP BY ?property ORDER BY DESC(?uses) ?property"""
    rows = []
    for row in _solutions(store, query % kind):
        property, thing, uses = row["property"], row["first"], int(row["uses"].value)
        if isinstance(property, NamedNode) and isinstance(thing, NamedNode):
            values = sorted(str(quad.object) for quad in find_quads(store, thing, property, None, KNOWLEDGE))
            example = f"{_text(thing)} {_text(to_term(values[0]))}"
            rows.append(ClassRow(to_curie(property.value), uses, example, _sentence(store, property)))
    return rows


def write_class_card(kind: NamedNode, rows: Sequence[ClassRow], sentence: str) -> str:
    """A class and its properties as a table, with the first line of a query."""
    name = to_curie(kind.value)
    table = columns_of(
        ("property", "things", "example", "what it says"),
        [[row.curie, str(row.things), row.example, row.sentence] for row in rows],
        [False, True, False, False],
    )
    shown = next((row.curie for row in rows if row.curie.startswith("film:")), rows[0].curie)
    variable = name.rpartition(":")[2].lower()
    return f"{name}: {sentence}\n\n{table}\nSELECT * WHERE {{ ?{variable} a {name} ; {shown} ?value }}\n"


def _text(term: object) -> str:
    text = to_short(term)  # type: ignore[arg-type]
    return text if len(text) <= 40 else text[:39] + "…"


def _uses(store: Store, query: str) -> dict[NamedNode, int]:
    return {
        row["term"]: int(row["uses"].value) for row in _solutions(store, query) if isinstance(row["term"], NamedNode)
    }


def _solutions(store: Store, query: str) -> list[Any]:
    solutions = store.query(query, prefixes=PREFIXES)
    assert isinstance(solutions, QuerySolutions)
    return list(solutions)


def _rows(store: Store, uses: dict[NamedNode, int], above: NamedNode) -> list[SchemaRow]:
    rows = [
        SchemaRow(
            to_curie(term.value),
            count,
            _objects(store, term, above),
            _objects(store, term, _DOMAIN) or _objects(store, term, _DOMAIN_INCLUDES),
            _objects(store, term, _RANGE),
            _sentence(store, term),
            _example(store, term) if above == _SUBPROPERTY and count else "",
        )
        for term, count in uses.items()
    ]
    return sorted(rows, key=lambda row: (-row.uses, row.curie))


def _objects(store: Store, term: NamedNode, property: NamedNode) -> tuple[str, ...]:
    found = (quad.object for quad in find_quads(store, term, property, None, ONTOLOGY))
    return tuple(sorted(to_curie(one.value) for one in found if isinstance(one, NamedNode)))


def _sentence(store: Store, term: NamedNode) -> str:
    found = (quad.object for quad in find_quads(store, term, NOTE, None, ONTOLOGY))
    return next((one.value for one in found if isinstance(one, Literal)), "")


def _example(store: Store, term: NamedNode) -> str:
    """The kind of what a property leads to, read off its first use, where the ontology does not say."""
    example = find_quad(store, None, term, None)
    value = example.object if example is not None else None
    if isinstance(value, Literal):
        return to_curie(value.datatype.value)
    if isinstance(value, NamedNode):
        kinds = (quad.object for quad in find_quads(store, value, TYPE, None, None))
        return next(iter(sorted(to_curie(kind.value) for kind in kinds if isinstance(kind, NamedNode))), "")
    return ""
