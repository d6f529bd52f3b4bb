"""The encoding of a table's text: UTF-8, UTF-16 with its mark, or Windows-1252 where it can hardly be anything else.

Any bytes are text in some encoding of one byte a character. So Windows-1252, which contains Latin-1, is taken only
where no line is UTF-8 with other letters than ASCII, and the letters are as a language of Western Europe has them:
small ones within words, never symbols, and hardly two beside each other as in Cyrillic.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from kg.importers.input_files import open_decompressed

UTF_8, UTF_16, WINDOWS_1252 = "utf-8", "utf-16", "cp1252"
MAX_BYTES = 64 << 20
"""Of a file that are looked at."""
MAX_ADJACENT = 0.2
"""The share of letters other than ASCII that are beside another such letter; in other alphabets nearly all are."""
_OTHER = re.compile(rb"[\x80-\xff]")
_TYPOGRAPHY = "’‘“”„«»–—…·•§°ºª¿¡€£©®™½¼¾²³×´`\u00a0"
_IN_WORD = re.compile(r"(?<=[a-z])([^\x00-\x7f])(?=[a-z])")
_ADJACENT = re.compile(r"(?<=[^\x00-\x7f\W])[^\x00-\x7f\W]|[^\x00-\x7f\W](?=[^\x00-\x7f\W])")
_LETTER = re.compile(r"[^\x00-\x7f\W]")
_OF_PORTUGUESE = re.compile("ç[ãõ]", re.IGNORECASE)
"""Two such letters that are often beside each other."""
_FOREIGN = tuple(map(frozenset, ("šø", "šì", "šù", "šè", "žø", "žì", "žù", "žè", "õû", "ðç", "þç", "ðþç", "ãþ")))
"""Letters that no language of Western Europe has together: Czech, Hungarian, Turkish, Romanian in another encoding."""


def find_encoding(path: Path) -> str:
    """The encoding of a CSV file, as Python calls it: `utf-16` or `cp1252` where it surely is that, else `utf-8`."""
    with open_decompressed(path) as file:
        data = file.read(MAX_BYTES)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return UTF_16
    if len(data) == MAX_BYTES:
        data = data[: data.rfind(b"\n") + 1]
    try:
        data.decode(UTF_8)
    except UnicodeDecodeError:
        return WINDOWS_1252 if _is_windows_1252(data) else UTF_8
    return UTF_8


def _is_windows_1252(data: bytes) -> bool:
    lines = [line for line in data.splitlines() if _OTHER.search(line) is not None]
    if b"\0" in data or any(map(_is_utf_8, lines)):
        return False
    try:
        text = b"\n".join(lines).decode(WINDOWS_1252)
    except UnicodeDecodeError:
        return False
    adjacent = len(_ADJACENT.findall(_OF_PORTUGUESE.sub("", text)))
    if any(not (letter.islower() or letter in "’´·-–") for letter in _IN_WORD.findall(text)):
        return False
    others = {letter for letter in text.lower() if ord(letter) > 127}
    if any(pair <= others for pair in _FOREIGN):
        return False
    symbols = others - set(_TYPOGRAPHY)
    return all(map(str.isalpha, symbols)) and adjacent <= MAX_ADJACENT * len(_LETTER.findall(text))


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode(UTF_8)
    except UnicodeDecodeError:
        return False
    return True
