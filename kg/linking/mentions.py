"""Facts walk in; the mentions that linking compares, by who tells of them, walk out.

What counts as a clue stands in the tables below, in the words of the ontology. A description such as "1976 film by
Krsto Papić" is a clue as well: it is read for its year and its director, and never becomes a fact.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pyoxigraph import BlankNode, Literal, NamedNode

from kg import vocabulary as vocab
from kg.facts.model import Fact
from kg.linking.model import Credit, Mention
from kg.schema import Schema
from kg.terms import FILM, Term, to_curie

OWN_SOURCE = "own"
"""Who tells of the things that the project's people wrote blocks for."""
KIND_OF_CLASS = {
    "Film": "film",
    "Person": "person",
    "Organisation": "organisation",
    "Country": "country",
    "Genre": "genre",
    "Award": "award",
    "AwardProgramme": "award programme",
    "Edition": "edition",
    "Festival": "festival",
    "Topic": "topic",
    "Work": "film",
}
"""Class -> the kind of thing that is compared with its like; a narrower class goes before a wider one."""
_CREDITS = ("contributor", "nominee", "recipient", "agent")
_NODES = ("nomination", "win", "castCredit", "crewCredit", "release")
_YEARS = ("year", "date", "start", "releaseDate", "birthDate")
_DESCRIBED = re.compile(
    r"(?:\b(?P<year>1[89]\d\d|20\d\d)\b.{0,80}?)?\b(?:film|movie|documentary|short)\b"
    r"(?:.{0,40}?\bby (?P<people>[^.;(]{2,200}))?"
)
_EPISODE = re.compile(r"^(?:episode|season) of |television series|TV series|miniseries", re.IGNORECASE)
_AND = re.compile(r",\s*(?:and\s+)?|\s+(?:and|&)\s+")
_YEAR = re.compile(r"(-?\d{4})(?!\d)")

Subject = NamedNode | BlankNode


@dataclass
class _Said:
    """What is said of one thing, by local name of the property, and who was the first to say it."""

    source: str = ""
    values: dict[str, list[Term]] = field(default_factory=lambda: defaultdict(list))


def find_mentions(facts: Iterable[Fact], schema: Schema) -> dict[str, list[Mention]]:
    """Every thing that can be linked, by who tells of it: `own`, or the id of the source of an import."""
    things = _things(facts)
    kinds = _Kinds(schema)
    above = _contributors(schema)
    mentions: dict[str, list[Mention]] = defaultdict(list)
    credited = _credited(things, above)
    for thing, said in things.items():
        kind, class_ = kinds.of(said.values.get("type", ()))
        if kind and isinstance(thing, NamedNode):
            mentions[said.source].append(_mention(thing, said, kind, class_, things, credited))
    return dict(mentions)


def _things(facts: Iterable[Fact]) -> dict[Subject, _Said]:
    things: dict[Subject, _Said] = defaultdict(_Said)
    for fact in facts:
        said = things[fact.subject]
        if not fact.evidence.record:
            said.source = OWN_SOURCE
        elif not said.source:
            said.source = fact.evidence.source
        said.values[_local(fact.property)].append(fact.value)
    return things


def _local(property: NamedNode) -> str:
    return property.value.rpartition("/")[2].rpartition("#")[2]


class _Kinds:
    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._known: dict[Term, tuple[str, str]] = {}

    def of(self, classes: Iterable[Term]) -> tuple[str, str]:
        """The kind and the class of a thing of these classes; nothing when it is not linked, or is of two kinds."""
        found = [one for class_ in dict.fromkeys(classes) if (one := self._kind(class_))[0]]
        if len({kind for kind, _ in found}) != 1:
            return "", ""
        return max(found, key=lambda one: (one[1] != "Work", one[1] != "Film"))

    def _kind(self, class_: Term) -> tuple[str, str]:
        if class_ not in self._known:
            names: dict[str, None] = {}
            if isinstance(class_, NamedNode):
                names = {_local(one): None for one in self._schema.ancestors(class_)}
                if (own := _local(class_)) != "Work":
                    # A work may be a book or a song; only what is called nothing narrower may be a film.
                    names.pop("Work", None)
                kind = next((kind for name, kind in KIND_OF_CLASS.items() if name in names), "")
                self._known[class_] = (kind, own)
            else:
                self._known[class_] = ("", "")
        return self._known[class_]


def _contributors(schema: Schema) -> frozenset[str]:
    """The properties that lead from a film to who made it."""
    contributor = vocab.contributor
    return frozenset(_local(iri) for iri in schema.properties if contributor in schema.ancestors(iri)) | frozenset(
        _CREDITS
    )


def _credited(things: Mapping[Subject, _Said], roles: frozenset[str]) -> dict[Subject, list[tuple[Subject, str]]]:
    """Thing -> the people or companies that it names, each with its role; and the other way round."""
    found: dict[Subject, dict[tuple[Subject, str], None]] = defaultdict(dict)
    for thing, said in things.items():
        for owner, role, value in _roles(thing, said, things, roles):
            found[owner][value, role] = None
            found[value][owner, role] = None
    return {thing: list(ones) for thing, ones in found.items()}


def _roles(
    thing: Subject, said: _Said, things: Mapping[Subject, _Said], roles: frozenset[str]
) -> Iterator[tuple[Subject, str, Subject]]:
    for name, values in said.values.items():
        if name in roles and name not in _CREDITS:
            yield from ((thing, name, value) for value in values if not isinstance(value, Literal))
        elif name in _NODES:
            for node in values:
                inner = things.get(node) if not isinstance(node, Literal) else None
                for role in _CREDITS if inner is not None else ():
                    for value in inner.values.get(role, ()):  # type: ignore[union-attr]
                        if not isinstance(value, Literal):
                            yield thing, "castMember" if name == "castCredit" else "", value


def _mention(
    thing: NamedNode,
    said: _Said,
    kind: str,
    class_: str,
    things: Mapping[Subject, _Said],
    credited: Mapping[Subject, list[tuple[Subject, str]]],
) -> Mention:
    names = tuple(dict.fromkeys(_texts(said, "label", "alias", "altLabel", "title", "originalTitle")))
    years, dated = _years_of(said, things)
    credits = [
        Credit(name, role, to_curie(other.value))
        for other, role in credited.get(thing, ())
        if isinstance(other, NamedNode) and (name := next(_texts(things[other], "label"), "")) and other in things
    ]
    if kind == "film":
        for text in _texts(said, "description"):
            if _EPISODE.search(text):
                class_ = "Episode"
            described, people = _described(text)
            years = years or described
            credits += [Credit(name, "director") for name in people]
    return Mention(
        to_curie(thing.value),
        names,
        kind,
        class_,
        years,
        dated,
        tuple(credits),
        frozenset((name, value) for name in said.values if name.endswith("Id") for value in _texts(said, name)),
        frozenset(name for value in said.values.get("countryOfOrigin", ()) if (name := _name_of(value, things))),
        next((int(text) for text in _texts(said, "runningTime") if text.isdigit() and len(text) < 6), None),
    )


def _name_of(thing: Term, things: Mapping[Subject, _Said]) -> str:
    return next(_texts(things[thing], "label"), "") if not isinstance(thing, Literal) and thing in things else ""


def _texts(said: _Said, *names: str) -> Iterator[str]:
    return (value.value for name in names for value in said.values.get(name, ()) if isinstance(value, Literal))


def _years_of(said: _Said, things: Mapping[Subject, _Said]) -> tuple[tuple[int, ...], str]:
    """The years of a thing's own dates or of its releases; where there are none, those of its awards."""
    own = set(_years(said))
    for node in said.values.get("release", ()):
        if not isinstance(node, Literal) and node in things:
            own.update(_years(things[node]))
    if own:
        return tuple(sorted(own)), "release"
    awarded: set[int] = set()
    for name in ("nomination", "win"):
        for node in said.values.get(name, ()):
            if not isinstance(node, Literal) and node in things:
                awarded.update(_years(things[node]))
    return tuple(sorted(awarded)), "award" if awarded else "release"


def _years(said: _Said) -> Iterator[int]:
    return (int(found[1]) for text in _texts(said, *_YEARS) if (found := _YEAR.match(text)) is not None)


def _described(text: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The year and the people of a description.

    >>> _described("1976 film by Krsto Papić")
    ((1976,), ('Krsto Papić',))
    """
    found = _DESCRIBED.search(text[:400])
    if found is None:
        return (), ()
    people = tuple(filter(None, map(str.strip, _AND.split(found["people"])))) if found["people"] else ()
    return ((int(found["year"]),) if found["year"] else ()), people


def is_ours(name: NamedNode) -> bool:
    """True for the name of a thing of this graph."""
    return name.value.startswith(FILM)
