"""A plan walks in; what breaks it walks out, asked of DuckDB: one statement for one thing of all shapes together.

The order of work: which nodes does each shape look at, what do they lead to (floor by floor, from the targeted shapes
down), which constraints are broken; then, from the shapes that lean on none up, the verdicts that other shapes ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import duckdb

from kg.shapes import constraint_sql, result_sql, sql_tables, target_sql
from kg.shapes.plan import Check, Plan
from kg.shapes.term_ids import Numbering
from kg.shapes.value_tests import is_bad, is_out_of_order
from kg.shapes.violation import COUNTING, Hit


class Asking:
    """One check under way on a DuckDB connection; the view `shape_edge` is what it looks at."""

    def __init__(
        self,
        sql: duckdb.DuckDBPyConnection,
        plan: Plan,
        numbering: Numbering,
        progress: Callable[[str], None],
    ) -> None:
        self._sql, self._plan, self._progress = sql, plan, progress
        self._id, self._words, self._classes = numbering.of, numbering.words, numbering.classes()
        self._counts: Mapping[int, int] | None = None
        self.texts: dict[int, str] = {}
        """The exact texts of all values that were counted."""

    def hits(self, only: Sequence[int] | None) -> list[Hit]:
        """What breaks the plan's shapes; of their targets only those with these numbers."""
        self._sql.execute(sql_tables.TABLES)
        self._gather(only)
        self._progress("values")
        self._judge_plain()
        self._progress("plain constraints")
        self._judge_logical()
        return list(self._told())

    def focus_nodes(self) -> int:
        """How many nodes were looked at."""
        return sum(self._focus_counts().values())

    def _focus_counts(self) -> Mapping[int, int]:
        """How many nodes each focus set has that has any."""
        if self._counts is None:
            self._counts = dict(self._sql.execute(constraint_sql.FOCUS_NODES).fetchall())
        return self._counts

    # --- nodes and values

    def _gather(self, only: Sequence[int] | None) -> None:
        plan = self._plan
        needed = self._needed_values()
        self._do(target_sql.target_focus([s for s in plan.focus_sets if s.targets], self._id, self._classes, only))
        for floor in plan.floors():
            self._do(target_sql.joined_focus([s for s in plan.focus_sets if s.floor == floor and not s.targets]))
            for statement in target_sql.values(
                [s for s in plan.value_sets if s.floor == floor and s.number in needed], self._id
            ):
                self._do(statement)

    def _needed_values(self) -> frozenset[int]:
        """The value sets that anything is asked of."""
        plan = self._plan
        needed = {c.value_set for c in plan.checks if c.name != "property"}
        needed.update(c.value_set for c in plan.checks if c.name == "property" and c.shape in plan.judged)
        needed.update(below for s in plan.focus_sets for below in s.value_sets)
        return frozenset(needed)

    # --- constraints

    def _judge_plain(self) -> None:
        plan, ids = self._plan, self._id
        by_name: dict[str, list[Check]] = {}
        for each in plan.checks:
            by_name.setdefault("value" if constraint_sql.is_plain(each) else each.name, []).append(each)
        if some := by_name.get("value"):
            self._judge_values(some)
        if some := by_name.get("nodeKind"):
            self._judge_kinds(some)
        if some := by_name.get("minCount", []) + by_name.get("maxCount", []):
            self._judge_counts(some)
        if some := by_name.get("class"):
            self._do(constraint_sql.classes(some, ids, self._classes))
        for name, written in (
            ("in", constraint_sql.members),
            ("hasValue", constraint_sql.missing),
            ("equals", constraint_sql.unequal),
        ):
            if some := by_name.get(name):
                self._do(written(some, ids))
        if some := by_name.get("disjoint"):
            self._do(constraint_sql.shared(some, ids))
        if some := by_name.get("closed"):
            self._do(constraint_sql.strangers(some, ids))
        if some := by_name.get("uniqueLang"):
            self._do(constraint_sql.languages(some, self._words))
        if some := by_name.get("lessThan", []) + by_name.get("lessThanOrEquals", []):
            self._judge_order(some)

    def _judge_kinds(self, checks: Sequence[Check]) -> None:
        """Most kinds are right everywhere, which the smallest and the largest number tell of all values at once."""
        spread = {row[0]: row[1:] for row in self._sql.execute(constraint_sql.SMALLEST_AND_LARGEST).fetchall()}
        blanks = self._sql.execute(constraint_sql.BLANK_NODES).fetchone() is not None
        doubtful = [
            c
            for c in checks
            if c.value_set in spread and constraint_sql.may_be_wrong(c, *spread[c.value_set], blanks=blanks)
        ]
        if doubtful:
            self._do(constraint_sql.kinds(doubtful))

    def _judge_counts(self, checks: Sequence[Check]) -> None:
        """Most counts are right everywhere, and are not asked of each node again."""
        self._do(constraint_sql.COUNTED)
        nodes = self._focus_counts()
        spread = {row[0]: row[1:] for row in self._sql.execute(constraint_sql.FEWEST_AND_MOST).fetchall()}
        wrong, lacking = [], []
        for each in checks:
            having, fewest, most = spread.get(each.value_set, (0, each.constraint.count, 0))
            if each.name == "minCount" and each.constraint.count and having < nodes.get(each.focus_set, 0):
                lacking.append(each)
            if fewest < each.constraint.count if each.name == "minCount" else most > each.constraint.count:
                wrong.append(each)
        if wrong:
            self._do(constraint_sql.wrong_counts(wrong))
        if lacking:
            self._do(constraint_sql.without_values(lacking))

    def _judge_values(self, checks: Sequence[Check]) -> None:
        if not self._do(constraint_sql.doubts(checks, self._words)):
            return
        unsure = self._sql.execute(constraint_sql.UNSURE.format(words=self._words)).fetchall()
        bad = [(n, term) for n, term, text in unsure if is_bad(self._plan.checks[n].constraint, text)]
        if bad:
            self._do(constraint_sql.judged(bad))
        self._do(constraint_sql.SURE)

    def _judge_order(self, checks: Sequence[Check]) -> None:
        if not self._do(constraint_sql.order_doubts(checks, self._id, self._words)):
            return
        unsure = self._sql.execute(constraint_sql.UNSURE_PAIRS).fetchall()
        bad = [(n, a, b) for n, a, b, left, right in unsure if is_out_of_order(self._plan.checks[n].name, left, right)]
        if bad:
            self._do(constraint_sql.judged_pairs(bad))
        self._do(constraint_sql.SURE_PAIRS)

    def _judge_logical(self) -> None:
        plan = self._plan
        for height in range(1 + max(plan.heights, default=0)):
            some = [c for c in plan.checks if plan.heights[c.shape] == height and c.logical]
            for statement in constraint_sql.logical([c for c in some if not c.name.startswith("qualified")], plan):
                self._do(statement)
            if counted := [c for c in some if c.name.startswith("qualified")]:
                self._do(constraint_sql.qualified(counted, plan))
            self._do(constraint_sql.fails([n for n in sorted(plan.judged) if plan.heights[n] == height], plan))

    # --- what is told

    def _told(self) -> Iterator[Hit]:
        plan = self._plan
        if any(plan.reported.values()):
            if self._sql.execute("SELECT 1 FROM shape_hit LIMIT 1").fetchone() is None:
                return
            for number in range(len(plan.shapes)):
                if plan.reported.get(number):
                    self._do(result_sql.reported(number, plan))
        told = self._sql.execute(result_sql.told(plan)).fetchall()
        values = self._counted({row[0] for row in told})
        for number, focus, value, path, other, times in told:
            each = plan.checks[number]
            counted = values.get((each.value_set, focus), ()) if each.name in COUNTING else ()
            yield Hit(each, focus, value, path, other, tuple(counted), int(times))

    def _counted(self, broken: Iterable[int]) -> Mapping[tuple[int, int], Sequence[int]]:
        """All values of the focus nodes for which one of these checks counted wrong, by value set and focus node."""
        counting = [check for number in sorted(broken) if (check := self._plan.checks[number]).name in COUNTING]
        if not counting:
            return {}
        told = self._sql.execute(result_sql.counted_values(counting, self._words)).fetchall()
        for _, _, values, texts in told:
            self.texts.update(zip(values, texts, strict=True))
        return {(value_set, focus): values for value_set, focus, values, _ in told}

    def _do(self, statement: str) -> int:
        """Run the statement, if it is one; how many rows it made comes back."""
        made = self._sql.execute(statement).fetchone() if statement else None
        return int(made[0]) if made else 0
