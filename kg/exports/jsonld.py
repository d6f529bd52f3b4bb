"""JSON-LD with the published context: compact, or framed with a tree for each film.

The context gives every property and class of the ontology its short name
(https://www.w3.org/TR/json-ld11/#the-context). It is embedded, so that no reader has to fetch it;
`ontology/context.jsonld` is the same, to be published.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from kg import vocabulary as film
from kg.errors import InputError
from kg.schema import Schema, ValueKind
from kg.terms import KNOWN_NAMES, LABEL, PREFIXES, TYPE, XSD, Term, to_curie

_KEYWORDS = {"id", "type"}
_STRING = XSD + "string"
_EXACT_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
"""The integers that a JSON number keeps in every program, in the form that JSON-LD gives back."""
_Values = dict[NamedNode, list[Term]]


def to_context(schema: Schema) -> dict[str, Any]:
    """The context: prefixes, `id` and `type`, the name of each property with its type, the name of each class."""
    context: dict[str, Any] = {"@version": 1.1, **PREFIXES, "id": "@id", "type": "@type"}
    for iri, property in sorted(schema.properties.items(), key=lambda entry: entry[1].name):
        if property.name in _KEYWORDS or not _is_local_name(property.name, iri):
            continue
        term: dict[str, str] = {"@id": to_key(iri)}
        if property.value_kind is ValueKind.ENTITY:
            term["@type"] = "@id"
        elif property.range and property.range[0].value.startswith(XSD) and property.range[0].value != _STRING:
            term["@type"] = to_key(property.range[0])
        context[property.name] = term
    for iri, class_term in sorted(schema.classes.items(), key=lambda entry: entry[1].name):
        if _is_local_name(class_term.name, iri):
            context[class_term.name] = to_key(iri)
    return context


def _is_local_name(name: str, iri: NamedNode) -> bool:
    return iri.value.rpartition("/")[2] == name or KNOWN_NAMES.get(name) == iri


def to_jsonld(triples: Iterable[Triple], schema: Schema) -> str:
    """Compact JSON-LD: a node object for each entity."""
    entities: dict[Term, _Values] = defaultdict(lambda: defaultdict(list))
    for triple in triples:
        entities[triple.subject][triple.predicate].append(triple.object)  # type: ignore[index,arg-type]
    return "".join(_write_graphs([("", entities.items())], to_context(schema)))


def stream_jsonld(quads: Iterable[Quad], schema: Schema) -> Iterator[str]:
    """Such JSON-LD in pieces, with named graphs where there are several.

    The quads are sorted: those of the default graph first, and in each graph those of an entity one after another.
    """
    graphs = (
        ("" if isinstance(graph, DefaultGraph) else _id(graph), _entities(run))
        for graph, run in groupby(quads, key=attrgetter("graph_name"))
    )
    return _write_graphs(graphs, to_context(schema))


def _entities(quads: Iterable[Quad]) -> Iterator[tuple[Term, _Values]]:
    for subject, run in groupby(quads, key=attrgetter("subject")):
        values: _Values = defaultdict(list)
        for quad in run:
            values[quad.predicate].append(quad.object)  # type: ignore[arg-type]
        yield subject, values


def _write_graphs(
    graphs: Iterable[tuple[str, Iterable[tuple[Term, _Values]]]], context: Mapping[str, Any]
) -> Iterator[str]:
    """The pieces of a document, which has the form of `_to_text`: a node at a time."""
    writer = _NodeWriter(context)
    separator = "\n"
    yield _to_text({"@context": context, "@graph": []}).removesuffix("]\n}\n")
    for graph, entities in graphs:
        nodes = (_to_text(writer.node(subject, values)) for subject, values in entities)
        if not graph:
            for node in nodes:
                yield separator + _indented(node, "  ")
                separator = ",\n"
            continue
        yield separator + _indented(_to_text({"id": graph, "@graph": []}).removesuffix("]\n}\n"), "  ")
        for number, node in enumerate(nodes):
            yield (",\n" if number else "\n") + _indented(node, "    ")
        yield "\n   ]\n  }"
        separator = ",\n"
    yield "]\n}\n" if separator == "\n" else "\n ]\n}\n"


def to_framed(quads: Iterable[Quad], schema: Schema, *, films: Iterable[NamedNode] | None = None) -> str:
    """A tree for each film: its parts inside it, and other entities with id, type and label."""
    context = to_context(schema)
    values_of: dict[Term, _Values] = defaultdict(lambda: defaultdict(list))
    for quad in quads:
        values_of[quad.subject][quad.predicate].append(quad.object)  # type: ignore[index,arg-type]
    if films is None:
        films = [
            entity
            for entity, values in values_of.items()
            if film.Film in values.get(TYPE, ()) and isinstance(entity, NamedNode)
        ]
    writer = _NodeWriter(context, values_of)
    return _to_text({"@context": context, "@graph": [writer.tree(entity) for entity in sorted(set(films), key=str)]})


def check_has_no_triple_terms(triple_terms: Iterable[Triple]) -> None:
    """Raise `InputError` for a graph with triple terms, before anything of it is written."""
    if next(iter(triple_terms), None) is not None:
        raise _has_triple_terms()


def _has_triple_terms() -> InputError:
    return InputError("JSON-LD has no triple terms (RDF 1.2), and the graph has some: choose trig or nquads.")


class _NodeWriter:
    """Writes node objects with the names of a context; a value of another type than its name has is written in full."""

    def __init__(self, context: Mapping[str, Any], values_of: Mapping[Term, _Values] | None = None) -> None:
        self._values_of = values_of if values_of is not None else {}
        self._properties = {
            _expand(term["@id"]): (name, term.get("@type", ""))
            for name, term in context.items()
            if isinstance(term, dict)
        }
        self._classes = {
            _expand(term): name for name, term in context.items() if isinstance(term, str) and name[0].isupper()
        }

    def node(self, subject: Term, values: Mapping[NamedNode, list[Term]]) -> dict[str, object]:
        """An entity with its values."""
        node: dict[str, object] = {"id": _id(subject)}
        for property in _sorted_properties(values):
            self._add(node, property, [self._value(property, value) for value in values[property]])
        return node

    def tree(self, entity: NamedNode) -> dict[str, object]:
        """An entity with its parts inside it, and of other entities their type and label."""
        node: dict[str, object] = {"id": _id(entity)}
        values = self._values_of.get(entity, {})
        for property in _sorted_properties(values):
            self._add(node, property, [self._framed(entity, property, value) for value in values[property]])
        return node

    def _framed(self, owner: NamedNode, property: NamedNode, value: Term) -> object:
        if property == TYPE or not isinstance(value, NamedNode) or value not in self._values_of:
            return self._value(property, value)
        if value.value.startswith(f"{owner.value}."):
            return self.tree(value)
        values = self._values_of[value]
        return self.node(value, {shown: values[shown] for shown in (TYPE, LABEL) if shown in values})

    def _add(self, node: dict[str, object], property: NamedNode, values: list[object]) -> None:
        name = "type" if property == TYPE else self._properties.get(property.value, (to_key(property), ""))[0]
        node[name] = values[0] if len(values) == 1 else values

    def _value(self, property: NamedNode, value: Term) -> object:
        coerced = self._properties.get(property.value, ("", ""))[1]
        if property == TYPE and isinstance(value, NamedNode):
            return self._classes.get(value.value) or _id(value)
        if isinstance(value, NamedNode | BlankNode):
            return _id(value) if coerced == "@id" else {"id": _id(value)}
        if not isinstance(value, Literal):
            raise _has_triple_terms()
        if value.language is not None:
            direction = {} if value.direction is None else {"@direction": value.direction.value}
            return {"@value": value.value, "@language": value.language, **direction}
        if coerced and _expand(coerced) == value.datatype.value:
            is_number = value.datatype.value == XSD + "integer" and _EXACT_INTEGER.fullmatch(value.value)
            return int(value.value) if is_number else value.value
        if value.datatype.value == _STRING and not coerced:
            return value.value
        return {"@value": value.value, "@type": to_key(value.datatype)}


def _sorted_properties(values: Mapping[NamedNode, object]) -> list[NamedNode]:
    """The properties, `rdf:type` first."""
    return sorted(values, key=lambda property: (property != TYPE, property.value))


def _expand(name: str) -> str:
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local if prefix in PREFIXES and not local.startswith("//") else name


def to_key(iri: NamedNode) -> str:
    """An IRI as a JSON-LD key or id: a CURIE where its prefix is known."""
    return to_curie(iri.value).removeprefix("<").removesuffix(">")


def _id(term: object) -> str:
    return to_key(term) if isinstance(term, NamedNode) else str(term)


def _to_text(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _indented(text: str, indentation: str) -> str:
    # Not by `splitlines`: a string may have other line ends, such as U+2028.
    return indentation + text.rstrip("\n").replace("\n", f"\n{indentation}")
