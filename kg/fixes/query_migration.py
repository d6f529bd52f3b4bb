"""A stored query rewritten for a newer ontology, outside of its strings and comments.

What has no plain replacement, such as a property path through a term that now needs two patterns, is left as it is and
reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kg.fixes.part_names import PART, PartNames
from kg.queries.sparql import Token, place_at, tokenise
from kg.reports import Finding
from kg.schema import Replacement, Schema

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
        tokens = list(tokenise(text))
        for number in reversed(range(len(tokens))):
            token = tokens[number]
            replacement = self.schema.replaced.get(token.text.removeprefix("film:"))
            if not token.text.startswith("film:"):
                continue
            is_example = replacement is not None and _text(tokens, number - 1) == "{"
            if is_example and token.text.removeprefix("film:") in self.schema.narrowed:
                continue  # The example of a parameter that takes classes and kinds.
            if replacement is None:
                edits: Sequence[_Edit] | None = [(token.start, token.end, self.names[token.text])]
            elif replacement.name in self.schema.class_names:
                edits = _class_edits(replacement, tokens, number)
            else:
                edits = _property_edits(replacement, tokens, number)
            if edits is None:
                self._leave(token, replacement, text, file)
            for start, end, new in edits or ():
                text = text[:start] + new + text[end:]
        return text

    def _header_class(self, match: re.Match[str]) -> str:
        """The class of a parameter; the name of a kind stays, since it is taken there as well."""
        replacement = self.schema.replaced.get(match["name"]) if match["name"] not in self.schema.narrowed else None
        return match["before"] + (replacement.name if replacement is not None else match["name"])

    def _leave(self, token: Token, replacement: Replacement | None, text: str, file: str) -> None:
        place = place_at(text, token.start, file=file)
        message = f"{token.text} is now {replacement}"
        self.left.insert(0, Finding("migration/by-hand", message, places=(place,), remedy="Change it by hand."))


def _class_edits(replacement: Replacement, tokens: Sequence[Token], number: int) -> list[_Edit] | None:
    """The edits for a class; None where it is no plain type, or the new class needs more than a value."""
    token, new = tokens[number], f"film:{replacement.name}"
    has_pattern = bool(replacement.without or replacement.value_of)
    if not replacement.details and not has_pattern:
        return [(token.start, token.end, new)]
    is_type = _text(tokens, number - 1) in ("a", "rdf:type")
    ends = (".", "}") if has_pattern else (".", "}", ";")
    subject = _text(tokens, number - 2)
    if not is_type or _text(tokens, number + 1) not in ends or not all(value for _, value in replacement.details):
        return None
    if has_pattern and not subject.startswith("?"):
        return None
    details = "".join(f" ; {detail}" for detail in _details(replacement))
    owner = f" . {subject}_owner film:{replacement.value_of} {subject}" if replacement.value_of else ""
    return [(token.start, token.end, new + details + owner + _filter(replacement, subject))]


def _property_edits(replacement: Replacement, tokens: Sequence[Token], number: int) -> list[_Edit] | None:
    """The edits for a property, from the last to the first; None where it has no plain replacement."""
    token, new = tokens[number], f"film:{replacement.name}"
    is_plain = not replacement.details and not replacement.within and not replacement.without
    if is_plain:
        return [(token.start, token.end, f"^{new}" if replacement.is_inverse else new)]
    in_path = _text(tokens, number - 1) in _IN_PATH_BEFORE or _text(tokens, number + 1) in _IN_PATH_AFTER
    if in_path or replacement.is_inverse or replacement.within or not all(value for _, value in replacement.details):
        return None
    if _text(tokens, number + 1) == "[":
        bracket = tokens[number + 1].end
        separator = " " if _text(tokens, number + 2) == "]" else " ; "
        inner = " " + " ; ".join(_details(replacement)) + separator.rstrip()
        return [(bracket, bracket, inner), (token.start, token.end, new)]
    value = tokens[number + 1] if number + 1 < len(tokens) else token
    after = tokens[number + 2] if number + 2 < len(tokens) else None
    ends_here = after is None or after.text in (".", "}", "{") or after.kind == "word"
    if not value.text.startswith(("?", "$", "film:")) or not ends_here:
        return None
    pattern = f" . {value.text} {' ; '.join(_details(replacement))}{_filter(replacement, value.text)}"
    return [(value.end, value.end, pattern), (token.start, token.end, new)]


def _text(tokens: Sequence[Token], number: int) -> str:
    return tokens[number].text if 0 <= number < len(tokens) else ""


def _details(replacement: Replacement) -> list[str]:
    return [f'film:{name} "{value}"' for name, value in replacement.details]


def _filter(replacement: Replacement, node: str) -> str:
    """A filter that leaves out nodes of the new kind that the old kind did not have."""
    name = node.lstrip("?$").removeprefix("film:").replace("-", "_").replace(".", "_")
    filters = (f"FILTER NOT EXISTS {{ {node} film:{other} ?{name}_{other} }}" for other in replacement.without)
    return "".join(f" {text}" for text in filters)
