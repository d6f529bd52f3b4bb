"""What people ask of the graph, and the answers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

import kg
from tests.questions.asking import Question, answer_to, is_right, read_questions

HERE = Path(__file__).parent
QUESTIONS = read_questions(HERE / "questions.yaml")
MORE = read_questions(HERE / "more-questions.yaml")


@pytest.mark.parametrize("question", [*QUESTIONS, *MORE], ids=str)
def test_the_question_is_answered(question: Question, graph: kg.FilmGraph) -> None:
    found = answer_to(question, graph)

    assert is_right(question, found), f"{question.question} {question.answer} expected, {found} found"


def test_a_wrong_answer_is_not_right() -> None:
    """The comparison itself can fail, for every type of answer."""
    for question in (*QUESTIONS, *MORE):
        wrong = {"unknown": ["Anora"], "boolean": [] if question.answer is True else ["Anora"]}
        assert not is_right(question, wrong.get(question.answer_type, ["no such answer, 0"] * 2))


def test_the_answers_are_those_of_the_shared_questions() -> None:
    shared = Path(os.environ.get("KG_SHARED", HERE.parents[2] / "shared")) / "questions" / "questions.yaml"
    if not shared.exists():
        pytest.skip("the shared questions are not at hand: set KG_SHARED to their folder")

    asked = {one["id"]: one for one in yaml.safe_load(shared.read_text(encoding="utf-8"))}

    assert {one.id: (one.question, one.answer, one.answer_type, one.tolerance) for one in QUESTIONS} == {
        id: (one["question"], one["answer"], one["answer_type"], one.get("tolerance", 0.0)) for id, one in asked.items()
    }
