"""A few words, perhaps misspelled, walk in; the things that are called something like it walk out, best first.

An index of names lies beside the build that it was made from, as an SQLite file, made when it is first needed. A name
is cut into pieces of three letters; the rarest pieces of what is looked for bring some hundred candidates, and only
these are compared letter by letter. So a search looks at a bounded number of names, however many there are.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock

from pyoxigraph import Literal, NamedNode, Store
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from kg.graph.store import ASSERTED, INFERRED, find_quads
from kg.terms import ALIAS, KNOWLEDGE, LABEL, TYPE, to_curie, to_iri
from kg.text import fold_name

FILE = "names.sqlite"
"""The index's file in the folder of a build."""
MAX_QUERY_LENGTH = 120
"""Of a longer text only so many letters are looked for."""
_CANDIDATES = 200
_MOST_NAMES = 12_000
"""How many names the rarest pieces may have together; commoner pieces are not looked at."""
_MOST_LINKS = 1000
_MANY_LINKS = 24
"""More do not make it likelier that a thing is meant; they tell which is the best known."""
_WORST = 62.0
_TYPE = str(TYPE)
_TABLES = """
CREATE TABLE name (id INTEGER PRIMARY KEY, thing TEXT, text TEXT, folded TEXT, is_label INTEGER, kinds INTEGER,
                   links INTEGER);
CREATE TABLE kinds (id INTEGER PRIMARY KEY, curies TEXT);
CREATE VIRTUAL TABLE piece USING fts5 (folded, content='', detail='none', tokenize='trigram');
CREATE VIRTUAL TABLE pieces USING fts5vocab (piece, 'row');
"""
_INDEXES = "CREATE INDEX by_folded ON name (folded, links DESC); CREATE INDEX by_thing ON name (thing);"


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A thing that is called something like what was looked for: `name` is the name that fits, `score` how well.

    A score of 100 means the same name but for spelling; `kinds` are the CURIEs of its classes.
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
class _Name:
    thing: str
    text: str
    folded: str
    is_label: bool
    kinds: int
    links: int


class NameIndex:
    """The names of one build, ready to be searched from any thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection, self._lock = connection, Lock()
        self._kinds = {id: tuple(curies.split()) for id, curies in connection.execute("SELECT id, curies FROM kinds")}
        weakref.finalize(self, connection.close)

    def search(self, text: str, *, class_name: str = "", limit: int = 10) -> tuple[NameMatch, ...]:
        """The things called something like `text`, best first; of the class `kind`, where one is given."""
        wanted = fold_name(text[:MAX_QUERY_LENGTH])
        if not wanted:
            return ()
        curie = to_curie(to_iri(class_name).value) if class_name else ""
        fitting = [id for id, curies in self._kinds.items() if not curie or curie in curies]
        with self._lock:
            names = {**self._beginning(wanted, fitting), **self._alike(wanted, fitting)}
            best: dict[str, tuple[float, _Name]] = {}
            for name in names.values():
                score = score_name(wanted, name.folded) - (0 if name.is_label else 0.5)
                if score >= _WORST and score > best.get(name.thing, (0.0,))[0]:
                    best[name.thing] = (score, name)
            ranked = sorted(
                best.values(), key=lambda one: (-one[0] - min(one[1].links, _MANY_LINKS) / 4, one[1].text, one[1].thing)
            )
            return tuple(self._match(score, name) for score, name in ranked[:limit])

    def best_known(self, class_name: str, *, limit: int = 10) -> tuple[NameMatch, ...]:
        """The things of a class that others point at the most."""
        curie = to_curie(to_iri(class_name).value)
        fitting = [id for id, curies in self._kinds.items() if curie in curies]
        with self._lock:
            names = self._names("is_label", (), fitting, order="links DESC, text")
            found = {name.thing: name for name in names.values()}
            return tuple(self._match(100.0, name) for name in list(found.values())[:limit])

    def _match(self, score: float, name: _Name) -> NameMatch:
        label = name.text
        if not name.is_label:
            query = "SELECT text FROM name WHERE thing = ? AND is_label ORDER BY id"
            row = self._connection.execute(query, (name.thing,)).fetchone()
            label = row[0] if row is not None else name.text
        return NameMatch(NamedNode(name.thing), label, name.text, min(score + 0.5, 100.0), self._kinds[name.kinds])

    def _beginning(self, wanted: str, kinds: list[int]) -> dict[int, _Name]:
        """Names that begin with it, the most linked first; so that one finds what one is still typing."""
        return self._names(
            "folded >= ? AND folded < ?", (wanted, wanted + "\U0010ffff"), kinds, order="folded <> ?, links DESC",
            last=(wanted,),
        )  # fmt: skip

    def _alike(self, wanted: str, kinds: list[int]) -> dict[int, _Name]:
        """Names that have the most of its rarest pieces."""
        pieces = list(self._rarest(_pieces(wanted)))
        if not pieces:
            return {}
        named = f"SELECT * FROM (SELECT rowid FROM piece WHERE piece MATCH ? LIMIT {_MOST_NAMES})"
        union = " UNION ALL ".join(named for _ in pieces)
        # Where only some classes are wanted, most candidates may be of others.
        most = _CANDIDATES if len(kinds) == len(self._kinds) else _CANDIDATES * 20
        shared = f"SELECT rowid AS id, COUNT(*) AS shared FROM ({union}) GROUP BY rowid ORDER BY shared DESC, rowid"
        source = f"name JOIN ({shared} LIMIT {most}) USING (id)"
        return self._names("TRUE", tuple(pieces), kinds, source=source, order="shared DESC, id")

    def _rarest(self, pieces: Iterable[str]) -> Iterator[str]:
        """Pieces as FTS5 takes them, the rarest first, as long as they have not too many names together."""
        counted = []
        for piece in pieces:
            row = self._connection.execute("SELECT doc FROM pieces WHERE term = ?", (piece,)).fetchone()
            if row is not None:
                counted.append((row[0], piece))
        names = 0
        for place, (number, piece) in enumerate(sorted(counted)):
            names += number
            if place and names > _MOST_NAMES:
                return
            yield '"' + piece.replace('"', '""') + '"'

    def _names(
        self,
        where: str,
        values: tuple[str, ...],
        kinds: list[int],
        *,
        order: str,
        source: str = "name",
        last: tuple[str, ...] = (),
    ) -> dict[int, _Name]:
        marks = ", ".join("?" * len(kinds))
        query = f"""SELECT id, thing, text, folded, is_label, kinds, links FROM {source}
                    WHERE {where} AND kinds IN ({marks}) ORDER BY {order} LIMIT {_CANDIDATES}"""
        rows = self._connection.execute(query, (*values, *kinds, *last))
        return {row[0]: _Name(row[1], row[2], row[3], bool(row[4]), row[5], row[6]) for row in rows}


def score_name(wanted: str, name: str) -> float:
    """How well a folded name fits what is looked for, from 0 to 100.

    >>> score_of("anora", "anora")
    100.0
    >>> score_of("bakr", "sean baker") > score_of("bakr", "sean penn")
    True
    """
    if wanted == name:
        return 100.0
    whole = fuzz.ratio(wanted, name)
    words = name.split()
    # Each word that is looked for finds its nearest in the name, whole or as its beginning; the order is free.
    found = [max((_word_score(one, word) for word in words), default=0.0) for one in wanted.split()]
    by_words = sum(found) / len(found) if found else 0.0
    return float(max(whole - 1, 0.8 * by_words + 0.2 * whole - 2, 0))


def _word_score(wanted: str, word: str) -> float:
    if wanted == word:
        return 100.0
    if len(wanted) > 1 and word.startswith(wanted):
        return 96.0
    alike: float = OSA.normalized_similarity(wanted, word)
    return 100 * alike if len(wanted) > 2 else 0.0


def _pieces(folded: str) -> list[str]:
    framed = _framed(folded)
    return list(dict.fromkeys(framed[start : start + 3] for start in range(len(framed) - 2)))


def _framed(folded: str) -> str:
    """With a mark at both ends, and one between words, so that a word's beginning is a piece of its own."""
    return f"_{folded.replace(' ', '_')}_"


def open_name_index(folder: Path, store: Store) -> NameIndex:
    """The index of a build, made now where it is not there yet; in memory where the folder cannot be written to."""
    path = folder / FILE
    if not path.is_file():
        fresh = path.with_name(f".{FILE}.{os.getpid()}.{id(store)}")
        try:
            connection = sqlite3.connect(fresh)
            with connection:
                _fill(connection, store, folder)
            connection.close()
            fresh.replace(path)
        except (OSError, sqlite3.OperationalError):
            return NameIndex(_in_memory(store, folder))
        finally:
            fresh.unlink(missing_ok=True)
    return NameIndex(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False))


def _in_memory(store: Store, folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    with connection:
        _fill(connection, store, folder)
    return connection


def _fill(connection: sqlite3.Connection, store: Store, folder: Path) -> None:
    # Thrown away when it is not finished, so nothing need be kept safe from a power cut.
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
    kinds: dict[str, int] = {}
    rows = _rows(store, folder, kinds)
    while batch := list(islice(rows, 10_000)):
        connection.executemany("INSERT INTO name VALUES (?, ?, ?, ?, ?, ?, ?)", batch)
        framed = ((row[0], _framed(row[3])) for row in batch)
        connection.executemany("INSERT INTO piece (rowid, folded) VALUES (?, ?)", framed)
    connection.executemany("INSERT INTO kinds VALUES (?, ?)", ((id, curies) for curies, id in kinds.items()))
    connection.execute("INSERT INTO piece (piece) VALUES ('optimize')")
    connection.executescript(_INDEXES)


def _rows(store: Store, folder: Path, kinds: dict[str, int]) -> Iterator[tuple[int, str, str, str, bool, int, int]]:
    """Every name of every thing; a thing that is pointed at more often is likelier to be meant."""
    id = 0
    classes, links = _linked(store, folder)
    for thing, names in _names_of(store).items():
        curies = " ".join(sorted(to_curie(one) for one in classes(thing.value)))
        set_of = kinds.setdefault(curies, len(kinds) + 1)
        for text, is_label in names.items():
            id += 1
            yield id, thing.value, text, fold_name(text), is_label, set_of, min(links(thing.value), _MOST_LINKS)


def _linked(store: Store, folder: Path) -> tuple[Callable[[str], Iterable[str]], Callable[[str], int]]:
    """What tells a thing's classes, and how often it is pointed at.

    The build's files are read once where they are: asking the store about each thing takes ten times as long.
    """
    files = [path for path in (folder / ASSERTED, folder / INFERRED) if path.is_file()]
    if files:
        classes: dict[str, list[str]] = defaultdict(list)
        links = Counter(_objects(files, classes))
        return (lambda thing: classes.get(thing, ())), links.__getitem__

    def classes_of(thing: str) -> Iterator[str]:
        found = find_quads(store, NamedNode(thing), TYPE, None, KNOWLEDGE)
        return (quad.object.value for quad in found if isinstance(quad.object, NamedNode))

    def links_of(thing: str) -> int:
        return sum(1 for _ in find_quads(store, None, None, NamedNode(thing), KNOWLEDGE, limit=_MOST_LINKS))

    return classes_of, links_of


def _objects(files: list[Path], classes: dict[str, list[str]]) -> Iterator[str]:
    """The IRIs that triples point at; classes are noted meanwhile."""
    for path in files:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                subject, predicate, value = line.split(" ", 2)
                if value[0] == "<":
                    iri = value[1 : value.rindex(">")]
                    yield iri
                    if predicate == _TYPE:
                        classes[subject[1:-1]].append(iri)


def _names_of(store: Store) -> dict[NamedNode, dict[str, bool]]:
    """Thing -> its names, and whether each is a label."""
    names: dict[NamedNode, dict[str, bool]] = defaultdict(dict)
    for property in (LABEL, ALIAS):
        for quad in find_quads(store, None, property, None, KNOWLEDGE):
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
                names[quad.subject].setdefault(quad.object.value, property == LABEL)
    return names
