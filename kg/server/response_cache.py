"""Finished responses walk in; they walk out again when the same is asked of the same edition.

The key is all of a request that an answer depends on; the edition is who keeps them, so that no answer of one build is
ever given for another.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

_MOST, _LARGEST = 64 << 20, 2 << 20

Key = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """The fields of a response, the length of its body apart; also as the lines in which they are sent."""

    fields: tuple[tuple[bytes, bytes], ...]
    lines: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """A response, as it is sent."""

    status: int
    head: Head
    body: bytes
    tag: bytes = b""


def to_head(fields: Iterable[tuple[bytes, bytes]]) -> Head:
    """The head with these fields."""
    told = tuple(fields)
    return Head(told, b"".join(b"%s: %s\r\n" % one for one in told))


class Answers:
    """The responses that were given last, up to so many bytes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: Key) -> Kept | None:
        """The response to this request, if it is kept."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: Key, response: Kept) -> None:
        """Keep a response; those that were asked for longest ago go."""
        size = _size(key, response)
        if size > _LARGEST or key in self._kept:
            return
        self._kept[key] = response
        self._size += size
        while self._size > _MOST:
            self._size -= _size(*self._kept.popitem(last=False))


def _size(key: Key, response: Kept) -> int:
    return 500 + sum(map(len, key)) + len(response.body)
