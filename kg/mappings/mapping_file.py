"""Mapping files (YAML) read with places: every fault of a file is reported at once, with its line and column."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kg import vocabulary
from kg.errors import FaultsError, InputError
from kg.files.yaml_files import YamlError, YamlNode, read_documents
from kg.reports import Finding
from kg.schema import OntologyTerm, Schema
from kg.text.folding import closest

T = TypeVar("T")


class MappingFile:
    """A mapping file while it is read: its root, and the faults found so far.

    Raises `InputError` when the file cannot be read or is not one YAML mapping.
    """

    def __init__(self, path: Path, schema: Schema) -> None:
        self.path, self.schema = path, schema
        self.faults: list[Finding] = []
        self.root = _read_root(path)

    def add_fault(
        self, check: str, message: str, node: YamlNode, *, suggestions: tuple[str, ...] = (), remedy: str = ""
    ) -> None:
        """Add a fault at the place of a node."""
        finding = Finding(f"mapping/{check}", message, places=(node.place,), suggestions=suggestions, remedy=remedy)
        self.faults.append(finding)

    def raise_faults(self) -> None:
        """Raise `FaultsError` with all faults, if there are any."""
        if self.faults:
            raise FaultsError(self.faults)

    def sound(self, read: Callable[[], T]) -> T | None:
        """What `read` returns; None, without faults, when it finds any."""
        before = len(self.faults)
        value = read()
        if len(self.faults) == before:
            return value
        del self.faults[before:]
        return None

    def fields(
        self, node: YamlNode | None, known: Collection[str], what: str, *, former: Mapping[str, str] | None = None
    ) -> Fields:
        """The entries of a mapping whose keys must be among `known`; no entries for a missing or null node.

        `former` are keys of earlier versions, each with the key that replaces it.
        """
        fields = self.entries(node, what, former=former)
        for name, (key, _) in fields.entries.items():
            if name not in known:
                suggestions = closest(key.text or "", sorted(known), limit=1)
                remedy = f"Known are {', '.join(sorted(known))}."
                self.add_fault(
                    "unknown-key", f"unknown key {key.text!r} of {what}", key, suggestions=suggestions, remedy=remedy
                )
        return fields

    def entries(self, node: YamlNode | None, what: str, *, former: Mapping[str, str] | None = None) -> Fields:
        """The entries of a mapping with any keys; no entries for a missing or null node."""
        entries: dict[str, tuple[YamlNode, YamlNode]] = {}
        if node is not None and node.entries is None and not node.is_null:
            self.add_fault("shape", f"expected a mapping for {what}, not {node.kind}", node)
        for key, value in (node.entries or ()) if node is not None else ():
            if key.text is None:
                self.add_fault("shape", f"expected a name as a key of {what}, not {key.kind}", key)
                continue
            name = former.get(key.text, key.text) if former is not None else key.text
            if name in entries:
                self.add_fault("duplicate", f"duplicate key {key.text!r} in {what}", key)
            else:
                entries[name] = (key, value)
        return Fields(self, what, entries)

    def text(self, node: YamlNode, what: str) -> str:
        """The text of a scalar; the empty text for null, and with a fault for another kind of node."""
        if node.text is None:
            self.add_fault("shape", f"expected a text for {what}, not {node.kind}", node)
        return "" if node.text is None or node.is_null else node.text

    def texts(self, node: YamlNode, what: str) -> tuple[str, ...]:
        """The texts of a list of scalars, or of one scalar; none for null."""
        if node.elements is not None:
            return tuple(self.text(element, what) for element in node.elements)
        return () if node.is_null else (self.text(node, what),)

    def property(self, node: YamlNode) -> OntologyTerm | None:
        """The property of the ontology that a scalar names, or None and a fault."""
        name = self.text(node, "a property")
        iri = self.schema.names.get(name)
        if iri is None:
            suggestions = self.schema.suggest_properties(name)
            message = f"{name!r} is not a property of the ontology"
            self.add_fault("unknown-property", message, node, suggestions=suggestions)
        return self.schema.properties[iri] if iri is not None else None

    def class_name(self, node: YamlNode) -> str:
        """The name of a class or kind of the ontology; with a fault when it is unknown."""
        name = self.text(node, "a class")
        iri = self.schema.type_names.get(name)
        if iri is None:
            suggestions = self.schema.suggest_types(name)
            self.add_fault("unknown-class", f"{name!r} is not a class of the ontology", node, suggestions=suggestions)
        return self.schema.types[iri].name if iri is not None else name


@dataclass(frozen=True, slots=True)
class Fields:
    """The entries of one mapping in a mapping file: key -> nodes of key and value."""

    file: MappingFile
    what: str
    """What the mapping is, in the words of messages."""
    entries: Mapping[str, tuple[YamlNode, YamlNode]]

    def __contains__(self, key: object) -> bool:
        return key in self.entries

    def __iter__(self) -> Iterator[tuple[str, YamlNode]]:
        """The keys with the nodes of their values."""
        return ((key, value) for key, (_, value) in self.entries.items())

    def node(self, key: str) -> YamlNode | None:
        """The value of a key; None when it is missing or null."""
        _, value = self.entries.get(key, (None, None))
        return value if value is not None and not value.is_null else None

    def text(self, key: str, default: str = "") -> str:
        """The text of a key."""
        node = self.node(key)
        return default if node is None else self.file.text(node, f"`{key}` of {self.what}")

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts of a key, which may be one or a list."""
        node = self.node(key)
        return () if node is None else self.file.texts(node, f"`{key}` of {self.what}")

    def property_name(self, key: str) -> str:
        """The property that a key names; the empty text when it is missing, and with a fault when it is unknown."""
        node = self.node(key)
        term = self.file.property(node) if node is not None else None
        return term.name if term is not None else ""

    def class_name(self, key: str) -> str:
        """The class or kind that a key names; the empty text when it is missing, with a fault when it is unknown."""
        node = self.node(key)
        return "" if node is None else self.file.class_name(node)


def _read_root(path: Path) -> YamlNode:
    try:
        roots = list(read_documents(path.read_bytes().decode("utf-8-sig"), file=str(path)))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: {error}") from error
    except YamlError as error:
        raise InputError(" ".join(filter(None, (f"{error.place}: {error.message}.", error.remedy)))) from error
    if len(roots) != 1 or roots[0].entries is None:
        raise InputError(f"{path} is not one YAML mapping.")
    return roots[0]


def mentioned_type(property: OntologyTerm, schema: Schema) -> str:
    """The name of the class of an entity of which only this is known: that it is a value of the property.

    It is the usual one, and for those who make films, who may be people or companies, what both are.
    """
    is_maker = vocabulary.contributor in schema.ancestors(property.iri) and vocabulary.Agent in schema.types
    return schema.usual_type(property) or (schema.types[vocabulary.Agent].name if is_maker else "")
