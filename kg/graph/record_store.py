"""Evidence of bulk facts, kept per record in the snapshot.

A fact with a passage is reified in the provenance graph. A table of millions has evidence per record instead: the
graph has the records and what each is about, and the snapshot has which record states which triple, so that provenance
never outweighs knowledge. A fact that a decision preferred is always reified: an answer can then show both sides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

from pyoxigraph import NamedNode, Triple

from kg.facts.model import Evidence, Fact
from kg.graph.snapshot_file import SnapshotFile
from kg.reports import Place
from kg.terms import Spo, Term, to_spo, to_term, to_text

_BATCH = 50_000
_MAX_REMEMBERED = 1 << 17
"""Terms: the same persons and places are values of the facts about thousands of entities."""


class RecordStore:
    """The facts of a build that have evidence per record; where it has none, they are not looked for."""

    def __init__(self, snapshot: SnapshotFile, *, is_empty: bool = False) -> None:
        self.snapshot, self.is_empty = snapshot, is_empty
        self._term = lru_cache(maxsize=_MAX_REMEMBERED)(to_term)
        self._terms: dict[int, Term] = {}
        self._older_terms: dict[int, Term] = {}
        """Number of a term -> the term, for those that were read lately, and those that were read before."""

    def facts(self, triple: Triple | None = None) -> Iterator[Fact]:
        """The facts that state a triple; without a triple, all facts, in the order in which they were read."""
        if triple is None:
            return self._read("true", [])
        terms = [to_text(term) for term in (triple.subject, triple.predicate, triple.object)]
        condition = " AND ".join(f"{place} = (SELECT id FROM term WHERE text = ?)" for place in "spo")
        return self._read(condition, terms)

    def facts_about(self, subject: Term) -> Iterator[Fact]:
        """Every fact about an entity."""
        return self._read("s = (SELECT id FROM term WHERE text = ?)", [to_text(subject)])

    def facts_about_each(self, subjects: Collection[Term]) -> dict[Term, list[Fact]]:
        """Each of these entities -> every fact about it; a query for each would take much longer."""
        found: dict[Term, list[Fact]] = {subject: [] for subject in subjects}
        if found:
            condition = "s IN (SELECT id FROM term WHERE text IN (SELECT unnest(?::VARCHAR[])))"
            for fact in self._read(condition, [list(map(to_text, subjects))]):
                found[fact.subject].append(fact)
        return found

    def sources_of_each(self, triples: Collection[Triple]) -> dict[Spo, set[str]]:
        """Each of these triples that a fact states -> the sources of its facts."""
        found: dict[Spo, set[str]] = defaultdict(set)
        if self.is_empty:
            return found
        rows = self.snapshot.sql.cursor().execute(
            "WITH wanted AS (SELECT DISTINCT unnest($1::VARCHAR[]) AS s, unnest($2::VARCHAR[]) AS p,"
            " unnest($3::VARCHAR[]) AS o) SELECT DISTINCT w.s, w.p, w.o, g.source FROM wanted AS w"
            " JOIN term AS a ON a.text = w.s JOIN term AS b ON b.text = w.p JOIN term AS c ON c.text = w.o"
            " JOIN fact AS f ON f.s = a.id AND f.p = b.id AND f.o = c.id JOIN fact_origin AS g ON g.id = f.origin"
            " WHERE f.status = 'record'",
            [list(texts) for texts in zip(*map(to_spo, triples), strict=True)] or [[], [], []],
        )
        for *spo, source in rows.fetchall():
            found[tuple(spo)].add(source)
        return found

    def facts_with_numbers(self, numbers: Sequence[int]) -> Iterator[Fact]:
        """The facts with these numbers."""
        return self._read("number IN (SELECT unnest(?::BIGINT[]))", [str(list(numbers))])

    def values_of_each(self, subjects: Collection[Term], properties: Collection[Term]) -> dict[Term, tuple[Term, ...]]:
        """Each of these entities -> the values that it has of some properties, asserted or inferred."""
        rows = self.snapshot.sql.cursor().execute(
            "SELECT a.text, list(b.text ORDER BY b.text) FROM triple JOIN term AS a ON a.id = s"
            " JOIN term AS b ON b.id = o WHERE p IN (SELECT id FROM term WHERE text IN (SELECT unnest(?::VARCHAR[])))"
            " AND a.text IN (SELECT unnest(?::VARCHAR[])) GROUP BY a.text",
            [list(map(to_text, properties)), list(map(to_text, subjects))],
        )
        values = {self._term(text): tuple(map(self._term, found)) for text, found in rows.fetchall()}
        return {subject: values.get(subject, ()) for subject in subjects}

    def stated_twice(
        self, groups: Collection[tuple[NamedNode, str]], sources: Collection[str], *, parts: Collection[NamedNode]
    ) -> set[Term]:
        """What some sources and others state values of, in one group of properties, that need not be equal.

        `groups` are properties, each with the name of its group; `parts` are those whose values are parts, which may
        have equal names and other values.
        """
        rows = self.snapshot.sql.cursor().execute(
            "WITH grouped AS (SELECT id AS p, name, is_part FROM (SELECT unnest($texts::VARCHAR[]) AS text,"
            " unnest($names::VARCHAR[]) AS name, unnest($parts::BOOLEAN[]) AS is_part) JOIN term USING (text)),"
            " owner AS (SELECT s FROM (SELECT s, name, is_part, f.p, o, source IN (SELECT unnest($sources::VARCHAR[]))"
            " AS is_theirs FROM fact AS f JOIN fact_origin AS g ON g.id = origin JOIN grouped USING (p)"
            " WHERE status <> 'contested') GROUP BY s, name HAVING bool_or(is_theirs) AND NOT bool_and(is_theirs)"
            " AND (bool_or(is_part) OR count(DISTINCT (p, o)) > 1))"
            " SELECT DISTINCT text FROM owner JOIN term ON id = s",
            {
                "texts": [to_text(property) for property, _ in groups],
                "names": [name for _, name in groups],
                "parts": [property in parts for property, _ in groups],
                "sources": list(sources),
            },
        )
        return {to_term(text) for (text,) in rows.fetchall()}

    def counts(self) -> Mapping[str, int]:
        """Source -> the number of its facts, with a passage or a record, contested ones among them."""
        origins = "SELECT source, count(*) FROM fact JOIN fact_origin ON fact_origin.id = origin GROUP BY source"
        return dict(self.snapshot.sql.cursor().execute(origins).fetchall())

    def subjects(self, source: str) -> Mapping[Term, int]:
        """What a source states facts about -> the number of these."""
        rows = self.snapshot.sql.cursor().execute(
            "SELECT term.text, count(*) FROM fact JOIN fact_origin AS g ON g.id = origin JOIN term ON term.id = s"
            " WHERE g.source = ? GROUP BY ALL",
            [source],
        )
        return {to_term(text): count for text, count in rows.fetchall()}

    def _read(self, condition: str, values: Sequence[str | list[str]]) -> Iterator[Fact]:
        if self.is_empty:
            return
        # The rows have numbers in place of terms: most terms are in many rows, and each is converted once.
        rows = self.snapshot.sql.cursor().execute(
            "SELECT s, p, o, origin, record, line, paraphrase FROM"
            f" (SELECT * FROM fact WHERE status = 'record' AND {condition}) AS f"
            " LEFT JOIN fact_detail AS d ON d.number = f.number ORDER BY f.number",
            values,
        )
        evidence = lru_cache(maxsize=_BATCH)(_to_evidence)  # the facts of a record stand together
        while batch := rows.fetchmany(_BATCH):
            terms = self._terms_of({id for row in batch for id in row[:3]})
            for subject, predicate, value, origin, record, line, paraphrase in batch:
                property = terms[predicate]
                assert isinstance(property, NamedNode)
                source, retrieved, file = self._origins[origin]
                yield Fact(
                    terms[subject],  # type: ignore[arg-type]
                    property,
                    terms[value],
                    evidence(source, record, retrieved),
                    paraphrase=bool(paraphrase),
                    place=Place(file, line),
                )

    def _terms_of(self, ids: Collection[int]) -> Mapping[int, Term]:
        """The terms with these numbers."""
        # Several threads may read at once, so terms are never taken out of a dictionary that one of them uses.
        recent, older = self._terms, self._older_terms
        terms = {id: term for id in ids if (term := recent.get(id) or older.get(id)) is not None}
        if len(terms) < len(ids):
            unknown = str([id for id in ids if id not in terms])
            rows = self.snapshot.sql.cursor().execute(
                "SELECT id, text FROM term WHERE id IN (SELECT unnest(?::UINTEGER[]))", [unknown]
            )
            terms.update((id, to_term(text)) for id, text in rows.fetchall())
        if len(recent) + len(terms) > _MAX_REMEMBERED:
            self._terms, self._older_terms = dict(terms), recent
        else:
            recent.update(terms)
        return terms

    @cached_property
    def _origins(self) -> Mapping[int, tuple[str, str, str]]:
        """Number of an origin -> source, day of retrieval and file."""
        rows = self.snapshot.sql.cursor().execute("SELECT id, source, retrieved, file FROM fact_origin")
        return {id: (source, retrieved, file) for id, source, retrieved, file in rows.fetchall()}


def _to_evidence(source: str, record: str, retrieved: str) -> Evidence:
    return Evidence(source, record=record, retrieved=retrieved)
