from __future__ import annotations

import os
import shutil
from collections.abc import Callable
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


@pytest.fixture
def shared() -> Callable[[str], Path]:
    """The path of a dataset that is not in the repository; a test that wants one is skipped where it is not there."""

    def find(name: str) -> Path:
        base = Path(os.environ.get("KG_SHARED", ROOT.parent / "shared")) / "film-data"
        if not (base / name).exists():
            pytest.skip(f"{name} is not at hand: name the folder of datasets with KG_SHARED")
        return base / name

    return find
