"""The terms of an entity of Wikidata, which are its labels, aliases and descriptions, and its articles in Wikipedia.

An entity may have terms in hundreds of languages, so only those in the wanted ones are read; `*` means all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_NO_LANGUAGES = frozenset(("commons", "foundation", "incubator", "mediawiki", "meta", "outreach", "sources", "species"))
"""Beginnings of the names of wikis that are not languages."""
_REDIRECTS = frozenset(("Q70893996", "Q70894304"))
"""The badges of sitelinks to a redirect, which often leads to a part of another article."""
_SAFE_IN_ADDRESSES = ";@$!*(),/~:"
"""What MediaWiki does not escape in the addresses of articles."""
_ALL = ("*",)


class LanguageText(NamedTuple):
    """A label, alias or description with its language."""

    text: str
    language: str


def terms_in(terms: Any, wanted: Sequence[str]) -> Iterator[LanguageText]:
    """Labels, aliases or descriptions in these languages, in their order, without malformed ones.

    Where there are none, dumps have `[]`.
    """
    if not isinstance(terms, dict):
        return
    for language in dict.fromkeys((*wanted, *terms)) if "*" in wanted else wanted:
        values = terms.get(language)
        for value in values if isinstance(values, list) else [values]:
            text = value.get("value") if isinstance(value, dict) else None
            if isinstance(text, str) and (line := one_line(text)):
                yield LanguageText(line, language)


def find_label(entity: Mapping[str, Any], wanted: Sequence[str]) -> LanguageText:
    """What an item is called: its label in the first of the languages that has one, or in any.

    Where it has none, its first alias, or the title of an article about it; its QID where it has no name at all.
    """
    wanted = [language for language in wanted if language != "*"]
    for name in ("labels", "aliases"):
        terms = entity.get(name)
        if label := next(terms_in(terms, wanted), None) or next(terms_in(_sorted(terms), _ALL), None):
            return label
    titles = {language: {"value": _without_brackets(title)} for language, title in _articles(entity, _ALL)}
    label = next(terms_in(titles, wanted), None) or next(terms_in(_sorted(titles), _ALL), None)
    return label or LanguageText(str(entity["id"]), "")


def article_addresses(entity: Mapping[str, Any], wanted: Sequence[str]) -> Iterator[str]:
    """The addresses of the articles about an entity in these languages; none of a redirect."""
    for language, title in _articles(entity, wanted):
        if _REDIRECTS.isdisjoint(entity["sitelinks"][f"{language}wiki"].get("badges") or ()):
            host, path = language.replace("_", "-"), quote(title.replace(" ", "_"), safe=_SAFE_IN_ADDRESSES)
            yield f"https://{host}.wikipedia.org/wiki/{path}"


def _articles(entity: Mapping[str, Any], wanted: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The languages of the articles about an entity, each with the title."""
    sitelinks = entity.get("sitelinks")
    if not isinstance(sitelinks, dict):
        return
    languages = (site[:-4] for site in sitelinks if site.endswith("wiki")) if "*" in wanted else wanted
    for language in languages:
        link = sitelinks.get(f"{language}wiki")
        title = link.get("title") if isinstance(link, dict) else None
        is_language = language not in _NO_LANGUAGES and _LANGUAGE.fullmatch(language.replace("_", "-"))
        if isinstance(title, str) and is_language and (text := " ".join(title.split())):
            yield language, text


def _sorted(terms: Any) -> Any:
    return dict(sorted(terms.items())) if isinstance(terms, dict) else terms


def _without_brackets(title: str) -> str:
    """The title without what distinguishes the article from others: `Anora (film)`."""
    return re.sub(r"(?<=\S) \([^()]*\)$", "", title)


def one_line(text: str) -> str:
    """The text with spaces for control characters, trimmed."""
    return _CONTROL.sub(" ", text).strip()


def language_tag(code: str) -> str:
    """The code of a language as a tag of RDF; empty where it has not the form of one."""
    return code if _LANGUAGE.fullmatch(code) else ""
