"""A published build and the graph that is to follow it walk in; only what the change can touch is checked again.

A build keeps the findings of its shapes, and the digest of the shapes and the ontology that gave them: while these are
the same, the findings of everything that the change cannot touch still hold.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import cast

from pyoxigraph import BlankNode, NamedNode, Triple

from kg.graph.rdf_files import load_file
from kg.graph.store import ASSERTED, INFERRED
from kg.graph.triple_tables import TripleTables
from kg.reports import Finding, Place, Report, Severity
from kg.shapes import IncrementalValidation, Shapes
from kg.terms import RDFS, to_term

FILE = "checked.json"
_SUBCLASS = f"<{RDFS}subClassOf>"


def write_checked(folder: Path, report: Report, *, digest: str) -> None:
    """Keep the findings of a check with the build."""
    findings = [asdict(finding) for finding in report.findings]
    text = json.dumps({"digest": digest, "findings": findings}, ensure_ascii=False, indent=1)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def digest_of(files: Iterable[Path]) -> str:
    """A digest of what decides a check besides the facts: shapes and ontology."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def recheck(
    workshop: TripleTables, shapes: Shapes, *, ontology: Sequence[Triple], build: Path, digest: str
) -> Report | None:
    """What a whole check of the workshop would find; None when the build cannot tell, and a whole check is needed."""
    known = _read_checked(build, digest)
    if known is None:
        return None
    added, removed = _difference(workshop, build)
    if any(str(triple.predicate) == _SUBCLASS for triple in (*added, *removed)):
        return None
    validation = IncrementalValidation(workshop, shapes, ontology=ontology, known=known)
    try:
        return Report(validation.update(added=added, removed=removed).findings, {"changed": len(added) + len(removed)})
    finally:
        validation.close()


def _read_checked(build: Path, digest: str) -> list[Finding] | None:
    try:
        told = json.loads((build / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return [_finding(one) for one in told["findings"]] if told.get("digest") == digest else None


def _finding(told: dict[str, object]) -> Finding:
    known = {field.name for field in fields(Finding)}
    values = {name: value for name, value in told.items() if name in known and name not in ("severity", "places")}
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    places = tuple(Place(**place) for place in cast(list[dict[str, str]], told["places"]))  # type: ignore[arg-type]
    severity = Severity(str(told["severity"]))
    return Finding(**{**values, **lists}, severity=severity, places=places)  # type: ignore[arg-type]


def _difference(workshop: TripleTables, build: Path) -> tuple[list[Triple], list[Triple]]:
    """What stands in the workshop and not in the build, and the other way round."""
    sql = workshop.sql
    sql.execute("CREATE OR REPLACE TABLE published(s UINTEGER, p UINTEGER, o UINTEGER)")
    for name in (ASSERTED, INFERRED):
        if (build / name).stat().st_size:
            load_file(workshop, build / name, table="published")
    now, before = "SELECT s, p, o FROM triple UNION SELECT s, p, o FROM inferred", "SELECT s, p, o FROM published"
    added = sql.execute(f"({now}) EXCEPT ({before})").fetchall()
    removed = sql.execute(f"({before}) EXCEPT ({now})").fetchall()
    sql.execute("DROP TABLE published")
    texts = workshop.decode({number for row in (*added, *removed) for number in row})
    return [_triple(row, texts) for row in added], [_triple(row, texts) for row in removed]


def _triple(row: tuple[int, int, int], texts: dict[int, str]) -> Triple:
    subject, predicate, value = (to_term(texts[number]) for number in row)
    return Triple(cast(NamedNode | BlankNode, subject), cast(NamedNode, predicate), value)
