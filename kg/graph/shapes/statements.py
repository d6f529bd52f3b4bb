"""A plan walks in, SQL walks out: every statement of the checker is written here.

The tables, all temporary:

    shape_focus(focus_set, node)            the nodes that shapes look at
    shape_value(value_set, focus, value)    what they lead to
    shape_hit(check, focus, value, path, other)   what broke a check; value, path and other may be NULL
    shape_fails(shape, node)                verdicts that other shapes ask for
    shape_reported(shape, node, times)      reported focus nodes, where they are not simply the focus set

One statement asks one thing of all shapes together: the shapes are rows of a VALUES list and not statements, because a
statement costs a millisecond and a row nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from kg.graph.shapes.paths import Automaton, Step, predicates, to_automaton
from kg.graph.shapes.plan import Check, FocusSet, Plan, ValueSet
from kg.graph.shapes.verdicts import VALUE_COMPONENTS, pair_to_sql, quoted, to_sql
from kg.terms import RDF

Row = Sequence[int | str | None]
Ids = Callable[[str], int]
"""The number of a term that the plan speaks of."""

TABLES = (
    "CREATE OR REPLACE TEMP TABLE shape_focus(focus_set USMALLINT, node UINTEGER)",
    "CREATE OR REPLACE TEMP TABLE shape_value(value_set USMALLINT, focus UINTEGER, value UINTEGER)",
    "CREATE OR REPLACE TEMP TABLE shape_hit(asked INTEGER, focus UINTEGER, value UINTEGER, path UINTEGER, other UINTEGER)",
    "CREATE OR REPLACE TEMP TABLE shape_fails(shape INTEGER, node UINTEGER)",
    "CREATE OR REPLACE TEMP TABLE shape_reported(shape INTEGER, node UINTEGER, times UINTEGER)",
)
DROPS = tuple(
    f"DROP TABLE IF EXISTS {name}"
    for name in (
        "shape_focus",
        "shape_value",
        "shape_hit",
        "shape_fails",
        "shape_reported",
        "shape_term",
        "shape_hop",
        "shape_doubt",
    )
)


def rows(name: str, columns: str, content: Iterable[Row]) -> str:
    """A VALUES list as a named table."""
    told = ",".join(
        "(" + ",".join("NULL" if v is None else str(v) if isinstance(v, int) else quoted(v) for v in row) + ")"
        for row in content
    )
    return f"(VALUES {told}) {name}({columns})"


# --- focus nodes


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
    return f"INSERT INTO shape_focus SELECT DISTINCT focus_set, node FROM ({' UNION ALL '.join(parts)}) f(focus_set, node){kept}"


def joined_focus(sets: Sequence[FocusSet]) -> str:
    """Fill the focus sets that are made from other sets."""
    parts = []
    from_focus = [(s.number, below) for s in sets for below in s.focus_sets]
    from_values = [(s.number, below) for s in sets for below in s.value_sets]
    if from_focus:
        parts.append(
            f"SELECT r.number, f.node FROM shape_focus f JOIN {rows('r', 'number, below', from_focus)} ON f.focus_set = r.below"
        )
    if from_values:
        parts.append(
            f"SELECT r.number, v.value FROM shape_value v JOIN {rows('r', 'number, below', from_values)} ON v.value_set = r.below"
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
    for inverse, here, there in ((False, "s", "o"), (True, "o", "s")):
        steps = [
            (s.number, s.focus_set, ids(s.path.predicate))
            for s in sets
            if isinstance(s.path, Step) and s.path.inverse is inverse
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
    """Follow the longer paths, all of them in one recursion: a walker is a focus node, a node and the state of its automaton."""
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
        f" JOIN {rows('m', 'number, state, predicate, inverse, later', moves)} ON m.number = w.number AND m.state = w.state"
        " JOIN shape_hop h ON h.here = w.node AND h.p = m.predicate AND h.inverse = m.inverse::BOOLEAN)"
        f" SELECT DISTINCT w.number, w.focus, w.node FROM walker w JOIN {rows('e', 'number, state', ends)}"
        " ON e.number = w.number AND e.state = w.state",
    ]


# --- checks that lean on no other shape


def _hit(select: str) -> str:
    return f"INSERT INTO shape_hit {select}"


def doubts(checks: Sequence[Check], words: str) -> str:
    """Judge the constraints on one value: what breaks them, and what SQL is not sure of (`bad` is NULL)."""
    expressions: dict[str, int] = {}
    params = [(c.number, c.value_set, expressions.setdefault(to_sql(c.constraint), len(expressions))) for c in checks]
    cases = " ".join(f"WHEN {number} THEN {sql}" for sql, number in expressions.items())
    return (
        "CREATE OR REPLACE TEMP TABLE shape_doubt AS SELECT asked, focus, value, bad FROM ("
        f"SELECT r.asked, v.focus, v.value, CASE r.verdict {cases} END AS bad FROM shape_value v"
        f" JOIN {rows('r', 'asked, value_set, verdict', params)} ON v.value_set = r.value_set"
        f" JOIN {words} t ON t.id = v.value) WHERE bad IS DISTINCT FROM FALSE"
    )


UNSURE = (
    "SELECT DISTINCT d.asked, d.value, t.text FROM shape_doubt d JOIN {words} t ON t.id = d.value WHERE d.bad IS NULL"
)
SURE = _hit("SELECT asked, focus, value, NULL, NULL FROM shape_doubt WHERE bad")


def judged(bad: Iterable[tuple[int, int]]) -> str:
    """Take over what Python judged to be bad: pairs of check and term."""
    return _hit(
        "SELECT d.asked, d.focus, d.value, NULL, NULL FROM shape_doubt d"
        f" JOIN {rows('r', 'number, term', bad)} ON d.asked = r.number AND d.value = r.term WHERE d.bad IS NULL"
    )


def counts(checks: Sequence[Check]) -> str:
    """minCount and maxCount."""
    params = [
        (
            c.number,
            c.focus_set,
            c.value_set,
            c.constraint.count if c.name == "minCount" else 0,
            c.constraint.count if c.name == "maxCount" else None,
        )
        for c in checks
    ]
    wanted = rows("r", "asked, focus_set, value_set, least, most", params)
    sets = ",".join(str(n) for n in sorted({c.value_set for c in checks}))
    return _hit(
        f"WITH n AS (SELECT value_set, focus, count(*) AS n FROM shape_value WHERE value_set IN ({sets}) GROUP BY ALL)"
        f" SELECT r.asked, n.focus, NULL, NULL, NULL FROM n JOIN {wanted} ON n.value_set = r.value_set"
        " WHERE n.n < r.least OR n.n > r.most"
        f" UNION ALL SELECT r.asked, f.node, NULL, NULL, NULL FROM shape_focus f JOIN {wanted} ON f.focus_set = r.focus_set"
        " ANTI JOIN n ON n.value_set = r.value_set AND n.focus = f.node WHERE r.least > 0"
    )


def classes(checks: Sequence[Check], ids: Ids, below: Mapping[str, Iterable[int]]) -> str:
    """Values that are no instance of the class."""
    params = rows(
        "r", "asked, value_set, class", [(c.number, c.value_set, ids(c.constraint.values[0])) for c in checks]
    )
    trees = rows(
        "k",
        "class, below",
        sorted({(ids(c.constraint.values[0]), b) for c in checks for b in below[c.constraint.values[0]]}),
    )
    return _hit(
        f"SELECT r.asked, v.focus, v.value, NULL, NULL FROM shape_value v JOIN {params} ON v.value_set = r.value_set"
        f" ANTI JOIN (SELECT e.s, k.class FROM shape_edge e JOIN {trees} ON e.o = k.below WHERE e.p = {ids(f'<{RDF}type>')}) i"
        " ON i.s = v.value AND i.class = r.class"
    )


def members(checks: Sequence[Check], ids: Ids) -> str:
    """Values that are not in the list."""
    params = rows("r", "asked, value_set", [(c.number, c.value_set) for c in checks])
    listed = [(c.number, ids(term)) for c in checks for term in c.constraint.values] or [(-1, 0)]
    return _hit(
        f"SELECT r.asked, v.focus, v.value, NULL, NULL FROM shape_value v JOIN {params} ON v.value_set = r.value_set"
        f" ANTI JOIN {rows('m', 'number, term', listed)} ON m.number = r.asked AND m.term = v.value"
    )


def missing(checks: Sequence[Check], ids: Ids) -> str:
    """Focus nodes that lack the value of sh:hasValue."""
    params = [(c.number, c.focus_set, c.value_set, ids(c.constraint.values[0])) for c in checks]
    return _hit(
        f"SELECT r.asked, f.node, NULL, NULL, NULL FROM shape_focus f"
        f" JOIN {rows('r', 'asked, focus_set, value_set, term', params)} ON f.focus_set = r.focus_set"
        " ANTI JOIN shape_value v ON v.value_set = r.value_set AND v.focus = f.node AND v.value = r.term"
    )


def unequal(checks: Sequence[Check], ids: Ids) -> str:
    """Values of one property that the other lacks, either way."""
    params = rows(
        "r",
        "asked, focus_set, value_set, predicate",
        [(c.number, c.focus_set, c.value_set, ids(c.constraint.values[0])) for c in checks],
    )
    return _hit(
        f"SELECT r.asked, v.focus, v.value, NULL, NULL FROM shape_value v JOIN {params} ON v.value_set = r.value_set"
        " ANTI JOIN shape_edge e ON e.p = r.predicate AND e.s = v.focus AND e.o = v.value"
        f" UNION ALL SELECT DISTINCT r.asked, f.node, e.o, NULL, NULL FROM shape_focus f JOIN {params} ON f.focus_set = r.focus_set"
        " JOIN shape_edge e ON e.p = r.predicate AND e.s = f.node"
        " ANTI JOIN shape_value v ON v.value_set = r.value_set AND v.focus = f.node AND v.value = e.o"
    )


def shared(checks: Sequence[Check], ids: Ids) -> str:
    """Values that the property of sh:disjoint has too."""
    params = [(c.number, c.value_set, ids(c.constraint.values[0])) for c in checks]
    return _hit(
        f"SELECT r.asked, v.focus, v.value, NULL, NULL FROM shape_value v"
        f" JOIN {rows('r', 'asked, value_set, predicate', params)} ON v.value_set = r.value_set"
        " SEMI JOIN shape_edge e ON e.p = r.predicate AND e.s = v.focus AND e.o = v.value"
    )


def order_doubts(checks: Sequence[Check], ids: Ids, words: str) -> str:
    """Judge sh:lessThan and sh:lessThanOrEquals on every pair of values."""
    names = sorted({c.name for c in checks})
    params = [(c.number, c.value_set, ids(c.constraint.values[0]), names.index(c.name)) for c in checks]
    cases = " ".join(f"WHEN {n} THEN {pair_to_sql(name)}" for n, name in enumerate(names))
    return (
        "CREATE OR REPLACE TEMP TABLE shape_doubt AS SELECT asked, focus, value, other, left_text, right_text, bad FROM ("
        f"SELECT *, CASE verdict {cases} END AS bad FROM ("
        "SELECT r.asked, v.focus, v.value, e.o AS other, r.verdict, a.text AS left_text, b.text AS right_text FROM shape_value v"
        f" JOIN {rows('r', 'asked, value_set, predicate, verdict', params)} ON v.value_set = r.value_set"
        f" JOIN shape_edge e ON e.p = r.predicate AND e.s = v.focus JOIN {words} a ON a.id = v.value JOIN {words} b ON b.id = e.o))"
        " WHERE bad IS DISTINCT FROM FALSE"
    )


UNSURE_PAIRS = "SELECT DISTINCT asked, value, other, left_text, right_text FROM shape_doubt WHERE bad IS NULL"
SURE_PAIRS = _hit("SELECT asked, focus, value, NULL, other FROM shape_doubt WHERE bad")


def judged_pairs(bad: Iterable[tuple[int, int, int]]) -> str:
    """Take over the pairs that Python judged to be out of order."""
    return _hit(
        "SELECT d.asked, d.focus, d.value, NULL, d.other FROM shape_doubt d"
        f" JOIN {rows('r', 'number, term, other', bad)} ON d.asked = r.number AND d.value = r.term AND d.other = r.other"
        " WHERE d.bad IS NULL"
    )


def languages(checks: Sequence[Check], words: str) -> str:
    """Language tags that two values or more bear; one hit for each tag, and one of its values so that it can be named."""
    params = rows("r", "asked, value_set", [(c.number, c.value_set) for c in checks])
    return _hit(
        f"SELECT asked, focus, NULL, NULL, min(value) FROM ("
        """SELECT r.asked, v.focus, v.value, lower(regexp_extract(t.text, '"@([A-Za-z0-9-]+)$', 1)) AS language"""
        f" FROM shape_value v JOIN {params} ON v.value_set = r.value_set JOIN {words} t ON t.id = v.value"
        """ WHERE starts_with(t.text, '"') AND NOT ends_with(t.text, '"') AND NOT ends_with(t.text, '>'))"""
        " GROUP BY asked, focus, language HAVING count(*) > 1"
    )


def strangers(checks: Sequence[Check], ids: Ids) -> str:
    """Triples of a closed shape's focus nodes with a property that it does not know."""
    params = rows("r", "asked, focus_set", [(c.number, c.focus_set) for c in checks])
    known = [(c.number, ids(iri)) for c in checks for iri in c.constraint.more] or [(-1, 0)]
    return _hit(
        f"SELECT r.asked, f.node, e.o, e.p, NULL FROM shape_focus f JOIN {params} ON f.focus_set = r.focus_set"
        " JOIN shape_edge e ON e.s = f.node"
        f" ANTI JOIN {rows('k', 'number, predicate', known)} ON k.number = r.asked AND k.predicate = e.p"
    )


# --- checks that lean on other shapes


def logical(checks: Sequence[Check], plan: Plan) -> list[str]:
    """not, and, or, xone and node, by the verdicts of the shapes that they name."""
    found = []
    ways = {"node": "SEMI JOIN", "and": "SEMI JOIN", "not": "ANTI JOIN"}
    for name, way in ways.items():
        some = [c for c in checks if c.name == name]
        params = [(c.number, c.value_set, plan.numbers.get(child, -1)) for c in some for child in c.constraint.shapes]
        if params:
            found.append(
                _hit(
                    f"SELECT DISTINCT r.asked, v.focus, v.value, NULL::UINTEGER, NULL::UINTEGER FROM shape_value v"
                    f" JOIN {rows('r', 'asked, value_set, child', params)} ON v.value_set = r.value_set"
                    f" {way} shape_fails x ON x.shape = r.child AND x.node = v.value"
                )
            )
    some = [c for c in checks if c.name in ("or", "xone")]
    if some:
        params = [
            (c.number, c.value_set, place, plan.numbers.get(child, -1), int(c.name == "xone"))
            for c in some
            for place, child in enumerate(c.constraint.shapes)
        ]
        # An empty list: sh:or of nothing, and sh:xone of nothing, hold for no value.
        params += [(c.number, c.value_set, 0, -2, int(c.name == "xone")) for c in some if not c.constraint.shapes]
        found.append(
            _hit(
                "SELECT asked, focus, value, NULL, NULL FROM ("
                "SELECT r.asked, v.focus, v.value, any_value(r.one) AS one, count(*) FILTER (x.node IS NULL AND r.child <> -2) AS fit"
                f" FROM shape_value v JOIN {rows('r', 'asked, value_set, place, child, one', params)} ON v.value_set = r.value_set"
                " LEFT JOIN shape_fails x ON x.shape = r.child AND x.node = v.value GROUP BY ALL)"
                " WHERE fit = 0 OR (one = 1 AND fit <> 1)"
            )
        )
    return found


def qualified(checks: Sequence[Check], plan: Plan) -> str:
    """qualifiedMinCount and qualifiedMaxCount: count the values that fit the shape, and none of its siblings."""
    params = [
        (
            c.number,
            c.focus_set,
            c.value_set,
            plan.numbers.get(c.constraint.shapes[0], -1),
            c.constraint.count if c.name == "qualifiedMinCount" else 0,
            c.constraint.count if c.name == "qualifiedMaxCount" else None,
        )
        for c in checks
    ]
    wanted = rows("r", "asked, focus_set, value_set, child, least, most", params)
    siblings = [(c.number, plan.numbers.get(s, -1)) for c in checks for s in c.constraint.siblings]
    apart = (
        f" ANTI JOIN (SELECT b.number, u.value FROM {rows('b', 'number, sibling', siblings)}"
        " JOIN (SELECT DISTINCT value FROM shape_value) u ON true"
        " ANTI JOIN shape_fails y ON y.shape = b.sibling AND y.node = u.value) o"
        " ON o.number = r.asked AND o.value = v.value"
        if siblings
        else ""
    )
    return _hit(
        f"WITH n AS (SELECT r.asked, v.focus, count(*) AS n FROM shape_value v JOIN {wanted} ON v.value_set = r.value_set"
        f" ANTI JOIN shape_fails x ON x.shape = r.child AND x.node = v.value{apart} GROUP BY ALL)"
        " SELECT r.asked, f.node, NULL, NULL, NULL FROM shape_focus f"
        f" JOIN {wanted} ON f.focus_set = r.focus_set LEFT JOIN n ON n.asked = r.asked AND n.focus = f.node"
        " WHERE coalesce(n.n, 0) < r.least OR coalesce(n.n, 0) > r.most"
    )


def fails(shapes: Sequence[int], plan: Plan) -> str:
    """Write down which nodes fail these shapes, by their own checks and by their property shapes."""
    wanted = set(shapes)
    own = [(c.number, c.shape) for c in plan.checks if c.shape in wanted]
    inner = [
        (c.shape, c.value_set, plan.numbers[child])
        for c in plan.checks
        if c.shape in wanted and c.name == "property"
        for child in c.constraint.shapes
        if child in plan.numbers
    ]
    parts = []
    if own:
        parts.append(
            f"SELECT r.shape, h.focus FROM shape_hit h JOIN {rows('r', 'number, shape', own)} ON h.asked = r.number"
        )
    if inner:
        parts.append(
            f"SELECT r.shape, v.focus FROM shape_value v JOIN {rows('r', 'shape, value_set, child', inner)}"
            " ON v.value_set = r.value_set SEMI JOIN shape_fails x ON x.shape = r.child AND x.node = v.value"
        )
    return f"INSERT INTO shape_fails SELECT DISTINCT * FROM ({' UNION ALL '.join(parts)})" if parts else ""


# --- what is told


def reported(number: int, plan: Plan) -> str:
    """The reported focus nodes of one shape, with how often each is reached."""
    parts = []
    for source in plan.reported[number]:
        if source.focus_set >= 0:
            parts.append(f"SELECT node, 1 AS times FROM shape_focus WHERE focus_set = {source.focus_set}")
        else:
            values_of, above = plan.values_of[source.shape], plan.reported[source.shape]
            if plan.shapes[source.shape].path is None and not above:
                parts.append(f"SELECT node, 1 FROM shape_focus WHERE focus_set = {plan.focus_of[source.shape]}")
            elif not above:
                parts.append(f"SELECT value, 1 FROM shape_value WHERE value_set = {values_of}")
            elif plan.shapes[source.shape].path is None:
                parts.append(f"SELECT node, times FROM shape_reported WHERE shape = {source.shape}")
            else:
                parts.append(
                    "SELECT v.value, r.times FROM shape_value v JOIN shape_reported r ON r.node = v.focus"
                    f" WHERE v.value_set = {values_of} AND r.shape = {source.shape}"
                )
    return (
        f"INSERT INTO shape_reported SELECT {number}, node, sum(times) FROM ({' UNION ALL '.join(parts)}) s(node, times)"
        " GROUP BY node"
    )


def told(plan: Plan, words: str) -> str:
    """The findings: check, focus, value, path, the other value as texts, how often, and the numbers of focus and value."""
    plain = [(c.number, -1) for c in plan.checks if plan.reported.get(c.shape) == ()]
    counted = [(c.number, c.shape) for c in plan.checks if plan.reported.get(c.shape)]
    params = rows("r", "number, shape", plain + counted)
    times, join = "1", ""
    if counted:
        times = "coalesce(q.times, 1)"
        join = " LEFT JOIN shape_reported q ON q.shape = r.shape AND q.node = h.focus"
    return (
        f"SELECT h.asked, f.text, v.text, p.text, o.text, {times}, h.focus, h.value FROM shape_hit h JOIN {params}"
        f" ON h.asked = r.number{join} JOIN {words} f ON f.id = h.focus LEFT JOIN {words} v ON v.id = h.value"
        f" LEFT JOIN {words} p ON p.id = h.path LEFT JOIN {words} o ON o.id = h.other"
        + (" WHERE r.shape = -1 OR q.times IS NOT NULL" if counted else "")
    )


def counted_values(pairs: Iterable[tuple[int, int]], words: str) -> str:
    """The values behind findings of cardinality: value set, focus and the texts of all its values."""
    return (
        f"SELECT v.value_set, v.focus, list(t.text ORDER BY t.text) FROM shape_value v JOIN {rows('r', 'value_set, focus', pairs)}"
        f" ON v.value_set = r.value_set AND v.focus = r.focus JOIN {words} t ON t.id = v.value GROUP BY ALL"
    )


def is_plain(check: Check) -> bool:
    """Whether the check asks something of one value at a time."""
    return check.name in VALUE_COMPONENTS
