"""The words of a passage and a value walk in; whether the passage holds the value walks out.

A thing is held by one of its names, a number by digits or words, a date by any common form, a text by its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from pyoxigraph import Literal

from kg.facts.dates import EDTF
from kg.terms import XSD
from kg.text import fold_passage

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_NUMBERS = {word: number for number, word in enumerate(_ONES)} | {
    word: 10 * number for number, word in enumerate(_TENS, start=2)
}
_PLACES = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
]
_ORDINALS = {word: number for number, word in enumerate(_PLACES, start=1)} | {
    "once": 1,
    "twice": 2,
    "sophomore": 2,
    "both": 2,
    "single": 1,
    "a": 1,
    "an": 1,
    "couple": 2,
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "m": 10**6, "billion": 10**9, "bn": 10**9, "dozen": 12}
_NUMBER = re.compile(
    r"(?<![\w.])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:st|nd|rd|th|s)?(?:\s*-?\s*(hundred|thousand|million|"
    r"billion|bn|m|dozen)\b)?",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[a-z]+")
_MONTHS = {
    name: number
    for number, name in enumerate(
        [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        start=1,
    )
}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
_DAY_FORMS = (
    re.compile(r"(?P<month>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?(?!\d)(?:,?\s+(?P<year>\d{4}))?"),
    re.compile(r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?\s+(?:of\s+)?(?P<month>[a-z]{3,9})\.?(?:,?\s+(?P<year>\d{4}))?"),
    re.compile(r"(?P<month>[a-z]{3,9})\.?(?:\s+of)?,?\s+(?P<year>\d{4})"),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})(?:-(?P<day>\d{2}))?"),
    re.compile(r"(?P<year>\d{4})"),
)
_MONTH = re.compile(
    r"\b(?P<month>[A-Z][A-Za-z]{2,8})\b\.?(?:(?:\s+of|,)?(?:\s+\d{1,2}(?:st|nd|rd|th)?,?)?\s+(?P<year>\d{4})\b)?"
)
"""A month with a capital letter, as `may` is not, and the year where one is said."""
_QUANTITIES = {XSD + name for name in ("integer", "decimal", "double")}


def holds_name(passage: str, names: Iterable[str]) -> bool:
    """True when one of the names stands in the passage as whole words.

    >>> holds_name("won the Palme d’Or", ["Palme d'Or"])
    True
    """
    text = fold_passage(passage)
    return any(
        re.search(rf"(?<!\w){re.escape(folded)}(?!\w)", text) for name in names if (folded := fold_passage(name))
    )


def holds_literal(passage: str, value: Literal) -> bool:
    """True when the passage holds a literal: a number, a date, or the words of a text."""
    kind = value.datatype.value
    if kind in _QUANTITIES:
        return Decimal(value.value) in set(numbers(passage))
    if kind in (XSD + "date", XSD + "gYear", XSD + "gYearMonth") or value.datatype == EDTF:
        return holds_date(passage, value.value)
    if kind == XSD + "anyURI":
        return value.value in passage
    return holds_name(passage, [value.value]) or fold_passage(value.value) in fold_passage(passage)


def numbers(passage: str) -> Iterator[Decimal]:
    """Every number that a passage may be read to hold.

    >>> sorted(numbers("$36.5 million from six theaters"))
    [Decimal('6'), Decimal('36.5'), Decimal('36500000.0')]
    """
    text = passage.replace("\u00a0", " ")
    for found in _NUMBER.finditer(text):
        number = Decimal(found[1].replace(",", ""))
        yield number
        if found[2]:
            yield number * _SCALES[found[2].casefold()]
    whole = Decimal(0)
    for word in _WORDS.findall(text.casefold()):
        if word in _ORDINALS:
            yield Decimal(_ORDINALS[word]) + (whole if whole >= 20 else 0)
            whole = Decimal(0)
        elif word in _NUMBERS:
            whole = whole + _NUMBERS[word] if whole >= 20 and _NUMBERS[word] < 10 else Decimal(_NUMBERS[word])
            yield whole
        elif word in _SCALES and whole:
            whole *= _SCALES[word]
            yield whole
        else:
            whole = Decimal(0)


def holds_date(passage: str, date: str) -> bool:
    """True when the passage gives the date, or a part of it that does not say otherwise (`October 18` for 2024-10-18).

    >>> holds_date("released on October 18 by Neon", "2024-10-18")
    True
    """
    text = fold_passage(passage)
    if date.endswith("X"):
        return f"{date[:3]}0s" in text or f"{date[2]}0s" in text
    wanted = [int(part) for part in date.split("-")]
    for form in _DAY_FORMS:
        for found in form.finditer(text):
            said = found.groupdict()
            month = said.get("month")
            parts = (
                int(said["year"]) if said.get("year") else None,
                (int(month) if month.isdigit() else _MONTHS.get(month)) if month else None,
                int(said["day"]) if said.get("day") else None,
            )
            if month and parts[1] is None:
                continue
            if _agree(parts, wanted):
                return True
    return len(wanted) == 2 and any(
        _MONTHS.get(found["month"].casefold()) == wanted[1] and not found["year"] for found in _MONTH.finditer(passage)
    )


def _agree(said: tuple[int | None, int | None, int | None], wanted: list[int]) -> bool:
    """Every part that is said agrees, and the finest wanted part is said."""
    agreeing = all(one is None or one == other for one, other in zip(said, wanted, strict=False))
    return agreeing and said[len(wanted) - 1] is not None
