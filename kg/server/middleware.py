"""Every request walks in here and every response walks out: bounds, what is kept, compression, fields, counts, log.

What a client sends is bounded in size and time. A response to GET gets an ETag made of the edition - the graph does not
change but by another build - and is kept with the edition. Lookups are answered here, without a worker. Every response
gets the fields that keep a browser from running or loading what is not ours, if it has none of its own.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.errors import FilmGraphError
from kg.queries.result_writers import ROW_MEDIA_TYPES
from kg.server.metrics import CACHED, LOOKUPS
from kg.server.negotiation import best_media_type
from kg.server.problems import problem_of
from kg.server.request_params import HTML
from kg.server.response_cache import Head, Kept, Key, to_head
from kg.server.snapshot import Edition, Endpoint

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_FIELDS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Link, X-Complete, X-Total-Count, Retry-After"),
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)
_VARY = (b"vary", b"Accept, Accept-Encoding")
_REVALIDATE = (b"cache-control", b"no-cache")
_PREFLIGHT = (
    (b"allow", b"GET, HEAD, POST, OPTIONS"),
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
    (b"access-control-allow-headers", b"Accept, Content-Type, If-None-Match"),
    (b"access-control-max-age", b"86400"),
)
_SPARQL = b"/sparql"
_CONDITIONS = frozenset((b"if-none-match", b"content-length", b"transfer-encoding", b"expect", b"upgrade"))
_SMALL, _LARGE = 1000, 1 << 18
LONGEST_ADDRESS = 60_000
"""How many bytes an address may have; what reads them could not count beyond 65,535."""
_COUNTS = {status: f"kg_requests_{status}xx_total" for status in (2, 3, 4, 5)}
_TEXTS = (b"text/", b"application/json", b"application/sparql", b"application/ld", b"application/rdf", b"xml", b"json",
          b"application/n-", b"application/trig", b"javascript")  # fmt: skip


class Door:
    """The outermost layer of the application, before any route."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        endpoint: Endpoint = scope["app"].state.endpoint
        if scope["method"] == "GET":
            ready = at_once(endpoint, scope["raw_path"], scope["query_string"], scope["headers"])
            if ready is not None:
                await _send(ready, send)
                return
        passage = _Passage(scope, receive, send, endpoint)
        try:
            await passage.answer(self.app)
        finally:
            passage.tell()


@dataclass(slots=True)
class _Passage:
    """One request on its way."""

    scope: Scope
    receive: Receive
    send: Send
    endpoint: Endpoint
    edition: Edition = field(init=False)
    begun: float = field(default_factory=time.perf_counter)
    status: int = 500
    sent: int = 0
    head: Message | None = None
    streams: bool = False
    key: Key | None = None
    told: dict[bytes, bytes] = field(default_factory=dict)

    async def answer(self, app: ASGIApp) -> None:
        self.edition = self.scope["kg.edition"] = self.endpoint.edition
        self.told = dict(self.scope["headers"])
        method = self.scope["method"]
        if method == "OPTIONS":
            await self.respond(204, list(_PREFLIGHT), b"")
        elif problem := self.wrong():
            await problem_of(problem)(self.scope, self.receive, self.finish)
        elif method in ("GET", "HEAD"):
            await self.read(app)
        else:
            await self.guarded(app)

    def wrong(self) -> HTTPException | None:
        """What is wrong with the request as such."""
        limit = self.endpoint.limits.request
        size = self.told.get(b"content-length", b"0")
        if not size.isdigit() or int(size) > limit:
            return HTTPException(413, f"A request may have {limit:,} bytes.", headers={"Connection": "close"})
        if len(self.scope["query_string"]) > LONGEST_ADDRESS:
            return HTTPException(414, f"An address may have {LONGEST_ADDRESS:,} bytes; POST what is longer.")
        return None

    async def read(self, app: ASGIApp) -> None:
        """Answer from what is kept, by a lookup, or by the routes."""
        scope, told = self.scope, self.told
        address, accept = scope["query_string"], told.get(b"accept", b"")
        packing, host = told.get(b"accept-encoding", b""), told.get(b"host", b"")
        self.key = _key_of(scope["raw_path"], address, accept, packing, host)
        kept = self.edition.answers.find(self.key)
        if kept is not None:
            self.endpoint.tally.add(CACHED)
            await self.give(kept)
            return
        if scope["method"] == "HEAD":
            scope["method"], scope["kg.head"] = "GET", True
        await self.guarded(app)

    async def guarded(self, app: ASGIApp) -> None:
        """Let the routes answer; whatever they raise becomes a problem."""
        try:
            await app(self.scope, self.bounded_receive(), self.finish)
        except FilmGraphError as error:
            await problem_of(error)(self.scope, self.receive, self.finish)
        except Exception:
            logging.getLogger("kg.server").exception("a request could not be answered")
            if self.sent == 0 and not self.streams:
                self.head = None
                ours = HTTPException(500, "This should not have happened; the log says more.")
                await problem_of(ours)(self.scope, self.receive, self.finish)

    def bounded_receive(self) -> Receive:
        """The request's body in pieces, not more and not more slowly than is allowed."""
        limits = self.endpoint.limits
        received, until = 0, asyncio.get_running_loop().time() + limits.head_seconds

        async def receive() -> Message:
            nonlocal received
            if received < 0:
                return await self.receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await self.receive()
            except TimeoutError as error:
                raise HTTPException(408, "The request came too slowly.") from error
            received += len(message.get("body", b""))
            if received > limits.request:
                raise HTTPException(413, f"A request may have {limits.request:,} bytes.")
            if not message.get("more_body", False):
                received = -1
            return message

        return receive

    async def finish(self, message: Message) -> None:
        """Take a response from the routes, whole or in pieces, and send it on."""
        if message["type"] == "http.response.start":
            self.head = message
            return
        assert self.head is not None
        body = message.get("body", b"")
        if message.get("more_body", False) and not self.streams:
            self.streams, self.status = True, self.head["status"]
            await self.send({**self.head, "headers": self.fields(self.head["headers"])})
        if self.streams:
            self.sent += len(body)
            if not self.scope.get("kg.head"):
                await self.send(message)
            elif not message.get("more_body", False):
                await self.send({**message, "body": b""})
            return
        await self.respond(self.head["status"], self.head["headers"], body)

    async def respond(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Send a whole response, and keep it where it may be kept."""
        is_read = self.scope["method"] in ("GET", "HEAD") and status == 200
        names = {name for name, _ in headers}
        media = next((value for name, value in headers if name == b"content-type"), b"")
        fields = [(name, value) for name, value in headers if name != b"content-length"]
        tag = b""
        is_packable = len(body) > _SMALL and any(text in media for text in _TEXTS) and b"content-encoding" not in names
        if is_packable and _takes_gzip(self.told.get(b"accept-encoding", b"")):
            body = await _packed(body)
            fields.append((b"content-encoding", b"gzip"))
        if is_read and b"cache-control" not in names:
            tag = _tag_of(self.edition, media)
            fields += [(b"etag", tag), _REVALIDATE]
        response = Kept(status, to_head(self.fields(fields)), body, tag)
        if tag and self.key is not None:
            self.edition.answers.keep(self.key, response)
        await self.give(response)

    async def give(self, kept: Kept) -> None:
        """Send a response, or that the client has it already."""
        wanted = self.told.get(b"if-none-match")
        if wanted is not None and kept.tag and _matches(kept.tag, wanted):
            self.status = 304
            fields = [one for one in kept.head.fields if one[0] != b"content-type"]
            await self.send({"type": "http.response.start", "status": 304, "headers": fields})
            await self.send({"type": "http.response.body", "body": b""})
            return
        is_head = self.scope["method"] == "HEAD" or self.scope.get("kg.head", False)
        self.status, self.sent = kept.status, 0 if is_head else len(kept.body)
        await _send(kept, self.send, is_head=is_head)

    def fields(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """The fields of a response with those that every response has."""
        names = {name for name, _ in headers}
        return [*headers, *(one for one in (*_FIELDS, _VARY) if one[0] not in names)]

    def tell(self) -> None:
        """Count the request and log it."""
        seconds = time.perf_counter() - self.begun
        tally = self.endpoint.tally
        tally.add(_COUNTS.get(self.status // 100, _COUNTS[5]))
        tally.add("kg_sent_bytes_total", self.sent)
        tally.took(seconds)
        method = "HEAD" if self.scope.get("kg.head") else self.scope["method"]
        path, query = self.scope["raw_path"], self.scope["query_string"]
        self.endpoint.log.tell(method, path, query, self.status, size=self.sent, seconds=seconds)


def at_once(endpoint: Endpoint, path: bytes, query: bytes, fields: Iterable[tuple[bytes, bytes]]) -> Kept | None:
    """The response to a GET that nobody needs to be waited for: a lookup, or what is kept. It is counted and logged."""
    begun = time.perf_counter()
    accept = packing = host = b""
    for name, value in fields:
        if name == b"accept":
            accept = value
        elif name == b"accept-encoding":
            packing = value
        elif name == b"host":
            host = value
        elif name in _CONDITIONS:
            return None
    edition = endpoint.edition
    media = _lookup_media(accept) if path == _SPARQL else None
    body = edition.lookups.asked(query, media) if media is not None else None
    if body is not None and media is not None:
        ready, counter = Kept(200, _lookup_head(edition, media), body), LOOKUPS
    else:
        found = edition.answers.find(_key_of(path, query, accept, packing, host))
        if found is None:
            return None
        ready, counter = found, CACHED
    seconds, size = time.perf_counter() - begun, len(ready.body)
    endpoint.tally.answered_at_once(counter, seconds, size)
    endpoint.log.tell("GET", path, query, 200, size=size, seconds=seconds)
    return ready


async def _send(ready: Kept, send: Send, *, is_head: bool = False) -> None:
    fields = (*ready.head.fields, (b"content-length", b"%d" % len(ready.body)))
    await send({"type": "http.response.start", "status": ready.status, "headers": fields})
    await send({"type": "http.response.body", "body": b"" if is_head else ready.body})


def _key_of(path: bytes, query: bytes, accept: bytes, packing: bytes, host: bytes) -> Key:
    return (path, query, accept, b"gzip" if _takes_gzip(packing) else b"", host)


@lru_cache(maxsize=256)
def _takes_gzip(field: bytes) -> bool:
    """What an `Accept-Encoding` field says of gzip (https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding)."""
    told = dict(one.replace(b" ", b"").lower().partition(b";q=")[::2] for one in field.split(b","))
    weight = told.get(b"gzip", told.get(b"*", b"0"))
    return weight.strip(b"0.") != b"" or weight == b""


def _lookup_head(edition: Edition, media: str) -> Head:
    head = edition.heads.get(media)
    if head is None:
        told = ((b"content-type", media.encode()), (b"etag", _tag_of(edition, media.encode())), _REVALIDATE)
        head = edition.heads[media] = to_head((*told, *_FIELDS, _VARY))
    return head


@lru_cache(maxsize=256)
def _lookup_media(accept: bytes) -> str | None:
    # A browser would rather have the page with the answer, which is no lookup.
    return best_media_type(accept.decode("latin-1") or None, (*ROW_MEDIA_TYPES, HTML))


def _tag_of(edition: Edition, media: bytes) -> bytes:
    return edition.tag + media.partition(b";")[0].replace(b"/", b".") + b'"'


def _matches(tag: bytes, wanted: bytes) -> bool:
    """Weak comparison (https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match)."""
    bare = tag.removeprefix(b"W/")
    return wanted.strip() == b"*" or any(one.strip().removeprefix(b"W/") == bare for one in wanted.split(b","))


async def _packed(body: bytes) -> bytes:
    pack: Callable[[], Any] = lambda: gzip.compress(body, 5, mtime=0)  # noqa: E731
    packed: bytes = await asyncio.to_thread(pack) if len(body) > _LARGE else pack()
    return packed
