"""HTML walks in; what a reader gets of it walks out, and whether it is well formed and safe."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"))
_IN_SVG = frozenset(("path", "rect", "circle", "line"))


@dataclass
class Read(HTMLParser):
    """A page as it was read: its words, links, ids, and everything that is wrong with it."""

    words: str = ""
    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.tags.append(tag)
        self.faults += [f"{tag} has {name}" for name in told if name == "style" or name.startswith("on")]
        if tag == "script" and not (told.get("src") or "").startswith("/static/"):
            self.faults.append("a script of its own")
        for name in ("href", "src", "action"):
            if (address := told.get(name)) is not None:
                self.links.append(address)
                if not address.startswith(("/", "#", "http://", "https://")):
                    self.faults.append(f"leads to {address}")
        if (id := told.get("id")) is not None:
            if id in self.ids:
                self.faults.append(f"the id {id} stands twice")
            self.ids.append(id)
        if tag in ("details", "ul", "dl", "table", "section") and "p" in self._open:
            self.faults.append(f"{tag} in p")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:] or 'nothing'}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self.words += data

    def has(self, *texts: str) -> bool:
        """True when these texts stand in the page, whatever the blanks."""
        words = " ".join(self.words.split())
        return all(text in words for text in texts)


def read(page: str) -> Read:
    """A page, read to its end."""
    found = Read()
    found.feed(page)
    found.close()
    found.faults += [f"<{tag}> stays open" for tag in found._open]
    return found
