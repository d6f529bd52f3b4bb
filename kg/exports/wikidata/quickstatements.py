"""What Wikidata lacks of a graph walks in; commands for QuickStatements walk out, a line each, with their references.

The tab-separated format (https://www.wikidata.org/wiki/Help:QuickStatements): item, property, value, qualifiers, and
references as `S248`, of which a further one begins with `!S`. Strings stand in quotation marks and nothing inside them
is escaped: the tool takes what stands between the first and the last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from kg.exports.wikidata.comparison import ItemComparison, compare_statements
from kg.exports.wikidata.model import Item, Reference, Statement, Wikidata, has_complete_items, is_theirs, is_wikidata
from kg.exports.wikidata.rdf import to_gregorian
from kg.exports.wikidata.values import Value, one_line
from kg.facts.model import Fact
from kg.mappings.to_wikidata import Datatype

Tell = Callable[[str], None]


def to_commands(wikidata: Wikidata, *, tell: Tell | None = None) -> Iterator[str]:
    """A line for each statement that Wikidata lacks and that a source says which can be looked up.

    `tell` hears at the end what was left out, and why.
    """
    counts: Counter[str] = Counter()
    seen = _Seen(wikidata)
    waiting: list[tuple[Statement, tuple[Reference, ...]]] = []
    for item, compared in compare_items(wikidata):
        is_whole = seen.look_at(item)
        counts["had"] += len(compared.present)
        counts["contradicting"] += len(compared.contradicting)
        counts["unsayable"] += len(compared.inexpressible)
        for one in compared.missing:
            if not (references := wikidata.references_of(one)):
                counts["bare"] += 1
            elif is_whole:
                counts["said"] += 1
                yield to_command(one, references)
            else:
                waiting.append((one, references))
    for one, references in waiting:
        is_known = seen.is_told(one)
        counts["said" if is_known else "unseen"] += 1
        if is_known:
            yield to_command(one, references)
    if tell is not None:
        for line in _summary(counts):
            tell(line)


@dataclass
class _Seen:
    """What is known here of what Wikidata has: all of an item that was imported, and what its query service was asked.

    Where neither tells, a statement may stand there already, and is not known to be lacking.
    """

    wikidata: Wikidata
    properties: set[str] = field(default_factory=set)
    items: set[str] = field(default_factory=set)

    def look_at(self, item: Item) -> bool:
        """True where all that Wikidata has of an item is known."""
        is_whole = False
        for statement in item.statements:
            for fact in statement.facts:
                source = self.wikidata.sources.get(fact.evidence.source)
                if source is None or not is_wikidata(source):
                    continue
                is_own = _own(fact) in (item.number, *item.terms.redirects)
                is_whole |= is_own and has_complete_items(source)
                if is_own and not has_complete_items(source):
                    self.properties.add(statement.snak.property)
                    self.items.add(item.number)
        return is_whole

    def is_told(self, statement: Statement) -> bool:
        """True where the query service was asked for this property of this item."""
        return statement.item in self.items and statement.snak.property in self.properties


def _own(fact: Fact) -> str:
    """The number of the item at which a fact of Wikidata stands: its record is the item, or a statement of it."""
    return fact.evidence.record.partition(" ")[0].partition("$")[0]


def compare_items(wikidata: Wikidata) -> Iterator[tuple[Item, ItemComparison]]:
    """Every item beside what Wikidata has of it."""
    for item in wikidata:
        yield item, compare_statements(item.statements, is_theirs=lambda fact: is_theirs(fact, wikidata))


def to_command(statement: Statement, references: Iterable[Reference]) -> str:
    """One line: the statement with its qualifiers and all of its references."""
    cells = [statement.item, statement.snak.property, to_cell(statement.snak.value)]
    for snak in statement.qualifiers:
        cells += [snak.property, to_cell(snak.value)]
    for number, reference in enumerate(references):
        for place, snak in enumerate(reference):
            sign = "!S" if number and not place else "S"
            cells += [sign + snak.property.removeprefix("P"), to_cell(snak.value)]
    return "\t".join(cells) + "\n"


def to_cell(value: Value) -> str:
    """A value as the tool reads it.

    Days of the Julian calendar, which it does not know, are told by the Gregorian.
    """
    match value.datatype:
        case Datatype.ITEM:
            return value.text
        case Datatype.TIME:
            day = to_gregorian(value) if value.precision >= 11 else value.text.removeprefix("+")
            return f"+{day}/{value.precision}"
        case Datatype.QUANTITY:
            return value.text.removeprefix("+") + (f"U{value.detail[1:]}" if value.detail.startswith("Q") else "")
        case Datatype.TEXT:
            return f'{value.detail}:"{one_line(value.text)}"'
        case _:
            return f'"{one_line(value.text)}"'


def _summary(counts: Counter[str]) -> Iterator[str]:
    yield f"{counts['said']:,} statements that Wikidata lacks"
    told = {
        "had": "are there already",
        "contradicting": "contradict what is there: see `kg conflicts --source wikidata`",
        "unsayable": "name a thing without a number there, or would be mixed up with another statement",
        "bare": "have no source that can be looked up: an address, a number in Wikidata, or a title with its day",
    }
    yield from (f"  {counts[name]:,} {words}" for name, words in told.items() if counts[name])
    if counts["unseen"]:
        yield (
            f"  {counts['unseen']:,} may be there already, for all that the imports tell: "
            "bring their items in first, with `kg import wikidata`"
        )
