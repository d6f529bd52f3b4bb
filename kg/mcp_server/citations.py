"""Rows with numbered citations of the facts that support them, as a document and as text.

An assistant pays for every character, so a document has a maximum size: rows are added until it is reached, and a note
says how to get the rest.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pyoxigraph import Triple

from kg.explain.why import Explainer, Explanation
from kg.facts.model import Fact
from kg.facts.texts import Texts, passage_uri
from kg.lookup.entity_names import AnswerNames, Entity, EntityNames
from kg.lookup.phrases import is_reworded, triple_in_words
from kg.queries.answer import Answer, Row, to_cell
from kg.terms import Term, to_curie

MAX_CHARACTERS = 48_000
"""The approximate size of all rows and citations of a reply."""
_MAX_CELL, _MAX_PASSAGE, _MAX_CITED = 2_000, 400, 8


@dataclass(frozen=True, slots=True)
class CitedRow:
    """One row: its values by column, the facts that support it, and whether part of it is inferred by a rule."""

    values: dict[str, Any]
    facts: tuple[Fact, ...] = ()
    is_inferred: bool = False


def cite_row(explainer: Explainer, answer: Answer, row: Row | None, values: dict[str, Any]) -> CitedRow:
    """A row, or the truth of an ASK, with the facts at the leaves of its explanations."""
    return _cite(explainer.explain_row(answer, row), values)


def cite_triple(explainer: Explainer, triple: Triple, values: dict[str, Any]) -> CitedRow:
    """A triple with the facts that support it, if it holds in the graph."""
    return _cite([explainer.explain(triple)], values)


def _cite(explanations: Sequence[Explanation], values: dict[str, Any]) -> CitedRow:
    leaves = [leaf for explanation in explanations for leaf in explanation.leaves()]
    facts = {fact.id: fact for leaf in leaves for fact in (*leaf.facts, *(lost.fact for lost in leaf.contested))}
    return CitedRow(values, tuple(facts.values()), is_inferred=any(explanation.rule for explanation in explanations))


@dataclass
class Citations:
    """Facts under the numbers by which rows cite them, each once."""

    names: EntityNames
    texts: Texts
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The id of a fact -> its citation."""

    def number(self, fact: Fact) -> int:
        """The number of a fact; a new fact is added."""
        if fact.id not in self.documents:
            self.documents[fact.id] = {"id": len(self.documents) + 1} | self._cite(fact)
        return int(self.documents[fact.id]["id"])

    def _cite(self, fact: Fact) -> dict[str, Any]:
        evidence = fact.evidence
        source = self.texts.sources.get(evidence.source)
        place = passage_uri(source, evidence) if source is not None else ""
        passage = self.texts.passage(evidence) or ""
        required = {
            "fact": _shorten(triple_in_words(fact.triple, self.names), _MAX_PASSAGE),
            "source": (source.title if source is not None else "") or evidence.source,
            "source_id": evidence.source,
            "locator": f"record {evidence.record}" if evidence.record else place,
        }
        optional: dict[str, Any] = {
            "address": source.address if source is not None else "",
            "passage": _shorten(" ".join(passage.split()), _MAX_PASSAGE),
            "written": fact.written,
            "paraphrase": is_reworded(fact),
            "as_of": fact.as_of,
            "fact_id": to_curie(fact.iri.value),
        }
        return required | {name: value for name, value in optional.items() if value}


def to_document(
    rows: Iterable[CitedRow],
    columns: Sequence[str],
    citations: Citations,
    *,
    offset: int,
    total: int,
    is_exact: bool = True,
    question: str = "",
) -> dict[str, Any]:
    """The rows from `offset` on, of `total`, up to the maximum size; `note` says how to get the rest."""
    row_documents: list[dict[str, Any]] = []
    size = 0
    for number, row in enumerate(rows, start=offset + 1):
        before = len(citations.documents)
        row_document = _row_document(row, number, citations)
        new_citations = list(citations.documents.values())[before:]
        size += _size(row_document) + sum(map(_size, new_citations))
        if row_documents and size > MAX_CHARACTERS:
            for fact_id in list(citations.documents)[before:]:
                del citations.documents[fact_id]
            break
        row_documents.append(row_document)
    end = offset + len(row_documents)
    is_complete = is_exact and end >= total
    document: dict[str, Any] = {
        "columns": list(columns),
        "rows": row_documents,
        "citations": list(citations.documents.values()),
        "total": total,
        "total_is_exact": is_exact,
        "complete": is_complete,
    }
    document |= {"question": question} if question else {}
    if not is_complete and end < total:
        document["next_offset"] = end
    if note := _note(offset, end, total, is_exact=is_exact):
        document["note"] = note
    return document


def _row_document(row: CitedRow, number: int, citations: Citations) -> dict[str, Any]:
    cited = [citations.number(fact) for fact in row.facts[:_MAX_CITED]]
    document: dict[str, Any] = {"row": number, "values": row.values, "cited": cited, "inferred": row.is_inferred}
    return document | ({"cited_in_all": len(row.facts)} if len(row.facts) > _MAX_CITED else {})


def _note(offset: int, end: int, total: int, *, is_exact: bool) -> str:
    count = f"{total:,}" if is_exact else f"more than {total:,}"
    if offset >= total > 0:
        return f"There are {count} rows; the offset {offset:,} is behind the last."
    if is_exact and offset == 0 and end >= total:
        return ""
    note = f"Rows {offset + 1:,} to {end:,} of {count}."
    if end < total:
        return f"{note} For the rest, call again with offset {end}."
    return note if is_exact else f"{note} No call returns more: narrow the query, or count."


def plain_cells(row: Row) -> dict[str, Any]:
    """Column -> value as JSON has it."""
    return {name: to_plain(term, row.names) for name, term in zip(row.columns, row.terms, strict=True)}


def to_plain(term: Term | Triple | None, names: AnswerNames) -> Any:  # what json.dumps takes
    """A term as JSON has it: a number, a truth value, a text, or an entity with label and CURIE."""
    cell = to_cell(term, names)
    if isinstance(cell, Entity):
        return {"label": _shorten(cell.label, _MAX_CELL), "entity": _shorten(cell.curie, _MAX_CELL)}
    if cell is None or isinstance(cell, bool | int):
        return cell
    if isinstance(cell, Decimal | float) and math.isfinite(cell):
        return int(cell) if cell == int(cell) else float(cell)
    return _shorten(str(cell), _MAX_CELL)


def triple_cells(triple: Triple, names: EntityNames) -> dict[str, Any]:
    """A triple as a row of three columns."""
    parts = {"subject": triple.subject, "predicate": triple.predicate, "object": triple.object}
    return {name: to_plain(part, names) for name, part in parts.items()}


# --- text


def to_text(document: dict[str, Any]) -> str:
    """The document for reading: a table whose last column names the citations, and the citations."""
    if "truth" in document:
        lines = [f"{'yes' if document['truth'] else 'no'}{_marks(document['rows'])}"]
    else:
        columns = document["columns"]
        lines = [_line([*columns, "cited"]), _line(["---"] * (len(columns) + 1))] if document["rows"] else []
        for row in document["rows"]:
            cells = [_cell_text(row["values"].get(name)) for name in columns]
            lines.append(_line([*cells, _marks([row])]))
    if "note" in document:
        lines += ["", document["note"]]
    if document["citations"]:
        lines += ["", "Sources", *map(_citation_line, document["citations"])]
    return "\n".join(lines) + "\n"


def _marks(rows: Sequence[dict[str, Any]]) -> str:
    marks = "".join(f"[{number}]" for row in rows for number in row["cited"])
    more = sum(row.get("cited_in_all", len(row["cited"])) - len(row["cited"]) for row in rows)
    inferred = " inferred" if any(row["inferred"] for row in rows) else ""
    return f" {marks}{f' and {more} more' if more else ''}{inferred}".rstrip()


def _citation_line(citation: dict[str, Any]) -> str:
    quote = f": “{citation['passage']}”" if citation.get("passage") else ""
    paraphrase = " (in other words)" if citation.get("paraphrase") else ""
    as_of = f", as of {citation['as_of']}" if citation.get("as_of") else ""
    source = f"{citation['source']}, {citation['locator']}"
    return f"[{citation['id']}] {citation['fact']} - {source}{as_of}{paraphrase}{quote}"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"


def _cell_text(value: Any) -> str:
    if isinstance(value, dict):
        return str(value["label"]) if value["label"] == value["entity"] else f"{value['label']} ({value['entity']})"
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _shorten(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit].rstrip()}… ({len(text):,} characters in all)"


def _size(document: dict[str, Any]) -> int:
    return len(json.dumps(document, ensure_ascii=False))
