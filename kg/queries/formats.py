"""An answer walks in; text walks out: a table for people, JSON, CSV and TSV as recommended, Markdown, HTML, Turtle."""

from __future__ import annotations

import csv
import html
import io
import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

from kg.errors import InputError
from kg.queries.answer import Answer, Entity, Row
from kg.terms import PREFIXES, RDF, XSD, Term, sorted_triples
from kg.text_table import columns_of

_NUMBERS = {XSD + name for name in ("integer", "decimal", "double", "float", "int", "long")}


def write_answer(answer: Answer, format: str = "table") -> str:
    """The answer in a format; raises `InputError` for an unknown one, or one that this kind of answer does not have."""
    if format not in FORMATS:
        raise InputError(f"There is no format {format!r}; answers come as {', '.join(FORMATS)}.")
    if answer.kind == "triples":
        if format in ("table", "turtle"):
            return to_turtle(answer.triples or ())
        raise InputError(f"Triples come as turtle, not as {format}.")
    if format == "turtle":
        raise InputError("Only a CONSTRUCT or DESCRIBE gives turtle.")
    if answer.kind == "truth" and format in ("csv", "tsv"):
        return f"{str(answer.truth).lower()}\n"
    return FORMATS[format](answer)


def to_table(answer: Answer) -> str:
    """Columns of text under their names; things by label and CURIE."""
    if answer.truth is not None:
        return "yes\n" if answer.truth else "no\n"
    rows = [[_cell_text(row, index) for index in range(len(row))] for row in answer]
    is_right = [
        bool(rows) and all(_is_number(row.terms[index]) for row in answer) for index in range(len(answer.columns))
    ]
    return columns_of(answer.columns, rows, is_right) + _count(answer)


def to_markdown(answer: Answer) -> str:
    """A Markdown table."""
    if answer.truth is not None:
        return to_table(answer)
    cells = ([_cell_text(row, index) for index in range(len(row))] for row in answer)
    rows = [[text.replace("|", "\\|").replace("\n", " ") for text in line] for line in cells]
    return "".join(f"| {' | '.join(row)} |\n" for row in (answer.columns, ["---"] * len(answer.columns), *rows))


def to_json(answer: Answer) -> str:
    """SPARQL 1.1 Query Results JSON (https://www.w3.org/TR/sparql11-results-json/)."""
    if answer.truth is not None:
        return json.dumps({"head": {}, "boolean": answer.truth}) + "\n"
    pairs = (zip(row.columns, row.terms, strict=True) for row in answer)
    bindings = [{name: _json_term(term) for name, term in row if term is not None} for row in pairs]
    document: dict[str, object] = {"head": {"vars": list(answer.columns)}, "results": {"bindings": bindings}}
    if not answer.complete:
        document["complete"] = False
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def to_csv(answer: Answer) -> str:
    """SPARQL 1.1 Query Results CSV: values without kinds (https://www.w3.org/TR/sparql11-results-csv-tsv/)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(answer.columns)
    writer.writerows([_plain(term) for term in row.terms] for row in answer)
    return out.getvalue()


def to_tsv(answer: Answer) -> str:
    """SPARQL 1.1 Query Results TSV: terms in Turtle form."""
    lines = ["\t".join(f"?{name}" for name in answer.columns)]
    lines += ["\t".join("" if term is None else str(term).replace("\t", "\\t") for term in row.terms) for row in answer]
    return "".join(line + "\n" for line in lines)


def to_html(answer: Answer) -> str:
    """An HTML table, as notebooks show it."""
    if answer.kind == "triples":
        return f"<pre>{html.escape(to_turtle(answer.triples or ()))}</pre>"
    if answer.truth is not None:
        return f"<p>{to_table(answer).strip()}</p>"
    head = "".join(f"<th>{html.escape(name)}</th>" for name in answer.columns)
    rows = "".join("<tr>" + "".join(f"<td>{_html_cell(cell)}</td>" for cell in row) + "</tr>" for row in answer)
    body = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"{body}<p>{html.escape(_count(answer).strip())}</p>"


def to_turtle(triples: Iterable[Triple]) -> str:
    """Sorted Turtle with the graph's prefixes, those that are used."""
    ordered = sorted_triples(triples)
    text = " ".join(str(triple) for triple in ordered)
    used = {prefix: namespace for prefix, namespace in PREFIXES.items() if namespace in text}
    return (serialize(ordered, format=RdfFormat.TURTLE, prefixes=used) or b"").decode()


FORMATS: Mapping[str, Callable[[Answer], str]] = {
    "table": to_table,
    "json": to_json,
    "csv": to_csv,
    "tsv": to_tsv,
    "markdown": to_markdown,
    "turtle": lambda answer: to_turtle(answer.triples or ()),
}
"""Format name -> writer; `turtle` is for the triples of a CONSTRUCT."""


def _cell_text(row: Row, index: int) -> str:
    cell = row[index]
    if cell is None:
        return ""
    if isinstance(cell, Entity):
        return _one_line(f"{cell.label} ({cell.curie})" if cell.label != cell.curie else cell.curie)
    return str(cell).lower() if isinstance(cell, bool) else _one_line(str(cell))


def _one_line(text: str) -> str:
    """A text without line ends and without what a terminal would obey."""
    return "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text)


def _html_cell(cell: object) -> str:
    if isinstance(cell, Entity):
        return f'<span title="{html.escape(cell.iri.value)}">{html.escape(cell.label)}</span>'
    return "" if cell is None else html.escape(str(cell))


def _json_term(term: object) -> dict[str, object]:
    match term:
        case NamedNode():
            return {"type": "uri", "value": term.value}
        case BlankNode():
            return {"type": "bnode", "value": term.value}
        case Literal():
            told: dict[str, object] = {"type": "literal", "value": term.value}
            if term.language is not None:
                told["xml:lang"] = term.language
            elif term.datatype.value not in (XSD + "string", RDF + "langString"):
                told["datatype"] = term.datatype.value
            return told
        case Triple():
            parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
            return {"type": "triple", "value": {name: _json_term(part) for name, part in parts.items()}}
        case _:
            raise TypeError(f"no RDF term: {term!r}")


def _plain(term: Term | Triple | None) -> str:
    return "" if term is None else str(term) if isinstance(term, BlankNode | Triple) else term.value


def _count(answer: Answer) -> str:
    rows = f"{len(answer)} row{'' if len(answer) == 1 else 's'}"
    return f"({rows})\n" if answer.complete else f"({rows}; there are more)\n"


def _is_number(term: Term | Triple | None) -> bool:
    return isinstance(term, Literal) and term.datatype.value in _NUMBERS
