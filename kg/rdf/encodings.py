"""Bytes of RDF files as UTF-8: decompressed, without a byte order mark, and XML with the line ends and bases it means.

XML may be in any encoding that it declares, and must be read in UTF-16 (https://www.w3.org/TR/xml/#charencoding). Its
line ends are `\\n` (https://www.w3.org/TR/xml/#sec-line-ends), and `xml:base=""` is the base of the document itself.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast
from urllib.parse import urljoin

from pyoxigraph import RdfFormat

from kg.rdf.file_formats import recognise

_HEAD = 1 << 16
_CHUNK = 1 << 16
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UNMARKED = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_DECLARATION = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z][\w.\-]*)[\"'][^>]*\?>")
_DECLARED = re.compile(r"(<\?xml\s[^>]*?)\s+encoding\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_BASE = re.compile(
    r"(<[A-Za-z_][\w.:\-]*(?:\s+[\w.:\-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*?\s+)xml:base\s*=\s*(\"[^\"]*\"|'[^']*')"
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


MAX_XML_DEPTH = 5_000
"""The depth to which XML elements may nest, as counted after each chunk: the parser's time grows with its square."""


class EncodingError(ValueError):
    """The bytes of a file are not text in its encoding, or XML that nests too deep."""


@contextmanager
def open_utf8(path: Path, format: RdfFormat, *, base_iri: str) -> Iterator[tuple[IO[bytes], RdfFormat]]:
    """The text of a file as UTF-8, and its format, which is recognised where the name says another.

    Raises `EncodingError` for an encoding that is unknown, `ValueError` for a syntax that is no RDF, and `OSError`.
    """
    with _open(path) as file:
        head = file.read(_HEAD)
        encoding, mark = _encoding(head)
        start = head[mark:].decode(encoding, errors="replace")
        actual = recognise(start, format)
        reader = _Reader(head[mark:], file, encoding)
        if actual is RdfFormat.RDF_XML:
            yield cast(IO[bytes], io.BufferedReader(_XmlText(reader, base_iri), _CHUNK)), actual
        elif encoding != "utf-8":
            yield cast(IO[bytes], io.BufferedReader(_Text(reader), _CHUNK)), actual
        else:
            yield cast(IO[bytes], io.BufferedReader(reader, _CHUNK)), actual


def _encoding(head: bytes) -> tuple[str, int]:
    """The encoding of a text, and the length of its byte order mark."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    for start, encoding in _UNMARKED:
        if head.startswith(start):
            return encoding, 0
    declared = _DECLARATION.match(head)
    if declared is None:
        return "utf-8", 0
    name = declared[1].decode("ascii")
    try:
        codec = codecs.lookup(name)
    except LookupError:
        raise EncodingError(f"the encoding {name} is unknown; convert the file to UTF-8") from None
    return ("utf-8" if codec.name in ("ascii", "utf-16") else codec.name), 0


class _Reader(io.RawIOBase):
    """The bytes of a file whose beginning has been read."""

    def __init__(self, head: bytes, file: IO[bytes], encoding: str) -> None:
        super().__init__()
        self.encoding = encoding
        self._head, self._file = head, file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self.next_bytes(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def next_bytes(self, size: int) -> bytes:
        """At most `size` bytes; none at the end."""
        if not self._head:
            return self._file.read(size)
        data, self._head = self._head[:size], self._head[size:]
        return data


class _Text(io.RawIOBase):
    """A text in another encoding as UTF-8."""

    def __init__(self, reader: _Reader) -> None:
        super().__init__()
        self._reader, self._rest, self._is_at_end = reader, b"", False
        self._decoder = self.new_decoder(reader.encoding)

    def new_decoder(self, encoding: str) -> codecs.IncrementalDecoder | io.IncrementalNewlineDecoder:
        return codecs.getincrementaldecoder(encoding)()

    def convert(self, text: str) -> str:
        return text

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._rest and not self._is_at_end:
            data = self._reader.next_bytes(_CHUNK)
            self._is_at_end = not data
            try:
                self._rest = self.convert(self._decoder.decode(data, self._is_at_end)).encode()
            except UnicodeDecodeError as error:
                raise EncodingError(f"the file is not {self._reader.encoding}: {error}") from error
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


class _XmlText(_Text):
    """XML as UTF-8, with `\\n` as line ends and an absolute base."""

    def __init__(self, reader: _Reader, base_iri: str) -> None:
        super().__init__(reader)
        self._base_iri, self._is_first, self._depth = base_iri, True, 0

    def new_decoder(self, encoding: str) -> io.IncrementalNewlineDecoder:
        return io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)

    def convert(self, text: str) -> str:
        others = sum(map(text.count, ("</", "<!", "<?")))
        self._depth += text.count("<") - others - text.count("</") - text.count("/>")
        if self._depth > MAX_XML_DEPTH:
            raise EncodingError(f"XML elements nest deeper than {MAX_XML_DEPTH:,} levels")
        if not self._is_first:
            return text
        self._is_first = False
        return _BASE.sub(self._absolute_base, _DECLARED.sub(r"\1", text, count=1), count=1)

    def _absolute_base(self, match: re.Match[str]) -> str:
        base = match[2][1:-1]
        if _SCHEME.match(base) or base.startswith("&"):
            return match[0]
        return f'{match[1]}xml:base="{urljoin(self._base_iri, base).partition("#")[0]}"'


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as plain:
        start = plain.read(3)
    if start.startswith(b"\x1f\x8b"):
        with gzip.open(path, "rb") as file:
            yield cast(IO[bytes], file)
    elif start == b"BZh":
        with bz2.open(path, "rb") as file:
            yield cast(IO[bytes], file)
    else:
        with path.open("rb") as plain:
            yield plain
