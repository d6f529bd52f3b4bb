"""SHACL property paths (https://www.w3.org/TR/shacl/#property-paths): their SPARQL text and their automata.

A path that is more than one predicate is followed as a finite automaton, made by Glushkov's construction, which has no
empty transitions: so one recursive query follows all paths of all shapes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple


@dataclass(frozen=True, slots=True)
class PredicatePath:
    """One predicate (N-Triples form), from subject to object; from object to subject when `inverse`."""

    predicate: str
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class SequencePath:
    """One path after the other."""

    parts: tuple[PropertyPath, ...]


@dataclass(frozen=True, slots=True)
class AlternativePath:
    """Any one of the paths."""

    parts: tuple[PropertyPath, ...]


@dataclass(frozen=True, slots=True)
class RepeatPath:
    """A path repeated `*` any number of times, `+` at least once, `?` at most once."""

    part: PropertyPath
    times: Literal["*", "+", "?"]


PropertyPath = PredicatePath | SequencePath | AlternativePath | RepeatPath


@dataclass(frozen=True, slots=True)
class Transition:
    """From one state to the next, along one predicate."""

    source: int
    along: PredicatePath
    target: int


@dataclass(frozen=True, slots=True)
class PathAutomaton:
    """A path as a finite automaton: it starts in state 0 and accepts in any of the states `accepting`."""

    transitions: tuple[Transition, ...]
    accepting: frozenset[int]


def inverse(path: PropertyPath) -> PropertyPath:
    """The path from its end to its beginning.

    >>> to_sparql(inverse(SequencePath((PredicatePath("<urn:a>"), PredicatePath("<urn:b>")))))
    '^<urn:b>/^<urn:a>'
    """
    match path:
        case PredicatePath():
            return PredicatePath(path.predicate, not path.inverse)
        case SequencePath():
            return SequencePath(tuple(inverse(part) for part in reversed(path.parts)))
        case AlternativePath():
            return AlternativePath(tuple(inverse(part) for part in path.parts))
        case RepeatPath():
            return RepeatPath(inverse(path.part), path.times)


def predicates(path: PropertyPath) -> frozenset[str]:
    """Every predicate in the path."""
    match path:
        case PredicatePath():
            return frozenset((path.predicate,))
        case RepeatPath():
            return predicates(path.part)
        case _:
            return frozenset().union(*(predicates(part) for part in path.parts))


def to_sparql(path: PropertyPath) -> str:
    """The path as SPARQL writes it, every IRI in full.

    >>> to_sparql(RepeatPath(AlternativePath((PredicatePath("<urn:a>"), PredicatePath("<urn:b>", inverse=True))), "*"))
    '(<urn:a>|^<urn:b>)*'
    """
    match path:
        case PredicatePath():
            return f"^{path.predicate}" if path.inverse else path.predicate
        case SequencePath():
            return "/".join(_bracketed(part, SequencePath, AlternativePath) for part in path.parts)
        case AlternativePath():
            return "|".join(_bracketed(part, AlternativePath) for part in path.parts)
        case RepeatPath():
            # `^<a>*` means ^(<a>*): the same pairs, but not the same text, so the brackets stay.
            plain = isinstance(path.part, PredicatePath) and not path.part.inverse
            return f"{to_sparql(path.part) if plain else f'({to_sparql(path.part)})'}{path.times}"


def _bracketed(part: PropertyPath, *kinds: type) -> str:
    return f"({to_sparql(part)})" if isinstance(part, kinds) else to_sparql(part)


def to_automaton(path: PropertyPath) -> PathAutomaton:
    """The path as a finite automaton.

    >>> to_automaton(PredicatePath("<urn:a>")).accepting
    frozenset({1})
    """
    positions: list[PredicatePath] = []
    expression = _glushkov(path, positions)
    steps = [(0, state) for state in sorted(expression.first)] + sorted(expression.follows)
    transitions = tuple(Transition(source, positions[target - 1], target) for source, target in steps)
    return PathAutomaton(transitions, frozenset(expression.last | ({0} if expression.nullable else set())))


class _Expression(NamedTuple):
    """What Glushkov's construction computes of a part of the path; positions count its predicates from 1."""

    first: set[int]
    last: set[int]
    follows: set[tuple[int, int]]
    nullable: bool


def _glushkov(path: PropertyPath, positions: list[PredicatePath]) -> _Expression:
    """The sets of this part of the path; appends its predicates to `positions`."""
    match path:
        case PredicatePath():
            positions.append(path)
            return _Expression({len(positions)}, {len(positions)}, set(), nullable=False)
        case RepeatPath():
            part = _glushkov(path.part, positions)
            again = set() if path.times == "?" else {(end, start) for end in part.last for start in part.first}
            return _Expression(part.first, part.last, part.follows | again, part.nullable or path.times != "+")
        case AlternativePath():
            parts = [_glushkov(part, positions) for part in path.parts]
            return _Expression(
                set().union(*(part.first for part in parts)),
                set().union(*(part.last for part in parts)),
                set().union(*(part.follows for part in parts)),
                any(part.nullable for part in parts),
            )
        case SequencePath():
            left = _glushkov(path.parts[0], positions)
            for member in path.parts[1:]:
                right = _glushkov(member, positions)
                left = _Expression(
                    left.first | right.first if left.nullable else left.first,
                    left.last | right.last if right.nullable else right.last,
                    left.follows | right.follows | {(end, start) for end in left.last for start in right.first},
                    left.nullable and right.nullable,
                )
            return left


def read_sparql(text: str) -> PropertyPath:
    """The path that `to_sparql` wrote; raises `ValueError` when the text is not a path.

    >>> to_sparql(read_sparql("(<urn:a>/^<urn:b>)+|<urn:c>?"))
    '(<urn:a>/^<urn:b>)+|<urn:c>?'
    """
    symbols = list(_symbols(text))
    path = _read_alternative(symbols)
    if symbols:
        raise ValueError(f"{text!r} is not a property path")
    return path


def _symbols(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find(">", start) + 1 if text[start] == "<" else start + 1
        if end == 0:
            raise ValueError(f"{text!r} is not a property path: an IRI has no closing >")
        yield text[start:end]
        start = end


def _read_alternative(symbols: list[str]) -> PropertyPath:
    parts = [_read_sequence(symbols)]
    while symbols and symbols[0] == "|":
        symbols.pop(0)
        parts.append(_read_sequence(symbols))
    return parts[0] if len(parts) == 1 else AlternativePath(tuple(parts))


def _read_sequence(symbols: list[str]) -> PropertyPath:
    parts = [_read_element(symbols)]
    while symbols and symbols[0] == "/":
        symbols.pop(0)
        parts.append(_read_element(symbols))
    return parts[0] if len(parts) == 1 else SequencePath(tuple(parts))


def _read_element(symbols: list[str]) -> PropertyPath:
    symbol = symbols.pop(0) if symbols else ""
    path: PropertyPath
    if symbol == "^":
        return inverse(_read_element(symbols))
    if symbol == "(":
        path = _read_alternative(symbols)
        if not symbols or symbols.pop(0) != ")":
            raise ValueError("a property path has an opening bracket without a closing one")
    elif symbol.startswith("<"):
        path = PredicatePath(symbol)
    else:
        raise ValueError(f"a property path cannot continue with {symbol!r}")
    if symbols and symbols[0] in ("*", "+", "?"):
        times: dict[str, Literal["*", "+", "?"]] = {"*": "*", "+": "+", "?": "?"}
        path = RepeatPath(path, times[symbols.pop(0)])
    return path
