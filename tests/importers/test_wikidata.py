"""Wikidata entities, made up where a test needs a certain shape, and the fixtures of other programs."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kg.facts.model import Rank
from kg.pipeline.build import check
from tests.importers.import_project import DATASETS, ImportProject


def item(name: str) -> dict[str, Any]:
    return {"type": "wikibase-entityid", "value": {"entity-type": "item", "id": name, "numeric-id": int(name[1:])}}


def text(words: str) -> dict[str, Any]:
    return {"type": "string", "value": words}


def day(time: str, precision: int = 11, calendar: str = "Q1985727") -> dict[str, Any]:
    model = f"http://www.wikidata.org/entity/{calendar}"
    return {"type": "time", "value": {"time": time, "precision": precision, "calendarmodel": model}}


def amount(number: str, unit: str = "1") -> dict[str, Any]:
    where = unit if unit == "1" else f"http://www.wikidata.org/entity/{unit}"
    return {"type": "quantity", "value": {"amount": number, "unit": where}}


def snak(property: str, value: dict[str, Any] | str) -> dict[str, Any]:
    if isinstance(value, str):
        return {"snaktype": value, "property": property}
    return {"snaktype": "value", "property": property, "datavalue": value}


def entity(name: str = "Q1", label: str = "Anora", **claims: Any) -> dict[str, Any]:
    """An entity with one statement for each value; a statement may be given whole."""
    claims.setdefault("P31", item("Q11424"))
    statements_by_property = {}
    for property, values in claims.items():
        statements = []
        for number, value in enumerate(values if isinstance(values, list) else [values]):
            whole = value if isinstance(value, dict) and "mainsnak" in value else {"mainsnak": snak(property, value)}
            id = f"{name}$0000{number}-{property}"
            statements.append({"rank": "normal", "type": "statement", "id": id} | whole)
        statements_by_property[property] = statements
    labels = {"en": {"language": "en", "value": label}} if label else {}
    return {
        "type": "item",
        "id": name,
        "labels": labels,
        "aliases": {},
        "descriptions": {},
        "claims": statements_by_property,
    }


def write(path: Path, *entities: dict[str, Any]) -> str:
    path.write_text("[\n" + ",\n".join(map(json.dumps, entities)) + "\n]\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    return tmp_path / "dump.json"


def test_a_film_and_its_director_are_imported(project: ImportProject, dump: Path) -> None:
    write(dump, entity(P57=item("Q2"), P345=text("tt28607951"), P2047=amount("+139", "Q7727")))
    assert project.run("wikidata", str(dump)) == 0
    assert project.values_of("wd-q1") == {
        ("rdf:type", "Film"),
        ("rdfs:label", "Anora"),
        ("wikidataId", "Q1"),
        ("imdbId", "tt28607951"),
        ("director", "wd-q2"),
        ("runningTime", "139"),
    }


def test_an_item_without_a_description_gets_a_class_and_its_number_as_label(project: ImportProject, dump: Path) -> None:
    write(dump, entity(P57=item("Q2")))
    project.run("wikidata", str(dump))
    assert project.values_of("wd-q2") == {("rdf:type", "Person"), ("rdfs:label", "Q2"), ("wikidataId", "Q2")}


def test_a_cast_member_with_a_character_is_a_credit(project: ImportProject, dump: Path) -> None:
    played = {"mainsnak": snak("P161", item("Q2")), "qualifiers": {"P4633": [snak("P4633", text("Ani"))]}}
    write(dump, entity(P161=[played, item("Q3")]))
    project.run("wikidata", str(dump))
    credit = "wd-q1.castCredit.00000-p161"
    assert {("castCredit", credit), ("castMember", "wd-q3")} <= project.values_of("wd-q1")
    assert project.values_of(credit) == {("agent", "wd-q2"), ("character", "wd-q1.character.ani")}
    assert ("characterIn", "wd-q1") in project.values_of("wd-q1.character.ani")


def test_ranks_are_kept_and_a_deprecated_statement_has_its_reason(project: ImportProject, dump: Path) -> None:
    wrong = {"mainsnak": snak("P57", item("Q3")), "rank": "deprecated"}
    wrong["qualifiers"] = {"P2241": [snak("P2241", item("Q25895909"))]}
    write(dump, entity(P57=[{"mainsnak": snak("P57", item("Q2")), "rank": "preferred"}, wrong]))
    project.run("wikidata", str(dump))
    ranks = {fact.rank: fact.because for fact in project.facts() if fact.property.value.endswith("/director")}
    assert ranks == {Rank.PREFERRED: "", Rank.DEPRECATED: "deprecated in Wikidata: Q25895909"}


def test_the_references_of_a_statement_are_in_its_record(project: ImportProject, dump: Path) -> None:
    reference = {"P248": [snak("P248", item("Q37312"))], "P813": [snak("P813", day("+2024-10-20T00:00:00Z"))]}
    write(dump, entity(P57={"mainsnak": snak("P57", item("Q2")), "references": [{"snaks": reference}]}))
    project.run("wikidata", str(dump))
    evidence = next(fact.evidence for fact in project.facts() if fact.property.value.endswith("/director"))
    assert evidence.record == "Q1$00000-P57 stated-in:Q37312"
    assert evidence.retrieved == "2024-10-20"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (day("+2024-10-18T00:00:00Z"), "2024-10-18"),
        (day("+2024-10-00T00:00:00Z", 10), "2024-10"),
        (day("+2024-00-00T00:00:00Z", 9), "2024"),
        (day("+1970-00-00T00:00:00Z", 8), "197X"),
        (day("+1900-00-00T00:00:00Z", 7), None),
        (day("-0044-03-15T00:00:00Z"), None),
        (day("+2024-02-31T00:00:00Z"), None),
        ("somevalue", None),
        ("novalue", None),
    ],
)
def test_dates_keep_their_precision(project: ImportProject, dump: Path, value: Any, expected: str | None) -> None:
    write(dump, entity(P31=item("Q5"), P569=value))
    project.run("wikidata", str(dump))
    assert {date for name, date in project.values_of("wd-q1") if name == "birthDate"} == (
        {expected} if expected else set()
    )


JULIAN_DAYS = [
    ("+1643-01-04T00:00:00Z", "1643-01-14", "1643-01-04 (Julian calendar)"),
    ("+1917-10-25T00:00:00Z", "1917-11-07", "1917-10-25 (Julian calendar)"),
    ("+1900-02-29T00:00:00Z", "1900-03-13", "1900-02-29 (Julian calendar)"),
]


@pytest.mark.parametrize(("time", "gregorian", "written"), JULIAN_DAYS)
def test_a_day_of_the_julian_calendar_is_converted_and_kept_as_written(
    project: ImportProject, dump: Path, time: str, gregorian: str, written: str
) -> None:
    write(dump, entity(P31=item("Q5"), P569=day(time, calendar="Q1985786")))
    project.run("wikidata", str(dump))
    assert [(fact.value.value, fact.written) for fact in project.facts() if fact.written] == [(gregorian, written)]


def test_one_day_in_two_calendars_is_one_value(project: ImportProject, dump: Path) -> None:
    born = entity(P31=item("Q5"), P569=day("+1898-01-10T00:00:00Z", calendar="Q1985786"))
    other = entity(P569=day("+1898-01-22T00:00:00Z"))["claims"]["P569"]
    born["claims"]["P569"] += [{**other[0], "id": "Q1$second"}]
    write(dump, born)
    project.run("wikidata", str(dump))
    assert {value for name, value in project.values_of("wd-q1") if name == "birthDate"} == {"1898-01-22"}
    assert check(project.folder).ok


@pytest.mark.parametrize("time", ["+0200-10-00T00:00:00Z", "+1900-02-30T00:00:00Z", "+1901-02-29T00:00:00Z"])
@pytest.mark.parametrize("calendar", ["Q1985727", "Q1985786"])
def test_an_impossible_day_is_counted_and_does_not_stop_the_build(
    project: ImportProject, dump: Path, time: str, calendar: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(dump, entity(P31=item("Q5"), P569=day(time, calendar=calendar)))
    project.run("wikidata", str(dump))
    assert "1  P569: not a day of the calendar" in capsys.readouterr().out
    assert not [value for name, value in project.values_of("wd-q1") if name == "birthDate"]
    assert check(project.folder).ok


def test_money_and_durations_have_their_units(project: ImportProject, dump: Path) -> None:
    write(dump, entity(P2130=amount("+6000000", "Q4917"), P2047=amount("+8340", "Q11574"), P2142=amount("+5", "Q999")))
    project.run("wikidata", str(dump))
    assert ("runningTime", "139") in project.values_of("wd-q1")
    assert project.values_of("wd-q1.budget.00000-p2130") == {("amount", "6000000"), ("currency", "USD")}
    assert not any(name == "boxOffice" for name, _ in project.values_of("wd-q1"))


def test_titles_in_other_languages_are_aliases(project: ImportProject, dump: Path) -> None:
    film = entity(label="The Bicycle Thieves")
    film["labels"]["de"] = {"language": "de", "value": "Fahrraddiebe"}
    film["labels"]["it"] = {"language": "it", "value": "Ladri di biciclette"}
    write(dump, film)
    project.run("wikidata", str(dump), "--languages", "en,de")
    assert {("rdfs:label", "The Bicycle Thieves"), ("skos:altLabel", "Fahrraddiebe")} <= project.values_of("wd-q1")
    assert "Ladri" not in project.table("wikidata").read_text(encoding="utf-8")


def test_facts_that_lead_to_a_redirect_lead_to_its_target(project: ImportProject, dump: Path) -> None:
    """A redirect of a dump has the number and the target; one may lead to another."""
    person = entity(P31=item("Q5")) | {"id": "Q2"}
    redirects = [{"entity": "Q8", "redirect": "Q9"}, {"entity": "Q9", "redirect": "Q2"}]
    others = [{"entity": "L1", "redirect": "L2"}, {"entity": "Q6", "redirect": "Q7"}]
    film = entity(P31=item("Q11424"), P57=item("Q8"), P58=item("Q6"))
    dump.write_text("\n".join(map(json.dumps, [film, *redirects, person, *others])), encoding="utf-8")
    assert project.run("wikidata", str(dump)) == 0
    assert ("director", "wd-q2") in project.values_of("wd-q1")
    assert {text for name, text in project.values_of("wd-q2") if name == "wikidataId"} == {"Q2", "Q8", "Q9"}
    assert {("wikidataId", "Q7"), ("rdfs:label", "Q7")} <= project.values_of("wd-q7")
    assert {fact.subject.value.rpartition("/")[2] for fact in project.facts()} == {"wd-q1", "wd-q2", "wd-q7"}


def test_an_item_that_was_redirected_keeps_its_old_number(project: ImportProject, tmp_path: Path) -> None:
    (tmp_path / "Q9.json").write_text(json.dumps({"entities": {"Q9": entity()}}), encoding="utf-8")
    project.run("wikidata", str(tmp_path / "Q9.json"))
    numbers = {fact.value.value: fact.because for fact in project.facts() if fact.property.value.endswith("wikidataId")}
    assert numbers == {"Q1": "", "Q9": "redirects to Q1"}


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_compressed_dumps_are_read(project: ImportProject, dump: Path, pack: Callable[[bytes], bytes]) -> None:
    write(dump, entity())
    dump.write_bytes(pack(dump.read_bytes()))
    assert project.run("wikidata", str(dump)) == 0
    assert ("rdfs:label", "Anora") in project.values_of("wd-q1")


@pytest.mark.parametrize("form", ["array", "lines", "one line", "one entity", "pretty"])
def test_every_form_of_the_json_is_read(project: ImportProject, dump: Path, form: str) -> None:
    films = [entity(), entity("Q2", "Tangerine")]
    texts = {
        "array": "[\n" + ",\n".join(map(json.dumps, films)) + "\n]",
        "lines": "\n".join(map(json.dumps, films)),
        "one line": json.dumps(films),
        "one entity": json.dumps(films[0]),
        "pretty": json.dumps({"entities": {film["id"]: film for film in films}}, indent=1),
    }
    dump.write_text(texts[form], encoding="utf-8")
    assert project.run("wikidata", str(dump)) == 0
    assert ("rdfs:label", "Anora") in project.values_of("wd-q1")


def test_a_truncated_archive_is_an_error_and_leaves_nothing(
    project: ImportProject, dump: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(dump, *(entity(f"Q{number}") for number in range(1, 2000)))
    dump.write_bytes(gzip.compress(dump.read_bytes())[:-2000])
    assert project.run("wikidata", str(dump)) == 2
    assert "truncated" in capsys.readouterr().err
    assert not list((project.folder / "data").rglob("*"))


def test_lines_that_are_not_entities_are_rejected(project: ImportProject, dump: Path) -> None:
    whole = json.dumps(entity())
    lines = [
        "[",
        whole + ",",
        '{"id": "Q7", "labels"',
        '{"id": "Q8", "claims": [{}]},',
        b"\xff".decode("latin-1"),
        "]",
    ]
    dump.write_text("\n".join(lines), encoding="latin-1")
    assert project.run("wikidata", str(dump)) == 0
    rejects = project.rejects("wikidata")
    assert [line.split(":")[1] for line in rejects.splitlines()] == ["3", "4", "5"]
    assert ("rdfs:label", "Anora") in project.values_of("wd-q1")


MALFORMED = [
    {"rank": "normal"},
    7,
    None,
    {"rank": "normal", "mainsnak": {"snaktype": "value"}},
    {"rank": "normal", "mainsnak": {"snaktype": "value", "datavalue": 7}},
    {"rank": "normal", "mainsnak": snak("P57", text("a")), "qualifiers": 7},
    {"rank": "normal", "mainsnak": snak("P57", text("a")), "references": 7},
]


@pytest.mark.parametrize("bad", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_statement_costs_itself_alone(
    project: ImportProject, dump: Path, bad: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    film = entity(P57=item("Q2"), P345=text("tt0111161"))
    for property in ("P31", "P57", "P345"):
        film["claims"][property].append(bad)
    write(dump, film)
    assert project.run("wikidata", str(dump)) == 0
    assert {("director", "wd-q2"), ("imdbId", "tt0111161"), ("rdfs:label", "Anora")} <= project.values_of("wd-q1")
    assert "left out: " in capsys.readouterr().out


def test_a_malformed_reference_costs_itself_alone(project: ImportProject, dump: Path) -> None:
    references = [7, {"snaks": 7}, {"snaks": {"P854": [snak("P854", text("https://a.example"))]}}]
    write(dump, entity(P345={"mainsnak": snak("P345", text("tt0111161")), "references": references}))
    project.run("wikidata", str(dump))
    [fact] = [fact for fact in project.facts() if fact.property.value.endswith("imdbId")]
    assert fact.evidence.record.endswith(" url:https://a.example")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999999999", "x", "", None, 7, []])
def test_a_number_that_is_none_is_counted(project: ImportProject, dump: Path, number: Any) -> None:
    write(dump, entity(P2130=amount(number, "Q4917"), P2047=amount(number, "Q7727"), P345=text("tt0111161")))
    assert project.run("wikidata", str(dump)) == 0
    assert ("imdbId", "tt0111161") in project.values_of("wd-q1")


def test_a_line_of_a_hundred_megabytes_is_rejected(project: ImportProject, dump: Path) -> None:
    with dump.open("w") as file:
        file.write("[\n" + json.dumps(entity()) + ",\n")
        for _ in range(100):
            file.write("x" * (1 << 20))
        file.write("\n" + json.dumps(entity("Q2")) + "\n]\n")
    assert project.run("wikidata", str(dump)) == 0
    assert project.rejects("wikidata") == "dump.json:3: the line is too long\n"
    assert project.values_of("wd-q2")


def test_the_same_files_give_the_same_bytes(project: ImportProject, dump: Path) -> None:
    write(dump, entity(P57=[item("Q2"), item("Q3")]), entity("Q2", "Sean Baker", P31=item("Q5")))
    project.run("wikidata", str(dump))
    sources = project.folder / "data" / "sources.yaml"
    first = project.table("wikidata").read_bytes(), sources.read_bytes()
    project.run("wikidata", str(dump))
    assert (project.table("wikidata").read_bytes(), sources.read_bytes()) == first


def test_a_dry_run_writes_nothing(project: ImportProject, dump: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(dump, entity())
    assert project.run("wikidata", str(dump), "--dry-run") == 0
    assert "3 facts about 1 entity would be written" in capsys.readouterr().out
    assert not list((project.folder / "data").rglob("*"))


def test_terms_that_are_not_in_the_mapping_are_counted(
    project: ImportProject, dump: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(dump, entity(P9999=[text("a"), text("b")]), entity("Q4", P31=item("Q99")))
    project.run("wikidata", str(dump), "--format", "json")
    summary = json.loads(capsys.readouterr().out)
    assert summary["unmapped"] == {"P9999": 2, "class Q99": 1}
    assert summary["skipped"] == {"items of classes that are not in the mapping": 1}


def test_the_fixtures_of_other_programs_give_a_valid_graph(project: ImportProject) -> None:
    assert project.run("wikidata", str(DATASETS / "wikidata_entities")) == 0
    assert ("rdfs:label", "Douglas Adams") in project.values_of("wd-q42")
    report = check(project.folder)
    assert report.ok, "\n".join(map(str, report))


@pytest.mark.parametrize("options", [[], ["--languages", "fr"]])
def test_an_item_that_has_only_a_name_for_all_languages_is_named(
    project: ImportProject, dump: Path, options: list[str]
) -> None:
    named = entity("Q1", label="") | {"labels": {"mul": {"language": "mul", "value": "Anora"}}}
    write(dump, named, entity("Q2", label="Other"))
    project.run("wikidata", str(dump), *options)
    assert ("rdfs:label", "Anora") in project.values_of("wd-q1")


def test_sitelinks_are_addresses_of_articles_in_the_wanted_languages(project: ImportProject, dump: Path) -> None:
    links = {
        "enwiki": {"site": "enwiki", "title": "The Card (1952 film)", "badges": []},
        "dewiki": {"site": "dewiki", "title": "Who's That Knocking?", "url": "https://elsewhere.example/"},
        "frwiki": {"site": "frwiki", "title": "Liste de films", "badges": ["Q70893996"]},
        "eswiki": {"site": "eswiki", "title": "  "},
        "itwiki": {"site": "itwiki", "title": "La carta"},
        "be_x_oldwiki": {"site": "be_x_oldwiki", "title": "Карта"},
        "commonswiki": {"site": "commonswiki", "title": "Category:The Card"},
        "enwikiquote": {"site": "enwikiquote", "title": "The Card"},
        "nowiki": "wrong",
    }
    write(dump, entity() | {"sitelinks": links}, entity("Q2") | {"sitelinks": []})
    assert project.run("wikidata", str(dump)) == 0
    articles = {value for property, value in project.values_of("wd-q1") if property == "wikipediaArticle"}
    assert articles == {
        "https://en.wikipedia.org/wiki/The_Card_(1952_film)",
        "https://de.wikipedia.org/wiki/Who%27s_That_Knocking%3F",
    }
    assert check(project.folder)
    assert project.run("wikidata", str(dump), "--languages", "*") == 0
    articles = {value for property, value in project.values_of("wd-q1") if property == "wikipediaArticle"}
    assert {
        "https://it.wikipedia.org/wiki/La_carta",
        "https://be-x-old.wikipedia.org/wiki/%D0%9A%D0%B0%D1%80%D1%82%D0%B0",
    } < articles
    assert len(articles) == 4
