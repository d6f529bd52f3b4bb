"""Commands for QuickStatements: the statements that Wikidata lacks, a line each, with their references.

The tab-separated format (https://www.wikidata.org/wiki/Help:QuickStatements): item, property, value, qualifiers, and
references as `S248`; each further reference begins with `!S`. Strings are in quotation marks without any escaping: the
tool reads the text between the first and the last quotation mark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from pyoxigraph import NamedNode

from kg import vocabulary as film
from kg.exports.statement_gaps import find_gaps
from kg.exports.wikidata_comparison import ItemComparison, compare_statements
from kg.exports.wikidata_model import (
    Reference,
    Statement,
    WikidataItem,
    WikidataItems,
    has_complete_items,
    is_wikidata,
)
from kg.exports.wikidata_values import WikidataValue, single_line, to_gregorian
from kg.facts.model import Fact
from kg.graph.store import find_quads
from kg.mappings.wikidata import Datatype
from kg.terms import KNOWLEDGE, TYPE
from kg.text.number_words import counted

_LEFT_OUT = {
    "present": "are in Wikidata already",
    "contradicting": "contradict Wikidata: see `kg conflicts --source wikidata`",
    "inexpressible": "have an entity without an id in Wikidata, or would be merged with another statement",
    "unreferenced": "have no source that can be looked up: an address, an id in Wikidata, or a title with its date",
    "mistyped": "have a value of the wrong class, such as a company that directs",
    "unseen": "may be in Wikidata already, since the items that they are about were not imported",
}
"""Why statements are left out -> the words for it, in the order of the summary."""


_VALUE_CLASSES = {
    **dict.fromkeys(("P57", "P58", "P162", "P161", "P344", "P1040", "P86"), film.Person),
    **dict.fromkeys(("P272", "P750"), film.Organisation),
}
"""Properties of Wikidata -> the class that their values must have; ours may be wider."""


def to_commands(items: WikidataItems, *, report: Callable[[str], None] | None = None) -> Iterator[str]:
    """A line for each statement that Wikidata lacks and that has a source that can be looked up.

    `report` is called at the end with what was left out, and why.
    """
    counts: Counter[str] = Counter()
    imported = _ImportedItems(items)
    members = lru_cache(lambda class_iri: frozenset(_members(items, class_iri)))
    waiting: list[tuple[Statement, tuple[Reference, ...]]] = []
    of_film = items.builder.items.qid(items.film) if items.film is not None else ""
    for item, compared in compare_items(items, imported):
        if of_film and item.id != of_film:
            continue
        is_complete = imported.has_complete(item)
        counts["present"] += len(compared.present)
        counts["contradicting"] += len(compared.contradicting)
        counts["inexpressible"] += len(compared.inexpressible)
        for statement in compared.missing:
            if not _has_right_class(statement, items, members):
                counts["mistyped"] += 1
            elif not (references := items.references_of(statement)):
                counts["unreferenced"] += 1
            elif is_complete:
                counts["written"] += 1
                yield to_command(statement, references)
            else:
                waiting.append((statement, references))
    unseen: Counter[str] = Counter()
    for statement, references in waiting:
        if imported.was_queried(statement):
            counts["written"] += 1
            yield to_command(statement, references)
        else:
            counts["unseen"] += 1
            unseen[statement.item] += 1
    if report is not None:
        for line in _summary(counts, unseen):
            report(line)


def _has_right_class(
    statement: Statement, items: WikidataItems, members: Callable[[NamedNode], Container[object]]
) -> bool:
    """True unless the value is known to be of another class than the property of Wikidata requires."""
    required = _VALUE_CLASSES.get(statement.snak.property)
    if required is None:
        return True
    entities = {fact.value for fact in statement.facts if isinstance(fact.value, NamedNode)}
    values = (entity for entity in entities if items.builder.items.qid(entity) == statement.snak.value.text)
    return all(entity in members(required) for entity in values)


def _members(items: WikidataItems, class_iri: NamedNode) -> Iterator[object]:
    """What is of a class; read at once, since each value would be looked up otherwise."""
    return (quad.subject for quad in find_quads(items.builder.store, None, TYPE, class_iri, KNOWLEDGE))


def to_undo(commands: Iterable[str]) -> Iterator[str]:
    """The commands that take back what other commands add, the last first.

    >>> list(to_undo(["Q1\\tP57\\tQ2\\tS854\\t\\"https://a.example\\"\\n"]))
    ['-Q1\\tP57\\tQ2\\n']
    """
    for line in reversed(list(commands)):
        yield "-" + "\t".join(line.rstrip("\n").split("\t")[:3]) + "\n"


@dataclass
class _ImportedItems:
    """What the imports say about Wikidata: complete items, and the properties that its query service was asked for.

    For other statements it is unknown whether Wikidata has them.
    """

    wikidata: WikidataItems
    properties: set[str] = field(default_factory=set)
    items: set[str] = field(default_factory=set)

    def add_facts(self, facts: Iterable[Fact]) -> None:
        """Add the facts about an item of which nothing but Wikidata states anything."""
        for fact in facts:
            source = self.wikidata.sources.get(fact.evidence.source)
            if source is not None and not has_complete_items(source):
                self.properties.update(self.wikidata.wikidata_properties(fact))

    def add(self, item: WikidataItem) -> None:
        """Add the statements of an item that come from the query service."""
        ids = (item.id, *item.terms.redirects)
        for statement in item.statements:
            for fact in statement.facts:
                source = self.wikidata.sources.get(fact.evidence.source)
                is_partial = source is not None and is_wikidata(source) and not has_complete_items(source)
                if is_partial and _item_of(fact) in ids:
                    self.properties.add(statement.snak.property)
                    self.items.add(item.id)

    def has_complete(self, item: WikidataItem) -> bool:
        """True when the item was imported completely."""
        ids = (item.id, *item.terms.redirects)
        facts = (fact for statement in item.statements for fact in statement.facts)
        return any(self.is_imported(fact) and _item_of(fact) in ids for fact in facts)

    def is_imported(self, fact: Fact) -> bool:
        """True for a fact that was imported with all others of an item.

        A table of values from Wikidata has its address, but no statements: it does not have all of an item.
        """
        source = self.wikidata.sources.get(fact.evidence.source)
        is_statement = source is not None and ("$" in fact.evidence.record or source.id == "wikidata")
        return is_statement and source is not None and has_complete_items(source)

    def was_queried(self, statement: Statement) -> bool:
        """True when the query service was asked for this property of this item."""
        return statement.item in self.items and statement.snak.property in self.properties


def _item_of(fact: Fact) -> str:
    """The item that a fact of Wikidata is about: its record is the item, or a statement of the item."""
    return fact.evidence.record.partition(" ")[0].partition("$")[0]


def compare_items(items: WikidataItems, imported: _ImportedItems) -> Iterator[tuple[WikidataItem, ItemComparison]]:
    """The items about which something else than Wikidata states what it may lack, each with its comparison.

    What the imports say of all items is added to `imported`.
    """
    gaps = find_gaps(items)
    only = gaps.facts if gaps is not None else {}
    for id, entity in items.entities(gaps, only=only):
        if items.is_of_wikidata_alone(entity):
            imported.add_facts(items.builder.facts.known_about(entity))
            continue
        item = items.item(id, entity, with_references=False)
        known = items.builder.facts.known_about(entity)
        if entity in only and not imported.has_complete(item) and any(map(imported.is_imported, known)):
            # Another fact may show that the import has this item.
            items.builder.facts.fetch_whole(entity)
            item = items.item(id, entity, with_references=False)
        imported.add(item)
        yield item, compare_statements(item.statements, is_theirs=items.is_from_wikidata)


def to_command(statement: Statement, references: Iterable[Reference]) -> str:
    """One line: the statement with its qualifiers and all of its references."""
    cells = [statement.item, statement.snak.property, to_cell(statement.snak.value)]
    for snak in statement.qualifiers:
        cells += [snak.property, to_cell(snak.value)]
    for number, reference in enumerate(references):
        for position, snak in enumerate(reference):
            sign = "!S" if number and not position else "S"
            cells += [sign + snak.property.removeprefix("P"), to_cell(snak.value)]
    return "\t".join(cells) + "\n"


def to_cell(value: WikidataValue) -> str:
    """A value as the tool reads it; it has no Julian calendar, so Julian days are converted to Gregorian ones."""
    match value.datatype:
        case Datatype.ITEM:
            return value.text
        case Datatype.TIME:
            day = to_gregorian(value) if value.precision >= 11 else value.text.removeprefix("+")
            return f"+{day}/{value.precision}"
        case Datatype.QUANTITY:
            return value.text.removeprefix("+") + (f"U{value.detail[1:]}" if value.detail.startswith("Q") else "")
        case Datatype.TEXT:
            return f'{value.detail}:"{single_line(value.text)}"'
        case _:
            return f'"{single_line(value.text)}"'


def _summary(counts: Counter[str], unseen: Counter[str]) -> Iterator[str]:
    yield f"{counted(counts['written'], 'statement')} that Wikidata lacks"
    for reason, words in _LEFT_OUT.items():
        if counts[reason]:
            yield f"  {counts[reason]:,} {words}"
    if unseen:
        example = min(unseen, key=lambda item: (-unseen[item], item))
        yield (
            f"Import {counted(len(unseen), 'item')} with `kg import wikidata`, then run kg link and kg build. One:"
            f" https://www.wikidata.org/wiki/Special:EntityData/{example}.json"
        )
