"""Cleanings of cells, in DuckDB's SQL: each reads a complete cell under a grammar of its own, or rejects it.

No cleaning looks for a part of a cell that it understands: `36.5M`, `(1,200)` and `12 of 20` are read in full or not at
all. docs/importing.md has the grammar of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.importers.reject_reasons import mark_value_sql
from kg.importers.tables.cells.numbers import COMMA_FORMS, POINT_FORMS, let, number_sql
from kg.sql import quote

_MARK = "chr(1)"
"""Stands before and after the name of the cleaning that rejected a cell; the cell follows."""


@dataclass(frozen=True, slots=True)
class Cleaning:
    """A step that changes a cell.

    In `sql`, `{v}` is the cell; the result is NULL for a cell that it rejects, and "" for a cell without a value.
    `fault` is what is wrong with a cell that it rejects; empty when it takes every cell.
    """

    sql: str
    fault: str = ""


def _when(pattern: str, result: str) -> str:
    return f"WHEN regexp_full_match({{v}}, {quote(pattern)}) THEN {result}"


def _case(*branches: str, otherwise: str = "NULL") -> str:
    return f"CASE {' '.join(branches)} ELSE {otherwise} END"


def _group(pattern: str, group: int = 1) -> str:
    """A group of a pattern for the complete cell; without anchors, a shorter match would be extracted."""
    return f"regexp_extract({{v}}, {quote(f'^(?:{pattern})$')}, {group})"


# --- years and days

_YEAR = r"(?:1[89]\d\d|20\d\d)"
_MONTH = (
    r"(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY_NUMBER, _MONTH_NUMBER = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_TIME = r"[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
_YEARS = (
    rf"(?:(?i:c|ca|circa|about|approx)\.?\s?|©\s?)?({_YEAR})",
    rf"[(\[]({_YEAR})[)\]]",
    rf"({_YEAR})\.0+",
    rf"({_YEAR})-{_MONTH_NUMBER}(?:-{_DAY_NUMBER}(?:{_TIME})?)?",
    rf"({_YEAR})[/.]{_MONTH_NUMBER}[/.]{_DAY_NUMBER}",
    rf"(?:{_DAY_NUMBER}[-./])?{_MONTH_NUMBER}[-./]({_YEAR})",
    rf"{_MONTH_NUMBER}/{_DAY_NUMBER}/({_YEAR})",
    rf"(?:{_DAY_NUMBER}\.?\s)?{_MONTH},?\s({_YEAR})",
    rf"{_MONTH}\s{_DAY_NUMBER}(?:st|nd|rd|th)?,?\s({_YEAR})",
)
"""Cells with one year, and nothing else but a month, a day, a time or a word such as `circa`."""
_DATE, _DATE_TIME = r"\d{4}(?:-\d\d(?:-\d\d)?)?", rf"(\d{{4}}-\d\d-\d\d){_TIME}"
"""A year, month or day, and a day with its time, as the graph and computers write them."""
_NUMERIC_DAYS = tuple(rf"(\d\d?){sign}(\d\d?){sign}(\d{{4}})" for sign in (r"\.", "-", "/"))


def _day_sql(day: int, month: int) -> str:
    """A day of the calendar from a cell of numbers, by the groups of its day and month."""

    def written(pattern: str) -> str:
        padded = (f"lpad({_group(pattern, group)}, 2, '0')" for group in (month, day))
        return " || '-' || ".join((_group(pattern, 3), *padded))

    branches = (_when(pattern, written(pattern)) for pattern in _NUMERIC_DAYS)
    text = _case(_when(_DATE, "{v}"), _when(_DATE_TIME, _group(_DATE_TIME)), *branches)
    return f"CASE WHEN length({text}) < 10 OR TRY_CAST({text} AS DATE) IS NOT NULL THEN {text} END"


# --- running times

_MINUTES = r"(\d{1,3})(?:\.0+)?\s?(?:(?i:m|min|mins|minutes?|minuten|minuti|minutos)\.?|['′])?"
_HOURS = r"(\d{1,2})\s?(?i:h|hrs?|hours?|std|stunden?|heures?|ore|horas?)\.?"
_HOURS_AND_MINUTES = rf"{_HOURS}(?:\s?([0-5]?\d)\s?(?:(?i:m|min|mins|minutes?|minuten|minuti|minutos)\.?|['′])?)?"
_CLOCK = r"(\d{1,2}):([0-5]\d):[0-5]\d"
_DURATION = r"PT(?:(\d{1,2})H)?(?:(\d{1,3})M)?(?:0+S)?"


def _minutes_sql() -> str:
    def total(pattern: str) -> str:
        hours, minutes = (f"coalesce(TRY_CAST({_group(pattern, group)} AS INTEGER), 0)" for group in (1, 2))
        return f"CAST(60 * {hours} + {minutes} AS VARCHAR)"

    forms = (_when(pattern, total(pattern)) for pattern in (_HOURS_AND_MINUTES, _CLOCK, _DURATION))
    plain = _when(_MINUTES, f"coalesce(nullif(ltrim({_group(_MINUTES)}, '0'), ''), '0')")
    # No film has no length: 0 stands for a length that is not known.
    return f"nullif({_case(plain, *forms)}, '0')"


# --- titles and names

_BRACKET = r"(?:\([^()\[\]]*\)|\[[^()\[\]]*\])"
_LAST_BRACKET = rf".*\S\s+({_BRACKET})$"
_BRACKETS_AT_END = rf"(?:\s+{_BRACKET})+$"
_YEAR_BRACKET = rf"\s*[(\[]({_YEAR})(?:/[IVXL]+)?[)\]](?:\s+\((?:TV|V|VG|mini)\))?"
_YEAR_AT_END, _TITLE_WITH_YEAR = rf"{_YEAR_BRACKET}$", rf".*\S{_YEAR_BRACKET}"
_WORDS_INSIDE = r"(?i)(?:^|[^,\s]\s+)(?:or|and|of|the|a|in|on|to|for|with|oder|und|ou|et|o|y|e)$|[:–—-]$"
"""A title does not end so: what is in brackets behind it belongs to it. An article behind a comma is its beginning."""
_BEGINS_INSIDE = (
    r"\s[(\[](?:or|and|but|of|in|on|at|to|with|for|from|by|oder|und|von|im|mit|ou|et|de|du|des|y|o|con|e|di|per)"
    r"\s[^()\[\]]*[)\]]$"
)
_ARTICLES = (
    "The|A|An|Der|Die|Das|Den|Dem|Ein|Eine|Le|La|Les|Un|Une|Des|El|Los|Las|Lo|Una|Unos|Unas|Il|Gli|Uno|O|Os|As|Um|Uma"
    "|De|Het|Een|'t|’t|Det|En|Et|Ett|Az|Egy"
)
_ELIDED = "(?:L|D|Un|Dell|All|Nell|Dall|Sull|Quest)['’‘`´′]"
_AFTER_ARTICLE = r"(\s*:.*|\s+[-–—(\[].*)?"
_LAST_ARTICLE = rf"(?i)^([^:]*\S),\s*({_ARTICLES}){_AFTER_ARTICLE}$"
_LAST_ELIDED = rf"(?i)^([^:]*\S),\s*({_ELIDED}){_AFTER_ARTICLE}$"
_LAST_I = rf"^([^:,]*\S),\s*([Ii]){_AFTER_ARTICLE}$"
"""The Italian article, where the title has no other comma: not `Me, Myself, I`."""
_SUFFIX = (
    r"(?i:jr|sr|jun|sen|ii|iii|iv|phd|ph\.\s?d|md|m\.\s?d|esq|inc|ltd|llc|gmbh|ag|kg|co|corp|plc|s\.?a|s\.?p\.?a|s\.?r\.?l"
    r"|b\.?v|a\.?\s?s\.?\s?c|b\.?\s?s\.?\s?c|a\.?\s?c\.?\s?e)\.?"
)
_NAME = r"([^,&()\[\]]*[^,&()\[\]\s])"
_IN_BRACKETS = r"(\s*[(\[][^()\[\]]*[)\]])?"
_LAST_FIRST = rf"{_NAME},\s*{_NAME}(?:\s*,\s*({_SUFFIX}))?{_IN_BRACKETS}"
_SEVERAL_NAMES = r"(?i).*,.*\s(?:and|und|et|e|y)\s.*"
_WITH_SUFFIX = rf"[^,]*,\s*{_SUFFIX}{_IN_BRACKETS}"


def _without_year(text: str) -> str:
    """A title without the year in brackets behind it, unless that is all of it."""
    rest = f"regexp_replace({text}, {quote(_YEAR_AT_END)}, '')"
    return f"CASE WHEN {rest} = '' THEN {text} ELSE {rest} END"


def _without_brackets() -> str:
    """A title without what is in brackets behind it, unless that belongs to it."""
    rest = f"regexp_replace(t, {quote(_BRACKETS_AT_END)}, '')"
    belongs = f"regexp_matches({rest}, {quote(_WORDS_INSIDE)}) OR regexp_matches(t, {quote(_BEGINS_INSIDE)})"
    return f"trim({let(_without_year('{v}'), 't', f'CASE WHEN {belongs} THEN t ELSE {rest} END')})"


def _in_brackets() -> str:
    """What is in the last brackets behind a title, other than a year; "" where there is none."""
    last = f"regexp_extract(t, {quote(_LAST_BRACKET)}, 1)"
    return let(_without_year("{v}"), "t", f"trim({last}[2:-2])")


def _article_first() -> str:
    def moved(pattern: str, blank: str) -> str:
        article = _group(pattern, 2)
        return f"upper({article}[1]) || {article}[2:] || {quote(blank)} || {_group(pattern, 1)} || {_group(pattern, 3)}"

    branches = (
        f"WHEN regexp_matches({{v}}, {quote(pattern)}) THEN {moved(pattern, blank)}"
        for pattern, blank in ((_LAST_ELIDED, ""), (_LAST_ARTICLE, " "), (_LAST_I, " "))
    )
    return _case(*branches, otherwise="{v}")


def _last_first() -> str:
    last, first, suffix, brackets = (_group(_LAST_FIRST, group) for group in (1, 2, 3, 4))
    turned = f"{first} || ' ' || {last} || CASE WHEN {suffix} = '' THEN '' ELSE ' ' || {suffix} END || {brackets}"
    plain = _when(r"[^,]*", "{v}")
    return _case(plain, _when(_WITH_SUFFIX, "{v}"), _when(_SEVERAL_NAMES, "NULL"), _when(_LAST_FIRST, turned))


_AS = r"(?:as|als|\.\.\.|…)"


def _imdb_id(letters: str) -> str:
    address = rf"(?:https?://)?(?:[a-z]+\.)?imdb\.com/[a-z]+/({letters}\d{{7,9}})/?(?:\?.*)?"
    return _case(
        _when(rf"{letters}\d{{7,9}}", "{v}"),
        # lpad shortens what is longer; numbers have 7 digits or more.
        _when(r"0*[1-9]\d{0,6}", f"'{letters}' || lpad(ltrim({{v}}, '0'), 7, '0')"),
        _when(r"0*[1-9]\d{7,8}", f"'{letters}' || ltrim({{v}}, '0')"),
        _when(address, _group(address)),
    )


JSON = "json"
"""How a column of lists is split, and the cleaning that rejects what is left of one that cannot be read."""
_TRUE = "'yes', 'y', '1', 'true', 'x', 'ja', 'oui', 'sí', 'si'"
_FALSE = "'no', 'n', '0', 'false', 'nein', 'non'"
_NOT_A_DAY = "is not a day such as"

CLEANINGS: Mapping[str, Cleaning] = {
    # Trimming by a set of characters takes five times as long as looking at the first and the last.
    "trim": Cleaning(
        "CASE WHEN unicode({v}) IN (32, 9, 13, 10, 160) OR unicode(({v})[-1]) IN (32, 9, 13, 10, 160)"
        " THEN trim({v}, ' \t\r\n\u00a0') ELSE {v} END"
    ),
    "lower": Cleaning("lower({v})"),
    "upper": Cleaning("upper({v})"),
    "last-part": Cleaning("nullif(regexp_extract({v}, '([^/#]*)/?$', 1), '')", "has nothing behind its last / or #"),
    "first-part": Cleaning(
        "nullif(trim(regexp_extract({v}, '^([^,;|/(]*)', 1)), '')", "has nothing before a , ; | / or ("
    ),
    "last-first": Cleaning(_last_first(), "is not one name such as Baker, Sean"),
    "article-first": Cleaning(_article_first()),
    "no-brackets": Cleaning(_without_brackets()),
    "in-brackets": Cleaning(_in_brackets()),
    "year-in-brackets": Cleaning(
        f"nullif({_group(_TITLE_WITH_YEAR)}, '')", "has no year in brackets at its end, such as (1961)"
    ),
    "year": Cleaning(
        _case(*(_when(pattern, _group(pattern)) for pattern in _YEARS)), "is not a year, or a date with one"
    ),
    "integer": Cleaning(number_sql(POINT_FORMS, is_whole=True), "is not a whole number such as 1,234"),
    "number": Cleaning(number_sql(POINT_FORMS, is_whole=False), "is not a number such as 1,234.5 or $36.5 million"),
    "number-comma": Cleaning(number_sql(COMMA_FORMS, is_whole=False), "is not a number such as 1.234,5 or 36,5 Mio. €"),
    "minutes": Cleaning(_minutes_sql(), "is not a running time such as 139, 139 min or 2h 19m"),
    "day-first": Cleaning(_day_sql(day=1, month=2), f"{_NOT_A_DAY} 18/10/2024"),
    "month-first": Cleaning(_day_sql(day=2, month=1), f"{_NOT_A_DAY} 10/18/2024"),
    "day": Cleaning(
        _case(_when(_DATE, "{v}"), _when(_DATE_TIME, _group(_DATE_TIME))), f"{_NOT_A_DAY} 2024-10-18T20:00:00"
    ),
    "yes-no": Cleaning(
        f"CASE WHEN lower({{v}}) IN ({_TRUE}) THEN 'true' WHEN lower({{v}}) IN ({_FALSE}) THEN 'false' END",
        "is neither yes nor no",
    ),
    "before-as": Cleaning(
        rf"nullif(trim(regexp_replace({{v}}, '(?:^|\s+){_AS}\s+.*$', '')), '')", "has nothing before `as`"
    ),
    "after-as": Cleaning(rf"trim(regexp_extract({{v}}, '(?:^|\s){_AS}\s+(.*)$', 1))"),
    # "[REC]" is a film, and no list.
    JSON: Cleaning(
        "CASE WHEN unicode({v}) NOT IN (91, 123)"
        " OR NOT regexp_matches({v}, '^(?:\\[\\s*[\"{\\[]|\\{\\s*\")') THEN {v} END",
        "is JSON that cannot be read, or has no name",
    ),
    "imdb-title": Cleaning(_imdb_id("tt"), "is not an IMDb number of a title, such as tt0055630 or 55630"),
    "imdb-name": Cleaning(_imdb_id("nm"), "is not an IMDb number of a person, such as nm0000041 or 41"),
}
"""The name of a cleaning in a mapping file -> how it reads a cell."""


def clean_sql(value: str, steps: Iterable[str]) -> str:
    """A value after some cleanings; `is_rejected` is true of one that a cleaning does not take."""
    for step in steps:
        cleaning = CLEANINGS[step]
        cleaned = cleaning.sql.replace("{v}", value)
        if cleaning.fault:
            # A value that was rejected before stays so: no pattern takes its first character.
            cleaned = f"coalesce({cleaned}, {_MARK} || {quote(step)} || {_MARK} || {value})"
        value = f"({cleaned})"
    return value


def can_reject(steps: Iterable[str]) -> bool:
    """True when some cell is not taken by one of these cleanings."""
    return any(CLEANINGS[step].fault for step in steps)


def is_rejected(value: str, steps: Iterable[str]) -> str:
    """The condition that a value was rejected by one of its cleanings."""
    return f"starts_with({value}, {_MARK})" if can_reject(steps) else "false"


def fault_sql(value: str, steps: Iterable[str]) -> str:
    """The value as the table has it, marked, and why it was rejected, where it was."""
    step, cell = (f"split_part({value}, {_MARK}, {number})" for number in (2, 3))
    faults = " ".join(
        f"WHEN {quote(name)} THEN {mark_value_sql(cell)} || {quote(' ' + CLEANINGS[name].fault)}"
        for name in dict.fromkeys(steps)
        if CLEANINGS[name].fault
    )
    return f"CASE {step} {faults} ELSE 'it begins with a control character' END"
