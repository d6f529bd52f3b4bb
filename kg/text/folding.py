"""Names and texts compared without their spelling: folding, slugs, stems, and the names that a text may mean.

The stems are those of a short list of endings. The Snowball stemmers were tried: their package takes 0.2 seconds to
import and 80 microseconds a word, half a second for the words of all stored queries.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from enum import IntEnum
from functools import lru_cache

_APOSTROPHES = re.compile(r"['‘’ʼ`´]")
_REST = re.compile(r"[\W_]+")


@lru_cache(maxsize=65_536)
def fold_name(text: str) -> str:
    """A name in lower-case Latin letters, digits and spaces: without accents, case, punctuation and other scripts.

    >>> fold_name("Amélie"), fold_name("Palme d’Or"), fold_name("Сталкер"), fold_name("Fast & Furious")
    ('amelie', 'palme dor', 'stalker', 'fast and furious')
    >>> fold_name("…")
    '…'
    """
    plain = _APOSTROPHES.sub("", text).replace("&", " and ")
    if not plain.isascii():
        from anyascii import anyascii  # half of all names never need its tables

        plain = anyascii(plain)
    folded = _REST.sub(" ", plain.casefold()).strip()
    return folded or text.casefold().strip()


def to_slug(text: str) -> str:
    """A readable id made from a text: lower-case letters, digits and hyphens, 60 characters at most.

    >>> to_slug("Palme d'Or")
    'palme-d-or'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].rstrip("-")


def closest(
    name: str, names: Iterable[str], *, limit: int = 2, accepts: Callable[[str], bool] | None = None
) -> tuple[str, ...]:
    """The names that this one is a misspelling of, in alphabetical order; none when no name is that close.

    Only close names are asked whether the caller `accepts` them.
    One wrong letter is allowed, in names of 8 letters two, in names of 13 letters three. A first letter may be missing
    or swapped with the second, but not be another one: `plot` is a word of its own, and no misspelling of `slot`. So is
    a name of fewer than 4 letters with another letter: `use` is none of `USA`.

    >>> closest("directr", ["director", "directed", "writer"]), closest("plot", ["slot"]), closest("country", ["count"])
    (('director',), (), ())
    >>> closest("mpc", ["mcp", "map"]), closest("use", ["USA"])
    (('mcp',), ())
    >>> closest("x", [""])
    ()
    """
    from rapidfuzz import process  # only mistakes need it
    from rapidfuzz.distance import OSA

    folded = name.casefold()
    matches = process.extract(
        folded,
        list(names),
        scorer=OSA.distance,
        processor=str.casefold,
        score_cutoff=_allowed_edits(folded),
        limit=None,
    )
    near = ((distance, match) for match, distance, _ in matches if _is_likely(folded, match.casefold()))
    likely = [(distance, match) for distance, match in near if accepts is None or accepts(match)]
    best = min((distance for distance, _ in likely), default=0)
    return tuple(sorted({match for distance, match in likely if distance == best}))[:limit]


def _allowed_edits(name: str) -> int:
    return 1 if len(name) < 8 else 2 if len(name) < 13 else 3


_SHORT = 4
"""Letters; a shorter name with one other letter is usually another name."""


def _is_likely(name: str, other: str) -> bool:
    """True for a pair within the allowed edits that is not likely to be two words."""
    if not name or not other:
        return False
    if len(name) == len(other) < _SHORT:
        return sorted(name) == sorted(other)
    return name[0] in other[:2] or other[0] in name[:2]


# --- words and what they mean

_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ENDINGS = (
    *(("ations", 4), ("ation", 4), ("ated", 4), ("ating", 4), ("ions", 4), ("ion", 4)),
    *(("ings", 3), ("ing", 3), ("ers", 4), ("er", 4), ("ors", 4), ("or", 4), ("ees", 4), ("ee", 4)),
    *(("ies", 3), ("ed", 3), ("es", 3), ("s", 3), ("y", 3), ("e", 3)),
)
"""Endings of English words, with the letters that must be left before them."""
_VOWEL = re.compile(r"[aeiouy]")
_DOUBLED = re.compile(r"([bdfgklmnprt])\1$")


_IRREGULAR = {
    form: verb
    for line in (
        "began begun begin, bought buy, cast cast, chose chosen choose, drew drawn draw, fell fallen fall, found find",
        "gave given give, held hold, led lead, left leave, lost lose, made make, met meet, paid pay, ran run, said say",
        "sang sung sing, sent send, shot shoot, shown show, sold sell, spoke spoken speak, spent spend, thought think",
        "took taken take, went gone go, won win, wrote written write",
    )
    for forms in line.split(", ")
    for *past, verb in [forms.split()]
    for form in past
}
"""Past forms of verbs that questions have, and that no ending shows."""


@lru_cache(maxsize=65_536)
def to_stem(word: str) -> str:
    """A folded English word without its ending, so that forms of a word are the same.

    >>> to_stem("nominations") == to_stem("nominated"), to_stem("tallies") == to_stem("tally")
    (True, True)
    >>> to_stem("director") == to_stem("directed"), to_stem("winner") == to_stem("wins")
    (True, True)
    """
    word = _IRREGULAR.get(word, word)
    if word.endswith("ss"):
        return word
    for ending, letters in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= letters and _VOWEL.search(stem):
            return _DOUBLED.sub(r"\1", stem)
    return word


@lru_cache(maxsize=65_536)
def to_stems(text: str) -> tuple[str, ...]:
    """The stems of the words of a text or of a name such as `runningTime`.

    >>> to_stems("runningTime") == to_stems("Running times")
    True
    """
    return tuple(to_stem(word) for word in fold_name(_CAMEL_CASE.sub(" ", text)).split())


class Naming(IntEnum):
    """How a text names something, the best first."""

    NAME = 0
    """It is a name of it."""
    OTHER_NAME = 1
    """It is another name of it, such as a synonym."""
    WORDS = 2
    """All its words are in a name of it."""


def match_name(text: str, names: Iterable[str], other_names: Iterable[str] = ()) -> Naming | None:
    """How a text names something that has these names and other names; None when it does not.

    >>> match_name("actors", ["castMember"], ["actor", "starring"])
    <Naming.OTHER_NAME: 1>
    """
    stems = to_stems(text)
    if not stems:
        return None
    of_names = [to_stems(name) for name in names]
    if stems in of_names:
        return Naming.NAME
    if any(stems == to_stems(name) for name in other_names):
        return Naming.OTHER_NAME
    return Naming.WORDS if any(set(stems) <= set(words) for words in of_names) else None


def fold_passage(text: str) -> str:
    """A passage without case and accents, with one kind of quotes, dashes and blanks; punctuation stays."""
    plain = unicodedata.normalize("NFKD", text.translate(_SAME)).casefold()
    return " ".join("".join(char for char in plain if not unicodedata.combining(char)).split())


_SAME = {ord(char): plain for plain, variants in (("'", "‘’ʼ`"), ('"', "“”"), ("-", "‐‑–—")) for char in variants}
