"""The URLs of the reconciliation service; answers are JSON, and JSONP for old programs.

A batch is answered in chunks, each by a worker within the limits of one query, so that two hundred queries neither wait
for one worker nor occupy all of them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kg.errors import LimitError
from kg.server.reconcile.candidate_scoring import reconcile
from kg.server.reconcile.data_extension import extend, propose
from kg.server.reconcile.requests import ReconcileQuery, parse_batch, parse_extension
from kg.server.reconcile.suggest import (
    MAX_SKIPPED,
    PREVIEW_POLICY,
    default_types,
    flyout,
    manifest,
    preview,
    suggest_entities,
    suggest_properties,
    suggest_types,
)
from kg.server.request_params import base_url, parse_form, query_parameters, snapshot_of
from kg.server.snapshot import Snapshot

_FORM = "application/x-www-form-urlencoded"
_CALLBACK = re.compile(r"[A-Za-z_$][\w$]{0,63}(\.[A-Za-z_$][\w$]{0,63}){0,3}", re.ASCII)
_CHUNK, _CONCURRENT_CHUNKS = 10, 2
_KINDS = ("entity", "type", "property")
_METHODS = ["GET", "HEAD"]
_MAX_TEXT, _MAX_ID, _MAX_PROPOSED = 200, 500, 1_000
_Parameters = Mapping[str, str]


def routes() -> list[BaseRoute]:
    """/reconcile, and under it suggest, flyout, preview and extend."""
    return [
        Route("/reconcile", answer, methods=["GET", "HEAD", "POST"]),
        Route("/reconcile/", answer, methods=["GET", "HEAD", "POST"]),
        Route("/reconcile/suggest/{kind}", suggest, methods=_METHODS),
        Route("/reconcile/flyout/{kind}", show_flyout, methods=_METHODS),
        Route("/reconcile/preview", show_preview, methods=_METHODS),
        Route("/reconcile/extend/propose", propose_properties, methods=_METHODS),
    ]


async def answer(request: Request) -> Response:
    """The manifest, the candidates of a batch, or the values of a data extension query."""
    parameters, snapshot = await _parameters(request), snapshot_of(request)
    if "queries" in parameters:
        return _json(parameters, await _reconcile(snapshot, parameters["queries"]))
    if "extend" in parameters:
        return _json(parameters, await snapshot.run(extend, parse_extension(parameters["extend"])))
    if request.method == "POST":
        raise HTTPException(400, "Post a form with `queries` or `extend`.")
    if "reconciliation types" not in snapshot.memo:
        snapshot.memo["reconciliation types"] = await snapshot.run(default_types)
    return _json(parameters, manifest(base_url(request), snapshot.memo["reconciliation types"]))


async def _reconcile(snapshot: Snapshot, text: str) -> dict[str, Any]:
    try:
        batch = parse_batch(text)
    except LimitError as error:
        raise HTTPException(413, str(error)) from error
    queries = list(batch.values())
    free = asyncio.Semaphore(_CONCURRENT_CHUNKS)

    async def run(chunk: Sequence[ReconcileQuery]) -> list[list[dict[str, Any]]]:
        async with free:
            candidates: list[list[dict[str, Any]]] = await snapshot.run(reconcile, chunk)
            return candidates

    chunks = [queries[start : start + _CHUNK] for start in range(0, len(queries), _CHUNK)]
    results = [candidates for chunk in await asyncio.gather(*map(run, chunks)) for candidates in chunk]
    return {
        key: {"result": candidates} | ({"error": query.error} if query.error else {})
        for (key, query), candidates in zip(batch.items(), results, strict=True)
    }


async def suggest(request: Request) -> Response:
    """Entities, types or properties by the beginning of a name."""
    parameters, snapshot = await _parameters(request), snapshot_of(request)
    prefix, skip = parameters.get("prefix", "")[:_MAX_TEXT], _number(parameters, "cursor", limit=MAX_SKIPPED) or 0
    match request.path_params["kind"]:
        case "entity":
            types = tuple(filter(None, (parameters.get("type", ""),)))
            suggested = await snapshot.run(suggest_entities, prefix, types, skip)
        case "type":
            suggested = await snapshot.run(suggest_types, prefix, skip)
        case "property":
            suggested = await snapshot.run(suggest_properties, prefix, skip)
        case kind:
            raise HTTPException(404, f"Suggestions are for {', '.join(_KINDS)}, not {kind!r:.40}.")
    return _json(parameters, {"result": suggested})


async def show_flyout(request: Request) -> Response:
    """A few words about an entity, type or property."""
    parameters, kind = await _parameters(request), request.path_params["kind"]
    id = _id(parameters)
    document = await snapshot_of(request).run(flyout, kind, id) if kind in _KINDS else None
    if document is None:
        raise HTTPException(404, f"There is no {kind} {id!r}."[:_MAX_TEXT])
    return _json(parameters, document)


async def show_preview(request: Request) -> Response:
    """A small page about an entity."""
    id = _id(await _parameters(request))
    page = await snapshot_of(request).run(preview, id, f"{base_url(request)}/film/{id}")
    if page is None:
        raise HTTPException(404, f"There is no entity {id!r}."[:_MAX_TEXT])
    return Response(page, media_type="text/html", headers={"Content-Security-Policy": PREVIEW_POLICY})


async def propose_properties(request: Request) -> Response:
    """Properties that can be fetched for entities of a type."""
    parameters, snapshot = await _parameters(request), snapshot_of(request)
    type, limit = parameters.get("type", "")[:_MAX_TEXT], _number(parameters, "limit", limit=_MAX_PROPOSED)
    return _json(parameters, await snapshot.run(propose, type, limit))


async def _parameters(request: Request) -> _Parameters:
    """The parameters of the URL and of a posted form."""
    parameters = dict(query_parameters(request))
    if request.method != "POST":
        return parameters
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _FORM:
        raise HTTPException(415, f"Post queries as {_FORM}.", headers={"Accept-Post": _FORM})
    return {**parameters, **dict(parse_form(await request.body()))}


def _id(parameters: _Parameters) -> str:
    if not parameters.get("id"):
        raise HTTPException(400, "Give an `id`.")
    return parameters["id"][:_MAX_ID]


def _number(parameters: _Parameters, name: str, *, limit: int) -> int | None:
    text = parameters.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise HTTPException(400, f"`{name}` must be a whole number, not {text!r:.40}.")
    return min(int(text[:9]), limit)


def _json(parameters: _Parameters, document: object) -> Response:
    """The document, or a call of the function that `callback` names with it."""
    body, callback = orjson.dumps(document), parameters.get("callback")
    if callback is None:
        return Response(body, media_type="application/json")
    if _CALLBACK.fullmatch(callback) is None:
        raise HTTPException(400, "`callback` must be the name of a function.")
    # The comment keeps the first bytes from being read as anything else; U+2028 and U+2029 end lines in old scripts.
    script = body.replace("\u2028".encode(), b"\\u2028").replace("\u2029".encode(), b"\\u2029")
    return Response(b"/**/" + callback.encode() + b"(" + script + b");", media_type="text/javascript")
