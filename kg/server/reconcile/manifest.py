"""Where the service is reached walks in; its manifest walks out."""

from __future__ import annotations

from typing import Any

from kg.filmgraph import FilmGraph
from kg.server.reconcile.data_extension import SETTINGS
from kg.server.reconcile.preview import HEIGHT, WIDTH
from kg.server.reconcile.requests import MOST_QUERIES
from kg.server.reconcile.suggest import to_type_document
from kg.server.reconcile.types_and_properties import all_types
from kg.terms import FILM, OWL
from kg.version import __version__

NAME = "Film knowledge graph"
_DEFAULT_TYPES = ("Film", "Person", "Award", "Organisation")


def default_types(graph: FilmGraph) -> list[dict[str, Any]]:
    """The types that most tables are of; of a graph without these, those that it uses most."""
    known = all_types(graph)
    usual = [known[id] for id in _DEFAULT_TYPES if id in known and known[id].uses]
    most = sorted((one for one in known.values() if one.uses), key=lambda one: (-one.uses, one.id))[:4]
    return [to_type_document(known, one) for one in usual or most]


def manifest(base: str, types: list[dict[str, Any]]) -> dict[str, Any]:
    """The manifest of a service at `base`, such as `http://127.0.0.1:8000`."""
    service = f"{base}/reconcile"
    return {
        "versions": ["0.2"],
        "name": NAME,
        "identifierSpace": FILM,
        "schemaSpace": OWL + "Thing",
        "defaultTypes": types,
        "serviceVersion": __version__,
        "view": {"url": f"{base}/film/{{{{id}}}}"},
        "preview": {"url": f"{service}/preview?id={{{{id}}}}", "width": WIDTH, "height": HEIGHT},
        "suggest": {
            kind: {
                "service_url": service,
                "service_path": f"/suggest/{kind}",
                "flyout_service_url": service,
                "flyout_service_path": f"/flyout/{kind}?id=${{id}}",
            }
            for kind in ("entity", "type", "property")
        },
        "extend": {
            "propose_properties": {"service_url": service, "service_path": "/extend/propose"},
            "property_settings": SETTINGS,
        },
        "batchSize": MOST_QUERIES,
    }
