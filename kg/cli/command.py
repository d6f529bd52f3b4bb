"""What the commands share: the options of the project, and how reports and texts are written out."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kg.atomic_files import write_file
from kg.errors import InputError

if TYPE_CHECKING:
    from kg.filmgraph import FilmGraph
    from kg.reports import Report

Run = Callable[[argparse.Namespace], int]


class Commands:
    """Adds commands to the parser, each with a sentence, its function and the options that all share."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    def add(
        self, name: str, sentence: str, run: Run, *, project: bool = True, epilog: str = ""
    ) -> argparse.ArgumentParser:
        """A new command; its own options are added to the parser that comes back."""
        parser = self._parsers.add_parser(name, help=sentence, description=sentence, epilog=epilog)
        parser.set_defaults(run=run)
        if project:
            parser.add_argument("--project", metavar="DIR", help="the folder that holds ontology/, data/ and queries/")
        return parser


def add_format(parser: argparse.ArgumentParser, formats: tuple[str, ...], *, default: str) -> None:
    """`-f/--format` with these formats."""
    parser.add_argument("-f", "--format", choices=formats, default=default, help=f"default: {default}")


def graph_of(call: argparse.Namespace) -> FilmGraph:
    """The published graph of the project that the call names."""
    from kg.filmgraph import open_graph

    return open_graph(call.project)


def pairs_of(words: list[str]) -> dict[str, object]:
    """`key=value` words as a mapping; raises `InputError` for a word without `=`."""
    pairs: dict[str, object] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise InputError(f'{word!r} is not name=value. Quote a value with blanks: "person=Sean Baker".')
        pairs[name] = value
    return pairs


def write(text: str, output: str | None = None) -> None:
    """Text to stdout, or to a file by way of a fresh one beside it, so that nothing is left half-written."""
    if output is None or output == "-":
        sys.stdout.write(text)
        return
    write_file(output, (text,), durable=False)


def read_text_argument(name: str) -> str:
    """The text of a file, or of stdin for `-`; raises `InputError` when it cannot be read."""
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{name} cannot be read: {error}") from error


def say(message: str) -> None:
    """A message to stderr."""
    print(message, file=sys.stderr)


def is_plain() -> bool:
    """True when stderr is no terminal, or colour and movement are not wanted."""
    return not sys.stderr.isatty() or "NO_COLOR" in os.environ


def tell_counts(report: Report, *names: str) -> str:
    """Counts of a report in one line: `2,748 facts, 5 sources`."""
    told = (f"{report.counts[name]:,} {name}" for name in names if name in report.counts)
    return ", ".join(told)


@contextmanager
def progress_of() -> Iterator[Callable[[str], None] | None]:
    """A bar with the step at work, on a terminal; nothing elsewhere."""
    if is_plain():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    steps = ("reading", "verifying", "deciding", "inferring", "checking", "storing")
    columns = (TextColumn("{task.description:<10}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=len(steps))
        yield lambda step: bar.update(task, description=step, completed=steps.index(step) if step in steps else None)


@contextmanager
def bytes_progress_of(files: Iterable[Path]) -> Iterator[Callable[[int], None] | None]:
    """A bar of the bytes read of these files, on a terminal; nothing elsewhere."""
    if is_plain():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    total = sum(path.stat().st_size for path in files if path.is_file())
    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=total)
        yield lambda read: bar.advance(task, read)
