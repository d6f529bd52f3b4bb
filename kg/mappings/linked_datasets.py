"""The datasets that identifiers refer to, as `ontology/datasets.ttl` describes them: identifiers and addresses."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from pyoxigraph import Literal, NamedNode, Triple

from kg.terms import BASE

VOID = "http://rdfs.org/ns/void#"
TITLE, HOMEPAGE = NamedNode("http://purl.org/dc/terms/title"), NamedNode("http://xmlns.com/foaf/0.1/homepage")
_IDENTIFIED_BY, _HOLDS_PAGES, _OTHER_SPACE = (
    NamedNode(f"{BASE}ontology#{name}") for name in ("identifiedBy", "holdsPages", "otherSpace")
)
_URI_SPACE, _URI_PATTERN = NamedNode(VOID + "uriSpace"), NamedNode(VOID + "uriRegexPattern")
_NO_IRI = NamedNode("about:blank")
_BEGINNING = re.compile(r"^(?:https?:)?(?://)?(?:(?:www|m|mobile|pro)\.)?", re.IGNORECASE)
_END = re.compile(r"[?#]")


@dataclass(frozen=True, slots=True)
class LinkedDataset:
    """A dataset with IRIs for entities: its namespace, followed by an identifier."""

    iri: NamedNode
    title: str
    homepage: str
    property: NamedNode
    namespace: str
    pattern: re.Pattern[str]
    holds_pages: bool
    other_namespaces: tuple[str, ...] = ()
    """Other beginnings of the addresses of its entities, such as those of its web pages."""

    def address(self, identifier: str) -> NamedNode | None:
        """The IRI of an identifier; None for one that is not of this dataset."""
        address = self.namespace + quote(identifier, safe="/:!$&'()*+,;=@~")
        return NamedNode(address) if self.pattern.fullmatch(address) else None

    def identifier(self, address: str) -> str:
        r"""The identifier in an address of the dataset, however people write it; the empty text for another address.

        >>> titles = re.compile(r"https://www\.imdb\.com/title/tt[0-9]+")
        >>> imdb = LinkedDataset(_NO_IRI, "", "", _NO_IRI, "https://www.imdb.com/title/", titles, True)
        >>> imdb.identifier("http://m.imdb.com/title/tt0055630/?ref_=fn_al_tt_1")
        'tt0055630'
        """
        bare = _bare(address)
        for namespace in (self.namespace, *self.other_namespaces):
            start = _bare(namespace)
            if not bare.lower().startswith(start.lower()):
                continue
            rest = unquote(_END.split(bare[len(start) :], maxsplit=1)[0]).rstrip("/")
            # A page may be below the entity's, or have its title behind the number: 11878-yojimbo.
            for text in (rest, rest.partition("/")[0], rest.partition("-")[0]):
                if text and self.address(text) is not None:
                    return text
        return ""

    def address_pattern(self) -> str:
        """A regular expression (RE2) of complete addresses, however people write them; its group is the identifier."""
        identifier = self.pattern.pattern.removeprefix(self.namespace.replace(".", "\\."))
        spaces = "|".join(re.escape(_bare(space)) for space in (self.namespace, *self.other_namespaces))
        return f"(?i:(?:https?:)?(?://)?(?:(?:www|m|mobile|pro)\\.)?(?:{spaces}))({identifier})(?:[-/?#].*)?"


def find_identifier(address: str, datasets: Iterable[LinkedDataset]) -> tuple[NamedNode, str] | None:
    """The property and the identifier that an address means; None for one of no dataset."""
    for dataset in datasets:
        if identifier := dataset.identifier(address):
            return dataset.property, identifier
    return None


def _bare(address: str) -> str:
    """An address without its scheme and the beginning of a host that serves the same pages."""
    return _BEGINNING.sub("", address.strip())


def read_datasets(ontology: Iterable[Triple]) -> tuple[LinkedDataset, ...]:
    """The datasets that an ontology describes, in the order of their IRIs; incomplete descriptions are left out."""
    descriptions: dict[NamedNode, dict[NamedNode, object]] = defaultdict(dict)
    for triple in ontology:
        if isinstance(triple.subject, NamedNode):
            descriptions[triple.subject][triple.predicate] = triple.object
    datasets = (
        _to_dataset(iri, description)
        for iri, description in sorted(descriptions.items(), key=lambda entry: entry[0].value)
        if _IDENTIFIED_BY in description
    )
    return tuple(dataset for dataset in datasets if dataset is not None)


def _to_dataset(iri: NamedNode, description: Mapping[NamedNode, object]) -> LinkedDataset | None:
    property, pages, homepage = (description.get(term) for term in (_IDENTIFIED_BY, _HOLDS_PAGES, HOMEPAGE))
    namespace, pattern = _text_of(description, _URI_SPACE), _text_of(description, _URI_PATTERN)
    try:
        compiled = re.compile(pattern)
    except re.error:
        return None
    if not isinstance(property, NamedNode) or not namespace or not pattern:
        return None
    return LinkedDataset(
        iri,
        _text_of(description, TITLE),
        homepage.value if isinstance(homepage, NamedNode) else "",
        property,
        namespace,
        compiled,
        isinstance(pages, Literal) and pages.value == "true",
        tuple(_text_of(description, _OTHER_SPACE).split()),
    )


def _text_of(description: Mapping[NamedNode, object], property: NamedNode) -> str:
    value = description.get(property)
    return value.value if isinstance(value, Literal) else ""
