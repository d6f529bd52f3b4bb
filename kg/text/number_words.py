"""Months, numbers and quantities as English words, and the article before a word or number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

_MONTHS = "january february march april may june july august september october november december".split()  # noqa: SIM905
MONTHS: Mapping[str, int] = {
    **{name: number for number, name in enumerate(_MONTHS, start=1)},
    **{name[:3]: number for number, name in enumerate(_MONTHS, start=1)},
    "sept": 9,
}
"""Name or abbreviation, in lower case -> number."""
SCALES: Mapping[str, int] = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 1000,
    "million": 10**6,
    "m": 10**6,
    "billion": 10**9,
    "bn": 10**9,
}
"""Word or abbreviation after a number, in lower case -> what it multiplies the number by."""
_UNITS = """zero one two three four five six seven eight nine ten
eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen""".split()  # noqa: SIM905
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
_CARDINALS = {word: number for number, word in enumerate(_UNITS)} | {
    word: 10 * number for number, word in enumerate(_TENS, start=2)
}


def to_cardinal(number: int) -> str:
    """A small number as a word, others in digits, as newspapers write them.

    >>> to_cardinal(5), to_cardinal(1200)
    ('five', '1,200')
    """
    return _UNITS[number] if 0 <= number <= _LAST_IN_WORDS else f"{number:,}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number in digits with its noun, in the singular for one, else in the plural.

    >>> counted(1, "record"), counted(1200, "record"), counted(0, "query", "queries")
    ('1 record', '1,200 records', '0 queries')
    """
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def article_of(noun: str) -> str:
    """The indefinite article of a noun, by its first letter, or by the number that it begins with.

    >>> article_of("agent"), article_of("Person"), article_of("1968 drama"), article_of("1895 film")
    ('an', 'a', 'a', 'an')
    >>> article_of("11-minute film"), article_of("80s film"), article_of("180 films"), article_of("1,100 films")
    ('an', 'an', 'a', 'a')
    """
    return "an" if noun[:1].casefold() in tuple("aeiou") or _VOWEL_NUMBER.match(noun) else "a"


_VOWEL_NUMBER = re.compile(r"8|1[18](?:\d\d)?(?!\d)")
"""Eight, eighty, eleven, 18,000 and the years from 1800 to 1899; not 180 or 1,100."""


_LAST_IN_WORDS = 10
_RANKS = """first second third fourth fifth sixth seventh eighth ninth tenth
eleventh twelfth thirteenth fourteenth fifteenth""".split()  # noqa: SIM905
_ORDINALS = {word: number for number, word in enumerate(_RANKS, start=1)} | {
    "once": 1,
    "twice": 2,
    "sophomore": 2,
    "both": 2,
    "single": 1,
    "a": 1,
    "an": 1,
    "couple": 2,
}
_DIGITS = re.compile(
    r"(?<![\w.])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:st|nd|rd|th|s)?(?:\s*-?\s*(hundred|thousand|million|"
    r"billion|bn|m|dozen)\b)?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]+")


def numbers(passage: str) -> Iterator[Decimal]:
    """Yield every number that a passage may be read to contain, in digits or words.

    >>> sorted(numbers("$36.5 million from six theaters"))
    [Decimal('6'), Decimal('36.5'), Decimal('36500000.0')]
    """
    text = passage.replace("\u00a0", " ")
    for digits in _DIGITS.finditer(text):
        number = Decimal(digits[1].replace(",", ""))
        yield number
        if digits[2]:
            yield number * SCALES[digits[2].casefold()]
    total = Decimal(0)
    for word in _WORD.findall(text.casefold()):
        if word in _ORDINALS:
            yield Decimal(_ORDINALS[word]) + (total if total >= 20 else 0)
            total = Decimal(0)
        elif word in _CARDINALS:
            total = total + _CARDINALS[word] if total >= 20 and _CARDINALS[word] < 10 else Decimal(_CARDINALS[word])
            yield total
        elif word in SCALES and total:
            total *= SCALES[word]
            yield total
        else:
            total = Decimal(0)
