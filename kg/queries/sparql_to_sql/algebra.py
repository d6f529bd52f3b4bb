"""The algebra of a query, from rdflib's parser, with a check for what that parser would change.

rdflib writes some literals in another form (`01` as `1`), and leaves some patterns in EXISTS as they were parsed; both
are dealt with here, so that the compiler sees the algebra of the specification
(https://www.w3.org/TR/sparql11-query/#sparqlAlgebra).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import rdflib
from rdflib.plugins.sparql.algebra import translateGroupGraphPattern, translateQuery
from rdflib.plugins.sparql.parser import parseQuery

from kg.queries.sparql import Token, tokenise
from kg.terms import PREFIXES, XSD

MAX_LENGTH = 50_000
"""The characters of a query that is compiled: rdflib's parser takes about 30 ms for 1,000."""


class NotCompiled(Exception):  # noqa: N818  # not an error: the query is answered by another engine
    """The query has something that is not compiled to SQL; `reason` says what."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def to_algebra(text: str, *, base: str | None = None) -> Any:
    """The algebra of a query that parses; the graph's prefixes need no declaration."""
    if len(text) > MAX_LENGTH:
        raise NotCompiled("a query of this length")
    tokens = list(tokenise(text))
    _refuse_changed_literals(tokens)
    if any(token.is_word("FROM") for token in tokens):
        raise NotCompiled("FROM")
    try:
        query = translateQuery(parseQuery(text), base=base, initNs=PREFIXES)
    except RecursionError:
        raise NotCompiled("a query that nests so deep") from None
    except Exception as error:  # whatever rdflib's parser raises: the other engine reads more
        raise NotCompiled(f"what rdflib does not parse ({type(error).__name__})") from error
    return query.algebra


def exists_pattern(node: Any) -> Any:
    """The pattern of an EXISTS, which rdflib translates only in some places."""
    graph = node.graph
    return translateGroupGraphPattern(graph) if graph.name.startswith("GroupGraphPattern") else graph


def _refuse_changed_literals(tokens: list[Token]) -> None:
    """Raise `NotCompiled` where rdflib's parser would change the form of a literal."""
    for before, token in pairwise([*tokens[:1], *tokens]):
        if token.kind == "number":
            is_signed = before.kind == "sign" and before.text in "+-" and before.end == token.start
            if (is_signed and before.text == "+") or _is_changed(token.text, _datatype(token.text)):
                raise NotCompiled(f"the literal {token.text}")
    for string, sign, datatype in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if string.kind == "string" and sign.text == "^^":
            local = datatype.text.rpartition(":")[2] if datatype.kind == "name" else ""
            iri = datatype.text[1:-1] if datatype.kind == "iri" else XSD + local
            if "\\" in string.text or string.text[:3] in ('"""', "'''") or _is_changed(string.text[1:-1], iri):
                raise NotCompiled(f"the literal {string.text}")


def _datatype(number: str) -> str:
    return XSD + ("double" if "e" in number.lower() else "decimal" if "." in number else "integer")


def _is_changed(lexical: str, datatype: str) -> bool:
    literal = rdflib.Literal(lexical, datatype=rdflib.URIRef(datatype))
    return str(literal) != lexical or bool(literal.ill_typed)
