"""Findings with source locations: from terms of the graph to the file and line of the facts that caused them."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from kg.facts.fact_table import FactSelection
from kg.facts.files import MANY
from kg.facts.model import Fact, UnreadValue
from kg.facts.readers.yaml_reader import YamlReader
from kg.graph.triple_tables import TripleTables
from kg.parts import owner_of
from kg.proofs.search import MemoryGraph, ProofSearch
from kg.reasoning.ontology import Ontology
from kg.reasoning.rules import GroundRule
from kg.reports import Finding, Place, Severity
from kg.shapes.components import COMPONENTS
from kg.terms import TYPE, Spo, to_term

Trace = Callable[[Spo], Iterable[Spo]]
"""From a triple to the asserted triples that it follows from."""
_Pattern = tuple[str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class UnreadEntities:
    """Entities of which something in the files could not be read; what the graph lacks of them is no finding.

    What is wrong with the values that were read is one, as it remains wrong whatever the rest states.
    """

    names: frozenset[str] = frozenset()
    """Exact terms of entities of which anything may be missing, or the owners of such parts."""
    values: frozenset[tuple[str, str]] = frozenset()
    """Entities of which only values of certain properties could not be read, each with the property."""
    uncertain: frozenset[str] = frozenset()
    """Exact terms of what stands for an entity that is not certain: nothing about it is a finding."""
    is_anything: bool = False
    """True where a file could not be read, so that anything may be missing of any entity."""

    def concerns(self, finding: Finding) -> bool:
        """True when a finding on the graph may be due to what was not read."""
        terms = (finding.focus, finding.value, *finding.values, *(term for spo in finding.premises for term in spo))
        if any(_owner(term) in self.uncertain for term in terms):
            return True
        if finding.premises or _is_monotone(finding):
            return False
        if self.is_anything or any(term in self.names or _owner(term) in self.names for term in terms):
            return True
        return any(
            entity in (finding.focus, _owner(finding.focus)) and (not finding.path or property in finding.path)
            for entity, property in self.values
        )


NOTHING_UNREAD = UnreadEntities()
_OF_VALUES = frozenset({"facts/value", "facts/unknown-kind"})
"""Checks of which a finding names the property whose value could not be read; all else of the entity was read."""


def _is_monotone(finding: Finding) -> bool:
    component = COMPONENTS.get(finding.check.removeprefix("shacl/"))
    return component is not None and component.is_monotone


def find_unread(
    findings: Iterable[Finding], facts: Iterable[Fact], unread: Iterable[UnreadValue] = ()
) -> UnreadEntities:
    """The entities of which a value is `unread`, or which are on both sides of a faulty row of a table."""
    lines: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for fact in facts:
        lines[fact.place.file].append((fact.place.line, _owner(str(fact.subject))))
    for of_file in lines.values():
        of_file.sort()
    names = {str(value.subject) for value in unread if value.property is None}
    values = {(str(value.subject), str(value.property)) for value in unread if value.property is not None}
    uncertain: set[str] = set()
    is_anything = False
    for finding in findings:
        place = finding.place
        if finding.check in _OF_FILES:
            is_anything = True
        elif place is None or finding.severity is not Severity.VIOLATION:
            continue
        elif finding.check == "facts/unknown-entity":
            names.add(finding.value)  # the fact was read
        elif finding.check in ("facts/ambiguous-name", "facts/taken-id"):
            uncertain.add(finding.focus)
        elif not place.file.endswith(YamlReader.SUFFIXES):
            of_file = lines.get(place.file, [])
            is_anything |= not of_file
            position = bisect_left(of_file, (place.line, ""))
            near = {name for _, name in of_file[max(0, position - 1) : position + 1]}
            near |= {name for line, name in of_file if line == place.line}
            if finding.check in _OF_VALUES and finding.path not in ("", str(TYPE)):
                values |= {(name, finding.path) for name in near}
            else:
                names |= near
    return UnreadEntities(frozenset(names), frozenset(values), frozenset(uncertain), is_anything)


_OF_FILES = frozenset({MANY, "facts/yaml", "facts/size", "facts/unreadable", "facts/encoding"})
"""Checks of files of which more could not be read than an entity, or not all that is wrong is listed."""


def _owner(term: str) -> str:
    """The exact form of the entity that a part belongs to; any other term itself."""
    owner = owner_of(term[1:-1]) if term.startswith("<") else ""
    return f"<{owner}>" if owner else term


class SourceLocator:
    """Finds where facts were written; `trace` leads from an inferred triple to asserted ones."""

    def __init__(self, facts: FactSelection, *, trace: Trace | None = None) -> None:
        self._facts, self._trace = facts, trace
        self._places_about: dict[str, list[tuple[str, str, Place]]] = {}

    def locate(self, finding: Finding) -> Finding:
        """The finding with its places: of the very facts, else of all facts of focus and path, else of the focus."""
        if finding.places:
            return finding
        values = filter(None, (finding.value, *finding.values))
        places = (
            [place for value in values for place in self._places((finding.focus, finding.path, value))]
            or [place for path, _, place in self._about(finding.focus) if path == finding.path]
            or [place for _, _, place in self._about(finding.focus)][:1]
        )
        return replace(finding, places=tuple(sorted(set(places))))

    def _places(self, triple: Spo) -> list[Place]:
        """Where the triple was stated, or the facts that it follows from."""
        exact = self._exact_places(triple)
        if exact or self._trace is None or not triple[1].startswith("<"):
            return exact
        return [place for asserted in self._trace(triple) for place in self._exact_places(asserted)]

    def _exact_places(self, triple: Spo) -> list[Place]:
        focus, *rest = triple
        return [place for property, value, place in self._about(focus) if [property, value] == rest]

    def _about(self, focus: str) -> list[tuple[str, str, Place]]:
        """Property, value and place of each fact about an entity."""
        if focus not in self._places_about:
            facts = self._facts.about(to_term(focus)) if focus else ()
            self._places_about[focus] = [(str(fact.property), str(fact.value), fact.place) for fact in facts]
        return self._places_about[focus]


class ProofTracer:
    """Traces inferred triples to asserted ones by shortest proofs; reads the graph only when it is first called."""

    def __init__(self, tables: TripleTables, ontology: Ontology, rules: Sequence[GroundRule]) -> None:
        self._tables, self._ontology, self._rules = tables, ontology, rules

    def __call__(self, triple: Spo) -> tuple[Spo, ...]:
        """The asserted facts that a shortest proof of the triple depends on; empty where there is no proof."""
        proof = self._search.proof(triple)
        return () if proof is None else tuple(leaf.triple for leaf in proof.leaves() if not leaf.is_axiom)

    @cached_property
    def _search(self) -> ProofSearch:
        graph = TablesGraph(self._tables)
        return ProofSearch(graph, self._ontology, is_asserted=graph.is_asserted, rules=self._rules)


class TablesGraph:
    """The closed graph of triple tables: read by SQL at first, and after many questions read into memory.

    Most checks have few questions; five hundred triples take longer to read than one answer by SQL.
    """

    def __init__(self, tables: TripleTables, *, max_queries: int | None = None) -> None:
        self._tables = tables
        size = tables.count("triple") + tables.count("inferred")
        self._queries_left = max_queries if max_queries is not None else size // 500
        self._matching: dict[_Pattern, list[Spo]] = {}
        self._asserted: dict[Spo, bool] = {}

    def matching(self, s: str | None, p: str | None, o: str | None) -> Iterable[Spo]:
        """The triples of this form, asserted ones first, in the order of their texts."""
        pattern = (s, p, o)
        if pattern not in self._matching:
            self._queries_left -= 1
            if self._queries_left < 0:
                return self._in_memory[0].matching(s, p, o)
            self._matching[pattern] = self._query(_MATCHING.format(where=self._condition(pattern)))
        return self._matching[pattern]

    def is_asserted(self, triple: Spo) -> bool:
        """True when the triple is asserted."""
        if triple not in self._asserted:
            self._queries_left -= 1
            if self._queries_left < 0:
                return triple in self._in_memory[1]
            query = f"SELECT 1 FROM triple WHERE {self._condition(triple)} LIMIT 1"  # noqa: S608
            self._asserted[triple] = bool(self._query(query))
        return self._asserted[triple]

    def _query(self, query: str) -> list[Spo]:
        return self._tables.sql.execute(query).fetchall()

    def _condition(self, pattern: _Pattern) -> str:
        """The pattern as a condition on ids."""
        bound = [(place, text) for place, text in zip("spo", pattern, strict=True) if text is not None]
        ids = self._tables.find_ids(text for _, text in bound)
        if len(ids) < len({text for _, text in bound}):
            return "false"
        return " AND ".join(f"{place} = {ids[text]}" for place, text in bound) or "true"

    @cached_property
    def _in_memory(self) -> tuple[MemoryGraph, Mapping[Spo, None]]:
        asserted = dict.fromkeys(self._tables.triple_texts())
        return MemoryGraph((*asserted, *self._tables.triple_texts(table="inferred"))), asserted


_MATCHING = (
    "SELECT a.text, b.text, c.text FROM (SELECT 0 AS place, s, p, o FROM triple WHERE {where}"
    " UNION ALL SELECT 1, s, p, o FROM inferred WHERE {where}) e"
    " JOIN term a ON a.id = e.s JOIN term b ON b.id = e.p JOIN term c ON c.id = e.o"
    " ORDER BY e.place, a.text, b.text, c.text"
)
