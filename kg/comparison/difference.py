"""The difference of two states: facts, contested facts, conclusions, findings and answers of stored queries.

A fact is a subject, a property, a value and a source; its passage, its file and its line may change without changing
it. It has *changed* where one source gave one value of a property before and gives one other value now. A conclusion is
a triple that is inferred and that no source states. A finding is what is wrong in which file, whatever its line; where
the file has another name, or the facts are in another file, it is the same. Findings and rows count as often as they
are there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from kg.comparison.states import State
from kg.errors import FilmGraphError
from kg.facts.model import Fact
from kg.filmgraph import FilmGraph
from kg.graph.store import iterate_quads
from kg.lookup.entity_names import EntityNames
from kg.lookup.phrases import property_in_words, term_in_words
from kg.queries.answer import Row
from kg.reports import Finding, Report
from kg.terms import KNOWLEDGE, to_text

_MAX_ROWS = 2000
"""How many rows of an answer are compared."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that came, went or changed: `before` and `after` are empty where it was not, or is not, there."""

    subject: str
    before: str
    after: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two states, each list in a stable order."""

    old: str
    new: str
    facts: tuple[Change, ...] = ()
    contested: tuple[Change, ...] = ()
    conclusions: tuple[Change, ...] = ()
    findings: tuple[Change, ...] = ()
    answers: tuple[Change, ...] = ()
    unpublished: tuple[str, ...] = ()
    """The states that findings prevent from being published; `kg build` would keep the graph that is in use."""
    uncompared: tuple[str, ...] = ()
    """The states whose files cannot be read well enough to have a graph: only findings were compared."""

    def has(self, change: str) -> bool:
        """True when there is a change of a kind, one of `CHANGES`, or may be, since that was not compared."""
        return CHANGES[change](self) or (bool(self.uncompared) and change != "new-findings")

    @property
    def is_empty(self) -> bool:
        """True when nothing differs."""
        lists = self.facts, self.contested, self.conclusions, self.findings, self.answers
        return not any(lists) and not self.uncompared


CHANGES: Mapping[str, Callable[[Difference], bool]] = {
    "any": lambda difference: not difference.is_empty,
    "facts-lost": lambda difference: any(change.before and not change.after for change in difference.facts),
    "facts-changed": lambda difference: any(change.before and change.after for change in difference.facts),
    "conclusions-lost": lambda difference: any(change.before for change in difference.conclusions),
    "answers-changed": lambda difference: bool(difference.answers),
    "new-conflicts": lambda difference: any(change.after for change in difference.contested),
    "new-findings": lambda difference: any(change.after for change in difference.findings),
}
"""Kind of change that a gate can fail on -> whether a difference has it."""


def compare(old: State, new: State, *, progress: Callable[[str], None] | None = None) -> Difference:
    """What differs between two states; those with the same digest are not built, since nothing can differ."""
    if old.digest == new.digest:
        return Difference(old.name, new.name)
    states = (old.built, new.built)
    if progress is not None and all(state.graph is not None for state in states):
        progress("comparing")
    findings = _changed_findings(old.report, new.report)
    unpublished = tuple(dict.fromkeys(state.name for state in (old, new) if not state.report.ok))
    if old.graph is None or new.graph is None:
        uncompared = tuple(dict.fromkeys(state.name for state in (old, new) if state.graph is None))
        return Difference(old.name, new.name, findings=findings, unpublished=unpublished, uncompared=uncompared)
    return Difference(
        old.name,
        new.name,
        _changed_facts(old.graph, new.graph),
        _changes(_contested(old.graph), _contested(new.graph)),
        _changes(_conclusions(old.graph), _conclusions(new.graph)),
        findings,
        _changes_of_numbers(_answers(old.graph), _answers(new.graph)),
        unpublished,
    )


Items = Mapping[str, tuple[str, str]]
"""What identifies something -> what it is about, and what it says."""


def _changes(old: Items, new: Items) -> tuple[Change, ...]:
    """What is in one state only, by what it is about."""
    gone = (item for key, item in old.items() if key not in new)
    came = (item for key, item in new.items() if key not in old)
    return _sorted_changes(gone, came)


def _changes_of_numbers(old: Counter[tuple[str, str]], new: Counter[tuple[str, str]]) -> tuple[Change, ...]:
    """What one state has more often than the other, as often as it is more."""
    return _sorted_changes((old - new).elements(), (new - old).elements())


def _sorted_changes(gone: Iterable[tuple[str, str]], came: Iterable[tuple[str, str]]) -> tuple[Change, ...]:
    changes = (
        *(Change(subject, text, "") for subject, text in gone), *(Change(subject, "", text) for subject, text in came)
    )  # fmt: skip
    return tuple(sorted(changes, key=lambda change: (change.subject, change.before, change.after)))


# --- facts


def _changed_facts(old: FilmGraph, new: FilmGraph) -> tuple[Change, ...]:
    before, after = _facts(old), _facts(new)
    gone = _grouped(fact for key, fact in before.items() if key not in after)
    came = _grouped(fact for key, fact in after.items() if key not in before)
    changes = []
    for key in {*gone, *came}:
        lost, found = gone.get(key, []), came.get(key, [])
        if len(lost) == len(found) == 1:
            changes.append(_change(lost[0], old.names, found[0], new.names))
            continue
        changes += [_change(fact, old.names, None, new.names) for fact in lost]
        changes += [_change(None, old.names, fact, new.names) for fact in found]
    return tuple(sorted(changes, key=lambda change: (change.subject, change.source, change.before, change.after)))


def _facts(graph: FilmGraph) -> dict[tuple[str, str, str, str], Fact]:
    """Every fact, contested ones as well."""
    facts = (*graph.facts(), *(lost.fact for lost in graph.provenance.contested()))
    return {
        (to_text(fact.subject), fact.property.value, to_text(fact.value), fact.evidence.source): fact for fact in facts
    }


def _grouped(facts: Iterable[Fact]) -> dict[tuple[str, str, str], list[Fact]]:
    groups: dict[tuple[str, str, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        groups[to_text(fact.subject), fact.property.value, fact.evidence.source].append(fact)
    return groups


def _change(lost: Fact | None, old: EntityNames, found: Fact | None, new: EntityNames) -> Change:
    fact, names = (found, new) if found is not None else (lost, old)
    assert fact is not None
    return Change(
        f"{term_in_words(fact.subject, names)}, {property_in_words(fact.property, names)}",
        term_in_words(lost.value, old) if lost is not None else "",
        term_in_words(found.value, new) if found is not None else "",
        fact.evidence.source,
    )


# --- contested facts, conclusions, findings, answers


def _contested(graph: FilmGraph) -> dict[str, tuple[str, str]]:
    found = {}
    for lost in graph.provenance.contested():
        fact, names = lost.fact, graph.names
        subject = f"{term_in_words(fact.subject, names)}, {property_in_words(fact.property, names)}"
        text = f"{term_in_words(fact.value, names)} ({fact.evidence.source}): {lost.reason}"
        found[f"{to_text(fact.subject)} {fact.property.value} {text}"] = (subject, text)
    return found


def _conclusions(graph: FilmGraph) -> dict[str, tuple[str, str]]:
    """The inferred triples, those about classes and kinds too."""
    stated = {fact.triple for fact in graph.facts()}
    found = {}
    for quad in iterate_quads(graph.store, KNOWLEDGE):
        if quad.triple not in stated:
            subject = f"{term_in_words(quad.subject, graph.names)}, {property_in_words(quad.predicate, graph.names)}"
            found[str(quad.triple)] = (subject, term_in_words(quad.object, graph.names))
    return found


def _changed_findings(old: Report, new: Report) -> tuple[Change, ...]:
    """The findings of one state only, without those that are the same in a file of another name."""
    before, after = Counter(map(_of_file, old)), Counter(map(_of_file, new))
    gone, came = before - after, after - before
    moved = Counter(text for _, text in gone.elements()) & Counter(text for _, text in came.elements())
    return _sorted_changes(_without(gone, moved), _without(came, moved))


def _of_file(finding: Finding) -> tuple[str, str]:
    file = finding.places[0].file if finding.places else ""
    return file or "the graph", f"{finding.message} [{finding.check}]"


def _without(items: Counter[tuple[str, str]], moved: Counter[str]) -> Iterator[tuple[str, str]]:
    """Yield the findings of files, without so many of each text."""
    left = moved.copy()
    for file, text in sorted(items.elements()):
        if left[text]:
            left[text] -= 1
        else:
            yield file, text


def _answers(graph: FilmGraph) -> Counter[tuple[str, str]]:
    """The rows of every stored query with the values of its example, each with its number."""
    found: Counter[tuple[str, str]] = Counter()
    for name in graph.queries:
        try:
            query = graph.queries[name]
            values = {param.name: param.example_value for param in query.params if not param.is_optional}
            answer = graph.ask_with(name, values, limit=_MAX_ROWS)
        except FilmGraphError as error:
            found[name, f"no answer: {error}"] += 1
            continue
        rows = [str(answer.truth)] if answer.kind == "truth" else map(_row, answer)
        found.update((query.example, row) for row in rows)
    return found


def _row(row: object) -> str:
    """The filled cells of a row, by column."""
    if not isinstance(row, Row):
        return str(row)
    cells = (f"{column}: {value}" for column, value in row.as_dict().items() if value is not None)
    return ", ".join(cells) or "a row without values"
