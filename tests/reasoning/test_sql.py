"""The reasoner's SQL can be translated for other engines."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot

from kg.graph.rdf_files import read_all_triples
from kg.project import find_project
from kg.reasoning import sql
from kg.reasoning.datalog import Clause, Relations, ground, is_equality, stratify
from kg.reasoning.ontology import Ontology
from kg.reasoning.rules import OWL_THING, SAME, TYPE, is_variable
from kg.terms import to_spo

FILM = find_project(Path(__file__).parents[2]).ontology


@pytest.mark.parametrize("dialect", ["spark", "postgres", "sqlite"])
def test_every_statement_for_our_ontology_translates_to_another_dialect(dialect: str) -> None:
    triples = [to_spo(t) for t in read_all_triples(FILM)]
    rules = [rule for rule in ground(Ontology(triples)) if not rule.is_redundant]
    texts = {t for rule in rules for p in (*rule.body, *rule.head) for t in p if not is_variable(t)}
    ids = {text: number for number, text in enumerate(sorted(texts | {TYPE, SAME, OWL_THING}), 1)}
    steps = [Clause(rule.body, rule.head[0]) for rule in rules if rule.head and not is_equality(rule)]
    statements = []
    for stratum in stratify(steps, Relations(steps)):
        for part in (stratum.base, stratum.copies, stratum.recursive):
            if part:
                known_in = sql.in_relations([(p, o if p == TYPE else "") for _, p, o in (s.head for s in part)], ids)
                statements.append(sql.insert(sql.selects(part, ids), distinct=True, known_in=known_in))
    bodies = [(rule.body, number) for number, rule in enumerate(rules) if rule.forbids]
    statements += sql.contradictions(bodies, ids, limit=10)
    assert len(statements) > 5
    for statement in statements:
        (translated,) = sqlglot.transpile(statement, read="duckdb", write=dialect)
        assert sqlglot.parse_one(translated, read=dialect) is not None
