"""The import of many files, or parts of files, as tasks, each in a process of its own, maybe on another machine.

A task imports one part into a spool of its own, by the same SQL, and writes the rows and stubs to a folder that all
processes reach. From these the session continues as if it had read the files itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import uuid4

from kg.errors import InputError
from kg.facts.model import Source
from kg.importers.session import ImportSession, ImportSummary
from kg.importers.spool import Spool
from kg.importers.tables.file_parts import FilePart
from kg.sql import quote

if TYPE_CHECKING:
    from pyoxigraph import Triple

    from kg.schema import Schema
    from kg.shapes.value_limits import Limits, RequiredProperty

ImportFile = Callable[[FilePart, ImportSession, int], None]
"""Imports the file or part of a number into a session; other processes must be able to import it by its name."""
RunTasks = Callable[[Callable[[int], "FileResult"], Sequence[int]], "list[FileResult]"]
"""Calls a function with each number, wherever, and returns the results in this order."""

_TABLES = ("row", "stub")


@dataclass(frozen=True, slots=True)
class FileResult:
    """The result of one task: what it counted in its part; `folder` has its rows, stubs and rejects."""

    folder: Path
    summary: ImportSummary
    error: str = ""
    """Why the file cannot be imported; empty when it was."""


@dataclass(frozen=True, slots=True)
class _Tasks:
    """The tasks of an import, as other processes get them."""

    parts: tuple[FilePart, ...]
    import_file: ImportFile
    output: Path
    source: Source
    retrieved: str
    ontology: tuple[Triple, ...]
    schema: Schema
    limits: Limits
    required: tuple[RequiredProperty, ...]


def import_as_tasks(
    parts: Sequence[FilePart], session: ImportSession, import_file: ImportFile, *, run: RunTasks
) -> None:
    """Import files or parts into a session, each as a task; raises `InputError` for the first that cannot be."""
    # Beside the data, since a project is in a folder that all its processes reach.
    with TemporaryDirectory(prefix=".kg-import-", dir=session.data.absolute().parent) as folder:
        absolute = tuple(replace(part, path=part.path.absolute()) for part in parts)
        tasks = _Tasks(
            absolute, import_file, Path(folder), session.source,
            session.spool.retrieved, session.ontology, session.schema, session.limits, session.required,
        )  # fmt: skip
        results = run(partial(_import_one, tasks), range(len(parts)))
        for part, result in zip(parts, results, strict=True):
            if result.error:
                raise InputError(result.error)
            session.progress(part.size if not part.start else 0)
            _add_result(result, session)


def _import_one(tasks: _Tasks, number: int) -> FileResult:
    """Import one part; the task may run again after it was lost, so each run has a folder of its own."""
    folder = tasks.output / f"{number}-{uuid4().hex}"
    folder.mkdir()
    summary = ImportSummary(tasks.source.id)
    with TemporaryDirectory(prefix="kg-import-") as scratch:
        spool = Spool(Path(scratch), retrieved=tasks.retrieved)
        session = ImportSession(
            folder, tasks.source, spool, tasks.ontology, tasks.schema, summary, lambda _: None, tasks.limits,
            tasks.required,
        )  # fmt: skip
        try:
            tasks.import_file(tasks.parts[number], session, number)
            _write_result(spool, folder)
        except InputError as error:
            return FileResult(folder, summary, str(error))
        finally:
            spool.close()
    return FileResult(folder, summary)


def _write_result(spool: Spool, folder: Path) -> None:
    rows = " UNION ALL BY NAME ".join(f"({select})" for select in ("FROM row", *spool.streams))
    for table, select in zip(_TABLES, (rows, "FROM stub"), strict=True):
        spool.sql.execute(f"COPY ({select}) TO {quote(folder / f'{table}.parquet')} (FORMAT parquet)")
    (folder / "rejects.txt").write_bytes(spool.rejects.read_bytes())


def _add_result(result: FileResult, session: ImportSession) -> None:
    for table in _TABLES:
        rows = f"FROM read_parquet({quote(result.folder / f'{table}.parquet')})"
        session.sql.execute(f"INSERT INTO {table} BY NAME {rows}")
    with (result.folder / "rejects.txt").open(encoding="utf-8") as rejects:
        for line in rejects:
            session.spool.write_reject(line)
    summary, counts = session.summary, result.summary
    summary.records += counts.records
    summary.rejected += counts.rejected
    summary.rejected_values += counts.rejected_values
    summary.listed_rejects += counts.listed_rejects
    for reason, count in counts.reject_reasons.counts.items():
        summary.reject_reasons.add(reason, count)
    summary.skipped.update(counts.skipped)
    summary.unmapped.update(counts.unmapped)
