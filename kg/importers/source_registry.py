"""A source walks in; its entry in `data/sources.yaml` and its place in `data/policy.yaml` walk out.

Every other line of these files stays as it was.
"""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

from kg.atomic_files import write_file
from kg.errors import InputError
from kg.facts.model import Source
from kg.yaml_files import is_plain_scalar, to_mapping

_KEYS = tuple(field.name for field in fields(Source) if field.name not in ("id", "place"))
_ID = re.compile(r"[a-z0-9](?:[a-z0-9._\-]*[a-z0-9])?")
_WHAT_ORDER = "# Whom to believe when sources disagree, the most trusted first."
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9 /._\-]*[A-Za-z0-9]|https?://[A-Za-z0-9/._\-?=&]+")


def write_source(path: Path, source: Source) -> None:
    """Put the source's entry into the file: in the place of its old one, or at the end."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, (with_source_entry(text, source),))


def append_to_source_order(path: Path, source: str) -> tuple[str, ...]:
    """Put a source that the policy does not name at the end of its order; the order.

    Sources without a place would share the last one, and where two of them differ nobody could decide. Nothing is
    written, and nothing returned, when the file is written in another way than usual.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    try:
        before = to_mapping(text.encode(), file=str(path)) if text.strip() else {}
        order = [str(one) for one in before.get("sources") or ()]
        if source in order:
            return tuple(order)
        fresh = with_source_order(text, source)
        if to_mapping(fresh.encode(), file=str(path)) != {**before, "sources": [*order, source]}:
            return ()
    except (InputError, TypeError):
        return ()
    write_file(path, (fresh,))
    return (*order, source)


def with_source_order(text: str, source: str) -> str:
    """The text of `policy.yaml` with a source at the end of the order, where that is a list in brackets or of lines."""
    if not re.search(r"^sources\s*:", text, re.MULTILINE):
        lead = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        return f"{text}{lead}{_WHAT_ORDER}\nsources: [{_scalar(source)}]\n"
    bracket = re.compile(r"^(sources\s*:\s*\[[^\]#]*?)(\s*,?\s*)\]", re.MULTILINE)
    if (found := bracket.search(text)) is not None:
        comma = "" if found[1].endswith("[") else ", "
        return f"{text[: found.end(1)]}{comma}{_scalar(source)}]{text[found.end() :]}"
    return re.sub(
        r"^(sources\s*:[^\n]*\n(?:(?:\s*#[^\n]*|\s*)\n)*)((?:(\s*-\s+)[^\n]*\n)+)",
        lambda one: f"{one[1]}{one[2]}{one[3]}{_scalar(source)}\n",
        text if text.endswith("\n") else text + "\n",
        count=1,
        flags=re.MULTILINE,
    )


def with_source_entry(text: str, source: Source) -> str:
    """The text of `sources.yaml` with this source's entry in it."""
    lines = text.splitlines(keepends=True)
    own = re.compile(rf"""(?:{re.escape(source.id)}|"{re.escape(source.id)}"|'{re.escape(source.id)}')\s*:""")
    start = next((number for number, line in enumerate(lines) if own.match(line)), None)
    entry = source_entry(source)
    if start is None:
        lead = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        return text + lead + entry
    end = start + 1
    while end < len(lines) and (lines[end][0] in " \t" and lines[end].strip()):
        end += 1
    return "".join(lines[:start]) + entry + "".join(lines[end:])


def source_entry(source: Source) -> str:
    """A source as a block of YAML; raises `InputError` when its id is none."""
    if _ID.fullmatch(source.id) is None:
        raise InputError(f"{source.id!r} is not a source's id: small letters, digits, hyphens.")
    said = [(key, str(getattr(source, key))) for key in _KEYS if getattr(source, key)] or [("title", source.id)]
    return f"{_scalar(source.id)}:\n" + "".join(f"  {key}: {_scalar(value)}\n" for key, value in said)


def _scalar(text: str) -> str:
    """Bare where YAML reads the bare text back as this text."""
    if _BARE.fullmatch(text) and is_plain_scalar(text):
        return text
    return json.dumps(text, ensure_ascii=False)
