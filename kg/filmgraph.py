"""A built project walks in; the graph in your hand walks out: ask, look up, explain, export."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pyoxigraph import NamedNode, Store

from kg.answers.answer import Answer
from kg.answers.asking import ask_store
from kg.answers.binding import to_terms
from kg.answers.naming import Names
from kg.answers.query import Queries
from kg.graph.store import open_store
from kg.project import Project, find_project


class FilmGraph:
    """A published graph, open for reading; other builds may be published while it is open.

    `queries` are the stored queries by name, `store` is the Oxigraph store itself.
    """

    def __init__(self, project: Project, store: Store | None = None) -> None:
        self.project = project
        self.store = store if store is not None else open_store(project)
        self.names = Names(self.store)

    @cached_property
    def queries(self) -> Queries:
        """The stored queries, by name."""
        return Queries(self.project.queries)

    def ask(self, name: str, /, **values: object) -> Answer:
        """The answer to a stored query with these values for its parameters.

        A thing may be given by label, alias, CURIE or IRI. Raises `UnknownNameError` for a query or thing that does not
        exist, with the nearest, and `ParameterError` for a value that does not fit.
        """
        query = self.queries.named(name)
        text = query.bind(to_terms(query, values, self.names))
        return ask_store(self.store, text, names=self.names, name=query.name, file=query.file, guarded=True)

    def sparql(self, text: str, *, most: int | None = None) -> Answer:
        """The answer to a SPARQL query; the graph's prefixes need not be declared.

        Raises `QueryError` with line and column when it does not parse, and for SERVICE.
        """
        return ask_store(self.store, text, names=self.names, most=most)

    def thing(self, name: str, *, kind: str = "") -> NamedNode:
        """The thing that is called this; raises `UnknownNameError` or `AmbiguousNameError`."""
        return self.names.thing(name, kind=kind)


def open_graph(project: Project | Path | str | None = None) -> FilmGraph:
    """The published graph of a project; raises `ProjectError` when there is none yet."""
    return FilmGraph(project if isinstance(project, Project) else find_project(project))
