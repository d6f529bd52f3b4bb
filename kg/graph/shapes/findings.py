"""A broken constraint walks in; the finding that tells of it walks out."""

from __future__ import annotations

from kg.graph.shapes import wording
from kg.graph.shapes.literals import lexical
from kg.graph.shapes.shape import Constraint, Shape
from kg.reports import Finding
from kg.terms import SH

_SEVERITIES = frozenset(f"<{SH}{name}>" for name in ("Violation", "Warning", "Info"))


def to_finding(
    shape: Shape,
    constraint: Constraint,
    *,
    focus: str,
    value: str,
    path: str,
    other: str,
    values: tuple[str, ...],
    words: wording.Words,
) -> Finding:
    """One broken constraint in words; `other` is the second term of a pair, `values` are all that were counted."""
    wanted = words.once(("expected", constraint, shape.node), lambda: wording.expected(constraint, shape, words))
    was = wording.found(constraint, value, path, other, values, words)
    details: tuple[tuple[str, str], ...] = ()
    if shape.messages:
        said = words.once(("message", shape.node), lambda: lexical(words.chosen(shape.messages)))
        message = said
        if "{" in said:
            message = wording.filled(said, wording.placeholders(constraint, shape, focus, value, words))
        details = tuple((f"<{SH}resultMessage>", each) for each in shape.messages)
    else:
        message = wording.sentence(constraint, shape, focus, wanted, was, words)
    if shape.severity not in _SEVERITIES:
        details += ((f"<{SH}resultSeverity>", shape.severity),)
    return Finding(
        f"shacl/{constraint.component.name}",
        message,
        severity=shape.level,
        focus=focus,
        path=path or wording.path_text(shape.path),
        value=value,
        shape=shape.node,
        component=constraint.component.iri,
        expected=wanted,
        found=was,
        values=values,
        details=details,
        about=", ".join(filter(None, (words.term(focus), words.property_of(shape) if shape.path is not None else ""))),
    )
