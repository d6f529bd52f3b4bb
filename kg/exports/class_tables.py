"""Exact quads walk in; a CSV table for each class walks out, a row a thing and a column a property."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping

from pyoxigraph import Literal, NamedNode, Quad

from kg.terms import LABEL, TYPE, Term, to_curie, to_short


def to_tables(quads: Iterable[Quad]) -> dict[str, str]:
    """Class name -> CSV text; several values of one property stand in one cell, between ` | `."""
    said: dict[Term, dict[NamedNode, list[str]]] = defaultdict(lambda: defaultdict(list))
    classes: dict[NamedNode, list[Term]] = defaultdict(list)
    for quad in quads:
        subject, value = quad.subject, quad.object
        if not isinstance(subject, NamedNode) or not isinstance(value, NamedNode | Literal):
            continue
        if quad.predicate == TYPE and isinstance(value, NamedNode):
            classes[value].append(subject)
        said[subject][quad.predicate].append(to_short(value))
    named = {to_curie(kind.value).rpartition(":")[2].strip("<>"): things for kind, things in classes.items()}
    return {name: _table(sorted(set(things), key=str), said) for name, things in sorted(named.items())}


def _table(things: list[Term], said: Mapping[Term, Mapping[NamedNode, list[str]]]) -> str:
    used = {property for thing in things for property in said[thing]} - {TYPE, LABEL}
    columns = sorted(used, key=lambda one: one.value)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("id", "label", *(to_curie(column.value).removeprefix("film:") for column in columns)))
    for thing in things:
        row = said[thing]
        cells = (" | ".join(_safe(text) for text in row.get(column, ())) for column in (LABEL, *columns))
        writer.writerow((to_short(thing), *cells))
    return out.getvalue()


def _safe(text: str) -> str:
    """A spreadsheet takes a cell that begins so for a formula; a quote before it keeps it a text."""
    return (
        f"'{text}"
        if text.startswith(("=", "+", "@", "\t", "\r")) or (text[:1] == "-" and not text[1:2].isdigit())
        else text
    )
