"""GRAPH clauses that the engine evaluates differently from https://www.w3.org/TR/sparql11-query/#sparqlAlgebra.

A clause has solutions only for graphs that are there, and in each of them its variable has a value. Oxigraph looks the
graph up with each triple pattern, so that VALUES and sub-selects have solutions without one: they are joined with an
empty clause, and a sub-select selects the variable. Oxigraph also counts the variable among those that MINUS compares:
a MINUS that shares no other variable, which removes nothing, is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from kg.errors import QueryError
from kg.queries.rewriting.expressions import Edit
from kg.queries.rewriting.pattern_blocks import GraphClause, NewVariables, UnparsedError, parse_patterns
from kg.queries.rewriting.prologue import Prologue
from kg.text.sparql_tokens import Token

_AGGREGATES = ("COUNT", "SUM", "AVG", "MIN", "MAX", "SAMPLE", "GROUP_CONCAT")


def graph_edits(text: str, tokens: Sequence[Token], prologue: Prologue) -> list[Edit]:
    """The edits of the clauses; raises `QueryError` for a sub-select that would be grouped over all graphs together."""
    words = [token.text.upper() for token in tokens if token.kind == "word"]
    if "GRAPH" not in words or not ("VALUES" in words or "MINUS" in words or words.count("SELECT") > 1):
        return []
    try:
        clauses = parse_patterns(text, tokens, NewVariables(text)).clauses
    except UnparsedError:
        return []
    return _without_overlaps(sorted(edit for clause in clauses for edit in _edits_of(clause, tokens)))


def _edits_of(clause: GraphClause, tokens: Sequence[Token]) -> list[Edit]:
    graph = clause.graph.text
    there = f"GRAPH {graph} {{}} "
    is_variable = clause.graph.kind == "variable"
    edits: list[Edit] = [_insertion(tokens[index].start, there) for index in clause.values]
    selects = [each for each in clause.selects if not (is_variable and _hides(tokens[each[1] : each[2]], graph))]
    for brace, index, end in selects:
        # A sub-select stands alone in its braces.
        edits += [_insertion(tokens[brace].start, f"{{ {there}"), _insertion(tokens[end].end, " }")]
        body = next(i for i in range(index, end) if tokens[i].text == "{")
        if not is_variable or graph[1:] in _names(tokens[index:body]):
            continue
        if _selects_all(tokens[index:body]):
            if all(body != other for other, _, _ in selects):
                edits.append(_insertion(tokens[body].end, f" {there}"))
            continue
        last = tokens[index + 1] if tokens[index + 1].is_word("DISTINCT", "REDUCED") else tokens[index]
        edits.append(_insertion(last.end, f" {graph}"))
        if by := _group_by(tokens[index:end]):
            edits.append(_insertion(by.end, f" {graph}"))
        elif any(token.is_word(*_AGGREGATES) for token in tokens[index:end]):
            raise QueryError(f"A sub-select with an aggregate in GRAPH {graph} has to select and group by {graph}.")
    known: dict[int, tuple[int, set[str]]] = {}  # the names of each group, as far as they have been read
    for group, index, end in clause.minuses if is_variable else ():
        start, names = known.get(group, (group, set()))
        names |= _names(tokens[start:index])
        known[group] = index, names
        if not (names & _names(tokens[index:end])) - {graph[1:]}:
            edits.append((tokens[index].start, tokens[end - 1].end, ""))
    return edits


def _group_by(select: Sequence[Token]) -> Token | None:
    """The `BY` of the GROUP BY of a sub-select, if it has one; not that of another within it."""
    depth = 0
    for before, token in pairwise(select):
        depth += (token.text == "{") - (token.text == "}")
        if not depth and token.is_word("BY") and before.is_word("GROUP"):
            return token
    return None


def _insertion(place: int, text: str) -> Edit:
    return place, place, text


def _hides(select: Sequence[Token], graph: str) -> bool:
    """True for a sub-select that has another variable of the graph's name, which it does not select."""
    projection = select[: next(i for i, token in enumerate(select) if token.text == "{")]
    return graph[1:] in _names(select) - _names(projection) and not _selects_all(projection)


def _selects_all(projection: Sequence[Token]) -> bool:
    return any(token.text == "*" for token in projection[1:3])


def _without_overlaps(edits: list[Edit]) -> list[Edit]:
    """The edits, which are in order, but for those within a part that another one leaves out."""
    kept, removed_to = [], 0
    for start, end, text in edits:
        if start >= removed_to:
            kept.append((start, end, text))
            removed_to = max(removed_to, end if end > start else 0)
    return kept


def _names(tokens: Sequence[Token]) -> set[str]:
    return {token.text[1:] for token in tokens if token.kind == "variable"}
