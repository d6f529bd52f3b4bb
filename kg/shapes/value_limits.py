"""What the shapes require of a literal as a value of a property, and which properties an entity must have.

An importer leaves out a value that no shape allows, and a part that lacks a required value, with the row of the file
that they come from: in a fact table they would stop the build, at a line that no person wrote.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from pyoxigraph import Literal

from kg.reports import Severity
from kg.shapes.model import Shape, Shapes, Target, property_shapes
from kg.shapes.paths import PredicatePath
from kg.terms import to_term
from kg.text.regex import Regex, to_regex


@dataclass(frozen=True, slots=True)
class ValueLimits:
    """The pattern, the least and the greatest value that one shape allows, where it has them.

    They hold for entities of the classes with the IRIs `classes`, or of any class where there is none.
    """

    classes: frozenset[str] = frozenset()
    pattern: str = ""
    flags: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None

    @property
    def regex(self) -> Regex | None:
        """The pattern; None where there is none, or it is not valid."""
        try:
            return to_regex(self.pattern, self.flags) if self.pattern else None
        except ValueError:
            return None

    def allows(self, text: str) -> bool:
        """True when the shape allows the literal with this text."""
        if self.regex is not None and not self.regex.is_in(text):
            return False
        if self.minimum is None and self.maximum is None:
            return True
        try:
            number = Decimal(text)
        except InvalidOperation:
            return False
        return (self.minimum is None or number >= self.minimum) and (self.maximum is None or number <= self.maximum)

    def __str__(self) -> str:
        """What the shape requires, in words.

        >>> str(ValueLimits(minimum=Decimal(1), maximum=Decimal(6000)))
        '1 or more and 6000 or less'
        """
        parts = [f"{self.minimum:f} or more"] if self.minimum is not None else []
        parts += [f"{self.maximum:f} or less"] if self.maximum is not None else []
        parts += [f"like {self.pattern}"] if self.pattern else []
        return " and ".join(parts)


Limits = Mapping[str, tuple[ValueLimits, ...]]
"""IRI of a property -> what each shape requires of its values."""


def value_limits(shapes: Shapes) -> Limits:
    """What the shapes with targets require of the values of each property."""
    limits: dict[str, list[ValueLimits]] = defaultdict(list)
    for shape in shapes.targeted():
        classes = frozenset(target.term[1:-1] for target in shape.targets if target.kind == "class")
        for node in (shape.node, *property_shapes(shape)):
            path = shapes.shapes[node].path
            if isinstance(path, PredicatePath) and not path.inverse:
                of_all = Target("subjectsOf", path.predicate) in shape.targets
                if of_all or classes:
                    own = _limits_of(shapes.shapes[node], frozenset() if of_all else classes)
                    limits[path.predicate[1:-1]].append(own)
    return {iri: tuple(dict.fromkeys(found)) for iri, found in limits.items()}


def limits_for(limits: Limits, property: str, classes: Collection[str]) -> tuple[ValueLimits, ...]:
    """What is required of the values that entities of these classes, wider ones among them, have for a property."""
    found = (limit for limit in limits.get(property, ()) if not limit.classes or not limit.classes.isdisjoint(classes))
    return tuple(limit for limit in found if str(limit))


@dataclass(frozen=True, slots=True)
class RequiredProperty:
    """The IRI of a property that the members of classes, or the subjects of properties, must have."""

    property: str
    classes: frozenset[str]
    subjects_of: frozenset[str]

    def applies_to(self, classes: Collection[str], properties: Collection[str]) -> bool:
        """True for an entity of these classes, wider ones among them, with values of these properties."""
        return not self.classes.isdisjoint(classes) or not self.subjects_of.isdisjoint(properties)


def required_properties(shapes: Shapes) -> tuple[RequiredProperty, ...]:
    """The properties that the shapes with targets require at least one value of."""
    found = []
    for shape in shapes.targeted():
        classes, subjects_of = (
            frozenset(target.term[1:-1] for target in shape.targets if target.kind == kind)
            for kind in ("class", "subjectsOf")
        )
        for node in property_shapes(shape):
            own = shapes.shapes[node]
            counts = [constraint.count for constraint in own.constraints if constraint.component.name == "minCount"]
            if own.deactivated or own.level != Severity.VIOLATION or not any(counts):
                continue
            if isinstance(own.path, PredicatePath) and not own.path.inverse:
                found.append(RequiredProperty(own.path.predicate[1:-1], classes, subjects_of))
    return tuple(found)


def _limits_of(shape: Shape, classes: frozenset[str]) -> ValueLimits:
    values = {constraint.component.name: constraint for constraint in shape.constraints}
    if shape.deactivated or shape.level != Severity.VIOLATION:
        return ValueLimits(classes)
    pattern = values.get("pattern")
    return ValueLimits(
        classes,
        _text(pattern.value) if pattern is not None else "",
        _text(pattern.extra[0]) if pattern is not None and pattern.extra else "",
        *(_number(values[name].value) if name in values else None for name in ("minInclusive", "maxInclusive")),
    )


def _text(term: str) -> str:
    literal = to_term(term) if term else None
    return literal.value if isinstance(literal, Literal) else ""


def _number(term: str) -> Decimal | None:
    try:
        number = Decimal(_text(term))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
