"""The data of linking: mentions of entities, the scores of their comparison, and candidates for being one entity.

A mention is made from an entity of the graph or from a row of a user's table; linking treats both alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Classification(StrEnum):
    """Whether two mentions are one entity."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Credit:
    """A person or company that a film names, and the role: `director`, or the empty text where it is not stated.

    `id` is the mention of that person, where there is one. A person's credits are the films.
    """

    name: str
    role: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity as one source describes it.

    `names` has the usual one first; `kind` is `film`, `person`, `organisation` or another kind of `KIND_OF_CLASS`, and
    `class_name` the class in its source, such as `ShortFilm`. `years` are the years of release or birth that are
    possible; `date_kind` is `award` where they are those of awards, which come later than the film.
    """

    id: str
    names: tuple[str, ...]
    kind: str = "film"
    class_name: str = ""
    years: tuple[int, ...] = ()
    date_kind: str = "release"
    credits: tuple[Credit, ...] = ()
    identifiers: frozenset[tuple[str, str]] = frozenset()
    """Pairs of scheme and identifier: `("imdbId", "tt28607951")`."""
    countries: frozenset[str] = frozenset()
    minutes: int | None = None
    episode: tuple[int, int] | None = None
    """The number of the season, 0 where it is not stated, and that of the episode."""

    @property
    def name(self) -> str:
        """The usual name, or the id where there is no name."""
        return self.names[0] if self.names else self.id


@dataclass(frozen=True, slots=True)
class FeatureScore:
    """The score of one comparison, in bits for sameness (negative: against it), and the two values compared.

    Each bit doubles the odds that both mentions are one entity.
    """

    name: str
    bits: float
    left: str = ""
    right: str = ""

    def __str__(self) -> str:
        """`title +12.6: Sunrise / Sunrise: A Song of Two Humans`."""
        values = f": {self.left} / {self.right}" if self.left != self.right else f": {self.left}" if self.left else ""
        return f"{self.name} {self.bits:+.1f}{values}"


class VetoReason(StrEnum):
    """Why two mentions cannot be one entity."""

    NOT_COMPARED = "not compared"
    """They share no name, word or person."""
    KINDS = "different kinds"
    IDENTIFIERS = "different identifiers"
    YEARS = "years apart"
    PART_NUMBERS = "part numbers differ"
    NUMBERS = "numbers differ"
    EPISODES = "episodes differ"


@dataclass(frozen=True, slots=True)
class Veto:
    """A sign that rules a pair out: its reason, and the values that show it.

    `scheme` is that of two different identifiers; `years` are those between two films.
    """

    reason: VetoReason
    left: str = ""
    right: str = ""
    scheme: str = ""
    years: int | None = None

    def __str__(self) -> str:
        """`imdbId differs: tt0113277 and tt9999999`."""
        if self.reason is VetoReason.NOT_COMPARED:
            return "they share no name, word or person worth comparing"
        if self.reason is VetoReason.YEARS:
            return f"{self.years} years apart"
        return f"{f'{self.scheme} differs' if self.scheme else self.reason}: {self.left} and {self.right}"


class Sign(StrEnum):
    """A sign that two mentions are two entities, whatever else they share."""

    DIFFERENT_DIRECTORS = "different directors"
    DIFFERENT_CASTS = "different casts"
    SAME_TITLE = "same title"
    """The same title in years that sources do not give one film."""
    EPISODE = "episode on one side only"
    PART_NUMBER = "part number of one only"
    MISSPELT_TITLE = "misspelt title"
    LONGER_TITLE = "longer title"
    PARTLY_EQUAL_TITLE = "partly equal title"
    DIFFERENT_TITLE = "different title"
    OTHER_LANGUAGE_TITLE = "other language title"
    ONE_OF_SEVERAL = "one of several with this main title"
    MISSPELT_NAME = "misspelt name"
    LONGER_NAME = "longer name"
    PARTLY_EQUAL_NAME = "partly equal name"
    DIFFERENT_NAME = "different name"
    OTHER_LANGUAGE_NAME = "other language name"


@dataclass(frozen=True, slots=True)
class Limit:
    """The highest confidence of a pair with a sign of two entities, and the values that show the sign.

    `years` are those between two films of one title.
    """

    sign: Sign
    confidence: float
    left: str = ""
    right: str = ""
    years: int | None = None

    def __str__(self) -> str:
        """`at most 0.50, different directors: Robert Zemeckis / Guillermo del Toro`."""
        apart = f", {self.years} years apart" if self.years is not None else ""
        return f"at most {self.confidence:.2f}, {self.sign}{apart}: {self.left} / {self.right}"


class ClashReason(StrEnum):
    """Why two names must stay two entities."""

    CATALOGUE = "two entities of one catalogue"
    JUDGED = "judged to be different"
    VETO = "ruled out"


@dataclass(frozen=True, slots=True)
class Clash:
    """Two names that would become one entity if a pair were linked, by other links of both sides, and must not."""

    left: str
    right: str
    reason: ClashReason
    veto: Veto | None = None

    def __str__(self) -> str:
        """`would join film:wd-q1 and film:wd-q2, two entities of one catalogue`."""
        return f"would join {self.left} and {self.right}, {self.reason if self.veto is None else self.veto}"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair of mentions that may be one entity.

    `confidence` is the probability that they are, among all other candidates of both, and no more than that of `limit`;
    `veto` is why they cannot be, whatever the features score. `clash` is what keeps apart the entities to which links
    have joined the two.
    """

    left: Mention
    right: Mention
    features: tuple[FeatureScore, ...]
    confidence: float
    veto: Veto | None = None
    classification: Classification = Classification.UNSURE
    limit: Limit | None = None
    clash: Clash | None = None

    @property
    def bits(self) -> float:
        """The sum of the scores."""
        return sum(feature.bits for feature in self.features)

    @property
    def reasons(self) -> tuple[Veto | Clash | Limit | FeatureScore, ...]:
        """What decides of the pair: its veto; or its clash and its limit, if any, and the scores, weightiest first."""
        if self.veto is not None:
            return (self.veto,)
        ordered = sorted(self.features, key=lambda feature: -abs(feature.bits))
        against = (sign for sign in (self.clash, self.limit) if sign is not None)
        return (*against, *(feature for feature in ordered if feature.name))

    @property
    def reason(self) -> str:
        """The reasons in one line."""
        return "; ".join(map(str, self.reasons))
