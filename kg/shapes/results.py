"""A broken constraint walks in; the finding that tells of it walks out."""

from __future__ import annotations

from collections.abc import Mapping

from kg.reports import Finding
from kg.shapes import messages
from kg.shapes.model import Constraint, Shape
from kg.shapes.violation import Hit
from kg.terms import SH
from kg.xsd import lexical_form

_SEVERITIES = frozenset(f"<{SH}{name}>" for name in ("Violation", "Warning", "Info"))


class Teller:
    """Tells where one constraint of one shape is broken; what all its findings have in common is worded once."""

    def __init__(self, shape: Shape, constraint: Constraint, words: messages.Words) -> None:
        self._shape, self._constraint, self._words = shape, constraint, words
        self._check, self._component = f"shacl/{constraint.component.name}", constraint.component.iri
        self._severity, self._path = shape.level, messages.path_text(shape.path)
        self._wanted = messages.expected(constraint, shape, words)
        self._property = words.property_of(shape) if shape.path is not None else ""
        self._said = lexical_form(words.chosen(shape.messages))
        own = () if shape.severity in _SEVERITIES else ((f"<{SH}resultSeverity>", shape.severity),)
        self._details = (*((f"<{SH}resultMessage>", each) for each in shape.messages), *own)

    def finding(self, hit: Hit, texts: Mapping[int | None, str]) -> Finding:
        """One broken constraint in words; the texts are those of all terms that the hit names."""
        focus, value, path = texts[hit.focus], texts[hit.value], texts[hit.path]
        values = tuple(sorted([texts[term] for term in hit.values]))
        was = messages.found(self._constraint, value, path, texts[hit.other], values, self._words)
        about = self._words.term(focus)
        return Finding(
            self._check,
            self._message(focus, value, was),
            severity=self._severity,
            focus=focus,
            path=path or self._path,
            value=value,
            shape=self._shape.node,
            component=self._component,
            expected=self._wanted,
            found=was,
            values=values,
            details=self._details,
            order=self._shape.order,
            about=f"{about}, {self._property}" if about and self._property else about or self._property,
        )

    def _message(self, focus: str, value: str, was: str) -> str:
        if not self._shape.messages:
            return messages.sentence(self._constraint, self._property, focus, self._wanted, was, self._words)
        if "{" not in self._said:
            return self._said
        parts = messages.placeholders(self._constraint, self._shape, focus, value, self._words)
        return messages.filled(self._said, parts)
