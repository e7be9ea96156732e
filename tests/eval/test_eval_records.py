"""Judging one question, naming its failure, and keeping it as a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from eval.dataset import Question
from eval.records import Record, failure, judge
from rag.errors import LoadError
from rag.types import Answer

CLOSED = Question("q1", "Who closed the mine?", ("Ilse Brandt",), ("mine",), answerable=True, tags=("who",))


def judged(library: Any, question: Question, **changes: Any) -> Record:
    answer: Answer = replace(library.ask(question.question), **changes)
    return judge(question, answer, library.hits(question.question), library.article)


def test_a_right_answer(library: Any) -> None:
    record = judged(library, CLOSED)
    assert (record.question_id, record.tags, record.answered, record.confidence) == (
        "q1",
        ("who",),
        True,
        0.9,
    )
    assert (record.article_rank, record.hit_rank, record.hit_read) == (1, 2, True)
    assert (record.answer_correct, record.citation_right, record.verbatim) == (True, 1.0, 1.0)
    assert (record.quotes, record.cited) == (("Mayor Ilse Brandt closed the mine.",), ("mine",))
    assert record.timings.total == 10.0


def test_a_hit_must_be_in_a_gold_article(library: Any) -> None:
    record = judged(library, replace(CLOSED, answers=("mine", "rye"), articles=("bread",)))
    assert (record.article_rank, record.hit_rank, record.hit_read) == (3, 4, False)
    assert record.citation_right == 0.0


def test_only_the_first_hundred_chunks_are_looked_at(library: Any) -> None:
    answer, hits = library.ask(CLOSED.question), library.hits(CLOSED.question)
    far = (hits[2],) * 100 + (hits[1],)
    near = (hits[2],) * 99 + (hits[1],)
    assert judge(CLOSED, answer, far, library.article).hit_rank is None
    assert judge(CLOSED, answer, near, library.article).hit_rank == 100


def test_a_refusal_has_no_citation_figures(library: Any) -> None:
    record = judged(library, replace(CLOSED, question="Who then?"))
    assert (record.answered, record.answer_correct, record.reason) == (False, False, "nothing fits")
    assert (record.citation_right, record.verbatim) == (None, None)


def test_an_unanswerable_question_has_no_gold(library: Any) -> None:
    record = judged(library, replace(CLOSED, answers=(), answerable=False))
    assert (record.article_rank, record.hit_rank, record.hit_read) == (None, None, False)
    assert (record.answer_correct, record.citation_right, record.verbatim) == (False, None, 1.0)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"quote": "Mayor Ilse Brandt shut the mine."}, id="other words"),
        pytest.param({"start": 29}, id="shifted start"),
        pytest.param({"start": -34, "end": 62}, id="counted from the end"),
        pytest.param({"start": 28, "end": 28, "quote": ""}, id="empty"),
        pytest.param({"article_id": "gone"}, id="no such article"),
    ],
)
def test_one_of_two_quotes_is_not_verbatim(library: Any, change: dict[str, Any]) -> None:
    citation = library.ask(CLOSED.question).citations[0]
    assert (citation.start, citation.end) == (28, 62)
    record = judged(library, CLOSED, citations=(citation, replace(citation, **change)))
    assert record.verbatim == 0.5


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        pytest.param({}, None, id="right"),
        pytest.param({"hit_rank": None, "hit_read": False}, None, id="right without a hit"),
        pytest.param({"answer_correct": False}, "wrong sentence", id="wrong, hit read"),
        pytest.param({"answer_correct": False, "hit_read": False}, "ranked low", id="wrong, hit not read"),
        pytest.param(
            {"answer_correct": False, "hit_read": False, "hit_rank": None},
            "not retrieved",
            id="wrong, no hit",
        ),
        pytest.param({"answered": False, "answer_correct": False}, "wrongly refused", id="refused, hit read"),
        pytest.param(
            {"answered": False, "answer_correct": False, "hit_read": False},
            "ranked low",
            id="refused, not read",
        ),
        pytest.param({"answerable": False}, "wrongly answered", id="answered, unanswerable"),
        pytest.param({"answerable": False, "answered": False}, None, id="rightly refused"),
    ],
)
def test_failure(make_record: Callable[..., Record], change: dict[str, Any], kind: str | None) -> None:
    assert failure(make_record(**change)) == kind


def test_a_record_survives_its_line(library: Any) -> None:
    record = judged(library, replace(CLOSED, question="Who closed the mine?\u2028“Ça”"))
    line = record.to_line()
    assert "\n" not in line
    assert Record.from_line(line) == record
    assert json.loads(line)["timings"]["read"] == 6.0


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"tags": null}'], ids=["not JSON", "a list", "empty", "no list"])
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(LoadError, match="not a record"):
        Record.from_line(line)


def test_a_line_with_an_unknown_field_is_refused(make_record: Callable[..., Record]) -> None:
    row = json.loads(make_record().to_line()) | {"mood": "good"}
    with pytest.raises(LoadError, match="mood"):
        Record.from_line(json.dumps(row))
