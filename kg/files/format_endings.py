"""The endings of the names of files by format: a name chooses the format of its file, or contradicts the stated one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from kg.errors import InputError

ENDINGS: Mapping[str, tuple[str, ...]] = {
    "text": (".txt", ".log"),
    "table": (".txt", ".log"),
    "json": (".json",),
    "jsonl": (".jsonl", ".ndjson"),
    "csv": (".csv",),
    "tsv": (".tsv",),
    "markdown": (".md", ".markdown"),
    "parquet": (".parquet",),
    "turtle": (".ttl", ".n3"),
    "trig": (".trig",),
    "nquads": (".nq",),
    "ntriples": (".nt", ".ttl", ".n3", ".nq", ".trig"),
    "jsonld": (".jsonld", ".json"),
    "junit": (".xml",),
    "rdfxml": (".rdf", ".owl", ".xml"),
    "atom": (".atom", ".xml"),
    "sarif": (".sarif", ".json"),
    "svg": (".svg",),
    "mermaid": (".mmd", ".mermaid", ".md"),
    "exactmatch": (".nt", ".ttl", ".n3"),
    "github": (".txt",),
    "jsonld-framed": (".jsonld", ".json"),
    "proof": (".json",),
    "quickstatements": (".tsv", ".qs"),
    "sameas": (".nt", ".ttl", ".n3"),
    "schema.org": (".jsonld", ".json"),
    "sssom": (".tsv",),
    "void-linkset": (".ttl", ".n3"),
    "wikidata": (".ttl", ".n3"),
    "wikidata-json": (".json", ".jsonl", ".ndjson"),
    "wikidata-reified": (".ttl", ".n3"),
}
"""Format -> the endings of its files, the usual one first. Of several formats, an ending chooses the first."""
_ONLY_STATED = frozenset(
    (
        *("exactmatch", "github", "jsonld-framed", "proof", "quickstatements", "sameas", "schema.org", "sssom"),
        *("void-linkset", "wikidata", "wikidata-json", "wikidata-reified"),
    )
)
"""Formats that no ending chooses: their files are those of another format, with special content."""
_PLAIN = (".txt", ".log")
"""Endings that a text of any stated format may have."""
_COMPRESSED = (".bz2", ".gz", ".xz", ".zip", ".zst")


def format_of_file(path: Path | str, formats: Collection[str], *, stated: str | None = None, default: str) -> str:
    """The format of a file to write: the one that is `stated`, else that of the name's ending, else the default.

    Raises `InputError` for an ending of another format than the stated one, and without one for an ending that chooses
    none of the `formats`.

    >>> format_of_file("films.nt", ["turtle", "ntriples"], default="turtle")
    'ntriples'
    >>> format_of_file("films.ttl", ["turtle", "ntriples"], stated="ntriples", default="turtle")  # a part of Turtle
    'ntriples'
    """
    ending = Path(path).suffix.lower()
    if not ending:
        return stated or default
    if ending in _COMPRESSED:
        plain = Path(path).with_suffix("")
        raise InputError(f"{path}: what is written is not compressed. Write {plain}, and compress it.")
    fitting = [name for name, endings in ENDINGS.items() if name in formats and ending in endings]
    chosen = next((name for name in fitting if name not in _ONLY_STATED), None)
    if stated is not None:
        usual = ENDINGS.get(stated, (ending,))
        if ending not in (*usual, *_PLAIN) and any(ending in endings for endings in ENDINGS.values()):
            other = f", or choose the format {chosen}" if chosen else ""
            raise InputError(f"{path}: files of {stated} end in {' or '.join(usual)}. Name another file{other}.")
        return stated
    if chosen is not None:
        return chosen
    if fitting:
        raise InputError(f"{path} may have several formats. Choose one with --format: {', '.join(fitting)}.")
    known = sorted({ending for name in formats if name not in _ONLY_STATED for ending in ENDINGS[name]})
    raise InputError(f"{path}: no format ends in {ending}. Choose one with --format, or end in {', '.join(known)}.")
