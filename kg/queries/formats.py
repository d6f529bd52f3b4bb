"""Answers written as text: a table for people, SPARQL results in JSON, CSV and TSV, Markdown, HTML and Turtle."""

from __future__ import annotations

import html
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

from kg.errors import InputError
from kg.lookup.entity_names import Entity
from kg.terms import PREFIXES, XSD, sorted_triples
from kg.text.number_words import counted
from kg.text.table import format_table, table_width
from kg.xsd import is_numeric

if TYPE_CHECKING:
    import rdflib

    from kg.queries.answer import Answer, Row

_STRING = XSD + "string"


def write_answer(answer: Answer, format: str = "table") -> str:
    """The answer in a format; raises `InputError` for an unknown one, or one that this kind of answer does not have."""
    if format not in FORMATS:
        raise InputError(f"There is no format {format!r}; the formats of answers are {', '.join(FORMATS)}.")
    if answer.kind == "triples":
        if format in ("table", "turtle"):
            return to_turtle(answer.triples or ())
        raise InputError(f"Triples are written as turtle, not as {format}.")
    if format == "turtle":
        raise InputError("Only the answer to a CONSTRUCT or DESCRIBE can be written as turtle.")
    return FORMATS[format](answer)


# --- SPARQL's result formats


def _write_result(answer: Answer, media_type: str) -> str:
    from kg.queries.result_writers import write_all_rows, write_boolean  # the table, the default, needs none of it

    if answer.truth is not None:
        return write_boolean(answer.truth, media_type).body.decode()
    rows = (row.terms for row in answer)
    return write_all_rows(answer.columns, rows, media_type, is_complete=answer.complete).decode()


# --- for people


def to_table(answer: Answer, *, width: int | None = None) -> str:
    """A table in plain text, with the number of rows; entities by label and CURIE.

    Where it is wider than `width`, columns without any value are left out, then CURIEs, then cells are wrapped.
    """
    if answer.truth is not None:
        return "yes\n" if answer.truth else "no\n"
    rows = [_cell_texts(row) for row in answer]
    shown = list(range(len(answer.columns)))
    note = ""
    if width is not None and rows and table_width(answer.columns, rows) > width:
        shown = answer.filled_columns(answer)
        empty = [name for index, name in enumerate(answer.columns) if index not in shown]
        note = f"(without a value: {', '.join(empty)})\n" if empty else ""
        columns = [answer.columns[index] for index in shown]
        if table_width(columns, [[row[index] for index in shown] for row in rows]) > width:
            rows = [_short_cell_texts(row) for row in answer]
    is_right = [bool(rows) and all(_is_number(row.terms[index]) for row in answer) for index in shown]
    names, cells = [answer.columns[index] for index in shown], [[row[index] for index in shown] for row in rows]
    return format_table(names, cells, is_right, width=width) + _row_count(answer) + note


def to_markdown(answer: Answer) -> str:
    """A Markdown table."""
    if answer.truth is not None:
        return to_table(answer)
    rows = [[text.replace("|", "\\|").replace("\n", " ") for text in _cell_texts(row)] for row in answer]
    return "".join(f"| {' | '.join(row)} |\n" for row in (answer.columns, ["---"] * len(answer.columns), *rows))


def to_html(answer: Answer) -> str:
    """An HTML table, as notebooks show it."""
    if answer.kind == "triples":
        return f"<pre>{html.escape(to_turtle(answer.triples or ()))}</pre>"
    if answer.truth is not None:
        return f"<p>{to_table(answer).strip()}</p>"
    head = "".join(f"<th>{html.escape(name)}</th>" for name in answer.columns)
    rows = "".join("<tr>" + "".join(f"<td>{_html_cell(cell)}</td>" for cell in row) + "</tr>" for row in answer)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"{table}<p>{html.escape(_row_count(answer).strip())}</p>"


def _cell_texts(row: Row) -> list[str]:
    return [_cell_text(cell) for cell in row]


def _short_cell_texts(row: Row) -> list[str]:
    """The same with entities by their label alone."""
    return [_one_line(cell.label) if isinstance(cell, Entity) else _cell_text(cell) for cell in row]


def _cell_text(cell: object) -> str:
    match cell:
        case None:
            return ""
        case Entity():
            return _one_line(f"{cell.label} ({cell.curie})" if cell.label != cell.curie else cell.curie)
        case bool():
            return str(cell).lower()
        case _:
            return _one_line(str(cell))


def _one_line(text: str) -> str:
    """The text without line breaks and without control characters, which a terminal would obey."""
    return "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text)


def _html_cell(cell: object) -> str:
    if isinstance(cell, Entity):
        return f'<span title="{html.escape(cell.iri.value)}">{html.escape(cell.label)}</span>'
    return "" if cell is None else html.escape(str(cell))


def _row_count(answer: Answer) -> str:
    rows = counted(len(answer), "row")
    return f"({rows})\n" if answer.complete else f"({rows}; there are more)\n"


def _is_number(term: object) -> bool:
    return isinstance(term, Literal) and is_numeric(term.datatype.value)


# --- triples


def to_turtle(triples: Iterable[Triple]) -> str:
    """Sorted Turtle with those of the graph's prefixes that are used."""
    ordered = sorted_triples(triples)
    text = " ".join(str(triple) for triple in ordered)
    used = {prefix: namespace for prefix, namespace in PREFIXES.items() if namespace in text}
    return (serialize(ordered, format=RdfFormat.TURTLE, prefixes=used) or b"").decode()


def to_rdflib(triples: Iterable[Triple]) -> rdflib.Graph:
    """The same triples as an rdflib graph, with the graph's prefixes; literals keep their exact text.

    Warns of triple terms and base directions, which rdflib does not have: it gets neither these triples nor directions.
    """
    import rdflib  # loaded when it is needed: it takes longer to load than an answer

    graph = rdflib.Graph()
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    skipped = directed = 0
    for triple in triples:
        if isinstance(triple.object, Triple):
            skipped += 1
            continue
        directed += isinstance(triple.object, Literal) and triple.object.direction is not None
        graph.add((to_rdflib_term(triple.subject), to_rdflib_term(triple.predicate), to_rdflib_term(triple.object)))
    if skipped:
        message = f"rdflib has no triple terms (RDF 1.2): {skipped:,} of the triples are left out"
        warnings.warn(message, stacklevel=3)
    if directed:
        warnings.warn(f"rdflib has no base directions (RDF 1.2): {directed:,} literals lose theirs", stacklevel=3)
    return graph


def to_rdflib_term(term: object) -> rdflib.term.Identifier:
    """A term as rdflib has it; literals keep their exact text."""
    import rdflib

    match term:
        case NamedNode():
            return rdflib.URIRef(term.value)
        case BlankNode():
            return rdflib.BNode(term.value)
        case Literal():
            has_datatype = term.language is None and term.datatype.value != _STRING
            datatype = rdflib.URIRef(term.datatype.value) if has_datatype else None
            return rdflib.Literal(term.value, lang=term.language, datatype=datatype, normalize=False)
        case _:
            raise TypeError(
                f"rdflib has no triple terms such as {term}; select SUBJECT(), PREDICATE() and OBJECT() of it"
            )


FORMATS: Mapping[str, Callable[[Answer], str]] = {
    "table": to_table,
    "json": lambda answer: _write_result(answer, "application/sparql-results+json"),
    "csv": lambda answer: _write_result(answer, "text/csv"),
    "tsv": lambda answer: _write_result(answer, "text/tab-separated-values"),
    "markdown": to_markdown,
    "turtle": lambda answer: to_turtle(answer.triples or ()),
}
"""The formats of answers by name; `turtle` is for the triples of a CONSTRUCT or DESCRIBE."""
