"""One of our values walks in; the value that Wikidata's model has for it walks out, or None where it has none.

https://www.mediawiki.org/wiki/Wikibase/DataModel: dates have a precision and a calendar, quantities a unit.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pyoxigraph import Literal, NamedNode, Store

from kg import vocabulary as vocab
from kg.graph.store import find_quads
from kg.lookup.entity_names import EntityNames
from kg.mappings.to_wikidata import Datatype, ExportMapping, WikidataProperty
from kg.terms import KNOWLEDGE, Term

GREGORIAN, JULIAN = "Q1985727", "Q1985786"
ONE = "1"
"""The unit of a bare number."""
NO_LANGUAGE = "mul"
"""The code of a name that is the same in every language, as labels without a language are meant here."""
UNKNOWN_LANGUAGE = "und"
"""The code of a text that has a language, of which nothing is told."""
_ITEM = re.compile(r"Q[1-9][0-9]*")
_DATE = re.compile(r"(\d{3}[\dX])(?:-(\d\d))?(?:-(\d\d))?")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_CURRENCY, _SCALE = vocab.currency, vocab.scale


@dataclass(frozen=True, slots=True, order=True)
class Value:
    """A value in Wikidata's model.

    The text is an item's number, words, an amount with its sign, or a time like `+2024-10-18T00:00:00Z`; the detail a
    unit, a language or a calendar. What is not known has a text of its own, which tells it from others not known.
    """

    datatype: Datatype
    text: str
    detail: str = ""
    precision: int = 0
    is_known: bool = True

    @property
    def key(self) -> str:
        """All of it as one text, to make names of."""
        return "\x1f".join((self.datatype, self.text, self.detail, str(self.precision), str(self.is_known)))


class ItemIds:
    """The things of a graph that have a number in Wikidata."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.qid = lru_cache(maxsize=1 << 18)(self._qid)

    def sorted_items(self) -> list[tuple[str, NamedNode]]:
        """Number and thing, in the order of the numbers; of two things with one number the first."""
        found: dict[str, NamedNode] = {}
        for quad in find_quads(self.store, None, vocab.wikidataId, None, KNOWLEDGE):
            if isinstance(quad.subject, NamedNode) and (item := self.qid(quad.subject)):
                found[item] = min(found.get(item, quad.subject), quad.subject, key=str)
        return sorted(found.items(), key=lambda one: int(one[0][1:]))

    def _qid(self, thing: Term) -> str:
        """A thing's number; empty where it has none, the lowest where it has several."""
        if not isinstance(thing, NamedNode):
            return ""
        found = find_quads(self.store, thing, vocab.wikidataId, None, KNOWLEDGE)
        numbers = [quad.object.value for quad in found if isinstance(quad.object, Literal)]
        return min((one for one in numbers if _ITEM.fullmatch(one)), key=lambda one: int(one[1:]), default="")


@dataclass(frozen=True)
class ValueConverter:
    """Says our values as Wikidata has them."""

    items: ItemIds
    names: EntityNames
    sayings: ExportMapping

    def to_value(
        self, saying: WikidataProperty, value: Term, *, beside: Mapping[NamedNode, Sequence[Term]], written: str = ""
    ) -> Value | None:
        """The value; `beside` is what else stands in its node, such as the currency of an amount.

        A thing without a number is a value that is not known; None is what cannot be said at all.
        """
        if isinstance(value, NamedNode):
            return self._thing(saying, value)
        if not isinstance(value, Literal):
            return None
        match saying.meaning.parse_as:
            case "name":
                item = self.sayings.media.get(value.value)
                return Value(Datatype.ITEM, item) if item is not None else unknown(Datatype.ITEM, value.value)
            case "money":
                unit = self.sayings.currencies.get(_one(beside, _CURRENCY))
                return to_quantity(value.value, unit) if unit is not None else None
            case "minutes":
                return to_quantity(value.value, self.sayings.minute)
            case "score":
                return Value(Datatype.STRING, written or _score(value.value, _one(beside, _SCALE)))
            case _:
                return to_literal(saying.datatype, value, written=written)

    def _thing(self, saying: WikidataProperty, thing: NamedNode) -> Value | None:
        if saying.datatype is Datatype.ITEM:
            item = self.items.qid(thing)
            return Value(Datatype.ITEM, item) if item else unknown(Datatype.ITEM, thing.value)
        name = self.names.label(thing)
        return Value(saying.datatype, name) if name and saying.datatype is Datatype.STRING else None


def unknown(datatype: Datatype, what: str) -> Value:
    """A value that is there, but has no name in Wikidata: `somevalue`."""
    return Value(datatype, hashlib.sha256(what.encode("utf-8", "surrogatepass")).hexdigest()[:32], is_known=False)


def to_literal(datatype: Datatype, value: Literal, *, written: str = "", language: str = "") -> Value | None:
    """A literal as a property of this datatype takes it."""
    match datatype:
        case Datatype.TIME:
            return to_time(value.value, JULIAN if written.endswith("(Julian calendar)") else GREGORIAN)
        case Datatype.QUANTITY:
            return to_quantity(value.value, ONE)
        case Datatype.TEXT:
            return Value(datatype, one_line(value.value), value.language or language or NO_LANGUAGE)
        case Datatype.ITEM:
            return None
        case _:
            return Value(datatype, one_line(value.value)) if one_line(value.value) else None


def to_time(written: str, calendar: str = GREGORIAN) -> Value | None:
    """A date with its precision: 8 a decade, 9 a year, 10 a month, 11 a day.

    >>> to_time("2024-10").text, to_time("2024-10").precision
    ('+2024-10-00T00:00:00Z', 10)
    """
    parts = _DATE.fullmatch(written)
    if parts is None:
        return None
    year, month, day = parts[1].replace("X", "0"), parts[2] or "00", parts[3] or "00"
    precision = 8 if written.endswith("X") else 9 + (parts[2] is not None) + (parts[3] is not None)
    return Value(Datatype.TIME, f"+{year}-{month}-{day}T00:00:00Z", calendar, precision)


def to_quantity(amount: str, unit: str) -> Value | None:
    """A number with its sign, and its unit."""
    if _NUMBER.fullmatch(amount) is None:
        return None
    return Value(Datatype.QUANTITY, amount if amount[0] in "+-" else f"+{amount}", unit)


def one_line(text: str) -> str:
    """A text on one line, as Wikidata takes it."""
    return " ".join(text.split())


def _score(score: str, scale: str) -> str:
    return f"{score}/{scale}" if scale and scale != "100" else f"{score}%"


def _one(beside: Mapping[NamedNode, Sequence[Term]], property: NamedNode) -> str:
    values = sorted(one.value for one in beside.get(property, ()) if isinstance(one, Literal))
    return values[0] if values else ""
