"""What is shown of an answer, and that nothing of it is taken for markup."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from ui_fakes import BRIDGE, LIBRARY, SWAP, FakeInfo, answered, cite, refused, short, side, whole
from ui_payloads import PAYLOADS, poisoned_answer

from rag.types import Answer, Citation, Passage, Short
from ui import render
from ui.markup import plain
from ui.passage import WHOLE, card

QUOTE = SWAP.text.split("\n")[1]
TAGS = {
    *("div", "section", "article", "header", "p", "h1", "h2", "h3", "a", "span", "mark", "time", "bdi"),
    *("details", "summary", "strong", "ul", "li"),
}
ATTRIBUTES = {
    *("class", "id", "href", "target", "rel", "dir", "title", "role", "tabindex", "datetime"),
    *("aria-label", "aria-hidden", "aria-describedby"),
}


class Reader(HTMLParser):
    """Collects the tags, attributes, links and text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.marks: list[str] = []
        self.strong: list[str] = []
        self.sentences: list[str] = []
        self.text = ""
        self._marking = 0
        self._inside: list[list[str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag == "mark":
            self._marking += 1
            self.marks.append("")
        if tag == "strong":
            self.strong.append("")
            self._inside.append(self.strong)
        if ("class", "rag-sentence") in attrs:
            self.sentences.append("")
            self._inside.append(self.sentences)
        if ("class", "rag-cite") in attrs and self._inside:
            self._inside.pop()

    def handle_endtag(self, tag: str) -> None:
        self._marking -= tag == "mark"
        if tag == "strong":
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._marking:
            self.marks[-1] += data
        for kept in self._inside:
            kept[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


KINDS = {
    "answer": {"answered": True},
    "sides": {"answered": True, "differ": True},
    "refusal": {"answered": False},
}


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("kind", KINDS)
def test_markup_in_every_field_stays_text(payload: str, kind: str) -> None:
    read = Reader(render.answer(poisoned_answer(payload, **KINDS[kind])))
    assert set(read.tags) <= TAGS
    assert read.attributes <= ATTRIBUTES
    assert all(link.startswith(("#source-", "#cite-")) for link in read.links)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_errors_and_library_names_stays_text(payload: str) -> None:
    html = render.problem(payload) + render.header(replace(FakeInfo(), path=payload))  # type: ignore[arg-type]
    read = Reader(html)
    assert set(read.tags) <= {"div", "p", "h1"}
    assert read.links == []


def test_numbers_lead_to_quotes_and_back() -> None:
    result = answered("Who?", cite(1, SWAP, QUOTE), cite(2, BRIDGE, "A ferry"), passages=_all())
    read = Reader(render.answer(result))
    assert [link for link in read.links if link.startswith("#")] == [
        "#source-1",
        "#source-2",
        "#cite-1",
        "#cite-2",
    ]
    assert {link[1:] for link in read.links if link.startswith("#")} <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))
    assert read.marks == [QUOTE, "A ferry"]


# -- the short answer -----------------------------------------------------------------------------------------------


def test_the_short_answer_stands_out_inside_its_quote() -> None:
    first = cite(1, SWAP, QUOTE)
    result = answered("Who?", first, cite(2, BRIDGE, "A ferry"), passages=_all(), words=short(first, "Turkey's spy"))
    html = render.answer(result)
    assert 'supervised by <strong class="rag-short">Turkey&#x27;s spy</strong> service' in html
    assert Reader(html).strong == ["Turkey's spy"]
    assert Reader(html).sentences == [QUOTE, "A ferry"]


@pytest.mark.parametrize(
    ("words", "html"),
    [
        pytest.param("A", '<strong class="rag-short">A</strong> ferry<a', id="at the start"),
        pytest.param("ferry", 'A <strong class="rag-short">ferry</strong><a', id="at the end"),
        pytest.param("A ferry", '><strong class="rag-short">A ferry</strong><a', id="all of it"),
    ],
)
def test_a_short_answer_may_be_at_either_end_of_its_quote(words: str, html: str) -> None:
    first = cite(1, BRIDGE, "A ferry")
    assert html in render.answer(answered("How?", first, passages=_all(), words=short(first, words)))


FERRY = BRIDGE.text.index("A ferry")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"article_id": "a1"}, id="of another article"),
        pytest.param({"start": FERRY - 1}, id="begins before the quote"),
        pytest.param({"end": FERRY + 8}, id="ends behind the quote"),
        pytest.param({"start": 0, "end": 5}, id="elsewhere"),
        pytest.param({"end": FERRY + 2}, id="of no length"),
        pytest.param({"end": FERRY + 1}, id="the wrong way"),
    ],
)
def test_words_that_do_not_stand_in_a_quote_are_not_shown_there(change: dict[str, Any]) -> None:
    first = cite(1, BRIDGE, "A ferry")
    words = replace(short(first, "ferry"), **change)
    read = Reader(render.answer(answered("How?", first, passages=_all(), words=words)))
    assert (read.strong, read.sentences) == ([], ["A ferry"])


def test_where_the_whole_sentence_answers_nothing_stands_out() -> None:
    html = render.answer(answered("Why?", cite(1, SWAP, QUOTE), passages=_all()))
    assert "<strong" not in html and "rag-differ" not in html


def test_of_two_quotes_with_the_same_words_each_is_shown() -> None:
    """One article can be quoted twice over the same range."""
    one, two = cite(1, BRIDGE, "A ferry will carry"), cite(2, BRIDGE, "ferry will carry people")
    read = Reader(render.answer(answered("How?", one, two, passages=_all(), words=short(one, "ferry"))))
    assert read.strong == ["ferry", "ferry"]
    assert read.sentences == ["A ferry will carry", "ferry will carry people"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_around_and_inside_a_short_answer_stays_text(payload: str) -> None:
    """Wherever a quote is cut, its words are shown whole, and no piece of it becomes markup."""
    article = replace(BRIDGE, text=f"Before {payload} after.")
    citation = cite(1, article, f"{payload} after")
    for start, end in ((0, 1), (1, len(payload)), (len(payload) // 2, len(payload) + 3), (0, len(citation.quote))):
        words = Short(citation.quote[start:end], article.id, citation.start + start, citation.start + end, 1)
        html = render.answer(answered("Who?", citation, passages=(), words=words))
        read = Reader(html)
        assert set(read.tags) <= TAGS and read.attributes <= ATTRIBUTES
        assert read.tags.count("strong") == 1
        assert read.strong == [plain(words.text)]
        assert read.sentences == [plain(citation.quote)]


def test_a_refusal_shows_no_short_answer() -> None:
    withheld = replace(refused("Who?", _all()), short=short(cite(1, BRIDGE, "A ferry"), "ferry"))
    assert "<strong" not in render.answer(withheld)


# -- sources that differ --------------------------------------------------------------------------------------------

WEEKS = replace(BRIDGE, id="a4", text="The bridge will close for <nine> weeks, it said.", published=date(2024, 8, 9))
DAYS = replace(LIBRARY, id="a5", text="It will be closed for forty days.")


def differing() -> Answer:
    """Two sources say eleven weeks, the newest nine, one without a date forty days."""
    nine = cite(1, WEEKS, "The bridge will close for <nine> weeks")
    eleven = cite(2, BRIDGE, "The county will close Pell Harbour Bridge for eleven weeks")
    too = cite(3, SWAP, "Ten of the 26")
    forty = cite(4, DAYS, DAYS.text)
    sides = (side(nine, words="<nine>"), side(eleven, too, words="eleven"), side(forty, words="forty days"))
    passages = (whole(WEEKS), whole(BRIDGE), whole(SWAP))
    return answered("How long?", nine, eleven, too, forty, passages=passages, words=sides[0].short, sides=sides)


def test_sides_are_listed_with_their_sources_and_dates() -> None:
    html = render.answer(differing())
    listed = re.search(r'<div class="rag-differ"><p>The sources differ:</p><ul>(.*?)</ul></div>', html)
    assert listed
    nine, eleven, forty = re.findall(r"<li dir=\"auto\">(.*?)</li>", listed[1])
    assert nine == (
        '<strong>&lt;nine&gt;</strong> <a class="rag-cite" href="#source-1" aria-label="Source 1">[1]</a> '
        '<time datetime="2024-08-09">9 August 2024</time>'
    )
    assert Reader(eleven).links == ["#source-2", "#source-3"]
    assert Reader(eleven).text == "eleven [2][3] 5 August 2024"
    assert Reader(forty).text == "forty days [4]" and "<time" not in forty


def test_every_quote_shows_the_words_of_its_own_side() -> None:
    html = render.answer(differing())
    sentences = html[html.index('<p class="rag-sentence"') :]
    assert Reader(sentences).strong == ["<nine>", "eleven", "forty days"]
    assert Reader(sentences).sentences == [citation.quote for citation in differing().citations]
    assert 'close for <strong class="rag-short">&lt;nine&gt;</strong> weeks<a' in html


def test_references_of_sides_lead_to_quotes_and_ids_are_there_once() -> None:
    read = Reader(render.answer(differing()))
    assert len(read.ids) == len(set(read.ids))
    links = [link[1:] for link in read.links if link.startswith("#")]
    assert set(links) <= set(read.ids)
    # Each quote is referred to by its side and by its number, and leads back.
    assert sorted(links) == sorted(
        [f"source-{number}" for number in (1, 2, 3, 4)] * 2 + [f"cite-{number}" for number in (1, 2, 3, 4)]
    )


def test_sides_come_before_the_quotes_and_are_read_out_with_them() -> None:
    html = render.answer(differing())
    assert html.index('role="status"') < html.index("rag-differ") < html.index("rag-sentence")
    assert html.index("rag-sentence") < html.index("rag-sources")


def test_sides_of_a_refusal_are_not_shown() -> None:
    refusal = replace(refused("How long?", _all()), sides=differing().sides)
    assert "rag-differ" not in render.answer(refusal)


def test_overlapping_quotes_are_all_marked() -> None:
    one, two = cite(1, BRIDGE, "A ferry will carry"), cite(2, BRIDGE, "will carry people")
    read = Reader(render.answer(answered("How?", one, two, passages=_all())))
    assert "".join(read.marks) == "A ferry will carry people"
    assert read.ids.count("source-1") == read.ids.count("source-2") == 1


@pytest.mark.parametrize(
    "change",
    [{"start": 3, "end": 10}, {"article_id": "gone"}, {"quote": "A fairy"}, {"start": -5, "end": 2}],
    ids=["shifted", "no passage", "other words", "negative"],
)
def test_a_quote_that_no_passage_holds_is_shown_alone(change: dict[str, object]) -> None:
    citation: Citation = replace(cite(1, BRIDGE, "A ferry"), **change)  # type: ignore[arg-type]
    read = Reader(render.answer(answered("How?", citation, passages=_all())))
    assert read.marks == [citation.quote]
    assert "source-1" in read.ids


def test_text_is_shown_unchanged() -> None:
    text = Reader(card(whole(SWAP))).text
    assert SWAP.text in text


def test_noise_is_dimmed_where_it_is() -> None:
    html = card(whole(SWAP))
    assert f'<span class="rag-noise">{SWAP.title}</span>' in html
    assert '<span class="rag-noise">Read more: Fete Moves Indoors After Downpour</span>' in html


def test_a_long_passage_shows_the_neighbourhood_of_its_quote() -> None:
    article = replace(BRIDGE, text="word " * 2_000 + "The answer is here. " + "more " * 2_000)
    read = Reader(card(whole(article), [cite(1, article, "The answer is here.")]))
    assert read.marks == ["The answer is here."]
    assert len(read.text) < WHOLE + 200
    assert "… " in read.text and " …" in read.text
    assert " ord" not in read.text


def test_original_links_open_apart_and_tell_nothing() -> None:
    html = card(whole(SWAP))
    assert f'href="{SWAP.url}" target="_blank" rel="noopener noreferrer"' in html
    assert ">example.com<" in html


def test_an_article_without_source_date_or_address_has_no_byline() -> None:
    assert "rag-byline" not in card(whole(LIBRARY))


def test_a_refusal_shows_reason_scores_and_closest_passages() -> None:
    passages = tuple(whole(BRIDGE, score=0.05 - i / 100) for i in range(5))
    html = render.answer(refused("Why?", passages, "The best sentence reached 0.21 & no more."))
    assert "The best sentence reached 0.21 &amp; no more." in html
    assert "score 0.0500 · meaning 0.710 · words 9.25" in html
    assert "Other passages read (2)" in html
    assert "<mark>" not in html


def test_a_refusal_without_passages_stands_alone() -> None:
    html = render.answer(refused("Why?", ()))
    assert "Closest passages" not in html and "<details" not in html


def test_the_footnote_says_what_made_the_answer() -> None:
    html = render.answer(answered("Q", cite(1, BRIDGE, "A ferry"), passages=_all()))
    assert "generation 3" in html and "fake-encoder" in html and ">53 ms<" in html
    assert "encode 8, meaning 1, words 2, fuse 0, read 40, cite 0" in html


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (1.0, "Very high"),
        (0.8, "Very high"),
        (0.79, "High"),
        (0.45, "Fair"),
        (0.3, "Modest"),
        (0.29, "Low"),
        (0.0, "Low"),
    ],
)
def test_confidence_in_words(value: float, word: str) -> None:
    assert render.confidence_word(value) == word


@dataclass(frozen=True)
class EmptyInfo(FakeInfo):
    articles: int = 0
    chunks: int = 0


def test_counts_and_an_empty_library() -> None:
    assert "3 articles · 1,204 passages" in render.header(FakeInfo())
    assert "1 article · 1 passage" in render.header(replace(FakeInfo(), articles=1, chunks=1))
    assert "no articles yet" in render.welcome(EmptyInfo())


def _all() -> tuple[Passage, ...]:
    return (whole(SWAP), whole(BRIDGE), whole(LIBRARY))
