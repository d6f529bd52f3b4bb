"""Names that fact files write instead of ids: the entity that a name stands for, found by its label, or created.

`director: Inês Carvalho` means the only entity with this label or alias that can be a director. Where there is none,
the entity is created: `film:ines-carvalho`, a person with this label. What was created is a finding without severity;
several entities with the name are a violation, unless they are linked. Nothing is chosen by likeness. An entity that
files written by hand name comes before those of imports, so an import changes nothing that they mean.
"""

from __future__ import annotations

import builtins
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

from pyoxigraph import BlankNode, Literal, NamedNode

from kg import vocabulary as film
from kg.facts.fact_table import OF_YAML_FILES, ProjectFacts
from kg.facts.files import FileFindings, is_imported
from kg.facts.model import Evidence, Fact
from kg.parts import is_part, owner_of
from kg.reports import Place, Severity
from kg.schema import KIND, OntologyTerm, Schema
from kg.terms import ALIAS, FILM, LABEL, TYPE, Term, to_curie, to_iri
from kg.text.folding import closest, fold_name, to_slug
from kg.xsd import literal_parts

_ID = re.compile(r"[a-z0-9_][a-z0-9_.\-]*")
_NAME = re.compile(r"[^\x00-\x1f<>{}|\\^`]*\w[^\x00-\x1f<>{}|\\^`]*")
_LIKE_CURIE = re.compile(r":\S")
_TWO_PEOPLE = re.compile(r"([^\W\d_]\S* \S[^,]*?)(?: (?:and|&)|,(?: and)?) ([^\W\d_]\S* \S[^,]*)")
_IN_BRACKETS = re.compile(r"([^()]*\S) \(([^()]+)\)")
_LONGEST = 200
_MOST_NAMES = 20_000
"""Names of the project among which likely spellings are looked for."""


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A name, as a value of a property of one entity."""

    name: str
    subject: NamedNode
    property: OntologyTerm
    place: Place

    @builtins.property
    def label(self) -> str:
        """The label of the entity that is created where nothing has the name: of `french`, French."""
        return self.name.capitalize() if self.property.lower_case == "name" and self.name.islower() else self.name

    @builtins.property
    def owner(self) -> NamedNode | None:
        """The entity within which the name is unique; None for a name that is unique everywhere."""
        return _owner(self.subject) if self.property.named_within is not None else None

    @builtins.property
    def iri(self) -> NamedNode:
        """The entity that is created where nothing has the name."""
        iri = named_iri(self.name)
        return iri if self.owner is None else NamedNode(f"{self.owner.value}-{iri.value.removeprefix(FILM)}")

    @builtins.property
    def same_id(self) -> NamedNode:
        """The entity whose id is the name as it is written, where a name such as `Portugal` can be an id."""
        try:
            return to_iri(self.name)
        except ValueError:
            return self.iri


def named_iri(name: str) -> NamedNode:
    """The entity of our namespace whose id is made of a name."""
    return NamedNode(FILM + to_slug(fold_name(name)))


def is_name(text: str) -> bool:
    """True for a text that is a name such as `Inês Carvalho`, false for an id, a CURIE or an IRI.

    >>> is_name("Inês Carvalho"), is_name("Portugal"), is_name("ines-carvalho"), is_name("wd:Q1")
    (True, True, False, False)
    """
    if _ID.fullmatch(text) or len(text) > _LONGEST or not _NAME.fullmatch(text) or not to_slug(fold_name(text)):
        return False
    try:
        iri = to_iri(text).value
    except ValueError:
        return not _LIKE_CURIE.search(text)
    return iri == FILM + text and not is_part(iri)


@dataclass(frozen=True)
class ResolvedNames:
    """What was found or created for names, and what was not certain."""

    findings: FileFindings
    unresolved: frozenset[NamedNode] = frozenset()
    """The entities in the facts for names of which there is a finding."""


LinkedNames = Callable[[Collection[Path]], Mapping[NamedNode, Collection[NamedNode]]]
"""A function that reads links from all of their files but these: entity -> those that are the same."""


def resolve_names(
    table: ProjectFacts,
    values: Sequence[NamedValue],
    schema: Schema,
    linked: Callable[[], Mapping[NamedNode, Collection[NamedNode]]] = dict,
) -> ResolvedNames:
    """Replace each named value in the facts of a table, and add the facts about what is created.

    Entities that are `linked` are one; links are read only where several have a name.
    """
    if not values:
        return ResolvedNames(FileFindings())
    touched = dict(table.numbered(_concerned(table, values)))
    facts = list(touched.values())
    resolver = _Resolver(schema, _Index.of(facts, values), _Spellings(table, schema), cache(linked))
    # A name that is written most often is no misspelling of one that is written once, wherever that is.
    uses = Counter(value.name for value in values)
    by_use = sorted(values, key=lambda value: -uses[value.name])
    entities = {(value.place, value.property.iri, value.iri): resolver.resolve(value) for value in by_use}
    resolved = {number: _with_entity(fact, entities) for number, fact in touched.items()}
    table.replace({number: fact for number, fact in resolved.items() if fact is not touched[number]})
    table.add(list(resolver.created_facts(resolved.values())))
    return ResolvedNames(resolver.findings, frozenset(resolver.unresolved))


def _concerned(table: ProjectFacts, values: Sequence[NamedValue]) -> str:
    """The condition for the facts that `_Index` and `_Resolver` look at."""
    wanted = {fold_name(value.name) for value in values}
    names = (
        "SELECT f.s, t.text FROM fact AS f JOIN term AS t ON t.id = f.o"
        f" WHERE f.p IN ({table.ids((LABEL, ALIAS))}) AND starts_with(t.text, '\"') AND"
    )
    rows = table.sql.cursor().execute(  # an OR of the two conditions takes three times as long
        f"{names} {_BEGINS_LIKE} UNION {names} {_MAY_FOLD}", [list({name[:_BEGIN] for name in wanted})]
    )
    named: set[int] = set()
    while batch := rows.fetchmany(10_000):
        parts = ((entity, literal_parts(text)) for entity, text in batch)
        named.update(entity for entity, literal in parts if literal and fold_name(literal.lexical) in wanted)
    entities = table.ids(dict.fromkeys(iri for value in values for iri in (value.iri, value.same_id)))
    table.sql.execute(
        "CREATE OR REPLACE TABLE named_entity AS SELECT unnest(?::UINTEGER[]) AS id", [str(sorted(named))]
    )
    return f"(s IN ({entities}) OR o IN ({entities}) OR s IN (SELECT id FROM named_entity))"


_BEGIN = 6
_BEGINS_LIKE = f"lower(substr(left(t.text, {_BEGIN + 1}), 2)) IN (SELECT unnest(?::VARCHAR[]))"
_MAY_FOLD = f"""NOT regexp_full_match(left(t.text, {_BEGIN + 1}), '"[A-Za-z0-9]+( [A-Za-z0-9]+)*')"""
"""The conditions for exact terms that may be folded to names that begin so: letters, digits and single spaces stay as
they are, so that of most of a million labels nothing else has to be looked at."""


def _with_entity(fact: Fact, entities: Mapping[tuple[Place, NamedNode, NamedNode], NamedNode]) -> Fact:
    if not isinstance(fact.value, NamedNode):
        return fact
    entity = entities.get((fact.place, fact.property, fact.value))
    return fact if entity is None else replace(fact, value=entity)


@dataclass
class _Index:
    """What the facts state about the entities that names may stand for."""

    subjects: set[NamedNode | BlankNode] = field(default_factory=set)
    exact: dict[str, set[NamedNode]] = field(default_factory=lambda: defaultdict(set))
    folded: dict[str, set[NamedNode]] = field(default_factory=lambda: defaultdict(set))
    types: dict[Term, set[NamedNode]] = field(default_factory=lambda: defaultdict(set))
    owners: dict[Term, set[Term]] = field(default_factory=lambda: defaultdict(set))
    """Entity -> those that the entity belongs to, by a property within which its names are unique."""
    by_hand: dict[str, set[NamedNode]] = field(default_factory=lambda: defaultdict(set))
    """Folded name -> the entities that have it in a file that was not imported."""
    files: dict[Term, str] = field(default_factory=dict)
    """Entity -> a file in which it has a name."""

    @classmethod
    def of(cls, facts: Iterable[Fact], values: Iterable[NamedValue]) -> _Index:
        values = list(values)
        wanted = {fold_name(value.name) for value in values}
        within = {value.property.named_within for value in values}
        ids = {iri for value in values for iri in (value.iri, value.same_id)}
        index = cls()
        for fact in facts:
            if fact.subject in ids:
                index.subjects.add(fact.subject)
            if fact.property in (LABEL, ALIAS) and isinstance(fact.subject, NamedNode):
                if (folded := fold_name(fact.value.value)) in wanted:
                    index.exact[fact.value.value].add(fact.subject)
                    index.folded[folded].add(fact.subject)
                    index.files.setdefault(fact.subject, fact.place.file)
                    if not is_imported(fact.place):
                        index.by_hand[folded].add(fact.subject)
            elif fact.property in within and not isinstance(fact.value, Literal):
                index.owners[fact.subject].add(fact.value)
        named = set().union(*index.folded.values()) if index.folded else set()
        for fact in facts:
            if fact.subject in named and fact.property == TYPE and isinstance(fact.value, NamedNode):
                index.types[fact.subject].add(fact.value)
        return index

    def named(self, name: str) -> Iterator[set[NamedNode]]:
        """The entities with this name, the more likely first: named so by hand, and exactly so."""
        exact, folded = self.exact.get(name, set()), self.folded.get(fold_name(name), set())
        by_hand = self.by_hand.get(fold_name(name), set())
        yield from (exact & by_hand, by_hand, exact, folded)


@dataclass
class _Spellings:
    """Known names that another name may be a misspelling of: those of files written by hand, and of the ontology."""

    table: ProjectFacts
    schema: Schema

    @cached_property
    def _known(self) -> dict[str, NamedNode]:
        """The names of the ontology, each with the class or kind of what has it."""
        known = self.schema.known_names
        abbreviated = {name: of_class for of_class, name in known.abbreviations.values()}
        return {**known.members, **abbreviated, **{name: of_class for of_class, _, name in known.adjectives}}

    @cached_property
    def _names(self) -> dict[str, list[tuple[str, NamedNode]]]:
        """First letter -> the names that begin with it, each with the class or kind of what has it."""
        names = list(self._known.items())
        rows = self.table.sql.cursor().execute(
            "WITH named AS MATERIALIZED (SELECT s, o FROM fact"
            f" WHERE p IN ({self.table.ids((LABEL, ALIAS))}) AND {OF_YAML_FILES})"
            " SELECT name.text, type.text FROM named JOIN fact AS f USING (s)"
            " JOIN term AS name ON name.id = named.o JOIN term AS type ON type.id = f.o"
            f" WHERE f.p IN ({self.table.ids((TYPE,))})"
            " AND starts_with(name.text, '\"') AND starts_with(type.text, '<') ORDER BY ALL LIMIT ?",
            [_MOST_NAMES],
        )
        for name, type in rows.fetchall():
            if (literal := literal_parts(name)) is not None:
                names.append((literal.lexical, NamedNode(type[1:-1])))
        by_letter: dict[str, list[tuple[str, NamedNode]]] = defaultdict(list)
        for name, type in dict.fromkeys(names):
            by_letter[name[:1].casefold()].append((name, type))
        return by_letter

    def add(self, name: str, type: NamedNode) -> None:
        """Add a name that the files have of an entity of this class or kind, which the name creates."""
        self._names[name[:1].casefold()].append((name, type))

    def like(self, value: NamedValue) -> tuple[str, ...]:
        """The names that a value may be a misspelling of. Titles differ in a letter: `Rocky II` and `Rocky III`."""
        classes = {*value.property.range, *value.property.usual_range}
        if value.property.named_within is not None or self._are_works(classes) or value.name in self._known:
            return ()
        letters = dict.fromkeys(value.name[:2].casefold())
        names = [name for letter in letters for name, type in self._names.get(letter, ()) if self._is_of(type, classes)]
        names = [name for name in names if fold_name(name) != fold_name(value.name)]
        likely = closest(value.name, names)
        if not likely and film.EventSeries in classes:
            return tuple(name for name in dict.fromkeys(names) if _is_begun_by(name, value.name))[:2]
        return likely

    def _are_works(self, classes: Collection[NamedNode]) -> bool:
        return any(film.Work in self.schema.ancestors(iri) for iri in classes)

    def _is_of(self, type: NamedNode, classes: Collection[NamedNode]) -> bool:
        return not classes or any(iri in classes for iri in self.schema.ancestors(type))


def _is_begun_by(name: str, begin: str) -> bool:
    """True where one name has further words: of a festival, often the place alone is written, `Cannes`."""
    shorter, longer = sorted((name.split(), begin.split()), key=len)
    first, same = " ".join(longer[: len(shorter)]), " ".join(shorter)
    return len(shorter) < len(longer) and (fold_name(first) == fold_name(same) or bool(closest(same, [first])))


@dataclass
class _Resolver:
    """Finds or creates the entity of each name."""

    schema: Schema
    index: _Index
    spellings: _Spellings
    linked: Callable[[], Mapping[NamedNode, Collection[NamedNode]]]
    findings: FileFindings = field(default_factory=FileFindings)
    unresolved: set[NamedNode] = field(default_factory=set)
    _created: dict[NamedNode, _Created] = field(default_factory=dict)

    def resolve(self, value: NamedValue) -> NamedNode:
        """The entity that a name means; where this is not certain, the one that would be created, and a finding."""
        if (value.same_id != value.iri or _ID.fullmatch(value.name)) and value.same_id in self.index.subjects:
            return value.same_id
        candidates = self._candidates(value)
        if len(candidates) == 1 or (candidates and {*candidates} <= {*self.linked().get(candidates[0], ())}):
            return candidates[0]
        if candidates:
            named = [f"{_id(candidate)} ({self.index.files[candidate]})" for candidate in candidates]
            message = f"{value.name!r} is the name of {len(named)} entities"
            by_hand = self.index.by_hand.get(fold_name(value.name), set())
            folders = {PurePosixPath(self.index.files[candidate]).parent for candidate in candidates}
            can_be_linked = len(folders) > 1 and by_hand.isdisjoint(candidates)
            write = "`kg link` finds out whether they are the same; or write" if can_be_linked else "Write"
            self._add("ambiguous-name", message, value, remedy=f"{write} an id: {' or '.join(named)}.")
            return value.iri
        return self._create(value)

    def _candidates(self, value: NamedValue) -> list[NamedNode]:
        """The entities that the name may mean: of the most likely that can be such a value."""
        for entities in self.index.named(value.name):
            if possible := [entity for entity in entities if self._is_possible(entity, value)]:
                return sorted(possible, key=str)
        return []

    def _is_possible(self, entity: NamedNode, value: NamedValue) -> bool:
        if value.owner is not None and value.owner not in self.index.owners[entity]:
            return False
        return self._can_be_value(entity, value.property.range)

    def _can_be_value(self, entity: NamedNode, range: Collection[NamedNode]) -> bool:
        types = self.index.types[entity]
        return not types or not range or any(set(range) & self.schema.ancestors(type) for type in types)

    def _create(self, value: NamedValue) -> NamedNode:
        type, iri = self.schema.named_type(value.property, value.subject.value, value.name), value.iri
        known = self._created.get(iri)
        if known is not None and (joined := self._join(known.type, type)) is not None:
            self._created[iri] = _Created(known.value, joined)
            return iri
        example = f"{_id(iri)}: {{type: {self._type_text(type) or '...'}, label: {value.label}}}"
        if known is not None or iri in self.index.subjects:
            message = f"{value.name!r} is not a name of {_id(iri)}, which is another entity"
            if known is not None:
                message = f"{value.name!r} would have the type {known.type} here and {type} there"
            self._add("taken-id", message, value, remedy="Write a block for it with an id of its own, and the id.")
        elif not type:
            message = f"{value.name!r} is not the name of an entity"
            self._add("unknown-entity", message, value, remedy=f"Write a block for it: {example}.")
        else:
            self._created[iri] = _Created(value, type)
            likely = self.spellings.like(value)
            self.spellings.add(value.name, self.schema.type_names[type])
            message = f"{value.name!r} is new, so the {type} {_id(iri)} is created"
            if likely:
                remedy = "If not, write a block for it."
                self._add("new-entity", message, value, severity=Severity.WARNING, suggestions=likely, remedy=remedy)
            else:
                remedy = "`kg fix` writes a block for it."
                self._add("new-entity", message, value, severity=Severity.INFO, remedy=remedy)
            if type == "Person" and (two := _TWO_PEOPLE.fullmatch(value.name)) is not None:
                remedy = f"Write a list: [{two[1]}, {two[2]}]."
                message = f"{value.name!r} may be two people"
                self._add("two-names", message, value, severity=Severity.WARNING, remedy=remedy)
            elif type == "Person" and (played := _IN_BRACKETS.fullmatch(value.name)) is not None:
                remedy = f"Write {played[1]} as {played[2]}, or a block for the person."
                message = f"{value.name!r} may be a person and what is in brackets"
                self._add("two-names", message, value, severity=Severity.WARNING, remedy=remedy)
            elif ", " in value.name and (type == "Country" or value.property.lower_case):
                message, remedy = f"{value.name!r} may be several names", f"Write a list: [{value.name}]."
                self._add("two-names", message, value, severity=Severity.WARNING, remedy=remedy)
        return iri

    def _join(self, known: str, type: str) -> str | None:
        """The narrower of two classes or kinds that one entity can have; None when it cannot have both."""
        first, second = (self.schema.type_names.get(name) for name in (known, type))
        if second is None or (first is not None and second in self.schema.ancestors(first)):
            return known
        return type if first is None or first in self.schema.ancestors(second) else None

    def _type_text(self, type: str) -> str:
        narrowed = self.schema.narrowed.get(type)
        return type if narrowed is None else f"{narrowed.class_name}, kind: {narrowed.word}"

    def created_facts(self, facts: Iterable[Fact]) -> Iterator[Fact]:
        """Yield what is known of each entity that was created: its class, its name, and what it belongs to."""
        sources: dict[Term, Evidence] = {}
        for fact in facts:
            if fact.value in self._created:
                sources.setdefault(fact.value, Evidence(fact.evidence.source))
        for iri, created in self._created.items():
            evidence, place = sources.get(iri), created.value.place
            if evidence is None:
                continue
            narrowed = self.schema.narrowed.get(created.type)
            class_name = created.type if narrowed is None else narrowed.class_name
            yield Fact(iri, TYPE, self.schema.class_names[class_name], evidence, place=place)
            if narrowed is not None:
                yield Fact(iri, KIND, Literal(narrowed.word), evidence, place=place)
            yield Fact(iri, LABEL, Literal(created.value.label), evidence, place=place)
            if (owner := created.value.owner) is not None and (within := created.value.property.named_within):
                yield Fact(iri, within, owner, evidence, place=place)

    def _add(
        self,
        check: str,
        message: str,
        value: NamedValue,
        *,
        remedy: str,
        severity: Severity = Severity.VIOLATION,
        suggestions: Sequence[str] = (),
    ) -> None:
        if severity is Severity.VIOLATION:
            self.unresolved.add(value.iri)
        self.findings.add(
            check,
            message,
            value.place,
            focus=value.iri,
            path=value.property.iri,
            value=value.name,
            suggestions=suggestions,
            remedy=remedy,
            severity=severity,
        )


@dataclass(frozen=True, slots=True)
class _Created:
    """An entity that a name has created."""

    value: NamedValue
    type: str


def _owner(subject: NamedNode) -> NamedNode:
    """The named entity that a part belongs to, or the entity itself."""
    return NamedNode(owner_of(subject.value) or subject.value)


def _id(entity: NamedNode) -> str:
    return to_curie(entity.value).removeprefix("film:")
