"""Questions that people ask, with the answers that the graph must give."""

from __future__ import annotations

from pathlib import Path

import pytest

import kg
from tests.questions.questions import Question, answer_to, is_right, read_questions

HERE = Path(__file__).parent
QUESTIONS = read_questions(HERE / "questions.yaml")
MORE = read_questions(HERE / "more-questions.yaml")


@pytest.mark.parametrize("question", [*QUESTIONS, *MORE], ids=str)
def test_the_question_is_answered(question: Question, graph: kg.FilmGraph) -> None:
    values = answer_to(question, graph)

    assert is_right(question, values), f"{question.question} {question.answer} expected, {values} given"


def test_a_wrong_answer_is_rejected() -> None:
    """The comparison itself can fail, for every type of answer."""
    for question in (*QUESTIONS, *MORE):
        wrong = {"unknown": ["Anora"], "boolean": [] if question.answer is True else ["Anora"]}
        assert not is_right(question, wrong.get(question.answer_type, ["no such answer, 0"] * 2))
