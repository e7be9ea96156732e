"""What a file gives: drafts of articles, and issues; the fields of both, brought into one form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from rag.errors import LoadError
from rag.types import Mark

MAX_TEXT_CHARS = 10_000_000
MAX_SOURCE_CHARS = 200
MAX_AUTHOR_CHARS = 300
MAX_URL_CHARS = 4_000
MAX_LABEL_CHARS = 200

DATED = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")
_DAY_FORMS = ("%Y%m%d", "%Y/%m/%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y")
"""Only forms that leave no doubt which number is the month."""
_DOTTED = re.compile(r"\s*(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)")
_NAMED_MONTH = re.compile(r"(?=.*\b(?:1[89]|20)\d\d\b)(?=.*\b\d{1,2}\b).*[^\W\d_]{3}")
MOST_DATE_CHARS = 60
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?=$|[-_])")


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as read, before it has an id of its own; `key` is the id it names itself, or None.

    `origin` is its file, with `#LINE` where a file holds many; `position` how many bytes of it were read by then.
    `language` is the ISO 639 code that it claims for itself; `marks` are its pages and headings.
    """

    key: str | None
    title: str
    text: str
    source: str | None
    url: str | None
    published: date | None
    origin: str
    position: int
    author: str | None = None
    language: str | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """Something about a file (or a line of it) that the user should know; `skipped` if nothing was taken from it.

    `again`: the file may be readable next time although it did not change.
    """

    origin: str
    message: str
    skipped: bool = True
    again: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a document, in its order; `page` names the page that begins with it, `heading` whether it is one.

    `gap` stands between it and what comes before: a blank line, or " " or "" where a page ends within a paragraph or
    a word.
    """

    text: str
    page: str | None = None
    heading: bool = False
    gap: Literal["\n\n", " ", ""] = "\n\n"


def normalise(text: str) -> str:
    """The form in which text is stored: NFC, `\\n` line ends, no NUL, no lone surrogates."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    plain = plain.encode("utf-8", "replace").decode("utf-8") if _has_surrogates(plain) else plain
    return unicodedata.normalize("NFC", plain)


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def drafted(fields: dict[str, Any], origin: str, position: int, marks: tuple[Mark, ...] = ()) -> Draft:
    """A draft from fields of any form.  `marks` hold offsets into `fields["text"]`, already normalised.

    Known fields: id, title, text, source, author, url, published (or date), language.  Raises LoadError without text.
    """
    text = normalise(str(fields["text"]))
    if not text.strip():
        raise LoadError("holds no text")
    if len(text) > MAX_TEXT_CHARS:
        raise LoadError(f"holds {len(text):,} characters; an article may have {MAX_TEXT_CHARS:,}")
    return Draft(
        key=scalar(fields.get("id")),
        title=normalise(scalar(fields.get("title")) or "")[:500],
        text=text,
        source=(scalar(fields.get("source")) or "")[:MAX_SOURCE_CHARS] or None,
        url=_url(fields.get("url")),
        published=day(fields.get("published") or fields.get("date")),
        origin=origin,
        position=position,
        author=(_author(fields.get("author")) or "")[:MAX_AUTHOR_CHARS] or None,
        language=_language(fields.get("language")),
        marks=marks,
    )


def joined(pieces: Iterable[Piece]) -> tuple[str, tuple[Mark, ...]]:
    """The normalised text of pieces, their gaps between them, and the marks of their pages and headings."""
    texts: list[str] = []
    marks: list[Mark] = []
    length = 0
    waiting: str | None = None
    for piece in pieces:
        text = normalise(piece.text).strip()
        # A page without text is where the next piece begins, if that names none itself.
        waiting = piece.page or waiting
        if not text:
            continue
        if texts:
            texts.append(_gap(piece.gap, texts[-1], text))
            length += len(texts[-1])
        start, length = length, length + len(text)
        if waiting is not None:
            marks.append(Mark(start, length, "page", waiting[:MAX_LABEL_CHARS]))
            waiting = None
        if piece.heading:
            marks.append(Mark(start, length, "heading", " ".join(text.split())[:MAX_LABEL_CHARS]))
        texts.append(text)
    return "".join(texts), tuple(marks)


def _gap(gap: str, before: str, after: str) -> str:
    """The gap that was asked for; a space where what comes after would melt into the character before."""
    apart = not unicodedata.combining(after[0]) and unicodedata.is_normalized("NFC", before[-1] + after[0])
    return gap if gap or apart else " "


def _author(value: object) -> str | None:
    """One name, or several of a list."""
    if isinstance(value, (list, tuple)):
        return ", ".join(name for one in value if (name := scalar(one))) or None
    return scalar(value)


def _language(value: object) -> str | None:
    """The language of a tag such as `en-GB`, as its code; None for what is no tag."""
    match = _LANGUAGE.match((scalar(value) or "").strip())
    return match.group().lower() if match else None


def _url(value: object) -> str | None:
    """An address as given; None for one so long that a cut one would lead elsewhere."""
    plain = scalar(value)
    return plain if plain and len(plain) <= MAX_URL_CHARS else None


def scalar(value: object) -> str | None:
    """A one-line string from a string, number or date; None for nothing and for anything nested."""
    if isinstance(value, (str, int, float, date)) and not isinstance(value, bool):
        plain = " ".join(normalise(str(value)).split())
        return plain or None
    return None


def day(value: object) -> date | None:
    """A date from a date, or a string as ISO, RFC 2822 or with its month's name; None for anything else."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        return None
    for form, plain in (("%Y-%m-%d", value.strip()[:10]), *((form, value.strip()) for form in _DAY_FORMS)):
        try:
            return datetime.strptime(plain, form).date()
        except ValueError:
            continue
    try:
        return parsedate_to_datetime(value).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return _written(value)


def _written(value: str) -> date | None:
    """A date as people write it elsewhere: `3.2.2025` (day first), `3. Februar 2025`; None for `03/02/2025`."""
    if dotted := _DOTTED.match(value):
        number, month, year = (int(part) for part in dotted.groups())
        try:
            return date(year, month, number)
        except ValueError:
            return None
    if not _NAMED_MONTH.search(value) or len(value) > MOST_DATE_CHARS:
        return None
    from dateparser import parse

    settings: Any = {"REQUIRE_PARTS": ["day", "month", "year"], "PARSERS": ["absolute-time"]}
    try:
        found = parse(value, settings=settings)
    except (ValueError, OverflowError, RecursionError, TypeError):
        return None
    return found.date() if found else None


def dated(name: str) -> date | None:
    match = DATED.search(name)
    try:
        return date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        return None


def printable(text: str) -> str:
    """A text from elsewhere without what a terminal would obey: control characters written out."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def reason(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"[:200]
