from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.importers.import_project import ROOT, ImportProject


@pytest.fixture
def project(tmp_path: Path) -> ImportProject:
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "ontology", folder / "ontology")
    (folder / "queries").mkdir()
    (folder / "data").mkdir()
    return ImportProject(folder)
