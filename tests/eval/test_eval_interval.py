"""Intervals and p-values: seeded, honest about a known rate, and right in the cases that can be worked out."""

from __future__ import annotations

import math
from math import comb
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.interval import PERMUTATIONS, Difference, Floats, difference, estimate, point, resamples
from eval.statistic import area, percentile, ratio


def rates(*values: float) -> Floats:
    return np.array([(value, 1.0) for value in values])


def differ(a: Floats, b: Floats, **options: Any) -> Difference:
    return difference(a, b, ratio, resamples(len(a)), **options)


def flags(*, won: int = 0, lost: int = 0, same: int = 0) -> tuple[Floats, Floats]:
    """Questions that B won, that it lost, and of which both runs were right."""
    return rates(*[0] * won, *[1] * lost, *[1] * same), rates(*[1] * won, *[0] * lost, *[1] * same)


# -- bootstrap ------------------------------------------------------------------------------------------------------


def test_resamples_draw_each_question_so_often_as_to_make_n() -> None:
    weights = resamples(7, 50)
    assert weights.shape == (50, 7)
    assert set(weights.sum(axis=1)) == {7.0}
    assert weights.mean() == 1.0
    assert resamples(0, 5).shape == (5, 0)


def test_resamples_are_seeded() -> None:
    assert np.array_equal(resamples(20), resamples(20))
    assert not np.array_equal(resamples(20, seed=0), resamples(20, seed=1))


def test_the_width_is_that_of_the_normal_approximation() -> None:
    found = estimate(rates(*(n % 2 for n in range(400))), ratio, resamples(400))
    assert (found.value, found.n) == (0.5, 400)
    assert found.low == pytest.approx(0.5 - 1.96 * 0.5 / 20, abs=0.01)
    assert found.high == pytest.approx(0.5 + 1.96 * 0.5 / 20, abs=0.01)


@pytest.mark.parametrize("rate", [0.3, 0.5, 0.8])
def test_it_covers_a_known_rate_about_as_often_as_it_says(rate: float) -> None:
    weights, random, trials = resamples(100), np.random.default_rng(5), 400
    covered = 0
    for _ in range(trials):
        found = estimate(rates(*(random.random(100) < rate)), ratio, weights)
        covered += found.low <= rate <= found.high
    # Two standard errors of 400 trials are 0.022; a percentile interval of a proportion runs a little narrow.
    assert 0.91 <= covered / trials <= 0.98


def test_an_interval_covers_the_area_of_known_scores_about_as_often_as_it_says() -> None:
    weights, random, trials = resamples(80), np.random.default_rng(6), 200
    signs = np.repeat([1.0, -1.0], 40)
    # Two normal distributions one standard deviation apart: P(X > Y) = Phi(1 / sqrt 2).
    truth = 0.5 * (1 + math.erf(0.5))
    covered = 0
    for _ in range(trials):
        found = estimate(np.column_stack([random.normal(signs / 2), signs]), area, weights)
        covered += found.low <= truth <= found.high
    assert 0.90 <= covered / trials <= 0.99


@given(st.floats(0, 1), st.integers(1, 30))
@settings(deadline=None)
def test_where_no_question_differs_the_interval_has_no_width(value: float, n: int) -> None:
    found = estimate(rates(*[value] * n), ratio, resamples(n, 20))
    assert (found.low, found.high) == (pytest.approx(value), pytest.approx(value))


def test_questions_that_do_not_count_are_not_in_n() -> None:
    rows = np.array([(1.0, 1.0), (0.0, 0.0), (0.0, 1.0)])
    assert estimate(rows, ratio, resamples(3)).n == 2


def test_an_estimate_of_nothing_is_nan() -> None:
    found = estimate(np.zeros((3, 2)), ratio, resamples(3))
    assert found.n == 0 and all(math.isnan(number) for number in (found.value, found.low, found.high))


# -- differences ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(rates(1, 0, 1, 1), id="yes and no"),
        pytest.param(rates(0.2, 0.9, 0.4), id="shares"),
        pytest.param(np.array([(0.0, 0.0), (1.0, 1.0)]), id="one that does not count"),
    ],
)
def test_a_run_does_not_differ_from_itself(rows: Floats) -> None:
    found = differ(rows, rows)
    assert (found.value, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_the_difference_is_b_less_a() -> None:
    found = differ(rates(0.1, 0.2, 0.3), rates(0.2, 0.3, 0.4))
    assert (found.a, found.b, found.n) == (pytest.approx(0.2), pytest.approx(0.3), 3)
    assert found.value == pytest.approx(0.1)
    # Every question gained as much.
    assert (found.low, found.high) == (pytest.approx(0.1), pytest.approx(0.1))


@pytest.mark.parametrize(("won", "lost"), [(1, 0), (5, 0), (0, 5), (8, 2), (2, 8), (3, 3), (12, 4), (0, 0)])
def test_mcnemar_is_the_binomial_of_the_questions_that_changed(won: int, lost: int) -> None:
    changed = won + lost
    tail = sum(comb(changed, k) for k in range(max(won, lost), changed + 1)) / 2**changed
    assert differ(*flags(won=won, lost=lost, same=20)).p == pytest.approx(min(1, 2 * tail))


def test_pairing_makes_a_small_steady_gain_significant() -> None:
    # 52 and 60 of 100 right; nothing got worse.
    found = differ(*flags(won=8, same=92))
    assert found.p == pytest.approx(2 / 2**8)
    assert found.low > 0


def test_rates_over_other_questions_in_each_run_are_permuted() -> None:
    # A answered three questions, B four: the share of right ones among them is no McNemar table.
    a = np.array([(1.0, 1.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0)])
    b = np.array([(1.0, 1.0), (0.0, 1.0), (1.0, 1.0), (1.0, 1.0)])
    found = differ(a, b)
    assert (found.value, found.n) == (pytest.approx(3 / 4 - 2 / 3), 4)
    # Swapping the one question that differs turns the sign: every permutation is as far apart.
    assert found.p == 1.0


def shares(n: int, gain: float, noise: float = 0.0, seed: int = 3) -> tuple[Floats, Floats]:
    random = np.random.default_rng(seed)
    a = random.random(n)
    return rates(*a), rates(*(a + gain + random.normal(0, noise, n) if noise else a + gain))


def test_where_every_question_gains_p_is_as_small_as_it_can_be_but_never_zero() -> None:
    assert differ(*shares(40, 0.2)).p == 1 / (PERMUTATIONS + 1)


def test_permutation_of_few_questions_counts_the_swaps() -> None:
    # 2 of the 8 ways of swapping three equal gains are as far from zero as the one that was seen.
    assert differ(*shares(3, 0.25)).p == pytest.approx(2 / 8, abs=0.02)


def test_permutation_agrees_with_the_normal_approximation() -> None:
    a, b = shares(200, 0.05, noise=0.35)
    gaps = b[:, 0] - a[:, 0]
    z = abs(gaps.mean()) / math.sqrt((gaps**2).mean() / len(gaps))
    assert differ(a, b).p == pytest.approx(math.erfc(z / math.sqrt(2)), abs=0.02)


@given(st.lists(st.tuples(*[st.integers(0, 4).map(lambda q: q / 4)] * 2), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_the_other_way_round_only_the_sign_turns(pairs: list[tuple[float, float]]) -> None:
    a, b = rates(*(one for one, _ in pairs)), rates(*(other for _, other in pairs))
    there, back = differ(a, b), differ(b, a)
    assert there.p == back.p
    assert 0 < there.p <= 1
    assert there.value == pytest.approx(-back.value)
    assert (there.low, there.high) == (pytest.approx(-back.high), pytest.approx(-back.low))


def test_a_permutation_is_seeded() -> None:
    a, b = shares(30, 0.02, noise=0.3)
    assert differ(a, b) == differ(a, b)
    assert len({differ(a, b, seed=seed).p for seed in range(4)}) > 1
    assert differ(a, b, seed=1).p == pytest.approx(differ(a, b, seed=2).p, abs=0.03)


def test_p_is_uniform_where_nothing_changed() -> None:
    random, trials = np.random.default_rng(11), 200
    small = 0
    for _ in range(trials):
        a, b = random.random((2, 12))
        small += difference(rates(*a), rates(*b), ratio, resamples(12, 10)).p < 0.1
    # Three standard errors about 0.1.
    assert 0.03 <= small / trials <= 0.17


def test_percentiles_are_permuted_too() -> None:
    slow, fast = rates(*range(100, 140)), rates(*range(10, 50))
    found = difference(slow, fast, percentile(50), resamples(40))
    assert (found.a, found.b, found.value) == (119.5, 29.5, -90)
    assert found.p < 0.01


@pytest.mark.parametrize("side", ["a", "b", "both"])
def test_a_figure_that_is_not_defined_in_a_run_has_no_difference(side: str) -> None:
    both = np.array([(0.9, 1.0), (0.2, -1.0)])
    one_kind = np.array([(0.9, 1.0), (0.2, 1.0)])
    a, b = (one_kind if side in (name, "both") else both for name in "ab")
    found = difference(a, b, area, resamples(2))
    assert all(math.isnan(number) for number in (found.value, found.low, found.high, found.p))
    assert math.isnan(found.a) is (side != "b")
    assert math.isnan(point(b, area)) is (side != "a")


def test_a_better_order_on_another_scale_is_found() -> None:
    """Swapped as they are, numbers of two scales would only make noise."""
    random = np.random.default_rng(3)
    sign = np.repeat([1.0, -1.0], 100)
    plain = np.column_stack([sign + random.normal(0, 1.5, 200), sign])
    better = np.column_stack([1e-3 * (sign + random.normal(0, 0.8, 200)), sign])
    weights = resamples(200)
    found = difference(plain, better, area, weights, ranked=True)
    assert found.low > 0 and found.p < 0.01
    assert (found.a, found.b) == (point(plain, area), point(better, area)), "ranks change no figure"
