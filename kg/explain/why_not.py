"""A triple that does not hold walks in; the rules that could give it, and what each lacks, walk out."""

from __future__ import annotations

from collections.abc import Sequence

from pyoxigraph import NamedNode, Triple

from kg.lookup.entity_names import EntityNames
from kg.lookup.phrases import triple_in_words
from kg.proofs.proof import Gap
from kg.reasoning.rules import NameOf, rule_in_words
from kg.reasoning.rules import pattern_in_words as pattern_in_words
from kg.terms import to_short, to_term


def write_gaps(triple: Triple, gaps: Sequence[Gap], names: EntityNames) -> str:
    """For people: each rule in words, the premises that hold, and those that are missing."""
    lines = [f"{triple_in_words(triple, names)}", "    no source says so"]
    for gap in {rule_in_words(gap.rule): gap for gap in reversed(gaps)}.values():
        lines.append(f"    it would follow by {gap.rule.rule.name}: {rule_in_words(gap.rule)}")
        lines += [f"        holds    {pattern_in_words(one, name=_naming(names))}" for one in gap.present]
        lines += [f"        missing  {pattern_in_words(one, name=_naming(names))}" for one in gap.missing]
    if not gaps:
        lines.append("    and no rule of the ontology could give it")
    return "\n".join(lines) + "\n"


def _naming(names: EntityNames) -> NameOf:
    """What people call a term: its label, and variables by their letter."""

    def name(text: str) -> str:
        if text.startswith("?"):
            return text[1:]
        term = to_term(text)
        return (names.label(term) if isinstance(term, NamedNode) else "") or to_short(term)

    return name
