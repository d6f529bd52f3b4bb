"""Calls of tools: arguments checked, the call run on a graph, and a reply for reading and for programs.

What is wrong with a call is in its reply, with what to do next, so that the assistant can correct it.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.errors import FilmGraphError, InputError, ParameterError, Remedy, UnknownNameError
from kg.explain.why_formats import write_explanations, write_unmet_rules
from kg.filmgraph import FilmGraph
from kg.lookup.entity_description import PropertyValue
from kg.lookup.name_search import NameMatch
from kg.mcp_server.citations import (
    Citations,
    CitedRow,
    cite_row,
    cite_triple,
    plain_cells,
    to_document,
    to_plain,
    to_text,
    triple_cells,
)
from kg.mcp_server.tools import DEFAULT_ROWS, GENERAL_TOOLS, MAX_ROWS, argument_names, list_topics
from kg.queries.answer import Answer, Row
from kg.queries.query_search import QueryIndex
from kg.queries.stored_query import StoredQuery
from kg.schema import suggest_terms
from kg.terms import to_curie, to_iri
from kg.text.folding import closest

MAX_COUNTED = 10_000
"""The rows of an ad-hoc query that are counted; if there are more, the reply says so."""
MAX_TEXT = 40_000
_MAX_QUESTIONS, _MAX_FOUND = 40, 8
"""The questions of a topic that are listed, and those that are found by words."""
_MAX_ALIKE = 3
_CHEAP_SECONDS, _CITING_SECONDS = 1.0, 5.0
"""How long an ad-hoc query whose rows are cited may take, and how long they are cited."""
_REMEDIES: Mapping[Remedy | str, str] = {Remedy.LIST_QUERIES: "find_question lists them."}
"""What to do next, in terms of tools; the command line has words of its own."""


@dataclass(frozen=True, slots=True)
class ToolReply:
    """The reply to a call: `text` for reading, `structure` for programs; `is_error` when the call was wrong."""

    text: str
    structure: Mapping[str, Any] | None = None
    is_error: bool = False


def prepare_worker() -> None:
    """Load all modules that calls need, so that the first call of a worker is as fast as the others."""
    from kg.lookup import name_search, schema_card
    from kg.queries import triple_patterns
    from kg.queries.sparql_to_sql import run

    del name_search, schema_card, triple_patterns, run


def call_tool(graph: FilmGraph, texts: str | None, name: str, arguments: Mapping[str, Any]) -> ToolReply:
    """The reply to a call, as a worker gives it."""
    return ToolCaller(graph, texts).call(name, arguments)


@dataclass(frozen=True)
class ToolCaller:
    """Runs the tools of one graph; `texts` is the folder of source texts that passages are quoted from."""

    graph: FilmGraph
    texts: str | None = None

    def call(self, name: str, arguments: Mapping[str, Any]) -> ToolReply:
        """The reply to a call; an error of the call is a reply, too."""
        try:
            if name in _TOOLS:
                _check_names(name, arguments)
            _check_arguments(arguments)
            if name in _TOOLS:
                return _TOOLS[name](self, arguments)
            query = self._find_query(name)
            parameters = {parameter.name for parameter in query.params}
            page = {key: arguments[key] for key in ("offset", "limit") if key in arguments and key not in parameters}
            values = {key: value for key, value in arguments.items() if key not in page}
            return self._ask(query, values, page=page)
        except UnknownNameError as error:
            remedy = _REMEDIES.get(error.remedy, error.remedy)
            return ToolReply(f"{error.message} {remedy}".rstrip(), is_error=True)
        except FilmGraphError as error:
            return ToolReply(str(error), is_error=True)

    # --- stored questions

    def find_question(self, arguments: Mapping[str, Any]) -> ToolReply:
        """Stored queries by words or topic."""
        words, topic = _text(arguments, "words", ""), _text(arguments, "topic", "")
        queries = list(self.graph.queries.valid())
        topics = list_topics(queries)
        if topic and topic not in topics:
            raise UnknownNameError(topic, kind="topic", suggestions=closest(topic, topics))
        matches = QueryIndex(queries, self.graph.ontology).search_question(words, self.graph.names, topic=topic)
        matches = matches[:_MAX_FOUND] if words.strip() else matches
        cards = [_question_card(match.query) for match in matches[:_MAX_QUESTIONS]]
        structure = {"questions": cards, "total": len(matches), "complete": len(matches) <= len(cards)}
        lines = [_card_text(card) for card in cards]
        if len(matches) > len(cards):
            lines.append(f"{len(cards)} of {len(matches)} questions; give words or a topic: {', '.join(topics)}")
        if not matches:
            lines = [f"No stored question matches. Topics are {', '.join(topics)}; or use schema and sparql."]
        return ToolReply("\n".join(lines) + "\n", structure)

    def ask(self, arguments: Mapping[str, Any]) -> ToolReply:
        """A stored query by name."""
        query = self._find_query(_text(arguments, "question"))
        return self._ask(query, _values(arguments), page=arguments)

    def why_row(self, arguments: Mapping[str, Any]) -> ToolReply:
        """Why a row is in a stored query's answer."""
        query, number = self._find_query(_text(arguments, "question")), _integer(arguments, "row", 1, minimum=1)
        answer = self.graph.ask(query.name, **_values(arguments))
        if answer.kind != "rows" or number > len(answer):
            raise InputError(f"{query.name} has {len(answer):,} rows with these values; there is no row {number}.")
        row, texts = answer[number - 1], self.graph.texts(self.texts)
        explanations = self.graph.explainer.explain_row(answer, row)
        text = write_explanations(explanations, self.graph.names, texts)
        documents = [explanation.as_dict(texts) for explanation in explanations]
        text = text or "No single fact supports this row: it counts or compares.\n"
        return _text_reply(text, {"values": plain_cells(row), "why": documents})

    def _find_query(self, name: str) -> StoredQuery:
        queries = self.graph.queries
        if name not in queries:
            error = queries.unknown(name, kind="question or tool", known=[*queries, *GENERAL_TOOLS])
            if error.suggestions:
                raise error
            words = re.sub(r"[-_]", " ", name)
            matches = QueryIndex(queries.valid(), self.graph.ontology).search(words)
            alike = [match.query.name for match in matches]
            raise UnknownNameError(name, kind=error.kind, suggestions=alike[:_MAX_ALIKE], remedy=error.remedy)
        return queries[name]

    def _ask(self, query: StoredQuery, values: Mapping[str, Any], *, page: Mapping[str, Any]) -> ToolReply:
        answer = self.graph.ask(query.name, **values)
        return self._answer_reply(answer, _page(page), question=query.name)

    # --- entities and schema

    def find_entity(self, arguments: Mapping[str, Any]) -> ToolReply:
        """Entities by a name that may be misspelt."""
        matches = self.graph.search(_text(arguments, "name"), class_name=_text(arguments, "kind", ""))
        documents = [self._match_document(match) for match in matches]
        lines = [_match_line(document) for document in documents] or ["No entity has such a name."]
        return ToolReply("\n".join(lines) + "\n", {"entities": documents})

    def _match_document(self, match: NameMatch) -> dict[str, Any]:
        classes = self.graph.ontology.narrowest(map(to_iri, match.classes))
        labels = [self.graph.names.label(iri) for iri in classes]
        document = {"label": match.label, "entity": match.curie, "kinds": labels, "score": round(match.score)}
        return document | ({"called": match.name} if match.name != match.label else {})

    def show(self, arguments: Mapping[str, Any]) -> ToolReply:
        """Everything known about an entity, a row for each value."""
        description = self.graph[_text(arguments, "entity")]
        values = [*description.stated, *description.inferred]
        if name := _text(arguments, "property", ""):
            curies = {to_curie(value.property.value) for value in values}
            values = [
                value for value in values if to_curie(value.property.value) in (name, f"film:{name}", f"rdfs:{name}")
            ]
            if not values:
                terms = [term for term in self.graph.ontology.properties.values() if to_curie(term.iri.value) in curies]
                suggestions = [term.name for term in suggest_terms(name, terms)]
                raise UnknownNameError(name, kind=f"property of {description.label}", suggestions=suggestions)
        rows = [row for value in values for row in self._value_rows(value, "")]
        page = _page(arguments)
        document = to_document(
            rows[page.start : page.stop], ("property", "value"), self._citations(), offset=page.start, total=len(rows)
        )
        title = f"{description.label} ({to_curie(description.entity.value)})"
        return ToolReply(f"{title}\n\n{to_text(document)}", document)

    def _value_rows(self, value: PropertyValue, path: str) -> list[CitedRow]:
        name = f"{path}{to_curie(value.property.value)}"
        if value.parts:
            # The id of the part, too: the gross of one weekend is not that of another.
            part_id = str(value.value.value).rpartition(".")[2]
            return [row for part in value.parts for row in self._value_rows(part, f"{name} › {part_id} › ")]
        cells = {"property": name, "value": to_plain(value.value, self.graph.names)}
        return [CitedRow(cells, value.facts, is_inferred=value.is_inferred)]

    def schema(self, arguments: Mapping[str, Any]) -> ToolReply:
        """Classes and properties: an overview, those of a class, or those with a word."""
        from kg.lookup.schema_card import INTRODUCTION, read_class_properties, write_class_card

        card, word = self.graph.schema(), _text(arguments, "word", "")
        if (row := card.find_class(word)) is not None:
            properties = read_class_properties(self.graph.store, self.graph.ontology, to_iri(row.curie))
            return _text_reply(write_class_card(row, properties))
        if word:
            text = card.matching(word).to_text()
            return _text_reply(
                text or "No class or property has this word; call schema without a word for the classes.\n"
            )
        classes = "".join(f"{row.curie} ({row.uses}): {row.comment}\n" for row in card.used().classes)
        head = "Classes with their numbers of entities; call schema with a class for its properties."
        return _text_reply(f"{INTRODUCTION}\n{head}\n{classes}")

    # --- SPARQL and explanations

    def sparql(self, arguments: Mapping[str, Any]) -> ToolReply:
        """An ad-hoc query: it only reads, and calls no other service."""
        started = time.monotonic()
        answer = self.graph.sparql(_text(arguments, "query"), limit=MAX_COUNTED)
        now = time.monotonic()
        # To cite a row is to ask its query again, so rows of an expensive one are not cited.
        until = now + _CITING_SECONDS if now - started < _CHEAP_SECONDS else now
        return self._answer_reply(answer, _page(arguments), question="", until=until)

    def why(self, arguments: Mapping[str, Any]) -> ToolReply:
        """Why a triple holds, or what is missing."""
        triple = self.graph.triple(*(_text(arguments, part) for part in ("subject", "property", "value")))
        explanation = self.graph.explainer.explain(triple)
        texts = self.graph.texts(self.texts)
        if explanation or explanation.contested:
            text = write_explanations([explanation], self.graph.names, texts)
            return _text_reply(text, {"holds": bool(explanation), "why": explanation.as_dict(texts)})
        unmet_rules = self.graph.explainer.unmet_rules(triple)
        return _text_reply(write_unmet_rules(triple, unmet_rules, self.graph.names), {"holds": False})

    # --- answers

    def _answer_reply(self, answer: Answer, page: slice, *, question: str, until: float = math.inf) -> ToolReply:
        """The rows of a page; those after the moment `until` are not cited."""
        names, explainer = self.graph.names, self.graph.explainer
        columns: Sequence[str] = answer.columns
        if answer.kind == "truth":
            row = self._cite(answer, None, until) if answer.truth else CitedRow({})
            document = to_document([row], (), self._citations(), offset=0, total=1, question=question)
            document |= {"truth": answer.truth, "engine": answer.engine}
            return ToolReply(to_text(document), document)
        if answer.kind == "triples":
            columns = ("subject", "predicate", "object")
            rows = (
                cite_triple(explainer, triple, triple_cells(triple, names)) for triple in (answer.triples or ())[page]
            )
        else:
            rows = (self._cite(answer, row, until) for row in answer[page])
        document = to_document(
            rows,
            columns,
            self._citations(),
            offset=page.start,
            total=len(answer),
            is_exact=answer.complete,
            question=question,
        )
        document["engine"] = answer.engine
        if not answer:
            document["note"] = self._explain_empty(answer)
        return ToolReply(to_text(document), document)

    def _cite(self, answer: Answer, row: Row | None, until: float) -> CitedRow:
        """A row, or a true ASK, with the facts that support it, unless it is too late."""
        cells = plain_cells(row) if row is not None else {}
        if time.monotonic() < until:
            try:
                return cite_row(self.graph.explainer, answer, row, cells)
            except (FilmGraphError, SyntaxError, ValueError):
                if answer.name:
                    raise
                # An ad-hoc query may be one of which the patterns cannot be taken apart.
        return CitedRow(cells)

    def _explain_empty(self, answer: Answer) -> str:
        if answer.kind != "rows":
            return "No triples."
        note = "\n".join(("No rows.", *self.graph.explain_empty(answer)))
        because = self.graph.queries[answer.name].because if answer.name else ""
        return f"{note}\n{because[0].upper()}{because[1:]}." if because else note

    def _citations(self) -> Citations:
        return Citations(self.graph.names, self.graph.texts(self.texts))


_TOOLS: Mapping[str, Callable[[ToolCaller, Mapping[str, Any]], ToolReply]] = {
    name: getattr(ToolCaller, name) for name in GENERAL_TOOLS
}


def _question_card(query: StoredQuery) -> dict[str, Any]:
    return {
        "question": query.name,
        "asks": query.summary,
        "takes": {
            parameter.name: ", ".join(filter(None, (parameter.type_in_words, parameter.about)))
            for parameter in query.params
        },
        "gives": dict(query.returns or {}),
        "topics": list(query.topics),
    }


def _card_text(card: Mapping[str, Any]) -> str:
    parameters = [f"    {name}: {description}" for name, description in card["takes"].items()]
    return "\n".join((f"{card['question']}: {card['asks']}", *parameters, f"    gives {', '.join(card['gives'])}"))


def _match_line(document: Mapping[str, Any]) -> str:
    also = f", also called {document['called']}" if "called" in document else ""
    return f"{document['label']} ({document['entity']}), {', '.join(document['kinds'])}{also}"


def _text_reply(text: str, structure: Mapping[str, Any] | None = None) -> ToolReply:
    """A reply of text; one that is too long is cut, and says so."""
    if len(text) > MAX_TEXT:
        text = f"{text[:MAX_TEXT]}\n... {MAX_TEXT:,} of {len(text):,} characters; ask for something narrower.\n"
        structure = None
    return ToolReply(text, structure)


# --- arguments

_MAX_ARGUMENT, _MAX_QUERY, _MAX_LIST, _MAX_INTEGER = 4_000, 100_000, 100, 1_000_000_000


def _wrong(name: str, message: str) -> ParameterError:
    return ParameterError(f"{name} {message}", query="", parameter=name)


def _check_names(tool: str, arguments: Mapping[str, Any]) -> None:
    """Raise `ParameterError` for an argument that a general tool does not have."""
    known = argument_names(tool)
    if unknown := next((name for name in arguments if name not in known), None):
        raise _wrong(unknown, f"is not an argument of {tool}; it takes {', '.join(known)}.")


def _check_arguments(arguments: Mapping[str, Any], *, depth: int = 0) -> None:
    """Raise `ParameterError` for what no parameter takes, and for what is too long."""
    for name, value in arguments.items():
        if isinstance(value, Mapping) and name == "arguments" and not depth:
            _check_arguments(value, depth=1)
        elif isinstance(value, Mapping):
            raise _wrong(name, "is an object; give a text or a number.")
        elif isinstance(value, list):
            _check_list(name, value)
        elif isinstance(value, str):
            _check_text(name, value)


def _check_list(name: str, values: list[Any]) -> None:
    if len(values) > _MAX_LIST:
        raise _wrong(name, f"has {len(values):,} values; {_MAX_LIST} are allowed.")
    for value in values:
        if isinstance(value, list | Mapping):
            raise _wrong(name, "is a list of lists; give texts or numbers.")
        if isinstance(value, str):
            _check_text(name, value)


def _check_text(name: str, text: str) -> None:
    limit = _MAX_QUERY if name == "query" else _MAX_ARGUMENT
    if len(text) > limit:
        raise _wrong(name, f"has {len(text):,} characters; {limit:,} are allowed.")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise _wrong(name, "is not valid Unicode (it contains an unpaired surrogate).")


def _values(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    values = arguments.get("arguments") or {}
    if not isinstance(values, Mapping):
        raise _wrong("arguments", 'must be an object, such as {"film": "Anora"}.')
    return values


def _text(arguments: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = arguments.get(name, default)
    if value is None:
        raise _wrong(name, "is required.")
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise _wrong(name, f"must be a text, not {value!r:.80}")
    return value


def _integer(arguments: Mapping[str, Any], name: str, default: int, *, minimum: int) -> int:
    value = arguments.get(name, default)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= _MAX_INTEGER:
        raise _wrong(name, f"must be a whole number from {minimum}, not {value!r:.80}")
    return value


def _page(arguments: Mapping[str, Any]) -> slice:
    """The rows that a call asks for."""
    start = _integer(arguments, "offset", 0, minimum=0)
    limit = min(_integer(arguments, "limit", DEFAULT_ROWS, minimum=1), MAX_ROWS)
    return slice(start, start + limit)
