"""The edits of a YAML file that correct one finding; none where there are several plausible corrections, or none.

Only the fields of a finding are read, never its sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pyoxigraph import Literal, NamedNode

from kg.facts.literals import parse_value
from kg.facts.model import Fact
from kg.files.yaml_files import quoted
from kg.reports import Finding
from kg.schema import OntologyTerm, Replacement, Schema, ValueKind
from kg.terms import ALIAS, LABEL, Term, to_curie, to_term, to_text
from kg.text.number_words import SCALES


@dataclass(frozen=True, slots=True)
class Edit:
    """At a line and column (from 1), `old` is replaced by `new`; with an empty `old`, `new` is inserted before."""

    line: int
    column: int
    old: str
    new: str

    def apply_to(self, lines: list[str]) -> None:
        """Change the lines, which must have `old` at this place; the line after the last one is added."""
        if self.line > len(lines):
            lines[-1] += "" if lines[-1].endswith("\n") else "\n"
            lines.append(self.new)
            return
        line, start = lines[self.line - 1], self.column - 1
        assert line[start:].startswith(self.old)
        lines[self.line - 1] = line[:start] + self.new + line[start + len(self.old) :]


def fix_misspelling(finding: Finding, text: str) -> Sequence[Edit]:
    """The only suggestion instead of the unknown name."""
    token = _token_at(finding, text)
    if len(finding.suggestions) != 1 or token is None:
        return ()
    (name,) = finding.suggestions
    if name.startswith("film:") and not token.startswith("film:"):
        name = name.removeprefix("film:")
    # Short names are close to many others: one that differs in more than a third is another word.
    return _replace(finding, token, name) if abs(len(name) - len(token)) <= max(1, len(token) // 3) else ()


def fix_replaced(finding: Finding, text: str, schema: Schema) -> Sequence[Edit]:
    """The term that replaces one of an earlier ontology; `kg migrate` changes what needs more than that."""
    token = _token_at(finding, text)
    replacement = schema.replaced.get((token or "").removeprefix("film:"))
    if token is None or finding.place is None or replacement is None or replacement.is_inverse:
        return ()
    if not replacement.details:
        return _replace(finding, token, replacement.name)
    line = text.splitlines()[finding.place.line - 1]
    key = re.search(r"\btype: *(?P<list>.*)", line[: finding.place.column - 1])
    if key is None or finding.check != "facts/replaced-class":
        return ()
    before = line[: key.start()]
    if not key["list"]:
        return _replace(finding, token, replaced_type(replacement, before))
    entries = "".join(detail_entry(name, value) + separator(before) for name, value in replacement.details)
    inserted = Edit(finding.place.line, key.start() + 1, "", entries)
    return [*_replace(finding, token, replacement.name), inserted]


def replaced_type(replacement: Replacement, before: str) -> str:
    """The class that replaces another, with what is stated beside it; `before` is the line up to the key `type`."""
    details = (detail_entry(name, value) for name, value in replacement.details if value)
    return separator(before).join((replacement.name, *details))


def separator(before: str) -> str:
    """What is between two entries of a mapping whose first begins after `before`: a comma, or a new line."""
    return f"\n{' ' * len(before)}" if not before.strip(" -") else ", "


def detail_entry(name: str, value: str) -> str:
    """A further property that the replacement of a term needs, as an entry of a fact file.

    A kind is a word of a list, which no passage has to contain; another value is not in the words of the source.
    """
    return f"{name}: {value}" if name in ("kind", "outcome") else f"{name}: {{value: {value}, paraphrase: true}}"


def fix_value(finding: Finding, text: str, schema: Schema, facts: Iterable[Fact]) -> Sequence[Edit]:
    """The same value in the form that the property takes, where it can only mean one value."""
    path, literal = (to_term(term) if term else None for term in (finding.path, finding.value))
    property = schema.properties.get(path) if isinstance(path, NamedNode) else None
    if property is None or not isinstance(literal, Literal) or _fits(literal.value, property):
        return ()
    meanings = {meaning for meaning in _meanings(literal.value, property, facts) if _fits(meaning, property)}
    written = _scalar_at(finding, text, literal.value)
    return _replace(finding, written, meanings.pop()) if len(meanings) == 1 else ()


def write_block(finding: Finding, text: str, schema: Schema, facts: Iterable[Fact]) -> Sequence[Edit]:
    """A block, at the end of the section, for an entity that a name has created, unless the name is like another."""
    about = [fact for fact in facts if finding.focus and str(fact.subject) == finding.focus]
    if not about or finding.place is None or finding.suggestions:
        return ()
    values = (f"{_name_of(fact.property, schema)}: {_text_of(fact.value)}" for fact in about)
    id = to_curie(str(about[0].subject.value)).removeprefix("film:")
    return [_at_end_of_section(finding.place.line, text, f"{id}: {{{', '.join(values)}}}\n")]


def _name_of(property: NamedNode, schema: Schema) -> str:
    return schema.properties[property].name


def _text_of(value: Term) -> str:
    return quoted(value.value) if isinstance(value, Literal) else to_curie(value.value).removeprefix("film:")


_NEW_ID = re.compile(r"(?=.*[a-z])[a-z0-9-]+")
"""An id that a block is written for; a number is rather a value in the wrong place."""


def define_entity(finding: Finding, text: str, schema: Schema) -> Sequence[Edit]:
    """A block for an id that nothing is stated about and that is like no other, where its class is certain."""
    path, value = (to_term(term) if term else None for term in (finding.path, finding.value))
    property = schema.properties.get(path) if isinstance(path, NamedNode) else None
    if property is None or finding.place is None or finding.suggestions or not isinstance(value, NamedNode):
        return ()
    type, id = schema.named_type(property, finding.focus.strip("<>")), to_curie(value.value).removeprefix("film:")
    takes_parts = property.example.startswith("{")  # their values have no block of their own
    if not type or takes_parts or not _NEW_ID.fullmatch(id):
        return ()
    narrowed = schema.narrowed.get(type)
    type = type if narrowed is None else f"{narrowed.class_name}, kind: {narrowed.word}"
    block = f"{id}: {{type: {type}, label: {quoted(id.replace('-', ' '))}}}\n"
    return [_at_end_of_section(finding.place.line, text, block)]


def _at_end_of_section(line: int, text: str, block: str) -> Edit:
    lines = text.splitlines(keepends=True)
    end = next((number for number in range(line, len(lines)) if lines[number].startswith("---")), len(lines))
    return Edit(end + 1, 1, "", block)


def remove_character(finding: Finding, text: str) -> Sequence[Edit]:
    """Nothing in place of a character that is at the place of its finding."""
    char, place = to_term(finding.value).value if finding.value else "", finding.place
    lines = text.splitlines(keepends=True)
    if place is None or not char or place.line > len(lines):
        return ()
    is_there = lines[place.line - 1][place.column - 1 :].startswith(char)
    return [Edit(place.line, place.column, char, "")] if is_there else ()


def fix_cited_words(finding: Finding, text: str) -> Sequence[Edit]:
    """The words as the source writes them."""
    written = _scalar_at(finding, text, to_term(finding.value).value if finding.value else "")
    return _replace(finding, written, quoted(finding.suggestions[0])) if len(finding.suggestions) == 1 else ()


def fix_letter_case(finding: Finding, text: str) -> Sequence[Edit]:
    """The same word in upper or lower case, where only one of them matches the pattern."""
    token = _token_at(finding, text)
    bare = token.strip("\"'") if token is not None else ""
    if token is None or not bare or not finding.pattern:
        return ()
    forms = {form for form in (bare.upper(), bare.lower()) if form != bare and re.search(finding.pattern, form)}
    return _replace(finding, token, token.replace(bare, forms.pop())) if len(forms) == 1 else ()


def fix_duplicate(finding: Finding, text: str) -> Sequence[Edit]:
    """The line removed, where it only repeats an earlier one of the same file."""
    if len(finding.places) != 2:
        return ()
    place, first = finding.places
    if first.file != place.file or first.line == place.line:
        return ()
    lines = text.splitlines(keepends=True)
    repeated, original = lines[place.line - 1], lines[first.line - 1]
    is_complete = place.line == len(lines) or _indent(lines[place.line]) <= _indent(repeated)
    return [Edit(place.line, 1, repeated, "")] if repeated.strip() == original.strip() and is_complete else ()


def fix_missing_label(finding: Finding, text: str, facts: Iterable[Fact]) -> Sequence[Edit]:
    """The entity's only alias as its label, with its evidence."""
    if finding.path != to_text(LABEL) or finding.place is None:
        return ()
    facts = list(facts)
    aliases = [fact for fact in facts if fact.property == ALIAS and to_text(fact.subject) == finding.focus]
    own = next((fact for fact in facts if fact.place == finding.place), None)
    if own is None or len({fact.value for fact in aliases}) != 1:
        return ()
    line = text.splitlines()[finding.place.line - 1]
    if not re.match(r"\s+[\w-]+:", line):
        return ()
    label = _label_line(aliases[0], source=own.evidence.source)
    return [Edit(finding.place.line, 1, "", " " * _indent(line) + label + "\n")]


def _label_line(alias: Fact, *, source: str) -> str:
    """`label: {value: Anora, at: 0-5}`; the alias's source is named where it is not the section's."""
    evidence = alias.evidence
    parts = [f"value: {quoted(alias.value.value)}"]
    if evidence.source != source:
        parts.append(f"source: {evidence.source}")
    if evidence.has_span:
        parts.append(f"at: {evidence.start}-{evidence.end}")
    if evidence.record:
        parts.append(f"record: {quoted(evidence.record)}")
    if language := getattr(alias.value, "language", None):
        parts.append(f"lang: {language}")
    return f"label: {{{', '.join(parts)}}}"


# --- What a value may mean

_NUMBER = re.compile(
    r"[$\u20ac\u00a3\u00a5]?\s*(?P<number>[0-9]+(?:[., \u00a0\u202f_'][0-9]+)*)(?:\s*(?P<scale>[a-z]+))?", re.I
)
_GROUPS = re.compile(r"[0-9]{1,3}(?:[, \u00a0\u202f_'][0-9]{3})+(?:\.[0-9]+)?|[0-9]{1,3}(?:\.[0-9]{3}){2,}")
_SCALE_WORDS = ("thousand", "million", "billion")
"""Words only: `139 m` may be minutes, or millions."""


def _meanings(text: str, property: OntologyTerm, facts: Iterable[Fact]) -> Iterator[str]:
    """Yield everything that the text may mean, in forms that some property takes."""
    plain = text.strip()
    if property.value_kind is ValueKind.ENTITY:
        labels = (fact for fact in facts if fact.property in (LABEL, ALIAS))
        named = {to_curie(str(fact.subject.value)) for fact in labels if _is_name(fact, plain)}
        yield from (name.removeprefix("film:") for name in named)
    elif property.value_kind is ValueKind.DATE:
        yield from _dates(plain)
    else:
        yield {"yes": "true", "no": "false"}.get(plain.lower(), plain.lower())
        yield from _numbers(plain)
        yield from _durations(plain)


def _is_name(fact: Fact, name: str) -> bool:
    return fact.value.value.casefold() == name.casefold()


def _numbers(text: str) -> Iterator[str]:
    match = _NUMBER.fullmatch(text)
    scale = (match["scale"] or "").lower() if match is not None else ""
    if match is None or (scale and scale not in _SCALE_WORDS):
        return
    # 1,234 and 1.234 are one thousand in some countries and one in others: only groups of three, twice or more, or
    # with a comma or space, are plain.
    digits = match["number"]
    if _GROUPS.fullmatch(digits) is not None:
        digits = re.sub(r"[, \u00a0\u202f_']", "", digits) if digits.count(".") < 2 else digits.replace(".", "")
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", digits):
        number = f"{Decimal(digits) * SCALES.get(scale, 1):f}"
        yield number.rstrip("0").rstrip(".") if "." in number else number


def _durations(text: str) -> Iterator[str]:
    match = re.fullmatch(r"(?:(\d+)\s*(?:h|hours?))?\s*(?:(\d+)\s*(?:m|min|mins|minutes?)?\.?)?", text, re.I)
    if match is not None and (match[1] or match[2]):
        minutes = int(match[1] or 0) * 60 + int(match[2] or 0)
        yield f"PT{minutes}M"


def _dates(text: str) -> Iterator[str]:
    for form in (r"(\d{4})[/.](\d{1,2})(?:[/.](\d{1,2}))?", r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?"):
        if match := re.fullmatch(form, text):
            yield f"{match[1]}-{int(match[2]):02d}" + (f"-{int(match[3]):02d}" if match[3] else "")


def _fits(text: str, property: OntologyTerm) -> bool:
    try:
        parse_value(text, property)
    except ValueError:
        return False
    return True


# --- The text at a place


def _replace(finding: Finding, old: str | None, new: str) -> Sequence[Edit]:
    if old is None or finding.place is None or old == new:
        return ()
    return [Edit(finding.place.line, finding.place.column, old, new)]


def _token_at(finding: Finding, text: str) -> str | None:
    """The word at the finding's place, with its quotation marks."""
    match = re.match(r"\"[^\"\\]*\"|'[^']*'|[^\s,:\]}\[{#]+(?::[^\s,\]}]+)?", _text_at(finding, text))
    return match[0] if match is not None else None


def _scalar_at(finding: Finding, text: str, value: str) -> str | None:
    """The value as it is written at the finding's place, with its quotation marks; None when it is not there."""
    rest = _text_at(finding, text)
    return next((form for form in (value, f'"{value}"', f"'{value}'") if value and rest.startswith(form)), None)


def _text_at(finding: Finding, text: str) -> str:
    """The line from the finding's place on."""
    place = finding.place
    lines = text.splitlines()
    if place is None or not place.column or place.line > len(lines):
        return ""
    return lines[place.line - 1][place.column - 1 :]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
