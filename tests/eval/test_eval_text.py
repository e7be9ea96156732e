"""Folding and containment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.text import contains, fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("Turkey's  MIT", "turkey s mit", id="case, apostrophe, spaces"),
        pytest.param("Turkey’s MIT", "turkey s mit", id="typographic apostrophe"),
        pytest.param("Covid-19\n(“new”)", "covid 19 new", id="hyphen, quotes, line end"),
        pytest.param("$1.2bn + 50%", "1 2bn 50", id="symbols"),
        pytest.param("ﬁne Ⅳ\u00a0ＡＢ", "fine iv ab", id="compatibility forms"),
        pytest.param("STRASSE Straße", "strasse strasse", id="casefold, not lower"),
        pytest.param("Erdog\u0306an Erdoğan", "erdoğan erdoğan", id="accents composed and kept"),
        pytest.param("pris\u00adoner zero\u200bwidth", "prisoner zerowidth", id="format characters dropped"),
        pytest.param("?!…", "", id="nothing left"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "answers", "found"),
    [
        pytest.param("It was Turkey's MIT.", ("Turkey",), True, id="before an apostrophe"),
        pytest.param("Business is good", ("us",), False, id="inside a word"),
        pytest.param("the U.S. said", ("u.s.",), True, id="punctuation in the answer"),
        pytest.param("13 people went", ("3",), False, id="inside a number"),
        pytest.param("New York, Delhi", ("New Delhi",), False, id="words apart"),
        pytest.param("in New\nDelhi", ("Paris", "New Delhi"), True, id="any answer, across a line"),
        pytest.param("Turkey", ("Turkey",), True, id="whole text"),
        pytest.param("anything", ("?",), False, id="empty answer"),
        pytest.param("anything", (), False, id="no answer"),
    ],
)
def test_contains(text: str, answers: tuple[str, ...], found: bool) -> None:
    assert contains(text, answers) is found


@given(st.text())
def test_fold_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.text(alphabet="abcXYZ 019-'", min_size=1), st.text())
def test_an_answer_set_between_spaces_is_found(before: str, answer: str, after: str) -> None:
    assert contains(f"{before} {answer} {after}", (answer,)) == bool(fold(answer))
