"""Incremental checks: shapes validated again only where the graph differs from the published build.

A build keeps the findings of its shapes, and the digest of the shapes and the ontology that they come from: while these
are the same, the findings about everything that the change cannot affect still hold.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from pyoxigraph import BlankNode, NamedNode, Triple

from kg.graph.triple_tables import TripleTables
from kg.reports import Report, finding_from
from kg.shapes import IncrementalValidation, Shapes
from kg.shapes.pyshacl_engine import TripleFilter, has_validated, triple_filter
from kg.terms import RDFS, to_term

FILE = "checked.json"
_MOST_CHANGES = 50_000
"""More changes are validated as quickly by validating everything."""
_SUBCLASS = f"<{RDFS}subClassOf>"


def write_shapes_report(
    folder: Path, report: Report, shapes: Shapes, *, complete: Report, digest: str, before: Path | None = None
) -> None:
    """Keep the findings of the shapes with the build, and what shapes for pyshacl read, which `before` may have.

    The `complete` report has what else was found, and the places of all.

    Where pyshacl was not needed, that is not worked out: its parser of queries takes longer than all else.
    """
    known = _read_document(before, digest) if before is not None else None
    reads = known["reads"] if known is not None else None
    if reads is None and has_validated(report):
        reads = _reads_of(shapes)
    findings, everything = ([asdict(finding) for finding in each.findings] for each in (report, complete))
    document = {"digest": digest, "findings": findings, "reads": reads, "report": everything}
    text = json.dumps(document, ensure_ascii=False, indent=1)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def read_report(build: Path) -> Report:
    """All that was found when a build was made; empty where that was not kept."""
    try:
        document: dict[str, Any] = json.loads((build / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Report()
    return Report(tuple(map(finding_from, document.get("report", ()))))


def _reads_of(shapes: Shapes) -> dict[str, Any] | None:
    """The triples that the shapes for pyshacl can read; None where that may be all."""
    not_compiled = shapes.not_compiled()
    others = [shape.node for shape in shapes.targeted() if shape.node in not_compiled]
    reads = triple_filter(shapes.triples, others)
    if reads is None:
        return None
    return {
        "predicates": sorted(reads.predicates),
        "names": sorted(reads.names),
        "all_types": reads.all_types,
    }


def check_changes(
    tables: TripleTables, shapes: Shapes, *, ontology: Sequence[Triple], build: Path, digest: str
) -> Report | None:
    """The report of a complete check, from the build's findings and the changes since; None when the build is no help.

    It follows `find_changed_triples`. The build is no help when its shapes or ontology were others, when a subclass
    axiom has changed, or when very much has.
    """
    document = _read_document(build, digest)
    if document is None or tables.count("added_triple") + tables.count("removed_triple") > _MOST_CHANGES:
        return None
    added, removed = _difference(tables)
    if any(str(triple.predicate) == _SUBCLASS for triple in (*added, *removed)):
        return None
    known, reads = map(finding_from, document["findings"]), document["reads"]
    validation = IncrementalValidation(
        tables, shapes, ontology=ontology, known=known, reads=_to_filter(reads) if reads is not None else None
    )
    try:
        report = validation.update(added=added, removed=removed)
        return Report(report.findings, {**report.counts, "changed": len(added) + len(removed)})
    finally:
        validation.close()


def _read_document(build: Path, digest: str) -> dict[str, Any] | None:
    """What a build keeps of its shapes; None where these were others, or the file is of another version."""
    try:
        document: dict[str, Any] = json.loads((build / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if document.get("digest") == digest and "reads" in document else None


def _to_filter(document: dict[str, Any]) -> TripleFilter:
    return TripleFilter(frozenset(document["predicates"]), frozenset(document["names"]), document["all_types"])


def _difference(tables: TripleTables) -> tuple[list[Triple], list[Triple]]:
    """The triples of the tables that are not in the earlier snapshot, and the reverse."""
    added, removed = (
        tables.sql.execute(f"SELECT s, p, o FROM {name} ORDER BY ALL").fetchall()
        for name in ("added_triple", "removed_triple")
    )
    texts = tables.decode_former({id for row in removed for id in row})
    texts |= tables.decode({id for row in added for id in row})
    return [_to_triple(row, texts) for row in added], [_to_triple(row, texts) for row in removed]


def _to_triple(row: tuple[int, int, int], texts: dict[int, str]) -> Triple:
    subject, predicate, value = (to_term(texts[id]) for id in row)
    return Triple(cast(NamedNode | BlankNode, subject), cast(NamedNode, predicate), value)
