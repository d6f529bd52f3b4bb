"""Exact quads walk in; JSON-LD with the published context walks out: compact, or framed with a tree for each film.

The context gives every property and class of the ontology its short name
(https://www.w3.org/TR/json-ld11/#the-context). It is embedded, so that no reader has to fetch anything;
`ontology/context.jsonld` is the same, to be published.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad

from kg import vocabulary as vocab
from kg.schema import Schema, ValueKind
from kg.terms import KNOWN_NAMES, LABEL, PREFIXES, TYPE, XSD, Term, to_curie

_RESERVED = {"id", "type"}
_Graph = dict[Term, dict[NamedNode, list[Term]]]
_STRING = XSD + "string"


def to_context(schema: Schema) -> dict[str, Any]:
    """The context: prefixes, `id` and `type`, the name of each property with what it takes, the name of each class."""
    context: dict[str, Any] = {"@version": 1.1, **PREFIXES, "id": "@id", "type": "@type"}
    for iri, word in sorted(schema.properties.items(), key=lambda one: one[1].name):
        if word.name in _RESERVED or not _is_short(word.name, iri):
            continue
        term: dict[str, str] = {"@id": to_curie(iri.value)}
        if word.value_kind is ValueKind.ENTITY:
            term["@type"] = "@id"
        elif word.range and word.range[0].value.startswith(XSD) and word.range[0].value != _STRING:
            term["@type"] = to_curie(word.range[0].value)
        context[word.name] = term
    for iri, word in sorted(schema.classes.items(), key=lambda one: one[1].name):
        if _is_short(word.name, iri):
            context[word.name] = to_curie(iri.value)
    return context


def _is_short(name: str, iri: NamedNode) -> bool:
    return iri.value.rpartition("/")[2] == name or KNOWN_NAMES.get(name) == iri


def to_jsonld(quads: Iterable[Quad], schema: Schema) -> str:
    """Compact JSON-LD: a node for each thing, in graphs where there are several."""
    context = to_context(schema)
    graphs: dict[str, dict[Term, dict[NamedNode, list[Term]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for quad in quads:
        name = "" if isinstance(quad.graph_name, DefaultGraph) else _id(quad.graph_name)
        graphs[name][quad.subject][quad.predicate].append(quad.object)  # type: ignore[index,arg-type]
    writer = _Writer(context)
    nodes: list[object] = [writer.node(subject, said) for subject, said in graphs.pop("", {}).items()]
    for name, things in graphs.items():
        nodes.append({"id": name, "@graph": [writer.node(subject, said) for subject, said in things.items()]})
    return _to_text({"@context": context, "@graph": nodes})


def to_framed(quads: Iterable[Quad], schema: Schema, *, films: Iterable[NamedNode] | None = None) -> str:
    """A tree for each film: its nodes without names inside it, other things by id, type and label."""
    context = to_context(schema)
    said: _Graph = defaultdict(lambda: defaultdict(list))
    for quad in quads:
        said[quad.subject][quad.predicate].append(quad.object)  # type: ignore[index,arg-type]
    if films is None:
        films = [
            thing for thing, one in said.items() if vocab.Film in one.get(TYPE, ()) and isinstance(thing, NamedNode)
        ]
    writer = _Writer(context, said)
    return _to_text({"@context": context, "@graph": [writer.tree(thing) for thing in sorted(set(films), key=str)]})


class _Writer:
    """Writes nodes by the context's names; a value that a name's type does not fit is written out in full."""

    def __init__(
        self, context: Mapping[str, Any], said: Mapping[Term, Mapping[NamedNode, list[Term]]] | None = None
    ) -> None:
        self._said = said if said is not None else {}
        self._terms = {
            self._expand(one["@id"]): (name, one.get("@type", ""))
            for name, one in context.items()
            if isinstance(one, dict)
        }
        self._classes = {
            self._expand(one): name for name, one in context.items() if isinstance(one, str) and name[0].isupper()
        }

    def node(self, subject: Term, said: Mapping[NamedNode, list[Term]]) -> dict[str, object]:
        node: dict[str, object] = {"id": _id(subject)}
        for property in sorted(said, key=lambda one: (one != TYPE, one.value)):
            self._add(node, property, [self._value(property, value) for value in said[property]])
        return node

    def tree(self, thing: NamedNode) -> dict[str, object]:
        """A thing with its own nodes inside it, and of others what they are called."""
        node: dict[str, object] = {"id": _id(thing)}
        said = self._said.get(thing, {})
        for property in sorted(said, key=lambda one: (one != TYPE, one.value)):
            self._add(node, property, [self._framed(thing, property, value) for value in said[property]])
        return node

    def _framed(self, owner: NamedNode, property: NamedNode, value: Term) -> object:
        if property == TYPE or not isinstance(value, NamedNode) or value not in self._said:
            return self._value(property, value)
        if value.value.startswith(f"{owner.value}."):
            return self.tree(value)
        told = {one: self._said[value][one] for one in (TYPE, LABEL) if one in self._said[value]}
        return self.node(value, told)

    def _add(self, node: dict[str, object], property: NamedNode, values: list[object]) -> None:
        name = "type" if property == TYPE else self._terms.get(property.value, (to_key(property), ""))[0]
        node[name] = values[0] if len(values) == 1 else values

    def _value(self, property: NamedNode, value: Term) -> object:
        coerced = self._terms.get(property.value, ("", ""))[1]
        if property == TYPE and isinstance(value, NamedNode):
            return self._classes.get(value.value) or _id(value)
        if isinstance(value, NamedNode | BlankNode):
            return _id(value) if coerced == "@id" else {"id": _id(value)}
        if value.language is not None:
            return {"@value": value.value, "@language": value.language}
        if coerced and self._expand(coerced) == value.datatype.value:
            is_int = value.datatype.value == XSD + "integer" and value.value == str(int(value.value))
            return int(value.value) if is_int else value.value
        if value.datatype.value == _STRING and not coerced:
            return value.value
        return {"@value": value.value, "@type": to_key(value.datatype)}

    def _expand(self, name: str) -> str:
        prefix, _, local = name.partition(":")
        return PREFIXES[prefix] + local if prefix in PREFIXES and not local.startswith("//") else name


def to_key(iri: NamedNode) -> str:
    """An IRI as a JSON-LD key or id: a CURIE where one is known, else written out."""
    return to_curie(iri.value).removeprefix("<").removesuffix(">")


def _id(term: object) -> str:
    return to_key(term) if isinstance(term, NamedNode) else str(term)


def _to_text(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
