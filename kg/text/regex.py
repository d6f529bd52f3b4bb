"""XPath regular expressions, as RE2 (DuckDB) and Python's `re` write them.

SPARQL's REGEX and `sh:pattern` are XPath's (https://www.w3.org/TR/xpath-functions/#regex-syntax). RE2 lacks back
references, class subtraction, lookaround and counts above 1000; Python lacks `\\p{...}`. Two habits of all SPARQL
engines are kept although XPath differs: `\\w` is letters, digits and the underscore, and lookaround is allowed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_START = (
    r"A-Z_a-z\xC0-\xD6\xD8-\xF6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F\u2C00-\u2FEF"
    r"\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD"
)
_NAME = _START + r"\-.0-9\xB7\u0300-\u036F\u203F-\u2040"
_CLASSES = {  # escape -> (inside brackets for RE2, inside brackets for Python), https://www.w3.org/TR/xmlschema11-2/#charcter-classes
    "d": (r"\p{Nd}", r"\d"),
    "w": (r"\p{L}\p{N}_", r"\w"),
    "s": (r" \t\n\r", r" \t\n\r"),
    "i": (_START + ":", _START + ":"),
    "c": (_NAME + ":", _NAME + ":"),
}
_RE2_LIMIT = 1000
"""The largest count that RE2 accepts."""


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression for two engines; `re2` or `python` is empty where the engine cannot express it."""

    re2: str
    python: str

    def is_in(self, text: str) -> bool:
        """True when a part of the text matches, by Python."""
        return re.search(self.python, text) is not None


@lru_cache(maxsize=1024)
def to_regex(pattern: str, flags: str = "") -> Regex:
    """The pattern for both engines; raises `ValueError` when it is not valid or no engine can express it.

    >>> to_regex("^tt[0-9]{7,8}$").re2
    '^tt[0-9]{7,8}$'
    >>> to_regex(r"^(.)\\1$").re2, to_regex(r"^(.)\\1$").is_in("aa")
    ('', True)
    """
    if unknown := set(flags) - set("smixq"):
        raise ValueError(f"SPARQL has no flag {''.join(sorted(unknown))!r}")
    common = "".join(flag for flag in "ims" if flag in flags)
    # The empty pattern matches every text; an empty regular expression would mean that an engine lacks it.
    prefix = f"(?{common})" if common else "" if pattern else "(?:)"
    if "q" in flags:
        return Regex(prefix + re.escape(pattern), prefix + re.escape(pattern))
    translation = _Translator(pattern, expanded="x" in flags, multiline="m" in flags)
    translation.translate()
    try:
        re.compile(prefix + translation.python)
    except (re.error, OverflowError) as error:
        if translation.only_re2:
            return Regex(prefix + translation.re2, "")
        raise ValueError(str(error)) from error
    if translation.only_python and translation.only_re2:
        raise ValueError("\\p{...} cannot be combined with what RE2 lacks: no engine can express both")
    return Regex("" if translation.only_python else prefix + translation.re2, prefix + translation.python)


class _Translator:
    """Writes a pattern for both engines in one pass over its text."""

    def __init__(self, text: str, *, expanded: bool, multiline: bool) -> None:
        self.text, self.position = text, 0
        self.re2 = self.python = ""
        self.only_python = self.only_re2 = False
        self._expanded, self._multiline = expanded, multiline

    def translate(self) -> None:
        """Translate the complete pattern."""
        while self.position < len(self.text):
            char = self.text[self.position]
            if char == "\\":
                self._escape()
            elif char == "[":
                re2, python = self._bracket()
                self._write(re2, python)
            elif char == "$" and not self._multiline:
                # Python's `$` also matches before a last line break; XPath's and RE2's do not.
                self._write("$", r"\Z", 1)
            elif char == "(" and self._next(1) == "?":
                self.only_python |= self._next(2) != ":"
                self._write(char, char, 1)
            elif char == "{":
                self._count()
            elif self._expanded and char in " \t\n\r":
                self.position += 1
            else:
                # `a++` is Python's possessive quantifier, and an error in XPath and RE2.
                self.only_python |= char == "+" and self.position > 0 and self._next(-1) in ("+", "*", "}")
                self._write(char, char, 1)

    def _write(self, re2: str, python: str, chars: int = 0) -> None:
        self.re2 += re2
        self.python += python
        self.position += chars

    def _count(self) -> None:
        counts = re.compile(r"\{(\d*)(,?)(\d*)\}").match(self.text, self.position)
        if counts is not None:
            self.only_python |= any(int(number) > _RE2_LIMIT for number in (counts[1], counts[3]) if number)
        self._write("{", "{", 1)

    def _escape(self) -> None:
        char = self._next(1)
        if not char:
            raise ValueError("it ends in a lone backslash")
        if char in "pP":
            self.only_re2 = True
            category = self._category()
            self._write(category, category)
        elif char.lower() in _CLASSES:
            negation = "^" if char.isupper() else ""
            re2, python = _CLASSES[char.lower()]
            self._write(f"[{negation}{_re2_escapes(re2)}]", f"[{negation}{python}]", 2)
        elif char.isdigit() or char in "bBAZzGkQEux":
            # Back references. The letters are not XPath's, but engines take some: Python decides what they mean.
            self.only_python = True
            self._write("", f"\\{char}", 2)
        else:
            self._write(f"\\{char}", f"\\{char}", 2)

    def _category(self) -> str:
        category = re.compile(r"\\[pP]\{([A-Za-z]+)\}").match(self.text, self.position)
        if category is None or category[1].startswith("Is"):
            raise ValueError("\\p must be followed by a general category, such as \\p{Lu}")
        self.position = category.end()
        return category[0]

    def _bracket(self) -> tuple[str, str]:
        """One bracket expression for RE2 and for Python; subtraction becomes a lookahead, which only Python has."""
        self.position += 1
        negation = "^" if self._next() == "^" else ""
        self.position += len(negation)
        re2 = python = subtracted = ""
        while (char := self._next()) != "]" or not re2:
            if not char:
                raise ValueError("a bracket is not closed")
            if char == "-" and self._next(1) == "[":
                self.position += 1
                subtracted = self._bracket()[1]
                self.only_python = True
                if self._next() != "]":
                    raise ValueError("a subtraction must be the last part of its bracket")
                break
            first, second = self._bracketed_escape() if char == "\\" else self._bracketed_char(char)
            re2, python = re2 + first, python + second
        self.position += 1
        base = f"[{negation}{python}]"
        return f"[{negation}{re2}]", f"(?:(?!{subtracted}){base})" if subtracted else base

    def _bracketed_char(self, char: str) -> tuple[str, str]:
        self.position += 1
        # Python warns of `[`, `&`, `~` and `|` in brackets; a `]` that comes first is literal.
        escaped = f"\\{char}" if char in "[]&~|" else char
        return escaped, escaped

    def _bracketed_escape(self) -> tuple[str, str]:
        char = self._next(1)
        if char and char in "pP":
            self.only_re2 = True
            category = self._category()
            return category, category
        self.position += 2
        if char in _CLASSES:
            return _re2_escapes(_CLASSES[char][0]), _CLASSES[char][1]
        if char.lower() in _CLASSES:
            self.only_python = True
        return f"\\{char}", f"\\{char}"

    def _next(self, offset: int = 0) -> str:
        """The character so far from the position; empty at the end."""
        return self.text[self.position + offset : self.position + offset + 1]


def _re2_escapes(text: str) -> str:
    """Python's `\\u1234` and `\\xB7` as RE2 writes them.

    >>> _re2_escapes(r"\\u00F8-\\u02FF")
    '\\\\x{00F8}-\\\\x{02FF}'
    """
    return re.sub(r"\\(?:u([0-9A-F]{4})|x([0-9A-F]{2}))", lambda match: rf"\x{{{match[1] or match[2]}}}", text)
