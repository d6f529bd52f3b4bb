"""Property paths that the engine evaluates differently from https://www.w3.org/TR/sparql11-query/#propertypaths.

Oxigraph drops duplicates of `a|b` and `!(a|^b)`, which SPARQL keeps: these become UNION, also within a sequence and
below `^`. Within `*`, `+` and `?` every node counts once, so nothing changes. A path of length zero leads from every
term to itself, even from one that the graph does not have: a branch for that term is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from pyoxigraph import QuerySolutions, Store

from kg.errors import QueryError
from kg.queries.rewriting.expressions import Edit
from kg.queries.rewriting.pattern_blocks import (
    NO_VARIABLE,
    VARIABLE,
    ClosurePath,
    ConcatenatedPath,
    EitherPath,
    NewVariables,
    OtherPropertyPath,
    ParsedPatterns,
    PathPattern,
    PatternBlock,
    PatternTerm,
    PropertyPath,
    ReversedPath,
    StepPath,
    UnparsedError,
    parse_patterns,
)
from kg.queries.rewriting.prologue import Prologue
from kg.queries.sparql import MAX_LENGTH
from kg.terms import BASE, PREFIXES, TYPE
from kg.text.sparql_tokens import Token

MAX_BRANCHES = 100
"""The paths without alternatives that one path may stand for."""


def path_edits(text: str, tokens: Sequence[Token], prologue: Prologue) -> list[Edit]:
    """The blocks that have to be rewritten; raises `QueryError` for a query that cannot be."""
    if not _may_have_gaps(tokens):
        return []
    variables = NewVariables(text)
    try:
        parsed = parse_patterns(text, tokens, variables)
    except UnparsedError as error:
        Store().query(text, prefixes=PREFIXES, base_iri=BASE)  # if the query is wrong, the engine says where
        raise QueryError(f"Property paths are not supported in this form of query: {error}.") from error
    rewriter = _Rewriter(prologue, variables)
    edits = [(block.start, block.end, new) for block in parsed.blocks if (new := rewriter.block(block)) is not None]
    if not edits:
        return []
    spans = [(start, end) for start, end, _ in edits]
    if parsed.blank_nodes or any(VARIABLE in new for _, _, new in edits):
        edits += _project(text, parsed)
    for token, variable in parsed.blank_nodes:
        if not any(start <= token.start < end for start, end in spans):
            edits.append((token.start, token.end, variable))
    return sorted(edits)


def _may_have_gaps(tokens: Sequence[Token]) -> bool:
    """True when the query has a sign that may be a path's; `*` and `!` are signs of expressions too."""
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if token.kind != "sign":
            continue
        is_after_path = before.kind in ("iri", "name") or before.text in (")", "a")
        is_before_property = after.kind in ("iri", "name") or after.text in ("(", "a", "^")
        if (
            token.text in ("|", "?")
            or (token.text in ("*", "+") and is_after_path)
            or (token.text == "!" and is_before_property)
        ):
            return True
    return False


def _project(text: str, parsed: ParsedPatterns) -> Iterator[Edit]:
    """The variables of the query in place of `*`, which would have those for blank nodes too."""
    if parsed.star is not None:
        yield parsed.star.start, parsed.star.end, f" {' '.join(_columns(text)) or NO_VARIABLE} "
    if parsed.has_other_star:
        message = "This property path is not supported together with the * of a subquery, of DESCRIBE or of COUNT"
        raise QueryError(f"{message}; name the variables in place of * and of blank nodes.")


def _columns(text: str) -> list[str]:
    # Apart, since an error that is raised keeps its frames, and solutions must end in their own thread.
    solutions = Store().query(text, prefixes=PREFIXES, base_iri=BASE)
    assert isinstance(solutions, QuerySolutions)
    return [f"?{variable.value}" for variable in solutions.variables]


@dataclass(frozen=True, slots=True)
class _Rewriter:
    prologue: Prologue
    variables: NewVariables

    def block(self, block: PatternBlock) -> str | None:
        """The patterns of a block with groups in place of those that the engine evaluates differently, or None."""
        texts = [self.pattern(pattern, block.graph) for pattern in block.patterns]
        if not any(texts):
            return None
        return " . ".join(text or _to_sparql(pattern) for pattern, text in zip(block.patterns, texts, strict=True))

    def pattern(self, pattern: PathPattern, graph: str) -> str:
        """The groups that replace a pattern; the empty text when the engine is right."""
        if isinstance(pattern.path, PatternTerm):
            return ""
        groups = []
        branches = _branches(pattern.path, is_reversed=False)
        for branch in branches:
            groups.append(self.branch(pattern.subject.text, branch, pattern.object.text))
            if all(map(_is_nullable, branch)) and (zero := _zero_length(pattern, graph, self.prologue)):
                groups.append(zero)
        if sum(map(len, groups)) > MAX_LENGTH:
            raise _too_many()
        has_others = any(_other_properties(path) for branch in branches for path in branch)
        return "{ { " + " } UNION { ".join(groups) + " } }" if len(groups) > 1 or has_others else ""

    def branch(self, start: str, branch: _Branch, end: str) -> str:
        """A sequence as patterns: between two terms, the engine counts several edges of `!property` as one."""
        if not any(map(_other_properties, branch)):
            return f"{start} {'/'.join(map(_to_text, branch))} {end}"
        nodes = [start, *(self.variables.new() for _ in branch[1:]), end]
        return " . ".join(map(self.step, nodes, branch, nodes[1:]))

    def step(self, start: str, path: PropertyPath, end: str) -> str:
        others = _other_properties(path)
        if others is None:
            return f"{start} {_to_text(path)} {end}"
        predicate = self.variables.new()
        pattern = (
            f"{start} {predicate} {end}" if others.forward or not others.reversed else f"{end} {predicate} {start}"
        )
        excluded = (TYPE if text == "a" else text for text in (*others.forward, *others.reversed))
        return f"{pattern} FILTER({predicate} NOT IN ({', '.join(map(str, excluded))}))"


def _other_properties(path: PropertyPath) -> OtherPropertyPath | None:
    """The path, if it is `!(...)` of one direction."""
    return path if isinstance(path, OtherPropertyPath) else None


def _to_sparql(pattern: PathPattern) -> str:
    path = pattern.path.text if isinstance(pattern.path, PatternTerm) else _to_text(pattern.path)
    return f"{pattern.subject.text} {path} {pattern.object.text}"


_Branch = tuple[PropertyPath, ...]
"""A sequence of paths without alternatives outside closures."""


def _branches(path: PropertyPath, *, is_reversed: bool) -> list[_Branch]:
    """The paths without alternatives whose union, with duplicates, is the path."""
    match path:
        case ReversedPath(inner):
            return _branches(inner, is_reversed=not is_reversed)
        case EitherPath(paths):
            branches = [branch for inner in paths for branch in _branches(inner, is_reversed=is_reversed)]
        case ConcatenatedPath(paths):
            parts = [_branches(inner, is_reversed=is_reversed) for inner in (reversed(paths) if is_reversed else paths)]
            branches = _concatenate(parts)
        case OtherPropertyPath(forward, backward) if forward and backward:
            halves = (OtherPropertyPath(forward, ()), OtherPropertyPath((), backward))
            branches = [branch for half in halves for branch in _branches(half, is_reversed=is_reversed)]
        case OtherPropertyPath(forward, backward) if is_reversed:
            branches = [(OtherPropertyPath(backward, forward),)]
        case _:
            branches = [(ReversedPath(path) if is_reversed else path,)]
    if len(branches) > MAX_BRANCHES:
        raise _too_many()
    return branches


def _concatenate(parts: list[list[_Branch]]) -> list[_Branch]:
    count = 1
    for part in parts:
        count *= len(part)
        if count > MAX_BRANCHES:
            raise _too_many()
    return [tuple(path for branch in choice for path in branch) for choice in product(*parts)]


def _too_many() -> QueryError:
    return QueryError(f"A property path has more than {MAX_BRANCHES} combinations of alternatives.")


def _is_nullable(path: PropertyPath) -> bool:
    """True when a path of length zero matches."""
    match path:
        case ClosurePath(inner, sign):
            return sign != "+" or _is_nullable(inner)
        case ReversedPath(inner):
            return _is_nullable(inner)
        case EitherPath(paths):
            return any(map(_is_nullable, paths))
        case ConcatenatedPath(paths):
            return all(map(_is_nullable, paths))
        case _:
            return False


def _zero_length(pattern: PathPattern, graph: str, prologue: Prologue) -> str:
    """The match of a path of length zero from a term that the graph does not have, if one end is a term."""
    ends = (pattern.subject, pattern.object)
    terms = [end for end in ends if end.kind != "variable"]
    if not terms or (len(terms) == 2 and not _is_same(terms[0], terms[1], prologue)):
        return ""
    term = terms[0].text
    values = " ".join(f"VALUES {end.text} {{ {term} }}" for end in ends if end.kind == "variable")
    uses = f"{{ {term} ?kgp ?kgo }} UNION {{ ?kgs ?kgp {term} }}"
    # The engine binds the variable of GRAPH, and asks whether the graph exists, only in patterns and in `GRAPH ?g {}`.
    if graph:
        return f"GRAPH {graph} {{}} {values} FILTER NOT EXISTS {{ GRAPH {graph} {{ {uses} }} }}"
    return f"{values} FILTER NOT EXISTS {{ {uses} }}"


def _is_same(left: PatternTerm, right: PatternTerm, prologue: Prologue) -> bool:
    """True when two terms are the same term; their texts may differ in prefixes and quotes."""
    return prologue.term(left.text) == prologue.term(right.text)


def _to_text(path: PropertyPath) -> str:
    match path:
        case StepPath(text):
            return text
        case ReversedPath(inner):
            return f"^({_to_text(inner)})"
        case ConcatenatedPath(paths):
            return "(" + "/".join(map(_to_text, paths)) + ")"
        case EitherPath(paths):
            return "(" + "|".join(map(_to_text, paths)) + ")"
        case ClosurePath(inner, sign):
            return f"({_to_text(inner)}){sign}"
        case OtherPropertyPath(forward, backward):
            return "!(" + "|".join((*forward, *(f"^{text}" for text in backward))) + ")"
