"""The texts of sources, where they are available: passages of evidence, and words found in a text."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from kg.facts.files import LARGEST_FILE
from kg.facts.model import Evidence, Source
from kg.files.yaml_files import quoted
from kg.reports import Finding

TEXTS_VARIABLE = "KG_TEXTS"
"""The environment variable that names the folder of texts."""


@dataclass(frozen=True)
class Texts:
    """The texts of the sources, from the first folder that has them, unless the digest differs."""

    folders: tuple[Path, ...]
    sources: Mapping[str, Source]

    @cached_property
    def _read(self) -> Mapping[str, str | Finding]:
        return {id: text for id, source in self.sources.items() if (text := self._text(source)) is not None}

    def __getitem__(self, source: str) -> str | None:
        """The text of a source, or None when it is not available."""
        text = self._read.get(source)
        return text if isinstance(text, str) else None

    def findings(self) -> Iterator[Finding]:
        """Files in the folder that are not the texts that facts were read from."""
        return (text for text in self._read.values() if isinstance(text, Finding))

    def passage(self, evidence: Evidence) -> str | None:
        """The words of a span; None when the text is not available or the span ends after it."""
        text = self[evidence.source]
        if text is None or evidence.start is None or evidence.end is None or evidence.end > len(text):
            return None
        return text[evidence.start : evidence.end]

    def paths(self) -> Iterator[Path]:
        """The files of the texts that are available, in the order of the sources."""
        return filter(None, (self._path(source) for source in self.sources.values() if source.file))

    def _path(self, source: Source) -> Path | None:
        paths = (folder / Path(source.file).name for folder in self.folders)
        return next(filter(Path.is_file, paths), None)

    def _text(self, source: Source) -> str | Finding | None:
        if not source.file:
            return None
        if (path := self._path(source)) is None:
            return None
        if path.stat().st_size > LARGEST_FILE:
            message = f"the text {path.name} is larger than {LARGEST_FILE >> 20} MB"
            return Finding("facts/text-size", message, places=(source.place,))
        raw = path.read_bytes()
        if source.sha256 and (digest := hashlib.sha256(raw).hexdigest()) != source.sha256:
            return Finding(
                "facts/digest",
                f"the text {path.name} is not the one that facts of {source.id} were read from",
                places=(source.place,),
                expected=source.sha256,
                found=digest,
                remedy="Use the right text, or read its facts again.",
            )
        try:
            # Spans count the characters of the text as it is, so line ends are not converted.
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            message = f"the text {path.name} is not UTF-8 at byte {error.start}"
            return Finding("facts/encoding", message, places=(source.place,))


def open_texts(folder: Path | str | None, own: Path, sources: Mapping[str, Source]) -> Texts:
    """The texts in `folder`, or else in the folder that `KG_TEXTS` names, and those in `own`, of the project."""
    named = folder if folder is not None else os.environ.get(TEXTS_VARIABLE)
    folders = ([Path(named)] if named else []) + ([own] if own.is_dir() else [])
    return Texts(tuple(folders), sources)


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words found in a text: their span, and a few words around them."""

    start: int
    end: int
    before: str
    words: str
    after: str


def find_quotations(
    text: str, words: str, *, context: int = 30, complete: bool = False, folded: bool = False
) -> Iterator[Quotation]:
    """Yield every occurrence of the words in a text, whatever the white space and the kind of quotes and dashes.

    `context` is the number of characters shown before and after them. With `complete`, no word goes on where the
    quotation begins or ends; with `folded`, letter case and accents do not matter.

    >>> [str(quotation.start) for quotation in find_quotations("It won the Palme d’Or.", "Palme d'Or")]
    ['11']
    """
    if (pattern := _pattern(words, complete=complete, folded=folded)) is None:
        return
    for match in pattern.finditer(text):
        before = text[max(0, match.start() - context) : match.start()].replace("\n", " ")
        after = text[match.end() : match.end() + context].replace("\n", " ")
        yield Quotation(match.start(), match.end(), before, match[0], after)


def to_citation(text: str, quotation: Quotation) -> str:
    """A quotation as fact files cite it: its words, if needed with their number in the text, or else its span."""
    words = " ".join(quotation.words.split())
    starts = [other.start for other in find_quotations(text, words, complete=True)]
    if quotation.start not in starts:
        return f"{quotation.start}-{quotation.end}"
    if len(starts) == 1 and not words.replace("-", "").isdecimal():
        return quoted(words)
    return f"{{words: {quoted(words)}, nth: {starts.index(quotation.start) + 1}}}"


def _pattern(words: str, *, complete: bool, folded: bool) -> re.Pattern[str] | None:
    if not (parts := words.split()):
        return None
    form = _folded_form if folded else _form
    pattern = r"\s+".join("".join(map(form, part)) for part in parts)
    if complete:
        start, end = (r"\b" if char.isalnum() else "" for char in (parts[0][0], parts[-1][-1]))
        pattern = f"{start}{pattern}{end}"
    return re.compile(pattern, re.IGNORECASE if folded else 0)


def _form(char: str) -> str:
    return _VARIANTS.get(char, re.escape(char))


def _folded_form(char: str) -> str:
    """The pattern of a letter with or without accents."""
    if unicodedata.combining(char):
        return ""
    base = unicodedata.normalize("NFKD", char)[0].casefold()
    if (letters := _accented().get(base)) is not None:
        return f"[{letters}][\u0300-\u036f]*"
    return _form(char)


@lru_cache(maxsize=1)
def _accented() -> Mapping[str, str]:
    """Latin letter -> itself and its accented forms."""
    forms = {chr(code): chr(code) for code in range(ord("a"), ord("z") + 1)}
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFKD", chr(code))[0].casefold()
        if base in forms and chr(code).casefold() not in forms[base]:
            forms[base] += chr(code)
    return forms


_VARIANTS = {char: f"[{kind}]" for kind in ("'‘’ʼ", '"“”', "\\-‐‑–—") for char in kind.replace("\\", "")}


def sentence_around(text: str, start: int, end: int, limit: int) -> tuple[int, int]:
    """Where the sentence around a span begins and ends, at most `limit` characters before and after the span.

    >>> text = "It won. Baker directed Anora. It ran."
    >>> slice(*sentence_around(text, 8, 13, 100))
    slice(8, 29, None)
    """
    first, last = max(0, start - limit), min(len(text), end + limit)
    begins = [match.end() for match in _SENTENCE_END.finditer(text, first, start + 2) if match.end() <= start]
    stop = _SENTENCE_END.search(text, end, last)
    begin = begins[-1] if begins else first if first == 0 else max(first, text.find(" ", first, start) + 1)
    if stop is not None:
        return begin, end + len(text[end : stop.end()].rstrip())
    return begin, last if last == len(text) else max(end, text.rfind(" ", end, last))


_SENTENCE_END = re.compile(r"[.!?][\"”’')\]]*\s+(?=[\"“‘'(\[]?[A-Z0-9])|\n\s*")


def passage_uri(source: Source, evidence: Evidence) -> str:
    """The relative URI of a passage as RFC 5147 writes it, `file#char=start,end`; of the file when there is no span."""
    file = source.file or source.id
    return f"{file}#char={evidence.start},{evidence.end}" if evidence.has_span else file
