"""Stored queries: an `.rq` file with a header, typed parameters, and the binding of values to them.

The first lines of a file, each beginning `#+`, are YAML as grlc reads it (`summary`, `description`, `tags`, `endpoint`)
with further keys for parameters and columns:

    #+ summary: Which films did a person direct?
    #+ question: Which films did $person direct?
    #+ synonyms: [movies, directing]
    #+ tags: [credits]
    #+ params:
    #+   person: {type: entity, class: Person, about: the director}
    #+ returns: {film: a film, premiere: the day it was first shown}
    #+ none: No source names a film by $person.
    #+ because: co-directors count, since each has a credit
    #+ replaces: {directed-by: {person: $director}}

A parameter is a one-variable VALUES block, and the value in it is the example, so any SPARQL tool can run the file
unchanged. Binding replaces the inside of the block by the N-Triples form of terms, never by text from outside.

A file may be in a folder, which is the query's topic. Its name is the name of the file alone.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import yaml
from pyoxigraph import BlankNode, Literal, NamedNode

from kg.errors import FaultsError, ParameterError, QueryError, Remedy, UnknownNameError
from kg.facts.dates import to_date_range
from kg.facts.written_values import to_iso_date
from kg.lookup.entity_names import EntityNames
from kg.queries.sparql import ValuesBlock, find_values_blocks, guard, query_form
from kg.reports import Finding, Place, did_you_mean
from kg.terms import XSD, Term, to_short, to_term, to_text
from kg.text.folding import closest, fold_name
from kg.text.number_words import article_of
from kg.text.sparql_tokens import tokenise


class ParameterType(StrEnum):
    """What a parameter takes."""

    ENTITY = "entity"
    PROPERTY = "property"
    CLASS = "class"
    TEXT = "text"
    DATE = "date"
    NUMBER = "number"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a stored query; `example` is the inside of its VALUES block."""

    name: str
    type: ParameterType
    example: str
    class_name: str = ""
    about: str = ""
    is_list: bool = False
    is_optional: bool = False
    edge: str = "earliest"
    """`earliest` or `latest`: the day that an incomplete date stands for."""

    @property
    def example_value(self) -> str:
        """The example as a person types it."""
        literal = _LITERAL.fullmatch(self.example)
        return literal[1] if literal is not None else self.example.replace("> <", ">|<").replace(" film:", "|film:")

    @property
    def type_in_words(self) -> str:
        """`a Person`, `a list, each a text`."""
        name = self.class_name or self.type
        name = f"{article_of(name)} {name}"
        words = f"a list, each {name}" if self.is_list else name
        return f"{words}, optional" if self.is_optional else words


_FORMER_VALUE = re.compile(r"\$(\w+)")
_LITERAL = re.compile(r"\"([^\"]*)\"(?:\^\^\S+|@\S+)?")


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A question with a name; `blocks` are all VALUES blocks of its text."""

    name: str
    text: str
    form: str
    blocks: tuple[ValuesBlock, ...] = field(repr=False)
    summary: str = ""
    description: str = ""
    because: str = ""
    none: str = ""
    """What an empty answer means, where `$film` is the value of the parameter `film`."""
    question: str = ""
    """What it asks about values, such as `$film`, in short; the home page asks the queries that have one."""
    synonyms: tuple[str, ...] = ()
    """Words and phrases in which people ask for it, besides those of its summary; only the search reads them."""
    tags: tuple[str, ...] = ()
    params: tuple[Parameter, ...] = ()
    returns: Mapping[str, str] | None = None
    file: str = ""
    topic: str = ""
    """The folder of its file under `queries/`, such as `awards`; empty for a file in `queries/` itself."""
    replaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Names of former queries; for each the values of its call now, where `$film` is the former parameter `film`."""

    @property
    def example(self) -> str:
        """A command that works, as it is typed."""
        required = (parameter for parameter in self.params if not parameter.is_optional)
        words = (f"{parameter.name}={parameter.example_value}" for parameter in required)
        quoted = (f'"{word}"' if re.search(r"[^\w:.=|-]", word) else word for word in words)
        return " ".join(("kg ask", self.name, *quoted))

    @property
    def topics(self) -> tuple[str, ...]:
        """Its topic and its tags: the words by which interfaces choose queries."""
        return tuple(dict.fromkeys(filter(None, (self.topic, *self.tags))))

    @property
    def words(self) -> frozenset[str]:
        """The words of its header, folded, to search in."""
        texts = [self.name, self.summary, self.description, self.because, *self.synonyms, *self.topics]
        texts += [text for column in (self.returns or {}).items() for text in column]
        for parameter in self.params:
            texts += [parameter.name, parameter.class_name, parameter.about]
        return frozenset(fold_name(" ".join(texts)).split())

    def replacement_of(self, name: str) -> str:
        """The call that replaces a former query: `films-with, with property=genre value=GENRE`."""
        values = self.replaces[name].items()
        words = (f"{key}={_FORMER_VALUE.sub(lambda match: match[1].upper(), value)}" for key, value in values)
        return ", with ".join(filter(None, (self.name, " ".join(words))))

    def to_text(self) -> str:
        """What `kg queries` prints: name, summary, parameters and an example."""
        lines = [f"{self.name}: {self.summary}"]
        for parameter in self.params:
            lines.append(f"    {parameter.name}: {', '.join(filter(None, (parameter.type_in_words, parameter.about)))}")
        return "\n".join((*lines, f"    {self.example}", ""))

    def as_dict(self) -> dict[str, object]:
        """The query as JSON has it."""
        return {
            "name": self.name,
            "topic": self.topic,
            "summary": self.summary,
            "description": self.description,
            "because": self.because,
            "tags": list(self.tags),
            "params": [
                {
                    "name": parameter.name,
                    "takes": parameter.type_in_words,
                    "about": parameter.about,
                    "example": parameter.example,
                }
                for parameter in self.params
            ],
            "returns": dict(self.returns or {}),
            "example": self.example,
        }

    @property
    def sole_parameter(self) -> str:
        """The name of the only parameter that the query requires; raises `ParameterError` when there are others."""
        required = [parameter.name for parameter in self.params if not parameter.is_optional]
        if len(required) == 1:
            return required[0]
        message = f"{self.name} requires {' and '.join(required) or 'no parameter'}; name the value, as in name=value"
        raise ParameterError(message, query=self.name, parameter="")

    def empty_sentence(self, labels: Mapping[str, str]) -> str:
        """What it means that an answer is empty, with the values of the parameters as people call them.

        Values that the sentence does not name are added, since they narrow what it denies.
        """
        named = set(_FORMER_VALUE.findall(self.none))
        if self.none and named <= labels.keys():
            sentence = _FORMER_VALUE.sub(lambda match: labels[match[1]], self.none)
            others = ", ".join(f"{name}: {value}" for name, value in labels.items() if name not in named)
            return f"{sentence.removesuffix('.')} ({others})." if others else sentence
        values = ", ".join(labels.values())
        return f"No source answers this{f' for {values}' if values else ''}: {self.summary}".rstrip()

    def question_about(self, labels: Mapping[str, str]) -> str:
        """What it asks, with the values of the parameters as people call them; the summary where it has no question."""
        return _FORMER_VALUE.sub(lambda match: labels[match[1]], self.question) or self.summary

    def bind(self, terms: Mapping[str, tuple[Term, ...]]) -> str:
        """The query's text with these terms in its VALUES blocks; a parameter without terms becomes UNDEF."""
        pieces, position = [], 0
        names = {parameter.name for parameter in self.params}
        # All blocks of a name, so that a query may use a parameter twice.
        for block in (block for block in self.blocks if block.name in names):
            inside = " ".join(to_text(term) for term in terms.get(block.name, ())) or "UNDEF"
            pieces += [self.text[position : block.start], f" {inside} "]
            position = block.end
        return "".join((*pieces, self.text[position:]))


# --- reading files


def read_query(path: Path, *, root: Path) -> StoredQuery:
    """The stored query in a file under `root`; raises `FaultsError` with every fault of it."""
    file = _file_name(path, root)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FaultsError([Finding(_CHECK, f"cannot be read: {error}", places=(Place(file),))]) from error
    reader = _HeaderReader(text, file)
    header = reader.read()
    try:
        tokens = guard(text, file=file)
    except QueryError as error:
        fault = Finding(_CHECK, error.detail, places=(error.place or Place(file),))
        raise FaultsError([*reader.findings, fault]) from error
    blocks = tuple(find_values_blocks(text, tokens))
    params = tuple(reader.parameters(header.get("params"), blocks))
    names = [parameter.name for parameter in params]
    replaces = reader.replaces(header.get("replaces"), names)
    reader.check_sentence("none", header, names)
    reader.check_sentence("question", header, [each.name for each in params if not each.is_optional])
    if reader.findings:
        raise FaultsError(reader.findings)
    returns = header.get("returns")
    return StoredQuery(
        name=path.stem,
        text=text,
        form=query_form(tokens),
        blocks=blocks,
        summary=str(header.get("summary", "")),
        description=str(header.get("description", "")),
        because=str(header.get("because", "")),
        none=str(header.get("none", "")),
        question=str(header.get("question", "")),
        synonyms=_texts(header.get("synonyms")),
        tags=_texts(header.get("tags")),
        params=params,
        returns={str(name): str(about) for name, about in returns.items()} if isinstance(returns, dict) else None,
        file=file,
        topic="/".join(path.relative_to(root).parent.parts),
        replaces=replaces,
    )


def _texts(value: object) -> tuple[str, ...]:
    """The texts of a list, or the one text."""
    return tuple(map(str, value)) if isinstance(value, list) else () if value is None else (str(value),)


def _file_name(path: Path, root: Path) -> str:
    """The path as it is in findings: `queries/awards/awards-of.rq`."""
    return f"{root.name}/{path.relative_to(root).as_posix()}"


_CHECK = "queries/header"
_HEADER_LINE = re.compile(r"^#\+[ \t]?(.*)$")
_HEADER_KEYS = (
    "summary",
    "question",
    "description",
    "synonyms",
    "tags",
    "endpoint",
    "params",
    "returns",
    "because",
    "none",
    "replaces",
    "method",
    "pagination",
    "defaults",
    "enumerate",
    "transform",
    "endpoint_in_url",
    "endpoint-method",
)
_TERM_TYPES = (ParameterType.ENTITY, ParameterType.PROPERTY, ParameterType.CLASS)
"""The types whose values are IRIs."""
_FORMER_TYPES = {"thing": ParameterType.ENTITY}
_PARAMETER_KEYS = ("type", "class", "about", "list", "optional", "edge")


class _HeaderReader:
    """Reads the header of one file; what is wrong is in `findings`."""

    def __init__(self, text: str, file: str) -> None:
        self.findings: list[Finding] = []
        self._file = file
        self._lines: list[str] = []
        for line in text.splitlines():
            match = _HEADER_LINE.match(line)
            if match is None:
                break
            self._lines.append(match[1])

    def read(self) -> dict[str, object]:
        """The header; empty when it cannot be read."""
        try:
            header = yaml.load("\n".join(self._lines), Loader=yaml.CSafeLoader) if self._lines else {}
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            line = min(mark.line + 1, len(self._lines)) if mark is not None else 1
            self._report(f"the header is not YAML: {error.problem}", line=line)
            return {}
        except yaml.YAMLError as error:
            self._report(f"the header is not YAML: {error}")
            return {}
        if not isinstance(header, dict):
            self._report("the header is not a mapping")
            return {}
        self._check_keys(header, _HEADER_KEYS, of="a header")
        return header

    def parameters(self, specs: object, blocks: Sequence[ValuesBlock]) -> Iterator[Parameter]:
        """The parameters of the header, each with the first VALUES block of its name as the example."""
        if specs is None:
            return
        if not isinstance(specs, dict):
            self._report("params is not a mapping of names", line=self._line_of("params"))
            return
        examples = {block.name: block.inside for block in reversed(blocks)}
        for name, spec in specs.items():
            line = self._line_of(str(name))
            spec = {"type": spec} if isinstance(spec, str) else spec
            if not isinstance(spec, dict):
                self._report(f"the parameter {name!r} is not described by a mapping", line=line)
                continue
            self._check_keys(spec, _PARAMETER_KEYS, of="a parameter")
            type_name = str(spec.get("type", "text"))
            if name not in examples:
                self._report(f"the parameter {name!r} has no `VALUES ?{name} {{ ... }}` in the query", line=line)
            elif type_name not in tuple(ParameterType):
                name_now = _FORMER_TYPES.get(type_name, type_name)
                suggestions = closest(name_now, list(ParameterType))
                self._report(f"unknown type of a parameter: {type_name!r}", line=line, suggestions=suggestions)
            else:
                yield Parameter(
                    name=str(name),
                    type=ParameterType(type_name),
                    example=examples[name],
                    class_name=str(spec.get("class", "")),
                    about=str(spec.get("about", "")),
                    is_list=bool(spec.get("list", False)),
                    is_optional=bool(spec.get("optional", False)),
                    edge=str(spec.get("edge", "earliest")),
                )

    def replaces(self, calls: object, known: Sequence[str]) -> dict[str, dict[str, str]]:
        """The former names in the header, each with the values of the call that replaces it.

        A list of names, or a name without values, means that the parameters are the same.
        """
        if isinstance(calls, list):
            return {str(name): {} for name in calls}
        if not isinstance(calls, dict | None) or not all(
            isinstance(call, dict | None) for call in (calls or {}).values()
        ):
            self._report(
                "replaces is not a list of names or a mapping of names to values", line=self._line_of("replaces")
            )
            return {}
        replaced: dict[str, dict[str, str]] = {}
        for name, call in (calls or {}).items():
            self._check_keys(call or {}, known, of=f"the call that replaces {name}")
            replaced[str(name)] = {str(key): _to_word(value) for key, value in (call or {}).items()}
        return replaced

    def check_sentence(self, key: str, header: Mapping[str, object], known: Sequence[str]) -> None:
        """Report what the sentence of a key names with a `$` without being one of these parameters."""
        for name in _FORMER_VALUE.findall(str(header.get(key, ""))):
            if name not in known:
                message = f"{key} names no {'required ' if key == 'question' else ''}parameter: ${name}"
                self._report(message, line=self._line_of(key), suggestions=closest(name, list(known)))

    def _check_keys(self, mapping: Mapping[object, object], known: Sequence[str], *, of: str) -> None:
        for key in map(str, mapping):
            if key not in known:
                suggestions = closest(key, list(known))
                self._report(f"unknown key of {of}: {key!r}", line=self._line_of(key), suggestions=suggestions)

    def _line_of(self, key: str) -> int:
        pattern = re.compile(rf"(?<![\w-]){re.escape(key)}\s*:")
        return next((number for number, line in enumerate(self._lines, start=1) if pattern.search(line)), 1)

    def _report(self, message: str, *, line: int = 1, suggestions: Sequence[str] = ()) -> None:
        place = Place(self._file, line, 1)
        self.findings.append(Finding(_CHECK, message, places=(place,), suggestions=tuple(suggestions[:1])))


def _to_word(value: object) -> str:
    """A value of YAML as it is typed: YAML reads `true` as a truth value."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class StoredQueries(Mapping[str, StoredQuery]):
    """The stored queries of a folder by name, with those of its subfolders, in the order of topics and names.

    Each file is read when it is first used, and one fault hides no other.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, list[Path]] = {}
        for path in sorted(filter(Path.is_file, folder.rglob("*.rq")), key=lambda path: (path.parent, path.stem)):
            self._files.setdefault(path.stem, []).append(path)
        self._queries: dict[str, StoredQuery] = {}

    def __repr__(self) -> str:
        return f"StoredQueries({str(self.folder)!r}, {len(self)} queries)"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __getitem__(self, name: str) -> StoredQuery:
        if name not in self._queries:
            path, *others = self._files[name]
            if others:
                first, *further = (_file_name(path, self.folder) for path in self._files[name])
                message = f"{', '.join((first, *further))} have the same name; rename all but one"
                raise FaultsError([Finding(_CHECK, message, places=tuple(map(Place, (first, *further))))])
            self._queries[name] = read_query(path, root=self.folder)
        return self._queries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def find(self, name: str) -> StoredQuery:
        """The stored query of this name; raises `UnknownNameError` with the closest names."""
        if (stem := name.removesuffix(".rq")) not in self._files:
            raise self.unknown(name, kind="stored query", known=list(self._files))
        return self[stem]

    def unknown(self, name: str, *, kind: str, known: list[str]) -> UnknownNameError:
        """The error for a name that no query has: with the call that replaces it, or the closest known names."""
        former = name.removesuffix(".rq")
        for query in self.valid():
            if former in query.replaces:
                replacement = query.replacement_of(former)
                return UnknownNameError(name, kind=kind, suggestions=[query.name], replacement=replacement)
        likely = closest(name, known) or sorted(query for query in known if query.startswith(f"{former}-"))[:3]
        return UnknownNameError(name, kind=kind, suggestions=likely, remedy=Remedy.LIST_QUERIES)

    def valid(self) -> Iterator[StoredQuery]:
        """The queries whose files have no fault."""
        for name in self:
            try:
                yield self[name]
            except FaultsError:
                continue

    def findings(self) -> Iterator[Finding]:
        """What is wrong with the files: each on its own, and former names that a query has or that two replace."""
        users: dict[str, list[str]] = {name: [_file_name(paths[0], self.folder)] for name, paths in self._files.items()}
        for name in self:
            try:
                query = self[name]
            except FaultsError as error:
                yield from error.faults
                continue
            for former in query.replaces:
                users.setdefault(former, []).append(query.file)
                if len(users[former]) > 1:
                    message = f"{former!r} is replaced here, but {users[former][0]} has or replaces this name too"
                    yield Finding(_CHECK, message, places=tuple(map(Place, reversed(users[former]))))


# --- binding values


def parameter_terms(
    query: StoredQuery, values: Mapping[str, object], names: EntityNames
) -> dict[str, tuple[Term, ...]]:
    """The terms for each parameter of a stored query, from texts, numbers, dates, terms or what has an `iri`.

    Raises `ParameterError` for a parameter that the query does not have, one that is missing, or a value of the wrong
    type, and `UnknownNameError` or `AmbiguousNameError` for a name of no entity or of several.
    """
    known = [parameter.name for parameter in query.params]
    for name in values:
        if name not in known:
            advice = did_you_mean(closest(name, known)[:1]) or f"It takes {', '.join(known) or 'none'}."
            raise ParameterError(f"{query.name} has no parameter {name!r}. {advice}", query=query.name, parameter=name)
    terms: dict[str, tuple[Term, ...]] = {}
    for parameter in query.params:
        value = values.get(parameter.name)
        if value is not None:
            terms[parameter.name] = _bind(query, parameter, value, names)
        elif not parameter.is_optional:
            example = f"{parameter.name}={parameter.example}"
            message = f"{query.name} needs {parameter.name}, {parameter.type_in_words}; for example {example}"
            raise ParameterError(message, query=query.name, parameter=parameter.name)
    return terms


def value_labels(query: StoredQuery, text: str, names: EntityNames) -> dict[str, str]:
    """Parameter -> its value in a bound query, as people call it; parameters without a value are left out."""
    labels = {}
    blocks = {block.name: block.inside for block in reversed(list(find_values_blocks(text, list(tokenise(text)))))}
    for parameter in query.params:
        terms = _TERM.findall(blocks.get(parameter.name, "UNDEF"))
        if terms:
            labels[parameter.name] = " and ".join(_label(to_term(term), names) for term in terms)
    return labels


_TERM = re.compile(r'<[^<>]*>|"(?:[^"\\]|\\.)*"(?:\^\^<[^<>]*>|@[\w-]+)?')


def _label(term: Term, names: EntityNames) -> str:
    if not isinstance(term, NamedNode):
        return term.value
    return names.label(term) or to_short(term).rpartition(":")[2]


def _bind(query: StoredQuery, parameter: Parameter, value: object, names: EntityNames) -> tuple[Term, ...]:
    try:
        elements = _elements(value, parameter)
        if not elements:
            raise ValueError("the list is empty")
        terms = tuple(_to_term(element, parameter, names) for element in elements)
    except ValueError as error:
        message = f"{parameter.name} of {query.name}: {error}"
        raise ParameterError(message, query=query.name, parameter=parameter.name) from error
    return terms


def _elements(value: object, parameter: Parameter) -> list[object]:
    """The values of a list, or the one value; a text separates its values by `|`, since titles have commas."""
    if not parameter.is_list:
        if isinstance(value, list | tuple):
            raise ValueError(f"it takes one value, not {len(value)}")
        return [value]
    if isinstance(value, str):
        return [part.strip() for part in value.split("|") if part.strip()]
    return list(value) if isinstance(value, Iterable) else [value]


_NUMBER = re.compile(r"[+-]?[0-9]+(?P<fraction>\.[0-9]+)?(?P<exponent>[eE][+-]?[0-9]{1,3})?")
_TYPED = (ParameterType.DATE, ParameterType.NUMBER, ParameterType.BOOLEAN)
_INTEGER, _DECIMAL, _DOUBLE, _DATE, _BOOLEAN = (
    NamedNode(XSD + name) for name in ("integer", "decimal", "double", "date", "boolean")
)
_BOOLEANS = {"true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false"}


def _to_term(value: object, parameter: Parameter, names: EntityNames) -> Term:
    value = getattr(value, "iri", value)
    if isinstance(value, Literal) and parameter.type in _TYPED:
        value = value.value
    if isinstance(value, NamedNode | Literal | BlankNode):
        if isinstance(value, BlankNode) or isinstance(value, Literal) is (parameter.type in _TERM_TYPES):
            raise ValueError(f"{value} is not {parameter.type_in_words}")
        return value
    match parameter.type:
        case ParameterType.ENTITY:
            return names.entity(str(value), class_name=parameter.class_name)
        case ParameterType.PROPERTY:
            return names.property_iri(str(value))
        case ParameterType.CLASS:
            return names.class_iri(str(value))
        case ParameterType.TEXT:
            return Literal(str(value))
        case ParameterType.DATE:
            text = value.isoformat() if isinstance(value, datetime.date) else str(value)
            dates = to_date_range(to_iso_date(text) or text)
            return Literal((dates.latest if parameter.edge == "latest" else dates.earliest).isoformat(), datatype=_DATE)
        case ParameterType.NUMBER:
            number = _NUMBER.fullmatch(str(value).strip())
            if number is None or isinstance(value, bool):
                raise ValueError(f"{value!r} is not a number")
            datatype = _DOUBLE if number["exponent"] else _DECIMAL if number["fraction"] else _INTEGER
            return Literal(number[0], datatype=datatype)
        case ParameterType.BOOLEAN:
            truth = _BOOLEANS.get(str(value).strip().lower())
            if truth is None:
                raise ValueError(f"{value!r} is neither true nor false")
            return Literal(truth, datatype=_BOOLEAN)
