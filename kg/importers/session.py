"""One import: what importers add to it, and the fact table, source entry and rejects that come out of it.

Files are written fresh and renamed at the very end, so an import that is stopped leaves nothing behind. Of
`data/sources.yaml` and `data/policy.yaml` only the lines of the imported source are written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode

from kg.decisions.links import LINKS_FILE, STATED, STATED_FILE, Judgement, read_stated_links, to_sssom
from kg.errors import InputError
from kg.facts.files import IMPORTS, import_tables
from kg.facts.literals import is_address, parse_value
from kg.facts.model import Source
from kg.files.atomic import write_file
from kg.files.parquet_files import join_parquet_files
from kg.files.scratch import temporary_directory
from kg.importers.dataset_names import may_share_names
from kg.importers.input_files import Progress
from kg.importers.reject_reasons import RejectReasons, in_words, kind_sql
from kg.importers.source_registry import add_to_source_order, write_source
from kg.importers.spool import COLUMNS, ROW_COLUMNS, Spool
from kg.parts import part_iri
from kg.schema import ValueKind
from kg.shapes.value_limits import limits_for, required_properties, value_limits
from kg.sql import quote
from kg.terms import KNOWN_NAMES, OWL, TYPE, to_iri
from kg.text.number_words import counted

if TYPE_CHECKING:
    import duckdb
    from pyoxigraph import Triple

    from kg.schema import Schema
    from kg.shapes.model import Shapes
    from kg.shapes.value_limits import Limits, RequiredProperty, ValueLimits

PARQUET_FROM_ROWS = 1_000_000
"""A table with more rows is written as Parquet."""
MAX_REJECT_TEXT = 500
"""Characters of a rejected record that are shown."""
_PREFIXES_FILE = "prefixes.txt"
"""The prefixes of an import, where they are not only its source's id and what that begins."""
_ALWAYS = ("subject", "property", "value", "record")
_INVERSE = NamedNode(OWL + "inverseOf")
_CSV = "FORMAT csv, HEADER true"
_LINKS = "SELECT DISTINCT subject, object FROM link WHERE subject <> object"
_IS_OF_IRIS = "(contains(subject, ':') OR contains(object, ':'))"


@dataclass
class ImportSummary:
    """The counts of one import; importers add to them while they read."""

    source: str
    records: int = 0
    facts: int = 0
    entities: int = 0
    rejected: int = 0
    """Records that could not be read."""
    rejected_values: int = 0
    """Values that do not fit their property, and parts without a value that they must have."""
    listed_rejects: int = 0
    """How many of both are in the file of rejects; the others are only counted."""
    reject_reasons: RejectReasons = field(default_factory=RejectReasons)
    unnamed: int = 0
    """Entities without a name in the dataset: their label is their key or identifier."""
    stated_links: int = 0
    """Links to IRIs for which the import has no names."""
    applied_links: int = 0
    """How many of them are between entities that imports describe."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Why records or values were left out -> how many."""
    unmapped: Counter[str] = field(default_factory=Counter)
    """Terms that the mapping does not have -> how often they occurred."""
    files: tuple[Path, ...] = ()
    rejects_file: Path | None = None
    dry_run: bool = False
    source_order: tuple[str, ...] = ()
    """The order of trust in `data/policy.yaml`, where it is known."""

    def to_text(self, *, limit: int = 20) -> str:
        """The summary for people; of each list the `limit` most frequent."""
        verb = "would be written" if self.dry_run else "written"
        entities = counted(self.entities, "entity", "entities")
        counts = f"{counted(self.records, 'record')} read, {counted(self.facts, 'fact')} about {entities} {verb}"
        lines = [f"{self.source}: {counts}", *(f"  to {path.as_posix()}" for path in self.files)]
        if len(self.source_order) > 1:
            rank = self.source_order.index(self.source)
            place = f"below {self.source_order[rank - 1]}" if rank else f"above {self.source_order[1]}"
            lines.append(f"  where sources disagree it ranks {place}: see data/policy.yaml")
        elif self.files and not self.source_order:
            lines.append(f"  where sources disagree it has no rank: add {self.source} to `sources` in data/policy.yaml")
        if self.has_rejects:
            where = f", see {self.rejects_file.as_posix()}" if self.rejects_file is not None else ""
            if where and self.listed_rejects < self.rejected + self.rejected_values:
                where += f" for the first {self.listed_rejects:,}"
            lines.append(f"rejected: {self.rejects_in_words()}{where}")
            lines += _counts(self.reject_reasons.counts, limit)
        if self.unnamed:
            entities = counted(self.unnamed, "entity is", "entities are")
            lines.append(f"without a name: {entities} labelled with the key or identifier")
        if self.stated_links:
            links = f"{counted(self.stated_links, 'link')} to IRIs of other datasets"
            apply = counted(self.applied_links, "applies", "apply")
            lines.append(f"stated: {links}, of which {apply}, since both entities are imported")
        lines += _count_lines("left out", self.skipped, limit)
        lines += _count_lines("not in the mapping", self.unmapped, limit)
        return "\n".join(lines) + "\n"

    @property
    def has_rejects(self) -> bool:
        """True when a record or a value was rejected."""
        return bool(self.rejected or self.rejected_values)

    def rejects_in_words(self) -> str:
        """How many records and values were rejected: `1 record, 3 values`."""
        counts = ((self.rejected, "record"), (self.rejected_values, "value"))
        return ", ".join(counted(count, noun) for count, noun in counts if count)

    def to_json(self) -> dict[str, object]:
        """The summary for programs."""
        return {
            "source": self.source,
            "records": self.records,
            "facts": self.facts,
            "entities": self.entities,
            "rejected": self.rejected,
            "rejected_values": self.rejected_values,
            "reject_reasons": dict(sorted(self.reject_reasons.counts.items())),
            "unnamed": self.unnamed,
            "stated_links": self.stated_links,
            "applied_links": self.applied_links,
            "skipped": dict(sorted(self.skipped.items())),
            "unmapped": dict(sorted(self.unmapped.items())),
            "files": [path.as_posix() for path in self.files],
            "rejects": self.rejects_file.as_posix() if self.rejects_file is not None else None,
            "order": list(self.source_order),
            "dry_run": self.dry_run,
        }


def _count_lines(title: str, counts: Counter[str], limit: int) -> list[str]:
    return [f"{title}: {sum(counts.values()):,}", *_counts(counts, limit)] if counts else []


def _counts(counts: Counter[str], limit: int) -> list[str]:
    """A line for each of the most frequent, and for how many others there are."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    lines = [f"  {count:>9,}  {name}" for name, count in ranked[:limit]]
    if len(ranked) > limit:
        lines.append(f"  and {len(ranked) - limit:,} more; --format json lists them all")
    return lines


@dataclass(frozen=True)
class ImportSession:
    """What an importer adds facts, stubs and rejects to; nothing is written into the project before `finish`.

    `open_session` makes one.
    """

    data: Path
    source: Source
    spool: Spool
    ontology: tuple[Triple, ...]
    schema: Schema
    summary: ImportSummary
    progress: Progress
    limits: Limits = field(default_factory=dict)
    """What the shapes require of values."""
    required: tuple[RequiredProperty, ...] = ()
    """The properties that the shapes require."""
    parquet: bool | None = None
    prefixes: set[str] = field(default_factory=set)
    """What the names of its entities begin with, where the keys after it may be any text."""

    @property
    def folder(self) -> Path:
        """The folder of the files of this import."""
        return self.data / IMPORTS / self.source.id

    @property
    def sql(self) -> duckdb.DuckDBPyConnection:
        """The connection to the tables of the spool."""
        return self.spool.sql

    def temporary_file(self, name: str) -> Path:
        """A file that is deleted when the import ends."""
        return self.spool.folder / name

    def add_fact(
        self,
        subject: str,
        property: NamedNode | str,
        value: NamedNode | str,
        *,
        language: str = "",
        record: str = "",
        rank: str = "",
        written: str = "",
        because: str = "",
        paraphrase: bool = False,
        retrieved: str = "",
    ) -> None:
        """Add a fact, with terms of the ontology by IRI or name; an empty value is left out.

        A value that the property does not take, such as a day that is in no calendar, is left out and counted.
        """
        property = property if isinstance(property, str) else term_name(property)
        value = value if isinstance(value, str) else term_name(value)
        if value and not self._takes(property, value):
            self.summary.skipped[f"{property}: a value that it does not take"] += 1
        elif value:
            day = retrieved or self.spool.retrieved
            is_paraphrase = "true" if paraphrase else ""
            self.spool.write_row(
                (subject, property, value, language, record, rank, written, because, is_paraphrase, day)
            )

    def _takes(self, property: str, value: str) -> bool:
        """True unless the value could not be read as a fact of the property."""
        term = self.schema.properties.get(self.schema.names.get(property, TYPE))
        if term is None or term.value_kind is ValueKind.ENTITY:
            return True
        try:
            parse_value(value, term)
        except ValueError:
            return False
        # The class of the subject is not known yet.
        limits = self.limits.get(term.iri.value, ())
        of_all_classes = (limit for limit in limits if not limit.classes)
        return not limits or (
            any(limit.allows(value) for limit in limits) and all(limit.allows(value) for limit in of_all_classes)
        )

    def limits_for(self, property: str, classes: Iterable[str]) -> tuple[ValueLimits, ...]:
        """What is required of a property's values where its subjects are of one of these classes, all by name."""
        iri = self.schema.names.get(property)
        return limits_for(self.limits, iri.value, self._wider(classes)) if iri is not None else ()

    def required_of(self, classes: Iterable[str], properties: Iterable[str]) -> tuple[str, ...]:
        """The properties that an entity of one of these classes must have beside these, all by name."""
        wider, stated = self._wider(classes), {self.schema.names[name].value for name in properties}
        required = (each.property for each in self.required if each.applies_to(wider, stated))
        return tuple(term_name(NamedNode(iri)) for iri in dict.fromkeys(required))

    def _wider(self, classes: Iterable[str]) -> set[str]:
        """The IRIs of the classes that the members of each of these classes are in."""
        iris = (self.schema.type_names[name] for name in classes if name in self.schema.type_names)
        wider = [{class_iri.value for class_iri in self.schema.ancestors(iri)} for iri in iris]
        return set.intersection(*wider) if wider else set()

    def add_stub(
        self,
        entity: str,
        *,
        class_name: str,
        label: str,
        is_name: bool = True,
        wikidata_id: str = "",
        record: str = "",
        via: str = "",
    ) -> None:
        """Add the stub of an entity that a fact leads to: used only where the dataset does not describe the entity.

        `via` is the property of that fact. A label that `is_name` is of the dataset, and no key or part of an IRI.
        """
        self.spool.write_stub(
            (entity, class_name, label, wikidata_id, "wikidataId", record, via, "true" if is_name else "false")
        )

    def add_name(self, entity: str, label: str) -> None:
        """Add the label of an entity that is not imported, for the case that a fact leads to it."""
        self.spool.write_name((entity, label))

    def add_unmapped(self, entity: str) -> None:
        """Note that the dataset states a class of an entity that the mapping does not have."""
        self.spool.write_row((entity, "type", "", *[""] * (len(ROW_COLUMNS) - 3)))

    def add_link(self, subject: str, object: str) -> None:
        """Add the judgement of the dataset that two names mean the same entity; or IRIs, which other imports name."""
        self.spool.write_link((subject, object))

    def add_redirect(
        self, entity: str, target: str, *, property: str, identifier: str, record: str, because: str
    ) -> None:
        """Add the former name of an entity that the dataset now has under the name `target`.

        Facts that lead to the former name lead to the entity, which keeps the former identifier as deprecated.
        """
        self.spool.write_redirect((entity, target, identifier, property, record, because))

    def reject(self, file: str, line: int, reason: str, text: str = "") -> None:
        """Reject a record that could not be read, with its place and the reason, in which a value may be marked."""
        self.summary.rejected += 1
        self._write_reject(file, line, reason, text)

    def reject_value(self, file: str, line: int, reason: str) -> None:
        """Reject a value of a record, or one of its parts, as `reject` does with a record."""
        self.summary.rejected_values += 1
        self._write_reject(file, line, reason)

    def _write_reject(self, file: str, line: int, reason: str, text: str = "") -> None:
        self.summary.listed_rejects += 1
        self.summary.reject_reasons.add(reason)
        shown = " ".join(text[:MAX_REJECT_TEXT].split())
        self.spool.write_reject(f"{file}:{line}: {in_words(reason)}" + (f": {shown}" if shown else "") + "\n")

    def add_facts_from(
        self, select: str, *, may_fail: bool = False, has_language: bool = False, streamed: bool = False
    ) -> None:
        """Add the facts of a SELECT: subject, property, value, language, record, line, fault.

        Where rows `may_fail`, a row with a fault is not a fact. `streamed` rows are written as they come, unsorted:
        they must come in the same order each time, and none of them twice.
        """
        if may_fail:
            self.sql.execute(f"INSERT INTO fault SELECT line, fault FROM ({select}) WHERE fault <> ''")
            select = f"SELECT * FROM ({select}) WHERE fault = ''"
        if streamed:
            self.spool.stream_rows(select, has_language=has_language)
        else:
            self.spool.insert_rows(select)

    def add_stubs_from(self, select: str) -> None:
        """Add the stubs of a SELECT: entity, class, label, identifier, property, record, via."""
        self.sql.execute(f"INSERT INTO stub BY NAME {select}")

    def add_default_class(self, select: str, class_name: str) -> None:
        """Set the class of those entities of a SELECT (subject, record) that nothing else gives a class."""
        self.sql.execute(
            f"INSERT INTO default_class SELECT subject, {quote(class_name)}, record"
            f" FROM ({select}) AS rows (subject, record)"
        )

    def count_reasons(self, faults: str) -> int:
        """Count the reasons of a SELECT of faults that are not listed; returns how many there are."""
        counts = self.sql.execute(f"SELECT {kind_sql('fault')}, count(*) FROM ({faults}) GROUP BY 1").fetchall()
        for reason, count in counts:
            self.summary.reject_reasons.add(reason, count)
        return sum(count for _, count in counts)

    def take_faults(self, limit: int) -> list[tuple[int, str]]:
        """Remove and return the faults of the facts added so far, with their lines; those over `limit` are counted."""
        ordered = "SELECT line, fault FROM fault ORDER BY ALL"
        faults = self.sql.execute(f"{ordered} LIMIT {limit}").fetchall()
        self.summary.rejected_values += self.count_reasons(f"{ordered} OFFSET {limit}")
        self.sql.execute("DELETE FROM fault")
        return [(int(line), str(fault)) for line, fault in faults]

    def check_prefixes(self, prefix: str, others: Iterable[str]) -> None:
        """Raise `InputError` when keys with a prefix gave names that keys with one of the others gave as well."""
        for other in others:
            if may_share_names(prefix, other):
                shared = f"{self._named(f'{other}-')} INTERSECT SELECT entity FROM stub"
                self._raise_when_shared(shared, f"The prefixes {prefix} and {other}")
        self.prefixes.update((prefix, *others))

    def _check_other_imports(self) -> None:
        """Raise `InputError` when another import has entities of the same names by another prefix."""
        folders = (path for path in (self.data / IMPORTS).glob("*/") if path.name != self.source.id)
        for folder in sorted(folders) if self.prefixes else ():
            recorded = folder / _PREFIXES_FILE
            others = set(recorded.read_text("utf-8").split()) if recorded.exists() else {folder.name}
            pairs = [(ours, other) for ours in self.prefixes - others for other in others - self.prefixes]
            for ours, other in sorted(pair for pair in pairs if may_share_names(*pair)):
                start = max(ours, other, key=len) + "-"
                for table in import_tables(folder):
                    shared = f"{self._named(start)} INTERSECT SELECT subject FROM {table}"
                    self._raise_when_shared(shared, f"The prefix {ours} and that of the import {folder.name}, {other},")

    def _named(self, start: str) -> str:
        """A SELECT of the entities with facts whose names begin so."""
        named = f"SELECT subject FROM row UNION ALL {self.spool.described}"
        return f"SELECT subject FROM ({named}) WHERE starts_with(subject, {quote(start)})"

    def _raise_when_shared(self, select: str, prefixes: str) -> None:
        found = self.sql.execute(f"SELECT min(subject), count(*) FROM ({select}) AS shared (subject)").fetchone()
        if found is not None and found[1]:
            names = f"film:{found[0]}" + (f" and {found[1] - 1:,} others" if found[1] > 1 else "")
            remedy = "State another `prefix` in the mapping, one that does not continue the other."
            raise InputError(f"{prefixes} give different entities one name: {names}. {remedy} Nothing was written.")

    def finish(self) -> ImportSummary:
        """Write everything; raises `InputError` when there are no facts, or names that another import has."""
        self._leave_out_identifiers()
        completion = self.spool.complete(self.schema)
        self._check_other_imports()
        for reason, count in (
            ("facts that lead to an entity of another class: deprecated", completion.deprecated),
            ("names of nodes of which the mapping has neither the class nor a property", completion.only_named),
        ):
            if count:
                self.summary.skipped[reason] += count
        for (class_name, lacking), entities in completion.incomplete.items():
            self.summary.skipped[f"{class_name} without {lacking}"] += entities
        self.summary.unnamed = completion.unnamed
        rows, streams = "SELECT DISTINCT * FROM row", self.spool.streams
        if self.summary.dry_run or not streams:
            self.summary.facts = self.spool.count(rows)
            self.summary.facts += self.spool.count(self.spool.stub_facts) if self.spool.stub_facts else 0
        self.summary.entities = self.spool.count("SELECT DISTINCT subject FROM row")
        self.summary.entities += self.spool.count(self.spool.described)
        self.summary.entities += self.spool.count("FROM stub") if self.spool.stub_facts else 0
        if self.summary.dry_run:
            self.summary.facts += sum(map(self.spool.count, streams))
        if self.summary.dry_run or not streams:
            self._raise_when_empty()
        if not self.summary.dry_run:
            self._publish(rows)
        return self.summary

    def _leave_out_identifiers(self) -> None:
        """Leave out and count the identifiers of entities that are only mentioned, where no shape allows them."""
        for (property,) in self.sql.execute("SELECT DISTINCT property FROM stub WHERE identifier <> ''").fetchall():
            for limit in self.limits_for(property, ()):
                if limit.regex is not None and limit.regex.re2:
                    left_out = self.sql.execute(
                        "UPDATE stub SET identifier = '', property = ''"
                        " WHERE property = ? AND identifier <> '' AND NOT regexp_matches(identifier, ?)",
                        [property, limit.regex.re2],
                    ).fetchone()
                    if left_out is not None and left_out[0]:
                        self.summary.skipped[f"{property}: a value that it does not take"] += int(left_out[0])

    def _raise_when_empty(self) -> None:
        if self.summary.facts or self.spool.count("FROM link"):
            return
        reasons = [f"{count} {reason}" for reason, count in self.summary.skipped.most_common(3)]
        if self.summary.has_rejects:
            with self.spool.rejects.open(encoding="utf-8") as rejects:
                first = rejects.readline().strip()
            reasons.append(f"{self.summary.rejects_in_words()} rejected, first {first}")
        why = f": {'; '.join(reasons)}" if reasons else ""
        raise InputError(f"{counted(self.summary.records, 'record')} produced no facts{why}. Nothing was written.")

    def _publish(self, rows: str) -> None:
        is_large = bool(self.spool.streams) or self.summary.facts > PARQUET_FROM_ROWS
        parquet = self.parquet if self.parquet is not None else is_large
        name, other = ("facts.parquet", "facts.csv") if parquet else ("facts.csv", "facts.parquet")
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f".{name}.unfinished"
        used = self._used_columns()
        stub_facts = self.spool.stub_facts
        if stub_facts and not parquet:
            # People read and compare CSV, so it is sorted as a whole.
            rows, stub_facts = f"SELECT * FROM ({rows}) UNION ALL SELECT * FROM ({stub_facts})", ""
        tables = [f"SELECT {self._columns(used)} FROM ({rows} ORDER BY {', '.join(ROW_COLUMNS)})"]
        tables += [f"SELECT {self._columns(used)} FROM ({stub_facts})"] if stub_facts else []
        tables += [f"SELECT {self._columns(used, streamed=True)} FROM ({stream})" for stream in self.spool.streams]
        try:
            if parquet:
                self.summary.facts = join_parquet_files(self.spool.write_parquet_files(tables), fresh)
            else:
                table = " UNION ALL ".join(f"SELECT * FROM ({select})" for select in tables)
                copied = self.sql.execute(f"COPY ({table}) TO {quote(fresh)} ({_CSV})").fetchone()
                self.summary.facts = int(copied[0]) if copied is not None else 0
            self._raise_when_empty()
            write_source(self.data / "sources.yaml", self.source)
            fresh.replace(self.folder / name)
            self.summary.source_order = add_to_source_order(self.data / "policy.yaml", self.source.id)
        finally:
            fresh.unlink(missing_ok=True)
        (self.folder / other).unlink(missing_ok=True)
        self._publish_rejects(self.folder / "rejects.txt")
        self._publish_prefixes(self.folder / _PREFIXES_FILE)
        self.summary.files = (self.folder / name, *self._publish_links(self.folder / LINKS_FILE))
        self._publish_stated_links(self.folder / STATED_FILE)

    def _used_columns(self) -> set[str]:
        """The optional columns that have a value in some row."""
        optional = [name for name in ROW_COLUMNS if name not in _ALWAYS]
        largest = self.sql.execute(f"SELECT {', '.join(f'max({name})' for name in optional)} FROM row").fetchone()
        used = {name for name, value in zip(optional, largest or (), strict=True) if value}
        return used | (self.spool.streamed_columns if self.spool.streams or self.spool.stub_facts else set())

    def _columns(self, used: set[str], *, streamed: bool = False) -> str:
        """The columns of the table, with NULL for the empty text; streamed rows always have those of every table."""
        columns = []
        for name in COLUMNS:
            if name == "source":
                columns.append(f"{quote(self.source.id)} AS source")
            elif streamed and name in _ALWAYS:
                columns.append(name)
            elif name in used or name in _ALWAYS:
                columns.append(f"nullif({name}, '') AS {name}")
        return ", ".join(columns)

    def _publish_links(self, path: Path) -> Iterator[Path]:
        """Write the judgements of the dataset beside its facts."""
        rows = self.sql.execute(f"{_LINKS} AND NOT {_IS_OF_IRIS} ORDER BY ALL")
        judgements = [
            Judgement(to_iri(subject), to_iri(object), True, STATED, comment=f"stated by {self.source.id}")
            for subject, object in rows.fetchall()
        ]
        if judgements:
            write_file(path, (to_sssom(judgements),))
            yield path
        else:
            path.unlink(missing_ok=True)

    def _publish_stated_links(self, path: Path) -> None:
        """Write the judgements of the dataset on IRIs, and count those IRIs that have a name in some import."""
        rows = self.sql.execute(f"{_LINKS} AND {_IS_OF_IRIS} ORDER BY ALL").fetchall()
        if not rows:
            path.unlink(missing_ok=True)
            return
        write_file(path, (f"{subject}\t{object}\n" for subject, object in rows))
        places = {judgement.place for judgement in read_stated_links(self.data)}
        self.summary.stated_links = len(rows)
        self.summary.applied_links = sum(place.file.split("/")[-2] == self.source.id for place in places)

    def _publish_prefixes(self, path: Path) -> None:
        id = self.source.id
        usual = {prefix for prefix in self.prefixes if prefix.startswith(f"{id}-") and not may_share_names(id, prefix)}
        if self.prefixes <= {id} | usual:
            path.unlink(missing_ok=True)
        else:
            write_file(path, ("".join(f"{prefix}\n" for prefix in sorted(self.prefixes)),))

    def _publish_rejects(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        if self.summary.has_rejects:
            fresh = path.with_name(f".{path.name}.unfinished")
            fresh.write_bytes(self.spool.rejects.read_bytes())
            fresh.replace(path)
            self.summary.rejects_file = path


@contextmanager
def open_session(
    data: Path,
    source: Source,
    ontology: tuple[Triple, ...],
    schema: Schema,
    *,
    retrieved: str = "",
    dry_run: bool = False,
    parquet: bool | None = None,
    progress: Progress = lambda _: None,
    shapes: Shapes | None = None,
) -> Iterator[ImportSession]:
    """An import into the folder `data` of a project, with a spool that is deleted at the end.

    `retrieved` is the day on which the dataset was fetched; `parquet` overrides the choice by size. A value that none
    of the `shapes` allows for its property is not imported. Raises `InputError` for a source with an address that is
    none.
    """
    if source.address and not is_address(source.address):
        raise InputError(f"The source {source.id} has the address {source.address!r}; write one like https://...")
    limits = value_limits(shapes) if shapes is not None else {}
    required = required_properties(shapes) if shapes is not None else ()
    with temporary_directory("import") as folder:
        spool = Spool(folder, retrieved=retrieved)
        # A property with an inverse may be inferred.
        inverses = {
            iri for triple in ontology if triple.predicate == _INVERSE for iri in (triple.subject, triple.object)
        }
        spool.required = tuple(found for found in required if NamedNode(found.property) not in inverses)
        try:
            summary = ImportSummary(source.id, dry_run=dry_run)
            yield ImportSession(data, source, spool, ontology, schema, summary, progress, limits, required, parquet)
        finally:
            spool.close()


# --- names of terms and parts in fact tables


@lru_cache(maxsize=1024)
def term_name(term: NamedNode) -> str:
    """The name of a class or property of the ontology in fact tables.

    >>> from kg import vocabulary as film
    >>> from kg.terms import TYPE
    >>> term_name(film.director), term_name(TYPE)
    ('director', 'type')
    """
    return next((name for name, iri in KNOWN_NAMES.items() if iri == term), term.value.rpartition("/")[2])


def part_name(owner: str, property: NamedNode, id: str) -> str:
    """The name of the part of an entity that is a value of `property`.

    >>> from kg import vocabulary as film
    >>> part_name("oscars-tt28607951", film.recognition, "97-directing")
    'oscars-tt28607951.recognition.97-directing'
    """
    return part_iri(owner, term_name(property), id)
