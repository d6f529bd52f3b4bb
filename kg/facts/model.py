"""The nouns of this room: who speaks, where exactly, and what is said."""

from __future__ import annotations

import builtins
import hashlib
from dataclasses import dataclass
from enum import StrEnum

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.reports import Place
from kg.terms import FACT, SOURCE, Term, to_curie, to_text

NOWHERE = Place("")


class Rank(StrEnum):
    """How its own source's word is taken: Wikidata's three ranks."""

    PREFERRED = "preferred"
    NORMAL = "normal"
    DEPRECATED = "deprecated"


@dataclass(frozen=True, slots=True)
class Source:
    """Who speaks. `file` and `sha256` name the text that evidence points into, where there is a text."""

    id: str
    title: str = ""
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


@dataclass(frozen=True, slots=True)
class Evidence:
    """The exact spot: characters `start` to `end` (0-based, end not included) of the source's text, or a record's
    id.
    """

    source: str
    start: int | None = None
    end: int | None = None
    record: str = ""
    retrieved: str = ""

    @property
    def has_span(self) -> bool:
        """True when it points at characters of a text."""
        return self.start is not None and self.end is not None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that one source says; `place` is where in `data/` it was written down."""

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
        """What is said, without who says it."""
        return Triple(self.subject, self.property, self.value)

    @builtins.property
    def id(self) -> str:
        """A name made from the content: the same fact of the same source at the same spot has the same id
        everywhere.
        """
        spot = self.evidence
        parts = (
            to_text(self.subject),
            to_text(self.property),
            to_text(self.value),
            spot.source,
            str(spot.start),
            str(spot.end),
        )
        return hashlib.sha256("\x1f".join((*parts, spot.record, self.as_of)).encode()).hexdigest()[:16]

    @builtins.property
    def iri(self) -> NamedNode:
        """`fact:` and the id."""
        return NamedNode(FACT + self.id)


REQUIRED = ("subject", "property", "value")


COLUMNS = (
    *REQUIRED,
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


def to_row(fact: Fact) -> dict[str, object]:
    """A fact as a row of a fact table; `kg facts` prints these, one a line."""
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
    told = {
        "record": fact.evidence.record,
        "retrieved": fact.evidence.retrieved,
        "written": fact.written,
        "because": fact.because,
    }
    return row | {name: text for name, text in told.items() if text} | ({"paraphrase": True} if fact.paraphrase else {})


def _name(term: Term) -> str:
    return to_curie(term.value) if isinstance(term, NamedNode) else str(term)
