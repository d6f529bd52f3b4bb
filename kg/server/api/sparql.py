"""A SPARQL query walks in by GET or POST; its answer walks out, in the form that the client would rather have.

https://www.w3.org/TR/sparql11-protocol/ - the service may refuse what it does not offer, and this one only reads:
updates are answered with 403, whatever else is wrong with them. Graphs that a request names are graphs of the store;
none is fetched, and one that the store does not have is empty.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kg.server.api.void import describe_service
from kg.server.media_types import ANSWERS, NAMES, SUFFIXES, TRIPLES
from kg.server.negotiation import ranked
from kg.server.request_params import address_of, edition_of, media_of, page_for, pairs_of, text_of, written_response
from kg.server.workers.query_execution import Dataset

PATH = "/sparql"
FORM, QUERY, UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"
READ_ONLY = "This graph is a function of its project's files: change those, and build it anew."
_METHODS = ["GET", "HEAD", "POST"]


def routes() -> list[BaseRoute]:
    """/sparql, and /query and /update, where clients of other stores look for them."""
    return [
        Route(PATH, answer, methods=_METHODS),
        Route("/sparql/", answer, methods=_METHODS),
        Route("/query", answer, methods=_METHODS),
        Route("/update", refuse, methods=["GET", "POST"]),
    ]


async def refuse(_request: Request) -> Response:
    """What every update is answered with."""
    raise HTTPException(403, READ_ONLY)


async def answer(request: Request) -> Response:
    """The answer to the query; the SPARQL page or the service description where there is none."""
    told = await _told(request)
    if any(name == "update" or name.startswith("using-") for name, _ in told):
        raise HTTPException(403, READ_ONLY)
    texts = [value for name, value in told if name == "query"]
    if not texts and request.method != "POST":
        return await _describe(request)
    if len(texts) != 1:
        raise HTTPException(400, f"One `query` is asked at a time, not {len(texts)}.")
    is_plain = request.method == "GET" and not any(name == "format" for name, _ in told)
    if is_plain and (page := page_for(request, "sparql", ANSWERS)) is not None:
        return await page(query=texts[0])
    written = await edition_of(request).sparql(texts[0], media=_media(request, told), dataset=_dataset(told))
    return written_response(written)


def _media(request: Request, told: list[tuple[str, str]]) -> tuple[str, ...]:
    """What to answer in: `format`, as addresses can say it, or else what the client accepts."""
    named = next((value for name, value in told if name == "format"), None)
    if named is not None:
        found = NAMES.get(named.lower()) or (ranked(named, ANSWERS) if "/" in named else ())
        if not found:
            raise HTTPException(406, f"There is no format {named!r}; choose {', '.join(SUFFIXES)}.")
        return found
    media = ranked(request.headers.get("accept"), ANSWERS)
    if not media:
        raise HTTPException(406, f"Answers come as {', '.join(ANSWERS)}.")
    return media


async def _told(request: Request) -> list[tuple[str, str]]:
    told = pairs_of(request.scope["query_string"])
    if request.method != "POST":
        return told
    kind, _, rest = request.headers.get("content-type", "").partition(";")
    kind, charset = kind.strip().lower(), rest.lower().replace(" ", "").replace('"', "")
    if kind == UPDATE:
        raise HTTPException(403, READ_ONLY)
    if kind not in (FORM, QUERY):
        raise HTTPException(
            415, f"A query is posted as {FORM} or {QUERY}.", headers={"Accept-Post": f"{FORM}, {QUERY}"}
        )
    if "charset=" in charset and "charset=utf-8" not in charset:
        raise HTTPException(415, "A query is posted in UTF-8.")
    body = await request.body()
    return [*told, *(pairs_of(body) if kind == FORM else [("query", text_of(body))])]


def _dataset(told: list[tuple[str, str]]) -> Dataset | None:
    default = tuple(value for name, value in told if name == "default-graph-uri")
    named = tuple(value for name, value in told if name == "named-graph-uri")
    return Dataset(default, named) if default or named else None


async def _describe(request: Request) -> Response:
    page = page_for(request, "sparql", TRIPLES)
    if page is not None:
        return await page()
    media = media_of(request, TRIPLES)
    address = address_of(request)
    return written_response(await edition_of(request).run(describe_service, address, media))
