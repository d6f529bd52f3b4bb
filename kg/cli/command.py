"""What the commands share: options, input, output to stdout or files, and messages."""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from kg.errors import InputError
from kg.files.atomic import check_folder_exists, write_file
from kg.rdf import INPUT_FORMATS, RDF_VERSIONS
from kg.reports import did_you_mean
from kg.text.folding import closest
from kg.text.number_words import counted
from kg.text.sizes import to_bytes

if TYPE_CHECKING:
    from kg.filmgraph import FilmGraph
    from kg.loaded_graph import LoadedGraph
    from kg.project import Project
    from kg.reports import Report

Run = Callable[[argparse.Namespace], int]


STOPPED = 130
"""The exit status after Ctrl+C."""

_USUAL_NAMES = {
    "find": "show",
    "init": "new",
    "query": "sparql",
    "search": "show",
    "start": "serve",
    **dict.fromkeys(("csv", "excel", "tsv", "xlsx"), "table"),
    **dict.fromkeys(("jsonld", "ntriples", "turtle", "ttl"), "rdf"),
}
"""Commands of other programs, and formats of files -> the command, or kind of dataset, that is meant."""


@contextlib.contextmanager
def collecting_rarely() -> Iterator[None]:
    """Meanwhile, Python looks for cycles of objects after a million new ones: a build makes many objects, no cycles."""
    before = gc.get_threshold()
    gc.set_threshold(1_000_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class CommandParser(argparse.ArgumentParser):
    """A parser that names what is missing or unknown, and suggests the closest command, option or value."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # No option begins with a digit: `-1GB` is a value, which the option before it refuses.
        self._negative_number_matcher = re.compile(r"-\.?\d")

    def parse_call(self, words: Sequence[str]) -> argparse.Namespace:
        """The call that these words make; an unknown option or superfluous word is an error of its own command."""
        call, unknown = self.parse_known_args(words)
        parser: CommandParser = getattr(call, "parser", None) or self
        if unknown and not any(word.startswith("-") for word in unknown):
            # argparse takes no further words of a list behind an option.
            lists = [action.dest for action in parser._actions if action.nargs == "*" and not action.option_strings]
            for name in lists[:1]:
                setattr(call, name, [*getattr(call, name), *unknown])
                unknown = []
        if unknown:
            parser._refuse(unknown)
        return call

    def _refuse(self, words: Sequence[str]) -> NoReturn:
        option = next((word.partition("=")[0] for word in words if word.startswith("-")), None)
        if option is None:
            self.error(f"{' '.join(words)!r} is one argument too many. `{self.prog} --help` shows what it takes.")
        known = [name for name in self._option_string_actions if name.startswith("--")]
        advice = did_you_mean(closest(option, known)[:1])
        target = next((action for action in self._actions if action.dest in ("folder", "file")), None)
        if option in ("-o", "--output") and target is not None and not target.option_strings:
            advice = f"{target.metavar} is named without one: {self.prog} {target.metavar}."
        self.error(f"There is no option {option}. {advice}".rstrip() + f" `{self.prog} --help` lists all.")

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, without argparse's summary of all options, and exit with status 2."""
        missing = message.removeprefix("the following arguments are required: ")
        if missing != message:
            # A name in the list is that of one argument; a metavar may be that of several.
            about = {argparse._get_action_name(action): action.help for action in self._actions}
            wanted = (f"{name}, {about[name]}" if about.get(name) else name for name in missing.split(", "))
            message = f"Missing: {'; '.join(wanted)}. `{self.prog} --help` shows more."
        elif message.startswith("one of the arguments "):
            options = message.removeprefix("one of the arguments ").removesuffix(" is required").split()
            message = f"Missing: {' or '.join(options)}. `{self.prog} --help` shows more."
        self.exit(2, f"{self.prog}: {message.removeprefix('argument ')}\n")

    def _match_argument(self, action: argparse.Action, arg_strings_pattern: str) -> int:
        try:
            return super()._match_argument(action, arg_strings_pattern)
        except argparse.ArgumentError as error:
            if action.nargs is not None:
                raise
            raise argparse.ArgumentError(action, f"a value is missing: {action.help}") from error

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            names, wanted = list(action.choices), str(value)
            likely = closest(wanted, names) or [name for name in names if name.startswith(wanted)]
            usual = _USUAL_NAMES.get(wanted) or _USUAL_NAMES.get(wanted.rpartition(".")[2])
            likely = likely or [name for name in names if name == usual]
            noun = "kind of dataset" if action.dest == "kind" else "command"
            message = f"There is no {noun} {wanted!r}. {did_you_mean(likely[:1])}".rstrip()
            raise argparse.ArgumentError(None, f"{message} `{self.prog} --help` lists all.")
        if action.choices is not None and value not in action.choices:
            known = list(map(str, action.choices))
            advice = did_you_mean(closest(str(value), known)[:1])
            message = f"{str(value)!r} is not one of {', '.join(known)}. {advice}".rstrip()
            raise argparse.ArgumentError(action, message)


class Commands:
    """Adds commands to a parser, each with a description, its function and the common options."""

    def __init__(
        self,
        parser: argparse.ArgumentParser,
        *,
        name: str = "command",
        title: str = "commands",
        help: str | None = None,
    ) -> None:
        self.parser = parser
        self._parsers = parser.add_subparsers(dest=name, metavar=name.upper(), title=title, help=help)

    def add(
        self,
        name: str,
        description: str,
        run: Run,
        *,
        project: bool = True,
        epilog: str = "",
        is_listed: bool = True,
        add_help: bool = True,
    ) -> argparse.ArgumentParser:
        """The parser of a new command, for its own options; `kg --help` lists it unless a program alone calls it.

        Without `add_help`, it gets an option `--help` of its own.
        """
        add = partial(self._parsers.add_parser, name, description=description, epilog=epilog, add_help=add_help)
        parser = add(help=description) if is_listed else add()
        parser.set_defaults(run=run, parser=parser)
        if project:
            parser.add_argument("--project", metavar="DIR", help="the folder with ontology/, data/ and queries/")
        return parser


# --- options


def add_format(parser: argparse.ArgumentParser, formats: tuple[str, ...], *, default: str) -> None:
    """`-f/--format` with these formats."""
    parser.add_argument("-f", "--format", choices=formats, default=default, help=f"default: {default}")


def add_output(parser: argparse.ArgumentParser) -> None:
    """`-o/--output`."""
    parser.add_argument("-o", "--output", metavar="FILE", help="the file to write; - is stdout")


def add_format_of_output(
    parser: argparse.ArgumentParser,
    formats: tuple[str, ...],
    *,
    default: str,
    output: str = "the file to write; - is stdout",
) -> None:
    """`-f/--format` and `-o/--output`, whose ending chooses the format where none is stated."""
    help = f"default: by the ending of the file, else {default}"
    parser.add_argument("-f", "--format", choices=formats, help=help)
    parser.add_argument("-o", "--output", metavar="FILE", help=output)
    parser.set_defaults(formats=formats, default_format=default)


def choose_format(call: argparse.Namespace) -> None:
    """Set the format of a call that states none; raises `InputError` where the name of its file contradicts it."""
    from kg.files.format_endings import format_of_file

    if (default := getattr(call, "default_format", None)) is None:
        return
    if call.output in (None, "-"):
        call.format = call.format or default
    else:
        call.format = format_of_file(call.output, call.formats, stated=call.format, default=default)


def add_texts(parser: argparse.ArgumentParser, *, purpose: str = "to quote passages") -> None:
    """`--texts`."""
    parser.add_argument("--texts", metavar="DIR", help=f"the folder of source texts, {purpose}; default: $KG_TEXTS")


def add_limit(parser: argparse.ArgumentParser, help: str, *, former: str) -> None:
    """`--limit`; `former` is the option's name in earlier versions, which is not listed."""
    parser.add_argument("--limit", metavar="N", type=whole_number, help=help)
    parser.add_argument(former, dest="limit", type=whole_number, default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """`--engine`, for commands that infer."""
    help = "the reasoner: sql, or owlrl to compare with"
    parser.add_argument("--engine", choices=("sql", "owlrl"), default="sql", help=help)


def add_spark(parser: argparse.ArgumentParser, others: Sequence[str], *, help: str) -> None:
    """`--engine` with the engines of a command, of which the first is the default, and spark or spark=MASTER."""
    help += "; or spark, or spark=MASTER, such as spark=local[2]"
    name = partial(_engine_name, (*others, "spark"))
    parser.add_argument("--engine", type=name, default=others[0], metavar="ENGINE", help=help)


def _engine_name(known: Sequence[str], text: str) -> str:
    """The type of `--engine` where Spark can be chosen."""
    if text in known or (text.startswith("spark=") and len(text) > len("spark=")):
        return text
    advice = did_you_mean(closest(text, list(known))[:1])
    raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(known)}, spark=MASTER. {advice}".rstrip())


def positive_number(text: str) -> float:
    """The type of an option that takes a number above 0."""
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 < number < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is out of range: must be greater than 0")
    return number


def whole_number(text: str) -> int:
    """The type of an option that takes a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def port_number(text: str) -> int:
    """The type of `--port`."""
    if not 0 <= (port := whole_number(text)) < 1 << 16:
        raise argparse.ArgumentTypeError(f"{text} is not a port: choose one from 0 to 65535")
    return port


def positive_integer(text: str) -> int:
    """The type of an option that takes a whole number from 1."""
    if not text.isdecimal() or not 0 < int(text) < 10**9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def memory_size(text: str, *, unit: str = "MiB") -> int:
    """The type of `--memory`: a number of bytes, written like `2GB`; a number alone is of this unit."""
    try:
        return to_bytes(text, unit=unit)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def size_with_unit(text: str) -> str:
    """The type of `--memory` where the limit is that of DuckDB: a size with its unit, such as `2GB`."""
    memory_size(text)
    return f"{text}MiB" if text.strip().isdecimal() else text


def _outputs(call: argparse.Namespace) -> dict[str, Path]:
    """The options of a call that name a file to write, or a folder, with what they name."""
    names = {option: getattr(call, option, None) for option in ("output", "profile", "report", "sssom")}
    return {option: Path(name) for option, name in names.items() if name not in (None, "-")}


def check_outputs(call: argparse.Namespace) -> None:
    """Raise `InputError` for an output that would be, or replace, one of the files that a graph is built from."""
    from kg.project import is_project

    for path in _outputs(call).values():
        for folder in filter(is_project, path.resolve().parents):
            first = path.resolve().relative_to(folder).parts[0]
            if first in ("ontology", "data", "queries", "texts", "filmgraph.toml"):
                raise InputError(f"{path} is among the files that a graph is built from. Name another file or folder.")


def check_folders(call: argparse.Namespace) -> None:
    """Raise `InputError` for a file in a folder that does not exist, before anything is computed for it.

    Commands that write a folder make it: `writes_folder` of their parsers is true, or the formats in which they do.
    """
    folders = getattr(call, "writes_folder", ())
    is_folder = folders is True or getattr(call, "split", None) is not None or (folders and call.format in folders)
    for option, path in _outputs(call).items():
        if option != "output" or not is_folder:
            check_folder_exists(path)


# --- input


def open_call_graph(call: argparse.Namespace) -> FilmGraph:
    """The published graph of the project that the call names, or that of an endpoint."""
    from kg.loaded_graph import LoadedGraph, open_local_graph

    if (remote := open_endpoint(call)) is not None:
        return remote
    graph = open_local_graph(call.project)
    project = graph.project
    if isinstance(graph, LoadedGraph):
        return graph
    if is_example(call, project):
        print_message("There is no project here: this is the example project. Name another with --project.")
    with contextlib.suppress(OSError):
        if newer := list(project.newer_than(graph.build)):
            from kg.pipeline.inputs import find_changed

            if (changed := find_changed(newer, graph.build)) is not None:
                name = changed.relative_to(project.folder).as_posix()
                print_message(f"{name} has changed since this graph was built: run kg build.")
    return graph


def is_example(call: argparse.Namespace, project: Project) -> bool:
    """True where a call gets the project that comes with the program, since it names none and there is none here."""
    return call.project is None and project.is_packaged and not Path.cwd().is_relative_to(project.folder)


def find_own_project(call: argparse.Namespace) -> Project:
    """The project whose files a call changes; raises `ProjectError` for the one that comes with the program."""
    from kg.errors import ProjectError
    from kg.project import find_project

    project = find_project(call.project)
    if is_example(call, project) and not getattr(call, "dry_run", False):
        raise ProjectError("There is no project here to change. Name one with --project, or make one with kg new.")
    return project


def print_newer_files(project: Project) -> None:
    """Say that the program has newer files of the ontology and queries than a project, and what to do."""
    from kg.pipeline.project_update import find_update

    if update := find_update(project):
        files = counted(len({*update.replaced, *update.removed, *update.changed}), "file")
        have = "is not that" if files.startswith("1 ") else "are not those"
        print_message(f"{files} of this project's ontology or queries {have} of this version: see `kg update`.")


def add_endpoint(parser: argparse.ArgumentParser) -> None:
    """`--endpoint`, for commands on a graph that another store may hold."""
    help = "ask this SPARQL endpoint instead of the build; default: [store] of filmgraph.toml"
    parser.add_argument("--endpoint", metavar="URL", help=help)


def open_endpoint(call: argparse.Namespace) -> FilmGraph | None:
    """The graph of the endpoint that a call or its project names, with what is wrong with its build printed."""
    from kg.project import find_project

    address = getattr(call, "endpoint", None)
    if not hasattr(call, "endpoint") or (address is None and not find_project(call.project).configuration.is_file()):
        return None  # most calls need not load what is beneath
    from kg.endpoints.endpoint_graph import EndpointGraph, configured_store, connect

    project = find_project(call.project)
    store = configured_store(project) if address is None else None
    if address is None and store is None:
        return None
    graph = connect(address, project) if address is not None else EndpointGraph(project, store)  # type: ignore[arg-type]
    for notice in graph.notices:
        print_message(notice)
    return graph


def parse_pairs(words: list[str]) -> tuple[str | None, dict[str, object]]:
    """`name=value` words as a mapping, and the only word without `=`; raises `InputError` for a second one."""
    pairs: dict[str, object] = {}
    single: str | None = None
    for word in words:
        name, sign, value = word.partition("=")
        if sign and name.strip():
            pairs[name.strip()] = value.strip() if name[-1].isspace() else value
        elif single is None and not sign:
            single = word
        else:
            advice = 'Put values that contain spaces in quotes: "person=Sean Baker".'
            if " " in word and single is not None:
                advice = f'Only one value may be without its name: write "name={word}". `kg queries` lists the names.'
            raise InputError(f"{word!r} is not name=value. {advice}")
    return single, pairs


def read_text(name: str) -> str:
    """The text of a file, or of stdin for `-`; raises `InputError` when it cannot be read."""
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8: {error.reason} at byte {error.start}.") from error
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}.") from error


def existing_files(names: Iterable[str]) -> list[Path]:
    """The files with these names; raises `InputError` for those that do not exist."""
    paths = [Path(name) for name in names]
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise InputError(f"There is no file {', '.join(missing)}.")
    return paths


def add_data(parser: argparse.ArgumentParser) -> None:
    """`--data` and how it is read, for commands that take RDF files in place of a project."""
    help = "ask RDF files, folders or patterns instead of the project; - is stdin"
    parser.add_argument("--data", metavar="FILE", nargs="+", action="extend", help=help)
    add_inference(parser)
    add_input_format(parser)


def add_input_format(parser: argparse.ArgumentParser) -> None:
    """`--input-format` and `--rdf`."""
    parser.add_argument("--input-format", choices=INPUT_FORMATS, help="the format of all files; default: by suffix")
    help = "refuse what this version of RDF does not have; default: %(default)s"
    parser.add_argument("--rdf", choices=RDF_VERSIONS, default=RDF_VERSIONS[-1], help=help)


def add_inference(parser: argparse.ArgumentParser) -> None:
    """`--infer` and `--ontology`."""
    parser.add_argument("--infer", action="store_true", help="add what follows from --data by OWL 2 RL")
    help = "RDF files with an ontology, for --infer and as graph:ontology"
    parser.add_argument("--ontology", metavar="FILE", nargs="+", action="extend", default=[], help=help)


def open_graph_or_data(call: argparse.Namespace) -> FilmGraph:
    """The graph of the files that `--data` names, else that of the project."""
    if not getattr(call, "data", None):
        return open_call_graph(call)
    if call.project is not None:
        raise InputError("Name either a project or --data, not both.")
    return load_data(call, call.data)


def load_data(call: argparse.Namespace, files: list[str], *, output: str | None = None) -> LoadedGraph:
    """The graph of RDF files, with what a call says about them; what contradicts itself in it is printed."""
    from kg.loaded_graph import load
    from kg.rdf.file_formats import FORMAT_NAMES

    format = None if call.input_format is None else FORMAT_NAMES[call.input_format]
    graph = load(files, infer=call.infer, ontology=call.ontology, format=format, output=output, rdf=call.rdf)
    for finding in graph.report:
        print_message(str(finding))
    if not len(graph):
        print_message(f"There are no triples in {', '.join(graph.files)}.")
    return graph


# --- output


def write(text: str, output: str | None = None) -> None:
    """Write text to stdout, or atomically to a file."""
    if output is None or output == "-":
        sys.stdout.write(text)
        return
    write_file(output, (text,), durable=False)


def write_json(document: object) -> None:
    """Write a JSON document to stdout."""
    write(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def print_message(message: str) -> None:
    """Print a message to stderr."""
    print(message, file=sys.stderr)


def terminal_width(output: str | None = None) -> int | None:
    """The columns of the terminal that stdout is; None when it is none, or a file is written."""
    if output not in (None, "-") or not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns


def format_counts(report: Report, *names: str) -> str:
    """Counts of a report in one line: `2,748 facts, 5 sources`."""
    counts = ((int(report.counts[name]), name) for name in names if name in report.counts)
    return ", ".join(counted(count, name.removesuffix("s"), name) for count, name in counts)
