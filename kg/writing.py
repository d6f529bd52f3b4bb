"""How fact files may write values in fewer words: what ontology/writing.ttl states, read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from kg.terms import BASE

_OF, _KEY, _FORM, _KEY_FORM, _ENTRY, _ENTRY_FORM, _WITH, _ENTRY_WITH, _ABBREVIATION, _ADJECTIVE, _MEMBER = (
    NamedNode(f"{BASE}ontology#{name}")
    for name in (
        "of",
        "key",
        "form",
        "keyForm",
        "entry",
        "entryForm",
        "with",
        "entryWith",
        "abbreviation",
        "adjective",
        "member",
    )
)


@dataclass(frozen=True, slots=True)
class KnownEntry:
    """A key of a short form under which a number alone has a certain meaning: a score of Metacritic is out of 100."""

    key: str
    form: str
    detail: tuple[str, str]
    """What the value has besides: name and value."""


@dataclass(frozen=True, slots=True)
class ShortForm:
    """A way to write values of a property in fewer words; ontology/writing.ttl explains each of its fields."""

    property: NamedNode
    keys: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    key_forms: tuple[str, ...] = ()
    entry: NamedNode | None = None
    entry_forms: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    known_entries: tuple[KnownEntry, ...] = ()


def short_forms_of(objects: Mapping[NamedNode, Mapping[NamedNode, list[object]]]) -> Iterator[ShortForm]:
    """The short forms of each property, those with keys of their own last."""
    written = [iri for iri, values in objects.items() if _OF in values]
    for iri in sorted(written, key=lambda iri: (_KEY in objects[iri], iri.value)):
        values = objects[iri]
        for property in iris_of(values, _OF):
            yield ShortForm(
                property,
                texts_of(values, _KEY),
                texts_of(values, _FORM),
                texts_of(values, _KEY_FORM),
                next(iter(iris_of(values, _ENTRY)), None),
                texts_of(values, _ENTRY_FORM),
                pairs_of(values, _WITH),
                tuple(
                    KnownEntry(match["key"], match["form"], (match["name"], match["value"]))
                    for text in texts_of(values, _ENTRY_WITH)
                    if (match := _KNOWN_ENTRY.fullmatch(text)) is not None
                ),
            )


_KNOWN_ENTRY = re.compile(r"(?P<key>[^{}]+) (?P<form>\{\w+\}) (?P<name>\w+): (?P<value>.+)")


def abbreviations_of(
    objects: Mapping[NamedNode, Mapping[NamedNode, list[object]]],
) -> Iterator[tuple[str, tuple[NamedNode, str]]]:
    """The abbreviations of names, with the class of what has the name."""
    for iri, values in objects.items():
        for text in texts_of(values, _ABBREVIATION):
            short, _, name = text.partition(" ")
            yield short, (iri, name)


def adjectives_of(
    objects: Mapping[NamedNode, Mapping[NamedNode, list[object]]],
) -> Iterator[tuple[NamedNode, str, str]]:
    """The adjectives that state a value, each after the class of the value and before its name."""
    for iri, values in objects.items():
        for word, name in pairs_of(values, _ADJECTIVE):
            yield iri, word, name


def members_of(objects: Mapping[NamedNode, Mapping[NamedNode, list[object]]]) -> Iterator[tuple[str, NamedNode]]:
    """The names that are known to be of a class or kind, each with it."""
    for iri, values in objects.items():
        for name in texts_of(values, _MEMBER):
            yield name, iri


def iris_of(values: Mapping[NamedNode, list[object]], property: NamedNode) -> tuple[NamedNode, ...]:
    """The IRIs among the values of a property, sorted."""
    return tuple(sorted((value for value in values.get(property, ()) if isinstance(value, NamedNode)), key=str))


def texts_of(values: Mapping[NamedNode, list[object]], property: NamedNode) -> tuple[str, ...]:
    """The texts among the values of a property, sorted."""
    return tuple(sorted({text.value for text in values.get(property, ()) if isinstance(text, Literal)}))


def pairs_of(values: Mapping[NamedNode, list[object]], property: NamedNode) -> tuple[tuple[str, str], ...]:
    """Texts such as "kind: city", as pairs of name and value."""
    return tuple((name, value) for name, _, value in (text.partition(": ") for text in texts_of(values, property)))
