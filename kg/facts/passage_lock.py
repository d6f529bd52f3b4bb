"""The words that facts cite, found in the sources' texts; their spans are kept in `data/passages.lock`.

A fact file may cite `at: "the words"` instead of a span. Where the text of the source is available, the words are found
in it; where it is not, the lock file has their span. `kg build` writes the lock file, a line for each citation, so that
a project can be built without texts that may not be published.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kg.facts.model import Source
from kg.facts.texts import Texts, find_quotations

LOCK_FILE = "passages.lock"
"""Under `data/`."""
_COLUMNS = ("source", "sha256", "span", "within", "nth", "words")
_HEADER = "# Where the cited words are in the texts. `kg build` writes this file; do not edit it.\n"
_MANY = 50
"""How many occurrences are looked for, unless a later one is cited."""


@dataclass(frozen=True, slots=True, order=True)
class Citation:
    """Words of a source that a fact file cites.

    `nth` counts the occurrences in the text from 1; 0 means that the words occur once, in the passages `within` or,
    where they do not occur there, in the text.
    """

    source: str
    words: str
    nth: int = 0
    within: str = ""


@dataclass(frozen=True, slots=True)
class CitationResult:
    """The span of cited words, or what is known where there is not exactly one."""

    span: tuple[int, int] | None = None
    has_text: bool = True
    count: int = 0
    """How often the text has the words."""
    similar: str = ""
    """Words of the text that differ only in letter case or accents, where the text does not have the words."""


@dataclass(frozen=True, slots=True)
class LockedSpan:
    """The span of a citation in the text with this digest."""

    sha256: str
    start: int
    end: int


@dataclass
class CitationFinder:
    """Finds cited words in texts or else in the lock; `used` are the spans of all that were found."""

    texts: Texts
    sources: Mapping[str, Source]
    locked: Mapping[Citation, LockedSpan] = field(default_factory=dict)
    used: dict[Citation, LockedSpan] = field(default_factory=dict)
    _digests: dict[str, str] = field(default_factory=dict)

    def find(self, citation: Citation) -> CitationResult:
        """The span of cited words."""
        text = self.texts[citation.source]
        if text is None:
            return self._find_locked(citation)
        spans = list(dict.fromkeys(_occurrences(text, citation)))
        wanted = citation.nth or 1
        if len(spans) < wanted or (not citation.nth and len(spans) > 1):
            return CitationResult(None, count=len(spans), similar="" if spans else _similar(text, citation.words))
        start, end = spans[wanted - 1]
        self.used[citation] = LockedSpan(self._digest(citation.source, text), start, end)
        return CitationResult((start, end))

    def _find_locked(self, citation: Citation) -> CitationResult:
        locked, source = self.locked.get(citation), self.sources.get(citation.source)
        if locked is None or (source is not None and source.sha256 not in ("", locked.sha256)):
            return CitationResult(None, has_text=False)
        self.used[citation] = locked
        return CitationResult((locked.start, locked.end))

    def _digest(self, source: str, text: str) -> str:
        if source not in self._digests:
            self._digests[source] = hashlib.sha256(text.encode()).hexdigest()
        return self._digests[source]

    def to_lock(self) -> str:
        """The content of the lock file for the citations that were found; empty where there are none."""
        lines = sorted(
            (citation.source, locked.start, locked.end, citation.within, citation.nth, citation.words, locked.sha256)
            for citation, locked in self.used.items()
        )
        rows = (
            (source, sha256, f"{start}-{end}", within, str(nth or ""), words)
            for source, start, end, within, nth, words, sha256 in lines
        )
        body = "".join("\t".join(row) + "\n" for row in rows)
        return _HEADER + "\t".join(_COLUMNS) + "\n" + body if body else ""


def read_lock(path: Path) -> Mapping[Citation, LockedSpan]:
    """The spans in a lock file; a line that cannot be read is left out, and its words are then found in the text."""
    if not path.is_file():
        return {}
    return dict(_locked_spans(path.read_text(encoding="utf-8", errors="replace").splitlines()))


def _locked_spans(lines: Iterable[str]) -> Iterator[tuple[Citation, LockedSpan]]:
    for line in lines:
        cells = line.split("\t")
        if len(cells) != len(_COLUMNS):
            continue
        source, sha256, span, within, nth, words = cells
        start, _, end = span.partition("-")
        if start.isdecimal() and end.isdecimal() and (not nth or nth.isdecimal()) and int(start) < int(end):
            yield Citation(source, words, int(nth or 0), within), LockedSpan(sha256, int(start), int(end))


def _occurrences(text: str, citation: Citation) -> Iterator[tuple[int, int]]:
    """Yield the spans of cited words: in the passage around them, or else in the text."""
    found = False
    for span in filter(None, citation.within.split(",")):
        first, _, last = span.partition("-")
        for start, end in _spans(text[int(first) : int(last)], citation.words, limit=_MANY):
            found = True
            yield int(first) + start, int(first) + end
    if not found:
        yield from _spans(text, citation.words, limit=max(citation.nth, _MANY))


def _spans(text: str, words: str, *, limit: int) -> Iterator[tuple[int, int]]:
    for number, quotation in enumerate(find_quotations(text, words, complete=True)):
        if number == limit:
            return
        yield quotation.start, quotation.end


def _similar(text: str, words: str) -> str:
    """The words as the text writes them, where only letter case or accents differ, and always in the same way."""
    forms = {
        " ".join(quotation.words.split()) for quotation in find_quotations(text, words, complete=True, folded=True)
    }
    return forms.pop() if len(forms) == 1 else ""
