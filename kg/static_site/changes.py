"""What changed in a site since it was last written, entity by entity, and the Atom feed of it.

https://www.rfc-editor.org/rfc/rfc4287. The data of the old site is compared with that of the new one, so no other
record is kept than the entries of the feed, in `data/changes.json`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Triple, parse

from kg.parts import owner_of
from kg.server.pages.display import Display
from kg.server.pages.urls import page_url
from kg.static_site.page_urls import page_url_of
from kg.static_site.site_files import SiteFiles, parse_address
from kg.text.atom import AtomEntry, write_feed

MAX_ENTRIES = 200
"""How many entries a feed keeps, the newest first."""
_MAX_LINES = 20


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """The changes of one entity in one edition of a site; `path` is that of its page."""

    edition: str
    updated: str
    path: str
    title: str
    lines: tuple[str, ...]


def read_entries(file: Path) -> tuple[ChangeEntry, ...]:
    """The entries that a site keeps; none where it keeps none."""
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
        return tuple(ChangeEntry(**{**row, "lines": tuple(row["lines"])}) for row in rows)
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def entries_json(entries: Iterable[ChangeEntry]) -> str:
    """Entries as a site keeps them."""
    return json.dumps([asdict(entry) for entry in entries], ensure_ascii=False, indent=0) + "\n"


def find_changes(
    display: Display, old: Path, new: Path, files: SiteFiles, *, edition: str, updated: str
) -> tuple[ChangeEntry, ...]:
    """The entities of which the knowledge in two files of quads differs, in the order of their names."""
    before, after = set(_knowledge(old)), set(_knowledge(new))
    changed: dict[NamedNode, list[tuple[str, Triple]]] = {}
    for word, triples in (("new", after - before), ("removed", before - after)):
        for triple in triples:
            if isinstance(triple.subject, NamedNode):
                iri = triple.subject.value
                changed.setdefault(NamedNode(owner_of(iri) or iri), []).append((word, triple))
    entries = []
    for entity, changes in changed.items():
        if (url := page_url(entity)) and (address := parse_address(url)[0]) in files:
            title, lines = f"{display.label(entity)}: {_counted(changes)}", _lines(display, changes)
            entries.append(ChangeEntry(edition, updated, files[address], title, lines))
    return tuple(sorted(entries, key=lambda entry: entry.title.casefold())[:MAX_ENTRIES])


def _knowledge(file: Path) -> Iterator[Triple]:
    with gzip.open(file) as quads:
        for quad in parse(quads.read(), format=RdfFormat.N_QUADS):
            if quad.graph_name == DefaultGraph():
                yield Triple(quad.subject, quad.predicate, quad.object)


def _counted(changes: Sequence[tuple[str, Triple]]) -> str:
    counts = ((word, sum(kind == word for kind, _ in changes)) for word in ("new", "removed"))
    return ", ".join(f"{count} {word}" for word, count in counts if count)


def _lines(display: Display, changes: Sequence[tuple[str, Triple]]) -> tuple[str, ...]:
    lines = sorted(
        f"{word}: {display.label(triple.predicate)} {display.term(triple.object).text}" for word, triple in changes
    )
    more = [f"and {len(lines) - _MAX_LINES} more"] if len(lines) > _MAX_LINES else []
    return (*lines[:_MAX_LINES], *more)


def to_atom(site: str, entries: Sequence[ChangeEntry], *, updated: str) -> str:
    """The feed of a site."""
    feed = page_url_of(site, "changes.xml")
    shown = []
    for entry in entries:
        url = page_url_of(site, entry.path)
        shown.append(AtomEntry(f"{url}#{entry.edition}", entry.title, entry.updated, "\n".join(entry.lines), url))
    links = {"self": feed, "alternate": page_url_of(site, "index.html")}
    updated = entries[0].updated if entries else updated
    return write_feed(feed, "Film graph: changes", shown, updated=updated, links=links)
