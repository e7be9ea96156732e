"""PDF: the text of its pages in paragraphs, each page marked by its label; without scanned pages and running heads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any, BinaryIO

from index.claims import author, published, title
from index.draft import MAX_TEXT_CHARS, Draft, Issue, drafted, joined
from index.layout import Line, Page, pieces
from rag.errors import LoadError

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage  # type: ignore[import-untyped]

MAX_PAGES = 5_000
EARLIEST = 1990
"""The year before which no PDF was made."""
_LINE_END = re.compile("(\r\n|\r|\n|\ufffe|\x02)")
_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)")
_UNREADABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd\uffff]")
_SIGNS = str.maketrans(
    {
        "ﬀ": "ff",
        "ﬁ": "fi",
        "ﬂ": "fl",
        "ﬃ": "ffi",
        "ﬄ": "ffl",
        "ﬅ": "st",
        "ﬆ": "st",
        "\xad": None,
        "\uf0b7": "•",
        "\uf0a7": "▪",
    }
)
"""Letters drawn as one, which nobody types who looks for a word; division marks; and bullets of symbol fonts."""
_MAX_UNREADABLE = 0.3
"""Share of characters without meaning from which on a page is one of shapes, not of letters."""


def read(stream: BinaryIO, origin: str) -> Iterator[Draft | Issue]:
    """The one article of a PDF, and an issue that names the pages without text that could be read.

    Raises LoadError for what is encrypted, damaged, too long, or holds no text at all.
    """
    data = stream.read()
    document = _opened(data)
    try:
        if len(document) > MAX_PAGES:
            raise LoadError(f"has {len(document):,} pages; a PDF may have {MAX_PAGES:,}; split it")
        pages: list[Page] = []
        blank: list[str] = []
        length = 0
        for number in range(len(document)):
            page, pictured = _page(document, number)
            length += sum(len(line.text) for line in page.lines)
            if length > MAX_TEXT_CHARS:
                raise LoadError(f"holds more than {MAX_TEXT_CHARS:,} characters, the limit for an article; split it")
            pages.append(page)
            blank += [page.label] if pictured else []
        fields = _fields(document)
    finally:
        document.close()
    if not any(page.lines for page in pages):
        raise LoadError("holds no text, only pictures of pages (a scan); run text recognition (OCR) over it first")
    text, marks = joined(pieces(pages))
    yield drafted({**fields, "text": text}, origin, len(data), marks)
    if blank:
        yield Issue(origin, f"{_told(blank, pages)} no text that can be read (a scan, or pictures)", False)


def _opened(data: bytes) -> PdfDocument:
    import pypdfium2

    if b"%PDF-" not in data[:1024]:
        raise LoadError("is not a PDF, though its name says so")
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise LoadError("is encrypted; save it without a password") from error
        raise LoadError(f"is a damaged or incomplete PDF ({error}); fetch or save it again") from error


def _page(document: PdfDocument, number: int) -> tuple[Page, bool]:
    """A page, and whether something is shown on it without a letter that can be read."""
    import pypdfium2

    label = " ".join(document.get_page_label(number).split()) or str(number + 1)
    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return Page(label, ()), True
    try:
        found = _lines(page)
        return Page(label, found), not found and _draws(page)
    finally:
        page.close()


def _draws(page: PdfPage) -> bool:
    from pypdfium2 import raw

    return bool(raw.FPDFPage_CountObjects(page.raw) > 0)


def _lines(page: PdfPage) -> tuple[Line, ...]:
    """The lines of a page in the order of its content, which is nearly always that of reading."""
    reader = page.get_textpage()
    try:
        count = reader.count_chars()
        text = reader.get_text_range() if count > 0 else ""
        if len(_UNREADABLE.findall(text)) > _MAX_UNREADABLE * max(1, len("".join(text.split()))):
            return ()
        found: list[Line] = []
        start = 0
        parts = _LINE_END.split(text)
        for content, end in zip(parts[::2], [*parts[1::2], ""], strict=True):
            text = _UNREADABLE.sub("", content.translate(_SIGNS)).strip()
            if text:
                divided = end in ("\ufffe", "\x02") or content.rstrip().endswith(("\xad", "\u2010"))
                found.append(_line(reader, text.removesuffix("\u2010") + ("-" if divided else ""), content, start))
            start += len(content) + len(end)
        return tuple(found)
    finally:
        reader.close()


def _line(reader: Any, text: str, content: str, start: int) -> Line:
    """A line with its place; `content` is the same as the page has it, beginning at `start` of its text."""
    from pypdfium2 import raw

    first = start + len(content) - len(content.lstrip())
    last = start + len(content.rstrip()) - 1
    first, last = (max(0, raw.FPDFText_GetCharIndexFromTextIndex(reader.raw, place)) for place in (first, last))
    left, bottom, _, top = reader.get_charbox(first, loose=True)
    right = reader.get_charbox(last, loose=True)[2]
    return Line(text, left, right, bottom, max(1.0, top - bottom))


def _fields(document: PdfDocument) -> dict[str, object]:
    facts = document.get_metadata_dict()
    return {
        "title": title(facts.get("Title")),
        "author": author(facts.get("Author")),
        "published": _day(facts.get("CreationDate", "")),
        "language": _language(document),
    }


def _day(value: str) -> date | None:
    match = _DATE.match(value.strip())
    return published("-".join(match.groups()), earliest=EARLIEST) if match else None


def _language(document: PdfDocument) -> str | None:
    import ctypes

    from pypdfium2 import raw

    size = raw.FPDFCatalog_GetLanguage(document.raw, None, 0)
    if not 2 < size <= 200:
        return None
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFCatalog_GetLanguage(document.raw, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), size)
    return buffer.raw.decode("utf-16-le", "replace").strip("\0")


def _told(blank: list[str], pages: list[Page]) -> str:
    """`page 3 holds`, `pages iv-6, 9 hold`: neighbours as ranges, by their labels."""
    missing = set(blank)
    ranges = []
    for empty, group in groupby(pages, key=lambda page: not page.lines and page.label in missing):
        if empty:
            labels = [page.label for page in group]
            ranges.append(labels[0] if len(labels) == 1 else f"{labels[0]}-{labels[-1]}")
    more = f" and {len(ranges) - 20} more" if len(ranges) > 20 else ""
    return f"page{'s' if len(blank) > 1 else ''} {', '.join(ranges[:20])}{more} {'hold' if len(blank) > 1 else 'holds'}"
