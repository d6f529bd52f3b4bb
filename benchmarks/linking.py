"""How well and how fast films are linked, gold withheld, beside equal titles and years, and beside Splink.

    KG_SHARED=... python benchmarks/linking.py [oscars movielens winter-actors ... filmographies]

Each task runs in a process of its own. Precision is the share of pairs judged the same that are; recall the share of
left sides with a known counterpart for which it was found. Where the gold names only some pairs, only those count.
Splink is compared where it is installed (`pip install "splink>=4,<5"`).
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterable

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
    """The pairs that Splink finds by title, year and people, its parameters estimated by EM; empty without Splink."""
    try:
        import splink.comparison_library as compare
        from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    except ImportError:
        return set()
    import pandas

    people = any(one.credits for one in task.left) and any(one.credits for one in task.right)
    comparisons = [compare.JaroWinklerAtThresholds("title", [0.95, 0.88]).configure(term_frequency_adjustments=True)]
    if any(one.years for one in task.left):
        comparisons.append(compare.LevenshteinAtThresholds("year", [1]))
    if people:
        comparisons.append(compare.ArrayIntersectAtSizes("people", [2, 1]))
    rules = [block_on("title"), block_on("year", "substr(title, 1, 3)"), block_on("substr(title, 1, 8)")]
    settings = SettingsCreator("link_only", comparisons=comparisons, blocking_rules_to_generate_predictions=rules)
    frames = [pandas.DataFrame([_splink_row(one) for one in side]) for side in (task.left, task.right)]
    linker = Linker(frames, settings, db_api=DuckDBAPI(), input_table_aliases=["l", "r"])
    linker.training.estimate_probability_two_random_records_match([block_on("title")], recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for column in ("title", *(("year",) if len(comparisons) > 1 + people else ())):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(column))
    found = linker.inference.predict(threshold_match_probability=0.5).as_pandas_dataframe()
    found = found.sort_values("match_probability", ascending=False)
    best = found[~found.duplicated("unique_id_l") & ~found.duplicated("unique_id_r")]
    return set(zip(best["unique_id_l"], best["unique_id_r"], strict=True))


def _splink_row(one: Mention) -> dict[str, object]:
    return {
        "unique_id": one.id,
        "title": fold_name(one.name),
        "year": str(one.years[0]) if one.years else None,
        "people": sorted({fold_name(credit.name) for credit in one.credits}) or None,
    }


def _splink_scores(task: Task) -> tuple[float, float] | str:
    """Precision and recall of Splink, or why it failed: it has no estimate where only one column can be compared."""
    try:
        return scores(splink(task), task)
    except Exception as error:
        return f"failed: {type(error).__name__}: {' '.join(str(error).split())[:60]}"


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
        "splink": _splink_scores(task),
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
    heads = [
        "linked",
        "left",
        "right",
        "plain title and year",
        "Splink",
        "default",
        *(f"at {sure}" for sure in thresholds),
    ]
    print("| " + " | ".join([*heads, "met in a block", "CPU s", "peak MB"]) + " |")
    print("|---" * (len(heads) + 3) + "|")
    for result in results:
        if "at" in result:
            cells = [
                result["name"],
                *(f"{side:,}" for side in result["sides"]),  # type: ignore[attr-defined]
                _pair(result["plain"]),
                _pair(result["splink"]),
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
    if isinstance(scores, str):
        return scores
    assert isinstance(scores, list)
    precision, recall = scores
    return f"{precision:.4f} / {recall:.3f}"


def main() -> None:
    names = [*TASKS, "filmographies"]
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=", ".join(names))
    parser.add_argument("--at", type=float, nargs="+", default=[0.5, 0.95], help="thresholds of confidence")
    parser.add_argument("--alone", action="store_true", help="run the one task in this process and write it as JSON")
    options = parser.parse_args()
    if unknown := set(options.tasks) - set(names):
        parser.error(f"no such task: {', '.join(sorted(unknown))}")
    if not DATA.is_dir():
        sys.exit(f"{DATA} is not there: KG_SHARED names the folder that holds film-data/.")
    if options.alone:
        [task] = options.tasks
        result = run_filmographies() if task == "filmographies" else run(task, options.at)
        sys.stderr.write(json.dumps(result) + "\n")
        return
    at = [str(sure) for sure in options.at]
    found = []
    for task in options.tasks or names:
        alone = run_alone([sys.executable, __file__, task, "--alone", "--at", *at], limit=600)
        found.append({"name": task, "error": alone.error} if alone.error else json.loads(alone.last_line))
    show(found, options.at)
    if any("error" in result for result in found):
        sys.exit(1)


if __name__ == "__main__":
    main()
