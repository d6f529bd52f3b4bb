"""A command line walks in; the door for people: data on stdout, messages on stderr, an exit status.

Each room of commands imports what it needs only when it is called, so that asking a question starts fast.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from kg.cli import ask, build, check, export, fix, import_, link, mcp, proof, serve, why
from kg.cli.command import Commands
from kg.errors import FilmGraphError, GraphFaultError, InputError, LimitError, RemoteError
from kg.version import __version__

FINE, FAILED, WRONG_CALL = 0, 1, 2
STATUSES: dict[type[FilmGraphError], int] = {
    FilmGraphError: FAILED,
    GraphFaultError: FAILED,
    LimitError: FAILED,
    RemoteError: FAILED,
    InputError: WRONG_CALL,
}
"""Error -> exit status; the nearest class above an error decides."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status comes back."""
    parser = to_parser()
    call = parser.parse_args(arguments)
    if call.run is None:
        parser.print_help()
        return FINE
    try:
        status = int(call.run(call))
        sys.stdout.flush()
        return status
    except FilmGraphError as error:
        print(f"kg {call.command}: {error}", file=sys.stderr)
        return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    except BrokenPipeError:
        # Whoever reads our output has read enough, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except KeyboardInterrupt:
        print("kg: stopped", file=sys.stderr)
        return 130


def to_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="kg", description="A film knowledge graph whose every answer can be traced to the passage it rests on."
    )
    parser.add_argument("-V", "--version", action="version", version=f"kg {__version__}")
    parser.set_defaults(run=None)
    commands = Commands(parser)
    rooms = (build, check, fix, ask, why, export, import_, link, proof, serve, mcp)
    for room in rooms:
        room.add_commands(commands)
    return parser
