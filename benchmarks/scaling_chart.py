#!/usr/bin/env python3
"""Draws docs/scaling.svg: what was measured of each engine, seconds against triples, both logarithmic.

    python benchmarks/scaling_chart.py

The measurements are in scaling.csv, each with the document that describes how it was made.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from html import escape
from math import log10
from pathlib import Path

HERE = Path(__file__).parent
CHART = HERE.parent / "docs/scaling.svg"
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 420, 60, 20, 190, 50
DECADES, SECONDS = (3, 8), (-1, 4)
"""The powers of ten of triples and of seconds that the chart has room for."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999")
"""Okabe and Ito's colours, which differ for people with any colour vision, and a grey."""

Point = tuple[float, float]


def main() -> None:
    """Write the chart."""
    CHART.write_text(to_svg(), encoding="utf-8")


def read_series() -> dict[str, list[Point]]:
    """Engine and task -> triples and seconds, in the order of the file."""
    series: dict[str, list[Point]] = defaultdict(list)
    with (HERE / "scaling.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            series[f"{row['task']}, {row['engine']}"].append((float(row["triples"]), float(row["seconds"])))
    return dict(series)


def to_svg() -> str:
    """The chart."""
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12" role="img">'
    title = "<title>Seconds of each engine by the number of triples, both logarithmic</title>"
    background = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    return "\n".join([head, title, background, *_axes(), *_lines(read_series()), "</svg>", ""])


def _axes() -> Iterator[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for power in range(DECADES[0], DECADES[1] + 1):
        x = _x(10**power)
        yield f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="#ddd"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{_power(power)}</text>'
    for power in range(SECONDS[0], SECONDS[1] + 1):
        y = _y(10**power)
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g} s</text>'
    yield f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 12}" text-anchor="middle">triples</text>'


def _lines(series: dict[str, list[Point]]) -> Iterator[str]:
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [(_x(triples), _y(seconds)) for triples, seconds in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in places)
        y = TOP + 12 + 20 * number
        yield f'<circle cx="{WIDTH - RIGHT + 20}" cy="{y - 4}" r="4" fill="{colour}"/>'
        yield f'<text x="{WIDTH - RIGHT + 30}" y="{y}">{escape(name)}</text>'


def _power(power: int) -> str:
    return f'10<tspan dy="-5" font-size="9">{power}</tspan>'


def _x(triples: float) -> float:
    return _place(triples, DECADES, LEFT, WIDTH - RIGHT)


def _y(seconds: float) -> float:
    return _place(seconds, SECONDS, HEIGHT - BOTTOM, TOP)


def _place(value: float, powers: Sequence[int], start: float, end: float) -> float:
    low, high = powers
    return start + (log10(value) - low) / (high - low) * (end - start)


if __name__ == "__main__":
    main()
