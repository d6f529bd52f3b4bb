"""A request walks in; what it asks for walks out: the edition, the media type, the page for people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kg.endpoint.answering import Written
from kg.endpoint.edition import Edition, Endpoint
from kg.endpoint.negotiation import choose

HTML = "text/html"


class Page(Protocol):
    """Answers a request in HTML."""

    async def __call__(self, request: Request, edition: Edition, /, **told: object) -> Response:
        """The page; what it is told is listed at `app.PAGES`."""


def endpoint_of(request: Request) -> Endpoint:
    """The endpoint that the request came to."""
    endpoint: Endpoint = request.app.state.endpoint
    return endpoint


def edition_of(request: Request) -> Edition:
    """The edition to answer this request from; take it once."""
    return endpoint_of(request).edition


def media_of(request: Request, offers: Sequence[str]) -> str:
    """The media type to answer in; raises 406 with what there is when none of the offers is acceptable."""
    chosen = choose(request.headers.get("accept"), offers)
    if chosen is None:
        raise HTTPException(406, f"This can be had as {', '.join(offers)}.")
    return chosen


def page_for(request: Request, name: str, offers: Sequence[str]) -> Callable[..., Awaitable[Response]] | None:
    """The page of this name, when there is one and the request would rather have HTML than any of the offers."""
    page: Page | None = request.app.state.pages.get(name)
    if page is None or choose(request.headers.get("accept"), (*offers, HTML)) != HTML:
        return None
    return partial(page, request, edition_of(request))


def written_response(written: Written) -> Response:
    """A written answer as a response; one that was cut says so in its header too."""
    response = Response(written.body, media_type=written.media)
    if not written.is_all:
        response.headers["X-Complete"] = "false"
        response.headers["Warning"] = '199 - "cut at a limit: there are more rows"'
    return response
