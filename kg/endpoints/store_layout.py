"""Where a store has each graph, and which build it holds.

A store has the graphs as `kg export --split` writes them: asserted and inferred triples in named graphs, which together
are the default graph of each request, so that it does not matter whether the store's own default graph is empty or the
union of all. Or it has knowledge in its default graph, as an export in one file has. `kg serve` has it there too, and
takes `graph:knowledge` as its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, QueryBoolean, QuerySolutions, Triple

from kg.errors import LimitError, RemoteError
from kg.exports.store_files import ASSERTED_GRAPH, DESCRIPTION, INFERRED_GRAPH, KNOWLEDGE_GRAPH, TRIPLES, VERSION
from kg.federation.endpoint_client import TURTLE, EndpointRequest
from kg.graph.store import digest_of_build
from kg.project import Project
from kg.terms import EVIDENCE, RDF

Run = Callable[[EndpointRequest], QuerySolutions | QueryBoolean]
Describe = Callable[[EndpointRequest], Iterable[Triple]]


@dataclass(frozen=True, slots=True)
class StoreLayout:
    """The named graphs that are knowledge, none for the default graph; the build, and how many triples it has where."""

    knowledge: tuple[str, ...] = ()
    version: str = ""
    """The name of the build that was loaded; empty when the store does not say."""
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def has_asserted(self) -> bool:
        """True when asserted triples are a graph of their own."""
        return ASSERTED_GRAPH.value in self.knowledge

    def notices(self, project: Project, address: str) -> tuple[str, ...]:
        """What somebody who reads answers must know: the store holds another build than the project, or says none."""
        if not self.version:
            return (f"{address} does not say which build it holds: it has no {DESCRIPTION.value}.",)
        if not project.has_build or digest_of_build(project.current_build.name) == digest_of_build(self.version):
            return ()
        current = project.current_build.name
        return (f"{address} holds build {self.version}, but the project's is {current}: export and load it again.",)


def find_layout(run: Run, describe: Describe, address: str) -> StoreLayout:
    """The layout of a store; raises `RemoteError` for one that has no such graph, or mixes its graphs."""
    described = run(EndpointRequest(f"SELECT ?graph ?property ?value {{ GRAPH {DESCRIPTION} {{ {_DESCRIBED} }} }}"))
    version, counts = "", dict[str, int]()
    for graph, property, value in described if isinstance(described, QuerySolutions) else ():
        if property == VERSION and isinstance(value, Literal):
            version = value.value
        elif isinstance(graph, NamedNode) and isinstance(value, Literal) and value.value.isdecimal():
            counts[graph.value] = int(value.value)
    version = version or _version_of_service(describe)
    for graphs in ((ASSERTED_GRAPH.value, INFERRED_GRAPH.value), (KNOWLEDGE_GRAPH.value,)):
        if run(EndpointRequest(_ANY, default_graphs=graphs)):
            return StoreLayout(graphs, version, counts)
    if not run(EndpointRequest(_ANY)):
        raise RemoteError(f"{address} has no triples: load the graph with what `kg load-script` prints.")
    if run(EndpointRequest(_EVIDENCE)):
        raise RemoteError(
            f"{address} reads all graphs together where a query names none, so that contested facts would count as"
            " true. Load what `kg export --format nquads --split` writes: it names every graph."
        )
    return StoreLayout((), version, counts)


def _version_of_service(describe: Describe) -> str:
    """The build that an endpoint names in the description of itself, as `kg serve` does; empty where it names none."""
    try:
        triples = describe(EndpointRequest("", TURTLE))
    except (LimitError, RemoteError):
        return ""  # most endpoints answer such a request with a page or an error
    versions = [t.object.value for t in triples if t.predicate == VERSION and isinstance(t.object, Literal)]
    return versions[0] if len(versions) == 1 else ""


_DESCRIBED = f"?graph ?property ?value VALUES ?property {{ {VERSION} {TRIPLES} }}"
_ANY = "ASK { ?s ?p ?o }"
_EVIDENCE = f"ASK {{ ?fact <{RDF}subject> ?subject ; <{EVIDENCE}source> ?source }}"
