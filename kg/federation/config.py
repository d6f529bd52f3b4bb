"""The endpoints that the queries of a project may call, and the store that answers for it: `filmgraph.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kg.errors import InputError
from kg.reports import did_you_mean
from kg.text.folding import closest

FILE = "filmgraph.toml"
_KEYS = ("contact", "services", "store")
_STORE_KEYS = ("endpoint", "timeout", "largest", "retries", "patience", "lookup")
LOOKUPS = ("always", "never", "auto")
"""Whether a build has a lookup store; `auto`: unless it is very large."""
_MAX = 1e9
"""The largest value of any limit."""


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """An endpoint that may be called, and its limits."""

    name: str
    address: str
    timeout: float = 60.0
    """Seconds for one request, to its last byte."""
    largest: float = 8.0
    """Megabytes of all answers to one SERVICE clause."""
    retries: int = 3
    """The number of repetitions when the endpoint throttles (429, 503)."""
    patience: float = 60.0
    """Seconds of waiting before repetitions, in all."""
    keep: float = 86_400.0
    """Seconds for which an answer is cached on disk; 0 disables the cache."""
    batch: int = 100
    """The number of bindings in one request."""


@dataclass(frozen=True, slots=True)
class Services:
    """The endpoints of a project by address, the contact that requests name, and the file that lists them, if any."""

    by_address: Mapping[str, ServiceConfig] = field(default_factory=dict)
    contact: str = ""
    file: str = FILE
    store: ServiceConfig | None = None
    """The SPARQL store that answers in place of the project's build."""
    lookup: str = "auto"
    """Whether a build has a lookup store: one of `LOOKUPS`."""


def read_services(path: Path) -> Services:
    """The endpoints in a configuration file; none when there is no file. Raises `InputError` for a faulty one."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Services(file=str(path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    _check_keys(document, _KEYS, f"{path}: ")
    contact, services = document.get("contact", ""), document.get("services", {})
    if not isinstance(contact, str) or not isinstance(services, dict) or not contact.isprintable():
        raise InputError(f"{path}: contact must be a text, and services must be tables: [services.wikidata]")
    by_address = {config.address: config for config in _configs(path, services)}
    store = document.get("store")
    return Services(by_address, contact, str(path), _store(path, store), _lookup(path, store))


def store_config(address: str, **limits: float) -> ServiceConfig:
    """A store at an address, whose answers are not cached; raises `InputError` for what is no address."""
    if not _is_address(address):
        raise InputError(f"{address!r} is not the address of a SPARQL endpoint, such as https://example.org/sparql.")
    return ServiceConfig("store", address, **{"largest": 64.0, "keep": 0.0, **limits})  # type: ignore[arg-type]


def _store(path: Path, table: Any) -> ServiceConfig | None:
    if table is None:
        return None
    place = f"{path}: [store] "
    if isinstance(table, dict) and table.keys() == {"lookup"}:
        return None
    if not isinstance(table, dict) or not isinstance(table.get("endpoint"), str):
        raise InputError(f'{place}requires an address: endpoint = "https://example.org/sparql"')
    _check_keys(table, _STORE_KEYS, place)
    limits = {key: value for key, value in table.items() if key not in ("endpoint", "lookup")}
    _check_amounts(limits, place)
    try:
        return store_config(table["endpoint"], **limits)
    except InputError as error:
        raise InputError(f"{place}{error}") from error


def _lookup(path: Path, table: Any) -> str:
    lookup = table.get("lookup", "auto") if isinstance(table, dict) else "auto"
    if lookup not in LOOKUPS:
        raise InputError(f"{path}: [store] lookup is {', '.join(LOOKUPS[:-1])} or {LOOKUPS[-1]}, not {lookup!r}")
    return str(lookup)


def _configs(path: Path, services: Mapping[str, Any]) -> Iterator[ServiceConfig]:
    for name, table in services.items():
        place = f"{path}: [services.{name}] "
        if not isinstance(table, dict):
            raise InputError(f"{place}is not a table")
        _check_keys(table, tuple(field.name for field in fields(ServiceConfig) if field.name != "name"), place)
        address = table.get("address")
        if not isinstance(address, str) or not _is_address(address):
            raise InputError(f"{place}requires an address, such as https://query.wikidata.org/sparql")
        _check_amounts({key: value for key, value in table.items() if key != "address"}, place)
        if not isinstance(table.get("batch", 1), int) or table.get("batch", 1) < 1:
            raise InputError(f"{place}batch must be a whole number, at least 1")
        yield ServiceConfig(name, **table)


def _check_amounts(table: Mapping[str, Any], place: str) -> None:
    for key, value in table.items():
        if not _is_amount(value):
            raise InputError(f"{place}{key} must be a number from 0 to {_MAX:,.0f}, not {value!r}")


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MAX


def _is_address(address: str) -> bool:
    parts = urlsplit(address) if address.isascii() and address.isprintable() and " " not in address else None
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username


def _check_keys(table: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
    for key in table:
        if key not in known:
            advice = did_you_mean(closest(key, list(known))[:1])
            raise InputError(f"{place}unknown key {key!r}. {advice}".rstrip())
