"""The command line: data on stdout, messages on stderr, an exit status.

command        what the commands share: options, input, output
progress       progress bars
build          new, update, build, load, verify, cite
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
option_rules   options that have an effect only beside others

A module imports what a command needs when it is called, so that asking a question starts fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from kg.cli import ask, build, check, compare, completion, import_export, link, serve, stores, why
from kg.cli.command import CommandParser, Commands, check_output, choose_format
from kg.cli.option_rules import check_options
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
        check_output(getattr(call, "output", None))
        choose_format(call)
        check_options(call)
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
    from kg.graph.engine_errors import to_input_error

    if (known := to_input_error(error)) is not None:
        return str(known)
    return f"A file cannot be read or written: {error}." if isinstance(error, OSError) else None


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
