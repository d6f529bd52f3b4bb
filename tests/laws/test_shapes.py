"""What must hold of the checker for all shapes and graphs: above all, that it finds what pyshacl finds."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, Triple

from kg.errors import FaultsError
from kg.graph.triple_tables import TripleTables
from kg.reports import Report
from kg.shapes import Standing, check, pyshacl_engine, to_shapes
from kg.shapes.model import COMPONENTS, Constraint
from kg.shapes.regex import to_pattern
from kg.shapes.sql_tables import quoted
from kg.shapes.value_tests import VALUE_COMPONENTS, is_bad, is_out_of_order, pair_to_sql, to_sql
from tests.laws.shape_strategies import (
    CLASSES,
    FAMILIES,
    FILMS,
    TEXTS,
    TONGUES,
    graphs,
    graphs_with_shapes,
    plain,
    typed,
)

LAW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def told(report: Report) -> Counter[tuple[str, ...]]:
    return Counter((f.shape, f.focus, f.path, f.value, f.component, f.severity) for f in report.findings)


def workshop(triples: list[Triple]) -> TripleTables:
    made = TripleTables()
    made.add(triples)
    return made


@pytest.mark.long
@settings(LAW, max_examples=500)
@given(graphs_with_shapes())
def test_the_compiler_finds_what_pyshacl_finds(drawn: tuple[list[Triple], list[Triple]]) -> None:
    data, described = drawn
    shapes = to_shapes(described)
    ours = told(check(workshop(data), shapes))
    try:
        theirs = told(pyshacl_engine.check_triples(data, shapes, list(shapes.targeted())))
    except FaultsError as refused:
        # pyshacl refuses to hold a blank node against anything; the specification says that it is not less.
        if "to compare a BlankNode" not in str(refused):
            raise
        return
    note("\n".join(f"{t} ." for t in described))
    note("data:\n" + "\n".join(f"{t} ." for t in data))
    note(f"ours alone: {ours - theirs}\ntheirs alone: {theirs - ours}")
    assert ours == theirs


@pytest.mark.long
@settings(LAW, max_examples=200)
@given(graphs_with_shapes(), st.lists(graphs("numbers"), min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_after_a_change_the_same_is_found_as_by_a_whole_check(
    drawn: tuple[list[Triple], list[Triple]], additions: list[list[Triple]], random: Random
) -> None:
    data, described = drawn
    shapes = to_shapes(described)
    made = workshop(data)
    standing = Standing(made, shapes)
    known = dict.fromkeys(data)
    for addition in additions:
        removed = random.sample(list(known), min(len(known), random.randint(0, 3)))
        added = [t for t in addition[:3] if t not in known]
        known = {t: None for t in known if t not in removed} | dict.fromkeys(added)
        after = standing.change(added, removed)
        assert Counter(after.findings) == Counter(check(workshop(list(known)), shapes).findings)
    standing.close()


def ask(query: str) -> list[Any]:
    with duckdb.connect() as database:
        return database.execute(query).fetchall()


VALUES = [
    *(str(literal) for literals in FAMILIES.values() for literal in literals),
    *(str(term) for term in (*TEXTS, *TONGUES, *CLASSES, *FILMS)),
]
odd_numbers = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(lambda n: typed(f"{n:f}", "decimal")),
    st.integers().map(lambda n: typed(str(n), "integer")),
    st.floats(width=64).map(lambda n: typed(str(n).replace("inf", "INF").replace("nan", "NaN"), "double")),
)
zones = st.sampled_from(["Z", "+14:00", "-05:30"])
odd_days = st.one_of(
    st.dates().map(lambda day: typed(day.isoformat(), "date")),
    st.datetimes().map(lambda moment: typed(moment.isoformat(), "dateTime")),
    st.builds(lambda day, zone: typed(f"{day.isoformat()}{zone}", "date"), st.dates(), zones),
    st.integers(-9999, 99999).map(lambda year: typed(f"{year:05d}" if year < 0 else f"{year:04d}", "gYear")),
)
odd_texts = st.text(max_size=8).map(Literal)
odd = st.one_of(odd_numbers, odd_days, odd_texts, st.text(max_size=4).map(lambda text: Literal(text, language="en")))
PATTERNS = r"\^?([abk.]|\\[dDsSwW]|\[\^?[ab1]{1,3}\]|\(a\|b\)|\(\?:ab\))([*+?]|\{1,2\})?([ab1_]|\\w)?\$?"


@settings(LAW, max_examples=300)
@given(
    st.lists(odd.map(str), min_size=1, max_size=20),
    st.sampled_from(sorted(FAMILIES)),
    st.data(),
    odd_numbers | odd_days,
)
def test_sql_is_never_wrong_about_a_value(texts: list[str], family: str, data: st.DataObject, bound: Literal) -> None:
    kinds = {name: values for name, values in plain(family).items() if name in VALUE_COMPONENTS}
    name = data.draw(st.sampled_from(sorted(kinds)))
    value = bound if name.startswith(("min", "max")) and not name.endswith("Length") else data.draw(kinds[name])
    constraint = Constraint(COMPONENTS[name], (str(value),), more=("",))
    listed = ",".join(f"({quoted(text)})" for text in [*VALUES, *texts])
    judged = ask(f"SELECT text, {to_sql(constraint)} FROM (VALUES {listed}) v(text)")
    for text, bad in judged:
        assert bad is None or bad is is_bad(constraint, text), (text, name, str(value))


@settings(LAW, max_examples=200)
@given(st.lists(odd_numbers | odd_days, min_size=2, max_size=12), st.sampled_from(["lessThan", "lessThanOrEquals"]))
def test_sql_is_never_wrong_about_a_pair(literals: list[Literal], name: str) -> None:
    listed = ",".join(f"({quoted(str(literal))})" for literal in literals)
    judged = ask(
        f"WITH v AS (SELECT * FROM (VALUES {listed}) v(text)) SELECT left_text, right_text, {pair_to_sql(name)}"
        " FROM (SELECT a.text AS left_text, b.text AS right_text FROM v a, v b)"
    )
    for left, right, bad in judged:
        assert bad is None or bad is is_out_of_order(name, left, right), (left, right)


@settings(LAW, max_examples=300)
@given(st.from_regex(PATTERNS, fullmatch=True), st.lists(st.text(alphabet="abBk1 _-\u00e9\n", max_size=6), min_size=1))
def test_re2_and_python_agree_on_what_a_pattern_finds(text: str, places: list[str]) -> None:
    pattern = to_pattern(text)
    listed = ",".join(f"({quoted(each)})" for each in places)
    rows = ask(f"SELECT t, regexp_matches(t, {quoted(pattern.re2)}) FROM (VALUES {listed}) v(t)")
    assert all(found is pattern.found_in(each) for each, found in rows)
