"""JSON-LD documents with the contexts that are shipped in place of their addresses; none is ever fetched.

The context of schema.org maps every name to `http://schema.org/`, as the published one does
(https://schema.org/docs/jsonldcontext.jsonld), and knows which properties have addresses or dates as values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

MAX_DEPTH = 200
"""The depth to which objects and lists may nest; the parser's memory grows with its square."""
_SCHEMA = "http://schema.org/"
_SCHEMA_ADDRESS = re.compile(
    r"https?://(?:www\.)?schema\.org(?:/?|/docs/jsonldcontext\.json(?:ld)?|/version/[\w./-]+context\.jsonld)#?"
)
_ADDRESSES = """acquireLicensePage actionableFeedbackPolicy additionalType archivedAt associatedPathway codeRepository
  contentUrl correctionsPolicy discussionUrl diversityPolicy diversityStaffingReport downloadUrl embedUrl ethicsPolicy
  image installUrl isBasedOn isBasedOnUrl license logo mainEntityOfPage masthead memberOf menu paymentUrl photo
  publishingPrinciples relatedLink replyToUrl sameAs schemaVersion screenshot serviceUrl significantLink softwareHelp
  targetUrl thumbnailUrl ticketToken tourBookingPage trackingUrl unnamedSourcesPolicy url usageInfo
  verificationFactCheckingPolicy warrantyPromise""".split()  # noqa: SIM905
_DAYS = """birthDate deathDate dissolutionDate foundingDate dateCreated dateModified datePublished dateReceived
  copyrightNoticeDate endDate expires lastReviewed startDate uploadDate validFrom validThrough validUntil availableFrom
  availableThrough releaseDate temporalStart""".split()  # noqa: SIM905
SCHEMA_ORG: dict[str, object] = {
    "@vocab": _SCHEMA,
    "schema": _SCHEMA,
    "type": "@type",
    "id": "@id",
    **{name: {"@id": f"schema:{name}", "@type": "@id"} for name in _ADDRESSES},
    **{name: {"@id": f"schema:{name}", "@type": "schema:Date"} for name in _DAYS},
}
"""What `https://schema.org` stands for as a context."""
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}:,]', re.DOTALL)
_BRACKETS = re.compile(rb"[\[{]")


class ContextError(ValueError):
    """A document that nests too deep, or whose context is not shipped; `offset` is where."""

    def __init__(self, message: str, offset: int) -> None:
        self.offset = offset
        super().__init__(message)


def embed_contexts(document: bytes) -> bytes:
    """The document with each address of a context replaced by that context.

    Raises `ContextError` for an address that is not known here, and for a document that nests too deep.
    """
    if b'"@context"' not in document and len(_BRACKETS.findall(document)) <= MAX_DEPTH:
        return document
    pieces, position = [], 0
    for start, end in _addresses(document):
        address = json.loads(document[start:end])
        if not _SCHEMA_ADDRESS.fullmatch(address):
            raise ContextError(
                f"the context {address} is not fetched; write the object of that context in place of its address."
                " Only https://schema.org is known",
                start,
            )
        pieces += [document[position:start], json.dumps(SCHEMA_ORG).encode()]
        position = end
    return b"".join((*pieces, document[position:])) if pieces else document


def _addresses(document: bytes) -> Iterator[tuple[int, int]]:
    """The places of strings that are the value of `@context`, or in the list that is."""
    depth, list_depth, is_key, is_value = 0, 0, False, False
    for match in _TOKEN.finditer(document):
        token = match[0]
        if token in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ContextError(f"objects and lists nest deeper than {MAX_DEPTH} levels", match.start())
            list_depth = depth if is_value and token == b"[" else list_depth
        elif token in b"]}":
            list_depth = 0 if depth == list_depth else list_depth
            depth -= 1
        elif token[:1] == b'"' and (is_value or (list_depth and depth == list_depth)):
            yield match.span()
        is_value = is_key and token == b":"
        is_key = token == b'"@context"'
