"""OWL 2 RL inference: triple tables and an ontology in, inferred triples and contradictions out.

The rules are grounded against the ontology, stratified, and run as SQL by semi-naive evaluation:

    merge equal terms  ->  ground the rules  ->  run the strata, lowest first  ->  new equal terms or axioms?  again

`inferred` leaves out, unless requested with `tautologies`: `x owl:sameAs x`, `x rdf:type owl:Thing`, what holds of
every class and property (`c rdfs:subClassOf c`), and the axioms of the vocabulary itself. Triples that RDF does not
allow (a literal as subject, a blank node or literal as predicate) are always left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pyoxigraph import RdfFormat, Triple

from kg.engines.choice import tables_on
from kg.engines.spark_session import master_of
from kg.errors import InputError, LimitError
from kg.graph.ntriples import check_output, write_ntriples
from kg.graph.rdf_files import load_file, read_all_triples
from kg.graph.triple_tables import FIRST_LITERAL_ID, TripleTables
from kg.reasoning import sql
from kg.reasoning.contradictions import Contradictions
from kg.reasoning.datalog import (
    Clause,
    Relation,
    Relations,
    Stratum,
    ground,
    is_comparing,
    is_grouping,
    is_injective,
    stratify,
)
from kg.reasoning.days import DAY_PROPERTIES
from kg.reasoning.ontology import (
    LIST_PREDICATES,
    SCHEMA_CLASSES,
    SCHEMA_PREDICATES,
    TAUTOLOGY_TERMS,
    VOCABULARY_AXIOMS,
    Ontology,
    is_tautology,
)
from kg.reasoning.ontology_lint import (
    IMPORTS,
    ONTOLOGY,
    UNREAD_CLASSES,
    UNREAD_PROPERTIES,
    VERSION,
    outside_profile,
)
from kg.reasoning.owlrl_closure import owlrl_closure
from kg.reasoning.rules import FIRST, OWL_THING, REST, SAME, TYPE, GroundRule, is_variable
from kg.reasoning.same_as import EqualTerms
from kg.reports import Finding, Report, Severity
from kg.terms import Spo, to_spo
from kg.text.number_words import counted
from kg.xsd import SUPPORTED, is_in_datatype

ENGINES = ("sql", "owlrl")

Progress = Callable[..., None]
"""Called with the keywords `rule`, `round` and `triples` after each statement."""


@dataclass(frozen=True, slots=True)
class Inference:
    """The outcome of inference: contradictions and warnings, the ground rules, and how many triples were inferred."""

    report: Report
    rules: tuple[GroundRule, ...]
    rounds: int
    count: int
    ontology: Ontology = field(repr=False)
    is_closed: bool = False
    """True where `inferred` has all that follows, without a contradiction, so that it can be changed with the graph
    (`infer_changes`)."""


def infer(
    tables: TripleTables,
    ontology: Iterable[Triple],
    *,
    derived: Iterable[Triple] | None = (),
    engine: str = "sql",
    schema: bool = False,
    tautologies: bool = False,
    same_as: str = "one",
    progress: Progress | None = None,
) -> Inference:
    """Fill the table `inferred` with everything that follows from the triples and the ontology.

    `derived`, which `inferred` has already if it is None, was inferred by rules outside OWL, and stays in `inferred`.
    With `schema`, conclusions about classes and properties are included; with `tautologies`, so are triples that hold
    in every graph. `same_as` selects the names of an entity under which its facts are written: `one`, `all`, or
    `auto`: all while these are few. `engine` is `sql`, or `owlrl` for the reference engine.
    """
    if engine not in ENGINES:
        raise InputError(f"There is no engine {engine!r}; choose {' or '.join(ENGINES)}.")
    axioms = list(map(to_spo, ontology))
    tables.sql.execute("CREATE OR REPLACE TEMP TABLE axiom(s UINTEGER, p UINTEGER, o UINTEGER)")
    if derived is not None:
        tables.sql.execute("DELETE FROM inferred")
        tables.add(derived, table="inferred")
    tables.add_texts(axioms, table="axiom")
    for name in ("inferred", "axiom"):
        tables.sql.execute(f"DELETE FROM {name} WHERE (s, p, o) IN (SELECT (s, p, o) FROM triple)")
    if engine == "owlrl":
        return _infer_with_owlrl(tables, axioms, schema=schema, tautologies=tautologies)
    return Reasoner(tables, schema=schema, tautologies=tautologies, same_as=same_as, progress=progress).run()


def infer_files(
    data: Sequence[Path],
    *,
    ontology: Sequence[Path] = (),
    output: Path,
    engine: str = "sql",
    only_inferred: bool = False,
    schema: bool = True,
    tautologies: bool = False,
    same_as: str = "auto",
    memory: str | None = None,
    scratch: Path | None = None,
    format: RdfFormat | None = None,
    version: str = "1.2",
    progress: Progress | None = None,
) -> Inference:
    """Read RDF files, infer, and write `output` as N-Triples: data, ontology and inferred triples, or only the last.

    An inconsistent graph is written as well, and its contradictions are in the report. Raises `InputError`, and writes
    nothing, for files that cannot be read. `memory` bounds what is held at once (`"2GB"`); the rest is on disk in the
    folder `scratch`, by default beside the output. `format` is that of all files, by default by their suffixes,
    and `version` the version of RDF that they may have. The `engine` may also be `spark`, or `spark=MASTER`.
    """
    check_output(output, inputs=[*data, *ontology])
    names = ("inferred",) if only_inferred else ("triple", "axiom", "inferred")
    with TemporaryDirectory(prefix=f".{output.name}.", dir=scratch or output.parent) as folder:
        tables = TripleTables(memory=memory, scratch=Path(folder))
        try:
            axioms = list(read_all_triples(ontology, format=format, version=version))
            for path in data:
                load_file(tables, path, format=format, version=version)
            options = {"schema": schema, "tautologies": tautologies, "same_as": same_as, "progress": progress}
            inference = _infer_on(engine, tables, axioms, Path(folder), **options)
            write_ntriples(tables, output, names=names)
        except tables.out_of_memory as error:
            bound = f" within {memory}" if memory is not None else ""
            raise LimitError(
                f"The memory{bound} is not enough. Allow more memory, or free disk space.", limit="memory"
            ) from error
        finally:
            tables.sql.close()
    return inference


def infer_tables(
    source: Path,
    *,
    ontology: Iterable[Path] = (),
    output: Path,
    engine: str,
    schema: bool = True,
    tautologies: bool = False,
    same_as: str = "auto",
    progress: Progress | None = None,
) -> Inference:
    """Infer from the Parquet tables of a snapshot on Spark alone, and write those of another to the folder `output`.

    No process holds the dictionary, so that the size of the graph is no matter. All but the days of dates is inferred
    anew, by default with the graph that is its ontology; named graphs and facts are written as well. Raises
    `InputError` for an engine that is not Spark, and for an output that is there already.
    """
    from kg.engines.hashed_tables import hashed_on_spark

    if (master := master_of(engine)) is None:
        raise InputError(f"{source} has tables: infer from them with --engine spark.")
    if output.exists():
        raise InputError(f"{output} exists already.")
    axioms = list(read_all_triples(ontology))
    with hashed_on_spark(source, master, scratch=output.parent) as tables:
        tables.keep_inferred(DAY_PROPERTIES)
        options = {"schema": schema, "tautologies": tautologies, "same_as": same_as, "progress": progress}
        inference = infer(tables, axioms or tables.ontology(), derived=None, **options)  # type: ignore[arg-type]
        tables.write(output, with_axioms=bool(axioms))
    return inference


# Rules about an ontology are the same at each build of a program that watches its files.
@lru_cache(maxsize=4)
def _closed_and_grounded(axioms: tuple[Spo, ...], datatypes: bool) -> tuple[Ontology, tuple[GroundRule, ...]]:
    """The closed ontology, and the rules grounded by it."""
    ontology = Ontology(axioms, datatypes=datatypes)
    return ontology, tuple(ground(ontology))


def _infer_on(engine: str, tables: TripleTables, axioms: Iterable[Triple], scratch: Path, **options: Any) -> Inference:
    """`infer` with an engine of `ENGINES`, or with `spark` or `spark=MASTER`, whose files are in `scratch`."""
    with tables_on(engine, tables, results=("axiom", "inferred"), scratch=scratch) as computed:
        return infer(computed, axioms, engine=engine if computed is tables else "sql", **options)


class Reasoner:
    """One run of the SQL engine over triple tables."""

    def __init__(
        self, tables: TripleTables, *, schema: bool, tautologies: bool, same_as: str, progress: Progress | None
    ) -> None:
        self.tables, self.schema, self.tautologies, self.same_as = tables, schema, tautologies, same_as
        self.progress = progress
        self.equal_terms = EqualTerms(tables)
        self.rounds = 0

    def run(self) -> Inference:
        """Repeat until nothing new follows; then find contradictions and clean up."""
        self.equal_terms.merge_same_as()
        while True:
            self.rounds += 1
            ontology, rules = self._read_ontology()
            needed = [rule for rule in rules if not rule.is_redundant]
            clauses = self._clauses(needed)
            if self._merge_equal_terms(needed):
                continue
            self._add_axioms_read_as_facts(needed, ontology)
            self._add_types_of_literals()
            has_reflexive = self._add_reflexive_facts(needed)
            strata = tuple(stratify(clauses, self.relations))
            self._run_strata(strata)
            if self._merge_equal_terms(needed) or self._has_new_axioms(clauses, ontology):
                continue
            if not (has_reflexive and self._add_reflexive_facts(needed)):
                break
        contradictions = self._contradictions(rules)
        findings = [*contradictions, *self._faults(ontology)]
        closed = self.tables.count("inferred")
        findings += self._clean(ontology, strata)
        is_closed = not contradictions and self.is_plain(needed) and closed == self.tables.count("inferred")
        return replace(self._inference(findings, rules, ontology), is_closed=is_closed)

    def is_plain(self, rules: Iterable[GroundRule]) -> bool:
        """True where all that follows follows from given triples about entities, under their own names."""
        patterns = [pattern for rule in rules for pattern in rule.body]
        reads_equality = any(pattern[1] == SAME for rule in rules if not is_comparing(rule) for pattern in rule.body)
        reads_more = any(map(_may_be_axiom, patterns)) or bool(self.classes_read & SUPPORTED)
        return not (reads_equality or reads_more or self.equal_terms or self.equal_terms.unequal)

    def check(self) -> Inference:
        """The findings about triples that are closed already; nothing is inferred."""
        self.equal_terms.merge_same_as()
        while True:
            ontology, rules = self._read_ontology()
            needed = [rule for rule in rules if not rule.is_redundant]
            self._clauses(needed)
            if not self._merge_equal_terms(needed):
                break
        return self._inference([*self._contradictions(rules), *self._faults(ontology)], rules, ontology)

    def _read_ontology(self) -> tuple[Ontology, tuple[GroundRule, ...]]:
        """The axioms that are known, and the rules grounded by them."""
        ontology, rules = _closed_and_grounded(tuple(self._schema_triples()), self.tautologies)
        self.ids = self._ids_of(rules)
        self.present = self._present_relations()
        return ontology, rules

    def _contradictions(
        self, rules: tuple[GroundRule, ...], *, new: Container[Relation] | None = None
    ) -> list[Finding]:
        """What the rules forbid; with `new`, the relations in `delta`, only what the triples of `delta` contradict."""
        contradictions = Contradictions(self.tables, self.ids, self.present, self.relations, new=new)
        return list(contradictions.find(rules, self.equal_terms))

    def _faults(self, ontology: Ontology) -> list[Finding]:
        """What is wrong with the ontology alone."""
        return [*ontology.faults, *outside_profile([*ontology.asserted, *self._unread_axioms()], ontology)]

    def _inference(self, findings: list[Finding], rules: tuple[GroundRule, ...], ontology: Ontology) -> Inference:
        count = self.tables.count("inferred")
        counts = {"asserted": self.tables.count("triple"), "inferred": count, "rules": len(rules)}
        return Inference(Report(tuple(findings), counts), rules, self.rounds, count, ontology)

    def _execute(self, statement: str) -> list[tuple[int, ...]]:
        result = self.tables.sql.execute(statement)
        return result.fetchall() if statement.startswith("SELECT") else []

    # --- equality

    def _merge_equal_terms(self, rules: list[GroundRule]) -> bool:
        """Make equal what the facts so far make equal; True when that changed anything, and rules are grounded anew."""
        changes = [self.equal_terms.merge_same_as(), self._merge_equal_values(rules), self._run_grouping(rules)]
        return any(changes)

    def _merge_equal_values(self, rules: list[GroundRule]) -> bool:
        """Compare literals by value where some rule compares them: as keys, as required values, as members of lists."""
        properties = {p for rule in rules for p in self._compared_properties(rule) if (p, "") in self.present}
        constants = {t for rule in rules for pattern in (*rule.body, *rule.head) for t in pattern if t.startswith('"')}
        if not properties and not constants and not self.equal_terms:
            return False
        return self.equal_terms.merge_equal_values(
            properties=(self.ids[p] for p in properties), constants=(self.ids[c] for c in constants)
        )

    def _compared_properties(self, rule: GroundRule) -> set[str]:
        """The properties whose values this rule compares: with each other, with a constant, or as its subjects."""
        uses = Counter(t for s, p, o in rule.body for t in (s, o) if p != SAME)
        if is_comparing(rule):
            uses.update(t for _, p, o in rule.body for t in (o,) if p == SAME)
        if rule.head and not self._is_unread_datatype(rule.head[0]):
            uses.update([rule.head[0][0]])
        return {p for _, p, o in rule.body if p not in (TYPE, SAME) and (uses[o] > 1 or o.startswith('"'))}

    def _run_grouping(self, rules: list[GroundRule]) -> bool:
        """Run the rules that make the terms of a group equal, each with the first: enough to merge them all."""
        live = [
            rule
            for rule in rules
            if is_grouping(rule) and all(self.relations.of(pattern) in self.present for pattern in rule.body)
        ]
        if not live:
            return False
        # A key identifies named entities (https://www.w3.org/TR/owl2-syntax/#Keys), and no literals.
        selected = dict.fromkeys(
            sql.equal_pairs(rule.body, rule.head[0], self.ids, entities_only=rule.rule.name == "prp-key")
            for rule in live
        )
        return self.equal_terms.merge_rows(" UNION ".join(selected))

    def _add_reflexive_facts(self, rules: list[GroundRule]) -> bool:
        """State that every term is equal to itself where a rule reads owl:sameAs as facts; True when any was added."""
        is_read = any(p == SAME for rule in rules if not is_comparing(rule) for _, p, _ in rule.body)
        if not is_read and not self.equal_terms.has_names(SAME):
            return False
        before = self.tables.count("inferred")
        terms = " UNION ".join(f"SELECT {place} AS t FROM known" for place in "spo")
        same = f"CAST({self.ids[SAME]} AS UINTEGER)"
        self._execute(f"INSERT INTO inferred SELECT t, {same}, t FROM ({terms}) AS u EXCEPT SELECT s, p, o FROM known")
        self.present |= {(SAME, "")}
        return self.tables.count("inferred") > before

    # --- the ontology

    def _schema_triples(self) -> list[Spo]:
        """The triples of the ontology or the data that are about classes and properties."""
        has_lists = self.tables.find_ids(LIST_PREDICATES)
        return self._triples_with({*SCHEMA_PREDICATES, *((FIRST, REST) if has_lists else ())}, SCHEMA_CLASSES)

    def _unread_axioms(self) -> list[Spo]:
        """The triples about classes and properties that no rule reads."""
        return self._triples_with([*UNREAD_PROPERTIES, IMPORTS, VERSION], [*UNREAD_CLASSES, ONTOLOGY])

    def _triples_with(self, properties: Iterable[str], classes: Iterable[str]) -> list[Spo]:
        """The triples with these properties, and the members of these classes."""
        ids = self.tables.find_ids([*properties, *classes, TYPE])
        property_ids = [ids[p] for p in properties if p in ids]
        class_ids = [ids[c] for c in classes if c in ids]
        conditions = []
        if property_ids:
            conditions.append(f"p IN ({', '.join(map(str, property_ids))})")
        if class_ids and TYPE in ids:
            conditions.append(f"(p = {ids[TYPE]} AND o IN ({', '.join(map(str, class_ids))}))")
        if not conditions:
            return []
        rows = self._execute(f"SELECT s, p, o FROM known WHERE {' OR '.join(conditions)} ORDER BY s, p, o")
        texts = self.tables.decode(id for row in rows for id in row)
        return [(texts[s], texts[p], texts[o]) for s, p, o in rows]

    def _has_new_axioms(self, clauses: list[Clause], ontology: Ontology) -> bool:
        """True when a rule about facts gave a triple about the ontology, so that rules must be grounded anew."""
        if not any(_may_be_axiom(clause.head) for clause in clauses):
            return False
        return any(triple not in ontology and triple[1] not in (FIRST, REST) for triple in self._schema_triples())

    # --- the rules

    def _ids_of(self, rules: tuple[GroundRule, ...]) -> dict[str, int]:
        texts = {t for rule in rules for p in (*rule.body, *rule.head) for t in p if not is_variable(t)}
        return self.tables.encode(sorted(texts | {TYPE, OWL_THING, SAME}))

    def _present_relations(self, table: str = "known") -> set[Relation]:
        """The relations that have facts."""
        rows = self._execute(f"SELECT DISTINCT p, CASE WHEN p = {self.ids[TYPE]} THEN o END FROM {table}")
        texts = self.tables.decode(id for row in rows for id in row if id is not None)
        return {(texts[p], "") for p, _ in rows} | {(TYPE, texts[c]) for _, c in rows if c is not None}

    def _clauses(self, rules: list[GroundRule]) -> list[Clause]:
        """The rules that give facts, each body and head once."""
        self.classes_read = {o for rule in rules for _, p, o in rule.body if p == TYPE}
        # That everything is an owl:Thing is only worth stating when some rule reads it.
        states_thing = self.tautologies or OWL_THING in self.classes_read
        clauses = dict.fromkeys(
            Clause(rule.body, rule.head[0], self._is_unread_datatype(rule.head[0]), rule.rule.name)
            for rule in rules
            if rule.head and not is_grouping(rule) and (states_thing or rule.head[0][1:] != (TYPE, OWL_THING))
        )
        self.relations = Relations(clauses)
        return list(clauses)

    def _is_unread_datatype(self, head: Spo) -> bool:
        """True where stating the datatype of a literal would help no rule: whether it fits is checked at the end."""
        return head[1] == TYPE and head[2] in SUPPORTED and head[2] not in self.classes_read

    def _add_axioms_read_as_facts(self, rules: list[GroundRule], ontology: Ontology) -> None:
        """State conclusions about classes and properties where a rule reads these as facts."""
        if any(_may_be_axiom(pattern) for rule in rules for pattern in rule.body):
            self._add_schema(ontology, tautologies=True)
            self.present = self._present_relations()

    def _add_types_of_literals(self) -> None:
        """State the datatypes of literals where a rule reads them, or where a literal names an entity (dt-type2)."""
        named = self.equal_terms.literals_of_entities()
        facts = {(root, TYPE, d) for root, text in named for d in SUPPORTED if is_in_datatype(d, text)}
        if datatypes := sorted(self.classes_read & SUPPORTED):
            rows = self.tables.sql.execute(f"SELECT text FROM term WHERE id >= {FIRST_LITERAL_ID}").fetchall()
            root_of = self.equal_terms.terms.representative
            facts |= {(root_of(text), TYPE, d) for (text,) in rows for d in datatypes if is_in_datatype(d, text)}
        if facts:
            self._add_new(sorted(facts))
            self.present = self._present_relations()

    def _add_new(self, facts: Iterable[Spo]) -> None:
        """Add to `inferred` those facts that are not known."""
        self._execute("CREATE OR REPLACE TEMP TABLE conclusion(s UINTEGER, p UINTEGER, o UINTEGER)")
        self.tables.add_texts(facts, table="conclusion")
        # Not EXCEPT, which would hash the complete graph for a handful of triples.
        is_new = "NOT EXISTS (SELECT 1 FROM known AS k WHERE k.s = c.s AND k.p = c.p AND k.o = c.o)"
        self._execute(f"INSERT INTO inferred SELECT s, p, o FROM conclusion AS c WHERE {is_new}")

    # --- semi-naive evaluation

    def _run_strata(self, strata: Iterable[Stratum]) -> None:
        for stratum in strata:
            self._run_stratum(stratum)

    def _run_stratum(self, stratum: Stratum) -> None:
        self._run_once(self._live(stratum.base))
        self._run_once(self._live(stratum.copies))
        if stratum.recursive:
            self._run_to_fixpoint(stratum.recursive)

    def _live(self, clauses: Iterable[Clause], more: Container[Relation] = ()) -> list[Clause]:
        """The clauses whose relations all have facts, or are among `more`."""
        of = self.relations.of
        return [c for c in clauses if all((relation := of(p)) in self.present or relation in more for p in c.body)]

    def _run_once(self, clauses: list[Clause]) -> None:
        """Run clauses that do not depend on each other; duplicates are removed only where there can be any."""
        producers = Counter(self.relations.of(clause.head) for clause in clauses)
        unique: list[Clause] = []
        others: list[Clause] = []
        for clause in clauses:
            relation = self.relations.of(clause.head)
            is_unique = producers[relation] == 1 and relation not in self.present and is_injective(clause)
            (unique if is_unique else others).append(clause)
        for group, distinct in ((unique, False), (others, True)):
            if group:
                heads = {self.relations.of(clause.head) for clause in group}
                known_in = sql.in_relations(heads & self.present, self.ids)
                self._execute(sql.insert(sql.selects(group, self.ids), distinct=distinct, known_in=known_in))
                self.present |= heads
        if clauses:
            self._report_progress(clauses)

    def _run_to_fixpoint(self, clauses: tuple[Clause, ...]) -> None:
        """Run clauses that depend on each other, each round on the delta of the last, until nothing is new."""
        heads = {self.relations.of(clause.head) for clause in clauses}
        clauses = tuple(self._live(clauses, more=heads))
        known_in = sql.in_relations(heads, self.ids)
        selected = sql.selects(self._live(clauses), self.ids)
        while selected:
            new = sql.select_new(" UNION ALL ".join(selected), known_in)
            self._execute(f"CREATE OR REPLACE TEMP TABLE delta AS {new}")
            if not self._execute("SELECT 1 FROM delta LIMIT 1"):
                break
            self._execute("INSERT INTO inferred SELECT s, p, o FROM delta")
            self.rounds += 1
            self._report_progress(clauses)
            selected = []
            for place in range(max(len(clause.body) for clause in clauses)):
                reading = [c for c in clauses if len(c.body) > place and self.relations.of(c.body[place]) in heads]
                selected += sql.selects(reading, self.ids, delta=place)
        self.present |= heads

    def _report_progress(self, clauses: Iterable[Clause]) -> None:
        if self.progress is not None:
            rules = ", ".join(sorted({clause.rule for clause in clauses}))
            self.progress(rule=rules, round=self.rounds, triples=self.tables.count("inferred"))

    # --- the end

    def _clean(self, ontology: Ontology, strata: Iterable[Stratum]) -> list[Finding]:
        """Leave in `inferred` what is RDF, not a tautology, and about entities; a finding when names were left out."""
        has_equal_names = bool(self.equal_terms)
        if self.same_as != "all" and self.equal_terms.separate_literals():
            self._run_strata(strata)
            self.equal_terms.add_united_literals()
        if self.schema:
            self._add_schema(ontology, tautologies=self.tautologies or has_equal_names)
        names_left_out = self.equal_terms.write_inferred(self.same_as)
        unwanted = self._unwanted(ontology)
        if self.tautologies:
            self._add_tautologies()
        self._execute(f"DELETE FROM inferred WHERE {' OR '.join(unwanted)}")
        if not self.tautologies and has_equal_names:
            self._delete_vocabulary_axioms()
        if not names_left_out or self.same_as == "one":
            return []
        are_equal = counted(names_left_out, "name is equal to another", "names are equal to others")
        message = f"{are_equal}; facts are written under one name of each entity only."
        return [Finding("owl/same-as", message, Severity.INFO, remedy="--same-as all writes them under every name.")]

    def _unwanted(self, ontology: Ontology, table: str = "inferred") -> list[str]:
        """Conditions for triples of a table that are not RDF, tautologies, or not about entities."""
        properties = self.tables.decode(row[0] for row in self._execute(f"SELECT DISTINCT p FROM {table}"))
        unwanted = [f"s >= {FIRST_LITERAL_ID}", *(f"p = {p}" for p, t in properties.items() if not t.startswith("<"))]
        if not self.tautologies:
            unwanted += sql.tautologies(self.tables.encode(sorted(TAUTOLOGY_TERMS)))
        return unwanted if self.schema else unwanted + self._about_schema(ontology, properties)

    def _add_tautologies(self) -> None:
        """State that everything is the same as itself, and the axioms of the vocabulary."""
        self._execute("CREATE OR REPLACE TEMP TABLE tautology(s UINTEGER, p UINTEGER, o UINTEGER)")
        self.tables.add_texts(sorted(VOCABULARY_AXIOMS), table="tautology")
        written = " UNION ALL ".join(f"SELECT s, p, o FROM {table}" for table in _WRITTEN)
        terms = " UNION ".join(f"SELECT {place} AS t FROM ({written}) AS w" for place in "spo")
        self._execute(
            f"INSERT INTO inferred (SELECT t, CAST({self.ids[SAME]} AS UINTEGER), t FROM ({terms}) AS u"
            f" WHERE t < {FIRST_LITERAL_ID} UNION SELECT s, p, o FROM tautology) EXCEPT ({written})"
        )

    def _delete_vocabulary_axioms(self) -> None:
        """Leave out the axioms of the vocabulary, which other names of classes can make appear."""
        self._execute("CREATE OR REPLACE TEMP TABLE tautology(s UINTEGER, p UINTEGER, o UINTEGER)")
        self.tables.add_texts(sorted(VOCABULARY_AXIOMS), table="tautology")
        self._execute("DELETE FROM inferred WHERE (s, p, o) IN (SELECT (s, p, o) FROM tautology)")

    def _about_schema(self, ontology: Ontology, properties: Mapping[int, str]) -> list[str]:
        """Conditions for triples about classes and properties, not about entities."""
        conditions = [f"p = {id}" for id, text in properties.items() if text in SCHEMA_PREDICATES]
        classes = self.tables.find_ids(SCHEMA_CLASSES).values()
        if classes:
            conditions.append(f"(p = {self.ids[TYPE]} AND o IN ({', '.join(map(str, sorted(classes)))}))")
        subjects = self.tables.find_ids(sorted({s for s, _, _ in ontology.asserted if not s.startswith('"')}))
        in_axioms = {row[0] for row in self._execute("SELECT DISTINCT s FROM axiom")}
        ids = sorted(set(subjects.values()) & in_axioms)
        if ids:
            conditions.append(f"s IN ({', '.join(map(str, ids))})")
        return conditions

    def _add_schema(self, ontology: Ontology, *, tautologies: bool) -> None:
        """State what follows about classes and properties."""
        derived = [t for t, step in ontology.derivations.items() if step.rule.name != "dt-eq"]
        self._add_new(t for t in derived if tautologies or not is_tautology(t))


_WRITTEN = ("triple", "axiom", "inferred")
"""The tables of everything that is written."""


def _may_be_axiom(pattern: Spo) -> bool:
    """True when the pattern matches triples about classes and properties."""
    _, p, o = pattern
    return p in SCHEMA_PREDICATES or (p == TYPE and (is_variable(o) or o in SCHEMA_CLASSES))


# --- owlrl, the reference engine: slow and exact


def _infer_with_owlrl(tables: TripleTables, axioms: list[Spo], *, schema: bool, tautologies: bool) -> Inference:
    """Fill `inferred` with what owlrl concludes, with the same omissions and the same findings as the SQL engine."""
    asserted, derived = set(tables.triple_texts()), set(tables.triple_texts(table="inferred"))
    closed = owlrl_closure(asserted | derived | set(axioms))
    schema_subjects = {s for s, p, _ in axioms if p in SCHEMA_PREDICATES or p == TYPE}

    def is_included(triple: Spo) -> bool:
        s, p, o = triple
        if not tautologies and is_tautology(triple):
            return False
        is_about_schema = p in SCHEMA_PREDICATES or (p == TYPE and o in SCHEMA_CLASSES) or s in schema_subjects
        return schema or not is_about_schema

    new = closed.triples - asserted - set(axioms)
    tables.add_texts(sorted(new | closed.about_literals), table="inferred")
    checked = Reasoner(tables, schema=schema, tautologies=tautologies, same_as="one", progress=None).check()
    tables.sql.execute("DELETE FROM inferred")
    tables.add_texts(filter(is_included, sorted(new)), table="inferred")
    count = tables.count("inferred")
    return replace(
        checked, count=count, report=replace(checked.report, counts={**checked.report.counts, "inferred": count})
    )
