"""The report in a real browser, as a file: it filters, opens, fits, and asks for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from chromium import BROWSER
from report_fakes import make_run, seeded_records
from test_eval_report import PAYLOADS, poisoned

from eval.cause import cause
from eval.report import write_report
from eval.rows import outcome

BEFORE, AFTER = seeded_records(40), seeded_records(40, skill=3.0)

pytestmark = BROWSER


@dataclass
class Visit:
    """One browser page, and all that it asked for and complained about."""

    page: Any
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def shown(self) -> int:
        return int(self.page.locator("#rows > li:visible").count())

    def clean(self) -> None:
        """Nothing ran, nothing but the file itself was asked for, nothing was complained about."""
        self.page.wait_for_timeout(100)
        assert self.page.evaluate("window.__xss") is None
        assert self.asked == []
        assert self.complaints == []


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The addresses of a report of one run, of two, and of one full of markup."""
    folder: Path = tmp_path_factory.mktemp("reports")
    runs = {
        "one": [make_run(BEFORE)],
        "two": [make_run(BEFORE), make_run(AFTER, "wider")],
        "bad": [poisoned(PAYLOADS, "p")],
        "small": [make_run(BEFORE[:4]), make_run(AFTER[:4], "wider")],
    }
    for name, held in runs.items():
        write_report(held, folder / f"{name}.html")
    return {name: (folder / f"{name}.html").as_uri() for name in runs}


def visiting(browser: Any, url: str, **options: Any) -> Visit:
    page = browser.new_page(**options)
    visit = Visit(page)
    page.on("request", lambda r: visit.asked.append(r.url) if r.url not in {url, "data:,"} else None)
    page.on("console", lambda m: visit.complaints.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("dialog", lambda dialog: visit.complaints.append(dialog.message) or dialog.dismiss())
    page.goto(url)
    return visit


@pytest.fixture
def one(browser: Any, reports: dict[str, str]) -> Iterator[Visit]:
    visit = visiting(browser, reports["one"], viewport={"width": 1440, "height": 900})
    yield visit
    visit.clean()
    visit.page.close()


@pytest.fixture
def two(browser: Any, reports: dict[str, str]) -> Iterator[Visit]:
    visit = visiting(browser, reports["two"], viewport={"width": 1440, "height": 900})
    yield visit
    visit.clean()
    visit.page.close()


def test_questions_are_filtered_by_text(one: Visit) -> None:
    """All words, in any case, in the question, the gold answers or the quotes."""
    assert one.shown == 40
    one.page.fill("#find", "MEET (17)")
    assert one.page.locator("#rows > li:visible").get_attribute("id") == "q-18"
    assert one.page.inner_text("#shown") == "1 of 40 questions"
    one.page.fill("#find", "nowhere to be found")
    assert one.shown == 0
    one.page.click("#clear")
    assert (one.shown, one.page.locator("#clear").is_visible()) == (40, False)
    assert one.page.evaluate("document.activeElement.id") == "find"


def test_questions_are_filtered_by_outcome_and_tag(one: Visit) -> None:
    failed = [record for record in BEFORE if cause(record)]
    one.page.select_option("#outcome", "failed")
    assert one.shown == len(failed)
    one.page.select_option("#tag", label="who")
    assert one.shown == sum("who" in record.tags for record in failed)
    one.page.select_option("#tag", "")
    name = outcome(failed[0])
    one.page.select_option("#outcome", label=f"{name} ({sum(outcome(record) == name for record in BEFORE)})")
    assert one.shown == sum(outcome(record) == name for record in BEFORE)


def test_a_cause_leads_to_its_questions(one: Visit) -> None:
    name = next(kind.value for record in BEFORE if (kind := cause(record)))
    one.page.fill("#find", "something typed before")
    one.page.click(f".cause a:text-is('{name}')")
    assert one.shown == sum(outcome(record) == name for record in BEFORE)


def test_questions_are_sorted_by_confidence(one: Visit) -> None:
    for order, falling in (("low 0", False), ("high 0", True)):
        one.page.select_option("#order", order)
        shown = one.page.eval_on_selector_all("#rows > li", "rows => rows.map(r => parseFloat(r.dataset.confidence))")
        assert shown == sorted((record.confidence for record in BEFORE), reverse=falling)
    one.page.select_option("#order", "set")
    assert one.page.locator("#rows > li").first.get_attribute("id") == "q-1"


def test_a_row_opens_with_the_keyboard(one: Visit) -> None:
    row = one.page.locator("#q-3")
    assert not row.locator(".passages").is_visible()
    row.locator("summary").focus()
    one.page.keyboard.press("Enter")
    assert row.locator(".passages > li").count() == len(BEFORE[2].read)
    assert row.locator(".passages").is_visible()


def test_a_question_that_changed_leads_to_its_row(two: Visit) -> None:
    """Also when it was filtered away."""
    two.page.fill("#find", "nowhere to be found")
    link = two.page.locator(".changes a").first
    target = link.get_attribute("href")
    link.click()
    two.page.wait_for_function("t => document.querySelector(t + '> details').open", arg=target)
    assert two.page.locator(f"{target} .sheet").is_visible()
    assert two.shown == 40
    two.page.select_option("#outcome", "changed")
    assert two.shown == sum(outcome(a) != outcome(b) for a, b in zip(BEFORE, AFTER, strict=True))


def test_it_can_be_read_without_scripts(browser: Any, reports: dict[str, str]) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(reports["one"])
    assert page.locator("#rows > li:visible").count() == 40
    assert not page.locator("#controls").is_visible()
    page.click("#q-2 summary")
    assert page.locator("#q-2 .passages").is_visible()
    page.close()


def test_no_payload_runs(browser: Any, reports: dict[str, str]) -> None:
    visit = visiting(browser, reports["bad"])
    visit.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    visit.page.fill("#find", "script")
    assert 0 < visit.shown < len(PAYLOADS)
    for index in range(0, len(PAYLOADS), 9):
        visit.page.select_option("#tag", index=index + 1)
    visit.clean()
    visit.page.close()


@pytest.mark.parametrize("width", [1440, 1024, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_width_and_scheme_fits(browser: Any, reports: dict[str, str], width: int, scheme: str) -> None:
    for name in ("one", "two", "bad"):
        visit = visiting(browser, reports[name], viewport={"width": width, "height": 900}, color_scheme=scheme)
        visit.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        ground = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(246, 247, 246)" if scheme == "light" else "rgb(19, 23, 24)")
        visit.clean()
        visit.page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Any, reports: dict[str, str], scheme: str) -> None:
    """With everything open: axe takes what lies in closed details for visible, one on top of the other."""
    from axe_core_python.sync_playwright import Axe

    visit = visiting(browser, reports["small"], viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    visit.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    found = Axe().run(visit.page)["violations"]
    assert [(rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found] == []
    visit.page.close()
