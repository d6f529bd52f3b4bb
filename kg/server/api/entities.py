"""The URL of an entity: its page, or what the graph knows about it as RDF.

    /film/anora                      a page for people, Turtle, JSON-LD, ... as the client prefers
    /film/anora.ttl                  Turtle
    /film/anora.jsonld?profile=schema.org
    /film/anora/why?property=director&value=Sean+Baker
    /entity?name=Sean+Baker          redirects to the entity of that name

The RDF has the triples about the entity and its parts, and the labels of the entities that they name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote

from pyoxigraph import NamedNode, Quad, Triple
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kg import vocabulary as vocab
from kg.errors import UnknownNameError
from kg.exports.jsonld import to_context, to_jsonld
from kg.exports.schema_org import to_schema_org
from kg.filmgraph import FilmGraph
from kg.graph.snapshot_file import Graph
from kg.graph.store import find_quad, find_quads
from kg.parts import belongs_to
from kg.queries.result_writers import JSON_LD, PLAIN_JSON, TRIPLE_MEDIA_TYPES, AnswerBody, write_triples
from kg.server.http.negotiation import EXTENSIONS
from kg.server.request_params import negotiate, page_handler, site_path, snapshot_of, to_response
from kg.terms import BASE, KNOWLEDGE, LABEL, ONTOLOGY, PROVENANCE, TYPE, sorted_triples, to_iri

SCHEMA_ORG = f'{JSON_LD};profile="https://schema.org/"'
NAMESPACES = ("film", "source", "fact")
"""The parts of the graph's address space that have entities."""
ENTITY_MEDIA_TYPES = (*TRIPLE_MEDIA_TYPES[:4], SCHEMA_ORG, *TRIPLE_MEDIA_TYPES[4:])
_ALTERNATES = {extension: EXTENSIONS[extension][-1] for extension in ("ttl", "nt", "jsonld", "rdf")}
_MAX_EXPLAINED = 200
_MAX_DEPTH = 4
_MAX_NAME = 200


# --- requests
def routes() -> list[BaseRoute]:
    """/film/NAME and the like, /film/NAME/why, /entity, /context.jsonld."""
    methods = ["GET", "HEAD"]
    entities: list[BaseRoute] = []
    for namespace in NAMESPACES:
        path = f"/{namespace}/{{name:path}}"
        entities += [Route(f"{path}/why", explain_entity, methods=methods), Route(path, show_entity, methods=methods)]
    return [
        *entities,
        Route("/entity", redirect_to_entity, methods=methods),
        Route("/thing", redirect_to_entity, methods=methods),  # the address of earlier versions
        Route("/context.jsonld", show_context, methods=methods),
    ]


async def show_entity(request: Request) -> Response:
    """What the graph knows about an entity."""
    name, extension = request.path_params["name"], ""
    if "." in name and name.rpartition(".")[2] in EXTENSIONS:
        name, _, extension = name.rpartition(".")
    iri = _requested_iri(request, name)
    if not extension and (page := page_handler(request, "entity", ENTITY_MEDIA_TYPES)) is not None:
        return await page(entity=iri, name=name)
    media_type = _named_media_type(request, extension) if extension else negotiate(request, ENTITY_MEDIA_TYPES)
    snapshot = snapshot_of(request)
    limits = snapshot.limits
    answer: AnswerBody | NamedNode = await snapshot.run(write_entity, iri, media_type, limits.rows, limits.bytes)
    if isinstance(answer, NamedNode):
        query = f"?{request.url.query}" if request.url.query else ""
        path = _path_of(answer.value) + (f".{extension}" if extension else "")
        return RedirectResponse(path + query, status_code=303)
    response = to_response(answer)
    response.headers["Link"] = _links(request, name, media_type)
    return response


async def explain_entity(request: Request) -> Response:
    """Why the triples about an entity hold: those of one property, of one value of it, or all."""
    name = request.path_params["name"]
    iri = _requested_iri(request, name)
    if (page := page_handler(request, "why", (PLAIN_JSON,))) is not None:
        return await page(entity=iri, name=name)
    negotiate(request, (PLAIN_JSON,))
    property, value = request.query_params.get("property", ""), request.query_params.get("value", "")
    if value and not property:
        example = "?property=director&value=Sean+Baker"
        raise HTTPException(404, f"Name the `property` that has this `value`; for example {example}")
    return JSONResponse(await snapshot_of(request).run(explain, iri, property, value))


async def redirect_to_entity(request: Request) -> Response:
    """The URL of the entity of a name; raises 404 with the closest names."""
    name = request.query_params.get("name", "")
    if not name:
        raise HTTPException(400, "Give a `name`; for example /entity?name=Anora")
    iri: str = await snapshot_of(request).run(find_entity, name)
    if iri.startswith(BASE):
        return RedirectResponse(_path_of(iri), status_code=303)
    if not iri.startswith(("https://", "http://")):
        raise HTTPException(404, f"This server does not publish {iri}.")
    return RedirectResponse(iri, status_code=303)  # of data of others: pages link there as well


async def show_context(request: Request) -> Response:
    """The JSON-LD context, as every document of an entity has it embedded."""
    return Response(await snapshot_of(request).run(write_context), media_type=JSON_LD)


def _requested_iri(request: Request, name: str) -> str:
    namespace = request.scope["path"].split("/")[1]
    if not name:
        raise HTTPException(404, f"Name an entity: /{namespace}/NAME")
    try:
        return to_iri(f"<{BASE}{namespace}/{name}>").value
    except ValueError as error:
        # A name with blanks, as people type it: the entity of this name is looked for.
        if "\n" in name or len(name) > _MAX_NAME:
            raise HTTPException(404, "No entity has this URL.") from error
        return f"{BASE}{namespace}/{quote(name)}"


def _path_of(iri: str) -> str:
    return site_path(f"/{quote(iri.removeprefix(BASE))}")


def _named_media_type(request: Request, extension: str) -> str:
    if extension in ("json", "jsonld") and "schema.org" in request.query_params.get("profile", ""):
        return SCHEMA_ORG
    named = next((media_type for media_type in EXTENSIONS[extension] if media_type in TRIPLE_MEDIA_TYPES), None)
    if named is None:
        raise HTTPException(406, f"An entity is available as {', '.join(TRIPLE_MEDIA_TYPES)}.")
    return named


def _links(request: Request, name: str, media_type: str) -> str:
    """The same in other forms (https://www.rfc-editor.org/rfc/rfc8288).

    JSON-LD names none: a processor that finds an alternate reads that in place of the document
    (https://www.w3.org/TR/json-ld11/#alternate-document-location).
    """
    path = site_path(f"/{request.scope['path'].split('/')[1]}/{quote(name)}")
    alternates = {} if media_type in (JSON_LD, PLAIN_JSON, SCHEMA_ORG) else _ALTERNATES
    links = [f'<{path}.{extension}>; rel="alternate"; type="{type}"' for extension, type in alternates.items()]
    return ", ".join((*links, f'<{path}>; rel="canonical"'))


# --- in a worker
def find_entity(graph: FilmGraph, name: str) -> str:
    """The IRI of the entity of this name."""
    return graph.entity(name).value


def write_context(graph: FilmGraph) -> bytes:
    """The context that gives every property and class its short name."""
    return json.dumps({"@context": to_context(graph.ontology)}, ensure_ascii=False, indent=1).encode()


def write_entity(
    graph: FilmGraph, iri: str, media_type: str, max_triples: int, max_bytes: int
) -> AnswerBody | NamedNode:
    """What the graph knows about an entity; or the entity that has this as a name, where no entity has this IRI.

    Raises `UnknownNameError` when there is neither.
    """
    entity = NamedNode(iri)
    if (canonical := graph.names.canonical(entity)) is not None:
        return canonical
    if not is_known(graph, entity):
        return _entity_named_like(graph, iri)
    if media_type == SCHEMA_ORG:
        if Quad(entity, TYPE, vocab.Film, KNOWLEDGE) not in graph.store:
            raise UnknownNameError(iri, kind="film", remedy="The schema.org profile is available for films only.")
        return AnswerBody(to_schema_org(graph.store, graph.names, [entity]).encode(), JSON_LD)
    triples = sorted_triples(_triples_about(graph, entity))
    is_complete, triples = len(triples) <= max_triples, triples[:max_triples]
    if media_type in (JSON_LD, PLAIN_JSON):
        text = _with_used_context(to_jsonld(triples, graph.ontology))
        return AnswerBody(text.encode(), media_type, len(triples), is_complete)
    return write_triples(triples, media_type, is_complete=is_complete, max_bytes=max_bytes)


def is_known(graph: FilmGraph, entity: NamedNode) -> bool:
    """True when a triple of the graph is about the entity."""
    return find_quad(graph.store, entity, None, None, None) is not None


def explain(graph: FilmGraph, iri: str, property: str, value: str) -> list[dict[str, object]]:
    """Why the triples about an entity hold, as trees down to the passages."""
    entity = NamedNode(iri)
    if not is_known(graph, entity):
        _entity_named_like(graph, iri)
    texts = graph.texts()
    if value:
        return [graph.why(f"<{iri}>", property, value).as_dict(texts)]
    predicate = graph.names.property_iri(property) if property else None
    quads = find_quads(graph.store, entity, predicate, None, KNOWLEDGE, limit=_MAX_EXPLAINED)
    return [graph.explainer.explain(quad.triple).as_dict(texts) for quad in quads]


def _triples_about(graph: FilmGraph, entity: NamedNode, depth: int = 0) -> Iterator[Triple]:
    """The triples about an entity and its parts, and the labels of the entities that they name."""
    if not entity.value.startswith(f"{BASE}film/"):
        graphs: tuple[Graph, ...] = (PROVENANCE, KNOWLEDGE)
    elif find_quad(graph.store, entity, None, None, ONTOLOGY) is not None:
        graphs = (ONTOLOGY, KNOWLEDGE)
    else:
        graphs = (KNOWLEDGE,)
    named: dict[NamedNode, None] = {}
    for quad in (quad for name in graphs for quad in find_quads(graph.store, entity, None, None, name)):
        yield quad.triple
        if isinstance(quad.object, NamedNode):
            if belongs_to(quad.object.value, entity.value) and depth < _MAX_DEPTH:
                yield from _triples_about(graph, quad.object, depth + 1)
            else:
                named[quad.object] = None
    for other in named:
        yield from (quad.triple for name in graphs[-2:] for quad in find_quads(graph.store, other, LABEL, None, name))


def _entity_named_like(graph: FilmGraph, iri: str) -> NamedNode:
    """The entity that has the last part of an IRI as its name."""
    name = unquote(iri.removeprefix(f"{BASE}film/"))
    entity = graph.entity(name)
    if entity.value == iri or not entity.value.startswith(BASE):
        raise UnknownNameError(name, kind="entity")
    return entity


def _with_used_context(text: str) -> str:
    """The document, with only those names in its context that it uses: the full context is longer than most films."""
    document = json.loads(text)
    context: dict[str, object] = document["@context"]
    used = set(_names(document["@graph"]))
    prefixes = {name.partition(":")[0] for name in used} | {"film", "xsd"}
    prefixes |= {id.partition(":")[0] for name in used if (id := _id_in_context(context.get(name)))}
    names = {"@version", "id", "type"} | used | prefixes
    document["@context"] = {name: term for name, term in context.items() if name in names}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _id_in_context(term: object) -> str:
    id = term.get("@id") if isinstance(term, Mapping) else term
    return id if isinstance(id, str) else ""


def _names(json_value: object) -> Iterator[str]:
    """Every key, and every text that may be a name or begin with a prefix."""
    if isinstance(json_value, dict):
        for key, value in json_value.items():
            yield key
            yield from _names(value)
    elif isinstance(json_value, list):
        for value in json_value:
            yield from _names(value)
    elif isinstance(json_value, str) and " " not in json_value:
        yield json_value
