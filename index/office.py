"""Documents of word processors (docx, odt): text, headings, lists, tables and footnotes, in reading order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from index.claims import author, published, title
from index.container import Document
from index.draft import Draft, Issue, Piece, drafted, joined
from index.markup import Event, xml
from rag.errors import LoadError

EARLIEST = 1980
"""The year before which no word processor made a file."""
_TEMPLATE = "2013-12-23T23:15:00Z"
"""When the template of a widespread program (python-docx) was made: no day of any text."""
_OLE = b"\xd0\xcf\x11\xe0"
_CELLS = " | "


def read(stream: BinaryIO, origin: str) -> Iterator[Draft | Issue]:
    """The one article of a .docx or .odt file; which of them it is, its content tells.

    An issue names the parts without which it had to be read.  Raises LoadError for an encrypted, damaged or
    empty document, and for text in XML that declares a DTD.
    """
    if stream.read(4) == _OLE:
        raise LoadError("is encrypted, or in the old Word format; save it without a password as .docx")
    size = stream.seek(0, 2)
    document = Document(stream)
    missed: list[str] = []
    facts, pieces = (_odt if "content.xml" in document else _docx)(document, missed)
    text, marks = joined(pieces)
    created = facts.get("created", "").strip()
    fields = {
        "title": facts.get("titled") or title(facts.get("title")),
        "author": author(facts.get("creator")),
        "published": None if created == _TEMPLATE else published(created, earliest=EARLIEST),
        "language": facts.get("language"),
    }
    yield drafted({**fields, "text": text}, origin, size, marks)
    if missed:
        yield Issue(origin, f"is read without {'; '.join(missed)}", False)


def _aside(document: Document, part: str, missed: list[str]) -> list[Event]:
    """The events of a part without which the text can be read too; none where it is missing or cannot be read."""
    if part not in document:
        return []
    try:
        return list(xml(document.part(part)))
    except LoadError as error:
        missed.append(f"{part}, which {error}")
        return []


@dataclass(slots=True)
class _Paragraph:
    """A paragraph while it is read; `notes` are its footnotes, in a docx what names them."""

    parts: list[str] = field(default_factory=list)
    style: str = ""
    heading: bool = False
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        return "".join(self.parts).strip()


class _Flow:
    """Pieces in the order in which they end: paragraphs, and rows of tables whose cells may hold several of them."""

    def __init__(self) -> None:
        self.open: list[_Paragraph] = []
        self._rows: list[list[list[str]]] = []
        self._pieces: list[Piece] = []

    def take(self) -> list[Piece]:
        pieces, self._pieces = self._pieces, []
        return pieces

    def add(self, text: str) -> None:
        if self.open:
            self.open[-1].parts.append(text)

    def end(self, paragraph: _Paragraph, notes: Iterable[str] = ()) -> None:
        """Put a paragraph into its cell, or among the pieces; its notes follow it."""
        if self._rows and self._rows[-1]:
            self._rows[-1][-1].append(" ".join(" ".join([paragraph.text(), *notes]).split()))
            return
        self._pieces.append(Piece(paragraph.text(), heading=paragraph.heading))
        self._pieces.extend(Piece(note) for note in notes)

    def row(self) -> None:
        self._rows.append([])

    def cell(self) -> None:
        if self._rows:
            self._rows[-1].append([])

    def end_row(self) -> None:
        """A row as one line; that of a table within a cell goes into that cell."""
        if self._rows:
            cells = [" ".join(text for text in cell if text) for cell in self._rows.pop()]
            self.end(_Paragraph([_CELLS.join(cell for cell in cells if cell)]))


def _facts(events: Iterable[Event], names: dict[str, str]) -> dict[str, str]:
    """The text of the first of each element of `names`, under the name that it is given there."""
    found: dict[str, str] = {}
    inside = ""
    for event in events:
        if event.kind == "start":
            inside = names.get(event.name, "")
            inside = "" if inside in found else inside
            if inside:
                found[inside] = ""
        elif event.kind == "end":
            inside = ""
        elif inside:
            found[inside] += event.name
    return found


def _skipping(events: Iterable[Event], names: frozenset[str]) -> Iterator[Event]:
    """The events outside of elements of these names."""
    depth = 0
    for event in events:
        if event.kind != "text" and event.name in names:
            depth += 1 if event.kind == "start" else -1
        elif not depth:
            yield event


_DOCX_SKIPPED = frozenset({"del", "moveFrom", "Fallback", "rt", "tabs", "rPrChange", "pPrChange", "sectPr"})
"""Deleted text, doubles of drawings for old programs, readings over a line, and what was changed in form."""


def _docx(document: Document, missed: list[str]) -> tuple[dict[str, str], list[Piece]]:
    main = _docx_main(_aside(document, "_rels/.rels", missed))
    if main not in document:
        raise LoadError("is a zip file, but no Word or OpenDocument text")
    folder = main.rpartition("/")[0]
    headings, contents, titles = _docx_styles(_aside(document, f"{folder}/styles.xml", missed))
    notes = {
        (kind, key): text
        for kind in ("footnote", "endnote")
        for key, text in _docx_notes(_aside(document, f"{folder}/{kind}s.xml", missed))
    }
    facts = _facts(
        _aside(document, "docProps/core.xml", missed),
        {"title": "title", "creator": "creator", "created": "created", "language": "language"},
    )
    pieces: list[Piece] = []
    flow = _Flow()
    for paragraph in _docx_paragraphs(document.part(main), flow):
        paragraph.heading |= paragraph.style in headings
        if paragraph.style in titles and paragraph.text():
            facts.setdefault("titled", " ".join(paragraph.text().split()))
        if paragraph.style not in contents:
            flow.end(paragraph, [note for mark in paragraph.notes if (note := notes.get(_noted(mark)))])
        pieces.extend(flow.take())
    return facts, [*pieces, *flow.take()]


def _noted(mark: str) -> tuple[str, str]:
    kind, _, key = mark.partition(" ")
    return kind, key


def _docx_main(relations: Iterable[Event]) -> str:
    """The name of the part with the text, as the document's relations name it."""
    for event in relations:
        if event.name == "Relationship" and event.attributes.get("Type", "").endswith("/officeDocument"):
            return event.attributes.get("Target", "").lstrip("/")
    return "word/document.xml"


def _docx_styles(events: Iterable[Event]) -> tuple[set[str], set[str], set[str]]:
    """The ids of styles that are headings (by name, outline level, or what they are based on), contents and titles."""
    names: dict[str, str] = {}
    bases: dict[str, str] = {}
    levelled: set[str] = set()
    style = ""
    for event in events:
        if event.kind != "start":
            continue
        value = event.attributes.get("val", "")
        if event.name == "style":
            style = event.attributes.get("styleId", "")
        elif event.name == "name" and style:
            # The name is English in every language of Word, the id is not.
            names[style] = value.lower()
        elif event.name == "basedOn":
            bases[style] = value
        elif event.name == "outlineLvl" and value in set("012345678"):
            levelled.add(style)
    titles = {style for style, name in names.items() if name == "title"}
    headings = titles | levelled | {style for style, name in names.items() if name.startswith("heading")}
    contents = {style for style, name in names.items() if name.startswith("toc ")}
    for style in names:
        chain, base = {style}, bases.get(style, "")
        while base and base not in chain and base not in headings:
            chain.add(base)
            base = bases.get(base, "")
        if base in headings:
            headings |= {style}
    return headings - contents, contents, titles


def _docx_notes(events: Iterable[Event]) -> Iterator[tuple[str, str]]:
    """The footnotes or endnotes of a part: id and text."""
    key, texts = "", list[str]()
    inside = False
    for event in _skipping(events, _DOCX_SKIPPED):
        if event.name in ("footnote", "endnote") and event.kind == "start":
            key, texts = event.attributes.get("id", ""), []
        elif event.name in ("footnote", "endnote") and event.kind == "end":
            yield key, " ".join("".join(texts).split())
        elif event.kind == "end" and event.name == "p":
            texts.append(" ")
        elif event.kind != "text" and event.name == "t":
            inside = event.kind == "start"
        elif event.kind == "text" and inside:
            texts.append(event.name)


_DOCX_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}


def _docx_paragraphs(blocks: Iterable[bytes], flow: _Flow) -> Iterator[_Paragraph]:
    """Each paragraph when it ends; rows and cells are told to the flow."""
    inside = False
    for kind, name, attributes in _skipping(xml(blocks), _DOCX_SKIPPED):
        if kind == "text":
            if inside:
                flow.add(name)
        elif name == "t":
            inside = kind == "start"
        elif name == "p":
            if kind == "start":
                flow.open.append(_Paragraph())
            elif flow.open:
                yield flow.open.pop()
        elif name == "tr":
            flow.row() if kind == "start" else flow.end_row()
        elif kind == "start":
            _docx_sign(flow, name, attributes)


def _docx_sign(flow: _Flow, name: str, attributes: Mapping[str, str]) -> None:
    """What stands for a character, or tells about the paragraph."""
    if name == "tc":
        flow.cell()
    elif not flow.open:
        return
    elif name in _DOCX_SIGNS:
        flow.add(_DOCX_SIGNS[name])
    elif name == "pStyle":
        flow.open[-1].style = attributes.get("val", "")
    elif name == "outlineLvl":
        flow.open[-1].heading = attributes.get("val", "") in set("012345678")
    elif name in ("footnoteReference", "endnoteReference"):
        flow.open[-1].notes.append(f"{name.removesuffix('Reference')} {attributes.get('id', '')}")


_ODT_SKIPPED = frozenset(
    {"tracked-changes", "annotation", "sequence-decls", "table-of-content", "ruby-text", "note-citation", "forms",
     "title", "desc", "script"}
)  # fmt: skip
"""Deleted text, comments, contents, readings over a line, the numbers of notes, and descriptions of pictures."""


def _odt(document: Document, missed: list[str]) -> tuple[dict[str, str], list[Piece]]:
    if any(b"encryption-data" in block for block in document.part("META-INF/manifest.xml")):
        raise LoadError("is encrypted; save it without a password")
    facts = _facts(
        _aside(document, "meta.xml", missed),
        {"title": "title", "initial-creator": "creator", "creator": "creator", "creation-date": "created",
         "date": "created", "language": "language"},
    )  # fmt: skip
    pieces: list[Piece] = []
    flow = _Flow()
    notes: list[list[str]] = []
    for kind, name, attributes in _skipping(xml(document.part("content.xml")), _ODT_SKIPPED):
        if kind == "text":
            _odt_text(flow, notes, name)
        elif name == "note-body":
            _odt_note(flow, notes, kind)
        elif notes:
            # A note stands in the middle of its paragraph, and has paragraphs of its own.
            notes[-1].append(" " if name in ("p", "h", "s", "tab", "line-break") else "")
        elif name in ("p", "h"):
            _odt_paragraph(flow, kind, name, attributes, facts)
        elif name == "table-row":
            flow.row() if kind == "start" else flow.end_row()
        elif kind == "start":
            _odt_sign(flow, name, attributes)
        pieces.extend(flow.take())
    return facts, pieces


def _odt_text(flow: _Flow, notes: list[list[str]], text: str) -> None:
    if notes:
        notes[-1].append(text)
    else:
        # Runs of white space are one space in this format; others are elements of their own.
        flow.add(" ".join(f".{text}.".split())[1:-1])


def _odt_note(flow: _Flow, notes: list[list[str]], kind: str) -> None:
    if kind == "start":
        notes.append([])
    elif notes:
        note = " ".join("".join(notes.pop()).split())
        if flow.open and note:
            flow.open[-1].notes.append(note)


def _odt_paragraph(flow: _Flow, kind: str, name: str, attributes: Mapping[str, str], facts: dict[str, str]) -> None:
    if kind == "start":
        style = attributes.get("style-name", "")
        flow.open.append(_Paragraph(style=style, heading=name == "h" or style == "Title"))
    elif flow.open:
        paragraph = flow.open.pop()
        if paragraph.style == "Title" and paragraph.text():
            facts.setdefault("titled", " ".join(paragraph.text().split()))
        flow.end(paragraph, paragraph.notes)


def _odt_sign(flow: _Flow, name: str, attributes: Mapping[str, str]) -> None:
    """What stands for a character, and where a cell begins."""
    if name in ("table-cell", "covered-table-cell"):
        flow.cell()
    elif name == "s":
        count = attributes.get("c", "1")
        flow.add(" " * min(int(count) if count.isdecimal() and len(count) < 4 else 1, 100))
    elif name == "tab":
        flow.add("\t")
    elif name == "line-break":
        flow.add("\n")
