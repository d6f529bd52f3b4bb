"""Commands that make the graph of files, and look at the files."""

from __future__ import annotations

import argparse

from kg.cli.command import Commands, add_format, progress_of, say, tell_counts, write


def add_commands(commands: Commands) -> None:
    """new, build, verify, cite."""
    new = commands.add("new", "Start a project of your own: this ontology, these queries, a first film.", _new)
    new.add_argument("folder", metavar="FOLDER", help="a folder that is empty, or not there yet")
    build = commands.add("build", "Build the graph from the project's files and publish it.", _build)
    build.add_argument("--force", action="store_true", help="build even when nothing has changed")
    _add_making_options(build)
    verify = commands.add("verify", "Verify the digests, spans and values of all facts in the sources' texts.", _verify)
    verify.add_argument("--texts", metavar="DIR", help="the folder of source texts; default: $KG_TEXTS")
    add_format(verify, ("table", "json"), default="table")
    cite = commands.add("cite", "Print where words stand in a source, ready to paste.", _cite)
    cite.add_argument("source", metavar="SOURCE", help="a source's id")
    cite.add_argument("words", metavar="WORDS", help="the words, quoted")
    cite.add_argument("--texts", metavar="DIR", help="the folder of source texts; default: $KG_TEXTS")


def _add_making_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--engine", choices=("sql", "owlrl"), default="sql", help="the reasoner; owlrl is the reference"
    )
    parser.add_argument("--texts", metavar="DIR", help="the folder of source texts, to verify passages in")


def _new(call: argparse.Namespace) -> int:
    from kg.new_project import FIRST_FILES, create_project

    create_project(call.folder, like=call.project)
    for name in FIRST_FILES:
        write(f"{call.folder}/data/{name}\n")
    say(f"Write facts into data/, as docs/facts.md tells; then `kg check` and `kg build` in {call.folder}.")
    return 0


def _build(call: argparse.Namespace) -> int:
    from kg.pipeline.build import build

    with progress_of() as progress:
        report = build(call.project, engine=call.engine, texts=call.texts, force=call.force, progress=progress)
    for finding in report:
        say(str(finding))
    if not report:
        say(f"Not published: {len(report)} findings. The graph that was there keeps answering.")
        return 1
    unchanged = " (nothing has changed)" if "unchanged" in report.counts else ""
    write(f"Built: {tell_counts(report, 'facts', 'sources', 'triples', 'contested', 'seconds')}{unchanged}\n")
    return 0


def _verify(call: argparse.Namespace) -> int:
    import json

    from kg.passages.texts import TEXTS_VARIABLE
    from kg.pipeline.build import verify_project

    report = verify_project(call.project, texts=call.texts)
    if call.format == "json":
        write(json.dumps(dict(report.counts) | {"findings": [str(finding) for finding in report]}, indent=1) + "\n")
    else:
        for finding in report:
            write(f"{finding}\n")
        for name, told in _TOLD.items():
            write(f"{report.counts.get(name, 0):>7,}  {told}\n")
    if not report.counts.get("texts"):
        say(f"No text is at hand: name their folder with --texts or {TEXTS_VARIABLE}.")
    return 0 if report else 1


_TOLD = {
    "facts": "facts",
    "held": "are held by their passage, in its own words",
    "paraphrase": "say what their passage says in other words",
    "structure": "are of structure: classes, and links to nodes without a name",
    "no_span": "have no span: the source is no text",
    "not_at_hand": "could not be verified: the text is not at hand",
    "bad": "are bad",
}


def _cite(call: argparse.Namespace) -> int:
    from kg.pipeline.build import cite_in

    places = cite_in(call.project, call.source, call.words, texts=call.texts)
    for place in places:
        write(f"{place}\n")
    if not places:
        say(f"These words do not stand in {call.source}.")
    return 0 if places else 1
