"""The triples of a shapes graph, walked by subject: what is said of a node, its lists, its classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from kg.terms import RDF, RDFS

_NOTHING: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class Description:
    """A small graph of exact N-Triples texts, in the order of the file."""

    def __init__(self, triples: Iterable[tuple[str, str, str]]) -> None:
        said: dict[str, dict[str, dict[str, None]]] = {}
        back: dict[str, list[tuple[str, str]]] = {}
        for s, p, o in triples:
            said.setdefault(s, {}).setdefault(p, {})[o] = None
            back.setdefault(o, []).append((p, s))
        self._said: dict[str, Mapping[str, tuple[str, ...]]] = {
            s: {p: tuple(objects) for p, objects in about.items()} for s, about in said.items()
        }
        self._back = back

    def about(self, node: str) -> Mapping[str, tuple[str, ...]]:
        """Predicate -> values, for one subject."""
        return self._said.get(node, _NOTHING)

    def subjects(self, predicate: str) -> set[str]:
        """Every subject that has this property."""
        return {s for s, about in self._said.items() if predicate in about}

    def subjects_of(self, predicate: str, value: str) -> set[str]:
        """Every subject that has this value."""
        return {s for p, s in self._back.get(value, ()) if p == predicate}

    def objects(self, predicate: str) -> set[str]:
        """Every value of this property."""
        return {o for about in self._said.values() for o in about.get(predicate, ())}

    def subclasses(self, wanted: str) -> frozenset[str]:
        """The class and all classes below it."""
        found, waiting = {wanted}, [wanted]
        while waiting:
            below = self.subjects_of(f"<{RDFS}subClassOf>", waiting.pop()) - found
            found |= below
            waiting.extend(below)
        return frozenset(found)

    def instances(self, wanted: str) -> set[str]:
        """What is typed with the class or one below it."""
        return {s for each in self.subclasses(wanted) for s in self.subjects_of(f"<{RDF}type>", each)}

    def list(self, head: str) -> tuple[str, ...] | None:
        """The members of a well-formed list (https://www.w3.org/TR/shacl/#dfn-shacl-list), or None."""
        members: list[str] = []
        seen: set[str] = set()
        while head != f"<{RDF}nil>":
            about = self.about(head)
            first, rest = about.get(f"<{RDF}first>", ()), about.get(f"<{RDF}rest>", ())
            if head in seen or len(first) != 1 or len(rest) != 1:
                return None
            seen.add(head)
            members.append(first[0])
            head = rest[0]
        return tuple(members)

    def owner(self, node: str) -> str:
        """The nearest node with a name of its own from which this one is reached, or nothing."""
        seen, waiting = {node}, [node]
        while waiting:
            above = [s for _, s in self._back.get(waiting.pop(0), ()) if s not in seen]
            for s in above:
                if s.startswith("<"):
                    return s
            seen.update(above)
            waiting.extend(above)
        return ""


def local(iri: str) -> str:
    """The last part of an IRI in angle brackets."""
    return iri.strip("<>").rpartition("#")[2].rpartition("/")[2]
