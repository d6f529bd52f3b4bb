"""Names and texts compared without their spelling: folding, slugs, and the closest names for "did you mean"."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

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


def closest(name: str, names: list[str], *, limit: int = 2) -> tuple[str, ...]:
    """The names that are spelt most like this name, best first.

    >>> closest("directr", ["director", "writer"])
    ('director',)
    """
    worst = max(2, len(name) // 3)
    found = process.extract(
        name.casefold(), names, scorer=OSA.distance, processor=str.casefold, score_cutoff=worst, limit=limit
    )
    return tuple(match for match, distance, _ in found if distance <= found[0][1] + 1)


def fold_passage(text: str) -> str:
    """A passage without case and accents, with one kind of quotes, dashes and blanks; punctuation stays."""
    plain = unicodedata.normalize("NFKD", text.translate(_SAME)).casefold()
    return " ".join("".join(char for char in plain if not unicodedata.combining(char)).split())


_SAME = {ord(char): plain for plain, variants in (("'", "‘’ʼ`"), ('"', "“”"), ("-", "‐‑–—")) for char in variants}
