"""Figures with their uncertainty: a seeded bootstrap over questions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Statistic = Callable[[FloatArray], float]
"""From one row per question, shape (questions, columns), to a figure; nan where it is not defined."""

RESAMPLES = 1_000
SEED = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95% interval `[low, high]`, over `n` questions; nan throughout where n is 0."""

    value: float
    low: float
    high: float
    n: int


def bootstrap(
    rows: FloatArray, statistic: Statistic, *, resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[float, float]:
    """Percentile bootstrap 95% interval of `statistic`, drawing questions with replacement.

    The same seed draws the same questions for every figure over the same records.  Resamples in which the
    statistic is nan are left out; (nan, nan) where none is left.  An interval of zero width means that no
    question differs, not that the figure is certain.
    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.
    """
    if len(rows) == 0:
        return math.nan, math.nan
    random = np.random.default_rng(seed)
    drawn = np.array(
        [statistic(rows[random.integers(0, len(rows), len(rows))]) for _ in range(resamples)],
        dtype=np.float64,
    )
    defined = drawn[~np.isnan(drawn)]
    if len(defined) == 0:
        return math.nan, math.nan
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)
