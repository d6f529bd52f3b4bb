"""A regular expression of `sh:pattern` walks in; what DuckDB's RE2 understands, or Python's `re`, walks out.

`sh:pattern` is SPARQL's REGEX, which is XPath's (https://www.w3.org/TR/xpath-functions/#regex-syntax). Where RE2
means the same it is used; what RE2 lacks - back references, class subtraction, looking around, counts above 1000 -
goes to Python's `re`, asked once for each distinct term. Two habits of every SPARQL engine are kept although XPath says
otherwise: `\\w` holds letters, digits and the underscore, and looking around is allowed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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
_MOST_COUNTED = 1000
"""RE2 refuses to repeat more often."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One regular expression in the words of two engines; `re2` is empty where RE2 cannot say it."""

    re2: str
    python: str

    def found_in(self, text: str) -> bool:
        """Whether the pattern occurs in the text."""
        return re.search(self.python, text) is not None


def to_pattern(text: str, flags: str = "") -> Pattern:
    """The pattern in both engines' words; raises `ValueError` when it is no regular expression or no engine can say it.

    >>> to_pattern("^tt[0-9]{7,8}$").re2
    '^tt[0-9]{7,8}$'
    >>> to_pattern(r"^(.)\\1$").re2, to_pattern(r"^(.)\\1$").found_in("aa")
    ('', True)
    """
    if strange := set(flags) - set("smixq"):
        raise ValueError(f"SPARQL has no flag {''.join(sorted(strange))!r}")
    kept = "".join(flag for flag in "ims" if flag in flags)
    mark = f"(?{kept})" if kept else ""
    if "q" in flags:
        return Pattern(mark + re.escape(text), mark + re.escape(text))
    reader = _Reader(text, expanded="x" in flags, multiline="m" in flags)
    reader.read()
    try:
        re.compile(mark + reader.python)
    except (re.error, OverflowError) as error:
        if reader.only_re2:
            return Pattern(mark + reader.re2, "")
        raise ValueError(str(error)) from error
    if reader.only_python and reader.only_re2:
        raise ValueError("it joins a \\p{...} with what RE2 lacks; no engine here can do both")
    return Pattern("" if reader.only_python else mark + reader.re2, mark + reader.python)


class _Reader:
    """One walk over a pattern, writing it twice."""

    def __init__(self, text: str, *, expanded: bool, multiline: bool) -> None:
        self.text, self.place = text, 0
        self.re2 = self.python = ""
        self.only_python = self.only_re2 = False
        self._expanded, self._multiline = expanded, multiline

    def read(self) -> None:
        """Write the whole pattern in both engines' words."""
        while self.place < len(self.text):
            sign = self.text[self.place]
            if sign == "\\":
                self._escape()
            elif sign == "[":
                re2, python = self._bracket()
                self._write(re2, python)
            elif sign == "$" and not self._multiline:
                # Python's `$` also stops before a last line break; XPath's and RE2's do not.
                self._write("$", r"\Z", 1)
            elif sign == "(" and self.text[self.place + 1 : self.place + 2] == "?":
                self.only_python |= self.text[self.place + 2 : self.place + 3] != ":"
                self._write(sign, sign, 1)
            elif sign == "{":
                self._count()
            elif self._expanded and sign in " \t\n\r":
                self.place += 1
            else:
                # `a++` is Python's possessive quantifier, and an error in XPath and RE2.
                self.only_python |= (
                    sign == "+" and self.text[self.place - 1 : self.place] in ("+", "*", "}") and self.place > 0
                )
                self._write(sign, sign, 1)

    def _write(self, re2: str, python: str, signs: int = 0) -> None:
        self.re2 += re2
        self.python += python
        self.place += signs

    def _count(self) -> None:
        counted = re.compile(r"\{(\d*)(,?)(\d*)\}").match(self.text, self.place)
        if counted is not None:
            self.only_python |= any(int(number) > _MOST_COUNTED for number in (counted[1], counted[3]) if number)
        self._write("{", "{", 1)

    def _escape(self) -> None:
        after = self.text[self.place + 1 : self.place + 2]
        if not after:
            raise ValueError("it ends in a lone backslash")
        if after in "pP":
            self.only_re2 = True
            named = self._property()
            self._write(named, named)
        elif after.lower() in _CLASSES:
            mark = "^" if after.isupper() else ""
            re2, python = _CLASSES[after.lower()]
            self._write(f"[{mark}{re2_ranges(re2)}]", f"[{mark}{python}]", 2)
        elif after.isdigit():
            self.only_python = True
            self._write("", f"\\{after}", 2)
        elif after in "bBAZzGkQEux":
            # Not of XPath, but every engine takes some of them: Python decides what they mean, or refuses.
            self.only_python = True
            self._write("", f"\\{after}", 2)
        else:
            self._write(f"\\{after}", f"\\{after}", 2)

    def _property(self) -> str:
        named = re.compile(r"\\[pP]\{([A-Za-z]+)\}").match(self.text, self.place)
        if named is None or named[1].startswith("Is"):
            raise ValueError("only general categories such as \\p{Lu} are known after \\p")
        self.place = named.end()
        return named[0]

    def _bracket(self) -> tuple[str, str]:
        """One bracket expression; subtraction becomes a look-ahead, which only Python knows."""
        self.place += 1
        mark = "^" if self._next() == "^" else ""
        self.place += len(mark)
        re2 = python = taken = ""
        while (sign := self._next()) != "]" or not re2:
            if not sign:
                raise ValueError("a bracket is not closed")
            if sign == "-" and self._next(1) == "[":
                self.place += 1
                taken = self._bracket()[1]
                self.only_python = True
                if self._next() != "]":
                    raise ValueError("a subtraction must end its bracket")
                break
            first, second = self._bracketed_escape() if sign == "\\" else self._bracketed_sign(sign)
            re2, python = re2 + first, python + second
        self.place += 1
        base = f"[{mark}{python}]"
        return f"[{mark}{re2}]", f"(?:(?!{taken}){base})" if taken else base

    def _bracketed_sign(self, sign: str) -> tuple[str, str]:
        self.place += 1
        # Python warns of `[`, `&`, `~` and `|` inside brackets; a `]` that comes first is itself.
        kept = f"\\{sign}" if sign in "[]&~|" else sign
        return kept, kept

    def _bracketed_escape(self) -> tuple[str, str]:
        after = self._next(1)
        if after and after in "pP":
            self.only_re2 = True
            named = self._property()
            return named, named
        self.place += 2
        if after in _CLASSES:
            return re2_ranges(_CLASSES[after][0]), _CLASSES[after][1]
        if after.lower() in _CLASSES:
            self.only_python = True
        return f"\\{after}", f"\\{after}"

    def _next(self, ahead: int = 0) -> str:
        return self.text[self.place + ahead : self.place + ahead + 1]


def re2_ranges(text: str) -> str:
    """Python's `\\u1234` and `\\xB7` as RE2 writes them.

    >>> re2_ranges(r"\\u00F8-\\u02FF")
    '\\\\x{00F8}-\\\\x{02FF}'
    """
    return re.sub(r"\\(?:u([0-9A-F]{4})|x([0-9A-F]{2}))", lambda m: rf"\x{{{m[1] or m[2]}}}", text)
