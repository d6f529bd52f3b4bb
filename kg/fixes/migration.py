"""A project rewritten for a newer ontology: every term that was replaced, in facts, tables, policy and queries.

The ontology states what replaces a term (`dcterms:isReplacedBy`, see ontology/replaced.ttl). What has no plain
replacement, such as a property in the other direction, is left as it is and reported.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kg.atomic_files import write_file
from kg.errors import InputError
from kg.facts.files import fact_files, read_text, read_yaml
from kg.fixes.edits import Edit
from kg.project import Project, find_project
from kg.queries.sparql import Token, place_at, tokenise
from kg.reports import Finding, Place
from kg.schema import Replacement, Schema, read_ontology, to_schema
from kg.yaml_files import YamlNode

_PART = re.compile(r"(?:film:)?[\w-]+(?:\.[\w-]+\.[\w-]+)+")
"""The name of a part: the owner, then a property and an id for each step."""
_HEADER_CLASS = re.compile(r"^(?P<before>#\+.*\bclass: *)(?P<name>\w+)", re.MULTILINE)
"""The class of a parameter, in the header of a stored query."""
_TABLES = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True)
class Migration:
    """The files that change, and what has to be changed by hand."""

    project: Project
    files: Mapping[str, tuple[str, str]]
    """Name of a file in the project -> its text before and after."""
    left: tuple[Finding, ...]

    def to_diff(self) -> str:
        """The changes as a unified diff, ready for `git apply`."""
        lines: list[str] = []
        for file, (before, after) in sorted(self.files.items()):
            old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
            lines += difflib.unified_diff(old, new, f"a/{file}", f"b/{file}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

    def apply(self) -> None:
        """Write the changed files, each in one step."""
        for file, (_, after) in self.files.items():
            write_file(self.project.folder / file, (after,))


def migrate(project: Project | Path | str | None = None) -> Migration:
    """The changes that a project needs for its ontology; nothing is written.

    Raises `InputError` when the ontology replaces no term, and `FaultsError` when it does not parse.
    """
    project = project if isinstance(project, Project) else find_project(project)
    schema = to_schema(read_ontology(project.ontology))
    if not schema.replaced:
        raise InputError(
            "The ontology of the project replaces no term. Copy the ontology files of the new version first."
        )
    migrator = _Migrator(schema)
    changes = {}
    for path in (*fact_files(project.data), *sorted(project.queries.rglob("*.rq"))):
        file = path.relative_to(project.folder).as_posix()
        before = read_text(path, file=file)
        if isinstance(before, Finding):
            migrator.left.append(before)
            continue
        after = migrator.rewrite(path, before, file)
        if after != before:
            changes[file] = (before, after)
    return Migration(project, changes, tuple(migrator.left))


@dataclass
class _Migrator:
    """Rewrites the text of one file after the other; `left` are the findings about what is not rewritten."""

    schema: Schema
    left: list[Finding] = field(default_factory=list)

    def rewrite(self, path: Path, text: str, file: str) -> str:
        """The text with new terms, as far as they have a plain replacement."""
        suffix = path.suffix.lower()
        if suffix in (".yaml", ".yml"):
            return _apply(text, self._yaml_edits(text, file))
        if suffix in _TABLES and not path.name.endswith(".sssom.tsv"):
            return self._table(text, _TABLES[suffix], file)
        if suffix == ".rq":
            return self._query(text, file)
        return _PART.sub(lambda match: self._part_name(match[0]), text) if path.name.endswith(".sssom.tsv") else text

    # --- YAML

    def _yaml_edits(self, text: str, file: str) -> list[Edit]:
        lines, edits = text.splitlines(), list[Edit]()
        for root in read_yaml(text, file=file):
            if isinstance(root, Finding):
                self.left.append(root)
                return []
            edits += self._node_edits(root, lines)
        return edits

    def _node_edits(self, node: YamlNode, lines: Sequence[str]) -> Iterator[Edit]:
        if node.text is not None and (new := self._part_name(node.text)) != node.text:
            yield from _replace(node, new, lines)
        for element in node.elements or ():
            yield from self._node_edits(element, lines)
        for key, value in node.entries or ():
            if key.text == "type":
                yield from self._type_edits(key, value, lines)
            elif key.text in self.schema.replaced and key.text not in self.schema.class_names:
                yield from self._property_edits(key, value, lines)
            elif key.text is not None and (new := self._part_name(key.text)) != key.text:
                yield from _replace(key, new, lines)
            yield from self._node_edits(value, lines)

    def _property_edits(self, key: YamlNode, value: YamlNode, lines: Sequence[str]) -> Iterator[Edit]:
        replacement = self.schema.replaced[key.text or ""]
        if replacement.is_inverse:
            self._leave(f"{key.text} is now {replacement}", key.place)
            return
        yield from _replace(key, replacement.name, lines)
        for node in value.elements if value.elements is not None else (value,):
            if replacement.details and not node.entries:
                self._leave(f"{key.text} is now {replacement}, which the part has to state", node.place)
            elif replacement.details and node.entries:
                yield from _insert(node.entries[0][0], replacement, lines)

    def _type_edits(self, key: YamlNode, value: YamlNode, lines: Sequence[str]) -> Iterator[Edit]:
        nodes = value.elements if value.elements is not None else [value]
        for node in nodes:
            for inner, scalar in node.entries or ((None, node),):
                if inner is not None and inner.text != "value":
                    continue
                replacement = self.schema.replaced.get((scalar.text or "").removeprefix("film:"))
                if replacement is not None:
                    yield from _replace(scalar, replacement.name, lines)
                    yield from _insert(key, replacement, lines)

    # --- tables and queries

    def _table(self, text: str, delimiter: str, file: str) -> str:
        """A fact table; another table is returned as it is."""
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        if not rows or not {"subject", "property", "value"} <= set(rows[0]):
            return text
        columns = {name: number for number, name in enumerate(rows[0])}
        written = [rows[0]]
        for line, row in enumerate(rows[1:], 2):
            if len(row) == len(rows[0]):
                written += self._table_rows(row, columns, Place(file, line))
            else:
                written.append(row)
        if written == rows:
            return text
        output = io.StringIO()
        ending = "\r\n" if "\r\n" in text else "\n"
        csv.writer(output, delimiter=delimiter, lineterminator=ending).writerows(written)
        return output.getvalue()

    def _table_rows(self, row: Sequence[str], columns: Mapping[str, int], place: Place) -> Iterator[list[str]]:
        new = list(row)
        for name in ("subject", "value"):
            if _PART.fullmatch(row[columns[name]]):
                new[columns[name]] = self._part_name(row[columns[name]])
        property, value = row[columns["property"]], row[columns["value"]].removeprefix("film:")
        if property == "type" and (replacement := self.schema.replaced.get(value)) is not None:
            new[columns["value"]] = replacement.name
            yield new
            for detail, text in replacement.details:
                yield _with_cells(new, columns, property=detail, value=text)
            return
        if (replacement := self.schema.replaced.get(property)) is not None:
            if replacement.is_inverse:
                self._leave(f"{property} is now {replacement}", place)
            else:
                new[columns["property"]] = replacement.name
                for detail, text in replacement.details:
                    yield _with_cells(new, columns, subject=new[columns["value"]], property=detail, value=text)
        yield new

    def _query(self, text: str, file: str) -> str:
        """A stored query; strings and comments are left alone."""
        text = _HEADER_CLASS.sub(self._header_class, text)
        tokens, pieces, end = list(tokenise(text)), list[str](), 0
        for number, token in enumerate(tokens):
            new = self._query_name(tokens, number, text, file)
            if new != token.text:
                pieces += [text[end : token.start], new]
                end = token.end
        return "".join((*pieces, text[end:]))

    def _header_class(self, match: re.Match[str]) -> str:
        replacement = self.schema.replaced.get(match["name"])
        return match["before"] + (replacement.name if replacement is not None else match["name"])

    def _query_name(self, tokens: Sequence[Token], number: int, text: str, file: str) -> str:
        token = tokens[number]
        if not token.text.startswith("film:"):
            return token.text
        replacement = self.schema.replaced.get(token.text.removeprefix("film:"))
        if replacement is None:
            return self._part_name(token.text)
        if replacement.is_inverse:
            return f"^film:{replacement.name}"
        if not replacement.details:
            return f"film:{replacement.name}"
        is_type = number > 0 and tokens[number - 1].text in ("a", "rdf:type")
        if is_type and number + 1 < len(tokens) and tokens[number + 1].text in (".", ";", "}"):
            details = "".join(f' ; film:{name} "{value}"' for name, value in replacement.details)
            return f"film:{replacement.name}{details}"
        self._leave(f"{token.text} is now {replacement}", place_at(text, token.start, file=file))
        return token.text

    def _part_name(self, name: str) -> str:
        """The name of a part with new properties in it; any other text as it is."""
        if not _PART.fullmatch(name):
            return name
        owner, *path = name.split(".")
        for number in range(0, len(path), 2):
            replacement = self.schema.replaced.get(path[number])
            if replacement is not None and not replacement.is_inverse:
                path[number] = replacement.name
        return ".".join((owner, *path))

    def _leave(self, message: str, place: Place) -> None:
        self.left.append(Finding("migration/by-hand", message, places=(place,), remedy="Change it by hand."))


def _with_cells(row: Sequence[str], columns: Mapping[str, int], **cells: str) -> list[str]:
    """A row of the same source; what is stated is in the words of the project, not of the source."""
    new = list(row)
    for name, value in (cells | {"paraphrase": "true"}).items():
        if name in columns:
            new[columns[name]] = value
    return new


def _replace(node: YamlNode, new: str, lines: Sequence[str]) -> Iterator[Edit]:
    """The scalar with another text; quotation marks stay."""
    line, column = node.place.line, node.place.column
    start = lines[line - 1].find(node.text or "", column - 1)
    if start >= 0:
        yield Edit(line, start + 1, node.text or "", new)


def _insert(key: YamlNode, replacement: Replacement, lines: Sequence[str]) -> Iterator[Edit]:
    """The details of a replacement as entries before `key`, on lines of their own in a block."""
    line, column = key.place.line, key.place.column
    before = lines[line - 1][: column - 1]
    is_block = not before.strip(" -")
    for name, value in replacement.details:
        entry = f"{name}: {{value: {value}, paraphrase: true}}"
        yield Edit(line, column, "", f"{entry}\n{' ' * (column - 1)}" if is_block else f"{entry}, ")


def _apply(text: str, edits: Sequence[Edit]) -> str:
    """The text after all edits, from the last to the first, so that none moves another."""
    lines = text.splitlines(keepends=True)
    for edit in sorted(edits, key=lambda edit: (edit.line, edit.column, bool(edit.old)), reverse=True):
        edit.apply_to(lines)
    return "".join(lines)
