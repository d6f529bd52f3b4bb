"""Terms and facts walk in; what a reader sees of them walks out: words, a place to go on to, and who says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg.facts.model import Fact
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.lookup.entity_description import PropertyValue
from kg.passages.texts import Texts
from kg.server.pages.urls import outside, page_of, why_of
from kg.terms import ALIAS, FILM, LABEL, NOTE, ONTOLOGY, RDFS, SOURCE, TYPE, XSD, Term, entity_iri, to_short

_SUBCLASS = NamedNode(RDFS + "subClassOf")
_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_DATE = re.compile(r"(?P<year>-?\d{4})-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12]\d|3[01]))?(?:T[\d:.]+.*|Z)?")
_DURATION = re.compile(r"PT(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?")
_WHOLE = re.compile(r"[+-]?\d{5,30}(?:\.\d+)?")
_NUMBERS = {XSD + name for name in ("integer", "decimal", "double", "float", "int", "long")}
_LONGEST_PASSAGE = 280
_NAMED = {TYPE: "kind", LABEL: "name", ALIAS: "also called", NOTE: "remark"}
"""What readers call the few properties that come from other vocabularies."""
COLUMN = "urn:column:"
"""How the names of an answer's columns begin, where they stand for properties in a drawing."""
MOST_CITED = 40
"""How many facts one mark names; a value that more say so of is told with their number."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Who says a fact, where, and in whose words; `about` names the property where a mark speaks of several."""

    source: str
    address: str
    where: str
    passage: str = ""
    note: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One value as a reader sees it; `therefore` is the address of its reasons when it follows from other facts.

    `label` names the property, where one cell tells several.
    """

    text: str
    address: str = ""
    is_outside: bool = False
    citations: tuple[Citation, ...] = ()
    more_citations: int = 0
    therefore: str = ""
    term: Term | None = None
    label: str = ""

    @property
    def language(self) -> str:
        """The language of its words, where that is told."""
        return (self.term.language or "") if isinstance(self.term, Literal) else ""

    @property
    def sources(self) -> int:
        """How many sources say so."""
        return len({one.source for one in self.citations})


class Teller:
    """Tells terms and facts of one graph."""

    def __init__(self, graph: FilmGraph, texts: Texts | None = None) -> None:
        self.graph, self.texts = graph, texts if texts is not None else graph.texts()
        self.label = lru_cache(maxsize=4096)(self._label)
        self._above = lru_cache(maxsize=1024)(self._find_above)

    def shown(self, said: PropertyValue, *, about: bool = False) -> Shown:
        """A value of a thing, with those who say it."""
        return self.term(said.value, said.facts, about=about)

    def term(self, term: Term | Triple | None, facts: Sequence[Fact] = (), *, about: bool = False) -> Shown:
        """A term by itself, or with the facts that say it."""
        cited = tuple(self.citations(facts, about=about))
        more = max(0, len(facts) - MOST_CITED)
        if isinstance(term, NamedNode):
            address = page_of(term)
            external = "" if address else outside(term.value)
            return Shown(self.label(term), address or external, bool(external), cited, more, term=term)
        if isinstance(term, Literal):
            address = outside(term.value)
            return Shown(in_words(term), address, bool(address), cited, more, term=term)
        return Shown("" if term is None else str(term), citations=cited)

    def therefore(self, subject: NamedNode, said: PropertyValue) -> Shown:
        """A value with those who say it, or the way to its reasons when nobody does."""
        shown = self.shown(said)
        if said.facts:
            return shown
        why = why_of(Triple(subject, said.property, said.value))
        return Shown(shown.text, shown.address, shown.is_outside, therefore=why, term=shown.term)

    def citations(self, facts: Iterable[Fact], *, about: bool = False) -> Iterable[Citation]:
        """Who says the facts, each spot once."""
        seen: set[tuple[object, object]] = set()
        for fact in facts:
            key = (fact.evidence, fact.property if about else None)
            if key not in seen and len(seen) < MOST_CITED:
                seen.add(key)
                yield self.citation(fact, about=about)

    def citation(self, fact: Fact, *, about: bool = False) -> Citation:
        """Who says a fact, where, and the words themselves where the text is at hand."""
        spot = fact.evidence
        source = self.texts.sources.get(spot.source)
        passage = " ".join((self.texts.passage(spot) or "").split())
        if len(passage) > _LONGEST_PASSAGE:
            passage = passage[: _LONGEST_PASSAGE - 1].rstrip() + "…"
        where = (
            f"characters {spot.start}–{spot.end}" if spot.has_span else f"record {spot.record}" if spot.record else ""
        )
        notes = [f"as of {to_day(fact.as_of)}"] if fact.as_of else []
        notes += ["in other words"] if fact.paraphrase else []
        notes += [f"read on {to_day(spot.retrieved)}"] if spot.retrieved else []
        title = self.graph.names.label(NamedNode(SOURCE + spot.source)) or (source.title if source is not None else "")
        address = page_of(NamedNode(SOURCE + spot.source))
        if spot.has_span:
            address += f"?at={spot.start}-{spot.end}#passage"
        about_text = self.label(fact.property) if about else ""
        return Citation(title or spot.source, address, where, passage, ", ".join(notes), about_text)

    def _label(self, term: NamedNode) -> str:
        """A thing's label; a part that has none by the way to it from its owner; else its CURIE."""
        if term in _NAMED:
            return _NAMED[term]
        if term.value.startswith(COLUMN):
            return term.value.removeprefix(COLUMN).replace("_", " ")
        if label := self.graph.names.label(term):
            return label
        source = self.texts.sources.get(term.value.removeprefix(SOURCE)) if term.value.startswith(SOURCE) else None
        if source is not None and source.title:
            return source.title
        owner, way = owner_of(term)
        if owner is not None and (label := self.graph.names.label(owner)):
            return " › ".join((label, *(to_spaced(piece) for piece in way.split(".", 1))))
        return to_short(term)

    def kinds(self, types: Iterable[Term]) -> list[NamedNode]:
        """The narrowest of some classes: those that stand above no other of them."""
        found = [one for one in types if isinstance(one, NamedNode)]
        wider = {above for one in found for above in self._above(one)}
        return sorted((one for one in found if one not in wider), key=lambda one: one.value)

    def all_kinds(self, kind: NamedNode) -> tuple[NamedNode, ...]:
        """A class and those above it, the nearest first."""
        return (kind, *self._above(kind))

    def _find_above(self, kind: NamedNode) -> tuple[NamedNode, ...]:
        found: dict[NamedNode, None] = {}
        waiting = [kind]
        while waiting:
            for quad in find_quads(self.graph.store, waiting.pop(0), _SUBCLASS, None, ONTOLOGY):
                if isinstance(quad.object, NamedNode) and quad.object not in found and quad.object != kind:
                    found[quad.object] = None
                    waiting.append(quad.object)
        return tuple(found)


def way_back(teller: Teller, property: NamedNode) -> str:
    """What a thing is to those that name it: `as distributor of`, but `inspired by it` and `praised it`."""
    label = teller.label(property)
    last = label.split()[-1] if label else ""
    return f"{label} it" if last in _BEFORE_IT or last.endswith("ed") else f"as {label} of"


_BEFORE_IT = frozenset(
    ("about", "by", "for", "from", "in", "of", "to", "with", "wrote", "plays", "distributes", "does")
)
"""The last words of labels that are read on: what follows is the thing."""


def owner_of(term: NamedNode | BlankNode) -> tuple[NamedNode | None, str]:
    """The thing that a part belongs to, and the way from it; no thing when it is none.

    >>> owner_of(entity_iri("anora.win.palme-dor"))
    (<NamedNode value=https://w3id.org/filmgraph/film/anora>, 'win.palme-dor')
    """
    if isinstance(term, BlankNode) or not term.value.startswith(FILM):
        return None, ""
    owner, dot, way = term.value.removeprefix(FILM).partition(".")
    return (entity_iri(owner), way) if dot and owner and way else (None, "")


def to_spaced(name: str) -> str:
    """`rightsDeal` or `palme-dor` as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("-", " ").replace("_", " ").lower()


def in_words(literal: Literal) -> str:
    """A literal as people write it: days, durations and large numbers in full."""
    text, kind = literal.value, literal.datatype.value.removeprefix(XSD)
    if kind in ("date", "gYearMonth", "dateTime"):
        return to_day(text)
    if kind == "boolean":
        return {"true": "yes", "1": "yes"}.get(text, "no")
    if kind == "duration" and (found := _DURATION.fullmatch(text)) is not None:
        minutes = 60 * int(found["hours"] or 0) + int(found["minutes"] or 0)
        return f"{minutes} minutes"
    if literal.datatype.value in _NUMBERS:
        return to_grouped(text)
    return to_day(text) if re.fullmatch(r"\d{3}X|\d{2}XX", text) else text


def to_grouped(text: str) -> str:
    """A number with its thousands apart: `36500000` is 36,500,000; four digits stay together.

    >>> to_grouped("36500000"), to_grouped("2024"), to_grouped("8.5")
    ('36,500,000', '2024', '8.5')
    """
    if _WHOLE.fullmatch(text) is None:
        return text
    whole, dot, rest = text.partition(".")
    return f"{int(whole):,}{dot}{rest}"


def to_day(text: str) -> str:
    """A date of any precision as people write it; what is none stays as it is.

    >>> to_day("2024-10-18"), to_day("2023-10"), to_day("197X"), to_day("2024")
    ('18 October 2024', 'October 2023', '1970s', '2024')
    """
    if re.fullmatch(r"\d{3}X", text):
        return f"{text[:3]}0s"
    found = _DATE.fullmatch(text)
    if found is None:
        return text
    month = _MONTHS[int(found["month"]) - 1]
    day = f"{int(found['day'])} " if found["day"] else ""
    return f"{day}{month} {found['year']}"


def is_number(term: object) -> bool:
    """True for a literal that is a number."""
    return isinstance(term, Literal) and term.datatype.value in _NUMBERS


def to_float(term: object) -> float | None:
    """A literal's number; None when it is none."""
    try:
        number = float(term.value) if isinstance(term, Literal) and is_number(term) else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < 1e300 else None
