"""How well and how fast films are linked, gold withheld, beside equal titles and years, and beside Splink.

    KG_SHARED=... python benchmarks/linking.py [oscars movielens winter-actors ... filmographies]

Each task runs in a process of its own. Precision is the share of pairs judged the same that are; recall the share of
left sides with a known counterpart for which it was found. Where the gold names only some pairs, only those count.
Splink is compared where it is installed (`pip install "splink>=5,<6"`).
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from kg.decisions.links import Links
from kg.linking.classifier import Thresholds, classify_pairs
from kg.linking.link_project import link_sources
from kg.linking.model import Candidate, Classification, Mention
from kg.text.folding import fold_name
from linking_tasks import TASKS, Task, filmographies
from side_by_side import SHARED, run_alone

DATA = SHARED / "film-data"
"""Where the datasets lie."""


def scores(found: Iterable[tuple[str, str]], task: Task) -> tuple[float, float]:
    """Precision and recall of the pairs found."""
    pairs = set(found)
    counted = pairs if task.denied is None else pairs & (task.same | task.denied)
    right = counted & task.same
    wanted = {one for one, _ in task.same}
    return len(right) / len(counted) if counted else 1.0, len({one for one, _ in right}) / len(wanted)


def plain(task: Task) -> set[tuple[str, str]]:
    """The baseline: titles equal but for case, accents and punctuation, and years at most one apart."""
    by_title: dict[str, list[Mention]] = defaultdict(list)
    for one in task.right:
        for name in {fold_name(name) for name in one.names}:
            by_title[name].append(one)
    return {
        (left.id, right.id)
        for left in task.left
        for name in {fold_name(name) for name in left.names}
        for right in by_title.get(name, ())
        if not left.years or not right.years or min(abs(a - b) for a in left.years for b in right.years) <= 1
    }


def splink(task: Task) -> set[tuple[str, str]]:
    """The pairs that Splink finds by title, year and people, its parameters estimated by EM, one to one."""
    import pyarrow
    import splink.comparison_library as compare
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    people = any(mention.credits for mention in task.left) and any(mention.credits for mention in task.right)
    years = any(mention.years for mention in task.left) and any(mention.years for mention in task.right)
    comparisons = [compare.JaroWinklerAtThresholds("title", [0.95, 0.88]).configure(term_frequency_adjustments=True)]
    if years:
        comparisons.append(compare.CustomComparison(_SPLINK_YEARS, "year"))
    if people:
        comparisons.append(compare.ArrayIntersectAtSizes("people", [2, 1]))
    rules = [block_on("title"), block_on("year", "substr(title, 1, 3)"), block_on("substr(title, 1, 8)")]
    settings = SettingsCreator("link_only", comparisons=comparisons, blocking_rules_to_generate_predictions=rules)
    database = DuckDBAPI()
    sides = [
        database.register(pyarrow.Table.from_pylist(list(map(_splink_row, side)), _splink_schema()), table_name=name)
        for name, side in (("l", task.left), ("r", task.right))
    ]
    linker = Linker(sides, settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match([block_on("title")], recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for column in ("title", "year") if years else ("title",):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(column))
    best = linker.inference.predict(threshold_match_probability=0.5).as_duckdbpyrelation()
    best = best.order("match_probability DESC, unique_id_l, unique_id_r")
    paired: set[str] = set()
    found = set()
    for left, right in best.project("unique_id_l, unique_id_r").fetchall():
        if f"l {left}" not in paired and f"r {right}" not in paired:
            paired |= {f"l {left}", f"r {right}"}
            found.add((left, right))
    return found


_SPLINK_YEARS = [
    {"sql_condition": "year_l IS NULL OR year_r IS NULL", "label_for_charts": "none", "is_null_level": True},
    {"sql_condition": "year_l = year_r", "label_for_charts": "equal"},
    {"sql_condition": "abs(year_l - year_r) = 1", "label_for_charts": "one apart"},
    {"sql_condition": "ELSE", "label_for_charts": "other"},
]


def _splink_row(mention: Mention) -> dict[str, object]:
    return {
        "unique_id": mention.id,
        "title": fold_name(mention.name),
        "year": mention.years[0] if mention.years else None,
        "people": sorted({fold_name(credit.name) for credit in mention.credits}) or None,
    }


def _splink_schema() -> Any:
    import pyarrow

    text = pyarrow.string()
    fields = {"unique_id": text, "title": text, "year": pyarrow.int32(), "people": pyarrow.list_(text)}
    return pyarrow.schema(list(fields.items()))


def run_splink(name: str) -> dict[str, object]:
    """Link one task with Splink in this process: scores, seconds, megabytes; or why there are none.

    Splink has no estimate where only one column can be compared.
    """
    task = TASKS[name](DATA)
    start = time.process_time()
    try:
        found = scores(splink(task), task)
    except ImportError:
        return {"failed": "not installed"}
    except Exception as error:
        return {"failed": f"failed: {type(error).__name__}: {' '.join(str(error).split())[:60]}"}
    return {"scores": found, "seconds": time.process_time() - start, "megabytes": _megabytes()}


def calibration(judged: Iterable[Candidate], task: Task) -> list[tuple[int, float, float]]:
    """By tenth of confidence: the pairs whose truth is known, their mean confidence, and the share that is right."""
    tenths: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for pair in judged:
        ids = (pair.left.id, pair.right.id)
        if task.denied is None or ids in task.same or ids in task.denied:
            tenths[min(int(pair.confidence * 10), 9)].append((pair.confidence, ids in task.same))
    return [
        (
            len(pairs),
            sum(confidence for confidence, _ in pairs) / len(pairs),
            sum(right for _, right in pairs) / len(pairs),
        )
        if (pairs := tenths[number])
        else (0, 0.0, 0.0)
        for number in range(10)
    ]


def run(name: str, thresholds: list[float]) -> dict[str, object]:
    """Link one task in this process: scores by threshold, those of the baseline, seconds and megabytes."""
    task = TASKS[name](DATA)
    before = _megabytes()
    start, clock = time.process_time(), time.perf_counter()
    judged = classify_pairs(task.left, task.right, thresholds=Thresholds())
    took, waited = time.process_time() - start, time.perf_counter() - clock
    candidates = [(one.left.id, one.right.id) for one in judged]
    return {
        "name": task.name,
        "sides": [len(task.left), len(task.right)],
        "at": {
            sure: scores(((c.left.id, c.right.id) for c in (one for one in judged) if c.confidence >= sure), task)
            for sure in thresholds
        },
        "default": scores(((c.left.id, c.right.id) for c in judged if c.classification is Classification.SAME), task),
        "plain": scores(plain(task), task),
        "calibration": calibration(judged, task),
        "compared": len(judged),
        "blocking": scores(candidates, task)[1],
        "seconds": [took, waited],
        "megabytes": [before, _megabytes()],
    }


def run_filmographies() -> dict[str, object]:
    """People by their films and films by their people; there is no gold: counts, and how many names differ."""
    left, right = filmographies(DATA)
    start = time.process_time()
    found = link_sources({"own": left, "other": right}, Links(), trust=lambda source: 0)
    by_id = {f"film:{one.id}": one for one in (*left, *right)}
    pairs = [(by_id[_local(one.subject.value)], by_id[_local(one.object.value)]) for one in found.judgements]
    rows = {}
    for kind in ("film", "person"):
        same = [(one, other) for one, other in pairs if one.kind == kind]
        sides = [sum(one.kind == kind for one in side) for side in (left, right)]
        unsure = sum(one.left.kind == kind for one in found.unsure)
        differing = sum(fold_name(one.name) != fold_name(other.name) for one, other in same)
        rows[kind] = [*sides, len(same), differing, unsure]
    return {"name": "filmographies", "kinds": rows, "seconds": time.process_time() - start, "megabytes": _megabytes()}


def _local(iri: str) -> str:
    return "film:" + iri.rpartition("/")[2]


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def show(results: list[dict[str, object]], thresholds: list[float]) -> None:
    """Print the tables."""
    at = (f"at {sure}" for sure in thresholds)
    heads = ["linked", "left", "right", "title and year", "Splink", "Splink: CPU s, MB", "default", *at]
    print("| " + " | ".join([*heads, "met in a block", "CPU s", "peak MB"]) + " |")
    print("|---" * (len(heads) + 3) + "|")
    for result in results:
        if "at" in result:
            cells = [
                result["name"],
                *(f"{side:,}" for side in result["sides"]),  # type: ignore[attr-defined]
                _pair(result["plain"]),
                *_splink_cells(result["splink"]),
                _pair(result["default"]),
            ]
            cells += [_pair(result["at"][str(sure)]) for sure in thresholds]  # type: ignore[index]
            cells += [f"{result['blocking']:.3f}", f"{result['seconds'][0]:.1f}", f"{result['megabytes'][1]:.0f}"]  # type: ignore[index]
            print("| " + " | ".join(map(str, cells)) + " |")
        elif "error" in result:
            print(f"| {result['name']} | failed: {result['error']} |")
    print("\nEach cell is precision / recall.\n")
    for result in results:
        tenths = [
            f"{number / 10:.1f} ({pairs:,}): {mean:.3f} {right:.3f}"
            for number, (pairs, mean, right) in enumerate(_tenths(result))
            if pairs >= 50
        ]
        if tenths:
            print(f"{result['name']}, mean confidence and share that is right from: {'; '.join(tenths)}")
    for result in results:
        for kind, (left, right, same, differing, unsure) in result.get("kinds", {}).items():  # type: ignore[attr-defined]
            print(f"filmographies, {kind}: {left:,} and {right:,}; {same:,} judged the same", end="")
            print(f" ({differing} of them under names that differ), {unsure:,} unsure")


def _tenths(result: dict[str, object]) -> list[tuple[int, float, float]]:
    tenths = result.get("calibration", [])
    assert isinstance(tenths, list)
    return tenths


def _pair(scores: object) -> str:
    assert isinstance(scores, list)
    precision, recall = scores
    return f"{precision:.4f} / {recall:.3f}"


def _splink_cells(result: object) -> tuple[str, str]:
    assert isinstance(result, dict)
    if failed := result.get("failed"):
        return failed, ""
    return _pair(result["scores"]), f"{result['seconds']:.1f}, {result['megabytes']:.0f}"


def main() -> None:
    names = [*TASKS, "filmographies"]
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=", ".join(names))
    parser.add_argument("--at", type=float, nargs="+", default=[0.5, 0.95], help="thresholds of confidence")
    parser.add_argument("--alone", choices=("kg", "splink"), help="run the one task in this process, with this method")
    options = parser.parse_args()
    if unknown := set(options.tasks) - set(names):
        parser.error(f"no such task: {', '.join(sorted(unknown))}")
    if not DATA.is_dir():
        sys.exit(f"{DATA} is not there: KG_SHARED names the folder that holds film-data/.")
    if options.alone:
        sys.stderr.write(json.dumps(_run_here(options.tasks[0], options.alone, options.at)) + "\n")
        return
    found = [_run_both(task, options.at) for task in options.tasks or names]
    show(found, options.at)
    if any("error" in result for result in found):
        sys.exit(1)


def _run_here(task: str, method: str, at: list[float]) -> dict[str, object]:
    if task == "filmographies":
        return run_filmographies()
    return run_splink(task) if method == "splink" else run(task, at)


def _run_both(task: str, at: list[float]) -> dict[str, object]:
    """The results of a task: of each method in a process of its own."""
    found: dict[str, dict[str, object]] = {}
    for method in ("kg",) if task == "filmographies" else ("kg", "splink"):
        call = [sys.executable, __file__, task, "--alone", method, "--at", *map(str, at)]
        alone = run_alone(call, limit=1800)
        found[method] = {"failed": alone.error} if alone.error else json.loads(alone.last_line)
    if failed := found["kg"].get("failed"):
        return {"name": task, "error": failed}
    return found["kg"] | {"splink": found.get("splink")}


if __name__ == "__main__":
    main()
