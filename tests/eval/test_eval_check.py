"""What `rag eval check` finds, kind by kind, and what it leaves alone."""

from __future__ import annotations

from datetime import date

import pytest

from eval.check import Kind, check
from eval.dataset import Question
from rag.errors import ArticleNotFound
from rag.types import Article

TEXTS = {
    "mine": "The mine flooded on Monday.\nMayor Ilse Brandt closed the caf\u00e9 and the mine.",
    "bread": "Bread prices rose by 3 percent. The guild blames the price of rye.",
}


class Shelf:
    """The two articles above."""

    def article(self, article_id: str, /) -> Article:
        if article_id not in TEXTS:
            raise ArticleNotFound(article_id)
        return Article(article_id, article_id, TEXTS[article_id])


def ask(question: str = "Who closed the mine?", answers: str = "Ilse Brandt", **fields: object) -> Question:
    """A question on the article about the mine; `answers` are separated by bars, none makes it unanswerable."""
    golds = tuple(answers.split("|")) if answers else ()
    given = {"id": "q", "articles": ("mine",) if answers else (), "answerable": bool(answers)} | fields
    return Question(question=question, answers=golds, **given)  # type: ignore[arg-type]


def found(*questions: Question) -> list[tuple[str, Kind]]:
    return [(problem.question_id, problem.kind) for problem in check(questions, Shelf())]


def details(*questions: Question) -> list[str]:
    return [problem.detail for problem in check(questions, Shelf())]


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(ask(), id="plain"),
        pytest.param(ask(answers="ILSE   brandt"), id="folded"),
        pytest.param(ask(quotes=("Mayor Ilse Brandt closed the caf\u00e9",)), id="quote"),
        pytest.param(ask(quotes=("closed the cafe\u0301",)), id="quote in decomposed letters"),
        pytest.param(ask(quotes=("Monday.\r\nMayor",)), id="quote over a line end"),
        pytest.param(ask(quotes=("Monday. Mayor",)), id="quote from a wrapped page"),
        pytest.param(ask(answers="3|rye", articles=("bread",)), id="two answers in one article"),
        pytest.param(ask(answers="mine|rye", articles=("mine", "bread"), question="What?"), id="one answer each"),
        pytest.param(ask(answers=""), id="unanswerable"),
        pytest.param(ask(answers="", articles=("mine",)), id="unanswerable, with an article"),
        pytest.param(ask(answers="", answerable=True, articles=("mine",), grades=(1,)), id="retrieval only"),
    ],
)
def test_a_sound_question_has_no_problem(question: Question) -> None:
    assert check([question], Shelf()) == ()


@pytest.mark.parametrize(
    ("question", "kinds", "details_"),
    [
        pytest.param(
            ask(articles=("mine", "gone")), ["missing article"], ["the library has no article 'gone'"], id="missing"
        ),
        pytest.param(ask(articles=("gone", "lost")), ["missing article"] * 2, None, id="all missing"),
        pytest.param(
            ask(answers="", answerable=True, articles=("gone",)), ["missing article"], None, id="retrieval only"
        ),
        pytest.param(
            ask(answers="Brand|Ilsa"),
            ["answer not in article"],
            ["no answer ('Brand', 'Ilsa') occurs in 'mine'"],
            id="no answer",
        ),
        pytest.param(
            ask(answers="Ilse Brandt|the mayor"),
            ["answer not in article"],
            ["'the mayor' occurs in none of 'mine', though another answer does"],
            id="one answer",
        ),
        pytest.param(
            ask(articles=("mine", "bread")),
            ["answer not in article"],
            ["'bread' holds none of 'Ilse Brandt'"],
            id="no answer in one article",
        ),
        pytest.param(
            ask(quotes=("Ilse Brandt closed the mine.", "Mayor Ilse")),
            ["quote not in article"],
            ["'Ilse Brandt closed the mine.' is in none of 'mine'"],
            id="quote",
        ),
        pytest.param(ask(quotes=("mayor ilse",)), ["quote not in article"], None, id="quote in other case"),
        pytest.param(
            ask("Did Ilse Brandt close it?", "Ilse Brandt"),
            ["answer in question"],
            ["'Ilse Brandt' stands in the question"],
            id="answer in its question",
        ),
    ],
)
def test_problems_of_one_question(question: Question, kinds: list[Kind], details_: list[str] | None) -> None:
    assert found(question) == [("q", kind) for kind in kinds]
    if details_ is not None:
        assert details(question) == details_


def test_many_things_are_not_all_named() -> None:
    answers = "|".join(["x" * 100, "b", "c", "d", "e"])
    assert details(ask(answers=answers)) == [f"no answer ('{'x' * 59}…', 'b', 'c' and 2 more) occurs in 'mine'"]


JULY, AUGUST = date(2024, 7, 1), date(2024, 8, 1)


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        pytest.param(ask(), ask("who CLOSED the mine"), "duplicate question", id="the same, folded"),
        pytest.param(ask(), ask(answers="Brandt|Ilse Brandt"), "duplicate question", id="an answer in common"),
        pytest.param(ask(answers=""), ask(answers=""), "duplicate question", id="both unanswerable"),
        pytest.param(ask(), ask(answers="Monday"), "contradiction", id="other answers"),
        pytest.param(ask(), ask(answers=""), "contradiction", id="once unanswerable"),
        pytest.param(ask(), ask(answers="", answerable=True, articles=("mine",)), "duplicate question", id="retrieval"),
        pytest.param(ask(asked=JULY), ask(answers="Monday", asked=AUGUST), None, id="other days, other answers"),
        pytest.param(ask(asked=JULY), ask(answers="", asked=AUGUST), None, id="other days, once unanswerable"),
        pytest.param(ask(asked=JULY), ask(asked=AUGUST), "duplicate question", id="other days, one answer"),
        pytest.param(ask(asked=JULY), ask(answers="Monday", asked=JULY), "contradiction", id="one day"),
        pytest.param(ask(asked=JULY), ask(answers="Monday"), "contradiction", id="one day is not known"),
        pytest.param(ask(), ask("Who opened the mine?"), None, id="another question"),
    ],
)
def test_problems_between_two_questions(one: Question, other: Question, kind: Kind | None) -> None:
    second = Question(**{name: getattr(other, name) for name in other.__slots__} | {"id": "second"})
    assert found(one, second) == ([("second", kind)] if kind else [])


def test_a_contradiction_says_both_sides() -> None:
    assert details(ask(), ask(answers="", id="r")) == [
        "'q' is answered with 'Ilse Brandt', while 'r' cannot be answered"
    ]


def test_the_order_is_that_of_the_questions() -> None:
    wrong = ask("Was it Monday or a café?", "Monday|rye", articles=("gone", "mine"), quotes=("no",), id="b")
    assert found(ask(id="a"), wrong, ask(id="c")) == [
        ("b", "missing article"),
        ("b", "answer not in article"),
        ("b", "quote not in article"),
        ("b", "answer in question"),
        ("c", "duplicate question"),
    ]
