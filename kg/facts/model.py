"""Facts, their evidence and their sources; and a fact as a row of a fact table."""

from __future__ import annotations

import builtins
import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.reports import Finding, Place, Severity
from kg.terms import ALIAS, FACT, FILM, LABEL, SOURCE, Term, to_curie, to_text
from kg.text.folding import to_slug

NOWHERE = Place("")
_KEY = re.compile(r"[^\s_]*\d[^\s_]*")


class Rank(StrEnum):
    """How far a statement is believed: Wikidata's three ranks, and one for what the editors doubt but do not reject."""

    PREFERRED = "preferred"
    NORMAL = "normal"
    DOUBTED = "doubted"
    DEPRECATED = "deprecated"


@dataclass(frozen=True, slots=True)
class Source:
    """A document, dataset or person that states facts.

    `file` and `sha256` identify the text that evidence points into, where there is a text.
    """

    id: str
    title: str = ""
    author: str = ""
    publisher: str = ""
    date: str = ""
    language: str = ""
    address: str = ""
    licence: str = ""
    file: str = ""
    sha256: str = ""
    place: Place = NOWHERE

    @property
    def iri(self) -> NamedNode:
        """`source:` and the id."""
        return NamedNode(SOURCE + self.id)


class UnreadValue(NamedTuple):
    """An entity of which a value could not be read; without a property, it may have been a value of any."""

    subject: NamedNode
    property: NamedNode | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a source states a fact: a span of its text, or a record.

    The span is characters `start` to `end` of the text, 0-based, end not included; `record` is the id of a record,
    `retrieved` the day on which it was read.
    """

    source: str
    start: int | None = None
    end: int | None = None
    record: str = ""
    retrieved: str = ""

    @property
    def has_span(self) -> bool:
        """True when it points into a text."""
        return self.start is not None and self.end is not None


@dataclass(frozen=True, slots=True)
class SharedPassage:
    """A passage that a block or part gives to all of its values: the place of its `at`, and where the block ends.

    `begin` and `end` are lines and columns of the file.
    """

    evidence: Evidence
    place: Place
    begin: tuple[int, int]
    end: tuple[int, int]

    def is_around(self, place: Place) -> bool:
        """True for the place of a value inside the block."""
        return place.file == self.place.file and self.begin <= (place.line, place.column) < self.end


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement of one source.

    `written` is the value as the source writes it, where that differs; `because` the reason for the rank; a
    `paraphrase` is worded differently in the passage. `place` is its position in `data/`.
    """

    subject: NamedNode | BlankNode
    property: NamedNode
    value: Term
    evidence: Evidence
    written: str = ""
    as_of: str = ""
    rank: Rank = Rank.NORMAL
    because: str = ""
    paraphrase: bool = False
    place: Place = NOWHERE

    @builtins.property
    def triple(self) -> Triple:
        """The statement without its source."""
        return Triple(self.subject, self.property, self.value)

    @builtins.property
    def id(self) -> str:
        """A digest of the content: equal statements of one source with equal evidence have equal ids everywhere."""
        terms = (to_text(self.subject), to_text(self.property), to_text(self.value))
        evidence = self.evidence
        parts = (*terms, evidence.source, str(evidence.start), str(evidence.end), evidence.record, self.as_of)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]

    @builtins.property
    def iri(self) -> NamedNode:
        """`fact:` and the id."""
        return NamedNode(FACT + self.id)


def is_key(fact: Fact) -> bool:
    """True for a name that an import made of a key or an identifier, since its dataset has none: `tt0048356`."""
    is_made = fact.paraphrase and bool(fact.evidence.record) and fact.property in (LABEL, ALIAS)
    return is_made and isinstance(fact.value, Literal) and _KEY.fullmatch(fact.value.value) is not None


def is_plain(fact: Fact) -> bool:
    """True for a fact that has nothing but its value, its source and its record, in other words or not."""
    evidence = fact.evidence
    further = (fact.written, fact.as_of, fact.because)
    return bool(evidence.record) and not evidence.has_span and not any(further) and fact.rank == "normal"


def finding_about(
    fact: Fact, check: str, message: str, severity: Severity, *, remedy: str, expected: str = "", found: str = ""
) -> Finding:
    """A finding about one fact, at its place in the file."""
    return Finding(
        check,
        message,
        severity,
        places=(fact.place,),
        focus=str(fact.subject),
        path=str(fact.property),
        value=str(fact.value),
        expected=expected,
        found=found,
        remedy=remedy,
    )


def part_owner(entity: NamedNode | BlankNode) -> str:
    """The IRI that the IRIs of an entity's parts continue: its own, or one in our namespace for an entity of another.

    >>> part_owner(NamedNode("http://www.wikidata.org/entity/Q1"))
    'https://w3id.org/filmgraph/film/q1'
    """
    return entity.value if entity.value.startswith(FILM) else FILM + to_slug(entity.value.rpartition("/")[2])


REQUIRED_COLUMNS = ("subject", "property", "value")
FACT_COLUMNS = (
    *REQUIRED_COLUMNS,
    "datatype",
    "language",
    "source",
    "record",
    "start",
    "end",
    "as_of",
    "rank",
    "written",
    "because",
    "paraphrase",
    "retrieved",
)
"""The columns of a fact table."""


def to_row(fact: Fact) -> dict[str, object]:
    """A fact as a row of a fact table, by column; columns without content may be missing."""
    literal = fact.value if isinstance(fact.value, Literal) else None
    row: dict[str, object] = {
        "subject": _name(fact.subject),
        "property": to_curie(fact.property.value),
        "value": literal.value if literal is not None else _name(fact.value),
        "source": fact.evidence.source,
        "start": fact.evidence.start,
        "end": fact.evidence.end,
        "rank": fact.rank.value,
        "as_of": fact.as_of or None,
    }
    if literal is not None and literal.language is not None:
        row["language"] = literal.language
    elif literal is not None:
        row["datatype"] = to_curie(literal.datatype.value)
    optional = {
        "record": fact.evidence.record,
        "retrieved": fact.evidence.retrieved,
        "written": fact.written,
        "because": fact.because,
    }
    row |= {name: text for name, text in optional.items() if text}
    return row | {"paraphrase": True} if fact.paraphrase else row


def _name(term: Term) -> str:
    return to_curie(term.value) if isinstance(term, NamedNode) else str(term)
