"""How fact files may write values in fewer words: what ontology/writing.ttl states, read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pyoxigraph import NamedNode

from kg.errors import InputError
from kg.terms import BASE, iris_of, pairs_of, texts_of
from kg.text.folding import closest

(
    _OF,
    _KEY,
    _FORM,
    _KEY_FORM,
    _ENTRY,
    _ENTRY_FORM,
    _WITH,
    _ENTRY_WITH,
    _PREFERRED_KEY,
    _PREFERRED_ON,
    _PREFERRED_WITH,
    _UNFINISHED,
    _ABBREVIATION,
    _ADJECTIVE,
    _MEMBER,
    _NOT_ON,
    _ADVICE,
) = (
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
        "preferredKey",
        "preferredOn",
        "preferredWith",
        "unfinished",
        "abbreviation",
        "adjective",
        "member",
        "notOn",
        "advice",
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
    preferred_key: str = ""
    """The key with which the values are written in short form; empty where that is the property."""
    preferred_on: tuple[NamedNode, ...] = ()
    """The classes on which that key is written; none for all."""
    preferred_with: NamedNode | None = None
    """The property that is beside that key or in its values where it is written; none where any may be."""
    unfinished: tuple[str, ...] = ()
    """Forms that lack a value, and the advice how to write it."""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class KeyAdvice:
    """Keys that people write on entities of these classes, which have no such property, and what to write instead."""

    classes: tuple[NamedNode, ...]
    keys: tuple[str, ...]
    text: str


def advice_of(objects: Mapping[NamedNode, Mapping[NamedNode, list[object]]]) -> Iterator[KeyAdvice]:
    """The advice about keys, in the order of its names."""
    for _, values in sorted(objects.items(), key=lambda entry: entry[0].value):
        if classes := tuple(iris_of(values, _NOT_ON)):
            yield KeyAdvice(classes, texts_of(values, _KEY), " ".join(texts_of(values, _ADVICE)))


def advice_on(key: str, classes: Collection[NamedNode], advice: Iterable[KeyAdvice]) -> str:
    """What to write instead of a key that these classes do not have; empty where nothing is known."""
    return next((each.text for each in advice if key in each.keys and set(classes) & set(each.classes)), "")


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
                tuple(_known_entry(text, iri) for text in texts_of(values, _ENTRY_WITH)),
                next(iter(texts_of(values, _PREFERRED_KEY)), ""),
                tuple(iris_of(values, _PREFERRED_ON)),
                next(iter(iris_of(values, _PREFERRED_WITH)), None),
                texts_of(values, _UNFINISHED),
                " ".join(texts_of(values, _ADVICE)),
            )


def _known_entry(text: str, iri: NamedNode) -> KnownEntry:
    """The known entry of a text; raises `InputError` for any other text."""
    if (match := _KNOWN_ENTRY.fullmatch(text)) is None:
        raise InputError(f"{iri.value} has the entryWith {text!r}; write it like 'Metacritic {{score}} scale: 100'.")
    return KnownEntry(match["key"], match["form"], (match["name"], match["value"]))


_KNOWN_ENTRY = re.compile(r"(?P<key>[^{}]+) (?P<form>\{\w+\}(?: \w+)?) (?P<name>\w+): (?P<value>.+)")


def properties_of_keys(short_forms: Iterable[ShortForm]) -> dict[str, tuple[NamedNode, ...]]:
    """Key of a short form -> the properties that it means."""
    keys: dict[str, tuple[NamedNode, ...]] = {}
    for short in short_forms:
        for key in short.keys:
            keys[key] = (*keys.get(key, ()), short.property)
    return keys


def suggest_keys(
    text: str, keys: Collection[str], properties: Collection[str], names: Collection[str]
) -> tuple[str, ...]:
    """The keys of short forms, or the names that are such keys, that a text is a misspelling of.

    None where a property is as close. A name begins with a capital letter: `Metacritc: 77`.

    >>> suggest_keys("premier", ["premiere"], ["release"], []), suggest_keys("scors", ["scores"], ["score"], [])
    (('premiere',), ())
    """
    likely = closest(text, {*keys, *properties, *(names if text[:1].isupper() else ())})
    return likely if not any(name in properties for name in likely) else ()


@dataclass(frozen=True)
class KnownNames:
    """The names that the ontology knows, and the words that stand for them."""

    abbreviations: Mapping[str, tuple[NamedNode, str]] = field(default_factory=dict)
    """Abbreviation of a name, such as `US` -> the class of what has the name, and the name."""
    adjectives: tuple[tuple[NamedNode, str, str], ...] = ()
    """Class, adjective, and the name of the entity of the class that it states: `Norwegian`, Norway."""
    members: Mapping[str, NamedNode] = field(default_factory=dict)
    """Name, such as `Metacritic` -> its class or kind."""

    def has_adjective(self, name: str, of_class: NamedNode) -> bool:
        """True for the name of an entity of this class that some adjective states: `Norway`."""
        return any(name == known and of_class == iri for iri, _, known in self.adjectives)

    def full_name(self, name: str, classes: Collection[NamedNode]) -> str:
        """The name of an entity of these classes that an abbreviation stands for; any other name as it is."""
        of_class, full = self.abbreviations.get(name, (None, name))
        return full if of_class in classes else name

    def words_for(self, names: Iterable[str], classes: Collection[NamedNode | None]) -> Iterator[str]:
        """Yield the abbreviations and adjectives that state an entity of these names and of one of the classes."""
        for name in names:
            yield from (word for of_class, word in self._words.get(name, ()) if of_class in classes)

    @cached_property
    def _words(self) -> dict[str, list[tuple[NamedNode, str]]]:
        """Name -> its abbreviations and adjectives, each with its class."""
        words: dict[str, list[tuple[NamedNode, str]]] = {}
        for short, (of_class, name) in self.abbreviations.items():
            words.setdefault(name, []).append((of_class, short))
        for of_class, word, name in self.adjectives:
            words.setdefault(name, []).append((of_class, word))
        return words


def known_names_of(objects: Mapping[NamedNode, Mapping[NamedNode, list[object]]]) -> KnownNames:
    """The names that the classes and kinds of an ontology have."""
    abbreviations: dict[str, tuple[NamedNode, str]] = {}
    adjectives: list[tuple[NamedNode, str, str]] = []
    members: dict[str, NamedNode] = {}
    for iri, values in objects.items():
        for text in texts_of(values, _ABBREVIATION):
            short, _, name = text.partition(" ")
            abbreviations[short] = iri, name
        adjectives += [(iri, word, name) for word, name in pairs_of(values, _ADJECTIVE)]
        members |= dict.fromkeys(texts_of(values, _MEMBER), iri)
    return KnownNames(abbreviations, tuple(adjectives), members)
