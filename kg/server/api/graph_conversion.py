"""A process that writes a graph of a build in a serialisation, as a stream.

    python -m kg.server.api.graph_conversion text/turtle BUILD https://w3id.org/filmgraph/graph/provenance

It takes little memory, however large the graph is, and runs at low priority.
"""

from __future__ import annotations

import mmap
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Triple, parse, serialize

from kg.errors import FilmGraphError
from kg.files.scratch import temporary_directory
from kg.graph.snapshot_file import SnapshotFile, part_of
from kg.queries.result_writers import N_TRIPLES, PLAIN_TEXT, RDF_FORMATS
from kg.rdf.xml_writer import stream_rdf_xml
from kg.terms import PREFIXES

_LOW_PRIORITY = 10
_LOOKED_THROUGH = 1 << 24
"""How many bytes of a file are looked through for the prefixes to declare."""


def main() -> None:
    """Write to stdout; the status is 1 when a triple cannot be written."""
    os.nice(_LOW_PRIORITY)
    media_type, build, graph = sys.argv[1:]
    with temporary_directory("graph") as folder:
        lines = folder / "graph.nt"
        SnapshotFile(Path(build)).write(lines, part_of(NamedNode(graph) if graph else DefaultGraph()))
        _convert(lines, media_type)


def _convert(lines: Path, media_type: str) -> None:
    try:
        if media_type in (N_TRIPLES, PLAIN_TEXT):
            with lines.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer, 1 << 20)
        elif (format := RDF_FORMATS[media_type]) is RdfFormat.RDF_XML:
            stream_rdf_xml(_triples(lines), sys.stdout.buffer, dict(_used_prefixes(lines)))
        else:
            serialize(_triples(lines), sys.stdout.buffer, format=format, prefixes=dict(_used_prefixes(lines)))
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads any more; Python would fail once more when it flushes at its end.
        os._exit(1)
    except (FilmGraphError, OSError) as error:  # OSError: JSON-LD has no triple terms
        sys.exit(str(error))


def _triples(file: Path) -> Iterator[Triple]:
    return (quad.triple for quad in parse(path=str(file), format=RdfFormat.N_TRIPLES))


def _used_prefixes(path: Path) -> Iterator[tuple[str, str]]:
    size = min(path.stat().st_size, _LOOKED_THROUGH)
    if not size:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ) as text:
        for prefix, namespace in PREFIXES.items():
            if text.find(namespace.encode()) >= 0:
                yield prefix, namespace


if __name__ == "__main__":
    main()
