"""Rows walk in as importers read them; a sorted fact table, its source's entry and a file of rejects walk out.

Rows are spooled to a folder of their own and sorted by DuckDB, which goes to disk when they are many, so memory stays
bounded whatever the size. Files are written fresh and renamed at the very end: an import that is stopped leaves nothing.
A thing that rows lead to, but that the dataset does not describe, gets its class, its identifier and that as its label.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from kg.errors import InputError
from kg.facts.fact import Source
from kg.importers.entries import write_entry
from kg.importers.summary import Summary

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
MENTIONED = ("thing", "class", "label", "identifier", "record")
MANY = 1_000_000
"""Rows; a larger table is written as Parquet."""
MEMORY = "256MB"
"""What DuckDB may hold before it goes to disk."""
LONGEST_REJECT = 500

Progress = Callable[[int], None]
"""Told how many bytes were read since it was last told."""


def _no_progress(_: int) -> None:
    return None


@dataclass
class Gate:
    """Where an import goes through: `with Gate(data, source) as gate:`; nothing is written unless `finish` is called."""

    data: Path
    source: Source
    retrieved: str = ""
    dry_run: bool = False
    parquet: bool | None = None
    identifier: str = "identifier"
    progress: Progress = _no_progress
    summary: Summary = field(init=False)
    _folder: tempfile.TemporaryDirectory[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.summary = Summary(self.source.id, dry_run=self.dry_run)

    def __enter__(self) -> Gate:
        import duckdb

        self._folder = tempfile.TemporaryDirectory(prefix="kg-import-", ignore_cleanup_errors=True)
        spool = Path(self._folder.name)
        self.sql: duckdb.DuckDBPyConnection = duckdb.connect(str(spool / "spool.duckdb"))
        self.sql.execute(f"SET memory_limit = '{MEMORY}'")
        self.sql.execute("SET enable_progress_bar = false")
        self._rows, self._mentions, self._rejects = (
            (spool / name).open("w", encoding="utf-8", newline="") for name in ("rows.csv", "mentions.csv", "rejects.txt")
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

    def add(
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

    def mention(self, thing: str, *, kind: str, label: str, identifier: str, record: str) -> None:
        """A thing that a fact leads to; what is told here counts only where the dataset does not describe it."""
        self._write_mention((thing, kind, label, identifier, record))

    def reject(self, file: str, line: int, reason: str, text: str = "") -> None:
        """A record that could not be read, with its place and why."""
        self.summary.rejected += 1
        shown = " ".join(text[:LONGEST_REJECT].split())
        self._rejects.write(f"{file}:{line}: {reason}" + (f": {shown}" if shown else "") + "\n")

    def finish(self, *, rows: str | None = None) -> Summary:
        """Write everything; `rows` is a SELECT of further rows, with the columns of `COLUMNS` but for the source.

        Raises `InputError` when there is nothing to write.
        """
        for file in (self._rows, self._mentions, self._rejects):
            file.flush()
        self._load(rows)
        self._name_once()
        self._describe_mentioned()
        self._count()
        if not self.summary.facts:
            raise InputError(self._nothing())
        if not self.dry_run:
            self._publish()
        return self.summary

    def _load(self, rows: str | None) -> None:
        told = [name for name in COLUMNS if name != "source"]
        self.sql.execute(
            f"CREATE TABLE row AS SELECT * FROM {_spooled(Path(self._rows.name), told)}"
            + (f" UNION ALL BY NAME ({rows})" if rows else "")
        )
        self.sql.execute(f"CREATE VIEW mention AS SELECT * FROM {_spooled(Path(self._mentions.name), MENTIONED)}")

    def _name_once(self) -> None:
        """A thing has one label of one source: the commonest, and of two that are equally common the first by letters."""
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
        self.sql.execute(f"""
            CREATE TABLE stub AS
            SELECT DISTINCT thing, class, label, identifier, min(record) OVER (PARTITION BY thing) AS record
            FROM mention ANTI JOIN (SELECT DISTINCT subject FROM row WHERE property = 'label') ON thing = subject""")
        common = "'' AS language, record, '' AS rank, '' AS written, '' AS because"
        end = f"{_quoted(self.retrieved)} AS retrieved FROM stub"
        self.sql.execute(f"""
            INSERT INTO row BY NAME
            SELECT DISTINCT * FROM (
                SELECT thing AS subject, 'type' AS property, class AS value, {common}, '' AS paraphrase, {end}
                WHERE class <> ''
                UNION ALL
                SELECT thing, {_quoted(self.identifier)}, identifier, {common}, '', {end} WHERE identifier <> ''
                UNION ALL
                SELECT thing, 'label', min(label), {common.replace("record", "min(record)")},
                       CASE WHEN min(label) = min(identifier) THEN 'true' ELSE '' END,
                       {_quoted(self.retrieved)} FROM stub GROUP BY thing)""")

    def _count(self) -> None:
        counted = self.sql.execute("SELECT count(*), count(DISTINCT subject) FROM (SELECT DISTINCT * FROM row)")
        facts, things = counted.fetchone() or (0, 0)
        self.summary.facts, self.summary.things = int(facts), int(things)

    def _nothing(self) -> str:
        why = [f"{count} {reason}" for reason, count in self.summary.skipped.most_common(3)]
        if self.summary.rejected:
            why.append(f"{self.summary.rejected} records cannot be read")
        told = f": {'; '.join(why)}" if why else ""
        return f"No fact came of {self.summary.records} records{told}. Nothing was written."

    def _publish(self) -> None:
        parquet = self.parquet if self.parquet is not None else self.summary.facts > MANY
        name, other = ("facts.parquet", "facts.csv") if parquet else ("facts.csv", "facts.parquet")
        options = "FORMAT parquet, COMPRESSION zstd" if parquet else "FORMAT csv, HEADER true"
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f".{name}.unfinished"
        columns = ", ".join(
            f"{_quoted(self.source.id)} AS source" if one == "source" else f"nullif({one}, '') AS {one}"
            for one in COLUMNS
        )
        order = ", ".join(one for one in COLUMNS if one != "source")
        try:
            self.sql.execute(
                f"COPY (SELECT {columns} FROM (SELECT DISTINCT * FROM row) ORDER BY {order})"
                f" TO {_quoted(str(fresh))} ({options})"
            )
            write_entry(self.data / "sources.yaml", self.source)
            fresh.replace(self.folder / name)
        finally:
            fresh.unlink(missing_ok=True)
        (self.folder / other).unlink(missing_ok=True)
        self._publish_rejects(self.folder / "rejects.txt")
        self.summary.files = (self.folder / name,)

    def _publish_rejects(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        if self.summary.rejected:
            fresh = path.with_name(f".{path.name}.unfinished")
            fresh.write_bytes(Path(self._rejects.name).read_bytes())
            fresh.replace(path)
            self.summary.rejects = path


def _spooled(path: Path, names: Sequence[str]) -> str:
    columns = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({_quoted(str(path))}, columns = {{{columns}}}, header = false, delim = ',', quote = '\"',"
        " escape = '\"', nullstr = '\x01', auto_detect = false, max_line_size = 33554432)"
    )


def _quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


