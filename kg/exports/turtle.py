"""Triples walk in, those of a subject one after the other; Turtle walks out, a subject at a time and as they came.

Bytes depend on the triples and the prefixes alone (https://www.w3.org/TR/turtle/).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from pyoxigraph import Literal, NamedNode, Triple

from kg.terms import TYPE, XSD

_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_\-]*[A-Za-z0-9_])?")
_STRINGS = (XSD + "string",)


class Turtle:
    """Writes with these prefixes."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self.prefixes = prefixes
        self._spaces = {space: prefix for prefix, space in prefixes.items()}

    def header(self) -> str:
        """The prefixes, as a file begins."""
        return "".join(f"@prefix {prefix}: <{space}> .\n" for prefix, space in self.prefixes.items())

    def blocks(self, triples: Iterable[Triple]) -> Iterator[str]:
        """A block for each run of triples with one subject; a triple said twice in a run is written once."""
        for subject, run in groupby(triples, key=lambda triple: triple.subject):
            said: dict[NamedNode, dict[str, None]] = {}
            for triple in run:
                said.setdefault(triple.predicate, {})[self.term(triple.object)] = None
            lines = " ;\n    ".join(
                f"{'a' if predicate == TYPE else self.term(predicate)} {', '.join(values)}"
                for predicate, values in said.items()
            )
            yield f"\n{self.term(subject)} {lines} .\n"

    def term(self, term: object) -> str:
        """A term, short where its prefix is known."""
        if isinstance(term, NamedNode):
            cut = max(term.value.rfind("/"), term.value.rfind("#")) + 1
            space, local = term.value[:cut], term.value[cut:]
            if space in self._spaces and _LOCAL.fullmatch(local):
                return f"{self._spaces[space]}:{local}"
        elif isinstance(term, Literal) and term.language is None and term.datatype.value not in _STRINGS:
            return f"{Literal(term.value)}^^{self.term(term.datatype)}"
        return str(term)
