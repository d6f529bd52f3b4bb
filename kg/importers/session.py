"""Rows walk in as importers read them; a sorted fact table, its source's entry and a file of rejects walk out.

Rows are spooled to a folder of their own and sorted by DuckDB, which goes to disk when they are many, so memory stays
bounded whatever the size. Files are written fresh and renamed at the very end: a stopped import leaves nothing.
A thing that rows lead to, but that the dataset does not describe, gets its class, its identifier and that as its label.
"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from kg.errors import InputError
from kg.facts.model import Source
from kg.importers.class_conflicts import Kinds, find_class_conflicts
from kg.importers.source_registry import append_to_source_order, write_source

if TYPE_CHECKING:
    import duckdb

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
_ALWAYS = ("subject", "property", "value", "record")
STUB_COLUMNS = ("thing", "class", "label", "identifier", "property", "record", "via")
PARQUET_FROM_ROWS = 1_000_000
"""Rows; a larger table is written as Parquet."""
MEMORY_LIMIT = "300MB"
"""What DuckDB may hold before it goes to disk."""
PARQUET = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 100"
"""Properties and sources have few values; to make a dictionary of the others costs more than it saves."""
MAX_REJECT_TEXT = 500

Progress = Callable[[int], None]
"""Told how many bytes were read since it was last told."""


def _no_progress(_: int) -> None:
    return None


@dataclass
class ImportSession:
    """Where an import goes through: `with Gate(data, source) as session:`; nothing is written before `finish`."""

    data: Path
    source: Source
    retrieved: str = ""
    dry_run: bool = False
    parquet: bool | None = None
    identifier_property: str = "identifier"
    """The property of the identifiers that mentions tell."""
    progress: Progress = _no_progress
    kinds: Kinds | None = None
    """Which classes exclude each other; None when nothing need be said of that."""
    summary: ImportSummary = field(init=False)
    _folder: tempfile.TemporaryDirectory[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.summary = ImportSummary(self.source.id, dry_run=self.dry_run)

    def __enter__(self) -> ImportSession:
        import duckdb

        self._folder = tempfile.TemporaryDirectory(prefix="kg-import-", ignore_cleanup_errors=True)
        spool = Path(self._folder.name)
        self.sql: duckdb.DuckDBPyConnection = duckdb.connect(str(spool / "spool.duckdb"))
        self.sql.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
        # As much memory as each thread wants is not there for many.
        self.sql.execute("SET threads = 2")
        self.sql.execute("SET enable_progress_bar = false")
        # What is read back once or twice is not worth packing.
        self.sql.execute("SET force_compression = 'uncompressed'")
        for name, names in (("row", [one for one in COLUMNS if one != "source"]), ("mention", STUB_COLUMNS)):
            self.sql.execute(f"CREATE TABLE {name} ({', '.join(f'{one} VARCHAR' for one in names)})")
        self.sql.execute("CREATE TABLE fault (line BIGINT, fault VARCHAR)")
        self._described: list[str] = ["SELECT CAST(NULL AS VARCHAR) AS subject WHERE false"]
        self.sql.execute("CREATE TABLE classless (subject VARCHAR, class VARCHAR, record VARCHAR)")
        self._streams: list[str] = []
        self._streamed = {"retrieved"} if self.retrieved else set()
        self._rows, self._mentions, self._rejects = (
            (spool / name).open("w", encoding="utf-8", newline="")
            for name in ("rows.csv", "mentions.csv", "rejects.txt")
        )
        self._write_row = csv.writer(self._rows, lineterminator="\n").writerow
        self._write_mention = csv.writer(self._mentions, lineterminator="\n").writerow
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (self._rows, self._mentions, self._rejects):
            file.close()
        self.sql.close()
        self._folder.cleanup()

    @property
    def folder(self) -> Path:
        """Where the files of this import stand."""
        return self.data / "imports" / self.source.id

    def add_fact(
        self,
        subject: str,
        property: str,
        value: str,
        *,
        language: str = "",
        record: str = "",
        rank: str = "",
        written: str = "",
        because: str = "",
        paraphrase: bool = False,
        retrieved: str = "",
    ) -> None:
        """One fact; an empty value says nothing and is left out."""
        if value:
            self._write_row(
                (
                    subject,
                    property,
                    value,
                    language,
                    record,
                    rank,
                    written,
                    because,
                    "true" if paraphrase else "",
                    retrieved or self.retrieved,
                )
            )

    def add_stub(
        self, entity: str, *, class_name: str, label: str, identifier: str, record: str, via: str = ""
    ) -> None:
        """A thing that a fact leads to; what is told here counts only where the dataset does not describe it.

        `via` is the property of that fact.
        """
        self._write_mention((entity, class_name, label, identifier, self.identifier_property, record, via))

    def reject(self, file: str, line: int, reason: str, text: str = "") -> None:
        """A record that could not be read, with its place and why."""
        self.summary.rejected += 1
        shown = " ".join(text[:MAX_REJECT_TEXT].split())
        self._rejects.write(f"{file}:{line}: {reason}" + (f": {shown}" if shown else "") + "\n")

    def temporary_file(self, name: str) -> Path:
        """A file of this import alone, gone when it ends."""
        return Path(self._folder.name) / name

    def add_facts_from(
        self, select: str, *, may_fail: bool = False, has_language: bool = False, streamed: bool = False
    ) -> None:
        """The facts of a SELECT: subject, property, value, language, record, line, fault.

        Where it is `checked`, a row with a fault is no fact; `language` says that rows may have one. A `stream` is
        written as it comes, unsorted: its rows must come in the same order each time, and none of them twice.
        """
        if may_fail:
            self.sql.execute(f"INSERT INTO fault SELECT line, fault FROM ({select}) WHERE fault <> ''")
            select = f"SELECT * FROM ({select}) WHERE fault = ''"
        rows = (
            "SELECT subject, property, value, language, record, '' AS rank, '' AS written, '' AS because,"
            f" '' AS paraphrase, {_quoted(self.retrieved)} AS retrieved FROM ({select})"
        )
        if streamed:
            self._streams.append(rows)
            self._streamed.update(("language",) if has_language else ())
        else:
            self.sql.execute(f"INSERT INTO row BY NAME {rows}")

    def add_described(self, select: str) -> None:
        """The things of a SELECT are described by what streams; a mention of them adds nothing."""
        self._described.append(select)

    @property
    def described(self) -> str:
        """A SELECT of the things that what streams describes."""
        return " UNION ALL ".join(self._described)

    def has_label_for_any(self, select: str) -> bool:
        """Whether one of the things of a SELECT has a label already."""
        known = f"{self.described} UNION ALL SELECT subject FROM row WHERE property = 'label'"
        found = self.sql.execute(
            f"SELECT count(*) FROM (SELECT subject FROM ({known}) WHERE subject IN ({select}) LIMIT 1)"
        )
        return bool((found.fetchone() or (0,))[0])

    def add_stubs_from(self, select: str) -> None:
        """The things of a SELECT: thing, class, label, identifier, property, record, via."""
        self.sql.execute(f"INSERT INTO mention BY NAME {select}")

    def add_default_class(self, select: str, class_name: str) -> None:
        """The class of the things of a SELECT (subject, record) that nothing else gives a class."""
        self.sql.execute(
            f"INSERT INTO classless SELECT subject, {_quoted(class_name)}, record"
            f" FROM ({select}) AS rows (subject, record)"
        )

    def take_faults(self, limit: int) -> list[tuple[int, str]]:
        """The faults of the rows added so far, in their order, and no longer kept; those beyond `most` are counted."""
        found = self.sql.execute(f"SELECT line, fault FROM fault ORDER BY ALL LIMIT {limit}").fetchall()
        counted = self.sql.execute("SELECT count(*) FROM fault").fetchone()
        if counted is not None and counted[0] > limit:
            self.summary.rejected += counted[0] - limit
        self.sql.execute("DELETE FROM fault")
        return [(int(line), str(fault)) for line, fault in found]

    def finish(self) -> ImportSummary:
        """Write everything; raises `InputError` when there is nothing to write."""
        for file in (self._rows, self._mentions, self._rejects):
            file.flush()
        self._load()
        self._class_the_rest()
        self._name_once()
        self._deprecate_wrong_uses()
        self._describe_mentioned()
        self._count(self._count_streams() if self.dry_run else 0)
        if self.dry_run or not self._streams:
            self._raise_when_empty()
        if not self.dry_run:
            self._publish()
        return self.summary

    def _load(self) -> None:
        told = [name for name in COLUMNS if name != "source"]
        for name, file, columns in (("row", self._rows, told), ("mention", self._mentions, STUB_COLUMNS)):
            if Path(file.name).stat().st_size:
                self.sql.execute(f"INSERT INTO {name} SELECT * FROM {_spooled(Path(file.name), columns)}")

    def _class_the_rest(self) -> None:
        self.sql.execute(f"""
            INSERT INTO row BY NAME
            SELECT subject, 'type' AS property, class AS value, min(record) AS record, '' AS language, '' AS rank,
                   '' AS written, '' AS because, '' AS paraphrase, {_quoted(self.retrieved)} AS retrieved
            FROM classless WHERE subject NOT IN (SELECT subject FROM row WHERE property = 'type')
            GROUP BY subject, class""")

    def _deprecate_wrong_uses(self) -> None:
        """Facts that lead to a thing as if it were of a class that it cannot be of."""
        wrong = list(find_class_conflicts(self.sql, self.kinds)) if self.kinds is not None else []
        if not wrong:
            return
        self.sql.execute("CREATE TABLE wrong (thing VARCHAR, property VARCHAR, class VARCHAR, because VARCHAR)")
        self.sql.executemany(
            "INSERT INTO wrong VALUES (?, ?, ?, ?)", [(one.thing, one.via, one.kind, one.reason) for one in wrong]
        )
        self.sql.execute(
            "DELETE FROM mention USING wrong WHERE mention.thing = wrong.thing AND mention.class = wrong.class"
        )
        changed = self.sql.execute("""
            UPDATE row SET rank = 'deprecated', because = wrong.because FROM wrong
            WHERE row.value = wrong.thing AND row.property = wrong.property""").fetchone()
        self.summary.skipped["facts that lead to a thing of another class: deprecated"] += int((changed or (0,))[0])

    def _name_once(self) -> None:
        """A thing has one label of one source: the commonest, and of equally common ones the first by letters.

        What streams has its one label already.
        """
        self.sql.execute(f"""
            UPDATE row SET property = 'alias' WHERE property = 'label' AND subject IN ({self.described})""")
        self.sql.execute("""
            CREATE TABLE spare AS
            SELECT subject, value FROM (
                SELECT subject, value, row_number() OVER (PARTITION BY subject ORDER BY count(*) DESC, value) AS place
                FROM row WHERE property = 'label' AND subject IN (
                    SELECT subject FROM row WHERE property = 'label' GROUP BY subject HAVING count(DISTINCT value) > 1)
                GROUP BY subject, value)
            WHERE place > 1""")
        self.sql.execute("""
            UPDATE row SET property = 'alias' FROM spare
            WHERE row.property = 'label' AND row.subject = spare.subject AND row.value = spare.value""")

    def _describe_mentioned(self) -> None:
        if not (self.sql.execute("SELECT count(*) FROM mention").fetchone() or (0,))[0]:
            return
        self.sql.execute(f"""
            CREATE TABLE stub AS
            SELECT thing, class, label, identifier, property, min(record) AS record FROM mention
            WHERE thing NOT IN (SELECT subject FROM row WHERE property = 'label' UNION ALL {self.described})
            GROUP BY ALL""")
        common = "'' AS language, min(record) AS record, '' AS rank, '' AS written, '' AS because"
        end = f"{_quoted(self.retrieved)} AS retrieved FROM stub"
        self.sql.execute(f"""
            INSERT INTO row BY NAME
            SELECT thing AS subject, 'type' AS property, class AS value, {common}, '' AS paraphrase, {end}
            WHERE class <> '' GROUP BY thing, class
            UNION ALL
            SELECT thing, property, identifier, {common}, '', {end}
            WHERE identifier <> '' GROUP BY thing, property, identifier
            UNION ALL
            SELECT thing, 'label', min(label), {common},
                   CASE WHEN min(label) = min(identifier) THEN 'true' ELSE '' END, {end} GROUP BY thing""")

    def _count(self, streamed: int) -> None:
        counted = self.sql.execute("SELECT count(*), count(DISTINCT subject) FROM (SELECT DISTINCT * FROM row)")
        facts, things = counted.fetchone() or (0, 0)
        described = self.sql.execute(f"SELECT count(*) FROM ({self.described})").fetchone()
        self.summary.facts = int(facts) + streamed
        self.summary.entities = int(things) + (int(described[0]) if described is not None else 0)

    def _count_streams(self) -> int:
        counts = [self.sql.execute(f"SELECT count(*) FROM ({rows})").fetchone() for rows in self._streams]
        return sum(int(one[0]) for one in counts if one is not None)

    def _raise_when_empty(self) -> None:
        if self.summary.facts:
            return
        why = [f"{count} {reason}" for reason, count in self.summary.skipped.most_common(3)]
        if self.summary.rejected:
            why.append(f"{self.summary.rejected} records cannot be read")
        told = f": {'; '.join(why)}" if why else ""
        raise InputError(f"No fact came of {self.summary.records} records{told}. Nothing was written.")

    def _publish(self) -> None:
        parquet = (
            self.parquet if self.parquet is not None else bool(self._streams) or self.summary.facts > PARQUET_FROM_ROWS
        )
        name, other = ("facts.parquet", "facts.csv") if parquet else ("facts.csv", "facts.parquet")
        options = PARQUET if parquet else "FORMAT csv, HEADER true"
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f".{name}.unfinished"
        order = ", ".join(one for one in COLUMNS if one != "source")
        rows = f"SELECT * FROM (SELECT DISTINCT * FROM row ORDER BY {order})"
        used = self._used()
        streams = [f"SELECT {self._columns(used, streams=True)} FROM ({one})" for one in self._streams]
        rows = " UNION ALL ".join((f"SELECT {self._columns(used)} FROM ({rows})", *streams))
        try:
            # With one thread the bytes are the same on any machine, and the order of rows costs no memory.
            self.sql.execute("SET threads = 1")
            copied = self.sql.execute(f"COPY ({rows}) TO {_quoted(str(fresh))} ({options})").fetchone()
            self.summary.facts = int(copied[0]) if copied is not None else 0
            self._raise_when_empty()
            write_source(self.data / "sources.yaml", self.source)
            fresh.replace(self.folder / name)
            self.summary.trust_order = append_to_source_order(self.data / "policy.yaml", self.source.id)
        finally:
            fresh.unlink(missing_ok=True)
        (self.folder / other).unlink(missing_ok=True)
        self._publish_rejects(self.folder / "rejects.txt")
        self.summary.files = (self.folder / name,)

    def _used(self) -> set[str]:
        """The columns that say something in some row."""
        optional = [one for one in COLUMNS if one not in (*_ALWAYS, "source")]
        told = self.sql.execute(f"SELECT {', '.join(f'max({one})' for one in optional)} FROM row").fetchone() or ()
        used = {name for name, most in zip(optional, told, strict=True) if most}
        return used | (self._streamed if self._streams else set())

    def _columns(self, used: set[str], *, streams: bool = False) -> str:
        """The columns of the table; what streams has something in those that every table has."""
        return ", ".join(
            f"{_quoted(self.source.id)} AS source"
            if one == "source"
            else one
            if streams and one in _ALWAYS
            else f"nullif({one}, '') AS {one}"
            for one in COLUMNS
            if one in used or one in (*_ALWAYS, "source")
        )

    def _publish_rejects(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        if self.summary.rejected:
            fresh = path.with_name(f".{path.name}.unfinished")
            fresh.write_bytes(Path(self._rejects.name).read_bytes())
            fresh.replace(path)
            self.summary.rejects_file = path


def _spooled(path: Path, names: Sequence[str]) -> str:
    columns = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({_quoted(str(path))}, columns = {{{columns}}}, header = false, delim = ',', quote = '\"',"
        " escape = '\"', nullstr = '\x01', auto_detect = false, max_line_size = 33554432)"
    )


def _quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


@dataclass
class ImportSummary:
    """The counts of one import; importers add to it while they read."""

    source: str
    records: int = 0
    facts: int = 0
    entities: int = 0
    rejected: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """Why records or values were left out -> how many."""
    unmapped: Counter[str] = field(default_factory=Counter)
    """What the mapping says nothing about -> how often it was met."""
    files: tuple[Path, ...] = ()
    rejects_file: Path | None = None
    dry_run: bool = False
    trust_order: tuple[str, ...] = ()
    """The order of trust in `data/policy.yaml`, where it is known."""

    def to_text(self, *, limit: int = 20) -> str:
        """The summary as a person reads it."""
        verb = "would be written" if self.dry_run else "written"
        lines = [
            f"{self.source}: {self.records:,} records read, {self.facts:,} facts about {self.entities:,} things {verb}"
        ]
        lines += [f"  to {path.as_posix()}" for path in self.files]
        if len(self.trust_order) > 1:
            place = self.trust_order.index(self.source)
            after = f"after {self.trust_order[place - 1]}" if place else f"before {self.trust_order[1]}"
            lines.append(f"  where sources differ it is believed {after}, as data/policy.yaml says")
        elif self.files and not self.trust_order:
            lines.append(
                f"  where sources differ nobody believes it: add {self.source} to `sources` in data/policy.yaml"
            )
        if self.rejected:
            where = f", see {self.rejects_file.as_posix()}" if self.rejects_file is not None else ""
            lines.append(f"rejected: {self.rejected:,} records{where}")
        lines += _told("left out", self.skipped, limit)
        lines += _told("not in the mapping", self.unmapped, limit)
        return "\n".join(lines) + "\n"

    def to_json(self) -> dict[str, object]:
        """The summary for programs."""
        return {
            "source": self.source,
            "records": self.records,
            "facts": self.facts,
            "things": self.entities,
            "rejected": self.rejected,
            "skipped": dict(sorted(self.skipped.items())),
            "unmapped": dict(sorted(self.unmapped.items())),
            "files": [path.as_posix() for path in self.files],
            "rejects": self.rejects_file.as_posix() if self.rejects_file is not None else None,
            "order": list(self.trust_order),
            "dry_run": self.dry_run,
        }


def _told(title: str, counts: Counter[str], most: int) -> list[str]:
    if not counts:
        return []
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    lines = [f"{title}: {sum(counts.values()):,}"] + [f"  {count:>9,}  {name}" for name, count in ranked[:most]]
    if len(ranked) > most:
        lines.append(f"  and {len(ranked) - most:,} more kinds; --format json lists them all")
    return lines
