"""Characters that nobody sees: zero-width spaces, soft hyphens, marks of the direction of writing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_JOINERS = "\u200c\u200d"
_ZERO_WIDTH_SPACE = "\u200b"


@dataclass(frozen=True, slots=True)
class InvisibleChar:
    """An invisible character at an offset of a text; it `is_removable` if the text surely means the same without."""

    char: str
    offset: int
    is_removable: bool

    @property
    def name(self) -> str:
        """Its code and its name: `U+200B, zero width space`."""
        return f"U+{ord(self.char):04X}, {unicodedata.name(self.char, 'unnamed').lower()}"


def find_invisible(text: str) -> Iterator[InvisibleChar]:
    """Yield the invisible characters of a text that has no use for them.

    Scripts of India and Persia, and emoji, need joiners. Texts from right to left may need marks of direction.

    >>> [(found.name, found.offset) for found in find_invisible("Sean\\u200b Baker")]
    [('U+200B, zero width space', 4)]
    >>> [found.is_removable for found in find_invisible("Sean\\u200bBaker, \\u202eInês")]
    [False, True]
    """
    for match in _INVISIBLE.finditer(text):
        offset = match.start()
        before, after = text[max(0, offset - 1) : offset], text[offset + 1 : offset + 2]
        if match[0] in _JOINERS:
            if all(_is_latin(char) for char in (before, after)):
                yield InvisibleChar(match[0], offset, is_removable=True)
        elif match[0] == _ZERO_WIDTH_SPACE:
            yield InvisibleChar(match[0], offset, is_removable=not (before.isalnum() and after.isalnum()))
        elif unicodedata.bidirectional(match[0]) == "BN" or not _is_right_to_left(text):
            yield InvisibleChar(match[0], offset, is_removable=True)


def _is_latin(char: str) -> bool:
    """True for a Latin letter, for any other character of ASCII, and for the end of the text."""
    return not char or char.isascii() or unicodedata.name(char, "").startswith("LATIN")


def _is_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(char) in ("R", "AL") and char not in "\u200f" for char in text)
