"""The names of a dataset's entities: a function of their keys, such that different keys give different names.

An entity is named by the dataset's prefix and its key in the dataset, with small letters and hyphens. A key that is
written so is the name; of any other key the name ends in digits of a digest, since another key could give the same
letters: `Ab1` and `ab1`, `1 2` and `1-2`. No name depends on the other keys of an import, so all imports of a dataset
name an entity alike, in whatever order they come.

Linking decides which entities are entities of ours, so no importer gives an entity one of our own names.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

from kg import vocabulary
from kg.decisions.links import digest_of_iri
from kg.sql import quote

_NAME = "[a-z0-9_]+(?:-[a-z0-9_]+)*"
_WORDS = re.compile(r"(?:[A-Z]+[a-z0-9_]*|[a-z0-9_]+)(?:[ \-](?:[A-Z]+[a-z0-9_]*|[a-z0-9_]+))*")
"""A text that is a name already but for capitals and spaces; a capital after a small letter could be a second text."""
_USUAL = {"wd": f"{_NAME}|[QPL][1-9][0-9]*"}
"""Prefix -> how the dataset writes the keys that are names but for capitals and spaces, where it is not as `_NAME`."""
_MAX_LENGTH = 60
_DIGITS, _DIGITS_OF_SCRIPT = 6, 12
"""Digits of a digest; and where another script is lost, in which thousands of keys may have the same Latin letters."""


def dataset_entity_name(prefix: str, *key: str, usual: str = "") -> str:
    """The name of the entity that a dataset knows by a key; different keys give different names.

    `usual` is the pattern of keys that the dataset writes in one way only, so that they need no digest.

    >>> dataset_entity_name("imdb", "tt28607951"), dataset_entity_name("wd", "Q42")
    ('imdb-tt28607951', 'wd-q42')
    >>> dataset_entity_name("cat", "Ab1"), dataset_entity_name("cat", "Anora", "2024")
    ('cat-ab1-41a022', 'cat-anora-2024-a9a74b')
    """
    text = "\x1f".join(key)
    slugs = "-".join(filter(None, map(_slug, key)))
    is_usual = re.fullmatch(usual or _USUAL.get(prefix, _NAME), text) and len(text) <= _MAX_LENGTH
    if is_usual and (usual or slugs.partition("-")[0] not in _reserved() or "-" not in slugs):
        return f"{prefix}-{slugs}"
    return "-".join(filter(None, (prefix, slugs, _digest(text))))


def text_entity_name(prefix: str, text: str) -> str:
    """The name of an entity of which a dataset has only the text by which people call it, in whatever capitals.

    >>> text_entity_name("oscars-name", "SEAN BAKER") == text_entity_name("oscars-name", "Sean Baker")
    True
    """
    is_word = len(text) <= _MAX_LENGTH and _WORDS.fullmatch(text) and not re.search("[0-9]", text)
    return f"{prefix}-{_slug(text)}" if is_word else dataset_entity_name(prefix, text)


def name_of_iri(prefix: str, text: str, iri: str) -> str:
    """The name of an entity whose key is an IRI, of which the text is the last part."""
    return "-".join(filter(None, (prefix, _slug(text), digest_of_iri(iri))))


def may_share_names(prefix: str, other: str) -> bool:
    """True where keys of two datasets may give one name, since one prefix continues the other.

    The names of a dataset's people and other entities do not mix with those of its keys.

    >>> may_share_names("cat", "cat-x"), may_share_names("cat", "cat-person"), may_share_names("cat", "catalogue")
    (True, False, False)
    """
    shorter, longer = sorted((prefix, other), key=len)
    rest = longer.removeprefix(f"{shorter}-")
    return rest != longer and rest.partition("-")[0] not in _reserved()


def name_component(text: str) -> str:
    """A text as a component of the name of a part; digits of its digest follow where more than capitals and spaces is
    lost.

    >>> name_component("Best Picture"), name_component("Amélie")
    ('best-picture', 'amelie-ffd648')
    """
    slug = _slug(text)
    is_plain = len(text) <= _MAX_LENGTH and _WORDS.fullmatch(text)
    return slug if is_plain else "-".join(filter(None, (slug, _digest(text))))


def _slug(text: str) -> str:
    if len(text) <= _MAX_LENGTH and _WORDS.fullmatch(text):
        return text.lower().replace(" ", "-")
    return re.sub(r"[^a-z0-9]+", "-", _without_accents(text).lower()).strip("-")[:_MAX_LENGTH].strip("-")


def _without_accents(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def _digest(text: str) -> str:
    return _hexadecimal(text)[: _DIGITS if _without_accents(text).isascii() else _DIGITS_OF_SCRIPT]


def _hexadecimal(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=1)
def _reserved() -> frozenset[str]:
    """What follows a dataset's prefix in the names of other entities of the dataset: `cat-person-sean-baker`."""
    return frozenset({"thing", *(name.lower() for name in vars(vocabulary) if name[:1].isupper())})


# --- In SQL


def name_component_sql(column: str) -> str:
    """`name_component` in DuckDB's SQL, for a column that is already quoted."""
    slug = _slug_sql(column)
    return f"CASE WHEN {_is_plain_sql(column)} THEN {slug} ELSE {_with_digest_sql(column, f'({slug})')} END"


def dataset_entity_name_sql(prefix: str, *key: str) -> str:
    """`dataset_entity_name` in DuckDB's SQL, for columns that are already quoted; NULL where one of them is."""
    text = " || chr(31) || ".join(key)
    slugs = " || '-' || ".join(f"({_slug_sql(column)})" for column in key)
    slugs = f"trim(regexp_replace({slugs}, '-+', '-', 'g'), '-')" if len(key) > 1 else f"({slugs})"
    component = _with_digest_sql(text, slugs)
    if len(key) == 1:
        reserved = ", ".join(map(quote, sorted(_reserved())))
        is_usual = (
            f"length({text}) <= {_MAX_LENGTH} AND regexp_full_match({text}, {quote(_USUAL.get(prefix, _NAME))})"
            f" AND (NOT contains({text}, '-') OR split_part({text}, '-', 1) NOT IN ({reserved}))"
        )
        # What the patterns of usual keys allow is a slug but for its capitals.
        component = f"CASE WHEN {is_usual} THEN lower({text}) ELSE {component} END"
    return f"{quote(f'{prefix}-')} || ({component})"


def text_entity_name_sql(prefix: str, text: str) -> str:
    """`text_entity_name` in DuckDB's SQL."""
    is_word = f"{_is_plain_sql(text)} AND NOT regexp_matches({text}, '[0-9]')"
    named = f"{quote(f'{prefix}-')} || ({_slug_sql(text)})"
    return f"CASE WHEN {is_word} THEN {named} ELSE {dataset_entity_name_sql(prefix, text)} END"


def _is_plain_sql(column: str) -> str:
    return f"length({column}) <= {_MAX_LENGTH} AND regexp_full_match({column}, '{_WORDS.pattern}')"


def _slug_sql(column: str) -> str:
    slug = f"trim(regexp_replace(lower(strip_accents({column})), '[^a-z0-9]+', '-', 'g'), '-')"
    return (
        f"CASE WHEN {_is_plain_sql(column)} THEN lower(replace({column}, ' ', '-'))"
        f" ELSE trim(substr({slug}, 1, {_MAX_LENGTH}), '-') END"
    )


def _with_digest_sql(text: str, slug: str) -> str:
    digits = f"CASE WHEN regexp_full_match(strip_accents({text}), '[\\x00-\\x7f]*') THEN {_DIGITS} ELSE"
    return f"trim({slug} || '-' || substr(sha256({text}), 1, {digits} {_DIGITS_OF_SCRIPT} END), '-')"
