"""A table's mapping walks in; the SQL that turns its cells into rows of facts walks out, for DuckDB.

Every name and value from outside goes through `quoted` or `named`, so no word of a mapping or a header is ever SQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kg.importers.naming import to_part_sql
from kg.importers.table_mapping import Column, TableMapping

LINE, SUBJECT, RECORD, KEPT = "kg:line", "kg:subject", "kg:record", "kg:kept"
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
    "trim": "trim({v}, ' \t\r\n\u00a0')",
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
    "yes-no": (
        "CASE WHEN lower({v}) IN ('yes', 'y', '1', 'true', 'x') THEN 'true'"
        " WHEN lower({v}) IN ('no', 'n', '0', 'false') THEN 'false' ELSE {v} END"
    ),
    "lower": "lower({v})",
    "upper": "upper({v})",
    "no-brackets": r"trim(regexp_replace({v}, '\s*[(\[][^)\]]*[)\]]\s*', ' ', 'g'))",
}


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """The name of a column in SQL."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class TableSql:
    """The statements for one table; `cells` is what has every column as text, and `LINE`."""

    mapping: TableMapping
    cells: str

    def keyed(self) -> str:
        """The rows with the name and record of their thing; rows without a key have no name."""
        mapping = self.mapping
        parts = [self.cell(name, mapping.key_clean) for name in mapping.key]
        name = " || '-' || ".join([quoted(mapping.prefix), *(f"({to_part_sql(part)})" for part in parts)])
        record = self.cell(mapping.record) if mapping.record else " || '|' || ".join(parts)
        return (
            f"SELECT {name} AS {named(SUBJECT)}, {record} AS {named(RECORD)}, {self.kept()} AS {named(KEPT)}, *"
            f" FROM {self.cells}"
        )

    def kept(self) -> str:
        """Whether a row is of those that the mapping keeps."""
        tests = [
            f"coalesce({self.cell(name)} IN ({', '.join(map(quoted, values))}), false)"
            for name, values in self.mapping.where.items()
        ]
        if self.mapping.class_column and not self.mapping.kind:
            known = ", ".join(map(quoted, self.mapping.classes)) or "NULL"
            tests.append(f"coalesce({self.cell(self.mapping.class_column)} IN ({known}), false)")
        return " AND ".join(tests) or "true"

    def facts(self, keyed: str) -> Iterator[tuple[str, bool]]:
        """A SELECT for each property that the rows' things get, and whether it may find faults.

        Its columns are subject, property, value, language, record, line, fault.
        """
        if (kind := self.kind()) is not None:
            yield self._select(keyed, quoted("type"), kind), False
        for column in self.mapping.columns:
            yield self.column(keyed, column), column.reads in _FITS

    def kind(self) -> str | None:
        """The class of a row's thing."""
        mapping = self.mapping
        if mapping.class_column:
            cases = " ".join(f"WHEN {quoted(text)} THEN {quoted(kind)}" for text, kind in mapping.classes.items())
            rest = quoted(mapping.kind) if mapping.kind else "NULL"
            return f"CASE {self.cell(mapping.class_column)} {cases} ELSE {rest} END" if cases else rest
        return quoted(mapping.kind) if mapping.kind else None

    def column(self, keyed: str, column: Column) -> str:
        """The facts of one column."""
        each = self.values(keyed, column)
        if column.property == "type":
            known = ", ".join(quoted(kind) for kind in column.values.values()) or "NULL"
            return self._select(keyed, quoted("type"), f"CASE WHEN v IN ({known}) THEN v END", each=each)
        if column.reads == "thing":
            return self._select(keyed, quoted(column.property), self.thing(column, "v"), each=each)
        fault = "''"
        if column.reads in _FITS:
            fits, wanted = _FITS[column.reads].format(v="v"), quoted(f" {_WANTED[column.reads]}")
            fault = f"CASE WHEN {fits} THEN '' ELSE {quoted(column.name + ': ')} || v || {wanted} END"
        value = "regexp_replace(v, '[\\x00-\\x1f]+', ' ', 'g')" if column.reads == "text" else "v"
        return self._select(keyed, quoted(column.property), value, each=each, language=column.language, fault=fault)

    def mentions(self, keyed: str) -> Iterator[str]:
        """A SELECT for each column that leads to things: thing, class, label, identifier, property, record."""
        for column in self.mapping.columns:
            if column.reads == "thing" and column.property != "type":
                label = f"coalesce({self.cell(column.label)}, v)" if column.label else "v"
                yield (
                    f"SELECT {self.thing(column, 'v')} AS thing, {quoted(column.kind)} AS class, min({label}) AS label,"
                    f" {'v' if column.identifier else quoted('')} AS identifier,"
                    f" {quoted(column.identifier)} AS property, min({named(RECORD)}) AS record"
                    f" FROM ({self.values(keyed, column)}) WHERE {named(KEPT)} AND v <> '' GROUP BY v"
                )

    def thing(self, column: Column, value: str) -> str:
        """The name of the thing that a value stands for."""
        return f"{quoted(column.prefix + '-')} || ({to_part_sql(value)})"

    def values(self, keyed: str, column: Column) -> str:
        """The rows with one value `v` of the column each, split, cleaned and replaced as the mapping tells."""
        cell = self.cell(column.name, ())
        if column.split == "json":
            cell = f"unnest(CASE WHEN json_valid({cell}) THEN from_json({cell}, '[\"VARCHAR\"]') ELSE [{cell}] END)"
        elif column.split:
            cell = f"unnest(list_sort(list_distinct(string_split({cell}, {quoted(column.split)}))))"
        value = _clean("u", column.clean)
        if column.values:
            cases = " ".join(f"WHEN {quoted(one)} THEN {quoted(other)}" for one, other in column.values.items())
            value = f"CASE {value} {cases} ELSE {value} END"
        return f"SELECT *, {value} AS v FROM (SELECT *, {cell} AS u FROM {keyed})"

    def cell(self, name: str, clean: tuple[str, ...] = ("trim",)) -> str:
        """A cell, NULL where it is empty or one of the texts that stand for nothing."""
        cell = f"nullif({named(name)}, '')"
        for text in self.mapping.missing:
            if text:
                cell = f"nullif({cell}, {quoted(text)})"
        return _clean(cell, clean)

    def _select(
        self, keyed: str, property: str, value: str, *, each: str = "", language: str = "", fault: str = "''"
    ) -> str:
        rows = f"({each})" if each else keyed
        said = f"{value} IS NOT NULL" + (" AND v <> ''" if each else "")
        return (
            f"SELECT {named(SUBJECT)} AS subject, {property} AS property, {value} AS value,"
            f" {quoted(language)} AS language, {named(RECORD)} AS record, {named(LINE)} AS line, {fault} AS fault"
            f" FROM {rows} WHERE {named(KEPT)} AND {named(SUBJECT)} IS NOT NULL AND {said}"
        )


def _clean(value: str, steps: tuple[str, ...]) -> str:
    for step in steps:
        value = _CLEAN[step].format(v=value)
    return value
