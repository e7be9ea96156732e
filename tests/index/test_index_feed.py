"""What feeds and sitemaps list, and what hostile ones cannot do."""

from __future__ import annotations

import time
from datetime import date

import pytest

from index.feed import Entry, Listing, kind_of, parse, read_listing
from rag.errors import LoadError

BASE = "https://example.org/feeds/all.xml"

RSS = b"""<?xml version="1.0" encoding="utf-8"?>
<?xml-stylesheet href="<x>" type="text/xsl"?>
<!-- <feed> -->
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>News</title><link>https://example.org/</link>
<item><title>A &amp; B</title><link>/a</link><pubDate>Fri, 20 Nov 2026 23:30:00 -0500</pubDate>
  <dc:creator>Ann Lee</dc:creator><description>A teaser</description>
  <content:encoded><![CDATA[<p>All of it.</p><script>alert(1)</script>]]></content:encoded></item>
<item><title>Only a teaser</title><link>https://other.example/b</link><description>Read on</description></item>
<item><title>No link</title><description>&lt;p&gt;All there is&lt;/p&gt;</description></item>
</channel></rss>"""

ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://example.org/blog/">
<entry><title>One</title><link rel="enclosure" href="x.mp3"/><link rel="alternate" href="one.html"/>
<published>2026-11-01T10:00:00Z</published><updated>2026-11-05T10:00:00Z</updated><author><name>Bo</name></author>
<content type="text">First.

Second &lt;b&gt;.</content></entry></feed>"""

RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"/>
<item rdf:about="https://example.org/r"><title>R</title><link>https://example.org/r</link><dc:date>2026-10-02</dc:date>
</item></rdf:RDF>"""

SITEMAP = b"""\xef\xbb\xbf<?xml version="1.0"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc> https://example.org/a?x=1&amp;y=2 </loc><lastmod>2026-11-03T09:00:00+00:00</lastmod>
  <image:image><image:loc>https://example.org/a.jpg</image:loc></image:image></url>
<url><news:news><news:publication_date>2026-11-04</news:publication_date></news:news><loc>https://example.org/b</loc></url>
<url><lastmod>2026-11-03</lastmod></url>
<url><loc>https://example.org/c</loc></url>
</urlset>"""

INDEX = b"""<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>https://example.org/s1.xml.gz</loc><lastmod>2026-01-01</lastmod></sitemap>
</sitemapindex>"""


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (RSS, "feed"),
        (ATOM, "feed"),
        (RDF, "feed"),
        (SITEMAP, "sitemap"),
        (INDEX, "sitemaps"),
        (ATOM.decode().encode("utf-16"), "feed"),
        (b"<!DOCTYPE html><html><body>", "page"),
        (b"<!doctype rss [<!ENTITY a 'b'>]><rss>", "feed"),
        (b"<!-- <rss> --><html>", "page"),
        (b"text about <rss>", "page"),
        (b"%PDF-1.7 <rss>", "page"),
        (b"<" * 4_096, "page"),
        (b"", "page"),
    ],
    ids=["rss", "atom", "rdf", "sitemap", "index", "utf16", "html", "doctype", "comment", "text", "pdf", "angles", ""],
)  # fmt: skip
def test_the_first_element_tells_the_kind(body: bytes, kind: str) -> None:
    assert kind_of(body) == kind


class TestFeeds:
    def test_rss(self) -> None:
        found = read_listing(RSS, BASE, "application/rss+xml")
        assert found == Listing(
            (
                Entry("https://example.org/a", date(2026, 11, 21), "A & B", "Ann Lee", "<p>All of it.</p>"),
                Entry("https://other.example/b", None, "Only a teaser", None, None),
                Entry(None, None, "No link", None, "<p>All there is</p>"),
            )
        )

    def test_atom(self) -> None:
        assert read_listing(ATOM, BASE).entries == (
            Entry(
                "https://example.org/blog/one.html", date(2026, 11, 1), "One", "Bo",
                "<p>First.</p><p>Second &lt;b&gt;.</p>",
            ),
        )  # fmt: skip

    def test_rdf(self) -> None:
        assert read_listing(RDF, BASE).entries == (Entry("https://example.org/r", date(2026, 10, 2), "R"),)

    def test_a_feed_that_breaks_off_gives_what_it_has(self) -> None:
        found = read_listing(RSS[: RSS.index(b"<item><title>No link")], BASE)
        assert [entry.url for entry in found.entries] == ["https://example.org/a", "https://other.example/b"]
        assert found.problem is not None
        assert found.problem.startswith("is not a well-formed feed (SAXParseException: ")

    def test_another_encoding_than_declared_is_read(self) -> None:
        body = RSS.replace(b'encoding="utf-8"', b'encoding="us-ascii"').replace(b"A &amp; B", "Zürich".encode())
        found = read_listing(body, BASE, "application/rss+xml; charset=utf-8")
        assert (found.entries[0].title, found.problem) == ("Zürich", None)


class TestSitemaps:
    def test_a_sitemap(self) -> None:
        assert read_listing(SITEMAP, BASE) == Listing(
            (
                Entry("https://example.org/a?x=1&y=2", changed=date(2026, 11, 3)),
                Entry("https://example.org/b", date(2026, 11, 4)),
                Entry("https://example.org/c"),
            )
        )

    def test_an_index(self) -> None:
        assert read_listing(INDEX, BASE).entries == (Entry("https://example.org/s1.xml.gz", changed=date(2026, 1, 1)),)

    def test_a_sitemap_that_breaks_off_gives_what_it_has(self) -> None:
        found = parse(SITEMAP[: SITEMAP.index(b"<loc>https://example.org/b")], "sitemap", BASE, "")
        assert [entry.url for entry in found.entries] == ["https://example.org/a?x=1&y=2"]
        assert found.problem is not None
        assert found.problem.startswith("is not well-formed XML to its end (no element found")

    def test_no_more_than_the_protocol_allows(self) -> None:
        body = b"<urlset>" + b"<url><loc>https://example.org/x</loc></url>" * 50_001 + b"</urlset>"
        assert len(parse(body, "sitemap", BASE, "").entries) == 50_000


LAUGHS = b"".join(
    [b'<!DOCTYPE x [<!ENTITY a0 "ha">']
    + [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">'.encode() for n in range(1, 12)]
    + [b"]>"]
)
OUTSIDE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd"><!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]>'


class TestHostile:
    @pytest.mark.parametrize("start", [LAUGHS, OUTSIDE], ids=["laughs", "outside"])
    def test_a_sitemap_with_entities_is_refused_before_any_is_expanded(self, start: bytes) -> None:
        body = start + b"<urlset><url><loc>https://example.org/&a11;&e;</loc></url></urlset>"
        assert kind_of(body) == "sitemap"
        found = read_listing(body, BASE)
        assert found.entries == ()
        assert found.problem == "was not read: it declares a document type, which a sitemap has no use for"

    @pytest.mark.parametrize("start", [LAUGHS, OUTSIDE], ids=["laughs", "outside"])
    def test_a_feed_with_entities_expands_none(self, start: bytes) -> None:
        item = b"<item><title>&a11;&e;</title><link>https://example.org/x</link></item>"
        began = time.monotonic()
        found = read_listing(start + b"<rss version='2.0'><channel>" + item + b"</channel></rss>", BASE)
        assert time.monotonic() - began < 10
        assert [entry.url for entry in found.entries] in ([], ["https://example.org/x"])
        assert all(len(entry.title) < 100 and "root:" not in entry.title for entry in found.entries)

    @pytest.mark.parametrize("tag", [b"a", b"item", b"div"])
    def test_deep_nesting_ends(self, tag: bytes) -> None:
        deep = b"<rss version='2.0'><channel><item><description>" + b"<" + tag + b">"
        began = time.monotonic()
        try:
            found = read_listing(deep + (b"<" + tag + b">") * 20_000, BASE, seconds=20)
        except LoadError as error:
            assert "given up" in str(error) or "breaks the parser" in str(error)
        else:
            assert found.problem is not None
        assert time.monotonic() - began < 25

    def test_a_feed_that_takes_too_long_is_given_up(self) -> None:
        with pytest.raises(LoadError, match="took longer than 0 seconds"):
            read_listing(RSS, BASE, seconds=0.01)


class TestFrontPage:
    def test_its_feeds_in_its_order(self) -> None:
        body = b"""<html><head><link rel="stylesheet" href="x.css"><LINK REL="Alternate Feed" TYPE="application/RSS+xml"
        HREF=" /feed/ "><link rel=alternate type="application/atom+xml" href="https://example.org/atom.xml"/>
        <link rel="alternate" hreflang="de" href="/de/"><link rel="alternate" type="application/rss+xml">"""
        assert [entry.url for entry in read_listing(body, BASE).entries] == ["/feed/", "https://example.org/atom.xml"]

    @pytest.mark.parametrize(
        "body", [b"", b"\xff\xfe\x00<", b"<!" * 1_000, b"<a " * 100_000], ids=["empty", "bytes", "declarations", "tags"]
    )
    def test_any_bytes_are_a_page_without_feeds(self, body: bytes) -> None:
        assert read_listing(body[:200_000], BASE).entries == ()
