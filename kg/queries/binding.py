"""Values as a caller gives them walk in; terms that fit a stored query's parameters walk out."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from pyoxigraph import BlankNode, Literal, NamedNode

from kg.errors import ParameterError
from kg.facts.dates import to_days
from kg.lookup.entity_names import Names
from kg.queries.stored_query import Parameter, StoredQuery, Type
from kg.terms import XSD, Term
from kg.text import closest

Value = str | int | float | Decimal | bool | datetime.date | NamedNode | Literal | Iterable[str | int | NamedNode]
"""What a parameter may be given: text, number, date, term, something with an `iri`, or a list of these."""

_NUMBER = re.compile(r"[+-]?([0-9]+)(\.[0-9]+)?")
_INTEGER, _DECIMAL, _DATE = (NamedNode(XSD + name) for name in ("integer", "decimal", "date"))


def to_terms(query: StoredQuery, values: Mapping[str, object], names: Names) -> dict[str, tuple[Term, ...]]:
    """The terms for each parameter of a stored query.

    Raises `ParameterError` for a parameter that the query does not have, one that is missing, or a value of the wrong
    type, and `UnknownNameError` or `AmbiguousNameError` for a name that nothing or too many things bear.
    """
    known = {parameter.name: parameter for parameter in query.params}
    for name in values:
        if name not in known:
            near = closest(name, list(known))
            offer = f" Did you mean {near[0]}?" if near else f" It takes {', '.join(known) or 'none'}."
            raise ParameterError(f"{query.name} has no parameter {name!r}.{offer}", query=query.name, parameter=name)
    terms: dict[str, tuple[Term, ...]] = {}
    for parameter in query.params:
        value = values.get(parameter.name)
        if value is None:
            if not parameter.is_optional:
                example = f"{parameter.name}={parameter.example}"
                raise ParameterError(
                    f"{query.name} needs {parameter.name}, {parameter.takes}; for example {example}",
                    query=query.name,
                    parameter=parameter.name,
                )
            continue
        try:
            given = _each(value, parameter)
            if not given:
                raise ValueError("the list is empty")
            terms[parameter.name] = tuple(_term(one, parameter, names) for one in given)
        except ValueError as error:
            raise ParameterError(
                f"{parameter.name} of {query.name}: {error}", query=query.name, parameter=parameter.name
            ) from error
    return terms


def _each(value: object, parameter: Parameter) -> list[object]:
    """One value, or the values of a list; a text lists its values between `|`, since titles have commas."""
    if not parameter.is_list:
        return [value]
    if isinstance(value, str):
        return [part.strip() for part in value.split("|") if part.strip()]
    return list(value) if isinstance(value, Iterable) else [value]


def _term(value: object, parameter: Parameter, names: Names) -> Term:
    value = getattr(value, "iri", value)
    if isinstance(value, Literal) and parameter.type in (Type.DATE, Type.NUMBER):
        value = value.value
    if isinstance(value, NamedNode | Literal | BlankNode):
        if isinstance(value, BlankNode) or isinstance(value, Literal) is (parameter.type is Type.THING):
            raise ValueError(f"{value} is not {parameter.takes}")
        return value
    match parameter.type:
        case Type.THING:
            return names.thing(str(value), kind=parameter.kind)
        case Type.TEXT:
            return Literal(str(value))
        case Type.DATE:
            text = value.isoformat() if isinstance(value, datetime.date) else str(value)
            days = to_days(text)
            return Literal((days.latest if parameter.edge == "latest" else days.earliest).isoformat(), datatype=_DATE)
        case Type.NUMBER:
            found = _NUMBER.fullmatch(str(value).strip())
            if found is None or isinstance(value, bool):
                raise ValueError(f"{value!r} is not a number")
            return Literal(str(value).strip(), datatype=_DECIMAL if found[2] else _INTEGER)
