"""Hooks of the documentation site: documents outside docs/, pages of the API, and links to files of the repository."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

_ROOT = Path(__file__).parent.parent
_ELSEWHERE = {
    "README.md": "first-hour.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/README.md": "benchmarks.md",
    "ontology/README.md": "ontology/files.md",
    "queries/README.md": "query-files.md",
}
"""Documents outside docs/ -> their pages."""
_PAGES = {page: source for source, page in _ELSEWHERE.items()}
_API = (
    "kg.FilmGraph",
    "kg.Answer",
    "kg.Row",
    "kg.Entity",
    "kg.Report",
    "kg.Finding",
    "kg.LoadedGraph",
    "kg.pipeline.build.build",
    "kg.pipeline.build.check",
    "kg.endpoints.endpoint_graph.connect",
    "kg.endpoints.endpoint_graph.open_graph",
    "kg.loaded_graph.load",
    "kg.loaded_graph.infer",
    "kg.loaded_graph.validate",
    "kg.errors",
)
_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<target>(?![a-z]+:|#)[^)#\s]+)(?P<anchor>#[^)]*)?\)")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the documents outside docs/, and the page of the API."""
    for source, page in _ELSEWHERE.items():
        if (_ROOT / source).is_file():
            text = (_ROOT / source).read_text(encoding="utf-8")
            files.append(File.generated(config, page, content=text))
    api = "".join(f"::: {name}\n\n" for name in _API)
    files.append(File.generated(config, "api.md", content=f"# Python API\n\n{api}"))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links between documents as links between pages; a link to another file of the repository is its name."""
    uri = page.file.src_uri
    folder = posixpath.dirname(_PAGES.get(uri, f"docs/{uri}"))

    def replace(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, match["target"]))
        linked = _ELSEWHERE.get(target, target.removeprefix("docs/"))
        if (target in _ELSEWHERE or target.startswith("docs/")) and files.get_file_from_path(linked) is not None:
            relative = posixpath.relpath(linked, posixpath.dirname(uri) or ".")
            return f"[{match['text']}]({relative}{match['anchor'] or ''})"
        return match["text"]

    return _LINK.sub(replace, markdown)
