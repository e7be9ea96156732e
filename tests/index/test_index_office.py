"""Word and OpenDocument texts: what is read in them, in order, and what is left out."""

from __future__ import annotations

import io
from datetime import date

import pytest
from documents import docx, odt, w, zipped

from index.draft import Draft, Issue
from index.office import read
from rag.errors import LoadError


def taken(data: bytes) -> Draft:
    (draft,) = read(io.BytesIO(data), "a.docx")
    assert isinstance(draft, Draft)
    return draft


def headings(draft: Draft) -> list[str]:
    return [draft.text[mark.start : mark.end] for mark in draft.marks if mark.kind == "heading"]


def test_paragraphs_headings_and_title_of_a_docx() -> None:
    draft = taken(
        docx(
            w("The bridge opens", "Titel") + w("Contents 1", "Verzeichnis1") + w("Crowds came.")
            + w("Cost", "berschrift1") + w("It cost a lot.") + w("Time", "Kapitel") + w("It took long.")
            + '<w:p><w:pPr><w:outlineLvl w:val="1"/></w:pPr><w:r><w:t>Weather</w:t></w:r></w:p>' + w("It rained.")
        )
    )  # fmt: skip
    parts = [
        "The bridge opens",
        "Crowds came.",
        "Cost",
        "It cost a lot.",
        "Time",
        "It took long.",
        "Weather",
        "It rained.",
    ]
    assert draft.text == "\n\n".join(parts)
    assert headings(draft) == ["The bridge opens", "Cost", "Time", "Weather"]
    assert (draft.title, draft.author, draft.published, draft.key) == ("The bridge opens", None, None, None)


def test_properties_of_a_docx() -> None:
    core = (
        "<dc:title>The bridge</dc:title><dc:creator>Tom Hadley</dc:creator><dc:language>en-GB</dc:language>"
        "<dcterms:created>2024-05-06T10:00:00Z</dcterms:created>"
    )
    draft = taken(docx(w("Crowds came."), core))
    found = (draft.title, draft.author, draft.published, draft.language)
    assert found == ("The bridge", "Tom Hadley", date(2024, 5, 6), "en")


def test_the_day_of_a_template_is_not_believed() -> None:
    core = "<dc:creator>python-docx</dc:creator><dcterms:created>2013-12-23T23:15:00Z</dcterms:created>"
    draft = taken(docx(w("Crowds came."), core))
    assert (draft.author, draft.published) == (None, None)


def test_what_was_deleted_or_moved_away_is_left_out() -> None:
    body = (
        "<w:p><w:r><w:t>It cost </w:t></w:r><w:del><w:r><w:delText>nine</w:delText><w:t>old</w:t></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom><w:ins><w:r><w:t>ten</w:t></w:r></w:ins>"
        "<w:r><w:instrText>PAGE</w:instrText><w:t> million.</w:t></w:r><w:commentReference w:id='1'/></w:p>"
    )
    assert taken(docx(body, parts={"word/comments.xml": "<c><t>a remark</t></c>"})).text == "It cost ten million."


def test_signs_of_a_docx() -> None:
    body = (
        '<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/>'
        "<w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t><w:softHyphen/><w:t>e &amp; f</w:t></w:r></w:p>"
    )
    assert taken(docx(body)).text == "a\tb\nc-de & f"


def table(*rows: list[str]) -> str:
    cells = ["".join(f"<w:tc>{cell}</w:tc>" for cell in row) for row in rows]
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def test_tables_are_rows_of_text() -> None:
    body = (
        w("Before.") + table([w("Year"), w("Cost")], [w("2024"), w("9") + w("million")], [w(""), w("")]) + w("After.")
    )
    assert taken(docx(body)).text == "Before.\n\nYear | Cost\n\n2024 | 9 million\n\nAfter."
    assert taken(docx(table([w("a"), table([w("b"), w("c")])]))).text == "a | b | c"


def test_footnotes_follow_their_paragraph() -> None:
    note = "<w:footnote w:id='2'><w:p><w:r><w:t>See page </w:t><w:t>nine.</w:t></w:r></w:p></w:footnote>"
    notes = {"word/footnotes.xml": f"<w:footnotes xmlns:w='w'><w:footnote w:id='0'/>{note}</w:footnotes>"}
    reference = "<w:footnoteReference w:id='2'/>"
    body = f"<w:p><w:r><w:t>It rained</w:t>{reference}<w:t> all day.</w:t></w:r></w:p>{w('Then not.')}"
    assert taken(docx(body, parts=notes)).text == "It rained all day.\n\nSee page nine.\n\nThen not."


def test_a_text_box_is_read_once() -> None:
    box = f"<w:txbxContent>{w('In the box.')}</w:txbxContent>"
    twice = f"<AlternateContent><Choice>{box}</Choice><Fallback>{box}</Fallback></AlternateContent>"
    body = f"<w:p><w:r><w:t>Around it.</w:t></w:r>{twice}</w:p>"
    assert taken(docx(body)).text == "In the box.\n\nAround it."


def test_an_odt() -> None:
    body = (
        '<text:p text:style-name="Title">The bridge opens</text:p><text:table-of-content><text:p>Cost 1</text:p>'
        '</text:table-of-content><text:tracked-changes><text:p>gone</text:p></text:tracked-changes>'
        '<text:h text:outline-level="1">Cost</text:h><text:p>It cost\n   <text:span>a</text:span><text:s text:c="2"/>'
        'lot<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Nine</text:p><text:p>million.'
        "</text:p></text:note-body></text:note> indeed.<office:annotation><text:p>a remark</text:p></office:annotation>"
        "<text:line-break/>Yes.</text:p><text:list><text:list-item><text:p>Oats</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>Year</text:p></table:table-cell><table:table-cell>"
        "<text:p>2024</text:p></table:table-cell></table:table-row></table:table>"
    )  # fmt: skip
    meta = (
        "<meta:initial-creator>Tom Hadley</meta:initial-creator><dc:creator>Ann</dc:creator>"
        "<dc:language>de-DE</dc:language>"
        "<meta:creation-date>2024-05-06T10:00:00.123</meta:creation-date>"
    )
    draft = taken(odt(body, meta))
    parts = ["The bridge opens", "Cost", "It cost a  lot indeed.\nYes.", "Nine million.", "Oats", "Year | 2024"]
    assert draft.text == "\n\n".join(parts)
    assert headings(draft) == ["The bridge opens", "Cost"]
    found = (draft.title, draft.author, draft.published, draft.language)
    assert found == ("The bridge opens", "Tom Hadley", date(2024, 5, 6), "de")


LAUGHS = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    ("data", "part"),
    [
        *((docx(w("Crowds came."), parts={part: LAUGHS}), part) for part in ("word/styles.xml", "docProps/core.xml")),
        (docx(w("Crowds came."), parts={"_rels/.rels": "<a"}), "_rels/.rels"),
        (odt("<text:p>Crowds came.</text:p>", parts={"meta.xml": LAUGHS}), "meta.xml"),
    ],
    ids=["styles", "core", "relations", "meta"],
)
def test_what_can_be_done_without_does_not_keep_the_text_away(data: bytes, part: str) -> None:
    draft, issue = read(io.BytesIO(data), "a.docx")
    assert isinstance(draft, Draft) and draft.text == "Crowds came."
    assert isinstance(issue, Issue) and not issue.skipped
    assert issue.message.startswith(f"is read without {part}, which ")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\xd0\xcf\x11\xe0" + bytes(600), "encrypted, or in the old Word format"),
        (b"", "damaged or incomplete"),
        (b"not a zip", "damaged or incomplete"),
        (docx(w("Crowds came."))[:-40], "damaged or incomplete"),
        (zipped({"a.txt": "a"}), "no Word or OpenDocument text"),
        (docx(w("")), "holds no text"),
        (docx("<w:p>"), "broken XML"),
        (docx("", parts={"word/document.xml": LAUGHS}), "declares a DTD"),
        (docx("<w:r>" * 400 + "</w:r>" * 400), "nested deeper than 256"),
        (odt("", parts={"META-INF/manifest.xml": "<m><encryption-data/></m>"}), "encrypted; save it without"),
        (odt("<text:p>x</text:p>", parts={"content.xml": "<" + "a" * 9_000_000}), "a single XML tag of more than"),
        (odt("", parts={"content.xml": "<a>" + " " * 20_000_000 + "</a>"}), "unpacks to more than 200 times"),
    ],
    ids=["ole", "empty", "text", "cut", "zip", "blank", "xml", "dtd", "deep", "encrypted", "tag", "ratio"],
)  # fmt: skip
def test_what_is_not_read(data: bytes, message: str) -> None:
    with pytest.raises(LoadError, match=message):
        list(read(io.BytesIO(data), "a.docx"))
