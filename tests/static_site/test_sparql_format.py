"""The formatter of the SPARQL editor, run by Node.js: it changes white space and the case of keywords alone."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = """
import { readFileSync } from "node:fs";
import { format, isSame } from "%s";
const texts = JSON.parse(readFileSync(0, "utf8"));
const results = texts.map((text) => [format(text), isSame(text, format(text)), format(format(text)) === format(text)]);
process.stdout.write(JSON.stringify(results));
"""
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")


def _formatted(*texts: str) -> list[tuple[str, bool, bool]]:
    """Each text formatted, whether its tokens are the same, and whether formatting it again changes nothing."""
    program = _PROGRAM % (ROOT / "web/src/format.js").as_uri()
    call = ["node", "--no-warnings", "--input-type=module", "-e", program]
    run = subprocess.run(call, input=json.dumps(texts), capture_output=True, text=True, check=True, timeout=60)
    return [tuple(result) for result in json.loads(run.stdout)]


@needs_node
def test_stored_queries_mean_the_same_when_they_are_formatted() -> None:
    files = sorted((ROOT / "queries").rglob("*.rq"))
    results = _formatted(*(file.read_text(encoding="utf-8") for file in files))
    assert [file.stem for file, (_, is_same, _) in zip(files, results, strict=True) if not is_same] == []
    assert [file.stem for file, (_, _, is_stable) in zip(files, results, strict=True) if not is_stable] == []


@needs_node
def test_each_pattern_gets_a_line() -> None:
    query = (
        'select ?a (count(?b) as ?n) where {?a a film:Film;film:label "a  #b"@en. # films\n'
        " optional{?a film:year ?b} filter(?b>2000 && not exists{?a film:genre film:drama}) values ?k {film:x film:y}}"
        " group by ?a order by desc(?n) limit 10"
    )
    (formatted, is_same, _), *_ = _formatted(query)
    assert is_same
    assert formatted == (
        "SELECT ?a (COUNT(?b) AS ?n) WHERE {\n"
        "  ?a a film:Film;\n"
        '      film:label "a  #b"@en. # films\n'
        "  OPTIONAL {\n"
        "    ?a film:year ?b\n"
        "  }\n"
        "  FILTER(?b>2000 && NOT EXISTS {\n"
        "    ?a film:genre film:drama\n"
        "  })\n"
        "  VALUES ?k { film:x film:y }\n"
        "}\n"
        "GROUP BY ?a\n"
        "ORDER BY DESC(?n)\n"
        "LIMIT 10\n"
    )
