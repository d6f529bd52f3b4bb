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
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kg.cli import ask, build, check, compare, completion, import_export, link, serve, stores, why
from kg.cli.command import STOPPED, CommandParser, Commands, check_folders, check_outputs, choose_format
from kg.cli.option_rules import check_options
from kg.errors import EngineMismatchError, FilmGraphError, GraphFaultError, InputError, LimitError, RemoteError
from kg.graph.engine_errors import is_interruption, to_input_error
from kg.version import __version__

OK, FAILED, WRONG_CALL = 0, 1, 2
_STOP_SECONDS = 3.0
"""After Ctrl+C, for removing what is unfinished."""
_DONE = b"\0"
"""The number of no signal."""
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
    try:
        return _run(arguments)
    except KeyboardInterrupt:  # also while the words of the call are read
        return _stopped()


def _run(arguments: Sequence[str] | None) -> int:
    parser = to_parser()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] in (["help"], ["version"]):
        words = [*words[1:], f"--{words[0]}"]
    call = parser.parse_call(words)
    if call.run is None:
        parser.print_help()
        return OK
    try:
        check_outputs(call)
        choose_format(call)
        check_folders(call)
        check_options(call)
        with _ending_after_ctrl_c():
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
    except Exception as error:
        if is_interruption(error):
            return _stopped()
        if (message := _system_message(error)) is None:
            raise
        print(f"kg {call.command}: {message}", file=sys.stderr)
        return WRONG_CALL


@contextmanager
def _ending_after_ctrl_c() -> Iterator[None]:
    """Meanwhile, the process has ended some seconds after Ctrl+C, or at once after the second.

    An engine that computes does not look for signals, or only now and then, and may have to compute without end. On
    Windows it is waited for: Python 3.11 has no pipes there that do not block.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    ending = threading.Thread(target=_end_after_ctrl_c, args=(reading,), daemon=True)
    ending.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.write(writing, _DONE)
        ending.join()
        os.close(writing)


def _end_after_ctrl_c(signals: int) -> None:
    """Read the numbers of signals from a pipe until the command is done."""
    timer = threading.Timer(_STOP_SECONDS, _end)
    timer.daemon = True
    with os.fdopen(signals, "rb", buffering=0) as pipe:
        while (number := pipe.read(1)) != _DONE:
            if number[0] == signal.SIGINT:
                if timer.is_alive():
                    _end()
                timer.start()
    timer.cancel()


def _end() -> None:
    _stopped()
    os._exit(STOPPED)


def _stopped() -> int:
    """The exit status after Ctrl+C, which is said."""
    print("kg: stopped", file=sys.stderr)
    return STOPPED


def _system_message(error: Exception) -> str | None:
    """What an error of the system or of an engine means for the user; None when it means a fault of this program."""
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
