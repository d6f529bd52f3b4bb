"""Asserted triples and an ontology walk in; what follows by OWL 2 RL walks out, and each contradiction as a finding.

The rules are grounded against the ontology, ordered, and run as SQL over the workshop's tables:

    equal names become one name  ->  rules are grounded  ->  strata run, lowest first  ->  new equal names?  again
                                                                                      ->  new axioms?  again

What is left out of `inferred`, unless asked for with `trivial`: `x owl:sameAs x`, `x rdf:type owl:Thing`, what holds of
every class and property (`c rdfs:subClassOf c`), the axioms of the vocabulary itself. Triples that RDF does not have
- a literal as subject, a blank node or literal as predicate - are always left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from pyoxigraph import BlankNode, Triple

from kg.errors import InputError, LimitError
from kg.graph.ntriples import write_ntriples
from kg.graph.rdf_files import load_file, read_triples
from kg.graph.triple_tables import FIRST_LITERAL_ID, TripleTables
from kg.reasoning import sql as sql
from kg.reasoning.contradictions import Contradictions
from kg.reasoning.equal_names import Names
from kg.reasoning.grounding import ground, is_equality
from kg.reasoning.ontology import LIST_PREDICATES, SCHEMA_CLASSES, SCHEMA_PREDICATES, Ontology
from kg.reasoning.ontology_lint import UNREAD, UNREAD_CLASSES, outside
from kg.reasoning.rules import FIRST, REST, SAME, THING, TYPE, GroundRule, is_variable
from kg.reasoning.strata import Clause, Relation, Relations, Stratum, copies_without_loss, to_strata
from kg.reasoning.tautologies import AXIOMS, WORDS, is_trivial
from kg.reports import Finding, Report, Severity
from kg.terms import Spo, to_text
from kg.xsd import SUPPORTED, is_in_datatype

ENGINES = ("sql", "owlrl")
Progress = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Inference:
    """What reasoning did: contradictions as a report, the grounded rules, how often it went round, triples inferred."""

    report: Report
    rules: tuple[GroundRule, ...]
    rounds: int
    count: int
    ontology: Ontology = field(repr=False)


def infer(
    workshop: TripleTables,
    ontology: Iterable[Triple],
    *,
    engine: str = "sql",
    schema: bool = False,
    trivial: bool = False,
    same_as: str = "one",
    progress: Progress | None = None,
) -> Inference:
    """Fill the workshop's `inferred` with what follows from its triples and the ontology.

    With `schema`, also what follows about the classes and properties themselves; with `trivial`, also what says
    nothing. `same_as` says under which names of one thing facts are written: `one`, `all`, or `auto`: all while they
    are few. `engine` is `sql`, or `owlrl` for the reference.
    """
    texts = [(to_text(t.subject), to_text(t.predicate), to_text(t.object)) for t in ontology]  # type: ignore[arg-type]
    if engine not in ENGINES:
        raise InputError(f"{engine!r} is no engine; there are {' and '.join(ENGINES)}.")
    workshop.sql.execute("DELETE FROM inferred")
    workshop.sql.execute("CREATE OR REPLACE TEMP TABLE axiom(s UINTEGER, p UINTEGER, o UINTEGER)")
    workshop.add_texts(texts, table="axiom")
    workshop.sql.execute("DELETE FROM axiom WHERE (s, p, o) IN (SELECT (s, p, o) FROM triple)")
    if engine == "owlrl":
        from kg.reasoning.owlrl_engine import infer_by_reference

        return infer_by_reference(workshop, texts, schema=schema, trivial=trivial)
    return _Run(workshop, schema=schema, trivial=trivial, same_as=same_as, progress=progress).run()


class _Run:
    """One run of the reasoner over one workshop."""

    def __init__(
        self, workshop: TripleTables, *, schema: bool, trivial: bool, same_as: str, progress: Progress | None
    ) -> None:
        self.workshop, self.schema, self.trivial, self.same_as = workshop, schema, trivial, same_as
        self.progress = progress if progress is not None else _silent
        self.names = Names(workshop)
        self.rounds = 0

    def run(self) -> Inference:
        """Go round until nothing new follows, then report and clean up."""
        self.names.unite_said()
        while True:
            self.rounds += 1
            ontology = Ontology(self._schema_triples(), trivial=self.trivial)
            rules = tuple(ground(ontology))
            told = [rule for rule in rules if rule.told]
            self.ids = self._numbers(rules)
            self.present = self._present_kinds()
            steps = self._steps(told)
            equalities = [rule for rule in told if is_equality(rule)]
            if self._unite_values(told) or self._unite_equals(equalities):
                continue
            self._state_axioms(told, ontology)
            self._state_value_types()
            for stratum in to_strata(steps, self.kinds):
                self._run_stratum(stratum)
            if self._unite_equals(equalities) or self._says_same(steps) or self._new_axioms(steps, ontology):
                continue
            break
        found = tuple(Contradictions(self.workshop, self.ids, self.present, self.kinds).find(rules, self.names.refused))
        beyond = outside([*ontology.told, *self._unread_triples()], ontology)
        left_out = (*beyond, *self._clean(ontology))
        count = self.workshop.count("inferred")
        counts = {"asserted": self.workshop.count("triple"), "inferred": count, "rules": len(rules)}
        return Inference(Report((*ontology.faults, *found, *left_out), counts), rules, self.rounds, count, ontology)

    def _execute(self, statement: str) -> list[tuple[int, ...]]:
        found = self.workshop.sql.execute(statement)
        return found.fetchall() if statement.startswith("SELECT") else []

    # --- equal names

    def _unite_values(self, rules: list[GroundRule]) -> bool:
        """Literals are compared by value where some rule compares them: as keys, as required values."""
        predicates = {p for rule in rules for p in _compared(rule) if (p, "") in self.present}
        return bool(predicates) and self.names.unite_values(self.ids[p] for p in predicates)

    def _unite_equals(self, rules: list[GroundRule]) -> bool:
        """Run the rules that make names one, each name with the first of its group only: enough to unite them all."""
        live = [rule for rule in rules if all(self.kinds.of(p) in self.present for p in rule.body)]
        if not live:
            return False
        # A key tells things apart that have names (OWL 2 syntax, section 9.5): a literal is none of them.
        selected = dict.fromkeys(
            sql.equal_pairs(rule.body, rule.head[0], self.ids, things_only=rule.rule.name == "prp-key") for rule in live
        )
        return self.names.unite([(row[0], row[1]) for row in self._execute(" UNION ".join(selected))])

    def _says_same(self, steps: list[Clause]) -> bool:
        """True when a rule made a new owl:sameAs triple (a property below owl:sameAs, say)."""
        return any(step.head[1] == SAME for step in steps) and self.names.unite_said()

    # --- the ontology

    def _schema_triples(self) -> list[Spo]:
        """The triples, from the ontology or the data, that say something about classes and properties."""
        rows = self._schema_rows()
        texts = self.workshop.decode(number for row in rows for number in row)
        return [(texts[s], texts[p], texts[o]) for s, p, o in rows]

    def _unread_triples(self) -> list[Spo]:
        """The triples about classes and properties that no rule reads."""
        rows = self._rows_of(UNREAD, UNREAD_CLASSES)
        texts = self.workshop.decode(number for row in rows for number in row)
        return [(texts[s], texts[p], texts[o]) for s, p, o in rows]

    def _schema_rows(self) -> list[tuple[int, ...]]:
        has_lists = self.workshop.find_ids(LIST_PREDICATES)
        return self._rows_of({*SCHEMA_PREDICATES, *((FIRST, REST) if has_lists else ())}, SCHEMA_CLASSES)

    def _rows_of(self, properties: Iterable[str], members_of: Iterable[str]) -> list[tuple[int, ...]]:
        """The triples with these properties, and those that say that something is in these classes."""
        ids = self.workshop.find_ids([*properties, *members_of, TYPE])
        predicates = [ids[p] for p in properties if p in ids]
        classes = [ids[c] for c in members_of if c in ids]
        conditions = []
        if predicates:
            conditions.append(f"p IN ({', '.join(map(str, predicates))})")
        if classes and TYPE in ids:
            conditions.append(f"(p = {ids[TYPE]} AND o IN ({', '.join(map(str, classes))}))")
        if not conditions:
            return []
        return self._execute(f"SELECT s, p, o FROM known WHERE {' OR '.join(conditions)} ORDER BY s, p, o")

    def _new_axioms(self, steps: list[Clause], ontology: Ontology) -> bool:
        """True when a rule about facts gave a triple about the ontology, so that rules must be grounded anew."""
        if not any(
            p in SCHEMA_PREDICATES or (p == TYPE and (is_variable(o) or o in SCHEMA_CLASSES))
            for _, p, o in (step.head for step in steps)
        ):
            return False
        return any(triple not in ontology and triple[1] not in (FIRST, REST) for triple in self._schema_triples())

    # --- the rules

    def _numbers(self, rules: tuple[GroundRule, ...]) -> dict[str, int]:
        texts = {t for rule in rules for p in (*rule.body, *rule.head) for t in p if not is_variable(t)}
        return self.workshop.encode(sorted(texts | {TYPE, THING, SAME}))

    def _present_kinds(self) -> set[Relation]:
        """The kinds of facts of which there is one."""
        type_id = self.ids[TYPE]
        properties = [row[0] for row in self._execute("SELECT DISTINCT p FROM known")]
        classes = [row[0] for row in self._execute(f"SELECT DISTINCT o FROM known WHERE p = {type_id}")]
        texts = self.workshop.decode([*properties, *classes])
        kinds = {(texts[p], "") for p in properties} | {(TYPE, texts[c]) for c in classes}
        return kinds | {(SAME, "")}

    def _steps(self, told: list[GroundRule]) -> list[Clause]:
        """The rules that give facts, each body and head once."""
        self.asked = {(p, o) for rule in told for _, p, o in rule.body if p == TYPE}
        # That everything is a thing is only worth stating when some rule asks for things.
        states_things = self.trivial or (TYPE, THING) in self.asked
        steps = dict.fromkeys(
            Clause(rule.body, rule.head[0], self._is_datatype_unasked(rule.head[0]), rule.rule.name)
            for rule in told
            if rule.head and not is_equality(rule) and (states_things or rule.head[0][1:] != (TYPE, THING))
        )
        self.kinds = Relations(steps)
        return list(steps)

    def _is_datatype_unasked(self, head: Spo) -> bool:
        """True where stating the datatype of a literal would help no rule: whether it fits is checked at the end."""
        return head[1] == TYPE and head[2] in SUPPORTED and (TYPE, head[2]) not in self.asked

    def _state_axioms(self, told: list[GroundRule], ontology: Ontology) -> None:
        """State what follows about classes and properties where a rule reads that as facts."""
        if any(
            p in SCHEMA_PREDICATES or (p == TYPE and (is_variable(o) or o in SCHEMA_CLASSES))
            for r in told
            for _, p, o in r.body
        ):
            self._state_schema(ontology, trivial=True)
            self.present = self._present_kinds()

    def _state_value_types(self) -> None:
        """State the datatypes of literals that some rule asks for (dt-type2)."""
        asked = sorted(o for _, o in self.asked if o in SUPPORTED)
        if not asked:
            return
        literals = self.workshop.sql.execute(
            f"SELECT text FROM term WHERE id >= {FIRST_LITERAL_ID} ORDER BY id"
        ).fetchall()
        facts = [(text, TYPE, datatype) for (text,) in literals for datatype in asked if is_in_datatype(datatype, text)]
        self.workshop.add_texts(facts, table="inferred")
        self.present |= {(TYPE, datatype) for datatype in asked if facts}

    def _run_stratum(self, stratum: Stratum) -> None:
        self._add(self._live(stratum.once))
        self._add(self._live(stratum.copies))
        if stratum.loop:
            self._loop(stratum.loop)

    def _live(self, steps: Iterable[Clause], more: Container[Relation] = ()) -> list[Clause]:
        """The steps all of whose patterns may be met."""
        kinds = self.kinds
        return [s for s in steps if all((kind := kinds.of(p)) in self.present or kind in more for p in s.body)]

    def _add(self, steps: list[Clause]) -> None:
        """Run steps that do not rest on each other; what cannot repeat a fact is not searched for repetitions."""
        producers = Counter(self.kinds.of(step.head) for step in steps)
        alone: list[Clause] = []
        others: list[Clause] = []
        for step in steps:
            kind = self.kinds.of(step.head)
            is_new = producers[kind] == 1 and kind not in self.present and copies_without_loss(step)
            (alone if is_new else others).append(step)
        for group, distinct in ((alone, False), (others, True)):
            if group:
                heads = {self.kinds.of(step.head) for step in group}
                among = sql.kinds_among(heads & self.present, self.ids)
                self._execute(sql.insert(sql.selects(group, self.ids), distinct=distinct, among=among))
                self.present |= heads
        if steps:
            self._tell(steps)

    def _tell(self, steps: Iterable[Clause]) -> None:
        """Tell who watches: the rules of this moment, the round, the triples so far."""
        if self.progress is not _silent:
            rules = ", ".join(sorted({step.rule for step in steps}))
            self.progress(rule=rules, round=self.rounds, triples=self.workshop.count("inferred"))

    def _loop(self, steps: tuple[Clause, ...]) -> None:
        """Run steps that rest on each other, each round on what the last one found, until nothing is new."""
        heads = {self.kinds.of(step.head) for step in steps}
        steps = tuple(self._live(steps, more=heads))
        among = sql.kinds_among(heads, self.ids)
        selected = sql.selects(self._live(steps), self.ids)
        while selected:
            weeded = sql.weeded(" UNION ALL ".join(selected), among)
            self._execute(f"CREATE OR REPLACE TEMP TABLE fresh AS {weeded}")
            if not self._execute("SELECT 1 FROM fresh LIMIT 1"):
                break
            self._execute("INSERT INTO inferred SELECT s, p, o FROM fresh")
            self.rounds += 1
            self._tell(steps)
            selected = []
            for place in range(max(len(step.body) for step in steps)):
                resting = [s for s in steps if len(s.body) > place and self.kinds.of(s.body[place]) in heads]
                selected += sql.selects(resting, self.ids, fresh=place)
        self.present |= heads

    # --- the end

    def _clean(self, ontology: Ontology) -> list[Finding]:
        """Leave in `inferred` what follows, is RDF, says something, and is about things."""
        hidden = self.names.write_out(self.same_as)
        if self.schema:
            self._state_schema(ontology, trivial=self.trivial)
        properties = self.workshop.decode(row[0] for row in self._execute("SELECT DISTINCT p FROM inferred"))
        unwanted = [
            f"s >= {FIRST_LITERAL_ID}",
            *(f"p = {p}" for p, text in properties.items() if not text.startswith("<")),
        ]
        if self.trivial:
            self._state_trivial()
        else:
            unwanted += sql.trivialities(self.workshop.encode(sorted(WORDS)))
        if not self.schema:
            unwanted += self._about_schema(ontology, properties)
        self._execute(f"DELETE FROM inferred WHERE {' OR '.join(unwanted)}")
        if not hidden or self.same_as == "one":
            return []
        message = f"{hidden} names are the same as others; facts are written under one name of each thing only."
        return [Finding("owl/same-as", message, Severity.INFO, remedy="--same-as all writes them under every name.")]

    def _state_trivial(self) -> None:
        """State that everything is the same as itself, and the axioms of the vocabulary."""
        self.workshop.add_texts(sorted(AXIOMS), table="inferred")
        same = self.ids[SAME]
        every = " UNION ".join(f"SELECT {place} AS t FROM known" for place in "spo")
        self._execute(
            f"INSERT INTO inferred SELECT t, CAST({same} AS UINTEGER), t FROM ({every}) AS u"
            f" WHERE t < {FIRST_LITERAL_ID} EXCEPT SELECT s, p, o FROM known"
        )

    def _about_schema(self, ontology: Ontology, properties: Mapping[int, str]) -> list[str]:
        """Conditions for triples about classes and properties, not about things."""
        conditions = [f"p = {number}" for number, text in properties.items() if text in SCHEMA_PREDICATES]
        classes = self.workshop.find_ids(SCHEMA_CLASSES).values()
        if classes:
            conditions.append(f"(p = {self.ids[TYPE]} AND o IN ({', '.join(map(str, sorted(classes)))}))")
        subjects = self.workshop.find_ids(sorted({s for s, _, _ in ontology.told if not s.startswith('"')}))
        spoken_of = self._execute("SELECT DISTINCT s FROM axiom")
        numbers = sorted(set(subjects.values()) & {row[0] for row in spoken_of})
        if numbers:
            conditions.append(f"s IN ({', '.join(map(str, numbers))})")
        return conditions

    def _state_schema(self, ontology: Ontology, *, trivial: bool) -> None:
        """State what follows about classes and properties."""
        derived = [t for t, d in ontology.derivations.items() if d.rule.name != "dt-eq"]
        self._execute("CREATE OR REPLACE TEMP TABLE conclusion(s UINTEGER, p UINTEGER, o UINTEGER)")
        self.workshop.add_texts([t for t in derived if trivial or not is_trivial(t)], table="conclusion")
        known = " AND ".join(
            # Not EXCEPT, which would hash the whole graph for a handful of triples.
            f"NOT EXISTS (SELECT 1 FROM {table} AS k WHERE k.s = c.s AND k.p = c.p AND k.o = c.o)"
            for table in ("known", "inferred", "triple", "axiom")
        )
        self._execute(f"INSERT INTO inferred SELECT s, p, o FROM conclusion AS c WHERE {known}")


def _compared(rule: GroundRule) -> set[str]:
    """The properties whose values this rule compares, with each other or with one that it names."""
    objects = Counter(o for _, p, o in rule.body if p != TYPE)
    return {p for _, p, o in rule.body if p not in (TYPE, SAME) and (objects[o] > 1 or o.startswith('"'))}


def _silent(**_: object) -> None:
    """Progress that nobody watches."""


def infer_files(
    data: Iterable[Path],
    *,
    ontology: Iterable[Path] = (),
    output: Path,
    engine: str = "sql",
    only_inferred: bool = False,
    schema: bool = True,
    trivial: bool = False,
    same_as: str = "auto",
    memory: str | None = None,
    scratch: Path | None = None,
    progress: Progress | None = None,
) -> Inference:
    """Read the files, infer, and write `output`: what was said, the ontology and what follows, or only the last.

    A graph that contradicts itself is written too, and its contradictions are in the report. Raises `InputError`, and
    writes nothing, for files that cannot be read. `memory` bounds what is held at once (`"2GB"`), the rest lies in the
    folder `scratch`, by default beside the output.
    """
    if not output.parent.is_dir():
        raise InputError(f"{output}: there is no folder {output.parent}.")
    tables = ("inferred",) if only_inferred else ("triple", "axiom", "inferred")
    with TemporaryDirectory(prefix=f".{output.name}.", dir=scratch or output.parent) as folder:
        workshop = TripleTables(memory=memory, scratch=Path(folder))
        try:
            axioms = [triple for number, path in enumerate(ontology) for triple in _apart(read_triples(path), number)]
            for path in data:
                load_file(workshop, path)
            found = infer(
                workshop, axioms, engine=engine, schema=schema, trivial=trivial, same_as=same_as, progress=progress
            )
            write_ntriples(workshop, output, tables=tables)
        except workshop.out_of_memory as error:
            bound = f" in {memory}" if memory is not None else ""
            raise LimitError(
                f"This cannot be done{bound}. Allow for more memory, or free the disk.", limit="memory"
            ) from error
        finally:
            workshop.sql.close()
    return found


def _apart(triples: Iterable[Triple], number: int) -> Iterator[Triple]:
    """The triples with blank nodes that are no other file's."""
    for triple in triples:
        s, o = triple.subject, triple.object
        yield Triple(
            BlankNode(f"o{number}-{s.value}") if isinstance(s, BlankNode) else s,
            triple.predicate,
            BlankNode(f"o{number}-{o.value}") if isinstance(o, BlankNode) else o,
        )
