"""Pieces of a document become one text with exact marks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.draft import Piece, joined, normalise
from rag.types import Mark

GAPS = ("\n\n", " ", "")
TEXTS = st.text(st.sampled_from("ab \n\r\té\u0301\u0345\u1100\u1161\u11a8\u0958\ud800\0c"), max_size=6) | st.text(
    max_size=6
)
PIECES = st.lists(
    st.builds(
        Piece, TEXTS, st.none() | st.sampled_from(["1", "ii"]), st.booleans(), st.sampled_from(GAPS),
    ),
    max_size=8,
)  # fmt: skip


def test_a_page_may_begin_within_a_paragraph_or_a_word() -> None:
    pieces = [
        Piece("The bridge", heading=True),
        Piece("It was opened on", page="1"),
        Piece("Monday by the may", page="2", gap=" "),
        Piece("or.", page="3", gap=""),
    ]
    text, marks = joined(pieces)
    assert text == "The bridge\n\nIt was opened on Monday by the mayor."
    assert marks == (
        Mark(0, 10, "heading", "The bridge"),
        Mark(12, 28, "page", "1"),
        Mark(29, 46, "page", "2"),
        Mark(46, 49, "page", "3"),
    )


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [("cafe", "\u0301s", "cafe \u0301s"), ("\u1100", "\u1161", "\u1100 \u1161"), ("ca", "fé", "café")],
    ids=["accent", "jamo", "letter"],
)
def test_no_gap_never_changes_a_character(before: str, after: str, text: str) -> None:
    assert joined([Piece(before), Piece(after, gap="")])[0] == text


@given(PIECES)
def test_marks_hold_exactly_their_pieces(pieces: list[Piece]) -> None:
    text, marks = joined(pieces)
    assert normalise(text) == text
    kept = [piece for piece in pieces if normalise(piece.text).strip()]
    bare = "".join("".join(normalise(piece.text).split()) for piece in kept)
    assert "".join(text.split()) == bare
    headings = [mark for mark in marks if mark.kind == "heading"]
    assert [text[mark.start : mark.end] for mark in headings] == [normalise(p.text).strip() for p in kept if p.heading]
    assert [mark.start for mark in marks] == sorted(mark.start for mark in marks)
    assert all(0 <= mark.start < mark.end <= len(text) for mark in marks)
    assert len([mark for mark in marks if mark.kind == "page"]) <= len([piece for piece in pieces if piece.page])
