"""`data/sources.yaml` walks in; who speaks walks out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from kg.facts.files import fault, read_text, read_yaml
from kg.facts.model import Source
from kg.reports import Finding
from kg.text import closest
from kg.yaml_files import YamlNode

SOURCE_KEYS = tuple(field.name for field in fields(Source) if field.name not in ("id", "place"))
"""The keys that an entry of `data/sources.yaml` may have, in the order in which they are written."""
_ID = re.compile(r"[a-z0-9](?:[a-z0-9._\-]*[a-z0-9])?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def is_source_id(text: str) -> bool:
    """True when a source can have this id: lower-case letters and digits, with hyphens, dots or underscores between.

    >>> is_source_id("oscars-report"), is_source_id("Oscars")
    (True, False)
    """
    return _ID.fullmatch(text) is not None


def read_sources(path: Path, *, file: str, faults: list[Finding]) -> Mapping[str, Source]:
    """The sources of a project; faults go to `faults`."""
    text = read_text(path, file=file, faults=faults)
    sources: dict[str, Source] = {}
    for root in read_yaml(text, file=file, faults=faults) if text is not None else ():
        if root.entries is None:
            faults.append(fault("shape", f"a mapping of sources is wanted here, not {root.kind}", root.place))
            continue
        for key, value in root.entries:
            name = key.text or ""
            if not is_source_id(name):
                faults.append(
                    fault("name", f"{name!r} is not a source's id", key.place, remedy="Small letters, digits, hyphens.")
                )
            elif name in sources:
                faults.append(fault("duplicate", f"the source {name!r} stands here twice", key.place))
            else:
                sources[name] = _to_source(name, key, value, faults)
    return sources


def _to_source(id: str, key: YamlNode, value: YamlNode, faults: list[Finding]) -> Source:
    said: dict[str, str] = {}
    if value.entries is None:
        faults.append(fault("shape", f"the source {id!r} is {value.kind}, not a mapping", value.place))
    for name, one in value.entries or ():
        if name.text not in SOURCE_KEYS:
            near = closest(name.text or "", list(SOURCE_KEYS))
            remedy = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(SOURCE_KEYS)}."
            faults.append(fault("key", f"{name.text!r} is not said of a source", name.place, remedy=remedy))
        elif one.text is None:
            faults.append(fault("shape", f"{name.text} of a source is {one.kind}, not a text", one.place))
        elif name.text == "sha256" and _SHA256.fullmatch(one.text) is None:
            faults.append(fault("value", "sha256 is 64 hexadecimal digits in small letters", one.place))
        else:
            said[name.text] = one.text
    return Source(id, place=key.place, **said)
