"""rdflib's warnings about literals that do not fit their datatypes, left out where such literals are expected."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ARE_LEFT_OUT: ContextVar[bool] = ContextVar("_ARE_LEFT_OUT", default=False)


@contextmanager
def without_rdflib_warnings() -> Iterator[None]:
    """Within it, this thread gives no such warning; those of other threads are given."""
    token = _ARE_LEFT_OUT.set(True)
    try:
        yield
    finally:
        _ARE_LEFT_OUT.reset(token)


def _is_given(record: logging.LogRecord) -> bool:
    return not _ARE_LEFT_OUT.get()


logging.getLogger("rdflib.term").addFilter(_is_given)
