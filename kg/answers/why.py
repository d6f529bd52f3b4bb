"""A triple walks in; why it holds walks out, as a tree: rule and premises, theirs in turn, down to facts with passages.

The tree is made on demand: the store is asked, and the grounded rules are matched backwards. Facts end a branch, and so
do axioms of the ontology.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Store, Triple

from kg.answers.evidence import Provenance
from kg.answers.naming import Names
from kg.facts.fact import Fact
from kg.facts.texts import Texts, place_in_text
from kg.graph.stating import EARLIEST, LATEST, ONTOLOGY
from kg.terms import film, to_short

DAYS = "days"
"""The one rule of our own: a thing with a date has an earliest and a latest day."""
_DATED = (film("date"), film("start"), film("end"))


@dataclass(frozen=True, slots=True)
class Derived:
    """One step backwards: the rule's name, the rule in words, and the triples that it needs."""

    rule: str
    words: str
    premises: tuple[Triple, ...]


Derive = Callable[[Triple], Iterable[Derived]]


@dataclass(frozen=True, slots=True)
class Why:
    """Why a triple holds: the facts that say it, or a rule and its premises; neither means that it does not hold."""

    triple: Triple
    facts: tuple[Fact, ...] = ()
    rule: str = ""
    words: str = ""
    premises: tuple[Why, ...] = ()
    is_axiom: bool = False

    def __bool__(self) -> bool:
        """True when the triple holds."""
        return bool(self.facts or self.rule or self.is_axiom)

    def leaves(self) -> Iterator[Why]:
        """The facts and axioms that it all rests on."""
        if not self.premises:
            yield self
        for premise in self.premises:
            yield from premise.leaves()


@dataclass(frozen=True)
class Explainer:
    """Explains triples of one store."""

    store: Store
    names: Names
    provenance: Provenance
    derive: Derive

    def why(self, triple: Triple) -> Why:
        """The first explanation found, rules of few premises before others; a cycle is never walked."""
        return self._why(triple, frozenset()) or Why(triple)

    def _why(self, triple: Triple, above: frozenset[Triple]) -> Why | None:
        if facts := tuple(sorted(self.provenance.facts(triple), key=_by_spot)):
            return Why(triple, facts)
        axiom = self.store.quads_for_pattern(triple.subject, triple.predicate, triple.object, ONTOLOGY)
        if next(axiom, None) is not None:
            return Why(triple, is_axiom=True)
        if triple in above:
            return None
        for step in self._steps(triple):
            premises = [self._why(premise, above | {triple}) for premise in step.premises]
            if None not in premises:
                return Why(triple, rule=step.rule, words=step.words, premises=tuple(one for one in premises if one))
        return None

    def _steps(self, triple: Triple) -> Iterator[Derived]:
        if triple.predicate in (EARLIEST, LATEST):
            found = (quad.triple for one in _DATED for quad in self.store.quads_for_pattern(triple.subject, one, None))
            dates = tuple(sorted(found, key=str))
            words = f"a date means days from the earliest to the latest: {to_short(triple.predicate)}"
            yield Derived(DAYS, words, dates)
        yield from self.derive(triple)


def _by_spot(fact: Fact) -> tuple[str, int]:
    return (fact.evidence.source, fact.evidence.start or 0)


def to_text(whys: Iterable[Why], names: Names, texts: Texts, *, indent: str = "") -> str:
    """The trees for people: each triple by its labels, under it what says so, with the words where they are at hand."""
    return "".join(line + "\n" for why in whys for line in _lines(why, names, texts, indent))


def _lines(why: Why, names: Names, texts: Texts, indent: str) -> Iterator[str]:
    yield f"{indent}{in_words(why.triple, names)}"
    inner = indent + "    "
    for fact in why.facts:
        yield f"{inner}{cited(fact, texts)}"
    if why.is_axiom:
        yield f"{inner}so says the ontology"
    if why.rule:
        yield f"{inner}follows by {why.rule}{f': {why.words}' if why.words else ''}"
        for premise in why.premises:
            yield from _lines(premise, names, texts, inner)
    if not why:
        yield f"{inner}does not hold in this graph"


def in_words(triple: Triple, names: Names) -> str:
    """`Anora - director - Sean Baker`."""
    return "  ".join(_named(term, names) for term in (triple.subject, triple.predicate, triple.object))


def cited(fact: Fact, texts: Texts) -> str:
    """Who says a fact and where, in whose words; or that the passage was not at hand."""
    spot = fact.evidence
    source = texts.sources.get(spot.source)
    where = place_in_text(source, spot) if source is not None else ""
    as_of = f" (as of {fact.as_of})" if fact.as_of else ""
    if not spot.has_span:
        record = f", record {spot.record}" if spot.record else ""
        return f"{spot.source}{record} says so{as_of}" + (f" [{where}]" if where and not record else "")
    passage = texts.passage(spot)
    if passage is None:
        return f"{spot.source} says so{as_of} [{where}] (the passage is not at hand)"
    words = " ".join(passage.split())
    words = words if len(words) <= 160 else words[:159].rstrip() + "…"
    kind = " in other words" if fact.paraphrase else ""
    return f"{spot.source} says so{kind}{as_of}: “{words}” [{where}]"


def _named(term: object, names: Names) -> str:
    """A thing by its label, a node without a name by its owner's and the way to it, a literal in quotes."""
    if not isinstance(term, NamedNode):
        return f"“{to_short(term)}”" if isinstance(term, Literal) else str(term)
    if label := names.label(term):
        return label
    owner, _, way = term.value.rpartition("/")[2].partition(".")
    if way and (label := names.label(film(owner))):
        return " › ".join((label, *way.split(".", 1)))
    return to_short(term).removeprefix("film:")
