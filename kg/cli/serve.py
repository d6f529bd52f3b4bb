"""The command that serves the graph on the web."""

from __future__ import annotations

import argparse
import importlib.util
import sys

from kg.cli.command import Commands, say
from kg.errors import InputError

_PACKAGES = ("httptools", "jinja2", "starlette", "uvicorn")


def add_commands(commands: Commands) -> None:
    """serve."""
    serve = commands.add(
        "serve", "Serve the graph: a SPARQL endpoint, stored queries as links, a page for every thing.", _serve
    )
    serve.add_argument(
        "--host", default="127.0.0.1", help="the address to listen on; default: 127.0.0.1, this machine alone"
    )
    serve.add_argument("--port", type=int, default=8000, help="the port to listen on; default: 8000")
    serve.add_argument("--workers", type=_count, default=2, metavar="N", help="how many processes answer; default: 2")
    serve.add_argument("--timeout", type=_positive, metavar="SECONDS", help="how long a query may take; default: 10")
    serve.add_argument("--limit", type=_count, metavar="N", help="how many rows an answer may have; default: 10,000")
    serve.add_argument("--memory", type=_count, metavar="MB", help="how much memory a query may take; default: 1,024")
    serve.add_argument("--log", choices=("text", "json", "none"), default="text", help="one line a request, on stderr")
    serve.add_argument("--url", metavar="URL", help="where it is found from outside, behind a proxy")


def _serve(call: argparse.Namespace) -> int:
    if any(importlib.util.find_spec(name) is None for name in _PACKAGES):
        raise InputError("Serving needs more packages: pip install 'film-knowledge-graph[serve]'")
    if sys.platform == "win32":
        raise InputError("Serving bounds processes as Unix does it: use Linux, macOS, WSL or a container.")
    from kg.project import find_project
    from kg.server.settings import Limits, Settings
    from kg.server.supervisor import Supervisor

    project = find_project(call.project)
    build = project.current_build
    given = {"seconds": call.timeout, "rows": call.limit}
    given["memory"] = None if call.memory is None else call.memory << 20
    limits = Limits(**{name: value for name, value in given.items() if value is not None})
    address = call.url.rstrip("/") if call.url else None
    settings = Settings(call.host, call.port, call.workers, limits, call.log, address)
    return Supervisor(project, settings).run(lambda where: say(f"Serving {build.name} at {where} - stop with Ctrl+C"))


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not more than nothing")
    return number


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 10**9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)
