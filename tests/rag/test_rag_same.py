"""When two short answers say the same."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.same import Key, key, same

PIECES = (
    "13", "thirteen", "twenty-six", "2.3", "million", "2,300,000", "1.2.3", "Ada", "Lind", "the", "people", "Mr.", "’s",
    "May", "3", "dozen", "hundred", "and", "a half", "p.m.", "m", "$", "US", "minus", "%", "bn", "5bn", "¹", "②", "½",
    "٣", "km²", "-", ", ", " ", "\n", "É", "中",
)  # fmt: skip
ANSWERS = st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join)
WORDS = st.frozensets(st.sampled_from(["ada", "lind", "moon", "bridge"]), max_size=3)
NUMBERS = st.frozensets(st.sampled_from([0.0, 3.0, 13.0, 1e6]), max_size=2)
KEYS: st.SearchStrategy[Key] = st.builds(Key, WORDS, NUMBERS)


@pytest.mark.parametrize(
    ("text", "words", "numbers"),
    [
        pytest.param("the Moon", {"moon"}, set(), id="article"),
        pytest.param("Mr. Ada Lind’s", {"ada", "lind"}, set(), id="title-and-genitive"),
        pytest.param("thirteen people", set(), {13.0}, id="number-word"),
        pytest.param("twenty-six", set(), {26.0}, id="number-of-two-words"),
        pytest.param("a dozen", set(), {12.0}, id="dozen"),
        pytest.param("1,234,567", set(), {1234567.0}, id="thousands-by-commas"),
        pytest.param("1,234.5", set(), {1234.5}, id="commas-and-point"),
        pytest.param("3,5 percent", {"percent"}, {3.5}, id="decimal-comma"),
        pytest.param("2.3 million", set(), {2_300_000.0}, id="million"),
        pytest.param("2.5 kilometres", {"metre"}, {2500.0}, id="kilometres-are-metres"),
        pytest.param("3 tonnes", {"kilogram"}, {3000.0}, id="tonnes-are-kilograms"),
        pytest.param("kilometres", {"metre"}, set(), id="a-measure-without-a-number"),
        pytest.param("5bn", set(), {5e9}, id="joined-to-its-scale"),
        pytest.param("three hundred", set(), {300.0}, id="hundreds"),
        pytest.param("a million", set(), {1e6}, id="scale-alone"),
        pytest.param("1.2.3", set(), {123.0}, id="no-number-that-can-be-read"),
        pytest.param("3 May 2024", {"may"}, {3.0, 2024.0}, id="date"),
        pytest.param("26 people in two of a million", set(), {26.0, 2.0, 1e6}, id="numbers-apart"),
        pytest.param("two and three", set(), {2.0, 3.0}, id="numbers-joined"),
        pytest.param("one hundred and five thousand two hundred and six", set(), {105_206.0}, id="a-long-number"),
        pytest.param("three and a half years", {"years"}, {3.5}, id="and-a-half"),
        pytest.param("US troops", {"united", "states", "troops"}, set(), id="a-country-in-two-letters"),
        pytest.param("", set(), set(), id="empty"),
        pytest.param("—…", set(), set(), id="marks-only"),
    ],
)
def test_key(text: str, words: set[str], numbers: set[float]) -> None:
    assert key(text)[:2] == (words, numbers)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        pytest.param("the Moon", "Moon", True, id="article"),
        pytest.param("Xi", "Xi Jinping", True, id="name-in-full"),
        pytest.param("Ada Lind", "Bo Lind", False, id="other-first-name"),
        pytest.param("13", "thirteen", True, id="digits-and-word"),
        pytest.param("26", "26 hostages", True, id="with-and-without-what-is-counted"),
        pytest.param("26 hostages", "26 soldiers", False, id="other-things-counted"),
        pytest.param("2.5 km", "2,500 metres", True, id="one-length-in-two-measures"),
        pytest.param("5 kg", "5 metres", False, id="other-measures"),
        pytest.param("26 hostages", "27 hostages", False, id="other-number"),
        pytest.param("2.3 million", "2,300,000", True, id="scale-and-digits"),
        pytest.param("3 May", "May 3", True, id="day-in-either-order"),
        pytest.param("3 May", "3 June", False, id="other-month"),
        pytest.param("May", "3 May", False, id="a-day-says-more-than-a-month"),
        pytest.param("8.2 million", "8,200,000", True, id="no-rounding-error"),
        pytest.param("US", "the United States", True, id="a-country-and-its-letters"),
        pytest.param("US", "UK", False, id="two-countries-of-letters"),
        pytest.param("Turkey", "Türkiye", True, id="a-country-in-two-spellings"),
        pytest.param("Britain", "the United Kingdom", True, id="a-country-by-two-names"),
        pytest.param("Sudan", "South Sudan", False, id="a-country-named-like-another"),
        pytest.param("Sudan", "Sudan's army", True, id="what-is-of-a-country"),
        pytest.param("Erdogan", "Erdoğan", True, id="without-the-marks"),
        pytest.param("Bashar al-Assad", "al Assad", True, id="hyphen-or-space"),
        pytest.param("8 p.m.", "8pm", True, id="time-of-day"),
        pytest.param("8 a.m.", "8 p.m.", False, id="halves-of-the-day"),
        pytest.param("120 m", "120 metres", True, id="m-apart-is-a-metre"),
        pytest.param("$120 m", "120 million dollars", True, id="but-not-of-money"),
        pytest.param("$5m", "£5m", False, id="other-currencies"),
        pytest.param("two dozen", "24", True, id="dozens"),
        pytest.param("half a million", "500,000", True, id="half"),
        pytest.param("a hundred and twenty", "120", True, id="hundreds-and-tens"),
        pytest.param("two thousand five hundred", "2,500", True, id="thousands-and-hundreds"),
        pytest.param("an hour and a half", "90 minutes", True, id="durations"),
        pytest.param("twenty six", "26", True, id="tens-and-ones"),
        pytest.param("six-year-old", "6 years old", True, id="hyphens"),
        pytest.param("1 200 000", "1,200,000", True, id="thousands-by-spaces"),
        pytest.param("125 crore", "1.25 billion", True, id="indian-scales"),
        pytest.param("5 per cent", "5%", True, id="percent"),
        pytest.param("-5 degrees", "5 degrees", False, id="sign"),
        pytest.param("minus five degrees", "−5 degrees", True, id="sign-in-words"),
        pytest.param("16-24", "16 to 24", True, id="a-range-has-no-sign"),
        pytest.param("3-1", "1-3", False, id="score"),
        pytest.param("a 3-1 win", "3–1", True, id="score-by-a-dash"),
        pytest.param("up 5%", "down 5%", False, id="direction"),
        pytest.param("Lady Justice Lind", "Dame Ada Lind", True, id="titles"),
        pytest.param("the governor", "the governor", True, id="nothing-but-a-title"),
        pytest.param("nearly twelve thousand", "11,963", True, id="about"),
        pytest.param("48,000", "48,213", True, id="rounded"),
        pytest.param("48,000", "49,213", False, id="rounded-from-another"),
        pytest.param("1.9 billion", "2.4 billion", False, id="other-large-numbers"),
        pytest.param("2020", "2024", False, id="years-are-not-rounded"),
        pytest.param("12 kilometres long", "7.5 miles long", True, id="miles"),
        pytest.param("£5m", "5 million pounds", True, id="a-currency-in-words"),
        pytest.param("more than 50", "fewer than 50", False, id="bounds"),
        pytest.param("more than 50", "50 people", True, id="a-bound-and-none"),
        pytest.param("fewer than 50", "50 dead", True, id="a-bound-is-nothing-that-is-counted"),
        pytest.param("", "", False, id="nothing-says-nothing"),
        pytest.param("the", "a", False, id="empty-words-say-nothing"),
    ],
)
def test_same(one: str, other: str, expected: bool) -> None:
    assert same(key(one), key(other)) is expected
    assert same(key(other), key(one)) is expected


@given(KEYS, KEYS)
def test_same_is_symmetric(one: Key, other: Key) -> None:
    assert same(one, other) is same(other, one)


@given(KEYS)
def test_an_answer_that_says_something_says_the_same_as_itself(one: Key) -> None:
    assert same(one, one) is bool(one[0] or one[1])


@given(ANSWERS)
@example("the swap.¹")
def test_every_text_has_a_key(text: str) -> None:
    found = key(text)
    assert all(found.words) and not any(math.isnan(number) for number in found.numbers)
    assert key(f" {text} ") == found
