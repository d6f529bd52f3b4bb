"""The name of a stored query and its parameters walk in, in an address; its answer walks out in any format.

/queries/films-directed-by?person=Sean+Baker         as the client would rather have it
/queries/films-directed-by.csv?person=Sean+Baker     as CSV
?page=2&per-page=50                                  a part of it, with Link fields to the others (RFC 8288)
?why=1                                               with what each row rests on, as JSON
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kg.errors import FaultsError, UnknownNameError
from kg.explain.answer_evidence import explain_rows
from kg.filmgraph import FilmGraph
from kg.queries.execute import run_query
from kg.queries.stored_query import StoredQuery
from kg.server.media_types import ANSWERS, CSV, PLAIN_JSON, ROWS, SUFFIXES, TRIPLES
from kg.server.negotiation import ranked
from kg.server.problems import problem_of
from kg.server.request_params import edition_of, media_of, page_for, pairs_of, written_response
from kg.server.workers.query_execution import bind
from kg.server.workers.result_writers import Written

PAGE, SIZE, WHY, FORMAT = "page", "per-page", "why", "format"
RESERVED = frozenset((PAGE, SIZE, WHY, FORMAT))
"""What an address says of the answer; a parameter of that name cannot be given in an address."""


@dataclass(frozen=True, slots=True)
class Call:
    """What an address asks: the parameters' values, which part, in what, and whether with reasons."""

    name: str
    suffix: str
    values: Mapping[str, object]
    page: int | None
    size: int
    with_why: bool


def routes() -> list[BaseRoute]:
    """/queries and /queries/NAME."""
    return [
        Route("/queries", listed, methods=["GET", "HEAD"]),
        Route("/queries/{name:path}", answer, methods=["GET", "HEAD"]),
    ]


async def listed(request: Request) -> Response:
    """The stored queries, what each takes, and an example."""
    page = page_for(request, "queries", (PLAIN_JSON,))
    if page is not None:
        return await page()
    media_of(request, (PLAIN_JSON,))
    return JSONResponse(await edition_of(request).run(list_queries))


def list_queries(graph: FilmGraph) -> list[dict[str, object]]:
    """The stored queries as programs read them; a broken file is told as such, and hides no other."""
    told: list[dict[str, object]] = []
    for name in graph.queries:
        try:
            query = graph.queries[name]
        except FaultsError as error:
            told.append({"name": name, "faults": [str(fault) for fault in error.faults]})
        else:
            told.append(query.as_dict() | {"address": f"/queries/{name}?{example_of(query)}".rstrip("?")})
    return told


def example_of(query: StoredQuery) -> str:
    """The parameters of a call that works, as they stand in an address."""
    given = {one.name: one.example_value for one in query.params if not one.is_optional}
    return urlencode(given)


async def answer(request: Request) -> Response:
    """The answer to a stored query."""
    call = _call(request)
    edition = edition_of(request)
    query = edition.queries.find(call.name)
    if not call.suffix and (page := page_for(request, "query", ANSWERS)) is not None:
        return await page(query=query, values=call.values)
    try:
        if call.with_why:
            _media(request, call, (PLAIN_JSON,))
            rows = min(call.size, edition.limits.rows) if call.page is not None else edition.limits.rows
            return written_response(await edition.run(write_why, call.name, dict(call.values), _start(call), rows))
        media = _media(request, call, (*ROWS, *TRIPLES) if query.form in ("SELECT", "ASK") else (*TRIPLES, *ROWS))
        most = call.size if call.page is not None else None
        written = await edition.ask(call.name, call.values, media=media, start=_start(call), most=most)
    except UnknownNameError as error:
        # The address is right, what it gives for a parameter is not.
        return problem_of(error, status=400)
    response = written_response(written)
    if links := _links(request, call, written):
        response.headers["Link"] = links
    if written.total is not None:
        response.headers["X-Total-Count"] = str(written.total)
    if written.media == CSV:
        response.headers["Content-Disposition"] = f'inline; filename="{quote(call.name)}.csv"'
    return response


def write_why(graph: FilmGraph, name: str, values: dict[str, object], start: int, most: int) -> Written:
    """The rows of an answer, each with what it rests on down to the passages."""
    query = graph.queries.find(name)
    text = bind(graph, query, values)
    found = run_query(graph.store, text, names=graph.names, name=name, limit=start + most, guarded=True)
    rows = list(explain_rows(graph.explainer, found, graph.texts(), start=start))
    told = {"query": name, "complete": found.complete, "rows": rows}
    body = json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"
    return Written(body, PLAIN_JSON, len(rows), found.complete)


def _call(request: Request) -> Call:
    name, dot, suffix = request.path_params["name"].rpartition(".")
    if not dot or suffix not in SUFFIXES:
        name, suffix = request.path_params["name"], ""
    pairs = pairs_of(request.scope["query_string"])
    told = {key: value for key, value in pairs if key in RESERVED}
    values: dict[str, object] = {}
    for key, value in pairs:
        if key not in RESERVED and value:
            before = values.get(key)
            values[key] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    page = _number(told, PAGE) if PAGE in told or SIZE in told else None
    with_why = told.get(WHY, "0") not in ("0", "false", "")
    return Call(name, suffix or told.get(FORMAT, ""), values, page, _number(told, SIZE, 100), with_why)


def _number(told: Mapping[str, str], name: str, default: int = 1) -> int:
    text = told.get(name, str(default))
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:10]) <= 1_000_000:
        raise HTTPException(400, f"`{name}` is a number from 1 on, not {text[:40]!r}.")
    return int(text)


def _start(call: Call) -> int:
    return (call.page - 1) * call.size if call.page is not None else 0


def _media(request: Request, call: Call, offers: tuple[str, ...]) -> tuple[str, ...]:
    if call.suffix:
        wanted = SUFFIXES.get(call.suffix, ())
        found = tuple(one for one in offers if one in wanted or (one, call.suffix) == (PLAIN_JSON, "json"))
    else:
        found = ranked(request.headers.get("accept"), offers)
    if not found:
        raise HTTPException(406, f"This comes as {', '.join(offers)}, and by the endings {', '.join(SUFFIXES)}.")
    return found


def _links(request: Request, call: Call, written: Written) -> str:
    """Where the other parts are; the last one only when it is known how many there are."""
    if call.page is None:
        return ""
    pages = {"first": 1}
    if call.page > 1:
        pages["prev"] = call.page - 1
    if not written.is_all and _start(call) + call.size < edition_of(request).limits.rows:
        pages["next"] = call.page + 1
    if written.total is not None:
        pages["last"] = max(1, -(-written.total // call.size))
    rest = [(key, value) for key, value in pairs_of(request.scope["query_string"]) if key not in (PAGE, SIZE)]
    path = quote(request.scope["path"])
    return ", ".join(
        f'<{path}?{urlencode([*rest, (PAGE, str(page)), (SIZE, str(call.size))])}>; rel="{name}"'
        for name, page in pages.items()
    )
