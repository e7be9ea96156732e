"""The statistics of which every metric is one: from weighted rows, one per question, to a figure.

All take (n, 2) rows and (resamples, n) weights that are whole numbers, and give (resamples,) figures.  A row whose
second number is 0 does not count.
"""

from __future__ import annotations

import numpy as np

from eval.interval import Floats, Statistic

BINS = 10
"""Bins of equal width in which confidence is compared with how often it is right."""


def ratio(rows: Floats, weights: Floats) -> Floats:
    """Sum of the first column over the sum of the second; nan where that is 0."""
    return _over(weights @ rows[:, 0], weights @ rows[:, 1])


def area(rows: Floats, weights: Floats) -> Floats:
    """Area under the ROC curve: how often a positive row's first number exceeds a negative's, ties counting half.

    The second number is +1 or -1; nan where one kind is missing.
    Source: Hanley and McNeil, Radiology 143 (1982).
    """
    groups, positive, negative = _by_score(rows, weights)
    if not groups:
        return np.full(len(weights), np.nan)
    below = np.cumsum(negative, axis=1) - negative
    wins = (positive * (below + negative / 2)).sum(axis=1)
    return _over(wins, positive.sum(axis=1) * negative.sum(axis=1))


def selective_risk(rows: Floats, weights: Floats) -> Floats:
    """Area under the risk-coverage curve: the mean, over questions, of the share of wrong answers among the questions
    that are answered at least as confidently.  0 is best; without a ranking it is the share of wrong answers.

    First number: confidence; second: +1 where the answer is right, -1 where it is wrong.
    Source: Geifman and El-Yaniv, NeurIPS 2017; Geifman et al., ICLR 2019.
    """
    groups, right, wrong = _by_score(rows, weights)
    if not groups:
        return np.full(len(weights), np.nan)
    right, wrong = right[:, ::-1], wrong[:, ::-1]
    covered = np.cumsum(right + wrong, axis=1)
    risk = np.divide(np.cumsum(wrong, axis=1), covered, out=np.zeros_like(covered), where=covered > 0)
    return _over((risk * (right + wrong)).sum(axis=1), covered[:, -1])


ORDERING: tuple[Statistic, ...] = (area, selective_risk)
"""Statistics that only look at the order of the first numbers."""


def calibration_error(rows: Floats, weights: Floats) -> Floats:
    """Expected calibration error: over `BINS` bins of confidence, the mean distance, weighted by the number of
    questions, between mean confidence and the share that is right.

    First number: confidence in [0, 1]; second: +1 where the answer is right, -1 where it is wrong.
    Source: Guo et al., ICML 2017.
    """
    counts = rows[:, 1] != 0
    place = np.clip((rows[:, 0] * BINS).astype(int), 0, BINS - 1)
    gap = np.where(counts, (rows[:, 1] > 0) - rows[:, 0], 0.0)
    bins = np.zeros((len(rows), BINS))
    bins[np.arange(len(rows)), place] = gap
    return _over(np.abs(weights @ bins).sum(axis=1), weights @ counts.astype(np.float64))


def percentile(q: float) -> Statistic:
    """The `q`-th percentile (0 to 100) of the first column, interpolated linearly; nan without rows."""

    def statistic(rows: Floats, weights: Floats) -> Floats:
        counted = np.flatnonzero(rows[:, 1])
        order = counted[np.argsort(rows[counted, 0], kind="stable")]
        if not len(order):
            return np.full(len(weights), np.nan)
        values, upto = rows[order, 0], np.cumsum(weights[:, order], axis=1)
        place = (upto[:, -1] - 1) * q / 100
        low = (upto > np.floor(place)[:, None]).argmax(axis=1)
        high = (upto > np.minimum(np.ceil(place), upto[:, -1] - 1)[:, None]).argmax(axis=1)
        found = values[low] + (place - np.floor(place)) * (values[high] - values[low])
        return np.where(upto[:, -1] > 0, found, np.nan)

    return statistic


def _by_score(rows: Floats, weights: Floats) -> tuple[int, Floats, Floats]:
    """The number of distinct scores and, (resamples, scores) in ascending order, the positive and negative weights."""
    counted = np.flatnonzero(rows[:, 1])
    order = counted[np.argsort(rows[counted, 0], kind="stable")]
    if not len(order):
        return 0, weights, weights
    scores = rows[order, 0]
    starts = np.flatnonzero(np.r_[True, scores[1:] != scores[:-1]])
    positive = np.where(rows[order, 1] > 0, weights[:, order], 0.0)
    negative = np.where(rows[order, 1] < 0, weights[:, order], 0.0)
    return len(starts), np.add.reduceat(positive, starts, axis=1), np.add.reduceat(negative, starts, axis=1)


def _over(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(len(above), np.nan), where=below != 0), np.float64)
