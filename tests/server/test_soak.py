"""Workers die and builds change while ten clients ask: no answer is wrong, and no connection ends without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.soak import soak


@pytest.mark.long
def test_nobody_gets_a_wrong_answer_or_none_while_workers_die_and_builds_change(tmp_path: Path) -> None:
    told = soak(tmp_path / "films", 20)
    assert told.wrong == []
    assert told.lost == []
    assert told.answers["200"] > 0
    assert told.killed > 0
    assert told.builds > 1
