"""Links to the same entities in other datasets: SSSOM, VoID, owl:sameAs and skos:exactMatch."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import rdflib

from kg.exports.link_formats import JUSTIFICATION
from kg.graph.record_store import RecordStore
from kg.mappings.linked_datasets import read_datasets
from kg.project import Project
from kg.schema import read_ontology
from tests.exports.films import ANORA, Films
from tests.importers.import_project import ROOT

JUDGEMENTS = """\
#curie_map:
#  film: https://w3id.org/filmgraph/film/
#  ours: https://films.example/
subject_id\tpredicate_id\tpredicate_modifier\tobject_id\tmapping_justification\tconfidence\tauthor_id\tother
film:anora\tskos:exactMatch\t\tours:anora\tsemapv:ManualMappingCuration\t1\torcid:0000-0001\tx
film:anora\tskos:exactMatch\tNot\tours:anora-1999\tsemapv:ManualMappingCuration\t1\torcid:0000-0001\t
film:anora\tskos:exactMatch\t\tsssom:NoTermFound\tsemapv:ManualMappingCuration\t1\torcid:0000-0001\t
"""
FILM, EXAMPLE = "https://w3id.org/filmgraph/film/", "https://films.example/"
ITEM = "http://www.wikidata.org/entity/Q115564437"
PAGE = "https://www.imdb.com/title/tt28607951"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Films:
    films = Films.at(tmp_path_factory.mktemp("films") / "project", anora=ANORA)
    films.write("data/links.sssom.tsv", JUDGEMENTS)
    return films


def links(films: Films, format: str) -> set[tuple[str, str, str]]:
    read = rdflib.Graph().parse(data=films.export(format), format="nt")
    return {
        (str(subject).removeprefix(FILM), str(predicate).rpartition("#")[2], str(object))
        for subject, predicate, object in read
    }


def test_identifiers_and_judgements_become_exact_matches(films: Films) -> None:
    exported = links(films, "exactmatch")
    assert {("anora", "exactMatch", ITEM), ("anora", "exactMatch", PAGE)} <= exported
    assert ("anora", "exactMatch", EXAMPLE + "anora") in exported
    assert not any(other.endswith(("1999", "NoTermFound")) for _, _, other in exported)


def test_a_page_about_a_film_is_not_the_film(films: Films) -> None:
    exported = links(films, "sameas")
    assert ("anora", "sameAs", ITEM) in exported
    assert PAGE not in {other for _, _, other in exported}


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader((line for line in text.splitlines() if line[0] != "#"), delimiter="\t"))


def test_sssom_has_a_row_for_each_link_and_the_judgements_unchanged(films: Films) -> None:
    text = films.export("sssom")
    rows = rows_of(text)
    row = next(row for row in rows if row["object_id"] == "imdb-titles:tt28607951")
    assert (row["subject_id"], row["subject_label"]) == ("film:anora", "Anora")
    assert row["mapping_justification"] == JUSTIFICATION
    assert row["comment"] == "the identifier is given by trade-paper"
    denied = next(row for row in rows if row["predicate_modifier"] == "Not")
    assert (denied["object_id"], denied["author_id"], denied["confidence"]) == (
        "ours:anora-1999",
        "orcid:0000-0001",
        "1",
    )
    assert next(row for row in rows if row["object_id"] == "ours:anora")["other"] == "x"
    assert "#  ours: https://films.example/\n" in text


def test_the_sources_of_many_links_are_read_at_once(films: Films, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = films.open()
    text = graph.export_text("sssom")
    assert "the identifier is given by trade-paper" in text

    def refuse(*_: object) -> None:
        raise AssertionError("a query for one link")

    monkeypatch.setattr(RecordStore, "facts", refuse)
    assert graph.export_text("sssom") == text


def test_every_prefix_of_a_mapping_is_declared(films: Films) -> None:
    text = films.export("sssom")
    declared = set(re.findall(r"^#  ([\w\-]+): ", text, re.MULTILINE))
    used = {
        row[name].partition(":")[0] for row in rows_of(text) for name in ("subject_id", "object_id", "predicate_id")
    }
    assert used <= declared


def test_a_linkset_counts_its_links(films: Films) -> None:
    read = rdflib.Graph().parse(data=films.export("void-linkset"), format="turtle")
    void = rdflib.Namespace("http://rdfs.org/ns/void#")
    linkset = rdflib.URIRef("https://w3id.org/filmgraph/linkset/wikidata-items")
    linked = [link for link in links(films, "sameas") if "wikidata.org" in link[2]]
    assert int(str(read.value(linkset, void.triples))) == len(linked)
    assert read.value(linkset, void.linkPredicate) == rdflib.SKOS.exactMatch
    assert (linkset, rdflib.RDF.type, void.Linkset) in read
    assert read.value(linkset, void.objectsTarget) == rdflib.URIRef(FILM + "wikidata-items")


ADDRESSES = [
    ("imdbId", "tt28607951", "https://www.imdb.com/title/tt28607951"),
    ("imdbId", "nm0048918", "https://www.imdb.com/name/nm0048918"),
    ("imdbId", "co0047476", "https://www.imdb.com/company/co0047476"),
    ("imdbId", "ev0000003", "https://www.imdb.com/event/ev0000003"),
    ("tmdbMovieId", "1064213", "https://www.themoviedb.org/movie/1064213"),
    ("letterboxdId", "anora", "https://letterboxd.com/film/anora"),
    ("rottenTomatoesId", "m/anora", "https://www.rottentomatoes.com/m/anora"),
    ("viafId", "113230702", "http://viaf.org/viaf/113230702"),
    ("eidrId", "10.5240/4A3B-E1E6-8D1E-7E2B-2E6C-R", "https://doi.org/10.5240/4A3B-E1E6-8D1E-7E2B-2E6C-R"),
    ("imdbId", "anora> <urn:x", ""),
    ("wikidataId", "Q1/../Q2", ""),
]


@pytest.mark.parametrize(("property", "identifier", "expected"), ADDRESSES)
def test_an_identifier_has_one_address_or_none(property: str, identifier: str, expected: str) -> None:
    datasets = read_datasets(read_ontology(Project(ROOT).ontology))
    addresses = (dataset.address(identifier) for dataset in datasets if dataset.property.value == FILM + property)
    assert [address.value for address in addresses if address is not None] == ([expected] if expected else [])


def test_nothing_is_inferred_from_links(films: Films, tmp_path: Path) -> None:
    """The links of *Anora* are exported, and are never asserted in the graph itself."""
    linked, alone = films.open(), Films.at(tmp_path / "alone", anora=ANORA).open()
    assert not linked.sparql(
        "ASK { { ?left owl:sameAs ?right } UNION { GRAPH ?any { ?left owl:sameAs ?right } } }"
    ).truth
    assert set(linked.triples()) == set(alone.triples())
