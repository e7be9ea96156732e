"""Copies of a text on the page: folded under what they copy, each to be opened, nothing of them taken for markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from ui_fakes import BRIDGE, LIBRARY, SWAP, FakeLibrary, answered, cite, refused, side, whole
from ui_payloads import PAYLOADS
from ui_reading import ATTRIBUTES, TAGS, Reader

from rag.copies import Copies
from rag.types import Copy
from ui import render
from ui.articles import read
from ui.copies import family
from ui.passage import card

QUOTE = SWAP.text.split("\n")[1]
WIRE = Copy("w1", "Swap <in> Ankara", "Northgate Wire", "https://example.com/w", date(2024, 8, 1), True, False, 12, 90)
LATE = Copy("l9", "", "Courier & Co", None, date(2024, 8, 3), False, True)


def test_the_copies_of_a_source_are_folded_under_it_and_open_at_the_quote() -> None:
    cited = replace(cite(1, SWAP, QUOTE), copies=(WIRE, LATE), more_copies=3, original=False, newest=False)
    html = render.turn(answered("Who?", cited, passages=()), "Who?", 2)
    assert html.count('<details class="rag-also"><summary>5 other copies of this text</summary>') == 1
    assert (
        '<a class="rag-open" href="#turn-2" data-article="w1" data-start="12" data-end="90" dir="auto">'
        "Swap &lt;in&gt; Ankara</a>"
    ) in html
    text = Reader(html[html.index('<details class="rag-also">') : html.index("</details>")]).text
    assert text == (
        "5 other copies of this text"
        "Swap <in> Ankara"
        "Northgate Wire · 1 August 2024 · example.com ↗ (original article, opens in a new tab) · original"
        "UntitledCourier & Co · 3 August 2024 · newest · worded differently"
        "and 3 more"
    )


@pytest.mark.parametrize(
    ("original", "newest", "said"),
    [(True, False, " · original"), (True, True, " · original"), (False, True, " · newest"), (False, False, "")],
)
def test_a_source_says_what_it_is_among_its_copies(original: bool, newest: bool, said: str) -> None:
    cited = replace(cite(1, BRIDGE, "A ferry"), url=None, copies=(LATE,), original=original, newest=newest)
    html = render.turn(answered("Who?", cited, passages=()), "Who?", 1)
    row = html[html.index("<li value") : html.index("<details")]
    assert Reader(row).text == f"Pell Harbour Bridge to Close for Eleven WeeksHarbour Courier · 5 August 2024{said}"
    assert "1 other copy of this text" in html


def test_a_source_without_copies_says_nothing_of_them() -> None:
    html = render.turn(answered("Who?", cite(1, SWAP, QUOTE), passages=(whole(SWAP),)), "Who?", 1)
    assert "rag-also" not in html
    assert "cop" not in Reader(html).text.lower()
    assert " · original<" not in html


def test_versions_that_differ_are_not_called_sources() -> None:
    cited = cite(1, SWAP, QUOTE), cite(2, BRIDGE, "A ferry")
    sides = side(cited[0], words="Thursday"), side(cited[1], words="ferry")
    differ = answered("When?", *cited, passages=(), sides=sides)
    assert "<p>The sources differ:</p>" in render.turn(differ, "When?", 1)
    assert "<p>Versions of one text differ:</p>" in render.turn(replace(differ, revised=True), "When?", 1)


def test_a_passage_tells_how_many_copies_are_not_shown() -> None:
    assert Reader(card(replace(whole(LIBRARY), copies=1))).text.count("1 other copy") == 1
    assert "2 other copies" in Reader(card(replace(whole(BRIDGE), copies=2))).text
    assert "cop" not in Reader(card(replace(whole(LIBRARY), text="Nothing.", end=8))).text
    refusal = refused("Who?", (replace(whole(BRIDGE), copies=2),))
    assert Reader(render.turn(refusal, "Who?", 1)).text.count("opens in a new tab) · 2 other copies") == 1


def test_the_reader_of_an_article_names_its_copies() -> None:
    library = FakeLibrary(copied={"a2": Copies(False, True, (WIRE, LATE), 1)})
    html = read(library, {"article": "a2"})
    assert '<p class="rag-byline">This is the newest of 4 copies.</p>' in html
    assert '<button type="button" class="rag-plain rag-read" data-article="l9" dir="auto">Untitled</button>' in html
    # Where nothing is quoted, nothing is said of other words.
    assert "worded differently" not in html
    assert "rag-also" not in read(library, {"article": "a1"})
    assert "rag-also" not in read(library, {"article": "a2", "from": "20"})
    between = FakeLibrary(copied={"a2": Copies(False, False, (WIRE,))})
    assert "This is the" not in read(between, {"article": "a2"})


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_copies_stays_text(payload: str) -> None:
    poisoned = Copy(payload, payload, payload, payload, None, False, True)
    cited = replace(cite(1, SWAP, QUOTE), copies=(poisoned,), original=False)
    html = render.turn(answered("Who?", cited, passages=()), "Who?", 1) + family(Copies(others=(poisoned,)))
    parsed = Reader(html)
    assert set(parsed.tags) <= TAGS
    assert parsed.attributes <= ATTRIBUTES
    assert [link for link in parsed.links if link.startswith("http")] == [SWAP.url]
