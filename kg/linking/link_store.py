"""The files of linking: judgements appended to `data/links.sssom.tsv`, and the pairs that a person should review.

Rows that are in the file already are never changed; new rows are appended, by way of a fresh file beside it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from kg.decisions.links import LINKS_FILE, Judgement, to_sssom, to_sssom_row
from kg.errors import InputError
from kg.files.atomic import write_file
from kg.linking.model import Candidate, Credit, FeatureScore, Limit, Mention
from kg.project import Project

UNSURE_FILE = "unsure.jsonl"


def append_judgements(project: Project, judgements: Iterable[Judgement]) -> Path:
    """Append judgements to the project's file; raises `InputError` when it cannot be written."""
    path = project.data / LINKS_FILE
    judgements = tuple(judgements)
    if not judgements:
        return path
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        write_file(path, (_with_rows(before, judgements) if before.strip() else to_sssom(judgements),))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be written: {error}") from error
    return path


def _with_rows(before: str, judgements: tuple[Judgement, ...]) -> str:
    """The text of the file with rows for the judgements, in the columns that the file has."""
    header = next((line for line in before.splitlines() if not line.startswith("#")), "").split("\t")
    columns = to_sssom(()).splitlines()[-1].split("\t")
    out = io.StringIO()
    rows = csv.writer(out, delimiter="\t", lineterminator="\n")
    for judgement in judgements:
        cells = dict(zip(columns, to_sssom_row(judgement), strict=True))
        rows.writerow([cells.get(name, "") for name in header])
    return before + ("" if before.endswith("\n") else "\n") + out.getvalue()


def write_unsure(project: Project, candidates: Iterable[Candidate]) -> Path:
    """Write the pairs that a person should review, the most likely first."""
    path = project.build_folder / UNSURE_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = sorted(candidates, key=lambda pair: (-pair.confidence, pair.left.id, pair.right.id))
    write_file(path, (orjson.dumps(candidate_to_dict(candidate)).decode() + "\n" for candidate in ordered))
    return path


def read_unsure(project: Project) -> tuple[Candidate, ...]:
    """The pairs that the last run left to a person; raises `InputError` when there was no run yet."""
    path = project.build_folder / UNSURE_FILE
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError("Nothing has been linked in this project yet. Run `kg link` first.") from error
    return tuple(_to_candidate(orjson.loads(line)) for line in lines)


def candidate_to_dict(candidate: Candidate) -> dict[str, Any]:
    """A candidate as `kg link why --format json` writes it."""
    return {
        "left": _mention_to_dict(candidate.left),
        "right": _mention_to_dict(candidate.right),
        "confidence": round(candidate.confidence, 4),
        "veto": candidate.veto,
        "limit": None if candidate.limit is None else asdict(candidate.limit),
        "features": [asdict(feature) | {"bits": round(feature.bits, 2)} for feature in candidate.features],
    }


def _mention_to_dict(mention: Mention) -> dict[str, Any]:
    return {
        "id": mention.id,
        "names": mention.names,
        "kind": mention.kind,
        "class_": mention.class_name,
        "years": mention.years,
        "dated": mention.date_kind,
        "credits": [asdict(credit) for credit in mention.credits],
        "identifiers": sorted(mention.identifiers),
        "countries": sorted(mention.countries),
        "minutes": mention.minutes,
    }


def _to_candidate(document: dict[str, Any]) -> Candidate:
    left, right = _to_mention(document["left"]), _to_mention(document["right"])
    features = tuple(FeatureScore(**feature) for feature in document["features"])
    limit = Limit(**document["limit"]) if document["limit"] else None
    return Candidate(left, right, features, document["confidence"], document["veto"], limit=limit)


def _to_mention(document: dict[str, Any]) -> Mention:
    return Mention(
        document["id"],
        tuple(document["names"]),
        document["kind"],
        document["class_"],
        tuple(document["years"]),
        document["dated"],
        tuple(Credit(**credit) for credit in document["credits"]),
        frozenset((scheme, value) for scheme, value in document["identifiers"]),
        frozenset(document["countries"]),
        document["minutes"],
    )
