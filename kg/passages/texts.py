"""The texts of sources, where they are available: passages of evidence, and words found in a text."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kg.facts.files import LARGEST_FILE
from kg.facts.model import Evidence, Source
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

    def _text(self, source: Source) -> str | Finding | None:
        if not source.file:
            return None
        paths = (folder / Path(source.file).name for folder in self.folders)
        if (path := next(filter(Path.is_file, paths), None)) is None:
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

    def __str__(self) -> str:
        """The span as fact files have it, and the words in their context."""
        return f"at: {self.start}-{self.end}    ...{self.before}[{self.words}]{self.after}..."


def find_quotations(text: str, words: str, *, context: int = 30) -> Iterator[Quotation]:
    """Yield every occurrence of the words in a text, whatever the white space and the kind of quotes and dashes.

    `context` is the number of characters shown before and after them.

    >>> [str(quotation.start) for quotation in find_quotations("It won the Palme d’Or.", "Palme d'Or")]
    ['11']
    """
    if not (parts := words.split()):
        return
    pattern = r"\s+".join("".join(_VARIANTS.get(char, re.escape(char)) for char in part) for part in parts)
    for match in re.finditer(pattern, text):
        before = text[max(0, match.start() - context) : match.start()].replace("\n", " ")
        after = text[match.end() : match.end() + context].replace("\n", " ")
        yield Quotation(match.start(), match.end(), before, match[0], after)


_VARIANTS = {char: f"[{kind}]" for kind in ("'‘’ʼ", '"“”', "\\-‐‑–—") for char in kind.replace("\\", "")}


def passage_uri(source: Source, evidence: Evidence) -> str:
    """The relative URI of a passage as RFC 5147 writes it, `file#char=start,end`; of the file when there is no span."""
    file = source.file or source.id
    return f"{file}#char={evidence.start},{evidence.end}" if evidence.has_span else file
