"""RDF in other vocabularies, such as schema.org, DBpedia, FIAFcore and Wikidata: terms mapped to our ontology's.

The mapping is `ontology/crosswalk.ttl` and `mappings/rdf.yaml`; terms that neither has are counted and left out. The
triples are streamed, except in files with blank nodes: these get canonical labels, for which the complete file is
needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple

from kg.errors import InputError
from kg.facts.dates import to_date_range
from kg.facts.literals import is_address
from kg.facts.model import Source
from kg.files.yaml_files import YamlNode
from kg.importers.dataset_names import (
    dataset_entity_name,
    may_share_names,
    name_component,
    name_of_iri,
    text_entity_name,
)
from kg.importers.input_files import list_files
from kg.importers.reject_reasons import mark_value
from kg.importers.session import ImportSession, term_name
from kg.importers.wikidata_entities import EntityReader
from kg.importers.wikidata_rdf import DIRECT, WikidataTriples
from kg.mappings import MAPPINGS
from kg.mappings.linked_datasets import LinkedDataset, find_identifier, read_datasets
from kg.mappings.mapping_file import MappingFile, mentioned_type
from kg.mappings.wikidata import INVERSE, WikidataMapping, read_wikidata_mapping
from kg.parts import part_iri
from kg.rdf.blank_nodes import AlikeNodesError, with_canonical_labels
from kg.rdf.file_formats import FORMAT_NAMES, format_of
from kg.rdf.parser import RdfParser, RdfSyntaxError
from kg.schema import OntologyTerm, Schema, ValueKind
from kg.terms import FILM, OWL, PREFIXES, SKOS, TYPE, XSD
from kg.text.folding import to_slug
from kg.text.wikipedia_titles import title_of_article

SUFFIXES = tuple(
    suffix + packed
    for suffix in (".ttl", ".nt", ".nq", ".trig", ".jsonld", ".rdf", ".owl")
    for packed in ("", ".gz", ".bz2")
)
_FOAF = "http://xmlns.com/foaf/0.1/"
_LINKS = frozenset((f"{OWL}sameAs", f"{SKOS}exactMatch"))
"""The properties by which a dataset states that two names mean one entity."""
_SAME_AS = _LINKS | {"https://schema.org/sameAs"}
"""The properties that lead from an entity to its address in another dataset."""
_PAGES = _SAME_AS | {
    f"{_FOAF}isPrimaryTopicOf",
    f"{_FOAF}page",
    "https://schema.org/url",
    "https://schema.org/mainEntityOfPage",
    "https://schema.org/subjectOf",
}
"""The properties that lead from an entity to a page about it."""
_ABOUT = "https://schema.org/about"
"""The property that leads back from a page: from an article, in Wikidata."""
MAX_BYTES_WITH_BLANK_NODES = 64 << 20
_SECTIONS = ("names", "classes", "properties", "currencies")
_FORMS = ("minutes", "seconds", "year", "money")
_DIRECT_TYPE = NamedNode(DIRECT + "P31")
_IDENTIFIER = NamedNode(FILM + "identifier")
_EXACT = NamedNode(SKOS + "exactMatch")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_MINUTES = re.compile(r"(?:PT)?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE]\+?[0-9]+)?")
_TIME = re.compile(r"\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_ARTICLE = "[A-Z0-9][a-z0-9]*(?: [a-z0-9]+)*"
"""A title of Wikipedia that the name of an entity shows; its first letter is always a capital."""


@dataclass(frozen=True, slots=True)
class PropertyMatch:
    """Our property for one of another vocabulary, and the form of its texts where that differs from ours."""

    property: str
    parse_as: str = ""
    is_inverse: bool = False
    """True where ours leads from the value to the subject."""


@dataclass(frozen=True)
class RdfMapping:
    """What the classes, properties and IRIs of other vocabularies mean."""

    classes: Mapping[str, str]
    properties: Mapping[str, PropertyMatch]
    names: Mapping[str, str]
    """The beginning of an IRI -> the prefix of the names of its entities."""
    currencies: Mapping[str, str]
    """Datatype of an amount of money -> ISO 4217 code."""

    def check_name(self, prefix: str, name: str, iri: str) -> str:
        """The name that an IRI gets by a prefix; raises `InputError` when another prefix may give it as well."""
        for other in self.names.values():
            if len(other) > len(prefix) and name.startswith(f"{other}-") and may_share_names(prefix, other):
                raise InputError(
                    f"<{iri}> gets the name film:{name} by the prefix {prefix}, and IRIs with the prefix {other} may"
                    " get it as well. State another prefix in `names` of the mapping, one that does not continue the"
                    " other. Nothing was written."
                )
        return name


def read_rdf_mapping(
    ontology: Iterable[Triple], schema: Schema, wikidata: WikidataMapping, *, own: Path | None = None
) -> RdfMapping:
    """The crosswalk, the usual mapping and the user's own, the later before the earlier.

    Raises `FaultsError` with each name in them that the ontology does not have.
    """
    classes = {PREFIXES["wd"] + item: name for item, name in wikidata.classes.items()}
    properties = {
        DIRECT + name: PropertyMatch(meaning.property or meaning.inverse, is_inverse=not meaning.property)
        for name, (meaning, *_) in wikidata.properties.items()
        if (meaning.property or meaning.inverse) and meaning.parse_as in ("item", "text", "time")
    }
    for triple in ontology:
        subject, match = triple.subject, triple.object
        is_match = triple.predicate in (_EXACT, INVERSE)
        if is_match and isinstance(subject, NamedNode) and isinstance(match, NamedNode):
            name = subject.value.removeprefix(FILM)
            if subject in schema.types:
                classes.setdefault(match.value, name)
            elif name in schema.names:
                properties.setdefault(match.value, PropertyMatch(name, is_inverse=triple.predicate == INVERSE))
    names: dict[str, str] = {}
    currencies: dict[str, str] = {}
    for path in (MAPPINGS / "rdf.yaml", *([own] if own is not None else [])):
        file = MappingFile(path, schema)
        root = file.fields(file.root, _SECTIONS, "the mapping")
        sections = {name: file.entries(root.node(name), f"`{name}`") for name in _SECTIONS}
        classes |= {
            _with_https(iri): "" if node.is_null else file.class_name(node) for iri, node in sections["classes"]
        }
        properties |= {_with_https(iri): _read_match(file, node) for iri, node in sections["properties"]}
        names |= {iri: file.text(node, "a prefix") for iri, node in sections["names"]}
        currencies |= {iri: file.text(node, "a currency") for iri, node in sections["currencies"]}
        file.raise_faults()
    properties = {iri: match for iri, match in properties.items() if match.property}
    names = {iri: prefix for iri, prefix in names.items() if prefix}
    return RdfMapping({iri: name for iri, name in classes.items() if name}, properties, names, currencies)


def _read_match(file: MappingFile, node: YamlNode) -> PropertyMatch:
    """The match that an entry states; without a property for null, which leaves a term out."""
    if node.is_null:
        return PropertyMatch("")
    if node.entries is None:
        term = file.property(node)
        return PropertyMatch(term.name if term is not None else "")
    fields = file.fields(node, ("property", "reads"), "a property")
    form = fields.node("reads")
    if form is not None and form.text not in _FORMS:
        file.add_fault("unknown-form", f"unknown form {form.text!r}", form, remedy=f"Known are {', '.join(_FORMS)}.")
    return PropertyMatch(fields.property_name("property"), fields.text("reads"))


def find_source(
    paths: Sequence[str | Path],
    schema: Schema,
    *,
    mapping: str | Path | None = None,
    input_format: str | None = None,
) -> Source:
    """The usual source of RDF files, named after the first of them."""
    name = Path(paths[0]).name
    return Source(to_slug(name.partition(".")[0]) or "rdf", title=name)


def import_rdf(
    paths: Sequence[str | Path],
    session: ImportSession,
    *,
    mapping: str | Path | None = None,
    input_format: str | None = None,
) -> None:
    """Import RDF files; `mapping` is a file of the user's own, `input_format` a name of `FORMAT_NAMES`.

    Raises `InputError` for a file that does not parse.

    Items of Wikidata whose statements are there are read as from its JSON, with ranks, qualifiers and references.
    """
    wikidata = read_wikidata_mapping(session.ontology, session.schema)
    own = Path(mapping) if mapping is not None else None
    usual = read_rdf_mapping(session.ontology, session.schema, wikidata)
    rdf = read_rdf_mapping(session.ontology, session.schema, wikidata, own=own) if own is not None else usual
    session.prefixes.update(prefix for start, prefix in rdf.names.items() if start not in usual.names)
    session.spool.needs_more_than_names = True
    datasets = read_datasets(session.ontology)
    with WikidataTriples(session) as statements:
        for path in list_files(paths, SUFFIXES):
            reader = _RdfReader(session, rdf, path, datasets)
            for subject, property, value in _triples(path, input_format, session):
                session.summary.records += 1
                if isinstance(value, Triple):
                    reader.skip(property, "a triple term, which facts do not have")
                elif not statements.take(subject, property, value):
                    reader.read(subject, property, value)
            session.progress(path.stat().st_size)
        if statements.has_any:
            statements.load()
            reader = _RdfReader(session, rdf, Path("wikidata"), datasets)
            for subject, property, value in statements.direct():
                reader.read(subject, property, value)
            entities = EntityReader(session, wikidata)
            for entity in statements.entities():
                entities.read_or_reject(entity, file="wikidata", line=0)


@dataclass
class _RdfReader:
    """Adds the facts of the triples of one file."""

    session: ImportSession
    mapping: RdfMapping
    path: Path
    datasets: tuple[LinkedDataset, ...]
    numbered: set[str] = field(default_factory=set)
    """The entities whose number in Wikidata has been added."""
    latest: str = ""
    """The entity whose IRI has been read for an identifier last; the triples of a subject mostly follow each other."""

    @property
    def schema(self) -> Schema:
        return self.session.schema

    @property
    def prefix(self) -> str:
        return self.session.source.id

    def read(self, subject: Any, property: NamedNode, value: Any) -> None:
        if property in (TYPE, _DIRECT_TYPE):
            class_name = self.mapping.classes.get(_with_https(value.value)) if isinstance(value, NamedNode) else None
            if class_name is None:
                self.session.summary.unmapped[f"class {value.value}"] += 1
                self.session.add_unmapped(self.name(subject)[0])
            else:
                self.add(subject, "type", class_name)
            return
        if self.add_article(subject, property, value):
            return
        match = self.mapping.properties.get(_with_https(property.value))
        if match is None and _with_https(property.value) in _SAME_AS:
            self.add_other_name(subject, property, value)
            return
        if match is None:
            self.session.summary.unmapped[property.value] += 1
            return
        term = self.schema.properties[self.schema.names[match.property]]
        if match.is_inverse:
            owner = self.add_entity(value, "", subject, via=match.property)
            self.session.add_fact(owner, match.property, self.name(subject)[0], record=_record(subject))
        elif match.parse_as == "money":
            self.add_figure(subject, property, match.property, value)
        elif term.value_kind is ValueKind.ENTITY:
            class_name = mentioned_type(term, self.schema)
            self.add(subject, match.property, self.add_entity(value, class_name, subject, via=match.property))
        elif _IDENTIFIER in self.schema.ancestors(term.iri) and self.add_identifier(subject, value):
            return
        elif not isinstance(value, Literal):
            self.skip(property, "an IRI instead of a text")
        elif (text := self.parse(value, match, term, is_direct=property.value.startswith(DIRECT))) is None:
            self.skip(property, "the value does not fit the property")
        elif match.property == "label":
            self.add_label(subject, text, value.language or "")
        else:
            language = (value.language or "") if term.name == "alias" else ""
            self.add(subject, match.property, text, language=language)

    def add_article(self, subject: Any, property: NamedNode, value: Any) -> bool:
        """Add the Wikipedia article that a triple has as a page about an entity; True where it states nothing else."""
        name = _with_https(property.value)
        if not (name == _ABOUT or name in _PAGES) or "wikipediaArticle" not in self.schema.names:
            return False
        entity, page = (value, subject) if name == _ABOUT else (subject, value)
        if isinstance(entity, Literal) or isinstance(page, BlankNode):
            return False
        is_article = is_address(page.value) and title_of_article(page.value) is not None
        if is_article:
            self.add(entity, "wikipediaArticle", page.value)
        return is_article and name != _ABOUT

    def add_identifier(self, subject: Any, value: Any) -> bool:
        """Add the identifier that an address means, under its own property; False for an address of no dataset."""
        if isinstance(value, BlankNode) or (isinstance(value, Literal) and ":" not in value.value):
            return False
        found = find_identifier(value.value, self.datasets)
        if found is not None:
            self.add(subject, term_name(found[0]), found[1])
        return found is not None

    def add_other_name(self, subject: Any, property: NamedNode, value: Any) -> None:
        """Add what an entity is called elsewhere: its identifier there, or a link to the name that it has here."""
        is_link = property.value in _LINKS and isinstance(subject, NamedNode) and isinstance(value, NamedNode)
        if is_link:
            self.session.add_link(self.name_or_iri(subject), self.name_or_iri(value))
        if not self.add_identifier(subject, value) and not is_link:
            self.skip(property, "an address of no dataset in ontology/datasets.ttl")

    def add_figure(self, subject: Any, property: NamedNode, name: str, value: Any) -> None:
        """Add an amount of money as a part with its currency; a bare number has none, and is left out."""
        currency = self.mapping.currencies.get(value.datatype.value) if isinstance(value, Literal) else None
        if currency is None:
            self.skip(property, "an amount without a known currency")
            return
        if not _NUMBER.fullmatch(value.value):
            self.skip(property, "the value does not fit the property")
            return
        amount = f"{Decimal(value.value):f}"
        part = part_iri(self.name(subject)[0], name, name_component(amount))
        self.add(subject, name, part)
        for part_property, text in (("amount", amount), ("currency", currency)):
            self.session.add_fact(part, part_property, text, record=_record(subject))

    def add_label(self, subject: Any, text: str, language: str) -> None:
        """Add a name: the label when it is English or has no language; else an alias, and a stub's label."""
        if language in ("", "en", "mul"):
            self.add(subject, "label", text)
            return
        self.add(subject, "alias", text, language=language)
        name, number = self.name(subject)
        self.session.add_stub(name, class_name="", label=text, wikidata_id=number, record=_record(subject))

    def parse(self, value: Literal, match: PropertyMatch, term: OntologyTerm, *, is_direct: bool) -> str | None:
        """The text of a literal as our property has it; None when it does not fit."""
        text = _CONTROL.sub(" ", value.value).strip()
        if match.parse_as == "year":
            return text[:4] if _to_date(text) is not None else None
        if term.value_kind is ValueKind.DATE:
            # Wikidata's direct values have no precision; a year is written as its New Year's Day.
            return _to_date(text[:4] if is_direct and text[4:11] == "-01-01T" else text)
        if match.parse_as in ("minutes", "seconds"):
            return _to_minutes(text, in_seconds=match.parse_as == "seconds")
        if NamedNode(XSD + "integer") in term.range:
            return text if _INTEGER.fullmatch(text) else None
        return text or None

    def add_entity(self, value: Any, class_name: str, subject: Any, *, via: str) -> str:
        """Add the stub of the entity that a value means, by IRI or by text; the name of the entity."""
        if isinstance(value, Literal):
            label = _CONTROL.sub(" ", value.value).strip()
            name, number = text_entity_name(f"{self.prefix}-{class_name.lower() or 'thing'}", label), ""
        else:
            name, number = self.name(value)
            label = number or _last_part(value)
        self.session.add_stub(
            name,
            class_name=class_name,
            label=label,
            is_name=isinstance(value, Literal),
            wikidata_id=number,
            record=_record(subject),
            via=via,
        )
        return name

    def name_or_iri(self, term: NamedNode) -> str:
        """The name of a term in all imports; its IRI where each import gives it a name of its own."""
        is_named = term.value.startswith((FILM, *self.mapping.names))
        return self.name(term)[0] if is_named else term.value

    def name(self, term: Any) -> tuple[str, str]:
        """The name of a term here, and its number in Wikidata."""
        if isinstance(term, BlankNode):
            return dataset_entity_name(self.prefix, self.path.name, term.value), ""
        if term.value.startswith(FILM):
            return term.value.removeprefix(FILM), ""
        for start, prefix in self.mapping.names.items():
            if term.value.startswith(start):
                local = unquote(term.value.removeprefix(start)).strip("/")
                if prefix == "wd":
                    return dataset_entity_name(prefix, local or "thing"), local
                if prefix == "dbpedia":
                    return dataset_entity_name(prefix, local.replace("_", " "), usual=_ARTICLE), ""
                return self.mapping.check_name(prefix, dataset_entity_name(prefix, local), term.value), ""
        return name_of_iri(self.prefix, _last_part(term), term.value), ""

    def add(self, subject: Any, property: str, value: str, *, language: str = "") -> None:
        name, number = self.name(subject)
        if number and name not in self.numbered:
            self.numbered.add(name)
            self.session.add_fact(name, "wikidataId", number, record=_record(subject))
        if not number and name != self.latest:
            self.latest = name
            if isinstance(subject, NamedNode) and (found := find_identifier(subject.value, self.datasets)) is not None:
                self.session.add_fact(name, term_name(found[0]), found[1], record=_record(subject))
        self.session.add_fact(name, property, value, language=language, record=_record(subject))

    def skip(self, property: NamedNode, reason: str) -> None:
        self.session.summary.skipped[f"{property.value}: {reason}"] += 1


def _triples(path: Path, input_format: str | None, session: ImportSession) -> Iterator[tuple[Any, NamedNode, Any]]:
    format = format_of(path) if input_format is None else FORMAT_NAMES[input_format]
    if format is None:
        raise InputError(f"{path} does not end as RDF does; name its format with --input-format. Nothing was written.")
    try:
        if format in (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS):
            yield from _lines(path, format, session)
            return
        has_blank_nodes = any(
            isinstance(term, BlankNode) for quad in _quads(path, format) for term in (quad.subject, quad.object)
        )
        if not has_blank_nodes:
            yield from ((quad.subject, quad.predicate, quad.object) for quad in _quads(path, format))
            return
        if path.stat().st_size > MAX_BYTES_WITH_BLANK_NODES:
            megabytes = MAX_BYTES_WITH_BLANK_NODES >> 20
            raise InputError(f"{path} has blank nodes, and is larger than {megabytes} MB. Give its nodes IRIs.")
        quads = list(_quads(path, format))
        labelled = with_canonical_labels(quad for quad in quads if not isinstance(quad.object, Triple))
        others = (quad for quad in quads if isinstance(quad.object, Triple))
        yield from ((quad.subject, quad.predicate, quad.object) for quad in (*labelled, *others))
    except RdfSyntaxError as error:
        place = f"{path}:{error.line}" if error.line else str(path)
        raise InputError(f"{place}: does not parse: {error.message}. Nothing was written.") from error
    except AlikeNodesError as error:
        raise InputError(f"{path}: {error}. Nothing was written.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error


def _lines(path: Path, format: RdfFormat, session: ImportSession) -> Iterator[tuple[Any, NamedNode, Any]]:
    """The triples of a file with a triple on each line; a line that does not parse is rejected.

    Blank nodes keep the labels that they have in the file.
    """
    quads = _quads(path, format)
    while True:
        try:
            quad = next(quads)
        except StopIteration:
            return
        except RdfSyntaxError as error:
            if not error.line or error.check != "syntax":
                raise  # of the file, not of one line
            session.summary.records += 1
            session.reject(path.name, error.line, f"does not parse: {mark_value(error.message)}")
            continue
        yield quad.subject, quad.predicate, quad.object


def _quads(path: Path, format: RdfFormat) -> Iterator[Quad]:
    return RdfParser(path, format, base_iri="https://example.org/")


def _with_https(iri: str) -> str:
    """schema.org has two namespaces for one vocabulary."""
    return "https" + iri.removeprefix("http") if iri.startswith("http://schema.org/") else iri


def _last_part(term: Any) -> str:
    """The last part of an IRI, as a person reads it."""
    return unquote(re.split(r"[/#]", term.value.rstrip("/#"))[-1]).replace("_", " ")


def _record(term: Any) -> str:
    return str(term.value)


def _to_date(text: str) -> str | None:
    day, _, time = text.partition("T")
    if time and _TIME.fullmatch(time) is None:
        return None
    day = day.removesuffix("Z")
    try:
        to_date_range(day)
    except ValueError:
        return None
    return day


def _to_minutes(text: str, *, in_seconds: bool) -> str | None:
    if _NUMBER.fullmatch(text):
        amount = Decimal(text)
        if not in_seconds and amount != amount.to_integral_value():
            return None
        minutes = round(amount / (60 if in_seconds else 1))
    else:
        parts = _MINUTES.fullmatch(text)
        if parts is None or not any(parts.groups()):
            return None
        minutes = int(parts[1] or 0) * 60 + int(parts[2] or 0) + round(int(parts[3] or 0) / 60)
    return str(minutes) if minutes else None
