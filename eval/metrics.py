"""Metrics: pure functions of per-question records.

A `Metric` turns each record into a row of two numbers and all rows into one figure, so that the same
definition serves the point estimate, the bootstrap and a paired comparison.  `metric(records)` is the figure;
it is nan where no record counts (its denominator is empty), shown as "–" and written as null in JSON.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from eval.interval import Estimate, FloatArray, Statistic, bootstrap
from eval.records import Record
from rag.types import Timings, to_plain

Row = tuple[float, float]


def ratio(rows: FloatArray) -> float:
    """Sum of the first column over the sum of the second; nan where that is 0."""
    total = rows[:, 1].sum()
    return float(rows[:, 0].sum() / total) if total else math.nan


def area(rows: FloatArray) -> float:
    """Probability that a positive row's first column exceeds a negative row's, ties counting one half.

    The second column is +1 or -1; nan where one kind is missing.  O(n log n) through the Mann-Whitney U.
    Source: Hanley and McNeil, Radiology 143 (1982).
    """
    positive = rows[rows[:, 1] > 0, 0]
    negative = np.sort(rows[rows[:, 1] < 0, 0])
    pairs = len(positive) * len(negative)
    if pairs == 0:
        return math.nan
    wins = np.searchsorted(negative, positive, "left") + np.searchsorted(negative, positive, "right")
    return float(wins.sum() / (2 * pairs))


def percentile(q: float) -> Statistic:
    """The `q`-th percentile (0 to 100) of the first column, interpolated linearly; nan without rows."""

    def statistic(rows: FloatArray) -> float:
        return float(np.percentile(rows[:, 0], q)) if len(rows) else math.nan

    return statistic


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure over records.  A row whose second number is 0 does not count.

    For `ratio`, the default, a row is what one question adds to the numerator and to the denominator.
    """

    row: Callable[[Record], Row]
    statistic: Statistic = ratio

    def rows(self, records: Sequence[Record]) -> FloatArray:
        """One row per record, shape (len(records), 2)."""
        return np.array([self.row(record) for record in records], dtype=np.float64).reshape(-1, 2)

    def __call__(self, records: Sequence[Record]) -> float:
        return self.statistic(self.rows(records))

    def estimate(self, records: Sequence[Record]) -> Estimate:
        """The figure with its bootstrap interval and the number of records that count."""
        rows = self.rows(records)
        low, high = bootstrap(rows, self.statistic)
        return Estimate(self.statistic(rows), low, high, int(np.count_nonzero(rows[:, 1])))


def hit_at(k: int) -> Metric:
    """hit@k: answerable questions whose first hit has rank <= k, of answerable questions."""
    return Metric(lambda r: _when(r.answerable, r.hit_rank is not None and r.hit_rank <= k))


def mrr_at(k: int) -> Metric:
    """MRR@k: mean over answerable questions of 1/rank of the first hit, 0 beyond rank k.

    Source: Voorhees, TREC-8 Question Answering Track Report (1999).
    """
    return Metric(lambda r: _when(r.answerable, _reciprocal(r.hit_rank, k)))


def answer_accuracy() -> Metric:
    """Rightly answered questions, of answerable questions: a refusal counts as wrong."""
    return Metric(lambda r: _when(r.answerable, _is_right(r)))


def answer_accuracy_answered() -> Metric:
    """Rightly answered questions, of answerable questions that were answered."""
    return Metric(lambda r: _when(r.answerable and r.answered, _is_right(r)))


def answer_precision() -> Metric:
    """Rightly answered questions, of all answered questions: an answer to an unanswerable one is wrong."""
    return Metric(lambda r: _when(r.answered, _is_right(r)))


def right_article_rate() -> Metric:
    """Mean over answered answerable questions of the fraction of citations that are from gold articles."""
    return Metric(lambda r: _when(r.citation_right is not None, r.citation_right or 0.0))


def verbatim_rate() -> Metric:
    """Mean over questions with citations of the fraction of quotes that equal the stored text."""
    return Metric(lambda r: _when(r.verbatim is not None, r.verbatim or 0.0))


def refusal_precision() -> Metric:
    """Unanswerable questions, of refused questions."""
    return Metric(lambda r: _when(not r.answered, not r.answerable))


def refusal_recall() -> Metric:
    """Refused questions, of unanswerable questions."""
    return Metric(lambda r: _when(not r.answerable, not r.answered))


def refusal_f1() -> Metric:
    """Harmonic mean of refusal precision and recall, as 2 TP / (2 TP + FP + FN); a refusal is positive.

    nan only where nothing is refused and nothing is unanswerable; 0 where only one of the two is empty.
    """

    def row(record: Record) -> Row:
        refused, unanswerable = not record.answered, not record.answerable
        return 2.0 * (refused and unanswerable), float(refused + unanswerable)

    return Metric(row)


def auroc() -> Metric:
    """Probability that an answerable question has a higher confidence than an unanswerable one (`area`)."""
    return Metric(lambda r: (r.confidence, 1.0 if r.answerable else -1.0), area)


def latency(stage: str, q: float) -> Metric:
    """The `q`-th percentile of the milliseconds that `stage`, a field of `Timings`, took."""
    return Metric(lambda r: (float(getattr(r.timings, stage)), 1.0), percentile(q))


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one stage of an answer."""

    stage: str
    p50: Estimate
    p95: Estimate


@dataclass(frozen=True, slots=True)
class Summary:
    """All figures of a run.  Rates are in [0, 1]; each is defined at the function of the same name."""

    questions: int
    answerable: int
    answered: int
    hit_at_1: Estimate
    hit_at_5: Estimate
    hit_at_10: Estimate
    hit_at_20: Estimate
    mrr_at_10: Estimate
    answer_accuracy: Estimate
    answer_accuracy_answered: Estimate
    answer_precision: Estimate
    right_article_rate: Estimate
    verbatim_rate: Estimate
    refusal_precision: Estimate
    refusal_recall: Estimate
    refusal_f1: Estimate
    auroc: Estimate
    latency: tuple[Latency, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON form, with null for nan."""
        plain: dict[str, Any] = _without_nan(to_plain(asdict(self)))
        return plain


def summarise(records: Sequence[Record]) -> Summary:
    """Every figure of a run with its seeded 95% bootstrap interval over questions."""
    return Summary(
        questions=len(records),
        answerable=sum(record.answerable for record in records),
        answered=sum(record.answered for record in records),
        hit_at_1=hit_at(1).estimate(records),
        hit_at_5=hit_at(5).estimate(records),
        hit_at_10=hit_at(10).estimate(records),
        hit_at_20=hit_at(20).estimate(records),
        mrr_at_10=mrr_at(10).estimate(records),
        answer_accuracy=answer_accuracy().estimate(records),
        answer_accuracy_answered=answer_accuracy_answered().estimate(records),
        answer_precision=answer_precision().estimate(records),
        right_article_rate=right_article_rate().estimate(records),
        verbatim_rate=verbatim_rate().estimate(records),
        refusal_precision=refusal_precision().estimate(records),
        refusal_recall=refusal_recall().estimate(records),
        refusal_f1=refusal_f1().estimate(records),
        auroc=auroc().estimate(records),
        latency=tuple(
            Latency(
                stage.name,
                latency(stage.name, 50).estimate(records),
                latency(stage.name, 95).estimate(records),
            )
            for stage in fields(Timings)
        ),
    )


def _when(counts: bool, value: float) -> Row:
    return (float(value), 1.0) if counts else (0.0, 0.0)


def _is_right(record: Record) -> bool:
    return record.answerable and record.answered and record.answer_correct


def _reciprocal(rank: int | None, k: int) -> float:
    return 1.0 / rank if rank is not None and rank <= k else 0.0


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
