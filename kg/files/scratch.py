"""Temporary folders; those that killed processes have left are removed by the next process that makes one."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_PREFIX, _LOCK = "kg-", ".kg-lock"
_JUST_MADE = 60.0
"""Seconds in which the process that made a folder has locked it."""


@contextlib.contextmanager
def temporary_directory(what: str) -> Iterator[Path]:
    """A new folder for temporary files, `kg-WHAT-...`, which is removed afterwards.

    The process holds a lock on a file in it. A lock ends with its process, so a folder without one was left behind.
    """
    remove_left_folders(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{what}-", ignore_cleanup_errors=True) as name:
        if sys.platform == "win32":  # has no locks that end with a process
            yield Path(name)
            return
        import fcntl

        lock = os.open(Path(name, _LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield Path(name)
        finally:
            os.close(lock)


@cache
def remove_left_folders(parent: Path) -> None:
    """Remove the temporary folders of this user whose processes have ended without doing so, once a process."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        for folder in parent.glob(f"{_PREFIX}*/{_LOCK}"):
            with contextlib.suppress(OSError):
                _remove_left(folder.parent)


def _remove_left(folder: Path) -> None:
    if sys.platform == "win32":
        return
    import fcntl

    status = folder.lstat()
    if status.st_uid != os.getuid() or time.time() - status.st_ctime < _JUST_MADE:
        return
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises where a process has it
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
