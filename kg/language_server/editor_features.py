"""Completion, hover and definitions in fact files and queries, as functions of the project's index and a position."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from lsprotocol.types import CompletionItem, CompletionItemKind

from kg.facts.short_forms import CONTEXT_KEYS
from kg.facts.texts import find_quotations, sentence_around
from kg.language_server.cursor import Cursor, cursor_at, is_cited, source_at, word_at
from kg.language_server.index import Definition, ProjectIndex
from kg.reports import Place
from kg.schema import OntologyTerm, ValueKind
from kg.terms import PREFIXES

_MAX_ITEMS = 400
_CONTEXT_LENGTH = 200
_BLOCK_KEYS = ("type", "label", "alias", *CONTEXT_KEYS)
_KEYS_OF_VALUES = ("value", "written", "lang")
_SPAN = re.compile(r"(\d{1,9})-(\d{1,9})")
_CURIE = re.compile(r"(?P<prefix>[A-Za-z][\w\-]*):(?P<name>[\w\-.]*)$")
_VARIABLE = re.compile(r"[?$](\w*)$")


# --- completion


def complete(
    index: ProjectIndex, lines: Sequence[str], line: int, column: int, *, is_query: bool
) -> list[CompletionItem]:
    """What can be written at a position of a fact file, or of a query."""
    if is_query:
        return list(islice(_in_query(index, lines, line, column), _MAX_ITEMS))
    cursor = cursor_at(lines, line, column)
    if cursor is None:
        return []
    return list(islice(_values(index, cursor) if cursor.key else _keys(index, cursor), _MAX_ITEMS))


def _keys(index: ProjectIndex, cursor: Cursor) -> Iterator[CompletionItem]:
    """Yield the properties of the block's class, then the other keys that a block may have."""
    schema = index.schema
    classes = [iri for name, iri in schema.type_names.items() if name == cursor.type]
    for term in sorted(schema.properties.values(), key=lambda term: term.name):
        if not classes or schema.is_used_on(term, classes):
            yield CompletionItem(
                label=term.name, kind=CompletionItemKind.Property, detail=term.label, documentation=_about(index, term),
                insert_text=f"{term.name}: ",
            )  # fmt: skip
    for key in (*_BLOCK_KEYS, *_KEYS_OF_VALUES):
        yield CompletionItem(label=key, kind=CompletionItemKind.Keyword, insert_text=f"{key}: ")


def _values(index: ProjectIndex, cursor: Cursor) -> Iterator[CompletionItem]:
    """Yield sources, classes, kinds, or the entities that a property takes, those of its classes first."""
    schema = index.schema
    if cursor.key == "source":
        for source in index.sources.values():
            yield CompletionItem(label=source.id, kind=CompletionItemKind.File, detail=source.title)
        return
    if cursor.key == "type":
        for name, iri in sorted(schema.class_names.items()):
            about = schema.classes[iri].comment
            yield CompletionItem(label=name, kind=CompletionItemKind.Class, documentation=about)
        return
    if cursor.key == "kind":
        for word in sorted(schema.kind_words):
            yield CompletionItem(label=word, kind=CompletionItemKind.EnumMember)
        return
    term = schema.property_named(cursor.property)
    if term is None or term.value_kind is not ValueKind.ENTITY:
        return
    fitting = {index.schema.types[iri].name for iri in (*term.usual_range, *term.range) if iri in index.schema.types}
    for definition in sorted(index.entities().values(), key=lambda entity: (entity.type not in fitting, entity.id)):
        rank = "0" if definition.type in fitting else "1"
        yield CompletionItem(
            label=definition.id, kind=CompletionItemKind.Reference, detail=_named(definition),
            filter_text=f"{definition.id} {definition.label}", sort_text=f"{rank}{definition.id}",
        )  # fmt: skip


def _in_query(index: ProjectIndex, lines: Sequence[str], line: int, column: int) -> Iterator[CompletionItem]:
    """Yield the terms of a prefix, the variables of the query, or the prefixes."""
    before = lines[line][:column] if line < len(lines) else ""
    if (variable := _VARIABLE.search(before)) is not None:
        names = dict.fromkeys(name for text in lines for name in re.findall(r"[?$](\w+)", text))
        for name in names:
            if name != variable[1]:
                yield CompletionItem(label=f"?{name}", insert_text=name, kind=CompletionItemKind.Variable)
        return
    if (curie := _CURIE.search(before)) is None:
        for prefix in PREFIXES:
            yield CompletionItem(label=f"{prefix}:", kind=CompletionItemKind.Module, detail=PREFIXES[prefix])
        return
    if curie["prefix"] == "source":
        for source in index.sources.values():
            yield CompletionItem(label=source.id, kind=CompletionItemKind.File, detail=source.title)
    if curie["prefix"] != "film":
        return
    for terms, kind in (
        (index.schema.properties, CompletionItemKind.Property),
        (index.schema.classes, CompletionItemKind.Class),
    ):
        for term in terms.values():
            yield CompletionItem(label=term.name, kind=kind, detail=term.label, documentation=_about(index, term))
    for definition in index.entities().values():
        yield CompletionItem(label=definition.id, kind=CompletionItemKind.Reference, detail=_named(definition))


def _named(definition: Definition) -> str:
    return ", ".join(text for text in (definition.label, definition.type) if text)


# --- hover


def hover(index: ProjectIndex, lines: Sequence[str], line: int, column: int) -> str:
    """What the word at a position means, as Markdown: a passage with its sentence, an entity, a term; or nothing."""
    word = word_at(lines[line], column) if line < len(lines) else None
    if word is None:
        return ""
    if is_cited(lines[line], word):
        return _passage(index, source_at(lines, line), word.text)
    name = word.text.removeprefix("film:").removeprefix("source:")
    if not word.is_key and (source := index.sources.get(name)) is not None:
        return f"**{source.title or source.id}**\n\nsource `{source.id}`"
    term = _term_named(index, name)
    if term is not None and (word.is_key or word.text.startswith("film:") or name in index.schema.type_names):
        return _about(index, term)
    definition = index.entities().get(name)
    if definition is None:
        return ""
    return f"**{definition.label or definition.id}**\n\n{definition.type} `{definition.id}`, {definition.place.file}"


def _passage(index: ProjectIndex, source: str, cited: str) -> str:
    """The sentence of cited words or of a span, with the words in bold, and the source's title."""
    title = index.sources[source].title if source in index.sources else source
    text = index.texts[source]
    if text is None:
        return f"The text of {title or 'the source'} is not available here."
    if (span := _SPAN.fullmatch(cited)) is not None:
        places = [(int(span[1]), min(int(span[2]), len(text)))]
    else:
        places = [(found.start, found.end) for found in find_quotations(text, cited, complete=True)]
    if not places:
        return f"{title} does not have these words."
    start, end = places[0]
    first, last = sentence_around(text, start, end, _CONTEXT_LENGTH)
    quoted = f"{text[first:start].lstrip()}**{text[start:end]}**{text[end:last]}"
    again = f", one of {len(places)} places" if len(places) > 1 else ""
    return f"> {' '.join(quoted.split())}\n\n{title}, characters {start}–{end}{again}"


def _about(index: ProjectIndex, term: OntologyTerm) -> str:
    """A term of the ontology in words: what it means, what it takes, an example."""
    lines = [f"**{term.label or term.name}**", term.comment]
    if names := [index.schema.types[iri].name for iri in term.range if iri in index.schema.types]:
        lines.append(f"Value: {' or '.join(names)}")
    if term.example:
        lines.append(f"Example: `{term.name}: {term.example}`")
    return "\n\n".join(line for line in lines if line)


def _term_named(index: ProjectIndex, name: str) -> OntologyTerm | None:
    schema = index.schema
    if (iri := schema.type_names.get(name)) is not None:
        return schema.types[iri]
    return schema.property_named(name)


# --- definitions


def find_definition(index: ProjectIndex, lines: Sequence[str], line: int, column: int) -> Place | None:
    """Where the entity, source, property or class at a position is defined."""
    word = word_at(lines[line], column) if line < len(lines) else None
    if word is None:
        return None
    name = word.text.removeprefix("film:").removeprefix("source:")
    if not word.is_key:
        if (source := index.sources.get(name)) is not None:
            return source.place
        if (definition := index.entities().get(name)) is not None:
            return definition.place
    term = _term_named(index, name)
    return index.place_of_term(term.name) if term is not None else None
