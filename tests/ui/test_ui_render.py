"""What is shown of an answer, and that nothing of it is taken for markup."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html.parser import HTMLParser

import pytest
from ui_fakes import BRIDGE, LIBRARY, SWAP, FakeInfo, answered, cite, refused, whole
from ui_payloads import PAYLOADS, poisoned_answer

from rag.types import Citation, Passage
from ui import render
from ui.passage import WHOLE, card

QUOTE = SWAP.text.split("\n")[1]
TAGS = {
    *("div", "section", "article", "header", "p", "h1", "h2", "h3", "a", "span", "mark", "time", "bdi"),
    *("details", "summary"),
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
        self.text = ""
        self._marking = 0
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

    def handle_endtag(self, tag: str) -> None:
        self._marking -= tag == "mark"

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._marking:
            self.marks[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("has_answer", [True, False], ids=["answer", "refusal"])
def test_markup_in_every_field_stays_text(payload: str, has_answer: bool) -> None:
    read = Reader(render.answer(poisoned_answer(payload, answered=has_answer)))
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
