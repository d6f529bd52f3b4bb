"""The OpenAPI document is valid, and describes every route and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import validate
from starlette.routing import Match, Route
from starlette.testclient import TestClient

from kg.server.app import ROUTES

Operation = tuple[str, str]
"""Method and path."""
PLAIN_ROUTES = [route for module_routes in ROUTES for route in module_routes() if isinstance(route, Route)]


@pytest.fixture(scope="module")
def document(served: TestClient) -> dict[str, Any]:
    return dict(served.get("/openapi.json").json())


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> list[Operation]:
    return [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]


def matching_route(method: str, path: str) -> Route | None:
    """The route that answers a request."""
    scope = {"type": "http", "method": method, "path": path.replace("{name}", "anora").replace("{kind}", "entity")}
    return next((route for route in PLAIN_ROUTES if route.matches(scope)[0] is Match.FULL), None)


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_every_operation_has_a_route(operations: list[Operation]) -> None:
    assert len(operations) > 40
    assert [operation for operation in operations if matching_route(*operation) is None] == []


def test_every_route_has_an_operation(operations: list[Operation]) -> None:
    described = [(method, matching_route(method, path)) for method, path in operations]
    for route in PLAIN_ROUTES:
        for method in (route.methods or set()) - {"HEAD"}:
            assert (method, route) in described, f"{method} {route.path} is not in the table of operations"


def test_every_stored_query_is_an_operation(operations: list[Operation]) -> None:
    assert ("GET", "/queries/films-directed-by") in operations


def test_every_id_of_an_operation_is_used_once(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))
