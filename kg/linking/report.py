"""The report of a linking run as HTML: pairs by confidence, reliability, features with their weights, examples."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from kg.linking.causes import cause_of
from kg.linking.model import Candidate, Classification

BINS = 10
_EXAMPLES = 5
_WIDTH, _HEIGHT, _MARGIN = 420, 300, 40
_STYLE = """
body { font: 16px/1.45 system-ui, sans-serif; margin: 1rem auto; max-width: 64rem; padding: 0 1rem }
table { border-collapse: collapse } td, th { border: 1px solid #ccc; padding: .2rem .6rem; text-align: left }
td.number { text-align: right; font-variant-numeric: tabular-nums } svg { background: #fafafa }
"""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The pairs of one tenth of confidence that are known to be right or wrong."""

    pairs: int
    mean_confidence: float
    share_right: float


def reliability(pairs: Iterable[tuple[float, bool]]) -> tuple[ReliabilityBin | None, ...]:
    """Confidence against the share of right pairs, by tenths; None for a tenth without known pairs.

    >>> [each.share_right for each in reliability([(0.95, True), (0.91, False)]) if each]
    [0.5]
    """
    groups: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, is_right in pairs:
        groups[min(int(confidence * BINS), BINS - 1)].append((confidence, is_right))
    return tuple(
        ReliabilityBin(
            len(group),
            sum(confidence for confidence, _ in group) / len(group),
            sum(is_right for _, is_right in group) / len(group),
        )
        if (group := groups.get(number))
        else None
        for number in range(BINS)
    )


def link_report(title: str, pairs: Sequence[Candidate], known: Mapping[tuple[str, str], bool]) -> str:
    """The page for the pairs of a run; `known` says of pairs, by the ids of left and right, whether they are right."""
    judged = [(pair, known[names]) for pair in pairs if (names := (pair.left.id, pair.right.id)) in known]
    sections = [
        f"<h1>{escape(title)}</h1>",
        _counts(pairs),
        "<h2>Pairs by confidence</h2>",
        _histogram(pairs),
        "<h2>Reliability</h2>",
        _reliability_section([(pair.confidence, is_right) for pair, is_right in judged]),
        "<h2>Features and weights</h2>",
        _weights(pairs),
        "<h2>Examples</h2>",
        _examples(pairs, known),
    ]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{"".join(sections)}</body></html>\n'


def _counts(pairs: Sequence[Candidate]) -> str:
    counts = Counter((pair.left.kind, pair.classification.value) for pair in pairs)
    rows = [(kind, classification, f"{count:,}") for (kind, classification), count in sorted(counts.items())]
    return _table(("kind", "classification", "pairs"), rows)


def _histogram(pairs: Sequence[Candidate]) -> str:
    counts = Counter(min(int(pair.confidence * BINS), BINS - 1) for pair in pairs)
    largest, width = max(counts.values(), default=1), (_WIDTH - 2 * _MARGIN) / BINS
    bars = []
    for number in range(BINS):
        height = counts[number] / largest * (_HEIGHT - 2 * _MARGIN)
        left, top = _MARGIN + number * width, _HEIGHT - _MARGIN - height
        bars.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{width - 2:.1f}" height="{height:.1f}" fill="#4878a8">'
            f"<title>{counts[number]:,} pairs</title></rect>"
            f'<text x="{left:.1f}" y="{top - 4:.1f}" font-size="10">{counts[number]:,}</text>'
        )
    return _svg("".join(bars), "confidence", "pairs")


def _reliability_section(judged: Sequence[tuple[float, bool]]) -> str:
    if not judged:
        return (
            "<p>Of no pair is it known whether it is right. Give known pairs with <code>--gold</code>, or review some"
            " pairs of the project.</p>"
        )
    bins = reliability(judged)
    points = []
    for each in filter(None, bins):
        x, y = _at(each.mean_confidence, each.share_right)
        points.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#b04040"><title>{each.pairs:,} pairs</title></circle>'
        )
    (x1, y1), (x2, y2) = _at(0, 0), _at(1, 1)
    diagonal = f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#888" stroke-dasharray="4"/>'
    rows = [
        (
            f"{number / BINS:.1f} to {(number + 1) / BINS:.1f}",
            f"{each.pairs:,}",
            f"{each.mean_confidence:.3f}",
            f"{each.share_right:.3f}",
            f"{each.share_right - each.mean_confidence:+.3f}",
        )
        for number, each in enumerate(bins)
        if each is not None
    ]
    columns = ("confidence", "known pairs", "mean confidence", "share right", "difference")
    return _svg(diagonal + "".join(points), "confidence", "share right") + _table(columns, rows)


def _at(x: float, y: float) -> tuple[float, float]:
    return _MARGIN + x * (_WIDTH - 2 * _MARGIN), _HEIGHT - _MARGIN - y * (_HEIGHT - 2 * _MARGIN)


def _svg(content: str, horizontal: str, vertical: str) -> str:
    bottom, right = _HEIGHT - _MARGIN, _WIDTH - _MARGIN
    axes = f'<path d="M{_MARGIN} {_MARGIN}V{bottom}H{right}" fill="none" stroke="#333"/>'
    labels = (
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 8}" font-size="12">{horizontal}</text>'
        f'<text x="6" y="{_MARGIN - 10}" font-size="12">{vertical}</text>'
        f'<text x="{_MARGIN}" y="{bottom + 14}" font-size="10">0</text>'
        f'<text x="{right}" y="{bottom + 14}" font-size="10">1</text>'
    )
    size = f'width="{_WIDTH}" height="{_HEIGHT}"'
    return f'<svg {size} role="img" aria-label="{vertical} by {horizontal}">{axes}{content}{labels}</svg>'


def _weights(pairs: Sequence[Candidate]) -> str:
    """Each feature with its number of pairs and its weights in them."""
    weights: dict[str, list[float]] = defaultdict(list)
    same: Counter[str] = Counter()
    for pair in pairs:
        for feature in pair.features:
            weights[feature.name].append(feature.bits)
            same[feature.name] += pair.classification is Classification.SAME
    rows = [
        (name, f"{len(values):,}", f"{same[name]:,}", *(f"{bits:+.1f}" for bits in _spread(values)))
        for name, values in sorted(weights.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    return _table(("feature", "pairs", "of these the same", "mean weight, bits", "least", "most"), rows)


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    return sum(values) / len(values), min(values), max(values)


def _examples(pairs: Sequence[Candidate], known: Mapping[tuple[str, str], bool]) -> str:
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for pair in pairs:
        is_same = pair.classification is Classification.SAME
        right = known.get((pair.left.id, pair.right.id))
        if is_same and right is False:
            groups["the same, but wrong"].append(pair)
        elif is_same:
            groups["the same, the least likely"].append(pair)
        else:
            groups[f"unsure: {cause_of(pair)}"].append(pair)
    parts = []
    for name, group in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        chosen = sorted(group, key=lambda pair: (pair.confidence, pair.left.id, pair.right.id))[:_EXAMPLES]
        rows = [(_mention(pair, 0), _mention(pair, 1), f"{pair.confidence:.3f}", pair.reason) for pair in chosen]
        parts.append(
            f"<h3>{escape(name)} ({len(group):,})</h3>" + _table(("left", "right", "confidence", "reasons"), rows)
        )
    return "".join(parts)


def _mention(pair: Candidate, side: int) -> str:
    mention = (pair.left, pair.right)[side]
    years = f" ({', '.join(map(str, mention.years))})" if mention.years else ""
    return f"{mention.name}{years} [{mention.id}]"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    is_number = bool(text) and all(char in "0123456789.,+-" for char in text)
    return f"<td{' class=number' if is_number else ''}>{escape(text)}</td>"
