"""How the endpoint is walks out: alive or not, and in numbers that Prometheus reads."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from kg.server.request_params import endpoint_of

_TEXT = "text/plain; version=0.0.4; charset=utf-8"


def routes() -> list[BaseRoute]:
    """/healthz and /metrics."""
    return [
        Route("/healthz", health, methods=["GET", "HEAD"]),
        Route("/metrics", metrics, methods=["GET", "HEAD"]),
    ]


async def health(request: Request) -> Response:
    """200 while requests are answered, 503 when no worker can be started; which build answers."""
    edition = endpoint_of(request).edition
    told = {"able": edition.pool.is_able, "build": edition.build.name, "edition": edition.id}
    return JSONResponse(told, status_code=200 if edition.pool.is_able else 503, headers={"Cache-Control": "no-store"})


async def metrics(request: Request) -> Response:
    """The counts of all processes together, in Prometheus' text format."""
    text = endpoint_of(request).tally.to_text()
    return PlainTextResponse(text, headers={"Content-Type": _TEXT, "Cache-Control": "no-store"})
