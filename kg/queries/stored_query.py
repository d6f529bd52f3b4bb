"""An `.rq` file walks in; a stored query with typed parameters walks out, and with values bound into it a query to run.

The file's first lines, each beginning `#+`, are YAML as grlc reads it (`summary`, `description`, `tags`, `endpoint`)
with keys of our own:

    #+ summary: Films that a person directed
    #+ tags: [credits]
    #+ params:
    #+   person: {type: thing, class: Person, about: the director}
    #+ returns: {film: a film, premiere: the day it was first shown}
    #+ because: co-directors count, since each has a credit

A parameter is a one-variable VALUES block, and the value in it is the example: so the file runs as it stands in any
SPARQL tool. Binding replaces the inside of the block by the N-Triples form of terms, never by text from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import yaml

from kg.errors import FaultsError, QueryError, Remedy, UnknownNameError
from kg.queries.sparql import ValuesBlock, find_values_blocks, guard, query_form
from kg.reports import Finding, Place
from kg.terms import Term, to_text
from kg.text import closest

_HEADER = re.compile(r"^#\+[ \t]?(.*)$")
_LITERAL = re.compile(r"\"([^\"]*)\"(?:\^\^\S+|@\S+)?")
_KEYS = (
    "summary",
    "description",
    "tags",
    "endpoint",
    "params",
    "returns",
    "because",
    "method",
    "pagination",
    "defaults",
    "enumerate",
    "transform",
    "endpoint_in_url",
    "endpoint-method",
)

_PARAM_KEYS = ("type", "class", "about", "list", "optional", "edge")


class ParameterType(StrEnum):
    """What a parameter takes."""

    ENTITY = "thing"
    TEXT = "text"
    DATE = "date"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that a stored query takes, or a list of them; `example` is what stands in its VALUES block."""

    name: str
    type: ParameterType
    example: str
    class_name: str = ""
    about: str = ""
    is_list: bool = False
    is_optional: bool = False
    edge: str = "earliest"

    @property
    def example_value(self) -> str:
        """The example as a person would type it."""
        return _example(self.example)

    @property
    def type_in_words(self) -> str:
        """In words: `a Person`, `a list of texts`."""
        one = self.class_name or self.type
        one = f"{'an' if one[0].lower() in 'aeiou' else 'a'} {one}"
        told = f"a list, each {one}" if self.is_list else one
        return f"{told}, may be left out" if self.is_optional else told


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A question with a name."""

    name: str
    text: str
    form: str
    summary: str = ""
    description: str = ""
    because: str = ""
    tags: tuple[str, ...] = ()
    params: tuple[Parameter, ...] = ()
    returns: Mapping[str, str] | None = None
    file: str = ""

    @property
    def example(self) -> str:
        """A call that works, as it is typed."""
        given = (f"{one.name}={one.example_value}" for one in self.params if not one.is_optional)
        words = (f'"{word}"' if re.search(r"[^\w:.=|-]", word) else word for word in given)
        return " ".join(("kg ask", self.name, *words))

    @property
    def search_text(self) -> str:
        """Its name, summary, tags and columns, as one looks for them: in small letters, blanks for hyphens."""
        told = (self.name, self.summary, self.description, *self.tags, *(self.returns or {}))
        return " ".join((self.name, *told)).casefold() + " " + self.name.replace("-", " ")

    def to_text(self) -> str:
        """What `kg queries` prints: name, summary, what it takes, an example."""
        lines = [f"{self.name}: {self.summary}"]
        lines += [f"    {one.name}: {one.type_in_words}{', ' + one.about if one.about else ''}" for one in self.params]
        return "\n".join((*lines, f"    {self.example}", ""))

    def as_dict(self) -> dict[str, object]:
        """The same for programs."""
        return {
            "name": self.name,
            "summary": self.summary,
            "description": self.description,
            "because": self.because,
            "tags": list(self.tags),
            "params": [
                {"name": one.name, "takes": one.type_in_words, "about": one.about, "example": one.example}
                for one in self.params
            ],
            "returns": dict(self.returns or {}),
            "example": self.example,
        }

    def bind(self, terms: Mapping[str, tuple[Term, ...]]) -> str:
        """The query's text with these terms in its VALUES blocks; a parameter without terms becomes UNDEF."""
        pieces, at = [], 0
        names = {parameter.name for parameter in self.params}
        # All blocks of a name, so that a query may use a parameter twice.
        for block in (block for block in _blocks(self.text) if block.name in names):
            inside = " ".join(to_text(term) for term in terms.get(block.name, ())) or "UNDEF"
            pieces += [self.text[at : block.start], f" {inside} "]
            at = block.end
        return "".join((*pieces, self.text[at:]))


@lru_cache(maxsize=1024)
def _blocks(text: str) -> tuple[ValuesBlock, ...]:
    """The VALUES blocks of a query's text, which is read once however often it is asked."""
    return tuple(find_values_blocks(text))


def read_query(path: Path, *, root: Path) -> StoredQuery:
    """The stored query in a file, named by its path under `root`; raises `FaultsError` with every fault of it."""
    file = f"{root.name}/{path.relative_to(root).as_posix()}"
    faults: list[Finding] = []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FaultsError([_fault(f"cannot be read: {error}", Place(file))]) from error
    header = _read_header(text, file=file, faults=faults)
    try:
        read = guard(text, file=file)
    except QueryError as error:
        raise FaultsError([*faults, _fault(error.detail, error.place or Place(file))]) from error
    blocks: dict[str, ValuesBlock] = {}
    for block in find_values_blocks(text, read):
        blocks.setdefault(block.name, block)
    params = tuple(_parameters(header.get("params"), blocks, file=file, faults=faults))
    if faults:
        raise FaultsError(faults)
    returns = header.get("returns")
    return StoredQuery(
        name=path.relative_to(root).with_suffix("").as_posix().replace("/", "-"),
        text=text,
        form=query_form(read),
        summary=str(header.get("summary", "")),
        description=str(header.get("description", "")),
        because=str(header.get("because", "")),
        tags=tuple(str(tag) for tag in _list(header.get("tags"))),
        params=params,
        returns={str(name): str(about) for name, about in returns.items()} if isinstance(returns, dict) else None,
        file=file,
    )


class StoredQueries(Mapping[str, StoredQuery]):
    """The stored queries of a folder by name, each read when it is asked for; one broken file hides no other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = {
            path.relative_to(folder).with_suffix("").as_posix().replace("/", "-"): path
            for path in sorted(folder.rglob("*.rq"))
        }
        self._read: dict[str, StoredQuery] = {}

    def __getitem__(self, name: str) -> StoredQuery:
        if name not in self._files:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = read_query(self._files[name], root=self.folder)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def find(self, name: str) -> StoredQuery:
        """The stored query of this name; raises `UnknownNameError`, offering the nearest."""
        if name.removesuffix(".rq") not in self._files:
            raise UnknownNameError(
                name,
                kind="stored query",
                suggestions=closest(name, list(self._files)),
                remedy=Remedy.LIST_QUERIES,
            )
        return self[name.removesuffix(".rq")]

    def findings(self) -> Iterator[Finding]:
        """What is wrong with the files."""
        for name in self:
            try:
                self[name]
            except FaultsError as error:
                yield from error.faults


def _read_header(text: str, *, file: str, faults: list[Finding]) -> dict[str, object]:
    lines = []
    for line in text.splitlines():
        found = _HEADER.match(line)
        if found is None:
            break
        lines.append(found[1])
    try:
        header = yaml.load("\n".join(lines), Loader=yaml.CSafeLoader) if lines else {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        number = min(mark.line + 1, len(lines)) if mark is not None else 1
        faults.append(_fault(f"the header is not YAML: {error.problem}", Place(file, number, 1)))
        return {}
    except yaml.YAMLError as error:
        faults.append(_fault(f"the header is not YAML: {error}", Place(file, 1, 1)))
        return {}
    if not isinstance(header, dict):
        faults.append(_fault("the header is not a mapping", Place(file, 1, 1)))
        return {}
    for key in header:
        if key not in _KEYS:
            faults.append(
                _fault(f"{key!r} is no key of a header", Place(file, _line(lines, str(key)), 1), near=(str(key), _KEYS))
            )
    return header


def _parameters(
    said: object, blocks: Mapping[str, ValuesBlock], *, file: str, faults: list[Finding]
) -> Iterator[Parameter]:
    if said is None:
        return
    if not isinstance(said, dict):
        faults.append(_fault("params is not a mapping of names", Place(file, 1, 1)))
        return
    for name, spec in said.items():
        spec = {"type": spec} if isinstance(spec, str) else spec
        if not isinstance(spec, dict):
            faults.append(_fault(f"the parameter {name!r} is not described by a mapping", Place(file, 1, 1)))
            continue
        for key in spec:
            if key not in _PARAM_KEYS:
                faults.append(
                    _fault(f"{key!r} is not said of a parameter", Place(file, 1, 1), near=(str(key), _PARAM_KEYS))
                )
        if name not in blocks:
            faults.append(
                _fault(f"the parameter {name!r} has no `VALUES ?{name} {{ ... }}` in the query", Place(file, 1, 1))
            )
            continue
        if spec.get("type", "text") not in tuple(ParameterType):
            faults.append(
                _fault(
                    f"{spec.get('type')!r} is no type of a parameter",
                    Place(file, 1, 1),
                    near=(str(spec.get("type")), tuple(ParameterType)),
                )
            )
            continue
        yield Parameter(
            name=str(name),
            type=ParameterType(spec.get("type", "text")),
            example=blocks[name].inside,
            class_name=str(spec.get("class", "")),
            about=str(spec.get("about", "")),
            is_list=bool(spec.get("list", False)),
            is_optional=bool(spec.get("optional", False)),
            edge=str(spec.get("edge", "earliest")),
        )


def _example(inside: str) -> str:
    """The inside of a VALUES block as a person would type it."""
    found = _LITERAL.fullmatch(inside)
    return found[1] if found is not None else inside.replace("> <", ">|<").replace(" film:", "|film:")


def _fault(message: str, place: Place, *, near: tuple[str, Iterable[str]] | None = None) -> Finding:
    found = closest(near[0], list(near[1])) if near is not None else ()
    return Finding("queries/header", message, places=(place,), remedy=f"Did you mean {found[0]}?" if found else "")


def _line(lines: list[str], key: str) -> int:
    return next((number for number, line in enumerate(lines, start=1) if line.startswith(key)), 1)


def _list(said: object) -> Iterable[object]:
    return said if isinstance(said, list) else () if said is None else (said,)
