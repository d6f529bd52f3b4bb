"""A mention walks in; what is compared of it, worked out once, walks out, with a count of what is common on each side.

How much an agreement says depends on how many others would agree as well: two films called *Hamlet* say little, two
called *Anora* say nearly all. So the weights of names, years and people come from counting both sides (the
term-frequency adjustment of Fellegi and Sunter, "A Theory for Record Linkage", 1969, and Winkler, 1990), and nothing is
fitted to answers.
"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kg.linking.model import Mention
from kg.linking.names import Title, parse_titles, person_words

MIN_HOMONYM_RATE = 0.05


@dataclass(frozen=True, slots=True)
class MentionFeatures:
    """What is compared of a mention.

    `people` is who is credited: each person's keys, one that the spellings of a name share and, where the person is
    linked, one that all names of the person share, with a number that is the same for all keys of one person. `roles`
    is who is credited for what, by the same numbers.
    """

    mention: Mention
    titles: tuple[Title, ...]
    persons: tuple[tuple[str, ...], ...]
    people: Mapping[str, int]
    roles: Mapping[str, frozenset[int]]

    @property
    def keys(self) -> tuple[str, ...]:
        """Its names, each as one key."""
        return tuple(title.full for title in self.titles) or tuple(" ".join(words) for words in self.persons)

    def person_name(self, number: int) -> str:
        """The name of one of its people."""
        return self.mention.credits[number].name


def to_features(mention: Mention, *, linked: Mapping[str, str] | None = None) -> MentionFeatures:
    """What is compared of a mention; `same` gives the people that are linked already a key of their own."""
    known = linked or {}
    is_person = mention.kind == "person"
    to_key = title_key if is_person else person_key
    people: dict[str, int] = {}
    roles: dict[str, set[int]] = {}
    for place, credit in enumerate(mention.credits):
        keys = [key for key in (to_key(credit.name), known.get(credit.id, "")) if key]
        number = min((people[key] for key in keys if key in people), default=place)
        for key in keys:
            people.setdefault(key, number)
        if keys and credit.role:
            roles.setdefault(credit.role, set()).add(number)
    titles = () if is_person else tuple(dict.fromkeys(title for name in mention.names for title in parse_titles(name)))
    persons = tuple(dict.fromkeys(filter(None, map(person_words, mention.names)))) if is_person else ()
    return MentionFeatures(mention, titles, persons, people, {role: frozenset(ones) for role, ones in roles.items()})


def title_key(name: str) -> str:
    """A title as one key."""
    return next((title.full for title in parse_titles(name)), "")


def person_key(name: str) -> str:
    """A key that the usual spellings of one person's name share: the last name and the first letter of the first.

    >>> person_key("F. W. Murnau") == person_key("Friedrich Wilhelm Murnau") == person_key("Murnau, F. W.")
    True
    """
    words = person_words(name)
    if not words:
        return ""
    return f"{words[-1]} {words[0][0]}" if len(words) > 1 else words[0]


@dataclass(frozen=True)
class TermFrequencies:
    """How common names, years and people are among the mentions of both sides."""

    size: int
    names: Counter[str]
    mains: Counter[str]
    words: Counter[str]
    years: Counter[int]
    people: Counter[str]

    def frequency(self, counts: Counter[str], key: str) -> float:
        """The share of a side that bears the key; what nobody bears counts as borne by one."""
        return max(counts[key], 1) / self.size

    def homonym_frequency(self, name: str) -> float:
        """The share of a side that bears this name without being the thing meant.

        One bearer may be the very thing, so the chance of another is that of any name to be borne twice.
        """
        return (max(self.names[name], 1) - 1 + self.homonym_rate) / self.size

    @cached_property
    def homonym_rate(self) -> float:
        """The share of things whose name another thing bears as well; not below what is seen in large catalogues."""
        shared = sum(count for count in self.names.values() if count > 1)
        return max(MIN_HOMONYM_RATE, min(1.0, shared / self.size))


def count_terms(left: Iterable[MentionFeatures], right: Iterable[MentionFeatures]) -> TermFrequencies:
    """Count both sides; of each key the larger count is kept, since either side may be a small excerpt."""
    one, other = _count(left), _count(right)
    return TermFrequencies(
        max(one.size, other.size),
        one.names | other.names,
        one.mains | other.mains,
        one.words | other.words,
        one.years | other.years,
        one.people | other.people,
    )


def _count(sketches: Iterable[MentionFeatures]) -> TermFrequencies:
    size = 0
    names: Counter[str] = Counter()
    mains: Counter[str] = Counter()
    words: Counter[str] = Counter()
    years: Counter[int] = Counter()
    people: Counter[str] = Counter()
    for one in sketches:
        size += 1
        names.update(set(one.keys))
        mains.update({title.main for title in one.titles})
        words.update({word for title in one.titles for word in title.words})
        words.update({word for person in one.persons for word in person})
        years.update(set(one.mention.years[:1]))
        people.update(one.people.keys())
    return TermFrequencies(size, names, mains, words, years, people)


MAX_BLOCK_PAIRS = 2_000
"""Pairs that one key may give."""
MAX_CANDIDATES = 10
"""Pairs of one mention that are compared."""
MAX_WORD_FREQUENCY = 0.004
"""A word that a larger share of a side bears makes no key alone."""

_PAIRS = f"""
WITH met AS (
    SELECT one.mention AS left_one, other.mention AS right_one, 12 - ln(block.pairs) AS rarity
    FROM keys AS one JOIN keys AS other ON one.key = other.key
    JOIN (
        SELECT key, count(*) FILTER (side = 0) * count(*) FILTER (side = 1) AS pairs FROM keys GROUP BY key
    ) AS block ON block.key = one.key
    WHERE one.side = 0 AND other.side = 1 AND block.pairs BETWEEN 1 AND {MAX_BLOCK_PAIRS}
), weighed AS (
    SELECT left_one, right_one, sum(rarity) AS shared FROM met GROUP BY ALL
)
SELECT left_one, right_one FROM weighed
QUALIFY least(
    row_number() OVER (PARTITION BY left_one ORDER BY shared DESC, right_one),
    row_number() OVER (PARTITION BY right_one ORDER BY shared DESC, left_one)
) <= {MAX_CANDIDATES}
ORDER BY left_one, right_one
"""


def candidate_pairs(
    left: Sequence[MentionFeatures], right: Sequence[MentionFeatures], census: TermFrequencies
) -> Iterator[tuple[int, int]]:
    """Yield the places, in left and right, of the pairs that are worth comparing, in order."""
    import duckdb

    if not left or not right:
        return
    with tempfile.TemporaryDirectory(prefix="kg-linking-") as folder:
        path = Path(folder) / "keys.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            for side, sketches in enumerate((left, right)):
                for place, one in enumerate(sketches):
                    rows.writerows((side, place, key) for key in set(_keys(one, census)))
        with duckdb.connect(":memory:", config={"threads": 2}) as sql:
            sql.execute(
                "CREATE TABLE keys AS SELECT * FROM read_csv(?, auto_detect = false, header = false, delim = ',',"
                " quote = '\"', columns = {'side': 'UTINYINT', 'mention': 'INTEGER', 'key': 'VARCHAR'})",
                [str(path)],
            )
            found = sql.execute(_PAIRS)
            while batch := found.fetchmany(10_000):
                yield from batch


def _keys(one: MentionFeatures, census: TermFrequencies) -> Iterator[str]:
    for scheme, value in one.mention.identifiers:
        yield f"i {scheme} {value}"
    yield from _title_keys(one, census)
    yield from _person_keys(one)
    for key in one.people:
        for year in one.mention.years:
            yield from (f"p {key} {near}" for near in (year - 1, year, year + 1))


def _title_keys(one: MentionFeatures, census: TermFrequencies) -> Iterator[str]:
    common = max(MAX_WORD_FREQUENCY * census.size, 8)
    years = one.mention.years or (0,)
    for title in one.titles:
        yield f"t {title.full}"
        yield f"t {title.main}"
        rare = [word for word in title.words if census.words[word] <= common and len(word) > 1]
        yield from (f"w {word}" for word in rare)
        yield from (f"b {word} {after}" for word, after in zip(title.words, title.words[1:], strict=False))
        for year in years:
            # A misspelled title keeps its beginning or its end.
            yield f"s {title.full[:4]} {year}"
            yield f"e {title.full[-4:]} {year}"


def _person_keys(one: MentionFeatures) -> Iterator[str]:
    for words in one.persons:
        yield f"t {' '.join(sorted(words))}"
        yield f"n {words[-1]} {words[0][:1]}"
        yield f"n {words[0]} {words[-1][:3]}"


def all_pairs(left: Iterable[object], right: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Yield every pair, for sides of a few dozen."""
    return ((one, other) for one, _ in enumerate(left) for other in range(len(right)))
