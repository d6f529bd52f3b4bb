"""SPARQL answers, lists of prizes, and RDF in other vocabularies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg.importers.dataset_names import name_component, name_of_iri
from kg.pipeline.build import check
from tests.importers.import_project import DATASETS, ImportProject


def digest_of(text: str) -> str:
    return name_component(text).rpartition("-")[2]


WD = "http://www.wikidata.org/entity/"


@pytest.mark.parametrize("form", ["csv", "tsv", "json"])
def test_an_answer_about_films_is_imported(project: ImportProject, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"answer.{form}"
    row = {"item": WD + "Q1", "imdb": "tt28607951", "genre_id": WD + "Q2", "genre": 'comedy "drama"'}
    texts = {
        "csv": "item,imdb,genre_id,genre\n" + ",".join(value.replace('"', '""').join('""') for value in row.values()),
        "tsv": f'?item\t?imdb\t?genre_id\t?genre\n<{WD}Q1>\t"tt28607951"\t<{WD}Q2>\t"comedy \\"drama\\""@en',
        "json": json.dumps(
            {"head": {"vars": list(row)}, "results": {"bindings": [{name: {"value": row[name]} for name in row}]}}
        ),
    }
    path.write_text(texts[form] + "\n", encoding="utf-8")
    assert project.run("wikidata-results", str(path)) == 0
    expected = {("rdf:type", "Film"), ("wikidataId", "Q1"), ("imdbId", "tt28607951"), ("genre", "wd-q2")}
    assert project.values_of("wd-q1") == expected
    assert ("rdfs:label", 'comedy "drama"') in project.values_of("wd-q2")


def test_a_solution_that_is_none_is_rejected_by_itself(project: ImportProject, tmp_path: Path) -> None:
    good = [{"item": {"value": WD + name}} for name in ("Q1", "Q2")]
    bindings = [good[0], 7, {"item": "x"}, {"item": None}, good[1]]
    answer = {"head": {"vars": ["item"]}, "results": {"bindings": bindings}}
    (tmp_path / "answer.json").write_text(json.dumps(answer), encoding="utf-8")
    assert project.run("wikidata-results", str(tmp_path / "answer.json")) == 0
    assert len(project.rejects("wikidata-results").splitlines()) == 3
    assert project.values_of("wd-q1")
    assert project.values_of("wd-q2")


def test_a_country_used_as_a_studio_gives_no_contradiction(project: ImportProject, tmp_path: Path) -> None:
    (tmp_path / "origin.csv").write_text(f"item,originid,origin\n{WD}Q1,{WD}Q145,UK\n{WD}Q2,{WD}Q145,UK\n")
    (tmp_path / "studio.csv").write_text(f"item,prodid,production\n{WD}Q3,{WD}Q145,UK\n")
    assert project.run("wikidata-results", str(tmp_path)) == 0
    assert project.values_of("wd-q145") == {
        ("rdf:type", "Place"),
        ("kind", "country"),
        ("wikidataId", "Q145"),
        ("rdfs:label", "UK"),
    }
    used = next(fact for fact in project.facts() if fact.property.value.endswith("productionCompany"))
    assert (used.rank, used.because) == (
        "deprecated",
        "used as Organisation here, but it is a Country elsewhere in the same source",
    )


def test_an_episode_is_not_a_film_and_an_item_without_a_class_is(project: ImportProject, tmp_path: Path) -> None:
    kinds = f"{WD}Q1,{WD}Q21191270\n{WD}Q2,{WD}Q24862\n{WD}Q2,{WD}Q11424\n{WD}Q3,{WD}Q219557\n"
    (tmp_path / "kinds.csv").write_text("item,mediaid\n" + kinds)
    (tmp_path / "labels.csv").write_text(f"item,itemLabel\n{WD}Q1,Sorry Baby\n{WD}Q3,Wings\n")
    assert project.run("wikidata-results", str(tmp_path)) == 0
    names = ("wd-q1", "wd-q2", "wd-q3")
    classes = {name: {value for values, value in project.values_of(name) if values == "rdf:type"} for name in names}
    assert classes == {"wd-q1": {"Work"}, "wd-q2": {"ShortFilm", "Film"}, "wd-q3": {"Film"}}


def test_the_articles_of_an_answer_are_facts_where_there_are_some(project: ImportProject, tmp_path: Path) -> None:
    article = "https://en.wikipedia.org/wiki/Paisan"
    (tmp_path / "answer.csv").write_text(f"item,itemLabel,article\n{WD}Q1,Paisà,{article}\n{WD}Q2,Heat,NA\n", "utf-8")
    assert project.run("wikidata-results", str(tmp_path / "answer.csv")) == 0
    assert ("wikipediaArticle", article) in project.values_of("wd-q1")
    assert "wikipediaArticle" not in {property for property, _ in project.values_of("wd-q2")}
    assert ("rdfs:label", "Heat") in project.values_of("wd-q2")


def test_a_project_of_an_earlier_version_imports_without_articles(project: ImportProject, tmp_path: Path) -> None:
    core = project.folder / "ontology/core.ttl"
    core.write_text(core.read_text("utf-8").replace("film:wikipediaArticle a", "film:formerProperty a"), "utf-8")
    (tmp_path / "answer.csv").write_text(f"item,itemLabel,article\n{WD}Q1,Heat,https://en.wikipedia.org/wiki/Heat\n")
    assert project.run("wikidata-results", str(tmp_path / "answer.csv")) == 0
    assert ("rdfs:label", "Heat") in project.values_of("wd-q1")


def test_an_answer_without_items_is_an_error(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "answer.csv").write_text("count\n12\n", encoding="utf-8")
    assert project.run("wikidata-results", str(tmp_path / "answer.csv")) == 2
    assert "no column of items" in capsys.readouterr().err


def test_every_film_of_a_table_of_results_is_imported(project: ImportProject) -> None:
    table = DATASETS / "wikidata_films_2024/Film.Basics.csv"
    assert project.run("wikidata-results", str(table)) == 0
    films = {line.partition(",")[0] for line in table.read_text(encoding="utf-8").splitlines()[1:]}
    assert len({fact.subject for fact in project.facts()}) == len(films)


AWARDS = """\
# Cannes Film Festival
'2024':  # https://www.imdb.com/event/ev0000147/2024/1/
  palme d'or:
    palme d'or:
      nominee: [tt28607951, tt1, tt29623480]
      winner: [tt28607951]
'2027': {}
"""


def test_a_list_of_prizes_gives_nominations_and_wins(project: ImportProject, tmp_path: Path) -> None:
    (tmp_path / "ev0000147.yml").write_text(AWARDS, encoding="utf-8")
    assert project.run("imdb-awards", str(tmp_path / "ev0000147.yml")) == 0
    values = project.values_of("imdb-tt28607951")
    assert {name for name, _ in values} == {"rdf:type", "rdfs:label", "imdbId", "recognition"}
    assert ("rdfs:label", "tt28607951") in values
    assert project.values_of(dict(values)["recognition"]) == {
        ("outcome", "nominated"),
        ("outcome", "won"),
        ("award", "imdb-ev0000147-palme-d-or-" + digest_of("palme d'or")),
        ("edition", "imdb-ev0000147-2024"),
        ("forWork", "imdb-tt28607951"),
    }
    assert ("rdfs:label", "Cannes Film Festival 2024") in project.values_of("imdb-ev0000147-2024")
    assert project.rejects("imdb-awards").startswith("ev0000147.yml:5: ")
    assert "'tt1' is not a title's number" in project.rejects("imdb-awards")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &a [tt1]\nb: *a\n", "aliases"),
        ("'2024': " + "[" * 5000, "nested deeper"),
        ("'2024': " + "{a: " * 5000, "nested deeper"),
        ("'2024': {a: !!python/object:os.system x}\n", "tags"),
        ("'2024': {a\n", "not YAML"),
        ("- tt28607951\n", "not an award list"),
        ("\xff\xfe", "not UTF-8"),
    ],
)
def test_a_hostile_list_is_refused(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    (tmp_path / "ev0000147.yml").write_bytes(text.encode("latin-1"))
    assert project.run("imdb-awards", str(tmp_path / "ev0000147.yml")) == 2
    assert message in capsys.readouterr().err
    assert not (project.folder / "data" / "imports").exists()


def test_a_list_that_cannot_be_read_is_rejected_by_itself(project: ImportProject, tmp_path: Path) -> None:
    (tmp_path / "ev0000147.yml").write_text(AWARDS, encoding="utf-8")
    (tmp_path / "ev0000148.yml").write_text("a: {b\n", encoding="utf-8")
    assert project.run("imdb-awards", str(tmp_path)) == 0
    assert "ev0000148.yml:1: not YAML" in project.rejects("imdb-awards")
    assert project.facts()


def test_nodes_of_the_wrong_kind_are_rejected_with_their_lines(project: ImportProject, tmp_path: Path) -> None:
    odd = "'2023': 5\n'20x4': {}\n'2022':\n  a:\n    b: {nominee: 5, winner: {a: b}, jury: [tt1]}\n    ? [c]\n    : d\n"
    (tmp_path / "ev0000147.yml").write_text(AWARDS + odd, encoding="utf-8")
    assert project.run("imdb-awards", str(tmp_path / "ev0000147.yml")) == 0
    assert [line.split(":")[1] for line in project.rejects("imdb-awards").splitlines()] == [
        "5",
        "8",
        "9",
        "12",
        "12",
        "13",
    ]


TURTLE = """\
@prefix schema: <http://schema.org/> .
@prefix wd: <http://www.wikidata.org/entity/> .
<http://films.example/Anora> a schema:Movie ; schema:name "Anora"@en, "Anora"@de ; schema:duration "PT2H19M" ;
    schema:director [ a schema:Person ; schema:name "Sean Baker" ] ; schema:countryOfOrigin wd:Q30 ;
    schema:datePublished "2024-10-18T00:00:00Z" ; schema:keywords "New York" .
"""


def test_schema_org_is_imported_by_the_crosswalk(project: ImportProject, tmp_path: Path) -> None:
    (tmp_path / "films.ttl").write_text(TURTLE, encoding="utf-8")
    assert project.run("rdf", str(tmp_path / "films.ttl")) == 0
    values = dict(project.values_of(name_of_iri("films", "Anora", "http://films.example/Anora")))
    assert values["rdfs:label"] == "Anora"
    assert (values["runningTime"], values["date"], values["countryOfOrigin"]) == ("139", "2024-10-18", "wd-q30")
    assert ("rdfs:label", "Sean Baker") in project.values_of(values["director"])
    assert ("wikidataId", "Q30") in project.values_of("wd-q30")


@pytest.mark.parametrize(
    ("their_class", "class_name", "kind"),
    [
        ("https://schema.org/City", "Place", "city"),
        ("http://schema.org/Country", "Place", "country"),
        ("https://schema.org/MusicGroup", "Organisation", "band"),
        ("https://schema.org/Book", "Work", "book"),
        ("http://www.wikidata.org/entity/Q515", "Place", "city"),
        ("http://www.wikidata.org/entity/Q783794", "Organisation", "company"),
        ("http://www.wikidata.org/entity/Q220505", "EventSeries", "festival"),
        ("http://www.wikidata.org/entity/Q4504495", "Edition", "ceremony"),
        ("http://dbpedia.org/ontology/FilmFestival", "EventSeries", "festival"),
    ],
)
def test_a_class_of_others_may_be_a_class_of_ours_with_a_kind(
    project: ImportProject, tmp_path: Path, their_class: str, class_name: str, kind: str
) -> None:
    line = f"<http://places.example/X> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{their_class}> .\n"
    (tmp_path / "places.nt").write_text(line, encoding="utf-8")
    assert project.run("rdf", str(tmp_path / "places.nt")) == 0
    assert project.values_of(name_of_iri("places", "X", "http://places.example/X")) == {
        ("rdf:type", class_name),
        ("kind", kind),
    }


def test_a_node_of_which_only_the_name_is_known_is_left_out(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = '<http://films.example/7> a schema:Offer ; schema:name "Anora" .\n'
    named = '<http://films.example/8> schema:name "Lot 8" . <http://films.example/Anora> schema:director <8> .\n'
    (tmp_path / "films.ttl").write_text(f"@base <http://films.example/> .\n{TURTLE}{other}{named}", encoding="utf-8")
    assert project.run("rdf", str(tmp_path / "films.ttl")) == 0
    assert "names of nodes of which the mapping has neither" in capsys.readouterr().out
    assert project.values_of(name_of_iri("films", "7", "http://films.example/7")) == set()
    assert ("rdfs:label", "Lot 8") in project.values_of(name_of_iri("films", "8", "http://films.example/8"))


def test_lines_of_rdf_that_do_not_parse_are_rejected(project: ImportProject) -> None:
    assert project.run("rdf", str(DATASETS / "dbpedia_films/films.nt"), "--source", "dbpedia") == 0
    assert len(project.rejects("dbpedia").splitlines()) == 6
    assert ("rdfs:label", "Memento") in project.values_of("dbpedia-memento-film-" + digest_of("Memento (film)"))


def test_a_rating_without_aggregator_and_a_review_without_claim_are_left_out(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opinions = (
        "<http://films.example/Anora> schema:aggregateRating [ a schema:AggregateRating ; schema:ratingValue 8.5 ] ;"
        ' schema:review [ a schema:Review ; schema:reviewBody "Good" ; schema:author [ schema:name "Ann" ] ] .\n'
    )
    (tmp_path / "films.ttl").write_text(TURTLE + opinions, encoding="utf-8")
    assert project.run("rdf", str(tmp_path / "films.ttl")) == 0
    shown = capsys.readouterr().out
    assert "Rating without givenBy, scale" in shown
    assert "Review without about, claim" in shown
    assert check(project.folder).ok


def test_rdf_that_does_not_parse_is_an_error(
    project: ImportProject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "films.ttl").write_text("<a> <b> .\n", encoding="utf-8")
    assert project.run("rdf", str(tmp_path / "films.ttl")) == 2
    assert "films.ttl:1" in capsys.readouterr().err


def test_the_films_of_dmaog_need_a_mapping_of_a_few_terms(project: ImportProject, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text('names: {"http://example.com/": wd}\nproperties: {"http://example.com/screenwritter": writer}\n')
    films = DATASETS / "dmaog_films/films.ttl"
    assert project.run("rdf", str(films), "--mapping", str(own)) == 0
    assert {("rdf:type", "Film"), ("rdfs:label", "Tove")} <= project.values_of("wd-q96628864")
