"""A finding and the text of its YAML file walk in; the edits that mend it walk out, none where nothing is plain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kg.facts.literals import parse_value
from kg.facts.model import Fact
from kg.reports import Finding
from kg.schema import OntologyTerm, Schema, ValueKind
from kg.terms import ALIAS, LABEL, to_curie, to_text


@dataclass(frozen=True, slots=True)
class Edit:
    """At a line and column (from 1), `old` becomes `new`; with an empty `old` something is put in before the spot."""

    line: int
    column: int
    old: str
    new: str

    def apply_to(self, lines: list[str]) -> None:
        """Change the lines; the spot must hold what the edit takes away."""
        line, at = lines[self.line - 1], self.column - 1
        assert line[at:].startswith(self.old)
        lines[self.line - 1] = line[:at] + self.new + line[at + len(self.old) :]


def mend_misspelling(finding: Finding, text: str) -> Sequence[Edit]:
    """The one near neighbour instead of the name."""
    offered = re.fullmatch(r"Did you mean (\S+)\?", finding.remedy)
    spot = _token(finding, text)
    if offered is None or spot is None:
        return ()
    name = offered[1]
    if name.startswith("film:") and not spot.startswith("film:"):
        name = name.removeprefix("film:")
    # A short name has many near neighbours: what differs in more than a third of it is another word.
    return _replaced(finding, spot, name) if abs(len(name) - len(spot)) <= max(1, len(spot) // 3) else ()


def mend_value(finding: Finding, text: str, schema: Schema, facts: Iterable[Fact]) -> Sequence[Edit]:
    """The same value in the form that the property takes, where it can only mean one thing."""
    said = re.match(r"(?P<name>\S+): (?P<quoted>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\") is ", finding.message)
    iri = schema.names.get(said["name"]) if said is not None else None
    word = schema.properties.get(iri) if iri is not None else None
    if said is None or word is None:
        return ()
    value = str(ast.literal_eval(said["quoted"]))
    meant = {new for new in _meanings(value, word, facts) if _fits(new, word)}
    return _replaced(finding, _spelled(finding, text, value), meant.pop()) if len(meant) == 1 else ()


def mend_form(finding: Finding, text: str) -> Sequence[Edit]:
    """The same word in capitals or small letters, where only one of them has the form that is asked for."""
    pattern, spot = finding.expected.removeprefix("a value like "), _token(finding, text)
    if spot is None or pattern == finding.expected:
        return ()
    bare = spot.strip("\"'")
    meant = {new for new in (bare.upper(), bare.lower()) if new != bare and re.search(pattern, new) is not None}
    return _replaced(finding, spot, spot.replace(bare, meant.pop())) if len(meant) == 1 and bare else ()


def mend_duplicate(finding: Finding, text: str) -> Sequence[Edit]:
    """Nothing instead of a line that stands there twice."""
    first = re.search(r"first in line (\d+)", finding.message)
    if first is None or finding.place is None:
        return ()
    lines, number = text.splitlines(keepends=True), finding.place.line
    again, before = lines[number - 1], lines[int(first[1]) - 1]
    ends = number == len(lines) or _indent(lines[number]) <= _indent(again)
    return [Edit(number, 1, again, "")] if again.strip() == before.strip() and ends else ()


def mend_label(finding: Finding, text: str, facts: Iterable[Fact]) -> Sequence[Edit]:
    """The thing's only alias, with its evidence; the label of a linked thing is its label without any mend."""
    if finding.path != to_text(LABEL) or finding.place is None:
        return ()
    facts = list(facts)
    said = [f for f in facts if f.property == ALIAS and to_text(f.subject) == finding.focus]
    own = next((f for f in facts if f.place == finding.place), None)
    if own is None or len({fact.value for fact in said}) != 1:
        return ()
    line = text.splitlines()[finding.place.line - 1]
    if not re.match(r"\s+[\w-]+:", line):
        return ()
    return [Edit(finding.place.line, 1, "", " " * _indent(line) + _label_line(said[0], own) + "\n")]


def _label_line(fact: Fact, own: Fact) -> str:
    """`label: {value: Anora, at: 0-5}`; the source is named where it is not the one that speaks there."""
    spot, words = fact.evidence, to_text(fact.value)
    parts = [f"value: {_quoted(str(getattr(fact.value, 'value', words)))}"]
    if spot.source != own.evidence.source:
        parts.append(f"source: {spot.source}")
    if spot.has_span:
        parts.append(f"at: {spot.start}-{spot.end}")
    if spot.record:
        parts.append(f"record: {_quoted(spot.record)}")
    if language := getattr(fact.value, "language", None):
        parts.append(f"lang: {language}")
    return f"label: {{{', '.join(parts)}}}"


# --- what a value may mean

_MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october"]
_MONTHS += ["november", "december"]
_SCALES = {"thousand": 3, "million": 6, "billion": 9}
_NUMBER = re.compile(
    r"[$\u20ac\u00a3\u00a5]?\s*(?P<number>[0-9]+(?:[., \u00a0\u202f_'][0-9]+)*)(?:\s*(?P<scale>[a-z]+))?", re.I
)


def _meanings(value: str, word: OntologyTerm, facts: Iterable[Fact]) -> Iterator[str]:
    """Everything that the value may mean, in forms that some property takes."""
    plain = value.strip()
    if word.value_kind is ValueKind.ENTITY:
        named = {to_curie(str(f.subject.value)) for f in facts if f.property in (LABEL, ALIAS) and _says(f, plain)}
        yield from (name.removeprefix("film:") for name in named)
    elif word.value_kind is ValueKind.DATE:
        yield from _dates(plain)
    else:
        yield {"yes": "true", "no": "false"}.get(plain.lower(), plain.lower())
        yield from _numbers(plain)
        yield from _durations(plain)


def _says(fact: Fact, words: str) -> bool:
    return str(getattr(fact.value, "value", "")).casefold() == words.casefold()


def _numbers(value: str) -> Iterator[str]:
    found = _NUMBER.fullmatch(value)
    if found is None or (found["scale"] and found["scale"].lower() not in _SCALES):
        return
    # 1,234 and 1.234 are one thousand in some countries and one in others: only groups of three, twice or more, or
    # with a comma or blank, are plain.
    digits = found["number"]
    whole = re.fullmatch(r"[0-9]{1,3}(?:[, \u00a0\u202f_'][0-9]{3})+(?:\.[0-9]+)?|[0-9]{1,3}(?:\.[0-9]{3}){2,}", digits)
    if whole is not None:
        digits = re.sub(r"[, \u00a0\u202f_']", "", digits) if digits.count(".") < 2 else digits.replace(".", "")
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", digits):
        number = Decimal(digits).scaleb(_SCALES[found["scale"].lower()] if found["scale"] else 0)
        yield f"{number:f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:f}"


def _durations(value: str) -> Iterator[str]:
    found = re.fullmatch(r"(?:(\d+)\s*(?:h|hours?))?\s*(?:(\d+)\s*(?:m|min|minutes?)\.?)?", value, re.I)
    if found is not None and (found[1] or found[2]):
        yield f"PT{int(found[1] or 0) * 60 + int(found[2] or 0)}M"


def _dates(value: str) -> Iterator[str]:
    by_name = re.fullmatch(r"(?:(\d{1,2})\.?\s+)?([A-Za-z]+)\.?\s+(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})", value)
    if by_name is not None:
        months = [
            n for n, name in enumerate(_MONTHS, 1) if name.startswith(by_name[2].lower()) and len(by_name[2]) >= 3
        ]
        day = by_name[1] or by_name[3]
        if len(months) == 1 and not (by_name[1] and by_name[3]):
            yield f"{by_name[4]}-{months[0]:02d}" + (f"-{int(day):02d}" if day else "")
    if parts := re.fullmatch(r"(\d{4})[/.](\d{1,2})(?:[/.](\d{1,2}))?", value):
        yield f"{parts[1]}-{int(parts[2]):02d}" + (f"-{int(parts[3]):02d}" if parts[3] else "")
    if parts := re.fullmatch(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?", value):
        yield f"{parts[1]}-{int(parts[2]):02d}" + (f"-{int(parts[3]):02d}" if parts[3] else "")
    if parts := re.fullmatch(r"(\d{3})0s", value):
        yield f"{parts[1]}X"


def _fits(value: str, word: OntologyTerm) -> bool:
    try:
        parse_value(value, word)
    except ValueError:
        return False
    return True


# --- where it stands


def _replaced(finding: Finding, old: str | None, new: str) -> Sequence[Edit]:
    if old is None or finding.place is None or old == new:
        return ()
    return [Edit(finding.place.line, finding.place.column, old, new)]


def _token(finding: Finding, text: str) -> str | None:
    """The word that stands at the finding's place."""
    rest = _rest(finding, text)
    found = re.match(r"\"[^\"\\]*\"|'[^']*'|[^\s,:\]}\[{#]+(?::[^\s,\]}]+)?", rest)
    return found[0] if found is not None else None


def _spelled(finding: Finding, text: str, value: str) -> str | None:
    """How the value is written at the finding's place, with its quotes."""
    rest = _rest(finding, text)
    return next((form for form in (value, f'"{value}"', f"'{value}'") if value and rest.startswith(form)), None)


def _rest(finding: Finding, text: str) -> str:
    place = finding.place
    lines = text.splitlines()
    if place is None or not place.column or place.line > len(lines):
        return ""
    return lines[place.line - 1][place.column - 1 :]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _quoted(text: str) -> str:
    """A text as a YAML scalar within braces."""
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9 .()/&\u2013\u2014'-]*[A-Za-z0-9).]|[A-Za-z]", text) and ": " not in text:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
