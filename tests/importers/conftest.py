from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.importers.place import ROOT, Place


@pytest.fixture
def project(tmp_path: Path) -> Place:
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "ontology", folder / "ontology")
    (folder / "queries").mkdir()
    (folder / "data").mkdir()
    return Place(folder)
