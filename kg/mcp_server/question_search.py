"""Words walk in; the stored queries that they may mean walk out, the likeliest first."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from kg.queries.stored_query import StoredQuery

_WORD = re.compile(r"\w+")
_ASKING = frozenset(
    word
    for words in (
        "a an and are at by did do does for from get got had has have",
        "how in is it its of on or the this to was were with what when where which who whom whose",
    )
    for word in words.split()
)
"""Words that questions of every kind have."""
_SAME = 82
"""From which likeness two words count as the same: `nominations` and `nominated`, `oscar` and `oscars`."""


@dataclass(frozen=True, slots=True)
class QuestionMatch:
    """A stored query and how well it fits, from 0 to 1."""

    query: StoredQuery
    score: float


def find_questions(
    queries: Sequence[StoredQuery], words: str, *, topic: str = "", limit: int = 8
) -> list[QuestionMatch]:
    """The stored queries that speak of these words, the best first; a word that many of them have counts little."""
    among = [query for query in queries if not topic or topic in query.tags]
    read = list(dict.fromkeys(_WORD.findall(words.casefold())))[:40]
    wanted = [word for word in read if word not in _ASKING] or read
    if not wanted:
        return [QuestionMatch(query, 1.0) for query in among]
    spoken = {query.name: set(_WORD.findall(_words_of(query))) for query in among}
    counted = Counter(word for said in spoken.values() for word in said)
    weights = {word: math.log((len(among) + 1) / (counted[word] + 0.5)) for word in wanted}
    whole = sum(weights.values())
    found = [QuestionMatch(query, _fit(spoken[query.name], query, weights) / whole) for query in among]
    best = sorted((one for one in found if one.score > 0.08), key=lambda one: (-one.score, one.query.name))
    return best[:limit]


def _words_of(query: StoredQuery) -> str:
    """All that its header says."""
    told = (*(query.returns or {}).values(), *(f"{one.name} {one.class_name} {one.about}" for one in query.params))
    return " ".join((query.search_text, query.because, *told)).casefold()


def _fit(said: set[str], query: StoredQuery, weights: dict[str, float]) -> float:
    fit = 0.0
    for word, weight in weights.items():
        if word in said:
            fit += weight
        elif len(word) > 3:
            near = max((_likeness(word, one) for one in said if len(one) > 3), default=0.0)
            fit += weight * 0.8 * near / 100 if near >= _SAME else 0
    # Of queries that have the same words, the one whose own sentence they make is meant.
    own = f"{query.summary} {query.name.replace('-', ' ')}".casefold()
    return fit * (0.5 + 0.5 * fuzz.token_set_ratio(" ".join(weights), own) / 100)


def _likeness(word: str, other: str) -> float:
    """How alike two words are; of `disagree` and `disagreements` the one is the beginning of the other."""
    if len(word) > 4 and (other.startswith(word) or word.startswith(other)):
        return 90.0
    return fuzz.ratio(word, other)
