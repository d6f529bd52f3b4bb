"""The entry of a source in sources.yaml, and its rank in policy.yaml: nothing else in the files changes."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from kg.errors import InputError, UnknownNameError
from kg.facts.model import Source
from kg.importers.source_registry import add_to_source_order, remove_import, with_source_entry, write_source

SOURCE = Source("my-films", title="My: films", licence="CC0-1.0")
ENTRY = 'my-films:\n  title: "My: films"\n  licence: CC0-1.0\n'

ENTRIES = [
    ("", ENTRY),
    ("mine:\n  title: x\n", "mine:\n  title: x\n\n" + ENTRY),
    ("mine:\n  title: x", "mine:\n  title: x\n\n" + ENTRY),
    ("my-films:\n  title: old\n\n# Others.\nmine: {title: x}\n", ENTRY + "\n# Others.\nmine: {title: x}\n"),
    ('a: {}\n"my-films": {title: old}\nb: {}\n', "a: {}\n" + ENTRY + "b: {}\n"),
    ("my-films:\n    title: >\n      folded\n      text\n# The end.\n", ENTRY + "# The end.\n"),
    ("my-films:\n  title: |\n    one\n\n    two\nb: {}\n", ENTRY + "b: {}\n"),
]


@pytest.mark.parametrize(("before", "after"), ENTRIES)
def test_an_entry_is_replaced_or_appended(before: str, after: str) -> None:
    assert with_source_entry(before, SOURCE) == after
    assert with_source_entry(after, SOURCE) == after


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: [\n", "a: {}\n---\nb: {}\n"])
def test_a_file_of_sources_that_is_not_a_mapping_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"sources\.yaml:\d+:\d+: "):
        write_source(path, SOURCE)
    assert path.read_text(encoding="utf-8") == text


def test_an_id_that_no_source_can_have_is_an_error() -> None:
    with pytest.raises(InputError, match="lower-case letters, digits and hyphens"):
        with_source_entry("", Source("My films"))


ORDERS = [
    ("sources: []\n", "sources: [my-films]\n"),
    ("sources: [ a, b ]   # by hand\n", "sources: [ a, b, my-films]   # by hand\n"),
    ("sources: [a, b,]\n", "sources: [a, b, my-films]\n"),
    ('sources: ["a"]\n', 'sources: ["a", my-films]\n'),
    ("sources:\n- a\n- b", "sources:\n- a\n- b\n- my-films\n"),
    ("sources:\n    - a   # first\n\n# The end.\n", "sources:\n    - a   # first\n    - my-films\n\n# The end.\n"),
]


@pytest.mark.parametrize(("before", "after"), ORDERS)
def test_a_source_is_added_to_the_order(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(before, encoding="utf-8")
    assert add_to_source_order(path, "my-films")[-1] == "my-films"
    assert path.read_text(encoding="utf-8") == after


RANKS = [
    ("sources: [mine, a, z]   # by hand\n", "sources: [mine, a, my-films, z]   # by hand\n"),
    ("sources: [mine, z]\n", "sources: [mine, my-films, z]\n"),
    # Somebody trusts z more than a, and mine is no import.
    ("sources: [z, a]\n", "sources: [z, a, my-films]\n"),
    ("sources: [z, mine]\n", "sources: [z, mine, my-films]\n"),
    (
        "sources:\n  - mine\n  # The rest.\n  - z   # last\n",
        "sources:\n  - mine\n  # The rest.\n  - my-films\n  - z   # last\n",
    ),
]


@pytest.mark.parametrize(("before", "after"), RANKS)
def test_imports_at_the_end_of_the_order_are_sorted(tmp_path: Path, before: str, after: str) -> None:
    for source in ("a", "z"):
        (tmp_path / "imports" / source).mkdir(parents=True)
    (tmp_path / "policy.yaml").write_text(before, encoding="utf-8")
    add_to_source_order(tmp_path / "policy.yaml", "my-films")
    assert (tmp_path / "policy.yaml").read_text(encoding="utf-8") == after


@pytest.mark.parametrize("text", ["sources: a\n", "sources: [a,\n  b # ]\n]\n", "x: [\n", '{"sources": ["a"]}\n'])
def test_an_order_that_cannot_be_edited_safely_stays_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    assert add_to_source_order(path, "my-films") == ()
    assert path.read_text(encoding="utf-8") == text


def test_a_file_that_has_the_entry_already_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    write_source(path, SOURCE)
    written = path.stat().st_ino
    write_source(path, SOURCE)
    assert path.stat().st_ino == written


FILES = [
    ("", ""),
    ("mine:\n  title: x\n", "sources: [mine]   # by hand\n"),
    ("# Ours.\nmine: {title: x}\n\n# The end.\n", "same: {}\n"),
    ("mine: {title: x}\n", "sources:\n  - mine   # first\n  # The end.\nsame: {}\n"),
    ("mine: {title: x}\n", "sources: []\n\nsame: {}\n"),
]


def imported(data: Path, before: tuple[str, str], sources: tuple[str, ...]) -> None:
    """What imports of these sources write into a project."""
    for name, text in zip(("sources.yaml", "policy.yaml"), before, strict=True):
        if text:
            data.mkdir(exist_ok=True)
            (data / name).write_text(text, encoding="utf-8")
    for source in sources:
        (data / "imports" / source).mkdir(parents=True)
        (data / "imports" / source / "facts.csv").write_text(f"{source}\n", encoding="utf-8")
        write_source(data / "sources.yaml", Source(source, title=f"The: {source}"))
        add_to_source_order(data / "policy.yaml", source)


def contents(data: Path) -> dict[str, bytes | None]:
    paths = sorted(data.rglob("*")) if data.exists() else []
    return {str(path.relative_to(data)): path.read_bytes() if path.is_file() else None for path in paths}


@pytest.mark.parametrize("before", FILES)
def test_removing_an_import_leaves_what_would_be_there_without_it(tmp_path: Path, before: tuple[str, str]) -> None:
    for number, sources in enumerate([("a",), *permutations(("a", "b-c", "d"))]):
        for removed in sources:
            data, expected = (tmp_path / f"{number}-{removed}-{side}" for side in ("with", "without"))
            imported(data, before, sources)
            remove_import(data, removed)
            imported(expected, before, tuple(source for source in sources if source != removed))
            assert contents(data) == contents(expected)


def test_only_an_import_can_be_removed(tmp_path: Path) -> None:
    imported(tmp_path, FILES[1], ("oscars",))
    with pytest.raises(UnknownNameError, match="oscars"):
        remove_import(tmp_path, "oscar")
    with pytest.raises(UnknownNameError):
        remove_import(tmp_path, "..")
