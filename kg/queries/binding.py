"""Values as a caller gives them walk in; terms that fit a stored query's parameters walk out."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping

from pyoxigraph import BlankNode, Literal, NamedNode

from kg.errors import ParameterError
from kg.facts.dates import to_date_range
from kg.lookup.entity_names import EntityNames
from kg.queries.stored_query import Parameter, ParameterType, StoredQuery
from kg.terms import XSD, Term
from kg.text import closest

_NUMBER = re.compile(r"[+-]?([0-9]+)(\.[0-9]+)?")
_INTEGER, _DECIMAL, _DATE = (NamedNode(XSD + name) for name in ("integer", "decimal", "date"))


def parameter_terms(
    query: StoredQuery, values: Mapping[str, object], names: EntityNames
) -> dict[str, tuple[Term, ...]]:
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
                    f"{query.name} needs {parameter.name}, {parameter.type_in_words}; for example {example}",
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


def _term(value: object, parameter: Parameter, names: EntityNames) -> Term:
    value = getattr(value, "iri", value)
    if isinstance(value, Literal) and parameter.type in (ParameterType.DATE, ParameterType.NUMBER):
        value = value.value
    if isinstance(value, NamedNode | Literal | BlankNode):
        if isinstance(value, BlankNode) or isinstance(value, Literal) is (parameter.type is ParameterType.ENTITY):
            raise ValueError(f"{value} is not {parameter.type_in_words}")
        return value
    match parameter.type:
        case ParameterType.ENTITY:
            return names.entity(str(value), class_name=parameter.class_name)
        case ParameterType.TEXT:
            return Literal(str(value))
        case ParameterType.DATE:
            text = value.isoformat() if isinstance(value, datetime.date) else str(value)
            days = to_date_range(text)
            return Literal((days.latest if parameter.edge == "latest" else days.earliest).isoformat(), datatype=_DATE)
        case ParameterType.NUMBER:
            found = _NUMBER.fullmatch(str(value).strip())
            if found is None or isinstance(value, bool):
                raise ValueError(f"{value!r} is not a number")
            return Literal(str(value).strip(), datatype=_DECIMAL if found[2] else _INTEGER)
