"""A query, perhaps with a fault, walks in; the SPARQL page with its answer or the fault's place walks out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.errors import FaultsError
from kg.filmgraph import FilmGraph
from kg.lookup.schema_card import read_schema_card
from kg.queries.answer import Answer
from kg.queries.sparql import Token, tokenise
from kg.queries.stored_query import StoredQueries
from kg.server.pages.answer_rows import answered, chart_of, picture_of
from kg.server.pages.entity_page import teller_of
from kg.server.pages.templating import render
from kg.server.pages.urls import sparql_of
from kg.terms import PREFIXES

MOST_ROWS = 500
VIEWS = ("table", "chart", "graph")
_FIRST = "film", "graph", "ev", "rdf", "rdfs", "skos", "xsd"
_OPENING = """SELECT ?film ?year WHERE {
  ?film a film:Film ;
        film:year ?year .
}
ORDER BY DESC(?year)
LIMIT 20
"""
_AROUND = 2


@dataclass(frozen=True, slots=True)
class Example:
    """A stored query that can be taken into the editor."""

    name: str
    summary: str
    address: str


@dataclass(frozen=True, slots=True)
class FaultLine:
    """A line of the query near its fault; `column` is where, in the one that has it, from 1."""

    number: int
    text: str
    column: int = 0


def opening_query() -> str:
    """What stands in the editor at first: the prefixes, and a small query."""
    return "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in _FIRST) + "\n" + _OPENING


def editor_page(queries: StoredQueries, text: str = "", *, problem: Mapping[str, object] | None = None) -> str:
    """The SPARQL page without an answer; with what is wrong, where a query did not work."""
    told = dict(problem) if problem is not None else None
    if told is not None and isinstance(told.get("line"), int):
        # Where it is stands before it on the page.
        told["detail"] = str(told.get("detail", "")).removeprefix(f"query:{told['line']}:{told['column']}: ")
    return _written(text or opening_query(), examples_of(queries), problem=told)


def sparql_page(graph: FilmGraph, text: str, view: str = "") -> str:
    """The SPARQL page with the answer to a query, as a table, chart or graph."""
    answer = graph.sparql(text, limit=MOST_ROWS)
    teller = teller_of(graph)
    chart = chart_of(teller, answer) if answer.kind == "rows" and len(answer) else None
    shown = view if view in VIEWS else "graph" if answer.kind == "triples" else "table"
    drawing = picture_of(teller, answer) if shown == "graph" else None
    offered = [one for one in VIEWS if one != "chart" or chart is not None] if _can_be_drawn(answer) else ["table"]
    return _written(
        text, examples_of(graph.queries), answer=answered(graph, teller, answer, most=MOST_ROWS),
        view=shown, views=offered, chart=chart if shown == "chart" else None, drawing=drawing,
    )  # fmt: skip


def _can_be_drawn(answer: Answer) -> bool:
    return answer.kind == "triples" or (answer.kind == "rows" and len(answer) > 0)


def _written(
    text: str,
    examples: Sequence[Example],
    *,
    answer: object = None,
    view: str = "",
    views: Sequence[str] = (),
    chart: object = None,
    drawing: object = None,
    problem: Mapping[str, object] | None = None,
) -> str:
    endings = (("Turtle", "ttl"), ("JSON-LD", "jsonld")) if getattr(answer, "kind", "") == "triples" else _ENDINGS
    links = [(title, f"{sparql_of(text)}&format={ending}", ending) for title, ending in endings]
    return render(
        "sparql.html", text=text, examples=examples, answer=answer, view=view, chart=chart, drawing=drawing,
        views=[(one, sparql_of(text, view=one)) for one in views], permalink=sparql_of(text, view=view), links=links,
        problem=problem, fault=fault_lines(text, problem or {}), undeclared=undeclared(text),
    )  # fmt: skip


_ENDINGS = (("CSV", "csv"), ("JSON", "json"), ("TSV", "tsv"))


def fault_lines(text: str, problem: Mapping[str, object]) -> list[FaultLine]:
    """The lines around the place of a fault."""
    line, column = problem.get("line"), problem.get("column")
    if not isinstance(line, int) or not isinstance(column, int):
        return []
    lines = text.splitlines() or [""]
    return [
        FaultLine(number, lines[number - 1], column if number == line else 0)
        for number in range(max(1, line - _AROUND), min(len(lines), line + _AROUND) + 1)
    ]


def undeclared(text: str) -> list[str]:
    """The graph's prefixes that a query uses without declaring them: they are known here, but not everywhere."""
    read = list(tokenise(text))
    declared = {read[n + 1].text.rstrip(":") for n, token in enumerate(read[:-1]) if token.is_word("PREFIX")}
    used = dict.fromkeys(_prefix(token) for token in read if token.kind == "name")
    return [prefix for prefix in used if prefix in PREFIXES and prefix not in declared]


def _prefix(token: Token) -> str:
    return token.text.partition(":")[0]


def examples_of(queries: StoredQueries) -> list[Example]:
    """The stored queries as examples."""
    found = []
    for name in queries:
        try:
            query = queries[name]
        except FaultsError:
            continue
        found.append(Example(name, query.summary or name, sparql_of(_without_header(query.text))))
    return found


def _without_header(text: str) -> str:
    lines = text.splitlines(keepends=True)
    start = next((n for n, line in enumerate(lines) if not line.startswith("#+")), len(lines))
    return "".join(lines[start:]).lstrip("\n")


def vocabulary(graph: FilmGraph) -> str:
    """Classes, properties and prefixes with what they mean, as JSON, for completion."""
    schema = read_schema_card(graph.store, graph.names)
    terms = [
        {"name": row.curie, "about": row.sentence, "uses": row.uses, "kind": kind}
        for kind, rows in (("class", schema.classes), ("property", schema.properties)) for row in rows
    ]  # fmt: skip
    return json.dumps({"prefixes": dict(PREFIXES), "terms": terms}, ensure_ascii=False)
