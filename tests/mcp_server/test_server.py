"""The server as assistants use it: a process, called with the protocol's own client over stdio and over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp_types import INVALID_PARAMS, CallToolResult, TextContent

import kg
from tests.projects import ANORA, SmallProject

FILMS = """\
#+ summary: All films
#+ tags: [films]
SELECT ?film { ?film a film:Film } ORDER BY ?film
"""
ENDLESS = f"SELECT (COUNT(*) AS ?n) {{ {' '.join(f'?a{n} ?b{n} ?c{n} .' for n in range(9))} }}"


@contextlib.asynccontextmanager
async def assistant(folder: Path, *words: str, mode: str = "auto") -> AsyncIterator[Client]:
    """A client that has started `kg mcp` and talks with it over its stdin and stdout."""
    call = ["-m", "kg", "mcp", "--project", str(folder), *words]
    started = StdioServerParameters(command=sys.executable, args=call, env=dict(os.environ))
    async with Client(stdio_client(started), mode=mode) as client:
        yield client


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = SmallProject(tmp_path_factory.mktemp("films"))
    project.write("data/films.yaml", ANORA)
    project.write("queries/films.rq", FILMS)
    project.open()
    return project.folder


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_over_stdio_tools_are_listed_and_rows_come_with_citations(graph: kg.FilmGraph, mode: str) -> None:
    async def talk() -> None:
        async with assistant(graph.project.folder, "--topics", "all", mode=mode) as client:
            tools = (await client.list_tools()).tools
            assert len(tools) == len(graph.queries) + 8
            assert all(tool.annotations is not None and tool.annotations.read_only_hint for tool in tools)
            reply = await client.call_tool("films-directed-by", {"person": "Sean Baker"})
            assert not reply.is_error
            assert reply.structured_content is not None
            rows = reply.structured_content["rows"]
            assert [row["values"]["film"]["label"] for row in rows][-1] == "Anora"
            assert "Report on the Palme d'Or for Anora" in text_of(reply)
            wrong = await client.call_tool("films-directed-by", {"person": "Sean Bakr"})
            assert wrong.is_error
            assert "Did you mean Sean Baker?" in text_of(wrong)
            request = await client.call_tool(
                "ask", {"question": "films-directed-by", "arguments": {"person": "Sean Baker"}}
            )
            assert request.structured_content == reply.structured_content

    asyncio.run(talk())


def test_questions_outside_the_topics_can_still_be_asked(graph: kg.FilmGraph) -> None:
    async def talk() -> None:
        async with assistant(graph.project.folder) as client:
            assert len((await client.list_tools()).tools) == 8
            reply = await client.call_tool("films-directed-by", {"person": "Sean Baker"})
            assert not reply.is_error
            with pytest.raises(MCPError, match="films-directed-by") as unknown:
                await client.call_tool("films-directed-bi", {"person": "Sean Baker"})
            assert unknown.value.code == INVALID_PARAMS

    asyncio.run(talk())


def test_passages_are_quoted_from_a_folder_outside_the_project(tmp_path: Path) -> None:
    project = SmallProject(tmp_path / "films")
    project.write_text_of("review", "Anora, by Sean Baker.")
    project.write("data/films.yaml", "source: review\nanora:\n  type: Film\n  label: {value: Anora, at: 0-5}\n")
    project.write("queries/names.rq", "#+ summary: Names\nSELECT ?name { ?film a film:Film ; rdfs:label ?name }\n")
    project.open()
    elsewhere = project.texts.rename(tmp_path / "elsewhere")

    async def talk() -> None:
        async with assistant(project.folder, "--texts", str(elsewhere)) as client:
            assert "review, review.txt#char=0,5: “Anora”" in text_of(await client.call_tool("names", {}))

    asyncio.run(talk())


def test_a_call_that_exceeds_the_timeout_is_stopped_and_the_next_is_answered(folder: Path) -> None:
    async def talk() -> None:
        async with assistant(folder, "--timeout", "5") as client:
            slow, quick = await asyncio.gather(
                client.call_tool("sparql", {"query": ENDLESS}), client.call_tool("films", {})
            )
            assert slow.is_error
            assert "longer than 5 seconds" in text_of(slow)
            assert "Anora" in text_of(quick)
            assert "Anora" in text_of(await client.call_tool("films", {}))

    asyncio.run(talk())


def test_a_new_build_answers_the_next_calls(tmp_path: Path) -> None:
    project = SmallProject(tmp_path)
    project.write("data/films.yaml", ANORA)
    project.write("queries/films.rq", FILMS)
    project.open()

    async def talk() -> None:
        async with assistant(project.folder) as client:
            assert "Tangerine" not in text_of(await client.call_tool("films", {}))
            project.write("data/more.yaml", "source: fan-site\ntangerine: {type: Film, label: Tangerine}\n")
            assert project.build()
            async with asyncio.timeout(30):
                while "Tangerine" not in text_of(await client.call_tool("films", {})):
                    await asyncio.sleep(0.1)

    asyncio.run(talk())


def test_nothing_but_the_protocol_is_written_to_stdout(folder: Path) -> None:
    params = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "a test", "version": "1"}}
    first = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}
    batch = [{"jsonrpc": "2.0", "id": 3, "method": "ping"}, 7, {"jsonrpc": "2.0", "id": "x", "method": "ping"}]
    lines = [json.dumps(first).encode(), b"\xff\xfe no JSON", b"[" * 20_000, b'{"jsonrpc": "2.0", "id": 2}']
    lines[1:1] = [json.dumps(batch).encode(), b"[]"]
    call = [sys.executable, "-m", "kg", "mcp", "--project", str(folder)]
    done = subprocess.run(call, input=b"\n".join(lines), capture_output=True, timeout=60, check=False)
    assert done.returncode == 0
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert [message["result"]["serverInfo"]["name"] for message in messages if message.get("id") == 1] == [
        "film-knowledge-graph"
    ]
    assert all(message["jsonrpc"] == "2.0" for message in messages)
    assert {message["id"] for message in messages if message.get("result") == {}} == {3, "x"}
    errors = sorted((message["error"]["code"], message["id"] or 0) for message in messages if "error" in message)
    assert errors == [(-32700, 0), (-32700, 0), (-32600, 0), (-32600, 0), (-32600, 2)]
    assert b"Traceback" not in done.stderr


def test_an_unknown_topic_is_reported_at_the_start(folder: Path) -> None:
    call = [sys.executable, "-m", "kg", "mcp", "--project", str(folder), "--topics", "flims"]
    done = subprocess.run(call, input=b"", capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Did you mean films?" in done.stderr


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """Where a server of the small project listens."""
    call = [sys.executable, "-m", "kg", "mcp", "--http", "--port", "0", "--project", str(folder)]
    with subprocess.Popen(call, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        match = re.search(r"http://127\.0\.0\.1:\d+/mcp", process.stderr.readline())
        assert match is not None
        yield match[0]
        process.terminate()
        process.wait(timeout=30)


def test_over_http_tools_are_listed_and_called(address: str) -> None:
    async def talk() -> None:
        async with Client(address) as client:
            assert "ask" in [tool.name for tool in (await client.list_tools()).tools]
            reply = await client.call_tool("films", {})
            assert reply.structured_content is not None
            assert [row["values"]["film"]["entity"] for row in reply.structured_content["rows"]] == ["film:anora"]
            several = await asyncio.gather(*(client.call_tool("films", {}) for _ in range(20)))
            assert {text_of(each) for each in several} == {text_of(reply)}

    asyncio.run(talk())


LISTED = b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
REFUSED: list[tuple[dict[str, str], bytes, int]] = [
    ({"Host": "films.example:80"}, LISTED, 421),
    ({"Host": "127.0.0.1.films.example"}, LISTED, 421),
    ({"Origin": "https://films.example"}, LISTED, 403),
    ({"Origin": "null"}, LISTED, 403),
    ({"Origin": "http://127.0.0.1:1"}, LISTED, 403),
    ({"Content-Type": "text/plain"}, LISTED, 400),
    ({"Content-Length": str(64 << 20)}, b"", 413),
    ({}, b"[" * 100_000, 400),
    ({}, b"\xff\xfe", 400),
]


@pytest.mark.parametrize(
    ("headers", "body", "status"), REFUSED, ids=[f"{case[2]}-{case[0]}-{case[1][:2]!r}" for case in REFUSED]
)
def test_malformed_requests_and_those_of_other_origins_are_refused(
    address: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    usual = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    request = urllib.request.Request(address, data=body, headers=usual | headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    with refused.value as answer:
        assert answer.code == status
        assert b"Traceback" not in answer.read()


def test_only_post_requests_are_answered(address: str) -> None:
    stream = urllib.request.Request(address, headers={"Accept": "text/event-stream"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(stream, timeout=30)
    with refused.value as answer:
        assert (answer.code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.long
def test_idle_clients_do_not_keep_others_out(address: str) -> None:
    place = urllib.parse.urlsplit(address)
    where = (place.hostname or "", place.port or 0)
    usual = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    request = urllib.request.Request(address, data=LISTED, headers=usual)
    with contextlib.ExitStack() as connections:
        late = connections.enter_context(socket.create_connection(where, timeout=60))
        late.sendall(b"POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        urllib.request.urlopen(request, timeout=30).close()
        for begun in (b"", b"POST /mcp HTTP/1.1\r\nHost: ") * 35:
            connections.enter_context(socket.create_connection(where, timeout=30)).sendall(begun)
        assert _status(request) == 503
        until = time.monotonic() + 60
        while _status(request) != 200:
            assert time.monotonic() < until, "no connection was closed"
            time.sleep(1)
        assert late.recv(12) == b"HTTP/1.1 408"


def _status(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def test_a_request_from_the_servers_own_origin_is_answered(address: str) -> None:
    usual = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    origin = {"Origin": address.removesuffix("/mcp")}
    request = urllib.request.Request(address, data=LISTED, headers=usual | origin)
    with urllib.request.urlopen(request, timeout=30) as answer:
        messages: Any = json.loads(answer.read())
    assert "ask" in [tool["name"] for tool in messages["result"]["tools"]]
