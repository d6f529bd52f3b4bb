"""Query pages: the list of stored queries, the form and answer of one, and the SPARQL page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from urllib.parse import quote, urlencode

from pyoxigraph import Literal, NamedNode, Triple

from kg.errors import (
    AmbiguousNameError,
    FaultsError,
    FilmGraphError,
    LimitError,
    ParameterError,
    QueryError,
    UnknownNameError,
)
from kg.filmgraph import FilmGraph
from kg.lookup.schema_card import read_schema_card
from kg.queries.answer import Answer, Row
from kg.queries.formats import to_turtle
from kg.queries.query_search import QueryIndex, complete_matches
from kg.queries.stored_query import Parameter, ParameterType, StoredQueries, StoredQuery, parameter_terms, value_labels
from kg.server.example_values import typed_value
from kg.server.pages.display import (
    COLUMN,
    BarChart,
    ChartBar,
    Diagram,
    Display,
    DisplayValue,
    Hyperlink,
    SourceCitation,
    display_of,
    is_number,
    numeric_value,
)
from kg.server.pages.drawings.pictures import network
from kg.server.pages.templating import render
from kg.server.pages.urls import query_url, sparql_url
from kg.server.pages.why_page import explanation_sources
from kg.server.problems import status_of
from kg.server.request_params import site_path
from kg.terms import PREFIXES, Term
from kg.text.sparql_tokens import tokenise

PER_PAGE = 100
MAX_SPARQL_ROWS = 500
_MAX_EXPLAINED = 30
"""How many rows are explained: each takes some milliseconds."""
_MAX_BARS = 60
_MAX_TRIPLES = 400
_TABLE_FORMATS = (("CSV", "csv"), ("JSON", "json"), ("TSV", "tsv"))
_TRIPLE_FORMATS = (("Turtle", "ttl"), ("JSON-LD", "jsonld"))


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A page and its HTTP status; with status 303, `text` is the URL to go to."""

    text: str
    status: int = 200


# --- answers


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """The cells of a row, and the sources of the row."""

    cells: Sequence[DisplayValue]
    citations: Sequence[SourceCitation] = ()


@dataclass(frozen=True)
class AnswerView:
    """An answer as a page shows it; `empty_reasons` say why it has no rows."""

    kind: str
    columns: Sequence[str] = ()
    numeric: frozenset[int] = frozenset()
    rows: Sequence[AnswerRow] = ()
    count: int = 1
    start: int = 0
    complete: bool = True
    has_citations: bool = False
    truth: bool | None = None
    turtle: str = ""
    empty_reasons: Sequence[str] = ()
    empty_columns: Sequence[str] = ()
    """The columns that are left out because no row has a value in them."""


def answer_view(
    display: Display,
    answer: Answer,
    *,
    citations: Sequence[tuple[SourceCitation, ...]] = (),
    start: int = 0,
    limit: int,
    has_all_columns: bool = True,
) -> AnswerView:
    """An answer from row `start` on, with entities as labels and links; without its empty columns, if so wanted."""
    if answer.kind == "triples":
        triples = answer.triples or ()
        text = to_turtle(triples[:_MAX_TRIPLES])
        return AnswerView("triples", count=len(triples), complete=answer.complete, turtle=text)
    if answer.truth is not None:
        return AnswerView("truth", truth=answer.truth)
    chosen = answer[start : start + limit]
    is_reduced = bool(chosen) and not has_all_columns
    columns = answer.filled_columns(chosen) if is_reduced else list(range(len(answer.columns)))
    rows = [
        AnswerRow(
            [display.term(row.terms[index]) for index in columns],
            citations[number] if number < len(citations) else (),
        )
        for number, row in enumerate(chosen)
    ]
    numeric = frozenset(
        place for place, index in enumerate(columns) if rows and all(is_number(row.terms[index]) for row in chosen)
    )
    reasons: tuple[str, ...] = ()
    if not len(answer):
        reasons = display.graph.explain_empty(answer)
    return AnswerView(
        "rows", [answer.columns[index] for index in columns], numeric, rows, len(answer), start, answer.complete,
        any(citations), empty_reasons=reasons,
        empty_columns=[name for index, name in enumerate(answer.columns) if index not in columns],
    )  # fmt: skip


def answer_chart(display: Display, answer: Answer) -> BarChart | None:
    """Bars of the first column of numbers, named by the other columns; None without such a column."""
    indexes = range(len(answer.columns))
    number = next((index for index in indexes if _is_numeric(answer, index)), None)
    if number is None:
        return None
    names = [index for index in indexes if index != number and not _is_numeric(answer, index)]
    names = names or [index for index in indexes if index != number]
    rows = list(islice(answer, _MAX_BARS))
    amounts = [numeric_value(row.terms[number]) or 0.0 for row in rows]
    highest = max(map(abs, amounts), default=0.0) or 1.0
    bars = tuple(
        ChartBar(
            tuple(display.term(row.terms[index]) for index in names[:2] if row.terms[index] is not None)
            or (DisplayValue("–"),),
            display.term(row.terms[number]).text,
            100 * abs(amount) / highest,
        )
        for row, amount in zip(rows, amounts, strict=True)
    )
    more = f" (first {_MAX_BARS} rows)" if len(answer) > _MAX_BARS else ""
    return BarChart(f"{answer.columns[number]}{more}", bars)


def _is_numeric(answer: Answer, index: int) -> bool:
    terms: list[Term | Triple | None] = [row.terms[index] for row in islice(answer, _MAX_BARS)]
    return any(isinstance(term, Literal) for term in terms) and all(term is None or is_number(term) for term in terms)


def answer_diagram(display: Display, answer: Answer) -> Diagram | None:
    """An answer as a network: its triples, or the entities that are side by side in its rows."""
    if answer.kind == "triples":
        return network((answer.triples or ())[:_MAX_TRIPLES], display)
    if answer.kind == "rows":
        return network(list(islice(_side_by_side(answer), _MAX_TRIPLES)), display)
    return None


def _side_by_side(answer: Answer) -> Iterator[Triple]:
    """Yield each entity of a row joined with the next one, by a property named as the second one's column."""
    for row in answer:
        for (_, left), (column, right) in pairwise(_entities(row)):
            yield Triple(left, NamedNode(COLUMN + column), right)


def _entities(row: Row) -> Iterator[tuple[str, NamedNode]]:
    for column, term in zip(row.columns, row.terms, strict=True):
        if isinstance(term, NamedNode):
            yield column, term


# --- stored queries


@dataclass(frozen=True, slots=True)
class FormField:
    """A field of a stored query's form: a parameter, its value, and what is wrong with the value."""

    name: str
    label: str
    about: str
    value: str
    placeholder: str
    is_optional: bool
    suggest_url: str = ""
    pattern: str = ""
    input_mode: str = "text"
    error: str = ""
    suggestions: Sequence[Hyperlink] = ()


def queries_page(graph: FilmGraph, words: str = "") -> str:
    """The stored queries, or those that have all the words, by topic."""
    groups: dict[str, list[StoredQuery]] = {}
    valid: list[StoredQuery] = []
    broken = []
    for name in graph.queries:
        try:
            query = graph.queries[name]
        except FaultsError:
            broken.append(name)
            continue
        valid.append(query)
    found = QueryIndex(valid, graph.ontology).search_question(words, graph.names)
    for query in complete_matches(found) if words.strip() else valid:
        groups.setdefault(query.topic or "other", []).append(query)
    count = sum(map(len, groups.values()))
    return render("queries.html", groups=sorted(groups.items()), words=words, count=count, broken=broken)


def query_page(graph: FilmGraph, name: str, values: Mapping[str, str], page: int = 1) -> RenderedPage:
    """The form of a stored query; with values, or where it requires none, its answer with the sources of each row."""
    query = graph.queries.find(name)
    given = {key: value for key, value in values.items() if value}
    needs_values = any(not parameter.is_optional for parameter in query.params)
    try:
        terms = parameter_terms(query, given, graph.names) if given or not needs_values else None
    except (ParameterError, UnknownNameError, AmbiguousNameError) as error:
        return RenderedPage(_render_query(graph, query, given, error=error), status_of(error))
    if terms is None:
        return RenderedPage(_render_query(graph, query, {}))
    text = query.bind(terms)
    answer = graph.ask_bound(query, text, limit=page * PER_PAGE)
    view = _answer_with_sources(graph, answer, start=(page - 1) * PER_PAGE)
    return RenderedPage(_render_query(graph, query, given, view=view, text=text, page=page))


def _answer_with_sources(graph: FilmGraph, answer: Answer, *, start: int) -> AnswerView:
    """The rows of a page, the first of them with the sources that they rest on."""
    display = display_of(graph)
    rows = answer[start : start + _MAX_EXPLAINED] if answer.kind == "rows" else ()
    citations = [explanation_sources(display, graph.explainer.explain_row(answer, row)) for row in rows]
    return answer_view(display, answer, citations=citations, start=start, limit=PER_PAGE, has_all_columns=False)


def _download_url(path: str, values: Mapping[str, str], suffix: str) -> str:
    """Where an answer is as a file; a spreadsheet cannot look up labels, so it gets them."""
    pairs = [*values.items(), *([("labels", "1")] if suffix in ("csv", "tsv") else [])]
    return f"{path}.{suffix}?{urlencode(pairs)}" if pairs else f"{path}.{suffix}"


def _render_query(
    graph: FilmGraph,
    query: StoredQuery,
    values: Mapping[str, str],
    *,
    view: AnswerView | None = None,
    error: FilmGraphError | None = None,
    text: str = "",
    page: int = 1,
) -> str:
    url, path = query_url(query.name, **values), query_url(query.name)
    title = query.question_about(value_labels(query, text, graph.names)) if text else query.summary
    joint = "&" if values else "?"
    formats = _TABLE_FORMATS if query.form in ("SELECT", "ASK") else _TRIPLE_FORMATS
    downloads = [(title, _download_url(path, values, suffix), suffix) for title, suffix in formats]
    return render(
        "query.html", query=query, title=title or query.name, answer=view,
        error=str(error) if error is not None else "",
        fields=[_form_field(graph, query, parameter, values, error) for parameter in query.params],
        downloads=downloads if view else (),
        sparql=sparql_url(text or query.text),
        previous=f"{url}{joint}page={page - 1}" if page > 1 else "",
        next=f"{url}{joint}page={page + 1}" if view is not None and not view.complete else "",
    )  # fmt: skip


def _form_field(
    graph: FilmGraph, query: StoredQuery, parameter: Parameter, values: Mapping[str, str], error: FilmGraphError | None
) -> FormField:
    value = values.get(parameter.name, "")
    message, suggestions = _field_error(graph, parameter, value, error)
    is_date = parameter.type is ParameterType.DATE and not parameter.is_list
    return FormField(
        parameter.name,
        parameter.name.replace("_", " ").capitalize(),
        _about(parameter),
        value,
        _placeholder(graph, parameter),
        parameter.is_optional,
        site_path(f"/suggest?kind={quote(parameter.class_name)}") if parameter.type is ParameterType.ENTITY else "",
        r"-?\d{4}(-\d{2}(-\d{2})?)?" if is_date else "",
        "decimal" if parameter.type is ParameterType.NUMBER else "text",
        message,
        [Hyperlink(name, query_url(query.name, **{**values, parameter.name: name})) for name in suggestions],
    )


def _about(parameter: Parameter) -> str:
    """What to type in a field: what the parameter means or else its type, and how it is typed."""
    if not parameter.about:
        return parameter.type_in_words
    notes = ["several separated by |"] if parameter.is_list else []
    notes += ["optional"] if parameter.is_optional else []
    return ", ".join((parameter.about, *notes))


def _field_error(
    graph: FilmGraph, parameter: Parameter, value: str, error: FilmGraphError | None
) -> tuple[str, Sequence[str]]:
    """What is wrong with a field, and the names that may have been meant."""
    if isinstance(error, ParameterError) and error.parameter == parameter.name:
        return str(error), ()
    given = [part.strip() for part in value.split("|")] if parameter.is_list else [value]
    is_unknown = isinstance(error, UnknownNameError | AmbiguousNameError) and error.name in given
    if not is_unknown:
        return "", ()
    if isinstance(error, AmbiguousNameError):
        return str(error), error.candidates
    assert isinstance(error, UnknownNameError)
    if parameter.type in (ParameterType.PROPERTY, ParameterType.CLASS):
        return str(error), error.suggestions
    found = [match.label for match in graph.search(error.name, class_name=parameter.class_name, limit=5)]
    return str(error), tuple(dict.fromkeys((*error.suggestions, *found)))[:5]


def _placeholder(graph: FilmGraph, parameter: Parameter) -> str:
    """The example as a person would type it; empty for a parameter whose example is that it is left out."""
    return "" if parameter.example == "UNDEF" else typed_value(graph, parameter, parameter.example_value)


# --- SPARQL

VIEWS = ("table", "chart", "graph")
_FIRST_PREFIXES = "film", "graph", "ev", "rdf", "rdfs", "skos", "xsd"
_FIRST_QUERY = """SELECT ?film ?year WHERE {
  ?film a film:Film ;
        film:year ?year .
}
ORDER BY DESC(?year)
LIMIT 20
"""
_CONTEXT_LINES = 2


@dataclass(frozen=True, slots=True)
class QueryLine:
    """A line of a query; `column` is the place of the error in it, from 1, or 0."""

    number: int
    text: str
    column: int = 0


@dataclass(frozen=True, slots=True)
class SparqlError:
    """Why a query was not answered, with the lines around the error."""

    title: str
    detail: str
    line: int = 0
    column: int = 0
    lines: Sequence[QueryLine] = ()


def sparql_page(graph: FilmGraph, text: str, view: str = "") -> str:
    """The SPARQL page with the answer to a query, as a table, chart or graph."""
    answer = graph.sparql(text, limit=MAX_SPARQL_ROWS)
    display = display_of(graph)
    has_rows = answer.kind == "rows" and len(answer) > 0
    chart = answer_chart(display, answer) if has_rows else None
    shown = view if view in VIEWS else "graph" if answer.kind == "triples" else "table"
    diagram = answer_diagram(display, answer) if shown == "graph" else None
    views = [name for name in VIEWS if name != "chart" or chart is not None]
    return _render_sparql(
        text, graph.queries, answer=answer_view(display, answer, limit=MAX_SPARQL_ROWS), view=shown,
        views=views if has_rows or answer.kind == "triples" else ("table",),
        chart=chart if shown == "chart" else None, diagram=diagram,
    )  # fmt: skip


def sparql_editor_page(queries: StoredQueries, text: str = "", *, error: FilmGraphError | None = None) -> str:
    """The SPARQL page without an answer; with the error of a query that was not answered."""
    return _render_sparql(text or first_query(), queries, error=to_sparql_error(text, error) if error else None)


def first_query() -> str:
    """The query in an empty editor: the prefixes, and a small example."""
    prefixes = "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in _FIRST_PREFIXES)
    return f"{prefixes}\n{_FIRST_QUERY}"


def to_sparql_error(text: str, error: FilmGraphError) -> SparqlError:
    """An error as the SPARQL page shows it, with the lines of the query around it."""
    title = "Limit reached" if isinstance(error, LimitError) else "Error"
    if not isinstance(error, QueryError) or not error.line:
        return SparqlError(title, str(error))
    lines = text.splitlines() or [""]
    first, last = max(1, error.line - _CONTEXT_LINES), min(len(lines), error.line + _CONTEXT_LINES)
    shown = [
        QueryLine(number, lines[number - 1], error.column if number == error.line else 0)
        for number in range(first, last + 1)
    ]
    return SparqlError(title, error.detail, error.line, error.column, shown)


def _render_sparql(
    text: str,
    queries: StoredQueries,
    *,
    answer: AnswerView | None = None,
    view: str = "",
    views: Sequence[str] = (),
    chart: BarChart | None = None,
    diagram: Diagram | None = None,
    error: SparqlError | None = None,
) -> str:
    formats = _TRIPLE_FORMATS if answer is not None and answer.kind == "triples" else _TABLE_FORMATS
    return render(
        "sparql.html", text=text, examples=_examples(queries), answer=answer, view=view, chart=chart, diagram=diagram,
        views=[(name, sparql_url(text, view=name)) for name in views], permalink=sparql_url(text, view=view),
        downloads=[(title, f"{sparql_url(text)}&format={suffix}", suffix) for title, suffix in formats],
        error=error, undeclared=undeclared_prefixes(text),
    )  # fmt: skip


def undeclared_prefixes(text: str) -> list[str]:
    """The built-in prefixes that a query uses without declaring them, which other endpoints would not accept."""
    tokens = list(tokenise(text))
    declared = {after.text.rstrip(":") for token, after in pairwise(tokens) if token.is_word("PREFIX")}
    used = dict.fromkeys(token.text.partition(":")[0] for token in tokens if token.kind == "name")
    return [prefix for prefix in used if prefix in PREFIXES and prefix not in declared]


def _examples(queries: StoredQueries) -> list[Hyperlink]:
    """The stored queries, each with a link that takes it into the editor."""
    found = []
    for name in queries:
        try:
            query = queries[name]
        except FaultsError:
            continue
        found.append(Hyperlink(query.summary or name, sparql_url(_without_header(query.text))))
    return found


def _without_header(text: str) -> str:
    lines = text.splitlines(keepends=True)
    start = next((number for number, line in enumerate(lines) if not line.startswith("#+")), len(lines))
    return "".join(lines[start:]).lstrip("\n")


def vocabulary_json(graph: FilmGraph) -> str:
    """Classes, properties and prefixes with their meanings and other words for them, for completion in the editor."""
    card = read_schema_card(graph.store, graph.ontology)
    terms = [
        {"name": row.curie, "about": row.comment, "uses": row.uses, "kind": kind,
         "words": [text.casefold() for text in (*row.labels, *row.other_labels)]}
        for kind, rows in (("class", card.classes), ("property", card.properties)) for row in rows
    ]  # fmt: skip
    return json.dumps({"prefixes": dict(PREFIXES), "terms": terms}, ensure_ascii=False)
