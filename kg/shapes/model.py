"""The SHACL model: shapes, targets, constraints, and what a constraint component is (https://www.w3.org/TR/shacl/).

Terms are exact N-Triples texts, so that text equality is term equality.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Literal, Protocol

from pyoxigraph import Triple

from kg.reports import Finding, Place, Severity
from kg.shapes.paths import PredicatePath, PropertyPath
from kg.terms import SH, XSD
from kg.traversal import reachable

if TYPE_CHECKING:
    from kg.shapes.plan import Check
    from kg.shapes.results import TermRenderer, ValidationResult
    from kg.shapes.validation_tables import ValidationTables

_NODE_KINDS = {"BlankNode", "IRI", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral"}
TRUE = f'"true"^^<{XSD}boolean>'
_BOOLEANS = {f'"{word}"^^<{XSD}boolean>' for word in ("true", "false", "1", "0")}


# --- constraint components


class ComponentParameterType(Enum):
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

    @property
    def is_list(self) -> bool:
        """True when the value is an RDF list."""
        return self.value.startswith("a list")

    def accepts(self, term: str) -> bool:
        """True when the term, or one member of a list, is of this type."""
        match self:
            case ComponentParameterType.IRI | ComponentParameterType.IRIS:
                return term.startswith("<")
            case ComponentParameterType.COUNT:
                return re.fullmatch(rf'"\+?[0-9]+"\^\^<{XSD}integer>', term) is not None
            case ComponentParameterType.LITERAL:
                return term.startswith('"')
            case ComponentParameterType.STRING | ComponentParameterType.STRINGS:
                return term.startswith('"') and term.endswith('"')
            case ComponentParameterType.BOOLEAN:
                return term in _BOOLEANS
            case ComponentParameterType.NODE_KIND:
                return term in {f"<{SH}{kind}>" for kind in _NODE_KINDS}
            case ComponentParameterType.SHAPE | ComponentParameterType.SHAPES:
                return not term.startswith('"')
            case _:
                return True


class Parameters(Protocol):
    """The parameters of one shape, as a component that has several of them reads them."""

    has_path: bool

    def value(self, name: str) -> str:
        """The value of a parameter that a shape has once; the empty text when it is missing."""

    def is_true(self, name: str) -> bool:
        """True when the parameter is true."""

    def members(self, name: str) -> tuple[str, ...]:
        """The members of the list that is the parameter's value."""

    def property_predicates(self) -> tuple[str, ...]:
        """The paths of the shape's property shapes, of those that are one predicate."""

    def sibling_shapes(self) -> tuple[str, ...]:
        """The qualified value shapes of its siblings: https://www.w3.org/TR/shacl/#dfn-sibling-shapes."""


class FurtherTriples(Enum):
    """Which triples a constraint reads beside those that its path follows."""

    NOTHING = "nothing else"
    OTHER_PROPERTY = "the values that the focus node has for the property that is the parameter"
    TYPES = "the types of the value nodes"
    ALL_PROPERTIES = "every triple of the value nodes"


@dataclass(frozen=True, slots=True)
class Component:
    """A constraint component (https://www.w3.org/TR/shacl/#core-components), named as its first parameter."""

    name: str
    takes: ComponentParameterType
    _: KW_ONLY
    find: Callable[[Sequence[Check], ValidationTables], None] | None = None
    """Adds the violations of all constraints of all components with this function to the tables, in one go."""
    expected: Callable[[Constraint, Shape, TermRenderer], str]
    """What the constraint requires, in words."""
    found: Callable[[ValidationResult, TermRenderer], str] | None = None
    """What the data has instead, in words; by default the value."""
    verb: Literal["be", "have"] = "be"
    """`year should be 2024 or more`, or `Anora should have at most 1 year`."""
    other_parameters: Mapping[str, ComponentParameterType] = field(default_factory=dict, hash=False)
    read: Callable[[Component, Parameters, str], Constraint | None] | None = None
    """Makes the constraint of the first parameter's value; None when it constrains nothing. Raises `ValueError`."""
    once: bool = False
    """True where a shape may have one value of the parameter."""
    property_only: bool = False
    """True where a node shape must not have it."""
    reads: FurtherTriples = FurtherTriples.NOTHING
    pattern: Callable[[Constraint], str] | None = None
    """The regular expression that values must match, for findings."""
    lists_values: bool = False
    """True where a result lists all value nodes, since it is about their number."""
    describes_alternatives: bool = False
    """True where `expected` describes several values as alternatives: `a value of type xsd:date or xsd:gYear`."""
    requires_each: bool = False
    """True where a value that fails one of the shapes violates the constraint."""
    negates: bool = False
    """True where a value can violate the constraint because it conforms to one of the shapes."""
    is_monotone: bool = False
    """True where a violation remains whatever is added to the graph: a number too large, but not a missing one."""
    includes_results: bool = False
    """True where the results of the shapes that are the parameter are results of this shape: sh:property."""

    @property
    def iri(self) -> str:
        """`sh:MinCountConstraintComponent` for `minCount`, in N-Triples form."""
        return f"<{SH}{self.name[0].upper()}{self.name[1:]}ConstraintComponent>"

    @property
    def needs_shapes(self) -> bool:
        """True when the constraint depends on whether nodes conform to other shapes."""
        shapes = (ComponentParameterType.SHAPE, ComponentParameterType.SHAPES)
        return any(takes in shapes for takes in (self.takes, *self.other_parameters.values()))


@dataclass(frozen=True, slots=True)
class Constraint:
    """A component with the values of its parameters in one shape."""

    component: Component
    values: tuple[str, ...] = ()
    """Terms: the first parameter's value, or the members of its list."""
    shapes: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()
    """The shapes that a value of sh:qualifiedValueShape must not conform to."""
    extra: tuple[str, ...] = ()
    """Terms of the other parameters: the flags of a pattern, the properties that a closed shape allows."""

    @property
    def negated(self) -> tuple[str, ...]:
        """The shapes for which a value that conforms can violate the constraint."""
        return (*self.shapes, *self.siblings) if self.component.negates else self.siblings

    @property
    def value(self) -> str:
        """The value of the first parameter; the empty text when it is a list without members."""
        return self.values[0] if self.values else ""

    @property
    def count(self) -> int:
        """The number that is the value of the first parameter."""
        return int(self.values[0][1:].partition('"')[0])


# --- shapes


@dataclass(frozen=True, slots=True)
class Target:
    """Which nodes a shape validates: `kind` is node, class, subjectsOf or objectsOf (https://www.w3.org/TR/shacl/#targets)."""

    kind: str
    term: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A node shape (`path` is None) or a property shape."""

    node: str
    path: PropertyPath | None = None
    targets: tuple[Target, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    severity: str = f"<{SH}Violation>"
    messages: tuple[str, ...] = ()
    deactivated: bool = False
    names: tuple[str, ...] = ()
    order: tuple[float, str, float] = (0.0, "", 0.0)
    """The order of its group, the group, and its own order in the group."""
    see_also: tuple[str, ...] = ()
    not_compiled: tuple[str, ...] = ()
    """The parameters that are not of SHACL Core: pyshacl validates such a shape."""
    place: Place | None = None

    @property
    def has_target(self) -> bool:
        """True when the shape selects nodes to validate, by itself or by a target of the advanced features."""
        return bool(self.targets) or f"<{SH}target>" in self.not_compiled

    def references(self) -> Iterator[str]:
        """Every shape that a constraint of this shape refers to."""
        for constraint in self.constraints:
            yield from constraint.shapes
            yield from constraint.siblings

    @property
    def level(self) -> Severity:
        """The severity of findings; a severity that is not one of SHACL's counts as a violation."""
        known = {f"<{SH}Warning>": Severity.WARNING, f"<{SH}Info>": Severity.INFO}
        return known.get(self.severity, Severity.VIOLATION)


@dataclass(frozen=True, slots=True)
class Shapes:
    """A shapes graph: every shape by its node, and the triples that describe them."""

    shapes: Mapping[str, Shape]
    triples: tuple[Triple, ...] = field(default=(), repr=False)
    files: tuple[str, ...] = ()
    warnings: tuple[Finding, ...] = ()
    """What is stated about shapes and not evaluated."""

    def targeted(self) -> Iterator[Shape]:
        """The shapes that have targets and are not deactivated: validation begins with these."""
        for shape in self.shapes.values():
            if shape.has_target and not shape.deactivated:
                yield shape

    def not_compiled(self) -> frozenset[str]:
        """The targeted shapes that pyshacl must validate, because they or shapes they refer to are not compiled."""
        return frozenset(
            shape.node
            for shape in self.targeted()
            if any(self.shapes[node].not_compiled for node in self.reachable(shape.node))
        )

    def reachable(self, node: str) -> frozenset[str]:
        """The shape and every active shape that it refers to, directly or through others."""

        def active(nodes: Iterator[str]) -> Iterator[str]:
            return (node for node in nodes if not self.shapes[node].deactivated)

        return frozenset(reachable(active(iter((node,))), lambda node: active(self.shapes[node].references())))


def single_valued(shapes: Shapes) -> Mapping[str, frozenset[str] | None]:
    """The properties that an entity has at most one value of: property IRI -> target classes, or None for all subjects.

    The IRIs are plain, without angle brackets.
    """
    domains: dict[str, frozenset[str] | None] = {}
    for shape in shapes.targeted():
        classes = {target.term[1:-1] for target in shape.targets if target.kind == "class"}
        for node in (shape.node, *property_shapes(shape)):
            bound = shapes.shapes[node]
            if isinstance(bound.path, PredicatePath) and not bound.path.inverse and _is_at_most_one(bound):
                iri = bound.path.predicate[1:-1]
                known = domains.get(iri, frozenset())
                of_all_subjects = Target("subjectsOf", bound.path.predicate) in shape.targets
                domains[iri] = None if known is None or of_all_subjects else known | classes
    return {iri: classes for iri, classes in domains.items() if classes is None or classes}


def property_shapes(shape: Shape) -> Iterator[str]:
    """The shapes whose results are results of a node shape: those of its properties."""
    if shape.path is None:
        for constraint in shape.constraints:
            if constraint.component.includes_results:
                yield from constraint.shapes


def _is_at_most_one(shape: Shape) -> bool:
    counts = [c.count for c in shape.constraints if c.component.name == "maxCount"]
    return not shape.deactivated and any(count <= 1 for count in counts)
