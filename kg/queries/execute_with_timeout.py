"""A query and a number of seconds walk in; its answer walks out, or its process is ended.

The engine can neither be told to stop nor be asked how far it is, so a query that must stop runs in a process of its
own, which can be killed at any moment without harm: it only reads.
"""

from __future__ import annotations

import io
import subprocess
import sys

from pyoxigraph import QueryBoolean, QueryResultsFormat, RdfFormat, parse, parse_query_results

from kg.errors import LimitError, QueryError
from kg.lookup.entity_names import EntityNames
from kg.project import Project
from kg.queries.answer import Answer
from kg.queries.sparql import query_form, tokenise


def run_query_within(
    project: Project, text: str, *, seconds: float, names: EntityNames, limit: int | None = None, services: bool = False
) -> Answer:
    """The answer of the project's published graph; raises `LimitError` when it takes longer than that."""
    is_graph = query_form(list(tokenise(text))) in ("CONSTRUCT", "DESCRIBE")
    call = [sys.executable, "-m", "kg", "sparql", "-", "--project", str(project.folder)]
    call += ["--format", "turtle" if is_graph else "json"]
    call += ["--limit", str(limit)] if limit is not None else []
    call += [] if services else ["--no-service"]
    try:
        done = subprocess.run(call, input=text.encode(), capture_output=True, timeout=seconds, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise LimitError(f"The query took longer than {seconds:g} seconds and was stopped.", limit="seconds") from error
    if done.returncode != 0:
        raise QueryError(done.stderr.decode(errors="replace").strip().removeprefix("kg sparql: "))
    if is_graph:
        triples = tuple(quad.triple for quad in parse(done.stdout, format=RdfFormat.TURTLE))
        return Answer((), (), names, text, triples=triples)
    found = parse_query_results(io.BytesIO(done.stdout), format=QueryResultsFormat.JSON)
    if isinstance(found, QueryBoolean):
        return Answer((), (), names, text, truth=bool(found))
    columns = tuple(variable.value for variable in found.variables)
    return Answer(columns, list(found), names, text, complete=b'\n "complete": false' not in done.stdout)
