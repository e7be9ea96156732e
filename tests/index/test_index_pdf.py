"""PDFs: paragraphs, pages, what runs over pages, properties, and what is not read."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date

import pytest
from documents import LEADING, TOP, Shown, column, pdf, pdf_of
from hypothesis import given, settings
from hypothesis import strategies as st

from index.draft import Draft, Issue
from index.pdf import MAX_PAGES, read
from rag.errors import LoadError
from rag.types import Mark

FIRST = [
    "The bridge over the river was opened on Monday by",
    "the mayor of the town, who said that it had cost a",
    "lot.",
]
SECOND = ["Crowds came from all over the county to see it. They", "walked across it until the evening."]


LOCKED = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'61' * 32}> /U <{'62' * 32}> >> /ID [<61> <61>]"


def taken(data: bytes) -> Draft:
    (draft,) = read(io.BytesIO(data), "a.pdf")
    assert isinstance(draft, Draft)
    return draft


def text_of(*pages: Sequence[Shown]) -> str:
    return taken(pdf(pages)).text


def pages_of(draft: Draft) -> list[tuple[str, str]]:
    """Label and text of each page, by the marks."""
    return [(mark.label, draft.text[mark.start : mark.end]) for mark in draft.marks if mark.kind == "page"]


def test_lines_become_paragraphs() -> None:
    assert text_of(column([*FIRST, "", *SECOND])) == f"{' '.join(FIRST)}\n\n{' '.join(SECOND)}"


def test_an_indented_line_begins_a_paragraph() -> None:
    full = "The bridge over the river was opened on Monday now."
    lines = [*column([full, full]), Shown(SECOND[0], 90, TOP - 2 * LEADING), Shown(SECOND[1], 72, TOP - 3 * LEADING)]
    assert text_of(lines) == f"{full} {full}\n\n{' '.join(SECOND)}"


def test_a_heading_of_another_size_is_apart() -> None:
    heading = [Shown("A bridge for all of the county and its people too", 72, TOP + 20, 16)]
    assert text_of([*heading, *column(FIRST)]) == f"{heading[0].text}\n\n{' '.join(FIRST)}"


def test_short_lines_stay_lines() -> None:
    assert text_of(column(["Oats", "Rye", "Barley and a little more"])) == "Oats\n\nRye\n\nBarley and a little more"


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["The council has spent it on infra-", "structure."], "The council has spent it on infrastructure."),
        (["It was known to be an Anglo-", "Saxon word."], "It was known to be an Anglo-Saxon word."),
        (["A well-known mayor. She is well-", "known."], "A well-known mayor. She is well-known."),
        (["Read https://example.org/the-long-", "road now."], "Read https://example.org/the-long-road now."),
        (["From the years 1990-", "1995 it is."], "From the years 1990-1995 it is."),
        (["It was new -", "and old."], "It was new - and old."),
    ],
    ids=["divided", "name", "compound", "address", "years", "dash"],
)
def test_hyphens_at_line_ends(lines: list[str], text: str) -> None:
    assert text_of(column(lines)) == text


def test_letters_drawn_as_one_are_told_apart() -> None:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R "
        b"/Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Differences [65 /fi /fl /bullet] >> >>",
        b"<< /Length 51 >>\nstream\nBT /F1 9 Tf 72 700 Td (C the Anal Boor) Tj ET      \nendstream",
    ]
    assert taken(pdf_of(objects)).text == "• the final floor"


def test_contents_stay_lines() -> None:
    lines = ["1 The bridge . . . . . . . . . . . . . . . . 9", "2 The ferry . . . . . . . . . . . . . . . . 12"]
    assert text_of(column(lines)) == "\n\n".join(lines)


def test_two_columns_are_read_one_after_the_other() -> None:
    left, right = column([*FIRST[:2], "lot of it and that"], size=8), column(["it was worth it.", *SECOND], 320, size=8)
    text = f"{' '.join(FIRST[:2])} lot of it and that it was worth it."
    assert text_of([*left, *right]).startswith(text)


def test_a_page_break_does_not_break_a_sentence() -> None:
    draft = taken(pdf([column(FIRST[:1]), column([*FIRST[1:], "", *SECOND])]))
    assert draft.text == f"{' '.join(FIRST)}\n\n{' '.join(SECOND)}"
    cut = len(FIRST[0])
    assert draft.marks == (Mark(0, cut, "page", "1"), Mark(cut + 1, len(draft.text), "page", "2"))


def test_a_page_break_does_not_break_a_word() -> None:
    draft = taken(pdf([column(["They spent it on infra-"]), column(["structure, which was needed."])]))
    assert draft.text == "They spent it on infrastructure, which was needed."
    assert pages_of(draft) == [("1", "They spent it on infra"), ("2", "structure, which was needed.")]


def test_a_page_that_ends_its_sentence_is_apart() -> None:
    assert text_of(column(FIRST), column(SECOND)) == f"{' '.join(FIRST)}\n\n{' '.join(SECOND)}"


def paged(number: int, *, pages: int = 4) -> list[Shown]:
    """A page with a running head, a body whose last sentence runs on, and a foot with the page's number."""
    return [
        Shown("The Ostermere Echo", 250, 780, 9),
        *column([f"Line {chr(97 + n)}{chr(97 + number)} of the body is as long as any other" for n in range(12)]),
        Shown(f"Page {number + 1} of {pages}", 280, 30, 9),
    ]


def test_running_heads_and_page_numbers_are_left_out() -> None:
    text = text_of(*[paged(n) for n in range(4)])
    assert "Echo" not in text and "Page" not in text and "\n" not in text
    assert [text.count(" of the body is as long as any other")] == [48]


def test_heads_with_the_chapter_and_roman_numbers_are_left_out() -> None:
    def page(number: int) -> list[Shown]:
        head = f"{['iii', 'iv', 'v'][number]} {['Rain', 'Snow', 'Hail'][number]} in the north"
        return [Shown(head, 72, 780, 9), *paged(number)[1:-1]]

    text = text_of(*[page(n) for n in range(3)])
    assert "in the north" not in text and text.count("of the body") == 36


def test_two_pages_with_their_numbers() -> None:
    text = text_of([*column(FIRST), Shown("- 1 -", 300, 30)], [*column(SECOND), Shown("- 2 -", 300, 30)])
    assert text == f"{' '.join(FIRST)}\n\n{' '.join(SECOND)}"


def test_what_recurs_in_the_body_stays() -> None:
    """The same words at the top of single pages, and titles of slides, are no running heads."""
    scenes = [
        [Shown("HAMLET" if n in (0, 4, 8) else f"Someone {chr(97 + n)}", 72, 780), *paged(n)[1:-1]] for n in range(9)
    ]
    assert text_of(*scenes).count("HAMLET") == 3
    slides = [column(["Our plan", "", f"Point {word}"]) for word in ("one", "two", "three", "four")]
    assert text_of(*slides).count("Our plan") == 4


def test_years_at_the_edge_are_no_page_numbers() -> None:
    text = text_of(*[[*column(FIRST), Shown(year, 72, 30)] for year in ("1999", "2004", "2011", "2012")])
    assert [year for year in ("1999", "2004", "2011", "2012") if year in text] == ["1999", "2004", "2011", "2012"]


def test_the_labels_of_pages_are_used() -> None:
    labels = "/PageLabels << /Nums [0 << /S /r >> 2 << /S /D /St 7 /P (A-) >>] >>"
    draft = taken(pdf([column([f"Only {word}."]) for word in ("one", "two", "three", "four")], catalog=labels))
    assert [label for label, _ in pages_of(draft)] == ["i", "ii", "A-7", "A-8"]


def test_properties() -> None:
    facts = {"Title": "The bridge  opens", "Author": "Tom Hadley", "CreationDate": "D:20240506120000+02'00'"}
    draft = taken(pdf([column(FIRST)], facts, catalog="/Lang (en-GB)"))
    found = (draft.title, draft.author, draft.published, draft.language, draft.origin)
    assert found == ("The bridge opens", "Tom Hadley", date(2024, 5, 6), "en", "a.pdf")
    assert draft.position == len(pdf([column(FIRST)], facts, catalog="/Lang (en-GB)"))


@pytest.mark.parametrize(
    "title", ["Microsoft Word - bridge.doc", "untitled", "Untitled-3", "bridge_final.indd", "42", "Document1"]
)
def test_titles_that_programs_write_are_not_believed(title: str) -> None:
    assert taken(pdf([column(FIRST)], {"Title": title, "Author": "Administrator"})).title == ""


@pytest.mark.parametrize("when", ["D:19700101000000Z", "D:29990101", "D:20241345", "yesterday", ""])
def test_days_that_cannot_be_are_not_believed(when: str) -> None:
    assert taken(pdf([column(FIRST)], {"CreationDate": when})).published is None


def test_a_title_that_only_sounds_like_one_is_kept() -> None:
    for name in ("Document and memory", "Untitled lives of clerks", "1984: a reading"):
        assert taken(pdf([column(FIRST)], {"Title": name})).title == name


def drawn(pages: int) -> list[list[Shown]]:
    """Pages that show something, but no text."""
    return [[Shown(" ", 72, 72)] for _ in range(pages)]


def test_scanned_pages_are_named() -> None:
    found = list(read(io.BytesIO(pdf([column(FIRST), *drawn(2), column(SECOND), *drawn(1)])), "a.pdf"))
    assert isinstance(found[0], Draft) and len(found[0].marks) == 2
    assert found[1:] == [Issue("a.pdf", "pages 2-3, 5 hold no text that can be read (a scan, or pictures)", False)]


def test_empty_pages_are_nothing_to_tell() -> None:
    draft = taken(pdf([column(FIRST), [], column(SECOND)]))
    assert [label for label, _ in pages_of(draft)] == ["1", "3"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pdf(drawn(3)), "holds no text"),
        (b"", "is not a PDF"),
        (b"<html>", "is not a PDF"),
        (b"%PDF-1.7\n" + bytes(500), "damaged or incomplete"),
        (pdf([column(FIRST)], trailer=LOCKED), "is encrypted; save it without a password"),
        (pdf([[] for _ in range(MAX_PAGES + 1)]), "has 5,001 pages; a PDF may have 5,000; split it"),
    ],
    ids=["scan", "empty", "html", "broken", "encrypted", "pages"],
)  # fmt: skip
def test_what_is_not_read(data: bytes, message: str) -> None:
    with pytest.raises(LoadError, match=message):
        list(read(io.BytesIO(data), "a.pdf"))


def test_a_truncated_file_gives_what_is_left_or_says_so() -> None:
    data = pdf([column(FIRST), column(SECOND)])
    for cut in range(0, len(data), 97):
        try:
            found = list(read(io.BytesIO(data[:cut]), "a.pdf"))
        except LoadError:
            continue
        assert any(isinstance(item, Draft) for item in found)


WORDS = st.lists(st.sampled_from(["oat", "rye.", "Corn", "well-", "a-b"]), min_size=1, max_size=9)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(WORDS, max_size=9), min_size=1, max_size=4).filter(any))
def test_no_letter_of_a_body_is_lost_or_moved(words: list[list[list[str]]]) -> None:
    pages = [
        [f"{' '.join(line)} {chr(97 + n)}{chr(103 + page)}" for n, line in enumerate(lines)]
        for page, lines in enumerate(words)
    ]
    draft = taken(pdf([column(page) for page in pages]))

    def bare(text: str) -> str:
        return "".join(text.split()).replace("-", "")

    shown = [(label, bare(text)) for label, text in pages_of(draft)]
    assert shown == [(str(n), bare("".join(page))) for n, page in enumerate(pages, 1) if page]


@pytest.mark.parametrize("pages", [3, 4], ids=["all", "most"])
def test_a_document_that_repeats_itself_keeps_its_text(pages: int) -> None:
    assert text_of(*[column(["oat"] * 7) for _ in range(pages)]).count("oat") == 7 * pages
