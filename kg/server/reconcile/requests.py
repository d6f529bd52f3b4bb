"""Requests of the reconciliation API, parsed from JSON with every part checked.

What is wrong with a whole request raises `InputError`. A query of a batch or a value that cannot be answered is one
of many: it gets no candidates, and the others are answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from kg.errors import InputError, LimitError

MAX_QUERIES, MAX_IDS, MAX_CANDIDATES = 200, 1_000, 50
"""How many queries a batch may have, and a data extension entities; how many candidates a query can get."""
_DEFAULT_CANDIDATES, _MAX_CLUES, _MAX_VALUES, _MAX_LENGTH = 5, 30, 20, 1_000

TypeStrictness = Literal["any", "all", "should"]


@dataclass(frozen=True, slots=True)
class ClueValue:
    """A value of a clue: words or a number as text; `id` is that of an entity that it is matched with already.

    The entity may be one of another service; then `text` is its name.
    """

    text: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class PropertyClue:
    """A property by its id, and the values that the entity should have there."""

    property: str
    values: tuple[ClueValue, ...]


@dataclass(frozen=True, slots=True)
class ReconcileQuery:
    """A name, the types that the entity may have, and clues; `limit` is how many candidates are wanted.

    `error` is why it cannot be answered, and empty for a query that can. One without a name and clues, as a blank cell
    gives, has no candidates.
    """

    text: str = ""
    types: tuple[str, ...] = ()
    strict: TypeStrictness = "any"
    clues: tuple[PropertyClue, ...] = ()
    limit: int = _DEFAULT_CANDIDATES
    error: str = ""

    @property
    def is_blank(self) -> bool:
        """True when there is nothing to search for."""
        return not self.text.strip() and not self.clues


@dataclass(frozen=True, slots=True)
class ExtensionProperty:
    """A property whose values to fetch: at most `limit` of them, 0 for all; or only how many there are."""

    id: str
    limit: int = 0
    is_count: bool = False


@dataclass(frozen=True, slots=True)
class DataExtension:
    """The entities and the properties of a data extension query."""

    ids: tuple[str, ...]
    properties: tuple[ExtensionProperty, ...]


def parse_batch(text: str) -> dict[str, ReconcileQuery]:
    """The queries of a batch by their keys; raises `LimitError` for more of them than the service takes."""
    batch = _parse_object(text, "queries")
    if len(batch) > MAX_QUERIES:
        raise LimitError(f"A batch has at most {MAX_QUERIES} queries, not {len(batch):,}.", limit="batch")
    return {key: _query_or_error(query, f"queries.{key[:40]}") for key, query in batch.items()}


def parse_extension(text: str) -> DataExtension:
    """A data extension query."""
    extension = _parse_object(text, "extend")
    ids = _list(extension.get("ids"), "extend.ids", limit=MAX_IDS)
    properties = _list(extension.get("properties"), "extend.properties", limit=_MAX_CLUES)
    return DataExtension(
        tuple(dict.fromkeys(_id(id) for id in ids)),
        tuple(_property(value, f"extend.properties.{number}") for number, value in enumerate(properties)),
    )


def _parse_object(text: str, name: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InputError(f"{name} is not JSON: {error}") from error
    return _object(value, name)


def _id(value: object) -> str:
    """An id of a data extension query; what is no text, or too long, names no entity, but gets its row."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _query_or_error(value: object, path: str) -> ReconcileQuery:
    try:
        return _query(value, path)
    except InputError as error:
        return ReconcileQuery(error=str(error), limit=0)


def _query(value: object, path: str) -> ReconcileQuery:
    query = _object(value, path)
    text = _text(query["query"], f"{path}.query") if query.get("query") is not None else ""
    clues = tuple(
        _clue(clue, f"{path}.properties.{number}")
        for number, clue in enumerate(_list(query.get("properties") or [], f"{path}.properties", limit=_MAX_CLUES))
    )
    strict = query.get("type_strict", "any")
    if strict not in ("any", "all", "should"):
        raise InputError(f"{path}.type_strict must be any, all or should, not {strict!r:.40}.")
    return ReconcileQuery(text, _types(query.get("type"), path), strict, clues, _limit(query.get("limit"), path))


def _types(value: object, path: str) -> tuple[str, ...]:
    types = value or []
    listed = [types] if isinstance(types, str | dict) else _list(types, f"{path}.type", limit=_MAX_VALUES)
    return tuple(_text(type.get("id") if isinstance(type, dict) else type, f"{path}.type") for type in listed)


def _clue(value: object, path: str) -> PropertyClue:
    if not isinstance(value, dict) or "pid" not in value or "v" not in value:
        raise InputError(f"{path} must be an object with pid and v.")
    values = value["v"] if isinstance(value["v"], list) else [value["v"]]
    given = (part for part in _list(values, f"{path}.v", limit=_MAX_VALUES) if part is not None)
    parsed = (_clue_value(part, f"{path}.v") for part in given)
    values_used = tuple(part for part in parsed if (part.text or part.id) and len(part.text) <= _MAX_LENGTH)
    return PropertyClue(_text(value["pid"], f"{path}.pid"), values_used)


def _clue_value(value: object, path: str) -> ClueValue:
    if isinstance(value, Mapping):
        name = value.get("name")
        return ClueValue(_string(name, f"{path}.name").strip() if name else "", _text(value.get("id"), f"{path}.id"))
    if isinstance(value, bool):
        return ClueValue(str(value).lower())
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return ClueValue(str(value) if isinstance(value, int | float) else _string(value, path).strip())


def _property(value: object, path: str) -> ExtensionProperty:
    if not isinstance(value, dict) or "id" not in value:
        raise InputError(f"{path} must be an object with an id.")
    settings = _object(value["settings"], f"{path}.settings") if value.get("settings") is not None else {}
    limit = settings.get("limit") or 0
    # Forms send what was typed into them as text.
    limit = int(limit) if isinstance(limit, str) and limit.isdecimal() and len(limit) < 10 else limit
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 <= limit < 1e9:
        raise InputError(f"{path}.settings.limit must be a number from 0, not {limit!r:.40}.")
    return ExtensionProperty(
        _text(value["id"], f"{path}.id"), int(limit), settings.get("count") in (True, "true", "on")
    )


def _limit(value: object, path: str) -> int:
    if value is None:
        return _DEFAULT_CANDIDATES
    if isinstance(value, str) and value.isdecimal():
        value = int(value[:9])
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise InputError(f"{path}.limit must be a whole number from 0, not {value!r:.40}.")
    return min(int(value), MAX_CANDIDATES)


def _object(value: object, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{path} must be an object, not {_kind(value)}.")
    return value


def _list(value: object, path: str, *, limit: int) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"{path} must be an array, not {_kind(value)}.")
    if len(value) > limit:
        raise InputError(f"{path} has {len(value):,} members; {limit:,} are allowed.")
    return value


def _text(value: object, path: str) -> str:
    text = _string(value, path)
    if len(text) > _MAX_LENGTH:
        raise InputError(f"{path} has {len(text):,} characters; {_MAX_LENGTH:,} are allowed.")
    return text


def _string(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{path} must be a string, not {_kind(value)}.")
    return value


def _kind(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
