"""Workers die and builds change while ten clients ask: no answer is wrong, and no connection ends without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.soak import soak


@pytest.mark.long
def test_every_request_is_answered_correctly_while_workers_die_and_builds_change(tmp_path: Path) -> None:
    outcome = soak(tmp_path / "films", 20)
    assert outcome.wrong == []
    assert outcome.lost == []
    assert outcome.answers["200"] > 0
    assert outcome.killed > 0
    assert outcome.builds > 1
