"""Facts and the texts of their sources walk in; bad digests, spans and values walk out as findings, the good ones
counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum

from pyoxigraph import Literal, NamedNode

from kg.facts.files import fault
from kg.facts.model import Fact
from kg.passages.matching import holds_literal, holds_name
from kg.passages.texts import Texts
from kg.reports import Finding, Report, Severity
from kg.schema import Schema, ValueKind
from kg.terms import ALIAS, LABEL, TYPE, Term, to_curie, to_short


class PassageCheck(StrEnum):
    """What verification found of one fact."""

    HELD = "held"
    PARAPHRASE = "paraphrase"
    STRUCTURE = "structure"
    NO_SPAN = "no_span"
    NOT_AT_HAND = "not_at_hand"
    BAD = "bad"


def verify(facts: Iterable[Fact], *, texts: Texts, schema: Schema) -> Report:
    """A finding for every digest, span or value that is wrong, and how many facts are held, paraphrased or
    unchecked.
    """
    facts = tuple(facts)
    names = to_names(facts)
    counts = Counter(dict.fromkeys(PassageCheck, 0))
    findings = list(texts.findings())
    for fact in facts:
        held, finding = _verify(fact, texts, schema, names)
        counts[held] += 1
        if finding is not None:
            findings.append(finding)
    sources = {fact.evidence.source for fact in facts}
    told: dict[str, int | float | str] = {"facts": len(facts), **{held.value: counts[held] for held in PassageCheck}}
    return Report(tuple(findings), told | {"texts": sum(texts[source] is not None for source in sources)})


def to_names(facts: Iterable[Fact]) -> Mapping[Term, list[str]]:
    """Every label and alias of each thing."""
    names: dict[Term, list[str]] = defaultdict(list)
    for fact in facts:
        if fact.property in (LABEL, ALIAS) and isinstance(fact.value, Literal):
            names[fact.subject].append(fact.value.value)
    return names


def _verify(
    fact: Fact, texts: Texts, schema: Schema, names: Mapping[Term, list[str]]
) -> tuple[PassageCheck, Finding | None]:
    text = texts[fact.evidence.source]
    if not fact.evidence.has_span:
        return PassageCheck.NO_SPAN, None
    if text is None:
        return PassageCheck.NOT_AT_HAND, None
    passage = texts.passage(fact.evidence)
    if passage is None:
        return PassageCheck.BAD, fault(
            "span",
            f"the span {fact.evidence.start}-{fact.evidence.end} ends after the text of "
            f"{fact.evidence.source}, which has {len(text)} characters",
            fact.place,
        )
    if fact.property == TYPE or _is_nameless(fact, names):
        return PassageCheck.STRUCTURE, None
    if fact.paraphrase:
        return PassageCheck.PARAPHRASE, None
    if _holds(passage, fact, schema, names):
        return PassageCheck.HELD, None
    return PassageCheck.BAD, Finding(
        "facts/not-in-passage",
        f"the passage of {to_short(fact.subject)} {to_short(fact.property)} does not hold {to_short(fact.value)!r}",
        Severity.VIOLATION,
        (fact.place,),
        focus=str(fact.subject),
        path=str(fact.property),
        value=str(fact.value),
        expected=" or ".join(names.get(fact.value, [])) or to_short(fact.value),
        found=passage if len(passage) <= 200 else passage[:199] + "…",
        remedy="Mend the span, add an alias, or say `paraphrase: true`.",
    )


def _holds(passage: str, fact: Fact, schema: Schema, names: Mapping[Term, list[str]]) -> bool:
    if fact.written:
        return holds_name(passage, [fact.written]) or fact.written in passage
    if isinstance(fact.value, Literal):
        return holds_literal(passage, fact.value)
    word = schema.properties.get(fact.property)
    if word is not None and word.value_kind is ValueKind.ENTITY:
        return holds_name(passage, names.get(fact.value, []))
    return holds_name(passage, [to_curie(fact.value.value)]) if isinstance(fact.value, NamedNode) else False


def _is_nameless(fact: Fact, names: Mapping[Term, list[str]]) -> bool:
    """True for the link to a node with no name of its own, whose address starts with its owner's."""
    owner = getattr(fact.subject, "value", "").rpartition("/")[2]
    return (
        isinstance(fact.value, NamedNode)
        and fact.value.value.rpartition("/")[2].startswith(f"{owner}.")
        and fact.value not in names
    )
