"""The nouns of SHACL: a shape, its targets, its constraints; and the table of constraint components.

https://www.w3.org/TR/shacl/#shapes. Nodes are kept as their exact N-Triples text, so that text equality is term
equality.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from pyoxigraph import Triple

from kg.reports import Place, Severity
from kg.shapes.paths import Path, Step
from kg.terms import SH, XSD


class Takes(Enum):
    """What the value of a parameter must be."""

    IRI = "an IRI"
    COUNT = "a non-negative xsd:integer"
    LITERAL = "a literal"
    STRING = "an xsd:string"
    BOOLEAN = "an xsd:boolean"
    NODE_KIND = "one of sh:BlankNode, sh:IRI, sh:Literal, sh:BlankNodeOrIRI, sh:BlankNodeOrLiteral, sh:IRIOrLiteral"
    ANY = "any term"
    TERMS = "a list of terms"
    IRIS = "a list of IRIs"
    STRINGS = "a list of xsd:string"
    SHAPE = "a shape"
    SHAPES = "a list of shapes"


_NODE_KINDS = {"BlankNode", "IRI", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral"}


def fits(term: str, takes: Takes) -> bool:
    """Whether the term, or one member of a list, is what the parameter takes."""
    match takes:
        case Takes.IRI | Takes.IRIS:
            return term.startswith("<")
        case Takes.COUNT:
            return re.fullmatch(rf'"\+?[0-9]+"\^\^<{XSD}integer>', term) is not None
        case Takes.LITERAL:
            return term.startswith('"')
        case Takes.STRING | Takes.STRINGS:
            return term.startswith('"') and term.endswith('"')
        case Takes.BOOLEAN:
            return term in {f'"{word}"^^<{XSD}boolean>' for word in ("true", "false", "1", "0")}
        case Takes.NODE_KIND:
            return term in {f"<{SH}{kind}>" for kind in _NODE_KINDS}
        case Takes.SHAPE | Takes.SHAPES:
            return not term.startswith('"')
        case _:
            return True


@dataclass(frozen=True, slots=True)
class Component:
    """A constraint component of https://www.w3.org/TR/shacl/#core-components, by its first parameter's name."""

    name: str
    takes: Takes
    once: bool = False
    """True where the specification allows one value for a shape."""
    property_only: bool = False
    """True where a node shape must not have it."""

    @property
    def iri(self) -> str:
        """`sh:MinCountConstraintComponent` for `minCount`, in N-Triples form."""
        special = {"qualifiedMinCount": "QualifiedMinCount", "property": "PropertyShape"}
        stem = special.get(self.name) or self.name[0].upper() + self.name[1:]
        return f"<{SH}{stem}{'Component' if self.name == 'property' else 'ConstraintComponent'}>"


def _table(*rows: Component) -> Mapping[str, Component]:
    return {row.name: row for row in rows}


COMPONENTS = _table(
    Component("class", Takes.IRI),
    Component("datatype", Takes.IRI, once=True),
    Component("nodeKind", Takes.NODE_KIND, once=True),
    Component("minCount", Takes.COUNT, once=True, property_only=True),
    Component("maxCount", Takes.COUNT, once=True, property_only=True),
    Component("minExclusive", Takes.LITERAL, once=True),
    Component("minInclusive", Takes.LITERAL, once=True),
    Component("maxExclusive", Takes.LITERAL, once=True),
    Component("maxInclusive", Takes.LITERAL, once=True),
    Component("minLength", Takes.COUNT, once=True),
    Component("maxLength", Takes.COUNT, once=True),
    Component("pattern", Takes.STRING, once=True),
    Component("languageIn", Takes.STRINGS, once=True),
    Component("uniqueLang", Takes.BOOLEAN, once=True, property_only=True),
    Component("equals", Takes.IRI),
    Component("disjoint", Takes.IRI),
    Component("lessThan", Takes.IRI, property_only=True),
    Component("lessThanOrEquals", Takes.IRI, property_only=True),
    Component("not", Takes.SHAPE),
    Component("and", Takes.SHAPES),
    Component("or", Takes.SHAPES),
    Component("xone", Takes.SHAPES),
    Component("node", Takes.SHAPE),
    Component("property", Takes.SHAPE),
    Component("qualifiedMinCount", Takes.COUNT, once=True),
    Component("qualifiedMaxCount", Takes.COUNT, once=True),
    Component("closed", Takes.BOOLEAN, once=True),
    Component("hasValue", Takes.ANY),
    Component("in", Takes.TERMS, once=True),
)
"""Every component of SHACL Core, in the order of the specification."""

COMPANIONS: Mapping[str, Takes] = {
    "flags": Takes.STRING,
    "qualifiedValueShape": Takes.SHAPE,
    "qualifiedValueShapesDisjoint": Takes.BOOLEAN,
    "ignoredProperties": Takes.IRIS,
}
"""Parameters that say more about the component of another parameter; each once at most."""


@dataclass(frozen=True, slots=True)
class Target:
    """Which nodes a shape looks at: `kind` is node, class, subjectsOf or objectsOf (https://www.w3.org/TR/shacl/#targets)."""

    kind: str
    term: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """One component with its parameter: terms in `values`, shapes in `shapes`, flags and known properties in `more`."""

    component: Component
    values: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """The number that a counting parameter asks for."""
        return int(self.values[0][1:].partition('"')[0])


@dataclass(frozen=True, slots=True)
class Shape:
    """A node shape (`path` is None) or a property shape."""

    node: str
    path: Path | None = None
    targets: tuple[Target, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    severity: str = f"<{SH}Violation>"
    messages: tuple[str, ...] = ()
    deactivated: bool = False
    names: tuple[str, ...] = ()
    order: tuple[float, str, float] = (0.0, "", 0.0)
    """The order of its group, the group, and its own order within it."""
    see_also: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    """The parameters that this compiler does not know: such a shape goes to the reference engine."""
    place: Place | None = None

    def children(self) -> Iterator[str]:
        """Every shape that this one leans on."""
        for constraint in self.constraints:
            yield from constraint.shapes
            yield from constraint.siblings

    @property
    def level(self) -> Severity:
        """The severity as reports count it; a severity of one's own counts as a violation."""
        known = {f"<{SH}Warning>": Severity.WARNING, f"<{SH}Info>": Severity.INFO}
        return known.get(self.severity, Severity.VIOLATION)


@dataclass(frozen=True, slots=True)
class Shapes:
    """A whole shapes graph: every shape by its node, and the triples that it was read from."""

    shapes: Mapping[str, Shape]
    triples: tuple[Triple, ...] = field(default=(), repr=False)
    files: tuple[str, ...] = ()

    def targeted(self) -> Iterator[Shape]:
        """The shapes where checking begins: not deactivated, with a target."""
        for shape in self.shapes.values():
            if shape.targets and not shape.deactivated:
                yield shape

    def foreign(self) -> frozenset[str]:
        """The targeted shapes that need the reference engine, themselves or by a shape that they lean on."""
        return frozenset(
            shape.node for shape in self.targeted() if any(self.shapes[node].foreign for node in self.reach(shape.node))
        )

    def reach(self, node: str) -> frozenset[str]:
        """The shape and every shape that it leans on, near and far; a deactivated one leads no further."""
        seen: set[str] = set()
        waiting = [node]
        while waiting:
            node = waiting.pop()
            if node not in seen and not self.shapes[node].deactivated:
                seen.add(node)
                waiting.extend(self.shapes[node].children())
        return frozenset(seen)


def single_valued(shapes: Shapes) -> Mapping[str, frozenset[str] | None]:
    """The properties of which a thing has one value at most: property IRI -> target classes, or None for every subject.

    The IRIs are plain, without angle brackets.
    """
    found: dict[str, frozenset[str] | None] = {}
    for shape in shapes.targeted():
        classes = {target.term[1:-1] for target in shape.targets if target.kind == "class"}
        for node in (shape.node, *_own_properties(shape)):
            bound = shapes.shapes[node]
            if (
                isinstance(bound.path, Step)
                and not bound.path.inverse
                and not bound.deactivated
                and _at_most_one(bound)
            ):
                known = found.get(iri := bound.path.predicate[1:-1], frozenset())
                everywhere = Target("subjectsOf", bound.path.predicate) in shape.targets
                found[iri] = None if known is None or everywhere else known | classes
    return {iri: classes for iri, classes in found.items() if classes is None or classes}


def _own_properties(shape: Shape) -> Iterator[str]:
    if shape.path is None:
        for constraint in shape.constraints:
            if constraint.component.name == "property":
                yield from constraint.shapes


def _at_most_one(shape: Shape) -> bool:
    return any(bound.component.name == "maxCount" and bound.count <= 1 for bound in shape.constraints)
