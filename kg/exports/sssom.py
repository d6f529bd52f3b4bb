"""Links and judgements walk in; a table of mappings in SSSOM's form walks out.

https://mapping-commons.github.io/sssom/spec/: a head of YAML behind `#`, and a row for each mapping. An identifier that
a source gives is such a mapping, justified by what the source knows; rows of `data/links.sssom.tsv` follow as they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import NamedNode

from kg.errors import InputError
from kg.exports.links import EXACT, ExternalLink, LinkedDataset
from kg.graph.provenance import Provenance
from kg.lookup.entity_names import EntityNames
from kg.terms import BASE, FILM, PREFIXES, SKOS, SOURCE, to_text

FILE = "links.sssom.tsv"
JUSTIFICATION = "semapv:BackgroundKnowledgeBasedMatching"
_COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "predicate_modifier",
    "object_id",
    "mapping_justification",
    "author_id",
    "object_source",
    "mapping_date",
    "confidence",
    "comment",
)
_PREFIXES = {
    "film": FILM,
    "owl": "http://www.w3.org/2002/07/owl#",
    "semapv": "https://w3id.org/semapv/vocab/",
    "skos": SKOS,
    "source": SOURCE,
}
_NO_LICENCE = "https://w3id.org/sssom/license/unspecified"
"""What SSSOM wants where nobody has said under which licence the mappings stand."""


@dataclass(frozen=True, slots=True)
class SssomTable:
    """The rows of a project's judgements as they stand, with the prefixes of their head."""

    prefixes: dict[str, str]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def to_sssom(
    links: Iterable[ExternalLink],
    datasets: Sequence[LinkedDataset],
    provenance: Provenance,
    names: EntityNames,
    judged: SssomTable,
) -> Iterator[str]:
    """The table: identifiers first, dataset by dataset, then what was judged."""
    prefixes = judged.prefixes | _PREFIXES | {_prefix(one): one.space for one in datasets}
    columns = (*_COLUMNS, *(name for name in judged.columns if name not in _COLUMNS))
    yield from _head(prefixes)
    yield _row(columns)
    for link in links:
        said = sorted({fact.evidence.source for fact in provenance.facts(link.triple)})
        yield _row(
            {
                "subject_id": _short(link.entity.value, FILM, "film"),
                "subject_label": names.label(link.entity),
                "predicate_id": "skos:exactMatch",
                "object_id": f"{_prefix(link.dataset)}:{link.external.value.removeprefix(link.dataset.space)}",
                "mapping_justification": JUSTIFICATION,
                "object_source": link.dataset.homepage,
                "comment": f"the identifier is given by {', '.join(said)}" if said else "",
            }.get(name, "")
            for name in columns
        )
    for row in judged.rows:
        cells = dict(zip(judged.columns, row, strict=True))
        yield _row(cells.get(name, "") for name in columns)


def read_sssom(path: Path) -> SssomTable:
    """The judgements of a project; none where there is no file. Raises `InputError` when it cannot be read."""
    if not path.exists():
        return SssomTable({}, (), ())
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    head = [line.removeprefix("#") for line in lines if line.startswith("#")]
    table = csv.reader((line for line in lines if not line.startswith("#")), delimiter="\t")
    columns = tuple(next(table, ()))
    rows = tuple(tuple((*row, *[""] * len(columns))[: len(columns)]) for row in table if any(row))
    return SssomTable(_curie_map(head), columns, rows)


def exact_matches(judged: SssomTable) -> Iterator[tuple[str, str]]:
    """Both sides of each judgement that two names mean one thing, as N-Triples; what is no address is left out."""
    known = _PREFIXES | judged.prefixes
    for row in judged.rows:
        cells = dict(zip(judged.columns, row, strict=True))
        same = cells.get("predicate_id") in ("skos:exactMatch", "owl:sameAs", EXACT.value)
        if same and not cells.get("predicate_modifier"):
            try:
                one, other = (NamedNode(_long(cells.get(name, ""), known)) for name in ("subject_id", "object_id"))
            except ValueError:
                continue
            yield to_text(one), to_text(other)


def _head(prefixes: dict[str, str]) -> Iterator[str]:
    yield "#curie_map:\n"
    yield from (f"#  {prefix}: {space}\n" for prefix, space in sorted(prefixes.items()))
    yield f"#license: {_NO_LICENCE}\n"
    yield f"#mapping_set_id: {BASE}mappings\n"
    yield "#mapping_set_title: What the things of the film graph are called elsewhere\n"


def _curie_map(head: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    inside = False
    for line in head:
        prefix, colon, space = line.strip().partition(": ")
        if line[:1].strip():
            inside = line.strip() == "curie_map:"
        elif inside and colon:
            found[prefix.strip("'\"")] = space.strip().strip("'\"")
    return found


def _prefix(dataset: LinkedDataset) -> str:
    """The prefix by which everybody knows a space, or else our name for the dataset."""
    usual = next((prefix for prefix, space in PREFIXES.items() if space == dataset.space), "")
    return usual or dataset.iri.value.removeprefix(FILM)


def _short(iri: str, space: str, prefix: str) -> str:
    return f"{prefix}:{iri.removeprefix(space)}" if iri.startswith(space) else iri


def _long(name: str, prefixes: dict[str, str]) -> str:
    prefix, colon, local = name.partition(":")
    return prefixes[prefix] + local if colon and prefix in prefixes else name


def _row(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerow([" ".join(cell.split()) for cell in cells])
    return out.getvalue()
