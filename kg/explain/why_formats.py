"""A tree of reasons walks in; text walks out: for people, JSON, PROV-O as Turtle, and pictures as Mermaid and SVG."""

from __future__ import annotations

import hashlib
import html
import json
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from kg.errors import InputError
from kg.explain.answer_evidence import explanation_as_dict
from kg.explain.proof_format import to_proof
from kg.explain.why import Explanation, write_explanations
from kg.lookup.entity_names import EntityNames
from kg.lookup.phrases import axiom_in_words, cite_fact, triple_in_words
from kg.passages.texts import Texts
from kg.queries.formats import to_turtle
from kg.terms import BASE, LABEL, PROV, RDF, SOURCE, TYPE

Writer = Callable[[Sequence[Explanation], EntityNames, Texts], str]
_WIDE, _HIGH, _GAP, _LETTERS = 350, 66, 36, 48


def write_why(whys: Sequence[Explanation], names: EntityNames, texts: Texts, *, format: str = "text") -> str:
    """The trees in a format; raises `InputError` for one that is not known."""
    if format not in FORMATS:
        raise InputError(f"There is no format {format!r}; reasons come as {', '.join(FORMATS)}.")
    return FORMATS[format](whys, names, texts)


def to_json(whys: Sequence[Explanation], _: EntityNames, texts: Texts) -> str:
    """JSON: triples, facts with their passages, rules with their premises."""
    return json.dumps([explanation_as_dict(why, texts) for why in whys], ensure_ascii=False, indent=1) + "\n"


def to_proofs(whys: Sequence[Explanation], _: EntityNames, __: Texts) -> str:
    """Proofs as JSON, step by step, that `kg check-proof` accepts from the source files alone."""
    return json.dumps([to_proof(why) for why in whys], ensure_ascii=False, indent=1) + "\n"


def to_prov(whys: Sequence[Explanation], _: EntityNames, texts: Texts) -> str:
    """PROV-O (https://www.w3.org/TR/prov-o/): each triple an entity, derived from its premises by use of a rule."""
    return to_turtle(triple for tree in whys for why in tree for triple in _prov(why))


def _prov(why: Explanation) -> Iterator[Triple]:
    node = _node(why.triple)
    yield Triple(node, TYPE, NamedNode(PROV + "Entity"))
    yield Triple(node, TYPE, NamedNode(RDF + "Statement"))
    yield Triple(node, NamedNode(RDF + "subject"), why.triple.subject)
    yield Triple(node, NamedNode(RDF + "predicate"), why.triple.predicate)
    yield Triple(node, NamedNode(RDF + "object"), why.triple.object)
    for fact in why.facts:
        yield Triple(node, NamedNode(PROV + "wasDerivedFrom"), fact.iri)
        yield Triple(fact.iri, TYPE, NamedNode(PROV + "Entity"))
        yield Triple(fact.iri, NamedNode(PROV + "hadPrimarySource"), NamedNode(SOURCE + fact.evidence.source))
    if why.rule:
        step = NamedNode(f"{node.value}/{why.rule}")
        yield Triple(node, NamedNode(PROV + "wasGeneratedBy"), step)
        yield Triple(step, TYPE, NamedNode(PROV + "Activity"))
        yield Triple(step, LABEL, Literal(why.rule))
        for premise in why.premises:
            yield Triple(step, NamedNode(PROV + "used"), _node(premise.triple))
            yield Triple(node, NamedNode(PROV + "wasDerivedFrom"), _node(premise.triple))


def _node(triple: Triple) -> NamedNode:
    return NamedNode(f"{BASE}triple/{hashlib.sha256(str(triple).encode()).hexdigest()[:16]}")


def to_mermaid(whys: Sequence[Explanation], names: EntityNames, texts: Texts) -> str:
    """A Mermaid flow chart, facts at the bottom."""
    lines = ["flowchart BT"]
    for tree in whys:
        numbered = {id(why): f"n{number}" for number, why in enumerate(tree)}
        for why in tree:
            text = "<br/>".join(_safe(line) for line in _box(why, names, texts))
            lines.append(f'  {numbered[id(why)]}["{text}"]')
            lines += [f"  {numbered[id(one)]} -->|{why.rule}| {numbered[id(why)]}" for one in why.premises]
    return "\n".join(lines) + "\n"


def _safe(line: str) -> str:
    """A line with Mermaid's own entities, in which `#` begins one."""
    return line.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")


def to_svg(whys: Sequence[Explanation], names: EntityNames, texts: Texts) -> str:
    """A picture of each tree, the conclusion at the top, made without any other program."""
    boxes: list[_Box] = []
    left = _GAP
    for tree in whys:
        left = _place(tree, left, 0, boxes)[1] + _GAP
    deepest = max((box.level for box in boxes), default=0)
    width, height = max(left, _WIDE), (deepest + 1) * (_HIGH + 2 * _GAP)
    title = html.escape(triple_in_words(whys[0].triple, names)) if whys else ""
    drawn = "".join(box.draw(names, texts) for box in boxes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="sans-serif" font-size="12"><title>{title}</title>\n{drawn}</svg>\n'
    )


@dataclass(slots=True)
class _Box:
    """One node of the picture."""

    why: Explanation
    middle: int
    level: int
    below: list[_Box]

    @property
    def top(self) -> int:
        return self.level * (_HIGH + 2 * _GAP) + _GAP

    def draw(self, names: EntityNames, texts: Texts) -> str:
        fill = "#e8f1e4" if self.why.facts else "#e7ecf5" if self.why.is_axiom else "#fdf6e3"
        x, lines = self.middle - _WIDE // 2, _box(self.why, names, texts)
        drawn = [f'<rect x="{x}" y="{self.top}" width="{_WIDE}" height="{_HIGH}" rx="6" fill="{fill}" stroke="#555"/>']
        for number, line in enumerate(lines[:4]):
            drawn.append(f'<text x="{x + 8}" y="{self.top + 15 + 15 * number}">{html.escape(line)}</text>')
        for box in self.below:
            start, end = self.top + _HIGH, box.top
            drawn.append(f'<path d="M{box.middle} {end} L{self.middle} {start}" stroke="#555" fill="none"/>')
        return "\n".join(drawn) + "\n"


def _place(why: Explanation, left: int, level: int, boxes: list[_Box]) -> tuple[_Box, int]:
    """Lay out a tree from `left` on; its box and its right edge come back."""
    below = []
    right = left
    for premise in why.premises:
        box, right = _place(premise, right, level + 1, boxes)
        right += _GAP
        below.append(box)
    right = max(right - _GAP if below else left, left + _WIDE)
    middle = (below[0].middle + below[-1].middle) // 2 if below else left + _WIDE // 2
    box = _Box(why, middle, level, below)
    boxes.append(box)
    return box, right


def _box(why: Explanation, names: EntityNames, texts: Texts) -> list[str]:
    """The lines of a node: what holds, and who says so."""
    words = axiom_in_words(why.triple, names) if why.is_axiom else triple_in_words(why.triple, names)
    lines = textwrap.wrap(words, _LETTERS, max_lines=2, placeholder="…")
    if why.is_axiom:
        return [*lines, "the ontology"]
    if why.facts:
        more = f" and {len(why.facts) - 1} more" if len(why.facts) > 1 else ""
        return [*lines, *textwrap.wrap(cite_fact(why.facts[0], texts) + more, _LETTERS, max_lines=2, placeholder="…")]
    return [*lines, f"by {why.rule}"] if why.rule else lines


FORMATS: Mapping[str, Writer] = {
    "text": lambda whys, names, texts: write_explanations(whys, names, texts),
    "json": to_json,
    "proof": to_proofs,
    "turtle": to_prov,
    "mermaid": to_mermaid,
    "svg": to_svg,
}
"""Format name -> writer."""
