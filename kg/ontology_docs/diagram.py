"""Class diagrams in SVG: a box for each class, a row for each property, a line to what it leads to.

A module is a document with its styles; its boxes are packed into columns, neighbours near each other, and classes of
other modules have a grey header. A class among its neighbours, and the hierarchy of all classes, are parts of a page,
which has the styles and the links, and narrow enough for a phone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from pyoxigraph import NamedNode

from kg.ontology_docs.module import Module
from kg.schema import OntologyTerm, Schema
from kg.terms import XSD
from kg.text.ellipsis import shortened

_WIDTH, _COLUMN_GAP, _ROW_GAP, _MARGIN = 250, 70, 26, 20
_HEADER, _ROW, _PADDING = 28, 18, 8
_MAX_REFERRERS, _MAX_REFERRER_ROWS = 10, 6
"""The boxes of classes that lead to a class, and the properties in each."""
_STEP, _INDENT = 24, 18
"""The height of a line in the hierarchy, and how much further each level begins."""
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1d2733}.title{font-weight:600}.range{fill:#5b6b7c}.box{fill:#fff;"
    "stroke:#8797a8}.own{fill:#dbe9f6;stroke:#8797a8}.other{fill:#ececec;stroke:#8797a8}.line{fill:none;"
    "stroke:#5b7fa6;opacity:.6}.sub{fill:none;stroke:#444;stroke-dasharray:4 3}"
)
_MARKERS = (
    '<marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path class="arrow" d="M0 0 8 4 0 8z" fill="#5b7fa6"/></marker>'
    '<marker id="above" viewBox="0 0 12 12" refX="12" refY="6" markerWidth="11" markerHeight="11" orient="auto">'
    '<path class="above" d="M0 0 12 6 0 12z" fill="#fff" stroke="#444"/></marker>'
)
UrlOf = Callable[[NamedNode], str]
"""The URL of a term's page; empty where it has none."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A property in the box of a class, with what it leads to."""

    name: str
    range: str
    targets: tuple[NamedNode, ...]
    url: str = ""


@dataclass(frozen=True, slots=True)
class _Box:
    """A class with its place; `column` counts from the left."""

    term: NamedNode
    name: str
    is_own: bool
    rows: tuple[_Row, ...]
    column: int = 0
    y: int = 0
    url: str = ""

    @property
    def x(self) -> int:
        """The left side."""
        return _MARGIN + self.column * (_WIDTH + _COLUMN_GAP)

    @property
    def height(self) -> int:
        """Header and rows."""
        return _HEADER + (len(self.rows) * _ROW + _PADDING if self.rows else 0)

    def row_y(self, number: int) -> int:
        """The middle of a row."""
        return self.y + _HEADER + _PADDING // 2 + number * _ROW + _ROW // 2

    @property
    def title_y(self) -> int:
        """The middle of the header."""
        return self.y + _HEADER // 2


def draw(module: Module, ontology: Schema, *, columns: int = 4) -> str:
    """The diagram of a module, an SVG document; `ontology` has the terms of all modules.

    A property is shown in the boxes of the classes on which it is used. Ranges and domains of several classes give
    several lines. The same module always gives the same bytes.
    """
    boxes = _place(_ordered(_boxes(module, ontology), ontology), columns)
    by_term = {box.term: box for box in boxes}
    width = max((box.x + _WIDTH for box in boxes), default=0) + _MARGIN
    height = max((box.y + box.height for box in boxes), default=0) + _MARGIN
    body = [
        *(line for box in boxes for line in _subclass_lines(box, by_term, ontology)),
        *(line for box in boxes for line in _property_lines(box, by_term)),
        *(shape for box in boxes for shape in _box_shapes(box)),
    ]
    title = escape(module.title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{title}">\n<title>{title}</title>\n<style>{_STYLE}</style>\n<defs>{_MARKERS}</defs>\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


# --- parts of pages


def draw_class(class_iri: NamedNode, ontology: Schema, url_of: UrlOf) -> str:
    """A class below what it is narrower than, above what is narrower and what leads to it, as an SVG element."""
    boxes = _place(iter(_neighbours(class_iri, ontology, url_of)), 1)
    by_term = {box.term: box for box in boxes}
    (own,) = (box for box in boxes if box.is_own)
    height = max(box.y + box.height for box in boxes) + _MARGIN
    lines = [line for box in boxes for line in _subclass_lines(box, by_term, ontology)]
    for box in boxes:
        # What the class itself leads to is named beside its properties: lines to it would cross all others.
        lines += _property_lines(box, {class_iri: own}) if box is not own else ()
    shapes = [shape for box in boxes for shape in _box_shapes(box)]
    title = f"{own.name} and the classes beside it"
    return _element(title, _MARGIN + _WIDTH + _COLUMN_GAP, height, f"<defs>{_MARKERS}</defs>", *lines, *shapes)


def _neighbours(class_iri: NamedNode, ontology: Schema, url_of: UrlOf) -> Iterator[_Box]:
    classes, properties = ontology.classes, sorted(ontology.properties.values(), key=lambda term: term.name)

    def box(iri: NamedNode, *terms: OntologyTerm) -> _Box:
        rows = tuple(
            _Row(term.name, _range_text(_range_of(term), term, ontology), _range_of(term), url_of(term.iri))
            for term in terms
        )
        return _Box(iri, _name(iri, ontology), iri == class_iri, rows, url=url_of(iri))

    yield from (box(parent) for parent in sorted(classes[class_iri].parents, key=str) if parent in classes)
    yield box(class_iri, *(term for term in properties if class_iri in term.usual_domain))
    narrower = sorted((term.iri for term in classes.values() if class_iri in term.parents), key=str)
    yield from (box(iri) for iri in narrower)
    leading: dict[NamedNode, list[OntologyTerm]] = {}
    for term in properties:
        for owner in term.usual_domain if class_iri in _range_of(term) else ():
            leading.setdefault(owner, []).append(term)
    shown = {class_iri, *classes[class_iri].parents, *narrower}
    owners = sorted((iri for iri in leading if iri in classes and iri not in shown), key=str)
    for owner in owners[:_MAX_REFERRERS]:
        yield box(owner, *leading[owner][:_MAX_REFERRER_ROWS])


def _range_of(term: OntologyTerm) -> tuple[NamedNode, ...]:
    return term.usual_range or term.range


def draw_hierarchy(ontology: Schema, url_of: UrlOf) -> str:
    """All classes that have pages, each below the one that it is narrower than, as an SVG element."""
    classes = {iri: term for iri, term in ontology.classes.items() if url_of(iri)}
    narrower: dict[NamedNode | None, list[NamedNode]] = {}
    for iri in sorted(classes, key=lambda iri: classes[iri].name):
        narrower.setdefault(_parent(classes, iri), []).append(iri)
    lines: list[str] = []
    seen: set[NamedNode] = set()

    def draw_below(parent: NamedNode | None, depth: int) -> None:
        start = len(seen)
        for iri in narrower.get(parent, ()):
            if iri not in seen:
                y, x = _MARGIN + len(seen) * _STEP, _MARGIN + depth * _INDENT
                seen.add(iri)
                if parent is not None:
                    top = _MARGIN + (start - 1) * _STEP + 8
                    lines.append(f'<path class="sub" d="M{x - 12} {top}V{y}H{x - 3}"/>')
                lines.append(_linked(f'<text x="{x}" y="{y + 5}">{escape(classes[iri].name)}</text>', url_of(iri)))
                draw_below(iri, depth + 1)

    draw_below(None, 0)
    return _element("Classes", _MARGIN + _WIDTH + _COLUMN_GAP, len(seen) * _STEP + _MARGIN, *lines)


def _parent(classes: Mapping[NamedNode, OntologyTerm], iri: NamedNode) -> NamedNode | None:
    """The first class that a class is narrower than."""
    return min((parent for parent in classes[iri].parents if parent in classes), key=str, default=None)


def _element(title: str, width: int, height: int, *body: str) -> str:
    return (
        f'<svg class="classes narrow" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="group"'
        f' aria-label="{escape(title)}">' + "\n".join(body) + "</svg>"
    )


# --- boxes


def _boxes(module: Module, ontology: Schema) -> list[_Box]:
    rows: dict[NamedNode, list[_Row]] = {term.iri: [] for term in module.classes}
    for term in module.properties:
        row = _to_row(term, module, ontology)
        for owner in module.used_on(term.iri):
            rows.setdefault(owner, []).append(row)
    own = {term.iri for term in module.classes}
    return [_Box(iri, _name(iri, ontology), iri in own, tuple(listed)) for iri, listed in rows.items()]


def _to_row(term: OntologyTerm, module: Module, ontology: Schema) -> _Row:
    targets = module.leads_to(term.iri)
    text = _range_text(targets, term, ontology)
    return _Row(term.name, text, tuple(target for target in targets if not target.value.startswith(XSD)))


def _range_text(targets: Sequence[NamedNode], term: OntologyTerm, ontology: Schema) -> str:
    """What a property leads to: the names of classes and datatypes, or else the kind of its values."""
    names = ", ".join(_name(target, ontology) for target in targets)
    return names or (term.value_kind or "").replace("literal", "text")


def _name(iri: NamedNode, ontology: Schema) -> str:
    if (term := ontology.types.get(iri)) is not None:
        return term.name
    return iri.value.replace("#", "/").rpartition("/")[2]


def _ordered(boxes: list[_Box], ontology: Schema) -> Iterator[_Box]:
    """Breadth first along properties and subclasses, from the largest box: neighbours follow each other."""
    by_term = {box.term: box for box in boxes}
    joined: dict[NamedNode, list[NamedNode]] = {term: [] for term in by_term}
    for box in boxes:
        parents = ontology.classes[box.term].parents if box.term in ontology.classes else ()
        for target in (*(target for row in box.rows for target in row.targets), *parents):
            if target in by_term and target != box.term:
                joined[box.term].append(target)
                joined[target].append(box.term)
    waiting = sorted(boxes, key=lambda box: (-len(box.rows), box.name))
    seen: set[NamedNode] = set()
    for start in waiting:
        queue = deque([start.term])
        while queue:
            term = queue.popleft()
            if term not in seen:
                seen.add(term)
                yield by_term[term]
                queue.extend(dict.fromkeys(joined[term]))


def _place(boxes: Iterator[_Box], columns: int) -> list[_Box]:
    """Each box at the end of the shortest column."""
    ends = [_MARGIN] * columns
    placed = []
    for box in boxes:
        column = ends.index(min(ends))
        placed.append(replace(box, column=column, y=ends[column]))
        ends[column] += box.height + _ROW_GAP
    return placed


# --- shapes


def _box_shapes(box: _Box) -> Iterator[str]:
    kind = "own" if box.is_own else "other"
    yield f'<rect class="box" x="{box.x}" y="{box.y}" width="{_WIDTH}" height="{box.height}" rx="3"/>'
    yield f'<rect class="{kind}" x="{box.x}" y="{box.y}" width="{_WIDTH}" height="{_HEADER}" rx="3"/>'
    yield _linked(f'<text class="title" x="{box.x + 10}" y="{box.title_y + 5}">{escape(box.name)}</text>', box.url)
    for number, row in enumerate(box.rows):
        y = box.row_y(number) + 4
        shown = escape(shortened(row.range, 32 - len(row.name)))
        range = f'<tspan class="range" dx="6">{shown}</tspan>'
        yield _linked(f'<text x="{box.x + 10}" y="{y}">{escape(row.name)}{range}</text>', row.url)


def _linked(shape: str, url: str) -> str:
    return f'<a href="{escape(url)}">{shape}</a>' if url else shape


def _property_lines(box: _Box, by_term: dict[NamedNode, _Box]) -> Iterator[str]:
    for number, row in enumerate(box.rows):
        for target in row.targets:
            if target in by_term and target != box.term:
                yield _curve(box, box.row_y(number), by_term[target], "line", "arrow")


def _subclass_lines(box: _Box, by_term: dict[NamedNode, _Box], ontology: Schema) -> Iterator[str]:
    term = ontology.classes.get(box.term)
    for parent in term.parents if term else ():
        if parent in by_term:
            yield _curve(box, box.title_y, by_term[parent], "sub", "above")


def _curve(box: _Box, y: int, target: _Box, kind: str, marker: str) -> str:
    leaves_right = target.column > box.column or (target.column == box.column)
    arrives_left = target.column > box.column
    x1 = box.x + (_WIDTH if leaves_right else 0)
    x2 = target.x + (0 if arrives_left else _WIDTH)
    bend = _COLUMN_GAP // 2
    c1, c2 = x1 + (bend if leaves_right else -bend), x2 + (-bend if arrives_left else bend)
    path = f"M{x1} {y}C{c1} {y} {c2} {target.title_y} {x2} {target.title_y}"
    return f'<path class="{kind}" d="{path}" marker-end="url(#{marker})"/>'
