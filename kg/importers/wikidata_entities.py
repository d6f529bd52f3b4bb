"""Wikidata's entity JSON, as in dumps and from Special:EntityData: facts about entities of the classes in the mapping.

https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html

A statement is a fact, or a part where the mapping has a place for its qualifiers; its rank is kept. The record of a
fact is the statement's id, followed by what the statement itself refers to. Values that are unknown or absent
(somevalue, novalue) are counted and left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from kg.facts.dates import to_date_range
from kg.facts.julian import JULIAN_MARK, julian_to_gregorian
from kg.importers.dataset_names import name_component
from kg.importers.input_files import list_files, numbered_lines, open_decompressed
from kg.importers.reject_reasons import mark_value
from kg.importers.session import ImportSession
from kg.importers.wikidata_terms import article_addresses, find_label, language_tag, one_line, terms_in
from kg.mappings.wikidata import PropertyMeaning, WikidataMapping, read_wikidata_mapping
from kg.parts import part_iri
from kg.text.folding import to_slug

PREFIX = "wd-"
SUFFIXES = tuple(form + packed for form in (".json", ".jsonl", ".ndjson") for packed in ("", ".gz", ".bz2"))
LANGUAGES = "en,mul,de,fr,es"
MAX_DOCUMENT_BYTES = 64 << 20
"""For a file that is one JSON document on several lines."""
JULIAN = "Q1985786"
_REASON_FOR_DEPRECATION = "P2241"
_STATED_IN, _URL, _IMPORTED_FROM, _RETRIEVED = "P248", "P854", "P143", "P813"
_REFERENCE_MARKS = ((_STATED_IN, "stated-in:"), (_URL, "url:"), (_IMPORTED_FROM, "imported-from:"))
_DAY, _MONTH, _YEAR, _DECADE = 11, 10, 9, 8
_ITEM = re.compile(r"Q[1-9][0-9]*")
_TIME = re.compile(r"([+-])(\d{4,16})-(\d\d)-(\d\d)T")
_LARGEST_EXPONENT = 30
_MALFORMED = (KeyError, TypeError, AttributeError, ValueError, IndexError, ArithmeticError)
"""What reading raises where JSON does not have the structure that Wikibase documents."""
_SCORE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(?:%|/\s*(\d{1,4}))")

Json = Mapping[str, Any]


def import_wikidata(paths: Sequence[str | Path], session: ImportSession, *, languages: str = LANGUAGES) -> None:
    """Import entities from files and folders; `languages` are those of labels, `*` means all of them."""
    mapping = read_wikidata_mapping(session.ontology, session.schema)
    reader = EntityReader(session, mapping, tuple(languages.split(",")))
    for path in list_files(paths, SUFFIXES):
        for line, entity in read_entities(path, session):
            session.summary.records += 1
            reader.read_or_reject(entity, file=path.name, line=line)


def read_entities(path: Path, session: ImportSession) -> Iterator[tuple[int, Any]]:
    """The entities of one file, each with its line: an array or a line each, `{"entities": ...}`, or a single one."""
    with open_decompressed(path, session.progress) as file:
        start = b""
        for number, line in numbered_lines(file):
            if line is None:
                session.summary.records += 1
                session.reject(path.name, number, "the line is too long")
                continue
            text = line.strip().rstrip(b",")
            if number == 1:
                text = text.removeprefix(b"\xef\xbb\xbf")
            if text in (b"", b"[", b"]"):
                continue
            try:
                document = orjson.loads(text)
            except orjson.JSONDecodeError as error:
                if number == 1 and text[:1] in b"{[":
                    start = line
                    break
                session.summary.records += 1
                session.reject(
                    path.name, number, f"not JSON: {mark_value(error)}", text[:200].decode("utf-8", "replace")
                )
                continue
            for entity in _entities_in(document):
                yield number, entity
        if start:
            yield from _read_document(start + file.read(MAX_DOCUMENT_BYTES), path, session)


def _read_document(text: bytes, path: Path, session: ImportSession) -> Iterator[tuple[int, Any]]:
    if len(text) >= MAX_DOCUMENT_BYTES:
        megabytes = MAX_DOCUMENT_BYTES >> 20
        session.reject(path.name, 1, f"one document of more than {megabytes} MB; write an entity on each line")
        return
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        session.reject(path.name, error.lineno, f"not JSON: {mark_value(error)}")
        return
    for entity in _entities_in(document):
        yield 1, entity


def _entities_in(document: Any) -> Iterator[Any]:
    """The entities of a JSON value; where a key of an API's answer is not the entity's id, it was redirected."""
    if isinstance(document, list):
        yield from document
    elif isinstance(document, dict) and isinstance(document.get("entities"), dict):
        for key, entity in document["entities"].items():
            if isinstance(entity, dict) and _ITEM.fullmatch(key):
                if "id" not in entity:
                    entity["id"] = key
                elif entity["id"] != key:
                    entity.setdefault("redirects", {"from": key})
            yield entity
    else:
        yield document


@dataclass
class EntityReader:
    """Adds the facts of entities to a session, one at a time; an entity with a wrong structure adds nothing."""

    session: ImportSession
    mapping: WikidataMapping
    languages: tuple[str, ...] = tuple(LANGUAGES.split(","))

    def __post_init__(self) -> None:
        self.has_articles = "wikipediaArticle" in self.session.schema.names

    def read_or_reject(self, entity: Any, *, file: str, line: int) -> None:
        """Add all facts of one entity; one without the structure of an entity is rejected with its place."""
        try:
            self.read(entity)
        except _MALFORMED as error:
            name = str(entity.get("id", "")) if isinstance(entity, dict) else ""
            self.session.reject(
                file, line, f"does not have the structure of an entity: {mark_value(repr(error)[:250])}", name
            )

    def read(self, entity: Json) -> None:
        """Add all facts of one entity; none when it is not of a class in the mapping."""
        skipped = self.session.summary.skipped
        if "redirect" in entity:
            self.add_redirect(str(entity.get("entity", entity.get("id", ""))), str(entity["redirect"]))
            return
        if "missing" in entity:
            skipped["missing entities"] += 1
            return
        item = entity["id"]
        if not _ITEM.fullmatch(item):
            skipped["properties, lexemes and other entities that are not items"] += 1
            return
        claims = entity.get("claims") or entity.get("statements") or {}
        class_name = self._class_of(claims)
        if not class_name:
            skipped["items of classes that are not in the mapping"] += 1
            self.session.add_name(PREFIX + item.lower(), find_label(entity, self.languages).text)
            return
        _EntityFacts(self, item, class_name).add(entity, claims)

    def add_redirect(self, former: str, item: str) -> None:
        """Add the former number of an item; one of another kind of entity is counted."""
        if not _ITEM.fullmatch(former) or not _ITEM.fullmatch(item):
            self.session.summary.skipped["redirects of entities that are not items"] += 1
            return
        names = (PREFIX + number.lower() for number in (former, item))
        because = f"redirects to {item}"
        self.session.add_redirect(*names, property="wikidataId", identifier=former, record=item, because=because)

    def _class_of(self, claims: Json) -> str:
        classes = []
        for statement in claims.get("P31", ()):
            with suppress(*_MALFORMED):  # `read_statement` counts it
                if (value := statement["mainsnak"].get("datavalue")) and statement["rank"] != "deprecated":
                    classes.append(parse_item(value))
        name = next((name for item, name in self.mapping.classes.items() if item in classes), "")
        if not name:
            self.session.summary.unmapped.update(f"class {item}" for item in classes)
        return name


class _Stub(NamedTuple):
    """An item that a fact leads to."""

    name: str
    class_name: str
    item: str
    record: str
    via: str


@dataclass
class _EntityFacts:
    """The facts of one entity; `details` are the record, rank and so on of a fact."""

    reader: EntityReader
    item: str
    class_name: str

    def __post_init__(self) -> None:
        self.session, self.mapping = self.reader.session, self.reader.mapping
        self.subject = PREFIX + self.item.lower()
        self.classes = self.mapping.ancestors.get(self.class_name, frozenset())
        self.rows: list[tuple[str, str, str, dict[str, Any]]] = []
        self.stubs: list[_Stub] = []

    def add(self, entity: Json, claims: Json) -> None:
        """Add everything to the session, once all of it could be read."""
        details: dict[str, Any] = {"record": self.item}
        self.row(self.subject, "type", self.class_name, details)
        self.row(self.subject, "wikidataId", self.item, details)
        if (redirects := entity.get("redirects")) and _ITEM.fullmatch(redirects["from"]):
            self.reader.add_redirect(redirects["from"], self.item)
        self.read_terms(entity, details)
        for property, statements in claims.items():
            meaning = self.meaning(property, len(statements))
            if meaning is not None:
                for statement in statements:
                    self.read_or_skip(property, meaning, statement)
        for subject, property, value, details in self.rows:
            self.session.add_fact(subject, property, value, **details)
        for name, class_name, item, record, via in self.stubs:
            self.session.add_stub(name, class_name=class_name, label=item, wikidata_id=item, record=record, via=via)

    def read_terms(self, entity: Json, details: dict[str, Any]) -> None:
        """Read labels, aliases and descriptions, and the addresses of articles."""
        wanted = self.reader.languages
        label = find_label(entity, wanted)
        is_name = label.text != self.item
        self.row(self.subject, "label", label.text, details | ({} if is_name else {"paraphrase": True}))
        aliases = (*terms_in(entity.get("labels"), wanted), *terms_in(entity.get("aliases"), wanted))
        for alias in dict.fromkeys(aliases):
            if alias != label:
                self.row(self.subject, "alias", alias.text, details | {"language": language_tag(alias.language)})
        description = next(terms_in(entity.get("descriptions"), wanted), None)
        if description is not None:
            self.row(self.subject, "description", description.text, details)
        for address in article_addresses(entity, wanted) if self.reader.has_articles else ():
            self.row(self.subject, "wikipediaArticle", address, details)

    def meaning(self, property: str, count: int) -> PropertyMeaning | None:
        """The meaning of a property for this entity; `count` statements are counted where there is none."""
        meanings = self.mapping.properties.get(property)
        if meanings is None:
            if property not in self.mapping.ignored:
                self.session.summary.unmapped[property] += count
            return None
        for meaning in meanings:
            if not meaning.domain or meaning.domain & self.classes:
                return meaning
        self.session.summary.unmapped[f"{property} of {self.class_name}"] += count
        return None

    def read_or_skip(self, property: str, meaning: PropertyMeaning, statement: Json) -> None:
        """Read a statement; one without the structure of a statement adds nothing and is counted."""
        rows, stubs = len(self.rows), len(self.stubs)
        try:
            self.read_statement(property, meaning, statement)
        except _MALFORMED:
            del self.rows[rows:], self.stubs[stubs:]
            self.session.summary.skipped[f"{property}: does not have the structure of a statement"] += 1

    def read_statement(self, property: str, meaning: PropertyMeaning, statement: Json) -> None:
        details = self.details(statement)
        qualifiers = statement.get("qualifiers") or {}
        if meaning.needs and meaning.needs not in qualifiers:
            self.session.summary.skipped[f"{property} without {meaning.needs}"] += 1
            return
        used = {name: meant for name, meant in meaning.qualifiers.items() if name in qualifiers}
        unmapped = self.session.summary.unmapped
        for name in qualifiers:
            if name not in used and name not in (meaning.needs, _REASON_FOR_DEPRECATION):
                unmapped[f"qualifier {name} of {property}"] += len(qualifiers[name])
        if meaning.part_property and (used or not meaning.property):
            self.read_part(property, meaning, statement, used, details)
        else:
            self.read_snak(self.subject, meaning.property, property, meaning, statement["mainsnak"], details)

    def read_part(
        self,
        property: str,
        meaning: PropertyMeaning,
        statement: Json,
        used: Mapping[str, PropertyMeaning],
        details: dict[str, Any],
    ) -> None:
        """Read a statement with its qualifiers as a part."""
        id = to_slug(str(statement.get("id", "")).rpartition("$")[2])[:18] or str(len(self.rows))
        part = part_iri(self.subject, meaning.part_property, id)
        if not self.read_snak(part, meaning.value_property, property, meaning, statement["mainsnak"], details):
            return
        self.row(self.subject, meaning.part_property, part, details)
        for stated, value in meaning.states.items():
            self.row(part, stated, value, details)
        for name, meant in used.items():
            for snak in statement["qualifiers"][name]:
                self.read_snak(part, meant.property, name, meant, snak, details)

    def read_snak(
        self,
        subject: str,
        our_property: str,
        property: str,
        meaning: PropertyMeaning,
        snak: Json,
        details: dict[str, Any],
    ) -> bool:
        """Read the fact of a snak, and those that follow from it; False, with a count, when it has no usable value."""
        skipped = self.session.summary.skipped
        if snak["snaktype"] != "value":
            skipped["unknown values" if snak["snaktype"] == "somevalue" else "statements that there is no value"] += 1
            return False
        try:
            value = self.parse(meaning, snak["datavalue"], details, via=our_property or meaning.inverse)
        except UnsupportedValueError as reason:
            skipped[f"{property}: {reason}"] += 1
            return False
        optional = {"written": value.written, "language": value.language}
        if our_property:
            self.row(subject, our_property, value.text, details | {key: text for key, text in optional.items() if text})
        if value.currency:
            self.row(subject, "currency", value.currency, details)
        if value.scale:
            self.row(subject, "scale", value.scale, details)
        if meaning.inverse:
            if class_name := meaning.entity_class or meaning.class_name:
                self.row(value.text, "type", class_name, details)
            self.row(value.text, meaning.inverse, self.subject, details)
        return True

    def parse(self, meaning: PropertyMeaning, datavalue: Json, details: dict[str, Any], *, via: str) -> ParsedValue:
        """The value of a snak in the form of the mapping."""
        match meaning.parse_as:
            case "item":
                item = parse_item(datavalue)
                name = PREFIX + item.lower()
                self.stubs.append(_Stub(name, meaning.class_name, item, details["record"].partition("$")[0], via))
                return ParsedValue(name)
            case "entity":
                text = one_line(parse_text(datavalue).text)
                name = part_iri(self.subject, meaning.entity_class.lower(), name_component(text))
                self.row(name, "label", text, details)
                return ParsedValue(name)
            case "time":
                return parse_time(datavalue)
            case "minutes":
                return parse_minutes(datavalue, self.mapping.units)
            case "money":
                return parse_money(datavalue, self.mapping.currencies)
            case "score":
                return parse_score(datavalue)
            case "name":
                if (item := parse_item(datavalue)) not in self.mapping.media:
                    raise UnsupportedValueError(f"{item} is not among the media of the mapping")
                return ParsedValue(self.mapping.media[item], item)
            case _:
                value = parse_text(datavalue)
                return ParsedValue(one_line(value.text), language=language_tag(value.language))

    def details(self, statement: Json) -> dict[str, Any]:
        """Record, rank, reason and day of retrieval of a statement's facts."""
        record = str(statement.get("id", self.item)).replace("q", "Q", 1)
        details: dict[str, Any] = {"record": record}
        rank = statement["rank"]
        if rank != "normal":
            details["rank"] = rank
        if rank == "deprecated":
            reasons = (statement.get("qualifiers") or {}).get(_REASON_FOR_DEPRECATION, ())
            items = [parse_item(snak["datavalue"]) for snak in reasons if "datavalue" in snak]
            details["because"] = f"deprecated in Wikidata{': ' if items else ''}{', '.join(items)}"
        if references := statement.get("references"):
            parsed = list(self.parse_references(references))
            details["record"] = " ".join((record, *(words for words, _ in parsed if words)))
            if retrieved := max((day for _, day in parsed), default=""):
                details["retrieved"] = retrieved
        return details

    def parse_references(self, references: Iterable[Any]) -> Iterator[tuple[str, str]]:
        """The words and the day of each reference; one without the structure of a reference is counted."""
        for reference in references:
            try:
                yield _parse_reference(reference.get("snaks") or {})
            except _MALFORMED:
                self.session.summary.skipped["references without the structure of one"] += 1

    def row(self, subject: str, property: str, value: str, details: dict[str, Any]) -> None:
        self.rows.append((subject, property, value, details))


@dataclass(frozen=True, slots=True)
class ParsedValue:
    """A value as a fact table has it; `written` is how Wikidata has it, where that differs."""

    text: str
    written: str = ""
    language: str = ""
    currency: str = ""
    scale: str = ""


class UnsupportedValueError(ValueError):
    """A value that cannot become a fact; the message is the reason that the summary counts."""


def parse_item(datavalue: Json) -> str:
    """The QID of a value; raises `UnsupportedValueError` when it is not an item."""
    value = datavalue["value"]
    if datavalue["type"] != "wikibase-entityid":
        raise UnsupportedValueError("a text instead of an item")
    name = value.get("id")
    if name is None:
        name = f"Q{value['numeric-id']}" if value.get("entity-type", "item") == "item" else ""
    if not name.startswith("Q"):
        raise UnsupportedValueError("a property or lexeme instead of an item")
    return str(name)


def parse_time(datavalue: Json) -> ParsedValue:
    """A date with its precision; a day of the Julian calendar becomes one of the Gregorian, and `written` keeps it."""
    value = datavalue["value"]
    parts = _TIME.match(value["time"]) if datavalue["type"] == "time" else None
    if parts is None:
        raise UnsupportedValueError("not a time")
    sign, year, month, day = parts.groups()
    year = year.lstrip("0").rjust(4, "0")
    if sign == "-" or len(year) > 4 or year == "0000":
        raise UnsupportedValueError("a year before 1 or after 9999")
    match value["precision"]:
        case precision if precision >= _DAY:
            date = f"{year}-{month}-{day}"
        case precision if precision == _MONTH:
            date = f"{year}-{month}"
        case precision if precision == _YEAR:
            date = year
        case precision if precision == _DECADE:
            date = f"{year[:3]}X"
        case _:
            raise UnsupportedValueError("a date coarser than a decade")
    is_julian = value.get("calendarmodel", "").endswith(JULIAN)
    try:
        gregorian = julian_to_gregorian(date) if is_julian and precision >= _DAY else date
        to_date_range(gregorian)
    except ValueError:
        raise UnsupportedValueError("not a day of the calendar") from None
    return ParsedValue(gregorian, f"{date}{JULIAN_MARK}" if is_julian else "")


def parse_quantity(datavalue: Json) -> tuple[Decimal, str]:
    """A number and the QID of its unit; the unit of a bare number is the empty text."""
    try:
        value = datavalue["value"]
        amount, unit = Decimal(value["amount"]), str(value.get("unit", "1"))
    except (InvalidOperation, TypeError, KeyError, ValueError):
        raise UnsupportedValueError("not a quantity") from None
    if not amount.is_finite() or abs(amount.adjusted()) > _LARGEST_EXPONENT:
        raise UnsupportedValueError("not a quantity")
    return amount, unit.rpartition("/")[2].removeprefix("1")


def parse_minutes(datavalue: Json, units: Mapping[str, float]) -> ParsedValue:
    """A duration in whole minutes; `units` has the minutes of each unit."""
    amount, unit = parse_quantity(datavalue)
    if unit not in units:
        raise UnsupportedValueError(f"a duration in the unit {unit or '1'}")
    minutes = round(amount * Decimal(str(units[unit])))
    return ParsedValue(str(minutes), "" if units[unit] == 1 and amount == minutes else f"{amount} {unit}")


def parse_money(datavalue: Json, currencies: Mapping[str, str]) -> ParsedValue:
    """An amount of money and its ISO 4217 currency."""
    amount, unit = parse_quantity(datavalue)
    if unit not in currencies:
        raise UnsupportedValueError(f"an amount in the unit {unit or '1'}")
    return ParsedValue(f"{amount:f}".removeprefix("+"), currency=currencies[unit])


def parse_score(datavalue: Json) -> ParsedValue:
    """A review score and the best possible one: `93%`, `8.3/10`."""
    text = datavalue["value"]
    parts = _SCORE.fullmatch(text.strip()) if isinstance(text, str) else None
    if parts is None or Decimal(parts[1]) > int(parts[2] or 100):
        raise UnsupportedValueError("a score without its scale")
    return ParsedValue(parts[1], text, scale=parts[2] or "100")


def parse_text(datavalue: Json) -> ParsedValue:
    """A text, with its language where it has one; a bare number as text."""
    value = datavalue["value"]
    match datavalue["type"]:
        case "string":
            return ParsedValue(str(value))
        case "monolingualtext":
            return ParsedValue(str(value["text"]), language=str(value["language"]))
        case "quantity":
            return ParsedValue(str(value["amount"]).removeprefix("+"))
        case datatype:
            raise UnsupportedValueError(f"a {datatype} instead of a text")


def _parse_reference(snaks: Json) -> tuple[str, str]:
    """The works and addresses that a reference names, each with its mark; and the day of retrieval."""
    words, day = [], ""
    for property, mark in _REFERENCE_MARKS:
        for snak in snaks.get(property, ()):
            if "datavalue" in snak:
                value = snak["datavalue"]["value"]
                text = parse_item(snak["datavalue"]) if isinstance(value, dict) else one_line(value)
                words.append(mark + text.replace(" ", "%20"))
    for snak in snaks.get(_RETRIEVED, ()):
        if "datavalue" in snak:
            try:
                day = max(day, parse_time(snak["datavalue"]).text)
            except UnsupportedValueError:
                continue
    return " ".join(words), day
