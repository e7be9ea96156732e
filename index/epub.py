"""Books (epub): the chapters in reading order as one article, with its headings and, where it names them, pages."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Literal
from urllib.parse import unquote

from index.claims import author, published, title
from index.container import Document
from index.draft import MAX_TEXT_CHARS, Draft, Issue, Piece, drafted, joined
from index.markup import BrokenXML, Event, html, xml
from rag.errors import LoadError

EARLIEST = 1450
_PROTECTED = "is protected against copying (DRM), so that only its own reading program can open it"
_FONT_METHODS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_SKIPPED = frozenset({"head", "script", "style", "nav", "svg", "template", "rt", "rp", "audio", "video", "object"})
_UNREAD_TYPES = frozenset({"toc", "landmarks", "page-list", "noteref", "cover", "loi", "lot"})
"""Contents, lists of pages, marks of notes, covers."""
_FACTS = ("title", "creator", "date", "language", "publisher")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = frozenset(
    {"p", "div", "section", "article", "aside", "header", "footer", "main", "blockquote", "figure", "figcaption", "li",
     "ul", "ol", "dl", "dt", "dd", "pre", "table", "caption", "tr", "hr", "body", "address", "details", "summary"}
) | _HEADINGS  # fmt: skip
_SPACES = re.compile(r"[ \t\n\r\f]+")


@dataclass(slots=True)
class _Book:
    """What the package says: metadata by name, files of the spine in order, and those that are contents or cover."""

    facts: dict[str, list[str]] = field(default_factory=dict)
    spine: list[str] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)


def read(stream: BinaryIO, origin: str) -> Iterator[Draft | Issue]:
    """The one article of a book, and an issue for each chapter that could not be read.

    Raises LoadError for a damaged or protected book, one without text, and XML that declares entities.
    """
    size = stream.seek(0, 2)
    document = Document(stream)
    package = _package(document)
    book = _book(document, package)
    if _encrypted(document) & set(book.spine):
        raise LoadError(_PROTECTED)
    pieces: list[Piece] = []
    length = 0
    for name in book.spine:
        if name in book.unread:
            continue
        try:
            chapter = list(_chapter(document, name))
        except LoadError as error:
            yield Issue(origin, f"is read without the chapter {name[:100]}, which {error}", False)
            continue
        pieces += chapter
        length += sum(len(piece.text) for piece in chapter)
        if length > MAX_TEXT_CHARS:
            raise LoadError(f"holds more than {MAX_TEXT_CHARS:,} characters, the limit for an article")
    text, marks = joined(pieces)
    yield drafted({**_fields(book), "text": text}, origin, size, marks)


def _fields(book: _Book) -> dict[str, object]:
    def first(name: str) -> str | None:
        return next(iter(book.facts.get(name, [])), None)

    names = [name for one in book.facts.get("creator", []) if (name := author(one))]
    return {
        "title": title(first("title")),
        "author": names,
        "published": published(first("date"), earliest=EARLIEST),
        "language": first("language"),
        "source": first("publisher"),
    }


def _package(document: Document) -> str:
    """The name of the part that describes the book."""
    for event in xml(document.part("META-INF/container.xml")) if "META-INF/container.xml" in document else ():
        if event.kind == "start" and event.name == "rootfile":
            name = event.attributes.get("full-path", "")
            if name in document:
                return name
    raise LoadError("is a zip file, but no epub (it lacks META-INF/container.xml, or what that names)")


def _book(document: Document, package: str) -> _Book:
    book = _Book()
    items: dict[str, str] = {}
    folder = posixpath.dirname(package)
    inside: list[str] | None = None
    for kind, name, attributes in xml(document.part(package)):
        if kind == "text":
            if inside is not None:
                inside.append(name)
        elif kind == "end":
            if inside is not None:
                book.facts.setdefault(name, []).append("".join(inside))
            inside = None
        elif name in _FACTS:
            # Of several days the first counts; a day of making the file is none of publication.
            inside = None if attributes.get("event") in ("creation", "modification") else []
        elif name == "item":
            target = _target(folder, attributes.get("href", ""))
            items[attributes.get("id", "")] = target
            if {"nav", "cover-image"} & set(attributes.get("properties", "").split()):
                book.unread.add(target)
        elif name == "itemref" and attributes.get("idref", "") in items:
            book.spine.append(items[attributes["idref"]])
        elif name == "reference" and attributes.get("type", "").lower() in ("toc", "cover"):
            # One that leads into the middle of a file says nothing of the rest of it.
            href = attributes.get("href", "")
            book.unread |= set() if "#" in href else {_target(folder, href)}
    book.spine = list(dict.fromkeys(book.spine))
    return book


def _target(folder: str, href: str) -> str:
    """The name of the part that a link from a folder leads to; one that leads out of the book leads nowhere."""
    path = unquote(href.partition("#")[0].partition("?")[0]) if "://" not in href else ""
    return posixpath.normpath(posixpath.join(folder, path)) if path else ""


def _encrypted(document: Document) -> set[str]:
    """The parts that are encrypted; scrambled fonts are not counted."""
    if "META-INF/encryption.xml" not in document:
        return set()
    found: set[str] = set()
    method = ""
    for event in xml(document.part("META-INF/encryption.xml")):
        if event.kind == "start" and event.name == "EncryptionMethod":
            method = event.attributes.get("Algorithm", "")
        elif event.kind == "start" and event.name == "CipherReference" and method not in _FONT_METHODS:
            found.add(_target("", event.attributes.get("URI", "")))
    return found


def _chapter(document: Document, name: str) -> Iterator[Piece]:
    """The pieces of one file of the spine; one that is no sound XML is read as browsers read pages."""
    if name not in document:
        raise LoadError("is missing")
    try:
        return iter(list(_pieces(xml(document.part(name), doctype=True))))
    except BrokenXML:
        return _pieces(html(document.part(name)))


class _Block:
    """The paragraph that is being read; a page may begin within it."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._page: str | None = None
        self._gap: Literal["\n\n", " ", ""] = "\n\n"
        self.heading = False
        self.kept = 0
        """How many `pre` elements we are in, in which white space counts."""

    def add(self, text: str) -> None:
        self._parts.append(text if self.kept else _SPACES.sub(" ", text))

    def wrap(self) -> None:
        """End a line within the paragraph."""
        self._parts.append("\n")

    def end(self) -> Iterator[Piece]:
        """What was read, as a piece; the next begins a paragraph."""
        text = self._text()
        if text.strip() or self._page:
            yield Piece(text.strip(), page=self._page, heading=self.heading, gap=self._gap)
        self._parts, self._page, self._gap, self.heading = [], None, "\n\n", False

    def turn(self, page: str) -> Iterator[Piece]:
        """A page begins here, in the middle of the paragraph if that has begun."""
        text, heading = self._text(), self.heading
        if text.strip():
            yield from self.end()
            self._gap, self.heading = (" " if text[-1].isspace() else ""), heading
        self._page = page

    def _text(self) -> str:
        text = "".join(self._parts)
        if self._gap == "" and text[:1].isspace():
            self._gap = " "
        return text if self.kept else re.sub(r" *\n *", "\n", re.sub(r" +", " ", text))


def _pieces(events: Iterator[Event]) -> Iterator[Piece]:
    block = _Block()
    unread = 0
    cells = 0
    for kind, name, attributes in events:
        if kind == "text":
            if not unread:
                block.add(name)
            continue
        tag = name.lower()
        if unread or tag in _SKIPPED or _is_unread(kind, attributes):
            unread += 1 if kind == "start" else -1
        elif label := _page(kind, attributes):
            yield from block.turn(label)
            unread = 1
        elif tag == "tr":
            yield from block.end()
            cells = 0
        elif tag in ("td", "th"):
            block.add(" | " if kind == "start" and cells else " ")
            cells += kind == "start"
        elif tag == "br" and kind == "start":
            block.wrap()
        elif tag in _BLOCKS and cells:
            block.add(" ")
        elif tag in _BLOCKS:
            yield from block.end()
            block.heading = tag in _HEADINGS and kind == "start"
            block.kept += {"start": 1, "end": -1}[kind] if tag == "pre" else 0
        cells = 0 if tag == "table" else cells
    yield from block.end()


def _types(attributes: Mapping[str, str]) -> set[str]:
    return set(attributes.get("type", "").lower().split()) | {attributes.get("role", "").lower().removeprefix("doc-")}


def _is_unread(kind: str, attributes: Mapping[str, str]) -> bool:
    return kind == "start" and bool(_UNREAD_TYPES & _types(attributes))


def _page(kind: str, attributes: Mapping[str, str]) -> str | None:
    """The label of the page that begins at an element, None where none does."""
    if kind != "start" or "pagebreak" not in _types(attributes):
        return None
    return attributes.get("title") or attributes.get("aria-label") or attributes.get("id")
