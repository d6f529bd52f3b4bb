"""The JSON Schema of fact files has every key that the own facts have."""

from __future__ import annotations

import json

import pytest

from kg.cli import main
from kg.facts.files import read_yaml_file
from kg.files.yaml_files import YamlNode
from tests.projects import ROOT


def test_every_block_of_the_own_facts_has_only_keys_of_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--json-schema", "--project", str(ROOT)]) == 0
    block = json.loads(capsys.readouterr().out)["definitions"]["block"]
    keys = {
        key.text
        for path in sorted((ROOT / "data").glob("*/*.yaml"))
        for root in read_yaml_file(path, file=path.name)
        if isinstance(root, YamlNode)
        for name, value in root.entries or ()
        if name.text != "source"
        for key, _ in value.entries or ()
    }
    assert len(keys) > 50
    assert keys <= set(block["properties"])
    assert {"cast", "runtime", "at"} <= set(block["properties"])
    assert "FeatureFilm" in block["properties"]["type"]["anyOf"][0]["enum"]
    assert "festival" in block["properties"]["kind"]["anyOf"][0]["enum"]
