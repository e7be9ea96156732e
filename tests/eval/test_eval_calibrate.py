"""Fitting confidence: on synthetic records whose truth is known, and out of fold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from report_fakes import make_record, make_run
from threadpoolctl import threadpool_limits

from eval.calibrate import LEAST, REPORTED, Fit, fit
from eval.metrics import summarise
from eval.records import Record
from rag.calibration import SIGNALS, shipped
from rag.errors import LoadError
from rag.types import Evidence

CONDITIONS = make_run([]).conditions
SLOPE, BIAS = 1.5, -0.5
THRESHOLDS = (0.1, 0.5, 0.9)


def logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def synthetic(count: int, *, slope: float, seed: int = 0, boast: float = 0.95) -> list[Record]:
    """Right with probability logistic(slope * answers + bias); every one as confident as `boast`, a third refused.

    Every fourth question is unanswerable, whatever its evidence; `dense` and `margin` mean nothing.
    """
    random = np.random.default_rng(seed)
    made = []
    for number in range(count):
        answers, noise, dense = random.normal(0, 2), random.normal(), random.random()
        right = bool(random.random() < logistic(slope * answers + BIAS))
        base = make_record(
            question_id=str(number), question=f"Question {number}?", confidence=boast, answered=number % 3 > 0,
            evidence=Evidence(answers=float(answers), margin=float(noise), dense=float(dense)),
        )  # fmt: skip
        quotes = tuple(replace(quote, has_answer=right) for quote in base.quotes)
        made.append(replace(base, quotes=quotes, answerable=right or number % 4 > 0))
    return made


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Fewer folds, penalties and thresholds, on one thread: for fits as small as these, more cost time."""
    # Only libraries that are loaded already are told.
    import sklearn.linear_model  # noqa: F401

    with pytest.MonkeyPatch.context() as patch, threadpool_limits(1):
        patch.setattr("eval.calibrate.FOLDS", 3)
        patch.setattr("eval.calibrate.STRENGTHS", (0.01, 10.0))
        patch.setattr("eval.calibrate.THRESHOLDS", THRESHOLDS)
        yield


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return synthetic(300, slope=SLOPE)


@pytest.fixture(scope="module")
def found(records: list[Record]) -> Fit:
    return fit(records, CONDITIONS)


def test_the_known_weights_are_found(found: Fit) -> None:
    weights = dict(zip(SIGNALS, found.calibration.weights, strict=True))
    assert weights["answers"] == pytest.approx(SLOPE, abs=0.4)
    assert found.calibration.bias == pytest.approx(BIAS, abs=0.5)
    assert abs(weights["margin"]) < 0.35 and abs(weights["dense"]) < 0.8
    # What never varies tells nothing.
    assert {weights[name] for name in SIGNALS if name not in ("answers", "margin", "dense")} == {0.0}


def test_a_calibration_says_what_it_was_fitted_with(found: Fit) -> None:
    made = found.calibration
    assert (made.encoder, made.reader) == (CONDITIONS.encoder_fingerprint, CONDITIONS.reader)
    assert (made.fitted_on, made.questions, made.version) == ("news-sample", 300, "0.1.0")
    assert made.min_confidence is None


def test_confidence_is_near_the_known_probability(found: Fit) -> None:
    for answers in (-3.0, -1.0, 0.0, 1.0, 3.0):
        assert found.calibration.confidence(Evidence(answers=answers, dense=0.5)) == pytest.approx(
            logistic(SLOPE * answers + BIAS), abs=0.12
        )


def test_the_error_falls_and_right_is_told_from_wrong(records: list[Record], found: Fit) -> None:
    share = np.mean([record.has_answer for record in records])
    assert found.before["ece"].value == pytest.approx(0.95 - share)
    assert found.before["auroc_right"].value == 0.5
    assert found.after["ece"].value < 0.1 < found.before["ece"].low
    assert found.after["auroc_right"].low > 0.8
    assert found.after["aurc"].high < found.before["aurc"].low
    assert tuple(found.before) == tuple(found.after) == REPORTED
    assert {figure.n for figure in found.after.values()} == {300}


def test_withheld_answers_count(records: list[Record], found: Fit) -> None:
    assert [record.question_id for record in found.records] == [record.question_id for record in records]
    assert sum(not record.answered and record.has_answer for record in found.records) > 20


def test_confidences_after_are_of_models_that_have_not_seen_the_question(found: Fit) -> None:
    seen = np.array([found.calibration.confidence(record.evidence) for record in found.records])
    unseen = np.array([record.confidence for record in found.records])
    assert not np.allclose(seen, unseen, atol=1e-4)
    # Several models, each near the one over all questions.
    assert np.corrcoef(seen, unseen)[0, 1] > 0.98


def test_where_the_evidence_means_nothing_only_the_sample_itself_is_told_apart() -> None:
    seen, unseen = [], []
    for seed in range(2):
        found = fit(synthetic(100, slope=0.0, seed=seed), CONDITIONS)
        inside = [replace(r, confidence=found.calibration.confidence(r.evidence)) for r in found.records]
        seen.append(summarise(inside).figures["auroc_right"].value)
        unseen.append(found.after["auroc_right"].value)
    assert np.mean(unseen) < 0.52
    assert np.mean(seen) > 0.54


def test_trades_cover_the_thresholds_by_the_confidence_after(found: Fit) -> None:
    assert tuple(trade.min_confidence for trade in found.trades) == THRESHOLDS
    for trade in found.trades:
        answered = [record for record in found.records if record.confidence >= trade.min_confidence]
        assert trade.coverage == pytest.approx(len(answered) / 300)
        share = np.mean([record.has_answer for record in answered])
        assert trade.answer_precision.value == pytest.approx(share)
        right = sum(record.has_answer for record in answered)
        refused = sum(not record.answerable for record in found.records) - sum(not r.answerable for r in answered)
        assert trade.accuracy.value == pytest.approx((right + refused) / 300)
    coverages = [trade.coverage for trade in found.trades]
    assert coverages == sorted(coverages, reverse=True)
    assert found.trades[-1].answer_precision.value > found.trades[0].answer_precision.value + 0.2


def test_a_fit_is_the_same_each_time() -> None:
    made = synthetic(60, slope=SLOPE, seed=7)
    assert fit(made, CONDITIONS) == fit(made, CONDITIONS)


@pytest.mark.parametrize(
    ("right", "wrong"), [(LEAST - 1, 50), (50, LEAST - 1), (0, 0)], ids=["few right", "few wrong", "nothing"]
)
def test_too_few_questions_are_an_error(right: int, wrong: int) -> None:
    kinds = [True] * right + [False] * wrong
    made = [
        make_record(question=f"{number}?", quotes=tuple(replace(q, has_answer=kind) for q in make_record().quotes))
        for number, kind in enumerate(kinds)
    ]
    message = (
        rf"news-sample: found {right} questions with a right answer and {wrong} without, expected at least {LEAST}"
    )
    with pytest.raises(LoadError, match=message):
        fit(made, CONDITIONS)


def test_questions_of_which_only_retrieval_is_judged_do_not_count() -> None:
    with pytest.raises(LoadError, match="found 0 questions with a right answer and 0 without"):
        fit([replace(record, answers=(), answerable=True) for record in synthetic(40, slope=SLOPE)], CONDITIONS)


def test_as_few_as_are_asked_for_can_be_fitted() -> None:
    base = make_record()
    made = [
        replace(
            base, question=f"{number}?", evidence=Evidence(answers=float(number % 2)),
            quotes=tuple(replace(quote, has_answer=number % 2 == 0) for quote in base.quotes),
        )
        for number in range(2 * LEAST)
    ]  # fmt: skip
    found = fit(made, CONDITIONS)
    assert found.calibration.confidence(Evidence(answers=0.0, dense=1.0)) > 0.5
    assert found.calibration.confidence(Evidence(answers=1.0, dense=1.0)) < 0.5


def test_where_nothing_was_read_confidence_stays_zero() -> None:
    """As `Calibration.confidence` has it: there is no answer of which one could be sure."""
    silent = [
        make_record(question=f"Nothing {number}?", evidence=Evidence(), quotes=(), answered=False, confidence=0.0)
        for number in range(20)
    ]
    found = fit([*synthetic(60, slope=SLOPE), *silent], CONDITIONS)
    assert {record.confidence for record in found.records[60:]} == {0.0}
    assert all(trade.coverage <= 60 / 80 for trade in found.trades)


def test_what_is_shipped_was_fitted_on_the_news() -> None:
    assert shipped().fitted_on.startswith("news-2024h2")
    assert shipped().questions >= 200
    assert shipped().min_confidence is None
