"""RDF in other words: Wikidata with full statements, DBpedia, FIAFcore."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest

from kg.cli import main
from kg.decisions.links import read_project_links
from kg.importers.rdf import _to_minutes
from kg.pipeline.build import check
from kg.terms import LABEL, to_curie
from tests.importers.import_project import ImportProject


@pytest.fixture
def statements() -> Path:
    return Path(__file__).with_name("anora-statements.ttl")


def test_a_statement_of_wikidata_keeps_rank_qualifiers_and_all_references(
    project: ImportProject, statements: Path
) -> None:
    assert project.run("rdf", str(statements), "--source", "wikidata") == 0
    credit = next(fact for fact in project.facts() if fact.property.value.endswith("castCredit"))
    assert credit.rank == "preferred"
    assert credit.evidence.record == (
        "Q104123$C1 stated-in:Q37312 url:https://a.example/b url:https://c.example/ imported-from:Q328"
    )
    assert credit.evidence.retrieved == "2024-11-01"
    assert project.values_of("wd-q104123.castCredit.c1") == {
        ("agent", "wd-q2"),
        ("character", "wd-q104123.character.ani"),
    }
    deprecated = next(fact for fact in project.facts() if fact.rank == "deprecated")
    assert deprecated.because == "deprecated in Wikidata: Q5"
    report = check(project.folder)
    assert report.ok, "\n".join(map(str, report))


def test_dates_have_the_precision_and_calendar_of_their_value_nodes(project: ImportProject, statements: Path) -> None:
    project.run("rdf", str(statements), "--source", "wikidata")
    assert project.values_of("wd-q104123.release.d1") == {("date", "2024-10"), ("territory", "wd-q30")}
    julian = next(fact for fact in project.facts() if fact.written)
    assert (julian.value.value, julian.written) == ("1914-01-14", "1914-01-01 (Julian calendar)")
    assert ("birthDate", "1999") in project.values_of("wd-q2")


def test_amounts_and_durations_have_their_units(project: ImportProject, statements: Path) -> None:
    project.run("rdf", str(statements), "--source", "wikidata")
    assert ("runningTime", "139") in project.values_of("wd-q104123")
    assert project.values_of("wd-q104123.budget.g1") == {("amount", "6000000.0"), ("currency", "USD")}


def test_unknown_and_absent_values_are_counted(
    project: ImportProject, statements: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.run("rdf", str(statements), "--source", "wikidata")
    output = capsys.readouterr().out
    assert "1  unknown values" in output
    assert "1  statements that there is no value" in output
    assert not [value for name, value in project.values_of("wd-q104123") if name in ("writer", "follows")]


DBPEDIA = """\
M <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://dbpedia.org/ontology/Film> .
M <http://www.w3.org/2000/01/rdf-schema#label> "Memento"@en .
M <http://dbpedia.org/ontology/budget> "9.0E6"^^<http://dbpedia.org/datatype/usDollar> .
M <http://dbpedia.org/ontology/gross> "40000000" .
M <http://dbpedia.org/ontology/runtime> "6780.0"^^<http://www.w3.org/2001/XMLSchema#double> .
"""


def test_an_amount_of_dbpedia_has_the_currency_of_its_datatype(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "memento.nt").write_text(DBPEDIA.replace("M <", "<http://dbpedia.org/resource/Memento> <"), "utf-8")
    assert project.run("rdf", str(tmp_path / "memento.nt"), "--source", "dbpedia") == 0
    assert ("runningTime", "113") in project.values_of("dbpedia-memento")
    assert project.values_of("dbpedia-memento.budget.9000000") == {("amount", "9000000"), ("currency", "USD")}
    assert "an amount without a known currency" in capsys.readouterr().out


DURATIONS = [
    ("PT2H19M", "139"),
    ("139", "139"),
    ("139.0", "139"),
    ("P3M", None),
    ("12.5", None),
    ("0", None),
    ("139 min", None),
]


@pytest.mark.parametrize(("text", "minutes"), DURATIONS)
def test_a_duration_is_read_in_full_or_left_out(text: str, minutes: str | None) -> None:
    assert _to_minutes(text, in_seconds=False) == minutes


LINKED = """\
<https://cat.example/film/1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://schema.org/Movie> .
<https://cat.example/film/1> <http://schema.org/name> "Yojimbo" .
<https://cat.example/film/1> <http://schema.org/sameAs> <https://m.imdb.com/title/tt0055630/?ref_=fn> .
<https://cat.example/film/1> <http://schema.org/sameAs> <https://www.themoviedb.org/movie/11878-yojimbo> .
<https://cat.example/film/1> <http://schema.org/sameAs> <https://www.wikidata.org/wiki/Q20475> .
<https://cat.example/film/1> <http://www.w3.org/2002/07/owl#sameAs> <http://dbpedia.org/resource/Yojimbo> .
<https://cat.example/review/1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://x.example/Review> .
<https://cat.example/review/1> <http://schema.org/name> "Yojimbo" .
<https://cat.example/review/1> <http://schema.org/datePublished> "1961-05-01" .
"""


@pytest.mark.parametrize("packed", ["", ".gz", ".bz2"])
def test_addresses_of_known_datasets_are_identifiers_and_other_names_are_links(
    project: ImportProject, tmp_path: Path, packed: str
) -> None:
    text = LINKED.encode()
    content = {"": text, ".gz": gzip.compress(text), ".bz2": bz2.compress(text)}[packed]
    (tmp_path / f"cat.nt{packed}").write_bytes(content)
    assert project.run("rdf", str(tmp_path / f"cat.nt{packed}"), "--source", "cat") == 0
    (film,) = {to_curie(fact.subject.value).removeprefix("film:") for fact in project.facts()}
    assert project.values_of(film) == {
        ("rdf:type", "Film"),
        ("rdfs:label", "Yojimbo"),
        ("imdbId", "tt0055630"),
        ("tmdbMovieId", "11878"),
        ("wikidataId", "Q20475"),
    }
    (judgement,) = read_project_links(project.folder / "data").links.judgements
    assert {to_curie(name.value) for name in judgement.names} == {f"film:{film}", "film:dbpedia-yojimbo"}


MOVIE = "<{iri}> a <https://schema.org/Movie> ; <https://schema.org/name> {name} .\n"
SAME = "<https://b.example/9> <http://www.w3.org/2002/07/owl#sameAs> <https://a.example/1> .\n"


@pytest.mark.parametrize("order", ["ab", "ba", "abc", "cba", "cab"])
def test_same_as_links_entities_of_two_imports_in_whatever_order_they_come(
    project: ImportProject, tmp_path: Path, order: str, capsys: pytest.CaptureFixture[str]
) -> None:
    a = MOVIE.format(iri="https://a.example/1", name='"Ugetsu"')
    b = MOVIE.format(iri="https://b.example/9", name='"Tales of Moonlight"')
    texts = {"a": a, "b": b, "c": SAME} if "c" in order else {"a": a, "b": b + SAME}
    for source in order:
        (tmp_path / f"{source}.ttl").write_text(texts[source])
        assert project.run("rdf", str(tmp_path / f"{source}.ttl")) == 0
    summaries = capsys.readouterr().out
    assert "1 link to IRIs of other datasets" in summaries
    assert ("of which 1 applies" if order in ("ab", "abc") else "of which 0 apply") in summaries
    (cluster,) = read_project_links(project.folder / "data").links.clusters
    assert {to_curie(name.value)[:9] for name in cluster} == {"film:a-1-", "film:b-9-"}
    assert project.run("remove", "a") == 0
    assert not read_project_links(project.folder / "data").links


def test_an_iri_that_two_imports_describe_is_one_entity_for_linking(project: ImportProject, tmp_path: Path) -> None:
    for source, name in (("a", "Ugetsu"), ("b", "Tales of Moonlight")):
        (tmp_path / f"{source}.ttl").write_text(MOVIE.format(iri="https://a.example/1", name=f'"{name}"'))
        assert project.run("rdf", str(tmp_path / f"{source}.ttl")) == 0
    assert main(["link", "--project", str(project.folder)]) == 0
    (judgement,) = read_project_links(project.folder / "data").links.judgements
    assert judgement.same


@pytest.mark.parametrize(
    ("iri", "identifier"),
    [
        ("https://www.imdb.com/title/tt0055630/", ("imdbId", "tt0055630")),
        ("https://www.themoviedb.org/movie/11878", ("tmdbMovieId", "11878")),
        ("http://www.wikidata.org/entity/Q20475", ("wikidataId", "Q20475")),
    ],
)
def test_the_iri_of_an_entity_is_its_identifier_in_the_dataset_of_the_iri(
    project: ImportProject, tmp_path: Path, iri: str, identifier: tuple[str, str]
) -> None:
    (tmp_path / "a.ttl").write_text(MOVIE.format(iri=iri, name='"Yojimbo"'))
    assert project.run("rdf", str(tmp_path / "a.ttl")) == 0
    (film,) = {to_curie(fact.subject.value).removeprefix("film:") for fact in project.facts()}
    assert project.values_of(film) == {("rdf:type", "Film"), ("rdfs:label", "Yojimbo"), identifier}


def test_the_last_part_of_an_iri_is_a_label_but_no_name_of_the_dataset(project: ImportProject, tmp_path: Path) -> None:
    director = "<https://a.example/1> <https://schema.org/director> <https://a.example/person/nm7> .\n"
    (tmp_path / "a.ttl").write_text(MOVIE.format(iri="https://a.example/1", name='"Ugetsu"') + director)
    assert project.run("rdf", str(tmp_path / "a.ttl")) == 0
    labels = {fact.value.value: fact.paraphrase for fact in project.facts() if fact.property == LABEL}
    assert labels == {"Ugetsu": False, "nm7": True}


def test_a_file_of_links_alone_is_imported_as_judgements(project: ImportProject, tmp_path: Path) -> None:
    (tmp_path / "links.nt").write_text(
        "<http://dbpedia.org/resource/Anora> <http://www.w3.org/2002/07/owl#sameAs>"
        " <http://www.wikidata.org/entity/Q1> .\n"
    )
    assert project.run("rdf", str(tmp_path / "links.nt")) == 0
    (judgement,) = read_project_links(project.folder / "data").links.judgements
    assert {to_curie(name.value) for name in judgement.names} == {"film:dbpedia-anora", "film:wd-q1"}


def test_null_in_a_mapping_leaves_a_term_out(project: ImportProject, tmp_path: Path) -> None:
    (tmp_path / "cat.nt").write_text(LINKED)
    (tmp_path / "mapping.yaml").write_text("properties:\n  https://schema.org/name: null\n")
    assert project.run("rdf", str(tmp_path / "cat.nt"), "--mapping", str(tmp_path / "mapping.yaml")) == 0
    assert not [fact for fact in project.facts() if fact.value.value == "Yojimbo"]


def test_the_format_of_a_file_can_be_named(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = '<http://dbpedia.org/resource/Memento> a <http://dbpedia.org/ontology/Film> ; rdfs:label "Memento"@en .'
    path = tmp_path / "dump.txt"
    path.write_text(f"@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n{film}", encoding="utf-8")
    assert project.run("rdf", str(path), "--source", "dbpedia") == 2
    assert "dump.txt does not end as RDF does; name its format with --input-format." in capsys.readouterr().err
    assert project.run("rdf", str(path), "--source", "dbpedia", "--input-format", "turtle") == 0
    assert ("rdfs:label", "Memento") in project.values_of("dbpedia-memento")


def test_pages_of_wikipedia_are_articles_in_either_direction(project: ImportProject, tmp_path: Path) -> None:
    (tmp_path / "films.ttl").write_text(
        """
        @prefix wd: <http://www.wikidata.org/entity/> . @prefix wdt: <http://www.wikidata.org/prop/direct/> .
        @prefix schema: <http://schema.org/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
        wd:Q1 wdt:P31 wd:Q11424 .
        <https://en.wikipedia.org/wiki/Heat> schema:about wd:Q1 .
        <https://example.org/1> a schema:Movie ; schema:name "Heat" ;
          schema:sameAs "https://de.wikipedia.org/wiki/Heat" ;
          foaf:isPrimaryTopicOf <http://fr.wikipedia.org/wiki/Heat>, <https://example.org/page>, "a page", [] .
        """
    )
    assert project.run("rdf", str(tmp_path / "films.ttl"), "--source", "films") == 0
    articles = {
        (to_curie(fact.subject.value), fact.value.value)
        for fact in project.facts()
        if fact.property.value.endswith("wikipediaArticle")
    }
    [film] = {subject for subject, _ in articles} - {"film:wd-q1"}
    assert articles == {
        ("film:wd-q1", "https://en.wikipedia.org/wiki/Heat"),
        (film, "https://de.wikipedia.org/wiki/Heat"),
        (film, "http://fr.wikipedia.org/wiki/Heat"),
    }


def test_producers_that_are_only_named_are_people_or_companies(project: ImportProject, tmp_path: Path) -> None:
    (tmp_path / "films.ttl").write_text(
        '@prefix s: <https://schema.org/> .\n<https://a.example/film/1> a s:Movie ; s:name "Alien" ;'
        ' s:producer <https://a.example/agent/9>, "Brandywine" ; s:contributor "H. R. Giger" .\n'
    )
    assert project.run("rdf", str(tmp_path / "films.ttl"), "--source", "films") == 0
    makers = [fact.value for fact in project.facts() if fact.property.value.endswith(("/producer", "/contributor"))]
    assert len(makers) == 3
    for maker in makers:
        assert ("rdf:type", "Agent") in project.values_of(to_curie(str(maker.value)).removeprefix("film:"))
