"""Rows walk in with what each rests on; a document of cells and numbered citations, and its text, walk out.

An assistant pays for every letter, so a document has a size: rows are added until it is reached, and what was left out
is said with the way to get it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pyoxigraph import BlankNode, Triple

from kg.explain.answer_evidence import explain_row
from kg.explain.why import Explainer
from kg.facts.model import Fact
from kg.lookup.entity_names import EntityNames
from kg.lookup.phrases import triple_in_words
from kg.passages.texts import Texts, passage_uri
from kg.queries.answer import Answer, Entity, Row, to_cell
from kg.terms import Term, to_curie

MAX_CHARACTERS = 48_000
"""About how many characters of rows and citations one reply holds."""
_LONGEST_CELL, _LONGEST_PASSAGE, _MOST_CITED = 2_000, 400, 8


@dataclass(frozen=True, slots=True)
class CitedRow:
    """One row: its cells by column, the facts it rests on, and whether something in it follows by a rule."""

    values: dict[str, Any]
    facts: tuple[Fact, ...] = ()
    is_inferred: bool = False


@dataclass
class Citations:
    """Facts under the numbers by which rows cite them, each told once."""

    names: EntityNames
    texts: Texts
    told: dict[str, dict[str, Any]] = field(default_factory=dict)

    def number(self, fact: Fact) -> int:
        """The number of a fact; a new one is told."""
        if fact.id not in self.told:
            self.told[fact.id] = {"id": len(self.told) + 1} | self._tell(fact)
        return int(self.told[fact.id]["id"])

    def _tell(self, fact: Fact) -> dict[str, Any]:
        spot = fact.evidence
        source = self.texts.sources.get(spot.source)
        where = passage_uri(source, spot) if source is not None else ""
        passage = self.texts.passage(spot) or ""
        told = {
            "says": _clipped(triple_in_words(fact.triple, self.names), _LONGEST_PASSAGE),
            "source": (source.title if source is not None else "") or spot.source,
            "source_id": spot.source,
            "locator": f"record {spot.record}" if spot.record else where,
        }
        more: dict[str, Any] = {
            "address": source.address if source is not None else "",
            "passage": _clipped(" ".join(passage.split()), _LONGEST_PASSAGE),
            "written": fact.written,
            "paraphrase": fact.paraphrase,
            "as_of": fact.as_of,
            "fact": to_curie(fact.iri.value),
        }
        return told | {name: value for name, value in more.items() if value}


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
    """The rows from `offset` on, of `total`, until the size is reached; `note` says how to get the others."""
    told: list[dict[str, Any]] = []
    size = 0
    for number, row in enumerate(rows, start=offset + 1):
        before = len(citations.told)
        line = _row(row, number, citations)
        size += _size(line) + sum(map(_size, list(citations.told.values())[before:]))
        if told and size > MAX_CHARACTERS:
            for fact in list(citations.told)[before:]:
                del citations.told[fact]
            break
        told.append(line)
    end = offset + len(told)
    is_complete = is_exact and end >= total
    document: dict[str, Any] = {
        "columns": list(columns),
        "rows": told,
        "citations": list(citations.told.values()),
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


def _row(row: CitedRow, number: int, citations: Citations) -> dict[str, Any]:
    cited = [citations.number(fact) for fact in row.facts[:_MOST_CITED]]
    line: dict[str, Any] = {"row": number, "values": row.values, "cited": cited, "inferred": row.is_inferred}
    return line | ({"cited_in_all": len(row.facts)} if len(row.facts) > _MOST_CITED else {})


def _note(offset: int, end: int, total: int, *, is_exact: bool) -> str:
    all_of = f"{total:,}" if is_exact else f"more than {total:,}"
    if offset >= total > 0:
        return f"There are {all_of} rows; the offset {offset:,} lies behind the last."
    if is_exact and offset == 0 and end >= total:
        return ""
    told = f"Rows {offset + 1:,} to {end:,} of {all_of}."
    if end < total:
        return f"{told} For the rest, call again with offset {end}."
    return told if is_exact else f"{told} No call gives more: ask for less, or count."


def cite_row(explainer: Explainer, answer: Answer, row: Row | None, values: dict[str, Any]) -> CitedRow:
    """A row, or the truth of an ASK, with the facts at the leaves of its reasons."""
    whys = explain_row(explainer, answer, row)
    facts = {fact.id: fact for why in whys for leaf in why.leaves() for fact in leaf.facts}
    return CitedRow(values, tuple(facts.values()), is_inferred=any(why.rule for why in whys))


def plain_cells(row: Row) -> dict[str, Any]:
    """Column -> value as JSON has it."""
    return {name: plain(term, row.names) for name, term in zip(row.columns, row.terms, strict=True)}


def plain(term: Term | Triple | None, names: EntityNames) -> Any:  # what json.dumps takes
    """A term as JSON has it: a number, a truth, words, or a thing with label and CURIE."""
    if isinstance(term, BlankNode | Triple):
        return _clipped(str(term), _LONGEST_CELL)
    cell = to_cell(term, names)
    if isinstance(cell, Entity):
        return {"label": _clipped(cell.label, _LONGEST_CELL), "thing": _clipped(cell.curie, _LONGEST_CELL)}
    if cell is None or isinstance(cell, bool | int):
        return cell
    if isinstance(cell, Decimal | float) and math.isfinite(cell):
        return int(cell) if cell == int(cell) else float(cell)
    return _clipped(str(cell), _LONGEST_CELL)


def triple_cells(triple: Triple, names: EntityNames) -> dict[str, Any]:
    """A triple as a row of three columns."""
    parts = {"subject": triple.subject, "predicate": triple.predicate, "object": triple.object}
    return {name: plain(part, names) for name, part in parts.items() if not isinstance(part, Triple)} | {
        name: _clipped(str(part), _LONGEST_CELL) for name, part in parts.items() if isinstance(part, Triple)
    }


def to_text(document: dict[str, Any]) -> str:
    """The document for reading: a table whose last column names the citations, and the citations."""
    if "truth" in document:
        lines = [f"{'yes' if document['truth'] else 'no'}{_marks(document['rows'])}"]
    else:
        columns = document["columns"]
        lines = [_line([*columns, "cited"]), _line(["---"] * (len(columns) + 1))] if document["rows"] else []
        lines += [
            _line([*(_cell(row["values"].get(name)) for name in columns), _marks([row])]) for row in document["rows"]
        ]
    if "note" in document:
        lines += ["", document["note"]]
    if document["citations"]:
        lines += ["", "Sources", *map(_citation, document["citations"])]
    return "\n".join(lines) + "\n"


def _marks(rows: Sequence[dict[str, Any]]) -> str:
    marks = "".join(f"[{number}]" for row in rows for number in row["cited"])
    more = sum(row.get("cited_in_all", len(row["cited"])) - len(row["cited"]) for row in rows)
    inferred = " inferred" if any(row["inferred"] for row in rows) else ""
    return f" {marks}{f' and {more} more' if more else ''}{inferred}".rstrip()


def _citation(one: dict[str, Any]) -> str:
    words = f": “{one['passage']}”" if one.get("passage") else ""
    kind = " (in other words)" if one.get("paraphrase") else ""
    as_of = f", as of {one['as_of']}" if one.get("as_of") else ""
    return f"[{one['id']}] {one['says']} - {one['source']}, {one['locator']}{as_of}{kind}{words}"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return str(value["label"]) if value["label"] == value["thing"] else f"{value['label']} ({value['thing']})"
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _clipped(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest].rstrip()}… ({len(text):,} characters in all)"


def _size(told: dict[str, Any]) -> int:
    return len(json.dumps(told, ensure_ascii=False))
