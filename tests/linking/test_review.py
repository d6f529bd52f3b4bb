"""The review of unsure pairs: batches, several reviewers, undo, and the page in the browser."""

from __future__ import annotations

import http.client
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.cli import main
from kg.decisions.links import Judgement, read_project_links
from kg.errors import InputError
from kg.linking.causes import EQUAL_IDENTIFIERS
from kg.linking.link_store import append_judgements, read_unsure, write_unsure
from kg.linking.model import Candidate, FeatureScore, Limit, Mention, Sign, Veto, VetoReason
from kg.linking.review import Review, to_batches
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


def test_pairs_that_compete_are_not_accepted_together() -> None:
    (batch,) = to_batches([pair(1, 0.95), pair(2, 0.94, right=1), pair(3, 0.93)])
    assert [each.left.id for each in batch.acceptable(0.9)] == ["film:a3"]


def test_a_call_without_questions_accepts_lists_and_undoes(review: Review, capsys: pytest.CaptureFixture[str]) -> None:
    assert kg(review, "--list") == 0
    assert "film, no year on one side: 3 pairs, confidence 0.70 to 0.93\n" in capsys.readouterr().out
    assert kg(review, "--cause", "no year", "--accept-above", "0.9", "--author", AUTHOR) == 0
    assert {name for name, _, _ in judged(review)} == {"a2", "a3"}
    assert kg(review, "--log") == 0
    assert f"2026-09-21  {AUTHOR}  same  film:a3 film:b3" in capsys.readouterr().out
    assert kg(review, "--undo", "--author", AUTHOR) == 0
    assert {name for name, _, _ in judged(review)} == {"a2"}
    assert kg(review, "--undo", "--author", OTHER) == 0
    assert {name for name, _, _ in judged(review)} == {"a2"}


def test_undo_takes_back_only_the_latest_of_the_same_reviewer(review: Review) -> None:
    for pairs, author in ((PAIRS[:1], AUTHOR), (PAIRS[1:2], OTHER), (PAIRS[2:3], AUTHOR)):
        assert review.judge(pairs, same=False, author=author) == 1
    before = (review.project.data / "links.sssom.tsv").read_bytes()
    review.judge(PAIRS[3:4], same=True, author=AUTHOR)
    review.undo(AUTHOR)
    assert (review.project.data / "links.sssom.tsv").read_bytes() == before
    review.undo(AUTHOR)
    assert judged(review) == {("a1", False, AUTHOR), ("a2", False, OTHER)}


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
    assert json.loads(ask(server, "POST", "/accept", accept)[1]) == {"judged": 1}
    assert judged(review) == {("a2", True, AUTHOR), ("a3", True, OTHER)}
    assert json.loads(ask(server, "POST", "/undo", {"author": OTHER})[1])["undone"] == ["film:a3", "film:b3"]
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
        Candidate(left, right, (), 0.0, Veto(VetoReason.IDENTIFIERS, "tt1", "tt2", scheme="imdbId")),
    )
    path = write_unsure(project.project, pairs)
    assert read_unsure(project.project) == pairs
    path.write_text('{"left": {}}\n')
    with pytest.raises(InputError, match="Run `kg link` again"):
        read_unsure(project.project)
