"""What headlines and other sources say of an answer, and expressions of several words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rag_made import Phrases, found, inquiry

from rag.attest import Witnesses
from rag.idioms import plain
from rag.read import SPAN_FEATURES, read
from rag.retrieve import Found

ASKED = "Who led the rescue on the ferry?"
STORIES = (
    found("a", "Bo Dahl rested. Ada Lind led them.", title="Rescue on the ferry"),
    found("b", "Two boats left at 4. Lind was on one.", title="Ada Lind honoured"),
    found("c", "Cy Orr wrote of Ada Lind.", title="A book", group="a"),
)


def attested(text: str, source: str, chances: Sequence[float]) -> tuple[float, float]:
    witnesses = Witnesses(ASKED, STORIES, range(len(STORIES)))
    headlined, elsewhere = witnesses.attested(text, source, np.array(chances, np.float32))
    return round(headlined, 4), round(elsewhere, 4)


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        pytest.param("Ada Lind", "a", (0.3, 0.3), id="a headline and another source; a copy is none"),
        pytest.param("Ada Lind", "b", (0.3, 0.7), id="seen from the other source"),
        pytest.param("Bo Lind", "a", (0.15, 0.0), id="half of it in a headline"),
        pytest.param("the ferry", "a", (0.0, 0.0), id="what the question says attests nothing"),
        pytest.param("four", "a", (0.0, 0.3), id="a number in words"),
        pytest.param("", "a", (0.0, 0.0), id="nothing"),
    ],
)
def test_an_answer_is_attested_by_headlines_and_other_sources(
    text: str, source: str, expected: tuple[float, float]
) -> None:
    assert attested(text, source, (0.5, 0.3, 0.2)) == expected


def test_only_the_places_given_attest() -> None:
    witnesses = Witnesses(ASKED, STORIES, (0,))
    assert witnesses.attested("Ada Lind", "a", np.array([0.5, 0.3, 0.2], np.float32)) == (0.0, 0.0)


def test_a_chunk_backs_the_weightiest_answer_that_its_text_holds() -> None:
    witnesses = Witnesses(ASKED, STORIES, (0, 1))
    backed = witnesses.backed([("Bo Dahl", 0.2), ("Ada Lind", 0.7), ("Lind", 0.1), ("the rescue", 0.9)], 3)
    assert backed.tolist() == pytest.approx([0.7, 0.1, 0.0]), "a headline is not the text, and the third was not read"


@given(st.lists(st.sampled_from(STORIES), min_size=1, max_size=4), st.text(max_size=30))
def test_attestation_is_a_share(passages: list[Found], text: str) -> None:
    chances = np.full(len(passages), 1 / len(passages), np.float32)
    witnesses = Witnesses(ASKED, passages, range(len(passages)))
    assert all(0 <= share <= 1.0001 for share in witnesses.attested(text, "a", chances))
    assert all(0 <= share <= 0.5 for share in witnesses.backed([(text, 0.5)], len(passages)))


def test_the_answer_that_others_attest_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    passages = [
        found("a", "Bo Dahl was on the ferry.", title="News"),
        found("b", "Ada Lind was on the ferry.", title="News"),
        found("c", "A crowd cheered.", title="Ada Lind comes home"),
        found("d", "The mayor thanked Ada Lind.", title="Thanks"),
    ]
    weights = np.zeros(len(SPAN_FEATURES), np.float32)
    weights[SPAN_FEATURES.index("headlined")] = weights[SPAN_FEATURES.index("elsewhere")] = 1.0
    monkeypatch.setattr("rag.read.SPAN_WEIGHTS", weights)
    groups = read(inquiry("Who was on the ferry?"), passages, Phrases("Bo Dahl", "Ada Lind")).groups
    assert groups[0].best.text == "Ada Lind"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Who acted as go-between in the swap?", "Who  intermediary in the swap?"),
        ("Why was the match called off?", "Why was the match cancel?"),
        ("Who took part?", "Who participate?"),
        ("Who helped bring about the swap?", "Who  arrange the swap?"),
        ("Who helped to find it, and who helped Ada?", "Who  find it, and who helped Ada?"),
        ("Who helped the victims, and who families?", "Who helped the victims, and who families?"),
        ("Who helped families with their help?", "Who helped families with their help?"),
        ("Who serves ashore?", "Who serves ashore?"),
        ("Acting as judge, she stepped down.", " judge, she resign."),
        ("The actor was a step downstairs.", "The actor was a step downstairs."),
        ("", ""),
    ],
)
def test_expressions_become_one_word(text: str, expected: str) -> None:
    assert plain(text, "en") == expected


@given(st.text(max_size=80))
def test_a_plain_text_stays_as_it_is(text: str) -> None:
    assert plain(plain(text, "en"), "en") == plain(text, "en")


def test_a_chunk_that_holds_the_answer_comes_before_one_that_only_repeats_the_question() -> None:
    passages = [found("a", "Nobody knew who was on the Lisse ferry."), found("b", "Ada Lind waved from the ferry.")]
    asked = inquiry("Who was on the Lisse ferry?")
    unanswered = read(asked, passages, Phrases(answers=0.0))
    assert (unanswered.groups, unanswered.order) == ((), (0, 1))
    assert read(asked, passages, Phrases("Ada Lind", answers=0.0)).order == (1, 0)
