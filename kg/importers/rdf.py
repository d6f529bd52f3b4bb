"""RDF in other vocabularies walks in, schema.org, DBpedia, FIAFcore, Wikidata; facts in our own words walk out.

Terms are read through `ontology/crosswalk.ttl` and `mappings/rdf.yaml`; what neither knows is counted and left out. The
triples stream, except in files with blank nodes: these get the labels of RDFC-1.0, for which the whole file is needed
(https://www.w3.org/TR/rdf-canon/).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from kg.errors import InputError
from kg.facts.dates import to_date_range
from kg.importers.entity_names import dataset_entity_name, name_component, to_node
from kg.importers.input_files import list_files
from kg.importers.session import ImportSession
from kg.importers.wikidata.entities import EntityReader
from kg.importers.wikidata.rdf import DIRECT, WikidataTriples
from kg.mappings import MAPPINGS
from kg.mappings.wikidata import WikidataMapping
from kg.schema import Schema, ValueKind
from kg.terms import FILM, PREFIXES, SKOS, TYPE, XSD
from kg.yaml_files import read_yaml_mapping

SUFFIXES = (".ttl", ".nt", ".nq", ".trig", ".jsonld", ".rdf", ".owl")
LARGEST_WITH_BLANKS = 64 << 20
_DIRECT_TYPE = NamedNode(DIRECT + "P31")
_EXACT = NamedNode(SKOS + "exactMatch")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_MINUTES = re.compile(r"P?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE]\+?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]+")


@dataclass(frozen=True, slots=True)
class PropertyReading:
    """Our property for one of another vocabulary, and how its texts are read."""

    property: str
    parse_as: str = ""


@dataclass(frozen=True)
class RdfMapping:
    """What the classes, properties and addresses of other vocabularies mean."""

    classes: Mapping[str, str]
    properties: Mapping[str, PropertyReading]
    names: Mapping[str, str]
    currencies: Mapping[str, str]
    """Datatype of a sum of money -> ISO 4217 code."""


def read_rdf_mapping(
    ontology: Iterable[Triple], schema: Schema, wikidata: WikidataMapping, *, own: Path | None = None
) -> RdfMapping:
    """The crosswalk, the usual mapping and the caller's own, the later above the earlier."""
    classes = {PREFIXES["wd"] + item: kind for item, kind in wikidata.classes.items()}
    properties = {
        DIRECT + name: PropertyReading(meanings[0].property)
        for name, meanings in wikidata.properties.items()
        if meanings[0].property and meanings[0].parse_as in ("item", "text", "time")
    }
    for triple in ontology:
        if (
            triple.predicate == _EXACT
            and isinstance(triple.object, NamedNode)
            and isinstance(triple.subject, NamedNode)
        ):
            name = triple.subject.value.removeprefix(FILM)
            if triple.subject in schema.classes:
                classes.setdefault(triple.object.value, name)
            else:
                properties.setdefault(triple.object.value, PropertyReading(name))
    names: dict[str, str] = {}
    currencies: dict[str, str] = {}
    for path in (MAPPINGS / "rdf.yaml", *([own] if own is not None else [])):
        told = read_yaml_mapping(path)
        classes |= {str(iri): str(kind) for iri, kind in (told.get("classes") or {}).items()}
        properties |= {str(iri): _reading(entry) for iri, entry in (told.get("properties") or {}).items()}
        names |= {str(iri): str(prefix) for iri, prefix in (told.get("names") or {}).items()}
        currencies |= {str(iri): str(code) for iri, code in (told.get("currencies") or {}).items()}
    wrong = [f"{one.property!r}" for one in properties.values() if one.property not in schema.names]
    wrong += [f"{kind!r}" for kind in classes.values() if kind not in schema.class_names]
    if wrong:
        raise InputError(f"The mapping names what is not in the ontology: {', '.join(sorted(set(wrong)))}.")
    return RdfMapping(classes, properties, names, currencies)


def import_rdf(
    paths: Sequence[str | Path],
    session: ImportSession,
    mapping: RdfMapping,
    schema: Schema,
    wikidata: WikidataMapping,
    *,
    prefix: str,
) -> None:
    """Read RDF files into the session; raises `InputError` for one that does not parse, with its line.

    Items of Wikidata whose statements are there are read as from its JSON, with ranks, qualifiers and references.
    """
    with WikidataTriples(session) as statements:
        for path in list_files(paths, SUFFIXES):
            reader = _Reader(session, mapping, schema, prefix, path)
            for subject, property, value in _triples(path, session):
                session.summary.records += 1
                if not statements.take(subject, property, value):
                    reader.read(subject, property, value)
            session.progress(path.stat().st_size)
        if statements.any:
            statements.load()
            reader = _Reader(session, mapping, schema, prefix, Path("wikidata"))
            for subject, property, value in statements.direct():
                reader.read(subject, property, value)
            entities = EntityReader(session, wikidata)
            for entity in statements.entities():
                entities.read_or_reject(entity, file="wikidata", line=0)


@dataclass
class _Reader:
    session: ImportSession
    mapping: RdfMapping
    schema: Schema
    prefix: str
    path: Path
    named: dict[str, str] = field(default_factory=dict)

    def read(self, subject: Any, property: NamedNode, value: Any) -> None:
        if property in (TYPE, _DIRECT_TYPE):
            kind = self.mapping.classes.get(_https(value.value)) if isinstance(value, NamedNode) else None
            if kind is None:
                self.session.summary.unmapped[f"class {value.value}"] += 1
            else:
                self.add(subject, "type", kind)
            return
        reading = self.mapping.properties.get(_https(property.value))
        if reading is None:
            self.session.summary.unmapped[property.value] += 1
            return
        word = self.schema.properties[self.schema.names[reading.property]]
        kind = word.range[0].value.removeprefix(FILM) if len(word.range) == 1 else ""
        if reading.parse_as == "money":
            self.money(subject, property, reading.property, value)
        elif word.value_kind is ValueKind.ENTITY:
            kind = kind if kind in self.schema.class_names else ""
            self.add(subject, reading.property, self.thing(value, kind, subject, via=reading.property))
        elif not isinstance(value, Literal):
            self.skip(property, "an address stands where a text should")
        elif (
            text := self.text(value, reading, word.value_kind, kind, direct=property.value.startswith(DIRECT))
        ) is None:
            self.skip(property, "the value is not what the property takes")
        elif reading.property == "label":
            self.label(subject, text, value.language or "")
        else:
            self.add(subject, reading.property, text, language=(value.language or "") if word.name == "alias" else "")

    def money(self, subject: Any, property: NamedNode, name: str, value: Any) -> None:
        """A figure, with its currency; a bare number does not tell what it is a sum of."""
        currency = self.mapping.currencies.get(value.datatype.value) if isinstance(value, Literal) else None
        if currency is None:
            self.skip(property, "a sum without a currency that is known")
            return
        if not _NUMBER.fullmatch(value.value):
            self.skip(property, "the value is not what the property takes")
            return
        amount = f"{Decimal(value.value):f}"
        node = to_node(self.name(subject)[0], name, name_component(amount))
        self.add(subject, name, node)
        for said, text in (("amount", amount), ("currency", currency)):
            self.session.add_fact(node, said, text, record=_record(subject))

    def label(self, subject: Any, text: str, language: str) -> None:
        """The English name, or the one without a language, is the label; another is it only where there is none."""
        if language in ("", "en", "mul"):
            self.add(subject, "label", text)
            return
        self.add(subject, "alias", text, language=language)
        name, identifier = self.name(subject)
        self.session.add_stub(name, class_name="", label=text, identifier=identifier, record=_record(subject))

    def text(
        self, value: Literal, reading: PropertyReading, takes: ValueKind | None, range: str, *, direct: bool
    ) -> str | None:
        text = _CONTROL.sub(" ", value.value).strip()
        if reading.parse_as == "year":
            return text[:4] if _to_date(text) is not None else None
        if takes is ValueKind.DATE:
            # Wikidata's direct values do not tell their precision; a year stands on New Year's Day.
            return _to_date(text[:4] if direct and text[4:11] == "-01-01T" else text)
        if reading.parse_as in ("minutes", "seconds"):
            return _to_minutes(text, seconds=reading.parse_as == "seconds")
        if range == XSD + "integer":
            return text if _WHOLE.fullmatch(text) else None
        return text or None

    def thing(self, value: Any, kind: str, subject: Any, *, via: str) -> str:
        """The name of what a value stands for: the thing at an address, or one that a text names."""
        if isinstance(value, Literal):
            text = _CONTROL.sub(" ", value.value).strip()
            name, identifier = dataset_entity_name(self.prefix, kind.lower() or "thing", text), ""
            label = text
        else:
            name, identifier = self.name(value)
            label = identifier or _last(value)
        self.session.add_stub(
            name, class_name=kind, label=label, identifier=identifier, record=_record(subject), via=via
        )
        return name

    def name(self, term: Any) -> tuple[str, str]:
        """A term's name here, and its number in Wikidata."""
        if isinstance(term, BlankNode):
            return dataset_entity_name(self.prefix, self.path.name, term.value), ""
        for start, prefix in self.mapping.names.items():
            if term.value.startswith(start):
                local = unquote(term.value.removeprefix(start)).strip("/").replace("_", " ")
                return dataset_entity_name(prefix, local or "thing"), local if prefix == "wd" else ""
        return dataset_entity_name(self.prefix, _last(term) or term.value), ""

    def add(self, subject: Any, property: str, value: str, *, language: str = "") -> None:
        name, identifier = self.name(subject)
        if identifier and name not in self.named:
            self.named[name] = identifier
            self.session.add_fact(name, "wikidataId", identifier, record=_record(subject))
        self.session.add_fact(name, property, value, language=language, record=_record(subject))

    def skip(self, property: NamedNode, why: str) -> None:
        self.session.summary.skipped[f"{property.value}: {why}"] += 1


def _triples(path: Path, session: ImportSession) -> Iterator[tuple[Any, NamedNode, Any]]:
    format = RdfFormat.from_extension(path.suffix.removeprefix("."))
    if format == RdfFormat.RDF_XML and re.search(rb"<!ENTITY", path.read_bytes()[: 1 << 16]):
        raise InputError(f"{path} has XML entities, which are not read. Write the addresses out.")
    try:
        if path.suffix in (".nt", ".nq"):
            yield from _lines(path, format, session)
            return
        blank = any(
            isinstance(term, BlankNode) for quad in _quads(path, format) for term in (quad.subject, quad.object)
        )
        if not blank:
            yield from ((quad.subject, quad.predicate, quad.object) for quad in _quads(path, format))
            return
        if path.stat().st_size > LARGEST_WITH_BLANKS:
            raise InputError(
                f"{path} has blank nodes, and is larger than {LARGEST_WITH_BLANKS >> 20} MB. Name its nodes."
            )
        dataset = Dataset(_quads(path, format))
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
        yield from ((quad.subject, quad.predicate, quad.object) for quad in sorted(dataset, key=str))
    except SyntaxError as error:
        raise InputError(f"{path}:{error.lineno or 0}: does not parse: {error.msg}. Nothing was written.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error


def _lines(path: Path, format: RdfFormat | None, session: ImportSession) -> Iterator[tuple[Any, NamedNode, Any]]:
    """The triples of a file with one on each line; a line that does not parse is rejected, and reading goes on.

    Labels of blank nodes are taken as they stand.
    """
    quads = _quads(path, format)
    while True:
        try:
            quad = next(quads)
        except StopIteration:
            return
        except SyntaxError as error:
            session.summary.records += 1
            session.reject(path.name, error.lineno or 0, f"does not parse: {error.msg}")
            continue
        yield quad.subject, quad.predicate, quad.object


def _quads(path: Path, format: RdfFormat | None) -> Iterator[Quad]:
    return iter(parse(path=path, format=format, base_iri="https://example.org/"))


def _https(iri: str) -> str:
    """schema.org has two addresses for one vocabulary."""
    return "https" + iri.removeprefix("http") if iri.startswith("http://schema.org/") else iri


def _last(term: Any) -> str:
    """The last part of an address, as a person reads it."""
    return unquote(re.split(r"[/#]", term.value.rstrip("/#"))[-1]).replace("_", " ")


def _record(term: Any) -> str:
    return str(term.value)


def _reading(entry: Any) -> PropertyReading:
    return (
        PropertyReading(entry)
        if isinstance(entry, str)
        else PropertyReading(str(entry["property"]), str(entry.get("reads", "")))
    )


def _to_date(text: str) -> str | None:
    day = text.partition("T")[0].removesuffix("Z")
    try:
        to_date_range(day)
    except ValueError:
        return None
    return day


def _to_minutes(text: str, *, seconds: bool) -> str | None:
    if _NUMBER.fullmatch(text):
        minutes = round(float(text) / (60 if seconds else 1))
    else:
        parts = _MINUTES.fullmatch(text)
        if parts is None or not any(parts.groups()):
            return None
        minutes = int(parts[1] or 0) * 60 + int(parts[2] or 0) + round(int(parts[3] or 0) / 60)
    return str(minutes) if minutes else None
