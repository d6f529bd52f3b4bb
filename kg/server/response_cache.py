"""The response cache: finished responses of one snapshot, keyed by all of a request that they depend on.

The cache belongs to its snapshot, so that no response of one build is ever given for another.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

_MAX_BYTES, _MAX_RESPONSE, _OVERHEAD = 64 << 20, 2 << 20, 500

Headers = tuple[tuple[bytes, bytes], ...]
CacheKey = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """The headers of a response except the length of its body; also as the lines in which they are sent."""

    headers: Headers
    lines: bytes


@dataclass(frozen=True, slots=True)
class ReadyResponse:
    """A response with status 200; `source` is the metric that counts such responses."""

    head: ResponseHead
    body: bytes
    source: str

    @property
    def headers(self) -> Headers:
        """All its headers."""
        return (*self.head.headers, (b"content-length", b"%d" % len(self.body)))


def response_head(headers: Iterable[tuple[bytes, bytes]]) -> ResponseHead:
    """The head with these headers; a length among them is left out."""
    others = tuple(header for header in headers if header[0] != b"content-length")
    return ResponseHead(others, b"".join(b"%s: %s\r\n" % header for header in others))


class ResponseCache:
    """The responses that were asked for last, up to a number of bytes."""

    def __init__(self) -> None:
        self._responses: OrderedDict[CacheKey, ReadyResponse] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return len(self._responses)

    def find(self, key: CacheKey) -> ReadyResponse | None:
        """The response to such a request, if it is cached."""
        response = self._responses.get(key)
        if response is not None:
            self._responses.move_to_end(key)
        return response

    def store(self, key: CacheKey, response: ReadyResponse) -> None:
        """Cache a response, unless it is too long; those that were asked for longest ago are removed."""
        size = _size(key, response)
        if size > _MAX_RESPONSE or key in self._responses:
            return
        self._responses[key] = response
        self._size += size
        while self._size > _MAX_BYTES:
            self._size -= _size(*self._responses.popitem(last=False))


def _size(key: CacheKey, response: ReadyResponse) -> int:
    return _OVERHEAD + sum(map(len, key)) + len(response.body)
