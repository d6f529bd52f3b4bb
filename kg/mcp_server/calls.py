"""A call of a tool walks in; a reply walks out: text for reading, structure for programs, or an error that helps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.errors import FilmGraphError, InputError, ParameterError, UnknownNameError
from kg.explain.answer_evidence import explain_row
from kg.explain.answer_evidence import explanation_as_dict as to_reasons
from kg.explain.empty_answers import explain_empty
from kg.explain.why import write_explanations as reasons_in_words
from kg.explain.why_not import write_gaps as gaps_in_words
from kg.filmgraph import FilmGraph
from kg.lookup.classes import find_class, narrowest_classes
from kg.lookup.entity_description import PropertyValue
from kg.lookup.name_search import NameMatch
from kg.mcp_server.citations import (
    Citations,
    CitedRow,
    cite_row,
    plain,
    plain_cells,
    to_document,
    to_text,
    triple_cells,
)
from kg.mcp_server.question_search import find_questions
from kg.mcp_server.tools import GENERAL_TOOLS, MOST_ROWS, ROWS_AT_FIRST, Tool, sound_queries, to_tools
from kg.queries.answer import Answer
from kg.queries.stored_query import StoredQueries, StoredQuery
from kg.terms import to_curie, to_iri
from kg.text import closest

MOST_COUNTED = 10_000
"""How many rows of an ad-hoc query are counted; of more it is said that there are more."""
LONGEST_TEXT = 40_000
_LONGEST_ARGUMENT, _LONGEST_QUERY, _MOST_IN_LIST = 4_000, 100_000, 100


@dataclass(frozen=True, slots=True)
class ToolReply:
    """What a call gives: `text` for reading, `structure` for programs; `is_error` says that the call was wrong."""

    text: str
    structure: Mapping[str, Any] | None = None
    is_error: bool = False


def call_tool(graph: FilmGraph, texts: str | None, name: str, arguments: Mapping[str, Any]) -> ToolReply:
    """The reply to a call, as a worker gives it."""
    return ToolCaller(graph, texts).call(name, arguments)


def list_tools(graph: FilmGraph, topics: Sequence[str] | None) -> list[Tool]:
    """The tools of a graph, as a worker gives them."""
    return to_tools(graph, topics)


@dataclass(frozen=True)
class ToolCaller:
    """Answers the calls of one graph's tools; `texts` is the folder of source texts that passages are quoted from."""

    graph: FilmGraph
    texts: str | None = None

    def call(self, name: str, arguments: Mapping[str, Any]) -> ToolReply:
        """The reply to a call; what was wrong with it is told in the reply too."""
        try:
            _check(arguments)
            if name in _TOOLS:
                return _TOOLS[name](self, arguments)
            query = self._named(name)
            own = {one.name for one in query.params}
            page = {name: arguments[name] for name in _PAGE if name in arguments and name not in own}
            return self._ask(query, {name: arguments[name] for name in arguments if name not in page}, page=page)
        except FilmGraphError as error:
            return ToolReply(_for_assistants(str(error)), is_error=True)

    def find_question(self, arguments: Mapping[str, Any]) -> ToolReply:
        """Stored queries by words or topic."""
        words, topic = _text(arguments, "words", ""), _text(arguments, "topic", "")
        queries = list(sound_queries(self.graph.queries))
        topics = sorted({tag for query in queries for tag in query.tags})
        if topic and topic not in topics:
            raise UnknownNameError(topic, kind="topic", suggestions=closest(topic, topics))
        found = find_questions(queries, words, topic=topic)
        shown = [self._card(one.query) for one in found[:40]]
        structure = {"questions": shown, "total": len(found), "complete": len(found) <= len(shown)}
        lines = [_in_words(one) for one in shown]
        if len(found) > len(shown):
            lines.append(f"{len(shown)} of {len(found)} questions; give words or a topic: {', '.join(topics)}")
        if not found:
            lines = [f"No stored question speaks of that. Topics are {', '.join(topics)}; or use schema and sparql."]
        return ToolReply("\n".join(lines) + "\n", structure)

    def _card(self, query: StoredQuery) -> dict[str, Any]:
        takes = {one.name: ", ".join(filter(None, (one.type_in_words, one.about))) for one in query.params}
        gives = dict(query.returns or {})
        return {
            "question": query.name,
            "asks": query.summary,
            "takes": takes,
            "gives": gives,
            "topics": list(query.tags),
        }

    def ask(self, arguments: Mapping[str, Any]) -> ToolReply:
        """A stored query by name."""
        query = self._named(_text(arguments, "question"))
        return self._ask(query, _values(arguments), page=arguments)

    def find_thing(self, arguments: Mapping[str, Any]) -> ToolReply:
        """Things by a name that may be misspelled."""
        graph, kind = self.graph, _text(arguments, "kind", "")
        curie = to_curie(find_class(graph.store, graph.names, kind).value) if kind else ""
        found = graph.search(_text(arguments, "name"), class_name=curie)
        told = [self._match(one) for one in found]
        lines = [f"{one['label']} ({one['thing']}), {', '.join(one['kinds'])}{_called(one)}" for one in told]
        return ToolReply("\n".join(lines or ["Nothing is called like that."]) + "\n", {"things": told})

    def _match(self, match: NameMatch) -> dict[str, Any]:
        names = self.graph.names
        kinds = [names.label(kind) for kind in narrowest_classes(self.graph.store, map(to_iri, match.classes))]
        told = {"label": match.label, "thing": match.curie, "kinds": kinds, "score": round(match.score)}
        return told | ({"called": match.name} if match.name != match.label else {})

    def show(self, arguments: Mapping[str, Any]) -> ToolReply:
        """All that is known of a thing, a row for each value."""
        portrait = self.graph[_text(arguments, "thing")]
        said = [*portrait.stated, *portrait.inferred]
        if wanted := _text(arguments, "property", ""):
            names = {to_curie(one.property.value) for one in said}
            said = [one for one in said if to_curie(one.property.value) in (wanted, f"film:{wanted}", f"rdfs:{wanted}")]
            if not said:
                offer = closest(wanted, sorted(name.removeprefix("film:") for name in names))
                raise UnknownNameError(wanted, kind=f"property of {portrait.label}", suggestions=offer)
        rows = [row for one in said for row in self._parts(one, "")]
        page = _page(arguments)
        document = to_document(
            rows[page.start : page.stop],
            ("property", "value"),
            self._citations(),
            offset=page.start,
            total=len(rows),
        )
        return ToolReply(f"{portrait.label} ({to_curie(portrait.entity.value)})\n\n{to_text(document)}", document)

    def _parts(self, said: PropertyValue, way: str) -> list[CitedRow]:
        name = f"{way}{to_curie(said.property.value)}"
        if said.parts:
            # Which of several it is: the takings of an opening weekend are not those of the second.
            which = str(said.value.value).rpartition(".")[2]
            return [row for part in said.parts for row in self._parts(part, f"{name} › {which} › ")]
        values = {"property": name, "value": plain(said.value, self.graph.names)}
        return [CitedRow(values, said.facts, is_inferred=said.is_inferred)]

    def schema(self, arguments: Mapping[str, Any]) -> ToolReply:
        """Classes and properties: an overview, those of a class, or those with a word."""
        from kg.lookup.schema_card import read_class_properties, write_class_card

        schema, word = self.graph.schema(), _text(arguments, "word", "")
        kind = next((row for row in schema.classes if word in (row.curie, row.curie.removeprefix("film:"))), None)
        if kind is not None and kind.uses:
            iri = to_iri(kind.curie)
            return _said(
                write_class_card(iri, read_class_properties(self.graph.store, self.graph.names, iri), kind.sentence)
            )
        if word:
            return _said(schema.matching(word).to_text())
        used = [row for row in schema.classes if row.uses]
        head = schema.to_text().partition("\nclass ")[0]
        classes = "".join(f"{row.curie} ({row.uses}): {row.sentence}\n" for row in used)
        how = "Classes in use, with the number of their things; call schema with one for its properties."
        return _said(f"{head}\n{how}\n{classes}")

    def sparql(self, arguments: Mapping[str, Any]) -> ToolReply:
        """An ad-hoc query: it only reads, and calls no other service."""
        text = _text(arguments, "query")
        answer = self.graph.sparql(text, limit=MOST_COUNTED)
        return self._reply(answer, _page(arguments), question="", is_cited=False)

    def why(self, arguments: Mapping[str, Any]) -> ToolReply:
        """Why a triple holds, or what is missing."""
        names = [_text(arguments, part) for part in ("subject", "property", "value")]
        triple = self.graph.triple(*names)
        why = self.graph.explainer.explain(triple)
        texts = self.graph.texts(self.texts)
        if why or why.contested:
            text = reasons_in_words([why], self.graph.names, texts)
            return _said(text, {"holds": bool(why), "why": to_reasons(why, texts)})
        gaps = self.graph.explainer.gaps(triple)
        return _said(gaps_in_words(triple, gaps, self.graph.names), {"holds": False})

    def why_row(self, arguments: Mapping[str, Any]) -> ToolReply:
        """Why a row is in a stored query's answer."""
        query, number = self._named(_text(arguments, "question")), _whole(arguments, "row", 1, least=1)
        answer = self._answer(query, _values(arguments))
        if answer.kind != "rows" or number > len(answer):
            raise InputError(f"{query.name} has {len(answer):,} rows with these values; there is no row {number}.")
        row, texts = answer[number - 1], self.graph.texts(self.texts)
        whys = explain_row(self.graph.explainer, answer, row)
        text = reasons_in_words(whys, self.graph.names, texts) or "It rests on no fact: it counts or compares.\n"
        return _said(text, {"values": plain_cells(row), "why": [to_reasons(why, texts) for why in whys]})

    def _named(self, name: str) -> StoredQuery:
        queries: StoredQueries = self.graph.queries
        if name not in queries:
            near = closest(name, [*queries, *GENERAL_TOOLS])
            raise UnknownNameError(name, kind="question or tool", suggestions=near, remedy="find_question lists them.")
        return queries[name]

    def _answer(self, query: StoredQuery, values: Mapping[str, Any]) -> Answer:
        return self.graph.ask(query.name, **values)

    def _ask(self, query: StoredQuery, values: Mapping[str, Any], *, page: Mapping[str, Any]) -> ToolReply:
        return self._reply(self._answer(query, values), _page(page), question=query.name, is_cited=True)

    def _reply(self, answer: Answer, page: slice, *, question: str, is_cited: bool) -> ToolReply:
        names, explainer = self.graph.names, self.graph.explainer
        columns: Sequence[str] = answer.columns
        if answer.kind == "truth":
            why = cite_row(explainer, answer, None, {}) if is_cited and answer.truth else CitedRow({})
            document = to_document([why], (), self._citations(), offset=0, total=1, question=question)
            document["truth"] = answer.truth
            return ToolReply(to_text(document), document)
        if answer.kind == "triples":
            columns = ("subject", "predicate", "object")
            rows = (CitedRow(triple_cells(one, names)) for one in (answer.triples or ())[page])
        elif is_cited:
            rows = (cite_row(explainer, answer, row, plain_cells(row)) for row in answer[page])
        else:
            rows = (CitedRow(plain_cells(row)) for row in answer[page])
        document = to_document(
            rows,
            columns,
            self._citations(),
            offset=page.start,
            total=len(answer),
            is_exact=answer.complete,
            question=question,
        )
        if not answer:
            document["note"] = self._why_empty(answer)
        return ToolReply(to_text(document), document)

    def _why_empty(self, answer: Answer) -> str:
        told = f"No rows. {explain_empty(self.graph.store, answer.query)}" if answer.kind == "rows" else "No triples."
        because = self.graph.queries[answer.name].because if answer.name else ""
        return f"{told}\n{because[0].upper()}{because[1:]}." if because else told

    def _citations(self) -> Citations:
        return Citations(self.graph.names, self.graph.texts(self.texts))


_TOOLS: Mapping[str, Callable[[ToolCaller, Mapping[str, Any]], ToolReply]] = {
    name: getattr(ToolCaller, name) for name in GENERAL_TOOLS
}
_PAGE = ("offset", "limit")


def _in_words(card: Mapping[str, Any]) -> str:
    takes = [f"    {name}: {told}" for name, told in card["takes"].items()]
    return "\n".join((f"{card['question']}: {card['asks']}", *takes, f"    gives {', '.join(card['gives'])}"))


def _called(one: Mapping[str, Any]) -> str:
    return f", also called {one['called']}" if "called" in one else ""


def _said(text: str, structure: Mapping[str, Any] | None = None) -> ToolReply:
    """A reply of text, which is cut where it is too long, and says so."""
    text = _for_assistants(text)
    if len(text) > LONGEST_TEXT:
        text = f"{text[:LONGEST_TEXT]}\n... {LONGEST_TEXT:,} of {len(text):,} characters; ask for something narrower.\n"
        structure = None
    return ToolReply(text, structure)


def _check(arguments: Mapping[str, Any], *, depth: int = 0) -> None:
    """Raises `ParameterError` for what no parameter takes, or what is too long."""
    for name, value in arguments.items():
        if isinstance(value, Mapping) and name == "arguments" and not depth:
            _check(value, depth=1)
        elif isinstance(value, Mapping):
            raise ParameterError(f"{name} is an object; words or a number are wanted.", query="", parameter=name)
        elif isinstance(value, list):
            _check_list(name, value)
        elif isinstance(value, str):
            _check_text(name, value)


def _check_list(name: str, values: list[Any]) -> None:
    if len(values) > _MOST_IN_LIST:
        told = f"{name} has {len(values):,} values; {_MOST_IN_LIST} are allowed."
        raise ParameterError(told, query="", parameter=name)
    for one in values:
        if isinstance(one, list | Mapping):
            raise ParameterError(f"{name} is a list of lists; words are wanted.", query="", parameter=name)
        if isinstance(one, str):
            _check_text(name, one)


def _check_text(name: str, text: str) -> None:
    longest = _LONGEST_QUERY if name == "query" else _LONGEST_ARGUMENT
    if len(text) > longest:
        raise ParameterError(f"{name} has {len(text):,} letters; {longest:,} are allowed.", query="", parameter=name)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ParameterError(f"{name} is no text: half of a letter stands in it.", query="", parameter=name)


def _values(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    values = arguments.get("arguments") or {}
    if not isinstance(values, Mapping):
        raise ParameterError('arguments is an object, such as {"film": "Anora"}.', query="", parameter="arguments")
    return values


def _text(arguments: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = arguments.get(name, default)
    if value is None:
        raise ParameterError(f"{name} is needed.", query="", parameter=name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ParameterError(f"{name} is not text: {value!r:.80}", query="", parameter=name)
    return value


def _whole(arguments: Mapping[str, Any], name: str, default: int, *, least: int) -> int:
    value = arguments.get(name, default)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= 1_000_000_000:
        raise ParameterError(f"{name} is a whole number from {least}, not {value!r:.80}", query="", parameter=name)
    return value


def _page(arguments: Mapping[str, Any]) -> slice:
    """The rows that a call wants."""
    start = _whole(arguments, "offset", 0, least=0)
    limit = min(_whole(arguments, "limit", ROWS_AT_FIRST, least=1), MOST_ROWS)
    return slice(start, start + limit)


_COMMANDS = {
    "kg sparql knows all prefixes": "declared already are",
    "`kg queries` lists them all.": "find_question lists them.",
    "`kg schema Film` shows what is said of films; `kg schema WORD` the terms with that word.": "",
    "`kg schema` lists them all, --all also those without uses": "call schema without a word for the classes",
    "see `kg conflicts`, or ask": "ask",
}


def _for_assistants(text: str) -> str:
    """What is said to people at a shell, with tools in the place of commands."""
    for command, tool in _COMMANDS.items():
        text = text.replace(command, tool)
    return text
