"""HTTP connections: uvicorn's protocol, with bounds for slow clients and long requests, and with ready responses.

uvicorn bounds how long a connection may be idle between two requests, but neither how long the head of a request may
take nor how long it may be, nor how slowly a response may be read.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kg.server.middleware import MAX_URL_BYTES, as_ready, ready_response, record_request, request_key
from kg.server.problems import internal_error
from kg.server.response_cache import ReadyResponse
from kg.server.snapshot import GraphService

_MAX_HEAD_BYTES = 1 << 19
_STUCK_SECONDS = 30.0
_TOO_SLOW, _URL_TOO_LONG, _HEAD_TOO_LONG = (
    b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    for status in (b"408 Request Timeout", b"414 URI Too Long", b"431 Request Header Fields Too Large")
)
_STATUS_LINES = {200: b"HTTP/1.1 200 OK\r\n", 500: b"HTTP/1.1 500 Internal Server Error\r\n"}
_NOT_SIMPLE = frozenset((b"if-none-match", b"content-length", b"transfer-encoding", b"expect", b"upgrade"))


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's connection, with bounds for the head of a request and for clients that do not read on."""

    head_started = 0.0
    head_size = 0
    unread = 0
    unread_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self.head_started = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """The client has sent something."""
        if self.head_started:
            self.head_size += len(data)
            if self.head_size > _MAX_HEAD_BYTES:
                self.refuse(_HEAD_TOO_LONG)
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        if not self.head_started:
            self.head_started = self.loop.time()

    def on_headers_complete(self) -> None:
        """The head of a request is complete."""
        self.head_started, self.head_size = 0.0, 0
        if len(self.url) > MAX_URL_BYTES:
            self.refuse(_URL_TOO_LONG)
        else:
            super().on_headers_complete()

    def refuse(self, response: bytes) -> None:
        """Send this, and close the connection."""
        self.transport.write(response)
        self.transport.close()

    def check(self, now: float, head_seconds: float) -> None:
        """Close the connection of a client that sends too slowly, or does not read on."""
        if self.head_started and now - self.head_started > head_seconds:
            self.refuse(_TOO_SLOW)
        unread = self.transport.get_write_buffer_size() if not self.transport.is_closing() else 0
        if unread == 0 or unread != self.unread:
            self.unread, self.unread_since = unread, now
        elif now - self.unread_since > _STUCK_SECONDS:
            self.transport.abort()


class Connection(BoundedConnection):
    """A connection that writes ready responses itself, without ASGI."""

    def on_headers_complete(self) -> None:
        """The head of a request is complete: answer it now, if that needs no worker."""
        if len(self.url) > MAX_URL_BYTES or not self._answer_ready():
            super().on_headers_complete()
        else:
            # An idle connection waits for its next head.
            self.head_started, self.head_size = self.loop.time(), 0

    def on_message_complete(self) -> None:
        """A request is complete; one that has been answered has no cycle of uvicorn's."""
        if self.cycle is not None:
            super().on_message_complete()

    def _answer_ready(self) -> bool:
        headers = dict(self.headers)
        if self.parser.get_method() != b"GET" or not self._is_simple() or not _NOT_SIMPLE.isdisjoint(headers):
            return False
        started = time.perf_counter()
        service: GraphService = self.config.loaded_app.state.service
        path, _, query = self.url.partition(b"?")
        try:
            ready = ready_response(service.snapshot, request_key(path, query, headers))
        except Exception as error:  # raised through the parser, it would be taken for a fault of the client
            status, ready = 500, as_ready(internal_error(error))
        else:
            status = 200
        if ready is None:
            return False
        self._write(status, ready)
        seconds, size = time.perf_counter() - started, len(ready.body)
        record_request(service, "GET", path, query, status, size=size, seconds=seconds, source=ready.source)
        return True

    def _write(self, status: int, ready: ReadyResponse) -> None:
        dates = (b"%s: %s\r\n" % header for header in self.server_state.default_headers)
        length = b"content-length: %d\r\n\r\n" % len(ready.body)
        self.transport.write(b"".join((_STATUS_LINES[status], *dates, ready.head.lines, length, ready.body)))
        self.server_state.total_requests += 1

    def _is_simple(self) -> bool:
        """True when nothing else is being answered, and the connection stays open."""
        is_busy = self.cycle is not None and not self.cycle.response_complete
        is_open = self.parser.should_keep_alive() and not self.transport.is_closing()
        return is_open and not is_busy and not self.pipeline and not self.flow.write_paused


async def check_connections(connections: set[Any], head_seconds: float) -> None:
    """Close the connections of slow clients, as long as it runs."""
    while True:
        await asyncio.sleep(min(1.0, head_seconds / 2))
        now = asyncio.get_running_loop().time()
        for connection in list(connections):
            if isinstance(connection, BoundedConnection):
                connection.check(now, head_seconds)
