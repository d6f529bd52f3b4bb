"""The constraint components of SHACL Core (https://www.w3.org/TR/shacl/#core-components), a row each.

values       value type, value range, string-based, sh:in: each value by itself
value_sets   cardinality, property pair, sh:uniqueLang, sh:closed, sh:hasValue: the values of a focus node together
logical      logical and shape-based: by conformance to other shapes

A row has everything about its component: parameters, SQL, messages, and what it reads.
"""

from __future__ import annotations

from collections.abc import Mapping

from kg.shapes.components import logical, value_sets, values
from kg.shapes.model import Component, ComponentParameterType

COMPONENTS: Mapping[str, Component] = {
    row.name: row for row in (*values.COMPONENTS, *value_sets.COMPONENTS, *logical.COMPONENTS)
}
"""Every component, by the name of its first parameter."""

OTHER_PARAMETERS: Mapping[str, ComponentParameterType] = {
    name: takes for row in COMPONENTS.values() for name, takes in row.other_parameters.items()
}
"""The further parameters of these components; a shape has each at most once."""
