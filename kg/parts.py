"""Parts of an entity: entities without a name of their own, whose IRI continues their owner's after a full stop.

The recognition `film:anora.recognition.oscar-best-picture` is a part of `film:anora`; a part may have parts.
"""

from __future__ import annotations

from kg.terms import FILM


def part_iri(owner: str, property: str, id: str) -> str:
    """The IRI (or name) of the part of `owner` that is a value of `property`.

    >>> part_iri("https://w3id.org/filmgraph/film/anora", "recognition", "palme-d-or")
    'https://w3id.org/filmgraph/film/anora.recognition.palme-d-or'
    """
    return f"{owner}.{property}.{id}"


def is_part(iri: str) -> bool:
    """True when the IRI is the IRI of a part.

    >>> is_part("https://w3id.org/filmgraph/film/anora.recognition.1"), is_part("https://w3id.org/filmgraph/film/anora")
    (True, False)
    """
    return owner_of(iri) != ""


def owner_of(iri: str) -> str:
    """The IRI of the named entity that a part belongs to; the empty text when it is not a part.

    >>> owner_of("https://w3id.org/filmgraph/film/anora.recognition.1.note.2")
    'https://w3id.org/filmgraph/film/anora'
    """
    owner, dot, _ = iri.removeprefix(FILM).partition(".") if iri.startswith(FILM) else ("", "", "")
    return FILM + owner if dot else ""


def owner_sql(column: str) -> str:
    """`owner_of` in SQL, for a column of IRIs; NULL when the IRI is not that of a part."""
    local = f"{column}[{len(FILM) + 1}:]"
    return (
        f"CASE WHEN starts_with({column}, '{FILM}') AND contains({local}, '.')"
        f" THEN '{FILM}' || split_part({local}, '.', 1) END"
    )


def path_of(iri: str) -> tuple[str, ...]:
    """The steps from the owner to a part: property, id, property, id; empty when it is not a part.

    >>> path_of("https://w3id.org/filmgraph/film/anora.recognition.palme-d-or")
    ('recognition', 'palme-d-or')
    """
    return tuple(iri.removeprefix(FILM).split(".")[1:]) if is_part(iri) else ()


def belongs_to(iri: str, owner: str) -> bool:
    """True when the IRI is the IRI of a part of `owner`, at any depth.

    >>> belongs_to("https://w3id.org/filmgraph/film/anora.recognition.1", "https://w3id.org/filmgraph/film/anora")
    True
    """
    return iri.startswith(owner + ".")
