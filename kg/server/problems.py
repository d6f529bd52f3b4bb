"""Problem documents: an error as `application/problem+json` with its HTTP status, by one table.

https://www.rfc-editor.org/rfc/rfc9457: the facts of an error, such as line, column and the closest names, are members
of their own.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kg.errors import (
    AmbiguousNameError,
    FilmGraphError,
    GraphFaultError,
    InputError,
    LimitError,
    ParameterError,
    ProjectError,
    QueryError,
    Remedy,
    RemoteError,
    UnknownNameError,
)
from kg.server.request_params import page_handler, site_path
from kg.terms import BASE
from kg.text.ellipsis import shortened

PROBLEM = "application/problem+json"
STATUSES: dict[type[FilmGraphError], int] = {
    FilmGraphError: 500,
    GraphFaultError: 500,
    InputError: 400,
    UnknownNameError: 404,
    ProjectError: 503,
    LimitError: 503,
    RemoteError: 502,
}
"""Error -> HTTP status; the nearest class above an error decides."""
MAX_QUOTED = 120
"""The longest part of a path that a message repeats."""
_NO_RETRY = frozenset(("seconds", "memory", "process"))
"""The limits that the same request would exceed again."""


class UnknownPathError(HTTPException):
    """No route has this `path`."""

    def __init__(self, path: str) -> None:
        self.path = path
        links = f"All pages are found from {site_path('/')}, and the API is described at {site_path('/openapi.json')}."
        super().__init__(404, f"There is no page at {shortened(path, MAX_QUOTED)}. {links}")


def status_of(error: FilmGraphError) -> int:
    """The HTTP status of an error."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def problem_document(error: Exception) -> dict[str, object]:
    """An `HTTPException` or an error of the graph as a problem document."""
    if isinstance(error, HTTPException):
        title = HTTPStatus(error.status_code).phrase
        instance = {"instance": quote(error.path)} if isinstance(error, UnknownPathError) else {}
        about: dict[str, object] = {"type": "about:blank", "title": title, "status": error.status_code}
        return about | {"detail": error.detail, **instance}
    assert isinstance(error, FilmGraphError)
    slug = re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__.removesuffix("Error")).lower()
    document: dict[str, object] = {
        "type": f"{BASE}problem/{slug}",
        "title": slug.replace("-", " ").capitalize(),
        "status": status_of(error),
        "detail": str(error),
    }
    match error:
        case UnknownNameError():
            document["detail"] = f"{error.message} {_remedy(error)}".rstrip()
            document |= {"name": error.name, "kind": error.kind, "suggestions": list(error.suggestions)}
            document["nearest"] = document["suggestions"]  # the key of earlier versions
            if error.replacement:
                document["replacement"] = error.replacement
        case AmbiguousNameError():
            document |= {"name": error.name, "kind": error.kind, "candidates": list(error.candidates)}
        case ParameterError():
            document |= {"query": error.query, "parameter": error.parameter}
        case QueryError() if error.place is not None:
            document |= {"line": error.line, "column": error.column, "message": error.detail}
        case LimitError():
            document["limit"] = error.limit
    return document


def _remedy(error: UnknownNameError) -> str:
    """What to do next, in terms of URLs; the command line has words of its own."""
    return f"All of them are at {site_path('/queries')}." if error.remedy is Remedy.LIST_QUERIES else error.remedy


def problem_response(error: Exception) -> Response:
    """The response to an error."""
    return _to_response(error, problem_document(error))


def _to_response(error: Exception, document: Mapping[str, object]) -> Response:
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if isinstance(error, LimitError) and error.limit not in _NO_RETRY:
        headers["Retry-After"] = "1"
    body = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    return Response(body, status_code=int(str(document["status"])), media_type=PROBLEM, headers=headers)


async def handle_error(request: Request, error: Exception) -> Response:
    """Starlette's handler of errors; where there is a page for problems and HTML is asked for, that answers."""
    page = page_handler(request, "problem", (PROBLEM,))
    error = _with_detail(request, error)
    document = problem_document(error)
    response = _to_response(error, document)
    if page is None:
        return response
    html = await page(problem=document)
    html.status_code = response.status_code
    for name in ("retry-after", "allow", "link"):
        if name in response.headers:
            html.headers[name] = response.headers[name]
    return html


def _with_detail(request: Request, error: Exception) -> Exception:
    """An error that Starlette raised for an unknown path or method, with a sentence on what there is."""
    if not isinstance(error, HTTPException) or error.detail != HTTPStatus(error.status_code).phrase:
        return error
    path = request.scope["path"]
    if error.status_code == HTTPStatus.NOT_FOUND:
        return UnknownPathError(path)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and (allowed := headers.get("Allow")):
        methods = " and ".join(sorted(method.strip() for method in allowed.split(",")))
        detail = f"{shortened(path, MAX_QUOTED)} does not accept {request.method}, but {methods}."
        return HTTPException(error.status_code, detail, headers)
    return error


def internal_error(error: Exception) -> Response:
    """The response to an error that nobody foresaw; it is logged, and the client learns nothing about it."""
    logging.getLogger("kg.server").error("a request could not be answered", exc_info=error)
    return problem_response(HTTPException(500, "Internal server error; see the server's log."))
