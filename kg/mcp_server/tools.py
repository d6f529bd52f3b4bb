"""A graph's stored queries walk in; the tools that an assistant may call walk out: name, sentence, typed parameters.

A tool that is named like a stored query asks it. The others - `find_question`, `ask`, `find_thing`, `show`, `schema`,
`sparql`, `why`, `why_row` - come first, because some programs offer their assistant no more than the first few dozen.
Schemas are JSON Schema 2020-12; descriptions are short, because every one of them is read before each conversation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pyoxigraph import NamedNode

from kg.errors import InputError, UnknownNameError
from kg.filmgraph import FilmGraph
from kg.graph.store import find_quads
from kg.mcp_server.schemas import ANSWER_SCHEMA
from kg.queries.stored_query import Parameter, ParameterType, StoredQueries, StoredQuery
from kg.terms import KNOWLEDGE, TYPE, to_iri
from kg.text import closest

ROWS_AT_FIRST, MOST_ROWS = 50, 500
"""How many rows a call gives unless told, and at most."""
_MOST_CHOICES = 12
_DATE = r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"
_PAGE: Mapping[str, Any] = {
    "offset": {"type": "integer", "minimum": 0},
    "limit": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
}
_REST: Mapping[str, Any] = {"offset": {"type": "integer", "minimum": 0}}
"""Of stored queries' own tools, of which there are many; `ask` also takes a limit."""


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that an assistant may call; `takes` and `gives` are JSON Schemas."""

    name: str
    description: str
    input_schema: Mapping[str, Any] = field(repr=False)
    output_schema: Mapping[str, Any] | None = field(repr=False, default=None)


def to_tools(graph: FilmGraph, topics: Sequence[str] | None = None) -> list[Tool]:
    """The general tools, and one for each stored query; with `topics`, for those with one of these tags or names."""
    queries = [query for query in sound_queries(graph.queries) if query.name not in GENERAL_TOOLS]
    wanted = set(topics) if topics is not None else None
    listed = (one for one in queries if wanted is None or one.name in wanted or wanted.intersection(one.tags))
    return [*general_tools(topics_of(queries)), *(to_tool(graph, query) for query in listed)]


def sound_queries(queries: StoredQueries) -> Iterator[StoredQuery]:
    """The stored queries whose files have no fault; `kg check` tells of the others."""
    for name in queries:
        try:
            yield queries[name]
        except InputError:
            continue


def topics_of(queries: Iterable[StoredQuery]) -> list[str]:
    """The tags of queries, in the order of the alphabet."""
    return sorted({tag for query in queries for tag in query.tags})


def to_topics(queries: StoredQueries, words: str) -> list[str]:
    """The topics and names of stored queries in a list between commas; of `none`, none.

    Raises `UnknownNameError` for one that no query has.
    """
    topics = [word.strip() for word in words.split(",") if word.strip()] if words != "none" else []
    sound = list(sound_queries(queries))
    known = list(dict.fromkeys((*topics_of(sound), *(query.name for query in sound))))
    for topic in topics:
        if topic not in known:
            raise UnknownNameError(topic, kind="topic or stored query", suggestions=closest(topic, known))
    return topics


def to_tool(graph: FilmGraph, query: StoredQuery) -> Tool:
    """A stored query as a tool of its own; its description is the query's own sentence and what comes back."""
    told = [query.summary, query.description.rstrip("."), f"Gives {', '.join(query.returns)}" if query.returns else ""]
    takes = {one.name: to_schema(graph, one) for one in query.params}
    needed = [one.name for one in query.params if not one.is_optional]
    properties = {**_REST, **takes} if query.form != "ASK" else takes
    return Tool(query.name, ". ".join(filter(None, told)) + ".", _object(properties, needed))


def to_schema(graph: FilmGraph, parameter: Parameter) -> dict[str, Any]:
    """The JSON Schema of a parameter: its type, what it is about, an example or the names to choose from."""
    one: dict[str, Any] = {"type": "number" if parameter.type is ParameterType.NUMBER else "string"}
    if parameter.type is ParameterType.DATE:
        one["pattern"] = _DATE
    choices = _choices(graph, parameter.class_name) if parameter.class_name else ()
    if choices:
        one["enum"] = list(choices)
    elif examples := [_to_example(graph, text) for text in _examples(parameter.example)][:1]:
        one["examples"] = examples
    schema = {"type": "array", "items": one, "minItems": 1} if parameter.is_list else one
    about = ", ".join(filter(None, (parameter.class_name, parameter.about)))
    return {**schema, "description": about} if about else schema


def _examples(inside: str) -> list[str]:
    """The terms of a VALUES block, each as it is written."""
    return re.findall(r'<[^>]*>|"(?:[^"\\]|\\.)*"\S*|[^\s"<]+', inside) if inside != "UNDEF" else []


def _to_example(graph: FilmGraph, text: str) -> str | float:
    """A term as a caller may give it: a thing by its label, a literal by its words, a number as a number."""
    if text.startswith('"'):
        return text[1:].split('"', 1)[0]
    if re.fullmatch(r"[0-9.]+", text):
        return float(text) if "." in text else int(text)
    return graph.names.label(to_iri(text)) or text


@lru_cache(maxsize=256)
def _choices(graph: FilmGraph, kind: str) -> tuple[str, ...]:
    """The labels of all things of a class where they are few and each is the name of one thing alone."""
    found = find_quads(graph.store, None, TYPE, to_iri(kind), KNOWLEDGE, limit=10 * _MOST_CHOICES)
    things = [quad.subject for quad in found if isinstance(quad.subject, NamedNode)]
    if len(things) > _MOST_CHOICES:
        return ()
    labels = sorted({graph.names.label(thing) for thing in things} - {""})
    return tuple(labels) if len(labels) == len(things) else ()


def _object(properties: Mapping[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return schema | ({"required": list(required)} if required else {})


_THING = {"type": "string", "description": "a name, alias, CURIE or IRI", "examples": ["Anora", "film:sean-baker"]}
_QUESTION = {"type": "string", "description": "the name of a stored query, as find_question gives it"}
_ARGUMENTS = {"type": "object", "description": "its parameters by name", "examples": [{"person": "Sean Baker"}]}


def general_tools(topics: Sequence[str]) -> Iterator[Tool]:
    """The tools that every graph has."""
    words = {"type": "string", "description": "what is asked, in a few words", "examples": ["awards that a film lost"]}
    topic = {"type": "string", "enum": list(topics)} if topics else {"type": "string"}
    triple = {
        "subject": _THING,
        "property": {"type": "string", "examples": ["director", "film:genre", "type"]},
        "value": {"type": "string", "description": "a thing by any name, or the words of a literal"},
    }
    schemas: Mapping[str, tuple[Mapping[str, Any], Sequence[str]]] = {
        "find_question": ({"words": words, "topic": topic}, ()),
        "ask": ({"question": _QUESTION, "arguments": _ARGUMENTS, **_PAGE}, ("question",)),
        "find_thing": (
            {"name": {"type": "string"}, "kind": {"type": "string", "description": "a class", "examples": ["Film"]}},
            ("name",),
        ),
        "show": (
            {"thing": _THING, "property": {"type": "string", "description": "only this property"}, **_PAGE},
            ("thing",),
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
        yield Tool(
            name, GENERAL_TOOLS[name], _object(properties, required), ANSWER_SCHEMA if name in _ANSWERING else None
        )


_ANSWERING = ("ask", "show", "sparql")
GENERAL_TOOLS = {
    "find_question": "Finds stored questions of this film graph by words or topic, with what each takes and an example."
    " Begin here: stored questions are tested, and their rows are cited.",
    "ask": "Asks a stored question by name. Rows come with the sources and passages they rest on.",
    "find_thing": "Finds films, people, awards, places ... by a name that may be misspelled, partial or in another"
    " language.",
    "show": "Shows all that is known of one thing, each value with who says it.",
    "schema": "Describes the classes and properties that SPARQL can ask: an overview, or those of one class or word.",
    "sparql": "Answers a SPARQL 1.1 SELECT, ASK, CONSTRUCT or DESCRIBE, where no stored question fits. Read-only, no"
    " SERVICE; prefixes such as film: are declared already. Use schema first.",
    "why": "Explains why a triple holds, down to the passages of the sources, or what is missing for it to hold.",
    "why_row": "Explains one row of a stored question's answer, down to the passages of the sources.",
}
"""The tools that are no stored query, each with its sentence."""
