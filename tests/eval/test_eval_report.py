"""The report: what it says, that nothing in it loads or runs but its own script, and that no text becomes markup."""

from __future__ import annotations

import base64
import hashlib
import math
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_fakes import make_record, make_run, seeded_records

from eval.cause import Cause
from eval.interval import Difference
from eval.metrics import METRICS, summarise
from eval.records import Gold, Quote, Read, Record
from eval.report import report, write_report
from eval.rows import OUTCOMES, PASSAGE_CHARS, outcome, passage_limits, question_rows
from eval.run import Run
from eval.sheet import Tally, facts, sides, tagged, tally, verdict
from rag.errors import LoadError, StorageError
from rag.types import Settings, Timings

sys.path.insert(0, str(Path(__file__).parents[1] / "ui"))

from ui_payloads import PAYLOADS

MISSED = {"answered": False, "confidence": 0.1, "reason": "Nothing is likely enough."}
UNANSWERABLE = {"answerable": False, "answers": (), "articles": (), "gold": Gold((), False, ()), "question_id": "u"}


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text by element."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside = ""
        self.said: dict[str, str] = {}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        self.said[self.inside] = self.said.get(self.inside, "") + data

    @property
    def skeleton(self) -> list[tuple[str, tuple[str, ...]]]:
        """Elements with the names of their attributes, without those that marking and cutting text make."""
        return [(tag, tuple(attributes)) for tag, attributes in self.elements if tag != "mark"]

    def values(self, *names: str) -> set[str]:
        return {value or "" for _, attributes in self.elements for name, value in attributes.items() if name in names}


def words(page: str) -> str:
    """What is read in a page, with a space where there was a tag."""
    return re.sub(r"\s+", " ", re.sub(r"<(style|script)>.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL))


@pytest.fixture(scope="module")
def one() -> str:
    return report([make_run(seeded_records(40))])


@pytest.fixture(scope="module")
def two() -> str:
    return report([make_run(seeded_records(40)), make_run(seeded_records(40, skill=3.0), "wider")])


def every(text: str, number: int) -> Record:
    """A record with `text` in every field that holds text."""
    # trec_eval, which is C, does not survive names that are no UTF-8.
    name = "a" + text.encode("utf-8", "replace").decode()
    passage = Read(name, text, text, text, 0, 9, f"Before {text} after.\n{text}", number % 2 == 0)
    quote = Quote(name, text, 0, 9, f"It said {text} again.", True, True, False)
    return make_record(
        question_id=f"{number}{text}",
        question=text,
        tags=(text,),
        answers=(text, f"other {text}"),
        articles=(name, "other"),
        gold=Gold((name,), True, (name,)),
        quotes=(quote,),
        read=(passage, replace(passage, start=5)),
        reason=text,
        answered=number % 3 > 0,
    )


def poisoned(texts: Sequence[str], name: str) -> Run:
    """A run with one of `texts` in every field of each record and of its conditions."""
    fields = ("set_name", "set_path", "library", "encoder", "chunker", "calibration", "version", "revision", "started")
    run = make_run([every(text, number) for number, text in enumerate(texts)], name)
    return replace(run, conditions=replace(run.conditions, **dict(zip(fields, texts, strict=False))))


@pytest.mark.parametrize("runs", [1, 2, 3])
def test_no_text_becomes_an_element_or_an_attribute(runs: int) -> None:
    names = [payload for payload in PAYLOADS if "/" not in payload][:runs]
    plain = [f"word{number}" for number in range(len(PAYLOADS))]
    harmful = report([poisoned(PAYLOADS, name) for name in names])
    harmless = Page(report([poisoned(plain, f"run{number}") for number in range(runs)]))
    page = Page(harmful)
    assert page.skeleton == harmless.skeleton
    assert "__xss" not in page.said["script"] + page.said["style"]
    harmful.encode()


def test_nothing_is_loaded_and_no_text_becomes_an_address(one: str, two: str) -> None:
    for page in map(Page, (one, two, report([poisoned(PAYLOADS, "p")]))):
        assert all(value == "data:," or re.fullmatch(r"#[\w-]+", value) for value in page.values("href"))
        loading = {"src", "srcset", "action", "formaction", "poster", "data", "background", "xlink:href", "ping"}
        assert not page.values(*loading)
        names = {name for _, attributes in page.elements for name in attributes}
        assert not [name for name in names if name.startswith("on")]
        assert not re.search(r"url\(|@import|https?:", page.said["style"])
        assert not re.search(r"url\((?!#)|https?:", " ".join(page.values("style", "clip-path", "fill", "d")))
        assert [tag for tag, _ in page.elements].count("script") == 1


def test_the_policy_lets_the_script_run_and_nothing_else(one: str) -> None:
    page = Page(one)
    (policy,) = (a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(page.said["script"].encode()).digest()).decode()
    assert policy is not None
    assert policy.split("; ") == [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        f"script-src 'sha256-{digest}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]


@pytest.mark.parametrize("runs", [1, 2])
def test_the_same_runs_give_the_same_page(runs: int) -> None:
    held = [make_run(seeded_records(12), "base"), make_run(seeded_records(12, skill=2.0), "other")][:runs]
    assert report(held) == report(held)


def test_ids_are_there_once_and_references_lead_somewhere(two: str) -> None:
    page = Page(two)
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in page.values("href") if value != "data:,"} <= set(ids)
    assert page.values("aria-labelledby") <= set(ids)


def test_every_question_has_a_row_that_needs_no_script(one: str) -> None:
    """All rows stand in the page, none hidden; only the controls wait for the script."""
    page = Page(one)
    rows = [attributes for tag, attributes in page.elements if tag == "li" and "data-outcomes" in attributes]
    assert [row["id"] for row in rows] == [f"q-{number}" for number in range(1, 41)]
    hidden = [attributes.get("id") for _, attributes in page.elements if "hidden" in attributes]
    assert hidden == ["controls", "clear"]


def test_key_figures_have_values_intervals_and_definitions(one: str) -> None:
    read, figures = words(one), summarise(seeded_records(40)).figures
    for name, metric in METRICS.items():
        figure = figures[name]
        digits = 1 if metric.group == "latency" else 3
        told = f"{figure.value:.{digits}f} {figure.low:.{digits}f} to {figure.high:.{digits}f}"
        assert told in read, name
    assert "Harmonic mean of the two, as 2 TP / (2 TP + FP + FN); a refusal is positive. Higher is better, n = " in read


def test_figures_of_nothing_are_dashes() -> None:
    read = words(report([make_run([make_record()])]))
    assert re.search(r"AUROC, answerable or not How often .{60,80}\. Higher is better, n = 1\. – –", read)
    assert "nan" not in re.findall(r"[a-z]+", read)


def test_where_only_retrieval_is_judged_nothing_else_is_shown() -> None:
    records = [make_record(answers=(), timings=Timings(), question_id=name) for name in "qr"]
    read = words(report([make_run(records)]))
    assert "Of 2 questions only retrieval is judged" in read
    assert "A gold article is found" in read
    for absent in ("refusal F1", "Is confidence honest?", "A relevant chunk is found", "Time by stage"):
        assert absent not in read


def test_a_row_tells_what_was_answered_and_read() -> None:
    """Gold strings are marked in quotes and passages, whatever their case."""
    missed = make_record(question_id="m", question="Who?", answers=("ilse brandt", "Mayor"), **MISSED)
    page = report([make_run([missed])])
    read = words(page)
    assert "✕ wrongly refused 0.10 confidence" in read
    assert "ilse brandt or Mayor" in read
    assert "Refused, confidence 0.10 Nothing is likely enough. Withheld:" in read
    assert page.count("<mark>Mayor</mark> <mark>Ilse Brandt</mark> closed it.") == 2
    assert "First relevant chunk: rank 1 · 10 ms" in read
    assert "Courier · 2024-08-01 · ✓ relevant: from a gold article, with a gold answer" in read
    assert "✓ has a gold answer ✓ from a gold article ✓ verbatim" in read


def test_conditions_tell_what_is_not_the_default_and_what_is_not_complete() -> None:
    read = words(report([make_run([make_record()], questions=470, settings=Settings(candidates=200))]))
    assert "candidates 200 (not the default)" in read
    assert "rrf_k 10 " in read
    assert "1 of 470: the run is not complete" in read
    assert "1 September 2024, 12:00 UTC · article-rag 0.1.0" in read


def test_a_moment_that_is_no_date_is_shown_as_it_is() -> None:
    assert "· yesterday ·" in words(report([make_run([make_record()], started="yesterday")]))


def test_two_runs_are_compared_in_words_and_signs() -> None:
    """20 questions, of which B answers 10 that A refused, and refuses 1 that A answered."""
    before = [make_record(question_id=str(n), question=f"Q{n}?", **({} if n < 10 else MISSED)) for n in range(20)]
    after = [make_record(question_id=str(n), question=f"Q{n}?", **(MISSED if n == 3 else {})) for n in range(20)]
    page = report([make_run(before), make_run(after, "wider")])
    read = words(page)
    # McNemar: 10 against 1, p = 2 * (11 + 1) / 2**11.
    assert re.search(r"right, of answerable.{150,400}B − A \+0\.450 0\.\d+ to 0\.\d+, p = 0\.012 ▲ better", read)
    assert "hit@1" in read
    assert "B − A 0.000 0.000 to 0.000, p = 1.000 no clear difference" in read
    assert "11 questions came out otherwise: 10 went right, 1 went wrong, 0 failed of another cause." in read
    assert '<a href="#q-4" dir="auto">Q3?</a> <span class="interval">right → wrongly refused</span>' in page
    assert "differs" not in read


def test_more_runs_stand_side_by_side() -> None:
    runs = [make_run(seeded_records(10, skill=skill), f"s{skill}") for skill in (1, 2, 3)]
    read = words(report(runs))
    assert "A s1 B s2 C s3" in read
    assert "B − A" not in read
    assert "came out otherwise" not in read


def test_without_runs_there_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="rag eval SET --out FOLDER"):
        write_report([], tmp_path / "report.html")
    assert not list(tmp_path.iterdir())


def test_a_report_replaces_the_file(tmp_path: Path) -> None:
    runs, path = [make_run([make_record()])], tmp_path / "report.html"
    path.write_text("old")
    write_report(runs, path)
    assert path.read_text("utf-8") == report(runs)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["folder", "missing/report.html"])
def test_a_report_that_cannot_be_written_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match="cannot be written"):
        write_report([make_run([make_record()])], tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_run_of_470_questions_stays_below_8_mb() -> None:
    assert len(report([make_run(seeded_records(470))]).encode()) < 8_000_000


@pytest.mark.parametrize("script", ["word ", "語"], ids=["ascii", "three bytes"])
def test_many_long_passages_are_cut_shorter(script: str) -> None:
    text = script * 2_000
    passages = tuple(Read("b", "Bread", None, None, n, n + 9, text, False) for n in range(20))
    runs = [make_run([make_record(question_id=str(n), read=passages) for n in range(400)], name) for name in "ab"]
    limits = passage_limits(runs)
    assert limits.ranks == 7, "800 questions with 7 passages are 5,600"
    assert 5_600 * limits.chars * len(script.strip().encode()) / len(script.strip()) <= 4_100_000
    assert passage_limits(runs[:0]).chars == PASSAGE_CHARS


def test_passages_of_several_runs_are_shown_once_by_their_best_rank() -> None:
    first, second = make_record().read
    third = replace(second, start=70, end=90)
    runs = [make_run([make_record()]), make_run([make_record(read=(third, first))], "b")]
    (row,) = question_rows(runs)
    assert [(shown.passage, shown.ranks) for shown in row.passages] == [
        (first, (1, 2)), (third, (None, 1)), (second, (2, None)),
    ]  # fmt: skip
    assert row.left_out == 0


def test_a_question_that_a_run_was_not_asked_has_no_cell_there() -> None:
    runs = [make_run([make_record()]), make_run([make_record(question="Another text?")], "b")]
    first, second = question_rows(runs)
    assert (first.cells[1], second.cells[0]) == (None, None)
    assert (first.number, second.number) == (1, 2)
    assert not first.changed


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (make_record(), "right"),
        (make_record(**UNANSWERABLE, answered=False), "rightly refused"),
        (make_record(**UNANSWERABLE), "wrongly answered"),
        (make_record(answered=False), "wrongly refused"),
    ],
)
def test_outcomes(record: Record, expected: str) -> None:
    assert outcome(record) == expected
    assert expected in OUTCOMES


def test_the_tally_by_hand() -> None:
    wrong = replace(make_record().quotes[0], has_answer=False)
    records = [
        make_record(),
        make_record(quotes=(wrong,)),
        make_record(answered=False),
        make_record(**UNANSWERABLE),
        make_record(**UNANSWERABLE, answered=False),
        make_record(answers=()),
    ]
    counted = tally(records)
    assert counted == Tally(right=1, wrong=1, withheld=1, refused=1, answered=1, retrieval_only=1)
    assert (counted.answerable, counted.unanswerable) == (3, 2)


@pytest.mark.parametrize(
    ("name", "found", "expected"),
    [
        ("hit@5", Difference(0.5, 0.6, 0.05, 0.15, 0.01, 100), "better"),
        ("hit@5", Difference(0.6, 0.5, -0.15, -0.05, 0.01, 100), "worse"),
        ("ece", Difference(0.2, 0.1, -0.15, -0.05, 0.01, 100), "better"),
        ("ece", Difference(0.1, 0.2, 0.05, 0.15, 0.01, 100), "worse"),
        ("hit@5", Difference(0.5, 0.6, 0.05, 0.15, 0.06, 100), "no clear difference"),
        ("hit@5", Difference(0.5, 0.6, 0.0, 0.15, 0.04, 100), "no clear difference"),
        ("hit@5", Difference(math.nan, 0.6, math.nan, math.nan, math.nan, 0), "–"),
    ],
)
def test_better_and_worse(name: str, found: Difference, expected: str) -> None:
    assert verdict(METRICS[name], found) == expected


def test_tags_are_judged_apart() -> None:
    records = [make_record(tags=("who", "names")), make_record(tags=("who",), **MISSED), make_record()]
    (who,) = tagged([make_run(records)], ["who"])
    assert who.counts == (2,)
    assert [figure.value for figure in who.figures[0]] == [1, 0.5, 0.5]


def test_runs_of_one_name_are_told_by_their_folders() -> None:
    runs = [replace(make_run([]), folder=Path(f"runs/{parent}/base")) for parent in ("old", "new")]
    assert [(side.letter, side.name) for side in sides(runs)] == [("A", "old/base"), ("B", "new/base")]
    assert sides(runs[:1])[0].label == ""


def test_facts_that_differ_are_known() -> None:
    runs = [make_run([make_record()]), make_run([make_record()], "b", generation=4, revision=None)]
    differing = {fact.label: fact.values for fact in facts(runs) if fact.differs}
    assert differing == {
        "library": ("library, generation 3", "library, generation 4"),
        "program": ("article-rag 0.1.0 at abc1234", "article-rag 0.1.0"),
    }


def test_every_cause_is_defined() -> None:
    assert all(kind.what.endswith(".") for kind in Cause) and len({kind.what for kind in Cause}) == len(Cause)
