"""Why a pair is not simply the same: one cause of a few, by which pairs are reviewed and misses are counted."""

from __future__ import annotations

from kg.linking.model import Candidate, Classification

EQUAL_IDENTIFIERS = "equal identifiers"
LINKED_TO_ANOTHER = "one is linked to another entity"
NOT_COMPARED = "not compared: no name, word or person in common"
LOW_CONFIDENCE = "too little evidence"
_SAME_TITLE = frozenset(("title", "title written differently", "main title", "name"))


def cause_of(candidate: Candidate) -> str:
    """The cause: the kind of a veto or limit, a clash with other links, or what the pair lacks.

    >>> from kg.linking.model import Mention, Veto, VetoReason
    >>> veto = Veto(VetoReason.IDENTIFIERS, "tt1", "tt2", scheme="imdbId")
    >>> cause_of(Candidate(Mention("a", ("Heat",)), Mention("b", ("Heat",)), (), 0.0, veto))
    'imdbId differs'
    """
    left, right = candidate.left, candidate.right
    if candidate.veto is not None:
        return f"{candidate.veto.scheme} differs" if candidate.veto.scheme else candidate.veto.reason.value
    if candidate.clash is not None:
        return LINKED_TO_ANOTHER
    if left.identifiers & right.identifiers:
        return EQUAL_IDENTIFIERS
    if candidate.limit is not None:
        years = ", years apart" if candidate.limit.years is not None else ""
        return f"{candidate.limit.sign}{years}"
    names = {feature.name for feature in candidate.features}
    if not names & _SAME_TITLE:
        return "different names"
    if left.kind == "film" and (not left.years or not right.years):
        return "no year on one side"
    if left.years and right.years and not {*left.years} & {*right.years}:
        return "different years"
    against = min(candidate.features, key=lambda feature: feature.bits)
    return against.name if against.bits < -1 else LOW_CONFIDENCE


def cause_of_miss(candidate: Candidate | None, *, is_taken: bool) -> str:
    """Why a correct pair was missed; `is_taken` where one of the two is linked to another entity."""
    if candidate is None:
        return NOT_COMPARED
    if is_taken and candidate.classification is not Classification.SAME:
        return "another pair was preferred"
    return cause_of(candidate)
