"""A process that writes the triples of N-Triples files in another serialisation, as a stream.

    python -m kg.server.api.graph_conversion text/turtle asserted.nt inferred.nt

It takes little memory, however large the graph is, and runs at low priority.
"""

from __future__ import annotations

import mmap
import os
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from pyoxigraph import RdfFormat, Triple, parse, serialize

from kg.errors import FilmGraphError
from kg.queries.result_writers import RDF_FORMATS
from kg.rdf.xml_writer import stream_rdf_xml
from kg.terms import PREFIXES

_LOW_PRIORITY = 10
_LOOKED_THROUGH = 1 << 24
"""How many bytes of a file are looked through for the prefixes to declare."""


def main() -> None:
    """Write to stdout; the status is 1 when a triple cannot be written."""
    os.nice(_LOW_PRIORITY)
    format, files = RDF_FORMATS[sys.argv[1]], [Path(argument) for argument in sys.argv[2:]]
    prefixes = dict(chain.from_iterable(map(_used_prefixes, files)))
    try:
        if format is RdfFormat.RDF_XML:
            stream_rdf_xml(_triples(files), sys.stdout.buffer, prefixes)
        else:
            serialize(_triples(files), sys.stdout.buffer, format=format, prefixes=prefixes)
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads any more; Python would fail once more when it flushes at its end.
        os._exit(1)
    except FilmGraphError as error:
        sys.exit(str(error))


def _triples(files: list[Path]) -> Iterator[Triple]:
    for file in files:
        for quad in parse(path=str(file), format=RdfFormat.N_TRIPLES):
            yield quad.triple


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
