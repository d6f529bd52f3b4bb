"""Titles of Wikipedia's articles, as their addresses have them.

A title that several articles could have ends with words in brackets that distinguish them: `The Card (1952 film)`. They
are not part of the name. https://en.wikipedia.org/wiki/Help:URL has the forms of addresses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

WIKIPEDIA_ADDRESS = re.compile(
    r"\s*(?:https?:)?(?://)?(?P<language>[a-z]{2,}(?:-[a-z]+)*)\.(?:m\.)?wikipedia\.org/"
    r"(?:wiki/|[a-z]{2,3}-[a-z]+/|w/index\.php\?title=)(?P<title>[^?#&\s][^?#\s]*)(?:[?#].*)?",
    re.IGNORECASE,
)
"""The address of an article in an edition of Wikipedia; `www` is none."""
_QUALIFIED = re.compile(r"(?P<name>.*\S)\s+\((?P<qualifier>[^()]+)\)")
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class ArticleTitle:
    """The title of an article: the name in it, the words in brackets behind the name, and the edition's language."""

    name: str
    qualifier: str
    language: str

    @property
    def year(self) -> int | None:
        """The first year in the brackets: of a film's release, of a person's birth."""
        match = _YEAR.search(self.qualifier)
        return int(match[1]) if match is not None else None


def title_of_article(address: str) -> ArticleTitle | None:
    """The title in the address of an article; None for another text, and for a title that is not UTF-8.

    >>> title_of_article("https://en.wikipedia.org/wiki/The_Card_(1952_film)")
    ArticleTitle(name='The Card', qualifier='1952 film', language='en')
    """
    match = WIKIPEDIA_ADDRESS.fullmatch(address)
    if match is None or match["language"].lower() == "www":
        return None
    written = match["title"]
    if "index.php" in match[0][: match.start("title")]:
        written = written.partition("&")[0].replace("+", " ")
    try:
        title = " ".join(unquote(written, errors="strict").replace("_", " ").split())
    except UnicodeDecodeError:
        return None
    if not title:
        return None
    qualified = _QUALIFIED.fullmatch(title)
    name, qualifier = (qualified["name"], qualified["qualifier"]) if qualified is not None else (title, "")
    return ArticleTitle(name, qualifier, match["language"].lower())


def interwiki_link(address: str) -> str:
    """The article that an address leads to; the empty text for another text, and for a part of an article.

    >>> interwiki_link("https://en.m.wikipedia.org/wiki/The_Card_%281952_film%29")
    'en:The Card (1952 film)'
    """
    article = None if "#" in address else title_of_article(address)
    if article is None:
        return ""
    qualifier = f" ({article.qualifier})" if article.qualifier else ""
    return f"{article.language}:{article.name[:1].upper()}{article.name[1:]}{qualifier}"
