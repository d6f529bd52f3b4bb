"""What can be asked is described so that a validator accepts it."""

from __future__ import annotations

from openapi_spec_validator import validate
from starlette.testclient import TestClient


def test_the_description_is_valid_openapi_and_names_every_stored_query(served: TestClient) -> None:
    told = served.get("/openapi.json").json()
    validate(told)
    assert "/queries/films-directed-by" in told["paths"]
