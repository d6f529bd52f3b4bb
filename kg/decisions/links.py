"""`data/links.sssom.tsv` walks in; who was judged to be whom, and who was judged not to be, walk out.

The file is SSSOM (https://w3id.org/sssom/spec): a row is a judgement, `skos:exactMatch` says that two names mean one
thing, and the same with `predicate_modifier` `Not` that they mean two. Other predicates are kept and change nothing.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pyoxigraph import NamedNode

from kg.facts.files import fault, read_text, read_yaml
from kg.reports import Finding, Place
from kg.terms import FILM, OWL, PREFIXES, SKOS, to_curie, to_iri
from kg.text import closest

LINKS_FILE = "links.sssom.tsv"
SSSOM_COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "predicate_modifier",
    "object_id",
    "object_label",
    "mapping_justification",
    "confidence",
    "author_id",
    "mapping_date",
    "mapping_tool",
    "comment",
)
"""The slots that are written; a file may have others of SSSOM's, which are passed over."""
MANUAL, COMPOSITE = "semapv:ManualMappingCuration", "semapv:CompositeMatching"
_UNSPECIFIED = "semapv:UnspecifiedMatching"
"""What a judgement is justified by that does not say it: SSSOM asks for it, files in the wild often lack it."""
EXACT = NamedNode(SKOS + "exactMatch")
_SAME = {EXACT, NamedNode(OWL + "sameAs")}
_NEEDED = ("subject_id", "predicate_id", "object_id")
_WIKIDATA = PREFIXES["wd"]
_QID = re.compile(r"Q[1-9]\d{0,15}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One row: two names, whether they mean one thing (None: neither said nor denied), and who says so and why."""

    subject: NamedNode
    object: NamedNode
    same: bool | None
    justification: str = COMPOSITE
    confidence: float | None = None
    author: str = ""
    date: str = ""
    tool: str = ""
    comment: str = ""
    subject_label: str = ""
    object_label: str = ""
    predicate: NamedNode = EXACT
    place: Place = field(default=Place(""), compare=False)

    @property
    def names(self) -> frozenset[NamedNode]:
        """Both names, whichever stands first."""
        return frozenset((self.subject, self.object))


class Links:
    """Names that mean one thing, gathered from judgements."""

    def __init__(self, judgements: Iterable[Judgement] = ()) -> None:
        self.judgements = tuple(judgements)
        self._near: dict[NamedNode, list[Judgement]] = defaultdict(list)
        for one in self.judgements:
            if one.same:
                self._near[one.subject].append(one)
                self._near[one.object].append(one)

    def __bool__(self) -> bool:
        return bool(self._near)

    @cached_property
    def clusters(self) -> tuple[frozenset[NamedNode], ...]:
        """Names that mean one thing, together; each has two or more."""
        found: list[frozenset[NamedNode]] = []
        seen: set[NamedNode] = set()
        for name in self._near:
            if name not in seen:
                cluster = frozenset(self._chains(name))
                seen |= cluster
                found.append(cluster)
        return tuple(found)

    @cached_property
    def cluster_of(self) -> Mapping[NamedNode, frozenset[NamedNode]]:
        """Name -> the names that mean the same thing."""
        return {name: cluster for cluster in self.clusters for name in cluster}

    def are_same(self, one: NamedNode, other: NamedNode) -> bool:
        """True when judgements, one after the other, lead from one name to the other."""
        return other in self.cluster_of.get(one, ())

    def chain(self, one: NamedNode, other: NamedNode) -> tuple[Judgement, ...]:
        """The fewest judgements that lead from one name to the other; empty when none do."""
        came = self._chains(one)
        steps: list[Judgement] = []
        while other != one and (step := came.get(other)) is not None:
            steps.append(step)
            other = step.subject if step.object == other else step.object
        return tuple(reversed(steps))

    def contradictions(self) -> Iterator[Finding]:
        """A finding for each judgement that two names differ, where others say that they are one."""
        for denied in self.judgements:
            if denied.same is False and (steps := self.chain(denied.subject, denied.object)):
                told = " and ".join(
                    f"{to_curie(step.subject.value)} is {to_curie(step.object.value)} (line {step.place.line})"
                    for step in steps
                )
                yield Finding(
                    "facts/contradicting-links",
                    f"{to_curie(denied.subject.value)} is said not to be {to_curie(denied.object.value)}, but {told}",
                    places=(denied.place, *(step.place for step in steps)),
                    remedy="Take out or change the judgement that is wrong.",
                )

    def _chains(self, start: NamedNode) -> dict[NamedNode, Judgement | None]:
        """Every name that can be reached, with the judgement that leads to it, nearest first."""
        came: dict[NamedNode, Judgement | None] = {start: None}
        waiting = deque((start,))
        while waiting:
            here = waiting.popleft()
            for step in self._near.get(here, ()):
                there = step.object if step.subject == here else step.subject
                if there not in came:
                    came[there] = step
                    waiting.append(there)
        return came


def read_links(path: Path, *, file: str, faults: list[Finding]) -> Links:
    """The judgements of a project; faults, and judgements that contradict each other, go to `faults`."""
    if not path.exists() or (text := read_text(path, file=file, faults=faults)) is None:
        return Links()
    links = Links(_rows(text, file, faults))
    faults.extend(links.contradictions())
    return links


def _rows(text: str, file: str, faults: list[Finding]) -> Iterator[Judgement]:
    lines = text.splitlines()
    head = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    prefixes = _prefixes(lines[:head], file, faults)
    rows = csv.reader(io.StringIO("\n".join(lines[head:])), delimiter="\t", quoting=csv.QUOTE_MINIMAL)
    try:
        header = next(rows, [])
        if missing := [name for name in _NEEDED if name not in header]:
            faults.append(
                fault(
                    "columns",
                    f"the judgements lack the column {' and '.join(missing)}",
                    Place(file, head + 1),
                    remedy=f"The columns are {', '.join(SSSOM_COLUMNS)}.",
                )
            )
            return
        for cells in rows:
            place = Place(file, head + rows.line_num)
            if any(cells) and (one := _judgement(header, cells, place, prefixes, faults)) is not None:
                yield one
    except csv.Error as error:
        faults.append(fault("csv", f"not a table: {error}", Place(file, head + rows.line_num)))


def _prefixes(lines: list[str], file: str, faults: list[Finding]) -> dict[str, str]:
    """What the head of the file calls by a prefix of its own."""
    text = "\n".join(line.removeprefix("#") for line in lines)
    found: dict[str, str] = {}
    for root in read_yaml(text, file=file, faults=faults):
        for key, value in root.entries or ():
            if key.text == "curie_map":
                found.update({name.text or "": one.text or "" for name, one in value.entries or ()})
    return found


def _judgement(
    header: list[str], cells: list[str], place: Place, prefixes: Mapping[str, str], faults: list[Finding]
) -> Judgement | None:
    if len(cells) > len(header):
        faults.append(fault("csv", f"{len(cells)} cells where {len(header)} columns are", place))
        return None
    said = dict(zip(header, cells, strict=False))
    try:
        subject, object_, predicate = (
            _iri(said.get(name, ""), prefixes) for name in ("subject_id", "object_id", "predicate_id")
        )
        modifier = said.get("predicate_modifier", "")
        if modifier not in ("", "Not"):
            raise ValueError(f"predicate_modifier is Not or nothing, not {modifier!r}")
        sure = said.get("confidence", "")
        confidence = float(sure) if sure else None
        if confidence is not None and not 0 <= confidence <= 1:
            raise ValueError(f"a confidence lies between 0 and 1; {sure} does not")
        day = said.get("mapping_date", "")
        if day and _DAY.fullmatch(day) is None:
            raise ValueError(f"mapping_date {day!r} is not a day such as 2026-11-21")
        if subject == object_:
            raise ValueError(f"{to_curie(subject.value)} is judged against itself")
    except ValueError as error:
        near = closest(said.get("predicate_modifier", ""), ["Not"])
        faults.append(fault("value", str(error), place, remedy=f"Did you mean {near[0]}?" if near else ""))
        return None
    return Judgement(
        subject,
        object_,
        None if predicate not in _SAME else modifier != "Not",
        said.get("mapping_justification") or _UNSPECIFIED,
        confidence,
        said.get("author_id", ""),
        day,
        said.get("mapping_tool", ""),
        said.get("comment", ""),
        said.get("subject_label", ""),
        said.get("object_label", ""),
        predicate,
        place,
    )


def _iri(text: str, prefixes: Mapping[str, str]) -> NamedNode:
    """A name of a judgement; an item of Wikidata is the thing that imports name after it."""
    prefix, colon, local = text.partition(":")
    iri = NamedNode(prefixes[prefix] + local) if colon and prefixes.get(prefix) else to_iri(text)
    item = iri.value.removeprefix(_WIKIDATA)
    if item != iri.value and _QID.fullmatch(item) is not None:
        return NamedNode(f"{FILM}wd-{item.lower()}")
    return iri


def item_of(name: NamedNode) -> NamedNode | None:
    """The item of Wikidata that imports name so, as facts written by hand call it; None for other names."""
    item = name.value.removeprefix(f"{FILM}wd-").upper()
    return NamedNode(_WIKIDATA + item) if _QID.fullmatch(item) is not None else None


def to_sssom(judgements: Iterable[Judgement], *, title: str = "") -> str:
    """Judgements as SSSOM: the prefixes that are used in the head, then a row each, in the order given."""
    judgements = tuple(judgements)
    used = {
        prefix: PREFIXES[prefix]
        for one in judgements
        for iri in (one.subject, one.object, one.predicate)
        if (prefix := to_curie(iri.value).partition(":")[0]) in PREFIXES
    } or {"film": FILM}
    head = ["#curie_map:", *(f"#  {prefix}: {used[prefix]}" for prefix in sorted(used))]
    head.append("#  semapv: https://w3id.org/semapv/vocab/")
    head += [
        f"#mapping_set_id: {FILM.removesuffix('film/')}links",
        "#license: https://creativecommons.org/publicdomain/zero/1.0/",
    ]
    if title:
        head.append(f"#mapping_set_title: {title}")
    out = io.StringIO()
    rows = csv.writer(out, delimiter="\t", lineterminator="\n")
    rows.writerow(SSSOM_COLUMNS)
    rows.writerows(map(to_sssom_row, judgements))
    return "\n".join(head) + "\n" + out.getvalue()


def to_sssom_row(one: Judgement) -> tuple[str, ...]:
    """A judgement as the cells of its row."""
    return (
        to_curie(one.subject.value),
        _one_line(one.subject_label),
        to_curie(one.predicate.value),
        "Not" if one.same is False else "",
        to_curie(one.object.value),
        _one_line(one.object_label),
        one.justification,
        "" if one.confidence is None else f"{one.confidence:.4g}",
        one.author,
        one.date,
        one.tool,
        _one_line(one.comment),
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
