"""The server of the Model Context Protocol, over stdin and stdout or over HTTP.

https://modelcontextprotocol.io/specification: what is wrong with a call is in its result, so that the assistant can
correct it.

Over HTTP, requests with another Host or Origin than the server's own are refused: otherwise any web page could reach a
server on this machine through a name that its owner points at 127.0.0.1 (DNS rebinding). A connection whose request
takes too long to arrive is closed: otherwise a few slow clients would keep all others out.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import anyio
import mcp_types as types
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.errors import InputError, LimitError
from kg.federation.config import ServiceConfig
from kg.mcp_server.calls import ToolReply, call_tool, prepare_worker
from kg.mcp_server.tools import GENERAL_TOOLS, Tool, list_tools
from kg.project import Project
from kg.server.http_connection import BoundedConnection, check_connections
from kg.server.settings import Limits
from kg.server.snapshot import GraphService
from kg.version import __version__

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

_READ_ONLY = types.ToolAnnotations(read_only_hint=True, open_world_hint=False)
_INSTRUCTIONS = """A graph of facts about films, each with its source and the passage it was read from.
Start with find_question: stored questions are tested, and their rows are cited; `ask` answers them, and some may be
tools of the same name. If none fits: find_entity for names, schema for classes and properties, sparql.
Cite the sources that rows name ([1] ...). When rows are left out, a note says with which offset to call again.
An answer without rows is an answer, too: the note says whether the graph has no such facts or a name is misspelt."""


def to_server(service: GraphService, *, topics: Sequence[str] | None = None, texts: str | None = None) -> Server[Any]:
    """A server that offers the tools of a graph; with `topics`, only stored queries with one of these topics or names.

    Every call runs in a worker of the service, which is killed when it exceeds the service's limits.
    """

    async def list_all(_: ServerRequestContext[Any], __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        tools: list[Tool] = await service.snapshot.run(list_tools, topics)
        return types.ListToolsResult(tools=[_to_mcp_tool(tool) for tool in tools])

    async def call(_: ServerRequestContext[Any], params: types.CallToolRequestParams) -> types.CallToolResult:
        queries = service.snapshot.queries
        if params.name not in GENERAL_TOOLS and params.name not in queries:
            # https://modelcontextprotocol.io/specification/2025-06-18/server/tools#error-handling
            error = queries.unknown(params.name, kind="tool", known=[*GENERAL_TOOLS, *queries])
            raise MCPError(types.INVALID_PARAMS, error.message)
        try:
            reply: ToolReply = await service.snapshot.run(call_tool, texts, params.name, params.arguments or {})
        except LimitError as error:
            reply = ToolReply(str(error), is_error=True)
        return _to_mcp_result(reply)

    return Server(
        "film-knowledge-graph",
        title="Film knowledge graph",
        version=__version__,
        instructions=_INSTRUCTIONS,
        on_list_tools=list_all,
        on_call_tool=call,
    )


def _to_mcp_tool(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        description=tool.description,
        input_schema=dict(tool.input_schema),
        output_schema=dict(tool.output_schema) if tool.output_schema is not None else None,
        annotations=_READ_ONLY,
    )


def _to_mcp_result(reply: ToolReply) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(text=reply.text)],
        structured_content=dict(reply.structure) if reply.structure is not None else None,
        is_error=reply.is_error,
    )


async def serve_stdio(
    project: Project,
    limits: Limits,
    *,
    topics: Sequence[str] | None,
    texts: str | None,
    endpoint: ServiceConfig | None = None,
) -> None:
    """Serve the program that started this one, until it closes our stdin."""
    # Workers start after stdout is diverted: otherwise they would keep the pipe open when this process has ended.
    opened = GraphService(project, limits, prepare=prepare_worker, endpoint=endpoint)
    async with stdio_server() as (calls, replies), opened as service:
        server = to_server(service, topics=topics, texts=texts)
        async with anyio.create_task_group() as tasks:
            sender, messages = anyio.create_memory_object_stream[SessionMessage | Exception](0)
            tasks.start_soon(_send_each, calls, sender, replies)
            await server.run(messages, replies, server.create_initialization_options())
            tasks.cancel_scope.cancel()


async def _send_each(calls: Any, sender: Any, replies: Any) -> None:
    """Pass messages on, those of a batch one by one; what is no message is answered here, by itself."""
    async with sender:
        async for call in calls:
            for message in _messages_of(call) if isinstance(call, ValidationError) else [call]:
                is_error = isinstance(message, SessionMessage) and isinstance(message.message, types.JSONRPCError)
                await (replies if is_error else sender).send(message)


def _messages_of(error: ValidationError) -> Iterator[SessionMessage]:
    """The messages of a line that is not one message, and the errors of what is none (https://www.jsonrpc.org)."""
    fault = error.errors()[0]
    if fault["type"] == "json_invalid":
        yield _to_error(None, types.PARSE_ERROR, "This line is not JSON.")
        return
    given = fault["input"]
    for member in given if isinstance(given, list) and given else [given]:
        try:
            yield SessionMessage(types.jsonrpc_message_adapter.validate_python(member, by_name=False))
        except ValidationError:
            id = member.get("id") if isinstance(member, dict) else None
            id = id if isinstance(id, int | str) else None
            yield _to_error(id, types.INVALID_REQUEST, "This is not a message of JSON-RPC 2.0.")


def _to_error(id: int | str | None, code: int, message: str) -> SessionMessage:
    return SessionMessage(types.JSONRPCError(jsonrpc="2.0", id=id, error=types.ErrorData(code=code, message=message)))


# --- HTTP

PATH = "/mcp"
MAX_REQUEST = 1 << 20
_MAX_CONNECTIONS = 64
_LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


async def serve_http(
    project: Project,
    limits: Limits,
    *,
    topics: Sequence[str] | None,
    texts: str | None,
    listener: socket.socket,
    hosts: Sequence[str],
    endpoint: ServiceConfig | None = None,
) -> None:
    """Serve `/mcp` on a socket, for requests to one of these hosts, until stopped."""
    async with GraphService(project, limits, prepare=prepare_worker, endpoint=endpoint) as service:
        app = to_server(service, topics=topics, texts=texts).streamable_http_app(
            streamable_http_path=PATH,
            # No state between calls, so no client can fill the memory with sessions.
            stateless_http=True,
            json_response=True,
            max_request_body_size=MAX_REQUEST,
            transport_security=to_security_settings(hosts, listener.getsockname()[1]),
        )
        config = uvicorn.Config(
            BufferedRequests(app, limits.head_seconds),
            http=BoundedConnection,
            ws="none",
            log_level="warning",
            server_header=False,
            limit_concurrency=_MAX_CONNECTIONS,
            timeout_keep_alive=10,
        )
        server = uvicorn.Server(config)
        watch = asyncio.create_task(check_connections(server.server_state.connections, limits.head_seconds))
        await server.serve(sockets=[listener])
        watch.cancel()


class BufferedRequests:
    """Middleware that calls the application when a POST has arrived completely, and closes slow connections."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app, self.seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; none is answered when the client has closed the connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] != "POST":
            # This server sends no messages of its own, so a stream of them would hold a connection for nothing; the
            # protocol requires 405 then (2025-06-18, Transports, "Listening for Messages from the Server").
            message = f"This server answers POST requests to {PATH}."
            await PlainTextResponse(message, 405, headers={"Allow": "POST"})(scope, receive, send)
            return
        with contextlib.suppress(ClientDisconnect):
            try:
                async with asyncio.timeout(self.seconds):
                    body = await _read_body(Request(scope, receive))
            except TimeoutError:
                message = "The request took too long to arrive."
                await PlainTextResponse(message, 408, headers={"Connection": "close"})(scope, receive, send)
            else:
                await self.app(scope, _replay(body, receive), send)


async def _read_body(request: Request) -> bytes:
    """The body; of one that is too large, as much as shows it, or nothing when its head says so."""
    body = bytearray()
    size = request.headers.get("content-length", "0")
    if size.isdigit() and int(size) <= MAX_REQUEST:
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_REQUEST:
                break
    return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A receive function that gives the body in one message, and then whatever else arrives."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; raises `InputError` when it cannot."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise InputError(f"Port {port} is already in use on {host}.") from error
        raise InputError(f"Cannot listen on {host}:{port}: {error}") from error
    return listener


def to_url(host: str, listener: socket.socket) -> str:
    """The server's URL: `http://127.0.0.1:8770/mcp`."""
    return f"http://{_in_brackets(host)}:{listener.getsockname()[1]}{PATH}"


def to_security_settings(hosts: Iterable[str], port: int) -> TransportSecuritySettings:
    """The Host and Origin that requests may have: these hosts with this port; if one is local, all local ones."""
    allowed = dict.fromkeys(hosts)
    if any(host in _LOCAL_HOSTS for host in allowed):
        allowed |= dict.fromkeys(_LOCAL_HOSTS)
    with_port = [f"{_in_brackets(host)}:{port}" for host in allowed]
    # Behind a proxy with a name, clients leave out the port of their scheme.
    names = [host for host in allowed if host not in _LOCAL_HOSTS]
    origins = [f"{scheme}://{host}" for host in with_port for scheme in ("http", "https")]
    origins += [f"https://{name}" for name in names]
    return TransportSecuritySettings(allowed_hosts=[*with_port, *names], allowed_origins=origins)


def _in_brackets(host: str) -> str:
    return f"[{host}]" if ":" in host else host
