"""A SPARQL query walks in by GET or POST; its answer walks out, in the form that the client would rather have.

https://www.w3.org/TR/sparql11-protocol/
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kg.endpoint.answering import Dataset
from kg.endpoint.asked import edition_of, media_of, page_for, written_response
from kg.endpoint.media import ANSWERS, TRIPLES
from kg.endpoint.negotiation import ranked

FORM, QUERY = "application/x-www-form-urlencoded", "application/sparql-query"
_READ_ONLY = "The graph is a function of its project's files: change those, and build it anew."


def routes() -> list[BaseRoute]:
    """/sparql."""
    return [Route("/sparql", answer, methods=["GET", "POST", "OPTIONS"])]


async def answer(request: Request) -> Response:
    """The answer to the query; the SPARQL page or the service description where there is none."""
    told = await _told(request)
    texts = [value for name, value in told if name == "query"]
    if any(name == "update" for name, _ in told):
        raise HTTPException(403, _READ_ONLY)
    if not texts and request.method == "GET":
        return await _describe(request)
    if len(texts) != 1:
        raise HTTPException(400, f"One `query` is asked at a time, not {len(texts)}.")
    media = ranked(request.headers.get("accept"), ANSWERS)
    if not media:
        raise HTTPException(406, f"Answers come as {', '.join(ANSWERS)}.")
    written = await edition_of(request).sparql(texts[0], media=media, dataset=_dataset(told))
    return written_response(written)


async def _told(request: Request) -> list[tuple[str, str]]:
    told = list(_pairs(request.scope["query_string"]))
    if request.method != "POST":
        return told
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if media == FORM:
        return [*told, *_pairs(body)]
    if media == QUERY:
        return [*told, ("query", _text(body))]
    if media == "application/sparql-update":
        raise HTTPException(403, _READ_ONLY)
    raise HTTPException(415, f"A query is posted as {FORM} or {QUERY}.", headers={"Accept-Post": f"{FORM}, {QUERY}"})


def _pairs(text: bytes) -> Iterator[tuple[str, str]]:
    try:
        yield from parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError as error:
        raise HTTPException(400, "The parameters are not percent-encoded UTF-8.") from error


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise HTTPException(400, f"The query is not UTF-8: byte {error.start} is wrong.") from error


def _dataset(told: list[tuple[str, str]]) -> Dataset | None:
    default = tuple(value for name, value in told if name == "default-graph-uri")
    named = tuple(value for name, value in told if name == "named-graph-uri")
    return Dataset(default, named) if default or named else None


async def _describe(request: Request) -> Response:
    page = page_for(request, "sparql", TRIPLES)
    if page is not None:
        return await page()
    media_of(request, TRIPLES)
    raise HTTPException(400, "Ask with `query`.")
