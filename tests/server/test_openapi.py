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


@pytest.mark.parametrize("path", ["/queries/films-directed-by", "/entity"])
def test_a_parameter_that_must_be_given_is_not_empty(document: dict[str, Any], served: TestClient, path: str) -> None:
    required = [each for each in document["paths"][path]["get"]["parameters"] if each.get("required")]
    assert required
    for parameter in required:
        assert parameter["schema"]["minLength"] == 1
        assert served.get(path, params={parameter["name"]: ""}).status_code == 400


def test_values_outside_an_enumeration_are_refused(document: dict[str, Any], served: TestClient) -> None:
    parameters = document["paths"]["/queries/films-directed-by"]["get"]["parameters"]
    values = next(parameter["schema"]["enum"] for parameter in parameters if parameter["name"] == "why")
    for value in (*values, "NaN", "2", "no"):
        response = served.get("/queries/films-directed-by", params={"person": "Sean Baker", "why": value})
        assert response.status_code == (200 if value in values else 400)


def test_options_names_the_methods_of_each_path(served: TestClient, document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        allowed = served.options(path.replace("{name}", "anora").replace("{kind}", "entity")).headers["allow"]
        assert {method.upper() for method in methods} == set(allowed.split(", ")) - {"HEAD", "OPTIONS"}, path


def test_every_status_of_a_refusal_is_described(document: dict[str, Any], served: TestClient) -> None:
    described = document["paths"]["/sparql"]["post"]["responses"]
    for headers, body in (({}, b""), ({"content-length": "9999999999"}, b""), ({"content-type": "text/plain"}, b"")):
        assert str(served.post("/sparql", headers=headers, content=body).status_code) in described
