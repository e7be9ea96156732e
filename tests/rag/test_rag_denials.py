"""Where a text takes a statement back."""

from __future__ import annotations

import pytest

from rag.denials import asks_for_denied, denied, denies


@pytest.mark.parametrize(
    ("sentence", "value", "following", "expected"),
    [
        pytest.param("Nine people were hurt, not twelve.", "twelve", "", True, id="not"),
        pytest.param("Nine people were hurt, not twelve.", "Nine", "", False, id="but"),
        pytest.param("It was nine rather than the 12 of Monday.", "12", "", True, id="rather-than"),
        pytest.param("It cost £9, not the £12 that was planned.", "12", "", True, id="currency"),
        pytest.param("It was led not only by Ada Lind.", "Ada Lind", "", False, id="not-only"),
        pytest.param("Earlier versions of this article said that five left.", "five", "", True, id="earlier-version"),
        pytest.param("First reports said five, but nine left.", "nine", "", False, id="first-reports-but"),
        pytest.param("The Lisse Post wrongly said that five left.", "five", "", True, id="wrongly"),
        pytest.param("The Post said on Monday that five left.", "five", " The right number is nine.", True, id="right"),
        pytest.param("The Post said on Monday that five left.", "five", " The number rose later.", False, id="news"),
        pytest.param("The number is nine.", "nine", "", False, id="plain"),
    ],
)
def test_denied(sentence: str, value: str, following: str, expected: bool) -> None:
    assert denied(sentence[: sentence.index(value)], following) is expected


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        pytest.param("Nine people were hurt, not twelve.", "12", True, id="in-other-notation"),
        pytest.param("Nine people were hurt, not twelve.", "nine", False, id="what-it-says-instead"),
        pytest.param("It was not Ada Lind but Bo Dahl.", "Lind", True, id="name"),
        pytest.param("It was not Ada Lind but Bo Dahl.", "Bo Dahl", False, id="the-other-name"),
        pytest.param("An earlier report said that five left. Nine did.", "five", True, id="earlier-report"),
        pytest.param("The Post said five. The right number is nine.", "five", True, id="corrected"),
        pytest.param("Twelve people were not hurt.", "12", False, id="another-not"),
        pytest.param("It rained.", "the", False, id="nothing-is-asked"),
    ],
)
def test_denies(text: str, value: str, expected: bool) -> None:
    assert denies(text, value) is expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [("How many were first reported?", True), ("Who was wrongly accused?", True), ("How many were hurt?", False)],
)
def test_a_question_may_ask_for_what_was_taken_back(question: str, expected: bool) -> None:
    assert asks_for_denied(question) is expected
