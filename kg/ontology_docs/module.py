"""Modules of an ontology: a Turtle file with a header and the classes and properties that it declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from kg.schema import OntologyTerm, Schema, read_ontology, to_schema
from kg.terms import FILM, LABEL, NOTE, OWL, SKOS, TYPE

DOMAIN_INCLUDES = NamedNode("https://schema.org/domainIncludes")
RANGE_INCLUDES = NamedNode("https://schema.org/rangeIncludes")
_ONTOLOGY = NamedNode(OWL + "Ontology")
_EXAMPLE = NamedNode(SKOS + "example")


@dataclass(frozen=True)
class Module:
    """A file of the ontology that declares classes or properties."""

    name: str
    triples: tuple[Triple, ...]

    @cached_property
    def schema(self) -> Schema:
        """The terms that this module declares."""
        return to_schema(self.triples)

    @cached_property
    def header(self) -> NamedNode | None:
        """The IRI of the module itself, an `owl:Ontology`."""
        return next((t.subject for t in self.triples if (t.predicate, t.object) == (TYPE, _ONTOLOGY)), None)  # type: ignore[return-value]

    @property
    def title(self) -> str:
        """The label in the header; without one, the name of the file."""
        return self._text(LABEL) or self.name

    @property
    def introduction(self) -> str:
        """The comment in the header."""
        return self._text(NOTE)

    @property
    def classes(self) -> tuple[OntologyTerm, ...]:
        """The declared classes, by name."""
        return _declared(self.schema.classes)

    @property
    def properties(self) -> tuple[OntologyTerm, ...]:
        """The declared properties, by name."""
        return _declared(self.schema.properties)

    def used_on(self, property: NamedNode) -> tuple[NamedNode, ...]:
        """The classes on which a property is used: its domain, and those of `schema:domainIncludes`."""
        term = self.schema.properties[property]
        return tuple(dict.fromkeys((*term.domain, *self._objects(property, DOMAIN_INCLUDES))))

    def leads_to(self, property: NamedNode) -> tuple[NamedNode, ...]:
        """The classes or datatypes of its values: its range, and those of `schema:rangeIncludes`."""
        term = self.schema.properties[property]
        return tuple(dict.fromkeys((*term.range, *self._objects(property, RANGE_INCLUDES))))

    def example(self, term: NamedNode) -> str:
        """The example that the ontology gives of a term that our data does not use; without one, empty."""
        examples = (t.object for t in self.triples if (t.subject, t.predicate) == (term, _EXAMPLE))
        return next((text.value for text in examples if isinstance(text, Literal)), "")

    def _objects(self, subject: NamedNode, predicate: NamedNode) -> Iterator[NamedNode]:
        for triple in self.triples:
            if (triple.subject, triple.predicate) == (subject, predicate) and isinstance(triple.object, NamedNode):
                yield triple.object

    def _text(self, predicate: NamedNode) -> str:
        texts = (t.object for t in self.triples if (t.subject, t.predicate) == (self.header, predicate))
        return next((text.value for text in texts if isinstance(text, Literal) and text.language in (None, "en")), "")


def _declared(terms: Mapping[NamedNode, OntologyTerm]) -> tuple[OntologyTerm, ...]:
    """Those of our namespace: a module may also declare an annotation property that it borrows."""
    return tuple(
        sorted((term for term in terms.values() if term.iri.value.startswith(FILM)), key=lambda term: term.name)
    )


def read_modules(files: Iterable[Path]) -> tuple[Module, ...]:
    """The files that declare classes or properties, in the order given.

    Raises `FaultsError` for a file that does not parse.
    """
    modules = (Module(path.stem, tuple(read_ontology([path]))) for path in files)
    return tuple(module for module in modules if module.header and (module.classes or module.properties))
