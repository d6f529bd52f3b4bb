"""The OpenAPI document: a table of operations, one for each method of each route, and one for each stored query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kg.errors import FaultsError
from kg.filmgraph import FilmGraph
from kg.queries.result_writers import CSV, JSON, JSON_LD, N_TRIPLES, ROW_MEDIA_TYPES, TRIPLE_MEDIA_TYPES
from kg.queries.stored_query import Parameter, ParameterType, StoredQuery
from kg.server.api.queries import MAX_NUMBER, SWITCH_VALUES
from kg.server.problems import PROBLEM
from kg.server.request_params import base_url, snapshot_of
from kg.version import __version__

_TYPES = {
    ParameterType.ENTITY: "string",
    ParameterType.PROPERTY: "string",
    ParameterType.CLASS: "string",
    ParameterType.TEXT: "string",
    ParameterType.DATE: "string",
    ParameterType.NUMBER: "number",
    ParameterType.BOOLEAN: "boolean",
}
_DATE = r"^([0-9]{3}X|[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?)$"
_NO_EXAMPLE = "UNDEF"
"""What is in the block of a parameter that is optional and has no example."""
_PLAIN_JSON, _HTML = "application/json", "text/html"
_RDF = TRIPLE_MEDIA_TYPES[:6]


# --- requests
def routes() -> list[BaseRoute]:
    """/openapi.json."""
    return [Route("/openapi.json", show_document, methods=["GET", "HEAD"])]


async def show_document(request: Request) -> Response:
    """The description of this server."""
    return JSONResponse(await snapshot_of(request).run(openapi_document, base_url(request)))


# --- operations
@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a route: its id, what it does, what it answers in, its parameters.

    `parameters` are names of `_PARAMETERS`; `body` is the content of a request by POST. One that `is_refused` is always
    answered with 403.
    """

    method: str
    path: str
    id: str
    summary: str
    media_types: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    body: Mapping[str, object] | None = None
    is_refused: bool = False

    def as_dict(self) -> dict[str, object]:
        """The operation object of OpenAPI."""
        in_path = [name for name in _PATH_PARAMETERS if f"{{{name}}}" in self.path]
        document: dict[str, object] = {
            "operationId": f"_{self.id}",
            "summary": self.summary,
            "tags": ["graph"],
            "parameters": [_PATH_PARAMETERS[name] for name in in_path]
            + [_PARAMETERS[name] for name in self.parameters],
            "responses": {"403": _PROBLEM_REFERENCE} if self.is_refused else _responses(self.media_types),
        }
        return document if self.body is None else document | {"requestBody": {"content": self.body, "required": True}}


def _text_parameter(name: str, description: str, *, required: bool = False) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"} | ({"minLength": 1} if required else {})
    return {"name": name, "in": "query", "required": required, "description": description, "schema": schema}


_RECONCILIATION: dict[str, dict[str, Any]] = {
    "queries": {"type": "object", "description": "queries by their keys; one that cannot be answered has no result"},
    "extend": {
        "type": "object",
        "properties": {
            "ids": {"type": "array", "items": {"type": "string"}},
            "properties": {
                "type": "array",
                "items": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
            },
        },
        "required": ["ids", "properties"],
    },
}
"""The two kinds of requests to the reconciliation service."""
_IRI = "^[a-z][a-z0-9+.-]*:[A-Za-z0-9/#?._~-]+$"


def _json_parameter(name: str, description: str) -> dict[str, Any]:
    content = {_PLAIN_JSON: {"schema": _RECONCILIATION[name]}}
    return {"name": name, "in": "query", "required": False, "description": description, "content": content}


def _only(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object with this property alone."""
    return {"type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": False}


_PARAMETERS: dict[str, dict[str, Any]] = {
    "page": {
        "name": "page",
        "in": "query",
        "description": "the number of a page of the list; what is no such number means the first page",
        "schema": {"type": "string", "examples": ["2"]},
    },
    "sort": {
        "name": "sort",
        "in": "query",
        "description": "the order of the list: newest, oldest or name; anything else means the usual order",
        "schema": {"type": "string", "examples": ["name"]},
    },
    "query": {
        "name": "query",
        "in": "query",
        "required": False,
        "description": "SPARQL; without it, the answer is the service description",
        "schema": {"type": "string", "minLength": 1},
        "example": "ASK {}",
    },
    "property": _text_parameter("property", "only triples with this property"),
    "value": _text_parameter("value", "only the triple with this value of the property"),
    "name": _text_parameter("name", "a label or alias", required=True),
    "graph": {
        "name": "graph-or-default",
        "in": "query",
        "required": True,
        "description": "`graph`, the IRI of a named graph, or `default`",
        "style": "form",
        "explode": True,
        "schema": {
            "oneOf": [_only("graph", {"type": "string", "pattern": _IRI}), _only("default", {"type": "string"})]
        },
    },
    "subject": _text_parameter("subject", "the IRI of an entity", required=True),
    "q": _text_parameter("q", "part of a name"),
    "kind": _text_parameter("kind", "only entities of this class or kind"),
    "queries": _json_parameter("queries", "a batch of reconciliation queries"),
    "extend": _json_parameter("extend", "a data extension query"),
    "prefix": _text_parameter("prefix", "the beginning of a name"),
    "id": _text_parameter("id", "an id of the service", required=True),
    "type": _text_parameter("type", "a class"),
}
_PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    name: {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": example}
    for name, example in {"name": "anora", "kind": "entity"}.items()
}


_FORM = "application/x-www-form-urlencoded"
_QUERY_FORM = {"type": "object", "required": ["query"], "properties": {"query": {"type": "string", "minLength": 1}}}
_QUERY_BODY = {
    _FORM: {"schema": _QUERY_FORM},
    "application/sparql-query": {"schema": {"type": "string", "minLength": 1}},
}
_RECONCILE_FORM = {
    "type": "object",
    "properties": _RECONCILIATION,
    "additionalProperties": False,
    "anyOf": [{"required": [name]} for name in _RECONCILIATION],
}
_JSON_PARTS = {name: {"contentType": _PLAIN_JSON} for name in _RECONCILIATION}
_RECONCILE_BODY = {_FORM: {"schema": _RECONCILE_FORM, "encoding": _JSON_PARTS}}
_ANSWERS = (*ROW_MEDIA_TYPES, *_RDF)
_JSON_ONLY, _HTML_ONLY = (_PLAIN_JSON,), (_HTML,)


def _sparql(path: str, id: str) -> tuple[Operation, Operation]:
    return (
        Operation("get", path, id, "Answer a SPARQL query", _ANSWERS, ("query",)),
        Operation("post", path, f"{id}-post", "Answer a SPARQL query", _ANSWERS, body=_QUERY_BODY),
    )


def _entities(namespace: str, id: str) -> tuple[Operation, Operation]:
    path = f"/{namespace}/{{name}}"
    explained = ("property", "value")
    return (
        Operation("get", path, id or "entity", "Describe an entity", (*_RDF, _HTML)),
        Operation("get", f"{path}/why", f"{id}why", "Explain why its triples hold", (_PLAIN_JSON, _HTML), explained),
    )


def _refused(path: str, id: str, *methods: str) -> Iterator[Operation]:
    for method in methods:
        yield Operation(method, path, f"{id}-{method}", "Refused: the graph is read-only", is_refused=True)


def _reconcile(path: str, id: str) -> tuple[Operation, Operation]:
    summary = "Match names against the graph, or fetch values of entities"
    return (
        Operation("get", path, id, summary, _JSON_ONLY, ("queries", "extend")),
        Operation("post", path, f"{id}-post", summary, _JSON_ONLY, body=_RECONCILE_BODY),
    )


def _lists(*names: str) -> Iterator[Operation]:
    """The lists to browse: page by page, and as CSV."""
    for name in names:
        yield Operation("get", f"/{name}", name, f"List all {name}", (_HTML, _PLAIN_JSON, CSV), ("sort", "page"))
        yield Operation("get", f"/{name}.csv", f"{name}-csv", f"List all {name} as CSV", (CSV,), ("sort",))


OPERATIONS: tuple[Operation, ...] = (
    *_sparql("/sparql", "sparql"),
    *_sparql("/sparql/", "sparql-slash"),
    *_sparql("/query", "query"),
    *_refused("/update", "update", "get", "post"),
    Operation("get", "/queries", "queries", "List the stored queries", (_PLAIN_JSON, _HTML)),
    *_entities("film", ""),
    *_entities("source", "source"),
    *_entities("fact", "fact"),
    Operation("get", "/entity", "named", "Redirect to the entity of a name", (), ("name",)),
    Operation("get", "/thing", "named-formerly", "Redirect to the entity of a name; use /entity", (), ("name",)),
    Operation("get", "/context.jsonld", "context", "The JSON-LD context", (JSON_LD,)),
    Operation("get", "/graphs", "graph", "Read a complete graph", _RDF, ("graph",)),
    Operation("get", "/graph/{name}", "graph-directly", "Read a complete graph", _RDF),
    *_refused("/graphs", "graphs", "put", "post", "delete", "patch"),
    *_refused("/graph/{name}", "graph", "put", "post", "delete", "patch"),
    Operation("get", "/dump.nt", "dump", "All of knowledge", (N_TRIPLES,)),
    Operation("get", "/.well-known/void", "void", "Describe the dataset", _RDF),
    Operation("get", "/void", "void-plain", "Describe the dataset", _RDF),
    Operation("get", "/dcat", "dcat", "Describe the catalogue", _RDF),
    Operation("get", "/openapi.json", "openapi", "This document", _JSON_ONLY),
    Operation("get", "/healthz", "health", "Report whether requests are answered", _JSON_ONLY),
    Operation("get", "/metrics", "metrics", "Metrics for Prometheus", ("text/plain",)),
    Operation("get", "/", "home", "The home page", _HTML_ONLY),
    *_lists("films", "people", "awards", "companies", "places"),
    Operation("get", "/disagreements", "disagreements", "What sources disagree on", _HTML_ONLY, ("page",)),
    Operation("get", "/sources", "sources", "The sources of the graph", _HTML_ONLY),
    Operation("get", "/ontology", "ontology", "The classes and properties of the graph", (*_RDF, _HTML)),
    Operation("get", "/search", "search", "Search for names", _HTML_ONLY, ("q", "kind")),
    Operation("get", "/suggest", "suggest", "Complete a name", _JSON_ONLY, ("q", "kind")),
    Operation("get", "/vocabulary.json", "vocabulary", "Classes and properties, for completion", _JSON_ONLY),
    Operation(
        "get", "/why", "why-elsewhere", "Explain why a triple holds", _HTML_ONLY, ("subject", "property", "value")
    ),
    Operation("get", "/sitemap.xml", "sitemap", "The pages of entities, for crawlers", ("application/xml",)),
    Operation("get", "/sitemap-{name}.xml", "sitemap-part", "A part of a large sitemap", ("application/xml",)),
    Operation("get", "/robots.txt", "robots", "What crawlers should leave alone", ("text/plain",)),
    Operation("get", "/static/{name}", "static", "A style or script", ("text/css", "text/javascript")),
    *_reconcile("/reconcile", "reconcile"),
    *_reconcile("/reconcile/", "reconcile-slash"),
    Operation(
        "get", "/reconcile/suggest/{kind}", "reconcile-suggest", "Complete a name", _JSON_ONLY, ("prefix", "type")
    ),
    Operation("get", "/reconcile/flyout/{kind}", "flyout", "A few words about an entity or term", _JSON_ONLY, ("id",)),
    Operation("get", "/reconcile/preview", "preview", "A small page about an entity", _HTML_ONLY, ("id",)),
    Operation("get", "/reconcile/extend/propose", "propose", "Properties to fetch", _JSON_ONLY, ("type",)),
)
"""Every operation but those of the stored queries; `tests/server/test_openapi.py` holds this against the routes."""


# --- in a worker
def openapi_document(graph: FilmGraph, url: str) -> dict[str, object]:
    """An OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1.html) of the stored queries and all else."""
    paths: dict[str, dict[str, object]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = operation.as_dict()
    for query in _sound_queries(graph):
        paths[f"/queries/{query.name}"] = {"get": _stored(query)}
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Film knowledge graph",
            "version": __version__,
            "summary": "Facts about films, each with the passage it was read from.",
            "license": {"name": "CC0 1.0", "identifier": "CC0-1.0"},
        },
        "servers": [{"url": url}],
        "paths": paths,
        "components": {"schemas": _SCHEMAS, "responses": {"problem": _PROBLEM}},
    }


def _sound_queries(graph: FilmGraph) -> Iterator[StoredQuery]:
    for name in graph.queries:
        try:
            yield graph.queries[name]
        except FaultsError:
            # A broken file is reported by `kg check` and at /queries; it has no URL that works.
            continue


def _stored(query: StoredQuery) -> dict[str, object]:
    is_rows = query.form in ("SELECT", "ASK")
    document: dict[str, object] = {
        "operationId": query.name,
        "summary": query.summary,
        "tags": list(query.topics) or ["other"],
        "parameters": [*map(_parameter, query.params), *_PAGING],
        "responses": _responses(ROW_MEDIA_TYPES if is_rows else TRIPLE_MEDIA_TYPES),
    }
    if description := " ".join(part for part in (query.description, query.because) if part):
        document["description"] = description
    return document


def _parameter(parameter: Parameter) -> dict[str, object]:
    item: dict[str, object] = {"type": _TYPES[parameter.type]}
    if parameter.type is ParameterType.DATE:
        item["pattern"] = _DATE
    elif item["type"] == "string" and not parameter.is_optional:
        item["minLength"] = 1
    document: dict[str, object] = {
        "name": parameter.name,
        "in": "query",
        "required": not parameter.is_optional,
        "description": ", ".join(part for part in (parameter.type_in_words, parameter.about) if part),
        "schema": {"type": "array", "items": item} if parameter.is_list else item,
    }
    if parameter.example_value != _NO_EXAMPLE:
        document["example"] = _example(parameter)
    return document


def _example(parameter: Parameter) -> object:
    if parameter.is_list:
        return parameter.example_value.split("|")
    if parameter.type is ParameterType.NUMBER:
        return float(parameter.example_value) if "." in parameter.example_value else int(parameter.example_value)
    if parameter.type is ParameterType.BOOLEAN:
        return parameter.example_value == "true"
    return parameter.example_value


_COUNT = {"type": "integer", "minimum": 1, "maximum": MAX_NUMBER}
_PAGING = (
    {"name": "page", "in": "query", "description": "which page of the answer", "schema": _COUNT},
    {"name": "per-page", "in": "query", "description": "rows of a page", "schema": _COUNT},
    {
        "name": "why",
        "in": "query",
        "description": "1: with the evidence of each row",
        "schema": {"enum": list(SWITCH_VALUES)},
    },
    {
        "name": "labels",
        "in": "query",
        "description": "1: with a column of labels beside each column of entities",
        "schema": {"enum": list(SWITCH_VALUES)},
    },
)
_PROBLEM_REFERENCE = {"$ref": "#/components/responses/problem"}


_PROBLEM_STATUSES = ("400", "403", "404", "405", "406", "408", "413", "414", "415", "421", "503")


def _responses(media_types: Iterable[str]) -> dict[str, object]:
    schemas = {JSON: "rows", _PLAIN_JSON: "any", JSON_LD: "any"}
    content = {
        name: {"schema": {"$ref": f"#/components/schemas/{schemas[name]}"} if name in schemas else {"type": "string"}}
        for name in media_types
    }
    success: dict[str, object] = {"200": {"description": "the answer", "content": content}}
    if not content:
        success = {"303": {"description": "where it is"}}
    return success | dict.fromkeys(_PROBLEM_STATUSES, _PROBLEM_REFERENCE)


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
            "suggestions": {"type": "array", "items": {"type": "string"}},
            "nearest": {"type": "array", "items": {"type": "string"}, "deprecated": True},
        },
    },
}
_PROBLEM = {"description": "what is wrong", "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/problem"}}}}
