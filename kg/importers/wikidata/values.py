"""A value of Wikidata's JSON walks in; a text that our fact tables take, and how it was written, walk out.

https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from kg.facts.dates import to_date_range

JULIAN = "Q1985786"
_DAY, _MONTH, _YEAR, _DECADE = 11, 10, 9, 8
_TIME = re.compile(r"([+-])(\d{4,16})-(\d\d)-(\d\d)T")
_SCORE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(?:%|/\s*(\d{1,4}))")


@dataclass(frozen=True, slots=True)
class Read:
    """A value as a fact table takes it; `written` is how Wikidata has it, where that differs."""

    value: str
    written: str = ""
    language: str = ""
    unit: str = ""
    scale: str = ""


class UnreadableError(ValueError):
    """A value that cannot be told here; its words are the reason that the summary counts."""


def to_item(datavalue: Mapping[str, Any]) -> str:
    """The QID that a value names; raises `UnreadableError` when it is no item."""
    value = datavalue["value"]
    if datavalue["type"] != "wikibase-entityid":
        raise UnreadableError("a text stands where an item should")
    name = value.get("id")
    if name is None:
        name = f"Q{value['numeric-id']}" if value.get("entity-type", "item") == "item" else ""
    if not name.startswith("Q"):
        raise UnreadableError("a property or lexeme stands where an item should")
    return str(name)


def to_time(datavalue: Mapping[str, Any]) -> Read:
    """A date as precise as it is told; days of the Julian calendar stay so, and say it."""
    value = datavalue["value"]
    parts = _TIME.match(value["time"]) if datavalue["type"] == "time" else None
    if parts is None:
        raise UnreadableError("not a time")
    sign, year, month, day = parts.groups()
    year = year.lstrip("0").rjust(4, "0")
    if sign == "-" or len(year) > 4 or year == "0000":
        raise UnreadableError("a year before 1 or after 9999")
    match value["precision"]:
        case precision if precision >= _DAY:
            told = f"{year}-{month}-{day}"
        case precision if precision == _MONTH:
            told = f"{year}-{month}"
        case precision if precision == _YEAR:
            told = year
        case precision if precision == _DECADE:
            told = f"{year[:3]}X"
        case _:
            raise UnreadableError("a date coarser than a decade")
    try:
        to_date_range(told)
    except ValueError:
        raise UnreadableError("not a day of the calendar") from None
    julian = value.get("calendarmodel", "").endswith(JULIAN)
    return Read(told, f"{told} (Julian calendar)" if julian else "")


def to_quantity(datavalue: Mapping[str, Any]) -> tuple[Decimal, str]:
    """A number and the QID of its unit, which is empty for a bare number."""
    try:
        value = datavalue["value"]
        return Decimal(value["amount"]), str(value.get("unit", "1")).rpartition("/")[2].removeprefix("1")
    except (InvalidOperation, TypeError, KeyError):
        raise UnreadableError("not a quantity") from None


def to_minutes(datavalue: Mapping[str, Any], units: Mapping[str, float]) -> Read:
    """A length of time in whole minutes."""
    amount, unit = to_quantity(datavalue)
    if unit not in units:
        raise UnreadableError(f"a length in the unit {unit or '1'}")
    minutes = round(amount * Decimal(str(units[unit])))
    return Read(str(minutes), "" if units[unit] == 1 and amount == minutes else f"{amount} {unit}")


def to_money(datavalue: Mapping[str, Any], currencies: Mapping[str, str]) -> Read:
    """An amount of money and its ISO 4217 currency."""
    amount, unit = to_quantity(datavalue)
    if unit not in currencies:
        raise UnreadableError(f"a sum in the unit {unit or '1'}")
    return Read(f"{amount:f}".removeprefix("+"), unit=currencies[unit])


def to_score(datavalue: Mapping[str, Any]) -> Read:
    """A review score and the best that it could be: `93%`, `8.3/10`."""
    text = datavalue["value"]
    parts = _SCORE.fullmatch(text.strip()) if isinstance(text, str) else None
    if parts is None or Decimal(parts[1]) > int(parts[2] or 100):
        raise UnreadableError("a score without its scale")
    return Read(parts[1], text, scale=parts[2] or "100")


def to_words(datavalue: Mapping[str, Any]) -> Read:
    """A text, with its language where it has one; a bare number as text."""
    value = datavalue["value"]
    match datavalue["type"]:
        case "string":
            return Read(str(value))
        case "monolingualtext":
            return Read(str(value["text"]), language=str(value["language"]))
        case "quantity":
            return Read(str(value["amount"]).removeprefix("+"))
        case kind:
            raise UnreadableError(f"a {kind} stands where a text should")
