"""An editor speaks to `kg lsp` over stdin and stdout: findings, completion, passages and definitions."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from tests.projects import SmallProject

_TEXT = "A review. Anora was directed by Sean Baker, who also wrote it."
_FACTS = """\
source: paper

anora:
  type: Film
  label: Anora
  directer: sean-baker
  director: {value: sean-baker, at: "directed by Sean Baker"}
  di
sean-baker:
  type: Person
  label: Sean Baker
"""
_LINES = _FACTS.splitlines()


class _Answers(NamedTuple):
    diagnostics: Sequence[lsp.Diagnostic]
    keys: object
    hover: object
    place: object


async def _converse(project: SmallProject, file: Path) -> _Answers:
    client, reported = LanguageClient("test", "1"), asyncio.Queue[lsp.PublishDiagnosticsParams]()

    client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda params: reported.put_nowait(params))
    await client.start_io(sys.executable, "-m", "kg", "lsp", env=os.environ | {"KG_TEXTS": str(project.texts)})
    root, document = project.folder.as_uri(), lsp.TextDocumentIdentifier(file.as_uri())
    await client.initialize_async(lsp.InitializeParams(lsp.ClientCapabilities(), root_uri=root))
    client.initialized(lsp.InitializedParams())
    item = lsp.TextDocumentItem(file.as_uri(), "yaml", 1, _FACTS.replace("  di\n", ""))
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
    first = await asyncio.wait_for(reported.get(), 60)
    change = lsp.TextDocumentContentChangeWholeDocument(_FACTS)
    version = lsp.VersionedTextDocumentIdentifier(2, file.as_uri())
    client.text_document_did_change(lsp.DidChangeTextDocumentParams(version, [change]))

    def at(text: str, word: str) -> lsp.Position:
        line = next(number for number, line in enumerate(_LINES) if text in line)
        return lsp.Position(line, _LINES[line].index(word) + len(word))

    keys = await client.text_document_completion_async(lsp.CompletionParams(document, at("  di", "di")))
    hover = await client.text_document_hover_async(lsp.HoverParams(document, at("director", "by Sean")))
    place = await client.text_document_definition_async(lsp.DefinitionParams(document, at("director", "sean-b")))
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()  # type: ignore[no-untyped-call]
    return _Answers(first.diagnostics, keys, hover, place)


def test_an_editor_is_told_what_is_wrong_and_what_could_be_written(project: SmallProject) -> None:
    project.write_text_of("paper", _TEXT)
    file = project.write("data/films.yaml", "")
    answers = asyncio.run(asyncio.wait_for(_converse(project, file), 120))
    [diagnostic] = answers.diagnostics
    assert "Did you mean director" in diagnostic.message
    assert (diagnostic.range.start.line, diagnostic.range.start.character) == (5, 2)
    assert isinstance(answers.keys, lsp.CompletionList)
    assert "director" in {item.label for item in answers.keys.items}
    assert isinstance(answers.hover, lsp.Hover)
    assert "**directed by Sean Baker**" in str(answers.hover.contents)
    assert isinstance(answers.place, lsp.Location)
    assert answers.place.range.start.line == 8
