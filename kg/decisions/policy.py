"""`data/policy.yaml`: which sources are trusted most, which figures and parts are the same, and single decisions.

sources: [encyclopedia, oscars-report]       # most trusted first, for every property
properties:
  budget: [oscars-report, encyclopedia]      # first for this property; the general order follows
figures:
  boxOffice: [territory, period]             # figures that agree in these, and in asOf, must agree in their amount
same:
  recognition: [award, edition]              # parts of linked entities that agree in these are one part
decisions:
  - {entity: anora, property: budget, for: oscars-report, because: it names the producers as its source}
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import NamedNode

from kg import vocabulary as film
from kg.facts.files import FileFindings, read_yaml_file
from kg.facts.model import Source
from kg.files.yaml_files import YamlNode
from kg.reports import Finding, Place
from kg.schema import Schema
from kg.terms import to_iri
from kg.text.folding import closest

_KEYS = ("sources", "properties", "figures", "same", "decisions")
_DECISION_KEYS = ("entity", "property", "for", "because")
FIGURE_KEYS: Mapping[NamedNode, tuple[NamedNode, ...]] = {film.release: (film.territory, film.medium)}
"""The keys of figures that need not be in the file: releases that agree in these must agree in their date."""


@dataclass(frozen=True, slots=True)
class ManualDecision:
    """Which value of an entity's property is preferred: that of a source, or the one that reads so."""

    choice: str
    because: str
    place: Place


@dataclass(frozen=True)
class Policy:
    """Orders of trust, most trusted first; the properties that identify a figure or a part; and single decisions."""

    source_order: tuple[str, ...] = ()
    property_orders: Mapping[NamedNode, tuple[str, ...]] = field(default_factory=dict)
    figure_keys: Mapping[NamedNode, tuple[NamedNode, ...]] = field(default_factory=lambda: FIGURE_KEYS)
    part_keys: Mapping[NamedNode, tuple[NamedNode, ...]] = field(default_factory=dict)
    decisions: Mapping[tuple[NamedNode, NamedNode], ManualDecision] = field(default_factory=dict)

    def trust(self, source: str, property: NamedNode) -> int:
        """The position of a source in the order for a property, 0 the most trusted; unlisted sources share the last.

        Sources of the general order follow those of the property's own order.
        """
        own = self.property_orders.get(property, ())
        order = (*own, *(source for source in self.source_order if source not in own))
        return order.index(source) if source in order else len(order)


@dataclass(frozen=True)
class PolicyRead:
    """The policy of a project, and what is wrong with its file."""

    policy: Policy = field(default_factory=Policy)
    findings: tuple[Finding, ...] = ()


def read_policy(
    path: Path, *, file: str, schema: Schema, sources: Mapping[str, Source], skipped: Collection[Path] = ()
) -> PolicyRead:
    """The policy in a file, or an empty one when there is none that may be read; `file` is its name in findings."""
    reader, policy = _PolicyReader(schema, sources), Policy()
    for number, root in enumerate(read_yaml_file(path, file=file) if path.is_file() and path not in skipped else ()):
        if isinstance(root, Finding):
            reader.findings.append(root)
        elif number == 0:
            policy = reader.policy(root)
    return PolicyRead(policy, tuple(reader.findings))


@dataclass
class _PolicyReader:
    """Parses policy.yaml; errors go to `findings`."""

    schema: Schema
    sources: Mapping[str, Source]
    findings: FileFindings = field(default_factory=FileFindings)

    def policy(self, root: YamlNode) -> Policy:
        source_order: tuple[str, ...] = ()
        property_orders: dict[NamedNode, tuple[str, ...]] = {}
        figure_keys: dict[NamedNode, tuple[NamedNode, ...]] = {}
        part_keys: dict[NamedNode, tuple[NamedNode, ...]] = {}
        decisions: dict[tuple[NamedNode, NamedNode], ManualDecision] = {}
        self._check_mapping(root)
        for key, value in root.entries or ():
            match key.text:
                case "sources":
                    source_order = self._source_ids(value)
                case "properties":
                    property_orders = {iri: self._source_ids(node) for iri, node in self._by_property(value)}
                case "figures":
                    figure_keys = {iri: self._properties(node) for iri, node in self._by_property(value)}
                case "same":
                    part_keys = {iri: self._properties(node) for iri, node in self._by_property(value)}
                case "decisions":
                    decisions = dict(filter(None, map(self._decision, self._elements(value))))
                case _:
                    self._add_unknown_key(key, "a policy", _KEYS)
        return Policy(source_order, property_orders, {**FIGURE_KEYS, **figure_keys}, part_keys, decisions)

    def _decision(self, node: YamlNode) -> tuple[tuple[NamedNode, NamedNode], ManualDecision] | None:
        self._check_mapping(node)
        given = {key.text or "": value for key, value in node.entries or ()}
        for key, _ in node.entries or ():
            if key.text not in _DECISION_KEYS:
                self._add_unknown_key(key, "a decision", _DECISION_KEYS)
        missing = [name for name in _DECISION_KEYS if not (name in given and given[name].text)]
        if missing:
            self.findings.add("missing", f"a decision requires {', '.join(missing)}", node.place)
            return None
        entity, property = self._entity(given["entity"]), self._property(given["property"])
        if entity is None or property is None:
            return None
        return (entity, property), ManualDecision(given["for"].text or "", given["because"].text or "", node.place)

    def _entity(self, node: YamlNode) -> NamedNode | None:
        try:
            return to_iri(node.text or "")
        except ValueError:
            remedy = "Write its name in the fact files, such as anora, or its CURIE."
            self.findings.add("unknown-entity", f"no entity can be named {node.text!r}", node.place, remedy=remedy)
            return None

    def _add_unknown_key(self, key: YamlNode, of: str, keys: tuple[str, ...]) -> None:
        self.findings.add(
            "key",
            f"unknown key {key.text!r} of {of}",
            key.place,
            value=key.text or "",
            suggestions=closest(key.text or "", list(keys)),
            remedy=f"The keys are {', '.join(keys)}.",
        )

    def _by_property(self, value: YamlNode) -> list[tuple[NamedNode, YamlNode]]:
        self._check_mapping(value)
        entries = ((self._property(key), node) for key, node in value.entries or ())
        return [(iri, node) for iri, node in entries if iri is not None]

    def _property(self, key: YamlNode) -> NamedNode | None:
        name = key.text or ""
        iri = self.schema.names.get(name)
        if iri is None:
            self.findings.add_unknown_property(name, self.schema, key.place)
        return iri

    def _properties(self, value: YamlNode) -> tuple[NamedNode, ...]:
        iris = (self._property(node) for node in self._elements(value))
        return tuple(iri for iri in iris if iri is not None)

    def _source_ids(self, value: YamlNode) -> tuple[str, ...]:
        for node in self._elements(value):
            id = node.text or ""
            if id not in self.sources:
                suggestions = closest(id, list(self.sources))
                message = f"unknown source {node.text!r}"
                remedy = "List it in data/sources.yaml."
                self.findings.add(
                    "unknown-source", message, node.place, value=id, suggestions=suggestions, remedy=remedy
                )
        return tuple(node.text or "" for node in value.elements or ())

    def _elements(self, value: YamlNode) -> list[YamlNode]:
        if value.elements is None:
            self.findings.add("shape", f"expected a list, found {value.kind}", value.place)
        return value.elements or []

    def _check_mapping(self, value: YamlNode) -> None:
        if value.entries is None:
            self.findings.add("shape", f"expected a mapping, found {value.kind}", value.place)
