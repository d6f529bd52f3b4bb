"""Requests of the Reconciliation Service API walk in; JSON walks out, and to old programs JSONP.

A batch is answered in pieces, each by a worker within the bounds of one query, so that two hundred queries neither wait
for one worker nor hold it from everybody else.
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
from kg.server.reconcile.data_extension import extend, propose
from kg.server.reconcile.manifest import default_types, manifest
from kg.server.reconcile.matching import reconcile
from kg.server.reconcile.preview import POLICY, preview
from kg.server.reconcile.requests import Query, read_batch, read_extension
from kg.server.reconcile.suggest import FARTHEST, flyout, suggest_entities, suggest_properties, suggest_types
from kg.server.request_params import base_url, parse_parameters, query_parameters, snapshot_of
from kg.server.snapshot import Snapshot

_FORM = "application/x-www-form-urlencoded"
_CALLBACK = re.compile(r"[A-Za-z_$][\w$]{0,63}(\.[A-Za-z_$][\w$]{0,63}){0,3}", re.ASCII)
_PIECE, _AT_ONCE = 10, 2
_METHODS = ["GET", "HEAD"]


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
    told, snapshot = await _told(request), snapshot_of(request)
    if "queries" in told:
        return _json(told, await _reconcile(snapshot, told["queries"]))
    if "extend" in told:
        return _json(told, await snapshot.run(extend, read_extension(told["extend"])))
    if request.method == "POST":
        raise HTTPException(400, "Post a form with `queries` or `extend`.")
    if "reconciliation types" not in snapshot.memo:
        snapshot.memo["reconciliation types"] = await snapshot.run(default_types)
    return _json(told, manifest(base_url(request), snapshot.memo["reconciliation types"]))


async def _reconcile(snapshot: Snapshot, text: str) -> dict[str, Any]:
    try:
        batch = read_batch(text)
    except LimitError as error:
        raise HTTPException(413, str(error)) from error
    keys, queries = list(batch), list(batch.values())
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(piece: Sequence[Query]) -> list[list[dict[str, Any]]]:
        async with gate:
            found: list[list[dict[str, Any]]] = await snapshot.run(reconcile, piece)
            return found

    pieces = [queries[start : start + _PIECE] for start in range(0, len(queries), _PIECE)]
    found = [result for piece in await asyncio.gather(*map(one, pieces)) for result in piece]
    return {key: {"result": result} for key, result in zip(keys, found, strict=True)}


async def suggest(request: Request) -> Response:
    """Entities, types or properties by the beginning of a name."""
    told, snapshot = await _told(request), snapshot_of(request)
    prefix, skip = told.get("prefix", "")[:200], _whole(told, "cursor", most=FARTHEST) or 0
    match request.path_params["kind"]:
        case "entity":
            types = tuple(filter(None, (told.get("type", ""),)))
            found = await snapshot.run(suggest_entities, prefix, types, skip)
        case "type":
            found = await snapshot.run(suggest_types, prefix, skip)
        case "property":
            found = await snapshot.run(suggest_properties, prefix, skip)
        case kind:
            raise HTTPException(404, f"Entities, types and properties are suggested, not {kind!r:.40}.")
    return _json(told, {"result": found})


async def show_flyout(request: Request) -> Response:
    """A few words about an entity, type or property."""
    told, kind = await _told(request), request.path_params["kind"]
    id = _id(told)
    found = await snapshot_of(request).run(flyout, kind, id) if kind in ("entity", "type", "property") else None
    if found is None:
        raise HTTPException(404, f"There is no {kind} {id!r}."[:200])
    return _json(told, found)


async def show_preview(request: Request) -> Response:
    """A small page about an entity."""
    id = _id(await _told(request))
    found = await snapshot_of(request).run(preview, id, f"{base_url(request)}/film/{id}")
    if found is None:
        raise HTTPException(404, f"There is no entity {id!r}."[:200])
    return Response(found, media_type="text/html", headers={"Content-Security-Policy": POLICY})


async def propose_properties(request: Request) -> Response:
    """Properties that can be fetched of things of a type."""
    told, snapshot = await _told(request), snapshot_of(request)
    kind, limit = told.get("type", "")[:200], _whole(told, "limit", most=1_000)
    return _json(told, await snapshot.run(propose, kind, limit))


async def _told(request: Request) -> Mapping[str, str]:
    told = dict(query_parameters(request))
    if request.method != "POST":
        return told
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != _FORM:
        raise HTTPException(415, f"Queries are posted as {_FORM}.", headers={"Accept-Post": _FORM})
    return {**told, **dict(parse_parameters(await request.body()))}


def _id(told: Mapping[str, str]) -> str:
    if not told.get("id"):
        raise HTTPException(400, "Say which with `id`.")
    return told["id"][:500]


def _whole(told: Mapping[str, str], name: str, *, most: int) -> int | None:
    text = told.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise HTTPException(400, f"`{name}` is a whole number, not {text!r:.40}.")
    return min(int(text[:9]), most)


def _json(told: Mapping[str, str], document: object) -> Response:
    """The document, or a call of the function that `callback` names with it."""
    body, callback = orjson.dumps(document), told.get("callback")
    if callback is None:
        return Response(body, media_type="application/json")
    if _CALLBACK.fullmatch(callback) is None:
        raise HTTPException(400, "`callback` is the name of a function.")
    # The comment keeps the first bytes from being read as anything else; U+2028 and U+2029 end lines in old scripts.
    script = body.replace("\u2028".encode(), b"\\u2028").replace("\u2029".encode(), b"\\u2029")
    return Response(b"/**/" + callback.encode() + b"(" + script + b");", media_type="text/javascript")
