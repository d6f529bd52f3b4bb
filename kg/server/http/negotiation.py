"""Content negotiation: which of the offered media types a client prefers, by its `Accept` field or a name in the URL.

https://www.rfc-editor.org/rfc/rfc9110#name-accept: the most specific range that matches an offer decides its quality;
of offers with the same quality the first is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kg.queries.result_writers import (
    CSV,
    JSON,
    JSON_LD,
    N_QUADS,
    N_TRIPLES,
    PLAIN_JSON,
    PLAIN_TEXT,
    PLAIN_XML,
    RDF_XML,
    ROW_MEDIA_TYPES,
    TRIG,
    TRIPLE_MEDIA_TYPES,
    TSV,
    TURTLE,
    XML,
)

ANSWER_MEDIA_TYPES = (*ROW_MEDIA_TYPES[:4], *TRIPLE_MEDIA_TYPES[:6], PLAIN_JSON, PLAIN_XML, PLAIN_TEXT)
"""Everything that an answer may come in; the other names last, since rows and triples share them."""
EXTENSIONS: Mapping[str, tuple[str, ...]] = {
    "json": (JSON, JSON_LD),
    "xml": (XML, RDF_XML),
    "csv": (CSV,),
    "tsv": (TSV,),
    "ttl": (TURTLE,),
    "nt": (N_TRIPLES,),
    "jsonld": (JSON_LD,),
    "rdf": (RDF_XML,),
    "trig": (TRIG,),
    "nq": (N_QUADS,),
}
"""The extension of a URL's path -> what it asks for; rows and triples may differ."""
FORMAT_NAMES: Mapping[str, tuple[str, ...]] = {
    **EXTENSIONS,
    "turtle": (TURTLE,),
    "n3": (TURTLE,),
    "ntriples": (N_TRIPLES,),
    "n-triples": (N_TRIPLES,),
    "json-ld": (JSON_LD,),
    "rdf+xml": (RDF_XML,),
}
"""What the parameter `format` of a query may be; the last ones are what SPARQLWrapper sends."""

_RANGE = re.compile(
    r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)/([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*((?:;[^,\"]*(?:\"[^\"]*\")?)*)\s*"
)
_COMMA = re.compile(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)")
_WEIGHT = re.compile(r"(?:0?\.[0-9]+|[01]\.?|1\.0+)")  # `.9` and more digits than RFC 9110 has are sent too
_MAX_LENGTH = 2000
_WITH_PROFILE = 4


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One media range of an `Accept` field, such as `text/*;q=0.5`."""

    type: str
    subtype: str
    profile: str = ""
    quality: float = 1.0

    def specificity(self, media_type: str) -> int:
        """How specifically the range names a media type; 0 when it does not match."""
        name, _, parameters = media_type.partition(";")
        type, _, subtype = name.partition("/")
        if (self.type, self.subtype) == (type, subtype):
            # A profile that is unknown here is ignored (https://www.rfc-editor.org/rfc/rfc6906#section-3.1).
            return _WITH_PROFILE if self.profile and self.profile in parameters else 3
        if self.type == type and self.subtype == "*":
            return 2
        return 1 if (self.type, self.subtype) == ("*", "*") else 0


def best_media_type(accept: str | None, offers: Sequence[str]) -> str | None:
    """The best of the offered media types; None when none is acceptable. Without a field, the first.

    An offer may have a profile: `application/ld+json;profile="https://schema.org"` matches where that is asked for.

    >>> best_media_type("text/html;q=0.5, text/turtle", ["text/html", "text/turtle"])
    'text/turtle'
    >>> best_media_type("image/png", ["text/html"]) is None
    True
    """
    return next(iter(acceptable(accept, tuple(offers))), None)


@lru_cache(maxsize=1024)
def acceptable(accept: str | None, offers: tuple[str, ...]) -> tuple[str, ...]:
    """The acceptable offers, the best first."""
    ranges = list(_parse(accept)) if accept is not None and accept.strip() else [MediaRange("*", "*")]
    ranks = {offer: _rank(ranges, offer) for offer in offers}
    return tuple(sorted((offer for offer in offers if ranks[offer][0] > 0), key=ranks.__getitem__, reverse=True))


def _rank(ranges: list[MediaRange], offer: str) -> tuple[float, bool]:
    """The quality of an offer, and whether it has the profile that is asked for."""
    best = max(ranges, key=lambda media_range: media_range.specificity(offer), default=None)
    specificity = best.specificity(offer) if best is not None else 0
    return (best.quality if best is not None and specificity else 0.0), specificity == _WITH_PROFILE


def _parse(accept: str) -> Iterator[MediaRange]:
    """The ranges of a field; what is not well-formed is left out."""
    for text in _COMMA.split(accept[:_MAX_LENGTH]):
        match = _RANGE.fullmatch(text)
        if match is None:
            continue
        parameters = dict(_parameters(match[3]))
        weight = parameters.get("q", "1")
        quality = float(weight) if _WEIGHT.fullmatch(weight) else 0.0
        yield MediaRange(match[1].lower(), match[2].lower(), parameters.get("profile", ""), quality)


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    for parameter in text.split(";"):
        name, _, value = parameter.strip().partition("=")
        yield name.lower(), value.strip('"')
