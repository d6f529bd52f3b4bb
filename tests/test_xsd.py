"""Values of literals: known to be the same, known to be different, or neither."""

from __future__ import annotations

import pytest

from kg.terms import RDF, XSD
from kg.xsd import are_different, are_equal, is_in_datatype, is_outside_datatype


def literal(text: str) -> str:
    """`1 integer` as an exact literal; `x rdf:JSON` and `x ex:unknown` with other namespaces; `x @en` with a tag."""
    lexical, _, kind = text.rpartition(" ")
    lexical = lexical.replace('"', '\\"')
    if kind.startswith("@"):
        return f'"{lexical}"{kind}'
    prefix, _, name = kind.rpartition(":")
    return f'"{lexical}"^^<{({"rdf": RDF, "ex": "https://example.org/"}).get(prefix, XSD)}{name}>'


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("PT2H19M duration", "PT139M duration"),
        ("PT2H19M dayTimeDuration", "PT8340S duration"),
        ("P1Y duration", "P12M yearMonthDuration"),
        ("1 integer", "01.0 decimal"),
        ("1 byte", "+1 nonNegativeInteger"),
        ("1e1 double", "10 double"),
        ("0.1 float", "0.10000000149 float"),
        ("NaN double", "NaN double"),
        ("true boolean", "1 boolean"),
        ("2024-01-01Z date", "2024-01-01+00:00 date"),
        ("2024-01-01T24:00:00 dateTime", "2024-01-02T00:00:00.0 dateTime"),
        ("24:00:00 time", "00:00:00.0 time"),
        ("x token", "x string"),
        ("x @en", "x @EN"),
        ("x@en rdf:PlainLiteral", "x @en"),
        ("x@ rdf:PlainLiteral", "x string"),
        ("<b/> rdf:XMLLiteral", "<b></b> rdf:XMLLiteral"),
        ("<b c='1' d='2'/> rdf:XMLLiteral", "<b d='2' c='1'></b> rdf:XMLLiteral"),
        ('{"a":1} rdf:JSON', '{ "a": 1.0 } rdf:JSON'),
        ('{"a":1,"b":2} rdf:JSON', '{"b":2,"a":1} rdf:JSON'),
        ("0a hexBinary", "0A hexBinary"),
        ("x ex:unknown", "x ex:unknown"),
    ],
)
def test_two_writings_of_one_value_are_equal(one: str, other: str) -> None:
    assert are_equal(literal(one), literal(other))
    assert not are_different(literal(one), literal(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("PT1H duration", "PT2H dayTimeDuration"),
        ("P1M duration", "P30D duration"),
        ("1 integer", "2 integer"),
        ("1 integer", "1 double"),
        ("1 float", "1 double"),
        ("0.0 double", "-0.0 double"),
        ("1979 gYear", "1980 gYear"),
        ("1979 gYear", "1979 string"),
        ("2024-01-01 date", "2024-01-02 date"),
        ("2024-01-01 date", "2024-01-03Z date"),
        ("x @en", "x @fr"),
        ("x @en", "x string"),
        ("x anyURI", "x string"),
        ("<b/> rdf:XMLLiteral", "<c/> rdf:XMLLiteral"),
        ("[1] rdf:JSON", "[2] rdf:JSON"),
    ],
)
def test_two_values_are_different(one: str, other: str) -> None:
    assert are_different(literal(one), literal(other))
    assert not are_equal(literal(one), literal(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x ex:unknown", "y ex:unknown"),
        ("1 ex:unknown", "2 integer"),
        ("1/2 ex:rational", "0.5 decimal"),
        ("a:b QName", "c:b QName"),
        ("<b></b> rdf:HTML", "<B></B> rdf:HTML"),
        ("long integer", "1 integer"),
        ("2024-01-01T00:00:00 dateTime", "2024-01-01T00:00:00Z dateTime"),
        ("2024-01-01T00:00:00Z dateTime", "2024-01-01T01:00:00+01:00 dateTime"),
        ("2024-01-01 date", "2024-01-01Z date"),
    ],
)
def test_of_two_values_it_is_not_known_whether_they_differ(one: str, other: str) -> None:
    assert not are_equal(literal(one), literal(other))
    assert not are_different(literal(one), literal(other))


@pytest.mark.parametrize(
    ("text", "datatype", "known"),
    [
        ("1 integer", f"<{XSD}byte>", True),
        ("300 integer", f"<{XSD}byte>", False),
        ("PT1H duration", f"<{XSD}dayTimeDuration>", True),
        ("P1M duration", f"<{XSD}dayTimeDuration>", False),
        ("<a> rdf:XMLLiteral", f"<{RDF}XMLLiteral>", False),
        ("<a/> rdf:XMLLiteral", f"<{RDF}XMLLiteral>", True),
        ("</fragment><fragment> rdf:XMLLiteral", f"<{RDF}XMLLiteral>", False),
        ("<b> rdf:HTML", f"<{RDF}HTML>", True),
        ("1 ex:unknown", f"<{XSD}integer>", None),
        ("<b> rdf:HTML", f"<{XSD}string>", None),
    ],
)
def test_a_value_belongs_to_a_datatype_or_not_or_that_is_not_known(
    text: str, datatype: str, known: bool | None
) -> None:
    assert is_in_datatype(datatype, literal(text)) == (known is True)
    assert is_outside_datatype(datatype, literal(text)) == (known is False)
