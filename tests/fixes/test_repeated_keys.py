"""Repeated keys of a YAML mapping become one key with a list, and nothing else changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.files.yaml_files import YamlNode, read_documents
from kg.fixes.repeated_keys import join_repeated_keys

JOINED = [
    ("a: {r: 1, s: 2, r: [3, 4]}\n", "a: {r: [1, 3, 4], s: 2}\n"),
    ("a:\n  r: 1\n  r: {b: 2}   # two\n  s: 3\n", "a:\n  r:\n    - 1\n    - {b: 2}   # two\n  s: 3\n"),
    (
        "a:\n  r:     # first\n    b: 1\n\n    c: 2\n\n  # between\n  r:\n  - d: |\n      text\n  - e\n",
        "a:\n  r:     # first\n    - b: 1\n\n      c: 2\n    - d: |\n        text\n    - e\n\n  # between\n",
    ),
    ("- r: 1\n  r: 2", "- r:\n    - 1\n    - 2\n"),
    ("a: {r: {r: 1, r: 2}, r: 3}", "a: {r: [{r: [1, 2]}, 3]}"),
]


@pytest.mark.parametrize(("before", "after"), JOINED)
def test_repeated_keys_are_joined_where_the_first_one_is(before: str, after: str) -> None:
    assert join_repeated_keys(before, {"r"}) == after
    assert join_repeated_keys(before, {"other"}) == before


def to_value(node: YamlNode) -> Any:
    """The value of a node; of a mapping the list of its entries."""
    if node.entries is not None:
        return [(key.text, to_value(value)) for key, value in node.entries]
    return list(map(to_value, node.elements)) if node.elements is not None else node.text


def joined(value: Any) -> Any:
    """The same value with the repeated keys `r` of mappings joined."""
    if not isinstance(value, list):
        return value
    if not value or not isinstance(value[0], tuple):
        return [joined(element) for element in value]
    values = [joined(own) for key, own in value if key == "r"]
    together = [element for own in values for element in (own if is_list(own) else [own])]
    entries, seen = [], False
    for key, own in value:
        if key != "r":
            entries.append((key, joined(own)))
        elif not seen:
            seen = True
            entries.append((key, together if len(values) > 1 else values[0]))
    return entries


def is_list(value: Any) -> bool:
    return isinstance(value, list) and not (value and isinstance(value[0], tuple))


def has_other_keys_once(entries: list[tuple[str, Any]]) -> bool:
    others = [key for key, _ in entries if key != "r"]
    return len(others) == len(set(others))


scalars = st.sampled_from(["a", "two words", "x: y", "3"])
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner.filter(lambda value: not is_list(value)), min_size=1, max_size=3)
        | st.lists(st.tuples(st.sampled_from("rst"), inner), min_size=1, max_size=4).filter(has_other_keys_once)
    ),
    max_leaves=12,
)


def to_yaml(value: Any, *, indent: int, flow: bool) -> str:
    """A tree as YAML, in flow or block style."""
    if isinstance(value, str):
        return json.dumps(value)
    if flow:
        inner = [
            to_yaml(element[1] if isinstance(element, tuple) else element, indent=0, flow=True) for element in value
        ]
        if is_list(value):
            return f"[{', '.join(inner)}]"
        return "{" + ", ".join(f"{key}: {text}" for (key, _), text in zip(value, inner, strict=True)) + "}"
    lines = []
    for element in value:
        key, own = element if isinstance(element, tuple) else ("", element)
        text = to_yaml(own, indent=indent + 2, flow=False)
        mark = f"{' ' * indent}{key}:" if key else f"{' ' * indent}-"
        is_block = not isinstance(own, str)
        lines.append(f"{mark}\n{text}" if is_block and key else f"{mark} {text.lstrip(' ')}")
    return "\n".join(lines)


@given(trees, st.booleans())
def test_the_values_stay_in_their_order(tree: Any, flow: bool) -> None:
    document = [("entity", tree)]
    text = to_yaml(document, indent=0, flow=flow) + "\n"
    (before,) = read_documents(text, file="")
    assert to_value(before) == document
    (after,) = read_documents(join_repeated_keys(text, {"r"}), file="")
    assert to_value(after) == joined(document)
