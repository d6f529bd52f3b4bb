"""Names in fact tables: of imported entities, such as `wd-q42`, of their parts, and of ontology terms.

An entity is named by the dataset's prefix and what the dataset itself calls it. Which of them are entities of ours is
for linking to decide, so no importer gives an entity one of our own names.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

from pyoxigraph import NamedNode

from kg.parts import part_iri
from kg.terms import KNOWN_NAMES

_PLAIN = re.compile(r"(?:[A-Z]+[a-z0-9_]*|[a-z0-9_]+)(?:[ \-](?:[A-Z]+[a-z0-9_]*|[a-z0-9_]+))*")
"""A text that is a name already but for capitals and spaces; a capital after a small letter could be a second text."""
_MAX_LENGTH = 60


def dataset_entity_name(prefix: str, *parts: str) -> str:
    """The name of an entity of a dataset; different parts give different names.

    >>> dataset_entity_name("wd", "Q42")
    'wd-q42'
    >>> dataset_entity_name("oscars", "award", "BEST PICTURE")
    'oscars-award-best-picture'
    """
    return "-".join((prefix, *map(name_component, parts)))


@lru_cache(maxsize=1024)
def term_name(term: NamedNode) -> str:
    """The name of a class or property of the ontology in fact tables.

    >>> from kg import vocabulary as film
    >>> from kg.terms import TYPE
    >>> term_name(film.director), term_name(TYPE)
    ('director', 'type')
    """
    return next((name for name, iri in KNOWN_NAMES.items() if iri == term), term.value.rpartition("/")[2])


def part_name(owner: str, property: NamedNode, id: str) -> str:
    """The name of the part of an entity that is a value of `property`.

    >>> from kg import vocabulary as film
    >>> part_name("oscars-tt28607951", film.win, "97-directing")
    'oscars-tt28607951.win.97-directing'
    """
    return part_iri(owner, term_name(property), id)


def name_component(text: str) -> str:
    """A text as a component of a name; six digits of its digest follow where two texts could have the same letters.

    >>> name_component("Best Picture"), name_component("Amélie")
    ('best-picture', 'amelie-ffd648')
    """
    if len(text) <= _MAX_LENGTH and _PLAIN.fullmatch(text):
        return text.lower().replace(" ", "-")
    unaccented = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    slug = re.sub(r"[^a-z0-9]+", "-", unaccented.lower()).strip("-")[:_MAX_LENGTH].strip("-")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{slug}-{digest}" if slug else digest


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
