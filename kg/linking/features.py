"""What is compared of a mention, the term frequencies of both sides, and blocking: which pairs are compared at all.

The weight of an agreement depends on how many other entities would agree as well: two films called *Hamlet* are weak
evidence, two called *Anora* nearly certain. So the weights of names, years and people come from counts of both sides
(the term-frequency adjustment of Fellegi and Sunter, "A Theory for Record Linkage", 1969, and Winkler, 1990), and
nothing is fitted to known answers.

Blocking: each mention gives keys, such as its name, a rare word, or a person with a year; pairs with a key in common
are joined in DuckDB. A key that too many mentions share is skipped; of the pairs of one mention those with the rarest
keys are compared.
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
"""The share of entities that have another's name, as in large catalogues; small ones have fewer."""
MAX_BLOCK_PAIRS = 2_000
"""Pairs that one key may give."""
MAX_CANDIDATES = 10
"""Pairs of one mention that are compared."""
MAX_WORD_FREQUENCY = 0.004
"""A word of a larger share of a side is no key alone."""


@dataclass(frozen=True, slots=True)
class MentionFeatures:
    """What is compared of a mention, computed once.

    `people` is who is credited: key -> number of the person. A person has one key that the spellings of a name share
    and, once the person is linked, another that all names of the person share. `roles` is who is credited for what, by
    the same numbers.
    """

    mention: Mention
    titles: tuple[Title, ...]
    persons: tuple[tuple[str, ...], ...]
    """The words of each name of a person."""
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
    """The features of a mention; `linked` maps the ids of people that are linked already to a key of their own."""
    linked = linked or {}
    is_person = mention.kind == "person"
    to_key = title_key if is_person else person_key
    people: dict[str, int] = {}
    roles: dict[str, set[int]] = {}
    for index, credit in enumerate(mention.credits):
        keys = [key for key in (to_key(credit.name), linked.get(credit.id, "")) if key]
        number = min((people[key] for key in keys if key in people), default=index)
        for key in keys:
            people.setdefault(key, number)
        if keys and credit.role:
            roles.setdefault(credit.role, set()).add(number)
    titles = () if is_person else tuple(dict.fromkeys(title for name in mention.names for title in parse_titles(name)))
    persons = tuple(dict.fromkeys(filter(None, map(person_words, mention.names)))) if is_person else ()
    return MentionFeatures(
        mention, titles, persons, people, {role: frozenset(numbers) for role, numbers in roles.items()}
    )


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
    """How often names, words, years and people occur among the mentions of both sides; `size` is the larger side."""

    size: int
    names: Counter[str]
    mains: Counter[str]
    """Titles without their subtitles."""
    words: Counter[str]
    years: Counter[int]
    people: Counter[str]

    def frequency(self, counts: Counter[str], key: str) -> float:
        """The share of a side that has the key; a key that does not occur counts as if it occurred once."""
        return max(counts[key], 1) / self.size

    def homonym_frequency(self, name: str) -> float:
        """The share of a side that has this name without being the same entity.

        A single occurrence may be the same entity, so the chance of another is that of any name to occur twice.
        """
        return (max(self.names[name], 1) - 1 + self.homonym_rate) / self.size

    @cached_property
    def homonym_rate(self) -> float:
        """The share of entities whose name another entity has as well; at least `MIN_HOMONYM_RATE`."""
        shared = sum(count for count in self.names.values() if count > 1)
        return max(MIN_HOMONYM_RATE, min(1.0, shared / self.size))


def count_terms(left: Iterable[MentionFeatures], right: Iterable[MentionFeatures]) -> TermFrequencies:
    """The counts of both sides; for each key the larger count, since either side may be a small excerpt."""
    ours, theirs = _count_side(left), _count_side(right)
    return TermFrequencies(
        max(ours.size, theirs.size),
        ours.names | theirs.names,
        ours.mains | theirs.mains,
        ours.words | theirs.words,
        ours.years | theirs.years,
        ours.people | theirs.people,
    )


def _count_side(side: Iterable[MentionFeatures]) -> TermFrequencies:
    size = 0
    names: Counter[str] = Counter()
    mains: Counter[str] = Counter()
    words: Counter[str] = Counter()
    years: Counter[int] = Counter()
    people: Counter[str] = Counter()
    for features in side:
        size += 1
        names.update(set(features.keys))
        mains.update({title.main for title in features.titles})
        words.update({word for title in features.titles for word in title.words})
        words.update({word for person in features.persons for word in person})
        years.update(set(features.mention.years[:1]))
        people.update(features.people.keys())
    return TermFrequencies(size, names, mains, words, years, people)


_PAIRS = f"""
WITH shared AS (
    SELECT ours.mention AS left_number, theirs.mention AS right_number, 12 - ln(block.pairs) AS rarity
    FROM keys AS ours JOIN keys AS theirs ON ours.key = theirs.key
    JOIN (
        SELECT key, count(*) FILTER (side = 0) * count(*) FILTER (side = 1) AS pairs FROM keys GROUP BY key
    ) AS block ON block.key = ours.key
    WHERE ours.side = 0 AND theirs.side = 1 AND block.pairs BETWEEN 1 AND {MAX_BLOCK_PAIRS}
), weighed AS (
    SELECT left_number, right_number, sum(rarity) AS weight FROM shared GROUP BY ALL
)
SELECT left_number, right_number FROM weighed
QUALIFY least(
    row_number() OVER (PARTITION BY left_number ORDER BY weight DESC, right_number),
    row_number() OVER (PARTITION BY right_number ORDER BY weight DESC, left_number)
) <= {MAX_CANDIDATES}
ORDER BY left_number, right_number
"""


def candidate_pairs(
    left: Sequence[MentionFeatures], right: Sequence[MentionFeatures], frequencies: TermFrequencies
) -> Iterator[tuple[int, int]]:
    """Yield the indices in left and right of the pairs that are worth comparing, in order."""
    import duckdb

    if not left or not right:
        return
    with tempfile.TemporaryDirectory(prefix="kg-linking-") as folder:
        path = Path(folder) / "keys.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            for number, side in enumerate((left, right)):
                for index, features in enumerate(side):
                    rows.writerows((number, index, key) for key in set(_blocking_keys(features, frequencies)))
        with duckdb.connect(":memory:", config={"threads": 2}) as sql:
            sql.execute("SET enable_progress_bar = false")
            sql.execute(
                "CREATE TABLE keys AS SELECT * FROM read_csv(?, auto_detect = false, header = false, delim = ',',"
                " quote = '\"', columns = {'side': 'UTINYINT', 'mention': 'INTEGER', 'key': 'VARCHAR'})",
                [str(path)],
            )
            pairs = sql.execute(_PAIRS)
            while batch := pairs.fetchmany(10_000):
                yield from batch


def _blocking_keys(features: MentionFeatures, frequencies: TermFrequencies) -> Iterator[str]:
    for scheme, value in features.mention.identifiers:
        yield f"i {scheme} {value}"
    yield from _title_keys(features, frequencies)
    yield from _person_keys(features)
    for key in features.people:
        for year in features.mention.years:
            yield from (f"p {key} {near}" for near in (year - 1, year, year + 1))


def _title_keys(features: MentionFeatures, frequencies: TermFrequencies) -> Iterator[str]:
    limit = max(MAX_WORD_FREQUENCY * frequencies.size, 8)
    years = features.mention.years or (0,)
    for title in features.titles:
        yield f"t {title.full}"
        yield f"t {title.main}"
        rare = [word for word in title.words if frequencies.words[word] <= limit and len(word) > 1]
        yield from (f"w {word}" for word in rare)
        yield from (f"b {word} {after}" for word, after in zip(title.words, title.words[1:], strict=False))
        for year in years:
            # A misspelt title still has its beginning or its end.
            yield f"s {title.full[:4]} {year}"
            yield f"e {title.full[-4:]} {year}"


def _person_keys(features: MentionFeatures) -> Iterator[str]:
    for words in features.persons:
        yield f"t {' '.join(sorted(words))}"
        yield f"n {words[-1]} {words[0][:1]}"
        yield f"n {words[0]} {words[-1][:3]}"
