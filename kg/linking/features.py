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
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations

from kg.files.scratch import temporary_directory
from kg.linking.model import Mention
from kg.linking.name_relations import may_be_one_credit
from kg.linking.names import Title, find_episode, parse_titles, person_words
from kg.sql import quote

NAME_REPETITION, WORD_REPETITION, PERSON_REPETITION, PRIOR_KEYS = 0.05, 0.5, 0.3, 100
"""How often a name, a word of a title or a person that was counted once is expected to occur again, before any was
counted; and the keys that this counts for.
"""
SEVERAL = 3
"""Works of one director and year that are likely episodes of a series."""
SIZE_OF_REPETITION = 1000
"""Mentions of a list in which names occur again so often; in a shorter one they do less."""
LETTERS_OF_GROUP, LENGTH_GROUPS = 4, 8
"""Keys are counted in groups of so many lengths; longer ones are in the last."""
MAX_BLOCK_PAIRS = 2_000
"""Pairs that one key may give."""
MAX_PEOPLE_KEYS = 12
"""People of a film by whom others are found, the rarest first."""
MAX_CANDIDATES, MAX_CANDIDATES_OF_LARGER = 6, 2
"""Pairs of one mention that are compared, and those of a mention of a side that is much larger than the other."""
MEMORY_LIMIT = "800MB"
"""What DuckDB may hold of the keys before it goes to disk."""
MAX_WORD_FREQUENCY = 0.004
"""A word of a larger share of a side is no key alone."""


@dataclass(frozen=True, slots=True)
class MentionFeatures:
    """What is compared of a mention, computed once.

    `people` is who is credited: key -> number of the person. A person has one key that the spellings of a name share
    and, once the person is linked, another that all names of the person share. `roles` is who is credited for what, by
    the same numbers. `episode` is the number of the season and of the episode, stated or in a title.
    """

    mention: Mention
    titles: tuple[Title, ...]
    persons: tuple[tuple[str, ...], ...]
    """The words of each name of a person."""
    people: Mapping[str, int]
    roles: Mapping[str, frozenset[int]]
    episode: tuple[int, int] | None = None

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
    to_keys = title_keys if is_person else person_keys
    people: dict[str, int] = {}
    roles: dict[str, set[int]] = {}
    for index, credit in enumerate(mention.credits):
        keys = [key for key in (*to_keys(credit.name), linked.get(credit.id, "")) if key]
        number = min((people[key] for key in keys if key in people), default=index)
        for key in keys:
            people.setdefault(key, number)
        if keys and credit.role:
            roles.setdefault(credit.role, set()).add(number)
    titles = (
        () if is_person else tuple(dict.fromkeys(title for name in _titles(mention) for title in parse_titles(name)))
    )
    persons = tuple(dict.fromkeys(filter(None, map(person_words, mention.names)))) if is_person else ()
    by_role = tuple((role, tuple(sorted(numbers))) for role, numbers in sorted(roles.items()))
    episode = mention.episode
    if episode is None and mention.kind == "film":
        episode = next(filter(None, map(find_episode, mention.names)), None)
    return MentionFeatures(mention, titles, persons, people, _to_roles(by_role), episode)


def _titles(mention: Mention) -> Iterator[str]:
    """The names of a film; those of an episode with its number as well, since its title may be that of the series."""
    yield from mention.names
    if mention.episode is not None and mention.episode[0]:
        season, episode = mention.episode
        yield from (f"{name} S{season}E{episode}" for name in mention.names if find_episode(name) is None)


@lru_cache(maxsize=1 << 12)
def _to_roles(roles: tuple[tuple[str, tuple[int, ...]], ...]) -> Mapping[str, frozenset[int]]:
    """Role -> numbers; one object for all mentions with these roles, since there may be a million."""
    return {role: frozenset(numbers) for role, numbers in roles}


@lru_cache(maxsize=1 << 17)
def title_keys(name: str) -> tuple[str, ...]:
    """A title as one key, and each title that is in brackets behind it."""
    return tuple(dict.fromkeys(title.full for title in parse_titles(name)))


@lru_cache(maxsize=1 << 17)
def person_keys(name: str) -> tuple[str, ...]:
    """Keys that the usual spellings of one person's name share: all words; the last name, or the one before it, which
    may be the first of two, with the first letter.

    >>> bool({*person_keys("F. W. Murnau")} & {*person_keys("Friedrich Wilhelm Murnau")} & {*person_keys("Murnau, F.")})
    True
    >>> bool({*person_keys("Pedro Almodóvar Caballero")} & {*person_keys("Almodóvar, Pedro")})
    True
    """
    words = person_words(name)
    if len(words) < 2:
        return words
    lasts = words[-2:] if len(words) > 2 and len(words[-2]) > 2 else words[-1:]
    keys = ("=" + " ".join(sorted(words)), *(f"{last} {words[0][0]}" for last in lasts))
    return tuple(map(sys.intern, keys))


def directors(features: MentionFeatures) -> list[str]:
    """The names of a film's directors."""
    return [credit.name for credit in features.mention.credits if credit.role == "director"]


def director_keys(features: MentionFeatures) -> Iterator[str]:
    """The keys of a film's directors that only the same full name has."""
    numbers = features.roles.get("director")
    if numbers:
        yield from (key for key, number in features.people.items() if number in numbers and key.startswith("="))


def have_other_directors(left: MentionFeatures, right: MentionFeatures) -> bool:
    """True when both sides name directors, and none of one can be one of the other."""
    ours, theirs = left.roles.get("director"), right.roles.get("director")
    if not ours or not theirs:
        return False
    shared = left.people.keys() & right.people.keys()
    if any(left.people[key] in ours and right.people[key] in theirs for key in shared):
        return False
    names = [[person_words(name) for name in directors(side)] for side in (left, right)]
    return not any(may_be_one_credit(a, b) for a in names[0] for b in names[1])


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
    parts: Counter[tuple[str, int]]
    """Titles with a subtitle, by the main title and the year; 0 where there is no year."""
    works: Counter[tuple[str, int]]
    """Films of a year by those directors who made `SEVERAL` of any years."""
    is_one_side: bool = False
    """True where both sides are one list, so that both mentions of a pair are counted in it."""

    def frequency(self, counts: Counter[str], key: str) -> float:
        """The share of a side that has the key without being the same entity.

        A single occurrence may be the same entity, so the chance of another one is that of any key to occur twice; in
        one list, two occurrences may be.
        """
        own = 2 if self.is_one_side else 1
        return max(counts[key] - own, 0) / self.size + self.frequency_of_unseen(counts, key)

    def frequency_of_unseen(self, counts: Counter[str], key: str) -> float:
        """The same for a key of this length that was counted once."""
        repetition = self._repetition[id(counts)]
        return repetition[min(len(key) // LETTERS_OF_GROUP, len(repetition) - 1)] / self.size

    def parts_near(self, main: str, years: Iterable[int]) -> int:
        """The number of titles with a subtitle that one side has of a main title, in these years or a year apart."""
        near = {year + difference for year in years for difference in (-1, 0, 1)} or {0}
        return sum(self.parts[main, year] for year in near)

    @cached_property
    def _repetition(self) -> Mapping[int, tuple[float, ...]]:
        """For each counter, how often a key that was counted once is expected to occur again, by its length."""
        of_names = NAME_REPETITION * min(self.size / SIZE_OF_REPETITION, 1)
        priors = (
            (self.names, of_names),
            (self.mains, of_names),
            (self.words, WORD_REPETITION),
            (self.people, PERSON_REPETITION),
        )
        return {id(counts): _repetitions(counts, prior) for counts, prior in priors}


def _repetitions(counts: Counter[str], prior: float) -> tuple[float, ...]:
    """The estimate of Good and Turing by the length of keys, smoothed by that of all keys, and this by a prior.

    Short titles occur again more often than long ones.
    """
    numbers = Counter((min(len(key) // LETTERS_OF_GROUP, LENGTH_GROUPS - 1), n) for key, n in counts.items() if n < 3)
    once, twice = (sum(numbers[group, n] for group in range(LENGTH_GROUPS)) for n in (1, 2))
    of_all = min((2 * twice + prior * PRIOR_KEYS) / (once + PRIOR_KEYS), 1.0)
    return tuple(
        min((2 * numbers[group, 2] + of_all * PRIOR_KEYS) / (numbers[group, 1] + PRIOR_KEYS), 1.0)
        for group in range(LENGTH_GROUPS)
    )


def count_terms(left: Sequence[MentionFeatures], right: Sequence[MentionFeatures]) -> TermFrequencies:
    """The counts of both sides; for each key the larger count, since either side may be a small excerpt.

    If `right` is `left`, both are one list.
    """
    ours, theirs = _count_side(left), _count_side(() if right is left else right)
    return TermFrequencies(
        max(ours.size, theirs.size),
        ours.names | theirs.names,
        ours.mains | theirs.mains,
        ours.words | theirs.words,
        ours.years | theirs.years,
        ours.people | theirs.people,
        ours.parts | theirs.parts,
        ours.works | theirs.works,
        is_one_side=right is left,
    )


def _count_side(side: Sequence[MentionFeatures]) -> TermFrequencies:
    size = 0
    names: Counter[str] = Counter()
    mains: Counter[str] = Counter()
    words: Counter[str] = Counter()
    years: Counter[int] = Counter()
    people: Counter[str] = Counter()
    parts: Counter[tuple[str, int]] = Counter()
    for features in side:
        size += 1
        names.update(set(features.keys))
        mains.update({title.main for title in features.titles})
        words.update({word for title in features.titles for word in title.words})
        words.update({word for person in features.persons for word in person})
        years.update(set(features.mention.years[:1]))
        people.update(features.people.keys())
        year = next(iter(features.mention.years), 0)
        parts.update({(title.main, year) for title in features.titles if title.subtitle})
    several = {key for key, count in people.items() if count >= SEVERAL}
    works = Counter(
        (key, year)
        for features in side
        for year in features.mention.years[:1]
        for key in director_keys(features)
        if key in several
    )
    return TermFrequencies(size, names, mains, words, years, people, parts, works)


RARITY_UNITS = 1_000
"""Sums of whole numbers are the same in any order, and so are the pairs."""
_PAIRS = f"""
WITH shared AS (
    SELECT ours.mention AS left_number, theirs.mention AS right_number, block.rarity
    FROM keys AS ours JOIN keys AS theirs ON ours.key = theirs.key
    JOIN (
        SELECT key, pairs, CAST((12 - ln(pairs)) * {RARITY_UNITS} AS INTEGER) AS rarity FROM (
            SELECT key, count(*) FILTER (side = 0) * count(*) FILTER (side = 1) AS pairs FROM keys GROUP BY key)
        WHERE pairs BETWEEN 1 AND {MAX_BLOCK_PAIRS}
    ) AS block ON block.key = ours.key
    WHERE ours.side = 0 AND theirs.side = 1
), weighed AS (
    SELECT left_number, right_number, sum(rarity) AS weight FROM shared GROUP BY ALL
)
SELECT left_number, right_number FROM weighed
QUALIFY row_number() OVER (PARTITION BY left_number ORDER BY weight DESC, right_number) <= $left_pairs
    OR row_number() OVER (PARTITION BY right_number ORDER BY weight DESC, left_number) <= $right_pairs
ORDER BY left_number, right_number
"""


def candidate_pairs(
    left: Sequence[MentionFeatures], right: Sequence[MentionFeatures], frequencies: TermFrequencies
) -> Iterator[tuple[int, int]]:
    """Yield the indices in left and right of the pairs that are worth comparing, in order."""
    import duckdb

    if not left or not right:
        return
    with temporary_directory("linking") as folder:
        path = folder / "keys.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            for number, side in enumerate((left, right)):
                # One of the sides, the smaller, gives keys of the years around its own as well.
                is_wide = (number == 1) == (len(right) <= len(left))
                for index, features in enumerate(side):
                    keys = set(_blocking_keys(features, frequencies, is_wide=is_wide))
                    rows.writerows((number, index, key) for key in keys)
        with duckdb.connect(":memory:", config={"threads": 2}) as sql:
            sql.execute("SET enable_progress_bar = false")
            sql.execute("SET preserve_insertion_order = false")
            sql.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
            sql.execute(f"SET temp_directory = {quote(folder)}")
            sql.execute(
                "CREATE TABLE keys AS SELECT * FROM read_csv(?, auto_detect = false, header = false, delim = ',',"
                " quote = '\"', columns = {'side': 'UTINYINT', 'mention': 'INTEGER', 'key': 'VARCHAR'})",
                [str(path)],
            )
            pairs = sql.execute(_PAIRS, {"left_pairs": _pairs_of(left, right), "right_pairs": _pairs_of(right, left)})
            while batch := pairs.fetchmany(10_000):
                yield from batch


def _pairs_of(side: Sequence[MentionFeatures], other: Sequence[MentionFeatures]) -> int:
    """The pairs of one mention of a side that are compared."""
    return MAX_CANDIDATES_OF_LARGER if len(side) > 2 * len(other) else MAX_CANDIDATES


def _blocking_keys(features: MentionFeatures, frequencies: TermFrequencies, *, is_wide: bool) -> Iterator[str]:
    for scheme, value in features.mention.identifiers:
        yield f"i {scheme} {value}"
    yield from _title_keys(features, frequencies, is_wide=is_wide)
    yield from _person_keys(features)
    people = sorted(features.people, key=lambda key: (frequencies.people[key], key))[:MAX_PEOPLE_KEYS]
    for key in people:
        yield f"p {key}"
        for year in features.mention.years[:3]:
            yield from (f"p {key} {near}" for near in _near_years(year, is_wide=is_wide))
    yield from (f"p {one} {other}" for one, other in combinations(sorted(people[:4]), 2))


def _near_years(year: int, *, is_wide: bool) -> tuple[int, ...]:
    """The years of which a side gives keys: sources differ by a year."""
    return (year - 1, year, year + 1) if is_wide else (year,)


def _title_keys(features: MentionFeatures, frequencies: TermFrequencies, *, is_wide: bool) -> Iterator[str]:
    limit = max(MAX_WORD_FREQUENCY * frequencies.size, 8)
    years = {near for year in features.mention.years[:3] for near in _near_years(year, is_wide=is_wide)} or {0}
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
        yield f"s {title.full[:8]}"
        yield f"e {title.full[-8:]}"


def _person_keys(features: MentionFeatures) -> Iterator[str]:
    for words in features.persons:
        yield f"t {' '.join(sorted(words))}"
        yield f"n {words[-1]} {words[0][:1]}"
        yield f"n {words[0]} {words[-1][:3]}"
        full = "".join(words)
        yield from (f"s {full[:6]}", f"e {full[-6:]}")
