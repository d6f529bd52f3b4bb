"""What breaks a constraint: checks walk in, the SQL that finds what breaks them walks out."""

# ruff: noqa: S608 - what is put into SQL here is numbers of terms and texts that `quoted` has made safe
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kg.graph.triple_tables import FIRST_LITERAL_ID
from kg.shapes.plan import Check, Plan
from kg.shapes.sql_tables import Ids, Row, rows
from kg.shapes.value_tests import KINDS, VALUE_COMPONENTS, pair_to_sql, to_sql
from kg.terms import RDF, SH


def is_plain(check: Check) -> bool:
    """Whether the check asks something of one value at a time."""
    return check.name in VALUE_COMPONENTS


SMALLEST_AND_LARGEST = "SELECT value_set, min(value), max(value) FROM shape_value GROUP BY value_set"
BLANK_NODES = f"SELECT 1 FROM term WHERE id < {FIRST_LITERAL_ID} AND starts_with(text, '_') LIMIT 1"


def may_be_wrong(check: Check, smallest: int, largest: int, *, blanks: bool) -> bool:
    """Whether one of the values may be of the wrong kind; `blanks` tells whether there are blank nodes at all."""
    allowed = _allowed(check)
    return (largest >= FIRST_LITERAL_ID and '"' not in allowed) or (
        smallest < FIRST_LITERAL_ID and ("<" not in allowed or (blanks and "_" not in allowed))
    )


def _allowed(check: Check) -> Sequence[str]:
    return KINDS[check.constraint.values[0][len(SH) + 1 : -1]]


def kinds(checks: Sequence[Check]) -> str:
    """Values of the wrong kind: that a term is a literal is seen by its number, and blank nodes are few."""
    params: list[Row] = []
    for c in checks:
        params.append((c.number, c.value_set, *(str(sign in _allowed(c)).lower() for sign in '"_<')))
    wanted = rows("r", "asked, value_set, literals, blanks, names", params)
    return _hit(
        f"SELECT r.asked, v.focus, v.value, NULL, NULL FROM shape_value v JOIN {wanted} ON v.value_set = r.value_set"
        f" LEFT JOIN (SELECT id FROM term WHERE id < {FIRST_LITERAL_ID} AND starts_with(text, '_')) b ON b.id = v.value"
        f" WHERE NOT CASE WHEN v.value >= {FIRST_LITERAL_ID} THEN r.literals WHEN b.id IS NOT NULL THEN r.blanks"
        " ELSE r.names END"
    )


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


# To count in all value sets is quicker than to choose those that are asked for.
COUNTED = (
    "CREATE OR REPLACE TEMP TABLE shape_count AS SELECT value_set, focus, count(*) AS n FROM shape_value GROUP BY ALL"
)
"""How many values each focus node has that has any."""
FEWEST_AND_MOST = "SELECT value_set, count(*), min(n), max(n) FROM shape_count GROUP BY value_set"
FOCUS_NODES = "SELECT focus_set, count(*) FROM shape_focus GROUP BY focus_set"


def wrong_counts(checks: Sequence[Check]) -> str:
    """Focus nodes with some values, but fewer than minCount or more than maxCount."""
    params = [
        (
            c.number,
            c.value_set,
            c.constraint.count if c.name == "minCount" else 0,
            c.constraint.count if c.name == "maxCount" else None,
        )
        for c in checks
    ]
    return _hit(
        "SELECT r.asked, n.focus, NULL, NULL, NULL FROM shape_count n"
        f" JOIN {rows('r', 'asked, value_set, least, most', params)} ON n.value_set = r.value_set"
        " WHERE n.n < r.least OR n.n > r.most"
    )


def without_values(checks: Sequence[Check]) -> str:
    """Focus nodes with no value where minCount wants some."""
    params = [(c.number, c.focus_set, c.value_set) for c in checks]
    return _hit(
        "SELECT r.asked, f.node, NULL, NULL, NULL FROM shape_focus f"
        f" JOIN {rows('r', 'asked, focus_set, value_set', params)} ON f.focus_set = r.focus_set"
        " ANTI JOIN shape_count n ON n.value_set = r.value_set AND n.focus = f.node"
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
        f" ANTI JOIN (SELECT e.s, k.class FROM shape_edge e JOIN {trees} ON e.o = k.below"
        f" WHERE e.p = {ids(f'<{RDF}type>')}) i"
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
        f" UNION ALL SELECT DISTINCT r.asked, f.node, e.o, NULL, NULL FROM shape_focus f JOIN {params}"
        " ON f.focus_set = r.focus_set"
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
        "CREATE OR REPLACE TEMP TABLE shape_doubt AS SELECT asked, focus, value, other, left_text, right_text, bad"
        " FROM ("
        f"SELECT *, CASE verdict {cases} END AS bad FROM ("
        "SELECT r.asked, v.focus, v.value, e.o AS other, r.verdict, a.text AS left_text, b.text AS right_text"
        " FROM shape_value v"
        f" JOIN {rows('r', 'asked, value_set, predicate, verdict', params)} ON v.value_set = r.value_set"
        f" JOIN shape_edge e ON e.p = r.predicate AND e.s = v.focus JOIN {words} a ON a.id = v.value JOIN {words} b"
        " ON b.id = e.o))"
        " WHERE bad IS DISTINCT FROM FALSE"
    )


UNSURE_PAIRS = "SELECT DISTINCT asked, value, other, left_text, right_text FROM shape_doubt WHERE bad IS NULL"
SURE_PAIRS = _hit("SELECT asked, focus, value, NULL, other FROM shape_doubt WHERE bad")


def judged_pairs(bad: Iterable[tuple[int, int, int]]) -> str:
    """Take over the pairs that Python judged to be out of order."""
    return _hit(
        "SELECT d.asked, d.focus, d.value, NULL, d.other FROM shape_doubt d"
        f" JOIN {rows('r', 'number, term, other', bad)} ON d.asked = r.number AND d.value = r.term"
        " AND d.other = r.other"
        " WHERE d.bad IS NULL"
    )


def languages(checks: Sequence[Check], words: str) -> str:
    """Language tags that several values bear; one hit for each tag, with one of its values to name it by."""
    params = rows("r", "asked, value_set", [(c.number, c.value_set) for c in checks])
    return _hit(
        f"SELECT asked, focus, NULL, NULL, min(value) FROM ("
        """SELECT r.asked, v.focus, v.value, lower(regexp_extract(t.text, '"@([A-Za-z0-9-]+)$', 1)) AS language"""
        f" FROM shape_value v JOIN {params} ON v.value_set = r.value_set JOIN {words} t ON t.id = v.value"
        """ WHERE starts_with(t.text, '"') AND NOT ends_with(t.text, '"') AND NOT ends_with(t.text, '>'))"""
        " GROUP BY asked, focus, language HAVING count(*) > 1"
    )


def strangers(checks: Sequence[Check], ids: Ids) -> str:
    """Triples of a closed shape's value nodes with a property that it does not know."""
    params = rows("r", "asked, value_set", [(c.number, c.value_set) for c in checks])
    known = [(c.number, ids(iri)) for c in checks for iri in c.constraint.more] or [(-1, 0)]
    return _hit(
        f"SELECT r.asked, v.focus, e.o, e.p, NULL FROM shape_value v JOIN {params} ON v.value_set = r.value_set"
        " JOIN shape_edge e ON e.s = v.value"
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
        listed = [
            (c.number, c.value_set, place, plan.numbers.get(child, -1), int(c.name == "xone"))
            for c in some
            for place, child in enumerate(c.constraint.shapes)
        ]
        # An empty list: sh:or of nothing, and sh:xone of nothing, hold for no value.
        listed += [(c.number, c.value_set, 0, -2, int(c.name == "xone")) for c in some if not c.constraint.shapes]
        found.append(
            _hit(
                "SELECT asked, focus, value, NULL, NULL FROM ("
                "SELECT r.asked, v.focus, v.value, any_value(r.one) AS one, count(*) FILTER (x.node IS NULL"
                " AND r.child <> -2) AS fit"
                f" FROM shape_value v JOIN {rows('r', 'asked, value_set, place, child, one', listed)}"
                " ON v.value_set = r.value_set"
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
        f"WITH n AS (SELECT r.asked, v.focus, count(*) AS n FROM shape_value v JOIN {wanted}"
        " ON v.value_set = r.value_set"
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
