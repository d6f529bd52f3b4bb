"""What stands where on a page, as tables: which properties open it, which sections follow, which columns a part has.

What no table names is not lost: it is told at the end of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """A section: its id and title, the properties listed in it, and the classes of parts that are tables in it."""

    id: str
    title: str
    properties: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


OPENING: Mapping[str, tuple[str, ...]] = {
    "Film": (
        "director", "writer", "producer", "cinematographer", "editor", "composer", "leadingActor",
        "productionCompany", "distributor", "genre", "countryOfOrigin", "originalLanguage", "runningTime", "year",
        "theme", "previousFilm",
    ),
    "Person": (
        "occupation", "formerOccupation", "birthDate", "nationality", "comesFrom", "ethnicity", "spouse", "memberOf",
        "worksFor", "writesFor", "employer",
    ),
    "Organisation": ("countryOfOrigin", "location", "president", "member", "owner", "address"),
    "FictionalAgent": (
        "playedBy", "characterIn", "occupation", "age", "nationality", "ethnicity", "comesFrom", "trait",
    ),
    "Award": ("awardOf", "givenBy", "awardProgramme", "trait"),
    "EventSeries": ("location", "countryOfOrigin", "hasAward"),
    "Edition": ("editionOf", "number", "date", "year", "start", "end", "location", "host", "jury", "juryPresident"),
    "Place": ("locatedIn", "inCity", "inState", "address", "standsInFor"),
    "Work": ("author", "performer", "composer", "textOf", "outlet", "publisher", "publicationDate", "date", "year"),
    "Source": ("publisher", "date", "publicationDate", "language", "licence", "address", "file", "about", "archivedOn"),
    "PlotEvent": ("inPlotOf", "order", "doer", "affected", "onBehalfOf", "involves", "location", "cause", "manner"),
}  # fmt: skip
"""Class -> the properties in the card at the top; the first class that fits decides, so narrow ones stand first."""

SECTIONS: tuple[Plan, ...] = (
    Plan("story", "Story", ("protagonist", "setIn", "scene")),
    Plan("awards", "Awards", ("goal", "goalYears", "hasAward"), ("Listing", "Distinction", "Tally", "Recognition")),
    Plan("release", "Release by territory", ("availability",), ("Release", "Screening", "RightsDeal")),
    Plan("ratings", "Ratings", (), ()),
    Plan(
        "making",
        "Making",
        (
            "shootingLocation", "camera", "lens", "filmStock", "filmGauge", "frameFormat", "colourTool", "laboratory",
            "inspiredBy", "usesSong", "soundtrack", "preparation", "speakingParts",
        ),
        (
            "Shoot", "LocationSearch", "EquipmentUse", "Inspiration", "MusicUse", "CutMaterial", "CastCredit",
            "CrewCredit", "Credit",
        ),
    ),
)  # fmt: skip
"""The sections that are lists and tables only; `sections` draws the others between them."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "Win": ("award", "recipient", "forWork", "edition", "date", "presenter"),
    "Nomination": ("award", "nominee", "forWork", "edition", "date"),
    "Listing": ("listedBy", "position", "listSize", "year"),
    "Distinction": ("claim", "comparedWith"),
    "Tally": ("edition", "count"),
    "Release": ("date", "territory", "medium", "distributor", "extent"),
    "Screening": ("date", "edition", "festival", "slot", "location", "standingOvationMinutes"),
    "RightsDeal": ("date", "territory", "buyer", "seller", "excludes", "similarTo"),
    "BoxOfficeFigure": ("territory", "period", "amount", "theaters", "perTheaterAverage", "chartPosition", "asOf"),
    "Budget": ("amount", "asOf"),
    "Rating": ("aggregator", "score", "positivePercent", "reviewCount", "verdict", "method", "criticsFrom"),
    "CastCredit": ("agent", "character", "preparation", "seenIn", "auditioned", "hiredBy"),
    "CrewCredit": ("agent", "job", "usedFor", "hiredBy"),
    "Shoot": ("start", "end", "shootingDays", "location"),
    "LocationSearch": ("purpose", "searchArea", "searchedBy", "searchedWith"),
    "EquipmentUse": ("equipment", "usedFor", "lensType", "trait"),
    "Inspiration": ("description", "inspirationFrom", "decade", "start", "end", "setIn"),
    "MusicUse": ("song", "version", "arranger"),
    "CutMaterial": ("label", "description", "cutFrom", "scene", "stage", "reason", "decidedBy"),
}
"""Class of parts -> its columns in order; columns that no row fills are left out, further ones come behind."""

CAPTIONS: Mapping[str, str] = {
    "Win": "Wins", "Nomination": "Nominations", "Listing": "Best-of lists", "Distinction": "Firsts and records",
    "Tally": "How many, as counted", "Recognition": "Other honours", "Release": "Releases",
    "Screening": "At festivals", "RightsDeal": "Who bought the rights", "Shoot": "Shoot",
    "LocationSearch": "Looking for places", "EquipmentUse": "Equipment", "Inspiration": "Inspirations",
    "MusicUse": "Music", "CutMaterial": "Cut from the film", "CastCredit": "Cast credits",
    "CrewCredit": "Crew credits", "Credit": "Credits", "Statement": "Statements", "Review": "Reviews",
    "BoxOfficeFigure": "Box office", "Budget": "Budget", "Rating": "Ratings",
}  # fmt: skip

HEADINGS: Mapping[str, str] = {
    "agent": "Who", "listedBy": "List of", "edition": "Ceremony or edition", "comparedWith": "Beside",
    "perTheaterAverage": "Per theater", "standingOvationMinutes": "Minutes of applause", "seenIn": "Seen in",
    "hasCharacter": "Characters", "usesSong": "Songs", "hasText": "Texts", "hasAward": "Awards",
    "score": "Score", "label": "What", "recipient": "To", "nominee": "Whom", "forWork": "For", "claim": "What",
}  # fmt: skip
"""Column -> its heading, where the property's own label would be long or odd in a table."""

MERGED = frozenset(("currency", "scale", "approximate", "quoted", "reportedWrongly"))
"""What is told inside another cell."""

ROLES: Mapping[str, str] = {
    "directed": "director", "wrote": "writer", "produced": "producer", "edited": "editor", "actedIn": "cast",
    "authored": "author", "distributes": "distributor", "contributedTo": "contributor",
}  # fmt: skip
"""Property that leads from somebody to works -> the part that they had in them."""

CREW: Mapping[str, str] = {
    "director": "director", "writer": "writer", "producer": "producer", "cinematographer": "cinematographer",
    "editor": "editor", "composer": "composer", "consultant": "consultant", "performer": "performer",
    "author": "author", "crewMember": "",
}  # fmt: skip
"""Property that leads from a work to those who made it -> their part; empty where it says no more than that."""

CAST = ("leadingActor", "supportingActor", "castMember")
FOLLOWING_ONLY = frozenset(
    ("contributor", "contributedTo", "credit", "when", "participant", "relatedTo", "mentionedIn", "recipientOf",
     "nomineeOf", "subjectOfStatement", "shotWith", "earliest", "latest")
)  # fmt: skip
"""Wider properties: they repeat in general what a narrower one says, and stand with what follows from it."""
