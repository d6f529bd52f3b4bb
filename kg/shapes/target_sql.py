"""Focus nodes and what they lead to: a plan's sets walk in, the SQL that fills them walks out."""

# ruff: noqa: S608 - what is put into SQL here is numbers of terms and texts that `quoted` has made safe
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kg.shapes.paths import Automaton, Path, Step, inverse, predicates, to_automaton
from kg.shapes.plan import FocusSet, ValueSet
from kg.shapes.sql_tables import Ids, rows
from kg.terms import RDF


def target_focus(
    sets: Sequence[FocusSet], ids: Ids, classes: Mapping[str, Iterable[int]], only: Sequence[int] | None
) -> str:
    """Fill the focus sets that come from targets; `only` keeps those nodes and no others."""
    parts = []
    named = [(s.number, ids(t.term)) for s in sets for t in s.targets if t.kind == "node"]
    typed = [(s.number, c) for s in sets for t in s.targets if t.kind == "class" for c in classes[t.term]]
    subjects = [(s.number, ids(t.term)) for s in sets for t in s.targets if t.kind == "subjectsOf"]
    objects = [(s.number, ids(t.term)) for s in sets for t in s.targets if t.kind == "objectsOf"]
    if named:
        parts.append(f"SELECT focus_set, node FROM {rows('r', 'focus_set, node', named)}")
    if typed:
        of_class = rows("r", "focus_set, class", typed)
        parts.append(
            f"SELECT focus_set, s FROM shape_edge JOIN {of_class} ON o = r.class WHERE p = {ids(f'<{RDF}type>')}"
        )
    if subjects:
        parts.append(
            f"SELECT focus_set, s FROM shape_edge JOIN {rows('r', 'focus_set, predicate', subjects)} ON p = r.predicate"
        )
    if objects:
        parts.append(
            f"SELECT focus_set, o FROM shape_edge JOIN {rows('r', 'focus_set, predicate', objects)} ON p = r.predicate"
        )
    if not parts:
        return ""
    kept = f" WHERE node IN ({','.join(map(str, only)) or 'NULL'})" if only is not None else ""
    return (
        f"INSERT INTO shape_focus SELECT DISTINCT focus_set, node"
        f" FROM ({' UNION ALL '.join(parts)}) f(focus_set, node){kept}"
    )


def joined_focus(sets: Sequence[FocusSet]) -> str:
    """Fill the focus sets that are made from other sets."""
    parts = []
    from_focus = [(s.number, below) for s in sets for below in s.focus_sets]
    from_values = [(s.number, below) for s in sets for below in s.value_sets]
    if from_focus:
        parts.append(
            f"SELECT r.number, f.node FROM shape_focus f JOIN {rows('r', 'number, below', from_focus)}"
            " ON f.focus_set = r.below"
        )
    if from_values:
        parts.append(
            f"SELECT r.number, v.value FROM shape_value v JOIN {rows('r', 'number, below', from_values)}"
            " ON v.value_set = r.below"
        )
    return f"INSERT INTO shape_focus SELECT DISTINCT * FROM ({' UNION ALL '.join(parts)})" if parts else ""


# --- values


def values(sets: Sequence[ValueSet], ids: Ids) -> list[str]:
    """Fill the value sets of one floor."""
    found = []
    selves = [(s.number, s.focus_set) for s in sets if s.path is None]
    if selves:
        found.append(
            "INSERT INTO shape_value SELECT r.number, f.node, f.node FROM shape_focus f"
            f" JOIN {rows('r', 'number, focus_set', selves)} ON f.focus_set = r.focus_set"
        )
    for backwards, here, there in ((False, "s", "o"), (True, "o", "s")):
        steps = [
            (s.number, s.focus_set, ids(s.path.predicate))
            for s in sets
            if isinstance(s.path, Step) and s.path.inverse is backwards
        ]
        if steps:
            found.append(
                f"INSERT INTO shape_value SELECT r.number, f.node, e.{there} FROM shape_edge e"
                f" JOIN {rows('r', 'number, focus_set, predicate', steps)} ON e.p = r.predicate"
                f" JOIN shape_focus f ON f.focus_set = r.focus_set AND f.node = e.{here}"
            )
    longer = [s for s in sets if s.path is not None and not isinstance(s.path, Step)]
    if longer:
        found += _walks(longer, ids)
    return found


def _walks(sets: Sequence[ValueSet], ids: Ids) -> list[str]:
    """Follow the longer paths, all in one recursion: a walker is a focus node, a node and its automaton's state."""
    automata: list[tuple[ValueSet, Automaton]] = [(s, to_automaton(s.path)) for s in sets if s.path is not None]
    moves = [
        (s.number, move.state, ids(move.step.predicate), str(move.step.inverse).lower(), move.then)
        for s, automaton in automata
        for move in automaton.moves
    ]
    used = {ids(predicate) for s in sets if s.path is not None for predicate in predicates(s.path)}
    ends = [(s.number, end) for s, automaton in automata for end in sorted(automaton.ends)]
    starts = rows("r", "number, focus_set", [(s.number, s.focus_set) for s in sets])
    wanted = ",".join(map(str, sorted(used)))
    return [
        "CREATE OR REPLACE TEMP TABLE shape_hop AS"
        f" SELECT s AS here, p, false AS inverse, o AS there FROM shape_edge WHERE p IN ({wanted})"
        f" UNION ALL SELECT o, p, true, s FROM shape_edge WHERE p IN ({wanted})",
        "INSERT INTO shape_value WITH RECURSIVE walker(number, focus, node, state) AS ("
        f"SELECT r.number, f.node, f.node, 0 FROM shape_focus f JOIN {starts} ON f.focus_set = r.focus_set"
        " UNION SELECT w.number, w.focus, h.there, m.later FROM walker w"
        f" JOIN {rows('m', 'number, state, predicate, inverse, later', moves)} ON m.number = w.number"
        " AND m.state = w.state"
        " JOIN shape_hop h ON h.here = w.node AND h.p = m.predicate AND h.inverse = m.inverse)"
        f" SELECT DISTINCT w.number, w.focus, w.node FROM walker w JOIN {rows('e', 'number, state', ends)}"
        " ON e.number = w.number AND e.state = w.state",
    ]


# --- after a change


def walk_back(path: Path, ids: Ids, nodes: Iterable[int], *, from_ends: bool) -> str:
    """Where walks along the path begin that pass one of the nodes; with `from_ends`, those that end there.

    `shape_either` holds the triples of before and after the change.
    """
    listed = rows("r", "node", ((node,) for node in nodes))
    if isinstance(path, Step) and from_ends:
        here, there = ("o", "s") if path.inverse else ("s", "o")
        return (
            f"SELECT DISTINCT e.{here} FROM shape_either e JOIN {listed} ON e.{there} = r.node"
            f" WHERE e.p = {ids(path.predicate)}"
        )
    automaton = to_automaton(path)
    states = automaton.ends if from_ends else {0, *(move.then for move in automaton.moves)}
    moves = [(m.state, ids(m.step.predicate), str(m.step.inverse).lower(), m.then) for m in automaton.moves]
    return (
        "WITH RECURSIVE walker(node, state) AS ("
        f"SELECT r.node, q.state FROM {listed} CROSS JOIN {rows('q', 'state', ((state,) for state in sorted(states)))}"
        " UNION SELECT CASE WHEN m.inverse THEN e.o ELSE e.s END, m.state FROM walker w"
        f" JOIN {rows('m', 'state, predicate, inverse, later', moves)} ON m.later = w.state"
        " JOIN shape_either e ON e.p = m.predicate AND w.node = CASE WHEN m.inverse THEN e.s ELSE e.o END)"
        " SELECT DISTINCT node FROM walker WHERE state = 0"
    )


def walk_on(path: Path, ids: Ids, nodes: Iterable[int]) -> str:
    """Where walks along the path lead to from these nodes, before or after the change."""
    return walk_back(inverse(path), ids, nodes, from_ends=True)
