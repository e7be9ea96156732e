"""Web pages: the article without what stands around it, what is refused, MHTML, headings, plain conversion."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from bench.extraction import Score, measure, stories
from bench.layouts import LAYOUTS, REFUSED
from bench.story import Story, page
from index.draft import Draft, Issue
from index.load import read_file
from index.web import Page, article, kept_page, plain
from rag.errors import LoadError

STORY = Story(
    "Ferry stays out",
    [
        "The harbour was quiet on Monday. Nobody at the quay could say why the ferry had not come in.",
        "The company that runs it sent a message in the evening, and apologised to all who had waited for it.",
        "A second ship will take over on Tuesday, it said, and tickets stay valid until the end of the month.",
    ],
)


def read(tmp_path: Path, name: str, raw: bytes) -> Draft | Issue:
    (tmp_path / name).write_bytes(raw)
    (found,) = read_file(tmp_path / name)
    return found


# -- what is kept and what is let in ---------------------------------------------------------------------------------


def test_articles_are_kept_and_what_stands_around_them_is_not() -> None:
    """The bounds are what `python -m bench.extraction` shows, with a little room."""
    by_layout = measure(stories()[::3])
    whole = sum(by_layout.values(), Score())
    assert len(by_layout) >= 40
    assert whole.share >= 0.99 and whole.noise <= 0.02 and whole.let_in <= 0.03
    assert {name: score.share for name, score in by_layout.items() if score.share < 0.95} == {}
    assert {name: score.noise for name, score in by_layout.items() if score.noise > 0.2} == {}


@pytest.mark.parametrize("name", REFUSED)
def test_pages_that_are_only_a_wall_are_named_as_such(tmp_path: Path, name: str) -> None:
    layout, word = REFUSED[name]
    issue = read(tmp_path, "a.html", layout(STORY).encode())
    assert isinstance(issue, Issue) and word in issue.message


@pytest.mark.parametrize(
    "paragraph",
    [
        "Regulators want sites to make it as easy to reject all cookies as to accept all cookies, a study said. Most "
        "banners fail the test, and visitors rarely manage options at all.",
        "Subscribe to continue reading: with this line the newspaper greets its readers since Monday, and half of them "
        "have left.",
        "The mayor resigned on Tuesday. No reason was given.",
    ],
    ids=["about-cookies", "about-paywalls", "very-short"],
)
def test_a_short_article_about_walls_is_an_article(tmp_path: Path, paragraph: str) -> None:
    found = read(tmp_path, "a.html", LAYOUTS["OneTrust banner"](Story("News in brief", [paragraph])).encode())
    assert isinstance(found, Draft) and paragraph in found.text


def test_a_short_article_on_a_page_with_an_offer_is_an_article(tmp_path: Path) -> None:
    offer = '<div class="promo-subscribe"><p>Subscribe to continue reading our best stories.</p></div>'
    found = read(tmp_path, "a.html", page(STORY, f"<article>{STORY.body()}</article>{offer}").encode())
    assert isinstance(found, Draft) and STORY.paragraphs[2] in found.text


@pytest.mark.parametrize(
    "inner",
    [
        '<section id="related-work"><h2>Related work</h2>{}</section>',
        '<section id="discussion"><h2>Discussion</h2>{}</section>',
        '<div class="tag-comments category-newsletter">{}</div>',
        '<div class="paywall">{}</div>',
        '<form id="aspnetForm">{}</form>',
    ],
)
def test_body_text_with_the_names_of_clutter_is_kept(tmp_path: Path, inner: str) -> None:
    html = page(STORY, f"<article><p>{STORY.paragraphs[0]}</p>{inner.format(STORY.body())}</article>")
    found = read(tmp_path, "a.html", html.encode())
    assert isinstance(found, Draft)
    assert all(paragraph in found.text for paragraph in STORY.paragraphs)


# -- facts ----------------------------------------------------------------------------------------------------------


def test_facts_of_a_page(tmp_path: Path) -> None:
    found = read(
        tmp_path, "a.html", page(STORY, f"<article>{STORY.body()}</article>", attributes='lang="de-AT"').encode()
    )
    assert isinstance(found, Draft)
    assert (found.title, found.source, found.author) == ("Ferry stays out", "The Daily Beacon", "Ida Holm")
    assert (found.url, found.published, found.language) == ("https://beacon.example/story", date(2024, 8, 2), "de")


def test_the_day_and_the_language_in_other_places(tmp_path: Path) -> None:
    data = json.dumps(
        {"@graph": [{"@type": "NewsArticle", "datePublished": "2023-05-04", "dateModified": "2024-01-01"}]}
    )
    head = f'<script type="application/ld+json">{data}</script><meta property="og:locale" content="fr_CA">'
    html = f"<html><head><title>Ferry</title>{head}</head><body><article>{STORY.body()}</article></body></html>"
    found = read(tmp_path, "a.html", html.encode())
    assert isinstance(found, Draft)
    assert (found.published, found.language) == (date(2023, 5, 4), "fr")


def test_a_page_without_a_date_stays_undated(tmp_path: Path) -> None:
    html = f"<html><body><article>{STORY.body()}<p>It opened on 4 May 1999.</p></article><p>© 2019</p></body></html>"
    found = read(tmp_path, "a.html", html.encode())
    assert isinstance(found, Draft) and found.published is None


def test_headings_are_marks_at_exact_places(tmp_path: Path) -> None:
    first, second, third = STORY.paragraphs
    later = f"<h2>What was  <em>said</em></h2><p>{second}</p><h3>Next</h3><p>{third}</p>"
    body = f"<h1>{STORY.title}</h1><p>{first}</p>{later}"
    found = read(tmp_path, "a.html", page(STORY, f"<article>{body}</article>").encode())
    assert isinstance(found, Draft)
    assert [mark.label for mark in found.marks] == ["Ferry stays out", "What was said", "Next"]
    assert all(found.text[mark.start : mark.end] == mark.label and mark.kind == "heading" for mark in found.marks)
    assert found.text == "\n\n".join([STORY.title, first, "What was said", second, "Next", third])


def test_tables_and_lists_are_lines(tmp_path: Path) -> None:
    table = "<table><tr><th>Port</th><th>Ships</th></tr><tr><td>Harwick</td><td>12</td></tr></table>"
    html = page(STORY, f"<article>{STORY.body()}{table}<ul><li>One ship</li><li>Two ships</li></ul></article>")
    found = read(tmp_path, "a.html", html.encode())
    assert isinstance(found, Draft)
    assert found.text.split("\n\n")[-4:] == ["Port | Ships", "Harwick | 12", "- One ship", "- Two ships"]


# -- MHTML ----------------------------------------------------------------------------------------------------------


def kept(html: str, encoding: str = "utf-8", location: str = "https://beacon.example/a?x=1&y=%20#top") -> bytes:
    import base64

    body = base64.encodebytes(html.encode(encoding)).decode()
    return (
        "From: <Saved by a browser>\r\nSnapshot-Content-Location: https://other.example/\r\nSubject: Kept title\r\n"
        "Date: Sat, 3 Aug 2024 10:00:00 -0000\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related; type="text/html"; boundary="--x"\r\n\r\n----x\r\n'
        f"Content-Type: text/html; charset={encoding}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Location: {location}\r\n\r\n{body}\r\n----x\r\n"
        "Content-Type: text/html\r\nContent-Location: cid:frame\r\n\r\n<p>A frame with an offer</p>\r\n----x--\r\n"
    ).encode()


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "iso-8859-15"])
def test_a_kept_page(tmp_path: Path, encoding: str) -> None:
    word = "Паром" if encoding == "windows-1251" else "Fähre"
    story = Story(STORY.title, [f"{word} {text}" for text in STORY.paragraphs])
    found = read(tmp_path, "a.mhtml", kept(page(story, f"<article>{story.body()}</article>"), encoding))
    assert isinstance(found, Draft)
    assert (found.url, found.title, found.published) == (
        "https://beacon.example/a?x=1&y=%20#top", "Ferry stays out", date(2024, 8, 2)
    )  # fmt: skip
    assert found.text == "\n\n".join(story.paragraphs)


def test_what_a_kept_page_does_not_say_its_headers_do(tmp_path: Path) -> None:
    found = read(tmp_path, "a.mht", kept(f"<html><body><article>{STORY.body()}</article></body></html>"))
    assert isinstance(found, Draft)
    assert (found.title, found.published, found.source) == ("Kept title", date(2024, 8, 3), "beacon.example")


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("https://beacon.example/" + "long/" * 30, "https://beacon.example/" + "long/" * 30),
        ("https://beacon.example/folded/\r\n over/lines", "https://beacon.example/folded/over/lines"),
        ("cid:frame-1@x", None),
        ("file:///C:/a.html", None),
    ],
)
def test_the_address_is_exact(location: str, url: str | None) -> None:
    assert kept_page(kept("<p>x</p>", location=location)).url == url


def test_a_message_is_no_kept_page(tmp_path: Path) -> None:
    issue = read(tmp_path, "a.mhtml", b"Subject: x\n\nWords.")
    assert isinstance(issue, Issue) and issue.message.startswith("holds no web page")


# -- plain conversion and limits -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two &amp; three</p>", "One\n\nTwo & three"),
        ("One<br>Two<br><br>Three", "One\nTwo\n\nThree"),
        ("<div>One <b>bold</b>word</div>\n<div>  Two\n lines </div>", "One boldword\n\nTwo lines"),
        ("<p>Seen</p><p style='display: none'>Hidden</p><p hidden>Too</p>after", "Seen\n\nafter"),
        ("<script>x()</script><style>p{}</style><p>Seen</p>", "Seen"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td><p>c</p></td></tr></table>", "a | b\n\nc"),
        ("<ul><li>One</li><li>Two</li></ul>", "- One\n\n- Two"),
        ("", ""),
        ("<!-- nothing -->", ""),
    ],
)
def test_plain(html: str, text: str) -> None:
    assert plain(html)[0] == text


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<div>" * 50_000 + "<p>Deep.</p>", id="deep"),
        pytest.param("<b><i><p>" * 5_000, id="misnested"),
        pytest.param("<div class='share'>" * 5_000 + "word " * 50_000, id="nested-clutter"),
        pytest.param("<table><tr><td>" * 3_000 + "x", id="nested-tables"),
        pytest.param("<span class='metered'>to continue reading " * 3_000, id="nested-walls"),
        pytest.param("<p " + "a=b " * 100_000 + ">x", id="attributes"),
        pytest.param("<script type='application/ld+json'>" + "[" * 100_000 + "</script>", id="nested-data"),
    ],
)
@pytest.mark.timeout(20)
def test_pages_that_are_meant_to_take_long_do_not(body: str) -> None:
    try:
        assert article(Page(f"<html><body>{body}</body></html>"), "a.html", 0).text
    except LoadError as error:
        assert "no article text" in str(error)
