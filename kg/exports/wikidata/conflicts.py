"""Items of Wikidata walk in; what contradicts them in the graph walks out, where no decision told of it yet.

Of two dates, amounts or identifiers that are told in the same circumstances one is wrong, even where the graph can hold
both: a film has several releases, and one of them has two days.
"""

from __future__ import annotations

from collections.abc import Iterator

from kg.decisions.conflicts import ContestedFact, DecisionKind
from kg.exports.wikidata.diff import Contradiction, compare
from kg.exports.wikidata.items import Wikidata
from kg.exports.wikidata.quickstatements import is_theirs
from kg.lookup.conflicts import Conflict

_REASON = "told in the same circumstances as ours, and another: nothing was decided between them"


def disagreements(wikidata: Wikidata, source: str) -> Iterator[Conflict]:
    """What a source of Wikidata tells otherwise than ours do, beside what was decided already."""
    for number, thing in wikidata.statements.items.listed():
        sides = {is_theirs(one.fact, wikidata) for one in wikidata.statements.told_about(thing)}
        if len(sides) == 2:
            statements = wikidata.statements.about(number, thing)
            compared = compare(statements, is_theirs=lambda fact: is_theirs(fact, wikidata))
            yield from (one for found in compared.contradicting for one in _to_dispute(found, source))


def _to_dispute(found: Contradiction, source: str) -> Iterator[Conflict]:
    told = [one for statement in found.theirs for one in statement.told]
    theirs = [one.fact for one in told if one.fact.evidence.source == source]
    if theirs and all(one.kind is None for one in (*found.ours.told, *told)):
        yield Conflict(found.ours.facts, tuple(ContestedFact(fact, DecisionKind.TIE, _REASON) for fact in theirs))
