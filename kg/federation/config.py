"""A project's `filmgraph.toml` walks in; which endpoints its questions may ask, and within what bounds, walks out."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kg.errors import InputError
from kg.text import closest

FILE = "filmgraph.toml"
_KEYS = ("contact", "services")
_MOST = 1e9
"""No bound is larger; neither is it infinite."""


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """An endpoint that may be asked, and how much is borne from it."""

    name: str
    address: str
    timeout: float = 60.0
    """Seconds for one request, to its last byte."""
    largest: float = 8.0
    """Megabytes of all that is answered to one SERVICE clause."""
    retries: int = 3
    """How often it is asked again when it asks for patience (429, 503)."""
    patience: float = 60.0
    """Seconds that are waited in all before asking again."""
    keep: float = 86_400.0
    """Seconds for which an answer is kept on disk; 0 keeps none."""
    batch: int = 100
    """How many bindings are sent along in one request."""


@dataclass(frozen=True, slots=True)
class Services:
    """The endpoints of a project by address, and whom their keepers may write to."""

    by_address: Mapping[str, ServiceConfig] = field(default_factory=dict)
    contact: str = ""
    file: str = FILE
    """The file that says so."""


def read_services(path: Path) -> Services:
    """The endpoints that a configuration lists; none where there is no file. Raises `InputError` for a faulty one."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Services(file=str(path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    _known(path, "", told, _KEYS)
    contact, services = told.get("contact", ""), told.get("services", {})
    if not isinstance(contact, str) or not isinstance(services, dict) or not contact.isprintable():
        raise InputError(f"{path}: contact is a text, and services are tables: [services.wikidata]")
    return Services({one.address: one for one in _listed(path, services)}, contact, str(path))


def _listed(path: Path, services: Mapping[str, Any]) -> Iterator[ServiceConfig]:
    for name, told in services.items():
        where = f"[services.{name}] "
        if not isinstance(told, dict):
            raise InputError(f"{path}: {where}is not a table")
        _known(path, where, told, tuple(one.name for one in fields(ServiceConfig) if one.name != "name"))
        address = told.get("address")
        if not isinstance(address, str) or not _is_address(address):
            raise InputError(f"{path}: {where}wants an address: https://query.wikidata.org/sparql")
        for key, value in told.items():
            if key != "address" and not _is_amount(value):
                raise InputError(f"{path}: {where}{key} is a number, not {value!r}")
        if not isinstance(told.get("batch", 1), int) or told.get("batch", 1) < 1:
            raise InputError(f"{path}: {where}batch is a whole number, at least 1")
        yield ServiceConfig(name, **told)


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MOST


def _is_address(address: str) -> bool:
    parts = urlsplit(address) if address.isascii() and address.isprintable() and " " not in address else None
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username


def _known(path: Path, where: str, told: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in told:
        if key not in keys:
            near = closest(key, list(keys))
            raise InputError(
                f"{path}: {where}{key!r} means nothing here." + (f" Did you mean {near[0]}?" if near else "")
            )
