"""A value that somebody has and one that the graph has walk in; how alike they are walks out, from 0 to 1.

What kind of thing is compared decides how: years may be one apart, because a festival comes before a release; names may
be spelled otherwise; numbers may be rounded; an identifier is the same or another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from pyoxigraph import Literal

from kg.facts.dates import to_date_range
from kg.linking.names import parse_titles, person_words
from kg.lookup.name_search import score_name
from kg.terms import XSD
from kg.text import fold_name

_NUMBERS = {XSD + name for name in ("integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger")}
_DATES = {XSD + name for name in ("gYear", "gYearMonth", "date", "dateTime")}
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_NUMBER = re.compile(r"[-+]?\d[\d,   ]*(?:\.\d+)?")
ALIKE = 0.65
"""Any two texts have some letters in common; less than this is no sign."""
_BY_YEARS = (1.0, 0.75, 0.3)


def name_likeness(wanted: str, names: Iterable[str]) -> float:
    """How like the nearest of several names; spelling, accents, script and what catalogues do to names do not matter.

    >>> name_likeness("Baker, Sean", ["Sean Baker"]), name_likeness("Godfather, The", ["The Godfather"])
    (1.0, 1.0)
    """
    forms = _forms(wanted)
    pairs = (zip(forms, _forms(name), strict=True) for name in names)
    return max((score_name(one, other) for pair in pairs for one, other in pair if one and other), default=0.0) / 100


@lru_cache(maxsize=8192)
def _forms(name: str) -> tuple[str, str, str]:
    """A name as it is spelled, as the title of a film, and as a person's name."""
    titles = parse_titles(name)
    return fold_name(name), " ".join(titles[0].words) if titles else "", " ".join(person_words(name))


def literal_likeness(wanted: str, literal: Literal, *, is_identifier: bool = False) -> float:
    """How like a literal, compared as its datatype is."""
    kind, text = literal.datatype.value, literal.value
    if is_identifier:
        return float(_bare(wanted) == _bare(text))
    if kind in _DATES:
        return date_likeness(wanted, text)
    if kind in _NUMBERS:
        return number_likeness(wanted, text)
    if kind == XSD + "boolean":
        return float(wanted.casefold() in (("true", "yes", "1") if text in ("true", "1") else ("false", "no", "0")))
    likeness = name_likeness(wanted, (text,))
    return likeness if likeness >= ALIKE else 0.0


def date_likeness(wanted: str, known: str) -> float:
    """How like two dates of any precision are; words around a year do not matter.

    >>> date_likeness("2024-10", "2024-10-18"), date_likeness("2023", "2024"), date_likeness("May 2019", "2024")
    (1.0, 0.75, 0.0)
    """
    try:
        one, other = to_date_range(wanted.strip()[:10]), to_date_range(known[:10])
        if one.earliest <= other.latest and other.earliest <= one.latest:
            return 1.0
    except ValueError:
        pass
    years, known_years = _years(wanted), _years(known)
    apart = min((abs(year - other) for year in years for other in known_years), default=len(_BY_YEARS))
    # Within one year, but not the same day: near, and not the same.
    same = 0.9 if apart == 0 and len(wanted.strip()) > 4 and len(known) > 4 else None
    return same if same is not None else _BY_YEARS[apart] if apart < len(_BY_YEARS) else 0.0


def number_likeness(wanted: str, known: str) -> float:
    """How like two numbers are; 1 for the same, less for one that may be rounded.

    >>> number_likeness("139", "139"), number_likeness("2 h", "139"), number_likeness("6,000,000", "6100000")
    (1.0, 0.0, 0.8)
    """
    found = _NUMBER.search(wanted)
    if found is None:
        return 0.0
    one, other = float(re.sub(r"[^\d.+-]", "", found[0])), float(known)
    if one == other:
        return 1.0
    apart = abs(one - other) / max(abs(one), abs(other))
    return 0.9 if apart <= 0.01 else 0.8 if apart <= 0.05 else 0.4 if apart <= 0.15 else 0.0


def _years(text: str) -> list[int]:
    return [int(year) for year in _YEAR.findall(text)]


def _bare(identifier: str) -> str:
    """An identifier without the address in which it may stand, and in small letters: `tt28607951`."""
    return identifier.strip().rstrip("/").rpartition("/")[2].casefold()
