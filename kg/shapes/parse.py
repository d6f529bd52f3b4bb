"""The parser of shapes graphs: RDF triples to the SHACL model, with the position of each shape in its file.

It checks the syntax rules (https://www.w3.org/TR/shacl/#syntax-rules), so that its result can be compiled without
further tests, and reports every fault at once: nothing is validated with some of the shapes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

from pyoxigraph import Triple

from kg.errors import FaultsError
from kg.reports import Finding, Place, Severity
from kg.shapes.components import COMPONENTS, OTHER_PARAMETERS
from kg.shapes.model import TRUE, Component, ComponentParameterType, Constraint, Shape, Shapes, Target
from kg.shapes.paths import AlternativePath, PredicatePath, PropertyPath, RepeatPath, SequencePath, inverse
from kg.shapes.results import local_name
from kg.shapes.value_lists import without_value_lists
from kg.terms import OWL, RDF, RDFS, SH, XSD, Spo, to_curie, to_spo
from kg.text.folding import closest
from kg.text.number_words import counted
from kg.traversal import list_members, reachable, strong_components

_TYPE = f"<{RDF}type>"
_SUBCLASS = f"<{RDFS}subClassOf>"
_FIRST, _REST, _NIL = f"<{RDF}first>", f"<{RDF}rest>", f"<{RDF}nil>"
_TRUTHS = (TRUE, f'"1"^^<{XSD}boolean>')
_TARGETS = {
    "targetNode": "node",
    "targetClass": "class",
    "targetSubjectsOf": "subjectsOf",
    "targetObjectsOf": "objectsOf",
}
_NOT_COMPILED = {"sparql", "target", "rule", "js", "values", "expression"}
"""SHACL-SPARQL and the advanced features, which pyshacl knows."""
_DESCRIPTIVE = {"path", "severity", "message", "deactivated", "name", "description", "order", "group", "defaultValue"}
"""Properties that describe a shape, and constrain nothing."""
_OTHER_VOCABULARY = {
    *("declare", "prefix", "namespace", "prefixes", "select", "ask", "construct", "update", "shapesGraph"),
    *("entailment", "suggestedShapesGraph", "shapesGraphWellFormed", "labelTemplate", "parameter", "optional"),
    *("validator", "nodeValidator", "propertyValidator", "returnType", "subject", "predicate", "object", "condition"),
}
"""The rest of SHACL's vocabulary: properties of nodes that may also be shapes."""
_NOT_EVALUATED = {"js", "rule", "values"}
"""Features that no engine here has, or not for all shapes."""
_DISJOINT = "qualifiedValueShapesDisjoint"
MAX_FAULTS = 100
"""How many different problems with shapes are listed."""
_KNOWN = {*_TARGETS, *COMPONENTS, *OTHER_PARAMETERS, *_DESCRIPTIVE, *_NOT_COMPILED, *_OTHER_VOCABULARY}
_EVALUATED = _KNOWN - _NOT_EVALUATED

_Statements = Mapping[str, tuple[str, ...]]
"""Predicate -> objects of one subject."""


def to_shapes(triples: Iterable[Triple], *, files: Sequence[str] = ()) -> Shapes:
    """The shapes that the triples describe; raises `FaultsError` with every ill-formed shape.

    `files` are the files that the triples come from, where faults and shapes are located.
    """
    triples = without_value_lists(tuple(triples))
    parser = _Parser(ShapesGraph(map(to_spo, triples)), files)
    shapes = parser.shapes()
    if parser.faults:
        raise FaultsError(_grouped(parser.faults))
    return Shapes(shapes, triples, tuple(files), tuple(_grouped(parser.warnings)))


def path_of(triples: Iterable[Spo], node: str) -> PropertyPath | None:
    """The property path that the exact triples describe; raises `FaultsError` when it is not a path."""
    parser = _Parser(ShapesGraph(triples), ())
    path = parser.path(node, node, frozenset())
    if parser.faults:
        raise FaultsError(parser.faults)
    return path


class ShapesGraph:
    """A small graph of exact triples by subject, in the order of the file."""

    def __init__(self, triples: Iterable[Spo]) -> None:
        statements: dict[str, dict[str, dict[str, None]]] = {}
        self._references: dict[str, list[tuple[str, str]]] = {}
        for s, p, o in triples:
            statements.setdefault(s, {}).setdefault(p, {})[o] = None
            self._references.setdefault(o, []).append((p, s))
        self._statements: dict[str, _Statements] = {
            s: {p: tuple(objects) for p, objects in predicates.items()} for s, predicates in statements.items()
        }

    def statements(self, node: str) -> _Statements:
        """Predicate -> objects of one subject."""
        return self._statements.get(node, MappingProxyType({}))

    def subjects(self, predicate: str, value: str | None = None) -> set[str]:
        """Every subject that has the property, or that has this value of it."""
        if value is None:
            return {s for s, statements in self._statements.items() if predicate in statements}
        return {s for p, s in self._references.get(value, ()) if p == predicate}

    def objects(self, predicate: str) -> set[str]:
        """Every value of the property."""
        return {o for statements in self._statements.values() for o in statements.get(predicate, ())}

    def subclasses(self, name: str) -> frozenset[str]:
        """The class and all its subclasses."""
        return frozenset(reachable((name,), lambda each: self.subjects(_SUBCLASS, each)))

    def instances(self, name: str) -> set[str]:
        """Everything with the class, or a subclass, as its type."""
        return {s for each in self.subclasses(name) for s in self.subjects(_TYPE, each)}

    def members(self, head: str) -> tuple[str, ...] | None:
        """The members of a well-formed list (https://www.w3.org/TR/shacl/#dfn-shacl-list), or None."""
        return list_members(head, self._first_and_rest, nil=_NIL)

    def _first_and_rest(self, node: str) -> tuple[str, str] | None:
        statements = self.statements(node)
        first, rest = statements.get(_FIRST, ()), statements.get(_REST, ())
        return (first[0], rest[0]) if len(first) == len(rest) == 1 else None

    def owner(self, node: str) -> str:
        """The nearest node with an IRI from which this one can be reached, or the empty text."""

        def referrers(each: str) -> Iterator[str]:
            return (s for _, s in self._references.get(each, ()) if each == node or not each.startswith("<"))

        return next((each for each in reachable((node,), referrers)[1:] if each.startswith("<")), "")


class _Parser:
    """Reads one shapes graph; `faults` are those of everything that was read."""

    def __init__(self, graph: ShapesGraph, files: Sequence[str]) -> None:
        self.graph = graph
        self.faults: list[Finding] = []
        self.warnings: list[Finding] = []
        self._lines = _ShapeLines(files)
        self._classes = graph.subclasses(f"<{RDFS}Class>") | {f"<{OWL}Class>"}
        self._custom = frozenset(self._custom_parameters())

    def shapes(self) -> dict[str, Shape]:
        """Every shape of the graph."""
        shapes = {node: self._shape(node) for node in sorted(self._shape_nodes())}
        self._check_recursion(shapes)
        return shapes

    def _check_recursion(self, shapes: Mapping[str, Shape]) -> None:
        """Recursion has no one meaning where a shape negates itself (https://www.w3.org/TR/shacl/#shapes-recursion)."""

        def references(node: str) -> list[str]:
            return [each for each in shapes[node].references() if each in shapes and not shapes[each].deactivated]

        used = [node for node, shape in shapes.items() if shape.has_target and not shape.deactivated]
        for component in map(set, strong_components(used, references)):
            for node in sorted(component):
                for constraint in shapes[node].constraints:
                    if not component.isdisjoint(constraint.negated):
                        negation = constraint.component.name if constraint.component.negates else _DISJOINT
                        problem = f"depends on itself through sh:{negation}, so it has no definite meaning"
                        self._fault(node, "recursion", f"{problem}; refer to a shape there that does not depend on it")

    def _shape_nodes(self) -> set[str]:
        """The nodes that are shapes: https://www.w3.org/TR/shacl/#shapes."""
        graph = self.graph
        nodes = graph.instances(f"<{SH}NodeShape>") | graph.instances(f"<{SH}PropertyShape>")
        for name in (*_TARGETS, *COMPONENTS, *OTHER_PARAMETERS, *_NOT_COMPILED - {"values", "expression"}):
            nodes.update(graph.subjects(_sh(name)))
        for parameter in self._custom:
            nodes.update(graph.subjects(parameter))
        # The declaration of a parameter has a path and constraints, but it is not a shape.
        nodes -= graph.objects(_sh("parameter"))
        for name, takes in _parameter_types():
            for value in graph.objects(_sh(name)):
                if takes is ComponentParameterType.SHAPE:
                    nodes.add(value)
                elif takes is ComponentParameterType.SHAPES:
                    nodes.update(graph.members(value) or ())
        return {node for node in nodes if not node.startswith('"')}

    def _shape(self, node: str) -> Shape:
        statements = self.graph.statements(node)
        self._check_vocabulary(node, statements)
        group = self._value(node, "group")
        return Shape(
            node,
            path=self._path(node, statements),
            targets=tuple(self._targets(node, statements)),
            constraints=tuple(self._constraints(node, statements)),
            severity=self._value(node, "severity", ComponentParameterType.IRI) or f"<{SH}Violation>",
            messages=tuple(self._messages(node, statements)),
            deactivated=self._value(node, "deactivated", ComponentParameterType.BOOLEAN) in _TRUTHS,
            names=statements.get(_sh("name"), ()) or statements.get(f"<{RDFS}label>", ()),
            order=(_number(self._value(group, "order")), group, _number(self._value(node, "order"))),
            see_also=statements.get(f"<{RDFS}seeAlso>", ()),
            not_compiled=tuple(sorted(p for p in statements if p in self._custom or _is_sh(p, _NOT_COMPILED))),
            place=self._lines.of(node, self.graph),
        )

    def _path(self, node: str, statements: _Statements) -> PropertyPath | None:
        paths, types = statements.get(_sh("path"), ()), statements.get(_TYPE, ())
        if len(paths) > 1:
            self._fault(node, "two-paths", f"{len(paths)} values of sh:path; a property shape has one")
        if not paths and _sh("PropertyShape") in types:
            self._fault(node, "no-path", "a sh:PropertyShape must have a sh:path")
        if paths and _sh("NodeShape") in types:
            self._fault(node, "node-shape-with-path", "a sh:NodeShape must not have a sh:path")
        return self.path(node, paths[0], frozenset()) if paths else None

    def _targets(self, node: str, statements: _Statements) -> Iterator[Target]:
        for name, kind in _TARGETS.items():
            for term in statements.get(_sh(name), ()):
                if (kind == "node" and term.startswith("_:")) or (kind != "node" and not term.startswith("<")):
                    self._fault(node, "bad-target", f"sh:{name} cannot be {_short(term)}")
                else:
                    yield Target(kind, term)
        if node.startswith("<") and self._classes.intersection(statements.get(_TYPE, ())):
            yield Target("class", node)

    def _messages(self, node: str, statements: _Statements) -> Iterator[str]:
        for message in statements.get(_sh("message"), ()):
            if message.startswith('"') and not message.endswith(">"):
                yield message
            else:
                self._fault(node, "bad-message", f"sh:message must be a text, not {_short(message)}")

    def _custom_parameters(self) -> Iterator[str]:
        """The parameters of constraint components that the graph declares."""
        for component in self.graph.instances(f"<{SH}ConstraintComponent>"):
            for parameter in self.graph.statements(component).get(_sh("parameter"), ()):
                yield from self.graph.statements(parameter).get(_sh("path"), ())

    # --- constraints

    def _constraints(self, node: str, statements: _Statements) -> Iterator[Constraint]:
        others = {
            name: self._value(node, name, takes) for name, takes in OTHER_PARAMETERS.items() if _sh(name) in statements
        }
        parameters = _ShapeParameters(self.graph, node, others)
        for name, component in COMPONENTS.items():
            if not (values := statements.get(_sh(name))):
                continue
            if component.once and len(values) > 1:
                self._too_many(node, name, len(values))
            if component.property_only and not parameters.has_path:
                self._fault(node, "needs-path", f"sh:{name} requires a sh:path")
            for value in values:
                if self._accepts(node, name, value, component.takes):
                    constraint = self._constraint(node, component, parameters, value)
                    if constraint is not None:
                        yield constraint

    def _constraint(
        self, node: str, component: Component, parameters: _ShapeParameters, value: str
    ) -> Constraint | None:
        if component.read is not None:
            try:
                return component.read(component, parameters, value)
            except ValueError as error:
                self._fault(node, f"bad-{component.name}", str(error))
                return None
        members = self.graph.members(value) or () if component.takes.is_list else (value,)
        if component.takes in (ComponentParameterType.SHAPE, ComponentParameterType.SHAPES):
            return Constraint(component, (value,), shapes=members)
        return Constraint(component, members)

    def _value(self, node: str, name: str, takes: ComponentParameterType | None = None) -> str:
        """The value of a parameter that a shape has at most once; empty when it is missing or wrong."""
        values = self.graph.statements(node).get(_sh(name), ())
        if len(values) > 1:
            self._too_many(node, name, len(values))
        if values and takes is not None and not self._accepts(node, name, values[0], takes):
            return ""
        return values[0] if values else ""

    def _accepts(self, node: str, name: str, value: str, takes: ComponentParameterType) -> bool:
        """True when the parameter's value is of its type; otherwise that is a fault."""
        members = self.graph.members(value) if takes.is_list else (value,)
        if members is None:
            self._fault(node, "no-list", f"sh:{name} must be {takes.value}, and the list is ill-formed or missing")
            return False
        accepted = all(map(takes.accepts, members))
        if not accepted:
            self._fault(node, "bad-parameter", f"sh:{name} must be {takes.value}, not {_short(value)}")
        return accepted

    # --- paths

    def path(self, node: str, term: str, parents: frozenset[str]) -> PropertyPath | None:
        """The path that `term` describes; `node` is the shape with the path, `parents` what the term is a part of."""
        if term.startswith("<"):
            return PredicatePath(term)
        statements = self.graph.statements(term)
        if term in parents or term.startswith('"'):
            self._fault(node, "bad-path", f"{_short(term)} is not a property path")
            return None
        parents |= {term}
        # A node that is a list is a sequence, whatever else is stated of it (the W3C's path-strange cases).
        if _FIRST in statements:
            return self._path_of_list(node, term, parents, SequencePath)
        if alternatives := statements.get(_sh("alternativePath")):
            return self._path_of_list(node, alternatives[0], parents, AlternativePath)
        if inverted := statements.get(_sh("inversePath")):
            part = self.path(node, inverted[0], parents)
            return None if part is None else inverse(part)
        for name, times in _REPEATS.items():
            if repeated := statements.get(_sh(name)):
                part = self.path(node, repeated[0], parents)
                return None if part is None else RepeatPath(part, times)
        self._fault(node, "bad-path", "its sh:path is not a property path")
        return None

    def _path_of_list(
        self, node: str, head: str, parents: frozenset[str], kind: type[SequencePath] | type[AlternativePath]
    ) -> PropertyPath | None:
        members = self.graph.members(head)
        if members is None or len(members) < 2:
            name = "a sequence" if kind is SequencePath else "an alternative"
            self._fault(node, "bad-path", f"{name} path must be a list of at least two paths")
            return None
        parts = [part for member in members if (part := self.path(node, member, parents)) is not None]
        return kind(tuple(parts)) if len(parts) == len(members) else None

    # --- faults

    def _check_vocabulary(self, node: str, statements: _Statements) -> None:
        """Terms of sh: that are not SHACL's constrain nothing; but without its target a shape would pass unseen."""
        for predicate in statements:
            name = local_name(predicate)
            if predicate != _sh(name) or name in _EVALUATED:
                continue
            suggestions = tuple(f"sh:{known}" for known in closest(name, sorted(_KNOWN)))
            if name.startswith("target"):
                self._fault(node, "unknown-target", f"SHACL has no sh:{name}", suggestions)
            elif name == "js":
                self._fault(node, "not-evaluated", "constraints in JavaScript (sh:js) are not evaluated")
            elif name == "rule":
                self._warning(node, "rule", "what sh:rule infers is known only to the shapes that pyshacl validates")
            elif name in _NOT_EVALUATED:
                self._warning(node, "not-evaluated", f"sh:{name} is not evaluated")
            else:
                self._warning(node, "unknown-parameter", f"SHACL has no sh:{name}, and it is ignored", suggestions)

    def _too_many(self, node: str, name: str, count: int) -> None:
        self._fault(node, "too-many", f"{count} values of sh:{name}; one is allowed")

    def _fault(self, node: str, kind: str, problem: str, suggestions: tuple[str, ...] = ()) -> None:
        self.faults.append(self._finding(node, kind, problem, suggestions))

    def _warning(self, node: str, kind: str, problem: str, suggestions: tuple[str, ...] = ()) -> None:
        self.warnings.append(replace(self._finding(node, kind, problem, suggestions), severity=Severity.WARNING))

    def _finding(self, node: str, kind: str, problem: str, suggestions: tuple[str, ...]) -> Finding:
        place = self._lines.of(node, self.graph)
        return Finding(
            f"shapes/{kind}",
            f"{self._name(node)}: {problem}.",
            places=(place,) if place is not None else (),
            shape=node,
            suggestions=suggestions,
        )

    def _name(self, node: str) -> str:
        """The CURIE of a shape; of a blank node its path, and the shape that it belongs to."""
        if node.startswith("<"):
            return f"Shape {to_curie(node[1:-1])}"
        path = next(iter(self.graph.statements(node).get(_sh("path"), ())), "")
        owner = self.graph.owner(node)
        about = f" for {_short(path)}" if path.startswith("<") else ""
        return f"A shape{about}" + (f" in {to_curie(owner[1:-1])}" if owner else f" ({node})" if not about else "")


def _grouped(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with those about the same problem as one, and at most `MAX_FAULTS` of them."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.check, finding.message.partition(": ")[2]), []).append(finding)
    grouped = [_with_count(group) for group in groups.values()]
    if (more := len(grouped) - MAX_FAULTS) > 0:
        others = f"There are {more:,} more problems with shapes, which are not listed."
        grouped[MAX_FAULTS:] = [Finding("shapes/more", others, severity=grouped[0].severity)]
    return grouped


def _with_count(group: Sequence[Finding]) -> Finding:
    first, others = group[0], len({finding.shape for finding in group}) - 1
    if not others:
        return first
    shapes = counted(others, "other shape")
    return replace(first, message=f"{first.message.rstrip('.')} (the same in {shapes}).")


class _ShapeParameters:
    """The parameters of one shape, for the components that read several."""

    def __init__(self, graph: ShapesGraph, node: str, others: Mapping[str, str]) -> None:
        self._graph, self._node, self._others = graph, node, others
        self.has_path = _sh("path") in graph.statements(node)

    def value(self, name: str) -> str:
        return self._others.get(name, "")

    def is_true(self, name: str) -> bool:
        return self.value(name) in _TRUTHS

    def members(self, name: str) -> tuple[str, ...]:
        return self._graph.members(self.value(name) or _NIL) or ()

    def property_predicates(self) -> tuple[str, ...]:
        graph = self._graph
        children = graph.statements(self._node).get(_sh("property"), ())
        paths = (path for child in children for path in graph.statements(child).get(_sh("path"), ()))
        return tuple(path for path in paths if path.startswith("<"))

    def sibling_shapes(self) -> tuple[str, ...]:
        graph = self._graph
        parents = graph.subjects(_sh("property"), self._node)
        siblings = {child for parent in parents for child in graph.statements(parent).get(_sh("property"), ())}
        shapes = {s for sibling in siblings for s in graph.statements(sibling).get(_sh("qualifiedValueShape"), ())}
        return tuple(sorted(shapes))


_REPEATS: Mapping[str, Literal["*", "+", "?"]] = {
    "zeroOrMorePath": "*",
    "oneOrMorePath": "+",
    "zeroOrOnePath": "?",
}


def _parameter_types() -> Iterator[tuple[str, ComponentParameterType]]:
    yield from ((name, component.takes) for name, component in COMPONENTS.items())
    yield from OTHER_PARAMETERS.items()


@cache
@cache
def _sh(name: str) -> str:
    return f"<{SH}{name}>"


def _is_sh(predicate: str, names: set[str]) -> bool:
    name = local_name(predicate)
    return name in names and predicate == _sh(name)


def _number(text: str) -> float:
    try:
        number = float(text[1:].partition('"')[0]) if text else 0.0
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0


def _short(term: str) -> str:
    return to_curie(term[1:-1]) if term.startswith("<") else "a blank node" if term.startswith("_:") else term


# --- source positions
#
# RDF parsers give no positions, so the text of the files is searched. In N-Triples the line of a triple is exact. In
# Turtle it is the line that begins with the subject, or in the block of the subject the first line that has the
# property. In other formats, and in very long files, only the file is known.

_PREFIX = re.compile(r"\s*@?prefix\s+([\w.-]*):\s*<([^>]*)>", re.IGNORECASE)
_NAME = re.compile(r"<([^>\s]*)>|([\w.-]*):((?:[^\s;,.\[\]()#]|\.(?=\w))*)")
_LONGEST_FILE = 32_000_000
"""Bytes: longer files are not searched."""


class _Line(NamedTuple):
    """A line of a shapes file."""

    file: Path
    number: int
    names: Sequence[str]
    """The IRIs or terms on the line, in order."""


def locate_findings(findings: Iterable[Finding], files: Sequence[Path]) -> tuple[Finding, ...]:
    """The findings with the places of their focus nodes in the files, as far as they are known."""
    findings = tuple(findings)
    subjects = {finding.focus for finding in findings if not finding.places}
    lines: dict[str, list[_Line]] = {}
    for file in files:
        for subject, line in _lines_about(file, subjects):
            lines.setdefault(subject, []).append(line)
    file_alone = (Place(str(files[0])),) if len(files) == 1 else ()
    return tuple(
        finding if finding.places else replace(finding, places=_places(finding, lines) or file_alone)
        for finding in findings
    )


def _places(finding: Finding, lines: Mapping[str, list[_Line]]) -> tuple[Place, ...]:
    about = lines.get(finding.focus, ())
    exact = [line for line in about if line.names[1:] == [finding.path, finding.value]]
    counted = [line for line in about if finding.values and line.names[1:2] == [finding.path]]
    with_property = [line for line in about if finding.path in line.names]
    chosen = exact or counted or with_property[:1] or about[:1]
    return tuple(Place(str(line.file), line.number) for line in chosen)


def _lines_about(file: Path, subjects: set[str]) -> Iterator[tuple[str, _Line]]:
    """The lines about these subjects, of files in formats with lines."""
    if not subjects or file.stat().st_size > _LONGEST_FILE:
        return
    if file.suffix == ".nt":
        encoded = {subject.encode() for subject in subjects}
        with file.open("rb") as content:
            for number, line in enumerate(content, 1):
                if line.partition(b" ")[0] in encoded:
                    terms = line.decode("utf-8", errors="replace").rstrip(" .\r\n").split(" ", 2)
                    yield terms[0], _Line(file, number, terms)
    elif file.suffix in (".ttl", ".n3"):
        for subject, number, text, to_iri in _turtle_lines(file):
            if subject in subjects:
                yield subject, _Line(file, number, [to_iri(match) for match in _NAME.finditer(text)])


def _turtle_lines(file: Path) -> Iterator[tuple[str, int, str, Callable[[re.Match[str]], str]]]:
    """Each line with its number, what reads its names, and before these the subject of its block.

    That is the last IRI that began a line.
    """
    prefixes: dict[str, str] = {}
    subject = ""

    def to_iri(match: re.Match[str]) -> str:
        return f"<{match[1]}>" if match[1] is not None else f"<{prefixes.get(match[2], '')}{match[3]}>"

    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if _PREFIX.match(line) is not None:
            prefixes |= {declared[1]: declared[2] for declared in _PREFIX.finditer(line)}
            continue
        if (name := _NAME.match(line)) is not None:
            subject = to_iri(name)
        if subject:
            yield subject, number, line, to_iri


class _ShapeLines:
    """The line on which each shape begins."""

    def __init__(self, files: Sequence[str]) -> None:
        self._files = [Path(file) for file in files]

    def of(self, node: str, graph: ShapesGraph) -> Place | None:
        """The line of the shape, or of the nearest shape with an IRI that it belongs to; otherwise its file."""
        owner = node if node.startswith("<") else graph.owner(node)
        return self._first_lines.get(owner) or (Place(str(self._files[0])) if len(self._files) == 1 else None)

    @cached_property
    def _first_lines(self) -> Mapping[str, Place]:
        places: dict[str, Place] = {}
        for file in self._files:
            if file.suffix in (".ttl", ".n3", ".nt"):
                for subject, number, _, _ in _turtle_lines(file):
                    places.setdefault(subject, Place(str(file), number))
        return places
