"""The names of a dataset's entities, such that entities which the dataset keeps apart have different names.

An entity is named by the dataset's prefix and its key in the dataset, with small letters and hyphens: `Best Picture` is
`best-picture`, and so would `best-picture` be. Until the end of an import, a name that another key could have as well
therefore ends in a mark with a digest of the key. `resolve_names` then removes the marks, and keeps the digest where
two keys of the import did give the same name.

Linking decides which entities are entities of ours, so no importer gives an entity one of our own names.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from kg.sql import quote

if TYPE_CHECKING:
    import duckdb

_MARK = "\x02"
_PLAIN = re.compile(r"(?:[A-Z]+[a-z0-9_]*|[a-z0-9_]+)(?:[ \-](?:[A-Z]+[a-z0-9_]*|[a-z0-9_]+))*")
"""A text that is a name already but for capitals and spaces; a capital after a small letter could be a second text."""
_OWN_NAME = re.compile(r"[a-z0-9_]+")
"""A key that no other key, and no key with another prefix, has the same name as."""
_MAX_LENGTH = 60
_DIGEST = 12


def dataset_entity_name(prefix: str, *key: str) -> str:
    """The name of the entity that a dataset knows by a key; different keys give different names.

    >>> dataset_entity_name("imdb", "tt28607951")
    'imdb-tt28607951'
    >>> dataset_entity_name("cat", "Ab1") == dataset_entity_name("cat", "ab1")
    False
    """
    name = "-".join((prefix, *map(name_component, key)))
    return name if len(key) == 1 and _OWN_NAME.fullmatch(key[0]) else marked_name(name, "\x1f".join(key))


def text_entity_name(prefix: str, *key: str) -> str:
    """The name of an entity of which a dataset has only the text by which people call it, in whatever capitals.

    >>> text_entity_name("oscars", "name", "SEAN BAKER") == text_entity_name("oscars", "name", "Sean Baker")
    True
    """
    is_word = _PLAIN.fullmatch(key[-1]) and not re.search("[0-9]", key[-1]) and len(key[-1]) <= _MAX_LENGTH
    return "-".join((prefix, *map(name_component, key))) + _MARK if is_word else dataset_entity_name(prefix, *key)


def marked_name(name: str, key: str) -> str:
    """A name with the mark of a key that the name does not contain, such as an IRI."""
    return f"{name}{_MARK}{_digest(key, _DIGEST)}"


def name_component(text: str) -> str:
    """A text as a component of a name; six digits of its digest follow where more than capitals and spaces is lost.

    >>> name_component("Best Picture"), name_component("Amélie")
    ('best-picture', 'amelie-ffd648')
    """
    if len(text) <= _MAX_LENGTH and _PLAIN.fullmatch(text):
        return text.lower().replace(" ", "-")
    unaccented = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    slug = re.sub(r"[^a-z0-9]+", "-", unaccented.lower()).strip("-")[:_MAX_LENGTH].strip("-")
    return f"{slug}-{_digest(text, 6)}" if slug else _digest(text, 6)


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


# --- In SQL


def name_component_sql(column: str) -> str:
    """`name_component` in DuckDB's SQL, for a column that is already quoted."""
    slug = (
        f"trim(substr(trim(regexp_replace(lower(strip_accents({column})), '[^a-z0-9]+', '-', 'g'), '-'), 1,"
        f" {_MAX_LENGTH}), '-')"
    )
    digest = f"substr(sha256({column}), 1, 6)"
    return (
        f"CASE WHEN length({column}) <= {_MAX_LENGTH} AND regexp_full_match({column}, '{_PLAIN.pattern}')"
        f" THEN lower(replace({column}, ' ', '-'))"
        f" WHEN {slug} = '' THEN {digest} ELSE {slug} || '-' || {digest} END"
    )


def dataset_entity_name_sql(prefix: str, *key: str) -> str:
    """`dataset_entity_name` in DuckDB's SQL, for columns that are already quoted; NULL where one of them is."""
    name = " || '-' || ".join((quote(prefix), *(f"({name_component_sql(column)})" for column in key)))
    mark = f"{quote(_MARK)} || substr(sha256({' || chr(31) || '.join(key)}), 1, {_DIGEST})"
    if len(key) == 1:
        mark = f"CASE WHEN regexp_full_match({key[0]}, '{_OWN_NAME.pattern}') THEN '' ELSE {mark} END"
    return f"{name} || {mark}"


def text_entity_name_sql(prefix: str, text: str) -> str:
    """`text_entity_name` in DuckDB's SQL."""
    is_word = (
        f"length({text}) <= {_MAX_LENGTH} AND regexp_full_match({text}, '{_PLAIN.pattern}')"
        f" AND NOT regexp_matches({text}, '[0-9]')"
    )
    named = f"{quote(f'{prefix}-')} || ({name_component_sql(text)}) || {quote(_MARK)}"
    return f"CASE WHEN {is_word} THEN {named} ELSE {dataset_entity_name_sql(prefix, text)} END"


def is_marked_sql(column: str) -> str:
    """The condition that a column contains a name with a mark, in DuckDB's SQL."""
    return f"contains({column}, {quote(_MARK)})"


def has_equal_names_sql(entities: str, name: str) -> str:
    """A SELECT of names that several entities of a SELECT have but for their marks, in DuckDB's SQL."""
    return f"SELECT {_plain_sql(name)} FROM ({entities}) GROUP BY 1 HAVING count(DISTINCT {name}) > 1"


def _plain_sql(name: str) -> str:
    return f"split_part({name}, {quote(_MARK)}, 1)"


# --- At the end of an import

_MARKS = f"{_MARK}[0-9a-f]*"
_MARKED = f"^[^{_MARK}]*{_MARKS}"


def resolve_names(sql: duckdb.DuckDBPyConnection, selects: Iterable[str]) -> None:
    """Decide which of the names in SELECTs of one column keep the digest of their key: those that are not unique."""
    used = " UNION ALL ".join(f"SELECT name FROM ({select}) AS names (name)" for select in selects)
    marked, plain = f"regexp_extract(name, {quote(_MARKED)})", _plain_sql("internal")
    sql.execute(f"CREATE OR REPLACE TEMP TABLE used_name AS SELECT DISTINCT name FROM ({used})")
    sql.execute(f"""
        CREATE OR REPLACE TABLE renamed AS
        WITH keyed AS (
            SELECT internal, {plain} AS plain FROM (
                SELECT DISTINCT {marked} AS internal FROM used_name WHERE {is_marked_sql("name")})
            WHERE NOT ends_with(internal, {quote(_MARK)}))
        SELECT internal, replace(internal, {quote(_MARK)}, '-') AS final FROM keyed
        WHERE plain IN (SELECT plain FROM keyed GROUP BY plain HAVING count(*) > 1)
           OR plain IN (SELECT name FROM used_name)""")
    sql.execute("DROP TABLE used_name")


def final_name_sql(sql: duckdb.DuckDBPyConnection, column: str) -> str:
    """The final name for the name in a column, in DuckDB's SQL; other texts are unchanged."""
    counted = sql.execute("SELECT count(*) FROM renamed").fetchone()
    name = column
    if counted is not None and counted[0]:
        owner = f"regexp_extract({column}, {quote(_MARKED)})"
        finals = "(SELECT map_from_entries(list((internal, final))) FROM renamed)"
        name = f"coalesce({finals}[{owner}] || substr({column}, length({owner}) + 1), {column})"
    return f"CASE WHEN {is_marked_sql(column)} THEN regexp_replace({name}, {quote(_MARKS)}, '', 'g') ELSE {column} END"
