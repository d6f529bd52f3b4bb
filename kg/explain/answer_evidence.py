"""An answer walks in; its rows with what each rests on walk out, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from pyoxigraph import Triple

from kg.explain.why import Explainer, Explanation, write_explanations
from kg.facts.model import to_row
from kg.passages.texts import Texts
from kg.queries.answer import Answer, Row
from kg.queries.formats import write_answer
from kg.queries.triple_patterns import supporting_triples
from kg.terms import to_short


def explain_row(explainer: Explainer, answer: Answer, row: Row | None = None) -> list[Explanation]:
    """Why a row is in an answer, or an ASK is true: each triple that it rests on, explained."""
    pairs = zip(row.columns, row.terms, strict=True) if row is not None else ()
    bound = {name: term for name, term in pairs if term is not None and not isinstance(term, Triple)}
    found = supporting_triples(explainer.store, answer.query, bound)
    return [explainer.explain(triple) for triple in found]


def explain_answer(explainer: Explainer, answer: Answer, *, texts: Texts, format: str = "table") -> str:
    """The answer with its reasons: a table and under it each row's, or for `json` a document of rows."""
    if format == "json":
        return json.dumps([*explain_rows(explainer, answer, texts)], ensure_ascii=False, indent=1) + "\n"
    if answer.kind == "triples":
        return write_explanations(
            (explainer.explain(triple) for triple in answer.triples or ()), explainer.names, texts
        )
    text = write_answer(answer, format)
    if answer.kind == "truth":
        return (
            text + "\n" + write_explanations(explain_row(explainer, answer), explainer.names, texts)
            if answer.truth
            else text
        )
    blocks = []
    for row in answer:
        title = ", ".join(str(cell) for cell in row if cell is not None)
        reasons = write_explanations(explain_row(explainer, answer, row), explainer.names, texts, indent="    ")
        blocks.append(f"\n{title}, because\n{reasons or '    nothing in the graph says otherwise' + chr(10)}")
    return text + "".join(blocks)


def explain_rows(explainer: Explainer, answer: Answer, texts: Texts, *, start: int = 0) -> Iterator[dict[str, Any]]:
    """Each row of an answer with its reasons, as JSON has them, from row `start` on."""
    for row in islice(answer, start, None):
        told = {name: None if term is None else to_short(term) if not isinstance(term, Triple) else str(term)
                for name, term in zip(row.columns, row.terms, strict=True)}  # fmt: skip
        yield {"row": told, "why": [explanation_as_dict(why, texts) for why in explain_row(explainer, answer, row)]}


def explanation_as_dict(why: Explanation, texts: Texts) -> dict[str, Any]:
    """A tree of reasons as JSON has it."""
    triple = why.triple
    told: dict[str, Any] = {"triple": [str(part) for part in (triple.subject, triple.predicate, triple.object)]}
    if why.facts:
        told["facts"] = [to_row(fact) | {"passage": texts.passage(fact.evidence)} for fact in why.facts]
    if why.is_axiom:
        told["axiom"] = True
    if why.rule:
        told |= {
            "rule": why.rule,
            "link": why.link,
            "premises": [explanation_as_dict(one, texts) for one in why.premises],
        }
    return told
