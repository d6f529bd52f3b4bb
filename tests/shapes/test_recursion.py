"""Recursive shapes: a node conforms unless it can be shown to fail, however long the way to the fault is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Triple

from kg.errors import FaultsError
from kg.reports import Report
from kg.shapes import IncrementalValidation, check, to_shapes
from kg.shapes.pyshacl_engine import check_triples
from kg.traversal import reachable
from tests.laws.sizes import cases
from tests.laws.test_shapes import LAW, remove
from tests.laws.test_shapes import tables as shared_tables
from tests.shapes.test_shapes import found, tables, triples

ONE_YEAR = "sh:property [ sh:path :year ; sh:maxCount 1 ]"
SERIES = f":S sh:targetNode :f0 ; {ONE_YEAR} ; sh:property [ sh:path :sequel ; sh:node :S ] ."
EVERY_SERIES = SERIES.replace("sh:targetNode :f0", "sh:targetSubjectsOf :sequel")
MUTUAL = (
    ":A sh:targetNode :f0 ; sh:property [ sh:path :sequel ; sh:node :B ] ."
    f":B {ONE_YEAR} ; sh:property [ sh:path :sequel ; sh:node :A ] ."
)
ENDS_WELL = (
    ":S sh:targetSubjectsOf :sequel ;"
    " sh:or ( [ sh:path :year ; sh:hasValue 1989 ] [ sh:path :sequel ; sh:minCount 1 ; sh:node :S ] ) ."
)
HAS_GOOD_SEQUEL = (
    ":S sh:targetSubjectsOf :sequel ;"
    " sh:property [ sh:path :sequel ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShape :S ] ."
)
NESTED = f":S sh:targetNode :f0 ; sh:property :P . :P sh:path :sequel ; {ONE_YEAR} ; sh:property :P ."
EVERY_OTHER = f":S sh:targetNode :f0 ; {ONE_YEAR} ; sh:property [ sh:path ( :sequel :sequel ) ; sh:node :S ] ."
ALL_AT_ONCE = (
    f":S sh:targetNode :f0 ; {ONE_YEAR} ; sh:property [ sh:path [ sh:zeroOrMorePath :sequel ] ; sh:node :S ] ."
)
TWO_YEARS = ":year 1989 , 1990 ."


def series(sequels: int, last: str = TWO_YEARS) -> str:
    """Films that are sequels of each other, and what the last has."""
    return "".join(f":f{i} :sequel :f{i + 1} ." for i in range(sequels)) + f":f{sequels} {last}"


def focus_nodes(report: Report) -> list[str]:
    return sorted(finding.focus.rpartition("/")[2][:-1] for finding in report)


CLIQUE = "".join(f":f{i} :sequel :f{j} ." for i in range(30) for j in range(30))


@pytest.mark.parametrize(
    ("shapes", "data", "expected"),
    [
        (SERIES, series(60), ["f0"]),
        (SERIES, series(60, ":year 1989 ."), []),
        (EVERY_SERIES, series(60), sorted(f"f{i}" for i in range(60))),
        (EVERY_SERIES, series(2, ":sequel :f0 ."), []),
        (EVERY_SERIES, series(2, ":sequel :f0 ; " + TWO_YEARS), ["f0", "f1", "f2", "f2"]),
        (SERIES, CLIQUE, []),
        (SERIES, CLIQUE + f":f7 {TWO_YEARS}", ["f0"] * 30),
        (MUTUAL, series(5), ["f0"]),
        (MUTUAL, series(4), []),
        (ENDS_WELL, series(4, ":year 1990 ."), ["f0", "f1", "f2", "f3"]),
        (ENDS_WELL, series(4, ":year 1989 ."), []),
        (ENDS_WELL, series(4, ":sequel :f0 ."), []),
        (HAS_GOOD_SEQUEL, series(3), ["f0", "f1", "f2"]),
        (HAS_GOOD_SEQUEL, series(3, ":sequel :f1 ."), []),
        (NESTED, series(60), ["f60"]),
        (NESTED, series(2, ":sequel :f0 ; " + TWO_YEARS), ["f2"]),
        (EVERY_OTHER, series(6), ["f0"]),
        (EVERY_OTHER, series(5), []),
        (ALL_AT_ONCE, series(3), ["f0"] * 4),
        (":S sh:targetNode :f0 ; sh:node :S .", series(1), []),
    ],
)
def test_a_node_fails_where_a_way_leads_to_a_fault(shapes: str, data: str, expected: list[str]) -> None:
    report = found(shapes, data)
    assert focus_nodes(report) == expected
    assert "pyshacl" not in report.counts.values()


def test_a_message_names_the_value_that_fails() -> None:
    assert "sequel should be a value that conforms to the shape <https://example.org/S>" in str(
        found(SERIES, series(2)).findings[0]
    )


@pytest.mark.parametrize("shapes", [SERIES, EVERY_SERIES])
def test_pyshacl_finds_the_same_where_it_goes_far_enough(shapes: str) -> None:
    data, parsed = series(1), to_shapes(triples(shapes))
    theirs = check_triples(triples(data), parsed, list(parsed.targeted()))
    assert [(f.focus, f.value, f.component) for f in theirs if f.component] == [
        (f.focus, f.value, f.component) for f in check(tables(data), parsed)
    ]


@pytest.mark.parametrize(
    "shapes",
    [
        ":S sh:targetNode :f0 ; sh:not [ sh:path :sequel ; sh:node :S ] .",
        ":S sh:targetNode :f0 ; sh:xone ( [ sh:path :year ; sh:minCount 1 ] [ sh:path :sequel ; sh:node :S ] ) .",
        ":S sh:targetNode :f0 ; sh:property"
        " [ sh:path :sequel ; sh:qualifiedMaxCount 1 ; sh:qualifiedValueShape [ sh:node :S ] ] .",
    ],
)
def test_a_recursion_through_a_negation_is_refused(shapes: str) -> None:
    with pytest.raises(FaultsError, match="depends on itself through sh:"):
        to_shapes(triples(shapes))


def test_a_negation_beside_a_recursion_is_evaluated() -> None:
    negated = f"{SERIES} :S sh:not [ sh:path :year ; sh:hasValue 1990 ] . :T sh:targetNode :f0 ; sh:not :S ."
    assert [f.check for f in found(negated, series(9, ":year 1990 ."))] == ["shacl/node"]
    assert [f.check for f in found(negated, series(9, ":year 1989 ."))] == ["shacl/not"]


@pytest.mark.parametrize("sequels", [3, 60])
def test_a_change_is_found_many_steps_away(sequels: int) -> None:
    graph, fault = tables(series(sequels, ":year 1989 .")), triples(f":f{sequels} :year 1990 .")
    validation = IncrementalValidation(graph, to_shapes(triples(SERIES)))
    assert focus_nodes(validation.report) == []
    graph.add(fault)
    assert focus_nodes(validation.update(added=fault)) == ["f0"]


# --- the law: random recursive shapes, and the greatest fixpoint computed film by film

FILMS = range(5)
SHAPES = range(3)
CONSTRAINTS = {
    "one year": ONE_YEAR,
    "node": "sh:node :S{i}",
    "and": "sh:and ( :S{i} :S{j} )",
    "or": "sh:or ( :S{i} :S{j} )",
    "every": "sh:property [ sh:path :sequel ; sh:node :S{i} ]",
    "some": "sh:property [ sh:path :sequel ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShape :S{i} ]",
    "later": "sh:property [ sh:path ( :sequel [ sh:zeroOrMorePath :sequel ] ) ; sh:node :S{i} ]",
}
Pair = tuple[int, int]
ShapeConstraint = tuple[str, int, int]


def conforming(sequels: set[tuple[int, int]], faulty: set[int], shapes: list[list[ShapeConstraint]]) -> set[Pair]:
    """The pairs of film and shape that conform: all, but for those that must go."""
    pairs = {(film, shape) for film in FILMS for shape in SHAPES}

    def holds(film: int, constraint: ShapeConstraint) -> bool:
        kind, i, j = constraint
        values = [after for before, after in sequels if before == film]
        match kind:
            case "one year":
                return film not in faulty
            case "node":
                return (film, i) in pairs
            case "and":
                return (film, i) in pairs and (film, j) in pairs
            case "or":
                return (film, i) in pairs or (film, j) in pairs
            case "every":
                return all((value, i) in pairs for value in values)
            case "some":
                return any((value, i) in pairs for value in values)
            case _:
                later = reachable(values, lambda film: [after for before, after in sequels if before == film])
                return all((value, i) in pairs for value in later)

    while failing := {(film, shape) for film, shape in pairs if not all(holds(film, c) for c in shapes[shape])}:
        pairs -= failing
    return pairs


def to_turtle(shapes: list[list[ShapeConstraint]]) -> str:
    written = [
        f":S{number} a sh:NodeShape " + "".join(f"; {CONSTRAINTS[kind].format(i=i, j=j)} " for kind, i, j in shape)
        for number, shape in enumerate(shapes)
    ]
    targets = " , ".join(f":f{film}" for film in FILMS)
    return f":T sh:targetNode {targets} ; sh:node :S0 . " + ". ".join(written) + "."


def to_data(sequels: set[tuple[int, int]], faulty: set[int]) -> list[Triple]:
    return triples(
        "".join(f":f{a} :sequel :f{b} ." for a, b in sequels) + "".join(f":f{film} {TWO_YEARS}" for film in faulty)
    )


edges = st.sets(st.tuples(st.sampled_from(FILMS), st.sampled_from(FILMS)), max_size=7)
faults = st.sets(st.sampled_from(FILMS), max_size=2)
constraints = st.tuples(st.sampled_from(sorted(CONSTRAINTS)), st.sampled_from(SHAPES), st.sampled_from(SHAPES))
shape_lists = st.lists(
    st.lists(constraints, max_size=3), min_size=len(SHAPES), max_size=len(SHAPES)
)  # fmt: skip


@settings(LAW, max_examples=cases(30))
@given(edges, edges, faults, faults, shape_lists)
def test_the_failing_nodes_are_those_of_the_greatest_fixpoint_also_after_a_change(
    sequels: set[tuple[int, int]],
    later: set[tuple[int, int]],
    faulty: set[int],
    later_faulty: set[int],
    shapes: list[list[ShapeConstraint]],
) -> None:
    before, after = to_data(sequels, faulty), to_data(later, later_faulty)
    graph, parsed = shared_tables(before), to_shapes(triples(to_turtle(shapes)))
    validation = IncrementalValidation(graph, parsed)
    assert failing(validation.report) == expected(sequels, faulty, shapes)
    added, removed = [t for t in after if t not in before], [t for t in before if t not in after]
    graph.add(added)
    remove(graph, removed)
    updated = validation.update(added=added, removed=removed)
    assert failing(updated) == expected(later, later_faulty, shapes)
    assert sorted(map(str, updated)) == sorted(map(str, check(graph, parsed)))
    validation.close()


def failing(report: Report) -> list[str]:
    return focus_nodes(Report(tuple(f for f in report if f.shape == "<https://example.org/T>")))


def expected(sequels: set[tuple[int, int]], faulty: set[int], shapes: list[list[ShapeConstraint]]) -> list[str]:
    pairs = conforming(sequels, faulty, shapes)
    return [f"f{film}" for film in FILMS if (film, 0) not in pairs]


def test_the_way_to_a_fault_is_followed_by_focus_and_shape() -> None:
    """A result of `sh:node` says which value fails, and how to see why; a shape needs no target for that."""
    data, example = series(2), "https://example.org/"
    (finding,) = found(MUTUAL, series(1))
    assert finding.remedy == f"See why with --focus {example}f1 --shape {example}B."
    (next_finding,) = found(MUTUAL, data, focus=["<https://example.org/f2>"], shape=["<https://example.org/B>"])
    assert (next_finding.check, next_finding.focus) == ("shacl/maxCount", "<https://example.org/f2>")
