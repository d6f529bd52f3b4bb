"""A project and a socket walk in; assistants are served there over HTTP.

Requests with another Host or Origin than the server's own are refused: otherwise any web page could reach a server on
this machine by a name that its owner points at 127.0.0.1 (DNS rebinding). A request that does not come in time is let
go of: otherwise a few clients that say nothing would keep all others out.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterable, Sequence

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.errors import InputError
from kg.mcp_server.server import to_server
from kg.project import Project
from kg.server.http_connection import BoundedConnection, check_connections
from kg.server.settings import Limits
from kg.server.snapshot import GraphService

PATH = "/mcp"
LARGEST_REQUEST = 1 << 20
_MOST_CONNECTIONS = 64
_LOCAL = ("127.0.0.1", "localhost", "::1")


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
    async with GraphService(project, limits) as service:
        app = to_server(service, topics=topics, texts=texts).streamable_http_app(
            streamable_http_path=PATH,
            # Nothing is remembered between calls, so no client can fill the memory with sessions.
            stateless_http=True,
            json_response=True,
            max_request_body_size=LARGEST_REQUEST,
            transport_security=to_security(names, listening.getsockname()[1]),
        )
        config = uvicorn.Config(
            Whole(app, limits.head_seconds),
            http=BoundedConnection,
            ws="none",
            log_level="warning",
            server_header=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=10,
        )
        server = uvicorn.Server(config)
        looking = asyncio.create_task(check_connections(server.server_state.connections, limits.head_seconds))
        await server.serve(sockets=[listening])
        looking.cancel()


class Whole:
    """Tells an application of a POST when the whole of it has come, and parts with who sends too slowly."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app, self.seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; who leaves before all is said wants no answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] != "POST":
            # A stream of what the server says unasked would hold a connection for nothing: this server says nothing
            # unasked. The protocol wants 405 then (2025-06-18, Transports, "Listening for Messages from the Server").
            told = f"Here assistants ask, by POST at {PATH}."
            await PlainTextResponse(told, 405, headers={"Allow": "POST"})(scope, receive, send)
            return
        with contextlib.suppress(ClientDisconnect):
            try:
                async with asyncio.timeout(self.seconds):
                    body = await _body(Request(scope, receive))
            except TimeoutError:
                late = PlainTextResponse("The request came too slowly.", 408, headers={"Connection": "close"})
                await late(scope, receive, send)
            else:
                await self.app(scope, _again(body, receive), send)


async def _body(request: Request) -> bytes:
    """The body; of one that is too large, as much as shows it, or nothing where its head tells already."""
    body = bytearray()
    size = request.headers.get("content-length", "0")
    if size.isdigit() and int(size) <= LARGEST_REQUEST:
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST_REQUEST:
                break
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Tells the body in one piece, and then whatever else comes."""
    told: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def tell() -> Message:
        return told.pop() if told else await receive()

    return tell


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
