"""A request walks in; what it asks for walks out: the edition, the media type, the page for people."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kg.queries.result_writers import AnswerBody
from kg.server.negotiation import best_media_type
from kg.server.snapshot import Edition, Endpoint

HTML = "text/html"
COMPLETE = "X-Complete"
"""The field that says `false` of an answer with less in it than there is."""
_HOST = re.compile(r"[A-Za-z0-9._-]{1,255}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?")
_MOST_FIELDS = 200


class Page(Protocol):
    """Answers a request in HTML."""

    async def __call__(self, request: Request, edition: Edition, /, **told: object) -> Response:
        """The page; what it is told is listed at `app.PAGES`."""


def endpoint_of(request: Request) -> Endpoint:
    """The endpoint that the request came to."""
    endpoint: Endpoint = request.app.state.endpoint
    return endpoint


def edition_of(request: Request) -> Edition:
    """The edition to answer this request from: the one that was published when it came."""
    edition: Edition = request.scope["kg.edition"]
    return edition


def media_of(request: Request, offers: Sequence[str]) -> str:
    """The media type to answer in; raises 406 with what there is when none of the offers is acceptable."""
    chosen = best_media_type(request.headers.get("accept"), offers)
    if chosen is None:
        raise HTTPException(406, f"This can be had as {', '.join(offers)}.")
    return chosen


def address_of(request: Request) -> str:
    """The address at which the application is found, without a slash at its end; a `Host` field is checked."""
    told: str | None = request.app.state.address
    if told is not None:
        return told
    host = request.headers.get("host", "")
    if _HOST.fullmatch(host) is None:
        raise HTTPException(400, "The Host field is none.")
    return f"{request.scope['scheme']}://{host}{request.scope.get('root_path', '')}"


def pairs_of(encoded: bytes) -> list[tuple[str, str]]:
    """The names and values of a query string or form; raises 400 when they are not percent-encoded UTF-8."""
    try:
        text = encoded.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise HTTPException(400, "The parameters are not percent-encoded UTF-8, or too many.") from error


def text_of(body: bytes) -> str:
    """A body as text; raises 400 when it is not UTF-8."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise HTTPException(400, f"The body is not UTF-8: byte {error.start} is wrong.") from error


def page_for(request: Request, name: str, offers: Sequence[str]) -> Callable[..., Awaitable[Response]] | None:
    """The page of this name, when there is one and the request would rather have HTML than any of the offers."""
    page: Page | None = request.app.state.pages.get(name)
    if page is None or best_media_type(request.headers.get("accept"), (*offers, HTML)) != HTML:
        return None
    return partial(page, request, edition_of(request))


def to_response(written: AnswerBody) -> Response:
    """A written answer as a response; one that leaves something out says so in its header."""
    response = Response(written.body, media_type=written.media_type)
    if not written.is_complete:
        response.headers[COMPLETE] = "false"
    return response
