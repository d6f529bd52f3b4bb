"""A stored query rewritten for a newer ontology, outside of its strings and comments.

What has no plain replacement, such as a property path through a term that now needs two patterns, is left as it is and
reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from kg.fixes.part_names import PART, PartNames
from kg.queries.sparql import place_at
from kg.reports import Finding
from kg.schema import Replacement, Schema
from kg.text.sparql_tokens import Token, tokenise

_HEADER_CLASS = re.compile(r"^(?P<before>#\+.*\bclass: *)(?P<name>\w+)", re.MULTILINE)
"""The class of a parameter, in the header of a stored query."""
_IN_PATH_BEFORE, _IN_PATH_AFTER = frozenset("^/|(!"), frozenset("/|)*+?")
_Edit = tuple[int, int, str]
"""Start and end of a part of the text, and the new text."""


def names_in_query(text: str) -> Iterator[str]:
    """Yield the names of parts in a query."""
    return (token.text for token in tokenise(text) if PART.fullmatch(token.text))


@dataclass
class QueryMigrator:
    """Rewrites stored queries; `left` are the findings about what is not rewritten."""

    schema: Schema
    names: PartNames
    left: list[Finding] = field(default_factory=list)

    def rewrite(self, text: str, file: str) -> str:
        """The query with new terms, as far as they have a plain replacement."""
        text = _HEADER_CLASS.sub(self._header_class, text)
        tokens, edits = list(tokenise(text)), list[_Edit]()
        # A property that has kept its name, and has a wider meaning, is meant as before in a query with old terms.
        is_old = any(self._replacement(token, of_old_query=False) is not None for token in tokens)
        for number, token in enumerate(tokens):
            if not token.text.startswith("film:"):
                continue
            replacement = self._replacement(token, of_old_query=is_old)
            is_example = replacement is not None and _text(tokens, number - 1) == "{"
            if is_example and token.text.removeprefix("film:") in self.schema.narrowed:
                continue  # The example of a parameter that takes classes and kinds.
            if replacement is None:
                edits.append((token.start, token.end, self.names[token.text]))
            elif (new := _edits(replacement, tokens, number, self.schema)) is not None:
                edits += new
            else:
                place, message = place_at(text, token.start, file=file), f"{token.text} is now {replacement}"
                self.left.append(Finding("migration/by-hand", message, places=(place,), remedy="Change it by hand."))
        # From the last to the first; several insertions at one place stay in their order.
        for _, (start, end, new_text) in sorted(enumerate(edits), key=lambda item: (item[1][0], item[0]), reverse=True):
            text = text[:start] + new_text + text[end:]
        return text

    def _replacement(self, token: Token, *, of_old_query: bool) -> Replacement | None:
        name = token.text.removeprefix("film:") if token.text.startswith("film:") else ""
        replacement = self.schema.replaced.get(name)
        return replacement if of_old_query or name not in self.schema.names else None

    def _header_class(self, match: re.Match[str]) -> str:
        """The class of a parameter; the name of a kind stays, since it is taken there as well."""
        replacement = self.schema.replaced.get(match["name"]) if match["name"] not in self.schema.narrowed else None
        return match["before"] + (replacement.name if replacement is not None else match["name"])


def _edits(replacement: Replacement, tokens: Sequence[Token], number: int, schema: Schema) -> Sequence[_Edit] | None:
    """The edits for a term; None where it has no plain replacement."""
    is_class = replacement.name in schema.class_names
    return (_class_edits if is_class else _property_edits)(replacement, tokens, number)


def _class_edits(replacement: Replacement, tokens: Sequence[Token], number: int) -> list[_Edit] | None:
    """The edits for a class; None where it has no plain replacement."""
    token, new = tokens[number], f"film:{replacement.name}"
    has_pattern = bool(replacement.without or replacement.value_of)
    if not replacement.details and not has_pattern:
        return [(token.start, token.end, new)]
    is_type = _text(tokens, number - 1) in ("a", "rdf:type") and _text(tokens, number + 1) in (".", ";", "}")
    if not is_type or not all(value for _, value in replacement.details):
        return None
    details = "".join(f" ; {detail}" for detail in _details(replacement))
    edits = [(token.start, token.end, new + details)]
    if has_pattern:
        subject, end = _subject(tokens, number), _end_of_triples(tokens, number)
        if subject is None or end is None:
            return None
        owner = f" . {_owner(subject)} film:{replacement.value_of} {subject}" if replacement.value_of else ""
        edits.append((end, end, owner + _filter(replacement, subject)))
    return edits


def _property_edits(replacement: Replacement, tokens: Sequence[Token], number: int) -> list[_Edit] | None:
    """The edits for a property; None where it has no plain replacement."""
    token, new = tokens[number], f"film:{replacement.name}"
    if replacement == Replacement(replacement.name, is_inverse=replacement.is_inverse):
        return [(token.start, token.end, f"^{new}" if replacement.is_inverse else new)]
    in_path = _text(tokens, number - 1) in _IN_PATH_BEFORE or _text(tokens, number + 1) in _IN_PATH_AFTER
    if in_path or replacement.is_inverse or replacement.within or not all(value for _, value in replacement.details):
        return None
    value = _text(tokens, number + 1)
    if value == "[" and not replacement.of_subject:
        bracket = tokens[number + 1].end
        separator = "" if _text(tokens, number + 2) == "]" else " ;"
        return [(bracket, bracket, f" {' ; '.join(_details(replacement))}{separator}"), (token.start, token.end, new)]
    end = _end_of_triples(tokens, number)
    if not _is_node(value) or end is None:
        return None
    if replacement.of_subject:
        behind, pattern = tokens[number + 1].end, "".join(f" ; {text}" for text in _patterns(replacement.of_subject))
        is_one = _text(tokens, number + 2) != ","
        return [(token.start, token.end, new), (behind, behind, pattern)] if is_one else None
    pattern = f" . {value} {' ; '.join(_details(replacement))}{_filter(replacement, value)}"
    return [(end, end, pattern), (token.start, token.end, new)]


def _end_of_triples(tokens: Sequence[Token], number: int) -> int | None:
    """Where the triples with the same subject end; None within brackets."""
    depth = 0
    for before, token in pairwise(tokens[number:]):
        depth += token.text in ("[", "(")
        depth -= token.text in ("]", ")")
        if depth < 0:
            return None
        if depth == 0 and (token.text in (".", "}", "{") or (token.kind == "word" and token.text != "a")):
            return before.end
    return None


def _subject(tokens: Sequence[Token], number: int) -> str | None:
    """The subject of the triples in which a token is; None where it is no variable or name."""
    depth, first = 0, number
    for position in range(number - 1, -1, -1):
        text = tokens[position].text
        depth += text in (")", "]")
        depth -= text in ("(", "[")
        if depth < 0:
            return None
        if depth == 0 and tokens[position].kind == "word" and text != "a":
            first = _after_brackets(tokens, position + 1)
            break
        if depth == 0 and text in (".", "{", "}"):
            first = position + 1
            break
    return _text(tokens, first) if _is_node(_text(tokens, first)) else None


def _after_brackets(tokens: Sequence[Token], number: int) -> int:
    """The number of the first token that is not in the brackets that begin at a token, as in `FILTER(...)`."""
    depth = 0
    for position in range(number, len(tokens)):
        depth += tokens[position].text == "("
        if depth == 0:
            return position
        depth -= tokens[position].text == ")"
    return len(tokens)


def _is_node(text: str) -> bool:
    """True for a variable or a name in our namespace."""
    return text.startswith(("?", "$", "film:")) and len(text) > 1


def _text(tokens: Sequence[Token], number: int) -> str:
    return tokens[number].text if 0 <= number < len(tokens) else ""


def _details(replacement: Replacement) -> list[str]:
    return _patterns(replacement.details)


def _patterns(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [f'film:{name} "{value}"' for name, value in pairs]


def _filter(replacement: Replacement, node: str) -> str:
    """A filter that leaves out nodes of the new kind that the old kind did not have."""
    filters = (
        f"FILTER NOT EXISTS {{ {node} film:{other} ?{_variable_name(node)}_{other} }}" for other in replacement.without
    )
    return "".join(f" {text}" for text in filters)


def _owner(node: str) -> str:
    """A variable for what a node belongs to."""
    return f"?{_variable_name(node)}_owner"


def _variable_name(node: str) -> str:
    return node.lstrip("?$").removeprefix("film:").replace("-", "_").replace(".", "_")
