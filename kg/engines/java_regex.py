"""Regular expressions of RE2 (DuckDB) as Java (Spark) writes them, with the same matches.

Java ends `.` and `$` at other line breaks, lets `$` match before the last of them, reads `[` and `&&` in brackets as
operators on sets, and folds other letters where case is ignored.
"""

from __future__ import annotations

import re

from kg.engines.engine import NotTranslatedError

_TOKEN = re.compile(
    r"""(?P<code>\\x(?:\{[0-9A-Fa-f]{1,6}\}|[0-9A-Fa-f]{2}))
      | (?P<category>\\[pP]\{[A-Za-z]+\})
      | (?P<escape>\\[^\w\s]|\\[ntrfdwDW\ ])
      | (?P<posix>\[:)
      | (?P<char>[^\\])""",
    re.VERBOSE | re.DOTALL,
)
_FLAGS = re.compile(r"\(\?([ims]+)\)")
_FURTHER_CASES = {"k": "\u212a", "s": "\u017f"}
"""Letters beyond ASCII that are another case of an ASCII letter: the Kelvin sign and the long s."""


def to_java(pattern: str) -> str:
    """The pattern for Java; raises `NotTranslatedError` for what would match otherwise.

    >>> to_java("^[0-9]+$")
    '(?d)^[0-9]+\\\\z'
    """
    flags = _FLAGS.match(pattern)
    letters = flags[1] if flags is not None else ""
    if "m" in letters:
        raise NotTranslatedError("a regular expression of several lines")
    body = pattern[flags.end() if flags is not None else 0 :]
    return f"(?d{'s' if 's' in letters else ''}){_JavaPattern(body, ignores_case='i' in letters).translate()}"


class _JavaPattern:
    def __init__(self, text: str, *, ignores_case: bool) -> None:
        self.text, self.position, self.ignores_case = text, 0, ignores_case

    def translate(self) -> str:
        parts = []
        while self.position < len(self.text):
            kind, part = self._take()
            if part == "[":
                parts.append(self._bracket())
            elif part == "$":
                parts.append(r"\z")
            elif part == "(" and self.text.startswith("?", self.position):
                if not self.text.startswith("?:", self.position):
                    raise NotTranslatedError("this group of a regular expression")
                parts.append(part)
            elif kind == "char" and self.ignores_case and len(cases := _cases(part)) > 1:
                parts.append(f"[{cases}]")
            else:
                parts.append(part)
        return "".join(parts)

    def _take(self) -> tuple[str, str]:
        """The next part and its kind."""
        part = _TOKEN.match(self.text, self.position)
        if part is None or part.lastgroup is None:
            raise NotTranslatedError("this escape in a regular expression")
        if self.ignores_case and (part.lastgroup in ("code", "category") or part[0] in (r"\w", r"\W")):
            raise NotTranslatedError("a regular expression that ignores the case of such letters")
        if part.lastgroup == "posix":
            self.position += 1
            return "char", "["
        self.position = part.end()
        return part.lastgroup, part[0]

    def _bracket(self) -> str:
        negation = "^" if self.text.startswith("^", self.position) else ""
        self.position += len(negation)
        items: list[str] = []
        while self.position < len(self.text):
            if self.text.startswith("[:", self.position):
                raise NotTranslatedError("a class of POSIX in a regular expression")
            kind, part = self._take()
            if part == "]" and items:
                return f"[{negation}{''.join(items)}]"
            if kind == "char" and self.ignores_case:
                items.append(self._cases_of_range(part))
            else:
                items.append(f"\\{part}" if part in ("[", "]", "&", "^") else part)
        raise NotTranslatedError("a bracket that is not closed")

    def _cases_of_range(self, first: str) -> str:
        """A character, or the range that begins with it, in all its cases."""
        last = self.text[self.position + 1 : self.position + 2]
        if not self.text.startswith("-", self.position) or last in ("", "]", "\\"):
            return _cases(first)
        self.position += 2
        if not last.isascii():
            raise NotTranslatedError("a regular expression that ignores the case of such letters")
        return "".join(_cases(chr(code)) for code in range(ord(first), ord(last) + 1))


def _cases(char: str) -> str:
    """The cases of a character, for a bracket."""
    if not char.isascii():
        if char.lower() == char.upper():
            return char
        raise NotTranslatedError("a regular expression that ignores the case of such letters")
    if not char.isalpha():
        return f"\\{char}" if char in "[]&^-\\" else char
    return char.lower() + char.upper() + _FURTHER_CASES.get(char.lower(), "")
