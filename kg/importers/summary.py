"""What an import did, counted: records read, facts written, what was skipped and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Summary:
    """The counts of one import; importers add to it while they read."""

    source: str
    records: int = 0
    facts: int = 0
    things: int = 0
    rejected: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """Why records or values were left out -> how many."""
    unmapped: Counter[str] = field(default_factory=Counter)
    """What the mapping says nothing about -> how often it was met."""
    files: tuple[Path, ...] = ()
    rejects: Path | None = None
    dry_run: bool = False
    order: tuple[str, ...] = ()
    """The order of trust in `data/policy.yaml`, where it is known."""

    def to_text(self, *, most: int = 20) -> str:
        """The summary as a person reads it."""
        verb = "would be written" if self.dry_run else "written"
        lines = [
            f"{self.source}: {self.records:,} records read, {self.facts:,} facts about {self.things:,} things {verb}"
        ]
        lines += [f"  to {path.as_posix()}" for path in self.files]
        if len(self.order) > 1:
            place = self.order.index(self.source)
            after = f"after {self.order[place - 1]}" if place else f"before {self.order[1]}"
            lines.append(f"  where sources differ it is believed {after}, as data/policy.yaml says")
        elif self.files and not self.order:
            lines.append(
                f"  where sources differ nobody believes it: add {self.source} to `sources` in data/policy.yaml"
            )
        if self.rejected:
            where = f", see {self.rejects.as_posix()}" if self.rejects is not None else ""
            lines.append(f"rejected: {self.rejected:,} records{where}")
        lines += _told("left out", self.skipped, most)
        lines += _told("not in the mapping", self.unmapped, most)
        return "\n".join(lines) + "\n"

    def to_json(self) -> dict[str, object]:
        """The summary for programs."""
        return {
            "source": self.source,
            "records": self.records,
            "facts": self.facts,
            "things": self.things,
            "rejected": self.rejected,
            "skipped": dict(sorted(self.skipped.items())),
            "unmapped": dict(sorted(self.unmapped.items())),
            "files": [path.as_posix() for path in self.files],
            "rejects": self.rejects.as_posix() if self.rejects is not None else None,
            "order": list(self.order),
            "dry_run": self.dry_run,
        }


def _told(title: str, counts: Counter[str], most: int) -> list[str]:
    if not counts:
        return []
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    lines = [f"{title}: {sum(counts.values()):,}"] + [f"  {count:>9,}  {name}" for name, count in ranked[:most]]
    if len(ranked) > most:
        lines.append(f"  and {len(ranked) - most:,} more kinds; --format json lists them all")
    return lines
