"""Judgements walk in; `data/links.sssom.tsv` with them at its end, and the pairs left to a person, walk out.

What stands in the file is never changed: rows are added at its end, by way of a fresh file beside it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from kg.atomic_files import write_file
from kg.decisions.links import LINKS_FILE, Judgement, to_sssom, to_sssom_row
from kg.errors import InputError
from kg.linking.model import Candidate, Clue, Credit, Mention
from kg.project import Project

UNSURE = "unsure.jsonl"


def keep(project: Project, judgements: Iterable[Judgement]) -> Path:
    """Add judgements to the project's file, or make it; raises `InputError` when it cannot be written."""
    path = project.data / LINKS_FILE
    judgements = tuple(judgements)
    if not judgements:
        return path
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        write_file(path, (_added(before, judgements) if before.strip() else to_sssom(judgements),))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be written: {error}") from error
    return path


def _added(before: str, judgements: tuple[Judgement, ...]) -> str:
    """The file with rows for the judgements, in the columns that it has."""
    header = next((line for line in before.splitlines() if not line.startswith("#")), "").split("\t")
    columns = to_sssom(()).splitlines()[-1].split("\t")
    out = io.StringIO()
    rows = csv.writer(out, delimiter="\t", lineterminator="\n")
    for one in judgements:
        said = dict(zip(columns, to_sssom_row(one), strict=True))
        rows.writerow([said.get(name, "") for name in header])
    return before + ("" if before.endswith("\n") else "\n") + out.getvalue()


def keep_unsure(project: Project, candidates: Iterable[Candidate]) -> Path:
    """Keep the pairs that a person should look at, the likeliest first."""
    path = project.build_folder / UNSURE
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = sorted(candidates, key=lambda one: (-one.confidence, one.left.id, one.right.id))
    write_file(path, (orjson.dumps(to_dict(one)).decode() + "\n" for one in ordered))
    return path


def unsure(project: Project) -> tuple[Candidate, ...]:
    """The pairs that the last run left to a person; raises `InputError` when nothing was linked yet."""
    path = project.build_folder / UNSURE
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError("Nothing has been linked here yet. Run `kg link` first.") from error
    return tuple(_candidate(orjson.loads(line)) for line in lines)


def to_dict(candidate: Candidate) -> dict[str, Any]:
    """A candidate for programs."""
    return {
        "left": _mention_to_dict(candidate.left),
        "right": _mention_to_dict(candidate.right),
        "confidence": round(candidate.confidence, 4),
        "veto": candidate.veto,
        "clues": [asdict(clue) | {"bits": round(clue.bits, 2)} for clue in candidate.clues],
    }


def _mention_to_dict(mention: Mention) -> dict[str, Any]:
    said = asdict(mention)
    said["identifiers"] = sorted(mention.identifiers)
    said["countries"] = sorted(mention.countries)
    return said


def _candidate(said: dict[str, Any]) -> Candidate:
    clues = tuple(Clue(**clue) for clue in said["clues"])
    return Candidate(_mention(said["left"]), _mention(said["right"]), clues, said["confidence"], said["veto"])


def _mention(said: dict[str, Any]) -> Mention:
    return Mention(
        **{
            **said,
            "names": tuple(said["names"]),
            "years": tuple(said["years"]),
            "credits": tuple(Credit(**credit) for credit in said["credits"]),
            "identifiers": frozenset((scheme, value) for scheme, value in said["identifiers"]),
            "countries": frozenset(said["countries"]),
        }
    )
