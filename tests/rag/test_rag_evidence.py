"""The signals of an answer, worked out by hand from readings and passages that are made up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rag_made import found, inquiry, proposal

from rag.evidence import evidence
from rag.inquiry import KIN, Inquiry
from rag.read import Group, Readings
from rag.retrieve import Found
from rag.scoring import Scored
from rag.types import Evidence, Span

ASKED = "Who mended the Lisse ferry?"
ADA = "Ada Lind mended the ferry."
TWO = [found("a", ADA), found("b", "Ada Lind did it.")]


def group(passages: Sequence[Found], *places: int, weight: float = 0.5) -> Group:
    """An answer that stands in those passages."""
    return Group(tuple(proposal(place, passages[place], "Ada Lind", weight) for place in places), weight)


def readings(
    passages: Sequence[Found], *groups: Group, scored: Sequence[Scored] = (), scores: Sequence[float] = ()
) -> Readings:
    plain = tuple(scored) or tuple(Scored(0.0, 0.0, ()) for _ in passages)
    ranks = np.array(scores or [0.0] * len(passages), np.float32)
    return Readings(tuple(range(len(passages))), ranks, plain, groups)


def signals(passages: Sequence[Found], read: Readings, asked: Inquiry | None = None) -> Evidence:
    return evidence(asked or inquiry(ASKED), read, passages)


@pytest.mark.parametrize("passages", [[], TWO], ids=["nothing found", "nothing readable"])
def test_without_an_answer_there_is_no_evidence(passages: list[Found]) -> None:
    assert signals(passages, readings(passages)) == Evidence()
    assert not any(astuple(Evidence()))


def test_the_reader_s_verdicts_are_those_on_the_passage_of_the_answer() -> None:
    spans = ((Span(0, 3), -4.0), (Span(0, 8), -0.5))
    scored = [Scored(1.0, 5.0, ()), Scored(2.0, 3.0, spans)]
    known = signals(TWO, readings(TWO, group(TWO, 1), scored=scored, scores=[4.0, 7.0]))
    assert (known.answers, known.highest, known.relevant, known.score) == (3.0, 5.0, 2.0, 7.0)
    assert known.pointed == 1.0, "3 for three content terms"


def test_chance_is_that_of_the_answer_s_words() -> None:
    text = f"Some say so. {ADA}"
    passage = found("a", text, within=Span(5, len(text)))
    (place,) = [text.index("Ada") - 5]
    scored = [Scored(0.0, 0.0, ((Span(0, 3), -0.1), (Span(place, place + 8), -1.5)))]
    assert signals([passage], readings([passage], group([passage], 0), scored=scored)).chance == -1.5


def test_share_and_margin_are_those_of_the_groups() -> None:
    best, second = group(TWO, 0, weight=0.49), group(TWO, 1, weight=0.24)
    known = signals(TWO, readings(TWO, best, second))
    assert known.share == 0.49
    assert known.margin == pytest.approx(math.log(2), abs=1e-6)


@pytest.mark.parametrize(
    ("question", "margin"), [(ASKED, math.log(0.5 / 0.25)), ("Did Ada mend the Lisse ferry?", math.log(0.5 / 0.11))]
)
def test_sentences_of_one_article_are_no_rivals_on_yes_or_no(question: str, margin: float) -> None:
    three = [TWO[0], found("a", "Ada Lind mended it on Monday."), TWO[1]]
    groups = [group(three, place, weight=weight) for place, weight in enumerate((0.49, 0.24, 0.1))]
    assert signals(three, readings(three, *groups), inquiry(question)).margin == pytest.approx(margin, abs=1e-5)


def test_without_a_rival_the_margin_is_to_nothing() -> None:
    assert signals(TWO, readings(TWO, group(TWO, 0, weight=0.99))).margin == pytest.approx(math.log(100), abs=1e-5)


@pytest.mark.parametrize(
    ("places", "agreeing"),
    [
        pytest.param((0,), 0.0, id="one-article"),
        pytest.param((0, 1), math.log(2), id="two-articles"),
        pytest.param((0, 2), 0.0, id="two-passages-of-one"),
        pytest.param((0, 1, 2, 3), math.log(3), id="three-articles"),
    ],
)
def test_agreeing_counts_articles(places: tuple[int, ...], agreeing: float) -> None:
    passages = [*TWO, found("a", f"Again: {ADA}"), found("c", ADA)]
    assert signals(passages, readings(passages, group(passages, *places))).agreeing == pytest.approx(agreeing, abs=1e-6)


def test_the_best_cosine_and_bm25_are_of_any_passage_bm25_per_term() -> None:
    passages = [found("a", ADA, dense=0.4), found("b", ADA, lexical=6.0), found("c", ADA, dense=0.7, lexical=9.0)]
    asked = inquiry(ASKED)
    known = signals(passages, readings(passages, group(passages, 0)), asked)
    assert asked.terms == ("mend", "liss", "ferri")
    assert (known.dense, known.lexical) == (pytest.approx(0.7), pytest.approx(3.0))


def test_what_a_retriever_did_not_find_is_zero() -> None:
    known = signals(TWO, readings(TWO, group(TWO, 0)))
    assert (known.dense, known.lexical) == (0.0, 0.0)


WEIGHTS = {"mend": 3.0, "liss": 1.0, "ferri": 4.0}


@pytest.mark.parametrize(
    ("title", "text", "covered"),
    [
        pytest.param("", "Ada Lind of Lisse mended it.", (3 + 1) / 8, id="two of three"),
        pytest.param("Ferry news", "Ada Lind of Lisse mended it.", 1.0, id="the title counts"),
        pytest.param("", "Ada Lind.", 0.0, id="none"),
        pytest.param("", "Ada Lind, Lisse, Lisse, Lisse.", 1 / 8, id="once is enough"),
    ],
)
def test_covered_is_the_share_of_terms_by_weight(title: str, text: str, covered: float) -> None:
    # The first passage has all of it, but the answer is not in it.
    passages = [found("a", "Ada Lind mended the Lisse ferry."), found("b", text, title=title)]
    known = signals(passages, readings(passages, group(passages, 1)), inquiry(ASKED, WEIGHTS))
    assert known.covered == pytest.approx(covered)


def test_a_word_of_the_same_family_covers_a_term_in_part() -> None:
    passages = [found("a", "Ada Lind of the exchange.")]
    known = signals(passages, readings(passages, group(passages, 0)), inquiry("Who made the zorb swap?"))
    assert known.covered == pytest.approx(KIN / 2)


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        pytest.param(ASKED, 1.0, id="a-name"),
        pytest.param("How many mended the Lisse ferry?", 0.0, id="a-number"),
        pytest.param("When was the Lisse ferry mended?", 0.0, id="a-time"),
        pytest.param("What mended the Lisse ferry?", 0.5, id="cannot-be-told"),
    ],
)
def test_shown_is_whether_the_answer_is_of_the_kind_asked_for(question: str, shown: float) -> None:
    assert signals(TWO, readings(TWO, group(TWO, 0)), inquiry(question)).shown == shown


@pytest.mark.parametrize(
    ("question", "strange"),
    [
        pytest.param("Who mended the ferry of Lisse?", 1.0, id="one"),
        pytest.param("Did Ada Lind mend the ferry?", 0.0, id="all-known"),
        pytest.param("Did Ada Lind meet Bo Dahl?", 2.0, id="two"),
    ],
)
def test_strange_counts_names_that_no_passage_mentions(question: str, strange: float) -> None:
    assert signals(TWO, readings(TWO, group(TWO, 0)), inquiry(question)).strange == strange


ODDS = st.floats(-50, 50)


@given(st.lists(st.tuples(ODDS, ODDS), min_size=2, max_size=2), st.floats(0.001, 1), st.floats(0, 1), st.booleans())
def test_signals_are_finite_and_short_and_keep_their_bounds(
    verdicts: list[tuple[float, float]], weight: float, other: float, again: bool
) -> None:
    scored = [Scored(relevant, answers, ()) for relevant, answers in verdicts]
    best, second = group(TWO, 0, *([1] if again else []), weight=weight), group(TWO, 1, weight=weight * other)
    known = signals(TWO, readings(TWO, best, second, scored=scored))
    assert all(math.isfinite(value) and value == round(value, 6) for value in astuple(known))
    assert known.highest >= known.answers
    assert 0 <= known.share <= 1 and known.margin >= 0
    assert 0 <= known.covered <= 1 and 0 <= known.shown <= 1
    assert known.agreeing >= 0 and known.strange >= 0
