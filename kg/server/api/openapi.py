"""The stored queries walk in; a description of every address that can be asked walks out, as OpenAPI 3.1 has it."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kg.errors import FaultsError
from kg.filmgraph import FilmGraph
from kg.queries.result_writers import ROW_MEDIA_TYPES, TRIPLE_MEDIA_TYPES
from kg.queries.stored_query import Parameter, ParameterType, StoredQuery
from kg.server.problems import PROBLEM
from kg.server.request_params import base_url, snapshot_of
from kg.version import __version__

_TYPES = {
    ParameterType.ENTITY: "string",
    ParameterType.TEXT: "string",
    ParameterType.DATE: "string",
    ParameterType.NUMBER: "number",
}
_NOTHING = "UNDEF"
"""What stands in the block of a parameter that may be left out and has no example."""
_COUNT = {"type": "integer", "minimum": 1}
_PAGING = (
    {"name": "page", "in": "query", "description": "which part of the answer", "schema": _COUNT},
    {"name": "per-page", "in": "query", "description": "rows of a part", "schema": _COUNT},
    {"name": "why", "in": "query", "description": "1: with what each row rests on", "schema": {"enum": ["0", "1"]}},
)


def routes() -> list[BaseRoute]:
    """/openapi.json."""
    return [Route("/openapi.json", describe, methods=["GET", "HEAD"])]


async def describe(request: Request) -> Response:
    """The description of this endpoint."""
    return JSONResponse(await snapshot_of(request).run(to_openapi, base_url(request)))


def to_openapi(graph: FilmGraph, address: str) -> dict[str, object]:
    """An OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html) of the stored queries and all else."""
    paths = dict(_fixed())
    for query in _sound(graph):
        paths[f"/queries/{query.name}"] = {"get": _stored(query)}
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Film knowledge graph",
            "version": __version__,
            "summary": "Facts about films, each with the passage it was read from.",
            "license": {"name": "CC0 1.0", "identifier": "CC0-1.0"},
        },
        "servers": [{"url": address}],
        "paths": paths,
        "components": {"schemas": _SCHEMAS, "responses": {"problem": _PROBLEM}},
    }


def _sound(graph: FilmGraph) -> Iterable[StoredQuery]:
    for name in graph.queries:
        try:
            yield graph.queries[name]
        except FaultsError:
            # A broken file is told by `kg check` and at /queries; it has no address that works.
            continue


def _stored(query: StoredQuery) -> dict[str, object]:
    told: dict[str, object] = {
        "operationId": query.name,
        "summary": query.summary,
        "tags": list(query.tags) or ["other"],
        "parameters": [*map(_parameter, query.params), *_PAGING],
        "responses": _responses(ROW_MEDIA_TYPES if query.form in ("SELECT", "ASK") else TRIPLE_MEDIA_TYPES),
    }
    if about := " ".join(part for part in (query.description, query.because) if part):
        told["description"] = about
    return told


def _parameter(parameter: Parameter) -> dict[str, object]:
    one: dict[str, object] = {"type": _TYPES[parameter.type]}
    schema = {"type": "array", "items": one} if parameter.is_list else one
    told: dict[str, object] = {
        "name": parameter.name,
        "in": "query",
        "required": not parameter.is_optional,
        "description": ", ".join(part for part in (parameter.type_in_words, parameter.about) if part),
        "schema": schema,
    }
    if parameter.example_value != _NOTHING:
        told["example"] = _example(parameter)
    return told


def _example(parameter: Parameter) -> object:
    if parameter.is_list:
        return parameter.example_value.split("|")
    if parameter.type is ParameterType.NUMBER:
        return float(parameter.example_value) if "." in parameter.example_value else int(parameter.example_value)
    return parameter.example_value


def _fixed() -> dict[str, object]:
    query = {"name": "query", "in": "query", "required": True, "schema": {"type": "string"}, "description": "SPARQL"}
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}, "example": "anora"}
    form = {"type": "object", "required": ["query"], "properties": {"query": {"type": "string"}}}
    body = {
        "application/x-www-form-urlencoded": {"schema": form},
        "application/sparql-query": {"schema": {"type": "string"}},
    }
    both = (*ROW_MEDIA_TYPES, *TRIPLE_MEDIA_TYPES[:6])
    return {
        "/sparql": {
            "get": _operation("sparql", "Answer a SPARQL query", both, [query]),
            "post": _operation("sparql-post", "Answer a SPARQL query", both) | {"requestBody": {"content": body}},
        },
        "/queries": {"get": _operation("queries", "List the stored queries", ("application/json",))},
        "/film/{name}": {"get": _operation("thing", "Tell what is known of a thing", TRIPLE_MEDIA_TYPES[:6], [name])},
        "/film/{name}/why": {"get": _operation("why", "Explain why it is said", ("application/json",), [name])},
        "/graphs": {"get": _operation("graph", "Read a whole graph", TRIPLE_MEDIA_TYPES[:6], [{
            "name": "graph", "in": "query", "schema": {"type": "string"}, "description": "the IRI of a named graph"}])},
        "/.well-known/void": {"get": _operation("void", "Describe the dataset", TRIPLE_MEDIA_TYPES[:6])},
        "/dcat": {"get": _operation("dcat", "Describe the catalogue", TRIPLE_MEDIA_TYPES[:6])},
        "/healthz": {"get": _operation("health", "Tell whether requests are answered", ("application/json",))},
    }  # fmt: skip


def _operation(
    name: str, summary: str, media: Iterable[str], parameters: Iterable[dict[str, object]] = ()
) -> dict[str, object]:
    told: dict[str, object] = {"operationId": f"_{name}", "summary": summary, "tags": ["graph"]}
    return told | {"parameters": list(parameters), "responses": _responses(media)}


def _responses(media: Iterable[str]) -> dict[str, object]:
    schemas = {"application/sparql-results+json": "rows", "application/json": "any"}
    content = {
        one: {"schema": {"$ref": f"#/components/schemas/{schemas[one]}"} if one in schemas else {"type": "string"}}
        for one in media
    }
    problem = {"$ref": "#/components/responses/problem"}
    return {"200": {"description": "the answer", "content": content}} | dict.fromkeys(
        ("400", "404", "406", "503"), problem
    )


_SCHEMAS = {
    "any": {},
    "rows": {
        "type": "object",
        "description": "SPARQL 1.1 Query Results JSON",
        "properties": {
            "head": {"type": "object"},
            "results": {"type": "object"},
            "boolean": {"type": "boolean"},
            "complete": {"type": "boolean", "description": "false where rows were left out"},
        },
    },
    "problem": {
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "line": {"type": "integer"},
            "column": {"type": "integer"},
            "nearest": {"type": "array", "items": {"type": "string"}},
        },
    },
}
_PROBLEM = {"description": "what is wrong", "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/problem"}}}}
