"""An endpoint walks in; a server of the Model Context Protocol walks out, over stdin and stdout or over HTTP.

https://modelcontextprotocol.io/specification: what goes wrong in a tool is told in its result, so that the assistant
can mend its call. Over HTTP, requests with another Host or Origin than the server's own are refused: otherwise any web
page could reach a server on this machine by a name that its owner points at 127.0.0.1 (DNS rebinding).
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings

from kg.assistants.calling import Reply, call_tool, list_tools
from kg.assistants.tools import Tool
from kg.endpoint.edition import Endpoint
from kg.endpoint.limits import Limits
from kg.errors import InputError, LimitError
from kg.project import Project
from kg.version import __version__

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

PATH = "/mcp"
LARGEST_REQUEST = 1 << 20
_MOST_CONNECTIONS = 64
_LOCAL = ("127.0.0.1", "localhost", "::1")
_READS_ONLY = types.ToolAnnotations(read_only_hint=True, open_world_hint=False)
_INSTRUCTIONS = """A graph of facts about films, each with the source and passage it was read from.
Begin with find_question: stored questions are tested, and their rows are cited. A tool that is named like a question
asks it; `ask` asks any. Where none fits: find_thing for names, schema for what can be asked, then sparql.
Cite the sources that rows name ([1] ...). Rows that were left out are said: call again with the offset that is told.
No rows is an answer too: the reply says whether the graph does not say it or the question was misspelled."""


def to_server(endpoint: Endpoint, *, topics: Sequence[str] | None = None, texts: str | None = None) -> Server[Any]:
    """A server that offers the tools of a graph; with `topics`, only stored queries with one of these tags or names.

    Every call is answered by a worker of the endpoint, which is ended when it overruns the endpoint's limits.
    """

    async def list_all(_: ServerRequestContext[Any], __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        tools: list[Tool] = await endpoint.edition.run(list_tools, topics)
        return types.ListToolsResult(tools=[_to_tool(one) for one in tools])

    async def call(_: ServerRequestContext[Any], called: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            reply: Reply = await endpoint.edition.run(call_tool, texts, called.name, called.arguments or {})
        except LimitError as error:
            reply = Reply(str(error), is_error=True)
        return _to_result(reply)

    return Server(
        "film-knowledge-graph",
        title="Film knowledge graph",
        version=__version__,
        instructions=_INSTRUCTIONS,
        on_list_tools=list_all,
        on_call_tool=call,
    )


def _to_tool(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        description=tool.sentence,
        input_schema=dict(tool.takes),
        output_schema=dict(tool.gives) if tool.gives is not None else None,
        annotations=_READS_ONLY,
    )


def _to_result(reply: Reply) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(text=reply.text)],
        structured_content=dict(reply.structure) if reply.structure is not None else None,
        is_error=reply.is_error,
    )


async def serve_stdio(project: Project, limits: Limits, *, topics: Sequence[str] | None, texts: str | None) -> None:
    """Serve the program that started this one, until it closes our stdin."""
    # Workers are started when stdout is diverted already: else they would hold the pipe open when this process is gone.
    async with stdio_server() as (calls, replies), Endpoint(project, limits) as endpoint:
        server = to_server(endpoint, topics=topics, texts=texts)
        await server.run(calls, replies, server.create_initialization_options())


async def serve_http(
    project: Project,
    limits: Limits,
    *,
    topics: Sequence[str] | None,
    texts: str | None,
    listening: socket.socket,
    names: Sequence[str],
) -> None:
    """Serve at `/mcp` on a socket, to requests for one of these names of it, until stopped."""
    import uvicorn

    async with Endpoint(project, limits) as endpoint:
        app = to_server(endpoint, topics=topics, texts=texts).streamable_http_app(
            streamable_http_path=PATH,
            # Nothing is remembered between calls, so no client can fill the memory with sessions.
            stateless_http=True,
            json_response=True,
            max_request_body_size=LARGEST_REQUEST,
            transport_security=to_security(names, listening.getsockname()[1]),
        )
        config = uvicorn.Config(
            app, log_level="warning", server_header=False, limit_concurrency=_MOST_CONNECTIONS, timeout_keep_alive=10
        )
        await uvicorn.Server(config).serve(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; raises `InputError` where it cannot."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except (OSError, OverflowError) as error:
        raise InputError(f"Nothing can listen on {host}:{port}: {error}") from error
    return listening


def address(host: str, listening: socket.socket) -> str:
    """Where it is reached: `http://127.0.0.1:8770/mcp`."""
    return f"http://{_bracketed(host)}:{listening.getsockname()[1]}{PATH}"


def to_security(names: Iterable[str], port: int) -> TransportSecuritySettings:
    """Which Host and Origin requests may have: these names with this port; all of this machine's where one is of it."""
    allowed = dict.fromkeys(names)
    if any(name in _LOCAL for name in allowed):
        allowed |= dict.fromkeys(_LOCAL)
    hosts = [f"{_bracketed(name)}:{port}" for name in allowed]
    origins = [f"{scheme}://{host}" for host in hosts for scheme in ("http", "https")]
    # Behind a proxy that has a name, clients leave out the port of their scheme.
    hosts += [name for name in allowed if name not in _LOCAL]
    origins += [f"https://{name}" for name in allowed if name not in _LOCAL]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
