"""Files for the bulk loader of another store: every quad once, whatever the number of parts."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from kg.cli import main
from kg.errors import InputError
from kg.exports.rdf import read_quads
from kg.exports.store_files import (
    ASSERTED_GRAPH,
    DESCRIPTION,
    INFERRED_GRAPH,
    TRIPLES,
    VERSION,
    StoreFiles,
    write_store_files,
)
from kg.filmgraph import FilmGraph
from kg.terms import KNOWLEDGE
from tests.projects import SmallProject

FILMS = """\
source: encyclopedia
anora: {type: Film, label: Anora, title: "two\\nlines . ", director: sean-baker, website: "http://a.example/_:x"}
sean-baker: {type: Person, label: "_: Sean <Baker> ."}
"""
UNION = """
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
film:Film rdfs:subClassOf [ owl:unionOf ( film:Work film:Award ) ] .
"""


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> FilmGraph:
    project = SmallProject(tmp_path_factory.mktemp("films") / "project")
    project.write("data/films.yaml", FILMS)
    (ontology,) = project.project.ontology
    ontology.write_text(ontology.read_text(encoding="utf-8") + UNION, encoding="utf-8")
    return project.open()


def lines_of(written: StoreFiles) -> list[list[bytes]]:
    return [gzip.decompress(path.read_bytes()).splitlines(keepends=True) for path in written.files]


def in_default_graph(quad: Quad) -> str:
    """The quad as the build has it, without the names of its blank nodes."""
    is_known = quad.graph_name in (ASSERTED_GRAPH, INFERRED_GRAPH)
    terms = (quad.subject, quad.predicate, quad.object, KNOWLEDGE if is_known else quad.graph_name)
    return " ".join("_:" if str(term).startswith("_:") else str(term) for term in terms)


@pytest.mark.parametrize("parts", [1, 2, 7, 300])
def test_the_parts_have_every_quad_of_the_build_once(graph: FilmGraph, tmp_path: Path, parts: int) -> None:
    written = write_store_files(graph.build, tmp_path / "out", parts=parts)
    lines = [line for part in lines_of(written) for line in part]
    quads = list(parse(b"".join(lines), format=RdfFormat.N_QUADS))
    described = {quad.triple for quad in quads if quad.graph_name == DESCRIPTION}
    assert Counter(in_default_graph(quad) for quad in quads if quad.graph_name != DESCRIPTION) == Counter(
        map(in_default_graph, read_quads(graph.build, "all"))
    )
    counts = {t.subject: int(t.object.value) for t in described if t.predicate == TRIPLES}
    assert counts == {NamedNode(name): count for name, count in written.counts.items()}
    assert written.triples == len(lines) - len(described)
    assert [t.object.value for t in described if t.predicate == VERSION] == [graph.build.name]


def test_triples_with_a_blank_node_are_in_one_file(graph: FilmGraph, tmp_path: Path) -> None:
    first, *others = lines_of(write_store_files(graph.build, tmp_path / "out", parts=4))

    def has_blank_node(line: bytes) -> bool:
        return line.startswith(b"_:") or b"> _:" in line

    assert any(map(has_blank_node, first))
    assert not any(has_blank_node(line) for part in others for line in part)
    assert any(b"Sean <Baker>" in line for part in (first, *others) for line in part)


def test_the_same_build_gives_the_same_bytes(graph: FilmGraph, tmp_path: Path) -> None:
    written = [write_store_files(graph.build, tmp_path / name, parts=3) for name in ("a", "b")]
    first, second = ([path.read_bytes() for path in files.files] for files in written)
    assert first == second


def test_a_folder_with_other_files_is_not_replaced(graph: FilmGraph, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    with pytest.raises(InputError, match="has other files, such as letter"):
        write_store_files(graph.build, tmp_path, parts=2)
    assert (tmp_path / "letter.txt").exists()


def test_the_command_writes_the_files(graph: FilmGraph, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["export", "--project", str(graph.project.folder), "--split", "2"]
    assert main([*call, "--format", "nquads", "-o", str(tmp_path / "out")]) == 0
    assert "to 2 files in" in capsys.readouterr().err
    assert main([*call, "-o", str(tmp_path / "out")]) == 2
    assert "--split writes every graph as N-Quads" in capsys.readouterr().err
