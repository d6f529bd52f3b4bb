"""Conflicts between sources and what was decided; and, for one source, how often the others agree with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode

from kg import vocabulary as film
from kg.decisions.conflicts import MAIN_PROPERTIES, ContestedFact, DecisionKind, is_part_link
from kg.errors import InputError
from kg.facts.model import Fact, to_row
from kg.facts.texts import Texts
from kg.graph.provenance import Provenance
from kg.lookup.entity_names import EntityNames, label_sql
from kg.lookup.phrases import (
    literal_in_words,
    money_in_words,
    property_in_words,
    quote_words,
    term_in_words,
)
from kg.parts import is_part, owner_sql
from kg.terms import (
    ALIAS,
    CONTESTED,
    LABEL,
    NOTE,
    TYPE,
    UNDECIDED,
    Term,
    to_curie,
    to_short,
    to_term,
    to_text,
)
from kg.text.table import format_table

if TYPE_CHECKING:
    from kg.graph.columns import Columns

_NOUNS = {TYPE: "class", LABEL: "name", ALIAS: "other name", NOTE: "remark"}
"""Names for the properties of other vocabularies."""
BATCH = 5_000
"""Conflicts whose facts are read at once."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Facts that cannot all hold: those that were preferred, and the contested ones with the reason."""

    preferred: tuple[Fact, ...]
    contested: tuple[ContestedFact, ...]

    @property
    def sources(self) -> set[str]:
        """The ids of the sources of all its facts."""
        return {fact.evidence.source for fact in self.facts}

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All its facts: the preferred ones, then the contested."""
        return (*self.preferred, *(lost.fact for lost in self.contested))

    @property
    def reason(self) -> str:
        """Why it was decided so."""
        return "; ".join(dict.fromkeys(contested.reason for contested in self.contested))

    def as_dict(self) -> dict[str, object]:
        """The conflict as JSON has it."""
        contested = [to_row(lost.fact) | {"kind": lost.kind.value, "reason": lost.reason} for lost in self.contested]
        return {"preferred": [to_row(fact) for fact in self.preferred], "contested": contested, "reason": self.reason}


def find_conflicts(provenance: Provenance, *, subject: NamedNode | None = None) -> Iterator[Conflict]:
    """Every conflict of a store, or those about an entity: its contested facts, by subject and property.

    What is contested about a part, because the part itself is, is no conflict of its own.
    """
    contested = provenance.contested() if subject is None else provenance.contested_about(subject)
    yield from _group(list(contested), provenance)


def _group(contested: Sequence[ContestedFact], provenance: Provenance) -> Iterator[Conflict]:
    curated = Provenance(provenance.store)
    parts = {lost.fact.value for lost in contested if is_part_link(lost.fact)}
    groups: dict[tuple[object, object], list[ContestedFact]] = defaultdict(list)
    for lost in contested:
        if not _is_within(lost.fact.subject, parts):
            groups[lost.fact.subject, lost.fact.property].append(lost)
    waiting = iter(groups.values())
    while batch := list(islice(waiting, BATCH)):
        # A deprecated row of a bulk table need not have a rival, and other rows of the table are not its rivals.
        disputed = {group[0].fact.subject for group in batch if _is_disputed(group)}
        recorded = provenance.records.facts_about_each(disputed) if provenance.records is not None else {}
        for group in batch:
            facts = list(curated.facts_about(group[0].fact.subject))
            facts += recorded.get(group[0].fact.subject, ()) if _is_disputed(group) else ()
            yield _to_conflict(group, facts, provenance)


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """Some of the conflicts of a store, in the order of a list, and how many there are."""

    conflicts: tuple[Conflict, ...]
    total: int


def read_conflicts(
    provenance: Provenance, columns: Columns, *, label_properties: Sequence[NamedNode], start: int, limit: int
) -> ConflictPage:
    """Some of the conflicts of `find_conflicts`: undecided ones first, then by the name of the entity.

    No other conflicts are read.
    """
    ids = columns.find_ids(map(str, (CONTESTED, UNDECIDED, *label_properties)))
    sql = columns.cursor()
    labels = label_sql([ids.get(str(property), 0) for property in label_properties], "s IN (SELECT id FROM owned)")
    ordered = (
        f"WITH {_conflicts_sql(ids.get(str(CONTESTED), 0), ids.get(str(UNDECIDED), 0))},"
        " owned AS (SELECT conflict.*, id FROM conflict LEFT JOIN term ON text = '<' || owner || '>')"
        " SELECT a.text, b.text FROM owned AS c JOIN term AS a ON a.id = c.s JOIN term AS b ON b.id = c.p"
        f" LEFT JOIN ({labels}) AS n ON n.s = c.id"
        " ORDER BY is_undecided DESC, lower(strip_accents(coalesce(name, owner))), a.text, b.text"
    )
    (total,) = sql.execute(f"SELECT count(*) FROM ({ordered})").fetchall()[0]
    rows = sql.execute(f"{ordered} LIMIT {limit:d} OFFSET {start:d}").fetchall()
    subjects = dict.fromkeys(_to_subject(text) for text, _ in rows)
    contested = [lost for subject in subjects for lost in provenance.contested_about(subject)]
    found = {
        (to_text(lost.fact.subject), to_text(lost.fact.property)): conflict
        for conflict in _group(contested, provenance)
        for lost in conflict.contested[:1]
    }
    return ConflictPage(tuple(found[row] for row in rows if row in found), total)


def _to_subject(text: str) -> NamedNode | BlankNode:
    subject = to_term(text)
    assert isinstance(subject, NamedNode | BlankNode)
    return subject


def contested_entities(contested: int, undecided: int) -> str:
    """The entities that sources disagree on, as a SELECT of `s`, the number of `conflicts` and `is_undecided`.

    These are the conflicts of `find_conflicts`; those about a part are its owner's. The numbers are the ids of the
    graphs in the columns.
    """
    return (
        f"WITH {_conflicts_sql(contested, undecided)}"
        " SELECT id AS s, count(*) AS conflicts, bool_or(is_undecided) AS is_undecided"
        " FROM conflict JOIN term ON text = '<' || owner || '>' GROUP BY id"
    )


def _conflicts_sql(contested: int, undecided: int) -> str:
    """The conflicts as the tables of a WITH clause: `conflict` has the owner's IRI, `s`, `p` and `is_undecided`."""
    lost = (
        "SELECT n.s, n.p, n.o, a.lexical AS iri, c.lexical AS value, (n.s, n.p, n.o) IN"
        f" (SELECT (s, p, o) FROM named WHERE g = {undecided}) AS is_undecided"
        f" FROM named AS n JOIN term AS a ON a.id = n.s JOIN term AS c ON c.id = n.o WHERE g = {contested}"
    )
    within = "s IN (SELECT o FROM lost WHERE starts_with(value, iri || '.'))"
    return (
        f"lost AS ({lost}), conflict AS (SELECT coalesce({owner_sql('iri')}, iri) AS owner, s, p,"
        f" bool_or(is_undecided) AS is_undecided FROM lost WHERE NOT {within} GROUP BY ALL)"
    )


@dataclass(frozen=True, slots=True)
class ContestedEntities:
    """How many conflicts there are, and the entities that most of them are about, each with their number."""

    conflicts: int
    most: tuple[tuple[NamedNode, int], ...]


def most_contested(columns: Columns, *, limit: int) -> ContestedEntities:
    """The entities that sources disagree on most, with all conflicts counted."""
    ids = columns.find_ids(map(str, (CONTESTED, UNDECIDED)))
    counted = contested_entities(ids.get(str(CONTESTED), 0), ids.get(str(UNDECIDED), 0))
    rows = (
        columns.cursor()
        .execute(
            f"SELECT lexical, conflicts, sum(conflicts) OVER ()::BIGINT FROM ({counted}) AS c JOIN term ON id = c.s"
            f" WHERE class = 0 ORDER BY conflicts DESC, lexical LIMIT {limit:d}"
        )
        .fetchall()
    )
    return ContestedEntities(rows[0][2] if rows else 0, tuple((NamedNode(iri), count) for iri, count, _ in rows))


def _is_disputed(group: Iterable[ContestedFact]) -> bool:
    return any(lost.kind not in (DecisionKind.DEPRECATED, DecisionKind.KEY) for lost in group)


def _to_conflict(group: Sequence[ContestedFact], facts: Iterable[Fact], provenance: Provenance) -> Conflict:
    """The contested facts about a property of an entity, with those of the facts about it that were preferred."""
    property = group[0].fact.property
    values = {lost.fact.value for lost in group}
    preferred = [fact for fact in facts if fact.property == property and fact.value not in values]
    if is_part_link(group[0].fact):
        preferred = [fact for fact in preferred if provenance.is_preferred(fact)]
    return Conflict(tuple(sorted(preferred, key=lambda fact: fact.id)), tuple(group))


def _is_within(subject: Term, parts: AbstractSet[Term]) -> bool:
    iri = subject.value if parts and isinstance(subject, NamedNode) and is_part(subject.value) else ""
    while iri and NamedNode(iri) not in parts:
        iri = iri.rpartition(".")[0] if is_part(iri) else ""
    return bool(iri)


def write_conflicts(
    conflicts: Iterable[Conflict], names: EntityNames, provenance: Provenance, texts: Texts
) -> Iterator[str]:
    """Yield a line for each conflict: the values, each with its sources and their words, and the decision."""
    for conflict in conflicts:
        fact = conflict.contested[0].fact
        property = _NOUNS.get(fact.property) or property_in_words(fact.property, names)
        about = f"{term_in_words(fact.subject, names)}, {property}"
        accepted = _sides(conflict.preferred, names, provenance, texts)
        undecided = _sides([lost.fact for lost in conflict.contested if lost.is_undecided], names, provenance, texts)
        rejected = _sides([lost.fact for lost in conflict.contested if not lost.is_undecided], names, provenance, texts)
        line = f"{about}: {' or '.join((*accepted, *undecided)) if undecided else ' and '.join(accepted)}"
        line += f"{', ' if undecided or accepted else ''}not {' nor '.join(rejected)}" if rejected else ""
        yield f"{line}; {'undecided: ' if undecided else ''}{conflict.reason}\n"


def _sides(facts: Sequence[Fact], names: EntityNames, provenance: Provenance, texts: Texts) -> list[str]:
    """Each value in words, with the sources that state it."""
    by_value: dict[str, list[str]] = defaultdict(list)
    for fact in facts:
        citations = by_value[value_in_words(fact, names, provenance)]
        if (citation := _citation(_main_fact(fact, _part_facts(fact, provenance)), texts)) not in citations:
            citations.append(citation)
    return [f"{value} ({'; '.join(citations)})" for value, citations in by_value.items()]


def find_side(conflict: Conflict, choice: str, provenance: Provenance) -> str:
    """The id of a source of a conflict, or the text of one of its values, that somebody means.

    Raises `InputError` when it is neither.
    """
    titles = {provenance.sources[id].title: id for id in sorted(conflict.sources) if id in provenance.sources}
    sources = titles | {id: id for id in conflict.sources}
    values: dict[str, str] = {}
    for fact in conflict.facts:
        main = _main_fact(fact, _part_facts(fact, provenance))
        text = to_short(main.value).removeprefix("film:")
        values |= dict.fromkeys(filter(None, (text, main.written)), text)
    if (found := sources.get(choice) or values.get(choice)) is None:
        known = f"Its sources are {', '.join(sorted(conflict.sources))}"
        known += f", and its values {', '.join(sorted(set(values.values())))}."
        raise InputError(f"No source or value of this conflict is {choice!r}. {known}")
    return found


def _part_facts(fact: Fact, provenance: Provenance) -> list[Fact]:
    """What is stated about the part that is a fact's value; nothing where it is none."""
    if not (is_part_link(fact) and isinstance(fact.value, NamedNode)):
        return []
    return [*provenance.facts_about(fact.value), *(lost.fact for lost in provenance.contested_about(fact.value))]


def _main_fact(fact: Fact, part: Sequence[Fact]) -> Fact:
    """What distinguishes a part from another: its amount or its date; of any other value, the fact itself."""
    return next((each for name in MAIN_PROPERTIES for each in part if each.property == name), fact)


def value_in_words(fact: Fact, names: EntityNames, provenance: Provenance) -> str:
    """A fact's value; of a part its amount with the currency, or its date."""
    part = _part_facts(fact, provenance)
    value = _main_fact(fact, part).value
    if not isinstance(value, Literal):
        return term_in_words(value, names)
    currency = next((to_short(each.value) for each in part if each.property == film.currency), "")
    return money_in_words(value.value, currency) if currency else literal_in_words(value)


def _citation(fact: Fact, texts: Texts) -> str:
    """`Box office notes, “1.5 million euros”`: a source's title, the record in it, and its words where available."""
    source = texts.sources.get(fact.evidence.source)
    title = (source.title if source is not None else "") or fact.evidence.source
    record = f", record {fact.evidence.record}" if fact.evidence.record else ""
    passage = texts.passage(fact.evidence)
    return f"{title}{record}, {quote_words(passage)}" if passage is not None else f"{title}{record}"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the other sources compare with one source in one property, in numbers of its facts.

    `agreed` facts are stated by another source too. `differing` are those where others state only other values of the
    same entity, which for a property of many values need not contradict. `alone` are those where no other source
    states a value. `contested` facts are not accepted as true, and are counted apart.
    """

    property: NamedNode
    facts: int
    agreed: int
    differing: int
    alone: int
    contested: int

    def as_dict(self) -> dict[str, object]:
        """The numbers as JSON has them."""
        return {
            "property": to_curie(self.property.value),
            "facts": self.facts,
            "agreed": self.agreed,
            "otherwise": self.differing,
            "alone": self.alone,
            "contested": self.contested,
        }


_COUNTS = """
WITH stated AS (SELECT DISTINCT s, p, o, source FROM fact JOIN fact_origin ON id = origin WHERE status <> 'contested'),
own AS (SELECT s, p, o FROM stated WHERE source = $source),
others AS (SELECT DISTINCT s, p, o FROM stated WHERE source <> $source)
SELECT text, count(*), count(*) FILTER (agreed), count(*) FILTER (others AND NOT agreed), count(*) FILTER (NOT others)
FROM (SELECT p, (s, p, o) IN (SELECT (s, p, o) FROM others) AS agreed, (s, p) IN (SELECT (s, p) FROM others) AS others
      FROM own)
JOIN term ON id = p GROUP BY text
"""


def measure_agreement(provenance: Provenance, source: str) -> tuple[Agreement, ...]:
    """How the other sources compare with a source, by property; those with most facts first."""
    contested = Counter(
        to_text(contested.fact.property)
        for contested in provenance.contested()
        if contested.fact.evidence.source == source
    )
    counts = {row[0]: row[1:] for row in _count_facts(provenance, source)}
    agreements = (
        Agreement(_to_property(name), *counts.get(name, (0, 0, 0, 0)), contested[name])
        for name in counts.keys() | contested.keys()
    )
    return tuple(sorted(agreements, key=lambda agreement: (-agreement.facts, agreement.property.value)))


def _to_property(text: str) -> NamedNode:
    property = to_term(text)
    assert isinstance(property, NamedNode)
    return property


def _count_facts(provenance: Provenance, source: str) -> list[tuple[str, int, int, int, int]]:
    if provenance.records is None:
        return []
    return provenance.records.snapshot.sql.cursor().execute(_COUNTS, {"source": source}).fetchall()


def write_agreements(agreements: tuple[Agreement, ...], names: EntityNames) -> str:
    """The numbers as a table."""
    if not agreements:
        return "The source states nothing.\n"
    heads = ("property", "facts", "others agree", "others differ", "no other source", "contested")
    rows = [
        [
            property_in_words(agreement.property, names),
            f"{agreement.facts:,}",
            f"{agreement.agreed:,}",
            f"{agreement.differing:,}",
            f"{agreement.alone:,}",
            f"{agreement.contested:,}",
        ]
        for agreement in agreements
    ]
    return format_table(heads, rows, [False, *[True] * 5])
