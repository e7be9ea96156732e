"""The lists and titles that belong to short answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.around import LONGEST, entitled, fullness, joined, qualified, whole_name
from rag.types import Span


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
        pytest.param("On Thursday, Ada, Bo and Cy left.", "Ada", "Ada, Bo and Cy", id="a-day-before-it"),
        pytest.param("In Oslo, Ada, Bo and Cy left.", "Bo", "Ada, Bo and Cy", id="a-place-before-it"),
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


def test_a_list_is_no_longer_than_a_short_answer_and_takes_no_time() -> None:
    text = ", ".join(f"Ada{n}" for n in range(50_000)) + " and Bo left."
    for words in ("Ada0", "Ada25000", "Bo"):
        assert len(words) < len(list_around(text, words)) <= LONGEST
    assert list_around("A" * 50_000 + ", Bo left.", "Bo") == "Bo"


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
        pytest.param("It was Ohio Gov. Ada Lind.", "Ada Lind", "Ohio Gov. Ada Lind", id="office-of-a-state"),
        pytest.param("It was former US President Ada Lind.", "Ada Lind", "former US President Ada Lind", id="former"),
        pytest.param("The Polish king Bo left.", "Bo", "The Polish king Bo", id="office-of-a-people"),
        pytest.param("On Monday Prime Minister Lind left.", "Lind", "Prime Minister Lind", id="a-day-is-no-title"),
        pytest.param("After Bo Dahl President Lind left.", "Lind", "President Lind", id="nor-is-another-name"),
        pytest.param(
            "The foreign minister Ada Lind left.", "Ada Lind", "The foreign minister Ada Lind", id="two-words"
        ),
        pytest.param("In Lisse Mayor Lind left.", "Lind", "Mayor Lind", id="a-word-written-large-by-chance"),
        pytest.param("It was the Lisse Museum.", "Lisse Museum", "the Lisse Museum", id="article"),
        pytest.param("the Ada Lind campaign", "Ada Lind", "Ada Lind", id="article-of-another-noun"),
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


# -- numbers and names ----------------------------------------------------------------------------------------------


def given_as(extended: Callable[[str, Span, Span], Span], sentence: str, words: str) -> str:
    """What words of a sentence become with what belongs to them."""
    start = sentence.index(words)
    found = extended(sentence, Span(start, start + len(words)), Span(0, len(sentence)))
    return sentence[found.start : found.end]


@pytest.mark.parametrize(
    ("sentence", "words", "expected"),
    [
        pytest.param("All but six of the roads are closed.", "six", "All but six", id="all-but"),
        pytest.param("It cut off at least 40 villages.", "40", "at least 40", id="least"),
        pytest.param("No more than $5 million was paid.", "5 million", "No more than $5 million", id="no-more-than"),
        pytest.param("They voted 412 to 96 for it.", "412", "412 to 96", id="to"),
        pytest.param("It was 3-1.", "3", "3-1", id="score"),
        pytest.param("It came to 40 villages.", "40", "40", id="nothing-before-it"),
        pytest.param("It rose from 40 to the top.", "40", "40", id="to-no-number"),
    ],
)
def test_a_number_is_given_with_its_bound(sentence: str, words: str, expected: str) -> None:
    assert given_as(qualified, sentence, words) == expected


@pytest.mark.parametrize(
    ("sentence", "words", "expected"),
    [
        pytest.param("She teaches at the University of Cần Thơ.", "the University of Cần", "the University of Cần Thơ",
                     id="cut-off"),
        pytest.param("Ada Lind Monday met Bo.", "Ada Lind", "Ada Lind", id="a-day-behind-it"),
        pytest.param("Ada, Bo and Cy left.", "Ada", "Ada", id="a-comma-behind-it"),
        pytest.param("Ada left Oslo.", "Ada", "Ada", id="other-words-behind-it"),
        pytest.param("It was 3 Ada.", "3", "3", id="no-name"),
    ],
)  # fmt: skip
def test_a_name_is_given_as_far_as_it_goes(sentence: str, words: str, expected: str) -> None:
    assert given_as(whole_name, sentence, words) == expected
