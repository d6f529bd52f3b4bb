"""A request of a browser walks in; its page walks out.

`app.PAGES` lists the pages that stand beside other forms; addresses with nothing but HTML are here.

    /                      home, with search
    /search?q=anorra       what is called something like it
    /suggest?q=ano         the same as JSON, while one types
    /vocabulary.json       the words that the SPARQL page completes
    /film/anora?all=castMember, /film/neon?named=distributor
                           all that a thing has of a property, or all that names it by one, a hundred a page
    /static/style.css      styles and scripts
    /why?subject=...       why something holds of a thing that has no page here
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping

from pyoxigraph import NamedNode
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kg.errors import FilmGraphError
from kg.filmgraph import FilmGraph
from kg.lookup.name_search import MAX_QUERY_LENGTH
from kg.queries.stored_query import StoredQuery
from kg.server.pages.entity_page import thing_page
from kg.server.pages.home_and_search import home_page, search_page, suggest
from kg.server.pages.list_page import list_page
from kg.server.pages.problem_page import problem_page
from kg.server.pages.query_pages import Made, queries_page, query_page
from kg.server.pages.sparql_page import editor_page, sparql_page, vocabulary
from kg.server.pages.templating import STATIC
from kg.server.pages.urls import page_of
from kg.server.pages.why_page import why_page
from kg.server.problems import problem_document, status_of
from kg.server.request_params import PageHandler, snapshot_of
from kg.server.snapshot import Snapshot
from kg.terms import to_iri

_FILES = frozenset(one.name for one in STATIC.iterdir())
_FOR_EVER = "public, max-age=31536000, immutable"


def routes() -> list[BaseRoute]:
    """Home, search, and what pages are made with."""
    return [
        Route("/", home),
        Route("/search", search),
        Route("/suggest", suggested),
        Route("/vocabulary.json", words),
        Route("/why", why_elsewhere),
        Route("/static/{name}", static),
    ]


async def home(request: Request) -> Response:
    """The home page."""
    return HTMLResponse(await snapshot_of(request).run(home_page))


async def search(request: Request) -> Response:
    """What is called something like the words."""
    told = request.query_params
    return HTMLResponse(await snapshot_of(request).run(search_page, _short(told.get("q", "")), told.get("kind", "")))


async def suggested(request: Request) -> Response:
    """Names that fit what is being typed."""
    told = request.query_params
    text = await snapshot_of(request).run(suggest, _short(told.get("q", "")), told.get("kind", ""))
    return Response(text, media_type="application/json")


async def words(request: Request) -> Response:
    """The vocabulary, for completion."""
    return Response(await snapshot_of(request).run(vocabulary), media_type="application/json")


async def why_elsewhere(request: Request) -> Response:
    """Why something holds of a thing whose IRI is not of this graph."""
    told = request.query_params
    try:
        iri = to_iri(told.get("subject", "")).value
    except ValueError as error:
        raise HTTPException(400, f"Which thing? {error}") from error
    return HTMLResponse(await snapshot_of(request).run(why_page, iri, told.get("property", ""), told.get("value", "")))


async def static(request: Request) -> Response:
    """A style or script; its address names its content, so it may be kept."""
    name = request.path_params["name"]
    if name not in _FILES:
        raise HTTPException(404, "There is no such file.")
    media = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"Cache-Control": _FOR_EVER} if "v" in request.query_params else {}
    return Response((STATIC / name).read_bytes(), media_type=media, headers=headers)


async def thing(request: Request, snapshot: Snapshot, /, **told: object) -> Response:
    """The page of a thing, or one that lists all that it has of a property; another name leads to the thing."""
    made: Made = await snapshot.run(told_of, str(told["entity"]), dict(request.query_params))
    return RedirectResponse(made.text, made.status) if made.status == 303 else HTMLResponse(made.text)


def told_of(graph: FilmGraph, iri: str, asked: Mapping[str, str]) -> Made:
    """The page of a thing that is asked for, or the address of the thing that stays where this is another name."""
    if (stays := graph.names.canonical(NamedNode(iri))) is not None and page_of(stays):
        return Made(page_of(stays), 303)
    for name in ("all", "named"):
        if name in asked:
            return Made(list_page(graph, iri, asked[name], _page_number(asked), is_named=name == "named"))
    return Made(thing_page(graph, iri, asked.get("at", "")))


def _page_number(asked: Mapping[str, str]) -> int:
    page = asked.get("page", "1")
    return max(1, int(page)) if page.isascii() and page.isdecimal() and len(page) < 6 else 1


async def why(request: Request, snapshot: Snapshot, /, **told: object) -> Response:
    """The page of a thing's reasons."""
    asked = request.query_params
    text = await snapshot.run(why_page, str(told["entity"]), asked.get("property", ""), asked.get("value", ""))
    return HTMLResponse(text)


async def queries(request: Request, snapshot: Snapshot, /, **_: object) -> Response:
    """The list of stored queries."""
    return HTMLResponse(await snapshot.run(queries_page, _short(request.query_params.get("q", ""))))


async def query(request: Request, snapshot: Snapshot, /, **told: object) -> Response:
    """The page of a stored query."""
    stored, values = told["query"], told["values"]
    assert isinstance(stored, StoredQuery)
    assert isinstance(values, Mapping)
    texts = {str(key): " | ".join(value) if isinstance(value, list) else str(value) for key, value in values.items()}
    made: Made = await snapshot.run(query_page, stored.name, texts, _page_number(request.query_params))
    return HTMLResponse(made.text, made.status)


async def sparql(request: Request, snapshot: Snapshot, /, **told: object) -> Response:
    """The SPARQL page; with a query, its answer, or what is wrong with it and where."""
    text = str(told.get("query", ""))
    if not text.strip():
        return HTMLResponse(editor_page(snapshot.queries))
    try:
        return HTMLResponse(await snapshot.run(sparql_page, text, request.query_params.get("view", "")))
    except FilmGraphError as error:
        return HTMLResponse(editor_page(snapshot.queries, text, problem=problem_document(error)), status_of(error))


async def problem(request: Request, snapshot: Snapshot, /, **told: object) -> Response:
    """The page of an error."""
    document = told["problem"]
    assert isinstance(document, Mapping)
    found = dict(document)
    if document.get("status") == 404 and not document.get("nearest") and not document.get("candidates"):
        # An address that is nothing here: perhaps what it ends in is the name of something.
        words = request.scope["path"].rpartition("/")[2].replace("-", " ")[:MAX_QUERY_LENGTH]
        try:
            found["nearest"] = list(await snapshot.run(names_near, words))
        except FilmGraphError:
            found["nearest"] = []
    return HTMLResponse(problem_page(found))


def names_near(graph: FilmGraph, words: str) -> tuple[str, ...]:
    """Names of things that are called something like the words."""
    return tuple(dict.fromkeys(match.label for match in graph.search(words, limit=3)))


def _short(text: str) -> str:
    return text[:MAX_QUERY_LENGTH]


PAGES: Mapping[str, PageHandler] = {
    "entity": thing,
    "queries": queries,
    "query": query,
    "why": why,
    "sparql": sparql,
    "problem": problem,
}
"""The pages by the names that `app.PAGES` lists."""
