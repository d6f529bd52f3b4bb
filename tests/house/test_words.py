"""The words of the project: docs/glossary.md, kept in code, documents, queries and the ontology."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AVOIDED = re.compile(
    r"\b(told|tells?|walk(?:s|ed)? (?:in|out)|stands? (?:in|beside|behind|for itself)|leans? on|at hand|things?"
    r"|hangs? (?:on|together)|a true no|no knowledge|nobody (?:says|decides)|is had|mend(?:s|ed|ing)?)\b",
    re.IGNORECASE,
)
"""Words that docs/glossary.md says to avoid."""
ALLOWED = re.compile(
    r"\.tell\(\)|/thing\b|[\"']thing[\"']|\"things\"|\"Thing\"|"  # names of Python, URLs and formats
    r"owl[:#]Thing|cls-thing|Thing Called Love|The Thing|All the Things She Said"
)


def texts() -> list[Path]:
    files = [
        *(ROOT / "kg").rglob("*.py"),
        *(ROOT / "kg").rglob("*.html"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "queries").rglob("*.rq"),
        *(ROOT / "ontology").rglob("*.ttl"),
        *(ROOT / "benchmarks").rglob("*.py"),
        *(ROOT / "tests").rglob("*.py"),
        *ROOT.glob("*.md"),
        *ROOT.glob("*/README.md"),
    ]
    return sorted(path for path in files if path.name not in ("glossary.md", "test_words.py"))


def python_files() -> list[Path]:
    return sorted((ROOT / "kg").rglob("*.py"))


def words_to_avoid(path: Path) -> list[str]:
    text = ALLOWED.sub("", path.read_text(encoding="utf-8"))
    if path.name == "CHANGELOG.md":
        text = re.sub(r"`[^`]*`", "", text)  # names as they were
    return [
        f"{path.relative_to(ROOT)}:{n}: {word[0]}: {line.strip()}"
        for n, line in enumerate(text.splitlines(), 1)
        for word in AVOIDED.finditer(line)
    ]


def test_words_to_avoid_are_avoided() -> None:
    assert len(texts()) > 700
    assert [match for path in texts() for match in words_to_avoid(path)] == []


def test_a_class_name_occurs_once() -> None:
    names = Counter(
        node.name
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


REPEATED = {"__init__", "model", "sql", "rdf", "text", "links", "sparql", "routes", "build", "conflicts", "why"}
"""Module names that the field repeats; modules of `kg.cli` are named after commands."""


def test_a_module_name_occurs_once() -> None:
    names = Counter(path.stem for path in python_files())
    assert sorted(name for name, count in names.items() if count > 1 and name not in REPEATED) == []


def test_a_file_opens_with_one_line_that_says_what_it_is() -> None:
    firsts = {path: first_line(path) for path in python_files()}
    assert {path: line for path, line in firsts.items() if not line.endswith((".", "?", ":")) or len(line) > 116} == {}


def first_line(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0]


def test_a_package_has_at_most_fifteen_modules() -> None:
    counts = Counter(path.parent for path in python_files())
    assert {str(folder.relative_to(ROOT)): n for folder, n in counts.items() if n > 16 and folder != ROOT / "kg"} == {}


def test_every_package_lists_its_modules() -> None:
    missing = []
    for init in (ROOT / "kg").glob("*/**/__init__.py"):
        text = init.read_text(encoding="utf-8")
        modules = [path.stem for path in init.parent.glob("*.py") if path.stem != "__init__"]
        missing += [
            f"{init.parent.relative_to(ROOT)}: {name}" for name in modules if not re.search(rf"\b{name}\b", text)
        ]
    assert missing == []
