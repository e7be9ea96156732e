"""Addresses to files: pages, feeds and sitemaps, what is kept of them, and what is said of the rest."""

from __future__ import annotations

import email
import gzip
import json
import time
from collections.abc import Callable, Iterator
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from local_web import LOCAL, Answer, Site, moved, page, serving

from index.draft import Draft
from index.feed import read_listing
from index.fetch import Limits
from index.gather import Counts, Gathered, Step, gather
from index.load import read_file
from index.mirror import NAME, Kept, Mirror
from rag.errors import Interrupted, LoadError, StorageError

pytestmark = LOCAL
QUICK = Limits(seconds=3, pause=0)
TEXT = "The ferry between the two islands stops for the winter, the council said on Monday. " * 6

HTML = {"Content-Type": "text/html"}
Gather = Callable[..., Gathered]


def article(title: str) -> Answer:
    return page(
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{TEXT}</p></article></body>"
    )


def feed(*items: tuple[str, str], content: str = "") -> Answer:
    """A feed of (path, day) pairs."""
    entries = "".join(
        f"<item><title>Title of {link}</title><link>{link}</link><pubDate>{day}</pubDate>{content}</item>"
        for link, day in items
    )
    space = "xmlns:content='http://purl.org/rss/1.0/modules/content/'"
    return Answer(f"<rss version='2.0' {space}><channel>{entries}</channel></rss>".encode())


def sitemap(*paths: str, site: Site, index: bool = False) -> bytes:
    outer, inner = ("sitemapindex", "sitemap") if index else ("urlset", "url")
    urls = "".join(
        f"<{inner}><loc>{site.url(path)}</loc><lastmod>2026-11-{10 + n}</lastmod></{inner}>"
        for n, path in enumerate(paths)
    )
    return f"<{outer} xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{urls}</{outer}>".encode()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as one:
        yield one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "library-web"


@pytest.fixture
def fetched(site: Site, folder: Path) -> Gather:
    def run(*paths: str, limits: Limits = QUICK, **options: Any) -> Gathered:
        return gather([site.url(path) for path in paths], folder, limits=limits, guard=site.guard(), **options)

    return run


def said(done: Gathered) -> list[str]:
    return [issue.message for issue in done.issues]


class TestPages:
    def test_a_page_is_a_file_that_the_loader_reads(self, site: Site, folder: Path, fetched: Gather) -> None:
        site.pages["/news/Ferry-Stops.html"] = article("The ferry stops")
        done = fetched("/news/Ferry-Stops.html#top")
        assert done.counts == Counts(new=1)
        assert done.issues == ()
        (path,) = done.files
        assert path.parent == folder / "example.org"
        assert path.name.startswith("news-ferry-stops-html-")
        assert path.suffix == ".mhtml"
        (draft,) = read_file(path)
        assert isinstance(draft, Draft)
        assert draft.title == "The ferry stops"
        assert "two islands stops for the winter" in draft.text
        assert draft.url == site.url("/news/Ferry-Stops.html")

    def test_the_file_is_a_web_archive_with_the_bytes_as_they_came(self, site: Site, fetched: Gather) -> None:
        body = "<p>Zürich, " + "x" * 2_000 + "</p>"
        site.pages["/old"] = moved("/latin?" + "q" * 900)
        site.pages["/latin?" + "q" * 900] = Answer(
            body.encode("latin-1"), headers={"Content-Type": 'text/html; charset="ISO-8859-1"'}
        )
        (path,) = fetched("/old").files
        raw = path.read_bytes()
        whole = email.message_from_bytes(raw, policy=policy.default)
        assert isinstance(whole, EmailMessage)
        (part,) = whole.iter_parts()
        assert (part.get_content_type(), part.get_content_charset()) == ("text/html", "iso-8859-1")
        assert part.get_payload(decode=True) == body.encode("latin-1")
        assert part["Content-Location"] == whole["Content-Location"] == site.url("/latin?" + "q" * 900)
        assert whole.defects == part.defects == []

    @pytest.mark.parametrize(
        ("headers", "body", "charset"),
        [
            ({"Content-Type": "text/html"}, "Zürich".encode(), "utf-8"),
            ({"Content-Type": "text/html"}, "Zürich".encode("latin-1"), None),
            ({"Content-Type": "text/html; charset=no-such"}, b"Zurich", "utf-8"),
            ({"Content-Type": "text/html; charset=rot13"}, b"Zurich", "utf-8"),
            ({"Content-Type": 'application/xhtml+xml;charset="Shift_JIS"'}, "東京".encode("shift_jis"), "shift_jis"),
            ({}, b"<!doctype HTML><p>x", "utf-8"),
        ],
        ids=["utf8", "unknown", "wrong", "no-text", "xhtml", "untyped"],
    )
    def test_the_encoding_is_written_down_where_it_is_known(
        self, site: Site, fetched: Gather, headers: dict[str, str], body: bytes, charset: str | None
    ) -> None:
        site.pages["/x"] = Answer(body, headers=headers)
        (path,) = fetched("/x").files
        (part,) = email.message_from_bytes(path.read_bytes(), policy=policy.default).iter_parts()
        assert part.get_content_charset() == charset

    def test_a_pdf_is_kept_as_it_is_whatever_its_host_calls_it(self, site: Site, folder: Path, fetched: Gather) -> None:
        site.pages["/a"] = Answer(b"%PDF-1.4 one", headers={"Content-Type": "application/pdf"})
        site.pages["/b.php?id=2"] = Answer(b"%PDF-1.4 two", headers={"Content-Type": "application/octet-stream"})
        done = fetched("/a", "/b.php?id=2")
        assert [path.read_bytes() for path in done.files] == [b"%PDF-1.4 one", b"%PDF-1.4 two"]
        assert {path.suffix for path in done.files} == {".pdf"}
        assert [kept.url for kept in done.kept] == [site.url("/a"), site.url("/b.php?id=2")]
        assert Mirror(folder).addresses() == {kept.path: kept.url for kept in done.kept}

    def test_other_kinds_are_named(self, site: Site, fetched: Gather) -> None:
        site.pages["/a.png"] = Answer(b"\x89PNG", headers={"Content-Type": "image/png"})
        done = fetched("/a.png")
        assert said(done) == ["is of a kind that is not kept (image/png); pages, PDF and text documents are"]
        assert done.counts == Counts(failed=1)

    def test_addresses_that_differ_are_files_that_differ(self, site: Site, fetched: Gather) -> None:
        site.pages = {path: article(path) for path in ("/a-b", "/a/b", "/A-B", "/a-b?x=1", "/a-b?x=2", "/" + "y" * 300)}
        done = fetched(*site.pages)
        assert len({path.name.lower() for path in done.files}) == 6
        assert all(len(path.name) < 110 for path in done.files)

    def test_two_addresses_of_one_page_are_one_file(self, site: Site, fetched: Gather) -> None:
        site.pages = {"/a": article("A"), "/b": moved("/a"), "/c": moved("/a")}
        for _ in range(2):
            done = fetched("/b", "/a", "/c")
            assert len(done.files) == 1
            assert done.issues == ()


class TestAgain:
    def test_an_unchanged_page_costs_a_304_and_writes_nothing(self, site: Site, fetched: Gather) -> None:
        site.pages["/x"] = Answer(
            article("X").body,
            headers={"Content-Type": "text/html", "ETag": '"v1"', "Last-Modified": "Fri, 20 Nov 2026 10:00:00 GMT"},
        )
        (path,) = fetched("/x").files
        before = path.stat()
        done = fetched("/x")
        assert (done.files, done.counts) == ((path,), Counts(unchanged=1))
        assert site.sent[-1]["If-None-Match"] == '"v1"'
        assert site.sent[-1]["If-Modified-Since"] == "Fri, 20 Nov 2026 10:00:00 GMT"
        assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    def test_an_equal_page_without_a_date_writes_nothing(self, site: Site, fetched: Gather) -> None:
        site.pages["/x"] = article("X")
        (path,) = fetched("/x").files
        before = path.stat()
        assert fetched("/x").counts == Counts(unchanged=1)
        assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    def test_a_changed_page_is_the_same_file_anew(self, site: Site, fetched: Gather) -> None:
        site.pages["/x"] = article("X")
        (path,) = fetched("/x").files
        site.pages["/x"] = article("Y")
        done = fetched("/x")
        assert (done.files, done.counts) == ((path,), Counts(changed=1))
        assert [draft.title for draft in read_file(path) if isinstance(draft, Draft)] == ["Y"]

    def test_a_page_that_became_a_pdf_leaves_no_old_file(self, site: Site, fetched: Gather) -> None:
        site.pages["/x"] = article("X")
        (old,) = fetched("/x").files
        site.pages["/x"] = Answer(b"%PDF-1.4", headers={"Content-Type": "application/pdf"})
        (new,) = fetched("/x").files
        assert (old.exists(), new.exists(), new.suffix) == (False, True, ".pdf")

    def test_a_file_that_was_deleted_is_fetched_without_conditions(self, site: Site, fetched: Gather) -> None:
        site.pages["/x"] = page("<p>x</p>", ETag='"v1"')
        (path,) = fetched("/x").files
        path.unlink()
        assert fetched("/x").counts == Counts(new=1)
        assert "If-None-Match" not in site.sent[-1]
        assert path.exists()

    def test_a_page_that_is_gone_keeps_its_copy(self, site: Site, fetched: Gather) -> None:
        site.pages["/x"] = article("X")
        (path,) = fetched("/x").files
        site.pages["/x"] = Answer(status=410)
        done = fetched("/x")
        (issue,) = done.issues
        today = time.strftime("%Y-%m-%d", time.gmtime())
        assert issue.message == f"answered 410 Gone; the copy of {today} is kept (delete {path} to drop it)"
        assert (issue.origin, issue.skipped) == (site.url("/x"), False)
        assert (done.files, done.counts) == ((path,), Counts(unchanged=1))

    @pytest.mark.parametrize(
        "notes",
        [b"", b"{", b"[]", b'{"x": 1}', b'{"x": {"url": "y"}}', b'{"http://x/": {"url": "y", "suffix": "/../../x", '
         b'"digest": "", "fetched": ""}}', b"\xff", b"[" * 100_000],
        ids=["empty", "cut", "list", "number", "short", "path", "bytes", "deep"],
    )  # fmt: skip
    def test_damaged_notes_cost_fetching_again(self, site: Site, folder: Path, fetched: Gather, notes: bytes) -> None:
        site.pages["/x"] = article("X")
        (path,) = fetched("/x").files
        (folder / NAME).write_bytes(notes)
        done = fetched("/x")
        assert done.files == (path,)
        assert json.loads((folder / NAME).read_bytes()).keys() == {site.url("/x")}

    def test_headers_that_could_smuggle_are_not_sent_back(self, site: Site, fetched: Gather) -> None:
        site.pages["/x"] = page("<p>x</p>", ETag='"a\x85b"', Last_Modified="x" * 2_000)
        fetched("/x")
        fetched("/x")
        assert {"If-None-Match", "If-Modified-Since"}.isdisjoint(site.sent[-1])


class TestListings:
    def test_a_feed_gives_its_pages_newest_first(self, site: Site, fetched: Gather) -> None:
        site.pages = {path: article(path) for path in ("/1", "/2", "/3")}
        site.pages["/feed"] = feed(
            ("/1", "Mon, 02 Nov 2026 10:00:00 GMT"), ("/2", ""), ("/3", "Tue, 03 Nov 2026 10:00:00 GMT")
        )
        steps: list[Step] = []
        done = fetched("/feed", on_page=steps.append)
        assert site.pages_asked() == ["/feed", "/3", "/1", "/2"]
        assert [kept.url for kept in done.kept] == [site.url("/3"), site.url("/1"), site.url("/2")]
        assert steps == [Step(site.url(path), "new", n, 3) for n, path in enumerate(("/3", "/1", "/2"), 1)]
        assert fetched("/feed").counts == Counts(unchanged=3)

    def test_the_day_of_a_page_is_its_own_else_its_feed_s_never_that_of_fetching(
        self, site: Site, fetched: Gather
    ) -> None:
        own = "<meta property='article:published_time' content='2026-10-01'>"
        dated = Answer(article("Own").body.replace(b"<head>", b"<head>" + own.encode()), headers=HTML)
        site.pages = {"/own": dated, "/fed": article("Fed"), "/none": article("None")}
        site.pages["/feed"] = feed(("/own", "Mon, 02 Nov 2026 10:00:00 GMT"), ("/fed", "Tue, 03 Nov 2026 10:00:00 GMT"))
        site.pages["/map.xml"] = Answer(sitemap("/none", site=site))
        drafts = [draft for path in fetched("/feed", "/map.xml").files for draft in read_file(path)]
        assert {draft.title: str(draft.published) for draft in drafts if isinstance(draft, Draft)} == {
            "Own": "2026-10-01",
            "Fed": "2026-11-03",
            "None": "None",
        }

    def test_a_page_that_is_listed_twice_is_asked_for_once(self, site: Site, fetched: Gather) -> None:
        site.pages = {"/1": article("1"), "/feed": feed(("/1", ""), ("/1#comments", ""), ("/1", ""))}
        assert fetched("/feed", "/1").counts == Counts(new=1)
        assert site.pages_asked() == ["/feed", "/1"]

    def test_pages_that_left_the_feed_stay(self, site: Site, folder: Path, fetched: Gather) -> None:
        site.pages = {"/1": article("1"), "/2": article("2"), "/feed": feed(("/1", ""))}
        fetched("/feed")
        site.pages["/feed"] = feed(("/2", ""))
        fetched("/feed")
        assert len(list(folder.glob("*/*.mhtml"))) == 2

    def test_no_more_pages_than_allowed_the_newest(self, site: Site, fetched: Gather) -> None:
        site.pages = {f"/{n}": article(str(n)) for n in range(5)}
        site.pages["/map.xml"] = Answer(sitemap(*(f"/{n}" for n in range(5)), site=site))
        done = fetched("/map.xml", limits=Limits(seconds=3, pause=0, pages=2))
        assert site.pages_asked() == ["/map.xml", "/4", "/3"]
        assert said(done) == ["lists 5 pages; the newest 2 are fetched"]
        assert not done.issues[0].skipped

    def test_an_index_of_packed_sitemaps(self, site: Site, fetched: Gather) -> None:
        site.pages = {path: article(path) for path in ("/1", "/2", "/3")}
        site.pages["/a.xml.gz"] = Answer(gzip.compress(sitemap("/1", "/2", site=site)))
        site.pages["/b.xml"] = Answer(sitemap("/3", site=site))
        site.pages["/nested.xml"] = Answer(sitemap("/a.xml.gz", site=site, index=True))
        site.pages["/index.xml"] = Answer(
            sitemap("/a.xml.gz", "/b.xml", "/gone.xml", "/nested.xml", site=site, index=True)
        )
        done = fetched("/index.xml")
        assert site.pages_asked()[:5] == ["/index.xml", "/nested.xml", "/gone.xml", "/b.xml", "/a.xml.gz"]
        assert sorted(kept.url for kept in done.kept) == [site.url(f"/{n}") for n in (1, 2, 3)]
        assert [(issue.origin, issue.message) for issue in done.issues] == [
            (
                site.url("/nested.xml"),
                "is no sitemap, though an index lists it as one; indexes within are not followed",
            ),
            (site.url("/gone.xml"), "answered 404 Not Found"),
        ]

    def test_a_packed_sitemap_that_is_a_bomb(self, site: Site, fetched: Gather) -> None:
        site.pages["/map.xml.gz"] = Answer(gzip.compress(b"<urlset>" + b" " * 3_000_000))
        assert said(fetched("/map.xml.gz", limits=Limits(size=1_000_000, seconds=3, pause=0))) == [
            "has more than 1 MB, which is the limit of a page"
        ]

    def test_a_front_page_gives_way_to_its_feed(self, site: Site, fetched: Gather) -> None:
        link = "<html><head><link rel='alternate' type='application/rss+xml' href='feed'></head><p>Front</p></html>"
        site.pages = {"/": page(link), "/feed": feed(("/1", "")), "/1": article("1"), "/deep/": page(link)}
        done = fetched("/")
        assert [kept.url for kept in done.kept] == [site.url("/1")]
        assert said(done) == [f"is a front page: its feed {site.url('/feed')} is followed instead of it"]
        assert [kept.url for kept in fetched("/deep/").kept] == [site.url("/deep/")]

    def test_a_front_page_without_a_feed_is_a_page(self, site: Site, fetched: Gather) -> None:
        site.pages["/"] = article("Front")
        assert fetched("/").counts == Counts(new=1)

    def test_a_front_page_that_breaks_the_parser_is_a_page(self, site: Site, fetched: Gather) -> None:
        site.pages["/"] = page("<html><![oops[<p>Front</p></html>")
        with pytest.raises(LoadError, match="breaks the parser"):
            read_listing(site.pages["/"].body, site.url())
        assert fetched("/").counts == Counts(new=1)

    def test_links_that_are_none_are_named(self, site: Site, fetched: Gather) -> None:
        site.pages["/feed"] = feed(
            ("http://[x", ""), ("javascript:alert(1)", ""), ("http://user:secret@x.example/", "")
        )
        done = fetched("/feed")
        assert done.counts == Counts(failed=3)
        assert [message.partition(" (")[0] for message in said(done)] == [
            "lists 'Title of http://[x' with neither a link to a web page nor a text",
            "is not a web address: only those that begin with http:// or https:// are fetched",
            "has a user name or password in its address",
        ]
        site.pages["/map.xml"] = Answer(b"<urlset><url><loc>http://[x</loc></url><url><loc>//</loc></url></urlset>")
        done = fetched("/map.xml")
        assert done.counts == Counts(failed=2)
        assert said(done)[0].startswith("has an address that cannot be read (")

    def test_a_sitemap_that_is_broken_from_the_start(self, site: Site, fetched: Gather) -> None:
        site.pages["/map.xml"] = Answer(b"<urlset><oops></urlset>")
        done = fetched("/map.xml")
        assert said(done) == ["is not well-formed XML to its end (mismatched tag: line 1, column 16)"]
        assert done.counts == Counts(failed=1)

    def test_what_a_host_says_cannot_command_the_terminal(self, site: Site, fetched: Gather) -> None:
        site.pages["/x"] = Answer(b"x", headers={"Content-Type": "image/\x1b[31mred"})
        assert said(fetched("/x")) == [
            "is of a kind that is not kept (image/\\x1b[31mred); pages, PDF and text documents are"
        ]

    def test_an_empty_feed_says_so(self, site: Site, fetched: Gather) -> None:
        site.pages["/feed"] = feed()
        assert said(fetched("/feed")) == ["lists no pages"]

    CONTENT = f"<content:encoded><![CDATA[<p>{TEXT}</p><img src=x onerror=alert(1)>]]></content:encoded>"

    def test_the_text_of_a_feed_stands_for_a_page_that_cannot_be_had(self, site: Site, fetched: Gather) -> None:
        site.pages["/feed"] = feed(("/paid", "Mon, 02 Nov 2026 10:00:00 GMT"), content=self.CONTENT)
        site.pages["/paid"] = Answer(status=403)
        done = fetched("/feed")
        (path,) = done.files
        (draft,) = read_file(path)
        assert isinstance(draft, Draft)
        assert (draft.title, draft.url, str(draft.published)) == ("Title of /paid", site.url("/paid"), "2026-11-02")
        assert draft.text.count("The ferry between") == 6
        assert said(done) == [
            "answered 403 Forbidden: it wants a login or refuses programs; save the page from your browser and sync "
            "that file; the text that its feed carries is kept instead"
        ]
        assert b"onerror" not in email.message_from_bytes(path.read_bytes()).get_payload(0).get_payload(decode=True)

        assert fetched("/feed").counts == Counts(unchanged=1)
        site.pages["/feed"] = feed(
            ("/paid", "Mon, 02 Nov 2026 10:00:00 GMT"), content=self.CONTENT.replace("winter", "spring")
        )
        assert fetched("/feed").counts == Counts(changed=1)
        site.pages["/paid"] = article("Now free")
        assert (fetched("/feed").files, fetched("/feed").counts) == ((path,), Counts(unchanged=1))

    def test_a_page_fetched_before_is_worth_more_than_the_text_of_a_feed(self, site: Site, fetched: Gather) -> None:
        site.pages = {"/1": article("Whole"), "/feed": feed(("/1", ""), content=self.CONTENT)}
        (path,) = fetched("/feed").files
        before = path.read_bytes()
        site.pages["/1"] = Answer(status=500)
        assert fetched("/feed").files == (path,)
        assert path.read_bytes() == before

    def test_entries_without_links_are_kept_with_their_text(self, site: Site, fetched: Gather) -> None:
        items = "".join(f"<item><title>T{n}</title><description>{TEXT} {n}</description></item>" for n in range(3))
        site.pages["/feed"] = Answer(f"<rss version='2.0'><channel>{items}</channel></rss>".encode())
        done = fetched("/feed")
        assert done.counts == Counts(new=3)
        drafts = [draft for path in done.files for draft in read_file(path)]
        assert [(draft.title, draft.url) for draft in drafts if isinstance(draft, Draft)] == [
            (f"T{n}", site.url("/feed")) for n in range(3)
        ]
        assert fetched("/feed").counts == Counts(unchanged=3)


class TestManners:
    def test_robots_txt_is_asked_once_and_honoured(self, site: Site, fetched: Gather) -> None:
        rules = "User-agent: *\nDisallow: /\n\nUser-agent: article-rag\nDisallow: /private/\nDisallow: /*?print=\n"
        site.pages = {path: article(path) for path in ("/1", "/private/2", "/3?print=1")}
        site.pages["/robots.txt"] = Answer(rules.encode())
        done = fetched("/1", "/private/2", "/3?print=1")
        assert site.asked == ["/robots.txt", "/1"]
        assert said(done) == ["was not fetched: robots.txt of example.org asks not to"] * 2

    def test_a_redirect_is_judged_by_the_rules_of_where_it_leads(self, site: Site, fetched: Gather) -> None:
        site.pages = {"/1": moved("/private/2"), "/private/2": article("2")}
        site.pages["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /private/")
        assert said(fetched("/1")) == [
            f"redirects to {site.url('/private/2')}, which was not fetched: robots.txt of example.org asks not to"
        ]

    @pytest.mark.parametrize("status", [500, 503, 429])
    def test_a_robots_txt_that_cannot_be_had_forbids(self, site: Site, fetched: Gather, status: int) -> None:
        site.pages = {"/1": article("1"), "/2": article("2"), "/robots.txt": Answer(status=status)}
        done = fetched("/1", "/2")
        assert site.asked == ["/robots.txt"]
        assert said(done) == [
            f"was not fetched: robots.txt of example.org answered {status}, so that its rules are not known; "
            "run the same command again later"
        ] * 2  # fmt: skip

    @pytest.mark.parametrize("answer", [Answer(status=404), Answer(status=403), Answer(b"\xff\x00<html>")])
    def test_without_rules_all_is_allowed(self, site: Site, fetched: Gather, answer: Answer) -> None:
        site.pages = {"/1": article("1"), "/robots.txt": answer}
        assert fetched("/1").counts == Counts(new=1)

    def test_a_pause_between_two_requests_of_a_host(self, site: Site, fetched: Gather) -> None:
        site.pages = {"/1": article("1"), "/2": article("2")}
        began = time.monotonic()
        fetched("/1", "/2", limits=Limits(pause=0.2))
        assert time.monotonic() - began >= 0.4

    def test_a_host_that_asks_for_a_longer_pause_gets_it(self, site: Site, fetched: Gather) -> None:
        site.pages = {"/1": article("1"), "/robots.txt": Answer(b"User-agent: *\nCrawl-delay: 0.5")}
        began = time.monotonic()
        fetched("/1", limits=Limits(pause=0.01))
        assert time.monotonic() - began >= 0.5

    def test_a_host_that_has_enough_is_left_alone(self, site: Site, fetched: Gather) -> None:
        site.pages = {"/1": Answer(status=429), "/2": article("2")}
        done = fetched("/1", "/2")
        assert site.pages_asked() == ["/1"]
        assert said(done) == [
            "answered 429 Too Many Requests",
            "was not asked for: example.org answered 429 and wants no more requests now; "
            "run the same command again later",
        ]

    def test_a_host_that_is_silent_three_times_is_left_alone(self, site: Site, fetched: Gather) -> None:
        def silent(out: Any) -> None:
            time.sleep(0.5)

        site.pages = {f"/{n}": Answer(raw=silent) for n in range(5)}
        done = fetched(*site.pages, limits=Limits(seconds=0.2, pause=0))
        assert site.pages_asked() == ["/0", "/1", "/2"]
        assert said(done)[3:] == [
            "was not asked for: example.org did not answer 3 times in a row; run the same command again later"
        ] * 2  # fmt: skip


class TestEnds:
    def test_one_bad_address_ends_nothing(self, site: Site, folder: Path) -> None:
        site.pages["/1"] = article("1")
        urls = ["nonsense", "http://user:secret@example.org/", site.url("/none"), site.url("/1")]
        done = gather(urls, folder, limits=QUICK, guard=site.guard())
        assert done.counts == Counts(new=1, failed=3)
        assert [issue.origin for issue in done.issues] == ["nonsense", "http://example.org/", site.url("/none")]
        assert "secret" not in repr(done) + (folder / NAME).read_text()

    def test_nothing_is_made_where_nothing_is_had(self, site: Site, folder: Path, fetched: Gather) -> None:
        assert fetched("/none").files == ()
        assert not folder.exists()

    def test_stop_is_asked_between_pages(self, site: Site, fetched: Gather) -> None:
        site.pages = {path: article(path) for path in ("/1", "/2", "/3")}
        site.pages["/feed"] = feed(("/1", ""), ("/2", ""), ("/3", ""))
        done = fetched("/feed", "/3", stop=lambda: "/1" in site.asked)
        assert site.pages_asked() == ["/feed", "/1"]
        assert [kept.url for kept in done.kept] == [site.url("/1")]

    def test_an_interrupt_keeps_what_was_fetched(self, site: Site, folder: Path, fetched: Gather) -> None:
        site.pages = {path: page(path, ETag=f'"{path}"') for path in ("/1", "/2", "/3")}
        site.pages["/feed"] = feed(("/1", ""), ("/2", ""), ("/3", ""))

        def interrupt(step: Step) -> None:
            if step.done == 2:
                raise KeyboardInterrupt

        with pytest.raises(Interrupted, match=r"The 2 pages fetched so far are kept; run the same command to go on"):
            fetched("/feed", on_page=interrupt)
        assert len(list(folder.glob("*/*.mhtml"))) == 2
        assert fetched("/feed").counts == Counts(new=1, unchanged=2)

    def test_a_disk_that_refuses_is_an_error_of_its_own(self, site: Site, folder: Path, fetched: Gather) -> None:
        site.pages["/1"] = article("1")
        folder.mkdir()
        (folder / "example.org").write_text("in the way")
        with pytest.raises(StorageError, match="Could not finish keeping http"):
            fetched("/1")

    def test_what_is_kept_names_its_file_and_its_address(self, site: Site, fetched: Gather) -> None:
        site.pages["/1"] = article("1")
        done = fetched("/1")
        assert done.kept == (Kept(done.files[0], site.url("/1")),)
