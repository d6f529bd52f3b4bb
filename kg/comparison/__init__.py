"""Two states of a graph compared: what came, what went and what changed, down to the answers of stored queries.

states          a folder, a git revision or the published build, as it is or under a hypothesis
revisions       the files of a git revision
difference      facts, contested facts, conclusions, findings and answers of two states
report_formats  a difference as text, Markdown and JSON
"""

from __future__ import annotations

from kg.comparison.difference import CHANGES, Difference, compare
from kg.comparison.report_formats import FORMATS, write_difference
from kg.comparison.states import Hypothesis, State, open_state

__all__ = ["CHANGES", "FORMATS", "Difference", "Hypothesis", "State", "compare", "open_state", "write_difference"]
