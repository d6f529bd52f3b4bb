"""Two mentions walk in; why they cannot be one thing, or nothing, walks out."""

from __future__ import annotations

from kg.linking.model import Mention

FARTHEST = 12
"""Years between two films that no way of dating can bridge."""
ONE_ONLY = ("imdbId", "wikidataId", "eidrId", "tmdbMovieId", "tmdbPersonId", "viafId")
"""Schemes that give a thing one identifier, so that two of them are two things."""
_FILMS = frozenset({"Film", "FeatureFilm", "ShortFilm"})
_SERIAL = frozenset({"Series", "Episode"})


def veto(left: Mention, right: Mention) -> str:
    """Why two mentions cannot be one thing; empty when nothing forbids it."""
    if left.kind != right.kind:
        return f"a {left.kind} is no {right.kind}"
    kinds = {left.class_, right.class_}
    if kinds & _SERIAL and kinds & _FILMS:
        return f"a {(left if left.class_ in _FILMS else right).class_} is no {min(kinds & _SERIAL)}"
    if left.identifiers and right.identifiers:
        for scheme in ONE_ONLY:
            one, other = ({value for name, value in side.identifiers if name == scheme} for side in (left, right))
            if one and other and not one & other:
                return f"{scheme} differs: {min(one)} and {min(other)}"
        if left.identifiers & right.identifiers:
            # Who agrees in an identifier may disagree in the year.
            return ""
    if left.years and right.years and left.kind == "film":
        apart = min(abs(one - other) for one in left.years for other in right.years)
        if apart > FARTHEST:
            return f"{apart} years lie between them"
    return ""
