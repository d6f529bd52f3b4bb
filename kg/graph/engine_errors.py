"""What errors of the system, DuckDB and Oxigraph mean for a user: a damaged file, a full disk, too little memory."""

from __future__ import annotations

import errno
import os
import re
import sys

from kg.errors import InputError, ProjectError

REMEDY = "Run `kg build`; for a graph of RDF files, run `kg load` again."
"""What to do about a damaged build."""
_DAMAGE = ("Corrupt", "checksum", "Could not read enough bytes", "not a valid DuckDB database file", "deserialize")
"""Words of their messages."""


def to_input_error(error: Exception, *, memory: str | None = None) -> InputError | None:
    """The error that says what is wrong and what to do; None for an error that means something else.

    `memory` is the limit that the tables had.
    """
    duckdb = sys.modules.get("duckdb")  # an error of what has not been imported is no error of it
    raised = (OSError, RuntimeError) if duckdb is None else (OSError, RuntimeError, duckdb.Error)
    if not isinstance(error, raised):
        return None
    text = str(error).replace("\\", "")
    message = text.splitlines()[0].removesuffix(".") if text else ""
    if duckdb is not None and isinstance(error, duckdb.OutOfMemoryException):
        bound = f" within {memory}" if memory is not None else ""
        return InputError(f"The memory{bound} is not enough. Allow more with --memory, or free disk space.")
    if getattr(error, "errno", None) is None and any(sign in message for sign in _DAMAGE):
        return ProjectError(f"The graph is damaged: {message}. {REMEDY}")
    return _to_refusal(error, text)


def is_interruption(error: Exception) -> bool:
    """True for what DuckDB raises in place of `KeyboardInterrupt` after Ctrl+C in one of its statements."""
    return isinstance(error, RuntimeError) and str(error) == "Query interrupted"


def _to_refusal(error: Exception, text: str) -> InputError | None:
    """What the system refuses to read or write, and why."""
    number = getattr(error, "errno", None) or next((n for n in _REFUSALS if os.strerror(n) in text), None)
    if number is None:
        return None
    named = re.search(r'file "([^"]+)"', text)
    file = getattr(error, "filename", None) or (named[1] if named is not None else "A file")
    advice = " Free some space, and run it again." if number in _FULL else ""
    return InputError(f"{file} cannot be read or written: {os.strerror(number)}.{advice}")


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSALS = (*_FULL, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE, errno.EIO)
"""Why a system refuses to read or write a file."""
