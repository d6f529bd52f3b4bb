"""A source's text, where it is at hand, walks in; the passage that a fact rests on walks out."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kg.facts.files import LARGEST_FILE, fault
from kg.facts.model import Evidence, Source
from kg.reports import Finding

TEXTS_VARIABLE = "KG_TEXTS"
"""The environment variable that names the folder of texts."""


@dataclass(frozen=True)
class Texts:
    """The texts of the sources in one folder; a text whose digest differs is not used."""

    folder: Path | None
    sources: Mapping[str, Source]

    @cached_property
    def _read(self) -> Mapping[str, str | Finding]:
        return {id: read for id, source in self.sources.items() if (read := self._text(source)) is not None}

    def __getitem__(self, source: str) -> str | None:
        """The text of a source, or None when it is not at hand."""
        text = self._read.get(source)
        return text if isinstance(text, str) else None

    def findings(self) -> Iterator[Finding]:
        """Texts that are at hand, but are not the ones that facts were read from."""
        return (read for read in self._read.values() if isinstance(read, Finding))

    def passage(self, evidence: Evidence) -> str | None:
        """The words that evidence points at; None when the text is not at hand or the span lies outside it."""
        text = self[evidence.source]
        if text is None or evidence.start is None or evidence.end is None or evidence.end > len(text):
            return None
        return text[evidence.start : evidence.end]

    def _text(self, source: Source) -> str | Finding | None:
        if self.folder is None or not source.file or not source.sha256:
            return None
        path = self.folder / Path(source.file).name
        if not path.is_file():
            return None
        if path.stat().st_size > LARGEST_FILE:
            return fault("text-size", f"the text {path.name} is larger than {LARGEST_FILE >> 20} MB", source.place)
        raw = path.read_bytes()
        if (digest := hashlib.sha256(raw).hexdigest()) != source.sha256:
            return fault(
                "digest",
                f"the text {path.name} is not the one that {source.id} was read from",
                source.place,
                expected=source.sha256,
                found=digest,
                remedy="Get the right text, or read its facts again.",
            )
        try:
            # Offsets count the characters of the text as it stands: nothing is translated.
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            return fault("encoding", f"the text {path.name} is not UTF-8 at byte {error.start}", source.place)


def open_texts(folder: Path | str | None, sources: Mapping[str, Source]) -> Texts:
    """The texts in `folder`, or in the folder that the environment names, or none."""
    named = folder if folder is not None else os.environ.get(TEXTS_VARIABLE)
    return Texts(Path(named) if named else None, sources)


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words found in a source: the span, and a little of what stands around them."""

    start: int
    end: int
    before: str
    words: str
    after: str

    def __str__(self) -> str:
        """The span as fact files take it, and the words in their surroundings."""
        return f"at: {self.start}-{self.end}    ...{self.before}[{self.words}]{self.after}..."


def find_quotations(text: str, words: str, *, around: int = 30) -> Iterator[Quotation]:
    """Yield every place of the words in a text; blanks match any blanks, quotes and dashes any of their kind.

    >>> [str(spot.start) for spot in cite("It won the Palme d’Or.", "Palme d'Or")]
    ['11']
    """
    if not (parts := words.split()):
        return
    pattern = r"\s+".join("".join(_ALIKE.get(char, re.escape(char)) for char in part) for part in parts)
    for found in re.finditer(pattern, text):
        before, after = text[max(0, found.start() - around) : found.start()], text[found.end() : found.end() + around]
        yield Quotation(found.start(), found.end(), " ".join(before.split("\n")), found[0], " ".join(after.split("\n")))


_ALIKE = {char: f"[{kind}]" for kind in ("'‘’ʼ", '"“”', "\\-‐‑–—") for char in kind.replace("\\", "")}


def passage_uri(source: Source, evidence: Evidence) -> str:
    """The passage's address as RFC 5147 writes it: `file#char=start,end`."""
    return (
        f"{source.file or source.id}#char={evidence.start},{evidence.end}"
        if evidence.has_span
        else source.file or source.id
    )
