"""The schema card: classes, kinds and properties and how often each is used, for people who write SPARQL."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from kg.graph.store import find_quad, find_quads, find_solutions
from kg.lookup.entity_types import count_members, type_pattern
from kg.schema import Schema, to_schema
from kg.terms import (
    ALIAS,
    FILM,
    KNOWLEDGE,
    LABEL,
    NOTE,
    ONTOLOGY,
    PREFIXES,
    RDFS,
    SKOS,
    TYPE,
    Term,
    to_curie,
    to_iri,
    to_short,
    to_term,
)
from kg.text.ellipsis import shortened
from kg.text.folding import Naming, match_name, to_stems
from kg.text.table import html_table

INTRODUCTION = f"""PREFIX film: <{FILM}>
{textwrap.fill(f"It is built in, like all of these prefixes: {', '.join(PREFIXES)}.", 79)}

The default graph holds what sources state and what is inferred from it. The
named graphs are
  graph:provenance   facts and their sources:
                     GRAPH graph:provenance {{ ?fact rdf:subject film:anora ;
                     rdf:predicate ?property ; rdf:object ?value ;
                     ev:source ?source ; ev:passage ?where ;
                     ev:start ?start ; ev:end ?end }}
  graph:undecided    values of conflicts that nothing decides
  graph:contested    these, and facts that are not accepted; ev:status and
                     ev:reason of the fact say why
  graph:ontology     classes and properties
"""
"""What to know before writing SPARQL: prefixes and named graphs."""
_INVERSE_LABEL = NamedNode(FILM + "inverseLabel")
_SUBCLASS, _SUBPROPERTY = NamedNode(RDFS + "subClassOf"), NamedNode(RDFS + "subPropertyOf")
_BROADER = NamedNode(SKOS + "broader")
_DOMAIN, _RANGE = NamedNode(RDFS + "domain"), NamedNode(RDFS + "range")
_DOMAIN_INCLUDES = NamedNode("https://schema.org/domainIncludes")
_MAX_EXAMPLE = 40


@dataclass(frozen=True, slots=True)
class SchemaRow:
    """A class, kind or property: its number of uses, its direct parents, and the classes that it relates."""

    curie: str
    uses: int
    parents: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()
    range: tuple[str, ...] = ()
    comment: str = ""
    example: str = ""
    """The datatype or class of a value, where the ontology states no range."""
    labels: tuple[str, ...] = ()
    other_labels: tuple[str, ...] = ()
    word: str = ""
    """Of a kind: the value of `film:kind`."""
    class_curie: str = ""
    """Of a kind: the class that it narrows."""
    keys: tuple[str, ...] = ()
    """Of a property: its other keys in fact files."""

    @property
    def name(self) -> str:
        """What queries and fact files write: a CURIE, or the word of a kind with its property."""
        return f'film:kind "{self.word}"' if self.word else self.curie

    def as_dict(self) -> dict[str, object]:
        """The row as JSON has it."""
        return {
            "curie": self.curie,
            "uses": self.uses,
            "above": self.parents,
            "domain": self.domain,
            "range": self.range,
            "sentence": self.comment,
            "example": self.example,
            **({"kind": self.word} if self.word else {}),
        }

    def named_by(self, text: str) -> Naming | None:
        """How a text names the term; None when it does not."""
        names = filter(None, (self.curie, self.curie.partition(":")[2], self.word, *self.keys, *self.labels))
        return match_name(text, tuple(names), self.other_labels)

    def has_word(self, word: str) -> bool:
        """True when a word of its name, comment, domain or range begins with `word`, or has the same stem."""
        text = f"{self.curie} {self.comment} {' '.join((*self.domain, *self.range))}"
        if set(to_stems(word)) <= set(to_stems(text)):
            return True
        return re.search(rf"(?:\b|(?<=[a-z])(?=[A-Z])){re.escape(word)}", text, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class ClassProperty:
    """A property as the entities of one class use it: how many have it, and an example."""

    curie: str
    entities: int
    example: str
    comment: str

    def as_dict(self) -> dict[str, object]:
        """The property as JSON has it."""
        return {"curie": self.curie, "entities": self.entities, "example": self.example, "sentence": self.comment}


@dataclass(frozen=True, slots=True, repr=False)
class SchemaCard:
    """The classes, properties and kinds that the graph uses or its ontology declares, the most used first."""

    classes: Sequence[SchemaRow]
    properties: Sequence[SchemaRow]
    kinds: Sequence[SchemaRow] = ()

    def __repr__(self) -> str:
        """How many terms there are, and how many of them are used; as text the card lists them."""
        used = sum(row.uses > 0 for row in (*self.classes, *self.properties))
        return f"SchemaCard({len(self.classes)} classes and {len(self.properties)} properties, {used} of them used)"

    def find_class(self, name: str, *, is_used: bool = True) -> SchemaRow | None:
        """The class or kind with this name, CURIE or word, if an entity is of it or need not be; else None."""
        rows = (*self.classes, *self.kinds)
        named = (row for row in rows if name and name in (row.curie, row.curie.removeprefix("film:"), row.word))
        return next((row for row in named if row.uses or not is_used), None)

    def properties_of(self, row: SchemaRow, ontology: Schema) -> list[SchemaRow]:
        """The properties with a domain that the members of a class or kind are in."""
        types = ontology.ancestors(to_iri(row.class_curie or row.curie))
        curies = {to_curie(type.value) for type in types}
        return [property for property in self.properties if not curies.isdisjoint(property.domain)]

    def properties_named(self, word: str) -> list[SchemaRow]:
        """The properties that people call so, by a whole name."""
        named = [(row, row.named_by(word)) for row in self.properties]
        return [row for naming in (Naming.NAME, Naming.OTHER_NAME) for row, how in named if how is naming]

    def matching(self, word: str) -> SchemaCard:
        """The classes, properties and kinds with a word that begins with `word`; first those that it names."""
        return SchemaCard(*(_matching(rows, word) for rows in (self.classes, self.properties, self.kinds)))

    def used(self) -> SchemaCard:
        """The classes, properties and kinds with uses."""
        groups = (self.classes, self.properties, self.kinds)
        return SchemaCard(*([row for row in rows if row.uses] for rows in groups))

    def as_dict(self) -> dict[str, object]:
        """The card as JSON has it."""
        return {
            "classes": [row.as_dict() for row in self.classes],
            "properties": [row.as_dict() for row in self.properties],
            "kinds": [row.as_dict() for row in self.kinds],
        }

    def _repr_html_(self) -> str:
        """What a notebook shows: a folded table each of classes, properties and kinds."""
        groups = (("classes", self.classes), ("properties", self.properties), ("kinds", self.kinds))
        return "".join(
            f"<details><summary>{len(rows):,} {name}</summary>{_html_rows(rows)}</details>"
            for name, rows in groups
            if rows
        )

    def to_text(self, *, all_terms: bool = False) -> str:
        """A table each of what has uses, or of all terms; empty when there is nothing to list."""
        card = self if all_terms else self.used()
        if not (card.classes or card.properties or card.kinds):
            return ""
        kinds = (_write_entry(row.name, row.uses, _note("of", row.parents), row.comment) for row in card.kinds)
        classes = (_write_entry(row.curie, row.uses, _note("below", row.parents), row.comment) for row in card.classes)
        properties = (
            _write_entry(
                row.curie,
                row.uses,
                _note("of", row.domain),
                _note("value", row.range or ((row.example,) if row.example else ())),
                _note("in fact files also", row.keys),
                row.comment,
            )
            for row in card.properties
        )
        groups = [("class", list(classes)), ("property", list(properties)), ("kind", list(kinds))]
        tables = (f"{_head(name, 'uses')}{''.join(entries)}" for name, entries in groups if entries)
        return "\n".join(tables)


def _html_rows(rows: Sequence[SchemaRow]) -> str:
    columns = ("name", "uses", "of", "value", "meaning")
    cells = (
        (row.name, f"{row.uses:,}", ", ".join(row.domain or row.parents), ", ".join(row.range), row.comment)
        for row in rows
    )
    return html_table(columns, cells)


def _matching(rows: Sequence[SchemaRow], word: str) -> list[SchemaRow]:
    named = {row.curie: naming for row in rows if (naming := row.named_by(word)) is not None}
    matching = [row for row in rows if row.curie in named or row.has_word(word)]
    return sorted(matching, key=lambda row: named.get(row.curie, len(Naming)))


def read_ontology_card(triples: Iterable[Triple]) -> SchemaCard:
    """The card of an ontology, of which nothing is used yet."""
    triples, store = tuple(triples), Store()
    store.extend(Quad(triple.subject, triple.predicate, triple.object, ONTOLOGY) for triple in triples)
    return read_schema_card(store, to_schema(triples))


def read_schema_card(store: Store, ontology: Schema) -> SchemaCard:
    """The card of a store with this ontology."""
    classes = _count_uses(store, "SELECT ?term (COUNT(*) AS ?uses) { ?entity a ?term } GROUP BY ?term")
    properties = _count_uses(store, "SELECT ?term (COUNT(*) AS ?uses) { ?entity ?term ?value } GROUP BY ?term")
    declared = "SELECT DISTINCT ?term (0 AS ?uses) { GRAPH <%s> { ?term a ?kind . FILTER(?kind IN (%s)) } }"
    types = "owl:ObjectProperty, owl:DatatypeProperty, owl:AnnotationProperty"
    classes = {**_count_uses(store, declared % (ONTOLOGY.value, "owl:Class")), **classes}
    properties = {**_count_uses(store, declared % (ONTOLOGY.value, types)), **properties}
    kinds = {kind: count_members(store, ontology, kind) for kind in ontology.kinds}
    return SchemaCard(
        _rows(store, classes, _SUBCLASS),
        [_with_keys(row, ontology) for row in _rows(store, properties, _SUBPROPERTY)],
        [_as_kind(row, ontology) for row in _rows(store, kinds, _BROADER)],
    )


def _as_kind(row: SchemaRow, ontology: Schema) -> SchemaRow:
    kind = to_iri(row.curie)
    return replace(row, word=ontology.kinds[kind].word, class_curie=to_curie(ontology.class_of(kind).value))


def _with_keys(row: SchemaRow, ontology: Schema) -> SchemaRow:
    forms = (form for form in ontology.short_forms if to_curie(form.property.value) == row.curie)
    return replace(row, keys=tuple(key for form in forms for key in form.keys))


def read_class_properties(store: Store, ontology: Schema, type: NamedNode) -> list[ClassProperty]:
    """The properties that the entities of a class or kind have, the most used first."""
    query = """SELECT ?property (COUNT(DISTINCT ?entity) AS ?entities) (MIN(?entity) AS ?first)
        WHERE { %s ?entity ?property ?value }
        GROUP BY ?property ORDER BY DESC(?entities) ?property"""
    properties = []
    for solution in find_solutions(store, query % type_pattern(ontology, type), prefixes=PREFIXES):
        property, entity, count = solution["property"], solution["first"], int(solution["entities"].value)
        if isinstance(property, NamedNode) and isinstance(entity, NamedNode):
            values = sorted(str(quad.object) for quad in find_quads(store, entity, property, None, KNOWLEDGE))
            example = f"{_shorten(entity)} {_shorten(to_term(values[0]))}"
            properties.append(ClassProperty(to_curie(property.value), count, example, _comment(store, property)))
    return properties


def write_class_card(row: SchemaRow, properties: Sequence[ClassProperty], called_so: Sequence[SchemaRow] = ()) -> str:
    """A class or kind with its properties as a table, a query to begin with, and the properties of the same name."""
    entries = (
        _write_entry(property.curie, property.entities, property.comment, f"e.g. {property.example}")
        for property in properties
    )
    table = _head("property", "entities") + "".join(entries)
    curies = [property.curie for property in properties]
    example = next((curie for curie in curies if curie.startswith("film:")), curies[0])
    variable = row.curie.rpartition(":")[2].lower()
    type = f"{row.class_curie} ; {row.name}" if row.word else row.curie
    head = f"{row.curie}: {row.comment}\n"
    if row.word:
        head += f"In fact files `type: {row.class_curie.removeprefix('film:')}` and `kind: {row.word}`.\n"
    also = "".join(_write_entry(row.curie, row.uses, row.comment) for row in called_so)
    also = f"\n{_head('property with this name', 'uses')}{also}" if also else ""
    return f"{head}\n{table}\nSELECT * WHERE {{ ?{variable} a {type} ; {example} ?value }}\n{also}"


_WIDTH, _INDENT = 79, "    "
"""The columns of a line, which fits a terminal of 80, and what begins the lines below a name."""


def _head(name: str, count: str) -> str:
    line = f"{name}{count:>{_WIDTH - len(name)}}"
    return f"{line}\n{'-' * _WIDTH}\n"


def _write_entry(curie: str, count: int, *notes: str) -> str:
    """A term with a number at the right edge, and notes below it."""
    lines = [f"{curie} {f' {count}':.>{_WIDTH - len(curie) - 1}}"]
    for note in filter(None, notes):
        lines += textwrap.wrap(note, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def _note(word: str, curies: Sequence[str]) -> str:
    return f"{word} {', '.join(curies)}" if curies else ""


def _shorten(term: Term) -> str:
    text = to_short(term)
    return shortened(text, _MAX_EXAMPLE)


def _count_uses(store: Store, query: str) -> dict[NamedNode, int]:
    return {
        solution["term"]: int(solution["uses"].value)
        for solution in find_solutions(store, query, prefixes=PREFIXES)
        if isinstance(solution["term"], NamedNode)
    }


def _rows(store: Store, uses: dict[NamedNode, int], parent_property: NamedNode) -> list[SchemaRow]:
    rows = [
        SchemaRow(
            to_curie(term.value),
            count,
            _curies(store, term, parent_property),
            _curies(store, term, _DOMAIN) or _curies(store, term, _DOMAIN_INCLUDES),
            _curies(store, term, _RANGE),
            _comment(store, term),
            _example_range(store, term) if parent_property == _SUBPROPERTY and count else "",
            _texts(store, term, LABEL),
            (*_texts(store, term, ALIAS), *_texts(store, term, _INVERSE_LABEL)),
        )
        for term, count in uses.items()
    ]
    return sorted(rows, key=lambda row: (-row.uses, row.curie))


def _curies(store: Store, term: NamedNode, property: NamedNode) -> tuple[str, ...]:
    values = (quad.object for quad in find_quads(store, term, property, None, ONTOLOGY))
    return tuple(sorted(to_curie(value.value) for value in values if isinstance(value, NamedNode)))


def _texts(store: Store, term: NamedNode, property: NamedNode) -> tuple[str, ...]:
    values = (quad.object for quad in find_quads(store, term, property, None, ONTOLOGY))
    return tuple(sorted({value.value for value in values if isinstance(value, Literal)}))


def _comment(store: Store, term: NamedNode) -> str:
    """What the ontology says of a term; of a property also what it is called in the other direction."""
    comment = " ".join(next(iter(_texts(store, term, NOTE)), "").split())
    inverse = next(iter(_texts(store, term, _INVERSE_LABEL)), "")
    return f"{comment} ^{to_curie(term.value)}: {inverse}." if inverse else comment


def _example_range(store: Store, property: NamedNode) -> str:
    """The datatype or class of the property's first value."""
    quad = find_quad(store, None, property, None)
    value = quad.object if quad is not None else None
    if isinstance(value, Literal):
        return to_curie(value.datatype.value)
    if isinstance(value, NamedNode):
        classes = (quad.object for quad in find_quads(store, value, TYPE, None, None))
        return next(iter(sorted(to_curie(iri.value) for iri in classes if isinstance(iri, NamedNode))), "")
    return ""
