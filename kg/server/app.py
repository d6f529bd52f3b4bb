"""A project walks in; the web application that answers from its published graph walks out."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from kg.errors import FilmGraphError
from kg.project import Project
from kg.server import health
from kg.server.api import entities, graph_store, openapi, queries, sparql, void
from kg.server.api.sparql import NotOfferedError
from kg.server.log import Log
from kg.server.metrics import Tally
from kg.server.middleware import Door
from kg.server.pages import routes as pages_routes
from kg.server.pages.templating import compile_all
from kg.server.problems import answer_error, problem_of
from kg.server.reconcile import routes as reconciliation
from kg.server.request_params import Page
from kg.server.settings import Limits
from kg.server.snapshot import Endpoint

ROOMS: tuple[Callable[[], list[BaseRoute]], ...] = (
    sparql.routes,
    queries.routes,
    entities.routes,
    graph_store.routes,
    void.routes,
    openapi.routes,
    health.routes,
    pages_routes.routes,
    reconciliation.routes,
)
"""What offers routes; the first that matches answers."""

PAGES: Mapping[str, Page] = pages_routes.PAGES
"""Pages for people, which answer where HTML is asked for.

    thing     /film/anora; told `thing`, its IRI, and `name`, `anora`
    queries   /queries
    query     /queries/NAME; told `query`, the stored query, and `values`, what the address gives for its parameters
    why       /film/anora/why; told `thing` and `name`
    sparql    /sparql; told `query`, where the address has one
    problem   any error; told `problem`, the document of RFC 9457

Addresses that have nothing but HTML (home, search) are routes of their own.
"""


def application(
    project: Project,
    limits: Limits | None = None,
    *,
    rooms: tuple[Callable[[], list[BaseRoute]], ...] = ROOMS,
    pages: Mapping[str, Page] = PAGES,
    tally: Tally | None = None,
    log: Log | None = None,
    address: str | None = None,
) -> Starlette:
    """The application; it opens the graph when it is started, and raises `ProjectError` then if there is none.

    `address` is where it is found from outside, when a `Host` field does not tell.
    """

    @contextlib.asynccontextmanager
    async def open_endpoint(app: Starlette) -> AsyncIterator[None]:
        async with Endpoint(project, limits, tally=tally, log=log, prepare=prepare_worker) as endpoint:
            app.state.endpoint = endpoint
            yield

    app = _Application(
        routes=[route for room in rooms for route in room()],
        exception_handlers={
            FilmGraphError: answer_error,
            HTTPException: answer_error,
            NotOfferedError: _not_offered,
            Exception: _unforeseen,
        },
        lifespan=open_endpoint,
    )
    app.router.redirect_slashes = False
    app.state.address = address
    app.state.pages = dict(pages)
    return app


def prepare_worker() -> None:
    """Load all that a worker runs - this module does - and compile the templates."""
    compile_all()


class _Application(Starlette):
    """Starlette's application behind our door: what the door answers itself does not pay for the rest."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        if self.middleware_stack is None:
            self.middleware_stack = Door(self.build_middleware_stack())
        await self.middleware_stack(scope, receive, send)


async def _unforeseen(_request: Request, _error: Exception) -> Response:
    return problem_of(HTTPException(500, "This should not have happened; the log says more."))


async def _not_offered(request: Request, error: Exception) -> Response:
    return await answer_error(request, HTTPException(406, str(error)))
