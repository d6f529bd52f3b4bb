"""Random graphs and SPARQL queries over few terms, so that most queries have answers."""

from __future__ import annotations

from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from kg.terms import KNOWLEDGE, XSD

EX = "http://example.org/"
_IRIS = [NamedNode(EX + name) for name in "abcd"]
_PROPERTIES = [NamedNode(EX + name) for name in "pqr"]
_GRAPHS = [NamedNode(EX + name) for name in "gh"]


def _typed(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + datatype))


_LITERALS = [
    *(_typed(str(number), "integer") for number in (-1, 0, 1, 2, 10)),
    *(_typed(number, "decimal") for number in ("1.5", "0.25")),
    # Sums of those are exact but for 0.1, and none has the value of another.
    *(_typed(number, "double") for number in ("0.5", "-3", "0.1", "10000000000")),
    *(_typed(number, "float") for number in ("0.75", "4")),
    _typed("2024-05-01", "date"),
    _typed("2023-12-31", "date"),
    _typed("2024", "gYear"),
    _typed("true", "boolean"),
    _typed("false", "boolean"),
    _typed("many", "integer"),
    _typed("2024-13-45", "date"),
    Literal("a"),
    Literal("ab c"),
    Literal("B"),
    Literal(""),
    Literal('"quoted"\n'),
    Literal("a", language="en"),
    Literal("é", language="fr"),
    Literal("x", datatype=NamedNode(EX + "datatype")),
]
_subjects = st.sampled_from([*_IRIS, BlankNode("x"), BlankNode("y")])
_objects = st.one_of(_subjects, st.sampled_from(_LITERALS))
_triples = st.tuples(_subjects, st.sampled_from(_PROPERTIES), _objects)
_quads = st.builds(lambda t, g: Quad(t[0], t[1], t[2], g), _triples, st.sampled_from([KNOWLEDGE, KNOWLEDGE, *_GRAPHS]))

graphs = st.lists(_quads, max_size=14, unique=True)
"""Quads of a default graph and two named graphs."""

_variables = st.sampled_from(["?x", "?y", "?z", "?v"])
_iris = st.sampled_from([str(iri) for iri in _IRIS])
_constants = st.one_of(_iris, st.sampled_from([str(literal) for literal in _LITERALS]))
_properties = st.sampled_from([str(iri) for iri in _PROPERTIES])


def _paths(depth: int = 2) -> st.SearchStrategy[str]:
    if depth == 0:
        return _properties
    inner = _paths(depth - 1)
    return st.one_of(
        _properties,
        inner.map(lambda path: f"^({path})"),
        st.builds(lambda a, sign, b: f"!({a}|{sign}{b})", _properties, st.sampled_from(["", "^"]), _properties),
        st.builds(lambda a, sign, b: f"({a}){sign}({b})", inner, st.sampled_from("/|"), inner),
        st.builds(lambda path, sign: f"({path}){sign}", inner, st.sampled_from("?*+")),
    )


_verbs = st.one_of(_properties, _properties, _variables, _paths())
_patterns = st.builds(
    lambda s, p, o: f"{s} {p} {o} .", st.one_of(_variables, _iris), _verbs, st.one_of(_variables, _constants)
)


_divisors = st.sampled_from([str(_typed("8", datatype)) for datatype in ("integer", "decimal", "float", "double")])
_FUNCTIONS = [
    "STR",
    "LCASE",
    "UCASE",
    "LANG",
    "DATATYPE",
    "STRLEN",
    "ABS",
    "CEIL",
    "FLOOR",
    "ROUND",
    "YEAR",
    "MONTH",
    "DAY",
    "ENCODE_FOR_URI",
    "xsd:string",
    "xsd:integer",
    "xsd:decimal",
    "xsd:boolean",
    "xsd:double",
    "xsd:float",
    "xsd:date",
    "SHA1",
]
_FUNCTIONS_OF_TWO = ["COALESCE", "CONCAT", "STRBEFORE", "STRAFTER", "SUBSTR", "STRLANG"]

_two_argument_tests = st.sampled_from(["CONTAINS", "STRSTARTS", "STRENDS", "sameTerm", "REGEX", "LANGMATCHES"])


def _expressions(depth: int = 2) -> st.SearchStrategy[str]:
    values = st.one_of(_variables, _variables, _constants)
    numbers = st.one_of(
        st.builds(lambda a, sign, b: f"({a} {sign} {b})", values, st.sampled_from("+-*"), values),
        st.builds(lambda a, number: f"({a} / {number})", values, _divisors),
    )
    calls = st.builds(lambda f, v: f"{f}({v})", st.sampled_from(_FUNCTIONS), values)
    pairs = st.builds(lambda f, a, b: f"{f}({a}, {b})", st.sampled_from(_FUNCTIONS_OF_TWO), values, values)
    terms = st.one_of(values, values, numbers, calls, calls, pairs)
    tests = st.one_of(
        st.builds(lambda a, sign, b: f"({a} {sign} {b})", terms, st.sampled_from(["=", "!=", "<", ">="]), terms),
        st.builds(lambda f, v: f"{f}({v})", st.sampled_from(["isIRI", "isLITERAL", "isBLANK", "isNUMERIC"]), values),
        _variables.map(lambda v: f"BOUND({v})"),
        st.builds(lambda f, a, b: f"{f}({a}, {b})", _two_argument_tests, terms, values),
        st.builds(lambda v, a, b: f"({v} IN ({a}, {b}))", _variables, _constants, _constants),
        _variables,
    )
    if depth == 0:
        return tests
    inner = _expressions(depth - 1)
    return st.one_of(
        tests,
        inner.map(lambda e: f"(!{e})"),
        st.builds(lambda a, sign, b: f"({a} {sign} {b})", inner, st.sampled_from(["&&", "||"]), inner),
        st.builds(lambda a, b, c: f"IF({a}, {b}, {c})", inner, values, terms),
    )


def _groups(depth: int = 2) -> st.SearchStrategy[str]:
    # What a group assigns has the number of its depth: a variable in scope cannot be assigned again.
    if depth == 0:
        return st.lists(_patterns, min_size=1, max_size=2).map(" ".join)
    group = _groups(depth - 1)
    block = group.map(lambda inside: f"{{ {inside} }}")
    return st.one_of(
        group,
        st.builds(lambda a, word, b: f"{a} {word} {b}", group, st.sampled_from(["", "OPTIONAL", "MINUS"]), block),
        st.builds(lambda a, b, e: f"{a} OPTIONAL {{ {b} FILTER({e}) }}", group, group, _expressions(1)),
        st.builds(lambda a, b: f"{a} UNION {b}", block, block),
        st.builds(lambda g, e: f"{g} FILTER({e})", group, _expressions()),
        st.builds(lambda g, word, b: f"{g} FILTER {word} {b}", group, st.sampled_from(["EXISTS", "NOT EXISTS"]), block),
        st.builds(lambda g, name, p: f"{g} GRAPH {name} {{ {p} }}", group, _graph_names, group),
        st.builds(lambda g, v, a, b: f"{g} VALUES {v} {{ {a} {b} }}", group, _variables, _constants, _cells),
        st.builds(lambda g, e: f"{g} BIND({e} AS ?w{depth})", block, _expressions(1)),
        st.builds(lambda g, b, v: f"{g} {{ SELECT DISTINCT {v} {b} }}", group, block, _variables),
        st.builds(
            lambda g, b, v, counted: f"{g} {{ SELECT {v} (COUNT({counted}) AS ?n{depth}) {b} GROUP BY {v} }}",
            group,
            block,
            _variables,
            _variables,
        ),
    )


_graph_names = st.sampled_from([*map(str, _GRAPHS), "?x", "?g"])
_cells = st.one_of(_constants, st.just("UNDEF"))
_aggregates = st.builds(
    lambda f, d, v: f"{f}({d}{v})",
    st.sampled_from(["COUNT", "SUM", "AVG", "MIN", "MAX"]),
    st.sampled_from(["", "DISTINCT "]),
    _variables,
)


@st.composite
def queries(draw: st.DrawFn) -> str:
    """SELECT, ASK and CONSTRUCT, with groups, aggregates and an order where it does not decide the answer."""
    group = draw(_groups())
    match draw(st.sampled_from(["all", "distinct", "group", "having", "ask", "construct"])):
        case "all":
            return f"SELECT * {{ {group} }}"
        case "distinct":
            return f"SELECT DISTINCT ?x ?y {{ {group} }} ORDER BY ?y DESC(?x)"
        case "group":
            return f"SELECT ?x ({draw(_aggregates)} AS ?m) (COUNT(*) AS ?c) {{ {group} }} GROUP BY ?x"
        case "having":
            return f"SELECT ?x {{ {group} }} GROUP BY ?x HAVING(COUNT(DISTINCT ?y) >= 1) ORDER BY DESC(COUNT(?y))"
        case "ask":
            return f"ASK {{ {group} }}"
    return f"CONSTRUCT {{ ?x ?v ?y . ?y {draw(_properties)} ?z }} WHERE {{ {group} }}"
