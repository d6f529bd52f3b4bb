"""A name walks in; what is left of it when spelling is set aside walks out: plain small letters, digits and blanks."""

from __future__ import annotations

import re
from functools import lru_cache

_APOSTROPHES = re.compile(r"['‘’ʼ`´]")
_REST = re.compile(r"[\W_]+")


@lru_cache(maxsize=65_536)
def to_folded(text: str) -> str:
    """A name without accents, case, punctuation and foreign script, so that two spellings of it can be compared.

    >>> to_folded("Amélie"), to_folded("Palme d’Or"), to_folded("Сталкер"), to_folded("Fast & Furious")
    ('amelie', 'palme dor', 'stalker', 'fast and furious')
    >>> to_folded("…")
    '…'
    """
    plain = _APOSTROPHES.sub("", text).replace("&", " and ")
    if not plain.isascii():
        from anyascii import anyascii  # half of all names never need its tables

        plain = anyascii(plain)
    folded = _REST.sub(" ", plain.casefold()).strip()
    return folded or text.casefold().strip()
