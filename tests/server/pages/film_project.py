"""A project with the complete ontology and all stored queries, a few films, and one source with its text."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pytest

import kg
from kg.project import Project, find_project

ROOT = Path(__file__).resolve().parents[3]
TEXT = (
    "Tangerine is a 2015 American comedy-drama film directed by Sean Baker. It stars Mya Taylor as Alexandra. "
    "It was first shown on January 23, 2015 at Sundance, and won the Audience Prize at the Gotham Awards. "
    "It took in $924,793 worldwide, of which $702,354 in the United States. Critics gave it 8.6 of 10. "
    "Baker said that a telephone is enough of a camera."
)
HOSTILE = "<script>alert('kg')</script> & \"quoted\" <img src=x onerror=alert(1)>"


def span_of(words: str) -> str:
    """The span of words in the text, as fact files write it."""
    start = TEXT.index(words)
    return f"{start}-{start + len(words)}"


def _facts() -> str:
    """The facts, each `~words~` in their template replaced by the span of these words."""
    return re.sub(r"~([^~]*)~", lambda match: span_of(match[1]), _TEMPLATE)


_TEMPLATE = """\
source: paper

tangerine:
  type: {value: FeatureFilm, at: ~Tangerine is~}
  label: {value: Tangerine, at: ~Tangerine~}
  year: {value: 2015, at: ~2015~}
  genre: {value: comedy-drama, at: ~comedy-drama~}
  director: {value: sean-baker, at: ~Sean Baker~}
  castCredit:
    id: mya-taylor
    at: ~It stars Mya Taylor as Alexandra~
    agent: {value: mya-taylor, at: ~Mya Taylor~}
    role: {value: leading, at: ~It stars~, paraphrase: true}
    character: {value: alexandra, at: ~Alexandra~}
  screening:
    id: first
    kind: premiere
    at: ~first shown on January 23, 2015~
    date: {value: 2015-01-23, at: "~January 23, 2015~"}
    eventSeries: {value: sundance, at: ~Sundance~}
  recognition:
    id: audience-prize
    outcome: won
    at: ~Audience Prize at the Gotham Awards~
    award: {value: audience-prize, at: ~Audience Prize~}
  boxOffice:
    - id: worldwide
      at: ~$924,793 worldwide~
      amount: {value: 924793, at: "~$924,793~"}
      currency: USD
      territory: {value: worldwide, at: ~worldwide~}
      period: {value: total, paraphrase: true}
    - id: usa
      at: ~$702,354 in the United States~
      amount: {value: 702354, at: "~$702,354~"}
      currency: USD
      territory: {value: united-states, at: ~United States~}
      period: {value: total, paraphrase: true}
  rating:
    id: critics
    at: ~Critics gave it 8.6 of 10~
    givenBy: critics-board
    score: {value: 8.6, at: ~8.6~}
    scale: {value: 10, at: ~10~}

sean-baker:
  type: Person
  label: {value: Sean Baker, at: ~Sean Baker~}
  statement:
    id: telephone
    at: ~Baker said that a telephone is enough of a camera~
    claim: {value: a telephone is enough of a camera, at: ~a telephone is enough of a camera~}
    about: {value: tangerine, paraphrase: true}

mya-taylor: {type: Person, label: {value: Mya Taylor, at: ~Mya Taylor~}}
alexandra: {type: Character, label: Alexandra, characterIn: tangerine}
meeting:
  at: ~It stars Mya Taylor as Alexandra~
  type: PlotEvent
  label: {value: they meet, paraphrase: true}
  inPlotOf: {value: tangerine, paraphrase: true}
  position: {value: 10, paraphrase: true}
parting: {type: PlotEvent, label: they part, inPlotOf: tangerine, position: 20, agent: alexandra}
audience-prize: {type: Award, label: Audience Prize, awardOf: gotham-awards}
sundance: {type: EventSeries, kind: festival, label: Sundance Film Festival}
gotham-awards: {type: EventSeries, kind: awards, label: Gotham Awards}
comedy-drama: {type: Genre, label: comedy-drama}
worldwide: {type: Place, kind: territory, label: worldwide}
united-states: {type: Place, kind: country, label: United States}
critics-board: {type: Organisation, kind: review aggregator, label: Critics' Board}

---
source: fan-site

tangerine:
  genre: christmas-film
  recognition:
    - {outcome: [nominated, lost], award: best-film, recipient: sean-baker}
    - {id: gotham, outcome: nominated, count: 4, eventSeries: gotham-awards}
  boxOffice:
    id: worldwide-later
    amount: {value: 950000, as_of: 2016-01-01}
    currency: USD
    territory: worldwide
    period: total

best-film: {type: Award, label: Best Film, awardOf: gotham-awards}
christmas-film: {type: Genre, label: Christmas film}
red-rocket: {type: FeatureFilm, label: Red Rocket, director: sean-baker, year: 2021}
hostile:
  type: FeatureFilm
  label: |-
    HOSTILE
  director: sean-baker
  homepage: 1
"""


def make_film_project(folder: Path) -> Project:
    """The project, built; its text is in `source-texts`."""
    for name in ("ontology", "queries"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "data").mkdir()
    (folder / "source-texts").mkdir()
    (folder / "source-texts/paper.txt").write_bytes(TEXT.encode())
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    sources = f"paper: {{title: A newspaper, file: paper.txt, sha256: {digest}}}\nfan-site: {{title: A fan site}}\n"
    (folder / "data/sources.yaml").write_text(sources, encoding="utf-8")
    facts = _facts().replace("    HOSTILE", f"    {HOSTILE}").replace("  homepage: 1\n", "")
    (folder / "data/films.yaml").write_text(facts, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        # Another test may have set the folder of its own texts.
        patch.delenv("KG_TEXTS", raising=False)
        report = kg.build(folder)
    assert report, "\n".join(map(str, report))
    return find_project(folder)
