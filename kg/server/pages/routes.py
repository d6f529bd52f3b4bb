"""The routes of pages, and the pages that other routes give to browsers.

`PAGES` are given at addresses that have other formats, too, such as /film/anora. The addresses that have only HTML:

    /                      home
    /films?genre=drama     all films, narrowed and sorted; /people, /awards, /companies and /places likewise
    /films.csv             the same as CSV
    /disagreements         what sources disagree on
    /sources               the sources of the graph
    /ontology              its classes and properties
    /search?q=anorra       entities whose names match
    /suggest?q=ano         the same as JSON, while typing
    /vocabulary.json       the classes and properties that the SPARQL editor completes
    /film/anora?all=castMember, /film/neon?named=distributor
                           all values of a property, or all that refers to an entity by it, a hundred a page
    /static/style.css      styles and scripts
    /robots.txt            what crawlers should leave alone
    /why?subject=...       an explanation, for an entity that has no page here
"""

from __future__ import annotations

import contextlib
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from urllib.parse import unquote

from pyoxigraph import NamedNode
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kg.errors import FilmGraphError
from kg.filmgraph import FilmGraph
from kg.lookup.name_search import MAX_QUERY_LENGTH
from kg.queries.result_writers import CSV, PLAIN_JSON
from kg.queries.stored_query import StoredQuery
from kg.server.pages.browse_pages import CATALOGUES, browse_csv, browse_json, browse_page, disagreements_page
from kg.server.pages.display import Hyperlink
from kg.server.pages.entity_page import entity_page
from kg.server.pages.query_pages import (
    RenderedPage,
    queries_page,
    query_page,
    sparql_editor_page,
    sparql_page,
    vocabulary_json,
)
from kg.server.pages.reference_pages import ontology_page, sources_page
from kg.server.pages.search_pages import home_page, list_page, search_page, suggestions_json
from kg.server.pages.templating import STATIC, render
from kg.server.pages.urls import page_url, query_url, search_url
from kg.server.pages.why_page import why_page
from kg.server.problems import MAX_QUOTED, status_of
from kg.server.request_params import HTML, PageHandler, base_url, negotiate, page_number, site_path, snapshot_of
from kg.server.snapshot import Snapshot
from kg.terms import to_iri
from kg.text.ellipsis import shortened
from kg.text.folding import closest

_STATIC_FILES = frozenset(file.name for file in STATIC.iterdir())
_LISTS = (*CATALOGUES, "disagreements", "sources", "ontology", "queries", "sparql", "search")
"""The pages that an unknown address may mean."""
_CACHE_FOR_EVER = "public, max-age=31536000, immutable"


def routes() -> list[BaseRoute]:
    """The routes of the addresses that have only HTML, and of what pages load."""
    return [
        Route("/", home),
        *(Route(f"/{name}", partial(browse, name)) for name in CATALOGUES),
        *(Route(f"/{name}.csv", partial(browsed_csv, name)) for name in CATALOGUES),
        Route("/disagreements", disagreements),
        Route("/sources", sources),
        Route("/search", search),
        Route("/suggest", suggest),
        Route("/vocabulary.json", vocabulary),
        Route("/why", why_elsewhere),
        Route("/static/{name}", static),
        Route("/robots.txt", robots),
    ]


async def home(request: Request) -> Response:
    """The home page."""
    return await _page(request, home_page)


async def browse(name: str, request: Request) -> Response:
    """A page of all films, people, awards, companies or places, as HTML or JSON; all of them as CSV."""
    media_type = negotiate(request, (HTML, PLAIN_JSON, CSV))
    if media_type == CSV:
        return await browsed_csv(name, request)
    write = browse_page if media_type == HTML else browse_json
    return Response(await snapshot_of(request).run(write, name, dict(request.query_params)), media_type=media_type)


async def browsed_csv(name: str, request: Request) -> Response:
    """The same list as CSV."""
    text = await snapshot_of(request).run(browse_csv, name, dict(request.query_params))
    return Response(text, media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}.csv"'})


async def disagreements(request: Request) -> Response:
    """What sources disagree on."""
    return await _page(request, disagreements_page, dict(request.query_params))


async def sources(request: Request) -> Response:
    """All sources."""
    return await _page(request, sources_page)


async def search(request: Request) -> Response:
    """The search page."""
    return await _page(request, search_page, _words(request), request.query_params.get("kind", ""))


async def _page(request: Request, page: Callable[..., str], *arguments: object) -> Response:
    """A page of which there is nothing but HTML."""
    negotiate(request, (HTML,))
    return HTMLResponse(await snapshot_of(request).run(page, *arguments))


async def suggest(request: Request) -> Response:
    """Names that match what is being typed."""
    words, class_name = _words(request), request.query_params.get("kind", "")
    text = await snapshot_of(request).run(suggestions_json, words, class_name)
    return Response(text, media_type="application/json")


async def vocabulary(request: Request) -> Response:
    """The vocabulary, for completion."""
    return Response(await snapshot_of(request).run(vocabulary_json), media_type="application/json")


async def why_elsewhere(request: Request) -> Response:
    """The explanation page of an entity whose IRI is not of this graph."""
    parameters = request.query_params
    try:
        iri = to_iri(parameters.get("subject", "")).value
    except ValueError as error:
        raise HTTPException(404, f"No entity has this subject: {error}") from error
    property, value = parameters.get("property", ""), parameters.get("value", "")
    return HTMLResponse(await snapshot_of(request).run(why_page, iri, property, value))


async def static(request: Request) -> Response:
    """A style or script; its URL identifies its content, so it may be cached."""
    name = request.path_params["name"]
    if name not in _STATIC_FILES:
        raise HTTPException(404, "There is no such file.")
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"Cache-Control": _CACHE_FOR_EVER} if "v" in request.query_params else {}
    return Response((STATIC / name).read_bytes(), media_type=media_type, headers=headers)


async def robots(request: Request) -> Response:
    """What crawlers should leave alone (RFC 9309): explanations, queries and searches, of which there is no end."""
    paths = (
        "/*/why",
        "/why",
        "/sparql",
        "/query",
        "/search",
        "/suggest",
        "/queries/",
        "/graph",
        "/dump.nt",
        "/reconcile",
    )
    lines = ["User-agent: *", *(f"Disallow: {site_path(path)}" for path in paths)]
    lines.append(f"Sitemap: {base_url(request)}/sitemap.xml")
    return PlainTextResponse("\n".join(lines) + "\n")


# --- pages of addresses that have other formats, too


async def entity(request: Request, snapshot: Snapshot, /, **context: object) -> Response:
    """The page of an entity or of a list; a replaced IRI redirects to the entity's."""
    page: RenderedPage = await snapshot.run(entity_or_list_page, str(context["entity"]), dict(request.query_params))
    return RedirectResponse(page.text, page.status) if page.status == 303 else HTMLResponse(page.text)


def entity_or_list_page(graph: FilmGraph, iri: str, parameters: Mapping[str, str]) -> RenderedPage:
    """The page of an entity, or of a list of it; the URL of the entity that a replaced IRI means."""
    if (canonical := graph.names.canonical(NamedNode(iri))) is not None and (url := page_url(canonical)):
        return RenderedPage(url, 303)
    for name in ("all", "named"):
        if name in parameters:
            number, referrers = page_number(parameters), name == "named"
            return RenderedPage(list_page(graph, iri, parameters[name], number, referrers=referrers))
    return RenderedPage(entity_page(graph, iri, parameters.get("at", "")))


async def ontology(request: Request, snapshot: Snapshot, /, **_: object) -> Response:
    """All classes and properties."""
    return HTMLResponse(await snapshot.run(ontology_page))


async def why(request: Request, snapshot: Snapshot, /, **context: object) -> Response:
    """The explanation page of an entity."""
    parameters = request.query_params
    property, value = parameters.get("property", ""), parameters.get("value", "")
    return HTMLResponse(await snapshot.run(why_page, str(context["entity"]), property, value))


async def queries(request: Request, snapshot: Snapshot, /, **_: object) -> Response:
    """The list of stored queries."""
    return HTMLResponse(await snapshot.run(queries_page, _words(request)))


async def query(request: Request, snapshot: Snapshot, /, **context: object) -> Response:
    """The page of a stored query."""
    stored, values = context["query"], context["values"]
    assert isinstance(stored, StoredQuery)
    assert isinstance(values, Mapping)
    texts = {str(key): " | ".join(value) if isinstance(value, list) else str(value) for key, value in values.items()}
    page: RenderedPage = await snapshot.run(query_page, stored.name, texts, page_number(request.query_params))
    return HTMLResponse(page.text, page.status)


async def sparql(request: Request, snapshot: Snapshot, /, **context: object) -> Response:
    """The SPARQL page; with a query, its answer or its error."""
    text = str(context.get("query", ""))
    if not text.strip():
        return HTMLResponse(sparql_editor_page(snapshot.queries))
    try:
        return HTMLResponse(await snapshot.run(sparql_page, text, request.query_params.get("view", "")))
    except FilmGraphError as error:
        return HTMLResponse(sparql_editor_page(snapshot.queries, text, error=error), status_of(error))


async def problem(request: Request, snapshot: Snapshot, /, **context: object) -> Response:
    """The page of an error."""
    document, path = context["problem"], request.scope["path"]
    assert isinstance(document, Mapping)
    names, candidates = document.get("suggestions") or [], document.get("candidates") or []
    url_of = query_url if path.startswith("/queries/") else search_url
    suggestions = [Hyperlink(name, url_of(name)) for name in names]
    suggestions += [Hyperlink(curie, url) for curie in candidates if (url := page_url(to_iri(curie)))]
    # The end of an unknown address may be a name.
    words = path.rpartition("/")[2].replace("-", " ")[:MAX_QUERY_LENGTH] if document.get("status") == 404 else ""
    words = "" if document.get("kind", "entity") not in ("entity", "list") else words
    if words and document.get("kind") != "list" and not suggestions:
        with contextlib.suppress(FilmGraphError):
            suggestions = await snapshot.run(similar_pages, words)
    return HTMLResponse(problem_page(document, suggestions, words=words))


def similar_pages(graph: FilmGraph, words: str) -> list[Hyperlink]:
    """The lists and entities whose names the words may be a misspelling of."""
    lists = {name: site_path(f"/{name}") for name in _LISTS}
    near = [Hyperlink(name.capitalize(), lists[name]) for name in closest(words, lists)]
    labels = dict.fromkeys(match.label for match in graph.search(words, limit=10))
    return near + [Hyperlink(label, search_url(label)) for label in labels if _is_like(words, label)][:3]


def _is_like(words: str, label: str) -> bool:
    """True when one of the words is one of the label, or a misspelling of it."""
    parts = label.casefold().split()
    return any(word in parts or closest(word, parts) for word in words.casefold().split())


_HEADINGS = {404: "Not found", 400: "Invalid request", 503: "Limit reached", 406: "Format not available"}


def problem_page(document: Mapping[str, object], suggestions: Sequence[Hyperlink] = (), *, words: str = "") -> str:
    """The page of a problem document (RFC 9457), with links to what may have been meant, and a search for `words`."""
    problem = {"title": "Problem", "detail": "", "status": 500, **document}
    heading = _HEADINGS.get(int(str(problem["status"])), str(problem["title"]))
    detail = _problem_in_words(problem)
    return render("problem.html", problem=problem, heading=heading, detail=detail, suggestions=suggestions, words=words)


_KINDS = {"stored query": "question"}
"""Kind of a name -> what pages call it."""


def _problem_in_words(problem: Mapping[str, object]) -> str:
    """What was looked for in vain, for a reader; otherwise the message."""
    match problem:
        case {"status": 404, "kind": "list", "name": str(name)}:
            return f"This list is not that long: {name}."
        case {"status": 404, "kind": "entity", "name": str(name)}:
            return f"Nothing in this graph is called “{shortened(name, MAX_QUOTED)}”."
        case {"status": 404, "kind": str(kind), "name": str(name)}:
            return f"There is no {_KINDS.get(kind, kind)} “{shortened(name, MAX_QUOTED)}”."
        case {"status": 404, "instance": str(path)}:
            return f"There is no page at {shortened(unquote(path), MAX_QUOTED)}."
    return str(problem["detail"])


def _words(request: Request) -> str:
    return request.query_params.get("q", "")[:MAX_QUERY_LENGTH]


PAGES: Mapping[str, PageHandler] = {
    "entity": entity,
    "queries": queries,
    "query": query,
    "why": why,
    "ontology": ontology,
    "sparql": sparql,
    "problem": problem,
}
"""The pages by the names that `app.PAGES` lists."""
