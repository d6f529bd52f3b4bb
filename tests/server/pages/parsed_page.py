"""A page as a reader gets it: its words and links, and whether it is well formed and safe."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID_TAGS = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"))


@dataclass
class ParsedPage(HTMLParser):
    """The words, links, ids and tags of a page, and everything that is wrong with it."""

    words: str = ""
    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append(tag)
        self.faults += [f"{tag} has {name}" for name in attributes if name == "style" or name.startswith("on")]
        if tag == "script" and not (attributes.get("src") or "").startswith("/static/"):
            self.faults.append("an inline script")
        for name in ("href", "src", "action"):
            if (url := attributes.get(name)) is not None:
                self.links.append(url)
                if not url.startswith(("/", "#", "http://", "https://")):
                    self.faults.append(f"leads to {url}")
        if (id := attributes.get("id")) is not None:
            if id in self.ids:
                self.faults.append(f"duplicate id {id}")
            self.ids.append(id)
        if tag in ("details", "ul", "dl", "table", "section") and "p" in self._open:
            self.faults.append(f"{tag} in p")
        if tag not in _VOID_TAGS:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID_TAGS:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:] or 'nothing'}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self.words += data

    def has(self, *texts: str) -> bool:
        """True when the page has these texts, whatever the white space."""
        words = " ".join(self.words.split())
        return all(text in words for text in texts)


def parse_page(text: str) -> ParsedPage:
    """The page with this HTML."""
    page = ParsedPage()
    page.feed(text)
    page.close()
    page.faults += [f"<{tag}> is not closed" for tag in page._open]
    return page
