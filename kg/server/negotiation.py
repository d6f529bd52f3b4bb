"""An `Accept` field and what can be offered walk in; the media type to answer in walks out.

https://www.rfc-editor.org/rfc/rfc9110#name-accept: the most specific range that matches an offer tells its quality; of
offers with the same quality the first is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

_RANGE = re.compile(
    r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)/([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*((?:;[^,\"]*(?:\"[^\"]*\")?)*)\s*"
)
_WEIGHT = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Range:
    """One media range of an `Accept` field."""

    kind: str
    form: str
    profile: str = ""
    quality: float = 1.0

    def fits(self, media: str) -> int:
        """How specifically the range names a media type; 0 when it does not."""
        bare, _, rest = media.partition(";")
        kind, _, form = bare.partition("/")
        if self.profile:
            return 4 if (self.kind, self.form) == (kind, form) and self.profile in rest else 0
        if (self.kind, self.form) == (kind, form):
            return 3
        if self.kind == kind and self.form == "*":
            return 2
        return 1 if (self.kind, self.form) == ("*", "*") else 0


def choose(accept: str | None, offers: Sequence[str]) -> str | None:
    """The best of the offered media types; None when none is acceptable. Without a field, the first.

    An offer may have a profile: `application/ld+json;profile="https://schema.org"` is meant where that is asked for.

    >>> choose("text/html;q=0.5, text/turtle", ["text/html", "text/turtle"])
    'text/turtle'
    >>> choose("image/png", ["text/html"]) is None
    True
    """
    return next(iter(ranked(accept, tuple(offers))), None)


@lru_cache(maxsize=1024)
def ranked(accept: str | None, offers: tuple[str, ...]) -> tuple[str, ...]:
    """The acceptable offers, the best first."""
    ranges = list(_ranges(accept)) if accept is not None and accept.strip() else [Range("*", "*")]
    quality = {offer: _quality(ranges, offer) for offer in offers}
    return tuple(sorted((offer for offer in offers if quality[offer] > 0), key=lambda offer: -quality[offer]))


def _quality(ranges: list[Range], offer: str) -> float:
    best = max(ranges, key=lambda one: one.fits(offer), default=None)
    return best.quality if best is not None and best.fits(offer) else 0.0


def _ranges(accept: str) -> Iterator[Range]:
    for piece in re.split(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", accept[:_LONGEST]):
        found = _RANGE.fullmatch(piece)
        if found is None:
            continue
        told = dict(_pairs(found[3]))
        weight = told.get("q", "1")
        quality = float(weight) if _WEIGHT.fullmatch(weight) else 0.0
        yield Range(found[1].lower(), found[2].lower(), told.get("profile", ""), quality)


def _pairs(parameters: str) -> Iterator[tuple[str, str]]:
    for one in parameters.split(";"):
        name, _, value = one.strip().partition("=")
        yield name.lower(), value.strip('"')
