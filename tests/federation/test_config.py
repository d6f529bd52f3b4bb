"""`filmgraph.toml`: the endpoints that queries may call, and the errors of a faulty file."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import InputError
from kg.federation.config import read_services

FAULTS = [
    ("[services.a]\naddress = 'ftp://a.b/'", "requires an address"),
    ("[services.a]\naddress = 'https://u:p@a.b/'", "requires an address"),
    ("[services.a]\naddress = 'https://a.b/ c'", "requires an address"),
    ("[services.a]\naddress = 'https://a.b/'\ntimeuot = 1", "Did you mean timeout"),
    ("[services.a]\naddress = 'https://a.b/'\ntimeout = -1", "must be a number"),
    ("[services.a]\naddress = 'https://a.b/'\ntimeout = inf", "must be a number"),
    ("[services.a]\naddress = 'https://a.b/'\nlargest = nan", "must be a number"),
    ("[services.a]\naddress = 'https://a.b/'\nbatch = 0", "at least 1"),
    ("[services.a]\naddress = 'https://a.b/'\nbatch = 1.5", "whole number"),
    ("[services.a]\naddress = 'file:///etc/passwd'", "requires an address"),
    ("servces = 1", "Did you mean services"),
    ("services = 1", "must be tables"),
    ('contact = "a\\u0000"', "must be a text"),
    ('contact = "a\\nb: c"', "must be a text"),
    ("[services", "cannot be read"),
]


@pytest.mark.parametrize(("text", "message"), FAULTS, ids=[case[0] for case in FAULTS])
def test_a_faulty_configuration_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "filmgraph.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_services(path)
