"""When two short answers say the same, and the lists and titles that belong to them."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.same import Key, entitled, fullness, joined, key, same
from rag.types import Span

PIECES = (
    "13", "thirteen", "twenty-six", "2.3", "million", "2,300,000", "1.2.3", "Ada", "Lind", "the", "people", "Mr.", "’s",
    "May", "3", "dozen", "bn", "5bn", "¹", "②", "½", "٣", "km²", "-", ", ", " ", "\n", "É", "中",
)  # fmt: skip
ANSWERS = st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join)
WORDS = st.frozensets(st.sampled_from(["ada", "lind", "moon", "bridge"]), max_size=3)
NUMBERS = st.frozensets(st.sampled_from([0.0, 3.0, 13.0, 1e6]), max_size=2)
KEYS: st.SearchStrategy[Key] = st.tuples(WORDS, NUMBERS)


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
        pytest.param("kilometres", {"kilometres"}, set(), id="a-measure-without-a-number"),
        pytest.param("5bn", set(), {5e9}, id="joined-to-its-scale"),
        pytest.param("three hundred", set(), {300.0}, id="hundreds"),
        pytest.param("a million", set(), {1e6}, id="scale-alone"),
        pytest.param("1.2.3", set(), {123.0}, id="no-number-that-can-be-read"),
        pytest.param("3 May 2024", {"may"}, {3.0, 2024.0}, id="date"),
        pytest.param("", set(), set(), id="empty"),
        pytest.param("—…", set(), set(), id="marks-only"),
    ],
)
def test_key(text: str, words: set[str], numbers: set[float]) -> None:
    assert key(text) == (words, numbers)


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
    words, numbers = key(text)
    assert all(words) and not any(math.isnan(number) for number in numbers)
    assert key(f" {text} ") == (words, numbers)


# -- lists ----------------------------------------------------------------------------------------------------------


def list_around(text: str, words: str, within: str | None = None) -> str:
    sentence = within or text
    begin, start = text.index(sentence), text.index(words)
    found = joined(text, Span(start, start + len(words)), Span(begin, begin + len(sentence)))
    return text[found.start : found.end]


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        pytest.param("Aid came from Oslo and Bergen today.", "Oslo", "Oslo and Bergen", id="first-of-two"),
        pytest.param("Aid came from Oslo and Bergen today.", "Bergen", "Oslo and Bergen", id="last-of-two"),
        pytest.param("Aid came from Oslo and Bergen.", "Oslo", "Oslo and Bergen", id="without-the-full-stop"),
        pytest.param("Aid came from Oslo and the U.S. today.", "Oslo", "Oslo and the U.S.", id="with-initials"),
        pytest.param(
            "Aid came from Oslo, Bergen, and Sandnes today.", "Bergen", "Oslo, Bergen, and Sandnes",
            id="middle-of-three",
        ),
        pytest.param("Sent by Germany, the United States or Poland today.", "Poland",
                     "Germany, the United States or Poland", id="several-words"),
        pytest.param("Sent by Germany, the United States or Poland today.", "United States",
                     "Germany, the United States or Poland", id="a-member-without-its-article"),
        pytest.param("And so the FSB as well as the CIA spoke.", "the CIA", "the FSB as well as the CIA",
                     id="as-well-as"),
        pytest.param("The Bank of Lisse and Ada de Vries left.", "Ada de Vries", "The Bank of Lisse and Ada de Vries",
                     id="small-words-in-names"),
        pytest.param("Aid came from Oslo, said the mayor.", "Oslo", "Oslo", id="no-list"),
        pytest.param("From Oslo, Norway they sailed.", "Oslo", "Oslo", id="a-name-after-a-comma-is-no-list"),
        pytest.param("It was rice, and Oslo sent it.", "rice", "rice, and Oslo", id="what-stands-beside-a-name"),
        pytest.param("It cost 3, 4 and 5 crowns.", "4", "4", id="numbers-are-no-names"),
    ],
)  # fmt: skip
def test_joined(text: str, words: str, expected: str) -> None:
    assert list_around(text, words) == expected


def test_a_list_ends_with_its_sentence() -> None:
    text = "They left Oslo, Bergen and Sandnes"
    assert list_around(text, "Bergen", "They left Oslo, Bergen") == "Oslo, Bergen"
    assert list_around(text, "Bergen", "Bergen and Sandnes") == "Bergen and Sandnes"


LISTS = st.lists(
    st.sampled_from(["Oslo", "the Hague", "Ada de Vries", ", ", " and ", " or ", "as well as", "said", " ", "\n", "É"]),
    min_size=1, max_size=12,
).map("".join)  # fmt: skip


@given(LISTS | st.text(min_size=1, max_size=40), st.data())
def test_a_list_holds_the_span_and_keeps_within_the_sentence(text: str, data: st.DataObject) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=4, max_size=4)))
    within, span = Span(places[0], places[3]), Span(places[1], places[2])
    made = joined(text, span, within)
    assert within.start <= made.start <= span.start <= span.end <= made.end <= within.end
    assert joined(text, made, within) == made


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Cooper", 1),
        ("the Federal Reserve", 2),
        ("Ludwig van Beethoven", 3),
        ("Ada and Bo", 0),
        ("26", 0),
        ("Oslo, Norway", 0),
    ],
)
def test_fullness(text: str, words: int) -> None:
    assert fullness(text) == words


# -- titles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "words", "expected"),
    [
        pytest.param("It was President-elect Ada Lind.", "Ada Lind", "President-elect Ada Lind", id="office"),
        pytest.param("It was Lisse Gov. Ada Lind.", "Ada Lind", "Lisse Gov. Ada Lind", id="office-of-a-place"),
        pytest.param(
            "The foreign minister Ada Lind left.", "Ada Lind", "The foreign minister Ada Lind", id="two-words"
        ),
        pytest.param("In Lisse Mayor Lind left.", "Lind", "In Lisse Mayor Lind", id="a-word-written-large-by-chance"),
        pytest.param("It was the Lisse Museum.", "Lisse Museum", "the Lisse Museum", id="article"),
        pytest.param("It was the Lisse one.", "Lisse", "Lisse", id="one-word-may-be-an-adjective"),
        pytest.param("It was the old bridge.", "old bridge", "old bridge", id="no-name"),
        pytest.param("It was Bo Dahl, Ada Lind.", "Ada Lind", "Ada Lind", id="another-name"),
    ],
)
def test_a_name_is_given_with_its_title(sentence: str, words: str, expected: str) -> None:
    text = f"He was mayor. {sentence}"
    start = text.rindex(words)
    found = entitled(text, Span(start, start + len(words)), Span(14, len(text)))
    assert text[found.start : found.end] == expected
    bare = entitled(text, Span(start, start + len(words)), Span(start, len(text)))
    assert bare == (start, start + len(words)), "a title in the sentence before is not its own"
