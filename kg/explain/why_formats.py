"""Formats of explanations: text, JSON, proof, PROV-O, Mermaid, SVG."""

from __future__ import annotations

import hashlib
import html
import json
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from kg.errors import InputError
from kg.explain.why import Explainer, Explanation
from kg.facts.texts import Texts
from kg.lookup.entity_names import EntityNames
from kg.lookup.phrases import axiom_in_words, cite_fact, triple_in_words
from kg.proofs.proof import Proof, UnmetRule, proof_document, span_of
from kg.queries.answer import CONTESTED_COLUMN, Answer, Row
from kg.queries.formats import to_turtle, write_answer
from kg.reasoning.days import DAYS
from kg.reasoning.rules import BY_NAME, NameOf, pattern_in_words, rule_in_words
from kg.terms import BASE, LABEL, PROV, RDF, SOURCE, TYPE, to_short, to_spo, to_term

Writer = Callable[[Sequence[Explanation], EntityNames, Texts], str]


def write_why(explanations: Sequence[Explanation], names: EntityNames, texts: Texts, *, format: str = "text") -> str:
    """The explanations in a format; raises `InputError` for an unknown one."""
    if format not in FORMATS:
        raise InputError(f"There is no format {format!r}; the formats of explanations are {', '.join(FORMATS)}.")
    return FORMATS[format](explanations, names, texts)


# --- text


def write_explanations(
    explanations: Iterable[Explanation], names: EntityNames, texts: Texts, *, indent: str = ""
) -> str:
    """The explanations for people: each triple by its labels and under it its sources, with quotes where available."""
    return "".join(line + "\n" for explanation in explanations for line in _lines(explanation, names, texts, indent))


def _lines(explanation: Explanation, names: EntityNames, texts: Texts, indent: str) -> Iterator[str]:
    yield f"{indent}{triple_in_words(explanation.triple, names)}"
    inner = indent + "    "
    for fact in explanation.facts:
        yield f"{inner}{cite_fact(fact, texts)}"
    if explanation.is_axiom:
        yield f"{inner}stated in the ontology"
    if explanation.rule:
        yield f"{inner}{_rule_line(explanation, names)}"
        for premise in explanation.premises:
            if not premise.is_axiom:
                yield from _lines(premise, names, texts, inner)
    for contested in explanation.contested:
        yield f"{inner}{cite_fact(contested.fact, texts)}"
        status = "undecided" if contested.is_undecided else f"not accepted as true ({contested.kind})"
        yield f"{inner}  {status}: {contested.reason}"
    if not explanation and not explanation.contested:
        yield f"{inner}does not hold in this graph"


def _rule_line(explanation: Explanation, names: EntityNames) -> str:
    if explanation.rule == DAYS.name:
        return "because a date has an earliest and a latest day:"
    axioms = [axiom_in_words(premise.triple, names) for premise in explanation.premises if premise.is_axiom]
    rule = f"OWL rule {explanation.rule}"
    return f"because {' and '.join(axioms)} ({rule}):" if axioms else f"by {rule}:"


def write_unmet_rules(triple: Triple, unmet_rules: Sequence[UnmetRule], names: EntityNames) -> str:
    """For a triple that does not hold: each rule that could give it, with the premises that hold or are missing."""
    lines = [triple_in_words(triple, names), "    no source states it"]
    name_of = _name_of(names)
    for unmet in {rule_in_words(unmet.rule): unmet for unmet in reversed(unmet_rules)}.values():
        lines.append(f"    rule {unmet.rule.rule.name} could infer it: {rule_in_words(unmet.rule)}")
        lines += [f"        holds    {pattern_in_words(pattern, name=name_of)}" for pattern in unmet.present]
        lines += [f"        missing  {pattern_in_words(pattern, name=name_of)}" for pattern in unmet.missing]
    if not unmet_rules:
        lines.append("    and no rule of the ontology could give it")
    return "\n".join(lines) + "\n"


def _name_of(names: EntityNames) -> NameOf:
    """Terms by their label, variables by their letter."""

    def name_of(text: str) -> str:
        if text.startswith("?"):
            return text[1:]
        term = to_term(text)
        return (names.label(term) if isinstance(term, NamedNode) else "") or to_short(term)

    return name_of


# --- answers with the reasons of each row


def explain_answer(explainer: Explainer, answer: Answer, *, texts: Texts, format: str = "table") -> str:
    """The answer with its reasons: the table, and under it the explanation of each row; with `json`, one document."""
    if format == "json":
        return json.dumps([*explain_rows(explainer, answer, texts)], ensure_ascii=False, indent=1) + "\n"
    names = explainer.names
    if answer.kind == "triples":
        return write_explanations(map(explainer.explain, answer.triples or ()), names, texts)
    text = write_answer(answer, format)
    if answer.kind == "truth":
        reasons = write_explanations(explainer.explain_row(answer), names, texts) if answer.truth else ""
        return f"{text}\n{reasons}" if answer.truth else text
    blocks = []
    for row in answer:
        title = ", ".join(_titles(row))
        reasons = write_explanations(explainer.explain_row(answer, row), names, texts, indent="    ")
        blocks.append(f"\n{title}, because\n{reasons or '    nothing in the graph contradicts it' + chr(10)}")
    return text + "".join(blocks)


def _titles(row: Row) -> Iterator[str]:
    """The cells of a row that have a value; of the mark of a contested row, the word."""
    for name, cell in zip(row.columns, row, strict=True):
        if cell is not None:
            yield CONTESTED_COLUMN if row.is_contested and name == CONTESTED_COLUMN else str(cell)


def explain_rows(explainer: Explainer, answer: Answer, texts: Texts, *, start: int = 0) -> Iterator[dict[str, Any]]:
    """Each row of an answer with its explanations, as JSON has them, from row `start` on."""
    for row in islice(answer, start, None):
        cells = {
            name: None if term is None else to_short(term) for name, term in zip(row.columns, row.terms, strict=True)
        }
        explanations = explainer.explain_row(answer, row)
        yield {"row": cells, "why": [explanation.as_dict(texts) for explanation in explanations]}


# --- for programs


def to_json(explanations: Sequence[Explanation], _: EntityNames, texts: Texts) -> str:
    """JSON: triples, facts with their passages, rules with their premises."""
    documents = [explanation.as_dict(texts) for explanation in explanations]
    return json.dumps(documents, ensure_ascii=False, indent=1) + "\n"


def to_proofs(explanations: Sequence[Explanation], _: EntityNames, __: Texts) -> str:
    """Proofs as JSON, step by step, which `kg check-proof` accepts from the source files alone."""
    proofs = [proof_document(to_proof(explanation)) for explanation in explanations]
    return json.dumps(proofs, ensure_ascii=False, indent=1) + "\n"


def to_proof(explanation: Explanation) -> Proof:
    """The explanation as a proof, whose leaves cite the spans of their facts."""
    rule = None if not explanation.rule else DAYS if explanation.rule == DAYS.name else BY_NAME[explanation.rule]
    spans = tuple(span_of(fact.evidence) for fact in explanation.facts)
    premises = tuple(map(to_proof, explanation.premises))
    return Proof(to_spo(explanation.triple), rule, premises, explanation.is_axiom, spans)


def to_prov(explanations: Sequence[Explanation], _: EntityNames, __: Texts) -> str:
    """PROV-O (https://www.w3.org/TR/prov-o/): each triple an entity, derived from its premises by use of a rule."""
    return to_turtle(triple for explanation in explanations for part in explanation for triple in _prov_triples(part))


def _prov_triples(explanation: Explanation) -> Iterator[Triple]:
    triple = explanation.triple
    node = _triple_iri(triple)
    yield Triple(node, TYPE, NamedNode(PROV + "Entity"))
    yield Triple(node, TYPE, NamedNode(RDF + "Statement"))
    yield Triple(node, NamedNode(RDF + "subject"), triple.subject)
    yield Triple(node, NamedNode(RDF + "predicate"), triple.predicate)
    yield Triple(node, NamedNode(RDF + "object"), triple.object)
    for fact in explanation.facts:
        yield Triple(node, NamedNode(PROV + "wasDerivedFrom"), fact.iri)
        yield Triple(fact.iri, TYPE, NamedNode(PROV + "Entity"))
        yield Triple(fact.iri, NamedNode(PROV + "hadPrimarySource"), NamedNode(SOURCE + fact.evidence.source))
    if explanation.rule:
        step = NamedNode(f"{node.value}/{explanation.rule}")
        yield Triple(node, NamedNode(PROV + "wasGeneratedBy"), step)
        yield Triple(step, TYPE, NamedNode(PROV + "Activity"))
        yield Triple(step, LABEL, Literal(explanation.rule))
        for premise in explanation.premises:
            yield Triple(step, NamedNode(PROV + "used"), _triple_iri(premise.triple))
            yield Triple(node, NamedNode(PROV + "wasDerivedFrom"), _triple_iri(premise.triple))


def _triple_iri(triple: Triple) -> NamedNode:
    return NamedNode(f"{BASE}triple/{hashlib.sha256(str(triple).encode()).hexdigest()[:16]}")


# --- diagrams


def to_mermaid(explanations: Sequence[Explanation], names: EntityNames, texts: Texts) -> str:
    """A Mermaid flow chart, facts at the bottom."""
    lines = ["flowchart BT"]
    for tree in explanations:
        ids = {id(part): f"n{number}" for number, part in enumerate(tree)}
        for part in tree:
            text = "<br/>".join(_escape_mermaid(line) for line in _box_lines(part, names, texts))
            lines.append(f'  {ids[id(part)]}["{text}"]')
            lines += [f"  {ids[id(premise)]} -->|{part.rule}| {ids[id(part)]}" for premise in part.premises]
    return "\n".join(lines) + "\n"


def _escape_mermaid(line: str) -> str:
    """A line with Mermaid's own character entities, which begin with `#`."""
    return line.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")


_BOX_WIDTH, _BOX_HEIGHT, _GAP, _BOX_LETTERS = 350, 66, 36, 48


def to_svg(explanations: Sequence[Explanation], names: EntityNames, texts: Texts) -> str:
    """A diagram of each explanation, the conclusion at the top."""
    boxes: list[_StepBox] = []
    left = _GAP
    for tree in explanations:
        left = _place(tree, left, 0, boxes)[1] + _GAP
    lowest = max((box.level for box in boxes), default=0)
    width, height = max(left, _BOX_WIDTH), (lowest + 1) * (_BOX_HEIGHT + 2 * _GAP)
    title = html.escape(triple_in_words(explanations[0].triple, names)) if explanations else ""
    drawing = "".join(box.draw(names, texts) for box in boxes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="sans-serif" font-size="12"><title>{title}</title>\n{drawing}</svg>\n'
    )


@dataclass(slots=True)
class _StepBox:
    """A box of the diagram: one explanation, with the boxes of its premises below."""

    explanation: Explanation
    middle: int
    level: int
    below: list[_StepBox]

    @property
    def top(self) -> int:
        return self.level * (_BOX_HEIGHT + 2 * _GAP) + _GAP

    def draw(self, names: EntityNames, texts: Texts) -> str:
        fill = "#e8f1e4" if self.explanation.facts else "#e7ecf5" if self.explanation.is_axiom else "#fdf6e3"
        x, lines = self.middle - _BOX_WIDTH // 2, _box_lines(self.explanation, names, texts)
        size = f'width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}"'
        elements = [f'<rect x="{x}" y="{self.top}" {size} rx="6" fill="{fill}" stroke="#555"/>']
        for number, line in enumerate(lines[:4]):
            elements.append(f'<text x="{x + 8}" y="{self.top + 15 + 15 * number}">{html.escape(line)}</text>')
        for box in self.below:
            start, end = self.top + _BOX_HEIGHT, box.top
            elements.append(f'<path d="M{box.middle} {end} L{self.middle} {start}" stroke="#555" fill="none"/>')
        return "\n".join(elements) + "\n"


def _place(explanation: Explanation, left: int, level: int, boxes: list[_StepBox]) -> tuple[_StepBox, int]:
    """The box of an explanation that begins at `left`, and its right edge; all its boxes are added to `boxes`."""
    below = []
    right = left
    for premise in explanation.premises:
        box, right = _place(premise, right, level + 1, boxes)
        right += _GAP
        below.append(box)
    right = max(right - _GAP if below else left, left + _BOX_WIDTH)
    middle = (below[0].middle + below[-1].middle) // 2 if below else left + _BOX_WIDTH // 2
    box = _StepBox(explanation, middle, level, below)
    boxes.append(box)
    return box, right


def _box_lines(explanation: Explanation, names: EntityNames, texts: Texts) -> list[str]:
    """The lines of a box: the triple in words, and its source or rule."""
    in_words = axiom_in_words if explanation.is_axiom else triple_in_words
    lines = _wrap(in_words(explanation.triple, names))
    if explanation.is_axiom:
        return [*lines, "the ontology"]
    if explanation.facts:
        more = f" and {len(explanation.facts) - 1} more" if len(explanation.facts) > 1 else ""
        return [*lines, *_wrap(cite_fact(explanation.facts[0], texts) + more)]
    return [*lines, f"by {explanation.rule}"] if explanation.rule else lines


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(text, _BOX_LETTERS, max_lines=2, placeholder="…")


FORMATS: Mapping[str, Writer] = {
    "text": write_explanations,
    "json": to_json,
    "proof": to_proofs,
    "turtle": to_prov,
    "mermaid": to_mermaid,
    "svg": to_svg,
}
"""The formats of explanations by name."""
