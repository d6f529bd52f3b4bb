"""The earliest and the latest day of a dated entity: the one inference rule that is not from OWL 2 RL.

Engines disagree on comparing dates of different precision; whole days compare alike everywhere. OWL has no arithmetic,
so the days are computed from the facts before the reasoner runs, and count as inferred.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from kg import vocabulary as film
from kg.facts.dates import DateRange, to_date_range
from kg.facts.model import Fact
from kg.reasoning.rules import Derivation, Rule
from kg.terms import Spo
from kg.xsd import literal_parts

DAYS = Rule("days", "", "", "")
_STARTS, _ENDS = (film.date, film.start), (film.date, film.end)
DATE_PROPERTIES = (film.date, film.start, film.end)
"""The properties whose dates bound an entity in time."""
DAY_PROPERTIES = (film.earliest, film.latest)
"""The properties that the rule concludes."""
_SIDES = {str(film.earliest): 0, str(film.latest): 1}


def derive_days(facts: Iterable[Fact]) -> Iterator[Triple]:
    """The earliest and the latest day of everything that has a date, or a start or end."""
    first: dict[NamedNode | BlankNode, DateRange] = {}
    last: dict[NamedNode | BlankNode, DateRange] = {}
    for fact in facts:
        if fact.property in DATE_PROPERTIES and isinstance(fact.value, Literal):
            days = to_date_range(fact.value.value)
            if fact.property in _STARTS:
                first[fact.subject] = min(first.get(fact.subject, days), days, key=lambda range: range.earliest)
            if fact.property in _ENDS:
                last[fact.subject] = max(last.get(fact.subject, days), days, key=lambda range: range.latest)
    for entity, days in first.items():
        yield Triple(entity, film.earliest, days.literals[0])
    for entity, days in last.items():
        yield Triple(entity, film.latest, days.literals[1])


def derivation_of_day(triple: Spo, dates: Sequence[Spo]) -> Derivation | None:
    """The step that gives a day from the dates of its entity; None where no date gives it."""
    side = _SIDES[triple[1]]
    given = {str(to_date_range(parts.lexical).literals[side]) for _, _, o in dates if (parts := literal_parts(o))}
    return Derivation(DAYS, tuple(sorted(dates)), triple) if triple[2] in given else None
