"""The language server: requests of the protocol (LSP 3.17), and diagnostics after each change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.workspace import TextDocument
from pygls.workspace.position_codec import ServerTextPosition, ServerTextRange

from kg.errors import FilmGraphError
from kg.language_server.diagnostics import find_faults
from kg.language_server.editor_features import complete, find_definition, hover
from kg.language_server.index import ProjectIndex
from kg.project import Project, find_project
from kg.reports import Finding, Place, Severity
from kg.version import __version__

_PAUSE = 0.4
"""The seconds without a change after which files are checked."""
_SEVERITIES: Mapping[Severity, lsp.DiagnosticSeverity] = {
    Severity.VIOLATION: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.INFO: lsp.DiagnosticSeverity.Information,
}


class FactServer(LanguageServer):
    """A language server with the index of one project."""

    def __init__(self, project: Project | None = None) -> None:
        super().__init__("film-knowledge-graph", __version__)
        self._project, self._index = project, None if project is None else ProjectIndex(project)
        self._change = asyncio.Event()
        self._checking: asyncio.Task[None] | None = None
        self._reported: set[str] = set()

    @property
    def index(self) -> ProjectIndex:
        """The index of the project: that of the call, or else of the editor's folder."""
        if self._index is None:
            root = self.workspace.root_path
            self._index = ProjectIndex(find_project(root if root and (Path(root) / "data").is_dir() else None))
        return self._index

    def update(self, uri: str) -> None:
        """Take over a text of the editor, and check soon."""
        document = self.workspace.get_text_document(uri)
        self.index.edited[to_path(uri)] = document.source
        self.check_soon()

    def forget(self, uri: str) -> None:
        """Read a file from disk again after the editor closed it."""
        self.index.edited.pop(to_path(uri), None)
        self.check_soon()

    def check_soon(self) -> None:
        """Check after a pause; a change during a check is checked after it."""
        self._change.set()
        if self._checking is None or self._checking.done():
            self._checking = asyncio.get_running_loop().create_task(self._check())

    async def _check(self) -> None:
        while self._change.is_set():
            self._change.clear()
            await asyncio.sleep(_PAUSE)
            if self._change.is_set():
                continue
            try:
                findings = await asyncio.to_thread(find_faults, self.index.project, dict(self.index.edited))
            except FilmGraphError as error:
                self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, str(error)))
                return
            self._publish(findings)

    def _publish(self, findings: list[Finding]) -> None:
        by_uri: dict[str, list[lsp.Diagnostic]] = {uri: [] for uri in self._reported}
        by_uri |= {path.as_uri(): [] for path in self.index.edited}
        for finding in findings:
            if finding.place is not None and finding.place.file:
                uri = (self.index.project.folder / finding.place.file).as_uri()
                by_uri.setdefault(uri, []).append(self._to_diagnostic(uri, finding))
        self._reported = {uri for uri, diagnostics in by_uri.items() if diagnostics}
        for uri, diagnostics in by_uri.items():
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, diagnostics))

    def _to_diagnostic(self, uri: str, finding: Finding) -> lsp.Diagnostic:
        assert finding.place is not None
        message = f"{finding.message.rstrip('.')}. {finding.advice}".strip()
        if finding.expected:
            message += f" Expected {finding.expected}" + (f"; found {finding.found}." if finding.found else ".")
        return lsp.Diagnostic(
            self.range_of(uri, finding.place), message, _SEVERITIES[finding.severity], finding.check, source="kg"
        )

    def range_of(self, uri: str, place: Place) -> lsp.Range:
        """The word at a place, in the units of the editor."""
        document = self.workspace.get_text_document(uri)
        line = max(place.line - 1, 0)
        text = document.lines[line].rstrip("\r\n") if line < len(document.lines) else ""
        start = min(max(place.column - 1, 0), len(text))
        end = start + max(len(text[start:].split(" ", 1)[0]), 1)
        return document.range_to_client_units(
            ServerTextRange(ServerTextPosition(line, start), ServerTextPosition(line, end))
        )


def to_path(uri: str) -> Path:
    """The file of a `file:` address."""
    return Path(url2pathname(unquote(urlsplit(uri).path)))


def make_server(project: Project | None = None) -> FactServer:
    """A server for fact files and queries, of a project or of the one that the editor opens."""
    server = FactServer(project)

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(params: lsp.DidOpenTextDocumentParams) -> None:
        server.update(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
        server.update(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(_: lsp.DidSaveTextDocumentParams) -> None:
        server.check_soon()

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(params: lsp.DidCloseTextDocumentParams) -> None:
        server.forget(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[" ", ":", "?", "{", ","]))
    async def completion(params: lsp.CompletionParams) -> lsp.CompletionList:
        document, position = _at(server, params.text_document.uri, params.position)
        is_query = params.text_document.uri.endswith(".rq")
        items = complete(server.index, document.lines, position.line, position.character, is_query=is_query)
        return lsp.CompletionList(is_incomplete=False, items=items)

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def show_hover(params: lsp.HoverParams) -> lsp.Hover | None:
        document, position = _at(server, params.text_document.uri, params.position)
        text = hover(server.index, document.lines, position.line, position.character)
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text)) if text else None

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: lsp.DefinitionParams) -> lsp.Location | None:
        document, position = _at(server, params.text_document.uri, params.position)
        place = find_definition(server.index, document.lines, position.line, position.character)
        if place is None:
            return None
        uri = (server.index.project.folder / place.file).as_uri()
        return lsp.Location(uri, server.range_of(uri, place))

    return server


def _at(server: FactServer, uri: str, position: lsp.Position) -> tuple[TextDocument, ServerTextPosition]:
    """The document of a request, and the position in characters."""
    document = server.workspace.get_text_document(uri)
    return document, document.position_from_client_units(position)
