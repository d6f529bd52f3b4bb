"""The entry of a source in data/sources.yaml, and its place in the order of trust in data/policy.yaml.

Only the lines of that source are written; comments and everything else in both files stay as they are.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from kg.errors import InputError, UnknownNameError
from kg.facts.files import IMPORTS
from kg.facts.model import Source
from kg.facts.sources import SOURCE_KEYS, is_source_id
from kg.files.atomic import write_file
from kg.files.yaml_files import YamlError, YamlNode, is_plain_scalar, read_documents, to_mapping
from kg.reports import Place
from kg.text.folding import closest

_ORDER_COMMENT = "# Whom to believe when sources disagree, the most trusted first."
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9 /._\-]*[A-Za-z0-9]|https?://[A-Za-z0-9/._\-?=&]+")


def write_source(path: Path, source: Source) -> None:
    """Write the source's entry into `sources.yaml`: in place of its old one, or at the end.

    A file that has the entry already is not written. Raises `InputError` when the file is not a YAML mapping.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    if (fresh := with_source_entry(text, source, file=str(path))) != text:
        write_file(path, (fresh,))


def add_to_source_order(path: Path, source: str) -> tuple[str, ...]:
    """Add an import to the order of trust in `policy.yaml`, unless it has a rank there already; the new order.

    It comes after the sources that people ranked; the imports at the end of the order are sorted by their ids, so the
    order of trust is the same in whatever order imports come. Without a rank, they would share the last one, and a
    conflict between two of them could not be decided. Nothing is written, and the order is empty, when the file has a
    form that cannot be edited safely.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    try:
        before = to_mapping(text.encode(), file=str(path)) if text.strip() else {}
        order = [str(id) for id in before.get("sources") or ()]
        if source in order:
            return tuple(order)
        rank = _rank_of_import(source, order, path.parent / IMPORTS)
        after = [*order[:rank], source, *order[rank:]]
        fresh = with_source_order(text, source, rank=rank, file=str(path))
        if to_mapping(fresh.encode(), file=str(path)) != {**before, "sources": after}:
            return ()
    except (InputError, TypeError):
        return ()
    write_file(path, (fresh,))
    return tuple(after)


def _rank_of_import(source: str, order: Sequence[str], imports: Path) -> int:
    """The place of an import in an order: before those that follow it in the sorted imports at the end."""
    rank = len(order)
    while rank and source < order[rank - 1] and is_source_id(order[rank - 1]) and (imports / order[rank - 1]).is_dir():
        if rank < len(order) and order[rank - 1] > order[rank]:
            break
        rank -= 1
    return rank


def remove_import(data: Path, source: str) -> tuple[Path, ...]:
    """Remove an import: its folder, its entry in `sources.yaml` and its place in `policy.yaml`; the paths changed.

    The bytes of both files are then those that they had without this import. Raises `UnknownNameError` when there is
    none.
    """
    imports = data / IMPORTS
    folder = imports / source
    known = sorted(path.name for path in imports.iterdir() if path.is_dir()) if imports.is_dir() else []
    if source not in known:
        remedy = f"Imported are {', '.join(known)}." if known else f"{imports.as_posix()} has no imports."
        raise UnknownNameError(source, kind="import", suggestions=closest(source, known), remedy=remedy)
    changed = [folder]
    for name, without in (("policy.yaml", without_source_order), ("sources.yaml", without_source_entry)):
        path = data / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if (fresh := without(text, source, file=str(path))) != text:
            if fresh:
                write_file(path, (fresh,))
            else:
                path.unlink()
            changed.append(path)
    shutil.rmtree(folder)
    if len(known) == 1 and not any(imports.iterdir()):
        imports.rmdir()
    return tuple(changed)


def without_source_entry(text: str, source: str, *, file: str = "sources.yaml") -> str:
    """The text of `sources.yaml` without a source's entry, and without the empty line that separated it."""
    keys = [key for key, _ in _root_entries(text, file)]
    number = next((number for number, key in enumerate(keys) if key.text == source), None)
    if number is None:
        return text
    lines = text.splitlines(keepends=True)
    start, end = _entry_lines(lines, [key.place.line - 1 for key in keys], number)
    if start and not lines[start - 1].strip():
        start -= 1
    elif not start and end < len(lines) and not lines[end].strip():
        end += 1
    return "".join((*lines[:start], *lines[end:]))


def without_source_order(text: str, source: str, *, file: str = "policy.yaml") -> str:
    """The text of `policy.yaml` without a source in its order of trust; an order that an import began goes with it."""
    order = next((value for key, value in _root_entries(text, file) if key.text == "sources"), None)
    elements = order.elements or [] if order is not None else []
    number = next((number for number, element in enumerate(elements) if element.text == source), None)
    if order is None or number is None:
        return text
    lines = text.splitlines(keepends=True)
    offsets = [sum(map(len, lines[: element.place.line - 1])) + element.place.column - 1 for element in elements]
    if not _is_in_brackets(lines, order.place):
        line = elements[number].place.line - 1
        return "".join((*lines[:line], *lines[line + 1 :]))
    if len(elements) == 1:
        block = f"{_ORDER_COMMENT}\nsources: [{_scalar(source)}]\n"
        before, found, after = text.rpartition(block)
        if found:
            return (before.removesuffix("\n") if before.endswith("\n\n") else before) + after
        return text[: offsets[0]] + text[text.index("]", offsets[0]) :]
    if number + 1 < len(elements):
        return text[: offsets[number]] + text[offsets[number + 1] :]
    comma = text.rindex(",", 0, offsets[number])
    return text[:comma] + text[text.index("]", offsets[number]) :]


def with_source_entry(text: str, source: Source, *, file: str = "sources.yaml") -> str:
    """The text of `sources.yaml` with this source's entry in it; raises `InputError` when it is not a YAML mapping."""
    entry = source_entry(source)
    lines = text.splitlines(keepends=True)
    keys = [key for key, _ in _root_entries(text, file)]
    number = next((number for number, key in enumerate(keys) if key.text == source.id), None)
    if number is None:
        return text + _separator(text) + entry
    start, end = _entry_lines(lines, [key.place.line - 1 for key in keys], number)
    return "".join((*lines[:start], entry, *lines[end:]))


def _entry_lines(lines: Sequence[str], starts: Sequence[int], number: int) -> tuple[int, int]:
    """Where an entry begins and ends, without the empty lines and comments after it."""
    start = starts[number]
    end = starts[number + 1] if number + 1 < len(starts) else len(lines)
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return start, end


def with_source_order(text: str, source: str, *, rank: int, file: str = "policy.yaml") -> str:
    """The text of `policy.yaml` with a source at a place of its order, from 0; unchanged when the order is not a list.

    Raises `InputError` when the file is not a YAML mapping.
    """
    entries = _root_entries(text, file)
    order = next((value for key, value in entries if key.text == "sources" and key.place.column == 1), None)
    if order is None:
        return f"{text}{_separator(text)}{_ORDER_COMMENT}\nsources: [{_scalar(source)}]\n"
    if order.elements is None:
        return text
    lines = text.splitlines(keepends=True)
    if rank < len(order.elements):
        place = order.elements[rank].place
        start = sum(map(len, lines[: place.line - 1]))
        column = start + place.column - 1
        if _is_in_brackets(lines, order.place):
            return f"{text[:column]}{_scalar(source)}, {text[column:]}"
        return f"{text[:column]}{_scalar(source)}\n{text[start:]}"
    last = (order.elements or [order])[-1].place
    line = lines[last.line - 1]
    start = sum(map(len, lines[: last.line - 1]))
    if _is_in_brackets(lines, order.place):
        end = text.find("]", start + last.column - 1)
        before = text[:end].rstrip().removesuffix(",")
        return f"{before}{', ' if order.elements else ''}{_scalar(source)}{text[end:]}"
    ending = "" if line.endswith("\n") else "\n"
    after = start + len(line)
    return f"{text[:after]}{ending}{line[: last.column - 1]}{_scalar(source)}\n{text[after:]}"


def source_entry(source: Source) -> str:
    """A source as a block of YAML; raises `InputError` when its id is not a valid one."""
    if not is_source_id(source.id):
        raise InputError(f"{source.id!r} is not a source's id: use lower-case letters, digits and hyphens.")
    values = [(key, str(getattr(source, key))) for key in SOURCE_KEYS if getattr(source, key)]
    values = values or [("title", source.id)]
    return f"{_scalar(source.id)}:\n" + "".join(f"  {key}: {_scalar(value)}\n" for key, value in values)


def _root_entries(text: str, file: str) -> list[tuple[YamlNode, YamlNode]]:
    """The entries of the one mapping that a file holds; none for an empty file."""
    try:
        roots = list(read_documents(text, file=file))
    except YamlError as error:
        raise InputError(f"{error.place}: {error.message}") from error
    if not roots or (len(roots) == 1 and roots[0].is_null):
        return []
    if len(roots) > 1 or roots[0].entries is None:
        raise InputError(f"{roots[-1].place}: expected one mapping, not {roots[-1].kind}")
    return roots[0].entries


def _is_in_brackets(lines: list[str], place: Place) -> bool:
    return lines[place.line - 1][place.column - 1 :].startswith("[")


def _separator(text: str) -> str:
    """What is between a text and a block that is appended to it."""
    return "" if not text else "\n" if text.endswith("\n") else "\n\n"


def _scalar(text: str) -> str:
    """A text as YAML: bare where YAML reads the bare text back as the same text."""
    if _BARE.fullmatch(text) and is_plain_scalar(text):
        return text
    return json.dumps(text, ensure_ascii=False)
