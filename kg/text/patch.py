"""Changes of files as patches."""

from __future__ import annotations

import difflib


def to_patch(file: str, before: str, after: str) -> str:
    """The change of one file as a unified diff, ready for `git apply`."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    lines = difflib.unified_diff(old, new, f"a/{file}", f"b/{file}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
