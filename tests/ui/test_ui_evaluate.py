"""The Evaluate tab: sets asked and stopped, runs listed, shown, compared, and a failed question's gold answer."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import re
import sys
import threading
import time
from dataclasses import dataclass, replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent.parent / "eval"))

from eval_fakes import BAKERS, CLOSED, FLOOD, MINERS, PAINTED, FakeInfo, FakeLibrary, store_run
from report_fakes import make_record, seeded_records
from ui_payloads import PAYLOADS

from eval.conditions import describe
from eval.dataset import load_set
from eval.records import Gold, Quote, Record
from eval.run import conduct
from rag.types import Settings
from ui import evaluate
from ui.ask import Desk
from ui.guard import SecurityHeaders
from ui.parts import UNEXPECTED
from ui.runs import MOST_FAILED, comparison, run_list, run_view
from ui.trial import At, Listed, Outcome, Trial, known_sets, listed, opened, places

REPLIES = {CLOSED.question: ("mine", "Mayor Ilse Brandt closed the mine."), FLOOD.question: ("bread", BAKERS[:18])}
SETTINGS = Settings()


@dataclass(frozen=True)
class Info(FakeInfo):
    path: str = ""


class Judged(FakeLibrary):
    """The judge's fake as the page has it open: the first question is answered rightly, the second wrongly.

    At the question number `wait_at` it says so by `reached` and waits for `go`.
    """

    settings = SETTINGS

    def __init__(self, folder: Path, *, wait_at: int | None = None, replies: dict[str, Any] | None = None) -> None:
        super().__init__({"mine": MINERS, "bread": BAKERS}, replies or REPLIES, shorts={CLOSED.question: "Ilse Brandt"})
        self.info: Any = Info(str(folder))
        self.wait_at = wait_at
        self.reached, self.go = threading.Event(), threading.Event()

    def examine(self, question: str, **options: Any) -> Any:
        if self.wait_at is not None and len(self.asked) == self.wait_at:
            self.reached.set()
            assert self.go.wait(10)
        return super().examine(question, **options)

    def reload(self) -> bool:
        return False


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the library is; nothing but its neighbours is looked at."""
    return tmp_path / "news"


@pytest.fixture
def judged(folder: Path) -> Judged:
    return Judged(folder)


def write_set(path: Path, *questions: Any) -> Path:
    rows = [
        {
            "id": one.id, "question": one.question, "answers": list(one.answers), "articles": list(one.articles),
            "answerable": one.answerable, "quotes": list(one.quotes),
            **({"asked": one.asked.isoformat()} if one.asked else {}),
        }
        for one in questions
    ]  # fmt: skip
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return write_set(tmp_path / "mine.jsonl", CLOSED, FLOOD, PAINTED)


def ask_all(trial: Trial, library: Any, chosen: Path | str | None, told: list[At] | None = None) -> Outcome:
    tell = told.append if told is not None else lambda at: None
    return asyncio.run(trial.run(library, str(chosen) if chosen is not None else None, tell))


def until(trial: Trial) -> None:
    for _ in range(1_000):
        if not trial.running:
            return
        time.sleep(0.01)
    raise AssertionError("the run did not end")


def kept(folder: Path, name: str, records: list[Record], **conditions: object) -> Any:
    return store_run(folder.with_name("news-runs") / name, records, **conditions)


class Seen(HTMLParser):
    """The tags, attribute names, and values by attribute of a piece of HTML, its plots left out."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.values: list[tuple[str, str]] = []
        self.text = ""
        self.feed(re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.values += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, name: str) -> list[str]:
        return [value for attribute, value in self.values if attribute == name]


# ---- asking


def test_runs_and_cases_are_beside_the_library(judged: Judged, folder: Path) -> None:
    at = places(judged)
    assert (at.runs, at.cases) == (folder.with_name("news-runs"), folder.with_name("news-cases.jsonl"))
    assert str(at.runs) in evaluate.frame(judged) and str(at.cases) in evaluate.frame(judged)


def test_a_set_is_asked_and_kept(judged: Judged, questions: Path, folder: Path) -> None:
    told: list[At] = []
    outcome = ask_all(Trial(), judged, questions, told)
    assert outcome.said == "All 3 questions of mine were asked." and not outcome.failed
    assert re.fullmatch(r"mine-\d{8}-\d{6}", outcome.run)
    (run,) = listed(folder.with_name("news-runs"))
    assert (run.name, run.done, run.complete) == (outcome.run, 3, True)
    # The first is right, the second wrong, the third rightly refused.
    figures = {name: round(run.figures[name].value, 3) for name in ("accuracy", "answer_accuracy", "refusal_f1")}
    assert figures == {"accuracy": 0.667, "answer_accuracy": 0.5, "refusal_f1": 1.0}
    assert all(at.name in {"mine", "mine.jsonl"} for at in told)


def test_a_stopped_run_goes_on_when_the_set_is_run_again(questions: Path, folder: Path) -> None:
    trial, slow = Trial(), Judged(folder, wait_at=2)
    trial.begin(slow, str(questions))
    assert slow.reached.wait(10)
    trial.stop()
    slow.go.set()
    until(trial)
    assert trial.outcome.said == "Stopped: 2 of 3 questions were asked, and are kept.  Run the same set to go on."
    (run,) = listed(folder.with_name("news-runs"))
    assert (run.done, run.complete, run.figures) == (2, False, {})
    assert "2 of 3 questions so far" in run_list([run])
    again = Judged(folder)
    outcome = ask_all(trial, again, questions)
    assert (outcome.run, outcome.failed) == (run.name, False)
    # A question to warm up, and the one that was left.
    assert again.asked[1:] == [PAINTED.question]
    assert [one.done for one in listed(folder.with_name("news-runs"))] == [3]


def test_one_set_is_asked_at_a_time(questions: Path, folder: Path, tmp_path: Path) -> None:
    trial, slow = Trial(), Judged(folder, wait_at=1)
    trial.begin(slow, str(questions))
    assert slow.reached.wait(10)
    refused = ask_all(trial, slow, write_set(tmp_path / "other.jsonl", CLOSED))
    assert refused.failed and refused.said.startswith("mine is being asked (0 of 3), and one set is asked at a time")
    trial.begin(slow, str(questions))
    slow.go.set()
    until(trial)
    assert trial.outcome.said == "All 3 questions of mine were asked."
    assert len(slow.asked) == 4


def test_a_run_ends_when_the_articles_change(questions: Path, folder: Path) -> None:
    trial, slow = Trial(), Judged(folder, wait_at=1)
    trial.begin(slow, str(questions))
    assert slow.reached.wait(10)
    slow.info = Info(str(folder), generation=4)
    slow.go.set()
    until(trial)
    assert trial.outcome.said == (
        "The articles changed meanwhile: 1 of 3 questions were asked, and are kept.  "
        "Run the set again to ask all of it."
    )
    ask_all(trial, slow, questions)
    assert sorted(run.done for run in listed(folder.with_name("news-runs"))) == [1, 3]


@pytest.mark.parametrize("chosen", [None, "", "  ", '""'])
def test_a_set_has_to_be_chosen(judged: Judged, chosen: str | None) -> None:
    outcome = ask_all(Trial(), judged, chosen)
    assert outcome.failed and outcome.said == "Choose a set of questions first, or type the path of one."


def test_what_is_no_set_is_said(judged: Judged, tmp_path: Path, questions: Path) -> None:
    assert "cannot be read (No such file" in ask_all(Trial(), judged, tmp_path / "none.jsonl").said
    questions.write_text("{}\n", "utf-8")
    outcome = ask_all(Trial(), judged, f' "{questions}" ')
    assert outcome.failed and "line 1: field 'answerable'" in outcome.said
    assert evaluate.ended(outcome).startswith('<p class="rag-problem" role="status"')


def test_gold_articles_that_are_missing_are_told(judged: Judged, tmp_path: Path, folder: Path) -> None:
    gone = replace(CLOSED, id="gone", articles=("elsewhere",))
    assert (
        "None of the 1 gold articles of gone" in ask_all(Trial(), judged, write_set(tmp_path / "gone.jsonl", gone)).said
    )
    assert not folder.with_name("news-runs").exists()
    some = ask_all(Trial(), judged, write_set(tmp_path / "some.jsonl", FLOOD, gone))
    assert some.said.endswith("Not in the library: 1 of its gold articles (elsewhere for one).")


def test_what_nobody_expected_is_logged_and_not_shown(
    judged: Judged, questions: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Judged):
        def examine(self, question: str, **options: Any) -> Any:
            raise ValueError("secret path")

    with caplog.at_level(logging.ERROR):
        outcome = ask_all(Trial(), Broken(Path(judged.info.path)), questions)
    assert outcome == Outcome(UNEXPECTED, failed=True)
    assert "secret path" in caplog.text


def test_the_sets_to_choose_from(judged: Judged, questions: Path, folder: Path) -> None:
    shipped = known_sets(judged)
    assert [path.name for path in shipped] == ["swap.jsonl"]
    assert "You have saved no cases yet" in evaluate.set_list(judged)
    write_set(places(judged).cases, CLOSED)
    ask_all(Trial(), judged, questions)
    assert known_sets(judged) == (places(judged).cases, questions, *shipped)
    shown = Seen(evaluate.set_list(judged))
    assert shown.of("value") == [str(path) for path in known_sets(judged)]
    assert shown.of("checked") == [""] and "Your own cases" in shown.text


# ---- what is shown of runs


def test_the_list_has_the_newest_first_and_only_runs(folder: Path) -> None:
    kept(folder, "old", [make_record()], started="2024-09-01T12:00:00+00:00")
    kept(folder, "new", [make_record()], started="2024-09-02T12:00:00+00:00")
    (folder.with_name("news-runs") / "notes").mkdir()
    (folder.with_name("news-runs") / "file.txt").write_text("x", "utf-8")
    found = listed(folder.with_name("news-runs"))
    assert [run.name for run in found] == ["new", "old"]
    shown = Seen(run_list(found))
    assert shown.of("data-run") == ["new", "old"]
    assert shown.of("datetime") == ["2024-09-02T12:00:00+00:00", "2024-09-01T12:00:00+00:00"]
    assert "2 September 2024, 12:00 UTC" in shown.text
    assert "No set has been run yet" in run_list(listed(folder))


def test_a_damaged_summary_is_no_run(judged: Judged, questions: Path, folder: Path) -> None:
    name = ask_all(Trial(), judged, questions).run
    (folder.with_name("news-runs") / name / "summary.json").write_text('{"figures": []}', "utf-8")
    assert listed(folder.with_name("news-runs")) == ()


@pytest.mark.parametrize("name", ["", ".", "..", "../news-runs/mine", "/etc", "none", "mine\x00", "a b"])
def test_only_runs_of_this_library_are_opened(folder: Path, name: str) -> None:
    from rag.errors import LoadError

    kept(folder, "mine", [make_record()])
    with pytest.raises(LoadError, match="There is no run"):
        opened(folder.with_name("news-runs"), name)


def mixed() -> list[Record]:
    """One right, one wrong, one wrongly refused, one that is not answerable and was answered."""
    wrong = Quote("bread", "Bread", 0, 18, "Bread prices rose.", False, False, True)
    right = make_record().quotes[0]
    return [
        make_record(question_id="a"),
        make_record(question_id="b", question="Who blamed rye?", answers=("The guild", "the bakers"), quotes=(wrong,)),
        make_record(question_id="c", question="Who closed it?", answered=False, reason="unlikely", quotes=(right,)),
        make_record(
            question_id="d", question="Who painted it?", answerable=False, answers=(), articles=(), quotes=(wrong,),
            gold=Gold((), False, ()), short="Bread",
        ),
    ]  # fmt: skip


def test_a_run_shows_figures_plots_and_what_failed(folder: Path) -> None:
    run = kept(folder, "mine", mixed())
    html = run_view(run, [])
    shown = Seen(html)
    assert "Of 3 answerable: 1 right, 1 wrong, 1 refused. Of 1 not answerable: 0 refused, 1 answered." in shown.text
    assert "Failed questions (3)" in shown.text
    assert shown.of("data-question") == ["Who blamed rye?", "Who closed it?", "Who painted it?"]
    assert shown.of("data-id") == ["b", "c", "d"]
    assert "wrongly refused" in shown.text and "wrongly answered" in shown.text
    assert "Refused. Withheld: Mayor Ilse Brandt closed it." in shown.text
    assert "<li>The guild</li><li>the bakers</li>" in html and "<b>Bread</b> Bread prices rose." in html
    # Right or rightly refused: one of four.  The interval of so few is wide, and is said.
    assert re.search(r"<b>0\.250</b> <span class=\"rag-interval\">0\.000 to 0\.\d{3}</span>", html)
    assert html.count('class="rag-plot"') == 6 and html.count("<figcaption>") == 6
    assert shown.of("href") == ["/report/mine.html"]
    assert "select" not in shown.tags


def test_many_failed_questions_are_cut(folder: Path) -> None:
    records = [make_record(question_id=str(at), answered=False) for at in range(MOST_FAILED + 2)]
    html = run_view(kept(folder, "mine", records), [])
    assert html.count("rag-ask-here") == MOST_FAILED
    assert "2 more are in the full report." in html


def test_a_run_without_failures_and_one_without_questions(folder: Path) -> None:
    assert 'Failed questions (0)</h4><p class="rag-hint">None.' in run_view(kept(folder, "good", [make_record()]), [])
    assert "No question was asked yet" in run_view(kept(folder, "none", [], questions=3), [])


def test_a_run_can_be_compared_with_those_of_its_set(judged: Judged, folder: Path) -> None:
    kept(folder, "one", mixed(), started="2024-09-01T12:00:00+00:00")
    kept(folder, "two", mixed(), started="2024-09-02T12:00:00+00:00")
    kept(folder, "else", mixed(), set_path="sets/other.jsonl")
    with client(judged) as page:
        shown = Seen(page.get("/part/evaluate/run?name=two").text)
    assert [value for value in shown.of("value") if value] == ["one"]


def test_a_comparison_names_what_changed(judged: Judged, folder: Path) -> None:
    before = kept(folder, "one", mixed(), started="2024-09-01T12:00:00+00:00")
    better = [
        mixed()[0],
        replace(mixed()[1], quotes=make_record().quotes),
        replace(mixed()[2], answered=True),
        mixed()[3],
    ]
    after = kept(folder, "two", better, started="2024-09-02T12:00:00+00:00")
    html = comparison(before, after)
    shown = Seen(html)
    assert "2 questions came out otherwise." in shown.text
    assert "Went right in B (2)" in shown.text and "Went wrong in B" not in shown.text
    assert "wrongly refused → right" in shown.text
    # One of four before, three of four after.
    row = re.search(r"right or rightly refused, of all.*?</tr>", html, re.DOTALL)
    assert row and re.findall(r"<b>(.*?)</b>", row[0]) == ["0.250", "0.750", "+0.500"]
    assert re.search(r"p [=<] 0\.\d{3}", row[0])
    with client(judged) as page:
        # Whichever was asked for, the earlier one is A.
        assert page.get("/part/evaluate/compare?name=one&with=two").text == html
        assert "go back to all runs" in page.get("/part/evaluate/compare?name=one").text
    assert shown.of("href") == ["/report/two.html?with=one"]


def test_runs_that_share_no_question_say_so(judged: Judged, folder: Path) -> None:
    kept(folder, "one", [make_record(question_id="x")])
    kept(folder, "two", [make_record(question_id="y")])
    with client(judged) as page:
        assert "share no question" in page.get("/part/evaluate/compare?name=one&with=two").text


# ---- a failed question as a conversation


def test_the_gold_answer_stands_beside_the_conversation(judged: Judged, tmp_path: Path) -> None:
    asked = replace(CLOSED, quotes=("Mayor Ilse  Brandt closed",), articles=("mine", "gone"), asked=date(2024, 8, 2))
    run = ask_all(Trial(), judged, write_set(tmp_path / "set.jsonl", asked)).run
    html = evaluate.gold(judged, run, "q1")
    shown = Seen(html)
    start = MINERS.index("Mayor")
    assert shown.of("data-as-of") == ["2024-08-02"]
    assert (shown.of("data-article"), shown.of("data-start")) == (["mine"], [str(start)])
    assert shown.of("data-end") == [str(start + len("Mayor Ilse Brandt closed"))]
    assert '<li dir="auto">Ilse Brandt</li>' in html and "Mayor Ilse  Brandt closed</blockquote>" in html
    assert "gone (not in the library)" in shown.text


def test_a_set_that_was_changed_gives_no_quotes(judged: Judged, tmp_path: Path) -> None:
    path = write_set(tmp_path / "set.jsonl", replace(CLOSED, quotes=("Mayor Ilse Brandt",)), PAINTED)
    run = ask_all(Trial(), judged, path).run
    write_set(path, replace(CLOSED, question="Another?", quotes=("Mayor",)))
    shown = Seen(evaluate.gold(judged, run, "q1"))
    assert "blockquote" not in shown.tags and shown.of("data-start") == [str(MINERS.index("Ilse"))]
    path.unlink()
    assert "right is to refuse" in evaluate.gold(judged, run, "q3")
    from rag.errors import LoadError

    with pytest.raises(LoadError, match="has no question 'q9'"):
        evaluate.gold(judged, run, "q9")


# ---- markup


def poisoned(payload: str, ident: str) -> Record:
    plain = payload.encode("utf-8", "replace").decode("utf-8")
    quote = Quote(plain, plain, 0, 5, plain, False, False, True)
    return make_record(
        question_id=ident, question=f"{plain} {ident}", answers=(plain,), articles=(plain,), quotes=(quote,),
        short=plain, reason=plain, tags=(plain,), gold=Gold((plain,), True, ()),
    )  # fmt: skip


ALLOWED = {
    *(
        "p",
        "h3",
        "h4",
        "h5",
        "b",
        "span",
        "a",
        "button",
        "select",
        "option",
        "label",
        "section",
        "figure",
        "figcaption",
    ),
    *("table", "thead", "tbody", "tr", "th", "td", "ul", "li", "details", "summary", "time", "div", "bdi", "br", "dl"),
    *("dt", "dd", "aside", "h2", "blockquote", "input"),
}


def test_no_field_of_a_run_is_markup(judged: Judged, folder: Path) -> None:
    # Lone surrogates and line ends aside, which JSON lines cannot hold.
    plain = [one.encode("utf-8", "replace").decode("utf-8") for one in PAYLOADS]
    told = dict.fromkeys(("set_name", "library", "reader", "started", "version", "revision"), "".join(plain))
    wrong = [poisoned(payload, str(at)) for at, payload in enumerate(PAYLOADS)]
    run = kept(folder, "one", wrong, **told)
    other = kept(folder, "two", [replace(one, quotes=make_record().quotes) for one in wrong], **told)
    odd = [Listed(payload, run.conditions, 2, {}) for payload in PAYLOADS]
    judged.texts |= {payload: f"It said {payload} again." for payload in plain}
    hostile = re.sub(r"[/\x00]", "", "".join(PAYLOADS[:12]))
    pieces = [
        run_list(odd),
        run_view(replace(run, folder=Path(hostile)), odd),
        comparison(run, other),
        evaluate.gold(judged, "one", "0"),
        evaluate.gold(judged, "one", "5"),
        *(evaluate.ended(Outcome(payload, payload, failed=failed)) for payload in PAYLOADS for failed in (True, False)),
    ]
    for html in pieces:
        shown = Seen(html)
        assert shown.tags <= ALLOWED
        assert not [name for name, _ in shown.values if name.startswith("on") or name in {"src", "style", "srcdoc"}]
        assert all(re.match(r"/report/|#rag-gold$", value) for value in shown.of("href"))
    assert set(Seen(pieces[1]).of("data-question")) >= {f"{payload} {at}" for at, payload in enumerate(plain[:40])}


@pytest.mark.parametrize("payload", PAYLOADS[:6])
def test_no_path_is_markup(judged: Judged, tmp_path: Path, payload: str) -> None:
    name = payload.replace("/", "")
    folder = tmp_path / name
    judged.info = Info(str(folder))
    write_set(folder.with_name(f"{name}-cases.jsonl"), CLOSED)
    for html in (evaluate.set_list(judged), evaluate.frame(judged)):
        shown = Seen(html)
        assert shown.tags <= {*ALLOWED, "code", "fieldset", "legend"}
        assert name in shown.text


# ---- over the network


def client(library: Any) -> TestClient:
    """The tab's routes under the page's headers, without Gradio."""
    from fastapi import FastAPI

    app = FastAPI()
    evaluate.add_routes(app, Desk(library))
    app.add_middleware(SecurityHeaders)
    return TestClient(app, base_url="http://localhost")


def test_the_tab_reads_its_pieces(judged: Judged, questions: Path) -> None:
    name = ask_all(Trial(), judged, questions).run
    with client(judged) as page:
        assert f'data-run="{name}"' in page.get("/part/evaluate/runs").text
        assert str(questions) in page.get("/part/evaluate/sets").text
        assert "Failed questions (1)" in page.get(f"/part/evaluate/run?name={name}").text
        assert "Gold answer" in page.get(f"/part/evaluate/gold?name={name}&question=q2").text
        assert "There is no run" in page.get("/part/evaluate/run?name=../x").text


def test_the_report_runs_its_own_script_and_nothing_else(judged: Judged, folder: Path) -> None:
    kept(folder, "one", seeded_records(12), started="2024-09-01T12:00:00+00:00")
    kept(folder, "two", seeded_records(12, skill=2.0), started="2024-09-02T12:00:00+00:00")
    with client(judged) as page:
        response = page.get("/report/two.html")
        both = page.get("/report/two.html?with=one")
    assert response.headers["content-type"].startswith("text/html") and response.status_code == 200
    scripts = re.findall(r"<script>(.*?)</script>", response.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    policy = response.headers["content-security-policy"]
    own = re.search(r'http-equiv="Content-Security-Policy" content="(.*?)"', response.text)
    assert len(scripts) == 1 and own
    # Both policies hold: each must let the script and the styles pass.
    for rules in (policy, own[1].replace("&#39;", "'")):
        held = dict(part.strip().split(" ", 1) for part in rules.split(";"))
        assert f"'sha256-{digest}'" in held["script-src"] and "'unsafe-inline'" not in held["script-src"]
        assert "'unsafe-inline'" in held["style-src"]
    assert "What changed from A to B" in both.text and "What changed" not in response.text


@pytest.mark.parametrize("path", ["none", "..", "<b>", "%3Cscript%3E"])
def test_no_report_is_said_with_a_sentence(judged: Judged, path: str) -> None:
    with client(judged) as page:
        response = page.get(f"/report/{path}.html")
    assert response.status_code == 404 and "<b>" not in response.text and "<script>" not in response.text


def test_the_blocks_take_text_only_and_show_how_a_run_ended(judged: Judged, questions: Path) -> None:
    import gradio as gr
    from gradio.helpers import special_args

    async def built() -> gr.Blocks:
        # Where no event loop runs, Gradio makes some and never closes them.
        with gr.Blocks(analytics_enabled=False) as blocks:
            evaluate.build(Desk(judged))
        return blocks

    blocks = asyncio.run(built())
    events = {function.fn.__name__: function for function in blocks.fns.values() if function.fn}
    assert set(events) == {"run", "stop"}
    assert [type(block).__name__ for block in events["run"].inputs] == ["Textbox"]
    assert all(function.api_visibility == "private" for function in blocks.fns.values())
    filled, progress, _, _ = special_args(events["run"].fn, inputs=[str(questions)])
    assert progress == 1 and isinstance(filled[1], gr.Progress)
    shown = asyncio.run(events["run"].fn(str(questions)))
    assert "All 3 questions of mine were asked." in shown and 'data-run="mine-' in shown


def test_a_run_of_the_command_is_shown_too(judged: Judged, questions: Path, folder: Path) -> None:
    found = load_set(questions)
    conditions = describe(found, 3, judged.info, SETTINGS)
    conduct(judged, found.questions, folder.with_name("news-runs") / "by-hand", conditions)
    assert [run.name for run in listed(folder.with_name("news-runs"))] == ["by-hand"]
