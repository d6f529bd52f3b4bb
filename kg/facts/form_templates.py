"""Templates of short forms, such as `{award} at {eventSeries} {year}`: texts matched against them and made of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kg.facts.written_values import (
    AMOUNT,
    NUMBER,
    amount_in_words,
    date_in_words,
    ends_in_date,
    is_like_date,
    normalise,
    start_of_date,
    to_amount,
)
from kg.files.yaml_files import YamlNode
from kg.schema import OntologyTerm, Schema, ValueKind
from kg.terms import XSD

OCCASIONS = ("edition", "eventSeries")
"""Keys for what many recognitions of one owner have in common."""
Entry = tuple[YamlNode, YamlNode]
_SLOT = re.compile(r"\{(\w+)\}")
_CODE = "[A-Z]{3}"
_NAME = r"\S(?:[^\n]{0,200}\S)?"
_ISO_DATE = re.compile(r"[0-9]{3}[0-9X](?:-[0-9]{2}){0,2}")
_LIKE_COUNT = re.compile(r"[0-9]{1,3} [^\W\d_].*")
"""A number of awards, `3 Oscars`, which are counted by ceremony."""
_DATE = r"[0-9A-Za-z][0-9A-Za-z.,/ \-]{2,30}"


@dataclass(frozen=True, slots=True)
class FormTemplate:
    """One form: its pattern, and the properties of its slots in order."""

    text: str
    pattern: str
    """A regular expression, which is compiled when a text is first matched against it."""
    slots: tuple[OntologyTerm, ...]

    @property
    def is_bare_name(self) -> bool:
        """True for a form that is a name and nothing else."""
        return len(self.slots) == 1 and self.slots[0].value_kind is ValueKind.ENTITY and self.text.startswith("{")

    @property
    def order(self) -> tuple[int, bool, bool, str]:
        """Forms with most slots come first, of these one for a year, which a date would take, too."""
        return -len(self.slots), not any(map(_is_year, self.slots)), self.is_bare_name, self.text


def to_template(text: str, schema: Schema) -> FormTemplate | None:
    """A form such as `{currency}{amount}`; None when the ontology lacks one of its properties."""
    pattern, position, slots = "", 0, []
    for slot in _SLOT.finditer(text):
        if (property := schema.property_named(slot[1])) is None:
            return None
        before = text[position : slot.start()]
        values = _sign_pattern(property) if property.signs and not before.strip() else _slot_pattern(property)
        pattern += re.escape(before) + f"(?P<{slot[1]}>{values})"
        position = slot.end()
        slots.append(property)
    return FormTemplate(text, pattern + re.escape(text[position:]), tuple(slots))


def _sign_pattern(property: OntologyTerm) -> str:
    """A sign, or a code such as EUR where values are codes."""
    signs = "|".join(map(re.escape, sorted((sign for sign, _ in property.signs), key=len, reverse=True)))
    return (
        signs
        if _is_number(property) or XSD + "boolean" in {iri.value for iri in property.range}
        else f"{signs}|{_CODE}"
    )


def _is_number(property: OntologyTerm) -> bool:
    return bool(property.range) and property.range[0].value in (XSD + "decimal", XSD + "integer")


def _is_year(property: OntologyTerm) -> bool:
    """True for a property that has a year alone in forms; elsewhere it takes the dates that `when` takes."""
    return property.value_kind is ValueKind.DATE and property.unit == "year"


def _slot_pattern(property: OntologyTerm) -> str:
    if property.value_kind is ValueKind.ENTITY:
        return _NAME
    if property.value_kind is ValueKind.DATE:
        return "[0-9]{4}" if _is_year(property) else _DATE
    if _is_number(property):
        return f"{AMOUNT}|{NUMBER}"
    return _NAME


def match_text(text: str, templates: Sequence[FormTemplate], value: YamlNode, *, may_be_id: bool) -> list[Entry] | None:
    """The entries of the first form that the text has; None when it has none, or more than one reading of it."""
    for template in templates:
        match = re.fullmatch(template.pattern, text)
        if match is None or (template.is_bare_name and (not may_be_id or ends_in_date(text))):
            continue
        if not _is_certain(template, text):
            return None
        texts = match.groupdict()
        if (dated := _dated_name(template, texts, text)) is not None:
            if _is_year(template.slots[-1]):
                continue  # the day and the month are no part of the name
            if not dated.name:
                continue
            texts |= {template.slots[-2].name: dated.name, template.slots[-1].name: dated.date}
        values = [(slot, _slot_value(slot, texts[slot.name], template)) for slot in template.slots]
        if all(normal is not None for _, normal in values):
            # What a sign stands for comes last, since the first value names the part.
            in_order = sorted(values, key=lambda pair: bool(pair[0].signs))
            return [(scalar(slot.name, value), _in_slot(slot, normal, value)) for slot, normal in in_order]
    return None


def _in_slot(slot: OntologyTerm, text: str | None, value: YamlNode) -> YamlNode:
    """The value of a slot; quotation marks around a text are those of its names alone."""
    return replace(value, text=text, is_quoted=value.is_quoted and slot.value_kind is ValueKind.ENTITY)


@dataclass(frozen=True, slots=True)
class _DatedName:
    """A name, empty where none is left, and the complete date behind it."""

    name: str
    date: str


def _dated_name(template: FormTemplate, texts: Mapping[str, str], text: str) -> _DatedName | None:
    """The last two slots where the text ends in a name and a date of several words: `Cannes 21 May 2024`."""
    *before, last = template.slots
    if not before or before[-1].value_kind is not ValueKind.ENTITY or last.value_kind is not ValueKind.DATE:
        return None
    if (first := start_of_date(words := text.removesuffix(")").split(" "))) is None:
        return None
    name = texts[before[-1].name].split(" ")
    left = len(name) - (len(words) - 1 - first)
    return _DatedName(" ".join(name[: max(left, 0)]).removesuffix(","), " ".join(words[first:]))


def _is_certain(template: FormTemplate, text: str) -> bool:
    """False where words between two names occur twice: `A as B as C`."""
    separators = [part for part in _SLOT.sub("\0", template.text).split("\0") if re.search(r"\w", part)]
    return all(text.count(separator) == 1 for separator in separators)


def _slot_value(slot: OntologyTerm, text: str, template: FormTemplate) -> str | None:
    """The value of a slot in the form that the reader reads; None when the text is none."""
    if (value := dict(slot.signs).get(text)) is not None:
        return value
    if slot.value_kind is ValueKind.ENTITY:
        if slot.name in OCCASIONS and is_like_date(text):
            return None
        return None if slot.name == "award" and _LIKE_COUNT.fullmatch(text) else text.removesuffix(",")
    if any(other.signs for other in template.slots) and slot.name == "amount":
        return to_amount(text)
    normal = normalise(text, slot)
    return normal if slot.value_kind is not ValueKind.DATE or _ISO_DATE.fullmatch(normal) else None


def render(template: FormTemplate, texts: dict[str, str], details: Sequence[tuple[str, str]]) -> str | None:
    """The text of a form with these values; None when there are others."""
    names = {slot.name for slot in template.slots}
    if set(texts) != names | {name for name, _ in details}:
        return None
    rendered = {}
    for slot in template.slots:
        text = texts[slot.name]
        if slot.signs:
            text = next((sign for sign, code in slot.signs if code == text and not re.search(r"\w", sign)), text)
        elif slot.value_kind is ValueKind.DATE:
            text = date_in_words(text)
        elif slot.name == "amount" and re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
            text = amount_in_words(text)
        rendered[slot.name] = text
    return _SLOT.sub(lambda slot: rendered[slot[1]], template.text)


def scalar(text: str, at: YamlNode) -> YamlNode:
    """A text as a node, at the place of another."""
    return YamlNode(at.place, text=text, end=at.end)
