"""The first steps of a newcomer: the help, README's first commands, and calls that are wrong."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import kg
from kg.cli import main, to_parser

ROOT = Path(__file__).resolve().parents[2]


def commands(parser: argparse.ArgumentParser, name: str = "kg") -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Every command with its line in the list of commands."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                yield f"{name} {choice.dest}", choice.help or "", action.choices[choice.dest]
                yield from commands(action.choices[choice.dest], f"{name} {choice.dest}")


COMMANDS = {name: (line, parser) for name, line, parser in commands(to_parser())}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_described_in_a_sentence_and_each_option_has_a_help(name: str) -> None:
    line, parser = COMMANDS[name]

    assert re.fullmatch(r"[A-Z].*\.", line), line
    for action in parser._actions:
        assert action.help, f"{name} {action.dest}"


def test_the_help_fits_a_terminal_and_lists_the_commands(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main([]) == 0
    shown = capsys.readouterr().out

    assert max(map(len, shown.splitlines())) <= 80
    for name in ("new", "build", "check", "ask", "why", "import", "export", "serve"):
        assert re.search(rf"^ +{name} ", shown, re.MULTILINE)


def test_the_first_commands_of_the_readme_are_targets_that_say_what_comes_next() -> None:
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    block = re.search(r"```sh\n(.*?)```", readme, re.DOTALL)
    assert block is not None
    targets = re.findall(r"^make (\w+)", block[1], re.MULTILINE)

    assert targets == ["graph", "test"]
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    recipe = makefile.partition("\ngraph:")[2].partition("\n\n")[0]
    for word in ("activate", "kg ask", "kg serve"):
        assert word in recipe
    assert readme.index(".venv/bin/activate") < readme.index("$ kg build")


def test_the_facts_that_the_readme_writes_are_stated_by_its_article(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    section = (ROOT / "README.md").read_text("utf-8").partition("## Your own films")[2]
    blocks = {kind: re.findall(rf"```{kind}\n(.*?)```", section, re.DOTALL) for kind in ("text", "yaml")}
    article, folder = tmp_path / "article.txt", tmp_path / "my-films"
    article.write_text(blocks["text"][0], "utf-8")
    for line in (["new", folder], ["source", "add", article, "--title", "Harbour", "--project", folder]):
        assert main(list(map(str, line))) == 0
    (folder / "texts").mkdir()
    (folder / "texts/article.txt").write_text(article.read_text("utf-8"), "utf-8")
    (folder / "data/films/harbours.yaml").write_text(blocks["yaml"][0], "utf-8")
    (folder / "data/films/notes.yaml").write_text(f"source: my-notes\n\n{blocks['yaml'][1]}", "utf-8")
    capsys.readouterr()

    assert main(["check", "--project", str(folder)]) == 0
    assert not re.search(r"^ +\S+ +(violation|warning)\b", capsys.readouterr().out, re.MULTILINE)


WRONG = [
    ("bild", "Did you mean build?"),
    ("frobnicate", "There is no command 'frobnicate'. `kg --help` lists all."),
    ("import tabel x.csv", "Did you mean table?"),
    ("import table no-such-file.csv", "There is no file no-such-file.csv."),
    ("ask", "Missing: NAME, a name that `kg queries` lists."),
    ("why-not Anora director", "Missing: O, an entity by any name, or a literal's text."),
    ("why Anora director a b", "'b' is one argument too many."),
    ("bui", "Did you mean build?"),
    ("search", "Did you mean show?"),
    ("import films.csv", "Did you mean table?"),
    ("import xlsx films.xlsx", "Did you mean table?"),
    ("import films", "There is no kind of dataset 'films'."),
    ("import remove nope", "There is no import 'nope'."),
    ("publish -o site", "There is no option -o. DIR is named without one: kg publish DIR."),
    ("ask films-directed-by Baker --limti 3", "There is no option --limti. Did you mean --limit?"),
    ("ask films-directed-by --limit x", "--limit: 'x' is not a whole number"),
    ("ask films-directed-by --limit", "--limit: a value is missing: at most N rows"),
    ("ask films-directed-by --limit 1 Bakr", "There is no Person 'Bakr'. Did you mean Baker?"),
    ("ask films-directd-by", "Did you mean films-directed-by?"),
    ("ask films-directed-by", "for example person=film:sean-baker"),
    ("ask films-directed-by persn=x", "Did you mean person?"),
    ("ask films-directed-by Sean", "There is no Person 'Sean'. Did you mean Sean Baker?"),
    ("ask films-directed-by Sean Baker", "'Baker' is not name=value. Put values that contain spaces in quotes"),
    ("ask awards-of Anora 'Academy Awards'", 'Only one value may be without its name: write "name=Academy Awards"'),
    (
        "ask films-directed-by person=Anora",
        "There is no Person 'Anora'. Anora (film:anora) is of the class FeatureFilm.",
    ),
    ("ask awards-of-person person=Anora", "it is now awards-of"),
    ("show Anroa", "Did you mean Anora?"),
    ("show nope", "There is no entity 'nope'.\n"),
    ("show directr", "Did you mean film:director?"),
    ("why Anora directr Baker", "Did you mean film:director?"),
    ("export --format turtel", "Did you mean turtle?"),
    ("infer ontology/core.ttl -o closed.ttl", "name a .nt or .nt.gz file, not closed.ttl."),
    ("infer ontology/core.ttl -o docs", "docs is a folder: name a file, such as docs/inferred.nt."),
    ("publish", "Missing: DIR, the folder to write; a site that is there is replaced."),
    ("load", "Missing: FILE, RDF files, folders or patterns; - is stdin; -o/--output, the folder of the graph,"),
    ("build --memory -1GB", "--memory: '-1GB' is not a size of memory; write it like 2GB"),
    ("build --memory two", "--memory: 'two' is not a size of memory; write it like 2GB"),
    ("ask films-directed-by --limit -1x", "--limit: '-1x' is not a whole number"),
    ("facts --source nope", "There is no source 'nope'. The sources are cannes-report, editors, "),
    ("cite nope x", "There is no source 'nope'. The sources are cannes-report, editors, "),
    ("what-if --without encyclopdia", "Did you mean encyclopedia?"),
    ("build --project /no/such/folder", "There is no folder /no/such/folder."),
]


@pytest.fixture(scope="module")
def graph() -> None:
    """The graph of this repository."""
    assert kg.build(ROOT)


@pytest.mark.usefixtures("graph")
@pytest.mark.parametrize(("line", "message"), WRONG, ids=[line for line, _ in WRONG])
def test_a_wrong_call_says_what_is_wrong_and_what_to_do(
    line: str, message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    try:
        status = main(shlex.split(line))
    except SystemExit as error:
        status = int(error.code or 0)
    output = capsys.readouterr()

    assert (status, output.out) == (2, "")
    assert message in output.err
    assert "Traceback" not in output.err
    assert output.err.rstrip().splitlines()[-1].startswith("kg")
