"""The pyshacl engine: validates the shapes that are not compiled to SQL, and makes the same findings of its results.

These are shapes with SHACL-SPARQL, constraint components of their own, or the advanced features. pyshacl copies a graph
triple by triple, which takes a hundred times longer than to validate it. So it gets only the triples that the shapes
can read, by the predicates and classes that their paths, targets and queries name. Shapes that may read any triple get
all: a query with a variable as predicate, a closed shape, a script.

This is the only module that imports pyshacl, and it imports pyshacl and rdflib when it is called.
"""

# ruff: noqa: S608 - only numbers and names of tables are put into SQL
from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, NamedNode, Triple

from kg.errors import FaultsError
from kg.graph.triple_tables import TripleTables
from kg.rdf.rdflib_warnings import without_rdflib_warnings
from kg.reports import Finding, Report, Severity
from kg.shapes.constraint_queries import JoinQuery, Patterns, to_store
from kg.shapes.model import Shape, Shapes
from kg.shapes.parse import path_of
from kg.shapes.results import LANGUAGES, TermRenderer, local_name, path_text
from kg.terms import OPAQUE, OWL, RDF, RDFS, SH, XSD, Spo, is_triple_term, to_spo, to_text
from kg.traversal import reachable
from kg.xsd import compare, is_well_formed, lexical_form, literal_parts

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

_LEVELS = {f"<{SH}Warning>": Severity.WARNING, f"<{SH}Info>": Severity.INFO}
_DETAILS = ("resultMessage", "sourceConstraint")
_ADVANCED = frozenset({"target", "rule", "values", "expression"})
_READ_TABLE = "shape_read"
_SPARQL = f"<{SH}sparql>"
_ENGINE_OF = "engine of "
"""Before a shape: the count of a report that names the engine."""


def check(
    graph: TripleTables,
    shapes: Shapes,
    roots: Sequence[Shape],
    *,
    ontology: Iterable[Triple] = (),
    tables: Sequence[str] = ("triple", "inferred"),
    focus: Iterable[str] | None = None,
    languages: Sequence[str] = LANGUAGES,
) -> Report:
    """The findings of pyshacl for these targeted shapes; raises `FaultsError` when it refuses them.

    Of the ontology only the subclasses are used, as in the SQL engine.
    """
    if not may_have_focus_nodes(graph, roots, tables=tables):
        return Report()
    subclasses = [t for t in ontology if t.predicate.value == RDFS + "subClassOf"]
    filter_ = triple_filter(shapes.triples, [root.node for root in roots])
    if filter_ is not None:
        _fill_read_table(graph, filter_, map(to_spo, subclasses), tables=tables)
        tables = (_READ_TABLE,)
    try:
        data = [*(triple for table in tables for triple in graph.triples(table=table)), *subclasses]
        if _has_no_solutions(data, shapes, roots):
            return _report((), roots, engine="oxigraph")
        return check_triples(data, shapes, roots, focus=focus, languages=languages)
    finally:
        graph.sql.execute(f"DROP TABLE IF EXISTS {_READ_TABLE}")


def check_triples(
    data: Iterable[Triple],
    shapes: Shapes,
    roots: Sequence[Shape],
    *,
    focus: Iterable[str] | None = None,
    languages: Sequence[str] = LANGUAGES,
    own_values: bool = True,
) -> Report:
    """The findings of pyshacl in the triples for these targeted shapes.

    With `own_values`, literals are ill-typed and compared as in the SQL engine; rdflib passes many that are ill-typed.
    """
    import pyshacl

    chosen = {root.node for root in roots}
    try:
        with _without_warnings() as recursions, _order_of_sparql() if own_values else nullcontext():
            _, report, text = pyshacl.validate(
                _to_graph(data, own_values=own_values),
                shacl_graph=_to_graph(_with_targets_of(shapes, chosen)),
                advanced=any(_ADVANCED.intersection(map(local_name, root.not_compiled)) for root in roots),
                inplace=True,
                do_owl_imports=False,
            )
    except Exception as error:
        # pyshacl passes on errors of its own, of rdflib's parser and plain Python ones: all mean that it refuses.
        raise FaultsError([_refusal(str(error) or type(error).__name__, roots)]) from error
    if isinstance(report, Exception | bytes):
        raise FaultsError([_refusal(str(text), roots)])
    findings = [_to_finding(report, node, shapes, languages) for node in _results(report)]
    if focus is not None:
        wanted = set(focus)
        findings = [finding for finding in findings if finding.focus in wanted]
    if recursions:
        findings.append(_ended_recursion(shapes, roots))
    return _report(findings, roots, engine="pyshacl")


def has_validated(report: Report) -> bool:
    """True for a report to which this engine has contributed."""
    return any(name.startswith(_ENGINE_OF) for name in report.counts)


def _report(findings: Iterable[Finding], roots: Iterable[Shape], *, engine: str) -> Report:
    return Report(tuple(findings), {f"{_ENGINE_OF}{name}": engine for name in sorted(root.node for root in roots)})


def _has_no_solutions(data: Sequence[Triple], shapes: Shapes, roots: Sequence[Shape]) -> bool:
    """True where the shapes have only queries that join, and none of these has a solution: nothing is violated."""
    queries = _join_queries(shapes, roots)
    if queries is None or (store := to_store(data)) is None:
        return False
    try:
        return not any(query.has_solutions(store) for query in queries)
    except SyntaxError:  # pyshacl says what is wrong
        return False


def _join_queries(shapes: Shapes, roots: Sequence[Shape]) -> list[JoinQuery] | None:
    """The queries of these shapes; None where one of them does more than join, or a shape has other constraints."""
    if any(root.constraints or root.not_compiled != (_SPARQL,) for root in roots):
        return None
    nodes = {root.node for root in roots}
    queries = []
    for constraint in (t.object for t in shapes.triples if str(t.predicate) == _SPARQL and str(t.subject) in nodes):
        texts = [t.object for t in shapes.triples if t.subject == constraint and t.predicate.value == SH + "select"]
        prefixes = _unique_prefixes(_prefix_declarations(shapes.triples, str(constraint)))
        if len(texts) != 1 or not isinstance(texts[0], Literal) or prefixes is None:
            return None
        if (query := JoinQuery.of(texts[0].value, prefixes)) is None:
            return None
        queries.append(query)
    return queries


def _prefix_declarations(triples: Sequence[Triple], constraint: str) -> Iterator[Triple]:
    """The triples with the prefixes that a constraint has, by itself or by imports."""
    links: dict[str, list[str]] = {}
    for triple in triples:
        if triple.predicate.value in (SH + "prefixes", SH + "declare", OWL + "imports"):
            links.setdefault(str(triple.subject), []).append(str(triple.object))
    nodes = set(reachable((constraint,), lambda node: links.get(node, ())))
    return (triple for triple in triples if str(triple.subject) in nodes)


@contextmanager
def _order_of_sparql() -> Iterator[None]:
    """With values of sh:minInclusive and the like compared as SPARQL's operators do."""
    from unittest.mock import patch

    from pyshacl.constraints.core import value_range_constraints

    def order(left: Node, right: Node) -> int:
        ordering = compare(_to_exact(left), _to_exact(right))
        if ordering is None:
            raise TypeError("the two cannot be compared")  # a violation
        return ordering

    with patch.object(value_range_constraints, "compare_literal", order):
        yield


@contextmanager
def _without_warnings() -> Iterator[list[warnings.WarningMessage]]:
    """Without rdflib's warnings about ill-formed literals, which become findings, or concern no shape.

    Gives the warnings of recursions that pyshacl has ended.
    """
    from pyshacl.errors import ShapeRecursionWarning

    logger = logging.getLogger("pyshacl-validate")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(record=True) as recursions, without_rdflib_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("once", category=ShapeRecursionWarning)
            yield recursions
    finally:
        logger.setLevel(level)


def _with_targets_of(shapes: Shapes, chosen: set[str]) -> Iterator[Triple]:
    """The shapes graph with the targets of the chosen shapes alone; they may refer to all other shapes."""
    others = {shape.node for shape in shapes.targeted()} - chosen
    for triple in shapes.triples:
        is_target = local_name(str(triple.predicate)).startswith("target")
        is_implicit = triple.predicate.value == RDF + "type" and local_name(str(triple.object)) == "Class"
        if str(triple.subject) not in others or not (is_target or is_implicit):
            yield triple
    yield from _imported_prefixes(shapes.triples)


def _imported_prefixes(triples: Sequence[Triple]) -> Iterator[Triple]:
    """The prefixes that an ontology imports from others, as if it declared them.

    "owl:imports*/sh:declare" (https://www.w3.org/TR/shacl/#sparql-prefixes); pyshacl does not follow the imports.
    """
    imports: dict[str, list[str]] = {}
    for triple in triples:
        if triple.predicate.value == OWL + "imports":
            imports.setdefault(str(triple.subject), []).append(str(triple.object))
    users = {triple.object for triple in triples if triple.predicate.value == SH + "prefixes"}
    for user in users:
        imported = reachable((str(user),), lambda ontology: imports.get(ontology, ()))
        for triple in triples:
            if triple.predicate.value == SH + "declare" and str(triple.subject) in imported:
                yield Triple(user, triple.predicate, triple.object)  # type: ignore[arg-type]


def _ended_recursion(shapes: Shapes, roots: Sequence[Shape]) -> Finding:
    recursive = next((r for r in roots if any(r.node in shapes.reachable(each) for each in r.references())), roots[0])
    return Finding(
        "shapes/recursion",
        "pyshacl followed recursive shapes some steps from each focus node, and no further.",
        Severity.INFO,
        shape=recursive.node,
        places=(recursive.place,) if recursive.place is not None else (),
    )


def _refusal(reason: str, roots: Sequence[Shape]) -> Finding:
    places = tuple(root.place for root in roots if root.place is not None)
    names = ", ".join(root.node for root in roots)
    message = f"pyshacl cannot run {names}: {' '.join(reason.split())}"
    return Finding("shapes/refused", message, places=places[:1], shape=roots[0].node)


# --- terms


def _to_graph(triples: Iterable[Triple], *, own_values: bool = False) -> Graph:
    from rdflib import Graph

    graph = Graph()
    for triple in triples:
        text = to_text(triple.object)
        value = _to_node(text)
        if own_values and (literal := literal_parts(text)) is not None:
            value._ill_typed = not is_well_formed(literal)  # type: ignore[attr-defined]
        graph.add((_to_node(str(triple.subject)), _to_node(str(triple.predicate)), value))
    return graph


def _to_node(text: str) -> Node:
    from rdflib import BNode, URIRef
    from rdflib import Literal as RdflibLiteral

    if is_triple_term(text):
        return RdflibLiteral(text, datatype=URIRef(OPAQUE))
    if text.startswith("<"):
        return URIRef(text[1:-1])
    if text.startswith("_:"):
        return BNode(text[2:])
    literal = literal_parts(text)
    assert literal is not None
    # Without `normalize=False` rdflib would write 01 as 1, and the finding would have a value that is not in the data.
    if literal.language:
        return RdflibLiteral(literal.lexical, lang=literal.language)
    if text.endswith('"'):
        return RdflibLiteral(literal.lexical)
    return RdflibLiteral(literal.lexical, datatype=URIRef(literal.datatype), normalize=False)


def _to_exact(node: Any) -> str:
    """The N-Triples form of a term of rdflib; empty for None."""
    from rdflib import BNode, URIRef

    if node is None:
        return ""
    if isinstance(node, URIRef):
        return f"<{node}>"
    if isinstance(node, BNode):
        return f"_:{node}"
    if node.language:
        return str(Literal(str(node), language=node.language))
    if str(node.datatype) == OPAQUE:
        return str(node)
    return str(Literal(str(node), datatype=NamedNode(str(node.datatype)) if node.datatype is not None else None))


# --- findings


def _results(report: Any) -> list[Any]:
    from rdflib import URIRef

    return sorted(report.objects(None, URIRef(SH + "result")), key=str)


def _to_finding(report: Any, node: Any, shapes: Shapes, languages: Sequence[str]) -> Finding:
    from rdflib import URIRef

    def value(name: str) -> str:
        return _to_exact(report.value(node, URIRef(SH + name)))

    severity, component = value("resultSeverity"), value("sourceConstraintComponent")
    details = [
        (f"<{SH}{name}>", _to_exact(detail))
        for name in _DETAILS
        for detail in sorted(report.objects(node, URIRef(SH + name)))
    ]
    if severity not in (f"<{SH}Violation>", *_LEVELS):
        details.append((f"<{SH}resultSeverity>", severity))
    texts = [_to_exact(text) for text in sorted(report.objects(node, URIRef(SH + "resultMessage")))]
    names = TermRenderer(languages=languages)
    path = report.value(node, URIRef(SH + "resultPath"))
    name = local_name(component).removesuffix("ConstraintComponent")
    shape = shapes.shapes.get(value("sourceShape"))
    return Finding(
        f"shacl/{name.lower() if name.isupper() else name[:1].lower() + name[1:]}",
        lexical_form(names.preferred(texts)) or f"{names.term(value('focusNode'))} violates a constraint",
        severity=_LEVELS.get(severity, Severity.VIOLATION),
        focus=value("focusNode"),
        path="" if path is None else path_text(path_of(_triples_about(report, path), _to_exact(path))),
        value=value("value"),
        shape=value("sourceShape"),
        component=component,
        found=names.term(value("value")) if value("value") else "",
        details=tuple(details),
        order=shape.order if shape is not None else (0.0, "", 0.0),
    )


def _triples_about(report: Any, path: Any) -> Iterator[Spo]:
    """The triples of the report that describe a path."""
    for node in reachable((path,), lambda each: report.objects(each, None)):
        yield from ((_to_exact(s), _to_exact(p), _to_exact(o)) for s, p, o in report.triples((node, None, None)))


# --- the triples that shapes can read

_TYPE, _SUBCLASS = f"<{RDF}type>", f"<{RDFS}subClassOf>"
_LISTS = {f"<{RDF}first>", f"<{RDF}rest>"}
_READS_ALL = frozenset(
    SH + name for name in ("closed", "rule", "js", "values", "expression", "target", "jsFunctionName")
)
_QUERIES = frozenset(SH + name for name in ("select", "ask", "construct", "update"))
_FALSE = f'"false"^^<{XSD}boolean>'
_PATH_VARIABLE = "PATH"
"""Replaced by the path of the shape: https://www.w3.org/TR/shacl/#sparql-constraints-prebound."""


@dataclass(frozen=True, slots=True)
class TripleFilter:
    """The triples that shapes can read: those with these predicates, and types that are these names or subclasses."""

    predicates: frozenset[str]
    names: frozenset[str]
    all_types: bool

    def accepts_any(self, triples: Sequence[Triple], subclasses: Iterable[tuple[str, str]]) -> bool:
        """False only when the shapes can read none of the triples; `subclasses` are pairs of a class and one above."""
        types = {str(triple.object) for triple in triples if triple.predicate.value == RDF + "type"}
        if any(str(triple.predicate) in self.predicates for triple in triples) or (types and self.all_types):
            return True
        return bool(types) and not types.isdisjoint(_with_subclasses(self.names, subclasses))


def triple_filter(shapes: Sequence[Triple], roots: Iterable[str]) -> TripleFilter | None:
    """The triples that these shapes can read; None when that may be all."""
    statements: dict[str, list[Triple]] = {}
    for triple in shapes:
        statements.setdefault(str(triple.subject), []).append(triple)

    def objects(node: str) -> Iterator[str]:
        return (str(triple.object) for triple in statements.get(node, ()))

    # Any shape may use the components and functions that the shapes graph declares.
    nodes = reachable((*roots, *_declared(shapes)), objects)
    described = [triple for node in nodes for triple in statements.get(node, ())]
    if any(t.predicate.value in _READS_ALL and str(t.object) != _FALSE for t in described):
        return None
    names = {str(t.object) for t in described if isinstance(t.object, NamedNode)}
    all_types = False
    for query in (t.object.value for t in described if t.predicate.value in _QUERIES and isinstance(t.object, Literal)):
        prefixes = _unique_prefixes(shapes)
        patterns = _patterns_of(query, prefixes) if prefixes is not None else None
        if patterns is None:
            return None
        for predicate, objects_ in patterns:
            names |= {predicate, *objects_}
            all_types = all_types or (predicate == _TYPE and not objects_)
    return TripleFilter(frozenset(names | _LISTS | {_SUBCLASS}) - {_TYPE}, frozenset(names), all_types)


def may_have_focus_nodes(graph: TripleTables, roots: Sequence[Shape], *, tables: Sequence[str]) -> bool:
    """False only when the triples make nothing a focus node of these shapes; that takes no parser of queries."""
    if any(_ADVANCED.intersection(map(local_name, root.not_compiled)) for root in roots):
        return True
    targets = [target for root in roots for target in root.targets]
    if any(target.kind not in ("subjectsOf", "objectsOf") for target in targets):
        return True
    ids = graph.find_ids(target.term for target in targets).values()
    listed = ", ".join(map(str, sorted(ids))) or "NULL"
    selects = " UNION ALL ".join(f"SELECT 1 FROM {table} WHERE p IN ({listed})" for table in tables)
    return bool(graph.sql.execute(f"{selects} LIMIT 1").fetchall())


def _fill_read_table(
    graph: TripleTables, filter_: TripleFilter, subclasses: Iterable[Spo], *, tables: Sequence[str]
) -> None:
    """Make the table of the triples that can be read; `subclasses` are triples beside those of the graph."""
    union = " UNION ALL ".join(f"SELECT s, p, o FROM {table}" for table in tables)
    known = graph.find_ids((*filter_.predicates, *filter_.names, _TYPE, _SUBCLASS))
    predicates = [known[name] for name in sorted(filter_.predicates) if name in known]
    condition = f"p IN (SELECT unnest('{predicates}'::UINTEGER[]))"
    if _TYPE in known and filter_.all_types:
        condition += f" OR p = {known[_TYPE]}"
    elif _TYPE in known:
        pairs = [(s, o) for s, _, o in subclasses]
        if _SUBCLASS in known:
            pairs += graph.sql.execute(
                f"SELECT a.text, b.text FROM ({union}) AS t JOIN term AS a ON a.id = t.s JOIN term AS b ON b.id = t.o"
                f" WHERE t.p = {known[_SUBCLASS]}"
            ).fetchall()
        classes = sorted(graph.find_ids(_with_subclasses(filter_.names, pairs)).values())
        condition += f" OR (p = {known[_TYPE]} AND o IN (SELECT unnest('{classes}'::UINTEGER[])))"
    # Not a TEMP table, because other cursors read it.
    graph.sql.execute(f"CREATE OR REPLACE TABLE {_READ_TABLE} AS SELECT s, p, o FROM ({union}) AS t WHERE {condition}")


def _with_subclasses(names: Iterable[str], pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    below: dict[str, list[str]] = {}
    for subclass, superclass in pairs:
        below.setdefault(superclass, []).append(subclass)
    return reachable(names, lambda name: below.get(name, ()))


def _declared(shapes: Iterable[Triple]) -> Iterator[str]:
    """The components and functions that a shapes graph declares."""
    for triple in shapes:
        if triple.predicate.value in (SH + "parameter", SH + "returnType"):
            yield str(triple.subject)


def _unique_prefixes(shapes: Iterable[Triple]) -> dict[str, str] | None:
    """Every prefix that the shapes graph declares, with its namespace; None where one has several."""
    declarations: dict[str, dict[str, str]] = {}
    for triple in shapes:
        if isinstance(triple.object, Literal) and local_name(str(triple.predicate)) in ("prefix", "namespace"):
            declarations.setdefault(str(triple.subject), {})[local_name(str(triple.predicate))] = triple.object.value
    prefixes: dict[str, str] = {}
    for declaration in declarations.values():
        if len(declaration) == 2:
            namespace = declaration["namespace"]
            if prefixes.setdefault(declaration["prefix"], namespace) != namespace:
                return None
    return prefixes


def _patterns_of(query: str, prefixes: Mapping[str, str]) -> Patterns | None:
    """The triple patterns of a query; None when one of them may match any predicate."""
    if (join := JoinQuery.of(query, prefixes)) is not None:
        return join.patterns
    return _patterns_with(query, tuple(prefixes.items()))


# The parser takes longer than most of the validation, and checks of changed files meet the same queries again.
@lru_cache(maxsize=64)
def _patterns_with(query: str, prefixes: tuple[tuple[str, str], ...]) -> Patterns | None:
    from rdflib.plugins.sparql.algebra import translateQuery

    from kg.rdf.rdflib_parser import parse_query

    try:
        with without_rdflib_warnings():
            parsed = translateQuery(parse_query(query), initNs=dict(prefixes))
    except Exception:  # the parser passes on plain Python errors; pyshacl will report what is wrong with the query
        return None
    return _patterns_below(parsed.algebra)


def _patterns_below(node: Any) -> Patterns | None:
    """The patterns below a node of the algebra."""
    from rdflib.plugins.sparql.parserutils import CompValue

    below: list[Patterns | None] = []
    if isinstance(node, CompValue):
        if node.name in ("Graph", "ServiceGraphPattern"):
            return None
        if node.name == "BGP":
            below += [_predicates_of(p, o) for _, p, o in node.triples]
        below += [_patterns_below(node[key]) for key in node if key != "triples" or node.name != "BGP"]
    elif isinstance(node, list | tuple | set):
        below += [_patterns_below(each) for each in node]
    return _all_patterns(below)


def _predicates_of(predicate: Any, value: Any) -> Patterns | None:
    from rdflib import URIRef, Variable
    from rdflib.paths import AlternativePath, InvPath, MulPath, SequencePath

    match predicate:
        case URIRef():
            return [(f"<{predicate}>", (f"<{value}>",) if isinstance(value, URIRef) else ())]
        case Variable():
            return [] if str(predicate) == _PATH_VARIABLE else None
        case InvPath():
            return _predicates_of(predicate.arg, None)
        case MulPath():
            return _predicates_of(predicate.path, None)
        case SequencePath() | AlternativePath():
            return _all_patterns([_predicates_of(each, None) for each in predicate.args])
        case _:
            return None


def _all_patterns(parts: Iterable[Patterns | None]) -> Patterns | None:
    """All patterns of the parts; None when one of the parts may match any predicate."""
    patterns: Patterns = []
    for part in parts:
        if part is None:
            return None
        patterns += part
    return patterns
