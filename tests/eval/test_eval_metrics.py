"""Metrics computed by hand, and the laws that they obey."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval import metrics
from eval.interval import Estimate, bootstrap
from eval.metrics import Metric, area, hit_at, latency, mrr_at, ratio, summarise
from eval.records import Record
from rag.types import Timings

MakeRecord = Callable[..., Record]

# `mixed_records`: right (rank 1), wrong (4), refused (12), refused (None) | refused, answered.
BY_HAND = [
    pytest.param(hit_at(1), 1 / 4, 4, id="hit@1"),
    pytest.param(hit_at(5), 2 / 4, 4, id="hit@5"),
    pytest.param(hit_at(10), 2 / 4, 4, id="hit@10"),
    pytest.param(hit_at(20), 3 / 4, 4, id="hit@20"),
    pytest.param(mrr_at(10), (1 + 1 / 4) / 4, 4, id="MRR@10 stops at 10"),
    pytest.param(mrr_at(20), (1 + 1 / 4 + 1 / 12) / 4, 4, id="MRR@20"),
    pytest.param(metrics.answer_accuracy(), 1 / 4, 4, id="accuracy"),
    pytest.param(metrics.answer_accuracy_answered(), 1 / 2, 2, id="accuracy, answered"),
    pytest.param(metrics.answer_precision(), 1 / 3, 3, id="answer precision"),
    pytest.param(metrics.right_article_rate(), (1 + 0.5) / 2, 2, id="right article"),
    pytest.param(metrics.verbatim_rate(), (1 + 1 + 0.5) / 3, 3, id="verbatim"),
    pytest.param(metrics.refusal_precision(), 1 / 3, 3, id="refusal precision"),
    pytest.param(metrics.refusal_recall(), 1 / 2, 2, id="refusal recall"),
    pytest.param(metrics.refusal_f1(), 2 / 5, 4, id="refusal F1"),
    # Wins of .9 .8 .3 .1 over .3 and .7: 2 + 2 + .5 + 0 of 8 pairs.
    pytest.param(metrics.auroc(), 4.5 / 8, 6, id="AUROC with a tie"),
]


@pytest.mark.parametrize(("metric", "value", "n"), BY_HAND)
def test_by_hand(mixed_records: list[Record], metric: Metric, value: float, n: int) -> None:
    estimate = metric.estimate(mixed_records)
    assert metric(mixed_records) == pytest.approx(value)
    assert estimate.value == pytest.approx(value)
    assert estimate.n == n
    assert 0 <= estimate.low <= value <= estimate.high <= 1


@pytest.mark.parametrize(
    "metric",
    [
        *(pytest.param(param.values[0], id=param.id) for param in BY_HAND),
        pytest.param(latency("total", 50), id="latency"),
    ],
)
def test_without_records_every_figure_is_undefined(metric: Metric) -> None:
    estimate = metric.estimate([])
    assert estimate.n == 0
    assert all(math.isnan(value) for value in (estimate.value, estimate.low, estimate.high))


@pytest.mark.parametrize(
    "metric",
    [
        pytest.param(metrics.refusal_precision(), id="refusal precision, nothing refused"),
        pytest.param(metrics.refusal_recall(), id="refusal recall, all answerable"),
        pytest.param(metrics.refusal_f1(), id="refusal F1, neither"),
        pytest.param(metrics.auroc(), id="AUROC, one class"),
    ],
)
def test_an_empty_denominator_is_nan(make_record: MakeRecord, metric: Metric) -> None:
    assert math.isnan(metric([make_record(), make_record()]))


def test_refusal_f1_is_zero_where_only_one_side_is_empty(make_record: MakeRecord) -> None:
    assert metrics.refusal_f1()([make_record(answerable=False)]) == 0
    assert metrics.refusal_f1()([make_record(answered=False)]) == 0


def test_latency_percentiles(make_record: MakeRecord) -> None:
    records = [make_record(timings=Timings(total=float(ms), read=1.0)) for ms in (10, 20, 30, 40, 140)]
    assert latency("total", 50)(records) == 30
    # Rank 0.95 * 4 = 3.8: 40 + 0.8 * 100.
    assert latency("total", 95)(records) == pytest.approx(120)
    assert latency("read", 95)(records) == 1


def test_summary_holds_each_figure_and_counts(mixed_records: list[Record]) -> None:
    summary = summarise(mixed_records)
    assert (summary.questions, summary.answerable, summary.answered) == (6, 4, 3)
    assert summary.hit_at_20.value == 0.75
    assert summary.refusal_f1 == metrics.refusal_f1().estimate(mixed_records)
    assert [stage.stage for stage in summary.latency][-1] == "total"
    assert summary.latency[-1].p50.value == 10


def test_summary_writes_nan_as_null() -> None:
    plain = json.loads(json.dumps(summarise([]).to_dict(), allow_nan=False))
    assert plain["hit_at_1"] == {"value": None, "low": None, "high": None, "n": 0}
    assert plain["latency"][0]["stage"] == "encode"


def test_bootstrap_is_seeded(mixed_records: list[Record]) -> None:
    rows = mrr_at(10).rows(mixed_records)
    assert bootstrap(rows, ratio) == bootstrap(rows, ratio)
    assert bootstrap(rows, ratio, seed=1, resamples=50) != bootstrap(rows, ratio, seed=2, resamples=50)


def test_bootstrap_width_is_that_of_the_normal_approximation() -> None:
    rows = np.array([(float(n % 2), 1.0) for n in range(400)])
    low, high = bootstrap(rows, ratio)
    assert low == pytest.approx(0.5 - 1.96 * 0.5 / 20, abs=0.01)
    assert high == pytest.approx(0.5 + 1.96 * 0.5 / 20, abs=0.01)


def test_bootstrap_leaves_undefined_resamples_out(make_record: MakeRecord) -> None:
    records = [make_record(), make_record(answered=False)]
    assert metrics.refusal_precision().estimate(records) == Estimate(0.0, 0.0, 0.0, 1)


ranks = st.lists(st.none() | st.integers(1, 100), min_size=1, max_size=20)
scores = st.lists(st.floats(0, 1), min_size=1, max_size=20)


def with_ranks(found: list[int | None]) -> list[Record]:
    base = Record(
        question_id="q",
        question="Who?",
        tags=(),
        answerable=True,
        answered=True,
        confidence=0.5,
        hit_rank=None,
        article_rank=None,
        hit_read=False,
        answer_correct=False,
        citation_right=None,
        verbatim=None,
        quotes=(),
        cited=(),
        reason=None,
        timings=Timings(),
    )
    return [replace(base, hit_rank=rank) for rank in found]


@given(st.floats(0, 1), st.integers(1, 30))
def test_the_interval_of_a_constant_is_the_constant(value: float, n: int) -> None:
    rows = np.array([(value, 1.0)] * n)
    low, high = bootstrap(rows, ratio, resamples=20)
    assert low == pytest.approx(value) and high == pytest.approx(value)


@given(ranks)
def test_hits_grow_with_k_and_bound_mrr(found: list[int | None]) -> None:
    records = with_ranks(found)
    hits = [hit_at(k)(records) for k in (1, 5, 10, 20, 100)]
    assert hits == sorted(hits)
    assert hits[0] <= mrr_at(10)(records) + 1e-12
    assert mrr_at(10)(records) <= hits[2] + 1e-12


@given(ranks, st.data())
def test_a_better_rank_never_lowers_mrr(found: list[int | None], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(found) - 1))
    better = data.draw(st.integers(1, found[index] or 100))
    improved = [*found[:index], better, *found[index + 1 :]]
    assert mrr_at(10)(with_ranks(improved)) >= mrr_at(10)(with_ranks(found))


@given(scores, scores)
def test_area_counts_the_pairs_and_mirrors(positive: list[float], negative: list[float]) -> None:
    rows = np.array([*((s, 1.0) for s in positive), *((s, -1.0) for s in negative)])
    wins = sum((p > q) + 0.5 * (p == q) for p in positive for q in negative)
    assert area(rows) == pytest.approx(wins / (len(positive) * len(negative)))
    assert area(rows * [1.0, -1.0]) == pytest.approx(1 - area(rows))


@given(ranks)
def test_the_order_of_records_does_not_matter(found: list[int | None]) -> None:
    assert mrr_at(10)(with_ranks(found[::-1])) == pytest.approx(mrr_at(10)(with_ranks(found)))
