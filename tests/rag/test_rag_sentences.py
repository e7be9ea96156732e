"""Sentences, paragraphs and wrapped text: exact offsets, and the law that nothing visible is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.sentences import ends_sentence, is_wrapped, lines, paragraphs, sentences
from rag.types import Span

PIECES = (
    "Mr. ", "U.S. ", "He said. ", "\n", "\n\n", " ", "“What?” ", "he asked. ", "\u200b", "\x0b", "\x1c", "\u2028",
    "\xa0", "é", "e\u0301", "😀", "👩‍👩‍👧", "。", "中", "word ", "1.", "'", '"', ")", "...", "…", "\t", "a" * 60,
)  # fmt: skip
TEXTS = st.text(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=50).map("".join)

WRAPPED = (
    "The council of the harbour town voted on Monday evening to close the\n"
    "old swing bridge for nine weeks, which is longer than anyone had been\n"
    "led to expect. The first lorries turned back at six in the morning and\n"
    "queued.\n"
    "\n"
    "Shops on the quay complained that nobody had asked them about it at all\n"
    "and that the summer was lost.\n"
)


def split(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("One. Two.", ["One.", "Two."], id="two-sentences"),
        pytest.param("The U.S. Army left. It rained.", ["The U.S. Army left.", "It rained."], id="abbreviated-country"),
        pytest.param(
            "Mr. Orr met Dr. Lee. They spoke.", ["Mr. Orr met Dr. Lee.", "They spoke."], id="titles-of-people"
        ),
        pytest.param(
            "Prices rose 3.5 percent at 3.5 p.m. on Friday. They fell.",
            ["Prices rose 3.5 percent at 3.5 p.m. on Friday.", "They fell."],
            id="decimal-and-time",
        ),
        pytest.param("He came at 5 p.m. Then he left.", ["He came at 5 p.m.", "Then he left."], id="time-at-the-end"),
        pytest.param("J. K. Orr wrote it. The end.", ["J. K. Orr wrote it.", "The end."], id="initials"),
        pytest.param(
            '"What did he want?" Orr asked. "Nothing."',
            ['"What did he want?" Orr asked.', '"Nothing."'],
            id="quoted-question-with-attribution",
        ),
        pytest.param(
            "“Me!” she shouted. They left.", ["“Me!” she shouted.", "They left."], id="curly-quotes-with-attribution"
        ),
        pytest.param(
            '"Is it you?" The man sat down.', ['"Is it you?"', "The man sat down."], id="question-then-narration"
        ),
        pytest.param("你好。世界很大！", ["你好。", "世界很大！"], id="chinese"),
        pytest.param("🎉 Yes! 😀 No.", ["🎉 Yes!", "😀 No."], id="outside-the-basic-plane"),
        pytest.param("A heading\nA line.", ["A heading", "A line."], id="a-line-end-ends-a-sentence"),
        pytest.param(" \n\t\n", [], id="blank"),
        pytest.param("", [], id="empty"),
    ],
)
def test_splits(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_offsets_are_code_points_of_the_text_given() -> None:
    assert sentences("  😀 One.\n\n  Two two.  ") == [Span(2, 8), Span(12, 20)]


def test_a_sentence_runs_on_over_the_ends_of_wrapped_lines() -> None:
    first, second, third = split(WRAPPED)
    assert first.startswith("The council") and first.endswith("led to expect.")
    assert second == "The first lorries turned back at six in the morning and\nqueued."
    assert third.startswith("Shops on") and third.endswith("was lost.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(WRAPPED, True, id="lines-broken-at-70"),
        pytest.param("Anna Karlsson of the north\nBo Ek of the south\nCy Dahl of the west\nDi Orr\n", False, id="list"),
        pytest.param("One sentence that stands alone here.\n" * 9, False, id="a-sentence-a-line"),
        pytest.param("short\n", False, id="one-line"),
    ],
)
def test_wrapped_text_is_told_by_its_line_ends(text: str, expected: bool) -> None:
    assert is_wrapped(text) is expected


def test_paragraphs_are_lines_or_blocks() -> None:
    assert paragraphs("One.\nTwo.\n") == [Span(0, 4), Span(5, 9)]
    assert len(paragraphs(WRAPPED)) == 2


def test_lines_are_trimmed_and_not_blank() -> None:
    assert lines(" a \n\n\tbc\n") == [Span(1, 2), Span(6, 8)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [("Done.", True), ("Done?”", True), ("Done…", True), ("Done!)", True), ("A headline", False), ("One, ", False)],
)
def test_line_ends_that_end_sentences(line: str, expected: bool) -> None:
    assert ends_sentence(line) is expected


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_spans_are_ordered_disjoint_trimmed_and_hold_every_visible_character(text: str) -> None:
    position = 0
    for start, end in sentences(text):
        assert position <= start < end <= len(text)
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip()
        position = end
    assert not text[position:].strip()


@given(TEXTS)
@settings(max_examples=100, deadline=None)
def test_no_sentence_spans_two_paragraphs(text: str) -> None:
    blocks = paragraphs(text)
    for start, end in sentences(text):
        assert sum(block.start <= start and end <= block.end for block in blocks) == 1
