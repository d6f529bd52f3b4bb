"""A YAML file rewritten for a newer ontology: its keys, its classes and the names of parts; everything else stays.

A part of an old property may need a further property, and an id where its old one was made of its first value. Keys
that become one are joined.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kg.facts.files import read_yaml
from kg.facts.model import part_owner
from kg.facts.readers.part_ids import part_id, unused_name
from kg.files.yaml_files import YamlNode
from kg.fixes.edits import Edit, detail_entry, replaced_type, separator
from kg.fixes.part_names import PART, PartNames, replacement_of
from kg.fixes.repeated_keys import join_repeated_keys
from kg.parts import part_iri
from kg.reports import Finding, Place
from kg.schema import Replacement, Schema, ValueKind
from kg.terms import FILM, to_iri
from kg.text.folding import to_slug

_UNNAMING_BEFORE = frozenset("id type source at record retrieved as_of rank because paraphrase".split())  # noqa: SIM905
"""The keys of which the id of a part of an old property was not made."""


def names_in_yaml(text: str, file: str, schema: Schema) -> Iterator[str]:
    """Yield the names of parts in a file of facts: of those that are written in it, and of those made of values."""
    for root in read_yaml(text, file=file):
        if not isinstance(root, Finding):
            yield from parts_of(root, schema).values()
            yield from filter(PART.fullmatch, _texts(root))


def blocks_in_yaml(text: str, file: str) -> Iterator[str]:
    """Yield the names of the parts that have a block of their own."""
    for root in read_yaml(text, file=file):
        if not isinstance(root, Finding):
            yield from (key.text for key, _ in root.entries or () if key.text and PART.fullmatch(key.text))


def parts_of(root: YamlNode, schema: Schema) -> Mapping[Place, str]:
    """The parts of a section, and the values that become parts: place -> name before the migration."""
    parts: dict[Place, str] = {}
    for key, block in root.entries or ():
        if key.text is not None and key.text != "source":
            try:
                owner = part_owner(to_iri(key.text)).removeprefix(FILM)
            except ValueError:
                continue
            _add_parts(parts, set(), owner, block, schema)
    return parts


def _add_parts(parts: dict[Place, str], used: set[str], owner: str, block: YamlNode, schema: Schema) -> None:
    for key, value in block.entries or ():
        replacement = replacement_of(key.text or "", schema)
        property = schema.property_named(replacement.name if replacement is not None else key.text or "")
        if property is None or property.value_kind is not ValueKind.ENTITY or key.text == "type":
            continue
        for node in _values(value):
            if not _is_value(node):
                entries = [(inner.text or "", own) for inner, own in node.entries or ()]
                id = part_id(entries, unnaming=_UNNAMING_BEFORE) if replacement is not None else part_id(entries)
            elif replacement is not None and replacement.within:
                id = to_slug(_text_of(node).removeprefix("film:")) or "node"
            else:
                continue
            name = unused_name(part_iri(owner, key.text or "", id), used)
            used.add(name)
            parts[node.place] = name
            if not _is_value(node):
                _add_parts(parts, used, name, node, schema)


@dataclass
class YamlMigrator:
    """Rewrites YAML files; `left` are the findings about what is not rewritten."""

    schema: Schema
    names: PartNames
    subjects: frozenset[str] = frozenset()
    """The parts that have a block or rows of their own, which can state a further property."""
    left: list[Finding] = field(default_factory=list)

    def rewrite(self, text: str, file: str) -> str:
        """A file of facts with new terms, as far as they have a plain replacement."""
        lines, edits, renamed = text.splitlines(), list[Edit](), set[str]()
        for root in read_yaml(text, file=file):
            if isinstance(root, Finding):
                self.left.append(root)
                return text
            section = _Section(self, parts_of(root, self.schema), lines)
            edits += section.edits(root)
            renamed |= section.renamed
        return join_repeated_keys(apply_edits(text, edits), renamed)

    def rewrite_policy(self, text: str, file: str) -> str:
        """A policy with new terms; a key that repeats another with the same value is removed."""
        lines, edits = text.splitlines(keepends=True), list[Edit]()
        for root in read_yaml(text, file=file):
            if isinstance(root, Finding):
                self.left.append(root)
                return text
            for key, section in root.entries or ():
                if key.text != "sources":
                    edits += self._policy_edits(section, lines, are_values_properties=key.text != "properties")
        return apply_edits(text, edits)

    def _policy_edits(self, section: YamlNode, lines: Sequence[str], *, are_values_properties: bool) -> Iterator[Edit]:
        present = {key.text: _plain(value) for key, value in section.entries or ()}
        for key, value in section.entries or ():
            replacement = replacement_of(key.text or "", self.schema)
            if replacement is None:
                pass
            elif replacement.name not in present:
                present[replacement.name] = _plain(value)
                yield from replace_scalar(key, replacement.name, lines)
            elif present[replacement.name] == _plain(value) and key.place.line == value.end[0]:
                yield Edit(key.place.line, 1, lines[key.place.line - 1], "")
                continue
            else:
                self.leave(f"{key.text} is now {replacement.name}, for which the policy has another entry", key)
            for node in _values(value) if are_values_properties else ():
                if (new := replacement_of(node.text or "", self.schema)) is not None:
                    yield from replace_scalar(node, new.name, lines)

    def leave(self, message: str, node: YamlNode) -> None:
        """Report what has to be changed by hand."""
        self.left.append(Finding("migration/by-hand", message, places=(node.place,), remedy="Change it by hand."))


@dataclass
class _Section:
    """Makes the edits of one section; `renamed` are the new names of the properties that were replaced in it."""

    migrator: YamlMigrator
    parts: Mapping[Place, str]
    lines: Sequence[str]
    renamed: set[str] = field(default_factory=set)

    def edits(self, root: YamlNode) -> Iterator[Edit]:
        """The edits, in the order of the text."""
        for key, block in root.entries or ():
            if PART.fullmatch(key.text or ""):
                yield from replace_scalar(key, self.migrator.names[key.text or ""], self.lines)
                replacement = self._replacement((key.text or "").rsplit(".", 2)[1])
                if replacement is not None:
                    yield from self._insert(block, _details(replacement))
            yield from self._block_edits(block)

    def _replacement(self, property: str) -> Replacement | None:
        return replacement_of(property, self.migrator.schema)

    def _block_edits(self, block: YamlNode) -> Iterator[Edit]:
        for key, value in block.entries or ():
            if key.text == "type":
                yield from type_edits(key, value, self.lines, self.migrator.schema)
                continue
            if (replacement := self._replacement(key.text or "")) is not None:
                yield from self._property_edits(key, value, replacement)
            for node in _values(value):
                yield from self._value_edits(node)

    def _value_edits(self, node: YamlNode) -> Iterator[Edit]:
        """The edits within a value or a part."""
        if not _is_value(node):
            yield from self._block_edits(node)
            return
        scalar = next((value for key, value in node.entries or () if key.text == "value"), node)
        if PART.fullmatch(scalar.text or ""):
            yield from replace_scalar(scalar, self.migrator.names[scalar.text or ""], self.lines)

    def _property_edits(self, key: YamlNode, value: YamlNode, replacement: Replacement) -> Iterator[Edit]:
        nodes = _values(value)
        message = f"{key.text} is now {replacement}"
        if replacement.is_inverse:
            self.migrator.leave(message, key)
        elif obstacle := next((node for node in nodes if not self._can_change(node, replacement)), None):
            self.migrator.leave(f"{message}, which the part has to state", obstacle)
        else:
            self.renamed.add(replacement.name)
            yield from replace_scalar(key, replacement.name, self.lines)
            for node in nodes:
                if (name := self.parts.get(node.place)) is not None:
                    yield from self._part_edits(node, name, replacement)

    def _can_change(self, node: YamlNode, replacement: Replacement) -> bool:
        """True when the value of an old property can become one of the new one."""
        if not replacement.details and not replacement.within:
            return True
        if not all(value for _, value in replacement.details):
            return False
        if replacement.within:
            is_short = node.place.line == node.end[0] and not self._is_block(node)
            return _is_value(node) and is_short and bool(_text_of(node))
        if _is_value(node):
            return _text_of(node).removeprefix("film:") in self.migrator.subjects
        return {key.text for key, _ in node.entries or ()}.isdisjoint(name for name, _ in replacement.details)

    def _part_edits(self, node: YamlNode, name: str, replacement: Replacement) -> Iterator[Edit]:
        """The id and the further properties of a part of an old property."""
        id, details = self.migrator.names.id_of(name), _details(replacement)
        if replacement.within:
            yield Edit(
                node.place.line,
                node.place.column,
                "",
                f"{{{', '.join((f'id: {id}', *details))}, {replacement.within}: ",
            )
            yield Edit(*node.end, "", "}")
            return
        own_id = next((value for key, value in node.entries or () if key.text == "id"), None)
        if own_id is not None and to_slug(own_id.text or "") != id:
            yield from replace_scalar(own_id, id, self.lines)
        needs_id = own_id is None and (details or name.rpartition(".")[2] != id)
        yield from self._insert(node, (*((f"id: {id}",) if needs_id else ()), *details))

    def _insert(self, block: YamlNode, entries: Sequence[str]) -> Iterator[Edit]:
        """Entries at the start of a block, behind its id."""
        keys = [key for key, _ in block.entries or ()]
        if keys:
            yield from _insert_before(
                keys[1] if len(keys) > 1 and keys[0].text == "id" else keys[0], entries, self.lines
            )

    def _is_block(self, node: YamlNode) -> bool:
        """True for a mapping or list without brackets."""
        return node.text is None and self.lines[node.place.line - 1][node.place.column - 1] not in "{["


def type_edits(key: YamlNode, value: YamlNode, lines: Sequence[str], schema: Schema) -> Iterator[Edit]:
    """The edits of the classes of an entity or part."""
    for node in _values(value):
        for inner, scalar in node.entries or ((None, node),):
            if inner is None or inner.text == "value":
                replacement = schema.replaced.get((scalar.text or "").removeprefix("film:"))
                if replacement is not None and scalar is value and not scalar.is_quoted:
                    before = lines[key.place.line - 1][: key.place.column - 1]
                    yield from replace_scalar(scalar, replaced_type(replacement, before), lines)
                elif replacement is not None:
                    yield from replace_scalar(scalar, replacement.name, lines)
                    yield from _insert_before(key, _details(replacement), lines)


def replace_scalar(node: YamlNode, new: str, lines: Sequence[str]) -> Iterator[Edit]:
    """The scalar with another text; quotation marks stay."""
    line, column, old = node.place.line, node.place.column, node.text or ""
    start = lines[line - 1].find(old, column - 1)
    if start >= 0 and old != new:
        yield Edit(line, start + 1, old, new)


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """The text after all edits, from the last to the first, so that none moves another."""
    lines = text.splitlines(keepends=True)
    for edit in sorted(edits, key=lambda edit: (edit.line, edit.column, bool(edit.old)), reverse=True):
        edit.apply_to(lines)
    return "".join(lines)


def _insert_before(key: YamlNode, entries: Sequence[str], lines: Sequence[str]) -> Iterator[Edit]:
    """Entries before a key, on lines of their own in a block."""
    line, column = key.place.line, key.place.column
    end = separator(lines[line - 1][: column - 1])
    if entries:
        yield Edit(line, column, "", "".join(f"{entry}{end}" for entry in entries))


def _details(replacement: Replacement) -> tuple[str, ...]:
    return tuple(detail_entry(name, value) for name, value in replacement.details if value)


def _values(value: YamlNode) -> Sequence[YamlNode]:
    return value.elements if value.elements is not None else (value,)


def _is_value(node: YamlNode) -> bool:
    """True for a value, false for a part."""
    return node.entries is None or any(key.text == "value" for key, _ in node.entries)


def _text_of(node: YamlNode) -> str:
    """The text of a value that is written alone or as `{value: ...}`."""
    scalar = next((value for key, value in node.entries or () if key.text == "value"), node)
    return scalar.text or ""


def _texts(root: YamlNode) -> Iterator[str]:
    """Yield every text in a tree."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.text is not None:
            yield node.text
        waiting += [inner for entry in node.entries or () for inner in entry] + list(node.elements or ())


def _plain(value: YamlNode) -> object:
    """The texts of a list or of a scalar, for comparison."""
    return [node.text for node in value.elements] if value.elements is not None else value.text
