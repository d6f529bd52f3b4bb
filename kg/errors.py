"""Every error that the program raises, drawn as one tree; each keeps its facts as attributes.

    FilmGraphError
    ├── InputError              the call or a file is wrong: exit status 2
    │   ├── FaultsError         files with faults, all at once, each with its place
    │   ├── ProjectError        no project, or no graph built in it yet
    │   ├── UnknownNameError    a name that nothing bears; offers the nearest
    │   ├── AmbiguousNameError  a name that several things bear; lists them
    │   ├── ParameterError      a value that does not fit a stored query's parameter
    │   └── QueryError          a query that does not parse, with line and column
    ├── GraphFaultError         the graph itself is wrong where a right one is needed: exit status 1
    ├── LimitError              a bound was reached: time, rows, depth
    └── RemoteError             somebody else's endpoint did not answer as it should

Bad input raises; a bad graph returns a `Report`.
"""

from __future__ import annotations

from collections.abc import Iterable

from kg.reports import Finding, Place, Report


class FilmGraphError(Exception):
    """The root: catch it to catch all that this program raises."""


class InputError(FilmGraphError):
    """The call or its input was wrong."""


class FaultsError(InputError):
    """Files that could not be read; `faults` are the findings, each with its place."""

    def __init__(self, faults: Iterable[Finding]) -> None:
        self.faults = tuple(Report(tuple(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ProjectError(InputError):
    """There is no project here, or it has no graph yet."""


class UnknownNameError(InputError):
    """Nothing bears this `name`; `nearest` are names that something does bear."""

    def __init__(self, name: str, *, kind: str, nearest: Iterable[str] = (), remedy: str = "") -> None:
        self.name, self.kind, self.nearest = name, kind, tuple(nearest)
        offer = f" Did you mean {' or '.join(self.nearest)}?" if self.nearest else ""
        super().__init__(f"There is no {kind} {name!r}.{offer}{' ' + remedy if remedy else ''}")


class AmbiguousNameError(InputError):
    """Several things bear this `name`; `candidates` are their CURIEs."""

    def __init__(self, name: str, *, kind: str, candidates: Iterable[str]) -> None:
        self.name, self.kind, self.candidates = name, kind, tuple(candidates)
        super().__init__(f"{name!r} may be {' or '.join(self.candidates)}; write the one that you mean.")


class ParameterError(InputError):
    """A value does not fit the `parameter` of the stored query `query`."""

    def __init__(self, message: str, *, query: str, parameter: str) -> None:
        self.query, self.parameter = query, parameter
        super().__init__(message)


class QueryError(InputError):
    """A query that does not parse or may not run; `place` says where, `said` what is wrong."""

    def __init__(self, message: str, *, place: Place | None = None) -> None:
        self.place, self.said = place, message
        super().__init__(f"{place}: {message}" if place is not None else message)


class GraphFaultError(FilmGraphError):
    """The graph is wrong where a right one is needed; `report` says how."""

    def __init__(self, message: str, *, report: Report) -> None:
        self.report = report
        super().__init__(message)


class LimitError(FilmGraphError):
    """A bound was reached: `limit` names it."""

    def __init__(self, message: str, *, limit: str) -> None:
        self.limit = limit
        super().__init__(message)


class RemoteError(FilmGraphError):
    """An endpoint that a question reached out to did not answer, or not as it should."""
