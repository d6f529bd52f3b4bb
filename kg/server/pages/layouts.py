"""What is shown where on an entity's page: tables of properties and classes, and the resulting assignment.

A property or part that no table names is shown in the section "More", so nothing that is known is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import NamedNode

from kg import vocabulary as vocab
from kg.server.pages.entity_data import EntityData, PartData
from kg.server.pages.urls import inverse_of, is_inverse
from kg.terms import LABEL

Properties = tuple[NamedNode, ...]


@dataclass(frozen=True, slots=True)
class SectionLayout:
    """A section of a page: its id, its title, and the properties and classes of parts that are shown in it.

    `listed` are shown as a list and `parts` as a table for each class; the section itself draws `own` properties.
    """

    id: str
    title: str
    listed: Properties = ()
    parts: Properties = ()
    own: Properties = ()
    is_folded: bool = False


CARD: Mapping[NamedNode, Properties] = {
    vocab.Film: (
        vocab.director, vocab.writer, vocab.producer, vocab.cinematographer, vocab.editor, vocab.composer,
        vocab.castMember, vocab.productionCompany, vocab.distributor, vocab.genre, vocab.countryOfOrigin,
        vocab.originalLanguage, vocab.year, vocab.runningTime, vocab.follows,
    ),
    vocab.Person: (
        vocab.occupation, vocab.birthDate, vocab.nationality, vocab.countryOfOrigin,
        vocab.spouse, vocab.memberOf, vocab.worksFor,
    ),
    vocab.Organisation: (
        vocab.countryOfOrigin, vocab.location, vocab.president, inverse_of(vocab.memberOf), vocab.owner, vocab.address,
    ),
    vocab.FictionalAgent: (
        vocab.playedBy, vocab.characterIn, vocab.occupation, vocab.age, vocab.nationality,
        vocab.countryOfOrigin, vocab.livesIn, vocab.spouse, vocab.worksFor, vocab.trait,
    ),
    vocab.Award: (vocab.awardOf, vocab.givenBy, vocab.trait),
    vocab.EventSeries: (vocab.location, vocab.countryOfOrigin, inverse_of(vocab.awardOf)),
    vocab.Edition: (
        vocab.editionOf, vocab.number, vocab.date, vocab.year, vocab.start, vocab.end, vocab.location,
        vocab.participant,
    ),
    vocab.Place: (vocab.locatedIn, vocab.address, vocab.shootingLocation),
    vocab.Work: (
        vocab.writer, vocab.performer, vocab.composer, vocab.textOf, vocab.outlet, vocab.publisher,
        vocab.date, vocab.year,
    ),
    vocab.Source: (
        vocab.about, vocab.publisher, vocab.date, vocab.language, vocab.address, vocab.licence,
    ),
    vocab.PlotEvent: (
        vocab.inPlotOf, vocab.agent, vocab.affected, vocab.participant, vocab.involves, vocab.location,
        vocab.cause, vocab.description,
    ),
}  # fmt: skip
"""Class -> the properties in the card at the top; the first class that fits decides, so narrow classes come first."""

STORY = SectionLayout(
    "story",
    "Story",
    (vocab.theme, vocab.protagonist, vocab.setIn, vocab.scene, inverse_of(vocab.characterIn)),
    own=(inverse_of(vocab.inPlotOf), vocab.position),
)
AWARDS = SectionLayout(
    "awards", "Awards", (inverse_of(vocab.awardOf),), (vocab.Recognition,),
    own=(vocab.recognition,),
)  # fmt: skip
RELEASE = SectionLayout(
    "release", "Release and distribution", (vocab.medium,), (vocab.Release, vocab.Screening, vocab.RightsDeal)
)
BOX_OFFICE = SectionLayout("box-office", "Box office and budget", parts=(vocab.Figure,))
RATINGS = SectionLayout("ratings", "Ratings", parts=(vocab.Rating,))
STATEMENTS = SectionLayout(
    "statements",
    "Statements and reviews",
    (vocab.praisedBy, inverse_of(vocab.praisedBy)),
    (vocab.Statement, vocab.Review),
)
MAKING = SectionLayout(
    "making", "Production",
    (
        vocab.shootingLocation, vocab.format, vocab.inspiredBy,
    ),
    (
        vocab.Shoot, vocab.ProductionNote, vocab.Credit,
    ),
    is_folded=True,
)  # fmt: skip

SECTIONS: tuple[SectionLayout, ...] = (
    SectionLayout("credits", "Cast and crew"),
    SectionLayout("films", "Films and other works"),
    SectionLayout("collaborators", "Worked with"),
    STORY,
    AWARDS,
    RELEASE,
    BOX_OFFICE,
    RATINGS,
    STATEMENTS,
    MAKING,
    SectionLayout("disagreements", "Sources disagree"),
    SectionLayout("timeline", "Timeline", is_folded=True),
    SectionLayout("neighbourhood", "Linked people, films and places", is_folded=True),
    SectionLayout("more", "More", is_folded=True),
    SectionLayout("named", "Related", is_folded=True),
    SectionLayout("follows", "What follows from these facts", is_folded=True),
)
"""The sections of a page, in their order; those without content are left out."""

ALWAYS_FOLDED = frozenset(("neighbourhood", "follows"))
"""The sections that stay folded on a page that has only folded ones."""

CAST = (vocab.castMember,)
BILLINGS = ("leading", "supporting")
"""The roles of actors that are columns of the cast table, in its order."""
CREW: Mapping[NamedNode, str] = {
    vocab.director: "director", vocab.writer: "writer", vocab.producer: "producer",
    vocab.cinematographer: "cinematographer", vocab.editor: "editor", vocab.composer: "composer",
    vocab.performer: "performer", vocab.contributor: "contributor",
}  # fmt: skip
"""Property that leads from a work to the people who made it -> their role."""
ROLES: Mapping[NamedNode, str] = {
    inverse_of(vocab.director): "director", inverse_of(vocab.writer): "writer", inverse_of(vocab.producer): "producer",
    inverse_of(vocab.editor): "editor", inverse_of(vocab.castMember): "cast",
    inverse_of(vocab.distributor): "distributor", inverse_of(vocab.contributor): "contributor",
}  # fmt: skip
"""Property that leads from a work to a person or organisation, read from there -> their role in the work."""
AGENTS = frozenset((vocab.Agent, vocab.Person, vocab.Organisation))

COLUMNS: Mapping[NamedNode, Properties] = {
    vocab.Release: (vocab.date, vocab.territory, vocab.medium, vocab.distributor, vocab.description),
    vocab.Screening: (
        vocab.date, vocab.kind, vocab.edition, vocab.eventSeries, vocab.description, vocab.location,
        vocab.ovationMinutes,
    ),
    vocab.RightsDeal: (vocab.date, vocab.territory, vocab.buyer, vocab.seller, vocab.excludes, vocab.comparedWith),
    vocab.boxOffice: (
        vocab.territory, vocab.period, vocab.amount, vocab.cinemas, vocab.averagePerCinema, vocab.position,
        vocab.asOf,
    ),
    vocab.budget: (vocab.amount, vocab.asOf),
    vocab.Rating: (
        vocab.givenBy, vocab.score, vocab.reviewCount, vocab.claim, vocab.description,
        vocab.territory,
    ),
    vocab.Credit: (
        vocab.agent, vocab.character, vocab.role, vocab.purpose, vocab.description, vocab.inspiredBy,
        vocab.givenBy,
    ),
    vocab.Shoot: (vocab.start, vocab.end, vocab.shootingDays, vocab.location),
    vocab.LocationSearch: (vocab.purpose, vocab.location, vocab.agent, vocab.equipment),
    vocab.EquipmentUse: (vocab.equipment, vocab.purpose, vocab.format, vocab.trait),
    vocab.Inspiration: (
        vocab.description, vocab.inspiredBy, vocab.date, vocab.start, vocab.end, vocab.setIn,
    ),
    vocab.MusicUse: (vocab.involves, vocab.description, vocab.agent),
    vocab.CutMaterial: (
        LABEL, vocab.description, vocab.involves, vocab.scene, vocab.period, vocab.reason, vocab.agent,
    ),
}  # fmt: skip
"""Layout of parts -> its columns in order; columns that no row fills are left out, others follow."""


@dataclass(frozen=True, slots=True)
class RecognitionTable:
    """A table of recognitions: its caption, its columns, and what one of them is called in the timeline."""

    caption: str
    columns: Properties
    title: str
    given_by: str = "Given by"
    """The heading for who gave it."""


WON, NOMINATED, LISTED, COUNTED, RECORD = "won", "nominated", "listed", "counted", "record"
RECOGNITIONS: Mapping[str, RecognitionTable] = {
    WON: RecognitionTable(
        "Won",
        (vocab.award, vocab.recipient, vocab.forWork, vocab.edition, vocab.date, vocab.givenBy),
        "award",
        given_by="Presented by",
    ),
    NOMINATED: RecognitionTable(
        "Nominated",
        (vocab.award, vocab.recipient, vocab.forWork, vocab.edition, vocab.outcome, vocab.date),
        "nomination",
    ),
    LISTED: RecognitionTable(
        "Best-of lists",
        (vocab.givenBy, vocab.position, vocab.scale, vocab.year),
        "list of the best",
        given_by="Published by",
    ),
    RECORD: RecognitionTable("Firsts and records", (vocab.claim, vocab.comparedWith), "record"),
    COUNTED: RecognitionTable(
        "Nominations and wins as reported", (vocab.outcome, vocab.count, vocab.edition), "nominations and wins"
    ),
    "competed": RecognitionTable(
        "In competition", (vocab.edition, vocab.eventSeries, vocab.forWork, vocab.date), "competition"
    ),
    "submitted": RecognitionTable(
        "Submitted", (vocab.award, vocab.edition, vocab.eventSeries, vocab.givenBy, vocab.date), "submission"
    ),
}  # fmt: skip
"""Kind of recognition -> its table, in the order of the page; a nomination that was won is in two tables."""


def recognition_kind(part: PartData) -> str:
    """The kind of a recognition by its outcomes, the first of `RECOGNITIONS`; empty for any other part."""
    if vocab.Recognition not in part.classes:
        return ""
    if part.values(vocab.count):
        return COUNTED
    outcomes = {NOMINATED if value.text == "lost" else value.text for value in part.values(vocab.outcome)}
    return next((kind for kind in RECOGNITIONS if kind in outcomes), "")


def is_nomination(part: PartData) -> bool:
    """True for a nomination, won or lost or undecided; false for a number of nominations."""
    outcomes = {value.text for value in part.values(vocab.outcome)}
    return bool(outcomes & {"nominated", "lost"}) and not part.values(vocab.count)


def columns_in_layout(part: PartData, kind: str) -> Properties:
    """The columns of a table of such parts; `kind` is the kind of recognition, if it is one."""
    return RECOGNITIONS[kind].columns if kind else COLUMNS.get(part.layout, ())


MERGED = frozenset((
    vocab.currency, vocab.scale, vocab.approximate, vocab.quoted, vocab.reportedWrongly, vocab.outcome,
))  # fmt: skip
"""The properties whose values are shown inside another cell, or decide in which table a part is."""
UNDATED = frozenset((vocab.Statement, vocab.Review, vocab.boxOffice, vocab.Inspiration, vocab.Rating))
"""The layouts of parts that are not events, so that they are not in the timeline although they have dates."""
FOLDED = frozenset((vocab.RightsDeal, vocab.Screening))
"""The layouts of parts whose tables are folded when they have several rows."""
SELF_EVIDENT = frozenset((
    vocab.date, vocab.territory, vocab.medium, vocab.kind, vocab.edition, vocab.eventSeries, vocab.location,
    vocab.description, vocab.award, vocab.recipient, vocab.outcome, vocab.year, vocab.start, vocab.agent,
    vocab.character, vocab.equipment, vocab.claim, vocab.count, LABEL,
))  # fmt: skip
"""The properties of parts whose values need no heading: on a small screen a row is a line of text."""
TIMELINE_WORDS: dict[NamedNode, str] = {
    vocab.award: "", vocab.edition: "at", vocab.eventSeries: "at", vocab.location: "in", vocab.recipient: "to",
    vocab.territory: "in", vocab.buyer: "to", vocab.seller: "from", vocab.distributor: "by",
    vocab.givenBy: "presented by", vocab.comparedWith: "as with",
}  # fmt: skip
"""Property of an event -> the word before its first value in the timeline, in the order of a sentence."""
STATED_FIRST = frozenset((vocab.genre, vocab.inspiredBy, vocab.shootingLocation))
"""Of these the inferred values are left out where there are stated ones: they are in the tables they follow from."""
WIDER = frozenset((
    vocab.contributor, inverse_of(vocab.contributor), vocab.credit, vocab.when, vocab.participant, vocab.relatedTo,
    vocab.earliest,
    vocab.latest,
))  # fmt: skip
"""Wider properties, which repeat what a narrower one states: they are always shown with the inferred facts."""

CAPTIONS: Mapping[NamedNode, str] = {
    vocab.Recognition: "Other honours",
    vocab.Release: "Releases",
    vocab.Screening: "Festival screenings",
    vocab.RightsDeal: "Distribution rights",
    vocab.Shoot: "Shoot",
    vocab.LocationSearch: "Location scouting",
    vocab.EquipmentUse: "Equipment",
    vocab.Inspiration: "Inspirations",
    vocab.MusicUse: "Music",
    vocab.CutMaterial: "Cut from the film",
    vocab.Credit: "Credits",
    vocab.Statement: "Statements",
    vocab.Review: "Reviews",
    vocab.boxOffice: "Box office",
    vocab.budget: "Budget",
    vocab.Rating: "Ratings",
}
"""Layout of parts -> the caption of its table, where the name of the class would not do."""

HEADINGS: Mapping[NamedNode, str] = {
    vocab.castMember: "Starring",
    vocab.agent: "Name",
    vocab.countryOfOrigin: "Country",
    vocab.originalLanguage: "Language",
    vocab.givenBy: "Given by",
    vocab.edition: "Festival",
    vocab.comparedWith: "As with",
    vocab.cinemas: "Cinemas",
    vocab.averagePerCinema: "Per-theatre average",
    vocab.medium: "Release type",
    vocab.follows: "Director's previous film",
    inverse_of(vocab.follows): "Director's next film",
    vocab.ovationMinutes: "Standing ovation",
    inverse_of(vocab.characterIn): "Characters",
    inverse_of(vocab.textOf): "Texts",
    vocab.awardOf: "Awarded at",
    inverse_of(vocab.awardOf): "Awards",
    inverse_of(vocab.memberOf): "Members",
    vocab.score: "Score",
    LABEL: "Name",
    vocab.recipient: "Recipient",
    vocab.outcome: "Outcome",
    vocab.count: "Number",
    vocab.eventSeries: "Festival or awards",
    vocab.forWork: "For",
    vocab.claim: "Record",
}
"""Property -> the heading of its column or line, where its label would be long or unnatural there."""

LINE_HEADINGS: Mapping[NamedNode, str] = {
    vocab.agent: "Who", vocab.affected: "To whom", vocab.involves: "With", vocab.participant: "Present",
    vocab.location: "Where", vocab.cause: "Because of", vocab.inPlotOf: "Film", vocab.characterIn: "Film",
    vocab.trait: "Described as",
}  # fmt: skip
"""Property -> the heading of its line in a card or list, where a column is headed otherwise."""

PLURAL_HEADINGS: Mapping[NamedNode, str] = {
    vocab.director: "Directors", vocab.writer: "Writers", vocab.producer: "Producers", vocab.editor: "Editors",
    vocab.cinematographer: "Cinematographers", vocab.composer: "Composers", vocab.distributor: "Distributors",
    vocab.productionCompany: "Production companies", vocab.genre: "Genres", vocab.countryOfOrigin: "Countries",
    vocab.originalLanguage: "Languages", vocab.theme: "Themes", vocab.scene: "Scenes", vocab.occupation: "Occupations",
    vocab.protagonist: "Protagonists", vocab.shootingLocation: "Locations",
}  # fmt: skip
"""Property -> the heading of a line with several values."""

INVERSES = frozenset(
    inverse_of(property)
    for properties in (
        *CARD.values(), *((*section.listed, *section.own) for section in SECTIONS), tuple(ROLES), tuple(HEADINGS)
    )
    for property in properties
    if is_inverse(property)
)  # fmt: skip
"""The properties that pages also read from their value to their subject."""


# --- the assignment of properties and parts to sections


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where the properties and parts of an entity are shown; those that are missing here are shown in "More"."""

    card: Properties
    properties: Mapping[NamedNode, str]
    """Property -> the id of the section that shows it; `card` for the card at the top."""
    parts: Mapping[NamedNode, str]
    """Part -> the id of the section that shows it."""


def assign(data: EntityData) -> Assignment:
    """Assign each property and part of an entity to the first section of its page that names it."""
    card = next((properties for name, properties in CARD.items() if name in data.classes), ())
    parts = {part.iri: section for part in data.parts if (section := _section_of_part(part, data))}
    return Assignment(card, assign_properties(data.classes, card), parts)


def assign_properties(classes: Collection[NamedNode], card: Properties) -> dict[NamedNode, str]:
    """Property -> the id of the section that shows it on the pages of entities of these classes."""
    assigned: dict[NamedNode, str] = {}
    for section, properties in _claims(classes, card):
        for property in properties:
            assigned.setdefault(property, section)
    return assigned


def _claims(classes: Collection[NamedNode], card: Properties) -> Iterator[tuple[str, Iterable[NamedNode]]]:
    """Yield sections with the properties that they show, in the order in which they are served."""
    yield "card", card
    if vocab.Film in classes:
        yield "credits", CAST
    if vocab.Work in classes:
        yield "credits", CREW
    if not AGENTS.isdisjoint(classes):
        yield "films", ROLES
    for section in SECTIONS:
        yield section.id, (*section.listed, *section.own)


def _section_of_part(part: PartData, data: EntityData) -> str:
    if is_credited(part, data):
        return "credits"
    return next((section.id for section in SECTIONS if not part.classes.isdisjoint(section.parts)), "")


def is_credited(part: PartData, data: EntityData) -> bool:
    """True for a credit of the page's own work that the cast or crew table shows completely."""
    if part.owner != data.entity:
        return False
    if part.narrowest_class != vocab.Credit:
        return False
    if vocab.castCredit in part.reached_by:
        details = [value for value in part.properties if value.property != vocab.role or value.text not in BILLINGS]
        return vocab.Film in data.classes and bool(data.of(*CAST)) and len(details) <= 2
    return vocab.Work in data.classes and all(value.property in (vocab.agent, vocab.role) for value in part.properties)
