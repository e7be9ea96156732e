"""Folding, containment, and the exact match and F1 of SQuAD."""

from __future__ import annotations

import collections
import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.text import contains, exact_match, fold, squad_normal, token_f1


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


# -- SQuAD ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        pytest.param("The  Beatles", "beatles", id="article, spaces"),
        pytest.param("An apple a day, the end", "apple day end", id="articles anywhere"),
        pytest.param("theatre another", "theatre another", id="articles inside words stay"),
        pytest.param("U.S.A.", "usa", id="punctuation joins"),
        pytest.param("well-known", "wellknown", id="hyphens join"),
        pytest.param("a.m.", "am", id="punctuation goes before articles"),
        pytest.param("the-a", "thea", id="articles joined by a hyphen are no articles"),
        pytest.param("“The” Beatles…", "“ ” beatles…", id="other punctuation than ASCII stays"),
        pytest.param("$5,000.50", "500050", id="signs of ASCII go"),
        pytest.param("É\u00a0À", "é à", id="lower case and any space"),
        pytest.param("Straße", "straße", id="no case folding"),
        pytest.param("\tA\n", "", id="nothing left"),
        pytest.param("", "", id="empty"),
    ],
)
def test_squad_normal(text: str, normal: str) -> None:
    assert squad_normal(text) == normal


@pytest.mark.parametrize(
    ("prediction", "golds", "em", "f1"),
    [
        pytest.param("the Denver Broncos.", ("Denver Broncos",), 1, 1, id="article and punctuation"),
        pytest.param("Broncos", ("Denver Broncos",), 0, 2 / 3, id="half of two words"),
        pytest.param("in Denver Denver", ("Denver Broncos",), 0, 2 / 5, id="a repeated word is shared once"),
        pytest.param("Denver Denver", ("Denver, Denver!",), 1, 1, id="repeated on both sides"),
        pytest.param("Santa Clara", ("Paris", "Santa", "Clara, Santa"), 0, 1, id="the best of the golds, in any order"),
        pytest.param("Santa", ("Paris", "santa"), 1, 1, id="any gold"),
        pytest.param("Paris", ("Rome",), 0, 0, id="nothing shared"),
        pytest.param("", ("Rome",), 0, 0, id="refused although answerable"),
        pytest.param("", (), 1, 1, id="refused, no answer"),
        pytest.param("Rome", (), 0, 0, id="answered, no answer"),
        pytest.param("the", (), 1, 1, id="a prediction of nothing, no answer"),
        pytest.param("", ("",), 1, 1, id="an empty gold"),
        pytest.param("Rome", ("", "Rome"), 1, 1, id="an empty gold beside another"),
        pytest.param("", ("the", "Rome"), 0, 0, id="a gold of nothing does not count beside another"),
        pytest.param("", ("the", "!"), 1, 1, id="golds of nothing are the empty answer"),
        pytest.param("!", ("Rome",), 0, 0, id="a prediction of nothing"),
        pytest.param("Malmö", ("malmo",), 0, 0, id="accents count"),
    ],
)
def test_squad_scores(prediction: str, golds: tuple[str, ...], em: float, f1: float) -> None:
    assert exact_match(prediction, golds) == em
    assert token_f1(prediction, golds) == pytest.approx(f1)


def official_normal(text: str) -> str:
    """normalize_answer of evaluate-v2.0.py."""
    lower = "".join(sign for sign in text.lower() if sign not in set(string.punctuation))
    return " ".join(re.sub(re.compile(r"\b(a|an|the)\b", re.UNICODE), " ", lower).split())


def official_scores(prediction: str, answers: list[str]) -> tuple[int, float]:
    """get_raw_scores of evaluate-v2.0.py for one question, with its compute_exact and compute_f1."""
    golds = [answer for answer in answers if official_normal(answer)] or [""]

    def f1(gold: str) -> float:
        expected, given = official_normal(gold).split(), official_normal(prediction).split()
        same = sum((collections.Counter(expected) & collections.Counter(given)).values())
        if len(expected) == 0 or len(given) == 0:
            return int(expected == given)
        if same == 0:
            return 0
        precision, recall = same / len(given), same / len(expected)
        return (2 * precision * recall) / (precision + recall)

    return max(int(official_normal(gold) == official_normal(prediction)) for gold in golds), max(map(f1, golds))


words = st.lists(st.sampled_from(["the", "a", "An", "Rome", "rome.", "U.S.", "-", "“Rome”", "é", "É", "7,5"])).map(
    " ".join
)
texts = words | st.text(max_size=12)


@given(texts, st.lists(texts, max_size=4))
@settings(deadline=None)
def test_scores_are_those_of_the_official_script(prediction: str, golds: list[str]) -> None:
    em, f1 = official_scores(prediction, golds)
    assert exact_match(prediction, golds) == em
    assert token_f1(prediction, golds) == pytest.approx(f1)


@given(texts, texts)
def test_f1_is_symmetric_and_one_where_exact(one: str, other: str) -> None:
    assert token_f1(one, (other,)) == pytest.approx(token_f1(other, (one,)))
    assert exact_match(one, (other,)) <= token_f1(one, (other,)) <= 1
