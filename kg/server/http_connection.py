"""Bytes of a client walk in; requests for the application walk out, unless the client is too slow or says too much.

uvicorn bounds how long a connection may do nothing between two requests, but neither how long the head of a request may
take nor how long it may be, nor how slowly a response may be read.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kg.server.middleware import LONGEST_ADDRESS, at_once

_LONGEST_HEAD = 1 << 19
_STUCK = 30.0
_SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_ADDRESS = b"HTTP/1.1 414 URI Too Long\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with bounds for the head of a request."""

    head_begun = 0.0
    head_size = 0
    unread = 0
    unread_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        self.head_begun = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """The client has sent something."""
        if self.head_begun:
            self.head_size += len(data)
            if self.head_size > _LONGEST_HEAD:
                self.part_with(_LONG)
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        if not self.head_begun:
            self.head_begun = self.loop.time()

    def on_headers_complete(self) -> None:
        """The head of a request is whole: answer it at once, if that can be done without waiting for anybody."""
        self.head_begun, self.head_size = 0.0, 0
        if len(self.url) > LONGEST_ADDRESS:
            self.part_with(_ADDRESS)
        elif not self.answer_at_once():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is whole; one that was answered at once has left nothing to be told of it."""
        if self.cycle is not None:
            super().on_message_complete()

    def answer_at_once(self) -> bool:
        """Write a lookup's answer, or what is kept, in one piece: half of what a request costs is saved so."""
        is_busy = self.cycle is not None and not self.cycle.response_complete
        if is_busy or self.pipeline or self.parser.get_method() != b"GET" or not self.parser.should_keep_alive():
            return False
        if self.transport.is_closing() or self.flow.write_paused:
            return False
        path, _, query = self.url.partition(b"?")
        try:
            ready = at_once(self.config.loaded_app.state.endpoint, path, query, self.headers)
        except Exception:
            # Whatever it is, the way through the routes will meet it again, and tell it.
            return False
        if ready is None:
            return False
        lines = [b"HTTP/1.1 200 OK\r\n", *(b"%s: %s\r\n" % one for one in self.server_state.default_headers)]
        self.transport.write(
            b"".join((*lines, ready.head.lines, b"content-length: %d\r\n\r\n" % len(ready.body), ready.body))
        )
        self.server_state.total_requests += 1
        # An idle connection waits for its next head.
        self.head_begun = self.loop.time()
        return True

    def part_with(self, words: bytes) -> None:
        """Say this, and close."""
        self.transport.write(words)
        self.transport.close()

    def look_after(self, now: float, head_seconds: float) -> None:
        """Part with a client that sends too slowly, or does not read on."""
        if self.head_begun and now - self.head_begun > head_seconds:
            self.part_with(_SLOW)
        unread = self.transport.get_write_buffer_size() if not self.transport.is_closing() else 0
        if unread == 0 or unread != self.unread:
            self.unread, self.unread_since = unread, now
        elif now - self.unread_since > _STUCK:
            self.transport.abort()


async def look_after(connections: set[Any], head_seconds: float) -> None:
    """Part with slow clients, as long as it runs."""
    while True:
        await asyncio.sleep(min(1.0, head_seconds / 2))
        now = asyncio.get_running_loop().time()
        for connection in list(connections):
            if isinstance(connection, Connection):
                connection.look_after(now, head_seconds)
