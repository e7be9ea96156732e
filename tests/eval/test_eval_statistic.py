"""Statistics by hand, and under weights the same as over rows that are repeated so often."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from eval.interval import Floats, Statistic, point
from eval.statistic import area, calibration_error, percentile, ratio, selective_risk

STATISTICS = [
    pytest.param(ratio, id="ratio"),
    pytest.param(area, id="AUROC"),
    pytest.param(selective_risk, id="risk-coverage"),
    pytest.param(calibration_error, id="calibration error"),
    pytest.param(percentile(50), id="median"),
    pytest.param(percentile(95), id="p95"),
]


def rows(*pairs: tuple[float, float]) -> Floats:
    return np.array(pairs, np.float64).reshape(-1, 2)


@pytest.mark.parametrize(
    ("statistic", "found", "value"),
    [
        pytest.param(ratio, rows((1, 1), (0, 1), (1, 1), (9, 0)), (1 + 0 + 1 + 9) / 3, id="ratio of sums"),
        pytest.param(area, rows((0.9, 1), (0.1, -1)), 1, id="AUROC, apart"),
        pytest.param(area, rows((0.1, 1), (0.9, -1)), 0, id="AUROC, the wrong way"),
        pytest.param(area, rows((0.5, 1), (0.5, -1)), 0.5, id="AUROC, a tie"),
        pytest.param(area, rows((3, 1), (1, 1), (2, -1), (2, -1), (1, -1)), (3 + 0.5) / 6, id="AUROC, by pairs"),
        pytest.param(area, rows((3, 1), (1, -1), (7, 0)), 1, id="AUROC, a row that does not count"),
        pytest.param(selective_risk, rows((0.9, 1), (0.8, 1)), 0, id="risk, all right"),
        pytest.param(selective_risk, rows((0.9, -1), (0.8, -1)), 1, id="risk, all wrong"),
        pytest.param(selective_risk, rows((0.9, 1), (0.5, -1), (0.4, 1)), (0 + 1 / 2 + 1 / 3) / 3, id="risk by hand"),
        pytest.param(selective_risk, rows((0.9, -1), (0.5, 1), (0.4, 1)), (1 + 1 / 2 + 1 / 3) / 3, id="worse order"),
        pytest.param(selective_risk, rows((0.5, 1), (0.5, -1), (0.5, -1)), 2 / 3, id="risk without a ranking"),
        pytest.param(selective_risk, rows((0.9, 1), (0.5, -1), (0.7, 0)), (0 + 1 / 2) / 2, id="risk, one not counted"),
        pytest.param(calibration_error, rows((0.75, 1), (0.75, -1)), 0.25, id="ECE of one bin"),
        pytest.param(calibration_error, rows((0.8, 1), (0.2, 1)), (0.2 + 0.8) / 2, id="ECE of two bins"),
        pytest.param(calibration_error, rows((0.81, 1), (0.89, -1)), (0.19 - 0.89) / -2, id="ECE nets within a bin"),
        pytest.param(calibration_error, rows((1.0, 1), (0.0, -1)), 0, id="ECE at the ends"),
        pytest.param(calibration_error, rows((1.0, -1), (0.95, 1)), (1 - 0.05) / 2, id="ECE, 1 is in the last bin"),
        pytest.param(calibration_error, rows((0.5, 1), (0.1, 0)), 0.5, id="ECE, one not counted"),
        pytest.param(percentile(50), rows((3, 1), (1, 1), (100, 0)), 2, id="median between two"),
        pytest.param(percentile(95), rows(*((ms, 1) for ms in (10, 20, 30, 40, 140))), 40 + 0.8 * 100, id="p95"),
        pytest.param(percentile(0), rows((3, 1), (1, 1)), 1, id="least"),
        pytest.param(percentile(100), rows((3, 1), (1, 1)), 3, id="most"),
        pytest.param(percentile(99), rows((7, 1)), 7, id="percentile of one"),
    ],
)
def test_by_hand(statistic: Statistic, found: Floats, value: float) -> None:
    assert point(found, statistic) == pytest.approx(value)


@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("found", [rows(), rows((0.5, 0), (0.7, 0))], ids=["no rows", "none counts"])
def test_nothing_is_nan(statistic: Statistic, found: Floats) -> None:
    assert math.isnan(point(found, statistic))


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["all positive", "all negative"])
def test_area_needs_both_kinds(sign: float) -> None:
    assert math.isnan(point(rows((0.3, sign), (0.4, sign)), area))


@pytest.mark.parametrize("statistic", STATISTICS)
def test_a_resample_without_a_counted_row_is_nan_and_others_are_not(statistic: Statistic) -> None:
    found = rows((0.3, 1), (0.4, -1) if statistic is not ratio else (0.4, 1), (0.9, 0))
    figures = statistic(found, np.array([[0.0, 0.0, 3.0], [1.0, 1.0, 1.0]]))
    assert np.isnan(figures).tolist() == [True, False]


grid = st.integers(0, 8).map(lambda eighths: eighths / 8)
signed = st.lists(st.tuples(grid, st.sampled_from([-1.0, 0.0, 1.0])), min_size=1, max_size=12)
counted = st.lists(st.tuples(grid, st.sampled_from([0.0, 1.0])), min_size=1, max_size=12)


def check_weights(statistic: Statistic, pairs: list[tuple[float, float]], data: st.DataObject) -> None:
    found = rows(*pairs)
    drawn = data.draw(st.lists(st.lists(st.integers(0, 3), min_size=len(found), max_size=len(found)), min_size=1))
    figures = statistic(found, np.array(drawn, np.float64))
    assert figures.shape == (len(drawn),)
    for weights, figure in zip(drawn, figures, strict=True):
        repeated = np.repeat(found, weights, axis=0)
        assert figure == pytest.approx(point(repeated, statistic), nan_ok=True)


@pytest.mark.parametrize("statistic", [area, selective_risk, calibration_error], ids=["area", "risk", "ECE"])
@given(pairs=signed, data=st.data())
@settings(max_examples=50, deadline=None)
def test_weights_repeat_signed_rows(
    statistic: Statistic, pairs: list[tuple[float, float]], data: st.DataObject
) -> None:
    check_weights(statistic, pairs, data)


@pytest.mark.parametrize("statistic", [ratio, percentile(50), percentile(95)], ids=["ratio", "p50", "p95"])
@given(pairs=counted, data=st.data())
@settings(max_examples=50, deadline=None)
def test_weights_repeat_counted_rows(
    statistic: Statistic, pairs: list[tuple[float, float]], data: st.DataObject
) -> None:
    check_weights(statistic, pairs, data)


scores = st.lists(grid | st.floats(-5, 5), min_size=1, max_size=20)


@given(scores, scores)
@settings(max_examples=50, deadline=None)
def test_area_is_that_of_scikit_learn_and_mirrors(positive: list[float], negative: list[float]) -> None:
    found = rows(*((score, 1.0) for score in positive), *((score, -1.0) for score in negative))
    expected = roc_auc_score(found[:, 1] > 0, found[:, 0])
    assert point(found, area) == pytest.approx(expected)
    assert point(found * [1.0, -1.0], area) == pytest.approx(1 - expected)


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=30), st.floats(0, 100))
def test_percentiles_are_those_of_numpy(values: list[float], q: float) -> None:
    found = rows(*((value, 1.0) for value in values))
    assert point(found, percentile(q)) == pytest.approx(np.percentile(values, q))


@given(st.lists(st.tuples(grid, st.booleans()), min_size=1, max_size=12))
def test_risk_is_least_for_the_best_order_and_the_error_rate_without_one(pairs: list[tuple[float, bool]]) -> None:
    found = rows(*((score, 1.0 if right else -1.0) for score, right in pairs))
    falling = np.sort(found[:, 1])[::-1]
    best, worst = (rows(*((-place, sign) for place, sign in enumerate(order))) for order in (falling, falling[::-1]))
    flat = rows(*((0.5, sign) for sign in found[:, 1]))
    wrong = np.mean(found[:, 1] < 0)
    assert point(flat, selective_risk) == pytest.approx(wrong)
    assert 0 <= point(best, selective_risk) <= point(found, selective_risk) + 1e-12
    assert point(found, selective_risk) <= point(worst, selective_risk) + 1e-12 <= 1 + 2e-12


@given(st.lists(st.tuples(grid, st.booleans()), min_size=1, max_size=30))
def test_calibration_error_is_the_mean_gap_of_the_bins(pairs: list[tuple[float, bool]]) -> None:
    bins: dict[int, list[tuple[float, bool]]] = {}
    for score, right in pairs:
        bins.setdefault(min(int(score * 10), 9), []).append((score, right))
    gaps = [
        len(inside) * abs(np.mean([score for score, _ in inside]) - np.mean([right for _, right in inside]))
        for inside in bins.values()
    ]
    found = rows(*((score, 1.0 if right else -1.0) for score, right in pairs))
    assert point(found, calibration_error) == pytest.approx(sum(gaps) / len(pairs))
