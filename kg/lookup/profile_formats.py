"""The profile of RDF data as VoID (https://www.w3.org/TR/void/), and as a page."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

from kg.lookup.data_profile import DataProfile
from kg.terms import RDF, XSD
from kg.text.number_words import counted

_VOID = "http://rdfs.org/ns/void#"
_TYPE = NamedNode(RDF + "type")
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; margin: 0 0 2rem; width: 100% }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #ddd; overflow-wrap: anywhere }
td.number { text-align: right; font-variant-numeric: tabular-nums }
"""


def to_void(profile: DataProfile) -> str:
    """The profile as Turtle: classes and properties are partitions of the dataset, links to a site are a linkset."""
    text = serialize(_void_triples(profile), format=RdfFormat.TURTLE, prefixes={"void": _VOID, **profile.prefixes})
    return (text or b"").decode()


def _void_triples(profile: DataProfile) -> Iterator[Triple]:
    dataset = BlankNode("dataset")
    yield Triple(dataset, _TYPE, _term("Dataset"))
    yield from _counts(
        dataset, triples=profile.triples, classes=len(profile.classes), properties=len(profile.properties)
    )
    for namespace in sorted(set(profile.prefixes.values())):
        yield Triple(dataset, _term("vocabulary"), NamedNode(namespace))
    for number, row in enumerate(profile.classes):
        part = BlankNode(f"class{number}")
        yield Triple(dataset, _term("classPartition"), part)
        yield Triple(part, _term("class"), NamedNode(row.iri))
        yield from _counts(part, entities=row.entities)
    for number, property in enumerate(profile.properties):
        part = BlankNode(f"property{number}")
        yield Triple(dataset, _term("propertyPartition"), part)
        yield Triple(part, _term("property"), NamedNode(property.iri))
        yield from _counts(part, triples=property.triples, distinctSubjects=property.subjects)
    for number, link in enumerate(profile.links):
        linkset, target = BlankNode(f"links{number}"), BlankNode(f"target{number}")
        yield Triple(dataset, _term("subset"), linkset)
        yield Triple(linkset, _TYPE, _term("Linkset"))
        yield Triple(linkset, _term("objectsTarget"), target)
        yield Triple(target, _term("uriSpace"), Literal(link.name))
        yield from _counts(linkset, triples=link.count)


def _counts(subject: BlankNode, **numbers: int) -> Iterator[Triple]:
    for name, number in numbers.items():
        yield Triple(subject, _term(name), Literal(str(number), datatype=NamedNode(XSD + "integer")))


def _term(name: str) -> NamedNode:
    return NamedNode(_VOID + name)


def to_html(profile: DataProfile, title: str) -> str:
    """The profile as a page that loads nothing from elsewhere."""
    tables: list[tuple[str, tuple[str, ...], Sequence[Sequence[object]]]] = [
        ("Classes", ("class", "entities", "example"), [(c.name, c.entities, c.example) for c in profile.classes]),
        (
            "Properties",
            ("property", "triples", "subjects", "values", "example"),
            [(p.name, p.triples, p.subjects, ", ".join(p.values), p.example) for p in profile.properties],
        ),
        ("Languages", ("language", "literals"), [(row.name, row.count) for row in profile.languages]),
        ("Links", ("to", "triples", "example"), [(row.name, row.count, row.example) for row in profile.links]),
        ("Named graphs", ("graph", "triples"), [(row.name, row.count) for row in profile.graphs]),
        ("Prefixes", ("prefix", "namespace"), list(profile.prefixes.items())),
    ]
    body = "".join(_section(name, columns, rows) for name, columns, rows in tables if rows)
    name = html.escape(title)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{name}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{name}</h1>\n<p>{counted(profile.triples, 'triple')}</p>\n"
        f"{body}</body>\n</html>\n"
    )


def _section(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>\n" for row in rows)
    return f"<h2>{name}</h2>\n<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}</tbody>\n</table>\n"


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f'<td class="number">{value:,}</td>'
    return f"<td>{html.escape(str(value))}</td>"
