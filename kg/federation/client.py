"""A query walks in; the bytes of an endpoint's answer walk out, within bounds of time and size, or from the disk.

An endpoint that asks for patience (429, or 503 with Retry-After) is asked again, as often and after as long as the
configuration bears. It is never followed to an address that is not listed. Nothing but an answer with status 200 is
kept.
"""

from __future__ import annotations

import contextlib
import email.utils
import hashlib
import http.client
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

from kg.errors import LimitError, RemoteError
from kg.federation.config import ServiceConfig, Services
from kg.version import __version__

JSON = "application/sparql-results+json"
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 3
T = TypeVar("T")
_BROKEN = (OSError, http.client.HTTPException, ValueError)


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: bytes
    location: str
    retry_after: str
    media: str
    coding: str


@dataclass(frozen=True)
class EndpointClient:
    """Asks the endpoints of a project; answers are kept in `folder`."""

    services: Services
    folder: Path
    sleep: Callable[[float], None] = time.sleep

    def fetch(self, listed: ServiceConfig, query: str, read: Callable[[bytes], T], *, most: int) -> tuple[T, int]:
        """What is read in the endpoint's answer, and its size in bytes, `most` at most; what can be read is kept.

        Raises `RemoteError` when the endpoint fails, `LimitError` when it is too slow or its answer too large.
        """
        kept = self.folder / hashlib.sha256(f"{listed.address}\x00{query}".encode()).hexdigest()
        found = _read_kept(kept, listed.keep) if listed.keep else None
        if found is not None and len(found) <= most:
            with contextlib.suppress(RemoteError):
                return read(found), len(found)
        body = self._ask(listed, query, most)
        told = read(body)
        if listed.keep:
            _keep(kept, body, listed.keep)
        return told, len(body)

    def _ask(self, listed: ServiceConfig, query: str, most: int) -> bytes:
        address, waited = listed.address, 0.0
        redirects = attempts = 0
        while True:
            reply = self._post(listed, address, query, most)
            if reply.status == 200:
                if reply.coding not in ("", "identity"):
                    raise RemoteError(f"{listed.address} answered with {reply.coding!r}, though asked not to pack.")
                if reply.media != JSON:
                    raise RemoteError(f"{listed.address} answered with {reply.media or 'no media type'}, not {JSON}.")
                return reply.body
            if reply.status in _REDIRECTS:
                address, redirects = self._redirected(address, reply, redirects), redirects + 1
            elif reply.status == 429 or (reply.status == 503 and reply.retry_after):
                pause = _pause(reply.retry_after, attempts)
                waited, attempts = waited + pause, attempts + 1
                if attempts > listed.retries or waited > listed.patience:
                    raise RemoteError(
                        f"{listed.address} is busy ({reply.status}) and asks to come back in {pause:g} s."
                    )
                self.sleep(pause)
            else:
                raise RemoteError(f"{listed.address} answered with status {reply.status}{_words(reply.body)}.")

    def _redirected(self, address: str, reply: _Reply, redirects: int) -> str:
        target = urljoin(address, reply.location)
        if target not in self.services.by_address or redirects >= _MOST_REDIRECTS:
            raise RemoteError(
                f"{address} leads on to {target[:200]!r}, which is not followed: only listed addresses are."
            )
        return target

    def _post(self, listed: ServiceConfig, address: str, query: str, most: int) -> _Reply:
        parts = urlsplit(address)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Accept": JSON,
            "Accept-Encoding": "identity",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": self._agent(),
        }
        form = urlencode({"query": query}).encode()
        try:
            connection = kind(parts.hostname or "", parts.port, timeout=max(listed.timeout, 0.001))
            with contextlib.closing(connection), _deadline(listed) as clock:
                connection.connect()
                clock.cuts(connection.sock)
                connection.request("POST", path, form, headers)
                return _read_reply(connection.getresponse(), listed, most)
        except _BROKEN as error:
            raise RemoteError(f"{listed.address} cannot be asked: {str(error) or type(error).__name__}.") from error

    def _agent(self) -> str:
        contact = f"; {self.services.contact}" if self.services.contact else ""
        return f"film-knowledge-graph/{__version__} (https://w3id.org/filmgraph/{contact})"


@dataclass
class _Clock:
    """Cuts a connection when its time is over: a socket's own timeout begins anew with every byte."""

    is_over: bool = False
    connected: socket.socket | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def cuts(self, connected: socket.socket) -> None:
        with self.lock:
            self.connected = connected
            if self.is_over:
                raise TimeoutError

    def ring(self) -> None:
        with self.lock:
            self.is_over = True
            if self.connected is not None:
                with contextlib.suppress(OSError):
                    self.connected.shutdown(socket.SHUT_RDWR)


@contextmanager
def _deadline(listed: ServiceConfig) -> Iterator[_Clock]:
    """Raise `LimitError` for what goes wrong, or seems to go well, after the time is over."""
    clock = _Clock()
    timer = threading.Timer(listed.timeout, clock.ring)
    timer.daemon = True
    timer.start()
    try:
        yield clock
    except _BROKEN as error:
        if clock.is_over or isinstance(error, TimeoutError):
            raise _too_slow(listed) from error
        raise
    else:
        if clock.is_over:
            raise _too_slow(listed)  # Cut off in the middle, which may look like an end.
    finally:
        timer.cancel()


def _too_slow(listed: ServiceConfig) -> LimitError:
    return LimitError(f"{listed.address} took longer than {listed.timeout:g} seconds.", limit="seconds")


def _read_reply(response: http.client.HTTPResponse, listed: ServiceConfig, most: int) -> _Reply:
    body = response.read(most + 1)
    if len(body) > most:
        raise LimitError(f"{listed.address} answered with more than {listed.largest:g} MB.", limit="bytes")
    length = response.getheader("Content-Length", "")
    if length.isascii() and length.isdecimal() and len(body) < int(length):
        raise http.client.IncompleteRead(body, int(length) - len(body))
    return _Reply(
        response.status,
        body,
        response.getheader("Location", ""),
        response.getheader("Retry-After", ""),
        response.getheader("Content-Type", "").partition(";")[0].strip().lower(),
        response.getheader("Content-Encoding", "").strip().lower(),
    )


def _pause(retry_after: str, attempts: int) -> float:
    """Seconds to wait: what the endpoint asks for, as seconds or a date (RFC 9110, 10.2.3), or ever longer."""
    text = retry_after.strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return float(1 << min(attempts, 6))


def _words(body: bytes) -> str:
    text = " ".join("".join(one if one.isprintable() else " " for one in body[:200].decode("utf-8", "replace")).split())
    return f": {text}" if text else ""


def _read_kept(path: Path, keep: float) -> bytes | None:
    try:
        is_fresh = time.time() - path.stat().st_mtime < keep
        return path.read_bytes() if is_fresh else None
    except OSError:
        return None


def _keep(path: Path, body: bytes, keep: float) -> None:
    """Keep an answer, and sweep away those that are too old; a disk that cannot be written keeps none."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        for old in path.parent.iterdir():
            if time.time() - old.stat().st_mtime >= keep:
                old.unlink(missing_ok=True)
        fresh.write_bytes(body)
        fresh.replace(path)
