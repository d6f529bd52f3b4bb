"""Our values as values of Wikidata's data model: dates with a precision and a calendar, quantities with a unit.

https://www.mediawiki.org/wiki/Wikibase/DataModel
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode, Store

from kg import vocabulary as film
from kg.facts.julian import JULIAN_MARK, gregorian_to_julian, julian_to_gregorian
from kg.graph.store import find_quads
from kg.lookup.entity_names import EntityNames
from kg.mappings.wikidata import Datatype, ExportMapping, WikidataProperty
from kg.terms import KNOWLEDGE, Term

GREGORIAN, JULIAN = "Q1985727", "Q1985786"
NO_UNIT = "1"
"""The unit of a bare number."""
NO_LANGUAGE = "mul"
"""The code of a name that is the same in every language, as a label without a language is."""
UNKNOWN_LANGUAGE = "und"
"""The code of a text whose language is unknown."""
ITEM_ID = re.compile(r"Q[1-9][0-9]*")
_DATE = re.compile(r"(\d{3}[\dX])(?:-(\d\d))?(?:-(\d\d))?")
_TIME = re.compile(r"\+(\d{4})-(\d\d)-(\d\d)T")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


class WikidataValue(NamedTuple):
    """A value in Wikidata's data model.

    `text` is the id of an item, a string, an amount with its sign, or a time like `+2024-10-18T00:00:00Z`. `detail` is
    a unit, a language or a calendar. The text of an unknown value distinguishes it from other unknown values.
    """

    datatype: Datatype
    text: str
    detail: str = ""
    precision: int = 0
    is_known: bool = True

    @property
    def key(self) -> str:
        """All fields as one text, from which ids are made."""
        return "\x1f".join((self.datatype, self.text, self.detail, str(self.precision), str(self.is_known)))


class ItemIds:
    """The ids in Wikidata that a graph states for its entities."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __len__(self) -> int:
        """The number of entities that have an id."""
        return len(self._numbers)

    def sorted_items(self) -> list[tuple[str, NamedNode]]:
        """Each id with its entity, in the order of the numbers; of two entities with one id the first by IRI."""
        entities: dict[int, NamedNode] = {}
        for entity, number in self._numbers.items():
            entities[number] = min(entities.get(number, entity), entity, key=str)
        return [(f"Q{number}", entities[number]) for number in sorted(entities)]

    def qid(self, entity: Term) -> str:
        """The id of an entity; empty when it has none, and the lowest when it has several."""
        number = self._numbers.get(entity) if isinstance(entity, NamedNode) else None
        return "" if number is None else f"Q{number}"

    @cached_property
    def _numbers(self) -> Mapping[NamedNode, int]:
        """Each entity with an id -> the number of the id; they are read at once, since most are asked for."""
        lowest: dict[NamedNode, int] = {}
        for quad in find_quads(self._store, None, film.wikidataId, None, KNOWLEDGE):
            entity, id = quad.subject, quad.object
            if isinstance(entity, NamedNode) and isinstance(id, Literal) and ITEM_ID.fullmatch(id.value):
                number = int(id.value[1:])
                lowest[entity] = min(lowest.get(entity, number), number)
        return lowest


@dataclass(frozen=True)
class ValueConverter:
    """Converts our values to those that a property of Wikidata takes."""

    items: ItemIds
    names: EntityNames
    mapping: ExportMapping

    def convert(
        self,
        property: WikidataProperty,
        value: Term,
        *,
        part_values: Mapping[NamedNode, Sequence[Term]],
        written: str = "",
    ) -> WikidataValue | None:
        """The value for a property; None when the property cannot state it.

        `part_values` are the other values of the part that has this one, such as the currency of an amount. An entity
        without an id in Wikidata becomes an unknown value.
        """
        if isinstance(value, NamedNode):
            return self._convert_entity(property, value)
        if not isinstance(value, Literal):
            return None
        match property.meaning.parse_as:
            case "name":
                qid = self.mapping.media.get(value.value)
                return (
                    WikidataValue(Datatype.ITEM, qid) if qid is not None else unknown_value(Datatype.ITEM, value.value)
                )
            case "money":
                unit = self.mapping.currencies.get(_first_literal(part_values, film.currency))
                return to_quantity(value.value, unit) if unit is not None else None
            case "minutes":
                return to_quantity(value.value, self.mapping.minute)
            case "score":
                score = written or _score_text(value.value, _first_literal(part_values, film.scale))
                return WikidataValue(Datatype.STRING, score)
            case _:
                return convert_literal(property.datatype, value, written=written)

    def _convert_entity(self, property: WikidataProperty, entity: NamedNode) -> WikidataValue | None:
        if property.datatype is Datatype.ITEM:
            qid = self.items.qid(entity)
            return WikidataValue(Datatype.ITEM, qid) if qid else unknown_value(Datatype.ITEM, entity.value)
        label = self.names.label(entity)
        return WikidataValue(property.datatype, label) if label and property.datatype is Datatype.STRING else None


def unknown_value(datatype: Datatype, text: str) -> WikidataValue:
    """A value that exists and has no id in Wikidata: `somevalue`. Equal texts give equal values."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return WikidataValue(datatype, digest, is_known=False)


def convert_literal(
    datatype: Datatype, value: Literal, *, written: str = "", language: str = ""
) -> WikidataValue | None:
    """A literal as a value of a datatype; None when the datatype cannot hold it."""
    match datatype:
        case Datatype.TIME:
            return to_julian_time(value.value) if written.endswith(JULIAN_MARK) else to_time(value.value)
        case Datatype.QUANTITY:
            return to_quantity(value.value, NO_UNIT)
        case Datatype.TEXT:
            return WikidataValue(datatype, single_line(value.value), value.language or language or NO_LANGUAGE)
        case Datatype.ITEM:
            return None
        case _:
            return WikidataValue(datatype, single_line(value.value)) if single_line(value.value) else None


def to_time(written: str, calendar: str = GREGORIAN) -> WikidataValue | None:
    """A date with its precision (8 decade, 9 year, 10 month, 11 day); None when the text is not a date.

    >>> to_time("2024-10").text, to_time("2024-10").precision
    ('+2024-10-00T00:00:00Z', 10)
    """
    parts = _DATE.fullmatch(written)
    if parts is None:
        return None
    year, month, day = parts[1].replace("X", "0"), parts[2] or "00", parts[3] or "00"
    precision = 8 if written.endswith("X") else 9 + (parts[2] is not None) + (parts[3] is not None)
    return WikidataValue(Datatype.TIME, f"+{year}-{month}-{day}T00:00:00Z", calendar, precision)


def to_julian_time(written: str) -> WikidataValue | None:
    """A date that its source gives in the Julian calendar, with a day as that calendar has it."""
    try:
        return to_time(gregorian_to_julian(written) if len(written) == 10 else written, JULIAN)
    except ValueError:
        return to_time(written)


def to_quantity(amount: str, unit: str) -> WikidataValue | None:
    """A number with its sign, and its unit; None when the text is not a number."""
    if _NUMBER.fullmatch(amount) is None:
        return None
    return WikidataValue(Datatype.QUANTITY, amount if amount[0] in "+-" else f"+{amount}", unit)


def to_gregorian(value: WikidataValue) -> str:
    """A time as a day of the Gregorian calendar; a less precise date is its first day, without conversion."""
    parts = _TIME.match(value.text)
    assert parts is not None, value
    day = f"{parts[1]}-{int(parts[2]) or 1:02}-{int(parts[3]) or 1:02}"
    if value.detail == JULIAN and value.precision >= 11:
        day = julian_to_gregorian(day)
    return f"{day}T00:00:00Z"


def single_line(text: str) -> str:
    """A text without line breaks and repeated spaces, as Wikidata requires it."""
    return " ".join(text.split())


def _score_text(score: str, scale: str) -> str:
    return f"{score}/{scale}" if scale and scale != "100" else f"{score}%"


def _first_literal(part_values: Mapping[NamedNode, Sequence[Term]], property: NamedNode) -> str:
    values = sorted(value.value for value in part_values.get(property, ()) if isinstance(value, Literal))
    return values[0] if values else ""
