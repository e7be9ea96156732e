"""Figures with their uncertainty: seeded bootstrap and permutation over questions.

A figure is a `Statistic` of rows, one row of two numbers per question, under weights: a resample that draws a
question twice gives it the weight 2.  So one matrix of weights serves every figure, and all resamples are
computed at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Statistic = Callable[[Floats, Floats], Floats]
"""(questions, 2) rows and (resamples, questions) weights to (resamples,) figures; nan where not defined."""

RESAMPLES = 1_000
PERMUTATIONS = 5_000
SEED = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval `[low, high]`, over `n` questions; nan throughout where n is 0."""

    value: float
    low: float
    high: float
    n: int

    def to_dict(self) -> dict[str, float | None]:
        """JSON form, with null for nan."""
        return _plain(value=self.value, low=self.low, high=self.high, n=self.n)


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of run B less that of run A over the same questions, with its 95 % interval and two-sided p-value."""

    a: float
    b: float
    low: float
    high: float
    p: float
    n: int

    @property
    def value(self) -> float:
        """B less A."""
        return self.b - self.a

    def to_dict(self) -> dict[str, float | None]:
        """JSON form, with null for nan."""
        return _plain(a=self.a, b=self.b, difference=self.value, low=self.low, high=self.high, p=self.p, n=self.n)


def point(rows: Floats, statistic: Statistic) -> float:
    """The figure over all rows, each counted once."""
    return float(statistic(rows, np.ones((1, len(rows))))[0])


@lru_cache(maxsize=2)
def resamples(n: int, count: int = RESAMPLES, seed: int = SEED) -> Floats:
    """(count, n) weights of bootstrap resamples: how often each question is drawn, with replacement; not to be written.

    The figures of one run, its curves and its thresholds all ask for the same ones.
    """
    random = np.random.default_rng(seed)
    drawn = random.multinomial(n, np.full(n, 1 / n), size=count).astype(np.float64) if n else np.zeros((count, 0))
    drawn.flags.writeable = False
    return drawn


def estimate(rows: Floats, statistic: Statistic, weights: Floats) -> Estimate:
    """The figure with its percentile bootstrap interval under `resamples`.

    Resamples in which the figure is not defined are left out.  An interval of zero width means that no question
    differs, not that the figure is certain.
    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.
    """
    low, high = _interval(statistic(rows, weights))
    return Estimate(point(rows, statistic), low, high, int(np.count_nonzero(rows[:, 1])))


def difference(
    a: Floats, b: Floats, statistic: Statistic, weights: Floats, *, ranked: bool = False, seed: int = SEED
) -> Difference:
    """B less A, row i of both being the same question: paired bootstrap interval and a p-value.

    Where each question gives both runs a 0 or a 1, p is McNemar's exact test; else it comes from a permutation
    test that swaps the two runs question by question (`PERMUTATIONS` times, so p is at least 1/5,001).  `ranked`
    is for a statistic that only looks at the order of the first numbers: swapped as ranks, two runs whose numbers
    are of different scales stay comparable.
    Sources: McNemar, Psychometrika 12 (1947); Noreen, Computer-Intensive Methods for Testing Hypotheses (1989).
    """
    a, b = (_as_ranks(a), _as_ranks(b)) if ranked else (a, b)
    low, high = _interval(statistic(b, weights) - statistic(a, weights))
    counted = int(np.count_nonzero((a[:, 1] != 0) | (b[:, 1] != 0)))
    p = _mcnemar(a, b) if counted and _is_binary(a, b) else _permutation(a, b, statistic, seed)
    return Difference(point(a, statistic), point(b, statistic), low, high, p, counted)


def _as_ranks(rows: Floats) -> Floats:
    """Rows with the first numbers as their rank among those that count, ties sharing the mean rank."""
    from scipy.stats import rankdata

    found, counted = rows.copy(), rows[:, 1] != 0
    found[counted, 0] = rankdata(rows[counted, 0])
    return found


def _is_binary(a: Floats, b: Floats) -> bool:
    """Whether both figures are rates of yes and no over the same questions."""
    counts = bool(np.all(a[:, 1] == b[:, 1]) and np.isin(a[:, 1], (0, 1)).all())
    return counts and bool(np.isin(a[:, 0], (0, 1)).all() and np.isin(b[:, 0], (0, 1)).all())


def _mcnemar(a: Floats, b: Floats) -> float:
    from scipy.stats import binomtest

    lost, won = int(np.sum(a[:, 0] > b[:, 0])), int(np.sum(b[:, 0] > a[:, 0]))
    return float(binomtest(won, won + lost).pvalue) if won + lost else 1.0


def _permutation(a: Floats, b: Floats, statistic: Statistic, seed: int) -> float:
    n = len(a)
    pooled = np.concatenate([a, b])
    observed = point(b, statistic) - point(a, statistic)
    if math.isnan(observed):
        return math.nan
    random = np.random.default_rng(seed)
    beyond, defined = 0, 0
    for block in range(0, PERMUTATIONS, RESAMPLES):
        swap = random.integers(0, 2, size=(min(RESAMPLES, PERMUTATIONS - block), n)).astype(np.float64)
        first, second = np.hstack([1 - swap, swap]), np.hstack([swap, 1 - swap])
        drawn = statistic(pooled, second) - statistic(pooled, first)
        drawn = drawn[~np.isnan(drawn)]
        beyond += int(np.sum(np.abs(drawn) >= abs(observed) - 1e-12))
        defined += len(drawn)
    return (beyond + 1) / (defined + 1)


def _plain(**numbers: float) -> dict[str, float | None]:
    return {name: None if math.isnan(number) else number for name, number in numbers.items()}


def _interval(drawn: Floats) -> tuple[float, float]:
    defined = drawn[~np.isnan(drawn)]
    if not len(defined):
        return math.nan, math.nan
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)
