"""Commands that serve: `kg serve` the web, `kg publish` files, `kg mcp` assistants, `kg lsp` editors."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kg.cli.command import (
    STOPPED,
    Commands,
    add_data,
    add_endpoint,
    add_texts,
    is_example,
    memory_size,
    open_call_graph,
    open_endpoint,
    open_graph_or_data,
    port_number,
    positive_integer,
    positive_number,
    print_message,
)
from kg.cli.progress import counter
from kg.errors import InputError
from kg.text.number_words import counted

if TYPE_CHECKING:
    from kg.federation.config import ServiceConfig
    from kg.filmgraph import FilmGraph
    from kg.project import Project
    from kg.server.settings import Limits

_SERVE_PACKAGES = ("httptools", "jinja2", "starlette", "uvicorn")
_PUBLISH_EPILOG = "Example: kg publish site; python -m http.server -d site. See docs/publishing.md."
_LSP_EPILOG = "An editor starts it and speaks the Language Server Protocol over stdin and stdout. See docs/facts.md."
_MCP_EPILOG = "Example: kg mcp --topics awards,release; over HTTP: kg mcp --http --port 8770. See docs/assistants.md."


def add_commands(commands: Commands) -> None:
    """serve, publish, mcp, lsp."""
    description = "Serve the graph: a SPARQL endpoint, stored queries as links, a page for every entity."
    serve = commands.add("serve", description, _serve)
    add_data(serve)
    add_endpoint(serve)
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on; default: 127.0.0.1")
    serve.add_argument("--port", type=port_number, default=8000, help="the port to listen on; default: 8000")
    serve.add_argument(
        "--workers", type=positive_integer, default=2, metavar="N", help="the number of processes; default: 2"
    )
    serve.add_argument(
        "--timeout", type=positive_number, metavar="SECONDS", help="the time limit of a query; default: 10"
    )
    serve.add_argument("--limit", type=positive_integer, metavar="N", help="the rows of an answer; default: 10,000")
    serve.add_argument("--memory", type=memory_size, metavar="SIZE", help="the memory limit of a query; default: 1GiB")
    serve.add_argument("--log", choices=("text", "json", "none"), default="text", help="one line a request, on stderr")
    serve.add_argument("--watch", action="store_true", help="build again whenever files of the project change")
    serve.add_argument("--url", metavar="URL", help="its address from outside, behind a proxy; it may have a path")
    serve.add_argument(
        "--name", metavar="HOST", action="append", default=[], help="another host name that requests may have"
    )
    serve.add_argument("--cors", action="store_true", help="let web pages of any site read, also from this machine")
    serve.add_argument(
        "--connections", type=positive_integer, metavar="N", help="of one client, for each process; default: 200"
    )
    description = "Write a static site: every page as a file, with search and SPARQL in the browser."
    publish = commands.add("publish", description, _publish, epilog=_PUBLISH_EPILOG)
    publish.add_argument("folder", metavar="DIR", help="the folder to write; a site that is there is replaced")
    publish.add_argument("--url", metavar="URL", help="its public address, for the sitemap; it may have a path")
    add_texts(publish)
    description = "Serve assistants: tools to ask the graph, rows with citations."
    mcp = commands.add("mcp", description, _mcp, epilog=_MCP_EPILOG)
    add_endpoint(mcp)
    topics = "also a tool for each stored query with one of these topics, tags or names, separated by commas; or all"
    mcp.add_argument("--topics", metavar="WORDS", default="none", help=topics)
    add_texts(mcp)
    mcp.add_argument(
        "--timeout", metavar="SECONDS", type=positive_number, default=30, help="the time limit of a call; default: 30"
    )
    mcp.add_argument(
        "--memory", metavar="SIZE", type=memory_size, default=1 << 30, help="of each worker; default: 1GiB"
    )
    mcp.add_argument("--http", action="store_true", help="serve over HTTP instead of stdin and stdout")
    mcp.add_argument("--host", default="127.0.0.1", help="the address to listen on; default: 127.0.0.1")
    mcp.add_argument("--port", type=port_number, default=8770, help="the port; 0 takes any; default: 8770")
    mcp.add_argument(
        "--name", metavar="HOST", action="append", default=[], help="another host name that requests may have"
    )
    description = "Serve editors: completion, passages and findings in fact files and queries."
    commands.add("lsp", description, _lsp, epilog=_LSP_EPILOG)


def _serve(call: argparse.Namespace) -> int:
    if any(importlib.util.find_spec(name) is None for name in _SERVE_PACKAGES):
        raise InputError("Serving requires more packages: pip install 'film-knowledge-graph[serve]'")
    if sys.platform == "win32":
        raise InputError("Serving limits its processes as Unix does: use Linux, macOS, WSL or a container.")
    from kg.graph.store import open_published_build
    from kg.project import find_project
    from kg.server.http.access_log import message_line
    from kg.server.http.access_rules import is_loopback, parse_public_url
    from kg.server.settings import Limits, Settings
    from kg.server.supervisor import Supervisor

    graph = open_graph_or_data(call) if call.data or call.infer or call.ontology else None
    project = graph.project if graph is not None else find_project(call.project)
    remote = open_endpoint(call) if graph is None else None
    # A graph that cannot be opened is reported once, not by each process.
    build = open_published_build(project).folder if remote is None else remote.build
    options = {"seconds": call.timeout, "rows": call.limit, "memory": call.memory, "connections": call.connections}
    limits = Limits(**{name: value for name, value in options.items() if value is not None})
    url = parse_public_url(call.url) if call.url is not None else None
    endpoint = _config_of(remote, limits)
    names = tuple(call.name)
    settings = Settings(call.host, call.port, call.workers, limits, call.log, url, names, call.cors, endpoint)

    def report(message: str) -> None:
        if call.log == "json":
            sys.stderr.write(message_line(message))
            sys.stderr.flush()
        else:
            print_message(message)

    if graph is None and is_example(call, project):
        report("There is no project in this folder; serving the example of the package. Name yours with --project.")
    if not is_loopback(call.host):
        report(f"Warning: {call.host} is not a loopback address: whoever reaches this machine can read the graph.")
    what = f"{build.name} of {project.folder}" if graph is None else ", ".join(call.data)
    what = endpoint.address if endpoint is not None else what
    with _building(project if call.watch and graph is None and remote is None else None, report):
        return Supervisor(project, settings).run(lambda url: report(f"Serving {what} at {url} (Ctrl+C to stop)"))


@contextmanager
def _building(project: Project | None, report: Callable[[str], None]) -> Iterator[None]:
    """Meanwhile, another process builds the project whenever its files change; it is replaced when it was killed."""
    if project is None:
        yield
        return
    import subprocess
    from threading import Event, Thread

    from kg.workers.launch import start_python

    call = ("-m", "kg", "build", "--watch", "--project", str(project.folder), "--parent", str(os.getpid()))
    is_over = Event()
    processes = [start_python(*call, stdin=subprocess.DEVNULL)]

    def replace_killed() -> None:
        while (status := processes[-1].wait()) < 0 and not is_over.wait(1.0):
            report(f"The process that builds was killed (signal {-status}); another is started.")
            processes.append(start_python(*call, stdin=subprocess.DEVNULL))
        if not is_over.is_set() and status != STOPPED:  # Ctrl+C reaches both
            report("The process that builds has ended: changes of files are not built any more.")

    replacing = Thread(target=replace_killed, daemon=True)
    replacing.start()
    try:
        yield
    finally:
        is_over.set()
        while replacing.is_alive():  # it may just have started another
            processes[-1].terminate()
            replacing.join(0.1)


def _publish(call: argparse.Namespace) -> int:
    if importlib.util.find_spec("jinja2") is None or importlib.util.find_spec("starlette") is None:
        raise InputError("Publishing requires more packages: pip install 'film-knowledge-graph[serve]'")
    from kg.facts.texts import TEXTS_VARIABLE
    from kg.server.http.access_rules import parse_public_url
    from kg.static_site.publish import LARGE_FILES, publish, size_in_words

    if call.texts is not None:
        os.environ[TEXTS_VARIABLE] = str(Path(call.texts).resolve())
    url = parse_public_url(call.url) if call.url is not None else None
    with counter("files") as progress:
        publication = publish(open_call_graph(call), call.folder, url=url, progress=progress)
    site = publication.site
    if not publication.is_new:
        print_message(f"{call.folder} is up to date: {counted(site.pages, 'page')}.")
        return 0
    size, data = size_in_words(site.size), size_in_words(site.data)
    print_message(
        f"Published: {counted(site.pages, 'page')}, {counted(site.files, 'file')}, {size} in {call.folder}, "
        f"{publication.seconds:.1f} seconds."
    )
    if site.has_sparql:
        print_message(f"A browser loads {data} of data for the first SPARQL query.")
    else:
        print_message("SPARQL is left out, since its scripts are not bundled; see docs/publishing.md.")
    if site.is_large:
        print_message(f"This is a large site: more than {LARGE_FILES:,} files or much data. Consider `kg serve`.")
    return 0


def _config_of(graph: FilmGraph | None, limits: Limits) -> ServiceConfig | None:
    """The endpoint of a graph, whose requests take no longer than a query may."""
    from kg.endpoints.endpoint_graph import EndpointGraph

    if not isinstance(graph, EndpointGraph):
        return None
    return replace(graph.config, timeout=min(graph.config.timeout, limits.seconds))


def _mcp(call: argparse.Namespace) -> int:
    import asyncio

    from kg.facts.texts import TEXTS_VARIABLE
    from kg.graph.store import open_published_build
    from kg.mcp_server.tools import parse_topics
    from kg.project import find_project
    from kg.queries.stored_query import StoredQueries
    from kg.server.settings import Limits

    project = find_project(call.project)
    # What is wrong is reported before any assistant calls: a graph that cannot be opened, and an unknown topic.
    remote = open_endpoint(call)
    _ = open_published_build(project) if remote is None else remote.build
    topics = parse_topics(StoredQueries(project.queries), call.topics)
    texts = str(Path(call.texts).resolve()) if call.texts is not None else None
    if texts is not None:
        # Workers may read only the project's folder and the one that the environment names.
        os.environ[TEXTS_VARIABLE] = texts
    # An assistant makes a few calls at once, which take longer because of their citations: they may wait longer.
    limits = Limits(seconds=call.timeout, memory=call.memory, patience=min(5.0, call.timeout))
    endpoint = _config_of(remote, limits)
    try:
        from kg.mcp_server import server
    except ModuleNotFoundError as error:
        raise InputError("This requires more packages: pip install 'film-knowledge-graph[mcp]'") from error
    if not call.http:
        asyncio.run(server.serve_stdio(project, limits, topics=topics, texts=texts, endpoint=endpoint))
        return 0
    listener = server.listen(call.host, call.port)
    print_message(f"Listening on {server.to_url(call.host, listener)}")
    hosts = (call.host, *call.name)
    serving = server.serve_http(
        project, limits, topics=topics, texts=texts, listener=listener, hosts=hosts, endpoint=endpoint
    )
    asyncio.run(serving)
    return 0


def _lsp(call: argparse.Namespace) -> int:
    try:
        from kg.language_server.editor_server import make_server
    except ModuleNotFoundError as error:
        raise InputError("This requires more packages: pip install 'film-knowledge-graph[lsp]'") from error
    from kg.project import find_project

    make_server(find_project(call.project) if call.project is not None else None).start_io()
    return 0
