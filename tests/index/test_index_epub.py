"""Books: the order of chapters, headings, pages, and what of a book is no text of it."""

from __future__ import annotations

import io
from datetime import date

import pytest
from documents import epub, xhtml

from index.draft import Draft, Issue
from index.epub import read
from rag.errors import LoadError
from rag.types import Mark


def taken(data: bytes) -> Draft:
    (draft,) = read(io.BytesIO(data), "a.epub")
    assert isinstance(draft, Draft)
    return draft


def test_a_book() -> None:
    meta = (
        "<dc:title>The bridge</dc:title><dc:creator>Tom Hadley</dc:creator><dc:creator>Ann Lee</dc:creator>"
        "<dc:language>en-GB</dc:language><dc:publisher>Harbour Press</dc:publisher>"
        "<dc:date opf:event='creation'>2025-01-01</dc:date><dc:date>1954-05-06</dc:date>"
    )
    book = epub(
        {
            "nav.xhtml": xhtml("<nav><ol><li>One</li></ol></nav>"),
            "2.xhtml": xhtml("<h1>One</h1><p>Crowds\n  <em>came</em>.<br/>Many.</p><ul><li>Oats</li><li>Rye</li></ul>"),
            "cover.xhtml": xhtml("<p>Cover</p>"),
            "1.xhtml": xhtml(
                "<section><h2>Two</h2><div>Bare<p>It rained.</p>text</div></section><script>no()</script>"
            ),
        },
        meta,
        guide='<reference type="cover" href="cover.xhtml"/>',
    )
    draft = taken(book)
    assert draft.text == "One\n\nCrowds came.\nMany.\n\nOats\n\nRye\n\nTwo\n\nBare\n\nIt rained.\n\ntext"
    assert draft.marks == (Mark(0, 3, "heading", "One"), Mark(36, 39, "heading", "Two"))
    assert (draft.title, draft.author, draft.source) == ("The bridge", "Tom Hadley, Ann Lee", "Harbour Press")
    assert (draft.published, draft.language, draft.position) == (date(1954, 5, 6), "en", len(book))


def test_contents_within_a_chapter_do_not_keep_it_away() -> None:
    book = epub({"1.xhtml": xhtml("<p>Fine.</p>")}, guide='<reference type="toc" href="1.xhtml#contents"/>')
    assert taken(book).text == "Fine."


def test_pages_that_the_book_names() -> None:
    body = (
        '<span epub:type="pagebreak" title="ix"/><p>It rained <a role="doc-pagebreak" aria-label="10">10</a>all day'
        '<span epub:type="pagebreak" id="p11"/>s.</p><p>Then<a epub:type="noteref" href="#n">1</a> not.</p>'
    )
    draft = taken(epub({"1.xhtml": xhtml(body)}))
    assert draft.text == "It rained all days.\n\nThen not."
    assert [(mark.label, mark.start) for mark in draft.marks] == [("ix", 0), ("10", 10), ("p11", 17)]


def test_tables_and_kept_lines() -> None:
    body = (
        "<table><tr><th>Year</th><td><p>20</p><p>24</p></td></tr><tr><td>a</td><td>b</td></tr></table><pre>x\n  y</pre>"
    )
    assert taken(epub({"1.xhtml": xhtml(body)})).text == "Year | 20 24\n\na | b\n\nx\n  y"


def test_names_of_characters_and_broken_pages() -> None:
    html5, html4 = xhtml("<p>a&nbsp;b</p>"), xhtml("<p>c&eacute;</p>").replace(
        "<!DOCTYPE html>", '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd">'
    )  # fmt: skip
    broken = "<html><head><title>No</title></head><body><p>d<br>e<p>f &unknown; g</body>"
    assert (
        taken(epub({"1.xhtml": html5, "2.xhtml": html4, "3.xhtml": broken})).text
        == "a\xa0b\n\ncé\n\nd\ne\n\nf &unknown; g"
    )


def test_a_chapter_that_cannot_be_read_is_named() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    found = list(read(io.BytesIO(epub({"1.xhtml": bomb, "2.xhtml": xhtml("<p>Fine.</p>")})), "a.epub"))
    said = "is read without the chapter OEBPS/1.xhtml, which declares a DTD of its own, as only a bomb does"
    assert found[0] == Issue("a.epub", said, False)
    assert isinstance(found[1], Draft) and found[1].text == "Fine."


CIPHER = (
    "<encryption><EncryptedData><EncryptionMethod Algorithm='{method}'/><CipherData>"
    "<CipherReference URI='OEBPS/1.xhtml'/></CipherData></EncryptedData></encryption>"
)
AES = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
FONT = "http://www.idpf.org/2008/embedding"


def test_scrambled_fonts_are_no_protection() -> None:
    book = epub({"1.xhtml": xhtml("<p>Fine.</p>")}, parts={"META-INF/encryption.xml": CIPHER.format(method=FONT)})
    assert taken(book).text == "Fine."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (epub({"1.xhtml": xhtml("<p>a</p>")}, parts={"META-INF/encryption.xml": CIPHER.format(method=AES)}), "DRM"),
        (epub({"1.xhtml": xhtml("<p> </p>")}), "holds no text"),
        (epub({}), "holds no text"),
        (epub({}, parts={"META-INF/container.xml": "<a/>"}), "no epub"),
        (epub({"../../1.xhtml": xhtml("<p>a</p>")}), "holds no text"),
        (b"PK", "damaged or incomplete"),
    ],
    ids=["protected", "blank", "empty", "lost", "outside", "cut"],
)
def test_what_is_not_read(data: bytes, message: str) -> None:
    with pytest.raises(LoadError, match=message):
        list(read(io.BytesIO(data), "a.epub"))
