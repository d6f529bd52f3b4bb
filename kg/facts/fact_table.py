"""Facts as a table: terms by their ids in a dictionary, and made objects only where somebody asks for them.

    fact(number BIGINT, s, p, o UINTEGER, origin UINTEGER, record VARCHAR, line UINTEGER, rank UTINYINT, is_plain)
    fact_origin(id, source, retrieved, file)                                       what many facts have in common
    fact_detail(number, start, end, as_of, written, because, paraphrase, column)   what few facts have
    fact_read(number, s, p, o)   the terms that facts were read with, as texts, where links or names have replaced them

Numbers have the order of files and rows; between the numbers of two files is room for those of others. Facts that a
reader made as objects have a row as well, and stay objects.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from pyoxigraph import BlankNode, NamedNode

from kg.facts.model import Evidence, Fact, Rank, is_plain
from kg.parts import is_part
from kg.reports import Place
from kg.terms import Term, to_term, to_text

if TYPE_CHECKING:
    import duckdb

_CREATE = """
CREATE TABLE fact(number BIGINT, s UINTEGER, p UINTEGER, o UINTEGER, origin UINTEGER, record VARCHAR, line UINTEGER,
                  rank UTINYINT, is_plain BOOLEAN);
CREATE TABLE fact_origin(id UINTEGER, source VARCHAR, retrieved VARCHAR, file VARCHAR);
CREATE TABLE fact_detail(number BIGINT, "start" BIGINT, "end" BIGINT, as_of VARCHAR, written VARCHAR, because VARCHAR,
                         paraphrase BOOLEAN, "column" UINTEGER);
CREATE TABLE fact_read(number BIGINT, s VARCHAR, p VARCHAR, o VARCHAR);
"""
_CREATE_DECIDED = """
CREATE TABLE contested_fact(number BIGINT);
CREATE TABLE preferred_fact(number BIGINT);
"""
FACT_TABLES = ("fact", "fact_origin", "fact_detail", "fact_read", "contested_fact", "preferred_fact")
"""The tables of facts, once conflicts are decided."""
_TYPES = ("BIGINT", *["UINTEGER"] * 4, "VARCHAR", "UINTEGER", "UTINYINT", "BOOLEAN")
_DETAIL_TYPES = ("BIGINT", "BIGINT", "BIGINT", "VARCHAR", "VARCHAR", "VARCHAR", "BOOLEAN", "UINTEGER")
RANKS = tuple(Rank)
"""Ranks by their numbers in the table."""
KNOWN = "number NOT IN (SELECT number FROM contested_fact)"
"""The facts that are not contested, once conflicts are decided."""
PER_RECORD = f"{KNOWN} AND is_plain AND number NOT IN (SELECT number FROM preferred_fact)"
"""Those of which nothing but the record is known (and `paraphrase`), and that no decision has preferred to others."""
REIFIED = f"{KNOWN} AND NOT (is_plain AND number NOT IN (SELECT number FROM preferred_fact))"
"""The other known facts."""
OF_YAML_FILES = "record = '' AND origin IN (SELECT id FROM fact_origin WHERE file LIKE '%.yaml' OR file LIKE '%.yml')"
"""The facts of YAML files."""
MORE_THAN_A_RECORD = "NOT is_plain"
"""The facts of which more is known than the record that states them, such as the words of a text."""
STATUS = f"CASE WHEN NOT ({KNOWN}) THEN 'contested' WHEN {PER_RECORD} THEN 'record' ELSE 'reified' END"
"""Where the evidence of a fact is, once conflicts are decided."""
SLOTS = 1 << 30
"""The slots for files: each has numbers for the facts of one file."""
_BITS = 32
"""Of the numbers of the facts of one file."""
_BATCH = 10_000


class TermDictionary(Protocol):
    """The ids of terms, in a table `term(id, text)` of a DuckDB connection."""

    sql: duckdb.DuckDBPyConnection

    def encode(self, texts: Iterable[str]) -> dict[str, int]:
        """The id of each exact term; new terms are added."""

    def find_ids(self, texts: Iterable[str]) -> dict[str, int]:
        """The id of each of these terms that is known."""

    def decode(self, ids: Iterable[int]) -> dict[int, str]:
        """The exact term of each id."""

    @property
    def files(self) -> duckdb.DuckDBPyConnection:
        """The connection of DuckDB that files are read with: `sql`, unless statements run somewhere else."""

    def open_parquet(self, table: str, path: Path, columns: Sequence[str]) -> bool:
        """Make a table of a Parquet file as it is, with all cells as texts; False where `files` has to read it."""

    def share(self, view: str) -> None:
        """Have `sql` know a view of `files`."""

    def add_dictionary(self, table: str) -> None:
        """Add the terms in the column `exact` of a table."""

    def take_former_terms(self) -> None:
        """Add all terms of the snapshot attached as `former`."""


@dataclass(frozen=True, slots=True)
class _Former:
    """What is taken from the snapshot of an earlier build, as conditions on facts."""

    taken: str
    tables: frozenset[int]
    """The slots of tables whose facts are in place."""
    in_place: str


class ProjectFacts(Collection[Fact]):
    """The facts of a project, in the order of files and rows."""

    def __init__(self, dictionary: TermDictionary) -> None:
        self.dictionary, self.sql = dictionary, dictionary.sql
        self._objects: dict[int, Fact] = {}
        self._origins: dict[tuple[str, str, str], int] = {}
        self._last_origin = 0
        self._slot = 0
        self._kept: dict[int, Fact] = {}
        self._former: _Former | None = None
        self.sql.execute(_CREATE)

    # --- adding

    def begin_file(self, slot: int | None = None) -> int:
        """The number of the first fact of another file: of one in this slot, or after all others."""
        slot = self._slot + 1 if slot is None else slot
        self._slot = max(self._slot, slot)
        return slot << _BITS

    def add(self, facts: Iterable[Fact], *, slot: int | None = None) -> None:
        """Add the facts of another file."""
        self.add_numbered(zip(count(self.begin_file(slot)), facts))

    def take_former(self, slots: Collection[int], *, of_tables: Collection[int] = ()) -> None:
        """Add the facts of these slots from the snapshot of an earlier build, with the terms that they were read with.

        Those of tables, which may be millions, stay where they are if nothing but their record is known of them. The
        dictionary has the ids of that snapshot.
        """
        self._slot = max(self._slot, *slots, 0)
        taken, in_place = _in_slots(slots), f"(status = 'record' AND {_in_slots(of_tables)})"
        read = "SELECT number FROM former.fact_read"
        are_any_replaced = self.sql.execute(f"{read} LIMIT 1").fetchone() is not None
        if are_any_replaced and self.sql.execute(f"{read} WHERE {_in_slots(of_tables)} LIMIT 1").fetchone():
            in_place = f"({in_place} AND number NOT IN ({read}))"
        self._former = _Former(taken, frozenset(of_tables), in_place)
        self.sql.execute(_TAKE.format(rows=self.rows, taken=taken, in_place=in_place))
        self._define_fact(self._former, hidden=False)
        self._origins = {
            (source, retrieved, file): id
            for id, source, retrieved, file in self.sql.execute("SELECT * FROM fact_origin").fetchall()
        }
        self._last_origin = max(self._origins.values(), default=0)
        self.dictionary.take_former_terms()
        if are_any_replaced:
            self.sql.execute(_TAKE_READ_TERMS.format(taken=taken))
            self.dictionary.add_dictionary("read_term")
            self.sql.execute(_RESTORE_TERMS.format(rows=self.rows))

    @property
    def rows(self) -> str:
        """The table that facts are added to: `fact` itself, unless that has facts of an earlier snapshot in place."""
        return "fact" if self._former is None else "added_fact"

    def _define_fact(self, former: _Former, *, hidden: bool) -> None:
        """Have in `fact` what was added, and what is in place in the earlier snapshot, but for the facts `hidden`."""
        visible = " AND number NOT IN (SELECT number FROM hidden_fact)" if hidden else ""
        self.sql.execute(
            f"CREATE OR REPLACE VIEW fact AS FROM {self.rows} UNION ALL"
            " SELECT number, s, p, o, origin, record, line, rank, true AS is_plain FROM former.fact"
            f" WHERE {former.in_place}{visible}"
        )

    def add_numbered(self, facts: Iterable[tuple[int, Fact]]) -> None:
        """Add facts that have their numbers."""
        new = dict(facts)
        if not new:
            return
        self._objects.update(new)
        texts = {term: to_text(term) for fact in new.values() for term in (fact.subject, fact.property, fact.value)}
        ids = self.dictionary.encode(texts.values())
        of = {term: ids[text] for term, text in texts.items()}
        origins = [(fact.evidence.source, fact.evidence.retrieved, fact.place.file) for fact in new.values()]
        self._add_origins(origins)
        columns: tuple[list[Any], ...] = (
            list(new),
            [of[fact.subject] for fact in new.values()],
            [of[fact.property] for fact in new.values()],
            [of[fact.value] for fact in new.values()],
            [self._origins[key] for key in origins],
            [fact.evidence.record for fact in new.values()],
            [fact.place.line for fact in new.values()],
            [RANKS.index(fact.rank) for fact in new.values()],
            [is_plain(fact) for fact in new.values()],
        )
        # A list of numbers as text is several times quicker to hand over than a list of Python's integers.
        lists = [str(column) if isinstance(column[0], int) else column for column in columns]
        values = ", ".join(f"unnest(?::{type_}[])" for type_ in _TYPES)
        self.sql.execute(f"INSERT INTO {self.rows} SELECT {values}", lists)

    def origin(self, source: str, retrieved: str, file: str) -> int:
        """The id of what many facts have in common."""
        key = (source, retrieved, file)
        self._add_origins([key])
        return self._origins[key]

    def _add_origins(self, keys: Iterable[tuple[str, str, str]]) -> None:
        new = [key for key in dict.fromkeys(keys) if key not in self._origins]
        if not new:
            return
        ids = list(range(self._last_origin + 1, self._last_origin + 1 + len(new)))
        self._origins.update(zip(new, ids, strict=True))
        self._last_origin = ids[-1]
        self.sql.execute(
            "INSERT INTO fact_origin SELECT unnest(?::UINTEGER[]), unnest(?), unnest(?), unnest(?)",
            [ids, *map(list, zip(*new, strict=True))],
        )

    def move_to(self, dictionary: TermDictionary) -> None:
        """Have the facts in tables of another connection, which are empty at first, with the same ids of terms."""
        self.dictionary, self.sql = dictionary, dictionary.sql
        self.sql.execute(_CREATE + _CREATE_DECIDED)

    def leave_out(self, sources: Iterable[str], *, except_for: Iterable[Term] = ()) -> None:
        """Remove what sources state, except the values that these properties have of entities that are not parts."""
        parts = (term for term in self.subjects() if isinstance(term, NamedNode) and is_part(term.value))
        self.sql.execute(
            f"DELETE FROM {self.rows} WHERE origin IN"
            " (SELECT id FROM fact_origin WHERE source IN (SELECT unnest(?::VARCHAR[])))"
            f" AND (p NOT IN ({self.ids(except_for)}) OR s IN ({self.ids(parts)}))",
            [list(sources)],
        )

    def keep(self, facts: Mapping[int, Fact]) -> None:
        """Keep these facts, which the table has, as objects: later their terms may be gone from the dictionary."""
        self._objects.update(facts)
        self._kept = dict(facts)

    def replace(self, facts: Mapping[int, Fact]) -> None:
        """Give facts other terms than those that they were read with."""
        if not facts:
            return
        self.sql.execute(_KEEP_READ_TERMS, [str(list(facts))])
        self._set_terms(facts)

    def _set_terms(self, facts: Mapping[int, Fact]) -> None:
        self._objects.update(facts)
        terms = [(to_text(f.subject), to_text(f.property), to_text(f.value)) for f in facts.values()]
        ids = self.dictionary.encode(text for triple in terms for text in triple)
        columns = [list(facts), *([ids[triple[place]] for triple in terms] for place in range(3))]
        self.sql.execute(
            "CREATE OR REPLACE TEMP TABLE replaced_fact AS SELECT f.number, n.s, n.p, n.o, f.origin, f.record, f.line,"
            " f.rank, f.is_plain FROM fact AS f JOIN (SELECT unnest(?::BIGINT[]) AS number, unnest(?::UINTEGER[]) AS s,"
            " unnest(?::UINTEGER[]) AS p, unnest(?::UINTEGER[]) AS o) AS n ON n.number = f.number",
            [str(column) for column in columns],
        )
        self.sql.execute(f"DELETE FROM {self.rows} WHERE number IN (SELECT number FROM replaced_fact)")
        if self._former is not None and any(number >> _BITS in self._former.tables for number in facts):
            self.sql.execute("INSERT INTO hidden_fact SELECT number FROM replaced_fact")
            self._define_fact(self._former, hidden=True)
        self.sql.execute(f"INSERT INTO {self.rows} SELECT * FROM replaced_fact")

    def complete(self) -> None:
        """Add what only objects have: details of facts, and terms that no triple has any more."""
        terms = {to_text(term) for f in self._kept.values() for term in (f.subject, f.property, f.value)}
        if len(self.dictionary.find_ids(terms)) < len(terms):
            self._set_terms(self._kept)
        details = [row for number, fact in self._objects.items() if (row := _to_detail(number, fact)) is not None]
        if details:
            columns = ", ".join(f"unnest(?::{type_}[])" for type_ in _DETAIL_TYPES)
            self.sql.execute(
                "DELETE FROM fact_detail WHERE number IN (SELECT unnest(?::BIGINT[]))", [list(self._objects)]
            )
            self.sql.execute(f"INSERT INTO fact_detail SELECT {columns}", [list(c) for c in zip(*details, strict=True)])

    def find_changes(self) -> None:
        """Fill `changed_fact` with the numbers of facts that differ from those of the earlier snapshot, or are gone.

        It follows `complete`.
        """
        taken = self._former.taken if self._former is not None else "false"
        self.sql.execute(_FIND_TOUCHED.format(taken=taken))
        # A row that is in both tables makes a group of two.
        changed = " UNION ".join(
            f"SELECT number FROM (SELECT *, count(*) AS rows FROM ({rows} WHERE {_TOUCHED}"
            f" UNION ALL FROM former.{name} WHERE {_TOUCHED}) GROUP BY ALL) WHERE rows = 1"
            for name, rows in FACT_ROWS.items()
        )
        self.sql.execute(f"CREATE OR REPLACE TEMP TABLE changed_fact AS {changed}")

    # --- reading

    def ids(self, terms: Iterable[Term]) -> str:
        """The ids of those of these terms that facts have, as a list of SQL."""
        return ", ".join(map(str, sorted(self.dictionary.find_ids(map(to_text, terms)).values()))) or "NULL"

    def subjects(self) -> Iterator[Term]:
        """The entities that facts are about."""
        rows = self.sql.execute("SELECT text FROM term WHERE id IN (SELECT s FROM fact)").fetchall()
        return (_parse(text) for (text,) in rows)

    def __len__(self) -> int:
        return len(self.where("true"))

    def __iter__(self) -> Iterator[Fact]:
        return iter(self.where("true"))

    def __contains__(self, fact: object) -> bool:
        return fact in self.where("true")

    def where(self, condition: str) -> FactSelection:
        """The facts that meet a condition on the columns of `fact`, a text of SQL without any value from outside."""
        return FactSelection(self, condition)

    def find_undefined(self, used: str, condition: str) -> bool:
        """Fill `undefined` with values that no fact is about, which meet a `condition`; True when there are any.

        They are values of facts that meet another condition, `used`. Each value of the earlier snapshot is defined
        there, so that only other facts can use an undefined one, and only facts that are gone have defined one.
        """
        values = f"SELECT DISTINCT o AS id FROM fact WHERE {used}"
        if self._former is not None:
            taken = self._former.taken
            values += f" AND NOT {taken} UNION SELECT s FROM former.fact WHERE NOT {taken}"
            values += f" UNION SELECT o FROM fact WHERE {used} AND number IN (SELECT number FROM fact_read)"
        found = self.sql.execute(
            f"CREATE OR REPLACE TEMP TABLE used_value AS {values};"
            "CREATE OR REPLACE TABLE undefined AS SELECT id FROM used_value JOIN term USING (id)"
            f" WHERE {condition} AND id NOT IN (SELECT s FROM fact WHERE s IN (FROM used_value))"
        )
        return found.fetchall() != [(0,)]

    @property
    def sources(self) -> list[str]:
        """The ids of the sources that state facts."""
        query = "SELECT DISTINCT source FROM fact_origin WHERE id IN (SELECT DISTINCT origin FROM fact) ORDER BY source"
        return [row[0] for row in self.sql.execute(query).fetchall()]

    def has_facts_of(self, file: str) -> bool:
        """True when there is a fact of this file."""
        query = "SELECT 1 FROM fact WHERE origin IN (SELECT id FROM fact_origin WHERE file = ?) LIMIT 1"
        return self.sql.execute(query, [file]).fetchone() is not None

    def near(self, places: Iterable[Place]) -> FactSelection:
        """The facts on the lines of these places, and on the lines before and after these that have facts."""
        rows = sorted({(place.file, place.line) for place in places})
        self.sql.execute("CREATE OR REPLACE TABLE near_place(file VARCHAR, line UINTEGER)")
        if rows:
            self.sql.executemany("INSERT INTO near_place VALUES (?, ?)", rows)
        self.sql.execute(
            "CREATE OR REPLACE TABLE near_line AS WITH stated AS (SELECT DISTINCT o.file, f.line FROM fact f"
            " JOIN fact_origin o ON o.id = f.origin WHERE o.file IN (SELECT file FROM near_place))"
            " SELECT s.file, s.line FROM near_place n ASOF JOIN stated s ON n.file = s.file AND n.line >= s.line"
            " UNION SELECT s.file, s.line FROM near_place n ASOF JOIN stated s ON n.file = s.file AND n.line > s.line"
            " UNION SELECT s.file, s.line FROM near_place n ASOF JOIN stated s ON n.file = s.file AND n.line <= s.line"
        )
        return self.where("(origin, line) IN (SELECT (o.id, n.line) FROM near_line n JOIN fact_origin o USING (file))")

    def numbered(self, condition: str) -> Iterator[tuple[int, Fact]]:
        """The facts that meet a condition, with their numbers."""
        rows = self.sql.cursor().execute(
            'SELECT f.number, f.s, f.p, f.o, f.origin, f.record, f.line, f.rank, d."start", d."end", d.as_of,'
            ' d.written, d.because, d.paraphrase, d."column" FROM'
            f" (SELECT * FROM fact WHERE {condition}) AS f LEFT JOIN fact_detail AS d ON d.number = f.number"
            " ORDER BY f.number"
        )
        origins = {id: key for key, id in self._origins.items()}
        while batch := rows.fetchmany(_BATCH):
            made = [row for row in batch if row[0] not in self._objects]
            terms = self._terms({id for row in made for id in row[1:4]}) if made else {}
            for row in batch:
                fact = self._objects.get(row[0])
                yield row[0], fact if fact is not None else _to_fact(row, terms, origins[row[4]])

    def about(self, subject: Term, condition: str) -> list[Fact]:
        """The facts about an entity that meet a condition."""
        id = self.dictionary.find_ids([to_text(subject)]).get(to_text(subject))
        return [] if id is None else [fact for _, fact in self.numbered(f"s = {id} AND {condition}")]

    def _terms(self, ids: Iterable[int]) -> dict[int, Term]:
        return {id: _parse(text) for id, text in self.dictionary.decode(ids).items()}


class FactSelection(Collection[Fact]):
    """The facts of a table that meet a condition."""

    def __init__(self, table: ProjectFacts, condition: str) -> None:
        self.table, self.condition = table, condition
        self._loaded: dict[Term, list[Fact]] = {}

    def __len__(self) -> int:
        row = self.table.sql.execute(f"SELECT count(*) FROM fact WHERE {self.condition}").fetchone()
        assert row is not None
        return int(row[0])

    def __iter__(self) -> Iterator[Fact]:
        return (fact for _, fact in self.table.numbered(self.condition))

    def __contains__(self, fact: object) -> bool:
        return any(fact == other for other in self)

    def where(self, condition: str) -> FactSelection:
        """Those that meet another condition as well."""
        return FactSelection(self.table, f"{self.condition} AND {condition}")

    def first(self, limit: int) -> Iterator[Fact]:
        """The first of them."""
        numbers = f"SELECT number FROM fact WHERE {self.condition} ORDER BY number LIMIT {limit}"
        return (fact for _, fact in self.table.numbered(f"number IN ({numbers})"))

    def load(self, subjects: Iterable[str]) -> None:
        """Read the facts about these entities, given as exact terms, at once; `about` then has them."""
        wanted = dict.fromkeys(subject for subject in subjects if subject)
        ids = self.table.dictionary.find_ids(wanted)
        self._loaded.update((_parse(subject), []) for subject in wanted)
        self.table.sql.execute(
            "CREATE OR REPLACE TABLE loaded_entity AS SELECT unnest(?::UINTEGER[]) AS id", [str(sorted(ids.values()))]
        )
        for _, fact in self.table.numbered(f"{self.condition} AND s IN (SELECT id FROM loaded_entity)"):
            self._loaded[fact.subject].append(fact)

    def about(self, subject: Term) -> Sequence[Fact]:
        """The facts about an entity."""
        if (facts := self._loaded.get(subject)) is None:
            facts = self._loaded[subject] = self.table.about(subject, self.condition)
        return facts


_TAKE = f"""
ALTER TABLE fact RENAME TO {{rows}};
INSERT INTO {{rows}} SELECT number, s, p, o, origin, record, line, rank, record <> ''
    AND rank = {RANKS.index(Rank.NORMAL)} AND number NOT IN (
        SELECT number FROM former.fact_detail WHERE ("start" IS NOT NULL AND "end" IS NOT NULL)
        OR coalesce(as_of, '') || coalesce(written, '') || coalesce(because, '') <> '')
FROM former.fact WHERE {{taken}} AND NOT {{in_place}};
CREATE TABLE hidden_fact(number BIGINT);
INSERT INTO fact_detail SELECT * FROM former.fact_detail WHERE {{taken}};
INSERT INTO fact_origin SELECT * FROM former.fact_origin ORDER BY id;
"""
_TAKE_READ_TERMS = """
CREATE OR REPLACE TEMP TABLE former_read AS SELECT * FROM former.fact_read WHERE {taken};
CREATE OR REPLACE TEMP VIEW read_term AS SELECT s AS exact FROM former_read UNION ALL SELECT p FROM former_read
    UNION ALL SELECT o FROM former_read;
"""
FACT_ROWS = {
    "fact": f"SELECT number, s, p, o, origin, record, line, rank, {STATUS} AS status FROM fact",
    "fact_detail": "FROM fact_detail",
    "fact_read": "FROM fact_read",
}
"""The tables of facts in a snapshot, and their rows."""
_TOUCHED = "number IN (SELECT number FROM touched_fact)"
# Besides the facts of files that were read: those that links, names and decisions concern, now or before.
_FIND_TOUCHED = """
CREATE OR REPLACE TEMP TABLE reified_record AS
SELECT number FROM former.fact WHERE status = 'reified' AND record <> '';
CREATE OR REPLACE TEMP TABLE touched_fact AS
SELECT number FROM fact WHERE NOT {taken} UNION SELECT number FROM former.fact WHERE NOT {taken}
UNION SELECT number FROM fact_read UNION SELECT number FROM former.fact_read
UNION SELECT number FROM contested_fact UNION SELECT number FROM preferred_fact
UNION SELECT number FROM former.fact WHERE status = 'contested'
UNION SELECT number FROM (FROM fact WHERE is_plain) SEMI JOIN reified_record USING (number)
"""
_RESTORE_TERMS = """
UPDATE {rows} AS fact SET s = a.id, p = b.id, o = c.id FROM former_read AS r
JOIN term AS a ON a.text = r.s JOIN term AS b ON b.text = r.p JOIN term AS c ON c.text = r.o
WHERE fact.number = r.number;
"""
_KEEP_READ_TERMS = """
INSERT INTO fact_read SELECT f.number, a.text, b.text, c.text FROM fact AS f
JOIN term AS a ON a.id = f.s JOIN term AS b ON b.id = f.p JOIN term AS c ON c.id = f.o
WHERE f.number IN (SELECT unnest(?::BIGINT[])) AND f.number NOT IN (SELECT number FROM fact_read)
"""


def _in_slots(slots: Collection[int]) -> str:
    """The condition for facts of these slots: of few, ranges of numbers, which DuckDB need not read to skip."""
    if len(slots) > 8:
        return f"number >> {_BITS} IN ({', '.join(map(str, slots))})"
    ranges = (f"number BETWEEN {slot << _BITS} AND {(slot + 1 << _BITS) - 1}" for slot in slots)
    return f"({' OR '.join(ranges) or 'false'})"


def _to_detail(number: int, fact: Fact) -> tuple[object, ...] | None:
    """The row of `fact_detail` for a fact, NULL in it what is not known; None where it would have nothing in it."""
    evidence = fact.evidence
    texts = (fact.as_of or None, fact.written or None, fact.because or None)
    if not (evidence.has_span or any(texts) or fact.paraphrase or fact.place.column):
        return None
    return (number, evidence.start, evidence.end, *texts, fact.paraphrase, fact.place.column or None)


def _parse(text: str) -> Term:
    return NamedNode(text[1:-1]) if text.startswith("<") else to_term(text)


def _to_fact(row: tuple[Any, ...], terms: Mapping[int, Term], origin: tuple[str, str, str]) -> Fact:
    _, s, p, o, _, record, line, rank, start, end, as_of, written, because, paraphrase, column = row
    source, retrieved, file = origin
    return Fact(
        cast("NamedNode | BlankNode", terms[s]),
        cast(NamedNode, terms[p]),
        terms[o],
        Evidence(source, start, end, record or "", retrieved),
        written or "",
        as_of or "",
        RANKS[rank],
        because or "",
        bool(paraphrase),
        Place(file, line, column or 0),
    )
