"""The chart of measured cost against size."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_chart_shows_what_was_measured() -> None:
    chart = runpy.run_path(str(ROOT / "benchmarks/scaling_chart.py"))
    assert (ROOT / "docs/scaling.svg").read_text(encoding="utf-8") == chart["to_svg"]()
