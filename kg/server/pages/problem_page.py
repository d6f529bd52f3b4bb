"""A problem document walks in; its page, with the nearest names as links, walks out."""

from __future__ import annotations

from collections.abc import Mapping

from kg.server.pages.templating import render
from kg.server.pages.urls import page_of, query_of, search_of
from kg.terms import to_iri

_HEADINGS = {404: "Not found", 400: "That cannot be asked", 503: "That took too much", 406: "Not in this form"}


def problem_page(problem: Mapping[str, object]) -> str:
    """The page of an error; what it may have meant are links."""
    told = {"title": "Problem", "detail": "", "status": 500, **problem}
    status = int(str(told["status"]))
    heading = _HEADINGS.get(status, str(told["title"]))
    return render("problem.html", problem=told, heading=heading, near=_near(told))


def _near(problem: Mapping[str, object]) -> list[tuple[str, str]]:
    nearest, candidates = problem.get("nearest"), problem.get("candidates")
    names = [str(one) for one in nearest] if isinstance(nearest, list) else []
    told = [(one, search_of(one)) for one in names]
    if "stored query" in str(problem.get("detail", "")):
        told = [(one, query_of(one)) for one in names]
    if isinstance(candidates, list):
        told += [(str(one), page_of(to_iri(str(one)))) for one in candidates]
    return [(text, address) for text, address in told if address]
