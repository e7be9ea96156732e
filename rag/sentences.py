"""Where paragraphs and sentences are in a text, as exact offsets."""

from __future__ import annotations

import re

from rag.types import Span

_MARKS = ".!?…。！？｡．؟۔।॥։።။។"
_CLOSING = r""""”’')\]»“‘›」』）】〉》"""
_ENDS = re.compile(rf"[{_MARKS}][{_CLOSING}]*$")
_ASKED = re.compile(r"""[?!]["”’']+$""")
_CUT_SHORT = re.compile(r"(?:^|\W)\w{1,4}\.$")
_SPEECH = re.compile(
    r"^[^.!?]{0,60}\b(said|says|asked|asks|added|adds|told|replied|wrote|writes|continued|insisted|explained|"
    r"stressed|warned|concluded|noted|recalled|joked|shouted|demanded)\b[^.!?]{0,40}\.?$"
)


def ends_sentence(line: str) -> bool:
    """Whether a line ends as a sentence does in any script: a full stop, question or exclamation mark.

    Closing quotes are allowed behind it.
    """
    return bool(_ENDS.search(line.rstrip()))


def lines(text: str) -> list[Span]:
    """The non-blank lines of a text, without surrounding white space."""
    found: list[Span] = []
    start = 0
    for line in text.split("\n"):
        inner = line.strip()
        if inner:
            begin = start + line.index(inner)
            found.append(Span(begin, begin + len(inner)))
        start += len(line) + 1
    return found


def is_wrapped(text: str) -> bool:
    """Whether the lines were broken at a fixed width, so that a line end does not end a paragraph."""
    inner = [
        line for paragraph in re.split(r"\n\s*\n", text) for line in paragraph.strip().split("\n")[:-1] if line.strip()
    ]
    broken = [line for line in inner if 45 <= len(line.rstrip()) <= 100 and not ends_sentence(line)]
    return len(inner) >= 3 and len(broken) >= 0.7 * len(inner)


def paragraphs(text: str) -> list[Span]:
    """The paragraphs of a text: its lines, or blocks between blank lines where lines are wrapped."""
    if not is_wrapped(text):
        return lines(text)
    found: list[Span] = []
    for match in re.finditer(r"\S(?:.*?\S)?(?=\s*\n\s*\n|\s*\Z)", text, re.DOTALL):
        found.append(Span(match.start(), match.end()))
    return found


def sentences(text: str, language: str | None = None) -> list[Span]:
    """The sentences of a text, trimmed, in order, never across paragraphs; they hold every visible character.

    `language`, an ISO 639 code, tells which abbreviations and marks end none; unknown, it is taken for English.
    """
    found: list[Span] = []
    for paragraph in paragraphs(text):
        found.extend(sentences_of(text, paragraph, language))
    return found


def sentences_of(text: str, paragraph: Span, language: str | None = None) -> list[Span]:
    """The sentences of one paragraph."""
    from sentencex import get_sentence_boundaries

    # A wrapped line's end is a space to the segmenter; the length, and so every offset, stays the same.
    inner = text[paragraph.start : paragraph.end].replace("\n", " ")
    foreign = language not in (None, "en")
    found: list[Span] = []
    for boundary in get_sentence_boundaries(language or "en", inner):
        piece = inner[boundary["start_index"] : boundary["end_index"]]
        if not piece.strip():
            continue
        start = paragraph.start + boundary["start_index"] + len(piece) - len(piece.lstrip())
        end = paragraph.start + boundary["start_index"] + len(piece.rstrip())
        before = text[found[-1].start : found[-1].end] if found else ""
        if found and (_belongs(before, piece.strip()) or (foreign and _goes_on(before, piece.strip()))):
            found[-1] = Span(found[-1].start, end)
        else:
            found.append(Span(start, end))
    return found


def _belongs(before: str, piece: str) -> bool:
    """Whether `piece` is the attribution of a quoted question before it, or nothing but closing marks."""
    return (bool(_ASKED.search(before)) and bool(_SPEECH.match(piece))) or not any(c.isalnum() for c in piece)


def _goes_on(before: str, piece: str) -> bool:
    """Whether the end before was none, but an abbreviation or ordinal not known to the segmenter ("19. yüzyıl")."""
    return piece[0].islower() and bool(_CUT_SHORT.search(before))
