"""A plan and a small graph walk in; what breaks the shapes walks out, looked up node by node.

The same judgement as `asking`, for where there is little to judge: after a change, or in a small graph. A law of the
tests holds the two together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from kg.shapes.model import Target
from kg.shapes.paths import Alternative, Path, Repeat, Step
from kg.shapes.paths import Sequence as PathSequence
from kg.shapes.plan import Check, Plan
from kg.shapes.subgraph import Near
from kg.shapes.term_ids import Numbering
from kg.shapes.value_tests import KINDS, VALUE_COMPONENTS, is_bad, is_out_of_order
from kg.shapes.violation import COUNTING, Hit
from kg.terms import RDF, SH
from kg.xsd import literal_parts

_Broken = tuple[int | None, int | None, int | None]
"""Value, path and the other value of a pair."""
_NOTHING: list[int] = []


class Looking:
    """One check of a small graph."""

    def __init__(self, plan: Plan, near: Near, numbering: Numbering) -> None:
        self._plan, self._near, self._id = plan, near, numbering.of
        self.texts = near.texts
        """The exact text of every term that can be seen."""
        self._type = numbering.of(f"<{RDF}type>")
        self._below = {name: frozenset(numbers) for name, numbers in numbering.classes().items()}
        self._checks: list[list[Check]] = [[] for _ in plan.shapes]
        for check in plan.checks:
            self._checks[check.shape].append(check)
        self._values: dict[tuple[int, int], list[int]] = {}
        self._fails: dict[tuple[int, int], bool] = {}
        self._bad: dict[tuple[int, int], bool] = {}
        self._members: dict[int, frozenset[int]] = {}
        self._looked: set[tuple[int, int]] = set()

    def hits(self, only: Sequence[int] | None) -> list[Hit]:
        """What breaks the plan's shapes; of their targets only those with these numbers."""
        kept = None if only is None else frozenset(only)
        found: list[Hit] = []
        for number in range(len(self._plan.shapes)):
            if number in self._plan.roots:
                nodes = {node for target in self._plan.shapes[number].targets for node in self._targeted(target)}
                for node in sorted(nodes if kept is None else nodes & kept):
                    found += self._told(number, node)
        return found

    def focus_nodes(self) -> int:
        """How many nodes were looked at."""
        return len(self._looked)

    def _targeted(self, target: Target) -> Iterable[int]:
        near, term = self._near, self._id(target.term)
        match target.kind:
            case "node":
                return (term,)
            case "class":
                return (s for below in self._below[target.term] for s in near.back.get((below, self._type), ()))
            case "subjectsOf":
                return (s for s, _ in near.edges.get(term, ()))
            case _:
                return (o for _, o in near.edges.get(term, ()))

    def _told(self, shape: int, node: int) -> Iterator[Hit]:
        """The findings about one node, and about the nodes that the shape's property shapes look at from it."""
        self._looked.add((self._plan.focus_of[shape], node))
        for check in self._checks[shape]:
            if check.name == "property":
                for child in check.constraint.shapes:
                    if child in self._plan.numbers:
                        for there in self._led_to(check, node):
                            yield from self._told(self._plan.numbers[child], there)
            else:
                for value, path, other in self._broken(check, node):
                    counted = tuple(self._led_to(check, node)) if check.name in COUNTING else ()
                    yield Hit(check, node, value, path, other, counted)

    # --- values

    def _led_to(self, check: Check, node: int) -> list[int]:
        key = (check.value_set, node)
        if key not in self._values:
            path = self._plan.value_sets[check.value_set].path
            self._values[key] = [node] if path is None else list(self._walk(path, node))
        return self._values[key]

    def _walk(self, path: Path, node: int) -> Iterable[int]:
        match path:
            case Step():
                way = self._near.back if path.inverse else self._near.ahead
                return way.get((node, self._id(path.predicate)), _NOTHING)
            case PathSequence():
                here: Iterable[int] = (node,)
                for part in path.parts:
                    here = dict.fromkeys(there for each in here for there in self._walk(part, each))
                return here
            case Alternative():
                return dict.fromkeys(there for part in path.parts for there in self._walk(part, node))
            case Repeat():
                if path.times == "?":
                    return dict.fromkeys((node, *self._walk(path.part, node)))
                reached = dict.fromkeys((node,) if path.times == "*" else self._walk(path.part, node))
                waiting = list(reached)
                while waiting:
                    for there in self._walk(path.part, waiting.pop()):
                        if there not in reached:
                            reached[there] = None
                            waiting.append(there)
                return reached

    # --- constraints

    def _broken(self, check: Check, node: int) -> Iterable[_Broken]:
        name, constraint, values = check.name, check.constraint, self._led_to(check, node)
        if name in VALUE_COMPONENTS:
            return [(v, None, None) for v in values if self._is_bad(check, v)]
        match name:
            case "minCount":
                return [(None, None, None)] if len(values) < constraint.count else ()
            case "maxCount":
                return [(None, None, None)] if len(values) > constraint.count else ()
            case "nodeKind":
                kinds = KINDS[constraint.values[0][len(SH) + 1 : -1]]
                return [(v, None, None) for v in values if self._near.texts[v][0] not in kinds]
            case "class":
                below = self._below[constraint.values[0]]
                types = self._near.ahead
                return [(v, None, None) for v in values if below.isdisjoint(types.get((v, self._type), ()))]
            case "in":
                return [(v, None, None) for v in values if v not in self._terms(check)]
            case "hasValue":
                return () if self._id(constraint.values[0]) in values else [(None, None, None)]
            case "closed":
                known = self._terms(check)
                return [(o, p, None) for v in values for p, o in self._near.about.get(v, ()) if p not in known]
            case "uniqueLang":
                return self._repeated_languages(values)
            case "equals" | "disjoint" | "lessThan" | "lessThanOrEquals":
                return self._pairs(check, node, values)
            case "qualifiedMinCount" | "qualifiedMaxCount":
                fit = sum(self._is_counted(check, v) for v in values)
                wrong = fit < constraint.count if name == "qualifiedMinCount" else fit > constraint.count
                return [(None, None, None)] if wrong else ()
            case _:
                return [(v, None, None) for v in values if not self._holds(check, v)]

    def _is_bad(self, check: Check, value: int) -> bool:
        key = (check.number, value)
        if key not in self._bad:
            self._bad[key] = is_bad(check.constraint, self._near.texts[value])
        return self._bad[key]

    def _terms(self, check: Check) -> frozenset[int]:
        if check.number not in self._members:
            listed = check.constraint.more if check.name == "closed" else check.constraint.values
            self._members[check.number] = frozenset(map(self._id, listed))
        return self._members[check.number]

    def _repeated_languages(self, values: Iterable[int]) -> Iterator[_Broken]:
        by_language: dict[str, list[int]] = defaultdict(list)
        for value in values:
            literal = literal_parts(self._near.texts[value])
            if literal is not None and literal.language:
                by_language[literal.language.lower()].append(value)
        for same in by_language.values():
            if len(same) > 1:
                yield None, None, min(same)

    def _pairs(self, check: Check, node: int, values: Sequence[int]) -> Iterator[_Broken]:
        others = self._near.ahead.get((node, self._id(check.constraint.values[0])), _NOTHING)
        match check.name:
            case "equals":
                yield from ((v, None, None) for v in values if v not in others)
                yield from ((o, None, None) for o in others if o not in values)
            case "disjoint":
                yield from ((v, None, None) for v in values if v in others)
            case name:
                texts = self._near.texts
                yield from ((v, None, o) for v in values for o in others if is_out_of_order(name, texts[v], texts[o]))

    # --- other shapes

    def _holds(self, check: Check, value: int) -> bool:
        fit = [self._conforms(child, value) for child in check.constraint.shapes]
        match check.name:
            case "or":
                return any(fit)
            case "xone":
                return fit.count(True) == 1
            case "not":
                return not fit[0]
            case _:
                return all(fit)

    def _is_counted(self, check: Check, value: int) -> bool:
        constraint = check.constraint
        return self._conforms(constraint.shapes[0], value) and not any(
            self._conforms(sibling, value) for sibling in constraint.siblings
        )

    def _conforms(self, shape: str, node: int) -> bool:
        """Whether the node breaks nothing of the shape; a shape that is deactivated is never broken."""
        if shape not in self._plan.numbers:
            return True
        number = self._plan.numbers[shape]
        key = (number, node)
        if key not in self._fails:
            self._fails[key] = any(self._is_broken(check, node) for check in self._checks[number])
        return not self._fails[key]

    def _is_broken(self, check: Check, node: int) -> bool:
        if check.name != "property":
            return any(True for _ in self._broken(check, node))
        return any(
            not self._conforms(child, value) for child in check.constraint.shapes for value in self._led_to(check, node)
        )
