"""Stored queries and values for their parameters walk in; their list, forms and answers walk out as pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from pyoxigraph import NamedNode

from kg.errors import AmbiguousNameError, FaultsError, FilmGraphError, ParameterError, UnknownNameError
from kg.explain.answer_evidence import explain_row
from kg.filmgraph import FilmGraph
from kg.queries.answer import Answer
from kg.queries.binding import parameter_terms
from kg.queries.execute import run_query
from kg.queries.stored_query import Parameter, ParameterType, StoredQuery
from kg.server.pages.answer_rows import Answered, answered
from kg.server.pages.display import Citation
from kg.server.pages.entity_page import teller_of
from kg.server.pages.templating import render
from kg.server.pages.urls import query_of, sparql_of
from kg.server.pages.why_page import leaves_of
from kg.terms import to_curie

PER_PAGE = 100
_EXPLAINED = 30
"""How many rows are explained: each takes some milliseconds."""


@dataclass(frozen=True, slots=True)
class Made:
    """A page and the status that it is answered with."""

    text: str
    status: int = 200


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form: a parameter, what is in it, and what is wrong with that."""

    name: str
    label: str
    takes: str
    about: str
    value: str
    placeholder: str
    is_optional: bool
    suggests: str = ""
    pattern: str = ""
    mode: str = "text"
    wrong: str = ""
    nearest: Sequence[tuple[str, str]] = ()


def queries_page(graph: FilmGraph, words: str = "") -> str:
    """The stored queries, or those that have all the words, by their first tag."""
    groups: dict[str, list[StoredQuery]] = {}
    broken = []
    for name in graph.queries:
        try:
            query = graph.queries[name]
        except FaultsError:
            broken.append(name)
            continue
        if all(word in query.search_text for word in words.casefold().split()):
            groups.setdefault(query.tags[0] if query.tags else "other", []).append(query)
    count = sum(map(len, groups.values()))
    return render(
        "queries.html", groups=sorted(groups.items()), words=words, count=count, broken=broken, address=query_of
    )


def query_page(graph: FilmGraph, name: str, values: Mapping[str, str], page: int = 1) -> Made:
    """The form of a stored query; with values, or where it takes none, its answer below with what each row rests on."""
    query = graph.queries.find(name)
    given = {key: value for key, value in values.items() if value}
    try:
        terms = parameter_terms(query, given, graph.names) if given or not _needed(query) else None
    except (ParameterError, UnknownNameError, AmbiguousNameError) as error:
        return Made(_written(graph, query, given, wrong=error), 400)
    if terms is None:
        return Made(_written(graph, query, {}))
    text = query.bind(terms)
    answer = run_query(
        graph.store, text, names=graph.names, name=query.name, file=query.file, limit=page * PER_PAGE, guarded=True
    )
    shown = _answered(graph, answer, start=(page - 1) * PER_PAGE)
    return Made(_written(graph, query, given, shown=shown, text=text, page=page, has_more=not answer.complete))


def _needed(query: StoredQuery) -> bool:
    return any(not one.is_optional for one in query.params)


def _answered(graph: FilmGraph, answer: Answer, *, start: int) -> Answered:
    """The rows of this page, the first of them with the sources that they rest on."""
    teller = teller_of(graph)
    marks: list[tuple[Citation, ...]] = []
    if answer.kind == "rows":
        for row in answer[start : start + _EXPLAINED]:
            marks.append(leaves_of(teller, explain_row(graph.explainer, answer, row)))
    return answered(graph, teller, answer, marks=marks, start=start, most=PER_PAGE)


def _written(
    graph: FilmGraph,
    query: StoredQuery,
    values: Mapping[str, str],
    *,
    shown: Answered | None = None,
    wrong: FilmGraphError | None = None,
    text: str = "",
    page: int = 1,
    has_more: bool = False,
) -> str:
    address = query_of(query.name, **values)
    path, asked = f"/queries/{quote(query.name)}", f"?{urlencode(values)}" if values else ""
    links = [(title, f"{path}.{ending}{asked}", ending) for title, ending in _endings(query)]
    joint = "&" if "?" in address else "?"
    return render(
        "query.html", query=query, answer=shown,
        fields=[_field(graph, query, one, values, wrong) for one in query.params],
        wrong=str(wrong) if wrong is not None else "", links=links if shown is not None else (),
        sparql=sparql_of(text or query.text), page=page,
        before=f"{address}{joint}page={page - 1}" if page > 1 else "",
        after=f"{address}{joint}page={page + 1}" if has_more else "",
    )  # fmt: skip


def _endings(query: StoredQuery) -> Sequence[tuple[str, str]]:
    if query.form in ("SELECT", "ASK"):
        return (("CSV", "csv"), ("JSON", "json"), ("TSV", "tsv"))
    return (("Turtle", "ttl"), ("JSON-LD", "jsonld"))


def _field(
    graph: FilmGraph, query: StoredQuery, one: Parameter, values: Mapping[str, str], wrong: FilmGraphError | None
) -> Field:
    value = values.get(one.name, "")
    message, nearest = _wrong_with(graph, one, value, wrong)
    return Field(
        one.name,
        one.name.replace("_", " ").capitalize(),
        one.type_in_words,
        one.about,
        value,
        _example(graph, one),
        one.is_optional,
        f"/suggest?kind={quote(one.class_name)}" if one.type is ParameterType.ENTITY else "",
        r"-?\d{4}(-\d{2}(-\d{2})?)?" if one.type is ParameterType.DATE and not one.is_list else "",
        "decimal" if one.type is ParameterType.NUMBER else "text",
        message,
        [(near, query_of(query.name, **{**values, one.name: near})) for near in nearest],
    )


def _wrong_with(
    graph: FilmGraph, one: Parameter, value: str, wrong: FilmGraphError | None
) -> tuple[str, Sequence[str]]:
    """What is wrong with a field, and names that may have been meant."""
    if isinstance(wrong, ParameterError) and wrong.parameter == one.name:
        return str(wrong), ()
    given = [part.strip() for part in value.split("|")] if one.is_list else [value]
    if (
        one.type is not ParameterType.ENTITY
        or not isinstance(wrong, UnknownNameError | AmbiguousNameError)
        or wrong.name not in given
    ):
        return "", ()
    if isinstance(wrong, AmbiguousNameError):
        return str(wrong), wrong.candidates
    found = [match.label for match in graph.search(wrong.name, class_name=one.class_name, limit=5)]
    return str(wrong), tuple(dict.fromkeys((*wrong.suggestions, *found)))[:5]


def _example(graph: FilmGraph, one: Parameter) -> str:
    """The example as a person would type it: things by their names, where these are theirs alone."""
    typed = []
    for part in one.example_value.split("|"):
        try:
            thing = graph.entity(part) if one.type is ParameterType.ENTITY else None
            label = graph.names.label(thing) if thing is not None else part
            is_its_own = thing is None or graph.entity(label, class_name=one.class_name) == thing
        except (FilmGraphError, ValueError):
            label, is_its_own = part, True
        typed.append(label if is_its_own and label else _curie(thing, part))
    return " | ".join(typed)


def _curie(thing: NamedNode | None, part: str) -> str:
    return to_curie(thing.value) if thing is not None else part
