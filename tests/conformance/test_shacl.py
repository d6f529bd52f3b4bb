"""The W3C's SHACL suite: each case is data; a known failure that begins to pass fails too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from kg.errors import FaultsError
from kg.graph.triple_tables import TripleTables
from kg.reports import Finding, Severity
from kg.shapes import check, to_shapes
from kg.shapes.parse import path_of
from kg.shapes.paths import to_sparql
from kg.terms import RDF, SH, to_spo

SUITE = Path(__file__).parent / "w3c" / "shacl"
TEST = "http://www.w3.org/ns/shacl-test#"
MANIFEST = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
KNOWN_FAILURES = {
    "sparql/pre-binding/shapesGraph-001": "$shapesGraph is optional (SHACL 5.3.1), and pyshacl does not bind it",
}

Result = tuple[str, str, str, str, str, str]
"""Focus, path, value, shape, component, severity; blank nodes are not distinguished."""


@dataclass(frozen=True)
class Case:
    """One test case: its name, its own graph and what it acts on."""

    name: str
    node: str
    triples: tuple[Triple, ...]
    file: Path

    def value(self, node: str, name: str) -> str:
        return next((str(t.object) for t in self.triples if str(t.subject) == node and t.predicate.value == name), "")


def load(file: Path) -> tuple[Triple, ...]:
    return tuple(quad.triple for quad in parse(path=str(file), format=RdfFormat.TURTLE, base_iri=file.as_uri()))


def cases(manifest: Path) -> Iterator[Case]:
    triples = load(manifest)
    for t in triples:
        if t.predicate.value == MANIFEST + "include" and isinstance(t.object, NamedNode):
            yield from cases(Path(t.object.value.removeprefix("file://")))
        if t.predicate.value == RDF + "type" and t.object == NamedNode(TEST + "Validate"):
            yield Case(str(manifest.relative_to(SUITE).with_suffix("")), str(t.subject), triples, manifest)


def all_cases() -> list[Case]:
    return list(
        {case.name: case for part in ("core", "sparql") for case in cases(SUITE / part / "manifest.ttl")}.values()
    )


def expected(case: Case) -> Counter[Result]:
    result = case.value(case.node, MANIFEST + "result")
    results: Counter[Result] = Counter()
    exact = [to_spo(t) for t in case.triples]
    for node in [o for s, p, o in exact if s == result and p == f"<{SH}result>"]:
        path = case.value(node, SH + "resultPath")
        names = ("focusNode", "", "value", "sourceShape", "sourceConstraintComponent", "resultSeverity")
        focus, _, value, shape, component, severity = (case.value(node, SH + name) for name in names)
        property_path = path_of(exact, path) if path else None
        results[
            result_of(
                focus, "" if property_path is None else to_sparql(property_path), value, shape, component, severity
            )
        ] += 1
    return results


def result_of(focus: str, path: str, value: str, shape: str, component: str, severity: str) -> Result:
    def known(text: str) -> str:
        return "a blank node" if text.startswith("_:") else text

    return known(focus), path, known(value), known(shape), component, severity


def of_finding(finding: Finding) -> Result:
    names = {Severity.VIOLATION: "Violation", Severity.WARNING: "Warning", Severity.INFO: "Info"}
    severity = dict(finding.details).get(f"<{SH}resultSeverity>", f"<{SH}{names[finding.severity]}>")
    return result_of(finding.focus, finding.path, finding.value, finding.shape, finding.component, severity)


def passes(case: Case) -> bool:
    action = case.value(case.node, MANIFEST + "action")
    data, shapes = (
        Path(case.value(action, TEST + name)[len("<file://") : -1]) for name in ("dataGraph", "shapesGraph")
    )
    tables = TripleTables()
    tables.add(case.triples if data == case.file else load(data))
    failure = case.value(case.node, MANIFEST + "result") == f"<{TEST}Failure>"
    try:
        report = check(tables, to_shapes(case.triples if shapes == case.file else load(shapes)))
    except FaultsError:
        return failure
    return not failure and Counter(map(of_finding, report.findings)) == expected(case)


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_the_w3c_case_gives_the_results_that_the_w3c_expects(case: Case) -> None:
    reason = KNOWN_FAILURES.get(case.name)
    assert passes(case) is (reason is None), reason or case.name


def test_the_suite_is_complete() -> None:
    assert Counter(case.name.partition("/")[0] for case in all_cases()) == {"core": 98, "sparql": 22}
