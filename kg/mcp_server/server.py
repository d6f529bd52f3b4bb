"""An endpoint walks in; a server of the Model Context Protocol walks out, which can serve over stdin and stdout.

https://modelcontextprotocol.io/specification: what goes wrong in a tool is told in its result, so that the assistant
can mend its call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from kg.errors import LimitError
from kg.mcp_server.calls import ToolReply, call_tool, list_tools
from kg.mcp_server.tools import Tool
from kg.project import Project
from kg.server.settings import Limits
from kg.server.snapshot import GraphService
from kg.version import __version__

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

_READS_ONLY = types.ToolAnnotations(read_only_hint=True, open_world_hint=False)
_INSTRUCTIONS = """A graph of facts about films, each with the source and passage it was read from.
Begin with find_question: stored questions are tested, and their rows are cited. A tool that is named like a question
asks it; `ask` asks any. Where none fits: find_thing for names, schema for what can be asked, then sparql.
Cite the sources that rows name ([1] ...). Rows that were left out are said: call again with the offset that is told.
No rows is an answer too: the reply says whether the graph does not say it or the question was misspelled."""


def to_server(service: GraphService, *, topics: Sequence[str] | None = None, texts: str | None = None) -> Server[Any]:
    """A server that offers the tools of a graph; with `topics`, only stored queries with one of these tags or names.

    Every call is answered by a worker of the endpoint, which is ended when it overruns the endpoint's limits.
    """

    async def list_all(_: ServerRequestContext[Any], __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        tools: list[Tool] = await service.snapshot.run(list_tools, topics)
        return types.ListToolsResult(tools=[_to_tool(one) for one in tools])

    async def call(_: ServerRequestContext[Any], called: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            reply: ToolReply = await service.snapshot.run(call_tool, texts, called.name, called.arguments or {})
        except LimitError as error:
            reply = ToolReply(str(error), is_error=True)
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
        description=tool.description,
        input_schema=dict(tool.input_schema),
        output_schema=dict(tool.output_schema) if tool.output_schema is not None else None,
        annotations=_READS_ONLY,
    )


def _to_result(reply: ToolReply) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(text=reply.text)],
        structured_content=dict(reply.structure) if reply.structure is not None else None,
        is_error=reply.is_error,
    )


async def serve_stdio(project: Project, limits: Limits, *, topics: Sequence[str] | None, texts: str | None) -> None:
    """Serve the program that started this one, until it closes our stdin."""
    # Workers are started when stdout is diverted already: else they would hold the pipe open when this process is gone.
    async with stdio_server() as (calls, replies), GraphService(project, limits) as service:
        server = to_server(service, topics=topics, texts=texts)
        await server.run(calls, replies, server.create_initialization_options())
