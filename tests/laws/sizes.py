"""How many cases a law draws: few in `make test`, all with KG_THOROUGH set."""

from __future__ import annotations

import os


def cases(number: int) -> int:
    """`number` of cases when KG_THOROUGH is set, otherwise a third of them.

    A change to the reasoner or to the shapes is tried with all of them: KG_THOROUGH=1 pytest tests/laws.
    """
    return number if os.environ.get("KG_THOROUGH") else max(number // 3, 10)
