"""`data/links.sssom.tsv`: judgements that two names mean the same entity, or different ones.

The file is SSSOM (https://w3id.org/sssom/spec): a row is a judgement. `skos:exactMatch` says that two names mean one
entity; with `predicate_modifier` `Not`, that they mean two. Other predicates are kept and change nothing, and so does
`sssom:NoTermFound`, which says that no entity was found. A row that cannot be read is a finding, and the next is read.
One that would say that two names mean the same entity is left out, with a warning; one that may say that they do not is
a violation, since without it other rows could unite the two.

An import may state links between IRIs that other imports describe, in `stated_links.txt`. It does not know what these
call an IRI, so a build finds that; in whatever order they came.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import hashlib
import io
import re
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pyoxigraph import NamedNode

from kg.facts.files import IMPORTS, FileFindings, import_tables, read_text, read_yaml
from kg.facts.named_values import LinkedNames
from kg.reports import Finding, Place, Severity
from kg.sql import quote
from kg.terms import FILM, OWL, PREFIXES, SKOS, to_curie, to_iri
from kg.text.ellipsis import shortened
from kg.text.folding import closest

LINKS_FILE = "links.sssom.tsv"
STATED_FILE = "stated_links.txt"
"""The links that an import states and in which it has no name for an IRI: on each line two names or IRIs."""
DIGITS_OF_IRI = 12
"""Digits of its digest with which the name ends that an import gives to an IRI."""
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
"""The slots that are written; others of SSSOM's may be in a file, and are ignored."""
LONGEST_TEXT = 10_000
"""Characters of a label or a comment that are written; Python's reader of CSV takes at most 131,072 in a cell."""
MANUAL, COMPOSITE = "semapv:ManualMappingCuration", "semapv:CompositeMatching"
STATED = "semapv:BackgroundKnowledgeBasedMatching"
"""The justification of a judgement that a dataset states."""
_UNSPECIFIED = "semapv:UnspecifiedMatching"
"""The justification of a judgement without one: SSSOM requires it, but many files lack it."""
EXACT = NamedNode(SKOS + "exactMatch")
_SAME = {EXACT, NamedNode(OWL + "sameAs")}
REQUIRED_COLUMNS = ("subject_id", "predicate_id", "object_id")
_BUILT_IN = {"semapv": "https://w3id.org/semapv/vocab/", "sssom": "https://w3id.org/sssom/"}
"""The prefixes of SSSOM that a file need not declare, beside those that are ours as well."""
NO_TERM_FOUND = NamedNode(_BUILT_IN["sssom"] + "NoTermFound")
_LITERAL = "rdfs literal"
"""The `subject_type` of a row about a text that means an entity, and not about an entity."""
_WIKIDATA = PREFIXES["wd"]
_QID = re.compile(r"Q[1-9]\d{0,15}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One row: two names, whether they mean the same entity, who judged it and why.

    `same` is None where the row says neither: for another relation, or when no entity was found.
    """

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
        """Both names, in no order."""
        return frozenset((self.subject, self.object))


class Links:
    """Judgements, and the clusters of names that they link; true when there is a cluster."""

    def __init__(self, judgements: Iterable[Judgement] = ()) -> None:
        self.judgements = tuple(judgements)
        self._adjacent: dict[NamedNode, list[Judgement]] = defaultdict(list)
        for judgement in self.judgements:
            if judgement.same:
                self._adjacent[judgement.subject].append(judgement)
                self._adjacent[judgement.object].append(judgement)

    def __bool__(self) -> bool:
        return bool(self._adjacent)

    @cached_property
    def clusters(self) -> tuple[frozenset[NamedNode], ...]:
        """The names that mean the same entity, together; each cluster has two or more."""
        clusters: list[frozenset[NamedNode]] = []
        seen: set[NamedNode] = set()
        for name in self._adjacent:
            if name not in seen:
                cluster = frozenset(self._paths_from(name))
                seen |= cluster
                clusters.append(cluster)
        return tuple(clusters)

    @cached_property
    def cluster_of(self) -> Mapping[NamedNode, frozenset[NamedNode]]:
        """Name -> the names that mean the same entity, itself among them."""
        return {name: cluster for cluster in self.clusters for name in cluster}

    def chain(self, start: NamedNode, end: NamedNode) -> tuple[Judgement, ...]:
        """A shortest chain of judgements from one name to another, or an empty tuple."""
        paths = self._paths_from(start)
        steps: list[Judgement] = []
        while end != start and (step := paths.get(end)) is not None:
            steps.append(step)
            end = step.subject if step.object == end else step.object
        return tuple(reversed(steps))

    def contradictions(self) -> Iterator[Finding]:
        """A finding for each judgement that two names differ, where a chain of others makes them the same."""
        for denied in self.judgements:
            if denied.same is False and (steps := self.chain(denied.subject, denied.object)):
                subject, object = to_curie(denied.subject.value), to_curie(denied.object.value)
                chain = " and ".join(
                    f"{to_curie(step.subject.value)} is {to_curie(step.object.value)} (line {step.place.line})"
                    for step in steps
                )
                yield Finding(
                    "facts/contradicting-links",
                    f"{subject} is judged not to be {object}, but {chain}",
                    places=(denied.place, *(step.place for step in steps)),
                    remedy="Remove or correct the wrong judgement.",
                )

    def _paths_from(self, start: NamedNode) -> dict[NamedNode, Judgement | None]:
        """Every name that can be reached, with the last judgement on a shortest path to it, nearest first."""
        last: dict[NamedNode, Judgement | None] = {start: None}
        queue = deque((start,))
        while queue:
            name = queue.popleft()
            for judgement in self._adjacent.get(name, ()):
                other = judgement.object if judgement.subject == name else judgement.subject
                if other not in last:
                    last[other] = judgement
                    queue.append(other)
        return last


def wikidata_item(name: NamedNode) -> NamedNode | None:
    """The Wikidata item of an entity that an import named after it, `film:wd-q1`; None for other names."""
    item = name.value.removeprefix(f"{FILM}wd-").upper()
    return NamedNode(_WIKIDATA + item) if _QID.fullmatch(item) is not None else None


# --- Reading


@dataclass(frozen=True)
class LinksRead:
    """The links of a project, and what is wrong with their file, contradictions between judgements among it."""

    links: Links
    findings: tuple[Finding, ...] = ()


def link_files(data: Path) -> Iterator[Path]:
    """The files of links under `data/`: that of the project, and those of imports whose datasets state links."""
    yield from filter(Path.is_file, (data / LINKS_FILE, *sorted((data / IMPORTS).glob(f"*/{LINKS_FILE}"))))


def digest_of_iri(iri: str) -> str:
    """The digits with which the name ends that an import gives to an IRI of no known dataset."""
    return hashlib.sha256(iri.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS_OF_IRI]


def read_stated_links(data: Path) -> tuple[Judgement, ...]:
    """The links that imports state between IRIs, by the names that all imports give to these."""
    files = sorted(filter(Path.is_file, (data / IMPORTS).glob(f"*/{STATED_FILE}")))
    rows: list[tuple[Place, list[str]]] = [
        (Place(f"data/{path.relative_to(data).as_posix()}", number), cells)
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n"), start=1)
        if len(cells := line.split("\t")) == 2
    ]
    names = _names_of_iris(data, {text for _, pair in rows for text in pair if ":" in text})
    judgements = []
    for place, pair in rows:
        subjects, objects = (names.get(text, ()) if ":" in text else (text,) for text in pair)
        if subjects and objects:
            first, *others = (to_iri(name) for name in dict.fromkeys((*subjects, *objects)))
            comment = f"stated by {place.file.split('/')[-2]}"
            judgements += [Judgement(first, other, True, STATED, comment=comment, place=place) for other in others]
    return tuple(judgements)


def _names_of_iris(data: Path, iris: Collection[str]) -> dict[str, tuple[str, ...]]:
    """IRI -> the names of the entities that imports made of it."""
    if not iris:
        return {}
    import duckdb

    by_digest: dict[str, list[str]] = defaultdict(list)
    for iri in sorted(iris):
        by_digest[digest_of_iri(iri)].append(iri)
    names: dict[str, set[str]] = defaultdict(set)
    with duckdb.connect() as sql:
        sql.execute("CREATE TABLE digest AS SELECT unnest($1::VARCHAR[]) AS digits", [list(by_digest)])
        for folder in sorted((data / IMPORTS).glob("*/")):
            for table in import_tables(folder):
                select = (
                    f"SELECT DISTINCT subject FROM {table} SEMI JOIN digest ON digits = right(subject, {DIGITS_OF_IRI})"
                    f" WHERE starts_with(subject, {quote(f'{folder.name}-')}) AND NOT contains(subject, '.')"
                )
                with contextlib.suppress(duckdb.Error):  # reading its facts says what is wrong with it
                    for (name,) in sql.execute(select).fetchall():
                        for iri in by_digest[name[-DIGITS_OF_IRI:]]:
                            names[iri].add(name)
    return {iri: tuple(sorted(found)) for iri, found in names.items()}


def read_links(path: Path, *, file: str) -> LinksRead:
    """The links in a file, or none when there is no file; `file` is its name in findings."""
    return _read_files({file: path} if path.exists() else {})


def read_project_links(data: Path, *, skipped: Collection[Path] = ()) -> LinksRead:
    """The links of a project, from all of its files but those that are `skipped`."""
    paths = (path for path in link_files(data) if path not in skipped)
    files = {f"data/{path.relative_to(data).as_posix()}": path for path in paths}
    return _read_files(files, stated=read_stated_links(data))


def linked_names(data: Path) -> LinkedNames:
    """What reads the names that the files of a project link, for `read_facts`."""
    return lambda skipped: read_project_links(data, skipped=skipped).links.cluster_of


def _read_files(files: Mapping[str, Path], *, stated: Iterable[Judgement] = ()) -> LinksRead:
    judgements: list[Judgement] = [*stated]
    findings: list[Finding] = []
    for file, path in files.items():
        text = read_text(path, file=file)
        if isinstance(text, Finding):
            findings.append(text)
        else:
            reader = _SssomReader(file)
            judgements += reader.judgements(text)
            findings += reader.findings
    links = Links(judgements)
    return LinksRead(links, (*findings, *links.contradictions()))


@dataclass
class _SssomReader:
    """Parses SSSOM; errors go to `findings`."""

    file: str
    findings: FileFindings = field(default_factory=FileFindings)
    _prefixes: dict[str, str] = field(default_factory=dict)

    def judgements(self, text: str) -> Iterator[Judgement]:
        # Not `splitlines`: a comment may contain a line separator of Unicode.
        lines = text.replace("\r\n", "\n").split("\n")
        head = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
        self._read_prefixes(lines[:head])
        rows = self._rows(lines, head)
        place, header = next(rows, (Place(self.file, head + 1), []))
        if missing := [name for name in REQUIRED_COLUMNS if name not in header]:
            message = f"missing column{'s' if len(missing) > 1 else ''} {' and '.join(missing)}"
            self.findings.add("columns", message, place, remedy=f"The columns are {', '.join(SSSOM_COLUMNS)}.")
            return
        for place, cells in rows:
            if (judgement := self._judgement(header, cells, place)) is not None:
                yield judgement

    def _rows(self, lines: list[str], start: int) -> Iterator[tuple[Place, list[str]]]:
        """The rows from a line on that are not empty; after one that is not closed, the next line is read."""
        while start < len(lines):
            rows = csv.reader((lines[at] + "\n" for at in range(start, len(lines))), delimiter="\t", strict=True)
            before = 0
            try:
                for cells in rows:
                    if any(cells):
                        yield Place(self.file, start + before + 1), cells
                    before = rows.line_num
                return
            except csv.Error as error:
                start += before + 1
                self.findings.add("csv", f"not a row of a table: {error}", Place(self.file, start))

    def _read_prefixes(self, lines: list[str]) -> None:
        """Read the prefixes that the head of the file declares."""
        for root in read_yaml("\n".join(line.removeprefix("#") for line in lines), file=self.file):
            if isinstance(root, Finding):
                self.findings.append(root)
                continue
            for key, value in root.entries or ():
                if key.text == "curie_map":
                    self._prefixes.update({name.text or "": iri.text or "" for name, iri in value.entries or ()})

    def _judgement(self, header: list[str], cells: list[str], place: Place) -> Judgement | None:
        if len(cells) > len(header):
            self.findings.add("csv", f"{len(cells)} cells in a table of {len(header)} columns", place)
            return None
        row = dict(zip(header, cells, strict=False))
        if _LITERAL in (row.get("subject_type"), row.get("object_type")):
            return None
        modifier, day = row.get("predicate_modifier", ""), row.get("mapping_date", "")
        if modifier not in ("", "Not"):
            message = f"predicate_modifier must be Not or empty, not {modifier!r}"
            self.findings.add("value", message, place, value=modifier, suggestions=closest(modifier, ["Not"]))
            return None
        try:
            subject, object, predicate = (
                self._iri(row.get(name, "")) for name in ("subject_id", "object_id", "predicate_id")
            )
            confidence = _confidence(row.get("confidence", ""))
            if day and not _is_day(day):
                raise ValueError(f"mapping_date must be a day such as 2026-11-21, not {day!r}")
            if subject == object and predicate in _SAME and modifier:
                raise ValueError(f"{to_curie(subject.value)} is judged not to be itself")
        except ValueError as error:
            severity = Severity.VIOLATION if modifier else Severity.WARNING
            remedy = "" if modifier else "The row is left out."
            self.findings.add("value", str(error), place, severity=severity, remedy=remedy)
            return None
        is_about_two = predicate in _SAME and subject != object and NO_TERM_FOUND not in (subject, object)
        return Judgement(
            subject,
            object,
            modifier != "Not" if is_about_two else None,
            row.get("mapping_justification") or _UNSPECIFIED,
            confidence,
            row.get("author_id", ""),
            day,
            row.get("mapping_tool", ""),
            row.get("comment", ""),
            row.get("subject_label", ""),
            row.get("object_label", ""),
            predicate,
            place,
        )

    def _iri(self, text: str) -> NamedNode:
        """The entity that a name in a judgement means; an item of Wikidata is the one that imports name after it."""
        prefix, colon, local = text.partition(":")
        namespace = self._prefixes.get(prefix) or _BUILT_IN.get(prefix)
        iri = NamedNode(namespace + local) if colon and namespace else to_iri(text)
        item = iri.value.removeprefix(_WIKIDATA)
        if item != iri.value and _QID.fullmatch(item) is not None:
            return NamedNode(f"{FILM}wd-{item.lower()}")
        return iri


def _is_day(text: str) -> bool:
    try:
        return _DAY.fullmatch(text) is not None and bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False


def _confidence(text: str) -> float | None:
    try:
        confidence = float(text) if text else None
    except ValueError:
        confidence = -1.0
    if confidence is not None and not 0 <= confidence <= 1:
        raise ValueError(f"confidence must be a number between 0 and 1, not {text!r}")
    return confidence


# --- Writing


def to_sssom(judgements: Iterable[Judgement], *, title: str = "") -> str:
    """Judgements as an SSSOM file: the prefixes that are used in the head, then a row each, in the order given."""
    judgements = tuple(judgements)
    used = {
        prefix: PREFIXES[prefix]
        for judgement in judgements
        for iri in (judgement.subject, judgement.object, judgement.predicate)
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


def to_sssom_row(judgement: Judgement) -> tuple[str, ...]:
    """The cells of a judgement's row, in the order of `SSSOM_COLUMNS`."""
    return (
        to_curie(judgement.subject.value),
        _cell(judgement.subject_label),
        to_curie(judgement.predicate.value),
        "Not" if judgement.same is False else "",
        to_curie(judgement.object.value),
        _cell(judgement.object_label),
        judgement.justification,
        "" if judgement.confidence is None else f"{judgement.confidence:.4g}",
        _cell(judgement.author),
        judgement.date,
        judgement.tool,
        _cell(judgement.comment),
    )


def _cell(text: str) -> str:
    """A text on one line, in UTF-8, and no longer than readers of tables accept."""
    return " ".join(shortened(text, LONGEST_TEXT).split()).encode("utf-8", "replace").decode("utf-8")
