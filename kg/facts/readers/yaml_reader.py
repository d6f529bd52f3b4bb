"""YAML files of facts, the format of docs/facts.md; every finding has line and column.

A file has sections (between `---`), a section a source and blocks, a block the properties of one entity. A value is a
fact, or a part: an entity without a name of its own, whose IRI is made of its owner, the property and its first value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import ClassVar, NamedTuple

from pyoxigraph import Literal, NamedNode

from kg.facts.dates import to_date_range
from kg.facts.files import FileFindings, read_yaml_file, section_fault
from kg.facts.form_templates import scalar
from kg.facts.literals import describe_value, example_of, parse_value
from kg.facts.model import Evidence, Fact, Rank, SharedPassage, Source, UnreadValue, part_owner
from kg.facts.named_values import NamedValue, is_name, named_iri
from kg.facts.passage_lock import Citation, CitationFinder, CitationResult
from kg.facts.readers.part_ids import PART_KEYS, part_id, unused_name
from kg.facts.short_forms import CONTEXT_KEYS, DIGITS_AFTER_COMMA, ShortForms, list_of
from kg.facts.written_values import to_iso_date
from kg.files.yaml_files import YamlNode, is_number, quoted
from kg.parts import owner_of, part_iri
from kg.reports import Finding, Place, Severity
from kg.schema import KIND, OntologyTerm, Schema, ValueKind
from kg.terms import LABEL, TYPE, Term, to_iri
from kg.text.folding import closest
from kg.text.invisible_chars import find_invisible
from kg.text.number_words import counted

_FACT_KEYS = (*CONTEXT_KEYS, "value", "written", "lang")
_WORDS_OF_SOURCE = ("at", "written")
_MOST_INVISIBLE = 20
"""Findings about one text."""
_SHOWN = 100
"""Characters of a text that a finding shows."""
_SPAN = re.compile(r"(?P<start>[0-9]{1,9})-(?P<end>[0-9]{1,9})")
_LIKE_SPAN = re.compile(r"[0-9]+\s*[-–]\s*[0-9]+")
_PART_ID = re.compile(r"[\w\-]+(?:\.[\w\-]+\.[\w\-]+)+")
_NTH = re.compile(r"[1-9][0-9]{0,5}")
_COMMA_REMEDY = 'Within braces, put a text with commas in quotation marks: "€300,000".'
_CITATION_REMEDY = "Write words of the text, or {words: ..., nth: 2}, or start-end."
_Entries = dict[str, tuple[YamlNode, YamlNode]]
"""Key as text -> the nodes of key and value."""


class _Span(NamedTuple):
    """Where a passage begins and ends."""

    start: int | None
    end: int | None


_NO_SPAN = (_Span(None, None),)


@dataclass(frozen=True, slots=True)
class _Context:
    """What holds for all facts inside a section, a block, a part or a value, unless something inside overrides it."""

    source: str = ""
    spans: tuple[_Span, ...] = _NO_SPAN
    record: str = ""
    retrieved: str = ""
    as_of: str = ""
    rank: Rank = Rank.NORMAL
    because: str = ""
    paraphrase: bool = False

    def evidence(self) -> Iterator[Evidence]:
        """Yield the evidence of each span."""
        for span in self.spans:
            yield Evidence(self.source, span.start, span.end, self.record, self.retrieved)


class Block(NamedTuple):
    """Where a block begins, and its key as it is written there."""

    key: str
    place: Place


class _UnsourcedValue(NamedTuple):
    """A value of a property that no source states."""

    property: OntologyTerm
    value: YamlNode


@dataclass
class YamlReader:
    """Reads fact files against the ontology and the sources; `findings` are those of all files."""

    SUFFIXES: ClassVar[tuple[str, ...]] = (".yaml", ".yml")
    schema: Schema
    sources: Mapping[str, Source]
    citations: CitationFinder
    findings: FileFindings = field(default_factory=FileFindings)
    named_values: list[NamedValue] = field(default_factory=list)
    """The values that are names; their facts have the entity that would be created."""
    blocks: dict[tuple[NamedNode, str], Block] = field(default_factory=dict)
    """Entity and source -> their block."""
    passages: list[SharedPassage] = field(default_factory=list)
    """The passages of blocks and parts."""
    unread: set[UnreadValue] = field(default_factory=set)
    """What could not be read, so that its absence from the graph is no finding of its own."""
    _has_yaml_errors: bool = False
    _parts: set[str] = field(default_factory=set)
    _without_text: set[str] = field(default_factory=set)
    _without_source: list[_UnsourcedValue] = field(default_factory=list)

    @cached_property
    def _short_forms(self) -> ShortForms:
        return ShortForms(self.schema)

    def read(self, path: Path, *, file: str) -> Iterator[Fact]:
        """Yield the facts of one YAML file; `file` is its name in findings."""
        is_empty = True
        self._has_yaml_errors = False
        for root in read_yaml_file(path, file=file):
            is_empty = False
            if isinstance(root, Finding):
                self.findings.append(root)
                self._has_yaml_errors = True
            else:
                self._report_invisible(root)
                self._parts.clear()
                yield from self._section(root)
                self._report_without_source()
        if is_empty:
            self.findings.add("empty", "the file has no facts", Place(file, 1, 1), severity=Severity.INFO)

    def _report_invisible(self, node: YamlNode) -> None:
        """Add a finding for each invisible character in keys and values, but not in words of a source."""
        text = node.text or ""
        for found in islice(find_invisible(text), _MOST_INVISIBLE) if not text.isascii() else ():
            place = node.place
            if "\n" not in text:
                place = replace(place, column=place.column + found.offset + node.is_quoted)
            message = f"invisible character {found.name} in {text[:_SHOWN]!r}"
            remedy = "Remove it." if found.is_removable else "Remove it, or write a space."
            check = "invisible" if found.is_removable else "invisible-space"
            self.findings.add(check, message, place, value=found.char, remedy=remedy, severity=Severity.WARNING)
        for key, value in node.entries or ():
            self._report_invisible(key)
            if key.text not in _WORDS_OF_SOURCE:
                self._report_invisible(value)
        for element in node.elements or ():
            self._report_invisible(element)

    def _report_without_source(self) -> None:
        """Add one finding for all values of a section that have no source, at the first of them."""
        if not self._without_source:
            return
        first, others = self._without_source[0], len(self._without_source) - 1
        property, value = first.property, first.value
        message = f"no source states {property.name} = {value.text}"
        if others:
            message += f", and {counted(others, 'more value')} of this section"
        remedy = "Name the source at the top of the section."
        text = value.text or ""
        self.findings.add("no-source", message, value.place, path=property.iri, value=text, remedy=remedy)
        self._without_source.clear()

    def _section(self, root: YamlNode) -> Iterator[Fact]:
        if (fault := section_fault(root)) is not None:
            self.findings.append(fault)
            return
        entries = root.entries or []
        heads = self._entries(replace(root, entries=[entry for entry in entries if entry[0].text == "source"]))
        context = _Context()
        if "source" in heads:
            context = replace(context, source=self._source(heads["source"][1]))
        for key, value in entries:
            if key.text == "source" or not self._is_key(key) or (subject := self._subject(key)) is None:
                continue
            if not value.entries:
                if value.is_null and self._has_yaml_errors:
                    self.unread.add(UnreadValue(subject))  # what is not YAML was left out
                    continue
                if value.is_null or value.entries is not None:
                    message, remedy = f"the block of {key.text} is empty", "Write its properties in lines below it."
                elif key.text in CONTEXT_KEYS:
                    message, remedy = f"{key.text} is a key of blocks, not of sections", "Write it into the entities."
                else:
                    message = f"the block of {key.text} is {value.kind}, not a mapping of properties"
                    remedy = "Put a title that has a colon in quotation marks." if value.text else ""
                self.findings.add("shape", message, value.place, remedy=remedy)
                self.unread.add(UnreadValue(subject))
                continue
            self._add_block((subject, context.source), Block(key.text or "", key.place))
            classes = self._short_forms.classes_of(value.entries)
            long = self._short_forms.expand(value.entries, classes=classes)
            within = self._entries(replace(value, entries=long))
            if is_name(key.text or "") and "label" not in within:
                yield from self._title(subject, key, context)
            yield from self._properties(subject, within, self._inner_of(value, context, within), on=classes)

    def add_blocks(self, blocks: Mapping[tuple[NamedNode, str], Block]) -> None:
        """Take note of the blocks of a file that is not read again."""
        for subject_and_source, block in blocks.items():
            self._add_block(subject_and_source, block)

    def _add_block(self, subject_and_source: tuple[NamedNode, str], block: Block) -> None:
        first = self.blocks.setdefault(subject_and_source, block)
        if first != block:
            source = subject_and_source[1] or "no source"
            message = f"{block.key} already has a block for {source} at {first.place}"
            self.findings.add("duplicate", message, block.place, first.place, remedy="Join the two blocks.")

    def _subject(self, key: YamlNode) -> NamedNode | None:
        """The entity that a block is about; a title such as `The Last Ferry` stands for `film:the-last-ferry`."""
        text = key.text or ""
        if is_name(text):
            return named_iri(text)
        try:
            return to_iri(text)
        except ValueError as error:
            remedy = "" if ":" in text else "Write an id of letters, and the title as its label."
            self.findings.add("name", str(error), key.place, value=text, remedy=remedy)
            return None

    def _title(self, subject: NamedNode, key: YamlNode, context: _Context) -> Iterator[Fact]:
        """Yield the label of a block whose key is a title."""
        yield Fact(subject, LABEL, Literal(key.text or ""), Evidence(context.source), place=key.place)

    def _properties(
        self, subject: NamedNode, entries: _Entries, context: _Context, *, on: Collection[NamedNode]
    ) -> Iterator[Fact]:
        for name, (key, value) in entries.items():
            property = self._property(name, key, on)
            if property is not None:
                if value.elements == []:
                    self._report_empty(subject, property, value.place)
                for node in value.elements if value.elements is not None else (value,):
                    yield from self._value(subject, property, node, context)
            elif (meant := self._as_suggested((key, value), on=on)) is not None:
                yield from self._properties(subject, meant, context, on=on)
            else:
                self.unread.add(UnreadValue(subject))

    def _as_suggested(self, entry: tuple[YamlNode, YamlNode], *, on: Collection[NamedNode]) -> _Entries | None:
        """An unknown property as the only one that its finding suggests, so that its value is checked with the rest."""
        key, value = entry
        if len(suggestions := self.findings[-1].suggestions) != 1:
            return None
        expanded = self._short_forms.expand([(replace(key, text=suggestions[0]), value)], classes=on)
        entries = {(long_key.text or ""): (long_key, long) for long_key, long in expanded}
        return entries if all(map(self.schema.property_named, entries)) else None

    def _value(self, subject: NamedNode, property: OntologyTerm, value: YamlNode, context: _Context) -> Iterator[Fact]:
        written, lang, entries = "", "", _Entries()
        if value.elements is not None:
            self.findings.add("shape", f"a list within the list of {property.name}", value.place)
            for element in value.elements:
                yield from self._value(subject, property, element, context)
            return
        if value.entries is not None:
            entries = self._entries(value)
            if "value" not in entries:
                yield from self._part(subject, property, value, entries, context)
                return
            entries = {"value": entries["value"]} | self._without_rest(entries)
            context = self._inner(context, entries)
            written, lang = (self._text(entries[name][1]) if name in entries else "" for name in ("written", "lang"))
            value = entries["value"][1]
        term = self._readable_term(subject, property, value, lang)
        others = {name: entry for name, entry in entries.items() if name not in _FACT_KEYS}
        if term is None:
            self._add_unread(subject, property)
            yield from self._rest_of_part(subject, property, value, others, context)
        else:
            self._report_unknown_keys(others)
            if not context.source:
                self._without_source.append(_UnsourcedValue(property, value))
            for evidence in context.evidence():
                yield Fact(
                    subject,
                    property.iri,
                    term,
                    evidence,
                    written,
                    context.as_of,
                    context.rank,
                    context.because,
                    context.paraphrase,
                    value.place,
                )

    def _report_unknown_keys(self, entries: _Entries) -> None:
        """Add a finding for each further key of a fact."""
        for name, (key, value) in entries.items():
            suggestions, remedy = closest(name, list(_FACT_KEYS)), _COMMA_REMEDY if value.is_null else ""
            message = f"unknown key {name!r} of a fact"
            self.findings.add("key", message, key.place, value=name, suggestions=suggestions, remedy=remedy)

    def _readable_term(self, subject: NamedNode, property: OntologyTerm, value: YamlNode, lang: str) -> Term | None:
        if value.text is None:
            self.findings.add("shape", f"the value of {property.name} is {value.kind}", value.place)
        elif value.is_null:
            self._report_empty(subject, property, value.place)
        else:
            return self._term(subject, property, value, lang)
        return None

    def _report_empty(self, subject: NamedNode, property: OntologyTerm, place: Place) -> None:
        """A property without a value, or with an empty list or mapping."""
        self.findings.add("value", f"{property.name} has no value", place, path=property.iri)
        self._add_unread(subject, property)

    def _add_unread(self, subject: NamedNode, property: OntologyTerm) -> None:
        """Take note of a value that could not be read, and of those that its text may have had besides."""
        written = (property, *self._short_forms.written_together.get(property.iri, ()))
        properties = (term.iri if term.iri not in (TYPE, KIND) else None for term in written)
        self.unread.update(UnreadValue(subject, iri) for iri in properties)

    def _rest_of_part(
        self, subject: NamedNode, property: OntologyTerm, value: YamlNode, others: _Entries, context: _Context
    ) -> Iterator[Fact]:
        """Yield what can be read of a part whose text cannot: the amount without its currency, and other properties."""
        entries = {name: entry for name, entry in others.items() if self.schema.property_named(name) is not None}
        for name in others.keys() - entries.keys():
            self.findings.add_unknown_property(name, self.schema, others[name][0].place, on=property.range)
        if (unknown := self._short_forms.unknown_currency(value.text or "", property)) is not None:
            amount = unknown.amount.name
            entries[amount] = scalar(amount, value), scalar(unknown.digits, value)
        if entries and property.value_kind is ValueKind.ENTITY and property.iri != TYPE:
            owner = NamedNode(owner_of(subject.value) or subject.value)
            self.unread.update(UnreadValue(owner, slot.iri) for slot in self._short_forms.slots_of(property))
            yield from self._part(subject, property, value, entries, context)

    def _term(self, subject: NamedNode, property: OntologyTerm, value: YamlNode, lang: str) -> Term | None:
        """The term that a value stands for; None, and a finding, when it is not a value of the property."""
        text = value.text or ""
        is_quoted_number = value.is_quoted and is_number(text)
        is_written_name = is_name(text) or is_quoted_number or self.schema.is_noun(text, property)
        if (
            property.value_kind is ValueKind.ENTITY
            and property.iri != TYPE
            and (is_written_name or text[:1].isdecimal())
        ):
            if (remedy := example_of(property)) and not _PART_ID.fullmatch(text):
                remedy = self._short_forms.advice_for(text, property) or remedy
                message = f"{text!r} is not {describe_value(property, self.schema)}"
                if (unknown := self._short_forms.unknown_currency(text, property)) is not None:
                    message = f"{unknown.words!r} is not known here as a currency"
                    known = self.schema.known_names.adjectives
                    codes = [code for _, word, code in known if f" {unknown.words}".endswith(f" {word}")]
                    examples = " or ".join(f"{code} {unknown.number}" for code in codes or ("EUR",))
                    remedy = f"Write the code of the currency, as in {examples}."
                self.findings.add("value", message, value.place, path=property.iri, value=text, remedy=remedy)
                return None
            if is_written_name:
                named = NamedValue(text, subject, property, value.place)
                self.named_values.append(named)
                return named.iri
        try:
            term = parse_value(text, property, lang=lang)
        except ValueError as error:
            if property.iri == TYPE:
                return self._suggested_class(text, property, value.place)
            message = f"{property.name}: {error}"
            remedy = self._short_forms.advice_for(text, property) or example_of(property)
            self.findings.add("value", message, value.place, path=property.iri, value=text, remedy=remedy)
            return None
        if not self.schema.allows(property.iri, term):
            if property.iri == TYPE:
                return self._suggested_class(text, property, value.place)
            self.findings.add_not_allowed(property.iri, text, self.schema, value.place)
            return None
        return term

    def _suggested_class(self, text: str, property: OntologyTerm, place: Place) -> Term | None:
        """The only class that the finding about an unknown class suggests, so that the rest is checked."""
        self.findings.add_unknown_class(text, self.schema, place)
        suggestions = self.findings[-1].suggestions
        return parse_value(suggestions[0], property) if len(suggestions) == 1 else None

    def _part(
        self, subject: NamedNode, property: OntologyTerm, value: YamlNode, entries: _Entries, context: _Context
    ) -> Iterator[Fact]:
        if property.value_kind is not ValueKind.ENTITY or property.iri == TYPE:
            message = f"{property.name} takes a value, not a mapping"
            self.findings.add("shape", message, value.place, path=property.iri, remedy="Write {value: ...}.")
            return
        whole = self._without_rest(entries)
        is_cut, entries = len(whole) < len(entries), whole
        if is_cut:
            self._add_unread(subject, property)
        names = [name for name in entries if name not in PART_KEYS]
        if not names:
            if not is_cut:
                self._report_empty(subject, property, value.place)
            return
        if not any(self.schema.property_named(name) for name in names):
            self._add_unread(subject, property)
        part = NamedNode(self._part_iri(subject, property, entries, value.place))
        entries.pop("id", None)
        inner = self._inner_of(value, context, entries)
        for evidence in inner.evidence():
            yield Fact(
                subject, property.iri, part, evidence, "", inner.as_of, inner.rank, inner.because, True, value.place
            )
        classes = self._short_forms.classes_of(list(entries.values())) or property.range
        yield from self._properties(part, entries, inner, on=classes)

    def _without_rest(self, entries: _Entries) -> _Entries:
        """The entries without what follows a comma, which is reported, and without the entry that the comma has cut."""
        names = list(entries)
        cut = next((number for number, name in enumerate(names) if self._is_rest(name, entries[name][1])), None)
        if cut is None:
            return entries
        message, place = f"{names[cut]!r} is no property", entries[names[cut]][0].place
        remedy = _COMMA_REMEDY if cut else "Write a value without braces, and several as a list: [a, b]."
        self.findings.add("unknown-property", message, place, value=names[cut], remedy=remedy)
        return {name: entry for number, (name, entry) in enumerate(entries.items()) if number not in (cut - 1, cut)}

    def _is_rest(self, name: str, value: YamlNode) -> bool:
        """True for what follows a comma in braces, `March 14, 2019`, where YAML reads a key without a value."""
        return bool(DIGITS_AFTER_COMMA.match(name)) or (
            value.is_null and is_name(name) and self.schema.property_named(name) is None
        )

    def _part_iri(self, subject: NamedNode, property: OntologyTerm, entries: _Entries, place: Place) -> str:
        if "id" in entries:
            self._text(entries["id"][1])
        id = part_id((name, value) for name, (_, value) in entries.items())
        iri = part_iri(part_owner(subject), property.name, id)
        if "id" in entries and iri in self._parts:
            self.findings.add("duplicate", f"two parts under {property.name} have the id {id!r}", place)
        unused = unused_name(iri, self._parts)
        self._parts.add(unused)
        return unused

    def _inner_of(self, block: YamlNode, context: _Context, entries: _Entries) -> _Context:
        """The context inside a block or part, whose passage is noted as one that its values share."""
        at = entries.get("at")
        inner = self._inner(context, entries)
        if at is not None:
            begin = block.place.line, block.place.column
            for evidence in inner.evidence():
                self.passages.append(SharedPassage(evidence, at[1].place, begin, block.end))
        return inner

    def _inner(self, context: _Context, entries: _Entries) -> _Context:
        """The context inside a block, part or value; its keys are taken out of `entries`."""
        for name in (name for name in CONTEXT_KEYS if name in entries):
            _, value = entries.pop(name)
            match name:
                case "source":
                    source = self._source(value)
                    # A span of one source's text is not a span of another's.
                    context = context if source == context.source else replace(context, source=source, spans=_NO_SPAN)
                case "at":
                    context = replace(context, spans=tuple(self._spans(value, context)) or _NO_SPAN)
                case "rank":
                    context = replace(context, rank=self._rank(value))
                case "paraphrase":
                    if value.text not in ("true", "false"):
                        message = f"paraphrase is true or false, not {value.text!r}"
                        self.findings.add("value", message, value.place, value=value.text or "")
                    context = replace(context, paraphrase=value.text == "true")
                case "as_of":
                    context = replace(context, as_of=self._day(name, value))
                case "retrieved":
                    context = replace(context, retrieved=self._day(name, value))
                case "record":
                    context = replace(context, record=self._text(value))
                case "because":
                    context = replace(context, because=self._text(value))
        return context

    def _day(self, name: str, value: YamlNode) -> str:
        day = self._text(value)
        day = to_iso_date(day) or day
        try:
            to_date_range(day)
        except ValueError as error:
            self.findings.add("value", f"{name}: {error}", value.place, value=day)
        return day

    def _spans(self, value: YamlNode, context: _Context) -> Iterator[_Span]:
        """Yield the spans that `at` lists: each as numbers, or as words of the source."""
        for node in value.elements if value.elements is not None else (value,):
            if node.entries is not None:
                entries = self._entries(node)
                words, nth = (self._text(entries[key][1]) if key in entries else "" for key in ("words", "nth"))
                if not words or len(entries) != 1 + ("nth" in entries) or (nth and not _NTH.fullmatch(nth)):
                    message, remedy = "a place in the text is its words, and which of them", _CITATION_REMEDY
                    self.findings.add("span", message, node.place, remedy=remedy)
                    continue
                yield from self._cited_span(words, int(nth or 0), node, context)
            elif (span := _SPAN.fullmatch(node.text or "")) is not None and int(span["start"]) < int(span["end"]):
                yield _Span(int(span["start"]), int(span["end"]))
            elif node.is_null or node.text is None or _LIKE_SPAN.fullmatch(node.text):
                self.findings.add("span", f"{node.text!r} is not a span", node.place, remedy=_CITATION_REMEDY)
            else:
                yield from self._cited_span(node.text, 0, node, context)

    def _cited_span(self, words: str, nth: int, node: YamlNode, context: _Context) -> Iterator[_Span]:
        """Yield the span of cited words; where there is not exactly one, there is a finding."""
        if not context.source:
            return  # the finding is about the values, which have no source
        within = ",".join(f"{span.start}-{span.end}" for span in context.spans if span.start is not None)
        citation = Citation(context.source, " ".join(words.split()), nth, "" if nth else within)
        result = self.citations.find(citation)
        if result.span is not None:
            yield _Span(*result.span)
        else:
            self._add_citation_finding(citation, result, node.place)

    def _add_citation_finding(self, citation: Citation, result: CitationResult, place: Place) -> None:
        source, words = citation.source, citation.words
        suggestions: tuple[str, ...] = ()
        if not result.has_text:
            if source in self._without_text or source not in self.sources:
                return  # one finding is enough
            self._without_text.add(source)
            file = self.sources[source].file
            message = f"the text of {source} is not available, so its words cannot be found"
            remedy = f"Put {file} into texts/, or name its folder with --texts."
            if not file:
                remedy = f"Add `file: {source}.txt` to {source} in data/sources.yaml, and the text to texts/."
        elif not result.count:
            message, remedy = f"the text of {source} does not have the words {words!r}", "Copy them from the text."
            suggestions = (result.similar,) if result.similar else ()
        elif citation.nth:
            message = f"the text of {source} has the words {words!r} only {_times(result.count)}"
            remedy = f"Write a number up to {result.count} as nth."
        else:
            message = f"the text of {source} has the words {words!r} {_times(result.count)}"
            remedy = f"Cite more words around them, or say which: at: {{words: {quoted(words)}, nth: 1}}."
        self.findings.add("words", message, place, value=words, suggestions=suggestions, remedy=remedy)

    def _source(self, value: YamlNode) -> str:
        """The source of this id; a misspelt one is read as the only one that its finding suggests."""
        id = self._text(value)
        if id in self.sources:
            return id
        suggestions, remedy = closest(id, list(self.sources)), "List it in data/sources.yaml."
        message = f"unknown source {id!r}"
        self.findings.add("unknown-source", message, value.place, value=id, suggestions=suggestions, remedy=remedy)
        return suggestions[0] if len(suggestions) == 1 else id

    def _rank(self, value: YamlNode) -> Rank:
        if value.text in tuple(Rank):
            return Rank(value.text)
        is_number = (value.text or "").isdecimal()
        remedy = "A place in a list is `position`." if is_number else "Write preferred, normal, doubted or deprecated."
        self.findings.add("value", f"unknown rank {value.text!r}", value.place, value=value.text or "", remedy=remedy)
        return Rank.NORMAL

    def _property(self, name: str, key: YamlNode, on: Collection[NamedNode]) -> OntologyTerm | None:
        property = self.schema.property_named(name)
        if property is None:
            self.findings.add_unknown_property(name, self.schema, key.place, on=on)
        return property

    def _entries(self, node: YamlNode) -> _Entries:
        """The entries of a mapping by key; the values of a property that is repeated are a list."""
        entries: _Entries = {}
        for key, value in node.entries or ():
            if not self._is_key(key):
                continue
            name = key.text or ""
            if name in entries:
                first, earlier = entries[name]
                message = f"duplicate key {name!r}, first used in line {first.place.line}"
                remedy = "Make a list of the values."
                self.findings.add("duplicate", message, key.place, first.place, value=name, remedy=remedy)
                if name not in (*_FACT_KEYS, "id"):
                    entries[name] = first, list_of(earlier, value)
            else:
                entries[name] = (key, value)
        return entries

    def _is_key(self, key: YamlNode) -> bool:
        if key.text is not None and not key.is_null:
            return True
        self.findings.add("shape", f"a name was expected here, not {key.kind}", key.place)
        return False

    def _text(self, value: YamlNode) -> str:
        if value.text is None:
            self.findings.add("shape", f"a text was expected here, not {value.kind}", value.place)
        return value.text or ""


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
