"""What a request asks for: the snapshot, the media type, its parameters, a page for people."""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from functools import partial
from typing import Protocol
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kg.queries.result_writers import AnswerBody
from kg.server.http.negotiation import best_media_type
from kg.server.snapshot import GraphService, Snapshot

HTML = "text/html"
ENGINE = "X-Engine"
"""The header that names the engine that answered a query: `columnar` or `oxigraph`."""
COMPLETE = "X-Complete"
"""The header that is `false` where an answer was cut."""
PREFIX: ContextVar[str] = ContextVar("PREFIX", default="")
"""The path of the public URL, where a proxy serves the application below one: `/films`, or empty.

It is set for each request, and in workers once: all that makes a URL is far from the request that it is made for.
"""
_HOST = re.compile(r"[A-Za-z0-9._-]{1,255}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?")
_MAX_PARAMETERS = 200
_NOT_PARAMETERS = f"The parameters are not percent-encoded UTF-8, or more than {_MAX_PARAMETERS}."
_MALFORMED = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class PageHandler(Protocol):
    """Answers a request in HTML."""

    async def __call__(self, request: Request, snapshot: Snapshot, /, **context: object) -> Response:
        """The page; what `context` has is listed at `app.PAGES`."""


def service_of(request: Request) -> GraphService:
    """The service that answers the request."""
    service: GraphService = request.app.state.service
    return service


def snapshot_of(request: Request) -> Snapshot:
    """The snapshot to answer this request from: the one that was published when it came."""
    snapshot: Snapshot = request.scope["kg.snapshot"]
    return snapshot


def negotiate(request: Request, offers: Sequence[str]) -> str:
    """The media type to answer in; raises 406 with what is available when none of the offers is acceptable."""
    media_type = best_media_type(request.headers.get("accept"), offers)
    if media_type is None:
        raise HTTPException(406, f"This is available as {', '.join(offers)}.")
    return media_type


def page_handler(request: Request, name: str, offers: Sequence[str]) -> Callable[..., Awaitable[Response]] | None:
    """The page of this name, when there is one and the request prefers HTML to all of the offers."""
    page: PageHandler | None = request.app.state.pages.get(name)
    if page is None or best_media_type(request.headers.get("accept"), (*offers, HTML)) != HTML:
        return None
    return partial(page, request, snapshot_of(request))


def base_url(request: Request) -> str:
    """The URL of the application, without a slash at its end; a `Host` field is checked."""
    url: str | None = request.app.state.url
    if url is not None:
        return url
    host = request.headers.get("host", "")
    if _HOST.fullmatch(host) is None:
        raise HTTPException(400, "The Host field is missing or invalid.")
    return f"{request.scope['scheme']}://{host}{request.scope.get('root_path', '')}"


def page_number(parameters: Mapping[str, str]) -> int:
    """The number of the page of a list that is asked for; 1 for what is not the number of a page."""
    text = parameters.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


def site_path(path: str) -> str:
    """The path of a URL of this site, as browsers need it.

    >>> site_path("/film/anora")
    '/film/anora'
    """
    return PREFIX.get() + path


def query_parameters(request: Request) -> list[tuple[str, str]]:
    """The parameters of the URL."""
    return parse_parameters(request.scope["query_string"])


def parse_parameters(encoded: bytes) -> list[tuple[str, str]]:
    """The names and values of a query string; raises 400 when they are not percent-encoded UTF-8."""
    try:
        text = encoded.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS)
    except ValueError as error:
        raise HTTPException(400, _NOT_PARAMETERS) from error


def parse_form(encoded: bytes) -> list[tuple[str, str]]:
    """The names and values of a posted form; raises 400 when they are not percent-encoded UTF-8.

    Forms are long, and while one is decoded, nobody else is answered: quoted-printable, which Python decodes thirty
    times as fast, is the same with another sign.
    """
    fields = [field for field in encoded.split(b"&", _MAX_PARAMETERS + 1) if field]
    if len(fields) > _MAX_PARAMETERS or not encoded.isascii() or _MALFORMED.search(encoded) is not None:
        raise HTTPException(400, _NOT_PARAMETERS)
    parts = (field.replace(b"+", b" ").partition(b"=") for field in fields)
    try:
        return [(_decode_percents(name), _decode_percents(value)) for name, _, value in parts]
    except ValueError as error:
        raise HTTPException(400, _NOT_PARAMETERS) from error


def _decode_percents(encoded: bytes) -> str:
    return a2b_qp(encoded.replace(b"=", b"=3D").replace(b"%", b"=")).decode()


def decode_body(body: bytes) -> str:
    """A body as text; raises 400 when it is not UTF-8."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise HTTPException(400, f"The body is not UTF-8: byte {error.start} is wrong.") from error


def to_response(answer: AnswerBody) -> Response:
    """An answer as a response; headers say which engine gave it, and whether something is left out."""
    response = Response(answer.body, media_type=answer.media_type)
    if answer.engine:
        response.headers[ENGINE] = answer.engine
    if not answer.is_complete:
        response.headers[COMPLETE] = "false"
    return response
