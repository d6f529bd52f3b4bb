"""Short forms of fact files, `budget: €1.2 million`, expanded to the long form that the reader reads, and back.

What can be written shortly is data: ontology/writing.ttl. An expansion is a function of the YAML nodes alone; it does
not depend on other facts, and a text that has no certain meaning stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pyoxigraph import NamedNode

from kg.facts.form_templates import OCCASIONS, Entry, FormTemplate, match_text, render, scalar, to_template
from kg.facts.written_values import AMOUNT, normalise, to_amount
from kg.files.yaml_files import YamlNode, is_number
from kg.reports import Place
from kg.schema import OntologyTerm, Schema, ValueKind
from kg.terms import FILM, KNOWN_NAMES, TYPE
from kg.text.folding import closest
from kg.writing import ShortForm

CONTEXT_KEYS = ("source", "at", "record", "retrieved", "as_of", "rank", "because", "paraphrase")
"""Keys that a block, part or fact may have besides properties."""
DIGITS_AFTER_COMMA = re.compile(r"[0-9]{3,4}(?![0-9])")
"""The rest of a number such as `€300,000`, or of `March 14, 2019`, in braces: YAML reads a key after the comma."""
_AMOUNT_IN_WORDS = re.compile(
    rf"(?P<amount>{AMOUNT}) (?P<words>(?!(?:thousand|million|billion)\b)[^\W\d_]{{2,}}(?: [^\W\d_]{{2,}}){{0,3}})"
)


_NOWHERE = YamlNode(Place(""))


_CODE = re.compile("[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class _KnownForm:
    """The form of the text under one key of a mapping, and what its value has besides: name and value."""

    key: str
    template: FormTemplate
    detail: tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Form:
    """A short form with its templates, those with most slots first."""

    short: ShortForm
    texts: tuple[FormTemplate, ...]
    key_texts: tuple[FormTemplate, ...]
    entry: OntologyTerm | None
    entry_texts: tuple[FormTemplate, ...]
    known_entries: tuple[_KnownForm, ...] = ()


@dataclass(frozen=True, slots=True)
class UnknownCurrency:
    """The words beside a number that are no known currency, the number as it is written, and its digits."""

    words: str
    number: str
    digits: str
    amount: OntologyTerm
    """The property of the number."""


@dataclass(frozen=True, slots=True)
class JoinedText:
    """A text with two values of a part, and the name of the other property."""

    text: str
    other: str


@dataclass(frozen=True)
class ShortForms:
    """The short forms of a schema."""

    schema: Schema

    @cached_property
    def _forms(self) -> dict[str, list[_Form]]:
        """Property name -> its short forms; key -> its short form."""
        forms: dict[str, list[_Form]] = {}
        for short in self.schema.short_forms:
            if (property := self.schema.properties.get(short.property)) is None:
                continue
            form = _Form(
                short,
                self._templates(short.forms),
                self._templates((*short.forms, *short.key_forms)),
                self.schema.properties.get(short.entry) if short.entry is not None else None,
                self._templates(short.entry_forms),
                tuple(
                    _KnownForm(known.key, template, known.detail)
                    for known in short.known_entries
                    for template in self._templates((known.form,))
                ),
            )
            for name in (property.name, *short.keys):
                forms.setdefault(name, []).append(form)
        return forms

    def _templates(self, texts: Sequence[str]) -> tuple[FormTemplate, ...]:
        templates = [template for text in texts if (template := to_template(text, self.schema)) is not None]
        return tuple(sorted(templates, key=lambda form: form.order))

    @cached_property
    def detail_names(self) -> frozenset[str]:
        """The properties whose values some keys state besides: `awards` says that the outcome is `won`."""
        return frozenset(name for short in self.schema.short_forms for name, _ in short.details)

    @cached_property
    def keys(self) -> dict[str, OntologyTerm]:
        """Key of a short form -> the property; of several, the first."""
        return {key: terms[0] for key, terms in self._terms_of_keys.items()}

    @cached_property
    def _terms_of_keys(self) -> dict[str, list[OntologyTerm]]:
        return {key: terms for key, terms in self._terms_of_words.items() if key not in self.schema.names}

    @cached_property
    def _terms_of_words(self) -> dict[str, list[OntologyTerm]]:
        """Key of a short form -> its properties; the key may be the name of another property."""
        terms: dict[str, list[OntologyTerm]] = {}
        for short in self.schema.short_forms:
            if (property := self.schema.properties.get(short.property)) is not None:
                for key in short.keys:
                    if property not in terms.setdefault(key, []):
                        terms[key].append(property)
        return terms

    def classes_of(self, entries: Sequence[Entry]) -> tuple[NamedNode, ...]:
        """The classes that the entries of a block give to its entity."""
        types = [value for key, value in entries if key.text == "type"]
        nodes = [node for value in types for node in (value.elements if value.elements is not None else (value,))]
        inner = [next((fact for key, fact in node.entries or () if key.text == "value"), node) for node in nodes]
        names = [self._class_name(node.text) for node in inner if node.text is not None]
        return tuple(self.schema.class_names[name] for name in names if name in self.schema.class_names)

    def _class_name(self, name: str) -> str:
        """The name of a class, or of the one that a wrong name certainly means, so that its keys are understood."""
        if name in self.schema.class_names or name in self.schema.replaced:
            return name
        suggestions = self.schema.suggest_classes(name)
        return suggestions[0] if len(suggestions) == 1 else name

    def property_of(
        self, key: str, classes: Collection[NamedNode], value: YamlNode | None = None
    ) -> OntologyTerm | None:
        """The property that a key means on an entity of these classes: the country of a release is its territory.

        A review is a property of critics, so the key of a film means another. Where no class is stated, the keys of the
        `value` decide.
        """
        own, terms = self.schema.property_named(key), self._terms_of_words.get(key, ())
        if own is not None and terms and not classes and not self._takes(own, value):
            return next((term for term in terms if self._takes(term, value)), own)
        if own is not None and (not classes or self.schema.is_used_on(own, classes)):
            return own
        used = next((term for term in terms if self.schema.is_used_on(term, classes)), None)
        return used or own or self.keys.get(key)

    def _takes(self, property: OntologyTerm, value: YamlNode | None) -> bool:
        """True when the keys of a part are of properties that are used on the values of the property."""
        nodes = value.elements if value is not None and value.elements is not None else [value]
        names = {key.text or "" for node in nodes if node is not None for key, _ in node.entries or ()}
        parts = [self.property_of(name, property.range) for name in names - {*CONTEXT_KEYS, "id", "value"}]
        known = [part for part in parts if part is not None]  # another may be misspelt
        return bool(known or not parts) and all(self.schema.is_used_on(part, property.range) for part in known)

    # --- short to long

    def expand(self, entries: Sequence[Entry], *, classes: Collection[NamedNode] = ()) -> list[Entry]:
        """The entries of a block or part in their long form; several keys of one property are joined to one.

        `classes` are those of the entity; of a part, by the range of its property.
        """
        expanded: list[Entry] = []
        joined: dict[str, int] = {}
        by_key: set[str] = set()
        for key, value in entries:
            name = key.text or ""
            property = self.property_of(name, classes, value)
            if property is None or key.is_null or name in CONTEXT_KEYS:
                expanded.append((key, value))
                continue
            own = self.schema.property_named(name) is property
            long = self._expand_values(property, name, value, own=own)
            if property.name in joined and (not own or property.name in by_key):
                earlier_key, earlier = expanded[joined[property.name]]
                expanded[joined[property.name]] = earlier_key, list_of(earlier, long)
            else:
                joined.setdefault(property.name, len(expanded))
                expanded.append((key if own else replace(key, text=property.name), long))
            if not own:
                by_key.add(property.name)
        return expanded

    def _expand_values(self, property: OntologyTerm, name: str, value: YamlNode, *, own: bool) -> YamlNode:
        forms = [form for form in self._forms.get(name, ()) if form.short.property == property.iri]
        if value.elements is None:
            nodes = self._expand_value(property, forms, value, own=own)
            return nodes[0] if len(nodes) == 1 else replace(value, entries=None, text=None, elements=nodes)
        elements = [node for each in value.elements for node in self._expand_value(property, forms, each, own=own)]
        return replace(value, elements=elements)

    def _expand_value(
        self, property: OntologyTerm, forms: Sequence[_Form], value: YamlNode, *, own: bool
    ) -> list[YamlNode]:
        details = () if own else forms[0].short.details
        if value.text is not None:
            return [self._expand_text(property, forms, value, own=own)]
        if value.entries is None:
            return [value]
        keys = {key.text: inner for key, inner in value.entries}
        if "value" in keys and (several := keys["value"].elements) is not None:
            each = (_in_fact(value, element) for element in several)
            return [node for fact in each for node in self._expand_value(property, forms, fact, own=own)]
        if "value" in keys:
            return [self._expand_fact(property, forms, value, keys["value"], own=own)]
        if (rest := _rest_in(value)) is not None:
            left = replace(value, entries=[entry for entry in value.entries if entry not in rest])
            return [
                replace(value, entries=rest),
                *(self._expand_value(property, forms, left, own=own) if left.entries else ()),
            ]
        entry_form = next((form for form in forms if form.entry is not None), None)
        if entry_form is not None and (parts := self._expand_entries(entry_form, property, value)) is not None:
            return [_with_details(part, details) for part in parts]
        if property.value_kind is not ValueKind.ENTITY or property.iri == TYPE:
            return [value]
        return [_with_details(replace(value, entries=self._expand_part(value.entries, property.range)), details)]

    def _expand_part(self, entries: Sequence[Entry], classes: Collection[NamedNode]) -> list[Entry]:
        """The entries of a part in their long form."""
        return self.expand(self.split(entries), classes=classes)

    def split(self, entries: Sequence[Entry]) -> list[Entry]:
        """The entries of a part with one value each: `score: 4/5` has two, of which the scale is put at the end."""
        names = {key.text for key, _ in entries}
        split = [self._split_entry(key, value, names) for key, value in entries]
        return [*(first for first, *_ in split), *(other for _, *others in split for other in others)]

    def _split_entry(self, key: YamlNode, value: YamlNode, names: Collection[str | None]) -> Sequence[Entry]:
        """The entries of a literal that is written with another of the same part; any other entry as it is."""
        property = self.schema.property_named(key.text or "")
        facts = {name.text: node for name, node in value.entries or ()}
        inner = facts.get("value", value)
        if property is None or property.value_kind is ValueKind.ENTITY or inner.text is None:
            return [(key, value)]
        for form in self._forms.get(property.name, []):
            matched = match_text(inner.text, form.texts, inner, may_be_id=False) or []
            others = [(slot, node) for slot, node in matched if slot.text != property.name]
            if others and not any(slot.text in names for slot, _ in others):
                own = next(node for slot, node in matched if slot.text == property.name)
                return [(key, _in_fact(value, own)), *((slot, _in_fact(value, node)) for slot, node in others)]
        return [(key, value)]

    def _expand_text(self, property: OntologyTerm, forms: Sequence[_Form], value: YamlNode, *, own: bool) -> YamlNode:
        text = value.text or ""
        if value.is_null or len(text) > 300:
            return value
        if property.value_kind is not ValueKind.ENTITY:
            return replace(value, text=normalise(text, property))
        if (name := self.schema.full_name(text, property)) != text:
            return replace(value, text=name)
        for form in forms:
            templates = form.texts if own else form.key_texts
            if (entries := match_text(text, templates, value, may_be_id=not own)) is not None:
                return _with_details(YamlNode(value.place, entries=entries, end=value.end), form.short.details)
        return value

    def _expand_fact(
        self, property: OntologyTerm, forms: Sequence[_Form], value: YamlNode, inner: YamlNode, *, own: bool
    ) -> YamlNode:
        """`{value: €1.2 million, at: ...}`: the part with the other keys; a literal with its value as it is read."""
        if inner.text is None:
            return value
        long = self._expand_text(property, forms, inner, own=own)
        others = [(key, node) for key, node in value.entries or () if key.text != "value"]
        if long.entries is None:
            entries = [(key, long if key.text == "value" else node) for key, node in value.entries or ()]
            return replace(value, entries=entries)
        return replace(value, entries=[*self.expand(others, classes=property.range), *long.entries])

    def advice_for(self, text: str, property: OntologyTerm) -> str:
        """How to write a text that lacks a value of its form, such as the scale of `4 stars`; empty for any other."""
        terms = (property, *(self.slots_of(property) if property.value_kind is ValueKind.ENTITY else ()))
        for form in (form for term in terms for form in self._forms.get(term.name, ()) if form.short.unfinished):
            if match_text(text, self._templates(form.short.unfinished), _NOWHERE, may_be_id=False) is not None:
                return form.short.advice
        return ""

    def slots_of(self, property: OntologyTerm) -> set[OntologyTerm]:
        """The properties whose values the texts of a property may have."""
        forms = self._forms.get(property.name, ())
        texts = (text for form in forms for text in (*form.texts, *form.key_texts, *form.entry_texts))
        return {slot for template in texts for slot in template.slots}

    @cached_property
    def written_together(self) -> dict[NamedNode, list[OntologyTerm]]:
        """Property of literals -> the other properties whose values its text may have: `score: 4/5` has a scale."""
        forms = [form for named in self._forms.values() for form in named]
        together = {form.short.property: [slot for text in form.texts for slot in text.slots] for form in forms}
        return {iri: slots for iri, slots in together.items() if any(slot.iri == iri for slot in slots)}

    def unknown_currency(self, text: str, property: OntologyTerm) -> UnknownCurrency | None:
        """The words behind an amount that no sign of the property's forms is: `12 million Danish kroner`."""
        approximate = self.schema.property_named("approximate")
        for sign, _ in approximate.signs if approximate is not None else ():
            if text.startswith(f"{sign} " if sign[-1].isalpha() else sign):
                text = text.removeprefix(sign).lstrip()
        match = _AMOUNT_IN_WORDS.fullmatch(text)
        digits = to_amount(match["amount"]) if match is not None else None
        if match is None or digits is None or _CODE.fullmatch(match["words"]):
            return None
        for template in (each for form in self._forms.get(property.name, ()) for each in form.texts):
            signs, others = ([slot for slot in template.slots if bool(slot.signs) is has] for has in (True, False))
            if len(signs) == len(others) == 1 and signs[0].name == "currency":
                return UnknownCurrency(match["words"], match["amount"], digits, others[0])
        return None

    def _is_misspelt_key(self, form: _Form, key: str, value: YamlNode) -> bool:
        """True for `Date` or `datte`, where the values of the property have a `date`, unless the text has a form."""
        range = self.schema.properties[form.short.property].range
        meant = self.property_of(key[:1].lower() + key[1:], range)
        if meant is not None:
            return key[:1].isupper() and bool(meant.usual_domain) and self.schema.is_used_on(meant, range)
        is_text = value.text is not None and not value.is_null
        if not is_text or _match_entry(form, key, value, may_be_id=False) is not None:
            return False
        return self._is_like_key(key, range)

    def _is_like_key(self, text: str, classes: Collection[NamedNode]) -> bool:
        """True for a text that is a misspelling of a key that entities of these classes may have."""
        terms = dict(self.schema.short_keys)
        terms |= {term.name: (term,) for term in self.schema.properties.values() if term.usual_domain}
        likely = closest(text[:1].lower() + text[1:], terms)
        return any(self.schema.is_used_on(term, classes) for name in likely for term in terms[name])

    def _is_by_name(self, key: str) -> bool:
        """True for a key such as `Portugal` in `{Portugal: 14 March 2019}`, which is a value and not a property."""
        known = (*CONTEXT_KEYS, "id", "value", *KNOWN_NAMES)
        has_advice = any(key in advice.keys for advice in self.schema.key_advice)
        return not (key in known or key in self.keys or has_advice) and self.schema.property_named(key) is None

    def _expand_entries(self, form: _Form, property: OntologyTerm, value: YamlNode) -> list[YamlNode] | None:
        """A part for each key that is a value, `{Portugal: 14 March 2019}`; None for a mapping without such keys.

        The other keys of the mapping are of each part. A misspelt key is left for the reader, who reports it.
        """
        names: list[Entry] = []
        wrong: list[Entry] = []
        others: list[Entry] = []
        for key, node in value.entries or ():
            text = key.text or ""
            if not self._is_by_name(text) or self._is_misspelt_key(form, text, node):
                others.append((key, node))
            else:
                (wrong if _is_like_known_key(form, text, node) else names).append((key, node))
        shared = [(key, node) for key, node in others if key.text in CONTEXT_KEYS]
        if len(shared) < len(others):
            certain = [entry for entry in names if self._is_certain_name(form, *entry)]
            unsure = [entry for entry in names if entry not in certain]
            if wrong or not certain or any((key.text or "")[:1].isupper() for key, _ in unsure):
                return None
            if form.entry in {self.property_of(key.text or "", property.range, node) for key, node in others}:
                return None  # the mapping states already what its names would be
            names, others = certain, [*others, *unsure]  # as misspelt properties, which the reader reports
            shared = self.expand(others, classes=property.range)
        parts = [replace(value, entries=[*shared, entry]) for entry in wrong]
        return [*parts, *self._parts_by_name(form, names, shared)] if parts or names else None

    def _is_certain_name(self, form: _Form, key: YamlNode, value: YamlNode) -> bool:
        """True for a key beside properties that is a value, with a text that is in a form, or is nearly so."""
        name = key.text or ""
        if value.text is None or not (name[:1].isupper() or name in self.schema.known_names.members):
            return False
        if _match_entry(form, name, value, may_be_id=False) is not None:
            return True
        if any(len(each.slots) == 1 and each.slots[0].value_kind is ValueKind.ENTITY for each in form.entry_texts):
            return not value.is_null and not self._is_like_key(name, self.schema.properties[form.short.property].range)
        single = _single_slot(form)
        is_other = single is not None and single.value_kind is not ValueKind.DATE
        return not is_other and re.search("[0-9]", value.text) is not None

    def _parts_by_name(self, form: _Form, names: Sequence[Entry], shared: Sequence[Entry]) -> Iterator[YamlNode]:
        is_with_properties = any(key.text not in CONTEXT_KEYS for key, _ in shared)
        for key, node in names:
            if form.entry is None:
                continue
            for each in node.elements or (node,):
                values = self._entry_values(form, key, each)
                named = self._with_key(key, form.entry, values)
                entries = [*named, *shared] if is_with_properties else [*shared, *named]
                yield YamlNode(key.place, entries=entries, end=each.end)

    def _with_key(self, key: YamlNode, entry: OntologyTerm, values: Sequence[Entry]) -> list[Entry]:
        """The values under a key with the value that the key is; an award before its occasion, since it is the name."""
        first = self.schema.properties.get(NamedNode(FILM + (values[0][0].text or ""))) if values else None
        if entry.name in OCCASIONS and first is not None and first.value_kind is ValueKind.ENTITY:
            return [*values, self._named_by(key, entry)]
        return [self._named_by(key, entry), *values]

    def _named_by(self, key: YamlNode, property: OntologyTerm) -> Entry:
        """The entry of which the key of a mapping is the value: `US` is the United States."""
        name = self.schema.full_name(key.text or "", property)
        return scalar(property.name, key), key if name == key.text else replace(key, text=name)

    def _entry_values(self, form: _Form, key: YamlNode, node: YamlNode) -> list[Entry]:
        single = _single_slot(form)
        inner = node
        others: list[Entry] = []
        if node.entries:
            values = {key.text: value for key, value in node.entries}
            if "value" not in values:
                return self._expand_part(node.entries, self.schema.properties[form.short.property].range)
            inner = values["value"]
            others = [(key, value) for key, value in node.entries if key.text != "value"]
        is_text = inner.text is not None and not inner.is_null
        if is_text and (matched := _match_entry(form, key.text or "", inner, may_be_id=True)) is not None:
            if others and len(matched) == 1:
                slot, value = matched[0]
                fact = YamlNode(node.place, entries=[(scalar("value", value), value), *others], end=node.end)
                return [(slot, fact)]
            return [*others, *matched]
        if node.is_null or node.elements == [] or node.entries == []:
            return [] if self._is_name_enough(form) else [(scalar(_lacking(form), node), node)]
        return [(scalar(single.name, node), node)] if single is not None else [(scalar("value", node), node)]

    def _is_name_enough(self, form: _Form) -> bool:
        """True where a name is a form of its own: `cast: {Beatriz Lopes: }` is a cast without a character."""
        return any(each.slots == (form.entry,) for each in form.key_texts)

    # --- long to short

    def preferred_forms(self, property: OntologyTerm, classes: Collection[NamedNode]) -> Iterator[ShortForm]:
        """Yield the short forms of a property that are written under a key of their own on these classes."""
        for short in (form.short for form in self._forms.get(property.name, ()) if form.short.property == property.iri):
            if short.preferred_key and (not short.preferred_on or set(classes) & set(short.preferred_on)):
                yield short

    def is_same_under_key(
        self, short: ShortForm, entry: Entry, value: YamlNode, *, classes: Collection[NamedNode]
    ) -> bool:
        """True when an entry states the same with the preferred key of a form and this value, on these classes.

        The order of what the form adds to each value does not matter.
        """
        key, details = replace(entry[0], text=short.preferred_key), {name for name, _ in short.details}
        long, other = (self.expand([each], classes=classes)[0] for each in (entry, (key, value)))
        return long[0].text == other[0].text and _in_order(long[1], details) == _in_order(other[1], details)

    def contract(self, property: OntologyTerm, value: YamlNode, *, key: str = "") -> str | None:
        """The text of a part or literal in its short form under a key, or the property itself; None without one."""
        if value.text is not None:
            return None
        entries = [(key.text or "", node.text) for key, node in value.entries or ()]
        texts = {name: text for name, text in entries if text is not None}
        has_numbers_as_names = any(node.is_quoted and is_number(node.text or "") for _, node in value.entries or ())
        if len(texts) != len(entries) or has_numbers_as_names:
            return None
        found = []
        for form in self._forms.get(key or property.name, []):
            for template in form.key_texts if key else form.texts:
                details = () if key else form.short.details
                if form.short.property != property.iri or (text := render(template, texts, details)) is None:
                    continue
                again = self._expand_text(property, [form], YamlNode(value.place, text=text), own=not key)
                expanded = [(name.text, node.text) for name, node in again.entries or ()]
                if expanded == [*entries, *(form.short.details if key else ())]:
                    found.append(text)
        return min(found, key=lambda text: (len(text), text), default=None)

    def join(self, property: OntologyTerm, entries: Sequence[Entry]) -> JoinedText | None:
        """The shortest text that has the value of a property and another value of the same part; None without one."""
        texts = {key.text or "": node.text for key, node in entries if node.text is not None and not node.is_quoted}
        found = []
        for template in (each for form in self._forms.get(property.name, ()) for each in form.texts):
            names = [slot.name for slot in template.slots]
            if len(names) != 2 or property.name not in names or not texts.keys() >= {*names}:
                continue
            values = {name: texts[name] or "" for name in names}
            if (text := render(template, values, ())) is None:
                continue
            matched = match_text(text, (template,), entries[0][1], may_be_id=False) or []
            if {slot.text: node.text for slot, node in matched} == values:
                found.append(JoinedText(text, next(name for name in names if name != property.name)))
        return min(found, key=lambda joined: (len(joined.text), joined.text), default=None)


def _rest_in(value: YamlNode) -> list[Entry] | None:
    """The two entries of `{Portugal: €300,000}` that a comma makes of one text in YAML; None where there is none."""
    entries = value.entries or []
    for number, (key, node) in enumerate(entries):
        if DIGITS_AFTER_COMMA.match(key.text or "") and node.is_null:
            return entries[max(number - 1, 0) : number + 1]
    return None


def _is_like_known_key(form: _Form, key: str, value: YamlNode) -> bool:
    """True where a text has no meaning under its key, but would have under a key that is like it: `Metacritc: 77`."""
    known = {known.key for known in form.known_entries}
    if key in known or value.text is None or value.is_null:
        return False
    return match_text(value.text, form.entry_texts, value, may_be_id=True) is None and bool(closest(key, known))


def _single_slot(form: _Form) -> OntologyTerm | None:
    return next((template.slots[0] for template in form.entry_texts if len(template.slots) == 1), None)


def _lacking(form: _Form) -> str:
    """The property that an empty value under a name lacks: an entity, or else the first of its form without signs."""
    singles = [each.slots[0] for each in form.entry_texts if len(each.slots) == 1]
    entities = [slot for slot in singles if slot.value_kind is ValueKind.ENTITY]
    plain = [slot for each in form.entry_texts for slot in each.slots if not slot.signs]
    return next(slot.name for slot in (*entities, *singles, *plain))


def _match_entry(form: _Form, key: str, value: YamlNode, *, may_be_id: bool) -> list[Entry] | None:
    """The entries of a text under a key of a mapping; None where it has no form, nor one that the key gives it."""
    entries = match_text(value.text or "", form.entry_texts, value, may_be_id=may_be_id)
    return entries if entries is not None else _match_known(form, key, value)


def _match_known(form: _Form, key: str, value: YamlNode) -> list[Entry] | None:
    """The entries of a text under a key that gives it its meaning; what it has besides is no word of the source."""
    for known in (known for known in form.known_entries if known.key == key):
        if (entries := match_text(value.text or "", (known.template,), value, may_be_id=False)) is not None:
            name, text = known.detail
            fact = [(scalar("value", value), scalar(text, value))]
            fact.append((scalar("paraphrase", value), scalar("true", value)))
            return [*entries, (scalar(name, value), YamlNode(value.place, entries=fact, end=value.end))]
    return None


def _with_details(value: YamlNode, details: Sequence[tuple[str, str]]) -> YamlNode:
    """A part with what its short form states besides, unless it states that itself."""
    known = {key.text for key, _ in value.entries or ()}
    added = [(scalar(name, value), scalar(text, value)) for name, text in details if name not in known]
    return replace(value, entries=[*(value.entries or ()), *added])


def _in_order(node: YamlNode, last: Collection[str]) -> object:
    """The content of a node, in which entries with some keys are the last of the mapping."""
    if node.elements is not None:
        return [_in_order(element, last) for element in node.elements]
    if node.entries is None:
        return node.text, node.is_quoted
    entries = sorted(node.entries, key=lambda entry: (entry[0].text in last, entry[0].text in last and entry[0].text))
    return [(key.text, _in_order(value, last)) for key, value in entries]


def _in_fact(value: YamlNode, inner: YamlNode) -> YamlNode:
    """A fact with another value: `{value: 4, at: ...}`; a value without details is replaced."""
    if value.entries is None:
        return inner
    return replace(value, entries=[(key, inner if key.text == "value" else node) for key, node in value.entries])


def _mapping(key: YamlNode, value: YamlNode) -> YamlNode:
    return YamlNode(key.place, entries=[(key, value)], end=value.end)


def list_of(first: YamlNode, second: YamlNode) -> YamlNode:
    """The values of two nodes as one list."""
    elements = [
        node for value in (first, second) for node in (value.elements if value.elements is not None else [value])
    ]
    return YamlNode(first.place, elements=elements, end=second.end)
