"""The command that serves the graph on the web."""

from __future__ import annotations

import argparse

from kg.cli.command import Commands, say
from kg.errors import InputError


def add_commands(commands: Commands) -> None:
    """serve."""
    serve = commands.add(
        "serve", "Serve the graph: a SPARQL endpoint, stored queries as links, a page for every thing.", _serve
    )
    serve.add_argument(
        "--host", default="127.0.0.1", help="the address to listen on; default: 127.0.0.1, this machine alone"
    )
    serve.add_argument("--port", type=int, default=8000, help="the port to listen on; default: 8000")
    serve.add_argument("--workers", type=int, metavar="N", help="how many processes answer queries; default: 2")
    serve.add_argument("--timeout", type=float, metavar="SECONDS", help="how long a query may take; default: 10")
    serve.add_argument("--limit", type=int, metavar="N", help="how many rows an answer may have; default: 10,000")
    serve.add_argument("--memory", type=int, metavar="MB", help="how much memory a query may take; default: 1,024")


def _serve(call: argparse.Namespace) -> int:
    try:
        import uvicorn

        from kg.endpoint.app import application
    except ModuleNotFoundError as error:
        raise InputError("Serving needs more packages: pip install 'film-knowledge-graph[serve]'") from error
    from kg.endpoint.limits import Limits
    from kg.project import find_project

    project = find_project(call.project)
    build = project.current
    given = {"workers": call.workers, "seconds": call.timeout, "rows": call.limit}
    given["memory"] = None if call.memory is None else call.memory << 20
    limits = Limits(**{name: value for name, value in given.items() if value is not None})
    say(f"Serving {build.name} at http://{call.host}:{call.port}/ - stop with Ctrl+C")
    config = uvicorn.Config(
        application(project, limits), host=call.host, port=call.port, log_level="warning", access_log=False,
        server_header=False, lifespan="on", timeout_graceful_shutdown=5,
    )  # fmt: skip
    server = uvicorn.Server(config)
    server.run()
    return 0 if server.started else 1
