"""Atom feeds (https://www.rfc-editor.org/rfc/rfc4287)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.text.xml_text import xml_attribute, xml_text


@dataclass(frozen=True, slots=True)
class AtomEntry:
    """An entry of a feed: its IRI, title, time (RFC 3339) and text, and the page that it is about."""

    id: str
    title: str
    updated: str
    content: str
    link: str = ""


def write_feed(
    id: str, title: str, entries: Iterable[AtomEntry], *, updated: str, links: Mapping[str, str] | None = None
) -> str:
    """The feed as XML; `links` are its relations to pages, such as `self`.

    >>> print(write_feed("urn:films", "Films & more", [], updated="2025-03-02T00:00:00Z").splitlines()[3])
    <title>Films &amp; more</title>
    """
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<id>{xml_text(id)}</id>",
        f"<title>{xml_text(title)}</title>",
        f"<updated>{xml_text(updated)}</updated>",
        "<author><name>Film graph</name></author>",
        *(f"<link rel={xml_attribute(rel)} href={xml_attribute(url)}/>" for rel, url in (links or {}).items()),
    ]
    for entry in entries:
        lines += [
            "<entry>",
            f"<id>{xml_text(entry.id)}</id>",
            f"<title>{xml_text(entry.title)}</title>",
            f"<updated>{xml_text(entry.updated)}</updated>",
            *([f"<link href={xml_attribute(entry.link)}/>"] if entry.link else []),
            f"<content>{xml_text(entry.content)}</content>",
            "</entry>",
        ]
    return "\n".join((*lines, "</feed>")) + "\n"
