"""The middlewares of the application, from the outermost to the innermost.

    RequestLog             counts and logs every request
    PathPrefix             the path of the public URL
    SecurityHeaders        what keeps a browser from loading or running anything that is not ours
    ErrorResponses         whatever is raised becomes a problem document
    AccessControl          which hosts a request may name, and which pages may read
    RequestLimits          how long a request may be, and how slowly it may come
    PreflightRequests      OPTIONS, as browsers ask it for other sites
    HeadRequests           HEAD is GET without a body
    ConditionalRequests    304 for what the client already has
    ReadyResponses         lookups and cached responses, without a worker
    Compression            gzip
    EntityTags             an ETag made of the snapshot: its responses do not change

`ready_response` is also called by the server's connections, which write its result without ASGI: half of what such a
request costs is saved so. That response has the same headers, and is counted and logged by the same function.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.errors import FilmGraphError, ProjectError
from kg.graph.engine_errors import to_input_error
from kg.queries.result_writers import ROW_MEDIA_TYPES
from kg.queries.sparql import MAX_LENGTH
from kg.server.http.access_log import LoggedRequest, client_fields
from kg.server.http.access_rules import AccessRules
from kg.server.http.negotiation import best_media_type
from kg.server.metrics import CACHED, LOOKUPS
from kg.server.problems import internal_error, problem_response
from kg.server.request_params import HTML, PREFIX
from kg.server.response_cache import ReadyResponse, ResponseHead, response_head
from kg.server.settings import Limits
from kg.server.snapshot import GraphService, Snapshot

HeaderList = list[tuple[bytes, bytes]]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
CLIENT_LEFT = 499
"""What is logged as the status of a request whose client left before the response; nginx's number for it."""
MAX_URL_BYTES = 60_000
"""How many bytes a URL may have; the parser could not count beyond 65,535."""
_HEADERS = (
    (b"access-control-expose-headers", b"ETag, Link, X-Complete, X-Engine, X-Total-Count, Retry-After"),
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"vary", b"Accept, Accept-Encoding"),
)
_ANY_ORIGIN = (b"access-control-allow-origin", b"*")
_PREFLIGHT = {
    "access-control-allow-headers": "Accept, Authorization, Content-Type, If-None-Match, X-Requested-With",
    "access-control-max-age": "86400",
}
_SPARQL = b"/sparql"
_CLOSE = {"Connection": "close"}
_MIN_COMPRESSED, _COMPRESSED_IN_THREAD, _COMPRESSION_LEVEL = 1000, 1 << 18, 5
_GZIP = 31
"""The `wbits` of zlib for the format of gzip."""
_COMPRESSIBLE = (b"text/", b"application/json", b"application/sparql", b"application/ld", b"application/rdf", b"xml",
                 b"json", b"application/n-", b"application/trig", b"javascript")  # fmt: skip


# --- ready responses
class RequestKey(NamedTuple):
    """All of a GET that its response depends on."""

    path: bytes
    query: bytes
    accept: bytes
    encoding: bytes
    host: bytes


def request_key(path: bytes, query: bytes, headers: Mapping[bytes, bytes]) -> RequestKey:
    """The key of a request's response in the cache."""
    encoding = b"gzip" if _accepts_gzip(headers.get(b"accept-encoding", b"")) else b""
    return RequestKey(path, query, headers.get(b"accept", b""), encoding, headers.get(b"host", b""))


def ready_response(snapshot: Snapshot, key: RequestKey) -> ReadyResponse | None:
    """The response to a GET that needs no worker: a lookup, or what is cached; None for any other."""
    media_type = _lookup_media_type(key.accept) if key.path == _SPARQL else None
    if media_type is not None:
        body = snapshot.fast_path.answer_request(key.query, media_type)
        if body is not None:
            return ReadyResponse(_lookup_head(snapshot, media_type), body, LOOKUPS)
    return snapshot.responses.find(key)


def as_ready(response: Response, rules: AccessRules) -> ReadyResponse:
    """A response of Starlette's, to be written without ASGI."""
    return ReadyResponse(response_head(with_security_headers(response.raw_headers, rules)), bytes(response.body), "")


@lru_cache(maxsize=256)
def _lookup_media_type(accept: bytes) -> str | None:
    # A browser prefers the page with the answer, which is no lookup.
    return best_media_type(accept.decode("latin-1") or None, (*ROW_MEDIA_TYPES, HTML))


def _lookup_head(snapshot: Snapshot, media_type: str) -> ResponseHead:
    head = snapshot.lookup_heads.get(media_type)
    if head is None:
        headers = [(b"content-type", media_type.encode()), *_validators(snapshot, media_type.encode())]
        head = snapshot.lookup_heads[media_type] = response_head(with_security_headers(headers, snapshot.rules))
    return head


def record_request(
    service: GraphService, request: LoggedRequest, status: int, *, size: int, seconds: float, source: str = ""
) -> None:
    """Count and log an answered request; `source` is CACHED, LOOKUPS, or neither."""
    service.metrics.count_request(status, size=size, seconds=seconds, source=source)
    service.log.write(request, status, size=size, seconds=seconds)


# --- every request
class RequestLog:
    """Counts and logs every request, and chooses the snapshot that answers it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started, status, size = time.perf_counter(), 0, 0
        service: GraphService = scope["app"].state.service
        scope["kg.snapshot"] = service.snapshot

        async def count(message: Message) -> None:
            nonlocal status, size
            status = message.get("status", status)
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, count)
        except asyncio.CancelledError:
            status = status or CLIENT_LEFT
            raise
        finally:
            seconds = time.perf_counter() - started
            client = client_fields(scope.get("client"), dict(scope["headers"]))
            request = LoggedRequest(scope["method"], scope["raw_path"], scope["query_string"], *client)
            record_request(service, request, status or 500, size=size, seconds=seconds)


class PathPrefix:
    """Removes the prefix of the public URL from a path, where the proxy in front has not, and sets that of links."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        state = scope["app"].state
        prefix: str = state.prefix
        PREFIX.set(prefix)
        if prefix and state.is_prefix_removable and f"{scope['path']}/".startswith(f"{prefix}/"):
            path, raw = scope["path"].removeprefix(prefix), scope["raw_path"].removeprefix(prefix.encode())
            scope = {**scope, "path": path or "/", "raw_path": raw or b"/"}
        await self.app(scope, receive, send)


class SecurityHeaders:
    """Adds headers that every response has, unless the response has its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        rules: AccessRules = scope["kg.snapshot"].rules
        headers = dict(scope["headers"])
        origin = headers.get(b"origin") if not rules.is_open and rules.allows_origin(headers) else None

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = with_security_headers(message["headers"], rules)
                if origin is not None:
                    added += [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]
                message = {**message, "headers": added}
            await send(message)

        await self.app(scope, receive, add)


def with_security_headers(headers: Sequence[tuple[bytes, bytes]], rules: AccessRules) -> HeaderList:
    """Headers of a response with those that every response has."""
    names = {name for name, _ in headers}
    every = (_ANY_ORIGIN, *_HEADERS) if rules.is_open else _HEADERS
    return [*headers, *(header for header in every if header[0] not in names)]


class ErrorResponses:
    """Makes a problem document of what is raised, unless a response has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        has_begun = False

        async def observe(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, observe)
            return
        except (FilmGraphError, HTTPException) as error:
            response = problem_response(error)
        except Exception as error:
            known = to_input_error(error)
            response = problem_response(known) if isinstance(known, ProjectError) else internal_error(error)
        if not has_begun:
            await response(scope, receive, send)


class AccessControl:
    """Refuses requests that name another host, or come from pages of other sites, where those may not read."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        rules: AccessRules = scope["kg.snapshot"].rules
        headers = dict(scope["headers"])
        if not rules.allows_host(headers):
            raise HTTPException(421, "This server does not answer under this host name; name it with --url or --name.")
        if not rules.allows_origin(headers):
            raise HTTPException(403, "Pages of other sites may not read from this server, unless it runs with --cors.")
        await self.app(scope, receive, send)


class RequestLimits:
    """Refuses a request that is too long, or comes too slowly."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        limits = scope["kg.snapshot"].limits
        headers = dict(scope["headers"])
        size, allowed = headers.get(b"content-length", b"0"), _allowed_bytes(limits, headers.get(b"content-type", b""))
        if not size.isdigit() or int(size) > allowed:
            raise _too_large(allowed)
        if len(scope["query_string"]) > MAX_URL_BYTES:
            raise HTTPException(414, f"A URL may have {MAX_URL_BYTES:,} bytes; POST what is longer.")
        received, deadline = 0, asyncio.get_running_loop().time() + limits.head_seconds

        async def receive_within_limits() -> Message:
            nonlocal received
            if received < 0:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(408, "The request came too slowly.", headers=_CLOSE) from error
            received += len(message.get("body", b""))
            if received > allowed:
                raise _too_large(allowed)
            if not message.get("more_body", False):
                received = -1
            return message

        await self.app(scope, receive_within_limits, send)


def _allowed_bytes(limits: Limits, media_type: bytes) -> int:
    """How many bytes a body may have: one that is a query, no more than a query may have."""
    is_query = media_type.partition(b";")[0].strip().lower() == b"application/sparql-query"
    return min(limits.request, MAX_LENGTH) if is_query else limits.request


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"The body of a request may have {limit:,} bytes.", headers=_CLOSE)


class PreflightRequests:
    """Answers OPTIONS: what may be asked for at this URL, also from a page of another site."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        methods = ", ".join(_methods_at(scope)) if scope["method"] == "OPTIONS" else ""
        if not methods:
            await self.app(scope, receive, send)
            return
        headers = {"allow": methods, "access-control-allow-methods": methods, **_PREFLIGHT}
        await Response(status_code=204, headers=headers)(scope, receive, send)


def _methods_at(scope: Scope) -> list[str]:
    routes = [route for route in scope["app"].routes if isinstance(route, Route)]
    methods = [route.methods or () for route in routes if route.path_regex.match(scope["path"])]
    return sorted({"OPTIONS", *chain.from_iterable(methods)}) if methods else []


# --- GET and HEAD
class _BodyUnwantedError(Exception):
    """Ends the work on a response whose body is not sent."""


class HeadRequests:
    """Answers HEAD as GET, without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
            else:
                await send({"type": "http.response.body"})
                raise _BodyUnwantedError

        if scope["method"] == "HEAD":
            with contextlib.suppress(_BodyUnwantedError):
                await self.app({**scope, "method": "GET"}, receive, send_head)
        else:
            await self.app(scope, receive, send)


class ConditionalRequests:
    """Answers 304 where `If-None-Match` has the tag of the response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        wanted = dict(scope["headers"]).get(b"if-none-match")
        if wanted is None or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        is_unchanged = False

        async def send_changed(message: Message) -> None:
            nonlocal is_unchanged
            if message["type"] == "http.response.start":
                tag = dict(message["headers"]).get(b"etag")
                is_unchanged = message["status"] == 200 and tag is not None and _matches(tag, wanted)
                if is_unchanged:
                    dropped = (b"content-type", b"content-length")
                    headers = [header for header in message["headers"] if header[0] not in dropped]
                    message = {**message, "status": 304, "headers": headers}
            elif is_unchanged:
                await send({"type": "http.response.body"})
                raise _BodyUnwantedError
            await send(message)

        with contextlib.suppress(_BodyUnwantedError):
            await self.app(scope, receive, send_changed)


def _matches(tag: bytes, wanted: bytes) -> bool:
    """Weak comparison (https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match)."""
    opaque = tag.removeprefix(b"W/")
    return wanted.strip() == b"*" or any(tag.strip().removeprefix(b"W/") == opaque for tag in wanted.split(b","))


# --- responses that come in one piece
@dataclass(frozen=True, slots=True)
class CompleteResponse:
    """A response whose body is known at once."""

    status: int
    headers: HeaderList
    body: bytes

    def header(self, name: bytes) -> bytes:
        """The value of a header; empty when the response does not have it."""
        return dict(self.headers).get(name, b"")

    async def send(self, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


class _CompleteResponses:
    """The base of middlewares that change responses which come in one piece; a stream passes as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        head: Message | None = None

        async def collect(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                head = message
                return
            begun, head = head, None
            if begun is None:
                await send(message)
            elif message.get("more_body", False):
                await send(begun)
                await send(message)
            else:
                response = CompleteResponse(begun["status"], list(begun["headers"]), message.get("body", b""))
                changed = await self.change(scope, response)
                await changed.send(send)

        await self.app(scope, receive, collect)

    async def change(self, scope: Scope, response: CompleteResponse) -> CompleteResponse:
        """The response to send."""
        raise NotImplementedError


class ReadyResponses(_CompleteResponses):
    """Answers a GET by a lookup or from the cache, and caches the responses that have a tag."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        ready = ready_response(scope["kg.snapshot"], _key_of(scope))
        if ready is None:
            await super().__call__(scope, receive, send)
            return
        scope["app"].state.service.metrics.add((ready.source, 1))
        await CompleteResponse(200, list(ready.headers), ready.body).send(send)

    async def change(self, scope: Scope, response: CompleteResponse) -> CompleteResponse:
        """Cache it."""
        if response.header(b"etag"):
            head = response_head(with_security_headers(response.headers, scope["kg.snapshot"].rules))
            scope["kg.snapshot"].responses.store(_key_of(scope), ReadyResponse(head, response.body, CACHED))
        return response


def _key_of(scope: Scope) -> RequestKey:
    return request_key(scope["raw_path"], scope["query_string"], dict(scope["headers"]))


class Compression(_CompleteResponses):
    """Compresses text of some length for clients that accept gzip.

    Unlike Starlette's: outside the event loop where it takes long, with the same bytes each time, and only text.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await super().__call__(scope, receive, _CompressedStream(send) if _is_gzip_accepted(scope) else send)

    async def change(self, scope: Scope, response: CompleteResponse) -> CompleteResponse:
        """Compress it, where that is worth while."""
        body = response.body
        if len(body) <= _MIN_COMPRESSED or not _is_compressible(response.headers) or not _is_gzip_accepted(scope):
            return response
        compress = partial(gzip.compress, body, _COMPRESSION_LEVEL, mtime=0)
        packed = await asyncio.to_thread(compress) if len(body) > _COMPRESSED_IN_THREAD else compress()
        headers = [*_compressed(response.headers), (b"content-length", b"%d" % len(packed))]
        return CompleteResponse(response.status, headers, packed)


class _CompressedStream:
    """Sends a response, and compresses the pieces of one that comes in several."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._head: Message | None = None
        self._packer: Any = None  # a zlib.compressobj

    async def __call__(self, message: Message) -> None:
        """Send a message of the response."""
        if message["type"] == "http.response.start":
            self._head = message
            return
        if (head := self._head) is not None:
            self._head = None
            if message.get("more_body", False) and _is_compressible(head["headers"]):
                self._packer = zlib.compressobj(_COMPRESSION_LEVEL, wbits=_GZIP)
                head = {**head, "headers": _compressed(head["headers"])}
            await self._send(head)
        if self._packer is None:
            await self._send(message)
        elif (packed := await asyncio.to_thread(self._pack, message)) or not message.get("more_body", False):
            await self._send({**message, "body": packed})

    def _pack(self, message: Message) -> bytes:
        packed: bytes = self._packer.compress(message.get("body", b""))
        return packed if message.get("more_body", False) else packed + self._packer.flush()


def _is_compressible(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    fields = dict(headers)
    return b"content-encoding" not in fields and any(part in fields.get(b"content-type", b"") for part in _COMPRESSIBLE)


def _compressed(headers: Iterable[tuple[bytes, bytes]]) -> HeaderList:
    return [*(header for header in headers if header[0] != b"content-length"), (b"content-encoding", b"gzip")]


def _is_gzip_accepted(scope: Scope) -> bool:
    return _accepts_gzip(dict(scope["headers"]).get(b"accept-encoding", b""))


@lru_cache(maxsize=256)
def _accepts_gzip(field: bytes) -> bool:
    """What `Accept-Encoding` says about gzip (https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding)."""
    weights = dict(coding.replace(b" ", b"").lower().partition(b";q=")[::2] for coding in field.split(b","))
    weight = weights.get(b"gzip", weights.get(b"*", b"0"))
    return weight.strip(b"0.") != b"" or weight == b""


class EntityTags:
    """Gives the response to a GET an ETag, unless it says itself how it may be cached."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                headers = dict(message["headers"])
                if b"cache-control" not in headers:
                    validators = _validators(scope["kg.snapshot"], headers.get(b"content-type", b""))
                    message = {**message, "headers": [*message["headers"], *validators]}
            await send(message)

        await self.app(scope, receive, add if scope["method"] == "GET" else send)


def _validators(snapshot: Snapshot, media_type: bytes) -> HeaderList:
    tag = snapshot.tag + media_type.partition(b";")[0].replace(b"/", b".") + b'"'
    return [(b"etag", tag), (b"cache-control", b"no-cache")]


MIDDLEWARES = (
    RequestLog,
    PathPrefix,
    SecurityHeaders,
    ErrorResponses,
    AccessControl,
    RequestLimits,
    PreflightRequests,
    HeadRequests,
    ConditionalRequests,
    ReadyResponses,
    Compression,
    EntityTags,
)


def with_middlewares(app: ASGIApp) -> ASGIApp:
    """The application behind all of them; what is not HTTP goes past them."""
    stack = app
    for middleware in reversed(MIDDLEWARES):
        stack = middleware(stack)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await (stack if scope["type"] == "http" else app)(scope, receive, send)

    return dispatch
