"""rdflib's parser of SPARQL, whose garbage is collected in the thread that parses.

The errors by which pyparsing tries its alternatives form cycles with their frames, and a frame keeps those of its
callers, with all that these have: until the garbage collector runs, in any thread. But an engine's rows must end in the
thread that made them.
"""

from __future__ import annotations

import gc
from threading import Lock
from typing import Any

from rdflib.plugins.sparql.parser import parseQuery

_PARSING = Lock()


def parse_query(text: str) -> Any:
    """A query as rdflib parses it.

    Raises whatever rdflib and pyparsing raise (they document no kinds), `RecursionError` for one that nests too deep.
    """
    if not gc.isenabled():  # what its user disables is not enabled here
        return parseQuery(text)
    failure = None
    with _PARSING:
        gc.disable()  # so that all that is made stays in the youngest generation
        try:
            return parseQuery(text)
        except Exception as error:
            # Without its frames: the caller keeps the error.
            failure = error.with_traceback(None)
            failure.__context__ = failure.__cause__ = None
        finally:
            gc.collect(0)
            gc.enable()
    try:
        raise failure
    finally:
        del failure  # it has this frame
