"""JSON as it was sent walks in; reconciliation queries or a data extension query walk out, every part looked at.

Raises `InputError` for what is not as the specification says, naming the query and the part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from kg.errors import InputError, LimitError

MOST_QUERIES, MOST_IDS, MOST_CANDIDATES = 200, 1_000, 50
"""How many queries a batch may have, and an extension things; how many candidates a query can get."""
_USUAL_CANDIDATES, _MOST_CLUES, _MOST_VALUES, _LONGEST = 5, 30, 20, 1_000

Strict = Literal["any", "all", "should"]


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a clue: words or a number as text, or the id of an entity that is known already."""

    text: str
    is_entity: bool = False


@dataclass(frozen=True, slots=True)
class Clue:
    """A property by its id, and the values that the thing that is looked for should have there."""

    property: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A name, the types it may have, and clues; `limit` is how many candidates are wanted."""

    text: str = ""
    types: tuple[str, ...] = ()
    strict: Strict = "any"
    clues: tuple[Clue, ...] = ()
    limit: int = _USUAL_CANDIDATES


@dataclass(frozen=True, slots=True)
class Wanted:
    """A property whose values are to be fetched: at most `limit` of them, 0 for all; or only how many there are."""

    property: str
    limit: int = 0
    is_count: bool = False


@dataclass(frozen=True, slots=True)
class Extension:
    """The entities and the properties of a data extension query."""

    ids: tuple[str, ...]
    properties: tuple[Wanted, ...]


def read_batch(text: str) -> dict[str, Query]:
    """The queries of a batch by their keys; `LimitError` for more than the service takes."""
    batch = _json(text, "queries")
    if len(batch) > MOST_QUERIES:
        raise LimitError(f"A batch has at most {MOST_QUERIES} queries, not {len(batch):,}.", limit="batch")
    return {key: _query(told, f"queries.{key[:40]}") for key, told in batch.items()}


def read_extension(text: str) -> Extension:
    """A data extension query."""
    told = _json(text, "extend")
    ids = _list(told.get("ids"), "extend.ids", most=MOST_IDS)
    wanted = _list(told.get("properties"), "extend.properties", most=_MOST_CLUES)
    return Extension(
        tuple(dict.fromkeys(_text(id, "extend.ids") for id in ids)),
        tuple(_wanted(one, f"extend.properties.{number}") for number, one in enumerate(wanted)),
    )


def _json(text: str, name: str) -> dict[str, Any]:
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InputError(f"{name} is not JSON: {error}") from error
    if not isinstance(told, dict):
        raise InputError(f"{name} is a JSON object, not {_kind(told)}.")
    return told


def _query(told: object, where: str) -> Query:
    if not isinstance(told, dict):
        raise InputError(f"{where} is an object, not {_kind(told)}.")
    text = _text(told["query"], f"{where}.query") if told.get("query") is not None else ""
    clues = tuple(
        _clue(one, f"{where}.properties.{number}")
        for number, one in enumerate(_list(told.get("properties") or [], f"{where}.properties", most=_MOST_CLUES))
    )
    if not text.strip() and not clues:
        raise InputError(f"{where} has neither a query nor properties.")
    types = told.get("type") or []
    read = (types,) if isinstance(types, str | dict) else _list(types, f"{where}.type", most=_MOST_VALUES)
    named = tuple(_text(one.get("id") if isinstance(one, dict) else one, f"{where}.type") for one in read)
    strict = told.get("type_strict", "any")
    if strict not in ("any", "all", "should"):
        raise InputError(f"{where}.type_strict is any, all or should, not {strict!r:.40}.")
    return Query(text, named, strict, clues, _limit(told.get("limit"), where))


def _clue(told: object, where: str) -> Clue:
    if not isinstance(told, dict) or "pid" not in told or "v" not in told:
        raise InputError(f"{where} is an object with pid and v.")
    values = told["v"] if isinstance(told["v"], list) else [told["v"]]
    read = (_value(one, f"{where}.v") for one in _list(values, f"{where}.v", most=_MOST_VALUES) if one is not None)
    return Clue(_text(told["pid"], f"{where}.pid"), tuple(value for value in read if value.text))


def _value(told: object, where: str) -> Value:
    if isinstance(told, Mapping):
        return Value(_text(told.get("id"), f"{where}.id"), is_entity=True)
    if isinstance(told, bool):
        return Value(str(told).lower())
    if isinstance(told, float) and told.is_integer() and abs(told) < 1e15:
        told = int(told)
    return Value(str(told) if isinstance(told, int | float) else _text(told, where).strip())


def _wanted(told: object, where: str) -> Wanted:
    if not isinstance(told, dict) or "id" not in told:
        raise InputError(f"{where} is an object with an id.")
    settings = told["settings"] if told.get("settings") is not None else {}
    if not isinstance(settings, dict):
        raise InputError(f"{where}.settings is an object, not {_kind(settings)}.")
    limit = settings.get("limit") or 0
    # Forms send what was typed into them as text.
    limit = int(limit) if isinstance(limit, str) and limit.isdecimal() and len(limit) < 10 else limit
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 <= limit < 1e9:
        raise InputError(f"{where}.settings.limit is a number from 0, not {limit!r:.40}.")
    return Wanted(_text(told["id"], f"{where}.id"), int(limit), settings.get("count") in (True, "true", "on"))


def _limit(told: object, where: str) -> int:
    if told is None:
        return _USUAL_CANDIDATES
    if isinstance(told, str) and told.isdecimal():
        told = int(told[:9])
    if isinstance(told, bool) or not isinstance(told, int | float) or told < 1:
        raise InputError(f"{where}.limit is a whole number from 1, not {told!r:.40}.")
    return min(int(told), MOST_CANDIDATES)


def _list(told: object, where: str, *, most: int) -> list[Any]:
    if not isinstance(told, list):
        raise InputError(f"{where} is an array, not {_kind(told)}.")
    if len(told) > most:
        raise InputError(f"{where} has {len(told):,} members; {most:,} are allowed.")
    return told


def _text(told: object, where: str) -> str:
    if not isinstance(told, str):
        raise InputError(f"{where} is a string, not {_kind(told)}.")
    if len(told) > _LONGEST:
        raise InputError(f"{where} has {len(told):,} letters; {_LONGEST:,} are allowed.")
    return told


def _kind(told: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a truth", type(None): "null"}
    return names.get(type(told), "a number")
