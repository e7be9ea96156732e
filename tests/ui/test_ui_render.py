"""What is shown of an answer, and that nothing of it is taken for markup."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from ui_fakes import BRIDGE, LIBRARY, SWAP, FakeInfo, answered, cite, refused, short, side, whole
from ui_payloads import PAYLOADS, poisoned_answer
from ui_reading import ATTRIBUTES, TAGS, Reader

from rag.types import Answer, Filters, Passage, Short
from ui import render
from ui.markup import plain
from ui.passage import WHOLE, card

QUOTE = SWAP.text.split("\n")[1]
KINDS = {
    "answer": {"answered": True},
    "sides": {"answered": True, "differ": True},
    "refusal": {"answered": False},
}


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("kind", KINDS)
def test_markup_in_every_field_stays_text(payload: str, kind: str) -> None:
    read = Reader(render.turn(poisoned_answer(payload, **KINDS[kind]), payload, 1))
    assert set(read.tags) <= TAGS
    assert read.attributes <= ATTRIBUTES
    assert set(read.links) <= {"#turn-1", "#rag-source"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_errors_and_library_names_stays_text(payload: str) -> None:
    named = replace(FakeInfo(), path=payload)  # type: ignore[arg-type]
    html = render.problem(payload) + render.header(named) + render.failed(payload, payload)
    read = Reader(html + render.welcome(named, [payload]) + render.source_list([(payload, 3)]))
    assert set(read.tags) <= {"div", "p", "h1", "h2", "article", "ul", "li", "button", "label", "input", "bdi", "span"}
    assert read.links == []


def shown(result: Answer, asked: str | None = None) -> str:
    """The answer as the newest turn of a conversation."""
    return render.turn(result, result.question if asked is None else asked, 1)


def test_numbers_open_their_quotes() -> None:
    first = cite(1, SWAP, QUOTE)
    result = answered("Who?", first, cite(2, BRIDGE, "A ferry"), passages=_all(), words=short(first, "Turkey's spy"))
    html = shown(result)
    ferry = BRIDGE.text.index("A ferry")
    start = SWAP.text.index(QUOTE)
    at = SWAP.text.index("Turkey's spy")
    assert (
        f'<a class="rag-cite" href="#turn-1" data-article="a1" data-start="{start}" data-end="{start + len(QUOTE)}" '
        f'data-number="1" data-short="{at}-{at + 12}" aria-label="Source 1">&#8288;[1]</a>'
    ) in html
    assert html.count(f'data-article="a2" data-start="{ferry}" data-end="{ferry + 7}" data-number="2"') == 2
    assert Reader(html).ids == ["turn-1", "rag-tip-1"]


def test_sources_are_listed_with_title_source_date_and_original() -> None:
    html = shown(answered("Who?", cite(1, SWAP, QUOTE), cite(2, LIBRARY, "the mayor cut a ribbon"), passages=()))
    first, second = re.findall(r"<li value=(.*?)</li>", html)
    assert Reader(f"<li value={first}").text == (
        "East and West Free Detainees in Turkish CapitalThe Millbrook Gazette · 2 August 2024 · "
        "example.com ↗ (original article, opens in a new tab)"
    )
    assert Reader(f"<li value={second}").text == "Ostermere Library Reopens With Book Swapundated"


def test_the_address_of_an_answer_is_in_its_turn() -> None:
    result = answered("Who?", cite(1, SWAP, QUOTE), passages=())
    filters = Filters(date(2024, 1, 1), date(2024, 12, 31), ("A, B", "<C>"), as_of=date(2025, 1, 1))
    made = replace(result, provenance=replace(result.provenance, filters=filters))
    head = shown(made, "Who  was it?").split(">")[0]
    assert 'data-q="Who  was it?" data-after="2024-01-01" data-before="2024-12-31" data-as-of="2025-01-01"' in head
    assert 'data-source="A, B\n&lt;C&gt;"' in head
    assert "data-after" not in shown(result).split(">")[0]


def test_how_a_follow_up_was_understood_is_said() -> None:
    result = answered("How old is Paul Whelan?", cite(1, SWAP, QUOTE), passages=())
    assert "Understood as: How old is Paul Whelan?" in shown(result, "How old is he?")
    assert "Understood as" not in shown(result, "How  old is Paul\nWhelan?")


def test_an_older_turn_leaves_out_the_passages_that_were_read() -> None:
    result = answered("Who?", cite(1, SWAP, QUOTE), passages=_all())
    assert "Passages read (3)" in shown(result)
    assert "Passages read" not in render.turn(result, "Who?", 1, newest=False)


def test_an_answer_can_be_kept_as_an_eval_case() -> None:
    first = cite(1, SWAP, QUOTE)
    made = answered("Who?", first, passages=(), words=short(first, "Turkey's spy"))
    html = shown(replace(made, provenance=replace(made.provenance, as_of=date(2024, 8, 3))))
    assert 'data-answer="Turkey&#x27;s spy" data-asked="2024-08-03"' in html
    assert re.findall(r'data-verdict="(\w+)"', html) == ["right", "quote", "unanswerable"]
    assert re.findall(r'data-verdict="(\w+)"', shown(refused("Who?", ()))) == ["quote", "unanswerable"]


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("wait", "Asking…"),
        ("load", "Waking the reader…"),
        ("search", "Searching 1,204 passages…"),
        ("read", "Reading the best passages…"),
        ("cite", "Checking the quotes against the articles…"),
        ("other", "Working…"),
    ],
)
def test_every_stage_is_a_sentence(stage: str, said: str) -> None:
    assert Reader(render.status(stage, FakeInfo())).text == said


# -- the short answer -----------------------------------------------------------------------------------------------


def test_the_short_answer_stands_out_inside_its_quote() -> None:
    first = cite(1, SWAP, QUOTE)
    result = answered("Who?", first, cite(2, BRIDGE, "A ferry"), passages=_all(), words=short(first, "Turkey's spy"))
    html = shown(result)
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
    assert html in shown(answered("How?", first, passages=_all(), words=short(first, words)))


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
    read = Reader(shown(answered("How?", first, passages=_all(), words=words)))
    assert (read.strong, read.sentences) == ([], ["A ferry"])


def test_where_the_whole_sentence_answers_nothing_stands_out() -> None:
    html = shown(answered("Why?", cite(1, SWAP, QUOTE), passages=_all()))
    assert "<strong" not in html and "rag-differ" not in html


def test_of_two_quotes_with_the_same_words_each_is_shown() -> None:
    """One article can be quoted twice over the same range."""
    one, two = cite(1, BRIDGE, "A ferry will carry"), cite(2, BRIDGE, "ferry will carry people")
    read = Reader(shown(answered("How?", one, two, passages=_all(), words=short(one, "ferry"))))
    assert read.strong == ["ferry", "ferry"]
    assert read.sentences == ["A ferry will carry", "ferry will carry people"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_around_and_inside_a_short_answer_stays_text(payload: str) -> None:
    """Wherever a quote is cut, its words are shown whole, and no piece of it becomes markup."""
    article = replace(BRIDGE, text=f"Before {payload} after.")
    citation = cite(1, article, f"{payload} after")
    for start, end in ((0, 1), (1, len(payload)), (len(payload) // 2, len(payload) + 3), (0, len(citation.quote))):
        words = Short(citation.quote[start:end], article.id, citation.start + start, citation.start + end, 1)
        html = shown(answered("Who?", citation, passages=(), words=words))
        read = Reader(html)
        assert set(read.tags) <= TAGS and read.attributes <= ATTRIBUTES
        assert read.tags.count("strong") == 1
        assert read.strong == [plain(words.text)]
        assert read.sentences == [plain(citation.quote)]


def test_a_refusal_shows_no_short_answer() -> None:
    withheld = replace(refused("Who?", _all()), short=short(cite(1, BRIDGE, "A ferry"), "ferry"))
    assert "<strong" not in shown(withheld)


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
    html = shown(differing())
    listed = re.search(r'<div class="rag-differ"><p>The sources differ:</p><ul>(.*?)</ul></div>', html)
    assert listed
    nine, eleven, forty = re.findall(r"<li dir=\"auto\">(.*?)</li>", listed[1])
    assert nine.startswith('<strong>&lt;nine&gt;</strong> <a class="rag-cite"')
    assert nine.endswith('<span class="rag-side-day"><time datetime="2024-08-09">9 August 2024</time></span>')
    assert re.findall(r'data-number="(\d)"', eleven) == ["2", "3"]
    assert Reader(eleven).text == "eleven \u2060[2]\u2060[3]5 August 2024"
    assert Reader(forty).text == "forty days \u2060[4]" and "<time" not in forty


def test_every_quote_shows_the_words_of_its_own_side() -> None:
    html = shown(differing())
    sentences = html[html.index('<p class="rag-sentence"') :]
    assert Reader(sentences).strong == ["<nine>", "eleven", "forty days"]
    assert Reader(sentences).sentences == [citation.quote for citation in differing().citations]
    assert 'close for <strong class="rag-short">&lt;nine&gt;</strong> weeks<a' in html


def test_references_of_sides_open_quotes_and_ids_are_there_once() -> None:
    html = shown(differing())
    read = Reader(html)
    assert len(read.ids) == len(set(read.ids))
    # Each quote is opened by its side, by its number, and by its title.
    assert sorted(re.findall(r'data-number="(\d)"', html)) == sorted("1234" * 3)


def test_sides_come_before_the_quotes_and_are_read_out_with_them() -> None:
    html = shown(differing())
    assert html.index('role="status"') < html.index("rag-differ") < html.index("rag-sentence")
    assert html.index("rag-sentence") < html.index("rag-sources")


def test_sides_of_a_refusal_are_not_shown() -> None:
    refusal = replace(refused("How long?", _all()), sides=differing().sides)
    assert "rag-differ" not in shown(refusal)


def test_text_is_shown_unchanged() -> None:
    text = Reader(card(whole(SWAP))).text
    assert SWAP.text in text


def test_noise_is_dimmed_where_it_is() -> None:
    html = card(whole(SWAP))
    assert f'<span class="rag-noise">{SWAP.title}</span>' in html
    assert '<span class="rag-noise">Read more: Fete Moves Indoors After Downpour</span>' in html


def test_a_long_passage_is_cut_between_words() -> None:
    read = Reader(card(whole(replace(BRIDGE, text="word " * 2_000))))
    assert len(read.text) < WHOLE + 200
    assert read.text.endswith("word …")


def test_original_links_open_apart_and_tell_nothing() -> None:
    html = card(whole(SWAP))
    assert f'href="{SWAP.url}" target="_blank" rel="noopener noreferrer"' in html
    assert ">example.com<" in html


def test_an_article_without_source_date_or_address_has_no_byline() -> None:
    assert "rag-byline" not in card(whole(LIBRARY))


def test_a_refusal_shows_reason_scores_and_closest_passages() -> None:
    passages = tuple(whole(BRIDGE, score=0.05 - i / 100) for i in range(5))
    html = shown(refused("Why?", passages, "The best sentence reached 0.21 & no more."))
    assert "The best sentence reached 0.21 &amp; no more." in html
    assert "score 0.0500 · meaning 0.710 · words 9.25" in html
    assert "Other passages read (2)" in html
    assert "<mark>" not in html


def test_a_refusal_without_passages_stands_alone() -> None:
    html = shown(refused("Why?", ()))
    assert "Closest passages" not in html and "rag-others" not in html


def test_the_footnote_says_what_made_the_answer() -> None:
    html = shown(answered("Q", cite(1, BRIDGE, "A ferry"), passages=_all()))
    assert "generation 3" in html and ">53 ms<" in html
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
