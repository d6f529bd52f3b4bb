"""Which facts of a table links, ranks and conflicts concern, found by SQL: these alone become objects and are decided.

Everything else is knowledge as it is. The facts that are selected have with them whatever a decision on them looks at,
so that it is the same as if all facts were given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import combinations_with_replacement

from pyoxigraph import NamedNode

from kg.decisions.apply_links import LinkedFacts, apply_links
from kg.decisions.conflicts import Resolution, resolve_numbered
from kg.decisions.links import Links, wikidata_item
from kg.decisions.policy import Policy
from kg.decisions.ranks import check_ranks
from kg.facts.fact_table import KNOWN, RANKS, ProjectFacts
from kg.facts.model import Rank, is_key
from kg.reports import Finding
from kg.schema import Schema
from kg.sql import quote
from kg.terms import ALIAS, LABEL, TYPE, to_text


def check_ranks_in(table: ProjectFacts) -> list[Finding]:
    """The findings of `check_ranks` about the facts of a table."""
    low, deprecated = (_ranks(*ranks) for ranks in ((Rank.DOUBTED, Rank.DEPRECATED), (Rank.DEPRECATED,)))
    about = f"s IN (SELECT s FROM fact WHERE {deprecated})"
    return list(check_ranks([fact for _, fact in table.numbered(f"({low} OR {about})")]))


def apply_links_in(table: ProjectFacts, links: Links, policy: Policy) -> Mapping[NamedNode, NamedNode]:
    """Give the facts of a table the canonical names of entities; name that was replaced -> canonical name."""
    if not links:
        return {}
    names = {name for cluster in links.clusters for name in cluster}
    names |= {item for name in names if (item := wikidata_item(name)) is not None}
    _create(table, "linked_name", names)
    parts = table.ids(policy.part_keys)
    table.sql.execute(
        "INSERT INTO linked_name SELECT DISTINCT o FROM fact JOIN term ON term.id = fact.o"
        f" WHERE s IN (SELECT id FROM linked_name) AND p IN ({parts}) AND starts_with(text, '<')"
    )
    touched = dict(table.numbered(f"({_concerns('linked_name')})"))
    linked: LinkedFacts = apply_links(tuple(touched.values()), links, policy)
    changed = {
        number: new
        for (number, old), new in zip(touched.items(), linked.facts, strict=True)
        if new is not old and new != old
    }
    table.replace(changed)
    return linked.canonical


def resolve_conflicts_in(
    table: ProjectFacts,
    *,
    single_valued: Mapping[NamedNode, AbstractSet[NamedNode] | None],
    schema: Schema,
    policy: Policy,
) -> Resolution:
    """Decide the conflicts among the facts of a table; its contested facts are in the table `contested_fact`."""
    _create(table, "disputed", ())
    _add_single_valued(table, (*single_valued, *policy.figure_keys))
    _add_classes(table, schema)
    _add_parts(table)
    second_names = dict(table.numbered(_second_names(table)))
    keys = {number: fact for number, fact in second_names.items() if is_key(fact)}
    touched = dict(table.numbered(f"({_concerns('disputed')} OR {_ranks(Rank.DEPRECATED)})")) | keys
    numbers = sorted(touched)
    decided = resolve_numbered(
        tuple(touched[number] for number in numbers),
        single_valued=single_valued,
        schema=schema,
        policy=policy,
        keys={position for position, number in enumerate(numbers) if number in keys},
    )
    table.keep({numbers[position]: touched[numbers[position]] for position in decided.contested})
    _create_numbers(table, "contested_fact", (numbers[position] for position in decided.contested))
    preferred = {fact for decision in decided.decisions for fact in decision.preferred}
    subjects = {fact.subject for fact in preferred}  # few: hardly any fact has to be compared with all its fields
    chosen = (number for number, fact in touched.items() if fact.subject in subjects and fact in preferred)
    _create_numbers(table, "preferred_fact", chosen)
    return Resolution(table.where(KNOWN), tuple(decided.contested.values()), decided.decisions)


def _second_names(table: ProjectFacts) -> str:
    """A condition on facts: the aliases that were labels, of linked entities."""
    labels = f"SELECT number FROM fact_read WHERE p = {quote(to_text(LABEL))}"
    return f"(p IN ({table.ids((ALIAS,))}) AND number IN ({labels}))"


def _add_single_valued(table: ProjectFacts, properties: Iterable[NamedNode]) -> None:
    """Entities with several values of a property that they may have once, and these values, which may be parts.

    Of figures, too, an entity may have several only under different conditions.
    """
    table.sql.execute(
        "CREATE OR REPLACE TEMP TABLE several_values AS SELECT s, p FROM fact"
        f" WHERE p IN ({table.ids(properties)}) GROUP BY s, p HAVING min(o) <> max(o)"
    )
    _add(table, "SELECT s FROM several_values UNION ALL SELECT o FROM fact SEMI JOIN several_values USING (s, p)")


def _add_classes(table: ProjectFacts, schema: Schema) -> None:
    """Entities of disjoint classes."""
    type = table.ids((TYPE,))
    of_type = f"FROM fact WHERE p IN ({type})"
    several = (
        f"SELECT s, list_sort(list(DISTINCT o)) AS classes {of_type}"
        f" AND s IN (SELECT s {of_type} GROUP BY s HAVING min(o) <> max(o)) GROUP BY s"
    )
    together = [ids for (ids,) in table.sql.execute(f"SELECT DISTINCT classes FROM ({several})").fetchall()]
    texts = table.dictionary.decode({id for ids in together for id in ids})
    classes = {id: NamedNode(text[1:-1]) for id, text in texts.items() if text.startswith("<")}
    disjoint = []
    for ids in together:
        pairs = combinations_with_replacement([classes[id] for id in ids if id in classes], 2)
        if any(schema.are_disjoint(left, right) for left, right in pairs):
            disjoint.append(str(ids))
    if disjoint:
        _add(table, f"SELECT s FROM ({several}) WHERE classes::VARCHAR IN ({', '.join(map(quote, disjoint))})")


def _add_parts(table: ProjectFacts) -> None:
    """The entities within those that are disputed: where a part is contested, what is within it is, too."""
    owners = "SELECT text FROM term WHERE id IN (SELECT id FROM disputed) AND starts_with(text, '<')"
    if not table.sql.execute(f"{owners} LIMIT 1").fetchone():
        return
    # Of each subject, every beginning that ends before a full stop.
    parts = "array_length(string_split(text, '.'))"
    rows = table.sql.execute(f"SELECT max({parts}) FROM term WHERE id IN (SELECT s FROM fact)").fetchall()
    table.sql.execute(
        "CREATE OR REPLACE TEMP TABLE beginning AS SELECT unnest(?::BIGINT[]) AS dots",
        [str(list(range(1, rows[0][0])))],
    )
    beginnings = (
        "SELECT id, array_to_string(parts[1:dots], '.') || '>' AS owner FROM (SELECT id, string_split(text[1:-2], '.')"
        " AS parts FROM term WHERE id IN (SELECT s FROM fact) AND starts_with(text, '<')) AS subject"
        " JOIN beginning ON dots < array_length(parts)"
    )
    _add(table, f"SELECT id FROM ({beginnings}) WHERE owner IN ({owners})")


# --- SQL


def _create(table: ProjectFacts, name: str, entities: Iterable[NamedNode]) -> None:
    table.sql.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT id FROM term WHERE id IN ({table.ids(entities)})")


def _create_numbers(table: ProjectFacts, name: str, numbers: Iterable[int]) -> None:
    table.sql.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT unnest(?::BIGINT[]) AS number", [str(list(numbers))])


def _add(table: ProjectFacts, ids: str) -> None:
    table.sql.execute(f"INSERT INTO disputed ({ids}) EXCEPT SELECT id FROM disputed")


def _concerns(name: str) -> str:
    return f"s IN (SELECT id FROM {name}) OR o IN (SELECT id FROM {name})"


def _ranks(*ranks: Rank) -> str:
    return f"rank IN ({', '.join(str(RANKS.index(rank)) for rank in ranks)})"
