"""Property paths: an RDF description walks in; a `Path`, its text and its automaton walk out.

https://www.w3.org/TR/shacl/#property-paths. A path that is more than one step is walked as a small automaton (by
Glushkov's construction, which has no empty moves), so that one recursive query follows all paths of all shapes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as Choice


@dataclass(frozen=True, slots=True)
class Step:
    """One edge of the graph, along its `predicate` (N-Triples form) or against it."""

    predicate: str
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """One path after the other."""

    parts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Any one of the paths."""

    parts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A path taken `*` any number of times, `+` at least once, `?` at most once."""

    part: Path
    times: Choice["*", "+", "?"]


Path = Step | Sequence | Alternative | Repeat


@dataclass(frozen=True, slots=True)
class Move:
    """From one state of a walk to the next, along a step."""

    state: int
    step: Step
    then: int


@dataclass(frozen=True, slots=True)
class Automaton:
    """A path as states and moves; a walk begins in state 0 and may end in any of `ends`."""

    moves: tuple[Move, ...]
    ends: frozenset[int]


def inverse(path: Path) -> Path:
    """The path walked from its end to its beginning.

    >>> to_sparql(inverse(Sequence((Step("<urn:a>"), Step("<urn:b>")))))
    '^<urn:b>/^<urn:a>'
    """
    match path:
        case Step():
            return Step(path.predicate, not path.inverse)
        case Sequence():
            return Sequence(tuple(inverse(part) for part in reversed(path.parts)))
        case Alternative():
            return Alternative(tuple(inverse(part) for part in path.parts))
        case Repeat():
            return Repeat(inverse(path.part), path.times)


def predicates(path: Path) -> frozenset[str]:
    """Every predicate that the path walks along."""
    match path:
        case Step():
            return frozenset((path.predicate,))
        case Repeat():
            return predicates(path.part)
        case _:
            return frozenset().union(*(predicates(part) for part in path.parts))


def to_sparql(path: Path) -> str:
    """The path as SPARQL writes it, every IRI in full.

    >>> to_sparql(Repeat(Alternative((Step("<urn:a>"), Step("<urn:b>", inverse=True))), "*"))
    '(<urn:a>|^<urn:b>)*'
    """
    match path:
        case Step():
            return f"^{path.predicate}" if path.inverse else path.predicate
        case Sequence():
            return "/".join(_bracketed(part, Sequence, Alternative) for part in path.parts)
        case Alternative():
            return "|".join(_bracketed(part, Alternative) for part in path.parts)
        case Repeat():
            # `^<a>*` would be read as ^(<a>*): the same pairs, but not the same text, so the brackets stay.
            plain = isinstance(path.part, Step) and not path.part.inverse
            return f"{to_sparql(path.part) if plain else f'({to_sparql(path.part)})'}{path.times}"


def _bracketed(part: Path, *kinds: type) -> str:
    return f"({to_sparql(part)})" if isinstance(part, kinds) else to_sparql(part)


def to_automaton(path: Path) -> Automaton:
    """The path as states and moves.

    >>> to_automaton(Step("<urn:a>")).ends
    frozenset({1})
    """
    first, last, positions, follows, nullable = _glushkov(path, [])
    moves = [Move(0, positions[state - 1], state) for state in sorted(first)]
    moves += [Move(state, positions[then - 1], then) for state, then in sorted(follows)]
    return Automaton(tuple(moves), frozenset(last | ({0} if nullable else set())))


_Parts = tuple[set[int], set[int], list[Step], set[tuple[int, int]], bool]


def _glushkov(path: Path, positions: list[Step]) -> _Parts:
    """First and last positions, all positions (from 1), which follows which, and whether the path may be empty."""
    match path:
        case Step():
            positions.append(path)
            here = {len(positions)}
            return here, here, positions, set(), False
        case Repeat():
            first, last, _, follows, nullable = _glushkov(path.part, positions)
            again = set() if path.times == "?" else {(end, start) for end in last for start in first}
            return first, last, positions, follows | again, nullable or path.times != "+"
        case Alternative():
            parts = [_glushkov(part, positions) for part in path.parts]
            return (
                set().union(*(part[0] for part in parts)),
                set().union(*(part[1] for part in parts)),
                positions,
                set().union(*(part[3] for part in parts)),
                any(part[4] for part in parts),
            )
        case Sequence():
            first, last, _, follows, nullable = _glushkov(path.parts[0], positions)
            for part in path.parts[1:]:
                starts, ends, _, inner, empty = _glushkov(part, positions)
                follows = follows | inner | {(end, start) for end in last for start in starts}
                first = first | starts if nullable else first
                last = last | ends if empty else ends
                nullable = nullable and empty
            return first, last, positions, follows, nullable


def read_sparql(text: str) -> Path:
    """The path that `to_sparql` wrote; raises `ValueError` when the text is none.

    >>> to_sparql(read_sparql("(<urn:a>/^<urn:b>)+|<urn:c>?"))
    '(<urn:a>/^<urn:b>)+|<urn:c>?'
    """
    signs = list(_signs(text))
    path = _read_alternative(signs)
    if signs:
        raise ValueError(f"{text!r} is not a property path")
    return path


def _signs(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        end = text.find(">", place) + 1 if text[place] == "<" else place + 1
        if end == 0:
            raise ValueError(f"{text!r} is not a property path: an IRI is not closed")
        yield text[place:end]
        place = end


def _read_alternative(signs: list[str]) -> Path:
    parts = [_read_sequence(signs)]
    while signs and signs[0] == "|":
        signs.pop(0)
        parts.append(_read_sequence(signs))
    return parts[0] if len(parts) == 1 else Alternative(tuple(parts))


def _read_sequence(signs: list[str]) -> Path:
    parts = [_read_step(signs)]
    while signs and signs[0] == "/":
        signs.pop(0)
        parts.append(_read_step(signs))
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))


def _read_step(signs: list[str]) -> Path:
    sign = signs.pop(0) if signs else ""
    path: Path
    if sign == "^":
        return inverse(_read_step(signs))
    if sign == "(":
        path = _read_alternative(signs)
        if not signs or signs.pop(0) != ")":
            raise ValueError("a bracket of a property path is not closed")
    elif sign.startswith("<"):
        path = Step(sign)
    else:
        raise ValueError(f"{sign!r} does not begin a step of a property path")
    if signs and signs[0] in ("*", "+", "?"):
        times: dict[str, Choice["*", "+", "?"]] = {"*": "*", "+": "+", "?": "?"}
        path = Repeat(path, times[signs.pop(0)])
    return path
