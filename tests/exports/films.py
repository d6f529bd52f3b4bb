"""Projects with films that have ids in Wikidata, and their exports."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from pyoxigraph import QuerySolutions, RdfFormat, Store

from kg.cli import main
from kg.filmgraph import FilmGraph
from kg.loaded_graph import open_local_graph
from kg.pipeline.build import build
from tests.importers.import_project import ROOT

SOURCES = """\
trade-paper:
  title: Trade paper
  address: https://trade.example/anora
  language: en
  date: 2024-11
rumour:
  title: What people say
wikidata:
  title: Wikidata
  address: https://www.wikidata.org/
"""

ANORA = """\
source: trade-paper

anora:
  record: page-1
  retrieved: 2026-01-31
  type: FeatureFilm
  label: Anora
  alias: {value: Анора, lang: ru}
  description: 2024 film by Sean Baker
  wikidataId: Q115564437
  imdbId: tt28607951
  director: sean-baker
  runningTime: 139
  cinematographer: drew-daniels
  castCredit:
    - {agent: mikey-madison, character: ani}
  release:
    - {date: 2024-10-18, territory: united-states, medium: theatrical}
  recognition:
    - {outcome: won, award: best-actress, recipient: mikey-madison, date: 2025-03-02}
    - {outcome: won, award: palme-dor, date: 2024-05}
  boxOffice:
    - {amount: 57.4, currency: USD, asOf: 2025}
ani: {record: page-1, type: Character, label: Ani, characterIn: anora}
sean-baker: {record: page-2, type: Person, label: Sean Baker, wikidataId: Q1350329, birthDate: 1971-02-26}
mikey-madison: {record: page-2, type: Person, label: Mikey Madison, wikidataId: Q27734246}
drew-daniels: {record: page-2, type: Person, label: Drew Daniels}
united-states: {record: page-3, type: Place, kind: country, label: United States, wikidataId: Q30}
best-actress: {record: page-3, type: Award, label: Academy Award for Best Actress, wikidataId: Q103618}
palme-dor: {record: page-3, type: Award, label: Palme d'Or, wikidataId: Q179808}
"""


@dataclass(frozen=True)
class Films:
    """A project with our ontology, and files of its own."""

    folder: Path

    @classmethod
    def at(cls, folder: Path, **files: str) -> Films:
        shutil.copytree(ROOT / "ontology", folder / "ontology", ignore=shutil.ignore_patterns("shapes-*"))
        (folder / "queries").mkdir()
        films = cls(folder)
        films.write("data/sources.yaml", SOURCES)
        for name, text in files.items():
            films.write(f"data/{name}.yaml", text)
        return films

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")

    def run(self, *words: str) -> int:
        return main([*words, "--project", str(self.folder)])

    def open(self) -> FilmGraph:
        report = build(self.folder)
        assert report, "\n".join(map(str, report))
        return open_local_graph(self.folder)

    def export(self, format: str) -> str:
        return self.open().export_text(format)


def loaded(turtle: str) -> Store:
    """A store with the triples of a text."""
    store = Store()
    store.load(turtle.encode(), format=RdfFormat.TURTLE)
    return store


PREFIXES = """\
PREFIX wd: <http://www.wikidata.org/entity/> PREFIX wdt: <http://www.wikidata.org/prop/direct/>
PREFIX p: <http://www.wikidata.org/prop/> PREFIX ps: <http://www.wikidata.org/prop/statement/>
PREFIX psv: <http://www.wikidata.org/prop/statement/value/> PREFIX pq: <http://www.wikidata.org/prop/qualifier/>
PREFIX pr: <http://www.wikidata.org/prop/reference/> PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX wikibase: <http://wikiba.se/ontology#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""


def rows(store: Store, query: str) -> list[tuple[str, ...]]:
    """The rows of a SELECT: the local names of IRIs, the texts of literals."""
    solutions = store.query(PREFIXES + query)
    assert isinstance(solutions, QuerySolutions)
    return sorted(tuple(_short(term) for term in row) for row in solutions)


def _short(term: object) -> str:
    return "" if term is None else str(getattr(term, "value", term)).rpartition("/")[2].rpartition("#")[2]
