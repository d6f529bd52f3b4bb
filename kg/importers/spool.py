"""The spool of an import: its rows in DuckDB tables, completed there before they become a fact table.

The tables are temporary: DuckDB moves them to disk when there are many rows, so memory is bounded whatever the size,
and no log is written of them. They are

    row             facts
    stub            what is known of entities that facts lead to: class or kind, label, identifier; how many facts state
                    it, and whether the label is a name
    link            pairs of names that mean one entity, as the dataset states
    redirect        former names of entities, as the dataset states: with the name of today, and the former identifier
    name            labels of entities that are not imported, for those of them that facts lead to
    default_class   the class or kind of entities that no row gives a class
    fault           values that do not fit their property, by line

A stub counts only where the dataset does not describe the entity itself. Rows may state a kind as a class; in the fact
table this is the class with the kind.
"""

from __future__ import annotations

import csv
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

from kg import vocabulary as film
from kg.schema import Schema
from kg.sql import quote
from kg.terms import LABEL

if TYPE_CHECKING:
    import duckdb

    from kg.schema import Schema
    from kg.shapes.value_limits import RequiredProperty

COLUMNS = (
    "subject",
    "property",
    "value",
    "language",
    "source",
    "record",
    "rank",
    "written",
    "because",
    "paraphrase",
    "retrieved",
)
"""The columns of every table written here, in their order; all of them are columns of a fact table."""
ROW_COLUMNS = tuple(name for name in COLUMNS if name != "source")
STUB_COLUMNS = ("entity", "class", "label", "identifier", "property", "record", "via")
NAME_COLUMNS = ("entity", "label")
LINK_COLUMNS = ("subject", "object")
REDIRECT_COLUMNS = ("entity", "target", "identifier", "property", "record", "because")
MAX_REDIRECTS = 10
"""Redirects that are followed one after another."""
STREAM_FROM_STUBS = 50_000
"""The facts of more stubs are written as they come, sorted by entity; those of fewer become rows."""
MEMORY_LIMIT = "300MB"
"""What DuckDB may hold before it goes to disk."""
THREADS = 2
"""More would each need a share of the memory."""
_PARQUET = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 100"
"""Only properties and sources have few values; a dictionary of the other columns costs more than it saves."""


@dataclass(frozen=True, slots=True)
class Completion:
    """How many facts were deprecated, since they use an entity as a class that it cannot have, or left out.

    `incomplete` counts the entities that were left out, by their class and the properties that they lack; `unnamed`
    those that are labelled with their key or identifier.
    """

    deprecated: int
    only_named: int
    incomplete: Mapping[tuple[str, str], int]
    unnamed: int


class Spool:
    """The tables of one import, in a folder of its own; `retrieved` is the day of every row that has none."""

    def __init__(self, folder: Path, *, retrieved: str = "") -> None:
        import duckdb

        self.folder, self.retrieved = folder, retrieved
        self.sql: duckdb.DuckDBPyConnection = duckdb.connect(":memory:", config={"temp_directory": str(folder)})
        self.sql.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
        self.sql.execute(f"SET threads = {THREADS}")
        self.sql.execute("SET enable_progress_bar = false")
        # DuckDB makes a join of `IN` with many constants, and joined rows are in any order: their lines would be wrong,
        # and the same file would be imported in another order each time.
        self.sql.execute("SET disabled_optimizers = 'in_clause'")
        # Tables that are read back once or twice are not worth compressing.
        self.sql.execute("SET force_compression = 'uncompressed'")
        for name, columns in (
            ("row", ROW_COLUMNS),
            ("stub", STUB_COLUMNS),
            ("name", NAME_COLUMNS),
            ("link", LINK_COLUMNS),
            ("redirect", REDIRECT_COLUMNS),
        ):
            self.sql.execute(f"CREATE TABLE {name} ({', '.join(f'{column} VARCHAR' for column in columns)})")
        self.sql.execute("ALTER TABLE stub ADD COLUMN uses BIGINT DEFAULT 1")
        self.sql.execute("ALTER TABLE stub ADD COLUMN is_name BOOLEAN DEFAULT true")
        self.sql.execute("CREATE TABLE default_class (subject VARCHAR, class VARCHAR, record VARCHAR)")
        self.sql.execute("CREATE TABLE fault (line BIGINT, fault VARCHAR)")
        self.streams: list[str] = []
        """SELECTs of rows that are read only when the fact table is written."""
        self.streamed_columns = {"retrieved"} if retrieved else set()
        self.stub_facts = ""
        """A SELECT of the facts of those stubs that are not rows, once the spool is complete; empty where all are."""
        self.needs_more_than_names = False
        """True where an entity of which only names are known is left out, unless facts lead to it; and one without a
        property that its class requires, such as a review without an outlet.
        """
        self.required: tuple[RequiredProperty, ...] = ()
        """What the shapes require of entities."""
        self._described = ["SELECT CAST(NULL AS VARCHAR) AS subject WHERE false"]
        self._rows, self._stubs, self._names, self._links, self._redirects, self._rejects = (
            (folder / name).open("w", encoding="utf-8", newline="")
            for name in ("rows.csv", "stubs.csv", "names.csv", "links.csv", "redirects.csv", "rejects.txt")
        )
        self.write_row = csv.writer(self._rows, lineterminator="\n").writerow
        self.write_stub = csv.writer(self._stubs, lineterminator="\n").writerow
        self.write_name = csv.writer(self._names, lineterminator="\n").writerow
        self.write_link = csv.writer(self._links, lineterminator="\n").writerow
        self.write_redirect = csv.writer(self._redirects, lineterminator="\n").writerow
        self.write_reject = self._rejects.write

    def close(self) -> None:
        """Close the files and the tables."""
        for file in (self._rows, self._stubs, self._names, self._links, self._redirects, self._rejects):
            file.close()
        self.sql.close()

    @property
    def rejects(self) -> Path:
        """The file of rejected records."""
        self._rejects.flush()
        return Path(self._rejects.name)

    def insert_rows(self, select: str) -> None:
        """Insert the facts of a SELECT: subject, property, value, language, record."""
        self.sql.execute(f"INSERT INTO row BY NAME {self._to_rows(select)}")

    def stream_rows(self, select: str, *, has_language: bool = False) -> None:
        """Add a SELECT of facts that is read only at the end."""
        self.streams.append(self._to_rows(select))
        self.streamed_columns.update(("language",) if has_language else ())

    def add_described(self, select: str) -> None:
        """Add the entities of a SELECT (subject) to those that streamed rows describe: their stubs add nothing."""
        self._described.append(select)

    @property
    def described(self) -> str:
        """A SELECT of the entities that streamed rows describe."""
        return " UNION ALL ".join(self._described)

    def has_label_for_any(self, select: str) -> bool:
        """True when one of the entities of a SELECT has a label already."""
        known = f"{self.described} UNION ALL SELECT subject FROM row WHERE property = 'label'"
        return bool(self.count(f"SELECT subject FROM ({known}) WHERE subject IN ({select}) LIMIT 1"))

    def count(self, select: str) -> int:
        """The number of rows of a SELECT."""
        row = self.sql.execute(f"SELECT count(*) FROM ({select})").fetchone()
        return int(row[0]) if row is not None else 0

    def write_parquet_files(self, tables: Sequence[str]) -> list[Path]:
        """Write a file for each SELECT, several at once; the rows are in the same order with any number of threads."""
        files = [self.folder / f"table{number}.parquet" for number in range(len(tables))]
        # A statement has one thread, and the next begins when one ends.
        self.sql.execute("SET threads = 1")
        # By its statistics DuckDB would see that a column has no NULL, and give it another type than in other files.
        self.sql.execute("SET disabled_optimizers = 'in_clause,statistics_propagation'")
        connections = [self.sql.cursor() for _ in tables]
        try:
            with ThreadPoolExecutor(THREADS) as pool:
                copies = [
                    pool.submit(connection.execute, f"COPY ({table}) TO {quote(file)} ({_PARQUET})")
                    for connection, table, file in zip(connections, tables, files, strict=True)
                ]
                try:
                    for copy in copies:
                        copy.result()
                except BaseException:
                    pool.shutdown(wait=False, cancel_futures=True)
                    # Again and again, since a statement that has just been begun is not interrupted.
                    while not all(copy.done() for copy in copies):
                        for connection in connections:
                            connection.interrupt()
                        time.sleep(0.05)
                    raise
        finally:
            # Not before all statements have ended.
            for connection in connections:
                connection.close()
        self.sql.execute(f"SET threads = {THREADS}")
        return files

    def has_repeated(self, select: str, *columns: str) -> bool:
        """True when two rows of a SELECT are equal in these columns."""
        # Texts are grouped only where their hashes, which are grouped in half the time, say that it may be so.
        repeated = "HAVING count(*) > 1 LIMIT 1"
        return all(
            self.count(f"FROM ({select}) SELECT 1 GROUP BY {group} {repeated}")
            for group in (f"hash({', '.join(columns)})", ", ".join(columns))
        )

    def complete(self, schema: Schema) -> Completion:
        """Load the spooled files, then give each entity its class, one label and its stub.

        Facts that use an entity as a class that it cannot have are deprecated.
        """
        for name, file, columns in (
            ("row", self._rows, ROW_COLUMNS),
            ("stub", self._stubs, (*STUB_COLUMNS, "is_name")),
            ("name", self._names, NAME_COLUMNS),
            ("link", self._links, LINK_COLUMNS),
            ("redirect", self._redirects, REDIRECT_COLUMNS),
        ):
            file.flush()
            if Path(file.name).stat().st_size:
                spooled = read_spooled(Path(file.name), columns)
                self.sql.execute(f"INSERT INTO {name} BY NAME SELECT * FROM {spooled}")
        self._rejects.flush()
        self._unstream_described_twice()
        self._follow_redirects()
        self._take_unmapped()
        self._insert_default_classes()
        self._keep_one_label()
        deprecated = self._deprecate_class_conflicts(schema)
        unnamed = self._insert_stubs(schema)
        incomplete = self._delete_incomplete(schema) if self.needs_more_than_names else {}
        only_named = self._delete_only_named(schema) if self.needs_more_than_names else 0
        self._split_kinds(schema)
        unnamed += self.count("FROM stub_label WHERE is_identifier AND entity IN (SELECT subject FROM row)")
        return Completion(deprecated, only_named, incomplete, unnamed)

    def _to_rows(self, select: str) -> str:
        return (
            "SELECT subject, property, value, language, record, '' AS rank, '' AS written, '' AS because,"
            f" '' AS paraphrase, {quote(self.retrieved)} AS retrieved FROM ({select})"
        )

    def _unstream_described_twice(self) -> None:
        """Make rows of what is streamed where an entity that it describes has a label among the rows as well.

        Both may state the same, and which label is kept depends on both.
        """
        overlap = f"SELECT 1 FROM row WHERE property = 'label' AND subject IN ({self.described}) LIMIT 1"
        if self.streams and self.count(overlap):
            for stream in self.streams:
                self.sql.execute(f"INSERT INTO row BY NAME {stream}")
            self.streams, self._described = [], self._described[:1]

    def _follow_redirects(self) -> None:
        """Give entities with a former name that of today, and those that are described their former identifiers.

        The record of a redirect is the identifier of today.
        """
        if not self.count("FROM redirect"):
            return
        self.sql.execute(f"""
            CREATE TABLE current AS
            WITH RECURSIVE followed AS (
                SELECT entity, target, record, 1 AS steps FROM redirect
                UNION SELECT followed.entity, redirect.target, redirect.record, steps + 1
                FROM followed JOIN redirect ON followed.target = redirect.entity WHERE steps < {MAX_REDIRECTS})
            SELECT entity, arg_max(target, steps) AS target, arg_max(record, steps) AS record
            FROM followed GROUP BY entity""")
        self.sql.execute("""
            UPDATE stub SET identifier = current.record,
                label = CASE WHEN label = identifier THEN current.record ELSE label END
            FROM current WHERE stub.entity = current.entity AND identifier <> ''""")
        for table, column in (("row", "subject"), ("row", "value"), ("stub", "entity"), ("link", "subject")):
            self.sql.execute(f"""
                UPDATE {table} SET {column} = current.target FROM current
                WHERE {table}.{column} = current.entity AND current.entity <> current.target""")
        self.sql.execute(f"""
            INSERT INTO row BY NAME
            SELECT DISTINCT current.target AS subject, property, identifier AS value, '' AS language, redirect.record,
                   'deprecated' AS rank, '' AS written, because, '' AS paraphrase, {quote(self.retrieved)} AS retrieved
            FROM redirect JOIN current USING (entity)
            WHERE current.target IN (SELECT subject FROM row WHERE property = 'type')""")

    def _insert_default_classes(self) -> None:
        self.sql.execute(f"""
            INSERT INTO row BY NAME
            SELECT subject, 'type' AS property, class AS value, min(record) AS record, '' AS language, '' AS rank,
                   '' AS written, '' AS because, '' AS paraphrase, {quote(self.retrieved)} AS retrieved
            FROM default_class WHERE subject NOT IN (SELECT subject FROM row WHERE property = 'type')
            GROUP BY subject, class""")

    def _keep_one_label(self) -> None:
        """Make all but one label of an entity aliases: the most common stays, of equally common ones the first.

        Entities that streamed rows describe have their label there.
        """
        self.sql.execute(f"""
            UPDATE row SET property = 'alias' WHERE property = 'label' AND subject IN ({self.described})""")
        self.sql.execute("""
            CREATE TABLE second_label AS
            SELECT subject, value FROM (
                SELECT subject, value, row_number() OVER (PARTITION BY subject ORDER BY count(*) DESC, value) AS place
                FROM row WHERE property = 'label' AND subject IN (
                    SELECT subject FROM row WHERE property = 'label' GROUP BY subject HAVING count(DISTINCT value) > 1)
                GROUP BY subject, value)
            WHERE place > 1""")
        self.sql.execute("""
            UPDATE row SET property = 'alias' FROM second_label
            WHERE row.property = 'label' AND row.subject = second_label.subject AND row.value = second_label.value""")

    def _deprecate_class_conflicts(self, schema: Schema) -> int:
        conflicts = list(find_class_conflicts(self.sql, schema))
        if not conflicts:
            return 0
        self.sql.execute(
            "CREATE TABLE class_conflict (entity VARCHAR, property VARCHAR, class VARCHAR, because VARCHAR)"
        )
        self.sql.executemany(
            "INSERT INTO class_conflict VALUES (?, ?, ?, ?)",
            [(conflict.entity, conflict.via, conflict.used_as, conflict.reason) for conflict in conflicts],
        )
        self.sql.execute("""
            DELETE FROM stub USING class_conflict AS conflict
            WHERE stub.entity = conflict.entity AND stub.class = conflict.class""")
        changed = self.sql.execute("""
            UPDATE row SET rank = 'deprecated', because = conflict.because FROM class_conflict AS conflict
            WHERE row.value = conflict.entity AND row.property = conflict.property""").fetchone()
        return int(changed[0]) if changed is not None else 0

    def _insert_stubs(self, schema: Schema) -> int:
        """Insert the facts of stubs, or have them streamed; returns how many of the latter have no other label."""
        self.sql.execute(
            "CREATE TABLE stub_label (entity VARCHAR, label VARCHAR, record VARCHAR, is_identifier BOOLEAN)"
        )
        count = self.count("FROM stub")
        if not count:
            return 0
        labelled = f"SELECT subject FROM row WHERE property = 'label' UNION ALL {self.described}"
        unnamed, stubs = 0, "stub"
        if count >= STREAM_FROM_STUBS and not self.needs_more_than_names:
            unnamed, stubs = self._stream_single_stubs(schema), "several_stubs"
        self.sql.execute(f"CREATE TABLE undescribed AS SELECT * FROM {stubs} WHERE entity NOT IN ({labelled})")
        self.sql.execute("""
            INSERT INTO undescribed BY NAME
            SELECT entity, '' AS class, name.label, '' AS identifier, '' AS property,
                   min(undescribed.record) AS record, 1 AS uses, true AS is_name
            FROM undescribed JOIN name USING (entity) GROUP BY entity, name.label""")
        self.sql.execute(f"INSERT INTO stub_label BY NAME {_STUB_LABELS}")
        common = "'' AS language, min(record) AS record, '' AS rank, '' AS written, '' AS because"
        end = f"{quote(self.retrieved)} AS retrieved"
        self.sql.execute(f"""
            INSERT INTO row BY NAME
            SELECT entity AS subject, 'type' AS property, class AS value, {common}, '' AS paraphrase, {end}
            FROM undescribed WHERE class <> '' GROUP BY entity, class
            UNION ALL
            SELECT entity, property, identifier, {common}, '', {end}
            FROM undescribed WHERE identifier <> '' GROUP BY entity, property, identifier
            UNION ALL
            SELECT entity, 'label', label, {common}, CASE WHEN is_identifier THEN 'true' ELSE '' END, {end}
            FROM stub_label GROUP BY entity, label, is_identifier""")
        return unnamed

    def _stream_single_stubs(self, schema: Schema) -> int:
        """Have the facts streamed of the entities whose stubs agree, and of which nothing else states anything.

        They stay in the table `stub`, with one row each; the others move to `several_stubs`. Returns how many of those
        that stay are labelled with their key or identifier.
        """
        if self.count("FROM repeated"):
            self.sql.execute("CREATE TABLE several_stubs AS FROM stub SEMI JOIN repeated USING (entity)")
            self.sql.execute("DELETE FROM stub WHERE entity IN (FROM repeated)")
            self.sql.execute("""
                INSERT INTO stub BY NAME
                SELECT entity, class, label, identifier, property, is_name, min(record) AS record, sum(uses) AS uses
                FROM several_stubs GROUP BY ALL""")
            self.sql.execute(_REPEATED)
        kinds = ", ".join(map(quote, schema.narrowed)) or "NULL"
        self.sql.execute(f"""
            CREATE OR REPLACE TABLE several_stubs AS
            SELECT * FROM stub WHERE class IN ({kinds}) OR entity IN (
                FROM repeated UNION ALL SELECT subject FROM row UNION ALL {self.described}
                UNION ALL SELECT entity FROM name)""")
        self.sql.execute("DELETE FROM stub WHERE entity IN (SELECT entity FROM several_stubs)")
        is_identifier = "label = identifier OR NOT is_name"
        self.stub_facts = f"""
            SELECT * FROM (
                SELECT entity AS subject, unnest([property, 'label', 'type']) AS property,
                       unnest([identifier, label, class]) AS value, '' AS language, record, '' AS rank, '' AS written,
                       '' AS because, unnest(['', CASE WHEN {is_identifier} THEN 'true' ELSE '' END, '']) AS paraphrase,
                       {quote(self.retrieved)} AS retrieved
                FROM (FROM stub ORDER BY entity))
            WHERE value <> '' OR property = 'label'"""
        unnamed = self.count(f"FROM stub WHERE {is_identifier}")
        self.streamed_columns.update(("paraphrase",) if unnamed else ())
        return unnamed

    def _take_unmapped(self) -> None:
        """Note the entities whose classes the mapping does not have, and which have no other."""
        self.sql.execute("""
            CREATE TABLE unmapped AS SELECT DISTINCT subject FROM row WHERE property = 'type' AND value = ''
            AND subject NOT IN (SELECT subject FROM row WHERE property = 'type' AND value <> '')""")
        self.sql.execute("DELETE FROM row WHERE property = 'type' AND value = ''")

    def _delete_incomplete(self, schema: Schema) -> dict[tuple[str, str], int]:
        """Delete the entities that lack a property which their class requires, and the facts that lead to them.

        The name is not required, since others may give it.
        """
        if not self._create_needed(schema):
            return {}
        self.sql.execute("""
            CREATE TABLE incomplete AS
            SELECT subject, min(class) AS class, string_agg(DISTINCT property, ', ' ORDER BY property) AS lacking FROM (
                SELECT row.subject, class, needed.property FROM row JOIN needed ON value = class
                WHERE row.property = 'type'
                EXCEPT
                SELECT row.subject, class, wider FROM row JOIN states USING (property)
                JOIN needed ON wider = needed.property)
            GROUP BY subject""")
        self.sql.execute("""
            DELETE FROM row
            WHERE subject IN (SELECT subject FROM incomplete) OR value IN (SELECT subject FROM incomplete)
        """)
        counted = self.sql.execute("SELECT class, lacking, count(*) FROM incomplete GROUP BY ALL ORDER BY ALL")
        return {(class_name, lacking): int(count) for class_name, lacking, count in counted.fetchall()}

    def _create_needed(self, schema: Schema) -> bool:
        """Create the tables of what classes require and of what properties state; False where nothing is required."""
        properties = {iri: name for name, iri in schema.names.items()}
        needed = [
            (class_name, properties[iri])
            for class_name, class_iri in schema.type_names.items()
            for required in self.required
            if required.applies_to([ancestor.value for ancestor in schema.ancestors(class_iri)], ())
            and (iri := NamedNode(required.property)) in properties
            and iri != LABEL
        ]
        stated = [
            (name, properties[ancestor])
            for iri, name in properties.items()
            for ancestor in schema.ancestors(iri)
            if ancestor in properties
        ]
        if needed:
            self.sql.execute("CREATE TABLE needed (class VARCHAR, property VARCHAR)")
            self.sql.executemany("INSERT INTO needed VALUES (?, ?)", needed)
            self.sql.execute("CREATE TABLE states (property VARCHAR, wider VARCHAR)")
            self.sql.executemany("INSERT INTO states VALUES (?, ?)", stated)
        return bool(needed)

    def _delete_only_named(self, schema: Schema) -> int:
        """Delete what is stated of entities of no known class, or of which only names are known.

        An entity that facts lead to is kept.
        """
        identifiers = [name for name, iri in schema.names.items() if film.identifier in schema.ancestors(iri)]
        names = ", ".join(map(quote, ("label", "alias", "note", "description", *identifiers)))
        deleted = self.sql.execute(f"""
            DELETE FROM row WHERE split_part(subject, '.', 1) NOT IN (
                SELECT split_part(subject, '.', 1) FROM row
                WHERE property NOT IN ({names}) AND subject NOT IN (SELECT subject FROM unmapped)
                UNION ALL SELECT value FROM row WHERE subject NOT IN (SELECT subject FROM unmapped))""")
        count = deleted.fetchone()
        return int(count[0]) if count is not None else 0

    def _split_kinds(self, schema: Schema) -> None:
        """Make a class and a kind of each row that states a kind as a class."""
        kinds = [(name, narrowed.class_name, narrowed.word) for name, narrowed in schema.narrowed.items()]
        if not kinds:
            return
        self.sql.execute("CREATE TABLE kind (name VARCHAR, class VARCHAR, word VARCHAR)")
        self.sql.executemany("INSERT INTO kind VALUES (?, ?, ?)", kinds)
        self.sql.execute("""
            INSERT INTO row BY NAME
            SELECT row.* REPLACE ('kind' AS property, kind.word AS value) FROM row JOIN kind ON row.value = kind.name
            WHERE row.property = 'type'""")
        self.sql.execute("""
            UPDATE row SET value = kind.class FROM kind WHERE row.property = 'type' AND row.value = kind.name""")


_REPEATED = """
    CREATE OR REPLACE TEMP TABLE repeated AS
    SELECT entity FROM stub
    WHERE hash(entity) IN (SELECT hash(entity) FROM stub GROUP BY ALL HAVING count(*) > 1)
    GROUP BY entity HAVING count(*) > 1"""
"""Few entities of a dataset have several stubs, and only these need to be looked at more closely."""
_STUB_LABELS = """
    SELECT entity, label, min(record) AS record, bool_or(label = identifier OR NOT is_name) AS is_identifier
    FROM undescribed
    GROUP BY entity, label QUALIFY row_number() OVER (
        PARTITION BY entity ORDER BY bool_and(is_name AND label <> identifier) DESC, sum(uses) DESC, label) = 1"""
"""The most common name that facts have for an entity, and its identifier only where none has a name."""


def read_spooled(path: Path, columns: Sequence[str]) -> str:
    """The clause by which DuckDB reads a spooled CSV file without a header, every column as text."""
    types = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in columns)
    return (
        f"read_csv({quote(path)}, columns = {{{types}}}, header = false, delim = ',', quote = '\"',"
        " escape = '\"', nullstr = '\x01', auto_detect = false, max_line_size = 33554432)"
    )


# --- entities that a dataset uses as two disjoint classes
#
# Where a dataset states once that a country is a production company, the facts about all other films from that country
# contradict it. The wrong use would make the graph inconsistent, so its facts are deprecated, with the reason.

_SEVERAL_CLASSES = """
    CREATE OR REPLACE TEMP TABLE several_classes AS
    WITH stated AS (SELECT subject AS entity, value AS class FROM row WHERE property = 'type')
    SELECT entity FROM (
        SELECT entity, class FROM stub
        WHERE class <> '' AND entity IN (FROM repeated UNION ALL SELECT entity FROM stated)
        UNION ALL FROM stated)
    GROUP BY entity HAVING min(class) <> max(class)"""
_STATED = "SELECT subject, value FROM row WHERE property = 'type' AND subject IN (FROM several_classes)"
_USES = """
    WITH used AS (SELECT DISTINCT entity, class, via FROM stub WHERE class <> '' AND entity IN (FROM several_classes))
    SELECT entity, class, via, count(*) FROM used JOIN row ON row.value = entity AND row.property = via
    GROUP BY ALL ORDER BY ALL"""


@dataclass(frozen=True, slots=True)
class ClassConflict:
    """A wrong use: facts with the property `via` use an entity as a class that is disjoint with its own."""

    entity: str
    via: str
    used_as: str
    own_class: str

    @property
    def reason(self) -> str:
        """Why the facts are deprecated."""
        return f"used as {self.used_as} here, but it is a {self.own_class} elsewhere in the same source"


@dataclass(frozen=True, slots=True)
class _Use:
    """Facts that lead to an entity as if it were of a class."""

    class_name: str
    via: str
    count: int


def find_class_conflicts(sql: duckdb.DuckDBPyConnection, schema: Schema) -> Iterator[ClassConflict]:
    """The wrong uses among the rows and stubs of a spool.

    The class of an entity is the one that the dataset states, or else the one of most facts.
    """
    sql.execute(_REPEATED)
    sql.execute(_SEVERAL_CLASSES)
    if sql.execute("FROM several_classes LIMIT 1").fetchone() is None:
        return
    stated = defaultdict(set)
    for entity, class_name in sql.execute(_STATED).fetchall():
        stated[entity].add(class_name)
    uses: dict[str, list[_Use]] = defaultdict(list)
    for entity, class_name, via, count in sql.execute(_USES).fetchall():
        uses[entity].append(_Use(class_name, via, count))
    yield from _find_conflicts(stated, uses, schema)


def _find_conflicts(
    stated: Mapping[str, set[str]], uses: Mapping[str, list[_Use]], schema: Schema
) -> Iterator[ClassConflict]:
    @cache
    def are_disjoint(left: str, right: str) -> bool:
        iris = [schema.type_names[name] for name in (left, right) if name in schema.type_names]
        return len(iris) == 2 and schema.are_disjoint(*iris)

    for entity, uses_of_entity in uses.items():
        counts: Counter[str] = Counter()
        for use in uses_of_entity:
            counts[use.class_name] += use.count
        ranked = sorted(counts, key=lambda name: (-counts[name], name))
        for index, class_name in enumerate(ranked):
            trusted = sorted(stated.get(entity, ())) or ranked[:index]
            own_class = next((name for name in trusted if are_disjoint(name, class_name)), "")
            if own_class:
                for use in uses_of_entity:
                    if use.class_name == class_name:
                        yield ClassConflict(entity, use.via, class_name, own_class)
