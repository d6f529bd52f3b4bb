"""`data/policy.yaml` walks in; whom to believe first, and which figures are the same figure, walks out.

sources: [encyclopedia, oscars-report]       # most trusted first, for everything that names no order of its own
properties:
  budget: [oscars-report, encyclopedia]      # for one property
figures:
  boxOffice: [territory, period]             # nodes that agree in these, and in asOf, are one figure: amounts must
                                             # agree
same:
  nomination: [award, edition]               # nodes of linked things that agree in these are one node
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import NamedNode

from kg.facts.files import fault, read_text, read_yaml
from kg.facts.model import Source
from kg.reports import Finding
from kg.schema import Schema
from kg.text import closest
from kg.yaml_files import YamlNode


@dataclass(frozen=True)
class Policy:
    """Orders of trust, and the keys of figures."""

    source_order: tuple[str, ...] = ()
    property_orders: Mapping[NamedNode, tuple[str, ...]] = field(default_factory=dict)
    figure_keys: Mapping[NamedNode, tuple[NamedNode, ...]] = field(default_factory=dict)
    part_keys: Mapping[NamedNode, tuple[NamedNode, ...]] = field(default_factory=dict)

    def trust(self, source: str, property: NamedNode) -> int:
        """The place of a source in the order for a property, 0 the most trusted; all unnamed ones share the last.

        Sources that only the general order names come after those that the property's own order names.
        """
        own = self.property_orders.get(property, ())
        order = (*own, *(one for one in self.source_order if one not in own))
        return order.index(source) if source in order else len(order)


def read_policy(
    path: Path, *, file: str, schema: Schema, sources: Mapping[str, Source], faults: list[Finding]
) -> Policy:
    """The policy of a project, or one without any order where there is no file; faults go to `faults`."""
    if not path.exists() or (text := read_text(path, file=file, faults=faults)) is None:
        return Policy()
    reader = _PolicyReader(schema, sources, faults)
    for root in read_yaml(text, file=file, faults=faults):
        return reader.policy(root)
    return Policy()


@dataclass
class _PolicyReader:
    schema: Schema
    sources: Mapping[str, Source]
    faults: list[Finding]

    def policy(self, root: YamlNode) -> Policy:
        order: tuple[str, ...] = ()
        orders: dict[NamedNode, tuple[str, ...]] = {}
        figures: dict[NamedNode, tuple[NamedNode, ...]] = {}
        same: dict[NamedNode, tuple[NamedNode, ...]] = {}
        self._is_mapping(root)
        for key, value in root.entries or ():
            match key.text:
                case "sources":
                    order = self._order(value)
                case "properties":
                    orders = {word: self._order(one) for word, one in self._by_property(value)}
                case "figures":
                    figures = {word: self._keys(one) for word, one in self._by_property(value)}
                case "same":
                    same = {word: self._keys(one) for word, one in self._by_property(value)}
                case _:
                    self.faults.append(
                        fault(
                            "key",
                            f"{key.text!r} is not part of a policy",
                            key.place,
                            remedy="Write sources, properties, figures or same.",
                        )
                    )
        return Policy(order, orders, figures, same)

    def _by_property(self, value: YamlNode) -> list[tuple[NamedNode, YamlNode]]:
        self._is_mapping(value)
        found = ((self._property(key), one) for key, one in value.entries or ())
        return [(iri, one) for iri, one in found if iri is not None]

    def _property(self, key: YamlNode) -> NamedNode | None:
        iri = self.schema.names.get(key.text or "")
        if iri is None:
            near = closest(key.text or "", list(self.schema.names))
            self.faults.append(
                fault(
                    "unknown-property",
                    f"{key.text!r} is not a property of the ontology",
                    key.place,
                    remedy=f"Did you mean {near[0]}?" if near else "",
                )
            )
        return iri

    def _order(self, value: YamlNode) -> tuple[str, ...]:
        for one in self._parts(value):
            if one.text not in self.sources:
                near = closest(one.text or "", list(self.sources))
                self.faults.append(
                    fault(
                        "unknown-source",
                        f"there is no source {one.text!r}",
                        one.place,
                        remedy=f"Did you mean {near[0]}?" if near else "",
                    )
                )
        return tuple(one.text or "" for one in value.elements or ())

    def _is_mapping(self, value: YamlNode) -> None:
        if value.entries is None:
            self.faults.append(fault("shape", f"a mapping is wanted here, not {value.kind}", value.place))

    def _parts(self, value: YamlNode) -> list[YamlNode]:
        if value.elements is None:
            self.faults.append(fault("shape", f"a list is wanted here, not {value.kind}", value.place))
        return value.elements or []

    def _keys(self, value: YamlNode) -> tuple[NamedNode, ...]:
        found = (self._property(one) for one in self._parts(value))
        return tuple(iri for iri in found if iri is not None)
