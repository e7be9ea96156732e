"""Where gold strings stand in a text, and what is cut away around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.excerpt import excerpt, marked, occurrences
from eval.text import contains
from rag.types import Span

TEXTS = st.text(alphabet="aBé ßﬁ-.’,\u00ad\u0301\u200d½2\n", max_size=24)


@pytest.mark.parametrize(
    ("text", "answers", "found"),
    [
        pytest.param("Mayor Ilse Brandt closed it.", ("Ilse Brandt",), ["Ilse Brandt"], id="as it is"),
        pytest.param("ILSE-BRANDT; Ilse  Brandt", ("ilse brandt",), ["ILSE-BRANDT", "Ilse  Brandt"], id="folded"),
        pytest.param("Ilse Brandts", ("Ilse Brandt",), [], id="words only"),
        pytest.param("the Stra\u00dfe and the \ufb01nal", ("STRASSE", "final"), ["Straße", "ﬁnal"], id="grows"),
        pytest.param("Bran\u00addt came", ("Brandt",), ["Bran\u00addt"], id="soft hyphen"),
        pytest.param("cafe\u0301 noir", ("caf\u00e9",), ["cafe\u0301"], id="decomposed"),
        pytest.param("New York City", ("New York", "York City"), ["New York City"], id="overlapping are one"),
        pytest.param("no, no, no", ("no",), ["no", "no", "no"], id="each time"),
        pytest.param("anything", (), [], id="no answers"),
        pytest.param("any -- thing", ("--",), [], id="folds to nothing"),
    ],
)
def test_occurrences(text: str, answers: tuple[str, ...], found: list[str]) -> None:
    assert [text[span.start : span.end] for span in occurrences(text, answers)] == found


@given(TEXTS, TEXTS)
def test_what_is_contained_is_found_and_nothing_else(text: str, answer: str) -> None:
    spans = occurrences(text, (answer,))
    assert bool(spans) == contains(text, (answer,))
    assert all(contains(text[span.start : span.end], (answer,)) for span in spans)


@pytest.mark.parametrize("limit", [120, 300, 700])
def test_a_long_text_is_cut_around_the_first_gold_string(limit: int) -> None:
    text = "word " * 200 + "Ilse Brandt " + "tail " * 200
    cut = excerpt(text, ("Ilse Brandt",), limit)
    assert "<mark>Ilse Brandt</mark>" in cut.html
    plain = cut.html.replace("<mark>", "").replace("</mark>", "")
    assert len(plain) <= limit
    assert text[cut.before : len(text) - cut.after] == plain
    assert plain.split(" ")[0] == "word", "cut between words"


def test_without_a_gold_string_the_start_is_shown() -> None:
    cut = excerpt("word " * 40, ("none",), 52)
    assert (cut.html, cut.before, cut.after) == ("word word word word word word word word word word", 0, 151)


@pytest.mark.parametrize("text", ["", "x", "x" * 700], ids=len)
def test_what_fits_is_not_cut(text: str) -> None:
    assert excerpt(text, ("x",), 700).before == excerpt(text, ("x",), 700).after == 0


def test_a_text_without_spaces_is_cut_anywhere() -> None:
    cut = excerpt("x" * 2_000, (), 700)
    assert (cut.html, cut.after) == ("x" * 700, 1_300)


def test_pieces_are_escaped_inside_and_outside_of_marks() -> None:
    assert marked("<b>&</b>", [Span(3, 4)]) == "&lt;b&gt;<mark>&amp;</mark>&lt;/b&gt;"
