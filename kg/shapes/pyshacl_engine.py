"""The reference engine: shapes that are not compiled go to pyshacl, and come back as the same findings.

The only file that imports rdflib and pyshacl, and only when it is called. pyshacl judges SHACL-SPARQL, components of
one's own and the advanced features; the tests hold it against the compiler on everything that both know.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pyoxigraph import Triple

from kg.errors import FaultsError
from kg.graph.triple_tables import TripleTables
from kg.reports import Finding, Report, Severity
from kg.shapes import messages
from kg.shapes.model import Shape, Shapes
from kg.shapes.parse import path_of
from kg.shapes.pyshacl_slice import SEEN, cut, sight_of
from kg.shapes.shapes_graph import local
from kg.terms import OWL, RDF, SH
from kg.xsd import lexical_form, literal_parts

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

_LEVELS = {f"<{SH}Warning>": Severity.WARNING, f"<{SH}Info>": Severity.INFO}
_KEPT = ("resultMessage", "sourceConstraint")


def check(
    workshop: TripleTables,
    shapes: Shapes,
    roots: Sequence[Shape],
    *,
    ontology: Iterable[Triple] = (),
    tables: Sequence[str] = ("triple", "inferred"),
    focus: Iterable[str] | None = None,
    languages: Sequence[str] = messages.LANGUAGES,
) -> Report:
    """What pyshacl finds with these shapes; raises `FaultsError` when it refuses them.

    The ontology is only asked for subclasses, as the compiler does.
    """
    subclasses = [t for t in ontology if t.predicate.value.endswith("#subClassOf")]
    sight = sight_of(shapes.triples, [root.node for root in roots])
    if sight is not None:
        tables = (cut(workshop, sight, [(str(t.subject), str(t.object)) for t in subclasses], tables=tables),)
    data = (triple for table in tables for triple in workshop.triples(table=table))
    try:
        return check_triples([*data, *subclasses], shapes, roots, focus=focus, languages=languages)
    finally:
        workshop.sql.execute(f"DROP TABLE IF EXISTS {SEEN}")


def check_triples(
    data: Iterable[Triple],
    shapes: Shapes,
    roots: Sequence[Shape],
    *,
    focus: Iterable[str] | None = None,
    languages: Sequence[str] = messages.LANGUAGES,
) -> Report:
    """What pyshacl finds in the triples with these targeted shapes."""
    import pyshacl

    chosen = {root.node for root in roots}
    try:
        with _quiet():
            _, report, text = pyshacl.validate(
                _to_graph(data),
                shacl_graph=_to_graph(_without_other_targets(shapes, chosen)),
                advanced=any({"target", "rule", "values", "expression"} & {local(p) for p in s.foreign} for s in roots),
                inplace=True,
                do_owl_imports=False,
            )
    except Exception as error:
        # pyshacl lets errors of its own, of rdflib's parser and plain Python ones through: all mean that it refuses.
        raise FaultsError([_refusal(str(error) or type(error).__name__, roots)]) from error
    if isinstance(report, Exception | bytes):
        raise FaultsError([_refusal(str(text), roots)])
    findings = [_to_finding(report, node, shapes, languages) for node in _results(report)]
    if focus is not None:
        wanted = set(focus)
        findings = [finding for finding in findings if finding.focus in wanted]
    judged = {f"engine of {name}": "pyshacl" for name in sorted(chosen)}
    return Report(tuple(findings), judged)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without rdflib's complaints about ill-formed literals: they become findings, or concern no shape."""
    loggers = [logging.getLogger(name) for name in ("rdflib.term", "pyshacl-validate")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _without_other_targets(shapes: Shapes, chosen: set[str]) -> Iterator[Triple]:
    """The shapes graph, in which only the chosen shapes look for nodes; the others stay, to be leaned on."""
    others = {shape.node for shape in shapes.targeted()} - chosen
    for triple in shapes.triples:
        targets = local(str(triple.predicate)).startswith("target")
        implicit = triple.predicate.value == RDF + "type" and local(str(triple.object)) == "Class"
        if str(triple.subject) not in others or not (targets or implicit):
            yield triple
    yield from _imported_prefixes(shapes.triples)


def _imported_prefixes(triples: Sequence[Triple]) -> Iterator[Triple]:
    """The prefixes that an ontology has from those it imports, as if they were its own.

    "owl:imports*/sh:declare" (https://www.w3.org/TR/shacl/#sparql-prefixes); pyshacl does not follow the imports.
    """
    imports: dict[str, list[str]] = {}
    for triple in triples:
        if triple.predicate.value == OWL + "imports":
            imports.setdefault(str(triple.subject), []).append(str(triple.object))
    users = {triple.object for triple in triples if triple.predicate.value == SH + "prefixes"}
    for user in users:
        seen, waiting = {str(user)}, [str(user)]
        while waiting:
            fresh = set(imports.get(waiting.pop(), ())) - seen
            seen |= fresh
            waiting.extend(fresh)
        for triple in triples:
            if triple.predicate.value == SH + "declare" and str(triple.subject) in seen:
                yield Triple(user, triple.predicate, triple.object)  # type: ignore[arg-type]


def _refusal(said: str, roots: Sequence[Shape]) -> Finding:
    places = tuple(root.place for root in roots if root.place is not None)
    names = ", ".join(root.node for root in roots)
    message = f"pyshacl cannot run {names}: {' '.join(said.split())}"
    return Finding("shapes/refused", message, places=places[:1], shape=roots[0].node)


# --- terms


def _to_graph(triples: Iterable[Triple]) -> Graph:
    from rdflib import Graph

    graph = Graph()
    for triple in triples:
        graph.add((_to_node(str(triple.subject)), _to_node(str(triple.predicate)), _to_node(str(triple.object))))
    return graph


def _to_node(text: str) -> Node:
    from rdflib import BNode, Literal, URIRef

    if text.startswith("<"):
        return URIRef(text[1:-1])
    if text.startswith("_:"):
        return BNode(text[2:])
    literal = literal_parts(text)
    assert literal is not None
    # Without `normalize=False` rdflib would write 01 as 1, and the finding would name a value that nobody wrote.
    if literal.language:
        return Literal(literal.lexical, lang=literal.language)
    if text.endswith('"'):
        return Literal(literal.lexical)
    return Literal(literal.lexical, datatype=URIRef(literal.datatype), normalize=False)


def _to_text(node: Any) -> str:
    from pyoxigraph import Literal, NamedNode
    from rdflib import BNode, URIRef

    if node is None:
        return ""
    if isinstance(node, URIRef):
        return f"<{node}>"
    if isinstance(node, BNode):
        return f"_:{node}"
    if node.language:
        return str(Literal(str(node), language=node.language))
    return str(Literal(str(node), datatype=NamedNode(str(node.datatype)) if node.datatype is not None else None))


# --- findings


def _results(report: Any) -> list[Any]:
    from rdflib import URIRef

    return sorted(report.objects(None, URIRef(SH + "result")), key=str)


def _to_finding(report: Any, node: Any, shapes: Shapes, languages: Sequence[str]) -> Finding:
    from rdflib import URIRef

    def value(name: str) -> str:
        return _to_text(report.value(node, URIRef(SH + name)))

    severity, component = value("resultSeverity"), value("sourceConstraintComponent")
    details = [
        (f"<{SH}{name}>", _to_text(each)) for name in _KEPT for each in sorted(report.objects(node, URIRef(SH + name)))
    ]
    if severity not in (f"<{SH}Violation>", *_LEVELS):
        details.append((f"<{SH}resultSeverity>", severity))
    texts = [_to_text(each) for each in sorted(report.objects(node, URIRef(SH + "resultMessage")))]
    words = messages.Words(languages=languages)
    path = report.value(node, URIRef(SH + "resultPath"))
    name = local(component).removesuffix("ConstraintComponent")
    return Finding(
        f"shacl/{name.lower() if name.isupper() else name[:1].lower() + name[1:]}",
        lexical_form(words.chosen(texts)) or f"{words.term(value('focusNode'))} breaks a constraint",
        severity=_LEVELS.get(severity, Severity.VIOLATION),
        focus=value("focusNode"),
        path="" if path is None else messages.path_text(path_of(_triples(report, path), _to_text(path))),
        value=value("value"),
        shape=value("sourceShape"),
        component=component,
        found=words.term(value("value")) if value("value") else "",
        details=tuple(details),
        order=shape.order if (shape := shapes.shapes.get(value("sourceShape"))) is not None else (0.0, "", 0.0),
    )


def _triples(report: Any, start: Any) -> Iterator[tuple[str, str, str]]:
    """What the report says of a path, and of all nodes below it."""
    seen, waiting = {start}, [start]
    while waiting:
        for s, p, o in report.triples((waiting.pop(), None, None)):
            yield _to_text(s), _to_text(p), _to_text(o)
            if o not in seen:
                seen.add(o)
                waiting.append(o)
