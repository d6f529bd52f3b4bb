"""The review of unsure pairs: batches, several reviewers, undo, and the page in the browser."""

from __future__ import annotations

import http.client
import io
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kg.cli import main
from kg.decisions.links import Judgement, read_project_links
from kg.errors import InputError
from kg.linking.causes import EQUAL_IDENTIFIERS, LINKED_TO_ANOTHER
from kg.linking.link_store import append_judgements, read_unsure, write_unsure
from kg.linking.model import Candidate, Clash, ClashReason, FeatureScore, Limit, Mention, Sign, Veto, VetoReason
from kg.linking.review import Acceptance, Review
from kg.server.review_server import ReviewServer
from kg.terms import to_iri
from tests.projects import SmallProject

AUTHOR, OTHER = "orcid:0000-0002-1825-0097", "orcid:0000-0001-5109-3700"


def pair(
    number: int, confidence: float, *, id: str = "", year: int | None = 1983, right: int | None = None
) -> Candidate:
    identifiers = frozenset({("imdbId", id)}) if id else frozenset()
    years = () if year is None else (year,)
    left = Mention(f"film:a{number}", ("Carmen",), years=(1983,), identifiers=identifiers)
    other = Mention(f"film:b{number if right is None else right}", ("Carmen",), years=years, identifiers=identifiers)
    features = (FeatureScore("title", 5.0), *([FeatureScore("same year", 2.0)] if year else []))
    return Candidate(left, other, features, confidence)


PAIRS = (
    pair(1, 0.5),
    pair(2, 0.93, year=None),
    pair(3, 0.9, year=None),
    pair(4, 0.4, id="tt1"),
    pair(5, 0.7, year=None),
)


@pytest.fixture
def review(project: SmallProject, monkeypatch: pytest.MonkeyPatch) -> Review:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    write_unsure(project.project, PAIRS)
    return Review(project.project, day="2026-09-21")


def kg(review: Review, *words: str) -> int:
    return main(["link", "review", *words, "--project", str(review.project.folder)])


def judged(review: Review) -> set[tuple[str, bool | None, str]]:
    judgements = read_project_links(review.project.data).links.judgements
    return {(row.object.value.rpartition("/")[2], row.same, row.author) for row in judgements}


def test_equal_identifiers_come_first_and_then_the_likeliest_cause(review: Review) -> None:
    assert [(batch.cause, len(batch.pairs)) for batch in review.batches()] == [
        (EQUAL_IDENTIFIERS, 1),
        ("no year on one side", 3),
        ("too little evidence", 1),
    ]


def test_the_rest_of_a_batch_is_accepted_above_a_confidence(
    review: Review, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("s\n\na\n0.85\nq\n"))
    assert kg(review, "--author", AUTHOR) == 0
    assert judged(review) == {("a4", True, AUTHOR), ("a2", True, AUTHOR), ("a3", True, AUTHOR)}
    assert "3 judged, 2 left" in capsys.readouterr().err


def test_pairs_that_compete_are_not_accepted_together_whatever_their_causes(review: Review) -> None:
    write_unsure(review.project, [pair(1, 0.95), pair(2, 0.94, right=1, year=None), pair(3, 0.93)])
    assert len(review.batches()) == 2
    assert review.accept(review.batches(), 0.9, author=AUTHOR) == Acceptance(accepted=1, left=2)
    assert judged(review) == {("a3", True, AUTHOR)}


def test_a_rival_of_an_accepted_pair_is_not_accepted_with_its_batch(review: Review) -> None:
    write_unsure(review.project, [pair(1, 0.5), pair(2, 0.95, right=1, year=None)])
    review.judge([review.find("film:a1", "film:b1")], same=True, author=OTHER)
    assert review.accept(review.batches(), 0.9, author=AUTHOR) == Acceptance(accepted=0, left=1)


def test_a_pair_that_would_join_what_is_kept_apart_is_not_accepted_with_its_batch(review: Review) -> None:
    clash = Clash("film:a1", "film:c1", ClashReason.CATALOGUE)
    write_unsure(review.project, [replace(pair(1, 0.95), clash=clash), pair(2, 0.95), pair(3, 0.95)])
    append_judgements(
        review.project,
        [
            Judgement(to_iri("film:b2"), to_iri("film:c2"), same=True),
            Judgement(to_iri("film:a2"), to_iri("film:c2"), same=False),
        ],
    )
    assert {batch.cause for batch in review.batches()} == {LINKED_TO_ANOTHER, "too little evidence"}
    assert review.accept(review.batches(), 0.9, author=AUTHOR) == Acceptance(accepted=1, left=2)
    assert ("a3", True, AUTHOR) in judged(review)


@pytest.mark.parametrize("same", [True, False])
def test_a_judgement_that_contradicts_others_is_refused(
    review: Review, same: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_unsure(review.project, [pair(1, 0.5), pair(2, 0.4)])
    others = [Judgement(to_iri("film:b1"), to_iri("film:c1"), same=True)]
    monkeypatch.setattr("sys.stdin", io.StringIO("s\n\nd\n\nq\n" if same else "q\n"))
    if same:
        others.append(Judgement(to_iri("film:a1"), to_iri("film:c1"), same=False))
        append_judgements(review.project, others)
        assert kg(review, "--author", AUTHOR) == 0
        assert "film:a1 and film:c1, which were judged to be different" in capsys.readouterr().err
        assert ("a2", False, AUTHOR) in judged(review), "the review continues"
    else:
        append_judgements(review.project, [*others, Judgement(to_iri("film:a1"), to_iri("film:c1"), same=True)])
        assert [each.left.id for each in review.waiting()] == ["film:a2"], "a chain links the other"
        with pytest.raises(InputError, match="kg link split film:a1 film:b1 separates"):
            review.judge([review.find("film:a1", "film:b1")], same=False, author=AUTHOR)
    assert not read_project_links(review.project.data).findings


def test_a_call_without_questions_accepts_lists_and_undoes(review: Review, capsys: pytest.CaptureFixture[str]) -> None:
    assert kg(review, "--list") == 0
    assert "film, no year on one side: 3 pairs, confidence 0.70 to 0.93\n" in capsys.readouterr().out
    assert kg(review, "--cause", "no year", "--accept-above", "0.9", "--author", AUTHOR) == 0
    assert {name for name, _, _ in judged(review)} == {"a2", "a3"}
    assert kg(review, "--log") == 0
    assert f"2026-09-21  {AUTHOR}  same  film:a3 film:b3" in capsys.readouterr().out
    assert kg(review, "--undo", "--author", OTHER) == 0
    assert {name for name, _, _ in judged(review)} == {"a2", "a3"}
    assert kg(review, "--undo", "--author", AUTHOR) == 0
    assert not judged(review), "what was accepted together is taken back together"
    assert kg(review, "--accept-above", "90", "--author", AUTHOR) == 2


def test_undo_takes_back_only_the_latest_of_the_same_reviewer(review: Review) -> None:
    for pairs, author in ((PAIRS[:1], AUTHOR), (PAIRS[1:2], OTHER), (PAIRS[2:3], AUTHOR)):
        assert review.judge(pairs, same=False, author=author) == 1
    before = (review.project.data / "links.sssom.tsv").read_bytes()
    review.judge(PAIRS[3:4], same=True, author=AUTHOR)
    review.undo(AUTHOR)
    assert (review.project.data / "links.sssom.tsv").read_bytes() == before
    review.undo(AUTHOR)
    assert judged(review) == {("a1", False, AUTHOR), ("a2", False, OTHER)}


def test_a_judgement_is_listed_and_taken_back_after_another_run_of_linking(review: Review) -> None:
    review.judge(PAIRS[:1], same=True, author=AUTHOR)
    write_unsure(review.project, PAIRS[1:])
    assert [each.object for each in review.by_author()] == [to_iri("film:a1")]
    assert len(review.undo(AUTHOR)) == 1
    assert not judged(review)


def test_a_review_that_is_open_sees_another_run_of_linking(review: Review) -> None:
    assert len(review.waiting()) == 5
    write_unsure(review.project, PAIRS[:1])
    assert len(review.waiting()) == 1
    with pytest.raises(InputError, match="no pair that needs review"):
        review.find("film:a2", "film:b2")


def test_a_reviewer_is_not_asked_what_another_has_judged_meanwhile(
    review: Review, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Review(review.project, day="2026-09-21")

    answers = iter(("s", "", "q"))

    def answer(prompt: str) -> str:
        other.judge([PAIRS[3], PAIRS[1]], same=False, author=OTHER)
        return next(answers)

    monkeypatch.setattr("kg.cli.link_review._read_line", answer)
    assert kg(review, "--author", AUTHOR) == 0
    output = capsys.readouterr()
    assert "Somebody has judged this pair already." in output.err
    assert "film:a2" not in output.out
    assert judged(review) == {("a4", False, OTHER), ("a2", False, OTHER)}


HEADERS = {
    "required columns": "subject_id\tpredicate_id\tobject_id\n",
    "a byte order mark": "\ufeffsubject_id\tpredicate_id\tobject_id\tcomment\r\n",
    "a head alone": "#mapping_set_id: https://links.example/\n",
    "rows before": "#curie_map:\n#  film: https://w3id.org/filmgraph/film/\nsubject_id\tpredicate_id\tobject_id\n"
    "film:x\tskos:exactMatch\tfilm:y",
}


@pytest.mark.parametrize("text", HEADERS.values(), ids=HEADERS)
def test_a_judgement_is_whole_whatever_columns_the_file_has(review: Review, text: str) -> None:
    path = review.project.data / "links.sssom.tsv"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())
    review.judge(PAIRS[:1], same=False, author=AUTHOR)
    read = read_project_links(review.project.data)
    assert not read.findings
    assert [(each.same, each.author, each.date) for each in read.links.judgements][-1] == (False, AUTHOR, "2026-09-21")
    assert len(read.links.judgements) == 1 + text.count("film:x")
    review.undo(AUTHOR)
    assert not judged(review) - {("y", True, "")}


@pytest.mark.parametrize("comment", ["x" * 200_000, "\udce9t\udce9", 'say "x"', "a\tb\nc\x00", "\u2028"])
def test_any_comment_can_be_written(review: Review, comment: str) -> None:
    review.judge(PAIRS[:1], same=False, author=AUTHOR, comment=comment)
    read = read_project_links(review.project.data)
    assert not read.findings
    assert judged(review) == {("a1", False, AUTHOR)}


def test_an_author_is_named_in_few_words(review: Review) -> None:
    for author in ("", " \t ", "x" * 1000):
        with pytest.raises(InputError, match="author"):
            review.judge(PAIRS[:1], same=True, author=author)


def test_several_reviewers_lose_nothing_and_judge_no_pair_twice(review: Review) -> None:
    many = [pair(number, 0.5) for number in range(40)]
    write_unsure(review.project, many)

    def work(author: str, pairs: list[Candidate]) -> None:
        own = Review(review.project, day="2026-09-21")
        for each in pairs:
            own.judge([each], same=True, author=author)

    threads = [threading.Thread(target=work, args=(f"orcid:{n}", many if n % 2 else many[::-1])) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = [row.names for row in read_project_links(review.project.data).links.judgements]
    assert len(rows) == len(set(rows)) == 40


def test_a_row_that_was_cut_off_costs_no_other(review: Review) -> None:
    review.judge(PAIRS[:1], same=True, author=AUTHOR)
    path = review.project.data / "links.sssom.tsv"
    path.write_bytes(path.read_bytes() + b"film:b9\t")
    append_judgements(review.project, ())
    review.judge(PAIRS[1:2], same=True, author=AUTHOR)
    assert judged(review) == {("a1", True, AUTHOR), ("a2", True, AUTHOR)}


def test_a_killed_program_leaves_no_part_of_a_row(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    review.judge(PAIRS[:1], same=True, author=AUTHOR)
    path = review.project.data / "links.sssom.tsv"
    before = path.read_bytes()

    def killed(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        review.accept(review.batches(), 0.0, author=AUTHOR)
    assert path.read_bytes() == before


# --- in the browser


@pytest.fixture
def server(review: Review) -> Iterator[ReviewServer]:
    with ReviewServer(review) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server: ReviewServer, method: str, path: str, document: object = None, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    sent = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, json.dumps(document) if document is not None else None, sent)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


def test_the_page_shows_a_batch_and_its_buttons_judge(server: ReviewServer, review: Review) -> None:
    status, page = ask(server, "GET", "/?batch=film%3Ano%20year%20on%20one%20side")
    assert (status, page.count("<article"), "film:a2" in page) == (200, 3, True)
    body = {"left": "film:a2", "right": "film:b2", "same": True, "comment": "seen", "author": AUTHOR}
    assert json.loads(ask(server, "POST", "/judge", body)[1]) == {"judged": 1}
    assert json.loads(ask(server, "POST", "/judge", body | {"author": OTHER})[1]) == {"judged": 0}
    accept = {"batch": "film:no year on one side", "above": "0.8", "author": OTHER}
    assert json.loads(ask(server, "POST", "/accept", accept)[1]) == {"judged": 1, "left": 0}
    assert judged(review) == {("a2", True, AUTHOR), ("a3", True, OTHER)}
    assert json.loads(ask(server, "POST", "/undo", {"author": OTHER})[1])["undone"] == [["film:a3", "film:b3"]]
    assert judged(review) == {("a2", True, AUTHOR)}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({}, 200),
    ],
)
def test_other_sites_cannot_judge(server: ReviewServer, review: Review, headers: dict[str, str], status: int) -> None:
    body = {"left": "film:a2", "right": "film:b2", "same": True, "author": AUTHOR}
    assert ask(server, "POST", "/judge", body, **headers)[0] == status
    assert bool(judged(review)) == (status == 200)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"author": ""},
        {"author": AUTHOR, "left": "film:a2", "right": "film:x", "same": True},
        {"author": AUTHOR},
    ],
)
def test_a_wrong_request_judges_nothing(server: ReviewServer, review: Review, body: object) -> None:
    status, text = ask(server, "POST", "/judge", body)
    assert (status, "error" in json.loads(text)) == (400, True)
    assert not judged(review)


def test_every_pair_of_a_long_batch_is_on_a_page(server: ReviewServer, review: Review) -> None:
    write_unsure(review.project, [pair(number, 0.5) for number in range(120)])
    pages = [ask(server, "GET", f"/?from={start}")[1] for start in (0, 50, 100, 900)]
    assert [page.count("<article") for page in pages] == [50, 50, 20, 20]
    assert "Pairs 51 to 100 of 120" in pages[1]
    assert "from=100" in pages[1]


def test_a_judgement_in_the_browser_that_contradicts_others_is_refused(server: ReviewServer, review: Review) -> None:
    apart = Judgement(to_iri("film:a2"), to_iri("film:c2"), same=False)
    append_judgements(review.project, [apart, Judgement(to_iri("film:b2"), to_iri("film:c2"), same=True)])
    body = {"left": "film:a2", "right": "film:b2", "same": True, "author": AUTHOR}
    status, text = ask(server, "POST", "/judge", body)
    assert (status, "judged to be different" in text) == (400, True)
    accept = {"batch": "film:no year on one side", "above": "nan", "author": AUTHOR}
    assert ask(server, "POST", "/accept", accept)[0] == 400
    for above in ("0,9", "", "high", None):
        status, message = ask(server, "POST", "/accept", {**accept, "above": above})
        assert (status, "A confidence is a number from 0 to 1" in message) == (400, True)


def test_names_are_text_and_no_markup(project: SmallProject, tmp_path: Path) -> None:
    left = Mention("film:a1", ("<script>alert(1)</script>",))
    write_unsure(project.project, [Candidate(left, Mention("film:b1", ("b",)), (), 0.5)])
    with ReviewServer(Review(project.project, day="")) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        page = ask(server, "GET", "/")[1]
        server.shutdown()
        thread.join()
    assert "<script>alert" not in page


def test_a_split_takes_back_the_weakest_judgement_of_a_chain(
    review: Review, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b, c = (to_iri(f"film:{name}") for name in "abc")
    strong, weak = Judgement(a, b, True, confidence=0.99), Judgement(b, c, True, confidence=0.96)
    append_judgements(review.project, (strong, weak))
    folder = str(review.project.folder)
    assert main(["link", "split", "film:a", "film:c", "--author", AUTHOR, "--project", folder]) == 0
    assert "Taken back: film:c and film:b" in capsys.readouterr().out
    read = read_project_links(review.project.data)
    assert not read.findings
    assert [(row.names, row.same) for row in read.links.judgements] == [
        (frozenset({a, b}), True),
        (frozenset({a, c}), False),
    ]
    assert main(["link", "split", "film:a", "film:c", "--author", AUTHOR, "--project", folder]) == 2


def test_unsure_pairs_are_read_as_they_were_written(project: SmallProject) -> None:
    left, right = pair(1, 0.5).left, pair(1, 0.5).right
    pairs = (
        Candidate(
            left, right, (FeatureScore("title", 5.0),), 0.5, limit=Limit(Sign.SAME_TITLE, 0.5, "a", "b", years=5)
        ),
        Candidate(
            left,
            right,
            (),
            0.3,
            clash=Clash("a", "b", ClashReason.VETO, Veto(VetoReason.YEARS, "1950", "1995", years=45)),
        ),
        Candidate(left, right, (), 0.0, Veto(VetoReason.IDENTIFIERS, "tt1", "tt2", scheme="imdbId")),
    )
    path = write_unsure(project.project, pairs)
    assert read_unsure(project.project) == pairs
    path.write_text('{"left": {}}\n')
    with pytest.raises(InputError, match="Run `kg link` again"):
        read_unsure(project.project)
