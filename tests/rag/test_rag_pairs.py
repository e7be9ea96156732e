"""How questions and passages are laid out, and how spans are told from scores."""

from __future__ import annotations

import math
import unicodedata
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rag_tiny import tiny_tokenizer

from rag.models import locate
from rag.pairs import (
    EDGES,
    HEADING_CHARS,
    NAMES,
    PAIR_TOKENS,
    QUESTION_TOKENS,
    SPAN_TOKENS,
    Layout,
    Pair,
    best_spans,
    heading,
    log_softmax,
    padded,
)

ASKED, BRIDGE = "harbour bridge?", "The ferry pilots."
TEXTS = st.text(max_size=120) | st.lists(
    st.sampled_from(["word ", "ferry", "\n", "e\u0301", "中", "😀", "\u200b", "\u0301", "—", "12,5 ", " ", "\x07"]),
    max_size=20,
).map("".join)


@pytest.fixture(scope="module")
def tiny() -> Any:
    return tiny_tokenizer()


@pytest.fixture(scope="module")
def default() -> Any:
    """The tokenizer of the model on which the reader in the box stands."""
    from tokenizers import Tokenizer

    found = Tokenizer.from_file(str(locate()[0] / "tokenizer.json"))
    found.no_truncation()
    found.no_padding()
    return found


# -- headings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "published", "expected"),
    [
        pytest.param("Bridge opens", date(2021, 5, 3), "Bridge opens (3 May 2021)", id="both"),
        pytest.param("Bridge opens", "May 2021", "Bridge opens (May 2021)", id="date-as-words"),
        pytest.param("Bridge opens", None, "Bridge opens", id="no-date"),
        pytest.param("", date(999, 12, 31), "31 December 999", id="no-title"),
        pytest.param("", None, "", id="neither"),
        pytest.param("", "", "", id="empty"),
    ],
)
def test_heading(title: str, published: date | str | None, expected: str) -> None:
    assert heading(title, published) == expected


# -- pairs ----------------------------------------------------------------------------------------------------------


def words(tokenizer: Any, pair: Pair) -> list[str]:
    return [tokenizer.id_to_token(number) for number in pair.ids]


def body(tokenizer: Any, pair: Pair) -> list[str]:
    """The tokens that the pair says are the text's."""
    return words(tokenizer, pair)[pair.first : pair.first + len(pair.offsets)]


def test_a_pair_by_hand(tiny: Any) -> None:
    (pair,) = Layout(tiny, 64).pairs(ASKED, [("Monday", BRIDGE)])
    assert words(tiny, pair) == [
        "[CLS]", "harbour", "bridge", "?", "[SEP]", "monday", "the", "ferry", "pilots", ".", "[SEP]",
    ]  # fmt: skip
    assert pair.segments == [0] * 5 + [1] * 6
    assert pair.first == 6
    assert [BRIDGE[start:end] for start, end in pair.offsets] == ["The", "ferry", "pilots", "."]


def test_without_a_heading_the_text_comes_first(tiny: Any) -> None:
    one, other = Layout(tiny, 64).pairs(ASKED, [("", BRIDGE), ("Monday", BRIDGE)])
    assert (one.first, other.first) == (5, 6)
    assert one.offsets.tolist() == other.offsets.tolist() == [[0, 3], [4, 9], [10, 16], [16, 17]]


def test_no_passages_are_no_pairs(tiny: Any) -> None:
    assert Layout(tiny, 64).pairs(ASKED, []) == []


def test_a_long_text_is_cut_at_its_end(tiny: Any) -> None:
    (pair,) = Layout(tiny, 20).pairs(ASKED, [("Monday", "ferry " * 30)])
    assert len(pair.ids) == 20
    assert body(tiny, pair) == ["ferry"] * (20 - 5 - 1 - 1)
    assert pair.offsets[-1].tolist() == [12 * 6, 12 * 6 + 5]


def test_a_long_question_leaves_room_for_the_text(tiny: Any) -> None:
    (pair,) = Layout(tiny, 30).pairs("harbour " * 50, [("", "ferry " * 50)])
    assert len(pair.ids) == 30
    assert words(tiny, pair).count("harbour") == 10
    assert words(tiny, pair).count("ferry") == 17


def test_no_more_than_so_many_tokens_of_a_question_are_read(default: Any) -> None:
    (pair,) = Layout(default).pairs("ferry " * 300, [("", "bridge " * 300)])
    assert len(pair.ids) == PAIR_TOKENS
    assert words(default, pair).count("ferry") == QUESTION_TOKENS
    assert len(pair.offsets) == PAIR_TOKENS - QUESTION_TOKENS - 3


def test_a_heading_is_cut(tiny: Any) -> None:
    (pair,) = Layout(tiny, 400).pairs(ASKED, [("a" * 2 * HEADING_CHARS, BRIDGE)])
    assert sum(token.endswith("a") for token in words(tiny, pair)[5:]) <= HEADING_CHARS
    assert [BRIDGE[start:end] for start, end in pair.offsets] == ["The", "ferry", "pilots", "."]


def test_a_text_for_which_there_is_no_room_has_no_tokens(tiny: Any) -> None:
    (pair,) = Layout(tiny, 12).pairs(ASKED, [("monday " * 20, BRIDGE)])
    assert pair.offsets.shape == (0, 2)
    (empty,) = Layout(tiny, 12).pairs(ASKED, [("Monday", "")])
    assert empty.offsets.shape == (0, 2)


def test_the_tokenizer_that_was_given_still_never_truncates(tiny: Any) -> None:
    Layout(tiny, 12).pairs(ASKED, [("", "ferry " * 30)])
    assert len(tiny.encode("ferry " * 30).ids) == 32


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("नेहरू", ["नेहरू"], id="devanagari"),
        pytest.param("ที่นี่ ปู", ["ปู"], id="thai"),
        pytest.param("שָׁלוֹם רָב", ["שָׁלוֹם", "רָב"], id="hebrew-points"),
        pytest.param("مُحَمَّدٌ", ["مُحَمَّدٌ"], id="arabic"),
        pytest.param("क्\u200d", ["क्\u200d"], id="joiner"),
        pytest.param("☺\ufe0f ok", ["☺\ufe0f", "ok"], id="variation-selector"),
        pytest.param("Ferry\u0301.", ["Ferry\u0301", "."], id="accent"),
    ],
)
def test_a_word_ends_after_its_marks(default: Any, text: str, words: list[str]) -> None:
    for head in ("", "Monday"):
        (pair,) = Layout(default).pairs(ASKED, [(head, text)])
        ends = pair.offsets[:, 1].tolist()
        starts = {text.index(word) for word in words}
        assert starts <= set(pair.offsets[:, 0].tolist())
        assert {text.index(word) + len(word) for word in words} <= set(ends)
        assert not any(unicodedata.category(after).startswith("M") for end in ends for after in text[end : end + 1])


@given(TEXTS, TEXTS, TEXTS)
@settings(max_examples=200, deadline=None)
def test_offsets_are_of_the_text_s_own_tokens(default: Any, question: str, head: str, text: str) -> None:
    (pair,) = Layout(default).pairs(question, [(head, text)])
    assert len(pair.ids) == len(pair.segments) <= PAIR_TOKENS
    assert 0 <= pair.first <= len(pair.ids) - len(pair.offsets)
    position = 0
    for start, end in pair.offsets.tolist():
        assert position <= start < end <= len(text)
        position = start
    alone = default.encode(text, add_special_tokens=False)
    own = pair.ids[pair.first : pair.first + len(pair.offsets)]
    assert own == alone.ids[: len(own)]
    assert pair.offsets[:, 0].tolist() == [start for start, _ in alone.offsets[: len(own)]]
    for (_, plain), end in zip(alone.offsets[: len(own)], pair.offsets[:, 1].tolist(), strict=True):
        assert all(sign in "\u200c\u200d" or unicodedata.category(sign)[0] == "M" for sign in text[plain:end])
        assert unicodedata.category((text[end:] or " ")[0])[0] != "M"
    assert len(own) == len(alone.ids) or len(pair.ids) == PAIR_TOKENS


# -- arrays ---------------------------------------------------------------------------------------------------------


def test_padding_by_hand() -> None:
    offsets = np.empty((0, 2), np.int32)
    inputs = padded([Pair([5, 6, 7], [0, 0, 1], 0, offsets), Pair([8], [1], 0, offsets)], 4, filler=9)
    assert tuple(inputs) == NAMES
    assert {name: array.tolist() for name, array in inputs.items()} == {
        "input_ids": [[5, 6, 7, 9], [8, 9, 9, 9]],
        "attention_mask": [[1, 1, 1, 0], [1, 0, 0, 0]],
        "token_type_ids": [[0, 0, 1, 0], [1, 0, 0, 0]],
    }
    assert all(array.dtype == np.int64 for array in inputs.values())


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        pytest.param([0.0, 0.0], [math.log(1 / 2)] * 2, id="even"),
        pytest.param([math.log(3), 0.0], [math.log(3 / 4), math.log(1 / 4)], id="three-to-one"),
        pytest.param([5e4, 0.0], [0.0, -5e4], id="far-apart"),
        pytest.param([7.0], [0.0], id="alone"),
    ],
)
def test_log_softmax(scores: list[float], expected: list[float]) -> None:
    assert log_softmax(np.array(scores, np.float32)) == pytest.approx(expected, rel=1e-6)
    rows = log_softmax(np.array([scores, scores], np.float32))
    assert rows.shape == (2, len(scores)) and rows[1] == pytest.approx(expected, rel=1e-6)


# -- spans ----------------------------------------------------------------------------------------------------------

LOW = -20.0


def scores(size: int, **high: float) -> Any:
    """LOW everywhere but at the places named `at3=5.0`."""
    made = np.full(size, LOW, np.float32)
    for name, value in high.items():
        made[int(name[2:])] = value
    return made


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        pytest.param(scores(5, at1=9), scores(5, at3=9), (1, 3), id="where-it-begins-and-ends"),
        pytest.param(scores(5, at2=9), scores(5, at2=9), (2, 2), id="one-token"),
        pytest.param(scores(5, at3=9), scores(5, at1=9, at4=8), (3, 4), id="never-backwards"),
        pytest.param(scores(90, at0=9), scores(90, at5=8, at80=9), (0, 5), id="not-too-long"),
        pytest.param(scores(90, at0=9), scores(90, **{f"at{SPAN_TOKENS - 1}": 9}), (0, SPAN_TOKENS - 1), id="longest"),
        pytest.param(scores(1), scores(1), (0, 0), id="only-token"),
    ],
)
def test_the_best_span(starts: Any, ends: Any, expected: tuple[int, int]) -> None:
    (first, last, chance), *_ = best_spans(starts, ends, 5)
    assert (first, last) == expected
    assert chance == pytest.approx(float(log_softmax(starts)[first] + log_softmax(ends)[last]), abs=1e-5)


def test_further_spans_stand_elsewhere() -> None:
    starts, ends = scores(12, at1=9, at2=8.9, at6=8, at10=7), scores(12, at3=9, at7=8, at10=7)
    assert [(first, last) for first, last, _ in best_spans(starts, ends, 3)] == [(1, 3), (6, 7), (10, 10)]
    assert [(first, last) for first, last, _ in best_spans(starts, ends, 2)] == [(1, 3), (6, 7)]


def test_a_text_without_tokens_has_no_spans() -> None:
    assert best_spans(np.empty(0, np.float32), np.empty(0, np.float32), 5) == []


SCORES = st.integers(1, 60).flatmap(
    lambda size: st.tuples(*[hnp.arrays(np.float32, size, elements=st.floats(-30, 30, width=32))] * 2)
)


@given(SCORES, st.integers(1, 6))
@settings(deadline=None)
def test_spans_are_disjoint_and_likeliest_first(made: tuple[Any, Any], most: int) -> None:
    starts, ends = made
    found = best_spans(starts, ends, most)
    assert 1 <= len(found) <= most
    assert all(0 <= first <= last < len(starts) and last - first < SPAN_TOKENS for first, last, _ in found)
    taken = [place for first, last, _ in found for place in range(first, last + 1)]
    assert len(set(taken)) == len(taken)
    chances = [chance for *_, chance in found]
    assert chances == sorted(chances, reverse=True) and all(chance <= 1e-4 for chance in chances)
    if len(starts) <= EDGES:
        one, other = log_softmax(starts), log_softmax(ends)
        allowed = ((i, j) for i in range(len(one)) for j in range(i, min(len(one), i + SPAN_TOKENS)))
        assert chances[0] == max(float(one[i] + other[j]) for i, j in allowed)
        assert len(found) == most or len(taken) == len(starts), "as many as there is room for"
