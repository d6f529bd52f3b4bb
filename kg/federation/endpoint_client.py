"""HTTP client of SPARQL endpoints: limits of time and size, retries, and a cache on disk.

An endpoint that throttles (429, or 503 with Retry-After) is called again, as often and after as long as the
configuration allows. A redirect is followed only to an address that is listed. Only answers with status 200 are cached.
"""

from __future__ import annotations

import contextlib
import email.utils
import hashlib
import http.client
import os
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

from kg.errors import LimitError, RemoteError
from kg.federation.config import ServiceConfig, Services
from kg.version import __version__

JSON = "application/sparql-results+json"
TURTLE = ("application/n-triples", "text/turtle")
"""What triples are asked for in: one parser reads both."""
_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_REDIRECTS = 3
_MAX_IDLE = 4
"""How many connections to an endpoint stay open."""
T = TypeVar("T")
_NETWORK_ERRORS = (OSError, http.client.HTTPException, ValueError)


@dataclass(frozen=True, slots=True)
class EndpointRequest:
    """A query, the media types of its answer, and the dataset that it is asked of; without one, the endpoint's own.

    https://www.w3.org/TR/sparql11-protocol/#dataset. Without a query, the endpoint is asked for its description
    (https://www.w3.org/TR/sparql11-service-description/#accessing).
    """

    query: str
    accept: tuple[str, ...] = (JSON,)
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()

    def to_form(self) -> bytes:
        """The body of the request."""
        graphs = [("default-graph-uri", iri) for iri in self.default_graphs]
        graphs += [("named-graph-uri", iri) for iri in self.named_graphs]
        return urlencode([("query", self.query), *graphs]).encode()


@dataclass(frozen=True, slots=True)
class _HttpReply:
    """What the client reads of an HTTP response."""

    status: int
    body: bytes
    location: str
    retry_after: str
    media_type: str
    content_encoding: str
    sql_state: str
    """The warning of Virtuoso that a result is incomplete: `S1TAT`."""


@dataclass(frozen=True)
class EndpointClient:
    """Calls the endpoints of a project; answers are cached in `folder`."""

    services: Services
    folder: Path
    sleep: Callable[[float], None] = time.sleep
    _idle: dict[str, list[http.client.HTTPConnection]] = field(default_factory=dict, repr=False, compare=False)
    """Scheme and host -> open connections that no request uses."""

    def __post_init__(self) -> None:
        weakref.finalize(self, _close_all, self._idle)

    def fetch(
        self, config: ServiceConfig, request: EndpointRequest, read: Callable[[bytes], T], *, max_bytes: int
    ) -> tuple[T, int]:
        """What `read` makes of the endpoint's answer, and the size of the answer; what can be read is cached.

        Raises `RemoteError` when the endpoint fails, `LimitError` when it is too slow or its answer too large.
        """
        path = self.folder / hashlib.sha256(config.address.encode() + b"\x00" + request.to_form()).hexdigest()
        cached = _read_cached(path, config.keep) if config.keep else None
        if cached is not None and len(cached) <= max_bytes:
            with contextlib.suppress(RemoteError):
                return read(cached), len(cached)
        body = self._request(config, request, max_bytes)
        result = read(body)
        if config.keep:
            _cache(path, body, config.keep)
        return result, len(body)

    def _request(self, config: ServiceConfig, request: EndpointRequest, max_bytes: int) -> bytes:
        address, waited = config.address, 0.0
        redirects = attempts = 0
        while True:
            reply = self._post(config, address, request, max_bytes)
            if reply.status == 200:
                _check_reply(reply, config, request)
                return reply.body
            if reply.status in _REDIRECTS:
                address, redirects = self._redirect(address, reply, redirects), redirects + 1
            elif reply.status == 429 or (reply.status == 503 and reply.retry_after):
                pause = _pause(reply.retry_after, attempts)
                waited, attempts = waited + pause, attempts + 1
                if attempts > config.retries or waited > config.patience:
                    message = f"{config.address} is busy ({reply.status}) and can be called again in {pause:g} s."
                    raise RemoteError(message)
                self.sleep(pause)
            else:
                raise RemoteError(f"{config.address} answered with status {reply.status}{_excerpt(reply.body)}.")

    def _redirect(self, address: str, reply: _HttpReply, redirects: int) -> str:
        target = urljoin(address, reply.location)
        if target not in self.services.by_address or redirects >= _MAX_REDIRECTS:
            message = f"{address} redirects to {target[:200]!r}, which is not followed: only listed addresses are."
            raise RemoteError(message)
        return target

    def _post(self, config: ServiceConfig, address: str, request: EndpointRequest, max_bytes: int) -> _HttpReply:
        parts = urlsplit(address)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Accept": ", ".join(request.accept),
            "Accept-Encoding": "identity",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": self._user_agent(),
        }
        call = ("POST", path, request.to_form(), headers) if request.query else ("GET", path, b"", headers)
        idle = self._idle.setdefault(f"{parts.scheme}://{parts.netloc}", [])
        with contextlib.suppress(IndexError, ConnectionError, http.client.RemoteDisconnected):
            # The endpoint may have closed a connection that was idle: then a new one is made.
            return _exchange(idle.pop(), call, config, max_bytes, idle)
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        try:
            connection = connect(parts.hostname or "", parts.port, timeout=max(config.timeout, 0.001))
            return _exchange(connection, call, config, max_bytes, idle)
        except _NETWORK_ERRORS as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise RemoteError(f"{config.address} cannot be reached: {reason}.") from error

    def _user_agent(self) -> str:
        contact = f"; {self.services.contact}" if self.services.contact else ""
        return f"film-knowledge-graph/{__version__} (https://w3id.org/filmgraph/{contact})"


def _close_all(connections: Mapping[str, list[http.client.HTTPConnection]]) -> None:
    for connection in (connection for idle in connections.values() for connection in idle):
        connection.close()


_Call = tuple[str, str, bytes, dict[str, str]]
"""Method, path, body and headers."""


def _exchange(
    connection: http.client.HTTPConnection,
    call: _Call,
    config: ServiceConfig,
    max_bytes: int,
    idle: list[http.client.HTTPConnection],
) -> _HttpReply:
    """One request on a connection, which is idle again afterwards if the endpoint keeps it open."""
    try:
        with _deadline(config) as deadline:
            if connection.sock is None:
                connection.sock = _connect(connection, deadline)
            connection.sock.settimeout(max(config.timeout, 0.001))
            deadline.watch(connection.sock)
            connection.request(*call)
            response = connection.getresponse()
            reply = _read_reply(response, config, max_bytes)
    except BaseException:
        connection.close()
        raise
    if response.isclosed() and not response.will_close and len(idle) < _MAX_IDLE:
        idle.append(connection)
    else:
        connection.close()
    return reply


def _connect(connection: http.client.HTTPConnection, deadline: _Deadline) -> socket.socket:
    """A socket to the host of a connection; `connect` would allow each of its addresses all of the time."""
    failed: OSError = TimeoutError()
    for family, kind, protocol, _, address in socket.getaddrinfo(
        connection.host, connection.port, type=socket.SOCK_STREAM
    ):
        try:
            plain = socket.socket(family, kind, protocol)
        except OSError as error:  # a machine may know addresses of a family that it does not speak
            failed = error
            continue
        try:
            deadline.watch(plain)
            plain.settimeout(deadline.remaining)
            plain.connect(address)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not isinstance(connection, http.client.HTTPSConnection):
                return plain
            return _secure(plain, connection.host, deadline)
        except OSError as error:
            plain.close()
            failed = error
    raise failed


def _secure(plain: socket.socket, host: str, deadline: _Deadline) -> socket.socket:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    secured = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
    try:
        deadline.watch(secured)
        secured.do_handshake()
    except OSError:
        secured.close()
        raise
    return secured


def _check_reply(reply: _HttpReply, config: ServiceConfig, request: EndpointRequest) -> None:
    """Raise `RemoteError` for a response that cannot be read, `LimitError` for one that its endpoint cut short."""
    if reply.content_encoding not in ("", "identity"):
        encoding = repr(reply.content_encoding)
        raise RemoteError(f"{config.address} compressed its response ({encoding}), which is not supported.")
    if reply.media_type not in request.accept:
        media_type, wanted = reply.media_type or "no media type", " or ".join(request.accept)
        raise RemoteError(f"{config.address} answered with {media_type}, not {wanted}.")
    if reply.sql_state == "S1TAT":
        raise LimitError(f"{config.address} reached its own time limit and answered in part.", limit="seconds")


@dataclass
class _Deadline:
    """Closes a connection when its time is over: a socket's own timeout starts again with every byte."""

    ends: float
    """On the monotonic clock."""
    is_over: bool = False
    connection: socket.socket | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def remaining(self) -> float:
        """Seconds, more than none."""
        return max(self.ends - time.monotonic(), 0.001)

    def watch(self, connection: socket.socket) -> None:
        with self.lock:
            self.connection = connection
            if self.is_over:
                raise TimeoutError

    def expire(self) -> None:
        with self.lock:
            self.is_over = True
            if self.connection is not None:
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def _deadline(config: ServiceConfig) -> Iterator[_Deadline]:
    """Raise `LimitError` for whatever fails, or seems to succeed, after the time is over."""
    deadline = _Deadline(time.monotonic() + config.timeout)
    timer = threading.Timer(config.timeout, deadline.expire)
    timer.daemon = True
    timer.start()
    try:
        yield deadline
    except _NETWORK_ERRORS as error:
        if deadline.is_over or isinstance(error, TimeoutError):
            raise _too_slow(config) from error
        raise
    else:
        if deadline.is_over:
            raise _too_slow(config)  # closed in the middle of an answer, which may look like its end
    finally:
        timer.cancel()


def _too_slow(config: ServiceConfig) -> LimitError:
    return LimitError(f"{config.address} took longer than {config.timeout:g} seconds.", limit="seconds")


def _read_reply(response: http.client.HTTPResponse, config: ServiceConfig, max_bytes: int) -> _HttpReply:
    body = response.read(max_bytes + 1)
    if len(body) > max_bytes:
        raise LimitError(f"{config.address} answered with more than {config.largest:g} MB.", limit="bytes")
    length = response.getheader("Content-Length", "")
    if length.isascii() and length.isdecimal() and len(body) < int(length):
        raise http.client.IncompleteRead(body, int(length) - len(body))
    return _HttpReply(
        response.status,
        body,
        response.getheader("Location", ""),
        response.getheader("Retry-After", ""),
        response.getheader("Content-Type", "").partition(";")[0].strip().lower(),
        response.getheader("Content-Encoding", "").strip().lower(),
        response.getheader("X-SQL-State", "").strip(),
    )


def _pause(retry_after: str, attempts: int) -> float:
    """Seconds to wait: Retry-After as seconds or a date (RFC 9110, section 10.2.3), else longer with each attempt."""
    text = retry_after.strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return float(1 << min(attempts, 6))


def _excerpt(body: bytes) -> str:
    text = body[:200].decode("utf-8", "replace")
    words = "".join(char if char.isprintable() else " " for char in text).split()
    return f": {' '.join(words)}" if words else ""


def _read_cached(path: Path, seconds: float) -> bytes | None:
    try:
        is_fresh = time.time() - path.stat().st_mtime < seconds
        return path.read_bytes() if is_fresh else None
    except OSError:
        return None


def _cache(path: Path, body: bytes, seconds: float) -> None:
    """Cache an answer and remove those that are too old; nothing is cached when the disk cannot be written to."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.iterdir():
            if time.time() - old.stat().st_mtime >= seconds:
                old.unlink(missing_ok=True)
        fresh.write_bytes(body)
        fresh.replace(path)
