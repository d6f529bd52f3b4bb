"""RDF files as people name them: files, folders, patterns, and `-` for stdin."""

from __future__ import annotations

import glob
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from pyoxigraph import RdfFormat

from kg.errors import InputError
from kg.rdf.encodings import open_utf8
from kg.rdf.file_formats import FORMATS, format_of, recognise

STDIN = "stdin"
_QUAD = re.compile(
    r'(?:\s|#[^\n]*\n)*(?:<[^<>\s]*>|_:\S+)\s+<[^<>\s]*>\s+(?:<[^<>\s]*>|_:\S+|"(?:[^"\\]|\\.)*"\S*)\s+'
    r"(?:<[^<>\s]*>|_:\S+)\s*\."
)
_DECLARATION = re.compile(
    r"^\s*@?(?:prefix\s+([^\W\d_][\w\-.]*)?:|(base))\s*<([^<>\s]*)>", re.IGNORECASE | re.MULTILINE
)
_XML_PREFIX = re.compile(r"\bxmlns:([A-Za-z][\w\-.]*)\s*=\s*[\"']([^\"'<>\s]*)[\"']")
_HEAD = 1 << 16
COMMON_PREFIXES = {
    "bibo": "http://purl.org/ontology/bibo/",
    "dbo": "http://dbpedia.org/ontology/",
    "dbp": "http://dbpedia.org/property/",
    "dbr": "http://dbpedia.org/resource/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "p": "http://www.wikidata.org/prop/",
    "pq": "http://www.wikidata.org/prop/qualifier/",
    "ps": "http://www.wikidata.org/prop/statement/",
    "schema": "http://schema.org/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "void": "http://rdfs.org/ns/void#",
    "wds": "http://www.wikidata.org/entity/statement/",
    "wikibase": "http://wikiba.se/ontology#",
}
"""Prefixes under which these namespaces are known, for data whose format declares none."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of RDF, its format, and the name by which it is called."""

    path: Path
    format: RdfFormat
    name: str


def find_data_files(names: Iterable[str | Path], *, folder: Path, format: RdfFormat | None = None) -> list[DataFile]:
    """The RDF files with these names; of a folder those with the suffix of an RDF format, in all folders below it.

    What comes from stdin is copied into `folder`. `format` is that of all files, by default by their suffixes.
    Raises `InputError` for a name that no file has, and for a file whose format is unknown.
    """
    files: list[DataFile] = []
    for name in map(str, names):
        if name == "-":
            files.append(_copy_stdin(folder, format))
        else:
            files += (_to_data_file(path, format) for path in _find_paths(name))
    return list({file.path: file for file in files}.values())


def read_prefixes(file: DataFile) -> dict[str, str]:
    """The prefixes that the beginning of a file declares; a namespace may be relative to its base."""
    try:
        with open_utf8(file.path, file.format, base_iri="") as (content, format):
            head = content.read(_HEAD).decode("utf-8", errors="replace")
    except (OSError, ValueError, EOFError):
        return {}
    if format is RdfFormat.RDF_XML:
        return {prefix: namespace for prefix, namespace in _XML_PREFIX.findall(head) if ":" in namespace}
    if format not in (RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.N3):
        return {}
    base, prefixes = file.path.resolve().as_uri(), {}
    for prefix, is_base, iri in _DECLARATION.findall(head):
        if is_base:
            base = urljoin(base, iri)
        else:
            end = "#" if iri.endswith("#") else ""  # which urljoin leaves out
            prefixes[prefix] = iri if ":" in iri else urljoin(base, iri).removesuffix("#") + end
    return prefixes


def _find_paths(name: str) -> list[Path]:
    path = Path(name)
    if path.is_dir():
        found = [p for p in path.rglob("*") if p.is_file() and format_of(p) is not None]
        nothing = f"{name}: the folder has no RDF files. Known suffixes: {', '.join(FORMATS)}; each also with .gz."
    elif path.exists():
        return [path]
    else:
        # A pattern may begin at the root, which those of `Path.glob` may not.
        found = [Path(match) for match in glob.glob(name, recursive=True)] if glob.has_magic(name) else []  # noqa: PTH207
        found = [p for p in found if p.is_file()]
        nothing = f"There is no file {name}."
        if re.match(r"https?://", name):
            nothing = f"{name} is not a file, and nothing is fetched: curl -sL {name} | kg sparql --data - ..."
    if not found:
        raise InputError(nothing)
    return sorted(found)


def _to_data_file(path: Path, format: RdfFormat | None) -> DataFile:
    known = format if format is not None else format_of(path)
    if known is None:
        suffixes = ", ".join(FORMATS)
        advice = "or name the format with --input-format"
        raise InputError(
            f"{path}: this is not the suffix of an RDF format. Known: {suffixes}; each also with .gz; {advice}."
        )
    return DataFile(path, known, str(path))


def _copy_stdin(folder: Path, format: RdfFormat | None) -> DataFile:
    path = folder / STDIN
    with path.open("wb") as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy, 1 << 20)
    return DataFile(path, format if format is not None else _guess_format(path), STDIN)


def _guess_format(path: Path) -> RdfFormat:
    """The format of a text without a name: JSON-LD, RDF/XML and N-Quads begin as nothing else does."""
    try:
        with open_utf8(path, RdfFormat.TURTLE, base_iri="") as (content, format):
            head = content.read(_HEAD).decode("utf-8", errors="replace")
    except (ValueError, EOFError) as error:
        raise InputError(f"{STDIN}: {error}.") from error
    if recognise(head, format) is not RdfFormat.TURTLE:
        return format
    if head.lstrip()[:1] in ("{", "[") and re.match(r'\s*[\[{]\s*["{\[]', head):
        return RdfFormat.JSON_LD
    # TriG has everything that Turtle has.
    return RdfFormat.N_QUADS if _QUAD.match(head) else RdfFormat.TRIG
