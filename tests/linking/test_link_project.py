"""Linking a project: sources against each other, earlier judgements, reviews by a person, the command line."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kg.cli import main
from kg.decisions.links import Links, read_links
from kg.linking.causes import LINKED_TO_ANOTHER, cause_of
from kg.linking.link_project import compare_entities, link_project, link_sources, read_linking_input
from kg.linking.link_store import read_unsure
from kg.linking.mentions import identifiers_of_address
from kg.linking.model import Classification, Credit, Mention, Veto, VetoReason
from kg.terms import entity_iri, to_curie
from tests.projects import SmallProject

OWN = """
source: encyclopedia
anora: {type: Film, label: Anora, year: 2024, director: sean-baker}
heat: {type: Film, label: Heat, year: 1995, director: michael-mann}
carmen: {type: Film, label: Carmen, year: 1983}
sean-baker: {type: Person, label: Sean Baker}
michael-mann: {type: Person, label: Michael Mann}
"""
ROWS = """
wd-q1,type,Film|wd-q1,label,Anora|wd-q1,year,2024|wd-q1,director,wd-q2|wd-q2,type,Person|wd-q2,label,"Baker, Sean"
wd-q3,type,Film|wd-q3,label,Heat|wd-q3,year,1995|wd-q3,director,wd-q4|wd-q4,type,Person|wd-q4,label,Michael Mann
wd-q5,type,Film|wd-q5,label,Carmen|wd-q5,year,1983|wd-q6,type,Film|wd-q6,label,Carmen|wd-q6,year,1983
wd-q7,type,Film|wd-q7,label,Parasite|wd-q7,year,2019|wd-q8,type,Film|wd-q8,label,Titane|wd-q8,year,2021
"""


@pytest.fixture
def linked(project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    project.write("data/films.yaml", OWN)
    rows = [row for row in ROWS.replace("\n", "|").split("|") if row]
    table = "subject,property,value,source,record\n" + "".join(f"{row},fan-site,{row.split(',')[0]}\n" for row in rows)
    project.write("data/imports/wikidata/facts.csv", table)
    return project


def kg(project: SmallProject, *words: str) -> int:
    return main([words[0], *words[1:], "--project", str(project.folder)])


def same_pairs(project: SmallProject) -> set[tuple[str, str]]:
    links = read_links(project.folder / "data/links.sssom.tsv", file="links.sssom.tsv").links
    return {(row.subject.value[30:], row.object.value[30:]) for row in links.judgements if row.same}


def test_an_entity_that_a_name_creates_does_not_stop_linking(linked: SmallProject) -> None:
    linked.write("data/more.yaml", "source: encyclopedia\nThe Last Ferry: {type: Film, director: Inês Carvalho}\n")
    assert kg(linked, "link") == 0


def test_a_name_whose_id_another_entity_has_stops_linking(linked: SmallProject) -> None:
    linked.write("data/more.yaml", "source: encyclopedia\nferry: {type: Film, label: F, director: Ada Lund}\n")
    linked.write("data/people.yaml", "source: encyclopedia\nada-lund: {type: Person, label: Another}\n")
    assert kg(linked, "link") == 2


def test_a_name_that_two_imports_have_is_one_person_once_they_are_linked(
    linked: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ("type,Person", "label,Sean Baker")
    table = "".join(f"oscars-sean-baker,{row},encyclopedia,1\n" for row in rows)
    table += "".join(f"oscars-anora,{row},encyclopedia,2\n" for row in ("type,Film", "label,Anora", "year,2024"))
    table += "oscars-anora,director,oscars-sean-baker,encyclopedia,2\n"
    linked.write("data/imports/oscars/facts.csv", f"subject,property,value,source,record\n{table}")
    people = [line for line in OWN.splitlines() if not line.startswith("sean-baker")]
    linked.write("data/films.yaml", "\n".join(people).replace("sean-baker", "Sean Baker") + "\n")
    imported = linked.folder / "data/imports/wikidata/facts.csv"
    imported.write_text(imported.read_text().replace('"Baker, Sean"', "Sean Baker"))
    assert kg(linked, "check") == 1
    assert "`kg link` finds out whether they are the same; or write an id: oscars-sean" in capsys.readouterr().out
    assert kg(linked, "link") == 0
    assert ("m/wd-q2", "m/oscars-sean-baker") in same_pairs(linked) or ("m/oscars-sean-baker", "m/wd-q2") in same_pairs(
        linked
    )
    assert kg(linked, "build") == 0
    capsys.readouterr()
    assert kg(linked, "why", "anora", "director", "Sean Baker") == 0


def test_films_are_linked_and_then_their_directors(linked: SmallProject) -> None:
    assert kg(linked, "link") == 0
    assert {
        ("m/wd-q1", "m/anora"),
        ("m/wd-q2", "m/sean-baker"),
        ("m/wd-q3", "m/heat"),
        ("m/wd-q4", "m/michael-mann"),
    } == (same_pairs(linked))


def test_people_whom_one_source_names_and_another_numbers_are_linked_by_their_films(project: SmallProject) -> None:
    def rows(source: str, *, director: str, label: str, is_number: bool) -> str:
        films = "".join(
            f"{source}-{n},{property},{value},{source},{n},\n"
            for n, title in enumerate(("Ugetsu", "Sansho the Bailiff", "Street of Shame", "Life of Oharu"), start=1)
            for property, value in {"type": "Film", "label": title, "year": 1950 + n, "director": director}.items()
        )
        return f"{films}{director},type,Person,{source},1,\n{director},label,{label},{source},1,{is_number or ''}\n"

    header = "subject,property,value,source,record,paraphrase\n"
    project.write("data/sources.yaml", "numbers: {title: Numbers}\nnames: {title: Names}\n")
    for source, text in (
        ("numbers", rows("numbers", director="wd-q8056", label="Q8056", is_number=True).replace("True", "true")),
        ("names", rows("names", director="names-mizoguchi", label="Kenji Mizoguchi", is_number=False)),
    ):
        project.write(f"data/imports/{source}/facts.csv", header + text)
    assert kg(project, "link") == 0
    assert len(same_pairs(project)) == 4
    (people,) = read_unsure(project.project)
    assert {people.left.id, people.right.id} == {"film:wd-q8056", "film:names-mizoguchi"}


def test_unsure_pairs_are_left_to_a_person(linked: SmallProject) -> None:
    kg(linked, "link")
    pairs = {(pair.left.id, pair.right.id) for pair in read_unsure(linked.project)}
    assert pairs == {("film:carmen", "film:wd-q5"), ("film:carmen", "film:wd-q6")}


def test_a_later_run_changes_no_judgement(linked: SmallProject) -> None:
    kg(linked, "link")
    file = linked.folder / "data/links.sssom.tsv"
    before = file.read_bytes()
    kg(linked, "link")
    assert file.read_bytes() == before


def test_a_pair_that_a_person_denied_is_never_linked(linked: SmallProject) -> None:
    text = "subject_id\tpredicate_id\tpredicate_modifier\tobject_id\tmapping_justification\n"
    row = "film:anora\tskos:exactMatch\tNot\tfilm:wd-q1\tsemapv:MappingReview\n"
    linked.write("data/links.sssom.tsv", text + row)
    kg(linked, "link")
    assert ("m/wd-q1", "m/anora") not in same_pairs(linked)
    assert (linked.folder / "data/links.sssom.tsv").read_text().splitlines(keepends=True)[1] == row
    assert linked.build().ok


def test_linked_films_are_one_entity_in_the_graph(linked: SmallProject) -> None:
    kg(linked, "link")
    graph = linked.open()
    answer = graph.sparql("SELECT ?film { ?film film:director film:sean-baker }")
    assert [str(row["film"]) for row in answer] == ["Anora"]
    assert entity_iri("anora") == graph.entity("film:wd-q1")


def test_an_import_that_is_removed_links_nothing_any_more(
    linked: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    links = linked.folder / "data/links.sssom.tsv"
    header = "subject_id\tpredicate_id\tobject_id\tauthor_id\tmapping_tool\tpredicate_modifier\n"
    links.write_text(f"{header}film:wd-q7\tskos:exactMatch\tfilm:parasite\t{'orcid:1'}\t\t\n")
    before = linked.folder / "data/imports/wikidata/facts.csv"
    linked.write("data/imports/other/facts.csv", before.read_text().replace("wd-", "ot-").replace("fan-site", "other"))
    linked.write("data/sources.yaml", (linked.folder / "data/sources.yaml").read_text() + "other: {title: Other}\n")
    assert kg(linked, "link") == 0
    assert any("ot-q" in name for pair in same_pairs(linked) for name in pair)
    assert kg(linked, "import", "remove", "other") == 0
    assert "judgements of kg link on its entities" in capsys.readouterr().out
    assert not any("ot-q" in name for pair in same_pairs(linked) for name in pair)
    assert not any("ot-q" in pair.left.id + pair.right.id for pair in read_unsure(linked.project))
    assert ("m/wd-q7", "m/parasite") in same_pairs(linked), "what a person judged stays"
    assert kg(linked, "link") == 0
    assert ("m/wd-q1", "m/anora") in same_pairs(linked)


def test_a_dry_run_writes_nothing(linked: SmallProject) -> None:
    kg(linked, "link", "--dry-run")
    assert not (linked.folder / "data/links.sssom.tsv").exists()


def test_a_review_writes_each_judgement_at_once(
    linked: SmallProject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kg(linked, "link")
    monkeypatch.setattr("sys.stdin", io.StringIO("what?\nd\nSaura's, not Brook's\ns\n\n"))
    assert kg(linked, "link", "review", "--author", "orcid:0000-0002-1825-0097") == 0
    assert "2 judged, 0 left" in capsys.readouterr().err
    links = read_links(linked.folder / "data/links.sssom.tsv", file="links.sssom.tsv").links
    by_hand = [row for row in links.judgements if row.author]
    assert (by_hand[0].same, by_hand[0].comment) == (False, "Saura's, not Brook's")
    assert [row.same for row in by_hand] == [False, True]
    assert {row.date for row in by_hand} == {"2026-09-21"}


def test_a_review_requires_an_author(linked: SmallProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KG_AUTHOR", raising=False)
    kg(linked, "link")
    assert kg(linked, "link", "review") == 2


def test_a_pair_is_explained_feature_by_feature(linked: SmallProject, capsys: pytest.CaptureFixture[str]) -> None:
    assert kg(linked, "link", "why", "film:anora", "film:wd-q1", "--format", "json") == 0
    pair = json.loads(capsys.readouterr().out)
    assert {feature["name"] for feature in pair["features"]} == {"title", "same year", "people in common"}
    assert pair["confidence"] > 0.9


def test_a_pair_with_nothing_in_common_is_explained(linked: SmallProject) -> None:
    veto = compare_entities(linked.project, "film:anora", "film:wd-q8").veto
    assert veto == Veto(VetoReason.NOT_COMPARED)


def test_an_unknown_source_is_an_error_that_lists_the_known_ones(
    linked: SmallProject, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kg(linked, "link", "--between", "own", "wikdata") == 2
    assert "The sources are fan-site, own." in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong", [["--same", "2"], ["--same", "0.1", "--different", "0.5"], ["why", "film:anora"], ["x"]]
)
def test_a_wrong_call_is_an_error(linked: SmallProject, wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        sys.exit(kg(linked, "link", *wrong))
    assert capsys.readouterr().err


def test_pairs_are_counted_by_classification(linked: SmallProject) -> None:
    counts = link_project(linked.project).counts
    assert counts["own", "fan-site", "film", Classification.SAME] == 2
    assert counts["own", "fan-site", "film", Classification.UNSURE] == 2
    assert counts["own", "fan-site", "person", Classification.SAME] == 2


def test_a_wrong_identifier_does_not_link_two_films_through_a_third(linked: SmallProject, tmp_path: Path) -> None:
    with (linked.folder / "ontology/film.ttl").open("a", encoding="utf-8") as file:
        file.write(
            "film:imdbId a owl:DatatypeProperty ; rdfs:range xsd:string .\nfilm:description a owl:DatatypeProperty .\n"
        )
    table = "subject,property,value,source,record\n"
    rows = {
        "trade-paper": "tp-1,type,Film|tp-1,label,D-Day Remembered|tp-1,imdbId,tt0094416",
        "fan-site": "wd-q9,type,Film|wd-q9,label,American Experience|wd-q9,imdbId,tt0094416"
        "|wd-q9,description,PBS documentary television series",
    }
    for source, text in rows.items():
        linked.write(
            f"data/imports/{source}/facts.csv", table + "".join(f"{row},{source},r\n" for row in text.split("|"))
        )
    nameless = "im-1,type,Film,encyclopedia,r\nim-1,imdbId,tt0094416,encyclopedia,r\n"
    linked.write("data/imports/zz/facts.csv", table + nameless)
    kg(linked, "link")
    links = read_links(linked.folder / "data/links.sssom.tsv", file="links.sssom.tsv").links
    assert entity_iri("wd-q9") not in links.cluster_of.get(entity_iri("tp-1"), ())


def mention(id: str, *identifiers: str, year: int = 1995, name: str = "Heat") -> Mention:
    ids = frozenset(("imdbId", identifier) for identifier in identifiers)
    return Mention(f"film:{id}", (name,), years=(year,), identifiers=ids)


def clusters(*sources: list[Mention], links: Links | None = None) -> set[frozenset[str]]:
    """The names that linking the sources with each other makes one entity."""
    by_source = {f"source-{number}": side for number, side in enumerate(sources)}
    judged = link_sources(by_source, links or Links(), trust=lambda source: 0).judgements
    return {frozenset(to_curie(name.value) for name in cluster) for cluster in Links(judged).clusters}


def test_a_veto_holds_along_a_chain_of_links() -> None:
    chain = clusters([mention("a-1", "tt1")], [mention("b-1", "tt2")], [mention("c-1")])
    assert chain == {frozenset({"film:a-1", "film:c-1"})}


def test_two_entities_of_one_source_never_become_one_through_another() -> None:
    one_source = [mention("a-1", name="Heat"), mention("a-2", name="La Grande Illusion")]
    both_names = Mention("film:b-1", ("Heat", "La Grande Illusion"), years=(1995,))
    assert all(len({"film:a-1", "film:a-2"} & cluster) < 2 for cluster in clusters(one_source, [both_names]))


def test_a_pair_that_other_links_rule_out_states_what_it_would_join() -> None:
    sources = {"a": [mention("a-1", "tt1")], "b": [mention("b-1", "tt2")], "c": [mention("c-1")]}
    (pair,) = link_sources(sources, Links(), trust=lambda source: 0).unsure
    assert (pair.left.id, pair.right.id) == ("film:b-1", "film:c-1")
    assert str(pair.clash) == "would join film:b-1 and film:a-1, imdbId differs: tt2 and tt1"
    assert cause_of(pair) == LINKED_TO_ANOTHER
    assert pair.confidence > 0.9


def test_the_name_of_an_item_of_wikidata_is_an_identifier(linked: SmallProject) -> None:
    mentions = read_linking_input(linked.project).mentions["fan-site"]
    assert {("wikidataId", "Q1"), ("wikidataId", "Q2")} <= {pair for side in mentions for pair in side.identifiers}


def test_a_number_without_a_catalogue_is_no_identifier(linked: SmallProject) -> None:
    with (linked.folder / "ontology/film.ttl").open("a", encoding="utf-8") as file:
        file.write("film:identifier a owl:DatatypeProperty .\n")
        file.write("film:shelfId a owl:DatatypeProperty ; rdfs:subPropertyOf film:identifier .\n")
    rows = "wd-q1,identifier,7,fan-site,r\nwd-q1,shelfId,8,fan-site,r\n"
    linked.write("data/imports/more/facts.csv", f"subject,property,value,source,record\n{rows}")
    [anora] = [side for side in read_linking_input(linked.project).mentions["fan-site"] if side.id == "film:wd-q1"]
    assert anora.identifiers == {("wikidataId", "Q1"), ("shelfId", "8")}


def test_a_year_in_a_title_is_a_date(linked: SmallProject) -> None:
    linked.write("data/other.yaml", "source: encyclopedia\nflow: {type: Film, label: Flow (2024)}\n")
    [flow] = [side for side in read_linking_input(linked.project).mentions["own"] if side.id == "film:flow"]
    assert flow.years == (2024,)


def test_the_title_in_the_address_of_a_wikipedia_article_is_a_name(linked: SmallProject) -> None:
    article = "https://en.wikipedia.org/wiki"
    rows = {
        "wd-q20": ("Film", "Paisà", f"{article}/Paisan_(1946_film)"),
        "wd-q21": ("Film", "M", f"{article}/M_(1931_film)"),
        "wd-q22": ("Person", "Q22", f"{article}/John_Ford_(actor,_born_1950)"),
        "wd-q23": ("Film", "X", "https://example.org/wiki/Y"),
    }
    lines = [
        f'{name},{property},"{value}",fan-site,{name}\n'
        for name, values in rows.items()
        for property, value in zip(("type", "label", "wikipediaArticle"), values, strict=True)
    ]
    linked.write("data/imports/more/facts.csv", "subject,property,value,source,record\n" + "".join(lines))
    linked.write("data/imports/more/years.csv", "subject,property,value,source,record\nwd-q21,year,1932,fan-site,r\n")
    sides = {side.id: side for side in read_linking_input(linked.project).mentions["fan-site"]}
    assert sides["film:wd-q20"].names == ("Paisà", "Paisan")
    assert sides["film:wd-q20"].years == (1946,)
    assert sides["film:wd-q21"].names == ("M",)
    assert sides["film:wd-q21"].years == (1932,)
    assert (sides["film:wd-q22"].names, sides["film:wd-q22"].years) == (("Q22", "John Ford"), (1950,))
    assert sides["film:wd-q23"].names == ("X",)


def test_two_imports_of_one_catalogue_are_one_side(linked: SmallProject) -> None:
    table = "subject,property,value,source,record\n"
    rows = ("wd-q11,type,Film", "wd-q11,label,Heat", "wd-q11,year,1995", "wd-q1,year,2024")
    linked.write("data/imports/more/facts.csv", table + "".join(f"{row},trade-paper,r\n" for row in rows))
    linking = read_linking_input(linked.project)
    assert set(linking.mentions) == {"own", "fan-site"}
    assert linking.catalogue("trade-paper") == "fan-site"
    kg(linked, "link")
    assert all({"m/wd-q3", "m/wd-q11"} != set(pair) for pair in same_pairs(linked))


def test_a_source_whose_names_have_no_prefix_is_a_side_of_its_own(linked: SmallProject) -> None:
    names = ("the-piano", "taxi-driver", "il-posto", "la-strada", "heat-again")
    rows = "".join(f"{name},type,Film,trade-paper,r\n{name},label,{name},trade-paper,r\n" for name in names)
    linked.write("data/imports/more/facts.csv", "subject,property,value,source,record\n" + rows)
    assert {mention.id for mention in read_linking_input(linked.project).mentions["trade-paper"]} == {
        f"film:{name}" for name in names
    }


def test_the_most_confident_pair_of_all_sources_is_judged_first() -> None:
    credits = tuple(Credit(name, "director") for name in ("Michael Mann",))
    ours = Mention("film:a-1", ("Heat",), years=(1995,), credits=credits)
    unlike = Mention("film:b-1", ("Heat",), years=(1996,))
    alike = Mention("film:c-1", ("Heat",), years=(1995,), credits=credits, identifiers=frozenset({("imdbId", "tt1")}))
    other = replace(unlike, id="film:b-1", identifiers=frozenset({("imdbId", "tt2")}))
    assert clusters([ours], [other], [alike]) == {frozenset({"film:a-1", "film:c-1"})}


def test_an_address_that_contains_an_identifier_is_one() -> None:
    assert list(identifiers_of_address("http://www.wikidata.org/entity/Q132689")) == [("wikidataId", "Q132689")]
    assert list(identifiers_of_address("https://www.themoviedb.org/movie/389-12-angry-men")) == [("tmdbMovieId", "389")]
    assert list(identifiers_of_address("https://example.org/title/tt1")) == []


def table(project: SmallProject, source: str, rows: str) -> None:
    """An import of a new source, each row a subject, a property and a value."""
    sources = project.folder / "data/sources.yaml"
    project.write("data/sources.yaml", sources.read_text() + f"{source}: {{title: {source}}}\n")
    lines = [f"{row},{source},{row.split(',')[0]}\n" for row in rows.split("|")]
    project.write(f"data/imports/{source}/facts.csv", "subject,property,value,source,record\n" + "".join(lines))


def test_sources_whose_names_begin_alike_are_catalogues_of_their_own(project: SmallProject) -> None:
    films = "greatest-{0}-{0}-1,type,Film|greatest-{0}-{0}-1,label,Alien|greatest-{0}-person-x,type,Person"
    for source in ("scifi", "horror"):
        table(project, source, films.format(source))
    assert set(read_linking_input(project.project).mentions) == {"scifi", "horror"}


def test_agents_of_whom_no_narrower_class_is_known_are_linked_as_people(project: SmallProject) -> None:
    table(project, "archive", "a-1,type,Agent|a-1,label,Phil Noyce|a-2,type,Agent|a-2,type,Person|a-2,label,Bob Ellis")
    [mentions] = read_linking_input(project.project).mentions.values()
    assert {mention.name: mention.class_name for mention in mentions if mention.kind == "person"} == {
        "Phil Noyce": "Agent",
        "Bob Ellis": "Person",
    }


def test_a_key_that_an_import_made_a_label_is_no_alias_of_a_linked_film(linked: SmallProject) -> None:
    header = "subject,property,value,source,record,paraphrase\n"
    rows = ("type,Film,", "label,tt28607951,true", "year,2024,")
    lines = [f"imdb-1,{property},{value},fan-site,1,{made}" for property, value, made in (r.split(",") for r in rows)]
    linked.write("data/imports/imdb/facts.csv", header + "\n".join(lines) + "\n")
    links = linked.write(
        "data/links.sssom.tsv",
        "subject_id\tpredicate_id\tobject_id\nfilm:imdb-1\tskos:exactMatch\tfilm:anora\n",
    )
    names = "SELECT ?name { film:anora rdfs:label|film:alias|skos:altLabel ?name }"
    assert {str(row["name"]) for row in linked.open().sparql(names)} == {"Anora"}
    links.unlink()
    own = names.replace("anora", "imdb-1")
    assert {str(row["name"]) for row in linked.open().sparql(own)} == {"tt28607951"}
