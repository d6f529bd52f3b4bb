"""The facts that Wikidata may lack, found by SQL, so that only these are compared as statements.

Most of what is stated of an item is in Wikidata as well: the same triple, by a fact of an import. A fact of another
source without an equal one of Wikidata is a gap. Whether it is a missing statement depends on Wikidata's facts with the
same property there. Where its values are items, these are the facts with the same value: other values of the property,
such as the rest of the cast, neither contain it nor contradict it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kg import vocabulary as film
from kg.exports.wikidata_model import INSTANCE_OF, WikidataItems, has_complete_items, is_wikidata
from kg.files.scratch import temporary_directory
from kg.mappings.wikidata import Datatype, ExportMapping
from kg.schema import KIND
from kg.terms import TYPE, Term, to_term


@dataclass(frozen=True, slots=True)
class StatementGaps:
    """The entities about which others than Wikidata state what it may lack."""

    whole: Collection[Term] = ()
    """Those of which all facts have to be compared."""
    facts: Mapping[Term, Sequence[int]] = field(default_factory=dict)
    """Each of the others -> the numbers of the facts that have to be compared, and of one of Wikidata."""

    def __contains__(self, entity: object) -> bool:
        """True for an entity with facts that have to be compared."""
        return entity in self.facts or entity in self.whole


def find_gaps(items: WikidataItems) -> StatementGaps | None:
    """What has to be compared; None where no facts are in a snapshot, and any entity may have gaps."""
    facts = items.builder.facts
    if facts.records is None or facts.records.is_empty:
        return None
    theirs = [id for id, source in items.sources.items() if is_wikidata(source)]
    stated = tuple(_properties(items.mapping))
    values = {
        "theirs": theirs,
        "partial": [id for id in theirs if not has_complete_items(items.sources[id])],
        "properties": [str(ours) for ours, _, _ in stated],
        "their_properties": [property for _, property, _ in stated],
        "by_value": [by_value for _, _, by_value in stated],
        "parts": list(map(str, items.mapping.parts)),
        "referring": list(map(str, items.builder.referring)),
        "id": str(film.wikidataId),
        "class_property": INSTANCE_OF,
    }
    snapshot = facts.records.snapshot
    with temporary_directory("gaps") as folder, snapshot.limited(folder) as sql:
        for name, query in _TABLES.items():
            used = {parameter: values[parameter] for parameter in _PARAMETER.findall(query)}
            sql.execute(f"CREATE TEMP TABLE {name} AS {query}", used)
        texts = sql.execute("SELECT text FROM whole SEMI JOIN item USING (s) JOIN term ON id = s").fetchall()
        numbers = sql.execute("SELECT text, numbers FROM compared JOIN term ON id = s").fetchall()
    whole = frozenset(to_term(text) for (text,) in texts)
    return StatementGaps(whole, {to_term(text): of_entity for text, of_entity in numbers})


def _properties(mapping: ExportMapping) -> Iterator[tuple[Term, str, bool]]:
    """Our properties, each with one of Wikidata that states it, and whether only equal values of that concern it."""
    users = defaultdict(list)
    for ours, properties in mapping.properties.items():
        for theirs in properties:
            users[theirs.property].append((ours, theirs))
    for property, pairs in users.items():
        by_value = all(
            theirs.datatype is Datatype.ITEM and theirs.meaning.parse_as == "item" and property != INSTANCE_OF
            for _, theirs in pairs
        )
        for ours in dict.fromkeys(ours for ours, _ in pairs):
            yield ours, property, by_value
    for ours in (TYPE, KIND):
        yield ours, INSTANCE_OF, False


_PARAMETER = re.compile(r"\$(\w+)")
_TABLES: Mapping[str, str] = {
    "origin": (
        "SELECT id, source IN (SELECT unnest($theirs::VARCHAR[])) AS is_theirs,"
        " source IN (SELECT unnest($partial::VARCHAR[])) AS is_partial, source = 'wikidata' AS is_import"
        " FROM fact_origin"
    ),
    "stated": (
        "SELECT id AS p, property, by_value FROM (SELECT unnest($properties::VARCHAR[]) AS text,"
        " unnest($their_properties::VARCHAR[]) AS property, unnest($by_value::BOOLEAN[]) AS by_value)"
        " JOIN term USING (text)"
    ),
    "item": (
        "SELECT s, regexp_extract(b.text, '^\"(Q[1-9][0-9]*)\"', 1) AS item FROM triple"
        " JOIN term AS a ON a.id = p JOIN term AS b ON b.id = o WHERE a.text = $id"
    ),
    # Entities with one id in Wikidata are equal values there.
    "same_item": (
        "SELECT s AS o FROM item SEMI JOIN"
        " (SELECT item FROM item WHERE item <> '' GROUP BY item HAVING count(DISTINCT s) > 1) USING (item)"
    ),
    # Contested facts, ranks and parts are left to the comparison, as is what only results of queries have; but not
    # where nothing but Wikidata states anything.
    "whole": (
        "SELECT s FROM fact AS f JOIN origin AS g ON g.id = f.origin WHERE is_partial"
        " UNION SELECT o FROM triple JOIN term ON term.id = p WHERE text IN (SELECT unnest($referring::VARCHAR[]))"
        " UNION ((SELECT s FROM fact JOIN term ON term.id = p"
        " WHERE status <> 'record' OR text IN (SELECT unnest($parts::VARCHAR[])))"
        " INTERSECT (SELECT s FROM fact AS f JOIN origin AS g ON g.id = f.origin"
        " WHERE status <> 'contested' AND NOT is_theirs))"
    ),
    "gap": (
        "SELECT DISTINCT s, property, CASE WHEN by_value AND o NOT IN (SELECT o FROM same_item) THEN o END AS o FROM"
        " (SELECT s, p, o FROM fact AS f JOIN origin AS g ON g.id = f.origin SEMI JOIN stated USING (p)"
        " SEMI JOIN item USING (s) ANTI JOIN whole USING (s)"
        " GROUP BY s, p, o HAVING NOT bool_or(is_theirs)) JOIN stated USING (p)"
    ),
    "compared": (
        "SELECT s, list(DISTINCT number) AS numbers FROM ("
        "SELECT f.s, number FROM fact AS f JOIN stated USING (p) JOIN gap USING (s, property)"
        " WHERE gap.o IS NULL OR gap.o = f.o"
        " UNION ALL SELECT s, arg_min(number, (property = $class_property, number)) FROM fact AS f"
        " JOIN origin AS g ON g.id = f.origin JOIN stated USING (p) SEMI JOIN gap USING (s)"
        " WHERE is_theirs AND (is_import OR contains(record, '$')) GROUP BY s) GROUP BY s"
    ),
}
"""The tables that are made one after another; the last has what is compared."""
