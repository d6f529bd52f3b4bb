"""A build as N-Quads for the bulk loader of another store: gzip parts, every graph named, with a description.

Asserted and inferred triples are graphs of their own, so that a store that reads its graphs together where a query
names none can still keep knowledge and contested facts apart. A blank node is the same only within a file: every triple
with one is in the first part.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode

from kg.errors import InputError
from kg.files.atomic import replaced_folder
from kg.files.scratch import temporary_directory
from kg.graph.snapshot_file import ASSERTED, INFERRED, Part, SnapshotFile, part_of
from kg.terms import GRAPH, XSD

ASSERTED_GRAPH, INFERRED_GRAPH, KNOWLEDGE_GRAPH = (
    NamedNode(GRAPH + name) for name in ("asserted", "inferred", "knowledge")
)
"""What the default graph of a build is called in another store: two graphs, or one that has both."""
DESCRIPTION = NamedNode(GRAPH + "description")
"""The graph that says which build a store holds, and how many triples each of its graphs has."""
VERSION = NamedNode("http://www.w3.org/ns/dcat#version")
TRIPLES = NamedNode("http://rdfs.org/ns/void#triples")
_Graphs = Mapping[Path, NamedNode | BlankNode]
"""Files of N-Triples, and the graphs that these are."""
_BLOCK = 1 << 20
_SPOOLED = 8 << 20
_LEVEL = 6
MAX_PARTS = 1_000


@dataclass(frozen=True, slots=True)
class StoreFiles:
    """The files that were written, and the number of triples by graph."""

    files: tuple[Path, ...]
    counts: Mapping[str, int]

    @property
    def triples(self) -> int:
        """The number of triples in all graphs."""
        return sum(self.counts.values())


class _Range(NamedTuple):
    """The lines of a file that begin in a range of its bytes, and the graph that they are in."""

    path: Path
    start: int
    end: int
    graph: NamedNode | BlankNode


@dataclass(frozen=True, slots=True)
class _Part:
    """A part that was written: its triples by graph, and its lines with blank nodes, which are left out."""

    counts: Counter[str]
    blank: IO[bytes]


def write_store_files(build: Path, folder: Path, *, parts: int) -> StoreFiles:
    """Write a build to `part-0000.nq.gz` and so on in a folder, which is replaced; the parts are written in parallel.

    Raises `InputError` for a folder that has other files.
    """
    if not 1 <= parts <= MAX_PARTS:
        raise InputError(f"--split takes a number from 1 to {MAX_PARTS:,}.")
    _check_folder(folder)
    with replaced_folder(folder) as fresh, temporary_directory("export") as scratch:
        graphs = _write_graphs(SnapshotFile(build), scratch)
        names = [f"part-{number:04}.nq.gz" for number in range(parts)]
        with ThreadPoolExecutor(max_workers=min(parts, 8)) as pool:
            write = partial(_write_part, graphs, fresh, parts)
            # The first part is last: it also has what the others leave out.
            others = list(pool.map(write, range(1, parts), names[1:]))
        with _gzip(fresh / names[0]) as file:
            first = _copy(file, _ranges(graphs, 0, parts))
            counts = sum((part.counts for part in (first, *others)), Counter[str]())
            for part in (first, *others):
                part.blank.seek(0)
                for block in iter(partial(part.blank.read, _BLOCK), b""):
                    file.write(block)
                part.blank.close()
            file.write(_describe(build, counts))
    return StoreFiles(tuple(folder / name for name in names), dict(counts))


def _check_folder(folder: Path) -> None:
    if folder.is_dir():
        others = [path.name for path in folder.iterdir() if not path.name.endswith(".nq.gz")]
        if others:
            raise InputError(f"{folder} has other files, such as {others[0]}: name a folder for the export alone.")
    elif folder.exists():
        raise InputError(f"{folder} is a file: name a folder with -o.")


def _write_graphs(snapshot: SnapshotFile, folder: Path) -> _Graphs:
    """Write each graph to a file of sorted N-Triples."""
    parts: dict[NamedNode | BlankNode, Part] = {ASSERTED_GRAPH: ASSERTED, INFERRED_GRAPH: INFERRED}
    parts |= {graph: part_of(graph) for graph in snapshot.named_graphs()}
    files = {folder / f"{number}.nt": graph for number, graph in enumerate(parts)}
    for path, graph in files.items():
        snapshot.write(path, parts[graph])
    return files


def _write_part(graphs: _Graphs, folder: Path, parts: int, number: int, name: str) -> _Part:
    with _gzip(folder / name) as file:
        return _copy(file, _ranges(graphs, number, parts))


@contextmanager
def _gzip(path: Path) -> Iterator[gzip.GzipFile]:
    """A new file without a name and a time in its head, so that the same build gives the same bytes."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as file:
        yield file


def _ranges(graphs: _Graphs, number: int, parts: int) -> Iterator[_Range]:
    for path, graph in graphs.items():
        size = path.stat().st_size
        yield _Range(path, size * number // parts, size * (number + 1) // parts, graph)


def _copy(file: gzip.GzipFile, ranges: Iterator[_Range]) -> _Part:
    counts, blank = Counter[str](), SpooledTemporaryFile[bytes](max_size=_SPOOLED)  # _Part has it
    for part in ranges:
        for block in _blocks(part):
            counts[part.graph.value] += block.count(b"\n")
            # A line feed within a literal is escaped, so this is the end of a triple.
            block = block.replace(b" .\n", f" {part.graph} .\n".encode())
            if b"_:" in block:
                lines = block.splitlines(keepends=True)
                blank.writelines(line for line in lines if _has_blank_node(line))
                block = b"".join(line for line in lines if not _has_blank_node(line))
            file.write(block)
    return _Part(counts, blank)


def _blocks(part: _Range) -> Iterator[bytes]:
    """The lines that begin in a range, some at a time."""
    with part.path.open("rb") as file:
        if part.start:
            file.seek(part.start - 1)
            file.readline()
        while (position := file.tell()) < part.end:
            block = file.read(min(_BLOCK, part.end - position))
            yield block if block.endswith(b"\n") else block + file.readline()


def _has_blank_node(line: bytes) -> bool:
    return line.startswith(b"_:") or b"> _:" in line


def _describe(build: Path, counts: Mapping[str, int]) -> bytes:
    lines = [f"{KNOWLEDGE_GRAPH} {VERSION} {Literal(build.name)} {DESCRIPTION} .\n"]
    for graph, count in sorted(counts.items()):
        number = Literal(str(count), datatype=NamedNode(XSD + "integer"))
        lines.append(f"<{graph}> {TRIPLES} {number} {DESCRIPTION} .\n")
    return "".join(lines).encode()
