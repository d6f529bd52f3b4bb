"""Titles and names of people in the forms in which they are compared.

The conventions of catalogues are undone here: `Godfather, The`, `La grande illusion`, `Rocky II`, `Sunset Blvd.`,
`Amélie`, `Сталкер`, `Sunrise: A Song of Two Humans`, `Last, First`. Letters of every script are transliterated by the
tables of anyascii, so that names in different scripts can be compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from anyascii import anyascii

MAX_NAME_LENGTH = 400
"""Characters of a name that are read; a longer text is a paragraph."""

ARTICLES = frozenset({
    "the", "a", "an", "le", "la", "les", "l", "un", "une", "des", "el", "los", "las", "lo", "il", "gli", "uno", "una",
    "der", "die", "das", "ein", "eine", "de", "het", "een", "den", "det", "ett", "os", "um", "uma", "az",
})  # fmt: skip
"""Leading articles that film catalogues write behind the title."""

_SYNONYMS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "twenty": "20", "hundred": "100",
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th",
    "seventh": "7th", "eighth": "8th", "ninth": "9th", "tenth": "10th", "thirteenth": "13th",
    "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11", "xii": "12",
    "mr": "mister", "mrs": "missis", "dr": "doctor", "st": "saint", "blvd": "boulevard",
    "ave": "avenue", "vs": "versus", "xiii": "13",
    "pt": "part", "vol": "volume", "no": "number", "ft": "fort", "mt": "mount",
    "theatre": "theater", "colour": "color", "honour": "honor", "grey": "gray",
}  # fmt: skip
_FINAL_NUMERALS = {"v": "5", "x": "10", "i": "1"}
_ARTICLE_LAST = re.compile(r"^(?P<rest>.+),\s*(?P<article>[^\W\d]{1,3}['’]?)$")
_YEAR = re.compile(r"\s*[(\[](?P<year>(?:18|19|20)\d\d)(?:[–-]\d*)?[)\]]\s*$")
_IN_BRACKETS = re.compile(r"\s*[(\[](?:a\.?k\.?a\.?:?\s*)?(?P<inside>[^()\[\]]+)[)\]]")
_KIND_OF_WORK = re.compile(r"(?:\d{4} )?(?:[a-z]+ )?(?:film|movie|short|tv series|miniseries|documentary|serial)")
_SUBTITLE = re.compile(r"\s*(?:[,;.] or,? | or: |:|;| [-–—] | \.\.\. |—)\s*", re.IGNORECASE)
_ELISION = re.compile(r"\b([ldLD])['’](?=\w)")
_MONEY = re.compile(r"[$£€]\s?(\d[\d,.]*)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_WORD = re.compile(r"[a-z0-9]+")
_NAME_SUFFIXES = frozenset({"jr", "sr", "2", "3", "4", "phd", "esq", "asc", "bsc"})


@dataclass(frozen=True, slots=True)
class Title:
    """A title as it is compared: all of it without spaces, the part before a subtitle, and the words."""

    full: str
    main: str
    words: tuple[str, ...]


def find_year(text: str) -> int | None:
    """The year in brackets at the end of a title.

    >>> find_year("Heat (1995)")
    1995
    """
    match = _YEAR.search(text)
    return int(match["year"]) if match is not None else None


def parse_titles(text: str) -> tuple[Title, ...]:
    """A title and those that are in brackets behind it, each as it is compared.

    >>> [title.full for title in parse_titles("City of Lost Children, The (Cité des enfants perdus, La) (1995)")]
    ['cityoflostchildren', 'citedesenfantsperdus']
    """
    return _parse_titles(text[:MAX_NAME_LENGTH])


@lru_cache(maxsize=1 << 16)
def _parse_titles(text: str) -> tuple[Title, ...]:
    text = _YEAR.sub("", text)
    in_brackets = [match["inside"] for match in _IN_BRACKETS.finditer(text)]
    texts = [_IN_BRACKETS.sub("", text) or text]
    texts += [inside for inside in in_brackets if _KIND_OF_WORK.fullmatch(inside.casefold()) is None]
    return tuple(dict.fromkeys(title for text in texts if (title := _parse_title(text)) is not None))


def _parse_title(text: str) -> Title | None:
    match = _ARTICLE_LAST.match(text.strip())
    if match is not None and match["article"].rstrip("'’").casefold() in ARTICLES:
        text = f"{match['article']} {match['rest']}"
    words = title_words(text)
    if not words:
        return None
    before, *after = _SUBTITLE.split(text, maxsplit=1)
    main = title_words(before) if after else words
    # One short word before a colon identifies nothing: `It: Chapter Two`, `M - Eine Stadt sucht ...`.
    joined = "".join(main)
    return Title("".join(words), joined if len(joined) > 3 else "".join(words), words)


def title_words(text: str) -> tuple[str, ...]:
    """The words of a title, without a leading article: lower case, Latin letters, numbers as digits.

    >>> title_words("L’Avventura II"), title_words("$1,000 a Minute"), title_words("G. I. Joe")
    (('avventura', '2'), ('1000', 'dollars', 'a', 'minute'), ('gi', 'joe'))
    """
    text = _MONEY.sub(r"\1 dollars", _ELISION.sub(r"\1 ", text)).replace("&", " and ").replace("'", "").replace("’", "")
    text = _THOUSANDS.sub("", text) if "," in text else text
    latin = text if text.isascii() else anyascii(text).replace("'", "")
    words = _join_initials(_WORD.findall(latin.lower()))
    if len(words) > 1 and words[0] in ARTICLES:
        words = words[1:]
    if len(words) > 1 and words[-1] in _FINAL_NUMERALS:
        words[-1] = _FINAL_NUMERALS[words[-1]]
    plain = [_SYNONYMS.get(word, word) for word in words]
    return tuple(word for word in plain if word != "and") or tuple(plain)


def _join_initials(words: list[str]) -> list[str]:
    """Single letters in a row become one word: `u s a` is `usa`."""
    if not any(len(word) == 1 for word in words):
        return words
    joined: list[str] = []
    initials = ""
    for index, word in enumerate(words):
        is_article = word == "a" and index == 0 and len(words) > 1 and len(words[1]) > 1
        if len(word) == 1 and word.isalpha() and not is_article:
            initials += word
            continue
        if initials:
            joined.append(initials)
            initials = ""
        joined.append(word)
    return [*joined, initials] if initials else joined


@lru_cache(maxsize=1 << 16)
def person_words(text: str) -> tuple[str, ...]:
    """The words of a person's name, the first name first, without `Jr.`.

    >>> person_words("Mankiewicz, Joseph L.") == person_words("Joseph L. Mankiewicz")
    True
    """
    text = _IN_BRACKETS.sub("", text[:MAX_NAME_LENGTH])
    last, comma, first = text.partition(",")
    if comma and first.strip() and first.strip(" .").casefold() not in ("jr", "sr", "ii", "iii", "iv"):
        text = f"{first} {last}"
    words = _WORD.findall(anyascii(text).lower().replace("'", ""))
    return tuple(word for word in words if word not in _NAME_SUFFIXES)
