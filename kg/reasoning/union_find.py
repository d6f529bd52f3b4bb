"""Pairs of names for one thing walk in; one representative for each name walks out.

`owl:sameAs` is not run as rules: n names of one thing would be n times n triples, and each fact about it would be
copied n times. A union-find keeps one name per thing, the same in every run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from kg.terms import OWL, RDF, RDFS, XSD

_VOCABULARIES = tuple(f"<{namespace}" for namespace in (RDF, RDFS, OWL, XSD))


def rank(text: str) -> tuple[int, str]:
    """Who speaks for equal names: a word of the RDF vocabularies, an IRI, a blank node, a literal; then the text."""
    kind = 0 if text.startswith(_VOCABULARIES) else 1 if text.startswith("<") else 2 if text.startswith("_") else 3
    return (kind, text)


class SameAs:
    """Names that name one thing; `representative` says under which name it is known."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._literal: dict[str, str] = {}

    def __len__(self) -> int:
        """How many names stand no longer for themselves."""
        return len(self._parent)

    def representative(self, text: str) -> str:
        """The name that stands for this one."""
        root = text
        while (parent := self._parent.get(root)) is not None:
            root = parent
        while text != root:
            self._parent[text], text = root, self._parent[text]
        return root

    def unite(
        self, pairs: Iterable[tuple[str, str]], *, equal: Callable[[str, str], bool]
    ) -> list[tuple[str, str, str, str]]:
        """Let each pair name one thing; gives the pairs that would make one of two literals, and those literals.

        Such pairs are left apart: a value cannot become another one (dt-diff), and nobody else's facts may change for
        it.
        """
        refused = []
        for one, other in sorted(set(pairs)):
            first, second = sorted((self.representative(one), self.representative(other)), key=rank)
            if first == second:
                continue
            literals = self._literal_of(first), self._literal_of(second)
            if all(literals) and not equal(*literals):
                refused.append((one, other, *literals))
                continue
            self._parent[second] = first
            if literals[1] and not literals[0]:
                self._literal[first] = literals[1]
        return refused

    def representatives(self) -> Mapping[str, str]:
        """Each name that does not stand for itself, and the one that stands for it."""
        return {text: self.representative(text) for text in sorted(self._parent)}

    def _literal_of(self, root: str) -> str:
        return root if root.startswith('"') else self._literal.get(root, "")
