"""A table's mapping walks in; the SQL that turns its cells into rows of facts walks out, for DuckDB.

Every name and value from outside goes through `quoted` or `named`, so no word of a mapping or a header is ever SQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kg.importers.entity_names import name_component_sql
from kg.importers.tables.mapping import ColumnMapping, PartMapping, RowFilter, TableMapping

LINE, SUBJECT, RECORD, KEPT, PART = "kg:line", "kg:subject", "kg:record", "kg:kept", "kg:node"
FITS, KEY_CELL = "kg:fits", "kg:part"
"""Our own columns beside a table's: the row's number, its thing's name, its record, whether the mapping keeps it."""

_YEARS = r"(?:^|\D)(1[89]\d\d|20\d\d)(?:\D|$)"
_FITS = {
    "integer": r"regexp_full_match({v}, '[+-]?[0-9]{{1,18}}')",
    "decimal": r"regexp_full_match({v}, '[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)')",
    "boolean": "{v} IN ('true', 'false')",
    "date": (
        r"CASE length({v}) WHEN 4 THEN regexp_full_match({v}, '[0-9]{{3}}[0-9X]') AND {v} <> '0000'"
        r" WHEN 7 THEN regexp_full_match({v}, '[0-9]{{4}}-(?:0[1-9]|1[0-2])')"
        r" WHEN 10 THEN regexp_full_match({v}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')"
        r" AND TRY_CAST({v} AS DATE) IS NOT NULL"
        r" ELSE false END"
    ),
}
_WANTED = {
    "integer": "is not a whole number",
    "decimal": "is not a number",
    "boolean": "is neither true nor false",
    "date": "is not a date like 2024, 2024-10 or 2024-10-18",
}
_CLEAN = {
    # To trim by a set of letters costs five times as much as to look at the first and the last.
    "trim": (
        "CASE WHEN unicode({v}) IN (32, 9, 13, 10, 160) OR unicode(({v})[-1]) IN (32, 9, 13, 10, 160)"
        " THEN trim({v}, ' \t\r\n\u00a0') ELSE {v} END"
    ),
    "last-part": r"regexp_extract({v}, '([^/#]*)/?$', 1)",
    "first-part": r"trim(regexp_extract({v}, '^([^,;|/(]*)', 1))",
    "last-first": r"regexp_replace({v}, '^([^,]+), *([^,]+)$', '\2 \1')",
    "article-first": (
        r"regexp_replace({v}, '^(.+), (The|A|An|Der|Die|Das|Ein|Eine|Le|La|Les|L''|El|Los|Las|Il|Un|Une)$', '\2 \1')"
    ),
    "year": rf"regexp_extract({{v}}, '{_YEARS}', 1)",
    "integer": r"regexp_replace(regexp_extract({v}, '[+-]?[0-9][0-9., '']*', 0), '[., '']', '', 'g')",
    "minutes": (
        r"CASE WHEN regexp_matches({v}, '^\s*[0-9]+\s*h') THEN CAST(60 * CAST(regexp_extract({v}, '([0-9]+)\s*h', 1) AS"
        r" BIGINT) + coalesce(TRY_CAST(regexp_extract({v}, 'h\D*([0-9]+)', 1) AS BIGINT), 0) AS VARCHAR)"
        r" WHEN regexp_matches({v}, '^[0-9]+:[0-9]{{2}}:[0-9]{{2}}$') THEN CAST(60 *"
        r" CAST(split_part({v}, ':', 1) AS BIGINT) + CAST(split_part({v}, ':', 2) AS BIGINT) AS VARCHAR)"
        r" ELSE regexp_replace({v}, '^\s*([0-9]+)\s*(?:m|min|mins|minutes|Minuten)?\.?\s*$', '\1') END"
    ),
    "day-first": r"regexp_replace({v}, '^([0-9]{{2}})[./-]([0-9]{{2}})[./-]([0-9]{{4}})$', '\3-\2-\1')",
    "month-first": r"regexp_replace({v}, '^([0-9]{{2}})[./-]([0-9]{{2}})[./-]([0-9]{{4}})$', '\3-\1-\2')",
    "day": r"regexp_replace({v}, '^([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})[T ].*$', '\1')",
    "yes-no": (
        "CASE WHEN lower({v}) IN ('yes', 'y', '1', 'true', 'x') THEN 'true'"
        " WHEN lower({v}) IN ('no', 'n', '0', 'false') THEN 'false' ELSE {v} END"
    ),
    "lower": "lower({v})",
    "upper": "upper({v})",
    "no-brackets": r"trim(regexp_replace({v}, '\s*[(\[][^)\]]*[)\]]\s*', ' ', 'g'))",
    "in-brackets": r"trim(regexp_extract({v}, '[(\[]([^)\]]*)[)\]]', 1))",
    "year-in-brackets": r"regexp_extract({v}, '[(\[]((?:1[89]|20)[0-9]{{2}})[)\]]', 1)",
    "before-as": r"trim(regexp_replace({v}, '\s+(?:as|als|\.\.\.|…)\s+.*$', ''))",
    "after-as": r"trim(regexp_extract({v}, '\s(?:as|als|\.\.\.|…)\s+(.*)$', 1))",
}
_ONE_LINE = (
    r"CASE WHEN regexp_matches({v}, '[\x00-\x1f]') THEN regexp_replace({v}, '[\x00-\x1f]+', ' ', 'g') ELSE {v} END"
)
_NAMED = (
    "CASE json_type(o) WHEN 'OBJECT' THEN coalesce(o->>'name', o->>'label', o->>'title', CAST(o AS VARCHAR))"
    " ELSE o->>'$' END"
)
"""What an element of a list of JSON says; an object by its name, where it has one."""
_PARTIAL = {"last-part", "first-part", "in-brackets", "before-as", "after-as"}
_LANGUAGE = "[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*"


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """The name of a column in SQL."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class FactSelect:
    """A SELECT of facts: subject, property, value, language, record, line, fault."""

    select: str
    checked: bool = False
    """Whether rows of it may have a fault."""
    language: bool = False
    """Whether rows of it may have a language."""


@dataclass(frozen=True)
class TableSql:
    """The statements for one table; `cells` is what has every column as text."""

    mapping: TableMapping
    cells: str

    def keyed(self) -> str:
        """The rows with the name and record of their thing; rows without a key have no name.

        Their cells are trimmed, and NULL where they are empty or one of the texts that stand for nothing.
        """
        mapping = self.mapping
        columns = ", ".join(map(named, mapping.required_columns))
        trimmed = ", ".join(f"{_clean(named(one), ('trim',))} AS {named(one)}" for one in mapping.required_columns)
        said = ", ".join(f"{self._said(named(one))} AS {named(one)}" for one in mapping.required_columns)
        # Each part of a name is looked at several times, so it is made before.
        names = [f"{KEY_CELL}{number}" for number in range(len(mapping.key))]
        parts = ", ".join(
            f"{self.cell(one, mapping.key_clean)} AS {named(part)}"
            for one, part in zip(mapping.key, names, strict=True)
        )
        name = " || '-' || ".join([quoted(mapping.prefix), *(f"({name_component_sql(named(part))})" for part in names)])
        record = " || '|' || ".join(map(self.cell, mapping.record) if mapping.record else map(named, names))
        record = _ONE_LINE.format(v=f"({record})")
        return (
            f"SELECT {name} AS {named(SUBJECT)}, {record} AS {named(RECORD)}, {self.kept()} AS {named(KEPT)}, {columns}"
            f" FROM (SELECT {parts}, {columns} FROM (SELECT {said} FROM (SELECT {trimmed} FROM {self.cells})))"
        )

    def _said(self, trimmed: str) -> str:
        """A trimmed text, NULL where it says nothing."""
        cell = f"nullif({trimmed}, '')"
        for text in filter(None, (one.strip() for one in self.mapping.missing)):
            cell = f"nullif({cell}, {quoted(text)})"
        return cell

    def kept(self) -> str:
        """Whether a row is of those that the mapping keeps."""
        tests = [self.chosen(self.mapping.where)] if self.mapping.where else []
        if self.mapping.class_column and not self.mapping.class_name:
            tests.append(self.chosen({self.mapping.class_column: tuple(self.mapping.classes)}))
        return " AND ".join(tests) or "true"

    def chosen(self, where: RowFilter) -> str:
        """Whether a row holds one of the texts in each of the columns."""
        tests = (
            f"coalesce({self.cell(name)} IN ({', '.join(map(quoted, texts)) or 'NULL'}), false)"
            for name, texts in where.items()
        )
        return " AND ".join(tests) or "true"

    def facts(self, keyed: str) -> Iterator[FactSelect]:
        """The facts of the rows' things, and of the nodes that hang on them."""
        if (kind := self.kind()) is not None:
            yield FactSelect(self._select(keyed, "type", kind))
        for column in self.mapping.columns:
            yield from self.column(keyed, column)
        for node in self.mapping.parts:
            noded = f"({self.noded(keyed, node)})"
            sound = f"(SELECT * FROM {noded} WHERE {named(FITS)})"
            yield FactSelect(self._select(sound, node.property, named(PART)))
            for column in node.columns:
                yield from self.column(noded if column is node.columns[0] else sound, column, node)

    def kind(self) -> str | None:
        """The class of a row's thing."""
        mapping = self.mapping
        if mapping.class_column:
            cases = " ".join(f"WHEN {quoted(text)} THEN {quoted(kind)}" for text, kind in mapping.classes.items())
            rest = quoted(mapping.class_name) if mapping.class_name else "NULL"
            return f"CASE {self.cell(mapping.class_column)} {cases} ELSE {rest} END" if cases else rest
        return quoted(mapping.class_name) if mapping.class_name else None

    def noded(self, keyed: str, node: PartMapping) -> str:
        """The rows that have such a node, each with its name; a row for each where there are several of them."""
        rows = keyed
        if node.each:
            splits = {column.name: column.split for column in reversed(node.columns)}
            lists = (
                f"unnest(list_transform({self._list(name, splits.get(name, ''))},"
                f" lambda u: {self._said(_clean('u', ('trim',)))})) AS {named(name)}"
                for name in node.each
            )
            rows = f"(SELECT * REPLACE ({', '.join(lists)}) FROM {keyed})"
        first = node.columns[0]
        value, fits = self.cell(first.name), "true"
        if not first.split or first.name in node.each:
            value = self._value(first, self._text(first))
            fits = _fits(first, value)
        parts = ", ".join(f"nullif({name_component_sql(part)}, '')" for part in self.parts(node))
        name = f"{named(SUBJECT)} || {quoted(f'.{node.property}.')} || concat_ws('-', {parts})"
        return (
            f"SELECT *, {name} AS {named(PART)}, {fits} AS {named(FITS)} FROM {rows}"
            f" WHERE {named(KEPT)} AND {self.chosen(node.where)} AND {value} <> ''"
        )

    def parts(self, node: PartMapping) -> Iterator[str]:
        """The texts that a node is named by."""
        single = [one for one in node.columns if one.name and (not one.split or one.name in node.each)]
        for name in node.key:
            column = next((one for one in single if one.name == name), None)
            yield self.cell(name) if column is None else f"nullif({self._value(column, self._text(column))}, '')"
        for column in single if not node.key else ():
            yield f"nullif({self._value(column, self._text(column))}, '')"

    def column(self, rows: str, column: ColumnMapping, node: PartMapping | None = None) -> Iterator[FactSelect]:
        """The facts of one column, about the rows' things or about their nodes."""
        owner = named(PART) if node is not None else named(SUBJECT)
        each = f"({self.values(rows, column, node)})"
        if column.property == "type":
            known = ", ".join(quoted(kind) for kind in column.values.values()) or "NULL"
            yield FactSelect(self._select(each, "type", f"CASE WHEN v IN ({known}) THEN v END", owner=owner))
        elif column.value_type == "thing":
            thing = self.thing(column)
            yield FactSelect(self._select(each, column.property, thing, owner=owner, told=True))
            if column.inverse:
                yield FactSelect(self._select(each, column.inverse, named(SUBJECT), owner=thing, told=True))
        else:
            fault, language = "''", quoted(column.language)
            if column.value_type in _FITS:
                wanted = quoted(f" {_WANTED[column.value_type]}")
                told = quoted(f"{column.name or column.property}: ")
                fault = f"CASE WHEN {_fits(column, 'v')} THEN '' ELSE {told} || v || {wanted} END"
            if column.language_column:
                cell = self.cell(column.language_column)
                language = f"CASE WHEN regexp_full_match({cell}, '{_LANGUAGE}') THEN {cell} ELSE {language} END"
            value = _ONE_LINE.format(v="v") if column.value_type == "text" else "v"
            select = self._select(each, column.property, value, owner=owner, language=language, fault=fault, told=True)
            yield FactSelect(select, column.value_type in _FITS, bool(column.language or column.language_column))

    def mentions(self, keyed: str) -> Iterator[str]:
        """A SELECT for each column that leads to things: thing, class, label, identifier, property, record, via."""
        if (mention := self.mapping.stub) is not None:
            key = " || ' ' || ".join(self.cell(name, self.mapping.key_clean) for name in self.mapping.key)
            yield (
                f"SELECT {named(SUBJECT)} AS thing, {quoted(mention.class_name)} AS class, min({key}) AS label,"
                f" {f'min({key})' if mention.identifier else quoted('')} AS identifier,"
                f" {quoted(mention.identifier)} AS property, min({named(RECORD)}) AS record, '' AS via"
                f" FROM {keyed} WHERE {named(KEPT)} AND {named(SUBJECT)} IS NOT NULL GROUP BY {named(SUBJECT)}"
            )
        for column in self.mapping.columns:
            yield from self._mentions(keyed, column)
        for node in self.mapping.parts:
            for column in node.columns:
                yield from self._mentions(f"({self.noded(keyed, node)})", column, node)

    def _mentions(self, rows: str, column: ColumnMapping, node: PartMapping | None = None) -> Iterator[str]:
        if column.value_type == "thing" and column.property != "type":
            label = f"coalesce({self.cell(column.label)}, v)" if column.label else "v"
            yield (
                f"SELECT {self.thing(column)} AS thing, {quoted(column.class_name)} AS class, min({label}) AS label,"
                f" {'v' if column.identifier else quoted('')} AS identifier,"
                f" {quoted(column.identifier)} AS property, min({named(RECORD)}) AS record,"
                f" {quoted(column.property)} AS via"
                f" FROM ({self.values(rows, column, node)}) WHERE {named(KEPT)} AND v <> ''"
                f" GROUP BY v{f', {named(SUBJECT)}' if column.inverse else ''}"
            )

    def thing(self, column: ColumnMapping) -> str:
        """The name of the thing that a value `v` stands for."""
        if column.inverse:
            return f"{named(SUBJECT)} || {quoted(f'.{column.class_name.lower()}.')} || ({name_component_sql('v')})"
        return f"{quoted(column.prefix + '-')} || ({name_component_sql('v')})"

    def values(self, rows: str, column: ColumnMapping, node: PartMapping | None = None) -> str:
        """The rows with one value `v` of the column each, split, cleaned and replaced as the mapping tells."""
        if column.split and not (node is not None and column.name in node.each):
            each = self._value(column, "u", trimmed=False)
            many = (
                f"list_sort(list_distinct(list_transform({self._list(column.name, column.split)}, lambda u: {each})))"
            )
            value = f"unnest({many})"
        else:
            value = self._value(column, self._text(column))
        where = f" WHERE {self.chosen(column.where)}" if column.where else ""
        said = f"SELECT *, {value} AS v FROM {rows}{where}"
        if column.other_than:
            return f"SELECT * FROM ({said}) WHERE v IS DISTINCT FROM {self.cell(column.other_than)}"
        return said

    def cell(self, name: str, clean: tuple[str, ...] = ("trim",)) -> str:
        """A cell of the keyed rows, which is trimmed already."""
        return _clean(named(name), _after_trim(clean))

    def _text(self, column: ColumnMapping) -> str:
        return self.cell(column.name, ()) if column.name else quoted(column.constant)

    def _value(self, column: ColumnMapping, text: str, *, trimmed: bool = True) -> str:
        steps = _after_trim(column.clean) if trimmed else column.clean
        value = _clean(text, steps)
        if steps and column.value_type in _FITS and not _PARTIAL.intersection(column.clean):
            # What cleaning leaves nothing of is told as it stands, and rejected.
            value = f"coalesce(nullif({value}, ''), {text if trimmed else _clean(text, ('trim',))})"
        if column.values:
            cases = " ".join(f"WHEN {quoted(one)} THEN {quoted(other)}" for one, other in column.values.items())
            return f"CASE {value} {cases} ELSE {value} END"
        return value

    def _list(self, name: str, split: str) -> str:
        """The parts of a cell as a list."""
        cell = self.cell(name, ())
        if split == "json":
            # TRY_CAST, since a text may begin with a bracket: "[REC]" is a film.
            of_json = f"coalesce(CAST(TRY_CAST({cell} AS JSON[]) AS JSON[]), [TRY_CAST({cell} AS JSON)])"
            is_json = f"left({cell}, 1) IN ('[', '{{') AND json_valid({cell})"
            return f"CASE WHEN {is_json} THEN list_transform({of_json}, lambda o: {_NAMED}) ELSE [{cell}] END"
        return f"string_split({cell}, {quoted(split)})" if split else f"[{cell}]"

    def _select(
        self,
        rows: str,
        property: str,
        value: str,
        *,
        owner: str = "",
        language: str = "''",
        fault: str = "''",
        told: bool = False,
    ) -> str:
        owner = owner or named(SUBJECT)
        said = "v <> ''" if told else f"{value} IS NOT NULL"
        return (
            f"SELECT {owner} AS subject, {quoted(property)} AS property, {value} AS value,"
            f" {language} AS language, {named(RECORD)} AS record, {named(LINE)} AS line, {fault} AS fault"
            f" FROM {rows} WHERE {named(KEPT)} AND {owner} IS NOT NULL AND {said}"
        )


def _fits(column: ColumnMapping, value: str) -> str:
    return f"({_FITS[column.value_type].format(v=value)})" if column.value_type in _FITS else "true"


def _after_trim(steps: tuple[str, ...]) -> tuple[str, ...]:
    return steps[1:] if steps[:1] == ("trim",) else steps


def _clean(value: str, steps: tuple[str, ...]) -> str:
    for step in steps:
        value = _CLEAN[step].format(v=value)
    return value
