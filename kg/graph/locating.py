"""A finding about terms walks in; the same finding with the files and lines that made it so walks out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from kg.facts.fact import Fact
from kg.reports import Finding, Place


class Locator:
    """Knows where each fact was written down."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._exact: dict[tuple[str, str, str], list[Place]] = defaultdict(list)
        self._said: dict[tuple[str, str], list[Place]] = defaultdict(list)
        self._about: dict[str, list[Place]] = defaultdict(list)
        for fact in facts:
            focus, path, value = str(fact.subject), str(fact.property), str(fact.value)
            self._exact[focus, path, value].append(fact.place)
            self._said[focus, path].append(fact.place)
            self._about[focus].append(fact.place)

    def locate(self, finding: Finding) -> Finding:
        """The finding with its places: of the very fact, else of all facts of focus and path, else of the focus."""
        if finding.places:
            return finding
        places = (
            self._exact.get((finding.focus, finding.path, finding.value))
            or self._said.get((finding.focus, finding.path))
            or self._about.get(finding.focus, [])[:1]
        )
        return replace(finding, places=tuple(sorted(set(places))))
