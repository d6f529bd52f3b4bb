"""The closed graph walks in; every contradiction in it walks out as a finding with the triples that make it."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from kg.graph.triple_tables import FIRST_LITERAL_ID, TripleTables
from kg.reasoning import sql as sql
from kg.reasoning.rules import TYPE, GroundRule
from kg.reasoning.strata import Relation, Relations
from kg.reports import Finding, Severity
from kg.terms import Spo, to_short, to_term
from kg.xsd import PLAIN_LITERAL, RDFS_LITERAL, STRING, SUPPORTED, is_in_datatype, value_of

MOST = 1000
"""The most findings listed of one kind; that there are more is said."""

_SENTENCES = {
    "eq-diff1": "{s} and {o} are one thing, and are said to be different.",
    "eq-diff2": "{0} and {1} are one thing, and are said to be all different.",
    "eq-diff3": "{0} and {1} are one thing, and are said to be all different.",
    "prp-irp": "{s} is its own {p}, which nothing may be.",
    "prp-asyp": "{s} and {o} are each other's {p}, which may only hold one way.",
    "prp-pdw": "{s} has {o} as {p} and as {p2}, which exclude each other.",
    "prp-adp": "{s} has {o} as {p} and as {p2}, which exclude each other.",
    "prp-npa1": "{s} has {o} as {p}, which is denied.",
    "prp-npa2": "{s} has {o} as {p}, which is denied.",
    "cls-nothing2": "{s} is in owl:Nothing, which has no members.",
    "cls-com": "{s} is in {o} and in {o2}, which is all that the other is not.",
    "cls-maxc1": "{s} may have no {p2}, and has {o2}.",
    "cls-maxqc1": "{s} may have no such {p2}, and has {o2}.",
    "cls-maxqc2": "{s} may have no {p2}, and has {o2}.",
    "cax-dw": "{s} is both {o} and {o2}, which have no members in common.",
    "cax-adc": "{s} is both {o} and {o2}, which have no members in common.",
}
_USUAL = (
    r'^"(-?[0-9]+"\^\^<[^#]*#(integer|decimal|double|float)>|[1-9][0-9]{3}"\^\^<[^#]*#gYear>'
    r'|[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"\^\^<[^#]*#date>)$'
)


class Contradictions:
    """Looks through the closed graph for what the rules forbid."""

    def __init__(
        self, workshop: TripleTables, ids: Mapping[str, int], present: Container[Relation], kinds: Relations
    ) -> None:
        self.workshop, self.ids, self.present, self.kinds = workshop, ids, present, kinds

    def find(self, rules: Sequence[GroundRule], refused: Sequence[tuple[str, str, str, str]]) -> Iterator[Finding]:
        """Every contradiction: what rules forbid, values that cannot be one, literals unfit for their datatype."""
        yield from self._forbidden(rules)
        yield from self._unequal(refused)
        yield from self._misfits(rules)
        yield from self._ill_typed()

    def _forbidden(self, rules: Sequence[GroundRule]) -> Iterator[Finding]:
        live = [
            rule
            for rule in rules
            if rule.forbids and rule.told and all(self.kinds.of(p) in self.present for p in rule.body)
        ]
        bodies = [(rule.body, number) for number, rule in enumerate(live)]
        for statement in sql.contradictions(bodies, self.ids, limit=MOST + 1):
            rows = self.workshop.sql.execute(statement).fetchall()
            texts = self.workshop.decode(number for row in rows for number in row[1:])
            for row in rows[:MOST]:
                words = [texts[number] for number in row[1:]]
                facts = [(words[i], words[i + 1], words[i + 2]) for i in range(0, len(words), 3)]
                yield _finding(live[row[0]], facts)
            if len(rows) > MOST:
                rule = live[rows[-1][0]].rule
                yield Finding(
                    f"owl/{rule.name}",
                    f"There are more than {MOST} of these; the others are not listed.",
                    Severity.INFO,
                )

    def _unequal(self, refused: Sequence[tuple[str, str, str, str]]) -> Iterator[Finding]:
        for one, other, first, second in sorted(set(refused)):
            yield Finding(
                "owl/dt-diff",
                f"{_short(one)} and {_short(other)} would have to be one thing, but "
                f"{first} and {second} are different values.",
                focus=one,
                value=other,
                expected=first,
                found=second,
                remedy="Decide between the values, or say that the property may have several.",
            )

    def _misfits(self, rules: Sequence[GroundRule]) -> Iterator[Finding]:
        seen: set[tuple[str, str, str, str]] = set()
        for rule in rules:
            if not rule.head or rule.head[0][1] != TYPE or rule.head[0][2] not in SUPPORTED - {RDFS_LITERAL}:
                continue
            if not any(p[2] == rule.head[0][0] for p in rule.body) or not all(
                self.kinds.of(p) in self.present for p in rule.body
            ):
                continue
            datatype = rule.head[0][2]
            unlike = '%"' if datatype in (STRING, PLAIN_LITERAL) else f"%^^{datatype}"
            for s, p, o, text in self.workshop.sql.execute(sql.misfits(rule, self.ids, unlike=unlike)).fetchall():
                texts = self.workshop.decode([s, p, o])
                spot = (texts[s], texts[p], text, datatype)
                if spot not in seen and not is_in_datatype(datatype, text):
                    seen.add(spot)
                    yield _misfit((texts[s], texts[p], text), datatype, rule)

    def _ill_typed(self) -> Iterator[Finding]:
        """Literals whose words are none of their datatype's; the usual ones are passed over by the engine."""
        rows = self.workshop.sql.execute(
            f"SELECT id, text FROM term WHERE id >= {FIRST_LITERAL_ID} AND text LIKE '%>'"
            " AND NOT regexp_matches(text, ?)",
            [_USUAL],
        ).fetchall()
        wrong = sorted((number, text) for number, text in rows if value_of(text) is None)
        if not wrong:
            return
        found = self.workshop.sql.execute(
            f"SELECT DISTINCT s, p, o FROM known WHERE o IN ({', '.join(str(n) for n, _ in wrong)}) ORDER BY ALL"
        ).fetchall()
        texts = self.workshop.decode(number for row in found for number in row)
        for s, p, o in found:
            yield _misfit((texts[s], texts[p], texts[o]), texts[o][texts[o].rindex("^^") + 2 :], None)


def _misfit(fact: Spo, datatype: str, rule: GroundRule | None) -> Finding:
    s, p, o = fact
    because = f"the ontology asks for {_short(datatype)}" if rule is not None else f"it is no {_short(datatype)}"
    return Finding(
        "owl/dt-not-type",
        f"{_short(s)} has {o} as {_short(p)}, but {because}.",
        focus=s,
        path=p,
        value=o,
        expected=datatype,
        found=o,
        premises=(fact, *(rule.axioms if rule is not None else ())),
        remedy="Write a value of that datatype.",
    )


def _finding(rule: GroundRule, facts: Sequence[Spo]) -> Finding:
    """The finding for a rule that must not match, and facts that match it."""
    constants = [text for s, _, o in rule.body for text in (s, o)]
    names = [_short(text) for text in constants if not text.startswith("?")]
    (s, p, o), last = (facts[0], facts[-1]) if facts else (("", "", ""), ("", "", ""))
    words = {"s": _short(s), "p": _short(p), "o": _short(o), "p2": _short(last[1]), "o2": _short(last[2])}
    return Finding(
        f"owl/{rule.rule.name}",
        _SENTENCES[rule.rule.name].format(*names, **words),
        focus=s or constants[0],
        path=p,
        value=o or constants[1],
        premises=(*facts, *rule.axioms),
        remedy="One of the premises is wrong: correct the facts, or the ontology.",
    )


def _short(text: str) -> str:
    return to_short(to_term(text)) if text else ""
