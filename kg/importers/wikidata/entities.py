"""Wikidata entities walk in, as dumps and Special:EntityData give them; facts about things of kinds we know walk out.

A statement is a fact, or a node where its qualifiers tell more; its rank is kept. The record of a fact is the
statement's id, followed by what the statement itself refers to. Values that are unknown, or that there are none of
(somevalue, novalue), are counted and left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import orjson

from kg.facts.dates import to_date_range
from kg.importers.entity_names import name_component, to_node
from kg.importers.input_files import list_files, numbered_lines, open_decompressed
from kg.importers.session import ImportSession
from kg.mappings.wikidata import PropertyMeaning, WikidataMapping
from kg.text import to_slug

PREFIX = "wd-"
SUFFIXES = tuple(form + packed for form in (".json", ".jsonl", ".ndjson") for packed in ("", ".gz", ".bz2"))
LANGUAGES = ("en", "mul", "de", "fr", "es")
LARGEST_DOCUMENT = 64 << 20
"""Bytes of a file that is one JSON document on several lines."""
_WHY_DEPRECATED = "P2241"
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_ITEM = re.compile(r"Q[1-9][0-9]*")


def import_wikidata(
    paths: Sequence[str | Path],
    session: ImportSession,
    mapping: WikidataMapping,
    *,
    languages: Sequence[str] = LANGUAGES,
) -> None:
    """Read entities from files and folders into the session; `*` among the languages means every language."""
    reader = EntityReader(session, mapping, tuple(languages))
    for path in list_files(paths, SUFFIXES):
        for line, entity in entities_of(path, session):
            session.summary.records += 1
            reader.read_or_reject(entity, file=path.name, line=line)


def entities_of(path: Path, session: ImportSession) -> Iterator[tuple[int, Any]]:
    """The entities of one file, each with its line: an array or a line each, `{"entities": ...}`, or one alone."""
    with open_decompressed(path, session.progress) as file:
        rest = b""
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
                entity = orjson.loads(text)
            except orjson.JSONDecodeError as error:
                if number == 1 and text[:1] in b"{[":
                    rest = line
                    break
                session.summary.records += 1
                session.reject(path.name, number, f"not JSON: {error}", text[:200].decode("utf-8", "replace"))
                continue
            for one in _within(entity):
                yield number, one
        if rest:
            yield from _document(rest + file.read(LARGEST_DOCUMENT), path, session)


def _document(text: bytes, path: Path, session: ImportSession) -> Iterator[tuple[int, Any]]:
    if len(text) >= LARGEST_DOCUMENT:
        session.reject(
            path.name, 1, f"one document of more than {LARGEST_DOCUMENT >> 20} MB; write an entity on each line"
        )
        return
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        session.reject(path.name, error.lineno, f"not JSON: {error}")
        return
    for one in _within(document):
        yield 1, one


def _within(document: Any) -> Iterator[Any]:
    """The entities of a JSON value; where an answer's key is another than the entity's id, it was redirected."""
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
    """Puts entities through the session, one at a time; an entity whose shape is wrong leaves nothing there."""

    session: ImportSession
    mapping: WikidataMapping
    languages: tuple[str, ...] = LANGUAGES

    def read_or_reject(self, entity: Any, *, file: str, line: int) -> None:
        """All facts of one entity; one that is not shaped like an entity is rejected with its place."""
        try:
            self.read(entity)
        except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
            name = str(entity.get("id", "")) if isinstance(entity, dict) else ""
            self.session.reject(file, line, f"not shaped like an entity: {error!r}"[:300], name)

    def read(self, entity: Mapping[str, Any]) -> None:
        """All facts of one entity, or none where it is of no kind that we know."""
        skipped = self.session.summary.skipped
        if "redirect" in entity:
            skipped["redirects"] += 1
            return
        if "missing" in entity:
            skipped["entities that are missing"] += 1
            return
        name = entity["id"]
        if not _ITEM.fullmatch(name):
            skipped["properties, lexemes and other entities that are no items"] += 1
            return
        claims = entity.get("claims") or entity.get("statements") or {}
        kind = self._kind(claims)
        if not kind:
            skipped["items of kinds that are not in the mapping"] += 1
            return
        _Statements(self, name, kind).tell(entity, claims)

    def _kind(self, claims: Mapping[str, Any]) -> str:
        kinds = []
        for statement in claims.get("P31", ()):
            value = statement["mainsnak"].get("datavalue")
            if value is not None and statement["rank"] != "deprecated":
                kinds.append(to_item(value))
        fitting = [name for item, name in self.mapping.classes.items() if item in kinds]
        if not fitting:
            self.session.summary.unmapped.update(f"class {kind}" for kind in kinds)
        return fitting[0] if fitting else ""


@dataclass
class _Statements:
    """The facts of one entity."""

    reader: EntityReader
    item: str
    kind: str

    def __post_init__(self) -> None:
        self.session, self.mapping = self.reader.session, self.reader.mapping
        self.subject = PREFIX + self.item.lower()
        self.above = self.mapping.ancestors.get(self.kind, frozenset())
        self.rows: list[tuple[str, str, str, dict[str, Any]]] = []
        self.mentions: list[tuple[str, str, str, str, str]] = []

    def tell(self, entity: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
        """Everything into the session, once all of it could be read."""
        said = {"record": self.item}
        self.row(self.subject, "type", self.kind, said)
        self.row(self.subject, "wikidataId", self.item, said)
        if (redirects := entity.get("redirects")) and _ITEM.fullmatch(redirects["from"]):
            old = said | {"rank": "deprecated", "because": f"redirects to {self.item}"}
            self.row(self.subject, "wikidataId", redirects["from"], old)
        self.names(entity, said)
        for property, statements in claims.items():
            meaning = self.meaning(property, len(statements))
            if meaning is not None:
                for statement in statements:
                    self.statement(property, meaning, statement)
        for subject, name, value, told in self.rows:
            self.session.add_fact(subject, name, value, **told)
        for thing, kind, item, record, via in self.mentions:
            self.session.add_stub(thing, class_name=kind, label=item, identifier=item, record=record, via=via)

    def names(self, entity: Mapping[str, Any], said: dict[str, Any]) -> None:
        labels = _texts(entity.get("labels"))
        wanted = (
            self.reader.languages if "*" not in self.reader.languages else (*self.reader.languages, *sorted(labels))
        )
        chosen = [language for language in wanted if language in labels]
        first = next(iter(chosen or sorted(labels)), "")
        label = _tidy(labels[first]["value"]) if first else self.item
        self.row(self.subject, "label", label or self.item, said | ({} if first else {"paraphrase": True}))
        others = [(_tidy(labels[one]["value"]), one) for one in chosen if one != first]
        aliases = _texts(entity.get("aliases"))
        for language in aliases if "*" in wanted else (one for one in wanted if one in aliases):
            others += [(_tidy(one["value"]), language) for one in aliases[language]]
        for text, language in dict.fromkeys(others):
            self.row(self.subject, "alias", text, said | {"language": _language(language)})
        described = _texts(entity.get("descriptions"))
        if one := next((one for one in wanted if one in described), ""):
            self.row(self.subject, "description", _tidy(described[one]["value"]), said)

    def meaning(self, property: str, count: int) -> PropertyMeaning | None:
        meanings = self.mapping.properties.get(property)
        if meanings is None:
            if property not in self.mapping.ignored:
                self.session.summary.unmapped[property] += count
            return None
        for meaning in meanings:
            if not meaning.of or meaning.of & self.above:
                return meaning
        self.session.summary.unmapped[f"{property} of {self.kind}"] += count
        return None

    def statement(self, property: str, meaning: PropertyMeaning, statement: Mapping[str, Any]) -> None:
        snak = statement["mainsnak"]
        said = self.said(statement)
        qualifiers = statement.get("qualifiers") or {}
        if meaning.needs and meaning.needs not in qualifiers:
            self.session.summary.skipped[f"{property} without {meaning.needs}"] += 1
            return
        used = {name: one for name, one in meaning.qualifiers.items() if name in qualifiers}
        unmapped = self.session.summary.unmapped
        for name in qualifiers:
            if name not in used and name not in (meaning.needs, _WHY_DEPRECATED):
                unmapped[f"qualifier {name} of {property}"] += len(qualifiers[name])
        if meaning.part and (used or not meaning.property):
            self.node(property, meaning, statement, used, said)
        else:
            self.value(self.subject, meaning.property, property, meaning, snak, said)

    def node(
        self,
        property: str,
        meaning: PropertyMeaning,
        statement: Mapping[str, Any],
        used: Mapping[str, PropertyMeaning],
        said: dict[str, Any],
    ) -> None:
        local = to_slug(str(statement.get("id", "")).rpartition("$")[2])[:18] or str(len(self.rows))
        node = to_node(self.subject, meaning.part, local)
        if not self.value(node, meaning.value, property, meaning, statement["mainsnak"], said):
            return
        self.row(self.subject, meaning.part, node, said)
        for name, one in used.items():
            for snak in statement["qualifiers"][name]:
                self.value(node, one.property, name, one, snak, said)

    def value(
        self,
        subject: str,
        name: str,
        property: str,
        meaning: PropertyMeaning,
        snak: Mapping[str, Any],
        said: dict[str, Any],
    ) -> bool:
        """One fact of a snak, and what it brings with it; False, and a count of why, where it cannot be told."""
        skipped = self.session.summary.skipped
        if snak["snaktype"] != "value":
            skipped[
                "values that are not known" if snak["snaktype"] == "somevalue" else "statements that there is none"
            ] += 1
            return False
        try:
            read = self.read(meaning, snak["datavalue"], said, via=name)
        except UnsupportedValueError as reason:
            skipped[f"{property}: {reason}"] += 1
            return False
        told = said | {key: text for key, text in (("written", read.written), ("language", read.language)) if text}
        self.row(subject, name, read.value, told)
        if read.unit:
            self.row(subject, "currency", read.unit, said)
        if read.scale:
            self.row(subject, "scale", read.scale, said)
        if meaning.inverse:
            self.row(read.value, "type", meaning.makes or meaning.class_name, said)
            self.row(read.value, meaning.inverse, self.subject, said)
        return True

    def read(
        self, meaning: PropertyMeaning, datavalue: Mapping[str, Any], said: dict[str, Any], *, via: str
    ) -> ParsedValue:
        match meaning.parse_as:
            case "item":
                item = to_item(datavalue)
                name = PREFIX + item.lower()
                self.mentions.append((name, meaning.class_name, item, said["record"].partition("$")[0], via))
                return ParsedValue(name)
            case "made":
                text = _tidy(to_words(datavalue).value)
                name = to_node(self.subject, meaning.makes.lower(), name_component(text))
                self.row(name, "label", text, said)
                return ParsedValue(name)
            case "time":
                return to_time(datavalue)
            case "minutes":
                return to_minutes(datavalue, self.mapping.units)
            case "money":
                return to_money(datavalue, self.mapping.currencies)
            case "score":
                return to_score(datavalue)
            case "name":
                if (item := to_item(datavalue)) not in self.mapping.media:
                    raise UnsupportedValueError(f"{item} is not among the media of the mapping")
                return ParsedValue(self.mapping.media[item], item)
            case _:
                read = to_words(datavalue)
                return ParsedValue(_tidy(read.value), language=_language(read.language))

    def said(self, statement: Mapping[str, Any]) -> dict[str, Any]:
        said: dict[str, Any] = {"record": str(statement.get("id", self.item)).replace("q", "Q", 1)}
        rank = statement["rank"]
        if rank != "normal":
            said["rank"] = rank
        if rank == "deprecated":
            reasons = (statement.get("qualifiers") or {}).get(_WHY_DEPRECATED, ())
            items = [to_item(snak["datavalue"]) for snak in reasons if "datavalue" in snak]
            said["because"] = f"deprecated in Wikidata{': ' if items else ''}{', '.join(items)}"
        if references := statement.get("references"):
            told = [_reference(one.get("snaks") or {}) for one in references]
            said["record"] = " ".join((said["record"], *(words for words, _ in told if words)))
            if retrieved := max((day for _, day in told), default=""):
                said["retrieved"] = retrieved
        return said

    def row(self, subject: str, name: str, value: str, said: dict[str, Any]) -> None:
        self.rows.append((subject, name, value, said))


def _reference(snaks: Mapping[str, Any]) -> tuple[str, str]:
    """What a reference names: works it is stated in (P248), addresses (P854); and when it was read (P813)."""
    words, day = [], ""
    for property, mark in (("P248", "stated-in:"), ("P854", "url:"), ("P143", "imported-from:")):
        for snak in snaks.get(property, ()):
            if "datavalue" in snak:
                value = snak["datavalue"]["value"]
                told = to_item(snak["datavalue"]) if isinstance(value, dict) else _tidy(value)
                words.append(mark + told.replace(" ", "%20"))
    for snak in snaks.get("P813", ()):
        if "datavalue" in snak:
            try:
                day = max(day, to_time(snak["datavalue"]).value)
            except UnsupportedValueError:
                continue
    return " ".join(words), day


def _texts(told: Any) -> dict[str, Any]:
    """Labels, aliases or descriptions by language; where there are none, dumps write `[]`."""
    return told if isinstance(told, dict) else {}


def _tidy(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()


def _language(code: str) -> str:
    return code if _LANGUAGE.fullmatch(code) else ""


JULIAN = "Q1985786"
_DAY, _MONTH, _YEAR, _DECADE = 11, 10, 9, 8
_TIME = re.compile(r"([+-])(\d{4,16})-(\d\d)-(\d\d)T")
_SCORE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(?:%|/\s*(\d{1,4}))")


@dataclass(frozen=True, slots=True)
class ParsedValue:
    """A value as a fact table takes it; `written` is how Wikidata has it, where that differs."""

    value: str
    written: str = ""
    language: str = ""
    unit: str = ""
    scale: str = ""


class UnsupportedValueError(ValueError):
    """A value that cannot be told here; its words are the reason that the summary counts."""


def to_item(datavalue: Mapping[str, Any]) -> str:
    """The QID that a value names; raises `UnreadableError` when it is no item."""
    value = datavalue["value"]
    if datavalue["type"] != "wikibase-entityid":
        raise UnsupportedValueError("a text stands where an item should")
    name = value.get("id")
    if name is None:
        name = f"Q{value['numeric-id']}" if value.get("entity-type", "item") == "item" else ""
    if not name.startswith("Q"):
        raise UnsupportedValueError("a property or lexeme stands where an item should")
    return str(name)


def to_time(datavalue: Mapping[str, Any]) -> ParsedValue:
    """A date as precise as it is told; days of the Julian calendar stay so, and say it."""
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
            told = f"{year}-{month}-{day}"
        case precision if precision == _MONTH:
            told = f"{year}-{month}"
        case precision if precision == _YEAR:
            told = year
        case precision if precision == _DECADE:
            told = f"{year[:3]}X"
        case _:
            raise UnsupportedValueError("a date coarser than a decade")
    try:
        to_date_range(told)
    except ValueError:
        raise UnsupportedValueError("not a day of the calendar") from None
    julian = value.get("calendarmodel", "").endswith(JULIAN)
    return ParsedValue(told, f"{told} (Julian calendar)" if julian else "")


def to_quantity(datavalue: Mapping[str, Any]) -> tuple[Decimal, str]:
    """A number and the QID of its unit, which is empty for a bare number."""
    try:
        value = datavalue["value"]
        return Decimal(value["amount"]), str(value.get("unit", "1")).rpartition("/")[2].removeprefix("1")
    except (InvalidOperation, TypeError, KeyError):
        raise UnsupportedValueError("not a quantity") from None


def to_minutes(datavalue: Mapping[str, Any], units: Mapping[str, float]) -> ParsedValue:
    """A length of time in whole minutes."""
    amount, unit = to_quantity(datavalue)
    if unit not in units:
        raise UnsupportedValueError(f"a length in the unit {unit or '1'}")
    minutes = round(amount * Decimal(str(units[unit])))
    return ParsedValue(str(minutes), "" if units[unit] == 1 and amount == minutes else f"{amount} {unit}")


def to_money(datavalue: Mapping[str, Any], currencies: Mapping[str, str]) -> ParsedValue:
    """An amount of money and its ISO 4217 currency."""
    amount, unit = to_quantity(datavalue)
    if unit not in currencies:
        raise UnsupportedValueError(f"a sum in the unit {unit or '1'}")
    return ParsedValue(f"{amount:f}".removeprefix("+"), unit=currencies[unit])


def to_score(datavalue: Mapping[str, Any]) -> ParsedValue:
    """A review score and the best that it could be: `93%`, `8.3/10`."""
    text = datavalue["value"]
    parts = _SCORE.fullmatch(text.strip()) if isinstance(text, str) else None
    if parts is None or Decimal(parts[1]) > int(parts[2] or 100):
        raise UnsupportedValueError("a score without its scale")
    return ParsedValue(parts[1], text, scale=parts[2] or "100")


def to_words(datavalue: Mapping[str, Any]) -> ParsedValue:
    """A text, with its language where it has one; a bare number as text."""
    value = datavalue["value"]
    match datavalue["type"]:
        case "string":
            return ParsedValue(str(value))
        case "monolingualtext":
            return ParsedValue(str(value["text"]), language=str(value["language"]))
        case "quantity":
            return ParsedValue(str(value["amount"]).removeprefix("+"))
        case kind:
            raise UnsupportedValueError(f"a {kind} stands where a text should")
