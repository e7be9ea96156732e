"""Questions that have a day: asked as of it, or as of today."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from eval_fakes import CLOSED, FLOOD, PAINTED, FakeLibrary, miners
from fakes import SMALL_CHUNKS, FakeEncoder
from judged import Command, row, write_set
from report_fakes import make_run

from eval.conditions import to_json
from eval.run import Run, ask, conduct, read_run
from index.sync import sync
from rag.errors import Interrupted
from rag.types import Settings

CONDITIONS = replace(make_run([]).conditions, questions=3, settings=Settings())
AUGUST, MAY = date(2024, 8, 1), date(2025, 5, 31)
DATED = (replace(CLOSED, asked=AUGUST), FLOOD, replace(PAINTED, asked=MAY))


@pytest.mark.parametrize(
    ("dated", "days"),
    [
        pytest.param(True, [AUGUST, None, MAY], id="as of the day that a question has"),
        pytest.param(False, [None, None, None], id="as of today"),
    ],
)
def test_questions_are_asked_as_of_their_day_where_the_run_is_dated(
    answerer: FakeLibrary, tmp_path: Path, dated: bool, days: list[date | None]
) -> None:
    conduct(answerer, DATED, tmp_path / "run", replace(CONDITIONS, dated=dated))
    # What warms up is asked as of today.
    assert answerer.days == [None, *days]
    for question, day in zip(DATED, days, strict=True):
        answerer.days.clear()
        ask(answerer, question, Settings(), dated=dated)
        assert answerer.days == [day]


def test_an_interrupted_run_goes_on_as_of_the_same_days(tmp_path: Path) -> None:
    conditions = replace(CONDITIONS, dated=True)
    with pytest.raises(Interrupted):
        conduct(miners(stop_at=2), DATED, tmp_path / "run", conditions)
    library = miners()
    conduct(library, DATED, tmp_path / "run", conditions)
    assert library.days == [None, None, MAY]


# -- the command ----------------------------------------------------------------------------------------------------

NEWS = (
    {"id": "first", "published": "2024-08-01", "text": "The gecko keepers counted seven geckos in the gecko house."},
    {"id": "later", "published": "2024-09-01", "text": "The gecko keepers counted nine geckos in the gecko house."},
    {"id": "never", "text": "The heron keepers counted four herons in the heron house."},
)
"""Articles of two days and one without a date."""


def asked_on(rag: Command, place: Path, *options: str, day: str | None = "2024-08-15") -> Run:
    """A run over the news of one question, asked on a day."""
    place.mkdir()
    (place / "news.jsonl").write_text("".join(f"{json.dumps(one | {'title': 'Counted'})}\n" for one in NEWS), "utf-8")
    sync([place / "news.jsonl"], place / "library", encoder=FakeEncoder(), chunker=SMALL_CHUNKS)
    asked = {} if day is None else {"asked": day}
    path = write_set(
        place / "set.jsonl", [row("g", "How many geckos did the gecko keepers count?", ["seven"], ["first"], **asked)]
    )
    code, _, err = rag("eval", path, "--library", place / "library", "--out", place / "run", "--json", *options)
    assert (code, err) == (0, "")
    return read_run(place / "run")


@pytest.mark.parametrize(
    ("options", "day", "dated", "seen"),
    [
        pytest.param((), "2024-08-15", True, {"first", "never"}, id="as of a day between"),
        pytest.param((), "2024-08-01", True, {"first", "never"}, id="as of the day of publication"),
        pytest.param((), "2024-09-01", True, {"first", "later", "never"}, id="as of the newest day"),
        pytest.param(("--undated",), "2024-08-15", False, {"first", "later", "never"}, id="as of today"),
        pytest.param((), None, True, {"first", "later", "never"}, id="a question without a day"),
    ],
)
def test_a_question_is_asked_as_of_its_day_unless_it_is_undated(
    rag: Command, tmp_path: Path, options: tuple[str, ...], day: str | None, dated: bool, seen: set[str]
) -> None:
    run = asked_on(rag, tmp_path / "news", *options, day=day)
    (record,) = run.records
    assert run.conditions.dated is dated
    assert {hit.article for hit in record.ranking} == {passage.article for passage in record.read} == seen
    assert {quote.article for quote in record.quotes} <= seen


def test_a_run_keeps_the_short_answer_and_the_days_in_its_json(rag: Command, tmp_path: Path) -> None:
    run = asked_on(rag, tmp_path / "news", "--min-confidence", "0")
    (record,) = run.records
    # The longest words of the sentence that the question does not hold.
    assert (record.short, record.prediction) == ("counted seven", "counted seven")
    assert record.right and record.first_right
    figures = run.summary.figures
    assert [figures[name].value for name in ("first_quote", "short_right", "exact_match")] == [1.0, 1.0, 0.0]
    assert figures["token_f1"].value == pytest.approx(2 / 3)
    assert to_json(run.conditions)["dated"] is True


def test_what_was_asked_as_of_its_day_does_not_go_on_as_of_today(rag: Command, tmp_path: Path) -> None:
    run = asked_on(rag, tmp_path / "news")
    (run.folder / "summary.json").unlink()
    (run.folder / "records.jsonl").write_bytes(b"")
    arguments = ("eval", tmp_path / "news" / "set.jsonl", "--library", run.conditions.library, "--out", run.folder)
    code, out, err = rag(*arguments, "--undated")
    assert (code, out) == (1, "") and "under other conditions (dated True, now False)" in err
    assert rag(*arguments)[0] == 0
