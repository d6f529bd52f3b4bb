"""The SELECTs that turn the cells of a table into facts and stubs, for DuckDB.

Each name and value from outside goes through `quote` or `quote_name`, so no text of a mapping or a header is ever SQL.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from kg.importers.dataset_names import (
    dataset_entity_name_sql,
    name_component_sql,
    text_entity_name_sql,
)
from kg.importers.reject_reasons import mark_value_sql
from kg.importers.tables.cells.cleanings import can_reject, clean_sql, fault_sql, is_rejected
from kg.importers.tables.table_mapping import ColumnMapping, PartMapping, RowFilter, TableMapping
from kg.schema import NarrowedClass
from kg.shapes.value_limits import ValueLimits
from kg.sql import quote, quote_name

LINE, SUBJECT, RECORD, SELECTED, PART, FITS, HAS_PART = map(
    quote_name, ("kg:line", "kg:subject", "kg:record", "kg:selected", "kg:part", "kg:fits", "kg:has-part")
)
"""Columns beside a table's own, quoted: the row's number, its entity, its record, whether the mapping selects it, its
part, whether the part's first value fits its property, and whether the part also has all that it must have.
"""

_FIRST = quote_name("kg:first")
_ADDRESS = r"""[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>"{}|\\^`]+"""
_VALUE_TESTS = {
    "integer": r"regexp_full_match({v}, '[+-]?[0-9]{1,18}')",
    "decimal": r"regexp_full_match({v}, '[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)')",
    "boolean": "{v} IN ('true', 'false')",
    "address": "regexp_full_match({v}, " + quote(_ADDRESS) + ")",
    "date": (
        r"{v} NOT LIKE '0000%' AND {v} <> '000X' AND CASE length({v})"
        r" WHEN 4 THEN regexp_full_match({v}, '[0-9]{3}[0-9X]')"
        r" WHEN 7 THEN regexp_full_match({v}, '[0-9]{4}-(?:0[1-9]|1[0-2])')"
        r" WHEN 10 THEN regexp_full_match({v}, '[0-9]{4}-[0-9]{2}-[0-9]{2}')"
        r" AND TRY_CAST({v} AS DATE) IS NOT NULL"
        r" ELSE false END"
    ),
}
_TEST_FAILED = {
    "integer": "is not a whole number",
    "decimal": "is not a number",
    "boolean": "is neither true nor false",
    "address": "is not an address like https://...",
    "date": "is not a date like 2024, 2024-10 or 2024-10-18",
}
_ONE_LINE = (
    r"CASE WHEN regexp_matches({v}, '[\x00-\x1f]') THEN regexp_replace({v}, '[\x00-\x1f]+', ' ', 'g') ELSE {v} END"
)
_ELEMENT_TEXT = (
    "CASE json_type(o) WHEN 'OBJECT' THEN coalesce(o->>'name', o->>'label', o->>'title', CAST(o AS VARCHAR))"
    " ELSE o->>'$' END"
)
"""The text of an element of a JSON list: of an object its name, where it has one."""
_ONE_TEXT = r'\["[^"\\\x00-\x1f]*"\]'
"""Of JSON, a list of one text that is written as it is; most lists of names are, and need no parser."""
_LANGUAGE = "[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*"


@dataclass(frozen=True, slots=True)
class FactSelect:
    """A SELECT of facts: subject, property, value, language, record, line, fault."""

    select: str
    may_fail: bool = False
    """True when its rows may have a fault."""
    has_language: bool = False
    """True when its rows may have a language."""


@dataclass(frozen=True)
class TableSql:
    """The statements for one table; `cells` is the clause that has every column as text."""

    mapping: TableMapping
    cells: str
    kinds: Mapping[str, NarrowedClass] = field(default_factory=dict)
    """Name of a kind -> what the facts about an entity of this kind state."""
    limits_for: Callable[[str, PartMapping | None], tuple[ValueLimits, ...]] = lambda *_: ()
    """What shapes require of the values of a property, of the rows' entities or of their parts."""
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Property of identifiers -> patterns of the addresses that contain them."""
    required_of: Callable[[PartMapping], Sequence[str]] = lambda _: ()
    """The properties that a part must have; one without them is left out."""

    def keyed(self) -> str:
        """The rows with the name and record of their entity; rows without a key have no name.

        Their cells are trimmed, and NULL where they are empty or one of the mapping's `missing` texts.
        """
        mapping = self.mapping
        names = [quote_name(name) for name in mapping.required_columns]
        trimmed = ", ".join(f"{clean_sql(name, ('trim',))} AS {name}" for name in names)
        present = ", ".join(f"{self._without_missing(name)} AS {name}" for name in names)
        # Each cell of the key is used several times, so it is computed before.
        keys = [quote_name(f"kg:key{number}") for number in range(len(mapping.key))]
        steps = _without_trim(mapping.key_clean)
        cells = [
            f"{_unless_rejected(clean_sql(quote_name(name), steps), steps)} AS {key}"
            for name, key in zip(mapping.key, keys, strict=True)
        ]
        cells += [f"{clean_sql(quote_name(name), steps)} AS {cell}" for (name, steps), cell in self._cleaned.items()]
        columns = ", ".join((*names, *self._cleaned.values()))
        subject = dataset_entity_name_sql(mapping.prefix, *keys)
        record = " || '|' || ".join(map(self.cell, mapping.record) if mapping.record else keys)
        record = _ONE_LINE.format(v=f"({record})")
        return (
            f"SELECT {subject} AS {SUBJECT}, {record} AS {RECORD}, {self.is_selected()} AS {SELECTED}, {columns}"
            f" FROM (SELECT {', '.join((*cells, *names))}"
            f" FROM (SELECT {present} FROM (SELECT {trimmed} FROM {self.cells})))"
        )

    def key_fault(self) -> str:
        """Why a row without a name has none, as a text in SQL."""
        key, steps = self.mapping.key, self.mapping.key_clean
        cells = [self.cell(name) for name in key]
        empty = f"the key {' + '.join(key)} {'is empty' if len(key) == 1 else 'has an empty cell'}"
        if not can_reject(steps):
            return quote(empty)
        cleaned = (self.cell(name, steps) for name in key)
        faults = " ".join(
            f"WHEN {is_rejected(cell, steps)} THEN {quote(f'the key {name}: ')} || {fault_sql(cell, steps)}"
            for name, cell in zip(key, cleaned, strict=True)
        )
        return f"CASE WHEN {' OR '.join(f'{cell} IS NULL' for cell in cells)} THEN {quote(empty)} {faults} END"

    def _without_missing(self, trimmed: str) -> str:
        """A trimmed text, NULL where it is empty or means nothing."""
        cell = f"nullif({trimmed}, '')"
        for text in filter(None, map(str.strip, self.mapping.missing)):
            cell = f"nullif({cell}, {quote(text)})"
        return cell

    def is_selected(self) -> str:
        """The condition that the mapping uses a row."""
        tests = [self.matches(self.mapping.where)] if self.mapping.where else []
        if self.mapping.class_column and not self.mapping.class_name:
            tests.append(self.matches({self.mapping.class_column: tuple(self.mapping.classes)}))
        return " AND ".join(tests) or "true"

    def matches(self, where: RowFilter) -> str:
        """The condition that a row has one of the texts in each of the columns."""
        tests = (
            f"coalesce({self.cell(name)} IN ({', '.join(map(quote, texts)) or 'NULL'}), false)"
            for name, texts in where.items()
        )
        return " AND ".join(tests) or "true"

    def unused_rows(self) -> Iterator[tuple[str, str]]:
        """What rows lack of which something is left out, in words, and the condition of these rows.

        A row without a class of its own states nothing without a value in a column that it is for; other values of a
        part are left out without its first.
        """
        used = [(column.where, column.name) for column in self.mapping.columns if column.name]
        used += [(part.where, part.columns[0].name) for part in self.mapping.parts if part.columns[0].name]
        rows = f"{SELECTED} AND {SUBJECT} IS NOT NULL"
        if used and self.class_name() is None and not any(not column.name for column in self.mapping.columns):
            stated = " OR ".join(f"({self.matches(where)} AND {self.cell(name)} IS NOT NULL)" for where, name in used)
            meant = " OR ".join(f"({self.matches(where)})" for where, _ in used)
            firsts = (*self.mapping.columns, *(part.columns[0] for part in self.mapping.parts))
            entities = dict.fromkeys(column.name for column in firsts if column.value_type == "entity" and column.name)
            cells = " and ".join(entities or dict.fromkeys(name for _, name in used))
            yield f"without {cells}", f"{rows} AND ({meant}) AND NOT ({stated})"
            return
        elsewhere = {*self.mapping.key, *(column.name for column in self.mapping.columns)}
        for part in self.mapping.parts:
            first, *others = part.columns
            names = [column.name for column in others if column.name and column.name not in elsewhere]
            if first.name and names:
                stated = " OR ".join(f"{self.cell(name)} IS NOT NULL" for name in dict.fromkeys(names))
                condition = f"{rows} AND {self.matches(part.where)} AND {self.cell(first.name)} IS NULL AND ({stated})"
                yield f"whose {part.property} has no {first.name}", condition

    def part_tables(self, keyed: str) -> Iterator[tuple[str, str]]:
        """The tables of the parts, which `facts` and `stubs` read several times: name and SELECT of each."""
        for number, part in enumerate(self.mapping.parts):
            yield self.part_table(keyed, number), self.part_rows(keyed, part)

    def part_table(self, keyed: str, number: int) -> str:
        """The name of the table of the rows that have the mapping's part of this number."""
        return f"{keyed}_part{number}"

    def facts(self, keyed: str) -> Iterator[FactSelect]:
        """The facts of the rows' entities and of their parts."""
        if (class_name := self.class_name()) is not None:
            names = {self.mapping.class_name, *self.mapping.classes.values()}
            yield from self._type_facts(keyed, class_name, names)
        for column, property in self._merged(self.mapping.columns):
            yield from self.column_facts(keyed, column, property=property)
        for number, part in enumerate(self.mapping.parts):
            rows = self.part_table(keyed, number)
            with_part = f"(SELECT * FROM {rows} WHERE {HAS_PART})"
            yield FactSelect(self._select(with_part, quote(part.property), PART))
            yield from self._incomplete(rows, part)
            # The first value is rejected where it does not fit.
            with_first = f"(SELECT * FROM {rows} WHERE {HAS_PART} OR NOT {FITS})"
            for column in part.columns:
                yield from self.column_facts(with_first if column is part.columns[0] else with_part, column, part)

    def _incomplete(self, rows: str, part: PartMapping) -> Iterator[FactSelect]:
        """The faults of parts without a value that they must have."""
        for name in self.required_of(part):
            column = next(column for column in part.columns if column.property == name)
            lacking = f"SELECT * FROM {rows} WHERE {FITS} AND NOT {self._has(part, name)}"
            missing = quote(f"{part.property}: left out, since it has no {name}")
            wrong = f"{missing} || ' (' || {self._fault(column, part)} || ')'"
            fault = f"CASE WHEN coalesce(v, '') = '' THEN {missing} ELSE {wrong} END"
            values = f"(SELECT *, {self._part_value(column, part)} AS v FROM ({lacking}))"
            yield FactSelect(self._select(values, quote(part.property), PART, fault=fault), may_fail=True)

    def _has(self, part: PartMapping, name: str) -> str:
        """The condition that a part has a value of a property that fits it."""
        tests = []
        for column in (column for column in part.columns if column.property == name):
            value = self._part_value(column, part)
            fits = "true" if self._is_list(column, part) else self.fits(column, value, part)
            taken = f"{value} <> '' AND {fits} AND NOT {is_rejected(value, column.clean)}"
            tests.append(f"({self.matches(column.where)} AND coalesce({taken}, false))")
        return f"({' OR '.join(tests)})"

    def _part_value(self, column: ColumnMapping, part: PartMapping) -> str:
        """The value of a column in the row of a part; of a list the text as it is in the cell."""
        return self.cell(column.name) if self._is_list(column, part) else self._value(column, self._text(column))

    def _is_list(self, column: ColumnMapping, part: PartMapping) -> bool:
        return bool(column.split) and column.name not in part.each

    def _type_facts(
        self, rows: str, class_name: str, names: Iterable[str], *, owner: str = SUBJECT
    ) -> Iterator[FactSelect]:
        """The classes of entities, and the kinds where some of the names are those of kinds."""
        kinds = {name: self.kinds[name] for name in sorted(set(names)) if name in self.kinds}
        if kinds:
            classes = " ".join(f"WHEN {quote(name)} THEN {quote(kind.class_name)}" for name, kind in kinds.items())
            words = " ".join(f"WHEN {quote(name)} THEN {quote(kind.word)}" for name, kind in kinds.items())
            yield FactSelect(self._select(rows, "'kind'", f"CASE {class_name} {words} END", owner=owner))
            class_name = f"CASE {class_name} {classes} ELSE {class_name} END"
        yield FactSelect(self._select(rows, "'type'", class_name, owner=owner))

    def class_name(self) -> str | None:
        """The class of a row's entity; None when the mapping states none."""
        mapping = self.mapping
        default = quote(mapping.class_name) if mapping.class_name else None
        if not mapping.class_column:
            return default
        cases = " ".join(f"WHEN {quote(text)} THEN {quote(name)}" for text, name in mapping.classes.items())
        default = default or "NULL"
        return f"CASE {self.cell(mapping.class_column)} {cases} ELSE {default} END" if cases else default

    def part_rows(self, keyed: str, part: PartMapping) -> str:
        """The rows that have such a part, each with its name; a row for each where a row has several of them."""
        rows = keyed
        if part.each:
            splits = {column.name: column.split for column in reversed(part.columns)}
            lists = (
                f"unnest(list_transform({self._list(name, splits.get(name, ''))},"
                f" lambda u: {self._without_missing(clean_sql('u', ('trim',)))})) AS {quote_name(name)}"
                for name in part.each
            )
            rows = f"(SELECT * REPLACE ({', '.join(lists)}) FROM {keyed})"
        first = part.columns[0]
        value, fits = self._part_value(first, part), "true"
        if not self._is_list(first, part):
            has_form = f"coalesce({self.fits(first, _FIRST, part)}, false)"
            fits = f"({has_form} AND NOT {is_rejected(_FIRST, first.clean)})"
        # Each value is used several times, so it is computed before.
        values, components = [f"{value} AS {_FIRST}"], []
        for number, (text, steps) in enumerate(self.part_key(part)):
            component = quote_name(f"kg:component{number}")
            values.append(f"{text} AS {component}")
            named = f"CASE WHEN {component} <> '' AND NOT {is_rejected(component, steps)} THEN {component} END"
            components.append(f"nullif({name_component_sql(named)}, '')")
        name = f"{SUBJECT} || {quote(f'.{part.property}.')} || concat_ws('-', {', '.join(components)})"
        has_part = " AND ".join((FITS, *(self._has(part, required) for required in self.required_of(part))))
        cells = [quote_name(cell) for cell in dict.fromkeys(name for column in part.columns for name in column.cells())]
        cells += self._cleaned.values()
        elements = [
            f"{self._elements(column)} AS {_list_name(number)}"
            for number, column in enumerate(part.columns)
            if self._is_list(column, part)
        ]
        used = ", ".join((LINE, SUBJECT, RECORD, SELECTED, PART, FITS, *cells, *elements))
        return (
            f"SELECT {used}, {has_part} AS {HAS_PART} FROM ("
            f"SELECT *, {name} AS {PART}, {fits} AS {FITS} FROM (SELECT *, {', '.join(values)} FROM {rows})"
            f" WHERE {SELECTED} AND {self.matches(part.where)} AND {_FIRST} <> '')"
        )

    def part_key(self, part: PartMapping) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The texts that a part is named by, each with the cleanings that may reject it."""
        single = [column for column in part.columns if column.name and (not column.split or column.name in part.each)]
        for name in part.key:
            column = next((column for column in single if column.name == name), None)
            yield (self.cell(name), ()) if column is None else (self._value(column, self._text(column)), column.clean)
        for column in single if not part.key else ():
            yield self._value(column, self._text(column)), column.clean

    def _merged(self, columns: Sequence[ColumnMapping]) -> Iterator[tuple[ColumnMapping, str]]:
        """The columns, and their properties in SQL; columns whose property depends on one other cell are merged.

        So the rows are read once for all of them.
        """
        groups: dict[object, list[ColumnMapping]] = {}
        for number, column in enumerate(columns):
            is_usual = column.value_type == "entity" and column.property not in ("type", "label")
            chosen_by = next(iter(column.where)) if is_usual and len(column.where) == 1 else None
            alike = replace(column, property="", where={}), self._fault(column, None), chosen_by
            groups.setdefault(repr(alike) if chosen_by is not None else number, []).append(column)
        for group in groups.values():
            first, cells = group[0], [text for column in group for texts in column.where.values() for text in texts]
            if len(group) == 1 or len(set(cells)) < len(cells):
                yield from ((column, quote(column.property)) for column in group)
                continue
            (name,) = first.where
            cases = (
                f"WHEN {quote(text)} THEN {quote(column.property)}" for column in group for text in column.where[name]
            )
            yield replace(first, where={name: tuple(cells)}), f"CASE {self.cell(name)} {' '.join(cases)} END"

    def column_facts(
        self, rows: str, column: ColumnMapping, part: PartMapping | None = None, *, property: str = ""
    ) -> Iterator[FactSelect]:
        """The facts of one column, about the rows' entities or about their parts; with the property as SQL states."""
        owner, property = (PART if part is not None else SUBJECT), property or quote(column.property)
        values = f"({self.values(rows, column, part)})"
        if column.property == "type":
            known = ", ".join(quote(name) for name in column.values.values()) or "NULL"
            class_name = f"CASE WHEN v IN ({known}) THEN v END"
            yield from self._type_facts(values, class_name, column.values.values(), owner=owner)
        elif column.value_type == "entity":
            entity, fault = self.entity(column), self._fault(column, part)
            yield FactSelect(
                self._select(values, property, entity, owner=owner, fault=fault, of_values=True), fault != "''"
            )
            if column.inverse:
                taken = f"(SELECT * FROM {values} WHERE {self._is_taken(column)})"
                yield FactSelect(self._select(taken, quote(column.inverse), SUBJECT, owner=entity, of_values=True))
        else:
            fault, language = self._fault(column, part), quote(column.language)
            if column.language_column:
                cell = self.cell(column.language_column)
                language = f"CASE WHEN regexp_full_match({cell}, '{_LANGUAGE}') THEN {cell} ELSE {language} END"
            value = _ONE_LINE.format(v="v") if column.value_type == "text" else "v"
            select = self._select(values, property, value, owner=owner, language=language, fault=fault, of_values=True)
            yield FactSelect(select, fault != "''", bool(column.language or column.language_column))

    def _fault(self, column: ColumnMapping, part: PartMapping | None) -> str:
        """Why a value `v` is rejected, with the cell; the empty text where it is not."""
        name, value, faults = quote(f"{column.name or column.property}: "), mark_value_sql("v"), []
        if can_reject(column.clean):
            faults.append(f"WHEN {is_rejected('v', column.clean)} THEN {name} || {fault_sql('v', column.clean)}")
        if column.value_type in _VALUE_TESTS:
            failed = quote(f" {_TEST_FAILED[column.value_type]}")
            faults.append(f"WHEN NOT coalesce({_has_form(column, 'v')}, false) THEN {name} || {value} || {failed}")
        if limits := self.limits_for(column.property, part):
            failed = quote(f" is not {' and '.join(dict.fromkeys(map(str, limits)))}")
            faults.append(f"WHEN NOT coalesce({_is_allowed(limits, 'v')}, false) THEN {name} || {value} || {failed}")
        return f"CASE {' '.join(faults)} ELSE '' END" if faults else "''"

    def fits(self, column: ColumnMapping, value: str, part: PartMapping) -> str:
        """The condition that a value fits the column's property."""
        return f"{_has_form(column, value)} AND {_is_allowed(self.limits_for(column.property, part), value)}"

    def _is_taken(self, column: ColumnMapping) -> str:
        """The condition that no cleaning rejected a value `v`."""
        return f"NOT {is_rejected('v', column.clean)}"

    def stubs(self, keyed: str) -> Iterator[str]:
        """A SELECT for each column that leads to entities: entity, class, label, identifier, property, record, via."""
        if (stub := self.mapping.stub) is not None:
            key = " || ' ' || ".join(self.cell(name, self.mapping.key_clean) for name in self.mapping.key)
            yield (
                f"SELECT {SUBJECT} AS entity, {quote(stub.class_name)} AS class, min({key}) AS label,"
                f" {f'min({key})' if stub.identifier else quote('')} AS identifier,"
                f" {quote(stub.identifier)} AS property, min({RECORD}) AS record, '' AS via"
                f" FROM {keyed} WHERE {SELECTED} AND {SUBJECT} IS NOT NULL GROUP BY {SUBJECT}"
            )
        for column, property in self._merged(self.mapping.columns):
            if column.property == "label" and column.name:
                yield self._key_as_label(keyed, column)
            yield from self._column_stubs(keyed, column, property=property)
        for number, part in enumerate(self.mapping.parts):
            for column in part.columns:
                rows = f"(SELECT * FROM {self.part_table(keyed, number)} WHERE {HAS_PART})"
                yield from self._column_stubs(rows, column, part)

    def _key_as_label(self, keyed: str, column: ColumnMapping) -> str:
        """The keys of rows without a label, which call their entities where nothing else does."""
        return (
            f"SELECT {SUBJECT} AS entity, '' AS class, {RECORD} AS label, '' AS identifier, '' AS property,"
            f" {RECORD} AS record, '' AS via, false AS is_name"
            f" FROM {keyed} WHERE {SELECTED} AND {SUBJECT} IS NOT NULL AND {self.cell(column.name)} IS NULL"
        )

    def _column_stubs(
        self, rows: str, column: ColumnMapping, part: PartMapping | None = None, *, property: str = ""
    ) -> Iterator[str]:
        property = property or quote(column.property)
        if column.value_type == "entity" and column.property != "type":
            label = self.cell(column.label) if column.label else "v"
            yield (
                f"SELECT {self.entity(column)} AS entity, {quote(column.class_name)} AS class,"
                f" coalesce({label}, v) AS label, count(*) AS uses, {label} IS NOT NULL AS is_name,"
                f" {'v' if column.identifier else quote('')} AS identifier,"
                f" {quote(column.identifier)} AS property, min({RECORD}) AS record,"
                f" {property} AS via"
                f" FROM ({self.values(rows, column, part)})"
                f" WHERE {SELECTED} AND {SUBJECT} IS NOT NULL AND v <> '' AND {self._is_taken(column)}"
                f" GROUP BY v, {label}, {property}{f', {SUBJECT}' if column.inverse else ''}"
            )

    def entity(self, column: ColumnMapping) -> str:
        """The name of the entity that a value `v` means."""
        if column.inverse:
            return f"{SUBJECT} || {quote(f'.{column.class_name.lower()}.')} || ({name_component_sql('v')})"
        if column.label or column.identifier:
            return dataset_entity_name_sql(column.prefix, "v")
        return text_entity_name_sql(column.prefix, "v")

    def values(self, rows: str, column: ColumnMapping, part: PartMapping | None = None) -> str:
        """The rows with one value `v` of the column each, split, cleaned and replaced as the mapping states."""
        if part is not None and self._is_list(column, part):
            value = f"unnest({_list_name(part.columns.index(column))})"
        elif column.split and part is None:
            value = f"unnest({self._elements(column)})"
        else:
            value = self._value(column, self._text(column))
        where = f" WHERE {self.matches(column.where)}" if column.where else ""
        select = f"SELECT *, {value} AS v FROM {rows}{where}"
        if column.other_than:
            return f"SELECT * FROM ({select}) WHERE v IS DISTINCT FROM {self.cell(column.other_than)}"
        return select

    def _elements(self, column: ColumnMapping) -> str:
        """The values of a column that is split, as a sorted list."""
        each = self._value(column, "u", is_trimmed=False)
        return f"list_sort(list_distinct(list_transform({self._list(column.name, column.split)}, lambda u: {each})))"

    def cell(self, name: str, clean: tuple[str, ...] = ("trim",)) -> str:
        """A cell of the keyed rows, which is trimmed already, and perhaps cleaned."""
        steps = _without_trim(clean)
        return self._cleaned.get((name, steps)) or clean_sql(quote_name(name), steps)

    @cached_property
    def _cleaned(self) -> Mapping[tuple[str, tuple[str, ...]], str]:
        """The columns of the keyed rows with cells that several columns of the mapping clean in one way.

        What may reject a cell is a test of its form, and takes long where each fact makes it anew.
        """
        columns = (*self.mapping.columns, *(column for part in self.mapping.parts for column in part.columns))
        split = {name for part in self.mapping.parts for name in part.each}
        uses = Counter(
            (column.name, _without_trim(column.clean))
            for column in columns
            if column.name and not column.split and column.name not in split and can_reject(column.clean)
        )
        several = (use for use, count in uses.items() if count > 1)
        return {use: quote_name(f"kg:clean{number}") for number, use in enumerate(several)}

    def _text(self, column: ColumnMapping) -> str:
        return self.cell(column.name, ()) if column.name else quote(column.constant)

    def _value(self, column: ColumnMapping, text: str, *, is_trimmed: bool = True) -> str:
        if column.name and text == quote_name(column.name):
            value = self.cell(column.name, column.clean)
        else:
            value = clean_sql(text, _without_trim(column.clean) if is_trimmed else column.clean)
        if column.value_type == "integer":
            # Spreadsheets and data frames write whole numbers as 116.0.
            is_float = f"regexp_full_match({value}, '[0-9]{{1,18}}[.]0+')"
            value = f"CASE WHEN {is_float} THEN split_part({value}, '.', 1) ELSE {value} END"
        if patterns := self.addresses.get(column.identifier or column.property):
            found = " ".join(
                f"WHEN regexp_full_match({value}, {quote(pattern)}) THEN regexp_extract({value}, {quote(pattern)}, 1)"
                for pattern in patterns
            )
            value = f"CASE WHEN NOT contains({value}, '/') THEN {value} {found} ELSE {value} END"
        if column.values:
            # A text to replace is the cell as it is in the table, or as it is after cleaning.
            written = text if is_trimmed else clean_sql(text, ("trim",))
            cases = (
                f"WHEN {cell} = {quote(text)} THEN {quote(other)}"
                for cell in dict.fromkeys((written, value))
                for text, other in column.values.items()
            )
            return f"CASE {' '.join(cases)} ELSE {value} END"
        return value

    def _list(self, name: str, split: str) -> str:
        """The elements of a cell as a list."""
        cell = self.cell(name, ())
        if split == "json":
            # TRY_CAST, since a text may begin with a bracket: "[REC]" is a film.
            elements = f"coalesce(CAST(TRY_CAST({cell} AS JSON[]) AS JSON[]), [TRY_CAST({cell} AS JSON)])"
            is_json = f"left({cell}, 1) IN ('[', '{{') AND json_valid({cell})"
            return (
                f"CASE WHEN regexp_full_match({cell}, '{_ONE_TEXT}') THEN [substr({cell}, 3, length({cell}) - 4)]"
                f" WHEN {is_json} THEN list_transform({elements}, lambda o: {_ELEMENT_TEXT}) ELSE [{cell}] END"
            )
        return f"string_split({cell}, {quote(split)})" if split else f"[{cell}]"

    def _select(
        self,
        rows: str,
        property: str,
        value: str,
        *,
        owner: str = SUBJECT,
        language: str = "''",
        fault: str = "''",
        of_values: bool = False,
    ) -> str:
        """The facts of rows, with a property in SQL; `of_values` when the rows are those of `values`."""
        has_value = "v <> ''" if of_values else f"{value} IS NOT NULL"
        return (
            f"SELECT {owner} AS subject, {property} AS property, {value} AS value,"
            f" {language} AS language, {RECORD} AS record, {LINE} AS line, {fault} AS fault"
            f" FROM {rows} WHERE {SELECTED} AND {owner} IS NOT NULL AND {has_value}"
        )


def _list_name(number: int) -> str:
    """The column, quoted, of the values of the column of a part that has this number, where they are a list."""
    return quote_name(f"kg:list{number}")


def _unless_rejected(value: str, steps: tuple[str, ...]) -> str:
    return f"CASE WHEN NOT {is_rejected(value, steps)} THEN {value} END" if can_reject(steps) else value


def _has_form(column: ColumnMapping, value: str) -> str:
    """The condition that a value has the form of the column's type."""
    test = _VALUE_TESTS.get(column.value_type)
    return f"({test.replace('{v}', value)})" if test is not None else "true"


def _is_allowed(limits: Sequence[ValueLimits], value: str) -> str:
    """The condition that a value is allowed by the shapes that limit it."""
    return f"({' AND '.join(_is_within(limit, value) for limit in limits) or 'true'})"


def _is_within(limit: ValueLimits, value: str) -> str:
    number = f"TRY_CAST({value} AS DECIMAL(38, 9))"
    tests = [f"{number} >= {limit.minimum:f}"] if limit.minimum is not None else []
    tests += [f"{number} <= {limit.maximum:f}"] if limit.maximum is not None else []
    if limit.regex is not None and limit.regex.re2:
        tests.append(f"regexp_matches({value}, {quote(limit.regex.re2)})")
    return f"({' AND '.join(tests) or 'true'})"


def _without_trim(steps: tuple[str, ...]) -> tuple[str, ...]:
    return steps[1:] if steps[:1] == ("trim",) else steps
