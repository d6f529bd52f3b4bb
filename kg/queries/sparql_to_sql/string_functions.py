"""Functions of strings as SQL: parts, regular expressions, hashes, IRIs.

https://www.w3.org/TR/sparql11-query/#func-strings
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import rdflib

from kg.graph.columns import TermClass
from kg.queries.sparql_to_sql.algebra import NotCompiled, datatype_of
from kg.queries.sparql_to_sql.relations import Kind, Value, unsupported
from kg.sql import quote
from kg.terms import XSD
from kg.text.regex import to_regex

if TYPE_CHECKING:
    from kg.queries.sparql_to_sql.value_expressions import Expressions

_C = TermClass
_NOT_IN_IRIS = r'[\x00-\x20<>"{}|^`\\]'


def are_compatible(a: Value, b: Value) -> str:
    """The condition that two strings may be arguments together (https://www.w3.org/TR/sparql11-query/#func-arg-compatibility)."""
    if not b.language:
        return "true"
    return f"({b.language} IS NULL OR {b.language} = {a.language or 'NULL'})"


def _before(e: Expressions, node: Any) -> Value:
    a, b = e.string(node.arg1), e.string(node.arg2)
    return _part(a, b, f"substring({a.sql}, 1, strpos({a.sql}, {b.sql}) - 1)")


def _after(e: Expressions, node: Any) -> Value:
    a, b = e.string(node.arg1), e.string(node.arg2)
    return _part(a, b, f"substring({a.sql}, strpos({a.sql}, {b.sql}) + length({b.sql}))")


def _part(a: Value, b: Value, part: str) -> Value:
    """A part of a string where another is in it, in its language; else the empty string, in none."""
    is_in = f"contains({a.sql}, {b.sql})"
    compatible = f"coalesce({are_compatible(a, b)}, false)"
    sql = f"(CASE WHEN NOT {compatible} THEN NULL WHEN {is_in} THEN {part} WHEN NOT {is_in} THEN '' END)"
    return Value(Kind.STRING, sql, language=f"(CASE WHEN {is_in} THEN {a.language} END)" if a.language else "")


def _regex(e: Expressions, node: Any) -> Value:
    return Value(Kind.TRUTH, f"regexp_matches({e.string(node.text).sql}, {quote(_re2(node))})")


def _replace(e: Expressions, node: Any) -> Value:
    """REPLACE: an error for a pattern that matches nothing at all (https://www.w3.org/TR/xpath-functions/#func-replace)."""
    value, pattern = e.string(node.arg), _re2(node)
    if not _is_string(node.replacement):
        raise NotCompiled("REPLACE by this")
    if to_regex(str(node.pattern), _flags(node)).is_in(""):
        return Value(Kind.STRING, "CAST(NULL AS VARCHAR)")
    template = _rewrite_template(str(node.replacement), re.compile(pattern_groups(str(node.pattern))).groups)
    sql = f"regexp_replace({value.sql}, {quote(pattern)}, {quote(template)}, 'g')"
    return Value(Kind.STRING, sql, language=value.language)


def pattern_groups(pattern: str) -> str:
    """A pattern with as many groups as this one captures."""
    bare = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "", pattern, flags=re.DOTALL)
    return "()" * len(re.findall(r"\((?!\?)", bare))


def _rewrite_template(replacement: str, groups: int) -> str:
    r"""`$1` as RE2 writes it, `\1`; a group that the pattern does not have is empty."""
    if not re.fullmatch(r"(?:[^\\$]|\\[\\$]|\$[0-9])*", replacement, re.DOTALL) or groups > 9:
        raise NotCompiled("REPLACE by this")

    def write(match: re.Match[str]) -> str:
        part = match[0]
        if part[0] == "$":
            return f"\\{part[1]}" if int(part[1]) <= groups else ""
        return "\\\\" if part == "\\\\" else part[-1]

    return re.sub(r"\\[\\$]|\$[0-9]", write, replacement)


def _flags(node: Any) -> str:
    return "" if node.flags is None else str(node.flags)


def _is_string(node: Any) -> bool:
    """True for a constant of the datatype string."""
    is_plain = isinstance(node, rdflib.Literal) and node.language is None
    return is_plain and datatype_of(node) in (None, f"{XSD}string")


def _re2(node: Any) -> str:
    """The pattern of a REGEX or REPLACE, as DuckDB reads it."""
    parts = [node.pattern, *([node.flags] if node.flags is not None else [])]
    if not all(map(_is_string, parts)):
        raise NotCompiled("a regular expression that is computed, or no string")
    try:
        pattern = to_regex(str(node.pattern), _flags(node)).re2
    except (ValueError, re.error) as error:
        raise NotCompiled("this regular expression") from error
    if not pattern:
        raise NotCompiled("this regular expression")
    return pattern


def _encoded(e: Expressions, node: Any) -> Value:
    return Value(Kind.STRING, f"url_encode({e.string(node.arg).sql})")


def _hash(function: str) -> Callable[[Expressions, Any], Value]:
    """A hash of a simple literal."""

    def compile(e: Expressions, node: Any) -> Value:
        value = e.string(node.arg)
        plain = f"CASE WHEN {value.language} IS NULL THEN {value.sql} END" if value.language else value.sql
        return Value(Kind.STRING, f"{function}({plain})")

    return compile


def _iri(e: Expressions, node: Any) -> Value:
    """IRI of an IRI or a simple literal; what is relative needs a base, and goes to the other engine."""
    value = e.value(node.arg)
    if value.constant.startswith("<"):
        return value
    f = e.facets(value)
    is_absolute = (
        f"regexp_matches({f.lexical}, '^[A-Za-z][A-Za-z0-9+.-]*:') AND NOT regexp_matches({f.lexical}, '/\\.\\.?(/|$)')"
    )
    other = unsupported(f.lexical, "a relative IRI")
    return Value(
        Kind.TEXT,
        f"(CASE WHEN {f.kind} = {_C.IRI:d} THEN '<' || {f.lexical} || '>' WHEN {f.kind} = {_C.STRING:d} THEN CASE"
        f" WHEN regexp_matches({f.lexical}, {quote(_NOT_IN_IRIS)}) THEN NULL"
        f" WHEN {is_absolute} THEN '<' || {f.lexical} || '>' ELSE {other} END END)",
    )


STRING_FUNCTIONS: dict[str, Callable[[Expressions, Any], Value]] = {
    "Builtin_STRBEFORE": _before,
    "Builtin_STRAFTER": _after,
    "Builtin_REGEX": _regex,
    "Builtin_REPLACE": _replace,
    "Builtin_ENCODE_FOR_URI": _encoded,
    "Builtin_MD5": _hash("md5"),
    "Builtin_SHA1": _hash("sha1"),
    "Builtin_SHA256": _hash("sha256"),
    "Builtin_IRI": _iri,
    "Builtin_URI": _iri,
}
