"""Names that fact files write instead of ids."""

from __future__ import annotations

import pytest

from kg.fixes.proposals import apply_fixes, propose_fixes
from kg.pipeline.build import check
from kg.reports import Severity
from tests.projects import ROOT, SmallProject, statement

FERRY = """\
    source: encyclopedia
    The Last Ferry:
      type: Film
      director: Inês Carvalho
"""


@pytest.fixture
def film_project(project: SmallProject) -> SmallProject:
    """A small project with the complete ontology."""
    for path in (ROOT / "ontology").glob("*.ttl"):
        project.write(f"ontology/{path.name}", path.read_bytes())
    (project.folder / "ontology/film.ttl").unlink()
    return project


def statements(project: SmallProject) -> set[str]:
    return {statement(fact) for fact in project.read().facts}


def checks(project: SmallProject) -> list[str]:
    return [str(finding) for finding in project.read().findings]


def test_a_name_creates_a_person_with_this_label(film_project: SmallProject) -> None:
    film_project.write("data/films.yaml", FERRY)
    assert statements(film_project) == {
        "film:the-last-ferry rdfs:label The Last Ferry",
        "film:the-last-ferry rdf:type film:Film",
        "film:the-last-ferry film:director film:ines-carvalho",
        "film:ines-carvalho rdf:type film:Person",
        "film:ines-carvalho rdfs:label Inês Carvalho",
    }
    assert checks(film_project) == [
        "data/films.yaml:4:13: info: 'Inês Carvalho' is new, so the Person ines-carvalho is created. "
        "`kg fix` writes a block for it. [facts/new-entity]"
    ]


@pytest.mark.parametrize("language", ["french", "French"])
def test_a_language_in_lower_case_has_its_name(film_project: SmallProject, language: str) -> None:
    film_project.write("data/films.yaml", FERRY.replace("director: Inês Carvalho", f"language: {language}"))
    assert "film:french rdfs:label French" in statements(film_project)
    assert [finding.check for finding in film_project.read().findings] == ["facts/new-entity"]


def test_a_name_that_may_be_two_people_is_a_warning(film_project: SmallProject) -> None:
    film_project.write(
        "data/films.yaml", FERRY.replace("Inês Carvalho", "[Jane Roe and John Doe, Ferdinand Land, 'Ann Poe, Max Moe']")
    )
    assert [finding.advice for finding in film_project.read().findings if finding.check == "facts/two-names"] == [
        "Write a list: [Jane Roe, John Doe].",
        "Write a list: [Ann Poe, Max Moe].",
    ]


@pytest.mark.parametrize("line", ["countryOfOrigin: Peru, Spain", "genre: Drama, Comedy", "language: Dutch, Thai"])
def test_names_in_one_text_are_a_warning(film_project: SmallProject, line: str) -> None:
    film_project.write("data/films.yaml", FERRY.replace("director: Inês Carvalho", line))
    advice = [finding.advice for finding in film_project.read().findings if finding.check == "facts/two-names"]
    assert advice == [f"Write a list: [{line.partition(': ')[2]}]."]


def test_a_class_written_as_two_words_is_a_misspelt_one(film_project: SmallProject) -> None:
    film_project.write("data/films.yaml", FERRY.replace("type: Film", "type: Feature film"))
    (finding,) = (finding for finding in film_project.read().findings if finding.severity is Severity.VIOLATION)
    assert (finding.check, finding.suggestions) == ("facts/unknown-class", ("FeatureFilm",))


def test_a_block_without_a_type_is_told_so(film_project: SmallProject) -> None:
    block = "    Ellen Frye:\n      statement: {claim: It is good., about: the-last-ferry}\n"
    film_project.write("data/films.yaml", FERRY + block)
    assert [finding.advice for finding in check(film_project.folder) if finding.check == "shacl/class"] == [
        "Ellen Frye has no type: give it one."
    ]


def test_the_block_that_kg_fix_writes_states_the_same(film_project: SmallProject) -> None:
    extra = "  castCredit: {agent: Beatriz Lopes, character: Dulce}\n  countryOfOrigin: Portugal\n"
    film_project.write("data/films.yaml", FERRY)
    path = film_project.folder / "data/films.yaml"
    path.write_text(path.read_text() + extra)
    before = statements(film_project)
    assert "film:the-last-ferry-dulce film:characterIn film:the-last-ferry" in before
    assert {"film:portugal rdf:type film:Place", "film:portugal film:kind country"} <= before
    assert check(film_project.folder).ok
    apply_fixes(film_project.project, propose_fixes(film_project.project))
    assert statements(film_project) == before
    assert checks(film_project) == []
    assert "ines-carvalho: {type: Person, label: Inês Carvalho}\n" in path.read_text()


def test_no_block_is_written_for_a_name_whose_line_has_a_violation(film_project: SmallProject) -> None:
    rating = "      rating:\n        givenBy: The Daily\n        score: 3/5\n        statement: A cheap scare\n"
    film_project.write("data/films.yaml", FERRY + rating)
    apply_fixes(film_project.project, propose_fixes(film_project.project))
    text = (film_project.folder / "data/films.yaml").read_text()
    assert "the-daily: {type: " in text
    assert "a-cheap-scare" not in text


@pytest.mark.parametrize("line", ['gross: {Denmark: "€300,000"}', "release: {Denmark: 2019}"])
def test_a_territory_that_is_a_country_becomes_one(film_project: SmallProject, line: str) -> None:
    film_project.write("data/films.yaml", FERRY + f"      {line}\n")
    assert {"film:denmark rdf:type film:Place", "film:denmark film:kind country"} <= statements(film_project)


@pytest.mark.parametrize("line", ["location: Georgia", "gross: {Iberia: $5}"])
def test_another_place_is_not_taken_for_a_country(film_project: SmallProject, line: str) -> None:
    film_project.write("data/films.yaml", FERRY + f"      {line}\n")
    assert not [text for text in statements(film_project) if text.endswith("film:kind country")]


@pytest.mark.parametrize("name", ["Inês Carvalho", "Ines Carvalho", "INÊS CARVALHO"])
def test_a_name_finds_the_entity_with_this_label(film_project: SmallProject, name: str) -> None:
    known = 'ic: {type: Person, label: "Inês Carvalho"}\n'
    film_project.write("data/films.yaml", FERRY.replace("Inês Carvalho", name))
    film_project.write("data/people.yaml", f"source: encyclopedia\n{known}")
    assert "film:the-last-ferry film:director film:ic" in statements(film_project)
    assert checks(film_project) == []


def test_a_name_of_several_entities_is_not_resolved(film_project: SmallProject) -> None:
    people = "ic-1: {type: Person, label: Inês Carvalho}\nic-2: {type: Person, alias: Inês Carvalho, label: I}\n"
    film_project.write("data/films.yaml", FERRY)
    film_project.write("data/people.yaml", f"source: encyclopedia\n{people}")
    (finding,) = film_project.read().findings
    assert finding.message == "'Inês Carvalho' is the name of 2 entities"
    assert finding.advice == "Write an id: ic-1 (data/people.yaml) or ic-2 (data/people.yaml)."


def test_an_import_does_not_change_what_a_name_means(film_project: SmallProject) -> None:
    rows = "".join(
        f"fans-{number},{property},{value},fan-site\n"
        for number in (1, 2)
        for property, value in (("type", "Person"), ("label", "Ines Carvalho"))
    )
    film_project.write("data/films.yaml", FERRY.replace("Inês", "Ines"))
    film_project.write("data/people.yaml", "source: encyclopedia\nic: {type: Person, label: Inês Carvalho}\n")
    film_project.write("data/imports/fan-site/facts.csv", f"subject,property,value,source\n{rows}")
    assert "film:the-last-ferry film:director film:ic" in statements(film_project)
    assert checks(film_project) == []
    (film_project.folder / "data/people.yaml").unlink()
    (finding,) = film_project.read().findings
    file = "data/imports/fan-site/facts.csv"
    assert finding.advice == f"Write an id: fans-1 ({file}) or fans-2 ({file})."


def test_what_cannot_be_a_value_is_not_a_candidate(film_project: SmallProject) -> None:
    others = "ines: {type: Film, label: Inês Carvalho}\nic: {type: Person, label: Inês Carvalho}\n"
    film_project.write("data/films.yaml", FERRY)
    film_project.write("data/people.yaml", f"source: encyclopedia\n{others}")
    assert "film:the-last-ferry film:director film:ic" in statements(film_project)


def test_an_id_of_another_entity_is_not_taken(film_project: SmallProject) -> None:
    film_project.write("data/films.yaml", FERRY)
    film_project.write("data/people.yaml", "source: encyclopedia\nines-carvalho: {type: Person, label: Another}\n")
    assert [finding.check for finding in film_project.read().findings] == ["facts/taken-id"]


def test_one_name_is_not_a_person_and_a_company(film_project: SmallProject) -> None:
    film_project.write("data/films.yaml", FERRY)
    path = film_project.folder / "data/films.yaml"
    path.write_text(path.read_text() + "  productionCompany: Inês Carvalho\n")
    assert "would have the type Person here and Organisation there" in "".join(checks(film_project))


def test_characters_of_two_films_are_two_characters(film_project: SmallProject) -> None:
    credit = "castCredit: {agent: Ana Luz, character: Maria}"
    film_project.write(
        "data/films.yaml", f"source: encyclopedia\nA B: {{type: Film, {credit}}}\nC D: {{type: Film, {credit}}}\n"
    )
    found = statements(film_project)
    assert {"film:a-b-maria film:characterIn film:a-b", "film:c-d-maria film:characterIn film:c-d"} <= found


def test_a_number_in_quotation_marks_is_a_name(film_project: SmallProject) -> None:
    film_project.write("data/films.yaml", FERRY + '      writer: "007"\n      editor: 1e3\n')
    messages = {finding.message: finding.remedy for finding in check(film_project.project).findings}
    assert "'007' is new, so the Person 007 is created" in messages
    assert messages["1e3 is a number, and the id of no entity"].endswith('in quotation marks: editor: "1e3".')


def test_a_festival_is_like_one_that_begins_so(film_project: SmallProject) -> None:
    festival = "    Cannes Film Festival: {type: EventSeries, kind: festival}\n"
    film_project.write("data/films.yaml", FERRY + "      premiere: Canes\n" + festival)
    (finding,) = (finding for finding in check(film_project.project).findings if "Canes" in finding.message)
    assert finding.suggestions == ("Cannes Film Festival",)


@pytest.mark.parametrize("key", ["dat", "Date"])
def test_a_misspelt_key_of_a_part_is_asked_about(film_project: SmallProject, key: str) -> None:
    film_project.write("data/films.yaml", FERRY + f"      release: {{{key}: 2019}}\n")
    (finding,) = (finding for finding in check(film_project.project).findings if key in finding.message)
    assert finding.suggestions == ("date",)


def test_an_id_in_lower_case_is_no_name(film_project: SmallProject) -> None:
    film_project.write("data/films.yaml", FERRY.replace("Inês Carvalho", "ines-carvalho"))
    assert [finding.check for finding in film_project.read().findings] == ["facts/unknown-entity"]
    apply_fixes(film_project.project, propose_fixes(film_project.project))
    assert "film:ines-carvalho rdfs:label ines carvalho" in statements(film_project)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("country: Untied States", "'Untied States' is new, so the Country untied-states is created"),
        ("rating: {Metacritik: 77/100}", "'Metacritik' is new, so the Outlet metacritik is created"),
        ("director: Jo Roa", "'Jo Roa' is new, so the Person jo-roa is created"),
        ("premier: Cannes 2019", "unknown property 'premier'"),
        ("scores: {Metacritc: 77}", "unknown property 'Metacritc'"),
        ("release: {wordwide: 2019}", "film:wordwide is not defined"),
    ],
)
def test_what_is_like_a_known_name_is_asked_about(film_project: SmallProject, line: str, message: str) -> None:
    known = {
        "Untied States": "United States",
        "Metacritik": "Metacritic",
        "Jo Roa": "Jo Roe",
        "premier": "premiere",
        "Metacritc": "Metacritic",
        "wordwide": "film:worldwide",
    }
    film_project.write("data/people.yaml", "source: encyclopedia\njo-roe: {type: Person, label: Jo Roe}\n")
    text = f"source: encyclopedia\nThe Last Ferry:\n  type: Film\n  {line}\n"
    path = film_project.write("data/films.yaml", text)
    (finding,) = [finding for finding in film_project.read().findings if finding.suggestions]
    assert finding.message == message
    assert finding.suggestions == tuple(right for wrong, right in known.items() if wrong in line)
    assert finding.severity is not Severity.INFO
    apply_fixes(film_project.project, propose_fixes(film_project.project))
    assert "label:" not in path.read_text()  # no block for a name that is likely misspelt


def test_a_new_name_is_like_one_that_another_film_has(film_project: SmallProject) -> None:
    films = (
        "The Last Ferry: {type: Film, director: Jo Roe}\nOther: {type: Film, director: [Jo Roa, Joe Row, Ann Lee]}\n"
    )
    film_project.write("data/films.yaml", f"source: encyclopedia\n{films}")
    likely = {finding.value: finding.suggestions for finding in film_project.read().findings if finding.suggestions}
    assert likely == {'"Jo Roa"': ("Jo Roe",)}


def test_titles_and_countries_that_differ_in_a_letter_are_not_asked_about(film_project: SmallProject) -> None:
    lines = "  comparedWith: [Rocky II, Rocky III]\n  country: [Iran, Iraq]\n"
    film_project.write("data/films.yaml", f"source: encyclopedia\nThe Last Ferry:\n  type: Film\n{lines}")
    assert [finding for finding in film_project.read().findings if finding.suggestions] == []


def test_genres_and_worldwide_are_names_in_lower_case(film_project: SmallProject) -> None:
    film_project.write("data/genres.yaml", "source: encyclopedia\ncrime-genre: {type: Genre, label: Crime}\n")
    lines = "  genre: [drama, crime, science fiction]\n  release: {worldwide: 2019}\n"
    film_project.write("data/films.yaml", f"source: encyclopedia\nThe Last Ferry:\n  type: Film\n{lines}")
    facts = statements(film_project)
    assert {"film:drama rdf:type film:Genre", "film:drama rdfs:label drama"} <= facts
    assert {"film:worldwide film:kind territory", "film:worldwide rdfs:label worldwide"} <= facts
    assert {fact.rpartition(" ")[2] for fact in facts if "film:genre" in fact} == {
        "film:drama",
        "film:crime-genre",
        "film:science-fiction",
    }


def test_an_id_in_lower_case_comes_before_the_name_of_a_genre(film_project: SmallProject) -> None:
    film_project.write("data/genres.yaml", "source: encyclopedia\ndrama: {type: Genre, label: Drama film}\n")
    film_project.write("data/films.yaml", "source: encyclopedia\nThe Last Ferry: {type: Film, genre: drama}\n")
    assert "film:drama rdfs:label Drama film" in statements(film_project)
    assert checks(film_project) == []


def test_a_newspaper_that_gives_a_score_is_an_outlet(film_project: SmallProject) -> None:
    lines = (
        "  rating: {The Guardian: 4/5, Rotten Tomatoes: 93%}\n  review: {outlet: Variety, critic: Jo Roe, score: 3/5}\n"
    )
    film_project.write("data/films.yaml", f"source: encyclopedia\nThe Last Ferry:\n  type: Film\n{lines}")
    kinds = {fact for fact in statements(film_project) if " film:kind " in fact}
    assert kinds == {
        "film:the-guardian film:kind outlet",
        "film:variety film:kind outlet",
        "film:rotten-tomatoes film:kind review aggregator",
    }
    assert {finding.check for finding in check(film_project.folder)} == {"facts/new-entity"}


def test_a_review_of_a_person_stays_a_review(film_project: SmallProject) -> None:
    text = "source: encyclopedia\njo-roe:\n  type: Person\n  label: Jo Roe\n  review: {claim: It is good}\n"
    film_project.write("data/people.yaml", text)
    assert any(" film:review " in fact for fact in statements(film_project))


def test_names_in_other_scripts_have_latin_ids(film_project: SmallProject) -> None:
    film_project.write("data/films.yaml", FERRY.replace("Inês Carvalho", "Андрей Тарковский"))
    assert "film:the-last-ferry film:director film:andrey-tarkovskiy" in statements(film_project)


@pytest.mark.parametrize(
    "text",
    [
        "spider-man:\n  type: Film\n  label: Spider-Man: Homecoming\n",
        "spider-man:\n  type: Film\n  label: Spider-Man: Homecoming   # a comment\n  alias: 2001: A\n",
        "Spider-Man: Homecoming:\n  type: Film\n",
        "Salt Roads: Part One:\n  type: Film\n  alias: Spider-Man: Homecoming\n  label: 'Spider-Man: Homecoming'\n",
    ],
)
def test_a_title_with_a_colon_needs_no_quotation_marks(film_project: SmallProject, text: str) -> None:
    film_project.write("data/films.yaml", f"source: encyclopedia\n{text}")
    assert any(found.endswith("rdfs:label Spider-Man: Homecoming") for found in statements(film_project))
    assert checks(film_project) == []


@pytest.mark.parametrize(
    ("title", "id"),
    [
        ("Tangerine", "tangerine"),
        ("M", "m"),
        ("WALL-E", "wall-e"),
        ("Se7en", "se7en"),
        ("Léon", "leon"),
        ("8½", "81-2"),
        ("乱", "luan"),
    ],
)
def test_a_title_of_one_word_is_the_label_too(film_project: SmallProject, title: str, id: str) -> None:
    blocks = f"{title}: {{type: Film}}\nOther Film: {{type: Film, follows: {title}}}\nq42: {{type: Film}}\n"
    film_project.write("data/films.yaml", f"source: encyclopedia\n{blocks}")
    found = statements(film_project)
    assert {f"film:{id} rdfs:label {title}", f"film:other-film film:follows film:{id}"} <= found
    assert "film:q42 rdfs:label q42" not in found


def test_a_title_without_letters_becomes_the_label_of_an_id(film_project: SmallProject) -> None:
    film_project.write("data/films.yaml", "source: encyclopedia\n'???': {type: Film}\n")
    [finding] = film_project.read().findings
    assert (finding.check, finding.remedy) == ("facts/name", "Write an id of letters, and the title as its label.")


def test_what_is_not_a_title_is_still_an_error(film_project: SmallProject) -> None:
    film_project.write("data/films.yaml", 'source: encyclopedia\nanora:\n  label: "A": "B"\n')
    assert [finding.check for finding in film_project.read().findings] == ["facts/yaml"]


def test_the_spelling_that_is_used_most_is_no_misspelling(film_project: SmallProject) -> None:
    blocks = {"One": "Agnes Vardda", "Two": "Agnes Varda", "Three": "Agnes Varda", "Four": "Agnes Varda"}
    text = "".join(f"{title}: {{type: Film, director: {name}}}\n" for title, name in blocks.items())
    film_project.write("data/films.yaml", f"source: encyclopedia\n{text}")
    warned = [finding for finding in film_project.read().findings if finding.severity is Severity.WARNING]
    assert [(finding.value, finding.suggestions) for finding in warned] == [('"Agnes Vardda"', ("Agnes Varda",))]


def test_a_mistake_that_several_parts_have_is_one_finding(film_project: SmallProject) -> None:
    line = "  rating: {Rotten Tomatoes: 93%, IMDb: 8.1, asOf: 2O19}\n"
    film_project.write("data/films.yaml", f"source: encyclopedia\nThe Last Ferry:\n  type: Film\n{line}")
    assert [finding.value for finding in film_project.read().findings if "2O19" in finding.message] == ['"2O19"']


def test_a_person_with_brackets_is_asked_for_and_gets_no_block(film_project: SmallProject) -> None:
    text = "source: encyclopedia\nThe Last Ferry: {type: Film, cast: [Beatriz Lopes (Dulce), Rui Melo]}\n"
    film_project.write("data/films.yaml", text)
    advice = [finding.advice for finding in film_project.read().findings if finding.check == "facts/two-names"]
    assert advice == ["Write Beatriz Lopes as Dulce, or a block for the person."]
    film_project.write(
        "data/films.yaml",
        "source: encyclopedia\nThe Last Ferry:\n  type: Film\n  cast:\n    - Beatriz Lopes (Dulce)\n    - Rui Melo\n",
    )
    fixed = {fix.finding.value for fix in propose_fixes(film_project.project)}
    assert '"Rui Melo"' in fixed
    assert '"Beatriz Lopes (Dulce)"' not in fixed
