"""Facts about a thing walk in; its labels, aliases and descriptions by language, as Wikidata has them, walk out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyoxigraph import Literal

from kg.exports.wikidata.statements import Told
from kg.exports.wikidata.values import NO_LANGUAGE, tidy
from kg.facts.model import Source
from kg.mappings.to_wikidata import DESCRIPTION, WIKIDATA_ID
from kg.terms import ALIAS, LABEL


@dataclass(frozen=True, slots=True)
class Called:
    """What an item is called, and how it is described: one label and one description in a language, many aliases."""

    labels: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]
    descriptions: Mapping[str, str]
    redirects: tuple[str, ...]
    """Numbers that it had before."""


def to_called(item: str, told: Iterable[Told], sources: Mapping[str, Source]) -> Called:
    """The names of an item; a label that is only its number says nothing and is left out."""
    labels: dict[str, str] = {}
    descriptions: dict[str, str] = {}
    others: dict[str, dict[str, None]] = defaultdict(dict)
    redirects = set()
    for fact, kind in told:
        if not isinstance(fact.value, Literal):
            continue
        text = tidy(fact.value.value)
        language = _language(fact.value, sources.get(fact.evidence.source))
        if fact.property == WIKIDATA_ID and kind is not None:
            redirects.add(text)
        elif kind is not None or not text or text == item:
            continue
        elif (fact.property == LABEL and labels.setdefault(language, text) != text) or fact.property == ALIAS:
            others[language][text] = None
        elif fact.property == DESCRIPTION:
            descriptions.setdefault(language, text)
    # The label of another language comes in as an alias; where it is our label again, it is the label there, too.
    for language, texts in others.items():
        if language not in labels and (same := sorted(texts.keys() & labels.values())):
            labels[language] = same[0]
    aliases = {
        language: tuple(sorted(text for text in texts if text != labels.get(language)))
        for language, texts in sorted(others.items())
    }
    return Called(
        dict(sorted(labels.items())),
        {language: texts for language, texts in aliases.items() if texts},
        dict(sorted(descriptions.items())),
        tuple(sorted(redirects)),
    )


def _language(value: Literal, source: Source | None) -> str:
    """A text's own language, or that of its source; a name without either is meant for every language."""
    return (value.language or (source.language if source is not None else "") or NO_LANGUAGE).lower()
