"""How long a search takes among 100,000 names, and whether it finds what was meant; beside RapidFuzz over all names.

    python benchmarks/searching.py [--names 100000]

The names are made of few syllables, so that their pieces are far commoner than those of real ones. What is looked for
is a name as it stands, its beginning, a word of it, with a letter lost, changed or swapped, and its words turned round.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from pyoxigraph import Literal, NamedNode, Quad, Store
from rapidfuzz import fuzz, process, utils

from kg import vocabulary as vocab
from kg.lookup.name_search import NameIndex, open_name_index
from kg.terms import LABEL, TYPE, entity_iri

SYLLABLES = (*(consonant + vowel for consonant in "bklmnrstv" for vowel in "aeio"), "an", "el", "in", "or")
LIMIT = 0.05
"""Seconds that a search may take: nineteen of twenty take less."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is typed, and the name that is meant."""

    kind: str
    typed: str
    meant: str


def names(count: int, luck: random.Random) -> list[str]:
    """Distinct names of two to four words, as films and people have them."""
    found: dict[str, None] = {}
    while len(found) < count:
        words = ("".join(luck.choices(SYLLABLES, k=luck.randint(2, 4))).title() for _ in range(luck.randint(2, 4)))
        found[" ".join(words)] = None
    return list(found)


def typed(all_names: list[str], count: int, luck: random.Random) -> Iterator[Asked]:
    for name in luck.sample(all_names, count):
        at = luck.randrange(1, len(name) - 1)
        yield Asked("as it stands", name, name)
        yield Asked("its beginning", name[: max(6, len(name) // 2)], name)
        yield Asked("a word of it", luck.choice(name.split()), name)
        yield Asked("a letter lost", name[:at] + name[at + 1 :], name)
        yield Asked("a letter changed", name[:at] + "w" + name[at + 1 :], name)
        yield Asked("two letters swapped", name[:at] + name[at + 1] + name[at] + name[at + 2 :], name)
        yield Asked("words turned round", " ".join(reversed(name.split())), name)


def fill(all_names: list[str]) -> Store:
    store = Store()
    films = [(entity_iri(f"film-{number}"), name) for number, name in enumerate(all_names)]
    store.bulk_extend(Quad(film, LABEL, Literal(name)) for film, name in films)
    store.bulk_extend(Quad(film, TYPE, NamedNode(vocab.Film.value)) for film, _ in films)
    return store


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def report(index: NameIndex, all_names: list[str], asked: list[Asked]) -> bool:
    print("| what is typed | found among the first ten | first | median | 95th of 100 |\n|---|---|---|---|---|")
    every = []
    for kind in dict.fromkeys(one.kind for one in asked):
        of_kind = [one for one in asked if one.kind == kind]
        took = [timed(lambda one=one: index.search(one.typed)) for one in of_kind]  # type: ignore[misc]
        ranked = [[match.name for match in index.search(one.typed)] for one in of_kind]
        found = sum(one.meant in ten for one, ten in zip(of_kind, ranked, strict=True))
        first = sum(ten[:1] == [one.meant] for one, ten in zip(of_kind, ranked, strict=True))
        of = len(of_kind)
        print(f"| {kind} | {found} of {of} | {first} | {median(took) * 1000:.1f} ms | {_slow(took) * 1000:.1f} ms |")
        every += took
    folded = [utils.default_process(name) for name in all_names]
    few = [one.typed for one in asked[:21]]
    ours = median(timed(lambda words=words: index.search(words)) for words in few)  # type: ignore[misc]
    other = median(timed(lambda words=words: _over_all(words, folded)) for words in few)  # type: ignore[misc]
    slow = f"95th of 100 {_slow(every) * 1000:.1f} ms (limit {LIMIT * 1000:.0f} ms)"
    print(f"\nAll: median {median(every) * 1000:.1f} ms, {slow}")
    print(f"RapidFuzz over all names: {other * 1000:.0f} ms, {other / ours:.0f} times as long")
    return _slow(every) < LIMIT


def _over_all(words: str, folded: list[str]) -> object:
    return process.extract(words, folded, scorer=fuzz.WRatio)


def _slow(took: list[float]) -> float:
    return quantiles(took, n=20)[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=100)
    options = parser.parse_args()
    luck = random.Random(24)
    all_names = names(options.names, luck)
    store = fill(all_names)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        index = open_name_index(Path(folder), store)
        print(f"{options.names:,} names: the index is made in {time.perf_counter() - began:.1f} s, "
              f"{(Path(folder) / 'names.sqlite').stat().st_size >> 20} MB\n")  # fmt: skip
        return 0 if report(index, all_names, list(typed(all_names, options.times, luck))) else 1


if __name__ == "__main__":
    raise SystemExit(main())
