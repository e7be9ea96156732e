"""Hostile markup in every field that the page shows, in a real browser: nothing acts, nothing leaves the machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from chromium import BROWSER
from ui_fakes import FakeInfo, FakeLibrary, answered, cite, short
from ui_payloads import PAYLOADS, poisoned_answer, poisoned_passage
from ui_visit import WIDE, Visit, served, visiting

sys.path.insert(0, str(Path(__file__).parent.parent / "eval"))

from eval_fakes import store_run
from report_fakes import make_record

from index.draft import Issue
from index.history import Counts, LastSync, Named, write_last_sync
from rag.errors import LibraryCorrupt
from rag.types import Article, Noise
from ui.markup import plain

pytestmark = BROWSER

# What no store, no JSON line and no address holds: a lone surrogate and a NUL.
HELD = tuple(plain(payload).replace("\0", "") for payload in PAYLOADS)
BATCH = 15
BATCHES = tuple("\n".join(HELD[at : at + BATCH]) for at in range(0, len(HELD), BATCH))
ADDRESSED = tuple("\n".join(HELD[at : at + 60]) for at in range(0, len(HELD), 60))
NAMES = tuple(name for text in HELD if (name := text.replace("/", "").replace("\n", " ").strip(". ")))

FOREIGN = """(root) => {
  const never = 'iframe,frame,object,embed,applet,base,form,meta,link,script,style,img,image,video,audio,math,'
    + 'marquee,template,noscript,dialog,xmp,listing,plaintext,portal,foreignObject,[background],use:not([href^="#"])';
  const found = [...document.querySelectorAll(`${root} :is(${never})`)].map(e => e.outerHTML.slice(0, 99));
  for (const e of document.querySelectorAll(`${root} *`)) {
    for (const a of e.attributes) if (/^(on.*|srcdoc|formaction|ping)$/.test(a.name)) found.push(a.name + a.value);
  }
  for (const a of document.querySelectorAll(`${root} a[href]`)) {
    if (!/^https?:$/.test(a.protocol)) found.push(a.outerHTML);
  }
  if (window.rag.choices === undefined || document.querySelectorAll('#rag').length) found.push('clobbered');
  return found;
}"""
"""Elements and attributes that the page itself never has, and links to anything but http."""
OPEN_EACH = f"""async ([links, root, told]) => {{
  const found = [];
  for (const link of [...document.querySelectorAll(links)]) {{
    const before = document.querySelector(root)?.firstElementChild;
    link.click();
    while (document.querySelector(root)?.firstElementChild === before) await new Promise(done => setTimeout(done, 2));
    const texts = [...document.querySelectorAll(told)].map(e => e.textContent).join(' ');
    found.push([texts, ({FOREIGN})(root)]);
  }}
  return found;
}}"""
"""Opens what each link leads to, which is shown in `root`; the texts of `told`, and what does not belong there."""


@dataclass(frozen=True)
class Info(FakeInfo):
    """What About says of a library, all of it hostile."""

    path: Any = ""
    library: str = BATCHES[0]
    encoder: str = BATCHES[1]
    encoder_name: str = BATCHES[2]
    chunker: str = BATCHES[3]
    reader: str = BATCHES[4]
    calibration: str = BATCHES[5]
    version: str = BATCHES[6]


@dataclass
class Hostile(FakeLibrary):
    """An article for each payload; the name of the library is another batch of them whenever it is looked for."""

    info: Any = field(default_factory=Info)
    names: list[str] = field(default_factory=list)

    def reload(self) -> bool:
        self.names = self.names[1:] + self.names[:1]
        return False


def article(at: int) -> Article:
    text = HELD[at]
    body = f"It said {text} again.\n{text}"
    noise = (Noise(len(body) - len(text), len(body), "navigation"),)
    ident = f"{at}{text}"
    return Article(ident, text, body, source=text, url=text, published=None, noise=noise, origin=text, author=text)


def hostile(folder: Path) -> Hostile:
    """Refusals `r<n>` and an answer `all` made of the payloads; `error` fails with all of them."""
    held = tuple(map(article, range(len(HELD))))
    library = Hostile(Info(folder), held)
    for number, batch in enumerate(BATCHES):
        part = HELD[number * BATCH : (number + 1) * BATCH]
        refusal = replace(poisoned_answer(part[0], answered=False), text=batch, reason=batch, question=batch)
        passages = tuple(poisoned_passage(payload, str(at)) for at, payload in enumerate(part))
        library.canned[f"r{number}"] = replace(refusal, passages=passages)
    cited = [cite(at + 1, one, HELD[at]) for at, one in enumerate(held)]
    said = answered("all", *cited, passages=(), words=short(cited[0], HELD[0]))
    library.canned["all"] = replace(said, text=BATCHES[0])
    library.raising = {"error": LibraryCorrupt("\n".join(PAYLOADS))}
    return library


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the library is said to be: under a name that is itself a payload, with a last sync and two runs."""
    home = tmp_path_factory.mktemp("hostile")
    folder = home / "<img src=x onerror=window.__xss=1>'\"&quot;"
    folder.mkdir()
    named = tuple(Named(f"{at}{text}", text) for at, text in enumerate(HELD))
    issues = tuple(Issue(text, text) for text in HELD)
    counts = Counts(len(named), len(named), 0, len(named), len(issues), len(issues))
    write_last_sync(folder, LastSync(datetime(2024, 8, 2, tzinfo=timezone.utc), 3, counts, named, named, named, issues))
    wrong = replace(make_record().quotes[0], in_gold_article=False, has_answer=False)
    records = [
        make_record(
            question_id=f"{at}{text}", question=f"{text} {at}", answers=(text,), articles=(f"{at}{text}",),
            quotes=(replace(wrong, title=text, text=text),), short=text, reason=text,
        )
        for at, text in enumerate(HELD)
    ]  # fmt: skip
    told = dict.fromkeys(("library", "reader", "version", "revision", "set_name"), BATCHES[7])
    runs = folder.with_name(f"{folder.name}-runs")
    for name in ("one", "two"):
        store_run(runs / name, records, set_path=str(home / NAMES[3]), **told)
        records = [replace(one, answered=False) for one in records]
    (home / NAMES[3]).write_text('{"id": "1", "question": "?", "answerable": false}\n', encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    yield from served(hostile(folder), examples=PAYLOADS)


@pytest.fixture
def visit(browser: Any, url: str) -> Iterator[Visit]:
    visit = visiting(browser, url, viewport=WIDE)
    visit.page.set_default_timeout(20_000)
    yield visit
    sound(visit)
    visit.clean()
    visit.page.close()


def sound(visit: Visit) -> None:
    """Nothing of what is shown has become a part of the page."""
    assert visit.page.evaluate(FOREIGN, "#rag-page") == []
    assert visit.page.evaluate("window.__xss") is None


def shown(visit: Visit, selector: str, texts: Sequence[str]) -> None:
    """Every payload stands there as it was written."""
    there = squeezed(visit.page.evaluate("s => [...document.querySelectorAll(s)].map(e => e.textContent)", selector))
    assert [text for text in texts if squeezed([text]) not in there] == []


def squeezed(texts: Sequence[str]) -> str:
    return " ".join(" ".join(texts).split())


def ask(visit: Visit, question: str, turns: int) -> None:
    visit.ask(question)
    visit.page.wait_for_function("n => document.querySelectorAll('.rag-turn').length === n", arg=turns)


def test_there_are_many_and_each_is_another() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 150


def test_the_net_has_no_hole(browser: Any, url: str) -> None:
    """What the other tests look for is found where payloads are let in on purpose."""
    visit = visiting(browser, url)
    for payload in (one for one in HELD if one.startswith(("<img src", "<iframe ", "<svg><a ", "<a href", "<form "))):
        visit.page.evaluate("t => { document.querySelector('#rag-told').innerHTML = t }", payload)
        assert visit.page.evaluate(FOREIGN, "#rag-page"), payload
    assert visit.complaints
    visit.page.close()


def test_in_an_answer_and_in_every_source_beside_it(visit: Visit) -> None:
    """Quotes, short answer, titles, sources and addresses; then each article with its citations to copy."""
    ask(visit, "all", 1)
    shown(visit, ".rag-sentence", HELD)
    shown(visit, ".rag-sources li", HELD)
    opened_each(visit, ".rag-sources .rag-open", ".rag-pane-body", ".rag-pane :is(.rag-title, mark)")


def opened_each(visit: Visit, links: str, root: str, told: str) -> None:
    """Each article, opened by its link, is shown with its payload and with nothing that came of it."""
    found = visit.page.evaluate(OPEN_EACH, [links, root, told])
    assert len(found) == len(HELD)
    for (texts, foreign), payload in zip(found, HELD, strict=True):
        assert squeezed([payload]) in squeezed([texts])
        assert foreign == []
    assert visit.page.evaluate("window.__xss") is None


def test_in_refusals_errors_and_the_name_of_the_library(visit: Visit) -> None:
    """Reasons, what the question was understood as, the closest passages, messages."""
    for number in range(len(BATCHES)):
        ask(visit, f"r{number}", number + 1)
        newest = f".rag-turn[data-q='r{number}']"
        texts = HELD[number * BATCH : (number + 1) * BATCH]
        for place in (".rag-reason", ".rag-verdict", ".rag-read-as", ".rag-passage"):
            shown(visit, f"{newest} {place}", texts)
        sound(visit)
    ask(visit, "error", len(BATCHES) + 1)
    shown(visit, ".rag-turn .rag-problem", HELD)
    shown(visit, "h1", ["<img src=x onerror=window.__xss=1>"])
    assert "<img src=x onerror" in visit.page.title()


def test_as_a_question_typed_addressed_and_gone_back_to(browser: Any, visit: Visit) -> None:
    shown(visit, ".rag-starter", HELD)
    for number, batch in enumerate(BATCHES[:4], 1):
        ask(visit, batch, number)
        shown(visit, ".rag-asked", batch.split("\n"))
    visit.page.go_back()
    visit.page.wait_for_timeout(200)
    for questions in ADDRESSED:
        address = f"{visit.url}?{urlencode({'q': questions, 'source': HELD[0], 'as_of': '2024-08-09'})}"
        other = visiting(browser, visit.url, goto=address)
        other.page.wait_for_selector(".rag-turn")
        shown(other, ".rag-asked", questions.split("\n"))
        sound(other)
        other.clean()
        other.page.close()


def test_in_addresses_that_ask_for_no_day(browser: Any, url: str) -> None:
    other = visiting(browser, url, goto=f"{url}?{urlencode({'q': 'who?', 'after': HELD[0], 'source': HELD[3]})}")
    other.page.wait_for_selector(".rag-turn")
    sound(other)
    other.clean()
    other.page.close()


def test_in_filters(visit: Visit) -> None:
    visit.page.click(".rag-choose summary")
    visit.page.wait_for_selector(".rag-source-list label")
    shown(visit, ".rag-source-list", HELD)
    visit.page.evaluate("document.querySelectorAll('.rag-source-list input').forEach(box => { box.checked = true })")
    ask(visit, "who?", 1)


def test_in_the_list_of_articles_and_what_changed(visit: Visit) -> None:
    visit.tab("Articles")
    visit.page.wait_for_selector(".rag-shelf")
    shown(visit, ".rag-shelf .rag-read", HELD)
    shown(visit, ".rag-shelf .rag-from-source", HELD)
    shown(visit, ".rag-find option", HELD)
    visit.page.click(".rag-history summary")
    shown(visit, ".rag-history-of li", HELD)
    for batch in BATCHES[::4]:
        visit.page.fill(".rag-find input[type=search]", batch)
        visit.page.wait_for_timeout(300)
    sound(visit)
    visit.page.evaluate("document.querySelectorAll('.rag-shelf .rag-remove').forEach(button => button.click())")
    assert visit.page.inner_text(".rag-removal").startswith(f"{len(HELD)} articles will be removed")


def test_in_an_article_that_is_read(visit: Visit) -> None:
    """Title, source, where it is from, text, its lines of noise and the borders of its passages."""
    visit.tab("Articles")
    visit.page.wait_for_selector(".rag-shelf")
    opened_each(visit, ".rag-shelf .rag-read", ".rag-reader-of", ".rag-whole")
    for name, there in (("chunks", ".rag-border"), ("noise", ".rag-noise")):
        visit.page.check(f".rag-show input[name={name}]")
        visit.page.wait_for_selector(f".rag-reader {there}")
    shown(visit, ".rag-reader .rag-noise", [HELD[-1]])


def test_in_names_of_files_and_in_paths(visit: Visit) -> None:
    """Files of hostile names that cannot be read, files of no kind that is taken, and paths that are not there."""
    visit.tab("Articles")
    visit.page.wait_for_selector(".rag-shelf")
    kept = [f"{name[:60]}.txt" for name in dict.fromkeys(NAMES[::3]) if name[0] not in "._"]
    refused = list(NAMES[1::3])
    files = [{"name": name, "mimeType": "text/plain", "buffer": b"\0\1\2"} for name in [*kept, *refused]]
    visit.page.set_input_files(".rag-pick input", files)
    visit.page.wait_for_selector("#rag-articles-result .rag-issues")
    shown(visit, ".rag-uploads bdi", [*kept, *refused])
    for batch in BATCHES[::7]:
        visit.page.fill("#rag-articles-path input, #rag-articles-path textarea", batch)
        before = visit.page.get_attribute(".rag-result", "data-job")
        visit.page.click("#rag-articles-go")
        visit.page.wait_for_function("b => document.querySelector('.rag-result').dataset.job !== b", arg=before)
        sound(visit)


def test_in_sets_runs_and_gold_answers(visit: Visit) -> None:
    visit.tab("Evaluate")
    visit.page.wait_for_selector(".rag-runs")
    shown(visit, ".rag-runs", [BATCHES[7]])
    visit.page.wait_for_function(
        "document.querySelector('.rag-set-list').textContent"
    )  # its request may be the later one
    shown(visit, ".rag-set-list", [NAMES[3]])
    shown(visit, ".rag-trial .rag-places", ["<img src=x onerror=window.__xss=1>"])
    visit.page.click(".rag-run-open >> nth=0")
    visit.page.wait_for_selector(".rag-stacked")
    shown(visit, ".rag-stacked", HELD[:190])
    sound(visit)
    visit.page.click(".rag-compare")
    visit.page.wait_for_selector("h3:text('Comparison')")
    sound(visit)
    visit.page.fill("input[name=rag-set-path]", BATCHES[8])
    visit.page.click("#rag-run")
    visit.page.wait_for_selector("#rag-trial-status .rag-problem")
    sound(visit)
    # A run that cannot begin leads back to the list.
    visit.page.click(".rag-run-open >> nth=0")
    visit.page.wait_for_selector(".rag-stacked")
    for at in range(0, 40, 16):
        visit.tab("Evaluate")
        visit.page.click(f".rag-ask-here >> nth={at}")
        visit.page.wait_for_function(
            "t => document.querySelector('.rag-gold .rag-asked')?.textContent.includes(t)", arg=HELD[at][:9]
        )
        visit.page.wait_for_selector(".rag-turn")
        shown(visit, ".rag-gold-answers", [HELD[at]])
        shown(visit, ".rag-gold a", [HELD[at]])
        sound(visit)


def test_in_a_case_and_in_what_is_said_of_the_library(visit: Visit) -> None:
    ask(visit, "r2", 1)
    visit.page.click(".rag-case summary")
    visit.page.click(".rag-keep[data-verdict=unanswerable]")
    visit.page.wait_for_function("document.querySelector('.rag-kept').textContent")
    visit.tab("About")
    visit.page.wait_for_selector(".rag-facts")
    shown(visit, ".rag-facts", [*BATCHES[2:7], "<img src=x onerror=window.__xss=1>"])
    visit.page.click("#rag-verify")
    visit.page.wait_for_selector("#rag-verified :is(.rag-problem, .rag-tally)")
