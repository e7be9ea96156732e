"""A reader's whole day on the page, over a real library: add, ask, read, keep, judge, remove, verify.

Encoder and reader are those in the box; nothing is faked but the network, which is refused.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from chromium import BROWSER
from ui_visit import WIDE, Visit, served, visiting

import rag
from index.sync import sync
from rag.library import Library

SAMPLES = Path(__file__).resolve().parents[2] / "examples" / "articles"
FIRST = "2024-07-29-mediated-deal-ends-rail-strike.txt"
GONE = "A Week After the Swap, the Freed Find Their Feet"
BROKEN = "broken.jsonl"

pytestmark = BROWSER


@dataclass(frozen=True, slots=True)
class Place:
    """A library of one article, served, and the files that are to be added to it."""

    library: Library
    url: str
    files: tuple[Path, ...]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("story")
    kept, inbox = home / "kept", home / "inbox"
    kept.mkdir()
    shutil.copy(SAMPLES / FIRST, kept)
    shutil.copytree(SAMPLES, inbox, ignore=lambda *_: [FIRST])
    (inbox / BROKEN).write_text("this is no JSON\n", encoding="utf-8")
    sync([kept], home / "news")
    with rag.open(home / "news") as library:
        for url in served(library):
            yield Place(library, url, tuple(sorted(inbox.iterdir())))


def test_a_reader_finds_keeps_and_judges_what_the_articles_say(browser: Any, place: Place) -> None:
    visit = visiting(browser, place.url, viewport=WIDE)
    assert visit.page.inner_text(".rag-size").startswith("1 article")
    files_are_dropped(visit, place)
    a_question_leads_to_its_quote(visit, place)
    a_follow_up_is_understood(visit)
    a_question_is_refused(visit)
    an_address_gives_the_same_answer(browser, visit, place)
    cases_are_kept(visit, place)
    two_runs_are_compared(visit)
    a_failed_question_is_asked_again(visit)
    an_article_is_removed(visit, place)
    the_library_is_verified(visit)
    visit.clean()
    visit.page.close()


def files_are_dropped(visit: Visit, place: Place) -> None:
    """Each dropped file is told of by name, the one that cannot be read with its reason."""
    visit.tab("Articles")
    visit.page.wait_for_selector(".rag-shelf")
    drop(visit, place.files)
    visit.page.wait_for_selector("#rag-articles-result .rag-done")
    assert "16 articles added" in visit.page.inner_text("#rag-articles-result .rag-done")
    visit.page.wait_for_selector("text=17 articles")
    rows = visit.page.locator(".rag-uploads li").all_inner_texts()
    assert len(rows) == len(place.files) == 17
    by_name = {row.split()[0]: row.removeprefix(row.split()[0]).strip() for row in rows}
    reason = by_name.pop(BROKEN)
    assert set(by_name.values()) == {"done"}
    assert "line 1" in reason
    assert BROKEN in visit.page.inner_text("#rag-articles-result .rag-issues")
    assert visit.page.inner_text(".rag-size").startswith("17 articles")


def drop(visit: Visit, files: tuple[Path, ...]) -> None:
    """Drags files of this machine over the page and lets them go, as the system's file manager would."""
    box = visit.page.locator(".rag-drop").bounding_box()
    data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    devtools = visit.page.context.new_cdp_session(visit.page)
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "data": data, **at})
    devtools.detach()


def answered(visit: Visit, question: str) -> Any:
    """Asks and waits; the turn of this very question."""
    visit.ask(question)
    turn = visit.page.locator(f'.rag-turn[data-q="{question}"]')
    turn.wait_for()
    return turn


def a_question_leads_to_its_quote(visit: Visit, place: Place) -> None:
    """A citation opens its source at the quote, in which the short answer stands out; both are in the article."""
    visit.tab("Ask")
    turn = answered(visit, "Who mediated the swap?")
    short = turn.locator(".rag-sentence .rag-short").first.inner_text()
    cite = turn.locator(".rag-sentence .rag-cite").first
    cite.click()
    visit.page.wait_for_function("document.activeElement.id === 'rag-quote'")
    quote = visit.page.locator(".rag-pane mark")
    assert quote.locator(".rag-short").first.inner_text() == short
    article = place.library.article(cite.get_attribute("data-article"))
    start, end = int(cite.get_attribute("data-start")), int(cite.get_attribute("data-end"))
    said = "".join(quote.all_inner_texts())
    assert " ".join(said.split()) == " ".join(article.text[start:end].split())
    assert visit.page.inner_text(".rag-pane .rag-title").endswith(article.title)


def a_follow_up_is_understood(visit: Visit) -> None:
    """ "Its" is the bridge of the question before."""
    answered(visit, "How long will Pell Harbour Bridge be closed?")
    turn = answered(visit, "Who is its chief engineer?")
    assert "Pell Harbour Bridge" in turn.locator(".rag-read-as").inner_text()
    assert "Ruth Okafor" in turn.locator(".rag-sentence").first.inner_text()
    assert visit.page.locator(".rag-turn").count() == 3


def a_question_is_refused(visit: Visit) -> None:
    """With the reason and the closest passages."""
    turn = answered(visit, "Who won the chess championship?")
    assert turn.locator(".rag-reason").inner_text()
    assert turn.locator(".rag-near .rag-passage").count() == 3
    assert turn.locator(".rag-sentence").count() == 0


def an_address_gives_the_same_answer(browser: Any, visit: Visit, place: Place) -> None:
    """A source and a period are chosen, stand in the address, hold for the answer, and come back with the address."""
    visit.page.click(".rag-choose summary")
    visit.page.check("input[value='The Millbrook Gazette']")
    visit.page.fill("input[name=after]", "2024-08-02")
    turn = answered(visit, "Who supervised the swap?")
    visit.page.wait_for_function("location.search.includes('Who+supervised')")
    address = visit.page.url
    assert "source=The+Millbrook+Gazette" in address and "after=2024-08-02" in address
    assert set(turn.locator(".rag-sources bdi").all_inner_texts()) == {"The Millbrook Gazette"}
    again = visiting(browser, place.url, goto=address, viewport=WIDE)
    again.page.wait_for_selector(".rag-turn .rag-said")
    assert again.page.inner_text(".rag-turn .rag-said") == turn.locator(".rag-said").inner_text()
    assert again.page.inner_text(".rag-choose summary") == "Filters (2 chosen)"
    again.clean()
    again.page.close()
    visit.page.click(".rag-clear")
    assert visit.page.inner_text(".rag-choose summary") == "Filters"
    visit.page.click(".rag-choose summary")


def cases_are_kept(visit: Visit, place: Place) -> None:
    """One answer is kept as right; of another one, other words of its source are said to be right."""
    turn = answered(visit, "Who is the chief engineer of the port at Pell Harbour?")
    keep(turn, "The answer is right")
    turn = answered(visit, "How many prisoners boarded the plane to Germany?")
    turn.locator(".rag-cite").first.click()
    visit.page.wait_for_function("document.activeElement.id === 'rag-quote'")
    # A double click selects the word under it, here the first of the article's text.
    visit.page.dblclick(".rag-pane .rag-text", position={"x": 6, "y": 10})
    word = visit.page.evaluate("getSelection().toString().trim()")
    assert re.fullmatch(r"\w+", word)
    keep(turn, "The selected words of the open source are right")
    cases = Path(f"{place.library.info.path}-cases.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(case)["answers"] for case in cases][1] == [word]


def keep(turn: Any, verdict: str) -> None:
    turn.locator(".rag-case summary").click()
    turn.get_by_role("button", name=verdict).click()
    turn.locator(".rag-kept", has_text=re.compile("Saved|kept", re.IGNORECASE)).wait_for()


def two_runs_are_compared(visit: Visit) -> None:
    """The cases are asked twice, to the end; nothing came out otherwise."""
    visit.tab("Evaluate")
    visit.page.wait_for_selector("text=Your own cases")
    assert run(visit) != run(visit)
    assert "Of 2 answerable: 1 right, 1 wrong" in visit.page.inner_text(".rag-results .rag-tally")
    visit.page.click(".rag-compare")
    visit.page.wait_for_selector("h3:text('Comparison')")
    assert "0 questions came out otherwise" in visit.page.inner_text(".rag-results .rag-tally")
    visit.page.click(".rag-all-runs")
    visit.page.wait_for_selector(".rag-runs")
    assert visit.page.locator(".rag-runs > li").count() == 2


def run(visit: Visit) -> str:
    """Asks the chosen set; the name of the run, which is open then."""
    before = visit.page.locator(".rag-results h3").inner_text()
    visit.page.click("#rag-run")
    visit.page.wait_for_function(
        "b => !['Runs', b].includes(document.querySelector('.rag-results h3').innerText)", arg=before
    )
    assert visit.page.inner_text(".rag-ran").startswith("All 2 questions of news-cases were asked.")
    return str(visit.page.inner_text(".rag-results h3"))


def a_failed_question_is_asked_again(visit: Visit) -> None:
    """In a new conversation, with what would have been right beside it."""
    visit.page.click(".rag-run-open >> nth=0")
    visit.page.wait_for_selector("text=Failed questions (1)")
    visit.page.click(".rag-ask-here")
    visit.page.wait_for_selector("#rag-talk .rag-gold")
    visit.page.wait_for_selector(".rag-turn")
    assert visit.page.locator(".rag-turn").count() == 1
    assert visit.page.inner_text(".rag-turn .rag-asked") == visit.page.inner_text(".rag-gold .rag-asked")
    assert visit.page.locator(".rag-gold-answers li").count() == 1


def an_article_is_removed(visit: Visit, place: Place) -> None:
    """Marked, taken back, marked again and removed; nothing of it is left to ask."""
    visit.tab("Articles")
    row = visit.page.locator(".rag-shelf tbody tr", has_text=GONE)
    bar = visit.page.locator(".rag-removal")
    row.locator(".rag-remove").click()
    assert "1 article will be removed" in bar.inner_text()
    row.get_by_text("Undo").click()
    assert not bar.is_visible()
    row.locator(".rag-remove").click()
    bar.get_by_role("button", name="Remove now").click()
    visit.page.wait_for_selector("text=1 article removed")
    visit.page.wait_for_selector("text=16 articles")
    row.wait_for(state="detached")
    assert GONE not in {article.title for article in place.library.articles()}


def the_library_is_verified(visit: Visit) -> None:
    """About names the library; every check of it passes."""
    visit.tab("About")
    visit.page.wait_for_selector(".rag-facts")
    visit.page.click("#rag-verify")
    visit.page.wait_for_selector("text=All of it is whole.")
    assert visit.page.locator(".rag-checks li").count() > 3
    assert visit.page.locator(".rag-checks .rag-bad").count() == 0


def test_adding_can_be_stopped_and_goes_on_from_there(browser: Any, place: Place, tmp_path: Path) -> None:
    """Stop is pressed while passages are encoded: nothing is half there, and the next try need not do it again."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(300):
        text = " ".join(f"Ferry {number} carried {number * row} people over harbour {row}." for row in range(60))
        (folder / f"ferry-{number:03}.txt").write_text(f"Ferry {number} in figures\n\n{text}\n", encoding="utf-8")
    visit = visiting(browser, place.url, viewport=WIDE)
    held = place.library.info.articles
    # The head of a page that is opened now tells of what was added since the program began.
    visit.page.wait_for_function(f"document.querySelector('.rag-size').innerText.startsWith('{held} article')")
    visit.tab("Articles")
    visit.page.fill("#rag-articles-path input, #rag-articles-path textarea", str(folder))
    visit.page.click("#rag-articles-go")
    visit.page.wait_for_function(
        "/[1-9][\\d,]* passages/.test(document.querySelector('#rag-articles-result').innerText)"
    )
    visit.page.click("#rag-articles-stop")
    visit.page.wait_for_selector("#rag-articles-result .rag-result")
    assert visit.page.inner_text("#rag-articles-result .rag-problem").startswith("Stopped.")
    assert visit.page.inner_text(".rag-size").startswith(f"{held} article")
    visit.clean()
    visit.page.close()
    first = sorted(folder.iterdir())[:5]
    again = sync(first, Path(place.library.info.path))
    assert again.added == 5
    assert again.embedded == 0
    assert again.reused >= 5
