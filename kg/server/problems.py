"""An error walks in; `application/problem+json` with its status walks out, by one table.

https://www.rfc-editor.org/rfc/rfc9457: the facts of an error - line, column, the nearest names - are members of their
own.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus

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
    UnknownNameError,
)
from kg.server.request_params import page_for
from kg.terms import BASE

MEDIA = "application/problem+json"
STATUSES: dict[type[FilmGraphError], int] = {
    FilmGraphError: 500,
    GraphFaultError: 500,
    InputError: 400,
    UnknownNameError: 404,
    ProjectError: 503,
    LimitError: 503,
}
"""Error -> HTTP status; the nearest class above an error decides."""
_RETRY = {"seconds": None, "memory": None, "process": None}
"""The limits for which asking again is no use."""


def status_of(error: FilmGraphError) -> int:
    """The HTTP status that an error has."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def document_of(error: Exception) -> dict[str, object]:
    """An error as a problem document."""
    if isinstance(error, HTTPException):
        title = HTTPStatus(error.status_code).phrase
        return {"type": "about:blank", "title": title, "status": error.status_code, "detail": error.detail}
    assert isinstance(error, FilmGraphError)
    slug = re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__.removesuffix("Error")).lower()
    told: dict[str, object] = {
        "type": f"{BASE}problem/{slug}",
        "title": slug.replace("-", " ").capitalize(),
        "status": status_of(error),
        "detail": str(error),
    }
    match error:
        case UnknownNameError():
            told |= {"name": error.name, "nearest": list(error.suggestions)}
        case AmbiguousNameError():
            told |= {"name": error.name, "candidates": list(error.candidates)}
        case ParameterError():
            told |= {"query": error.query, "parameter": error.parameter}
        case QueryError() if error.place is not None:
            told |= {"line": error.place.line, "column": error.place.column}
        case LimitError():
            told["limit"] = error.limit
    return told


def problem_of(error: Exception, *, status: int | None = None) -> Response:
    """The response that an error gets."""
    told = document_of(error)
    if status is not None:
        told["status"] = status
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if isinstance(error, LimitError) and error.limit not in _RETRY:
        headers["Retry-After"] = "1"
    body = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    return Response(body, status_code=int(str(told["status"])), media_type=MEDIA, headers=headers)


async def answer_error(request: Request, error: Exception) -> Response:
    """Starlette's way to `problem_of`; where a page for problems is registered and HTML is asked for, that answers."""
    page = page_for(request, "problem", (MEDIA,))
    if page is None:
        return problem_of(error)
    response = await page(problem=document_of(error))
    plain = problem_of(error)
    response.status_code = plain.status_code
    for name in ("retry-after", "allow", "link"):
        if name in plain.headers:
            response.headers[name] = plain.headers[name]
    return response
