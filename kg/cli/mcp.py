"""The command that serves assistants: `kg mcp`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from kg.cli.command import Commands, say
from kg.errors import InputError

_EPILOG = "Example: kg mcp --topics awards,release; over HTTP: kg mcp --http --port 8770. See docs/assistants.md."


def add_commands(commands: Commands) -> None:
    """mcp."""
    serve = commands.add(
        "mcp", "Serve assistants: the stored queries as tools, rows with citations.", _serve, epilog=_EPILOG
    )
    topics = "only the stored queries with one of these tags or names, between commas; none for the general tools alone"
    serve.add_argument("--topics", metavar="WORDS", help=topics)
    serve.add_argument("--texts", metavar="DIR", help="the folder of source texts, to quote passages from")
    serve.add_argument("--timeout", metavar="SECONDS", type=float, default=30, help="end a call then; default: 30")
    serve.add_argument("--memory", metavar="MB", type=int, default=1024, help="of each worker; default: 1,024")
    serve.add_argument("--http", action="store_true", help="serve over HTTP instead of stdin and stdout")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on; default: 127.0.0.1")
    serve.add_argument("--port", type=int, default=8770, help="the port; 0 takes any; default: 8770")
    serve.add_argument(
        "--name", metavar="HOST", action="append", default=[], help="another name that requests may be for"
    )


def _serve(call: argparse.Namespace) -> int:
    import asyncio

    from kg.mcp_server.tools import to_topics
    from kg.passages.texts import TEXTS_VARIABLE
    from kg.project import find_project
    from kg.queries.stored_query import StoredQueries
    from kg.server.settings import Limits

    if call.timeout <= 0 or call.memory <= 0:
        raise InputError("--timeout and --memory are more than nothing.")
    project = find_project(call.project)
    # Told of before anybody calls: a project without a graph, and a topic that no query has.
    _ = project.current_build
    topics = to_topics(StoredQueries(project.queries), call.topics) if call.topics is not None else None
    texts = str(Path(call.texts).resolve()) if call.texts is not None else None
    if texts is not None:
        # Workers read no folder but the project's, and the one that the environment names.
        os.environ[TEXTS_VARIABLE] = texts
    # An assistant asks a few things at once, each the dearer for its citations: none is turned away for half a second.
    limits = Limits(seconds=call.timeout, memory=call.memory << 20, patience=min(5.0, call.timeout))
    try:
        from kg.mcp_server import http_transport, server
    except ModuleNotFoundError as error:
        raise InputError("This needs more packages: pip install 'film-knowledge-graph[mcp]'") from error
    if not call.http:
        asyncio.run(server.serve_stdio(project, limits, topics=topics, texts=texts))
        return 0
    listening = http_transport.listen(call.host, call.port)
    say(f"Listening on {http_transport.address(call.host, listening)}")
    names = (call.host, *call.name)
    asyncio.run(
        http_transport.serve_http(project, limits, topics=topics, texts=texts, listening=listening, names=names)
    )
    return 0
