"""The page in a real browser: it works offline, jumps, refuses, and runs nothing from the articles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from chromium import BROWSER
from ui_fakes import BRIDGE, LIBRARY, FakeLibrary, SlowLibrary, answered, cite, side, whole
from ui_visit import BOX, SEEN, WIDE, Visit, served, visiting

from rag.types import Filters

pytestmark = BROWSER


def stocked() -> FakeLibrary:
    """The fake; an answer (`long`) of which two sides are very long words, and questions that fail."""
    library = FakeLibrary()
    one = replace(BRIDGE, text=f"It is {'w' * 200}.")
    other = replace(LIBRARY, text=f"It is {'m' * 200}.")
    first, second = cite(1, one, one.text), cite(2, other, other.text)
    differing = side(first, words="w" * 200), side(second, words="m" * 200)
    library.canned["long"] = answered("long", first, second, passages=(whole(one), whole(other)), sides=differing)
    library.raising = {"boom": ValueError("secret")}
    return library


@pytest.fixture(scope="module")
def library() -> FakeLibrary:
    return stocked()


@pytest.fixture(scope="module")
def url(library: FakeLibrary) -> Iterator[str]:
    yield from served(library)


@pytest.fixture
def visit(browser: Any, url: str) -> Iterator[Visit]:
    visit = visiting(browser, url, viewport={"width": 1024, "height": 768})
    yield visit
    visit.page.close()


def test_a_question_is_answered_offline(visit: Visit) -> None:
    assert visit.page.inner_text("h1") == "news-2024"
    visit.ask("Who mediated the swap?")
    visit.page.wait_for_selector(".rag-sentence")
    assert visit.page.locator(".rag-sentence").count() == 3
    assert visit.page.inner_text(".rag-sentence .rag-short") == "Turkey's spy service"
    assert visit.page.locator(".rag-sources li").count() == 3
    visit.clean()


def test_on_a_wide_screen_the_first_source_opens_beside_the_answer(visit: Visit) -> None:
    visit.ask("Who mediated the swap?")
    visit.page.wait_for_selector(".rag-pane mark")
    pane, talk = (visit.page.locator(name).bounding_box() for name in (".rag-pane", "#rag-talk"))
    assert pane["x"] >= talk["x"] + talk["width"]
    assert visit.page.inner_text(".rag-pane mark .rag-short") == "Turkey's spy service"
    assert visit.page.evaluate(SEEN, "#rag-quote")
    # The question box keeps the keyboard: nobody asked for the source yet.
    assert visit.page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    visit.clean()


def test_on_a_phone_a_source_opens_below_its_answer(browser: Any, url: str) -> None:
    visit = visiting(browser, url, viewport={"width": 390, "height": 800})
    visit.ask("Who mediated the swap?")
    visit.page.wait_for_selector(".rag-sentence")
    assert not visit.page.locator(".rag-pane").is_visible()
    visit.page.click(".rag-cite >> nth=1")
    visit.page.wait_for_selector(".rag-pane mark")
    visit.page.wait_for_function(SEEN, arg="#rag-quote")
    pane, turn = (visit.page.locator(name).bounding_box() for name in (".rag-pane", ".rag-turn"))
    assert pane["y"] >= turn["y"] + turn["height"]
    visit.page.click(".rag-shut")
    assert not visit.page.locator(".rag-pane").is_visible()
    visit.clean()
    visit.page.close()


def test_the_button_and_an_example_ask_too(visit: Visit) -> None:
    visit.page.click(".rag-starter >> nth=0")
    visit.page.wait_for_selector(".rag-refusal")
    assert visit.page.inner_text(".rag-asked").startswith("What is reported about")
    visit.page.fill(BOX, "Who supervised it?")
    visit.page.click("#rag-ask")
    visit.page.wait_for_selector(".rag-sentence")
    assert visit.page.locator(".rag-turn").count() == 2
    visit.clean()


def test_the_keyboard_goes_from_number_to_quote_and_back(visit: Visit) -> None:
    visit.ask("Who mediated the swap?")
    visit.page.wait_for_selector(".rag-pane mark")
    visit.page.focus(".rag-sentence .rag-cite[data-number='2']")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_function("document.querySelector('#rag-quote')?.textContent.startsWith('Turkish agents')")
    visit.page.wait_for_function("document.activeElement.id === 'rag-quote'")
    visit.page.wait_for_function(SEEN, arg="#rag-quote")
    visit.page.keyboard.press("Escape")
    visit.page.wait_for_function("document.activeElement.dataset.number === '2'")
    assert not visit.page.locator(".rag-pane").is_visible()
    visit.clean()


def test_a_citation_is_copied(browser: Any, url: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"], viewport=WIDE)
    visit = visiting(context, url)
    visit.ask("Who mediated the swap?")
    visit.page.wait_for_selector(".rag-pane mark")
    visit.page.click("text=Markdown")
    visit.page.wait_for_selector("text=Copied.")
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("> Twenty-six people") and "](https://www.example.com/" in copied
    visit.clean()
    context.close()


def test_an_answer_has_an_address_of_its_own(browser: Any, url: str, library: FakeLibrary) -> None:
    visit = visiting(browser, url, viewport=WIDE)
    visit.page.click(".rag-choose summary")
    visit.page.fill("input[name=after]", "2024-01-02")
    visit.page.check("input[value='Harbour Courier']")
    assert visit.page.inner_text(".rag-choose summary") == "Filters (2 chosen)"
    visit.ask("Who mediated the swap?")
    visit.page.wait_for_selector(".rag-sentence")
    asked = Filters(published_after=date(2024, 1, 2), sources=("Harbour Courier",))
    assert library.filtered[-1] == asked
    visit.page.wait_for_function("location.search.includes('q=Who+mediated')")
    address = visit.page.url
    again = visiting(browser, url, goto=address, viewport=WIDE)
    again.page.wait_for_selector(".rag-sentence")
    assert library.filtered[-1] == asked
    told = "document.querySelector('.rag-choose summary').innerText == 'Filters (2 chosen)'"
    again.page.wait_for_function(told)
    for each in (visit, again):
        each.clean()
        each.page.close()


def test_a_question_can_be_stopped(browser: Any) -> None:
    library = SlowLibrary()
    for url in served(library):
        visit = visiting(browser, url, viewport=WIDE)
        visit.ask("slow?")
        visit.page.wait_for_selector("text=Reading the best passages…")
        assert not visit.page.locator("#rag-ask").is_visible()
        visit.page.click("#rag-stop")
        visit.page.wait_for_selector("text=Stopped.")
        visit.ask("Who mediated the swap?")
        visit.page.wait_for_selector(".rag-sentence")
        assert library.ended == ["Stopped"]
        visit.clean()
        visit.page.close()


def held_back(visit: Visit) -> list[Any]:
    """What the page sends to Gradio from now on, until the route is taken away."""
    orders: list[Any] = []

    def hold(route: Any) -> None:
        orders.append(route)

    visit.page.route("**/queue/join*", hold)
    return orders


def test_a_question_that_is_sent_off_while_another_is_being_stopped_is_asked(browser: Any) -> None:
    """Gradio takes no question until the one before has ended; the order to stop is held back here."""
    library = SlowLibrary()
    for url in served(library):
        visit = visiting(browser, url, viewport=WIDE)
        visit.ask("slow?")
        visit.page.wait_for_selector("text=Reading the best passages…")
        orders = held_back(visit)
        visit.page.click("#rag-stop")
        visit.ask("Who mediated the swap?")
        visit.page.wait_for_timeout(300)
        assert len(orders) == 1
        visit.page.unroute("**/queue/join*")
        orders[0].continue_()
        visit.page.wait_for_selector(".rag-sentence")
        assert (library.ended, library.asked) == (["Stopped"], ["Who mediated the swap?"])
        visit.clean()
        visit.page.close()


def test_a_new_conversation_ends_the_question_that_is_being_asked(browser: Any) -> None:
    library = SlowLibrary()
    for url in served(library):
        visit = visiting(browser, url, viewport=WIDE)
        visit.ask("Who mediated the swap?")
        visit.page.wait_for_selector(".rag-sentence")
        visit.ask("slow?")
        visit.page.wait_for_selector("text=Reading the best passages…")
        visit.page.click("#rag-fresh")
        visit.page.wait_for_selector(".rag-welcome")
        visit.page.wait_for_selector("html:not(.rag-busy)", state="attached")
        assert visit.page.inner_text("#rag-status").strip() == ""
        # The first turn of a conversation has the name that the first of the one before had.
        visit.ask("Who supervised it?")
        visit.page.wait_for_selector(".rag-pane mark")
        assert visit.page.locator(".rag-turn").count() == 1
        assert "q=Who+supervised" in visit.page.url
        assert library.ended == ["Stopped"]
        visit.clean()
        visit.page.close()


def test_a_refusal_shows_reason_and_closest_passages(visit: Visit) -> None:
    visit.ask("What is love?")
    visit.page.wait_for_selector(".rag-refusal")
    assert "likely enough" in visit.page.inner_text(".rag-reason")
    assert visit.page.locator(".rag-near .rag-scores").count() == 3
    visit.page.click(".rag-near .rag-open >> nth=0")
    visit.page.wait_for_selector(".rag-pane mark")
    visit.clean()


def test_confidence_is_a_word_with_its_number_on_demand(visit: Visit) -> None:
    visit.ask("Who mediated the swap?")
    visit.page.wait_for_selector(".rag-level")
    assert not visit.page.locator(".rag-tip").is_visible()
    visit.page.click(".rag-level")
    assert visit.page.inner_text(".rag-tip") == "Estimated probability of being right: 0.87"
    assert visit.page.get_attribute(".rag-level", "aria-expanded") == "true"
    visit.clean()


def test_errors_are_sentences_in_the_page(visit: Visit) -> None:
    visit.ask("boom")
    visit.page.wait_for_selector(".rag-problem")
    assert "Something went wrong" in visit.page.inner_text("#rag-output")
    assert visit.page.locator(".toast-body").count() == 0
    visit.clean()


def test_when_the_server_is_full_the_page_says_so(visit: Visit) -> None:
    visit.page.route("**/queue/join*", lambda route: route.fulfill(status=503, json={"detail": "full"}))
    visit.ask("Who mediated the swap?")
    visit.page.wait_for_selector("#rag-told .rag-problem")
    assert "got no answer" in visit.page.inner_text("#rag-told")
    assert visit.page.locator("#rag-ask").is_visible()
    assert not visit.page.locator(".toast-body").first.is_visible()
    visit.page.unroute("**/queue/join*")
    visit.ask("Who mediated the swap?")
    visit.page.wait_for_selector(".rag-sentence")
    assert visit.page.inner_text("#rag-told") == ""


def test_nothing_of_gradio_is_advertised(visit: Visit) -> None:
    text = visit.page.inner_text("body")
    assert not re.search(r"gradio|api|settings", text, re.IGNORECASE)


@pytest.mark.parametrize("width", [1440, 1024, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_width_and_scheme_fits(browser: Any, url: str, width: int, scheme: str) -> None:
    visit = visiting(browser, url, viewport={"width": width, "height": 900}, color_scheme=scheme)
    visit.ask("Who mediated the swap?")
    visit.page.wait_for_selector(".rag-sentence")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    ground = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(246, 247, 246)" if scheme == "light" else "rgb(19, 23, 24)")
    visit.clean()
    visit.page.close()


def test_words_that_are_very_long_do_not_widen_the_page(browser: Any, url: str) -> None:
    visit = visiting(browser, url, viewport={"width": 390, "height": 900})
    visit.ask("long")
    visit.page.wait_for_selector(".rag-differ")
    assert visit.page.locator(".rag-differ li").count() == visit.page.locator(".rag-sentence .rag-short").count() == 2
    for what in (".rag-sentence", ".rag-differ"):
        wide = visit.page.evaluate(f"[...document.querySelectorAll('{what}')].map(e => e.scrollWidth - e.clientWidth)")
        assert set(wide) == {0}, what
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
    visit.clean()
    visit.page.close()


@pytest.mark.parametrize("tab", ["Ask", "Articles", "Evaluate", "About"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_barrier_for_anyone(browser: Any, url: str, tab: str, scheme: str) -> None:
    """axe-core finds nothing serious or critical, with an answer and a source open."""
    from axe_core_python.sync_playwright import Axe

    visit = visiting(browser, url, viewport=WIDE, color_scheme=scheme)
    visit.ask("Who mediated the swap?")
    visit.page.wait_for_selector(".rag-pane mark")
    visit.page.get_by_role("tab", name=tab).click()
    visit.page.wait_for_timeout(500)
    found = Axe().run(visit.page)["violations"]
    grave = [
        (each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in {"serious", "critical"}
    ]
    assert grave == []
    visit.page.close()
