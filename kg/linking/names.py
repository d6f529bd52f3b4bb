"""Titles and names of people in the forms in which they are compared.

The conventions of catalogues are undone here: `Godfather, The`, `La grande illusion`, `Rocky II`, `Sunset Blvd.`,
`Amélie`, `Сталкер`, `Sunrise: A Song of Two Humans`, `Last, First`. Letters of every script are transliterated by the
tables of anyascii, so that names in different scripts can be compared.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from anyascii import anyascii

from kg.linking.part_numbers import combine_numbers, roman_value, split_part_numbers

MAX_NAME_LENGTH = 400
"""Characters of a name that are read; a longer text is a paragraph."""

ARTICLES = frozenset({
    "the", "a", "an", "le", "la", "les", "l", "un", "une", "des", "el", "los", "las", "lo", "il", "gli", "uno", "una",
    "der", "die", "das", "ein", "eine", "de", "het", "een", "den", "det", "en", "et", "ett", "os", "um", "uma", "az",
})  # fmt: skip
"""Leading articles that film catalogues write behind the title."""

_SYNONYMS = {
    "hundred": "100", "thousand": "1000",
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th",
    "seventh": "7th", "eighth": "8th", "ninth": "9th", "tenth": "10th", "thirteenth": "13th",
    "mr": "mister", "mrs": "missis", "dr": "doctor", "st": "saint", "blvd": "boulevard",
    "ave": "avenue", "vs": "versus",
    "pt": "part", "vol": "volume", "no": "number", "ft": "fort", "mt": "mount",
    "theatre": "theater", "colour": "color", "honour": "honor", "grey": "gray",
}  # fmt: skip
_FINAL_NUMERALS = {"v": "5", "x": "10", "i": "1"}
_ARTICLE_LAST = re.compile(r"(?P<rest>.+?),\s*(?P<article>[^\W\d]{1,3}['’]?)(?P<after>\s*[:;].*|\s[-–—]\s.*)?")
_YEAR = re.compile(r"\s*[(\[](?P<year>(?:18|19|20)\d\d)(?:[–-]\d*)?[)\]]\s*(?=$|,\s*[^\W\d]{1,3}['’]?$)")
_OTHER_TITLE = re.compile(r"(?<=\S)\s+[(\[](?:a\.?k\.?a\.?:?\s*)?(?P<inside>[^()\[\]]+)[)\]](?=\s*(?:$|[(\[]))")
"""A title in brackets behind another. Brackets elsewhere belong to the title: `(500) Days of Summer`, `[REC]`."""
_TWO_TITLES = re.compile(r"\s+(?:[/=|]|a\.?k\.?a\.?:?)\s+", re.IGNORECASE)
"""Between two titles in one cell."""
_BRACKETS = str.maketrans("", "", "()[]")
_IN_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_KINDS_OF_WORK = "(?:[a-z]+ )?(?:film|movie|short|tv series|miniseries|documentary|serial)"
_KIND_OF_WORK = re.compile(rf"(?:\d{{4}} )?{_KINDS_OF_WORK}")
_FORMATS = "(?:in )?(?:(?:imax|[23]-?d|[248]k|uhd)(?:$|[ ,-]+))+"
_QUALIFIER = re.compile(
    rf"{_FORMATS}|(?:tv|v|vg|telefilm|tele-film|fernsehfilm|kurzfilm|court[- ]metrage|corto(?:metraje|metraggio)?)"
    r"|dvd|vhs|blu-?ray|dcp|(?:8|16|35|70) ?mm"
    r"|(?:the )?(?:(?:director'?s|final|theatrical|extended|international|original|special|uncut|unrated|uncensored"
    r"|restored|remastered|digitally|silent|sound|dubbed|subtitled|colou?ri[sz]ed|english|redux|new|[248]k)"
    r"(?:$|[ -]+))+(?:cut|version|edition|release|print|restoration|remaster(?:ing)?)?"
    r"|restoration|remaster"
)
"""What is in brackets behind a title and is no title: the format, the kind or the edition of the film."""
_FORMAT_AT_END = re.compile(rf"(?:\s*[:,–—-])?\s+(?={_FORMATS}$)\S.*$", re.IGNORECASE)
_YEAR_OF_WORK = re.compile(rf"\s[(\[](?P<year>(?:18|19|20)\d\d) {_KINDS_OF_WORK}[)\]]$", re.IGNORECASE)
_SUBTITLE = re.compile(r"\s*(?:[,;.] or,? | or: |:|;| [-–—] | \.\.\. |—|--)\s*", re.IGNORECASE)
_ELISION = re.compile(r"\b([ldLD])['’](?=\w)")
_EPISODE = re.compile(
    r"\b(?:s|season ?)(\d{1,2})[ ._,:-]*(?:e|ep|episode ?)\.?(\d{1,4})\b|(?<=\s)(\d{1,2})x(\d\d{1,2})\b"
    r"|(?:\bepisode ?)?#(\d{1,2})\.(\d{1,4})\b",
    re.IGNORECASE,
)
"""The number of a season with that of an episode: `S01E02`, `1x02`, `Episode #1.2`, `Season 1, Episode 2`."""
_ESCAPED = re.compile(r"(?:%(?:2[0-9A-F]|3[ABCDEF]|40|5[B-F]|60|7[B-E]|[89A-F][0-9A-F]))+", re.IGNORECASE)
"""Characters that an address cannot have as they are: `%3F`, `%C3%AC`. Letters and digits are never written so."""
_DIGIT = re.compile(r"\d")
_MONEY = re.compile(r"[$£€]\s?(\d[\d,.]*)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_WORD = re.compile(r"[a-z0-9]+")
_NAME_SUFFIXES = frozenset({"jr", "sr", "2", "3", "4", "phd", "esq", "asc", "bsc"})
_DIGIT_AS_LETTER = re.compile(r"(?<=[a-z])[013457](?=[a-z])")
_LETTER_OF_DIGIT = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "v"}
SHORT_WORDS = {
    word: frozenset(languages.split())
    for languages, words in {
        "en": "the of and in on at my your his her with from an is are for to who what you we",
        "de": "der das und ein eine des von im zum zur mit ich wir auf ist nicht den dem",
        "fr": "les des du et une au aux dans pour sur ma mon ses est pas",
        "es": "el los las y del una",
        "it": "il gli di della del dei uno",
        "pt": "os as uma do da dos das",
        "nl": "het een van op",
        "fr es it": "la",
        "en it": "i",
        "fr es": "un",
        "fr it": "le",
        "fr es pt": "de",
    }.items()
    for word in words.split()
}
"""Articles, prepositions and the like -> the languages that have them."""
_LANGUAGES_OF_WORD = SHORT_WORDS | {
    word: frozenset(languages.split())
    for languages, words in {
        "en": "two three four five seven eight nine ten",
        "de": "zwei drei vier funf sechs sieben acht neun zehn",
        "fr": "deux trois quatre cinq sept huit neuf dix",
        "it": "due tre quattro cinque sette otto dieci",
        "es": "cuatro siete ocho nueve diez",
        "pt": "dois duas quatro sete oito dez",
        "es pt": "tres cinco seis",
        "it pt": "nove",
        "en fr": "six",
    }.items()
    for word in words.split()
}
"""The same, with words of numbers: they show the language of a title."""


@dataclass(frozen=True, slots=True)
class Title:
    """A title as it is compared.

    `full` is all of it without spaces, `main` the same before a subtitle, and `written` all of it with its article and
    its numbers and abbreviations as they are. `parts` are the numbers of parts of a series, `base` the words without
    them, and `series` those of them before a subtitle. `languages` are those that it may be in: of the alphabet or the
    short words; empty where nothing shows it.
    """

    full: str
    main: str
    written: str
    words: tuple[str, ...]
    parts: tuple[str, ...] = ()
    base: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    languages: frozenset[str] = frozenset()

    @property
    def numbers(self) -> str:
        """All digits in the title, in order; `10 000` and `10,000` are one number."""
        return "".join(filter(str.isdigit, self.full))

    @property
    def subtitle(self) -> str:
        """What follows the main title, without spaces."""
        return self.full[len(self.main) :]

    @property
    def without_numbers(self) -> tuple[str, ...]:
        """The words that are no numbers."""
        return tuple(word for word in self.words if not word[0].isdigit())


def find_year(text: str) -> int | None:
    """The year in brackets at the end of a title, alone or with the kind of work.

    >>> find_year("Heat (1995)"), find_year("The Card (1952 film)")
    (1995, 1952)
    """
    match = _YEAR.search(text) or _YEAR_OF_WORK.search(text)
    return int(match["year"]) if match is not None else None


def find_episode(text: str) -> tuple[int, int] | None:
    """The number of the season and that of the episode in a title.

    >>> find_episode("The Wire S01E02"), find_episode("Episode #1.2"), find_episode("10x10")
    ((1, 2), (1, 2), None)
    """
    match = _EPISODE.search(text)
    if match is None:
        return None
    season, episode = (int(group) for group in match.groups() if group is not None)
    return season, episode


def _write_out_episode(match: re.Match[str]) -> str:
    season, episode = (int(group) for group in match.groups() if group is not None)
    return f" season {season} episode {episode} "


def parse_titles(text: str) -> tuple[Title, ...]:
    """A title and those that are in brackets behind it, each as it is compared.

    >>> [title.full for title in parse_titles("City of Lost Children, The (Cité des enfants perdus, La) (1995)")]
    ['cityoflostchildren', 'citedesenfantsperdus']
    """
    return _parse_titles(_unescape(text[:MAX_NAME_LENGTH]))


def _unescape(text: str) -> str:
    """A name that was taken from an address, with its characters: `Cos%C3%AC`."""
    return _ESCAPED.sub(lambda match: unquote(match[0]), text) if "%" in text else text


@lru_cache(maxsize=1 << 17)
def _parse_titles(text: str) -> tuple[Title, ...]:
    text = _YEAR.sub("", text).strip()
    others = [match["inside"] for match in _OTHER_TITLE.finditer(text)]
    texts = [_OTHER_TITLE.sub("", text)]
    if len(parts := _TWO_TITLES.split(texts[0])) > 1:
        texts += parts
    # The end of `Step Up 3D` is its number, too, so the title is also compared as it is.
    endings = [other for other in texts if other[-1:] in ("d", "D", "k", "K", "x", "X")]
    texts += [short for other in endings if (short := _FORMAT_AT_END.sub("", other)) not in ("", other)]
    texts += [other for other in others if not _is_qualifier(other)]
    plain = (other.translate(_BRACKETS) for other in texts)
    return tuple(dict.fromkeys(title for other in plain if (title := _parse_title(other)) is not None))


def _is_qualifier(text: str) -> bool:
    """True for words in brackets that are no title: the kind, the format or the edition of a film."""
    plain = anyascii(text).casefold().strip(" .")
    return any(pattern.fullmatch(plain) is not None for pattern in (_KIND_OF_WORK, _QUALIFIER))


def _parse_title(text: str) -> Title | None:
    languages = _find_languages(text)
    match = _ARTICLE_LAST.fullmatch(text.strip())
    if match is not None and match["article"].rstrip("'’").casefold() in ARTICLES:
        text = f"{match['article']} {match['rest']}{match['after'] or ''}"
    words = title_words(text)
    if not words:
        return None
    pieces = _SUBTITLE.split(text)
    first, *others = filter(None, map(title_words, pieces)) if len(pieces) > 1 else (words,)
    series, parts = split_part_numbers(first, is_first=True)
    # Equal tuples are one object, since there may be a million titles.
    base = series = words if series == words else series
    for words_of_subtitle in others:
        rest, numbers = split_part_numbers(words_of_subtitle, is_first=False)
        base, parts = (*base, *rest), (*parts, *numbers)
    # One short word before a colon identifies nothing: `It: Chapter Two`, `M - Eine Stadt sucht ...`.
    full, main, written = "".join(words), "".join(first), "".join(_WORD.findall(anyascii(text).lower()))
    main, written = main if others and len(main) > 3 else full, full if written == full else written
    return Title(full, main, written, words, parts, base, series, languages)


def _find_languages(text: str) -> frozenset[str]:
    """The languages that a title may be in, by its short words; for another alphabet than Latin, its name."""
    if not text.isascii():
        names = (unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha())
        if others := frozenset(names) - {"LATIN", "MODIFIER"}:
            return others
    words = (frozenset(_LANGUAGES_OF_WORD.get(word, ())) for word in _WORD.findall(anyascii(text).lower()))
    known = [languages for languages in words if languages]
    shared = frozenset.intersection(*known) if known else frozenset()
    return _one_object(shared or frozenset().union(*known))


@lru_cache(maxsize=1 << 10)
def _one_object(languages: frozenset[str]) -> frozenset[str]:
    """The first set of these languages that there was, since there may be a million titles."""
    return languages


def title_words(text: str) -> tuple[str, ...]:
    """The words of a title, without a leading article: lower case, Latin letters, numbers as digits.

    >>> title_words("L’Avventura II"), title_words("$1,000 a Minute"), title_words("G. I. Joe"), title_words("Se7en")
    (('avventura', '2'), ('1000', 'dollars', 'a', 'minute'), ('gi', 'joe'), ('7',))
    """
    text = _MONEY.sub(r"\1 dollars", _ELISION.sub(r"\1 ", text)).replace("&", " and ").replace("'", "").replace("’", "")
    text = _THOUSANDS.sub("", text) if "," in text else text
    text = _EPISODE.sub(_write_out_episode, text) if _DIGIT.search(text) is not None else text
    latin = text if text.isascii() else anyascii(text).replace("'", "")
    latin = _DIGIT_AS_LETTER.sub(lambda match: _LETTER_OF_DIGIT[match[0]], latin.lower())
    words = _join_initials(_WORD.findall(latin))
    if len(words) > 1 and words[0] in ARTICLES:
        words = words[1:]
    if len(words) > 1 and words[-1] in _FINAL_NUMERALS:
        words[-1] = _FINAL_NUMERALS[words[-1]]
    plain = [sys.intern(_to_plain(word)) for word in combine_numbers(words)]
    return tuple(word for word in plain if word != "and") or tuple(plain)


def _to_plain(word: str) -> str:
    if (synonym := _SYNONYMS.get(word)) is not None:
        return synonym
    return str(roman_value(word) or word) if len(word) > 1 else word


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


@lru_cache(maxsize=1 << 17)
def person_words(text: str) -> tuple[str, ...]:
    """The words of a person's name, the first name first, without `Jr.`.

    >>> person_words("Mankiewicz, Joseph L.") == person_words("Joseph L. Mankiewicz")
    True
    """
    text = _IN_BRACKETS.sub("", _unescape(text[:MAX_NAME_LENGTH]))
    last, comma, first = text.partition(",")
    if comma and first.strip() and first.strip(" .").casefold() not in ("jr", "sr", "ii", "iii", "iv"):
        text = f"{first} {last}"
    words = _WORD.findall(anyascii(text).lower().replace("'", ""))
    return tuple(word for word in words if word not in _NAME_SUFFIXES)
