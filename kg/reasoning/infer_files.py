"""RDF files of anybody's walk in; one N-Triples file with all that was said and all that follows walks out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from pyoxigraph import BlankNode, Triple

from kg.errors import InputError, LimitError
from kg.graph.rdf_files import read_triples
from kg.graph.triple_tables import TripleTables
from kg.reasoning.infer import Inference, Progress, infer


def infer_files(
    data: Iterable[Path],
    *,
    ontology: Iterable[Path] = (),
    output: Path,
    engine: str = "sql",
    only_inferred: bool = False,
    schema: bool = True,
    trivial: bool = False,
    same_as: str = "auto",
    memory: str | None = None,
    scratch: Path | None = None,
    progress: Progress | None = None,
) -> Inference:
    """Read the files, infer, and write `output`: what was said, the ontology and what follows, or only the last.

    A graph that contradicts itself is written too, and its contradictions are in the report. Raises `InputError`, and
    writes nothing, for files that cannot be read. `memory` bounds what is held at once (`"2GB"`), the rest lies in the
    folder `scratch`, by default beside the output.
    """
    if not output.parent.is_dir():
        raise InputError(f"{output}: there is no folder {output.parent}.")
    tables = ("inferred",) if only_inferred else ("triple", "axiom", "inferred")
    with TemporaryDirectory(prefix=f".{output.name}.", dir=scratch or output.parent) as folder:
        workshop = TripleTables(memory=memory, scratch=Path(folder))
        try:
            axioms = [triple for number, path in enumerate(ontology) for triple in _apart(read_triples(path), number)]
            for path in data:
                workshop.read(path)
            found = infer(
                workshop, axioms, engine=engine, schema=schema, trivial=trivial, same_as=same_as, progress=progress
            )
            workshop.write_ntriples(output, tables=tables)
        except workshop.out_of_memory as error:
            bound = f" in {memory}" if memory is not None else ""
            raise LimitError(
                f"This cannot be done{bound}. Allow for more memory, or free the disk.", limit="memory"
            ) from error
        finally:
            workshop.sql.close()
    return found


def _apart(triples: Iterable[Triple], number: int) -> Iterator[Triple]:
    """The triples with blank nodes that are no other file's."""
    for triple in triples:
        s, o = triple.subject, triple.object
        yield Triple(
            BlankNode(f"o{number}-{s.value}") if isinstance(s, BlankNode) else s,
            triple.predicate,
            BlankNode(f"o{number}-{o.value}") if isinstance(o, BlankNode) else o,
        )
