"""The triples of a shapes graph walk in; `Shapes` walk out, or every fault at once, each with its shape and file.

The syntax rules of https://www.w3.org/TR/shacl/#syntax-rules are checked here, so that what comes out can be compiled
without asking again. A check is never run with half the shapes.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Triple

from kg.errors import FaultsError
from kg.reports import Finding
from kg.shapes import regex
from kg.shapes.model import COMPANIONS, COMPONENTS, Constraint, Shape, Shapes, Takes, Target, fits
from kg.shapes.paths import Alternative, Path, Repeat, Sequence, Step, inverse
from kg.shapes.shapes_graph import Description, local
from kg.shapes.source_positions import Places
from kg.terms import OWL, RDF, RDFS, SH, XSD, to_curie, to_spo
from kg.xsd import lexical_form

TYPE = f"<{RDF}type>"
FIRST, REST, NIL = f"<{RDF}first>", f"<{RDF}rest>", f"<{RDF}nil>"
SUBCLASS = f"<{RDFS}subClassOf>"
TARGETS = {
    "targetNode": "node",
    "targetClass": "class",
    "targetSubjectsOf": "subjectsOf",
    "targetObjectsOf": "objectsOf",
}
TELLING = {"path", "severity", "message", "deactivated", "name", "description", "order", "group", "defaultValue"}
"""Parameters that say something about a shape, and constrain nothing."""
FOREIGN = {"sparql", "target", "rule", "js", "values", "expression"}
"""What only the reference engine knows: SHACL-SPARQL and the advanced features."""
BESIDE = {
    "declare",
    "prefix",
    "namespace",
    "prefixes",
    "select",
    "ask",
    "construct",
    "update",
    "shapesGraph",
    "entailment",
}
BESIDE |= {"suggestedShapesGraph", "shapesGraphWellFormed", "labelTemplate", "parameter", "optional", "validator"}
BESIDE |= {"nodeValidator", "propertyValidator", "returnType", "subject", "predicate", "object", "condition"}
"""What the rest of SHACL's vocabulary may say of a node that is also a shape."""


def to_shapes(triples: Iterable[Triple], *, files: tuple[str, ...] = ()) -> Shapes:
    """The shapes that the triples describe; raises `FaultsError` with every ill-formed shape."""
    triples = tuple(triples)
    reader = _Reader(Description(map(to_spo, triples)), files)
    shapes = reader.shapes()
    if reader.faults:
        raise FaultsError(reader.faults)
    return Shapes(shapes, triples, files)


def path_of(triples: Iterable[tuple[str, str, str]], node: str) -> Path | None:
    """The property path that the exact triples describe; raises `FaultsError` when it is none."""
    reader = _Reader(Description(triples), ())
    path = reader.path(node, node, frozenset())
    if reader.faults:
        raise FaultsError(reader.faults)
    return path


class _Reader:
    """One reading of a shapes graph; collects faults while it goes."""

    def __init__(self, graph: Description, files: tuple[str, ...]) -> None:
        self.graph = graph
        self.faults: list[Finding] = []
        self._places = Places(files)
        self._classes = graph.subclasses(f"<{RDFS}Class>") | {f"<{OWL}Class>"}
        self._custom = frozenset(self._custom_parameters())

    def shapes(self) -> dict[str, Shape]:
        """Every shape of the graph; then the shapes that lean on themselves are named as faults."""
        shapes = {node: self._shape(node) for node in sorted(self._nodes())}
        self._refuse_recursion(shapes)
        return shapes

    def _nodes(self) -> set[str]:
        """What counts as a shape: https://www.w3.org/TR/shacl/#shapes."""
        graph = self.graph
        found = graph.instances(f"<{SH}NodeShape>") | graph.instances(f"<{SH}PropertyShape>")
        taking_shapes = {name: c.takes for name, c in COMPONENTS.items()} | dict(COMPANIONS)
        for name in (*TARGETS, *COMPONENTS, *COMPANIONS, *FOREIGN - {"values", "expression"}):
            found.update(graph.subjects(_sh(name)))
        for parameter in self._custom:
            found.update(graph.subjects(parameter))
        # A parameter declaration has a path and says what its values must be: it is no shape that anything is held to.
        found -= set(graph.objects(_sh("parameter")))
        for name, takes in taking_shapes.items():
            for value in graph.objects(_sh(name)):
                if takes is Takes.SHAPE and not value.startswith('"'):
                    found.add(value)
                elif takes is Takes.SHAPES:
                    found.update(member for member in graph.list(value) or () if not member.startswith('"'))
        return found

    def _shape(self, node: str) -> Shape:
        said = self.graph.about(node)
        self._look_for_unknown(node, said)
        paths = said.get(_sh("path"), ())
        path = self.path(node, paths[0], frozenset()) if paths else None
        if len(paths) > 1:
            self._fault(node, "two-paths", f"{self._name(node)} has {len(paths)} paths; a property shape has one")
        if not paths and f"<{SH}PropertyShape>" in said.get(TYPE, ()):
            self._fault(node, "no-path", f"{self._name(node)} is a sh:PropertyShape and has no sh:path")
        if paths and f"<{SH}NodeShape>" in said.get(TYPE, ()):
            self._fault(node, "node-shape-with-path", f"{self._name(node)} is a sh:NodeShape and has a sh:path")
        group = self._one(node, "group")
        return Shape(
            node,
            path=path,
            targets=tuple(self._targets(node, said)),
            constraints=tuple(self._constraints(node, said)),
            severity=self._one(node, "severity", Takes.IRI) or f"<{SH}Violation>",
            messages=tuple(self._messages(node, said)),
            deactivated=self._one(node, "deactivated", Takes.BOOLEAN) in (_boolean("true"), _boolean("1")),
            names=said.get(_sh("name"), ()) or said.get(f"<{RDFS}label>", ()),
            order=(_number(self._one(group, "order")), group, _number(self._one(node, "order"))),
            see_also=said.get(f"<{RDFS}seeAlso>", ()),
            foreign=tuple(sorted(p for p in said if p in self._custom or (local(p) in FOREIGN and p == _sh(local(p))))),
            place=self._places.of(node, self.graph),
        )

    def _targets(self, node: str, said: Mapping[str, tuple[str, ...]]) -> Iterator[Target]:
        for name, kind in TARGETS.items():
            for term in said.get(_sh(name), ()):
                if (kind == "node" and term.startswith("_:")) or (kind != "node" and not term.startswith("<")):
                    self._fault(node, "bad-target", f"{self._name(node)}: sh:{name} cannot be {_short(term)}")
                else:
                    yield Target(kind, term)
        if node.startswith("<") and self._classes.intersection(said.get(TYPE, ())):
            yield Target("class", node)

    def _constraints(self, node: str, said: Mapping[str, tuple[str, ...]]) -> Iterator[Constraint]:
        more = {name: self._one(node, name, takes) for name, takes in COMPANIONS.items() if _sh(name) in said}
        for name, component in COMPONENTS.items():
            values = said.get(_sh(name), ())
            if component.once and len(values) > 1:
                self._fault(node, "too-many", f"{self._name(node)} has {len(values)} times sh:{name}; once is allowed")
            if values and component.property_only and _sh("path") not in said:
                self._fault(node, "needs-path", f"{self._name(node)} has no sh:path, so it cannot have sh:{name}")
            for value in values:
                if not self._fits(node, name, value, component.takes):
                    continue
                if name in ("qualifiedMinCount", "qualifiedMaxCount"):
                    # Without a qualified value shape the component is not there: its parameters are all mandatory.
                    if more.get("qualifiedValueShape") and _sh("path") in said:
                        shape = more["qualifiedValueShape"]
                        siblings = self._siblings(node, shape, more)
                        yield Constraint(component, (value,), (shape,), siblings)
                elif name in ("closed", "uniqueLang"):
                    # "true" alone is spoken of; any other lexical form leaves the constraint asleep.
                    if value == _boolean("true"):
                        ignored = self.graph.list(more.get("ignoredProperties") or NIL) or ()
                        own = tuple(self._own_predicates(said)) if name == "closed" else ()
                        yield Constraint(component, (value,), more=tuple(sorted({*own, *ignored})))
                elif component.takes is Takes.SHAPE:
                    yield Constraint(component, (value,), (value,))
                elif component.takes is Takes.SHAPES:
                    yield Constraint(component, (value,), self.graph.list(value) or ())
                elif component.takes in (Takes.TERMS, Takes.STRINGS):
                    yield Constraint(component, self.graph.list(value) or ())
                elif name == "pattern":
                    flags = lexical_form(more.get("flags", ""))
                    self._look_at_pattern(node, value, flags)
                    yield Constraint(component, (value,), more=(flags,))
                else:
                    yield Constraint(component, (value,))

    def _siblings(self, node: str, shape: str, more: Mapping[str, str]) -> tuple[str, ...]:
        """The other qualified value shapes that a value may not fit: https://www.w3.org/TR/shacl/#dfn-sibling-shapes."""
        if more.get("qualifiedValueShapesDisjoint") not in (_boolean("true"), _boolean("1")):
            return ()
        found: set[str] = set()
        for parent in self.graph.subjects_of(_sh("property"), node):
            for child in self.graph.about(parent).get(_sh("property"), ()):
                found.update(self.graph.about(child).get(_sh("qualifiedValueShape"), ()))
        return tuple(sorted(found - {shape}))

    def _own_predicates(self, said: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
        for child in said.get(_sh("property"), ()):
            yield from (path for path in self.graph.about(child).get(_sh("path"), ()) if path.startswith("<"))

    def _messages(self, node: str, said: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
        for message in said.get(_sh("message"), ()):
            if message.startswith('"') and not message.endswith(">"):
                yield message
            else:
                self._fault(
                    node, "bad-message", f"{self._name(node)}: sh:message must be a text, not {_short(message)}"
                )

    # --- parameters

    def _one(self, node: str, name: str, takes: Takes | None = None) -> str:
        values = self.graph.about(node).get(_sh(name), ())
        if len(values) > 1:
            self._fault(node, "too-many", f"{self._name(node)} has {len(values)} times sh:{name}; once is allowed")
        if values and takes is not None and not self._fits(node, name, values[0], takes):
            return ""
        return values[0] if values else ""

    def _fits(self, node: str, name: str, value: str, takes: Takes) -> bool:
        """Whether the parameter's value is what it must be; if not, that is a fault."""
        if takes in (Takes.TERMS, Takes.IRIS, Takes.STRINGS, Takes.SHAPES):
            members = self.graph.list(value)
            if members is None:
                self._fault(
                    node,
                    "no-list",
                    f"{self._name(node)}: sh:{name} must be {takes.value}, and the list is broken or missing",
                )
                return False
            well = all(fits(member, takes) for member in members)
        else:
            well = fits(value, takes)
        if not well:
            self._fault(
                node, "bad-parameter", f"{self._name(node)}: sh:{name} must be {takes.value}, not {_short(value)}"
            )
        return well

    def _look_at_pattern(self, node: str, value: str, flags: str) -> None:
        try:
            regex.to_pattern(lexical_form(value), flags)
        except ValueError as error:
            self._fault(
                node, "bad-pattern", f"{self._name(node)}: sh:pattern {_short(value)} is no regular expression: {error}"
            )

    def _look_for_unknown(self, node: str, said: Mapping[str, tuple[str, ...]]) -> None:
        known = {*TARGETS, *COMPONENTS, *COMPANIONS, *TELLING, *FOREIGN}
        known |= BESIDE
        for predicate in said:
            name = local(predicate)
            if predicate == _sh(name) and name not in known:
                near = difflib.get_close_matches(name, sorted(known), n=1)
                offer = f" Did you mean sh:{near[0]}?" if near else ""
                self._fault(node, "unknown-parameter", f"{self._name(node)}: SHACL has no sh:{name}.{offer}")

    def _custom_parameters(self) -> Iterator[str]:
        """The parameters of constraint components of one's own, which the reference engine judges."""
        for component in self.graph.instances(f"<{SH}ConstraintComponent>"):
            for parameter in self.graph.about(component).get(_sh("parameter"), ()):
                yield from self.graph.about(parameter).get(_sh("path"), ())

    # --- paths

    def path(self, node: str, term: str, above: frozenset[str]) -> Path | None:
        """The path that `term` describes; `node` is the shape to blame, `above` what the path is a part of."""
        if term.startswith("<"):
            return Step(term)
        said = self.graph.about(term)
        if term in above or term.startswith('"'):
            self._fault(node, "bad-path", f"{self._name(node)}: {_short(term)} is not a property path")
            return None
        above |= {term}
        # A node that is a list is a sequence, whatever else is said of it (the W3C's path-strange cases).
        if FIRST in said:
            return self._path_of(node, self.graph.list(term), above, Sequence)
        if alternatives := said.get(_sh("alternativePath")):
            return self._path_of(node, self.graph.list(alternatives[0]), above, Alternative)
        if inverted := said.get(_sh("inversePath")):
            part = self.path(node, inverted[0], above)
            return None if part is None else inverse(part)
        for name, times in (("zeroOrMorePath", "*"), ("oneOrMorePath", "+"), ("zeroOrOnePath", "?")):
            if repeated := said.get(_sh(name)):
                part = self.path(node, repeated[0], above)
                return None if part is None else Repeat(part, times)  # type: ignore[arg-type]
        self._fault(node, "bad-path", f"{self._name(node)}: its sh:path is not a property path")
        return None

    def _path_of(
        self,
        node: str,
        members: tuple[str, ...] | None,
        above: frozenset[str],
        kind: type[Sequence] | type[Alternative],
    ) -> Path | None:
        if members is None or len(members) < 2:
            self._fault(
                node, "bad-path", f"{self._name(node)}: a {kind.__name__.lower()} path is a list of at least two paths"
            )
            return None
        parts = [part for member in members if (part := self.path(node, member, above)) is not None]
        return kind(tuple(parts)) if len(parts) == len(members) else None

    # --- faults

    def _refuse_recursion(self, shapes: Mapping[str, Shape]) -> None:
        """A shape must not lean on itself: https://www.w3.org/TR/shacl/#shapes-recursion leaves it undefined."""
        done: set[str] = set()
        for node in shapes:
            trail: list[str] = []
            self._walk(node, shapes, trail, done)

    def _walk(self, node: str, shapes: Mapping[str, Shape], trail: list[str], done: set[str]) -> None:
        if node in trail:
            ring = [*trail[trail.index(node) :], node]
            told = " -> ".join(self._name(each) for each in ring)
            self._fault(
                node, "recursion", f"Shapes lean on themselves: {told}. SHACL leaves the meaning of recursion open"
            )
            return
        if node in done or node not in shapes:
            return
        trail.append(node)
        for child in sorted(set(shapes[node].children())):
            self._walk(child, shapes, trail, done)
        trail.pop()
        done.add(node)

    def _fault(self, node: str, kind: str, message: str) -> None:
        place = self._places.of(node, self.graph)
        self.faults.append(Finding(f"shapes/{kind}", message, places=(place,) if place is not None else (), shape=node))

    def _name(self, node: str) -> str:
        """How people know the shape: its CURIE, or its path and the shape that it belongs to."""
        if node.startswith("<"):
            return f"The shape {to_curie(node[1:-1])}"
        path = next(iter(self.graph.about(node).get(_sh("path"), ())), "")
        owner = self.graph.owner(node)
        about = f" for {_short(path)}" if path.startswith("<") else ""
        return f"A shape{about}" + (f" in {to_curie(owner[1:-1])}" if owner else f" ({node})" if not about else "")


def _sh(name: str) -> str:
    return f"<{SH}{name}>"


def _boolean(word: str) -> str:
    return f'"{word}"^^<{XSD}boolean>'


def _number(text: str) -> float:
    try:
        number = float(text[1:].partition('"')[0]) if text else 0.0
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0


def _short(term: str) -> str:
    return to_curie(term[1:-1]) if term.startswith("<") else "a node without a name" if term.startswith("_:") else term
