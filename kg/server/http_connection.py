"""HTTP connections: uvicorn's protocol, with bounds for slow clients and long requests, and with ready responses.

uvicorn bounds how long a connection may be idle between two requests, but neither how long the head of a request may
take nor how long it may be, nor how slowly a response may be read, nor how many connections a client may have. It goes
on receiving a body whose request has been answered, and goes on answering a client that has left.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import struct
import termios
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from kg.errors import LimitError
from kg.server.http.access_log import LoggedRequest, client_fields
from kg.server.middleware import MAX_URL_BYTES, as_ready, ready_response, record_request, request_key
from kg.server.problems import PROBLEM, internal_error, problem_document, problem_response
from kg.server.response_cache import ReadyResponse
from kg.server.snapshot import GraphService

_MAX_HEAD_BYTES = 1 << 19
_MAX_CONNECTIONS = 1000
"""For each process; a further one is answered with 503."""
_STUCK_SECONDS = 60.0
"""A slow reader's window opens by steps, which are half a minute apart when it reads two kilobytes a second."""
_DRAIN_SECONDS = 1.0


@dataclass(frozen=True)
class _Refusal:
    """The answer to a head that is not read any further."""

    status: int
    detail: str
    headers: str = ""

    @cached_property
    def response(self) -> bytes:
        document = problem_document(HTTPException(self.status, self.detail))
        body = json.dumps(document).encode()
        head = (
            f"HTTP/1.1 {self.status} {document['title']}\r\n{self.headers}content-type: {PROBLEM}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        return head.encode("ascii") + body


_TOO_SLOW = _Refusal(408, "The head of the request came too slowly.")
_URL_TOO_LONG = _Refusal(414, f"A URL has at most {MAX_URL_BYTES:,} bytes.")
_HEAD_TOO_LONG = _Refusal(431, f"The head of a request has at most {_MAX_HEAD_BYTES:,} bytes.")
_NOT_ONE_HOST = _Refusal(400, "A request has one Host field.")
_NOT_HTTP = _Refusal(400, "This is no request of HTTP/1.1: its method, a header field or its body is malformed.")
_TOO_MANY = _Refusal(503, "Too many connections are open; ask again in a moment.", "retry-after: 1\r\n")
_STATUS_LINES = {200: b"HTTP/1.1 200 OK\r\n", 500: b"HTTP/1.1 500 Internal Server Error\r\n"}
_NOT_SIMPLE = frozenset((b"if-none-match", b"content-length", b"transfer-encoding", b"expect", b"upgrade"))
_CYCLE = "kg.cycle"


class ClientConnections:
    """The open connections of each client, the oldest first; none has more than a number of them."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._connections: defaultdict[str, dict[BoundedConnection, None]] = defaultdict(dict)

    def add(self, connection: BoundedConnection) -> None:
        """Add one; if these are too many, the oldest that awaits a request is closed, or else this one is refused."""
        connections = self._connections[connection.client_address]
        connections[connection] = None
        if len(connections) > self.limit:
            waiting = next((other for other in connections if other.is_awaiting), connection)
            if waiting is connection:
                connection.refuse(_TOO_MANY)
            else:
                waiting.is_ending = True
                waiting.transport.close()
                del connections[waiting]

    def discard(self, connection: BoundedConnection) -> None:
        """Remove one."""
        address = connection.client_address
        self._connections[address].pop(connection, None)
        if not self._connections[address]:
            del self._connections[address]


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's connection, with bounds for the head of a request and for clients that do not read on."""

    clients = ClientConnections(_MAX_CONNECTIONS)
    head_started = 0.0
    head_size = 0
    unread = 0
    unread_since = 0.0
    is_ending = False
    """True when what the client still sends is not read any more."""
    is_lost = False
    answering: asyncio.Task[Any] | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._application = cast("ASGIApp", self.app)
        self.app = self._answer

    @property
    def client_address(self) -> str:
        """The client's IP address; empty where it has left before it was known."""
        return self.client[0] if self.client is not None else ""

    @property
    def is_awaiting(self) -> bool:
        """True when no complete request is being answered."""
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self.head_started = self.loop.time()
        self.clients.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has left: nobody waits for the response."""
        self.is_lost = True
        self.clients.discard(self)
        super().connection_lost(exc)
        if self.answering is not None:
            self.answering.cancel()

    def data_received(self, data: bytes) -> None:
        """The client has sent something."""
        if self.is_ending:
            return
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
        if self.is_ending:
            return
        self.head_started, self.head_size = 0.0, 0
        hosts = sum(name == b"host" for name, _ in self.headers)
        if len(self.url) > MAX_URL_BYTES:
            self.refuse(_URL_TOO_LONG)
        elif hosts > 1 or (hosts == 0 and self.parser.get_http_version() >= "1.1"):
            # https://www.rfc-editor.org/rfc/rfc9112#section-3.2
            self.refuse(_NOT_ONE_HOST)
        elif self.answer_at_once():
            # An idle connection waits for its next head.
            self.head_started = self.loop.time()
        else:
            super().on_headers_complete()
            self.scope[_CYCLE] = self.cycle  # type: ignore[literal-required]
            self.cycle.transport = _ResponseChannel(self)  # type: ignore[assignment]

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser takes for no HTTP; in the middle of a response, the connection only ends."""
        if self.is_ending:
            return
        if self.is_awaiting:
            self.refuse(_NOT_HTTP)
        else:
            self.is_ending = True
            self.transport.close()

    def on_body(self, body: bytes) -> None:
        """A part of the body has come."""
        if not self.is_ending:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is complete; one that has been answered at once has no cycle of uvicorn's."""
        if self.cycle is not None and not self.is_ending:
            super().on_message_complete()

    def answer_at_once(self) -> bool:
        """Answer the request whose head is complete, if that needs no application; True when it is answered."""
        return False

    def refuse(self, refusal: _Refusal) -> None:
        """Send this, and close the connection."""
        self.is_ending = True
        self.transport.write(refusal.response)
        self.transport.close()
        if self.head_size or not self.head_started:  # not a connection that was only open
            self.record_refusal(refusal.status)

    def record_refusal(self, status: int) -> None:
        """Called after a refusal, for a log."""

    def end(self) -> None:
        """Close the connection.

        While a body still comes, only for writing at first: data that nobody has read resets the connection, and the
        client loses the response.
        """
        if self.is_ending or self.transport.is_closing() or not self.cycle.more_body:
            self.transport.close()
            return
        self.is_ending = True
        self.flow.resume_reading()
        self.transport.write_eof()
        self.loop.call_later(_DRAIN_SECONDS, self.transport.abort)

    def check(self, now: float, head_seconds: float) -> None:
        """Close the connection of a client that sends too slowly, or does not read on."""
        if self.head_started and now - self.head_started > head_seconds:
            self.refuse(_TOO_SLOW)
        unread = self.transport.get_write_buffer_size() if not self.transport.is_closing() else 0
        unread += _unacknowledged(self.transport) if unread else 0
        if unread == 0 or unread != self.unread:
            self.unread, self.unread_since = unread, now
        elif now - self.unread_since > _STUCK_SECONDS:
            self.transport.abort()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the application answer a request, as long as the client is there."""
        cycle: RequestResponseCycle = scope[_CYCLE]
        is_full = len(self.connections) > _MAX_CONNECTIONS

        async def send_on(message: Any) -> None:
            if message["type"] == "http.response.start" and (cycle.more_body or is_full):
                # Who has its answer has no reason to go on sending.
                cycle.keep_alive = False
            await send(message)

        self.answering = asyncio.current_task()
        try:
            await (_refuse if is_full else self._application)(scope, receive, send_on)
        except asyncio.CancelledError:
            if not self.is_lost or self.answering is None:
                raise
            cycle.disconnected = True
            self.answering.uncancel()
        finally:
            self.answering = None


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer to a request on a connection too many."""
    error = LimitError("Too many connections are open; ask again in a moment.", limit="connections")
    await problem_response(error)(scope, receive, send)


class _ResponseChannel:
    """What a response is written to: a transport that is closed as `BoundedConnection.end` does."""

    def __init__(self, connection: BoundedConnection) -> None:
        self._connection, self._transport = connection, connection.transport
        self.write, self.is_closing = self._transport.write, self._transport.is_closing

    def close(self) -> None:
        """End the connection."""
        self._connection.end()


def _unacknowledged(transport: asyncio.Transport) -> int:
    """How many bytes the system has taken to send, and the client has not acknowledged; 0 where that is not known."""
    connection = transport.get_extra_info("socket")
    try:
        return int(struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)))[0])
    except OSError:
        return 0


class Connection(BoundedConnection):
    """A connection that writes ready responses itself, without ASGI."""

    def answer_at_once(self) -> bool:
        """Answer a GET that needs no worker."""
        headers = dict(self.headers)
        if self.parser.get_method() != b"GET" or not self._is_simple() or not _NOT_SIMPLE.isdisjoint(headers):
            return False
        started = time.perf_counter()
        service: GraphService = self.config.loaded_app.state.service
        rules = service.snapshot.rules
        if not rules.is_open and (b"origin" in headers or not rules.allows_host(headers)):
            return False
        path, _, query = self.url.partition(b"?")
        try:
            ready = ready_response(service.snapshot, request_key(path, query, headers))
        except Exception as error:  # raised through the parser, it would be taken for a fault of the client
            status, ready = 500, as_ready(internal_error(error), rules)
        else:
            status = 200
        if ready is None:
            return False
        self._write(status, ready)
        seconds, size = time.perf_counter() - started, len(ready.body)
        logged = LoggedRequest("GET", path, query, *client_fields(self.client, headers))
        record_request(service, logged, status, size=size, seconds=seconds, source=ready.source)
        return True

    def record_refusal(self, status: int) -> None:
        """Count and log it, with as much of the head as has come."""
        headers = dict(self.headers or ())
        method = "-" if self.head_started else self.parser.get_method().decode("ascii")
        path, _, query = (self.url or b"-").partition(b"?")
        seconds = self.loop.time() - self.head_started if self.head_started else 0.0
        logged = LoggedRequest(method, path, query, *client_fields(self.client, headers))
        record_request(self.config.loaded_app.state.service, logged, status, size=0, seconds=seconds)

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
