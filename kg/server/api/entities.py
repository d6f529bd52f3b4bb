"""The address of a thing walks in; what the graph knows of it walks out: a page, or RDF in the form that is wanted.

    /film/anora                      a page for people, Turtle, JSON-LD, ... as the client would rather have it
    /film/anora.ttl                  Turtle
    /film/anora.jsonld?profile=schema.org
    /film/anora/why?property=director&value=Sean+Baker
    /thing?name=Sean+Baker           where the thing of that name is

The RDF tells the thing with its parts, and what the things are called that it names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, unquote

from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, parse
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from kg import vocabulary as vocab
from kg.errors import UnknownNameError
from kg.explain.answer_evidence import explanation_as_dict
from kg.exports.jsonld import to_context, to_jsonld
from kg.exports.schema_org import to_schema_org
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quad, find_quads
from kg.queries.result_writers import JSON_LD, PLAIN_JSON, TRIPLE_MEDIA_TYPES, AnswerBody, write_triples
from kg.schema import Schema, to_schema
from kg.server.negotiation import EXTENSIONS
from kg.server.request_params import negotiate, page_handler, snapshot_of, to_response
from kg.terms import BASE, KNOWLEDGE, LABEL, PROVENANCE, TYPE, sorted_triples, to_iri

SCHEMA_ORG = f'{JSON_LD};profile="https://schema.org/"'
ROOMS = ("film", "source", "fact")
"""The parts of the graph's address space in which things are."""
OFFERS = (*TRIPLE_MEDIA_TYPES[:4], SCHEMA_ORG, *TRIPLE_MEDIA_TYPES[4:])
_MOST_REASONS = 200


def routes() -> list[BaseRoute]:
    """/film/NAME and the like, /film/NAME/why, /thing, /context.jsonld."""
    found: list[BaseRoute] = []
    for room in ROOMS:
        found.append(Route(f"/{room}/{{name:path}}/why", why, methods=["GET", "HEAD"], name=f"{room}-why"))
        found.append(Route(f"/{room}/{{name:path}}", tell, methods=["GET", "HEAD"], name=room))
    found.append(Route("/thing", find, methods=["GET", "HEAD"]))
    found.append(Route("/context.jsonld", context, methods=["GET", "HEAD"]))
    return found


async def tell(request: Request) -> Response:
    """What the graph knows of a thing."""
    name, suffix = request.path_params["name"], ""
    if "." in name and name.rpartition(".")[2] in EXTENSIONS:
        name, _, suffix = name.rpartition(".")
    iri = _iri(request, name)
    if not suffix and (page := page_handler(request, "entity", OFFERS)) is not None:
        return await page(entity=iri, name=name)
    media = _suffixed(request, suffix) if suffix else negotiate(request, OFFERS)
    snapshot = snapshot_of(request)
    limits = snapshot.limits
    written: AnswerBody | str = await snapshot.run(write_thing, iri, media, limits.rows, limits.bytes)
    if isinstance(written, str):
        return RedirectResponse(_path(written), status_code=303)
    response = to_response(written)
    response.headers["Link"] = _links(request, name)
    return response


async def why(request: Request) -> Response:
    """Why what the graph says of a thing holds; of one property and value, or of everything."""
    name = request.path_params["name"]
    iri = _iri(request, name)
    if (page := page_handler(request, "why", (PLAIN_JSON,))) is not None:
        return await page(entity=iri, name=name)
    negotiate(request, (PLAIN_JSON,))
    property, value = request.query_params.get("property", ""), request.query_params.get("value", "")
    if value and not property:
        raise HTTPException(400, "A value is explained with its property: ?property=director&value=Sean+Baker")
    return JSONResponse(await snapshot_of(request).run(explain, iri, property, value))


async def find(request: Request) -> Response:
    """Where the thing of a name is; raises 404 with the nearest names."""
    name = request.query_params.get("name", "")
    if not name:
        raise HTTPException(400, "Which thing? /thing?name=Anora")
    iri: str = await snapshot_of(request).run(find_thing, name)
    if not iri.startswith(BASE):
        raise HTTPException(404, f"{iri} has its home elsewhere.")
    return RedirectResponse(_path(iri), status_code=303)


async def context(request: Request) -> Response:
    """The JSON-LD context, as every document of a thing has it embedded."""
    return Response(await snapshot_of(request).run(write_context), media_type=JSON_LD)


def find_thing(graph: FilmGraph, name: str) -> str:
    """The IRI of the thing that is called this."""
    return graph.entity(name).value


def write_context(graph: FilmGraph) -> bytes:
    """The context that gives every property and class its short name."""
    return json.dumps({"@context": to_context(_lexicon(graph))}, ensure_ascii=False, indent=1).encode()


def write_thing(graph: FilmGraph, iri: str, media: str, rows: int, most: int) -> AnswerBody | str:
    """What the graph knows of a thing; the IRI of the one that bears this as its name, when no thing has this IRI
    or it is another name of one that stays.

    Raises `UnknownNameError` when there is neither.
    """
    thing = NamedNode(iri)
    if (stays := graph.names.canonical(thing)) is not None:
        return stays.value
    if not is_known(graph, thing):
        return _meant(graph, iri)
    if media == SCHEMA_ORG:
        if Quad(thing, TYPE, vocab.Film, KNOWLEDGE) not in graph.store:
            raise UnknownNameError(iri, kind="film, which is what schema.org is written of,")
        return AnswerBody(to_schema_org(graph.store, graph.names, [thing]).encode(), JSON_LD)
    triples = sorted_triples(_told(graph, thing))
    is_complete, triples = len(triples) <= rows, triples[:rows]
    if media in (JSON_LD, PLAIN_JSON):
        text = to_jsonld((Quad(one.subject, one.predicate, one.object) for one in triples), _lexicon(graph))
        return AnswerBody(_with_used_context(text).encode(), media, len(triples), is_complete)
    return write_triples(triples, media, is_complete=is_complete, max_bytes=most)


@lru_cache(maxsize=2)
def _lexicon(graph: FilmGraph) -> Schema:
    return to_schema(quad.triple for quad in parse(path=graph.build / "ontology.nt", format=RdfFormat.N_TRIPLES))


def is_known(graph: FilmGraph, thing: NamedNode) -> bool:
    """True when a triple of the graph is about the thing."""
    return find_quad(graph.store, thing, None, None, None) is not None


def explain(graph: FilmGraph, iri: str, property: str, value: str) -> list[dict[str, object]]:
    """The reasons of what is said of a thing, as trees down to the passages."""
    thing = NamedNode(iri)
    if not is_known(graph, thing):
        _meant(graph, iri)
    texts = graph.texts()
    if value:
        return [explanation_as_dict(graph.why(f"<{iri}>", property, value), texts)]
    predicate = to_iri(property) if property else None
    found = find_quads(graph.store, thing, predicate, None, KNOWLEDGE)
    triples = [quad.triple for _, quad in zip(range(_MOST_REASONS), found, strict=False)]
    return [explanation_as_dict(graph.explainer.explain(triple), texts) for triple in triples]


def _told(graph: FilmGraph, thing: NamedNode, depth: int = 0) -> Iterator[Triple]:
    """The triples about a thing and its parts; then what the things are called that they name."""
    named: list[NamedNode] = []
    graphs = (KNOWLEDGE,) if thing.value.startswith(f"{BASE}film/") else (PROVENANCE, KNOWLEDGE)
    for quad in (quad for one in graphs for quad in find_quads(graph.store, thing, None, None, one)):
        yield quad.triple
        if isinstance(quad.object, NamedNode):
            if quad.object.value.startswith(f"{thing.value}.") and depth < 4:
                yield from _told(graph, quad.object, depth + 1)
            else:
                named.append(quad.object)
    for one in dict.fromkeys(named):
        yield from _labels(graph, one)


def _labels(graph: FilmGraph, thing: NamedNode) -> Iterable[Triple]:
    return (quad.triple for quad in find_quads(graph.store, thing, LABEL, None, KNOWLEDGE))


def _meant(graph: FilmGraph, iri: str) -> str:
    name = unquote(iri.removeprefix(f"{BASE}film/"))
    found = graph.entity(name).value
    if found == iri or not found.startswith(BASE):
        raise UnknownNameError(name, kind="thing")
    return found


def _with_used_context(text: str) -> str:
    """The document with those names in its context that it uses: the whole one is longer than most films."""
    document = json.loads(text)
    used = set(_names(document["@graph"]))
    whole = document["@context"]
    prefixes = {name.partition(":")[0] for name in used} | {"film", "xsd"}
    prefixes |= {told.partition(":")[0] for name in used if isinstance(told := _id(whole.get(name)), str)}
    keep = {"@version", "id", "type"} | used | prefixes
    document["@context"] = {name: told for name, told in whole.items() if name in keep}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _id(told: object) -> object:
    return told.get("@id") if isinstance(told, dict) else told


def _names(told: object) -> Iterator[str]:
    """Every key, and every text that may be a name or begin with a prefix."""
    if isinstance(told, dict):
        for key, value in told.items():
            yield key
            yield from _names(value)
    elif isinstance(told, list):
        for one in told:
            yield from _names(one)
    elif isinstance(told, str) and " " not in told:
        yield told


def _iri(request: Request, name: str) -> str:
    room = request.scope["path"].split("/")[1]
    try:
        return to_iri(f"<{BASE}{room}/{name}>").value
    except ValueError as error:
        # A name with blanks, as people type it: the thing that bears it is looked for.
        if "\n" in name or len(name) > 200:
            raise HTTPException(404, "No thing has this address.") from error
        return f"{BASE}{room}/{quote(name)}"


def _path(iri: str) -> str:
    return f"/{quote(iri.removeprefix(BASE))}"


def _suffixed(request: Request, suffix: str) -> str:
    if suffix in ("json", "jsonld") and "schema.org" in request.query_params.get("profile", ""):
        return SCHEMA_ORG
    found = next((one for one in EXTENSIONS[suffix] if one in TRIPLE_MEDIA_TYPES), None)
    if found is None:
        raise HTTPException(406, f"A thing is told as {', '.join(TRIPLE_MEDIA_TYPES)}.")
    return found


def _links(request: Request, name: str) -> str:
    """The same in other forms (https://www.rfc-editor.org/rfc/rfc8288)."""
    path = f"/{request.scope['path'].split('/')[1]}/{quote(name)}"
    forms = {"ttl": TRIPLE_MEDIA_TYPES[0], "nt": TRIPLE_MEDIA_TYPES[1], "jsonld": JSON_LD, "rdf": TRIPLE_MEDIA_TYPES[3]}
    links = [f'<{path}.{ending}>; rel="alternate"; type="{media}"' for ending, media in forms.items()]
    return ", ".join((*links, f'<{path}>; rel="canonical"'))
