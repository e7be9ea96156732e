"""Curves of a run: pure functions of its records, every point with a 95 % interval.

Bands come from the same seeded resamples of questions as the figures (`eval.interval`), shares of a fixed number of
questions from Wilson's interval.  Withheld answers count: what a curve says holds for any `min_confidence`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.cause import Cause
from eval.interval import Estimate, Floats, estimate, resamples
from eval.metrics import QUANTILES, STAGES, count_causes, figures
from eval.records import DEPTH, Record, chunk_name
from eval.statistic import BINS, ratio

COVERAGES = 100
"""Points of a risk-coverage curve."""

Draw = Callable[[Floats], Floats]
"""(resamples, questions) weights to (resamples, points) figures; nan where no question counts."""


@dataclass(frozen=True, slots=True)
class Point:
    """The figure at one place of the horizontal axis."""

    at: float
    figure: Estimate


Curve = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Recall:
    """What is found among the first k, for k = 1 to `DEPTH`; the same figures as `hit@k` and `recall@k`."""

    hit: Curve
    """Chunks: share of answerable questions with a relevant one among the first k."""
    recall: Curve
    """Chunks: mean share of the relevant ones that are among the first k."""
    article_hit: Curve
    """Articles: share of answerable questions with a gold one among the first k."""


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """Share of wrong answers when only the surest questions are answered.

    `points` are at coverage 1/`COVERAGES` to 1: the risk of the smallest set of surest questions, ties in full,
    that covers so much.  `coverage` and `risk` are those of the run's `threshold`.
    """

    points: Curve
    threshold: float
    coverage: Estimate
    risk: Estimate


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions with a confidence in `[low, high)`: their mean confidence (nan if none) and the share that is right."""

    low: float
    high: float
    confidence: float
    right: Estimate


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds that a stage took, over questions."""

    stage: str
    p50: Estimate
    p95: Estimate
    p99: Estimate


@dataclass(frozen=True, slots=True)
class CauseShare:
    """How many questions failed of a cause, and their share of all questions."""

    cause: Cause
    count: int
    share: Estimate


def recall_curve(records: Sequence[Record]) -> Recall:
    """Hits and recall at each depth, over answerable questions; without any, every figure is nan."""
    chunks = [_chunk_places(record) if record.answerable and not record.retrieval_only else None for record in records]
    articles = [_article_places(record) if record.answerable else None for record in records]
    return Recall(
        hit=_depths([None if found is None else _first(found) for found in chunks]),
        recall=_depths([None if found is None else _share(found) for found in chunks]),
        article_hit=_depths([None if found is None else _first(found) for found in articles]),
    )


def risk_coverage(records: Sequence[Record], min_confidence: float) -> RiskCoverage:
    """Risk at each coverage, over all questions but those of which only retrieval is judged.

    Wrong is a question without a gold answer in its quotes, given or withheld: every unanswerable one is.
    Source: El-Yaniv and Wiener, JMLR 11 (2010); Geifman and El-Yaniv, NeurIPS 2017.
    """
    counts = np.array([not record.retrieval_only for record in records], bool)
    confidence = np.array([record.confidence for record in records], np.float64)
    wrong = np.array([not record.has_answer for record in records], np.float64)
    weights = resamples(len(records))
    sure = counts & (confidence >= min_confidence)
    at = np.arange(1, COVERAGES + 1) / COVERAGES
    return RiskCoverage(
        points=_curve(at, _risk(confidence, wrong, counts), weights, int(counts.sum())),
        threshold=min_confidence,
        coverage=estimate(np.column_stack([sure, counts]).astype(np.float64), ratio, weights),
        risk=estimate(np.column_stack([wrong * sure, sure]), ratio, weights),
    )


def reliability(records: Sequence[Record]) -> tuple[Bin, ...]:
    """`BINS` bins of equal width in which confidence is held against the share that is right, with Wilson's interval.

    The bins, and the questions in them, are those of the expected calibration error.
    """
    members: list[list[Record]] = [[] for _ in range(BINS)]
    for record in records:
        if not record.retrieval_only:
            members[min(int(record.confidence * BINS), BINS - 1)].append(record)
    return tuple(
        Bin(
            low=number / BINS,
            high=(number + 1) / BINS,
            confidence=math.fsum(record.confidence for record in held) / len(held) if held else math.nan,
            right=wilson(sum(record.has_answer for record in held), len(held)),
        )
        for number, held in enumerate(members)
    )


def latency(records: Sequence[Record]) -> tuple[Latency, ...]:
    """p50, p95 and p99 of each stage, in the order of the stages, the total last."""
    found = figures(records, [f"{stage}_p{q}" for stage in STAGES for q in QUANTILES])
    return tuple(Latency(stage, *(found[f"{stage}_p{q}"] for q in QUANTILES)) for stage in STAGES)


def cause_shares(records: Sequence[Record]) -> tuple[CauseShare, ...]:
    """Every cause in the order of the stages, those of which no question failed too."""
    counted = count_causes(records)
    return tuple(CauseShare(kind, count, wilson(count, len(records))) for kind, count in counted.items())


def wilson(successes: int, n: int) -> Estimate:
    """A share with Wilson's 95 % interval; nan where n is 0.  Source: Wilson, JASA 22 (1927)."""
    if n == 0:
        return Estimate(math.nan, math.nan, math.nan, 0)
    z, share = 1.959963984540054, successes / n
    middle = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return Estimate(share, max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0), n)


def _chunk_places(record: Record) -> tuple[list[int], int]:
    """Ranks of the relevant chunks, and how many there are to find."""
    gold = set(record.gold.chunks)
    names = [chunk_name(hit.article, hit.start, hit.end) for hit in record.ranking]
    return [rank for rank, name in enumerate(names, start=1) if name in gold], len(gold)


def _article_places(record: Record) -> tuple[list[int], int]:
    grades = record.grades or (1,) * len(record.articles)
    gold = {name for name, grade in zip(record.articles, grades, strict=True) if grade > 0}
    ranked = dict.fromkeys(hit.article for hit in record.ranking)
    return [rank for rank, name in enumerate(ranked, start=1) if name in gold], len(gold)


def _first(found: tuple[list[int], int]) -> Floats:
    places, _ = found
    row = np.zeros(DEPTH)
    if places:
        row[places[0] - 1 :] = 1.0
    return row


def _share(found: tuple[list[int], int]) -> Floats:
    places, total = found
    row = np.zeros(DEPTH)
    for place in places:
        row[place - 1 :] += 1 / total
    return row


def _depths(rows: Sequence[Floats | None]) -> Curve:
    """The mean of rows of `DEPTH` figures; None where the question does not count."""
    values = np.array([np.zeros(DEPTH) if row is None else row for row in rows], np.float64).reshape(-1, DEPTH)
    counts = np.array([row is not None for row in rows], np.float64)

    def draw(weights: Floats) -> Floats:
        counted = (weights @ counts)[:, None]
        above = weights @ values
        means: Floats = np.divide(above, counted, out=np.full(above.shape, np.nan), where=counted != 0)
        return means

    return _curve(np.arange(1.0, DEPTH + 1), draw, resamples(len(rows)), int(counts.sum()))


def _risk(confidence: Floats, wrong: Floats, counts: NDArray[np.bool_]) -> Draw:
    counted = np.flatnonzero(counts)
    order = counted[np.argsort(-confidence[counted], kind="stable")]
    ends = np.flatnonzero(np.r_[np.diff(confidence[order]) != 0, True][: len(order)])

    def draw(weights: Floats) -> Floats:
        if not len(order):
            return np.full((len(weights), COVERAGES), np.nan)
        drawn = weights[:, order]
        covered, wrongly = np.cumsum(drawn, axis=1)[:, ends], np.cumsum(drawn * wrong[order], axis=1)[:, ends]
        total = covered[:, -1:]
        risk = np.divide(wrongly, covered, out=np.full(covered.shape, np.nan), where=covered > 0)
        columns = []
        for share in range(1, COVERAGES + 1):
            # Whole numbers on both sides, so that 29 of 100 questions are a coverage of 0.29 exactly.
            place = (covered * COVERAGES >= total * share).argmax(axis=1)
            columns.append(risk[np.arange(len(weights)), place])
        return np.column_stack(columns)

    return draw


def _curve(at: Floats, draw: Draw, weights: Floats, n: int) -> Curve:
    drawn = draw(weights)
    drawn = drawn[~np.isnan(drawn).any(axis=1)]
    values = draw(np.ones((1, weights.shape[1])))[0]
    empty = np.full((2, len(at)), np.nan)
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0) if len(drawn) else empty
    return tuple(
        Point(float(place), Estimate(float(value), float(least), float(most), n))
        for place, value, least, most in zip(at, values, low, high, strict=True)
    )
