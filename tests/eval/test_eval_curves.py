"""Curves by hand, and the laws that tie them to the figures of the same names."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from report_fakes import make_record, ranked, seeded_records

from eval.cause import Cause
from eval.curves import Curve, cause_shares, latency, recall_curve, reliability, risk_coverage, wilson
from eval.metrics import METRICS, summarise
from eval.records import Gold, Hit, Record, chunk_name
from rag.types import Timings


def found_at(*ranks: int, missing: int = 0) -> Record:
    """A question whose gold article has chunks at `ranks` of 100, and `missing` more that are not among them."""
    chunks = [chunk_name("mine", rank, rank + 1) for rank in ranks]
    chunks += [chunk_name("mine", 1_000 + number, 2_000) for number in range(missing)]
    return make_record(ranking=ranked(*ranks), gold=Gold(("mine",), True, tuple(chunks)))


def values(curve: Curve, *places: int) -> list[float]:
    return [curve[place - 1].figure.value for place in places]


def test_hits_and_recall_by_hand() -> None:
    """Relevant chunks at 1 and 4; at 3 of two; none.  The unanswerable question does not count."""
    records = [found_at(1, 4), found_at(3, missing=1), found_at(missing=2), make_record(answerable=False, articles=())]
    curve = recall_curve(records)
    assert [point.at for point in curve.hit] == list(range(1, 101))
    assert values(curve.hit, 1, 2, 3, 100) == pytest.approx([1 / 3, 1 / 3, 2 / 3, 2 / 3])
    assert values(curve.recall, 1, 3, 4, 100) == pytest.approx([0.5 / 3, 1 / 3, 1.5 / 3, 1.5 / 3])
    assert {point.figure.n for point in curve.hit} == {3}


def test_an_article_has_the_rank_of_its_best_chunk_among_articles() -> None:
    """Chunks of a, a, b, gold: the gold article is third."""
    hits = tuple(Hit(name, number, number + 1, 1.0, False) for number, name in enumerate(("a", "a", "b", "mine")))
    graded = make_record(ranking=hits, answers=(), articles=("a", "mine"), grades=(0, 2))
    curve = recall_curve([graded])
    assert values(curve.article_hit, 2, 3) == [0, 1]
    assert curve.hit[0].figure.n == 0, "only retrieval is judged"
    assert math.isnan(curve.hit[0].figure.value)


@pytest.mark.parametrize("k", [1, 5, 10, 20, 50, 100])
def test_points_are_the_figures_of_the_same_name(k: int) -> None:
    records = seeded_records(60, seed=3)
    figures, curve = summarise(records).figures, recall_curve(records)
    for name, points in (("hit", curve.hit), ("recall", curve.recall), ("article_hit", curve.article_hit)):
        drawn, figure = points[k - 1].figure, figures[f"{name}@{k}"]
        assert (drawn.value, drawn.low, drawn.high) == pytest.approx((figure.value, figure.low, figure.high))
        assert drawn.n == figure.n


def sure(confidence: float, *, right: bool, **changes: object) -> Record:
    record = make_record(confidence=confidence, **changes)
    return record if right else replace(record, quotes=(replace(record.quotes[0], has_answer=False),))


RISKY = [
    sure(0.9, right=True),
    sure(0.8, right=False),
    sure(0.8, right=True),
    sure(0.5, right=False, answerable=False, answered=False),
    sure(0.2, right=True, answered=False),
]
"""By falling confidence: right; wrong and right at once; unanswerable; right but withheld."""


@pytest.mark.parametrize(
    ("coverage", "risk"),
    [(0.01, 0), (0.2, 0), (0.21, 1 / 3), (0.6, 1 / 3), (0.61, 2 / 4), (0.8, 2 / 4), (0.81, 2 / 5), (1, 2 / 5)],
)
def test_risk_and_coverage_by_hand(coverage: float, risk: float) -> None:
    point = risk_coverage(RISKY, 0.5).points[round(100 * coverage) - 1]
    assert (point.at, point.figure.value) == pytest.approx((coverage, risk))
    assert point.figure.low <= risk <= point.figure.high


@pytest.mark.parametrize(
    ("threshold", "coverage", "risk"),
    [(0.0, 1, 2 / 5), (0.5, 4 / 5, 2 / 4), (0.51, 3 / 5, 1 / 3), (0.9, 1 / 5, 0), (1.0, 0, math.nan)],
)
def test_the_point_of_a_threshold(threshold: float, coverage: float, risk: float) -> None:
    curve = risk_coverage(RISKY, threshold)
    assert curve.threshold == threshold
    assert (curve.coverage.value, curve.risk.value) == pytest.approx((coverage, risk), nan_ok=True)


def test_the_mean_risk_is_the_area_under_the_curve() -> None:
    records = [replace(record, confidence=number / 100) for number, record in enumerate(seeded_records(100))]
    points = risk_coverage(records, 0.4).points
    area = sum(point.figure.value for point in points) / len(points)
    assert area == pytest.approx(summarise(records).figures["aurc"].value)


def test_reliability_by_hand() -> None:
    records = [
        sure(0.62, right=True),
        sure(0.64, right=False),
        sure(0.69, right=True, answered=False),
        sure(1.0, right=True),
        sure(0.65, right=False, answers=()),
    ]
    bins = reliability(records)
    assert [(b.low, b.high) for b in bins][6] == (0.6, 0.7)
    assert [b.right.n for b in bins] == [0, 0, 0, 0, 0, 0, 3, 0, 0, 1]
    assert (bins[6].confidence, bins[6].right.value) == pytest.approx((0.65, 2 / 3))
    assert math.isnan(bins[0].confidence)
    assert bins[9].right.value == 1


def test_the_bins_are_those_of_the_calibration_error() -> None:
    records = seeded_records(80, seed=5)
    gaps = [b.right.n * abs(b.right.value - b.confidence) for b in reliability(records) if b.right.n]
    assert sum(gaps) / len(records) == pytest.approx(summarise(records).figures["ece"].value)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        pytest.param(5, 10, 0.23659, 0.76341, id="half"),
        pytest.param(0, 10, 0.0, 0.27753, id="none"),
        pytest.param(10, 10, 0.72247, 1.0, id="all"),
        pytest.param(1, 1, 0.20654, 1.0, id="one"),
    ],
)
def test_wilson(successes: int, n: int, low: float, high: float) -> None:
    """The values that scipy's `proportion_ci(method="wilson")` gives."""
    share = wilson(successes, n)
    assert (share.low, share.high) == pytest.approx((low, high), abs=1e-5)
    assert (share.value, share.n) == (successes / n, n)


def test_latency_by_hand() -> None:
    records = [make_record(timings=Timings(read=milliseconds, total=100.0)) for milliseconds in (40, 10, 30, 20)]
    stages = {stage.stage: stage for stage in latency(records)}
    assert list(stages)[-1] == "total"
    read = stages["read"]
    assert (read.p50.value, read.p95.value, read.p99.value) == pytest.approx((25, 38.5, 39.7))
    assert (stages["total"].p50.low, stages["total"].p99.high) == (100, 100)


def test_causes_are_counted_in_the_order_of_the_stages() -> None:
    wrong = make_record(answerable=False, answers=(), articles=())
    shares = cause_shares([make_record(), make_record(answered=False), wrong, wrong])
    assert [share.cause for share in shares] == list(Cause)
    counted = {share.cause: (share.count, share.share.value) for share in shares if share.count}
    assert counted == {Cause.WRONGLY_REFUSED: (1, 0.25), Cause.WRONGLY_ANSWERED: (2, 0.5)}


def test_without_records_every_figure_is_nan() -> None:
    recall, risk = recall_curve([]), risk_coverage([], 0.4)
    figures = [point.figure for curve in (recall.hit, recall.article_hit, risk.points) for point in curve]
    figures += [risk.coverage, *(b.right for b in reliability([])), *(share.share for share in cause_shares([]))]
    figures += [figure for stage in latency([]) for figure in (stage.p50, stage.p99)]
    assert len(figures) > 300
    for figure in figures:
        assert figure.n == 0
        assert all(math.isnan(value) for value in (figure.value, figure.low, figure.high))


def test_every_stage_of_the_metrics_is_there() -> None:
    names = {f"{stage.stage}_p50" for stage in latency([make_record()])}
    assert names == {name for name in METRICS if name.endswith("_p50")}
