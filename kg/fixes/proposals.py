"""What is wrong with a project walks in; mends of its YAML walk out, each as plain as it is certain, and a diff of all.

A mend is proposed where a finding has one plain remedy: a misspelled name with one near neighbour, a value whose
meaning is clear but whose form is not, a label that the only alias has, a fact that is written twice. A label that a
linked thing has needs no mend: what is said of linked things is said of one.
Every mend is tried on a copy first: it stands only if it removes its finding and adds none.
"""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.atomic_files import write_file
from kg.fixes.edits import Edit, mend_duplicate, mend_form, mend_label, mend_misspelling, mend_value
from kg.pipeline.build import Draft, draft
from kg.project import Project, find_project
from kg.reports import Finding, Report

Proposer = Callable[[Finding, Draft, str], Sequence[Edit]]

PROPOSERS: Mapping[str, Proposer] = {
    "facts/unknown-property": lambda finding, drafted, text: mend_misspelling(finding, text),
    "facts/unknown-class": lambda finding, drafted, text: mend_misspelling(finding, text),
    "facts/unknown-source": lambda finding, drafted, text: mend_misspelling(finding, text),
    "facts/unknown-thing": lambda finding, drafted, text: mend_misspelling(finding, text),
    "facts/key": lambda finding, drafted, text: mend_misspelling(finding, text),
    "facts/value": lambda finding, drafted, text: mend_value(finding, text, drafted.schema, drafted.read.facts),
    "facts/duplicate": lambda finding, drafted, text: mend_duplicate(finding, text),
    "shacl/pattern": lambda finding, drafted, text: mend_form(finding, text),
    "shacl/minCount": lambda finding, drafted, text: mend_label(finding, text, drafted.read.facts),
}
"""Check -> how it may be mended; what stands here for no check has no plain mend."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One finding, and the edits of one file that make it go away."""

    finding: Finding
    file: str
    edits: tuple[Edit, ...]


def propose_fixes(project: Project | Path | str | None = None) -> tuple[Fix, ...]:
    """Every mend that removes its finding and adds none, in the order of files and lines."""
    project = project if isinstance(project, Project) else find_project(project)
    before = draft(project)
    wanted = list(_wanted(before))
    if not wanted or _is_right(project, before.report, wanted):
        return tuple(wanted)
    return tuple(mend for mend in wanted if _is_right(project, before.report, [mend]))


def apply_fixes(project: Project | Path | str | None, mends: Iterable[Fix]) -> tuple[str, ...]:
    """Write the mends into the project's files; the names of these files come back."""
    project = project if isinstance(project, Project) else find_project(project)
    mended = _mended(project, mends)
    for file, (_, after) in mended.items():
        write_file(project.folder / file, (after,))
    return tuple(sorted(mended))


def to_diff(project: Project | Path | str | None, mends: Iterable[Fix]) -> str:
    """The mends as a unified diff, ready for `git apply`."""
    project = project if isinstance(project, Project) else find_project(project)
    lines: list[str] = []
    for file, (before, after) in sorted(_mended(project, mends).items()):
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
        lines += difflib.unified_diff(old, new, f"a/{file}", f"b/{file}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _wanted(drafted: Draft) -> Iterator[Fix]:
    """What may mend the findings; no two mends touch one spot."""
    taken: set[tuple[str, int, int]] = set()
    texts: dict[str, str] = {}
    for finding in drafted.report:
        propose_for, place = PROPOSERS.get(finding.check), finding.place
        if propose_for is None or place is None or not place.file.endswith((".yaml", ".yml")):
            continue
        if place.file not in texts:
            texts[place.file] = (drafted.project.folder / place.file).read_text(encoding="utf-8")
        edits = tuple(propose_for(finding, drafted, texts[place.file]))
        spots = {(place.file, edit.line, edit.column) for edit in edits}
        if edits and not spots & taken:
            taken |= spots
            yield Fix(finding, place.file, edits)


def _is_right(project: Project, before: Report, mends: Sequence[Fix]) -> bool:
    """Whether the mends remove their findings and add none; found out on a copy of the project."""
    with tempfile.TemporaryDirectory(prefix="kg-fix-") as folder:
        copy = Path(folder)
        for name in ("ontology", "data"):
            shutil.copytree(project.folder / name, copy / name, copy_function=_link)
        (copy / "queries").mkdir()
        for file, (_, after) in _mended(project, mends).items():
            (copy / file).unlink()
            (copy / file).write_text(after, encoding="utf-8", newline="")
        after_ = draft(Project(copy)).report
    # A file that is wrong in itself keeps the graph from being checked: what is seen only now was there before.
    whole = "shapes" in before.counts
    then, now = Counter(map(_name, before)), Counter(_name(f) for f in after_ if whole or f.check.startswith("facts/"))
    gone = Counter(_name(mend.finding) for mend in mends)
    return not now - then and not any(now[name] > then[name] - times for name, times in gone.items())


def _link(source: str, target: str) -> None:
    """Copy a file without copying it, where the disk can do that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _name(finding: Finding) -> tuple[str, ...]:
    """What a finding is, wherever its lines have gone."""
    file = finding.place.file if finding.place is not None else ""
    return finding.check, file, finding.focus, finding.path, finding.value, finding.message


def _mended(project: Project, mends: Iterable[Fix]) -> dict[str, tuple[str, str]]:
    """File -> its text before and after all mends."""
    edits: dict[str, list[Edit]] = defaultdict(list)
    for mend in mends:
        edits[mend.file] += mend.edits
    found = {}
    for file, those in edits.items():
        before = (project.folder / file).read_text(encoding="utf-8")
        lines = before.splitlines(keepends=True)
        # From the end to the beginning, so that no edit moves the spot of another.
        for edit in sorted(those, key=lambda edit: (edit.line, edit.column), reverse=True):
            edit.apply_to(lines)
        found[file] = before, "".join(lines)
    return found
