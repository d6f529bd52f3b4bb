"""The fixes of a project: proposed, tried on a copy, applied, or shown as a diff.

A fix is proposed where a finding has only one plausible correction: a misspelt name with one close name, a value of
clear meaning in the wrong form, a missing label where there is one alias, a repeated line. A fix is kept only if a
copy of the project with it no longer has the finding, and has no new one.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kg.facts.files import skipped_files
from kg.files.atomic import write_file
from kg.files.scratch import temporary_directory
from kg.fixes.edits import (
    Edit,
    define_entity,
    fix_cited_words,
    fix_duplicate,
    fix_letter_case,
    fix_missing_label,
    fix_misspelling,
    fix_replaced,
    fix_value,
    remove_character,
    write_block,
)
from kg.pipeline.draft import Draft, draft
from kg.project import Project, find_project
from kg.reports import Finding, Report, Severity
from kg.text.patch import to_patch

EDITS_FOR: Mapping[str, Callable[[Finding, Draft, str], Sequence[Edit]]] = {
    "facts/unknown-property": lambda finding, draft, text: fix_misspelling(finding, text),
    "facts/unknown-class": lambda finding, draft, text: fix_misspelling(finding, text),
    "facts/replaced-property": lambda finding, draft, text: fix_replaced(finding, text, draft.schema),
    "facts/replaced-class": lambda finding, draft, text: fix_replaced(finding, text, draft.schema),
    "facts/unknown-kind": lambda finding, draft, text: fix_misspelling(finding, text),
    "facts/unknown-source": lambda finding, draft, text: fix_misspelling(finding, text),
    "facts/unknown-entity": lambda finding, draft, text: (
        fix_misspelling(finding, text) or define_entity(finding, text, draft.schema)
    ),
    "facts/new-entity": lambda finding, draft, text: write_block(finding, text, draft.schema, draft.read.facts),
    "facts/key": lambda finding, draft, text: fix_misspelling(finding, text),
    "facts/value": lambda finding, draft, text: fix_value(finding, text, draft.schema, draft.read.facts),
    "facts/words": lambda finding, draft, text: fix_cited_words(finding, text),
    "facts/invisible": lambda finding, draft, text: remove_character(finding, text),
    "facts/duplicate": lambda finding, draft, text: fix_duplicate(finding, text),
    "shacl/pattern": lambda finding, draft, text: fix_letter_case(finding, text),
    "shacl/minCount": lambda finding, draft, text: fix_missing_label(finding, text, draft.read.facts),
}
"""Check -> the edits that correct a finding, from the finding, the draft and the text of the file."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A finding, and the edits of one file that correct it."""

    finding: Finding
    file: str
    edits: tuple[Edit, ...]


def propose_fixes(project: Project | Path | str | None = None) -> tuple[Fix, ...]:
    """Every fix that removes its finding and adds none, in the order of files and lines."""
    project = project if isinstance(project, Project) else find_project(project)
    before = draft(project)
    candidates = tuple(_candidates(before))
    if not candidates:
        return ()
    with _copy_of(project) as copy:
        return _improvements(_Trial(project, copy, before.report), candidates)


def _improvements(trial: _Trial, fixes: tuple[Fix, ...]) -> tuple[Fix, ...]:
    """Those of these fixes that are an improvement: all together, or else those of either half."""
    if trial.is_improvement(fixes):
        return fixes
    half = len(fixes) // 2
    return (*_improvements(trial, fixes[:half]), *_improvements(trial, fixes[half:])) if half else ()


def apply_fixes(project: Project | Path | str | None, fixes: Iterable[Fix]) -> tuple[str, ...]:
    """Write the fixes into the project's files; returns the names of the changed files."""
    project = project if isinstance(project, Project) else find_project(project)
    changes = _changes(project, fixes)
    for file, change in changes.items():
        write_file(project.folder / file, (change.after,))
    return tuple(sorted(changes))


def to_diff(project: Project | Path | str | None, fixes: Iterable[Fix]) -> str:
    """The fixes as a unified diff, ready for `git apply`."""
    project = project if isinstance(project, Project) else find_project(project)
    changes = sorted(_changes(project, fixes).items())
    return "".join(to_patch(file, change.before, change.after) for file, change in changes)


def _candidates(before: Draft) -> Iterator[Fix]:
    """Yield a fix for each finding that has edits, unless another fix edits the same place."""
    edited: set[tuple[str, int, int]] = set()
    texts: dict[str, str] = {}
    wrong = {
        _line(finding)
        for finding in before.report
        if finding.severity is Severity.VIOLATION or finding.check == "facts/two-names"
    }
    for finding in before.report:
        edits_for, place = EDITS_FOR.get(finding.check), finding.place
        if edits_for is None or place is None or not place.file.endswith((".yaml", ".yml")):
            continue
        if finding.check == "facts/new-entity" and _line(finding) in wrong:
            continue  # what is wrong there may be the name
        if place.file not in texts:
            texts[place.file] = (before.project.folder / place.file).read_text(encoding="utf-8")
        edits = tuple(edits_for(finding, before, texts[place.file]))
        places = {(place.file, edit.line, edit.column) for edit in edits if edit.old}
        if edits and not places & edited:
            edited |= places
            yield Fix(finding, place.file, edits)


def _line(finding: Finding) -> tuple[str, int] | None:
    return (finding.place.file, finding.place.line) if finding.place is not None else None


@contextmanager
def _copy_of(project: Project) -> Iterator[Project]:
    """A copy of what a project's graph is made from, in a temporary folder."""
    skipped = skipped_files(project.data, within=project.real_folder)
    with temporary_directory("fix") as folder:
        for name in ("ontology", "data", "texts"):
            if (project.folder / name).is_dir():
                shutil.copytree(
                    project.folder / name,
                    folder / name,
                    ignore=lambda parent, names: [name for name in names if Path(parent, name) in skipped],
                    copy_function=_link_or_copy,
                    ignore_dangling_symlinks=True,
                )
        (folder / "queries").mkdir()
        yield Project(folder)


@dataclass(frozen=True, slots=True)
class _Trial:
    """A project, a copy of it in which fixes are tried, and what was wrong before."""

    project: Project
    copy: Project
    before: Report

    def is_improvement(self, fixes: Sequence[Fix]) -> bool:
        """True when the copy with the fixes lacks their findings and has no new one."""
        changes = _changes(self.project, fixes)
        for file, change in changes.items():
            (self.copy.folder / file).unlink()  # it may be a link to the project's own file
            (self.copy.folder / file).write_text(change.after, encoding="utf-8", newline="")
        after = draft(self.copy).report
        for file in changes:
            (self.copy.folder / file).unlink()
            _link_or_copy(str(self.project.folder / file), str(self.copy.folder / file))
        # What could not be read is not checked: what is found only now was wrong before, too.
        was_checked = not any(finding.check.startswith("facts/") for finding in self.before)
        old = Counter(map(_identity, self.before))
        new = Counter(
            _identity(finding)
            for finding in after
            if finding.check != "facts/new-entity" and (was_checked or finding.check.startswith("facts/"))
        )
        fixed = Counter(_identity(fix.finding) for fix in fixes)
        return not new - old and not any(new[identity] > old[identity] - count for identity, count in fixed.items())


def _link_or_copy(source: str, target: str) -> None:
    """Hard-link a file, or copy it where that is not possible."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _identity(finding: Finding) -> tuple[str, ...]:
    """What identifies a finding when its line has changed."""
    file = finding.place.file if finding.place is not None else ""
    return finding.check, file, finding.focus, finding.path, finding.value, finding.message


@dataclass(frozen=True, slots=True)
class _FileChange:
    """The text of a file before and after fixes."""

    before: str
    after: str


def _changes(project: Project, fixes: Iterable[Fix]) -> dict[str, _FileChange]:
    """File -> its text before and after all fixes."""
    edits: dict[str, list[Edit]] = defaultdict(list)
    for fix in fixes:
        edits[fix.file] += fix.edits
    changes = {}
    for file, edits_of_file in edits.items():
        before = (project.folder / file).read_text(encoding="utf-8")
        lines = before.splitlines(keepends=True)
        # From the end to the beginning, so that no edit moves the place of another.
        in_order = sorted(enumerate(edits_of_file), key=lambda pair: (pair[1].line, pair[1].column, pair[0]))
        for _, edit in reversed(in_order):
            edit.apply_to(lines)
        changes[file] = _FileChange(before, "".join(lines))
    return changes
