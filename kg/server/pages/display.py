"""How terms and facts are shown: the view models of the templates, and `Display`, which makes them from terms.

A value is shown as text with a link and the citations of its sources. Templates receive these view models only, and
escape every text in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import ClassVar

from pyoxigraph import Literal, NamedNode, Triple

from kg import vocabulary as vocab
from kg.decisions.conflicts import ContestedFact, DecisionKind, is_part_link
from kg.facts.model import Evidence, Fact
from kg.facts.texts import sentence_around
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.lookup.entity_description import PropertyValue
from kg.lookup.phrases import date_in_words, is_reworded, literal_in_words, name_in_words
from kg.lookup.source_conflicts import value_in_words
from kg.mappings.linked_datasets import LinkedDataset, read_datasets
from kg.parts import owner_of, path_of
from kg.server.pages.urls import external_url, inverse_of, is_inverse, page_url, why_url
from kg.terms import ALIAS, FILM, LABEL, NOTE, ONTOLOGY, SOURCE, TYPE, Term, to_short
from kg.text.ellipsis import shortened
from kg.xsd import is_numeric

_MAX_PASSAGE_LENGTH = 280
_MAX_CONTEXT_LENGTH = 160
"""How many characters of its sentence are shown before and after a passage."""
_INVERSE_LABEL = NamedNode(FILM + "inverseLabel")
_NOUNS = {TYPE: "type", LABEL: "name", ALIAS: "also called", NOTE: "note"}
"""What readers call the properties of other vocabularies."""
_CITED_AS = {vocab.eventSeries: "festival or awards", vocab.edition: "festival or ceremony", vocab.givenBy: "from"}
"""What properties are called before the passage that states their value."""
COLUMN = "urn:column:"
"""The namespace of an answer's columns, which are properties in a diagram of it."""
MAX_CITATIONS = 40
"""How many facts a value cites; of more, only the number is shown."""


@dataclass(frozen=True, slots=True)
class SourceCitation:
    """The source of a fact: where it is in the source, and its words; `property` where several are cited together."""

    source: str
    url: str
    location: str
    passage: str = ""
    before: str = ""
    """The words before the passage in its sentence."""
    after: str = ""
    note: str = ""
    property: str = ""


@dataclass(frozen=True, slots=True)
class DisplayValue:
    """A value as readers see it; `why_url` leads to its explanation when it is inferred.

    `label` names its property, where one cell has values of several.
    """

    text: str
    url: str = ""
    citations: tuple[SourceCitation, ...] = ()
    more_citations: int = 0
    why_url: str = ""
    term: Term | None = None
    label: str = ""
    is_contested: bool = False
    """True when sources state other values as well, and nothing is decided."""

    @property
    def is_external(self) -> bool:
        """True when its link leads to another site."""
        return bool(self.url) and self.url[0] not in "/#"

    @property
    def language(self) -> str:
        """The language of its text, where it is known."""
        return (self.term.language or "") if isinstance(self.term, Literal) else ""


class Display:
    """Makes display values from the terms and facts of one graph."""

    def __init__(self, graph: FilmGraph) -> None:
        self.graph, self.texts = graph, graph.texts()
        self.label = lru_cache(maxsize=4096)(self._label)

    def value(self, subject: NamedNode, value: PropertyValue) -> DisplayValue:
        """A value with its citations, or with a link to its explanation when no source states it."""
        shown = replace(self.term(value.value, value.facts), is_contested=value.is_contested)
        if isinstance(value.value, Literal):
            shown = replace(shown, text=_with_unit(value.property, shown.text), url=shown.url or self._page_at(value))
        if value.facts:
            return shown
        if is_inverse(value.property) and isinstance(value.value, NamedNode):
            return replace(shown, why_url=why_url(Triple(value.value, inverse_of(value.property), subject)))
        return replace(shown, why_url=why_url(Triple(subject, value.property, value.value)))

    def _page_at(self, value: PropertyValue) -> str:
        """The page of another site that an identifier is of; empty for other values."""
        addresses = (dataset.address(value.text) for dataset in self._datasets if dataset.property == value.property)
        return next((address.value for address in addresses if address is not None), "")

    @cached_property
    def _datasets(self) -> tuple[LinkedDataset, ...]:
        return read_datasets(quad.triple for quad in find_quads(self.graph.store, None, None, None, ONTOLOGY))

    def term(self, term: Term | Triple | None, facts: Sequence[Fact] = ()) -> DisplayValue:
        """A term with the citations of the facts that state it."""
        citations = self.citations(facts)
        more = max(0, len(facts) - MAX_CITATIONS)
        if isinstance(term, NamedNode):
            url = page_url(term) or external_url(term.value)
            return DisplayValue(self.label(term), url, citations, more, term=term)
        if isinstance(term, Literal):
            return DisplayValue(literal_in_words(term), external_url(term.value), citations, more, term=term)
        return DisplayValue("" if term is None else str(term), citations=citations)

    def citations(self, facts: Iterable[Fact], *, with_property: bool = False) -> tuple[SourceCitation, ...]:
        """The sources of facts, each place once."""
        cited: dict[tuple[object, object], Fact] = {}
        for fact in facts:
            if len(cited) == MAX_CITATIONS:
                break
            cited.setdefault((fact.evidence, fact.property if with_property else None), fact)
        return tuple(self._citation(fact, with_property=with_property) for fact in cited.values())

    def _citation(self, fact: Fact, *, with_property: bool) -> SourceCitation:
        evidence = fact.evidence
        source = NamedNode(SOURCE + evidence.source)
        before, passage, after = self._sentence(evidence)
        url, location = page_url(source), ""
        if evidence.has_span:
            url += f"?at={evidence.start}-{evidence.end}#passage"
            location = f"characters {evidence.start}–{evidence.end}"
        elif evidence.record:
            location = f"record {evidence.record}"
        notes = [f"as of {date_in_words(fact.as_of)}"] if fact.as_of else []
        notes += ["paraphrased"] if is_reworded(fact) else []
        notes += [f"retrieved on {date_in_words(evidence.retrieved)}"] if evidence.retrieved else []
        property = (_CITED_AS.get(fact.property) or self.label(fact.property)) if with_property else ""
        title = self.graph.names.label(source) or self._source_title(source) or evidence.source
        return SourceCitation(title, url, location, passage, before, after, ", ".join(notes), property)

    def _sentence(self, evidence: Evidence) -> tuple[str, str, str]:
        """The passage of a fact between the words before and after it in its sentence; empty without the text."""
        text = self.texts[evidence.source] or ""
        if evidence.start is None or evidence.end is None or evidence.end > len(text):
            return "", "", ""
        passage = " ".join(text[evidence.start : evidence.end].split())
        if len(passage) > _MAX_PASSAGE_LENGTH:
            return "", shortened(passage, _MAX_PASSAGE_LENGTH), ""
        start, end = sentence_around(text, evidence.start, evidence.end, _MAX_CONTEXT_LENGTH)
        return text[start : evidence.start].lstrip(), text[evidence.start : evidence.end], text[evidence.end : end]

    def side(self, facts: Sequence[Fact]) -> DisplayValue:
        """The value of facts that agree in a conflict; a part by its amount or date, not by its internal name."""
        value = self.term(facts[0].value, facts)
        if is_part_link(facts[0]):
            value = replace(value, text=value_in_words(facts[0], self.graph.names, self.graph.provenance), url="")
        return value

    def rejected(self, contested: ContestedFact) -> RejectedValue:
        """A contested fact's value, with the reason why it is not accepted as true."""
        fact = contested.fact
        value = self.side([fact])
        reason = f"{_REJECTIONS[contested.kind]}: {contested.reason}"
        return RejectedValue(value, reason, is_undecided=contested.is_undecided)

    def _label(self, term: NamedNode) -> str:
        """The label; of a source its title; of a part its owner's label and the path to it; else the CURIE."""
        if term in _NOUNS:
            return _NOUNS[term]
        if is_inverse(term):
            return self.inverse_label(inverse_of(term))
        if term.value.startswith(COLUMN):
            return term.value.removeprefix(COLUMN).replace("_", " ")
        if label := self.graph.names.label(term) or self._source_title(term):
            return label
        if (owner := owner_of(term.value)) and (label := self.graph.names.label(NamedNode(owner))):
            return " › ".join((label, *map(name_in_words, path_of(term.value))))
        return to_short(term)

    def _source_title(self, term: NamedNode) -> str:
        if not term.value.startswith(SOURCE):
            return ""
        source = self.texts.sources.get(term.value.removeprefix(SOURCE))
        return source.title if source is not None else ""

    def inverse_label(self, property: NamedNode) -> str:
        """What an entity is to those that refer to it: `filmed there`, `distributor of`, and `praised it`."""
        if property in _INVERSE_LABELS:
            return _INVERSE_LABELS[property]
        if label := self._stated_inverse_label(property):
            return label
        label = self.label(property)
        last = label.split()[-1] if label else ""
        return f"{label} it" if last in _BEFORE_IT or last.endswith("ed") else f"{label} of"

    def _stated_inverse_label(self, property: NamedNode) -> str:
        quads = find_quads(self.graph.store, property, _INVERSE_LABEL, None, ONTOLOGY)
        labels = [quad.object for quad in quads if isinstance(quad.object, Literal)]
        return next((label.value for label in labels if label.language == "en"), "")


def _with_unit(property: NamedNode, text: str) -> str:
    return f"{text} minutes" if property == vocab.runningTime and text.isdecimal() else text


_INVERSE_LABELS: Mapping[NamedNode, str] = {
    TYPE: "examples",
    vocab.about: "on this subject",
    vocab.affected: "affected by",
    vocab.after: "followed by",
    vocab.agent: "took part in",
    vocab.cause: "led to",
    vocab.countryOfOrigin: "from there",
    vocab.destination: "journeys there",
    vocab.edition: "related events",
    vocab.editionOf: "editions",
    vocab.eventSeries: "related events",
    vocab.excludes: "excluded from",
    vocab.follows: "followed by",
    vocab.fulfils: "fulfilled by",
    vocab.genre: "works of this genre",
    vocab.givenBy: "gives",
    vocab.inspiredBy: "inspired",
    vocab.involves: "involved in",
    vocab.kind: "examples",
    vocab.livesIn: "who lives there",
    vocab.locatedIn: "places there",
    vocab.location: "takes place there",
    vocab.originalLanguage: "works in this language",
    vocab.outlet: "published there",
    vocab.owner: "owns",
    vocab.participant: "present at",
    vocab.performer: "performs",
    vocab.scene: "scene in",
    vocab.seeAlso: "related pages",
    vocab.setIn: "set there",
    vocab.shootingLocation: "filmed there",
    vocab.worksFor: "who works there",
}
"""Property -> what an entity is to those that refer to it, in words for readers."""
_BEFORE_IT = frozenset((
    "about", "after", "before", "by", "distributes", "does", "excludes", "for", "from", "fulfils", "in",
    "involves", "of", "on", "plays", "refuses", "to", "with", "wrote",
))  # fmt: skip
"""The last words of labels that continue with the entity's name."""
_REJECTIONS: Mapping[DecisionKind, str] = {
    DecisionKind.CONFLICT: "less trusted",
    DecisionKind.UNDECIDED: "undecided",
    DecisionKind.DEPRECATED: "known to be wrong",
    DecisionKind.SUPERSEDED: "superseded",
    DecisionKind.COARSER: "less precise",
    DecisionKind.KEY: "a key",
}


@lru_cache(maxsize=4)
def display_of(graph: FilmGraph) -> Display:
    """The display of a graph; cached, because it caches labels."""
    return Display(graph)


def is_number(term: object) -> bool:
    """True for a numeric literal."""
    return isinstance(term, Literal) and is_numeric(term.datatype.value)


def numeric_value(term: object) -> float | None:
    """The value of a numeric literal; None for other terms and for numbers that are too large to draw."""
    try:
        number = float(term.value) if isinstance(term, Literal) and is_number(term) else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < 1e300 else None


# --- the blocks of a page: `template` is the macro in templates/blocks.html that shows a block


@dataclass(frozen=True, slots=True)
class Hyperlink:
    """A text with a link."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class PropertyLine:
    """A property with its values; `omitted` more are not shown here but at `all_url`."""

    label: str
    values: tuple[DisplayValue, ...]
    omitted: int = 0
    all_url: str = ""


@dataclass(frozen=True, slots=True)
class PropertyList:
    """Properties with their values, one below the other."""

    lines: tuple[PropertyLine, ...]
    caption: str = ""
    template: ClassVar[str] = "lines"


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of cells, each with any number of values, and the citations of the row."""

    cells: tuple[tuple[DisplayValue, ...], ...]
    citations: tuple[SourceCitation, ...] = ()


@dataclass(frozen=True, slots=True)
class DisplayTable:
    """Rows under named columns; `numeric` are the positions of columns of numbers, `more` links to further rows."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    numeric: frozenset[int] = frozenset()
    more: tuple[Hyperlink, ...] = ()
    is_folded: bool = False
    plain: frozenset[int] | None = None
    """The columns that need no heading on a small screen, where a row is a line of text; None for a list of cells."""
    url: str = ""
    """The page that the caption links to."""
    template: ClassVar[str] = "table"


@dataclass(frozen=True, slots=True)
class ListItem:
    """A line of several values, such as an award with its recipient, and the citations of the line."""

    values: tuple[DisplayValue, ...]
    citations: tuple[SourceCitation, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemList:
    """Lines under a caption."""

    caption: str
    items: tuple[ListItem, ...]
    is_folded: bool = False
    template: ClassVar[str] = "items"


@dataclass(frozen=True, slots=True)
class ListGroup:
    """Lists under a heading, such as the awards of one ceremony, with a summary and its citations."""

    heading: DisplayValue
    summary: str
    citations: tuple[SourceCitation, ...]
    lists: tuple[ItemList, ...]


@dataclass(frozen=True, slots=True)
class GroupedList:
    """Groups of lists, one below the other; `more` links to further lines."""

    groups: tuple[ListGroup, ...]
    more: tuple[Hyperlink, ...] = ()
    template: ClassVar[str] = "groups"


@dataclass(frozen=True, slots=True)
class ChartBar:
    """A bar of a chart; `length` is out of 100."""

    label: tuple[DisplayValue, ...]
    value: str
    length: float
    note: str = ""
    citations: tuple[SourceCitation, ...] = ()
    heading: str = ""
    """What this bar and those below it have in common, such as their day."""
    is_reference: bool = False
    """True for what the others are compared with, such as the budget."""


@dataclass(frozen=True, slots=True)
class BarChart:
    """A chart of horizontal bars on one scale."""

    caption: str
    bars: tuple[ChartBar, ...]
    template: ClassVar[str] = "bars"


@dataclass(frozen=True, slots=True)
class QuotedStatement:
    """A statement or review, or a record; `words` are those that the speaker used."""

    claim: DisplayValue
    speaker: tuple[DisplayValue, ...]
    occasion: tuple[DisplayValue, ...] = ()
    about: tuple[DisplayValue, ...] = ()
    words: tuple[str, ...] = ()
    date: str = ""
    citations: tuple[SourceCitation, ...] = ()
    is_verbatim: bool = False
    """True for the speaker's own words."""
    note: str = ""
    """What stands before the speaker's name, such as `summary`."""


@dataclass(frozen=True, slots=True)
class StatementList:
    """Statements, one below the other."""

    statements: tuple[QuotedStatement, ...]
    caption: str = ""
    shown: int = 2
    """How many are shown; more are folded."""
    template: ClassVar[str] = "statements"


@dataclass(frozen=True, slots=True)
class PassageList:
    """Sentences of sources, with the words in them that were read."""

    citations: tuple[SourceCitation, ...]
    template: ClassVar[str] = "passages"


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """A dated event; `sort_key` is the earliest day that its date can mean."""

    sort_key: str
    date: str
    title: str
    values: tuple[DisplayValue, ...] = ()
    citations: tuple[SourceCitation, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """Events, the earliest first."""

    events: tuple[TimelineEvent, ...]
    template: ClassVar[str] = "timeline"


@dataclass(frozen=True, slots=True)
class RejectedValue:
    """A value that is stated but not accepted as true, and why; or one that nothing is decided about."""

    value: DisplayValue
    reason: str
    is_undecided: bool = False


@dataclass(frozen=True, slots=True)
class DisplayConflict:
    """Values of one property that sources disagree on: those accepted, and those rejected with the reason."""

    subject: DisplayValue
    property: str
    accepted: tuple[DisplayValue, ...]
    rejected: tuple[RejectedValue, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ConflictList:
    """What sources disagree on."""

    conflicts: tuple[DisplayConflict, ...]
    template: ClassVar[str] = "conflicts"


@dataclass(frozen=True, slots=True)
class Diagram:
    """An SVG drawing made here; `description` replaces it on small screens, where it is not empty."""

    svg: str
    description: str = ""
    label: str = "Diagram"
    template: ClassVar[str] = "diagram"


Block = (
    PropertyList
    | DisplayTable
    | ItemList
    | GroupedList
    | BarChart
    | StatementList
    | PassageList
    | Timeline
    | ConflictList
    | Diagram
)


@dataclass(frozen=True)
class PageSection:
    """A section of a page: blocks under a title."""

    id: str
    title: str
    blocks: Sequence[Block] = ()
    is_folded: bool = False


def capitalised(text: str) -> str:
    """The text with a capital first letter.

    >>> capitalised("also known as")
    'Also known as'
    """
    return text[:1].upper() + text[1:]
