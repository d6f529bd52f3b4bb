"""No option is ignored: in every format of a command, each option has an effect, or the call is refused."""

from __future__ import annotations

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from kg.cli import main, to_parser
from kg.exports.export import FORMATS
from kg.exports.rdf import PARTS
from kg.files.format_endings import ENDINGS
from tests.exports.films import ANORA as ITEMS
from tests.exports.films import Films
from tests.projects import ROOT, SmallProject

FACTS = """\
source: notes
anora:
  type: Film
  label: Anora
  director: {value: sean-baker, at: 0-5}
  writer: sean-baker
  year: {value: 2024, at: 0-5}
  genre: [drama, comedy]
sean-baker: {type: Person, label: Sean Baker}
red-rocket: {type: Film, label: Red Rocket, director: sean-baker}
---
source: fan-site
anora: {type: Film, year: 2023}
"""
QUERY = """\
#+ summary: Films of a director
#+ params:
#+   person: {type: entity, class: Person, about: the director}
SELECT ?film ?person { VALUES ?person { film:sean-baker } ?film film:director ?person } ORDER BY ?film
"""
SHAPE = """\
@prefix film: <https://w3id.org/filmgraph/film/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
film:LengthShape a sh:NodeShape ; sh:targetClass film:Film ;
    sh:property [ sh:path film:minutes ; sh:minCount 1 ; sh:severity sh:Warning ] .
"""
COMPLETENESS = SHAPE.replace("LengthShape", "GenreShape").replace("film:minutes", "film:genre")
DATA = """\
@prefix ex: <http://example.org/> .
@prefix film: <https://w3id.org/filmgraph/film/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
ex:a a film:Film .
ex:b a film:Film .
ex:c ex:seenBy ex:d .
ex:e a ex:Short .
ex:seenBy rdfs:domain film:Film .
"""
SUBCLASSES = """\
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<http://example.org/Short> rdfs:subClassOf <https://w3id.org/filmgraph/film/Film> .
"""


@dataclass(frozen=True, slots=True)
class Call:
    """A command, its formats, and its options with values that have an effect in the first format."""

    words: tuple[str, ...]
    formats: tuple[str, ...]
    options: tuple[tuple[str, ...], ...]
    satisfied: frozenset[tuple[str, str]] = frozenset()
    """Format and option, where the output has already what the option asks for."""


ANSWER = ("table", "json", "csv", "tsv", "markdown", "turtle")
TEXTS = ("--texts", "source-texts")
LOADED = (("--infer",), ("--ontology", "people.ttl"), ("--input-format", "turtle"), ("--rdf", "1.1"))
REPORTS = ("text", "json", "jsonl", "sarif", "junit", "github", "turtle", "ntriples", "jsonld", "rdfxml")
DIRECTOR = ("why", "anora", "director", "sean-baker")
SELECT = ("sparql", "-e", "SELECT ?film ?p { ?film film:director ?p } ORDER BY ?film")
BOUNDS = (("--limit", "1"), ("--max-bytes", "50"))
CALLS = {
    "ask": Call(("ask", "films-by", "sean-baker"), ANSWER, (("--why",), TEXTS, ("--labels",), *BOUNDS)),
    "ask --why": Call(("ask", "films-by", "sean-baker", "--why"), ANSWER, (TEXTS, ("--labels",), *BOUNDS)),
    "sparql": Call(
        SELECT,
        ANSWER,
        (("--why",), TEXTS, ("--labels",), *BOUNDS, ("--explain",), ("--shapes", "shapes.ttl"), *LOADED),
    ),
    "sparql --explain": Call((*SELECT, "--explain"), ANSWER, (("--why",), TEXTS, ("--labels",), *BOUNDS)),
    "construct": Call(
        ("sparql", "-e", "CONSTRUCT { ?film film:director ?p } WHERE { ?film film:director ?p }"),
        ANSWER,
        (("--why",), TEXTS, ("--labels",), *BOUNDS, ("--explain",)),
    ),
    "sparql --data": Call(
        ("sparql", "--data", "people.ttl", "-e", "SELECT * { ?s ?p ?o }"),
        ANSWER,
        (("--endpoint", "http://127.0.0.1:9/"),),
    ),
    "queries": Call(("queries",), ("table", "json"), (("nothing",),)),
    "schema": Call(
        ("schema",),
        ("table", "json"),
        (("--all",), ("--profile",), ("--json-schema",), ("Person",), *LOADED),
        satisfied=frozenset({("json", "--all")}),
    ),
    "schema Film": Call(("schema", "Film"), ("table", "json"), (("--all",), ("--profile",), ("--json-schema",))),
    "schema --data": Call(
        ("schema", "--data", "people.ttl"),
        ("table", "json"),
        (("--all",), ("--profile",), ("--profile", "html"), ("--json-schema",), ("--endpoint", "http://127.0.0.1:9/")),
    ),
    "facts": Call(
        ("facts",), ("jsonl", "csv", "table"), (("--about", "Red Rocket"), ("--source", "fan-site"))
    ),
    "conflicts": Call(("conflicts",), ("table", "json"), (("--source", "trade-paper"), ("--count",), TEXTS)),
    "conflicts --count": Call(
        ("conflicts", "--source", "fan-site", "--count"), ("table", "json"), (("--source", "encyclopedia"), TEXTS)
    ),
    "why": Call(DIRECTOR, ("text", "json", "proof", "turtle", "mermaid", "svg"), (TEXTS, ("--limit", "1"))),
    "why --all": Call(
        ("why", "anora", "contributor", "sean-baker"),
        ("text", "json", "proof", "turtle", "mermaid", "svg"),
        (("--all",), ("--limit", "1")),
    ),
    "why S P": Call(
        ("why", "anora", "genre"), ("text", "json", "proof", "turtle", "mermaid", "svg"), (("--limit", "1"),)
    ),
    "check": Call(
        ("check",),
        ("text", "json", "turtle"),  # all of them with `validate`, which is quicker
        (
            *(("--limit", "1"), ("--fail-on", "warning"), ("--focus", "red-rocket"), ("--shape", "film:FigureShape")),
            *(TEXTS, ("--complete",)),
        ),
    ),
    "validate": Call(
        ("validate", "people.ttl", "--shapes", "ontology/shapes-length.ttl"),
        REPORTS,
        (
            *(("--limit", "1"), ("--fail-on", "warning"), ("--focus", "<http://example.org/a>")),
            *(("--shape", "film:None"), ("--infer",), ("--ontology", "classes.ttl"), ("--input-format", "ntriples")),
            ("--shapes", "ontology/shapes-completeness.ttl"),
        ),
    ),
    "verify": Call(("verify",), ("table", "json"), (TEXTS,)),
    "show": Call(("show", "anora"), ("table", "json", "turtle"), ()),
    "diff": Call(
        ("diff", "published", "other"), ("text", "json"), (("--fail-on", "any"), TEXTS)
    ),
    "what-if": Call(
        ("what-if", "--with", "more.yaml"),
        ("text", "json"),
        (("--fail-on", "any"), ("--without", "fan-site"), ("--policy", "policy.yaml"), ("--with", "other.yaml"), TEXTS),
    ),
    "ontology lint": Call(("ontology", "lint"), ("",), (("--output", "out"),)),
    "ontology diagram": Call(
        ("ontology", "diagram", str(ROOT / "ontology/release.ttl")),
        ("",),
        (("--rdf", "1.1"), ("--input-format", "turtle")),
    ),
    "import table": Call(
        ("import", "table", "films.csv", "--guess"),
        ("text",),
        (("--source", "x"), ("--parquet",), ("--dry-run",), ("--format", "json"), ("--retrieved", "2024-01-01")),
    ),
    "link": Call(
        ("link", "--dry-run"),
        ("text",),
        (("--limit", "1"), ("--list",), ("--undo",), ("--log",), ("--web",), ("--port", "1"), ("--cause", "x")),
    ),
    "link review": Call(
        ("link", "review"), ("text",), (("--same", "0.9"), ("--kind", "film"), ("--dry-run",), ("--report", "x.html"))
    ),
    "mcp": Call(("mcp",), ("",), (("--host", "x"), ("--port", "1"), ("--name", "x"))),
    "serve": Call(("serve", "--data", "people.ttl"), ("",), (("--watch",), ("--endpoint", "http://127.0.0.1:9/"))),
}  # fmt: skip
ONLY_REFUSED = ("mcp", "serve", "link review")
"""Commands that do not end, or need more than this project: they are called only with options that they refuse."""


NOT_OF_A_FORMAT = {
    "project": "which graph is read",
    "endpoint": "which graph is read",
    "output": "where the text is written",
    "engine": "engines have the same results",
    "timeout": "it ends what takes too long",
    "memory": "it ends what takes too much",
    "rdf": "it refuses what RDF 1.2 alone has",
    "no_service": "it refuses SERVICE",
    "query": "the query itself",
    "changed": "it has the same findings, sooner",
    "help": "",
}
"""Options that do not change what a format has."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = SmallProject(tmp_path_factory.mktemp("films"))
    project.write_text_of("notes", "Anora is a film by Sean Baker.")
    project.write("data/films.yaml", FACTS)
    project.write("data/policy.yaml", "sources: [notes, fan-site]\n")
    project.write("queries/films-by.rq", QUERY)
    project.write("ontology/shapes-length.ttl", SHAPE)
    project.write("ontology/shapes-completeness.ttl", COMPLETENESS)
    project.write("classes.ttl", SUBCLASSES)
    project.write("more.yaml", "source: fan-site\nred-rocket: {type: Film, year: 2021}\n")
    project.write("policy.yaml", "sources: [fan-site, notes]\n")
    project.write("people.ttl", DATA)
    project.write("films.csv", "title,year\nAnora,2024\n")
    project.open()
    shutil.copytree(project.folder, project.folder / "other", ignore=shutil.ignore_patterns(".kg", "source-texts"))
    (project.folder / "other/data/films.yaml").write_text(FACTS.replace("Red Rocket", "The Red Rocket"))
    return project.folder


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call leaves: its status, its output, its messages, and the files that it wrote."""

    status: int
    out: str
    messages: str
    files: tuple[tuple[str, bytes], ...]


def run(words: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]) -> Outcome:
    try:
        status = main(words)
    except SystemExit as stopped:
        status = int(stopped.code or 0)
    printed = capsys.readouterr()
    written = folder / "out"
    files = [written] if written.is_file() else sorted(written.rglob("*")) if written.is_dir() else []
    contents = tuple((path.name, path.read_bytes()) for path in files if path.is_file())
    if written.is_dir():
        shutil.rmtree(written)
    written.unlink(missing_ok=True)
    return Outcome(status, printed.out, printed.err, contents)


@pytest.mark.parametrize("name", CALLS)
def test_an_option_has_an_effect_in_every_format_or_is_refused(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    call, ignored = CALLS[name], []
    for format in call.formats:
        words = (*call.words, *(("--format", format) if format and format != call.formats[0] else ()))
        plain = None if name in ONLY_REFUSED else run(words, folder, capsys)
        if plain is not None and plain.status == 2:
            assert format != call.formats[0], plain.messages
            continue
        for option in call.options:
            outcome = run((*words, *option), folder, capsys)
            if outcome.status == 2:
                assert outcome.messages.startswith(f"kg {call.words[0]}")
            if name in ONLY_REFUSED:
                assert "has no effect" in outcome.messages
            if outcome.status != 2 and outcome == plain and (format, option[0]) not in call.satisfied:
                ignored.append((format, option))
    assert ignored == []


def test_every_option_of_a_command_with_formats_is_tried() -> None:
    tried: dict[str, set[str]] = {}
    for call in CALLS.values():
        tried.setdefault(call.words[0], set()).update(call.words, *call.options)
    untried = []
    for name, parser in _commands().items():
        listed = (action for action in parser._actions if action.option_strings and action.help != argparse.SUPPRESS)
        actions = {action.dest: action.option_strings for action in listed}
        if "format" in actions and name not in ("export", "link"):
            untried += [
                (name, flags[-1])
                for dest, flags in actions.items()
                if dest not in (*NOT_OF_A_FORMAT, "format") and not tried[name].intersection(flags)
            ]
    assert untried == []


def _commands() -> dict[str, argparse.ArgumentParser]:
    (commands,) = (action for action in to_parser()._actions if isinstance(action, argparse._SubParsersAction))
    return dict(commands.choices)


def test_every_format_that_is_written_to_a_file_has_endings() -> None:
    written = {format for parser in _commands().values() for format in parser.get_default("formats") or ()}
    assert written == set(ENDINGS)


@pytest.mark.parametrize(
    ("words", "output", "beginning"),
    [
        (SELECT, "films.csv", "film,p"),
        (("ask", "films-by", "sean-baker"), "films.json", "{"),
        (("ask", "films-by", "sean-baker", "--why"), "films.json", "["),
        (DIRECTOR, "anora.svg", "<svg"),
        (("check",), "findings.sarif", '{\n "$schema"'),
        (("diff", "published", "other"), "changes.md", "#"),
    ],
)
def test_the_ending_of_the_file_chooses_the_format(
    words: tuple[str, ...], output: str, beginning: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert main((*words, "-o", str(tmp_path / output))) == 0
    assert (tmp_path / output).read_text(encoding="utf-8").startswith(beginning)


def test_an_ending_of_another_format_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    outcome = run((*SELECT, "-f", "markdown", "-o", "out.csv"), folder, capsys)
    assert outcome.status == 2
    assert outcome.messages == (
        "kg sparql: out.csv: files of markdown end in .md or .markdown. Name another file, or choose the format csv.\n"
    )
    assert "has no effect with --why" in run((*SELECT, "--why", "-o", "out.csv"), folder, capsys).messages
    assert not (folder / "out.csv").exists()


# --- kg export

PART_OPTIONS = tuple(("--only", part) for part in PARTS if part != "knowledge")
FOLDERS = ("csv", "parquet")


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> Films:
    """A film in Wikidata, with another, and links to other datasets."""
    other = "{type: FeatureFilm, label: Red Rocket, wikidataId: Q104773, imdbId: tt7, year: 2021}"
    films = Films.at(tmp_path_factory.mktemp("items"), films=ITEMS, more=f"source: trade-paper\nred-rocket: {other}\n")
    films.open()
    return films


@pytest.mark.parametrize("format", FORMATS)
def test_an_option_of_export_has_an_effect_or_names_the_formats_that_take_it(
    format: str, items: Films, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(items.folder)
    output = ("-o", "out") if format in FOLDERS else ()
    words = ("export", "--format", format, *output, "--project", str(items.folder))
    plain = run(words, items.folder, capsys)
    assert plain.status == 0
    for option in (*PART_OPTIONS, ("--film", "red-rocket"), ("--split", "2"), ("--by-predicate",)):
        outcome = run((*words, *option), items.folder, capsys)
        is_all_of_a_build = format == "parquet" and option == ("--only", "all")
        assert outcome.status == 2 or outcome != plain or is_all_of_a_build, (format, option)
        if outcome.status == 2:
            assert outcome.files == ()
            assert option[0] in outcome.messages or "these formats" in outcome.messages or "choose" in outcome.messages


@pytest.mark.parametrize("format", [name for name, format in FORMATS.items() if format.has_films and format.write])
def test_a_film_alone_is_exported_in_every_format_of_entities(format: str, items: Films) -> None:
    graph = items.open()
    text = graph.export_text(format, film="red-rocket")
    assert "Red Rocket" in text or "Q104773" in text or format == "quickstatements"  # which no source states
    assert "tt28607951" not in text
    assert "Q115564437" not in text
