"""The tools that an assistant may call: one for each stored query, and general ones; with their JSON Schemas.

The tool of a stored query has its name. The general tools - `find_question`, `ask`, `find_entity`, `show`, `schema`,
`sparql`, `why`, `why_row` - come first, because some programs offer their assistant only the first few dozen. Schemas
are JSON Schema 2020-12; descriptions are short, because all of them are read before each conversation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from kg.errors import UnknownNameError
from kg.filmgraph import FilmGraph
from kg.lookup.entity_types import members_of
from kg.queries.stored_query import Parameter, ParameterType, StoredQueries, StoredQuery
from kg.terms import to_iri
from kg.text.folding import closest

DEFAULT_ROWS, MAX_ROWS = 50, 500
"""The rows of a reply unless the call says otherwise, and at most."""
_MAX_CHOICES = 12
_DATE = r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that an assistant may call."""

    name: str
    description: str
    input_schema: Mapping[str, Any] = field(repr=False)
    output_schema: Mapping[str, Any] | None = field(repr=False, default=None)


def list_tools(graph: FilmGraph, topics: Sequence[str] | None = None) -> list[Tool]:
    """The general tools, and one for each stored query; with `topics`, for those with one of these topics or names."""
    queries = [query for query in graph.queries.valid() if query.name not in GENERAL_TOOLS]
    listed = set(topics) if topics is not None else None
    chosen = (query for query in queries if listed is None or query.name in listed or listed.intersection(query.topics))
    return [*_general_tools(list_topics(queries)), *(_query_tool(graph, query) for query in chosen)]


def list_topics(queries: Iterable[StoredQuery]) -> list[str]:
    """The topics and tags of queries, in alphabetical order."""
    return sorted({topic for query in queries for topic in query.topics})


def parse_topics(queries: StoredQueries, text: str) -> list[str] | None:
    """The topics and names of stored queries in a list separated by commas; of `none`, none, and None of `all`.

    Raises `UnknownNameError` for one that no query has.
    """
    if text == "all":
        return None
    topics = [word.strip() for word in text.split(",") if word.strip()] if text != "none" else []
    valid = list(queries.valid())
    known = list(dict.fromkeys((*list_topics(valid), *(query.name for query in valid))))
    for topic in topics:
        if topic not in known:
            raise UnknownNameError(topic, kind="topic or stored query", suggestions=closest(topic, known))
    return topics


# --- tools of stored queries


def _query_tool(graph: FilmGraph, query: StoredQuery) -> Tool:
    """The tool of a stored query, described by the query's own sentences and its columns."""
    columns = f"Gives {', '.join(query.returns)}" if query.returns else ""
    sentences = filter(None, (query.summary, query.description, columns))
    description = " ".join(text if text.endswith((".", "?", "!")) else f"{text}." for text in sentences)
    properties = {parameter.name: _parameter_schema(graph, parameter) for parameter in query.params}
    required = [parameter.name for parameter in query.params if not parameter.is_optional]
    if query.form != "ASK":
        properties = {"offset": _OFFSET, **properties}
    return Tool(query.name, description, _object_schema(properties, required))


_JSON_TYPES = {ParameterType.NUMBER: "number", ParameterType.BOOLEAN: "boolean"}


def _parameter_schema(graph: FilmGraph, parameter: Parameter) -> dict[str, Any]:
    """The JSON Schema of a parameter: its type, what it is about, and an example or the names to choose from."""
    schema: dict[str, Any] = {"type": _JSON_TYPES.get(parameter.type, "string")}
    if parameter.type is ParameterType.DATE:
        schema["pattern"] = _DATE
    choices = _choices(graph, parameter.class_name) if parameter.class_name else ()
    if choices:
        schema["enum"] = list(choices)
    elif examples := [_to_example(graph, term) for term in _example_terms(parameter.example)[:1]]:
        schema["examples"] = examples
    if parameter.is_list:
        schema = {"type": "array", "items": schema, "minItems": 1}
    about = ", ".join(filter(None, (parameter.class_name, parameter.about)))
    return {**schema, "description": about} if about else schema


def _example_terms(inside: str) -> list[str]:
    """The terms inside a VALUES block, as they are written."""
    return re.findall(r'<[^>]*>|"(?:[^"\\]|\\.)*"\S*|[^\s"<]+', inside) if inside != "UNDEF" else []


def _to_example(graph: FilmGraph, term: str) -> str | float:
    """A term as a caller may give it: an entity by its label, a literal by its text, a number as a number."""
    if term.startswith('"'):
        return term[1:].split('"', 1)[0]
    if re.fullmatch(r"[0-9.]+", term):
        return float(term) if "." in term else int(term)
    return graph.names.label(to_iri(term)) or term


@lru_cache(maxsize=256)
def _choices(graph: FilmGraph, class_name: str) -> tuple[str, ...]:
    """The labels of all entities of a class, if they are few and each label is the name of one entity alone."""
    type = graph.ontology.type_names.get(class_name)
    if type is None:
        return ()
    entities = list(members_of(graph.store, graph.ontology, type, limit=10 * _MAX_CHOICES))
    if len(entities) > _MAX_CHOICES:
        return ()
    labels = sorted({graph.names.label(entity) for entity in entities} - {""})
    return tuple(labels) if len(labels) == len(entities) else ()


# --- general tools

GENERAL_TOOLS = {
    "find_question": "Finds stored questions of this film graph by words or topic, with their parameters and columns."
    " Start here: stored questions are tested, and their rows are cited.",
    "ask": "Answers a stored question by name. Rows come with their sources and passages.",
    "find_entity": "Finds films, people, awards, places ... by a name that may be misspelt, partial or in another"
    " language.",
    "show": "Shows everything known about one entity, each value with its sources.",
    "schema": "Describes classes, kinds and properties for SPARQL: an overview, or those of one class or word.",
    "sparql": "Answers a SPARQL 1.1 SELECT, ASK, CONSTRUCT or DESCRIBE query, where no stored question fits. Read-only,"
    " no SERVICE; prefixes such as film: are built in. Use schema first.",
    "why": "Explains why a triple holds, down to the passages of the sources, or what is missing for it to hold.",
    "why_row": "Explains one row of a stored question's answer, down to the passages of the sources.",
}
"""The tools that are not stored queries: name -> description."""

_OFFSET = {"type": "integer", "minimum": 0}
_PAGE: Mapping[str, Any] = {"offset": _OFFSET, "limit": {"type": "integer", "minimum": 1, "maximum": MAX_ROWS}}
"""Of the general tools; those of stored queries, of which there are many, take an offset alone."""
_ENTITY = {"type": "string", "description": "a name, alias, CURIE or IRI", "examples": ["Anora", "film:sean-baker"]}
_QUESTION = {"type": "string", "description": "the name of a stored query, as find_question gives it"}
_ARGUMENTS = {"type": "object", "description": "its parameters by name", "examples": [{"person": "Sean Baker"}]}
_TOOLS_WITH_ROWS = ("ask", "show", "sparql")


def argument_names(tool: str) -> tuple[str, ...]:
    """The names of the arguments of a general tool."""
    return next(tuple(each.input_schema["properties"]) for each in _general_tools(()) if each.name == tool)


def _general_tools(topics: Sequence[str]) -> Iterator[Tool]:
    words = {"type": "string", "description": "the question in a few words", "examples": ["awards that a film lost"]}
    topic = {"type": "string", "enum": list(topics)} if topics else {"type": "string"}
    triple = {
        "subject": _ENTITY,
        "property": {"type": "string", "examples": ["director", "film:genre", "type"]},
        "value": {"type": "string", "description": "an entity by any name, or the text of a literal"},
    }
    schemas: Mapping[str, tuple[Mapping[str, Any], Sequence[str]]] = {
        "find_question": ({"words": words, "topic": topic}, ()),
        "ask": ({"question": _QUESTION, "arguments": _ARGUMENTS, **_PAGE}, ("question",)),
        "find_entity": (
            {
                "name": {"type": "string"},
                "kind": {"type": "string", "description": "a class or kind", "examples": ["Film"]},
            },
            ("name",),
        ),
        "show": (
            {"entity": _ENTITY, "property": {"type": "string", "description": "only this property"}, **_PAGE},
            ("entity",),
        ),
        "schema": ({"word": {"type": "string", "description": "a class, or a word", "examples": ["Film"]}}, ()),
        "sparql": ({"query": {"type": "string"}, **_PAGE}, ("query",)),
        "why": (triple, tuple(triple)),
        "why_row": (
            {"question": _QUESTION, "arguments": _ARGUMENTS, "row": {"type": "integer", "minimum": 1}},
            ("question", "row"),
        ),
    }
    for name, (properties, required) in schemas.items():
        output_schema = ANSWER_SCHEMA if name in _TOOLS_WITH_ROWS else None
        yield Tool(name, GENERAL_TOOLS[name], _object_schema(properties, required), output_schema)


def _object_schema(properties: Mapping[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return schema | ({"required": list(required)} if required else {})


# --- the schema of rows with citations

_CELL: Mapping[str, Any] = {
    "description": "a number, a truth value, a text, or an entity with its label and CURIE",
    "anyOf": [
        {"type": ["string", "number", "boolean", "null"]},
        {
            "type": "object",
            "properties": {"label": {"type": "string"}, "entity": {"type": "string"}},
            "required": ["label", "entity"],
            "additionalProperties": False,
        },
    ],
}
_ROW: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "row": {"type": "integer", "description": "its number, from 1"},
        "values": {"type": "object", "additionalProperties": _CELL},
        "cited": {"type": "array", "items": {"type": "integer"}, "description": "ids of citations"},
        "cited_in_all": {"type": "integer"},
        "inferred": {"type": "boolean", "description": "true when part of it is inferred by a rule"},
    },
    "required": ["row", "values", "cited", "inferred"],
    "additionalProperties": False,
}
_CITATION: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "fact": {"type": "string", "description": "the fact, in words"},
        "source": {"type": "string", "description": "the title of the source"},
        "source_id": {"type": "string"},
        "address": {"type": "string"},
        "locator": {"type": "string", "description": "characters of the source's text (RFC 5147), or a record"},
        "passage": {"type": "string", "description": "the source's own words, when its text is available"},
        "written": {"type": "string", "description": "the value as the source writes it"},
        "paraphrase": {"type": "boolean"},
        "as_of": {"type": "string"},
        "fact_id": {"type": "string", "description": "the CURIE of the fact"},
    },
    "required": ["id", "fact", "source", "source_id", "locator"],
    "additionalProperties": False,
}
ANSWER_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "question": {"type": "string"},
        "columns": {"type": "array", "items": {"type": "string"}},
        "truth": {"type": "boolean"},
        "rows": {"type": "array", "items": _ROW},
        "citations": {"type": "array", "items": _CITATION},
        "total": {"type": "integer", "description": "the number of all rows; a lower bound if not total_is_exact"},
        "total_is_exact": {"type": "boolean"},
        "complete": {"type": "boolean", "description": "true when no row follows these"},
        "next_offset": {"type": "integer", "description": "call again with this offset for the rest"},
        "engine": {"type": "string", "description": "what answered: columnar (SQL) or oxigraph"},
        "note": {"type": "string"},
    },
    "required": ["columns", "rows", "citations", "total", "total_is_exact", "complete"],
    "additionalProperties": False,
}
"""Rows with citations: the replies of stored queries, `ask`, `show` and `sparql`."""
