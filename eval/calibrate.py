"""Fit how likely an answer is right from the evidence that the pipeline has, cross-validated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

import numpy as np

from eval.conditions import Conditions
from eval.interval import Estimate, Floats
from eval.metrics import figures
from eval.records import Record
from rag.calibration import SIGNALS, Calibration
from rag.errors import LoadError

FOLDS = 5
LEAST = 10
"""Questions with a right answer, and questions without, that a fit needs."""
STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Inverse strengths of the L2 penalty among which the inner cross-validation chooses."""
REPORTED = ("ece", "auroc_right", "auroc", "aurc")
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 19))


@dataclass(frozen=True, slots=True)
class Trade:
    """What a minimal confidence gives: how much is answered, how much of that is right, and how well it refuses."""

    min_confidence: float
    coverage: float
    answer_precision: Estimate
    accuracy: Estimate
    refusal_f1: Estimate


@dataclass(frozen=True, slots=True)
class Fit:
    """A calibration, and the figures before and after it.

    `after` and `trades` are cross-validated: each question is judged by a model that has not seen it.
    """

    calibration: Calibration
    before: dict[str, Estimate]
    after: dict[str, Estimate]
    trades: tuple[Trade, ...]
    records: tuple[Record, ...]
    """The questions with their cross-validated confidence."""


def fit(records: Sequence[Record], conditions: Conditions, signals: Sequence[str] = SIGNALS) -> Fit:
    """Logistic regression of "a gold answer stands in the quotes", given or withheld, on `signals` of `Evidence`.

    `conditions` are those under which the records were made; the other signals get the weight 0.  Raises `LoadError`
    where there are fewer than `LEAST` questions with a right answer or without.
    """
    judged = [record for record in records if not record.retrieval_only]
    right = np.array([record.has_answer for record in judged], bool)
    if min(right.sum(), (~right).sum()) < LEAST:
        raise LoadError(
            f"{conditions.set_name}: found {right.sum()} questions with a right answer and {(~right).sum()} without, "
            f"expected at least {LEAST} of each: a calibration cannot be fitted on fewer."
        )
    signals = tuple(dict.fromkeys(signals))
    known = np.array([[getattr(record.evidence, name) for name in signals] for record in judged], np.float64)
    guesses, (found, bias) = _fitted(known, right)
    # Where nothing was read there is nothing to give, whatever the model says.
    guesses = np.where([any(astuple(record.evidence)) for record in judged], guesses, 0.0)
    weights = tuple(dict(zip(signals, found, strict=True)).get(name, 0.0) for name in SIGNALS)
    calibration = Calibration(
        weights, bias, conditions.encoder_fingerprint, conditions.reader, conditions.set_name, len(judged),
        conditions.version,
    )  # fmt: skip
    after = tuple(replace(record, confidence=float(guess)) for record, guess in zip(judged, guesses, strict=True))
    return Fit(
        calibration, figures(judged, REPORTED), figures(after, REPORTED),
        tuple(_trade(after, threshold) for threshold in THRESHOLDS), after,
    )  # fmt: skip


def _fitted(known: Floats, right: Any) -> tuple[Floats, tuple[tuple[float, ...], float]]:
    """Cross-validated guesses, and the weights and bias of a model of all questions."""
    import sklearn.linear_model  # noqa: F401 (limits hold only for what is loaded)
    from threadpoolctl import threadpool_limits

    # The problems are so small that threads wait for each other most of the time.
    with threadpool_limits(1):
        return _cross_validated(known, right), _raw(_model().fit(known, right))


def _model() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2_000))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=1)
    return GridSearchCV(pipeline, {"logisticregression__C": STRENGTHS}, scoring="neg_log_loss", cv=folds)


def _cross_validated(known: Floats, right: Any) -> Floats:
    """Each question's probability by a model that has not seen it."""
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    found = cross_val_predict(_model(), known, right, cv=folds, method="predict_proba")
    return np.asarray(found[:, 1], np.float64)


def _raw(search: Any) -> tuple[tuple[float, ...], float]:
    """Weights and bias over signals as they are, not standardised."""
    scaler, model = (step for _, step in search.best_estimator_.steps)
    weights = model.coef_[0] / scaler.scale_
    bias = model.intercept_[0] - float(weights @ scaler.mean_)
    return tuple(round(float(weight), 6) for weight in weights), round(float(bias), 6)


def _trade(records: Sequence[Record], threshold: float) -> Trade:
    at = [replace(record, answered=record.confidence >= threshold) for record in records]
    found = figures(at, ("answer_precision", "accuracy", "refusal_f1"))
    return Trade(threshold, sum(record.answered for record in at) / len(at), **found)
