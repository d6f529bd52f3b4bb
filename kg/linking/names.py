"""A title or a name as somebody wrote it walks in; the forms in which it is compared walk out.

What catalogues do to names is undone here: `Godfather, The`, `La grande illusion`, `Rocky II`, `Sunset Blvd.`,
`Amélie`, `Сталкер`, `Sunrise: A Song of Two Humans`, `Last, First`. Letters of every script become Latin ones by the
tables of anyascii, so that names in different scripts can be near each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from anyascii import anyascii

MAX_NAME_LENGTH = 400
"""Characters of a name that are looked at; a longer one is a paragraph."""

ARTICLES = frozenset({
    "the", "a", "an", "le", "la", "les", "l", "un", "une", "des", "el", "los", "las", "lo", "il", "gli", "uno", "una",
    "der", "die", "das", "ein", "eine", "de", "het", "een", "den", "det", "ett", "os", "um", "uma", "az",
})  # fmt: skip
"""Leading articles of the languages that film catalogues turn around."""

_WORDS = {
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
_LAST_NUMERALS = {"v": "5", "x": "10", "i": "1"}
_TURNED = re.compile(r"^(?P<rest>.+),\s*(?P<article>[^\W\d]{1,3}['’]?)$")
_YEAR = re.compile(r"\s*[(\[](?P<year>(?:18|19|20)\d\d)(?:[–-]\d*)?[)\]]\s*$")
_ASIDE = re.compile(r"\s*[(\[](?:a\.?k\.?a\.?:?\s*)?(?P<inside>[^()\[\]]+)[)\]]")
_FORM_OF_WORK = re.compile(r"(?:\d{4} )?(?:[a-z]+ )?(?:film|movie|short|tv series|miniseries|documentary|serial)")
_SUBTITLE = re.compile(r"\s*(?:[,;.] or,? | or: |:|;| [-–—] | \.\.\. |—)\s*", re.IGNORECASE)
_ELISION = re.compile(r"\b([ldLD])['’](?=\w)")
_MONEY = re.compile(r"[$£€]\s?(\d[\d,.]*)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_RUN = re.compile(r"[a-z0-9]+")
_SUFFIX = frozenset({"jr", "sr", "2", "3", "4", "phd", "esq", "asc", "bsc"})


@dataclass(frozen=True, slots=True)
class Title:
    """A title as it is compared: the whole without blanks, the part before a subtitle, and the words."""

    full: str
    main: str
    words: tuple[str, ...]


def find_year(text: str) -> int | None:
    """The year in brackets at the end of a title.

    >>> year_in("Heat (1995)")
    1995
    """
    found = _YEAR.search(text)
    return int(found["year"]) if found is not None else None


def parse_titles(text: str) -> tuple[Title, ...]:
    """A title and the others that it holds in brackets, each as it is compared.

    >>> [one.whole for one in titles_of("City of Lost Children, The (Cité des enfants perdus, La) (1995)")]
    ['cityoflostchildren', 'citedesenfantsperdus']
    """
    return _titles_of(text[:MAX_NAME_LENGTH])


@lru_cache(maxsize=1 << 16)
def _titles_of(text: str) -> tuple[Title, ...]:
    text = _YEAR.sub("", text)
    texts = [_ASIDE.sub("", text) or text]
    texts += [
        one["inside"] for one in _ASIDE.finditer(text) if _FORM_OF_WORK.fullmatch(one["inside"].casefold()) is None
    ]
    return tuple(dict.fromkeys(title for one in texts if (title := _title(one)) is not None))


def _title(text: str) -> Title | None:
    turned = _TURNED.match(text.strip())
    if turned is not None and turned["article"].rstrip("'’").casefold() in ARTICLES:
        text = f"{turned['article']} {turned['rest']}"
    words = title_words(text)
    if not words:
        return None
    before, *after = _SUBTITLE.split(text, maxsplit=1)
    main = title_words(before) if after else words
    # A part before a colon that is one short word tells nothing: `It: Chapter Two`, `M - Eine Stadt sucht ...`.
    joined = "".join(main)
    return Title("".join(words), joined if len(joined) > 3 else "".join(words), words)


def title_words(text: str) -> tuple[str, ...]:
    """The words of a title, without the article before it: lower case, Latin letters, numbers as digits.

    >>> words_of("L’Avventura II"), words_of("$1,000 a Minute"), words_of("G. I. Joe")
    (('avventura', '2'), ('1000', 'dollars', 'a', 'minute'), ('gi', 'joe'))
    """
    text = _MONEY.sub(r"\1 dollars", _ELISION.sub(r"\1 ", text)).replace("&", " and ").replace("'", "").replace("’", "")
    text = _THOUSANDS.sub("", text) if "," in text else text
    latin = text if text.isascii() else anyascii(text).replace("'", "")
    found = _joined_letters(_RUN.findall(latin.lower()))
    if len(found) > 1 and found[0] in ARTICLES:
        found = found[1:]
    if len(found) > 1 and found[-1] in _LAST_NUMERALS:
        found[-1] = _LAST_NUMERALS[found[-1]]
    told = [_WORDS.get(word, word) for word in found]
    return tuple(word for word in told if word != "and") or tuple(told)


def _joined_letters(words: list[str]) -> list[str]:
    """Letters that stand alone in a row are one word: `u s a` is `usa`."""
    if not any(len(word) == 1 for word in words):
        return words
    joined: list[str] = []
    run = ""
    for place, word in enumerate(words):
        is_article = word == "a" and place == 0 and len(words) > 1 and len(words[1]) > 1
        if len(word) == 1 and word.isalpha() and not is_article:
            run += word
            continue
        if run:
            joined.append(run)
            run = ""
        joined.append(word)
    return [*joined, run] if run else joined


@lru_cache(maxsize=1 << 16)
def person_words(text: str) -> tuple[str, ...]:
    """The words of a person's name, the first name first, without `Jr.`.

    >>> person_of("Mankiewicz, Joseph L.") == person_of("Joseph L. Mankiewicz")
    True
    """
    text = _ASIDE.sub("", text[:MAX_NAME_LENGTH])
    last, comma, first = text.partition(",")
    if comma and first.strip() and first.strip(" .").casefold() not in ("jr", "sr", "ii", "iii", "iv"):
        text = f"{first} {last}"
    words = [word for word in _RUN.findall(anyascii(text).lower().replace("'", "")) if word not in _SUFFIX]
    return tuple(words)
