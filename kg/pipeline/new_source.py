"""New sources: an entry of `data/sources.yaml`, with the digest of its text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kg.errors import FaultsError, InputError
from kg.facts.dates import to_date_range
from kg.facts.files import LARGEST_FILE
from kg.facts.literals import is_address
from kg.facts.sources import SOURCE_KEYS, SourcesRead, is_source_id, read_sources
from kg.facts.texts import open_texts
from kg.files.atomic import write_file
from kg.files.yaml_files import quoted
from kg.project import Project, find_project
from kg.text.folding import to_slug


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source that was added, and the project's folder of texts."""

    id: str
    entry: str
    """The lines of sources.yaml."""
    is_found: bool
    """True when `kg` finds the text where it is."""
    folder: Path
    """The project's folder of texts."""


def add_source(
    project: Project | Path | str | None,
    file: Path | str,
    *,
    id: str = "",
    details: Mapping[str, str] | None = None,
    texts: Path | str | None = None,
    copy: bool = False,
) -> NewSource:
    """Add the source whose text is in a file to a project's `data/sources.yaml`; the file stays where it is.

    With `copy`, the project's folder of texts gets a copy, unless another text has the name there.

    Without an `id`, it is made of the file's name; `details` are further keys of the entry. Raises `InputError` when
    the text cannot be read, or there is such a source already.
    """
    project, path = project if isinstance(project, Project) else find_project(project), Path(file)
    digest = hashlib.sha256(_text_of(path)).hexdigest()
    id = id or to_slug(path.stem)
    if not is_source_id(id):
        raise InputError(f"{id!r} is not a source id. Give one with --id: lower-case letters, digits and hyphens.")
    details = {"title": path.stem, **(details or {}), "file": path.name, "sha256": digest}
    if date := details.get("date"):
        try:
            to_date_range(date)
        except ValueError as error:
            raise InputError(f"{error}.") from error
    if (address := details.get("address")) and not is_address(address):
        raise InputError(f"{address!r} is not an address, like https://...")
    listing = project.data / "sources.yaml"
    listed = read_sources(listing, file="data/sources.yaml") if listing.exists() else SourcesRead()
    if listed.findings:
        raise FaultsError(listed.findings)
    if id in listed.sources:
        raise InputError(f"data/sources.yaml already has the source {id!r}. Give another id with --id.")
    entry = f"{id}:\n" + "".join(
        f"  {key}: {details[key] if key in ('date', 'sha256') else quoted(details[key])}\n"
        for key in SOURCE_KEYS
        if details.get(key)
    )
    if copy:
        _copy(path, project.texts / path.name)
    before = listing.read_text(encoding="utf-8") if listing.exists() else ""
    separator = "" if not before or before.endswith("\n\n") else "\n" if before.endswith("\n") else "\n\n"
    write_file(listing, (before, separator, entry))
    sources = read_sources(listing, file="data/sources.yaml").sources
    is_found = open_texts(texts, project.texts, sources)[id] is not None
    return NewSource(id, entry, is_found, project.texts)


def _copy(path: Path, copied: Path) -> None:
    if copied.exists() and copied.read_bytes() != path.read_bytes():
        raise InputError(f"{copied} exists already, with another text. Rename {path}.")
    copied.parent.mkdir(exist_ok=True)
    copied.write_bytes(path.read_bytes())


def _text_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{path} is larger than {LARGEST_FILE >> 20} MB.")
        content = path.read_bytes()
        content.decode("utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 at byte {error.start}. Save it as a plain UTF-8 text.") from error
    return content
