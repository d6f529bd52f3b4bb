"""Numbers, dates, running times and amounts of money as people write them, read by strict grammars.

A text has one meaning or none. Not read are `€1.234`, which may be a thousand or one and a bit; `3/4/2019`, in March or
in April; and `94 m`, minutes or millions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from kg.facts.dates import to_date_range
from kg.facts.literals import parse_value
from kg.schema import OntologyTerm, ValueKind
from kg.terms import XSD
from kg.text.number_words import MONTHS

_BLANKS = " \u00a0\u202f"
_DIGITS = rf"(?:[0-9]+|[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]{{1,3}}(?:[{_BLANKS}][0-9]{{3}})+)(?:\.[0-9]+)?"
NUMBER = rf"{_DIGITS}(?:[{_BLANKS}]?(?:thousand|million|billion))?"
"""A number, maybe with a word."""
AMOUNT = rf"{_DIGITS}(?:[{_BLANKS}]?(?:thousand|million|billion|bn|[kKmMB]))?"
"""A number beside a currency, where abbreviations have one meaning."""
_NUMBER = re.compile(rf"(?P<digits>{_DIGITS})[{_BLANKS}]?(?P<scale>[A-Za-z]*)")
_SCALES = {"": 0, "thousand": 3, "million": 6, "billion": 9, "k": 3, "K": 3, "m": 6, "M": 6, "bn": 9, "B": 9}
_UNCLEAR = re.compile(r"[0-9]{1,3}\.[0-9]{3}")
_MINUTES = re.compile(r"(?P<minutes>[0-9]{1,4})[ \u00a0]?(?:min|mins|min\.|minutes?)")
_HOURS = re.compile(
    r"(?P<hours>[0-9]{1,2})[ \u00a0]?(?:h|hr|hrs|hours?)"
    r"(?:[ \u00a0]?(?P<minutes>[0-5]?[0-9])[ \u00a0]?(?:m|min|mins|minutes?)?)?"
)
_RUNNING_TIME = re.compile(rf"(?<![\w.,])(?:{_HOURS.pattern}|{_MINUTES.pattern.replace('<minutes>', '<m>')})(?!\w)")
_DAY_FIRST = re.compile(r"(?:(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?\.? )?(?P<month>[A-Za-z]{3,9})\.?,? (?P<year>[0-9]{4})")
_MONTH_FIRST = re.compile(r"(?P<month>[A-Za-z]{3,9})\.? (?P<day>[0-9]{1,2})(?:st|nd|rd|th)?,? (?P<year>[0-9]{4})")
_LIKE_DATE = re.compile(
    r"(?:[0-9]{1,2}(?:st|nd|rd|th)?[./ -]+(?:[^\W\d_]+|[0-9]{1,2})|[^\W\d_]+[./ -]+[0-9]{1,2}(?:st|nd|rd|th)?)"
    r"(?:[./, -]+[0-9]{2,4})?"
)
"""A day that has no certain meaning, such as `3/4/2019` or `14 Marhc`."""
_DECADE = re.compile(r"(?P<decade>[0-9]{3})0s")
_MONTH_NAMES = tuple(name.capitalize() for name in list(MONTHS)[:12])


def normalise(text: str, property: OntologyTerm) -> str:
    """The form that `parse_value` reads, of a number, date or running time as people write it; else the text as it is.

    A text that already is a value of the property does not change.
    """
    if property.value_kind is ValueKind.ENTITY or _is_value(text, property):
        return text
    meaning = None
    if property.value_kind is ValueKind.DATE:
        meaning = to_iso_date(text)
    elif property.range and property.range[0].value in (XSD + "integer", XSD + "decimal"):
        meaning = to_minutes(text) if property.unit == "minute" else None
        meaning = meaning or to_number(text)
    return meaning if meaning is not None and _is_value(meaning, property) else text


def _is_value(text: str, property: OntologyTerm) -> bool:
    try:
        parse_value(text, property)
    except ValueError:
        return False
    return True


def to_number(text: str) -> str | None:
    """The plain digits of a number such as `1,200,000` or `1.2 million`; None when it is not such a number.

    >>> to_number("1.2 million"), to_number("36,500"), to_number("36.5M"), to_number("1,5")
    ('1200000', '36500', None, None)
    """
    return _scaled(text) if re.fullmatch(NUMBER, text) else None


def to_amount(text: str) -> str | None:
    """The plain digits of a number beside a currency; None when its meaning is not certain.

    >>> to_amount("36.5M"), to_amount("1.2bn"), to_amount("1.234"), to_amount("1.234 million")
    ('36500000', '1200000000', None, '1234000')
    """
    if not re.fullmatch(AMOUNT, text) or _UNCLEAR.fullmatch(text):
        return None
    return _scaled(text)


def _scaled(text: str) -> str:
    match = _NUMBER.fullmatch(text)
    assert match is not None
    digits = re.sub(rf"[,{_BLANKS}]", "", match["digits"])
    number = f"{Decimal(digits).scaleb(_SCALES[match['scale']]):f}"
    return number.rstrip("0").rstrip(".") if "." in number else number


def to_minutes(text: str) -> str | None:
    """The number of minutes of a running time such as `94 min` or `1 h 34 min`.

    >>> to_minutes("1h 34m"), to_minutes("94 minutes"), to_minutes("94 m")
    ('94', '94', None)
    """
    if (match := _MINUTES.fullmatch(text)) is not None:
        return str(int(match["minutes"]))
    if (match := _HOURS.fullmatch(text)) is not None:
        return str(60 * int(match["hours"]) + int(match["minutes"] or 0))
    return None


def running_times(passage: str) -> Iterator[int]:
    """Yield the minutes of every running time in a passage: `1 h 58 min`.

    >>> list(running_times("runs 1 h 58 min, 25 minutes of it in colour"))
    [118, 25]
    """
    for match in _RUNNING_TIME.finditer(passage):
        if (minutes := to_minutes(match[0])) is not None:
            yield int(minutes)


def to_iso_date(text: str) -> str | None:
    """The date of a text that names the month, or of a decade.

    >>> to_iso_date("14 March 2019"), to_iso_date("March 2019"), to_iso_date("1970s"), to_iso_date("3/4/2019")
    ('2019-03-14', '2019-03', '197X', None)
    """
    text = " ".join(text.split())
    if (decade := _DECADE.fullmatch(text)) is not None:
        return f"{decade['decade']}X"
    match = _DAY_FIRST.fullmatch(text) or _MONTH_FIRST.fullmatch(text)
    month = MONTHS.get(match["month"].lower()) if match is not None else None
    if match is None or month is None:
        return None
    date = f"{match['year']}-{month:02d}" + (f"-{int(match['day']):02d}" if match["day"] else "")
    try:
        to_date_range(date)
    except ValueError:
        return None
    return date


def start_of_date(words: Sequence[str]) -> int | None:
    """The first of the words of a date that has several, at the end of these words."""
    dates = (number for number in range(len(words) - 1) if to_iso_date(" ".join(words[number:])) is not None)
    return next(dates, None)


def ends_in_date(text: str) -> bool:
    """True for a name with a day or a month and a year behind it, which are no part of the name."""
    return start_of_date(text.replace("(", "").removesuffix(")").split(" ")) is not None


def is_like_date(text: str) -> bool:
    """True for a text that is rather a day than a name, whether or not its meaning is certain.

    >>> is_like_date("3/4/2019"), is_like_date("14 Marhc"), is_like_date("Locarno")
    (True, True, False)
    """
    return _LIKE_DATE.fullmatch(text) is not None


# --- the other way


def in_words(text: str, property: OntologyTerm) -> str:
    """A value as people write it, if `normalise` reads it back; else the text as it is."""
    words = text
    if property.value_kind is ValueKind.DATE:
        words = date_in_words(text)
    elif property.unit == "minute" and text.isdecimal():
        words = f"{text} min"
    return words if normalise(words, property) == text else text


def date_in_words(date: str) -> str:
    """A day or month with the name of its month; another date as it is.

    >>> date_in_words("2019-03-14"), date_in_words("2019-03"), date_in_words("2019")
    ('14 March 2019', 'March 2019', '2019')
    """
    year, _, rest = date.partition("-")
    month, _, day = rest.partition("-")
    if not (month.isdecimal() and 1 <= int(month) <= 12):
        return date
    return f"{int(day)} {_MONTH_NAMES[int(month) - 1]} {year}" if day else f"{_MONTH_NAMES[int(month) - 1]} {year}"


def amount_in_words(digits: str) -> str:
    """A number with a word for its size, or with commas.

    >>> amount_in_words("1200000"), amount_in_words("1234567"), amount_in_words("950")
    ('1.2 million', '1,234,567', '950')
    """
    whole, _, fraction = digits.partition(".")
    for word, size in (("billion", 9), ("million", 6)):
        if not fraction and len(whole) > size and whole.endswith("0" * (size - 3)):
            thousandths = Decimal(whole).scaleb(-size)
            return f"{thousandths.normalize():f} {word}"
    return f"{int(whole):,}" + (f".{fraction}" if fraction else "")
