"""Values as fact files write them, read as terms of the property's range.

The written forms are narrower than XSD's: no `1` for true, no relative IRI, no decimal without digits after its point.
"""

from __future__ import annotations

import re

from pyoxigraph import Literal, NamedNode

from kg.facts.dates import to_date
from kg.schema import OntologyTerm, Schema, ValueKind
from kg.terms import XSD, Term, to_iri
from kg.text.folding import to_slug
from kg.text.number_words import article_of

_FORMS = {
    XSD + "integer": (re.compile(r"[+-]?[0-9]+"), "a whole number without separators, like 323"),
    XSD + "decimal": (re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"), "a number without separators, like 8.5"),
    XSD + "double": (re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF|NaN"), "a number"),
    XSD + "boolean": (re.compile(r"true|false"), "true or false"),
    XSD + "anyURI": (re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`]+"), "an address, like https://..."),
    XSD + "duration": (
        re.compile(
            r"-?P(?=[0-9T])(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?"
            r"(?:[0-9]+(?:\.[0-9]+)?S)?)?"
        ),
        "a duration, like PT139M",
    ),
    XSD + "dateTime": (
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"),
        "a day and time, like 2024-05-21T19:00:00",
    ),
}
"""Datatype -> the form in which it is written, and the form in words."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


def is_address(text: str) -> bool:
    """True for an address.

    >>> is_address("https://films.example/"), is_address("not a url")
    (True, False)
    """
    return _FORMS[XSD + "anyURI"][0].fullmatch(text) is not None


def example_of(property: OntologyTerm) -> str:
    """What to write as a value of a property, as messages show it; empty where the ontology has no example."""
    return f"For example: {property.name}: {property.example}." if property.example else ""


def describe_value(property: OntologyTerm, schema: Schema) -> str:
    """What a value of a property is: `a budget, which is a figure`."""
    labels = [property.label, *(schema.classes[range].label for range in property.range if range in schema.classes)]
    return ", which is ".join(f"{article_of(label)} {label}" for label in dict.fromkeys(labels))


def parse_value(text: str, property: OntologyTerm, *, lang: str = "") -> Term:
    """The term that `text` stands for as a value of a property; raises `ValueError` saying what was expected.

    A property of entities takes a name, CURIE or IRI; a date property a date; any other a literal of its range.
    """
    if property.value_kind is ValueKind.ENTITY:
        try:
            return to_iri(text)
        except ValueError:
            raise ValueError(f"{text!r} is not the name of an entity, like {to_slug(text) or 'anora'}") from None
    _refuse_control(text)
    if property.value_kind is ValueKind.DATE:
        return to_date(text)
    if lang:
        if _LANGUAGE.fullmatch(lang) is None:
            raise ValueError(f"{lang!r} is not a language tag, like en, de or pt-BR")
        return Literal(text, language=lang)
    datatype = property.range[0] if property.range else NamedNode(XSD + "string")
    _check_form(text, datatype)
    return Literal(text, datatype=datatype) if datatype.value.startswith(XSD) else Literal(text)


def check_value(value: Term, property: OntologyTerm) -> None:
    """Raise `ValueError` when a property cannot have this exact term as its value: wrong in kind or in form.

    Whether a literal has the datatype of the range is left to the shapes.
    """
    if not isinstance(value, Literal):
        if property.value_kind is not ValueKind.ENTITY:
            raise ValueError(f"{property.name} takes a literal, not the entity {value}")
        return
    if property.value_kind is ValueKind.ENTITY:
        raise ValueError(f"{property.name} takes an entity, not a literal")
    _refuse_control(value.value)
    if property.value_kind is ValueKind.DATE:
        to_date(value.value)
        return
    for datatype in dict.fromkeys((value.datatype, *property.range[:1])):
        _check_form(value.value, datatype)


def _check_form(text: str, datatype: NamedNode) -> None:
    form = _FORMS.get(datatype.value)
    if form is not None and form[0].fullmatch(text) is None:
        raise ValueError(f"{text!r} is not {form[1]}")


def _refuse_control(text: str) -> None:
    if (control := _CONTROL.search(text)) is not None:
        raise ValueError(f"control character {control[0]!r} is not allowed in text")
