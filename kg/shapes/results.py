"""Validation results, and the findings made of them: messages in words, with labels instead of IRIs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from kg.reports import Finding
from kg.shapes.model import Constraint, Shape
from kg.shapes.paths import AlternativePath, PredicatePath, PropertyPath, RepeatPath, SequencePath, to_sparql
from kg.shapes.plan import Check
from kg.terms import PREFIXES, SH, XSD, is_triple_term, to_curie, to_short, to_term
from kg.text.ellipsis import shortened
from kg.xsd import lexical_form, literal_parts

LANGUAGES = ("en", "")
"""The languages of messages, preferred first."""
_SEVERITIES = frozenset(f"<{SH}{name}>" for name in ("Violation", "Warning", "Info"))
_MAX_TEXT = 80
"""Characters of a text that are shown."""
_NAMED_VALUES = 5
_MAX_NESTING = 8
"""Shapes within shapes that a message looks into."""
_MAX_REQUIREMENTS = 3
"""What a shape without a name may require to be described by it."""
_NAMESPACES = tuple(f"<{namespace}" for namespace in PREFIXES.values())


class ValidationResult(NamedTuple):
    """One violation of one constraint, as exact terms; the empty text for what it does not have."""

    check: Check
    focus: str
    value: str = ""
    path: str = ""
    """The property of a closed shape's violation, in place of the shape's path."""
    other: str = ""
    """What the value was compared with."""
    values: tuple[str, ...] = ()
    """All value nodes, where the component is about their number."""
    times: int = 1
    """How often it is reported: once for each way to the focus node through property shapes."""


class _Names(dict[str, str]):
    """What each term is called; a term without a label gets its name when it is first needed."""

    def __missing__(self, text: str) -> str:
        self[text] = name = _unlabelled(text)
        return name


class TermRenderer:
    """Terms, paths and lists of terms in words, by the labels that are known and in the languages of the reader."""

    def __init__(
        self,
        labels: Mapping[str, str] | None = None,
        languages: Sequence[str] = LANGUAGES,
        shapes: Mapping[str, Shape] | None = None,
    ) -> None:
        self._labels = labels or {}
        self._shapes = shapes or {}
        self._languages = languages
        names = _Names({term: label for term, label in self._labels.items() if label})
        self.term: Callable[[str], str] = names.__getitem__
        """The label of a term, the lexical form of a literal, or a CURIE."""

    def path(self, path: PropertyPath | None) -> str:
        """A path in words."""
        match path:
            case None:
                return "value"
            case PredicatePath():
                name = self.predicate(path.predicate)
                return f"inverse {name}" if path.inverse else name
            case SequencePath():
                return " / ".join(self.path(part) for part in path.parts)
            case AlternativePath():
                return " or ".join(self.path(part) for part in path.parts)
            case RepeatPath(times="?"):
                return f"{self.path(path.part)} (at most one step)"
            case RepeatPath():
                return f"{self.path(path.part)} (repeated)"

    def predicate(self, iri: str) -> str:
        """The label of a property, or the words of its local name."""
        return self._labels.get(iri) or _spaced(local_name(iri))

    def property_of(self, shape: Shape) -> str:
        """The name of a property shape, or its path in words."""
        if shape.names and shape.path is not None:
            return lexical_form(self.preferred(shape.names))
        return self.path(shape.path)

    def preferred(self, texts: Sequence[str]) -> str:
        """The literal in the language that the reader prefers, or the first."""
        for wanted in self._languages:
            for text in texts:
                literal = literal_parts(text)
                if literal is not None and (
                    literal.language == wanted or (wanted and literal.language.startswith(wanted + "-"))
                ):
                    return text
        return texts[0] if texts else ""

    def enumeration(self, terms: Sequence[str]) -> str:
        """The first terms: `a, b, c`."""
        return ", ".join(map(self.term, terms[:_NAMED_VALUES]))

    def alternatives(self, terms: Sequence[str]) -> str:
        """The first terms: `a, b or c`."""
        if len(terms) > _NAMED_VALUES + 1:  # never "1 others"
            return f"{self.enumeration(terms)} or {len(terms) - _NAMED_VALUES} others"
        return _joined([self.term(term) for term in terms]) if terms else "nothing"

    def shape_alternatives(self, nodes: Sequence[str]) -> str:
        """What a value must be, or have, to conform to one of the shapes, if each is a single constraint."""
        constraints = [self._sole_constraint(node) for node in nodes]
        known = [found for found in constraints if found is not None]
        if len(known) < len(constraints):
            return ""
        components = {constraint.component.name: constraint.component for constraint, _ in known}
        are_values = len(components) == 1 and all(shape.path is None for _, shape in known)
        if are_values and (component := known[0][0].component).describes_alternatives:
            values = tuple(value for constraint, _ in known for value in constraint.values)
            return component.expected(Constraint(component, values), known[0][1], self)
        return " or ".join(dict.fromkeys(self._requirement(constraint, shape) for constraint, shape in known))

    def shape_requirements(self, node: str) -> str:
        """What a shape without a name requires, if all of it is about values: no shapes within it."""
        shape, found = self._shapes.get(node), list[str]()
        for constraint in shape.constraints if shape is not None and not shape.deactivated else ():
            inner = [self._shapes.get(child) for child in constraint.shapes]
            pairs = [(constraint, shape)]
            if constraint.component.name == "property":
                pairs = [(each, child) for child in inner if child is not None for each in child.constraints]
            if not pairs or any(each.shapes for each, _ in pairs):
                return ""
            found += [self._requirement(each, owner) for each, owner in pairs if owner is not None]
        return " and ".join(dict.fromkeys(found)) if len(found) <= _MAX_REQUIREMENTS else ""

    def _sole_constraint(self, node: str) -> tuple[Constraint, Shape] | None:
        """The only constraint of a shape; that of the property shape where it has only this."""
        for _ in range(_MAX_NESTING):
            shape = self._shapes.get(node)
            if shape is None or len(shape.constraints) != 1 or shape.deactivated:
                return None
            [constraint] = shape.constraints
            if constraint.component.name != "property" or shape.path is not None:
                return constraint, shape
            [node] = constraint.shapes
        return None

    def _requirement(self, constraint: Constraint, shape: Shape) -> str:
        expected, property = constraint.component.expected(constraint, shape, self), self.property_of(shape)
        return expected if shape.path is None or property in expected else f"{property}: {expected}"


class _FindingBuilder:
    """Makes the findings of one constraint of one shape; what they have in common is made once."""

    def __init__(self, shape: Shape, constraint: Constraint, names: TermRenderer) -> None:
        self._shape, self._constraint, self._names = shape, constraint, names
        component = constraint.component
        self._check, self._component, self._severity = f"shacl/{component.name}", component.iri, shape.level
        self._path = path_text(shape.path)
        self._expected = component.expected(constraint, shape, names)
        self._property = names.property_of(shape) if shape.path is not None else ""
        self._message = lexical_form(names.preferred(shape.messages))
        self._pattern = component.pattern(constraint) if component.pattern is not None else ""
        severity = () if shape.severity in _SEVERITIES else ((f"<{SH}resultSeverity>", shape.severity),)
        self._details = (*((f"<{SH}resultMessage>", each) for each in shape.messages), *severity)

    def finding(self, result: ValidationResult) -> Finding:
        names, found = self._names, self._found(result)
        focus = names.term(result.focus)
        return Finding(
            self._check,
            self._text(result, found),
            severity=self._severity,
            focus=result.focus,
            path=result.path or self._path,
            value=result.value,
            shape=self._shape.node,
            component=self._component,
            expected=self._expected,
            found=found,
            values=result.values,
            details=self._details,
            order=self._shape.order,
            pattern=self._pattern,
            about=f"{focus}, {self._property}" if focus and self._property else focus or self._property,
            remedy=self._remedy(result),
        )

    def _remedy(self, result: ValidationResult) -> str:
        """How to see why a value does not conform to a shape: each result of `sh:node` says only that it does not."""
        inner = self._constraint.shapes if self._constraint.component.name == "node" else ()
        names = (result.value, *inner)
        if self._shape.messages or len(names) != 2 or not all(name.startswith("<") for name in names):
            return ""
        return f"See why with --focus {result.value[1:-1]} --shape {inner[0][1:-1]}."

    def _found(self, result: ValidationResult) -> str:
        found = self._constraint.component.found
        if found is not None:
            return found(result, self._names)
        return self._names.term(result.value) if result.value else ""

    def _text(self, result: ValidationResult, found: str) -> str:
        if not self._shape.messages:
            return self._sentence(self._names.term(result.focus), found)
        return fill_message(self._message, self._placeholders(result)) if "{" in self._message else self._message

    def _sentence(self, focus: str, found: str) -> str:
        """The message of a shape that has none."""
        if self._constraint.component.verb == "have":
            return f"{focus} should have {self._expected}, but has {found}"
        subject = f"{focus}: {self._property} " if self._property else f"{focus} "
        return f"{subject}should be {self._expected}" + (f", but is {found}" if found else "")

    def _placeholders(self, result: ValidationResult) -> dict[str, str]:
        """What a message may name: https://www.w3.org/TR/shacl/#sparql-constraints-placeholders."""
        names, constraint = self._names, self._constraint
        property_ = names.property_of(self._shape)
        parts = {"this": names.term(result.focus), "PATH": property_, "path": property_}
        if result.value:
            parts["value"] = names.term(result.value)
        if constraint.values:
            parts[constraint.component.name] = names.alternatives(constraint.values)
        return parts


def to_findings(results: Iterable[ValidationResult], shapes: Sequence[Shape], names: TermRenderer) -> Iterator[Finding]:
    """The findings of the results of a plan with these shapes, each as often as it is reported."""
    builders: dict[int, _FindingBuilder] = {}
    for result in results:
        check = result.check
        builder = builders.get(check.number)
        if builder is None:
            builder = builders[check.number] = _FindingBuilder(shapes[check.shape], check.constraint, names)
        finding = builder.finding(result)
        # Each way to a node is a validation of its own: https://www.w3.org/TR/shacl/#PropertyConstraintComponent
        for _ in range(result.times):
            yield finding


def fill_message(message: str, parts: Mapping[str, str]) -> str:
    """A message of a shape with its placeholders filled in; an unknown placeholder stays as it is.

    >>> fill_message("{$this} has {?n} titles", {"this": "Anora", "n": "2"})
    'Anora has 2 titles'
    """
    return re.sub(r"\{[$?](\w+)\}", lambda match: parts.get(match[1], match[0]), message)


def path_text(path: PropertyPath | None) -> str:
    """The path of a finding: as SPARQL writes it, or empty."""
    return "" if path is None else to_sparql(path)


def local_name(iri: str) -> str:
    """The last part of an IRI in angle brackets."""
    return iri.strip("<>").rpartition("#")[2].rpartition("/")[2]


def _joined(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _unlabelled(text: str) -> str:
    if is_triple_term(text):
        return to_short(to_term(text))
    if text.startswith("<"):
        # Most IRIs of other people's data have none of our prefixes: one test instead of one for each prefix.
        return to_curie(text[1:-1]) if text.startswith(_NAMESPACES) else text
    literal = literal_parts(text)
    if literal is None:
        return "a blank node"
    plain = literal.datatype.startswith(XSD) and literal.datatype != XSD + "string"
    tag = f" ({literal.language})" if literal.language else ""
    return literal.lexical if plain else f"“{shortened(literal.lexical, _MAX_TEXT)}”{tag}"


def _spaced(name: str) -> str:
    """`castMember` as two words."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower() if not name.isupper() else name
