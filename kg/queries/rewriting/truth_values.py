"""Variables that are conditions: a text with a language is true where it is not empty, and in Oxigraph an error.

https://www.w3.org/TR/sparql11-query/#ebv. A variable is a condition as the operand of `!`, `&&` or `||`, and as all of
a FILTER, of a HAVING or of the first argument of IF.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kg.queries.rewriting.expressions import Edit
from kg.queries.rewriting.prologue import Prologue
from kg.text.sparql_tokens import Token

_CONNECTIVES = ("&&", "||")


def truth_edits(text: str, tokens: Sequence[Token], prologue: Prologue) -> Iterator[Edit]:
    """The conditions that have to be rewritten."""
    for index in range(1, len(tokens) - 1):
        if tokens[index].kind == "variable" and _is_condition(tokens, index):
            variable = tokens[index].text
            truth = f'COALESCE(IF(LANG({variable}) = "", {variable}, STR({variable}) != ""), {variable})'
            yield tokens[index].start, tokens[index].end, truth


def _is_condition(tokens: Sequence[Token], index: int) -> bool:
    before, after = tokens[index - 1].text, tokens[index + 1].text
    if before == "!":
        return True
    if before in _CONNECTIVES or after in _CONNECTIVES:
        return before in (*_CONNECTIVES, "(", ",") and after in (*_CONNECTIVES, ")", ",")
    opener = tokens[index - 2] if before == "(" and index > 1 else None
    if opener is None:
        return False
    is_alone = opener.is_word("FILTER", "HAVING") or opener.text in ("!", *_CONNECTIVES)
    return (after == ")" and is_alone) or (after == "," and opener.is_word("IF"))
