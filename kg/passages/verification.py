"""Verification: whether the passage that a fact names contains the value that the fact states.

An entity is contained by one of its names, a number by digits or words, a date by any common form, a text by its words.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from enum import StrEnum

from pyoxigraph import Literal, NamedNode

from kg import vocabulary as film
from kg.facts.dates import EDTF
from kg.facts.fact_table import MORE_THAN_A_RECORD, ProjectFacts
from kg.facts.model import Evidence, Fact, SharedPassage, finding_about, part_owner
from kg.facts.texts import Texts
from kg.facts.written_values import running_times
from kg.parts import belongs_to, is_part
from kg.passages.plausibility import check_plausibility
from kg.reports import Finding, Report, Severity
from kg.schema import KIND, OntologyTerm, Schema, ValueKind
from kg.terms import ALIAS, LABEL, TYPE, XSD, Term, to_curie, to_short
from kg.text.ellipsis import shortened
from kg.text.folding import fold_passage
from kg.text.number_words import MONTHS, numbers

NOT_IN_PASSAGE = "facts/not-in-passage"
_SEVERAL = 3
"""Values of a block that its passage lacks, from which on the passage is more likely to be wrong than the values."""


class PassageCheck(StrEnum):
    """The result of checking one fact; the values are the names of the counts."""

    VERIFIED = "verified"
    """The passage contains the value."""
    PARAPHRASE = "paraphrase"
    """The fact says that its passage has other words."""
    STRUCTURE = "structure"
    """A class, a kind, an outcome such as `won`, true or false, or a link to a part: no words are expected."""
    WITHOUT_SPAN = "without_span"
    """The evidence is a record or a file."""
    TEXT_UNAVAILABLE = "text_unavailable"
    """The text is not available."""
    FAILED = "failed"
    """There is a finding, of the passage or of a value that is not defined."""


def verify(
    facts: ProjectFacts,
    *,
    texts: Texts,
    schema: Schema,
    undefined: Collection[NamedNode] = frozenset(),
    shared: Iterable[SharedPassage] = (),
) -> Report:
    """A finding for every wrong digest, span or value, and for passages that look wrong.

    Of values that are `undefined`, and so have no name to look for, there is a finding already. Where a `shared`
    passage lacks most values of its block, there is one finding about it instead of one about each value.
    The counts are the facts by `PassageCheck`.
    """
    cited = tuple(fact for fact in facts.where(MORE_THAN_A_RECORD) if fact.evidence.has_span)
    values = f"SELECT o FROM fact WHERE {MORE_THAN_A_RECORD}"  # noqa: S608 - of our own words
    names = names_of(facts.where(f"p IN ({facts.ids((LABEL, ALIAS))}) AND s IN ({values})"))
    verifier = _Verifier(texts, schema, names, undefined)
    total = len(facts)
    checks = Counter({**dict.fromkeys(PassageCheck, 0), PassageCheck.WITHOUT_SPAN: total - len(cited)})
    results = [verifier.check(fact) for fact in cited]
    checks.update(PassageCheck.FAILED if isinstance(result, Finding) else result for result in results)
    findings = [*texts.findings(), *_joined(zip(cited, results, strict=True), shared)]
    findings += check_plausibility(cited, texts=texts, schema=schema, is_contained=verifier.is_contained)
    available = sum(texts[source] is not None for source in facts.sources)
    counts = {"facts": total, **{check.value: checks[check] for check in PassageCheck}, "texts": available}
    return Report(tuple(findings), counts)


def _joined(
    results: Iterable[tuple[Fact, PassageCheck | Finding]], shared: Iterable[SharedPassage]
) -> Iterator[Finding]:
    """Yield the findings among the results, those about a passage that lacks most values of its block as one."""
    blocks: dict[Evidence, list[SharedPassage]] = defaultdict(list)
    for passage in shared:
        blocks[passage.evidence].append(passage)
    verified: Counter[SharedPassage] = Counter()
    failed: dict[SharedPassage, list[Finding]] = defaultdict(list)
    for fact, result in results:
        around = [passage for passage in blocks.get(fact.evidence, ()) if passage.is_around(fact.place)]
        inmost = max(around, key=lambda passage: passage.begin) if around else None
        if isinstance(result, Finding):
            if inmost is None or result.check != NOT_IN_PASSAGE:
                yield result
            else:
                failed[inmost].append(result)
        elif inmost is not None and result is PassageCheck.VERIFIED:
            verified[inmost] += 1
    for passage, findings in failed.items():
        values = len({finding.places for finding in findings})
        if values < _SEVERAL or len(findings) <= verified[passage]:
            yield from findings
            continue
        yield Finding(
            NOT_IN_PASSAGE,
            f"the passage of this block does not contain {values} of its values",
            places=(passage.place,),
            found=findings[0].found,
            remedy="`at` holds for all values of the block: cite more words, or remove it.",
        )


def names_of(facts: Iterable[Fact]) -> Mapping[Term, list[str]]:
    """The labels and aliases of each entity."""
    names: dict[Term, list[str]] = defaultdict(list)
    for fact in facts:
        if fact.property in (LABEL, ALIAS) and isinstance(fact.value, Literal):
            names[fact.subject].append(fact.value.value)
    return names


class _Verifier:
    """Checks facts against the passages that they name."""

    def __init__(
        self, texts: Texts, schema: Schema, names: Mapping[Term, list[str]], undefined: Collection[NamedNode]
    ) -> None:
        self._texts, self._schema, self._names, self._undefined = texts, schema, names, undefined

    def check(self, fact: Fact) -> PassageCheck | Finding:
        evidence = fact.evidence
        text = self._texts[evidence.source]
        if text is None:
            return PassageCheck.TEXT_UNAVAILABLE
        passage = self._texts.passage(evidence)
        if passage is None:
            message = (
                f"the span {evidence.start}-{evidence.end} ends after the text of {evidence.source}, "
                f"which has {len(text)} characters"
            )
            return Finding("facts/span", message, places=(fact.place,))
        if fact.property in (TYPE, KIND) or _is_without_words(fact) or self._is_part_link(fact):
            return PassageCheck.STRUCTURE
        if fact.paraphrase:
            return PassageCheck.PARAPHRASE
        if self._contains(passage, fact):
            return PassageCheck.VERIFIED
        return PassageCheck.FAILED if fact.value in self._undefined else self._finding(passage, fact)

    def is_contained(self, fact: Fact) -> bool:
        """True when the passage of a fact contains its value, whether or not the fact is a paraphrase."""
        passage = self._texts.passage(fact.evidence)
        return passage is not None and self._contains(passage, fact)

    def _is_part_link(self, fact: Fact) -> bool:
        """True for a link from an entity to one of its parts, where the part has no label."""
        return (
            isinstance(fact.value, NamedNode)
            and belongs_to(fact.value.value, part_owner(fact.subject))
            and fact.value not in self._names
        )

    def _contains(self, passage: str, fact: Fact) -> bool:
        if fact.written:
            return contains_name(passage, [fact.written]) or fact.written in passage
        property = self._schema.properties.get(fact.property)
        if isinstance(fact.value, Literal):
            value = fact.value.value
            words = self._schema.words_for([value], property) if property is not None else ()
            is_contained = contains_literal(passage, fact.value) or _has_form(passage, value, property)
            return is_contained or contains_name(passage, tuple(words))
        if property is not None and property.value_kind is ValueKind.ENTITY:
            names = self._names.get(fact.value, [])
            return contains_name(passage, (*names, *self._schema.words_for(names, property)))
        return contains_name(passage, [to_curie(fact.value.value)]) if isinstance(fact.value, NamedNode) else False

    def _finding(self, passage: str, fact: Fact) -> Finding:
        if self._contains(self._texts[fact.evidence.source] or "", fact):
            remedy = "Cite the words of the text that have it."
        elif isinstance(fact.value, Literal):
            remedy = "Give the words of the passage as `written`, or add `paraphrase: true`."
        else:
            remedy = "Add the words of the passage as an alias, or give them as `written`."
        return finding_about(
            fact,
            NOT_IN_PASSAGE,
            f"the passage for {to_short(fact.subject)} {to_short(fact.property)} "
            f"does not contain {to_short(fact.value)!r}",
            Severity.VIOLATION,
            expected=" or ".join(dict.fromkeys(self._names.get(fact.value, []))) or to_short(fact.value),
            found=shortened(passage, 200),
            remedy=remedy,
        )


def _has_form(passage: str, value: str, property: OntologyTerm | None) -> bool:
    """True when the passage has a sign that stands for the value, such as € for EUR, or the minutes of `1 h 58 min`."""
    if property is None:
        return False
    if property.unit == "minute" and value.isdecimal():
        return int(value) in running_times(passage)
    signs = [sign for sign, meaning in property.signs if meaning == value]
    return any(contains_name(passage, [sign]) if sign[-1].isalpha() else sign in passage for sign in signs)


def _is_without_words(fact: Fact) -> bool:
    """True for true and false, and for the outcome of a recognition; that of an event in a story is a text."""
    if isinstance(fact.value, Literal) and fact.value.datatype.value == XSD + "boolean":
        return True
    return fact.property == film.outcome and isinstance(fact.subject, NamedNode) and is_part(fact.subject.value)


# --- Values in passages

_QUANTITIES = {XSD + name for name in ("integer", "decimal", "double")}
_DATE_FORMS = (
    re.compile(r"(?P<month>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?(?!\d)(?:,?\s+(?P<year>\d{4}))?"),
    re.compile(r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?\s+(?:of\s+)?(?P<month>[a-z]{3,9})\.?(?:,?\s+(?P<year>\d{4}))?"),
    re.compile(r"(?P<month>[a-z]{3,9})\.?(?:\s+of)?,?\s+(?P<year>\d{4})"),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})(?:-(?P<day>\d{2}))?"),
    re.compile(r"(?P<year>\d{4})"),
)
_MONTH = re.compile(
    r"\b(?P<month>[A-Z][A-Za-z]{2,8})\b\.?(?:(?:\s+of|,)?(?:\s+\d{1,2}(?:st|nd|rd|th)?,?)?\s+(?P<year>\d{4})\b)?"
)
"""A month with a capital letter, unlike the verb `may`, and the year after it, if any."""


def contains_name(passage: str, names: Iterable[str]) -> bool:
    """True when the passage contains one of the names as complete words.

    >>> contains_name("won the Palme d’Or", ["Palme d'Or"])
    True
    """
    text = fold_passage(passage)
    return any(
        re.search(rf"(?<!\w){re.escape(folded)}(?!\w)", text) for name in names if (folded := fold_passage(name))
    )


def contains_literal(passage: str, value: Literal) -> bool:
    """True when the passage contains a literal: a number, a date, or the words of a text."""
    datatype = value.datatype.value
    if datatype in _QUANTITIES:
        return Decimal(value.value) in set(numbers(passage))
    if datatype in (XSD + "date", XSD + "gYear", XSD + "gYearMonth") or value.datatype == EDTF:
        return contains_date(passage, value.value)
    if datatype == XSD + "anyURI":
        return value.value in passage
    return contains_name(passage, [value.value]) or fold_passage(value.value) in fold_passage(passage)


def contains_date(passage: str, date: str) -> bool:
    """True when the passage gives the date, or its finest part and nothing different (`October 18` for 2024-10-18).

    >>> contains_date("released on October 18 by Neon", "2024-10-18")
    True
    """
    text = fold_passage(passage)
    if date.endswith("X"):
        return f"{date[:3]}0s" in text or f"{date[2]}0s" in text
    wanted = [int(part) for part in date.split("-")]
    for form in _DATE_FORMS:
        for match in form.finditer(text):
            parts = match.groupdict()
            month = parts.get("month")
            given = (
                int(parts["year"]) if parts.get("year") else None,
                (int(month) if month.isdigit() else MONTHS.get(month)) if month else None,
                int(parts["day"]) if parts.get("day") else None,
            )
            if month and given[1] is None:
                continue
            if _agree(given, wanted):
                return True
    return len(wanted) == 2 and any(
        MONTHS.get(match["month"].casefold()) == wanted[1] and not match["year"] for match in _MONTH.finditer(passage)
    )


def _agree(given: tuple[int | None, int | None, int | None], wanted: list[int]) -> bool:
    """True when every part that is given agrees, and the finest part that is wanted is given."""
    agree = all(part is None or part == other for part, other in zip(given, wanted, strict=False))
    return agree and given[len(wanted) - 1] is not None
