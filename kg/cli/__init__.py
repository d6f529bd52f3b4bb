"""The command line: data on stdout, messages on stderr, an exit status.

command        what the commands share: options, output, progress
build          new, build, load, verify, cite
check          check, fix, fmt, validate, infer, ontology
ask            ask, sparql, queries, schema, show, facts, conflicts, decide
why            why, why-not, rules, check-proof
link           link: a project
link_review    link review, in batches
link_files     link: two files, or duplicates within one
compare        diff, what-if
import_export  import, export
stores         load-script, check-store
serve          serve, mcp
completion     completion, for shells

A module imports what a command needs when it is called, so that asking a question starts fast.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Sequence

from kg.cli import ask, build, check, compare, completion, import_export, link, serve, stores, why
from kg.cli.command import CommandParser, Commands
from kg.errors import EngineMismatchError, FilmGraphError, GraphFaultError, InputError, LimitError, RemoteError
from kg.version import __version__

OK, FAILED, WRONG_CALL, STOPPED = 0, 1, 2, 130
STATUSES: dict[type[FilmGraphError], int] = {
    FilmGraphError: FAILED,
    GraphFaultError: FAILED,
    LimitError: FAILED,
    EngineMismatchError: FAILED,
    RemoteError: FAILED,
    InputError: WRONG_CALL,
}
"""Error -> exit status; that of the nearest base class applies."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    parser = to_parser()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] in (["help"], ["version"]):
        words = [*words[1:], f"--{words[0]}"]
    call = parser.parse_call(words)
    if call.run is None:
        parser.print_help()
        return OK
    try:
        status = int(call.run(call))
        sys.stdout.flush()
        return status
    except FilmGraphError as error:
        print(f"kg {call.command}: {error}", file=sys.stderr)
        return next(STATUSES[base] for base in type(error).__mro__ if base in STATUSES)
    except BrokenPipeError:
        # The reader of our output has closed it, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        print("kg: stopped", file=sys.stderr)
        return STOPPED
    except Exception as error:
        if (message := _system_message(error)) is None:
            raise
        print(f"kg {call.command}: {message}", file=sys.stderr)
        return WRONG_CALL


def _system_message(error: Exception) -> str | None:
    """What an error of the system or of an engine means for the user; None when it means a fault of this program."""
    from kg.graph.build_files import to_damage

    if (damage := to_damage(error)) is not None:
        return str(damage)
    return _cannot(error) if isinstance(error, OSError) else _database_failure(error)


def _cannot(error: OSError) -> str:
    """What the system refuses: a full disk, a folder that cannot be written, too many open files."""
    reason = error.strerror or str(error)
    return f"{error.filename or 'A file'} cannot be read or written: {reason}.{_advice(error.errno)}"


def _advice(number: int | None) -> str:
    return " Free some space, and run it again." if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else ""


def _database_failure(error: Exception) -> str | None:
    """What the system refuses to DuckDB, a file or memory; None for any other error."""
    duckdb = sys.modules.get("duckdb")  # not imported here, since most commands never need it
    if duckdb is None or not isinstance(error, (duckdb.IOException, duckdb.OutOfMemoryException)):
        return None
    text = str(error).replace("\\", "")
    if isinstance(error, duckdb.OutOfMemoryException):
        return f"The memory does not suffice: {text.splitlines()[0]} See --memory, where the command has it."
    file = re.search(r'file "([^"]+)"', text)
    number = next((number for number in _REFUSALS if os.strerror(number) in text), None)
    reason = os.strerror(number) if number is not None else text.splitlines()[0].removesuffix(".")
    return f"{file[1] if file is not None else 'A file'} cannot be read or written: {reason}.{_advice(number)}"


_REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE, errno.EIO)
"""Why a system refuses to read or write a file."""


def to_parser() -> CommandParser:
    """The parser of the command line."""
    parser = CommandParser(
        prog="kg", description="A film knowledge graph whose every answer can be traced to its source passage."
    )
    parser.add_argument("-V", "--version", action="version", version=f"kg {__version__}")
    parser.set_defaults(run=None)
    commands = Commands(parser)
    for module in (build, check, compare, ask, why, import_export, link, stores, serve, completion):
        module.add_commands(commands)
    return parser
