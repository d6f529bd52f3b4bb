"""The files of linking: judgements appended to `data/links.sssom.tsv`, and the pairs that a person should review.

New rows are appended, and those that are there already are never changed; a reviewer may take one back.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
from pyoxigraph import NamedNode

from kg.decisions.links import LINKS_FILE, Judgement, read_links, read_project_links, to_sssom, to_sssom_row
from kg.errors import InputError
from kg.files.atomic import write_file
from kg.linking.model import Candidate, Credit, FeatureScore, Limit, Mention, Sign, Veto, VetoReason
from kg.project import Project

try:
    import fcntl
except ImportError:  # on Windows, where one person reviews at a time
    fcntl = None  # type: ignore[assignment]

UNSURE_FILE = "unsure.jsonl"


JudgementsOf = Callable[[frozenset[frozenset[NamedNode]]], Iterable[Judgement]]
"""Gives the judgements to append, for the pairs that are judged already."""


def append_judgements(project: Project, judgements: Iterable[Judgement] | JudgementsOf) -> int:
    """Append judgements to the project's file, and return how many; raises `InputError` when it cannot be written.

    Rows are added at the end in one write, under a lock, so several programs lose none of each other's. A function is
    called under the lock: it sees what others have judged meanwhile.
    """
    path = project.data / LINKS_FILE
    try:
        with _locked(project):
            if callable(judgements):
                judged = {each.names for each in read_project_links(project.data).links.judgements}
                judgements = judgements(frozenset(judged))
            judgements = tuple(judgements)
            if judgements:
                before = path.read_text(encoding="utf-8") if path.exists() else ""
                _append(path, _rows(before, judgements) if before.strip() else to_sssom(judgements))
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: {error.reason} at byte {error.start}.") from error
    except OSError as error:
        raise InputError(f"{error.filename or path} cannot be written: {error.strerror}.") from error
    return len(judgements)


def remove_judgement(project: Project, judgement: Judgement) -> None:
    """Remove the row of a judgement from the project's file; raises `InputError` when it cannot be written."""
    path = project.data / LINKS_FILE
    with _locked(project):
        lines = path.read_text(encoding="utf-8").split("\n")
        line = judgement.place.line
        still_there = any(
            each == judgement and each.place.line == line
            for each in read_links(path, file=judgement.place.file).links.judgements
        )
        if still_there:
            write_file(path, ("\n".join((*lines[: line - 1], *lines[line:])),))


@contextmanager
def _locked(project: Project) -> Iterator[None]:
    """The lock of the project's links, which programs hold while they write."""
    project.build_folder.mkdir(parents=True, exist_ok=True)
    with (project.build_folder / "links.lock").open("a") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _append(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab", buffering=0) as file:
        file.write(text.encode())
        os.fsync(file.fileno())


def _rows(before: str, judgements: tuple[Judgement, ...]) -> str:
    """Rows for judgements, in the columns that the file has; after a row that was cut off, on a line of their own."""
    header = next((line for line in before.splitlines() if not line.startswith("#")), "").split("\t")
    columns = to_sssom(()).splitlines()[-1].split("\t")
    out = io.StringIO()
    rows = csv.writer(out, delimiter="\t", lineterminator="\n")
    for judgement in judgements:
        cells = dict(zip(columns, to_sssom_row(judgement), strict=True))
        rows.writerow([cells.get(name, "") for name in header])
    return ("" if before.endswith("\n") else "\n") + out.getvalue()


def write_unsure(project: Project, candidates: Iterable[Candidate]) -> Path:
    """Write the pairs that a person should review, the most likely first."""
    path = project.build_folder / UNSURE_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = sorted(candidates, key=lambda pair: (-pair.confidence, pair.left.id, pair.right.id))
    write_file(path, (orjson.dumps(candidate_to_dict(candidate)).decode() + "\n" for candidate in ordered))
    return path


def read_unsure(project: Project) -> tuple[Candidate, ...]:
    """The pairs that the last run left to a person; raises `InputError` when there was no run of this version yet."""
    path = project.build_folder / UNSURE_FILE
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError("Nothing has been linked in this project yet. Run `kg link` first.") from error
    try:
        return tuple(_to_candidate(orjson.loads(line)) for line in lines)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not as this version writes it. Run `kg link` again.") from error


def candidate_to_dict(candidate: Candidate) -> dict[str, Any]:
    """A candidate as `kg link why --format json` writes it."""
    return {
        "left": _mention_to_dict(candidate.left),
        "right": _mention_to_dict(candidate.right),
        "confidence": round(candidate.confidence, 4),
        "veto": None if candidate.veto is None else asdict(candidate.veto),
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
    return Candidate(
        left, right, features, document["confidence"], _to_veto(document["veto"]), limit=_to_limit(document["limit"])
    )


def _to_veto(document: dict[str, Any] | None) -> Veto | None:
    return Veto(**document | {"reason": VetoReason(document["reason"])}) if document else None


def _to_limit(document: dict[str, Any] | None) -> Limit | None:
    return Limit(**document | {"sign": Sign(document["sign"])}) if document else None


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
