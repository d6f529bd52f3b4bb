"""Commands that make a graph: `kg new`, `source add`, `build`, `load`; on texts: `kg verify`, `kg cite`."""

from __future__ import annotations

import argparse
import contextlib
import shlex
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from kg.cli.command import (
    Commands,
    add_format,
    add_inference,
    add_input_format,
    add_spark,
    add_texts,
    collecting_rarely,
    find_own_project,
    format_counts,
    load_data,
    print_message,
    print_newer_files,
    size_with_unit,
    whole_number,
    write,
)
from kg.cli.progress import build_progress, step_progress
from kg.text.number_words import counted

if TYPE_CHECKING:
    from kg.project import Project


def add_commands(commands: Commands) -> None:
    """new, update, source add, build, load, verify, cite."""
    new = commands.add("new", "Start a project of your own: this ontology, these queries, a first film.", _new)
    new.add_argument("folder", metavar="FOLDER", help="an empty folder, or one that does not exist yet")
    build = commands.add("build", "Build the graph from the project's files and publish it.", _build)
    build.add_argument("--force", "--full", action="store_true", help="build everything anew, whatever has changed")
    memory = "the memory limit of tables, such as 2GB; the rest is on disk"
    build.add_argument("--memory", metavar="SIZE", type=size_with_unit, help=memory)
    build.add_argument("--profile", metavar="FILE", help="write seconds and rows of each phase as JSON; - is stdout")
    build.add_argument("--watch", action="store_true", help="build again whenever files change, until Ctrl+C")
    build.add_argument("--parent", type=whole_number, help=argparse.SUPPRESS)
    add_spark(build, ("sql", "owlrl"), help="the reasoner: sql, or owlrl to compare with")
    add_texts(build, purpose="to verify passages")
    load = commands.add("load", "Load any RDF files as a graph that can be queried.", _load, project=False)
    load.add_argument("data", metavar="FILE", nargs="+", help="RDF files, folders or patterns; - is stdin")
    load.add_argument("-o", "--output", metavar="DIR", required=True, help="the folder of the graph, for --project")
    load.set_defaults(writes_folder=True)
    add_inference(load)
    add_input_format(load)
    verify = commands.add("verify", "Verify the digests, spans and values of all facts in the source texts.", _verify)
    add_texts(verify, purpose="to verify passages")
    add_format(verify, ("table", "json"), default="table")
    description = "Take newer files of the program's ontology and queries into a project, as a patch."
    update = commands.add("update", description, _update)
    update.add_argument("--apply", action="store_true", help="change the files; those with changes of yours are kept")
    source = commands.add("source", "Add a source with its text to data/sources.yaml.", _source)
    source.add_argument("action", choices=("add",), help="add: write the entry, with the digest of the text")
    source.add_argument("file", metavar="FILE", help="the text: a UTF-8 file; it is not copied")
    source.add_argument("--copy", action="store_true", help="copy it to texts/, where its words are found")
    source.add_argument("--id", default="", help="default: made of the file's name")
    for name, help in _SOURCE_OPTIONS.items():
        source.add_argument(f"--{name}", help=help)
    add_texts(source, purpose="that has the file")
    cite = commands.add("cite", "Find words in a source text, and print lines to paste into a fact file.", _cite)
    cite.add_argument("source", metavar="SOURCE", help="a source's id")
    cite.add_argument("words", metavar="WORDS", help="the words, in quotes")
    add_texts(cite, purpose="to search")


def _new(call: argparse.Namespace) -> int:
    from kg.pipeline.new_project import create_project

    new = create_project(call.folder, like=call.project)
    for file in new.files:
        write(f"{file}\n")
    print_message(f"Next: edit these files, then run: kg build --project {shlex.quote(call.folder)}")
    return 0


def _update(call: argparse.Namespace) -> int:
    from kg.pipeline.project_update import find_update

    update = find_update(find_own_project(call))
    diff = update.to_diff()
    if call.apply and update:
        update.apply()
    write(diff)
    if not update:
        print_message(_NOTHING_NEWER[update.compared])
        return 0
    if count := len(update.replaced) + len(update.removed):
        files = counted(count, "file")
        print_message(f"{files} updated. Run kg build." if call.apply else f"{files} to update: add --apply.")
    if update.changed:
        files, names = counted(len(update.changed), "file"), ", ".join(update.changed)
        print_message(f"Not replaced: {files} with possible changes of yours: {names}.")
        if call.apply:
            print_message("The program's are beside them, with .new behind their names: compare, then remove them.")
    return 0


_NOTHING_NEWER = {
    "all": "The program has no newer ontology or queries than the project.",
    "ontology": "The program has no newer ontology than the project. Queries were not compared: the project has no"
    " ontology/origin.json, which notes the files that were copied.",
    "own ontology": "Nothing was compared: the project has an ontology of its own.",
    "same": "Nothing was compared: this project comes with the program, and has its ontology and queries."
    " Newer ones come with a newer version: `git pull` in a clone, else `pip install --upgrade`.",
}
"""What of a project was compared -> the message when nothing is newer."""


_SOURCE_OPTIONS = {
    "title": "default: the file's name",
    "author": "who wrote it",
    "publisher": "who published it",
    "date": "when it was published, such as 2024-05-21",
    "language": "the language of the text, such as en",
    "address": "where it is on the web",
    "licence": "its licence, such as CC-BY-4.0",
}
"""Key of a source -> its description."""


def _source(call: argparse.Namespace) -> int:
    from kg.pipeline.new_source import add_source

    details = {name: value for name in _SOURCE_OPTIONS if (value := getattr(call, name))}
    new = add_source(find_own_project(call), call.file, id=call.id, details=details, texts=call.texts, copy=call.copy)
    write(new.entry)
    print_message(f"Added to data/sources.yaml. Begin a fact file with: source: {new.id}")
    if not new.is_found:
        folder = shlex.quote(str(new.folder))
        copied = f"mkdir -p {folder} && cp {shlex.quote(call.file)} {folder}"
        print_message(f"To cite its words, copy the text (next time with --copy): {copied}")
    return 0


def _build(call: argparse.Namespace) -> int:
    if not call.watch:
        return _build_once(call)
    from kg.errors import FilmGraphError
    from kg.pipeline.build import check
    from kg.pipeline.watch import parent_is_alive, watch
    from kg.project import find_project

    project = find_project(call.project)

    def build_again() -> None:
        try:
            _build_once(call)
        except (FilmGraphError, OSError) as error:  # a file may be gone by the time when it is read
            print_message(str(error))
        call.force = False

    def fill_caches() -> None:
        if call.memory is None:  # a large project would need that much memory
            with contextlib.suppress(FilmGraphError):  # the build has printed it
                check(project, texts=call.texts, changed=True)

    def goes_on() -> bool:
        return call.parent is None or parent_is_alive(call.parent)

    watch(project, build_again, then=fill_caches, texts=call.texts, goes_on=goes_on)
    return 0


@collecting_rarely()
def _build_once(call: argparse.Namespace) -> int:
    import json

    from kg.pipeline.build import build
    from kg.pipeline.profile import BuildProfile
    from kg.project import find_project
    from kg.reports import Severity

    with _progress(find_project(call.project), force=call.force, memory=call.memory) as progress:
        profile = BuildProfile(progress)
        report = build(
            call.project,
            engine=call.engine,
            texts=call.texts,
            force=call.force,
            memory=call.memory,
            progress=profile,
        )
    if "unchanged" not in report.counts:
        print_newer_files(find_project(call.project))
    if call.profile is not None:
        write(json.dumps(profile.as_dict(report), indent=1) + "\n", call.profile)
    created = 0
    for finding in report:
        is_created = finding.check == "facts/new-entity" and finding.severity is Severity.INFO
        created += is_created
        if not is_created or created <= _MOST_CREATED:
            print_message(str(finding))
    if (others := created - _MOST_CREATED) > 0:
        print_message(f"{counted(others, 'more name')} of new entities: kg check lists them.")
    if not report:
        count = report.by_severity()[Severity.VIOLATION]
        print_message(f"Not published: {counted(count, 'violation')}. A graph that was published before stays in use.")
        return 1
    if reason := _REASONS.get(str(report.counts.get("anew"))):
        print_message(reason)
    unchanged = " (nothing has changed)" if "unchanged" in report.counts else ""
    counts = format_counts(report, "facts", "sources", "triples", "contested")
    write(f"Built: {counts}, {report.counts['seconds']:,.2f} seconds{unchanged}\n")
    return 0


def _progress(
    project: Project, *, force: bool, memory: str | None
) -> AbstractContextManager[Callable[[str], None] | None]:
    """A bar with the time left of a build of all files, for which a forecast is printed where it is long.

    After a change less is done, so there is no forecast.
    """
    from kg.pipeline.forecast import LARGE, forecast

    if not force and project.has_build:
        return step_progress()
    expected = forecast(project, memory=memory)
    if expected.facts >= LARGE:
        print_message(str(expected))
    return build_progress(expected.seconds)


_MOST_CREATED = 3
"""New names that a build prints."""

_REASONS = {
    "reading": "Everything was read and inferred anew: the ontology, the sources or their texts have changed.",
    "inferring": "Everything was inferred anew: the change concerns classes, properties or names of one entity.",
}
"""What a build did completely though there is a build before -> why."""


def _load(call: argparse.Namespace) -> int:
    from kg.project import Project

    is_replaced = Project(Path(call.output)).loaded.is_file()
    graph = load_data(call, call.data, output=call.output)
    counts = format_counts(graph.report, "files", "triples", "inferred", "quads")
    write(f"Loaded: {counts.replace('quads', 'quads in named graphs')}\n")
    if is_replaced:
        print_message(f"The graph that was in {call.output} is replaced.")
    print_message(f"Next: kg sparql --project {shlex.quote(call.output)} -e 'SELECT * {{ ?s ?p ?o }} LIMIT 10'")
    return 0 if graph.report.ok else 1


def _verify(call: argparse.Namespace) -> int:
    import json

    from kg.facts.texts import TEXTS_VARIABLE
    from kg.pipeline.project_passages import verify_project

    report = verify_project(call.project, texts=call.texts)
    if call.format == "json":
        write(json.dumps(dict(report.counts) | {"findings": [str(finding) for finding in report]}, indent=1) + "\n")
    else:
        for finding in report:
            write(f"{finding}\n")
        for name, description in _VERIFIED.items():
            write(f"{report.counts.get(name, 0):>7,}  {description}\n")
    if not report.counts.get("texts"):
        print_message(f"No source text was found: name the folder of texts with --texts or {TEXTS_VARIABLE}.")
    return 0 if report else 1


_VERIFIED = {
    "facts": "facts",
    "verified": "have a passage that contains their value",
    "paraphrase": "have a passage that states them in other words",
    "structure": "are structural: classes, kinds, and links to parts",
    "without_span": "have no span",
    "text_unavailable": "could not be verified: the source text is not available",
    "failed": "have a passage that does not contain their value",
}
"""Count of a verification -> its description."""


def _cite(call: argparse.Namespace) -> int:
    from kg.pipeline.project_passages import find_in_source

    spans = find_in_source(call.project, call.source, call.words, texts=call.texts)
    for span in spans:
        write(f"{span}\n")
    if not spans:
        print_message(f"The text of {call.source} does not contain these words.")
    return 0 if spans else 1
