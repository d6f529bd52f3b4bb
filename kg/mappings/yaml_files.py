"""A YAML file walks in; what it tells walks out, read by a safe loader. The one file here that knows YAML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml

from kg.errors import InputError

MAPPINGS = Path(__file__).parent
"""Where the tables stand that say what the words of datasets mean."""
DEPTH = 24
"""How deep a file may nest; mappings seldom pass five."""
_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BOOL = "tag:yaml.org,2002:bool"


class _Loader(_Safe):  # type: ignore[misc]
    """Reads `no`, `on` and their like as words, as YAML 1.2 has it: tables have a column No, and NO is Norway."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        first: [one for one in resolvers if one[0] != _BOOL or first in "tTfF"]
        for first, resolvers in _Safe.yaml_implicit_resolvers.items()
    }


def read_yaml(path: Path) -> Mapping[Any, Any]:
    """The mapping in a file; raises `InputError` when it cannot be read or holds something else."""
    try:
        return to_mapping(path.read_bytes(), file=str(path))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


def to_mapping(text: bytes, *, file: str) -> Mapping[Any, Any]:
    """The mapping that YAML tells; raises `InputError` when it tells none.

    Aliases are refused, since they can make a small file a large one, and so is what nests too deep to be read.
    """
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent):
                raise InputError(f"{file} has YAML aliases, which are not read.")
            if depth > DEPTH:
                raise InputError(f"{file} nests deeper than {DEPTH} levels.")
        told = yaml.load(text, Loader=_Loader)  # noqa: S506  (a safe loader, the C one where there is one)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{file} is not YAML: {error}") from error
    if not isinstance(told, dict):
        raise InputError(f"{file} holds no mapping.")
    return told


def is_bare(text: str) -> bool:
    """Whether YAML reads the text, without quotation marks, back as itself."""
    try:
        return bool(yaml.safe_load(text) == text)
    except yaml.YAMLError:
        return False
