"""An identifier of another dataset walks in; the name of the thing in our namespace walks out.

A name is the dataset's prefix and what the dataset itself calls the thing: `wd-q42`, `oscars-tt28607951`. Which of
these things are ours is for linking to decide, so no importer gives a thing one of our own names.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

_PLAIN = re.compile(r"(?:[A-Z]+[a-z0-9_]*|[a-z0-9_]+)(?:[ \-](?:[A-Z]+[a-z0-9_]*|[a-z0-9_]+))*")
"""What is a name already, but for capitals and blanks; a capital after a small letter may tell two texts apart."""
_LONGEST = 60


def dataset_entity_name(prefix: str, *parts: str) -> str:
    """The name of a thing of a dataset; different parts give different names.

    >>> to_name("wd", "Q42")
    'wd-q42'
    >>> to_name("oscars", "award", "BEST PICTURE")
    'oscars-award-best-picture'
    """
    return "-".join((prefix, *map(name_component, parts)))


def to_node(owner: str, property: str, local: str) -> str:
    """The name of a node that hangs on its owner.

    >>> to_node("wd-q42", "win", "1")
    'wd-q42.win.1'
    """
    return f"{owner}.{property}.{local}"


def name_component(text: str) -> str:
    """A text as a part of a name; a few digits of its digest follow where the letters alone could be two texts'.

    >>> to_part("Best Picture"), to_part("Amélie")
    ('best-picture', 'amelie-ffd648')
    """
    if len(text) <= _LONGEST and _PLAIN.fullmatch(text):
        return text.lower().replace(" ", "-")
    bare = "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))
    slug = re.sub(r"[^a-z0-9]+", "-", bare.lower()).strip("-")[:_LONGEST].strip("-")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{slug}-{digest}" if slug else digest


def name_component_sql(column: str) -> str:
    """The same in DuckDB's SQL, for a column that is already quoted."""
    slug = (
        f"trim(substr(trim(regexp_replace(lower(strip_accents({column})), '[^a-z0-9]+', '-', 'g'), '-'), 1,"
        f" {_LONGEST}), '-')"
    )
    digest = f"substr(sha256({column}), 1, 6)"
    return (
        f"CASE WHEN length({column}) <= {_LONGEST} AND regexp_full_match({column}, '{_PLAIN.pattern}')"
        f" THEN lower(replace({column}, ' ', '-'))"
        f" WHEN {slug} = '' THEN {digest} ELSE {slug} || '-' || {digest} END"
    )
