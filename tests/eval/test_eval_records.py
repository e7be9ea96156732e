"""Judging one question, and keeping it as a line."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from eval_fakes import BAKERS, CLOSED, FLOOD, MINERS, PAINTED, SIGNALS_OF_0_2, FakeLibrary
from hypothesis import given, settings
from hypothesis import strategies as st
from report_fakes import make_record

from eval.dataset import Question
from eval.records import DEPTH, Gold, Hit, Quote, Read, Record, chunk_name, gold_of, judge, load_records
from rag.errors import LoadError
from rag.types import Evidence, Short, Timings

# -- judging --------------------------------------------------------------------------------------------------------


def judged(library: FakeLibrary, question: Question, **changes: Any) -> Record:
    examined = replace(library.examine(question.question), **changes)
    return judge(question, examined, library)


def test_a_right_answer(answerer: FakeLibrary) -> None:
    record = judged(answerer, replace(CLOSED, grades=(2,)))
    assert (record.question_id, record.question, record.tags) == ("q1", "Who closed the mine?", ("who",))
    gold = (record.answerable, record.answers, record.articles, record.grades)
    assert gold == (True, ("Ilse Brandt",), ("mine",), (2,))
    assert record.gold == Gold(("mine",), True, ("mine:28-62",))
    assert (record.answered, record.confidence, record.reason) == (True, 0.9, None)
    text = "Mayor Ilse Brandt closed the mine."
    assert record.quotes == (Quote("mine", "mine", 28, 62, text, True, True, True),)
    assert record.ranking == (
        Hit("mine", 0, 27, 1.0, False), Hit("mine", 28, 62, 1.0, True), Hit("bread", 0, 18, 1.0, False),
        Hit("bread", 19, 53, 1.0, False),
    )  # fmt: skip
    assert [passage.relevant for passage in record.read] == [False, True]
    assert (record.hit_rank, record.hit_read, record.right, record.first_right) == (2, True, True, True)
    assert (record.short, record.prediction) == ("Ilse Brandt", "Ilse Brandt")
    assert record.evidence == Evidence(answers=1.5, share=1.0)
    assert record.timings == Timings(encode=2.0, read=6.0, total=10.0)


def test_a_wrong_answer(answerer: FakeLibrary) -> None:
    record = judged(answerer, FLOOD)
    assert record.quotes == (Quote("bread", "bread", 0, 18, "Bread prices rose.", False, False, True),)
    assert (record.right, record.first_right, record.has_answer, record.hit_rank) == (False, False, False, 1)
    # Its whole sentence is the answer.
    assert (record.short, record.prediction) == ("", "Bread prices rose.")


def test_a_refusal_keeps_what_was_withheld(answerer: FakeLibrary) -> None:
    answerer.withheld = (CLOSED.question,)
    record = judged(answerer, CLOSED)
    assert (record.answered, record.right, record.first_right, record.has_answer) == (False, False, False, True)
    assert (record.prediction, record.reason, len(record.quotes)) == ("", "nothing fits", 1)
    assert record.short == "Ilse Brandt"


def test_the_short_answer_is_kept_as_it_was_given_whatever_the_quote_says(answerer: FakeLibrary) -> None:
    assert judged(answerer, CLOSED, short=None).short == ""
    assert judged(answerer, CLOSED, short=Short("the\nmine", "mine", 51, 59, 1)).short == "the\nmine"


@pytest.mark.parametrize(
    ("change", "prediction"),
    [
        pytest.param({}, "Mayor Ilse Brandt closed it.", id="no short answer"),
        pytest.param({"short": "Ilse Brandt"}, "Ilse Brandt", id="a short answer"),
        pytest.param({"short": "Ilse Brandt", "answered": False}, "", id="withheld"),
        pytest.param({"short": "Ilse Brandt", "quotes": ()}, "", id="no quote that it could stand in"),
    ],
)
def test_the_prediction_is_the_short_answer_or_the_first_quote(change: dict[str, Any], prediction: str) -> None:
    assert make_record(**change).prediction == prediction


@pytest.mark.parametrize(
    ("flags", "change", "first", "right"),
    [
        pytest.param([True, False], {}, True, True, id="the first of two"),
        pytest.param([False, True], {}, False, True, id="the second of two"),
        pytest.param([False, False], {}, False, False, id="none"),
        pytest.param([], {}, False, False, id="no quotes"),
        pytest.param([True], {"answered": False}, False, False, id="withheld"),
    ],
)
def test_the_first_quote_is_right_where_a_gold_answer_stands_in_it(
    flags: list[bool], change: dict[str, Any], first: bool, right: bool
) -> None:
    quotes = tuple(Quote("mine", "", 0, 1, "x", True, flag, True) for flag in flags)
    record = make_record(quotes=quotes, **change)
    assert (record.first_right, record.right) == (first, right)


def test_an_unanswerable_question_has_no_gold(answerer: FakeLibrary) -> None:
    record = judged(answerer, replace(PAINTED, question=CLOSED.question, articles=("mine",)))
    assert record.gold == Gold((), False, ())
    assert (record.hit_rank, record.hit_read, record.has_answer) == (None, False, False)
    assert [(quote.in_gold_article, quote.supports) for quote in record.quotes] == [(False, False)]


def test_a_hit_must_be_in_a_gold_article(answerer: FakeLibrary) -> None:
    record = judged(answerer, replace(CLOSED, answers=("mine", "rye"), articles=("bread",)))
    assert [hit.relevant for hit in record.ranking] == [False, False, False, True]
    assert (record.hit_rank, record.hit_read) == (4, False)
    (quote,) = record.quotes
    assert (quote.in_gold_article, quote.has_answer, quote.supports) == (False, True, False)


def test_only_the_first_hundred_chunks_are_kept(answerer: FakeLibrary) -> None:
    examined = answerer.examine(CLOSED.question)
    right, wrong = examined.ranking[1], examined.ranking[2]
    for before, rank in ((DEPTH, None), (DEPTH - 1, DEPTH)):
        record = judge(CLOSED, replace(examined, ranking=(wrong,) * before + (right,)), answerer)
        assert (len(record.ranking), record.hit_rank) == (DEPTH, rank)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"quote": "Mayor Ilse Brandt shut the mine."}, id="other words"),
        pytest.param({"quote": "mayor Ilse Brandt closed the mine."}, id="other case"),
        pytest.param({"start": 29}, id="shifted start"),
        pytest.param({"end": 63}, id="behind the end"),
        pytest.param({"start": -34, "end": 62}, id="counted from the end"),
        pytest.param({"start": 62, "end": 28}, id="the wrong way"),
        pytest.param({"start": 28, "end": 28, "quote": ""}, id="empty"),
        pytest.param({"article_id": "bread"}, id="another article"),
        pytest.param({"article_id": "gone"}, id="no such article"),
    ],
)
def test_a_quote_that_is_not_the_stored_text_is_not_verbatim(answerer: FakeLibrary, change: dict[str, Any]) -> None:
    (citation,) = answerer.examine(CLOSED.question).quotes
    record = judged(answerer, CLOSED, quotes=(citation, replace(citation, **change)))
    assert [quote.verbatim for quote in record.quotes] == [True, False]


def test_passages_are_kept_with_what_a_reader_wants_to_see(answerer: FakeLibrary) -> None:
    examined = answerer.examine(CLOSED.question)
    dated = replace(
        examined.answer.passages[1], title="The mine", source="Courier", url="https://x", published=date(2024, 8, 1)
    )
    record = judged(answerer, CLOSED, answer=replace(examined.answer, passages=(dated,)))
    text = "Mayor Ilse Brandt closed the mine."
    assert record.read == (Read("mine", "The mine", "Courier", "2024-08-01", 28, 62, text, True),)


def test_scores_are_kept_to_six_places(answerer: FakeLibrary) -> None:
    (first, *others) = answerer.examine(CLOSED.question).ranking
    record = judged(answerer, CLOSED, ranking=(replace(first, score=0.1234567), *others))
    assert [hit.score for hit in record.ranking] == [0.123457, 1.0, 1.0, 1.0]


def test_a_merged_passage_is_relevant_where_no_chunk_is(answerer: FakeLibrary) -> None:
    (first, second) = answerer.examine(CLOSED.question).answer.passages
    both = replace(first, end=second.end, text=MINERS)
    answer = replace(answerer.examine(CLOSED.question).answer, passages=(both,))
    record = judged(answerer, replace(CLOSED, answers=("Monday Mayor",)), answer=answer)
    assert (record.hit_rank, record.hit_read, record.gold.chunks) == (None, True, ())


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param(CLOSED, Gold(("mine",), True, ("mine:28-62",)), id="one chunk"),
        pytest.param(
            replace(CLOSED, answers=("mine",)), Gold(("mine",), True, ("mine:0-27", "mine:28-62")), id="two chunks"
        ),
        pytest.param(
            replace(CLOSED, answers=("rye", "Monday"), articles=("mine", "gone", "bread")),
            Gold(("mine", "bread"), True, ("mine:0-27", "bread:19-53")),
            id="two articles, one missing",
        ),
        pytest.param(replace(CLOSED, articles=("bread",)), Gold(("bread",), False, ()), id="no answer in it"),
        pytest.param(replace(CLOSED, answers=("Monday Mayor",)), Gold(("mine",), True, ()), id="an answer cut in two"),
        pytest.param(replace(CLOSED, articles=("gone",)), Gold((), False, ()), id="not indexed"),
        pytest.param(replace(CLOSED, answers=()), Gold(("mine",), False, ()), id="retrieval only"),
        pytest.param(replace(PAINTED, articles=("mine",)), Gold((), False, ()), id="unanswerable"),
    ],
)
def test_what_the_library_holds_of_the_gold(answerer: FakeLibrary, question: Question, expected: Gold) -> None:
    assert gold_of(question, answerer) == expected


def test_the_fake_cuts_at_lines(answerer: FakeLibrary) -> None:
    for name, text in (("mine", MINERS), ("bread", BAKERS)):
        assert [text[chunk.start : chunk.end] for chunk in answerer.chunks(name)] == text.split("\n")
    assert chunk_name("a:b", 0, 5) == "a:b:0-5"


# -- lines ----------------------------------------------------------------------------------------------------------

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
place = st.integers(0, 10**6)
number = st.floats(allow_nan=False, allow_infinity=False)
flag = st.booleans()
texts = st.lists(text, max_size=3).map(tuple)
records = st.builds(
    Record,
    question_id=text, question=text, tags=texts, answerable=flag, answers=texts, articles=st.just(("a", "b")),
    grades=st.just(()) | st.tuples(place, place), gold=st.builds(Gold, texts, flag, texts), answered=flag,
    confidence=st.floats(0, 1), evidence=st.builds(Evidence, number, strange=number),
    quotes=st.lists(st.builds(Quote, text, text, place, place, text, flag, flag, flag), max_size=2).map(tuple),
    ranking=st.lists(st.builds(Hit, text, place, place, number, flag), max_size=3).map(tuple),
    read=st.lists(
        st.builds(Read, text, text, st.none() | text, st.none() | text, place, place, text, flag), max_size=2
    ).map(tuple),
    reason=st.none() | text, timings=st.builds(Timings, number, total=number), short=text,
)  # fmt: skip


@given(records)
@settings(max_examples=40, deadline=None)
def test_a_record_survives_its_line(record: Record) -> None:
    line = record.to_line()
    assert "\n" not in line and "\r" not in line
    line.encode("utf-8")
    assert Record.from_line(line) == record
    assert Record.from_line(line).to_line() == line


def test_a_line_can_be_read_without_the_product(answerer: FakeLibrary) -> None:
    plain = json.loads(judged(answerer, CLOSED).to_line())
    assert plain["timings"]["read"] == 6.0
    assert plain["evidence"]["answers"] == 1.5
    assert plain["short"] == "Ilse Brandt"
    assert plain["ranking"][1] == ["mine", 28, 62, 1.0, True]
    assert plain["quotes"][0]["text"] == "Mayor Ilse Brandt closed the mine."
    assert plain["gold"] == {"indexed": ["mine"], "has_answer": True, "chunks": ["mine:28-62"]}


LINE = make_record().to_line()


def without(*names: str) -> str:
    row = json.loads(LINE)
    inner = row
    for name in names[:-1]:
        inner = inner[name]
    del inner[names[-1]]
    return json.dumps(row)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("{", id="not JSON"),
        pytest.param(LINE[: len(LINE) // 2], id="half a line"),
        pytest.param("[]", id="a list"),
        pytest.param("null", id="null"),
        pytest.param("{}", id="empty"),
        pytest.param(without("confidence"), id="a field is missing"),
        pytest.param(without("gold"), id="gold is missing"),
        pytest.param(without("gold", "chunks"), id="a field of gold is missing"),
        pytest.param(json.dumps(json.loads(LINE) | {"mood": "good"}), id="an unknown field"),
        pytest.param(json.dumps(json.loads(LINE) | {"timings": {"lunch": 1.0}}), id="an unknown stage"),
        pytest.param(json.dumps(json.loads(LINE) | {"evidence": {"answers": "much"}}), id="a signal that is a word"),
        pytest.param(json.dumps(json.loads(LINE) | {"evidence": {"share": True}}), id="a signal that is true"),
        pytest.param(json.dumps(json.loads(LINE) | {"evidence": None}), id="no evidence"),
        pytest.param(json.dumps(json.loads(LINE) | {"ranking": [["mine", 0, 5]]}), id="a hit too short"),
        pytest.param(json.dumps(json.loads(LINE) | {"ranking": None}), id="no ranking"),
        pytest.param(json.dumps(json.loads(LINE) | {"quotes": ["x"]}), id="a quote that is a string"),
    ],
)
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(LoadError, match="not a record of `rag eval`"):
        Record.from_line(line)


# -- lines of earlier versions --------------------------------------------------------------------------------------


def older(**changes: Any) -> str:
    """The line without a short answer."""
    plain = json.loads(LINE) | changes
    del plain["short"]
    return json.dumps(plain)


def test_a_line_without_a_short_answer_is_read() -> None:
    record = Record.from_line(older())
    assert record == make_record(short="")
    assert (record.right, record.first_right, record.prediction) == (True, True, "Mayor Ilse Brandt closed it.")


def test_of_another_reader_s_signals_those_that_are_still_known_are_read() -> None:
    record = Record.from_line(older(evidence=SIGNALS_OF_0_2))
    assert record.evidence == Evidence(
        share=0.75, margin=1.5, agreeing=0.5, score=7.25, dense=0.625, lexical=3.0, covered=0.875
    )
    assert record == make_record(evidence=record.evidence)


@pytest.mark.parametrize("evidence", [{}, {"mood": 1.0}], ids=["none", "unknown ones"])
def test_signals_that_a_line_lacks_are_zero(evidence: dict[str, float]) -> None:
    assert Record.from_line(older(evidence=evidence)).evidence == Evidence()


def test_an_old_record_is_written_as_a_new_one() -> None:
    record = Record.from_line(older(evidence=SIGNALS_OF_0_2))
    plain = json.loads(record.to_line())
    assert plain["short"] == "" and "judged" not in plain["evidence"]
    assert Record.from_line(record.to_line()) == record


def test_blank_lines_between_records_are_skipped() -> None:
    other = make_record(question_id="other")
    assert load_records([LINE, "", "  ", other.to_line()]) == (make_record(), other)
    assert load_records([]) == ()


def test_a_question_that_is_there_twice_is_an_error() -> None:
    with pytest.raises(LoadError, match="twice"):
        load_records([LINE, LINE])


@pytest.mark.parametrize("value", ["null", "NaN", '"0.4"', "1.5", "true", "-Infinity"])
def test_a_confidence_that_is_none_is_an_error(value: str) -> None:
    line = re.sub(r'"confidence": [^,]+,', f'"confidence": {value},', LINE)
    with pytest.raises(LoadError, match="not a record"):
        load_records([line])
