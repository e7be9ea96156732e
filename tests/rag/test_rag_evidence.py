"""The signals of an answer, worked out by hand from readings and passages that are made up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evidence import AGREE_LEAST, evidence
from rag.read import KIN, Inquiry, Reading
from rag.retrieve import Found
from rag.types import Article, Evidence, Passage, Span

WEIGHTS = {"zorb": 3.0, "quib": 1.0, "flam": 4.0}


def inquiry(*terms: str) -> Inquiry:
    return Inquiry(
        " ".join(terms), np.zeros(2, np.float32), terms, lambda text: text.lower().split(), lambda term: WEIGHTS[term]
    )


def found(article: str, text: str = "", *, dense: float | None = None, lexical: float | None = None) -> Found:
    passage = Passage(article, article, None, None, None, 0, len(text), text, 1.0, dense, lexical)
    return Found(passage, Article(article, article, text), 0)


def reading(passage: int, score: float, *, probability: float = 0.5, angle: float = 0.0) -> Reading:
    """`angle` in degrees is the direction of the sentence's vector."""
    turned = math.radians(angle)
    vector = np.array([math.cos(turned), math.sin(turned)], np.float32)
    return Reading(passage, Span(0, 5), "text", score, probability, vector)


def signals(readings: Sequence[Reading], passages: Sequence[Found], asked: Inquiry | None = None) -> Evidence:
    return evidence(asked or inquiry("zorb"), readings, passages)


ONE = [found("a")]
TWO = [found("a"), found("b")]


@pytest.mark.parametrize("passages", [[], TWO], ids=["nothing found", "nothing readable"])
def test_without_a_reading_there_is_no_evidence(passages: list[Found]) -> None:
    assert signals([], passages) == Evidence()
    assert not any(astuple(Evidence()))


@pytest.mark.parametrize(
    ("probability", "log_odds"),
    [
        pytest.param(0.5, 0.0, id="even"),
        pytest.param(0.8, math.log(4), id="four to one"),
        pytest.param(0.2, -math.log(4), id="one to four"),
        pytest.param(1.0, 10.0, id="certain"),
        pytest.param(0.0, -10.0, id="impossible"),
        pytest.param(1 - 1e-7, 10.0, id="nearly certain"),
    ],
)
def test_judged_is_the_log_odds_within_bounds(probability: float, log_odds: float) -> None:
    assert signals([reading(0, 1.0, probability=probability)], ONE).judged == pytest.approx(log_odds, abs=1e-6)


def test_score_and_share_are_of_the_best_reading() -> None:
    known = signals([reading(0, 2.0), reading(1, 1.0), reading(1, 0.0)], TWO)
    assert known.score == 2.0
    assert known.share == pytest.approx(math.exp(2) / (math.exp(2) + math.e + 1), abs=1e-6)


def test_a_reading_alone_has_no_rival() -> None:
    known = signals([reading(0, 2.0)], ONE)
    assert (known.margin, known.share, known.agreeing) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("readings", "margin"),
    [
        pytest.param([reading(0, 5.0), reading(0, 4.5), reading(1, 3.0)], 2.0, id="to the best of another article"),
        pytest.param([reading(1, 5.0), reading(0, 4.5), reading(1, 4.9)], 0.5, id="wherever the best one is"),
        pytest.param([reading(0, 5.0), reading(0, 4.5)], 0.5, id="to the next where there is no other article"),
        pytest.param([reading(0, 5.0), reading(2, 4.0), reading(1, 1.0)], 4.0, id="two passages of one article"),
        pytest.param([reading(0, 3.0), reading(1, 3.0)], 0.0, id="a tie"),
    ],
)
def test_margin(readings: list[Reading], margin: float) -> None:
    assert signals(readings, [*TWO, found("a", "more")]).margin == pytest.approx(margin)


def test_agreeing_is_the_share_of_readings_in_the_same_direction() -> None:
    edge = math.degrees(math.acos(AGREE_LEAST))
    readings = [reading(0, 1.0), reading(1, 1.0, angle=edge - 1), reading(1, 1.0, angle=edge + 1),
                reading(1, 1.0, angle=180)]  # fmt: skip
    assert signals(readings, TWO).agreeing == pytest.approx(2 / 4)


def test_the_best_cosine_and_bm25_are_of_any_passage_bm25_per_term() -> None:
    passages = [found("a", dense=0.4), found("b", lexical=6.0), found("c", dense=0.7, lexical=9.0)]
    known = signals([reading(0, 1.0)], passages, inquiry("zorb", "quib", "flam"))
    assert (known.dense, known.lexical) == (pytest.approx(0.7), pytest.approx(3.0))


def test_what_a_retriever_did_not_find_is_zero() -> None:
    known = signals([reading(0, 1.0)], ONE)
    assert (known.dense, known.lexical) == (0.0, 0.0)


@pytest.mark.parametrize(("passage", "place"), [(0, 1.0), (1, 1 / 2), (3, 1 / 4)])
def test_place_is_one_over_the_rank_of_the_passage(passage: int, place: float) -> None:
    passages = [found(name) for name in "abcd"]
    assert signals([reading(passage, 1.0), reading(0, 0.5)], passages).place == place


@pytest.mark.parametrize(
    ("title", "text", "covered"),
    [
        pytest.param("a", "Zorb and quib", (3 + 1) / 8, id="two of three"),
        pytest.param("Flam news", "zorb quib", 1.0, id="the title counts"),
        pytest.param("a", "nothing of it", 0.0, id="none"),
        pytest.param("a", "quib quib quib", 1 / 8, id="once is enough"),
    ],
)
def test_covered_is_the_share_of_terms_by_weight(title: str, text: str, covered: float) -> None:
    there = found("b", text)
    titled = replace(there, passage=replace(there.passage, title=title))
    # The first passage has all of it, but the best reading is not in it.
    known = signals([reading(1, 1.0)], [found("a", "zorb quib flam"), titled], inquiry("zorb", "quib", "flam"))
    assert known.covered == pytest.approx(covered)


def test_a_word_of_the_same_family_covers_a_term_in_part() -> None:
    alike = replace(inquiry("swap", "zorb"), weigh=lambda _: 1.0)
    assert signals([reading(0, 1.0)], [found("a", "exchang")], alike).covered == pytest.approx(KIN / 2)


def test_terms_that_weigh_nothing_cover_nothing() -> None:
    weightless = replace(inquiry("zorb"), weigh=lambda _: 0.0)
    assert signals([reading(0, 1.0)], [found("a", "zorb")], weightless).covered == 0.0


scores = st.floats(-30, 30)


@given(st.lists(st.tuples(st.integers(0, 2), scores, st.floats(0, 1), st.floats(0, 360)), min_size=1, max_size=8))
def test_signals_are_finite_and_short_and_keep_their_bounds(made: list[tuple[int, float, float, float]]) -> None:
    readings = [reading(place, score, probability=p, angle=angle) for place, score, p, angle in made]
    readings.sort(key=lambda one: -one.score)
    known = signals(readings, [*TWO, found("a", "zorb", dense=0.5, lexical=2.0)])
    assert all(math.isfinite(value) and value == round(value, 6) for value in astuple(replace(known, place=0.5)))
    assert -10 <= known.judged <= 10
    assert known.margin >= 0
    assert 0 < known.share <= known.agreeing + 2e-6 <= 1 + 4e-6
    assert 0 < known.place <= 1 and 0 <= known.covered <= 1


@given(st.lists(scores, min_size=2, max_size=6), st.floats(-5, 5))
def test_only_differences_of_scores_tell(values: list[float], shift: float) -> None:
    ordered = sorted(values, reverse=True)
    plain = signals([reading(place % 2, score) for place, score in enumerate(ordered)], TWO)
    moved = signals([reading(place % 2, score + shift) for place, score in enumerate(ordered)], TWO)
    assert moved.share == pytest.approx(plain.share, abs=3e-6)
    assert moved.margin == pytest.approx(plain.margin, abs=3e-6)
    assert moved.score == pytest.approx(plain.score + shift, abs=3e-6)
