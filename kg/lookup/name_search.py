"""Approximate search for entities by name: an SQLite index of trigrams, and a score for each candidate.

The index is a file in the folder of its build, made when it is first needed. The rarest trigrams of the searched text
give some hundred candidates, and only these are scored letter by letter. So a search reads a bounded number of names,
however many there are.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import Lock

from pyoxigraph import Literal, NamedNode, Quad, Store
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from kg.graph.build_files import NAME_INDEX
from kg.graph.snapshot_file import Changes, SnapshotFile
from kg.graph.store import find_quads
from kg.lookup.entity_names import stored_ontology
from kg.lookup.entity_types import types_of
from kg.schema import KIND, Schema
from kg.terms import ALIAS, KNOWLEDGE, LABEL, ONTOLOGY, TYPE, to_curie, to_iri, to_term
from kg.text.folding import fold_name

MAX_QUERY_LENGTH = 120
"""The characters of the searched text that count; the rest is ignored."""
_MAX_CANDIDATES = 200
_MAX_NAMES = 12_000
"""The names that the rarest trigrams may have in all; more common trigrams are not looked up."""
_MAX_LINKS = 1000
_RELEVANT_LINKS = 24
"""More links to an entity do not raise its rank; they only say which entities of a class are best known."""
_MIN_SCORE = 62.0
_TABLES = """
CREATE TABLE name (id INTEGER PRIMARY KEY, entity TEXT, text TEXT, folded TEXT, is_label INTEGER, class_set INTEGER,
                   links INTEGER);
CREATE TABLE class_set (id INTEGER PRIMARY KEY, curies TEXT);
CREATE VIRTUAL TABLE trigram USING fts5 (folded, content='', detail='none', tokenize='trigram');
CREATE VIRTUAL TABLE trigram_count USING fts5vocab (trigram, 'row');
"""
_INDEXES = "CREATE INDEX by_folded ON name (folded, links DESC); CREATE INDEX by_entity ON name (entity);"


@dataclass(frozen=True, slots=True)
class NameMatch:
    """An entity with a name like the searched text: `name` is the name that matches, `score` how well.

    A score of 100 means the same name, apart from accents, case and punctuation; `classes` are the CURIEs of
    its classes and kinds.
    """

    entity: NamedNode
    label: str
    name: str
    score: float
    classes: tuple[str, ...]

    @property
    def curie(self) -> str:
        """`film:anora`, as queries write it."""
        return to_curie(self.entity.value)


@dataclass(frozen=True, slots=True)
class _IndexedName:
    """One name in the index, with its entity and classes."""

    entity: str
    text: str
    folded: str
    is_label: bool
    class_set: int
    links: int


class NameIndex:
    """The names of one build; any thread may search them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection, self._lock = connection, Lock()
        rows = connection.execute("SELECT id, curies FROM class_set")
        self._class_sets = {id: tuple(curies.split()) for id, curies in rows}
        weakref.finalize(self, connection.close)

    def search(self, text: str, *, class_name: str = "", limit: int = 10) -> tuple[NameMatch, ...]:
        """The entities with a name like `text`, best first; `class_name` keeps those of one class or kind."""
        folded = fold_name(text[:MAX_QUERY_LENGTH])
        if not folded:
            return ()
        class_sets = self._sets_with(class_name)
        with self._lock:
            names = {**self._with_prefix(folded, class_sets), **self._with_trigrams(folded, class_sets)}
            best: dict[str, tuple[float, _IndexedName]] = {}
            for name in names.values():
                score = score_name(folded, name.folded) - (0 if name.is_label else 0.5)
                if score >= _MIN_SCORE and score > best.get(name.entity, (0.0,))[0]:
                    best[name.entity] = (score, name)
            ranked = sorted(best.values(), key=lambda scored: _rank(*scored))
            return tuple(self._to_match(score, name) for score, name in ranked[:limit])

    def similar_names(self, text: str) -> list[tuple[str, NamedNode]]:
        """The names like `text`, each with its entity: those that differ in case and accents, and some hundred more."""
        with self._lock:
            sets, folded = list(self._class_sets), fold_name(text)
            names = self._select("folded = ?", (folded,), sets, order="links DESC")
            names |= self._with_trigrams(folded[:MAX_QUERY_LENGTH], sets)
            return [(name.text, NamedNode(name.entity)) for name in names.values()]

    def best_known(self, class_name: str, *, limit: int = 10) -> tuple[NameMatch, ...]:
        """The entities of a class or kind that most other entities refer to."""
        with self._lock:
            names = self._select("is_label", (), self._sets_with(class_name), order="links DESC, text")
            by_entity = {name.entity: name for name in names.values()}
            return tuple(self._to_match(100.0, name) for name in list(by_entity.values())[:limit])

    def _sets_with(self, class_name: str) -> list[int]:
        """The ids of the sets of classes and kinds that contain one; of all sets when none is named."""
        curie = to_curie(to_iri(class_name).value) if class_name else ""
        return [id for id, curies in self._class_sets.items() if not curie or curie in curies]

    def _to_match(self, score: float, name: _IndexedName) -> NameMatch:
        label = name.text
        if not name.is_label:
            query = "SELECT text FROM name WHERE entity = ? AND is_label ORDER BY id"
            row = self._connection.execute(query, (name.entity,)).fetchone()
            label = row[0] if row is not None else name.text
        classes = self._class_sets[name.class_set]
        return NameMatch(NamedNode(name.entity), label, name.text, min(score + 0.5, 100.0), classes)

    def _with_prefix(self, folded: str, class_sets: list[int]) -> dict[int, _IndexedName]:
        """Names that begin with the text, those with most links first: what somebody who is still typing looks for."""
        return self._select(
            "folded >= ? AND folded < ?",
            (folded, folded + "\U0010ffff"),
            class_sets,
            order="folded <> ?, links DESC",
            order_values=(folded,),
        )

    def _with_trigrams(self, folded: str, class_sets: list[int]) -> dict[int, _IndexedName]:
        """Names that share most of the text's rarest trigrams."""
        trigrams = list(self._rarest(_trigrams(folded)))
        if not trigrams:
            return {}
        rows = f"SELECT * FROM (SELECT rowid FROM trigram WHERE trigram MATCH ? LIMIT {_MAX_NAMES})"
        union = " UNION ALL ".join(rows for _ in trigrams)
        # When a class is named, most candidates may be of other classes.
        limit = _MAX_CANDIDATES if len(class_sets) == len(self._class_sets) else _MAX_CANDIDATES * 20
        shared = f"SELECT rowid AS id, COUNT(*) AS shared FROM ({union}) GROUP BY rowid ORDER BY shared DESC, rowid"
        source = f"name JOIN ({shared} LIMIT {limit}) USING (id)"
        return self._select("TRUE", tuple(trigrams), class_sets, source=source, order="shared DESC, id")

    def _rarest(self, trigrams: Iterable[str]) -> Iterator[str]:
        """Trigrams as FTS5 takes them, the rarest first, up to the limit of names that they have in all."""
        counts = []
        for trigram in trigrams:
            row = self._connection.execute("SELECT doc FROM trigram_count WHERE term = ?", (trigram,)).fetchone()
            if row is not None:
                counts.append((row[0], trigram))
        names = 0
        for position, (count, trigram) in enumerate(sorted(counts)):
            names += count
            if position and names > _MAX_NAMES:
                return
            yield '"' + trigram.replace('"', '""') + '"'

    def _select(
        self,
        where: str,
        values: tuple[str, ...],
        class_sets: list[int],
        *,
        order: str,
        source: str = "name",
        order_values: tuple[str, ...] = (),
    ) -> dict[int, _IndexedName]:
        marks = ", ".join("?" * len(class_sets))
        query = f"""SELECT id, entity, text, folded, is_label, class_set, links FROM {source}
                    WHERE {where} AND class_set IN ({marks}) ORDER BY {order} LIMIT {_MAX_CANDIDATES}"""
        rows = self._connection.execute(query, (*values, *class_sets, *order_values))
        return {row[0]: _IndexedName(row[1], row[2], row[3], bool(row[4]), row[5], row[6]) for row in rows}


def _rank(score: float, name: _IndexedName) -> tuple[float, str, str]:
    return (-score - min(name.links, _RELEVANT_LINKS) / 4, name.text, name.entity)


def score_name(query: str, name: str) -> float:
    """How well a folded name matches a folded query, from 0 to 100.

    >>> score_name("anora", "anora")
    100.0
    >>> score_name("bakr", "sean baker") > score_name("bakr", "sean penn")
    True
    """
    if query == name:
        return 100.0
    ratio = fuzz.ratio(query, name)
    words = name.split()
    # Each word of the query is compared with the most similar word of the name, in any order.
    scores = [max((_score_word(word, other) for other in words), default=0.0) for word in query.split()]
    by_words = sum(scores) / len(scores) if scores else 0.0
    return float(max(ratio - 1, 0.8 * by_words + 0.2 * ratio - 2, 0))


def _score_word(word: str, other: str) -> float:
    if word == other:
        return 100.0
    if len(word) > 1 and other.startswith(word):
        return 96.0
    similarity: float = OSA.normalized_similarity(word, other)
    return 100 * similarity if len(word) > 2 else 0.0


def _trigrams(folded: str) -> list[str]:
    framed = _framed(folded)
    return list(dict.fromkeys(framed[start : start + 3] for start in range(len(framed) - 2)))


def _framed(folded: str) -> str:
    """The name with a mark at both ends and between words, so that the beginning of a word is a trigram of its own."""
    return f"_{folded.replace(' ', '_')}_"


# --- making the index


def open_name_index(folder: Path, store: Store, label_properties: Sequence[NamedNode] = (LABEL,)) -> NameIndex:
    """The index of a build, made now if it does not exist; in memory when the folder cannot be written to."""
    path = folder / NAME_INDEX
    if not path.is_file():
        fresh = path.with_name(f".{NAME_INDEX}.{os.getpid()}.{id(store)}")
        try:
            connection = sqlite3.connect(fresh)
            with connection:
                _fill(connection, store, folder, label_properties)
            connection.close()
            fresh.replace(path)
        except (OSError, sqlite3.OperationalError):
            return NameIndex(_in_memory(store, folder, label_properties))
        finally:
            with contextlib.suppress(OSError):  # a file system that is only read refuses also what is not there
                fresh.unlink()
    return NameIndex(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False))


def keep_name_index(folder: Path, before: Path, changes: Changes) -> None:
    """Have the index of an earlier build in the folder of another, if what differs concerns no name and no rank."""
    if not any(map(_is_indexed, (*changes.added, *changes.removed))):
        with contextlib.suppress(OSError):
            os.link(before / NAME_INDEX, folder / NAME_INDEX)


def _is_indexed(quad: Quad) -> bool:
    """True for a name, a class or a kind of an entity, and for a link to one: it may rank higher."""
    if quad.graph_name != KNOWLEDGE:
        return quad.graph_name == ONTOLOGY
    return not isinstance(quad.object, Literal) or quad.predicate in (LABEL, ALIAS, KIND)


def _in_memory(store: Store, folder: Path, label_properties: Sequence[NamedNode]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    with connection:
        _fill(connection, store, folder, label_properties)
    return connection


def _fill(connection: sqlite3.Connection, store: Store, folder: Path, label_properties: Sequence[NamedNode]) -> None:
    # An unfinished index is thrown away, so it need not survive a power cut.
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
    class_sets: dict[str, int] = {}
    rows = _rows(store, folder, class_sets, label_properties)
    while batch := list(islice(rows, 10_000)):
        connection.executemany("INSERT INTO name VALUES (?, ?, ?, ?, ?, ?, ?)", batch)
        framed = ((row[0], _framed(row[3])) for row in batch)
        connection.executemany("INSERT INTO trigram (rowid, folded) VALUES (?, ?)", framed)
    connection.executemany("INSERT INTO class_set VALUES (?, ?)", ((id, curies) for curies, id in class_sets.items()))
    connection.execute("INSERT INTO trigram (trigram) VALUES ('optimize')")
    connection.executescript(_INDEXES)


def _rows(
    store: Store, folder: Path, class_sets: dict[str, int], label_properties: Sequence[NamedNode]
) -> Iterator[tuple[int, str, str, str, bool, int, int]]:
    """Every name of every entity; new sets of classes are numbered in `class_sets`."""
    id = 0
    classes_of, links_of = _class_and_link_lookup(store, folder)
    for entity, names in _names_by_entity(store, folder, label_properties).items():
        curies = " ".join(sorted(to_curie(iri) for iri in classes_of(entity)))
        class_set = class_sets.setdefault(curies, len(class_sets) + 1)
        for text, is_label in names.items():
            id += 1
            links = min(links_of(entity), _MAX_LINKS)
            yield id, entity, text, fold_name(text), is_label, class_set, links


def _class_and_link_lookup(store: Store, folder: Path) -> tuple[Callable[[str], Iterable[str]], Callable[[str], int]]:
    """Functions from an entity to its classes and kinds, and to the number of triples that refer to it.

    The build's snapshot is read once when it exists: reading the store entity by entity takes ten times as long.
    """
    ontology, snapshot = stored_ontology(store), SnapshotFile(folder)
    if snapshot.path.is_file():
        types = _read_types(snapshot)
        links = {iri[1:-1]: count for iri, count in snapshot.sql.cursor().execute(_LINKS).fetchall()}
        return (lambda entity: types.of(entity, ontology)), lambda entity: links.get(entity, 0)

    def classes_of(entity: str) -> Iterator[str]:
        return (iri.value for iri in types_of(store, ontology, NamedNode(entity)))

    def links_of(entity: str) -> int:
        return len(find_quads(store, None, None, NamedNode(entity), KNOWLEDGE, limit=_MAX_LINKS))

    return classes_of, links_of


_LINKS = (
    "SELECT text, n FROM (SELECT o, count(*) AS n FROM triple GROUP BY o) JOIN term ON id = o"
    " WHERE starts_with(text, '<')"
)
_VALUES = (
    "SELECT a.text, b.text FROM (SELECT s, o FROM triple WHERE p = (SELECT id FROM term WHERE text = ?)) AS t"
    " JOIN term AS a ON a.id = s JOIN term AS b ON b.id = o ORDER BY ALL"
)


@dataclass
class _Types:
    """The classes and the values of `kind` of entities."""

    classes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    words: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def of(self, entity: str, ontology: Schema) -> Iterator[str]:
        """The IRIs of the classes and kinds of an entity."""
        words = self.words.get(entity, ())
        if not words:
            return iter(self.classes.get(entity, ()))
        types = ontology.types_of(map(NamedNode, self.classes.get(entity, ())), words)
        return (iri.value for iri in types)


def _read_types(snapshot: SnapshotFile) -> _Types:
    types, sql = _Types(), snapshot.sql.cursor()
    for entity, value in sql.execute(_VALUES, [str(TYPE)]).fetchall():
        if value.startswith("<"):
            types.classes[entity[1:-1]].append(value[1:-1])
    for entity, value in sql.execute(_VALUES, [str(KIND)]).fetchall():
        if value.startswith('"'):
            types.words[entity[1:-1]].append(value[1 : value.rindex('"')])
    return types


def _names_by_entity(store: Store, folder: Path, label_properties: Sequence[NamedNode]) -> dict[str, dict[str, bool]]:
    """The IRI of an entity -> its names, and whether each is a label."""
    names: dict[str, dict[str, bool]] = defaultdict(dict)
    snapshot = SnapshotFile(folder)
    for property in (*label_properties, ALIAS):
        of_property = _stored_names(snapshot, property) if snapshot.path.is_file() else _names(store, property)
        for entity, name in of_property:
            names[entity].setdefault(name, property != ALIAS)
    return names


def _stored_names(snapshot: SnapshotFile, property: NamedNode) -> Iterator[tuple[str, str]]:
    rows = snapshot.sql.cursor().execute(_VALUES, [str(property)])
    while batch := rows.fetchmany(10_000):
        for entity, name in batch:
            if entity.startswith("<") and name.startswith('"'):
                yield entity[1:-1], to_term(name).value


def _names(store: Store, property: NamedNode) -> Iterator[tuple[str, str]]:
    for quad in find_quads(store, None, property, None, KNOWLEDGE):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
            yield quad.subject.value, quad.object.value
