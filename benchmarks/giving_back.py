"""Time and memory of `kg conflicts`, of every export and of QuickStatements, on two linked sources of one size.

    python benchmarks/giving_back.py 70000 [--folder FOLDER] [--only conflicts quickstatements ...]

A catalogue (`film_project.py`) and an import of Wikidata describe the same films and people, under names that
`data/links.sssom.tsv` links. Wikidata lacks every fifth credit and has another year for every tenth film. 70,000 films
have 2.5 million facts. Each command runs in a process of its own; the project is built once in the folder.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from film_project import facts, write_project
from kg.decisions.links import SSSOM_COLUMNS

SOURCES = """\
register: {title: A register of films that never were, licence: CC0-1.0, address: https://register.example/}
wikidata: {title: Wikidata, licence: CC0-1.0, address: https://www.wikidata.org/}
"""
POLICY = "sources: [register, wikidata]\n"
COMMANDS = {
    "conflicts": ("conflicts", "--source", "wikidata"),
    "conflicts of all": ("conflicts",),
    **{
        format: ("export", "--format", format)
        for format in (
            "quickstatements", "ntriples", "nquads", "turtle", "jsonld", "wikidata", "wikidata-json", "sssom",
            "exactmatch",
        )
    },
}  # fmt: skip
"""What is measured -> the command."""


def write_linked_project(folder: Path, films: int) -> None:
    """A project of two sources that are linked."""
    write_project(folder, films)
    (folder / "data" / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    (folder / "data" / "policy.yaml").write_text(POLICY, encoding="utf-8")
    with (folder / "data" / "wikidata.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("subject", "property", "value", "source", "record"))
        table.writerows(_facts_of_wikidata(films))
    with (folder / "data" / "links.sssom.tsv").open("w", encoding="utf-8", newline="") as file:
        file.write("#curie_map:\n#  film: https://w3id.org/filmgraph/film/\n")
        file.write("#  skos: http://www.w3.org/2004/02/skos/core#\n#  semapv: https://w3id.org/semapv/vocab/\n")
        links = csv.DictWriter(file, SSSOM_COLUMNS, delimiter="\t", lineterminator="\n")
        links.writeheader()
        for subject in dict.fromkeys(subject for subject, *_ in facts(films)):
            links.writerow({
                "subject_id": f"film:{subject}",
                "predicate_id": "skos:exactMatch",
                "object_id": f"film:{_item(subject)}",
                "mapping_justification": "semapv:ManualMappingCuration",
                "confidence": "1",
                "author_id": "source:register",
                "mapping_date": "2026-01-01",
            })  # fmt: skip


def _facts_of_wikidata(films: int) -> Iterator[tuple[str, str, str, str, str]]:
    for number, (subject, property, value, _, _) in enumerate(facts(films)):
        if property in ("director", "writer", "castMember"):
            if number % 5 == 0:
                continue
            value = _item(value)
        elif property == "year" and number % 10 == 0:
            value = str(int(value) - 1)
        elif property == "type":
            yield _item(subject), "wikidataId", _id(subject), "wikidata", _id(subject)
        yield _item(subject), property, value, "wikidata", _id(subject)


def _id(subject: str) -> str:
    """The item of a film, `f7`, or a person, `p7`."""
    return f"Q{int(subject[1:]) * 2 + (subject[0] == 'p') + 1_000_000}"


def _item(subject: str) -> str:
    """The name of that item as an import gives it."""
    return f"wd-{_id(subject).lower()}"


def measure(call: list[str], output: Path) -> tuple[float, float, str]:
    """The processor time in seconds and the peak of memory in megabytes of a command, and its last message."""
    with output.open("wb") as out, tempfile.TemporaryFile() as errors:
        actions = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, errors.fileno(), 2)]
        process = os.posix_spawn(call[0], call, os.environ, file_actions=actions)
        _, status, usage = os.wait4(process, 0)
        errors.seek(0)
        message = errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    failed = f"status {os.waitstatus_to_exitcode(status)}: " if status else ""
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, failed + message


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("films", type=int)
    parser.add_argument("--folder", type=Path, help="the folder of the project (default: a temporary folder)")
    parser.add_argument("--only", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        kg = [sys.executable, "-m", "kg"]
        if not (folder / ".kg").exists():
            write_linked_project(folder, options.films)
            _show("build", *measure([*kg, "build", "--project", str(folder)], Path(temporary, "build")), 0)
        for name in options.only:
            output = Path(temporary, "output")
            measured = measure([*kg, *COMMANDS[name], "--project", str(folder)], output)
            _show(name, *measured, output.stat().st_size)


def _show(name: str, seconds: float, megabytes: float, message: str, size: int) -> None:
    print(f"{name:16} {seconds:6.1f} s {megabytes:6,.0f} MB, {size / 1e6:,.1f} MB written  {message}", flush=True)


if __name__ == "__main__":
    main()
