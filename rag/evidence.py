"""What speaks for the best reading of a question: the signals from which its confidence is computed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from rag.read import Inquiry, Reading, presence
from rag.retrieve import Found
from rag.types import Evidence

AGREE_LEAST = 0.7
"""Cosine from which on two sentences say the same."""


def evidence(inquiry: Inquiry, readings: Sequence[Reading], found: Sequence[Found]) -> Evidence:
    """The signals of `readings`, which are best first; `found[reading.passage]` is where each was read."""
    if not readings:
        return Evidence()
    best = readings[0]
    scores = np.array([reading.score for reading in readings], np.float64)
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    alike = np.stack([reading.vector for reading in readings]) @ best.vector >= AGREE_LEAST
    owner = found[best.passage].article.id
    others = [reading.score for reading in readings[1:] if found[reading.passage].article.id != owner]
    rivals = others or [reading.score for reading in readings[1:]]
    passages = [one.passage for one in found]
    return Evidence(
        judged=_log_odds(best.probability),
        score=_number(best.score),
        margin=_number(best.score - max(rivals)) if rivals else 0.0,
        share=_number(shares[0]),
        agreeing=_number(shares[alike].sum()),
        dense=_number(max((passage.dense or 0.0) for passage in passages)),
        lexical=_number(max((passage.lexical or 0.0) for passage in passages) / max(len(inquiry.terms), 1)),
        place=1 / (1 + best.passage),
        covered=_covered(inquiry, found[best.passage]),
    )


def _covered(inquiry: Inquiry, one: Found) -> float:
    present = set(inquiry.analyse(f"{one.passage.title} {one.passage.text}"))
    weights = {term: inquiry.weigh(term) for term in inquiry.terms}
    total = sum(weights.values())
    met = sum(weight * presence(term, present) for term, weight in weights.items())
    return _number(met / total) if total else 0.0


def _log_odds(probability: float) -> float:
    within = min(max(probability, 1e-9), 1 - 1e-9)
    return _number(max(-10.0, min(10.0, math.log(within / (1 - within)))))


def _number(value: float) -> float:
    """Rounded, so that a record is short and the same on every run."""
    return round(float(value), 6)
