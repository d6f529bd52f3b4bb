"""Contradictions in the closed graph, as findings with the triples that make them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import TypeVar

from kg.graph.triple_tables import FIRST_LITERAL_ID, TripleTables
from kg.reasoning import sql
from kg.reasoning.datalog import Relation, Relations, is_comparing, where_equal
from kg.reasoning.rules import DIFFERENT, SAME, TYPE, GroundRule
from kg.reasoning.same_as import EqualTerms, UnequalValues
from kg.reports import Finding, Severity
from kg.terms import Spo, to_short, to_term
from kg.xsd import PLAIN_LITERAL, RDFS_LITERAL, STRING, SUPPORTED, is_outside_datatype, literal_datatype, value_of

_T = TypeVar("_T")
MAX_LISTED = 1000
"""How many findings of one shape are listed; a further finding says that there are more."""
_RULES_AT_ONCE = 100
"""How many rules one statement is made of: each statement has a fixed cost, and a very long one is slow to plan."""

_MESSAGES = {
    "prp-irp": "{s} is its own {p}, but {p} is irreflexive.",
    "prp-asyp": "{s} and {o} are each other's {p}, but {p} is asymmetric.",
    "prp-pdw": "{s} has {o} as {p} and as {p2}, which are disjoint properties.",
    "prp-adp": "{s} has {o} as {p} and as {p2}, which are disjoint properties.",
    "prp-npa1": "{s} has {o} as {p}, which the ontology denies.",
    "prp-npa2": "{s} has {o} as {p}, which the ontology denies.",
    "cls-nothing2": "{s} is in owl:Nothing, which has no members.",
    "cls-com": "{s} is in {o} and in {o2}, which are complements.",
    "cls-maxc1": "{s} must not have a {p2}, but has {o2}.",
    "cls-maxqc1": "{s} must not have such a {p2}, but has {o2}.",
    "cls-maxqc2": "{s} must not have a {p2}, but has {o2}.",
    "cax-dw": "{s} is in {o} and in {o2}, which are disjoint classes.",
    "cax-adc": "{s} is in {o} and in {o2}, which are disjoint classes.",
}
# Literals that a regular expression recognises as well-formed; all others are parsed.
_WELL_FORMED = (
    r'^"(-?[0-9]+"\^\^<[^#]*#(integer|decimal|double|float)>|[1-9][0-9]{3}"\^\^<[^#]*#gYear>'
    r'|[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"\^\^<[^#]*#date>)$'
)


class Contradictions:
    """Searches the closed graph for what the rules forbid.

    With `new`, the relations of the triples in the table `delta`, it finds only what these triples contradict.
    """

    def __init__(
        self,
        tables: TripleTables,
        ids: Mapping[str, int],
        present: Container[Relation],
        relations: Relations,
        *,
        new: Container[Relation] | None = None,
    ) -> None:
        self.tables, self.ids, self.present, self.relations, self.new = tables, ids, present, relations, new

    def find(self, rules: Sequence[GroundRule], equal_terms: EqualTerms) -> Iterator[Finding]:
        """Every contradiction: matches of forbidding rules, unequal values, literals that do not fit their datatype."""
        yield from self._forbidden(rules, equal_terms)
        pairs = {frozenset((pair.term, pair.other_term)): pair for pair in sorted(equal_terms.unequal)}
        yield from map(_unequal_values, pairs.values())
        yield from self._out_of_range(rules)
        yield from self._outside_types_of_entities(equal_terms)
        yield from self._ill_typed()

    def _is_live(self, body: Sequence[Spo]) -> bool:
        return all(self.relations.of(pattern) in self.present for pattern in body)

    def _by_place(self, rules: list[_T], body: Callable[[_T], Sequence[Spo]]) -> Iterator[tuple[int | None, list[_T]]]:
        """The number of each pattern that is to read `delta`, with the rules for it; None where no pattern does."""
        if self.new is None:
            yield None, rules
            return
        for place in range(max((len(body(rule)) for rule in rules), default=0)):
            if reading := [r for r in rules if len(body(r)) > place and self.relations.of(body(r)[place]) in self.new]:
                yield place, reading

    def _forbidden(self, rules: Sequence[GroundRule], equal_terms: EqualTerms) -> Iterator[Finding]:
        live = [rule for rule in rules if rule.forbids and not rule.is_redundant]
        bodies = [
            (body, number)
            for number, rule in enumerate(live)
            if (body := where_equal(rule) if is_comparing(rule) else rule.body) is not None and self._is_live(body)
        ]
        statements = [
            statement
            for place, reading in self._by_place(bodies, itemgetter(0))
            for statement in sql.contradictions(reading, self.ids, limit=MAX_LISTED + 1, delta=place)
        ]
        seen: set[tuple[int, ...]] = set()  # several triples of one match may be new
        for statement in statements:
            rows = [row for row in self.tables.sql.execute(statement).fetchall() if row not in seen]
            seen.update(rows)
            texts = self.tables.decode(id for row in rows for id in row[1:])
            for row in rows[:MAX_LISTED]:
                terms = [texts[id] for id in row[1:]]
                facts = [(terms[i], terms[i + 1], terms[i + 2]) for i in range(0, len(terms), 3)]
                rule = live[row[0]]
                yield _equal_terms(rule, facts, equal_terms) if is_comparing(rule) else _forbidden_match(rule, facts)
            if len(rows) > MAX_LISTED:
                yield Finding(
                    f"owl/{live[rows[-1][0]].rule.name}",
                    f"There are more than {MAX_LISTED:,} of these; the others are not listed.",
                    Severity.INFO,
                )

    def _out_of_range(self, rules: Sequence[GroundRule]) -> Iterator[Finding]:
        """Literals that a rule gives a datatype that they do not have."""
        seen: set[tuple[Spo, str]] = set()
        live = [(number, rule, _unlike(rule)) for number, rule in enumerate(rules) if self._types_literals(rule)]
        statements = [
            sql.typed_literals(part, self.ids, delta=place)
            for place, reading in self._by_place(live, lambda each: each[1].body)
            for part in (reading[start : start + _RULES_AT_ONCE] for start in range(0, len(reading), _RULES_AT_ONCE))
        ]
        for statement in statements:
            for number, s, p, o, text in self.tables.sql.execute(statement).fetchall():
                texts, datatype = self.tables.decode([s, p, o]), rules[number].head[0][2]
                fact = (texts[s], texts[p], text)
                if (fact, datatype) not in seen and is_outside_datatype(datatype, text):
                    seen.add((fact, datatype))
                    yield _wrong_datatype(fact, datatype, *rules[number].axioms)

    def _types_literals(self, rule: GroundRule) -> bool:
        """True for a rule that gives objects of triples a datatype."""
        if not rule.head or rule.head[0][1] != TYPE or rule.head[0][2] not in SUPPORTED - {RDFS_LITERAL}:
            return False
        return any(pattern[2] == rule.head[0][0] for pattern in rule.body) and self._is_live(rule.body)

    def _outside_types_of_entities(self, equal_terms: EqualTerms) -> Iterator[Finding]:
        """Entities that are equal to a literal, and of a datatype that the literal does not have."""
        literals: dict[str, list[str]] = defaultdict(list)
        for entity, text in equal_terms.literals_of_entities():
            literals[entity].append(text)
        if not literals:
            return
        ids = self.tables.encode([*literals, TYPE])
        numbers = ", ".join(str(ids[entity]) for entity in literals)
        rows = self.tables.sql.execute(
            f"SELECT DISTINCT s, o FROM known WHERE p = {ids[TYPE]} AND s IN ({numbers}) ORDER BY ALL"
        ).fetchall()
        texts = self.tables.decode(id for row in rows for id in row)
        for s, o in rows:
            entity, datatype = texts[s], texts[o]
            for text in literals[entity] if datatype in SUPPORTED - {RDFS_LITERAL} else ():
                if value_of(text) is not None and is_outside_datatype(datatype, text):
                    yield _wrong_datatype((entity, SAME, text), datatype, (entity, TYPE, datatype))

    def _ill_typed(self) -> Iterator[Finding]:
        """Literals whose lexical form is not of their datatype."""
        among = "" if self.new is None else " AND id IN (SELECT o FROM delta)"
        rows = self.tables.sql.execute(
            f"SELECT id, text FROM term WHERE id >= {FIRST_LITERAL_ID}{among} AND text LIKE '\"%>'"
            " AND NOT regexp_matches(text, ?)",
            [_WELL_FORMED],
        ).fetchall()
        wrong = sorted(id for id, text in rows if value_of(text) is None)
        if not wrong:
            return
        # A literal that is equal to another term has another name in `known`.
        given = "SELECT s, p, o FROM triple UNION ALL SELECT s, p, o FROM axiom"
        ids = ", ".join(map(str, wrong))
        facts = self.tables.sql.execute(
            f"SELECT s, p, o FROM known WHERE o IN ({ids})"
            f" UNION SELECT s, p, o FROM ({given}) AS g WHERE o IN ({ids}) AND o IN (SELECT id FROM same) ORDER BY ALL"
        ).fetchall()
        texts = self.tables.decode(id for row in facts for id in row)
        for s, p, o in facts:
            yield _wrong_datatype((texts[s], texts[p], texts[o]), literal_datatype(texts[o]))


def _unequal_values(pair: UnequalValues) -> Finding:
    return Finding(
        "owl/dt-diff",
        f"{_short(pair.term)} and {_short(pair.other_term)} would have to be equal,"
        f" but {pair.value} and {pair.other_value} are different values.",
        focus=pair.term,
        value=pair.other_term,
        expected=pair.value,
        found=pair.other_value,
        remedy="Decide between the values, or let the property have several.",
    )


def _wrong_datatype(fact: Spo, datatype: str, *requires: Spo) -> Finding:
    """The finding for a value that is not of a datatype, by these triples or, without any, by its own datatype."""
    s, p, o = fact
    reason = f"it has to be of {_short(datatype)}" if requires else f"this is not a valid {_short(datatype)}"
    return Finding(
        "owl/dt-not-type",
        f"{_short(s)} has {o} as {_short(p)}, but {reason}.",
        focus=s,
        path=p,
        value=o,
        expected=datatype,
        found=o,
        premises=(fact, *requires),
        remedy="Write a value of that datatype.",
    )


def _unlike(rule: GroundRule) -> str:
    """A pattern of LIKE for the literals of which the text shows that they are of the datatype which a rule gives."""
    datatype = rule.head[0][2]
    return '%"' if datatype in (STRING, PLAIN_LITERAL) else f"%^^{datatype}"


def _forbidden_match(rule: GroundRule, facts: Sequence[Spo]) -> Finding:
    """The finding for a rule that must not match, and facts that match it."""
    constants = [text for s, _, o in rule.body for text in (s, o)]
    names = [_short(text) for text in constants if not text.startswith("?")]
    (s, p, o), last = (facts[0], facts[-1]) if facts else (("", "", ""), ("", "", ""))
    words = {"s": _short(s), "p": _short(p), "o": _short(o), "p2": _short(last[1]), "o2": _short(last[2])}
    return Finding(
        f"owl/{rule.rule.name}",
        _MESSAGES[rule.rule.name].format(*names, **words),
        focus=s or constants[0],
        path=p,
        value=o or constants[1],
        premises=(*facts, *rule.axioms),
        remedy="One of the premises is wrong: correct the facts or the ontology.",
    )


def _equal_terms(rule: GroundRule, facts: Sequence[Spo], equal_terms: EqualTerms) -> Finding:
    """The finding for two terms that are equal and stated to be different, under the names that state it."""
    root = facts[0][0] if facts else next(s for s, p, _ in rule.body if p == SAME)
    stated = equal_terms.stated_as_different(root)
    name, other = (*stated, root, root)[:2] if len(stated) > 1 else (root, root)
    words = "different" if facts else "all different"
    return Finding(
        f"owl/{rule.rule.name}",
        f"{_short(name)} and {_short(other)} are the same entity, but are stated to be {words}.",
        focus=name,
        path=DIFFERENT if facts else "",
        value=other,
        premises=(*([(name, DIFFERENT, other)] if facts else []), *rule.axioms),
        remedy="One of the premises is wrong: correct the facts or the ontology.",
    )


def _short(text: str) -> str:
    return to_short(to_term(text)) if text else ""
