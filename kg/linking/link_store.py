"""The files of linking: judgements appended to `data/links.sssom.tsv`, and the pairs that a person should review.

New rows are appended, and those that are there already are never changed; a reviewer may take one back.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from kg.decisions.links import (
    LINKS_FILE,
    REQUIRED_COLUMNS,
    Judgement,
    Links,
    read_links,
    read_project_links,
    to_sssom,
    to_sssom_row,
)
from kg.errors import InputError
from kg.files.atomic import write_file
from kg.linking.model import (
    Candidate,
    Clash,
    ClashReason,
    Credit,
    FeatureScore,
    Limit,
    Mention,
    Sign,
    Veto,
    VetoReason,
)
from kg.project import Project

try:
    import fcntl
except ImportError:  # on Windows, where one person reviews at a time
    fcntl = None  # type: ignore[assignment]

UNSURE_FILE = "unsure.jsonl"


JudgementsOf = Callable[[Links], Iterable[Judgement]]
"""Gives the judgements to append, for the links that are there already."""


def append_judgements(project: Project, judgements: Iterable[Judgement] | JudgementsOf) -> int:
    """Append judgements to the project's file, and return how many; raises `InputError` when it cannot be written.

    Rows are added at the end, under a lock, so several programs lose none of each other's; and the file is replaced as
    a whole, so a program that is killed leaves no part of a row. A function is called under the lock: it sees what
    others have judged meanwhile.
    """
    path = project.data / LINKS_FILE
    try:
        with _locked(project):
            if callable(judgements):
                judgements = judgements(read_project_links(project.data).links)
            judgements = tuple(judgements)
            if judgements:
                path.parent.mkdir(parents=True, exist_ok=True)
                before = _read(path) if path.exists() else ""
                write_file(path, (_with_rows(before, judgements) if before.strip() else to_sssom(judgements),))
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: {error.reason} at byte {error.start}.") from error
    except OSError as error:
        raise InputError(f"{error.filename or path} cannot be written: {error.strerror}.") from error
    return len(judgements)


def remove_judgements(project: Project, removed: Iterable[Judgement], *, added: Iterable[Judgement] = ()) -> None:
    """Remove the rows of judgements from the project's file and append others, in one write.

    Raises `InputError` when the file cannot be written.
    """
    path = project.data / LINKS_FILE
    with _locked(project):
        lines = _read(path).split("\n")
        there = {each.place.line: each for each in read_links(path, file=f"data/{LINKS_FILE}").links.judgements}
        dropped: set[int] = set()
        for judgement in removed:
            line = judgement.place.line
            if there.get(line) == judgement:
                rows = csv.reader((f"{each}\n" for each in lines[line - 1 :]), delimiter="\t")
                next(rows)
                dropped.update(range(line - 1, line - 1 + rows.line_num))
        text = "\n".join(line for at, line in enumerate(lines) if at not in dropped)
        added = tuple(added)
        if dropped or added:
            write_file(path, (_with_rows(text, added) if added else text,))


@contextmanager
def _locked(project: Project) -> Iterator[None]:
    """The lock of the project's links, which programs hold while they write."""
    project.build_folder.mkdir(parents=True, exist_ok=True)
    with (project.build_folder / "links.lock").open("a") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig")


def _with_rows(before: str, judgements: tuple[Judgement, ...]) -> str:
    """The text of the file with rows for judgements, after a row that was cut off on a line of their own.

    The columns are those of the file; ones that the judgements need, and it lacks, are added at their end.
    """
    columns = to_sssom(()).splitlines()[-1].split("\t")
    lines = before.split("\n")
    at = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
    if at is None:
        lines = [*before.rstrip().split("\n"), "\t".join(columns), ""]
        at = len(lines) - 2
    header = next(csv.reader([lines[at].rstrip("\r")], delimiter="\t"))
    if missing := [name for name in REQUIRED_COLUMNS if name not in header]:
        raise InputError(f"data/{LINKS_FILE} lacks the column {', '.join(missing)}: correct its header first.")
    rows = [dict(zip(columns, to_sssom_row(judgement), strict=True)) for judgement in judgements]
    added = [name for name in columns if name not in header and any(row[name] for row in rows)]
    if added:
        ending = "\r" if lines[at].endswith("\r") else ""
        lines[at] = "\t".join((lines[at].rstrip("\r"), *added)) + ending
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerows([row.get(name, "") for name in (*header, *added)] for row in rows)
    return "\n".join(lines) + ("" if before.endswith("\n") or not lines[-1] else "\n") + out.getvalue()


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
        "clash": None if candidate.clash is None else asdict(candidate.clash),
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
        left,
        right,
        features,
        document["confidence"],
        _to_veto(document["veto"]),
        limit=_to_limit(document["limit"]),
        clash=_to_clash(document["clash"]),
    )


def _to_veto(document: dict[str, Any] | None) -> Veto | None:
    return Veto(**document | {"reason": VetoReason(document["reason"])}) if document else None


def _to_limit(document: dict[str, Any] | None) -> Limit | None:
    return Limit(**document | {"sign": Sign(document["sign"])}) if document else None


def _to_clash(document: dict[str, Any] | None) -> Clash | None:
    if document is None:
        return None
    return Clash(**document | {"reason": ClashReason(document["reason"]), "veto": _to_veto(document["veto"])})


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
