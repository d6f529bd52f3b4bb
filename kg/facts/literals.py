"""A value as a fact file writes it walks in; the term that the property wants walks out."""

from __future__ import annotations

import re

from pyoxigraph import Literal, NamedNode

from kg.facts.dates import to_date
from kg.schema import OntologyTerm, ValueKind
from kg.terms import XSD, Term, to_iri

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
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


def parse_value(text: str, word: OntologyTerm, *, lang: str = "") -> Term:
    """The term that `text` means for this property; raises `ValueError` saying what was expected.

    A property that leads to a thing wants a name, CURIE or IRI; a date property a date; any other a literal of its
    range.
    """
    if word.value_kind is ValueKind.ENTITY:
        return to_iri(text)
    _refuse_control(text)
    if word.value_kind is ValueKind.DATE:
        return to_date(text)
    if lang:
        if _LANGUAGE.fullmatch(lang) is None:
            raise ValueError(f"{lang!r} is not a language tag: write en, de, pt-BR")
        return Literal(text, language=lang)
    datatype = word.range[0] if word.range else NamedNode(XSD + "string")
    form = _FORMS.get(datatype.value)
    if form is not None and form[0].fullmatch(text) is None:
        raise ValueError(f"{text!r} is not {form[1]}")
    return Literal(text, datatype=datatype) if datatype.value.startswith(XSD) else Literal(text)


def check_value(value: Term, word: OntologyTerm) -> None:
    """Raise `ValueError` when a property cannot have this exact term as its value: wrong in kind or in form.

    Whether a literal's datatype is the wanted one is for the shapes to say.
    """
    if not isinstance(value, Literal):
        if word.value_kind is not ValueKind.ENTITY:
            raise ValueError(f"{word.name} takes a value, not the thing {value}")
        return
    if word.value_kind is ValueKind.ENTITY:
        raise ValueError(f"{word.name} leads to a thing, not to a literal")
    _refuse_control(value.value)
    if word.value_kind is ValueKind.DATE:
        to_date(value.value)
        return
    for datatype in dict.fromkeys((value.datatype, *word.range[:1])):
        form = _FORMS.get(datatype.value)
        if form is not None and form[0].fullmatch(value.value) is None:
            raise ValueError(f"{value.value!r} is not {form[1]}")


def _refuse_control(text: str) -> None:
    if (control := _CONTROL.search(text)) is not None:
        raise ValueError(f"the character {control[0]!r} may not stand in a text")
