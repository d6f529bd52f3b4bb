"""The nouns of this room: a name with its clues, whom it may mean, and what was found.

A mention is made from a thing of the graph, or from a row of somebody's table; linking sees no difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Classification(StrEnum):
    """What is judged of two mentions."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Credit:
    """A person or company that a film names, and for what: `director`, or nothing where that is not told.

    `id` is the mention of that person, where there is one.
    """

    name: str
    role: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """A name with its clues. `names` has the usual one first; `years` are those it may have come out in, or been born.

    `kind` is `film`, `person` or `organisation`, and `class_` what its source calls it more narrowly: `ShortFilm`.
    `dated` says what the years are of: a `release`, or an `award`, which comes later.
    """

    id: str
    names: tuple[str, ...]
    kind: str = "film"
    class_name: str = ""
    years: tuple[int, ...] = ()
    date_kind: str = "release"
    credits: tuple[Credit, ...] = ()
    identifiers: frozenset[tuple[str, str]] = frozenset()
    countries: frozenset[str] = frozenset()
    minutes: int | None = None

    @property
    def name(self) -> str:
        """The usual name, or the id where there is none."""
        return self.names[0] if self.names else self.id


@dataclass(frozen=True, slots=True)
class FeatureScore:
    """What one comparison says: `bits` for sameness (below nothing: against it), and the two values compared.

    A bit doubles the odds that both mentions mean one thing.
    """

    name: str
    bits: float
    left: str = ""
    right: str = ""

    def __str__(self) -> str:
        """`title +12.6: Sunrise / Sunrise: A Song of Two Humans`."""
        values = f": {self.left} / {self.right}" if self.left != self.right else f": {self.left}" if self.left else ""
        return f"{self.name} {self.bits:+.1f}{values}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Whom a mention may mean, why, and how likely: `confidence` weighs it against all other candidates of both.

    `veto` says why it cannot be, whatever else speaks for it.
    """

    left: Mention
    right: Mention
    features: tuple[FeatureScore, ...]
    confidence: float
    veto: str = ""

    @property
    def bits(self) -> float:
        """The sum of what the clues say."""
        return sum(clue.bits for clue in self.features)

    @property
    def reason(self) -> str:
        """The clues in one line, the weightiest first."""
        if self.veto:
            return self.veto
        return "; ".join(str(clue) for clue in sorted(self.features, key=lambda one: -abs(one.bits)) if clue.name)


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate and what is judged of it."""

    candidate: Candidate
    verdict: Classification
