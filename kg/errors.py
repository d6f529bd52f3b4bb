"""The errors that the program raises, as one tree; each keeps its parts as attributes.

    FilmGraphError
    ├── InputError              the call or a file is wrong: exit status 2
    │   ├── FaultsError         files that cannot be read: all findings at once, each with its place
    │   ├── ProjectError        no project, or no graph built in it yet
    │   ├── UnknownNameError    an unknown name, with the closest known names
    │   ├── AmbiguousNameError  a name of several entities, with the candidates
    │   ├── ParameterError      a value that does not fit a stored query's parameter
    │   └── QueryError          a query that does not parse or may not run, with line and column
    ├── GraphFaultError         the graph has violations where a valid one is required: exit status 1
    ├── LimitError              a limit was reached: time, rows, depth
    ├── EngineMismatchError     two engines answer a query differently: exit status 1
    └── RemoteError             a remote endpoint did not answer as it should

Bad input raises; a bad graph returns a `Report`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from kg.reports import Finding, Place, Report, did_you_mean


class Remedy(StrEnum):
    """What to do next, where the interfaces have different words for it.

    The value is the words for the command line and for Python. Another interface looks the member up in a table of
    its own.
    """

    LIST_QUERIES = "`kg queries` lists them all, `kg queries WORD` searches them."


class FilmGraphError(Exception):
    """The root: catch it to catch all that this program raises."""


class InputError(FilmGraphError):
    """The call or its input was wrong."""


class FaultsError(InputError):
    """Files that cannot be read; `faults` are the findings, each with its place."""

    def __init__(self, faults: Iterable[Finding]) -> None:
        self.faults = tuple(Report(tuple(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ProjectError(InputError):
    """There is no project here, or it has no graph yet."""


class UnknownNameError(InputError):
    """An unknown `name`; `suggestions` are the closest known names, `message` is the sentence without `remedy`.

    `replacement` is what has replaced a former name, as it is called now; `suggestions` then has only the new name.
    """

    def __init__(
        self,
        name: str,
        *,
        kind: str,
        suggestions: Iterable[str] = (),
        remedy: Remedy | str = "",
        replacement: str = "",
    ) -> None:
        self.name, self.kind, self.suggestions, self.remedy = name, kind, tuple(suggestions), remedy
        self.replacement = replacement
        if replacement:
            self.message = f"There is no {kind} {name!r}; it is now {replacement}."
        else:
            self.message = f"There is no {kind} {name!r}. {did_you_mean(self.suggestions)}".rstrip()
        super().__init__(f"{self.message} {remedy}".rstrip())


class AmbiguousNameError(InputError):
    """Several entities have this `name`; `candidates` are their CURIEs, `descriptions` distinguish them."""

    def __init__(
        self, name: str, *, kind: str, candidates: Iterable[str], descriptions: Mapping[str, str] | None = None
    ) -> None:
        self.name, self.kind, self.candidates, self.descriptions = name, kind, tuple(candidates), descriptions or {}
        shown = (
            f"{candidate} ({description})" if (description := self.descriptions.get(candidate)) else candidate
            for candidate in self.candidates
        )
        super().__init__(f"{name!r} may be {' or '.join(shown)}. Write the one that you mean.")


class ParameterError(InputError):
    """A value does not fit the `parameter` of the stored query `query`."""

    def __init__(self, message: str, *, query: str, parameter: str) -> None:
        self.query, self.parameter = query, parameter
        super().__init__(message)


class QueryError(InputError):
    """A query that does not parse or may not run.

    `message` is what is wrong, `place` where, `expected` what the parser expected there, `suggestions` the closest
    known names; `detail` is all of it but the place, in a sentence.
    """

    def __init__(
        self, message: str, *, place: Place | None = None, expected: str = "", suggestions: Iterable[str] = ()
    ) -> None:
        self.message, self.place, self.expected, self.suggestions = message, place, expected, tuple(suggestions)
        stated = f"{message}: expected {expected}" if expected else message
        self.detail = f"{stated} {did_you_mean(self.suggestions)}".rstrip()
        super().__init__(f"{place}: {self.detail}" if place is not None else self.detail)

    @property
    def line(self) -> int:
        """The line at fault, from 1; 0 when it is unknown."""
        return self.place.line if self.place is not None else 0

    @property
    def column(self) -> int:
        """The column at fault, from 1; 0 when it is unknown."""
        return self.place.column if self.place is not None else 0


class GraphFaultError(FilmGraphError):
    """The graph has violations where a valid one is required; `report` lists them."""

    def __init__(self, message: str, *, report: Report) -> None:
        self.report = report
        super().__init__(message)


class LimitError(FilmGraphError):
    """A limit was reached: `limit` names it."""

    def __init__(self, message: str, *, limit: str) -> None:
        self.limit = limit
        super().__init__(message)


class EngineMismatchError(FilmGraphError):
    """Two engines answer a query differently; `only_columnar` and `only_oxigraph` are rows of one alone."""

    def __init__(self, message: str, *, only_columnar: Iterable[object], only_oxigraph: Iterable[object]) -> None:
        self.only_columnar, self.only_oxigraph = tuple(only_columnar), tuple(only_oxigraph)
        super().__init__(message)


class RemoteError(FilmGraphError):
    """A remote endpoint did not answer, or not as it should."""
