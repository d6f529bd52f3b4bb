"""Builds again when files of a project change: the state of its files is compared several times a second."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from kg.project import Project, is_hidden

FileStates = Mapping[Path, tuple[int, int, int]]
"""File -> when it was changed, in nanoseconds, its size, and which file it is, should others be renamed to it."""
_SECONDS, _SHARE = 0.04, 4
"""Between two looks at the files; or so many times as long as a look takes, where there are many files."""


def read_file_states(project: Project, *, texts: Path | str | None = None) -> FileStates:
    """The states of all files that a build reads."""
    folders = [project.folder / "ontology", project.data, project.texts, *([Path(texts)] if texts is not None else [])]
    states = {}
    paths = [path for folder in folders for path in folder.rglob("*") if not is_hidden(path.name)]
    for path in (*paths, project.configuration):
        try:
            status = path.stat()
        except OSError:  # removed just now
            continue
        if path.is_file():
            states[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return states


def watch(
    project: Project,
    build: Callable[[], object],
    *,
    then: Callable[[], object] = lambda: None,
    texts: Path | str | None = None,
    goes_on: Callable[[], bool] = lambda: True,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Call `build` now, and again after each change of files that have come to rest, while `goes_on` says so.

    `then` is called after the first time: it may load what later builds need.
    """
    built: FileStates | None = None
    before = read_file_states(project, texts=texts)
    while goes_on():
        start = time.monotonic()
        now = read_file_states(project, texts=texts)
        took = time.monotonic() - start
        if now == before and now != built:
            build()
            if built is None:
                then()
            # A build may write into the project; what people change meanwhile is seen as well, since it is later.
            after = read_file_states(project, texts=texts)
            built = now if _changed_by_others(now, after) else after
        before = now
        sleep(max(_SECONDS, _SHARE * took))


def _changed_by_others(before: FileStates, after: FileStates) -> bool:
    """True when more than the spans of cited words was written."""
    from kg.facts.passage_lock import LOCK_FILE

    return any(path.name != LOCK_FILE for path, _ in before.items() ^ after.items())


def parent_is_alive(parent: int) -> bool:
    """True while the process that started this one runs."""
    return os.getppid() == parent
