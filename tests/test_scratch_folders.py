"""Temporary folders: removed at the end, and by another process where theirs was killed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kg.files import scratch
from kg.files.scratch import remove_left_folders, temporary_directory

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks on Windows do not end with their process")

HOLD = """\
import sys
from kg.files.scratch import temporary_directory
with temporary_directory("import") as folder:
    (folder / "rows.tmp").write_text("rows")
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_has_left_is_removed_and_what_a_running_one_uses_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "_JUST_MADE", 0.0)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "kg-of-somebody-else").mkdir()
    with holding() as killed, holding() as running:
        folders = [Path(process.stdout.readline().strip()) for process in (killed, running) if process.stdout]
        killed.kill()
        killed.wait()
        remove_left_folders.__wrapped__(tmp_path)
        assert [folder.exists() for folder in folders] == [False, True]
        running.communicate()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kg-of-somebody-else"]


def holding() -> subprocess.Popen[str]:
    """A process that has a temporary folder, whose name it prints, until its input ends."""
    return subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_folder_is_left_while_its_process_may_be_about_to_lock_it(tmp_path: Path) -> None:
    (tmp_path / "kg-import-1").mkdir()
    (tmp_path / "kg-import-1/.kg-lock").touch()
    remove_left_folders.__wrapped__(tmp_path)
    assert (tmp_path / "kg-import-1").exists()


def test_a_folder_is_removed_when_it_is_no_longer_used() -> None:
    with temporary_directory("test") as folder:
        assert folder.parent == Path(tempfile.gettempdir())
        (folder / "file").touch()
    assert not folder.exists()
