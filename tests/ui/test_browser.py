"""The page in a real browser: it works offline, jumps, refuses, and runs nothing from the articles."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from chromium import BROWSER
from ui_fakes import BRIDGE, LIBRARY, FakeLibrary, answered, cite, side, whole
from ui_payloads import PAYLOADS, poisoned_answer, poisoned_article

from rag.errors import LibraryCorrupt
from ui import create_app

BOX = "#rag-question textarea"

pytestmark = BROWSER


@dataclass
class Visit:
    """One browser page, and all that it asked for and complained about."""

    page: Any
    url: str
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def ask(self, question: str) -> None:
        """Asks and waits until the answer to this very question is shown."""
        self.page.fill(BOX, question)
        self.page.press(BOX, "Enter")

    def clean(self) -> None:
        """Nothing ran, nothing left the machine, nothing was complained about."""
        self.page.wait_for_timeout(150)
        assert self.page.evaluate("window.__xss") is None
        assert self.outside == []
        assert self.complaints == []


def served(library: FakeLibrary, **options: Any) -> Iterator[str]:
    """Serves the page in a thread; yields its URL."""
    import uvicorn

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    config = uvicorn.Config(create_app(library, **options), log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    server.should_exit = True
    thread.join(10)
    listener.close()


def poisoned() -> FakeLibrary:
    """Payload i in every field of a refusal (`r<i>`); all of them in an answer (`all`) and an `error`.

    In the answer each citation is a side of its own.  In another one (`long`) two sides are very long words.
    """
    library = FakeLibrary()
    answers = [poisoned_answer(payload, answered=True, differ=True) for payload in PAYLOADS]
    citations = [citation for each in answers for citation in each.citations]
    numbered = tuple(replace(citation, number=n) for n, citation in enumerate(citations, 1))
    passages = tuple(passage for each in answers for passage in each.passages)
    sides = [side for each in answers for side in each.sides]
    apart = tuple(
        replace(side, short=replace(side.short, citation=n), citations=(n,)) for n, side in enumerate(sides, 1)
    )
    library.canned["all"] = replace(answers[0], citations=numbered, passages=passages, sides=apart)
    for i, payload in enumerate(PAYLOADS):
        refusal = poisoned_answer(payload, answered=False)
        made = replace(refusal.provenance, generation=1_000 + i)
        library.canned[f"r{i}"] = replace(refusal, provenance=made)
    one = replace(BRIDGE, text=f"It is {'w' * 200}.")
    other = replace(LIBRARY, text=f"It is {'m' * 200}.")
    first, second = cite(1, one, one.text), cite(2, other, other.text)
    differing = side(first, words="w" * 200), side(second, words="m" * 200)
    library.canned["long"] = answered("long", first, second, passages=(whole(one), whole(other)), sides=differing)
    library.raising = {"error": LibraryCorrupt("\n".join(PAYLOADS)), "boom": ValueError("secret")}
    return library


@pytest.fixture(scope="module")
def library() -> FakeLibrary:
    return poisoned()


@pytest.fixture(scope="module")
def url(library: FakeLibrary) -> Iterator[str]:
    yield from served(library)


def visiting(browser: Any, url: str, **options: Any) -> Visit:
    page = browser.new_page(**options)
    visit = Visit(page, url)

    def route(route: Any) -> None:
        if route.request.url.startswith((url, "data:")):
            route.continue_()
        else:
            visit.outside.append(route.request.url)
            route.abort()

    page.route("**/*", route)
    page.on("console", lambda m: visit.complaints.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("response", lambda r: visit.complaints.append(r.url) if r.status >= 400 else None)
    page.on("dialog", lambda dialog: visit.complaints.append(dialog.message) or dialog.dismiss())
    page.goto(url)
    page.wait_for_selector(BOX)
    page.wait_for_selector(".rag-hint")
    return visit


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
    assert visit.page.inner_text(".rag-short") == "Turkey's spy service"
    assert visit.page.locator("mark").count() == 3
    visit.clean()


def test_the_button_and_an_example_ask_too(visit: Visit) -> None:
    visit.page.fill(BOX, "Who supervised it?")
    visit.page.click("#rag-ask")
    visit.page.wait_for_selector(".rag-sentence")
    visit.page.click("#rag-examples button >> nth=0")
    visit.page.wait_for_selector(".rag-refusal")
    assert visit.page.input_value(BOX) == visit.page.inner_text(".rag-asked")
    visit.clean()


def test_the_keyboard_goes_from_number_to_quote_and_back(visit: Visit) -> None:
    visit.ask("Who mediated the swap?")
    visit.page.wait_for_selector(".rag-sentence")
    visit.page.focus("#cite-2")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_function("document.activeElement.id === 'source-2'")
    visit.page.wait_for_function(
        "(r => r.top >= 0 && r.bottom <= innerHeight)(document.getElementById('source-2').getBoundingClientRect())"
    )
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_function("document.activeElement.id === 'cite-2'")
    visit.clean()


def test_a_refusal_shows_reason_and_closest_passages(visit: Visit) -> None:
    visit.ask("What is love?")
    visit.page.wait_for_selector(".rag-refusal")
    assert "likely enough" in visit.page.inner_text(".rag-reason")
    assert visit.page.locator(".rag-scores").count() == 3
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
    visit.page.wait_for_selector("[data-testid=status-tracker] .error", state="attached")
    shown = visit.page.evaluate(
        "getComputedStyle(document.querySelector('#rag-output [data-testid=status-tracker]'), '::before').content"
    )
    assert "got no answer" in shown
    assert not visit.page.locator(".toast-body").first.is_visible()


def test_nothing_of_gradio_is_advertised(visit: Visit) -> None:
    text = visit.page.inner_text("body")
    assert not re.search(r"gradio|api|settings", text, re.IGNORECASE)


def test_no_payload_runs_in_an_answer(visit: Visit) -> None:
    visit.ask("all")
    visit.page.wait_for_selector(".rag-said")
    for what in (".rag-sentence", ".rag-short", ".rag-differ li"):
        assert visit.page.locator(what).count() == 2 * len(PAYLOADS)
    visit.page.click("summary")
    for title in visit.page.locator(".rag-title").all()[::12]:
        title.hover()
    protocols = visit.page.evaluate("[...document.querySelectorAll('#rag-output a')].map(a => a.protocol)")
    assert set(protocols) == {"http:"}
    visit.clean()


def test_no_payload_runs_in_a_refusal_or_an_error(visit: Visit) -> None:
    for i, payload in enumerate(PAYLOADS):
        visit.ask(f"r{i}")
        visit.page.wait_for_function(
            "n => document.querySelector('.rag-footnote')?.textContent.includes(n)",
            arg=f"generation {1000 + i}",
        )
        assert visit.page.evaluate("window.__xss") is None, payload
    visit.ask("error")
    visit.page.wait_for_selector(".rag-problem")
    visit.clean()


def test_no_payload_runs_as_question_example_or_name(browser: Any) -> None:
    """Payloads as article titles and texts, example questions, and typed questions that are echoed."""
    library = FakeLibrary(held=tuple(poisoned_article(p) for p in PAYLOADS[:20]))
    for url in served(library, examples=PAYLOADS):
        visit = visiting(browser, url)
        for payload in PAYLOADS[::6]:
            visit.ask(payload.replace("\ud83d", ""))
            visit.page.wait_for_function(
                "t => document.querySelector('.rag-asked')?.textContent === t",
                arg=payload.replace("\ud83d", "").strip(),
            )
        visit.clean()
        visit.page.close()


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
    assert visit.page.locator(".rag-differ li").count() == visit.page.locator(".rag-short").count() == 2
    for what in (".rag-sentence", ".rag-differ"):
        wide = visit.page.evaluate(f"[...document.querySelectorAll('{what}')].map(e => e.scrollWidth - e.clientWidth)")
        assert set(wide) == {0}, what
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
    visit.clean()
    visit.page.close()
