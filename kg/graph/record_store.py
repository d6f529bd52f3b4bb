"""Evidence of bulk facts, kept per record in the snapshot.

A fact with a passage is reified in the provenance graph. A table of millions has evidence per record instead: the
graph has the records and what each is about, and the snapshot has which record states which triple, so that provenance
never outweighs knowledge. A fact that a decision preferred is always reified: an answer can then show both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache

from pyoxigraph import NamedNode, Triple

from kg.facts.model import Evidence, Fact
from kg.graph.snapshot_file import SnapshotFile
from kg.reports import Place
from kg.terms import Term, to_term, to_text

_BATCH = 10_000


class RecordStore:
    """The facts of a build that have evidence per record; where it has none, they are not looked for."""

    def __init__(self, snapshot: SnapshotFile, *, is_empty: bool = False) -> None:
        self.snapshot, self._is_empty = snapshot, is_empty

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
        if self._is_empty:
            return
        rows = self.snapshot.sql.cursor().execute(
            "SELECT a.text, b.text, c.text, source, record, retrieved, file, line FROM"
            f" (SELECT * FROM fact WHERE status = 'record' AND {condition}) AS f"
            " JOIN fact_origin AS g ON g.id = f.origin JOIN term AS a ON a.id = f.s JOIN term AS b ON b.id = f.p"
            " JOIN term AS c ON c.id = f.o ORDER BY f.number",
            values,
        )
        term = lru_cache(maxsize=_BATCH)(to_term)
        while batch := rows.fetchmany(_BATCH):
            yield from (_to_fact(row, term) for row in batch)


def _to_fact(row: tuple[str, str, str, str, str, str, str, int], term: Callable[[str], Term]) -> Fact:
    subject, predicate, value = map(term, row[:3])
    assert not hasattr(subject, "datatype")
    assert isinstance(predicate, NamedNode)
    evidence = Evidence(row[3], record=row[4], retrieved=row[5])
    return Fact(subject, predicate, value, evidence, place=Place(row[6], row[7]))
