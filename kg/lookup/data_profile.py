"""What a stranger sees of RDF data: classes and properties with counts and examples, languages, links to elsewhere."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from pyoxigraph import Literal, NamedNode, QuerySolution, Store, Triple

from kg.graph.store import find_solutions
from kg.terms import PREFIXES, RDF, XSD, Term
from kg.text.ellipsis import shortened
from kg.text.number_words import counted
from kg.text.table import format_table

_CLASSES = "SELECT ?c (COUNT(*) AS ?n) { ?s a ?c } GROUP BY ?c"
_MEMBERS = "SELECT ?c (MIN(?s) AS ?e) { ?s a ?c FILTER(isIRI(?s)) } GROUP BY ?c"
_PROPERTIES = """SELECT ?p ?kind ?language (COUNT(*) AS ?n) (MIN(?o) AS ?e) {
    ?s ?p ?o
    BIND(IF(isLiteral(?o), DATATYPE(?o), IF(isIRI(?o), "IRI", IF(isTRIPLE(?o), "triple term", "blank node")))
        AS ?kind)
    BIND(IF(isLiteral(?o), LANG(?o), "") AS ?language)
} GROUP BY ?p ?kind ?language"""
_SUBJECTS = "SELECT ?p (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o } GROUP BY ?p"
_LINKS = f"""SELECT ?site (COUNT(*) AS ?n) (MIN(?o) AS ?e) {{
    ?s ?p ?o FILTER(isIRI(?o) && ?p != <{RDF}type>) FILTER NOT EXISTS {{ ?o ?any ?value }}
    FILTER NOT EXISTS {{ ?entity ?o ?value }}
    BIND(REPLACE(STR(?o), "^([A-Za-z][^:]*:(//[^/]*/?)?).*$", "$1", "s") AS ?site)
}} GROUP BY ?site"""
_GRAPHS = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
_MAX_EXAMPLE = 40
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_\-])?")


@dataclass(frozen=True, slots=True)
class ClassProfile:
    """A class: how many entities it has, and one of them."""

    iri: str
    name: str
    entities: int
    example: str


@dataclass(frozen=True, slots=True)
class PropertyProfile:
    """A property: how many triples and subjects it has, what its values are, and one of them."""

    iri: str
    name: str
    triples: int
    subjects: int
    values: tuple[str, ...]
    """Datatypes, `IRI`, `blank node` and `triple term`, the most frequent first."""
    example: str


@dataclass(frozen=True, slots=True)
class Count:
    """A name with a number: of a language, a site that is linked to, or a named graph; and an example."""

    name: str
    count: int
    example: str = ""


@dataclass(frozen=True, slots=True)
class DataProfile:
    """What is in a graph, the most frequent first."""

    triples: int
    classes: tuple[ClassProfile, ...]
    properties: tuple[PropertyProfile, ...]
    languages: tuple[Count, ...]
    links: tuple[Count, ...]
    graphs: tuple[Count, ...]
    prefixes: Mapping[str, str]

    def as_dict(self) -> dict[str, object]:
        """The profile as JSON has it."""
        return asdict(self)

    def matching(self, word: str) -> DataProfile:
        """The classes and properties with a word in their IRI."""
        classes = tuple(row for row in self.classes if word.casefold() in row.iri.casefold())
        properties = tuple(row for row in self.properties if word.casefold() in row.iri.casefold())
        return DataProfile(self.triples, classes, properties, (), (), (), self.prefixes)

    def to_text(self) -> str:
        """The profile as tables."""
        lines = [f"{counted(self.triples, 'triple')}\n"]
        lines += [f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in self.prefixes.items()]
        tables: list[tuple[tuple[str, ...], list[list[str]]]] = [
            (("class", "entities", "example"), [[c.name, f"{c.entities}", c.example] for c in self.classes]),
            (
                ("property", "triples", "subjects", "values", "example"),
                [[p.name, f"{p.triples}", f"{p.subjects}", ", ".join(p.values), p.example] for p in self.properties],
            ),
            (("language", "literals"), [[row.name, f"{row.count}"] for row in self.languages]),
            (("links to", "triples", "example"), [[row.name, f"{row.count}", row.example] for row in self.links]),
            (("graph", "triples"), [[row.name, f"{row.count}"] for row in self.graphs]),
        ]
        lines += [f"\n{format_table(columns, rows)}" for columns, rows in tables if rows]
        return "".join(lines)


def read_profile(store: Store, prefixes: Mapping[str, str]) -> DataProfile:
    """The profile of all graphs of a store; names are shortened with these prefixes."""
    namer = _Namer({**PREFIXES, **prefixes})
    members = {row["c"]: row["e"] for row in _rows(store, _MEMBERS)}
    classes = [
        ClassProfile(iri.value, namer.name(iri), _number(row), namer.example(members.get(iri)))
        for row in _rows(store, _CLASSES)
        if isinstance(iri := row["c"], NamedNode)
    ]
    properties, languages = _properties(store, namer)
    links = [Count(_text(row["site"]), _number(row), namer.example(row["e"])) for row in _rows(store, _LINKS)]
    graphs = [Count(namer.name(row["g"]), _number(row)) for row in _rows(store, _GRAPHS)]
    used = {prefix: namespace for prefix, namespace in {**PREFIXES, **prefixes}.items() if prefix in namer.used}
    return DataProfile(
        len(store),
        tuple(sorted(classes, key=lambda row: (-row.entities, row.iri))),
        properties,
        languages,
        _by_count(links),
        _by_count(graphs),
        used,
    )


def _by_count(rows: Iterable[Count]) -> tuple[Count, ...]:
    return tuple(sorted(rows, key=lambda row: (-row.count, row.name)))


def _properties(store: Store, namer: _Namer) -> tuple[tuple[PropertyProfile, ...], tuple[Count, ...]]:
    subjects = {row["p"]: _number(row) for row in _rows(store, _SUBJECTS)}
    kinds: dict[NamedNode, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    examples: dict[NamedNode, tuple[int, str]] = {}
    languages: dict[str, int] = defaultdict(int)
    for row in _rows(store, _PROPERTIES):
        property, kind, count = row["p"], row["kind"], _number(row)
        assert isinstance(property, NamedNode)
        kinds[property][namer.name(kind) if isinstance(kind, NamedNode) else _text(kind)] += count
        if language := _text(row["language"]):
            languages[language] += count
        example = namer.example(row["e"])
        examples[property] = max(examples.get(property, (0, "")), (count, example))
    rows = [
        PropertyProfile(
            property.value,
            namer.name(property),
            sum(counts.values()),
            subjects[property],
            tuple(sorted(counts, key=lambda kind: (-counts[kind], kind))),
            examples[property][1],
        )
        for property, counts in kinds.items()
    ]
    return (
        tuple(sorted(rows, key=lambda row: (-row.triples, row.iri))),
        _by_count(Count(language, count) for language, count in languages.items()),
    )


class _Namer:
    """Writes IRIs with prefixes, and remembers which prefixes it used."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._prefixes, self.used = prefixes, set[str]()

    def name(self, term: Term | Triple | None) -> str:
        """A term as a query writes it."""
        if not isinstance(term, NamedNode):
            return str(term)
        for prefix, namespace in self._prefixes.items():
            local = term.value[len(namespace) :]
            if term.value.startswith(namespace) and _LOCAL.fullmatch(local):
                self.used.add(prefix)
                return f"{prefix}:{local}"
        return str(term)

    def example(self, term: Term | Triple | None) -> str:
        """A term, cut where it is long; nothing for a blank node."""
        if isinstance(term, Literal):
            direction = f"--{term.direction}" if term.direction is not None else ""
            suffix = "" if term.language is None else f"@{term.language}{direction}"
            text = f'"{" ".join(term.value.split())}"{suffix}' if term.datatype.value in _STRINGS else term.value
        else:
            text = self.name(term) if isinstance(term, NamedNode) else ""
        return shortened(text, _MAX_EXAMPLE)


_STRINGS = (XSD + "string", RDF + "langString", RDF + "dirLangString")


def _rows(store: Store, query: str) -> list[QuerySolution]:
    return find_solutions(store, query, use_default_graph_as_union=query is not _GRAPHS)


def _number(row: QuerySolution) -> int:
    return int(_text(row["n"]))


def _text(term: Term | Triple | None) -> str:
    assert isinstance(term, Literal)
    return term.value
