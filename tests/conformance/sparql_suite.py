"""The W3C's query tests of SPARQL 1.0 and 1.1 as data: each case, the dataset that it asks, and what must come back.

An engine is a function from a dataset and a query to a result; `passes` says whether it answers a case as the W3C does.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, pairwise, zip_longest
from operator import itemgetter
from pathlib import Path
from typing import Any

import rdflib
from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)
from rdflib.collection import Collection

from kg.errors import QueryError
from kg.queries.result_writers import CSV, write_all_rows
from kg.queries.rewriting.engine_query import EngineResult, EngineRows, EngineTriples
from kg.text.sparql_tokens import tokenise
from kg.xsd import value_of

W3C = Path(__file__).parent / "w3c"
SUITES = ("sparql10", "sparql11")
MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_EVALUATIONS = (MF.QueryEvaluationTest, MF.CSVResultFormatTest)
_GOOD_SYNTAX = (MF.PositiveSyntaxTest, MF.PositiveSyntaxTest11)
_BAD_SYNTAX = (MF.NegativeSyntaxTest, MF.NegativeSyntaxTest11)
_RESULTS = {".srx": QueryResultsFormat.XML, ".srj": QueryResultsFormat.JSON, ".tsv": QueryResultsFormat.TSV}
_GRAPHS = {".ttl": RdfFormat.TURTLE, ".nt": RdfFormat.N_TRIPLES, ".rdf": RdfFormat.RDF_XML}

Term = NamedNode | BlankNode | Literal | Triple
Cells = Mapping[str, Term]
"""The bound variables of a row, or the parts of a triple."""


@dataclass(frozen=True)
class Dataset:
    """The triples of the default graph, and those of each named graph."""

    default: tuple[Triple, ...] = ()
    named: Mapping[NamedNode, tuple[Triple, ...]] = field(default_factory=dict)

    def quads(self) -> Iterator[Quad]:
        """Every triple with its graph."""
        yield from (Quad(t.subject, t.predicate, t.object) for t in self.default)
        for graph, triples in self.named.items():
            yield from (Quad(t.subject, t.predicate, t.object, graph) for t in triples)


Engine = Callable[[Dataset, str, str], EngineResult]
"""The result of a query, given as its text and its base IRI, on a dataset; raises `QueryError`."""


@dataclass(frozen=True)
class Case:
    """A case: `result` is the file of what must come back; a case of syntax has none, and is good or bad."""

    name: str
    query: Path
    data: tuple[Path, ...] = ()
    graphs: tuple[Path, ...] = ()
    result: Path | None = None
    is_bad_syntax: bool = False
    may_drop_duplicates: bool = False

    @property
    def text(self) -> str:
        """The query."""
        return self.query.read_text(encoding="utf-8")


@cache
def all_cases() -> tuple[Case, ...]:
    """Every case of both suites that their manifests list, in their order."""
    manifests = [path for suite in SUITES for path in sorted((W3C / suite).glob("*/manifest.ttl"))]
    return tuple(case for manifest in manifests for case in _cases(manifest))


def _cases(manifest: Path) -> Iterator[Case]:
    graph = rdflib.Graph().parse(manifest, format="turtle", publicID=manifest.as_uri())
    folder = manifest.parent.relative_to(W3C)
    for node in chain.from_iterable(Collection(graph, entries) for entries in graph.objects(None, MF.entries)):
        kinds = set(graph.objects(node, rdflib.RDF.type))
        name = f"{folder}/{str(node).rpartition('#')[2]}"
        action = graph.value(node, MF.action)
        if kinds & {*_GOOD_SYNTAX, *_BAD_SYNTAX}:
            yield Case(name, _path(action), is_bad_syntax=bool(kinds & set(_BAD_SYNTAX)))
        elif kinds & set(_EVALUATIONS):
            result = _path(graph.value(node, MF.result))
            data, graphs = (tuple(map(_path, graph.objects(action, p))) for p in (QT.data, QT.graphData))
            is_lax = graph.value(node, MF.resultCardinality) == MF.LaxCardinality
            query = _path(graph.value(action, QT.query))
            yield Case(name, query, data, graphs, result, may_drop_duplicates=is_lax)


def _path(node: object) -> Path:
    return Path(str(node).removeprefix("file://"))


def dataset(case: Case) -> Dataset:
    """What a case is asked of; the graphs that its query names with FROM are read from their files."""
    tokens = list(tokenise(case.text))
    named = list(case.graphs)
    for before, token in pairwise(tokens):
        if before.is_word("FROM", "NAMED") and token.kind == "iri":
            named.append(case.query.parent / token.text[1:-1])
    default = tuple(triple for path in case.data for triple in read_triples(path))
    return Dataset(default, {NamedNode(path.as_uri()): read_triples(path) for path in named})


def read_triples(path: Path) -> tuple[Triple, ...]:
    """The triples of a file."""
    quads = parse(path=path, format=_GRAPHS[path.suffix], base_iri=path.as_uri(), rename_blank_nodes=True)
    return tuple(quad.triple for quad in quads)


def passes(case: Case, engine: Engine) -> bool:
    """True when an engine answers a case as the W3C does."""
    asked = Dataset() if case.result is None else dataset(case)
    try:
        result = engine(asked, case.text, case.query.as_uri())
        found = result if isinstance(result, bool) else list(_elements(result))
    except QueryError:
        return case.is_bad_syntax
    if case.result is None:
        return not case.is_bad_syntax
    if isinstance(result, bool) or isinstance(found, bool):
        return _boolean(case.result) is found
    if isinstance(result, EngineTriples):
        return are_isomorphic([*map(_parts, set(found))], [*map(_parts, read_triples(case.result))])
    if case.result.suffix == ".csv":
        body = write_all_rows(result.columns, found, CSV, is_complete=True).decode()
        return _csv_rows(body) == _csv_rows(case.result.read_text(encoding="utf-8"))
    of_data = frozenset(quad.object for quad in asked.quads())
    rows = [_without_form(_bound(result.columns, row), of_data) for row in found]
    expected = _expected_rows(case.result)
    return _are_equal(rows, [_without_form(row, of_data) for row in expected.rows], case, expected)


def _elements(result: EngineRows | EngineTriples) -> Iterator[Any]:
    return result.rows if isinstance(result, EngineRows) else result.triples


def _without_form(row: Cells, of_data: Container[Term]) -> Cells:
    """A row whose computed values are texts of values: SPARQL does not say how the result of a sum is written."""
    return {name: term if term in of_data else _without_form_of(term) for name, term in row.items()}


def _without_form_of(term: Term) -> Term:
    if not isinstance(term, Literal) or (value := value_of(str(term))) is None:
        return term
    return Literal(f"{value.space} {value.value}", datatype=term.datatype) if term.language is None else term


def _are_equal(rows: Sequence[Cells], others: Sequence[Cells], case: Case, expected: _ExpectedRows) -> bool:
    if expected.is_ordered:
        pairs = zip_longest(rows, others, fillvalue={"missing": NamedNode("row:missing")})
        return all(are_isomorphic([row], [other]) for row, other in pairs)
    if case.may_drop_duplicates:
        return are_isomorphic(_once(rows), _once(others)) and len(rows) <= len(others)
    return are_isomorphic(rows, others)


@dataclass(frozen=True)
class _ExpectedRows:
    rows: Sequence[Cells]
    is_ordered: bool = False


def _expected_rows(path: Path) -> _ExpectedRows:
    if path.suffix in _RESULTS:
        solutions = parse_query_results(path=path, format=_RESULTS[path.suffix])
        assert isinstance(solutions, QuerySolutions)
        columns = tuple(variable.value for variable in solutions.variables)
        return _ExpectedRows([_bound(columns, row) for row in solutions])
    properties: dict[object, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for triple in read_triples(path):
        properties[triple.subject][triple.predicate.value.removeprefix(RS)].append(triple.object)
    rows = {}
    for of_set in list(properties.values()):
        for solution in of_set["solution"]:
            bindings = [properties[binding] for binding in properties[solution]["binding"]]
            rows[solution] = {binding["variable"][0].value: binding["value"][0] for binding in bindings}
    indexed = [(int(index.value), solution) for solution in rows for index in properties[solution]["index"]]
    ordered = [solution for _, solution in sorted(indexed, key=itemgetter(0))]
    return _ExpectedRows([rows[solution] for solution in ordered or rows], is_ordered=bool(ordered))


def _boolean(path: Path) -> bool:
    if path.suffix in _RESULTS:
        return bool(parse_query_results(path=path, format=_RESULTS[path.suffix]))
    return any(
        triple.object == Literal(True) for triple in read_triples(path) if triple.predicate.value == RS + "boolean"
    )


def _bound(columns: Sequence[str], row: Iterable[Term | None]) -> Cells:
    return {column: term for column, term in zip(columns, row, strict=True) if term is not None}


def _parts(triple: Triple) -> Cells:
    return {"subject": triple.subject, "predicate": triple.predicate, "object": triple.object}


def _once(rows: Sequence[Cells]) -> list[Cells]:
    return list({str(sorted(row.items(), key=str)): row for row in rows}.values())


def _csv_rows(text: str) -> list[list[tuple[str, str]]]:
    """The rows of a CSV in any order, and their columns too; the labels of blank nodes are left out."""
    rows = csv.DictReader(io.StringIO(text))
    return sorted(sorted((name, "_:" if cell.startswith("_:") else cell) for name, cell in row.items()) for row in rows)


def are_isomorphic(left: Sequence[Cells], right: Sequence[Cells]) -> bool:
    """True when the rows are the same but for the names of their blank nodes, each as often, in any order."""
    if sorted(map(_without_labels, left)) != sorted(map(_without_labels, right)):
        return False
    return _match(sorted(left, key=_without_labels), list(right), {})


def _without_labels(row: Cells) -> str:
    return str(sorted((name, "_:" if isinstance(term, BlankNode) else str(term)) for name, term in row.items()))


def _match(left: Sequence[Cells], right: Sequence[Cells], renamed: Mapping[Term, Term]) -> bool:
    """True when the rows of `left` can be paired with those of `right` by renaming further blank nodes."""
    if not left:
        return True
    for index, row in enumerate(right):
        further = _renaming(left[0], row, renamed)
        if further is not None and _match(left[1:], [*right[:index], *right[index + 1 :]], further):
            return True
    return False


def _renaming(left: Cells, right: Cells, renamed: Mapping[Term, Term]) -> Mapping[Term, Term] | None:
    """The blank nodes renamed so that two rows are equal; None when they are not."""
    if left.keys() != right.keys():
        return None
    further = dict(renamed)
    for name, term in left.items():
        other = right[name]
        if isinstance(term, BlankNode) and isinstance(other, BlankNode):
            if further.setdefault(term, other) != other:
                return None
        elif term != other:
            return None
    return further if len(set(further.values())) == len(further) else None
