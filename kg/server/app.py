"""The web application: routes, pages and middlewares over the published graph of a project."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from kg.errors import FilmGraphError
from kg.federation.config import ServiceConfig
from kg.filmgraph import FilmGraph
from kg.project import Project
from kg.server.api import entities, graph_store, openapi, queries, sitemap, sparql, void
from kg.server.http.access_log import AccessLog
from kg.server.http.access_rules import OPEN, AccessRules
from kg.server.metrics import Metrics
from kg.server.middleware import CLIENT_LEFT, with_middlewares
from kg.server.pages import routes as pages
from kg.server.pages.search_pages import home_page
from kg.server.pages.templating import compile_all
from kg.server.problems import handle_error, problem_response
from kg.server.reconcile import routes as reconcile
from kg.server.request_params import PREFIX, PageHandler, service_of, snapshot_of
from kg.server.settings import Limits
from kg.server.snapshot import GraphService

_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_NO_STORE = {"Cache-Control": "no-store"}


def routes() -> list[BaseRoute]:
    """/healthz and /metrics."""
    return [
        Route("/healthz", show_health, methods=["GET", "HEAD"]),
        Route("/metrics", show_metrics, methods=["GET", "HEAD"]),
    ]


async def show_health(request: Request) -> Response:
    """200 while requests are answered, 503 when no worker can be started; which build answers."""
    snapshot = snapshot_of(request)
    is_able = snapshot.pool.is_able
    document = {"able": is_able, "build": snapshot.build.name, "edition": snapshot.id}
    return JSONResponse(document, status_code=200 if is_able else 503, headers=_NO_STORE)


async def show_metrics(request: Request) -> Response:
    """The counts of all processes together, in Prometheus' text format."""
    text = service_of(request).metrics.to_text()
    return PlainTextResponse(text, headers={"Content-Type": _PROMETHEUS, **_NO_STORE})


ROUTES: tuple[Callable[[], list[BaseRoute]], ...] = (
    sparql.routes,
    queries.routes,
    entities.routes,
    graph_store.routes,
    void.routes,
    sitemap.routes,
    openapi.routes,
    routes,
    pages.routes,
    reconcile.routes,
)
"""The routes of each module; the first that matches answers."""

PAGES: Mapping[str, PageHandler] = pages.PAGES
"""Pages for people, which answer where HTML is asked for, each with its context.

    entity    /film/anora; `entity`, its IRI, and `name`, `anora`
    queries   /queries
    query     /queries/NAME; `query`, the stored query, and `values`, what the URL gives for its parameters
    why       /film/anora/why; `entity` and `name`
    ontology  /ontology
    sparql    /sparql; `query`, where the URL has one
    problem   any error; `problem`, the document of RFC 9457

URLs that have nothing but HTML (home, search) are routes of their own.
"""


def application(
    project: Project,
    limits: Limits | None = None,
    *,
    routes: tuple[Callable[[], list[BaseRoute]], ...] = ROUTES,
    pages: Mapping[str, PageHandler] = PAGES,
    metrics: Metrics | None = None,
    log: AccessLog | None = None,
    url: str | None = None,
    rules: AccessRules = OPEN,
    endpoint: ServiceConfig | None = None,
) -> Starlette:
    """The application; it opens the graph when it is started, and raises `ProjectError` then if there is none.

    `url` is its public URL, when that differs from the `Host` field of requests; it may have a path, which the proxy
    in front removes or not. With an `endpoint`, another store answers in place of the project's build.
    """

    @contextlib.asynccontextmanager
    async def open_service(app: Starlette) -> AsyncIterator[None]:
        opened = GraphService(
            project, limits, metrics=metrics, log=log, prepare=prepare, warm=warm_worker, rules=rules, endpoint=endpoint
        )
        async with opened as service:
            app.state.service = service
            yield

    prefix = urlsplit(url or "").path.rstrip("/")
    prepare = partial(prepare_worker, prefix)
    app = _Application(
        routes=[route for module_routes in routes for route in module_routes()],
        exception_handlers={
            FilmGraphError: handle_error,
            HTTPException: handle_error,
            sparql.NotOfferedError: _not_acceptable,
            ClientDisconnect: _client_left,
            Exception: _internal_error,
        },
        lifespan=open_service,
    )
    app.router.redirect_slashes = False
    app.state.url, app.state.prefix = url, prefix
    # A prefix that a route begins with too is always taken away by the proxy.
    app.state.is_prefix_removable = not any(
        isinstance(route, Route) and f"{route.path}/".startswith(f"{prefix}/") for route in app.routes
    )
    app.state.pages = dict(pages)
    return app


def prepare_worker(prefix: str = "") -> None:
    """Load all that a worker runs and this module does not, compile the templates; `prefix` is that of URLs."""
    from kg.queries.sparql_to_sql import run

    del run
    PREFIX.set(prefix)
    compile_all()


def warm_worker(graph: FilmGraph) -> None:
    """Have what the home page takes longest for: it looks for questions that the graph answers."""
    home_page(graph)


class _Application(Starlette):
    """Starlette's application behind our middlewares: what they answer themselves does not pay for the rest."""

    def build_middleware_stack(self) -> ASGIApp:
        """Starlette's own middlewares are the innermost."""
        return with_middlewares(super().build_middleware_stack())


async def _internal_error(_request: Request, _error: Exception) -> Response:
    # Starlette raises the error again when this has been sent; the middleware logs it.
    return problem_response(HTTPException(500, "Internal server error; see the server's log."))


async def _client_left(_request: Request, _error: Exception) -> Response:
    return Response(status_code=CLIENT_LEFT)


async def _not_acceptable(request: Request, error: Exception) -> Response:
    return await handle_error(request, HTTPException(406, str(error)))
