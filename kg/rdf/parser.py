"""The quads of an RDF file, one by one; what is wrong has its line and column.

pyoxigraph parses. What it would die of, and what the version of RDF does not have that is asked for, is refused before
or after it. RDF 1.2 (https://www.w3.org/TR/rdf12-concepts/) has triple terms, reifiers and base directions.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, cast

from pyoxigraph import Literal, Quad, RdfFormat, Triple, parse

from kg.errors import InputError
from kg.rdf import RDF_VERSIONS
from kg.rdf.encodings import EncodingError, open_utf8
from kg.rdf.jsonld_contexts import ContextError, embed_contexts

MAX_LITERAL_LENGTH = 1_000_000
"""The characters of the longest literal that is read: a longer one is a file in the wrong place."""
MAX_JSON_BYTES = 256 << 20
"""The size of a JSON-LD document, which is read as a whole."""
_MAX_ENTITIES_BYTES = 256 << 20
_MAX_NESTING = 1000
_MAX_DEPTH = 100
"""The triple terms within each other that are read: whatever writes or compares one does so with a call for each."""
_CHUNK = 1 << 16
_MAX_EXPANDED_SIZE = 10_000_000
_ENTITY = re.compile(rb"""<!ENTITY\s+([^\s%]+)\s+(?:"([^"]*)"|'([^']*)')\s*>""")
_REFERENCE = re.compile(rb"&([A-Za-z_:][\w:.\-]*);")
_TRIPLE_TERM = re.compile(rb"<<|>>")
_NO_SYNTAX = re.compile(rb"""<[^<>\s]*>|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|#[^\n]*""")
"""IRIs, strings and comments."""
_NEW_TERM = re.compile(rb"<<|\{\||(?<!\\)~|@[A-Za-z0-9-]+--(?:ltr|rtl)")
_NEW_XML = re.compile(rb"""\bparseType\s*=\s*["']Triple|\b\w+:dir\s*=""")
"""What RDF 1.2 adds to the syntaxes of RDF 1.1."""
_VERSION = re.compile(rb"(?:\s|#[^\n]*\n|@?(?:prefix|base)\b[^<#]*<[^>]*>\s*\.?)*(?=@?version\s)", re.IGNORECASE)
"""What may be before a version directive."""
_VERSION_LINE = re.compile(rb"^[ \t]*VERSION[ \t]*\"[^\"\\\n\r]*\"[ \t]*(?=[#\n\r]|\Z)", re.MULTILINE)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_PLACE = r"at line \d+(?: between columns \d+ and \d+| column \d+)?|between line \d+ column \d+ and line \d+ column \d+"
_MESSAGE = re.compile(rf"^(?:Parser error )?(?:{_PLACE}): | \(line \d+\)$")


class RdfSyntaxError(Exception):
    """A file that is no RDF, or none that can be read; `line` and `column` are 0 where they are unknown."""

    def __init__(self, message: str, *, line: int = 0, column: int = 0, check: str = "syntax") -> None:
        self.message, self.line, self.column, self.check = message, line, column, check
        super().__init__(f"{line}:{column}: {message}" if line else message)


class RdfParser(Iterator[Quad]):
    """Iterates over the quads of a file.

    Raises `RdfSyntaxError`. In a format with a statement on each line, the next statement can be read after one that
    does not parse. With the version `1.1` of RDF, a triple term, a direction and a version directive are errors.
    """

    def __init__(self, path: Path, format: RdfFormat, *, base_iri: str, version: str = "1.2") -> None:
        self.path, self._stack, self._is_new = path, ExitStack(), check_version(version) != "1.1"
        try:
            file, self.format = self._stack.enter_context(open_utf8(path, format, base_iri=base_iri))
            self._quads: Iterator[Triple | Quad] = parse(
                input=_prepare(file, self.format, is_new=self._is_new), format=self.format, base_iri=base_iri
            )
        except Exception as error:
            self._stack.close()
            raise _to_syntax_error(error) from error

    def __next__(self) -> Quad:
        try:
            statement = next(self._quads)
        except StopIteration:
            self._stack.close()
            raise
        except Exception as error:
            raise _to_syntax_error(error) from error
        quad = statement if isinstance(statement, Quad) else Quad(*statement)
        try:
            return _checked(quad, self.format, is_new=self._is_new)
        except RdfSyntaxError as error:
            if error.check == "length" and self.format in (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS):
                error.line = _long_line(self.path, self.format)
            elif error.check == "term":
                error.line = _line_of_new_term(self.path, self.format)
            raise


def check_version(version: str) -> str:
    """The version of RDF; raises `InputError` for one that is unknown."""
    if version not in RDF_VERSIONS:
        raise InputError(f"There is no version {version!r} of RDF; choose {' or '.join(RDF_VERSIONS)}.")
    return version


def _prepare(file: IO[bytes], format: RdfFormat, *, is_new: bool) -> IO[bytes]:
    """What the parser gets to read; a version directive is an error unless `is_new`."""
    if format is RdfFormat.JSON_LD:
        document = file.read(MAX_JSON_BYTES + 1)
        if len(document) > MAX_JSON_BYTES:
            raise RdfSyntaxError(f"a JSON-LD document may have at most {MAX_JSON_BYTES >> 20} MB", check="length")
        try:
            return io.BytesIO(embed_contexts(document))
        except ContextError as error:
            line = document.count(b"\n", 0, error.offset) + 1
            column = error.offset - document.rfind(b"\n", 0, error.offset)
            raise RdfSyntaxError(str(error), line=line, column=column) from error
    if format is RdfFormat.RDF_XML:
        return _with_entities(file)
    if format in (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS):
        return io.BufferedReader(_NestingReader(_WithoutVersions(file) if is_new else file), _CHUNK)
    if not is_new and (start := _VERSION.match(head := cast(io.BufferedReader, file).peek(_CHUNK))) is not None:
        line = head.count(b"\n", 0, start.end()) + 1
        raise RdfSyntaxError("a version directive, which RDF 1.1 does not have", line=line, check="term")
    return io.BufferedReader(_NestingReader(file))


class _WithoutVersions(io.RawIOBase):
    """N-Triples or N-Quads with spaces for version directives, which pyoxigraph reads in Turtle and TriG only."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file, self._lines = file, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._lines:
            self._lines = self._file.read(_CHUNK)
            if b"VERSION" in self._lines or not self._lines.endswith(b"\n"):
                self._lines += self._file.readline(MAX_LITERAL_LENGTH)
                self._lines = _VERSION_LINE.sub(lambda match: b" " * len(match[0]), self._lines)
        data, self._lines = self._lines[: len(buffer)], self._lines[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


class _NestingReader(io.RawIOBase):
    """Refuses triple terms within each other so deep that the parser would end the process."""

    def __init__(self, file: IO[bytes] | io.RawIOBase) -> None:
        super().__init__()
        self._file, self._depth, self._line = file, 0, 1

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        if b"<<" in data:
            for sign in _TRIPLE_TERM.findall(data):
                self._depth = self._depth + 1 if sign == b"<<" else max(0, self._depth - 1)
                if self._depth > _MAX_NESTING:
                    raise RdfSyntaxError(f"triple terms nest deeper than {_MAX_NESTING} levels", line=self._line)
        self._line += data.count(b"\n")
        return len(data)


def _checked(quad: Quad, format: RdfFormat, *, is_new: bool) -> Quad:
    """The quad, if RDF 1.1 has it, or RDF 1.2 where `is_new`; a direction of JSON-LD is left out."""
    value, depth = quad.object, 0
    if isinstance(value, Triple) and not is_new:
        raise RdfSyntaxError(f"{quad.triple} has a triple as a term, which RDF 1.1 does not have", check="term")
    while isinstance(value, Triple):
        value, depth = value.object, depth + 1
    if depth > _MAX_DEPTH:
        raise RdfSyntaxError(f"triple terms of {quad.subject} nest deeper than {_MAX_DEPTH} levels", check="nesting")
    if not isinstance(value, Literal):
        return quad
    if len(value.value) > MAX_LITERAL_LENGTH:
        message = f"a literal of {quad.subject} {quad.predicate} has {len(value.value):,} characters;"
        raise RdfSyntaxError(f"{message} at most {MAX_LITERAL_LENGTH:,} are allowed", check="length")
    if value.direction is not None and format is RdfFormat.JSON_LD:
        # https://www.w3.org/TR/json-ld11-api/#object-to-rdf-conversion: without rdfDirection it is left out.
        return Quad(quad.subject, quad.predicate, Literal(value.value, language=value.language), quad.graph_name)
    if value.direction is not None and not is_new:
        raise RdfSyntaxError(f"{value} has a direction, which RDF 1.1 does not have", check="term")
    return quad


def nests_too_deep(text: str) -> bool:
    """True for a term in N-Triples form that has more triple terms within each other than are read."""
    return text.startswith("<<") and _STRING.sub("", text).count("<<") > _MAX_DEPTH


def _long_line(path: Path, format: RdfFormat) -> int:
    """The first line that is longer than any literal may be."""
    with open_utf8(path, format, base_iri="") as (file, _):
        return next((number for number, line in enumerate(file, 1) if len(line) > MAX_LITERAL_LENGTH), 0)


def _line_of_new_term(path: Path, format: RdfFormat) -> int:
    """The first line with a triple term, a reifier or a direction; 0 where none is found."""
    with open_utf8(path, format, base_iri="") as (file, _):
        if format is RdfFormat.RDF_XML:
            return next((number for number, line in enumerate(file, 1) if _NEW_XML.search(line)), 0)
        lines = (_NO_SYNTAX.sub(b'""', line) for line in file)
        return next((number for number, line in enumerate(lines, 1) if _NEW_TERM.search(line)), 0)


def _to_syntax_error(error: Exception) -> RdfSyntaxError:
    match error:
        case RdfSyntaxError():
            return error
        case SyntaxError():
            message = _MESSAGE.sub("", _MESSAGE.sub("", error.msg))
            if message.startswith("Invalid UTF-8"):
                message = "this is not UTF-8; convert the file, for example with iconv -f WINDOWS-1252 -t UTF-8"
            if "LoadDocumentCallback" in message:
                message = "a context that is only named is not fetched; write its object in place of its address"
            return RdfSyntaxError(message, line=error.lineno or 0, column=error.offset or 0)
        case MemoryError():
            return RdfSyntaxError("a line or literal is larger than the 16 MB that are read", check="length")
        case EncodingError() | ValueError() | EOFError():
            return RdfSyntaxError(str(error))
        case OSError():
            return RdfSyntaxError(f"cannot be read: {error.strerror or error}", check="unreadable")
    raise error


# --- entities of XML


def _with_entities(file: IO[bytes]) -> IO[bytes]:
    """An XML file with entities that the parser can read; refused where they would grow without bound."""
    head = file.read(_MAX_EXPANDED_SIZE // 10)
    entities = _ENTITY.findall(head)
    if not entities:
        return io.BufferedReader(_Joined(head, file))
    text = head + file.read(_MAX_ENTITIES_BYTES)
    if len(text) > _MAX_ENTITIES_BYTES:
        raise RdfSyntaxError("an XML file with entities may have at most 256 MB", check="length")
    _refuse_entity_bombs(text, entities)
    # The parser reads only entities in double quotes.
    return io.BytesIO(
        _ENTITY.sub(lambda m: m[0] if m[3] is None or b'"' in m[3] else b'<!ENTITY %s "%s">' % (m[1], m[3]), text)
    )


class _Joined(io.RawIOBase):
    """What has been read of a file, and then the rest of it."""

    def __init__(self, head: bytes, file: IO[bytes]) -> None:
        super().__init__()
        self._head, self._file = head, file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        size = len(buffer)
        data, self._head = (self._head[:size], self._head[size:]) if self._head else (self._file.read(size), b"")
        buffer[: len(data)] = data
        return len(data)


def _refuse_entity_bombs(text: bytes, entities: Iterable[tuple[bytes, bytes, bytes]]) -> None:
    sizes: dict[bytes, int] = {}
    for name, double, single in entities:
        value = double or single
        # Only entities defined before it count: one that uses a later entity has no size and is left to the parser.
        sizes[name] = len(value) + sum(sizes.get(inner, 0) for inner in _REFERENCE.findall(value))
    if sum(sizes.get(name, 0) for name in _REFERENCE.findall(text)) > _MAX_EXPANDED_SIZE:
        message = "the XML entities of this file expand to more than 10 MB of text; the file is not read"
        raise RdfSyntaxError(message, line=1, check="entities")
