"""A project with several independent mistakes has the findings of each of them at once: no finding hides another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.pipeline.build import check
from kg.reports import Severity
from tests.projects import ROOT, SmallProject

TEXT = """\
The Last Ferry, directed by Inês Carvalho, was made in Portugal and was released in France by Lusomundo on
14 March 2019. It runs 94 minutes and cost €1.2 million. Beatriz Lopes plays Dulce. It won the Golden Leopard. Rui
Costa wrote it. It took $2 million worldwide. The Guardian gave it four stars out of five. Ana Reis produced it.
"""
FACTS = """\
source: article

The Last Ferry:
  type: FeatureFilm
  at: The Last Ferry, directed by Inês Carvalho
  director: Inês Carvalho
  writer: {value: Rui Costa, at: Rui Costa wrote it}
  producer: {value: Ana Reis, at: Ana Reis produced it}
  year: {value: 2019, at: 14 March 2019}
  country: {value: Portugal, at: made in Portugal}
  runtime: {value: 94 min, at: 94 minutes}
  budget: {value: €1.2 million, at: cost €1.2 million}
  gross: {worldwide: $2 million, at: It took $2 million worldwide}
  release: {France: 14 March 2019, distributor: Lusomundo, at: released in France by Lusomundo on 14 March 2019}
  cast: {Beatriz Lopes: Dulce, at: Beatriz Lopes plays Dulce}
  awards: {value: Golden Leopard, at: won the Golden Leopard}
  review: {outlet: The Guardian, score: 4/5, at: The Guardian gave it four stars out of five}

Night Boat:
  type: FeatureFilm
  director: Inês Carvalho
  year: 2021
  runtime: 81 min
  country: Portugal
  budget: {amount: 2000000, currency: EUR}
  screening: {kind: premiere, eventSeries: Porto Festival, date: 2021-03-02}
  recognition:
    - {outcome: won, award: Best Film, eventSeries: Sophia Awards, year: 2021, recipient: Inês Carvalho}
    - {outcome: nominated, count: 2, eventSeries: Lisbon Awards}
  castCredit: {agent: Beatriz Lopes, character: Luz}
  release:
    - {territory: Portugal, date: 2021-04-01}
    - {territory: Spain, date: 2021-05-01, cinemas: 20}
  review: {Metacritic: 77, IMDb: 7.1}

ines-carvalho: {type: Person, label: Inês Carvalho, birthDate: 1970-02-01}
porto: {type: Place, kind: city, label: Porto}
Porto Festival: {type: EventSeries, kind: festival}
Sophia Awards: {type: EventSeries, kind: awards}
Lisbon Awards: {type: EventSeries, kind: awards}
---
source: notes
The Last Ferry:
  budget: €1.5 million
  editor: Rui Costa
---
source: notes
The Third Film:
  type: FeatureFilm
  director: Ana Reis
  year: 1990
"""
TABLE = "subject,property,value,source\nporto,description,a city,notes\nporto,alias,Oporto,notes\n"
MISTAKES = {
    "type: FeatureFilm\n  at": "type: FeatureFlim\n  at",
    "  type: FeatureFilm\n  director: Inês": "  type: Movie\n  director: Inês",
    "at: The Last Ferry, directed": "at: The Lost Ferry, directed",
    "writer: {": "wirter: {",
    "value: Ana Reis": "value: Ana Roes",
    "year: {value: 2019": "year: {value: 2O19",
    "country: {": "contry: {",
    "value: 94 min": "value: 94 m",
    "€1.2 million, at: cost": "1.2 million doubloons, at: cots",
    "$2 million, at": "$2 milion, at",
    "France: 14 March 2019, d": "France: 14 Marhc 2019, d",
    "distributor: L": "distributer: L",
    "at: Beatriz Lopes": "at: Beatriz Lopez",
    "{value: Golden Leopard,": "{value: Golden Leopard, lnag: en,",
    "outlet:": "outlt:",
    "score: 4/5": "score: four",
    "runtime: 81 min": "runtime: -5",
    "country: Portugal\n": "country: [[Portugal]]\n",
    "year: 2021\n": "year: {value: 2021, rank: best}\n",
    "amount: 2000000": "amount: -2000000",
    "currency: EUR}": "currency: EURO}",
    "kind: premiere": "kind: premeire",
    "date: 2021-03-02": "date: 2021-13-02",
    "outcome: won": "outcome: one",
    "outcome: nominated": "outcom: nominated",
    "agent: B": "agnet: B",
    "character: Luz": "charactr: Luz",
    "territory: Portugal": "teritory: Portugal",
    "date: 2021-05-01": "date: 1 Mai 2021",
    "Metacritic: 77": "Metacritc: 77",
    "birthDate: 1970-02-01": "birthDate: 1970-02-31",
    "kind: city": "kind: cty",
    "€1.5 million\n": "€1.5 milion\n",
    "source: notes\nThe Third": "source: note\nThe Third",
    "year: 1990": "yeer: 1990",
    "---\nsource: notes\nThe Last Ferry:\n": "---\nsource: notes\nThe Last Ferry:\n  dierctor: 12\n",
    "a city,notes": "a city,note",
    "porto,alias": "porto,allias",
}
"""What is right -> the mistake in its place."""
SYNTAX_ERRORS = {
    "  writer: {": "\twriter: {",
    "cast: {Beatriz Lopes: Dulce,": "cast: {Beatriz Lopes: Dulce",
    "  runtime: 81 min\n": "  runtime 81 min\n",
    "year: 1990": "year: [1990",
}


@cache
def project() -> SmallProject:
    folder = TemporaryDirectory()
    films = SmallProject(Path(folder.name))
    films.keep_folder = folder  # type: ignore[attr-defined]
    (films.folder / "ontology/film.ttl").unlink()
    for path in (ROOT / "ontology").glob("*.ttl"):
        films.write(f"ontology/{path.name}", path.read_bytes())
    films.write("texts/article.txt", TEXT)
    films.write("data/sources.yaml", "article: {title: An article, file: article.txt}\nnotes: {title: Notes}\n")
    return films


def lines(mistakes: Iterable[str]) -> Counter[str]:
    """The lines of the violations in the project with these mistakes, each with their number."""
    facts, table = FACTS, TABLE
    for right in sorted(mistakes):
        wrong = {**MISTAKES, **SYNTAX_ERRORS}[right]
        assert facts.count(right) + table.count(right) >= 1, right
        facts, table = facts.replace(right, wrong, 1), table.replace(right, wrong, 1)
    added = "  dierctor" in facts  # a line more
    films = project()
    films.write("data/facts.yaml", facts)
    films.write("data/more.csv", table)
    violations = [finding for finding in check(films.project) if finding.severity is Severity.VIOLATION]
    places = [(place.file, place.line or 0) for place in (finding.place for finding in violations) if place is not None]
    assert len(places) == len(violations)
    line = FACTS[: FACTS.index("  editor")].count("\n")
    moved = [number - (added and file.endswith(".yaml") and number > line) for file, number in places]
    return Counter(f"{file}:{number}" for (file, _), number in zip(places, moved, strict=True))


@cache
def lines_of(mistake: str) -> Counter[str]:
    return lines([mistake])


def total(mistakes: Iterable[str]) -> Counter[str]:
    return sum(map(lines_of, mistakes), Counter())


def test_the_project_is_right_and_each_mistake_is_found() -> None:
    assert not lines([])
    assert [mistake for mistake in (*MISTAKES, *SYNTAX_ERRORS) if not lines_of(mistake)] == []


def test_all_mistakes_are_found_at_once() -> None:
    assert lines(MISTAKES) >= total(MISTAKES)


@settings(max_examples=12)
@given(st.sets(st.sampled_from(sorted(MISTAKES)), min_size=2, max_size=6))
def test_no_mistake_hides_another(mistakes: set[str]) -> None:
    assert lines(mistakes) >= total(mistakes)


@pytest.mark.parametrize("error", SYNTAX_ERRORS)
def test_an_error_of_yaml_hides_no_mistake_elsewhere(error: str) -> None:
    line = FACTS[: FACTS.index(error)].count("\n")
    others = [m for m in MISTAKES if m not in TABLE and FACTS[: FACTS.index(m)].count("\n") != line]
    others = [m for m in others if error not in m and m not in error and "dierctor" not in MISTAKES[m]]
    assert lines([error, *others]) >= total([error, *others])
