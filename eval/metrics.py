"""Metrics: pure functions of per-question records.

A `Metric` turns each record into a row of two numbers, and a statistic (`eval.statistic`) turns all rows into one
figure, so that the same definition serves the figure, its interval and a paired comparison.  A figure is nan where
no record counts, shown as "–" and written as null in JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from eval.cause import Cause, cause
from eval.interval import Estimate, Floats, Statistic, estimate, resamples
from eval.ranking import MEASURES, Level, ranking_rows
from eval.records import Record
from eval.statistic import area, calibration_error, percentile, ratio, selective_risk
from eval.text import contains, exact_match, token_f1
from rag.types import Timings

Row = tuple[float, float]
Group = Literal["chunks", "articles", "answers", "citations", "refusal", "confidence", "latency"]
Better = Literal["higher", "lower"]
Table = Mapping[str, Floats]
"""For each metric, (records, 2) rows."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure over records.  `what` defines it in a line; `row` is None where `eval.ranking` gives the rows."""

    name: str
    label: str
    group: Group
    what: str
    row: Callable[[Record], Row] | None
    statistic: Statistic = ratio
    better: Better = "higher"

    def gains(self, difference: float) -> bool:
        """Whether a difference is one for the better."""
        return (difference > 0) == (self.better == "higher")


def _when(counts: bool, value: float) -> Row:
    return (float(value), 1.0) if counts else (0.0, 0.0)


def _judged(record: Record) -> bool:
    """Whether answers are judged, not retrieval alone."""
    return not record.retrieval_only


def _f1_row(record: Record) -> Row:
    if record.retrieval_only:
        return 0.0, 0.0
    refused, unanswerable = not record.answered, not record.answerable
    return 2.0 * (refused and unanswerable), float(refused + unanswerable)


def _sign(counts: bool, positive: bool) -> float:
    return (1.0 if positive else -1.0) if counts else 0.0


def _is_right(prediction: str, answers: tuple[str, ...]) -> bool:
    return contains(prediction, answers) or exact_match(prediction, answers) == 1.0


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else 0.0


_ANSWERS = (
    Metric(
        "answer_accuracy", "right, of answerable", "answers",
        "Questions with a gold string inside a quote that was given, of answerable questions: a refusal is wrong.",
        lambda r: _when(r.answerable and _judged(r), r.right),
    ),
    Metric(
        "first_quote", "right in the first quote", "answers",
        "Questions with a gold string inside the first quote that was given, of answerable questions.",
        lambda r: _when(r.answerable and _judged(r), r.first_right),
    ),
    Metric(
        "short_right", "short answer right", "answers",
        "Questions whose short answer (where there is none, whose first quote) is a gold string or contains one, of "
        "answerable questions.",
        lambda r: _when(r.answerable and _judged(r), bool(r.prediction) and _is_right(r.prediction, r.answers)),
    ),
    Metric(
        "answer_accuracy_answered", "right, of answerable answered", "answers",
        "The same, of the answerable questions that were answered.",
        lambda r: _when(r.answerable and r.answered and _judged(r), r.right),
    ),
    Metric(
        "answer_precision", "right, of all answered", "answers",
        "The same, of all answered questions: an answer to an unanswerable one is wrong.",
        lambda r: _when(r.answered and _judged(r), r.right),
    ),
    Metric(
        "accuracy", "right or rightly refused, of all", "answers",
        "Rightly answered questions and unanswerable ones that were refused, of all questions.",
        lambda r: _when(_judged(r), r.right if r.answerable else not r.answered),
    ),
    Metric(
        "exact_match", "exact match", "answers",
        "SQuAD's EM of the short answer (where there is none, of the first quote) against the gold strings, the best "
        "of them; a refusal is the answer \"\".",
        lambda r: _when(_judged(r), exact_match(r.prediction, r.answers)),
    ),
    Metric(
        "token_f1", "token F1", "answers",
        "SQuAD's F1 of shared words, likewise.",
        lambda r: _when(_judged(r), token_f1(r.prediction, r.answers)),
    ),
)  # fmt: skip

_CITATIONS = (
    Metric(
        "citation_precision", "citation precision", "citations",
        "Over answered questions, the mean share of quotes that support the answer: from a gold article, with a gold "
        "string in them.  After ALCE (Gao et al., EMNLP 2023), the whole answer being one statement and the gold "
        "articles and strings the verifier.",
        lambda r: _when(r.answered and _judged(r), _share([quote.supports for quote in r.quotes])),
    ),
    Metric(
        "citation_recall", "citation recall", "citations",
        "Answered questions of which at least one quote supports the answer, of answered questions.  After ALCE: the "
        "statement is supported by its citations together.",
        lambda r: _when(r.answered and _judged(r), any(quote.supports for quote in r.quotes)),
    ),
    Metric(
        "right_article", "cited article is gold", "citations",
        "Over answered answerable questions, the mean share of quotes that are from gold articles.",
        lambda r: _when(
            r.answered and r.answerable and _judged(r), _share([quote.in_gold_article for quote in r.quotes])
        ),
    ),
    Metric(
        "verbatim", "quotes verbatim", "citations",
        "Over questions with quotes, the mean share of quotes that equal the stored text at their offsets.",
        lambda r: _when(bool(r.quotes), _share([quote.verbatim for quote in r.quotes])),
    ),
)  # fmt: skip

_REFUSAL = (
    Metric(
        "refusal_precision", "refusal precision", "refusal",
        "Unanswerable questions, of refused questions.",
        lambda r: _when(not r.answered and _judged(r), not r.answerable),
    ),
    Metric(
        "refusal_recall", "refusal recall", "refusal",
        "Refused questions, of unanswerable questions.",
        lambda r: _when(not r.answerable, not r.answered),
    ),
    Metric(
        "refusal_f1", "refusal F1", "refusal",
        "Harmonic mean of the two, as 2 TP / (2 TP + FP + FN); a refusal is positive.",
        _f1_row,
    ),
)  # fmt: skip

_CONFIDENCE = (
    Metric(
        "auroc", "AUROC, answerable or not", "confidence",
        "How often an answerable question has a higher confidence than an unanswerable one.",
        lambda r: (r.confidence, _sign(_judged(r), r.answerable)), area,
    ),
    Metric(
        "auroc_right", "AUROC, right or wrong", "confidence",
        "How often an answer that is right has a higher confidence than one that is wrong, withheld answers included.",
        lambda r: (r.confidence, _sign(_judged(r), r.has_answer)), area,
    ),
    Metric(
        "aurc", "risk-coverage area", "confidence",
        "Mean share of wrong answers among the questions answered at least as confidently; 0 is best.",
        lambda r: (r.confidence, _sign(_judged(r), r.has_answer)), selective_risk, "lower",
    ),
    Metric(
        "ece", "calibration error", "confidence",
        "Expected calibration error of confidence as the probability that the answer is right, in 10 equal bins, "
        "withheld answers included.  With few questions it is too high by chance, and its interval more so.",
        lambda r: (r.confidence, _sign(_judged(r), r.has_answer)), calibration_error, "lower",
    ),
)  # fmt: skip

STAGES = tuple(field.name for field in fields(Timings))
QUANTILES = (50, 95, 99)


def _latency(stage: str, q: int) -> Metric:
    what = f"Milliseconds that the stage took, {q}th percentile over questions."
    return Metric(
        f"{stage}_p{q}", f"{stage}, p{q}", "latency", what,
        lambda r: (float(getattr(r.timings, stage)), 1.0), percentile(q), "lower",
    )  # fmt: skip


def _ranking(level: Level) -> tuple[Metric, ...]:
    group: Group = "chunks" if level == "chunk" else "articles"
    prefix = "" if level == "chunk" else "article_"
    return tuple(Metric(prefix + m.name, m.label, group, m.what, None) for m in MEASURES)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        *_ranking("chunk"),
        *_ranking("article"),
        *_ANSWERS,
        *_CITATIONS,
        *_REFUSAL,
        *_CONFIDENCE,
        *(_latency(stage, q) for stage in STAGES for q in QUANTILES),
    )
}
"""Every metric by its name, which is also what a gate and the JSON form call it."""


def tabulate(records: Sequence[Record], names: Collection[str] = METRICS) -> dict[str, Floats]:
    """The rows of the metrics of these names."""
    wanted = [metric for metric in METRICS.values() if metric.name in names]
    table: dict[str, Floats] = {}
    if any(metric.group == "chunks" for metric in wanted):
        table |= ranking_rows(records, "chunk")
    if any(metric.group == "articles" for metric in wanted):
        table |= {f"article_{name}": rows for name, rows in ranking_rows(records, "article").items()}
    for metric in wanted:
        if metric.row is not None:
            row = metric.row
            table[metric.name] = np.array([row(record) for record in records], np.float64).reshape(-1, 2)
    return {metric.name: table[metric.name] for metric in wanted}


def figures(records: Sequence[Record], names: Collection[str] = METRICS) -> dict[str, Estimate]:
    """The metrics of these names with their seeded intervals."""
    weights, table = resamples(len(records)), tabulate(records, names)
    return {name: estimate(table[name], METRICS[name].statistic, weights) for name in names}


@dataclass(frozen=True, slots=True)
class Summary:
    """All figures of a run: one `Estimate` for each metric, and how many questions failed of each cause."""

    questions: int
    answerable: int
    answered: int
    figures: Mapping[str, Estimate]
    causes: Mapping[Cause, int]

    def to_dict(self) -> dict[str, Any]:
        """JSON form, with null for nan."""
        return {
            "questions": self.questions,
            "answerable": self.answerable,
            "answered": self.answered,
            "figures": {name: figure.to_dict() for name, figure in self.figures.items()},
            "causes": {kind.value: count for kind, count in self.causes.items()},
        }


def summarise(records: Sequence[Record]) -> Summary:
    """Every figure of a run with its seeded 95 % bootstrap interval over questions."""
    return Summary(
        questions=len(records),
        answerable=sum(record.answerable for record in records),
        answered=sum(record.answered for record in records),
        figures=figures(records),
        causes=count_causes(records),
    )


def count_causes(records: Sequence[Record]) -> dict[Cause, int]:
    """How many questions failed of each cause, in the order of the stages."""
    found = [cause(record) for record in records]
    return {kind: found.count(kind) for kind in Cause}
