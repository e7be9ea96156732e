"""Metrics computed by hand, and what does not count."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from eval_fakes import hits
from report_fakes import make_record

from eval.cause import Cause
from eval.interval import Estimate
from eval.metrics import METRICS, STAGES, Summary, summarise
from eval.records import Gold, Quote, Record
from rag.types import Timings

# `mixed_records`: a right (.9), b wrong (.8), c refused, was right (.3), d refused, no hit (.1) | e refused (.3),
# f answered (.7).
BY_HAND = [
    ("hit@1", 1 / 4, 4),
    ("hit@5", 2 / 4, 4),
    ("hit@10", 2 / 4, 4),
    ("hit@20", 3 / 4, 4),
    ("hit@100", 3 / 4, 4),
    ("recall@5", 2 / 4, 4),
    ("mrr@10", (1 + 1 / 4) / 4, 4),
    ("ndcg@10", (1 + 1 / math.log2(5)) / 4, 4),
    ("map", (1 + 1 / 4 + 1 / 12) / 4, 4),
    ("article_hit@1", 1 / 4, 4),
    ("article_hit@5", 3 / 4, 4),
    ("article_mrr@10", (1 + 1 / 4 + 1 / 2) / 4, 4),
    ("article_map", (1 + 1 / 4 + 1 / 12 + 1 / 2) / 4, 4),
    ("answer_accuracy", 1 / 4, 4),
    ("first_quote", 1 / 4, 4),
    # None has a short answer, and a's quote is the gold string.
    ("short_right", 1 / 4, 4),
    ("answer_accuracy_answered", 1 / 2, 2),
    ("answer_precision", 1 / 3, 3),
    # a and e.
    ("accuracy", 2 / 6, 6),
    # a "Ilse Brandt." and e "".
    ("exact_match", 2 / 6, 6),
    # b shares one word of two with three.
    ("token_f1", (1 + 2 / 5 + 1) / 6, 6),
    ("citation_precision", 1 / 3, 3),
    ("citation_recall", 1 / 3, 3),
    ("right_article", (1 + 1 / 2) / 2, 2),
    # d has no quote; those that were withheld count.
    ("verbatim", (1 + 1 + 1 + 1 + 1 / 2) / 5, 5),
    ("refusal_precision", 1 / 3, 3),
    ("refusal_recall", 1 / 2, 2),
    ("refusal_f1", 2 / (3 + 2), 4),
    # .9 .8 .3 .1 against .3 and .7: 2 + 2 + 1/2 + 0 of 8 pairs.
    ("auroc", 4.5 / 8, 6),
    # .9 and .3 against .8 .1 .3 .7: 4 + 1 + 1/2 of 8 pairs.
    ("auroc_right", 5.5 / 8, 6),
    # Right, wrong, wrong, a tie of a right and a wrong one, wrong.
    ("aurc", (0 + 1 / 2 + 2 / 3 + 3 / 5 + 3 / 5 + 4 / 6) / 6, 6),
    # Bins of .9, .8, .7, .3 (twice) and .1.
    ("ece", (0.1 + 0.8 + 0.7 + abs(0.7 - 0.3) + 0.1) / 6, 6),
    ("total_p50", 10.0, 6),
    # Place 0.95 * 5 = 4.75 between 10 and 110.
    ("total_p95", 85.0, 6),
    ("total_p99", 105.0, 6),
]


@pytest.fixture
def summary(mixed_records: list[Record]) -> Summary:
    return summarise(mixed_records)


@pytest.mark.parametrize(("name", "value", "n"), BY_HAND, ids=[name for name, *_ in BY_HAND])
def test_by_hand(mixed_records: list[Record], name: str, value: float, n: int) -> None:
    figure = summarise(mixed_records).figures[name]
    assert figure.value == pytest.approx(value)
    assert figure.n == n
    assert figure.low <= value <= figure.high


def test_every_metric_but_more_depths_and_stages_was_computed_by_hand() -> None:
    left = set(METRICS) - {name for name, *_ in BY_HAND}
    assert {name for name in left if "@" not in name and "_p" not in name} == set()


def test_names_are_keys_and_every_metric_says_what_it_is() -> None:
    assert all(name == metric.name and metric.label and metric.what for name, metric in METRICS.items())
    better = {name for name, metric in METRICS.items() if metric.better == "lower" and metric.group != "latency"}
    assert better == {"aurc", "ece"}


def test_counts_of_a_summary(summary: Summary) -> None:
    assert (summary.questions, summary.answerable, summary.answered) == (6, 4, 3)
    assert list(summary.figures) == list(METRICS)
    found = {kind: count for kind, count in summary.causes.items() if count}
    # d's article has a chunk with the answer that is not in the ranking.
    assert found == {
        Cause.NOT_EXTRACTED: 1, Cause.NOT_RETRIEVED: 1, Cause.WRONGLY_REFUSED: 1, Cause.WRONGLY_ANSWERED: 1
    }  # fmt: skip
    assert list(summary.causes) == list(Cause)


def test_without_records_every_figure_is_undefined_and_null_in_json() -> None:
    summary = summarise([])
    for figure in summary.figures.values():
        assert figure.n == 0
        assert all(math.isnan(number) for number in (figure.value, figure.low, figure.high))
    plain = json.loads(json.dumps(summary.to_dict(), allow_nan=False))
    assert plain["figures"]["hit@1"] == {"value": None, "low": None, "high": None, "n": 0}
    assert plain["causes"]["not retrieved"] == 0


@pytest.mark.parametrize(
    ("name", "change"),
    [
        pytest.param("hit@5", {"answerable": False, "articles": ()}, id="no answerable question"),
        pytest.param("article_hit@5", {"answerable": False, "articles": ()}, id="no gold article"),
        pytest.param("answer_accuracy", {"answerable": False}, id="accuracy of nothing answerable"),
        pytest.param("first_quote", {"answerable": False}, id="first quotes of nothing answerable"),
        pytest.param("short_right", {"answerable": False}, id="short answers of nothing answerable"),
        pytest.param("first_quote", {"answers": ()}, id="first quotes where only retrieval is judged"),
        pytest.param("short_right", {"answers": ()}, id="short answers where only retrieval is judged"),
        pytest.param("answer_accuracy_answered", {"answered": False}, id="accuracy of nothing answered"),
        pytest.param("answer_precision", {"answered": False}, id="precision of nothing answered"),
        pytest.param("citation_precision", {"answered": False}, id="citations of refusals"),
        pytest.param("citation_recall", {"answered": False}, id="citations of refusals, recall"),
        pytest.param("right_article", {"answerable": False}, id="articles of unanswerable questions"),
        pytest.param("verbatim", {"quotes": ()}, id="no quotes"),
        pytest.param("refusal_precision", {}, id="nothing refused"),
        pytest.param("refusal_recall", {}, id="nothing to refuse"),
        pytest.param("refusal_f1", {}, id="neither"),
        pytest.param("auroc", {}, id="all answerable"),
        pytest.param("auroc_right", {}, id="all right"),
    ],
)
def test_an_empty_denominator_is_nan(name: str, change: dict[str, Any]) -> None:
    assert math.isnan(summarise([make_record(**change)] * 2).figures[name].value)


def test_refusal_f1_is_zero_where_only_one_side_is_empty() -> None:
    assert summarise([make_record(answerable=False)]).figures["refusal_f1"].value == 0
    assert summarise([make_record(answered=False)]).figures["refusal_f1"].value == 0


def test_a_set_without_unanswerable_questions_has_no_refusal_recall_but_all_else(mixed_records: list[Record]) -> None:
    figures = summarise(mixed_records[:4]).figures
    assert math.isnan(figures["refusal_recall"].value)
    assert (figures["refusal_precision"].value, figures["answer_accuracy"].value) == (0.0, 0.25)


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "refused"])
def test_where_only_retrieval_is_judged_only_articles_times_and_offsets_count(
    mixed_records: list[Record], summary: Summary, answered: bool
) -> None:
    bare = make_record(
        question_id="g", answers=(), answered=answered, confidence=0.99, articles=("zinc",),
        gold=Gold(("zinc",), False, ()), ranking=hits("coal", "zinc"),
    )  # fmt: skip
    figures = summarise([*mixed_records, bare]).figures
    assert figures["article_hit@1"].value == pytest.approx(1 / 5)
    assert figures["article_hit@5"].value == pytest.approx(4 / 5)
    assert figures["verbatim"].n == 6
    for name, metric in METRICS.items():
        if metric.group not in ("articles", "latency") and name != "verbatim":
            assert (figures[name].value, figures[name].n) == (summary.figures[name].value, summary.figures[name].n)


def test_a_withheld_quote_counts_for_confidence_but_not_as_an_answer() -> None:
    refused = make_record(answered=False, confidence=0.2)
    figures = summarise([refused]).figures
    assert refused.has_answer and not refused.right and refused.prediction == ""
    assert (figures["answer_accuracy"].value, figures["exact_match"].value) == (0.0, 0.0)
    assert figures["ece"].value == pytest.approx(0.8)


def supporting(*flags: tuple[bool, bool]) -> tuple[Quote, ...]:
    return tuple(Quote("mine", "", 0, 1, "x", gold, right, True) for gold, right in flags)


@pytest.mark.parametrize(
    ("quotes", "precision", "recall", "right"),
    [
        pytest.param([(True, True), (True, False), (False, True), (False, False)], 1 / 4, 1, 1, id="one of four"),
        pytest.param([(True, False), (False, True)], 0, 0, 1, id="gold article and gold string apart"),
        pytest.param([(True, True), (True, True)], 1, 1, 1, id="all"),
        pytest.param([(False, False)], 0, 0, 0, id="none"),
    ],
)
def test_a_quote_supports_with_both_its_article_and_a_gold_string(
    quotes: list[tuple[bool, bool]], precision: float, recall: float, right: float
) -> None:
    figures = summarise([make_record(quotes=supporting(*quotes))]).figures
    assert figures["citation_precision"].value == pytest.approx(precision)
    assert figures["citation_recall"].value == recall
    assert figures["answer_accuracy"].value == right


def test_only_the_first_quote_is_compared_with_gold_strings() -> None:
    first, second = (Quote("mine", "", 0, 1, text, True, True, True) for text in ("It was Ilse Brandt", "Ilse Brandt"))
    figures = summarise([make_record(quotes=(first, second))]).figures
    assert figures["exact_match"].value == 0
    assert figures["token_f1"].value == pytest.approx(2 * 2 / (4 + 2))


def test_the_short_answer_is_compared_with_gold_strings_and_no_quote_is() -> None:
    figures = summarise([make_record(short="the mayor Ilse Brandt")]).figures
    assert figures["exact_match"].value == 0
    # SQuAD leaves "the" out.
    assert figures["token_f1"].value == pytest.approx(2 * 2 / (3 + 2))
    assert summarise([make_record(short="Ilse Brandt!")]).figures["exact_match"].value == 1


NAMES = ("Ilse Brandt", "I. Brandt")


@pytest.mark.parametrize(
    ("short", "answers", "right"),
    [
        pytest.param("Ilse Brandt", NAMES, True, id="a gold string"),
        pytest.param("I. Brandt", NAMES, True, id="another gold string"),
        pytest.param("Mayor Ilse Brandt", NAMES, True, id="one with more words"),
        pytest.param("ILSE  BRANDT’S", NAMES, True, id="case, spaces, a possessive"),
        pytest.param("the 40", ("40",), True, id="a number with a word"),
        pytest.param("$40", ("40",), True, id="a number with a sign"),
        pytest.param("Who", ("The Who",), True, id="equal but for an article"),
        pytest.param("Brandt", NAMES, False, id="a part of one"),
        pytest.param("Ilse Brandts", NAMES, False, id="a longer word"),
        pytest.param("140", ("40",), False, id="a longer number"),
        pytest.param("the mine", NAMES, False, id="other words"),
        pytest.param("", NAMES, True, id="none, and the quote has it"),
        pytest.param("", ("Otto",), False, id="none, and the quote has it not"),
    ],
)
def test_a_short_answer_is_right_where_it_is_or_contains_a_gold_string(
    short: str, answers: tuple[str, ...], right: bool
) -> None:
    figure = summarise([make_record(short=short, answers=answers)]).figures["short_right"]
    assert (figure.value, figure.n) == (float(right), 1)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"answered": False}, id="refused"),
        pytest.param({"quotes": ()}, id="without a quote"),
        # SQuAD's EM takes the empty answer for it.
        pytest.param({"answered": False, "answers": ("A",)}, id="refused, and the gold string is an article"),
    ],
)
def test_what_was_not_answered_has_no_right_short_answer(change: dict[str, Any]) -> None:
    figures = summarise([make_record(short="Ilse Brandt", **change)]).figures
    assert [(figures[name].value, figures[name].n) for name in ("short_right", "first_quote")] == [(0.0, 1)] * 2


def test_quotes_first_quotes_and_short_answers_by_hand() -> None:
    """p quotes the answer second and says another name; q quotes it first and says it; r quotes it first and says
    another name; s was refused with all of it right; t is unanswerable and was answered.
    """
    right, wrong = (Quote("mine", "", 0, 1, "x", True, flag, True) for flag in (True, False))
    records = [
        make_record(question_id="p", short="Otto", quotes=(wrong, right)),
        make_record(question_id="q", short="Ilse Brandt", quotes=(right, wrong)),
        make_record(question_id="r", short="Otto", quotes=(right,)),
        make_record(question_id="s", short="Ilse Brandt", quotes=(right,), answered=False),
        make_record(question_id="t", short="Ilse Brandt", quotes=(right,), answerable=False, answers=()),
    ]
    figures = summarise(records).figures
    assert [(figures[name].value, figures[name].n) for name in ("answer_accuracy", "first_quote", "short_right")] == [
        (3 / 4, 4), (2 / 4, 4), (1 / 4, 4)
    ]  # fmt: skip


@pytest.mark.parametrize("stage", STAGES)
def test_percentiles_of_a_stage(stage: str) -> None:
    records = [make_record(timings=replace(Timings(), **{stage: float(ms)})) for ms in (140, 10, 30, 20, 40)]
    figures = summarise(records).figures
    assert figures[f"{stage}_p50"].value == 30
    # Place 0.95 * 4 = 3.8: 40 + 0.8 * 100.
    assert figures[f"{stage}_p95"].value == pytest.approx(120)
    assert figures[f"{stage}_p99"].value == pytest.approx(136)


def test_an_interval_leaves_out_the_resamples_in_which_a_figure_is_not_defined() -> None:
    found = summarise([make_record(), make_record(answered=False)]).figures["refusal_precision"]
    assert found == Estimate(0.0, 0.0, 0.0, 1)


def test_the_order_of_questions_does_not_matter(mixed_records: list[Record], summary: Summary) -> None:
    again = summarise(mixed_records[::-1])
    for name, figure in summary.figures.items():
        assert again.figures[name].value == pytest.approx(figure.value)


def test_a_summary_is_the_same_each_time(mixed_records: list[Record], summary: Summary) -> None:
    assert summarise(mixed_records) == summary


def test_ranking_by_confidence_depends_on_its_order_alone(mixed_records: list[Record], summary: Summary) -> None:
    figures = summarise([replace(record, confidence=record.confidence / 2 + 0.1) for record in mixed_records]).figures
    for name in ("auroc", "auroc_right", "aurc"):
        assert figures[name].value == pytest.approx(summary.figures[name].value)
    assert figures["ece"].value != pytest.approx(summary.figures["ece"].value)
