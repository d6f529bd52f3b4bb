"""Stored queries as URLs: their parameters in the query string, their answers in any format.

/queries/films-directed-by?person=Sean+Baker         in the form that the client prefers
/queries/films-directed-by.csv?person=Sean+Baker     as CSV
?page=2&per-page=50                                  a part of it, with Link fields to the others (RFC 8288)
?why=1                                               with the evidence of each row, as JSON
?labels=1                                            with a column of labels beside each column of entities
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kg.errors import FaultsError
from kg.explain.why_formats import explain_rows
from kg.filmgraph import FilmGraph
from kg.queries.result_writers import (
    CSV,
    PLAIN_JSON,
    ROW_MEDIA_TYPES,
    TRIPLE_MEDIA_TYPES,
    AnswerBody,
    AnswerBounds,
    write_rows,
)
from kg.queries.stored_query import StoredQuery, parameter_terms
from kg.server.api.sparql import first_media_type, write_answer
from kg.server.http.negotiation import ANSWER_MEDIA_TYPES, EXTENSIONS, acceptable
from kg.server.request_params import negotiate, page_handler, query_parameters, site_path, snapshot_of, to_response

PAGE, SIZE, WHY, FORMAT, LABELS = "page", "per-page", "why", "format", "labels"
SWITCH_VALUES = ("0", "1", "false", "true", "")
RESERVED = frozenset((PAGE, SIZE, WHY, FORMAT, LABELS))
"""What a URL says about the answer; a parameter of that name cannot be given in a URL."""
MAX_NUMBER = 1_000_000


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """What a URL asks: a stored query, the values of its parameters, which page of the answer, its format.

    `page` is None when the complete answer is wanted; `size` is how many rows a page has.
    """

    name: str
    extension: str
    values: Mapping[str, object]
    page: int | None
    size: int
    with_why: bool
    with_labels: bool

    @property
    def start(self) -> int:
        """The first row that is wanted."""
        return (self.page - 1) * self.size if self.page is not None else 0


# --- requests
def routes() -> list[BaseRoute]:
    """/queries and /queries/NAME."""
    return [
        Route("/queries", show_queries, methods=["GET", "HEAD"]),
        Route("/queries/{name:path}", answer, methods=["GET", "HEAD"]),
    ]


async def show_queries(request: Request) -> Response:
    """The stored queries, what each takes, and an example."""
    page = page_handler(request, "queries", (PLAIN_JSON,))
    if page is not None:
        return await page()
    negotiate(request, (PLAIN_JSON,))
    return JSONResponse(await snapshot_of(request).run(list_queries))


async def answer(request: Request) -> Response:
    """The answer to a stored query."""
    asked = _parse(request)
    snapshot = snapshot_of(request)
    query = snapshot.queries.find(asked.name)
    if not asked.extension and (page := page_handler(request, "query", ANSWER_MEDIA_TYPES)) is not None:
        return await page(query=query, values=asked.values)
    if asked.with_why:
        _media_types(request, asked, (PLAIN_JSON,))
        rows = min(asked.size, snapshot.limits.rows) if asked.page is not None else snapshot.limits.rows
        explained = await snapshot.run(write_why, asked.name, dict(asked.values), asked.start, rows)
        return to_response(explained)
    is_rows = query.form in ("SELECT", "ASK")
    offers = (ROW_MEDIA_TYPES, TRIPLE_MEDIA_TYPES) if is_rows else (TRIPLE_MEDIA_TYPES, ROW_MEDIA_TYPES)
    media_types = _media_types(request, asked, offers[0] + offers[1])
    limit = asked.size if asked.page is not None else None
    bounds = AnswerBounds(snapshot.limits.rows, snapshot.limits.bytes, asked.start, limit)
    body: AnswerBody = await snapshot.run(
        write_stored, asked.name, dict(asked.values), media_types, bounds, asked.with_labels
    )
    response = to_response(body)
    if links := _links(request, asked, body):
        response.headers["Link"] = links
    if body.total is not None:
        response.headers["X-Total-Count"] = str(body.total)
    if body.media_type == CSV:
        response.headers["Content-Disposition"] = f'inline; filename="{quote(asked.name)}.csv"'
    return response


def _parse(request: Request) -> QueryRequest:
    name, dot, extension = request.path_params["name"].rpartition(".")
    if not dot or extension not in EXTENSIONS:
        name, extension = request.path_params["name"], ""
    pairs = query_parameters(request)
    reserved = {key: value for key, value in pairs if key in RESERVED}
    values: dict[str, object] = {}
    for key, value in pairs:
        if key not in RESERVED and value:
            before = values.get(key)
            values[key] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    page = _number(reserved, PAGE) if PAGE in reserved or SIZE in reserved else None
    extension, size = extension or reserved.get(FORMAT, ""), _number(reserved, SIZE, 100)
    return QueryRequest(name, extension, values, page, size, _switch(reserved, WHY), _switch(reserved, LABELS))


def _switch(reserved: Mapping[str, str], name: str) -> bool:
    if (text := reserved.get(name, "0")) not in SWITCH_VALUES:
        raise HTTPException(400, f"`{name}` must be 1 or 0, not {text[:40]!r}.")
    return text in ("1", "true")


def _number(reserved: Mapping[str, str], name: str, default: int = 1) -> int:
    text = reserved.get(name, str(default))
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:10]) <= MAX_NUMBER:
        raise HTTPException(400, f"`{name}` must be a whole number from 1 to {MAX_NUMBER:,}, not {text[:40]!r}.")
    return int(text)


def _media_types(request: Request, asked: QueryRequest, offers: tuple[str, ...]) -> tuple[str, ...]:
    if asked.extension:
        named = EXTENSIONS.get(asked.extension, ())
        fitting = tuple(offer for offer in offers if offer in named or (offer, asked.extension) == (PLAIN_JSON, "json"))
    else:
        fitting = acceptable(request.headers.get("accept"), offers)
    if not fitting:
        available = f"This is available as {', '.join(offers)}, and with the extensions {', '.join(EXTENSIONS)}."
        raise HTTPException(406, available)
    return fitting


def _links(request: Request, asked: QueryRequest, body: AnswerBody) -> str:
    """The other pages; the last one only when it is known how many there are."""
    if asked.page is None:
        return ""
    pages = {"first": 1}
    if asked.page > 1:
        pages["prev"] = asked.page - 1
    if not body.is_complete and asked.start + asked.size < snapshot_of(request).limits.rows:
        pages["next"] = asked.page + 1
    if body.total is not None:
        pages["last"] = max(1, -(-body.total // asked.size))
    rest = [(key, value) for key, value in query_parameters(request) if key not in (PAGE, SIZE)]
    path = site_path(quote(request.scope["path"]))
    return ", ".join(
        f'<{path}?{urlencode([*rest, (PAGE, str(page)), (SIZE, str(asked.size))])}>; rel="{relation}"'
        for relation, page in pages.items()
    )


# --- in a worker
def list_queries(graph: FilmGraph) -> list[dict[str, object]]:
    """The stored queries as programs read them; a broken file is listed with its faults, and hides no other."""
    listed: list[dict[str, object]] = []
    for name in graph.queries:
        try:
            query = graph.queries[name]
        except FaultsError as error:
            listed.append({"name": name, "faults": [str(fault) for fault in error.faults]})
        else:
            listed.append(query.as_dict() | {"address": site_path(f"/queries/{name}?{example_of(query)}".rstrip("?"))})
    return listed


def example_of(query: StoredQuery) -> str:
    """The query string of a call that works."""
    return urlencode({param.name: param.example_value for param in query.params if not param.is_optional})


def write_stored(
    graph: FilmGraph,
    name: str,
    values: Mapping[str, object],
    media_types: tuple[str, ...],
    bounds: AnswerBounds,
    with_labels: bool = False,
) -> AnswerBody:
    """The answer to a stored query; `with_labels` adds a column of labels beside each column of entities.

    Raises `ParameterError` for a value that does not fit, and `UnknownNameError` for a name that no entity has.
    """
    query = graph.queries.find(name)
    text = query.bind(parameter_terms(query, values, graph.names))
    if query.form == "SELECT" and (with_labels or graph.may_be_contested(text)):
        answer = graph.ask_bound(query, text, limit=bounds.rows + 1)
        answer = answer.with_labels() if with_labels else answer
        media_type = first_media_type(media_types, ROW_MEDIA_TYPES)
        body = write_rows(answer.columns, iter(answer.solutions), media_type, bounds=bounds)
        return replace(body, engine=answer.engine)
    return write_answer(graph, text, media_types, bounds, file=query.file)


def write_why(graph: FilmGraph, name: str, values: dict[str, object], start: int, limit: int) -> AnswerBody:
    """The rows of an answer, each with its evidence down to the passages."""
    query = graph.queries.find(name)
    text = query.bind(parameter_terms(query, values, graph.names))
    rows = graph.ask_bound(query, text, limit=start + limit)
    explained = list(explain_rows(graph.explainer, rows, graph.texts(), start=start))
    document = {"query": name, "complete": rows.complete, "rows": explained}
    body = json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
    return AnswerBody(body, PLAIN_JSON, len(explained), rows.complete)
