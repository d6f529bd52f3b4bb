"""A build after changes equals a build of the same files from nothing: exports, tables, lookup store and findings."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from kg.exports.rdf import export_rdf
from kg.graph.snapshot_file import SnapshotFile
from kg.graph.store import open_build
from kg.pipeline.build import build
from tests.projects import SHAPES, SmallProject

SERIES, SERIES_OF_FAULTS, LENGTH = (250, 40, 8) if "KG_THOROUGH" in os.environ else (1, 1, 4)
"""Series of changes, and of faults, and the changes of each."""
FIRST_SEED = int(os.environ.get("KG_FIRST_SEED", "0"))
PEOPLE = ["Ana Silva", "Bo Ek", "ana-silva-2"]
FILMS = [f"film{number}" for number in range(6)]
SCORES = ["8.5", "8.50", "08.5", "7"]
"""The lookup store writes the first three as one literal."""


FILMS_TO_SPOIL = "source: encyclopedia\n" + "".join(
    f"{film}: {{type: Film, label: {film.title()}, year: 2024, director: Ana Silva, sequelOf: film0}}\n"
    for film in FILMS
)


def write_films(project: SmallProject, luck: random.Random) -> None:
    """Facts of two sources, which may contradict each other, and a sequel from which more follows."""
    for source in ("encyclopedia", "trade-paper"):
        blocks = [
            f"{film}: {{type: Film, label: {film.title()}, year: {luck.choice((2023, 2024))},"
            f" score: [{', '.join(sorted(luck.sample(SCORES, 2)))}], sequelOf: {luck.choice(FILMS)},"
            f" title: {luck.choice(('A', 'B'))}, director: {luck.choice(PEOPLE)},"
            f" release: [{{date: 2024-0{luck.randrange(1, 9)}, territory: Freedonia}}]}}"
            for film in FILMS
        ]
        project.write(f"data/{source}.yaml", "\n".join([f"source: {source}", *blocks]) + "\n")


def change_one_film(project: SmallProject, luck: random.Random) -> None:
    path = project.folder / "data/encyclopedia.yaml"
    lines = path.read_text().splitlines()
    lines[luck.randrange(1, len(lines))] = f"other{luck.randrange(9)}: {{type: Film, label: Other, score: 8.50}}"
    path.write_text("\n".join(dict.fromkeys(lines)) + "\n")


def move_lines(project: SmallProject, luck: random.Random) -> None:
    path = project.folder / f"data/{luck.choice(('encyclopedia', 'trade-paper'))}.yaml"
    lines = path.read_text().splitlines()
    place = luck.randrange(1, len(lines))
    lines = lines[:place] + (["# a note"] if luck.random() < 0.5 else []) + lines[place + luck.randrange(2) :]
    path.write_text("\n".join(lines) + "\n")


def change_people(project: SmallProject, luck: random.Random) -> None:
    """Blocks for names that films write: with the id that a name gives, with another, or of two people."""
    names = luck.sample([("ana-silva", "Ana Silva"), ("a-silva", "Ana Silva"), ("bo", "Bo Ek")], luck.randrange(3))
    blocks = [f"{id}: {{type: Person, label: {name}}}" for id, name in names]
    write_or_remove(project, luck.choice(("data/a/people.yaml", "data/z/people.yaml")), ["source: fan-site", *blocks])


def change_table(project: SmallProject, luck: random.Random) -> None:
    rows = [f"film{n},score,{luck.choice(SCORES)},fan-site,r{n}" for n in range(luck.randrange(5))]
    rows += [f"film{n},title,C,fan-site,r{n}" for n in range(luck.randrange(3))]
    path = luck.choice(("data/a/scores.csv", "data/scores.csv", "data/z/scores.csv"))
    write_or_remove(project, path, ["subject,property,value,source,record", *rows])


def change_rdf(project: SmallProject, luck: random.Random) -> None:
    triples = [f"film:film{n} film:release [ film:date '202{luck.randrange(9)}' ] ." for n in range(luck.randrange(4))]
    path = luck.choice(("data/more.ttl", "data/a/more.ttl"))
    write_or_remove(project, path, ["@prefix film: <https://w3id.org/filmgraph/film/> .", *triples])


def write_or_remove(project: SmallProject, path: str, lines: list[str]) -> None:
    """A file with these lines; where there is only the first, no file."""
    if len(lines) > 1:
        project.write(path, "\n".join(lines) + "\n")
    else:
        (project.folder / path).unlink(missing_ok=True)


def change_links(project: SmallProject, luck: random.Random) -> None:
    header = "subject_id\tpredicate_id\tpredicate_modifier\tobject_id\tmapping_justification\tauthor_id"
    rows = []
    for _ in range(luck.randrange(3)):
        left, right = luck.sample([*FILMS, "ana-silva", "a-silva"], 2)
        rows.append(f"film:{left}\tskos:exactMatch\t\tfilm:{right}\tsemapv:ManualMappingCuration\tsource:fan-site")
    write_or_remove(project, "data/links.sssom.tsv", [header, *dict.fromkeys(rows)])


def change_ranks(project: SmallProject, luck: random.Random) -> None:
    """Facts of a table that an import may have written, with more than their record."""
    rows = [
        f"{luck.choice(FILMS)},{luck.choice(('title,C', 'title,A', 'year,2024', 'score,7'))},fan-site,r{n},"
        f"{luck.choice(('preferred', 'doubted', 'deprecated', ''))},{luck.choice(('', 'printed'))},"
        f"{luck.choice(('true', 'false', ''))}"
        for n in range(luck.randrange(6))
    ]
    header = "subject,property,value,source,record,rank,because,paraphrase"
    path = luck.choice(("data/ranks.csv", "data/imports/x/facts.csv"))
    write_or_remove(project, path, [header, *rows])


def move_files(project: SmallProject, luck: random.Random) -> None:
    """A file in another place, or the content of two files exchanged."""
    files = sorted((project.folder / "data").rglob("*.yaml"))
    first, second = luck.sample([path for path in files if path.name not in ("sources.yaml", "policy.yaml")], 2)
    if luck.random() < 0.5:
        content = first.read_bytes()
        first.write_bytes(second.read_bytes())
        second.write_bytes(content)
    elif first.stem not in ("encyclopedia", "trade-paper"):  # which other changes read
        project.write(f"data/{luck.choice('amz')}/{luck.choice('amz')}-{first.name[-20:]}", first.read_bytes())
        first.unlink()


def change_line_ends(project: SmallProject, luck: random.Random) -> None:
    path = luck.choice(sorted((project.folder / "data").rglob("*.yaml")))
    lines = path.read_text("utf-8-sig").splitlines()
    end = luck.choice(("\n", "\r\n"))
    path.write_bytes((luck.choice(("", "\ufeff")) + end.join(lines) + end).encode())


def cite_words(project: SmallProject, luck: random.Random) -> None:
    """A text, and facts that cite its words, which are found where they are in the text now."""
    sources = project.folder / "data/sources.yaml"
    sources.write_text("".join(line for line in sources.read_text().splitlines(True) if "report.txt" not in line))
    text = luck.choice(("Ana Silva made A in 2023, and B. So says Bo Ek.", "B and A by Ana Silva. Ana Silva!"))
    project.write("texts/report.txt", text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    with sources.open("a", encoding="utf-8") as file:
        file.write(f"report: {{title: A report, file: report.txt, sha256: {digest}}}\n")
    films = luck.sample(FILMS, luck.randrange(4))
    value = luck.choice(("{value: A, at: A}", "{value: A, at: {words: A, nth: 1}}", "{value: B, at: B}"))
    write_or_remove(project, "data/report.yaml", ["source: report", *(f"{film}: {{title: {value}}}" for film in films)])


def change_policy(project: SmallProject, luck: random.Random) -> None:
    first, second = luck.sample(("encyclopedia", "trade-paper"), 2)
    project.write("data/policy.yaml", f"sources: [{first}, {second}]\nsame:\n  release: [territory]\n")


def change_sources(project: SmallProject, luck: random.Random) -> None:
    path = project.folder / "data/sources.yaml"
    old, new = luck.sample(("A fan site", "A fans' site"), 2)
    path.write_text(path.read_text().replace(old, new))


def change_shapes(project: SmallProject, luck: random.Random) -> None:
    project.write("ontology/shapes.ttl", SHAPES.replace("minInclusive 1", f"minInclusive {luck.randrange(1, 9)}"))


def change_ontology(project: SmallProject, luck: random.Random) -> None:
    path = project.folder / "ontology/film.ttl"
    more = luck.choice(
        (f"film:Film{luck.randrange(999)} a owl:Class .", "film:director rdfs:domain film:Film .", EQUALITY)
    )
    path.write_text(path.read_text() + more + "\n")


EQUALITY = "film:title a owl:DatatypeProperty . film:hasSequel a owl:FunctionalProperty ."
"""Several sequels of one film are then the same film."""
CHANGES: list[Callable[[SmallProject, random.Random], None]] = [
    write_films,
    change_policy,
    change_links,
    change_sources,
    change_shapes,
    change_ontology,
    change_line_ends,
    move_files,
    *[change_ranks, cite_words] * 2,
    *[change_one_film, move_lines, change_people, change_table, change_rdf] * 3,
]


FAULTS = {
    "encyclopedia.yaml": [
        "zz: {type: Film, label: Z, colour: red}",
        "zz: {type: Flim, label: Z}",
        "zz: {type: Film, label: Z, year: soon}",
        "zz: {type: Film, director: film0, label: Z}",
        "zz: {type: Person, label: Z, sequelOf: film1}",
        "zz: [1, 2",
        "zz: {type: Film, label: Z, director: nobody}",
        "zz: {type: Film}",
        "zz: {type: Film, label: Z, score: -3}",
        "zz: {type: Film, label: Z, title: {value: A, at: 0-4}}",
        "ana-silva-2: {type: Film}",
        "film1: {type: Person}",
        "Ana Silva: {type: Film}",
        "---\nsource: nowhere\nzz: {type: Film, label: Z}",
        "---\nsource: trade-paper\nfilm2: {title: C}",
    ],
    "a.csv": [
        "film0,scor,7,fan-site,r",
        "film1,score,seven,fan-site,r",
        "nobody,score,7,fan-site,r",
        "film1,score,7,no-site,r",
        "film2,type,Person,fan-site,r",
        "film3,score,-1,fan-site,r",
        "film1,score",
    ],
    "more.ttl": [
        "film:film0 film:colour 'red' .",
        "film:film0 film:director film:film1 .",
        "film:film0 film:date 'soon' .",
        "film:film9 a film:Flim .",
        "film:nobody film:director film:noone .",
        "film:film0 film:date",
    ],
    "policy.yaml": [
        "sources: [encyclopedia, nowhere]",
        "decisions: [{subject: film0, property: year, value: 1900, because: x}]",
    ],
}
"""Name of a file -> lines that are wrong in it, or make the graph wrong."""
BEGINNINGS = {
    "a.csv": "subject,property,value,source,record\n",
    "more.ttl": "@prefix film: <https://w3id.org/filmgraph/film/> .\n",
}


def add_faults(project: SmallProject, luck: random.Random) -> None:
    name = luck.choice([*FAULTS, "encyclopedia.yaml"])
    path = project.folder / "data" / name
    lines = (path.read_text() if path.is_file() else BEGINNINGS.get(name, "")).splitlines()
    for fault in luck.sample(FAULTS[name], luck.choice((1, 1, 2))):
        lines.insert(luck.randrange(1, len(lines) + 1) if lines else 0, fault)
    path.write_text("\n".join(lines) + "\n")


def state(project: SmallProject, folder: Path) -> tuple[bytes, list[str], dict[str, list[tuple[Any, ...]]]]:
    """The exact quads of the published build, those that its lookup store has, and the tables that it exports."""
    opened = open_build(project.project.current_build)
    assert opened.store is not None
    folder.mkdir()
    SnapshotFile(opened.folder).write_tables(folder)
    tables = {path.name: duckdb.read_parquet(str(path)).fetchall() for path in folder.iterdir()}
    shutil.rmtree(folder)
    return export_rdf(opened.folder, format="nquads", only="all"), sorted(map(str, opened.store)), tables


def copy_of(project: SmallProject, folder: Path) -> SmallProject:
    """The same files without the build."""
    copy = SmallProject.__new__(SmallProject)
    copy.folder = folder
    shutil.copytree(project.folder, folder, ignore=shutil.ignore_patterns(".kg"))
    return copy


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SERIES))
def test_a_build_after_changes_equals_a_build_from_nothing(seed: int, tmp_path: Path) -> None:
    """Compared after all changes of a series, since comparing takes longer than changing."""
    luck = random.Random(seed)
    project = SmallProject(tmp_path / "films")
    write_films(project, luck)
    project.write("data/places.yaml", "source: fan-site\nana-silva-2: {type: Person, label: Ana}\n")
    changes = luck.choices(CHANGES, k=LENGTH)
    for change in changes:
        change(project, luck)
        report = build(project.project)
    scratch = copy_of(project, tmp_path / "scratch")
    again = build(scratch.project, force=True)
    done = [change.__name__ for change in changes]
    if "unchanged" not in report.counts:  # whose findings the last build had
        assert [str(finding) for finding in report] == [str(finding) for finding in again], done
    if report.ok:
        assert state(project, tmp_path / "tables") == state(scratch, tmp_path / "tables"), done


@pytest.mark.parametrize("seed", range(SERIES_OF_FAULTS))
def test_what_is_wrong_after_a_change_is_what_a_complete_build_finds(seed: int, tmp_path: Path) -> None:
    luck = random.Random(seed)
    project = SmallProject(tmp_path / "films")
    project.write("data/encyclopedia.yaml", FILMS_TO_SPOIL)
    project.write("data/places.yaml", "source: fan-site\nana-silva-2: {type: Person, label: Ana}\n")
    project.write("data/trade.yaml", "source: trade-paper\nfilm2: {title: B}\n")
    assert build(project.project).ok
    right = copy_of(project, tmp_path / "right").folder / "data"
    for _ in range(LENGTH):
        add_faults(project, luck)
        if luck.random() < 0.3:
            change_people(project, luck)
        found = build(project.project)
        scratch = copy_of(project, tmp_path / "scratch")
        again = build(scratch.project, force=True)
        if "unchanged" not in found.counts:  # not all faults keep a graph from being published
            assert list(found) == list(again)
        shutil.rmtree(scratch.folder)
        shutil.rmtree(project.folder / "data")
        shutil.copytree(right, project.folder / "data")
